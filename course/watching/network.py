"""A small network in training: two moons of points, a few hidden layers of four units, plain gradient descent.

What is watched is worked out here, as numbers: the weights, the size of the gradient in each layer, the units that are
dead or saturated. How it looks is said in course.watching.picture.
"""

from collections.abc import Iterator
from itertools import count, pairwise
from typing import Any, NamedTuple

import numpy as np

import autodiff

POINTS, UNITS, CLASSES, SEED = 60, 4, 2, 8
FLAT = 0.1              # a unit is saturated when its mean slope is below this share of the largest one
ACTIVATIONS = {         # the function; its slope as a function of its OUTPUT; the largest slope
    "tanh": (autodiff.tanh, lambda out: 1 - out**2, 1.0),
    "sigmoid": (autodiff.sigmoid, lambda out: out * (1 - out), 0.25),
    "relu": (autodiff.relu, lambda out: 1.0 * (out > 0), 1.0),
}


class Settings(NamedTuple):
    """What one may choose."""

    rate: float = 0.5           # the step size
    scale: float = 1.0          # of the weights at the start: their spread is this times 1/√D, for relu √(2/D)
    activation: str = "relu"    # of ACTIVATIONS
    depth: int = 2              # hidden layers


class Moment(NamedTuple):
    """The network before the first step, or after one."""

    step: int
    loss: float
    right: int                          # points that are read right, of POINTS
    weights: list[np.ndarray]           # one matrix for each layer: inputs × units
    gradients: list[float]              # for each layer, the root of the mean square over its weights
    marks: dict[tuple[int, int], str]   # (hidden layer from 1, unit from 0): "dead" or "saturated"


def moons() -> tuple[np.ndarray, np.ndarray]:
    """(points, labels): two half-circles that reach into each other, (60, 2) and (60,); the same at every call."""
    rng, half = np.random.default_rng(3), POINTS // 2
    angle = np.pi * (np.arange(half) + 0.5) / half
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([upper, [1, 0.5] - upper]) - [0.5, 0.25]
    return points + 0.08 * rng.normal(size=points.shape), np.repeat([0, 1], half)


def started(settings: Settings, seed: int = SEED) -> dict[str, np.ndarray]:
    """The parameters at the start: W1, b1, W2 …, the weights at random, the biases 0 (He et al. 2015)."""
    rng = np.random.default_rng(seed)
    sizes = [2, *[UNITS] * settings.depth, CLASSES]
    gain = 2**0.5 if settings.activation == "relu" else 1.0
    params = {}
    for k, (rows, columns) in enumerate(pairwise(sizes), 1):
        params[f"W{k}"] = settings.scale * gain * rng.normal(size=(rows, columns)) / rows**0.5
        params[f"b{k}"] = np.zeros(columns)
    return params


def forward(params: dict[str, Any], points: Any, activation: str) -> tuple[list[Any], Any]:
    """(the values of the hidden layers, the logits)."""
    function, hidden, values = ACTIVATIONS[activation][0], [], points
    last = len(params) // 2
    for k in range(1, last):
        values = function(values @ params[f"W{k}"] + params[f"b{k}"])
        hidden.append(values)
    return hidden, values @ params[f"W{last}"] + params[f"b{last}"]


def moments(settings: Settings, seed: int = SEED) -> Iterator[Moment]:
    """The start, and what comes after each step. It ends where a number is no longer finite."""
    points, labels = moons()

    @autodiff.value_and_grad
    def both(params):
        return autodiff.softmax_cross_entropy(forward(params, points, settings.activation)[1], labels)

    def at(step, params):           # beside the loop: numpy's error state must not be left on at a yield
        with np.errstate(all="ignore"):
            loss, grads = both(params)
            hidden, logits = forward(params, points, settings.activation)
            layers = [name for name in params if name[0] == "W"]
            sizes = [float(np.sqrt((grads[name]**2).mean())) for name in layers]
            moment = Moment(step, float(loss), int((logits.argmax(axis=1) == labels).sum()),
                            [params[name] for name in layers], sizes, marked(hidden, settings.activation))
            return moment, {name: params[name] - settings.rate * grads[name] for name in params}

    params = started(settings, seed)
    for step in count():
        moment, params = at(step, params)
        yield moment
        if not np.isfinite([moment.loss, *moment.gradients]).all():
            return


def marked(hidden: list[np.ndarray], activation: str) -> dict[tuple[int, int], str]:
    """The units that let (almost) nothing back, by (hidden layer from 1, unit from 0).

    "dead": a relu that is shut for every point. "saturated": a sigmoid or tanh whose slope, on the mean over all
    points, is below FLAT of the largest that it can have.
    """
    _, slope, largest = ACTIVATIONS[activation]
    found = {}
    for k, values in enumerate(hidden, 1):
        for unit, mean in enumerate(slope(values).mean(axis=0) / largest):
            if activation == "relu" and mean == 0:
                found[k, unit] = "dead"
            elif activation != "relu" and not mean >= FLAT:
                found[k, unit] = "saturated"
    return found
