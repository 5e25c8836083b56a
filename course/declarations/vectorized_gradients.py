"""Assignment 04: backward functions of whole arrays: products, broadcasting, reductions, relu, softmax, losses.

Axes have names in the messages: N rows (the examples of a batch), D inputs, M outputs, C classes.  Conventions are
PyTorch's: relu'(0) = 0, the mean squared error is the mean over all elements, a loss is the mean over the N rows;
a tie of the maximum shares equally.  The dimension analysis is that of the CS231n notes (Karpathy 2015, "Gradients
for vectorized operations"); the gradient check is the centred difference (Goodfellow et al. 2016, section 11.5).
"""

import numpy as np

import autodiff
from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import constant, upstream_dropped

DIMENSIONS = 'lesson 4, "the shapes tell"'
BIAS = 'lesson 4, "the bias is a fork"'
BROADCASTING = 'lesson 4, "broadcasting is a fork"'
REDUCTIONS = 'lesson 4, "sums and means"'
RELU = 'lesson 4, "relu"'
SOFTMAX = 'lesson 4, "softmax and cross-entropy"'
PLACES = 'lesson 4, "moving and picking"'
CHECKING = 'lesson 4, "gradient checking"'


# ------------------------------------------------------------------------------------ oracles

def matmul_gradient(dD, W, X):
    return gradient_of(lambda W, X: W @ X)(dD, np.asarray(W, float), np.asarray(X, float))


def unbroadcast_gradient(grad, shape):
    """Undoing a broadcast is the backward pass of broadcasting."""
    return gradient_of(lambda x: autodiff.broadcast_to(x, grad.shape))(grad, np.zeros(shape))


def reduction_gradient(reduce):
    def oracle(dout, shape, axis=None, keepdims=False):
        return gradient_of(lambda x: reduce(x, axis=axis, keepdims=keepdims))(dout, np.zeros(shape))
    return oracle


def max_axis_gradient(dout, x, axis):
    return gradient_of(lambda x: autodiff.max(x, axis=axis))(dout, x)


def cross_entropy_gradient(logits, labels):
    loss, pullback = autodiff.vjp(lambda z: autodiff.softmax_cross_entropy(z, labels), logits)
    return loss, pullback(1.0)[0]


def mse_gradient(pred, target):
    loss, pullback = autodiff.vjp(lambda p: autodiff.mse(p, target), pred)
    return loss, pullback(1.0)[0]


def permute_gradient(dout, axes):
    shape = [0] * dout.ndim
    for axis, n in zip(axes, dout.shape, strict=True):
        shape[axis] = n
    return gradient_of(lambda x: autodiff.transpose(x, list(axes)))(dout, np.zeros(shape))


def take_rows_gradient(dout, rows, n):
    return gradient_of(lambda x: autodiff.take(x, np.asarray(rows, int), 0))(dout, np.zeros((n, dout.shape[1])))


# ------------------------------------------------------------------------------------ inputs

def probabilities(d, *shape):
    """Rows of probabilities, as softmax makes them."""
    return autodiff.softmax(d.array(*shape), axis=-1)


def labels_of(d, n, c):
    return d.rng.integers(0, c, n)


def large_logits(d):
    """Rows whose largest entry is 1000, -1000 or both apart; the label is the largest entry, or the smallest."""
    z = d.array(4, 3)
    z[0, 1], z[1] = 1000.0, z[1] - 1000.0
    z[2, 0], z[2, 2] = -1000.0, 1000.0
    return z, np.array([1, 2, 0, 1])


def with_ties(d):
    """Rows of which one ties twice and one three times at its maximum."""
    x = d.array(3, 5)
    x[0, [1, 3]] = 4.0
    x[2, [0, 2, 4]] = 3.5
    return d.array(3), x, 1


# ------------------------------------------------------------------------------------ wrong forms that are made alike

def _affine(code, title, says, ask, dx="dout @ w.T", dw="x.T @ dout", db="dout.sum(axis=0)"):
    return code, title, f"return {dx}, {dw}, {db}", says, ask


_UNDO = ("undo = lambda g, v: g.sum(axis=tuple(k for k in range(g.ndim) if k < g.ndim - np.ndim(v)\n"
         "                                     or np.shape(v)[k - g.ndim] == 1)).reshape(np.shape(v))\n")


def _cross_entropy(code, title, says, ask, before="", loss="-logp[rows, labels].mean()",
                   dlogits="(p - np.eye(C)[labels]) / N", axis=1):
    return (code, title, f"N, C = logits.shape\nrows = np.arange(N)\n{before}"
            f"z = logits - logits.max(axis={axis}, keepdims=True)\n"
            f"logp = z - np.log(np.exp(z).sum(axis={axis}, keepdims=True))\np = np.exp(logp)\n"
            f"loss = {loss}\nreturn loss, {dlogits}", says, ask)


def _mse(code, title, says, ask, loss="np.mean((pred - target)**2)", dpred="2 * (pred - target) / pred.size",
         first="if pred.shape != target.shape:\n    raise ValueError('one shape, please')\n"):
    return code, title, f"{first}return {loss}, {dpred}", says, ask


# ------------------------------------------------------------------------------------ gradient_check

FLAGGED = 1e-5      # a gradient check above this says "wrong"


def _matrix(d):
    W = d.array(4, 2)
    return lambda x: W @ x


def _pullback(f, x, dout):
    return autodiff.vjp(f, np.asarray(x, float))[1](dout)[0]


def right_gradients(d):
    """(what it is, f, x, dout, the right gradient): twelve that a gradient check must let pass."""
    kinks = np.array([1e-4, -1e-4, 0.7, -1.3])
    functions = [
        ("sin(x)", np.sin, d.array(4)),
        ("exp(30 x), which is steep", lambda x: np.exp(30 * x), d.positives(3, low=0.1, high=0.4)),
        ("softmax(x)", lambda x: autodiff.softmax(x, axis=-1), d.array(2, 3)),
        ("relu(x), 0.0001 away from its kink", lambda x: np.maximum(x, 0.0), kinks),
        ("W @ x", _matrix(d), d.array(2, 3)),
        ("0 · x, whose gradient is 0", lambda x: 0 * x, d.array(3)),
        ("0.0000001 · sin(x)", lambda x: 1e-7 * np.sin(x), d.array(3)),
        ("100000000 · cos(x)", lambda x: 1e8 * np.cos(x), d.array(3)),
        ("the sum of x² in each row", lambda x: (x * x).sum(axis=1), d.array(3, 2)),
        ("1 / x", lambda x: 1 / x, d.array(3)),
        ("x times x turned around", lambda x: x * x[::-1], d.array(3)),
        ("tanh(x), x with three axes", np.tanh, d.array(2, 1, 2)),
    ]
    for title, f, x in functions:
        dout = d.array(*f(x).shape)
        yield f"f(x) = {title}", f, x, dout, _pullback(f, x, dout)


def wrong_gradients(d):
    """(what is wrong, f, x, dout, a wrong gradient): twelve that a gradient check must flag."""
    x, y, square = d.array(4), d.array(2, 3), d.array(3, 3)
    dx, dy, dsquare = d.array(4), d.array(2, 3), d.array(3, 3)
    A = d.array(3, 3)
    sin, soft, cube = _pullback(np.sin, x, dx), autodiff.softmax(y, axis=-1), 3 * y**2 * dy
    last, zero, cancels = cube.copy(), cube.copy(), sin.copy()
    last[1, 2] += 0.001 * np.abs(cube).max()
    zero.flat[np.abs(cube).argmax()] = 0.0
    cancels += np.array([0.1, -0.1, 0.2, -0.2])
    relu = lambda v: np.maximum(v, 0.0)
    return [
        ("the upstream gradient is missing", np.sin, x, dx, np.cos(x)),
        ("the sign", np.sin, x, dx, -sin),
        ("the last element is a little off", lambda v: v**3, y, dy, last),
        ("one element is 0", lambda v: v**3, y, dy, zero),
        ("the errors add up to 0", np.sin, x, dx, cancels),
        ("the transpose", lambda v: v @ A, square, dsquare, (dsquare @ A.T).T),
        ("one of two paths", lambda v: v * v[::-1], x, dx, dx * x[::-1]),
        ("every value a third of what it should be", lambda v: v**3, y, dy, cube / 3),
        ("softmax's diagonal only", lambda v: autodiff.softmax(v, axis=-1), y, dy, soft * (1 - soft) * dy),
        ("relu passes everything", relu, x, dx, dx),
        ("a small gradient, twice too large", lambda v: 1e-7 * np.sin(v), x, dx, 2e-7 * sin),
        ("a gradient where there is none", lambda v: 0 * v, x, dx, 1e-3 * dx),
    ]


def sorts(cases, flag):
    """The test that gradient_check tells these gradients for what they are: `flag` says whether wrong ones."""
    def test(ask):
        first = None
        for title, f, x, dout, analytic in cases(ask.draw):
            problem = _verdict(ask, title, ask(f, x, dout, analytic), flag)
            if problem and not first:
                first = problem
                ask.here()
        return first
    return test


def _verdict(ask, title, error, flag):
    """What is wrong with the error that gradient_check gave for one gradient, or None."""
    number = as_numbers(error)
    if number is None or number.shape:
        ask.count("no number")
        return said("`gradient_check` should return one number: how far the two gradients are apart, relative to the "
                    "larger.", title="type of the result")
    value = float(number)
    # What is recorded tells wrong forms apart: the verdict, and how sure it was.
    ask.count("nan" if np.isnan(value) else round(value, 1) if FLAGGED < value < 1e6 else value > FLAGGED)
    return None if (value > FLAGGED) == flag and not np.isnan(value) else _missed(title, value, flag)


def _missed(title, value, flag):
    if np.isnan(value):
        return said(f"Your check returned nan ({title}), which is no verdict.",
                    "What should it return when both gradients are 0?", "C09", "0 divided by 0")
    if flag:
        return said(f"A wrong gradient got through: {title}. Your check returned {value:.3g}, and only what is above "
                    f"0.00001 counts as flagged.", "Which elements does your check look at, and how?",
                    "W08", "a wrong gradient got through")
    return said(f"A right gradient was flagged: {title}. Your check returned {value:.3g}, which is above 0.00001.",
                "How accurate is your numeric gradient there?", "W09", "a right gradient was flagged")


def squares(d):
    x, dout = d.array(3, low=0.6), d.array(3)       # where x is small, a one-sided difference might be flagged
    return lambda v: v * v, x, dout, 2 * x * dout


def right_square(d):
    f, x, dout, dx = squares(d)
    return [("f(x) = x²", f, x, dout, dx)]


def doubled_square(d):
    f, x, dout, dx = squares(d)
    return [("f(x) = x², and twice its gradient", f, x, dout, 2 * dx)]


def of_integers(d):
    x, dout = np.array([2, -3, 4]), d.array(3)
    return [("f(x) = x², x an array of integers", lambda v: v * v, x, dout, 2.0 * x * dout)]


def of_float32(d):
    x, dout = d.array(4, high=0.7).astype(np.float32), d.array(4)
    dx = _pullback(np.sin, x, dout).astype(np.float32)
    return [("f(x) = sin(x), x an array of float32", np.sin, x, dout, dx)]


def _gradient_check(code, title, says, ask, start="x = np.array(x, dtype=float)\n", h="1e-5", at="x.ravel()[i]",
                    numeric="((up - down) * dout).sum() / (2 * h)",
                    end="top = max(np.abs(analytic).max(), np.abs(n).max())\n"
                        "return np.abs(analytic - n).max() / top if top else 0.0"):
    """A wrong form of gradient_check: an unhurried right one with one part replaced."""
    return (code, title, f"{start}h = {h}\nn = np.zeros(x.shape)\nflat = x.reshape(-1)\nfor i in range(x.size):\n"
            f"    old = {at}\n    flat[i] = old + h\n    up = f(x)\n    flat[i] = old - h\n    down = f(x)\n"
            f"    flat[i] = old\n    n.reshape(-1)[i] = {numeric}\n{end}", says, ask)


# ------------------------------------------------------------------------------------ the exercises

EXERCISES = (
    Exercise(
        "matmul_backward(dD, W, X)", "dW, dX", 3, matmul_gradient, upstream="dD",
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
        mistakes=(
            ("V01", "no transpose", "dD @ X, W @ dD", "A transpose is missing: in a backward product the factor is "
             "the transpose of the one in the forward pass.", "Write the three shapes down: which axis must be summed "
             "away in dW?"),
            ("V01", "no transpose, dX first", "dX = W @ dD\ndW = dD @ X\nreturn dW, dX", "A transpose is missing: in a "
             "backward product the factor is the transpose of the one in the forward pass.",
             "Write the three shapes down: which axis must be summed away in dX?"),
            ("V02", "transposed answers", "(dD @ X.T).T, (W.T @ dD).T", "The right numbers, transposed: a gradient has "
             "the shape of what it belongs to.", "Which shape has W, and so dW?"),
            ("V03", "factors on the wrong side", "X.T @ dD, dD @ W.T", "The two factors stand in the wrong order. In "
             "square matrices the shapes do not warn you.", "W stands left of X: on which side of dD does X belong?"),
            upstream_dropped("np.ones(dD.shape) @ X.T, W.T @ np.ones(dD.shape)"),
            ("X05", "results the other way round", "W.T @ dD, dD @ X.T", "The two results are right, in the wrong "
             "order.", "In which order does the stub return them?"),
            ("C01", "integers", "dW, dX = np.zeros_like(W), np.zeros_like(X)\ndW[...] = dD @ X.T\n"
             "dX[...] = W.T @ dD\nreturn dW, dX", "You wrote the gradient into an array of integers, which cut off "
             "what stands behind the point.", "Which dtype does zeros_like give for an array of integers?"),
            ("V31", "element by element", "dD * X.T, W.T * dD", "`*` multiplies element by element; the backward pass "
             "of a matrix product is made of matrix products.", "How many products does one entry of dW add up?"),
            ("V14", "divided by N", "dD @ X.T / len(dD), W.T @ dD / len(dD)", "Your values are N × too small: if a "
             "mean over N is wanted, the loss divides, and its 1/N has already come in with dD.",
             "Who divides by N, the loss or the layer?"),
        ),
        alternatives=(
            ("einsum", "return np.einsum('nm,km->nk', dD, X), np.einsum('nk,nm->km', W, dD)"),
            ("loops", "dW, dX = np.zeros(W.shape), np.zeros(X.shape)\nfor n in range(W.shape[0]):\n"
             "    for m in range(X.shape[1]):\n        dW[n] += dD[n, m] * X[:, m]\n        dX[:, m] += dD[n, m] * W[n]\n"
             "return dW, dX"),
            ("a list, transposed twice", "return [(X @ dD.T).T, (dD.T @ W).T]"),
            ("tensordot", "return np.tensordot(dD, X, axes=(1, 1)), np.tensordot(W, dD, axes=(0, 0))"),
        ),
        hints=("Take one entry: D[i, j] is the sum of W[i, k] · X[k, j] over k. Which entries of D does W[i, k] move, "
               "and how fast each?",
               "dW has W's shape, so the axis that dD and X share, their columns, must be summed away. The same for "
               "dX and the rows.",
               "dW is dD times X transposed; dX is W transposed times dD. Mind which stands left."),
        read=DIMENSIONS, difficulty=2, minutes=8,
    ),
    Exercise(
        "affine_backward(dout, x, w, b)", "dx, dw, db", 3, gradient_of(lambda x, w, b: x @ w + b), upstream="dout",
        axes={"dout": "NM", "x": "ND", "w": "DM", "b": "M"},
        checks=(
            *(Check(part, 0.75, part=part, draw=lambda d: [
                (d.array(3, 2), d.array(3, 4), d.array(4, 2), d.array(2)),
                (*d.arrays(3, 3, 3), d.array(3))]) for part in ("dx", "dw", "db")),
            Check("one row; more rows; square matrices", 0.75, edge=True, draw=lambda d: [
                (d.array(1, 2), d.array(1, 4), d.array(4, 2), d.array(2)), (*d.arrays(3, 4, 4), d.array(4)),
                (d.array(5, 4), d.array(5, 3), d.array(3, 4), d.array(4))]),
        ),
        mistakes=(
            _affine("V01", "no transpose", "A transpose is missing: in a backward product the factor is the transpose "
                    "of the one in the forward pass.", "Which of the factors has the axis that dx lacks?",
                    dx="dout @ w", dw="x @ dout"),
            ("V01", "no transpose in dw", "dx = dout @ w.T\nreturn dx, x @ dout, dout.sum(axis=0)", "A transpose is "
             "missing: in a backward product the factor is the transpose of the one in the forward pass.",
             "Which axis do x and dout share, and where does it stand in each?"),
            _affine("V02", "dw transposed", "The numbers of dw are right, its shape is (M, D): it is the transpose.",
                    "Which shape has w, and so dw?", dw="dout.T @ x"),
            _affine("V05", "bias not summed", "b was copied to each of the N rows: N gradients come back to it.",
                    "What happens to gradients where one value was used N times?", db="dout"),
            _affine("V06", "bias averaged", "Your db is the mean over the rows. At a fork gradients add up.",
                    "Raise b by 1: in how many rows does the output move?", db="dout.mean(axis=0)"),
            _affine("V07", "summed over the wrong axis", "You summed over the outputs; b has one entry for each of "
                    "them.", "Which axis of dout does b not have?", db="dout.sum(axis=1)"),
            _affine("V08", "an axis too many", "The values of db are right, its shape is (1, M): an axis of length 1 "
                    "has been kept.", "Which shape has b, and so db?", db="dout.sum(axis=0, keepdims=True)"),
            _affine("V16", "the first row only", "Your db is the gradient of the first row alone.",
                    "In how many rows was b used?", db="dout[0]"),
            _affine("X04", "db summed to one number", "Your db is one number; each entry of b has a gradient of its "
                    "own.", "Which shape has b, and so db?", db="dout.sum()"),
            _affine("V14", "divided by N", "dw and db are N × too small: if a mean over N is wanted, the loss divides, "
                    "and its 1/N has already come in with dout.", "Who divides by N, the loss or the layer?",
                    dw="x.T @ dout / len(x)", db="dout.sum(axis=0) / len(x)"),
            ("G01", "upstream dropped", "g = np.ones(dout.shape)\nreturn g @ w.T, x.T @ g, g.sum(axis=0)",
             "The results do not depend on dout: the upstream gradient is missing.",
             "What should reach x, w and b if dout were 0?"),
            ("X05", "results the other way round", "x.T @ dout, dout @ w.T, dout.sum(axis=0)", "The results are right, "
             "in the wrong order.", "In which order does the stub return them?"),
        ),
        alternatives=(
            ("loops over the rows", "dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)\n"
             "for n in range(len(x)):\n    dx[n] = w @ dout[n]\n    dw += np.outer(x[n], dout[n])\n"
             "    db += dout[n]\nreturn dx, dw, db"),
            ("einsum", "return (np.einsum('nm,dm->nd', dout, w), np.einsum('nd,nm->dm', x, dout),\n"
             "        np.einsum('nm->m', dout))"),
            ("the bias as a row of w", "ones = np.ones((len(x), 1))\nboth = np.hstack([x, ones]).T @ dout\n"
             "return [(w @ dout.T).T, both[:-1], both[-1]]"),
        ),
        hints=("Which axes have dx, dw and db? Which axis of dout does each of them lack?",
               "dx and dw are matrix products with a transpose. b is used once for each row: a fork, so its gradients "
               "add up over the rows.",
               "Sum dout over axis 0 for db. For dw put x transposed before dout; for dx put w transposed behind it."),
        read=BIAS, difficulty=2, minutes=8,
    ),
    Exercise(
        "unbroadcast(grad, shape)", "grad", 3, unbroadcast_gradient, upstream="grad",
        checks=(
            Check("new axes in front", 1, draw=lambda d: [(d.array(5, 4), (4,)), (d.array(2, 3, 5), (5,))]),
            Check("axes of length 1", 1, edge=True, draw=lambda d: [
                (d.array(2, 4, 3), (1, 1, 3)), (d.array(2, 4, 3), (2, 1, 3)), (d.array(3, 4), (3, 1)),
                (d.array(2, 4, 3), (4, 1))]),
            Check("a single number; nothing to do", 0.5, edge=True, draw=lambda d: [
                (d.array(3, 4), ()), (d.array(3, 4), (3, 4)), (d.array(5), (5,)), (d.array(1, 3), (1, 3))]),
            Check("equal lengths", 0.5, edge=True, draw=lambda d: [(d.array(4, 4), (4,)), (d.array(3, 3, 3), (3, 1))]),
        ),
        mistakes=(
            ("V05", "nothing summed", "grad", "You returned the gradient as it came, in the shape after broadcasting.",
             "The value was copied along an axis: what happens to the gradients of the copies?"),
            ("V05", "new axes not summed", "for axis, n in enumerate(shape):\n    if n == 1:\n"
             "        grad = grad.sum(axis=axis, keepdims=True)\nreturn grad", "Axes that broadcasting put in front are "
             "still there.", "How many axes has grad, and how many has shape?"),
            ("V08", "axes kept", "k = grad.ndim - len(shape)\naxes = tuple(i for i in range(grad.ndim) if i < k or "
             "shape[i - k] == 1)\nreturn grad.sum(axis=axes, keepdims=True)", "The values are right, but axes of length "
             "1 are left over in front.", "Which shape was asked for?"),
            ("V09", "a length used as an axis", "while grad.ndim > len(shape):\n    grad = grad.sum(axis=0)\n"
             "for n in shape:\n    if n == 1:\n        grad = grad.sum(axis=n, keepdims=True)\nreturn grad",
             "You summed over axis 1 because an axis has the length 1.", "At which position of (1, 1, 3) do the ones "
             "stand?"),
            ("V10", "mean in place of sum", "k = grad.ndim - len(shape)\naxes = tuple(i for i in range(grad.ndim) if "
             "i < k or shape[i - k] == 1)\nreturn grad.mean(axis=axes).reshape(shape)", "You averaged over the copies.",
             "Raise the value by 1: how many copies move?"),
            ("V16", "the first copy only", "while grad.ndim > len(shape):\n    grad = grad[0]\n"
             "return grad[tuple(slice(0, n) for n in shape)]", "You kept the gradient of the first copy alone.",
             "What of the other copies?"),
            ("V28", "counted from the left", "for axis, n in enumerate(shape):\n    if grad.shape[axis] != n:\n"
             "        grad = grad.sum(axis=axis)\nreturn grad.reshape(shape) if grad.size == np.prod(shape) else grad",
             "You laid the two shapes side by side from the left; broadcasting lays them from the right.",
             "Does (4,) fit (4, 4) by its rows or by its columns?"),
            ("V29", "only new axes summed", "while grad.ndim > len(shape):\n    grad = grad.sum(axis=0)\nreturn grad",
             "Axes of length 1 were stretched too, and are not summed.", "Where did the copies of a (3, 1) array go?"),
            ("X04", "summed to one number", "grad.sum()", "You summed over everything.",
             "Which shape was asked for?"),
        ),
        alternatives=(
            ("all axes at once", "k = grad.ndim - len(shape)\naxes = tuple(i for i in range(grad.ndim) if i < k or "
             "shape[i - k] == 1)\nreturn grad.sum(axis=axes).reshape(shape)"),
            ("a longer shape", "full = (1,) * (grad.ndim - len(shape)) + tuple(shape)\n"
             "for axis, (have, want) in enumerate(zip(grad.shape, full)):\n    if have != want:\n"
             "        grad = np.add.reduce(grad, axis=axis, keepdims=True)\nreturn np.reshape(grad, shape)"),
            ("np.add.at", "out = np.zeros(shape)\nwhere = np.broadcast_to(np.arange(out.size).reshape(shape), grad.shape)\n"
             "np.add.at(out.reshape(-1), where.ravel(), grad.ravel())\nreturn out"),
            ("by a matrix of copies", "size = int(np.prod(shape))\n"
             "copies = np.broadcast_to(np.eye(size).reshape((size, *shape)) if shape else np.eye(1)[0],\n"
             "                         (size, *grad.shape)) if len(shape) == grad.ndim or not shape else None\n"
             "if copies is None:\n    full = (1,) * (grad.ndim - len(shape)) + tuple(shape)\n"
             "    copies = np.broadcast_to(np.eye(size).reshape((size, *full)), (size, *grad.shape))\n"
             "return (copies * grad).reshape(size, -1).sum(axis=1).reshape(shape)"),
        ),
        hints=("A value was copied to many places. What is the gradient of a value that is used many times?",
               "Two things happen in broadcasting: axes are put in front, and axes of length 1 are stretched. Sum over "
               "both kinds, and keep the second kind with length 1.",
               "While grad has more axes than shape: sum over axis 0. Then, for each axis where shape has a 1: sum over "
               "it with keepdims=True."),
        read=BROADCASTING, difficulty=3, minutes=10,
    ),
    Exercise(
        "mul_broadcast_backward(dout, a, b)", "da, db", 2, gradient_of(lambda a, b: a * b), upstream="dout",
        checks=(
            Check("(3, 1) times (4,)", 1, draw=lambda d: [
                (d.array(3, 4), d.array(3, 1), d.array(4)), (d.array(5, 2), d.array(5, 1), d.array(2))]),
            Check("both grow; a number; nothing grows", 1, edge=True, draw=lambda d: [
                (d.array(2, 4, 3), d.array(2, 1, 3), d.array(4, 1)), (d.array(2, 3), d.number(), d.array(2, 3)),
                d.arrays(3, 3, 4), (d.array(4, 4), d.array(4, 1), d.array(4))]),
        ),
        mistakes=(
            ("V05", "broadcasting not undone", "dout * b, dout * a", "The gradients have the shape of the product, not "
             "of the inputs.", "a was copied along an axis: what happens to the gradients of the copies?"),
            ("G02", "inputs not swapped", _UNDO + "return undo(dout * a, a), undo(dout * b, b)", "You gave a its own "
             "value: the local gradient of a·b with respect to a is the other input.",
             "If b is 0, can a move the product?"),
            upstream_dropped(_UNDO + "return undo(b + 0 * dout, a), undo(a + 0 * dout, b)"),
            ("V10", "mean in place of sum", _UNDO.replace("g.sum(", "g.mean(") + "return undo(dout * b, a), "
             "undo(dout * a, b)", "You averaged over the copies.", "Raise a by 1: how many copies of it move?"),
            ("V08", "an axis too many", "undo = lambda g, v: g.sum(axis=tuple(k for k in range(g.ndim) if k < g.ndim - "
             "np.ndim(v)\n    or np.shape(v)[k - g.ndim] == 1), keepdims=True)\nreturn undo(dout * b, a), undo(dout * a, b)",
             "The values are right, but an axis of length 1 is left over in front.", "Which shape has b, and so db?"),
            ("V07", "summed over the wrong axis", "(dout * b).sum(axis=0), (dout * a).sum(axis=1)", "You summed over "
             "axes along which the input was not copied.", "Along which axis was a copied?"),
            ("V18", "summed before the product", _UNDO + "return undo(dout, a) * np.sum(b), undo(dout, b) * np.sum(a)",
             "You summed the factors and multiplied the sums. Each copy has a product of its own; these are summed.",
             "Is the sum of products the product of the sums?"),
            ("V29", "only new axes summed", "undo = lambda g, v: g.sum(axis=tuple(range(g.ndim - np.ndim(v))))\n"
             "return undo(dout * b, a), undo(dout * a, b)", "Axes of length 1 were stretched too, and are not summed.",
             "Which shape has a, and so da?"),
            ("X04", "summed to one number", "np.sum(dout * b), np.sum(dout * a)", "Each element has a gradient of its "
             "own: sum only over the copies.", "Which shape has a, and so da?"),
        ),
        alternatives=(
            ("step by step", "out = []\nfor own, other in ((a, b), (b, a)):\n    g = dout * other\n"
             "    while np.ndim(g) > np.ndim(own):\n        g = g.sum(axis=0)\n"
             "    for axis, n in enumerate(np.shape(own)):\n        if n == 1:\n"
             "            g = g.sum(axis=axis, keepdims=True)\n    out.append(g)\nreturn out"),
            ("one helper", _UNDO + "return undo(b * dout, a), undo(a * dout, b)"),
            ("np.add.at", "out = []\nfor own, other in ((a, b), (b, a)):\n    total = np.zeros(np.shape(own))\n"
             "    where = np.broadcast_to(np.arange(total.size).reshape(total.shape), dout.shape)\n"
             "    np.add.at(total.reshape(-1), where.ravel(), (dout * other).ravel())\n    out.append(total)\n"
             "return tuple(out)"),
        ),
        hints=("Forget the shapes for a moment: what is the backward pass of a product?",
               "First the product rule, element by element, in the shape of dout; then undo the broadcasting of each "
               "input by summing over its copies.",
               "Sum dout · b down to a's shape, and dout · a down to b's. A small helper for the summing saves you from "
               "writing it twice."),
        read=BROADCASTING, difficulty=3, minutes=8,
    ),
    Exercise(
        "sum_backward(dout, shape, axis=None, keepdims=False)", "dx", 2, reduction_gradient(autodiff.sum),
        upstream="dout",
        checks=(
            Check("one axis", 1, draw=lambda d: [
                (d.array(4), (3, 4), 0), (d.array(3), (3, 4), 1), (d.array(2, 5), (2, 3, 5), 1)]),
            Check("equal lengths", 0.25, edge=True, draw=lambda d: [(d.array(3), (3, 3), 1), (d.array(4), (4, 4), 0)]),
            Check("keepdims", 0.25, edge=True, draw=lambda d: [
                (d.array(3, 1), (3, 4), 1, True), (d.array(1, 4), (3, 4), 0, True), (d.array(1, 1), (3, 4), None, True)]),
            Check("all axes, several axes, negative axes", 0.5, edge=True, draw=lambda d: [
                (d.array(3), (2, 3, 5), (0, 2)), (d.array(3), (3, 4), -1), (d.array(2), (2, 3, 5), (-1, 1)),
                *((d.number(), shape) for shape in ((3, 4), (2, 3, 5), (5,)))]),
        ),
        mistakes=(
            ("V11", "spread as a row", "np.broadcast_to(dout, shape)", "You let broadcasting place dout, and it lays it "
             "along the last axis. The sum took another axis away.", "Where was the axis that is gone, and how does one "
             "put it back with length 1?"),
            upstream_dropped("np.ones(shape)"),
            ("V10", "divided as in a mean", "g = dout if keepdims or axis is None else np.expand_dims(dout, axis)\n"
             "return np.broadcast_to(g, shape) * (np.size(dout) / np.prod(shape))", "That is the gradient of the mean: "
             "you divided by the number of elements.", "Raise one element by 1: by how much does the sum move?"),
            ("V08", "keepdims forgotten", "return np.broadcast_to(dout if axis is None else np.expand_dims(dout, axis), "
             "shape)", "With keepdims=True the axis is still there, with length 1; you put in another.",
             "Which shape has dout when keepdims is True?"),
            ("V19", "everyone gets the total", "np.full(shape, np.sum(dout))", "Every element got the sum of dout.",
             "Into which of the sums did an element go?"),
            ("V20", "not spread out", "dout", "You returned dout as it came; dx has the shape of x.",
             "How many elements of x went into one sum?"),
            ("V21", "one plain axis only", "if axis is None:\n    return np.broadcast_to(dout, shape)\n"
             "return np.broadcast_to(np.reshape(dout, [1 if k == axis else n for k, n in enumerate(shape)]), shape)",
             "It works for one axis that is counted from the front; axis may also be negative, or a tuple.",
             "Which numpy function puts axes back, wherever they were?"),
            ("V16", "the first element only", "dx = np.zeros(shape)\nif axis is None:\n    dx.flat[0] = np.sum(dout)\n"
             "    return dx\ng = dout if keepdims else np.expand_dims(dout, axis)\n"
             "dx[tuple(slice(0, n) for n in g.shape)] = g\nreturn dx", "Only the first element of each sum was paid.",
             "Which elements move the sum?"),
            ("X02", "the worked example's shape", "np.broadcast_to(np.atleast_1d(dout), (3, 4)) if np.shape(dout) != (3,) else "
             "np.broadcast_to(dout[:, None], (3, 4))", "The result always has the shape of the worked example.",
             "Which argument tells the shape of x?"),
        ),
        alternatives=(
            ("expand, then add zeros", "if axis is not None and not keepdims:\n    dout = np.expand_dims(dout, axis)\n"
             "return dout + np.zeros(shape)"),
            ("reshape", "axes = range(len(shape)) if axis is None else [k % len(shape) for k in np.atleast_1d(axis)]\n"
             "return np.ones(shape) * np.reshape(dout, [1 if k in axes else n for k, n in enumerate(shape)])"),
            ("a view", "g = np.asarray(dout)\nif axis is not None and not keepdims:\n    g = np.expand_dims(g, axis)\n"
             "return np.broadcast_to(g, shape)"),
            ("element by element", "sums = np.sum(np.arange(np.prod(shape)).reshape(shape) * 0.0, axis=axis, keepdims=True)\n"
             "g = np.reshape(dout, sums.shape)\ndx = np.empty(shape)\nfor at in np.ndindex(*shape):\n"
             "    dx[at] = g[tuple(k if n > 1 else 0 for k, n in zip(at, g.shape))]\nreturn dx"),
        ),
        hints=("One element of x grows by 1: which entry of the sum moves, and by how much?",
               "Every element gets the gradient of the sum that it went into: sum copies on the way back. Put the lost "
               "axis back with length 1, and broadcasting does the copying.",
               "Unless axis is None or keepdims is True, np.expand_dims(dout, axis) first; then broadcast to shape."),
        read=REDUCTIONS, difficulty=2, minutes=8,
    ),
    Exercise(
        "mean_backward(dout, shape, axis=None, keepdims=False)", "dx", 1, reduction_gradient(autodiff.mean),
        upstream="dout",
        checks=(
            Check("one axis", 0.5, draw=lambda d: [
                (d.array(4), (3, 4), 0), (d.array(3), (3, 4), 1), (d.array(5), (5, 3), 1)]),
            Check("all axes, several axes, keepdims, equal lengths", 0.5, edge=True, draw=lambda d: [
                (d.array(3), (2, 3, 5), (0, 2)), (d.array(3, 1), (3, 4), -1, True), (d.array(4), (4, 4), 1),
                *((d.number(), shape) for shape in ((3, 4), (2, 3, 5), (5,)))]),
        ),
        mistakes=(
            ("V12", "nothing divided", "g = dout if keepdims or axis is None else np.expand_dims(dout, axis)\n"
             "return np.broadcast_to(g, shape) * 1.0", "That is the gradient of the sum: n elements share one mean.",
             "Raise one of n elements by 1: by how much does their mean move?"),
            ("V13", "divided by the first axis", "g = dout if keepdims or axis is None else np.expand_dims(dout, axis)\n"
             "return np.broadcast_to(g, shape) / shape[0]", "You divided by the length of the first axis, whichever "
             "axis the mean was taken over.", "How many elements went into one mean?"),
            ("V14", "divided twice", "g = dout if keepdims or axis is None else np.expand_dims(dout, axis)\n"
             "return np.broadcast_to(g, shape) * (np.size(dout) / np.prod(shape))**2", "You divided by the number of "
             "elements twice.", "How many elements went into one mean?"),
            ("V22", "divided by all elements", "g = dout if keepdims or axis is None else np.expand_dims(dout, axis)\n"
             "return np.broadcast_to(g, shape) / np.prod(shape)", "You divided by the number of all elements of x.",
             "How many elements went into one mean?"),
            ("V32", "divided by the number of means", "g = dout if keepdims or axis is None else np.expand_dims(dout, axis)\n"
             "return np.broadcast_to(g, shape) / np.size(dout)", "You divided by how many means there are, not by how "
             "many elements each has.", "How many elements went into one mean?"),
            ("V11", "spread as a row", "np.broadcast_to(dout, shape) * (np.size(dout) / np.prod(shape))", "You let "
             "broadcasting place dout, and it lays it along the last axis. The mean took another axis away.",
             "Where was the axis that is gone, and how does one put it back with length 1?"),
            upstream_dropped("np.full(shape, np.size(dout) / np.prod(shape))"),
            ("V08", "keepdims forgotten", "return np.broadcast_to(dout if axis is None else np.expand_dims(dout, axis), "
             "shape) * (np.size(dout) / np.prod(shape))", "With keepdims=True the axis is still there, with length 1; "
             "you put in another.", "Which shape has dout when keepdims is True?"),
        ),
        alternatives=(
            ("count, then spread", "if axis is not None and not keepdims:\n    dout = np.expand_dims(dout, axis)\n"
             "return np.zeros(shape) + dout * np.size(dout) / np.prod(shape)"),
            ("lengths of the axes", "axes = range(len(shape)) if axis is None else [k % len(shape) for k in np.atleast_1d(axis)]\n"
             "n = 1\nfor k in axes:\n    n *= shape[k]\n"
             "return np.broadcast_to(np.reshape(dout, [1 if k in axes else m for k, m in enumerate(shape)]) / n, shape)"),
            ("ones, averaged", "share = 1 / np.sum(np.ones(shape), axis=axis, keepdims=True)\n"
             "return np.ones(shape) * np.reshape(dout, share.shape) * share"),
        ),
        hints=("By how much does the mean of n numbers move when one of them grows by 1?",
               "A mean is a sum divided by a number, so its backward pass is that of the sum, divided by the same "
               "number: how many elements went into one mean.",
               "That number is the product of shape divided by the size of dout."),
        read=REDUCTIONS, difficulty=2, minutes=4,
    ),
    Exercise(
        "relu_backward(dout, x)", "dx", 2, gradient_of(autodiff.relu), upstream="dout",
        checks=(
            Check("mixed signs", 1, draw=lambda d: [d.arrays(2, 6), d.arrays(2, 3, 4)]),
            Check("x of 0", 1, edge=True, draw=lambda d: [
                (d.array(5), np.array([0.0, -1.5, 2.5, 0.0, -0.5])), (d.array(2, 3), np.zeros((2, 3)))]),
        ),
        mistakes=(
            ("A01", "the gate opens by dout", "dout * (dout > 0)", "You let positive gradients through. The gate opens "
             "by x, not by the gradient.", "What does relu do with a negative x?"),
            ("A02", "the mask alone", "1.0 * (x > 0)", "You returned the local gradient: the upstream gradient is "
             "missing.", "What should reach x if dout were 0?"),
            ("A03", "open at 0", "dout * (x >= 0)", "At x = 0 the gradient went through; this course takes relu'(0) = 0, "
             "as PyTorch does.", "Which comparison leaves 0 out?"),
            ("A04", "always open", "out = np.maximum(x, 0)\nreturn dout * (out >= 0)", "Everything went through. (A mask "
             "made of relu's output is all ones with >= 0: the output is never negative.)",
             "For which elements should nothing come through?"),
            ("A05", "scaled by relu", "dout * np.maximum(x, 0)", "You multiplied by relu's value; its slope is 1 where "
             "x is positive.", "How fast does relu grow at x = 5?"),
            ("A06", "writes into dout", "dout[x <= 0] = 0\nreturn dout", "Your function changed its argument `dout`, "
             "which others may still use.", "How could you make a new array instead?"),
            ("A13", "leaks", "np.where(x > 0, dout, 0.01 * dout)", "Something comes through where x is negative; that "
             "is the leaky relu.", "How fast does relu grow at x = −5?"),
            ("A14", "half at 0", "dout * ((x > 0) + 0.5 * (x == 0))", "At x = 0 half of the gradient went through; this "
             "course takes relu'(0) = 0, as PyTorch does.", "Which convention does the text above state?"),
            ("A22", "open for negative x", "dout * (x < 0)", "The gradient went through where x is negative.",
             "Where is relu flat?"),
            ("G28", "the sign of dout is lost", "np.abs(dout) * (x > 0)", "The gradient that you passed on has lost the "
             "sign of dout.", "What should come back where dout is −2 and x is 3?"),
        ),
        alternatives=(
            ("np.where", "return np.where(x > 0, dout, 0.0)"),
            ("a copy", "dx = dout.copy()\ndx[x <= 0] = 0\nreturn dx"),
            ("from the output", "out = np.maximum(x, 0)\nreturn dout * np.sign(out)"),
            ("a loop", "dx = np.zeros(x.shape)\nfor i in np.ndindex(x.shape):\n    if x[i] > 0:\n"
             "        dx[i] = dout[i]\nreturn dx"),
        ),
        hints=("How fast does relu grow at x = 5? And at x = −5?",
               "The local gradient is 1 where x is positive and 0 elsewhere. A comparison of arrays multiplies like 1 "
               "and 0.",
               "Multiply dout by the mask of the positive x; make a new array."),
        read=RELU, difficulty=1, minutes=3,
    ),
    Exercise(
        "max_axis_backward(dout, x, axis)", "dx", 2, max_axis_gradient, upstream="dout",
        checks=(
            Check("the largest of each row", 1, draw=lambda d: [
                (d.array(3), d.array(3, 4), 1), (d.array(5), d.array(5, 3), 1), (d.array(4), d.array(4, 4), 1)]),
            Check("ties share equally", 0.5, edge=True, draw=lambda d: [with_ties(d), (d.array(4), np.ones((4, 3)), 1)]),
            Check("another axis, negative rows", 0.5, edge=True, draw=lambda d: [
                (d.array(4), d.array(3, 4), 0), (d.array(3), -d.positives(3, 4), 1), (d.array(3), d.array(3, 3), 1),
                (d.array(2, 3), d.array(2, 3, 4), -1), (d.array(2, 4), d.array(2, 3, 4), 1)]),
        ),
        mistakes=(
            ("G10", "a tie pays twice", "return np.expand_dims(dout, axis) * (x == x.max(axis=axis, keepdims=True))",
             "At a tie each winner got all of dout.", "To what must the shares add up? (This course splits equally.)"),
            ("G32", "a tie pays the first", "dx = np.zeros(x.shape)\n"
             "np.put_along_axis(dx, np.expand_dims(x.argmax(axis), axis), np.expand_dims(dout, axis), axis)\nreturn dx",
             "At a tie all of dout went to the first winner.", "Is the first more of a winner than the others?"),
            ("V11", "spread as a row", "won = x == x.max(axis=axis, keepdims=True)\n"
             "return dout * won / won.sum(axis=axis, keepdims=True)", "You let broadcasting place dout, and it lays it "
             "along the last axis. The maximum took another axis away.",
             "How does one put the lost axis back, with length 1?"),
            ("G09", "scaled by the winner's value", "won = x == x.max(axis=axis, keepdims=True)\n"
             "return np.expand_dims(dout, axis) * won * x / won.sum(axis=axis, keepdims=True)",
             "The maximum passes the gradient on, unscaled.", "How fast does the maximum grow with the winner?"),
            upstream_dropped("won = x == x.max(axis=axis, keepdims=True)\nreturn won / won.sum(axis=axis, keepdims=True)"),
            ("G07", "everyone is paid", "np.expand_dims(dout, axis) + 0 * x", "Every element of a row was paid, but only "
             "the largest one moves the maximum.", "Nudge a smaller one: does the maximum change?"),
            ("G31", "the loser is paid", "won = x == x.min(axis=axis, keepdims=True)\n"
             "return np.expand_dims(dout, axis) * won / won.sum(axis=axis, keepdims=True)",
             "The gradient went to the smallest element.", "Which element does the maximum follow?"),
            ("G34", "the largest in size wins", "won = (abs(x) == abs(x).max(axis=axis, keepdims=True)) * 1.0\n"
             "return np.expand_dims(dout, axis) * won / won.sum(axis=axis, keepdims=True)", "You compared the sizes: −4 "
             "is larger than 3 in size, but not larger.", "Which is the largest of 3 and −4?"),
            ("G47", "one winner in all", "won = x == x.max()\nreturn np.expand_dims(dout, axis) * won / won.sum()",
             "Only the largest element of the whole array was paid.", "How many maxima are there?"),
            ("V23", "always along the rows", "won = x == x.max(axis=1, keepdims=True)\n"
             "return np.expand_dims(dout, 1) * won / won.sum(axis=1, keepdims=True)", "It works for axis 1 alone.",
             "Which argument says along which axis the maximum was taken?"),
        ),
        alternatives=(
            ("np.where", "top = np.expand_dims(x.max(axis=axis), axis)\nn = np.sum(x == top, axis=axis, keepdims=True)\n"
             "return np.where(x == top, np.expand_dims(dout, axis) / n, 0.0)"),
            ("row by row", "v, g = np.moveaxis(x, axis, -1), np.asarray(dout)\ndx = np.zeros(v.shape)\n"
             "for at in np.ndindex(g.shape):\n    won = np.flatnonzero(v[at] == max(v[at]))\n"
             "    for k in won:\n        dx[at][k] = g[at] / len(won)\nreturn np.moveaxis(dx, -1, axis)"),
            ("a float mask", "won = (x >= x.max(axis=axis, keepdims=True)).astype(float)\n"
             "won /= won.sum(axis=axis, keepdims=True)\nreturn won * np.expand_dims(dout, axis)"),
        ),
        hints=("Which elements of a row move its maximum?",
               "Make a mask of the winners, with keepdims=True. Divide it by the number of winners in each row, so that "
               "ties share. Then multiply by dout, whose lost axis you put back.",
               "mask = (x == x.max(axis, keepdims=True)); dx is the mask, divided by its own sum along the axis, times "
               "the expanded dout."),
        read='lesson 4, "sums and means"', difficulty=3, minutes=8,
    ),
    Exercise(
        "softmax_backward(dout, p)", "dz", 2, gradient_of(lambda z: autodiff.softmax(z, axis=-1), at=np.log),
        upstream="dout", axes={"dout": "NC", "p": "NC"},
        checks=(
            Check("one row, and four", 1, draw=lambda d: [
                (np.array([[1.0, 2.0, -1.0]]), np.array([[0.2, 0.3, 0.5]])), (d.array(4, 3), probabilities(d, 4, 3))]),
            Check("other numbers of rows and classes", 1, edge=True, draw=lambda d: [
                (d.array(3, 5), probabilities(d, 3, 5)), (d.array(3, 3), probabilities(d, 3, 3)),
                (d.array(1, 4), probabilities(d, 1, 4))]),
        ),
        mistakes=(
            ("A07", "the diagonal only", "p * (1 - p) * dout", "That is the sigmoid's rule. In a softmax every p depends "
             "on every z of its row.", "Raise one z: what happens to the other probabilities?"),
            ("G01", "upstream dropped", "0 * p", "The results do not depend on dout. (With an upstream gradient of ones "
             "they would be 0: the probabilities always add up to 1.)", "Where does dout come in?"),
            ("G01", "upstream dropped, diagonal only", "p * (1 - p)", "The results do not depend on dout: the upstream "
             "gradient is missing.", "What should come back if dout were 0?"),
            ("A16", "the correction is missing", "p * dout", "That would be the rule of exp alone. Dividing by the sum "
             "couples the entries of a row.", "What must each row of dz add up to?"),
            ("A15", "softmax applied twice", "s = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)\n"
             "return s * (dout - (s * dout).sum(axis=1, keepdims=True))", "`p` is already the softmax's output.",
             "What does the argument p hold?"),
            ("V07", "summed over the wrong axis", "p * (dout - (p * dout).sum(axis=0, keepdims=True))", "You summed over "
             "the rows; the entries of one row belong together.", "Which entries does one softmax normalise?"),
            ("V08", "keepdims missing", "p * (dout - (p * dout).sum(axis=1))", "The sum of each row has lost its axis, "
             "so it does not stand beside its row.", "Which shape has the sum, and which should it have to be "
             "subtracted from each row?"),
            ("X04", "summed over everything", "p * (dout - (p * dout).sum())", "You summed over all rows together.",
             "Which entries does one softmax normalise?"),
            ("V10", "mean in place of sum", "p * (dout - (p * dout).mean(axis=1, keepdims=True))", "You averaged over "
             "the row in place of summing.", "What must each row of dz add up to?"),
            ("A21", "sign of the correction", "p * (dout + (p * dout).sum(axis=1, keepdims=True))", "The correction has "
             "the wrong sign.", "What must each row of dz add up to?"),
            ("A23", "p missing in the sum", "p * (dout - dout.sum(axis=1, keepdims=True))", "The sum that is subtracted "
             "lacks the weights p.", "What must each row of dz add up to?"),
        ),
        alternatives=(
            ("the Jacobian of each row", "return np.array([(np.diag(q) - np.outer(q, q)) @ g for q, g in zip(p, dout)])"),
            ("einsum", "return p * dout - p * np.einsum('nc,nc->n', p, dout)[:, None]"),
            ("loops", "dz = np.zeros(p.shape)\nfor n in range(len(p)):\n    for j in range(p.shape[1]):\n"
             "        for i in range(p.shape[1]):\n            dz[n, j] += dout[n, i] * p[n, i] * ((i == j) - p[n, j])\n"
             "return dz"),
        ),
        hints=("Raise one z of a row: which probabilities move, and which way each?",
               "dp_i/dz_j is p_i·(1 − p_j) for i = j and −p_i·p_j otherwise. Multiply by dout_i, sum over i: a single sum "
               "for each row remains.",
               "Let s be the sum of dout · p along each row, with keepdims=True. Subtract s from dout, then multiply by p."),
        read=SOFTMAX, difficulty=3, minutes=10,
    ),
    Exercise(
        "softmax_cross_entropy(logits, labels)", "loss, dlogits", 3, cross_entropy_gradient,
        axes={"logits": "NC", "labels": "N"},
        checks=(
            *(Check(part, 0.75, part=part, draw=lambda d: [
                (np.zeros((3, 10)), np.array([3, 7, 1])), (d.array(4, 3), np.array([2, 0, 2, 1])),
                (d.array(4, 5), labels_of(d, 4, 5))]) for part in ("loss", "dlogits")),
            Check("logits of ±1000", 0.75, edge=True, draw=lambda d: [
                large_logits(d), (np.array([[1000.0, 0.0, -1000.0]]), np.array([0]))]),
            Check("one row; five rows with the same label", 0.75, edge=True, draw=lambda d: [
                (d.array(1, 3), np.array([2])), (d.array(5, 3), np.array([1, 1, 1, 1, 1])), (d.array(3, 3), labels_of(d, 3, 3))]),
        ),
        mistakes=(
            _cross_entropy("A08", "dlogits without 1/N", "dlogits is N × too large: the loss is the mean over the N rows.",
                           "How much of the loss is one row's?", dlogits="p - np.eye(C)[labels]"),
            _cross_entropy("A20", "the loss is summed", "The loss is N × too large: it is the mean over the rows.",
                           "What does the loss say of a batch twice as large?", loss="-logp[rows, labels].sum()"),
            _cross_entropy("V14", "divided by N twice", "dlogits is N × too small: the 1/N of the mean came in twice.",
                           "How often does the formula divide by N?", dlogits="(p - np.eye(C)[labels]) / N**2"),
            _cross_entropy("V22", "divided by all elements", "dlogits was divided by N·C; the loss is a mean over the N "
                           "rows.", "How many losses are averaged?", dlogits="(p - np.eye(C)[labels]) / (N * C)"),
            _cross_entropy("A09", "sign", "dlogits has the other sign: a step against it would go uphill.",
                           "Should the logit of the right class rise or fall in training?",
                           dlogits="(np.eye(C)[labels] - p) / N"),
            _cross_entropy("A11", "1 subtracted in whole columns", "`p[:, labels] -= 1` picks these columns in every "
                           "row.", "Which one entry of each row is meant?", before="", dlogits=
                           "(p - np.isin(np.arange(C), labels)) / N"),
            _cross_entropy("A19", "nothing subtracted", "dlogits holds the probabilities, divided by N; the labels do "
                           "not come in.", "What should the gradient be when the right class has probability 1?",
                           dlogits="p / N"),
            _cross_entropy("V07", "softmax over the wrong axis", "You normalised each column; a row is one example.",
                           "Which entries should add up to 1?", axis=0),
            ("A10", "overflow", "N, C = logits.shape\ne = np.exp(logits)\np = e / e.sum(axis=1, keepdims=True)\n"
             "loss = -np.log(p[np.arange(N), labels]).mean()\nreturn loss, (p - np.eye(C)[labels]) / N",
             "With logits of 1000 exp overflows, and nan comes out.", "What may be subtracted from every logit of a row "
             "without changing its softmax?"),
            ("A10", "one maximum for all rows", "N, C = logits.shape\ne = np.exp(logits - logits.max())\n"
             "p = e / e.sum(axis=1, keepdims=True)\nloss = -np.log(p[np.arange(N), labels]).mean()\n"
             "return loss, (p - np.eye(C)[labels]) / N", "You subtracted the maximum of all rows: a row that lies far "
             "below it vanishes, and 0/0 is nan.", "Which number is safe to subtract from each row?"),
            ("A17", "the logarithm of 0", "N, C = logits.shape\ne = np.exp(logits - logits.max(axis=1, keepdims=True))\n"
             "p = e / e.sum(axis=1, keepdims=True)\nloss = -np.log(p[np.arange(N), labels]).mean()\n"
             "return loss, (p - np.eye(C)[labels]) / N", "A probability was rounded to 0 before its logarithm was taken.",
             "What is log(e^z / s), written without a quotient?"),
            ("A17", "a small number inside the logarithm", "N, C = logits.shape\n"
             "e = np.exp(logits - logits.max(axis=1, keepdims=True))\np = e / e.sum(axis=1, keepdims=True)\n"
             "loss = -np.log(p[np.arange(N), labels] + 1e-12).mean()\nreturn loss, (p - np.eye(C)[labels]) / N",
             "The small number that you added keeps the logarithm finite, and the loss wrong.",
             "What is log(e^z / s), written without a quotient?"),
            _cross_entropy("A18", "as many classes as there are labels", "You took the largest label for the number of "
                           "classes. A class may be missing from a batch.", "Which shape tells the number of classes?",
                           dlogits="(p - np.eye(labels.max() + 1)[labels]) / N"),
            ("A06", "writes into logits", "N, C = logits.shape\nlogits -= logits.max(axis=1, keepdims=True)\n"
             "logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))\n"
             "return -logp[np.arange(N), labels].mean(), (np.exp(logp) - np.eye(C)[labels]) / N",
             "Your function changed its argument `logits`: `-=` writes into the array.",
             "How could you make a new array instead?"),
            ("X05", "results the other way round", "N, C = logits.shape\nz = logits - logits.max(axis=1, keepdims=True)\n"
             "logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))\n"
             "return (np.exp(logp) - np.eye(C)[labels]) / N, -logp[np.arange(N), labels].mean()",
             "The two results are right, in the wrong order.", "In which order does the stub return them?"),
        ),
        alternatives=(
            ("one entry of each row", "N = len(labels)\nz = logits - logits.max(axis=1, keepdims=True)\ne = np.exp(z)\n"
             "s = e.sum(axis=1)\nloss = np.mean(np.log(s) - z[np.arange(N), labels])\ndz = e / s[:, None]\n"
             "dz[np.arange(N), labels] -= 1\nreturn loss, dz / N"),
            ("row by row", "loss, dz = 0.0, np.zeros(logits.shape)\nfor n, (z, t) in enumerate(zip(logits, labels)):\n"
             "    z = z - z.max()\n    logp = z - np.log(np.exp(z).sum())\n    loss -= logp[t] / len(labels)\n"
             "    dz[n] = np.exp(logp)\n    dz[n, t] -= 1\nreturn [loss, dz / len(labels)]"),
            ("logaddexp", "logp = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)\n"
             "hot = np.arange(logits.shape[1]) == labels[:, None]\n"
             "return -(logp[hot]).mean(), (np.exp(logp) - hot) / len(labels)"),
        ),
        hints=("What does the softmax of a row become when you subtract the same number from all of its logits?",
               "Subtract each row's maximum; log p = z − log Σ e^z. The loss is the mean of −log p at the labels. On the "
               "way back everything collapses: dlogits is p, minus 1 at each row's label, divided by N.",
               "rows = np.arange(N) picks one entry of each row: logp[rows, labels]. Make dlogits from np.exp(logp), "
               "subtract 1 there, divide by N."),
        read=SOFTMAX, difficulty=4, minutes=15,
    ),
    Exercise(
        "mse(pred, target)", "loss, dpred", 1, mse_gradient, axes={"pred": "NC", "target": "NC"},
        checks=(
            *(Check(part, 0.25, part=part, draw=lambda d: [d.arrays(2, 4, 3), d.arrays(2, 3, 5)])
              for part in ("loss", "dpred")),
            Check("other shapes", 0.25, edge=True, draw=lambda d: [d.arrays(2, 5), d.arrays(2, 5, 1), d.arrays(2, 1, 3)]),
            Check("shapes that differ are refused", 0.25, edge=True, test=lambda ask: refuses_other_shapes(ask)),
        ),
        mistakes=(
            _mse("V13", "divided by N alone", "You divided by the number of rows; the mean is over all elements, as in "
                 "PyTorch.", "How many squares are averaged?", loss="np.sum((pred - target)**2) / len(pred)",
                 dpred="2 * (pred - target) / len(pred)"),
            _mse("V13", "dpred divided by N alone", "dpred is divided by the number of rows; the mean is over all "
                 "elements, as in PyTorch.", "How many squares are averaged?", dpred="2 * (pred - target) / len(pred)"),
            _mse("V15", "shapes broadcast in silence", "(N, 1) and (N,) were broadcast to (N, N): every prediction was "
                 "compared with every target.", "What should the function do when the two shapes differ?", first=""),
            _mse("V27", "reshapes in silence", "Your function bent one array into the other's shape. It can't know "
                 "which element belongs to which: it should stop with an error that says so.",
                 "What should the function do when the two shapes differ?",
                 first="target = np.reshape(target, pred.shape)\n"),
            _mse("W07", "an error without a message", "Your function stops, as it should, but without a word.",
                 "What would you like to read there, a month from now?", first="assert pred.shape == target.shape\n"),
            _mse("V12", "nothing divided", "dpred is the gradient of the sum of squares; the loss is their mean.",
                 "How many squares are averaged?", dpred="2 * (pred - target)"),
            _mse("G46", "the factor 2 is lost", "The square's factor 2 is missing in dpred.", "What is d(t²)/dt?",
                 dpred="(pred - target) / pred.size"),
            _mse("A09", "sign", "dpred has the other sign: a step against it would go uphill.",
                 "If pred is too large, which way does the loss move when pred grows?",
                 dpred="2 * (target - pred) / pred.size"),
            _mse("V24", "the root of it", "That is the root of the mean squared error.", "What does the name mse say?",
                 loss="np.sqrt(np.mean((pred - target)**2))"),
            _mse("V25", "absolute differences", "That is the mean absolute error.", "What does the name mse say?",
                 loss="np.mean(np.abs(pred - target))", dpred="np.sign(pred - target) / pred.size"),
            _mse("V26", "a half in front", "There is a factor ½ in front. It makes the gradient pretty, but the mean "
                 "squared error has none, as in PyTorch.", "What is the mean of the squares?",
                 loss="np.mean((pred - target)**2) / 2", dpred="(pred - target) / pred.size"),
        ),
        alternatives=(
            ("an assertion with a message", "assert pred.shape == target.shape, f'{pred.shape} and {target.shape} differ'\n"
             "off = pred - target\nreturn (off * off).mean(), 2 * off / off.size"),
            ("loops", "if pred.shape != target.shape:\n    raise TypeError('pred and target have different shapes')\n"
             "loss, dpred = 0.0, np.zeros(pred.shape)\nfor i in np.ndindex(pred.shape):\n"
             "    loss += (pred[i] - target[i])**2 / pred.size\n    dpred[i] = 2 * (pred[i] - target[i]) / pred.size\n"
             "return loss, dpred"),
            ("a dot product", "if np.shape(pred) != np.shape(target):\n    raise ValueError('shapes differ')\n"
             "off = np.ravel(pred - target)\nreturn [off @ off / off.size, np.reshape(2 / off.size * off, pred.shape)]"),
        ),
        hints=("What does numpy make of a (4, 1) array minus a (4,) array?",
               "Compare the shapes first, and raise a ValueError that names both. The gradient of the mean of t² is 2t "
               "divided by the number of elements.",
               "That number is pred.size."),
        read=REDUCTIONS, difficulty=1, minutes=5,
    ),
    Exercise(
        "permute_backward(dout, axes)", "dx", 1, permute_gradient, upstream="dout",
        checks=(
            Check("a matrix transposed", 0.5, draw=lambda d: [(d.array(4, 3), (1, 0)), (d.array(3, 3), (1, 0))]),
            Check("three and four axes", 0.5, edge=True, draw=lambda d: [
                (d.array(4, 2, 3), (2, 0, 1)), (d.array(3, 3, 3), (2, 0, 1)), (d.array(3, 4, 2, 5), (1, 2, 0, 3))]),
        ),
        mistakes=(
            ("S02", "the same permutation again", "np.transpose(dout, axes)", "You permuted by axes once more. That "
             "leads back only where two axes change places.", "Axis 0 of x went to which position? Who brings it back?"),
            ("S03", "reshaped", "shape = np.empty(len(axes), int)\nshape[list(axes)] = dout.shape\n"
             "return dout.reshape(shape)", "The shape is right, but reshape does not move elements to where they were.",
             "Where does dx[0, 1] come from?"),
            ("S03", "reshaped column by column", "shape = np.empty(len(axes), int)\nshape[list(axes)] = dout.shape\n"
             "return dout.reshape(shape, order='F')", "The shape is right, but reshape does not move elements to where "
             "they were.", "Where does dx[0, 1] come from?"),
            ("S05", "all axes reversed", "dout.T", "You reversed all axes. That leads back only from a full reversal.",
             "Which permutation undoes (2, 0, 1)?"),
            ("S06", "not undone", "dout * 1.0", "You returned the gradient as it came: its axes are still permuted.",
             "Which shape has x, and so dx?"),
            ("S07", "two axes swapped", "np.swapaxes(dout, 0, 1)", "You swapped the first two axes, whatever axes says.",
             "Which permutation undoes (2, 0, 1)?"),
            ("G01", "upstream dropped", "np.ones(np.transpose(dout, np.argsort(axes)).shape)", "The shape is right, but "
             "the upstream gradient is missing.", "What should come back if dout were 0?"),
        ),
        alternatives=(
            ("np.argsort", "return np.transpose(dout, np.argsort(axes))"),
            ("np.moveaxis", "return np.moveaxis(dout, range(len(axes)), axes)"),
            ("a dictionary", "back = {axis: place for place, axis in enumerate(axes)}\n"
             "return dout.transpose([back[k] for k in range(dout.ndim)])"),
            ("written into place", "shape = [0] * len(axes)\nfor place, axis in enumerate(axes):\n"
             "    shape[axis] = dout.shape[place]\ndx = np.zeros(shape)\nnp.transpose(dx, axes)[...] = dout\nreturn dx"),
        ),
        hints=("Axis axes[0] of x became axis 0 of the output. Where must axis 0 of dout go?",
               "No number changes, only places: apply the inverse permutation.",
               "np.argsort of a permutation is its inverse."),
        read=PLACES, difficulty=2, minutes=4,
    ),
    Exercise(
        "take_rows_backward(dout, rows, n)", "dx", 1, take_rows_gradient, upstream="dout",
        checks=(
            Check("every row at most once", 0.5, draw=lambda d: [
                (d.array(3, 4), [2, 0, 3], 5), (d.array(2, 3), np.array([3, 1]), 4)]),
            Check("rows taken several times", 0.25, edge=True, draw=lambda d: [
                (d.array(3, 4), [1, 1, 2], 5), (d.array(4, 3), np.array([0, 2, 0, 0]), 3)]),
            Check("nothing taken; all taken", 0.25, edge=True, draw=lambda d: [
                (d.array(3, 4), [0, 2, 1], 3), (np.zeros((0, 3)), [], 4), (d.array(1, 2), [0], 6)]),
        ),
        mistakes=(
            ("S01", "repeats lost", "dx = np.zeros((n, dout.shape[1]))\ndx[list(rows)] += dout\nreturn dx", "A row that "
             "was taken twice kept only one of its gradients. (`dx[rows] += …` writes each row once.)",
             "What happens to gradients where paths meet?"),
            ("S01", "repeats overwrite", "dx = np.zeros((n, dout.shape[1]))\nfor k, row in enumerate(rows):\n"
             "    dx[row] = dout[k]\nreturn dx", "A row that was taken twice kept only one of its "
             "gradients. (`dx[rows] += …` writes each row once.)", "What happens to gradients where paths meet?"),
            ("S04", "the shape of what was taken", "dout * 1.0", "The gradient has the shape of the rows that were "
             "taken; dx has n rows, as x does.", "What is the gradient of a row that was never taken?"),
            ("S08", "as many rows as the largest index", "dx = np.zeros((max(rows, default=-1) + 1, dout.shape[1]))\n"
             "for k, row in enumerate(rows):\n    dx[row] += dout[k]\nreturn dx", "You took the largest index for the "
             "number of rows.", "Which argument tells how many rows x has?"),
            ("B08", "repeats averaged", "dx = np.zeros((n, dout.shape[1]))\nfor k, row in enumerate(rows):\n"
             "    dx[row] += dout[k] / list(rows).count(row)\nreturn dx", "You averaged where a row was taken twice. Where "
             "paths meet, gradients add up.", "Raise that row by 1: how many rows of the output move?"),
            ("G01", "upstream dropped", "dx = np.zeros((n, dout.shape[1]))\nfor row in rows:\n    dx[row] += 1\nreturn dx",
             "You counted how often each row was taken: the upstream gradient is missing.",
             "What should reach x if dout were 0?"),
            ("S10", "filled in order", "dx = np.zeros((n, dout.shape[1]))\ndx[:len(dout)] = dout[:n]\nreturn dx",
             "You filled the rows from the top; they belong where they were taken from.",
             "Which row of x is row 0 of the output?"),
            ("S11", "an empty list of indices", "dx = np.zeros((n, dout.shape[1]))\nnp.add.at(dx, np.array(rows), dout)\n"
             "return dx", "An empty list becomes an array of floats, which can't be used as indices.",
             "Which dtype should the array of indices have?"),
        ),
        alternatives=(
            ("np.add.at", "dx = np.zeros((n, dout.shape[1]))\nnp.add.at(dx, np.asarray(rows, dtype=int), dout)\nreturn dx"),
            ("a loop", "dx = np.zeros((n, dout.shape[1]))\nfor g, row in zip(dout, rows):\n    dx[row] += g\nreturn dx"),
            ("a product with a matrix of zeros and ones", "picked = np.zeros((len(rows), n))\n"
             "picked[np.arange(len(rows)), np.asarray(rows, dtype=int)] = 1\nreturn picked.T @ dout"),
            ("row by row", "rows = np.asarray(rows)\nreturn np.array([dout[rows == k].sum(axis=0) for k in range(n)])"),
        ),
        hints=("Row 1 was taken twice. How many rows of the output move when it moves?",
               "Start with zeros in x's shape, and add each row of dout to the row that it was taken from. Beware: "
               "dx[rows] += dout adds a repeated row once.",
               "np.add.at(dx, rows, dout) adds once for each repeat; so does a loop."),
        read=PLACES, difficulty=2, minutes=5,
    ),
    Exercise(
        "gradient_check(f, x, dout, analytic)", "error", 2, None,
        checks=(
            Check("lets the gradient of x² pass", 0.25, test=sorts(right_square, False)),
            Check("flags twice that gradient", 0.25, test=sorts(doubled_square, True)),
            Check("flags twelve wrong gradients", 0.5, edge=True, once=True, test=sorts(wrong_gradients, True)),
            Check("lets twelve right gradients pass", 0.5, edge=True, test=sorts(right_gradients, False)),
            Check("integers", 0.25, edge=True, test=sorts(of_integers, False)),
            Check("float32", 0.25, edge=True, test=sorts(of_float32, False)),
        ),
        mistakes=(
            _gradient_check("G01", "upstream dropped", "Your numeric gradient is that of the sum of f(x); dout does not "
                            "come in.", "Of which number is `analytic` the gradient?",
                            numeric="(up - down).sum() / (2 * h)"),
            _gradient_check("C01", "integers", "The step was lost where x is an array of integers: 2 + 0.00001 is stored "
                            "as 2.", "Which dtype must the array have that you nudge?", start="x = x.copy()\n"
                            "if x.dtype == np.float32:\n    x = x.astype(float)\n"),
            ("C02", "one-sided", "x = np.array(x, dtype=float)\nh = 1e-5\nn = np.zeros(x.shape)\nbase = f(x)\n"
             "for i in np.ndindex(x.shape):\n    old = x[i]\n    x[i] = old + h\n"
             "    n[i] = ((f(x) - base) * dout).sum() / h\n    x[i] = old\n"
             "top = max(np.abs(analytic).max(), np.abs(n).max())\nreturn np.abs(analytic - n).max() / top if top else 0.0",
             "A difference to one side only is not accurate enough: a steep function was flagged.",
             "What does a step to the other side cancel?"),
            _gradient_check("C03", "step too small", "Your step is so small that rounding drowns the difference.",
                            "How many digits are left of f(x + h) − f(x − h)?", h="1e-12"),
            _gradient_check("C07", "step too large", "Your step is so large that it jumps over a kink, or past the curve.",
                            "How near to a kink may x lie?", h="1e-3"),
            _gradient_check("C04", "float32", "In float32 a difference of two nearly equal values has hardly a right "
                            "digit.", "Which dtype should x have while you nudge it?", start="x = x.copy()\n"
                            "if x.dtype.kind != 'f':\n    x = x.astype(float)\n"),
            _gradient_check("C05", "x left changed", "Your function changed its argument `x`: after a nudge it did not "
                            "put back what was there.", "How can x be as it was, to the last bit?",
                            start="x = x if x.dtype == float else x.astype(float)\n", at="flat[i] + h"),
            _gradient_check("C05", "x not quite put back", "Your function changed its argument `x`: adding and "
                            "subtracting a step does not lead back to the last bit.", "How can x be as it was, exactly?",
                            start="x = x if x.dtype == float else x.astype(float)\n", at="(flat[i] + 1.0) - 1.0"),
            _gradient_check("C06", "checked at zero", "You nudged zeros in place of x.",
                            "At which point is `analytic` the gradient?", start="x = np.zeros(x.shape)\n"),
            _gradient_check("C09", "0 divided by 0", "Where both gradients are 0 your check returns nan, which is no "
                            "verdict.", "What should it return when both gradients are 0?",
                            end="return np.abs(analytic - n).max() / np.maximum(np.abs(analytic).max(), np.abs(n).max())"),
            _gradient_check("C12", "absolute difference", "You did not divide by the size of the gradients: large right "
                            "ones are flagged, small wrong ones pass.", "What is a difference of 0.001 worth if the "
                            "gradient is 1,000,000?", end="return np.abs(analytic - n).max()"),
            _gradient_check("C13", "direction only", "Your check compares directions; a gradient that is twice too large "
                            "passes.", "Which number tells 2·g from g?",
                            end="top = np.sqrt((analytic**2).sum() * (n**2).sum())\n"
                                "return 1 - (analytic * n).sum() / top if top else float(np.any(analytic))"),
            _gradient_check("C14", "errors cancel", "You summed the differences with their signs: errors that go up and "
                            "down cancel.", "What should be taken of each difference first?",
                            end="top = max(np.abs(analytic).max(), np.abs(n).max())\n"
                                "return abs((analytic - n).sum()) / top if top else 0.0"),
            _gradient_check("C15", "the first element only", "Your check looks at one element.",
                            "Where could a mistake hide from it?",
                            end="top = max(np.abs(analytic).max(), np.abs(n).max())\n"
                                "return np.abs(analytic - n).flat[0] / top if top else 0.0"),
            _gradient_check("C17", "divided by one step", "You divided by h; between x − h and x + h there are two "
                            "steps.", "How far are the two points apart?", numeric="((up - down) * dout).sum() / h"),
            constant("0.5"),
        ),
        alternatives=(
            ("columns of the identity", "x = np.asarray(x, float)\nh = 1e-6\nn = [np.sum((f(x + h * e.reshape(x.shape)) - "
             "f(x - h * e.reshape(x.shape))) * dout) / (2 * h)\n     for e in np.eye(x.size)]\n"
             "a = np.ravel(analytic)\ntop = np.abs([a, n]).max()\nreturn float(np.abs(a - n).max() / top) if top else 0.0"),
            ("in place, and put back", "x = x if x.dtype == float else x.astype(float)\nh, worst, top = 1e-5, 0.0, 0.0\n"
             "for i in np.ndindex(x.shape):\n    old = x[i]\n    x[i] = old + h\n    up = np.sum(f(x) * dout)\n"
             "    x[i] = old - h\n    down = np.sum(f(x) * dout)\n    x[i] = old\n    n = (up - down) / (2 * h)\n"
             "    worst = max(worst, abs(n - analytic[i]))\n    top = max(top, abs(n), abs(analytic[i]))\n"
             "return worst / top if top else 0.0"),
            ("four points", "x = np.array(x, dtype=np.float64)\nh = 3e-5\nn = np.empty(x.shape)\nfor i in np.ndindex(x.shape):\n"
             "    e = np.zeros(x.shape)\n    e[i] = h\n    d = 8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))\n"
             "    n[i] = np.sum(d * dout) / (12 * h)\ntop = max(abs(n).max(), abs(analytic).max())\n"
             "return np.max(abs(n - analytic)) / top if top > 0 else 0"),
            ("a sum in the denominator", "x = np.array(x, dtype=float)\nh = 1e-5\nn = np.zeros(x.shape)\n"
             "for i in np.ndindex(x.shape):\n    e = np.zeros(x.shape)\n    e[i] = h\n"
             "    n[i] = np.sum((f(x + e) - f(x - e)) * dout) / (2 * h)\n"
             "return np.linalg.norm(analytic - n) / max(1e-30, np.linalg.norm(analytic) + np.linalg.norm(n))"),
        ),
        hints=("Of which single number is `analytic` the gradient? (f(x) may be an array; dout weighs its entries.)",
               "For every element of x: nudge it up and down by h, sum dout · (f(up) − f(down)), divide by 2h. Then "
               "compare all elements, relative to the largest of both gradients.",
               "Start with a float copy of x, h = 0.00001. The result is the largest absolute difference, divided by the "
               "largest absolute value of either gradient, or 0.0 if that is 0."),
        read=CHECKING, difficulty=4, minutes=15,
    ),
)


def refuses_other_shapes(ask):
    """mse must turn down predictions and targets of different shapes."""
    for pred, target in ((ask.draw.array(4, 1), ask.draw.array(4)), (ask.draw.array(3), ask.draw.array(3, 1))):
        ask.refuses(pred, target, otherwise=said(
            f"pred has shape {pred.shape} and target {target.shape}: your function went on all the same.",
            "What should the function do when the two shapes differ?", "V15", "different shapes are not refused"))
