"""What is killed from outside costs nobody a point: an honest answer is asked again."""

import contextlib
import os
import signal

import pytest

from course.grading import judge
from course.grading.inside.tree import descendants
from course.grading.session import Session
from tests.grading.handing_in import key_of_release, scores, solved

NAME = "02_gate_patterns"
POINTS = {cell.name: cell.points for cell in key_of_release(NAME).cells if cell.grade}


def learners(session):
    return descendants(session.nursery._process.pid).keys() - session.before


def sandbox(session):
    return [session.nursery._process.pid]


@pytest.mark.parametrize("victims", [learners, sandbox])
@pytest.mark.parametrize("step", ["run", "snapshot"])
def test_a_kill_costs_no_point(grade, monkeypatch, victims, step):
    """The submission's own processes, or the sandbox with the warm process, at the fourth cell or the fourth test."""
    done = [0]
    unharmed = getattr(Session, step)

    def kill(self, *args):
        done[0] += 1
        result = unharmed(self, *args)
        if done[0] == 4:
            for pid in victims(self):
                with contextlib.suppress(ProcessLookupError):       # the end of one may be that of another
                    os.kill(pid, signal.SIGKILL)
        return result

    monkeypatch.setattr(Session, step, kill)
    monkeypatch.setattr(Session, "before", property(lambda self: warm_processes), raising=False)
    grade(solved(NAME))     # starts the warm process
    done[0] = 0
    warm_processes = set(descendants(judge.nursery(True, NAME)._process.pid))
    assert scores(grade(solved(NAME))) == POINTS
    assert done[0] > 4


def test_a_warm_process_that_was_killed_between_two_submissions_is_replaced(grade):
    grade(solved(NAME))
    os.kill(judge.nursery(True, NAME)._process.pid, signal.SIGKILL)
    assert scores(grade(solved(NAME))) == POINTS
