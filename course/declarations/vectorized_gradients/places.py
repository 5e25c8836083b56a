"""Moving elements, and picking them."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise, gradient_of


def permute_gradient(dout, axes):
    shape = [0] * dout.ndim
    for axis, n in zip(axes, dout.shape, strict=True):
        shape[axis] = n
    return gradient_of(lambda x: autodiff.transpose(x, list(axes)))(dout, np.zeros(shape))


def take_rows_gradient(dout, rows, n):
    return gradient_of(lambda x: autodiff.take(x, np.asarray(rows, int), 0))(dout, np.zeros((n, dout.shape[1])))


# ------------------------------------------------------------------------------------ permute_backward

PERMUTE = Exercise(
    "permute_backward(dout, axes)", "dx", points=1, oracle=permute_gradient, upstream="dout",
    checks=(
        Check("a matrix transposed", 0.5, draw=lambda d: [(d.array(4, 3), (1, 0)), (d.array(3, 3), (1, 0))]),
        # A matrix has two permutations, so that it can't tell one wrong way from another.
        Check("three and four axes", 0.5, draw=lambda d: [
            (d.array(4, 2, 3), (2, 0, 1)), (d.array(3, 3, 3), (2, 0, 1)), (d.array(3, 4, 2, 5), (1, 2, 0, 3))]),
    ),
    outside={"axes": dict.fromkeys(("negative", "negative in a tuple"), "they are a permutation of 0, 1, …")},
    hints=("Axis axes[0] of x became axis 0 of the output. Where must axis 0 of dout go?",
           "No number changes, only places: apply the inverse permutation.",
           "np.argsort of a permutation is its inverse."),
    read='lesson 4, "moving and picking"', difficulty=2, minutes=4,
)


@PERMUTE.mistake(code="S02", title="the same permutation again",
                 says="You permuted by axes once more. That leads back only where two axes change places.",
                 ask="Axis 0 of x went to which position? Who brings it back?")
def permute_backward(dout, axes):
    return np.transpose(dout, axes)


@PERMUTE.mistake(code="S03", title="reshaped",
                 says="The shape is right, but reshape does not move elements to where they were.",
                 ask="Where does dx[0, 1] come from?")
def permute_backward(dout, axes):
    shape = np.empty(len(axes), int)
    shape[list(axes)] = dout.shape
    return dout.reshape(shape)


@PERMUTE.mistake(code="S03", title="reshaped column by column",
                 says="The shape is right, but reshape does not move elements to where they were.",
                 ask="Where does dx[0, 1] come from?")
def permute_backward(dout, axes):
    shape = np.empty(len(axes), int)
    shape[list(axes)] = dout.shape
    return dout.reshape(shape, order="F")


@PERMUTE.mistake(code="S05", title="all axes reversed",
                 says="You reversed all axes. That leads back only from a full reversal.",
                 ask="Which permutation undoes (2, 0, 1)?")
def permute_backward(dout, axes):
    return dout.T


@PERMUTE.mistake(code="S06", title="not undone",
                 says="You returned the gradient as it came: its axes are still permuted.",
                 ask="Which shape has x, and so dx?")
def permute_backward(dout, axes):
    return dout * 1.0


@PERMUTE.mistake(code="S07", title="two axes swapped",
                 says="You swapped the first two axes, whatever axes says.",
                 ask="Which permutation undoes (2, 0, 1)?")
def permute_backward(dout, axes):
    return np.swapaxes(dout, 0, 1)


@PERMUTE.mistake(code="G01", title="upstream dropped",
                 says="The shape is right, but the upstream gradient is missing.",
                 ask="What should come back if dout were 0?")
def permute_backward(dout, axes):
    return np.ones(np.transpose(dout, np.argsort(axes)).shape)


@PERMUTE.alternative(title="np.argsort")
def permute_backward(dout, axes):
    return np.transpose(dout, np.argsort(axes))


@PERMUTE.alternative(title="np.moveaxis")
def permute_backward(dout, axes):
    return np.moveaxis(dout, range(len(axes)), axes)


@PERMUTE.alternative(title="a dictionary")
def permute_backward(dout, axes):
    back = {axis: place for place, axis in enumerate(axes)}
    return dout.transpose([back[k] for k in range(dout.ndim)])


@PERMUTE.alternative(title="written into place")
def permute_backward(dout, axes):
    shape = [0] * len(axes)
    for place, axis in enumerate(axes):
        shape[axis] = dout.shape[place]
    dx = np.zeros(shape)
    np.transpose(dx, axes)[...] = dout
    return dx


# ------------------------------------------------------------------------------------ take_rows_backward

TAKE_ROWS = Exercise(
    "take_rows_backward(dout, rows, n)", "dx", points=1, oracle=take_rows_gradient, upstream="dout",
    checks=(
        Check("every row at most once", 0.25, draw=lambda d: [
            (d.array(3, 4), [2, 0, 3], 5), (d.array(2, 3), np.array([3, 1]), 4)]),
        Check("rows taken several times", 0.5, edge=True, shown=True, draw=lambda d: [
            (d.array(3, 4), [1, 1, 2], 5), (d.array(4, 3), np.array([0, 2, 0, 0]), 3)]),
        Check("nothing taken; all taken", 0.25, edge=True, draw=lambda d: [
            (d.array(3, 4), [0, 2, 1], 3), (np.zeros((0, 3)), [], 4), (d.array(1, 2), [0], 6)]),
    ),
    hints=("Row 1 was taken twice. How many rows of the output move when it moves?",
           "Start with zeros in x's shape, and add each row of dout to the row that it was taken from. Beware: "
           "dx[rows] += dout adds a repeated row once.",
           "np.add.at(dx, rows, dout) adds once for each repeat; so does a loop."),
    read='lesson 4, "moving and picking"', difficulty=2, minutes=5,
)


@TAKE_ROWS.mistake(code="S01", title="repeats lost",
                   says="A row that was taken twice kept only one of its gradients. (`dx[rows] += …` writes each row "
                        "once.)",
                   ask="What happens to gradients where paths meet?")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    dx[list(rows)] += dout
    return dx


@TAKE_ROWS.mistake(code="S01", title="repeats overwrite",
                   says="A row that was taken twice kept only one of its gradients. (`dx[rows] += …` writes each row "
                        "once.)",
                   ask="What happens to gradients where paths meet?")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    for k, row in enumerate(rows):
        dx[row] = dout[k]
    return dx


@TAKE_ROWS.mistake(code="S04", title="the shape of what was taken",
                   says="The gradient has the shape of the rows that were taken; dx has n rows, as x does.",
                   ask="What is the gradient of a row that was never taken?")
def take_rows_backward(dout, rows, n):
    return dout * 1.0


@TAKE_ROWS.mistake(code="S08", title="as many rows as the largest index",
                   says="You took the largest index for the number of rows.",
                   ask="Which argument tells how many rows x has?")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((max(rows, default=-1) + 1, dout.shape[1]))
    for k, row in enumerate(rows):
        dx[row] += dout[k]
    return dx


@TAKE_ROWS.mistake(code="B08", title="repeats averaged",
                   says="You averaged where a row was taken twice. Where paths meet, gradients add up.",
                   ask="Raise that row by 1: how many rows of the output move?")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    for k, row in enumerate(rows):
        dx[row] += dout[k] / list(rows).count(row)
    return dx


@TAKE_ROWS.mistake(code="G01", title="upstream dropped",
                   says="You counted how often each row was taken: the upstream gradient is missing.",
                   ask="What should reach x if dout were 0?")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    for row in rows:
        dx[row] += 1
    return dx


@TAKE_ROWS.mistake(code="S10", title="filled in order",
                   says="You filled the rows from the top; they belong where they were taken from.",
                   ask="Which row of x is row 0 of the output?")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    dx[:len(dout)] = dout[:n]
    return dx


@TAKE_ROWS.mistake(code="S11", title="an empty list of indices",
                   says="An empty list becomes an array of floats, which can't be used as indices.",
                   ask="Which dtype should the array of indices have?")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    np.add.at(dx, np.array(rows), dout)
    return dx


@TAKE_ROWS.alternative(title="np.add.at")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    np.add.at(dx, np.asarray(rows, dtype=int), dout)
    return dx


@TAKE_ROWS.alternative(title="a loop")
def take_rows_backward(dout, rows, n):
    dx = np.zeros((n, dout.shape[1]))
    for g, row in zip(dout, rows):
        dx[row] += g
    return dx


@TAKE_ROWS.alternative(title="a product with a matrix of zeros and ones")
def take_rows_backward(dout, rows, n):
    picked = np.zeros((len(rows), n))
    picked[np.arange(len(rows)), np.asarray(rows, dtype=int)] = 1
    return picked.T @ dout


@TAKE_ROWS.alternative(title="row by row")
def take_rows_backward(dout, rows, n):
    rows = np.asarray(rows)
    return np.array([dout[rows == k].sum(axis=0) for k in range(n)])
