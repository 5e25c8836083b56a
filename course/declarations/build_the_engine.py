"""Assignment 06: an engine for reverse-mode differentiation, piece by piece.

Each piece is tried on nodes that engine_nodes.py builds, so that a fault costs its own exercise alone. What can go
wrong with an engine was gathered from the issue lists of small engines (micrograd's above all); the graphs below are
those on which each mistake shows. The gradient as a graph of its own is that of Goodfellow, Bengio and Courville
(2016, Deep Learning, section 6.5.6, Algorithms 6.5 and 6.6).
"""

import ast
import functools
import re

import numpy as np

import autodiff
from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.declarations.chain_rule import Counter, times
from course.declarations.engine_nodes import ENGINE
from course.declarations.shared import constant

TAPE = 'lesson 6, "a node remembers"'
ORDER = 'lesson 6, "who may pay"'
WALK = 'lesson 6, "the walk back"'
TWICE = 'lesson 6, "twice through one graph"'
EDGES_COUNT = 'lesson 6, "what it costs"'
OWN_GRAPH = 'lesson 6, "a gradient as a graph"'
AGAIN = 'lesson 6, "a gradient of a gradient"'
FORWARD = 'lesson 6, "forward mode"'


# ------------------------------------------------------------------------------------ graphs

SUM_TIMES = "q = x + y; f = q * z"
SQUARE = "f = x * x"
NEURON = "s = w * x + b; n = s * -1; f = (n.exp() + 1) ** -1"
JOIN = "b = a + a; c = b + b"
CUBE = "b = a * a; L = b * a"
# From b, a short path and a long one lead to L.
SHORT_AND_LONG = "b = a * 3; c = b * 2; d = c + 1; e = d * b; L = e + b"
# The same, with the short path written first; and a leaf at the end of both.
LONG_AND_SHORT = "b = a * 3; c = b + y; e = b * c; L = b + e; M = L * y"
EQUAL = "b = a * 2; c = a * 1; d = b * c; e = d + c"     # c equals a in value, and is another node
SUMS = "f = total([x, y, x], [2, 3, 5])"                  # one node: 2x + 3y + 5x
FORK = "b = x * 2; c = x * 3; f = b * c"
THREE = "s = total([x, y, x, z]); f = s * y"
BRANCHES = "b = a * a; c = b * 2; d = b * 3"              # two results over one b
ARRAYS = "c = a + b; d = c * a; e = c + d; s = e.sum()"   # + hands one array to both of its parents
CYCLE = "b = a * 2; c = b + 1; d = c * 3; b.parents = (c,)"
CYCLE_AT_THE_ROOT = "b = a * 2; c = b + 1; b.parents = (c,)"
DOUBLINGS = "t = [a]\nfor k in range(18): t += [t[k] + t[k]]\nu = t[18]"
CHAIN = "t = [a]\nfor k in range(5000): t += [t[k] + b]\nu = t[5000]"
WIDE = "t = [x * (k % 7 + 0.5) for k in range(2000)]\ns = total(t)"
EDGES = 2 * 18

_nodes = {}
exec(compile(ENGINE, "<engine>", "exec"), _nodes)


@functools.lru_cache(64)
def drawn(graph, names):
    """What a graph is made of: (names of its nodes, parents of each node, whose places in order of making)."""
    named = _nodes["build"](graph, {name: 1.5 for name in names})
    made = _nodes["Value"].made
    place = {id(node): k for k, node in enumerate(made)}
    labels = {name: place[id(node)] for name, node in named.items()}
    return labels, [[place[id(parent)] for parent in node.parents] for node in made]


def below(graph, names, root):
    """The places of the root and of all nodes that it is made of."""
    labels, parents = drawn(graph, tuple(names))
    found, waiting = set(), [labels[root]]
    while waiting:
        k = waiting.pop()
        if k not in found:
            found.add(k)
            waiting += parents[k]
    return found


def _total(values, weights=None):
    return functools.reduce(lambda a, b: a + b, values if weights is None else
                            [value * weight for value, weight in zip(values, weights, strict=True)])


def evaluate(graph, inputs, nudges):
    """The values that a graph's program names, by autodiff; to each is added its nudge."""
    names = {"total": _total, "exp": autodiff.exp,
             "relu": autodiff.relu, "sum": autodiff.sum, "range": range}
    names.update({name: value + nudges[name] for name, value in inputs.items()})
    for statement in ast.parse(re.sub(r"(\w+)\.(exp|relu|sum)\(\)", r"\2(\1)", graph)).body:
        exec(compile(ast.Module([statement], []), "<graph>", "exec"), names)
        if isinstance(statement, ast.Assign) and statement.targets[0].id in nudges:
            name = statement.targets[0].id
            names[name] = names[name] + nudges[name]
    return names


def gradients(graph, inputs, root):
    """{name: gradient of the root} for every named node, by autodiff."""
    if all(isinstance(value, float) for value in inputs.values()):
        return dict(_gradients(graph, tuple(inputs.items()), root))
    return _by_nudges(graph, inputs, root)


@functools.lru_cache(256)
def _gradients(graph, inputs, root):
    return _by_nudges(graph, dict(inputs), root)


def _by_nudges(graph, inputs, root):
    labels, _ = drawn(graph, tuple(inputs))
    if any(isinstance(value, np.ndarray) for value in inputs.values()):
        zero = {name: np.zeros(3) if name != root else 0.0 for name in labels}
    else:
        zero = dict.fromkeys(labels, 0.0)
    _, pullback = autodiff.vjp(lambda nudges: evaluate(graph, inputs, nudges)[root], zero)
    return {name: np.asarray(grad) if np.ndim(grad) else float(grad) for name, grad in pullback(1.0)[0].items()}


def numbers(d, *names, **given):
    return {**{name: d.number() for name in names}, **given}


def nearby(d, *names):
    """Positive numbers around 1, for graphs that multiply a lot."""
    return {name: d.positive(0.4, 1.7) for name in names}


# ------------------------------------------------------------------------------------ what tests share

def counter_of_crossings():
    counter = Counter(limit=3 * EDGES)      # reached before the budget of work is, wherever it runs

    def counted():
        return None
    return counter, counter.of(counted)


def exponential(what):
    return said(f"Eighteen doublings u + u have 19 nodes and {EDGES} edges, but {2**18:,} paths. Yours was stopped: it "
                f"{what} along every path.", "What do all paths through a node have in common?", "E04",
                "one call per path")


def stopped(asked):
    """Whether an answer was stopped since it came to no end."""
    return asked.reply.failure is not None and asked.reply.failure.kind == "TooMuchWork"


def eighteen_doublings(what, args, result, exact=True):
    """The test that a walk over 18 doublings crosses each edge once. args(crossed) gives the arguments."""
    def test(ask):
        counter, crossed = counter_of_crossings()
        asked = ask.record(args(crossed), result())
        endless = counter.too_many or stopped(asked)
        ask.count("endless" if endless else counter.calls)      # how far it got depends on where it runs
        if endless:
            return exponential(what)
        if asked.problem:
            return asked.problem
        if exact and counter.calls != EDGES:
            return said(f"A graph with {EDGES} edges took {times(counter.calls).replace('once', 'one call')} calls of local "
                        "rules.".replace(" times calls", " calls"), "How often must you cross an edge?", "B32",
                        "calls of local rules")
        return None
    return test


def plain_doublings(what, args, result):
    """The same for exercises that call no local rules."""
    def test(ask):
        asked = ask.record(args, result())
        return exponential(what) if stopped(asked) else asked.problem
    return test


TOO_DEEP = said("A chain of 5,000 nodes is deeper than Python lets functions call themselves: RecursionError.",
                "Which list of your own could hold the nodes that are still to be looked at?", "E07", "recursion limit")
QUADRATIC = said("On a graph of some thousand nodes yours was stopped: for each node it looks at all the others again.",
                 "What do you know after one walk that you need not look for again?", "E44", "a walk for each node")


def large(cases):
    """The test of large graphs: cases(d) gives (args, result) pairs."""
    def test(ask):
        for args, result in cases(ask.draw):
            asked = ask.record(args, result)
            if asked.reply.failure and asked.reply.failure.kind == "RecursionError":
                return TOO_DEEP
            if stopped(asked):
                return QUADRATIC
            if asked.problem:
                return asked.problem
        return None
    return test


def refuses_cycles(cases):
    def test(ask):
        for args in cases:
            outcome = ask(*args)
            ask.count(outcome)
            if outcome == "an exception without a message":
                return said("Your function stopped with an exception, as it should, but without a word.",
                            "What would you like to read there, a month from now?", "W07", "an error without a message")
            if outcome != "an exception":
                ask.here()
                return said("This graph has a cycle: a node is made of itself, by way of others. Your function "
                            f"{'ran on without end' if outcome == 'no end' else 'did not notice'}.",
                            "Which node could come first in such a graph?", "E10", "a cycle is not noticed")
        return None
    return test


# ------------------------------------------------------------------------------------ 6.1 Value

VALUE_DRIVER = ENGINE + '''

def drive(answer, expression, inputs, g, again=False):
    """An expression on nodes of the learner's class: its value, and what each input receives for an upstream g.

    With again=True the upstream gradient is a node, too, and what each input receives is differentiated once more.
    """
    leaves = {name: answer(data) for name, data in inputs.items()}
    out = eval(expression, {}, leaves)
    if not all(map(callable, out.local)):
        return {"value": out.data}, told_apart(answer), "slopes"
    found = received(out, answer(g) if again else g, leaves)
    if again:
        result = {"value": out.data}
        for name in leaves:
            second = [received(part, 1.0, leaves) for part in found[name]]
            result |= {name + other: sum(map(number, (part for one in second for part in one[other])), 0.0)
                       for other in leaves}
    else:
        result = {"value": out.data, **{name: sum(map(number, parts), 0.0) for name, parts in found.items()}}
    kind = "a set" if isinstance(out.parents, (set, frozenset)) else "in order"
    return result, told_apart(answer), kind


def received(out, g, leaves):
    """{leaf's name: list of what its slots receive}, along every path from `out`."""
    found, waiting = {name: [] for name in leaves}, [(out, g)]
    while waiting:
        node, g = waiting.pop()
        for name, leaf in leaves.items():
            if node is leaf:
                found[name].append(g)
        if not any(node is leaf for leaf in leaves.values()) and hasattr(node, "parents"):
            waiting += [(parent, rule(g)) for parent, rule in zip(node.parents, node.local)]
    return found


def number(g):
    return g.data if hasattr(g, "data") and hasattr(g, "parents") else g


def told_apart(answer):
    """Whether two nodes with one value are two nodes."""
    a, b = answer(1.5), answer(1.5)
    try:
        return len({a, b}) == 2 and not a == b and a == a
    except TypeError:       # == without a hash: such nodes can't stand in a set
        return False
'''

NEURON_EXPRESSION = "((w * x + b) * -1).exp() + 1"
# Source: the notebook's set-up cell holds the same lines (a test compares them).
GIVEN = '''
import math

def like(g, value):
    """The factor that fits g: the Value itself beside a Value, its number beside a number."""
    return value if isinstance(g, Value) else value.data
'''


def rule_of(expression, inputs, g, again=False):
    """The oracle of Value."""
    return dict(_rule_of(expression, tuple(inputs.items()), g, again)), True, "in order"


@functools.lru_cache(256)
def _rule_of(expression, inputs, g, again):
    inputs = dict(inputs)
    text = re.sub(r"(\w+)\.(exp|relu)\(\)", r"\2(\1)", expression)
    text = re.sub(r"(\([^()]*(?:\([^()]*\))?[^()]*\))\.exp\(\)", r"exp\1", text)

    def f(*values):
        return eval(text, {"exp": autodiff.exp, "relu": autodiff.relu}, dict(zip(inputs, values, strict=True)))

    places, values = tuple(range(len(inputs))), [float(value) for value in inputs.values()]
    first = autodiff.grad(f, wrt=places)
    result = {"value": float(f(*values))}
    if not again:
        result |= {name: float(g * part) for name, part in zip(inputs, first(*values), strict=True)}
        return result
    for k, name in enumerate(inputs):
        second = autodiff.vjp(lambda *at, k=k: first(*at)[k], *values)[1](1.0)
        result |= {name + other: float(g * part) for other, part in zip(inputs, second, strict=True)}
    return result


def rules(cases):
    """The test of rules: cases(d) gives argument tuples."""
    def test(ask):
        problem = None
        for args in cases(ask.draw):
            asked = ask.record(args, rule_of(*args), part="out")
            told = {"a set": A_SET, "slopes": SLOPES}.get(asked.reply.result[2] if asked.reply.failure is None and
                                                          asked.reply.result else None)
            if told:
                ask.here()
                return told
            problem = problem or asked.problem
            if asked.problem and asked.problem.kind == "unwritten":
                break
        return problem
    return test


A_SET = said("You keep the parents in a set: there x stands once in x + x, and in no order.",
             "How many slots has x * x, and which rule belongs to which?", "E05", "children kept in a set")
SLOPES = said("`local` holds slopes; it should hold functions of the upstream gradient.", "How is local[k](g) called?",
              "E59", "slopes in place of rules")
APART = said("Two Values that hold the same number are taken for one node: == compares them by value, or they can't "
             "stand in a set.", "Are the leaves a = 3 and b = 3 the same leaf?", "E06", "equality by value")


def told_apart(ask):
    args = ("x + y", numbers(ask.draw, "x", "y"), ask.draw.number())
    if not ask.count(ask(*args)[1] is True):
        ask.here()
        return APART
    return None


_VALUE = '''class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, {parents}, local, 0.0

    def __add__(self, other):
        {wrap}
        return Value(self.data + other.data, (self, other), ({add}))

    def __mul__(self, other):
        {wrap}
        {mul}

    def __pow__(self, n):
        return Value(self.data ** n, (self,), (lambda g: {pow},))

    def exp(self):
        out = Value(math.exp(self.data), (self,), (lambda g: {exp},))
        return out

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (lambda g: {relu},))

    {more}
'''
_MUL = "return Value(self.data * other.data, (self, other), (lambda g: {a}, lambda g: {b}))"


def _value(parents="tuple(parents)", wrap="other = other if isinstance(other, Value) else Value(other)",
           add="lambda g: g, lambda g: g", mul="", a="g * like(g, other)", b="g * like(g, self)",
           pow="g * (n * like(g, self) ** (n - 1))", exp="g * like(g, out)", relu="g * (self.data > 0)",
           more="__radd__, __rmul__ = __add__, __mul__"):
    return _VALUE.format(parents=parents, wrap=wrap, add=add, mul=mul or _MUL.format(a=a, b=b), pow=pow, exp=exp,
                         relu=relu, more=more)


def _slots(extra):
    """Multiplication whose repeated slots are treated apart, as `extra` says."""
    return ("if self is other:\n            return " + extra + "\n        " + _MUL.format(
        a="g * like(g, other)", b="g * like(g, self)"))


# ------------------------------------------------------------------------------------ 6.2 to 6.8: drivers

ORDER_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, roots, refuse=False):
    """The answer asked for each root in turn: the last order, by the nodes' places (in the order of making)."""
    nodes = build(graph, inputs)
    if refuse:
        return outcome(answer, nodes[roots[0]])
    place = {id(node): k for k, node in enumerate(Value.made)}
    for root in roots:
        found = bounded(answer, nodes[root])
    if found is None or found is ...:
        return found
    return [place.get(id(node), -1) for node in found]
'''

BACKWARD_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, roots, refuse=False, crossed=None):
    """The answer called on each root in turn: {name: .grad} afterwards, or None where nothing was written."""
    nodes = build(graph, inputs, crossed)
    if refuse:
        return outcome(answer, nodes[roots[0]])
    before = {name: node.grad for name, node in nodes.items()}
    for root in roots:
        bounded(answer, nodes[root])
    if all(node.grad is before[name] for name, node in nodes.items()):
        return None
    return {name: node.grad for name, node in nodes.items()}
'''

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
    if not changed:
        return None
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

GRAPH_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, root, wrt, order=1, crossed=None):
    """The number in the gradient of the root for `wrt`; with order=2 in the gradient of the gradient."""
    nodes = build(graph, inputs, crossed)
    node = nodes[root]
    for _ in range(order):
        node = bounded(answer, node, nodes[wrt])
        if node is None or node is ...:
            return node
        if not hasattr(node, "parents"):
            raise TypeError(f"grad_graph returned a {type(node).__name__}; it should return a Value")
    return node.data
'''

# Here grad_graph is lent, too: one that goes forward, from wrt up to the root.
SECOND_DRIVER = ENGINE + '''

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
        raise TypeError("second_derivative returned a Value; it should return its number")
    return found
'''

FORWARD_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, root, seed, crossed=None):
    """The answer for leaves with the tangents of `seed`."""
    nodes = build(graph, inputs, crossed)
    return bounded(answer, nodes[root], {nodes[name]: tangent for name, tangent in seed.items()})
'''


# ------------------------------------------------------------------------------------ 6.2 order

def told_order(order, graph, inputs, root):
    """What is wrong with an order (places of nodes), or None."""
    labels, parents = drawn(graph, tuple(inputs))
    names = {k: name for name, k in labels.items()}
    wanted = below(graph, inputs, root)
    if not isinstance(order, list) or not all(isinstance(k, int) for k in order) or -1 in order:
        return said("The result should be a list of nodes.", "Which nodes lie below the root?", title="type of the result")

    def name(k):
        return names.get(k, "a node without a name")

    if len(set(order)) < len(order):
        twice = next(k for k in order if order.count(k) > 1)
        return said(f"{name(twice)} stands in the list {times(order.count(twice))}; each node belongs there once.",
                    "How do you tell that you have met a node before?", "E41", "a node stands there twice")
    if set(order) != wanted:
        missing = sorted(wanted - set(order))
        if not missing:
            return said("The list holds nodes that the root is not made of.", "Which nodes lie below the root?",
                        title="other nodes in the list")
        return said(f"{name(missing[0])} is missing from the list.", "Which nodes lie below the root, itself included?",
                    title="nodes are missing")
    if _in_order(order, parents):
        return None
    back = order[::-1]
    if _in_order(back, parents):
        return said("The list begins with the root: it stands the other way round.", "Which node can only come last?",
                    "X05", "the other way round")
    child, parent = next((k, p) for at, k in enumerate(order) for p in parents[k] if p not in order[:at])
    says = f"{name(child)} stands before {name(parent)}, of which it is made."
    from_root = back[0] == labels[root]
    by_distance = from_root and _is_breadth_first(back, parents)
    by_descent = from_root and _is_pre_order(back, parents)
    if by_distance and not by_descent:
        return said(f"{says} That is the order of distance from the root: a short path overtook a long one.",
                    "When may a node be put into the list?", "E03", "breadth-first order")
    if by_descent and not by_distance:
        return said(f"{says} You put a node into the list when you first meet it.",
                    "When may a node be put into the list: before all that it is made of, or after?", "E02",
                    "pre-order")
    return said(says, "When may a node be put into the list?", title="not in topological order")


def _in_order(order, parents):
    place = {k: at for at, k in enumerate(order)}
    return all(place[p] < at for at, k in enumerate(order) for p in parents[k] if p != k)


def _is_breadth_first(order, parents):
    """Whether nodes stand by their shortest distance from the first one."""
    distance, waiting = {order[0]: 0}, [order[0]]
    for k in waiting:
        for p in parents[k]:
            if p not in distance:
                distance[p] = distance[k] + 1
                waiting.append(p)
    found = [distance[k] for k in order]
    return found == sorted(found)


def _is_pre_order(order, parents):
    """Whether some depth-first walk first meets the nodes in this order."""
    path, seen = [order[0]], {order[0]}
    for k in order[1:]:
        while path and all(p in seen for p in parents[path[-1]]):
            path.pop()
        if not path or k not in parents[path[-1]]:
            return False
        path.append(k)
        seen.add(k)
    return True


def ordered(cases):
    def test(ask):
        for args in cases(ask.draw):
            order = ask(*args)
            problem = told_order(order, args[0], args[1], args[2][-1])
            ask.count(None if problem is None else repr(order))
            if problem:
                ask.here()
                return problem
        return None
    return test


def large_orders(ask):
    for graph, inputs, root in ((CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s")):
        asked = ask.record((graph, inputs, [root]))
        if asked.reply.failure and asked.reply.failure.kind == "RecursionError":
            return TOO_DEEP
        if stopped(asked):
            return QUADRATIC
        problem = asked.problem or told_order(asked.reply.result, graph, inputs, root)
        if problem:
            return problem
    return None


def ordered_doublings(ask):
    asked = ask.record((DOUBLINGS, {"a": 0.7}, ["u"]))
    if stopped(asked):
        return exponential("goes")
    return asked.problem or told_order(asked.reply.result, DOUBLINGS, {"a": 0.7}, "u")


# The ways of laying out the nodes below `root` in a list `order`, right and wrong.
DEPTH_FIRST = '''order, state, stack = [], {{}}, [(root, False)]
while stack:
    node, finished = stack.pop()
    if finished:
        state[{key}] = "done"
        order.append(node)
    elif {key} not in state:
        state[{key}] = "open"
        stack.append((node, True))
        for parent in {parents}:
            {cycle}
            stack.append((parent, False))
'''
_CYCLE_CHECK = 'if state.get({parent}) == "open":\n                raise ValueError("the graph has a cycle")'
RECURSIVE = '''order, done, open_ = [], set(), set()
def visit(node):
    if id(node) in open_:
        raise ValueError("the graph has a cycle")
    if id(node) not in done:
        open_.add(id(node))
        for parent in node.parents:
            visit(parent)
        open_.discard(id(node))
        done.add(id(node))
        order.append(node)
visit(root)
'''
# No memory of nodes that it has met: one visit for each path. A node's last visit counts.
EVERY_PATH = '''visits, path = [], []
def visit(node):
    if any(other is node for other in path):
        raise ValueError("the graph has a cycle")
    path.append(node)
    for parent in node.parents:
        visit(parent)
    path.pop()
    if not any(other is node for other in visits):
        visits.append(node)
visit(root)
order = visits
'''
PRE_ORDER = '''order, seen, stack = [], set(), [root]
while stack:
    node = stack.pop()
    if id(node) not in seen:
        seen.add(id(node))
        order.append(node)
        stack.extend(node.parents[::-1])
order.reverse()
'''
PRE_ORDER_LAST_PARENT = PRE_ORDER.replace("node.parents[::-1]", "node.parents")
BREADTH_FIRST = '''order, seen = [root], {id(root)}
for node in order:
    for parent in node.parents:
        if id(parent) not in seen:
            seen.add(id(parent))
            order.append(parent)
order = order[::-1]
'''
BREADTH_FIRST_LATE = BREADTH_FIRST.replace("in node.parents", "in node.parents[::-1]")
MARKS = '''order, stack = [], [(root, False)]
while stack:
    node, finished = stack.pop()
    if finished:
        order.append(node)
        node.open = False
    elif not hasattr(node, "visited"):
        node.visited = node.open = True
        stack.append((node, True))
        for parent in node.parents:
            if getattr(parent, "open", False):
                raise ValueError("the graph has a cycle")
            stack.append((parent, False))
'''
# Again and again looks through all nodes for one whose parents are all placed.
AGAIN_AND_AGAIN = '''nodes, known = [root], {id(root)}
for node in nodes:
    for parent in node.parents:
        if id(parent) not in known:
            known.add(id(parent))
            nodes.append(parent)
order, placed = [], set()
while len(order) < len(nodes):
    free = [node for node in nodes if id(node) not in placed and all(id(p) in placed for p in node.parents)]
    if not free:
        raise ValueError("the graph has a cycle")
    order.append(free[0])
    placed.add(id(free[0]))
'''


def walk(key="id(node)", parents="node.parents", cycle=True):
    """The depth-first order as source text."""
    check = _CYCLE_CHECK.format(parent=key.replace("node", "parent")) if cycle else "pass"
    return DEPTH_FIRST.format(key=key, parents=parents, cycle=check)


BY_VALUE = walk(key="node.data")
NO_CYCLE_CHECK = walk(cycle=False)
WALK_RIGHT = walk()


# ------------------------------------------------------------------------------------ 6.3 backward

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


PAID_ONCE = "dict(zip(node.parents, node.local)).items()"
PAID_FOUR_TIMES = "[(p, f) for p in node.parents for q, f in zip(node.parents, node.local) if q is p]"
AS_A_SET = "[(p, node.local[node.parents.index(p)]) for p in set(node.parents)]"


# ------------------------------------------------------------------------------------ 6.4 and 6.5

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
_ALL_PATHS = """stack = [root]
while stack:
    node = stack.pop()
    {do}
    stack.extend(node.parents)
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


# ------------------------------------------------------------------------------------ 6.6 to 6.8

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


# ------------------------------------------------------------------------------------ the exercises

UNEVEN = "When may a node pay its parents?"
JOINS = "What is to happen where two paths meet?"
SLOTS = "How many slots has x * x, and what does each of them pay?"
MARKED = ("Your marks stay on the nodes when you are done: a second walk takes every node for one that it has met.",
          "Where could you keep the marks, so that they end with the walk?")
DEEP = ("Your function calls itself once for each node on a path; Python allows about a thousand calls in one another.",
        "Which list of your own could hold the nodes that are still to be looked at?")
PER_PATH = "What do all paths through a node have in common?"
SAME_VALUE = ("Two nodes that hold the same number are taken for one.", "What tells two nodes apart, if not their values?")

EXERCISES = (
    Exercise(
        "class Value", "out, apart, parents", 4, rule_of, driver=VALUE_DRIVER, given=GIVEN, upstream="g",
        checks=(
            Check("+ and *", 1, test=rules(lambda d: [
                ("x + y", {"x": 3.0, "y": -4.0}, 2.5), ("x * y", {"x": 3.0, "y": -4.0}, 2.5),
                ("x * x", numbers(d, "x"), d.number()), ("x + x", numbers(d, "x"), d.number()),
                ("x * y", numbers(d, "x", "y"), d.number())])),
            Check("**, exp and relu", 1, test=rules(lambda d: [
                ("x ** 3", {"x": 2.5}, 1.5), ("x ** -1", numbers(d, "x"), d.number()), ("x.exp()", {"x": 0.7}, d.number()),
                ("x.exp()", {"x": -0.6}, d.number()), ("x.relu()", {"x": 1.7}, d.number()),
                ("x.relu()", {"x": -1.7}, d.number())])),
            Check("the neuron", 0.5, test=rules(lambda d: [
                (NEURON_EXPRESSION, numbers(d, "w", "x", b=0.5), d.number()), ("(x + y) * z", numbers(d, "x", "y", "z"), 1.5)])),
            Check("a number on either side, powers of all kinds, relu at 0", 0.75, edge=True, test=rules(lambda d: [
                ("x + 2.5", numbers(d, "x"), d.number()), ("x * 2.5", numbers(d, "x"), d.number()),
                ("2.5 + x", numbers(d, "x"), d.number()), ("2.5 * x", numbers(d, "x"), d.number()),
                ("x ** 0.5", {"x": d.positive()}, d.number()), ("x ** 2", {"x": d.number()}, d.number()),
                ("x.relu()", {"x": 0.0}, d.number())])),
            Check("nodes are told apart by what they are", 0.25, edge=True, test=told_apart),
            Check("rules that take a Value", 0.5, edge=True, test=rules(lambda d: [
                ("x * y", numbers(d, "x", "y"), d.number(), True), ("x ** 3", numbers(d, "x"), d.number(), True),
                ("x.exp()", {"x": d.number(high=1.5)}, d.number(), True), ("x + y * y", numbers(d, "x", "y"), d.number(), True),
                ("x.relu() * x", {"x": 1.3}, d.number(), True)])),
        ),
        mistakes=(
            ("G01", "upstream dropped", _value(add="lambda g: 1.0, lambda g: 1.0", a="like(g, other)", b="like(g, self)",
                                               pow="n * like(g, self) ** (n - 1)", exp="like(g, out)",
                                               relu="1.0 * (self.data > 0)"),
             "Your rules give the local gradient, whatever comes in.", "What should a parent receive for g = 0?"),
            ("G02", "inputs not swapped", _value(a="g * like(g, self)", b="g * like(g, other)"),
             "In your product each factor got its own value.", "If y is 0, can x move x · y?"),
            ("G03", "upstream added", _value(a="g + like(g, other)", b="g + like(g, self)"),
             "Your product adds the upstream gradient. Along a path derivatives multiply.",
             "What should a parent receive for g = 0?"),
            ("G13", "exp by its input", _value(exp="g * like(g, self)"), "Your rule of exp takes the input as the slope.",
             "Which function is its own slope?"),
            ("G46", "the exponent is lost", _value(pow="g * like(g, self) ** (n - 1)"), "The power rule lacks its factor.",
             "What does the power rule bring down from x³?"),
            ("E62", "the exponent is not lowered", _value(pow="g * (n * like(g, self) ** n)"),
             "The power rule keeps the exponent as it was.", "Which power is the slope of x³?"),
            ("A03", "relu lets 0 through", _value(relu="g * (self.data >= 0)"), "At 0 the slope of relu is taken as 0 here.",
             "On which side of the kink does your comparison put 0?"),
            ("A04", "relu is always open", _value(relu="g"), "Your relu passes every gradient on.",
             "Does relu move when x = −1.7 moves a little?"),
            ("A05", "times relu(x)", _value(relu="g * max(self.data, 0.0)"), "Where relu is open its slope is not its value.",
             "By how much does relu grow when x = 1.7 grows by 1?"),
            ("B02", "x · x is paid once", _value(mul=_slots("Value(self.data ** 2, (self,), (lambda g: g * like(g, self),))")),
             "In x · x one of the two slots is not paid.", SLOTS),
            ("B03", "x · x is paid four times", _value(mul=_slots(
                "Value(self.data ** 2, (self, self), (lambda g: 2 * g * like(g, self),) * 2)")),
             "In x · x each slot pays as if it were both.", SLOTS),
            ("E05", "children kept in a set", _value(parents="set(parents)"),
             "You keep the parents in a set: there x stands once in x + x, and in no order.",
             "How many slots has x * x, and which rule belongs to which?"),
            ("E06", "equality by value", _value(more="__radd__, __rmul__ = __add__, __mul__\n\n    def __eq__(self, other):\n"
                                                "        return self.data == other.data\n\n    def __hash__(self):\n"
                                                "        return hash(self.data)"),
             "Two Values that hold the same number are taken for one node: == compares them by value, or they can't "
             "stand in a set.", "Are the leaves a = 3 and b = 3 the same leaf?"),
            ("E45", "no number on the left", _value(more="pass"), "x + 2.5 works, and 2.5 + x does not.",
             "Which method does Python ask when the left side is a number?"),
            ("E56", "no number beside a Value", _value(wrap="other.data", more="__radd__, __rmul__ = __add__, __mul__"),
             "A number has no data: x + 2.5 stops.", "What could a number be turned into before you add it?"),
            ("E59", "slopes in place of rules", _value(add="1.0, 1.0", mul="return Value(self.data * other.data, (self, other), "
                                                       "(other.data, self.data))").replace("lambda g: ", "").replace(
                                                           "like(g, ", "(").replace("g * ", ""),
             "`local` holds slopes; it should hold functions of the upstream gradient.", "How is local[k](g) called?"),
            ("E60", "the graph is lost", _value(a="g * other.data", b="g * self.data", pow="g * (n * self.data ** (n - 1))",
                                                exp="g * out.data"),
             "Your rules are right for numbers. For an upstream gradient that is a Value they multiply by a mere number, "
             "which no longer knows where it came from.", "What would the slope of x · y for x, as a graph, be made of?"),
        ),
        alternatives=(
            ("a class for each operation", '''class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, parents, local, 0.0
    def __add__(self, other): return Add.of(self, other)
    def __mul__(self, other): return Mul.of(self, other)
    def __pow__(self, n): return Pow(self.data ** n, (self,), n)
    def exp(self): return Exp(math.exp(self.data), (self,))
    def relu(self): return Relu(max(self.data, 0), (self,))
    __radd__, __rmul__ = __add__, __mul__

class Node(Value):
    def __init__(self, data, parents, *more):
        super().__init__(data, parents, [lambda g, k=k: self.pay(g, k) for k in range(len(parents))])
        self.more = more
    @classmethod
    def of(cls, *parents):
        parents = [p if isinstance(p, Value) else Value(p) for p in parents]
        return cls(cls.forward(*[p.data for p in parents]), parents)

class Add(Node):
    forward = staticmethod(lambda x, y: x + y)
    def pay(self, g, k): return g

class Mul(Node):
    forward = staticmethod(lambda x, y: x * y)
    def pay(self, g, k): return g * like(g, self.parents[1 - k])

class Pow(Node):
    def pay(self, g, k): return g * (self.more[0] * like(g, self.parents[0]) ** (self.more[0] - 1))

class Exp(Node):
    def pay(self, g, k): return g * like(g, self)

class Relu(Node):
    def pay(self, g, k): return g if self.data > 0 else g * 0.0
'''),
            ("rules that always give Values", '''class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, list(parents), list(local), 0.0
    def __add__(self, other):
        if isinstance(other, Value):
            return Value(self.data + other.data, [self, other], [lambda g: g, lambda g: g])
        return Value(self.data + other, [self], [lambda g: g])
    def __mul__(self, other):
        if isinstance(other, Value):
            return Value(self.data * other.data, [self, other], [lambda g: other * g, lambda g: self * g])
        return Value(self.data * other, [self], [lambda g: g * other])
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __pow__(self, n): return Value(self.data**n, [self], [lambda g: self ** (n - 1) * n * g])
    def exp(self):
        out = Value(float(np.exp(self.data)), [self])
        out.local.append(lambda g: out * g)
        return out
    def relu(self): return Value(np.maximum(self.data, 0.0), [self], [lambda g: g * float(self.data > 0)])
'''),
            ("gates that are made of others", '''class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad = data, 0.0
        self.parents, self.local = parents, local
    def of(self, data, *slopes):
        return Value(data, tuple(p for p, _ in slopes), tuple(map(self.rule, [s for _, s in slopes])))
    def rule(self, slope):
        return lambda g: g * (slope() if isinstance(g, Value) else getattr(slope(), "data", slope()))
    def __add__(self, other):
        other = Value(other) if not isinstance(other, Value) else other
        return self.of(self.data + other.data, (self, lambda: 1.0), (other, lambda: 1.0))
    def __mul__(self, other):
        other = Value(other) if not isinstance(other, Value) else other
        return self.of(self.data * other.data, (self, lambda: other), (other, lambda: self))
    def __radd__(self, other): return Value(other) + self
    def __rmul__(self, other): return Value(other) * self
    def __pow__(self, n): return self.of(self.data ** n, (self, lambda: n * self ** (n - 1)))
    def exp(self):
        out = self.of(math.e ** self.data, (self, lambda: out))
        return out
    def relu(self): return self * (1.0 if self.data > 0 else 0.0)
'''),
        ),
        hints=("Which three things does a gate know: its value, its inputs, and what it passes on to each of them?",
               "Each operator makes a new Value: the number, a tuple of the parents, and a tuple of functions of g, one "
               "for each parent. A plain number becomes a Value first.",
               "For x · y the first function multiplies g by y, the second by x; like(g, y) picks what fits g. The "
               "reflected forms of + and * can be the same methods."),
        read=TAPE, difficulty=3, minutes=20,
    ),
    Exercise(
        "topological_order(root)", "order", 4, None, driver=ORDER_DRIVER,
        checks=(
            Check("small graphs", 1, test=ordered(lambda d: [
                (SUM_TIMES, numbers(d, "x", "y", "z"), ["f"]), (SQUARE, numbers(d, "x"), ["f"]),
                (NEURON, numbers(d, "w", "x", "b"), ["f"])])),
            Check("a short path and a long one", 1, edge=True, test=ordered(lambda d: [
                (SHORT_AND_LONG, numbers(d, "a"), ["L"]), (LONG_AND_SHORT, numbers(d, "a", "y"), ["M"])])),
            Check("equal values, several uses, a second walk", 0.5, edge=True, test=ordered(lambda d: [
                (JOIN, numbers(d, "a"), ["c"]), (EQUAL, {"a": 3.0}, ["e"]), (THREE, numbers(d, "x", "y", "z"), ["f"]),
                (BRANCHES, numbers(d, "a"), ["c"]), (BRANCHES, numbers(d, "a"), ["c", "d"]),
                (CUBE, numbers(d, "a"), ["L", "L"])])),
            Check("18 doublings", 0.5, edge=True, once=True, test=ordered_doublings),
            Check("a chain of 5,000, a wide graph", 0.5, edge=True, once=True, test=large_orders),
            Check("a cycle raises", 0.5, edge=True, once=True, test=refuses_cycles([
                (CYCLE, {"a": 1.5}, ["d"], True), (CYCLE_AT_THE_ROOT, {"a": 1.5}, ["c"], True)])),
        ),
        mistakes=(
            ("E02", "pre-order", PRE_ORDER + "return order", "You put a node into the list when you first meet it. A node "
             "that is also reached by a longer way then stands on the wrong side of it.",
             "When may a node be put into the list: before all that it is made of, or after?"),
            ("E02", "pre-order, the last parent first", PRE_ORDER_LAST_PARENT + "return order",
             "You put a node into the list when you first meet it. A node that is also reached by a longer way then stands "
             "on the wrong side of it.", "When may a node be put into the list: before all that it is made of, or after?"),
            ("E03", "breadth-first order", BREADTH_FIRST + "return order", "You went level by level from the root: a short "
             "path overtook a long one.", "How far from the root is a node to which two paths lead?"),
            ("E03", "breadth-first order, the last parent first", BREADTH_FIRST_LATE + "return order", "You went level by "
             "level from the root: a short path overtook a long one.",
             "How far from the root is a node to which two paths lead?"),
            ("E04", "one call per path", EVERY_PATH + "return order", "The order is right, but you go down every path, also "
             "where you have been before.", PER_PATH),
            ("E06", "equality by value", BY_VALUE + "return order", *SAME_VALUE),
            ("E07", "recursion limit", RECURSIVE + "return order", *DEEP),
            ("E10", "a cycle is not noticed", NO_CYCLE_CHECK + "return order", "On a graph with a cycle you return some order, "
             "and there is none.", "What do you meet when a node is made of itself?"),
            ("X05", "the other way round", WALK_RIGHT + "return order[::-1]", "Your list begins with the root: it stands the "
             "other way round.", "Which node can only come last?"),
            ("E41", "a node stands there twice", WALK_RIGHT + "return [p for node in order for p in node.parents] + [root]",
             "A node that is used twice stands in your list twice.", "How do you tell that you have met a node before?"),
            ("X31", "nodes are missing", WALK_RIGHT + "return [node for node in order if node.parents]",
             "The leaves are missing from your list.", "Which nodes have no parents, and do they have a gradient?"),
            ("E42", "marks left on the nodes", MARKS + "return order", *MARKED),
            ("E43", "sorted by value", WALK_RIGHT + "return sorted(order, key=lambda node: node.data)",
             "You sorted the nodes by their numbers.", "Must a sum be larger than what it is made of?"),
            ("E44", "a walk for each node", AGAIN_AND_AGAIN + "return order", "The order is right, but for each node you look "
             "at all the others again.", "What do you know after one walk that you need not look for again?"),
        ),
        alternatives=(
            ("a stack of iterators", '''order, done, path = [], set(), {id(root): None}
stack = [(root, iter(root.parents))]
while stack:
    node, parents = stack[-1]
    parent = next(parents, None)
    if parent is None:
        stack.pop()
        del path[id(node)]
        done.add(node)
        order.append(node)
    elif id(parent) in path:
        raise RuntimeError("a node is its own ancestor")
    elif parent not in done:
        path[id(parent)] = None
        stack.append((parent, iter(parent.parents)))
return order'''),
            ("by counting uses", '''uses, nodes = {root: 0}, [root]
for node in nodes:
    for parent in node.parents:
        if parent not in uses:
            uses[parent] = 0
            nodes.append(parent)
        uses[parent] += 1
ready, order = [root], []
while ready:
    node = ready.pop()
    order.append(node)
    for parent in node.parents:
        uses[parent] -= 1
        if uses[parent] == 0:
            ready.append(parent)
if len(order) != len(nodes) or any(uses.values()):
    raise ValueError("no order: there is a cycle")
return tuple(reversed(order))'''),
            ("by the longest way to a leaf", '''height = {}
stack, open_ = [root], set()
while stack:
    node = stack[-1]
    if node in height:
        stack.pop()
        continue
    waiting = [p for p in node.parents if p not in height]
    if waiting:
        if node in open_:
            raise ValueError("a cycle")
        open_.add(node)
        stack.extend(waiting)
    else:
        open_.discard(node)
        height[node] = 1 + max((height[p] for p in node.parents), default=0)
return sorted(height, key=height.get)'''),
            ("recursion with a higher limit", '''def topological_order(root):
    import sys
    sys.setrecursionlimit(20_000)
    order, state = [], {}
    def visit(node):
        if state.get(node) == "open":
            raise ValueError("cycle")
        if node not in state:
            state[node] = "open"
            for parent in node.parents:
                visit(parent)
            state[node] = "done"
            order.append(node)
    visit(root)
    return order'''),
        ),
        hints=("When are you sure that all a node is made of stands in the list already?",
               "Go down from the root, and put a node into the list when you come back from it, not when you first meet "
               "it. Remember whom you have met. A stack of your own takes the place of recursion.",
               "Push a node a second time, with a note that it is finished, before you push its parents. Popped with the "
               "note, it joins the list. Who is met again while still unfinished closes a cycle."),
        read=ORDER, difficulty=4, minutes=20,
    ),
    Exercise(
        "backward(root)", "grads", 6, all_grads, driver=BACKWARD_DRIVER,
        checks=(
            Check("small graphs", 1.5, lambda d: [
                (SUM_TIMES, {"x": -2.0, "y": 5.0, "z": -4.0}, ["f"]), (SQUARE, numbers(d, "x"), ["f"]),
                (SUMS, numbers(d, "x", "y"), ["f"]), (FORK, numbers(d, "x"), ["f"]),
                (NEURON, {"w": 2.0, "x": -1.0, "b": 0.5}, ["f"])]),
            Check("joins, equal values, three parents", 1, edge=True, draw=lambda d: [
                (JOIN, {"a": 1.5}, ["c"]), (EQUAL, {"a": 3.0}, ["e"]), (THREE, numbers(d, "x", "y", "z"), ["f"])]),
            Check("a short path and a long one", 1, edge=True, draw=lambda d: [
                (SHORT_AND_LONG, numbers(d, "a"), ["L"]), (LONG_AND_SHORT, numbers(d, "a", "y"), ["M"])]),
            Check("twice, and from two results", 0.75, edge=True, draw=lambda d: [
                (CUBE, {"a": 3.0}, ["L", "L"]), (BRANCHES, numbers(d, "a"), ["c", "d"]),
                (BRANCHES, numbers(d, "a"), ["c"])]),
            Check("18 doublings: one call for each edge", 0.75, edge=True, once=True, test=eighteen_doublings(
                "pays", lambda crossed: (DOUBLINGS, {"a": 0.7}, ["u"], False, crossed),
                lambda: all_grads(DOUBLINGS, {"a": 0.7}, ["u"]))),
            Check("arrays at a join", 0.25, edge=True, draw=lambda d: [(ARRAYS, {"a": d.array(3), "b": d.array(3)}, ["s"])]),
            Check("a chain of 5,000, a wide graph", 0.5, edge=True, once=True, test=large(lambda d: [
                ((graph, inputs, [root]), all_grads(graph, inputs, [root])) for graph, inputs, root in (
                    (CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s"))])),
            Check("a cycle raises", 0.25, edge=True, once=True, test=refuses_cycles([
                (CYCLE, {"a": 1.5}, ["d"], True), (CYCLE_AT_THE_ROOT, {"a": 1.5}, ["c"], True)])),
        ),
        mistakes=(
            ("B01", "overwritten at a join", _backward(pay="parent.grad = local(node.grad)"),
             "A node that is used twice keeps only the last payment.", JOINS),
            ("B02", "x · x is paid once", _backward(slots=PAID_ONCE), "Where a node uses a parent twice, one of the two slots "
             "is not paid.", SLOTS),
            ("B03", "x · x is paid four times", _backward(slots=PAID_FOUR_TIMES), "Where a node uses a parent twice, each slot "
             "pays as if it were both.", SLOTS),
            ("B04", "started with the output", _backward(seed="root.data"), "You started with the value of the root.",
             "How much does the root change when it changes by 1?"),
            ("E01", "no topological order", "nodes = [root]\nroot.grad = 1.0\nwhile nodes:\n    node = nodes.pop()\n"
             "    for parent, local in zip(node.parents, node.local):\n"
             "        parent.grad = parent.grad + local(node.grad)\n        nodes.append(parent)\nreturn None\n",
             "A node paid its parents each time that something reached it: what had been passed on went down again.", UNEVEN),
            ("E02", "pre-order", _backward(order=PRE_ORDER), "A node paid before its own gradient was complete: you took the "
             "nodes in the order in which a walk first meets them.", UNEVEN),
            ("E02", "pre-order, the last parent first", _backward(order=PRE_ORDER_LAST_PARENT), "A node paid before its own "
             "gradient was complete: you took the nodes in the order in which a walk first meets them.", UNEVEN),
            ("E03", "breadth-first order", _backward(order=BREADTH_FIRST), "A node paid before its own gradient was complete: "
             "level by level, a short path overtook a long one.", UNEVEN),
            ("E03", "breadth-first order, the last parent first", _backward(order=BREADTH_FIRST_LATE), "A node paid before its "
             "own gradient was complete: level by level, a short path overtook a long one.", UNEVEN),
            ("E04", "one call per path", WALK_RIGHT + "for node in order:\n    if node.parents:\n        node.grad = 0.0\n"
             "def pay(node, g):\n    node.grad = node.grad + g\n    for parent, local in zip(node.parents, node.local):\n"
             "        pay(parent, local(g))\npay(root, 1.0)\nreturn None\n", "The gradients are right, but you go down each path by "
             "itself: 18 doublings have 36 edges and 262,144 paths.", PER_PATH),
            ("E05", "children as a set", _backward(slots=AS_A_SET), "Where a node uses a parent twice, a set holds it once.",
             "How many slots has x * x, and which rule belongs to which?"),
            ("E06", "equality by value", _backward(order=BY_VALUE), *SAME_VALUE),
            ("E07", "recursion limit", _backward(order=RECURSIVE), *DEEP),
            ("E08", "gradients of inner nodes not reset", _backward(reset="pass"), "A second backward pass found what the first "
             "had left in the inner nodes, and passed it on once more.",
             "For which nodes should gradients add up from pass to pass, and for which not?"),
            ("E46", "leaves are reset", _backward(reset="node.grad = 0.0"), "A second backward pass wiped out what the leaves "
             "held; there gradients add up, until zero_grad clears them.",
             "For which nodes should gradients add up from pass to pass, and for which not?"),
            ("E47", "the root adds up", _backward(seed="root.grad + 1.0", reset="if node.parents and node is not root:\n        "
                                                  "node.grad = 0.0"),
             "Each backward pass adds 1 to what the root held: the second pass starts with 2.",
             "With what does every backward pass begin?"),
            ("E09", "changed in place at a join", WALK_RIGHT + "grads = {id(root): 1.0}\nfor node in reversed(order):\n"
             "    node_grad = grads[id(node)]\n    for parent, local in zip(node.parents, node.local):\n"
             "        paid = local(node_grad)\n        if id(parent) in grads:\n            grads[id(parent)] += paid\n"
             "        else:\n            grads[id(parent)] = paid\nfor node in order:\n"
             "    node.grad = grads[id(node)] if node.parents else node.grad + grads[id(node)]\nreturn None\n",
             "An array that one node had received was changed in place, while another node holds the same array.",
             "What does + hand to its two parents: two arrays, or one?"),
            ("E10", "a cycle is not noticed", _backward(order=NO_CYCLE_CHECK), "On a graph with a cycle you fill in some "
             "gradients, and there are none.", "Which node could pay first in such a graph?"),
            ("E42", "marks left on the nodes", _backward(order=MARKS), *MARKED),
            ("E44", "a walk for each node", _backward(order=AGAIN_AND_AGAIN), "The gradients are right, but for each node you "
             "look at all the others again.", "What do you know after one walk that you need not look for again?"),
            ("E48", "two parents at most", _backward(slots="list(zip(node.parents, node.local))[:2]"), "A node with more than "
             "two parents pays only the first two.", "How long may node.parents be?"),
            ("E31", "from the leaves to the root", _backward(order=WALK_RIGHT + "order.reverse()\n"), "You walked from the "
             "leaves to the root; the gradient starts at the root.", "Which gradient is known before all others?"),
            ("G01", "upstream dropped", _backward(pay="parent.grad = parent.grad + local(1.0)"), "Each rule was called with 1: "
             "what reached the node from above does not go on.", "What is node.grad when the node's turn comes?"),
            ("X31", "inner nodes are left out", WALK_RIGHT + "grads = {id(node): 0.0 for node in order}\ngrads[id(root)] = 1.0\n"
             "for node in reversed(order):\n    for parent, local in zip(node.parents, node.local):\n"
             "        grads[id(parent)] = grads[id(parent)] + local(grads[id(node)])\nfor node in order:\n"
             "    if not node.parents:\n        node.grad = node.grad + grads[id(node)]\nreturn None\n",
             "Only the leaves have their gradient; the nodes in between hold none.",
             "For which nodes should .grad be filled?"),
        ),
        alternatives=(
            ("a depth-first order", _backward()),
            ("by counting uses", '''uses, nodes = {root: 0}, [root]
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
return None'''),
            ("a tape of indices", WALK_RIGHT + '''place = {id(node): k for k, node in enumerate(order)}
tape = [([place[id(p)] for p in node.parents], node.local) for node in order]
grads = [0.0] * len(tape)
grads[-1] = np.float64(1)
for k in range(len(tape) - 1, -1, -1):
    for p, local in zip(*tape[k]):
        grads[p] = grads[p] + local(grads[k])
for node, grad in zip(order, grads):
    node.grad = grad + (0.0 if node.parents else node.grad)
return None'''),
            ("each node collects from those that use it", WALK_RIGHT + '''users = {id(node): [] for node in order}
for node in order:
    for parent, local in zip(node.parents, node.local):
        users[id(parent)].append((node, local))
root.grad = 1.0
for node in order[-2::-1]:
    collected = sum(local(user.grad) for user, local in users[id(node)])
    node.grad = collected if node.parents else collected + node.grad
return root'''),
        ),
        hints=("Which gradient do you know before you have done anything? Whose turn may be next?",
               "Set inner nodes to 0 and the root to 1. Take the nodes from the root down, each after all that use it; "
               "each adds to every parent what its local rule gives for its own gradient.",
               "Either walk a topological order from its end, or count for each node how often it is used, and let it pay "
               "when that many payments have come. Add with parent.grad + ..., not in place."),
        read=WALK, difficulty=4, minutes=20,
    ),
    Exercise(
        "zero_grad(root)", "grads, data, others", 2, zeroed, driver=ZERO_DRIVER,
        checks=(
            Check("small graphs", 0.5, lambda d: [
                (SUM_TIMES, numbers(d, "x", "y", "z"), "f"), (SQUARE, numbers(d, "x"), "f"),
                (NEURON, numbers(d, "w", "x", "b"), "f")]),
            Check("what is not below the root is left alone", 0.5, edge=True, draw=lambda d: [
                (BRANCHES, numbers(d, "a"), "c"), (SUM_TIMES, numbers(d, "x", "y", "z"), "q"),
                (SHORT_AND_LONG, numbers(d, "a"), "b")]),
            Check("equal values, and twice", 0.25, edge=True, draw=lambda d: [
                (EQUAL, {"a": 3.0}, "e"), (CUBE, numbers(d, "a"), "L", 2)]),
            Check("18 doublings", 0.375, edge=True, once=True, test=plain_doublings(
                "goes", (DOUBLINGS, {"a": 0.7}, "u"), lambda: zeroed(DOUBLINGS, {"a": 0.7}, "u"))),
            Check("a chain of 5,000, a wide graph", 0.375, edge=True, once=True, test=large(lambda d: [
                ((graph, inputs, root), zeroed(graph, inputs, root)) for graph, inputs, root in (
                    (CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s"))])),
        ),
        mistakes=(
            ("E49", "leaves only", _zero(do="if not node.parents:\n        node.grad = 0.0"), "You cleared the leaves; the nodes "
             "in between keep their gradients.", "Which nodes lie below the root?"),
            ("E50", "leaves are left", _zero(do="if node.parents:\n        node.grad = 0.0"), "You cleared the inner nodes, and "
             "the leaves keep their gradients.", "In which nodes do gradients add up?"),
            ("E51", "the root is left", _zero(do="if node is not root:\n        node.grad = 0.0"), "The root itself keeps its "
             "gradient.", "Does the root have a gradient?"),
            ("E54", "one level only", "root.grad = 0.0\nfor parent in root.parents:\n    parent.grad = 0.0\nreturn None\n", "You cleared the "
             "root and its parents, and stopped there.", "Where do you find the parents of the parents?"),
            ("E52", "None in place of 0", _zero(do="node.grad = None"), "You wrote None; the next pass will add to it.",
             "What is None + 1?"),
            ("E53", "the values are wiped out", _zero(do="node.grad = node.data = 0.0"), "You cleared the data as well.",
             "Which of the two should be 0 now: .grad or .data?"),
            ("E04", "one call per path", _zero(_ALL_PATHS), "You go down every path, also where you have been before: 18 "
             "doublings have 36 edges and 262,144 paths.", PER_PATH),
            ("E06", "equality by value", _zero(key="node.data"), *SAME_VALUE),
            ("E07", "recursion limit", _zero(_ALL_RECURSIVE), *DEEP),
            ("E42", "marks left on the nodes", _zero(_ALL_MARKS), *MARKED),
            ("E44", "a walk for each node", _zero(_ALL_AGAIN), "For each node you look at all the others again.",
             "What do you know after one walk that you need not look for again?"),
            ("E57", "the first parent only", "node = root\nwhile True:\n    node.grad = 0.0\n    if not node.parents:\n"
             "        break\n    node = node.parents[0]\nreturn None\n", "You followed the first parent of each node, and no other.",
             "How many parents may a node have?"),
        ),
        alternatives=(
            ("a list that grows while it is read", "nodes = [root]\nseen = {root}\nfor node in nodes:\n    node.grad = 0\n"
             "    for parent in node.parents:\n        if parent not in seen:\n            seen.add(parent)\n"
             "            nodes.append(parent)\nreturn len(nodes)"),
            ("level by level", "level, seen = {root}, set()\nwhile level:\n    seen |= level\n"
             "    level = {p for node in level for p in node.parents} - seen\nfor node in seen:\n    node.grad = 0.0\nreturn True"),
            ("a stack", _zero().replace("return None", "return root")),
            ("a callable object", "class Clear:\n    def __call__(self, root):\n        todo, known = [root], {}\n"
             "        while todo:\n            node = todo.pop()\n            if known.setdefault(id(node), True) == 2:\n"
             "                continue\n            known[id(node)] = 2\n            node.grad = 0.0\n"
             "            todo += node.parents\nzero_grad = Clear()"),
        ),
        hints=("Which nodes has the root got below it? How do you come to each of them once?",
               "Keep a stack of nodes to look at and a set of nodes that you have met. The order does not matter here.",
               "Pop a node; if you have met it, go on; otherwise note it, set its .grad to 0.0, and push its parents."),
        read=TWICE, difficulty=2, minutes=6,
    ),
    Exercise(
        "count_edges(root)", "edges", 2, edges_below, driver=COUNT_DRIVER,
        checks=(
            Check("small graphs", 0.75, lambda d: [
                (SUM_TIMES, numbers(d, "x", "y", "z"), ["f"]), (SQUARE, numbers(d, "x"), ["f"]),
                (SUMS, numbers(d, "x", "y"), ["f"]), (FORK, numbers(d, "x"), ["f"]),
                (NEURON, numbers(d, "w", "x", "b"), ["f"])]),
            Check("joins, many parents, a leaf alone", 0.5, edge=True, draw=lambda d: [
                (JOIN, numbers(d, "a"), ["c"]), (THREE, numbers(d, "x", "y", "z"), ["f"]),
                (SHORT_AND_LONG, numbers(d, "a"), ["L"]), (SUM_TIMES, numbers(d, "x", "y", "z"), ["x"])]),
            Check("equal values, and twice", 0.25, edge=True, draw=lambda d: [
                (EQUAL, {"a": 3.0}, ["e"]), (BRANCHES, numbers(d, "a"), ["c", "d"])]),
            Check("18 doublings", 0.25, edge=True, once=True, test=plain_doublings("counts", (DOUBLINGS, {"a": 0.7}, ["u"]), lambda: EDGES)),
            Check("a chain of 5,000, a wide graph", 0.25, edge=True, once=True, test=large(lambda d: [
                ((graph, inputs, [root]), edges_below(graph, inputs, [root])) for graph, inputs, root in (
                    (CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s"))])),
        ),
        mistakes=(
            ("E55", "nodes in place of edges", _count(do="count += 1"), "You counted the nodes.",
             "How many edges lead into a + a?"),
            ("E58", "edges to leaves are left out", _count(do="count += sum(1 for p in node.parents if p.parents)"),
             "An edge to a leaf is an edge, too.", "How many edges has x * x?"),
            ("E57", "the first parent only", _count(do="count += 1 if node.parents else 0"), "You counted one edge for each "
             "node, however many parents it has.", "How many parents may a node have?"),
            ("E05", "children as a set", _count(do="count += len(set(node.parents))"), "Where a node uses a parent twice, there "
             "are two edges; a set holds one.", "How many edges lead into a + a?"),
            ("E04", "one call per path", _count(_ALL_PATHS), "An edge is counted once for each path that leads through it.",
             PER_PATH),
            ("E06", "equality by value", _count(key="node.data"), *SAME_VALUE),
            ("E07", "recursion limit", _count(_ALL_RECURSIVE), *DEEP),
            ("E42", "marks left on the nodes", _count(_ALL_MARKS), *MARKED),
            ("E44", "a walk for each node", _count(_ALL_AGAIN), "For each node you look at all the others again.",
             "What do you know after one walk that you need not look for again?"),
            ("E54", "one level only", "return len(root.parents)", "You counted the edges into the root, and stopped there.",
             "Where do you find the parents of the parents?"),
            ("E55", "nodes less one", _count(do="count += 1", end="count - 1"), "A tree has one edge less than it has "
             "nodes; a graph may have more.", "How many edges lead into a + a?"),
            constant("4"),
        ),
        alternatives=(
            ("a list that grows while it is read", "nodes, seen = [root], {root}\nfor node in nodes:\n"
             "    fresh = set(node.parents) - seen\n    seen |= fresh\n    nodes.extend(fresh)\n"
             "return sum(len(node.parents) for node in nodes)"),
            ("the local rules", "seen, todo, edges = set(), [root], 0\nwhile todo:\n    node = todo.pop()\n"
             "    if node not in seen:\n        seen.add(node)\n        edges += len(node.local)\n        todo += node.parents\n"
             "return edges"),
            ("a list of edges", "edges, seen, todo = [], set(), [root]\nwhile todo:\n    node = todo.pop()\n"
             "    if id(node) in seen:\n        continue\n    seen.add(id(node))\n    for k, parent in enumerate(node.parents):\n"
             "        edges.append((id(parent), id(node), k))\n        todo.append(parent)\nreturn float(len(edges))"),
        ),
        hints=("How many edges lead into one node?", "Add up the numbers of parents, over all nodes below the root, each of "
               "them once.", "A stack, a set of nodes that you have met, and a running sum of len(node.parents)."),
        read=EDGES_COUNT, difficulty=2, minutes=5,
    ),
    Exercise(
        "grad_graph(root, wrt)", "gradient", 6, graph_gradient, driver=GRAPH_DRIVER,
        checks=(
            Check("gradients", 1.5, lambda d: [
                (SUM_TIMES, {"x": -2.0, "y": 5.0, "z": -4.0}, "f", "z"), (SQUARE, numbers(d, "x"), "f", "x"),
                (SUMS, numbers(d, "x", "y"), "f", "x"), (FORK, numbers(d, "x"), "f", "x"),
                (NEURON, {"w": 2.0, "x": -1.0, "b": 0.5}, "f", "w"),
                (SUM_TIMES, numbers(d, "x", "y", "z"), "f", "q")]),
            Check("gradients of gradients", 1.5, lambda d: [
                ("f = x ** 3", {"x": 2.5}, "f", "x", 2), (SQUARE, numbers(d, "x"), "f", "x", 2),
                ("f = x.exp()", {"x": 0.7}, "f", "x", 2)]),
            Check("joins, and a short path and a long one", 1, edge=True, draw=lambda d: [
                (JOIN, {"a": 1.5}, "c", "a"), (THREE, numbers(d, "x", "y", "z"), "f", "y"),
                (SHORT_AND_LONG, numbers(d, "a"), "L", "a"), (LONG_AND_SHORT, numbers(d, "a", "y"), "M", "a"),
                (SHORT_AND_LONG, numbers(d, "a"), "L", "a", 2), (CUBE, {"a": 3.0}, "L", "a", 2),
                (NEURON, {"w": 2.0, "x": -1.0, "b": 0.5}, "f", "b", 2),
                (CUBE, numbers(d, "a"), "L", "a", 3)]),
            Check("the root itself, and no path at all", 0.5, edge=True, draw=lambda d: [
                (SUM_TIMES, numbers(d, "x", "y", "z"), "f", "f"), (SUM_TIMES, numbers(d, "x", "y", "z"), "q", "z"),
                (SUM_TIMES, numbers(d, "x", "y", "z"), "f", "x", 2), (BRANCHES, numbers(d, "a"), "c", "d")]),
            Check("equal values", 0.25, edge=True, draw=lambda d: [(EQUAL, {"a": 3.0}, "e", "a")]),
            Check("18 doublings: one call for each edge", 0.75, edge=True, once=True, test=eighteen_doublings(
                "pays", lambda crossed: (DOUBLINGS, {"a": 0.7}, "u", "a", 1, crossed),
                lambda: graph_gradient(DOUBLINGS, {"a": 0.7}, "u", "a"))),
            Check("a chain of 5,000, a wide graph", 0.5, edge=True, once=True, test=large(lambda d: [
                ((graph, inputs, root, wrt), graph_gradient(graph, inputs, root, wrt)) for graph, inputs, root, wrt in (
                    (CHAIN, {"a": 1.5, "b": -0.5}, "u", "b"), (WIDE, {"x": 0.7}, "s", "x"))])),
        ),
        mistakes=(
            ("B01", "overwritten at a join", _grad_graph(pay="grads[id(parent)] = paid"), "A node that is used twice keeps only "
             "the last payment.", JOINS),
            ("B02", "x · x is paid once", _grad_graph(slots=PAID_ONCE), "Where a node uses a parent twice, one of the two slots "
             "is not paid.", SLOTS),
            ("B03", "x · x is paid four times", _grad_graph(slots=PAID_FOUR_TIMES), "Where a node uses a parent twice, each "
             "slot pays as if it were both.", SLOTS),
            ("B04", "started with the output", _grad_graph(seed="root"), "You started with the root itself.",
             "How much does the root change when it changes by 1?"),
            ("E02", "pre-order", _grad_graph(order=PRE_ORDER), "A node paid before its own gradient was complete: you took the "
             "nodes in the order in which a walk first meets them.", UNEVEN),
            ("E02", "pre-order, the last parent first", _grad_graph(order=PRE_ORDER_LAST_PARENT), "A node paid before its own "
             "gradient was complete: you took the nodes in the order in which a walk first meets them.", UNEVEN),
            ("E03", "breadth-first order", _grad_graph(order=BREADTH_FIRST), "A node paid before its own gradient was complete: "
             "level by level, a short path overtook a long one.", UNEVEN),
            ("E03", "breadth-first order, the last parent first", _grad_graph(order=BREADTH_FIRST_LATE), "A node paid before "
             "its own gradient was complete: level by level, a short path overtook a long one.", UNEVEN),
            ("E04", "one call per path", "zero = Value(0.0)\ndef down(node, g):\n    if node is wrt:\n        return g\n"
             "    return sum((down(p, local(g)) for p, local in zip(node.parents, node.local)), zero)\n"
             "return down(root, Value(1.0))", "The gradient is right, but you go down each path by itself: 18 doublings have "
             "36 edges and 262,144 paths.", PER_PATH),
            ("E05", "children as a set", _grad_graph(slots=AS_A_SET), "Where a node uses a parent twice, a set holds it once.",
             "How many slots has x * x, and which rule belongs to which?"),
            ("E06", "equality by value", _grad_graph(order=BY_VALUE), *SAME_VALUE),
            ("E07", "recursion limit", _grad_graph(order=RECURSIVE), *DEEP),
            ("E08", "gradients left in the nodes", WALK_RIGHT + "root.grad = Value(1.0)\nfor node in reversed(order):\n"
             "    for parent, local in zip(node.parents, node.local):\n        parent.grad = parent.grad + local(node.grad)\n"
             "return wrt.grad if isinstance(wrt.grad, Value) else Value(wrt.grad)",
             "What a first call left in .grad went into the second one.",
             "Where could the gradients of one call stand, so that they end with it?"),
            ("E42", "marks left on the nodes", _grad_graph(order=MARKS), *MARKED),
            ("E44", "a walk for each node", _grad_graph(order=AGAIN_AND_AGAIN), "The gradient is right, but for each node you "
             "look at all the others again.", "What do you know after one walk that you need not look for again?"),
            ("E48", "two parents at most", _grad_graph(slots="list(zip(node.parents, node.local))[:2]"), "A node with more "
             "than two parents pays only the first two.", "How long may node.parents be?"),
            ("E60", "the graph is lost", _grad_graph(seed="1.0", end="Value(grads.get(id(wrt), 0.0))"),
             "The number is right, but the Value that holds it is a leaf: it no longer knows what it was made of.",
             "What must you start with, so that the rules build a graph?"),
            ("E63", "no path, no answer", _grad_graph(end="grads[id(wrt)]"), "Where no path leads from the root to wrt, yours "
             "stops.", "How much does the root move then, when wrt moves?"),
            ("G01", "upstream dropped", _grad_graph(paid="local(Value(1.0))"), "Each rule was called with 1: what reached the "
             "node from above does not go on.", "What is the node's own gradient when its turn comes?"),
            ("G39", "the forward pass", "return root", "You returned the root itself.", "Which question does a gradient answer?"),
        ),
        alternatives=(
            ("in the attribute .grad, cleared first", WALK_RIGHT + "for node in order:\n    node.grad = Value(0.0)\n"
             "root.grad = Value(1.0)\nfor node in reversed(order):\n    for parent, local in zip(node.parents, node.local):\n"
             "        parent.grad = parent.grad + local(node.grad)\nreturn wrt.grad if wrt in order else Value(0.0)"),
            ("by counting uses", '''uses, nodes = {root: 0}, [root]
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
return grads[wrt] if wrt in grads else 0.0 * wrt'''),
            ("a list of what came in", WALK_RIGHT + "came = {node: [] for node in order}\ncame[root] = [Value(1.0)]\n"
             "for node in reversed(order):\n    g = sum(came[node][1:], came[node][0])\n    if node is wrt:\n        return g\n"
             "    for parent, local in zip(node.parents, node.local):\n        came[parent].append(local(g))\n"
             "return Value(0.0)"),
        ),
        hints=("What becomes of a local rule's result when the upstream gradient is a Value?",
               "Walk back as in backward, but start with Value(1.0), and keep the gradients in a dict of your own, by "
               "node. All sums and products on the way are then nodes of a new graph.",
               "A topological order; a dict with Value(1.0) for the root; from the end of the order, each node adds "
               "local(g) to its parents' entries. Return the entry of wrt, or Value(0.0) where there is none."),
        read=OWN_GRAPH, difficulty=5, minutes=20,
    ),
    Exercise(
        "second_derivative(f, x)", "second", 3, second, driver=SECOND_DRIVER,
        checks=(
            Check("powers and products", 1.5, lambda d: [
                ("x * x * x", 2.5), ("x * x", d.number()), ("x ** 4", d.number()), ("x ** 3 + x * 2.5", d.number())]),
            Check("exp, relu, 1/x", 1, edge=True, draw=lambda d: [
                ("x.exp()", 0.7), ("(x * x).exp()", d.number(high=1.2)), ("x ** -1", d.number()),
                ("(x * x * x).relu()", 1.3), ("(x * x * x).relu()", -1.3), ("x.exp() * x", d.number(high=1.5))]),
            Check("straight lines, x itself, an integer", 0.5, edge=True, draw=lambda d: [
                ("x * 2.5 + 1", d.number()), ("x", d.number()), ("x * x * x", 3)]),
        ),
        mistakes=(
            ("E64", "the first derivative", "x = Value(x)\nreturn grad_graph(f(x), x).data", "That is f′: the slope itself, not "
             "how the slope changes.", "Of what do you want the gradient now?"),
            ("E65", "the slope squared", "x = Value(x)\nreturn grad_graph(f(x), x).data ** 2", "You squared the first derivative.",
             "Is the second derivative of 2x² the square of 4x?"),
            ("E66", "f′ at f′", "leaf = Value(x)\nother = Value(grad_graph(f(leaf), leaf).data)\nreturn grad_graph(f(other), other).data",
             "You took the slope at a point, and then once more, at the slope.", "At which point is f″ wanted?"),
            ("E60", "the graph is lost", "x = Value(x)\nslope = Value(grad_graph(f(x), x).data)\nreturn grad_graph(slope, x).data",
             "You kept the number of the gradient and lost its graph.", "What does .data leave behind?"),
            ("E68", "half of it", "x = Value(x)\nreturn grad_graph(grad_graph(f(x), x), x).data / 2", "Yours is the coefficient of "
             "h² in f(x + h), which is half of the second derivative.", "What is the second derivative of x²?"),
            ("G39", "the forward pass", "return f(Value(x)).data", "You returned the value of f.",
             "Which question does a derivative answer?"),
            ("C02", "a coarse difference", "h = 1e-3\ndef slope(t):\n    t = Value(t)\n    return grad_graph(f(t), t).data\n"
             "return (slope(x + h) - slope(x)) / h", "A one-sided difference of two slopes is not accurate enough.",
             "What do you have that is exact, and a graph at that?"),
            ("X02", "the worked example's formula", "return 6.0 * x", "6x is right for x³, and for no other function.",
             "Where does f come in?"),
        ),
        alternatives=(
            ("three lines", "leaf = Value(x)\nfirst = grad_graph(f(leaf), leaf)\nreturn grad_graph(first, leaf).data"),
            ("a loop", "leaf = Value(float(x))\ny = f(leaf)\nfor _ in range(2):\n    y = grad_graph(y, leaf)\nreturn y.data"),
            ("numbers with two derivatives", '''def second_derivative(f, x):
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
    return f(Jet(x, 1.0)).c'''),
        ),
        hints=("A gradient that is a graph has a gradient of its own. For which leaf?",
               "Make a leaf of x, and call f with it. grad_graph gives the slope as a graph; call it again on that.",
               "Both times the second argument is the same leaf. At the end take the number out of the Value."),
        read=AGAIN, difficulty=2, minutes=6,
    ),
    Exercise(
        "forward_mode(root, seed)", "tangent", 3, tangent, driver=FORWARD_DRIVER,
        checks=(
            Check("small graphs", 1, lambda d: [
                (SUM_TIMES, {"x": -2.0, "y": 5.0, "z": -4.0}, "f", {"x": 1.0, "y": 0.0, "z": 0.0}),
                (SQUARE, numbers(d, "x"), "f", numbers(d, "x")), (SUMS, numbers(d, "x", "y"), "f", numbers(d, "x", "y")),
                (FORK, numbers(d, "x"), "f", numbers(d, "x")),
                (NEURON, numbers(d, "w", "x", b=0.5), "f", numbers(d, "w", "x", "b"))]),
            Check("joins, equal values, three parents", 0.75, edge=True, draw=lambda d: [
                (JOIN, numbers(d, "a"), "c", numbers(d, "a")), (EQUAL, {"a": 3.0}, "e", numbers(d, "a")),
                (THREE, numbers(d, "x", "y", "z"), "f", numbers(d, "x", "y", "z"))]),
            Check("a short path and a long one", 0.25, edge=True, draw=lambda d: [
                (SHORT_AND_LONG, numbers(d, "a"), "L", numbers(d, "a")),
                (LONG_AND_SHORT, numbers(d, "a", "y"), "M", numbers(d, "a", "y"))]),
            Check("leaves without a tangent", 0.25, edge=True, draw=lambda d: [
                (SUM_TIMES, numbers(d, "x", "y", "z"), "f", numbers(d, "z")),
                (LONG_AND_SHORT, numbers(d, "a", "y"), "M", numbers(d, "y"))]),
            Check("18 doublings: one call for each edge", 0.5, edge=True, once=True, test=eighteen_doublings(
                "goes", lambda crossed: (DOUBLINGS, {"a": 0.7}, "u", {"a": 1.5}, crossed),
                lambda: tangent(DOUBLINGS, {"a": 0.7}, "u", {"a": 1.5}))),
            Check("a chain of 5,000, a wide graph", 0.25, edge=True, once=True, test=large(lambda d: [
                ((graph, inputs, root, seed), tangent(graph, inputs, root, seed)) for graph, inputs, root, seed in (
                    (CHAIN, {"a": 1.5, "b": -0.5}, "u", {"a": 0.5, "b": 1.5}), (WIDE, {"x": 0.7}, "s", {"x": 1.5}))])),
        ),
        mistakes=(
            ("B01", "overwritten at a join", _tangents(add="tangent = local(tangents.get(id(parent), 0.0))"), "Of what comes in "
             "by several parents you keep the last only.", "If both factors move, by what does the product move?"),
            ("B02", "x · x is moved once", _tangents(slots=PAID_ONCE), "Where a node uses a parent twice, one of the two slots "
             "is left out.", "How many slots has x * x, and what comes in by each of them?"),
            ("B03", "x · x is moved four times", _tangents(slots=PAID_FOUR_TIMES), "Where a node uses a parent twice, each slot "
             "counts as if it were both.", "How many slots has x * x, and what comes in by each of them?"),
            ("B06", "multiplied across parents", _tangents(start="1.0", add="tangent = tangent * local(tangents.get(id(parent), "
                                                           "0.0))"),
             "What comes in by several parents was multiplied.", "If both summands move by 1, by what does the sum move?"),
            ("E02", "pre-order", _tangents(order=PRE_ORDER), "A node was worked out before all of its parents: you took the "
             "nodes in the order in which a walk first meets them.", "When do you know the tangents of all parents?"),
            ("E02", "pre-order, the last parent first", _tangents(order=PRE_ORDER_LAST_PARENT), "A node was worked out before "
             "all of its parents: you took the nodes in the order in which a walk first meets them.",
             "When do you know the tangents of all parents?"),
            ("E03", "breadth-first order", _tangents(order=BREADTH_FIRST), "A node was worked out before all of its parents: "
             "level by level, a short path overtook a long one.", "When do you know the tangents of all parents?"),
            ("E03", "breadth-first order, the last parent first", _tangents(order=BREADTH_FIRST_LATE), "A node was worked out "
             "before all of its parents: level by level, a short path overtook a long one.",
             "When do you know the tangents of all parents?"),
            *((code, title, _tangents(order=laid_out, add="tangent = tangent + local(tangents[id(parent)])"), says,
               "When do you know the tangents of all parents?") for code, title, laid_out, says in (
                ("E02", "pre-order, and no entry for the parent", PRE_ORDER, "A node was worked out before all of its parents: "
                 "you took the nodes in the order in which a walk first meets them."),
                ("E02", "pre-order, the last parent first, and no entry", PRE_ORDER_LAST_PARENT, "A node was worked out before "
                 "all of its parents: you took the nodes in the order in which a walk first meets them."),
                ("E03", "breadth-first order, and no entry for the parent", BREADTH_FIRST, "A node was worked out before all of "
                 "its parents: level by level, a short path overtook a long one."),
                ("E03", "breadth-first order, the last parent first, and no entry", BREADTH_FIRST_LATE, "A node was worked out "
                 "before all of its parents: level by level, a short path overtook a long one."))),
            ("E04", "one call per path", "moves = seed.get\ndef up(node):\n    if not node.parents:\n        return moves(node, 0.0)\n"
             "    return sum(local(up(p)) for p, local in zip(node.parents, node.local))\nreturn up(root)",
             "The tangent is right, but a node is worked out anew each time that it is used.", PER_PATH),
            ("E05", "children as a set", _tangents(slots=AS_A_SET), "Where a node uses a parent twice, a set holds it once.",
             "How many slots has x * x, and which rule belongs to which?"),
            ("E06", "equality by value", _tangents(order=BY_VALUE), *SAME_VALUE),
            ("E07", "recursion limit", _tangents(order=RECURSIVE), *DEEP),
            ("E44", "a walk for each node", _tangents(order=AGAIN_AND_AGAIN), "The tangent is right, but for each node you look "
             "at all the others again.", "What do you know after one walk that you need not look for again?"),
            ("E48", "two parents at most", _tangents(slots="list(zip(node.parents, node.local))[:2]"), "Of a node with more "
             "than two parents you took the first two.", "How long may node.parents be?"),
            ("E69", "a leaf without a tangent", _tangents(leaf="seed[node]"), "A leaf that seed does not name stops your "
             "function.", "How fast does a leaf move that nobody moves?"),
            ("E61", "all leaves move by 1", _tangents(leaf="1.0"), "Your tangent does not depend on seed.",
             "How fast does each leaf move, and who says so?"),
            ("G39", "the forward pass", "return root.data", "You returned the root's value, not how fast it moves.",
             "What comes back when no leaf moves?"),
        ),
        alternatives=(
            ("in topological order", _tangents()),
            ("a stack that waits for parents", '''tangents, stack = {}, [root]
while stack:
    node = stack[-1]
    missing = [p for p in node.parents if p not in tangents]
    if missing:
        stack += missing
        continue
    stack.pop()
    if node not in tangents:
        tangents[node] = sum((rule(tangents[p]) for p, rule in zip(node.parents, node.local)), 0.0) \\
            if node.parents else seed.get(node, 0.0)
return tangents[root]'''),
            ("by a backward pass", WALK_RIGHT + "grads = dict.fromkeys(order, 0.0)\ngrads[root] = 1.0\n"
             "for node in reversed(order):\n    for parent, local in zip(node.parents, node.local):\n"
             "        grads[parent] += local(grads[node])\n"
             "return sum(grads[leaf] * tangent for leaf, tangent in seed.items() if leaf in grads)"),
            ("only where something moves", _tangents(add="moved = tangents[id(parent)]\n        "
                                                     "tangent += local(moved) if moved else 0.0", end="float(tangents[id(root)])")),
        ),
        hints=("How fast does x + y move when x moves by 3 and y by 4? And x · y?",
               "Go through the nodes from the leaves up. A leaf moves as seed says, or not at all. A node moves by the sum, "
               "over its slots, of the local rule applied to the parent's tangent.",
               "A topological order and a dict of tangents: for a node with parents, add up local[k](tangent of parents[k])."),
        read=FORWARD, difficulty=3, minutes=12,
    ),
)
