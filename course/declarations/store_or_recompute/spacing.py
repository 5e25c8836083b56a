"""How far apart the checkpoints should be."""

from fractions import Fraction

import numpy as np

from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT
from course.words import sentences, tr


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
        seen = tr("With n = {n} you returned {every}.", n=n, every=f"{every:.4g}")
        return said(sentences(seen, tr("It should be a whole number from 1 to {n}.", n=n)),
                    "How many stages can lie between two checkpoints?", title="not a number of stages", seen=seen)
    mine, right = (float(spacing_cost(n, int(k))) for k in (every, best))
    if mine > right:
        seen = tr("With n = {n} you returned {every}, which makes n/every + every = {mine}; it can be {right}.", n=n,
                  every=f"{every:.0f}", mine=f"{mine:.4g}", right=f"{right:.4g}")
        return said(seen, "What do the neighbours of your number cost?", title="not the best", seen=seen)
    return None


# ------------------------------------------------------------------------------------ best_every

BEST_EVERY = Exercise(
    "best_every(n)", "every", points=3, oracle=best_spacing,
    checks=(
        Check("small chains", 1.5, test=best_of(3, 16)),
        Check("one stage, ties, neighbours of a tie", 0.75, edge=True, test=best_of(1, 2, 5, 6, 7, 8, 11, 12, 13)),
        Check("long chains", 0.75, edge=True, test=best_of(1000, 2000, large=True)),
    ),
    hints=("As `every` grows, one of the two terms falls and the other rises. Where do they meet?",
           "Try all whole numbers from 1 to n, or find the minimum by calculus and look at its two neighbours.",
           "min takes a key: the cost of a number. By calculus the slope 1 − n/every² is 0 at the root of n; round it "
           "to the nearest."),
    read='lesson 7, "how far apart"', difficulty=2, minutes=6,
)


@BEST_EVERY.mistake(code="R21", title="the root rounded down",
                    says="You rounded the root of n down. That is not always the better neighbour.",
                    ask="For n = 8, which is cheaper: every 2 stages, or every 3?")
def best_every(n):
    return int(n ** 0.5)


@BEST_EVERY.mistake(code="R21", title="the root rounded up",
                    says="You rounded the root of n up. That is not always the better neighbour.",
                    ask="For n = 5, which is cheaper: every 2 stages, or every 3?")
def best_every(n):
    return int(np.ceil(n ** 0.5))


@BEST_EVERY.mistake(code="R22", title="not a whole number",
                    says="The root of n is seldom a whole number.",
                    ask="How many stages can lie between two checkpoints?")
def best_every(n):
    return n ** 0.5


@BEST_EVERY.mistake(code="R23", title="half of n",
                    says="Two segments are best for short chains only.",
                    ask="What does n/every + every give for n = 100, every = 50?")
def best_every(n):
    return max(n // 2, 1)


@BEST_EVERY.mistake(code="R23", title="the logarithm",
                    says="A logarithm grows too slowly here.",
                    ask="What does n/every + every give for n = 1000, every = 10? And for 30?")
def best_every(n):
    return max(1, round(float(np.log2(n))))


@BEST_EVERY.mistake(code="R11", title="everything is stored",
                    says="A checkpoint every n stages keeps only w, and then makes all values of its one segment at "
                         "once.",
                    ask="What does n/every + every give there?")
def best_every(n):
    return n


@BEST_EVERY.mistake(code="R11", title="a checkpoint at every stage",
                    says="A checkpoint at every stage stores everything.",
                    ask="What does n/every + every give there?")
def best_every(n):
    return 1


@BEST_EVERY.mistake(code="R24", title="the division rounded down",
                    says="You compared n // every + every. It is n/every that is asked, without rounding.",
                    ask="For n = 7, what do 2 and 3 cost exactly?")
def best_every(n):
    return min(range(1, n + 1), key=lambda every: n // every + every)


@BEST_EVERY.mistake(code="R24", title="the division rounded up",
                    says="You rounded n/every up to whole checkpoints. It is n/every that is asked, without rounding.",
                    ask="For n = 13, what do 3 and 4 cost exactly?")
def best_every(n):
    return min(range(1, n + 1), key=lambda every: -(-n // every) + every)


@BEST_EVERY.mistake(code="R25", title="the cost, not the number",
                    says="You returned what the best spacing costs.",
                    ask="Which `every` has that cost?")
def best_every(n):
    return min(n / every + every for every in range(1, n + 1))


@BEST_EVERY.mistake(**CONSTANT)
def best_every(n):
    return 2


@BEST_EVERY.alternative(title="a search")
def best_every(n):
    return min(range(1, n + 1), key=lambda k: n / k + k)


@BEST_EVERY.alternative(title="a search, the larger at a tie")
def best_every(n):
    best = 1
    for k in range(2, n + 1):
        if n + k * k <= (n / best + best) * k * (1 + 1e-12):
            best = k
    return best


@BEST_EVERY.alternative(title="two neighbours")
def best_every(n):
    import math
    low = math.isqrt(n)
    return low if n / low + low <= n / (low + 1) + low + 1 else low + 1


@BEST_EVERY.alternative(title="the root as a numpy number")
def best_every(n):
    return np.round(np.sqrt(n))


@BEST_EVERY.alternative(title="an array")
def best_every(n):
    k = np.arange(1, n + 1)
    return k[(n / k + k).argmin()]
