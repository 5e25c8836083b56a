"""An exercise may need longer than others: assignment 08 trains a network."""

from dataclasses import replace

import pytest

from course.declarations import exercises
from tests.grading.handing_in import SETTINGS, cell_of, released, scores, solved

ASSIGNMENT = "08_train_digits"
POINTS = {name: exercise.points for name, exercise in exercises(ASSIGNMENT).items()}
HASTY = replace(SETTINGS, call_seconds=2.5, exercise_seconds=60)


@pytest.fixture(scope="module")
def slow():
    """The solution, with a pause in its training that is longer than a call may take elsewhere."""
    nb = solved(ASSIGNMENT)
    cell = cell_of(nb, "train-answer")
    cell.source = "import time\n" + cell.source.replace(
        "    return params", "    time.sleep(3 * (len(y) > 1000))\n    return params")
    return nb


def test_a_training_gets_the_time_that_its_exercise_asks_for(grade, slow):
    assert scores(grade(slow, ASSIGNMENT, settings=HASTY)) == POINTS


def test_a_release_gets_no_points(grade):
    assert scores(grade(released(ASSIGNMENT), ASSIGNMENT)) == dict.fromkeys(POINTS, 0.0)
