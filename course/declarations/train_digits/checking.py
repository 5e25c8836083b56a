"""A gradient check of a whole network."""

import functools

import numpy as np

from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT
from course.declarations.train_digits.networks import NAMES, about, batch, loss_and_gradients, misshapen, network
from course.words import later, tr

FLAGGED = 1e-5          # a gradient check above this says "wrong"


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
    """A loss_and_grads(params, X, y, reg) to be checked; planted(grads, params, X, y, reg) makes it wrong."""
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
# What says the same of all networks has told none from another: so there is a wrong one beside the right one.
def a_right_network(d):
    yield later("a right network"), {}, network_with(), small_network(d, H=1), *small_batch(d)
    yield from one_doubled(d)


def right_networks(d):
    params, (X, y) = small_network(d), small_batch(d)
    steep = {**params, "W2": params["W2"] / 10}
    yield later("a right network, far out (with inputs of about 50)"), {}, network_with(), steep, 100 * X, y
    balanced = small_network(d, H=1)
    balanced |= {"W2": balanced["W2"] / 100, "b2": np.array([0.02, 0.0])}
    yield (later("a right network and two white images (all pixels are 0, so dW1 is 0) with both labels, so that the "
                 "rest is small; db2 is right to five digits"),
           {}, network_with(nearly_right), balanced, 0 * X[:2], np.array([0, 1]))


def nearly_right(grads, *_):
    """What doubles or adds up the differences flags it."""
    grads["b2"] += 0.6 * FLAGGED * np.abs(grads["b2"]).max()


def one_doubled(d):
    yield (later("a network with one wrong gradient"), {"W2": later("dW2 is twice too large")},
           network_with(lambda grads, *_: grads.update(W2=2 * grads["W2"])), small_network(d, H=1), *small_batch(d))


def wrong_networks(d):
    def signs(grads, *_):
        grads.update(b1=-grads["b1"], b2=grads["b2"] / 3)

    def sizes(grads, *_):       # one is too small and one too large; of four, the mean difference is not flagged
        grads["W1"][0, 0] -= np.abs(grads["W1"]).max() / 3
        grads["W2"][1, 1] += 2.5 * FLAGGED * np.abs(grads["W2"]).max()

    def cancel(grads, *_):
        grads["b2"] += 0.1 * np.abs(grads["b2"]).max() * np.array([1.0, -1.0])

    for planted, wrong in (
            (signs, {"b1": later("db1 has the other sign"),
                     "b2": later("db2 is a mean over the images, not a sum")}),
            (sizes, {"W1": later("one element of dW1 is too small"),
                     "W2": later("one element of dW2 is a little off")}),
            (cancel, {"b2": later("the errors in db2 add up to 0")})):
        yield later("a network with wrong gradients"), wrong, network_with(planted), small_network(d), *small_batch(d)
    yield from what_a_regularizer_hides(d)


def what_a_regularizer_hides(d):
    """The data's gradient is wrong and small beside the regularizer's; and the other way round."""
    def twice_the_data(grads, params, X, y, reg):
        grads["W1"] += np.abs(grads["W1"] - reg * np.asarray(params["W1"]))

    def no_regularizer(grads, params, X, y, reg):
        grads["W2"] -= reg * np.asarray(params["W2"])

    params, (X, y) = small_network(d), small_batch(d)
    loud = {**params, "W1": 15 * params["W1"]}
    yield (later("a network with large weights"),
           {"W1": later("dW1 is wrong, but for its regularizer, which is far larger")},
           network_with(twice_the_data), loud, 2e-5 * X, y)
    yield (later("a network with one wrong gradient"), {"W2": later("dW2 lacks its regularizer")},
           network_with(no_regularizer), params, X, y)


def sorts(networks):
    """The test that check_all flags the wrong gradients of each network, and no others."""
    def test(ask):
        first = None
        drawn = list(networks(ask.draw))
        asked = ask.each((*args, f) for _, _, f, *args in drawn)
        for (title, wrong, *_), errors in zip(drawn, asked, strict=False):      # a stub's answer is the last
            problem = _verdict(ask, title, wrong, errors)
            if problem and not first:
                first = problem
                ask.here()
        return first
    return test


def _verdict(ask, title, wrong, errors):
    problem = misshapen(errors, dict.fromkeys(NAMES, ()), "errors")
    if problem:
        ask.count(about(problem))
        return problem
    values = {name: float(as_numbers(errors[name])) for name in NAMES}
    # What is recorded tells wrong forms apart: each verdict, and how sure it was.
    ask.count([any(values.values()), *map(_size, values.values())])
    for name, value in values.items():
        if np.isnan(value):
            return said(tr("The error of {name} is nan ({title}), which is no verdict.", name=name, title=tr(title)),
                        "What should it be when both gradients are 0?", "C09", "0 divided by 0")
        if value <= FLAGGED and name in wrong:
            return said(tr("A wrong gradient got through: {what}. Your error of {name} is {value}, and only what is "
                           "above 0.00001 counts as flagged.", what=tr(wrong[name]), name=name, value=f"{value:.3g}"),
                        "At which values of reg, and at which elements, do you look?", "W08",
                        "a wrong gradient got through")
        if value > FLAGGED and name not in wrong:
            return said(tr("A right gradient was flagged: the error of {name} is {value} for {title}.", name=name,
                           value=f"{value:.3g}", title=tr(title)),
                        "Which is off there: your numeric gradient, or what you make of the two?",
                        "W09", "a right gradient was flagged")
    return None


def _size(error):
    """An error, roughly: what is not flagged, an order of magnitude where it is small, a digit where it is not."""
    if np.isnan(error) or error <= FLAGGED or error > 1e6:
        return "nan" if np.isnan(error) else str(error > FLAGGED)
    return round(error, 1) if error > 0.05 else f"1e{np.floor(np.log10(error)):.0f}"


def _check_all(regs="(0.0, 3.14)", names="params", start="v.copy()", h="1e-5", numeric="(up - down) / (2 * h)",
               keep="max", error="np.abs(g - n).max() / top if top else 0.0", end="return errors"):
    """The body of an unhurried right answer, with one part replaced."""
    return f"""
errors, h = {{}}, {h}
for reg in {regs}:
    base, grads = loss_and_grads(params, X, y, reg)
    for name in {names}:
        at = {{k: {start} for k, v in params.items()}}
        g = grads[name]
        n = np.zeros(g.shape)
        for i in np.ndindex(g.shape):
            old = at[name][i]
            at[name][i] = old + h
            up = loss_and_grads(at, X, y, reg)[0]
            at[name][i] = old - h
            down = loss_and_grads(at, X, y, reg)[0]
            at[name][i] = old
            n[i] = {numeric}
        top = max(np.abs(g).max(), np.abs(n).max())
        errors[name] = {keep}(errors.get(name, 0.0), {error})
{end}"""


# ------------------------------------------------------------------------------------ check_all

CHECK_ALL = Exercise(
    "check_all(params, X, y, loss_and_grads)", "errors", points=3, oracle=None,
    checks=(
        Check("lets a right network pass", 0.25, test=sorts(a_right_network)),
        Check("flags a gradient that is twice too large", 0.25, test=sorts(one_doubled)),
        Check("flags wrong gradients, each under its name", 1.5, edge=True, test=sorts(wrong_networks)),
        Check("lets right networks pass, wherever they stand", 0.5, edge=True, test=sorts(right_networks)),
        Check("sees beside the regularizer, and the regularizer", 0.5, edge=True,
              test=sorts(what_a_regularizer_hides)),
    ),
    outside={"X": "it only goes on to loss_and_grads",
             "params": {"whole": "weights are real numbers", "large": "the loss is too steep there for any step"}},
    hints=("What must you change, and by how much, to learn the slope of the loss in one weight?",
           "For each array of params, element by element: nudge it up and down by 0.00001 in a copy, and divide the "
           "difference of the two losses by two steps. Compare with grads. Do all this twice, with reg 0 and with "
           "reg 3.14.",
           "Per array and reg: the largest absolute difference, over the largest absolute value of both gradients, or "
           "0 if that is 0. Keep the larger error of the two under the array's name."),
    read='lesson 8, "check before you train"', difficulty=3, minutes=15,
)

CHECK_ALL.mistake(code="C10", title="the regularizer hides the rest",
                  says="You checked with the regularizer only. Where it is large, it hides what is wrong with the "
                       "data's gradient.",
                  ask="With which reg does the data's gradient stand alone?",
                  body=_check_all(regs="(3.14,)"))
CHECK_ALL.mistake(code="N32", title="never with a regularizer",
                  says="You checked without the regularizer only; its gradient is never looked at.",
                  ask="With which reg would a missing regularizer show?",
                  body=_check_all(regs="(0.0,)"))
CHECK_ALL.mistake(code="C02", title="one-sided",
                  says="A difference to one side only is not accurate enough: a right network was flagged.",
                  ask="What does a step to the other side cancel?",
                  body=_check_all(numeric="(up - base) / h"))
CHECK_ALL.mistake(code="C03", title="step too small",
                  says="Your step is so small that rounding drowns the difference.",
                  ask="How many digits are left of the difference of the two losses?",
                  body=_check_all(h="1e-12"))
CHECK_ALL.mistake(code="C07", title="step too large",
                  says="Your step is so large that it goes past the curve.",
                  ask="How far may one step change a logit, if the loss is to be almost straight there?",
                  body=_check_all(h="5e-3"))
CHECK_ALL.mistake(code="C05", title="params left changed",
                  says="Your function changed its argument `params`: after a nudge it did not put back what was there, "
                       "to the last bit.",
                  ask="How can a weight be as it was, exactly?",
                  body=_check_all(start="v",
                                  numeric="(up - down) / (2 * h)\n"
                                          "            at[name][i] = old + h - h + 1e-17 + (old * 2**-52)"))
CHECK_ALL.mistake(code="C06", title="checked at zero",
                  says="You nudged zeros in place of the parameters.",
                  ask="At which place are `grads` the gradients?",
                  body=_check_all(start="np.zeros(v.shape)"))
CHECK_ALL.mistake(code="C09", title="0 divided by 0",
                  says="Where both gradients are 0 your error is nan, which is no verdict.",
                  ask="What should the error be when both gradients are 0?",
                  body=_check_all(error="np.abs(g - n).max() / np.float64(top)", keep="np.maximum"))
CHECK_ALL.mistake(code="C12", title="absolute difference",
                  says="You did not divide by the size of the gradients: small wrong ones pass.",
                  ask="What is a difference of 0.000001 worth, if the gradient is 0.000001?",
                  body=_check_all(error="np.abs(g - n).max()"))
CHECK_ALL.mistake(code="C13", title="direction only",
                  says="Your check compares directions; a gradient that is too large passes.",
                  ask="Which number tells 2·g from g?",
                  body=_check_all(error="1 - (g * n).sum() / np.sqrt((g**2).sum() * (n**2).sum()) if top else 0.0"))
CHECK_ALL.mistake(code="C14", title="errors cancel",
                  says="You summed the differences with their signs: errors that go up and down cancel.",
                  ask="What should be taken of each difference first?",
                  body=_check_all(error="abs((g - n).sum()) / top if top else 0.0"))
CHECK_ALL.mistake(code="C15", title="the first element only",
                  says="Your check looks at one element of each array.",
                  ask="Where could a mistake hide from it?",
                  body=_check_all(error="np.abs(g - n).flat[0] / top if top else 0.0"))
CHECK_ALL.mistake(code="C17", title="divided by one step",
                  says="You divided by h; between the two places there are two steps.",
                  ask="How far are the two places apart?",
                  body=_check_all(numeric="(up - down) / h"))
CHECK_ALL.mistake(code="X31", title="entries are missing",
                  says="The biases are not checked.",
                  ask="Which names does `params` have?",
                  body=_check_all(names="('W1', 'W2')"))
CHECK_ALL.mistake(code="N33", title="one error for all",
                  says="You gave the largest error under every name: it does not say which gradient is wrong.",
                  ask="Where would you look for the mistake, if all four are flagged?",
                  body=_check_all(end="return dict.fromkeys(errors, max(errors.values()))"))

@CHECK_ALL.mistake(code="N34", title="the smaller error",
                   says="Of the errors with and without the regularizer you kept the smaller one; one that is right "
                        "does not make up for one that is wrong.",
                   ask="Which of two errors should flag a gradient?")
def check_all(params, X, y, loss_and_grads):
    errors, h = {}, 1e-5
    for reg in (0.0, 3.14):
        base, grads = loss_and_grads(params, X, y, reg)
        for name in params:
            at = {k: v.copy() for k, v in params.items()}
            g = grads[name]
            n = np.zeros(g.shape)
            for i in np.ndindex(g.shape):
                old = at[name][i]
                at[name][i] = old + h
                up = loss_and_grads(at, X, y, reg)[0]
                at[name][i] = old - h
                down = loss_and_grads(at, X, y, reg)[0]
                at[name][i] = old
                n[i] = (up - down) / (2 * h)
            top = max(np.abs(g).max(), np.abs(n).max())
            errors[name] = max(errors.get(name, 0.0), 0.0)
    worst = {}
    for name in params:
        both = []
        for reg in (0.0, 3.14):
            g, n = loss_and_grads(params, X, y, reg)[1][name], np.zeros(params[name].shape)
            for i in np.ndindex(n.shape):
                at = {k: v.copy() for k, v in params.items()}
                at[name][i] += h
                up = loss_and_grads(at, X, y, reg)[0]
                at[name][i] = params[name][i] - h
                n[i] = (up - loss_and_grads(at, X, y, reg)[0]) / (2 * h)
            top = max(np.abs(g).max(), np.abs(n).max())
            both.append(np.abs(g - n).max() / top if top else 0.0)
        worst[name] = min(both)
    return worst


@CHECK_ALL.mistake(**CONSTANT | {"title": "nothing but 0", "says": "Every error that you returned is 0, whatever comes "
                                                                   "in: so no gradient is ever flagged."})
def check_all(params, X, y, loss_and_grads):
    return {"W1": 0.0, "b1": 0.0, "W2": 0.0, "b2": 0.0}


@CHECK_ALL.alternative(title="flat views")
def check_all(params, X, y, loss_and_grads):
    worst = dict.fromkeys(params, 0.0)
    mine = {k: np.array(v, float) for k, v in params.items()}
    for reg in (3.14, 0):
        grads = loss_and_grads(mine, X, y, reg)[1]
        for k, v in mine.items():
            flat, n = v.reshape(-1), []
            for j in range(flat.size):
                was = flat[j]
                flat[j] = was + 5e-6
                hi, _ = loss_and_grads(mine, X, y, reg)
                flat[j] = was - 5e-6
                lo, _ = loss_and_grads(mine, X, y, reg)
                flat[j] = was
                n.append((hi - lo) / 1e-5)
            gap = np.max(np.abs(np.ravel(grads[k]) - n))
            size = np.max(np.abs([np.ravel(grads[k]), n]))
            worst[k] = max(worst[k], gap / (size or 1.0))
    return worst


CHECK_ALL.alternative(title="columns of the identity", source='''
def error(name, reg, h=1e-5):
    g = loss_and_grads(params, X, y, reg)[1][name]
    loss = lambda s: loss_and_grads({**params, name: params[name] + s}, X, y, reg)[0]
    n = np.array([(loss(h * e.reshape(g.shape)) - loss(-h * e.reshape(g.shape))) / (2 * h)
                  for e in np.eye(g.size)]).reshape(g.shape)
    return np.abs(g - n).max() / max(np.abs(g).max(), np.abs(n).max(), 1e-300)

def check_all(params, X, y, loss_and_grads):
    globals().update(params=params, X=X, y=y, loss_and_grads=loss_and_grads)
    return {name: max(error(name, 0.0), error(name, 3.14)) for name in params}
''')


@CHECK_ALL.alternative(title="norms")
def check_all(params, X, y, loss_and_grads):
    out = {}
    for name in ("b2", "W2", "b1", "W1"):
        pair = []
        for reg in (0.0, 0.7):
            g = loss_and_grads(params, X, y, reg)[1][name]
            n = np.zeros_like(g)
            for i in np.ndindex(g.shape):
                step = np.zeros_like(g)
                step[i] = 1e-5
                n[i] = (loss_and_grads({**params, name: params[name] + step}, X, y, reg)[0]
                        - loss_and_grads({**params, name: params[name] - step}, X, y, reg)[0]) / 2e-5
            pair.append(np.linalg.norm(g - n) / max(np.linalg.norm(g), np.linalg.norm(n), 1e-30))
        out[name] = max(pair)
    return out
