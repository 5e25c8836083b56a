# %% [markdown]
# # Lesson 4 · Vectorized gradients
#
# After this lesson you can
#
# - write the backward pass of a matrix product, a bias, a sum, a relu and a softmax, for whole arrays at once;
# - use shapes to find a formula, and know when shapes are not enough;
# - check any gradient by finite differences, and choose the step size.

# %% [markdown]
# ## Why arrays
#
# A layer with a thousand inputs and a thousand outputs has a million weights. Nobody draws a million × gates.
#
# Nothing new happens to any one of those numbers: upstream gradient × local gradient, and add at a fork.
# What is new is bookkeeping. Which number of the result was touched by which number of the input?
# Answer that for **one index**, and the array formula writes itself.

# %%
import itertools
import time

import ipywidgets as widgets
import numpy as np

import autodiff
from course import fold, graph, practice, predict
from course.figures import bars, beside, curves, marked, table

# %% [markdown]
# ## Predict first
#
# $D = W X$ with $W$ of shape (5, 10) and $X$ of shape (10, 3). Change the single number `W[2, 7]`.
# How many of the 15 numbers of $D$ change?

# %%
rng = np.random.default_rng(4)
guess = ...
predict(guess, "how many change")

# %% [markdown]
# ## A graph of arrays
#
# Each node of this graph holds a whole array. The graph is as small as one for single numbers: a product, a bias,
# a σ, and a sum that makes one number of it all. Step through it, click a gate to see its arrays, and click an entry of
# them: which row meets which column, and what does an entry of $b$ collect?

# %%
graph(lambda X, W, b: autodiff.sigmoid(X @ W + b).sum(),
      X=[[1.0, -2.0], [0.5, 1.5], [-1.0, 0.0]], W=[[0.5, -1.0], [2.0, 0.25]], b=[0.1, -0.3])

# %% [markdown]
# Every gradient has the shape of its value. Hold on to that rule: it finds many mistakes before any number does.

# %% [markdown]
# ## One index first
#
# Here is one number of $D = W X$, as a sum:
#
# $$D_{ij} = \sum_k W_{ik} X_{kj}$$
#
# Where does one weight $W_{ik}$ occur? In row $i$ of $D$, once in each column $j$, multiplied by $X_{kj}$.
# It is a fork with one branch per column. At a fork gradients add:
#
# $$dW_{ik} = \sum_j dD_{ij}\, X_{kj}$$
#
# The picture shows the weight in red, the row of $X$ that it meets in green, and the row of $D$ that it touches
# in grey.

# %%
def draw_entry(i=2, k=7):
    return marked(("W", (5, 10), (i, k)), ("X", (10, 3), (k, None)), ("D", (5, 3), (i, None)))

fold("The picture", after="how many change")
draw_entry()

# %% [markdown]
# Choose another weight. (Without a running kernel the picture above stands for it.)

# %%
fold("The picture, for any weight", after="how many change")
_ = widgets.interact(draw_entry,
                     i=widgets.IntSlider(value=2, min=0, max=4, description="row i"),
                     k=widgets.IntSlider(value=7, min=0, max=9, description="column k"))

# %% [markdown]
# Now read the sum again. It runs over $j$, the last index of both factors. A matrix product runs over the last
# index of the first factor and the **first** index of the second. So $X$ must be transposed:
#
# $$dW = dD\; X^\top$$
#
# and in the same way
#
# $$dX = W^\top\, dD$$
#
# The cell compares one entry three ways: the sum, the product, and a nudge.

# %%
W, X, dD = rng.normal(size=(5, 10)), rng.normal(size=(10, 3)), rng.normal(size=(5, 3))
i, k, h = 2, 7, 1e-6

nudged = W.copy()
nudged[i, k] += h
table(["way", "entry of dW"], [("sum over j", sum(dD[i, j] * X[k, j] for j in range(3))),
                               ("dD @ X.T", (dD @ X.T)[i, k]),
                               ("nudge", np.sum(dD * (nudged @ X - W @ X)) / h)])

# %% [markdown]
# The loops and the product do the same arithmetic. The product hands it to a library in one piece.

# %%
def by_loops(dD, X):
    dW = np.zeros((len(dD), len(X)))
    for i, k, j in itertools.product(range(len(dD)), range(len(X)), range(X.shape[1])):
        dW[i, k] += dD[i, j] * X[k, j]
    return dW

large, rows = (rng.normal(size=(40, 20)), rng.normal(size=(30, 20))), []
for name, way in {"loops": by_loops, "product": lambda dD, X: dD @ X.T}.items():
    start = time.perf_counter()
    way(*large)
    rows.append((name, (time.perf_counter() - start) * 1e3))
table(["way", "milliseconds"], rows, digits=3)

# %% [markdown]
# ### What is never built
#
# All derivatives of $D$ with respect to $W$ would make a Jacobian of 15 rows and 50 columns: 750 numbers, most of
# them 0. The backward pass needs only its product with the upstream gradient, and that is `dD @ X.T`.
#
# One such vector-Jacobian product for each node: this is all that backpropagation on arrays does
# (Goodfellow, Bengio and Courville 2016, section 6.5). A tensor groups scalars; the rule stays the same.

# %% [markdown]
# ## The shapes tell
#
# You need not remember where the transpose goes (Karpathy 2015, CS231n notes, "Gradients for vectorized
# operations"). `dW` has the shape of `W`, (5, 10). You have `dD` of shape (5, 3) and `X` of shape (10, 3).
# The 3 must disappear, so it stands in the middle: (5, 3) times (3, 10).
#
# There are eight ways to multiply two matrices that may be transposed. The cell tries them all.

# %%
def products(A, B):
    """Each product of A and B, in both orders, transposed or not: (its text, result)."""
    forms = lambda name, M: [(name, M), (name + ".T", M.T)]
    for (a, left), (b, right) in itertools.product(forms("dD", A), forms("X", B)):
        for text, one, two in [(f"{a} @ {b}", left, right), (f"{b} @ {a}", right, left)]:
            fits = one.shape[1] == two.shape[0]
            yield text, one @ two if fits else None

table(["product", "result", ""],
      [(text, "does not multiply" if result is None else result.shape,
        "the shape of W" if result is not None and result.shape == W.shape else "")
       for text, result in products(dD, X)])

# %% [markdown]
# ### Where the shapes fail
#
# Now let everything be square, 5×5. All eight products fit. One is right.

# %%
W5, X5, dD5 = (rng.normal(size=(5, 5)) for _ in range(3))
right = autodiff.vjp(lambda W: W @ X5, W5)[1](dD5)[0]

table(["product", "result", "largest error"],
      [(text, result.shape, np.abs(result - right).max()) for text, result in products(dD5, X5)])

# %% [markdown]
# So shapes can tell you that a formula is wrong. They can't tell you that it is right.
#
# - Test with sizes that are all different: $N$, $D$, $M$ and never two alike.
# - Then test one square case by its values.
# - In doubt, go back to one index.

# %% [markdown]
# **Practice.** Choose the line of numpy for each gradient. $G$ is what arrives at the last gate.

# %%
practice("shapes")

# %% [markdown]
# ## The bias is a fork
#
# From here on each **row** of $X$ is one example, as in most libraries: $X$ is (N, D), $W$ is (D, M), $b$ is (M,).
#
# $$Y = X W + b$$
#
# The same $b$ is added to every row. It is used $N$ times: a fork with $N$ branches. So the gradients of all rows
# come back to it, and they **add**.
#
# Its shape is (M,) again: the axis of the rows is summed away. No mean, and no axis of length 1 left behind.

# %%
X, W, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=2)
dY = rng.normal(size=(3, 2))

db = autodiff.vjp(lambda b: X @ W + b, b)[1](dY)[0]
print("rows of dY\n", dY.round(4))
print("gradient of b", db.round(4))

# %% [markdown]
# Add up each column of `dY` in your head, roughly. You get the gradient of $b$.

# %% [markdown]
# ## Broadcasting is a fork
#
# numpy stretches arrays of different shapes to a common one. A column (3, 1) times a row (4,) makes (3, 4).
# Stretching copies numbers, and a copy is a fork. So the way back is always a sum, over the axes that were stretched.
#
# There are two kinds of them. Compare the shapes from the right.
#
# | shape | stretched to | new axes in front | axes of length 1 |
# |---|---|---|---|
# | (4,) | (5, 4) | axis 0: sum, it disappears | none |
# | (3, 1) | (3, 4) | none | axis 1: sum, and keep it with length 1 |
# | (1, 3) | (2, 4, 3) | axis 0: sum, it disappears | axis 1: sum, and keep it with length 1 |

# %%
a, row = rng.normal(size=(3, 1)), rng.normal(size=4)
dout = rng.normal(size=(3, 4))
da, drow = autodiff.vjp(lambda a, row: a * row, a, row)[1](dout)

print("a * row has shape", (a * row).shape, "  da", da.shape, "  drow", drow.shape)
print("one entry of da by hand:", sum(dout[0, j] * row[j] for j in range(4)).round(4))
print("         and by autodiff:", da[0, 0].round(4))

# %% [markdown]
# Two rules in a row, as always: first × swaps (`dout * row`), then the fork adds up.

# %% [markdown]
# **Practice.** Again, with an eye on what was repeated: where must you sum, and along which axis?

# %%
practice("shapes")

# %% [markdown]
# ## Sums and means
#
# A sum is an add gate with many inputs. Add copies: each input receives the gradient of the sum it went into.
# So the backward pass of a **sum** is a **stretch**, and the backward pass of a stretch is a sum. They are a pair.
#
# - Sum over axis 1 of a (3, 4) array: the result has 3 numbers, one per row. Its gradient belongs to the rows, so it
#   must stand as a column before it is spread. Spread as a row it lands on the wrong axis.
# - A mean is a sum divided by how many there were, and so is its gradient.
# - A max over an axis routes to the winner. Here winners that tie share equally.

# %%
x = np.array([[1.0, 7.0, 3.0, 0.0], [5.0, 2.0, 5.0, 1.0], [4.0, 0.0, 6.0, 2.0]])
dout = np.array([10.0, 20.0, 30.0])                    # one number per row

for name, reduce in {"sum": np.sum, "mean": np.mean, "max": np.max}.items():
    print(name)
    print(autodiff.vjp(lambda x, reduce=reduce: reduce(x, axis=1), x)[1](dout)[0])

# %% [markdown]
# In the second row two numbers tie for the maximum. Each of them receives half of 20.

# %% [markdown]
# ### Two losses made of means
#
# The **mean squared error**, MSE, is the mean of $(p - t)^2$ over **all** elements, as in PyTorch. Its gradient is
# $2\,(p - t)$, divided by the number of elements.
#
# The **mean absolute error**, MAE, is the mean of $|p - t|$. Its gradient is only a sign, divided by that number:
# far off or nearly right, the pull is the same. That makes it calm about outliers, and restless near the goal.
#
# One trap. If $p$ has shape (N, 1) and $t$ has shape (N,), the difference broadcasts to (N, N). The loss is a number
# all the same, of the wrong thing.

# %%
p, t = np.array([[1.0, 2.0], [3.0, 10.0]]), np.array([[0.5, 2.5], [2.0, 4.0]])
mae = lambda p: autodiff.mean(autodiff.abs(p - t))

print("MSE", autodiff.grad(lambda p: autodiff.mse(p, t))(p).tolist())
print("MAE", autodiff.grad(mae)(p).tolist())
print("shape of (N, 1) minus (N,):", (np.zeros((5, 1)) - np.zeros(5)).shape)

# %% [markdown]
# ## Relu
#
# $\text{relu}(x) = \max(x, 0)$, element by element. It is a gate that is open or closed. Open, it passes the
# gradient unchanged; closed, it passes 0.
#
# What opens it is its **input** $x$ in the forward pass. Neither the sign of the gradient nor how large the output
# is has a say. A convention: at exactly 0 the slope is 0, as in PyTorch.
#
# The plots show three gates that networks put between their layers: their values, then their slopes. Only relu has
# slope 1 all the way out to the right.

# %%
x = np.linspace(-4, 4, 401)
gates = {"relu": autodiff.relu, "tanh": np.tanh, "sigmoid": autodiff.sigmoid}
values = {name: f(x) for name, f in gates.items()}
slopes = {name: autodiff.vjp(f, x)[1](np.ones_like(x))[0] for name, f in gates.items()}
beside(curves(x, values, x="x", y="value", ylim=(-1.2, 4)),
       curves(x, slopes, x="x", y="slope", ylim=(-0.05, 1.1)))

# %% [markdown]
# The price: a unit that is closed for all examples gets no gradient at all, and stays closed. It is called dead.
# A saturated sigmoid lets a little through; a dead relu lets nothing through.
#
# The cell runs relu's backward pass on four numbers. Which of the four upstream gradients get through?

# %%
x = np.array([-2.0, 3.0, 0.0, 0.5])
dout = np.array([10.0, -20.0, 30.0, -40.0])
print(autodiff.vjp(autodiff.relu, x)[1](dout)[0])

# %% [markdown]
# **Practice.** A whole small network, in single numbers: two hidden relus, one output, a squared error.

# %%
practice("networks")

# %% [markdown]
# ## Softmax and cross-entropy
#
# A classifier ends in one number per class, the logits $z$. Softmax makes probabilities of them:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
#
# Raise one logit, and **every** probability moves: its own up, all others down, since they share one denominator.
# One index first:
#
# $$\frac{\partial p_i}{\partial z_j} = p_i\,(1 - p_i)\ \text{ if } i = j$$
#
# $$\frac{\partial p_i}{\partial z_j} = -p_i\,p_j\ \text{ if not}$$
#
# Each $z_j$ is a fork to all $p_i$: multiply each local gradient by its `dout[i]`, and add. Simplify that sum on paper
# before you write code: no Jacobian is needed.

# %%
z = np.array([1.0, 2.0, 3.0])
p = autodiff.softmax(z)
print("p      ", p.round(4))
print("slopes of p for the first logit", autodiff.jacobian(autodiff.softmax)(z)[:, 0].round(4))

# %% [markdown]
# ### Large logits
#
# $e^{1000}$ does not fit into a number. Subtract the largest logit of the row first: all exponents are 0 or less,
# and the probabilities are the same, since the factor cancels. A very small one is still rounded to 0, and ln 0 is
# −∞. Where you need its logarithm, write the logarithm of the quotient as a difference.
#
# Must you send a gradient through that maximum? No. The shift changes nothing, so its gradient adds up to 0.

# %% [markdown]
# ### With its loss
#
# The cross-entropy of a row with label $y$ is $-\ln p_y$, and the loss is the mean over $N$ rows. Through both
# gates at once nearly everything cancels:
#
# $$\frac{\partial L}{\partial z_j} = \frac{p_j - [j = y]}{N}$$
#
# where $[j = y]$ is 1 for the right class and 0 else. It is the $f - t$ of lesson 3 again. The $1/N$ belongs to the
# mean: divide once, in the loss or in the layer, and not in both.
#
# With ten classes and all logits 0, the loss is $\ln 10 = 2.3026$. Look for that number at the start of a training.
#
# The plot shows the probabilities as green bars, and the gradient as red ones: they pull the label's logit
# up and push all others down. The pull equals the push: the red bars add up to 0.

# %%
def draw_softmax(z0=1.0, z1=2.0, z2=3.0, label=0):
    loss_of = lambda z: autodiff.softmax_cross_entropy(z, [label])
    z = np.array([z0, z1, z2])
    loss, dz = autodiff.value_and_grad(loss_of)(z[None])
    return bars([f"class {c} (label)" if c == label else f"class {c}" for c in range(3)],
                {"probability p": autodiff.softmax(z), "gradient of the logit": dz[0]},
                ylim=(-1.05, 1.05), title=f"loss {loss:.4f}")

draw_softmax()

# %% [markdown]
# Move the logits. When is the gradient nearly 0?

# %%
logits = {f"z{c}": widgets.FloatSlider(value=c + 1, min=-5, max=5, step=0.5) for c in range(3)}
label = widgets.Dropdown(options=[0, 1, 2], description="label")
_ = widgets.interact(draw_softmax, label=label, **logits)

# %% [markdown]
# ## Moving and picking
#
# Some gates compute nothing. They move numbers, and the gradients move back the same way.
#
# - **Transpose, permute.** Axis 0 of the result came from axis `axes[0]`. The way back is the inverse order,
#   which is not the same order again: try (2, 0, 1).
# - **Reshape.** Reshape back.
# - **Pick rows**, as an embedding does. Gradients go back to the rows they were taken from. Rows that were not taken
#   receive 0. A row that was taken twice is a fork, and receives the sum.

# %%
vectors, rows = np.zeros((4, 2)), [1, 1, 2]
dout = np.array([[1.0, 2.0], [10.0, 20.0], [5.0, 5.0]])
print(autodiff.vjp(lambda vectors: vectors[rows], vectors)[1](dout)[0])

wrong = np.zeros((4, 2))
wrong[rows] += dout                             # numpy writes each row once: the last one stays
print("lost a path:\n", wrong)

# %% [markdown]
# ### Each gate and its way back
#
# | forward | backward |
# |---|---|
# | copy, stretch | sum |
# | sum | copy, stretch |
# | mean of $n$ | copy, divided by $n$ |
# | max | route to the winner |
# | matrix product | product with the other factor, transposed |
# | permute | permute by the inverse |
# | pick | put back, and add |

# %% [markdown]
# ## Gradient checking
#
# You have a formula. Is it right? Nudge each input in turn, both ways, and compare:
#
# $$\frac{f(x + h) - f(x - h)}{2h}$$
#
# The error of this **centred difference** falls with $h^2$; that of the one-sided $(f(x + h) - f(x))/h$ only with $h$.
# But a small $h$ has a price, too. Two nearly equal numbers are subtracted, and their digits cancel.
#
# So the error over $h$ is a curve with two arms, a U. The plot shows it on logarithmic scales for $\sin$ at 1:
# the centred difference is best near $h = 10^{-5}$, the one-sided one near $10^{-8}$, and never as good.

# %%
steps = 10.0 ** np.arange(-15, 0.1, 0.25)
truth = np.cos(1.0)
centred = np.abs((np.sin(1 + steps) - np.sin(1 - steps)) / (2 * steps) - truth) / truth
one_sided = np.abs((np.sin(1 + steps) - np.sin(1)) / steps - truth) / truth

curves(steps, {"centred": centred, "one-sided": one_sided},
       x="step size h", y="relative error", log="xy")

# %% [markdown]
# Theory agrees. A float64 number has a relative spacing of $\varepsilon = 2.2 \times 10^{-16}$. The centred
# difference is best near $\sqrt[3]{\varepsilon} = 6.1 \times 10^{-6}$, the one-sided one near
# $\sqrt{\varepsilon} = 1.5 \times 10^{-8}$.
#
# In float32 $\varepsilon$ is $1.2 \times 10^{-7}$, and both arms of the U lie far higher. Check in float64.

# %% [markdown]
# ### How different is too different?
#
# A difference of 0.001 is nothing beside a gradient of 1000, and everything beside one of 0.001. So divide by the
# larger of the two, and mind the case when both are 0. That is the relative error:
#
# $$\frac{\max |\,\text{analytic} - \text{numeric}\,|}{\max(|\,\text{analytic}\,|,\ |\,\text{numeric}\,|)}$$
#
# Below $10^{-5}$ a smooth function in float64 has passed. A wrong formula is usually off by a factor, not by a
# hair.

# %% [markdown]
# ### What can fool a gradient check
#
# - **A kink.** If $-h < x < h$ for a relu, the two nudges fall on both sides. The difference is a mean of two slopes,
#   and a right formula seems wrong.
# - **Integers.** An array of integers swallows the nudge without a word.
# - **A lazy upstream gradient.** With ones as `dout` the gradient of a softmax is 0, and so is that of a function
#   that returns zeros. Draw it at random.
# - **Forgotten nudges.** Put each entry back before you go on to the next.

# %%
relu_near_0, rows = 1e-6, []
for h in (1e-5, 1e-7):
    difference = (max(relu_near_0 + h, 0) - max(relu_near_0 - h, 0)) / (2 * h)
    rows.append((f"{h:g}", difference, 1.0))
table(["step size h", "numeric slope of relu at 1e-6", "true slope"], rows)

# %%
whole = np.array([3, 4])
whole[0] += 1e-5
print("an integer array after a nudge:", whole)

# %% [markdown]
# ## Does every layer need a gradient function of its own?
#
# A reader of the CS231n notes wondered about that, having read that one never needs the full formula.
#
# Every **primitive** needs a rule: product, sum, exp, max, and a few dozen more. A layer that is made of primitives
# needs none: the backward pass goes through its parts. Here is a layer that nobody has written a rule for.

# %%
def strange_layer(X, W, b):
    h = X @ W + b
    return autodiff.tanh(h) * autodiff.sigmoid(h.mean(axis=0)) + h.max(axis=1, keepdims=True)

X, W, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=2)
dW = autodiff.grad(lambda W: strange_layer(X, W, b).sum())(W)

W_up, W_down = W.copy(), W.copy()
W_up[1, 0] += 1e-5
W_down[1, 0] -= 1e-5
numeric = (strange_layer(X, W_up, b).sum() - strange_layer(X, W_down, b).sum()) / 2e-5
print(f"autodiff {dW[1, 0]:.8f}   numeric {numeric:.8f}")

# %% [markdown]
# So why do libraries write rules for whole layers all the same? For two reasons.
#
# - **Speed and memory.** One rule in place of five saves four intermediate arrays.
# - **Numbers.** Softmax and cross-entropy taken apart divide by a probability that may be 0. Taken together they
#   give $p_j - [j = y]$, and nothing can go wrong.
#
# You may write one. You never must.

# %% [markdown]
# ## From gradients to steps
#
# A backward pass ends with one gradient for each weight array. The **optimizer** makes a step of it.
#
# - **SGD**, stochastic gradient descent: $w \leftarrow w - \text{lr} \cdot dw$, with the gradient of a few examples.
# - **Momentum** keeps a running mean of past gradients, and steps along that.
# - **Adam** also divides by a running size of each weight's gradient, so that all weights move at a similar pace
#   (Kingma and Ba 2015).
#
# None of them looks into the network. All they see are the gradients that you computed.

# %%
X, target = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
loss = lambda W: autodiff.mse(X @ W, target)

def sgd(W, lr=0.1):
    for _ in range(30):
        W = W - lr * autodiff.grad(loss)(W)
    return loss(W)

def adam(W, lr=0.1, keep=0.9, keep_size=0.999):
    mean, size = np.zeros_like(W), np.zeros_like(W)
    for step in range(1, 31):
        dW = autodiff.grad(loss)(W)
        mean = keep * mean + (1 - keep) * dW
        size = keep_size * size + (1 - keep_size) * dW**2
        W = W - lr * (mean / (1 - keep**step)) / (np.sqrt(size / (1 - keep_size**step)) + 1e-8)
    return loss(W)

start = np.array([[2.0], [-2.0], [2.0]])
table(["MSE at the start", "after 30 steps of SGD", "after 30 steps of Adam"],
      [(loss(start), sgd(start), adam(start))])

# %% [markdown]
# ## Break it
#
# Somebody writes `X @ dD.T` for the gradient of $W$ in $D = W X$, with square matrices, so that all shapes fit.
# On the matrices below the answer is right. Change one of them so that the mistake shows. You may change single
# numbers, or draw matrices at random.

# %%
X = np.ones((3, 3))
dD = np.array([[2.0, 2.0, 2.0], [2.0, 2.0, 2.0], [2.0, 2.0, 2.0]])

right = autodiff.vjp(lambda W: W @ X, np.zeros((3, 3)))[1](dD)[0]
wrong = X @ dD.T
print(f"largest difference {np.abs(right - wrong).max():.4f}")
print("Found: these matrices expose the wrong formula." if not np.allclose(right, wrong)
      else "Hidden: here both agree. Change X or dD, and run the cell again.")

# %% [markdown]
# The wrong formula gives the transpose of the right one. It hides wherever that is symmetric: with ones everywhere,
# with two identity matrices, with one single number. Random numbers are never symmetric by chance.

# %% [markdown]
# ## Your turn
#
# [Assignment 4](../exercises/04_vectorized_gradients/04_vectorized_gradients.ipynb) has fourteen functions.
#
# - `matmul_backward`: "The shapes tell". `affine_backward`: "The bias is a fork".
# - `unbroadcast` and `mul_broadcast_backward`: "Broadcasting is a fork".
# - `sum_backward`, `mean_backward`, `max_axis_backward` and `mse`: "Sums and means".
# - `relu_backward`: "Relu".
# - `softmax_backward` and `softmax_cross_entropy`: "Softmax and cross-entropy".
# - `permute_backward` and `take_rows_backward`: "Moving and picking".
# - `gradient_check`: "Gradient checking".

# %% [markdown]
# ## Recall
#
# Answer each question in your head, then open it.
#
# <details>
# <summary>1. A bias of shape (M,) is added to N rows. Which shape has its gradient, and which gate makes it?</summary>
#
# (M,), the shape of the bias. The stretch to N rows is a fork, so the N gradients are added, column by column.
#
# </details>
#
# <details>
# <summary>2. Your formula gives the right shape. What do you know?</summary>
#
# Only that it may be right. With square matrices eight products have that shape, and seven of them are wrong. Check
# one entry, or run a gradient check with a random upstream gradient.
#
# </details>
#
# <details>
# <summary>3. A gradient check gets worse when you make the step ten times smaller. Why?</summary>
#
# You are on the left arm of the U: two nearly equal numbers are subtracted, and their digits cancel.
# Go back towards $10^{-5}$.
#
# </details>
#
# Next: [lesson 5](05_pytorch_comparison.ipynb) finds one gradient in three ways, PyTorch's among them.
