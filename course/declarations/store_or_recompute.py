"""Assignment 07: what a gradient costs in calls and in memory, and the ways between storing and recomputing.

f(f(f(w))), stored or recomputed, is from Goodfellow, Bengio and Courville (2016, Deep Learning, section 6.5); a
checkpoint every √n stages from T. Chen, Xu, Zhang and Guestrin (2016, "Training deep nets with sublinear memory
cost", section 4).

What an answer costs is read off a log of calls, kept on this side (class Log). It can't be told what an answer keeps
in its own lists; what is counted is what it *had* to keep, to do what it did.
"""

import functools
import itertools
from fractions import Fraction

import numpy as np

import autodiff
from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise
from course.declarations.chain_rule import TooManyCalls, square, times, twice
from course.declarations.shared import constant

TWO_WAYS = 'lesson 7, "store or recompute"'
HELD = 'lesson 7, "what is held"'
CHECKPOINTS = 'lesson 7, "checkpoints"'
SPACING = 'lesson 7, "how far apart"'


# ------------------------------------------------------------------------------------ what is held

def lives(trace):
    """{name: [(first, last), …]} of a trace: the events at which each life of a value begins and ends.

    A life begins where the value is made, and ends at its last use before it is made again.
    """
    found = {}
    for at, (what, name) in enumerate(trace):
        if what == "make":
            found.setdefault(name, []).append((at, at))
        else:
            found[name][-1] = (found[name][-1][0], at)
    return found


def peak(trace):
    """The oracle of peak_memory: how many values live at the same time, at most."""
    change = [0] * (len(trace) + 1)
    for first, last in itertools.chain(*lives(trace).values()):
        change[first] += 1
        change[last + 1] -= 1
    return max(itertools.accumulate(change))


class Log:
    """Stages to hand out, and a log of what was done with them.

    fs, dfs   the stages and their derivatives, logged; hand these out
    calls     how often stages were called
    slopes    which derivatives were called, in order
    trace     what was made and used, as peak_memory takes it

    Value k is what goes into stage k; value 0 is given. fs[k] makes value k + 1 and has used value k until then, so
    both are there at that moment; dfs[k] uses value k. Values are known by their stage, never by their number: two
    of them may be equal, and one may be made again. Beyond `limit` calls a stage raises TooManyCalls.
    """

    def __init__(self, fs, dfs, limit=2000):
        self.calls, self.limit, self.slopes = 0, limit, []
        self.trace, self.made = [("make", 0)], {0}
        self.fs = [self._stage(k, f) for k, f in enumerate(fs)]
        self.dfs = [self._slope(k, df) for k, df in enumerate(dfs)]

    @property
    def held(self):
        """How many values had to be held at the same time, at most."""
        return peak(self.trace)

    def _stage(self, k, f):
        def stage(t):
            self.calls += 1
            if self.calls > self.limit:
                raise TooManyCalls(f"more than {self.limit} calls")
            self._there(k)
            self._there(k + 1, by_a_call=True)
            self.trace.append(("use", k))
            return f(t)
        stage.__name__ = f"f{k}"
        return stage

    def _slope(self, k, df):
        def slope(t):
            if len(self.slopes) > self.limit:
                raise TooManyCalls(f"more than {self.limit} calls")
            self._there(k)
            self.slopes.append(k)
            self.trace.append(("use", k))
            return df(t)
        slope.__name__ = f"df{k}"
        return slope

    def _there(self, k, by_a_call=False):
        """Enter value k as made; one that is used and no call has made has been there from the start."""
        if by_a_call:
            self.trace.append(("make", k))
        elif k not in self.made:
            self.trace.insert(0, ("make", k))
        self.made.add(k)


def store(fs, dfs, w):
    """Forward with all values kept, then back."""
    values = [w]
    for f in fs[:-1]:
        values.append(f(values[-1]))
    grad = 1.0
    for df, value in zip(reversed(dfs), reversed(values), strict=True):
        grad *= df(value)
    return grad


def recompute(fs, dfs, w):
    """Back from the last stage, each value computed from w."""
    grad = 1.0
    for k in reversed(range(len(fs))):
        value = w
        for f in fs[:k]:
            value = f(value)
        grad *= dfs[k](value)
    return grad


def log_of(program, n):
    """The Log of a program on n stages."""
    log = Log([square] * n, [twice] * n)
    program(log.fs, log.dfs, 0.5)
    return log


def cost_of(program):
    """The oracle of stored_cost and recomputed_cost: the program is run, and its log read."""
    @functools.cache
    def cost(n):
        log = log_of(program, n)
        return log.calls, log.held
    return cost


def trace_of(program, n):
    """The trace of a program on n stages, with the names that the notebook uses: w, x1, x2, …"""
    return [(what, f"x{k}" if k else "w") for what, k in log_of(program, n).trace]


def random_trace(d):
    """A trace of five names, some of them made again, some never used."""
    names, made, trace = "abcde", set(), []
    for _ in range(24):
        name = names[int(d.rng.integers(len(names)))]
        what = "use" if name in made and d.rng.random() < 0.6 else "make"
        made.add(name)
        trace.append((what, name))
    return trace


def _sizes(d, *given):
    """Cases of the two costs: the given n, and two that are drawn."""
    return [(n,) for n in (*given, *map(int, d.rng.integers(5, 40, 2)))]


# ------------------------------------------------------------------------------------ stages

def stages(d, n):
    """n stages ±(t + a sin t), each with an a of its own, and their derivatives: none is 0, both signs occur."""
    return tuple(map(list, zip(*(_stage(d, k) for k in range(n)), strict=True)))


def _stage(d, k):
    a = float(d.rng.uniform(0.3, 0.85))
    sign = float(d.rng.choice((-1.0, 1.0)))

    def f(t):
        return sign * (t + a * np.sin(t))

    def df(t):
        return sign * (1 + a * np.cos(t))
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
                return said(f"With n = {n}, the stages had been called {log.limit} times, and yours was still under way.",
                            "When should it stop?", title="number of calls")
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
    seen = f"With n = {n} and every = {every}, the stages were called {times(log.calls)}; 2n is {2 * n}."
    return said(f"{seen} No value needs to be made more than twice: once on the way forward, once on the way back.",
                "Which did you make more often?", title="number of calls", seen=seen)


def few_held(log, n, every):
    """What is held on a walk forward says nothing of a backward pass; so this is one, or it doesn't count."""
    bound = n / every + every + 1
    if log.held <= bound:
        return from_the_end(log, n, every)
    seen = f"With n = {n} and every = {every}, {log.held} values were held at once; n/every + every + 1 is {bound:.4g}."
    return said(seen, "Which values do you still hold while you work on another segment?", title="values held", seen=seen)


def from_the_end(log, n, every):
    if log.slopes == list(reversed(range(n))):
        return None
    began = ", ".join(map(str, log.slopes[:3])) + (", …" if len(log.slopes) > 3 else "")
    return said(f"With n = {n}, you took the slopes of the stages {began}." if log.slopes else
                "No derivative was called.",
                f"A backward pass takes each slope once: stage {n - 1} first, stage 0 last. Which one is yours to start "
                "with?", title="order of the slopes")


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


# ------------------------------------------------------------------------------------ how far apart

def spacing_cost(n, every):
    return Fraction(n, every) + every


def best_spacing(n):
    """The oracle of best_every; at a tie the smaller."""
    return min(range(1, n + 1), key=lambda every: spacing_cost(n, every))


def best_of(*given, large=False):
    """The test that a spacing is one of the best, for the given n and for three that are drawn."""
    def test(ask):
        found = None
        high = 3000 if large else 60
        for n in (*given, *map(int, ask.draw.rng.integers(high // 3, high, 3))):
            every = as_numbers(ask(n))
            if every is None or every.shape:
                return said("How far apart the checkpoints are is one whole number.",
                            "What does your function return for n = 3?", title="type of the result")
            ask.count((n, float(every)))
            problem = _not_best(n, float(every))
            if problem and not found:
                found = problem
                ask.here()
        return found
    return test


def _not_best(n, every):
    best = best_spacing(n)
    if not every.is_integer() or not 1 <= every <= n:
        seen = f"With n = {n} you returned {every:.4g}."
        return said(f"{seen} It should be a whole number from 1 to {n}.",
                    "How many stages can lie between two checkpoints?", title="not a number of stages", seen=seen)
    mine, right = (float(spacing_cost(n, int(k))) for k in (every, best))
    if mine > right:
        seen = f"With n = {n} you returned {every:.0f}, which makes n/every + every = {mine:.4g}; it can be {right:.4g}."
        return said(seen, "What do the neighbours of your number cost?", title="not the best", seen=seen)
    return None


# ------------------------------------------------------------------------------------ wrong forms that are made alike

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


# ------------------------------------------------------------------------------------ the exercises

EXERCISES = (
    Exercise(
        "stored_cost(n)", "calls, values", 1, cost_of(store),
        checks=(
            Check("calls of f", 0.375, lambda d: _sizes(d, 3), part="calls"),
            Check("values held", 0.375, lambda d: _sizes(d, 3), part="values"),
            Check("one stage, many stages", 0.25, edge=True, draw=lambda d: [(1,), (2,), *_sizes(d)]),
        ),
        mistakes=(
            ("R01", "a call that nobody needs", "n, n", "You counted the call that makes the last output; no slope is "
             "taken there.", "At which values do you need a slope?"),
            ("R02", "w is not counted", "n - 1, n - 1", "The first slope is taken at w, so w is held, too.",
             "At which values do you need a slope?"),
            ("R01", "the last output is held", "n - 1, n + 1", "You hold one value more than there are slopes.",
             "Is a slope taken at the last output?"),
            ("R01", "the last output is made and held", "n, n + 1", "You make the last output, and hold it. No slope is "
             "taken there.", "At which values do you need a slope?"),
            ("R04", "the cost of recomputing", "n * (n - 1) // 2, min(n, 3)", "That is what it costs to compute every value "
             "anew.", "Which values need not be made again, if you keep them?"),
            ("R05", "slopes counted as calls", "2 * n - 1, n", "You counted the calls of the derivative as well.",
             "How many of these calls are calls of f itself?"),
            ("R06", "one value at a time", "n - 1, 1", "You hold only the value at hand. The way back comes to the others, "
             "too.", "When the last value is made, which of the earlier ones will still be used?"),
            ("R06", "two values at a time", "n - 1, min(n, 2)", "You hold only what the call at hand needs. The way back "
             "comes to the others, too.", "When the last value is made, which of the earlier ones will still be used?"),
            ("X05", "the results the other way round", "n, n - 1", "The two numbers are right, in the other order.",
             "In which order does the stub name them?"),
            constant("2, 3"),
        ),
        alternatives=(
            ("counted", "calls, values = 0, ['w']\nfor k in range(n):\n    if k > 0:\n        calls += 1\n        values.append(k)\n"
             "return calls, len(values)"),
            ("a list", "return [n - 1, n]"),
            ("an array", "return np.array([n, n + 1]) - 1"),
            ("a lambda", "stored_cost = lambda n: (len(range(1, n)), len(range(n)))"),
        ),
        hints=("With n = 3 the stages get w, f(w) and f(f(w)). Which of these must be computed?",
               "Count the slopes: each needs one value. All of these values wait until the way back comes to them.",
               "There are as many values as stages; all but w are made by a call."),
        read=TWO_WAYS, difficulty=1, minutes=3,
    ),
    Exercise(
        "recomputed_cost(n)", "calls, values", 2, cost_of(recompute),
        checks=(
            Check("calls of f", 0.75, lambda d: _sizes(d, 3), part="calls"),
            Check("values held", 0.75, lambda d: _sizes(d, 3), part="values"),
            Check("one stage, two stages", 0.5, edge=True, draw=lambda d: [(1,), (2,), *_sizes(d)]),
        ),
        mistakes=(
            ("R01", "a call that nobody needs", "n * (n + 1) // 2, min(n, 3)", "Every run goes one stage too far: the "
             "slope is taken at the input of a stage.", "How many calls does it take to get to w itself?"),
            ("R04", "the cost of storing", "n - 1, n", "That is what it costs to store every value.",
             "With nothing kept, how do you get to the input of the last stage, and then to that of the one before?"),
            ("R08", "every run as long as the longest", "n * (n - 1), min(n, 3)", "You counted every run as n − 1 calls. "
             "The way to an early stage is shorter.", "How many calls lead to the input of stage k?"),
            ("R08", "n squared", "n * n, min(n, 3)", "You counted n calls for every slope.",
             "How many calls lead to the input of stage k?"),
            ("R06", "two values at a time", "n * (n - 1) // 2, min(n, 2)", "Two are too few. While f works, its argument and its "
             "result are both there, and one value more is waiting.", "Where will the next run start?"),
            ("R06", "one value at a time", "n * (n - 1) // 2, 1", "One is too few. While f works, its argument and its "
             "result are both there, and one value more is waiting.", "Where will the next run start?"),
            ("R09", "the values pile up", "n * (n - 1) // 2, n", "You hold all values. Here each is dropped as soon as the "
             "next is made.", "Once f(f(w)) is there, does anybody use f(w)?"),
            ("R10", "three values, however few there are", "n * (n - 1) // 2, 3", "With one or two stages there are not "
             "three values to hold.", "Which values are there when n is 1?"),
            ("X05", "the results the other way round", "min(n, 3), n * (n - 1) // 2", "The two numbers are right, in the "
             "other order.", "In which order does the stub name them?"),
            constant("3, 3"),
        ),
        alternatives=(
            ("a sum", "return sum(range(n)), min(3, n)"),
            ("two loops", "calls = 0\nfor k in range(n):\n    for _ in range(k):\n        calls += 1\n"
             "return [calls, n if n < 3 else 3]"),
            ("a float and an array", "return np.array([n * (n - 1) / 2, np.minimum(n, 3)])"),
            ("recursion", "def recomputed_cost(n):\n    if n == 1:\n        return 0, 1\n"
             "    calls, values = recomputed_cost(n - 1)\n    return calls + n - 1, min(values + 1, 3)"),
        ),
        hints=("How many calls of f lead from w to the input of stage k?",
               "Add 0 + 1 + 2 + … for the calls. For the values, look at one call of f in the middle of a run: what is there, "
               "and what will be used later?",
               "The sum of 0 to n − 1 has a short form. In the middle of a run there are w, f's argument and f's result; a "
               "chain of one or two stages has fewer values than that."),
        read=TWO_WAYS, difficulty=2, minutes=5,
    ),
    Exercise(
        "checkpointed_grad(fs, dfs, w, every)", "dw", 6, chain_gradient,
        checks=(
            Check("the gradient", 1, lambda d: [
                ([square] * 3, [twice] * 3, 1.5, 2), *chains((3, 2), (7, 3), (8, 4), (5, 1), (4, 4))(d)]),
            Check("equal to store and recompute in 12 digits", 0.5, edge=True, test=to_twelve_digits),
            Check("at most 2n calls", 1.5, edge=True, once=True, test=logged(few_calls)),
            Check("at most n/every + every + 1 values held", 2, edge=True, once=True, test=logged(few_held)),
            Check("back from the last stage", 1, edge=True, once=True, test=logged(from_the_end)),
        ),
        mistakes=(
            ("R11", "everything is stored", "values = [w]\nfor f in fs[:-1]:\n    values.append(f(values[-1]))\ngrad = 1.0\n"
             "for df in reversed(dfs):\n    grad *= df(values.pop())\nreturn grad",
             "The gradient is right, but every value is held until the way back comes to it.",
             "Which values may be dropped on the way forward, since they can be made again?"),
            ("R12", "everything is recomputed", "grad = 1.0\nfor k in reversed(range(len(fs))):\n    t = w\n    for f in fs[:k]:\n"
             "        t = f(t)\n    grad *= dfs[k](t)\nreturn grad", "The gradient is right, but each value is computed from "
             "w.", "From which value nearer by could you start?"),
            ("R13", "recomputes but still stores", "n, kept, t = len(fs), [], w\nfor k in range(n):\n    if k % every == 0:\n"
             "        kept.append(t)\n    t = fs[k](t)\nvalues = []\nfor i, t in enumerate(kept):\n    values.append(t)\n"
             "    for k in range(i * every, min((i + 1) * every, n) - 1):\n        values.append(fs[k](values[-1]))\n"
             "grad = 1.0\nfor k in reversed(range(n)):\n    grad *= dfs[k](values[k])\nreturn grad",
             "You make the values of all segments again before you use any of them, so all are held after all.",
             "When you work on one segment, who needs the values of the others?"),
            ("R14", "the short segment is lost", _segments(end="n // every * every"), "Where `every` does not divide n, the "
             "last segment is shorter, and yours leaves it out.", "How many segments are there with n = 7 and every = 3?"),
            ("R15", "slopes on the way forward", "grad, t = 1.0, w\nfor f, df in zip(fs, dfs):\n    grad *= df(t)\n    t = f(t)\n"
             "return grad", "You multiply from the first stage on. That is forward mode: it works for one input, and it is no "
             "backward pass.", "If w were a million weights, how many of these products would you carry along?"),
            ("R16", "from the checkpoint, for every slope anew", "n, kept, t = len(fs), [], w\nfor k in range(n):\n"
             "    if k % every == 0:\n        kept.append(t)\n    t = fs[k](t)\ngrad = 1.0\nfor k in reversed(range(n)):\n"
             "    t = kept[k // every]\n    for f in fs[k // every * every:k]:\n        t = f(t)\n    grad *= dfs[k](t)\nreturn grad",
             "Within a segment you start again at its checkpoint for every slope.",
             "On the way to the last value of a segment, which other values do you pass?"),
            ("R17", "checkpoints one stage late", "n, grad, kept, t = len(fs), 1.0, [], w\nfor k in range(n):\n    t = fs[k](t)\n"
             "    if k % every == 0:\n        kept.append(t)\nfor first in reversed(range(0, n, every)):\n    values = [kept[first // every]]\n"
             "    for k in range(first, min(first + every, n) - 1):\n        values.append(fs[k](values[-1]))\n"
             "    for k in reversed(range(first, min(first + every, n))):\n        grad *= dfs[k](values[k - first])\nreturn grad",
             "The checkpoint holds what comes out of its stage; the segment starts with what goes in.",
             "Which value goes into stage 0?"),
            ("R18", "each segment starts with 1", _segments(begin="grad = 1.0"), "The gradient starts with 1 in each segment. "
             "Only the last segment may do that.", "Which upstream gradient reaches a segment in the middle?"),
            ("R19", "the same stage over and over", "n, grad, kept, t = len(fs), 1.0, [], w\nfor k in range(n):\n"
             "    if k % every == 0:\n        kept.append(t)\n    t = fs[0](t)\nfor k in reversed(range(n)):\n    t = kept[k // every]\n"
             "    for _ in range(k % every):\n        t = fs[0](t)\n    grad *= dfs[0](t)\nreturn grad",
             "You use the first stage in the place of all others.", "Which function makes the input of stage 2?"),
            ("R20", "the last stage applied first", "fs, dfs = fs[::-1], dfs[::-1]\n" + _segments(), "You apply the stages from "
             "the last to the first.", "Which function does w go into?"),
            ("B07", "every slope at w", _segments(value="w"), "Every slope was taken at w; each stage has an input of its own.",
             "What goes into the second stage?"),
            ("B33", "one stage too late", "n, grad, t, values = len(fs), 1.0, w, []\nfor f in fs:\n    t = f(t)\n    values.append(t)\n"
             "for df in reversed(dfs):\n    grad *= df(values.pop())\nreturn grad", "Each slope was taken at the stage's "
             "output, one stage too late.", "What goes into the first stage?"),
            ("B05", "the slopes added", _segments(start="0.0", join="+="), "The slopes were added. Along a path derivatives "
             "multiply.", "If the first stage doubles a nudge and the next triples it, what becomes of it?"),
            ("B34", "a stage is missing", "fs, dfs = fs[:-1], dfs[:-1]\n" + _segments(), "There is one slope too few.",
             "How many stages are there?"),
            ("B36", "the last segment only", "n, t = len(fs), w\nfirst = (n - 1) // every * every\nfor f in fs[:first]:\n    t = f(t)\n"
             "grad, values = 1.0, [t]\nfor f in fs[first:-1]:\n    values.append(f(values[-1]))\nfor k in reversed(range(first, n)):\n"
             "    grad *= dfs[k](values[k - first])\nreturn grad", "Your backward pass ends after the last segment.",
             "What becomes of the gradient at the segment's checkpoint?"),
            ("C36", "a numerical slope", "h = 1e-6\ndef chain(t):\n    for f in fs:\n        t = f(t)\n    return t\n"
             "return (chain(w + h) - chain(w - h)) / (2 * h)", "The value is close, but it does not come from dfs.",
             "What does the chain rule say?"),
            ("G30", "right for positive slopes only", _segments().replace("return grad", "return abs(grad)"),
             "The signs of the slopes are lost.", "What becomes of a nudge upwards where a stage falls?"),
            ("G39", "the forward pass", "for f in fs:\n    w = f(w)\nreturn w", "That is the value of the chain, not its "
             "slope.", "Where do dfs come in?"),
            constant("136.6875"),
        ),
        alternatives=(
            ("recursion over the segments", "n = len(fs)\ndef segment(first, t):\n    if first >= n:\n        return 1.0\n"
             "    out = t\n    for f in fs[first:first + every]:\n        out = f(out)\n    grad = segment(first + every, out)\n"
             "    inputs = [t]\n    for f in fs[first:first + every][:-1]:\n        inputs.append(f(inputs[-1]))\n"
             "    for df in reversed(dfs[first:first + every]):\n        grad = grad * df(inputs.pop())\n    return grad\n"
             "return segment(0, w)"),
            ("a dict of checkpoints", "n, kept, t = len(fs), {0: w}, w\nfor k in range((n - 1) // every * every):\n    t = fs[k](t)\n"
             "    if (k + 1) % every == 0:\n        kept[k + 1] = t\ngrad, cache = 1.0, {}\nfor k in range(n - 1, -1, -1):\n"
             "    if k not in cache:\n        start = max(i for i in kept if i <= k)\n        cache = {start: kept.pop(start)}\n"
             "        for i in range(start, k):\n            cache[i + 1] = fs[i](cache[i])\n    grad *= dfs[k](cache[k])\nreturn grad"),
            ("accumulate and a deque", "import itertools, collections\ndef checkpointed_grad(fs, dfs, w, every):\n"
             "    run = lambda t, fs: itertools.accumulate(fs, lambda t, f: f(t), initial=t)\n"
             "    kept = collections.deque(itertools.islice(run(w, fs), 0, len(fs), every))\n    grad = 1.0\n"
             "    for first in range((len(kept) - 1) * every, -1, -every):\n        here = list(run(kept.pop(), fs[first:first + every][:-1]))\n"
             "        for df, t in zip(dfs[first:first + every][::-1], here[::-1]):\n            grad *= df(t)\n    return grad"),
            ("segments of equal length", "n = len(fs)\nparts = np.array_split(np.arange(n), -(-n // every))\nkept, t = [], w\n"
             "for part in parts:\n    kept.append(t)\n    for k in part:\n        t = fs[k](t)\ngrad = np.array(1.0)\n"
             "for part, t in zip(parts[::-1], kept[::-1]):\n    values = np.empty(len(part))\n    values[0] = t\n"
             "    for j, k in enumerate(part[:-1]):\n        values[j + 1] = fs[k](values[j])\n    for j in reversed(range(len(part))):\n"
             "        grad = grad * dfs[part[j]](values[j])\nreturn grad"),
            ("slopes gathered, a generator", "kept, t = [], w\ndef values(first, t):\n    for f in fs[first:first + every]:\n        yield t\n        t = f(t)\n"
             "for i, f in enumerate(fs):\n    if i % every == 0:\n        kept += [t]\n    t = f(t)\nslopes = []\n"
             "while kept:\n    first = (len(kept) - 1) * every\n    here = list(values(first, kept.pop()))\n"
             "    slopes += [dfs[first + j](here[j]) for j in range(len(here) - 1, -1, -1)]\nreturn np.prod(slopes)"),
            ("a callable object", "class Checkpointed:\n    def __call__(self, fs, dfs, w, every):\n        self.fs, self.dfs, self.grad = fs, dfs, 1.0\n"
             "        kept = [w]\n        for first in range(0, len(fs) - every, every):\n            t = kept[-1]\n"
             "            for f in fs[first:first + every]:\n                t = f(t)\n            kept.append(t)\n"
             "        for i in range(len(kept) - 1, -1, -1):\n            self.back(i * every, min((i + 1) * every, len(fs)), kept.pop())\n"
             "        return self.grad\n\n    def back(self, first, last, t):\n        stack = [t]\n        for k in range(first, last - 1):\n"
             "            stack.append(self.fs[k](stack[-1]))\n        for k in range(last - 1, first - 1, -1):\n"
             "            self.grad *= self.dfs[k](stack.pop())\ncheckpointed_grad = Checkpointed()"),
        ),
        hints=("Which values do you keep on the way forward? Which of them do you need first on the way back?",
               "Forward: keep the input of every stage whose number `every` divides. Back: take the last checkpoint, make the "
               "values of its segment again, use up their slopes, drop them, and go on to the checkpoint before.",
               "A list of checkpoints, filled forward and popped back. For the popped one, a second list: it starts with the "
               "checkpoint and grows by the stages of its segment, except the last of them. Then one product over that list "
               "from its end. The last segment may be shorter."),
        read=CHECKPOINTS, difficulty=4, minutes=20,
    ),
    Exercise(
        "best_every(n)", "every", 3, best_spacing,
        checks=(
            Check("small chains", 1.5, test=best_of(3, 16)),
            Check("one stage, ties, neighbours of a tie", 0.75, edge=True, test=best_of(1, 2, 5, 6, 7, 8, 11, 12, 13)),
            Check("long chains", 0.75, edge=True, test=best_of(1000, 2000, large=True)),
        ),
        mistakes=(
            ("R21", "the root rounded down", "int(n ** 0.5)", "You rounded the root of n down. That is not always the better "
             "neighbour.", "For n = 8, which is cheaper: every 2 stages, or every 3?"),
            ("R21", "the root rounded up", "int(np.ceil(n ** 0.5))", "You rounded the root of n up. That is not always the "
             "better neighbour.", "For n = 5, which is cheaper: every 2 stages, or every 3?"),
            ("R22", "not a whole number", "n ** 0.5", "The root of n is seldom a whole number.",
             "How many stages can lie between two checkpoints?"),
            ("R23", "half of n", "max(n // 2, 1)", "Two segments are best for short chains only.",
             "What does n/every + every give for n = 100, every = 50?"),
            ("R23", "the logarithm", "max(1, round(float(np.log2(n))))", "A logarithm grows too slowly here.",
             "What does n/every + every give for n = 1000, every = 10? And for 30?"),
            ("R11", "everything is stored", "n", "A checkpoint every n stages keeps only w, and then makes all values of its one "
             "segment at once.", "What does n/every + every give there?"),
            ("R11", "a checkpoint at every stage", "1", "A checkpoint at every stage stores everything.",
             "What does n/every + every give there?"),
            ("R24", "the division rounded down", "min(range(1, n + 1), key=lambda every: n // every + every)",
             "You compared n // every + every. It is n/every that is asked, without rounding.",
             "For n = 7, what do 2 and 3 cost exactly?"),
            ("R24", "the division rounded up", "min(range(1, n + 1), key=lambda every: -(-n // every) + every)",
             "You rounded n/every up to whole checkpoints. It is n/every that is asked, without rounding.",
             "For n = 13, what do 3 and 4 cost exactly?"),
            ("R25", "the cost, not the number", "min(n / every + every for every in range(1, n + 1))", "You returned what the "
             "best spacing costs.", "Which `every` has that cost?"),
            constant("2"),
        ),
        alternatives=(
            ("a search", "return min(range(1, n + 1), key=lambda k: n / k + k)"),
            ("a search, the larger at a tie", "best = 1\nfor k in range(2, n + 1):\n    if n + k * k <= (n / best + best) * k * (1 + 1e-12):\n"
             "        best = k\nreturn best"),
            ("two neighbours", "import math\ndef best_every(n):\n    low = math.isqrt(n)\n"
             "    return low if n / low + low <= n / (low + 1) + low + 1 else low + 1"),
            ("the root as a numpy number", "return np.round(np.sqrt(n))"),
            ("an array", "k = np.arange(1, n + 1)\nreturn k[(n / k + k).argmin()]"),
        ),
        hints=("As `every` grows, one of the two terms falls and the other rises. Where do they meet?",
               "Try all whole numbers from 1 to n, or find the minimum by calculus and look at its two neighbours.",
               "min takes a key: the cost of a number. By calculus the slope 1 − n/every² is 0 at the root of n; round it to "
               "the nearest."),
        read=SPACING, difficulty=2, minutes=6,
    ),
    Exercise(
        "peak_memory(trace)", "values", 3, peak,
        checks=(
            Check("traces of both programs", 1, lambda d: [
                (trace_of(store, 3),), (trace_of(recompute, 3),),
                ([("make", "a"), ("use", "a"), ("make", "b"), ("use", "b"), ("make", "c"), ("use", "c"), ("make", "a"),
                  ("use", "a")],), (trace_of(store, 5),), (trace_of(recompute, 5),)]),
            Check("made again, never used", 1, edge=True, draw=lambda d: [
                ([("make", "a"), ("make", "b"), ("make", "c"), ("use", "a")],),
                ([("make", "a"), ("make", "b"), ("use", "a"), ("make", "c"), ("use", "a"), ("use", "b"), ("use", "c"),
                  ("make", "b"), ("use", "b")],)]),
            Check("traces drawn at random", 1, edge=True, draw=lambda d: [(random_trace(d),) for _ in range(5)]),
        ),
        mistakes=(
            ("R26", "nothing is ever dropped", "len({name for what, name in trace})", "You counted all values that occur. A value "
             "is dropped after its last use.", "In the trace of recompute, is x1 still held when x3 is made?"),
            ("R26", "every make counts", "sum(what == 'make' for what, name in trace)", "You counted how often something is made, "
             "not how much is there at the same time.", "In the trace of recompute, is x1 still held when x3 is made?"),
            ("R27", "dropped at the first use", "here, most = set(), 0\nfor what, name in trace:\n    if what == 'make':\n"
             "        here.add(name)\n        most = max(most, len(here))\n    else:\n        here.discard(name)\nreturn most",
             "You drop a value at its first use. It may be used again.", "When may a value be dropped: when it is used, or when "
             "it has been used for the last time?"),
            ("R27", "up and down", "level = most = 0\nfor what, name in trace:\n    level += 1 if what == 'make' else -1\n"
             "    most = max(most, level)\nreturn most", "Each use takes one off your count, even if the value is used again "
             "later.", "When may a value be dropped: when it is used, or when it has been used for the last time?"),
            ("R28", "held until it is made again", "first, last = {}, {}\nfor at, (what, name) in enumerate(trace):\n"
             "    first.setdefault(name, at)\n    last[name] = at\n"
             "return max(sum(first[x] <= at <= last[x] for x in first) for at in range(len(trace)))",
             "You hold a value from the first time it is made to the last time it is used. In between it may be dropped, and "
             "made again.", "Which uses need the first copy, and which the second?"),
            ("R29", "what is never used is not there", "spans = {}\nfor at, (what, name) in enumerate(trace):\n"
             "    if what == 'make':\n        spans.setdefault(name, []).append((at, at - 1))\n    else:\n"
             "        spans[name][-1] = (spans[name][-1][0], at)\nlives = sum(spans.values(), [])\n"
             "return max(sum(a <= at <= b for a, b in lives) for at in range(len(trace)))",
             "A value that nobody uses takes its place all the same, at the moment it is made.",
             "Can a call tell that nobody will want its result?"),
            ("R03", "only the last copy counts", "made, last = {}, {}\nfor at, (what, name) in enumerate(trace):\n"
             "    if what == 'make':\n        made[name] = at\n    last[name] = at\n"
             "return max(sum(made[x] <= at <= last[x] for x in made) for at in range(len(trace)))",
             "Of a value that is made more than once, you count only the last copy.",
             "What becomes of the earlier copies?"),
            constant("3"),
        ),
        alternatives=(
            ("spans", "spans = []\nfor at, (what, name) in enumerate(trace):\n    if what == 'make':\n        rest = trace[at + 1:]\n"
             "        again = next((k for k, e in enumerate(rest) if tuple(e) == ('make', name)), len(rest))\n"
             "        uses = [k for k in range(again) if rest[k][1] == name]\n        spans.append((at, at + 1 + uses[-1] if uses else at))\n"
             "return max(sum(a <= at <= b for a, b in spans) for at in range(len(trace)))"),
            ("a table of ones", "held = np.zeros((len(trace), len(trace)), int)\nmade = {}\nfor at, (what, name) in enumerate(trace):\n"
             "    if what == 'make':\n        made[name] = at\n    held[made[name], made[name]:at + 1] = 1\nreturn held.sum(axis=0).max()"),
            ("from the end, by recursion on the events", "live, sizes = frozenset(), []\nfor what, name in trace[::-1]:\n"
             "    live = live | {name}\n    sizes.append(len(live))\n    live = live - {name} if what == 'make' else live\n"
             "return max(sizes)"),
            ("only makes can raise the count", "most = 0\nfor at, (what, made) in enumerate(trace):\n    if what == 'make':\n        needed, seen = {made}, {made}\n"
             "        for then, name in trace[at + 1:]:\n            if then == 'use' and name not in seen:\n                needed.add(name)\n"
             "            seen.add(name)\n        most = max(most, len(needed))\nreturn float(most)"),
        ),
        hints=("At one event, how can you tell whether a value is still needed? Where in the trace does the answer stand?",
               "Whether a value is needed depends on what comes later. So read the trace from its end: at a use the value is needed, "
               "and it stays so back to the event that made it.",
               "Keep a set. Going back, add each name that you meet, look at the size of the set, and if the event is a make, "
               "take the name out again."),
        read=HELD, difficulty=3, minutes=10,
    ),
)
