"""Notebooks, keys and results for the tests of the judge."""

import copy
from pathlib import Path

import nbformat
from nbgrader.utils import compute_checksum

from course.grading.judge import Settings
from course.grading.key import Key, KeyCell, in_all_languages
from course.words import ENGLISH, TRANSLATIONS

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(cell_seconds=5, call_seconds=3, exercise_seconds=20, submission_seconds=60, memory=400,
                    judge_seconds=20)


def key_of_release(assignment):
    """The Key that the gradebook would give, from the released notebook."""
    cells = []
    for cell in released(assignment).cells:
        about = cell.metadata.get("nbgrader")
        if about:
            cells.append(KeyCell(about.grade_id, cell.cell_type, cell.source, compute_checksum(cell), about.locked,
                                 about.grade, about.solution, about.task, about.get("points")))
    return Key(assignment, assignment, in_all_languages(tuple(cells), assignment, assignment))


def released(assignment, language=ENGLISH):
    root = ROOT if language == ENGLISH else TRANSLATIONS / language
    return nbformat.read(root / "exercises" / assignment / f"{assignment}.ipynb", as_version=4)


def solved(assignment):
    return nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)


def cell_of(nb, name):
    """The cell of a grade id; of the answer with "-answer" behind the exercise's name."""
    return next(cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


def write(folder, files):
    """Write {path: notebook or bytes} into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            content = nbformat.writes(copy.deepcopy(content)).encode()
        path.write_bytes(content)


def scores(result):
    """{exercise: points} of a Result."""
    assert not result.failure, result.failure
    return {name: score for (_, name), (score, _) in result.scores.items()}
