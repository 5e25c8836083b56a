"""Grading asks every kind of number, everywhere: what is right but for one of them loses points."""

import re

import numpy as np
import pytest

from course.authoring import mistakes
from course.checks.covering import KINDS, uncovered
from course.checks.exercise import Form
from course.checks.running import run
from course.declarations import ASSIGNMENTS, exercises
from course.declarations.registry import find

EXERCISES = [exercise for name in ASSIGNMENTS for exercise in exercises(name).values()]
SEEDS = (2, 5, 8)


def graded(exercise, answer, seeds=mistakes.SEEDS):
    with np.errstate(all="ignore"):
        return run(exercise, answer, seeds, edge=True)


@pytest.mark.quick
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_every_kind_of_number_is_asked_or_excused(exercise):
    """Of each argument: 0, whole, large and small numbers, both signs, in numbers and arrays; equal arguments; axes."""
    asked = graded(exercise, exercise.alternatives[0].function).asked
    assert not uncovered(exercise, [one.args for one in asked])


@pytest.mark.quick
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_what_is_excused_has_a_reason_and_a_parameter(exercise):
    names = {parameter.lstrip("*") for parameter in exercise.parameters}
    for name, reasons in exercise.outside.items():
        assert name in names
        for reason in [reasons] if isinstance(reasons, str) else reasons.values():
            assert len(reason.split()) > 1, reason


def real_parameters():
    """(exercise, place of a parameter, kind) of all that is asked and that an answer may take for something else."""
    return [pytest.param(exercise, k, id=f"{exercise.name}-{name}") for exercise in EXERCISES if exercise.oracle and
            not exercise.driver and exercise.solution() for k, name in enumerate(exercise.parameters)]


@pytest.mark.parametrize(("exercise", "k"), real_parameters())
def test_what_is_wrong_for_one_kind_of_number_alone_loses_points(exercise, k):
    answer = exercise.alternatives[0].function
    right = graded(exercise, answer, SEEDS[:1])
    for kind, of in KINDS.items():
        def spoiled(*args, of=of):
            result = answer(*args)
            return tampered(result) if k < len(args) and any_number(of.holds, args[k]) else result
        if any(any_number(of.holds, one.args[k]) for one in right.asked if k < len(one.args)):
            assert graded(exercise, spoiled, SEEDS[:1]).score < exercise.points or not exercise.points, kind


def parts_of(result, exercise):
    """The places of a result's parts: where each result stands, and under which key."""
    if len(exercise.results) == 1:
        return [(None, key) for key in result] if isinstance(result, dict) else []
    return [(k, key) for k, part in enumerate(result) for key in (part if isinstance(part, dict) else [None])]


def with_one_wrong(result, place):
    k, key = place
    if k is None:
        return {name: tampered(part) if name == key else part for name, part in result.items()}
    part = result[k]
    return (*result[:k], tampered(part) if key is None else with_one_wrong(part, (None, key)), *result[k + 1:])


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.oracle and not e.driver and e.points],
                         ids=lambda e: e.name)
def test_one_result_that_is_always_wrong_costs_half(exercise):
    """But gate by gate, where each result is a step of its own, which goes wrong with all behind it."""
    answer = exercise.alternatives[0].function
    parts = parts_of(graded(exercise, answer, SEEDS[:1]).asked[0].reply.result, exercise)
    for place in parts if exercise.name not in ("neuron_backward_gates", "compare") else []:
        kept = graded(exercise, lambda *args, place=place: with_one_wrong(answer(*args), place), SEEDS[:1]).score
        assert kept <= exercise.points / 2, place


def any_number(holds, value):
    if isinstance(value, list | tuple | dict):
        return any(any_number(holds, part) for part in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float | np.ndarray) and bool(holds(np.asarray(value)).any())


def tampered(result):
    if isinstance(result, dict):
        return {name: tampered(part) for name, part in result.items()}
    if isinstance(result, list | tuple):
        return type(result)(map(tampered, result))
    return result if isinstance(result, str | bool | None) else np.multiply(result, 1.5) + 0.25


# (exercise, what its notebook's answer says, what an answer says instead, how many points it may keep at most)
SLIPS = [
    ("numerical_derivative", '    """\n    #', '    """\n    x = abs(x)\n    #', 1.75),
    ("relu_backward", "x > 0", "x > 1", 1.5),
    ("checkpointed_grad", '    """\n', '    """\n    w = -w\n', 3),
    ("checkpointed_grad", '    """\n', '    """\n    fs.reverse()\n    fs = fs[::-1]\n', 0),
    ("Value", "self.data > 0", "self.data > 1", 3.5),
    ("mse", r"raise ValueError\(.*\)", 'raise ("the shapes differ")', 0.75),
    ("mse", r"raise ValueError\(.*\)", "1 / 0", 0.75),
    ("topological_order", r"raise ValueError\(.*\)", 'raise ("a cycle")', 3.5),
    ("backward", r"raise ValueError\(.*\)", "1 / 0", 5.75),
    ("gradient_check", r"numeric\)\.max\(\) /", "numeric).mean() /", 1.5),
    ("gradient_check", r"numeric\)\.max\(\) /", "numeric).sum() /", 1.5),
    ("gradient_check", r"np\.abs\(analytic - numeric\)\.max\(\) /", "(analytic - numeric).max() /", 1.5),
    ("gradient_check", r"np\.abs\(analytic - numeric\)\.max\(\) /", "(numeric - analytic).max() /", 1.25),
    ("gradient_check", r"return np\.abs", "return 2 * np.abs", 1.5),
    ("gradient_check", r"return np\.abs.*", "return 0.0", 0),
    ("gradient_check", r"return np\.abs.*", "return 1.0", 0),
    ("gradient_check", r"x\[i\] = kept\n", "pass\n", 1.5),
    ("check_all", r"np\.abs\((.*) - numeric\)\.max\(\)", r"np.abs(\1 - numeric).mean()", 2.25),
    ("check_all", r"np\.abs\((.*) - numeric\)\.max\(\)", r"np.abs(\1 - numeric).sum()", 2.5),
    ("check_all", r"np\.abs\((.*) - numeric\)\.max\(\)", r"(\1 - numeric).max()", 2.25),
    ("check_all", r"np\.abs\((.*) - numeric\)\.max\(\)", r"(numeric - \1).max()", 1.5),
    ("check_all", r"error = np\.abs", "error = 2 * np.abs", 2.5),
    ("check_all", "return errors", "return dict.fromkeys(errors, 0.0)", 0.5),
    ("check_all", "return errors", "return dict.fromkeys(errors, 1.0)", 0),
    ("check_all", r"nudged\[name\]\[i\] = params\[name\]\[i\]\n", "pass\n", 2.25),
]


@pytest.mark.parametrize(("name", "right", "slip", "most"), SLIPS, ids=[f"{one[0]}-{one[2][:30]!r}" for one in SLIPS])
def test_a_slip_loses_points_whatever_the_draw(name, right, slip, most):
    """Chance decides nothing: each of these is told by what is asked, not by the numbers that are drawn."""
    exercise = find(name)
    text, count = re.subn(right, slip, exercise.solution(), count=1)
    assert count
    form = Form(name, slip, text, str(exercise.given)).function
    assert max(graded(exercise, form, (0, seed)).score for seed in SEEDS) <= most
