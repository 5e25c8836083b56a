"""The gradient as a graph of its own, and the gradient of that."""

import functools
import re

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise
from course.declarations.build_the_engine.graphs import (
    BRANCHES,
    CHAIN,
    CUBE,
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
    Value,
    drawn,
    evaluate,
    numbers,
)
from course.declarations.build_the_engine.walks import (
    AGAIN_AND_AGAIN,
    AS_A_SET,
    BREADTH_FIRST,
    BREADTH_FIRST_LATE,
    BY_VALUE,
    MARKS,
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
    eighteen_doublings,
    large,
)
from course.declarations.engine_nodes import ENGINE
from course.words import later

# What the drivers say of a result that is none; it is told in the learner's language.
NO_VALUE = later("grad_graph should return a Value.")
NO_NUMBER = later("second_derivative should return a number, not a Value.")

GRAPH_DRIVER = ENGINE + f"\n\nNO_VALUE = {NO_VALUE!r}\n" + '''

def drive(answer, graph, inputs, root, wrt, order=1, crossed=None):
    """The number in the gradient of the root for `wrt`; with order=2 in the gradient of the gradient."""
    nodes = build(graph, inputs, crossed)
    node = nodes[root]
    for _ in range(order):
        node = bounded(answer, node, nodes[wrt])
        if node is None or node is ...:
            return node
        if not hasattr(node, "parents"):
            raise NotTheResult(NO_VALUE)
    return node.data
'''

# Here grad_graph is lent, too: one that goes forward, from wrt up to the root.
SECOND_DRIVER = ENGINE + f"\n\nNO_NUMBER = {NO_NUMBER!r}\n" + '''

def grad_graph(root, wrt):
    slopes = {wrt: Value(1.0)}

    def slope(node):
        if node not in slopes:
            slopes[node] = sum((rule(slope(parent)) for parent, rule in zip(node.parents, node.local)), Value(0.0))
        return slopes[node]
    return slope(root)


def drive(answer, f, x):
    """The answer's result for the function f, given as an expression in x."""
    build("", {})
    program = compile(f, "<driver>", "eval")
    with lent(answer, grad_graph=grad_graph):
        found = bounded(answer, lambda value: eval(program, {"x": value}), x)
    if hasattr(found, "parents"):
        raise NotTheResult(NO_NUMBER)
    return found
'''


def graph_gradient(graph, inputs, root, wrt, order=1, crossed=None):
    """The oracle of grad_graph: the gradient, of the order that is asked for, by autodiff."""
    return _graph_gradient(graph, tuple(inputs.items()), root, wrt, order)


@functools.lru_cache(256)
def _graph_gradient(graph, inputs, root, wrt, order):
    inputs = dict(inputs)
    names = drawn(graph, tuple(inputs))[0]

    def f(nudge):
        return evaluate(graph, inputs, {name: nudge if name == wrt else 0.0 for name in names})[root] + 0.0 * nudge

    for _ in range(order):
        f = autodiff.grad(f)
    return float(f(0.0))


_GRAD_GRAPH = """{order}
grads = {{id(root): {seed}}}
for node in reversed(order):
    for parent, local in {slots}:
        paid = {paid}
        {pay}
return {end}
"""
_ADD_UP = "grads[id(parent)] = grads[id(parent)] + paid if id(parent) in grads else paid"


def _grad_graph(order=WALK_RIGHT, seed="Value(1.0)", slots="zip(node.parents, node.local)",
                paid="local(grads[id(node)])", pay=_ADD_UP, end="grads.get(id(wrt), Value(0.0))"):
    return _GRAD_GRAPH.format(order=order, seed=seed, slots=slots, paid=paid, pay=pay, end=end)


def second(f, x):
    """The oracle of second_derivative."""
    text = re.sub(r"(\w+)\.(exp|relu)\(\)", r"\2(\1)", f)
    text = re.sub(r"(\([^()]*\))\.(exp|relu)\(\)", r"\2\1", text)

    def g(t):
        return eval(text, {"exp": autodiff.exp, "relu": autodiff.relu, "x": t}) + 0.0 * t
    return float(autodiff.grad(autodiff.grad(g))(float(x)))


# ------------------------------------------------------------------------------------ grad_graph

GRAD_GRAPH = Exercise(
    "grad_graph(root, wrt)", "gradient", points=6, oracle=graph_gradient, driver=GRAPH_DRIVER,
    checks=(
        Check("gradients", 1.25, lambda d: [
            (SUM_TIMES, {"x": -2.0, "y": 5.0, "z": -4.0}, "f", "z"), (SQUARE, numbers(d, "x"), "f", "x"),
            (SUMS, numbers(d, "x", "y"), "f", "x"), (FORK, numbers(d, "x"), "f", "x"),
            (NEURON, {"w": 2.0, "x": -1.0, "b": 0.5}, "f", "w"),
            (SHORT_AND_LONG, numbers(d, "a"), "L", "a"), (LONG_AND_SHORT, numbers(d, "a", "y"), "M", "a"),
            (SUM_TIMES, numbers(d, "x", "y", "z"), "f", "q")]),
        Check("gradients of gradients", 1.25, lambda d: [
            ("f = x ** 3", {"x": 2.5}, "f", "x", 2), (SQUARE, numbers(d, "x"), "f", "x", 2),
            ("f = x.exp()", {"x": 0.7}, "f", "x", 2)]),
        Check("joins, and a short path and a long one", 1.75, edge=True, shown=True, draw=lambda d: [
            (JOIN, {"a": 1.5}, "c", "a"), (THREE, numbers(d, "x", "y", "z"), "f", "y"),
            (SHORT_AND_LONG, numbers(d, "a"), "L", "a"), (LONG_AND_SHORT, numbers(d, "a", "y"), "M", "a"),
            (SHORT_AND_LONG, numbers(d, "a"), "L", "a", 2), (CUBE, {"a": 3.0}, "L", "a", 2),
            (NEURON, {"w": 2.0, "x": -1.0, "b": 0.5}, "f", "b", 2),
            (CUBE, numbers(d, "a"), "L", "a", 3)]),
        Check("the root itself, and no path at all", 0.5, edge=True, draw=lambda d: [
            (SUM_TIMES, numbers(d, "x", "y", "z"), "f", "f"), (SUM_TIMES, numbers(d, "x", "y", "z"), "q", "z"),
            (SUM_TIMES, numbers(d, "x", "y", "z"), "f", "x", 2), (BRANCHES, numbers(d, "a"), "c", "d")]),
        Check("equal values", 0.25, edge=True, draw=lambda d: [(EQUAL, {"a": 3.0}, "e", "a")]),
        Check("18 doublings: one call for each edge", 0.5, edge=True, once=True, test=eighteen_doublings(
            "pays", lambda crossed: (DOUBLINGS, {"a": 0.7}, "u", "a", 1, crossed),
            lambda: graph_gradient(DOUBLINGS, {"a": 0.7}, "u", "a"))),
        Check(f"a chain of {DEPTH:,}, a wide graph", 0.5, edge=True, once=True, test=large(lambda d: [
            ((graph, inputs, root, wrt), graph_gradient(graph, inputs, root, wrt)) for graph, inputs, root, wrt in (
                (CHAIN, {"a": 1.5, "b": -0.5}, "u", "b"), (WIDE, {"x": 0.7}, "s", "x"))])),
    ),
    base=lambda d: [(SUM_TIMES, numbers(d, "x", "y", "z"), "f", "x")],
    hints=("What becomes of a local rule's result when the upstream gradient is a Value?",
           "Walk back as in backward, but start with Value(1.0), and keep the gradients in a dict of your own, by "
           "node. All sums and products on the way are then nodes of a new graph.",
           "A topological order; a dict with Value(1.0) for the root; from the end of the order, each node adds "
           "local(g) to its parents' entries. Return the entry of wrt, or Value(0.0) where there is none."),
    read='lesson 6, "a gradient as a graph"', difficulty=5, minutes=20,
)

GRAD_GRAPH.mistake(code="B01", title="overwritten at a join",
                   says="A node that is used twice keeps only the last payment.",
                   ask=JOINS,
                   body=_grad_graph(pay="grads[id(parent)] = paid"))
GRAD_GRAPH.mistake(code="B02", title="x · x is paid once",
                   says="Where a node uses a parent twice, one of the two slots is not paid.",
                   ask=SLOTS,
                   body=_grad_graph(slots=PAID_ONCE))
GRAD_GRAPH.mistake(code="B03", title="x · x is paid four times",
                   says="Where a node uses a parent twice, each slot pays as if it were both.",
                   ask=SLOTS,
                   body=_grad_graph(slots=PAID_FOUR_TIMES))
GRAD_GRAPH.mistake(code="B04", title="started with the output",
                   says="You started with the root itself.",
                   ask="How much does the root change when it changes by 1?",
                   body=_grad_graph(seed="root"))
GRAD_GRAPH.mistake(title="pre-order", **MET_FIRST, body=_grad_graph(order=PRE_ORDER))
GRAD_GRAPH.mistake(title="pre-order, the last parent first", **MET_FIRST, body=_grad_graph(order=PRE_ORDER_LAST_PARENT))
GRAD_GRAPH.mistake(title="breadth-first order", **OVERTAKEN, body=_grad_graph(order=BREADTH_FIRST))
GRAD_GRAPH.mistake(title="breadth-first order, the last parent first", **OVERTAKEN,
                   body=_grad_graph(order=BREADTH_FIRST_LATE))


@GRAD_GRAPH.mistake(code="E04", title="one call per path",
                    says="The gradient is right, but you go down each path by itself: 18 doublings have 36 edges and "
                         "262,144 paths.",
                    ask=PER_PATH)
def grad_graph(root, wrt):
    zero = Value(0.0)
    def down(node, g):
        if node is wrt:
            return g
        return sum((down(p, local(g)) for p, local in zip(node.parents, node.local)), zero)
    return down(root, Value(1.0))


GRAD_GRAPH.mistake(code="E05", title="children as a set",
                   says="Where a node uses a parent twice, a set holds it once.",
                   ask="How many slots has x * x, and which rule belongs to which?",
                   body=_grad_graph(slots=AS_A_SET))
GRAD_GRAPH.mistake(code="E06", title="equality by value", **SAME_VALUE,
                   body=_grad_graph(order=BY_VALUE))
GRAD_GRAPH.mistake(code="E07", title="recursion limit", **DEEP,
                   body=_grad_graph(order=RECURSIVE))


@GRAD_GRAPH.mistake(code="E08", title="gradients left in the nodes",
                    says="What a first call left in .grad went into the second one.",
                    ask="Where could the gradients of one call stand, so that they end with it?")
def grad_graph(root, wrt):
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
    root.grad = Value(1.0)
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)
    return wrt.grad if isinstance(wrt.grad, Value) else Value(wrt.grad)


GRAD_GRAPH.mistake(code="E42", title="marks left on the nodes", **MARKED,
                   body=_grad_graph(order=MARKS))
GRAD_GRAPH.mistake(code="E44", title="a walk for each node",
                   says="The gradient is right, but for each node you look at all the others again.",
                   ask="What do you know after one walk that you need not look for again?",
                   body=_grad_graph(order=AGAIN_AND_AGAIN))
GRAD_GRAPH.mistake(code="E48", title="two parents at most",
                   says="A node with more than two parents pays only the first two.",
                   ask="How long may node.parents be?",
                   body=_grad_graph(slots="list(zip(node.parents, node.local))[:2]"))
GRAD_GRAPH.mistake(code="E60", title="the graph is lost",
                   says="The number is right, but the Value that holds it is a leaf: it no longer knows what it was "
                        "made of.",
                   ask="What must you start with, so that the rules build a graph?",
                   body=_grad_graph(seed="1.0", end="Value(grads.get(id(wrt), 0.0))"))
GRAD_GRAPH.mistake(code="E63", title="no path, no answer",
                   says="Where no path leads from the root to wrt, yours stops.",
                   ask="How much does the root move then, when wrt moves?",
                   body=_grad_graph(end="grads[id(wrt)]"))
GRAD_GRAPH.mistake(code="G01", title="upstream dropped",
                   says="Each rule was called with 1: what reached the node from above does not go on.",
                   ask="What is the node's own gradient when its turn comes?",
                   body=_grad_graph(paid="local(Value(1.0))"))


@GRAD_GRAPH.mistake(code="G39", title="the forward pass",
                    says="You returned the root itself.",
                    ask="Which question does a gradient answer?")
def grad_graph(root, wrt):
    return root


@GRAD_GRAPH.alternative(title="in the attribute .grad, cleared first")
def grad_graph(root, wrt):
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
        node.grad = Value(0.0)
    root.grad = Value(1.0)
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)
    return wrt.grad if wrt in order else Value(0.0)


@GRAD_GRAPH.alternative(title="by counting uses")
def grad_graph(root, wrt):
    uses, nodes = {root: 0}, [root]
    for node in nodes:
        for parent in node.parents:
            if parent not in uses:
                uses[parent] = 0
                nodes.append(parent)
            uses[parent] += 1
    grads, ready = {root: Value(1.0)}, [root]
    while ready:
        node = ready.pop()
        for parent, rule in zip(node.parents, node.local):
            grads[parent] = rule(grads[node]) + grads.get(parent, 0.0)
            uses[parent] -= 1
            if not uses[parent]:
                ready.append(parent)
    return grads[wrt] if wrt in grads else 0.0 * wrt


@GRAD_GRAPH.alternative(title="a list of what came in")
def grad_graph(root, wrt):
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
    came = {node: [] for node in order}
    came[root] = [Value(1.0)]
    for node in reversed(order):
        g = sum(came[node][1:], came[node][0])
        if node is wrt:
            return g
        for parent, local in zip(node.parents, node.local):
            came[parent].append(local(g))
    return Value(0.0)


# ------------------------------------------------------------------------------------ second_derivative

SECOND_DERIVATIVE = Exercise(
    "second_derivative(f, x)", "second", points=3, oracle=second, driver=SECOND_DRIVER,
    checks=(
        Check("powers and products", 1.5, lambda d: [
            ("x * x * x", 2.5), ("x * x", d.number()), ("x ** 4", d.number()), ("x ** 3 + x * 2.5", d.number())]),
        Check("exp, relu, 1/x", 1, edge=True, draw=lambda d: [
            ("x.exp()", 0.7), ("(x * x).exp()", d.number(high=1.2)), ("x ** -1", d.number()),
            ("(x * x * x).relu()", 1.3), ("(x * x * x).relu()", -1.3), ("x.exp() * x", d.number(high=1.5))]),
        Check("straight lines, x itself, an integer", 0.5, edge=True, draw=lambda d: [
            ("x * 2.5 + 1", d.number()), ("x", d.number()), ("x * x * x", 3)]),
    ),
    base=lambda d: [("x ** 3 + x * 2.5", d.number())],
    hints=("A gradient that is a graph has a gradient of its own. For which leaf?",
           "Make a leaf of x, and call f with it. grad_graph gives the slope as a graph; call it again on that.",
           "Both times the second argument is the same leaf. At the end take the number out of the Value."),
    read='lesson 6, "a gradient of a gradient"', difficulty=2, minutes=6,
)


@SECOND_DERIVATIVE.mistake(code="E64", title="the first derivative",
                           says="That is f′: the slope itself, not how the slope changes.",
                           ask="Of what do you want the gradient now?")
def second_derivative(f, x):
    x = Value(x)
    return grad_graph(f(x), x).data


@SECOND_DERIVATIVE.mistake(code="E65", title="the slope squared",
                           says="You squared the first derivative.",
                           ask="Is the second derivative of 2x² the square of 4x?")
def second_derivative(f, x):
    x = Value(x)
    return grad_graph(f(x), x).data ** 2


@SECOND_DERIVATIVE.mistake(code="E66", title="f′ at f′",
                           says="You took the slope at a point, and then once more, at the slope.",
                           ask="At which point is f″ wanted?")
def second_derivative(f, x):
    leaf = Value(x)
    other = Value(grad_graph(f(leaf), leaf).data)
    return grad_graph(f(other), other).data


@SECOND_DERIVATIVE.mistake(code="E60", title="always 0",
                           says="Every second derivative that you returned is 0.",
                           ask="What do you differentiate the second time, and with respect to what? Does a graph "
                               "lead from the one to the other?")
def second_derivative(f, x):
    x = Value(x)
    slope = Value(grad_graph(f(x), x).data)
    return grad_graph(slope, x).data


@SECOND_DERIVATIVE.mistake(code="E68", title="half of it",
                           says="Yours is the coefficient of h² in f(x + h), which is half of the second derivative.",
                           ask="What is the second derivative of x²?")
def second_derivative(f, x):
    x = Value(x)
    return grad_graph(grad_graph(f(x), x), x).data / 2


@SECOND_DERIVATIVE.mistake(code="G39", title="the forward pass",
                           says="You returned the value of f.",
                           ask="Which question does a derivative answer?")
def second_derivative(f, x):
    return f(Value(x)).data


@SECOND_DERIVATIVE.mistake(code="C02", title="a coarse difference",
                           says="A one-sided difference of two slopes is not accurate enough.",
                           ask="What do you have that is exact, and a graph at that?")
def second_derivative(f, x):
    h = 1e-3
    def slope(t):
        t = Value(t)
        return grad_graph(f(t), t).data
    return (slope(x + h) - slope(x)) / h


@SECOND_DERIVATIVE.mistake(code="X02", title="the worked example's formula",
                           says="6x is right for x³, and for no other function.",
                           ask="Where does f come in?")
def second_derivative(f, x):
    return 6.0 * x


@SECOND_DERIVATIVE.alternative(title="three lines")
def second_derivative(f, x):
    leaf = Value(x)
    first = grad_graph(f(leaf), leaf)
    return grad_graph(first, leaf).data


@SECOND_DERIVATIVE.alternative(title="a loop")
def second_derivative(f, x):
    leaf = Value(float(x))
    y = f(leaf)
    for _ in range(2):
        y = grad_graph(y, leaf)
    return y.data


@SECOND_DERIVATIVE.alternative(title="numbers with two derivatives")
def second_derivative(f, x):
    class Jet:
        def __init__(self, a, b=0.0, c=0.0):
            self.a, self.b, self.c = a, b, c
        def of(self, g0, g1, g2):
            return Jet(g0, g1 * self.b, g2 * self.b**2 + g1 * self.c)
        def __add__(self, o):
            o = o if isinstance(o, Jet) else Jet(o)
            return Jet(self.a + o.a, self.b + o.b, self.c + o.c)
        def __mul__(self, o):
            o = o if isinstance(o, Jet) else Jet(o)
            return Jet(self.a * o.a, self.a * o.b + self.b * o.a, self.a * o.c + 2 * self.b * o.b + self.c * o.a)
        def __pow__(self, n):
            return self.of(self.a**n, n * self.a ** (n - 1), n * (n - 1) * self.a ** (n - 2))
        def exp(self):
            e = np.exp(self.a)
            return self.of(e, e, e)
        def relu(self):
            return self * float(self.a > 0)
    return f(Jet(x, 1.0)).c
