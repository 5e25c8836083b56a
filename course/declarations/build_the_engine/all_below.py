"""Walks over all that lies below a root."""

from course.checks.exercise import Check, Exercise
from course.declarations.build_the_engine.graphs import (
    BRANCHES,
    CHAIN,
    CUBE,
    DEPTH,
    DOUBLINGS,
    EDGES,
    EQUAL,
    FORK,
    JOIN,
    NEURON,
    SHORT_AND_LONG,
    SQUARE,
    SUM_TIMES,
    SUMS,
    THREE,
    WIDE,
    below,
    drawn,
    numbers,
)
from course.declarations.build_the_engine.work import DEEP, MARKED, PER_PATH, SAME_VALUE, large, plain_doublings
from course.declarations.engine_nodes import ENGINE
from course.declarations.shared import CONSTANT

ZERO_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, root, times=1):
    """Gradients are written into all nodes and the answer is called, `times` times.

    Afterwards: {name: .grad}, {input's name: .data}, and how many nodes without a name still hold a gradient.
    """
    nodes = build(graph, inputs)
    changed = False
    for _ in range(times):
        for k, node in enumerate(Value.made):
            node.grad = k + 1.5
        bounded(answer, nodes[root])
        changed = changed or any(node.grad is None or node.grad != k + 1.5 for k, node in enumerate(Value.made))
    if not changed and not getattr(getattr(answer, "__code__", None), "co_names", True):
        return None             # it does nothing at all
    named = set(nodes.values())
    return {name: node.grad for name, node in nodes.items()}, {name: nodes[name].data for name in inputs}, \\
        sum(node.grad is None or node.grad != 0 for node in Value.made if node not in named)
'''

COUNT_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, roots):
    """The answer for the last of the roots; it is asked for each in turn."""
    nodes = build(graph, inputs)
    for root in roots:
        found = bounded(answer, nodes[root])
    return found
'''


def zeroed(graph, inputs, root, times=1):
    labels, _ = drawn(graph, tuple(inputs))
    reached = below(graph, inputs, root)
    return {name: 0.0 if place in reached else place + 1.5 for name, place in labels.items()}, dict(inputs), 0


def edges_below(graph, inputs, roots):
    _, parents = drawn(graph, tuple(inputs))
    return sum(len(parents[k]) for k in below(graph, inputs, roots[-1]))


_ALL = """seen, stack = set(), [root]
while stack:
    node = stack.pop()
    if {key} in seen:
        continue
    seen.add({key})
    {do}
    stack.extend(node.parents)
"""
_ALL_RECURSIVE = """seen = set()
def visit(node):
    if id(node) not in seen:
        seen.add(id(node))
        {do}
        for parent in node.parents:
            visit(parent)
visit(root)
"""
_ALL_MARKS = """stack = [root]
while stack:
    node = stack.pop()
    if hasattr(node, "visited"):
        continue
    node.visited = True
    {do}
    stack.extend(node.parents)
"""
_ALL_AGAIN = """nodes, known = [root], {{id(root)}}
while True:
    more = [p for node in nodes for p in node.parents if id(p) not in known]
    if not more:
        break
    nodes.append(more[0])
    known.add(id(more[0]))
for node in nodes:
    {do}
"""


def _zero(walk=_ALL, key="id(node)", do="node.grad = 0.0"):
    return walk.format(key=key, do=do) + "return None\n"


def _count(walk=_ALL, key="id(node)", do="count += len(node.parents)", end="count"):
    # Counted in a list, so that functions inside may add to it.
    do = do.replace("count +=", "count[0] +=")
    return "count = [0]\n" + walk.format(key=key, do=do) + f"return {end.replace('count', 'count[0]')}\n"


# ------------------------------------------------------------------------------------ zero_grad

ZERO_GRAD = Exercise(
    "zero_grad(root)", "grads, data, others", points=2, oracle=zeroed, driver=ZERO_DRIVER,
    checks=(
        Check("small graphs", 0.5, lambda d: [
            (SUM_TIMES, numbers(d, "x", "y", "z"), "f"), (SQUARE, numbers(d, "x"), "f"),
            (NEURON, numbers(d, "w", "x", "b"), "f")]),
        Check("what is not below the root is left alone", 0.5, edge=True, shown=True, draw=lambda d: [
            (BRANCHES, numbers(d, "a"), "c"), (SUM_TIMES, numbers(d, "x", "y", "z"), "q"),
            (SHORT_AND_LONG, numbers(d, "a"), "b")]),
        Check("equal values, and twice", 0.25, edge=True, draw=lambda d: [
            (EQUAL, {"a": 3.0}, "e"), (CUBE, numbers(d, "a"), "L", 2)]),
        Check("18 doublings", 0.375, edge=True, once=True, test=plain_doublings(
            "goes", (DOUBLINGS, {"a": 0.7}, "u"), lambda: zeroed(DOUBLINGS, {"a": 0.7}, "u"))),
        Check(f"a chain of {DEPTH:,}, a wide graph", 0.375, edge=True, once=True, test=large(lambda d: [
            ((graph, inputs, root), zeroed(graph, inputs, root)) for graph, inputs, root in (
                (CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s"))])),
    ),
    base=lambda d: [(SUM_TIMES, numbers(d, "x", "y", "z"), "f")],
    hints=("Which nodes has the root got below it? How do you come to each of them once?",
           "Keep a stack of nodes to look at and a set of nodes that you have met. The order does not matter here.",
           "Pop a node; if you have met it, go on; otherwise note it, set its .grad to 0.0, and push its parents."),
    read='lesson 6, "twice through one graph"', difficulty=2, minutes=6,
)

ZERO_GRAD.mistake(code="E49", title="leaves only",
                  says="You cleared the leaves; the nodes in between keep their gradients.",
                  ask="Which nodes lie below the root?",
                  body=_zero(do="if not node.parents:\n        node.grad = 0.0"))
ZERO_GRAD.mistake(code="E50", title="leaves are left",
                  says="You cleared the inner nodes, and the leaves keep their gradients.",
                  ask="In which nodes do gradients add up?",
                  body=_zero(do="if node.parents:\n        node.grad = 0.0"))
ZERO_GRAD.mistake(code="E51", title="the root is left",
                  says="The root itself keeps its gradient.",
                  ask="Does the root have a gradient?",
                  body=_zero(do="if node is not root:\n        node.grad = 0.0"))


@ZERO_GRAD.mistake(code="E54", title="one level only",
                   says="You cleared the root and its parents, and stopped there.",
                   ask="Where do you find the parents of the parents?")
def zero_grad(root):
    root.grad = 0.0
    for parent in root.parents:
        parent.grad = 0.0
    return None


ZERO_GRAD.mistake(code="E52", title="None in place of 0",
                  says="You wrote None; the next pass will add to it.",
                  ask="What is None + 1?",
                  body=_zero(do="node.grad = None"))
ZERO_GRAD.mistake(code="E53", title="the values are wiped out",
                  says="You cleared the data as well.",
                  ask="Which of the two should be 0 now: .grad or .data?",
                  body=_zero(do="node.grad = node.data = 0.0"))


@ZERO_GRAD.mistake(code="E04", title="one call per path",
                   says="You go down every path, also where you have been before: 18 doublings have 36 edges and "
                        "262,144 paths.",
                   ask=PER_PATH)
def zero_grad(root):
    stack = [root]
    while stack:
        node = stack.pop()
        node.grad = 0.0
        stack.extend(node.parents)
    return None


ZERO_GRAD.mistake(code="E06", title="equality by value", **SAME_VALUE,
                  body=_zero(key="node.data"))
ZERO_GRAD.mistake(code="E07", title="recursion limit", **DEEP,
                  body=_zero(_ALL_RECURSIVE))
ZERO_GRAD.mistake(code="E42", title="marks left on the nodes", **MARKED,
                  body=_zero(_ALL_MARKS))
ZERO_GRAD.mistake(code="E44", title="a walk for each node",
                  says="For each node you look at all the others again.",
                  ask="What do you know after one walk that you need not look for again?",
                  body=_zero(_ALL_AGAIN))


@ZERO_GRAD.mistake(code="E70", title="nothing is changed",
                   says="Your function came to its end and left every .grad as it was.",
                   ask="Which of your lines are ever reached, and how would you find out?")
def zero_grad(root):
    seen, stack = set(), [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            seen.add(id(node))
            node.grad = 0.0
            stack.extend(node.parents)
    return None


@ZERO_GRAD.mistake(code="E57", title="the first parent only",
                   says="You followed the first parent of each node, and no other.",
                   ask="How many parents may a node have?")
def zero_grad(root):
    node = root
    while True:
        node.grad = 0.0
        if not node.parents:
            break
        node = node.parents[0]
    return None


@ZERO_GRAD.alternative(title="a list that grows while it is read")
def zero_grad(root):
    nodes = [root]
    seen = {root}
    for node in nodes:
        node.grad = 0
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                nodes.append(parent)
    return len(nodes)


@ZERO_GRAD.alternative(title="level by level")
def zero_grad(root):
    level, seen = {root}, set()
    while level:
        seen |= level
        level = {p for node in level for p in node.parents} - seen
    for node in seen:
        node.grad = 0.0
    return True


@ZERO_GRAD.alternative(title="a stack")
def zero_grad(root):
    seen, stack = set(), [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        node.grad = 0.0
        stack.extend(node.parents)
    return root


@ZERO_GRAD.alternative(title="a callable object")
class Clear:
    def __call__(self, root):
        todo, known = [root], {}
        while todo:
            node = todo.pop()
            if known.setdefault(id(node), True) == 2:
                continue
            known[id(node)] = 2
            node.grad = 0.0
            todo += node.parents


# ------------------------------------------------------------------------------------ count_edges

COUNT_EDGES = Exercise(
    "count_edges(root)", "edges", points=2, oracle=edges_below, driver=COUNT_DRIVER,
    checks=(
        Check("small graphs", 0.75, lambda d: [
            (SUM_TIMES, numbers(d, "x", "y", "z"), ["f"]), (SQUARE, numbers(d, "x"), ["f"]),
            (SUMS, numbers(d, "x", "y"), ["f"]), (FORK, numbers(d, "x"), ["f"]),
            (NEURON, numbers(d, "w", "x", "b"), ["f"])]),
        Check("joins, many parents, a leaf alone", 0.5, edge=True, shown=True, draw=lambda d: [
            (JOIN, numbers(d, "a"), ["c"]), (THREE, numbers(d, "x", "y", "z"), ["f"]),
            (SHORT_AND_LONG, numbers(d, "a"), ["L"]), (SUM_TIMES, numbers(d, "x", "y", "z"), ["x"])]),
        Check("equal values, and twice", 0.25, edge=True, draw=lambda d: [
            (EQUAL, {"a": 3.0}, ["e"]), (BRANCHES, numbers(d, "a"), ["c", "d"])]),
        Check("18 doublings", 0.25, edge=True, once=True, test=plain_doublings(
            "counts", (DOUBLINGS, {"a": 0.7}, ["u"]), lambda: EDGES)),
        Check(f"a chain of {DEPTH:,}, a wide graph", 0.25, edge=True, once=True, test=large(lambda d: [
            ((graph, inputs, [root]), edges_below(graph, inputs, [root])) for graph, inputs, root in (
                (CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s"))])),
    ),
    base=lambda d: [(SUM_TIMES, numbers(d, "x", "y", "z"), ["f"])],
    hints=("How many edges lead into one node?", "Add up the numbers of parents, over all nodes below the root, each "
           "of them once.", "A stack, a set of nodes that you have met, and a running sum of len(node.parents)."),
    read='lesson 6, "what it costs"', difficulty=2, minutes=5,
)

COUNT_EDGES.mistake(code="E55", title="nodes in place of edges",
                    says="You counted the nodes.",
                    ask="How many edges lead into a + a?",
                    body=_count(do="count += 1"))
COUNT_EDGES.mistake(code="E58", title="edges to leaves are left out",
                    says="An edge to a leaf is an edge, too.",
                    ask="How many edges has x * x?",
                    body=_count(do="count += sum(1 for p in node.parents if p.parents)"))
COUNT_EDGES.mistake(code="E57", title="the first parent only",
                    says="You counted one edge for each node, however many parents it has.",
                    ask="How many parents may a node have?",
                    body=_count(do="count += 1 if node.parents else 0"))
COUNT_EDGES.mistake(code="E05", title="children as a set",
                    says="Where a node uses a parent twice, there are two edges; a set holds one.",
                    ask="How many edges lead into a + a?",
                    body=_count(do="count += len(set(node.parents))"))


@COUNT_EDGES.mistake(code="E04", title="one call per path",
                     says="An edge is counted once for each path that leads through it.",
                     ask=PER_PATH)
def count_edges(root):
    count = [0]
    stack = [root]
    while stack:
        node = stack.pop()
        count[0] += len(node.parents)
        stack.extend(node.parents)
    return count[0]


COUNT_EDGES.mistake(code="E06", title="equality by value", **SAME_VALUE,
                    body=_count(key="node.data"))
COUNT_EDGES.mistake(code="E07", title="recursion limit", **DEEP,
                    body=_count(_ALL_RECURSIVE))
COUNT_EDGES.mistake(code="E42", title="marks left on the nodes", **MARKED,
                    body=_count(_ALL_MARKS))
COUNT_EDGES.mistake(code="E44", title="a walk for each node",
                    says="For each node you look at all the others again.",
                    ask="What do you know after one walk that you need not look for again?",
                    body=_count(_ALL_AGAIN))


@COUNT_EDGES.mistake(code="E54", title="one level only",
                     says="You counted the edges into the root, and stopped there.",
                     ask="Where do you find the parents of the parents?")
def count_edges(root):
    return len(root.parents)


COUNT_EDGES.mistake(code="E55", title="nodes less one",
                    says="A tree has one edge less than it has nodes; a graph may have more.",
                    ask="How many edges lead into a + a?",
                    body=_count(do="count += 1", end="count - 1"))


@COUNT_EDGES.mistake(**CONSTANT)
def count_edges(root):
    return 4


@COUNT_EDGES.alternative(title="a list that grows while it is read")
def count_edges(root):
    nodes, seen = [root], {root}
    for node in nodes:
        fresh = set(node.parents) - seen
        seen |= fresh
        nodes.extend(fresh)
    return sum(len(node.parents) for node in nodes)


@COUNT_EDGES.alternative(title="the local rules")
def count_edges(root):
    seen, todo, edges = set(), [root], 0
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            edges += len(node.local)
            todo += node.parents
    return edges


@COUNT_EDGES.alternative(title="a list of edges")
def count_edges(root):
    edges, seen, todo = [], set(), [root]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for k, parent in enumerate(node.parents):
            edges.append((id(parent), id(node), k))
            todo.append(parent)
    return float(len(edges))
