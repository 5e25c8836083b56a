"""Every notebook runs from top to bottom in a fresh kernel, as a learner's "Run All" would run it.

Lesson 05 runs in test_lesson_05.py, with PyTorch and without, five others in JupyterLab (tests/browser/test_lab.py);
the solutions run in tests/course/test_pipeline.py.
"""

from pathlib import Path

import nbformat
import pytest

from course.authoring import build
from course.declarations import assignments, exercises
from tests.browser.test_lab import RUN_HERE
from tests.notebooks import waiting
from tests.notebooks.running import run

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in sorted((ROOT / "course/sources/lessons").glob("*.py"))]


def trouble(book):
    """What no learner should see: the errors and the stderr of a notebook that was run."""
    return [f"{cell.source}\n-> {output.get('evalue') or output.get('text')}"
            for cell in book.cells if cell.cell_type == "code"
            for output in cell.outputs if output.output_type == "error" or output.get("name") == "stderr"]


def said(cell):
    """What a cell printed and displayed, as text."""
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "")
                     for output in cell.outputs)


def cells_of(book, assignment):
    """(exercise's name, cell) of the check and grade cells."""
    by_id = {cell.id: cell for cell in book.cells}
    for name in exercises(assignment):
        for cell in (by_id.get(f"{name}-check"), by_id[name]):
            if cell is not None:
                yield name, cell


@pytest.mark.quick
def test_the_built_notebooks_are_what_their_sources_make(capsys):
    assert build.main(["--check"]) == 0, capsys.readouterr()


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.quick) if name == LESSONS[0] else name
    for name in LESSONS if name not in ["05_pytorch_comparison", *RUN_HERE]])
def test_a_lesson_runs(name, tmp_path):
    book = run(ROOT / "course/lessons" / f"{name}.ipynb", tmp_path)
    assert not trouble(book), "\n\n".join(trouble(book))
    assert waiting.told_too_early(book.cells) == []


def test_a_translated_lesson_runs_and_its_plots_have_all_characters(tmp_path):
    book = run(ROOT / "course/translations/zh_CN/lessons/01_chain_rule.ipynb", tmp_path, COURSE_LANG="zh")
    assert not trouble(book), "\n\n".join(trouble(book))


@pytest.mark.parametrize("name", assignments())
def test_a_release_says_not_written_yet_and_nothing_else(name, tmp_path):
    book = run(ROOT / "exercises" / name / f"{name}.ipynb", tmp_path)
    assert not trouble(book), "\n\n".join(trouble(book))
    for exercise, cell in cells_of(book, name):
        text = said(cell)
        assert text.startswith(f"{exercise}  · not written yet"), f"{cell.source}\n{text}"
        assert "✗" not in text and "✓" not in text


@pytest.mark.parametrize("name", assignments())
def test_a_release_holds_no_line_of_a_solution(name):
    answers = {cell.metadata.nbgrader.grade_id: cell.source
               for cell in nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4).cells
               if cell.metadata.get("nbgrader", {}).get("solution")}
    released = {cell.metadata.nbgrader.grade_id: cell.source
                for cell in nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4).cells
                if cell.metadata.get("nbgrader", {}).get("solution")}
    assert list(answers) == list(released) == [f"{exercise}-answer" for exercise in exercises(name)]
    for grade_id, source in answers.items():
        solution, inside = [], False
        for line in source.splitlines():
            inside = "BEGIN SOLUTION" in line or (inside and "END SOLUTION" not in line)
            if inside and line.strip():
                solution.append(line)
        kept = released[grade_id].splitlines()
        assert solution and not set(solution) & set(kept), grade_id
        assert "raise NotImplementedError" in released[grade_id], grade_id
