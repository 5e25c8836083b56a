"""Assignment 00: one practice question, worth nothing, to go the whole way once."""

import numpy as np

from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import CONSTANT, UPSTREAM_ADDED, UPSTREAM_DROPPED, WRAPPED

DOUBLE = Exercise(
    "double_backward(dout, x)", "dx", points=0, oracle=gradient_of(lambda x: 2 * x), upstream="dout",
    checks=(
        Check("numbers", 0, lambda d: [(3.0, 5.0), *(d.numbers(2) for _ in range(3))]),
        Check("arrays", 0, lambda d: [d.arrays(2, 4)]),
    ),
    hints=("Nudge x by 0.001: by how much does 2x move?",
           "The local gradient is 2. What flows back is the upstream gradient times the local gradient.",
           "dx is two times dout."),
    read='lesson 0, "green values, red gradients"', difficulty=1, minutes=2,
)


@DOUBLE.mistake(**UPSTREAM_DROPPED)
def double_backward(dout, x):
    return 0 * x + 2.0


@DOUBLE.mistake(**UPSTREAM_ADDED)
def double_backward(dout, x):
    return dout + 2


@DOUBLE.mistake(code="G46", title="the factor 2 is lost",
                says="You passed the upstream gradient on as it came; this gate's local gradient is 2.",
                ask="Nudge x by 0.1: by how much does 2x move?")
def double_backward(dout, x):
    return dout


@DOUBLE.mistake(code="G39", title="the forward pass",
                says="That is the gate's value, not its gradient.",
                ask="Does the slope of 2x depend on x?")
def double_backward(dout, x):
    return 2 * x


@DOUBLE.mistake(code="G26", title="scaled by its own input",
                says="The local gradient of 2x is 2, whatever x is.",
                ask="How fast does 2x grow with x?")
def double_backward(dout, x):
    return dout * x


@DOUBLE.mistake(code="G12", title="halved",
                says="That would be the gate x/2.",
                ask="Nudge x by 0.1: by how much does 2x move?")
def double_backward(dout, x):
    return dout / 2


@DOUBLE.mistake(**CONSTANT)
def double_backward(dout, x):
    return 6.0


@DOUBLE.mistake(**WRAPPED)
def double_backward(dout, x):
    return np.array([2 * dout])


@DOUBLE.alternative(title="a sum")
def double_backward(dout, x):
    return dout + dout


DOUBLE.alternative(title="a lambda", source="double_backward = lambda dout, x: 2.0 * dout")


@DOUBLE.alternative(title="a central difference")
def double_backward(dout, x):
    h = 1e-5
    return dout * (2 * (x + h) - 2 * (x - h)) / (2 * h)


EXERCISES = (DOUBLE,)
