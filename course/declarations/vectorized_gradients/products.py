"""Products of matrices: the shapes tell."""

import numpy as np

from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import UPSTREAM_DROPPED


def matmul_gradient(dD, W, X):
    return gradient_of(lambda W, X: W @ X)(dD, np.asarray(W, float), np.asarray(X, float))


# ------------------------------------------------------------------------------------ matmul_backward

MATMUL = Exercise(
    "matmul_backward(dD, W, X)", "dW, dX", points=3, oracle=matmul_gradient, upstream="dD",
    axes={"dD": "NM", "W": "NK", "X": "KM"},
    checks=(
        # The square matrices name a wrong product: where the lengths differ, it only fails.
        *(Check(part, 1, part=part, draw=lambda d: [
            (d.array(5, 3), d.array(5, 10), d.array(10, 3)), d.arrays(3, 3, 3)]) for part in ("dW", "dX")),
        Check("square matrices, where every product fits", 0.5, edge=True, draw=lambda d: [
            d.arrays(3, 5, 5), (d.array(3, 2), d.array(3, 4), d.array(4, 2))]),
        Check("a single row; integers", 0.5, edge=True, draw=lambda d: [
            (d.array(1, 3), d.array(1, 4), d.array(4, 3)),
            (d.array(3, 2), d.rng.permutation(12).reshape(3, 4) - 5, d.rng.permutation(8).reshape(4, 2) - 3)]),
    ),
    hints=("Take one entry: D[i, j] is the sum of W[i, k] · X[k, j] over k. Which entries of D does W[i, k] move, "
           "and how fast each?",
           "dW has W's shape, so the axis that dD and X share, their columns, must be summed away. The same for "
           "dX and the rows.",
           "dW is dD times X transposed; dX is W transposed times dD. Mind which stands left."),
    read='lesson 4, "the shapes tell"', difficulty=2, minutes=8,
)


@MATMUL.mistake(code="V01", title="no transpose",
                says="A transpose is missing: in a backward product the factor is the transpose of the one in the "
                     "forward pass.",
                ask="Write the three shapes down: which axis must be summed away in dW?")
def matmul_backward(dD, W, X):
    return dD @ X, W @ dD


@MATMUL.mistake(code="V01", title="no transpose, dX first",
                says="A transpose is missing: in a backward product the factor is the transpose of the one in the "
                     "forward pass.",
                ask="Write the three shapes down: which axis must be summed away in dX?")
def matmul_backward(dD, W, X):
    dX = W @ dD
    dW = dD @ X
    return dW, dX


@MATMUL.mistake(code="V02", title="transposed answers",
                says="The right numbers, transposed: a gradient has the shape of what it belongs to.",
                ask="Which shape has W, and so dW?")
def matmul_backward(dD, W, X):
    return (dD @ X.T).T, (W.T @ dD).T


@MATMUL.mistake(code="V03", title="factors on the wrong side",
                says="The two factors stand in the wrong order. In square matrices the shapes do not warn you.",
                ask="W stands left of X: on which side of dD does X belong?")
def matmul_backward(dD, W, X):
    return X.T @ dD, dD @ W.T


@MATMUL.mistake(**UPSTREAM_DROPPED)
def matmul_backward(dD, W, X):
    return np.ones(dD.shape) @ X.T, W.T @ np.ones(dD.shape)


@MATMUL.mistake(code="X05", title="results the other way round",
                says="The two results are right, in the wrong order.",
                ask="In which order does the stub return them?")
def matmul_backward(dD, W, X):
    return W.T @ dD, dD @ X.T


@MATMUL.mistake(code="C01", title="integers",
                says="You wrote the gradient into an array of integers, which cut off what stands behind the point.",
                ask="Which dtype does zeros_like give for an array of integers?")
def matmul_backward(dD, W, X):
    dW, dX = np.zeros_like(W), np.zeros_like(X)
    dW[...] = dD @ X.T
    dX[...] = W.T @ dD
    return dW, dX


@MATMUL.mistake(code="V31", title="element by element",
                says="`*` multiplies element by element; the backward pass of a matrix product is made of matrix "
                     "products.",
                ask="How many products does one entry of dW add up?")
def matmul_backward(dD, W, X):
    return dD * X.T, W.T * dD


@MATMUL.mistake(code="V14", title="divided by N",
                says="Your values are N × too small: if a mean over N is wanted, the loss divides, and its 1/N has "
                     "already come in with dD.",
                ask="Who divides by N, the loss or the layer?")
def matmul_backward(dD, W, X):
    return dD @ X.T / len(dD), W.T @ dD / len(dD)


@MATMUL.alternative(title="einsum")
def matmul_backward(dD, W, X):
    return np.einsum("nm,km->nk", dD, X), np.einsum("nk,nm->km", W, dD)


@MATMUL.alternative(title="loops")
def matmul_backward(dD, W, X):
    dW, dX = np.zeros(W.shape), np.zeros(X.shape)
    for n in range(W.shape[0]):
        for m in range(X.shape[1]):
            dW[n] += dD[n, m] * X[:, m]
            dX[:, m] += dD[n, m] * W[n]
    return dW, dX


@MATMUL.alternative(title="a list, transposed twice")
def matmul_backward(dD, W, X):
    return [(X @ dD.T).T, (dD.T @ W).T]


@MATMUL.alternative(title="tensordot")
def matmul_backward(dD, W, X):
    return np.tensordot(dD, X, axes=(1, 1)), np.tensordot(W, dD, axes=(0, 0))


# ------------------------------------------------------------------------------------ affine_backward

AFFINE = Exercise(
    "affine_backward(dout, x, w, b)", "dx, dw, db", points=3, oracle=gradient_of(lambda x, w, b: x @ w + b),
    upstream="dout", axes={"dout": "NM", "x": "ND", "w": "DM", "b": "M"},
    checks=(
        *(Check(part, 0.75, part=part, draw=lambda d: [
            (d.array(3, 2), d.array(3, 4), d.array(4, 2), d.array(2)),
            (*d.arrays(3, 3, 3), d.array(3))]) for part in ("dx", "dw", "db")),
        Check("one row; more rows; square matrices", 0.75, edge=True, draw=lambda d: [
            (d.array(1, 2), d.array(1, 4), d.array(4, 2), d.array(2)), (*d.arrays(3, 4, 4), d.array(4)),
            (d.array(5, 4), d.array(5, 3), d.array(3, 4), d.array(4))]),
    ),
    hints=("Which axes have dx, dw and db? Which axis of dout does each of them lack?",
           "dx and dw are matrix products with a transpose. b is used once for each row: a fork, so its gradients "
           "add up over the rows.",
           "Sum dout over axis 0 for db. For dw put x transposed before dout; for dx put w transposed behind it."),
    read='lesson 4, "the bias is a fork"', difficulty=2, minutes=8,
)


@AFFINE.mistake(code="V01", title="no transpose",
                says="A transpose is missing: in a backward product the factor is the transpose of the one in the "
                     "forward pass.",
                ask="Which of the factors has the axis that dx lacks?")
def affine_backward(dout, x, w, b):
    return dout @ w, x @ dout, dout.sum(axis=0)


@AFFINE.mistake(code="V01", title="no transpose in dw",
                says="A transpose is missing: in a backward product the factor is the transpose of the one in the "
                     "forward pass.",
                ask="Which axis do x and dout share, and where does it stand in each?")
def affine_backward(dout, x, w, b):
    dx = dout @ w.T
    return dx, x @ dout, dout.sum(axis=0)


@AFFINE.mistake(code="V02", title="dw transposed",
                says="The numbers of dw are right, its shape is (M, D): it is the transpose.",
                ask="Which shape has w, and so dw?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


@AFFINE.mistake(code="V05", title="bias not summed",
                says="b was copied to each of the N rows: N gradients come back to it.",
                ask="What happens to gradients where one value was used N times?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout


@AFFINE.mistake(code="V06", title="bias averaged",
                says="Your db is the mean over the rows. At a fork gradients add up.",
                ask="Raise b by 1: in how many rows does the output move?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


@AFFINE.mistake(code="V07", title="summed over the wrong axis",
                says="You summed over the outputs; b has one entry for each of them.",
                ask="Which axis of dout does b not have?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)


@AFFINE.mistake(code="V08", title="an axis too many",
                says="The values of db are right, its shape is (1, M): an axis of length 1 has been kept.",
                ask="Which shape has b, and so db?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)


@AFFINE.mistake(code="V16", title="the first row only",
                says="Your db is the gradient of the first row alone.",
                ask="In how many rows was b used?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout[0]


@AFFINE.mistake(code="X04", title="db summed to one number",
                says="Your db is one number; each entry of b has a gradient of its own.",
                ask="Which shape has b, and so db?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout.sum()


@AFFINE.mistake(code="V14", title="divided by N",
                says="dw and db are N × too small: if a mean over N is wanted, the loss divides, and its 1/N has "
                     "already come in with dout.",
                ask="Who divides by N, the loss or the layer?")
def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0) / len(x)


@AFFINE.mistake(code="G01", title="upstream dropped",
                says="The results do not depend on dout: the upstream gradient is missing.",
                ask="What should reach x, w and b if dout were 0?")
def affine_backward(dout, x, w, b):
    g = np.ones(dout.shape)
    return g @ w.T, x.T @ g, g.sum(axis=0)


@AFFINE.mistake(code="X05", title="results the other way round",
                says="The results are right, in the wrong order.",
                ask="In which order does the stub return them?")
def affine_backward(dout, x, w, b):
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)


@AFFINE.alternative(title="loops over the rows")
def affine_backward(dout, x, w, b):
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)
    for n in range(len(x)):
        dx[n] = w @ dout[n]
        dw += np.outer(x[n], dout[n])
        db += dout[n]
    return dx, dw, db


@AFFINE.alternative(title="einsum")
def affine_backward(dout, x, w, b):
    return (np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout),
            np.einsum("nm->m", dout))


@AFFINE.alternative(title="the bias as a row of w")
def affine_backward(dout, x, w, b):
    ones = np.ones((len(x), 1))
    both = np.hstack([x, ones]).T @ dout
    return [(w @ dout.T).T, both[:-1], both[-1]]
