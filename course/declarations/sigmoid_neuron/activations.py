"""The sigmoid, and its sister tanh."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import CONSTANT, ONLY_NUMBERS, UPSTREAM_ADDED, UPSTREAM_DROPPED, WRAPPED


def logit(p):
    return np.log(p / (1 - p))


def half_open(d, *shape):
    """Outputs of a sigmoid."""
    return 1 / (1 + np.exp(-(d.array(*shape) if shape else d.number())))


# ------------------------------------------------------------------------------------ sigmoid

SIGMOID = Exercise(
    "sigmoid(x)", "y", points=2,
    oracle=lambda x: autodiff.sigmoid(np.asarray(x, x.dtype if hasattr(x, "dtype") and
                                                              x.dtype.kind == "f" else float)[()]),
    checks=(
        Check("numbers", 0.75, lambda d: [0.0, 1.0, d.number(), -d.positive(), d.positive(2.7, 5.0)]),
        Check("arrays and integers", 0.5, edge=True, shown=True, draw=lambda d: [
            d.array(5), d.array(2, 3), 3, -2, np.array([-3, 0, 2, 5]), d.array(4).astype(np.float32)]),
        Check("1000 and −1000", 0.75, edge=True, shown=True, draw=lambda d: [
            1000.0, -1000.0, -800.0, np.array([-1000.0, -1.5, 0.5, 1000.0])]),
    ),
    hints=("What is e^1000 in a computer? And e^−1000?",
           "1/(1 + e^−x) is safe for positive x, and e^x/(1 + e^x) for negative x. The exponent is never positive, so "
           "nothing overflows.",
           "Let e be the exponential of minus the absolute value of x. Below the line stands 1 + e. Above it "
           "stands 1 where x is positive, else e: np.where chooses, element by element."),
    read='lesson 3, "the stable form"', difficulty=2, minutes=6,
)


@SIGMOID.mistake(code="A10", title="overflow",
                 says="e^1000 does not fit into a number, and infinity divided by infinity is nan.",
                 ask="Which exponent would be small instead?")
def sigmoid(x):
    e = np.exp(x)
    return e / (1 + e)


@SIGMOID.mistake(code="G15", title="the minus is lost",
                 says="Your curve falls; the sigmoid rises.",
                 ask="What is the sigmoid of a large x?")
def sigmoid(x):
    return 1 / (1 + np.exp(x))


@SIGMOID.mistake(code="C01", title="an array of integers",
                 says="x came as integers, and an array like x can't hold what lies between 0 and 1.",
                 ask="What is the dtype of the array that you wrote into?")
def sigmoid(x):
    y = np.zeros_like(x)
    y[...] = np.where(x < 0, 1 - 1 / (1 + np.exp(-np.abs(x))), 1 / (1 + np.exp(-np.abs(x))))
    return y[()]


@SIGMOID.mistake(code="G62", title="the slope, not the value",
                 says="That is the sigmoid's slope.",
                 ask="What is the sigmoid of 1?")
def sigmoid(x):
    s = np.where(x < 0, 1 - 1 / (1 + np.exp(-np.abs(x))), 1 / (1 + np.exp(-np.abs(x))))
    return s * (1 - s)


@SIGMOID.mistake(code="G63", title="tanh",
                 says="That is tanh, which lies between −1 and 1.",
                 ask="What is the sigmoid of 0?")
def sigmoid(x):
    return np.tanh(x)


@SIGMOID.mistake(code="G64", title="tanh of x, not of x/2",
                 says="tanh was moved and squeezed, but it is twice too steep.",
                 ask="Which slope has the sigmoid at 0, and which has yours?")
def sigmoid(x):
    return (1 + np.tanh(x)) / 2


@SIGMOID.mistake(code="G65", title="the 1 is lost",
                 says="The 1 below the line is missing.",
                 ask="What is the sigmoid of 0?")
def sigmoid(x):
    return np.exp(np.minimum(x, 700.0))


@SIGMOID.mistake(code="G30", title="right for positive inputs only",
                 says="The sign of x is lost.",
                 ask="Is the sigmoid of −1 above or below a half?")
def sigmoid(x):
    return 1 / (1 + np.exp(-np.abs(x)))


@SIGMOID.mistake(code="G66", title="cut off",
                 says="The input was cut off too early.",
                 ask="From where on are two outputs the same to you?")
def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -2.5, 2.5)))


@SIGMOID.mistake(**ONLY_NUMBERS)
def sigmoid(x):
    import math
    if x < 0:
        return math.exp(x) / (1 + math.exp(x))
    return 1 / (1 + math.exp(-x))


@SIGMOID.mistake(**CONSTANT)
def sigmoid(x):
    return 0.7311


@SIGMOID.alternative(title="the formula as it stands: numpy warns")
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@SIGMOID.alternative(title="two branches")
def sigmoid(x):
    x = np.asarray(x)
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


@SIGMOID.alternative(title="by tanh")
def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


@SIGMOID.alternative(title="by logarithms")
def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


@SIGMOID.alternative(title="masks")
def sigmoid(x):
    x = np.asarray(x)
    y = np.empty(x.shape, x.dtype if x.dtype.kind == "f" else float)
    pos = x >= 0
    y[pos] = 1 / (1 + np.exp(-x[pos]))
    neg = np.exp(x[~pos])
    y[~pos] = neg / (1 + neg)
    return y


# ------------------------------------------------------------------------------------ sigmoid_backward

SIGMOID_BACKWARD = Exercise(
    "sigmoid_backward(dout, out)", "dx", points=2, oracle=gradient_of(autodiff.sigmoid, at=logit), upstream="dout",
    checks=(
        Check("numbers", 1, lambda d: [(1.0, 0.7311), *((d.number(), half_open(d)) for _ in range(3))]),
        Check("arrays", 0.5, lambda d: [(d.array(5), half_open(d, 5)), (d.array(2, 3), half_open(d, 2, 3))]),
        Check("out as a forward pass leaves it", 0.5, edge=True, draw=lambda d: [
            (d.number(), 1 / (1 + np.exp(-3.0))), (d.number(), 1 / (1 + np.exp(5.0))), (d.number(), 0.5),
            (d.array(4), half_open(d, 4))]),
    ),
    outside={"out": dict.fromkeys(("zero", "whole", "large", "negative", "equal"), "a sigmoid lies between 0 and 1")},
    hints=("Where is the sigmoid steepest, and where is it flat?",
           "The slope is out · (1 − out): made of the output alone. Multiply it by the upstream gradient.",
           "A product of three: dout, out, and what out lacks to 1."),
    read='lesson 3, "one gate instead of four"', difficulty=1, minutes=3,
)


@SIGMOID_BACKWARD.mistake(**UPSTREAM_DROPPED)
def sigmoid_backward(dout, out):
    return out * (1 - out)


@SIGMOID_BACKWARD.mistake(**UPSTREAM_ADDED)
def sigmoid_backward(dout, out):
    return dout + out * (1 - out)


@SIGMOID_BACKWARD.mistake(code="G17", title="the sigmoid applied twice",
                          says="`out` is the sigmoid's value already.",
                          ask="Which number lies between 0 and 1: x or out?")
def sigmoid_backward(dout, out):
    s = 1 / (1 + np.exp(-out))
    return dout * s * (1 - s)


@SIGMOID_BACKWARD.mistake(code="G41", title="the input instead of the output",
                          says="You went back to the input; the slope is made of the output.",
                          ask="What would x·(1 − x) give at x = 1?")
def sigmoid_backward(dout, out):
    x = np.log(out / (1 - out))
    return dout * x * (1 - x)


@SIGMOID_BACKWARD.mistake(code="G67", title="the slope of e^x",
                          says="One factor is missing: the sigmoid flattens out above, too.",
                          ask="How steep is the sigmoid where out is nearly 1?")
def sigmoid_backward(dout, out):
    return dout * out


@SIGMOID_BACKWARD.mistake(code="G68", title="the other factor is missing",
                          says="One factor is missing: the sigmoid is flat below, too.",
                          ask="How steep is the sigmoid where out is nearly 0?")
def sigmoid_backward(dout, out):
    return dout * (1 - out)


@SIGMOID_BACKWARD.mistake(code="G69", title="the slope of tanh",
                          says="1 − out² belongs to tanh.",
                          ask="How steep is the sigmoid where out is a half?")
def sigmoid_backward(dout, out):
    return dout * (1 - out**2)


@SIGMOID_BACKWARD.mistake(code="G11", title="sign",
                          says="The sigmoid rises everywhere.",
                          ask="Which sign has 1 − out?")
def sigmoid_backward(dout, out):
    return dout * out * (out - 1)


@SIGMOID_BACKWARD.mistake(code="X04", title="summed to one number",
                          says="Each element has a gradient of its own: nothing is summed.",
                          ask="Which shape has out, and so dx?")
def sigmoid_backward(dout, out):
    return np.sum(dout * out * (1 - out))


@SIGMOID_BACKWARD.mistake(**CONSTANT)
def sigmoid_backward(dout, out):
    return 0.1966


@SIGMOID_BACKWARD.mistake(**WRAPPED)
def sigmoid_backward(dout, out):
    return np.array([dout * out * (1 - out)])


@SIGMOID_BACKWARD.alternative(title="multiplied out")
def sigmoid_backward(dout, out):
    return dout * (out - out**2)


@SIGMOID_BACKWARD.alternative(title="by the input")
def sigmoid_backward(dout, out):
    x = np.log(out) - np.log1p(-out)
    e = np.exp(-x)
    return dout * e / (1 + e)**2


SIGMOID_BACKWARD.alternative(title="a lambda", source="sigmoid_backward = lambda dout, out: (1 - out) * dout * out")


# ------------------------------------------------------------------------------------ tanh_backward

TANH = Exercise(
    "tanh_backward(dout, out)", "dx", points=1, oracle=gradient_of(autodiff.tanh, at=np.arctanh), upstream="dout",
    checks=(
        Check("numbers", 0.5, lambda d: [
            (1.0, 0.4621), *((d.number(), float(np.tanh(x))) for x in (
                d.number(0.3, 1.8), d.number(0.3, 1.8), -d.positive(0.3, 1.8)))]),
        Check("arrays and fresh draws", 0.5, edge=True, shown=True, draw=lambda d: [
            (d.array(5), np.tanh(d.array(5))), (d.array(2, 3), np.tanh(d.array(2, 3))),
            (d.number(), float(np.tanh(-2.5))), (d.number(), 0.0)]),
    ),
    outside={"out": dict.fromkeys(("whole", "large", "equal"), "tanh lies between −1 and 1")},
    hints=("How steep is tanh at 0, where out is 0? And where out is nearly 1?",
           "The slope is 1 − out²: made of the output alone. Multiply it by the upstream gradient.",
           "dout times the difference of 1 and the square of out."),
    read='lesson 3, "tanh, the sigmoid\'s sister"', difficulty=1, minutes=2,
)


@TANH.mistake(code="G18", title="tanh applied twice",
              says="`out` is tanh(x) already.",
              ask="Where does tanh stand a second time?")
def tanh_backward(dout, out):
    return dout * (1 - np.tanh(out)**2)


@TANH.mistake(**UPSTREAM_DROPPED)
def tanh_backward(dout, out):
    return 1 - out**2


@TANH.mistake(**UPSTREAM_ADDED)
def tanh_backward(dout, out):
    return dout + 1 - out**2


@TANH.mistake(code="G41", title="the input instead of the output",
              says="You went back to the input; the slope is made of the output.",
              ask="How steep is tanh at x = 2, by your formula?")
def tanh_backward(dout, out):
    return dout * (1 - np.arctanh(out)**2)


@TANH.mistake(code="G43", title="a sigmoid's slope",
              says="out·(1 − out) belongs to the sigmoid.",
              ask="How steep is tanh at 0, where out is 0?")
def tanh_backward(dout, out):
    return dout * out * (1 - out)


@TANH.mistake(code="G72", title="not squared",
              says="The slope is the same for out and −out.",
              ask="Is tanh steeper at −1 than at 1?")
def tanh_backward(dout, out):
    return dout * (1 - out)


@TANH.mistake(code="G30", title="right for positive inputs only",
              says="The slope is the same for out and −out.",
              ask="Is tanh steeper at −1 than at 1?")
def tanh_backward(dout, out):
    return dout * (1 - out * np.abs(out))


@TANH.mistake(code="G11", title="sign",
              says="tanh rises everywhere.",
              ask="Which sign has 1 − out²?")
def tanh_backward(dout, out):
    return dout * (out**2 - 1)


@TANH.mistake(code="G73", title="the root of the slope",
              says="That is too large: the root should not be there.",
              ask="What is the derivative of tanh?")
def tanh_backward(dout, out):
    return dout * np.sqrt(1 - out**2)


@TANH.mistake(**CONSTANT)
def tanh_backward(dout, out):
    return 0.7865


@TANH.mistake(**ONLY_NUMBERS)
def tanh_backward(dout, out):
    return float(dout) * (1 - float(out)**2)


@TANH.mistake(**WRAPPED)
def tanh_backward(dout, out):
    return np.array([dout * (1 - out**2)])


@TANH.alternative(title="two factors")
def tanh_backward(dout, out):
    return dout * (1 - out) * (1 + out)


@TANH.alternative(title="by the input")
def tanh_backward(dout, out):
    return dout / np.cosh(np.arctanh(out))**2


@TANH.alternative(title="multiplied out")
def tanh_backward(dout, out):
    return dout - dout * out * out
