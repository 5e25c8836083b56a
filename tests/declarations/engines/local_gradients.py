# ruff: noqa: F821, B905    (as in the notebook: its set-up gives math, np and like)
"""Local gradients: one order, made by depth-first search with a stack, and loops over (parent, rule) pairs."""


class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, parents, local, 0.0

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other),
                     (lambda g: g * like(g, other), lambda g: g * like(g, self)))

    def __pow__(self, n):
        return Value(self.data ** n, (self,), (lambda g: g * (n * like(g, self) ** (n - 1)),))

    def exp(self):
        out = Value(math.exp(self.data), (self,), (lambda g: g * like(g, out),))
        return out

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (lambda g: g * (self.data > 0),))

    __radd__, __rmul__ = __add__, __mul__


def topological_order(root):
    order, state, stack = [], {}, [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            state[node] = "done"
            order.append(node)
        elif node not in state:
            state[node] = "open"
            stack.append((node, True))
            for parent in node.parents:
                if state.get(parent) == "open":
                    raise ValueError("the graph has a cycle")
                stack.append((parent, False))
    return order


def backward(root):
    order = topological_order(root)
    for node in order:
        if node.parents:
            node.grad = 0.0
    root.grad = 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)


def zero_grad(root):
    for node in topological_order(root):
        node.grad = 0.0


def count_edges(root):
    return sum(len(node.parents) for node in topological_order(root))


def grad_graph(root, wrt):
    grads = {root: Value(1.0)}
    for node in reversed(topological_order(root)):
        for parent, local in zip(node.parents, node.local):
            paid = local(grads[node])
            grads[parent] = grads[parent] + paid if parent in grads else paid
    return grads.get(wrt, Value(0.0))


def second_derivative(f, x):
    x = Value(x)
    return grad_graph(grad_graph(f(x), x), x).data


def forward_mode(root, seed):
    tangents = {}
    for node in topological_order(root):
        if node.parents:
            tangents[node] = 0.0
            for parent, local in zip(node.parents, node.local):
                tangents[node] = tangents[node] + local(tangents[parent])
        else:
            tangents[node] = seed.get(node, 0.0)
    return tangents[root]
