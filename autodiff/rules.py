"""The table of primitives: a forward function and one rule per argument, a row each.

A rule reads as "partial derivative times g": g is the upstream gradient, z the output, then the inputs in order.
It is plain numpy, so a first derivative runs at numpy's speed; handed Tensors, it records itself, and a gradient
can be differentiated again. Rules never undo broadcasting: the walk does, once for all.
Arguments without a rule (axis, shape, key, mask) come last. What is longer than a row has its parts in `parts`; what
is made of other operations has no row at all, it stands in `composed`. Rows with a `_` are for these.
Here `sum`, `max`, `min`, `abs` are the functions for arrays, not Python's own.
"""
import math
import operator

import numpy as np

from autodiff.graph import Op
from autodiff.parts import (
    affine_forward,
    along,
    cross_entropy_forward,
    inside,
    less_one,
    log_softmax_forward,
    logsumexp_forward,
    matmul_x,
    matmul_y,
    mse_forward,
    norm_x,
    pieces,
    scatter_forward,
    softmax_forward,
    spread,
    ties,
)
from autodiff.tensor import Tensor

# -- arithmetic -------------------------------------------------------------------------------------------------

add = Op("add", operator.add, lambda g, z, x, y: g, lambda g, z, x, y: g, doc="The sum x + y.")
subtract = Op("sub", operator.sub, lambda g, z, x, y: g, lambda g, z, x, y: -g, doc="The difference x - y.")
multiply = Op("mul", operator.mul, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x, doc="The product x * y.")
divide = Op("div", operator.truediv, lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y, doc="The quotient x / y.")
negative = Op("neg", operator.neg, lambda g, z, x: -g, doc="The negative of x.")
power = Op("pow", operator.pow,
           lambda g, z, x, y: g * (y * x ** less_one(x, y)),
           lambda g, z, x, y: g * (z * np.log(np.where((x == 0) & (y >= 0), 1, x))),
           doc="x to the power y; x ** 0 has slope 0, at x = 0 too, and 0 ** y has slope 0 in y.")

# -- one number in, one number out ------------------------------------------------------------------------------

abs = Op("abs", operator.abs, lambda g, z, x: g * np.sign(x), doc="The absolute value of x; slope 0 at 0.")
square = Op("square", np.square, lambda g, z, x: g * (2 * x), doc="The square of x, x * x.")
sqrt = Op("sqrt", np.sqrt, lambda g, z, x: g / (2 * z), doc="The square root of x; slope inf at 0.")
reciprocal = Op("reciprocal", np.reciprocal, lambda g, z, x: -g * z * z, doc="The reciprocal 1 / x.")
exp = Op("exp", np.exp, lambda g, z, x: g * z, doc="e to the power x, its own slope.")
expm1 = Op("expm1", np.expm1, lambda g, z, x: g * (z + 1), doc="exp(x) - 1, exact for small x.")
log = Op("log", np.log, lambda g, z, x: g / x, doc="The natural logarithm of x.")
log1p = Op("log1p", np.log1p, lambda g, z, x: g / (1 + x), doc="log(1 + x), exact for small x.")
log2 = Op("log2", np.log2, lambda g, z, x: g / (x * math.log(2)), doc="The logarithm of x to base 2.")
log10 = Op("log10", np.log10, lambda g, z, x: g / (x * math.log(10)), doc="The logarithm of x to base 10.")
sin = Op("sin", np.sin, lambda g, z, x: g * np.cos(x), doc="The sine of x, in radians.")
cos = Op("cos", np.cos, lambda g, z, x: -g * np.sin(x), doc="The cosine of x, in radians.")
tan = Op("tan", np.tan, lambda g, z, x: g * (1 + z * z), doc="The tangent of x, in radians.")
arcsin = Op("arcsin", np.arcsin, lambda g, z, x: g / np.sqrt(1 - x * x), doc="The angle in radians whose sine is x.")
arccos = Op("arccos", np.arccos, lambda g, z, x: -g / np.sqrt(1 - x * x),
            doc="The angle in radians whose cosine is x.")
arctan = Op("arctan", np.arctan, lambda g, z, x: g / (1 + x * x), doc="The angle in radians whose tangent is x.")
sinh = Op("sinh", np.sinh, lambda g, z, x: g * np.cosh(x), doc="The hyperbolic sine of x.")
cosh = Op("cosh", np.cosh, lambda g, z, x: g * np.sinh(x), doc="The hyperbolic cosine of x.")
tanh = Op("tanh", np.tanh, lambda g, z, x: g * (1 - z * z), doc="The hyperbolic tangent of x.")
sigmoid = Op("sigmoid", lambda x: np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))),
             lambda g, z, x: g * (z * (1 - z)), doc="1 / (1 + exp(-x)), without overflow.")
softplus = Op("softplus", lambda x: np.logaddexp(x, 0),
              lambda g, z, x: g * sigmoid(x), doc="log(1 + exp(x)), without overflow: a smooth relu.")

# -- choices: masks are constants -------------------------------------------------------------------------------

relu = Op("relu", lambda x: np.maximum(x, 0), lambda g, z, x: g * (x > 0), doc="The larger of x and 0; slope 0 at 0.")
maximum = Op("maximum", np.maximum,                # half to each at a tie: the mean of giving all to x and all to y
             lambda g, z, x, y: (g * (x > y) + g * (x >= y)) / 2, lambda g, z, x, y: (g * (y > x) + g * (y >= x)) / 2,
             doc="The larger of x and y, element by element; half the gradient to each where they are equal.")
minimum = Op("minimum", np.minimum,
             lambda g, z, x, y: (g * (x < y) + g * (x <= y)) / 2, lambda g, z, x, y: (g * (y < x) + g * (y <= x)) / 2,
             doc="The smaller of x and y, element by element; half the gradient to each where they are equal.")
clip = Op("clip", lambda x, a_min=None, a_max=None: np.clip(x, a_min, a_max),
          lambda g, z, x, a_min, a_max: g * inside(x, a_min, a_max),
          doc="x, but at least a_min and at most a_max (constants); slope 1 between them, 0 on them and beyond.")
_where = Op("where", lambda x, y, mask: np.where(mask, x, y),
            lambda g, z, x, y, mask: np.where(mask, g, 0),
            lambda g, z, x, y, mask: np.where(mask, 0, g))

# -- sums and their kin -----------------------------------------------------------------------------------------

sum = Op("sum", lambda x, axis=None, keepdims=False: np.add.reduce(x, axis=axis, keepdims=keepdims),
         lambda g, z, x, axis, keepdims: spread(g, x, axis),
         doc="The sum over all axes, one, or a tuple of them.")
mean = Op("mean", lambda x, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
          lambda g, z, x, axis, keepdims: spread(g * (z.size / (x.size or 1)), x, axis),
          doc="The mean over all axes, one, or a tuple of them.")
max = Op("max", lambda x, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims),
         lambda g, z, x, axis, keepdims: spread(g, x, axis) * ties(x, z, axis),
         doc="The largest element over all axes, one, or a tuple of them; those that tie share the gradient equally.")
min = Op("min", lambda x, axis=None, keepdims=False: np.min(x, axis=axis, keepdims=keepdims),
         lambda g, z, x, axis, keepdims: spread(g, x, axis) * ties(x, z, axis),
         doc="The smallest element over all axes, one, or a tuple of them; those that tie share the gradient equally.")
norm = Op("norm", lambda x, axis=None, keepdims=False: np.sqrt(np.add.reduce(x * x, axis=axis, keepdims=keepdims)),
          lambda g, z, x, axis, keepdims: norm_x(g, z, x, axis),
          doc="The root of the sum of squares over all axes, one, or a tuple of them; its gradient at 0 is 0, and "
              "has itself none there: nan.")
logsumexp = Op("logsumexp", logsumexp_forward,
               lambda g, z, x, axis, keepdims: spread(g, x, axis) * np.exp(x - spread(z, x, axis)),
               doc="log(sum(exp(x))) over all axes, one, or a tuple of them, without overflow.")
cumsum = Op("cumsum", lambda x, axis=None: np.cumsum(x, axis),
            lambda g, z, x, axis: np.flip(np.cumsum(np.flip(g, axis), axis), axis).reshape(x.shape),
            doc="The sums of the first elements, one by one, along an axis, or of all of x in one row.")

# -- shapes and places ------------------------------------------------------------------------------------------

reshape = Op("reshape", lambda x, shape: np.reshape(x, shape), lambda g, z, x, shape: g.reshape(x.shape),
             doc="The elements of x, row by row, in another shape; one length may be -1, which is what remains.")
ravel = Op("ravel", lambda x: np.reshape(x, -1), lambda g, z, x: g.reshape(x.shape), doc="All of x in one row.")
transpose = Op("transpose", lambda x, axes=None: np.transpose(x, axes),
               lambda g, z, x, axes: np.transpose(g, None if axes is None else np.argsort([i % x.ndim for i in axes])),
               doc="x with its axes in the order `axes`; without it, in reverse order.")
swapaxes = Op("swapaxes", lambda x, axis1, axis2: np.swapaxes(x, axis1, axis2),
              lambda g, z, x, axis1, axis2: np.swapaxes(g, axis1, axis2),
              doc="x with two axes exchanged.")
moveaxis = Op("moveaxis", lambda x, source, destination: np.moveaxis(x, source, destination),
              lambda g, z, x, source, destination: np.moveaxis(g, destination, source),
              doc="x with an axis, or a tuple of them, moved from `source` to `destination`.")
squeeze = Op("squeeze", lambda x, axis=None: np.squeeze(x, axis), lambda g, z, x, axis: g.reshape(x.shape),
             doc="x without its axes of length 1: all of them, one, or a tuple of them.")
expand_dims = Op("expand_dims", lambda x, axis: np.expand_dims(x, axis), lambda g, z, x, axis: g.reshape(x.shape),
                 doc="x with a new axis of length 1, or a tuple of them, at `axis`.")
broadcast_to = Op("broadcast_to", lambda x, shape: np.broadcast_to(x, shape), lambda g, z, x, shape: g,
                  doc="x repeated along new axes in front and along those of length 1, until it has `shape`.")
_astype = Op("astype", lambda x, dtype: x.astype(dtype), lambda g, z, x, dtype: g.astype(x.dtype),
             doc="x in another floating-point type; its gradient comes back in the first.")
_index = Op("index", lambda x, key: x[key], lambda g, z, x, key: _scatter(g, key, x.shape),
            doc="x[key], for every kind of key that numpy has; an element taken twice gets both gradients.")
_scatter = Op("scatter", scatter_forward, lambda g, z, x, key, shape: g[key])
_concatenate = Op("concatenate", lambda *args: np.concatenate(args[:-1], args[-1]),
                  together=lambda g, z, *args: pieces(g, [np.shape(x)[args[-1]] for x in args[:-1]], args[-1]))
_stack = Op("stack", lambda *args: np.stack(args[:-1], args[-1]),
            together=lambda g, z, *args: [g[along(args[-1], k)] for k in range(len(args) - 1)])

# -- products of arrays -----------------------------------------------------------------------------------------

matmul = Op("matmul", operator.matmul, matmul_x, matmul_y,
            doc="x @ y: the product of matrices, of stacks of them in the last two axes, or with rows of one axis.")
affine = Op("affine", affine_forward,
            lambda g, z, x, w, b: g @ w.mT, lambda g, z, x, w, b: x.mT @ g, lambda g, z, x, w, b: g,
            doc="x @ w + b, a layer: x (N, D), w (D, M), b (M,) give (N, M).")

# -- what classifiers and regressions end in --------------------------------------------------------------------

softmax = Op("softmax", softmax_forward,
             lambda g, z, x, axis: z * (g - (g * z).sum(axis=axis, keepdims=True)),
             doc="exp(x) / sum(exp(x)) along an axis, without overflow.")
log_softmax = Op("log_softmax", log_softmax_forward,
                 lambda g, z, x, axis: g - np.exp(z) * g.sum(axis=axis, keepdims=True),
                 doc="log(softmax(x)) along an axis, exact for large x too.")
_softmax_cross_entropy = Op("softmax_cross_entropy", cross_entropy_forward,
                            lambda g, z, x, labels, cache: g / len(labels) * (
                                softmax(x) - (labels[:, None] == np.arange(x.shape[1])) if type(x) is Tensor
                                else cache[0]))
mse = Op("mse", mse_forward,
         lambda g, z, x, y: g * (2 / (x.size or 1)) * (x - y),
         lambda g, z, x, y: g * (2 / (x.size or 1)) * (y - x),
         doc="The mean squared error of a prediction x from a target y: the mean is over all elements. Two shapes that "
             "differ are a ValueError.")

import autodiff.composed  # noqa: E402, F401    (the next link: see autodiff.tensor)
