"""Assignment 03: its worked examples by number, from the oracles and from the solutions, and its edges."""

import math
import re

import numpy as np
import pytest

import autodiff
from course.authoring.sourcetext import read_source
from course.checks.draws import Draw
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises
from course.declarations.sigmoid_neuron import gates, loss, neurons
from course.places import ROOT

EXERCISES = exercises("03_sigmoid_neuron")
SOURCE = read_source(ROOT / "course/sources/assignments/03_sigmoid_neuron.py", ROOT)
W, X = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])
STAGES = {"w0x0": -2.0, "w1x1": 6.0, "sum": 4.0, "dot": 1.0, "neg": -1.0, "exp": 0.3679, "plus1": 1.3679, "f": 0.7311}
RED = {"f": 1.0, "plus1": -0.5344, "exp": -0.5344, "neg": -0.1966, "dot": 0.1966,
       "dw": [-0.1966, -0.3932, 0.1966], "dx": [0.3932, -0.5898]}


@pytest.fixture(scope="module")
def solutions():
    """What the source's code cells define: the answers of the solution, by name."""
    names = {"np": np}
    for cell in SOURCE.cells:
        if cell.kind == "code" and "from course import" not in cell.text:
            exec(cell.text, names)
    return names


def graded(name, f):
    return examine(EXERCISES[name], f, (SHOWN_SEED, 9), edge=True, graded=True)


# name, arguments, result: the worked examples as the assignment prints them, to the digits that are printed
WORKED = [
    ("sigmoid", (0.0,), 0.5),
    ("sigmoid", (1.0,), 0.7311),
    ("sigmoid", (1000.0,), 1.0),
    ("sigmoid", (-1000.0,), 0.0),
    ("sigmoid_backward", (1.0, 0.7311), 0.1966),
    ("sigmoid_backward", (1.0, 0.5), 0.25),
    ("neuron_forward", (W, X), {"w": W, "x": X, **STAGES}),
    ("neuron_backward_gates", (gates.neuron_cache(W, X),), RED),
    ("neuron_backward", (W, X), (RED["dw"], RED["dx"])),
    ("tanh_backward", (1.0, 0.4621), 0.7865),
    ("bce_backward", (W, X, 1), ([0.2689, 0.5379, -0.2689], [-0.5379, 0.8068])),
    ("sgd_step", (2.0, -0.1966, 0.1), 2.0197),
    ("vanishing_product", ([0.0] * 10,), 9.537e-07),
    ("vanishing_product", ([3.0],), 0.0452),
    ("vanishing_product", ([1000.0],), 0.0),
    ("vanishing_product", ([],), 1.0),
]


@pytest.mark.parametrize(("name", "args", "result"), WORKED)
def test_a_worked_example_by_number(solutions, name, args, result):
    for f in (EXERCISES[name].oracle, solutions[name]):
        got = f(*args)
        if isinstance(result, dict):
            assert got.keys() == result.keys()
            pairs = [(got[key], result[key]) for key in result]
        else:
            pairs = list(zip(got, result, strict=True)) if isinstance(result, tuple) else [(got, result)]
        for mine, printed in pairs:
            assert np.allclose(mine, printed, rtol=0, atol=0.5e-4 if np.abs(printed).max() > 1e-3 else 0.5e-10)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_scores_all_points_without_a_warning(solutions, name):
    exercise = EXERCISES[name]
    report = examine(exercise, solutions[name], (SHOWN_SEED, 5, 6), edge=True, graded=True)
    assert report.run.passed, str(report)
    assert report.run.score == exercise.points
    assert not report.run.warnings


def test_there_are_nine_functions_and_eighteen_points():
    assert len(EXERCISES) == 9
    assert sum(exercise.points for exercise in EXERCISES.values()) == 18


def test_every_other_number_that_the_prose_tells():
    prose = re.sub(r"\s+", " ", " ".join(cell.text for cell in SOURCE.cells if cell.kind == "markdown"))
    f = float(autodiff.sigmoid(1.0))
    slope = autodiff.grad(autodiff.sigmoid)

    def tells(text, *values):
        """Each (value, digits) rounds to a number that stands in the text."""
        assert text in prose
        numbers = [number.replace("−", "-") for number in re.findall(r"−?\d+(?:\.\d+)?(?:e-\d+)?", text)]
        for value, digits in values:
            assert f"{value:.{digits}f}" in numbers, (value, text)

    tells("(1 − 0.7311) · 0.7311 = 0.1966", (f, 4), (slope(1.0), 4))
    tells("1.37, −0.53, −0.20", (1 + math.exp(-1), 2), (-1 / (1 + math.exp(-1))**2, 2), (-slope(1.0), 2))
    tells("0.73 · 0.27 is 0.1971", (f, 2), (1 - f, 2), (0.73 * 0.27, 4))
    tells("0.20 · 2 is 0.40 in place of 0.3932", (slope(1.0), 2), (0.20 * 2, 2), (2 * slope(1.0), 4))
    tells("0.7311 − 1 = −0.2689", (f, 4), (f - 1, 4))
    tells("from w = 2 with the gradient −0.1966 and lr = 0.1, the step leads to 2.0197", (-slope(1.0), 4),
          (2 + 0.1 * slope(1.0), 4))
    tells("which is 0.25 at most", (slope(0.0), 2))
    tells("σ'(3) is 0.0452", (slope(3.0), 4))
    assert f"{0.25**10:.3e}" == "9.537e-07"
    assert "9.537e-07" in prose
    assert math.tanh(0.5) == pytest.approx(0.4621, abs=0.5e-4)
    assert all(f"{value:g}".replace("-", "−") in prose for value in (*STAGES.values(), *RED["dw"], *RED["dx"]))


def test_a_warning_is_mentioned_and_costs_nothing():
    report = graded("sigmoid", lambda x: 1 / (1 + np.exp(-x)))
    assert report.run.score == 2.0
    assert "It warned (this costs nothing): overflow encountered in exp" in str(report)


@pytest.mark.parametrize(("answer", "points"), [
    (lambda x: np.exp(x) / (1 + np.exp(x)), 1.25),      # nan at 1000
    (lambda x: 1 / (1 + math.exp(-x)), 0.75),           # no arrays, and an OverflowError at -1000
    (lambda x: np.where(np.asarray(x) >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))), 2.0),
    (lambda x: [float(v) for v in 1 / (1 + np.exp(-np.ravel(x)))], 0.0)])
def test_what_a_thousand_costs(answer, points):
    assert graded("sigmoid", answer).run.score == points


@pytest.mark.parametrize(("line", "lost"), [("f", 0.5), ("plus1", 0.5), ("exp", 0.5), ("neg", 0.5), ("dot", 0.5),
                                            ("dw", 0.75), ("dx", 0.75)])
@pytest.mark.parametrize("wrong", [lambda value: np.asarray(value) * 1.01, lambda value: None, lambda value: "?"])
def test_each_red_number_is_graded_on_its_own_line(solutions, line, lost, wrong):
    def answer(cache, dout=1.0):
        grads = solutions["neuron_backward_gates"](cache, dout)
        return {**grads, line: wrong(grads[line])}

    report = graded("neuron_backward_gates", answer)
    assert report.run.score == 4.0 - lost
    assert str(report).count("\n  ✗ ") == 1
    assert f"  ✗ {line}: " in str(report)


@pytest.mark.parametrize("line", ["f", "plus1", "exp", "neg", "dot", "dw", "dx"])
def test_a_missing_red_number_costs_its_line_alone(solutions, line):
    def answer(cache, dout=1.0):
        grads = solutions["neuron_backward_gates"](cache, dout)
        del grads[line]
        return grads

    report = graded("neuron_backward_gates", answer)
    assert report.run.score == 4.0 - (0.75 if line in ("dw", "dx") else 0.5)
    assert f"lacks '{line}'" in str(report)


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_dw_and_dx_may_be_lists_tuples_or_arrays(solutions, kind):
    def answer(cache, dout=1.0):
        grads = solutions["neuron_backward_gates"](cache, dout)
        return {**grads, "dw": kind(grads["dw"]), "dx": kind(grads["dx"])}

    assert graded("neuron_backward_gates", answer).run.score == 4.0


def test_the_neuron_in_one_step_is_compared_to_the_last_digits(solutions):
    def nearly(w, x, dout=1.0):
        dw, dx = solutions["neuron_backward"](w, x, dout)
        return dw * (1 + 1e-10), dx

    report = graded("neuron_backward", nearly)
    assert report.run.score == 1.5
    assert report.diagnosis.code in ("C36", "C37")


@pytest.mark.parametrize("z", [1000.0, -1000.0])
@pytest.mark.parametrize("t", [0, 1])
def test_a_saturated_neuron_has_finite_gradients(solutions, z, t):
    w, x = loss.HIGH if z > 0 else loss.LOW
    assert w[:-1] @ x + w[-1] == z
    f = float(z > 0)
    for answer in (loss.bce_gradient, solutions["bce_backward"]):
        dw, dx = answer(w, x, t)
        assert np.allclose(dw, (f - t) * np.append(x, 1.0), atol=1e-12)
        assert np.allclose(dx, (f - t) * w[:-1], atol=1e-12)


def test_dividing_by_a_saturated_output_costs_that_check_alone():
    def bce_backward(w, x, t):
        w, x = np.asarray(w, float), np.asarray(x, float)
        f = 1 / (1 + np.exp(-(w[:-1] @ x + w[-1])))
        dz = (-t / f + (1 - t) / (1 - f)) * f * (1 - f)
        return np.append(dz * x, dz), dz * w[:-1]

    report = graded("bce_backward", bce_backward)
    assert report.run.score == 1.5
    assert report.diagnosis.code == "A10"


def test_a_step_uphill_raises_the_loss_and_is_named():
    report = graded("sgd_step", lambda w, dw, lr: w + lr * dw)
    assert (report.run.score, report.diagnosis.code) == (0.0, "T03")
    report = graded("sgd_step", lambda w, dw, lr: w if np.shape(w) == (3,) and lr == 0.1 else w - lr * dw)
    assert "  ✗ the loss falls" in str(report)


@pytest.mark.parametrize("product", [0.0, 1, np.float64(1.0), [1.0], None])
def test_the_product_of_no_slopes_is_one(solutions, product):
    def answer(zs):
        return product if len(zs) == 0 else solutions["vanishing_product"](zs)

    right = product is not None and np.ndim(product) == 0 and product == 1
    assert graded("vanishing_product", answer).run.score == (2.0 if right else 1.5)


@pytest.mark.parametrize("seed", range(20))
def test_a_drawn_neuron_is_not_saturated(seed):
    w, x = neurons.neuron(Draw(seed), 3)
    assert len(w) == len(x) + 1 == 4
    assert 0.29 < abs(w[:-1] @ x + w[-1]) < 3.01
