# %% [markdown]
# # Lesson 8 · Train digits
#
# After this lesson you can
#
# - train a network on real handwritten digits with backward passes written by hand, and check them first;
# - read a training curve, and name what is wrong from its shape;
# - say what batch norm, dropout and L2 do to the gradients.

# %% [markdown]
# ## Why by hand
#
# A library computes gradients for you. Why write them yourself? Because the gradient that a library computes is always
# that of the program you wrote, not of the one you had in mind. When a network does not learn, no error appears. You
# see a curve that is a little too flat (Karpathy 2016, "Yes you should understand backprop").
#
# So here a network is trained by hand-written backward passes. Then it is broken, one way after the other, and
# you watch the curve.

# %%
import time

import ipywidgets as widgets
import numpy as np
from IPython.display import display

import autodiff
from course import graph, predict, watch
from course.digits import load_digits
from course.figures import beside, curves, histogram, images, table

# %% [markdown]
# ## The digits
#
# There are 1,797 images of digits that people wrote on paper, 8 × 8 pixels each (Alpaydin and Kaynak 1998; the course
# carries them under their free licence). An image is a row of 64 numbers from 0, paper, to 1, ink.
#
# You train on 1,442 of them. The other 355 are **held out**: they tell how well the network reads digits that it has
# not seen. The same people wrote both parts; a stranger's writing would be harder.
#
# The picture shows two dozen of them, with their labels above.

# %%
digits = load_digits()
X, y = digits.X, digits.y

images(X[:24], titles=y[:24])

# %% [markdown]
# ## Predict first
#
# The network has two layers: 64 inputs, 32 hidden units, 10 outputs. Each layer has a matrix of weights and a bias.
# How many parameters are there?

# %%
guess = ...

predict(guess, "how many parameters")

# %% [markdown]
# A numeric gradient nudges each of them up and down, and every nudge is a forward pass. One backward pass costs about as
# much as two of them. That is why it exists.
#
# <details class="bp-after how-many-parameters"><summary>Guess first. Then: how many forward passes for one step</summary>
#
# 4,820: two for each parameter.
#
# </details>

# %% [markdown]
# ## A graph of the network
#
# Here is the whole network, with a small batch: two images of three pixels, two hidden units, two classes. Step
# through it. On the way back every gradient has the shape of its value.

# %%
graph(lambda X, W1, b1, W2, b2:
          autodiff.softmax_cross_entropy(autodiff.tanh(X @ W1 + b1) @ W2 + b2, [0, 1]),
      X=[[1.0, 0.5, 0.0], [0.0, 0.25, 1.0]],
      W1=[[0.5, -1.0], [2.0, 0.25], [-0.5, 1.5]], b1=[0.1, -0.3],
      W2=[[1.0, -0.5], [0.75, 2.0]], b2=[0.0, 0.2])

# %% [markdown]
# ## Two layers, by hand
#
# Forward first. The hidden units here are tanh; in the assignment they are relu. Keep what the way back needs: the
# hidden values.

# %%
ACTIVATIONS = {      # the function, and its slope as a function of its OUTPUT
    "tanh": (np.tanh, lambda out: 1 - out**2),
    "sigmoid": (autodiff.sigmoid, lambda out: out * (1 - out)),
    "relu": (autodiff.relu, lambda out: 1.0 * (out > 0)),
}

def forward(params, X, kind="tanh"):
    hidden = ACTIVATIONS[kind][0](X @ params["W1"] + params["b1"])
    return hidden, hidden @ params["W2"] + params["b2"]

# %% [markdown]
# Then back. Softmax with cross-entropy gives $p - 1$ at the label and $p$ elsewhere, over N (lesson 4). From there on
# it is one rule per line: matrix product, bias, tanh, matrix product, bias.

# %%
def backward(params, X, y, hidden, logits, kind="tanh"):
    dlogits = (autodiff.softmax(logits) - np.eye(10)[y]) / len(y)
    dhidden = dlogits @ params["W2"].T
    dsum = dhidden * ACTIVATIONS[kind][1](hidden)
    return {"W2": hidden.T @ dlogits, "b2": dlogits.sum(axis=0),
            "W1": X.T @ dsum, "b1": dsum.sum(axis=0)}

def loss_of(params, X, y, kind="tanh"):
    return autodiff.softmax_cross_entropy(forward(params, X, kind)[1], y)

# %% [markdown]
# ## Where to start
#
# If all weights were 0, all hidden units would get the same gradient and stay alike for ever. So they start at
# random. How large? A unit sums D products, and the spread of such a sum grows with $\sqrt D$. Divide by that
# root, and the sums keep their size; tanh alone shrinks the values a little in each layer.
#
# The plot sends random numbers through ten layers of 64 tanh units. Only with the scale $1/\sqrt D$ does the spread
# of the values neither die out nor press against 1, where tanh is flat.

# %%
spreads = {}
for factor in (0.3, 1.0, 4.0):
    rng = np.random.default_rng(8)
    values, spread = rng.normal(size=(200, 64)), []
    for _ in range(10):
        values = np.tanh(values @ (factor * rng.normal(size=(64, 64)) / np.sqrt(64)))
        spread.append(values.std())
    spreads[f"scale {factor:g} / √D"] = spread
curves(range(1, 11), spreads, x="layer", y="spread of the values", log="y")

# %% [markdown]
# Relu lets half of the values through, so it needs a factor of 2 under the root: $\sqrt{2/D}$ (He et al. 2015).

# %%
def start(seed=8, scale=1.0, H=32):
    rng = np.random.default_rng(seed)
    return {"W1": scale * rng.normal(size=(64, H)) / np.sqrt(64), "b1": np.zeros(H),
            "W2": rng.normal(size=(H, 10)) / np.sqrt(H), "b2": np.zeros(10)}

table(["loss at the start", "ln 10"], [(loss_of(start(), X, y), np.log(10))])

# %% [markdown]
# The loss starts near ln 10 = 2.3026, as for someone who guesses. If yours starts at ten times that, look at the
# weights first.

# %% [markdown]
# ## Check before you train
#
# A few weights of each array, nudged both ways. The relative error of each should be far below $10^{-5}$.

# %%
def check_some(params, X, y, kind="tanh", h=1e-5, tries=20):
    rng, rows = np.random.default_rng(1), []
    grads = backward(params, X, y, *forward(params, X, kind), kind)
    for name, array in params.items():
        largest = off = 0.0
        for i in rng.integers(array.size, size=tries):
            at = np.unravel_index(i, array.shape)
            numeric = 0.0
            for step in (h, -h):
                nudged = array.copy()
                nudged[at] += step
                numeric += np.sign(step) * loss_of({**params, name: nudged}, X, y, kind) / (2 * h)
            off = max(off, abs(numeric - grads[name][at]))
            largest = max(largest, abs(numeric))
        rows.append((name, off / largest))
    return table(["gradient of", "relative error"], rows)

check_some(start(), X[:50], y[:50])

# %% [markdown]
# Check twice, without a regularizer and with one. Where the regularizer's gradient is large, it hides a mistake in
# that of the data (CS231n notes, "Gradient checks"). Where it is 0, nobody sees whether it is right.

# %% [markdown]
# ## Overfit twenty images first
#
# The cheapest test of all: can the network learn twenty images by heart? If the loss does not go to 0 on
# twenty, it will not do so on a thousand. Here is plain gradient descent, all twenty images in every step.

# %%
params, losses = start(), []
for _ in range(150):
    grads = backward(params, X[:20], y[:20], *forward(params, X[:20]))
    losses.append(loss_of(params, X[:20], y[:20]))
    params = {name: params[name] - 0.5 * grads[name] for name in params}

curves(range(150), {"loss": losses}, levels={"guessing: ln 10": np.log(10)},
       x="step", y="loss on 20 images", log="y")

# %% [markdown]
# The curve falls from the level of guessing by a factor of more than a hundred. The network works.

# %% [markdown]
# ## Train
#
# Now all of it. An **epoch** goes through all images once, in a random order, a **batch** of 32 at a time, with a step
# after each batch. That is stochastic gradient descent, SGD.

# %%
def train(params, grads_of, epochs=20, rate=0.2, seed=0, each=None, bar=None):
    """SGD: the trained parameters, and what each(params) gave before and after every epoch."""
    rng, notes = np.random.default_rng(seed), []
    for epoch in range(epochs + 1):
        notes.append(each(params) if each else None)
        if bar is not None:
            bar.value = epoch
        if epoch == epochs:
            return params, notes
        order = rng.permutation(len(y))
        for k in range(0, len(y), 32):
            grads = grads_of(params, order[k:k + 32])
            params = {name: params[name] - rate * grads[name] for name in params}

def by_hand(params, rows):
    return backward(params, X[rows], y[rows], *forward(params, X[rows]))

def share_right(params, X, y, kind="tanh"):
    return np.mean(forward(params, X, kind)[1].argmax(axis=1) == y)

def both_parts(params):
    return [share_right(params, X, y), share_right(params, digits.X_held_out, digits.y_held_out)]

# %%
bar = widgets.IntProgress(max=20, description="epochs")
display(bar)
trained, notes = train(start(), by_hand, bar=bar,
                       each=lambda p: (loss_of(p, X, y), *both_parts(p)))
curve, known, unseen = np.transpose(notes)
print(f"read right: {known[-1]:.1%} of the training images, {unseen[-1]:.1%} of those held out")

# %% [markdown]
# The first plot shows the loss, epoch by epoch, falling steeply at first and then ever more slowly. The second one
# shows the share of digits that are read right: the training images stay a little above the held-out ones.

# %%
epochs = range(21)
beside(curves(epochs, {"loss": curve}, x="epoch", y="loss", ylim=(0, None)),
       curves(epochs, {"training": known, "held out": unseen}, x="epoch", y="share read right",
              levels={"asked in the assignment": 0.95}, ylim=(0, 1.1)))

# %% [markdown]
# ### By an engine, and as a program
#
# Nobody has to write `backward`: an engine finds it. `autodiff.value_and_grad` walks back through the graph, batch by
# batch. `autodiff.program` writes out what the walk does (lesson 7), once for the batches of 32 and once for the short
# one at the end of an epoch. All three go the same way: walk and program to the last bit, and your formula up to rounding.

# %%
WAYS = {"by hand": by_hand}
for name, both in [("as a program", autodiff.program(loss_of)),
                   ("by the walk", autodiff.value_and_grad(loss_of))]:
    WAYS[name] = lambda params, rows, both=both: both(params, X[rows], y[rows])[1]

ends = {name: train(start(), grads_of, epochs=1)[0] for name, grads_of in WAYS.items()}
walk = ends["by the walk"]
table(["trained", "differs from the walk by"],
      [(name, max(abs(params[key] - walk[key]).max() for key in params))
       for name, params in ends.items()])

# %% [markdown]
# What do they cost? Each is timed on the same batch, in turn, for nine rounds. The table shows the medians, and how
# many gradients by hand they are. What you wrote is the shortest: it computes no loss. The program gives the loss as
# well, and looks at each call whether it was written for arguments of this form. The walk takes longest, because it
# finds its way anew each time. On larger layers the differences fade, since there numpy's work is nearly all.

# %%
rounds = {name: [] for name in WAYS}
for _ in range(9):
    for name, grads_of in WAYS.items():
        began = time.perf_counter()
        for _ in range(100):
            grads_of(trained, slice(32))
        rounds[name].append((time.perf_counter() - began) / 100)
taken = {name: np.median(times) for name, times in rounds.items()}

table(["a gradient", "microseconds", "times that by hand"],
      [(name, seconds * 1e6, seconds / taken["by hand"]) for name, seconds in taken.items()],
      digits=1)

# %% [markdown]
# ### The digits that it misreads
#
# These are the held-out digits that the network reads wrong: above each, what it is, an arrow, and what the network
# says. Would you have read all of them?

# %%
said = forward(trained, digits.X_held_out)[1].argmax(axis=1)
wrong = np.flatnonzero(said != digits.y_held_out)
images(digits.X_held_out[wrong], [f"{digits.y_held_out[i]} → {said[i]}" for i in wrong])

# %% [markdown]
# ## What a bug does to the curve
#
# Each of these bugs has been written by many people. None of them crashes. Guess which curves look healthy, then run
# the cell.
#
# - **Labels of other images**: the images are shuffled, the labels are not.
# - **No $1/N$**: the gradients are a sum over the batch, 32 times too long.
# - **Uphill**: `+` in place of `-`.
# - **The slope of tanh forgotten**: `dsum = dhidden`.
# - **Second layer only**: `W1` and `b1` are never moved.

# %%
def no_slope(params, rows):
    _, logits = forward(params, X[rows])
    grads = by_hand(params, rows)
    dsum = (autodiff.softmax(logits) - np.eye(10)[y[rows]]) / len(rows) @ params["W2"].T
    return {**grads, "W1": X[rows].T @ dsum, "b1": dsum.sum(axis=0)}

def scaled(factor, names=("W1", "b1", "W2", "b2")):
    return lambda params, rows: {name: factor * (name in names) * grad
                                 for name, grad in by_hand(params, rows).items()}

mixed = X[np.random.default_rng(3).permutation(len(y))]

def mixed_up(params, rows):
    return backward(params, mixed[rows], y[rows], *forward(params, mixed[rows]))

BUGS = {
    "right": by_hand, "labels of other images": mixed_up,
    "no 1/N": scaled(32), "uphill": scaled(-1),
    "slope of tanh forgotten": no_slope, "second layer only": scaled(1, ("W2", "b2")),
}

# %% [markdown]
# The plot shows the loss of each, and beside its name how many of the held-out digits it reads.
#
# <details><summary>Guess first, then run the cell. Then: what the curves tell</summary>
#
# "Uphill" and "no 1/N" leave at once: steps that are far too long look like steps in the wrong direction. "Labels of
# other images" stays near ln 10. "Second layer only" falls, but slowly. And the network without the slope of tanh can
# hardly be told from the right one. That is the trouble.
#
# </details>

# %%
bar = widgets.IntProgress(max=len(BUGS), description="trainings")
display(bar)
courses = {}
for name, grads_of in BUGS.items():
    with np.errstate(all="ignore"):
        params, losses = train(start(), grads_of, epochs=10, each=lambda p: loss_of(p, X, y))
    share = share_right(params, digits.X_held_out, digits.y_held_out)
    courses[f"{name}: reads {share:.0%}"] = np.clip(losses, None, 50)
    bar.value += 1
curves(range(11), courses, x="epoch", y="loss", log="y", ylim=(0.03, 30))

# %% [markdown]
# A wrong gradient that still points roughly downhill trains a network that may read as well as the right one. Nothing
# would make you look for a bug. A gradient check finds it in a second.

# %% [markdown]
# ## What autograd will not tell you
#
# Three failures in which every gradient is **right**, and the network does not learn all the same (Karpathy 2016). All
# three can be seen in the backward pass.
#
# ### A saturated sigmoid
#
# σ has the slope out·(1 − out). With large weights its outputs are all near 0 or 1, the slope is near 0, and the
# first layer gets next to nothing. The plots compare two starts of a sigmoid network: first the hidden values, then
# the loss. With weights fifty times larger the values pile up at 0 and 1. The second layer still learns, so the red
# curve falls at first; then it levels off above the green one.

# %%
def sigmoid_grads(params, rows):
    return backward(params, X[rows], y[rows], *forward(params, X[rows], "sigmoid"), "sigmoid")

def draw_saturation(scale=100.0):
    values, losses = {}, {}
    for factor in (2.0, scale):
        params = start(scale=factor)
        hidden, _ = forward(params, X, "sigmoid")
        slope = np.mean(hidden * (1 - hidden))
        values[f"scale {factor:g}: mean slope {slope:.3f}"] = hidden
        _, losses[f"scale {factor:g}"] = train(params, sigmoid_grads, epochs=8, rate=0.3,
                                               each=lambda p: loss_of(p, X, y, "sigmoid"))
    return beside(histogram(values, x="hidden value before training"),
                  curves(range(9), losses, x="epoch", y="loss", ylim=(0, None)))

draw_saturation()

# %% [markdown]
# Move the scale of the weights. From which scale on does the red curve stay behind? (Without a running kernel the
# picture above stands for it.)

# %%
_ = widgets.interact(draw_saturation, scale=widgets.FloatLogSlider(
    value=100, base=10, min=0, max=2.5, step=0.25, continuous_update=False))

# %% [markdown]
# ### A dead relu
#
# Relu's slope is 0 where its input is negative. A unit that is shut for **every** image gets no gradient from any,
# and never opens again. One step that is too long can do it: it throws the biases far below 0.
#
# The plot trains relu networks with longer and longer steps, and counts the hidden units that are dead in the end.

# %%
def relu_grads(params, rows):
    return backward(params, X[rows], y[rows], *forward(params, X[rows], "relu"), "relu")

rates, dead, read = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0), [], []
for rate in rates:
    params, _ = train(start(scale=2**0.5), relu_grads, epochs=4, rate=rate)
    hidden, _ = forward(params, X, "relu")
    dead.append(np.mean((hidden == 0).all(axis=0)))
    read.append(share_right(params, digits.X_held_out, digits.y_held_out, "relu"))

curves(rates, {"held-out digits read right": read, "hidden units that are dead": dead},
       x="step size", y="share", log="x", ticks=rates, ylim=(-0.03, 1.03))

# %% [markdown]
# ### A clipped loss
#
# Somebody wants to tame outliers, and clips the error before it is squared. The loss is tame, and so is its gradient:
# beyond the bounds it is **0**. The examples that are most wrong teach nothing at all.
#
# What was meant is the Huber loss: a square near 0, a straight line further out. The plot shows both gradients over
# the error. Beyond 1 the clipped one falls to 0, that of Huber stays constant.

# %%
def clipped(error):
    return 0.5 * autodiff.clip(error, -1, 1)**2

def huber(error):
    size = autodiff.abs(error)
    return autodiff.where(size < 1, 0.5 * error**2, size - 0.5)

errors = np.linspace(-3, 3, 301)
slopes = {f.__name__: autodiff.vjp(f, errors)[1](np.ones(301))[0] for f in (huber, clipped)}
curves(errors, slopes, x="error", y="gradient")

# %% [markdown]
# ## Watch it learn
#
# All of this can be watched. Here is a network small enough to see every weight: two inputs, hidden layers of four
# units, two outputs. It learns to tell two half-moons of 60 points apart. Each step is plain gradient descent on all
# of them; a step size of 0.5 and an initial scale of 1 suit it well.
#
# Three questions first. Guess before you look.
#
# **What dies at an initial scale of 10?** Two hidden layers of relus start with weights ten times too large. How many
# of the eight relus are dead after 10 steps?

# %%
guess = ...

predict(guess, "what dies at scale 10")

# %% [markdown]
# **What vanishes at depth 6?** Now six hidden layers of sigmoids, at scale 1, before the first step. How many times
# smaller is the gradient of the first layer than that of the last? The order of magnitude will do.

# %%
guess = ...

predict(guess, "what vanishes at depth 6")

# %% [markdown]
# **What does a step size of 5 do?** Two hidden layers of tanh. In how many of the first 40 steps does the loss
# rise?

# %%
guess = ...

predict(guess, "what step size 5 does")

# %% [markdown]
# Now look. Choose what a question asks for, then press "One step", or "Run". An edge is a weight: the thicker, the
# larger; dashed below 0. The bars are the size of the gradient in each layer, on a log scale. Units that are dead or
# saturated are marked.

# %%
watch()

# %% [markdown]
# <details class="bp-after what-dies-at-scale-10"><summary>Watch it first. Then: what dies</summary>
#
# At scale 10 the gradients are large, and so is the first step: it throws the weights and biases far
# away. After 3 steps all eight relus are shut for every point. From there on every gradient of a weight is 0, and
# nothing opens them again.
#
# </details>
# <details class="bp-after what-vanishes-at-depth-6"><summary>Watch it first. Then: what vanishes</summary>
#
# On the way back every layer of sigmoids multiplies by a slope of at most 1/4. The first
# layer gets less than a thousandth of what the last one gets. Try relu at the same depth.
#
# </details>
# <details class="bp-after what-step-size-5-does"><summary>Watch it first. Then: what the loss does</summary>
#
# A step of 5 goes down the slope, past the valley and up the other side. With relus, a few such
# steps kill them all: try it.
#
# </details>
#
# What saturates at scale 10? Choose tanh, and look before the first step.

# %% [markdown]
# ## SGD beside Adam
#
# SGD takes the gradient as it is. Adam keeps a running mean of the gradient and one of its square, and divides the one
# by the root of the other: every weight moves at a similar pace, whatever the size of its gradient
# (Kingma and Ba 2015).
#
# What is that worth? Below, both train on the same images twice: as they are, and with every pixel divided by 10, as if
# measured in another unit. The step sizes stay the same.

# %%
def adam(pixels, epochs=10, rate=0.01, keep=0.9, keep_size=0.999):
    params, rng, losses, step = start(), np.random.default_rng(0), [], 0
    mean, size = ({name: np.zeros_like(array) for name, array in params.items()} for _ in range(2))
    for _ in range(epochs + 1):
        losses.append(loss_of(params, pixels, y))
        order = rng.permutation(len(y))
        for k in range(0, len(y), 32):
            rows, step = order[k:k + 32], step + 1
            grads = backward(params, pixels[rows], y[rows], *forward(params, pixels[rows]))
            for name, grad in grads.items():
                mean[name] = keep * mean[name] + (1 - keep) * grad
                size[name] = keep_size * size[name] + (1 - keep_size) * grad**2
                params[name] = params[name] - rate * (mean[name] / (1 - keep**step)) / (
                    np.sqrt(size[name] / (1 - keep_size**step)) + 1e-8)
    return losses

def sgd(pixels, epochs=10):
    grads_of = lambda p, rows: backward(p, pixels[rows], y[rows], *forward(p, pixels[rows]))
    return train(start(), grads_of, epochs, each=lambda p: loss_of(p, pixels, y))[1]

# %% [markdown]
# In the first plot both curves fall. In the second the gradients of both weight matrices start about ten times
# smaller, and so are SGD's steps: its loss falls by a third only. Adam's steps keep their length, and its loss ends
# far below.

# %%
beside(*(curves(range(11), {"SGD": sgd(pixels), "Adam": adam(pixels)}, title=title,
                x="epoch", y="loss", log="y", ylim=(1e-3, 5))
         for pixels, title in ((X, "pixels from 0 to 1"), (X / 10, "pixels from 0 to 0.1"))))

# %% [markdown]
# ## MSE beside MAE
#
# Two losses for numbers (not for classes). The mean squared error has the gradient $2(p - t)$, over the number of
# elements: what is far off pulls hard. The mean absolute error has the gradient ±1, over the same number: everyone
# pulls alike.
#
# So MSE leads to the mean, and MAE to the median. The plot fits a line to points of which two are wrong. The line of
# MSE is drawn towards the two, that of MAE goes through the others.

# %%
rng = np.random.default_rng(2)
x = np.linspace(0, 1, 14)
t = 1 + 2 * x + 0.08 * rng.normal(size=14)
t[[2, 11]] += [3.0, -2.5]                                 # two wrong points

def fit(loss, rate=0.3, steps=1500):
    line, slope = np.array([0.0, 0.0]), autodiff.grad(lambda line: loss(line[0] + line[1] * x))
    for step in range(steps):
        line = line - rate * (1 - step / steps) * slope(line)
    return line[0] + line[1] * x

curves(x, {"MAE": fit(lambda p: autodiff.mean(autodiff.abs(p - t))),
           "MSE": fit(lambda p: autodiff.mse(p, t))}, measured={"points": (x, t)}, x="x", y="t")

# %% [markdown]
# ## Batch norm
#
# Batch norm (Ioffe and Szegedy 2015) gives each hidden unit mean 0 and variance 1 over the batch, then a scale γ and a
# shift β that are learned:
#
# $$\hat{x} = \frac{x - \mu}{\sqrt{v + \varepsilon}}, \qquad \text{out} = \gamma\,\hat{x} + \beta$$
#
# The way back is a good exercise in forks. One $x$ leads to **all** outputs of its column: by itself, through the mean
# $\mu$, and through the variance $v$. Three paths, three contributions.
#
# Step through one column of three values. Watch what comes back to `x` when the upstream gradients differ.

# %%
def normalize(x, eps=1e-5):
    centred = x - autodiff.mean(x, axis=0)
    return centred / autodiff.sqrt(autodiff.mean(centred**2, axis=0) + eps)

def weighed(x, gamma, beta):
    return autodiff.sum((gamma * normalize(x) + beta) * np.array([1.0, -2.0, 0.5]))

graph(weighed, x=[1.0, 2.0, 4.0], gamma=1.5, beta=0.5)

# %% [markdown]
# Two sums prove a formula wrong in a second. If all $x$ of a column move together, the output stays: so `dx` adds
# up to 0. If all move away from their mean in proportion, the output (almost) stays: so `dx` times $\hat{x}$ adds up
# to 0.

# %%
x = np.random.default_rng(5).normal(size=(6, 3))
dout = np.random.default_rng(6).normal(size=(6, 3))
xhat, pullback = autodiff.vjp(normalize, x)
dx = pullback(dout)[0]
table(["over each column", "is it 0?"],
      [("sum of dx", np.allclose(dx.sum(axis=0), 0)),
       ("sum of dx · x_hat", np.allclose((dx * xhat).sum(axis=0), 0, atol=1e-4)),
       ("sum of the outputs: with dout of ones dx is 0",
        np.allclose(normalize(x).sum(axis=0), 0))])

# %% [markdown]
# What is it good for? It makes the network forgive a bad start. The plot trains the sigmoid network of above, the
# saturated one, without and with batch norm before its sigmoid. Batch norm divides the large weights out again, so the
# green curve goes on falling where the red one levels off.

# %%
def normed_loss(params, rows):
    inner = params["gamma"] * normalize(X[rows] @ params["W1"]) + params["b1"]
    outer = autodiff.sigmoid(inner) @ params["W2"] + params["b2"]
    return autodiff.softmax_cross_entropy(outer, y[rows])

bad = start(scale=100.0)
with_norm = {**bad, "gamma": np.ones(32)}
bar = widgets.IntProgress(max=8, description="epochs")
display(bar)
_, plain = train(bad, sigmoid_grads, epochs=8, rate=0.3,
                 each=lambda p: loss_of(p, X, y, "sigmoid"))
_, normed = train(with_norm, autodiff.grad(normed_loss), epochs=8, rate=0.3, bar=bar,
                  each=lambda p: normed_loss(p, slice(None)))
curves(range(9), {"the same start, with batch norm": normed, "saturated start": plain},
       x="epoch", y="loss", ylim=(0, None))

# %% [markdown]
# ## Dropout
#
# Dropout (Srivastava et al. 2014) switches hidden values off at random while the network is trained, so that none can
# rely on a single neighbour. What is kept is divided by `keep`: the mean stays what it was, and nothing has to change
# when the network is used.
#
# Backward is the same gate: the **same** mask, the same division. The cell drops some of a row of ones, ten thousand
# times. Each entry is 0 or 1/keep, and the mean is 1.

# %%
rng = np.random.default_rng(0)
keep = 0.75
masks = rng.random((10_000, 6)) < keep
print("three rows:\n", (masks[:3] / keep).round(2))
print("mean over all rows:", (masks / keep).mean(axis=0).round(2))

# %% [markdown]
# Dropout sets a trap for the gradient check: draw a new mask for every forward pass, and the two nudged losses belong
# to two different networks. The cell nudges one weight, first with one mask for both sides, then with new ones.

# %%
hidden = forward(start(), X[:50])[0]
dropped = lambda params, mask: autodiff.softmax_cross_entropy(
    (forward(params, X[:50])[0] * mask / keep) @ params["W2"] + params["b2"], y[:50])
nudge = np.zeros((64, 32))
nudge[20, 3] = 1e-5
up, down = ({**start(), "W1": start()["W1"] + sign * nudge} for sign in (1, -1))
draw = lambda: rng.random(hidden.shape) < keep
mask = draw()
slope = autodiff.grad(lambda W1: dropped({**start(), "W1": W1}, mask))(start()["W1"])[20, 3]
table(["way", "slope"],
      [("analytic", slope),
       ("one mask", (dropped(up, mask) - dropped(down, mask)) / 2e-5),
       ("two masks", (dropped(up, draw()) - dropped(down, draw())) / 2e-5)], digits=6)

# %% [markdown]
# Dropout was made for large networks. One as small as ours, on these digits, gains nothing from it.

# %% [markdown]
# ## L2
#
# The regularizer $\frac{\text{reg}}{2} \sum w^2$ has the gradient $\text{reg} \cdot w$: in each step every weight
# shrinks by the same share. What the data does not ask for fades away. The biases are left alone.
#
# The weights of a hidden unit can be looked at: 64 numbers, one per pixel. The picture shows eight units, trained
# without (above) and with L2 (below): red is negative, blue positive. Without it, the weights of pixels that never
# have ink still hold the random numbers of their start. With it they have faded.

# %%
def with_l2(reg):
    return lambda params, rows: {name: grad + (reg * params[name] if name[0] == "W" else 0)
                                 for name, grad in by_hand(params, rows).items()}

units, reads = [], []
for reg in (0.0, 0.003):
    params, _ = train(start(), with_l2(reg), epochs=30, rate=0.3)
    units += [params["W1"][:, k] for k in range(8)]
    reads.append((reg, f"{share_right(params, digits.X_held_out, digits.y_held_out):.1%}"))

images(units, titles=[], rows=["reg 0", "reg 0.003"], signed=True)

# %%
table(["reg", "held-out digits read right"], reads)

# %% [markdown]
# ## Break it
#
# Somebody's gradient of the regularizer is `2 * reg * w`: twice too large. The gradient check below compares it with
# the nudged loss. As it stands, nothing shows. Change one number so that the mistake is exposed.

# %%
reg = 0.0

params = start()
def regularized(params):
    size = sum((params[name]**2).sum() for name in ("W1", "W2"))
    return loss_of(params, X[:50], y[:50]) + 0.5 * reg * size

nudge = np.zeros((64, 32))
nudge[20, 3] = 1e-5
numeric = (regularized({**params, "W1": params["W1"] + nudge}) - regularized(
    {**params, "W1": params["W1"] - nudge})) / 2e-5
grads = backward(params, X[:50], y[:50], *forward(params, X[:50]))
wrong = (grads["W1"] + 2 * reg * params["W1"])[20, 3]
print(f"numeric {numeric:.6f}   somebody's {wrong:.6f}")
print("Found: with this reg the check exposes the mistake."
      if abs(numeric - wrong) > 1e-5 * abs(numeric) else
      "Hidden: here both agree. Change a number, and run the cell again.")

# %% [markdown]
# With `reg = 0` every regularizer is right. A check is worth as much as the place where it is made.

# %% [markdown]
# ## Your turn
#
# [Assignment 8](../exercises/08_train_digits/08_train_digits.ipynb) has seven functions.
#
# - `init_params`: "Where to start".
# - `loss_and_grads`: "Two layers, by hand".
# - `batchnorm_backward`: "Batch norm". `dropout_backward`: "Dropout".
# - `check_all`: "Check before you train".
# - `overfit_tiny`: "Overfit twenty images first".
# - `train`: "Train".

# %% [markdown]
# ## Recall
#
# Answer each question in your head, then open it.
#
# <details>
# <summary>1. The loss of a ten-class network stays at 2.30. What do you look at first?</summary>
#
# 2.30 is ln 10: the network guesses. Do the labels still belong to their images? Do gradients arrive at the first
# layer, or is it saturated or dead? Can it learn twenty images by heart?
#
# </details>
#
# <details>
# <summary>2. Why does one x have three paths to the output of batch norm?</summary>
#
# It is an entry itself, it moves the mean of its column, and it moves the variance. The contributions of all three
# add up, as at every fork.
#
# </details>
#
# <details>
# <summary>3. The gradient check passes, and the network does not learn. How can that be?</summary>
#
# The gradient is right for the loss that you wrote. If that is clipped, or its units are saturated or dead, the right
# gradient is 0. A check compares numbers; it does not ask whether they are of any use.
#
# </details>
