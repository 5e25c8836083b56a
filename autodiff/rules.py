"""The table of primitives: a forward function and one rule per argument, a row each.

A rule reads as "partial derivative times g": g is the upstream gradient, z the output, then the inputs in order.
It is plain numpy, so a first derivative runs at numpy's speed; handed Tensors, it records itself, and a gradient
can be differentiated again. Rules never undo broadcasting: the walk does, once for all.
Arguments without a rule (axis, shape, key, mask) come last. What is made of other operations has no row at all.
Here `sum`, `max`, `min`, `abs` are the functions for arrays, not Python's own.
"""
import functools
import math
import operator
import string

import numpy as np
from numpy.lib import array_utils

from autodiff.graph import Op
from autodiff.tensor import NUMPY, Tensor, value_of

# -- arithmetic -------------------------------------------------------------------------------------------------

add = Op("add", operator.add, lambda g, z, x, y: g, lambda g, z, x, y: g)
subtract = Op("sub", operator.sub, lambda g, z, x, y: g, lambda g, z, x, y: -g)
multiply = Op("mul", operator.mul, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)
divide = Op("div", operator.truediv, lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y)
negative = Op("neg", operator.neg, lambda g, z, x: -g)
power = Op("pow", operator.pow,
           lambda g, z, x, y: g * (y * x ** _less_one(x, y)),
           lambda g, z, x, y: g * (z * np.log(np.where((x == 0) & (y >= 0), 1, x))))


def _less_one(x, y):
    """The exponent y - 1, but 1 where x and y are 0: so x ** 0 has the gradient 0 * x = 0, at x = 0 too."""
    if isinstance(y, (int, float)):
        return y - 1 if y else 1
    return np.where((x == 0) & (y == 0), 1, y - 1.0)              # 1.0: unsigned exponents have nothing below 0


# -- one number in, one number out ------------------------------------------------------------------------------

abs = Op("abs", operator.abs, lambda g, z, x: g * np.sign(x))                       # 0 at 0
square = Op("square", np.square, lambda g, z, x: g * (2 * x))
sqrt = Op("sqrt", np.sqrt, lambda g, z, x: g / (2 * z))                             # inf at 0
reciprocal = Op("reciprocal", np.reciprocal, lambda g, z, x: -g * z * z)
exp = Op("exp", np.exp, lambda g, z, x: g * z)
expm1 = Op("expm1", np.expm1, lambda g, z, x: g * (z + 1))
log = Op("log", np.log, lambda g, z, x: g / x)
log1p = Op("log1p", np.log1p, lambda g, z, x: g / (1 + x))
log2 = Op("log2", np.log2, lambda g, z, x: g / (x * math.log(2)))
log10 = Op("log10", np.log10, lambda g, z, x: g / (x * math.log(10)))
sin = Op("sin", np.sin, lambda g, z, x: g * np.cos(x))
cos = Op("cos", np.cos, lambda g, z, x: -g * np.sin(x))
tan = Op("tan", np.tan, lambda g, z, x: g * (1 + z * z))
arcsin = Op("arcsin", np.arcsin, lambda g, z, x: g / np.sqrt(1 - x * x))
arccos = Op("arccos", np.arccos, lambda g, z, x: -g / np.sqrt(1 - x * x))
arctan = Op("arctan", np.arctan, lambda g, z, x: g / (1 + x * x))
sinh = Op("sinh", np.sinh, lambda g, z, x: g * np.cosh(x))
cosh = Op("cosh", np.cosh, lambda g, z, x: g * np.sinh(x))
tanh = Op("tanh", np.tanh, lambda g, z, x: g * (1 - z * z))
sigmoid = Op("sigmoid", lambda x: np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))),    # never overflows
             lambda g, z, x: g * (z * (1 - z)))
softplus = Op("softplus", lambda x: np.logaddexp(x, 0), lambda g, z, x: g * sigmoid(x))

# -- choices: masks are constants -------------------------------------------------------------------------------

relu = Op("relu", lambda x: np.maximum(x, 0), lambda g, z, x: g * (x > 0))                # 0 at 0
maximum = Op("maximum", np.maximum,                # half to each at a tie: the mean of giving all to x and all to y
             lambda g, z, x, y: (g * (x > y) + g * (x >= y)) / 2, lambda g, z, x, y: (g * (y > x) + g * (y >= x)) / 2)
minimum = Op("minimum", np.minimum,
             lambda g, z, x, y: (g * (x < y) + g * (x <= y)) / 2, lambda g, z, x, y: (g * (y < x) + g * (y <= x)) / 2)
clip = Op("clip", lambda x, a_min=None, a_max=None: np.clip(x, a_min, a_max),
          lambda g, z, x, a_min, a_max: g * (x == z))                                     # 1 on the bounds
_where = Op("where", lambda x, y, mask: np.where(mask, x, y),
            lambda g, z, x, y, mask: np.where(mask, g, 0),
            lambda g, z, x, y, mask: np.where(mask, 0, g))


def where(condition, x, y):
    """x where `condition` holds, else y."""
    return _where(x, y, value_of(condition))


# -- sums and their kin -----------------------------------------------------------------------------------------

def _axes(axis, ndim):
    """`axis` (None for all, a number or several) as numbers that are not negative; AxisError where there is none."""
    return tuple(range(ndim)) if axis is None else array_utils.normalize_axis_tuple(axis, ndim)


def _one_axis(axis, ndim):
    return _axes(operator.index(axis), ndim)[0]


def _spread(g, x, axis):
    """`g`, which lacks the axes that were reduced (or has them with length 1), in the shape of x."""
    if axis is not None and g.ndim < x.ndim:
        if type(axis) is int:
            g = g[(slice(None),) * (axis % x.ndim) + (None,)]
        else:
            g = g.reshape([1 if i in _axes(axis, x.ndim) else n for i, n in enumerate(x.shape)])
    if type(g) is Tensor or x.size > 10_000:
        return broadcast_to(g, x.shape)                           # a view: no memory, but slow to make
    z = np.empty(x.shape, g.dtype)
    z[...] = g
    return z


def _ties(x, z, axis):
    """Constant weights: equal shares for the elements of x that reach the extremum z, 0 for the others."""
    x = value_of(x)
    share = (x == _spread(value_of(z), x, axis)).astype(x.dtype)
    return share / share.sum(axis=axis, keepdims=True)


def _logsumexp(x, axis=None, keepdims=False):
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    z = np.log(np.add.reduce(np.exp(x - top), axis=axis, keepdims=keepdims))
    return z + top.reshape(z.shape)


sum = Op("sum", lambda x, axis=None, keepdims=False: np.add.reduce(x, axis=axis, keepdims=keepdims),
         lambda g, z, x, axis, keepdims: _spread(g, x, axis))
mean = Op("mean", lambda x, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
          lambda g, z, x, axis, keepdims: _spread(g * (z.size / (x.size or 1)), x, axis))
max = Op("max", lambda x, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims),
         lambda g, z, x, axis, keepdims: _spread(g, x, axis) * _ties(x, z, axis))
min = Op("min", lambda x, axis=None, keepdims=False: np.min(x, axis=axis, keepdims=keepdims),
         lambda g, z, x, axis, keepdims: _spread(g, x, axis) * _ties(x, z, axis))
norm = Op("norm", lambda x, axis=None, keepdims=False: np.sqrt(np.add.reduce(x * x, axis=axis, keepdims=keepdims)),
          lambda g, z, x, axis, keepdims: _spread(g / np.where(z == 0, 1, z), x, axis) * x)               # 0 at 0
logsumexp = Op("logsumexp", _logsumexp,
               lambda g, z, x, axis, keepdims: _spread(g, x, axis) * np.exp(x - _spread(z, x, axis)))
cumsum = Op("cumsum", lambda x, axis=None: np.cumsum(x, axis),
            lambda g, z, x, axis: flip(cumsum(flip(g, axis), axis), axis).reshape(x.shape))


def prod(x, axis=None, *, keepdims=False):
    """The product, in halves: made of multiplications, its derivatives of any order are exact with zeros too."""
    x = _array(x)
    axes = _axes(axis, x.ndim)
    shape = [n for i, n in enumerate(x.shape) if i not in axes]
    rows = moveaxis(x, axes, [*range(len(axes))]).reshape(math.prod(x.shape[i] for i in axes), *shape)
    while len(rows) > 1:
        half = len(rows) // 2
        pairs = rows[:half] * rows[half:2 * half]
        rows = concatenate([pairs, rows[2 * half:]]) if len(rows) % 2 else pairs
    if keepdims:
        shape = [1 if i in axes else n for i, n in enumerate(x.shape)]
    return rows.reshape(shape) if len(rows) else np.ones(shape, x.dtype)


def var(x, axis=None, *, ddof=0, keepdims=False):
    """The variance: the sum of squared distances from the mean, over n - ddof."""
    off, n = _centred(x, axis, ddof)
    return sum(off * off, axis, keepdims) / n


def std(x, axis=None, *, ddof=0, keepdims=False):
    """The standard deviation, the root of `var`; its gradient is 0 where it is 0."""
    off, n = _centred(x, axis, ddof)
    return norm(off, axis, keepdims) / n ** 0.5


def _centred(x, axis, ddof):
    x = _array(x)
    middle = mean(x, axis, keepdims=True)
    n = math.prod(x.shape[i] for i in _axes(axis, x.ndim))
    return x - middle, float(np.maximum(n - ddof, 0))


# -- shapes and places ------------------------------------------------------------------------------------------

def _put(g, key, shape):
    z = np.zeros(shape, g.dtype)
    if all(part is None or part is ... or isinstance(part, (int, np.integer, slice))
           for part in (key if isinstance(key, tuple) else (key,))):
        z[key] = g
    else:
        np.add.at(z, key, g)                                      # an element taken twice gets both gradients
    return z


reshape = Op("reshape", lambda x, shape: np.reshape(x, shape), lambda g, z, x, shape: g.reshape(x.shape))
ravel = Op("ravel", lambda x: np.reshape(x, -1), lambda g, z, x: g.reshape(x.shape))
transpose = Op("transpose", lambda x, axes=None: np.transpose(x, axes),
               lambda g, z, x, axes: np.transpose(g, None if axes is None else np.argsort([i % x.ndim for i in axes])))
swapaxes = Op("swapaxes", lambda x, axis1, axis2: np.swapaxes(x, axis1, axis2),
              lambda g, z, x, axis1, axis2: np.swapaxes(g, axis1, axis2))
moveaxis = Op("moveaxis", lambda x, source, destination: np.moveaxis(x, source, destination),
              lambda g, z, x, source, destination: np.moveaxis(g, destination, source))
squeeze = Op("squeeze", lambda x, axis=None: np.squeeze(x, axis), lambda g, z, x, axis: g.reshape(x.shape))
expand_dims = Op("expand_dims", lambda x, axis: np.expand_dims(x, axis), lambda g, z, x, axis: g.reshape(x.shape))
broadcast_to = Op("broadcast_to", lambda x, shape: np.broadcast_to(x, shape), lambda g, z, x, shape: g)
_astype = Op("astype", lambda x, dtype: x.astype(dtype), lambda g, z, x, dtype: g.astype(x.dtype))
_index = Op("index", lambda x, key: x[key], lambda g, z, x, key: _scatter(g, key, x.shape))
_scatter = Op("scatter", _put, lambda g, z, x, key, shape: g[key])
_concatenate = Op("concatenate", lambda *args: np.concatenate(args[:-1], args[-1]),
                  together=lambda g, z, *args: _pieces(g, [np.shape(x)[args[-1]] for x in args[:-1]], args[-1]))
_stack = Op("stack", lambda *args: np.stack(args[:-1], args[-1]),
            together=lambda g, z, *args: [g[_along(args[-1], k)] for k in range(len(args) - 1)])


def _along(axis, key):
    """The key that is `key` along `axis` (not negative) and takes all along the axes before it."""
    return (*[slice(None)] * axis, key)


def _pieces(g, lengths, axis):
    ends = np.cumsum([0, *lengths]).tolist()
    return [g[_along(axis, slice(*ends[k:k + 2]))] for k in range(len(lengths))]


def _array(x):
    return x if type(x) is Tensor else np.asarray(x)


def take(x, indices, axis=None):
    """The elements of x at `indices` along an axis, or of all of x in one row; repeats accumulate."""
    x, axis = (ravel(x), 0) if axis is None else (_array(x), axis)
    return x[_along(_one_axis(axis, x.ndim), np.asarray(indices) + 0)]            # True is 1 here, and no mask


def concatenate(arrays, axis=0):
    """Arrays joined along an axis that they have; with axis None, all their elements in one row."""
    arrays = [ravel(x) if axis is None else _array(x) for x in arrays]
    return _concatenate(*arrays, _one_axis(0 if axis is None else axis, arrays[0].ndim))


def stack(arrays, axis=0):
    """Arrays of one shape joined along a new axis."""
    arrays = [_array(x) for x in arrays]
    return _stack(*arrays, _one_axis(axis, arrays[0].ndim + 1))


def split(x, indices_or_sections, axis=0):
    """A list of pieces of x along an axis: so many equal ones, or cut at the places in a list."""
    x = _array(x)
    axis = _one_axis(axis, x.ndim)
    places = np.split(np.arange(x.shape[axis]), indices_or_sections)
    return [x[_along(axis, slice(p[0], p[-1] + 1) if len(p) else slice(0))] for p in places]


def tile(x, reps):
    """x laid side by side `reps` times along each axis."""
    x, reps = _array(x), (reps if isinstance(reps, (tuple, list)) else (reps,))
    n = np.maximum(x.ndim, len(reps))
    shape, reps = (1,) * (n - x.ndim) + x.shape, (1,) * (n - len(reps)) + tuple(reps)
    grown = broadcast_to(x.reshape([m for length in shape for m in (1, length)]),
                         [m for pair in zip(reps, shape, strict=True) for m in pair])
    return grown.reshape([r * length for r, length in zip(reps, shape, strict=True)])


def repeat(x, repeats, axis=None):
    """Each element along an axis (or of all of x in one row) `repeats` times in a row."""
    x, axis = (ravel(x), 0) if axis is None else (_array(x), axis)
    return take(x, np.repeat(np.arange(x.shape[_one_axis(axis, x.ndim)]), repeats), axis)


def flip(x, axis=None):
    """x in reverse order along all axes, one, or a tuple of them."""
    x = _array(x)
    axes = _axes(axis, x.ndim)
    return x[tuple(slice(None, None, -1 if i in axes else 1) for i in range(x.ndim))]


def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonal of two axes of x, as a new last axis."""
    x = moveaxis(_array(x), (axis1, axis2), (-2, -1))
    return x[(..., *np.nonzero(np.eye(*x.shape[-2:], offset)))]


def diag(x, k=0):
    """The diagonal of a matrix; or the matrix with the row x on its diagonal and zeros elsewhere."""
    x = _array(x)
    if x.ndim != 1:
        if x.ndim != 2:
            raise ValueError(f"diag takes a matrix or a row, not shape {x.shape}; see diagonal")
        return diagonal(x, k)
    n = len(x) + operator.abs(k)
    return _scatter(x, np.nonzero(np.eye(n, n, k)), (n, n))


def matrix_trace(x, offset=0, axis1=0, axis2=1):
    """The sum of a diagonal: numpy.trace (`autodiff.trace` is the module that records steps)."""
    return sum(diagonal(x, offset, axis1, axis2), -1)


def tril(x, k=0):
    """x with zeros above its k-th diagonal."""
    x = _array(x)
    return where(np.tri(*x.shape[-2:], k=k, dtype=bool), x, 0)


def triu(x, k=0):
    """x with zeros below its k-th diagonal."""
    x = _array(x)
    return where(np.tri(*x.shape[-2:], k=k - 1, dtype=bool), 0, x)


# -- products of arrays -----------------------------------------------------------------------------------------

def _matmul_x(g, z, x, y):
    if y.ndim == 1:
        return g[..., None] * y
    return g @ y.mT if x.ndim > 1 else (g[..., None, :] * y).sum(axis=-1)


def _matmul_y(g, z, x, y):
    if y.ndim == 1:
        return g[..., None] * x
    return x.mT @ g if x.ndim > 1 else x[:, None] * g[..., None, :]


def _affine(x, w, b):
    shapes = [getattr(v, "shape", ()) for v in (x, w, b)]
    if [len(shape) for shape in shapes] != [2, 2, 1] or shapes[2] != shapes[1][1:]:
        raise ValueError("a layer takes arrays x (N, D), w (D, M) and b (M,)")
    return x @ w + b


matmul = Op("matmul", operator.matmul, _matmul_x, _matmul_y)
affine = Op("affine", _affine,
            lambda g, z, x, w, b: g @ w.mT, lambda g, z, x, w, b: x.mT @ g, lambda g, z, x, w, b: g)


def tensordot(x, y, axes=2):
    """Sums of products over `axes`: the last n of x with the first n of y, or a pair of lists of axes."""
    x, y = _array(x), _array(y)
    if isinstance(axes, int):
        axes = range(x.ndim - axes, x.ndim), range(axes)
    xs, ys = (_axes(axis, ndim) for axis, ndim in zip(axes, (x.ndim, y.ndim), strict=True))
    if [x.shape[i] for i in xs] != [y.shape[i] for i in ys]:
        raise ValueError(f"tensordot: axes {xs} of shape {x.shape} do not fit axes {ys} of shape {y.shape}")
    x_free, y_free = [i for i in range(x.ndim) if i not in xs], [i for i in range(y.ndim) if i not in ys]
    n = math.prod(x.shape[i] for i in xs)
    shape = [*(x.shape[i] for i in x_free), *(y.shape[i] for i in y_free)]
    rows = transpose(x, [*x_free, *xs]).reshape(math.prod(x.shape[i] for i in x_free), n)
    return (rows @ transpose(y, [*ys, *y_free]).reshape(n, math.prod(y.shape[i] for i in y_free))).reshape(shape)


def dot(x, y):
    """numpy's dot: the product of numbers, of rows, of matrices; else over x's last and y's last but one axis."""
    x, y = _array(x), _array(y)
    if not (x.ndim and y.ndim):
        return x * y
    return matmul(x, y) if y.ndim <= 2 else tensordot(x, y, (-1, -2))


def inner(x, y):
    """Sums of products over the last axes of both."""
    x, y = _array(x), _array(y)
    return tensordot(x, y, (-1, -1)) if x.ndim and y.ndim else x * y


def outer(x, y):
    """All products of an element of x and one of y, as a matrix."""
    return ravel(x)[:, None] * ravel(y)[None, :]


def einsum(subscripts, *operands):
    """Sums of products by Einstein's convention, as in numpy: einsum("ij,jk->ik", x, y)."""
    operands = [_array(x) for x in operands]
    inputs, output = _spelled_out(subscripts, operands)
    for k, labels in enumerate(inputs):
        for label in sorted(set(labels)):
            while inputs[k].count(label) > 1:                     # "ii" is "i" of the diagonal
                i = inputs[k].index(label)
                j = inputs[k].index(label, i + 1)
                if operands[k].shape[i] != operands[k].shape[j]:
                    raise ValueError(f"einsum: {label!r} stands for axes of different lengths in shape "
                                     f"{operands[k].shape}")
                operands[k] = diagonal(operands[k], 0, i, j)
                inputs[k] = inputs[k][:i] + inputs[k][i + 1:j] + inputs[k][j + 1:] + label
    return Op("einsum", lambda *xs: np.einsum(f"{','.join(inputs)}->{output}", *xs),
              *(functools.partial(_einsum_rule, k, inputs, output) for k in range(len(inputs))))(*operands)


def _einsum_rule(k, inputs, output, g, z, *xs):
    """Output and operand k change places; a label that only operand k has was summed away, so g is spread along it."""
    others, x = [i for i in range(len(xs)) if i != k], xs[k]
    known = {*output, *(label for i in others for label in inputs[i])}
    dx = einsum(f"{','.join([output, *(inputs[i] for i in others)])}->{''.join(c for c in inputs[k] if c in known)}",
                g, *(xs[i] for i in others))
    if dx.shape == x.shape:
        return dx
    lengths = iter(dx.shape)
    dx = dx.reshape([next(lengths) if c in known else 1 for c in inputs[k]])
    return broadcast_to(dx, np.broadcast_shapes(dx.shape, x.shape))       # the walk sums what x has with length 1


def _spelled_out(subscripts, operands):
    """Labels of each operand and of the output, with letters for every axis behind `...`."""
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(operands):
        raise ValueError(f"einsum: {subscripts!r} names {len(inputs)} operands, and {len(operands)} were given")
    spare = [c for c in string.ascii_letters if c not in subscripts]
    hidden = [x.ndim - len(labels) + 3 if "..." in labels else 0 for x, labels in zip(operands, inputs, strict=True)]
    dots = "".join(spare[:np.max(hidden)])
    inputs = [labels.replace("...", dots[len(dots) - n:]) for labels, n in zip(inputs, hidden, strict=True)]
    once = "".join(c for c in sorted(set(left) - set(".,")) if left.count(c) == 1)
    return inputs, output.replace("...", dots) if arrow else dots + once


# -- what classifiers and regressions end in --------------------------------------------------------------------

def _softmax(x, axis=-1):
    p = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    p /= np.add.reduce(p, axis=axis, keepdims=True)
    return p


def _log_softmax(x, axis=-1):
    x = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    return x - np.log(np.add.reduce(np.exp(x), axis=axis, keepdims=True))


def _cross_entropy(x, labels, cache):
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


def _squared_error(x, y):
    if np.shape(x) != np.shape(y):
        raise ValueError("prediction and target must have one shape, or each would be compared with all others")
    return np.mean((x - y) ** 2)


softmax = Op("softmax", _softmax,
             lambda g, z, x, axis: z * (g - (g * z).sum(axis=axis, keepdims=True)))
log_softmax = Op("log_softmax", _log_softmax,
                 lambda g, z, x, axis: g - np.exp(z) * g.sum(axis=axis, keepdims=True))
_softmax_cross_entropy = Op("softmax_cross_entropy", _cross_entropy,
                            lambda g, z, x, labels, cache: g / len(labels) * (
                                softmax(x) - (labels[:, None] == np.arange(x.shape[1])) if type(x) is Tensor
                                else cache[0]))
mse = Op("mse", _squared_error,
         lambda g, z, x, y: g * (2 / (x.size or 1)) * (x - y),
         lambda g, z, x, y: g * (2 / (x.size or 1)) * (y - x))


def softmax_cross_entropy(logits, labels):
    """The mean over N rows of -log(softmax(logits)[label]); logits (N, C), labels N integers from 0 to C - 1."""
    labels, shape = np.asarray(labels), np.shape(value_of(logits))
    if labels.dtype.kind not in "iu" or len(shape) != 2 or labels.shape != shape[:1]:
        raise ValueError(f"softmax_cross_entropy: logits have shape (N, C), labels are N integers; these are {shape} "
                         f"and {labels.dtype} of shape {labels.shape}")
    if labels.size and not 0 <= np.minimum.reduce(labels) <= np.maximum.reduce(labels) < shape[1]:
        raise ValueError(f"softmax_cross_entropy: with logits of shape {shape} labels are from 0 to {shape[1] - 1}; "
                         f"these are from {labels.min()} to {labels.max()}")
    return _softmax_cross_entropy(logits, labels, [])


# -- hung into Tensor and into numpy's protocols ----------------------------------------------------------------

def _reflected(function):
    return lambda y, x: function(x, y)


def _constant(function):
    """`function` of the plain values: its result has no gradient."""
    def plain(*args, out=None, **kwargs):
        if out is not None:
            raise TypeError(f"numpy.{function.__name__} of Tensors gives a new array, without out")
        return function(*map(value_of, args), **{k: value_of(x) for k, x in kwargs.items()})
    return plain


def _by_name(function):
    """A reduction as numpy calls it: its third argument by position is not ours, but a dtype or an array to fill."""
    def reduction(x, axis=None, *others, **kwargs):
        if others:
            raise TypeError(f"{function.__name__} of Tensors takes what follows axis by its name, as keepdims=True")
        return function(x, axis, **kwargs)
    return reduction


def _full_like(x, fill_value, *args, **kwargs):
    x = value_of(x)
    if type(fill_value) is not Tensor:
        return np.full_like(x, fill_value, *args, **kwargs)
    ones = np.ones_like(x, *args, **kwargs)
    return (fill_value * ones).astype(ones.dtype)


def _numpy_norm(x, ord=None, axis=None, keepdims=False):
    """numpy.linalg.norm, for the order that is the root of a sum of squares."""
    if ord is not None and (ord, len(_axes(axis, x.ndim))) not in ((2, 1), ("fro", 2)):
        raise TypeError(f"numpy.linalg.norm of Tensors is the root of the sum of squares; {ord=} has no rule")
    return norm(x, axis, keepdims)


_MADE_HERE = {name: value for name, value in globals().items()
              if name[0] != "_" and callable(value) and value not in (Op, Tensor, value_of)}
__all__ = sorted(_MADE_HERE)

NUMPY.update({getattr(np, name): function for name, function in _MADE_HERE.items() if hasattr(np, name)})
NUMPY.update({np.trace: matrix_trace, np.linalg.norm: _numpy_norm,
              np.full_like: _full_like, np.amax: max, np.amin: min})
NUMPY.update({function: _by_name(NUMPY[function]) for function in [
    np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.cumsum]})
NUMPY.update({function: _constant(function) for function in [
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isclose, np.allclose,
    np.array_equal, np.logical_not, np.logical_and, np.logical_or, np.isfinite, np.isnan, np.isinf, np.sign,
    np.signbit, np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.zeros_like, np.ones_like, np.empty_like,
    np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.nonzero, np.count_nonzero, np.any,
    np.all, np.result_type]})


def _shape_in_pieces(function):
    """A method that takes a shape as one argument or as several: x.reshape(2, 3), x.reshape((2, 3))."""
    def method(x, *shape):
        apart = shape and isinstance(shape[0], (int, np.integer))
        return function(x, shape) if apart else function(x, *shape)
    return method


for _name, _op in {"add": add, "sub": subtract, "mul": multiply, "truediv": divide, "pow": power,
                   "matmul": matmul}.items():
    setattr(Tensor, f"__{_name}__", _op)
    setattr(Tensor, f"__r{_name}__", _reflected(_op))
for _name, _op in {"__neg__": negative, "__abs__": abs, "__getitem__": _index, "sum": sum, "mean": mean, "prod": prod,
                   "max": max, "min": min, "var": var, "std": std, "cumsum": cumsum, "clip": clip, "ravel": ravel,
                   "flatten": ravel, "swapaxes": swapaxes, "squeeze": squeeze, "take": take, "repeat": repeat,
                   "diagonal": diagonal, "trace": matrix_trace, "dot": dot, "astype": _astype}.items():
    setattr(Tensor, _name, _op)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Tensor, f"__{_name}__", _constant(getattr(operator, _name)))
for _name in ("argmax", "argmin", "argsort", "any", "all", "round"):
    setattr(Tensor, _name, _constant(getattr(np, _name)))
Tensor.reshape, Tensor.transpose = _shape_in_pieces(reshape), _shape_in_pieces(transpose)
Tensor.T, Tensor.mT = property(lambda x: transpose(x)), property(lambda x: swapaxes(x, -1, -2))
