"""The gradients of all values of a graph, by one walk back."""

import functools

import numpy as np

from course.checks.comparing import said
from course.checks.covering import Made
from course.checks.exercise import Check, Exercise
from course.declarations.chain_rule.graphs import (
    NINE_PATHS,
    OLAH,
    REPEATS,
    SHORT_AND_LONG,
    SUM_TIMES,
    all_gradients,
    eighteen_doublings,
    forward,
    random_graph,
    with_values,
)
from course.declarations.functions import Counter, times
from course.declarations.shared import CONSTANT
from course.words import tr

EDGES = 2 * 18


def one_call_per_edge(ask):
    graph, u, grads = eighteen_doublings()
    counter = Counter(limit=10 * EDGES)
    counted = [entry and (entry[0], tuple(map(counter.of, entry[1])), entry[2]) for entry in graph]
    asked = ask.record((counted, u), grads)
    ask.count(counter.calls)
    if counter.too_many:
        return said(tr("Eighteen doublings have {edges} edges, but {paths} paths. After {n} calls of local derivatives "
                       "yours was still under way: it walks along every path.",
                       edges=EDGES, paths=f"{2**18:,}", n=counter.limit),
                    "Which result do all paths through a node have in common?", "E04", "one call per path")
    if asked.problem:
        return asked.problem
    if counter.calls != EDGES:
        return said(tr("The local gradients of a graph with {edges} edges were called {times}.", edges=EDGES,
                       times=times(counter.calls)),
                    "How often must you cross an edge on the way back?", "B32", "calls of local gradients")
    return None


# The walk back, with one thing changed.
_TABLE = """grads = {{i: 0.0 for i in range(len(graph))}}
grads[len(graph) - 1] = {seed}
for i in {order}:
    if graph[i] is None:
        continue
    f, partials, parents = graph[i]
    values = [u[p] for p in parents]
    for partial, p in {slots}:
        {step}
return grads"""


def _table(seed="1.0", order="reversed(range(len(graph)))", slots="zip(partials, parents)",
           step="grads[p] += grads[i] * partial(*values)"):
    return _TABLE.format(seed=seed, order=order, slots=slots, step=step)


# A walk back from the last node that takes nodes from a list in some order of its own, each of them once.
_WALK = """grads = {{i: 0.0 for i in range(len(graph))}}
grads[len(graph) - 1] = 1.0
waiting, done = [len(graph) - 1], set()
while waiting:
    i = waiting.pop({end})
    if i in done or graph[i] is None:
        continue
    done.add(i)
    f, partials, parents = graph[i]
    values = [u[p] for p in parents]
    for partial, p in zip(partials, parents):
        grads[p] += grads[i] * partial(*values)
        waiting.append(p)
return grads"""


# ------------------------------------------------------------------------------------ grad_table

GRAD_TABLE = Exercise(
    "grad_table(graph, u)", "grads", points=3, oracle=all_gradients,
    checks=(
        Check("two small graphs", 0.75, lambda d: [
            with_values(SUM_TIMES, [-2.0, 5.0, -4.0]), with_values(OLAH, [2.0, 1.0]), with_values(OLAH, d.numbers(2))]),
        Check("a short and a long path, repeated parents", 0.75, edge=True, shown=True, draw=lambda d: [
            with_values(SHORT_AND_LONG, [1.5]), with_values(NINE_PATHS, [d.number()]),
            with_values(REPEATS, d.numbers(2))]),
        Check("graphs drawn at random", 0.75, edge=True, draw=lambda d: [
            with_values(SHORT_AND_LONG, [d.number()]), *(with_values(*random_graph(d)) for _ in range(3))]),
        Check("one call for each edge of 18 doublings", 0.75, edge=True, test=one_call_per_edge),
    ),
    base=lambda d: [(SUM_TIMES, Made(functools.partial(forward, SUM_TIMES), list(d.numbers(3))))],
    hints=("Which gradient do you know before you have done anything? Which ones follow from it?",
           "Start with 0 everywhere and 1 at the last index. Walk the list from its end; each node adds its gradient "
           "times its local gradient to each parent.",
           "For a node (f, partials, parents): collect the parents' values from u; then for slot k, the entry of "
           "parents[k] grows by the node's gradient times partials[k] of these values."),
    read='lesson 1, "any graph"', difficulty=4, minutes=15,
)

GRAD_TABLE.mistake(code="B01", title="overwrites at a fork",
                   says="A value that is used twice gets two contributions; you kept only one.",
                   ask="What is added up where several paths meet?",
                   body=_table(step="grads[p] = grads[i] * partial(*values)"))
GRAD_TABLE.mistake(code="B03", title="paid twice",
                   says="Where a node uses a parent twice, each slot paid for both.",
                   ask="How much is due for one slot, as if its inputs were different?",
                   body=_table(step="grads[p] += grads[i] * sum(d(*values) "
                                    "for d, q in zip(partials, parents) if q == p)"))
GRAD_TABLE.mistake(code="B04", title="started with the output",
                   says="You started the walk with the last value.",
                   ask="How much does the output change when it changes by 1?",
                   body=_table(seed="u[-1]"))
GRAD_TABLE.mistake(code="B06", title="multiplied where paths meet",
                   says="Where several paths meet, you multiplied.",
                   ask="What is done across paths, and what along a path?",
                   body=_table(step="g = grads[i] * partial(*values)\n"
                                    "        grads[p] = grads[p] * g if grads[p] else g"))
GRAD_TABLE.mistake(code="B08", title="the mean of the paths",
                   says="Where several paths meet, you took the mean.",
                   ask="If both paths carry a nudge, what arrives in total?",
                   body=_table(step="g = grads[i] * partial(*values)\n"
                                    "        grads[p] = (grads[p] + g) / 2 if grads[p] else g"))


@GRAD_TABLE.mistake(code="E01", title="no topological order",
                    says="A node passed its gradient on before it was complete, and passed the same on again later.",
                    ask="When has a node received all that it will ever receive?")
def grad_table(graph, u):
    grads = {i: 0.0 for i in range(len(graph))}
    grads[len(graph) - 1] = 1.0
    def push(i):
        if graph[i] is None:
            return
        f, partials, parents = graph[i]
        values = [u[p] for p in parents]
        for partial, p in zip(partials, parents):
            grads[p] += grads[i] * partial(*values)
            push(p)
    push(len(graph) - 1)
    return grads


GRAD_TABLE.mistake(code="E02", title="as deep as it goes first",
                   says="A node passed its gradient on before all of its children had paid.",
                   ask="In which order of the list does every child come before its parents?",
                   body=_WALK.format(end="-1"))
GRAD_TABLE.mistake(code="E03", title="nearest first",
                   says="A short path overtook a long one: a node passed its gradient on before all of its children "
                        "had paid.",
                   ask="In which order of the list does every child come before its parents?",
                   body=_WALK.format(end="0"))


@GRAD_TABLE.mistake(code="E04", title="one call per path",
                    says="The values are right, but you walk along every path: their number doubles with each "
                         "doubling.",
                    ask="Which result do all paths through a node have in common?")
def grad_table(graph, u):
    last = len(graph) - 1
    def down(j):
        if j == last:
            return 1.0
        total = 0.0
        for i in range(j + 1, len(graph)):
            if graph[i] is not None:
                f, partials, parents = graph[i]
                for partial, p in zip(partials, parents):
                    if p == j:
                        total += partial(*[u[q] for q in parents]) * down(i)
        return total
    return {j: down(j) for j in range(len(graph))}


GRAD_TABLE.mistake(code="E05", title="parents as a set",
                   says="Where a node uses a parent twice, one of the two slots was not paid.",
                   ask="How many edges lead into a + a?",
                   body=_table(slots="((partials[parents.index(p)], p) for p in set(parents))"))
GRAD_TABLE.mistake(code="E31", title="from the inputs to the output",
                   says="You walked from the inputs to the output; the gradient starts at the output.",
                   ask="Which gradient is known before all others?",
                   body=_table(order="range(len(graph))"))


@GRAD_TABLE.mistake(code="C36", title="not by the local gradients",
                    says="The values are right, but they come from nudging every value, and not from the local "
                         "gradients.",
                    ask="How much work is that when there are a million values?")
def grad_table(graph, u):
    h = 1e-5
    def last_value(k, nudge):
        v = list(u)
        v[k] += nudge
        for i in range(k + 1, len(graph)):
            if graph[i] is not None:
                v[i] = graph[i][0](*[v[p] for p in graph[i][2]])
        return v[-1]
    return {k: (last_value(k, h) - last_value(k, -h)) / (2 * h) for k in range(len(graph))}


GRAD_TABLE.mistake(code="E33", title="local gradients at the output",
                   says="A local gradient was taken at the node's own value.",
                   ask="Which values did the node see in the forward pass?",
                   body=_table(step="grads[p] += grads[i] * partial(*[u[i]] * len(parents))"))
GRAD_TABLE.mistake(code="X31", title="entries are missing",
                   says="Only the inputs have an entry.",
                   ask="Does a value in between have a gradient too?",
                   body=_table().replace("return grads",
                                         "return {i: g for i, g in grads.items() if graph[i] is None}"))


@GRAD_TABLE.mistake(**CONSTANT)
def grad_table(graph, u):
    return {0: -4.0, 1: -4.0, 2: 3.0, 3: -4.0, 4: 1.0}


@GRAD_TABLE.alternative(title="each value collects from its children")
def grad_table(graph, u):
    n = len(graph)
    grads = {n - 1: 1.0}
    for j in range(n - 2, -1, -1):
        grads[j] = 0.0
        for i in range(j + 1, n):
            if graph[i] is not None:
                f, partials, parents = graph[i]
                for k, p in enumerate(parents):
                    if p == j:
                        grads[j] += grads[i] * partials[k](*[u[q] for q in parents])
    return grads


@GRAD_TABLE.alternative(title="recursion that remembers")
def grad_table(graph, u):
    import functools

    last = len(graph) - 1
    uses = {j: [(i, k) for i, e in enumerate(graph) if e for k, p in enumerate(e[2]) if p == j]
            for j in range(last + 1)}
    @functools.cache
    def grad(j):
        if j == last:
            return 1.0
        return sum(grad(i) * graph[i][1][k](*[u[p] for p in graph[i][2]]) for i, k in uses[j])
    return {j: grad(j) for j in range(last + 1)}


@GRAD_TABLE.alternative(title="a system of equations")
def grad_table(graph, u):
    n = len(graph)
    A = np.zeros((n, n))
    for i, entry in enumerate(graph):
        if entry is not None:
            for partial, p in zip(entry[1], entry[2]):
                A[p, i] += partial(*[u[q] for q in entry[2]])
    seed = np.zeros(n)
    seed[-1] = 1.0
    return dict(enumerate(np.linalg.solve(np.eye(n) - A, seed)))


@GRAD_TABLE.alternative(title="an array")
def grad_table(graph, u):
    g = np.zeros(len(graph))
    g[-1] = 1
    for i in range(len(graph) - 1, -1, -1):
        if graph[i]:
            _, partials, parents = graph[i]
            for k in range(len(parents)):
                g[parents[k]] = g[parents[k]] + partials[k](*(u[p] for p in parents)) * g[i]
    return {i: g[i] for i in range(len(g))}
