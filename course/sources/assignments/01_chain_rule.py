# %% [markdown]
# # Assignment 1 · The chain rule
#
# You begin with one slope and end with the gradients of any graph of functions.
# One rule carries all of it: **along a path derivatives multiply, across paths they add**.
#
# - In a circuit, the last argument is the **upstream gradient**, 1 unless you are told otherwise. It has the
#   name of what it belongs to: `df` is the upstream gradient of `f`.
# - Results come in the order of the inputs.
# - `check(f)` tells you at once, in words, what is wrong. `hint(f)` helps on.
# - The graded cells also try edge cases that `check` does not show. Some of them **count** how often your
#   function calls the functions that it is given.
#
# [Lesson 1](../../lessons/01_chain_rule.ipynb) is the companion to this notebook.

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown] exercise numerical_derivative
# ## 1.1 A slope, by two steps
#
# How sensitive is $f$ to its input? Nudge $x$ and look. The **centred difference** steps to both sides:
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# Take f = xy at x = 4 and y = −3. Nudge x to both sides and the slope is −3. Nudge y, and it is 4.
# For x² at x = 1.5 it is 3. For sin at x = 0.7 it is 0.7648.
#
# A good numerical slope can be told by its error: it falls to a quarter when `h` halves. And it is cheap: `f` is
# called exactly twice. `x` may be an integer, or an array on which `f` works element by element.

# %% answer numerical_derivative
def numerical_derivative(f, x, h=1e-5):
    """The slope of f at x, by a centred difference.

    f: a function of one argument, called twice
    x: a number, or an array on which f works element by element
    Returns a number, or an array of the shape of x.
    """
    ### BEGIN SOLUTION
    # What the step to the left gets wrong, the step to the right gets wrong the other way: it cancels.
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION

# %% check numerical_derivative
# %% grade numerical_derivative
# %% [markdown] exercise circuit_backward
# ## 1.2 One gate at a time
#
# The circuit f = (x + y)·z has two gates. Name the value in between: q = x + y, then f = q·z.
#
# At x = −2, y = 5, z = −4 the forward pass gives q = 3 and f = −12.
# The backward pass starts with df/df = 1 and goes gate by gate: dq = −4, then dx = −4, dy = −4 and dz = 3.

# %% answer circuit_backward
def circuit_backward(x, y, z, df=1.0):
    """Gradients of f = (x + y) * z, for numbers.

    df: upstream gradient of f
    Returns dx, dy, dz.
    """
    ### BEGIN SOLUTION
    q = x + y                # forward pass, as far as the backward pass needs it
    dq, dz = df * z, df * q  # f = q * z: the local gradient for one input is the other
    dx, dy = dq, dq          # q = x + y: both local gradients are 1
    return dx, dy, dz
    ### END SOLUTION

# %% check circuit_backward
# %% grade circuit_backward
# %% [markdown] exercise squared_sum_backward
# ## 1.3 Through t
#
# The function z = (x + y)² is a chain of two: z = t² and t = x + y. The chain rule joins them:
#
# $$\frac{\partial z}{\partial x} = \frac{\partial z}{\partial t} \cdot \frac{\partial t}{\partial x} = 2t \cdot 1$$
#
# At x = −2 and y = 5, t is 3, and both gradients are 6.

# %% answer squared_sum_backward
def squared_sum_backward(x, y, dz=1.0):
    """Gradients of z = (x + y)**2, for numbers.

    dz: upstream gradient of z
    Returns dx, dy.
    """
    ### BEGIN SOLUTION
    t = x + y
    dt = dz * 2 * t  # the slope of the square, where the square stands
    return dt, dt
    ### END SOLUTION

# %% check squared_sum_backward
# %% grade squared_sum_backward
# %% [markdown] exercise purchase_backward
# ## 1.4 The shop
#
# Two apples at 100 each, with 10 % tax: total = price · count · tax = 100 · 2 · 1.1 = 220.
# Here `tax` is the **factor** 1.1.
#
# Going back, 1 arrives at the total, 1.1 at the sum before tax, and 2.2 at the price: when an apple costs 1
# more, you pay 2.2 more. One apple more costs 110. And raising the factor `tax` by 0.01 costs 0.01 · 200 = 2.

# %% answer purchase_backward
def purchase_backward(price, count, tax, dtotal=1.0):
    """Gradients of total = price * count * tax, for numbers.

    tax: a factor, such as 1.1 for 10 % of tax, or 0.9 for a discount
    dtotal: upstream gradient of total
    Returns dprice, dcount, dtax.
    """
    ### BEGIN SOLUTION
    goods = price * count
    dgoods, dtax = dtotal * tax, dtotal * goods    # total = goods * tax
    dprice, dcount = dgoods * count, dgoods * price  # goods = price * count
    return dprice, dcount, dtax
    ### END SOLUTION

# %% check purchase_backward
# %% grade purchase_backward
# %% [markdown] exercise basket_backward
# ## 1.5 The basket
#
# Now 2 apples at 100 and 3 oranges at 150, the tax factor again 1.1:
# total = (100 · 2 + 150 · 3) · 1.1 = 650 · 1.1 = 715.
#
# The gradients are 2.2 for the price of an apple, 110 for the number of apples, 3.3 for the price of an orange,
# 165 for the number of oranges, and 650 for the tax. Each gate needs only what it saw itself; what arrives at
# the + is shared by both fruits.

# %% answer basket_backward
def basket_backward(apple, n_apple, orange, n_orange, tax, dtotal=1.0):
    """Gradients of total = (apple * n_apple + orange * n_orange) * tax, for numbers.

    apple, orange: prices; n_apple, n_orange: how many; tax: a factor such as 1.1
    dtotal: upstream gradient of total
    Returns a dict with the gradient for "apple", "n_apple", "orange", "n_orange" and "tax".
    """
    ### BEGIN SOLUTION
    goods = apple * n_apple + orange * n_orange
    dgoods, dtax = dtotal * tax, dtotal * goods
    dapples, doranges = dgoods, dgoods             # add copies
    return {"apple": dapples * n_apple, "n_apple": dapples * apple,
            "orange": doranges * n_orange, "n_orange": doranges * orange, "tax": dtax}
    ### END SOLUTION

# %% check basket_backward
# %% grade basket_backward
# %% [markdown] exercise chain_grad_stored
# ## 1.6 A function of a function: store
#
# Apply the same $f$ again and again: $x = f(w)$, $y = f(x)$, $z = f(y)$. The chain rule says
#
# $$\frac{dz}{dw} = f'(y) \cdot f'(x) \cdot f'(w)$$
#
# Each slope is taken at **the input of its own stage**. For f(t) = t², w = 1.5 and n = 3 the inputs are 1.5, 2.25
# and 5.0625, and the gradient is 3 · 4.5 · 10.125 = 136.6875.
#
# Here you **store**: compute each input once and keep it. `f` is called n − 1 times, `fprime` n times.

# %% answer chain_grad_stored
def chain_grad_stored(f, fprime, w, n):
    """The gradient of f(f(... f(w))), with n times f, from stored inputs.

    f, fprime: a function of one number, and its derivative
    n: how often f is applied, 1 or more
    Returns a number. Calls f n - 1 times and fprime n times.
    """
    ### BEGIN SOLUTION
    inputs = [w]
    for _ in range(n - 1):  # the output of the last stage is never needed
        inputs.append(f(inputs[-1]))
    grad = 1.0
    for t in reversed(inputs):
        grad *= fprime(t)
    return grad
    ### END SOLUTION

# %% check chain_grad_stored
# %% grade chain_grad_stored
# %% [markdown] exercise chain_grad_recomputed
# ## 1.7 The same: recompute
#
# The same gradient can be had without keeping anything from one slope to the next:
#
# $$\frac{dz}{dw} = f'(f(f(w))) \cdot f'(f(w)) \cdot f'(w)$$
#
# Each input is computed anew from `w`, when it is needed. That takes no memory, but more calls: for n = 3 it is
# 2 + 1 + 0 = 3 calls of `f`, in general $n(n-1)/2$. Storing takes time n and memory n; recomputing takes time n².

# %% answer chain_grad_recomputed
def chain_grad_recomputed(f, fprime, w, n):
    """The gradient of f(f(... f(w))), with n times f, each input computed anew from w.

    f, fprime: a function of one number, and its derivative
    n: how often f is applied, 1 or more
    Returns a number. Calls f n * (n - 1) / 2 times and fprime n times.
    """
    ### BEGIN SOLUTION
    grad = 1.0
    for k in range(n):
        t = w
        for _ in range(k):  # stage k sees w after k applications of f
            t = f(t)
        grad *= fprime(t)
    return grad
    ### END SOLUTION

# %% check chain_grad_recomputed
# %% grade chain_grad_recomputed
# %% [markdown]
# ## Any graph
#
# So far you knew the circuit when you wrote its backward pass. Now you write one that works for **every** circuit.
#
# A graph is a list in **topological order**: every node comes after all that it depends on.
#
# - An input is `None`. Inputs may stand anywhere in the list.
# - A node is `(f, partials, parents)`. `parents` are the indices of its arguments; an index may occur twice.
#   `f(*values)` is its value, where `values` are the parents' values. `partials` holds one function for each
#   argument, that is, for each **edge**: called on the same values, it gives the local gradient.
# - The output is the last node.
#
# The next cell holds two graphs to try things on: (x + y)·z, and e = (a + b)·(b + 1).

# %% setup graphs
def add(a, b):
    return a + b

def mul(a, b):
    return a * b

def plus_one(a):
    return a + 1.0

def one(*values):     # the local gradient of a sum, for each argument
    return 1.0

def first(a, b):
    return a

def second(a, b):
    return b

#             x     y     z     q = x + y                 f = q * z
circuit    = [None, None, None, (add, (one, one), (0, 1)), (mul, (second, first), (3, 2))]

#             a     b     c = a + b                  d = b + 1                e = c * d
two_paths  = [None, None, (add, (one, one), (0, 1)), (plus_one, (one,), (1,)),
              (mul, (second, first), (2, 3))]

# %% [markdown] exercise grad_table
# ## 1.8 The table of gradients
#
# Given the graph and the list `u` of all values, fill a table: `{i: gradient of the output for value i}`, for
# **every** index i, inputs and nodes alike.
#
# Start at the output, whose gradient is 1, and go through the list from its end. When you come to a node, its
# gradient is complete, since all that use it come later in the list. Then it pays its parents: each **edge** carries
# *gradient of the node × local gradient*. What arrives on several edges adds up.
#
# For (x + y)·z at (−2, 5, −4) the table is −4, −4, 3, −4, 1. For (a + b)·(b + 1) at a = 2, b = 1 it is
# 2, 5, 2, 3, 1.
#
# **Each local gradient is called exactly once.** A chain of 18 doublings a + a has 36 edges, but 262,144 paths from
# its input to its output. If you walk the paths, you will not come to an end.

# %% answer grad_table
def grad_table(graph, u):
    """The gradient of the last value of a graph for every value (algorithm 6.2).

    graph: a list of None (inputs) and (f, partials, parents), in topological order
    u: the list of all values, as the forward pass left them
    Returns a dict from each index to a number. Calls each local gradient once.
    """
    ### BEGIN SOLUTION
    grads = {i: 0.0 for i in range(len(graph))}
    grads[len(graph) - 1] = 1.0
    for i in reversed(range(len(graph))):  # every child comes before its parents
        if graph[i] is None:
            continue
        _, partials, parents = graph[i]
        values = [u[p] for p in parents]
        for partial, p in zip(partials, parents, strict=True):
            grads[p] += grads[i] * partial(*values)
    return grads
    ### END SOLUTION

# %% check grad_table
# %% grade grad_table
# %% [markdown] exercise evaluate_graph
# ## 1.9 The forward pass
#
# Where does `u` come from? Go through the list once, from the front: an input takes the next of the given `inputs`, a
# node calls its `f` on the values of its parents. They are there already: that is what topological order means.
#
# For (x + y)·z with inputs −2, 5, −4 the values are −2, 5, −4, 3, −12. For (a + b)·(b + 1) with 2, 1 they are 2, 1,
# 3, 2, 6. **Each node is computed once.**

# %% answer evaluate_graph
def evaluate_graph(graph, inputs):
    """All values of a graph (algorithm 6.1).

    graph: a list of None (inputs) and (f, partials, parents), in topological order
    inputs: the inputs' values, in the order in which the inputs stand in the graph
    Returns a list with one value for each entry of the graph. Calls each node's f once.
    """
    ### BEGIN SOLUTION
    given = iter(inputs)
    u = []
    for entry in graph:
        if entry is None:
            u.append(next(given))
        else:
            f, _, parents = entry
            u.append(f(*[u[p] for p in parents]))
    return u
    ### END SOLUTION

# %% check evaluate_graph
# %% grade evaluate_graph
# %% [markdown] exercise sum_over_paths
# ## 1.10 What it all means: a sum over paths
#
# The gradient for value j is a sum over all paths from j to the output. Each path contributes the **product** of
# the local gradients on its edges.
#
# In e = (a + b)·(b + 1) at a = 2, b = 1, two paths lead from b to e: through a + b it is 1 · 2 = 2, and through
# b + 1 it is 1 · 3 = 3. The sum is 5. From a there is one path, and the gradient is 2.
#
# Now three edges from x to y, with slopes 2, 3 and 5, and three from y to z, with 7, 11 and 13: these are 9 paths.
# Their sum is 14 + 22 + 26 + 21 + 33 + 39 + 35 + 55 + 65 = 310. But it is also (2 + 3 + 5) · (7 + 11 + 13) = 10 · 31:
# add up at y first, and one product does in place of nine. That is all that backpropagation does: it adds up early.
#
# Here you do walk every path. The output itself has one path to the output, the empty one: it contributes 1.

# %% answer sum_over_paths
def sum_over_paths(graph, u, j):
    """The gradient of the last value for value j: local gradients multiplied, over all paths added.

    graph: a list of None (inputs) and (f, partials, parents), in topological order
    u: the list of all values; j: an index
    Returns a number.
    """
    ### BEGIN SOLUTION
    if j == len(graph) - 1:
        return 1.0
    total = 0.0
    for i in range(j + 1, len(graph)):
        if graph[i] is None:
            continue
        _, partials, parents = graph[i]
        for partial, p in zip(partials, parents, strict=True):
            if p == j:  # one edge from j to i, and then all paths from i
                total += partial(*[u[q] for q in parents]) * sum_over_paths(graph, u, i)
    return total
    ### END SOLUTION

# %% check sum_over_paths
# %% grade sum_over_paths
# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
