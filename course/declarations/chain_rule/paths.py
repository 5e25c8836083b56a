"""A gradient as a sum over paths."""

import functools

import numpy as np

from course.checks.covering import Made
from course.checks.exercise import Check, Exercise
from course.declarations.chain_rule.graphs import (
    NINE_PATHS,
    OLAH,
    REPEATS,
    SUM_TIMES,
    all_gradients,
    forward,
    random_graph,
    with_values,
)
from course.declarations.shared import CONSTANT


def one_gradient(graph, u, j):
    """The oracle of sum_over_paths."""
    return all_gradients(graph, u)[j]


# `join` makes one number of the list of all paths' products.
_PATHS = """def sum_over_paths(graph, u, j):
    def paths(i, so_far):
        if i == len(graph) - 1:
            return [so_far]
        found = []
        for k in range(i + 1, len(graph)):
            if graph[k] is not None:
                f, partials, parents = graph[k]
                values = [u[p] for p in parents]
                for slot in {slots}:
                    if parents[slot] == i:
                        found += paths(k, so_far {along} partials[slot](*values))
        return found
    found = paths(j, {start})
    return {join}"""


def _paths(join="sum(found)", slots="range(len(parents))", along="*", start="1.0"):
    return _PATHS.format(join=join, slots=slots, along=along, start=start)


# ------------------------------------------------------------------------------------ sum_over_paths

SUM_OVER_PATHS = Exercise(
    "sum_over_paths(graph, u, j)", "du", points=1, oracle=one_gradient,
    checks=(
        Check("two paths, nine paths", 0.5, lambda d: [
            (*with_values(OLAH, [2.0, 1.0]), 1), (*with_values(NINE_PATHS, [1.5]), 0),
            (*with_values(OLAH, d.numbers(2)), 1),
            (*with_values(OLAH, [-d.positive(), -d.positive(1.1, 3.0)]), 1)]),
        Check("the table's gradients, on graphs drawn at random", 0.5, edge=True, draw=lambda d: [
            (*with_values(REPEATS, d.numbers(2)), 2), (*with_values(REPEATS, d.numbers(2)), 3),
            (*with_values(SUM_TIMES, d.numbers(3)), 4),
            *((*with_values(*random_graph(d)), j) for j in (0, 1, 2))]),
    ),
    base=lambda d: [(SUM_TIMES, Made(functools.partial(forward, SUM_TIMES), list(d.numbers(3))), 1)],
    hints=("Which paths lead from index j to the last index? What does one of them contribute?",
           "Along a path the local gradients multiply; the paths add. The paths from j begin with one step to a "
           "child, and go on like the paths from that child.",
           "If j is the last index, the answer is 1. Otherwise add up, over every slot whose parent is j: its local "
           "gradient times the answer for the node that holds the slot."),
    read='lesson 1, "paths and edges"', difficulty=3, minutes=8,
)

SUM_OVER_PATHS.mistake(code="B05", title="added along a path",
                       says="Along each path the slopes were added.",
                       ask="If one step doubles a nudge and the next triples it, what becomes of it?",
                       source=_paths(along="+", start="0.0"))
SUM_OVER_PATHS.mistake(code="B06", title="multiplied across paths",
                       says="The paths were multiplied with each other.",
                       ask="If two paths both carry a nudge, what arrives in total?",
                       source=_paths("float(np.prod(found)) if found else 0.0"))
SUM_OVER_PATHS.mistake(code="B01", title="one path only",
                       says="Only one of the paths was kept.",
                       ask="What is added up where several paths meet?",
                       source=_paths("found[-1] if found else 0.0"))
SUM_OVER_PATHS.mistake(code="B01", title="the first path only",
                       says="Only one of the paths was kept.",
                       ask="What is added up where several paths meet?",
                       source=_paths("found[0] if found else 0.0"))
SUM_OVER_PATHS.mistake(code="B08", title="the mean of the paths",
                       says="You took the mean of the paths.",
                       ask="If two paths both carry a nudge, what arrives in total?",
                       source=_paths("sum(found) / len(found) if found else 0.0"))
SUM_OVER_PATHS.mistake(code="B35", title="the number of paths",
                       says="You counted the paths.",
                       ask="What does each path contribute?",
                       source=_paths("float(len(found))"))
SUM_OVER_PATHS.mistake(code="B36", title="the strongest path",
                       says="Only the strongest path was kept.",
                       ask="Do the others carry nothing at all?",
                       source=_paths("max(found, key=abs) if found else 0.0"))
SUM_OVER_PATHS.mistake(code="E05", title="parents as a set",
                       says="Where a node uses a parent twice, one of the two edges was not walked.",
                       ask="How many edges lead from a to a + a?",
                       source=_paths(slots="{q: k for k, q in enumerate(parents)}.values()"))
SUM_OVER_PATHS.mistake(code="E39", title="no path of length 0",
                       says="For the last value itself there is one path: the empty one.",
                       ask="How much does the output change when it changes by 1?",
                       source=_paths("sum(found) if j < len(graph) - 1 else 0.0"))
SUM_OVER_PATHS.mistake(code="B04", title="started with the output",
                       says="You started the walk with the last value.",
                       ask="How much does the output change when it changes by 1?",
                       source=_paths("sum(found) * u[-1]"))
SUM_OVER_PATHS.mistake(code="G30", title="right for positive slopes only",
                       says="The signs of the paths are lost.",
                       ask="Can two paths cancel each other?",
                       source=_paths("sum(map(abs, found))"))


@SUM_OVER_PATHS.mistake(**CONSTANT)
def sum_over_paths(graph, u, j):
    return 5.0


@SUM_OVER_PATHS.alternative(title="recursion")
def sum_over_paths(graph, u, j):
    if j == len(graph) - 1:
        return 1
    total = 0
    for i, entry in enumerate(graph):
        if entry is not None:
            f, partials, parents = entry
            for partial, p in zip(partials, parents):
                if p == j:
                    total += partial(*[u[q] for q in parents]) * sum_over_paths(graph, u, i)
    return total


@SUM_OVER_PATHS.alternative(title="from the last value down")
def sum_over_paths(graph, u, j):
    last = len(graph) - 1
    def up(i):
        if i == j:
            return 1.0
        if graph[i] is None:
            return 0.0
        f, partials, parents = graph[i]
        values = [u[p] for p in parents]
        return sum(partial(*values) * up(p) for partial, p in zip(partials, parents))
    return up(last)


@SUM_OVER_PATHS.alternative(title="a stack of paths")
def sum_over_paths(graph, u, j):
    total, stack = 0.0, [(len(graph) - 1, 1.0)]
    while stack:
        i, product = stack.pop()
        if i == j:
            total += product
        elif graph[i] is not None:
            _, partials, parents = graph[i]
            values = [u[p] for p in parents]
            stack += [(p, product * d(*values)) for d, p in zip(partials, parents)]
    return np.array(total)


@SUM_OVER_PATHS.alternative(title="powers of a matrix")
def sum_over_paths(graph, u, j):
    n = len(graph)
    A = np.zeros((n, n))
    for i, entry in enumerate(graph):
        if entry is not None:
            for d, p in zip(entry[1], entry[2]):
                A[i, p] += d(*[u[q] for q in entry[2]])
    return sum(np.linalg.matrix_power(A, k)[n - 1, j] for k in range(n))
