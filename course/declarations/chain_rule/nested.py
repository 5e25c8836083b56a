"""f(f(… f(w))), with its values stored or recomputed."""

import numpy as np

import autodiff
from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.declarations.functions import Counter, cos, sin, square, times, twice
from course.declarations.shared import CONSTANT
from course.words import later, tr


def hill(t):
    return 1.5 - t * t / 4


def hill_slope(t):
    return -t / 2


def nested_gradient(f, fprime, w, n):
    """The oracle of the two nested exercises: the gradient of f(f(… f(w))), with n times f."""
    def nested(t):
        for _ in range(n):
            t = f(t)
        return t
    return autodiff.grad(nested)(w)


def nested_cases(d):
    return [(square, twice, 1.5, 3), (sin, cos, d.number(), 4), (hill, hill_slope, d.number(), 5)]


def nested_calls(which, right, rule):
    """The test that f, or fprime, is called as often as `right(n)` says; `rule` says it in words."""
    def test(ask):
        for n in (1, 2, 5, 8):
            counters = Counter(), Counter()
            w = ask.draw.number()
            ask.compare(counters[0].of(hill), counters[1].of(hill_slope), w, n,
                        expected=float(nested_gradient(hill, hill_slope, w, n)))
            calls = ask.count(counters[which].calls)
            if calls != right(n):
                name = ("f", "fprime")[which]
                return said(tr("With n = {n}, {name} was called {times}; here it takes {rule}: {right}.", n=n,
                               name=name, times=times(calls), rule=tr(rule), right=right(n)),
                            "Which value did you need, and had you got it already?", "B32", "number of calls")
        return None
    return test


# ------------------------------------------------------------------------------------ chain_grad_stored

CHAIN_GRAD_STORED = Exercise(
    "chain_grad_stored(f, fprime, w, n)", "dw", points=2, oracle=nested_gradient,
    checks=(
        Check("the gradient", 1, nested_cases),
        Check("f is called n − 1 times", 0.5, edge=True, shown=True,
              test=nested_calls(0, lambda n: n - 1, later("n − 1 calls"))),
        Check("fprime is called n times", 0.5, edge=True, shown=True,
              test=nested_calls(1, lambda n: n, later("n calls"))),
    ),
    hints=("Write out n = 3: which three numbers go into the three copies of f?",
           "Forward: keep the input of every stage in a list. Backward: multiply fprime of each of them.",
           "Start the list with w and append f of its last entry, n − 1 times. Start the gradient with 1 and multiply "
           "it by fprime of every entry."),
    read='lesson 1, "store or recompute"', difficulty=2, minutes=6,
)


@CHAIN_GRAD_STORED.mistake(code="B07", title="every slope at w",
                           says="Every slope was taken at w; each stage has an input of its own.",
                           ask="What goes into the second f?")
def chain_grad_stored(f, fprime, w, n):
    return fprime(w)**n


@CHAIN_GRAD_STORED.mistake(code="B05", title="the slopes added",
                           says="The slopes were added. Along a path derivatives multiply.",
                           ask="If the inner f doubles a nudge and the outer one triples it, what becomes of it?")
def chain_grad_stored(f, fprime, w, n):
    total, t = 0.0, w
    for k in range(n):
        total += fprime(t)
        if k < n - 1:
            t = f(t)
    return total


@CHAIN_GRAD_STORED.mistake(code="B33", title="one stage too late",
                           says="Each slope was taken at the stage's output, one stage too late.",
                           ask="What goes into the first f?")
def chain_grad_stored(f, fprime, w, n):
    slope, t = 1.0, w
    for _ in range(n):
        t = f(t)
        slope *= fprime(t)
    return slope


@CHAIN_GRAD_STORED.mistake(code="B34", title="a stage is missing",
                           says="There is one slope too few.",
                           ask="How many times is f applied?")
def chain_grad_stored(f, fprime, w, n):
    slope, t = 1.0, w
    for _ in range(n - 1):
        slope *= fprime(t)
        t = f(t)
    return slope


@CHAIN_GRAD_STORED.mistake(code="B37", title="every slope at the last stage",
                           says="Every slope was taken at the last stage's input.",
                           ask="What goes into the first f?")
def chain_grad_stored(f, fprime, w, n):
    t = w
    for _ in range(n - 1):
        t = f(t)
    return fprime(t)**n


@CHAIN_GRAD_STORED.mistake(code="G39", title="the forward pass",
                           says="That is the value of the nested function, not its slope.",
                           ask="Where does fprime come in?")
def chain_grad_stored(f, fprime, w, n):
    t = w
    for _ in range(n):
        t = f(t)
    return t


@CHAIN_GRAD_STORED.mistake(code="B32", title="one call too many",
                           says="The value is right, but f was called once more than needed: nobody uses the last "
                                "result.",
                           ask="At which values do you need a slope?")
def chain_grad_stored(f, fprime, w, n):
    slope, t = 1.0, w
    for _ in range(n):
        slope *= fprime(t)
        t = f(t)
    return slope


@CHAIN_GRAD_STORED.mistake(code="B32", title="recomputed, not stored",
                           says="The value is right, but every input was computed anew from w.",
                           ask="Which values did you have already?")
def chain_grad_stored(f, fprime, w, n):
    slope = 1.0
    for k in range(n):
        t = w
        for _ in range(k):
            t = f(t)
        slope *= fprime(t)
    return slope


@CHAIN_GRAD_STORED.mistake(code="X32", title="right for the worked example's size only",
                           says="Three slopes, whatever n is.",
                           ask="How many slopes are there when n is 5?")
def chain_grad_stored(f, fprime, w, n):
    return fprime(f(f(w))) * fprime(f(w)) * fprime(w)


@CHAIN_GRAD_STORED.mistake(code="C36", title="a numerical slope",
                           says="The value is right, but it does not come from fprime.",
                           ask="What does the chain rule say?")
def chain_grad_stored(f, fprime, w, n):
    h = 1e-5
    def nested(t):
        for _ in range(n):
            t = f(t)
        return t
    return (nested(w + h) - nested(w - h)) / (2 * h)


@CHAIN_GRAD_STORED.mistake(code="G30", title="right for positive slopes only",
                           says="The signs of the slopes are lost.",
                           ask="What becomes of a nudge upwards where f falls?")
def chain_grad_stored(f, fprime, w, n):
    slope, t = 1.0, w
    for k in range(n):
        slope *= abs(fprime(t))
        if k < n - 1:
            t = f(t)
    return slope


@CHAIN_GRAD_STORED.mistake(**CONSTANT)
def chain_grad_stored(f, fprime, w, n):
    return 136.6875


@CHAIN_GRAD_STORED.alternative(title="forward, then back")
def chain_grad_stored(f, fprime, w, n):
    stored = [w]
    for _ in range(n - 1):
        stored.append(f(stored[-1]))
    grad = 1.0
    while stored:
        grad = grad * fprime(stored.pop())
    return grad


@CHAIN_GRAD_STORED.alternative(title="slopes as it goes")
def chain_grad_stored(f, fprime, w, n):
    slope, t = fprime(w), w
    for _ in range(n - 1):
        t = f(t)
        slope = slope * fprime(t)
    return slope


@CHAIN_GRAD_STORED.alternative(title="a product of an array")
def chain_grad_stored(f, fprime, w, n):
    t = np.empty(n)
    t[0] = w
    for k in range(1, n):
        t[k] = f(t[k - 1])
    return np.prod([fprime(value) for value in t])


@CHAIN_GRAD_STORED.alternative(title="recursion")
def chain_grad_stored(f, fprime, w, n):
    return fprime(w) * (1.0 if n == 1 else chain_grad_stored(f, fprime, f(w), n - 1))


# ------------------------------------------------------------------------------------ chain_grad_recomputed

CHAIN_GRAD_RECOMPUTED = Exercise(
    "chain_grad_recomputed(f, fprime, w, n)", "dw", points=1, oracle=nested_gradient,
    checks=(
        Check("the gradient", 0.5, nested_cases),
        Check("f is called n(n − 1)/2 times", 0.5, edge=True, shown=True,
              test=nested_calls(0, lambda n: n * (n - 1) // 2, "n(n − 1)/2 calls")),
    ),
    hints=("How often is f applied to w before stage k sees its input?",
           "For each k from 0 to n − 1, start again at w, apply f k times, and take the slope there.",
           "Two loops, one in the other. The inner one starts with t = w and runs k times; after it, the gradient is "
           "multiplied by fprime of t."),
    read='lesson 1, "store or recompute"', difficulty=2, minutes=4,
)


@CHAIN_GRAD_RECOMPUTED.mistake(code="B07", title="every slope at w",
                               says="Every slope was taken at w; each stage has an input of its own.",
                               ask="What goes into the second f?")
def chain_grad_recomputed(f, fprime, w, n):
    return fprime(w)**n


@CHAIN_GRAD_RECOMPUTED.mistake(code="B05", title="the slopes added",
                               says="The slopes were added. Along a path derivatives multiply.",
                               ask="If the inner f doubles a nudge and the outer one triples it, what becomes of it?")
def chain_grad_recomputed(f, fprime, w, n):
    total = 0.0
    for k in range(n):
        t = w
        for _ in range(k):
            t = f(t)
        total += fprime(t)
    return total


@CHAIN_GRAD_RECOMPUTED.mistake(code="B33", title="one stage too late",
                               says="Each slope was taken at the stage's output, one stage too late.",
                               ask="How often is f applied to w before the first slope is taken?")
def chain_grad_recomputed(f, fprime, w, n):
    slope = 1.0
    for k in range(n):
        t = w
        for _ in range(k + 1):
            t = f(t)
        slope *= fprime(t)
    return slope


@CHAIN_GRAD_RECOMPUTED.mistake(code="B34", title="a stage is missing",
                               says="There is one slope too few.",
                               ask="How many times is f applied?")
def chain_grad_recomputed(f, fprime, w, n):
    slope = 1.0
    for k in range(n - 1):
        t = w
        for _ in range(k):
            t = f(t)
        slope *= fprime(t)
    return slope


@CHAIN_GRAD_RECOMPUTED.mistake(code="B32", title="stored, not recomputed",
                               says="The value is right, but here nothing may be kept from one slope to the next.",
                               ask="How many calls of f does it take to get from w to the input of stage k?")
def chain_grad_recomputed(f, fprime, w, n):
    slope, t = fprime(w), w
    for _ in range(n - 1):
        t = f(t)
        slope *= fprime(t)
    return slope


@CHAIN_GRAD_RECOMPUTED.mistake(code="B32", title="n calls for every slope",
                               says="The value is right, but you went on to the end each time.",
                               ask="How many calls of f does it take to get from w to the input of stage k?")
def chain_grad_recomputed(f, fprime, w, n):
    slope = 1.0
    for k in range(n):
        values = [w]
        for _ in range(n):
            values.append(f(values[-1]))
        slope *= fprime(values[k])
    return slope


@CHAIN_GRAD_RECOMPUTED.mistake(code="X32", title="right for the worked example's size only",
                               says="Three slopes, whatever n is.",
                               ask="How many slopes are there when n is 5?")
def chain_grad_recomputed(f, fprime, w, n):
    return fprime(f(f(w))) * fprime(f(w)) * fprime(w)


@CHAIN_GRAD_RECOMPUTED.mistake(code="G39", title="the forward pass",
                               says="That is the value of the nested function, not its slope.",
                               ask="Where does fprime come in?")
def chain_grad_recomputed(f, fprime, w, n):
    t = w
    for _ in range(n):
        t = f(t)
    return t


@CHAIN_GRAD_RECOMPUTED.mistake(**CONSTANT)
def chain_grad_recomputed(f, fprime, w, n):
    return 136.6875


@CHAIN_GRAD_RECOMPUTED.alternative(title="from the last stage to the first")
def chain_grad_recomputed(f, fprime, w, n):
    grad = 1.0
    for k in range(n - 1, -1, -1):
        t = w
        for _ in range(k):
            t = f(t)
        grad *= fprime(t)
    return grad


@CHAIN_GRAD_RECOMPUTED.alternative(title="a helper")
def chain_grad_recomputed(f, fprime, w, n):
    stage = lambda k: w if k == 0 else f(stage(k - 1))
    return np.prod([fprime(stage(k)) for k in range(n)])


@CHAIN_GRAD_RECOMPUTED.alternative(title="functools.reduce")
def chain_grad_recomputed(f, fprime, w, n):
    import functools

    inputs = (functools.reduce(lambda t, _: f(t), range(k), w) for k in range(n))
    return functools.reduce(lambda grad, t: grad * fprime(t), inputs, 1.0)
