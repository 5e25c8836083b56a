# %% [markdown]
# # Assignment 2 · Gate patterns
#
# You write the backward functions of eleven gates and small circuits. Each gate is called
# `<name>_backward`. It gets `dout`, the **upstream gradient**, and what the gate saw in the forward pass.
# It returns one gradient for each input, in the order of the inputs.
#
# The rule is always the same: **upstream gradient × local gradient**.
#
# - The gates work on numbers and on arrays of one shape alike, element by element.
# - `check(f)` tells you at once, in words, what is wrong. `hint(f)` helps on.
# - The graded cells also try edge cases that `check` does not show.
#
# [Lesson 2](../../lessons/02_gate_patterns.ipynb) is the companion to this notebook.

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown] exercise add_backward
# ## 2.1 Add
#
# The gate computes `x + y`. With an upstream gradient of 2.00, both inputs receive 2.00.

# %% answer add_backward
def add_backward(dout, x, y):
    """Backward pass of x + y.

    dout: upstream gradient; dout, x and y are numbers, or arrays of one shape
    Returns dx, dy.
    """
    ### BEGIN SOLUTION
    # Each input moves the sum as fast as itself: both local gradients are 1.
    return dout, dout
    ### END SOLUTION

# %% check add_backward
# %% grade add_backward
# %% [markdown] exercise sub_backward
# ## 2.2 Subtract
#
# The gate computes `x - y`. With dout = 2, x = 5 and y = 3 the gradients are 2 and −2.

# %% answer sub_backward
def sub_backward(dout, x, y):
    """Backward pass of x - y.

    dout: upstream gradient; dout, x and y are numbers, or arrays of one shape
    Returns dx, dy.
    """
    ### BEGIN SOLUTION
    return dout, -dout
    ### END SOLUTION

# %% check sub_backward
# %% grade sub_backward
# %% [markdown] exercise mul_backward
# ## 2.3 Multiply
#
# The gate computes `x * y`. With dout = 2, x = 3 and y = −4 the gradients are −8 and 6.
#
# Before you write: if `y` is 0, can `x` move the product at all?

# %% answer mul_backward
def mul_backward(dout, x, y):
    """Backward pass of x * y.

    dout: upstream gradient; dout, x and y are numbers, or arrays of one shape
    Returns dx, dy.
    """
    ### BEGIN SOLUTION
    # The local gradient for one input is the other input.
    return dout * y, dout * x
    ### END SOLUTION

# %% check mul_backward
# %% grade mul_backward
# %% [markdown] exercise max_backward
# ## 2.4 Max
#
# The gate computes the larger of `x` and `y`, element by element. With dout = 2, x = 2 and y = −1 the
# gradients are 2 and 0.
#
# **A convention.** Where `x` equals `y`, neither is the winner. This course shares the gradient equally: each
# input receives half of `dout`, as in PyTorch.

# %% answer max_backward
def max_backward(dout, x, y):
    """Backward pass of max(x, y), element by element.

    dout: upstream gradient; dout, x and y are numbers, or arrays of one shape
    Returns dx, dy. At a tie each is dout / 2.
    """
    ### BEGIN SOLUTION
    # The share of x: 1 where it wins, 0 where it loses, a half at a tie. The rest belongs to y.
    share = (x > y) + (x == y) / 2
    return dout * share, dout * (1 - share)
    ### END SOLUTION

# %% check max_backward
# %% grade max_backward
# %% [markdown] exercise div_backward
# ## 2.5 Divide
#
# The gate computes `x / y`. Which way does the quotient move when `y` grows?

# %% answer div_backward
def div_backward(dout, x, y):
    """Backward pass of x / y.

    dout: upstream gradient; dout, x and y are numbers, or arrays of one shape
    Returns dx, dy.
    """
    ### BEGIN SOLUTION
    return dout / y, -dout * x / y**2
    ### END SOLUTION

# %% check div_backward
# %% grade div_backward
# %% [markdown] exercise reciprocal_backward
# ## 2.6 Reciprocal
#
# The gate computes `1 / x`. It stands at the end of $1/(1 + e^t)$, the chain of lesson 2: there x is 1.3679, dout is 1,
# and the gradient is −0.5344.

# %% answer reciprocal_backward
def reciprocal_backward(dout, x):
    """Backward pass of 1 / x.

    dout: upstream gradient; dout and x are numbers, or arrays of one shape
    Returns dx.
    """
    ### BEGIN SOLUTION
    # 1/x is x to the power -1, so its derivative is -1 times x to the power -2.
    return -dout / x**2
    ### END SOLUTION

# %% check reciprocal_backward
# %% grade reciprocal_backward
# %% [markdown] exercise exp_backward
# ## 2.7 Exp
#
# The gate computes `e^x`. It kept its **output** from the forward pass, and that is what you get: `out`, not
# `x`. Caching saves computing the same thing again. With dout = −0.5344 and out = 0.3679 the gradient is
# −0.1966.

# %% answer exp_backward
def exp_backward(dout, out):
    """Backward pass of e^x, given the output.

    dout: upstream gradient; dout and out are numbers, or arrays of one shape
    out: e^x, as the forward pass computed it
    Returns dx.
    """
    ### BEGIN SOLUTION
    return dout * out
    ### END SOLUTION

# %% check exp_backward
# %% grade exp_backward
# %% [markdown] exercise log_backward
# ## 2.8 Log
#
# The gate computes the natural logarithm of `x`, for positive `x`.

# %% answer log_backward
def log_backward(dout, x):
    """Backward pass of log(x).

    dout: upstream gradient; dout and x are numbers, or arrays of one shape
    x: the gate's input, positive
    Returns dx.
    """
    ### BEGIN SOLUTION
    return dout / x
    ### END SOLUTION

# %% check log_backward
# %% grade log_backward
# %% [markdown] exercise gates_circuit_backward
# ## 2.9 Three patterns in one circuit
#
# The circuit computes f = 2(xy + max(z, w)) on numbers. At (3, −4, 2, −1) it gives f = −20, and the gradients
# are −8, 6, 2 and 0: add copies, mul swaps, max routes.
#
# At a tie of z and w, share equally as in 2.4.

# %% answer gates_circuit_backward
def gates_circuit_backward(x, y, z, w, dout=1.0):
    """Gradients of f = 2 * (x * y + max(z, w)), for numbers.

    dout: upstream gradient of f
    Returns dx, dy, dz, dw.
    """
    ### BEGIN SOLUTION
    dsum = 2 * dout                          # through the gate that doubles
    dprod, dmax = dsum, dsum                 # add copies
    dx, dy = dprod * y, dprod * x            # mul swaps
    share = (z > w) + (z == w) / 2
    dz, dw = dmax * share, dmax * (1 - share)    # max routes
    return dx, dy, dz, dw
    ### END SOLUTION

# %% check gates_circuit_backward
# %% grade gates_circuit_backward
# %% [markdown] exercise staged_backward
# ## 2.10 Staged computation
#
# Here is a function that nobody would want to differentiate by hand in one go:
#
# $$f(x, y) = \frac{x + \sigma(y)}{\sigma(x) + (x + y)^2}$$
#
# $$\sigma(t) = \frac{1}{1 + e^{-t}}$$
#
# Break it into stages, each with a simple local gradient. Then walk back through them in reverse order.
# `x` stands in three places and `y` in two: gradients that arrive on several paths **add up** (`+=`).
#
# At (3, −4) the value is 1.5456 and the gradients are 2.0596 and 1.5922.

# %% answer staged_backward
def staged_backward(x, y):
    """Value and gradients of f = (x + sigmoid(y)) / (sigmoid(x) + (x + y)**2), for numbers.

    Returns f, dx, dy.
    """
    ### BEGIN SOLUTION
    # forward pass, stage by stage
    sigy = 1 / (1 + np.exp(-y))
    num = x + sigy
    sigx = 1 / (1 + np.exp(-x))
    xpy = x + y
    den = sigx + xpy**2
    f = num / den
    # backward pass, the same stages in reverse order
    dnum, dden = 1 / den, -num / den**2
    dsigx = dden
    dxpy = dden * 2 * xpy
    dx, dy = dxpy, dxpy                   # xpy = x + y
    dx += dsigx * sigx * (1 - sigx)       # sigx
    dx += dnum                            # num = x + sigy
    dsigy = dnum
    dy += dsigy * sigy * (1 - sigy)       # sigy
    return f, dx, dy
    ### END SOLUTION

# %% check staged_backward
# %% grade staged_backward
# %% [markdown] exercise witnesses
# ## 2.11 Find the input
#
# A test is only as good as its inputs. Below are six **wrong** gates. For each, find arguments on which the
# wrong gate and the right one answer differently: a *witness* against it.
#
# | wrong gate | what it returns | arguments |
# |---|---|---|
# | `add_splits` | `dout / 2, dout / 2` | `(dout, x, y)` |
# | `mul_unswapped` | `dout * x, dout * y` | `(dout, x, y)` |
# | `max_to_both` | `dout, dout` | `(dout, x, y)` |
# | `div_sign` | `dout / y, dout * x / y**2` | `(dout, x, y)` |
# | `exp_no_upstream` | `out` | `(dout, out)` |
# | `tie_pays_twice` | `dout * (x >= y), dout * (y >= x)` | `(dout, x, y)` |
#
# The first witness is given. Add one for each of the others, under its name.

# %% answer witnesses
def witnesses():
    """Arguments that expose each of the six wrong gates.

    Returns a dict from the name of the wrong gate to a tuple of its arguments.
    """
    found = {"add_splits": (2.0, 3.0, -4.0)}
    ### BEGIN SOLUTION
    found["mul_unswapped"] = (2.0, 3.0, -4.0)      # inputs that differ
    found["max_to_both"] = (2.0, 2.0, -1.0)        # one input wins
    found["div_sign"] = (2.0, 3.0, -4.0)           # x is not 0
    found["exp_no_upstream"] = (2.0, 0.5)          # dout is not 1
    found["tie_pays_twice"] = (2.0, 3.0, 3.0)      # a tie
    ### END SOLUTION
    return found

# %% check witnesses
# %% grade witnesses
# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
