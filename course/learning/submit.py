"""`backprop submit`: makes the zip that a learner hands in, and says what is missing in it.

The zip holds the assignment's notebooks as they lie in work/, under the names that the grader expects. It is made
whatever is missing: who has three of eight exercises hands in three.
"""

import argparse
import difflib
import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course.learning.progress import BEGUN, BROKEN, NO_EXERCISES, PASSED, UNWRITTEN, find_work, progress
from course.places import COMMAND, EXERCISES, REGRADE
from course.plaintext import one_line, plain
from course.words import later, sentences, tr

PURPOSE = later("makes the zip that a learner hands in, and says what is missing in it")
SAYS = {UNWRITTEN: UNWRITTEN, BEGUN: later("begun, and not right yet"), BROKEN: BROKEN}


def main(argv: list[str]) -> int:
    """Write the zip and tell what is in it; returns 1 where there is nothing to hand in."""
    parser = argparse.ArgumentParser(prog="backprop submit", description=tr(PURPOSE))
    parser.add_argument("assignment", nargs="?", help=tr("for example 02_gate_patterns, or 2; offered if left out"))
    parser.add_argument("--regrade", metavar="WHY", help=tr("ask for a regrade: which exercise, and why"))
    parser.add_argument("--output", metavar="FILE", help=tr("the zip; ASSIGNMENT.zip, or the next free name"))
    options = parser.parse_args(argv)
    if options.assignment is None:
        options.assignment = offer()
        if options.assignment is None:
            return 1
    options.assignment = _by_number(options.assignment)
    folder = find_work() / options.assignment
    if not folder.is_dir():
        return _refuse(_unknown(options.assignment))
    released = EXERCISES / options.assignment
    names = sorted(path.name for path in released.glob("*.ipynb")) or [f"{options.assignment}.ipynb"]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        others = tr(", ").join(sorted(path.name for path in folder.glob("*.ipynb"))) or tr("no notebook")
        return _refuse(tr("There is no {missing} in {folder}; there is {others}.\n"
                          "The grader goes by this name: give your notebook this name again.",
                          missing=tr(" and no ").join(missing), folder=folder, others=others))
    output = Path(options.output) if options.output else _free(folder.parents[1] / f"{options.assignment}.zip")
    if output.exists():
        return _refuse(tr("{file} is there already and was left as it is; name another file.", file=output))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zf:
        for name in names:
            trouble = _trouble(folder / name)
            if trouble:
                return _refuse(trouble)
            zf.write(folder / name, name)
        if options.regrade:
            zf.writestr(REGRADE, options.regrade)
        elif (folder / REGRADE).is_file():
            zf.write(folder / REGRADE, REGRADE)
    try:
        output.write_bytes(content.getvalue())
    except OSError as error:
        return _refuse(tr("{file} can't be written: {error}.", file=output, error=error.strerror))
    for name in names:
        print("\n".join(map(one_line, account(options.assignment, folder / name, released / name))))
    print(f"\n{output}\n" + tr("This file is ready. Hand it in as your course tells you."))
    return 0


def offer() -> str | None:
    """The assignment that a learner chooses from those that are there; None where nobody is there to choose."""
    there = _there()
    if not there:
        _refuse(_unknown(""))
        return None
    print(tr("Which assignment? There is:"), *(f"  {one_line(name)}" for name in there), sep="\n")
    example = int(there[0][:2]) if there[0][:2].isdigit() else there[0]
    if not (sys.stdin and sys.stdin.isatty()):
        print(tr("For example: {command}", command=f"{COMMAND} submit {there[0]}"))
        return None
    try:
        return input(tr("Its number or name ({example}, say; nothing to leave it): ", example=example)).strip() or None
    except EOFError:
        return None


def _by_number(name: str) -> str:
    """The assignment that a number means: 2 and 02 are 02_gate_patterns."""
    return next((there for there in _there() if name.isdigit() and there.split("_")[0].isdigit()
                 and int(there.split("_")[0]) == int(name)), name)


def _there() -> list[str]:
    work = find_work()
    return sorted(path.name for path in work.iterdir() if path.is_dir()) if work.is_dir() else []


def account(assignment: str, notebook: Path, released: Path) -> Iterator[str]:
    """The lines that say what a notebook holds, and what it lacks."""
    from course.declarations import assignments

    saved = time.strftime("%Y-%m-%d, %H:%M", time.localtime(notebook.stat().st_mtime))
    yield tr("{file}, as saved on {time}:", file=notebook.name, time=saved)
    if assignment in assignments():
        lines = progress(assignment, notebook)
        passed = [line for line in lines if line.state == PASSED]
        yield tr("  {passed} of {of} exercises pass, {points} of {most} points so far", passed=len(passed),
                 of=len(lines), points=f"{sum(line.points for line in lines):g}",
                 most=f"{sum(line.of for line in lines):g}")
        for line in lines:
            if line.state != PASSED:
                yield tr("  {exercise}: {state} ({mistake})" if line.mistake else "  {exercise}: {state}",
                         exercise=line.exercise, state=tr(SAYS[line.state]), mistake=line.mistake)
    for name in lost_cells(notebook, released):
        yield tr("  the cell {name} of the notebook you were given is missing", name=repr(name))
    newer = sorted(path.name for path in notebook.parent.glob(f"{notebook.stem}.new*.ipynb"))
    if newer:
        yield tr("  beside it lies a newer version that you were given: {files}; it is not in the zip",
                 files=tr(", ").join(newer))


def lost_cells(notebook: Path, released: Path) -> list[str]:
    """The grade ids that a released notebook has and a learner's has no more."""
    if not released.is_file():
        return []
    there = set(_grade_ids(notebook))
    return [name for name in _grade_ids(released) if name not in there]


def _grade_ids(path):
    cells = json.loads(path.read_text("utf-8-sig"))["cells"]
    return [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells
            if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")]


def _trouble(path):
    """Why a file is no notebook, or "" ."""
    try:
        cells = json.loads(path.read_text("utf-8-sig"))["cells"]
        if isinstance(cells, list):
            return ""
    except OSError as error:
        return tr("{file} can't be read: {error}.", file=path, error=error.strerror)
    except (ValueError, KeyError, TypeError):
        pass
    return tr("{file} is not a notebook any more: it is damaged, or was saved in another form. Nothing was made.",
              file=path)


def _unknown(assignment):
    work, there = find_work(), _there()
    if not there:
        return tr(NO_EXERCISES, folder=work, command=COMMAND)
    near = difflib.get_close_matches(assignment, there, 1)
    return sentences(tr("There is no assignment {name} in {folder}.", name=repr(assignment), folder=work),
                     tr("Did you mean {name}?", name=near[0]) if near else "",
                     tr("There is: {names}.", names=tr(", ").join(there)))


def _free(path):
    """A path, or the next one beside it that is not taken: name.zip, name-2.zip, …"""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def _refuse(sentence):
    print(plain(sentence), file=sys.stderr)
    return 1
