"""Gradients by `autodiff`, and with a vector to start from."""

import functools

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise
from course.declarations import torch_runs
from course.declarations.pytorch_comparison import given
from course.declarations.pytorch_comparison.given import CIRCUITS, A
from course.declarations.shared import CONSTANT
from course.declarations.torch_runs import answered, cases


def _circuit(name, *inputs):
    return tuple(autodiff.vjp(functools.partial(torch_runs.CIRCUITS[name], autodiff), *inputs)[1](1.0))


def _vector(name, x, v):
    return autodiff.vjp(functools.partial(torch_runs.MAPS[name], autodiff), x)[1](v)[0]


# ------------------------------------------------------------------------------------ engine_grads

ENGINE_GRADS = Exercise(
    "engine_grads(name, *inputs)", "grads", points=2, oracle=answered(torch_runs.circuit, _circuit),
    given=given,
    checks=(
        Check("xyz", 0.5, kinds=True, draw=lambda d: [*cases(torch_runs.circuit, "xyz"), ("xyz", *d.numbers(3))]),
        # Small numbers: in a saturated neuron all that is left of a gradient is rounding.
        *(Check(name, 0.375, edge=True, draw=lambda d, name=name, n=n: [
            *cases(torch_runs.circuit, name), (name, *(d.number(high=1.4) for _ in range(n)))])
          for name, n in (("squared_sum", 2), ("purchase", 3), ("gates", 4), ("neuron", 5))),
    ),
    outside={"inputs": {"whole": "a Tensor holds real numbers"}},
    hints=("What must each input become, so that the circuit can record what is done with it?",
           "autodiff.Tensor(x) is a leaf. Call the circuit with the leaves, call backward() on its output, and "
           "read .grad of each leaf.",
           "One list of leaves, one call of CIRCUITS[name], one backward(), one tuple."),
    read='lesson 5, "by autodiff"', difficulty=2, minutes=6,
)


@ENGINE_GRADS.mistake(code="B04", title="started with the output",
                      says="You started the backward pass with the circuit's value.",
                      ask="How much does the output change when the output changes by 1?")
def engine_grads(name, *inputs):
    leaves = [autodiff.Tensor(x) for x in inputs]
    out = CIRCUITS[name](*leaves)
    out.backward(out.data)
    return tuple(leaf.grad for leaf in leaves)


@ENGINE_GRADS.mistake(code="G49", title="the values",
                      says="These are the inputs again, not their gradients.",
                      ask="In which attribute does a Tensor keep its gradient?")
def engine_grads(name, *inputs):
    leaves = [autodiff.Tensor(x) for x in inputs]
    CIRCUITS[name](*leaves).backward()
    return tuple(leaf.data for leaf in leaves)


@ENGINE_GRADS.mistake(code="G39", title="the forward pass",
                      says="That is the circuit's value, not its gradients.",
                      ask="How many inputs are there, and so how many gradients?")
def engine_grads(name, *inputs):
    return CIRCUITS[name](*inputs)


@ENGINE_GRADS.mistake(code="X08", title="the first gradient only",
                      says="You returned one gradient: that of the first input.",
                      ask="How many inputs are there, and so how many gradients?")
def engine_grads(name, *inputs):
    return autodiff.grad(CIRCUITS[name])(*inputs)


@ENGINE_GRADS.mistake(code="X05", title="the other way round",
                      says="The gradients are right, in the wrong order.",
                      ask="In which order did the inputs come?")
def engine_grads(name, *inputs):
    leaves = [autodiff.Tensor(x) for x in inputs]
    CIRCUITS[name](*leaves).backward()
    return tuple(leaf.grad for leaf in reversed(leaves))


@ENGINE_GRADS.mistake(code="X09", title="always the same circuit",
                      says="Your function always takes the circuit xyz.",
                      ask="Which argument says which circuit it is?")
def engine_grads(name, *inputs):
    leaves = [autodiff.Tensor(x) for x in inputs]
    CIRCUITS["xyz"](*leaves[:3]).backward()
    return tuple(leaf.grad for leaf in leaves)


@ENGINE_GRADS.mistake(code="C02", title="a coarse difference",
                      says="A one-sided difference with a large step is not accurate enough, and needs a run for each "
                           "input.",
                      ask="How many backward passes does autodiff need?")
def engine_grads(name, *inputs):
    f, h = CIRCUITS[name], 1e-3
    return tuple((f(*inputs[:k], inputs[k] + h, *inputs[k + 1:]) - f(*inputs)) / h for k in range(len(inputs)))


@ENGINE_GRADS.mistake(**CONSTANT)
def engine_grads(name, *inputs):
    return (-4.0, -4.0, 3.0)


@ENGINE_GRADS.alternative(title="Tensors")
def engine_grads(name, *inputs):
    leaves = [autodiff.Tensor(x) for x in inputs]
    out = CIRCUITS[name](*leaves)
    out.backward()
    return tuple(leaf.grad for leaf in leaves)


@ENGINE_GRADS.alternative(title="autodiff.grad")
def engine_grads(name, *inputs):
    return autodiff.grad(CIRCUITS[name], wrt=tuple(range(len(inputs))))(*inputs)


@ENGINE_GRADS.alternative(title="autodiff.vjp")
def engine_grads(name, *inputs):
    value, back = autodiff.vjp(CIRCUITS[name], *inputs)
    return list(back(1.0))


@ENGINE_GRADS.alternative(title="centred differences")
def engine_grads(name, *inputs):
    f, h, out = CIRCUITS[name], 1e-6, []
    for k in range(len(inputs)):
        up, down = list(inputs), list(inputs)
        up[k] += h
        down[k] -= h
        out.append((f(*up) - f(*down)) / (2 * h))
    return np.array(out)


# ------------------------------------------------------------------------------------ vector_backward

VECTOR = Exercise(
    "vector_backward(name, x, v)", "dx", points=2, oracle=answered(torch_runs.vector, _vector), upstream="v",
    given=given,
    checks=(
        Check("square", 0.5, kinds=True, draw=lambda d: [
            *cases(torch_runs.vector, "square"), ("square", *d.arrays(2, 4))]),
        Check("softmax", 0.5, edge=True, kinds=True, draw=lambda d: [
            *cases(torch_runs.vector, "softmax"), ("softmax", *d.arrays(2, 4))]),
        Check("cumsum", 0.5, edge=True, kinds=True, draw=lambda d: [
            *cases(torch_runs.vector, "cumsum"), ("cumsum", *d.arrays(2, 4))]),
        Check("matvec", 0.5, edge=True, kinds=True, draw=lambda d: [
            *cases(torch_runs.vector, "matvec"), ("matvec", d.array(3), d.array(4))]),
    ),
    outside={"x": {"whole": "autodiff is a right way, and a Tensor holds real numbers",
                   "large": "a softmax that is 1 to the last digit has no gradient left"},
             "v": {"whole": "autodiff is a right way, and a Tensor holds real numbers"}},
    hints=("Of which single number is the result the gradient? (y is a vector; v weighs its entries.)",
           "square: element by element. matvec: y = A x, so the transpose leads back. cumsum: x[i] went into y[i] and "
           "all that follow. softmax: as in 4.9, for one row.",
           "For cumsum sum v from the end: turn it round, cumsum, turn it back. For softmax subtract the sum of p·v "
           "from v, then multiply by p."),
    read='lesson 5, "a vector to start from"', difficulty=3, minutes=10,
)


@VECTOR.mistake(code="A07", title="the diagonal only",
                says="In a softmax every p depends on every x; you took each with its own alone.",
                ask="Raise one x: what happens to the other probabilities?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return p * (1 - p) * v
    if name == "square":
        return 2 * x * v
    if name == "cumsum":
        return np.cumsum(v[::-1])[::-1]
    return A.T @ v


@VECTOR.mistake(code="A16", title="the correction is missing",
                says="p · v would be the rule of exp alone; dividing by the sum couples the entries.",
                ask="What must the entries of softmax's gradient add up to?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return p * v
    if name == "square":
        return 2 * x * v
    if name == "cumsum":
        return np.cumsum(v[::-1])[::-1]
    return A.T @ v


@VECTOR.mistake(code="G01", title="upstream dropped",
                says="Your gradients are those for an upstream gradient of ones: v does not come in.",
                ask="What should come back if v were 0?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return 0 * p
    if name == "square":
        return 2 * x
    if name == "cumsum":
        return np.arange(len(x), 0.0, -1.0)
    return A.sum(axis=0)


@VECTOR.mistake(code="S13", title="summed the same way again",
                says="You summed from the front again. x[0] went into every partial sum, the last x only into the "
                     "last.",
                ask="Which entries of the output does the last x move?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return p * (v - (p * v).sum())
    if name == "square":
        return 2 * x * v
    if name == "cumsum":
        return np.cumsum(v)
    return A.T @ v


@VECTOR.mistake(code="G46", title="the factor 2 is lost",
                says="The square's factor 2 is missing.",
                ask="What is d(x²)/dx?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return p * (v - (p * v).sum())
    if name == "square":
        return x * v
    if name == "cumsum":
        return np.cumsum(v[::-1])[::-1]
    return A.T @ v


@VECTOR.mistake(code="G20", title="the square's inner value",
                says="The slope of a square depends on where it stands.",
                ask="What is d(x²)/dx at x = 3?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return p * (v - (p * v).sum())
    if name == "square":
        return 2 * v
    if name == "cumsum":
        return np.cumsum(v[::-1])[::-1]
    return A.T @ v


@VECTOR.mistake(code="G39", title="the forward pass of matvec",
                says="You multiplied A by x: v does not come in.",
                ask="Which shape has v, which has dx, and which matrix leads from one to the other?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return p * (v - (p * v).sum())
    if name == "square":
        return 2 * x * v
    if name == "cumsum":
        return np.cumsum(v[::-1])[::-1]
    return (A @ x)[:3]


@VECTOR.mistake(code="S14", title="the matrix is cut to size",
                says="You cut the matrix so that the shapes fit; all of its rows moved the output.",
                ask="Which matrix leads from the shape of v to that of x?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return p * (v - (p * v).sum())
    if name == "square":
        return 2 * x * v
    if name == "cumsum":
        return np.cumsum(v[::-1])[::-1]
    return A[:3] @ v[:3]


@VECTOR.mistake(code="X04", title="summed to one number",
                says="Each entry of x has a gradient of its own; yours is one number.",
                ask="Which shape has x, and so dx?")
def vector_backward(name, x, v):
    p = np.exp(x - x.max())
    p /= p.sum()
    if name == "softmax":
        return np.sum(p * v)
    if name == "square":
        return np.sum(2 * x * v)
    if name == "cumsum":
        return np.sum(v)
    return np.sum(A.T @ v)


@VECTOR.alternative(title="Jacobians")
def vector_backward(name, x, v):
    n = len(x)
    p = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    J = {"softmax": np.diag(p) - np.outer(p, p), "square": np.diag(2 * x), "cumsum": np.tri(n), "matvec": A}[name]
    return v @ J


@VECTOR.alternative(title="autodiff")
def vector_backward(name, x, v):
    import autodiff

    A = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.5, 1.0, 4.0], [-1.0, 0.5, 2.5]])
    maps = {"softmax": lambda x: autodiff.softmax(x, 0), "square": lambda x: x * x,
            "cumsum": lambda x: autodiff.cumsum(x, 0), "matvec": lambda x: A @ x}
    return autodiff.vjp(maps[name], x)[1](v)[0]


@VECTOR.alternative(title="centred differences")
def vector_backward(name, x, v):
    soft = lambda x: np.exp(x) / np.exp(x).sum()
    f = {"softmax": soft, "square": np.square, "cumsum": np.cumsum, "matvec": A.dot}[name]
    h = 1e-6
    return [float((f(x + h * e) - f(x - h * e)) @ v) / (2 * h) for e in np.eye(len(x))]
