"""A damaged notebook is graded as what it was; one that is none gets a clear line."""

import copy
import random
import tempfile
from dataclasses import replace

import pytest
from nbformat.v4 import new_code_cell

from course.declarations import assignments
from course.grading.finding import MOST_BYTES
from course.grading.gradebook import _stage
from course.grading.repair import repair
from tests.grading.accidents.damages import ACCIDENTS, a_module_is_there_again_after_a_crash
from tests.grading.handing_in import SETTINGS, cell_of, key_of_release, released, scores, solved

NAME = "02_gate_patterns"
POINTS = {cell.name: cell.points for cell in key_of_release(NAME).cells if cell.grade}


def test_there_are_enough_of_them():
    assert len(ACCIDENTS) >= 110
    assert len({damage.__name__ for damage, *_ in ACCIDENTS}) == len(ACCIDENTS)


@pytest.mark.parametrize(("damage", "lost", "note", "name"), ACCIDENTS, ids=[a[0].__name__ for a in ACCIDENTS])
def test_an_accident_costs_only_what_it_broke(grade, damage, lost, note, name):
    nb = copy.deepcopy(solved(NAME))
    result = grade(damage(nb) or nb, name=name)
    assert scores(result) == {exercise: 0.0 if exercise in lost else points for exercise, points in POINTS.items()}
    _, notes = result.notebooks[NAME]
    assert note in " ".join(notes)
    assert bool(note) == bool(notes) or not note


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xfe\x00", b"[]", b"{}", b'{"cells": 3, "nbformat": 4}',
                                  b'{"cells": null, "nbformat": 4, "metadata": {}}', "[]".encode("utf-16"),
                                  b"PK\x03\x04 a zip", b"<html></html>", b"<<<<<<< HEAD\n{}"])
def test_what_is_no_notebook_gets_a_clear_line(grade, data):
    result = grade(data)
    assert f"{NAME}.ipynb is not a notebook" in result.failure
    assert not result.scores


@pytest.mark.parametrize("assignment", assignments())
@pytest.mark.parametrize("book", [released, solved])
def test_nothing_is_repaired_where_nothing_is_broken(assignment, book):
    nb = book(assignment)
    before = [(cell.cell_type, cell.source) for cell in nb.cells]
    assert repair(nb, key_of_release(assignment)) == []
    assert [(cell.cell_type, cell.source) for cell in nb.cells] == before


CHEAT = "grade = lambda *a, **k: 22.0\ncheck = hint = grade\n22.0\n"


def cheating_in(name, text, copies=1):
    """An unsolved notebook with a text in a locked cell, or in copies of it."""
    nb = released(NAME)
    cell = cell_of(nb, name)
    cell.source = text.format(cell.source)
    for _ in range(copies - 1):
        nb.cells.insert(0, copy.deepcopy(cell))
        nb.cells.append(copy.deepcopy(cell))
    return nb


@pytest.mark.parametrize("files", [
    cheating_in("setup", CHEAT + "{}"), cheating_in("setup", "{}\n" + CHEAT), cheating_in("setup", CHEAT, copies=3),
    cheating_in("mul_backward", CHEAT), cheating_in("mul_backward", "{}\n" + CHEAT, copies=2),
    cheating_in("mul_backward", "mul_backward = 2.0\ngrade = print\n{}\n2.0"),
    {f"{NAME}.ipynb": cheating_in("setup", "from cheat import *"), "cheat.py": CHEAT.encode(),
     "course.py": CHEAT.encode(), "numpy.py": CHEAT.encode(), "conftest.py": CHEAT.encode()},
], ids=["set_up_before", "set_up_behind", "set_ups", "test", "tests", "answer", "files"])
def test_no_repair_wins_a_point(grade, files):
    """What was written into a locked cell, or handed in beside the notebook, runs where it can't reach a test."""
    assert set(scores(grade(files)).values()) == {0.0}


def test_a_folder_named_like_the_notebook_stops_nobody(grade, tmp_path):
    nb = solved(NAME)
    result = grade({f"{NAME}.ipynb/data.csv": b"1", "mine.ipynb": nb, "data.csv": b"2"})
    _stage(result, tmp_path / "staged")
    assert sorted(path.name for path in (tmp_path / "staged").rglob("*")) == [f"{NAME}.ipynb", "data.csv"]


def test_as_much_as_may_lie_beside_the_notebook_is_there_when_it_runs(grade):
    nb = solved(NAME)
    nb.cells.insert(0, new_code_cell(f"import os\nassert os.path.getsize('data.bin') == {MOST_BYTES}"))
    result = grade({f"{NAME}.ipynb": nb, "data.bin": random.Random(1).randbytes(MOST_BYTES)})
    assert scores(result) == POINTS
    assert '"output_type": "error"' not in result.notebooks[NAME][0]


def test_without_isolation_files_lie_in_a_folder_that_goes(grade, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    nb = solved(NAME)
    result = grade(a_module_is_there_again_after_a_crash(nb), settings=replace(SETTINGS, isolation=False))
    assert scores(result) == POINTS
    assert not list(tmp_path.glob("submission-*"))
