"""The numbers in the prose of lesson 5, computed."""

import numpy as np

import autodiff
from autodiff import Tensor
from autodiff.trace import trace

STAND_IN = trace(lambda x, y, z: ((x + y) * z) ** 2, x=-2.0, y=5.0, z=-4.0)
SUM, PRODUCT, SQUARE = (node for node in STAND_IN.nodes if node.parents)


def gradient_of(node):
    """The gradient at a node of the stand-in's graph."""
    return next(step.after for step in STAND_IN.steps if step.direction == "backward" and step.receiver == node.id)


def after_backward(times):
    """What x.grad holds after so many passes over x², at 3."""
    x = Tensor(3.0)
    for _ in range(times):
        (x * x).backward()
    return x.grad


def weighted(k):
    """The k-th entry of the gradient of x² at (1, 2, 3), against the vector (1, 10, 100)."""
    return autodiff.vjp(lambda x: x * x, np.array([1.0, 2.0, 3.0]))[1](np.array([10.0 ** i for i in range(3)]))[0][k]


LAYER = {"inputs": 2 ** 7, "numbers": 2 ** 8, "outputs": 2 ** 6}     # the large layer whose time is taken

FACTS = {
    "144": SQUARE.value,
    "-2": STAND_IN.value("x"),
    "-4": STAND_IN.value("z"),
    "-12": PRODUCT.value,
    "-24": gradient_of(PRODUCT),
    "96": [gradient_of(SUM), STAND_IN.gradient("x"), STAND_IN.gradient("y")],
    "-72": STAND_IN.gradient("z"),
    "16": np.finfo(np.float64).precision + 1,               # digits: 53 bits hold 15.95 of them
    "18": after_backward(3),
    "40": weighted(1),
    "600": weighted(2),
    "100": 10 ** 2,
    "128": LAYER["inputs"],
    "256": LAYER["numbers"],
    "64": LAYER["outputs"],
    "3.0": float(3),                                        # a leaf of the dictionary
}
