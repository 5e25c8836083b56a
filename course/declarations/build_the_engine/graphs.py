"""The graphs on which an engine is tried, and what is right there, by `autodiff`."""

import ast
import functools
import re

import numpy as np

import autodiff
from course.declarations.engine_nodes import ENGINE
from course.places import IN_BROWSER

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
CYCLE = "b = a * 2; c = b + 1; d = c * 3; b.parents = (c,)"
CYCLE_AT_THE_ROOT = "b = a * 2; c = b + 1; b.parents = (c,)"
DOUBLINGS = "t = [a]\nfor k in range(18): t += [t[k] + t[k]]\nu = t[18]"
# Deeper than Python lets functions call themselves. In a browser, freeing a chain of 3,000 ends the kernel.
DEPTH = 1200 if IN_BROWSER else 5000
CHAIN = f"t = [a]\nfor k in range({DEPTH}): t += [t[k] + b]\nu = t[{DEPTH}]"
WIDE = "t = [x * (k % 7 + 0.5) for k in range(2000)]\ns = total(t)"
EDGES = 2 * 18

_nodes = {}
exec(compile(ENGINE, "<engine>", "exec"), _nodes)
Value = _nodes["Value"]         # under this name answers know it


@functools.lru_cache(64)
def drawn(graph, names):
    """What a graph is made of: (names of its nodes, parents of each node, whose places in order of making)."""
    named = _nodes["build"](graph, {name: 1.5 for name in names})
    made = Value.made
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
