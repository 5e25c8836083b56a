"""A damaged notebook is graded as what it was; one that is none gets a clear line."""

import copy

import pytest

from tests.grading.accidents.damages import ACCIDENTS
from tests.grading.handing_in import key_of_release, scores, solved

NAME = "02_gate_patterns"
POINTS = {cell.name: cell.points for cell in key_of_release(NAME).cells if cell.grade}


def test_there_are_enough_of_them():
    assert len(ACCIDENTS) >= 25
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
                                  b'{"cells": [{"cell_type": "code"}], "nbformat": 4, "metadata": {}}',
                                  b"PK\x03\x04 a zip", b"<html></html>", b"<<<<<<< HEAD\n{}"])
def test_what_is_no_notebook_gets_a_clear_line(grade, data):
    result = grade(data)
    assert f"{NAME}.ipynb is not a notebook" in result.failure
    assert not result.scores
