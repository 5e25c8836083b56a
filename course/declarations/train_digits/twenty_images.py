"""Twenty images by heart."""

import numpy as np

from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.declarations.train_digits.networks import (
    GRADS_OF,
    NAMES,
    batch,
    loss_and_gradients,
    loss_on,
    misshapen,
    network,
    some_digits,
    started,
)
from course.declarations.train_digits.words import worded
from course.words import tr


def descended(params, X, y, steps, lr):
    """The parameters after some steps of gradient descent."""
    for _ in range(steps):
        grads = loss_and_gradients(params, X, y, 0.0)[1]
        params = {name: params[name] - lr * grads[name] for name in params}
    return params


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
    loss = loss_on(params, X, y)
    if loss < 0.01:
        return None
    ask.count(round(loss, 3))
    return said(tr("After 220 steps on twenty digits the loss is {loss}; it should be below 0.01.", loss=f"{loss:.3g}"),
                "Do all of your steps go downhill, each from where the last one ended?", title="not learned by heart")


def _descend(before="", each="g = grads_of(p, X, y)", steps="steps", step="p = {k: p[k] - lr * g[k] for k in p}",
             end="return p"):
    """The body of a right answer, with one part replaced."""
    return f"""
p = dict(params)
{GRADS_OF}
{before}
for i in range({steps}):
    {each}
    {step}
{end}"""


# ------------------------------------------------------------------------------------ overfit_tiny

OVERFIT_TINY = Exercise(
    "overfit_tiny(params, X, y, steps, lr)", "params", points=2, oracle=descended,
    checks=(
        Check("one step, three steps", 0.75, draw=lambda d: [tiny(d, 1, 0.3), tiny(d, 3, 0.2, 4)]),
        Check("twenty digits by heart", 0.75, test=by_heart),
        Check("no step at all; many", 0.5, edge=True, draw=lambda d: [tiny(d, 0, 0.3), tiny(d, 12, 0.05, 6)]),
    ),
    outside={"params": dict.fromkeys(("whole", "large"), "weights are real numbers, and moderate ones"),
             "X": {"large": "the loss is too steep there for any step"},
             "lr": "a learning rate is a small step, above 0"},
    hints=("What does one step of gradient descent need, and what does it leave behind?",
           "In a loop: take the gradients at the parameters of now, by your loss_and_grads with reg 0, then make a new "
           "dict in which every array has moved against its gradient, by lr.",
           "Begin with a copy of the dict. In each of the steps, all four arrays move at once: the new one is the old "
           "one minus lr times its gradient."),
    read='lesson 8, "overfit twenty images first"', difficulty=2, minutes=8,
)

OVERFIT_TINY.mistake(**worded("T03"), body=_descend(step="p = {k: p[k] + lr * g[k] for k in p}"))
OVERFIT_TINY.mistake(code="N35", title="the gradient of the start",
                     says="You computed the gradient once, and took all steps with it.",
                     ask="At which place should the slope be taken for the second step?",
                     body=_descend(before="g = grads_of(p, X, y)", each="pass"))
OVERFIT_TINY.mistake(code="N36", title="one step only",
                     says="You made one step, however many were asked.",
                     ask="How often does your loop run?",
                     body=_descend(steps="min(1, steps)"))
OVERFIT_TINY.mistake(code="N37", title="one step too few",
                     says="You made one step less than asked.",
                     ask="How often does your loop run?",
                     body=_descend(steps="1, steps"))
OVERFIT_TINY.mistake(code="T02", title="each step from parameters that have moved",
                     says="You moved one array before you computed the gradients of the others: they belong to another "
                          "place.",
                     ask="At which parameters are all four gradients to be taken?",
                     body=_descend(each="pass",
                                   step="for k in ('W2', 'b2', 'W1', 'b1'):\n"
                                        "        p[k] = p[k] - lr * grads_of(p, X, y)[k]"))
OVERFIT_TINY.mistake(code="N38", title="the step size is not used",
                     says="Your steps are as long as the gradient; lr does not come in.",
                     ask="What should happen if lr were 0?",
                     body=_descend(step="p = {k: p[k] - g[k] for k in p}"))
OVERFIT_TINY.mistake(code="E08", title="gradients add up from step to step",
                     says="Your gradients add up from step to step: what is left of the last one is used again.",
                     ask="Where do the gradients of the last step go?",
                     body=_descend(before="total = {k: 0.0 for k in p}",
                                   step="total = {k: total[k] + g[k] for k in p}\n"
                                        "    p = {k: p[k] - lr * total[k] for k in p}"))
OVERFIT_TINY.mistake(code="V14", title="divided by N twice",
                     says="Your steps are N × too short: the loss is a mean already.",
                     ask="Who divides by N, the loss or the step?",
                     body=_descend(step="p = {k: p[k] - lr * g[k] / len(y) for k in p}"))
OVERFIT_TINY.mistake(**worded("T47"),
                     body=_descend(step="p = {**p, 'W2': p['W2'] - lr * g['W2'], 'b2': p['b2'] - lr * g['b2']}"))
OVERFIT_TINY.mistake(code="N39", title="regularized",
                     says="You pulled the weights towards 0 on the way; here the images are to be learned by heart, "
                          "with reg 0.",
                     ask="Which reg should the gradients be taken with?",
                     body=_descend(step="p = {k: p[k] - lr * (g[k] + (0.1 * p[k] if k[0] == 'W' else 0)) for k in p}"))
OVERFIT_TINY.mistake(code="A06", title="writes into params",
                     says="Your function changed its argument `params`, which others may still use.",
                     ask="How could you make new arrays instead?",
                     body=_descend(step="for k in p:\n        p[k] -= lr * g[k]"))


@OVERFIT_TINY.mistake(**worded("T43"))
def overfit_tiny(params, X, y, steps, lr):
    return params


@OVERFIT_TINY.alternative(title="copies, in place")
def overfit_tiny(params, X, y, steps, lr):
    mine = {k: v.copy() for k, v in params.items()}

    def slope_of(p, X, y):
        h = np.maximum(X @ p["W1"] + p["b1"], 0)
        z = h @ p["W2"] + p["b2"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        dz = (e / e.sum(axis=1, keepdims=True) - np.eye(len(p["b2"]))[y]) / len(y)
        da = dz @ p["W2"].T * (h > 0)
        return {"W1": X.T @ da, "b1": da.sum(axis=0), "W2": h.T @ dz, "b2": dz.sum(axis=0)}

    while steps > 0:
        slope = slope_of(mine, X, y)
        for k in mine:
            mine[k] -= lr * slope[k]
        steps -= 1
    return mine


@OVERFIT_TINY.alternative(title="recursion")
def overfit_tiny(params, X, y, steps, lr):
    if steps == 0:
        return params

    def s_of(p, X, y):
        h = np.maximum(X @ p["W1"] + p["b1"], 0)
        z = h @ p["W2"] + p["b2"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        dz = (e / e.sum(axis=1, keepdims=True) - np.eye(len(p["b2"]))[y]) / len(y)
        da = dz @ p["W2"].T * (h > 0)
        return {"W1": X.T @ da, "b1": da.sum(axis=0), "W2": h.T @ dz, "b2": dz.sum(axis=0)}

    s = s_of(params, X, y)
    return overfit_tiny({k: v - lr * s[k] for k, v in params.items()}, X, y, steps - 1, lr)


@OVERFIT_TINY.alternative(title="four names")
def overfit_tiny(params, X, y, steps, lr):
    W1, b1, W2, b2 = (params[k] for k in ("W1", "b1", "W2", "b2"))

    def back(p, X, y):
        h = np.maximum(X @ p["W1"] + p["b1"], 0)
        z = h @ p["W2"] + p["b2"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        dz = (e / e.sum(axis=1, keepdims=True) - np.eye(len(p["b2"]))[y]) / len(y)
        da = dz @ p["W2"].T * (h > 0)
        return {"W1": X.T @ da, "b1": da.sum(axis=0), "W2": h.T @ dz, "b2": dz.sum(axis=0)}

    for _ in range(steps):
        d = back({"W1": W1, "b1": b1, "W2": W2, "b2": b2}, X, y)
        W1, b1, W2, b2 = W1 - lr * d["W1"], b1 - lr * d["b1"], W2 - lr * d["W2"], b2 - lr * d["b2"]
    return {"b1": b1, "b2": b2, "W1": W1, "W2": W2}
