"""Assignment 08: its oracles against finite differences, its data, its drivers, and what a training is told."""

import contextlib
import math
import re
import signal

import numpy as np
import pytest

from course import digits as digits_module
from course.authoring.sourcetext import read_source
from course.checks.calling import call
from course.checks.comparing import compare
from course.checks.draws import Draw
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises
from course.declarations.train_digits import checking, layers, networks, starting, training
from course.digits import load_digits
from course.places import ROOT

EXERCISES = exercises("08_train_digits")
SOURCE = read_source(ROOT / "course/sources/assignments/08_train_digits.py", ROOT)


@pytest.fixture(scope="module")
def solutions():
    """What the source's code cells define: the answers of the solution, which may use one another."""
    names = {"np": np}
    for cell in SOURCE.cells:
        if cell.kind == "code" and "from course import" not in cell.text:
            exec(cell.text, names)
    return names


def prose(name):
    return next(cell.text for cell in SOURCE.cells if cell.role == "exercise" and cell.name == name)


def test_points():
    assert [exercise.points for exercise in EXERCISES.values()] == [2, 7, 5, 2, 3, 2, 4]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_solution_earns_all_points(name, seed, solutions):
    report = examine(EXERCISES[name], solutions[name], (SHOWN_SEED, seed), edge=True, graded=True)
    assert report.run.passed, str(report)
    assert report.run.score == EXERCISES[name].points


# ------------------------------------------------------------------------------------ the data

def test_the_digits_are_whole_and_the_split_is_fixed():
    digits = load_digits()
    assert digits.X.shape == (1442, 64)
    assert digits.X_held_out.shape == (355, 64)
    assert digits.X.min() == 0 and digits.X.max() == 1
    assert set(np.unique(digits.X * 16)) == set(range(17))
    with np.load(digits_module.FILE) as file:
        images, labels = file["images"], file["labels"]
    assert images.dtype == labels.dtype == np.uint8
    for digit in range(10):         # every fifth image of each digit, in the order of the source
        mine = images[labels == digit] / 16
        np.testing.assert_array_equal(digits.X_held_out[digits.y_held_out == digit], mine[4::5])
    assert len(images) == len(digits.y) + len(digits.y_held_out) == 1797


def test_the_digits_cannot_be_written_into():
    for array in load_digits():
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 0


def test_the_data_stand_beside_their_licence_and_are_small():
    text = digits_module.FILE.with_suffix(".txt").read_text("utf-8")
    for words in ("CC BY 4.0", "Alpaydin", "Kaynak", "Kybernetika 34", "1,797", "355", "1,442"):
        assert words in text
    assert digits_module.FILE.stat().st_size < 60_000


# ------------------------------------------------------------------------------------ oracles and worked examples

def numeric(f, x, h=1e-6):
    """The gradient of a number f() in the array x, which is nudged in place."""
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        up = f()
        x[i] = old - h
        grad[i] = (up - f()) / (2 * h)
        x[i] = old
    return grad


@pytest.mark.parametrize("reg", [0.0, 3.14])
def test_the_gradients_are_those_of_the_loss(reg):
    d = Draw(3)
    params, (X, y) = networks.network(d), networks.batch(d)

    def loss():
        """Written down a second time, image by image."""
        total = 0.0
        for x, label in zip(X, y, strict=True):
            z = np.maximum(x @ params["W1"] + params["b1"], 0) @ params["W2"] + params["b2"]
            total += math.log(sum(math.exp(v) for v in z)) - z[label]
        return total / len(y) + reg / 2 * ((params["W1"]**2).sum() + (params["W2"]**2).sum())

    value, grads = EXERCISES["loss_and_grads"].oracle(params, X, y, reg)
    assert value == pytest.approx(loss(), rel=1e-12)
    for name, array in params.items():
        np.testing.assert_allclose(grads[name], numeric(loss, array), rtol=1e-6, atol=1e-8)


def test_the_gradients_of_batch_norm_are_those_of_the_notebooks_forward_pass(solutions):
    d = Draw(4)
    dout, cache = layers.normalized(d, 6, 3, 0.3)
    beta = d.array(3)
    x, gamma = cache["x"], cache["gamma"]
    forward = lambda: (solutions["batchnorm_forward"](x, gamma, beta, 0.3)[0] * dout).sum()
    theirs = solutions["batchnorm_forward"](x, gamma, beta, 0.3)[1]
    assert theirs.keys() == cache.keys()
    for key in cache:
        np.testing.assert_allclose(theirs[key], cache[key])
    for grad, array in zip(EXERCISES["batchnorm_backward"].oracle(dout, cache), (x, gamma, beta), strict=True):
        np.testing.assert_allclose(grad, numeric(forward, array), rtol=1e-6, atol=1e-8)


def test_the_gradient_of_dropout():
    args = (np.array([3.0, -2.0]), np.array([1, 0]), 0.5)
    assert "dout = (3, −2), mask (1, 0) gives dx = (6, 0)" in prose("dropout_backward")
    assert compare(EXERCISES["dropout_backward"].oracle(*args), np.array([6.0, 0.0]), ("dx",)) is None


def test_numbers_in_the_prose(solutions):
    text = "\n".join(cell.text for cell in SOURCE.cells if cell.kind == "markdown")
    digits = load_digits()
    assert "1,797 images" in text and "1,442" in text and "355" in text
    zeros = {name: np.zeros(shape) for name, shape in starting.shapes_of(64, 32, 10).items()}
    assert "ln 10 = 2.3026" in prose("loss_and_grads")
    assert round(solutions["loss_and_grads"](zeros, digits.X, digits.y, 3.14)[0], 4) == 2.3026
    assert "H = 32" in prose("train")
    assert networks.started(np.random.default_rng(0))["W1"].shape == (64, 32)
    assert "**95 of 100 digits that it has never seen**" in prose("train") and training.ENOUGH == 0.95
    assert "There are 60 seconds" in prose("train") and training.FULL == 60
    assert "Above $10^{-5}$" in prose("check_all") and checking.FLAGGED == 1e-5
    example = re.search(r"```python\n(.*?)```", next(c.text for c in SOURCE.cells if "check_all(params, rng" in c.text),
                        re.S)[1]
    *before, last = example.strip().splitlines()
    exec("\n".join(before), solutions)
    assert max(eval(last, solutions).values()) < 1e-7


# ------------------------------------------------------------------------------------ training

@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_solution_reads_95_of_100_held_out_digits(seed, solutions):
    digits = load_digits()
    rng = np.random.default_rng(seed)
    params = solutions["train"](solutions["init_params"](rng, 64, 32, 10), digits.X, digits.y, rng)
    assert np.mean(training.reads(params, digits.X_held_out) == digits.y_held_out) >= 0.95


def test_an_answer_never_gets_a_held_out_image():
    seen = []

    def train(params, X, y, rng):
        seen.append(X.copy())
        return params

    examine(EXERCISES["train"], train, (SHOWN_SEED, 5), edge=True)
    examine(EXERCISES["overfit_tiny"], lambda params, X, y, steps, lr: seen.append(X.copy()) or params, (0,), edge=True)
    held_out = {image.tobytes() for image in load_digits().X_held_out}
    own = {image.tobytes() for image in load_digits().X}
    assert len(seen) > 5
    assert max(map(len, seen)) == 1442
    assert not {image.tobytes() for X in seen for image in X if X.shape[1] == 64} & (held_out - own)


def test_a_training_is_told_how_well_it_reads(solutions):
    def train(params, X, y, rng):
        return solutions["overfit_tiny"](params, X, y, 4, 0.5)

    text = str(examine(EXERCISES["train"], train, (0,), edge=False))
    assert "stopped too early [T49]" in text
    assert re.search(r"It reads \d\d\.\d% of 200 digits that it has not seen; asked are 50%\.", text)


@pytest.mark.parametrize(("unlucky", "passes"), [(2, True), (3, False)])
def test_bad_luck_in_training_costs_nothing(unlucky, passes, solutions):
    """How good a network gets is chance, too: three are trained from three generators before points are lost."""
    trained, given = [], []

    def train(params, X, y, rng):
        if len(y) < 1000:
            return solutions["train"](params, X, y, rng)
        trained.append(len(y))
        given.append(rng.integers(10**9))
        steps = 30 if len(trained) <= unlucky else 400
        return solutions["overfit_tiny"](params, X, y, steps, 0.5)

    run = examine(EXERCISES["train"], train, (SHOWN_SEED,), edge=True).run
    check, problem, _ = run.verdicts[-1]
    assert (check.points, problem is None, len(trained)) == (2.5, passes, 3)
    assert len(set(given)) == 3


@pytest.mark.parametrize(("end", "words"), [
    (lambda params: None, "not written yet"),
    (lambda params: (params, 0.1), "`params` is a tuple of 2; it should be a dict"),
    (lambda params: {**params, "W1": params["W1"].T}, "`params['W1']` has shape (32, 64)"),
    (lambda params: {name: array for name, array in params.items() if name != "b2"}, "`params` lacks 'b2'"),
    (lambda params: {**params, "b2": "zeros"}, "`params['b2']` is a text"),
    (lambda params: {name: array * np.nan for name, array in params.items()}, "blown up [T44]"),
    (lambda params: {name: array.tolist() for name, array in params.items()}, "nothing was trained [T43]"),
])
def test_what_is_not_a_trained_network_is_named(end, words):
    assert words in str(examine(EXERCISES["train"], lambda params, X, y, rng: end(params), (0,), edge=False))


def never(params, X, y, rng):
    while True:
        try:
            while True:
                X @ params["W1"]
        except Exception:
            continue


def deaf_once(params, X, y, rng):
    with contextlib.suppress(BaseException):
        never(params, X, y, rng)
    never(params, X, y, rng)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no interval timers here")
@pytest.mark.parametrize("endless", [never, deaf_once])
def test_a_training_without_end_is_stopped_whatever_it_catches(endless):
    before = signal.getsignal(signal.SIGALRM)
    digits = load_digits()
    start = networks.started(np.random.default_rng(0))
    reply = call(endless, (start, digits.X[:9], digits.y[:9], 1, 0.2), training.TRAIN_DRIVER)
    assert reply.failure.kind == "TimeoutError"
    assert reply.failure.message == "it trained for more than 0.2 s on 9 images"
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_the_drivers_hold_nothing_of_what_is_right():
    for driver in (starting.INIT_DRIVER, training.TRAIN_DRIVER):
        assert not re.search(r"held_out|load_digits|course|autodiff|sqrt|maximum|0\.95", driver)


# ------------------------------------------------------------------------------------ check_all

def all_networks(d):
    for several in (checking.a_right_network, checking.right_networks, checking.one_doubled,
                    checking.wrong_networks, checking.what_a_regularizer_hides):
        yield from several(d)


def test_what_is_planted_is_wrong_and_nothing_else_is():
    for seed in range(30):
        for title, wrong, loss_and_grads, params, X, y in all_networks(Draw(seed)):
            off = set()
            for reg in (0.0, 3.14):
                right = networks.loss_and_gradients(params, X, y, reg)[1]
                grads = loss_and_grads(params, X, y, reg)[1]
                off |= {name for name, grad in grads.items()
                        if np.abs(grad - right[name]).max() > checking.FLAGGED * np.abs(right[name]).max()}
            assert off == set(wrong), (seed, title)


def test_the_solution_tells_right_from_wrong_on_many_draws(solutions):
    for seed in range(5):
        for title, wrong, loss_and_grads, params, X, y in all_networks(Draw([seed, 77])):
            errors = solutions["check_all"](params, X, y, loss_and_grads)
            flagged = {name for name, error in errors.items() if error > checking.FLAGGED}
            assert flagged == set(wrong), (seed, title, errors)
