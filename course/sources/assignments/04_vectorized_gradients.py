# %% [markdown]
# # Assignment 4 · Vectorized gradients
#
# Until now one number flowed along each edge. Here whole arrays flow: batches of examples, matrices of weights.
# The rule does not change: **upstream gradient × local gradient**. Two things help you through the indices.
#
# - **A gradient has the shape of what it belongs to.** `dW` has the shape of `W`, always.
# - **Copying is a fork.** Where one value was used many times, its gradients add up.
#
# Axes have names here: N rows (the examples of a batch), D inputs, M outputs, C classes.
# When you are lost, write the formula for one entry with its indices, and differentiate that.
#
# `check(f)` tells you at once, in words, what is wrong. `hint(f)` helps on. The graded cells also try edge cases:
# square matrices, a single row, ties, integers, huge numbers.
#
# [Lesson 4](../../lessons/04_vectorized_gradients.ipynb) is the companion to this notebook.

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown] exercise matmul_backward
# ## 4.1 Matrix product
#
# The gate computes $D = W X$, for example with `W` of shape (5, 10) and `X` of shape (10, 3). You get `dD`, of
# shape (5, 3).
#
# One entry is $D_{ij} = \sum_k W_{ik} X_{kj}$. Which entries of `D` does one entry of `W` move?
#
# The shapes alone often show the way. They fail for square matrices: with 5×5 matrices the products of `dD` and
# `X`, in either order, each with or without transposes, are eight, they all fit, and one of them is `dW`.

# %% answer matmul_backward
def matmul_backward(dD, W, X):
    """Backward pass of D = W @ X.

    dD: upstream gradient, of shape (N, M); W: (N, K); X: (K, M)
    Returns dW, dX.
    """
    ### BEGIN SOLUTION
    # D[i, j] = sum over k of W[i, k] X[k, j]: so dW[i, k] sums dD[i, j] X[k, j] over j, and dX[k, j]
    # sums W[i, k] dD[i, j] over i.
    return dD @ X.T, W.T @ dD
    ### END SOLUTION

# %% check matmul_backward
# %% grade matmul_backward
# %% [markdown] exercise affine_backward
# ## 4.2 Affine layer
#
# The layer computes `x @ w + b`: each of the N rows of `x` has D numbers and gives M. The same `b` is added to
# every row. So `b` is a **fork** with N branches.

# %% answer affine_backward
def affine_backward(dout, x, w, b):
    """Backward pass of x @ w + b.

    dout: upstream gradient, of shape (N, M); x: (N, D); w: (D, M); b: (M,)
    Returns dx, dw, db.
    """
    ### BEGIN SOLUTION
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)    # b went into every row, so its gradients add up over the rows
    return dx, dw, db
    ### END SOLUTION

# %% check affine_backward
# %% grade affine_backward
# %% [markdown] exercise unbroadcast
# ## 4.3 Undo a broadcast
#
# When numpy broadcasts, it copies: a bias of shape (4,) that meets an array of shape (5, 4) is used five times.
# The gradient comes back in the large shape, (5, 4), and must become (4,) again: the gradients of the copies add
# up.
#
# Broadcasting does two things. It puts new axes **in front**, and it stretches axes **of length 1**. From
# (1, 1, 3) to (2, 4, 3) it stretches the axes 0 and 1.

# %% answer unbroadcast
def unbroadcast(grad, shape):
    """Sum a gradient over the copies that broadcasting made.

    grad: gradient in the shape after broadcasting; shape: the shape before it, a tuple, perhaps ()
    Returns the gradient in that shape.
    """
    ### BEGIN SOLUTION
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)                            # axes that were put in front
    for axis, n in enumerate(shape):
        if n == 1:
            grad = grad.sum(axis=axis, keepdims=True)      # axes that were stretched
    return grad
    ### END SOLUTION

# %% check unbroadcast
# %% grade unbroadcast
# %% [markdown] exercise mul_broadcast_backward
# ## 4.4 Multiply, with broadcasting
#
# The gate computes `a * b` as numpy does. A column of shape (3, 1) times a row of shape (4,) is a table of shape
# (3, 4): both inputs were copied. Each gradient goes back to the shape of its input.

# %% answer mul_broadcast_backward
def mul_broadcast_backward(dout, a, b):
    """Backward pass of a * b, with broadcasting.

    dout: upstream gradient, of the product's shape; a, b: arrays (or numbers) that broadcast to it
    Returns da, db, each in the shape of its input.
    """
    ### BEGIN SOLUTION
    def sum_copies(grad, shape):
        new = grad.ndim - len(shape)
        copied = [k for k in range(grad.ndim) if k < new or shape[k - new] == 1]
        return grad.sum(axis=tuple(copied)).reshape(shape)

    # First the product rule, in the large shape; then each input sums over its copies.
    return sum_copies(dout * b, np.shape(a)), sum_copies(dout * a, np.shape(b))
    ### END SOLUTION

# %% check mul_broadcast_backward
# %% grade mul_broadcast_backward
# %% [markdown] exercise sum_backward
# ## 4.5 Sum
#
# The gate computes `x.sum(axis, keepdims=keepdims)`. Copying adds on the way back; **adding copies on the way
# back**. `axis` may be `None` (all axes), a number (perhaps negative) or a tuple of numbers.
#
# Beware of square arrays: numpy lays a row of shape (3,) along the last axis of a (3, 3) array and never
# complains, even when it was the rows that were summed.

# %% answer sum_backward
def sum_backward(dout, shape, axis=None, keepdims=False):
    """Backward pass of x.sum(axis, keepdims=keepdims).

    dout: upstream gradient, of the sum's shape; shape: the shape of x
    Returns dx, of that shape.
    """
    ### BEGIN SOLUTION
    if axis is not None and not keepdims:
        dout = np.expand_dims(dout, axis)    # put the lost axes back, with length 1
    return dout * np.ones(shape)             # now broadcasting copies to the right places
    ### END SOLUTION

# %% check sum_backward
# %% grade sum_backward
# %% [markdown] exercise mean_backward
# ## 4.6 Mean
#
# The gate computes `x.mean(axis, keepdims=keepdims)`. When one of n numbers grows by 1, their mean grows by 1/n.
# How large is n? It is not always `shape[0]`.

# %% answer mean_backward
def mean_backward(dout, shape, axis=None, keepdims=False):
    """Backward pass of x.mean(axis, keepdims=keepdims).

    dout: upstream gradient, of the mean's shape; shape: the shape of x
    Returns dx, of that shape.
    """
    ### BEGIN SOLUTION
    n = np.prod(shape) / np.size(dout)       # so many elements went into one mean
    if axis is not None and not keepdims:
        dout = np.expand_dims(dout, axis)
    return dout / n * np.ones(shape)
    ### END SOLUTION

# %% check mean_backward
# %% grade mean_backward
# %% [markdown] exercise relu_backward
# ## 4.7 Relu
#
# The gate computes `max(x, 0)`, element by element: it is open where `x` is positive, and shut elsewhere.
#
# **A convention.** At x = 0 relu has a kink and no derivative. This course takes relu'(0) = 0, as PyTorch does.
#
# Leave `dout` as it is: others may still use it.

# %% answer relu_backward
def relu_backward(dout, x):
    """Backward pass of max(x, 0), element by element.

    dout: upstream gradient; dout and x are arrays of one shape
    Returns dx.
    """
    ### BEGIN SOLUTION
    return dout * (x > 0)
    ### END SOLUTION

# %% check relu_backward
# %% grade relu_backward
# %% [markdown] exercise max_axis_backward
# ## 4.8 Maximum along an axis
#
# The gate computes `x.max(axis)`. Max routes: the gradient goes to the element that won.
#
# **A convention.** Where several elements tie for the maximum, they share the gradient equally, as in PyTorch's
# `amax`.

# %% answer max_axis_backward
def max_axis_backward(dout, x, axis):
    """Backward pass of x.max(axis).

    dout: upstream gradient, of the shape of x without that axis; axis: one number
    Returns dx, of the shape of x.
    """
    ### BEGIN SOLUTION
    won = x == x.max(axis=axis, keepdims=True)
    share = won / won.sum(axis=axis, keepdims=True)    # winners that tie share equally
    return np.expand_dims(dout, axis) * share
    ### END SOLUTION

# %% check max_axis_backward
# %% grade max_axis_backward
# %% [markdown] exercise softmax_backward
# ## 4.9 Softmax
#
# Softmax turns each row of numbers z into probabilities p that add up to 1:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, \qquad \frac{\partial p_i}{\partial z_j} = p_i\,([i = j] - p_j)$$
#
# Every p of a row depends on **every** z of that row: when one probability rises, the others fall. The gate kept
# its output, so you get `p`.
#
# With dout = (1, 2, −1) and p = (0.2, 0.3, 0.5) the gradient is (0.14, 0.51, −0.65). It adds up to 0. Why must
# it?

# %% answer softmax_backward
def softmax_backward(dout, p):
    """Backward pass of the softmax of each row, given its output.

    dout: upstream gradient; p: the probabilities; both of shape (N, C)
    Returns dz, of the same shape.
    """
    ### BEGIN SOLUTION
    # dz_j = sum over i of dout_i p_i ([i = j] - p_j) = p_j (dout_j - sum over i of dout_i p_i)
    return p * (dout - (dout * p).sum(axis=1, keepdims=True))
    ### END SOLUTION

# %% check softmax_backward
# %% grade softmax_backward
# %% [markdown] exercise softmax_cross_entropy
# ## 4.10 Softmax with cross-entropy
#
# A classifier gives C numbers for each example, its **logits**. The loss of one example is minus the logarithm
# of the probability that softmax gives to its label; the loss of a batch is the **mean** over its N rows. With
# ten classes and all logits 0 the loss is ln 10 = 2.3026.
#
# Together the two gates have a simpler gradient than either of them alone. Derive it.
#
# Logits may be as large as ±1000, where $e^{1000}$ overflows. Subtracting one number from all logits of a row
# does not change its softmax. And a small probability is rounded to 0, so take the logarithm before you divide.

# %% answer softmax_cross_entropy
def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of the softmax of each row, and its gradient.

    logits: (N, C); labels: N integers from 0 to C - 1, an array
    Returns loss, dlogits: a number, and an array of shape (N, C).
    """
    ### BEGIN SOLUTION
    rows = np.arange(len(labels))
    z = logits - logits.max(axis=1, keepdims=True)               # now the largest logit of a row is 0
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))      # log of the quotient, without the quotient
    loss = -logp[rows, labels].mean()
    dlogits = np.exp(logp)
    dlogits[rows, labels] -= 1                                   # p - 1 at the label, p elsewhere
    return loss, dlogits / len(labels)
    ### END SOLUTION

# %% check softmax_cross_entropy
# %% grade softmax_cross_entropy
# %% [markdown] exercise mse
# ## 4.11 Mean squared error
#
# The loss is the mean of (pred − target)² over **all** elements, as in PyTorch: over N·C of them, not over N.
#
# **Refuse what does not fit.** A prediction of shape (4, 1) minus a target of shape (4,) is an array of shape
# (4, 4), without a word from numpy: each prediction is compared with each target. Training then goes wrong in
# silence. When the two shapes differ, raise an error whose message says so.

# %% answer mse
def mse(pred, target):
    """Mean squared error over all elements, and its gradient.

    pred, target: arrays of one shape; raises ValueError, with a message, if their shapes differ
    Returns loss, dpred.
    """
    ### BEGIN SOLUTION
    if pred.shape != target.shape:
        raise ValueError(f"pred has shape {pred.shape} and target {target.shape}; they should be the same")
    off = pred - target
    return (off**2).mean(), 2 * off / off.size
    ### END SOLUTION

# %% check mse
# %% grade mse
# %% [markdown] exercise permute_backward
# ## 4.12 Permute axes
#
# The gate computes `np.transpose(x, axes)`: axis `axes[0]` of x becomes axis 0 of the output, and so on. No
# number changes, only its place. The gradient goes the same way back.
#
# For a matrix, with axes (1, 0), the way there and the way back are the same. For (2, 0, 1) they are not.

# %% answer permute_backward
def permute_backward(dout, axes):
    """Backward pass of np.transpose(x, axes).

    dout: upstream gradient, of the output's shape; axes: a tuple, a permutation of 0, 1, ...
    Returns dx, of the shape of x.
    """
    ### BEGIN SOLUTION
    return np.transpose(dout, np.argsort(axes))    # argsort of a permutation is its inverse
    ### END SOLUTION

# %% check permute_backward
# %% grade permute_backward
# %% [markdown] exercise take_rows_backward
# ## 4.13 Take rows
#
# The gate computes `x[rows]`: it takes rows of x by their indices, as an embedding looks up words. A row may be
# taken several times, or never.
#
# With `rows = [1, 1, 2]` row 1 is a fork with two branches. A row that was never taken has gradient 0.

# %% answer take_rows_backward
def take_rows_backward(dout, rows, n):
    """Backward pass of x[rows].

    dout: upstream gradient, of shape (len(rows), D); rows: list or array of indices >= 0, maybe empty
    n: the number of rows of x
    Returns dx, of shape (n, D).
    """
    ### BEGIN SOLUTION
    dx = np.zeros((n, dout.shape[1]))
    for k, row in enumerate(rows):
        dx[row] += dout[k]      # one at a time: dx[rows] += dout would add a repeated row only once
    return dx
    ### END SOLUTION

# %% check take_rows_backward
# %% grade take_rows_backward
# %% [markdown] exercise gradient_check
# ## 4.14 Gradient check
#
# How do you know that a backward pass is right? You compare it with a numeric gradient. `f` takes an array and
# gives an array; `dout` weighs its entries, so `analytic` should be the gradient of the number
# `(f(x) * dout).sum()`. Nudge each element of `x` up and down by a small h:
#
# $$\text{numeric}_i = \sum \text{dout} \cdot \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$
#
# Return the largest |analytic − numeric|, divided by the largest absolute value in either of the two, or 0 when
# both are 0. For f(x) = x² and twice its gradient that is 0.5. Above 0.00001 a gradient counts as **flagged**.
#
# Your check is graded on what it can tell apart: twelve wrong gradients and twelve right ones. No element of x
# lies nearer to a kink of f than 0.0001. `x` may hold integers or float32, and should be afterwards what it was.

# %% answer gradient_check
def gradient_check(f, x, dout, analytic):
    """Compare a gradient with the numeric one.

    f: a function from an array to an array; x: an array; dout: an array of the shape of f(x)
    analytic: what may be the gradient of (f(x) * dout).sum() with respect to x
    Returns the largest difference, relative to the largest element of both: a float.
    """
    ### BEGIN SOLUTION
    x = np.array(x, dtype=float)      # a copy, so that x stays as it was; float64, so that h is not lost in rounding
    h = 1e-5                          # much smaller, and rounding drowns the difference; much larger, and f bends
    numeric = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        up = f(x)
        x[i] = kept - h
        down = f(x)
        x[i] = kept
        numeric[i] = ((up - down) * dout).sum() / (2 * h)
    largest = max(np.abs(analytic).max(), np.abs(numeric).max())
    return np.abs(analytic - numeric).max() / largest if largest else 0.0
    ### END SOLUTION

# %% check gradient_check
# %% grade gradient_check
# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
