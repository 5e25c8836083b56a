"""The gate max, which routes; and + × max in one circuit."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import CONSTANT, ONLY_NUMBERS, UPSTREAM_DROPPED, circuit_gradient_of

# ------------------------------------------------------------------------------------ max_backward

MAX = Exercise(
    "max_backward(dout, x, y)", "dx, dy", points=3, oracle=gradient_of(autodiff.maximum), upstream="dout",
    checks=(
        Check("numbers: either input wins", 1, lambda d: [
            (2.0, 2.0, -1.0), (2.0, -1.0, 2.0), *(d.numbers(3) for _ in range(4))]),
        Check("arrays", 1, lambda d: [d.arrays(3, 6), d.arrays(3, 3, 4)]),
        Check("a tie shares equally", 1, edge=True, shown=True, draw=lambda d: [
            (2.0, 3.0, 3.0), (d.number(), -1.5, -1.5),
            (d.array(4), np.array([1.5, -2.5, 0.0, 3.0]), np.array([1.5, -3.5, 0.0, 4.0]))]),
    ),
    hints=("Nudge the smaller input a little: does the maximum move?",
           "The local gradient is 1 for the winner, 0 for the loser, and ½ for each at a tie. "
           "A comparison of arrays gives True and False, which multiply like 1 and 0.",
           "dx is dout times ((x > y) plus half of (x == y)). What is dy?"),
    read='lesson 2, "max routes"', difficulty=2, minutes=6,
)


@MAX.mistake(code="G07", title="max to both",
             says="Both inputs were paid, but only the larger one moves the maximum.",
             ask="Nudge the smaller one: does max change?")
def max_backward(dout, x, y):
    return dout, dout


@MAX.mistake(code="G08", title="the first always wins",
             says="The gradient always goes to x.",
             ask="Which input won? Try max(−1, 2).")
def max_backward(dout, x, y):
    return dout, 0 * dout


@MAX.mistake(code="G09", title="scaled by the winner's value",
             says="Max passes the gradient on, unscaled.",
             ask="How fast does max(x, y) grow with the winner?")
def max_backward(dout, x, y):
    return dout * x * ((x > y) + (x == y) / 2), dout * y * ((y > x) + (x == y) / 2)


@MAX.mistake(code="G10", title="a tie pays twice",
             says="At a tie both inputs got all of dout.",
             ask="To what must the two shares add up? (This course splits it equally.)")
def max_backward(dout, x, y):
    return dout * (x >= y), dout * (y >= x)


@MAX.mistake(**UPSTREAM_DROPPED)
def max_backward(dout, x, y):
    return 1.0 * (x > y) + 0.5 * (x == y), 1.0 * (y > x) + 0.5 * (x == y)


@MAX.mistake(code="G31", title="the loser is paid",
             says="The gradient went to the smaller input.",
             ask="Which input does max(x, y) follow?")
def max_backward(dout, x, y):
    return dout * ((x < y) + (x == y) / 2), dout * ((y < x) + (x == y) / 2)


@MAX.mistake(code="G32", title="a tie pays the first",
             says="At a tie all of dout went to x.",
             ask="Is x more of a winner than y when they are equal? (This course splits equally.)")
def max_backward(dout, x, y):
    return dout * (x >= y), dout * (y > x)


@MAX.mistake(code="G33", title="a tie pays nobody",
             says="At a tie nothing was passed on.",
             ask="To what must the two shares add up? (This course splits it equally.)")
def max_backward(dout, x, y):
    return dout * (x > y), dout * (y > x)


@MAX.mistake(code="G34", title="the larger in size wins",
             says="You compared the sizes: −4 is larger than 3 in size, but not larger.",
             ask="Which is max(3, −4)?")
def max_backward(dout, x, y):
    return dout * ((np.abs(x) > np.abs(y)) + (x == y) / 2), dout * ((np.abs(y) > np.abs(x)) + (x == y) / 2)


@MAX.mistake(**ONLY_NUMBERS)
def max_backward(dout, x, y):
    if x == y:
        return dout / 2, dout / 2
    return (dout, 0.0) if x > y else (0.0, dout)


@MAX.mistake(**CONSTANT)
def max_backward(dout, x, y):
    return 2.0, 0.0


@MAX.alternative(title="np.where")
def max_backward(dout, x, y):
    half = np.where(x == y, dout / 2, 0.0)
    return np.where(x > y, dout, half), np.where(y > x, dout, half)


@MAX.alternative(title="np.sign")
def max_backward(dout, x, y):
    share = (1 + np.sign(x - y)) / 2
    return dout * share, dout * (1 - share)


@MAX.alternative(title="a loop")
def max_backward(dout, x, y):
    pick = np.vectorize(lambda g, a, b: g if a > b else g / 2 if a == b else 0.0, otypes=[float])
    return pick(dout, x, y), pick(dout, y, x)


# ------------------------------------------------------------------------------------ gates_circuit_backward

GATES_CIRCUIT = Exercise(
    "gates_circuit_backward(x, y, z, w, dout=1.0)", "dx, dy, dz, dw", points=3,
    oracle=circuit_gradient_of(lambda x, y, z, w: 2 * (x * y + autodiff.maximum(z, w))), upstream="dout",
    checks=(
        Check("numbers", 2, lambda d: [
            (3.0, -4.0, 2.0, -1.0), *(d.numbers(5) for _ in range(3))]),
        Check("w wins, a tie, another dout", 1, edge=True, shown=True, draw=lambda d: [
            (*d.numbers(2), -2.5, 1.5, -1.5), (*d.numbers(2), 1.5, 1.5, -1.5), (*d.numbers(2), -0.7, -0.7),
            d.numbers(4)]),
    ),
    hints=("Which gate is the last one? What does it send back when dout is 1?",
           "Go backwards: ×2 doubles, + copies, × swaps, max routes (half to each at a tie).",
           "Let g = 2 · dout: it reaches both inputs of +. Then dx is g times y, and so on."),
    read='lesson 2, "three patterns in one circuit"', difficulty=2, minutes=6,
)


@GATES_CIRCUIT.mistake(code="G01", title="upstream dropped",
                       says="The results do not depend on dout.",
                       ask="What should reach x if dout were 0?")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    share = (z > w) + (z == w) / 2
    return 2 * y, 2 * x, 2 * share, 2 * (1 - share)


@GATES_CIRCUIT.mistake(code="G46", title="the factor 2 is lost",
                       says="The gate ×2 has been passed without its local gradient.",
                       ask="What reaches the sum when dout is 1?")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    share = (z > w) + (z == w) / 2
    return dout * y, dout * x, dout * share, dout * (1 - share)


@GATES_CIRCUIT.mistake(code="G02", title="inputs not swapped",
                       says="You gave x its own value: the local gradient of x·y with respect to x is the other input.",
                       ask="If y is 0, can x move the product?")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    share = (z > w) + (z == w) / 2
    g = 2 * dout
    return g * x, g * y, g * share, g * (1 - share)


@GATES_CIRCUIT.mistake(code="G07", title="max to both",
                       says="Both z and w were paid, but only the larger one moves the maximum.",
                       ask="Nudge the smaller: does f change?")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    g = 2 * dout
    return g * y, g * x, g, g


@GATES_CIRCUIT.mistake(code="G08", title="the first always wins",
                       says="The gradient of the maximum always goes to z.",
                       ask="What if w is the larger one?")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    g = 2 * dout
    return g * y, g * x, g, 0.0


@GATES_CIRCUIT.mistake(code="G10", title="a tie pays twice",
                       says="At a tie both inputs of the maximum got everything.",
                       ask="To what must the two shares add up? (This course splits it equally.)")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    g = 2 * dout
    return g * y, g * x, g * (z >= w), g * (w >= z)


@GATES_CIRCUIT.mistake(code="G32", title="a tie pays the first",
                       says="At a tie everything went to z.",
                       ask="Is z more of a winner than w when they are equal?")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    g = 2 * dout
    return g * y, g * x, g * (z >= w), g * (w > z)


@GATES_CIRCUIT.mistake(code="G33", title="a tie pays nobody",
                       says="At a tie nothing was passed on.",
                       ask="To what must the two shares add up? (This course splits it equally.)")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    g = 2 * dout
    return g * y, g * x, g * (z > w), g * (w > z)


@GATES_CIRCUIT.mistake(code="B04", title="started with the output",
                       says="You started the backward pass with the value of f.",
                       ask="How much does f change when f changes by 1?")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    g = 2 * dout * 2 * (x * y + max(z, w))
    share = (z > w) + (z == w) / 2
    return g * y, g * x, g * share, g * (1 - share)


@GATES_CIRCUIT.mistake(**CONSTANT)
def gates_circuit_backward(x, y, z, w, dout=1.0):
    return -8.0, 6.0, 2.0, 0.0


@GATES_CIRCUIT.alternative(title="gate by gate")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    dsum = 2 * dout
    dprod, dmax = dsum, dsum
    dx, dy = dprod * y, dprod * x
    dz = dmax if z > w else dmax / 2 if z == w else 0.0
    return dx, dy, dz, dmax - dz


@GATES_CIRCUIT.alternative(title="a list")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    s = 0.5 * (1 + np.sign(z - w))
    return [2 * y * dout, 2 * x * dout, 2 * s * dout, 2 * (1 - s) * dout]


@GATES_CIRCUIT.alternative(title="an array")
def gates_circuit_backward(x, y, z, w, dout=1.0):
    s = 0.5 * (1 + np.sign(z - w))
    return 2 * dout * np.array([y, x, s, 1 - s])
