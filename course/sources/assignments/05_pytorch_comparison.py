# %% [markdown]
# # Assignment 5 · PyTorch beside your own work
#
# PyTorch does what you have done by hand: it records a graph in the forward pass and walks it back. Here you put
# three ways side by side: **by hand**, by `autodiff` (the small engine of this course), and **by PyTorch**.
#
# You don't need PyTorch for this assignment, and neither does the grader: it compares with values that PyTorch
# 2.13.0 gave. If PyTorch is installed, it is asked live as well. `python course setup torch` installs it.
#
# `check(f)` shows a first case of each exercise; the graded cells try the others.
#
# [Lesson 5](../../lessons/05_pytorch_comparison.ipynb) is the companion to this notebook.

# %% setup
import numpy as np

import autodiff
from course import check, grade, hint

try:
    import torch
    from torch.autograd import Function

    def exp(x):
        """e**x, of PyTorch's tensors and of arrays."""
        return torch.exp(x) if torch.is_tensor(x) else np.exp(x)

except (ImportError, OSError):
    torch = None
    exp = np.exp

    class Function:
        """Stands in for torch.autograd.Function."""

        saved_tensors = ()

        def save_for_backward(self, *tensors):
            self.saved_tensors = tensors

# %% [markdown] exercise r144_backward
# ## 5.1 By hand
#
# $$r = \big((x + y)\,z\big)^2$$
#
# At (−2, 5, −4) it is r = 144, and the gradients are 96, 96 and −72. You know all three gates. Write it with the
# forward pass, so that the result can be laid beside PyTorch's:
#
# ```python
# x, y, z = (torch.tensor(v, requires_grad=True) for v in (-2.0, 5.0, -4.0))
# r = ((x + y) * z) ** 2
# r.backward()
# r, x.grad, y.grad, z.grad      # 144, 96, 96, -72
# ```

# %% answer r144_backward
def r144_backward(x, y, z):
    """Value and gradients of r = ((x + y) * z)**2, for numbers.

    Returns r, dx, dy, dz.
    """
    ### BEGIN SOLUTION
    s = x + y
    q = s * z
    r = q**2
    dq = 2 * q              # the square
    ds, dz = dq * z, dq * s    # mul swaps
    return r, ds, ds, dz    # add copies
    ### END SOLUTION

# %% check r144_backward
# %% grade r144_backward
# %% [markdown] exercise compare
# ## 5.2 Side by side
#
# Two correct programs rarely agree to the last digit. So one asks three things of `mine` and `theirs`:
#
# - **exact**: is every element the same?
# - **approx**: are they the same up to rounding, as `np.allclose` judges with its own tolerances?
# - **maxdiff**: the largest distance between an element of `mine` and the one in its place in `theirs`.
#
# Arrays of different shapes are `False, False` and infinitely far apart: numpy would broadcast them. A nan equals
# nothing, not even another nan, and makes `maxdiff` nan.

# %% answer compare
def compare(name, mine, theirs):
    """Compare two results.

    name: what they are called; mine, theirs: numbers or arrays
    Returns name, exact, approx, maxdiff: the name, two bools and a float.
    """
    ### BEGIN SOLUTION
    mine, theirs = np.asarray(mine), np.asarray(theirs)
    if mine.shape != theirs.shape:
        return name, False, False, float("inf")
    maxdiff = np.abs(mine - theirs).max()
    return name, np.array_equal(mine, theirs), np.allclose(mine, theirs), float(maxdiff)
    ### END SOLUTION

# %% check compare
# %% grade compare
# %% setup circuits
CIRCUITS = {
    "xyz": lambda x, y, z: (x + y) * z,
    "squared_sum": lambda x, y: (x + y)**2,
    "purchase": lambda price, count, tax: price * count * tax,
    "gates": lambda x, y, z, w: 2 * (x * y + autodiff.maximum(z, w)),
    "neuron": lambda w0, w1, w2, x0, x1: autodiff.sigmoid(w0 * x0 + w1 * x1 + w2),
}

# %% [markdown] exercise engine_grads
# ## 5.3 By `autodiff`
#
# The circuits of the first lessons stand above, under their names. Let `autodiff` find their gradients. It works
# like PyTorch: `autodiff.Tensor(3.0)` is a leaf, operators record what happens to it, `backward()` of the result
# walks back, and the leaf's `.grad` holds the gradient.
#
# For `"xyz"` at (−2, 5, −4) the gradients are −4, −4 and 3.

# %% answer engine_grads
def engine_grads(name, *inputs):
    """Gradients of a circuit, found by `autodiff`.

    name: the circuit's name in CIRCUITS; inputs: its inputs, numbers
    Returns a tuple: one gradient for each input.
    """
    ### BEGIN SOLUTION
    leaves = [autodiff.Tensor(x) for x in inputs]
    out = CIRCUITS[name](*leaves)
    out.backward()
    return tuple(leaf.grad for leaf in leaves)
    ### END SOLUTION

# %% check engine_grads
# %% grade engine_grads
# %% [markdown] exercise predict_grads
# ## 5.4 What does `x.grad` hold?
#
# Six pieces of PyTorch code. For each, what does `x.grad` hold after the last line: a number, or `None`? If the
# code stops with an error on the way, the answer is `"error"`.
#
# Predict first. With PyTorch you may then run them.
#
# **`twice`**
#
# ```python
# x = torch.tensor(3.0, requires_grad=True)
# y = x * x
# y.backward()
# y = x * x
# y.backward()
# ```
#
# **`twice_zeroed`**
#
# ```python
# x = torch.tensor(3.0, requires_grad=True)
# y = x * x
# y.backward()
# x.grad.zero_()
# y = x * x
# y.backward()
# ```
#
# **`detached`**
#
# ```python
# x = torch.tensor(3.0, requires_grad=True)
# y = x * x.detach()
# y.backward()
# ```
#
# **`no_requires_grad`**
#
# ```python
# x = torch.tensor(3.0)
# w = torch.tensor(2.0, requires_grad=True)
# y = x * w
# y.backward()
# ```
#
# **`integer`**
#
# ```python
# x = torch.tensor(3, requires_grad=True)
# y = x * x
# y.backward()
# ```
#
# **`inplace_leaf`**
#
# ```python
# x = torch.tensor(3.0, requires_grad=True)
# x += 1
# y = x * x
# y.backward()
# ```
#
# The first is answered: the gradient of x² at 3 is 6, and the second backward pass adds another 6.

# %% answer predict_grads
def predict_grads():
    """What x.grad holds in each of the six situations.

    Returns a dict from the situation's name to a float, None or "error".
    """
    grads = {"twice": 12.0}
    ### BEGIN SOLUTION
    grads["twice_zeroed"] = 6.0           # zero_() took the first 6 away
    grads["detached"] = 3.0               # d(x · constant)/dx is the constant, 3
    grads["no_requires_grad"] = None      # nobody asked for it, so nobody computed it
    grads["integer"] = "error"            # only real numbers can move by a little
    grads["inplace_leaf"] = "error"       # where would the gradient of the old x go?
    ### END SOLUTION
    return grads

# %% check predict_grads
# %% grade predict_grads
# %% setup matrix
A = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.5, 1.0, 4.0], [-1.0, 0.5, 2.5]])

# %% [markdown] exercise vector_backward
# ## 5.5 A vector to start from
#
# `y.backward()` works only for a single number. For a vector y PyTorch wants an upstream gradient v of y's shape:
# `y.backward(v)`. What comes back is the gradient of $\sum_i v_i\, y_i$.
#
# Do by hand what PyTorch does, for four maps of a vector x:
#
# | name | y |
# |---|---|
# | `"softmax"` | the softmax of x |
# | `"square"` | x², element by element |
# | `"cumsum"` | the partial sums: y[0] = x[0], y[1] = x[0] + x[1], … |
# | `"matvec"` | `A @ x`, with the matrix A above; x has 3 elements and v has 4 |
#
# A vector of ones would be a poor test: for softmax it always gives 0. Do you see why?

# %% answer vector_backward
def vector_backward(name, x, v):
    """Gradient of a named map of a vector, against an upstream gradient.

    name: "softmax", "square", "cumsum" or "matvec"; x: its input; v: upstream gradient, of its output
    Returns dx, of the shape of x.
    """
    ### BEGIN SOLUTION
    if name == "softmax":
        p = np.exp(x - x.max())
        p /= p.sum()
        return p * (v - (v * p).sum())
    if name == "square":
        return v * 2 * x
    if name == "cumsum":
        return np.cumsum(v[::-1])[::-1]    # x[i] went into y[i] and all that follow: sum from the end
    return A.T @ v
    ### END SOLUTION

# %% check vector_backward
# %% grade vector_backward
# %% [markdown] exercise SigmoidFn
# ## 5.6 A node of your own
#
# PyTorch lets you teach it a node: a class on `torch.autograd.Function` with a forward and a backward pass. You
# write it as PyTorch asks for it. (Where PyTorch is missing, `Function` is the stand-in of the first cell.)
#
# - `forward(ctx, x)` returns the output. What the backward pass will need, it hands to
#   `ctx.save_for_backward(...)`, here the **output** alone.
# - `backward(ctx, dout)` finds it again in `ctx.saved_tensors`, a tuple, and returns dx.
# - Keep nothing anywhere else: the node may be used many times before the first backward pass comes.
#
# Use `exp` of the first cell, which takes PyTorch's tensors where there are any and arrays where not. At x = 1
# the output is 0.7311, and for dout = 1 the gradient is 0.1966.
#
# With PyTorch, `SigmoidFn.apply(x)` puts your node into the graph, and
# `torch.autograd.gradcheck(SigmoidFn.apply, x)` checks it, for an x of dtype float64 that requires a gradient.

# %% answer SigmoidFn
class SigmoidFn(Function):
    """The sigmoid as a node: forward returns out, backward returns dx. All are tensors of one shape."""

    @staticmethod
    def forward(ctx, x):
        ### BEGIN SOLUTION
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(out)    # the output is all that the slope out · (1 - out) needs
        return out
        ### END SOLUTION

    @staticmethod
    def backward(ctx, dout):
        ### BEGIN SOLUTION
        out, = ctx.saved_tensors
        return dout * out * (1 - out)
        ### END SOLUTION

# %% check SigmoidFn
# %% grade SigmoidFn
# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
