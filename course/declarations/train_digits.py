"""Assignment 08: a network that reads handwritten digits, trained by the learner's own backward passes.

The network has two layers: relu(X W1 + b1) W2 + b2, then softmax with cross-entropy, and a regularizer on the weights.
Batch norm is that of Ioffe and Szegedy (2015), dropout that of Srivastava et al. (2014), the start that of He et al.
(2015); trying a network on twenty images first follows Karpathy (CS231n notes 2015, "Sanity checks").  The digits are
those of Alpaydin and Kaynak (1998; course/data/digits.txt).  How well a network reads is measured here, on images that
the answer never gets.
"""

import functools

import numpy as np

import autodiff
from course.checks.comparing import Problem, as_numbers, said
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import constant
from course.digits import load_digits

START = 'lesson 8, "where to start"'
NETWORK = 'lesson 8, "two layers, by hand"'
BATCH_NORM = 'lesson 8, "batch norm"'
DROPOUT = 'lesson 8, "dropout"'
CHECKING = 'lesson 8, "check before you train"'
TINY = 'lesson 8, "overfit twenty images first"'
TRAINING = 'lesson 8, "train"'

WEIGHTS, NAMES = ("W1", "W2"), ("W1", "b1", "W2", "b2")
FLAGGED = 1e-5          # a gradient check above this says "wrong"
ENOUGH = 0.95           # of the held-out digits
QUICK, FULL = 20.0, 60.0    # seconds of one training


# ------------------------------------------------------------------------------------ oracles

def loss_of(params, X, y, reg):
    hidden = autodiff.relu(X @ params["W1"] + params["b1"])
    loss = autodiff.softmax_cross_entropy(hidden @ params["W2"] + params["b2"], y)
    return loss + 0.5 * reg * (autodiff.sum(params["W1"]**2) + autodiff.sum(params["W2"]**2))


def loss_and_gradients(params, X, y, reg):
    return autodiff.value_and_grad(loss_of)(params, X, y, reg)


def batchnorm_gradient(dout, cache):
    def forward(x, gamma, beta):
        mean = autodiff.mean(x, axis=0)
        var = autodiff.mean((x - mean)**2, axis=0)
        return gamma * (x - mean) / autodiff.sqrt(var + cache["eps"]) + beta

    _, pullback = autodiff.vjp(forward, cache["x"], cache["gamma"], np.zeros_like(cache["gamma"]))
    return tuple(pullback(dout))


def dropout_gradient(dout, mask, keep):
    return gradient_of(lambda x: x * np.asarray(mask, float) / keep)(dout, np.zeros(dout.shape))


def descended(params, X, y, steps, lr):
    """The parameters after some steps of gradient descent."""
    for _ in range(steps):
        grads = loss_and_gradients(params, X, y, 0.0)[1]
        params = {name: params[name] - lr * grads[name] for name in params}
    return params


# ------------------------------------------------------------------------------------ inputs

def network(d, D=4, H=6, C=3):
    """Parameters away from zero, the biases too."""
    return {"W1": d.array(D, H, low=0.2, high=0.9), "b1": d.array(H, low=0.2, high=0.9),
            "W2": d.array(H, C, low=0.2, high=0.9), "b2": d.array(C, low=0.2, high=0.9)}


def batch(d, N=5, D=4, C=3):
    return d.array(N, D), d.rng.integers(0, C, N)


def far_off(d):
    """Logits that are hundreds apart."""
    params = network(d)
    params["W2"] = params["W2"] * 400
    return params, *batch(d), 0.0


def at_the_kink(d):
    """Two hidden units whose input is exactly 0 for the first two images."""
    params, (X, y) = network(d), batch(d)
    X[:2], params["b1"][[1, 4]] = 0.0, 0.0
    return params, X, y, 0.0


def normalized(d, N=4, D=3, eps=0.01, constant=None):
    """An upstream gradient and the cache of batch norm's forward pass."""
    x = d.array(N, D)
    if constant is not None:
        x[:, constant] = 1.5
    mean, var, gamma = x.mean(axis=0), x.var(axis=0), d.array(D)
    return d.array(N, D), {"x": x, "mean": mean, "var": var, "xhat": (x - mean) / np.sqrt(var + eps), "gamma": gamma,
                           "eps": eps}


def dropped(d, *shape, keep, kind=float):
    """An upstream gradient and a mask that keeps another share than `keep` (a little more than half)."""
    mask = np.zeros(shape)
    mask.flat[d.rng.permutation(mask.size)[:mask.size // 2 + 1]] = 1
    return d.array(*shape), mask.astype(kind), keep


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


# ------------------------------------------------------------------------------------ words for what tests find

WORDS = {
    # init_params
    "N22": ("all alike", "Hidden units that start with equal weights get equal gradients, and stay alike for ever.",
            "What could make one hidden unit learn something else than its neighbour?"),
    "N23": ("biases not 0", "The biases should start at 0; it is the weights that must differ.",
            "Which parameters break the symmetry between the hidden units?"),
    "N24": ("one scale for all sizes", "Your weights have the same spread whether a unit has few inputs or many.",
            "By how much does a sum of D random terms grow when D grows fourfold?"),
    "N25": ("divided by D, not by its root", "Your weights shrink with the number of inputs itself; the spread of a sum "
            "grows only with its root.", "What is the standard deviation of the sum of D random numbers?"),
    "N26": ("the 2 is missing", "Your weights are smaller than asked by the root of 2: relu shuts half of the units off, "
            "and the 2 makes up for it.", "Which share of random numbers does relu let through?"),
    "N27": ("not around 0", "Your weights do not lie around 0.", "Which sign should a weight have at the start?"),
    "N28": ("scaled by the outputs", "You scaled by the number of a layer's outputs; what is summed up in a unit are its "
            "inputs.", "How many terms does the sum in one hidden unit have?"),
    "N29": ("a generator of its own", "Another generator gave the same numbers: yours are not drawn from `rng`.",
            "What would two networks with different seeds have in common?"),
    "T04": ("hidden state", "Called again with a generator of the same seed, your function gave other numbers: something "
            "comes in that is not among its arguments.", "From which generator are all your random numbers drawn?"),
    # loss_and_grads
    "E08": ("gradients add up from call to call", "Asked the same again, your function gave another answer: something is "
            "left over from the call before.", "Where do your gradients live between two calls?"),
    # train
    "T43": ("nothing was trained", "The parameters came back as they were given.",
            "Which line makes a step, and is it ever reached?"),
    "T44": ("blown up", "The parameters grew without bound, or became nan: your steps are far too long, or lead uphill.",
            "What happens to the loss in the first few steps?"),
    "T03": ("uphill", "You walked along the gradient: every step made the loss larger.",
            "In which direction does the loss fall?"),
    "T45": ("the first images only", "The network knows the first images that it was given, and not the others: it was "
            "trained on the same few again and again.", "Which images does the second step see, and the tenth?"),
    "T46": ("labels of other images", "The network was trained, and yet it is no better than guessing, even on the very "
            "images it was trained on.", "When you shuffle the images, what must happen to their labels?"),
    "T47": ("a layer stands still", "Some of the parameters were never moved.",
            "For which names in `params` do you make a step?"),
    "T48": ("hardly moved", "The parameters hardly moved: few steps, or very small ones.",
            "How far does one step go, and how many do you make?"),
    "T49": ("stopped too early", "The network has begun to learn, and reads too few digits that it has not seen.",
            "Does the loss still fall at the end of your training?"),
}


def found(code, more=""):
    """The Problem of a code, with what was measured."""
    title, says, question = WORDS[code]
    return said(f"{says} {more}".strip(), question, code, title, seen=more)


def worded(code, body):
    """The wrong form of a code."""
    title, says, question = WORDS[code]
    return code, title, body, says, question


def misshapen(result, shapes):
    """The Problem of a result that is not a dict of arrays of these shapes, or None."""
    right = {name: np.zeros(shape) for name, shape in shapes.items()}
    if not isinstance(result, dict):
        return Problem("type", "params", result, right)
    if result.keys() != right.keys():
        return Problem("keys", "params", result, right)
    for name in right:
        array = as_numbers(result[name])
        if array is None:
            return Problem("type", f"params[{name!r}]", result[name], right[name])
        if array.shape != right[name].shape:
            return Problem("shape", f"params[{name!r}]", array, right[name])
    return None


def shapes_of(D, H, C):
    return {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}


# ------------------------------------------------------------------------------------ init_params

INIT_DRIVER = '''
import numpy as np


def drive(answer, seed, D, H, C):
    """The parameters that the answer draws with a generator of this seed."""
    return answer(np.random.default_rng(seed), D, H, C)
'''


def asked_shapes(ask):
    """Shapes, and biases of 0."""
    sizes = (5, 4, 3)
    params = ask(int(ask.draw.rng.integers(1000)), *sizes)
    problem = misshapen(params, shapes_of(*sizes))
    if problem:
        ask.count((problem.kind, problem.label))
    return problem


def biases_at_zero(ask):
    params = ask(int(ask.draw.rng.integers(1000)), 5, 4, 3)
    return misshapen(params, shapes_of(5, 4, 3)) or (
        found(ask.count("N23")) if np.any(params["b1"]) or np.any(params["b2"]) else None)


def spread(ask):
    """The weights' standard deviations, for two sizes that tell one rule from another."""
    seed = int(ask.draw.rng.integers(1000))
    drawn = []
    for sizes in ((160, 60, 30), (40, 30, 50)):
        params = ask(seed, *sizes)
        problem = misshapen(params, shapes_of(*sizes))
        if problem:
            return problem
        drawn.append((sizes, params))
    for k, name in enumerate(WEIGHTS):
        code, more = _spread_of(name, [(sizes[k], sizes[k + 1], as_numbers(params[name])) for sizes, params in drawn])
        ask.count(code)
        if code:
            return found(code, more) if code in WORDS else said(
                more, "By which number do you multiply what the generator gives?", title="another spread")
    return None


def _spread_of(name, drawn):
    """A code for the rule by which one weight array was drawn at two sizes, "" for the right one; and a sentence."""
    inputs, outputs = (np.array([case[k] for case in drawn], float) for k in (0, 1))
    stds, means = (np.array([getattr(case[2], what)() for case in drawn]) for what in ("std", "mean"))
    like = lambda rule: np.all(np.abs(stds / rule - 1) < 0.12)
    more = f"{name} of shape {drawn[0][2].shape} has a standard deviation of {stds[0]:.3g}; asked is " \
           f"{np.sqrt(2 / inputs[0]):.3g}."
    if not np.all(stds > 1e-9):
        return "N22", ""
    if np.any(np.abs(means) > 0.3 * stds):
        return "N27", ""
    for code, rule in (("", np.sqrt(2 / inputs)), ("N26", np.sqrt(1 / inputs)), ("N28", np.sqrt(2 / outputs)),
                       ("N28", np.sqrt(1 / outputs)), ("N24", stds[0]), ("N25", stds[0] * inputs[0] / inputs)):
        if like(rule):
            return code, more
    return "other", more


def by_the_generator(ask):
    """The same seed gives the same parameters, another seed others."""
    seed = int(ask.draw.rng.integers(1000))
    first, again, other = (ask(seed, 5, 4, 3), ask(seed, 5, 4, 3), ask(seed + 1, 5, 4, 3))
    problem = misshapen(first, shapes_of(5, 4, 3))
    if problem:
        return problem
    if not _same(first, again):
        return found(ask.count("T04"))
    alike = [name for name in WEIGHTS if np.array_equal(first[name], other[name])]
    return found(ask.count("N29")) if alike and np.any(first[alike[0]]) else None


def _same(one, other):
    return isinstance(other, dict) and one.keys() == other.keys() and \
        all(np.array_equal(one[name], other[name]) for name in one)


def _init(W1="rng.standard_normal((D, H)) * np.sqrt(2 / D)", W2="rng.standard_normal((H, C)) * np.sqrt(2 / H)",
          b1="np.zeros(H)", b2="np.zeros(C)"):
    return f"return {{'W1': {W1}, 'b1': {b1},\n        'W2': {W2}, 'b2': {b2}}}"


# ------------------------------------------------------------------------------------ loss_and_grads

def the_same_again(ask):
    """Nothing is left over from a call to the next."""
    args = (network(ask.draw, 2, 3, 3), *batch(ask.draw, 3, 2), 0.0)
    first, again = ask(*args), ask(*args)
    try:
        same = np.array_equal(first[0], again[0]) and _same(first[1], again[1])
    except (TypeError, IndexError, KeyError, AttributeError, ValueError):
        return None     # not of the right form: another check says so
    return None if same else found(ask.count("E08"))


def _network(code, title, says, ask, given="", shift="z - z.max(axis=1, keepdims=True)", h="np.maximum(a, 0)",
             loss="-logp[rows, y].mean()", penalty="0.5 * reg * ((W1**2).sum() + (W2**2).sum())",
             dz="(np.exp(logp) - np.eye(W2.shape[1])[y]) / N", dh="dz @ W2.T", da="dh * (a > 0)",
             dW1="X.T @ da + reg * W1", db1="da.sum(axis=0)", dW2="h.T @ dz + reg * W2", db2="dz.sum(axis=0)",
             end="return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}"):
    """A wrong form of loss_and_grads: a right one with one part replaced."""
    return (code, title, f"W1, b1, W2, b2 = params['W1'], params['b1'], params['W2'], params['b2']\n"
            f"N, rows = len(y), np.arange(len(y))\na = X @ W1 + b1\nh = {h}\nz = h @ W2 + b2\nz = {shift}\n"
            f"logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))\nloss = {loss} + {penalty}\n"
            f"dz = {dz}\ndW2, db2 = {dW2}, {db2}\ndh = {dh}\nda = {da}\ndW1, db1 = {dW1}, {db1}\n{end}", says, ask)


# ------------------------------------------------------------------------------------ batchnorm_backward

def _norm(code, title, says, ask, inv="1 / np.sqrt(var + eps)", g="dout * gamma",
          dx="inv * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))", dgamma="(dout * xhat).sum(axis=0)",
          dbeta="dout.sum(axis=0)", end="return dx, dgamma, dbeta"):
    return (code, title, "x, mean, var, xhat, gamma, eps = (\n    cache[key] for key in "
            "('x', 'mean', 'var', 'xhat', 'gamma', 'eps'))\n"
            f"N = len(x)\ninv = {inv}\ng = {g}\ndx = {dx}\ndgamma = {dgamma}\ndbeta = {dbeta}\n{end}", says, ask)


# ------------------------------------------------------------------------------------ check_all

@functools.lru_cache(8192)
def _loss_and_grads_at(shapes, data, reg):
    """loss_and_gradients of arrays that are given as bytes: gradient checks ask for the same places."""
    arrays, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        arrays.append(np.frombuffer(data, float, size, 8 * at).reshape(shape))
        at += size
    *values, X, y = arrays
    return loss_and_gradients(dict(zip(NAMES, values, strict=True)), X, y.astype(int), reg)


def network_with(planted=None):
    """A loss_and_grads(params, X, y, reg) to be checked; planted(grads, params, X, y, reg) makes its gradients wrong."""
    def loss_and_grads(params, X, y, reg):
        arrays = [np.asarray(a, float) for a in (*(params[name] for name in NAMES), X, y)]
        loss, grads = _loss_and_grads_at(tuple(a.shape for a in arrays), b"".join(a.tobytes() for a in arrays),
                                         float(reg))
        grads = {name: grad.copy() for name, grad in grads.items()}
        if planted:
            planted(grads, params, X, y, reg)
        return float(loss), grads
    return loss_and_grads


def small_network(d, D=1, H=2, C=2):
    """A network whose first hidden unit is open for all images of small_batch, so that every gradient shows."""
    params = network(d, D, H, C)
    params["W1"][:, 0], params["b1"][0] = np.abs(params["W1"][:, 0]), abs(params["b1"][0])
    return params


def small_batch(d, D=1, C=2):
    X, y = batch(d, 3, D, C)
    return np.abs(X) / 4, y


# Each of these yields (what it is, {name: what is wrong with its gradient}, loss_and_grads, params, X, y).

def a_right_network(d):
    yield "a right network", {}, network_with(), small_network(d, H=1), *small_batch(d)


def right_networks(d):
    params, (X, y) = small_network(d), small_batch(d)
    steep = {**params, "W2": params["W2"] / 10}
    yield "a right network, far out (with inputs of about 50)", {}, network_with(), steep, 100 * X, y
    yield "a right network and one white image (all pixels are 0, so dW1 is 0)", {}, network_with(), params, 0 * X[:1], y[:1]


def one_doubled(d):
    yield ("a network with one wrong gradient", {"W2": "dW2 is twice too large"},
           network_with(lambda grads, *_: grads.update(W2=2 * grads["W2"])), small_network(d, H=1), *small_batch(d))


def wrong_networks(d):
    def signs(grads, *_):
        grads.update(b1=-grads["b1"], b2=grads["b2"] / 3)

    def sizes(grads, *_):
        grads["W1"] = grads["W1"] * 4 / 3
        grads["W2"][1, 1] += 0.001 * np.abs(grads["W2"]).max()

    def cancel(grads, *_):
        grads["b2"] += 0.1 * np.abs(grads["b2"]).max() * np.array([1.0, -1.0])

    for planted, wrong in (
            (signs, {"b1": "db1 has the other sign", "b2": "db2 is a mean over the images, not a sum"}),
            (sizes, {"W1": "dW1 is a third too large", "W2": "one element of dW2 is a little off"}),
            (cancel, {"b2": "the errors in db2 add up to 0"})):
        yield "a network with wrong gradients", wrong, network_with(planted), small_network(d), *small_batch(d)


def what_a_regularizer_hides(d):
    """The data's gradient is wrong and small beside the regularizer's; and the other way round."""
    def twice_the_data(grads, params, X, y, reg):
        grads["W1"] += grads["W1"] - reg * np.asarray(params["W1"])

    def no_regularizer(grads, params, X, y, reg):
        grads["W2"] -= reg * np.asarray(params["W2"])

    params, (X, y) = small_network(d), small_batch(d)
    loud = {**params, "W1": 15 * params["W1"]}
    yield ("a network with large weights", {"W1": "dW1 is wrong, but for its regularizer, which is far larger"},
           network_with(twice_the_data), loud, 2e-5 * X, y)
    yield ("a network with one wrong gradient", {"W2": "dW2 lacks its regularizer"}, network_with(no_regularizer), params,
           X, y)


def sorts(networks):
    """The test that check_all flags the wrong gradients of each network, and no others."""
    def test(ask):
        first = None
        for title, wrong, loss_and_grads, params, X, y in networks(ask.draw):
            problem = _verdict(ask, title, wrong, ask(params, X, y, loss_and_grads))
            if problem and not first:
                first = problem
                ask.here()
        return first
    return test


def _verdict(ask, title, wrong, errors):
    problem = misshapen(errors, dict.fromkeys(NAMES, ()))
    if problem:
        ask.count(problem.kind)
        return problem
    values = {name: float(as_numbers(errors[name])) for name in NAMES}
    # What is recorded tells wrong forms apart: each verdict, and how sure it was.
    ask.count([any(values.values()), *map(_size, values.values())])
    for name, value in values.items():
        if np.isnan(value):
            return said(f"The error of {name} is nan ({title}), which is no verdict.",
                        "What should it be when both gradients are 0?", "C09", "0 divided by 0")
        if value <= FLAGGED and name in wrong:
            return said(f"A wrong gradient got through: {wrong[name]}. Your error of {name} is {value:.3g}, and only what is "
                        "above 0.00001 counts as flagged.", "At which values of reg, and at which elements, do you look?",
                        "W08", "a wrong gradient got through")
        if value > FLAGGED and name not in wrong:
            return said(f"A right gradient was flagged: the error of {name} is {value:.3g} for {title}.",
                        "How accurate is your numeric gradient there?", "W09", "a right gradient was flagged")
    return None


def _size(error):
    """An error, roughly: what is not flagged, an order of magnitude where it is small, a digit where it is not."""
    if np.isnan(error) or error <= FLAGGED or error > 1e6:
        return "nan" if np.isnan(error) else str(error > FLAGGED)
    return round(error, 1) if error > 0.05 else f"1e{np.floor(np.log10(error)):.0f}"


def _check_all(code, title, says, ask, regs="(0.0, 3.14)", names="params", start="v.copy()", h="1e-5",
               numeric="(up - down) / (2 * h)", keep="max",
               error="np.abs(g - n).max() / top if top else 0.0", end="return errors"):
    """A wrong form of check_all: an unhurried right one with one part replaced."""
    return (code, title, f"errors, h = {{}}, {h}\nfor reg in {regs}:\n    base, grads = loss_and_grads(params, X, y, reg)\n"
            f"    for name in {names}:\n        at = {{k: {start} for k, v in params.items()}}\n        g = grads[name]\n"
            "        n = np.zeros(g.shape)\n        for i in np.ndindex(g.shape):\n            old = at[name][i]\n"
            "            at[name][i] = old + h\n            up = loss_and_grads(at, X, y, reg)[0]\n"
            "            at[name][i] = old - h\n            down = loss_and_grads(at, X, y, reg)[0]\n"
            f"            at[name][i] = old\n            n[i] = {numeric}\n"
            "        top = max(np.abs(g).max(), np.abs(n).max())\n"
            f"        errors[name] = {keep}(errors.get(name, 0.0), {error})\n{end}", says, ask)


# ------------------------------------------------------------------------------------ overfit_tiny and train

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


def tiny(d, steps, lr, N=5):
    return network(d, 3, 4, 3), *batch(d, N, 3), steps, lr


def by_heart(ask):
    """Twenty digits, 220 steps: the loss must be nearly 0."""
    X, y, _, _ = some_digits(ask.draw.rng, 20)
    start = started(ask.draw.rng, H=24)
    params = ask(start, X, y, 220, 0.5)
    problem = misshapen(params, {name: start[name].shape for name in NAMES})
    if problem:
        return problem
    loss = _loss(params, X, y)
    if loss < 0.01:
        return None
    ask.count(round(loss, 3))
    return said(f"After 220 steps on twenty digits the loss is {loss:.3g}; it should be below 0.01.",
                "Do all of your steps go downhill, each from where the last one ended?", title="not learned by heart")


def _loss(params, X, y):
    with np.errstate(all="ignore"):
        return float(loss_of(params, X, y, 0.0))


def _descend(code, title, says, ask, before="", each="g = grads_of(p, X, y)", steps="steps",
             step="p = {k: p[k] - lr * g[k] for k in p}", end="return p"):
    return (code, title, f"p = dict(params)\n{GRADS_OF}\n{before}\nfor i in range({steps}):\n    {each}\n    {step}\n{end}",
            says, ask)


# Runs beside the learner's code: makes the generator, and stops a training that has no end. The limit is soft, since
# it needs a Unix and a main thread; the judge has one of its own.
TRAIN_DRIVER = '''
import contextlib
import signal
import threading

import numpy as np


class TooLong(BaseException):
    """Not an Exception, so that no `except` of the answer's takes it for its own."""


def drive(answer, params, X, y, seed, seconds):
    """What the answer makes of a network, with a generator of this seed."""
    try:
        with limit(seconds):
            return answer(params, X, y, np.random.default_rng(seed))
    except TooLong as stopped:
        late = TimeoutError(f"it trained for more than {seconds:g} s on {len(y)} images")
        raise late.with_traceback(stopped.__traceback__) from None


@contextlib.contextmanager
def limit(seconds):
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number, frame):
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)      # and again: what is raised in a collection of garbage is lost
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
'''


def learns(ask):
    """Two hundred images, tried on two hundred others of the training part: quick, and easy."""
    rng = ask.draw.rng
    X, y, X_other, y_other = some_digits(rng, 200, 200)
    start = started(rng)
    return _trained(ask, start, X, y, X_other, y_other, 0.5, QUICK)


def reads_held_out_digits(ask):
    """The best of three trainings, where the first one falls just short: luck with the draws must not cost points."""
    digits = load_digits()
    start = started(ask.draw.rng)
    for _ in range(3):
        problem = _trained(ask, start, *digits, ENOUGH, FULL)
        if problem is None or problem.code != "T49":        # stopped too early
            break
    return problem


def repeatable(ask):
    """Two generators of one seed make the same network."""
    rng = ask.draw.rng
    X, y, _, _ = some_digits(rng, 60)
    start, seed = started(rng), int(rng.integers(1000))
    first, again = (ask(start, X, y, seed, QUICK) for _ in range(2))
    problem = misshapen(first, {name: start[name].shape for name in NAMES})
    if problem:
        return problem
    return None if _same(first, again) else found(ask.count("T04"))


def _trained(ask, start, X, y, X_other, y_other, enough, seconds):
    params = ask(start, X, y, int(ask.draw.rng.integers(1000)), seconds)
    problem = misshapen(params, {name: start[name].shape for name in NAMES})
    if problem:
        ask.count(problem.kind)
        return problem
    code, more = _what_went_wrong(start, params, X, y, X_other, y_other, enough)
    if not code:
        return None
    ask.count(code)
    return found(code, more)


def _what_went_wrong(start, params, X, y, X_other, y_other, enough):
    """(code, a sentence with figures) for a network that was not trained well, ("", "") for one that was."""
    params = {name: as_numbers(params[name]).astype(float) for name in NAMES}
    if not all(np.isfinite(array).all() and np.abs(array).max() < 1e6 for array in params.values()):
        return "T44", ""
    still = [name for name in NAMES if np.array_equal(params[name], start[name])]
    if len(still) == len(NAMES):
        return "T43", ""
    right = reads(params, X_other) == y_other
    share = right.mean()
    if share >= enough:
        return "", ""
    known = reads(params, X) == y
    figures = f"It reads {share:.1%} of {len(y_other)} digits that it has not seen; asked are {enough:.0%}."
    before, after = _loss(start, X, y), _loss(params, X, y)
    moved = max(np.std(params[name] - start[name]) / np.std(start[name]) for name in WEIGHTS)
    losses = f"On its own images the loss was {before:.3g}, and is {after:.3g}."
    if after > 20:
        return "T44", losses
    if after > 1.1 * before:
        return "T03", losses
    if still:
        return "T47", f"These are as they were: {', '.join(still)}."
    if moved < 0.03:
        return "T48", losses
    if known.mean() < 0.25 and after > 2.2 and moved > 0.1:
        return "T46", f"It reads {known.mean():.1%} of the images it was trained on."
    if known[:30].mean() > 0.9 and known[100:].mean() < known[:30].mean() - 0.1:
        return "T45", f"It reads {known[:30].mean():.0%} of the first 30 images, and {known[100:].mean():.0%} of those " \
                      "behind the first 100."
    return "T49", figures


def reads(params, X):
    """The digits that a network reads."""
    return np.argmax(np.maximum(X @ params["W1"] + params["b1"], 0) @ params["W2"] + params["b2"], axis=1)


def _train(code, before="", epochs=2, lr="0.3", chosen="order[k:k + 32]", order="rng.permutation(N)",
           g="grads_of(p, X[b], y[b])", step="p = {k: p[k] - lr * g[k] for k in p}", end="return p"):
    return worded(code, f"p, N, lr = dict(params), len(y), {lr}\n{GRADS_OF}\n{before}\nfor epoch in range({epochs}):\n"
                        f"    order = {order}\n    for k in range(0, N, 32):\n        b = {chosen}\n        g = {g}\n"
                        f"        {step}\n{end}")


# ------------------------------------------------------------------------------------ the exercises

EXERCISES = (
    Exercise(
        "init_params(rng, D, H, C)", "params", 2, None, driver=INIT_DRIVER,
        checks=(
            Check("four arrays of the right shapes", 0.5, test=asked_shapes),
            Check("biases of 0", 0.25, test=biases_at_zero),
            Check("weights of the right spread", 0.75, test=spread),
            Check("drawn by the generator that is given", 0.5, edge=True, test=by_the_generator),
        ),
        mistakes=(
            worded("N22", _init(W1="np.zeros((D, H))", W2="np.zeros((H, C))")),
            worded("N22", _init(W1="np.full((D, H), np.sqrt(2 / D))", W2="np.full((H, C), np.sqrt(2 / H))")),
            worded("N23", _init(b1="rng.standard_normal(H)", b2="rng.standard_normal(C)")),
            worded("N24", _init(W1="rng.standard_normal((D, H))", W2="rng.standard_normal((H, C))")),
            worded("N24", _init(W1="0.01 * rng.standard_normal((D, H))", W2="0.01 * rng.standard_normal((H, C))")),
            worded("N25", _init(W1="rng.standard_normal((D, H)) * 2 / D", W2="rng.standard_normal((H, C)) * 2 / H")),
            worded("N26", _init(W1="rng.standard_normal((D, H)) / np.sqrt(D)", W2="rng.standard_normal((H, C)) / np.sqrt(H)")),
            worded("N27", _init(W1="rng.random((D, H)) * np.sqrt(6 / D)", W2="rng.random((H, C)) * np.sqrt(6 / H)")),
            worded("N28", _init(W1="rng.standard_normal((D, H)) * np.sqrt(2 / H)", W2="rng.standard_normal((H, C)) * np.sqrt(2 / C)")),
            worded("N29", "rng = np.random.default_rng(0)\n" + _init()),
            worded("T04", _init(W1="np.random.standard_normal((D, H)) * np.sqrt(2 / D)",
                                W2="np.random.standard_normal((H, C)) * np.sqrt(2 / H)")),
            ("V02", "transposed", _init(W1="rng.standard_normal((H, D)) * np.sqrt(2 / D)", W2="rng.standard_normal((C, H)) * np.sqrt(2 / H)"),
             "Your weights are transposed: the layer computes X @ W1, so W1 has one row for each input.",
             "Which shape must W1 have, if X has shape (N, D) and X @ W1 shape (N, H)?"),
            ("V08", "biases as rows", _init(b1="np.zeros((1, H))", b2="np.zeros((1, C))"),
             "Your biases have an axis of length 1 in front; they are plain rows of numbers.",
             "Which shape does the text above give to b1?"),
        ),
        alternatives=(
            ("one draw after the other", "W1 = rng.normal(0, np.sqrt(2 / D), size=(D, H))\nW2 = rng.normal(0, (2 / H)**0.5, size=(H, C))\n"
             "return dict(W1=W1, b1=np.zeros(H), W2=W2, b2=np.zeros(C))"),
            ("a uniform distribution", "draw = lambda n, m: rng.uniform(-np.sqrt(6 / n), np.sqrt(6 / n), (n, m))\n"
             "return {'b2': np.zeros(C), 'W2': draw(H, C), 'b1': np.zeros(H), 'W1': draw(D, H)}"),
            ("integers for zeros, lists", "return {'W1': rng.standard_normal((D, H)) / np.sqrt(D / 2), 'b1': [0.0] * H,\n"
             "        'W2': rng.standard_normal((H, C)) / np.sqrt(H / 2), 'b2': np.zeros(C, int)}"),
            ("in a loop", "params, sizes = {}, (D, H, C)\nfor k in (1, 2):\n    n, m = sizes[k - 1], sizes[k]\n"
             "    params[f'W{k}'] = rng.standard_normal((m, n)).T * (2 / n)**0.5\n    params[f'b{k}'] = np.zeros(m)\nreturn params"),
        ),
        hints=("If all hidden units started with the same weights, in what would their gradients differ?",
               "Draw the weights with rng.standard_normal, and scale each layer so that a unit's sum has a spread that "
               "does not depend on how many inputs it has. The biases can be 0.",
               "Multiply standard normal numbers by the square root of 2 over the number of the layer's inputs: D for "
               "W1, H for W2."),
        read=START, difficulty=1, minutes=5,
    ),
    Exercise(
        "loss_and_grads(params, X, y, reg)", "loss, grads", 7, loss_and_gradients,
        axes={"X": "ND"},
        checks=(
            Check("the same question, the same answer", 0.25, test=the_same_again),
            *(Check(title, points, part=part, draw=lambda d: [
                (network(d, 3, 4, 3), *batch(d, 5, 3), 0.0), (network(d, 3, 4, 3), *batch(d, 5, 3), 3.14)])
              for title, part, points in (("W2", "W2", 1), ("W1", "W1", 1.25), ("b2", "b2", 0.75), ("b1", "b1", 0.75),
                                          ("the loss", "loss", 1))),
            Check("one image; square arrays", 0.5, edge=True, draw=lambda d: [
                (network(d), *batch(d, 1), 0.0), (network(d, 4, 4, 4), *batch(d, 4, 4, 4), 3.14)]),
            Check("a relu at exactly 0", 0.5, edge=True, draw=lambda d: [at_the_kink(d)]),
            Check("logits far apart", 0.5, edge=True, draw=lambda d: [far_off(d)]),
            Check("other sizes, other seeds", 0.5, edge=True, draw=lambda d: [
                (network(d, 3, 5, 6), *batch(d, 8, 3, 6), d.positive()), (network(d), *batch(d), 0.0)]),
        ),
        mistakes=(
            _network("A08", "gradients without 1/N", "The loss is a mean over N images, and so must its gradients be; yours "
                     "are N × too large.", "What does the 1/N of the loss do on the way back?",
                     dz="np.exp(logp) - np.eye(W2.shape[1])[y]"),
            _network("V14", "divided by N twice", "Your gradients are N × too small: 1/N comes in with the loss, and once "
                     "more in a layer.", "Who divides by N, the loss or the layer?",
                     dz="(np.exp(logp) - np.eye(W2.shape[1])[y]) / N**2"),
            _network("A09", "target − p", "The gradient of the logits has the other sign: a step would lead uphill.",
                     "Should the logit of the label rise or fall if the loss is to rise?",
                     dz="(np.eye(W2.shape[1])[y] - np.exp(logp)) / N"),
            _network("A10", "overflow", "With logits that are hundreds apart your exponentials overflow.",
                     "What may be subtracted from all logits of a row?", shift="z + 0"),
            _network("A11", "one column for all", "You subtracted 1 in the columns of all labels, in every row.",
                     "Which one entry of a row belongs to its label?",
                     dz="np.exp(logp)\ndz[:, y] -= 1\ndz = dz / N"),
            _network("T01", "the regularizer's factor", "The gradient of the regularizer is twice too large: the loss has "
                     "a 0.5 in front.", "What is the derivative of 0.5 · reg · w²?", dW1="X.T @ da + 2 * reg * W1",
                     dW2="h.T @ dz + 2 * reg * W2"),
            _network("T41", "biases regularized", "You pull the biases towards 0 as well; the regularizer of this loss has "
                     "the weights only.", "Which parameters stand in the regularizer?",
                     penalty="0.5 * reg * sum((v**2).sum() for v in params.values())", db1="da.sum(axis=0) + reg * b1",
                     db2="dz.sum(axis=0) + reg * b2"),
            _network("T42", "the regularizer in the loss only", "Your loss has the regularizer, your gradients have not.",
                     "What is the derivative of 0.5 · reg · w²?", dW1="X.T @ da", dW2="h.T @ dz"),
            _network("N05", "the regularizer in the gradients only", "Your gradients have the regularizer, your loss has "
                     "not.", "Of which number are these the gradients?", penalty="0"),
            _network("N06", "one layer not regularized", "The regularizer of one of the two layers is missing.",
                     "Which two arrays does the sum in the regularizer run over?", dW1="X.T @ da",
                     penalty="0.5 * reg * (W2**2).sum()"),
            _network("T02", "back through weights that were updated", "The gradient went back through a W2 that had been "
                     "changed already; the forward pass used the old one.", "Which W2 made the logits?",
                     dh="dz @ (W2 - 0.1 * dW2).T"),
            _network("A04", "always open", "The gradient went through all hidden units, also through those that relu had "
                     "shut.", "Which hidden units did not move the loss?", da="dh * (h >= 0)"),
            _network("A01", "the gate opens by dout", "You let positive gradients through; the gate opens by what came in on "
                     "the way forward.", "What does relu do with a negative input?", da="dh * (dh > 0)"),
            _network("A03", "open at 0", "Where the input of relu is exactly 0 the gradient went through; this course "
                     "takes relu'(0) = 0.", "Which comparison leaves 0 out?", da="dh * (a >= 0)"),
            _network("N07", "relu is missing", "Your network is linear: relu is missing on the way forward and on the way "
                     "back.", "What do the hidden units do with a negative sum?", h="a", da="dh"),
            _network("N08", "the layer's input before relu", "dW2 is made with what came into relu; the second layer got "
                     "what came out of it.", "What does W2 multiply on the way forward?", dW2="a.T @ dz + reg * W2"),
            _network("V05", "bias not summed", "The gradients of the biases still have a row for each image.",
                     "Every image used the same bias: what happens to the gradients of a fork?", db1="da", db2="dz"),
            _network("V06", "bias averaged", "You averaged the gradients of the biases over the images; the mean is in the "
                     "loss already.", "Do gradients of a fork add up, or average?", db1="da.mean(axis=0)",
                     db2="dz.mean(axis=0)"),
            _network("N09", "a sum, not a mean", "Your loss is the sum over the images, and so are its gradients; asked is "
                     "the mean.", "What happens to the loss when the batch is twice as large?",
                     loss="-logp[rows, y].sum()", dz="np.exp(logp) - np.eye(W2.shape[1])[y]"),
            _network("E08", WORDS["E08"][0], *WORDS["E08"][1:],
                     end="left = globals().setdefault('left_over', {})\ngrads = {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}\n"
                     "for k in grads:\n    before = left.get(k)\n    left[k] = grads[k] = grads[k] + (\n"
                     "        before if np.shape(before) == grads[k].shape else 0)\nreturn loss, grads"),
            _network("A06", "makes the step itself", "Your function changed its argument `params`: it was to measure the "
                     "slope, not to walk.", "Who makes the step, and from where?",
                     end="params['W1'] -= 0.1 * dW1\nparams['W2'] -= 0.1 * dW2\n"
                     "return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}"),
            _network("X31", "entries are missing", "The gradients of the biases are missing.",
                     "Which names does `params` have?", end="return loss, {'W1': dW1, 'W2': dW2}"),
            _network("X05", "results the other way round", "The results are right, in another order.",
                     "In which order does the stub return them?",
                     end="return {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}, loss"),
        ),
        alternatives=(
            ("image by image", "grads = {k: reg * v if k[0] == 'W' else np.zeros(v.shape) for k, v in params.items()}\n"
             "loss = reg / 2 * sum(np.sum(params[k]**2) for k in ('W1', 'W2'))\nfor x, label in zip(X, y):\n"
             "    h = np.maximum(x @ params['W1'] + params['b1'], 0)\n    z = h @ params['W2'] + params['b2']\n"
             "    m = z.max()\n    norm = m + np.log(np.sum(np.exp(z - m)))\n    loss = loss + (norm - z[label]) / len(y)\n"
             "    dz = np.exp(z - norm) / len(y)\n    dz[label] = dz[label] - 1 / len(y)\n"
             "    da = (params['W2'] @ dz) * np.sign(h)\n    for k, g in (('W2', np.outer(h, dz)), ('b2', dz), "
             "('W1', np.outer(x, da)), ('b1', da)):\n        grads[k] = grads[k] + g\nreturn loss, grads"),
            ("the transposes", "N = X.shape[0]\nA = params['W1'].T @ X.T + params['b1'][:, None]\nZ = params['W2'].T @ "
             "np.where(A > 0, A, 0) + params['b2'][:, None]\nZ = Z - Z.max(0)\nT = np.zeros(Z.shape)\nT[y, np.arange(N)] = 1\n"
             "E = np.exp(Z)\nS = E.sum(0)\nloss = np.mean(np.log(S) - (T * Z).sum(0)) + reg * 0.5 * (\n"
             "    np.sum(params['W1']**2) + np.sum(params['W2']**2))\nG = (E / S - T) / N\nB = params['W2'] @ G\nB[A <= 0] = 0\n"
             "return [loss, {'b2': G.sum(1), 'b1': B.sum(1), 'W2': (G @ np.where(A > 0, A, 0).T).T + reg * params['W2'],\n"
             "               'W1': (B @ X).T + reg * params['W1']}]"),
            ("biases as one more row", "ones = np.ones((len(X), 1))\nX1 = np.hstack([X, ones])\n"
             "U, V = np.vstack([params['W1'], params['b1']]), np.vstack([params['W2'], params['b2']])\n"
             "H1 = np.hstack([(X1 @ U).clip(0), ones])\nz = H1 @ V\np = np.exp(z - z.max(1)[:, None])\np /= p.sum(1)[:, None]\n"
             "top = np.take_along_axis(z, np.reshape(y, (-1, 1)), 1)[:, 0]\n"
             "loss = float(np.mean(z.max(1) + np.log(np.exp(z - z.max(1)[:, None]).sum(1)) - top))\n"
             "np.subtract.at(p, (np.arange(len(y)), y), 1.0)\np = p / len(y)\ndV = np.einsum('nh,nc->hc', H1, p)\n"
             "dU = np.einsum('nd,nh->dh', X1, (p @ V[:-1].T) * (H1[:, :-1] > 0))\n"
             "loss += 0.5 * reg * (np.square(U[:-1]).sum() + np.square(V[:-1]).sum())\n"
             "return loss, {'W1': dU[:-1] + reg * U[:-1], 'b1': dU[-1], 'W2': dV[:-1] + reg * V[:-1], 'b2': dV[-1]}"),
        ),
        hints=("Write the forward pass first, and keep what it makes: the sums before relu, the hidden values, the "
               "probabilities. Which of them does each gradient need?",
               "Go back layer by layer: from the loss to the logits (p minus 1 at the label, over N), to W2, b2 and the "
               "hidden values, through relu, to W1 and b1. The weights get reg times themselves on top.",
               "dz has one row per image. W2's gradient is the hidden values, transposed, times dz; b2's the column sums "
               "of dz; the hidden values get dz times W2 transposed, and what relu shut becomes 0. Then the same once more."),
        read=NETWORK, difficulty=4, minutes=30,
    ),
    Exercise(
        "batchnorm_backward(dout, cache)", "dx, dgamma, dbeta", 5, batchnorm_gradient, upstream="dout",
        axes={"dout": "ND", "dx": "ND", "dgamma": "D", "dbeta": "D"},
        checks=(
            *(Check(part, points, part=part, draw=lambda d: [normalized(d), normalized(d, 7, 4, 0.5)])
              for part, points in (("dx", 2), ("dgamma", 0.75), ("dbeta", 0.5))),
            Check("as many rows as columns", 0.75, edge=True, draw=lambda d: [normalized(d, 4, 4, 0.1)]),
            Check("other sizes, other eps", 0.5, edge=True, draw=lambda d: [
                normalized(d, 6, 3, 1e-5), normalized(d, 3, 5, 1.5)]),
            Check("a column without variance; a single row", 0.5, edge=True, draw=lambda d: [
                normalized(d, 5, 3, 0.01, constant=1), normalized(d, 1, 3, 0.01)]),
        ),
        mistakes=(
            _norm("N01", "the path through the mean is missing", "x reaches the output on three paths: by itself, through "
                  "the mean, and through the variance. The one through the mean is missing.",
                  "If every x of a column grew by 1, what would happen to the output?",
                  dx="inv * (g - xhat * (g * xhat).mean(axis=0))"),
            _norm("N02", "the path through the variance is missing", "x reaches the output on three paths: by itself, "
                  "through the mean, and through the variance. The one through the variance is missing.",
                  "If every x of a column were twice as far from its mean, what would happen to the output?",
                  dx="inv * (g - g.mean(axis=0))"),
            _norm("N11", "mean and variance taken for constants", "You divided by the standard deviation and stopped there: "
                  "the mean and the variance depend on x as well.", "How many paths lead from one x to the output?",
                  dx="inv * g"),
            _norm("N03", "N − 1", "You divided by N − 1 somewhere; the forward pass divided by N.",
                  "By which number does x.var(axis=0) divide?",
                  dx="inv * (g - g.mean(axis=0) - xhat * (g * xhat).sum(axis=0) / max(N - 1, 1))"),
            _norm("N10", "eps forgotten", "Your standard deviation lacks eps.", "What did the forward pass take the root of?",
                  inv="1 / np.sqrt(var)"),
            _norm("N12", "gamma forgotten", "The gradient went past gamma as if it were 1.",
                  "What multiplies xhat on the way forward?", g="dout"),
            _norm("N13", "x in place of xhat", "dgamma is made with x; what gamma multiplies is xhat.",
                  "Which value does gamma meet on the way forward?", dgamma="(dout * x).sum(axis=0)"),
            _norm("N14", "the root is missing", "You divided by the variance, not by its root.",
                  "By what did the forward pass divide?", inv="1 / (var + eps)"),
            _norm("N15", "sums in place of means", "Mean and variance are means over N rows; on the way back their 1/N is "
                  "missing.", "By how much does a mean grow when one of N numbers grows by 1?",
                  dx="inv * (g - g.sum(axis=0) - xhat * (g * xhat).sum(axis=0))"),
            _norm("N16", "a sign of a path", "One of the two paths that take something away adds it in yours.",
                  "When an x grows, its mean grows as well: does xhat rise or fall by that?",
                  dx="inv * (g + g.mean(axis=0) + xhat * (g * xhat).mean(axis=0))"),
            _norm("G01", "upstream dropped", "You returned the gradients of the sum of the output: the upstream gradient is "
                  "missing.", "What should come back if dout were 0?", g="np.ones(dout.shape) * gamma",
                  dgamma="xhat.sum(axis=0)", dbeta="np.full(dout.shape[1], float(N))"),
            _norm("V05", "not summed over the rows", "gamma and beta served every row; their gradients still have a row for "
                  "each.", "What happens to the gradients of a fork?", dgamma="dout * xhat", dbeta="dout"),
            _norm("V06", "averaged over the rows", "You averaged the gradients of gamma and beta over the rows; copies of "
                  "one number add their gradients up.", "Do gradients of a fork add up, or average?",
                  dgamma="(dout * xhat).mean(axis=0)", dbeta="dout.mean(axis=0)"),
            _norm("V07", "the wrong axis", "You summed along each row; gamma and beta have one number per column.",
                  "Which axis did broadcasting stretch?", dgamma="(dout * xhat).sum(axis=1)", dbeta="dout.sum(axis=1)"),
            _norm("X05", "results the other way round", "The results are right, in another order.",
                  "In which order does the stub return them?", end="return dx, dbeta, dgamma"),
        ),
        alternatives=(
            ("step by step", "N = cache['x'].shape[0]\ncentred = cache['x'] - cache['mean']\nstd = (cache['var'] + cache['eps'])**0.5\n"
             "dxhat = dout * cache['gamma']\ndvar = np.sum(dxhat * centred, axis=0) * -0.5 * std**-3\n"
             "dmean = -np.sum(dxhat / std, axis=0) + dvar * -2 * centred.mean(axis=0)\n"
             "dx = dxhat / std + dvar * 2 * centred / N + dmean / N\n"
             "return dx, np.sum(dout * cache['xhat'], axis=0), np.sum(dout, axis=0)"),
            ("one fraction", "N, D = dout.shape\ndbeta = np.ones(N) @ dout\ndgamma = np.einsum('nd,nd->d', dout, cache['xhat'])\n"
             "scale = cache['gamma'] / (N * np.sqrt(cache['var'] + cache['eps']))\n"
             "return [scale * (N * dout - dbeta - cache['xhat'] * dgamma), dgamma, dbeta]"),
            ("a Jacobian for each column", "x, gamma, eps = cache['x'], cache['gamma'], cache['eps']\nN, D = x.shape\n"
             "dx = np.zeros((N, D))\nfor j in range(D):\n    u = x[:, j] - x[:, j].mean()\n    s = np.sqrt((u * u).mean() + eps)\n"
             "    J = ((np.eye(N) - 1 / N) / s - np.outer(u, u) / (N * s**3)) * gamma[j]\n    dx[:, j] = J.T @ dout[:, j]\n"
             "return dx, (dout * cache['xhat']).sum(0), dout.sum(0)"),
        ),
        hints=("Draw the graph of one column: which nodes does one x lead to?",
               "dbeta and dgamma are those of a bias and of a factor. For dx go on from xhat: to x itself, to the mean, and to "
               "the variance, and add the three up.",
               "Call g the gradient of xhat. From g subtract its column mean, and xhat times the column mean of g times "
               "xhat; divide by the standard deviation (with eps)."),
        read=BATCH_NORM, difficulty=5, minutes=25,
    ),
    Exercise(
        "dropout_backward(dout, mask, keep)", "dx", 2, dropout_gradient, upstream="dout",
        checks=(
            Check("a mask of 0 and 1", 1, draw=lambda d: [dropped(d, 4, 3, keep=0.75), dropped(d, 2, 5, keep=0.3)]),
            Check("a mask of True and False; of integers", 0.5, edge=True, draw=lambda d: [
                dropped(d, 5, 3, keep=0.75, kind=bool), dropped(d, 15, keep=0.6, kind=int)]),
            Check("nothing dropped, everything dropped", 0.5, edge=True, draw=lambda d: [
                (d.array(4, 3), np.ones((4, 3)), 1.0), (d.array(2, 3), np.zeros((2, 3)), 0.5),
                (d.array(2, 3), np.ones((2, 3)), 0.8)]),
        ),
        mistakes=(
            ("N04", "not scaled", "dout * mask", "The forward pass divided by keep, and so must the way back.",
             "By how much does the output grow when a kept x grows by 1?"),
            ("N17", "the mask is missing", "dout / keep", "Gradients came through where the forward pass had dropped x.",
             "What did a dropped x contribute to the output?"),
            ("N18", "multiplied by keep", "dout * mask * keep", "You multiplied by keep; the forward pass divided by it.",
             "By how much does the output grow when a kept x grows by 1?"),
            ("N19", "keep for drop", "dout * mask / (1 - keep if keep < 1 else 1)", "You divided by 1 − keep; keep is the "
             "share that stays.", "By which number did the forward pass divide?"),
            ("N20", "the mask turned over", "dout * (1 - np.asarray(mask, float)) / keep", "You let through what was dropped, "
             "and dropped what was kept.", "Where does mask hold a 1?"),
            ("N21", "a mask of its own", "dout * (np.random.default_rng(0).random(dout.shape) < keep) / keep",
             "You drew a new mask; the way back needs that of the way forward.", "Through which entries did x reach the "
             "output?"),
            ("N30", "divided by the share that was kept", "dout * mask / max(np.mean(mask), 1e-9)", "You divided by the "
             "share of ones in this mask; the forward pass divided by keep, whatever the mask turned out to be.",
             "By which number did the forward pass divide?"),
            ("N31", "scaled twice", "dout * mask / keep**2", "You divided by keep twice.",
             "How often did the forward pass divide by keep?"),
            ("G01", "upstream dropped", "np.asarray(mask, float) / keep", "You returned the local gradient: the upstream "
             "gradient is missing.", "What should come back if dout were 0?"),
            ("A06", "writes into dout", "dout[np.asarray(mask) == 0] = 0\nreturn dout / keep", "Your function changed its "
             "argument `dout`, which others may still use.", "How could you make a new array instead?"),
        ),
        alternatives=(
            ("np.where", "return np.where(mask, dout / keep, 0.0)"),
            ("a copy", "dx = dout / keep\ndx[np.asarray(mask) == 0] = 0\nreturn dx"),
            ("a loop", "dx = np.zeros(dout.shape)\nfor i in np.ndindex(dout.shape):\n    if mask[i]:\n"
             "        dx[i] = dout[i] / keep\nreturn dx"),
            ("a factor", "return (1 / keep) * np.asarray(mask, dtype=float) * dout"),
        ),
        hints=("For one x that was kept, and one that was dropped: what did the forward pass multiply it with?",
               "The gate multiplies x by a number that is known: so its gradient is multiplied by the same number.",
               "That number is the mask over keep; multiply dout by it."),
        read=DROPOUT, difficulty=1, minutes=3,
    ),
    Exercise(
        "check_all(params, X, y, loss_and_grads)", "errors", 3, None,
        checks=(
            Check("lets a right network pass", 0.5, test=sorts(a_right_network)),
            Check("flags a gradient that is twice too large", 0.5, test=sorts(one_doubled)),
            Check("flags wrong gradients, each under its name", 0.75, edge=True, test=sorts(wrong_networks)),
            Check("lets right networks pass, wherever they stand", 0.5, edge=True, test=sorts(right_networks)),
            Check("sees beside the regularizer, and the regularizer", 0.75, edge=True, test=sorts(what_a_regularizer_hides)),
        ),
        mistakes=(
            _check_all("C10", "the regularizer hides the rest", "You checked with the regularizer only. Where it is large, "
                       "it hides what is wrong with the data's gradient.", "With which reg does the data's gradient stand "
                       "alone?", regs="(3.14,)"),
            _check_all("N32", "never with a regularizer", "You checked without the regularizer only; its gradient is never "
                       "looked at.", "With which reg would a missing regularizer show?", regs="(0.0,)"),
            _check_all("C02", "one-sided", "A difference to one side only is not accurate enough: a right network was "
                       "flagged.", "What does a step to the other side cancel?", numeric="(up - base) / h"),
            _check_all("C03", "step too small", "Your step is so small that rounding drowns the difference.",
                       "How many digits are left of the difference of the two losses?", h="1e-12"),
            _check_all("C07", "step too large", "Your step is so large that it goes past the curve.",
                       "How far may one step change a logit, if the loss is to be almost straight there?", h="5e-3"),
            _check_all("C05", "params left changed", "Your function changed its argument `params`: after a nudge it did not "
                       "put back what was there, to the last bit.", "How can a weight be as it was, exactly?",
                       start="v", numeric="(up - down) / (2 * h)\n            at[name][i] = old + h - h + 1e-17 + (old * 2**-52)"),
            _check_all("C06", "checked at zero", "You nudged zeros in place of the parameters.",
                       "At which place are `grads` the gradients?", start="np.zeros(v.shape)"),
            _check_all("C09", "0 divided by 0", "Where both gradients are 0 your error is nan, which is no verdict.",
                       "What should the error be when both gradients are 0?", error="np.abs(g - n).max() / np.float64(top)",
                       keep="np.maximum"),
            _check_all("C12", "absolute difference", "You did not divide by the size of the gradients: small wrong ones "
                       "pass.", "What is a difference of 0.000001 worth, if the gradient is 0.000001?",
                       error="np.abs(g - n).max()"),
            _check_all("C13", "direction only", "Your check compares directions; a gradient that is too large passes.",
                       "Which number tells 2·g from g?", error="1 - (g * n).sum() / np.sqrt((g**2).sum() * (n**2).sum()) "
                       "if top else 0.0"),
            _check_all("C14", "errors cancel", "You summed the differences with their signs: errors that go up and down "
                       "cancel.", "What should be taken of each difference first?", error="abs((g - n).sum()) / top if top "
                       "else 0.0"),
            _check_all("C15", "the first element only", "Your check looks at one element of each array.",
                       "Where could a mistake hide from it?", error="np.abs(g - n).flat[0] / top if top else 0.0"),
            _check_all("C17", "divided by one step", "You divided by h; between the two places there are two steps.",
                       "How far are the two places apart?", numeric="(up - down) / h"),
            _check_all("X31", "entries are missing", "The biases are not checked.", "Which names does `params` have?",
                       names="('W1', 'W2')"),
            _check_all("N33", "one error for all", "You gave the largest error under every name: it does not say which "
                       "gradient is wrong.", "Where would you look for the mistake, if all four are flagged?",
                       end="return dict.fromkeys(errors, max(errors.values()))"),
            _check_all("N34", "the smaller error", "Of the errors with and without the regularizer you kept the smaller one; "
                       "one that is right does not make up for one that is wrong.", "Which of two errors should flag a "
                       "gradient?", error="0.0", end="worst = {}\nfor name in params:\n    both = []\n    for reg in (0.0, 3.14):\n"
                       "        g, n = loss_and_grads(params, X, y, reg)[1][name], np.zeros(params[name].shape)\n"
                       "        for i in np.ndindex(n.shape):\n            at = {k: v.copy() for k, v in params.items()}\n"
                       "            at[name][i] += h\n            up = loss_and_grads(at, X, y, reg)[0]\n"
                       "            at[name][i] = params[name][i] - h\n"
                       "            n[i] = (up - loss_and_grads(at, X, y, reg)[0]) / (2 * h)\n"
                       "        top = max(np.abs(g).max(), np.abs(n).max())\n"
                       "        both.append(np.abs(g - n).max() / top if top else 0.0)\n    worst[name] = min(both)\nreturn worst"),
            constant("{'W1': 0.0, 'b1': 0.0, 'W2': 0.0, 'b2': 0.0}"),
        ),
        alternatives=(
            ("flat views", "worst = dict.fromkeys(params, 0.0)\nmine = {k: np.array(v, float) for k, v in params.items()}\n"
             "for reg in (3.14, 0):\n    grads = loss_and_grads(mine, X, y, reg)[1]\n    for k, v in mine.items():\n"
             "        flat, n = v.reshape(-1), []\n        for j in range(flat.size):\n            was = flat[j]\n"
             "            flat[j] = was + 5e-6\n            hi, _ = loss_and_grads(mine, X, y, reg)\n            flat[j] = was - 5e-6\n"
             "            lo, _ = loss_and_grads(mine, X, y, reg)\n            flat[j] = was\n            n.append((hi - lo) / 1e-5)\n"
             "        gap = np.max(np.abs(np.ravel(grads[k]) - n))\n"
             "        size = np.max(np.abs([np.ravel(grads[k]), n]))\n        worst[k] = max(worst[k], gap / (size or 1.0))\nreturn worst"),
            ("columns of the identity", "def error(name, reg, h=1e-5):\n    g = loss_and_grads(params, X, y, reg)[1][name]\n    loss = lambda s: "
             "loss_and_grads({**params, name: params[name] + s}, X, y, reg)[0]\n"
             "    n = np.array([(loss(h * e.reshape(g.shape)) - loss(-h * e.reshape(g.shape))) / (2 * h)\n"
             "                  for e in np.eye(g.size)]).reshape(g.shape)\n"
             "    return np.abs(g - n).max() / max(np.abs(g).max(), np.abs(n).max(), 1e-300)\n\n"
             "def check_all(params, X, y, loss_and_grads):\n    globals().update(params=params, X=X, y=y, loss_and_grads=loss_and_grads)\n"
             "    return {name: max(error(name, 0.0), error(name, 3.14)) for name in params}"),
            ("norms", "out = {}\nfor name in ('b2', 'W2', 'b1', 'W1'):\n    pair = []\n    for reg in (0.0, 0.7):\n"
             "        g = loss_and_grads(params, X, y, reg)[1][name]\n        n = np.zeros_like(g)\n        for i in np.ndindex(g.shape):\n"
             "            step = np.zeros_like(g)\n            step[i] = 1e-5\n"
             "            n[i] = (loss_and_grads({**params, name: params[name] + step}, X, y, reg)[0]\n"
             "                    - loss_and_grads({**params, name: params[name] - step}, X, y, reg)[0]) / 2e-5\n"
             "        pair.append(np.linalg.norm(g - n) / max(np.linalg.norm(g), np.linalg.norm(n), 1e-30))\n    out[name] = max(pair)\nreturn out"),
        ),
        hints=("What must you change, and by how much, to learn the slope of the loss in one weight?",
               "For each array of params, element by element: nudge it up and down by 0.00001 in a copy, and divide the "
               "difference of the two losses by two steps. Compare with grads. Do all this twice, with reg 0 and with reg 3.14.",
               "Per array and reg: the largest absolute difference, over the largest absolute value of both gradients, or 0 if "
               "that is 0. Keep the larger error of the two under the array's name."),
        read=CHECKING, difficulty=3, minutes=15,
    ),
    Exercise(
        "overfit_tiny(params, X, y, steps, lr)", "params", 2, descended,
        checks=(
            Check("one step, three steps", 0.75, draw=lambda d: [tiny(d, 1, 0.3), tiny(d, 3, 0.2, 4)]),
            Check("twenty digits by heart", 0.75, test=by_heart),
            Check("no step at all; many", 0.5, edge=True, draw=lambda d: [tiny(d, 0, 0.3), tiny(d, 12, 0.05, 6)]),
        ),
        mistakes=(
            _descend("T03", *WORDS["T03"], step="p = {k: p[k] + lr * g[k] for k in p}"),
            _descend("N35", "the gradient of the start", "You computed the gradient once, and took all steps with it.",
                     "At which place should the slope be taken for the second step?", before="g = grads_of(p, X, y)", each="pass"),
            _descend("N36", "one step only", "You made one step, however many were asked.", "How often does your loop run?",
                     steps="min(1, steps)"),
            _descend("N37", "one step too few", "You made one step less than asked.", "How often does your loop run?",
                     steps="1, steps"),
            _descend("T02", "each step from parameters that have moved", "You moved one array before you computed the "
                     "gradients of the others: they belong to another place.", "At which parameters are all four gradients "
                     "to be taken?", each="pass", step="for k in ('W2', 'b2', 'W1', 'b1'):\n        p[k] = p[k] - lr * grads_of(p, X, y)[k]"),
            _descend("N38", "the step size is not used", "Your steps are as long as the gradient; lr does not come in.",
                     "What should happen if lr were 0?", step="p = {k: p[k] - g[k] for k in p}"),
            _descend("E08", "gradients add up from step to step", "Your gradients add up from step to step: what is left of the "
                     "last one is used again.", "Where do the gradients of the last step go?", before="total = {k: 0.0 for k in p}",
                     step="total = {k: total[k] + g[k] for k in p}\n    p = {k: p[k] - lr * total[k] for k in p}"),
            _descend("V14", "divided by N twice", "Your steps are N × too short: the loss is a mean already.",
                     "Who divides by N, the loss or the step?", step="p = {k: p[k] - lr * g[k] / len(y) for k in p}"),
            _descend("T47", *WORDS["T47"], step="p = {**p, 'W2': p['W2'] - lr * g['W2'], 'b2': p['b2'] - lr * g['b2']}"),
            _descend("N39", "regularized", "You pulled the weights towards 0 on the way; here the images are to be learned by "
                     "heart, with reg 0.", "Which reg should the gradients be taken with?",
                     step="p = {k: p[k] - lr * (g[k] + (0.1 * p[k] if k[0] == 'W' else 0)) for k in p}"),
            _descend("A06", "writes into params", "Your function changed its argument `params`, which others may still use.",
                     "How could you make new arrays instead?", step="for k in p:\n        p[k] -= lr * g[k]"),
            worded("T43", "return params"),
        ),
        alternatives=(
            ("copies, in place", "mine = {k: v.copy() for k, v in params.items()}\n" + GRADS_OF.replace("grads_of", "slope_of") +
             "while steps > 0:\n    slope = slope_of(mine, X, y)\n    for k in mine:\n        mine[k] -= lr * slope[k]\n    steps -= 1\n"
             "return mine"),
            ("recursion", "if steps == 0:\n    return params\n" + GRADS_OF.replace("grads_of", "s_of") + "s = s_of(params, X, y)\n"
             "return overfit_tiny({k: v - lr * s[k] for k, v in params.items()}, X, y, steps - 1, lr)"),
            ("four names", "W1, b1, W2, b2 = (params[k] for k in ('W1', 'b1', 'W2', 'b2'))\n" + GRADS_OF.replace("grads_of", "back") +
             "for _ in range(steps):\n    d = back({'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}, X, y)\n"
             "    W1, b1, W2, b2 = W1 - lr * d['W1'], b1 - lr * d['b1'], W2 - lr * d['W2'], b2 - lr * d['b2']\n"
             "return {'b1': b1, 'b2': b2, 'W1': W1, 'W2': W2}"),
        ),
        hints=("What does one step of gradient descent need, and what does it leave behind?",
               "In a loop: take the gradients at the parameters of now, by your loss_and_grads with reg 0, then make a new dict in "
               "which every array has moved against its gradient, by lr.",
               "Begin with a copy of the dict. In each of the steps, all four arrays move at once: the new one is the old one minus "
               "lr times its gradient."),
        read=TINY, difficulty=2, minutes=8,
    ),
    Exercise(
        "train(params, X, y, rng)", "params", 4, None, driver=TRAIN_DRIVER, seconds=FULL + 10,
        checks=(
            Check("learns from 200 images", 1, test=learns),
            Check("the same seed, the same network", 0.5, edge=True, once=True, test=repeatable),
            Check("reads 95 of 100 digits that it has never seen", 2.5, edge=True, once=True, test=reads_held_out_digits),
        ),
        mistakes=(
            worded("T43", "return {k: v.copy() for k, v in params.items()}"),
            _train("T44", lr="1e4"),
            _train("T03", epochs=1, lr="0.05", step="p = {k: p[k] + lr * g[k] for k in p}"),
            _train("T45", epochs=12, chosen="slice(0, 32)"),
            _train("T46", before="mixed = rng.permutation(N)\nX = X[mixed]", epochs=5, lr="0.5"),
            _train("T47", step="p = {**p, 'b1': p['b1'] - lr * g['b1'], 'b2': p['b2'] - lr * g['b2']}"),
            _train("T48", lr="1e-5"),
            _train("T49", epochs=1),
            _train("T04", epochs=30, lr="0.5", order="np.random.permutation(N)",      # and never short of 95 by bad luck
                   step="p = {k: p[k] - lr * (1 - epoch / 30) * g[k] for k in p}"),
            ("A06", "writes into params", f"p, N = params, len(y)\n{GRADS_OF}\nfor epoch in range(3):\n    order = rng.permutation(N)\n"
             "    for k in range(0, N, 32):\n        g = grads_of(p, X[order[k:k + 32]], y[order[k:k + 32]])\n        for name in p:\n"
             "            p[name] -= 0.3 * g[name]\nreturn p", "Your function changed its argument `params`, which others may still "
             "use.", "How could you make new arrays instead?"),
        ),
        alternatives=(
            ("momentum", f"p, v, N = dict(params), {{k: 0.0 for k in params}}, len(y)\n{GRADS_OF}\nfor step in range(600):\n"
             "    b = rng.integers(0, N, 64)\n    g = grads_of(p, X[b], y[b])\n    for k in p:\n        v[k] = 0.9 * v[k] + g[k]\n"
             "        p[k] = p[k] - 0.08 * v[k]\nreturn p"),
            ("Adam", f"p, N = {{k: a.copy() for k, a in params.items()}}, len(y)\nm, s = ({{k: np.zeros(a.shape) for k, a in p.items()}} "
             f"for _ in range(2))\n{GRADS_OF}\nt = 0\nfor epoch in range(18):\n    rows = np.arange(N)\n    rng.shuffle(rows)\n"
             "    for b in np.array_split(rows, max(N // 40, 1)):\n        g, t = grads_of(p, X[b], y[b]), t + 1\n        for k in p:\n"
             "            m[k] = 0.9 * m[k] + 0.1 * g[k]\n            s[k] = 0.99 * s[k] + 0.01 * g[k]**2\n"
             "            p[k] -= 0.005 * m[k] / (1 - 0.9**t) / (np.sqrt(s[k] / (1 - 0.99**t)) + 1e-8)\nreturn p"),
            ("all images at once", f"p = dict(params)\n{GRADS_OF}\nfor step in range(450):\n    g = grads_of(p, X, y)\n"
             "    for k in p:\n        p[k] = p[k] - 0.7 * g[k]\nreturn p"),
            ("smaller and smaller steps", f"p, N = params, len(y)\n{GRADS_OF}\nfor lr in np.geomspace(0.6, 0.05, 16):\n"
             "    for b in np.array_split(rng.permutation(N), N // 20 + 1):\n        g = grads_of(p, X[b], y[b])\n"
             "        p = {k: p[k] - lr * g[k] for k in g}\nreturn p"),
        ),
        hints=("What would overfit_tiny need, to work on 1,442 images?",
               "Go through the images in a new random order again and again (epochs), a few dozen at a time, and make a step after "
               "each few dozen. Shuffle images and labels alike.",
               "Twenty or thirty epochs with batches of 32 and steps of 0.5 that shrink towards the end are enough. rng.permutation "
               "gives an order; take the same part of it for X and for y."),
        read=TRAINING, difficulty=3, minutes=20,
    ),
)
