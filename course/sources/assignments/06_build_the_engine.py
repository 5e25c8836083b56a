# %% [markdown]
# # Assignment 6 · Build the engine
#
# Until now you wrote the backward pass of one circuit at a time. Here you build what does it for **every** circuit: an
# engine. It has eight small parts, and when you are done it can do what no backward function of yours could: take the
# gradient of a gradient.
#
# All points here are bonus points. Each part is graded by itself, on nodes that the grader builds. A fault in one
# part costs that part alone.
#
# `check(f)` shows a first case of each exercise; the graded cells try graphs of all kinds, up to a chain of 5,000
# nodes. Recursion does not reach that deep: keep lists of your own.
#
# Messages write a graph as a small program, such as `q = x + y; f = q * z`. There `total([x, y, x], [2, 3, 5])` is a
# single node, 2x + 3y + 5x, with three slots.
#
# [Lesson 6](../../lessons/06_build_the_engine.ipynb) is the companion to this notebook.

# %% setup
import math

import numpy as np

from course import check, grade, hint


def like(g, value):
    """The factor that fits g: the Value itself beside a Value, its number beside a number."""
    return value if isinstance(g, Value) else value.data

# %% [markdown] exercise Value
# ## 6.1 A number that remembers
#
# A node of the graph is a `Value`. It holds
#
# - `data`: its number;
# - `parents`: the nodes that it was made of, in order; a leaf has none;
# - `local`: one function for each parent, its rule. Called with an upstream gradient g, rule k gives what parent k
#   receives;
# - `grad`: room for a gradient.
#
# Each operator makes a new Value. For `x * y` the data is x·y, the parents are x and y, the first rule multiplies g
# by y, the second by x. If both are the same node, it stands there **twice**: in `x * x` each slot pays once.
#
# Write `+`, `*`, `**` (the exponent is a number), `exp()` and `relu()` (its slope at 0 is 0). A plain number may stand
# on either side of + and *: Python asks `__radd__` and `__rmul__` when it stands on the left.
#
# For exercise 6.6 the rules should also work when g is itself a Value, and give a Value then. `like(g, y)` from the
# first cell helps: it is y where g is a Value, and y's number where g is a number.

# %% answer Value
class Value:
    """A number that remembers how it was made: data, parents, and local, a rule for each parent.

    To be written: + and * (a number may stand on either side), ** (by a number), exp(), relu().
    """

    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, parents, local, 0.0

    def __add__(self, other):
        ### BEGIN SOLUTION
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other),
                     (lambda g: g * like(g, other), lambda g: g * like(g, self)))

    def __pow__(self, n):
        return Value(self.data ** n, (self,), (lambda g: g * (n * like(g, self) ** (n - 1)),))

    def exp(self):
        out = Value(math.exp(self.data), (self,), (lambda g: g * like(g, out),))    # exp is its own slope
        return out

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (lambda g: g * float(self.data > 0),))

    __radd__, __rmul__ = __add__, __mul__    # the order makes no difference to + and *
        ### END SOLUTION

# %% check Value
# %% grade Value
# %% [markdown] exercise topological_order
# ## 6.2 In topological order
#
# List the root and all nodes that it is made of, each of them once, so that parents stand **before** what is made of
# them. The root comes last. There may be several such orders; any will do.
#
# Take `b = a * 3; c = b * 2; d = c + 1; e = d * b; L = e + b`. From L one step leads to b, and so do four steps: b must
# still stand before c.
#
# Two nodes may hold the same number and are two nodes all the same. If a node is made of itself, by way of others,
# there is no order: raise a `ValueError` that says so.

# %% answer topological_order
def topological_order(root):
    """The nodes that root is made of, parents before children, each once, root last.

    root: a Value; chains of 5,000 nodes must work
    Returns a list of Values. Raises ValueError where the graph has a cycle.
    """
    ### BEGIN SOLUTION
    order, state, stack = [], {}, [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:                            # all that it is made of stands in the list
            state[id(node)] = "done"
            order.append(node)
        elif id(node) not in state:
            state[id(node)] = "open"
            stack.append((node, True))          # come back to it after its parents
            for parent in node.parents:
                if state.get(id(parent)) == "open":     # we are on the way down from this very node
                    raise ValueError("the graph has a cycle: a node is made of itself")
                stack.append((parent, False))
    return order
    ### END SOLUTION

# %% check topological_order
# %% grade topological_order
# %% [markdown] exercise backward
# ## 6.3 The walk back
#
# Fill `.grad` of the root and of every node below it with the gradient of the root. The root's is 1. A node pays each
# of its parents what its rule gives for the node's own gradient, **when all that use it have paid it**. What comes in
# from several sides adds up.
#
# - Each rule is called once: the work grows with the edges, not with the paths.
# - A second pass adds to the **leaves**, as in PyTorch. The nodes in between start anew. With b = a·a and L = b·a at
#   a = 3, one pass leaves 27 in `a.grad`, and two leave 54.
# - Gradients may be arrays, and two nodes may have received the same one. Add with `parent.grad + ...`, which makes a
#   new array, not in place.
# - If the graph has a cycle, raise a `ValueError`.
#
# You may call your `topological_order`, or do it in another way. At (−2, 5, −4), f = (x + y) z gives −4, −4 and 3.

# %% answer backward
def backward(root):
    """Fill .grad of root and of all nodes below it with the gradient of root.

    root: a Value; chains of 5,000 nodes must work
    Leaves add to what .grad holds. Returns nothing. Raises ValueError where the graph has a cycle.
    """
    ### BEGIN SOLUTION
    uses, nodes = {id(root): 0}, [root]          # how many slots each node fills
    for node in nodes:                           # the list grows while it is read
        for parent in node.parents:
            if id(parent) not in uses:
                uses[id(parent)] = 0
                nodes.append(parent)
            uses[id(parent)] += 1
    for node in nodes:
        if node.parents:
            node.grad = 0.0
    root.grad, ready, passed = 1.0, [root], 0
    while ready:
        node = ready.pop()
        passed += 1
        for parent, local in zip(node.parents, node.local):
            parent.grad = parent.grad + local(node.grad)
            uses[id(parent)] -= 1
            if uses[id(parent)] == 0:            # all that use it have paid
                ready.append(parent)
    if passed != len(nodes):                     # in a cycle each waits for the other
        raise ValueError("the graph has a cycle: a node is made of itself")
    ### END SOLUTION

# %% check backward
# %% grade backward
# %% [markdown] exercise zero_grad
# ## 6.4 Start anew
#
# Since leaves add up, somebody must clear them. Set `.grad` to 0.0 in the root and in every node below it. Leave alone
# what is not below the root, and leave no marks on the nodes: the next walk would find them.

# %% answer zero_grad
def zero_grad(root):
    """Set .grad to 0.0 in root and in all nodes below it.

    root: a Value; chains of 5,000 nodes must work
    Returns nothing.
    """
    ### BEGIN SOLUTION
    seen, stack = set(), [root]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            node.grad = 0.0
            stack.extend(node.parents)
    ### END SOLUTION

# %% check zero_grad
# %% grade zero_grad
# %% [markdown] exercise count_edges
# ## 6.5 What a pass costs
#
# A backward pass calls one rule for each edge. Count them: all edges below the root. `x * x` has two.

# %% answer count_edges
def count_edges(root):
    """How many edges lead into root and into the nodes below it.

    root: a Value; chains of 5,000 nodes must work
    Returns an int.
    """
    ### BEGIN SOLUTION
    seen, stack, edges = set(), [root], 0
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            edges += len(node.parents)          # a parent that stands there twice counts twice
            stack.extend(node.parents)
    return edges
    ### END SOLUTION

# %% check count_edges
# %% grade count_edges
# %% [markdown] exercise grad_graph
# ## 6.6 The gradient as a graph
#
# Until now a gradient was a number. Let it be a Value: start with `Value(1.0)` instead of 1.0, and each rule gives a
# Value, each sum gives a Value. What comes out is a graph of its own, which hangs on the nodes of the first one. So
# you can differentiate it, too.
#
# Return the gradient of `root` for one node, `wrt`, as a Value. Where no path leads from the root to it, that is
# `Value(0.0)`. Keep the gradients in a dict of your own, not in `.grad`: a second call would find them there.
#
# With b = a·a and L = b·a at a = 3, the gradient is 27, and the gradient of the gradient is 18.
#
# (While this part is graded, `Value` is the grader's own, so that a fault in 6.1 costs nothing here. The idea is that
# of Algorithms 6.5 and 6.6 in Goodfellow, Bengio and Courville 2016.)

# %% answer grad_graph
def grad_graph(root, wrt):
    """The gradient of root with respect to wrt, as a graph that can be differentiated again.

    root, wrt: Values; chains of 5,000 nodes must work
    Returns a Value.
    """
    ### BEGIN SOLUTION
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    grads = {id(root): Value(1.0)}
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local):
            paid = local(grads[id(node)])       # a Value: the rules multiply and add Values here
            grads[id(parent)] = grads[id(parent)] + paid if id(parent) in grads else paid
    return grads.get(id(wrt), Value(0.0))
    ### END SOLUTION

# %% check grad_graph
# %% grade grad_graph
# %% [markdown] exercise second_derivative
# ## 6.7 The gradient of a gradient
#
# Now use it. `f` takes a Value and returns a Value, made with the operators of 6.1. Return f″(x), a number. For x³ it
# is 6x, so 15 at x = 2.5.
#
# Call `grad_graph`. (While this part is graded, `Value` and `grad_graph` are the grader's own.)

# %% answer second_derivative
def second_derivative(f, x):
    """The second derivative of f at x.

    f: takes and returns a Value; x: a number
    Returns a float.
    """
    ### BEGIN SOLUTION
    x = Value(x)
    slope = grad_graph(f(x), x)
    return grad_graph(slope, x).data
    ### END SOLUTION

# %% check second_derivative
# %% grade second_derivative
# %% [markdown] exercise forward_mode
# ## 6.8 The other direction
#
# The same rules serve another walk, from the leaves up. `seed` says how fast each leaf moves: its **tangent**. A leaf
# that is not named there stands still. How fast does the root move?
#
# A node moves by the sum over its slots: the local rule applied to the tangent of the parent. (For numbers a rule
# multiplies by the slope, and a slope serves both ways.) At (−2, 5, −4), if x moves with 1 and all else stands still,
# f = (x + y) z moves with −4.
#
# Each rule is called once here, too. Forward mode answers for one direction of all inputs, backward mode for all
# inputs of one output.

# %% answer forward_mode
def forward_mode(root, seed):
    """How fast root moves when the leaves move as seed says.

    root: a Value, chains of 5,000 nodes must work; seed: {leaf: tangent}, 0 for those not named
    Returns a float: the tangent of root.
    """
    ### BEGIN SOLUTION
    tangents, stack = {}, [root]
    while stack:
        node = stack[-1]
        missing = [parent for parent in node.parents if id(parent) not in tangents]
        if missing:                             # first the parents, then this node once more
            stack.extend(missing)
            continue
        stack.pop()
        if id(node) in tangents:
            continue
        if node.parents:
            moves = [local(tangents[id(parent)]) for parent, local in zip(node.parents, node.local)]
            tangents[id(node)] = sum(moves)
        else:
            tangents[id(node)] = seed.get(node, 0.0)
    return tangents[id(root)]
    ### END SOLUTION

# %% check forward_mode
# %% grade forward_mode
# %% [markdown]
# ## Try it as a whole
#
# Your eight parts are an engine. Run a circuit of your own through it.

# %%
# x = Value(3.0)
# f = x * x * x
# backward(f)
# x.grad, count_edges(f), second_derivative(lambda x: x * x * x, 3.0)

# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
