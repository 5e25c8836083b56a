"""A regrade request stands in the graded notebook, as text, and the run names who asks."""

from types import SimpleNamespace

import nbformat
import pytest

from course.grading.named import Names
from course.grading.request import LONGEST, show_request
from course.grading.summary import summary
from course.places import REGRADE
from tests.grading.handing_in import key_of_release, solved
from tests.grading.test_class import NAME

TEXT = "mul_backward: <script>alert(1)</script>\n```\n# no heading\nIt is right."


def test_it_is_the_first_cell_and_the_summary_names_who_asks(grade):
    results = [grade({f"{NAME}.ipynb": solved(NAME), **beside}) for beside in ({}, {REGRADE: TEXT.encode()})]
    without, asked = (nbformat.reads(result.notebooks[NAME][0], as_version=4) for result in results)
    assert [cell.source for cell in asked.cells[1:]] == [cell.source for cell in without.cells]
    assert asked.cells[0].source == f"**A regrade is asked for**\n\n````text\n{TEXT}\n````"
    nbformat.validate(asked)
    assert results[0].scores == results[1].scores

    room = SimpleNamespace(assignment=NAME, keys={NAME: key_of_release(NAME)})
    said = summary(room, [SimpleNamespace(**{**vars(result), "job": SimpleNamespace(student=name)})
                          for result, name in zip(results, ("ada", "ben"), strict=True)],
                   Names([SimpleNamespace(id="ben", first_name="Ben", last_name="Berg")]))
    assert "ask for a regrade: Ben Berg (ben)" in said and "repaired, or noted: Ben Berg (ben): 1" in said


@pytest.mark.parametrize(("text", "cells"), [(b"", 0), (b" \n", 0), (b"\xff\xfe caf\xe9", 1), (b"x" * 3 * LONGEST, 1),
                                             ("\u202e\x1b[2J".encode(), 1)])
def test_whatever_is_in_the_file_is_text(tmp_path, text, cells):
    (tmp_path / REGRADE).write_bytes(text)
    nb = nbformat.v4.new_notebook()
    assert len(show_request(nb, tmp_path)) == len(nb.cells) == cells
    assert all(len(cell.source) < LONGEST + 100 and "\x1b" not in cell.source for cell in nb.cells)
