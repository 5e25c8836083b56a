# ruff: noqa: F821, B905    (as in the notebook: its set-up gives math, np and like)
"""A flat tape: a graph is first written into lists of numbers (places of parents), and all work is done by place."""


class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, list(parents), list(local), 0.0

    def record(self, data, *slots):
        for parent, rule in slots:
            self.parents.append(parent)
            self.local.append(rule)
        self.data = data
        return self

    def __add__(self, other):
        if not isinstance(other, Value):
            return Value(None).record(self.data + other, (self, lambda g: g))
        return Value(None).record(self.data + other.data, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other):
        if not isinstance(other, Value):
            return Value(None).record(self.data * other, (self, lambda g: g * other))
        return Value(None).record(self.data * other.data, (self, lambda g: g * like(g, other)),
                                  (other, lambda g: g * like(g, self)))

    def __pow__(self, n):
        return Value(None).record(self.data ** n, (self, lambda g: like(g, self) ** (n - 1) * (g * n)))

    def exp(self):
        out = Value(np.exp(self.data))
        return out.record(out.data, (self, lambda g: like(g, out) * g))

    def relu(self):
        return Value(None).record(self.data * (self.data > 0), (self, lambda g: g * (1 if self.data > 0 else 0)))

    __radd__ = __add__
    __rmul__ = __mul__


def tape_of(root):
    """Nodes in order, the place of each, and for each the places of its parents."""
    height, stack = {}, [root]
    on_the_way = set()
    while stack:
        node = stack.pop()
        if id(node) in height:
            continue
        waiting = [parent for parent in node.parents if id(parent) not in height]
        if not waiting:
            height[id(node)] = (len(height), node)
            on_the_way.discard(id(node))
            continue
        if id(node) in on_the_way:
            raise ValueError("there is a cycle in this graph")
        on_the_way.add(id(node))
        stack.append(node)
        stack.extend(waiting)
    nodes = [node for _, node in height.values()]
    return nodes, [[height[id(parent)][0] for parent in node.parents] for node in nodes]


def play_back(root, one, zero):
    nodes, places = tape_of(root)
    grads = [zero] * len(nodes)
    grads[-1] = one
    for k in range(len(nodes) - 1, -1, -1):
        for place, rule in zip(places[k], nodes[k].local):
            paid = rule(grads[k])
            grads[place] = paid if grads[place] is zero else grads[place] + paid
    return nodes, grads


def topological_order(root):
    return tape_of(root)[0]


def backward(root):
    nodes, grads = play_back(root, 1.0, None)
    for node, grad in zip(nodes, grads):
        node.grad = grad if node.parents else node.grad + grad


def zero_grad(root):
    for node in tape_of(root)[0]:
        node.grad = 0.0


def count_edges(root):
    return sum(map(len, tape_of(root)[1]))


def grad_graph(root, wrt):
    for node, grad in zip(*play_back(root, Value(1.0), None)):
        if node is wrt:
            return grad
    return Value(0.0)


def second_derivative(f, x):
    leaf = Value(float(x))
    first = grad_graph(f(leaf), leaf)
    return float(grad_graph(first, leaf).data)


def forward_mode(root, seed):
    nodes, places = tape_of(root)
    moves = []
    for node, parents in zip(nodes, places):
        moves.append(sum(rule(moves[place]) for place, rule in zip(parents, node.local)) if parents
                     else seed.get(node, 0.0))
    return moves[-1]
