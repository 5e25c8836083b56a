"""The costs of the two ways: store, or recompute."""

import functools

import numpy as np

from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT
from course.declarations.store_or_recompute.logs import log_of, recompute, store


def cost_of(program):
    """The oracle of stored_cost and recomputed_cost: the program is run, and its log read."""
    @functools.cache
    def cost(n):
        log = log_of(program, n)
        return log.calls, log.held
    return cost


def _sizes(d, *given):
    """Cases of the two costs: the given n, and two that are drawn."""
    return [(n,) for n in (*given, *map(int, d.rng.integers(5, 40, 2)))]


# ------------------------------------------------------------------------------------ stored_cost

STORED_COST = Exercise(
    "stored_cost(n)", "calls, values", points=1, oracle=cost_of(store),
    checks=(
        Check("calls of f", 0.375, lambda d: _sizes(d, 3), part="calls"),
        Check("values held", 0.375, lambda d: _sizes(d, 3), part="values"),
        Check("one stage, many stages", 0.25, edge=True, draw=lambda d: [(1,), (2,), *_sizes(d)]),
    ),
    hints=("With n = 3 the stages get w, f(w) and f(f(w)). Which of these must be computed?",
           "Count the slopes: each needs one value. All of these values wait until the way back comes to them.",
           "There are as many values as stages; all but w are made by a call."),
    read='lesson 7, "store or recompute"', difficulty=1, minutes=3,
)


@STORED_COST.mistake(code="R01", title="a call that nobody needs",
                     says="You counted the call that makes the last output; no slope is taken there.",
                     ask="At which values do you need a slope?")
def stored_cost(n):
    return n, n


@STORED_COST.mistake(code="R02", title="w is not counted",
                     says="The first slope is taken at w, so w is held, too.",
                     ask="At which values do you need a slope?")
def stored_cost(n):
    return n - 1, n - 1


@STORED_COST.mistake(code="R01", title="the last output is held",
                     says="You hold one value more than there are slopes.",
                     ask="Is a slope taken at the last output?")
def stored_cost(n):
    return n - 1, n + 1


@STORED_COST.mistake(code="R01", title="the last output is made and held",
                     says="You make the last output, and hold it. No slope is taken there.",
                     ask="At which values do you need a slope?")
def stored_cost(n):
    return n, n + 1


@STORED_COST.mistake(code="R04", title="the cost of recomputing",
                     says="That is what it costs to compute every value anew.",
                     ask="Which values need not be made again, if you keep them?")
def stored_cost(n):
    return n * (n - 1) // 2, min(n, 3)


@STORED_COST.mistake(code="R05", title="slopes counted as calls",
                     says="You counted the calls of the derivative as well.",
                     ask="How many of these calls are calls of f itself?")
def stored_cost(n):
    return 2 * n - 1, n


@STORED_COST.mistake(code="R06", title="one value at a time",
                     says="You hold only the value at hand. The way back comes to the others, too.",
                     ask="When the last value is made, which of the earlier ones will still be used?")
def stored_cost(n):
    return n - 1, 1


@STORED_COST.mistake(code="R06", title="two values at a time",
                     says="You hold only what the call at hand needs. The way back comes to the others, too.",
                     ask="When the last value is made, which of the earlier ones will still be used?")
def stored_cost(n):
    return n - 1, min(n, 2)


@STORED_COST.mistake(code="X05", title="the results the other way round",
                     says="The two numbers are right, in the other order.",
                     ask="In which order does the stub name them?")
def stored_cost(n):
    return n, n - 1


@STORED_COST.mistake(**CONSTANT)
def stored_cost(n):
    return 2, 3


@STORED_COST.alternative(title="counted")
def stored_cost(n):
    calls, values = 0, ["w"]
    for k in range(n):
        if k > 0:
            calls += 1
            values.append(k)
    return calls, len(values)


@STORED_COST.alternative(title="a list")
def stored_cost(n):
    return [n - 1, n]


@STORED_COST.alternative(title="an array")
def stored_cost(n):
    return np.array([n, n + 1]) - 1


STORED_COST.alternative(title="a lambda", source="stored_cost = lambda n: (len(range(1, n)), len(range(n)))")


# ------------------------------------------------------------------------------------ recomputed_cost

RECOMPUTED_COST = Exercise(
    "recomputed_cost(n)", "calls, values", points=2, oracle=cost_of(recompute),
    checks=(
        Check("calls of f", 0.75, lambda d: _sizes(d, 3), part="calls"),
        Check("values held", 0.75, lambda d: _sizes(d, 3), part="values"),
        Check("one stage, two stages", 0.5, edge=True, draw=lambda d: [(1,), (2,), *_sizes(d)]),
    ),
    hints=("How many calls of f lead from w to the input of stage k?",
           "Add 0 + 1 + 2 + … for the calls. For the values, look at one call of f in the middle of a run: what is "
           "there, and what will be used later?",
           "The sum of 0 to n − 1 has a short form. In the middle of a run there are w, f's argument and f's result; a "
           "chain of one or two stages has fewer values than that."),
    read='lesson 7, "store or recompute"', difficulty=2, minutes=5,
)


@RECOMPUTED_COST.mistake(code="R01", title="a call that nobody needs",
                         says="Every run goes one stage too far: the slope is taken at the input of a stage.",
                         ask="How many calls does it take to get to w itself?")
def recomputed_cost(n):
    return n * (n + 1) // 2, min(n, 3)


@RECOMPUTED_COST.mistake(code="R04", title="the cost of storing",
                         says="That is what it costs to store every value.",
                         ask="With nothing kept, how do you get to the input of the last stage, and then to that of "
                             "the one before?")
def recomputed_cost(n):
    return n - 1, n


@RECOMPUTED_COST.mistake(code="R08", title="every run as long as the longest",
                         says="You counted every run as n − 1 calls. The way to an early stage is shorter.",
                         ask="How many calls lead to the input of stage k?")
def recomputed_cost(n):
    return n * (n - 1), min(n, 3)


@RECOMPUTED_COST.mistake(code="R08", title="n squared",
                         says="You counted n calls for every slope.",
                         ask="How many calls lead to the input of stage k?")
def recomputed_cost(n):
    return n * n, min(n, 3)


@RECOMPUTED_COST.mistake(code="R06", title="two values at a time",
                         says="Two are too few. While f works, its argument and its result are both there, and one "
                              "value more is waiting.",
                         ask="Where will the next run start?")
def recomputed_cost(n):
    return n * (n - 1) // 2, min(n, 2)


@RECOMPUTED_COST.mistake(code="R06", title="one value at a time",
                         says="One is too few. While f works, its argument and its result are both there, and one "
                              "value more is waiting.",
                         ask="Where will the next run start?")
def recomputed_cost(n):
    return n * (n - 1) // 2, 1


@RECOMPUTED_COST.mistake(code="R09", title="the values pile up",
                         says="You hold all values. Here each is dropped as soon as the next is made.",
                         ask="Once f(f(w)) is there, does anybody use f(w)?")
def recomputed_cost(n):
    return n * (n - 1) // 2, n


@RECOMPUTED_COST.mistake(code="R10", title="three values, however few there are",
                         says="With one or two stages there are not three values to hold.",
                         ask="Which values are there when n is 1?")
def recomputed_cost(n):
    return n * (n - 1) // 2, 3


@RECOMPUTED_COST.mistake(code="X05", title="the results the other way round",
                         says="The two numbers are right, in the other order.",
                         ask="In which order does the stub name them?")
def recomputed_cost(n):
    return min(n, 3), n * (n - 1) // 2


@RECOMPUTED_COST.mistake(**CONSTANT)
def recomputed_cost(n):
    return 3, 3


@RECOMPUTED_COST.alternative(title="a sum")
def recomputed_cost(n):
    return sum(range(n)), min(3, n)


@RECOMPUTED_COST.alternative(title="two loops")
def recomputed_cost(n):
    calls = 0
    for k in range(n):
        for _ in range(k):
            calls += 1
    return [calls, n if n < 3 else 3]


@RECOMPUTED_COST.alternative(title="a float and an array")
def recomputed_cost(n):
    return np.array([n * (n - 1) / 2, np.minimum(n, 3)])


@RECOMPUTED_COST.alternative(title="recursion")
def recomputed_cost(n):
    if n == 1:
        return 0, 1
    calls, values = recomputed_cost(n - 1)
    return calls + n - 1, min(values + 1, 3)
