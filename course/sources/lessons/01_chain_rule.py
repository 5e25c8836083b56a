# %% [markdown]
# # Lesson 1 · The chain rule
#
# After this lesson you can
#
# - find the gradient of a circuit one gate at a time, and say what each number in it means;
# - choose between storing values and computing them again;
# - explain why one backward pass over any graph costs as much as it has edges, not paths.

# %% [markdown]
# ## Why stages
#
# Take $f(t) = t \sin t$ and apply it to its own result, again and again. By the rules of school you could write the
# derivative of the whole as one formula.

# %%
from math import cos, sin

import numpy as np

import autodiff
from autodiff.trace import trace
from course import fold, graph, practice, predict
from course.figures import beside, curves, table

# %% [markdown]
# The next cell does it for you.

# %%
def written_out(stages):
    """The derivative of f(f(…f(x))) for f(t) = t·sin(t), as one formula."""
    value, slope = "x", "1"
    for _ in range(stages):
        slope = f"(sin({value}) + {value}*cos({value}))*{slope}"
        value = f"({value}*sin({value}))"
    return slope

for stages in (1, 2, 3):
    print(written_out(stages), "\n")

# %% [markdown]
# Now the same in **stages**. Keep one value and one slope, and bring both up to date at each stage. Two short lines
# do, however many stages there are.

# %%
def in_stages(x, stages):
    value, slope = x, 1.0
    for _ in range(stages):
        slope = (sin(value) + value * cos(value)) * slope
        value = value * sin(value)
    return slope

x = 2.0
table(["three stages", "slope at 2"],
      [("written out", eval(written_out(3))), ("in stages", in_stages(x, 3))], digits=12)

# %% [markdown]
# The plot counts the characters of the formula. Each further stage about doubles it: with 10 stages it fills more
# than ten pages. Note the axis: each number on it is ten times the one before.

# %%
stages = np.arange(1, 11)
one_line = len("slope = (sin(value) + value * cos(value)) * slope")
curves(stages, {"one line per stage, always the same": one_line,
                "written out": [len(written_out(n)) for n in stages]},
       x="stages", y="characters in the formula", log="y")

# %% [markdown]
# ## Predict first
#
# Here is the first circuit: $f = (x + y)\,z$ at $x = -2$, $y = 5$, $z = -4$. Its value is $3 \cdot (-4) = -12$.
#
# How fast does $f$ move when $x$ moves? Type the slope in place of the dots. Mind the sign.

# %%
def circuit(x, y, z):
    return (x + y) * z

guess = ...
predict(guess, "how fast f moves with x")

# %% [markdown]
# ## How sensitive is f?
#
# A derivative tells how sensitive a result is to an input. Take $f = xy$ at $x = 4$, $y = -3$, where $f = -12$.
#
# Raise $x$ by a little $h$, and $f$ changes by $-3h$: the slope with respect to $x$ is −3. Raise $y$ by $h$, and $f$
# changes by $4h$: the slope with respect to $y$ is 4. Each slope is taken while the other input stands still; that
# is what $\partial$ says. Together, $(-3, 4)$ is the **gradient**. (Example: Karpathy 2015, CS231n notes, "Simple
# expressions and interpretation of the gradient".)

# %%
def f(x, y):
    return x * y

h = 0.001
table(["nudge", "f moves, per unit"], [("x", (f(4 + h, -3) - f(4, -3)) / h),
                                       ("y", (f(4, -3 + h) - f(4, -3)) / h)])

# %% [markdown]
# That measures a slope with one step to the right. For curved functions it is better to step to **both** sides:
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# This is the **centred difference**. The plot compares both on $\sin$ at 0.7. When $h$ halves, the error of the one
# step halves, too. The error of the centred difference falls to a quarter.

# %%
steps = 0.2 / 2 ** np.arange(8)
one_sided = [abs((sin(0.7 + h) - sin(0.7)) / h - cos(0.7)) for h in steps]
centred = [abs((sin(0.7 + h) - sin(0.7 - h)) / (2 * h) - cos(0.7)) for h in steps]

curves(steps, {"centred": centred, "one step to the right": one_sided},
       x="step h", y="error of the slope", log="xy")

# %% [markdown]
# So why not measure all slopes like this? Because every input needs two more runs of the whole function. A network
# with a million parameters would run two million times for one step of learning. The backward pass finds all slopes
# at once, at the price of a few runs. Measured slopes remain the best way to **check** it.

# %% [markdown]
# ## One gate at a time
#
# Back to $f = (x + y)\,z$. Give the sum a name: $q = x + y$, then $f = qz$. Both gates have slopes that you know:
#
# $$\frac{\partial f}{\partial q} = z = -4, \qquad \frac{\partial f}{\partial z} = q = 3$$
#
# $$\frac{\partial q}{\partial x} = 1, \qquad \frac{\partial q}{\partial y} = 1$$
#
# Step through the graph, forward and back.

# %%
graph(circuit, x=-2, y=5, z=-4, names="q f")

# %% [markdown]
# <details class="bp-after how-fast-f-moves-with-x"><summary>Step to the end first. Then: what each gate did</summary>
#
# **The start.** The backward pass begins with $\partial f/\partial f = 1$. Raise $f$ by 1, and $f$ rises by 1. It is
# not the value of $f$ that flows back.
#
# **The gate ×.** It sends $-4$ to $q$, and 3 to $z$.
#
# **The gate +.** If $x$ rises by 1, then $q$ rises by 1. If $q$ rises by 1, then $f$ moves by $-4$. So $x$ moves $f$ by
#
# $$\frac{\partial f}{\partial x} = \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial x}
#   = -4 \cdot 1 = -4$$
#
# and the same for $y$. The gradient is $(-4, -4, 3)$.
#
# </details>
#
# That is the **chain rule**: along a path, slopes multiply.
# (Example: Karpathy 2015, "Compound expressions with chain rule".)

# %% [markdown]
# Believe nothing that you can check. A nudge of 0.1 in $x$ should move $f$ by 0.1 times the gradient of $x$.

# %%
fold("How far f moves", after="how fast f moves with x")
print(f"{circuit(-2, 5, -4):.2f} → {circuit(-1.9, 5, -4):.2f}")

# %% [markdown]
# **Practice.** A new circuit each time you run the cell. Should a max come by: nudge an input and see whether $f$ moves.

# %%
practice(level=1)

# %% [markdown]
# ## Through t
#
# Another chain of two: $z = (x + y)^2$ is $z = t^2$ with $t = x + y$. At $x = -2$, $y = 5$:
#
# $$\frac{\partial z}{\partial x} = \frac{\partial z}{\partial t} \cdot \frac{\partial t}{\partial x}
#   = 2t \cdot 1 = 2 \cdot 3 = 6$$
#
# Mind **where** the outer slope is taken: at $t = 3$, the value that the square saw. Whoever takes it at $x$ gets
# $2x = -4$.

# %%
graph(lambda x, y: (x + y) ** 2, x=-2, y=5, names="t z")

# %% [markdown]
# **Practice.** Chains of two and three gates. Take each slope at the value that its own gate saw.

# %%
practice("chains")

# %% [markdown]
# ## The shop
#
# You buy 2 apples at 100 each, and 10 % tax is added: $100 \cdot 2 \cdot 1.1 = 220$. If the price of an apple rises
# by 1, how much more do you pay? (Example: Saitoh 2016, chapter 5.)

# %%
graph(lambda price: price * 2 * 1.1, price=100, names="goods total")

# %% [markdown]
# <details><summary>Step to the end first. Then: how much more</summary>
#
# Forward, 100 becomes 200 and then 220. Back, 1 becomes 1.1 and then 2.2. So you pay 2.2 more.
#
# </details>
#
# There the 2 and the 1.1 are part of the gates. You can also draw them as inputs. Then they receive gradients of their
# own.

# %%
graph(lambda price, count, tax: price * count * tax,
      price=100, count=2, tax=1.1, names="goods total")

# %% [markdown]
# <details><summary>Step to the end first. Then: what each gradient says</summary>
#
# | input | gradient | what it says |
# |---|---|---|
# | price | 2.2 | an apple that costs 1 more costs you 2.2 more |
# | count | 110 | one apple more costs you 110 |
# | tax | 200 | if the factor 1.1 rises by 0.01, you pay $200 \cdot 0.01 = 2$ more |
#
# </details>
#
# The gradients can't be compared as they stand: each is per unit of its own input.

# %% [markdown]
# Now add 3 oranges at 150 to the basket: $(100 \cdot 2 + 150 \cdot 3) \cdot 1.1$, which is $650 \cdot 1.1 = 715$.

# %%
def basket(apple, n_apple, orange, n_orange, tax):
    return (apple * n_apple + orange * n_orange) * tax

graph(basket, apple=100, n_apple=2, orange=150, n_orange=3, tax=1.1,
      names="apples oranges goods total")

# %% [markdown]
# <details><summary>Step to the end first. Then: the gradients</summary>
#
# They are 2.2 and 110 for the apples, 3.3 and 165 for the oranges, 650 for the tax.
#
# </details>
#
# Two things to see:
#
# - **All is local.** The gate + knows nothing of taxes, and the gate for apples knows nothing of oranges. Each needs
#   its own inputs and what comes back to it.
# - **Results are shared.** The tax gate sends one number back, once. Both fruits use it, and nobody computes it again.

# %% [markdown]
# A computer can't hold 1.1 exactly, so its 220 is not quite 220. That is why this course shows only the first few
# digits, and compares with a tolerance.

# %%
print(100 * 2 * 1.1)

# %% [markdown]
# ## Store or recompute
#
# Apply one function three times: $x = f(w)$, $y = f(x)$, $z = f(y)$. The chain rule gives
#
# $$\frac{dz}{dw} = f'(y)\, f'(x)\, f'(w)$$
#
# $$\frac{dz}{dw} = f'(f(f(w)))\; f'(f(w))\; f'(w)$$
#
# Both forms say the same, and yet they are two programs. The first **stores** $x$ and $y$ on the way forward. The
# second keeps nothing, and **computes** them **again** when it needs them. (Goodfellow, Bengio and Courville 2016,
# section 6.5.3.)

# %% [markdown]
# Take $f(t) = t^2$, with slope $2t$, at $w = 1.5$. The stages see 1.5, 2.25 and 5.0625. Their slopes are 3, 4.5 and
# 10.125, and the product is 136.6875.
#
# Each slope is taken at the input of **its own** stage. Three times the slope at $w$ would be $3^3 = 27$, which is
# wrong.

# %%
graph(lambda w: ((w**2) ** 2) ** 2, w=1.5, names="x y z")

# %% [markdown]
# What does each program cost for $n$ stages? The last output is not needed, so storing takes $n - 1$ calls of $f$,
# and memory for $n$ inputs. Computing again takes $0 + 1 + 2 + \dots = n(n-1)/2$ calls, and no memory that grows.
#
# The plot shows both prices. At 100 stages it is 99 calls against 4950.

# %%
n = np.arange(1, 101)
calls = {"store": n - 1, "compute again": n * (n - 1) / 2}
held = {"store": n, "compute again": np.minimum(n, 3)}
beside(curves(n, calls, x="stages n", y="calls of f"),
       curves(n, held, x="stages n", y="values held"))

# %% [markdown]
# Backpropagation stores. When memory runs out, computing again is not a waste but a way out. Between the two there is
# a whole range: see *checkpointing*, later in the course.

# %% [markdown]
# ## Any graph
#
# Now for every graph at once. Number the values $u_1, u_2, \dots, u_n$ so that each comes after all that it depends on.
# That is a **topological order**. The values that $u_i$ is computed from are its **parents**: for $u_3 = u_1 u_2$ they are
# $u_1$ and $u_2$. The inputs have none; the last value is the result.
#
# **Forward** (Algorithm 6.1 in Goodfellow, Bengio and Courville 2016): go through the list once, and compute each
# value from those before it.
#
# **Backward** (Algorithm 6.2): give the result the gradient 1, and go through the list from its end. Each node pays
# its parents: its own gradient times the local gradient of the edge. What arrives on several edges adds up:
#
# $$\frac{\partial u_n}{\partial u_j} = \sum_{i \,:\, j \in \text{parents}(i)}
#   \frac{\partial u_n}{\partial u_i}\, \frac{\partial u_i}{\partial u_j}$$

# %% [markdown]
# Take $e = (a + b)(b + 1)$ at $a = 2$, $b = 1$, so $c = a + b = 3$, $d = b + 1 = 2$, $e = 6$. The input $b$ forks: it
# goes into two gates. (Example: Olah 2015, "Calculus on Computational Graphs: Backpropagation".)

# %%
def fork(a, b):
    return (a + b) * (b + 1)

graph(fork, a=2, b=1, names="c d e")

# %% [markdown]
# The next cell lists the backward pass, payment by payment. Look at $b$: it is paid twice, and the payments add up.

# %%
passes = trace(fork, a=2.0, b=1.0)
gates = [node.id for node in passes.nodes if node.gate != "constant"]
label = dict(zip(gates, "abcde", strict=True))
paid = [step for step in passes.steps if step.direction == "backward" and step.sender is not None]
table(["from", "to", "local", "× upstream", "= pays", "had", "has now"],
      [(label[step.sender], label[step.receiver], step.local, step.upstream, step.contribution,
        step.before, step.after) for step in paid])

# %% [markdown]
# Why from the end? A node may pay only when its own gradient is **complete**. All who pay it stand after it in the
# list. So, when its turn comes, they have paid.

# %% [markdown]
# **Practice.** Circuits in which one input is used twice. What comes back along both ways adds up.

# %%
practice("forks")

# %% [markdown]
# ## Paths and edges
#
# There is another way to see the 5. Two paths lead from $b$ to $e$: through $c$ the slopes are 1 and 2, through $d$
# they are 1 and 3. **Along a path they multiply, across paths they add**: $1 \cdot 2 + 1 \cdot 3 = 5$. From $a$ there
# is one path, and the gradient is 2.
#
# A rule that says only "multiply" is right where a single path leads to the result. At a fork it forgets to add.

# %% [markdown]
# Adding also saves work, when it is done early. Let three edges with slopes $\alpha, \beta, \gamma$ lead from $x$
# to $y$, and three with $\delta, \varepsilon, \zeta$ from $y$ to $z$. There are nine paths, so nine products to
# add. But
#
# $$\alpha\delta + \dots + \gamma\zeta = (\alpha + \beta + \gamma)(\delta + \varepsilon + \zeta)$$
#
# Add up at $y$ first, and one product is left. (After Olah 2015.)

# %% [markdown]
# With more stages the difference is enormous. Let each value be the double of the one before, computed as
# $u + u$. Each stage has 2 edges. And each stage doubles the number of paths.
#
# The plot counts both. With 18 stages there are 36 edges and 262,144 paths. Algorithm 6.2 pays once along each
# **edge**: its cost grows with the edges, since it adds up before it goes on.

# %%
stages = np.arange(1, 19)
curves(stages, {"edges": 2 * stages, "paths": 2.0**stages}, x="doublings", y="how many", log="y")

# %% [markdown]
# ## Break it
#
# Three wrong gradients. Each is right on the input below, by accident. Change the inputs until all three are exposed.

# %%
def tell(name, says, truth):
    verdict = "hidden, here it is right" if np.allclose(says, truth) else "exposed!"
    print(f"{name:32} says {says:9.4f}, truth {truth:9.4f}: {verdict}")

# %%
w = 1.0                                 # change me
tell("every slope taken at w", (2 * w) ** 3, autodiff.grad(lambda w: ((w**2) ** 2) ** 2)(w))

x, y = -2.0, 0.0                        # change us
tell("(x + y)², slope taken at x", 2 * x, autodiff.grad(lambda x, y: (x + y) ** 2)(x, y))

a, b = 2.0, -1.0                        # change us
tell("(a + b)(b + 1), last path to b", a + b, autodiff.grad(fork, wrt=1)(a, b))

# %% [markdown]
# <details><summary>Expose all three first. Then: what hid them</summary>
#
# At $w = 1$ all stages see the same number. At $y = 0$ the inner value is $x$ itself. And at $b = -1$ the path that was
# forgotten has slope 0.
#
# </details>

# %% [markdown]
# ## Your turn
#
# Open [assignment 1](../exercises/01_chain_rule/01_chain_rule.ipynb). Its ten functions go with these sections:
#
# | section | exercises |
# |---|---|
# | How sensitive is f? | `numerical_derivative` |
# | One gate at a time | `circuit_backward` |
# | Through t | `squared_sum_backward` |
# | The shop | `purchase_backward`, `basket_backward` |
# | Store or recompute | `chain_grad_stored`, `chain_grad_recomputed` |
# | Any graph | `grad_table`, `evaluate_graph` |
# | Paths and edges | `sum_over_paths` |

# %% [markdown]
# ## Recall
#
# Answer aloud or on paper, then unfold.
#
# <details><summary>Why does the backward pass start with 1, and not with the value of f?</summary>
#
# It starts with $\partial f/\partial f$: how fast $f$ moves when $f$ moves. That is 1, whatever $f$ is.
#
# </details>
#
# <details><summary>When do slopes multiply, and when do they add?</summary>
#
# Along a path they multiply. Where several paths meet, the products add.
#
# </details>
#
# <details><summary>Why does a node wait until all that use it have paid?</summary>
#
# It passes on its own gradient times the local gradient. If a contribution is still missing, it passes on too little.
# The topological order, from its end, makes sure that none is missing.
#
# </details>
#
# Next: [lesson 2](02_gate_patterns.ipynb) shows what each kind of gate does to a gradient.
