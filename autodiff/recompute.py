"""Checkpointing: give memory for time, by computing a part of the graph again when the backward pass comes to it.

With a checkpoint every √n steps, a chain of n steps holds about 2√n values at once rather than n, for one more forward
pass (T. Chen et al., "Training deep nets with sublinear memory cost", 2016, section 4).
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.constants import StandIn
from autodiff.functional import is_tree, leaves, rebuild, vjp_at
from autodiff.graph import Primitive, general_call
from autodiff.tensor import Tensor, value_of


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function like f, whose graph is one node: what f computes inside is forgotten, and recomputed when needed.

    f takes arrays, or dicts, lists and tuples of them, and gives one number or array. What it depends on must be
    among its arguments: a Tensor from outside raises ValueError. f runs again in each backward pass, so it must do
    the same each time: another value, from random numbers or an array that was changed, raises ValueError.
    The gradient is the same to the last bit, unless f shares an input with another part of the graph: then the
    same contributions may be added in another order.
    """
    def run(*inputs):
        def flat(*values):
            return f(*rebuild(inputs, iter(values)))

        def forward(*values):
            out = flat(*values)
            if type(out) is Tensor:
                raise ValueError("the function uses a Tensor from outside, whose gradient would be lost: "
                                 "make it an argument of the checkpointed function")
            if is_tree(out):
                raise TypeError("the function gave several arrays; a checkpoint is one node, with one number or array")
            return out

        def together(g, z, *values):
            wanted = [k for k, x in enumerate(given) if type(x) is Tensor]
            value, pullback = vjp_at(flat, wanted, values, {})
            first, again = (np.asarray(x.value if isinstance(x, StandIn) else x) for x in map(value_of, (z, value)))
            rtol = np.finfo(first.dtype).eps ** 0.5                # what it may owe to another order of sums
            if first.shape != again.shape or not np.allclose(first, again, rtol, rtol * 1e-3, equal_nan=True):
                raise ValueError("a checkpointed function gave another value when it was computed again: random "
                                 "numbers, and what changes between the passes, must come in as arguments")
            grads = dict(zip(wanted, pullback(g), strict=True))
            return [grads.get(k) for k in range(len(given))]

        given = leaves(inputs)
        return general_call(Primitive(getattr(f, "__name__", "checkpoint"), forward, together=together))(*given)
    return run
