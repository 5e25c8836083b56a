"""The numbers that lesson 1 states, computed."""

from itertools import pairwise
from math import isclose
from pathlib import Path

import autodiff
from autodiff.trace import trace
from course.authoring.sourcetext import read_source


def cell_with(text):
    """The code cell of the lesson that holds a text."""
    root = Path(__file__).resolve().parents[3]
    source = read_source(root / "course/sources/lessons/01_chain_rule.py", root)
    return next(cell.text for cell in source.cells if cell.kind == "code" and text in cell.text)


# Why stages: the lesson's own formula about doubles with each stage, and fills more than ten pages at the tenth.
NAMES = {"print": lambda *_: None}
exec(cell_with("def written_out"), NAMES)
LETTERS = [len(NAMES["written_out"](stages)) for stages in range(1, 11)]
PAGE = 2500
assert all(1.8 < b / a < 2.5 for a, b in pairwise(LETTERS[1:])) and 10 < LETTERS[-1] / PAGE < 20

# f = xy at (4, -3), f = (x + y)z at (-2, 5, -4), z = (x + y)² at (-2, 5).
PRODUCT = trace(lambda x, y: x * y, x=4.0, y=-3.0)
CIRCUIT = trace(lambda x, y, z: (x + y) * z, x=-2.0, y=5.0, z=-4.0)
VALUE = {node.gate: node.value for node in CIRCUIT.nodes}
DQ = next(step.contribution for step in CIRCUIT.steps if step.direction == "backward" and step.gate == "mul")
SQUARE = trace(lambda x, y: (x + y) ** 2, x=-2.0, y=5.0)
assert SQUARE.gradient("x") == SQUARE.gradient("y") == 6.0 and VALUE["add"] == 3.0 == CIRCUIT.gradient("z")
NUDGE, SMALL = 0.1, 0.01

# Why the centred difference: its error falls to a quarter when h halves, that of one step to a half.
AT = 0.7


def errors(h):
    slope = autodiff.grad(autodiff.sin)(AT)
    right, left = autodiff.sin(AT + h), autodiff.sin(AT - h)
    return abs((right - autodiff.sin(AT)) / h - slope), abs((right - left) / (2 * h) - slope)


assert isclose(errors(0.1)[0] / errors(0.05)[0], 2, rel_tol=0.02)
assert isclose(errors(0.1)[1] / errors(0.05)[1], 4, rel_tol=0.02)

# The shop.
APPLE, COUNT, TAX = 100.0, 2.0, 1.1
SHOP = trace(lambda price, count, tax: price * count * tax, price=APPLE, count=COUNT, tax=TAX)
GOODS, TOTAL = (node.value for node in SHOP.nodes if node.gate == "mul")
DGOODS = next(step.contribution for step in SHOP.steps if step.direction == "backward" and step.gate == "mul")
ORANGE = 150.0
BASKET = trace(lambda apple, n_apple, orange, n_orange, tax: (apple * n_apple + orange * n_orange) * tax,
               apple=APPLE, n_apple=COUNT, orange=ORANGE, n_orange=3.0, tax=TAX)

# f(f(f(w))) for f(t) = t².
W = 1.5
CHAIN = trace(lambda w: ((w**2) ** 2) ** 2, w=W)
X, Y, _ = (node.value for node in CHAIN.nodes if node.gate == "pow")
SLOPES = [step.local for step in CHAIN.steps if step.direction == "backward" and step.gate == "pow"]
STAGES = 100

# e = (a + b)(b + 1) at (2, 1).
FORK = trace(lambda a, b: (a + b) * (b + 1), a=2.0, b=1.0)
assert (FORK.gradient("a"), FORK.gradient("b"), FORK.nodes[FORK.output].value) == (2.0, 5.0, 6.0)
assert [step.contribution for step in FORK.steps
        if step.direction == "backward" and FORK.nodes[step.receiver].name == "b"] in ([2.0, 3.0], [3.0, 2.0])

# A chain of doublings u + u: its edges, and its paths, which are its derivative.
DOUBLINGS = 18


def doublings(u):
    for _ in range(DOUBLINGS):
        u = u + u
    return u


# Break it: at b = -1 the path to b through a + b has slope 0.
HIDING = -1.0
assert autodiff.grad(lambda c, b: c * (b + 1))(5.0, HIDING) == 0.0

FACTS = {
    "-2": CIRCUIT.value("x"),
    "-4": [CIRCUIT.value("z"), DQ, CIRCUIT.gradient("x"), CIRCUIT.gradient("y"), 2 * SQUARE.value("x")],
    "-12": [CIRCUIT.nodes[CIRCUIT.output].value, PRODUCT.nodes[PRODUCT.output].value],
    "-3": PRODUCT.gradient("x"),
    "0.7": AT,
    "0.1": NUDGE,
    "100": [APPLE, STAGES],
    "1.1": [TAX, DGOODS],
    "200": [GOODS, SHOP.gradient("tax")],
    "220": TOTAL,
    "2.2": [SHOP.gradient("price"), BASKET.gradient("apple")],
    "110": [SHOP.gradient("count"), BASKET.gradient("n_apple")],
    "0.01": SMALL,
    "150": ORANGE,
    "650": BASKET.gradient("tax"),
    "715": BASKET.nodes[BASKET.output].value,
    "3.3": BASKET.gradient("orange"),
    "165": BASKET.gradient("n_orange"),
    "1.5": W,
    "2.25": X,
    "5.0625": Y,
    "4.5": SLOPES[1],
    "10.125": SLOPES[0],
    "136.6875": CHAIN.gradient("w"),
    "27": SLOPES[2] ** 3,
    "99": STAGES - 1,
    "4950": STAGES * (STAGES - 1) / 2,
    "18": DOUBLINGS,
    "36": sum(len(node.parents) for node in trace(doublings, u=1.0).nodes),
    "262,144": autodiff.grad(doublings)(1.0),
    "-1": HIDING,
}
