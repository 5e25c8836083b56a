# %% [markdown]
# # Assignment 3 · The sigmoid neuron
#
# One neuron, taken apart and put together again: its gates, its gradient in one step, its loss, and the place where it
# stops learning.
#
# - `dout` is the **upstream gradient**, as always.
# - `out` is a gate's **output**, as the forward pass left it. The slopes of the sigmoid and of tanh are made of
#   the output, so nothing has to be computed twice.
# - A neuron has one weight for each input, and one more, the **bias**, which stands **last** in `w`.
#   Results come in the order of the arguments.
# - `check(f)` tells you at once, in words, what is wrong. `hint(f)` helps on.
# - The graded cells also try edge cases that `check` does not show.
#
# [Lesson 3](../../lessons/03_sigmoid_neuron.ipynb) is the companion to this notebook.

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown] exercise sigmoid
# ## 3.1 The sigmoid
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# It squeezes every number into the range from 0 to 1: σ(0) = 0.5 and σ(1) = 0.7311.
# At −1000 it should be 0, and at 1000 it should be 1, to the last digit that a computer has. A warning costs nothing;
# a `nan` or an `OverflowError` does.

# %% answer sigmoid
def sigmoid(x):
    """1 / (1 + e^-x), element by element.

    x: a number or an array, integers or not, of any size up to 1000 and beyond
    Returns a number, or an array of the shape of x.
    """
    ### BEGIN SOLUTION
    # The exponent is never positive, so nothing overflows: e is between 0 and 1.
    e = np.exp(-np.abs(x))
    return np.where(np.asarray(x) < 0, e, 1) / (1 + e)
    ### END SOLUTION

# %% check sigmoid
# %% grade sigmoid
# %% [markdown] exercise sigmoid_backward
# ## 3.2 Its slope
#
# The slope of the sigmoid can be told from its output alone: σ' = out · (1 − out).
# With dout = 1 and out = 0.7311 the gradient is 0.1966. The slope is largest at out = 0.5, where it is 0.25.

# %% answer sigmoid_backward
def sigmoid_backward(dout, out):
    """Backward pass of the sigmoid, given its output.

    dout: upstream gradient; dout and out are numbers, or arrays of one shape
    out: sigmoid(x), as the forward pass computed it
    Returns dx.
    """
    ### BEGIN SOLUTION
    return dout * out * (1 - out)
    ### END SOLUTION

# %% check sigmoid_backward
# %% grade sigmoid_backward
# %% [markdown] exercise neuron_forward
# ## 3.3 Forward, stage by stage
#
# The neuron is f = σ(w[0]·x[0] + w[1]·x[1] + w[2]). Eight stages make it, and each has a name:
#
# | stage | what it is | with w = [2, −3, −3], x = [−1, −2] |
# |---|---|---|
# | `w0x0` | w[0]·x[0] | −2 |
# | `w1x1` | w[1]·x[1] | 6 |
# | `sum` | `w0x0` + `w1x1` | 4 |
# | `dot` | `sum` + w[2] | 1 |
# | `neg` | −1 · `dot` | −1 |
# | `exp` | e to the power of `neg` | 0.3679 |
# | `plus1` | `exp` + 1 | 1.3679 |
# | `f` | 1 / `plus1` | 0.7311 |
#
# Keep all of them: the **cache** is what the backward pass lives on.

# %% answer neuron_forward
def neuron_forward(w, x):
    """All stages of the neuron of two inputs.

    w: three weights, the last of them the bias; x: two inputs
    Returns a dict: "w" and "x" as they came, and the numbers
    "w0x0", "w1x1", "sum", "dot", "neg", "exp", "plus1", "f".
    """
    ### BEGIN SOLUTION
    cache = {"w": w, "x": x}
    cache["w0x0"] = w[0] * x[0]
    cache["w1x1"] = w[1] * x[1]
    cache["sum"] = cache["w0x0"] + cache["w1x1"]
    cache["dot"] = cache["sum"] + w[2]
    cache["neg"] = -cache["dot"]
    cache["exp"] = np.exp(cache["neg"])
    cache["plus1"] = cache["exp"] + 1
    cache["f"] = 1 / cache["plus1"]
    return cache
    ### END SOLUTION

# %% check neuron_forward
# %% grade neuron_forward
# %% [markdown] exercise neuron_backward_gates
# ## 3.4 Backward, gate by gate
#
# Now the red numbers: for each stage, how fast f grows with it. Go back through the gates 1/x, +1, exp and × (−1), one
# after the other. Then through the sums, which copy, and the products, which swap.
#
# | stage | gradient |
# |---|---|
# | `f` | 1 |
# | `plus1` | −0.5344 |
# | `exp` | −0.5344 |
# | `neg` | −0.1966 |
# | `dot` | 0.1966 |
# | `dw` | [−0.1966, −0.3932, 0.1966] |
# | `dx` | [0.3932, −0.5898] |
#
# Every line is graded by itself. You are given the right cache, so an error in 3.3 does not follow you here.

# %% answer neuron_backward_gates
def neuron_backward_gates(cache, dout=1.0):
    """The gradients of all stages of the neuron, gate by gate.

    cache: what neuron_forward returns; dout: upstream gradient of f
    Returns a dict: the numbers "f", "plus1", "exp", "neg", "dot",
    "dw" of three entries and "dx" of two (lists or arrays).
    """
    ### BEGIN SOLUTION
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2  # 1/x
    dexp = dplus1                         # +1 passes it on
    dneg = dexp * cache["exp"]            # exp is its own slope
    ddot = -dneg                          # × (−1)
    dw = [ddot * x[0], ddot * x[1], ddot]  # + copies, × swaps; the bias is only added
    dx = [ddot * w[0], ddot * w[1]]
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": dw, "dx": dx}
    ### END SOLUTION

# %% check neuron_backward_gates
# %% grade neuron_backward_gates
# %% [markdown] exercise neuron_backward
# ## 3.5 Backward, in one step
#
# The last four gates together are the sigmoid, and its slope you know: (1 − f)·f = (1 − 0.7311) · 0.7311 = 0.1966. So
# one line leads from f to `dot`. The rest is as before, with w = [2, −3, −3] and x = [−1, −2]: dw is
# [−0.1966, −0.3932, 0.1966], and dx is [0.3932, −0.5898].
#
# Drawings of this neuron often show two digits: 1.37, −0.53, −0.20. Computed on with these, 0.73 · 0.27 is 0.1971, and
# 0.20 · 2 is 0.40 in place of 0.3932. Round what you print, never what you compute with.
#
# This time there may be **any number of inputs**. `w` has one entry more than `x`. Both are lists or arrays.

# %% answer neuron_backward
def neuron_backward(w, x, dout=1.0):
    """Gradients of the neuron f = sigmoid(w[0] x[0] + w[1] x[1] + ... + w[-1]).

    w: weights, the last of them the bias; x: inputs, one fewer (lists or arrays)
    dout: upstream gradient of f
    Returns dw, dx: lists or arrays, as long as w and x.
    """
    ### BEGIN SOLUTION
    w, x = np.asarray(w, float), np.asarray(x, float)
    f = 1 / (1 + np.exp(-(w[:-1] @ x + w[-1])))
    ddot = dout * (1 - f) * f
    return np.append(ddot * x, ddot), ddot * w[:-1]
    ### END SOLUTION

# %% check neuron_backward
# %% grade neuron_backward
# %% [markdown] exercise tanh_backward
# ## 3.6 tanh
#
# tanh has the sigmoid's form, but lies between −1 and 1. Its slope is 1 − out². With dout = 1 and out = 0.4621 the
# gradient is 0.7865. (From an output that isn't rounded it would be 0.7864.)

# %% answer tanh_backward
def tanh_backward(dout, out):
    """Backward pass of tanh, given its output.

    dout: upstream gradient; dout and out are numbers, or arrays of one shape
    out: tanh(x), as the forward pass computed it
    Returns dx.
    """
    ### BEGIN SOLUTION
    return dout * (1 - out**2)
    ### END SOLUTION

# %% check tanh_backward
# %% grade tanh_backward
# %% [markdown] exercise bce_backward
# ## 3.7 The loss that goes with it
#
# The neuron answers a question with yes or no, and t is the right answer, 1 or 0. Its loss is the **binary
# cross-entropy**:
#
# $$L = -\big(t \ln f + (1 - t) \ln(1 - f)\big)$$
#
# Going back through the logarithm and the sigmoid, nearly everything cancels: what arrives at the weighted sum is
# f − t. With w = [2, −3, −3], x = [−1, −2] and t = 1 it is 0.7311 − 1 = −0.2689. So dw is [0.2689, 0.5379, −0.2689]
# and dx is [−0.5379, 0.8068].
#
# Let it cancel on paper, before you write. If you divide by f or by 1 − f, a saturated neuron gives you `nan`.
# The sum may be as large as in 3.1.

# %% answer bce_backward
def bce_backward(w, x, t):
    """Gradients of the neuron's binary cross-entropy -(t ln f + (1 - t) ln(1 - f)).

    w: weights, the last of them the bias; x: inputs, one fewer (lists or arrays)
    t: the right answer, 0 or 1
    Returns dw, dx: lists or arrays, as long as w and x.
    """
    ### BEGIN SOLUTION
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = w[:-1] @ x + w[-1]
    e = np.exp(-np.abs(z))                  # as in 3.1: nothing overflows
    f = (1 if z >= 0 else e) / (1 + e)
    dz = f - t
    return np.append(dz * x, dz), dz * w[:-1]
    ### END SOLUTION

# %% check bce_backward
# %% grade bce_backward
# %% [markdown] exercise sgd_step
# ## 3.8 One step downhill
#
# The gradient points to where the loss grows. A step of gradient descent goes the other way, and `lr`, the **learning
# rate**, says how far: from w = 2 with the gradient −0.1966 and lr = 0.1, the step leads to 2.0197.
#
# Return new weights, and leave `w` as it is.

# %% answer sgd_step
def sgd_step(w, dw, lr):
    """One step of gradient descent.

    w, dw: weights and their gradient, numbers or arrays of one shape
    lr: learning rate, a positive number
    Returns the new weights; w is not changed.
    """
    ### BEGIN SOLUTION
    # `w -= lr * dw` would change the array that came in.
    return w - lr * dw
    ### END SOLUTION

# %% check sgd_step
# %% grade sgd_step
# %% [markdown] exercise vanishing_product
# ## 3.9 Why deep sigmoids stop learning
#
# Put sigmoids one behind the other. On the way back, each multiplies the gradient by its slope σ'(z), which is 0.25 at
# most. After ten of them, at z = 0 all, 0.25 to the power of 10 is left: 9.537e-07, about a millionth.
#
# And 0.25 is the best case: σ'(3) is 0.0452, and at 1000 there is nothing left at all.
#
# Without any sigmoid the gradient arrives unchanged: the product of an empty list is 1.

# %% answer vanishing_product
def vanishing_product(zs):
    """The product of the sigmoid's slopes at each z.

    zs: the sigmoids' inputs, a list or an array of numbers, of any size up to 1000 and beyond
    Returns a number.
    """
    ### BEGIN SOLUTION
    product = 1.0
    for z in zs:
        e = np.exp(-np.abs(z))          # the slope is the same for z and -z
        product *= e / (1 + e)**2
    return product
    ### END SOLUTION

# %% check vanishing_product
# %% grade vanishing_product
# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
