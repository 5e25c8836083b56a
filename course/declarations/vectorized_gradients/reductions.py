"""Sums, means and maxima over axes."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import UPSTREAM_DROPPED


def reduction_gradient(reduce):
    def oracle(dout, shape, axis=None, keepdims=False):
        return gradient_of(lambda x: reduce(x, axis=axis, keepdims=keepdims))(dout, np.zeros(shape))
    return oracle


def max_axis_gradient(dout, x, axis):
    return gradient_of(lambda x: autodiff.max(x, axis=axis))(dout, x)


def with_ties(d):
    """Rows of which one ties twice and one three times at its maximum."""
    x = d.array(3, 5)
    x[0, [1, 3]] = 4.0
    x[2, [0, 2, 4]] = 3.5
    return d.array(3), x, 1


# ------------------------------------------------------------------------------------ sum_backward

SUM = Exercise(
    "sum_backward(dout, shape, axis=None, keepdims=False)", "dx", points=2, oracle=reduction_gradient(autodiff.sum),
    upstream="dout",
    checks=(
        Check("one axis", 1, draw=lambda d: [
            (d.array(4), (3, 4), 0), (d.array(3), (3, 4), 1), (d.array(2, 5), (2, 3, 5), 1)]),
        Check("equal lengths", 0.25, edge=True, draw=lambda d: [(d.array(3), (3, 3), 1), (d.array(4), (4, 4), 0)]),
        Check("keepdims", 0.25, edge=True, draw=lambda d: [
            (d.array(3, 1), (3, 4), 1, True), (d.array(1, 4), (3, 4), 0, True), (d.array(1, 1), (3, 4), None, True)]),
        Check("all axes, several axes, negative axes", 0.5, edge=True, draw=lambda d: [
            (d.array(3), (2, 3, 5), (0, 2)), (d.array(3), (3, 4), -1), (d.array(2), (2, 3, 5), (-1, 1)),
            (d.array(3, 4), (3, 4, 2), (2,)), (d.array(3), (2, 3, 4), (2, 0)), (d.array(4, 3), (3, 4, 3), -3),
            *((d.number(), shape) for shape in ((3, 4), (2, 3, 5), (5,)))]),
    ),
    hints=("One element of x grows by 1: which entry of the sum moves, and by how much?",
           "Every element gets the gradient of the sum that it went into: sum copies on the way back. Put the lost "
           "axis back with length 1, and broadcasting does the copying.",
           "Unless axis is None or keepdims is True, np.expand_dims(dout, axis) first; then broadcast to shape."),
    read='lesson 4, "sums and means"', difficulty=2, minutes=8,
)


@SUM.mistake(code="V11", title="spread as a row",
             says="You let broadcasting place dout, and it lays it along the last axis. The sum took another axis "
                  "away.",
             ask="Where was the axis that is gone, and how does one put it back with length 1?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    return np.broadcast_to(dout, shape)


@SUM.mistake(**UPSTREAM_DROPPED)
def sum_backward(dout, shape, axis=None, keepdims=False):
    return np.ones(shape)


@SUM.mistake(code="V10", title="divided as in a mean",
             says="That is the gradient of the mean: you divided by the number of elements.",
             ask="Raise one element by 1: by how much does the sum move?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    g = dout if keepdims or axis is None else np.expand_dims(dout, axis)
    return np.broadcast_to(g, shape) * (np.size(dout) / np.prod(shape))


@SUM.mistake(code="V08", title="keepdims forgotten",
             says="With keepdims=True the axis is still there, with length 1; you put in another.",
             ask="Which shape has dout when keepdims is True?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    return np.broadcast_to(dout if axis is None else np.expand_dims(dout, axis), shape)


@SUM.mistake(code="V19", title="everyone gets the total",
             says="Every element got the sum of dout.",
             ask="Into which of the sums did an element go?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    return np.full(shape, np.sum(dout))


@SUM.mistake(code="V20", title="not spread out",
             says="You returned dout as it came; dx has the shape of x.",
             ask="How many elements of x went into one sum?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    return dout


@SUM.mistake(code="V21", title="one plain axis only",
             says="It works for one axis that is counted from the front; axis may also be negative, or a tuple.",
             ask="Which numpy function puts axes back, wherever they were?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    if axis is None:
        return np.broadcast_to(dout, shape)
    return np.broadcast_to(np.reshape(dout, [1 if k == axis else n for k, n in enumerate(shape)]), shape)


@SUM.mistake(code="V16", title="the first element only",
             says="Only the first element of each sum was paid.",
             ask="Which elements move the sum?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    dx = np.zeros(shape)
    if axis is None:
        dx.flat[0] = np.sum(dout)
        return dx
    g = dout if keepdims else np.expand_dims(dout, axis)
    dx[tuple(slice(0, n) for n in g.shape)] = g
    return dx


@SUM.mistake(code="X02", title="the worked example's shape",
             says="The result always has the shape of the worked example.",
             ask="Which argument tells the shape of x?")
def sum_backward(dout, shape, axis=None, keepdims=False):
    return np.broadcast_to(np.atleast_1d(dout), (3, 4)) if np.shape(dout) != (3,) else np.broadcast_to(dout[:, None],
                                                                                                       (3, 4))


@SUM.alternative(title="expand, then add zeros")
def sum_backward(dout, shape, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        dout = np.expand_dims(dout, axis)
    return dout + np.zeros(shape)


@SUM.alternative(title="reshape")
def sum_backward(dout, shape, axis=None, keepdims=False):
    axes = range(len(shape)) if axis is None else [k % len(shape) for k in np.atleast_1d(axis)]
    return np.ones(shape) * np.reshape(dout, [1 if k in axes else n for k, n in enumerate(shape)])


@SUM.alternative(title="a view")
def sum_backward(dout, shape, axis=None, keepdims=False):
    g = np.asarray(dout)
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


@SUM.alternative(title="element by element")
def sum_backward(dout, shape, axis=None, keepdims=False):
    sums = np.sum(np.arange(np.prod(shape)).reshape(shape) * 0.0, axis=axis, keepdims=True)
    g = np.reshape(dout, sums.shape)
    dx = np.empty(shape)
    for at in np.ndindex(*shape):
        dx[at] = g[tuple(k if n > 1 else 0 for k, n in zip(at, g.shape))]
    return dx


# ------------------------------------------------------------------------------------ mean_backward

MEAN = Exercise(
    "mean_backward(dout, shape, axis=None, keepdims=False)", "dx", points=1, oracle=reduction_gradient(autodiff.mean),
    upstream="dout",
    checks=(
        Check("one axis", 0.5, draw=lambda d: [
            (d.array(4), (3, 4), 0), (d.array(3), (3, 4), 1), (d.array(5), (5, 3), 1)]),
        Check("all axes, several axes, keepdims, equal lengths", 0.5, edge=True, draw=lambda d: [
            (d.array(3), (2, 3, 5), (0, 2)), (d.array(3, 1), (3, 4), -1, True), (d.array(4), (4, 4), 1),
            (d.array(3), (2, 3, 4), (2, 0)), (d.array(2), (2, 3, 5), (-1, 1)), (d.array(5), (3, 5), -2),
            *((d.number(), shape) for shape in ((3, 4), (2, 3, 5), (5,)))]),
    ),
    hints=("By how much does the mean of n numbers move when one of them grows by 1?",
           "A mean is a sum divided by a number, so its backward pass is that of the sum, divided by the same "
           "number: how many elements went into one mean.",
           "That number is the product of shape divided by the size of dout."),
    read='lesson 4, "sums and means"', difficulty=2, minutes=4,
)


@MEAN.mistake(code="V12", title="nothing divided",
              says="That is the gradient of the sum: n elements share one mean.",
              ask="Raise one of n elements by 1: by how much does their mean move?")
def mean_backward(dout, shape, axis=None, keepdims=False):
    g = dout if keepdims or axis is None else np.expand_dims(dout, axis)
    return np.broadcast_to(g, shape) * 1.0


@MEAN.mistake(code="V13", title="divided by the first axis",
              says="You divided by the length of the first axis, whichever axis the mean was taken over.",
              ask="How many elements went into one mean?")
def mean_backward(dout, shape, axis=None, keepdims=False):
    g = dout if keepdims or axis is None else np.expand_dims(dout, axis)
    return np.broadcast_to(g, shape) / shape[0]


@MEAN.mistake(code="V14", title="divided twice",
              says="You divided by the number of elements twice.",
              ask="How many elements went into one mean?")
def mean_backward(dout, shape, axis=None, keepdims=False):
    g = dout if keepdims or axis is None else np.expand_dims(dout, axis)
    return np.broadcast_to(g, shape) * (np.size(dout) / np.prod(shape))**2


@MEAN.mistake(code="V22", title="divided by all elements",
              says="You divided by the number of all elements of x.",
              ask="How many elements went into one mean?")
def mean_backward(dout, shape, axis=None, keepdims=False):
    g = dout if keepdims or axis is None else np.expand_dims(dout, axis)
    return np.broadcast_to(g, shape) / np.prod(shape)


@MEAN.mistake(code="V32", title="divided by the number of means",
              says="You divided by how many means there are, not by how many elements each has.",
              ask="How many elements went into one mean?")
def mean_backward(dout, shape, axis=None, keepdims=False):
    g = dout if keepdims or axis is None else np.expand_dims(dout, axis)
    return np.broadcast_to(g, shape) / np.size(dout)


@MEAN.mistake(code="V11", title="spread as a row",
              says="You let broadcasting place dout, and it lays it along the last axis. The mean took another axis "
                   "away.",
              ask="Where was the axis that is gone, and how does one put it back with length 1?")
def mean_backward(dout, shape, axis=None, keepdims=False):
    return np.broadcast_to(dout, shape) * (np.size(dout) / np.prod(shape))


@MEAN.mistake(**UPSTREAM_DROPPED)
def mean_backward(dout, shape, axis=None, keepdims=False):
    return np.full(shape, np.size(dout) / np.prod(shape))


@MEAN.mistake(code="V08", title="keepdims forgotten",
              says="With keepdims=True the axis is still there, with length 1; you put in another.",
              ask="Which shape has dout when keepdims is True?")
def mean_backward(dout, shape, axis=None, keepdims=False):
    return np.broadcast_to(dout if axis is None else np.expand_dims(dout, axis),
                           shape) * (np.size(dout) / np.prod(shape))


@MEAN.alternative(title="count, then spread")
def mean_backward(dout, shape, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        dout = np.expand_dims(dout, axis)
    return np.zeros(shape) + dout * np.size(dout) / np.prod(shape)


@MEAN.alternative(title="lengths of the axes")
def mean_backward(dout, shape, axis=None, keepdims=False):
    axes = range(len(shape)) if axis is None else [k % len(shape) for k in np.atleast_1d(axis)]
    n = 1
    for k in axes:
        n *= shape[k]
    return np.broadcast_to(np.reshape(dout, [1 if k in axes else m for k, m in enumerate(shape)]) / n, shape)


@MEAN.alternative(title="ones, averaged")
def mean_backward(dout, shape, axis=None, keepdims=False):
    share = 1 / np.sum(np.ones(shape), axis=axis, keepdims=True)
    return np.ones(shape) * np.reshape(dout, share.shape) * share


# ------------------------------------------------------------------------------------ max_axis_backward

MAX_AXIS = Exercise(
    "max_axis_backward(dout, x, axis)", "dx", points=2, oracle=max_axis_gradient, upstream="dout",
    checks=(
        Check("the largest of each row", 1, draw=lambda d: [
            (d.array(3), d.array(3, 4), 1), (d.array(5), d.array(5, 3), 1), (d.array(4), d.array(4, 4), 1)]),
        Check("ties share equally", 0.5, edge=True, shown=True, draw=lambda d: [
            with_ties(d), (d.array(4), np.ones((4, 3)), 1)]),
        # Where every axis is the last, what is summed over all winners passes for a factor of N.
        Check("another axis, negative rows", 0.5, draw=lambda d: [
            (d.array(4), d.array(3, 4), 0), (d.array(3), -d.positives(3, 4), 1), (d.array(3), d.array(3, 3), 1),
            (d.array(2, 3), d.array(2, 3, 4), -1), (d.array(2, 4), d.array(2, 3, 4), 1)]),
    ),
    outside={"axis": dict.fromkeys(("unsorted", "negative in a tuple"), "it is one number")},
    hints=("Which elements of a row move its maximum?",
           "Make a mask of the winners, with keepdims=True. Divide it by the number of winners in each row, so that "
           "ties share. Then multiply by dout, whose lost axis you put back.",
           "mask = (x == x.max(axis, keepdims=True)); dx is the mask, divided by its own sum along the axis, times "
           "the expanded dout."),
    read='lesson 4, "sums and means"', difficulty=3, minutes=8,
)


@MAX_AXIS.mistake(code="G10", title="a tie pays twice",
                  says="At a tie each winner got all of dout.",
                  ask="To what must the shares add up? (This course splits equally.)")
def max_axis_backward(dout, x, axis):
    return np.expand_dims(dout, axis) * (x == x.max(axis=axis, keepdims=True))


@MAX_AXIS.mistake(code="G32", title="a tie pays the first",
                  says="At a tie all of dout went to the first winner.",
                  ask="Is the first more of a winner than the others?")
def max_axis_backward(dout, x, axis):
    dx = np.zeros(x.shape)
    np.put_along_axis(dx, np.expand_dims(x.argmax(axis), axis), np.expand_dims(dout, axis), axis)
    return dx


@MAX_AXIS.mistake(code="V11", title="spread as a row",
                  says="You let broadcasting place dout, and it lays it along the last axis. The maximum took another "
                       "axis away.",
                  ask="How does one put the lost axis back, with length 1?")
def max_axis_backward(dout, x, axis):
    won = x == x.max(axis=axis, keepdims=True)
    return dout * won / won.sum(axis=axis, keepdims=True)


@MAX_AXIS.mistake(code="G09", title="scaled by the winner's value",
                  says="The maximum passes the gradient on, unscaled.",
                  ask="How fast does the maximum grow with the winner?")
def max_axis_backward(dout, x, axis):
    won = x == x.max(axis=axis, keepdims=True)
    return np.expand_dims(dout, axis) * won * x / won.sum(axis=axis, keepdims=True)


@MAX_AXIS.mistake(**UPSTREAM_DROPPED)
def max_axis_backward(dout, x, axis):
    won = x == x.max(axis=axis, keepdims=True)
    return won / won.sum(axis=axis, keepdims=True)


@MAX_AXIS.mistake(code="G07", title="everyone is paid",
                  says="Every element of a row was paid, but only the largest one moves the maximum.",
                  ask="Nudge a smaller one: does the maximum change?")
def max_axis_backward(dout, x, axis):
    return np.expand_dims(dout, axis) + 0 * x


@MAX_AXIS.mistake(code="G31", title="the loser is paid",
                  says="The gradient went to the smallest element.",
                  ask="Which element does the maximum follow?")
def max_axis_backward(dout, x, axis):
    won = x == x.min(axis=axis, keepdims=True)
    return np.expand_dims(dout, axis) * won / won.sum(axis=axis, keepdims=True)


@MAX_AXIS.mistake(code="G34", title="the largest in size wins",
                  says="You compared the sizes: −4 is larger than 3 in size, but not larger.",
                  ask="Which is the largest of 3 and −4?")
def max_axis_backward(dout, x, axis):
    won = (abs(x) == abs(x).max(axis=axis, keepdims=True)) * 1.0
    return np.expand_dims(dout, axis) * won / won.sum(axis=axis, keepdims=True)


@MAX_AXIS.mistake(code="G47", title="one winner in all",
                  says="Only the largest element of the whole array was paid.",
                  ask="How many maxima are there?")
def max_axis_backward(dout, x, axis):
    won = x == x.max()
    return np.expand_dims(dout, axis) * won / won.sum()


@MAX_AXIS.mistake(code="V23", title="always along the rows",
                  says="It works for axis 1 alone.",
                  ask="Which argument says along which axis the maximum was taken?")
def max_axis_backward(dout, x, axis):
    won = x == x.max(axis=1, keepdims=True)
    return np.expand_dims(dout, 1) * won / won.sum(axis=1, keepdims=True)


@MAX_AXIS.alternative(title="np.where")
def max_axis_backward(dout, x, axis):
    top = np.expand_dims(x.max(axis=axis), axis)
    n = np.sum(x == top, axis=axis, keepdims=True)
    return np.where(x == top, np.expand_dims(dout, axis) / n, 0.0)


@MAX_AXIS.alternative(title="row by row")
def max_axis_backward(dout, x, axis):
    v, g = np.moveaxis(x, axis, -1), np.asarray(dout)
    dx = np.zeros(v.shape)
    for at in np.ndindex(g.shape):
        won = np.flatnonzero(v[at] == max(v[at]))
        for k in won:
            dx[at][k] = g[at] / len(won)
    return np.moveaxis(dx, -1, axis)


@MAX_AXIS.alternative(title="a float mask")
def max_axis_backward(dout, x, axis):
    won = (x >= x.max(axis=axis, keepdims=True)).astype(float)
    won /= won.sum(axis=axis, keepdims=True)
    return won * np.expand_dims(dout, axis)
