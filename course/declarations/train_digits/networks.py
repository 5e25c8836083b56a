"""The network, its gradients, and inputs for it."""

import numpy as np

import autodiff
from course.checks.comparing import Problem, as_numbers
from course.declarations.train_digits.words import found
from course.digits import load_digits

WEIGHTS, NAMES = ("W1", "W2"), ("W1", "b1", "W2", "b2")


def loss_of(params, X, y, reg):
    hidden = autodiff.relu(X @ params["W1"] + params["b1"])
    loss = autodiff.softmax_cross_entropy(hidden @ params["W2"] + params["b2"], y)
    return loss + 0.5 * reg * (autodiff.sum(params["W1"]**2) + autodiff.sum(params["W2"]**2))


def loss_and_gradients(params, X, y, reg):
    return autodiff.value_and_grad(loss_of)(params, X, y, reg)


def network(d, D=4, H=6, C=3):
    """Parameters away from zero, the biases too."""
    return {"W1": d.array(D, H, low=0.2, high=0.9), "b1": d.array(H, low=0.2, high=0.9),
            "W2": d.array(H, C, low=0.2, high=0.9), "b2": d.array(C, low=0.2, high=0.9)}


def batch(d, N=5, D=4, C=3):
    return d.array(N, D), d.rng.integers(0, C, N)


def started(rng, D=64, H=32, C=10):
    """A network for the digits before any training."""
    return {"W1": rng.normal(size=(D, H)) * np.sqrt(2 / D), "b1": np.zeros(H),
            "W2": rng.normal(size=(H, C)) * np.sqrt(2 / H), "b2": np.zeros(C)}


def some_digits(rng, n, more=0):
    """n images of the training part with their labels, and `more` others of it."""
    digits = load_digits()
    chosen = rng.permutation(len(digits.y))[:n + more]
    X, y = digits.X[chosen], digits.y[chosen]
    return X[:n], y[:n], X[n:], y[n:]


def misshapen(result, shapes, label="params"):
    """The Problem of a result, by its name, that is not a dict of arrays of these shapes, or None."""
    right = {name: np.full(shape, np.nan) for name, shape in shapes.items()}       # no values: of these nothing is said
    if not isinstance(result, dict):
        return Problem("type", label, result, right)
    if result.keys() != right.keys():
        return Problem("keys", label, result, right)
    for name in right:
        array = as_numbers(result[name])
        if array is None:
            return Problem("type", f"{label}[{name!r}]", result[name], right[name])
        if array.shape != right[name].shape:
            return Problem("shape", f"{label}[{name!r}]", array, right[name])
    return None


def about(problem):
    """What tells one misshapen result from another, to be counted."""
    keys = sorted(map(repr, problem.got)) if problem.kind == "keys" else ()
    return problem.kind, problem.label, type(problem.got).__name__, getattr(problem.got, "shape", None), keys


def same_values(one, other):
    """Whether two results are the same; nan is the same as nan."""
    one, other = np.asarray(one), np.asarray(other)
    return np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f")


def same_params(one, other):
    return all(same_values(one[name], other[name]) for name in one)


def unlike(ask, first, again):
    """The Problem of two networks that should be the same, or None; nan is told as nan."""
    if same_params(first, again):
        return None
    arrays = [(name, as_numbers(array)) for params in (first, again) for name, array in params.items()]
    problem = next((Problem("finite", f"params[{name!r}]", array, np.zeros(array.shape))
                    for name, array in arrays if not np.isfinite(array).all()), found("T04"))
    ask.count(problem.code or problem.kind)
    return problem


# A network's gradients, for forms that must not depend on another answer; it stands inside a function.
GRADS_OF = '''
def grads_of(p, X, y):
    h = np.maximum(X @ p["W1"] + p["b1"], 0)
    z = h @ p["W2"] + p["b2"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    dz = (e / e.sum(axis=1, keepdims=True) - np.eye(len(p["b2"]))[y]) / len(y)
    da = dz @ p["W2"].T * (h > 0)
    return {"W1": X.T @ da, "b1": da.sum(axis=0), "W2": h.T @ dz, "b2": dz.sum(axis=0)}
'''


def loss_on(params, X, y):
    with np.errstate(all="ignore"):
        return float(loss_of(params, X, y, 0.0))
