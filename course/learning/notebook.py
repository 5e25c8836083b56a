"""What an exercise notebook calls: check while working, hint when stuck, grade in the graded cell."""

import os
import textwrap

from course.checks.draws import FRESH
from course.checks.examining import SHOWN_SEED, examine
from course.checks.exercise import Exercise
from course.checks.report import tell
from course.declarations import find

_hints_opened = {}


def check(f: object, name: str | None = None) -> None:
    """Run what an exercise shows on the answer f, and say in words what is wrong with it.

    f     your function
    name  the exercise; f's own name if left out
    """
    exercise = _exercise(f, name)
    tell(examine(exercise, f, (SHOWN_SEED,), edge=False))


def grade(f: object, name: str | None = None) -> float:
    """Points earned by the answer f, a float: what `check` runs, and the edge cases, on fresh draws.

    While nbgrader validates a notebook, an answer that is not right raises AssertionError with the diagnosis,
    since nbgrader's Validate shows nothing else.
    """
    exercise = _exercise(f, name)
    report = examine(exercise, f, (SHOWN_SEED, FRESH.get()(exercise.name)), edge=True, graded=True)
    if os.environ.get("NBGRADER_EXECUTION") == "validate" and not report.run.passed:
        raise NotRight(str(report))
    tell(report)
    return report.run.score


class NotRight(AssertionError):
    """What nbgrader's Validate shows of an answer: the diagnosis alone, without the lines that led to it."""

    def _render_traceback_(self):
        """IPython's hook for an exception that prints itself; nbgrader cuts lines at 88 characters."""
        return [textwrap.fill(line, 84, subsequent_indent="    ") for line in str(self).splitlines()]


def hint(f: object, name: str | None = None) -> None:
    """Open the next hint to an exercise: a question, then the idea, then almost the code."""
    exercise = _exercise(f, name)
    opened = _hints_opened.get(exercise.name, 0)
    if opened == len(exercise.hints):
        print(f"{exercise.name}: these were all the hints. Start again from the first:")
        opened = 0
    print(f"{exercise.name}, hint {opened + 1} of {len(exercise.hints)}: {exercise.hints[opened]}")
    _hints_opened[exercise.name] = opened + 1


def _exercise(f: object, name: str | None) -> Exercise:
    name = name or getattr(f, "__name__", None)
    if not isinstance(name, str):
        raise TypeError(f"this {type(f).__name__} has no name of its own: say which exercise it answers, "
                        f'for example check(f, "mul_backward")')
    return find(name)
