# %% [markdown]
# # Lesson 6 · Build the engine
#
# After this lesson you can
#
# - write an engine that differentiates any circuit, and say in which order its nodes may pay;
# - take the gradient of a gradient, by making the gradient a graph of its own;
# - choose between forward and backward mode by counting inputs and outputs.

# %% [markdown]
# ## Why an engine
#
# In the lessons so far you wrote a backward pass for each circuit. The rules were always the same few: + copies, ×
# swaps, forks add. What changed was the wiring.
#
# So let the wiring be recorded while the forward pass runs. Then one walk over the record, the same for every circuit,
# does the rest. That is all an engine is. PyTorch's fits on more pages than yours will, but the idea fits on one.

# %%
import numpy as np

import autodiff
from autodiff.scalar import Tape
from autodiff.trace import trace
from course import graph, predict
from course.figures import beside, curves, table

# %% [markdown]
# ## Predict first
#
# Two doublings: $b = a + a$ and $c = b + b$. What is $\partial c / \partial a$? Type the number in place of the dots.
#
# With a single slip, an engine answers 1 here. You will see which.

# %%
def doubled_twice(a):
    b = a + a
    return b + b

guess = ...
predict(guess, "doubled twice")

# %% [markdown]
# ## A node remembers
#
# Each node keeps three things besides its number: its **parents**, the nodes that it was made of; a **local** rule for
# each of them, which turns an upstream gradient into what that parent receives; and room for its own gradient.
#
# Here is a node with two operators, and nothing else. In the assignment you add the others.

# %%
class Node:
    def __init__(self, data, parents=(), local=()):
        self.data, self.parents, self.local, self.grad = data, parents, local, 0.0

    def __add__(self, other):
        return Node(self.data + other.data, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        return Node(self.data * other.data, (self, other),
                    (lambda g: g * other.data, lambda g: g * self.data))

x, y, z = Node(-2.0), Node(5.0), Node(-4.0)
f = (x + y) * z
print(f.data, "made of", [parent.data for parent in f.parents])
print("for g = 1 they receive", [rule(1.0) for rule in f.local])

# %% [markdown]
# In `x * x` the node x stands among the parents **twice**, and each of its two slots pays once. An engine that keeps
# the parents in a set loses one of them. A rule acts as if its inputs were all different, even where they are not.
# (Goodfellow, Bengio and Courville 2016, section 6.5.6.)

# %% [markdown]
# Another way to remember is a **tape**: a plain list, in which each operation writes one line, its value and the places
# and slopes of its inputs. (The idea is that of Wengert 1964.) The course's own `autodiff.scalar` keeps one.

# %%
tape = Tape()
x, y, z = tape.leaf(-2.0), tape.leaf(5.0), tape.leaf(-4.0)
f = (x + y) * z
table(["line", "gate", "value", "inputs: their lines and local gradients"],
      [(line, gate, value, ", ".join(map(str, inputs)))
       for line, (gate, value, *inputs) in enumerate(tape)])

# %% [markdown]
# A line reads: gate, value, then for each input its place and the local gradient. A node on line 4 can use lines 0 to 3
# only. So the tape stands in a good order from the start. Nodes that hang together by their parents have no such list:
# you make one.

# %% [markdown]
# ## Who may pay
#
# Step through this graph. Its gates are $b = 3a$, $c = 2b$, $d = c + 1$, $e = d\,b$ and $L = e + b$. Watch $b$ on the
# way back: it is paid from three places.

# %%
def short_and_long(a):
    b = a * 3
    c = b * 2
    d = c + 1
    e = d * b
    return e + b

graph(short_and_long, a=1.0, names="b c d e L")

# %% [markdown]
# From $L$ to $b$ leads a short path of one step, a longer one by way of $e$, and one of four steps through $e$, $d$ and
# $c$. The node $b$ may pay $a$ only when all three have come in.
#
# <details><summary>Step to the end first. Then: what came in</summary>
#
# At $a = 1$ the three are 1, 7 and 6, together 14, and $a$ receives $14 \cdot 3 = 42$.
#
# </details>
#
# An order in which that goes well is a **topological order**: parents before children, read from its end. Three ways
# of walking a graph, and what each makes of this one:

# %%
def wiring(f, **inputs):
    """For each node of a circuit: its parents, and the local gradient of each edge."""
    record = trace(f, **inputs)
    local = {(step.sender, step.slot): step.local for step in record.steps
             if step.direction == "backward" and step.sender is not None}
    nodes = {node.id: [(parent, local[node.id, slot]) for slot, parent in enumerate(node.parents)
                       if record.nodes[parent].gate != "constant"] for node in record.nodes}
    return nodes, record.output

NODES, ROOT = wiring(short_and_long, a=1.0)
LETTERS = dict(zip([node for node in NODES if NODES[node] or node == 0], "abcdeL", strict=True))

# %%
def level_by_level(nodes, root):
    order = [root]
    for node in order:
        for parent, _ in nodes[node]:
            if parent not in order:
                order.append(parent)
    return order

def when_first_met(nodes, root):
    order = []
    def visit(node):
        if node not in order:
            order.append(node)
            for parent, _ in nodes[node]:
                visit(parent)
    visit(root)
    return order

def when_left(nodes, root):
    order = []
    def visit(node):
        if node not in order:
            for parent, _ in nodes[node]:
                visit(parent)
            order.append(node)
    visit(root)
    return order[::-1]

# %%
def walk_back(order, nodes):
    grads = dict.fromkeys(nodes, 0.0)
    grads[order[0]] = 1.0
    for node in order:
        for parent, local in nodes[node]:
            grads[parent] += grads[node] * local
    return grads

rows = []
for way in (level_by_level, when_first_met, when_left):
    order = way(NODES, ROOT)
    letters = " ".join(LETTERS[node] for node in order)
    rows.append((way.__name__, letters, walk_back(order, NODES)[0]))
table(["way", "order", "gradient of a"], rows)

# %% [markdown]
# Level by level, $b$ has its turn before $c$ and $d$: the short path overtook the long one, and 6 never reached $a$ in
# time. That is a gradient of 24, and nothing looks wrong. Who puts a node into the list when leaving it, after all that
# it is made of, gets 42.
#
# The order "when first met" is right here, by luck. It depends on which parent is visited first. Below, in "Break it",
# the luck runs out.

# %% [markdown]
# The last two functions call themselves, and all three look for nodes in a list. Python allows about a thousand calls inside
# one another. A recurrent network of 5,000 steps needs 5,000. In the assignment you keep a stack of your own.

# %% [markdown]
# ## The walk back
#
# Four things every engine must get right, beside the order:
#
# - **It starts with 1**, not with the value of the root.
# - **What comes in adds up.** `parent.grad = ...` instead of `+=` keeps the last payment only.
# - **Not in place.** + hands one and the same array to both of its parents. If one of them writes its next payment into
#   that array, the other sees it, too.
# - **Nodes are told apart by what they are.** Two nodes that hold 3 are two nodes.

# %%
shared = np.array([1.0, 1.0])
grad_a = shared                 # + hands the same array to a ...
grad_b = shared                 # ... and to b
grad_a += 5                     # a second payment to a, in place
print("b now holds", grad_b)

# %% [markdown]
# ## Twice through one graph
#
# Take $b = a \cdot a$ and $L = b\,a$ at $a = 3$. Then $L = 27$, and the gradient is $3a^2 = 27$, too. Run the backward
# pass **twice** without clearing anything. Gradients of leaves add up, as in PyTorch, so $a$ should hold 54.
#
# An engine that also lets the gradient of $b$ add up finds 3 there, makes 6 of it, and passes on too much: 72. So: inner
# nodes start anew on each pass, leaves don't. (micrograd, the engine of many a tutorial, leaves 72 here.)

# %%
def cube(a):
    b = a * a
    return b * a

def passes(times, inner_start_anew):
    nodes, root = wiring(cube, a=3.0)
    grads = dict.fromkeys(nodes, 0.0)
    for _ in range(times):
        for node in nodes:
            if nodes[node] and inner_start_anew:
                grads[node] = 0.0
        grads[root] = 1.0
        for node in sorted(nodes, reverse=True):
            for parent, local in nodes[node]:
                grads[parent] += grads[node] * local
    return grads[0]

table(["on the second pass inner nodes", "gradient of a"],
      [("start anew", passes(2, True)), ("add up", passes(2, False))])

# %% [markdown]
# ## What it costs
#
# Each local rule is called once: one call, one product and one sum for each **edge**. A walk that follows each path by
# itself is right as well, and hopeless: 18 doublings have 36 edges and 262,144 paths.
# (Goodfellow, Bengio and Courville 2016, section 6.5.3, on which this lesson builds.)
#
# And the forward pass? It computes each node once, too. So the gradient with respect to **all** inputs costs a small
# multiple of the function, however many inputs there are. The next cells count both for a chain of neurons.

# %%
def chain_of_neurons(layers):
    def f(x, w):
        for _ in range(layers):
            x = autodiff.tanh(x * w + x)
        return x
    return f

rows = []
for layers in (1, 4, 16):
    nodes, root = wiring(chain_of_neurons(layers), x=0.5, w=0.3)
    gates = sum(bool(parents) for parents in nodes.values())
    edges = sum(map(len, nodes.values()))
    rows.append((layers, gates, edges))
table(["neurons", "gates forward", "edges back"], rows)

# %% [markdown]
# ## A gradient as a graph
#
# Until here a gradient was a number. But look at what a rule does: it multiplies. If the upstream gradient is a node,
# and the slope is a node, their product is a node. So a backward pass over nodes **builds a graph**: the gradient, made
# of the nodes of the forward pass.
#
# Goodfellow, Bengio and Courville (2016) give it in this form. Algorithm 6.5 sets up the table of gradients, with 1 for
# the root; Algorithm 6.6 adds, for each node, what its children pay, and writes each sum and product into the graph.
# For each node of the old graph there is one new node that holds its gradient.
#
# For $L = b\,a$ with $b = a\,a$ the new graph computes $1 \cdot b + a \cdot a + a \cdot a$. The cell draws it.

# %%
def gradient_of_cube(a):
    b = a * a               # the graph as it was
    db = 1 * a              # L = b a pays b
    da = 1 * b              # and it pays a
    da = da + db * a        # b = a a pays a: one slot,
    return da + db * a      # and the other

graph(gradient_of_cube, a=3.0, names="b db da1 p da2 q da")

# %% [markdown]
# Its value is the gradient. Its own gradient, in red below $a$, is the second derivative, $6a$. You have it because the
# first gradient was a graph.
#
# <details><summary>Step to the end first. Then: both numbers</summary>
#
# The value is 27, and the red number below $a$ is 18.
#
# </details>

# %% [markdown]
# ## A gradient of a gradient
#
# Nothing new is needed: walk back through the graph of the gradient. `autodiff.grad` gives functions that can be
# differentiated again. The plot shows $\tanh$ and its first two derivatives, each found by walking back through the
# one before.

# %%
slope = autodiff.grad(autodiff.tanh)
bend = autodiff.grad(slope)
at = np.linspace(-3, 3, 121)
curves(at, {"tanh": np.tanh(at), "its gradient": [slope(t) for t in at],
            "the gradient of that": [bend(t) for t in at]}, x="x")

# %% [markdown]
# What is it good for? Newton's method divides by it; a penalty on the size of a gradient trains through it; and where
# it is large, a step of gradient descent must be small.
#
# The price: the graph of the gradient is a few times as large as the graph, the next one a few times as large as that.

# %% [markdown]
# ## Forward mode
#
# The same local rules serve another walk, from the leaves up. Give each leaf a **tangent**: how fast it moves. A node
# moves by the sum over its slots, local gradient times the tangent of the parent. No record is needed: values and
# tangents travel together.
#
# At $(-2, 5, -4)$ let $x$ move with 1, and $y$ and $z$ stand still. The sum moves with 1, and $f$ with $-4$. That is one
# entry of the gradient. For the entries of $y$ and $z$ you walk up twice more.

# %%
def moves(value, tangent, kind, *others):
    other_value, other_tangent = others
    if kind == "+":
        return value + other_value, tangent + other_tangent
    return value * other_value, tangent * other_value + value * other_tangent

rows = []
for name, seed in {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}.items():
    q, dq = moves(-2.0, seed[0], "+", 5.0, seed[1])
    f, df = moves(q, dq, "*", -4.0, seed[2])
    rows.append((name, df))
table(["moves with 1", "f moves with"], rows)

# %% [markdown]
# | way | one walk gives | cheap when |
# |---|---|---|
# | forward mode | how all outputs move, for **one** direction of the inputs | there are few inputs |
# | backward mode | the gradient for all inputs, of **one** output | there are few outputs |
#
# A network has millions of inputs (its weights) and one output, the loss. That is why it is trained by backpropagation.
# A curve in space, with one input and three outputs, wants forward mode. (Baydin et al. 2018 survey both.)

# %% [markdown]
# Count it. The circuit below makes $m$ outputs of $n$ inputs; an edge crossed is the unit. The plots show the price
# of **all** derivatives, first for one output and more and more inputs, then for one input and more and more outputs.
# The lines meet where both are one.

# %%
def edges_of(n, m):
    """n inputs go through a gate each and into one sum; m gates make the outputs of it."""
    return n + n + m

def price_forward(n, m):
    return n * edges_of(n, m)           # a walk for each input

def price_backward(n, m):
    return m * edges_of(n, m)           # a walk for each output

n = np.arange(1, 101)
inputs = {"forward mode": price_forward(n, 1), "backward mode": price_backward(n, 1)}
outputs = {"forward mode": price_forward(1, n), "backward mode": price_backward(1, n)}
beside(curves(n, inputs, x="inputs, with one output", y="edges crossed", log="xy"),
       curves(n, outputs, x="outputs, with one input", y="edges crossed", log="xy"))

# %% [markdown]
# With 100 inputs and one output, forward mode crosses 20,100 edges, backward mode 201. With one input and 100 outputs
# it is the other way round: 102 against 10,200. Backward mode has a second price, which edges don't show: it keeps the
# values of the forward pass until the walk back. Lesson 7 is about that.

# %% [markdown]
# ## Break it
#
# Below stand three engines with a mistake. Each is right on the circuit that it is given, by accident. Change the
# circuits until all three are exposed. Any function of `a` with + and * will do, `short_and_long` for one.

# %%
def last_payment_only(order, nodes):
    grads = dict.fromkeys(nodes, 0.0)
    grads[order[0]] = 1.0
    for node in order:
        for parent, local in nodes[node]:
            grads[parent] = grads[node] * local
    return grads

def tell(name, order_of, walk, circuit, a=3.0):
    nodes, root = wiring(circuit, a=a)
    says, truth = walk(order_of(nodes, root), nodes)[0], autodiff.grad(circuit)(a)
    print(f"{name:24} says {says:8.4g}, truth {truth:8.4g}: "
          + ("hidden, here it is right" if np.isclose(says, truth) else "exposed!"))

# %%
tell("the last payment only", when_left, last_payment_only, lambda a: a * 5)       # change me
tell("level by level", level_by_level, walk_back, lambda a: a * a + a)             # change me
tell("when first met", when_first_met, walk_back, short_and_long)                  # change me

# %% [markdown]
# What hid them: without a fork there is only one payment. (On `doubled_twice`, from the start of this lesson, the first
# engine answers 1.) And where all paths to a node are equally long, or end in a leaf, no path overtakes another: a leaf
# pays nobody. For the third, write the last line of `short_and_long` as `return b + e`: then the short path is met
# first.

# %% [markdown]
# ## Your turn
#
# Open [assignment 6](../exercises/06_build_the_engine/06_build_the_engine.ipynb). Its eight parts go with these sections:
#
# | section | exercises |
# |---|---|
# | A node remembers | `Value` |
# | Who may pay | `topological_order` |
# | The walk back | `backward` |
# | Twice through one graph | `zero_grad` |
# | What it costs | `count_edges` |
# | A gradient as a graph | `grad_graph` |
# | A gradient of a gradient | `second_derivative` |
# | Forward mode | `forward_mode` |

# %% [markdown]
# ## Recall
#
# Answer aloud or on paper, then unfold.
#
# <details><summary>When may a node pay its parents, and why not earlier?</summary>
#
# When all that use it have paid it. It passes on its own gradient times the local gradient; if a payment is still
# missing, it passes on too little.
#
# </details>
#
# <details><summary>What makes it possible to differentiate a gradient?</summary>
#
# The backward pass works on nodes instead of numbers. Each product and each sum on the way becomes a node, so the
# gradient is a graph, and can be walked back itself.
#
# </details>
#
# <details><summary>A function has three inputs and a thousand outputs. Which mode do you take for all its derivatives?</summary>
#
# Forward mode: three walks, one for each input. Backward mode would take a thousand.
#
# </details>
#
# Next: [lesson 7](07_store_or_recompute.ipynb) asks what a gradient costs, in time and in memory.
