"""The kinds of numbers that grading puts into an exercise's cases."""

import numpy as np
import pytest

from course.checks.covering import KINDS, Made, carriers, covering, uncovered
from course.checks.draws import Draw
from course.checks.exercise import Check, Exercise
from course.checks.running import run


def scaled(*checks, **more):
    return Exercise("scale(dout, x)", "dx", sum(check.points for check in checks), lambda dout, x: dout * x * x,
                    upstream="dout", checks=checks, **more)


NUMBERS = Check("numbers", 1, lambda d: [(2.0, 3.0), *(d.numbers(2) for _ in range(3))])
ARRAYS = Check("arrays", 1, lambda d: [d.arrays(2, 2, 3)])
EDGE = Check("edge", 1, edge=True, draw=lambda d: [(d.number(), 1.0)])


def asked(exercise, answer=lambda dout, x: dout * x * x):
    return [one.args for one in run(exercise, answer, (0, 1)).asked]


@pytest.mark.parametrize("exercise", [scaled(NUMBERS, EDGE), scaled(ARRAYS), scaled(NUMBERS, ARRAYS, EDGE)])
def test_every_kind_is_asked_without_a_word_of_the_author(exercise):
    assert uncovered(exercise, asked(exercise)) == []


def test_without_it_kinds_are_missed():
    told = uncovered(scaled(NUMBERS), [(2.0, 3.0), (-1.5, 0.7)])
    assert "x: zero, as a number" in told
    assert "dout: whole, as a number" in told
    assert "x: negative, as a number" in told
    assert "two equal arguments" in told


def test_an_argument_is_never_asked_what_is_outside_of_it():
    exercise = scaled(NUMBERS, outside={"x": {"zero": "it is a length"}, "dout": "it comes from above"})
    calls = asked(exercise)
    assert all(x != 0 for _, x in calls)
    assert not any(isinstance(dout, int) for dout, _ in calls)
    assert any(isinstance(x, int) for _, x in calls)
    assert uncovered(exercise, calls) == []


def test_whole_numbers_arrive_as_integers_and_are_answered_as_real_ones():
    exercise = scaled(ARRAYS)
    cases = covering(exercise, ARRAYS, Draw(0))
    whole = [(args, right) for args, right in cases if args[1].dtype.kind == "i"]
    assert len(whole) == 1
    assert whole[0][1].dtype.kind == "f"


def test_what_follows_from_other_arguments_is_made_of_these():
    def cache(w, x):
        return {"w": w, "x": x, "sum": float(w @ x)}

    exercise = Exercise("back(cache)", "dx", 1, lambda cache: cache["w"] * cache["sum"],
                        checks=(Check("caches", 1, lambda d: [cache(d.array(3), d.array(3))]),),
                        base=lambda d: [(Made(cache, d.array(3), d.array(3)),)])
    calls = asked(exercise, lambda cache: cache["w"] * cache["sum"])
    assert uncovered(exercise, calls) == []
    assert all(np.isclose(one["sum"], one["w"] @ one["x"]) for one, in calls)


def test_check_does_not_ask_kinds_and_the_last_edge_check_carries_them():
    exercise = scaled(NUMBERS, ARRAYS, EDGE)
    assert carriers(exercise) == [EDGE]
    shown = run(exercise, lambda dout, x: dout * x * x, (0,), edge=False).asked
    assert len(shown) == 5
    verdicts = run(exercise, lambda dout, x: np.clip(dout * x * x, -1000, 1000), (0, 1)).verdicts
    assert [check.title for check, problem, _ in verdicts if problem] == ["edge"]


def test_axes_are_negative_and_in_any_order():
    exercise = Exercise("reduce(dout, axis)", "dx", 1, None, checks=(Check("a", 1, test=lambda ask: None),))
    assert uncovered(exercise, [(None, 0), (None, (0, 1))]) == [
        "axis: negative", "axis: unsorted", "axis: negative in a tuple"]
    assert uncovered(exercise, [(None, -1), (None, (1, -3))]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_of_a_kind_is_of_it(kind):
    values = [KINDS[kind].put(value, Draw(3)) for value in (1.5, -0.7)]
    held = np.array(values, int if kind == "whole" else float)
    assert KINDS[kind].holds(held).all()
    assert (held == np.array(values)).all()


def test_where_nothing_is_right_nothing_is_asked_and_the_kind_is_told():
    """An author who forgets what an argument can't be is told by the test of all exercises; no learner sees a crash."""
    checks = (Check("numbers", 1, lambda d: list(d.numbers(3))),)
    exercise = Exercise("invert(x)", "y", 1, lambda x: 1 / x, checks)
    calls = asked(exercise, lambda x: 1 / x)
    assert all(x != 0 for x, in calls)
    assert uncovered(exercise, calls) == ["x: zero, as a number"]
