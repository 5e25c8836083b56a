"""relu."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise, gradient_of

RELU = Exercise(
    "relu_backward(dout, x)", "dx", points=2, oracle=gradient_of(autodiff.relu), upstream="dout",
    checks=(
        Check("mixed signs", 1, draw=lambda d: [d.arrays(2, 6), d.arrays(2, 3, 4)]),
        Check("x of 0", 1, edge=True, shown=True, draw=lambda d: [
            (d.array(5), np.array([0.0, -1.5, 2.5, 0.0, -0.5])), (d.array(2, 3), np.zeros((2, 3)))]),
    ),
    hints=("How fast does relu grow at x = 5? And at x = −5?",
           "The local gradient is 1 where x is positive and 0 elsewhere. A comparison of arrays multiplies like 1 "
           "and 0.",
           "Multiply dout by the mask of the positive x; make a new array."),
    read='lesson 4, "relu"', difficulty=1, minutes=3,
)


@RELU.mistake(code="A01", title="the gate opens by dout",
              says="You let positive gradients through. The gate opens by x, not by the gradient.",
              ask="What does relu do with a negative x?")
def relu_backward(dout, x):
    return dout * (dout > 0)


@RELU.mistake(code="A02", title="the mask alone",
              says="You returned the local gradient: the upstream gradient is missing.",
              ask="What should reach x if dout were 0?")
def relu_backward(dout, x):
    return 1.0 * (x > 0)


@RELU.mistake(code="A03", title="open at 0",
              says="At x = 0 the gradient went through; this course takes relu'(0) = 0, as PyTorch does.",
              ask="Which comparison leaves 0 out?")
def relu_backward(dout, x):
    return dout * (x >= 0)


@RELU.mistake(code="A04", title="always open",
              says="Everything went through. (A mask made of relu's output is all ones with >= 0: the output is never "
                   "negative.)",
              ask="For which elements should nothing come through?")
def relu_backward(dout, x):
    out = np.maximum(x, 0)
    return dout * (out >= 0)


@RELU.mistake(code="A05", title="scaled by relu",
              says="You multiplied by relu's value; its slope is 1 where x is positive.",
              ask="How fast does relu grow at x = 5?")
def relu_backward(dout, x):
    return dout * np.maximum(x, 0)


@RELU.mistake(code="A06", title="writes into dout",
              says="Your function changed its argument `dout`, which others may still use.",
              ask="How could you make a new array instead?")
def relu_backward(dout, x):
    dout[x <= 0] = 0
    return dout


@RELU.mistake(code="A13", title="leaks",
              says="Something comes through where x is negative; that is the leaky relu.",
              ask="How fast does relu grow at x = −5?")
def relu_backward(dout, x):
    return np.where(x > 0, dout, 0.01 * dout)


@RELU.mistake(code="A14", title="half at 0",
              says="At x = 0 half of the gradient went through; this course takes relu'(0) = 0, as PyTorch does.",
              ask="Which convention does the text above state?")
def relu_backward(dout, x):
    return dout * ((x > 0) + 0.5 * (x == 0))


@RELU.mistake(code="A22", title="open for negative x",
              says="The gradient went through where x is negative.",
              ask="Where is relu flat?")
def relu_backward(dout, x):
    return dout * (x < 0)


@RELU.mistake(code="G28", title="the sign of dout is lost",
              says="The gradient that you passed on has lost the sign of dout.",
              ask="What should come back where dout is −2 and x is 3?")
def relu_backward(dout, x):
    return np.abs(dout) * (x > 0)


@RELU.alternative(title="np.where")
def relu_backward(dout, x):
    return np.where(x > 0, dout, 0.0)


@RELU.alternative(title="a copy")
def relu_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


@RELU.alternative(title="from the output")
def relu_backward(dout, x):
    out = np.maximum(x, 0)
    return dout * np.sign(out)


@RELU.alternative(title="a loop")
def relu_backward(dout, x):
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        if x[i] > 0:
            dx[i] = dout[i]
    return dx
