"""A gradient with checkpoints."""

import numpy as np

import autodiff
from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise
from course.declarations.functions import square, times, twice
from course.declarations.shared import CONSTANT
from course.declarations.store_or_recompute.logs import Log
from course.words import sentences, tr


def stages(d, n):
    """n stages ±(t + a sin(t + b)), each with an a and b of its own, and their derivatives.

    No slope is 0, and both signs occur. They are neither even nor odd, so that a lost sign shows.
    """
    return tuple(map(list, zip(*(_stage(d, k) for k in range(n)), strict=True)))


def _stage(d, k):
    a, b = float(d.rng.uniform(0.3, 0.85)), float(d.rng.uniform(0.4, 1.1))
    sign = float(d.rng.choice((-1.0, 1.0)))

    def f(t):
        return sign * (t + a * np.sin(t + b))

    def df(t):
        return sign * (1 + a * np.cos(t + b))
    f.__name__, df.__name__ = f"f{k}", f"df{k}"
    return f, df


def chain_gradient(fs, dfs, w, every):
    """The oracle of checkpointed_grad: the gradient of the stages, one after the other, by `autodiff`."""
    def chain(t):
        for f in fs:
            t = f(t)
        return t
    return float(autodiff.grad(chain)(w))


def chains(*sizes):
    """Cases of checkpointed_grad, for (n, every) each."""
    def draw(d):
        return [(*stages(d, n), d.number(), every) for n, every in sizes]
    return draw


SIZES = ((6, 6), (9, 1), (16, 2), (24, 12))     # stages, and how often a checkpoint


def logged(look):
    """The test that runs the answer on logged stages; look(log, n, every) gives None, or the Problem."""
    def test(ask):
        found = None
        long, apart = map(int, ask.draw.rng.integers((25, 3), (50, 9)))
        for n, every in (*SIZES, (long + (long % apart == 0), apart)):      # here the last segment is shorter
            fs, dfs = stages(ask.draw, n)
            log, w = Log(fs, dfs), ask.draw.number()
            right = chain_gradient(fs, dfs, w, every)
            asked = ask.record((log.fs, log.dfs, w, every), right)
            ask.count((log.calls, log.held, tuple(log.slopes)))
            if log.calls > log.limit:
                return said(tr("With n = {n}, the stages had been called {limit} times, and yours was still under way.",
                               n=n, limit=log.limit), "When should it stop?", title="number of calls")
            if asked.problem:
                return asked.problem
            problem = look(log, n, every)
            if problem and not found:
                found = problem
                ask.here()
        return found
    return test


def few_calls(log, n, every):
    if log.calls <= 2 * n:
        return None
    seen = tr("With n = {n} and every = {every}, the stages were called {times}; 2n is {most}.", n=n, every=every,
              times=times(log.calls), most=2 * n)
    return said(sentences(seen, tr("No value needs to be made more than twice: once on the way forward, once on the "
                                   "way back.")),
                "Which did you make more often?", title="number of calls", seen=seen)


def few_held(log, n, every):
    """What is held on a walk forward says nothing of a backward pass; so this is one, or it doesn't count."""
    bound = n / every + every + 1
    if log.held <= bound:
        return from_the_end(log, n, every)
    seen = tr("With n = {n} and every = {every}, {held} values were held at once; n/every + every + 1 is {bound}.", n=n,
              every=every, held=log.held, bound=f"{bound:.4g}")
    return said(seen, "Which values do you still hold while you work on another segment?", title="values held",
                seen=seen)


def from_the_end(log, n, every):
    if log.slopes == list(reversed(range(n))):
        return None
    began = ", ".join(map(str, log.slopes[:3])) + (", …" if len(log.slopes) > 3 else "")
    return said(tr("With n = {n}, you took the slopes of the stages {began}.", n=n, began=began) if log.slopes else
                tr("No derivative was called."),
                tr("A backward pass takes each slope once: stage {last} first, stage 0 last. Which one is yours to "
                   "start with?", last=n - 1), title="order of the slopes")


def to_twelve_digits(ask):
    """The gradient is that of storing and of recomputing, not merely close to it."""
    for n, every in ((1, 1), (2, 1), (5, 5), (5, 4), (8, 3), (17, 4), (17, 1)):
        fs, dfs = stages(ask.draw, n)
        w = ask.draw.number()
        right = chain_gradient(fs, dfs, w, every)
        found = ask.compare(fs, dfs, w, every, expected=right)
        if not ask.count(abs(float(as_numbers(found)) - right) <= 1e-12 * abs(right)):
            return said("Your gradient is near the right one, but not the same to 12 digits.",
                        "Does every factor come from dfs?", title="digits are missing")
    return None


# The values of one segment after the other, made again from its checkpoint; with one thing changed.
_SEGMENTS = """n, grad, kept, t = len(fs), {start}, [], w
for k in range(n):
    if k % every == 0:
        kept.append(t)
    t = fs[k](t)
for first in reversed(range(0, {end}, every)):
    {begin}
    last = min(first + every, n)
    values = [kept[first // every]]
    for k in range(first, last - 1):
        values.append(fs[k](values[-1]))
    for k in reversed(range(first, last)):
        grad {join} dfs[k]({value})
return grad"""


def _segments(start="1.0", end="n", begin="pass", join="*=", value="values[k - first]"):
    return _SEGMENTS.format(start=start, end=end, begin=begin, join=join, value=value)


# ------------------------------------------------------------------------------------ checkpointed_grad

CHECKPOINTED_GRAD = Exercise(
    "checkpointed_grad(fs, dfs, w, every)", "dw", points=6, oracle=chain_gradient,
    checks=(
        Check("the gradient", 1, lambda d: [
            ([square] * 3, [twice] * 3, 1.5, 2), *chains((3, 2), (7, 3), (8, 4), (5, 1), (4, 4))(d)]),
        Check("equal to store and recompute in 12 digits", 0.5, edge=True, test=to_twelve_digits),
        Check("at most 2n calls", 1.5, edge=True, once=True, test=logged(few_calls)),
        Check("at most n/every + every + 1 values held", 2, edge=True, once=True, test=logged(few_held)),
        Check("back from the last stage", 1, edge=True, once=True, test=logged(from_the_end)),
    ),
    hints=("Which values do you keep on the way forward? Which of them do you need first on the way back?",
           "Forward: keep the input of every stage whose number `every` divides. Back: take the last checkpoint, make "
           "the values of its segment again, use up their slopes, drop them, and go on to the checkpoint before.",
           "A list of checkpoints, filled forward and popped back. For the popped one, a second list: it starts with "
           "the checkpoint and grows by the stages of its segment, except the last of them. Then one product over that "
           "list from its end. The last segment may be shorter."),
    read='lesson 7, "checkpoints"', difficulty=4, minutes=20,
)


@CHECKPOINTED_GRAD.mistake(code="R11", title="everything is stored",
                           says="The gradient is right, but every value is held until the way back comes to it.",
                           ask="Which values may be dropped on the way forward, since they can be made again?")
def checkpointed_grad(fs, dfs, w, every):
    values = [w]
    for f in fs[:-1]:
        values.append(f(values[-1]))
    grad = 1.0
    for df in reversed(dfs):
        grad *= df(values.pop())
    return grad


@CHECKPOINTED_GRAD.mistake(code="R12", title="everything is recomputed",
                           says="The gradient is right, but each value is computed from w.",
                           ask="From which value nearer by could you start?")
def checkpointed_grad(fs, dfs, w, every):
    grad = 1.0
    for k in reversed(range(len(fs))):
        t = w
        for f in fs[:k]:
            t = f(t)
        grad *= dfs[k](t)
    return grad


@CHECKPOINTED_GRAD.mistake(code="R13", title="recomputes but still stores",
                           says="You make the values of all segments again before you use any of them, so all are held "
                                "after all.",
                           ask="When you work on one segment, who needs the values of the others?")
def checkpointed_grad(fs, dfs, w, every):
    n, kept, t = len(fs), [], w
    for k in range(n):
        if k % every == 0:
            kept.append(t)
        t = fs[k](t)
    values = []
    for i, t in enumerate(kept):
        values.append(t)
        for k in range(i * every, min((i + 1) * every, n) - 1):
            values.append(fs[k](values[-1]))
    grad = 1.0
    for k in reversed(range(n)):
        grad *= dfs[k](values[k])
    return grad


CHECKPOINTED_GRAD.mistake(code="R14", title="the short segment is lost",
                          says="Where `every` does not divide n, the last segment is shorter, and yours leaves it out.",
                          ask="How many segments are there with n = 7 and every = 3?",
                          body=_segments(end="n // every * every"))


@CHECKPOINTED_GRAD.mistake(code="R15", title="slopes on the way forward",
                           says="You multiply from the first stage on. That is forward mode: it works for one input, "
                                "and it is no backward pass.",
                           ask="If w were a million weights, how many of these products would you carry along?")
def checkpointed_grad(fs, dfs, w, every):
    grad, t = 1.0, w
    for f, df in zip(fs, dfs):
        grad *= df(t)
        t = f(t)
    return grad


@CHECKPOINTED_GRAD.mistake(code="R16", title="from the checkpoint, for every slope anew",
                           says="Within a segment you start again at its checkpoint for every slope.",
                           ask="On the way to the last value of a segment, which other values do you pass?")
def checkpointed_grad(fs, dfs, w, every):
    n, kept, t = len(fs), [], w
    for k in range(n):
        if k % every == 0:
            kept.append(t)
        t = fs[k](t)
    grad = 1.0
    for k in reversed(range(n)):
        t = kept[k // every]
        for f in fs[k // every * every:k]:
            t = f(t)
        grad *= dfs[k](t)
    return grad


@CHECKPOINTED_GRAD.mistake(code="R17", title="checkpoints one stage late",
                           says="The checkpoint holds what comes out of its stage; the segment starts with what goes "
                                "in.",
                           ask="Which value goes into stage 0?")
def checkpointed_grad(fs, dfs, w, every):
    n, grad, kept, t = len(fs), 1.0, [], w
    for k in range(n):
        t = fs[k](t)
        if k % every == 0:
            kept.append(t)
    for first in reversed(range(0, n, every)):
        values = [kept[first // every]]
        for k in range(first, min(first + every, n) - 1):
            values.append(fs[k](values[-1]))
        for k in reversed(range(first, min(first + every, n))):
            grad *= dfs[k](values[k - first])
    return grad


CHECKPOINTED_GRAD.mistake(code="R18", title="each segment starts with 1",
                          says="The gradient starts with 1 in each segment. Only the last segment may do that.",
                          ask="Which upstream gradient reaches a segment in the middle?",
                          body=_segments(begin="grad = 1.0"))


@CHECKPOINTED_GRAD.mistake(code="R19", title="the same stage over and over",
                           says="You use the first stage in the place of all others.",
                           ask="Which function makes the input of stage 2?")
def checkpointed_grad(fs, dfs, w, every):
    n, grad, kept, t = len(fs), 1.0, [], w
    for k in range(n):
        if k % every == 0:
            kept.append(t)
        t = fs[0](t)
    for k in reversed(range(n)):
        t = kept[k // every]
        for _ in range(k % every):
            t = fs[0](t)
        grad *= dfs[0](t)
    return grad


CHECKPOINTED_GRAD.mistake(code="R20", title="the last stage applied first",
                          says="You apply the stages from the last to the first.",
                          ask="Which function does w go into?",
                          body="fs, dfs = fs[::-1], dfs[::-1]\n" + _segments())
CHECKPOINTED_GRAD.mistake(code="B07", title="every slope at w",
                          says="Every slope was taken at w; each stage has an input of its own.",
                          ask="What goes into the second stage?",
                          body=_segments(value="w"))


@CHECKPOINTED_GRAD.mistake(code="B33", title="one stage too late",
                           says="Each slope was taken at the stage's output, one stage too late.",
                           ask="What goes into the first stage?")
def checkpointed_grad(fs, dfs, w, every):
    n, grad, t, values = len(fs), 1.0, w, []
    for f in fs:
        t = f(t)
        values.append(t)
    for df in reversed(dfs):
        grad *= df(values.pop())
    return grad


CHECKPOINTED_GRAD.mistake(code="B05", title="the slopes added",
                          says="The slopes were added. Along a path derivatives multiply.",
                          ask="If the first stage doubles a nudge and the next triples it, what becomes of it?",
                          body=_segments(start="0.0", join="+="))
CHECKPOINTED_GRAD.mistake(code="B34", title="a stage is missing",
                          says="There is one slope too few.",
                          ask="How many stages are there?",
                          body="fs, dfs = fs[:-1], dfs[:-1]\n" + _segments())


@CHECKPOINTED_GRAD.mistake(code="B36", title="the last segment only",
                           says="Your backward pass ends after the last segment.",
                           ask="What becomes of the gradient at the segment's checkpoint?")
def checkpointed_grad(fs, dfs, w, every):
    n, t = len(fs), w
    first = (n - 1) // every * every
    for f in fs[:first]:
        t = f(t)
    grad, values = 1.0, [t]
    for f in fs[first:-1]:
        values.append(f(values[-1]))
    for k in reversed(range(first, n)):
        grad *= dfs[k](values[k - first])
    return grad


@CHECKPOINTED_GRAD.mistake(code="C36", title="a numerical slope",
                           says="The value is close, but it does not come from dfs.",
                           ask="What does the chain rule say?")
def checkpointed_grad(fs, dfs, w, every):
    h = 1e-6
    def chain(t):
        for f in fs:
            t = f(t)
        return t
    return (chain(w + h) - chain(w - h)) / (2 * h)


CHECKPOINTED_GRAD.mistake(code="G30", title="right for positive slopes only",
                          says="The signs of the slopes are lost.",
                          ask="What becomes of a nudge upwards where a stage falls?",
                          body=_segments().replace("return grad", "return abs(grad)"))


@CHECKPOINTED_GRAD.mistake(code="G39", title="the forward pass",
                           says="That is the value of the chain, not its slope.",
                           ask="Where do dfs come in?")
def checkpointed_grad(fs, dfs, w, every):
    for f in fs:
        w = f(w)
    return w


@CHECKPOINTED_GRAD.mistake(**CONSTANT)
def checkpointed_grad(fs, dfs, w, every):
    return 136.6875


@CHECKPOINTED_GRAD.alternative(title="recursion over the segments")
def checkpointed_grad(fs, dfs, w, every):
    n = len(fs)
    def segment(first, t):
        if first >= n:
            return 1.0
        out = t
        for f in fs[first:first + every]:
            out = f(out)
        grad = segment(first + every, out)
        inputs = [t]
        for f in fs[first:first + every][:-1]:
            inputs.append(f(inputs[-1]))
        for df in reversed(dfs[first:first + every]):
            grad = grad * df(inputs.pop())
        return grad
    return segment(0, w)


@CHECKPOINTED_GRAD.alternative(title="a dict of checkpoints")
def checkpointed_grad(fs, dfs, w, every):
    n, kept, t = len(fs), {0: w}, w
    for k in range((n - 1) // every * every):
        t = fs[k](t)
        if (k + 1) % every == 0:
            kept[k + 1] = t
    grad, cache = 1.0, {}
    for k in range(n - 1, -1, -1):
        if k not in cache:
            start = max(i for i in kept if i <= k)
            cache = {start: kept.pop(start)}
            for i in range(start, k):
                cache[i + 1] = fs[i](cache[i])
        grad *= dfs[k](cache[k])
    return grad


@CHECKPOINTED_GRAD.alternative(title="accumulate and a deque")
def checkpointed_grad(fs, dfs, w, every):
    import collections
    import itertools

    run = lambda t, fs: itertools.accumulate(fs, lambda t, f: f(t), initial=t)
    kept = collections.deque(itertools.islice(run(w, fs), 0, len(fs), every))
    grad = 1.0
    for first in range((len(kept) - 1) * every, -1, -every):
        here = list(run(kept.pop(), fs[first:first + every][:-1]))
        for df, t in zip(dfs[first:first + every][::-1], here[::-1]):
            grad *= df(t)
    return grad


@CHECKPOINTED_GRAD.alternative(title="segments of equal length")
def checkpointed_grad(fs, dfs, w, every):
    n = len(fs)
    parts = np.array_split(np.arange(n), -(-n // every))
    kept, t = [], w
    for part in parts:
        kept.append(t)
        for k in part:
            t = fs[k](t)
    grad = np.array(1.0)
    for part, t in zip(parts[::-1], kept[::-1]):
        values = np.empty(len(part))
        values[0] = t
        for j, k in enumerate(part[:-1]):
            values[j + 1] = fs[k](values[j])
        for j in reversed(range(len(part))):
            grad = grad * dfs[part[j]](values[j])
    return grad


@CHECKPOINTED_GRAD.alternative(title="slopes gathered, a generator")
def checkpointed_grad(fs, dfs, w, every):
    kept, t = [], w
    def values(first, t):
        for f in fs[first:first + every]:
            yield t
            t = f(t)
    for i, f in enumerate(fs):
        if i % every == 0:
            kept += [t]
        t = f(t)
    slopes = []
    while kept:
        first = (len(kept) - 1) * every
        here = list(values(first, kept.pop()))
        slopes += [dfs[first + j](here[j]) for j in range(len(here) - 1, -1, -1)]
    return np.prod(slopes)


@CHECKPOINTED_GRAD.alternative(title="a callable object")
class Checkpointed:
    def __call__(self, fs, dfs, w, every):
        self.fs, self.dfs, self.grad = fs, dfs, 1.0
        kept = [w]
        for first in range(0, len(fs) - every, every):
            t = kept[-1]
            for f in fs[first:first + every]:
                t = f(t)
            kept.append(t)
        for i in range(len(kept) - 1, -1, -1):
            self.back(i * every, min((i + 1) * every, len(fs)), kept.pop())
        return self.grad

    def back(self, first, last, t):
        stack = [t]
        for k in range(first, last - 1):
            stack.append(self.fs[k](stack[-1]))
        for k in range(last - 1, first - 1, -1):
            self.grad *= self.dfs[k](stack.pop())
