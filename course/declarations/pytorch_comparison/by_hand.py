"""Gradients by hand, and how two results are compared."""

import numpy as np

from course.checks.exercise import Check, Exercise
from course.declarations import torch_runs
from course.declarations.shared import CONSTANT, ONLY_NUMBERS, value_and_gradient_of
from course.declarations.torch_runs import answered, cases

_r144 = value_and_gradient_of(lambda x, y, z: ((x + y) * z)**2)


def compared(name, mine, theirs):
    """What `compare` is to return."""
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, np.inf
    return name, bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.max(np.abs(a - b)))


def _apart(name, theirs, difference):
    return name, theirs + difference, theirs


# ------------------------------------------------------------------------------------ r144_backward

R144 = Exercise(
    "r144_backward(x, y, z)", "r, dx, dy, dz", points=2, oracle=answered(torch_runs.r144, _r144),
    checks=(
        Check("the worked example", 0.75, lambda d: cases(torch_runs.r144)[:1]),
        *(Check(part, points, part=part, edge=True, draw=lambda d: [
            *cases(torch_runs.r144)[1:], *(d.numbers(3) for _ in range(2))])
          for part, points in (("r", 0.25), ("dx", 0.25), ("dy", 0.25), ("dz", 0.5))),
    ),
    outside={name: {"whole": "autodiff is a right way, and a Tensor holds real numbers"} for name in "xyz"},
    hints=("Which three gates are there? Give the value before the square a name.",
           "With q = (x + y) z the square sends 2q back. Then the product swaps, and the sum copies.",
           "dq is 2q. dx and dy are both dq times z; dz is dq times the sum."),
    read='lesson 5, "by hand"', difficulty=1, minutes=5,
)


@R144.mistake(code="G19", title="the factor 2 is lost",
              says="The square's factor 2 is missing.",
              ask="What is d(q²)/dq?")
def r144_backward(x, y, z):
    q = (x + y) * z
    dq = q
    return q * q, dq * z, dq * z, dq * (x + y)


@R144.mistake(code="G20", title="the square's inner value",
              says="The slope of a square depends on where it stands; yours is 2 everywhere.",
              ask="What is d(q²)/dq at q = −12?")
def r144_backward(x, y, z):
    q = (x + y) * z
    dq = 2 + 0 * q
    return q * q, dq * z, dq * z, dq * (x + y)


@R144.mistake(code="G21", title="the slope at another place",
              says="You took the slope of the square at x + y; what is squared is q = (x + y) z.",
              ask="At which value does the square stand?")
def r144_backward(x, y, z):
    q = (x + y) * z
    dq = 2 * (x + y)
    return q * q, dq * z, dq * z, dq * (x + y)


@R144.mistake(code="B05", title="a path added up",
              says="You added the derivatives along a path; along a path they multiply.",
              ask="If z were 0, could x move r?")
def r144_backward(x, y, z):
    q = (x + y) * z
    dq = 2 * q
    return q * q, dq + z, dq + z, dq + (x + y)


@R144.mistake(code="B04", title="started with the output",
              says="You started the backward pass with the value of r.",
              ask="How much does r change when r changes by 1?")
def r144_backward(x, y, z):
    q = (x + y) * z
    dq = 2 * q * (q * q)
    return q * q, dq * z, dq * z, dq * (x + y)


@R144.mistake(code="G02", title="inputs not swapped",
              says="In (x + y) · z each factor got its own value.",
              ask="If z were 0, could x move r?")
def r144_backward(x, y, z):
    q = (x + y) * z
    dq = 2 * q
    return q * q, dq * (x + y), dq * (x + y), dq * z


@R144.mistake(code="G01", title="upstream dropped",
              says="The gradient of the square is not passed on: these are the gradients of (x + y) z.",
              ask="What reaches (x + y) z from above?")
def r144_backward(x, y, z):
    q = (x + y) * z
    dq = 2 * q
    return q * q, z, z, x + y


@R144.mistake(code="X05", title="results the other way round",
              says="The results are right, in another order.",
              ask="In which order does the stub return them?")
def r144_backward(x, y, z):
    q = (x + y) * z
    return 2 * q * z, 2 * q * z, 2 * q * (x + y), q * q


@R144.mistake(code="G48", title="the square is missing",
              says="The gradients are right; your r is the value before the square.",
              ask="What is r at (−2, 5, −4)?")
def r144_backward(x, y, z):
    q = (x + y) * z
    return q, 2 * q * z, 2 * q * z, 2 * q * (x + y)


@R144.mistake(**CONSTANT)
def r144_backward(x, y, z):
    return 144.0, 96.0, 96.0, -72.0


@R144.alternative(title="multiplied out")
def r144_backward(x, y, z):
    s = x + y
    return s * s * z * z, 2 * s * z**2, 2 * s * z**2, 2 * s**2 * z


@R144.alternative(title="autodiff")
def r144_backward(x, y, z):
    import autodiff

    r, back = autodiff.vjp(lambda x, y, z: ((x + y) * z)**2, x, y, z)
    return [r, *back(1.0)]


@R144.alternative(title="the complex step")
def r144_backward(x, y, z):
    f = lambda x, y, z: ((x + y) * z)**2
    h = 1e-30j
    return f(x, y, z), f(x + h, y, z).imag / 1e-30, f(x, y + h, z).imag / 1e-30, f(x, y, z + h).imag / 1e-30


@R144.alternative(title="an array")
def r144_backward(x, y, z):
    q = (x + y) * z
    return np.array([q * q, 2 * q * z, 2 * q * z, 2 * q * (x + y)])


# ------------------------------------------------------------------------------------ compare

COMPARE = Exercise(
    "compare(name, mine, theirs)", "name, exact, approx, maxdiff", points=2, oracle=compared,
    checks=(
        Check("one exact, two approximate", 1, lambda d: [
            ("dx", -4.0, -4.0), _apart("dw", d.array(2, 3), -1e-7 * d.positives(2, 3)),
            _apart("dv", d.array(3, 2), 1e-7 * d.positives(3, 2))]),
        Check("different shapes", 0.25, edge=True, draw=lambda d: [
            ("db", np.array([[1.5], [2.5]]), np.array([1.5, 2.5])), ("b", d.array(2), d.array(3)),
            ("w", 1.5, np.array([1.5, 1.5]))]),
        Check("nan", 0.25, edge=True, draw=lambda d: [
            ("dz", np.array([1.5, np.nan, 2.5]), np.array([1.5, 0.5, 2.5])),
            ("dy", np.array([1.5, np.nan]), np.array([1.5, np.nan]))]),
        Check("wrong ones, numbers, float32, integers, zeros", 0.5, edge=True, draw=lambda d: [
            _apart("dx", d.array(3, 4), -0.5 * d.positives(3, 4)), _apart("dy", d.array(4), 0.5 * d.positives(4)),
            ("dr", d.number(), d.number()),
            ("w", np.float32([0.1, 0.2]), np.array([0.1, 0.2])), ("n", np.array([1, 2, 3]), np.array([1.0, 2.0, 3.0])),
            ("zero", np.zeros(3), np.zeros(3)), ("zero", np.array([0.0, 1e-10]), np.zeros(2))]),
    ),
    hints=("Which three questions can one ask of two arrays? Equal? Nearly equal? How far apart?",
           "First the shapes: numpy would broadcast. Then np.array_equal, np.allclose with its own tolerances, and "
           "the largest absolute difference.",
           "Turn both into arrays with np.asarray; bool(...) and float(...) make plain results."),
    read='lesson 5, "side by side"', difficulty=2, minutes=6,
)


@COMPARE.mistake(code="C18", title="exact with a tolerance",
                 says="`exact` should be True only where every digit agrees.",
                 ask="Is 0.1 + 0.2 exactly 0.3?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return name, bool(np.allclose(a, b)), bool(np.allclose(a, b)), float(np.max(np.abs(a - b)))


@COMPARE.mistake(code="C04", title="approx without a tolerance",
                 says="`approx` should allow for rounding: two correct programs rarely agree to the last digit.",
                 ask="Does 0.1 in float32 equal 0.1 in float64?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return name, bool(np.array_equal(a, b)), bool(np.array_equal(a, b)), float(np.max(np.abs(a - b)))


@COMPARE.mistake(code="V15", title="shapes broadcast in silence",
                 says="Arrays of different shapes were compared: (2, 1) and (2,) broadcast to (2, 2).",
                 ask="What should come out when the shapes differ?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.size != b.size and a.size > 1:
        return name, False, False, float("inf")
    return name, bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.max(np.abs(a - b)))


@COMPARE.mistake(code="C19", title="the sign is kept",
                 says="`maxdiff` is the largest difference in one direction only.",
                 ask="What is the largest distance when mine is smaller everywhere?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return name, bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.max(a - b))


@COMPARE.mistake(code="C19", title="the sign is kept, turned around",
                 says="`maxdiff` is the largest difference in one direction only.",
                 ask="What is the largest distance when mine is larger everywhere?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return name, bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.max(b - a))


@COMPARE.mistake(code="C20", title="mean in place of maximum",
                 says="`maxdiff` is the mean of the differences; one bad element can hide in it.",
                 ask="What does the name maxdiff say?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return name, bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.mean(np.abs(a - b)))


@COMPARE.mistake(code="C09", title="0 divided by 0",
                 says="You divided by theirs, which may be 0.",
                 ask="How far apart are two zeros?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return name, bool(np.array_equal(a,
                                     b)), bool(np.all(np.abs(a - b) / np.abs(b) < 1e-5)), float(np.max(np.abs(a - b)))


@COMPARE.mistake(code="C21", title="nan counts as equal",
                 says="A nan equals nothing, not even another nan: something went wrong in both.",
                 ask="What is nan == nan?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return (
        name,
        bool(np.array_equal(a, b, equal_nan=True)),
        bool(np.allclose(a, b, equal_nan=True)),
        float(np.max(np.abs(a - b))),
    )


@COMPARE.mistake(code="C22", title="nan is passed over",
                 says="`maxdiff` leaves out where one of the two is nan, and looks good.",
                 ask="What should the largest difference be when one of them is unknown?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, float("inf")
    return name, bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.nanmax(np.abs(a - b)))


@COMPARE.mistake(code="X06", title="the name is missing",
                 says="The first of the four results, the name, is missing.",
                 ask="Which four results does the stub return?")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return False, False, float("inf")
    return bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.max(np.abs(a - b)))


@COMPARE.mistake(**ONLY_NUMBERS)
def compare(name, mine, theirs):
    exact = bool(mine == theirs)
    return name, exact, abs(mine - theirs) < 1e-6, abs(mine - theirs)


@COMPARE.alternative(title="numpy's comparisons")
def compare(name, mine, theirs):
    a, b = np.array(mine), np.array(theirs)
    if np.shape(a) != np.shape(b):
        return [name, False, False, np.inf]
    d = np.abs(np.subtract(a, b, dtype=float))
    return name, np.all(a == b), np.all(d <= 1e-8 + 1e-5 * np.abs(b)), d.max()


@COMPARE.alternative(title="element by element")
def compare(name, mine, theirs):
    if np.shape(mine) != np.shape(theirs):
        return name, False, False, float("inf")
    pairs = list(zip(np.ravel(mine).tolist(), np.ravel(theirs).tolist()))
    far = [abs(a - b) for a, b in pairs]
    worst = float("nan") if any(d != d for d in far) else max(far)
    return (name, all(a == b for a, b in pairs),
            all(d <= 1e-8 + 1e-5 * abs(b) for d, (a, b) in zip(far, pairs)), worst)


@COMPARE.alternative(title="numpy scalars")
def compare(name, mine, theirs):
    a, b = np.asarray(mine), np.asarray(theirs)
    same = a.shape == b.shape
    return (name, same and (a == b).all(), same and np.isclose(a, b).all(),
            np.abs(a - b).max() if same else np.inf)
