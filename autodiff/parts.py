"""Parts of rows: forwards and rules that are longer than a line, and what these and compositions say of axes and keys.

Plain numpy, like the rows: handed Tensors, what belongs to a rule records itself.
"""
from __future__ import annotations

import operator

import numpy as np
from numpy.lib import array_utils

from autodiff.constants import StandIn
from autodiff.tensor import Tensor, value_of

# -- axes and keys ----------------------------------------------------------------------------------------------

def axes_of(axis, ndim):
    """`axis` (None for all, a number or several) as numbers that are not negative; AxisError where there is none."""
    return tuple(range(ndim)) if axis is None else array_utils.normalize_axis_tuple(axis, ndim)


def one_axis(axis, ndim):
    """`axis`, one number, as one that is not negative."""
    return axes_of(operator.index(axis), ndim)[0]


def along(axis, key):
    """The key that is `key` along `axis` (not negative) and takes all along the axes before it."""
    return (*[slice(None)] * axis, key)


# -- forwards ----------------------------------------------------------------------------------------------------

def logsumexp_forward(x, axis=None, keepdims=False):
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    z = np.log(np.add.reduce(np.exp(x - top), axis=axis, keepdims=keepdims))
    return z + top.reshape(z.shape)


def scatter_forward(g, key, shape):
    recorded = [x for x in (g, *(key if isinstance(key, tuple) else (key,))) if isinstance(x, StandIn)]
    z = recorded[0].zeros(shape, g.dtype) if recorded else np.zeros(shape, g.dtype)
    if all(part is None or part is ... or isinstance(part, (int, np.integer, slice))
           for part in (key if isinstance(key, tuple) else (key,))):
        z[key] = g
    else:
        np.add.at(z, key, g)                                      # an element taken twice gets both gradients
    return z


def affine_forward(x, w, b):
    shapes = [getattr(v, "shape", ()) for v in (x, w, b)]
    if [len(shape) for shape in shapes] != [2, 2, 1] or shapes[2] != shapes[1][1:]:
        raise ValueError("a layer takes arrays x (N, D), w (D, M) and b (M,)")
    return x @ w + b


def softmax_forward(x, axis=-1):
    p = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    p /= np.add.reduce(p, axis=axis, keepdims=True)
    return p


def log_softmax_forward(x, axis=-1):
    x = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    return x - np.log(np.add.reduce(np.exp(x), axis=axis, keepdims=True))


def cross_entropy_forward(x, labels, cache):
    """The loss; and into the list `cache`, for the rule, softmax(x) less 1 at the labels: half of it is made anyway."""
    n = len(labels)
    at = np.arange(n), labels
    x = x - np.maximum.reduce(x, axis=1, keepdims=True)
    p = np.exp(x)
    total = np.add.reduce(p, axis=1, keepdims=True)
    z = np.add.reduce(np.log(total[:, 0]) - x[at]) / n
    p /= total
    p[at] -= 1
    cache.append(p)
    return z


def mse_forward(x, y):
    if np.shape(x) != np.shape(y):
        raise ValueError("prediction and target must have one shape, or each would be compared with all others")
    return np.mean((x - y) ** 2)


# -- in rules -----------------------------------------------------------------------------------------------------

def less_one(x, y):
    """The exponent y - 1, but not below 0 where y is 0: so x ** 0 has the gradient 0, at 0, inf and nan too."""
    if type(y) is int or type(y) is float:
        return y - 1 if y else 0
    if type(y) is Tensor:                                         # y · x ** (y - 1) once more by y, at 0: x ** -1
        return np.where((x == 0) & (y == 0), 1, y - 1.0)
    return np.where(np.equal(y, 0), 0, y - 1.0)                   # 1.0: unsigned exponents have nothing below 0


def spread(g, x, axis):
    """`g`, which lacks the axes that were reduced (or has them with length 1), in the shape of x."""
    if axis is not None and g.ndim < x.ndim:
        if type(axis) is int:
            g = g[(slice(None),) * (axis % x.ndim) + (None,)]
        else:
            g = g.reshape([1 if i in axes_of(axis, x.ndim) else n for i, n in enumerate(x.shape)])
    if type(g) is Tensor or x.size > 10_000:
        return np.broadcast_to(g, x.shape)                        # a view: no memory, but slow to make
    if isinstance(g, StandIn):
        return np.broadcast_to(g, x.shape).copy()                 # type: ignore[call-overload]
    z = np.empty(x.shape, g.dtype)
    z[...] = g
    return z


def ties(x, z, axis):
    """Constant weights: equal shares for the elements of x that reach the extremum z, 0 for the others."""
    x = value_of(x)
    share = (x == spread(value_of(z), x, axis)).astype(x.dtype)
    return share * (1 / share.sum(axis=axis, keepdims=True, dtype=float)).astype(x.dtype)      # float16 ends at 65504


def inside(x, low, high):
    """Where x is between two bounds, of which either may be None; not on them."""
    return (low is None or x > low) & (high is None or x < high)


def norm_x(g, z, x, axis):
    """g times x / z, the direction of x; at 0 it is 0, but has no derivative: that is nan."""
    if type(x) is not Tensor:
        return spread(g / np.where(z == 0, 1, z), x, axis) * x
    z = spread(z, x, axis)
    return spread(g, x, axis) * np.where(z == 0, 0, x / z)


def pieces(g, lengths, axis):
    ends = np.cumsum([0, *lengths]).tolist()
    return [g[along(axis, slice(*ends[k:k + 2]))] for k in range(len(lengths))]


def matmul_x(g, z, x, y):
    if y.ndim == 1:
        return g[..., None] * y
    return g @ y.mT if x.ndim > 1 else (g[..., None, :] * y).sum(axis=-1)


def matmul_y(g, z, x, y):
    if y.ndim == 1:
        return g[..., None] * x
    return x.mT @ g if x.ndim > 1 else x[:, None] * g[..., None, :]


import autodiff.rules  # noqa: E402, F401    (the next link: see autodiff.tensor)
