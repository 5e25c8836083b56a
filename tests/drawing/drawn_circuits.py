"""Circuits that the tests of the drawing share: (function, inputs)."""

from itertools import pairwise

import numpy as np

import autodiff


def neuron(w0, x0, w1, x1, w2):
    return 1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + w2)))


def staged(x, y):
    return (x + autodiff.sigmoid(y)) / (autodiff.sigmoid(x) + (x + y) ** 2)


def forty(**inputs):
    v = list(inputs.values())
    h = [np.tanh(v[0] * a + b * v[1]) for a, b in pairwise(v[2:])]
    return sum(a * b for a, b in pairwise(h))


XYZ = (lambda x, y, z: (x + y) * z, {"x": -2, "y": 5, "z": -4})
NEURON = (neuron, {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3})
STAGED = (staged, {"x": 3, "y": -4})
LAYER = (lambda x, w, b: autodiff.relu(x @ w + b).sum(),
         {"x": np.arange(20.0).reshape(5, 4), "w": np.arange(12.0).reshape(4, 3) / 10, "b": [1.0, 2.0, 3.0]})

CIRCUITS = {
    "xyz": XYZ,
    "neuron": NEURON,
    "staged": STAGED,
    "layer": LAYER,
    "max": (lambda x, y, z, w: 2 * (x * y + np.maximum(z, w)), {"x": 3, "y": -4, "z": 2, "w": -1}),
    "square": (lambda x: x * x, {"x": 3}),
    "twice": (lambda x, y: (x - y) * (y - x) * x, {"x": 3, "y": 1}),
    "stack": (lambda x, y: (autodiff.stack([x, y, x]) ** 2).sum(), {"x": 3, "y": 1}),
    "leaf": (lambda x: x, {"x": 3}),
    "unused": (lambda x, y: x * 2, {"x": 3, "y": 1}),
    "forty": (forty, {f"v{k}": 0.3 * k - 1 for k in range(9)}),
}
