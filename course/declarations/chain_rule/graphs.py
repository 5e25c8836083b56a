"""Graphs of functions, as lists: their values, and the gradients of the last one."""

import functools

import autodiff
from course.declarations.functions import cos, sin, square, twice


def one(*values):
    return 1.0


def minus_one(*values):
    return -1.0


def first(a, b):
    return a


def second(a, b):
    return b


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def plus_one(a):
    return a + 1


def times_k(k):
    """A node that multiplies by k, and its derivative."""
    def scale(a):
        return k * a

    def slope(a):
        return k
    return scale, slope


def at(node, *parents):
    return (node[0], node[1], parents)


ADD, SUB, MUL = (add, (one, one)), (sub, (one, minus_one)), (mul, (second, first))
SQUARE_NODE, SIN, PLUS_ONE = (square, (twice,)), (sin, (cos,)), (plus_one, (one,))


def scaled(k):
    f, slope = times_k(k)
    return (f, (slope,))


def three_edges(*weights):
    """A node with three edges from one parent; each edge multiplies by its weight, the node adds."""
    def mix(a, b, c):
        return weights[0] * a + weights[1] * b + weights[2] * c
    return (mix, tuple(_weight(k) for k in weights))


def _weight(k):
    def weight(a, b, c):
        return k
    return weight


SUM_TIMES = [None, None, None, at(ADD, 0, 1), at(MUL, 3, 2)]
OLAH = [None, None, at(ADD, 0, 1), at(PLUS_ONE, 1), at(MUL, 2, 3)]
NINE_PATHS = [None, at(three_edges(2.0, 3.0, 5.0), 0, 0, 0), at(three_edges(7.0, 11.0, 13.0), 1, 1, 1)]

# b = 3a, c = 2b, d = c + 1, e = d·b, L = e + b: from b a short path and a long one lead to L
SHORT_AND_LONG = [None, at(scaled(3.0), 0), at(scaled(2.0), 1), at(PLUS_ONE, 2), at(MUL, 3, 1), at(ADD, 4, 1)]

# x² as x·x, then (x·x) − y with y in the middle of the list, and a node that leads nowhere
REPEATS = [None, at(MUL, 0, 0), None, at(SIN, 2), at(SUB, 2, 1), at(MUL, 4, 4)]


def doublings(n):
    """A chain of n nodes a + a: 2n edges, and 2ⁿ paths."""
    return [None, *(at(ADD, i, i) for i in range(n))]


def forward(graph, inputs, nudges=None):
    """The list of all values; `nudges` adds a number to each of them, to differentiate with respect to it."""
    u, given = [], iter(inputs)
    for i, entry in enumerate(graph):
        value = next(given) if entry is None else entry[0](*(u[p] for p in entry[2]))
        u.append(value if nudges is None else value + nudges[i])
    return u


def inputs_of(graph, u):
    return [value for value, entry in zip(u, graph, strict=True) if entry is None]


def all_gradients(graph, u):
    """The oracle of grad_table: the gradient of the last value for every value, by nudging each of them."""
    inputs = inputs_of(graph, u)
    _, pullback = autodiff.vjp(lambda nudges: forward(graph, inputs, nudges)[-1], [0.0] * len(graph))
    return {i: float(grad) for i, grad in enumerate(pullback(1.0)[0])}


def with_values(graph, inputs):
    return graph, [float(value) for value in forward(graph, inputs)]


def random_graph(d):
    """A graph of three inputs, one of them in the midst of the list, and six nodes; and its inputs.

    Each node uses the one before it, so that all lead to the last, and none the same twice: that is for REPEATS to
    show. No value is huge, and no gradient nearly 0.
    """
    nodes = (ADD, SUB, MUL, SQUARE_NODE, SIN, scaled(1.5))
    while True:
        late = int(d.rng.integers(3, 6))
        graph, last = [None, None, at(MUL, 0, 1)], 2
        for i in range(3, 9):
            if i == late:
                graph.append(None)
                continue
            node = nodes[int(d.rng.integers(3 if i == late + 1 else len(nodes)))]
            other = late if i == late + 1 else int(d.rng.integers(last))
            pair = (last, other) if d.rng.integers(2) else (other, last)
            graph.append(at(node, *pair) if len(node[1]) == 2 else at(node, last))
            last = i
        inputs = list(d.numbers(3))
        u = forward(graph, inputs)
        if max(map(abs, u)) < 50 and all(0.02 < abs(grad) < 500 for grad in all_gradients(graph, u).values()):
            return graph, inputs


@functools.cache
def eighteen_doublings():
    """The graph of 18 doublings, its values and its gradients."""
    graph, u = with_values(doublings(18), [0.7])
    return graph, u, all_gradients(graph, u)
