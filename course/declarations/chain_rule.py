"""Assignment 01: the chain rule, from one slope to any graph of functions.

Examples: f = (x + y) z is that of the CS231n notes (Karpathy 2015, "Backpropagation, Intuitions"); the shop that
of Saito (2016, Deep Learning from Scratch, chapter 5); f(f(f(w))) and the two algorithms for graphs those of
Goodfellow, Bengio and Courville (2016, Deep Learning, section 6.5); e = (a + b)(b + 1) and the nine paths those
of Olah (2015, "Calculus on Computational Graphs").
"""

import functools
import itertools

import numpy as np

import autodiff
from course.checks.comparing import as_numbers, said
from course.checks.exercise import Check, Exercise
from course.declarations.shared import (
    circuit_gradient_of,
    constant,
    only_numbers,
    upstream_added,
    upstream_dropped,
    wrapped,
)

SLOPES = 'lesson 1, "how sensitive is f?"'
STAGES = 'lesson 1, "one gate at a time"'
SQUARE = 'lesson 1, "through t"'
SHOP = 'lesson 1, "the shop"'
STORE = 'lesson 1, "store or recompute"'
GRAPHS = 'lesson 1, "any graph"'
PATHS = 'lesson 1, "paths and edges"'


def with_and_without_upstream(n, example, points, edge_title, edge):
    """The checks of a circuit of n inputs: upstream 1, another upstream, and edge cases with fresh draws."""
    return (
        Check("the upstream gradient is 1", points / 2, lambda d: [example, *d.mirrored(n)]),
        Check("another upstream gradient", points / 4, lambda d: d.mirrored(n + 1)),
        Check(edge_title, points / 4, edge=True, draw=lambda d: [*edge(d), d.numbers(n + 1), d.numbers(n + 1)]),
    )


def under(upstream, mistake):
    """A shared mistake in the words of a circuit whose upstream gradient has another name than dout."""
    return tuple(part.replace("dout", upstream) for part in mistake)


# ------------------------------------------------------------------------------------ functions of one number

def square(t):
    return t * t


def twice(t):
    return 2 * t


def cube(t):
    return t * t * t


def sin(t):
    return np.sin(t)


def cos(t):
    return np.cos(t)


def hill(t):
    return 1.5 - t * t / 4


def hill_slope(t):
    return -t / 2


class TooManyCalls(Exception):
    """Raised by a counted function that is called far more often than it should be."""


class Counter:
    """Counts the calls of the functions that it wraps; beyond `limit` calls they raise TooManyCalls."""

    def __init__(self, limit=1000):
        self.calls, self.limit = 0, limit

    def of(self, f):
        """f, counted."""
        def counted(*args):
            self.calls += 1
            if self.calls > self.limit:
                raise TooManyCalls(f"more than {self.limit} calls")
            return f(*args)
        counted.__name__ = f.__name__
        return counted

    @property
    def too_many(self):
        return self.calls > self.limit


# ------------------------------------------------------------------------------------ the numerical derivative

def derivative_of(f, x, h=1e-5):
    """The oracle of numerical_derivative: f's exact derivative at x, element by element."""
    x = x * 1.0
    return autodiff.vjp(f, x)[1](np.ones_like(x)[()])[0]


def error_falls_fourfold(ask):
    """The error of a centred difference is proportional to h²; that of a one-sided one to h."""
    for f in (cube, sin):
        x = ask.draw.positive(0.4, 0.9)
        h, errors = 0.1, []
        while h > 0.001:
            slope = as_numbers(ask(f, x, h))
            if slope is None or slope.shape:
                return said("A slope is one number.", "What does your function return when x is a number?",
                            title="type of the result")
            errors.append(abs(float(slope) - float(derivative_of(f, x))))
            h /= 2
        ratios = [a / b if b else 0.0 for a, b in itertools.pairwise(errors)]
        fourfold = all(3.5 < ratio < 4.5 for ratio in ratios)
        if not ask.count(fourfold):
            return said(f"When h goes from 0.1 to 0.05, your error goes from {errors[0]:.2g} to {errors[1]:.2g}. "
                        "The error of a centred difference falls by 4 when h halves.",
                        "Does your function step to both sides, each by the h that it is given?", "C32",
                        "the error does not fall with h")
    return None


def two_calls(ask):
    counter = Counter()
    ask.compare(counter.of(sin), 0.7, expected=float(derivative_of(sin, 0.7)))
    if ask.count(counter.calls) != 2:
        return said(f"f was called {times(counter.calls)}; a centred difference takes 2 calls.",
                    "Which two points does it need?", "C33", "number of calls")
    return None


def times(n):
    return "once" if n == 1 else f"{n} times"


# ------------------------------------------------------------------------------------ nested functions

def nested_gradient(f, fprime, w, n):
    """The oracle of the two nested exercises: the gradient of f(f(… f(w))), with n times f."""
    def nested(t):
        for _ in range(n):
            t = f(t)
        return t
    return autodiff.grad(nested)(w)


def nested_cases(d):
    return [(square, twice, 1.5, 3), (sin, cos, d.number(), 4), (hill, hill_slope, d.number(), 5)]


def nested_calls(which, right, rule):
    """The test that f, or fprime, is called as often as `right(n)` says; `rule` says it in words."""
    def test(ask):
        for n in (1, 2, 5, 8):
            counters = Counter(), Counter()
            w = ask.draw.number()
            ask.compare(counters[0].of(hill), counters[1].of(hill_slope), w, n,
                        expected=float(nested_gradient(hill, hill_slope, w, n)))
            calls = ask.count(counters[which].calls)
            if calls != right(n):
                name = ("f", "fprime")[which]
                return said(f"With n = {n}, {name} was called {times(calls)}; here it takes {rule}: {right(n)}.",
                            "Which value did you need, and had you got it already?", "B32", "number of calls")
        return None
    return test


# ------------------------------------------------------------------------------------ graphs

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


def one_gradient(graph, u, j):
    """The oracle of sum_over_paths."""
    return all_gradients(graph, u)[j]


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
def _eighteen_doublings():
    """The graph of 18 doublings, its values and its gradients."""
    graph, u = with_values(doublings(18), [0.7])
    return graph, u, all_gradients(graph, u)


EDGES = 2 * 18


def one_call_per_edge(ask):
    graph, u, grads = _eighteen_doublings()
    counter = Counter(limit=10 * EDGES)
    counted = [entry and (entry[0], tuple(map(counter.of, entry[1])), entry[2]) for entry in graph]
    asked = ask.record((counted, u), grads)
    ask.count(counter.calls)
    if counter.too_many:
        return said(f"Eighteen doublings have {EDGES} edges, but {2**18:,} paths. After {counter.limit} calls of local "
                    "derivatives yours was still under way: it walks along every path.",
                    "Which result do all paths through a node have in common?", "E04", "one call per path")
    if asked.problem:
        return asked.problem
    if counter.calls != EDGES:
        return said(f"The local gradients of a graph with {EDGES} edges were called {times(counter.calls)}.",
                    "How often must you cross an edge on the way back?", "B32", "calls of local gradients")
    return None


def each_node_once(ask):
    graph, u, _ = _eighteen_doublings()
    counter = Counter(limit=10 * 18)
    counted = [entry and (counter.of(entry[0]), entry[1], entry[2]) for entry in graph]
    asked = ask.record((counted, [0.7]), u)
    ask.count(counter.calls)
    if counter.too_many:
        return said(f"Eighteen doublings are 18 nodes. After {counter.limit} calls yours was still under way: it "
                    "computes a node anew each time that it is used.",
                    "Where do you keep a value once you have it?", "E04", "one call per path")
    if asked.problem:
        return asked.problem
    if counter.calls != 18:
        return said(f"A graph with 18 nodes took {counter.calls} calls.", "How often must each node be computed?",
                    "B32", "calls of the nodes' functions")
    return None


# The wrong forms of grad_table: the walk back, with one thing changed.
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

# The wrong forms of sum_over_paths: `join` makes one number of the list of all paths' products.
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


# ------------------------------------------------------------------------------------ the basket

BASKET = ("apple", "n_apple", "orange", "n_orange", "tax")
_basket_gradient = circuit_gradient_of(
    lambda apple, n_apple, orange, n_orange, tax: (apple * n_apple + orange * n_orange) * tax)


def basket_gradients(*args):
    return {name: float(grad) for name, grad in zip(BASKET, _basket_gradient(*args), strict=True)}


def prices(d):
    return (d.positive(20, 90), d.positive(3, 9), d.positive(100, 200), d.positive(11, 19), d.positive(1.05, 1.4))


def _basket(*values):
    return "return {" + ", ".join(f"'{name}': {value}" for name, value in zip(BASKET, values, strict=True)) + "}"


# ------------------------------------------------------------------------------------ the exercises

EXERCISES = (
    Exercise(
        "numerical_derivative(f, x, h=1e-5)", "slope", 2, derivative_of,
        checks=(
            Check("the slopes of x² and sin", 0.75, lambda d: [
                (square, 1.5), (sin, 0.7), (cube, d.number(0.5, 1.5)), (sin, d.positive(0.4, 0.9))]),
            Check("the error falls by 4 when h halves", 0.5, edge=True, test=error_falls_fourfold),
            Check("an integer x, an array x", 0.25, edge=True, draw=lambda d: [
                (square, 3), (cube, -3), (sin, d.array(4)), (cube, d.array(2, 3))]),
            Check("f is called twice", 0.5, edge=True, test=two_calls),
        ),
        mistakes=(
            ("C02", "a one-sided difference", "(f(x + h) - f(x)) / h", "You stepped to one side only: that error falls "
             "like h, the centred one's like h².", "Which point lies as far from x on the other side?"),
            ("C02", "one-sided, to the left", "(f(x) - f(x - h)) / h", "You stepped to one side only: that error falls "
             "like h, the centred one's like h².", "Which point lies as far from x on the other side?"),
            ("C01", "the step is lost on an integer", "points = np.array([x, x])\npoints[0] = points[0] + h\n"
             "points[1] = points[1] - h\nreturn (f(points[0]) - f(points[1])) / (2 * h)",
             "x came as an integer, and an array of integers drops the small step.", "What is the dtype of the array "
             "that you wrote into?"),
            ("C05", "x is left moved", "x += h\nabove = f(x)\nx -= 2 * h\nbelow = f(x)\nreturn (above - below) / (2 * h)",
             "An array that you were given has been moved by h, and was not put back.",
             "Who else may be using x after you?"),
            ("C31", "divided by h", "(f(x + h) - f(x - h)) / h", "Twice the slope: the two points do not lie h apart.",
             "How far is it from x − h to x + h?"),
            ("C35", "not divided", "f(x + h) - f(x - h)", "That is the rise alone, without the run.",
             "How far apart are the two points?"),
            ("C34", "the sign", "(f(x - h) - f(x + h)) / (2 * h)", "Every slope has the other sign.",
             "Does x² rise or fall at x = 1.5?"),
            ("C03", "a step that is too small", "h = 1e-13\nreturn (f(x + h) - f(x - h)) / (2 * h)",
             "The step is so small that rounding drowns the difference.", "How many digits do f(x + h) and f(x − h) "
             "have in common?"),
            ("C32", "h is not used", "(f(x + 1e-5) - f(x - 1e-5)) / 2e-5", "The slope does not depend on the h that "
             "comes in.", "What should happen to the error when h grows to 0.1?"),
            ("C33", "too many calls", "((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2", "The value is right, but f "
             "was called more than twice.", "Which two points does a centred difference need?"),
            ("G39", "the forward pass", "f(x)", "That is the height of f, not its slope.",
             "How much does f change when x moves by h?"),
            constant("3.0"),
            only_numbers("x = float(x)\nreturn (f(x + h) - f(x - h)) / (2 * h)"),
        ),
        alternatives=(
            ("the run as it is in floating point", "above, below = x + h, x - h\nreturn (f(above) - f(below)) / (above - below)"),
            ("a loop", "total = 0.0\nfor side in (1, -1):\n    total = total + side * f(x + side * h)\nreturn total / (2 * h)"),
            ("a lambda", "numerical_derivative = lambda f, x, h=1e-5: 0.5 * (f(x + h) - f(x - h)) / h"),
            ("a callable object", "class Centred:\n    def __call__(self, f, x, h=1e-5):\n"
             "        x = np.asarray(x, dtype=float)\n        return (f(x + h) - f(x - h)) / (2 * h)\n"
             "numerical_derivative = Centred()"),
        ),
        hints=("A slope is rise over run. Between which two points, so that x lies in the middle?",
               "Step by h to the right and by h to the left. Take the difference of f, and divide by the distance of "
               "the two points.",
               "The rise is f at x plus h, less f at x minus h. The run is two times h."),
        read=SLOPES, difficulty=1, minutes=4,
    ),
    Exercise(
        "circuit_backward(x, y, z, df=1.0)", "dx, dy, dz", 4, circuit_gradient_of(lambda x, y, z: (x + y) * z),
        upstream="df",
        checks=with_and_without_upstream(3, (-2.0, 5.0, -4.0), 4, "df of 2.5, fresh draws",
                                         lambda d: [(-2.0, 5.0, -4.0, 2.5)]),
        mistakes=(
            under("df", upstream_dropped("z, z, x + y")),
            under("df", upstream_added("df + z, df + z, df + x + y")),
            ("G02", "inputs not swapped", "q = x + y\nreturn df * q, df * q, df * z", "At the gate ×, q got its own value "
             "and z got its own: the local gradient for one input is the other.", "If z is 0, can q move f?"),
            ("B04", "started with the output", "q = x + y\nf = q * z\nreturn f * z, f * z, f * q", "You started the "
             "backward pass with the value of f.", "How much does f change when f changes by 1?"),
            ("B05", "a path's slopes added", "dq = df * z\nreturn dq + 1, dq + 1, df * (x + y)", "On the way from f to x "
             "the two slopes were added. Along a path derivatives multiply.",
             "If q moves f by z, and x moves q by 1, how much does x move f?"),
            ("G04", "add splits", "dq = df * z\nreturn dq / 2, dq / 2, df * (x + y)", "Add copies the gradient, it does "
             "not share it out.", "If x alone grows by 1, by how much does x + y grow?"),
            ("G05", "one input is not paid", "return df * z, 0 * df, df * (x + y)", "x and y move the sum alike; y got "
             "nothing.", "What happens to f when only y moves?"),
            ("B31", "a gate on the path is skipped", "return df, df, df * (x + y)", "x and y got the upstream gradient of f, "
             "as if the gate × were not there.", "What reaches q, before it is copied to x and y?"),
            ("G30", "right for positive inputs only", "return df * abs(z), df * abs(z), df * abs(x + y)", "The signs of the "
             "inputs are lost.", "Which way does f move with x when z is negative?"),
            constant("-4.0, -4.0, 3.0"),
            ("X05", "the results the other way round", "return df * (x + y), df * z, df * z", "The values are right, but "
             "they come in another order.", "In which order does the stub name them?"),
            wrapped("return np.array([df * z]), np.array([df * z]), np.array([df * (x + y)])"),
        ),
        alternatives=(
            ("in one line", "return [z * df, z * df, (x + y) * df]"),
            ("an array", "return df * np.array([z, z, x + y])"),
            ("multiplied out", "return df * z, df * z, df * x + df * y"),
            ("central differences", "h, f = 1e-5, lambda x, y, z: (x + y) * z\n"
             "return (df * (f(x + h, y, z) - f(x - h, y, z)) / (2 * h), df * (f(x, y + h, z) - f(x, y - h, z)) / (2 * h),\n"
             "        df * (f(x, y, z + h) - f(x, y, z - h)) / (2 * h))"),
        ),
        hints=("Which gate is the last one? What are its inputs called?",
               "First go back through f = q · z: that gives dq and dz. Then go through q = x + y.",
               "dq is df times z, and dz is df times q. The gate + copies dq to both of its inputs."),
        read=STAGES, difficulty=2, minutes=6,
    ),
    Exercise(
        "squared_sum_backward(x, y, dz=1.0)", "dx, dy", 2, circuit_gradient_of(lambda x, y: (x + y) ** 2), upstream="dz",
        checks=with_and_without_upstream(2, (-2.0, 5.0), 2, "other dz, y of 0", lambda d: [
            (-2.0, 5.0, 2.5), (d.number(), 0.0, d.number())]),
        mistakes=(
            ("G19", "the factor 2 is lost", "dt = dz * (x + y)\nreturn dt, dt", "You passed on t itself.",
             "What does the power rule bring down from t²?"),
            ("G20", "t is lost", "return 2 * dz, 2 * dz", "The slope of t² depends on where you stand.",
             "Is t² as steep at t = 3 as at t = 100?"),
            ("G21", "each at its own value", "return 2 * x * dz, 2 * y * dz", "The outer slope was taken at x and at y; the "
             "square stands at t = x + y.", "Which number goes into the gate that squares?"),
            under("dz", upstream_dropped("2 * (x + y), 2 * (x + y)")),
            under("dz", upstream_added("dz + 2 * (x + y), dz + 2 * (x + y)")),
            ("B04", "started with the output", "z = (x + y)**2\nreturn 2 * (x + y) * z, 2 * (x + y) * z",
             "You started the backward pass with the value of z.", "How much does z change when z changes by 1?"),
            ("G05", "one input is not paid", "return dz * 2 * (x + y), 0.0", "x and y move t alike; y got nothing.",
             "What happens to z when only y moves?"),
            ("G26", "scaled by its own input", "return dz * 2 * (x + y) * x, dz * 2 * (x + y) * y", "The slope of "
             "t = x + y was taken for x and y themselves.", "How much does x + y grow when x grows by 1?"),
            ("G30", "right for positive inputs only", "t = abs(x + y)\nreturn 2 * t * dz, 2 * t * dz", "The sign of t is "
             "lost.", "Does t² rise or fall at t = −3?"),
            ("G39", "the forward pass", "z = (x + y)**2\nreturn dz * z, dz * z", "That is the value z, not its slope.",
             "What is d(t²)/dt at t = 3?"),
            constant("6.0, 6.0"),
        ),
        alternatives=(
            ("multiplied out", "return dz * (2 * x + 2 * y), dz * (2 * y + 2 * x)"),
            ("t twice, as a fork", "t = x + y\ndt = dz * t\ndt += dz * t\nreturn [dt, dt]"),
            ("the complex step", "h = 1e-30\nreturn dz * np.imag((x + 1j * h + y)**2) / h, "
             "dz * np.imag((x + y + 1j * h)**2) / h"),
        ),
        hints=("Call the inner value t. What is dz/dt, and at which t?",
               "dz/dt is 2t at t = x + y. The inner slopes dt/dx and dt/dy are 1. Multiply along the path.",
               "Compute t. Then dt is the upstream gradient times 2t, and both inputs receive dt."),
        read=SQUARE, difficulty=1, minutes=3,
    ),
    Exercise(
        "purchase_backward(price, count, tax, dtotal=1.0)", "dprice, dcount, dtax", 2,
        circuit_gradient_of(lambda price, count, tax: price * count * tax), upstream="dtotal",
        checks=with_and_without_upstream(3, (100.0, 2.0, 1.1), 2, "dtotal of 3, a discount", lambda d: [
            (100.0, 2.0, 1.1, 3.0), (80.0, 3.0, 0.9), (d.positive(20, 90), d.positive(3, 9), 0.75, d.number())]),
        mistakes=(
            under("dtotal", upstream_dropped("count * tax, price * tax, price * count")),
            under("dtotal", upstream_added("dtotal + count * tax, dtotal + price * tax, dtotal + price * count")),
            ("G02", "inputs not swapped", "return dtotal * price * tax, dtotal * count * tax, dtotal * price * count",
             "Price and count got their own values: the local gradient for one factor is made of the others.",
             "If you buy no apples, does their price matter?"),
            ("B05", "a path's slopes added", "return dtotal * (count + tax), dtotal * (price + tax), dtotal * price * count",
             "On the way back through two gates × the slopes were added. Along a path derivatives multiply.",
             "When an apple costs 1 more, how much more do you pay before tax, and how much after?"),
            ("B31", "a gate on the path is skipped", "return dtotal * count, dtotal * price, dtotal * price * count",
             "The tax gate stands between the total and the price, but its slope is missing.",
             "What reaches the sum before tax when 1 comes in from above?"),
            ("G29", "the total in every result", "total = dtotal * price * count * tax\nreturn total, total, total",
             "Each result holds all three factors.", "How much does the total grow when the price grows by 1?"),
            ("B04", "started with the output", "t = price * count * tax\nreturn t * count * tax, t * price * tax, t * price * count",
             "You started the backward pass with the total.", "How much does the total change when it changes by 1?"),
            ("G61", "tax as a percentage", "return dtotal * count * (1 + tax), dtotal * price * (1 + tax), dtotal * price * count",
             "Here tax is a factor such as 1.1, not a rate such as 0.1.", "What is 100 times the factor 1.1?"),
            ("G30", "right for a tax above 1 only", "tax = max(tax, 1.0)\nreturn dtotal * count * tax, dtotal * price * tax, "
             "dtotal * price * count", "A factor below 1 is a discount, and works alike.",
             "When an apple costs 1 more, how much more do you pay at a factor of 0.9?"),
            constant("2.2, 110.0, 200.0"),
            ("X05", "the results the other way round", "return dtotal * price * count, dtotal * price * tax, dtotal * count * tax",
             "The values are right, but they come in another order.", "In which order does the stub name them?"),
        ),
        alternatives=(
            ("by the total", "total = price * count * tax * dtotal\nreturn total / price, total / count, total / tax"),
            ("an array", "return dtotal * np.array([count * tax, price * tax, price * count])"),
            ("the other order of gates", "dprice, dtaxed = dtotal * count * tax, dtotal * price\n"
             "return [dprice, dtaxed * tax, dtaxed * count]"),
        ),
        hints=("Two gates × stand in a row. Which one is the last?",
               "First through total = goods · tax, which gives dgoods and dtax. Then through goods = price · count.",
               "dgoods is the upstream gradient times the tax. dprice is dgoods times the count. And so on."),
        read=SHOP, difficulty=1, minutes=4,
    ),
    Exercise(
        "basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0)", "grads", 2, basket_gradients,
        upstream="dtotal",
        checks=(
            Check("the worked example", 0.5, lambda d: [(100.0, 2.0, 150.0, 3.0, 1.1)]),
            Check("other prices, another dtotal", 1, lambda d: [prices(d), (*prices(d), d.number()), (*prices(d), d.number())]),
            Check("fresh draws of either sign", 0.5, edge=True, draw=lambda d: [d.numbers(6) for _ in range(4)]),
        ),
        mistakes=(
            ("G01", "upstream dropped", _basket("n_apple * tax", "apple * tax", "n_orange * tax", "orange * tax",
                                                "apple * n_apple + orange * n_orange"),
             "The gradients do not depend on dtotal.", "What should reach the price if dtotal were 0?"),
            ("G02", "inputs not swapped", _basket("dtotal * apple * tax", "dtotal * n_apple * tax", "dtotal * orange * tax",
                                                  "dtotal * n_orange * tax", "dtotal * (apple * n_apple + orange * n_orange)"),
             "Prices and numbers got their own values: the local gradient for one factor is the other.",
             "If you buy no apples, does their price matter?"),
            ("G04", "add splits", _basket("dtotal * n_apple * tax / 2", "dtotal * apple * tax / 2",
                                          "dtotal * n_orange * tax / 2", "dtotal * orange * tax / 2",
                                          "dtotal * (apple * n_apple + orange * n_orange)"),
             "Where apples and oranges are added, the gradient was shared out; add copies it.",
             "If the apples alone cost 1 more, by how much does the sum grow?"),
            ("B01", "the tax got one path only", _basket("dtotal * n_apple * tax", "dtotal * apple * tax",
                                                         "dtotal * n_orange * tax", "dtotal * orange * tax",
                                                         "dtotal * orange * n_orange"),
             "The tax is paid on the apples and on the oranges; you kept only one of the two.",
             "What is added up where several paths meet?"),
            ("B31", "a gate on the path is skipped", _basket("dtotal * n_apple", "dtotal * apple", "dtotal * n_orange",
                                                             "dtotal * orange", "dtotal * (apple * n_apple + orange * n_orange)"),
             "The tax gate stands between the total and the goods, but its slope is missing.",
             "What reaches the sum before tax when 1 comes in from above?"),
            ("B05", "a path's slopes added", _basket("dtotal * (n_apple + tax)", "dtotal * (apple + tax)",
                                                     "dtotal * (n_orange + tax)", "dtotal * (orange + tax)",
                                                     "dtotal * (apple * n_apple + orange * n_orange)"),
             "On the way back through two gates × the slopes were added. Along a path derivatives multiply.",
             "When an apple costs 1 more, how much more do you pay before tax, and how much after?"),
            ("B04", "started with the output", "dtotal = (apple * n_apple + orange * n_orange) * tax\n" + _basket(
                "dtotal * n_apple * tax", "dtotal * apple * tax", "dtotal * n_orange * tax", "dtotal * orange * tax",
                "dtotal * (apple * n_apple + orange * n_orange)"),
             "You started the backward pass with the total.", "How much does the total change when it changes by 1?"),
            ("G36", "apples and oranges mixed up", _basket("dtotal * n_orange * tax", "dtotal * orange * tax",
                                                           "dtotal * n_apple * tax", "dtotal * apple * tax",
                                                           "dtotal * (apple * n_apple + orange * n_orange)"),
             "The apples got the gradients of the oranges, and the other way round.",
             "With which number is the price of an apple multiplied?"),
            ("X31", "an entry is missing", "return {'apple': dtotal * n_apple * tax, 'n_apple': dtotal * apple * tax, "
             "'orange': dtotal * n_orange * tax, 'n_orange': dtotal * orange * tax}",
             "The dict has no entry for the tax.", "Does the total move when the tax does?"),
            ("X02", "the worked example's numbers", _basket(2.2, 110.0, 3.3, 165.0, 650.0),
             "These are the numbers of the worked example, whatever comes in.",
             "Which of the arguments does your result depend on?"),
        ),
        alternatives=(
            ("gate by gate", "goods = apple * n_apple + orange * n_orange\ndgoods, dtax = dtotal * tax, dtotal * goods\n"
             "dapples, doranges = dgoods, dgoods\nreturn dict(apple=dapples * n_apple, n_apple=dapples * apple, "
             "orange=doranges * n_orange, n_orange=doranges * orange, tax=dtax)"),
            ("another order of the keys", "t = dtotal * tax\nreturn {'tax': dtotal * (orange * n_orange + n_apple * apple), "
             "'n_orange': t * orange, 'orange': t * n_orange, 'n_apple': t * apple, 'apple': t * n_apple}"),
            ("arrays without axes", "g = np.array(dtotal * tax)\nreturn {'apple': g * n_apple, 'n_apple': g * apple, "
             "'orange': g * n_orange, 'n_orange': g * orange, 'tax': np.array(dtotal * (apple * n_apple + orange * n_orange))}"),
        ),
        hints=("Draw the graph: two gates ×, one gate +, one gate × for the tax. Which is the last?",
               "Go back gate by gate: × by the tax, then + (which copies), then the two ×.",
               "Let g be the upstream gradient times the tax: it reaches both fruits. The entry for the price of an "
               "apple is g times the number of apples. And so on."),
        read=SHOP, difficulty=2, minutes=6,
    ),
    Exercise(
        "chain_grad_stored(f, fprime, w, n)", "dw", 2, nested_gradient,
        checks=(
            Check("the gradient", 1, nested_cases),
            Check("f is called n − 1 times", 0.5, edge=True, test=nested_calls(0, lambda n: n - 1, "n − 1 calls")),
            Check("fprime is called n times", 0.5, edge=True, test=nested_calls(1, lambda n: n, "n calls")),
        ),
        mistakes=(
            ("B07", "every slope at w", "fprime(w)**n", "Every slope was taken at w; each stage has an input of its own.",
             "What goes into the second f?"),
            ("B05", "the slopes added", "total, t = 0.0, w\nfor k in range(n):\n    total += fprime(t)\n    if k < n - 1:\n"
             "        t = f(t)\nreturn total", "The slopes were added. Along a path derivatives multiply.",
             "If the inner f doubles a nudge and the outer one triples it, what becomes of it?"),
            ("B33", "one stage too late", "slope, t = 1.0, w\nfor _ in range(n):\n    t = f(t)\n    slope *= fprime(t)\n"
             "return slope", "Each slope was taken at the stage's output, one stage too late.",
             "What goes into the first f?"),
            ("B34", "a stage is missing", "slope, t = 1.0, w\nfor _ in range(n - 1):\n    slope *= fprime(t)\n    t = f(t)\n"
             "return slope", "There is one slope too few.", "How many times is f applied?"),
            ("B37", "every slope at the last stage", "t = w\nfor _ in range(n - 1):\n    t = f(t)\nreturn fprime(t)**n",
             "Every slope was taken at the last stage's input.", "What goes into the first f?"),
            ("G39", "the forward pass", "t = w\nfor _ in range(n):\n    t = f(t)\nreturn t", "That is the value of the nested "
             "function, not its slope.", "Where does fprime come in?"),
            ("B32", "one call too many", "slope, t = 1.0, w\nfor _ in range(n):\n    slope *= fprime(t)\n    t = f(t)\n"
             "return slope", "The value is right, but f was called once more than needed: nobody uses the last result.",
             "At which values do you need a slope?"),
            ("B32", "recomputed, not stored", "slope = 1.0\nfor k in range(n):\n    t = w\n    for _ in range(k):\n"
             "        t = f(t)\n    slope *= fprime(t)\nreturn slope", "The value is right, but every input was computed anew "
             "from w.", "Which values did you have already?"),
            ("X32", "right for the worked example's size only", "return fprime(f(f(w))) * fprime(f(w)) * fprime(w)",
             "Three slopes, whatever n is.", "How many slopes are there when n is 5?"),
            ("C36", "a numerical slope", "h = 1e-5\ndef nested(t):\n    for _ in range(n):\n        t = f(t)\n    return t\n"
             "return (nested(w + h) - nested(w - h)) / (2 * h)", "The value is right, but it does not come from "
             "fprime.", "What does the chain rule say?"),
            ("G30", "right for positive slopes only", "slope, t = 1.0, w\nfor k in range(n):\n    slope *= abs(fprime(t))\n"
             "    if k < n - 1:\n        t = f(t)\nreturn slope", "The signs of the slopes are lost.",
             "What becomes of a nudge upwards where f falls?"),
            constant("136.6875"),
        ),
        alternatives=(
            ("forward, then back", "stored = [w]\nfor _ in range(n - 1):\n    stored.append(f(stored[-1]))\n"
             "grad = 1.0\nwhile stored:\n    grad = grad * fprime(stored.pop())\nreturn grad"),
            ("slopes as it goes", "slope, t = fprime(w), w\nfor _ in range(n - 1):\n    t = f(t)\n    slope = slope * fprime(t)\n"
             "return slope"),
            ("a product of an array", "t = np.empty(n)\nt[0] = w\nfor k in range(1, n):\n    t[k] = f(t[k - 1])\n"
             "return np.prod([fprime(value) for value in t])"),
            ("recursion", "def chain_grad_stored(f, fprime, w, n):\n    return fprime(w) * (1.0 if n == 1 else "
             "chain_grad_stored(f, fprime, f(w), n - 1))"),
        ),
        hints=("Write out n = 3: which three numbers go into the three copies of f?",
               "Forward: keep the input of every stage in a list. Backward: multiply fprime of each of them.",
               "Start the list with w and append f of its last entry, n − 1 times. Start the gradient with 1 and multiply "
               "it by fprime of every entry."),
        read=STORE, difficulty=2, minutes=6,
    ),
    Exercise(
        "chain_grad_recomputed(f, fprime, w, n)", "dw", 1, nested_gradient,
        checks=(
            Check("the gradient", 0.5, nested_cases),
            Check("f is called n(n − 1)/2 times", 0.5, edge=True,
                  test=nested_calls(0, lambda n: n * (n - 1) // 2, "n(n − 1)/2 calls")),
        ),
        mistakes=(
            ("B07", "every slope at w", "fprime(w)**n", "Every slope was taken at w; each stage has an input of its own.",
             "What goes into the second f?"),
            ("B05", "the slopes added", "total = 0.0\nfor k in range(n):\n    t = w\n    for _ in range(k):\n        t = f(t)\n"
             "    total += fprime(t)\nreturn total", "The slopes were added. Along a path derivatives multiply.",
             "If the inner f doubles a nudge and the outer one triples it, what becomes of it?"),
            ("B33", "one stage too late", "slope = 1.0\nfor k in range(n):\n    t = w\n    for _ in range(k + 1):\n        t = f(t)\n"
             "    slope *= fprime(t)\nreturn slope", "Each slope was taken at the stage's output, one stage too late.",
             "How often is f applied to w before the first slope is taken?"),
            ("B34", "a stage is missing", "slope = 1.0\nfor k in range(n - 1):\n    t = w\n    for _ in range(k):\n        t = f(t)\n"
             "    slope *= fprime(t)\nreturn slope", "There is one slope too few.", "How many times is f applied?"),
            ("B32", "stored, not recomputed", "slope, t = fprime(w), w\nfor _ in range(n - 1):\n    t = f(t)\n"
             "    slope *= fprime(t)\nreturn slope", "The value is right, but here nothing may be kept from one slope to the "
             "next.", "How many calls of f does it take to get from w to the input of stage k?"),
            ("B32", "n calls for every slope", "slope = 1.0\nfor k in range(n):\n    values = [w]\n    for _ in range(n):\n"
             "        values.append(f(values[-1]))\n    slope *= fprime(values[k])\nreturn slope",
             "The value is right, but you went on to the end each time.",
             "How many calls of f does it take to get from w to the input of stage k?"),
            ("X32", "right for the worked example's size only", "return fprime(f(f(w))) * fprime(f(w)) * fprime(w)",
             "Three slopes, whatever n is.", "How many slopes are there when n is 5?"),
            ("G39", "the forward pass", "t = w\nfor _ in range(n):\n    t = f(t)\nreturn t", "That is the value of the nested "
             "function, not its slope.", "Where does fprime come in?"),
            constant("136.6875"),
        ),
        alternatives=(
            ("from the last stage to the first", "grad = 1.0\nfor k in range(n - 1, -1, -1):\n    t = w\n    for _ in range(k):\n"
             "        t = f(t)\n    grad *= fprime(t)\nreturn grad"),
            ("a helper", "stage = lambda k: w if k == 0 else f(stage(k - 1))\n"
             "return np.prod([fprime(stage(k)) for k in range(n)])"),
            ("functools.reduce", "import functools\ndef chain_grad_recomputed(f, fprime, w, n):\n"
             "    inputs = (functools.reduce(lambda t, _: f(t), range(k), w) for k in range(n))\n"
             "    return functools.reduce(lambda grad, t: grad * fprime(t), inputs, 1.0)"),
        ),
        hints=("How often is f applied to w before stage k sees its input?",
               "For each k from 0 to n − 1, start again at w, apply f k times, and take the slope there.",
               "Two loops, one in the other. The inner one starts with t = w and runs k times; after it, the gradient is "
               "multiplied by fprime of t."),
        read=STORE, difficulty=2, minutes=4,
    ),
    Exercise(
        "grad_table(graph, u)", "grads", 3, all_gradients,
        checks=(
            Check("two small graphs", 1, lambda d: [
                with_values(SUM_TIMES, [-2.0, 5.0, -4.0]), with_values(OLAH, [2.0, 1.0]), with_values(OLAH, d.numbers(2))]),
            Check("a short and a long path, repeated parents", 0.5, edge=True, draw=lambda d: [
                with_values(SHORT_AND_LONG, [1.5]), with_values(NINE_PATHS, [d.number()]), with_values(REPEATS, d.numbers(2))]),
            Check("graphs drawn at random", 0.5, edge=True, draw=lambda d: [
                with_values(SHORT_AND_LONG, [d.number()]), *(with_values(*random_graph(d)) for _ in range(3))]),
            Check("one call for each edge of 18 doublings", 1, edge=True, test=one_call_per_edge),
        ),
        mistakes=(
            ("B01", "overwrites at a fork", _table(step="grads[p] = grads[i] * partial(*values)"),
             "A value that is used twice gets two contributions; you kept only one.",
             "What is added up where several paths meet?"),
            ("B03", "paid twice", _table(step="grads[p] += grads[i] * sum(d(*values) for d, q in zip(partials, parents) "
                                              "if q == p)"),
             "Where a node uses a parent twice, each slot paid for both.",
             "How much is due for one slot, as if its inputs were different?"),
            ("B04", "started with the output", _table(seed="u[-1]"), "You started the walk with the last value.",
             "How much does the output change when it changes by 1?"),
            ("B06", "multiplied where paths meet", _table(step="g = grads[i] * partial(*values)\n        "
                                                               "grads[p] = grads[p] * g if grads[p] else g"),
             "Where several paths meet, you multiplied.", "What is done across paths, and what along a path?"),
            ("B08", "the mean of the paths", _table(step="g = grads[i] * partial(*values)\n        "
                                                        "grads[p] = (grads[p] + g) / 2 if grads[p] else g"),
             "Where several paths meet, you took the mean.", "If both paths carry a nudge, what arrives in total?"),
            ("E01", "no topological order", "grads = {i: 0.0 for i in range(len(graph))}\ngrads[len(graph) - 1] = 1.0\n"
             "def push(i):\n    if graph[i] is None:\n        return\n    f, partials, parents = graph[i]\n"
             "    values = [u[p] for p in parents]\n    for partial, p in zip(partials, parents):\n"
             "        grads[p] += grads[i] * partial(*values)\n        push(p)\npush(len(graph) - 1)\nreturn grads",
             "A node passed its gradient on before it was complete, and passed the same on again later.",
             "When has a node received all that it will ever receive?"),
            ("E02", "as deep as it goes first", _WALK.format(end="-1"), "A node passed its gradient on before all of its "
             "children had paid.", "In which order of the list does every child come before its parents?"),
            ("E03", "nearest first", _WALK.format(end="0"), "A short path overtook a long one: a node passed its gradient "
             "on before all of its children had paid.", "In which order of the list does every child come before its "
             "parents?"),
            ("E04", "one call per path", "last = len(graph) - 1\ndef down(j):\n    if j == last:\n        return 1.0\n"
             "    total = 0.0\n    for i in range(j + 1, len(graph)):\n        if graph[i] is not None:\n"
             "            f, partials, parents = graph[i]\n            for partial, p in zip(partials, parents):\n"
             "                if p == j:\n                    total += partial(*[u[q] for q in parents]) * down(i)\n"
             "    return total\nreturn {j: down(j) for j in range(len(graph))}",
             "The values are right, but you walk along every path: their number doubles with each doubling.",
             "Which result do all paths through a node have in common?"),
            ("E05", "parents as a set", _table(slots="((partials[parents.index(p)], p) for p in set(parents))"),
             "Where a node uses a parent twice, one of the two slots was not paid.",
             "How many edges lead into a + a?"),
            ("E31", "from the inputs to the output", _table(order="range(len(graph))"), "You walked from the inputs to the "
             "output; the gradient starts at the output.", "Which gradient is known before all others?"),
            ("C36", "not by the local gradients", "h = 1e-5\ndef last_value(k, nudge):\n    v = list(u)\n    v[k] += nudge\n"
             "    for i in range(k + 1, len(graph)):\n        if graph[i] is not None:\n"
             "            v[i] = graph[i][0](*[v[p] for p in graph[i][2]])\n    return v[-1]\n"
             "return {k: (last_value(k, h) - last_value(k, -h)) / (2 * h) for k in range(len(graph))}",
             "The values are right, but they come from nudging every value, and not from the local gradients.",
             "How much work is that when there are a million values?"),
            ("E33", "local gradients at the output", _table(step="grads[p] += grads[i] * partial(*[u[i]] * len(parents))"),
             "A local gradient was taken at the node's own value.", "Which values did the node see in the forward pass?"),
            ("X31", "entries are missing", _table().replace("return grads", "return {i: g for i, g in grads.items() if "
                                                            "graph[i] is None}"),
             "Only the inputs have an entry.", "Does a value in between have a gradient too?"),
            constant("{0: -4.0, 1: -4.0, 2: 3.0, 3: -4.0, 4: 1.0}"),
        ),
        alternatives=(
            ("each value collects from its children", "n = len(graph)\ngrads = {n - 1: 1.0}\nfor j in range(n - 2, -1, -1):\n"
             "    grads[j] = 0.0\n    for i in range(j + 1, n):\n        if graph[i] is not None:\n"
             "            f, partials, parents = graph[i]\n            for k, p in enumerate(parents):\n                if p == j:\n"
             "                    grads[j] += grads[i] * partials[k](*[u[q] for q in parents])\nreturn grads"),
            ("recursion that remembers", "import functools\ndef grad_table(graph, u):\n    last = len(graph) - 1\n"
             "    uses = {j: [(i, k) for i, e in enumerate(graph) if e for k, p in enumerate(e[2]) if p == j]\n"
             "            for j in range(last + 1)}\n    @functools.cache\n    def grad(j):\n        if j == last:\n"
             "            return 1.0\n        return sum(grad(i) * graph[i][1][k](*[u[p] for p in graph[i][2]]) for i, k in uses[j])\n"
             "    return {j: grad(j) for j in range(last + 1)}"),
            ("a system of equations", "n = len(graph)\nA = np.zeros((n, n))\nfor i, entry in enumerate(graph):\n"
             "    if entry is not None:\n        for partial, p in zip(entry[1], entry[2]):\n"
             "            A[p, i] += partial(*[u[q] for q in entry[2]])\nseed = np.zeros(n)\nseed[-1] = 1.0\n"
             "return dict(enumerate(np.linalg.solve(np.eye(n) - A, seed)))"),
            ("an array", "g = np.zeros(len(graph))\ng[-1] = 1\nfor i in range(len(graph) - 1, -1, -1):\n    if graph[i]:\n"
             "        _, partials, parents = graph[i]\n        for k in range(len(parents)):\n"
             "            g[parents[k]] = g[parents[k]] + partials[k](*(u[p] for p in parents)) * g[i]\n"
             "return {i: g[i] for i in range(len(g))}"),
        ),
        hints=("Which gradient do you know before you have done anything? Which ones follow from it?",
               "Start with 0 everywhere and 1 at the last index. Walk the list from its end; each node adds its gradient "
               "times its local gradient to each parent.",
               "For a node (f, partials, parents): collect the parents' values from u; then for slot k, the entry of "
               "parents[k] grows by the node's gradient times partials[k] of these values."),
        read=GRAPHS, difficulty=4, minutes=15,
    ),
    Exercise(
        "evaluate_graph(graph, inputs)", "u", 1, forward,
        checks=(
            Check("two small graphs", 0.5, lambda d: [
                (SUM_TIMES, [-2.0, 5.0, -4.0]), (OLAH, [2.0, 1.0]), (SUM_TIMES, list(d.numbers(3)))]),
            Check("inputs anywhere in the list", 0.25, edge=True, draw=lambda d: [
                (REPEATS, list(d.numbers(2))), (SHORT_AND_LONG, [d.number()]), random_graph(d), random_graph(d)]),
            Check("each node once", 0.25, edge=True, test=each_node_once),
        ),
        mistakes=(
            ("E04", "one call per path", "given = iter(inputs)\nplaced = {i: next(given) for i, e in enumerate(graph) if e is None}\n"
             "def value(i):\n    if i in placed:\n        return placed[i]\n    f, partials, parents = graph[i]\n"
             "    return f(*[value(p) for p in parents])\nreturn [value(i) for i in range(len(graph))]",
             "The values are right, but a node is computed anew each time that it is used.",
             "Where do you keep a value once you have it?"),
            ("E34", "inputs expected at the front", "u = list(inputs)\nfor entry in graph[len(inputs):]:\n    if entry is None:\n"
             "        u.append(0.0)\n        continue\n    f, partials, parents = entry\n    u.append(f(*[u[p] for p in parents]))\n"
             "return u", "An input may stand anywhere in the list; you took them all at the front.",
             "How do you know, at index i, that an input is due?"),
            ("E34", "inputs by the index of the list", "u = []\nfor i, entry in enumerate(graph):\n    if entry is None:\n"
             "        u.append(inputs[i])\n    else:\n        u.append(entry[0](*[u[p] for p in entry[2]]))\n"
             "return u", "The third input need not stand at index 2: it is the third None.",
             "How do you know which input is due next?"),
            ("E35", "inputs from the end", "rest, u = list(inputs), []\nfor entry in graph:\n    if entry is None:\n"
             "        u.append(rest.pop())\n    else:\n        u.append(entry[0](*[u[p] for p in entry[2]]))\nreturn u",
             "The inputs were taken from the end of their list.", "Which end does pop() take?"),
            ("E36", "the parents' indices, not their values", "u, given = [], iter(inputs)\nfor entry in graph:\n"
             "    u.append(next(given) if entry is None else entry[0](*entry[2]))\nreturn u",
             "The functions got the indices of the parents.", "What do you find in u at such an index?"),
            ("E37", "the parents sorted", "u, given = [], iter(inputs)\nfor entry in graph:\n    if entry is None:\n"
             "        u.append(next(given))\n    else:\n        u.append(entry[0](*[u[p] for p in sorted(entry[2])]))\nreturn u",
             "A function got its arguments in another order than that of its parents.", "Is a − b the same as b − a?"),
            ("X31", "only the last value", "u, given = [], iter(inputs)\nfor entry in graph:\n    if entry is None:\n"
             "        u.append(next(given))\n    else:\n        u.append(entry[0](*[u[p] for p in entry[2]]))\nreturn u[-1]",
             "You returned the last value alone.", "Which values will the backward pass need?"),
            ("X31", "without the inputs", "u, given = [], iter(inputs)\nfor entry in graph:\n    if entry is None:\n"
             "        u.append(next(given))\n    else:\n        u.append(entry[0](*[u[p] for p in entry[2]]))\n"
             "return [v for v, entry in zip(u, graph) if entry is not None]",
             "The inputs' own values are missing from the list.", "Which values will the backward pass need?"),
            ("E38", "local gradients instead of values", "u, given = [], iter(inputs)\nfor entry in graph:\n    if entry is None:\n"
             "        u.append(next(given))\n    else:\n        u.append(entry[1][0](*[u[p] for p in entry[2]]))\nreturn u",
             "The local gradients were called where the value is wanted.", "Which part of (f, partials, parents) gives "
             "the value?"),
            constant("[-2.0, 5.0, -4.0, 3.0, -12.0]"),
        ),
        alternatives=(
            ("a counter", "u, k = [], 0\nfor entry in graph:\n    if entry is None:\n        u.append(inputs[k])\n        k += 1\n"
             "    else:\n        f, _, parents = entry\n        u.append(f(*(u[p] for p in parents)))\nreturn u"),
            ("an array", "u = np.zeros(len(graph))\nu[[entry is None for entry in graph]] = inputs\n"
             "for i, entry in enumerate(graph):\n    if entry is not None:\n        u[i] = entry[0](*u[list(entry[2])])\nreturn u"),
            ("a tuple, by recursion that remembers", "given = iter(inputs)\n"
             "known = {i: next(given) for i, e in enumerate(graph) if e is None}\ndef value(i):\n    if i not in known:\n"
             "        known[i] = graph[i][0](*map(value, graph[i][2]))\n    return known[i]\n"
             "return tuple(value(i) for i in range(len(graph)))"),
            ("a local copy of the inputs", "rest = list(inputs)[::-1]\nu = []\nfor entry in graph:\n"
             "    u += [rest.pop() if entry is None else entry[0](*[u[p] for p in entry[2]])]\nreturn u"),
        ),
        hints=("The list is in topological order. What do you know about the parents when you come to a node?",
               "Go through the list once and append one value for each entry: the next input, or f of the parents' values.",
               "An iterator over the inputs gives the next one at each None. Otherwise call the entry's first part with "
               "the values that u holds at its third part."),
        read=GRAPHS, difficulty=2, minutes=6,
    ),
    Exercise(
        "sum_over_paths(graph, u, j)", "du", 1, one_gradient,
        checks=(
            Check("two paths, nine paths", 0.5, lambda d: [
                (*with_values(OLAH, [2.0, 1.0]), 1), (*with_values(NINE_PATHS, [1.5]), 0), (*with_values(OLAH, d.numbers(2)), 1),
                (*with_values(OLAH, [-d.positive(), -d.positive(1.1, 3.0)]), 1)]),
            Check("the table's gradients, on graphs drawn at random", 0.5, edge=True, draw=lambda d: [
                (*with_values(REPEATS, d.numbers(2)), 2), (*with_values(REPEATS, d.numbers(2)), 3),
                (*with_values(SUM_TIMES, d.numbers(3)), 4),
                *((*with_values(*random_graph(d)), j) for j in (0, 1, 2))]),
        ),
        mistakes=(
            ("B05", "added along a path", _paths(along="+", start="0.0"), "Along each path the slopes were added.",
             "If one step doubles a nudge and the next triples it, what becomes of it?"),
            ("B06", "multiplied across paths", _paths("float(np.prod(found)) if found else 0.0"),
             "The paths were multiplied with each other.", "If two paths both carry a nudge, what arrives in total?"),
            ("B01", "one path only", _paths("found[-1] if found else 0.0"), "Only one of the paths was kept.",
             "What is added up where several paths meet?"),
            ("B01", "the first path only", _paths("found[0] if found else 0.0"), "Only one of the paths was kept.",
             "What is added up where several paths meet?"),
            ("B08", "the mean of the paths", _paths("sum(found) / len(found) if found else 0.0"), "You took the mean of the "
             "paths.", "If two paths both carry a nudge, what arrives in total?"),
            ("B35", "the number of paths", _paths("float(len(found))"), "You counted the paths.",
             "What does each path contribute?"),
            ("B36", "the strongest path", _paths("max(found, key=abs) if found else 0.0"), "Only the strongest path was kept.",
             "Do the others carry nothing at all?"),
            ("E05", "parents as a set", _paths(slots="{q: k for k, q in enumerate(parents)}.values()"), "Where a node uses a "
             "parent twice, one of the two edges was not walked.", "How many edges lead from a to a + a?"),
            ("E39", "no path of length 0", _paths("sum(found) if j < len(graph) - 1 else 0.0"), "For the last value itself "
             "there is one path: the empty one.", "How much does the output change when it changes by 1?"),
            ("B04", "started with the output", _paths("sum(found) * u[-1]"), "You started the walk with the last value.",
             "How much does the output change when it changes by 1?"),
            ("G30", "right for positive slopes only", _paths("sum(map(abs, found))"), "The signs of the paths are lost.",
             "Can two paths cancel each other?"),
            constant("5.0"),
        ),
        alternatives=(
            ("recursion", "def sum_over_paths(graph, u, j):\n    if j == len(graph) - 1:\n        return 1\n    total = 0\n"
             "    for i, entry in enumerate(graph):\n        if entry is not None:\n            f, partials, parents = entry\n"
             "            for partial, p in zip(partials, parents):\n                if p == j:\n"
             "                    total += partial(*[u[q] for q in parents]) * sum_over_paths(graph, u, i)\n    return total"),
            ("from the last value down", "last = len(graph) - 1\ndef up(i):\n    if i == j:\n        return 1.0\n    if graph[i] is None:\n        return 0.0\n"
             "    f, partials, parents = graph[i]\n    values = [u[p] for p in parents]\n"
             "    return sum(partial(*values) * up(p) for partial, p in zip(partials, parents))\nreturn up(last)"),
            ("a stack of paths", "total, stack = 0.0, [(len(graph) - 1, 1.0)]\nwhile stack:\n    i, product = stack.pop()\n"
             "    if i == j:\n        total += product\n    elif graph[i] is not None:\n        _, partials, parents = graph[i]\n"
             "        values = [u[p] for p in parents]\n"
             "        stack += [(p, product * d(*values)) for d, p in zip(partials, parents)]\nreturn np.array(total)"),
            ("powers of a matrix", "n = len(graph)\nA = np.zeros((n, n))\nfor i, entry in enumerate(graph):\n    if entry is not None:\n"
             "        for d, p in zip(entry[1], entry[2]):\n            A[i, p] += d(*[u[q] for q in entry[2]])\n"
             "return sum(np.linalg.matrix_power(A, k)[n - 1, j] for k in range(n))"),
        ),
        hints=("Which paths lead from index j to the last index? What does one of them contribute?",
               "Along a path the local gradients multiply; the paths add. The paths from j begin with one step to a "
               "child, and go on like the paths from that child.",
               "If j is the last index, the answer is 1. Otherwise add up, over every slot whose parent is j: its local "
               "gradient times the answer for the node that holds the slot."),
        read=PATHS, difficulty=3, minutes=8,
    ),
)
