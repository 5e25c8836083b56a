"""The value of a graded cell: points in words on the screen, a number to nbgrader."""

import pickle

import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_output
from nbgrader.utils import determine_grade

from course.learning.notebook import Points


@pytest.mark.parametrize(("points", "text", "words"), [
    (2.0, "2.0", "2 of 3 points"), (0.0, "0.0", "0 of 3 points"), (0.125, "0.125", "0.125 of 3 points")])
def test_nbgrader_reads_the_number_and_learners_the_words(points, text, words):
    data, _ = InteractiveShell.instance().display_formatter.format(Points(points, 3.0))
    assert data == {"text/plain": text, "text/html": f"<strong>{words}</strong>"}
    cell = new_code_cell("grade(f)", outputs=[new_output("execute_result", data)])
    cell.metadata.nbgrader = {"grade": True, "points": 3, "solution": False, "locked": True, "grade_id": "f"}
    assert determine_grade(cell) == (points, 3)


def test_elsewhere_they_are_a_float():
    points = Points(2.0, 3.0)
    assert points == 2.0
    assert type(pickle.loads(pickle.dumps(points))) is float
    assert type(points + points) is float
