# %% [markdown]
# # Lesson 3 · The sigmoid neuron
#
# After this lesson you can
#
# - take a neuron apart into gates, and send a gradient back through each of them;
# - put the gates together again into one gate with the slope $(1 - f)\,f$;
# - write a sigmoid that survives large inputs, and say where it stops learning.

# %% [markdown]
# ## Why take a neuron apart
#
# A neuron multiplies each input by a weight, adds a bias, and squeezes the sum into the range from 0 to 1:
#
# $$f(w, x) = \frac{1}{1 + e^{-(w_0 x_0 + w_1 x_1 + w_2)}}$$
#
# To train it you need to know how fast $f$ moves with each of the three weights.
#
# You could differentiate the formula in one go. It is a fraction, with an exponential in it, with a sum in that.
# And the next network has another formula.
#
# You know the gates already: ×, + and a few more. Let each of them do its own small part.

# %%
import math

import ipywidgets as widgets
import numpy as np

import autodiff
from autodiff.trace import trace
from course import fold, graph, practice, predict
from course.figures import curves, table

# %% [markdown]
# ## Predict first
#
# The numbers of this lesson are those of the CS231n notes (Karpathy 2015, "Backpropagation, Intuitions"):
# $w = [2, -3, -3]$ and $x = [-1, -2]$. The last weight is the bias.
#
# Work out the sum $w_0 x_0 + w_1 x_1 + w_2$ in your head. Then type your guess of $f$ in place of the dots.

# %%
guess = ...

predict(guess, "the neuron's output")

# %% [markdown]
# One more. Raise $w_0$ by a tiny step: $f$ moves by how many times that step? At least guess the sign.

# %%
guess = ...

predict(guess, "how far w0 moves it")

# %% [markdown]
# ## Through the gates
#
# Here is the whole neuron, gate by gate. Step forward first and watch the green values appear.
# Then step on, and watch the red gradients come back.
#
# The bias $w_2$ is an input like the others. It has no partner: it is added as it is.

# %%
def neuron(w0, x0, w1, x1, w2):
    dot = w0 * x0 + w1 * x1 + w2
    return 1 / (1 + autodiff.exp(-1 * dot))

stages = ["w0x0", "w1x1", "sum", "dot", "neg", "exp", "plus1", "f"]
graph(neuron, w0=2, x0=-1, w1=-3, x1=-2, w2=-3, names=stages)

# %% [markdown]
# ### Forward: eight values
#
# <details class="bp-after the-neuron-s-output"><summary>Step to the end first. Then: all eight</summary>
#
# | gate | computes | value |
# |---|---|---|
# | × | $w_0 x_0$ | −2 |
# | × | $w_1 x_1$ | 6 |
# | + | sum | 4 |
# | + | dot = sum + $w_2$ | 1 |
# | ×(−1) | neg | −1 |
# | exp | $e^{-1}$ | 0.3679 |
# | +1 | plus1 | 1.3679 |
# | 1/x | $f$ | 0.7311 |
#
# </details>
#
# Keep them all. The backward pass needs most of them again.

# %%
passes = trace(neuron, w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0)
name = {node.id: node.name for node in passes.nodes}
name |= zip([node.id for node in passes.nodes if node.parents], stages, strict=True)

fold("All eight, by code", after="the neuron's output")
table(["gate", "value"], [(name[step.sender], step.after) for step in passes.steps
                          if step.direction == "forward" and name[step.sender] in stages])

# %% [markdown]
# ### Backward: five red numbers down the spine
#
# Start with $\partial f / \partial f = 1$. Each gate multiplies what comes from above by its own slope:
# **upstream gradient × local gradient**.
#
# <details class="bp-after how-far-w0-moves-it"><summary>Work them out first. Then: all five</summary>
#
# | gate | local gradient | upstream × local |
# |---|---|---|
# | 1/x | $-1/x^2$ at 1.3679, which is −0.5344 | 1 × (−0.5344) = −0.5344 |
# | +1 | 1 | −0.5344 × 1 = −0.5344 |
# | exp | its own output, 0.3679 | −0.5344 × 0.3679 = −0.1966 |
# | ×(−1) | −1 | −0.1966 × (−1) = 0.1966 |
#
# So the five red numbers on the way back are 1, −0.5344, −0.5344, −0.1966 and 0.1966.
#
# </details>
#
# Mind where each slope is taken: at the value that went **into** the gate in the forward pass.
# Only for exp is the slope the same number as the output.

# %% [markdown]
# ### The last two steps
#
# The two + gates copy what they receive to everything that was added: to both products, and to $w_2$.
# Each × gate swaps: the gradient of a weight is the upstream gradient times its input, the gradient of an input is the
# upstream gradient times its weight.
#
# <details class="bp-after how-far-w0-moves-it"><summary>Work them out first. Then: the gradients of the inputs</summary>
#
# | weight | gradient | input | gradient |
# |---|---|---|---|
# | $w_0$ | 0.1966 × (−1) = −0.1966 | $x_0$ | 0.1966 × 2 = 0.3932 |
# | $w_1$ | 0.1966 × (−2) = −0.3932 | $x_1$ | 0.1966 × (−3) = −0.5898 |
# | $w_2$ | 0.1966 | | |
#
# </details>

# %%
fold("The whole way back, by code", after="how far w0 moves it")
table(["from", "to", "upstream", "× local", "= contribution"],
      [(name[step.sender], name[step.receiver], step.upstream, step.local, step.contribution)
       for step in passes.steps if step.direction == "backward" and step.local is not None])

# %% [markdown]
# A test that needs no calculus: nudge $w_0$ by 0.001, run the neuron again, and see how far $f$ moved.

# %%
def plain(w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0):
    return 1 / (1 + math.exp(-(w0 * x0 + w1 * x1 + w2)))

nudge = 0.001
fold("How far f moved", after="how far w0 moves it")
print(f"f moved by        {plain(w0=2 + nudge) - plain():.7f}")
print(f"slope × nudge is  {passes.gradient('w0') * nudge:.7f}")

# %% [markdown]
# **Practice.** Division, square, exp and sigmoid. Their outputs are given; you need no calculator.

# %%
practice("curves")

# %% [markdown]
# ## One gate instead of four
#
# The four gates from ×(−1) to 1/x always appear together. Give them a name, the sigmoid:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# Its slope, by the rule for 1/x and the rule for exp:
#
# $$\frac{d\sigma}{dx} = \frac{e^{-x}}{(1 + e^{-x})^2}$$
#
# $$= \frac{(1 + e^{-x}) - 1}{1 + e^{-x}} \cdot \frac{1}{1 + e^{-x}} = (1 - \sigma)\,\sigma$$
#
# The slope needs nothing but the output. One step takes you from $f$ to the sum:
# $(1 - 0.7311) \times 0.7311 = 0.1966$.

# %%
f = plain()
print(f"(1 - f) f = {(1 - f) * f:.4f}")

# %% [markdown]
# The same neuron with one σ gate. Fewer gates, the same gradients at the inputs.

# %%
def grouped(w0, x0, w1, x1, w2):
    return autodiff.sigmoid(w0 * x0 + w1 * x1 + w2)

graph(grouped, w0=2, x0=-1, w1=-3, x1=-2, w2=-3, names="w0x0 w1x1 sum dot f")

# %% [markdown]
# ### How large is a gate?
#
# You decide. A gate may be anything whose output and local gradient you can compute.
#
# - Small gates are easy to get right.
# - A larger gate saves steps and memory, and often has a neater slope than its parts.
# - Group what belongs together: σ is one gate in every library, and so is softmax with its loss in lesson 4.

# %%
rows = []
for name, function in {"small gates": neuron, "one σ": grouped}.items():
    t = trace(function, w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0)
    paid = [step for step in t.steps if step.direction == "backward" and step.sender is not None]
    rows.append((name, len(paid), t.gradient("w0")))
table(["", "gradients sent", "dw0"], rows)

# %% [markdown]
# **Practice.** A neuron with new weights each time, through a sigmoid or a relu. A relu lets everything back where its
# input is above 0, else nothing.

# %%
practice("neuron")

# %% [markdown]
# ## Why rounded figures disagree
#
# Many texts draw this neuron with two digits: 1.37, −0.53, −0.20, 0.20.
# These are the true values, rounded for display. Compute **with** them and you get something else.
#
# - $2 \times 0.20 = 0.40$, and yet the gradient of $x_0$ is 0.3932. Drawings show it as 0.39.
# - $(1 - 0.73) \times 0.73 = 0.1971$, and $0.53 \times 0.37 = 0.1961$. Neither is 0.1966.
#
# Both routes are right, and they agree in every digit as long as nothing is rounded on the way.
# So: compute with full precision, round only what you print, and show four digits when you compare.

# %%
r = lambda value: round(value, 2)                       # what a hand with two digits does

gates = r(r(1 / r(1.37 ** 2)) * r(math.exp(-1)))
one_step = r(r(1 - r(f)) * r(f))
table(["gradient of x0", "through the gates", "in one step"],
      [("rounded on the way", 2 * gates, 2 * one_step),
       ("rounded at the end", 2 * (1 - f) * f, 2 * (1 - f) * f)])

# %% [markdown]
# ## Saturation
#
# The next plot shows σ in green and its slope in red. The slope is largest at 0, where it is 0.25.
# Far out on both sides the curve is flat, and the slope is nearly 0.

# %%
def sigmoid(x):
    x = np.asarray(x, dtype=float)
    return autodiff.sigmoid(x)              # the reference; you write your own in the assignment

def draw_sigmoid(x=1.0):
    xs, y = np.linspace(-8, 8, 401), float(sigmoid(x))
    ys, slope = sigmoid(xs), (1 - y) * y
    tangent = np.where(abs(xs - x) <= 2, y + slope * (xs - x), np.nan)
    return curves(xs, {"σ(x)": ys, "slope (1 − σ) σ": (1 - ys) * ys, "tangent": tangent},
                  measured={"σ(x)": ([x], [y]), "slope (1 − σ) σ": ([x], [slope])},
                  title=f"x = {x:.1f}:  σ = {y:.4f},  slope = {slope:.4f}",
                  x="x", ylim=(-0.08, 1.08))

draw_sigmoid(1.0)

# %% [markdown]
# Move the point. How far out must you go before the slope is below 0.01?
# (Without a running kernel the slider does nothing; the picture above stands for it.)

# %%
slider = widgets.FloatSlider(value=1.0, min=-8, max=8, step=0.1, description="x")
_ = widgets.interact(draw_sigmoid, x=slider)

# %% [markdown]
# A neuron whose sum is 10 outputs 0.99995, and its slope is 0.000045. Whatever gradient arrives from above,
# almost nothing gets through to the weights. The neuron is **saturated**: it has stopped learning,
# right or wrong.
#
# A rule of thumb follows. Keep the sums small at the start: small weights, inputs of a size near 1.

# %% [markdown]
# ## The vanishing product
#
# Stack sigmoids and the gradient on its way down is multiplied by one slope per layer. At best that slope is 0.25:
#
# $$0.25^{\,n}\qquad\text{for } n = 10:\ 9.5367 \times 10^{-7}$$
#
# One part in a million is left after ten layers, and that is the best case.
# With sums of 2 the slope is 0.1050, and ten layers leave $1.63 \times 10^{-10}$.
# (Hochreiter 1991; Bengio, Simard and Frasconi 1994.)
#
# The plot shows the product of the slopes over the number of layers, on a logarithmic scale: straight lines
# that fall, steeper for larger sums.

# %%
def draw_product(z=2.0):
    layers = np.arange(0, 21)
    products = {}
    for value in (0.0, z):
        slope = float((1 - sigmoid(value)) * sigmoid(value))
        products[f"every sum is {value:.1f}: {slope:.4f} per layer"] = slope ** layers
    return curves(layers, products, x="layers of sigmoids", y="product of slopes",
                  log="y", ylim=(1e-36, 10))

draw_product(2.0)

# %%
slider = widgets.FloatSlider(value=2.0, min=-4, max=4, step=0.5, description="sum")
_ = widgets.interact(draw_product, z=slider)

# %% [markdown]
# The weights between the layers multiply too, and large ones could make up for it. But large weights make
# large sums, and large sums make the slopes smaller still.
#
# Today's networks put other gates there. ReLU has slope 1 wherever it is on (lesson 4).

# %% [markdown]
# ## tanh, the sigmoid's sister
#
# $\tanh x = 2\,\sigma(2x) - 1$ runs from −1 to 1. Its slope needs only the output, too: $1 - \tanh^2 x$.
#
# At $x = 0.5$ the output is 0.4621 and the slope $1 - \tanh^2 0.5 = 0.7864$. At 0 the slope is 1, four times
# the sigmoid's best. It saturates all the same.
#
# Two slips to avoid, for both gates. The slope is made of the **output**, so do not put the input there.
# And when you hold the output already, do not apply the gate a second time.

# %%
out = math.tanh(0.5)
table(["tanh(0.5)", "slope", "2σ(1) − 1"], [(out, 1 - out ** 2, 2 * sigmoid(1.0) - 1)])

# %% [markdown]
# ## The stable form
#
# $1 / (1 + e^{-x})$ is right on paper. In a computer $e^{1000}$ does not fit into a number.
# Multiply above and below by $e^x$, and you have a second form of the same function:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^x}{1 + e^x}$$
#
# Each form fails on one side. Run the cell, and see which.

# %%
def attempt(form, x):
    try:
        return form(x)
    except OverflowError:
        return "overflow"

first = lambda x: 1 / (1 + math.exp(-x))
second = lambda x: math.exp(x) / (1 + math.exp(x))
table(["x", "1/(1+e^-x)", "e^x/(1+e^x)"],
      [(x, attempt(first, x), attempt(second, x)) for x in (-1000.0, -1.0, 1.0, 1000.0)])

# %% [markdown]
# So choose by the sign of $x$, such that the exponent is never positive.
#
# With arrays numpy does not raise an error: it gives `inf`, and `inf / inf` is `nan`. The first form then
# happens to end at the right 0, with a warning; the second ends at `nan`. A `nan` in one place of a network
# is a `nan` in all of its gradients.
#
# There is a second trap. For $x = 40$ the output is so near 1 that $1 - f$ is exactly 0 in a computer.
# The true value is $\sigma(-40)$, about $4.25 \times 10^{-18}$.

# %%
print("1 - σ(40) =", 1 - sigmoid(40.0))
print("σ(-40)    =", sigmoid(-40.0))

# %% [markdown]
# ## A loss that undoes the saturation
#
# Say the neuron should answer $t = 1$. A loss for such a yes-or-no question is the binary cross-entropy:
#
# $$L = -\big(t \ln f + (1 - t) \ln(1 - f)\big)$$
#
# With $t = 1$ it is $-\ln f = 0.3133$. Its slope for $f$ is $-1/f = -1.3679$. Back through σ:
#
# $$-\frac{1}{f} \cdot (1 - f)\,f = f - 1 = -0.2689$$
#
# The slope of σ has cancelled. For both answers the gradient at the sum is $f - t$: what the neuron said, minus
# what it should have said. A neuron that is saturated **and wrong** gets a gradient near 1 in size, and learns.
#
# So never compute the two factors apart. For a large sum the one is `inf`, the other 0, and the product `nan`.

# %%
def loss(w0, w1, w2, t=1.0):
    f = autodiff.sigmoid(w0 * -1 + w1 * -2 + w2)
    return -(t * autodiff.log(f) + (1 - t) * autodiff.log(1 - f))

value, dw = autodiff.value_and_grad(loss, wrt=(0, 1, 2))(2.0, -3.0, -3.0)
print(f"loss {value:.4f}   dw = {np.round(dw, 4)}   f - t = {plain() - 1:.4f}")

# %% [markdown]
# ## One step downhill
#
# The gradient points where the loss grows fastest. Step the other way, by a small multiple, the learning rate:
#
# $$w \leftarrow w - \text{lr} \cdot dw$$
#
# This is gradient descent; with a few examples at a time it is called stochastic gradient descent, SGD.
# With a learning rate of 0.1 one step takes the loss from 0.3133 to 0.2724.

# %%
w, rows = np.array([2.0, -3.0, -3.0]), []
for step in range(4):
    value, dw = autodiff.value_and_grad(loss, wrt=(0, 1, 2))(*w)
    rows.append((step, value))
    w = w - 0.1 * np.array(dw)
table(["step", "loss"], rows)

# %% [markdown]
# ## Break it
#
# This gate takes the slope of σ from its **input**: $x\,(1 - x)$ in place of $\sigma(x)\,(1 - \sigma(x))$.
# On the input below nobody would notice. Find an `x` on which it shows.

# %%
x = 0.659046

right = float(sigmoid(x) * (1 - sigmoid(x)))
wrong = x * (1 - x)
print(f"x = {x}   right {right:.6f}   wrong {wrong:.6f}")
print("Found: this input exposes the wrong gate." if abs(right - wrong) > 1e-4
      else "Hidden: here both agree. Change x, and run the cell again.")

# %% [markdown]
# Why does it hide there? Because $\sigma(0.659) = 0.659$: input and output are the same number.
# And it hides once more where $\sigma(x) = 1 - x$. A test with one input proves little: draw several at random.

# %% [markdown]
# ## Your turn
#
# [Assignment 3](../exercises/03_sigmoid_neuron/03_sigmoid_neuron.ipynb) has nine functions.
#
# - `sigmoid`: "The stable form". `sigmoid_backward`: "One gate instead of four".
# - `neuron_forward` and `neuron_backward_gates`: "Through the gates". Each red number is graded by itself.
# - `neuron_backward`, the same in one step: "One gate instead of four".
# - `tanh_backward`: "tanh, the sigmoid's sister".
# - `bce_backward`: "A loss that undoes the saturation".
# - `sgd_step`: "One step downhill".
# - `vanishing_product`: "The vanishing product".

# %% [markdown]
# ## Recall
#
# Answer each question in your head, then open it.
#
# <details>
# <summary>1. The output of a sigmoid is 0.9. What is its slope there, and which input do you need to know?</summary>
#
# $(1 - 0.9) \times 0.9 = 0.09$. You need no input: the output is enough.
#
# </details>
#
# <details>
# <summary>2. Two digits give 0.40 as the gradient of $x_0$, four give 0.3932. Which gate is wrong?</summary>
#
# None. The 0.20 that was multiplied by 2 was a rounded 0.1966. Round only what you print.
#
# </details>
#
# <details>
# <summary>3. A network has ten layers of sigmoids. Why do its first layers learn so slowly?</summary>
#
# The gradient is multiplied by a slope of at most 0.25 in each layer. After ten layers at most
# $9.5367 \times 10^{-7}$ of it is left, before the weights have had their say.
#
# </details>
#
# Next: [lesson 4](04_vectorized_gradients.ipynb) does all of this for whole arrays.
