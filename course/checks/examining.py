"""From an answer to a Report: the exercise's checks run on it, and what came of them is diagnosed."""

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from course.checks.calling import Remote
from course.checks.clock import own_seconds
from course.checks.comparing import Problem
from course.checks.diagnosis import Diagnosis, diagnose
from course.checks.exercise import Exercise
from course.checks.report import Report
from course.checks.running import Finding, Run, run
from course.checks.slips import rounded, slip
from course.words import tr

SHOWN_SEED = 0      # of the draws that `check` shows
OTHER_SEED = 1      # and of those that a cause must explain as well
MOST_SECONDS = 0.05     # of a run that is made once more


def examine(exercise: Exercise, f: Any, seeds: Sequence[int], edge: bool, graded: bool = False) -> Report:
    """The Report of an answer: its run on these seeds, and the diagnosis."""
    if not callable(f):
        return _not_a_function(exercise, f, graded)
    start = own_seconds()
    result = run(exercise, f, seeds, edge)
    result.seconds = own_seconds() - start
    with warnings.catch_warnings(), np.errstate(all="ignore"):       # what is worked out of odd numbers warns
        warnings.simplefilter("ignore")
        found = None if result.passed else _cause(f, result, seeds, edge)
    return Report(exercise, result, found, graded)


def _cause(f: Any, result: Run, seeds: Sequence[int], edge: bool) -> Diagnosis | None:
    """A slip, or what the numbers tell."""
    seen = slip(f, result, seeds, edge)
    if seen:
        return seen
    more = None if edge else _asked_more(f, result)
    found = diagnose(result, seeds, edge, more)
    if found and not found.code and not found.title.startswith("cut"):
        # Whole numbers at every call, on other draws too, are no chance; another cause that gives them may be one
        also = [asked for edge in (False, True) for asked in more(edge).asked] if more else []
        return rounded(replace(result, asked=[*result.asked, *also])) or found
    return found


def _asked_more(f: Any, result: Run) -> Callable[[bool], Run] | None:
    """more(edge) gives what else the answer does, on other draws: much that is not so explains the calls of `check`.

    None where that would take long, or the answer stands in another process.
    """
    if isinstance(f, Remote) or result.seconds > MOST_SECONDS:
        return None
    short = tuple(check for check in result.exercise.checks if not check.once)
    return functools.cache(functools.partial(run, result.exercise, f, (OTHER_SEED,), checks=short))


def _not_a_function(exercise: Exercise, value: object, graded: bool) -> Report:
    what = tr("None") if value is None else tr("a {type}", type=type(value).__name__)
    says = tr("{name} is {what}, not a function: it should be defined as `{heading}`.", name=exercise.name, what=what,
              heading=exercise.heading)
    missed: list[Finding] = [(check, Problem("unwritten"), None) for check in exercise.checks]
    return Report(exercise, Run(exercise, verdicts=missed), Diagnosis("not a function", says), graded)
