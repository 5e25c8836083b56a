"""A longer formula, in stages: forks add."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT, value_and_gradient_of


def staged(x, y):
    return (x + autodiff.sigmoid(y)) / (autodiff.sigmoid(x) + (x + y) ** 2)


# ------------------------------------------------------------------------------------ staged_backward

STAGED = Exercise(
    "staged_backward(x, y)", "f, dx, dy", points=4, oracle=value_and_gradient_of(staged),
    checks=(
        Check("the worked example", 1, lambda d: [(3.0, -4.0)]),
        Check("other numbers", 2, lambda d: [d.numbers(2) for _ in range(5)]),
        Check("x of 0", 1, edge=True, draw=lambda d: [
            (0.0, d.number()), (d.number(), 0.0), d.numbers(2), d.numbers(2)]),
    ),
    hints=("Which intermediate results would you like to have at hand on the way back? Name each one.",
           "Compute sigy, num, sigx, xpy, xpysqr, den, invden and f. Then take these lines in reverse order, one "
           "gradient each. x and y are used in several lines: add their contributions with +=.",
           "Start: dnum = invden; dinvden = num; dden = −invden² · dinvden; then dsigx = dden; dxpysqr = dden; …; "
           "at each use of x: dx += its contribution."),
    read='lesson 2, "forks add"', difficulty=4, minutes=20,
)


@STAGED.mistake(code="B01", title="overwrites at a fork",
                says="x and y are used more than once; you kept only the last path to each.",
                ask="What is added up where several paths meet?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dx = (1 - sx) * sx * dsx
    dy = (1 - sy) * sy * dsy
    return f, dx, dy


@STAGED.mistake(code="B01", title="keeps the first path only",
                says="x and y are used more than once; you kept only one path to each.",
                ask="What is added up where several paths meet?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dx = dnum
    dy = 2 * (x + y) * dden
    return f, dx, dy


@STAGED.mistake(code="B02", title="a path is missing",
                says="The path from x through its sigmoid is missing.",
                ask="In how many places does x stand in the formula?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dx = dnum + 2 * (x + y) * dden
    dy = 2 * (x + y) * dden + (1 - sy) * sy * dsy
    return f, dx, dy


@STAGED.mistake(code="B09", title="the path through the square is missing",
                says="The path through (x + y)² is missing.",
                ask="In how many places does x stand in the formula?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dx = dnum + (1 - sx) * sx * dsx
    dy = (1 - sy) * sy * dsy
    return f, dx, dy


@STAGED.mistake(code="G22", title="denominator not squared",
                says="In the gradient of the denominator a power is missing.",
                ask="What is d(1/d)/dd?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dden = -num / den
    dsx = dden
    dx = dnum + 2 * (x + y) * dden + (1 - sx) * sx * dsx
    dy = 2 * (x + y) * dden + (1 - sy) * sy * dsy
    return f, dx, dy


@STAGED.mistake(code="G23", title="sign of the denominator",
                says="f falls when its denominator grows (for a positive numerator).",
                ask="Which sign has d(1/d)/dd?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dden = num / den**2
    dsx = dden
    dx = dnum + 2 * (x + y) * dden + (1 - sx) * sx * dsx
    dy = 2 * (x + y) * dden + (1 - sy) * sy * dsy
    return f, dx, dy


@STAGED.mistake(code="G16", title="σ′ from the input",
                says="σ′ is out·(1 − out) with out = σ(x); you put in x itself.",
                ask="What would x·(1 − x) give at x = 1?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dx = dnum + 2 * (x + y) * dden + (1 - x) * x * dsx
    dy = 2 * (x + y) * dden + (1 - y) * y * dsy
    return f, dx, dy


@STAGED.mistake(code="G20", title="the square's inner value",
                says="The slope of a square depends on where it stands.",
                ask="What is d(t²)/dt at t = x + y?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    f = num / den
    dnum, dden = 1 / den, -num / den**2
    dsx, dsy = dden, dnum
    dx = dnum + 2 * dden + (1 - sx) * sx * dsx
    dy = 2 * dden + (1 - sy) * sy * dsy
    return f, dx, dy


@STAGED.mistake(**CONSTANT)
def staged_backward(x, y):
    return 1.5456, 2.0596, 1.5922


@STAGED.mistake(code="X05", title="value and gradients mixed up",
                says="The three results are right, in another order.",
                ask="In which order does the stub return them?")
def staged_backward(x, y):
    sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    num, den = x + sy, sx + (x + y)**2
    dden = -num / den**2
    dx = 1 / den + dden * (2 * (x + y) + sx * (1 - sx))
    dy = sy * (1 - sy) / den + dden * 2 * (x + y)
    return dx, dy, num / den


@STAGED.alternative(title="in one formula")
def staged_backward(x, y):
    s = lambda t: 1 / (1 + np.exp(-t))
    den = s(x) + (x + y)**2
    f = (x + s(y)) / den
    return (f, (1 - f * (2 * (x + y) + s(x) * (1 - s(x)))) / den,
            (s(y) * (1 - s(y)) - f * 2 * (x + y)) / den)


@STAGED.alternative(title="the complex step")
def staged_backward(x, y):
    s = lambda t: 1 / (1 + np.exp(-t))
    F = lambda x, y: (x + s(y)) / (s(x) + (x + y)**2)
    h = 1e-30
    return F(x, y), np.imag(F(x + 1j * h, y)) / h, np.imag(F(x, y + 1j * h)) / h


@STAGED.alternative(title="central differences")
def staged_backward(x, y):
    s = lambda t: 1 / (1 + np.exp(-t))
    F = lambda x, y: (x + s(y)) / (s(x) + (x + y)**2)
    h = 1e-5
    return [F(x, y), (F(x + h, y) - F(x - h, y)) / (2 * h), (F(x, y + h) - F(x, y - h)) / (2 * h)]
