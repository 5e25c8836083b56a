"""What assignment 05 asks of PyTorch, and what PyTorch answered.

Nothing here imports torch: each function is given the module.  course/authoring/record_torch.py runs them all and
writes the answers to course/data/torch_values.json, by which the assignment is graded.  Where a notebook has
imported torch, the checks ask it again, on fresh numbers.
"""

import functools
import json
import sys

import numpy as np

from course.checks.draws import Draw
from course.places import DATA

VALUES = DATA / "torch_values.json"

A = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.5, 1.0, 4.0], [-1.0, 0.5, 2.5]])

# With f for numpy's or torch's functions: the circuits and maps that the notebook names.
CIRCUITS = {
    "xyz": lambda f, x, y, z: (x + y) * z,
    "squared_sum": lambda f, x, y: (x + y)**2,
    "purchase": lambda f, price, count, tax: price * count * tax,
    "gates": lambda f, x, y, z, w: 2 * (x * y + f.maximum(z, w)),
    "neuron": lambda f, w0, w1, w2, x0, x1: f.sigmoid(w0 * x0 + w1 * x1 + w2),
}
MAPS = {
    "softmax": lambda f, x: f.softmax(x, 0),
    "square": lambda f, x: x**2,
    "cumsum": lambda f, x: f.cumsum(x, 0),
    "matvec": lambda f, x: getattr(f, "asarray", np.asarray)(A) @ x,
}

# Each ends with a look at x.grad, or on the way there with a RuntimeError.
SITUATIONS = {
    "twice": """
x = torch.tensor(3.0, requires_grad=True)
y = x * x
y.backward()
y = x * x
y.backward()
""",
    "twice_zeroed": """
x = torch.tensor(3.0, requires_grad=True)
y = x * x
y.backward()
x.grad.zero_()
y = x * x
y.backward()
""",
    "detached": """
x = torch.tensor(3.0, requires_grad=True)
y = x * x.detach()
y.backward()
""",
    "no_requires_grad": """
x = torch.tensor(3.0)
w = torch.tensor(2.0, requires_grad=True)
y = x * w
y.backward()
""",
    "integer": """
x = torch.tensor(3, requires_grad=True)
y = x * x
y.backward()
""",
    "inplace_leaf": """
x = torch.tensor(3.0, requires_grad=True)
x += 1
y = x * x
y.backward()
""",
}


def _leaf(torch, value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def r144(torch, x, y, z):
    """r = ((x + y) z)² and its gradients."""
    leaves = [_leaf(torch, value) for value in (x, y, z)]
    r = ((leaves[0] + leaves[1]) * leaves[2])**2
    r.backward()
    return (r.item(), *(leaf.grad.item() for leaf in leaves))


def circuit(torch, name, *inputs):
    """The gradients of a named circuit."""
    leaves = [_leaf(torch, value) for value in inputs]
    CIRCUITS[name](torch, *leaves).backward()
    return tuple(leaf.grad.item() for leaf in leaves)


def vector(torch, name, x, v):
    """The gradient of a named map against the upstream gradient v."""
    leaf = _leaf(torch, x)
    MAPS[name](torch, leaf).backward(torch.tensor(v, dtype=torch.float64))
    return leaf.grad.numpy().copy()


def sigmoid(torch, x, dout, between=None):
    """The sigmoid, its gradient, and what is worth keeping for it: the output."""
    leaf = _leaf(torch, x)
    out = torch.sigmoid(leaf)
    out.backward(torch.tensor(dout, dtype=torch.float64))
    value = out.detach().numpy()[()]
    return value, leaf.grad.numpy()[()], [value]


def situation(torch, name):
    """What x.grad holds after a situation's code: a float, None, or "error"."""
    names = {"torch": torch}
    try:
        exec(SITUATIONS[name], names)
    except RuntimeError:
        return "error"
    grad = names["x"].grad
    return None if grad is None else grad.item()


def questions():
    """(function, arguments) of all that is recorded."""
    d = Draw(5)

    def numbers(n):
        return [round(number, 4) for number in d.numbers(n)]

    yield r144, [-2.0, 5.0, -4.0]
    for _ in range(3):
        yield r144, numbers(3)
    yield circuit, ["xyz", -2.0, 5.0, -4.0]
    yield circuit, ["squared_sum", -2.0, 5.0]
    yield circuit, ["purchase", 100.0, 2.0, 1.1]
    yield circuit, ["gates", 3.0, -4.0, 2.0, -1.0]
    yield circuit, ["gates", 3.0, -4.0, 1.5, 1.5]
    yield circuit, ["neuron", 2.0, -3.0, -3.0, -1.0, -2.0]
    for name, f in CIRCUITS.items():
        yield circuit, [name, *numbers(f.__code__.co_argcount - 1)]
    for name in MAPS:
        for n in (3,) if name == "matvec" else (3, 5):
            yield vector, [name, numbers(n), numbers(len(A) if name == "matvec" else n)]
    yield sigmoid, [1.0, 1.0]
    yield sigmoid, numbers(2)
    yield sigmoid, [numbers(4), numbers(4)]
    for name in SITUATIONS:
        yield situation, [name]


def record(torch):
    """The content of torch_values.json: every question with its answer."""
    return {
        "torch": torch.__version__.split("+")[0],
        "answers": [[f.__name__, args, _plain(f(torch, *args))] for f, args in questions()],
    }


# ------------------------------------------------------------------------------------ what the checks use

@functools.cache
def _recorded():
    found = {}
    for kind, args, answer in json.loads(VALUES.read_text(encoding="utf-8"))["answers"]:
        found.setdefault(kind, []).append((args, answer))
    return found


def version():
    """The version of PyTorch that gave the recorded values."""
    return json.loads(VALUES.read_text(encoding="utf-8"))["torch"]


def cases(f, name=None):
    """The recorded arguments of a question: for the named circuit or map, or all."""
    return [tuple(np.array(arg) if isinstance(arg, list) else arg for arg in args)
            for args, _ in _recorded()[f.__name__] if name is None or args[0] == name]


def answered(f, otherwise):
    """The oracle of a question: recorded where it was recorded, live where torch is loaded, else by `otherwise`."""
    def oracle(*args):
        plain = _plain(list(args))
        for asked, answer in _recorded()[f.__name__]:
            if asked == plain:
                return _as_given(answer)
        torch = sys.modules.get("torch")
        return f(torch, *args) if torch is not None else otherwise(*args)
    oracle.computation = getattr(otherwise, "computation", None)
    return oracle


def recorded_situation(name):
    """What x.grad held in a situation."""
    return next(answer for args, answer in _recorded()["situation"] if args == [name])


def _plain(value):
    """Lists and Python numbers, as JSON holds them."""
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _as_given(answer):
    """A recorded answer as the question's function gave it: a list of numbers is an array, of results a tuple."""
    if isinstance(answer, list) and any(isinstance(part, list) for part in answer):
        return tuple(np.array(part) if isinstance(part, list) else part for part in answer)
    return np.array(answer) if isinstance(answer, list) else answer
