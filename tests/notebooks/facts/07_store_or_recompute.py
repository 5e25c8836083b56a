"""The numbers that lesson 7 states, computed."""

from math import ceil, comb, isqrt, log2, sqrt

from autodiff.trace import trace
from course.declarations.store_or_recompute.costs import cost_of
from course.declarations.store_or_recompute.logs import recompute
from course.declarations.store_or_recompute.spacing import best_spacing, spacing_cost


def fibonacci(a, b, stages=5):
    for _ in range(stages):
        a, b = b, a + b
    return b


STAGES = 20
GOLDEN = (1 + sqrt(5)) / 2
PATHS = trace(fibonacci, a=1.0, b=1.0).gradient("b")
assert PATHS == 8.0

DRAWN = 24                      # the stages of the picture with the slider
ARRAYS = 64
BEST = best_spacing(ARRAYS)
assert BEST == isqrt(ARRAYS) == 8 and 3 * spacing_cost(ARRAYS, BEST) < ARRAYS

# The best schedule of a million stages with 40 places: about 5 calls for each.
MILLION, PLACES = 10**6, ceil(2 * log2(10**6))
REPEATS = next(r for r in range(100) if comb(PLACES + r, PLACES) >= MILLION)
assert round((REPEATS * MILLION - comb(PLACES + REPEATS, PLACES + 1)) / MILLION) == 5

# The two programs of "predict first" and of the plot.
assert cost_of(recompute)(STAGES) == (sum(range(STAGES)), 3)

FACTS = {
    "20": [STAGES, 2 * sqrt(100)],
    "19": STAGES - 1,
    "24": DRAWN,
    "1.618": GOLDEN,
    "40": [2 * STAGES, ceil(2 * log2(10**6))],
    "64": ARRAYS,
    "128": 2 * ARRAYS,
    "100": 10**2,
    "2,000": 2 * sqrt(10**6),
    "13": 10 + 3,
    "286": comb(10 + 3, 10),
}
