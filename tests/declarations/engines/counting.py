# ruff: noqa: F821, B905    (as in the notebook: its set-up gives math, np and like)
"""Counting takes the place of recursion: a node's turn comes when as many payments have come as it has uses."""
from collections import Counter, deque


class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad = data, 0.0
        self.parents = parents
        self.local = local

    @classmethod
    def lift(cls, other):
        return other if isinstance(other, cls) else cls(other)

    def __add__(self, other):
        other = Value.lift(other)
        return Value(self.data + other.data, [self, other], [lambda g: 1.0 * g] * 2)

    def __mul__(self, other):
        other = Value.lift(other)
        return Value(self.data * other.data, [self, other], [lambda g: like(g, other) * g, lambda g: like(g, self) * g])

    def __radd__(self, other):
        return Value.lift(other) + self

    def __rmul__(self, other):
        return Value.lift(other) * self

    def __pow__(self, n):
        return Value(self.data ** n, [self], [lambda g: n * g * like(g, self) ** (n - 1)])

    def exp(self):
        return Value(np.exp(self.data), [self], [lambda g: g * like(g, self.exp())])

    def relu(self):
        open_ = 1.0 if self.data > 0 else 0.0
        return Value(self.data * open_, [self], [lambda g: g * open_])


def uses_below(root):
    """How many slots each node below the root fills; the root is there with 0."""
    uses, waiting = Counter({root: 0}), deque([root])
    while waiting:
        for parent in waiting.popleft().parents:
            if parent not in uses:
                waiting.append(parent)
            uses[parent] += 1
    return uses


def from_the_root(root):
    """The nodes, each after all that use it."""
    uses = uses_below(root)
    left, ready, count = uses.copy(), deque([root]), 0
    if left[root]:
        raise ValueError(f"{root} is used by what it is made of")
    while ready:
        node = ready.popleft()
        count += 1
        yield node
        for parent in node.parents:
            left[parent] -= 1
            if not left[parent]:
                ready.append(parent)
    if count < len(uses):
        raise ValueError("some nodes wait for each other")


def topological_order(root):
    return list(from_the_root(root))[::-1]


def backward(root):
    grads = {root: 1.0}
    for node in from_the_root(root):
        for k in range(len(node.parents)):
            parent = node.parents[k]
            grads[parent] = grads.get(parent, 0.0) + node.local[k](grads[node])
    for node in grads:
        node.grad = grads[node] if node.parents else node.grad + grads[node]


def zero_grad(root):
    for node in uses_below(root):
        node.grad = 0.0


def count_edges(root):
    return sum(uses_below(root).values())


def grad_graph(root, wrt):
    came = {root: [Value(1.0)]}
    for node in from_the_root(root):
        g = sum(came[node][1:], came[node][0])
        if node is wrt:
            return g
        for parent, rule in zip(node.parents, node.local):
            came.setdefault(parent, []).append(rule(g))
    return Value(0.0)


def second_derivative(f, x):
    y = x = Value(x)
    y = f(x)
    for _ in "ab":
        y = grad_graph(y, x)
    return y.data


def forward_mode(root, seed):
    tangents = {}
    for node in topological_order(root):
        tangents[node] = sum((rule(tangents[parent]) for parent, rule in zip(node.parents, node.local)),
                             0.0 if node.parents else seed.get(node, 0.0))
    return tangents[root]
