"""The gradient check: analytic against numeric.

A gradient is compared along one random direction at a time, u · (J v) by central differences against (Jᵀu) · v by the
rules: two forward passes for each direction, whatever the size. Only where they differ is each element looked at, to
say which argument and which index are wrong.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autodiff.constants import plain
from autodiff.functional import leaves, rebuild, vjp


class Report(NamedTuple):
    """What a gradient check found: true if all is well, and in words by str()."""

    worst: float
    faults: list[str]

    def __bool__(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        if not self.faults:
            return f"gradient check passed, the largest relative error is {self.worst:.1e}"
        return "\n".join(["gradient check failed", *self.faults])

    __repr__ = __str__


def gradcheck(f: Callable[..., Any], *inputs: Any, order: int = 1, step: float = 1e-5, rtol: float = 1e-6,
              directions: int = 3, seed: int = 0) -> Report:
    """Compare the gradients of f at `inputs` with central differences, to `order` 1 or 2; a Report says what differs.

    f takes arrays or trees of them, and gives one number or array; away from kinks it should be smooth. Inputs
    are taken in float64, and moved by `step` whatever their size: both inputs and values should be of the order of 1.
    An error far below the largest terms is not seen. The upstream gradient is random: with ones, a softmax has the
    gradient 0, and a rule that is wrong by a factor would pass.
    """
    if order not in (1, 2):
        raise ValueError(f"the order of a gradient check is 1 or 2, not {order!r}")
    rng = np.random.default_rng(seed)
    inputs = rebuild(inputs, (np.asarray(plain(x), float)[()] for x in leaves(inputs)))
    dout = rng.standard_normal(np.shape(f(*inputs)))[()]
    report = _compare(f, inputs, dout, "", step, rtol, directions, rng)
    if report and order == 2:
        for k, x in enumerate(leaves(inputs)):
            def gradient(*inputs, k=k):
                return leaves(vjp(f, *inputs)[1](dout))[k]
            second = _compare(gradient, inputs, rng.standard_normal(np.shape(x))[()],
                              f"of the gradient with respect to argument {k}: ", step, rtol, directions, rng)
            report = Report(max(report.worst, second.worst), report.faults + second.faults)
    return report


def _compare(f, inputs, dout, what, step, rtol, directions, rng):
    flat = leaves(inputs)
    value, pullback = vjp(f, *inputs)
    grads = leaves(pullback(dout))
    floor = max(float(np.sum(np.abs(value * dout))), 1.0) * 1e-10 / step

    def error(direction):
        """The difference of both derivatives, relative to their terms; below `floor` it may be rounding alone."""
        moves = list(zip(flat, direction, strict=True))
        up, down = (f(*rebuild(inputs, (x + h * d for x, d in moves))) for h in (step, -step))
        numeric = float(np.sum((up - down) * dout)) / (2 * step)
        terms = [g * d for g, d in zip(grads, direction, strict=True)]
        analytic = sum(float(np.sum(t)) for t in terms)
        size = max(sum(float(np.sum(np.abs(t))) for t in terms), abs(numeric), floor)
        return abs(analytic - numeric) / size, analytic, numeric

    worst = float(np.max([error([rng.standard_normal(np.shape(x)) for x in flat])[0] for _ in range(directions)]))
    if worst <= rtol:
        return Report(worst, [])
    faults = []
    for k, x in enumerate(flat):
        for index in np.ndindex(np.shape(x)):
            direction = [np.zeros(np.shape(y)) for y in flat]
            direction[k][index] = 1.0
            off, analytic, numeric = error(direction)
            if not off <= rtol:
                faults.append(f"{what}argument {k}, index {index}: analytic {analytic:.9g}, numeric {numeric:.9g}")
    return Report(worst, faults[:10] or [f"{what}relative error {worst:.1e} along a random direction"])
