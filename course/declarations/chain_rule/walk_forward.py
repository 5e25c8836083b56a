"""The values of a graph."""

import numpy as np

from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.declarations.chain_rule.graphs import (
    OLAH,
    REPEATS,
    SHORT_AND_LONG,
    SUM_TIMES,
    eighteen_doublings,
    forward,
    random_graph,
)
from course.declarations.functions import Counter
from course.declarations.shared import CONSTANT
from course.words import tr


def each_node_once(ask):
    graph, u, _ = eighteen_doublings()
    counter = Counter(limit=10 * 18)
    counted = [entry and (counter.of(entry[0]), entry[1], entry[2]) for entry in graph]
    asked = ask.record((counted, [0.7]), u)
    ask.count(counter.calls)
    if counter.too_many:
        return said(tr("Eighteen doublings are 18 nodes. After {n} calls yours was still under way: it computes a node "
                       "anew each time that it is used.", n=counter.limit),
                    "Where do you keep a value once you have it?", "E04", "one call per path")
    if asked.problem:
        return asked.problem
    if counter.calls != 18:
        return said(tr("A graph with 18 nodes took {n} calls.", n=counter.calls),
                    "How often must each node be computed?", "B32", "calls of the nodes' functions")
    return None


# ------------------------------------------------------------------------------------ evaluate_graph

EVALUATE_GRAPH = Exercise(
    "evaluate_graph(graph, inputs)", "u", points=1, oracle=forward,
    checks=(
        Check("two small graphs", 0.5, lambda d: [
            (SUM_TIMES, [-2.0, 5.0, -4.0]), (OLAH, [2.0, 1.0]), (SUM_TIMES, list(d.numbers(3)))]),
        Check("inputs anywhere in the list", 0.25, edge=True, draw=lambda d: [
            (REPEATS, list(d.numbers(2))), (SHORT_AND_LONG, [d.number()]), random_graph(d), random_graph(d)]),
        Check("each node once", 0.25, edge=True, shown=True, test=each_node_once),
    ),
    hints=("The list is in topological order. What do you know about the parents when you come to a node?",
           "Go through the list once and append one value for each entry: the next input, or f of the parents' values.",
           "An iterator over the inputs gives the next one at each None. Otherwise call the entry's first part with "
           "the values that u holds at its third part."),
    read='lesson 1, "any graph"', difficulty=2, minutes=6,
)


@EVALUATE_GRAPH.mistake(code="E04", title="one call per path",
                        says="The values are right, but a node is computed anew each time that it is used.",
                        ask="Where do you keep a value once you have it?")
def evaluate_graph(graph, inputs):
    given = iter(inputs)
    placed = {i: next(given) for i, e in enumerate(graph) if e is None}
    def value(i):
        if i in placed:
            return placed[i]
        f, partials, parents = graph[i]
        return f(*[value(p) for p in parents])
    return [value(i) for i in range(len(graph))]


@EVALUATE_GRAPH.mistake(code="E34", title="inputs expected at the front",
                        says="An input may stand anywhere in the list; you took them all at the front.",
                        ask="How do you know, at index i, that an input is due?")
def evaluate_graph(graph, inputs):
    u = list(inputs)
    for entry in graph[len(inputs):]:
        if entry is None:
            u.append(0.0)
            continue
        f, partials, parents = entry
        u.append(f(*[u[p] for p in parents]))
    return u


@EVALUATE_GRAPH.mistake(code="E34", title="inputs by the index of the list",
                        says="The third input need not stand at index 2: it is the third None.",
                        ask="How do you know which input is due next?")
def evaluate_graph(graph, inputs):
    u = []
    for i, entry in enumerate(graph):
        if entry is None:
            u.append(inputs[i])
        else:
            u.append(entry[0](*[u[p] for p in entry[2]]))
    return u


@EVALUATE_GRAPH.mistake(code="E35", title="inputs from the end",
                        says="The inputs were taken from the end of their list.",
                        ask="Which end does pop() take?")
def evaluate_graph(graph, inputs):
    rest, u = list(inputs), []
    for entry in graph:
        if entry is None:
            u.append(rest.pop())
        else:
            u.append(entry[0](*[u[p] for p in entry[2]]))
    return u


@EVALUATE_GRAPH.mistake(code="E36", title="the parents' indices, not their values",
                        says="The functions got the indices of the parents.",
                        ask="What do you find in u at such an index?")
def evaluate_graph(graph, inputs):
    u, given = [], iter(inputs)
    for entry in graph:
        u.append(next(given) if entry is None else entry[0](*entry[2]))
    return u


@EVALUATE_GRAPH.mistake(code="E37", title="the parents sorted",
                        says="A function got its arguments in another order than that of its parents.",
                        ask="Is a − b the same as b − a?")
def evaluate_graph(graph, inputs):
    u, given = [], iter(inputs)
    for entry in graph:
        if entry is None:
            u.append(next(given))
        else:
            u.append(entry[0](*[u[p] for p in sorted(entry[2])]))
    return u


@EVALUATE_GRAPH.mistake(code="X31", title="only the last value",
                        says="You returned the last value alone.",
                        ask="Which values will the backward pass need?")
def evaluate_graph(graph, inputs):
    u, given = [], iter(inputs)
    for entry in graph:
        if entry is None:
            u.append(next(given))
        else:
            u.append(entry[0](*[u[p] for p in entry[2]]))
    return u[-1]


@EVALUATE_GRAPH.mistake(code="X31", title="without the inputs",
                        says="The inputs' own values are missing from the list.",
                        ask="Which values will the backward pass need?")
def evaluate_graph(graph, inputs):
    u, given = [], iter(inputs)
    for entry in graph:
        if entry is None:
            u.append(next(given))
        else:
            u.append(entry[0](*[u[p] for p in entry[2]]))
    return [v for v, entry in zip(u, graph) if entry is not None]


@EVALUATE_GRAPH.mistake(code="E38", title="local gradients instead of values",
                        says="The local gradients were called where the value is wanted.",
                        ask="Which part of (f, partials, parents) gives the value?")
def evaluate_graph(graph, inputs):
    u, given = [], iter(inputs)
    for entry in graph:
        if entry is None:
            u.append(next(given))
        else:
            u.append(entry[1][0](*[u[p] for p in entry[2]]))
    return u


@EVALUATE_GRAPH.mistake(**CONSTANT)
def evaluate_graph(graph, inputs):
    return [-2.0, 5.0, -4.0, 3.0, -12.0]


@EVALUATE_GRAPH.alternative(title="a counter")
def evaluate_graph(graph, inputs):
    u, k = [], 0
    for entry in graph:
        if entry is None:
            u.append(inputs[k])
            k += 1
        else:
            f, _, parents = entry
            u.append(f(*(u[p] for p in parents)))
    return u


@EVALUATE_GRAPH.alternative(title="an array")
def evaluate_graph(graph, inputs):
    u = np.zeros(len(graph))
    u[[entry is None for entry in graph]] = inputs
    for i, entry in enumerate(graph):
        if entry is not None:
            u[i] = entry[0](*u[list(entry[2])])
    return u


@EVALUATE_GRAPH.alternative(title="a tuple, by recursion that remembers")
def evaluate_graph(graph, inputs):
    given = iter(inputs)
    known = {i: next(given) for i, e in enumerate(graph) if e is None}
    def value(i):
        if i not in known:
            known[i] = graph[i][0](*map(value, graph[i][2]))
        return known[i]
    return tuple(value(i) for i in range(len(graph)))


@EVALUATE_GRAPH.alternative(title="a local copy of the inputs")
def evaluate_graph(graph, inputs):
    rest = list(inputs)[::-1]
    u = []
    for entry in graph:
        u += [rest.pop() if entry is None else entry[0](*[u[p] for p in entry[2]])]
    return u
