"""Assignment 04: its worked examples by number, its oracles against finite differences, and its planted gradients."""

import itertools
import math

import numpy as np
import pytest

from course.authoring.sourcetext import read_source
from course.checks.comparing import compare
from course.checks.draws import Draw
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises
from course.declarations.vectorized_gradients import checking, products, softmax
from course.places import ROOT

EXERCISES = exercises("04_vectorized_gradients")
SOURCE = read_source(ROOT / "course/sources/assignments/04_vectorized_gradients.py", ROOT)


@pytest.fixture(scope="module")
def solutions():
    """What the source's code cells define: the answers of the solution, by name."""
    names = {}
    for cell in SOURCE.cells:
        if cell.kind == "code" and "from course import" not in cell.text:
            exec(cell.text, {"np": np}, names)
    return names


def prose(name):
    return next(cell.text for cell in SOURCE.cells if cell.role == "exercise" and cell.name == name)


def test_points():
    assert len(EXERCISES) == 14
    assert sum(exercise.points for exercise in EXERCISES.values()) == 28


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_solution_earns_all_points(name, seed, solutions):
    report = examine(EXERCISES[name], solutions[name], (SHOWN_SEED, seed), edge=True, graded=True)
    assert report.run.passed, str(report)
    assert report.run.score == EXERCISES[name].points


# ------------------------------------------------------------------------------------ worked examples

ROW = np.array([[1.0, 2.0, -1.0]])
WORKED = [
    ("softmax_backward", (ROW, np.array([[0.2, 0.3, 0.5]])), np.array([[0.14, 0.51, -0.65]])),
    ("unbroadcast", (np.arange(20.0).reshape(5, 4), (4,)), np.array([40.0, 45.0, 50.0, 55.0])),
    ("unbroadcast", (np.ones((2, 4, 3)), (1, 1, 3)), np.array([[[8.0, 8.0, 8.0]]])),
    ("unbroadcast", (np.ones((2, 4, 3)), ()), 24.0),
    ("mean_backward", (np.array([3.0]), (3, 1), 0), np.ones((3, 1))),
    ("sum_backward", (np.array([5.0, 7.0]), (2, 3), 1), np.array([[5.0] * 3, [7.0] * 3])),
    ("relu_backward", (np.array([1.5, 2.5, -3.5]), np.array([0.0, -2.0, 4.0])), np.array([0.0, 0.0, -3.5])),
    ("max_axis_backward", (np.array([6.0]), np.array([[3.0, 1.0, 3.0, 3.0]]), 1), np.array([[2.0, 0.0, 2.0, 2.0]])),
    ("mse", (np.array([[1.0, 2.0], [3.0, 5.0]]), np.zeros((2, 2))), (9.75, np.array([[0.5, 1.0], [1.5, 2.5]]))),
    ("permute_backward", (np.arange(6.0).reshape(3, 2), (1, 0)), np.array([[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]])),
    ("take_rows_backward", (np.array([[1.0], [2.0], [4.0]]), [1, 1, 2], 4), np.array([[0.0], [3.0], [4.0], [0.0]])),
    ("take_rows_backward", (np.zeros((0, 2)), [], 2), np.zeros((2, 2))),
    ("softmax_cross_entropy", (np.zeros((1, 10)), np.array([3])),
     (math.log(10), np.full((1, 10), 0.1) - np.eye(10)[3])),
]


@pytest.mark.parametrize(("name", "args", "result"), WORKED)
def test_worked_examples(name, args, result, solutions):
    exercise = EXERCISES[name]
    assert compare(exercise.oracle(*args), result, exercise.results) is None
    assert compare(solutions[name](*args), result, exercise.results) is None


def test_numbers_in_the_prose(solutions):
    assert "(0.14, 0.51, −0.65)" in prose("softmax_backward")
    assert "ln 10 = 2.3026" in prose("softmax_cross_entropy")
    assert round(solutions["softmax_cross_entropy"](np.zeros((4, 10)), np.array([1, 2, 3, 4]))[0], 4) == 2.3026
    assert (np.zeros((4, 1)) - np.zeros(4)).shape == (4, 4)
    assert "twice its gradient that is 0.5" in prose("gradient_check")
    x, dout = np.array([1.5, -2.5]), np.array([3.0, 0.5])
    assert solutions["gradient_check"](lambda v: v * v, x, dout, 4 * x * dout) == pytest.approx(0.5, abs=1e-6)


def test_of_eight_products_of_square_matrices_one_is_right():
    """What the text of 4.1 says: in 5×5 all products fit."""
    d = Draw(7)
    dD, W, X = d.arrays(3, 5, 5)
    found = [a @ b for one, other in ((dD, X), (X, dD))
             for a, b in itertools.product((one, one.T), (other, other.T))]
    right = products.matmul_gradient(dD, W, X)[0]
    assert len(found) == 8
    assert sum(np.allclose(product, right) for product in found) == 1


# ------------------------------------------------------------------------------------ oracles against differences

def numeric(f, x, dout, h=1e-6):
    """The gradient of (f(x) * dout).sum(), by centred differences."""
    out = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        out[i] = np.sum((f(x + step) - f(x - step)) * dout) / (2 * h)
    return out


D = Draw(11)
X34, X235 = D.array(3, 4), D.array(2, 3, 5)
FORWARD = [
    ("unbroadcast", lambda x: np.broadcast_to(x, (2, 4, 3)), D.array(4, 1), lambda g, x: (g, x.shape)),
    ("sum_backward", lambda x: x.sum(axis=(0, 2)), X235, lambda g, x: (g, x.shape, (0, 2))),
    ("sum_backward", lambda x: x.sum(axis=-1, keepdims=True), X34, lambda g, x: (g, x.shape, -1, True)),
    ("mean_backward", lambda x: x.mean(axis=1), X235, lambda g, x: (g, x.shape, 1)),
    ("relu_backward", lambda x: np.maximum(x, 0), X34, lambda g, x: (g, x)),
    ("max_axis_backward", lambda x: x.max(axis=0), X34, lambda g, x: (g, x, 0)),
    ("permute_backward", lambda x: np.transpose(x, (2, 0, 1)), X235, lambda g, x: (g, (2, 0, 1))),
    ("take_rows_backward", lambda x: x[[1, 1, 2]], D.array(4, 3), lambda g, x: (g, [1, 1, 2], 4)),
]


@pytest.mark.parametrize(("name", "f", "x", "args"), FORWARD)
def test_oracles_agree_with_finite_differences(name, f, x, args):
    dout = Draw(13).array(*f(x).shape)
    assert np.allclose(EXERCISES[name].oracle(*args(dout, x)), numeric(f, x, dout), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "f", "inputs"), [
    ("matmul_backward", lambda W, X: W @ X, (D.array(3, 4), D.array(4, 2))),
    ("affine_backward", lambda x, w, b: x @ w + b, (D.array(3, 4), D.array(4, 2), D.array(2))),
    ("mul_broadcast_backward", lambda a, b: a * b, (D.array(2, 1, 3), D.array(4, 1))),
])
def test_oracles_of_several_inputs_agree_with_finite_differences(name, f, inputs):
    dout = Draw(17).array(*f(*inputs).shape)
    grads = EXERCISES[name].oracle(dout, *inputs)
    for k, (x, dx) in enumerate(zip(inputs, grads, strict=True)):
        def alone(v, k=k):
            return f(*inputs[:k], v, *inputs[k + 1:])
        assert np.allclose(dx, numeric(alone, x, dout), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", [0, 1])
def test_softmax_and_losses_agree_with_finite_differences(seed):
    d = Draw(seed)
    z, dout, labels = d.array(4, 3), d.array(4, 3), np.array([2, 0, 2, 1])

    def softmax(z):
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

    def cross_entropy(z):
        return -np.log(softmax(z)[np.arange(4), labels]).mean()

    dz = EXERCISES["softmax_backward"].oracle(dout, softmax(z))
    assert np.allclose(dz, numeric(softmax, z, dout), rtol=1e-6, atol=1e-8)
    assert np.allclose(dz.sum(axis=1), 0)
    loss, dlogits = EXERCISES["softmax_cross_entropy"].oracle(z, labels)
    assert loss == pytest.approx(cross_entropy(z))
    assert np.allclose(dlogits, numeric(cross_entropy, z, 1.0), rtol=1e-6, atol=1e-8)
    assert np.allclose(dlogits.sum(axis=1), 0)
    target = d.array(4, 3)
    loss, dpred = EXERCISES["mse"].oracle(z, target)
    assert loss == pytest.approx(((z - target)**2).sum() / 12)
    assert np.allclose(dpred, numeric(lambda p: ((p - target)**2).sum() / 12, z, 1.0), rtol=1e-6, atol=1e-8)


def test_large_logits_have_a_finite_loss_and_gradient():
    loss, dlogits = EXERCISES["softmax_cross_entropy"].oracle(*softmax.large_logits(Draw(0)))
    assert np.isfinite(loss)
    assert loss > 100
    assert np.isfinite(dlogits).all()


# ------------------------------------------------------------------------------------ the planted gradients

@pytest.mark.parametrize("seed", range(6))
def test_twelve_right_and_twelve_wrong_gradients(seed):
    right = list(checking.right_gradients(Draw(seed)))
    wrong = checking.wrong_gradients(Draw(seed))
    assert len(right) == len(wrong) == 12

    def error(title, f, x, dout, dx):
        return np.abs(dx - numeric(f, x, dout, 1e-5)).max() / max(np.abs(dx).max(), 1e-30)

    *small, largest = sorted(error(*case) for case in right)
    assert max(small) < 1e-6        # far below what counts as flagged, and one not so far
    assert 0.5 * checking.FLAGGED < largest < 0.7 * checking.FLAGGED
    smallest, *large = sorted(error(*case) for case in wrong)
    assert min(large) > 1e-4        # and far above
    assert 5 * checking.FLAGGED < smallest < 7 * checking.FLAGGED


def test_no_right_gradient_stands_nearer_to_a_kink_than_the_text_says():
    kinks = next(x for title, _, x, _, _ in checking.right_gradients(Draw(0)) if "kink" in title)
    assert np.abs(kinks).min() == pytest.approx(1e-4)
    assert "0.0001" in prose("gradient_check")


@pytest.mark.parametrize(("h", "points"), [(1e-4, 2.0), (1e-6, 2.0), (1e-7, 2.0)])
def test_a_gradient_check_with_another_sensible_step_is_right(h, points):
    def gradient_check(f, x, dout, analytic):
        n = numeric(f, np.array(x, dtype=float), dout, h)
        top = max(np.abs(n).max(), np.abs(analytic).max())
        return np.abs(n - analytic).max() / top if top else 0.0

    report = examine(EXERCISES["gradient_check"], gradient_check, (0, 5), edge=True, graded=True)
    assert report.run.score == points, str(report)


@pytest.mark.parametrize(("top", "apart", "most"), [
    # divided by the one gradient alone, which may be 0, or by its smallest element
    (lambda a, n: abs(a).max(), np.max, 1.5), (lambda a, n: abs(n).max(), np.max, 1.5),
    (lambda a, n: max(abs(a).max(), abs(n).min()), np.max, 1.5),
    (lambda a, n: max(abs(a).min(), abs(n).max()), np.max, 1.5),
    (lambda a, n: max(abs(a).max(), abs(n).max()), np.min, 0.75),       # one right element lets all pass
])
def test_a_gradient_check_that_lets_wrong_gradients_pass_loses_points(top, apart, most):
    def gradient_check(f, x, dout, analytic):
        n = numeric(f, np.array(x, dtype=float), dout, 1e-5)
        scale = top(analytic, n)
        return apart(np.abs(n - analytic)) / scale if scale else 0.0

    report = examine(EXERCISES["gradient_check"], gradient_check, (0, 5), edge=True, graded=True)
    assert report.run.score <= most, str(report)
    assert "W08" in str(report) or report.diagnosis.code == "C09"


@pytest.mark.parametrize(("answer", "words"), [
    (lambda f, x, dout, analytic: 0.0, "[W08]"),
    (lambda f, x, dout, analytic: 1.0, "[W09]"),
    (lambda f, x, dout, analytic: True, "should return one number"),
    (lambda f, x, dout, analytic: [0.0, 1.0], "should return one number"),
    (lambda f, x, dout, analytic: float("nan"), "[C09]"),
    (lambda f, x, dout, analytic: "wrong", "should return one number"),
])
def test_answers_that_tell_nothing_apart(answer, words):
    report = examine(EXERCISES["gradient_check"], answer, (0, 5), edge=True, graded=True)
    assert report.run.score <= 1.25
    assert words in str(report)


def test_what_flags_another_right_gradient_is_another_mistake():
    """A small error that is flagged is told from none: an element left nudged is no one-sided difference."""
    text = EXERCISES["gradient_check"].solution()
    names = {"np": np}
    exec(text.replace("        x[i] = kept\n", ""), names)
    found = examine(EXERCISES["gradient_check"], names["gradient_check"], (0, 5), edge=True).diagnosis
    assert (found.code, "turned around" in found.says) == ("W09", True)


def test_shapes_are_told_by_the_names_of_their_axes(solutions):
    def affine_backward(dout, x, w, b):
        dx, dw, db = solutions["affine_backward"](dout, x, w, b)
        return dx, dw.sum(axis=0), db

    text = str(examine(EXERCISES["affine_backward"], affine_backward, (0,), edge=False))
    assert "`dw` has shape (2,), that is (M,); it should have shape (4, 2), that is (D, M)" in text


def test_a_gradient_check_is_called_back_and_keeps_x(solutions):
    """The function that is handed over runs on the checking side, on copies."""
    seen = []

    def f(x):
        seen.append(x.copy())
        x *= 0
        return np.sin(seen[-1])

    x = np.array([0.5, 1.5])
    from course.checks.calling import call

    reply = call(solutions["gradient_check"], (f, x, np.ones(2), np.cos(x)))
    assert reply.result < 1e-9
    assert len(seen) == 4
    assert reply.changed == ()


def test_zeros_are_right_whatever_the_type_that_nothing_passing_left_them():
    """[g if v > 0 else 0 for ...] makes integers where no v is positive: an accident of the draw."""
    def relu_backward(dout, x):
        return np.array([g if v > 0 else 0 for g, v in zip(dout.ravel(), x.ravel(), strict=True)]).reshape(x.shape)

    for seed in range(5):
        report = examine(exercises("04_vectorized_gradients")["relu_backward"], relu_backward, (seed,), edge=True)
        assert report.run.score == 2.0, str(report)


@pytest.mark.parametrize(("got", "expected", "kind"), [
    (np.zeros(3, int), np.zeros(3), None), (np.zeros(3, bool), np.zeros(3), None),
    (np.array([1, 0]), np.array([1.0, 0.0]), "integer"), (np.zeros(3, int), np.array([0.0, 0.5, 0.0]), "value")])
def test_integers_that_are_not_all_zero_are_no_gradient(got, expected, kind):
    problem = compare(got, expected, ("dx",))
    assert (problem and problem.kind) == kind
