"""One warm process for all tests of the judge."""

import copy

import nbformat
import pytest

from course.grading.judge import _nurseries
from tests.grading.handing_in import SETTINGS, key_of_release


@pytest.fixture(scope="session")
def grade(tmp_path_factory):
    """grade(nb or bytes, name=None, settings=SETTINGS) hands a notebook in and gives the Result."""
    from course.grading.worker import Job, grade_submission

    def hand_in(nb, assignment="02_gate_patterns", name=None, settings=SETTINGS):
        folder = tmp_path_factory.mktemp("submitted")
        path = folder / (name or f"{assignment}.ipynb")
        if isinstance(nb, bytes):
            path.write_bytes(nb)
        else:
            path.write_text(nbformat.writes(copy.deepcopy(nb)), encoding="utf-8")
        return grade_submission(Job("ada", assignment, folder), {assignment: key_of_release(assignment)}, settings)

    yield hand_in
    for warm in _nurseries.values():
        warm.close()
    _nurseries.clear()
