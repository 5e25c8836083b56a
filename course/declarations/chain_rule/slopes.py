"""The slope of any function, by a centred difference."""

import itertools

import numpy as np

import autodiff
from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise
from course.declarations.functions import Counter, bend, cos, cube, sin, square, times
from course.declarations.shared import CONSTANT, ONLY_NUMBERS
from course.words import tr


def derivative_of(f, x, h=1e-5):
    """The oracle of numerical_derivative: f's exact derivative at x, element by element."""
    x = x * 1.0
    return autodiff.vjp(f, x)[1](np.ones_like(x)[()])[0]


def error_falls_fourfold(ask):
    """The error of a centred difference is proportional to h²; that of a one-sided one to h."""
    for f in (cube, sin):
        x = ask.draw.positive(0.4, 0.9)
        h, errors = 0.1, []
        while h > 0.001:
            slope = as_numbers(ask(f, x, h))
            if slope is None or slope.shape:
                return said("A slope is one number.", "What does your function return when x is a number?",
                            title="type of the result")
            errors.append(abs(float(slope) - float(derivative_of(f, x))))
            h /= 2
        ratios = [a / b if b else 0.0 for a, b in itertools.pairwise(errors)]
        fourfold = all(3.5 < ratio < 4.5 for ratio in ratios)
        if not ask.count(fourfold):
            return said(tr("When h goes from 0.1 to 0.05, your error goes from {first} to {second}. The error of a "
                           "centred difference falls by 4 when h halves.",
                           first=f"{errors[0]:.2g}", second=f"{errors[1]:.2g}"),
                        "Does your function step to both sides, each by the h that it is given?", "C32",
                        "the error does not fall with h")
    return None


def two_calls(ask):
    counter = Counter()
    ask.compare(counter.of(sin), 0.7, expected=float(derivative_of(sin, 0.7)))
    if ask.count(counter.calls) != 2:
        return said(tr("f was called {times}; a centred difference takes 2 calls.", times=times(counter.calls)),
                    "Which two points does it need?", "C33", "number of calls")
    return None


# ------------------------------------------------------------------------------------ numerical_derivative

NUMERICAL_DERIVATIVE = Exercise(
    "numerical_derivative(f, x, h=1e-5)", "slope", points=2, oracle=derivative_of,
    checks=(
        Check("the slopes of x² and sin", 0.75, lambda d: [
            (square, 1.5), (sin, 0.7), (cube, d.number(0.5, 1.5)), (cos, d.positive(0.4, 0.9))]),
        Check("the error falls by 4 when h halves", 0.5, edge=True, test=error_falls_fourfold),
        Check("an integer x, an array x", 0.25, edge=True, draw=lambda d: [
            (square, 3), (cube, -3), (sin, d.array(4)), (cube, d.array(2, 3))]),
        Check("f is called twice", 0.5, edge=True, shown=True, test=two_calls),
    ),
    hints=("A slope is rise over run. Between which two points, so that x lies in the middle?",
           "Step by h to the right and by h to the left. Take the difference of f, and divide by the distance of "
           "the two points.",
           "The rise is f at x plus h, less f at x minus h. The run is two times h."),
    base=lambda d: [(bend, d.number()), (bend, d.array(4))],
    outside={"h": "a step is small, and above 0"},
    read='lesson 1, "how sensitive is f?"', difficulty=1, minutes=4,
)


@NUMERICAL_DERIVATIVE.mistake(code="C02", title="a one-sided difference",
                              says="You stepped to one side only: that error falls like h, the centred one's like h².",
                              ask="Which point lies as far from x on the other side?")
def numerical_derivative(f, x, h=1e-5):
    return (f(x + h) - f(x)) / h


@NUMERICAL_DERIVATIVE.mistake(code="C02", title="one-sided, to the left",
                              says="You stepped to one side only: that error falls like h, the centred one's like h².",
                              ask="Which point lies as far from x on the other side?")
def numerical_derivative(f, x, h=1e-5):
    return (f(x) - f(x - h)) / h


@NUMERICAL_DERIVATIVE.mistake(code="C01", title="the step is lost on an integer",
                              says="x came as an integer, and an array of integers drops the small step.",
                              ask="What is the dtype of the array that you wrote into?")
def numerical_derivative(f, x, h=1e-5):
    points = np.array([x, x])
    points[0] = points[0] + h
    points[1] = points[1] - h
    return (f(points[0]) - f(points[1])) / (2 * h)


@NUMERICAL_DERIVATIVE.mistake(code="C05", title="x is left moved",
                              says="An array that you were given has been moved by h, and was not put back.",
                              ask="Who else may be using x after you?")
def numerical_derivative(f, x, h=1e-5):
    x += h
    above = f(x)
    x -= 2 * h
    below = f(x)
    return (above - below) / (2 * h)


@NUMERICAL_DERIVATIVE.mistake(code="C31", title="divided by h",
                              says="Twice the slope: the two points do not lie h apart.",
                              ask="How far is it from x − h to x + h?")
def numerical_derivative(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / h


@NUMERICAL_DERIVATIVE.mistake(code="C35", title="not divided",
                              says="That is the rise alone, without the run.",
                              ask="How far apart are the two points?")
def numerical_derivative(f, x, h=1e-5):
    return f(x + h) - f(x - h)


@NUMERICAL_DERIVATIVE.mistake(code="C34", title="the sign",
                              says="Every slope has the other sign.",
                              ask="Does x² rise or fall at x = 1.5?")
def numerical_derivative(f, x, h=1e-5):
    return (f(x - h) - f(x + h)) / (2 * h)


@NUMERICAL_DERIVATIVE.mistake(code="C03", title="a step that is too small",
                              says="The step is so small that rounding drowns the difference.",
                              ask="How many digits do f(x + h) and f(x − h) have in common?")
def numerical_derivative(f, x, h=1e-5):
    h = 1e-13
    return (f(x + h) - f(x - h)) / (2 * h)


@NUMERICAL_DERIVATIVE.mistake(code="C32", title="h is not used",
                              says="The slope does not depend on the h that comes in.",
                              ask="What should happen to the error when h grows to 0.1?")
def numerical_derivative(f, x, h=1e-5):
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


@NUMERICAL_DERIVATIVE.mistake(code="C33", title="too many calls",
                              says="The value is right, but f was called more than twice.",
                              ask="Which two points does a centred difference need?")
def numerical_derivative(f, x, h=1e-5):
    return ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2


@NUMERICAL_DERIVATIVE.mistake(code="G39", title="the forward pass",
                              says="That is the height of f, not its slope.",
                              ask="How much does f change when x moves by h?")
def numerical_derivative(f, x, h=1e-5):
    return f(x)


@NUMERICAL_DERIVATIVE.mistake(**CONSTANT)
def numerical_derivative(f, x, h=1e-5):
    return 3.0


@NUMERICAL_DERIVATIVE.mistake(**ONLY_NUMBERS)
def numerical_derivative(f, x, h=1e-5):
    x = float(x)
    return (f(x + h) - f(x - h)) / (2 * h)


@NUMERICAL_DERIVATIVE.alternative(title="the run as it is in floating point")
def numerical_derivative(f, x, h=1e-5):
    above, below = x + h, x - h
    return (f(above) - f(below)) / (above - below)


@NUMERICAL_DERIVATIVE.alternative(title="a loop")
def numerical_derivative(f, x, h=1e-5):
    total = 0.0
    for side in (1, -1):
        total = total + side * f(x + side * h)
    return total / (2 * h)


NUMERICAL_DERIVATIVE.alternative(title="a lambda",
                                 source="numerical_derivative = lambda f, x, h=1e-5: 0.5 * (f(x + h) - f(x - h)) / h")


@NUMERICAL_DERIVATIVE.alternative(title="a callable object")
class Centred:
    def __call__(self, f, x, h=1e-5):
        x = np.asarray(x, dtype=float)
        return (f(x + h) - f(x - h)) / (2 * h)
