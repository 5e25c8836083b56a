"""One warm process for all tests of the judge."""

import pytest

from course.grading.judge import _nurseries
from tests.grading.handing_in import SETTINGS, key_of_release, write


@pytest.fixture(scope="session")
def grade(tmp_path_factory):
    """grade(nb, bytes or {path: nb or bytes}, name=None, settings=SETTINGS) hands files in and gives the Result."""
    from course.grading.worker import Job, grade_submission

    def hand_in(nb, assignment="02_gate_patterns", name=None, settings=SETTINGS):
        folder = tmp_path_factory.mktemp("submitted")
        write(folder, nb if type(nb) is dict else {name or f"{assignment}.ipynb": nb})
        return grade_submission(Job("ada", assignment, folder), {assignment: key_of_release(assignment)}, settings)

    yield hand_in
    for warm in _nurseries.values():
        warm.close()
    _nurseries.clear()
