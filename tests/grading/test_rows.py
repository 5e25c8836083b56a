"""Rows that are entered for many at once are those that nbgrader's own calls make, one by one."""


import pytest
from sqlalchemy import text

from course.grading import rows
from tests.grading import gradebooks


@pytest.fixture
def gradebook(tmp_path):
    """gradebook(name) opens one that knows the assignment; no test cuts the power, so that none waits for the disk."""
    opened = []

    def open_one(name):
        opened.append(gradebooks.opened(f"sqlite:///{tmp_path}/{name}.db"))
        opened[-1].db.execute(text("PRAGMA synchronous=OFF"))
        gradebooks.release(opened[-1])
        return opened[-1]

    yield open_one
    for book in opened:
        book.close()


@pytest.mark.parametrize(("seed", "policy"), list(enumerate(gradebooks.POLICIES)))
def test_each_row_is_nbgraders_own(gradebook, seed, policy):
    mine, theirs = gradebook("mine"), gradebook("theirs")
    gradebooks.story(mine, rows.enter, seed, policy)
    gradebooks.story(theirs, gradebooks.one_by_one, seed, policy)
    mine, theirs = gradebooks.everything(mine), gradebooks.everything(theirs)
    for table, expected in theirs.items():
        assert mine[table] == expected, table
    assert len(mine["grade"]) >= 12 * 7 and len(mine["comment"]) == 12 * 6
