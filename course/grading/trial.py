"""Judges an instructor's own solution before anybody else's: what can't be judged is told when it is released.

A test cell runs in the grader, against stand-ins for what the answers define (standins.py), so a test that passes in
a notebook need not pass there. `generate_assignment` tries each assignment, and `backprop autograde --try` one.
"""

from __future__ import annotations

import builtins
import copy
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.grading.finding import beside
from course.grading.judge import NoIsolation, Settings, judge
from course.grading.key import Key, KeyCell, as_python, defined_names
from course.grading.repair import name_of
from course.grading.testcell import free_names, score_of

if TYPE_CHECKING:
    from nbformat import NotebookNode


def untestable(source: NotebookNode, assignment: str, notebook: str, settings: Settings, folder: Path,
               config: Any = None) -> list[str]:
    """Sentences, one for each test cell that does not give the instructor's solution its points, and why.

    source  the instructor's notebook, with solutions and hidden tests
    folder  where it lies: files beside it may be needed
    """
    from nbgrader.preprocessors import ClearSolutions

    nothing: Any = {}
    written = copy.deepcopy(source)
    released, _ = ClearSolutions(config=config).preprocess(copy.deepcopy(source), nothing)
    key = Key(assignment, notebook, tuple(
        _key_cell(cell, name_of(cell)) for cell in released.cells if name_of(cell)))
    files, _ = beside(folder / f"{notebook}.ipynb")
    try:
        judge(written, key, settings, files)
    except NoIsolation:         # it is the instructor's own code
        judge(written, key, replace(settings, isolation=False), files)
    told = []
    for cell in written.cells:
        known = key.by_name.get(name_of(cell))
        if known is None or not known.test:
            continue
        score = score_of(cell.outputs, known.points or 0.0)
        failed = any(output["output_type"] == "error" for output in cell.outputs)       # also where there is no point
        if failed or score < (known.points or 0.0):
            told.append(f"{known.name}: the solution itself gets {score:g} of {known.points or 0:g} points. "
                        f"{_why(cell)}")
        told += [f"{known.name}: {name!r} is not the answer's there: the released answer cell does not define it. "
                 "Leave the line that defines it outside of the solution." for name in _shadowed(known, key, source)]
    return told


def _key_cell(cell: NotebookNode, name: str) -> KeyCell:
    about = cell.metadata["nbgrader"]
    locked, grade, solution, task = (bool(about.get(key)) for key in ("locked", "grade", "solution", "task"))
    locked |= grade and not solution        # as nbgrader locks it
    points = float(about["points"]) if "points" in about else None
    return KeyCell(name, cell.cell_type, cell.source, "", locked, grade, solution, task, points)


def _why(cell: NotebookNode) -> str:
    found = next((output for output in cell.outputs if output["output_type"] == "error"), None)
    if found is None:
        return "It gives fewer itself."
    trace = found["traceback"]
    line = next((trace[k].strip() for k in range(len(trace) - 1, 0, -1) if "<test cell>" in trace[k]), "")
    return f"{found['ename']}: {found['evalue']}" + (f" ({line})" if line else "")


def _shadowed(known: KeyCell, key: Key, source: NotebookNode) -> list[str]:
    """The names of a test that the solution defines, while in the grader something else has the name."""
    above: set[str] = set()
    for cell in source.cells:
        if name_of(cell) == known.name:
            break
        other = key.by_name.get(name_of(cell))
        if other is not None and not other.locked and other.kind == "code":
            above |= defined_names(cell.source, imports=False)
    others = set(dir(builtins)).union(*(defined_names(other.source) for other in key.cells if other.locked))
    return sorted(free_names(as_python(known.source)) & above & others - key.answer_names(known))


def main(assignment: str) -> int:
    """`backprop autograde --try ASSIGNMENT`; returns an exit code: 1 where a test cell can't be judged."""
    import nbformat
    from nbgrader.coursedir import CourseDirectory

    from course.grading.gradebook import load_config
    from course.grading.preprocessors import Judge
    from course.places import ROOT

    config = load_config()
    config.CourseDirectory.root = config.CourseDirectory.get("root", str(ROOT))
    course = CourseDirectory(config=config)
    folder = Path(course.format_path(course.source_directory, ".", assignment))
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        print(f"There is no notebook in {folder}.", file=sys.stderr)
        return 1
    told = [f"{path.stem}, {line}" for path in paths
            for line in untestable(nbformat.read(path, as_version=4), assignment, path.stem,
                                   Judge(config=config).settings, folder, config)]
    print("\n".join(told) or f"{assignment}: every test cell gives the solution its points.")
    return int(bool(told))
