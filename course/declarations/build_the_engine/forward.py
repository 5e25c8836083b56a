"""Forward mode."""

from course.checks.exercise import Check, Exercise
from course.declarations.build_the_engine.graphs import (
    CHAIN,
    DEPTH,
    DOUBLINGS,
    EQUAL,
    FORK,
    JOIN,
    LONG_AND_SHORT,
    NEURON,
    SHORT_AND_LONG,
    SQUARE,
    SUM_TIMES,
    SUMS,
    THREE,
    WIDE,
    gradients,
    numbers,
)
from course.declarations.build_the_engine.walks import (
    AGAIN_AND_AGAIN,
    AS_A_SET,
    BREADTH_FIRST,
    BREADTH_FIRST_LATE,
    BY_VALUE,
    PAID_FOUR_TIMES,
    PAID_ONCE,
    PRE_ORDER,
    PRE_ORDER_LAST_PARENT,
    RECURSIVE,
    WALK_RIGHT,
)
from course.declarations.build_the_engine.work import DEEP, PER_PATH, SAME_VALUE, eighteen_doublings, large
from course.declarations.engine_nodes import ENGINE

FORWARD_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, root, seed, crossed=None):
    """The answer for leaves with the tangents of `seed`."""
    nodes = build(graph, inputs, crossed)
    return bounded(answer, nodes[root], {nodes[name]: tangent for name, tangent in seed.items()})
'''


def tangent(graph, inputs, root, seed, crossed=None):
    """The oracle of forward_mode: the gradient of the root, weighed with the tangents."""
    grads = gradients(graph, inputs, root)
    return float(sum(grads[name] * value for name, value in seed.items()))


_TANGENTS = """{order}
tangents = {{}}
for node in order:
    if not node.parents:
        tangents[id(node)] = {leaf}
        continue
    tangent = {start}
    for parent, local in {slots}:
        {add}
    tangents[id(node)] = tangent
return {end}
"""


def _tangents(order=WALK_RIGHT, leaf="seed.get(node, 0.0)", start="0.0", slots="zip(node.parents, node.local)",
              add="tangent = tangent + local(tangents.get(id(parent), 0.0))", end="tangents[id(root)]"):
    return _TANGENTS.format(order=order, leaf=leaf, start=start, slots=slots, add=add, end=end)


_ENTRY = "tangent = tangent + local(tangents[id(parent)])"     # stops where the parent's turn has not come

MET_FIRST = {
    "code": "E02", "ask": "When do you know the tangents of all parents?",
    "says": "A node was worked out before all of its parents: you took the nodes in the order in which a walk first "
            "meets them."}
OVERTAKEN = {
    "code": "E03", "ask": "When do you know the tangents of all parents?",
    "says": "A node was worked out before all of its parents: level by level, a short path overtook a long one."}


# ------------------------------------------------------------------------------------ forward_mode

FORWARD_MODE = Exercise(
    "forward_mode(root, seed)", "tangent", points=3, oracle=tangent, driver=FORWARD_DRIVER,
    checks=(
        Check("small graphs", 0.5, lambda d: [
            (SUM_TIMES, {"x": -2.0, "y": 5.0, "z": -4.0}, "f", {"x": 1.0, "y": 0.0, "z": 0.0}),
            (SQUARE, numbers(d, "x"), "f", numbers(d, "x")), (SUMS, numbers(d, "x", "y"), "f", numbers(d, "x", "y")),
            (FORK, numbers(d, "x"), "f", numbers(d, "x")),
            (NEURON, numbers(d, "w", "x", b=0.5), "f", numbers(d, "w", "x", "b"))]),
        Check("joins, equal values, three parents", 0.5, edge=True, shown=True, draw=lambda d: [
            (JOIN, numbers(d, "a"), "c", numbers(d, "a")), (EQUAL, {"a": 3.0}, "e", numbers(d, "a")),
            (THREE, numbers(d, "x", "y", "z"), "f", numbers(d, "x", "y", "z"))]),
        Check("a short path and a long one", 1, edge=True, draw=lambda d: [
            (SHORT_AND_LONG, numbers(d, "a"), "L", numbers(d, "a")),
            (LONG_AND_SHORT, numbers(d, "a", "y"), "M", numbers(d, "a", "y"))]),
        Check("leaves without a tangent", 0.25, edge=True, draw=lambda d: [
            (SUM_TIMES, numbers(d, "x", "y", "z"), "f", numbers(d, "z")),
            (LONG_AND_SHORT, numbers(d, "a", "y"), "M", numbers(d, "y"))]),
        Check("18 doublings: one call for each edge", 0.5, edge=True, once=True, test=eighteen_doublings(
            "goes", lambda crossed: (DOUBLINGS, {"a": 0.7}, "u", {"a": 1.5}, crossed),
            lambda: tangent(DOUBLINGS, {"a": 0.7}, "u", {"a": 1.5}))),
        Check(f"a chain of {DEPTH:,}, a wide graph", 0.25, edge=True, once=True, test=large(lambda d: [
            ((graph, inputs, root, seed), tangent(graph, inputs, root, seed)) for graph, inputs, root, seed in (
                (CHAIN, {"a": 1.5, "b": -0.5}, "u", {"a": 0.5, "b": 1.5}), (WIDE, {"x": 0.7}, "s", {"x": 1.5}))])),
    ),
    base=lambda d: [(SUM_TIMES, numbers(d, "x", "y", "z"), "f", numbers(d, "x", "y", "z"))],
    hints=("How fast does x + y move when x moves by 3 and y by 4? And x · y?",
           "Go through the nodes from the leaves up. A leaf moves as seed says, or not at all. A node moves by the "
           "sum, over its slots, of the local rule applied to the parent's tangent.",
           "A topological order and a dict of tangents: for a node with parents, add up local[k] of the tangent of "
           "parents[k]."),
    read='lesson 6, "forward mode"', difficulty=3, minutes=12,
)

FORWARD_MODE.mistake(code="B01", title="overwritten at a join",
                     says="Of what comes in by several parents you keep the last only.",
                     ask="If both factors move, by what does the product move?",
                     body=_tangents(add="tangent = local(tangents.get(id(parent), 0.0))"))
FORWARD_MODE.mistake(code="B02", title="x · x is moved once",
                     says="Where a node uses a parent twice, one of the two slots is left out.",
                     ask="How many slots has x * x, and what comes in by each of them?",
                     body=_tangents(slots=PAID_ONCE))
FORWARD_MODE.mistake(code="B03", title="x · x is moved four times",
                     says="Where a node uses a parent twice, each slot counts as if it were both.",
                     ask="How many slots has x * x, and what comes in by each of them?",
                     body=_tangents(slots=PAID_FOUR_TIMES))
FORWARD_MODE.mistake(code="B06", title="multiplied across parents",
                     says="What comes in by several parents was multiplied.",
                     ask="If both summands move by 1, by what does the sum move?",
                     body=_tangents(start="1.0", add="tangent = tangent * local(tangents.get(id(parent), 0.0))"))
FORWARD_MODE.mistake(title="pre-order", **MET_FIRST, body=_tangents(order=PRE_ORDER))
FORWARD_MODE.mistake(title="pre-order, the last parent first", **MET_FIRST, body=_tangents(order=PRE_ORDER_LAST_PARENT))
FORWARD_MODE.mistake(title="breadth-first order", **OVERTAKEN, body=_tangents(order=BREADTH_FIRST))
FORWARD_MODE.mistake(title="breadth-first order, the last parent first", **OVERTAKEN,
                     body=_tangents(order=BREADTH_FIRST_LATE))
FORWARD_MODE.mistake(title="pre-order, and no entry for the parent", **MET_FIRST,
                     body=_tangents(order=PRE_ORDER, add=_ENTRY))
FORWARD_MODE.mistake(title="pre-order, the last parent first, and no entry", **MET_FIRST,
                     body=_tangents(order=PRE_ORDER_LAST_PARENT, add=_ENTRY))
FORWARD_MODE.mistake(title="breadth-first order, and no entry for the parent", **OVERTAKEN,
                     body=_tangents(order=BREADTH_FIRST, add=_ENTRY))
FORWARD_MODE.mistake(title="breadth-first order, the last parent first, and no entry", **OVERTAKEN,
                     body=_tangents(order=BREADTH_FIRST_LATE, add=_ENTRY))


@FORWARD_MODE.mistake(code="E04", title="one call per path",
                      says="The tangent is right, but a node is worked out anew each time that it is used.",
                      ask=PER_PATH)
def forward_mode(root, seed):
    moves = seed.get
    def up(node):
        if not node.parents:
            return moves(node, 0.0)
        return sum(local(up(p)) for p, local in zip(node.parents, node.local))
    return up(root)


FORWARD_MODE.mistake(code="E05", title="children as a set",
                     says="Where a node uses a parent twice, a set holds it once.",
                     ask="How many slots has x * x, and which rule belongs to which?",
                     body=_tangents(slots=AS_A_SET))
FORWARD_MODE.mistake(code="E06", title="equality by value", **SAME_VALUE,
                     body=_tangents(order=BY_VALUE))
FORWARD_MODE.mistake(code="E07", title="recursion limit", **DEEP,
                     body=_tangents(order=RECURSIVE))
FORWARD_MODE.mistake(code="E44", title="a walk for each node",
                     says="The tangent is right, but for each node you look at all the others again.",
                     ask="What do you know after one walk that you need not look for again?",
                     body=_tangents(order=AGAIN_AND_AGAIN))
FORWARD_MODE.mistake(code="E48", title="two parents at most",
                     says="Of a node with more than two parents you took the first two.",
                     ask="How long may node.parents be?",
                     body=_tangents(slots="list(zip(node.parents, node.local))[:2]"))
FORWARD_MODE.mistake(code="E69", title="a leaf without a tangent",
                     says="A leaf that seed does not name stops your function.",
                     ask="How fast does a leaf move that nobody moves?",
                     body=_tangents(leaf="seed[node]"))
FORWARD_MODE.mistake(code="E61", title="all leaves move by 1",
                     says="Your tangent does not depend on seed.",
                     ask="How fast does each leaf move, and who says so?",
                     body=_tangents(leaf="1.0"))


@FORWARD_MODE.mistake(code="G39", title="the forward pass",
                      says="You returned the root's value, not how fast it moves.",
                      ask="What comes back when no leaf moves?")
def forward_mode(root, seed):
    return root.data


@FORWARD_MODE.alternative(title="in topological order")
def forward_mode(root, seed):
    order, state, stack = [], {}, [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            state[id(node)] = "done"
            order.append(node)
        elif id(node) not in state:
            state[id(node)] = "open"
            stack.append((node, True))
            for parent in node.parents:
                if state.get(id(parent)) == "open":
                    raise ValueError("the graph has a cycle")
                stack.append((parent, False))

    tangents = {}
    for node in order:
        if not node.parents:
            tangents[id(node)] = seed.get(node, 0.0)
            continue
        tangent = 0.0
        for parent, local in zip(node.parents, node.local):
            tangent = tangent + local(tangents.get(id(parent), 0.0))
        tangents[id(node)] = tangent
    return tangents[id(root)]


@FORWARD_MODE.alternative(title="a stack that waits for parents")
def forward_mode(root, seed):
    tangents, stack = {}, [root]
    while stack:
        node = stack[-1]
        missing = [p for p in node.parents if p not in tangents]
        if missing:
            stack += missing
            continue
        stack.pop()
        if node not in tangents:
            tangents[node] = sum((rule(tangents[p]) for p, rule in zip(node.parents, node.local)), 0.0) \
                if node.parents else seed.get(node, 0.0)
    return tangents[root]


@FORWARD_MODE.alternative(title="by a backward pass")
def forward_mode(root, seed):
    order, state, stack = [], {}, [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            state[id(node)] = "done"
            order.append(node)
        elif id(node) not in state:
            state[id(node)] = "open"
            stack.append((node, True))
            for parent in node.parents:
                if state.get(id(parent)) == "open":
                    raise ValueError("the graph has a cycle")
                stack.append((parent, False))
    grads = dict.fromkeys(order, 0.0)
    grads[root] = 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            grads[parent] += local(grads[node])
    return sum(grads[leaf] * tangent for leaf, tangent in seed.items() if leaf in grads)


@FORWARD_MODE.alternative(title="only where something moves")
def forward_mode(root, seed):
    order, state, stack = [], {}, [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            state[id(node)] = "done"
            order.append(node)
        elif id(node) not in state:
            state[id(node)] = "open"
            stack.append((node, True))
            for parent in node.parents:
                if state.get(id(parent)) == "open":
                    raise ValueError("the graph has a cycle")
                stack.append((parent, False))

    tangents = {}
    for node in order:
        if not node.parents:
            tangents[id(node)] = seed.get(node, 0.0)
            continue
        tangent = 0.0
        for parent, local in zip(node.parents, node.local):
            moved = tangents[id(parent)]
            tangent += local(moved) if moved else 0.0
        tangents[id(node)] = tangent
    return float(tangents[id(root)])
