"""What a declaration can ask for beyond comparing results: refusals, drivers, given names, axes by name."""

import numpy as np
import pytest

from course.checks import codec
from course.checks.calling import Remote, call
from course.checks.comparing import said
from course.checks.diagnosis import show
from course.checks.draws import Draw
from course.checks.examining import examine
from course.checks.exercise import Check, Exercise

DRIVER = """
def drive(answer, start, steps):
    counter = answer(start)
    for step in steps:
        counter.add(step)
    return counter.total
"""


class Counter:
    def __init__(self, start):
        self.total = start

    def add(self, step):
        self.total += step


COUNTER = Exercise(
    "class Counter(start)", "total", 1, lambda start, steps: start + sum(steps), driver=DRIVER, given="unit = 1.0",
    checks=(Check("adds", 1, lambda d: [(2.0, [3.0, 4.0]), (d.number(), [d.number()])]),),
)
COUNTER.mistake(code="X1", title="forgets", says="It keeps the last step only.", source="""
class Counter:
    def __init__(self, start):
        self.total = start * unit

    def add(self, step):
        self.total = step
""")


def test_a_class_is_reached_through_its_driver():
    assert COUNTER.name == "Counter"
    assert COUNTER.parameters == ("start", "steps")
    assert examine(COUNTER, Counter, (0, 1), edge=True).run.score == 1.0


def test_a_wrong_class_is_named_and_uses_what_is_given():
    report = examine(COUNTER, COUNTER.mistakes[0].function, (0,), edge=True)
    assert report.diagnosis.code == "X1"
    assert "start=2.0  steps=[3.0, 4.0]" in str(report)


def test_a_failure_behind_a_driver_points_at_the_answer_not_at_the_driver(tmp_path):
    class Empty:
        def __init__(self, start):
            pass

    failure = call(Empty, (1.0, [2.0]), DRIVER).failure
    assert failure.kind == "AttributeError"
    assert failure.line is None


def test_what_is_not_a_class_is_told_how_to_begin():
    assert "defined as `class Counter(start):`" in str(examine(COUNTER, None, (0,), edge=True))


def refuses(ask):
    return ask.refuses(np.ones((3, 1)), np.ones(3), otherwise=said("It went on.", "Do the shapes fit?", "V15"))


MSE = Exercise(
    "mse(pred, target)", "loss", 1, lambda pred, target: np.mean((pred - target)**2),
    checks=(Check("values", 0.5, lambda d: [(d.array(4, 3), d.array(4, 3))]), Check("refuses", 0.5, test=refuses)))
MSE.mistake(code="V15", title="broadcasts", says="It went on.", ask="Do the shapes fit?",
            body="return np.mean((pred - target)**2)")


def mse(pred, target, error):
    if pred.shape != target.shape:
        raise error
    return np.mean((pred - target)**2)


@pytest.mark.parametrize(("error", "points", "words"), [
    (ValueError("pred has shape (3, 1)"), 1.0, "✓"),
    (AssertionError("shapes"), 1.0, "✓"),
    (AssertionError(), 0.5, "[W07]"),
    (ValueError("  "), 0.5, "stopped with ValueError, as it should, but without a word"),
    (NotImplementedError("later"), 0.5, "not written yet"),
    (type("OtherShapes", (ValueError,), {})("(3, 1) is not (3,)"), 1.0, "✓"),
    (ZeroDivisionError("division by zero"), 0.5, "a ValueError is asked for"),
    (RuntimeError("shapes"), 0.5, "Do you raise it, or does it happen to you?"),
    ("the shapes differ", 0.5, "an exception, or a text?"),
])
def test_an_expected_exception_must_say_something(error, points, words):
    report = examine(MSE, lambda pred, target: mse(pred, target, error), (0,), edge=True, graded=True)
    assert report.run.score == points
    assert words in str(report)


def test_an_answer_that_goes_on_is_named():
    report = examine(MSE, lambda pred, target: ((pred - target)**2).mean(), (0,), edge=True)
    assert report.run.score == 0.5
    assert report.diagnosis.code == "V15"


def test_something_unheard_of_in_place_of_an_exception_is_no_refusal():
    report = examine(MSE, lambda pred, target: object() if pred.shape != target.shape else
                     np.mean((pred - target)**2), (0,), edge=True)
    assert report.run.score == 0.5
    assert "It went on." in str(report)


AFFINE = Exercise(
    "affine_backward(dout, x, w)", "dx, dw", 1, lambda dout, x, w: (dout @ w.T, x.T @ dout),
    axes={"dout": "NM", "x": "ND", "w": "DM"},
    checks=(Check("values", 1, lambda d: [(d.array(3, 2), d.array(3, 4), d.array(4, 2))]),))
AFFINE.mistake(code="V01", title="no transpose", says="A transpose is missing.", ask="Which axis is summed away?",
               body="return dout @ w, x @ dout")


@pytest.mark.parametrize(("answer", "words"), [
    (lambda dout, x, w: (dout @ w.T, dout.T @ x),
     "`dw` has shape (2, 4), that is (M, D); it should have shape (4, 2), that is (D, M). The numbers are right: "
     "it is the transpose."),
    (lambda dout, x, w: (dout @ w.T, x.sum(0)), "`dw` has shape (4,), that is (D,); it should have"),
    (lambda dout, x, w: (dout @ w.T, np.ones(7)), "`dw` has shape (7,); it should have shape (4, 2), that is (D, M)"),
    (lambda dout, x, w: (x @ w.T, x @ w), "Here dout is (N, M) = (3, 2), x is (N, D) = (3, 4), w is (D, M) = (4, 2)."),
])
def test_shapes_are_told_by_the_names_of_their_axes(answer, words):
    assert words in str(examine(AFFINE, answer, (0,), edge=True))


def test_a_form_that_only_fails_is_not_named():
    """The words of a failure do not tell which product was meant: several have these lengths."""
    assert examine(AFFINE, lambda dout, x, w: (dout @ w, 0), (0,), edge=True).diagnosis.code == ""


def test_a_test_may_say_at_which_call_a_problem_shows():
    def test(ask):
        for x in (1.5, 2.5, 3.5):
            if ask.count(ask(x)) == 2.5:
                ask.here()
        return said("Not 2.5.")

    exercise = Exercise("f(x)", "y", 1, None, checks=(Check("values", 1, test=test),))
    exercise.mistake(code="X1", title="the same", says="It gives x.", body="return x")
    assert "  x=2.5\n" in str(examine(exercise, lambda x: x, (0,), edge=True))


def test_integers_are_shown_as_integers():
    assert show(np.array([[2, -3], [4, 5]])) == "[[2, -3], [4, 5]]"


def test_the_arguments_of_a_starred_parameter_are_shown_together():
    exercise = Exercise("engine_grads(name, *inputs)", "grads", 1, lambda name, *inputs: inputs,
                        checks=(Check("values", 1, lambda d: [("xyz", 1.5, 2.5)]),))
    report = examine(exercise, lambda name, *inputs: inputs[::-1], (0,), edge=True)
    assert "  name='xyz'  inputs=(1.5, 2.5)\n" in str(report)


LOSS_AND_GRADS = Exercise(
    "both(x)", "loss, grads", 2, lambda x: (x * x, {"W": 2 * x, "b": 1.0}),
    checks=(Check("W", 1, lambda d: [(3.0,)], part="W"), Check("loss", 1, lambda d: [(3.0,)], part="loss")),
    outside={"x": "it is 3"},
)


@pytest.mark.parametrize(("loss", "grads", "points"), [
    (9.0, {"W": 6.0, "b": 5.0}, 2.0), (8.0, {"W": 6.0, "b": 1.0}, 1.0), (9.0, {"W": 5.0, "b": 1.0}, 1.0),
    (9.0, {"b": 1.0}, 1.0)])
def test_a_part_may_be_a_key_of_one_result_among_several(loss, grads, points):
    assert examine(LOSS_AND_GRADS, lambda x: (loss, grads), (0,), edge=True).run.score == points


def test_a_check_that_takes_long_runs_on_the_last_seed_alone():
    seen = []
    slow = Exercise("double(x)", "y", 1, lambda x: 2 * x, checks=(
        Check("quick", 0.5, lambda d: [(d.number(),)]), Check("slow", 0.5, lambda d: [(d.number(),)], once=True)),
        outside={"x": "it is drawn"})
    examine(slow, lambda x: seen.append(x) or 2 * x, (1, 2), edge=True)
    assert seen[2:] == [Draw([2, 1]).number()]
    assert len(seen) == 3


def test_an_exercise_may_ask_for_more_time():
    class Patient(Remote):
        __name__ = "double"

        def answers_to(self, asked, driver, seconds, until):
            self.seconds = seconds
            for given in asked:
                yield codec.pack(2 * codec.unpack(given.packed[0])), given.packed, None, [], ""

        def __call__(self):
            raise AssertionError("a stand-in is asked over the wire")

    answer = Patient()
    long = Exercise("double(x)", "y", 1, lambda x: 2 * x, seconds=70.0, checks=(Check("", 1, lambda d: [(1.5,)]),))
    assert examine(long, answer, (0,), edge=True).run.passed
    assert answer.seconds == 70.0
