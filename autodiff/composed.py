"""What is made of other operations, and so needs no rules: every derivative follows from theirs.

Each function takes what numpy's function of its name takes, plain arrays too; Tensors among them make it a Tensor.
Here `sum` is the function for arrays, not Python's own.
"""
from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.constants import StandIn
from autodiff.graph import Op
from autodiff.parts import along, axes_of, one_axis
from autodiff.rules import (
    _concatenate,
    _scatter,
    _softmax_cross_entropy,
    _stack,
    _where,
    broadcast_to,
    matmul,
    mean,
    moveaxis,
    norm,
    ravel,
    sum,
    transpose,
)
from autodiff.tensor import as_array, value_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"     # the module `string` takes 0.5 ms to import

# -- choices ----------------------------------------------------------------------------------------------------

def where(condition: ArrayLike, x: ArrayLike, y: ArrayLike) -> Any:
    """x where `condition` holds, else y."""
    return _where(x, y, value_of(condition))


# -- sums and their kin -----------------------------------------------------------------------------------------

def prod(x: ArrayLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Any:
    """The product, in halves: made of multiplications, its derivatives of any order are exact with zeros too."""
    x = as_array(x)
    axes = axes_of(axis, x.ndim)
    shape = [n for i, n in enumerate(x.shape) if i not in axes]
    rows = moveaxis(x, axes, [*range(len(axes))]).reshape(math.prod(x.shape[i] for i in axes), *shape)
    while len(rows) > 1:
        half = len(rows) // 2
        pairs = rows[:half] * rows[half:2 * half]
        rows = concatenate([pairs, rows[2 * half:]]) if len(rows) % 2 else pairs
    if keepdims:
        shape = [1 if i in axes else n for i, n in enumerate(x.shape)]
    return rows.reshape(shape) if len(rows) else sum(rows, 0).reshape(shape) + 1


def var(x: ArrayLike, axis: int | Sequence[int] | None = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance: the sum of squared distances from the mean, over n - ddof."""
    off, n = _centred(x, axis, ddof)
    return sum(off * off, axis, keepdims) / n


def std(x: ArrayLike, axis: int | Sequence[int] | None = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation, the root of `var`; its gradient is 0 where it is 0."""
    off, n = _centred(x, axis, ddof)
    return norm(off, axis, keepdims) / n ** 0.5


def _centred(x, axis, ddof):
    x = as_array(x)
    middle = mean(x, axis, keepdims=True)
    n = math.prod(x.shape[i] for i in axes_of(axis, x.ndim))
    return x - middle, float(np.maximum(n - ddof, 0))


# -- shapes and places ------------------------------------------------------------------------------------------

def take(x: ArrayLike, indices: ArrayLike, axis: int | None = None) -> Any:
    """The elements of x at `indices` along an axis, or of all of x in one row; repeats accumulate."""
    x, axis = _in_one_row(x, axis)
    return x[along(one_axis(axis, x.ndim), as_array(indices) + 0)]            # True is 1 here, and no mask


def _in_one_row(x, axis) -> tuple[np.ndarray, int]:
    return (ravel(x), 0) if axis is None else (as_array(x), axis)


def concatenate(arrays: Sequence[ArrayLike], axis: int | None = 0) -> Any:
    """Arrays joined along an axis that they have; with axis None, all their elements in one row."""
    arrays = [ravel(x) if axis is None else as_array(x) for x in arrays]
    return _concatenate(*arrays, one_axis(0 if axis is None else axis, arrays[0].ndim))


def stack(arrays: Sequence[ArrayLike], axis: int = 0) -> Any:
    """Arrays of one shape joined along a new axis."""
    arrays = [as_array(x) for x in arrays]
    return _stack(*arrays, one_axis(axis, arrays[0].ndim + 1))


def split(x: ArrayLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """A list of pieces of x along an axis: so many equal ones, or cut at the places in a list."""
    x = as_array(x)
    axis = one_axis(axis, x.ndim)
    places = np.split(np.arange(x.shape[axis]), indices_or_sections)
    return [x[along(axis, slice(p[0], p[-1] + 1) if len(p) else slice(0))] for p in places]


def tile(x: ArrayLike, reps: int | Sequence[int]) -> Any:
    """x laid side by side `reps` times along each axis."""
    x = as_array(x)
    times: tuple[Any, ...] = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    n = max(x.ndim, len(times))
    shape, times = (1,) * (n - x.ndim) + x.shape, (1,) * (n - len(times)) + times
    grown = broadcast_to(x.reshape([m for length in shape for m in (1, length)]),
                         [m for pair in zip(times, shape, strict=True) for m in pair])
    return grown.reshape([r * length for r, length in zip(times, shape, strict=True)])


def repeat(x: ArrayLike, repeats: int | Sequence[int], axis: int | None = None) -> Any:
    """Each element along an axis (or of all of x in one row) `repeats` times in a row."""
    x, axis = _in_one_row(x, axis)
    return take(x, np.repeat(np.arange(x.shape[one_axis(axis, x.ndim)]), repeats), axis)


def flip(x: ArrayLike, axis: int | Sequence[int] | None = None) -> Any:
    """x in reverse order along all axes, one, or a tuple of them."""
    x = as_array(x)
    axes = axes_of(axis, x.ndim)
    return x[tuple(slice(None, None, -1 if i in axes else 1) for i in range(x.ndim))]


def diagonal(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of two axes of x, as a new last axis."""
    x = as_array(moveaxis(x, (axis1, axis2), (-2, -1)))
    rows, columns = x.shape[-2:]
    return x[(..., *np.nonzero(np.eye(rows, columns, offset)))]


def diag(x: ArrayLike, k: int = 0) -> Any:
    """The diagonal of a matrix; or the matrix with the row x on its diagonal and zeros elsewhere."""
    x = as_array(x)
    if x.ndim != 1:
        if x.ndim != 2:
            raise ValueError(f"diag takes a matrix or a row, not shape {x.shape}; see diagonal")
        return diagonal(x, k)
    n = len(x) + abs(k)
    return _scatter(x, np.nonzero(np.eye(n, n, k)), (n, n))


def matrix_trace(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of a diagonal: numpy.trace (`autodiff.trace` is the module that records steps)."""
    return sum(diagonal(x, offset, axis1, axis2), -1)


def tril(x: ArrayLike, k: int = 0) -> Any:
    """x with zeros above its k-th diagonal."""
    x = as_array(x)
    return where(np.tri(*x.shape[-2:], k=k, dtype=bool), x, 0)


def triu(x: ArrayLike, k: int = 0) -> Any:
    """x with zeros below its k-th diagonal."""
    x = as_array(x)
    return where(np.tri(*x.shape[-2:], k=k - 1, dtype=bool), 0, x)


# -- products of arrays -----------------------------------------------------------------------------------------

def tensordot(x: ArrayLike, y: ArrayLike, axes: int | Sequence[Any] = 2) -> Any:
    """Sums of products over `axes`: the last n of x with the first n of y, or a pair of lists of axes."""
    x, y = as_array(x), as_array(y)
    if isinstance(axes, int):
        axes = range(x.ndim - axes, x.ndim), range(axes)
    xs, ys = (axes_of(axis, ndim) for axis, ndim in zip(axes, (x.ndim, y.ndim), strict=True))
    if [x.shape[i] for i in xs] != [y.shape[i] for i in ys]:
        raise ValueError(f"tensordot: axes {xs} of shape {x.shape} do not fit axes {ys} of shape {y.shape}")
    x_free, y_free = [i for i in range(x.ndim) if i not in xs], [i for i in range(y.ndim) if i not in ys]
    n = math.prod(x.shape[i] for i in xs)
    shape = [*(x.shape[i] for i in x_free), *(y.shape[i] for i in y_free)]
    rows = transpose(x, [*x_free, *xs]).reshape(math.prod(x.shape[i] for i in x_free), n)
    return (rows @ transpose(y, [*ys, *y_free]).reshape(n, math.prod(y.shape[i] for i in y_free))).reshape(shape)


def dot(x: ArrayLike, y: ArrayLike) -> Any:
    """numpy's dot: the product of numbers, of rows, of matrices; else over x's last and y's last but one axis."""
    x, y = as_array(x), as_array(y)
    if not (x.ndim and y.ndim):
        return x * y
    return matmul(x, y) if y.ndim <= 2 else tensordot(x, y, (-1, -2))


def inner(x: ArrayLike, y: ArrayLike) -> Any:
    """Sums of products over the last axes of both."""
    x, y = as_array(x), as_array(y)
    return tensordot(x, y, (-1, -1)) if x.ndim and y.ndim else x * y


def outer(x: ArrayLike, y: ArrayLike) -> Any:
    """All products of an element of x and one of y, as a matrix."""
    return ravel(x)[:, None] * ravel(y)[None, :]


def einsum(subscripts: Any, *operands: ArrayLike) -> Any:
    """Sums of products by Einstein's convention, as in numpy: einsum("ij,jk->ik", x, y).

    Numpy's other form has the labels in lists of numbers: einsum(x, [0, 1], y, [1, 2], [0, 2]).
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _in_letters([subscripts, *operands])
    arrays = [as_array(x) for x in operands]
    inputs, output = _spelled_out(subscripts, arrays)
    for k, labels in enumerate(inputs):
        for label in sorted(set(labels)):
            while inputs[k].count(label) > 1:                     # "ii" is "i" of the diagonal
                i = inputs[k].index(label)
                j = inputs[k].index(label, i + 1)
                if arrays[k].shape[i] != arrays[k].shape[j]:
                    raise ValueError(f"einsum: {label!r} stands for axes of different lengths in shape "
                                     f"{arrays[k].shape}")
                arrays[k] = diagonal(arrays[k], 0, i, j)
                inputs[k] = inputs[k][:i] + inputs[k][i + 1:j] + inputs[k][j + 1:] + label
    return _einsum(tuple(inputs), output)(*arrays)


@functools.lru_cache(maxsize=256)
def _einsum(inputs, output):
    """The primitive for these labels: the one kind of row whose number of arguments is open."""
    return Op("einsum", lambda *xs: np.einsum(f"{','.join(inputs)}->{output}", *xs),
              *(functools.partial(_einsum_rule, k, inputs, output) for k in range(len(inputs))))


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


def _in_letters(given) -> tuple[str, tuple[Any, ...]]:
    """einsum's arguments with labels by number, x, [0, 1], …, as its string and its operands."""
    lists = [*given[1::2], *given[2 * (len(given) // 2):]]
    if not all(isinstance(labels, (list, tuple)) for labels in lists):
        raise TypeError("einsum takes its subscripts as a string, or after each operand the list of its labels")
    texts = ["".join("..." if label is ... else LETTERS[operator.index(label)] for label in labels)
             for labels in lists]
    count = len(given) // 2
    return ",".join(texts[:count]) + "".join(f"->{text}" for text in texts[count:]), tuple(given[:2 * count:2])


def _spelled_out(subscripts, operands):
    """Labels of each operand and of the output, with letters for every axis behind `...`."""
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(operands):
        raise ValueError(f"einsum: {subscripts!r} names {len(inputs)} operands, and {len(operands)} were given")
    spare = [c for c in LETTERS if c not in subscripts]
    hidden = [x.ndim - len(labels) + 3 if "..." in labels else 0 for x, labels in zip(operands, inputs, strict=True)]
    dots = "".join(spare[:np.max(hidden)])
    inputs = [labels.replace("...", dots[len(dots) - n:]) for labels, n in zip(inputs, hidden, strict=True)]
    once = "".join(c for c in sorted(set(left) - set(".,")) if left.count(c) == 1)
    return inputs, output.replace("...", dots) if arrow else dots + once


# -- what classifiers end in ------------------------------------------------------------------------------------

LABELS_IN_RANGE = """if $.size and not 0 <= $.min() <= $.max() < {count}:
    raise ValueError("softmax_cross_entropy: with logits of shape {shape} labels are from 0 to {last}; "
                     f"these are from {{$.min()}} to {{$.max()}}")"""


def softmax_cross_entropy(logits: ArrayLike, labels: ArrayLike) -> Any:
    """The mean over N rows of -log(softmax(logits)[label]); logits (N, C), labels N integers from 0 to C - 1.

    Other shapes or labels are a ValueError.
    """
    labels, shape = as_array(labels), np.shape(value_of(logits))
    if labels.dtype.kind not in "iu" or len(shape) != 2 or labels.shape != shape[:1]:
        raise ValueError(f"softmax_cross_entropy: logits have shape (N, C), labels are N integers; these are {shape} "
                         f"and {labels.dtype} of shape {labels.shape}")
    if isinstance(labels, StandIn):
        labels.require(LABELS_IN_RANGE.format(shape=shape, count=shape[1], last=shape[1] - 1))
    elif labels.size and not 0 <= np.minimum.reduce(labels) <= np.maximum.reduce(labels) < shape[1]:
        raise ValueError(f"softmax_cross_entropy: with logits of shape {shape} labels are from 0 to {shape[1] - 1}; "
                         f"these are from {labels.min()} to {labels.max()}")
    return _softmax_cross_entropy(logits, labels, [])


import autodiff.methods  # noqa: E402, F401    (the next link: see autodiff.tensor)
