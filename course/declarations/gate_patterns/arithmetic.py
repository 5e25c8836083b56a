"""The gates + − × ÷: add copies, mul swaps."""

import numpy as np

from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.gate_patterns.gates import numbers_and_arrays
from course.declarations.shared import CONSTANT, ONLY_NUMBERS, UPSTREAM_ADDED, UPSTREAM_DROPPED, WRAPPED

# ------------------------------------------------------------------------------------ add_backward

ADD = Exercise(
    "add_backward(dout, x, y)", "dx, dy", points=1, oracle=gradient_of(lambda x, y: x + y), upstream="dout",
    checks=numbers_and_arrays(3, (2.0, 3.0, -4.0), 1),
    hints=("By how much does x + y change when x alone grows by 0.001? And when y does?",
           "Both local gradients are 1. Multiply each by the upstream gradient.",
           "Both results are the same variable: the one that came from above."),
    read='lesson 2, "add copies"', difficulty=1, minutes=2,
)


@ADD.mistake(code="G04", title="add splits",
             says="Add copies the gradient, it does not share it out.",
             ask="If x alone grows by 1, by how much does x + y grow?")
def add_backward(dout, x, y):
    return dout / 2, dout / 2


@ADD.mistake(code="G05", title="one input is not paid",
             says="Both inputs move the sum by 1.",
             ask="What happens to x + y when only y moves?")
def add_backward(dout, x, y):
    return dout, 0 * dout


@ADD.mistake(**UPSTREAM_DROPPED)
def add_backward(dout, x, y):
    return np.ones_like(x) * 1.0, np.ones_like(y) * 1.0


@ADD.mistake(code="G25", title="multiplies like a mul gate",
             says="These are the local gradients of a product.",
             ask="How fast does x + y grow with x: does that depend on y?")
def add_backward(dout, x, y):
    return dout * y, dout * x


@ADD.mistake(code="G26", title="scaled by its own input",
             says="The local gradients of a sum are 1, whatever the inputs are.",
             ask="How fast does x + y grow with x?")
def add_backward(dout, x, y):
    return dout * x, dout * y


@ADD.mistake(**CONSTANT)
def add_backward(dout, x, y):
    return 2.0, 2.0


@ADD.mistake(**WRAPPED)
def add_backward(dout, x, y):
    return np.array([dout]), np.array([dout])


@ADD.alternative(title="a list")
def add_backward(dout, x, y):
    return [dout, dout]


@ADD.alternative(title="copies")
def add_backward(dout, x, y):
    dx = dout * 1.0
    dy = 1.0 * dout
    return dx, dy


ADD.alternative(title="a lambda", source="add_backward = lambda dout, x, y: (dout, dout)")


@ADD.alternative(title="a central difference")
def add_backward(dout, x, y):
    h = 1e-5
    return (dout * (((x + h) + y) - ((x - h) + y)) / (2 * h),
            dout * ((x + (y + h)) - (x + (y - h))) / (2 * h))


# ------------------------------------------------------------------------------------ sub_backward

SUB = Exercise(
    "sub_backward(dout, x, y)", "dx, dy", points=1, oracle=gradient_of(lambda x, y: x - y), upstream="dout",
    checks=numbers_and_arrays(3, (2.0, 5.0, 3.0), 1),
    hints=("Which way does x − y move when y grows?",
           "The local gradients are 1 and −1.",
           "The first result is dout; the second is its opposite."),
    read='lesson 2, "add copies"', difficulty=1, minutes=2,
)


@SUB.mistake(code="G06", title="sign of the second input",
             says="x − y falls when y grows.",
             ask="Raise y by 0.001: by how much does x − y change?")
def sub_backward(dout, x, y):
    return dout, dout


@SUB.mistake(code="G27", title="signs swapped",
             says="x − y grows when x grows.",
             ask="Raise x by 0.001: which way does x − y go?")
def sub_backward(dout, x, y):
    return -dout, dout


@SUB.mistake(code="G05", title="one input is not paid",
             says="Both inputs move the difference.",
             ask="What happens to x − y when only y moves?")
def sub_backward(dout, x, y):
    return dout, 0 * dout


@SUB.mistake(**UPSTREAM_DROPPED)
def sub_backward(dout, x, y):
    return np.ones_like(x) * 1.0, -np.ones_like(y)


@SUB.mistake(code="G28", title="the sign follows the inputs",
             says="The gradient that you pass on has lost the sign of dout.",
             ask="What should come back when dout is −2?")
def sub_backward(dout, x, y):
    return np.abs(dout), -np.abs(dout)


@SUB.mistake(**CONSTANT)
def sub_backward(dout, x, y):
    return 2.0, -2.0


@SUB.mistake(**WRAPPED)
def sub_backward(dout, x, y):
    return np.array([dout]), np.array([-dout])


@SUB.alternative(title="a list")
def sub_backward(dout, x, y):
    return [dout, -dout]


@SUB.alternative(title="by a product")
def sub_backward(dout, x, y):
    return dout * 1, dout * -1


@SUB.alternative(title="an array of both")
def sub_backward(dout, x, y):
    return np.array([dout, -dout])


# ------------------------------------------------------------------------------------ mul_backward

MUL = Exercise(
    "mul_backward(dout, x, y)", "dx, dy", points=2, oracle=gradient_of(lambda x, y: x * y), upstream="dout",
    checks=(
        *numbers_and_arrays(3, (2.0, 3.0, -4.0), 1.5),
        Check("dout of 0, equal inputs", 0.5, edge=True, draw=lambda d: [
            d.numbers(3), (0.0, d.number(), d.number()), (d.number(), 3.0, 3.0), d.arrays(3, 4)]),
    ),
    hints=("If y is 0, does x move the product at all? And if y is 1000?",
           "The local gradient of x·y with respect to x is y, and the other way round. Then multiply by dout.",
           "dx is dout times the other input; dy is dout times the other input."),
    read='lesson 2, "mul swaps"', difficulty=1, minutes=3,
)


@MUL.mistake(**UPSTREAM_DROPPED)
def mul_backward(dout, x, y):
    return y, x


@MUL.mistake(code="G02", title="inputs not swapped",
             says="You gave x its own value: the local gradient of x·y with respect to x is the other input.",
             ask="If y is 0, can x move the product?")
def mul_backward(dout, x, y):
    return dout * x, dout * y


@MUL.mistake(**UPSTREAM_ADDED)
def mul_backward(dout, x, y):
    return dout + y, dout + x


@MUL.mistake(code="G29", title="both inputs in both",
             says="Each result holds x and y: the local gradient with respect to x is y alone.",
             ask="How much does x·y grow when x grows by 1?")
def mul_backward(dout, x, y):
    return dout * x * y, dout * x * y


@MUL.mistake(code="G05", title="one input is not paid",
             says="Both inputs move the product.",
             ask="What happens to x·y when only y moves?")
def mul_backward(dout, x, y):
    return dout * y, 0 * dout


@MUL.mistake(code="G30", title="right for positive inputs only",
             says="The signs of the inputs are lost.",
             ask="Which way does x·y move with x when y is negative?")
def mul_backward(dout, x, y):
    return dout * np.abs(y), dout * np.abs(x)


@MUL.mistake(**CONSTANT)
def mul_backward(dout, x, y):
    return -8.0, 6.0


@MUL.mistake(**ONLY_NUMBERS)
def mul_backward(dout, x, y):
    return float(dout) * float(y), float(dout) * float(x)


@MUL.mistake(code="X04", title="summed to one number",
             says="Each element has a gradient of its own: nothing is summed.",
             ask="Which shape has x, and so dx?")
def mul_backward(dout, x, y):
    return np.sum(dout * y), np.sum(dout * x)


@MUL.alternative(title="another order")
def mul_backward(dout, x, y):
    return y * dout, x * dout


@MUL.alternative(title="a loop")
def mul_backward(dout, x, y):
    if np.ndim(x) == 0:
        return dout * y, dout * x
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for i in np.ndindex(x.shape):
        dx[i] = dout[i] * y[i]
        dy[i] = dout[i] * x[i]
    return dx, dy


@MUL.alternative(title="einsum")
def mul_backward(dout, x, y):
    return np.einsum("...,...->...", dout, y), np.einsum("...,...->...", dout, x)


@MUL.alternative(title="a callable object")
class Mul:
    def __call__(self, dout, x, y):
        return [dout * y, x * dout]


@MUL.alternative(title="the complex step")
def mul_backward(dout, x, y):
    h = 1e-30
    return dout * np.imag((x + 1j * h) * y) / h, dout * np.imag(x * (y + 1j * h)) / h


# ------------------------------------------------------------------------------------ div_backward

DIV = Exercise(
    "div_backward(dout, x, y)", "dx, dy", points=2, oracle=gradient_of(lambda x, y: x / y), upstream="dout",
    checks=(
        *numbers_and_arrays(3, (1.0, 3.0, -4.0), 1.5),
        Check("x of 0, y of 1, negative y", 0.5, edge=True, draw=lambda d: [
            d.numbers(3), (d.number(), 0.0, d.number()), (d.number(), d.number(), 1.0), (d.number(), 1.5, -2.5)]),
    ),
    outside={"y": {"zero": "nothing can be divided by 0"}},
    hints=("x / y is x times 1/y: which rule gives the first result at once?",
           "d(x/y)/dx = 1/y and d(x/y)/dy = −x/y². Then multiply by dout.",
           "dx is dout divided by y. dy is minus dout times x, divided by y squared."),
    read='lesson 2, "local × upstream"', difficulty=2, minutes=4,
)


@DIV.mistake(code="G22", title="y is not squared",
             says="The second local gradient lacks a power of y.",
             ask="x / y is x · y⁻¹: what does the power rule make of y⁻¹?")
def div_backward(dout, x, y):
    return dout / y, -dout * x / y


@DIV.mistake(code="G23", title="sign of dy",
             says="x / y falls when y grows (for positive x).",
             ask="Which sign comes down from the exponent −1?")
def div_backward(dout, x, y):
    return dout / y, dout * x / y**2


@DIV.mistake(**UPSTREAM_DROPPED)
def div_backward(dout, x, y):
    return 1 / y, -x / y**2


@DIV.mistake(code="G35", title="like a product",
             says="These are the local gradients of x·y.",
             ask="How much does x / y grow when x grows by 1?")
def div_backward(dout, x, y):
    return dout * y, dout * x


@DIV.mistake(code="G36", title="inputs mixed up",
             says="These are the gradients of y / x.",
             ask="Which input stands below the line?")
def div_backward(dout, x, y):
    return -dout * y / x**2, dout / x


@DIV.mistake(code="G37", title="upstream missing in one result",
             says="dx has the upstream gradient in it, dy has not.",
             ask="What should reach y when dout is 0?")
def div_backward(dout, x, y):
    return dout / y, -x / y**2


@DIV.mistake(code="G38", title="numerator missing",
             says="The gradient of 1 / y was passed on: x is missing.",
             ask="If x doubles, how much steeper does x / y fall with y?")
def div_backward(dout, x, y):
    return dout / y, -dout / y**2


@DIV.mistake(code="G30", title="right for positive inputs only",
             says="The signs of the inputs are lost.",
             ask="What is the slope of x / y in x when y is negative?")
def div_backward(dout, x, y):
    return dout / np.abs(y), -dout * np.abs(x) / y**2


@DIV.mistake(**CONSTANT)
def div_backward(dout, x, y):
    return -0.25, -0.1875


@DIV.alternative(title="by the reciprocal")
def div_backward(dout, x, y):
    r = 1 / y
    return dout * r, dout * x * -r * r


@DIV.alternative(title="by the output")
def div_backward(dout, x, y):
    out = x / y
    dx = dout / y
    return dx, -dx * out


@DIV.alternative(title="powers")
def div_backward(dout, x, y):
    return dout * y**-1.0, -dout * x * y**-2.0
