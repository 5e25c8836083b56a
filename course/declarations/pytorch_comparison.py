"""Assignment 05: the same gradients by hand, by `autodiff` and by PyTorch.

Graded without PyTorch, by what it answered once (torch_runs.py); where the notebook has imported torch, fresh
numbers are asked of it too.  The circuit r = ((x + y) z)² = 144 stands in for the one of an article whose own is
lost; comparing exactly and approximately follows Karpathy ("makemore 4", 2022).
"""

import functools

import numpy as np

import autodiff
from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.declarations import torch_runs
from course.declarations.shared import constant, only_numbers
from course.declarations.torch_runs import CIRCUITS, MAPS, answered, cases, recorded_situation

BY_HAND = 'lesson 5, "by hand"'
SIDE_BY_SIDE = 'lesson 5, "side by side"'
ENGINE = 'lesson 5, "by autodiff"'
LEAVES = 'lesson 5, "what x.grad holds"'
VECTOR = 'lesson 5, "a vector to start from"'
OWN_NODE = 'lesson 5, "a node of your own"'


# ------------------------------------------------------------------------------------ oracles

def _r144(x, y, z):
    value, pullback = autodiff.vjp(lambda x, y, z: ((x + y) * z)**2, x, y, z)
    return (value, *pullback(1.0))


def _circuit(name, *inputs):
    return tuple(autodiff.vjp(functools.partial(CIRCUITS[name], autodiff), *inputs)[1](1.0))


def _vector(name, x, v):
    return autodiff.vjp(functools.partial(MAPS[name], autodiff), x)[1](v)[0]


def _sigmoid(x, dout, between=None):
    out, pullback = autodiff.vjp(autodiff.sigmoid, x)
    return out, pullback(dout)[0], [out]


def compared(name, mine, theirs):
    """What `compare` is to return."""
    a, b = np.asarray(mine), np.asarray(theirs)
    if a.shape != b.shape:
        return name, False, False, np.inf
    return name, bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.max(np.abs(a - b)))


# ------------------------------------------------------------------------------------ what the notebook gives

# Source: the notebook's set-up cells hold the same lines (a test compares them).
GIVEN_CIRCUITS = '''
import autodiff

CIRCUITS = {
    "xyz": lambda x, y, z: (x + y) * z,
    "squared_sum": lambda x, y: (x + y)**2,
    "purchase": lambda price, count, tax: price * count * tax,
    "gates": lambda x, y, z, w: 2 * (x * y + autodiff.maximum(z, w)),
    "neuron": lambda w0, w1, w2, x0, x1: autodiff.sigmoid(w0 * x0 + w1 * x1 + w2),
}
'''

GIVEN_MATRIX = '''
A = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.5, 1.0, 4.0], [-1.0, 0.5, 2.5]])
'''

GIVEN_FUNCTION = '''
exp = np.exp

class Function:
    """Stands in for torch.autograd.Function."""

    saved_tensors = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors
'''

# Runs beside the learner's class, in whatever process that is: with torch where the class is one of torch's.
SIGMOID_DRIVER = '''
import sys


class Context:
    """Keeps what forward saves, for one use."""

    saved_tensors = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors


def drive(answer, x, dout, between=None):
    """Forward at x, then (if given) at another place, then back from dout: out, dx, and what the first use saved."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(answer, type) and issubclass(answer, torch.autograd.Function):
        return by_torch(torch, answer, x, dout, between)
    context = Context()
    out = answer.forward(context, x)
    if between is not None:
        answer.forward(Context(), between)
    saved = list(context.saved_tensors)
    return out, answer.backward(context, dout), saved


def by_torch(torch, answer, x, dout, between):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    upstream = torch.tensor(dout, dtype=torch.float64)
    out = answer.apply(leaf)
    if between is not None:
        answer.apply(torch.tensor(between, dtype=torch.float64, requires_grad=True))
    saved = [tensor.detach().numpy().copy() for tensor in out.grad_fn.saved_tensors]
    value = out.detach().numpy().copy()
    with torch.no_grad():                           # as autograd calls it; autograd itself stops at a wrong shape
        dx = answer.backward(out.grad_fn, upstream)
    if upstream.tolist() != torch.tensor(dout, dtype=torch.float64).tolist() and getattr(dout, "ndim", 0):
        dout[...] = upstream.numpy()    # what was written into the upstream gradient shows in the arguments
    return value[()], dx.numpy()[()] if torch.is_tensor(dx) else dx, saved
'''


# ------------------------------------------------------------------------------------ predictions

# (situation, wrong prediction): code, title, what to say, what to ask
WRONG_PREDICTIONS = {
    ("twice", 6.0): ("E08", "gradients accumulate", "Nothing cleared x.grad between the two backward passes.",
                     "What does a second backward pass do with what x.grad holds already?"),
    ("twice_zeroed", 12.0): ("E08", "zeroing overlooked", "Between the two backward passes x.grad was set to 0.",
                             "What did x.grad hold just before the second pass?"),
    ("detached", 6.0): ("E11", "detach overlooked", "x.detach() is a constant to the graph: nothing flows back through "
                        "it.", "Which of the two factors still depends on x?"),
    ("detached", 0.0): ("E12", "both factors detached", "Only one of the two factors was detached.",
                        "Which of the two factors still depends on x?"),
    ("no_requires_grad", 2.0): ("E13", "requires_grad overlooked", "x never asked for a gradient; PyTorch computes none "
                                "for it.", "What does an attribute hold that nobody has set?"),
    ("no_requires_grad", 0.0): ("E14", "0 in place of None", "A gradient of 0 is an answer; here none was computed.",
                                "What does an attribute hold that nobody has set?"),
    ("integer", 6.0): ("E15", "integers", "This tensor holds an integer, which can't move by a little.",
                       "What does PyTorch say when an integer is to have a gradient?"),
    ("inplace_leaf", 8.0): ("E16", "a leaf changed in place", "Here a leaf that asks for a gradient is overwritten.",
                            "If x is overwritten, at which value should its gradient be taken?"),
    ("inplace_leaf", 6.0): ("E16", "a leaf changed in place", "Here a leaf that asks for a gradient is overwritten.",
                            "If x is overwritten, at which value should its gradient be taken?"),
}
_RIGHT = {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": None, "integer": "error",
          "inplace_leaf": "error"}


def _predictions(**changed):
    return f"return {({**_RIGHT, **changed})!r}"


def _wrong_prediction(name, value):
    code, title, says, question = WRONG_PREDICTIONS[name, value]
    return code, title, _predictions(**{name: value}), says, question


def all_predicted(ask):
    """Every situation has a prediction of a kind that can be right, and the given one is untouched."""
    found = ask()
    if not isinstance(found, dict):
        return said(f"`predict_grads()` returned a {type(found).__name__}; it should return a dict from the name of a "
                    "situation to what x.grad holds.", title="type of the result")
    missing = [name for name in torch_runs.SITUATIONS if name not in found]
    if missing:
        return said(f"There is no prediction for {', '.join(map(repr, missing))} yet.",
                    "What does x.grad hold after the last line?", "W00", "a prediction is missing")
    odd = [name for name in torch_runs.SITUATIONS if not _can_be_right(found[name])]
    if odd:
        return said(f"The prediction for {odd[0]!r} should be a number, None, or \"error\".",
                    "Does the code run to its end?", "W06", "not a prediction")
    return _predicted("twice", found["twice"])


def _can_be_right(value):
    return value is None or value == "error" or (isinstance(value, int | float) and not isinstance(value, bool))


def predicted(name):
    """The test of one situation."""
    def test(ask):
        found = ask()
        return _predicted(name, found[name]) if isinstance(found, dict) and name in found else \
            said(f"There is no prediction for {name!r} yet.", "What does x.grad hold after the last line?",
                 "W00", "a prediction is missing")
    return test


def _predicted(name, value):
    right = recorded_situation(name)
    numbers = isinstance(value, int | float) and isinstance(right, float) and not isinstance(value, bool)
    if value == right if not numbers else abs(value - right) < 1e-6:
        return None
    known = WRONG_PREDICTIONS.get((name, value if _can_be_right(value) else None))
    if known:
        code, title, says, question = known
        return said(says, question, code, title)
    return said(f"Your prediction for {name!r} is {value!r}; that is not what PyTorch {torch_runs.version()} gives.",
                "Go through the code line by line: which tensors does the graph hold?", title="another prediction")


# ------------------------------------------------------------------------------------ wrong forms that are made alike

def _by_hand(code, title, says, ask, dq="2 * q", dx="dq * z", dz="dq * (x + y)"):
    return code, title, f"q = (x + y) * z\ndq = {dq}\nreturn q * q, {dx}, {dx}, {dz}", says, ask


def _compare(code, title, says, ask, exact="np.array_equal(a, b)", approx="np.allclose(a, b)",
             maxdiff="np.max(np.abs(a - b))", shapes="a.shape != b.shape"):
    return (code, title, "a, b = np.asarray(mine), np.asarray(theirs)\n"
            f"if {shapes}:\n    return name, False, False, float('inf')\n"
            f"return name, bool({exact}), bool({approx}), float({maxdiff})", says, ask)


def _vectors(code, title, says, ask, softmax="p * (v - (p * v).sum())", square="2 * x * v",
             cumsum="np.cumsum(v[::-1])[::-1]", matvec="A.T @ v"):
    return (code, title, f"p = np.exp(x - x.max())\np /= p.sum()\nif name == 'softmax':\n    return {softmax}\n"
            f"if name == 'square':\n    return {square}\nif name == 'cumsum':\n    return {cumsum}\nreturn {matvec}",
            says, ask)


def _node(code, title, says, ask, save="ctx.save_for_backward(out)", unpack="out, = ctx.saved_tensors",
          dx="dout * out * (1 - out)", out="1 / (1 + exp(-x))"):
    return (code, title, f"class SigmoidFn(Function):\n    @staticmethod\n    def forward(ctx, x):\n"
            f"        out = {out}\n        {save}\n        return out\n\n    @staticmethod\n"
            f"    def backward(ctx, dout):\n        {unpack}\n        return {dx}\n", says, ask)


# ------------------------------------------------------------------------------------ the exercises

EXERCISES = (
    Exercise(
        "r144_backward(x, y, z)", "r, dx, dy, dz", 2, answered(torch_runs.r144, _r144),
        checks=(
            Check("the worked example", 0.5, lambda d: cases(torch_runs.r144)[:1]),
            *(Check(part, points, part=part, edge=True, draw=lambda d: [
                *cases(torch_runs.r144)[1:], *(d.numbers(3) for _ in range(2))])
              for part, points in (("r", 0.25), ("dx", 0.375), ("dy", 0.375), ("dz", 0.5))),
        ),
        mistakes=(
            _by_hand("G19", "the factor 2 is lost", "The square's factor 2 is missing.", "What is d(q²)/dq?", dq="q"),
            _by_hand("G20", "the square's inner value", "The slope of a square depends on where it stands; yours is 2 "
                     "everywhere.", "What is d(q²)/dq at q = −12?", dq="2 + 0 * q"),
            _by_hand("G21", "the slope at another place", "You took the slope of the square at x + y; what is squared "
                     "is q = (x + y) z.", "At which value does the square stand?", dq="2 * (x + y)"),
            _by_hand("B05", "a path added up", "You added the derivatives along a path; along a path they multiply.",
                     "If z were 0, could x move r?", dx="dq + z", dz="dq + (x + y)"),
            _by_hand("B04", "started with the output", "You started the backward pass with the value of r.",
                     "How much does r change when r changes by 1?", dq="2 * q * (q * q)"),
            _by_hand("G02", "inputs not swapped", "In (x + y) · z each factor got its own value.",
                     "If z were 0, could x move r?", dx="dq * (x + y)", dz="dq * z"),
            _by_hand("G01", "upstream dropped", "The gradient of the square is not passed on: these are the gradients "
                     "of (x + y) z.", "What reaches (x + y) z from above?", dx="z", dz="x + y"),
            ("X05", "results the other way round", "q = (x + y) * z\nreturn 2 * q * z, 2 * q * z, 2 * q * (x + y), q * q",
             "The results are right, in another order.", "In which order does the stub return them?"),
            ("G48", "the square is missing", "q = (x + y) * z\nreturn q, 2 * q * z, 2 * q * z, 2 * q * (x + y)",
             "The gradients are right; your r is the value before the square.", "What is r at (−2, 5, −4)?"),
            constant("144.0, 96.0, 96.0, -72.0"),
        ),
        alternatives=(
            ("multiplied out", "s = x + y\nreturn s * s * z * z, 2 * s * z**2, 2 * s * z**2, 2 * s**2 * z"),
            ("autodiff", "import autodiff\ndef r144_backward(x, y, z):\n"
             "    r, back = autodiff.vjp(lambda x, y, z: ((x + y) * z)**2, x, y, z)\n    return [r, *back(1.0)]"),
            ("the complex step", "f = lambda x, y, z: ((x + y) * z)**2\nh = 1e-30j\n"
             "return f(x, y, z), f(x + h, y, z).imag / 1e-30, f(x, y + h, z).imag / 1e-30, f(x, y, z + h).imag / 1e-30"),
            ("an array", "q = (x + y) * z\nreturn np.array([q * q, 2 * q * z, 2 * q * z, 2 * q * (x + y)])"),
        ),
        hints=("Which three gates are there? Give the value before the square a name.",
               "With q = (x + y) z the square sends 2q back. Then the product swaps, and the sum copies.",
               "dq is 2q. dx and dy are both dq times z; dz is dq times the sum."),
        read=BY_HAND, difficulty=1, minutes=5,
    ),
    Exercise(
        "compare(name, mine, theirs)", "name, exact, approx, maxdiff", 2, compared,
        checks=(
            Check("one exact, two approximate", 1, lambda d: [
                ("dx", -4.0, -4.0), _apart("dw", d.array(2, 3), -1e-7 * d.positives(2, 3)),
                _apart("dv", d.array(3, 2), 1e-7 * d.positives(3, 2))]),
            Check("different shapes", 0.25, edge=True, draw=lambda d: [
                ("db", np.array([[1.5], [2.5]]), np.array([1.5, 2.5])), ("b", d.array(2), d.array(3)),
                ("w", 1.5, np.array([1.5, 1.5]))]),
            Check("nan", 0.25, edge=True, draw=lambda d: [
                ("dz", np.array([1.5, np.nan, 2.5]), np.array([1.5, 0.5, 2.5])),
                ("dy", np.array([1.5, np.nan]), np.array([1.5, np.nan]))]),
            Check("wrong ones, numbers, float32, integers, zeros", 0.5, edge=True, draw=lambda d: [
                _apart("dx", d.array(3, 4), -0.5 * d.positives(3, 4)), _apart("dy", d.array(4), 0.5 * d.positives(4)),
                ("dr", d.number(), d.number()),
                ("w", np.float32([0.1, 0.2]), np.array([0.1, 0.2])), ("n", np.array([1, 2, 3]), np.array([1.0, 2.0, 3.0])),
                ("zero", np.zeros(3), np.zeros(3)), ("zero", np.array([0.0, 1e-10]), np.zeros(2))]),
        ),
        mistakes=(
            _compare("C18", "exact with a tolerance", "`exact` should be True only where every digit agrees.",
                     "Is 0.1 + 0.2 exactly 0.3?", exact="np.allclose(a, b)"),
            _compare("C04", "approx without a tolerance", "`approx` should allow for rounding: two correct programs "
                     "rarely agree to the last digit.", "Does 0.1 in float32 equal 0.1 in float64?",
                     approx="np.array_equal(a, b)"),
            _compare("V15", "shapes broadcast in silence", "Arrays of different shapes were compared: (2, 1) and (2,) "
                     "broadcast to (2, 2).", "What should come out when the shapes differ?", shapes="a.size != b.size and a.size > 1"),
            _compare("C19", "the sign is kept", "`maxdiff` is the largest difference in one direction only.",
                     "What is the largest distance when mine is smaller everywhere?", maxdiff="np.max(a - b)"),
            _compare("C19", "the sign is kept, turned around", "`maxdiff` is the largest difference in one direction only.",
                     "What is the largest distance when mine is larger everywhere?", maxdiff="np.max(b - a)"),
            _compare("C20", "mean in place of maximum", "`maxdiff` is the mean of the differences; one bad element can "
                     "hide in it.", "What does the name maxdiff say?", maxdiff="np.mean(np.abs(a - b))"),
            _compare("C09", "0 divided by 0", "You divided by theirs, which may be 0.", "How far apart are two zeros?",
                     approx="np.all(np.abs(a - b) / np.abs(b) < 1e-5)"),
            _compare("C21", "nan counts as equal", "A nan equals nothing, not even another nan: something went wrong in "
                     "both.", "What is nan == nan?", exact="np.array_equal(a, b, equal_nan=True)",
                     approx="np.allclose(a, b, equal_nan=True)"),
            _compare("C22", "nan is passed over", "`maxdiff` leaves out where one of the two is nan, and looks good.",
                     "What should the largest difference be when one of them is unknown?",
                     maxdiff="np.nanmax(np.abs(a - b))"),
            ("X06", "the name is missing", "a, b = np.asarray(mine), np.asarray(theirs)\nif a.shape != b.shape:\n"
             "    return False, False, float('inf')\n"
             "return bool(np.array_equal(a, b)), bool(np.allclose(a, b)), float(np.max(np.abs(a - b)))",
             "The first of the four results, the name, is missing.", "Which four results does the stub return?"),
            only_numbers("exact = bool(mine == theirs)\nreturn name, exact, abs(mine - theirs) < 1e-6, abs(mine - theirs)"),
        ),
        alternatives=(
            ("numpy's comparisons", "a, b = np.array(mine), np.array(theirs)\nif np.shape(a) != np.shape(b):\n"
             "    return [name, False, False, np.inf]\nd = np.abs(np.subtract(a, b, dtype=float))\n"
             "return name, np.all(a == b), np.all(d <= 1e-8 + 1e-5 * np.abs(b)), d.max()"),
            ("element by element", "if np.shape(mine) != np.shape(theirs):\n    return name, False, False, float('inf')\n"
             "pairs = list(zip(np.ravel(mine).tolist(), np.ravel(theirs).tolist()))\n"
             "far = [abs(a - b) for a, b in pairs]\nworst = float('nan') if any(d != d for d in far) else max(far)\n"
             "return (name, all(a == b for a, b in pairs),\n"
             "        all(d <= 1e-8 + 1e-5 * abs(b) for d, (a, b) in zip(far, pairs)), worst)"),
            ("numpy scalars", "a, b = np.asarray(mine), np.asarray(theirs)\nsame = a.shape == b.shape\n"
             "return (name, same and (a == b).all(), same and np.isclose(a, b).all(),\n"
             "        np.abs(a - b).max() if same else np.inf)"),
        ),
        hints=("Which three questions can one ask of two arrays? Equal? Nearly equal? How far apart?",
               "First the shapes: numpy would broadcast. Then np.array_equal, np.allclose with its own tolerances, and "
               "the largest absolute difference.",
               "Turn both into arrays with np.asarray; bool(...) and float(...) make plain results."),
        read=SIDE_BY_SIDE, difficulty=2, minutes=6,
    ),
    Exercise(
        "engine_grads(name, *inputs)", "grads", 2, answered(torch_runs.circuit, _circuit), given=GIVEN_CIRCUITS,
        checks=(
            Check("xyz", 0.5, lambda d: [*cases(torch_runs.circuit, "xyz"), ("xyz", *d.numbers(3))]),
            # Small numbers: in a saturated neuron all that is left of a gradient is rounding.
            *(Check(name, 0.375, edge=True, draw=lambda d, name=name, n=n: [
                *cases(torch_runs.circuit, name), (name, *(d.number(high=1.4) for _ in range(n)))])
              for name, n in (("squared_sum", 2), ("purchase", 3), ("gates", 4), ("neuron", 5))),
        ),
        mistakes=(
            ("B04", "started with the output", "leaves = [autodiff.Tensor(x) for x in inputs]\nout = CIRCUITS[name](*leaves)\n"
             "out.backward(out.data)\nreturn tuple(leaf.grad for leaf in leaves)", "You started the backward pass with "
             "the circuit's value.", "How much does the output change when the output changes by 1?"),
            ("G49", "the values", "leaves = [autodiff.Tensor(x) for x in inputs]\nCIRCUITS[name](*leaves).backward()\n"
             "return tuple(leaf.data for leaf in leaves)", "These are the inputs again, not their gradients.",
             "In which attribute does a Tensor keep its gradient?"),
            ("G39", "the forward pass", "CIRCUITS[name](*inputs)", "That is the circuit's value, not its gradients.",
             "How many inputs are there, and so how many gradients?"),
            ("X08", "the first gradient only", "autodiff.grad(CIRCUITS[name])(*inputs)", "You returned one gradient: that of "
             "the first input.", "How many inputs are there, and so how many gradients?"),
            ("X05", "the other way round", "leaves = [autodiff.Tensor(x) for x in inputs]\nCIRCUITS[name](*leaves).backward()\n"
             "return tuple(leaf.grad for leaf in reversed(leaves))", "The gradients are right, in the wrong order.",
             "In which order did the inputs come?"),
            ("X09", "always the same circuit", "leaves = [autodiff.Tensor(x) for x in inputs]\n"
             "CIRCUITS['xyz'](*leaves[:3]).backward()\nreturn tuple(leaf.grad for leaf in leaves)", "Your function always "
             "takes the circuit xyz.", "Which argument says which circuit it is?"),
            ("C02", "a coarse difference", "f, h = CIRCUITS[name], 1e-3\n"
             "return tuple((f(*inputs[:k], inputs[k] + h, *inputs[k + 1:]) - f(*inputs)) / h for k in range(len(inputs)))",
             "A one-sided difference with a large step is not accurate enough, and needs a run for each input.",
             "How many backward passes does autodiff need?"),
            constant("(-4.0, -4.0, 3.0)"),
        ),
        alternatives=(
            ("Tensors", "leaves = [autodiff.Tensor(x) for x in inputs]\nout = CIRCUITS[name](*leaves)\nout.backward()\n"
             "return tuple(leaf.grad for leaf in leaves)"),
            ("autodiff.grad", "return autodiff.grad(CIRCUITS[name], wrt=tuple(range(len(inputs))))(*inputs)"),
            ("autodiff.vjp", "value, back = autodiff.vjp(CIRCUITS[name], *inputs)\nreturn list(back(1.0))"),
            ("centred differences", "f, h, out = CIRCUITS[name], 1e-6, []\nfor k in range(len(inputs)):\n"
             "    up, down = list(inputs), list(inputs)\n    up[k] += h\n    down[k] -= h\n"
             "    out.append((f(*up) - f(*down)) / (2 * h))\nreturn np.array(out)"),
        ),
        hints=("What must each input become, so that the circuit can record what is done with it?",
               "autodiff.Tensor(x) is a leaf. Call the circuit with the leaves, call backward() on its output, and "
               "read .grad of each leaf.",
               "One list of leaves, one call of CIRCUITS[name], one backward(), one tuple."),
        read=ENGINE, difficulty=2, minutes=6,
    ),
    Exercise(
        "predict_grads()", "grads", 2, None,
        checks=(
            Check("every situation has a prediction", 0, test=all_predicted),
            *(Check(name, points, edge=True, test=predicted(name)) for name, points in (
                ("twice_zeroed", 0.375), ("detached", 0.375), ("no_requires_grad", 0.375), ("integer", 0.375),
                ("inplace_leaf", 0.5))),
        ),
        mistakes=(
            *(_wrong_prediction(*key) for key in WRONG_PREDICTIONS if key[0] != "twice"),
            ("W00", "a prediction is missing", "return {'twice': 12.0, 'twice_zeroed': 6.0, 'detached': 3.0, "
             "'no_requires_grad': None, 'integer': 'error'}", "There is no prediction for 'inplace_leaf' yet.",
             "What does x.grad hold after the last line?"),
            ("W06", "not a prediction", _predictions(integer="an error"), "The prediction for 'integer' should be a "
             "number, None, or \"error\".", "Does the code run to its end?"),
        ),
        alternatives=(
            ("integers", "return {'twice': 12, 'twice_zeroed': 6, 'detached': 3, 'no_requires_grad': None,\n"
             "        'integer': 'error', 'inplace_leaf': 'error'}"),
            ("more entries", "grads = dict.fromkeys(['integer', 'inplace_leaf', 'another'], 'error')\n"
             "grads.update(twice=2 * 6.0, twice_zeroed=6.0, detached=3.0, no_requires_grad=None)\nreturn grads"),
            ("numpy numbers", "return {'twice': np.float64(12), 'twice_zeroed': np.float32(6), 'detached': np.int64(3),\n"
             "        'no_requires_grad': None, 'integer': 'error', 'inplace_leaf': 'error'}"),
        ),
        hints=("Which tensors asked for a gradient? Which of them does the graph of y hold?",
               "Gradients add up in x.grad until somebody clears it; detach makes a constant; who did not ask gets "
               "nothing; only real numbers have gradients; a leaf may not be overwritten.",
               "Of the five that are left, two are numbers, one is None, and two stop with an error."),
        read=LEAVES, difficulty=2, minutes=8,
    ),
    Exercise(
        "vector_backward(name, x, v)", "dx", 2, answered(torch_runs.vector, _vector), upstream="v", given=GIVEN_MATRIX,
        checks=(
            Check("square", 0.5, lambda d: [*cases(torch_runs.vector, "square"), ("square", *d.arrays(2, 4))]),
            Check("softmax", 0.5, edge=True, draw=lambda d: [
                *cases(torch_runs.vector, "softmax"), ("softmax", *d.arrays(2, 4))]),
            Check("cumsum", 0.5, edge=True, draw=lambda d: [
                *cases(torch_runs.vector, "cumsum"), ("cumsum", *d.arrays(2, 4))]),
            Check("matvec", 0.5, edge=True, draw=lambda d: [
                *cases(torch_runs.vector, "matvec"), ("matvec", d.array(3), d.array(4))]),
        ),
        mistakes=(
            _vectors("A07", "the diagonal only", "In a softmax every p depends on every x; you took each with its own "
                     "alone.", "Raise one x: what happens to the other probabilities?", softmax="p * (1 - p) * v"),
            _vectors("A16", "the correction is missing", "p · v would be the rule of exp alone; dividing by the sum "
                     "couples the entries.", "What must the entries of softmax's gradient add up to?", softmax="p * v"),
            _vectors("G01", "upstream dropped", "Your gradients are those for an upstream gradient of ones: v does not "
                     "come in.", "What should come back if v were 0?", softmax="0 * p", square="2 * x",
                     cumsum="np.arange(len(x), 0.0, -1.0)", matvec="A.sum(axis=0)"),
            _vectors("S13", "summed the same way again", "You summed from the front again. x[0] went into every partial "
                     "sum, the last x only into the last.", "Which entries of the output does the last x move?",
                     cumsum="np.cumsum(v)"),
            _vectors("G46", "the factor 2 is lost", "The square's factor 2 is missing.", "What is d(x²)/dx?",
                     square="x * v"),
            _vectors("G20", "the square's inner value", "The slope of a square depends on where it stands.",
                     "What is d(x²)/dx at x = 3?", square="2 * v"),
            _vectors("G39", "the forward pass of matvec", "You multiplied A by x: v does not come in.",
                     "Which shape has v, which has dx, and which matrix leads from one to the other?", matvec="(A @ x)[:3]"),
            _vectors("S14", "the matrix is cut to size", "You cut the matrix so that the shapes fit; all of its rows moved "
                     "the output.", "Which matrix leads from the shape of v to that of x?", matvec="A[:3] @ v[:3]"),
            _vectors("X04", "summed to one number", "Each entry of x has a gradient of its own; yours is one number.",
                     "Which shape has x, and so dx?", softmax="np.sum(p * v)", square="np.sum(2 * x * v)",
                     cumsum="np.sum(v)", matvec="np.sum(A.T @ v)"),
        ),
        alternatives=(
            ("Jacobians", "n = len(x)\np = np.exp(x - x.max()) / np.exp(x - x.max()).sum()\n"
             "J = {'softmax': np.diag(p) - np.outer(p, p), 'square': np.diag(2 * x), 'cumsum': np.tri(n), 'matvec': A}[name]\n"
             "return v @ J"),
            ("autodiff", "import autodiff\nA = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.5, 1.0, 4.0], "
             "[-1.0, 0.5, 2.5]])\ndef vector_backward(name, x, v):\n"
             "    maps = {'softmax': lambda x: autodiff.softmax(x, 0), 'square': lambda x: x * x,\n"
             "            'cumsum': lambda x: autodiff.cumsum(x, 0), 'matvec': lambda x: A @ x}\n"
             "    return autodiff.vjp(maps[name], x)[1](v)[0]"),
            ("centred differences", "soft = lambda x: np.exp(x) / np.exp(x).sum()\n"
             "f = {'softmax': soft, 'square': np.square, 'cumsum': np.cumsum, 'matvec': A.dot}[name]\nh = 1e-6\n"
             "return [float((f(x + h * e) - f(x - h * e)) @ v) / (2 * h) for e in np.eye(len(x))]"),
        ),
        hints=("Of which single number is the result the gradient? (y is a vector; v weighs its entries.)",
               "square: element by element. matvec: y = A x, so the transpose leads back. cumsum: x[i] went into y[i] and "
               "all that follow. softmax: as in 4.9, for one row.",
               "For cumsum sum v from the end: turn it round, cumsum, turn it back. For softmax subtract the sum of p·v "
               "from v, then multiply by p."),
        read=VECTOR, difficulty=3, minutes=10,
    ),
    Exercise(
        "class SigmoidFn", "out, dx, saved", 2, answered(torch_runs.sigmoid, _sigmoid), upstream="dout",
        driver=SIGMOID_DRIVER, given=GIVEN_FUNCTION,
        checks=(
            Check("forward", 0.5, part="out", draw=lambda d: [*cases(torch_runs.sigmoid)[:2], d.numbers(2), d.numbers(2)]),
            Check("backward", 0.5, part="dx", draw=lambda d: [*cases(torch_runs.sigmoid)[:2], d.numbers(2), d.numbers(2)]),
            Check("saves its output, and nothing else", 0.5, edge=True, part="saved", draw=lambda d: [
                d.numbers(2), *cases(torch_runs.sigmoid)[2:]]),
            Check("another use in between; arrays", 0.5, edge=True, part="dx", draw=lambda d: [
                d.numbers(3), *cases(torch_runs.sigmoid)[2:], d.arrays(2, 2, 3), d.arrays(3, 4)]),
        ),
        mistakes=(
            _node("G16", "σ′ from the input", "σ′ is out·(1 − out) with out = σ(x); you put in x itself.",
                  "What would x·(1 − x) give at x = 1?", save="ctx.save_for_backward(x)", unpack="x, = ctx.saved_tensors",
                  dx="dout * x * (1 - x)"),
            _node("G17", "σ applied twice", "What you saved is already σ(x).", "What does ctx.saved_tensors hold?",
                  unpack="out = 1 / (1 + exp(-ctx.saved_tensors[0]))"),
            _node("G01", "upstream dropped", "You returned the local gradient: the upstream gradient is missing.",
                  "What should come back if dout were 0?", dx="out * (1 - out)"),
            _node("G15", "the minus is lost", "Your forward pass falls when x grows: that is σ(−x).",
                  "Is σ(2) nearer to 0 or to 1?", out="1 / (1 + exp(x))"),
            _node("E17", "saves its input", "You saved x, and computed σ(x) a second time on the way back.",
                  "Which value does the backward pass need?", save="ctx.save_for_backward(x)",
                  unpack="out = 1 / (1 + exp(-ctx.saved_tensors[0]))"),
            _node("E18", "one memory for all uses", "You keep the output in one place for all uses of the node: a second "
                  "use overwrites what the first needs.", "Which object belongs to one use alone?",
                  save="SigmoidFn.out = out", unpack="out = SigmoidFn.out"),
            _node("E19", "not saved by save_for_backward", "You keep the output in an attribute. PyTorch knows only of "
                  "what save_for_backward is given: it frees that in time, and notices when it was overwritten.",
                  "Which method of ctx hands tensors to the backward pass?", save="ctx.out = out", unpack="out = ctx.out"),
            _node("E20", "saves more than it needs", "You saved the input as well; what is saved stays in memory until "
                  "the backward pass.", "Which values does the backward pass need?", save="ctx.save_for_backward(out, x)",
                  unpack="out, _ = ctx.saved_tensors"),
            _node("X04", "summed to one number", "Your gradient of an array is one number.",
                  "Which shape has x, and so dx?", dx="(dout * out * (1 - out)).sum()"),
            _node("G18", "tanh's slope", "1 − out² belongs to tanh.", "What is σ′, in terms of out?",
                  dx="dout * (1 - out * out)"),
        ),
        alternatives=(
            ("no base class, no decorators", "class SigmoidFn:\n    def forward(ctx, x):\n        out = 1 / (1 + exp(-x))\n"
             "        ctx.save_for_backward(out)\n        return out\n    def backward(ctx, dout):\n"
             "        (out,) = ctx.saved_tensors\n        return out * (1 - out) * dout\n"),
            ("another formula", "class SigmoidFn(Function):\n    @staticmethod\n    def forward(ctx, x):\n"
             "        e = exp(x)\n        out = e / (e + 1)\n        ctx.save_for_backward(out)\n        return out\n"
             "    @staticmethod\n    def backward(ctx, dout):\n        out = ctx.saved_tensors[0]\n"
             "        return dout * (out - out**2)\n"),
            ("a helper beside it", "class SigmoidFn(Function):\n    slope = staticmethod(lambda out: out * (1 - out))\n"
             "    @staticmethod\n    def forward(ctx, x):\n        out = (1 + exp(-x))**-1.0\n"
             "        ctx.save_for_backward(out)\n        return out\n    @staticmethod\n    def backward(ctx, dout):\n"
             "        return SigmoidFn.slope(*ctx.saved_tensors) * dout\n"),
        ),
        hints=("Which value makes σ′ cheapest: the input or the output?",
               "forward computes the output with `exp`, hands it to ctx.save_for_backward, and returns it. backward takes "
               "it from ctx.saved_tensors, a tuple.",
               "The local gradient is out times (1 − out); multiply it by dout."),
        read=OWN_NODE, difficulty=3, minutes=8,
    ),
)


def _apart(name, theirs, difference):
    return name, theirs + difference, theirs
