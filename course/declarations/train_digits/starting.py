"""Where a network starts."""

import numpy as np

from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise
from course.declarations.train_digits.networks import WEIGHTS, about, misshapen, unlike
from course.declarations.train_digits.words import WORDS, found, worded
from course.words import tr


def shapes_of(D, H, C):
    return {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}


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
        ask.count(about(problem))
    return problem


def biases_at_zero(ask):
    params = ask(int(ask.draw.rng.integers(1000)), 5, 4, 3)
    return misshapen(params, shapes_of(5, 4, 3)) or (
        found(ask.count("N23")) if np.any(params["b1"]) or np.any(params["b2"]) else None)


def spread(ask):
    """The weights' standard deviations, for two sizes that tell one rule from another.

    Each layer has more inputs than outputs at one size and fewer at the other: no factor makes of the one the other.
    """
    seed = int(ask.draw.rng.integers(1000))
    drawn = []
    for sizes in ((160, 60, 30), (90, 120, 200)):
        params = ask(seed, *sizes)
        problem = misshapen(params, shapes_of(*sizes))
        if problem:
            return problem
        drawn.append((sizes, params))
    if all(map(_are_alike, (params for _, params in drawn))):
        return found(ask.count("N22"))
    for k, name in enumerate(WEIGHTS):
        code, more = _spread_of(name, [(sizes[k], sizes[k + 1], as_numbers(params[name])) for sizes, params in drawn])
        ask.count(code)
        if code:
            return found(code, more) if code in WORDS else said(
                more, "By which number do you multiply what the generator gives?", title="another spread")
    return None


def _are_alike(params):
    """Whether no hidden unit differs from another in its weights, on the way in and on the way out.

    Where nothing comes in, nothing comes back either, whatever the weights on the way out are.
    """
    W1, W2 = (as_numbers(params[name]) for name in WEIGHTS)
    return np.ptp(W1, axis=1).max() < 1e-9 and (np.ptp(W2, axis=0).max() < 1e-9 or not np.any(W1))


def _spread_of(name, drawn):
    """A code for the rule by which one weight array was drawn at two sizes, "" for the right one; and a sentence."""
    inputs, outputs = (np.array([case[k] for case in drawn], float) for k in (0, 1))
    stds, means = (np.array([getattr(case[2], what)() for case in drawn]) for what in ("std", "mean"))
    like = lambda rule: np.all(np.abs(stds / rule - 1) < 0.12)
    more = tr("{name} of shape {shape} has a standard deviation of {mine}; asked is {right}.", name=name,
              shape=drawn[0][2].shape, mine=f"{stds[0]:.3g}", right=f"{np.sqrt(2 / inputs[0]):.3g}")
    if not np.all(stds > 1e-9):
        return "other", more
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
    for params in (first, again, other):
        problem = misshapen(params, shapes_of(5, 4, 3))
        if problem:
            return problem
    problem = unlike(ask, first, again)
    if problem:
        return problem
    alike = [name for name in WEIGHTS if np.array_equal(first[name], other[name])]
    return found(ask.count("N29")) if alike and np.any(first[alike[0]]) else None


# ------------------------------------------------------------------------------------ init_params

INIT_PARAMS = Exercise(
    "init_params(rng, D, H, C)", "params", points=2, oracle=None, driver=INIT_DRIVER,
    checks=(
        Check("four arrays of the right shapes", 0.25, test=asked_shapes),
        Check("biases of 0", 0.25, test=biases_at_zero),
        Check("weights of the right spread", 1, test=spread),
        Check("drawn by the generator that is given", 0.5, edge=True, shown=True, test=by_the_generator),
    ),
    hints=("If all hidden units started with the same weights, in what would their gradients differ?",
           "Draw the weights with rng.standard_normal, and scale each layer so that a unit's sum has a spread that "
           "does not depend on how many inputs it has. The biases can be 0.",
           "Multiply standard normal numbers by the square root of 2 over the number of the layer's inputs: D for "
           "W1, H for W2."),
    read='lesson 8, "where to start"', difficulty=1, minutes=5,
)


@INIT_PARAMS.mistake(**worded("N22"))
def init_params(rng, D, H, C):
    return {"W1": np.zeros((D, H)), "b1": np.zeros(H),
            "W2": np.zeros((H, C)), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N22"))
def init_params(rng, D, H, C):
    return {"W1": np.full((D, H), np.sqrt(2 / D)), "b1": np.zeros(H),
            "W2": np.full((H, C), np.sqrt(2 / H)), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N23"))
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((D, H)) * np.sqrt(2 / D), "b1": rng.standard_normal(H),
            "W2": rng.standard_normal((H, C)) * np.sqrt(2 / H), "b2": rng.standard_normal(C)}


@INIT_PARAMS.mistake(**worded("N24"))
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((D, H)), "b1": np.zeros(H),
            "W2": rng.standard_normal((H, C)), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N24"))
def init_params(rng, D, H, C):
    return {"W1": 0.01 * rng.standard_normal((D, H)), "b1": np.zeros(H),
            "W2": 0.01 * rng.standard_normal((H, C)), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N25"))
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((D, H)) * 2 / D, "b1": np.zeros(H),
            "W2": rng.standard_normal((H, C)) * 2 / H, "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N26"))
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((D, H)) / np.sqrt(D), "b1": np.zeros(H),
            "W2": rng.standard_normal((H, C)) / np.sqrt(H), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N27"))
def init_params(rng, D, H, C):
    return {"W1": rng.random((D, H)) * np.sqrt(6 / D), "b1": np.zeros(H),
            "W2": rng.random((H, C)) * np.sqrt(6 / H), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N28"))
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((D, H)) * np.sqrt(2 / H), "b1": np.zeros(H),
            "W2": rng.standard_normal((H, C)) * np.sqrt(2 / C), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("N29"))
def init_params(rng, D, H, C):
    rng = np.random.default_rng(0)
    return {"W1": rng.standard_normal((D, H)) * np.sqrt(2 / D), "b1": np.zeros(H),
            "W2": rng.standard_normal((H, C)) * np.sqrt(2 / H), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(**worded("T04"))
def init_params(rng, D, H, C):
    return {"W1": np.random.standard_normal((D, H)) * np.sqrt(2 / D), "b1": np.zeros(H),
            "W2": np.random.standard_normal((H, C)) * np.sqrt(2 / H), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(code="V02", title="transposed",
                     says="Your weights are transposed: the layer computes X @ W1, so W1 has one row for each input.",
                     ask="Which shape must W1 have, if X has shape (N, D) and X @ W1 shape (N, H)?")
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((H, D)) * np.sqrt(2 / D), "b1": np.zeros(H),
            "W2": rng.standard_normal((C, H)) * np.sqrt(2 / H), "b2": np.zeros(C)}


@INIT_PARAMS.mistake(code="V08", title="biases as rows",
                     says="Your biases have an axis of length 1 in front; they are plain rows of numbers.",
                     ask="Which shape does the text above give to b1?")
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((D, H)) * np.sqrt(2 / D), "b1": np.zeros((1, H)),
            "W2": rng.standard_normal((H, C)) * np.sqrt(2 / H), "b2": np.zeros((1, C))}


@INIT_PARAMS.alternative(title="one draw after the other")
def init_params(rng, D, H, C):
    W1 = rng.normal(0, np.sqrt(2 / D), size=(D, H))
    W2 = rng.normal(0, (2 / H)**0.5, size=(H, C))
    return dict(W1=W1, b1=np.zeros(H), W2=W2, b2=np.zeros(C))


@INIT_PARAMS.alternative(title="a uniform distribution")
def init_params(rng, D, H, C):
    draw = lambda n, m: rng.uniform(-np.sqrt(6 / n), np.sqrt(6 / n), (n, m))
    return {"b2": np.zeros(C), "W2": draw(H, C), "b1": np.zeros(H), "W1": draw(D, H)}


@INIT_PARAMS.alternative(title="integers for zeros, lists")
def init_params(rng, D, H, C):
    return {"W1": rng.standard_normal((D, H)) / np.sqrt(D / 2), "b1": [0.0] * H,
            "W2": rng.standard_normal((H, C)) / np.sqrt(H / 2), "b2": np.zeros(C, int)}


@INIT_PARAMS.alternative(title="in a loop")
def init_params(rng, D, H, C):
    params, sizes = {}, (D, H, C)
    for k in (1, 2):
        n, m = sizes[k - 1], sizes[k]
        params[f"W{k}"] = rng.standard_normal((m, n)).T * (2 / n)**0.5
        params[f"b{k}"] = np.zeros(m)
    return params
