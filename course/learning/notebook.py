"""What an exercise notebook calls: check while working, hint when stuck, grade in the graded cell."""

import linecache
import os
import re
import sys
import textwrap
from dataclasses import replace

from course.checks import markup
from course.checks.draws import FRESH
from course.checks.examining import SHOWN_SEED, examine
from course.checks.exercise import Exercise
from course.checks.report import Report, tell
from course.checks.verdict import earned
from course.declarations import find
from course.learning.identity import learner
from course.learning.picturing import picture
from course.learning.reading import section
from course.learning.shown import show
from course.plaintext import plain
from course.words import tr

_hints_opened = {}


def check(f: object, name: str | None = None) -> None:
    """Run what an exercise shows on the answer f, and say in words what is wrong with it.

    f     your function
    name  the exercise; f's own name if left out
    """
    if name is None and not callable(f):
        print(_called_too_early("check", f))
        return
    exercise = _own(_exercise(f, name))
    tell(_with_help(examine(exercise, f, (SHOWN_SEED,), edge=False)))


def grade(f: object, name: str | None = None) -> float:
    """Points earned by the answer f, a float: what `check` runs, and the edge cases, on fresh draws.

    While nbgrader validates a notebook, an answer that is not right raises AssertionError with the diagnosis,
    since nbgrader's Validate shows nothing else.
    """
    exercise = _own(_exercise(f, name))
    report = examine(exercise, f, (SHOWN_SEED, FRESH.get()(exercise.name)), edge=True, graded=True)
    if os.environ.get("NBGRADER_EXECUTION") == "validate" and not report.run.passed:
        raise NotRight(str(report))
    tell(_with_help(report))
    return Points(report.run.score, exercise.points)


class Points(float):
    """Points as the value of a cell: a float to nbgrader, which reads its text, and a few words on the screen."""

    of: float

    def __new__(cls, earned: float, of: float) -> "Points":
        points = super().__new__(cls, earned)
        points.of = of
        return points

    def _repr_html_(self) -> str:
        return markup.points(earned(self, self.of))

    def __reduce__(self) -> tuple:
        return float, (float(self),)


def _with_help(report: Report) -> Report:
    """A report with the address of what to read and a picture, where there is something to say."""
    if report.diagnosis is None or "IPython" not in sys.modules:
        return report
    return replace(report, section=section(report.exercise.read), picture=picture(report))


class NotRight(AssertionError):
    """What nbgrader's Validate shows of an answer: the diagnosis alone, without the lines that led to it."""

    def _render_traceback_(self):
        """IPython's hook for an exception that prints itself; nbgrader cuts lines at 88 characters."""
        return [textwrap.fill(line, 84, subsequent_indent="    ") for line in str(self).splitlines()]


def hint(f: object, name: str | None = None) -> None:
    """Open the next hint to an exercise: a question, then the idea, then almost the code."""
    if name is None and not callable(f):
        print(_called_too_early("hint", f))
        return
    exercise = _exercise(f, name)
    opened = _hints_opened.get(exercise.name, 0)
    if opened == len(exercise.hints):
        print(tr("{name}: these were all the hints. Start again from the first:", name=exercise.name))
        opened = 0
    head = tr("hint {k} of {n}", k=opened + 1, n=len(exercise.hints))
    text = tr(exercise.hints[opened])
    show(tr("{name}, {head}: {text}", name=exercise.name, head=head, text=text),
         markup.hint(exercise.name, head, text))
    _hints_opened[exercise.name] = opened + 1


def _called_too_early(asker: str, value: object) -> str:
    """What is said where a function's result is handed over in its place: check(f(1, 2)), or check(3.0)."""
    frame = sys._getframe(2)
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    call = re.search(rf"\b{asker}\(\s*(\w+)\s*\(", lines[frame.f_lineno - 1] if len(lines) >= frame.f_lineno else "")
    what = tr("None") if value is None else tr("a {type}", type=type(value).__name__)
    if call:
        return plain(tr("{asker} calls your function itself, many times: hand it over by its name alone, without "
                        "brackets behind it:\n  {asker}({name})\n`{name}(…)` is what it returned: {what}.",
                        asker=asker, name=call[1], what=what))
    return plain(tr("{asker} takes a function, by its name alone; this is {what}. For example:\n"
                    "  {asker}(mul_backward)", asker=asker, what=what))


def _exercise(f: object, name: str | None) -> Exercise:
    name = name or getattr(f, "__name__", None)
    if not isinstance(name, str):
        raise TypeError(tr("this {type} has no name of its own: say which exercise it answers, for example {call}",
                           type=type(f).__name__, call='check(f, "mul_backward")'))
    return find(name)


def _own(exercise: Exercise) -> Exercise:
    """The learner's variant, where there are any."""
    return exercise.of(learner()) if exercise.variant else exercise
