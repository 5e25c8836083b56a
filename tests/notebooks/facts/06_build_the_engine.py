"""The numbers in the prose of lesson 6, computed."""

from pathlib import Path

import autodiff
from autodiff.trace import trace
from course.authoring.sourcetext import read_source

ROOT = Path(__file__).resolve().parents[3]
NAMES = {"autodiff": autodiff, "trace": trace, "print": lambda *_: None, "graph": lambda *_, **__: None,
         "table": lambda *_, **__: None}
for cell in read_source(ROOT / "course/sources/lessons/06_build_the_engine.py", ROOT).cells:
    if cell.kind == "code" and any(mark in cell.text for mark in (
            "def short_and_long", "def wiring", "def level_by_level", "def walk_back", "def passes",
            "def gradient_of_cube")):
        exec(cell.text, NAMES)
    if cell.kind == "code" and "def edges_of" in cell.text:
        exec(cell.text.partition("n = np.arange")[0], NAMES)

X, Z = -2.0, -4.0
SLOPE_OF_X = autodiff.grad(lambda x, y, z: (x + y) * z)(X, 5.0, Z)

# The short path and the long one: what b is paid, and what each way of walking makes of a's gradient.
NODES, ROOT_NODE = NAMES["wiring"](NAMES["short_and_long"], a=1.0)
RIGHT = NAMES["walk_back"](NAMES["when_left"](NODES, ROOT_NODE), NODES)
BY_LEVEL = NAMES["walk_back"](NAMES["level_by_level"](NODES, ROOT_NODE), NODES)
B = next(node for node in NODES if [parent for parent, _ in NODES[node]] == [0])
PAID_TO_B = sorted(RIGHT[node] * local for node in NODES for parent, local in NODES[node] if parent == B)
assert PAID_TO_B == [1.0, 6.0, 7.0] and RIGHT[0] == autodiff.grad(NAMES["short_and_long"])(1.0)

# L = b a with b = a a, at 3: once, twice, and with inner nodes that add up; and differentiated twice.
ONCE, TWICE, LEAKING = (NAMES["passes"](times, anew) for times, anew in ((1, True), (2, True), (2, False)))
assert NAMES["gradient_of_cube"](3.0) == ONCE == autodiff.grad(NAMES["cube"])(3.0) == NAMES["cube"](3.0)

# Doublings, and a chain that is longer than Python's recursion.
DOUBLINGS = 18


def doublings(u):
    for _ in range(DOUBLINGS):
        u = u + u
    return u


INPUTS = 100

FACTS = {
    "-2": X,
    "-4": [Z, SLOPE_OF_X],
    "14": [RIGHT[B], sum(PAID_TO_B)],
    "42": RIGHT[0],
    "24": BY_LEVEL[0],
    "27": [ONCE, NAMES["cube"](3.0)],
    "54": TWICE,
    "72": LEAKING,
    "18": [DOUBLINGS, autodiff.grad(NAMES["gradient_of_cube"])(3.0), autodiff.grad(autodiff.grad(NAMES["cube"]))(3.0)],
    "36": sum(len(node.parents) for node in trace(doublings, u=1.0).nodes),
    "262,144": autodiff.grad(doublings)(1.0),
    "100": INPUTS,
    "20,100": NAMES["price_forward"](INPUTS, 1),
    "201": NAMES["price_backward"](INPUTS, 1),
    "102": NAMES["price_forward"](1, INPUTS),
    "10,200": NAMES["price_backward"](1, INPUTS),
    "5,000": 5 * 10**3,
}
