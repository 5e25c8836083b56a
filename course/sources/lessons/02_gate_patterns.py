# %% [markdown]
# # Lesson 2 · Gate patterns
#
# After this lesson you can
#
# - read a backward pass off a graph, without a formula: add copies, mul swaps, max routes, forks add;
# - write the backward function of a gate, and of a circuit in stages;
# - choose an input on which a wrong gate shows.

# %% [markdown]
# ## Why patterns
#
# A large network has millions of gates, but only a few kinds of them. If you know what each kind does to a
# gradient, you can look at a circuit and say where the gradient goes, where it grows and where it stops.
#
# You also know where to look when something is wrong.

# %%
import numpy as np
from ipywidgets import FloatSlider, interact

import autodiff
from autodiff.trace import trace
from course import graph, practice, predict
from course.figures import beside, curves, steps, table
from course.style import RED

# %% [markdown]
# ## Predict first
#
# The circuit of this lesson is
#
# $$f = 2\,(xy + \max(z, w))$$
#
# Take $x = 3$, $y = -4$, $z = 2$, $w = -1$. Its value is $2\,(-12 + 2) = -20$. Which gradient does $w$ receive? Think
# of a nudge: move $w$ a little, and watch $f$. Type your number in place of the dots.

# %%
def circuit(x, y, z, w):
    return 2 * (x * y + autodiff.maximum(z, w))

guess = ...
predict(guess, "what w receives")

# %% [markdown]
# ## Three patterns in one circuit
#
# Step through the graph. Values are green and stand above the edges; gradients are red, underlined, and stand
# below. First everything flows forward. Then the backward pass starts at the end, with
# $\partial f/\partial f = 1$, and goes back gate by gate.

# %%
graph(circuit, x=3, y=-4, z=2, w=-1, names="p m s f")

# %% [markdown]
# <details class="bp-after what-w-receives"><summary>Step to the end first. Then: what each gate did</summary>
#
# The gate × 2 makes a gradient of 2.00 out of the 1.00. From there:
#
# | gate | what it does to the gradient | here |
# |---|---|---|
# | + | **copies** it to all its inputs | 2.00 goes to $p$ and 2.00 to $m$ |
# | max | **routes** it to the larger input | 2.00 goes to $z$ and 0.00 to $w$ |
# | × | **swaps** the inputs and scales | $x$ receives $-4 \cdot 2.00 = -8.00$, $y$ receives $3 \cdot 2.00 = 6.00$ |
#
# So the gradients of $x, y, z, w$ are −8.00, 6.00, 2.00 and 0.00.
#
# </details>
#
# The circuit is an example of Karpathy 2015 (CS231n notes, "Patterns in backward flow").

# %% [markdown]
# ## Local × upstream
#
# Every gate follows one rule. The gate knows how its output moves when one input moves: that is the **local
# gradient**. From its output's side it hears how the final result moves when its output moves: the **upstream gradient**,
# `dout` in code. What it sends back is the product:
#
# $$\texttt{dx} = \text{local gradient} \times \texttt{dout}$$
#
# The gate needs to know nothing else of the circuit.

# %% [markdown]
# For some gates you know the local gradient by heart. For the others you can measure it: nudge the input both
# ways, and see how far the output moves.

# %%
def measure(gate, x, h=1e-5):
    """The local gradient of a gate with one input, by a centred difference."""
    return (gate(x + h) - gate(x - h)) / (2 * h)

gates = [("1/x", lambda x: 1 / x, 1 + np.exp(-1)), ("exp", np.exp, -1.0), ("log", np.log, 3.0)]
table(["gate", "at", "value", "local gradient"],
      [(name, x, gate(x), measure(gate, x)) for name, gate, x in gates])

# %% [markdown]
# | gate | local gradient | in the measurement above |
# |---|---|---|
# | $1/x$ | $-1/x^2$ | −0.5344 at 1.3679 |
# | $e^x$ | $e^x$, its own output | 0.3679 at −1 |
# | $\log x$ | $1/x$ | 0.3333 at 3 |
#
# The gate $x/y$ has two inputs, so it has two local gradients. Measure each while the other input stands still.

# %% [markdown]
# Now a chain: $1/(1 + e^t)$ at $t = -1$. Its gates are exp, + 1 and 1/x, and the table has what each multiplies by.
# What comes back to $t$?

# %%
graph(lambda t: 1 / (1 + autodiff.exp(t)), t=-1.0)

# %% [markdown]
# <details><summary>Step to the end first. Then: how it came there</summary>
#
# The backward pass starts with 1. The gate 1/x multiplies by its local gradient and sends back −0.5344. The gate + 1
# passes that on. The gate exp multiplies by its own output: $-0.5344 \cdot 0.3679 = -0.1966$.
#
# </details>

# %% [markdown]
# A test for any gate you write: **what comes back is proportional to `dout`**. Twice the upstream gradient, twice
# the result. With an upstream gradient of 0, nothing may come back at all. A function that forgets to multiply
# by `dout` fails at once.

# %% [markdown]
# **Practice.** Fill in the local gradients, too: the dashed boxes.

# %%
practice(level=2, ask="locals gradients")

# %% [markdown]
# ## Add copies
#
# If $x$ grows by 0.1, then $x + y$ grows by 0.1, whatever $x$ and $y$ are. Both local gradients are 1. So an add
# gate hands the upstream gradient to each input as it came: 2.00 in, 2.00 and 2.00 out.
#
# It does not share it out. Each input alone moves the sum by its full step.
#
# A subtraction $x - y$ copies, too, but $y$ moves the result the other way.

# %%
def nudged(f, x, y, step=0.1):
    """How far f moves per unit of x, and per unit of y."""
    return (f(x + step, y) - f(x, y)) / step, (f(x, y + step) - f(x, y)) / step

functions = [("2(x + y)", lambda x, y: 2 * (x + y)), ("2(x − y)", lambda x, y: 2 * (x - y))]
table(["f", "x", "y", "per unit of x", "per unit of y"],
      [(name, x, y, *np.round(nudged(f, x, y), 6))
       for name, f in functions for x, y in [(3.0, -4.0), (500.0, 0.01)]])

# %% [markdown]
# ## Mul swaps
#
# If $x$ grows by 1, then $xy$ grows by $y$. So the local gradient for $x$ is **the other input**, $y$, and the
# local gradient for $y$ is $x$. In the circuit, $x$ receives $-4 \cdot 2.00 = -8.00$ and $y$ receives
# $3 \cdot 2.00 = 6.00$.
#
# This has an odd effect. The small input gets the large gradient, and the large input the small one.

# %%
rows = []
for scale in (1, 10, 1000):
    weight, data = autodiff.Tensor(0.5), autodiff.Tensor(3.0 * scale)
    (weight * data).backward()
    rows.append((data.item(), weight.grad, data.grad))
table(["data", "gradient of the weight", "gradient of the data"], rows)

# %% [markdown]
# In a linear model a weight is multiplied by the data. Multiply all data by 1000, and the gradient of the weight
# is 1000 times as large. Training takes steps downhill, by **gradient descent**: against the gradient, and as long as
# the gradient times a **step size**. A step size that was right is now far too long. That is one reason why data are
# brought to a common scale before training (Karpathy 2015).

# %% [markdown]
# The plot shows this on the smallest model there is: one weight $w$, one number $x$, and a target 1 for $wx$.
# Each line is one run of ten steps downhill on $(wx - 1)^2$, all with step size 0.1. With data 1 the error
# shrinks. At 3 it jumps from side to side while it shrinks. At 3.4 it grows with every step and leaves the
# picture.

# %%
def errors(data, step_size=0.1, steps=10):
    """How far w·x is from 1, after each step of gradient descent on (w·x - 1)²."""
    w, found = 0.0, []
    for _ in range(steps + 1):
        error = w * data - 1
        found.append(error)
        w -= step_size * 2 * error * data          # mul swaps: dw holds the data
    return found

def plot_errors(*scales):
    return curves(range(11), {f"data = {data:g}": errors(data) for data in scales},
                  levels={"": 0}, x="step", y="error, wx − 1", ylim=(-3, 3))

plot_errors(1, 3, 3.4)

# %% [markdown]
# Move the slider to find the largest data for which the error still shrinks. (Without a running kernel you see
# the plot above only.)

# %%
@interact(data=FloatSlider(2.0, min=0.5, max=4.0, step=0.1, description="data"))
def show(data):
    return plot_errors(data)

# %% [markdown]
# ## Max routes
#
# Only the larger input moves the maximum. So the winner receives the whole upstream gradient, unscaled, and the
# loser receives 0. In the circuit $z = 2$ beats $w = -1$: $z$ receives 2.00 and $w$ receives 0.00.
#
# The plot shows $\max(z, w)$ for $w = -1$ while $z$ moves. Left of −1 the value stays flat, and the gradient with
# respect to $z$ is 0. Right of −1 the value rises with $z$, and the gradient is 1. At −1 itself there is a
# corner, and the gradient is a half.

# %%
z = np.arange(-30, 21) / 10
value = np.maximum(z, -1.0)
dz = [autodiff.grad(autodiff.maximum)(number, -1.0) for number in z]

beside(curves(z, {"max(z, −1)": value}, x="z", y="max(z, −1)"),
       curves([], {}, measured={"gradient of z": (z, dz)}, places={"the tie": -1}, colours=[RED],
              x="z", y="gradient of z"))

# %% [markdown]
# **A convention.** Where both inputs are equal there is no winner, and calculus gives no answer: nudge $z$ up
# and the maximum moves, nudge it down and it does not. This course shares the gradient equally, half to each, as
# PyTorch does. Whatever you choose, the two shares must add up to `dout`.
#
# **A caution.** A gradient speaks of small nudges only. $w = -1$ receives 0, and yet $w = 3$ would change $f$.

# %%
table(["w", "circuit", ""], [(-1.0, circuit(3, -4, 2, -1.0), ""),
                             (-0.9, circuit(3, -4, 2, -0.9), "a small nudge: nothing moves"),
                             (3.0, circuit(3, -4, 2, 3.0), "a large one: w wins now")])

# %% [markdown]
# **Practice.** All three patterns, with an upstream gradient.

# %%
practice("patterns")

# %% [markdown]
# ## Forks add
#
# Often a variable is used more than once. In the graph it **forks**: several edges leave it. Take
#
# $$f(x) = \sigma(x) + x, \qquad \sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# If $x$ moves, it moves $f$ along both paths at once, and the effects add up. So the gradient is the **sum** of
# what comes back on each path. The sigmoid's local gradient is $\sigma(x)(1 - \sigma(x))$, which is 0.25 at 0.

# %%
graph(lambda x: autodiff.sigmoid(x) + x, x=0.0)

# %% [markdown]
# In code, begin with 0 and **accumulate** with `+=`. A plain `=` keeps the last path and loses the others. Nothing
# warns you: you get a number, and it is wrong.

# %%
x = 0.0
s = 1 / (1 + np.exp(-x))            # forward pass: two uses of x
f = s + x

dx = 0.0                            # backward pass
dx += 1.0                           # path 1, straight into the add gate
dx += (1 - s) * s * 1.0             # path 2, through the sigmoid
print("both paths ", dx)

dx = 1.0
dx = (1 - s) * s * 1.0              # = instead of +=
print("last path  ", dx)

# %% [markdown]
# The two paths may even end in the same gate. In $x \cdot x$ the mul gate has two inputs which happen to be one
# variable. Each pays its share: at $x = 3$ that is $3 + 3 = 6$, which is $2x$.

# %%
graph(lambda x: x * x, x=3.0)

# %% [markdown]
# **Practice.** Forks again, now with one way longer than the other. Which of the two comes back first?

# %%
practice("long and short")

# %% [markdown]
# ## Keep what you will need
#
# On its way back a gate often needs what it saw on its way forward. So the forward pass keeps it, in a **cache**.
#
# | gate | keeps | because the local gradient is |
# |---|---|---|
# | add | nothing | 1 |
# | mul | both inputs | the other input |
# | max | who won | 1 or 0 |
# | exp | its output | the output |
#
# A value that was not kept must be computed again. Memory or time: you pay one of them, as in lesson 1.

# %% [markdown]
# ## Staged computation
#
# Nobody would want to differentiate this in one go:
#
# $$f(x, y) = \frac{x + \sigma(y)}{\sigma(x) + (x + y)^2}$$
#
# You don't have to. Break it into **stages**, each so simple that you know its local gradient. Keep every
# intermediate value. Then walk back through the stages in reverse order. (The function is from Karpathy 2015,
# "Backprop in practice: Staged computation".)

# %%
def sigmoid(t):
    return 1 / (1 + np.exp(-t))

x, y = 3.0, -4.0
sigy = sigmoid(y)               # stage 1
num = x + sigy                  # stage 2, the numerator
sigx = sigmoid(x)               # stage 3
xpy = x + y                     # stage 4
xpysqr = xpy**2                 # stage 5
den = sigx + xpysqr             # stage 6, the denominator
invden = 1 / den                # stage 7
f = num * invden                # stage 8

print(f"{sigy = :.4f}  {num = :.4f}  {sigx = :.4f}  {xpy = :.4f}")
print(f"{xpysqr = :.4f}  {den = :.4f}  {invden = :.4f}  {f = :.4f}")

# %% [markdown]
# Each line of the forward pass gives you a line or two of the backward pass. Here are the last three stages. The
# rest is yours: it is exercise 2.10.

# %%
dnum = invden                   # stage 8: mul swaps
dinvden = num
dden = -1 / den**2 * dinvden    # stage 7: local × upstream
dsigx = dden                    # stage 6: add copies
dxpysqr = dden

print(f"{dnum = :.4f}  {dinvden = :.4f}  {dden = :.4f}  {dsigx = :.4f}  {dxpysqr = :.4f}")

# %% [markdown]
# The graph of the whole. Look at $x$: three edges leave it, so three contributions come back. From $y$ there are
# two.

# %%
def staged(x, y):
    return (x + autodiff.sigmoid(y)) / (autodiff.sigmoid(x) + (x + y) ** 2)

graph(staged, x=3.0, y=-4.0)

# %% [markdown]
# <details><summary>Step to the end first. Then: what comes out</summary>
#
# The value is 1.5456, the gradient of $x$ is 2.0596 and that of $y$ is 1.5922.
#
# </details>
#
# The next cell lists the parts that the gradients are made of, in the order in which they arrive.

# %%
def contributions(f, leaf, **inputs):
    """What is sent back to one input, in order."""
    passes = trace(f, **inputs)
    target = next(node.id for node in passes.nodes if node.name == leaf)
    return [step.contribution for step in passes.steps
            if step.direction == "backward" and step.receiver == target]

for leaf in "xy":
    parts = contributions(staged, leaf, x=3.0, y=-4.0)
    print(f"d{leaf} =", " + ".join(f"({part:.4f})" for part in parts), f"= {sum(parts):.4f}")

# %% [markdown]
# The plot shows how $x$ comes by its gradient. The path through the square brings 1.5832, the path through the
# sigmoid takes 0.0358 away, the path through the numerator brings 0.5121. Together they make 2.0596. Had you
# written `=` in place of `+=`, only the last of the three would be left.

# %%
places = ["square\n(x + y)²", "sigmoid\nσ(x)", "numerator\nx + σ(y)"]
parts = contributions(staged, "x", x=3.0, y=-4.0)
steps(places, parts, total="gradient\nof x", y="gradient so far", ylim=(0, 2.35))

# %% [markdown]
# **Practice.** One line of code: draw it first, then fill in values and gradients. After that, look for the wrong edge
# in somebody's backward pass.

# %%
practice("code")

# %%
practice(level=5, task="bug")

# %% [markdown]
# ## Break it
#
# A wrong gate is not wrong everywhere. On some inputs it gives the right answer, by accident. Whoever tests only
# there finds nothing.

# %% [markdown]
# ### Find the input
#
# The next cell brings a referee. It runs a backward function on one input and compares it with what centred
# differences measure.

# %%
def referee(forward, backward, dout, *inputs, h=1e-5):
    """Say whether a backward function goes wrong on this input."""
    measured = []
    for k, x in enumerate(inputs):
        up, down = [*inputs], [*inputs]
        up[k], down[k] = x + h, x - h
        measured.append(dout * (forward(*up) - forward(*down)) / (2 * h))
    given = np.atleast_1d(backward(dout, *inputs))
    print(f"{backward.__name__}{(dout, *inputs)}")
    print("  it says   ", *(f"{number:9.4f}" for number in given))
    print("  measured  ", *(f"{number:9.4f}" for number in measured))
    print("  → exposed: here it is wrong." if not np.allclose(given, measured, atol=1e-6) else
          "  → hidden: here it is right. Try another input.")

# %% [markdown]
# This mul gate forgot to swap. The input below does **not** expose it. Change the three numbers until it does.

# %%
def unswapped(dout, x, y):
    return dout * x, dout * y

dout, x, y = 2.0, 3.0, 3.0          # change these
referee(lambda x, y: x * y, unswapped, dout, x, y)

# %% [markdown]
# Two more. The max gate always pays its first input. The reciprocal forgot the square. Both hide on the inputs
# below.

# %%
def first_wins(dout, x, y):
    return dout, 0.0

def no_square(dout, x):
    return -dout / x

referee(max, first_wins, 2.0, 2.0, -1.0)        # change the numbers
referee(lambda x: 1 / x, no_square, 2.0, 1.0)   # here, too

# %% [markdown]
# `graph` can run a backward function of yours and stop at the first wrong edge. Here it runs the gate that forgot
# to swap.

# %%
graph(lambda x, y, z, w: x * y + autodiff.maximum(z, w), x=3, y=-4, z=2, w=-1, names="p m f",
      yours={"mul": unswapped})

# %% [markdown]
# What hides a mistake is nearly always a special number:
#
# | the mistake | hides when |
# |---|---|
# | the upstream gradient is not used | `dout` is 1 |
# | the inputs are not swapped | both inputs are equal |
# | the first input always wins | the first input is the larger one |
# | the square in $-1/x^2$ is missing | $x$ is 1 |
# | any of the last three | `dout` is 0 |
#
# So test with numbers that have nothing special about them: different ones, negative ones too, none of them 0
# or 1. Test special cases, such as a tie, in addition and on purpose.

# %% [markdown]
# ## Your turn
#
# Open [assignment 2](../exercises/02_gate_patterns/02_gate_patterns.ipynb). Its eleven functions are built on
# these sections:
#
# | section | exercises |
# |---|---|
# | Add copies | `add_backward`, `sub_backward` |
# | Mul swaps | `mul_backward` |
# | Max routes | `max_backward` |
# | Local × upstream | `div_backward`, `reciprocal_backward`, `exp_backward`, `log_backward` |
# | Three patterns in one circuit | `gates_circuit_backward` |
# | Forks add, Staged computation | `staged_backward` |
# | Find the input | `witnesses` |

# %% [markdown]
# ## Recall
#
# Answer aloud or on paper, then unfold.
#
# <details><summary>A mul gate saw 3 and −4, and its upstream gradient is 0.5. What does it send to each?</summary>
#
# To the 3 it sends $-4 \cdot 0.5 = -2$. To the −4 it sends $3 \cdot 0.5 = 1.5$. Each input receives the *other*
# one, times the upstream gradient.
#
# </details>
#
# <details><summary>Which gate needs nothing from its forward pass, and why?</summary>
#
# The add gate. Its local gradients are 1 whatever went in. It copies.
#
# </details>
#
# <details><summary>x is used in three lines of a forward pass. The backward pass says <code>dx = …</code> three times.
# What do you get?</summary>
#
# Only the contribution of the last path. The others are overwritten, and nothing warns you. Begin with 0 and write
# `dx += …`, since gradients add up at a fork.
#
# </details>
#
# Next: [lesson 3](03_sigmoid_neuron.ipynb) takes a whole neuron through its gates.
