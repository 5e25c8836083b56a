# ruff: noqa: F821, B905    (as in the notebook: its set-up gives math, np and like)
"""Closures: each operation leaves behind functions that remember what they need, and walks are closures, too."""


def gate(data, *slots):
    """A node from (parent, slope) slots; a slope is asked for when it is needed, for a number or for a Value."""
    def rule(slope):
        def local(g):
            value = slope()
            return g * (value if isinstance(g, Value) or not isinstance(value, Value) else value.data)
        return local
    return Value(data, tuple(parent for parent, _ in slots), tuple(rule(slope) for _, slope in slots))


class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad = data, 0.0
        self.parents, self.local = parents, local

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return gate(self.data + other.data, (self, lambda: 1.0), (other, lambda: 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return gate(self.data * other.data, (self, lambda: other), (other, lambda: self))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __pow__(self, n):
        return gate(self.data ** n, (self, lambda: n * self ** (n - 1)))

    def exp(self):
        out = gate(math.exp(self.data), (self, lambda: out))
        return out

    def relu(self):
        return gate(self.data if self.data > 0 else 0.0, (self, lambda: float(self.data > 0)))


def walker():
    """A function that puts the nodes below a root in order; it remembers between its calls."""
    finished, order = {}, []

    def visit(root):
        stack = [(root, iter(root.parents))]
        finished[id(root)] = False
        while stack:
            node, rest = stack[-1]
            for parent in rest:
                if finished.get(id(parent)) is False:
                    raise ValueError("a node depends on itself")
                if id(parent) not in finished:
                    finished[id(parent)] = False
                    stack.append((parent, iter(parent.parents)))
                    break
            else:
                stack.pop()
                finished[id(node)] = True
                order.append(node)
        return order
    return visit


def topological_order(root):
    return walker()(root)


def backward(root):
    order = walker()(root)
    for node in order:
        if len(node.parents):
            node.grad = 0.0

    def pay(node):
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)

    root.grad = 1.0
    for node in reversed(order):
        pay(node)


def zero_grad(root):
    for node in walker()(root):
        node.grad = 0.0


def count_edges(root):
    return sum(len(node.parents) for node in walker()(root))


def grad_graph(root, wrt):
    grads = {}

    def receive(node, g):
        grads[id(node)] = g if id(node) not in grads else grads[id(node)] + g

    receive(root, Value(1.0))
    for node in reversed(walker()(root)):
        for parent, local in zip(node.parents, node.local):
            receive(parent, local(grads[id(node)]))
    return grads[id(wrt)] if id(wrt) in grads else Value(0.0)


def second_derivative(f, x):
    leaf = Value(x)

    def slope(y):
        return grad_graph(y, leaf)
    return slope(slope(f(leaf))).data


def forward_mode(root, seed):
    moves = {}
    for node in walker()(root):
        moves[id(node)] = sum(local(moves[id(parent)]) for parent, local in zip(node.parents, node.local)) \
            if node.parents else seed.get(node, 0.0)
    return moves[id(root)]
