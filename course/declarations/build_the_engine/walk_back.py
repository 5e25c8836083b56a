"""The walk back."""

import numpy as np

from course.checks.exercise import Check, Exercise
from course.declarations.build_the_engine.graphs import (
    BRANCHES,
    CHAIN,
    CUBE,
    CYCLE,
    CYCLE_AT_THE_ROOT,
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
    below,
    drawn,
    gradients,
    numbers,
)
from course.declarations.build_the_engine.walks import (
    AGAIN_AND_AGAIN,
    AS_A_SET,
    BREADTH_FIRST,
    BREADTH_FIRST_LATE,
    BY_VALUE,
    MARKS,
    NO_CYCLE_CHECK,
    PAID_FOUR_TIMES,
    PAID_ONCE,
    PRE_ORDER,
    PRE_ORDER_LAST_PARENT,
    RECURSIVE,
    WALK_RIGHT,
)
from course.declarations.build_the_engine.work import (
    DEEP,
    JOINS,
    MARKED,
    MET_FIRST,
    OVERTAKEN,
    PER_PATH,
    SAME_VALUE,
    SLOTS,
    UNEVEN,
    eighteen_doublings,
    large,
    refuses_cycles,
)
from course.declarations.engine_nodes import ENGINE

ARRAYS = "c = a + b; d = c * a; e = c + d; s = e.sum()"   # + hands one array to both of its parents
BACKWARD_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, roots, refuse=False, crossed=None):
    """The answer called on each root in turn: {name: .grad} afterwards, or None where nothing was written."""
    nodes = build(graph, inputs, crossed)
    if refuse:
        return outcome(answer, nodes[roots[0]])
    before = {name: node.grad for name, node in nodes.items()}
    for root in roots:
        bounded(answer, nodes[root])
    same = all(node.grad is before[name] for name, node in nodes.items())
    if same and not getattr(getattr(answer, "__code__", None), "co_names", True):
        return None             # it does nothing at all
    return {name: node.grad for name, node in nodes.items()}
'''


def all_grads(graph, inputs, roots, refuse=False, crossed=None):
    """The oracle of backward: leaves add up over the roots, inner nodes hold the last root's gradient."""
    labels, parents = drawn(graph, tuple(inputs))
    found = dict.fromkeys(labels, 0.0)
    for root in roots:
        grads, reached = gradients(graph, inputs, root), below(graph, inputs, root)
        for name, place in labels.items():
            if place in reached:
                found[name] = grads[name] + (found[name] if not parents[place] else 0.0)
    return found


# The walk back, with one thing changed.
_BACKWARD = """{order}
for node in order:
    {reset}
root.grad = {seed}
for node in reversed(order):
    for parent, local in {slots}:
        {pay}
"""


def _backward(order=WALK_RIGHT, reset="if node.parents:\n        node.grad = 0.0", seed="1.0",
              slots="zip(node.parents, node.local)", pay="parent.grad = parent.grad + local(node.grad)"):
    return _BACKWARD.format(order=order, reset=reset, seed=seed, slots=slots, pay=pay) + "return None\n"


# ------------------------------------------------------------------------------------ backward

BACKWARD = Exercise(
    "backward(root)", "grads", points=6, oracle=all_grads, driver=BACKWARD_DRIVER,
    checks=(
        Check("small graphs", 1, lambda d: [
            (SUM_TIMES, {"x": -2.0, "y": 5.0, "z": -4.0}, ["f"]), (SQUARE, numbers(d, "x"), ["f"]),
            (SUMS, numbers(d, "x", "y"), ["f"]), (FORK, numbers(d, "x"), ["f"]),
            (NEURON, {"w": 2.0, "x": -1.0, "b": 0.5}, ["f"])]),
        Check("joins, equal values, three parents", 1, edge=True, shown=True, draw=lambda d: [
            (JOIN, {"a": 1.5}, ["c"]), (EQUAL, {"a": 3.0}, ["e"]), (THREE, numbers(d, "x", "y", "z"), ["f"])]),
        Check("a short path and a long one", 1.75, edge=True, draw=lambda d: [
            (SHORT_AND_LONG, numbers(d, "a"), ["L"]), (LONG_AND_SHORT, numbers(d, "a", "y"), ["M"])]),
        Check("twice, and from two results", 0.75, edge=True, draw=lambda d: [
            (CUBE, {"a": 3.0}, ["L", "L"]), (BRANCHES, numbers(d, "a"), ["c", "d"]),
            (BRANCHES, numbers(d, "a"), ["c"]),
            (SHORT_AND_LONG, numbers(d, "a"), ["L", "L"]), (LONG_AND_SHORT, numbers(d, "a", "y"), ["L", "M"])]),
        Check("18 doublings: one call for each edge", 0.5, edge=True, once=True, test=eighteen_doublings(
            "pays", lambda crossed: (DOUBLINGS, {"a": 0.7}, ["u"], False, crossed),
            lambda: all_grads(DOUBLINGS, {"a": 0.7}, ["u"]))),
        Check("arrays at a join", 0.25, edge=True, draw=lambda d: [
            (ARRAYS, {"a": d.array(3), "b": d.array(3)}, ["s"])]),
        Check(f"a chain of {DEPTH:,}, a wide graph", 0.5, edge=True, once=True, test=large(lambda d: [
            ((graph, inputs, [root]), all_grads(graph, inputs, [root])) for graph, inputs, root in (
                (CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s"))])),
        Check("a cycle raises", 0.25, edge=True, once=True, test=refuses_cycles([
            (CYCLE, {"a": 1.5}, ["d"], True), (CYCLE_AT_THE_ROOT, {"a": 1.5}, ["c"], True)])),
    ),
    base=lambda d: [(SUM_TIMES, numbers(d, "x", "y", "z"), ["f"])],
    hints=("Which gradient do you know before you have done anything? Whose turn may be next?",
           "Set inner nodes to 0 and the root to 1. Take the nodes from the root down, each after all that use it; "
           "each adds to every parent what its local rule gives for its own gradient.",
           "Either walk a topological order from its end, or count for each node how often it is used, and let it pay "
           "when that many payments have come. Add with parent.grad + ..., not in place."),
    read='lesson 6, "the walk back"', difficulty=4, minutes=20,
)

BACKWARD.mistake(code="B01", title="overwritten at a join",
                 says="A node that is used twice keeps only the last payment.",
                 ask=JOINS,
                 body=_backward(pay="parent.grad = local(node.grad)"))
BACKWARD.mistake(code="B02", title="x · x is paid once",
                 says="Where a node uses a parent twice, one of the two slots is not paid.",
                 ask=SLOTS,
                 body=_backward(slots=PAID_ONCE))
BACKWARD.mistake(code="B03", title="x · x is paid four times",
                 says="Where a node uses a parent twice, each slot pays as if it were both.",
                 ask=SLOTS,
                 body=_backward(slots=PAID_FOUR_TIMES))
BACKWARD.mistake(code="B04", title="started with the output",
                 says="You started with the value of the root.",
                 ask="How much does the root change when it changes by 1?",
                 body=_backward(seed="root.data"))


@BACKWARD.mistake(code="E01", title="no topological order",
                  says="A node paid its parents each time that something reached it: what had been passed on went down "
                       "again.",
                  ask=UNEVEN)
def backward(root):
    nodes = [root]
    root.grad = 1.0
    while nodes:
        node = nodes.pop()
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)
            nodes.append(parent)
    return None


BACKWARD.mistake(title="pre-order", **MET_FIRST, body=_backward(order=PRE_ORDER))
BACKWARD.mistake(title="pre-order, the last parent first", **MET_FIRST, body=_backward(order=PRE_ORDER_LAST_PARENT))
BACKWARD.mistake(title="breadth-first order", **OVERTAKEN, body=_backward(order=BREADTH_FIRST))
BACKWARD.mistake(title="breadth-first order, the last parent first", **OVERTAKEN,
                 body=_backward(order=BREADTH_FIRST_LATE))


@BACKWARD.mistake(code="E04", title="one call per path",
                  says="The gradients are right, but you go down each path by itself: 18 doublings have 36 edges and "
                       "262,144 paths.",
                  ask=PER_PATH)
def backward(root):
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
    for node in order:
        if node.parents:
            node.grad = 0.0
    def pay(node, g):
        node.grad = node.grad + g
        for parent, local in zip(node.parents, node.local):
            pay(parent, local(g))
    pay(root, 1.0)
    return None


BACKWARD.mistake(code="E05", title="children as a set",
                 says="Where a node uses a parent twice, a set holds it once.",
                 ask="How many slots has x * x, and which rule belongs to which?",
                 body=_backward(slots=AS_A_SET))
BACKWARD.mistake(code="E06", title="equality by value", **SAME_VALUE,
                 body=_backward(order=BY_VALUE))
BACKWARD.mistake(code="E07", title="recursion limit", **DEEP,
                 body=_backward(order=RECURSIVE))
BACKWARD.mistake(code="E08", title="gradients of inner nodes not reset",
                 says="A second backward pass found what the first had left in the inner nodes, and passed it on once "
                      "more.",
                 ask="For which nodes should gradients add up from pass to pass, and for which not?",
                 body=_backward(reset="pass"))
BACKWARD.mistake(code="E46", title="leaves are reset",
                 says="A second backward pass wiped out what the leaves held; there gradients add up, until zero_grad "
                      "clears them.",
                 ask="For which nodes should gradients add up from pass to pass, and for which not?",
                 body=_backward(reset="node.grad = 0.0"))
BACKWARD.mistake(code="E47", title="the root adds up",
                 says="Each backward pass adds 1 to what the root held: the second pass starts with 2.",
                 ask="With what does every backward pass begin?",
                 body=_backward(seed="root.grad + 1.0",
                                reset="if node.parents and node is not root:\n        node.grad = 0.0"))


@BACKWARD.mistake(code="E09", title="changed in place at a join",
                  says="An array that one node had received was changed in place, while another node holds the same "
                       "array.",
                  ask="What does + hand to its two parents: two arrays, or one?")
def backward(root):
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
    grads = {id(root): 1.0}
    for node in reversed(order):
        node_grad = grads[id(node)]
        for parent, local in zip(node.parents, node.local):
            paid = local(node_grad)
            if id(parent) in grads:
                grads[id(parent)] += paid
            else:
                grads[id(parent)] = paid
    for node in order:
        node.grad = grads[id(node)] if node.parents else node.grad + grads[id(node)]
    return None


@BACKWARD.mistake(code="E70", title="nothing is changed",
                  says="Your function came to its end and left every .grad as it was.",
                  ask="Which of your lines are ever reached, and how would you find out?")
def backward(root):
    order, seen = [], set()
    for node in order:
        if id(node) not in seen:
            order.append(node)
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)
    return None


BACKWARD.mistake(code="E10", title="a cycle is not noticed",
                 says="On a graph with a cycle you fill in some gradients, and there are none.",
                 ask="Which node could pay first in such a graph?",
                 body=_backward(order=NO_CYCLE_CHECK))
BACKWARD.mistake(code="E42", title="marks left on the nodes", **MARKED,
                 body=_backward(order=MARKS))
BACKWARD.mistake(code="E44", title="a walk for each node",
                 says="The gradients are right, but for each node you look at all the others again.",
                 ask="What do you know after one walk that you need not look for again?",
                 body=_backward(order=AGAIN_AND_AGAIN))
BACKWARD.mistake(code="E48", title="two parents at most",
                 says="A node with more than two parents pays only the first two.",
                 ask="How long may node.parents be?",
                 body=_backward(slots="list(zip(node.parents, node.local))[:2]"))
BACKWARD.mistake(code="E31", title="from the leaves to the root",
                 says="You walked from the leaves to the root; the gradient starts at the root.",
                 ask="Which gradient is known before all others?",
                 body=_backward(order=WALK_RIGHT + "order.reverse()\n"))
BACKWARD.mistake(code="G01", title="upstream dropped",
                 says="Each rule was called with 1: what reached the node from above does not go on.",
                 ask="What is node.grad when the node's turn comes?",
                 body=_backward(pay="parent.grad = parent.grad + local(1.0)"))


@BACKWARD.mistake(code="X31", title="inner nodes are left out",
                  says="Only the leaves have their gradient; the nodes in between hold none.",
                  ask="For which nodes should .grad be filled?")
def backward(root):
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
    grads = {id(node): 0.0 for node in order}
    grads[id(root)] = 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            grads[id(parent)] = grads[id(parent)] + local(grads[id(node)])
    for node in order:
        if not node.parents:
            node.grad = node.grad + grads[id(node)]
    return None


@BACKWARD.alternative(title="a depth-first order")
def backward(root):
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

    for node in order:
        if node.parents:
            node.grad = 0.0
    root.grad = 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)
    return None


@BACKWARD.alternative(title="by counting uses")
def backward(root):
    uses, nodes = {root: 0}, [root]
    for node in nodes:
        for parent in node.parents:
            if parent not in uses:
                uses[parent] = 0
                nodes.append(parent)
            uses[parent] += 1
    if uses[root]:
        raise ValueError("the root is made of itself")
    grads = dict.fromkeys(nodes, 0.0)
    grads[root], ready, paid = 1.0, [root], 0
    while ready:
        node = ready.pop()
        paid += 1
        for k, parent in enumerate(node.parents):
            grads[parent] = grads[parent] + node.local[k](grads[node])
            uses[parent] -= 1
            if not uses[parent]:
                ready.append(parent)
    if paid < len(nodes):
        raise ValueError("a cycle")
    for node, grad in grads.items():
        node.grad = grad if node.parents else node.grad + grad
    return None


@BACKWARD.alternative(title="a tape of indices")
def backward(root):
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
    place = {id(node): k for k, node in enumerate(order)}
    tape = [([place[id(p)] for p in node.parents], node.local) for node in order]
    grads = [0.0] * len(tape)
    grads[-1] = np.float64(1)
    for k in range(len(tape) - 1, -1, -1):
        for p, local in zip(*tape[k]):
            grads[p] = grads[p] + local(grads[k])
    for node, grad in zip(order, grads):
        node.grad = grad + (0.0 if node.parents else node.grad)
    return None


@BACKWARD.alternative(title="each node collects from those that use it")
def backward(root):
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
    users = {id(node): [] for node in order}
    for node in order:
        for parent, local in zip(node.parents, node.local):
            users[id(parent)].append((node, local))
    root.grad = 1.0
    for node in order[-2::-1]:
        collected = sum(local(user.grad) for user, local in users[id(node)])
        node.grad = collected if node.parents else collected + node.grad
    return root
