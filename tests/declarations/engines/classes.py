# ruff: noqa: F821, B905    (as in the notebook: its set-up gives math, np and like)
"""A class for each operation, and a class for each kind of walk."""


class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, tuple(parents), tuple(local), 0.0

    def __add__(self, other):
        return Add(self, other)

    def __mul__(self, other):
        return Mul(self, other)

    def __radd__(self, other):
        return Add(other, self)

    def __rmul__(self, other):
        return Mul(other, self)

    def __pow__(self, n):
        return Pow(self, n=n)

    def exp(self):
        return Exp(self)

    def relu(self):
        return Relu(self)


class Operation(Value):
    def __init__(self, *inputs, **more):
        parents = [x if isinstance(x, Value) else Value(x) for x in inputs]
        self.__dict__.update(more)
        super().__init__(self.forward(*[parent.data for parent in parents]), parents,
                         [self.rule(k) for k in range(len(parents))])

    def rule(self, k):
        return lambda g: g * self.slope(k, *[like(g, parent) for parent in self.parents])


class Add(Operation):
    def forward(self, x, y):
        return x + y

    def slope(self, k, x, y):
        return 1.0


class Mul(Operation):
    def forward(self, x, y):
        return x * y

    def slope(self, k, x, y):
        return (y, x)[k]


class Pow(Operation):
    def forward(self, x):
        return x ** self.n

    def slope(self, k, x):
        return self.n * x ** (self.n - 1)


class Exp(Operation):
    def forward(self, x):
        return math.exp(x)

    def slope(self, k, x):
        return x.exp() if isinstance(x, Value) else self.data


class Relu(Operation):
    def forward(self, x):
        return max(x, 0.0)

    def slope(self, k, x):
        return 1.0 if self.parents[0].data > 0 else 0.0


class Walk:
    """Visits the nodes below a root, parents first; what happens at a node is the subclass's `at`."""

    def __init__(self, root):
        self.root = root
        self.order, self.colour = [], {}
        self.todo = [root]
        while self.todo:
            self.step()

    def step(self):
        node = self.todo[-1]
        colour = self.colour.get(node, "white")
        if colour == "white":
            self.colour[node] = "grey"
            for parent in node.parents:
                if self.colour.get(parent) == "grey":
                    raise UnicodeError("cycle")        # a kind of ValueError
                if parent not in self.colour:
                    self.todo.append(parent)
        else:
            self.todo.pop()
            if colour == "grey":
                self.colour[node] = "black"
                self.order.append(node)
                self.at(node)

    def at(self, node):
        pass


class Count(Walk):
    edges = 0

    def at(self, node):
        self.edges += len(node.parents)


class Clear(Walk):
    def at(self, node):
        node.grad = 0.0


class Tangents(Walk):
    def __init__(self, root, seed):
        self.seed, self.tangent = seed, {}
        super().__init__(root)

    def at(self, node):
        moves = [rule(self.tangent[parent]) for parent, rule in zip(node.parents, node.local)]
        self.tangent[node] = sum(moves) if moves else self.seed.get(node, 0.0)


class Gradients(Walk):
    def __init__(self, root, one):
        super().__init__(root)
        self.grads = {root: one}
        for node in self.order[::-1]:
            for parent, rule in zip(node.parents, node.local):
                self.receive(parent, rule(self.grads[node]))

    def receive(self, node, paid):
        self.grads[node] = self.grads[node] + paid if node in self.grads else paid


topological_order = type("Order", (), {"__call__": lambda self, root: Walk(root).order})()


def backward(root):
    for node, grad in Gradients(root, 1.0).grads.items():
        node.grad = grad if node.parents else grad + node.grad


def zero_grad(root):
    Clear(root)


def count_edges(root):
    return Count(root).edges


def grad_graph(root, wrt):
    return Gradients(root, Value(1.0)).grads.get(wrt, Value(0.0))


def second_derivative(f, x):
    x = Value(x)
    first = Gradients(f(x), Value(1.0)).grads.get(x, Value(0.0))
    return Gradients(first, Value(1.0)).grads.get(x, Value(0.0)).data


def forward_mode(root, seed):
    return Tangents(root, seed).tangent[root]
