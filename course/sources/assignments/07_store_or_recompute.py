# %% [markdown]
# # Assignment 7 · Store or recompute
#
# A gradient costs time and memory, and you can pay less of the one with more of the other.
# Here you count both prices, and then write the backward pass that lies in between.
#
# A chain has $n$ **stages**. The first gets $w$, each of the others gets what the one before made. Stage $k$
# counts from 0. Its input is value $k$, so value 0 is $w$.
#
# Two things are counted:
#
# - **calls**: how often a stage is called. Calls of its derivative don't count.
# - **values held**: how many values must be there at the same time, at most.
#
# `check(f)` tells you at once, in words, what is wrong. `hint(f)` helps on.
#
# [Lesson 7](../../lessons/07_store_or_recompute.ipynb) is the companion to this notebook.

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown]
# ## What counts as held
#
# A value is held from the call that made it to its last use. If it is made again later, it is dropped in between.
#
# - $w$ is given. It is held from the start to its last use.
# - While a stage works, its argument and its result are both there.
# - The gradient itself is one number more in every program. It does not count.
#
# The graded cells can't look into your lists. They **log** your calls and work out what had to be held. So a value
# that you keep and never use again costs nothing here. On a machine it would.

# %% [markdown] exercise stored_cost
# ## 7.1 Store
#
# The first program keeps every value on its way forward. Then it goes back from the last stage to the first, and
# multiplies by the slope of each stage at the stage's own input. For n = 3:
#
# $$x_1 = f(w), \quad x_2 = f(x_1)$$
#
# $$\frac{dz}{dw} = f'(x_2) \cdot f'(x_1) \cdot f'(w)$$
#
# The last output $z = f(x_2)$ is never needed. So there are 2 calls of $f$, and 3 values are held: $w$, $x_1$ and
# $x_2$.
#
# What are the two numbers for $n$ stages?

# %% answer stored_cost
def stored_cost(n):
    """What the gradient of n stages costs, if every value is stored.

    n: number of stages, 1 or more
    Returns calls of f, values held at the same time.
    """
    ### BEGIN SOLUTION
    # A slope is taken at each of n values; all but w are made by a call, and all wait for the way back.
    return n - 1, n
    ### END SOLUTION

# %% check stored_cost
# %% grade stored_cost
# %% [markdown] exercise recomputed_cost
# ## 7.2 Recompute
#
# The second program stores nothing but $w$. It also goes back from the last stage to the first. For every slope it
# starts at $w$ again, and runs forward to the value that it needs:
#
# $$\frac{dz}{dw} = f'(f(f(w))) \cdot f'(f(w)) \cdot f'(w)$$
#
# For n = 3 that is 2 + 1 + 0 = 3 calls. In the midst of the first run $f$ makes $x_2$ from $x_1$, and $w$ waits for
# the runs to come. So 3 values are held.
#
# What are the two numbers for $n$ stages? Mind the chains of one and of two stages.

# %% answer recomputed_cost
def recomputed_cost(n):
    """What the gradient of n stages costs, if every value is computed from w when it is needed.

    n: number of stages, 1 or more
    Returns calls of f, values held at the same time.
    """
    ### BEGIN SOLUTION
    # The input of stage k is k calls away from w. A run holds w, the argument and the result of the call at hand;
    # a chain of one or two stages has fewer values than that.
    return sum(range(n)), min(n, 3)
    ### END SOLUTION

# %% check recomputed_cost
# %% grade recomputed_cost
# %% [markdown] exercise checkpointed_grad
# ## 7.3 Checkpoints
#
# Now in between. Keep the input of **every so many** stages: these are the **checkpoints**. They cut the chain into
# segments. With every = 2, a chain of 3 stages has the checkpoints $w$ and $x_2$.
#
# - **Forward**: run through the stages, and keep nothing but the checkpoints.
# - **Back**: take the segments from the last to the first. Make the values of the segment again from its checkpoint,
#   use them up from the end, and drop them.
#
# The stages may differ: `fs[0]` is applied first, and `dfs[k]` is the derivative of `fs[k]`. With three times
# $f(t) = t^2$ and w = 1.5 the gradient is 136.6875, as in assignment 1.
#
# Your function is held to its price: **at most 2n calls** of stages, **at most n/every + every + 1 values** held. And
# it is a **backward pass**: it calls each derivative once, `dfs[n - 1]` first and `dfs[0]` last.
#
# For n = 30 and every = 5 that allows 60 calls and 12 values. Storing would hold 30, recomputing would take 435
# calls.

# %% answer checkpointed_grad
def checkpointed_grad(fs, dfs, w, every):
    """The gradient of fs[n - 1](... fs[1](fs[0](w))), with a checkpoint every so many stages.

    fs, dfs: lists of n functions of one number, and of their derivatives; w: a number
    every: 1 to n; it need not divide n
    Returns a number. Calls stages at most 2n times, holds at most n/every + every + 1 values.
    """
    ### BEGIN SOLUTION
    checkpoints, t = [], w
    for k, f in enumerate(fs):
        if k % every == 0:
            checkpoints.append(t)  # the input of stage k: all that the way forward keeps
        t = f(t)
    grad = 1.0
    while checkpoints:
        first = (len(checkpoints) - 1) * every
        inputs = [checkpoints.pop()]
        for f in fs[first:first + every][:-1]:  # the segment again; its last output is a checkpoint that is done
            inputs.append(f(inputs[-1]))
        for df in reversed(dfs[first:first + every]):
            grad *= df(inputs.pop())
    return grad
    ### END SOLUTION

# %% check checkpointed_grad
# %% grade checkpointed_grad
# %% [markdown] exercise best_every
# ## 7.4 How far apart?
#
# Many checkpoints cost memory, and so do long segments. Together they take about
#
# $$\frac{n}{\text{every}} + \text{every}$$
#
# values. For n = 3 this is 4 with every = 1, 3.5 with every = 2, and 4 with every = 3. So 2 is best.
#
# Which `every` makes it smallest? It is a whole number from 1 to n. For n = 30 both 5 and 6 cost 11: at a tie, return
# either.

# %% answer best_every
def best_every(n):
    """How far apart checkpoints should be: the whole number that makes n/every + every smallest.

    n: number of stages, 1 or more
    Returns a whole number from 1 to n; either of two at a tie.
    """
    ### BEGIN SOLUTION
    # The slope 1 - n/every² is 0 at √n. Two neighbours m and m + 1 cost the same at n = m(m + 1), whose root lies
    # just below m + 1/2: so rounding to the nearest is right.
    return round(n ** 0.5)
    ### END SOLUTION

# %% check best_every
# %% grade best_every
# %% [markdown]
# ## Traces
#
# How does one count what any program holds, whatever it does? From its **trace**: a list of what happened, in order.
#
# - `("make", name)`: a value of this name is made.
# - `("use", name)`: it is used. Only what has been made is used.
#
# A call $x_1 = f(w)$ makes `x1` and has used `w` until then, so it is noted as make, then use. The next cell holds
# the traces of both programs for n = 3.

# %% setup traces
stored = [("make", "w"), ("make", "x1"), ("use", "w"), ("make", "x2"), ("use", "x1"),
          ("use", "x2"), ("use", "x1"), ("use", "w")]

recomputed = [("make", "w"), ("make", "x1"), ("use", "w"), ("make", "x2"), ("use", "x1"), ("use", "x2"),
              ("make", "x1"), ("use", "w"), ("use", "x1"),
              ("use", "w")]

# %% [markdown] exercise peak_memory
# ## 7.5 The peak
#
# Given a trace, how many values are held at the same time, at most?
#
# A value is held from the event that makes it to its last use **before it is made again**, both events included. A
# name can be made several times: between its last use and the next make it is not held. A value that is never used is
# held for one moment, at the event that makes it.
#
# Both traces above have a peak of 3. In the second one `x1` is made twice. With n = 5 the peaks are 5 and 3.
#
# The graded cell of 7.3 counts in just this way.

# %% answer peak_memory
def peak_memory(trace):
    """How many values are held at the same time, at most.

    trace: a list of ("make", name) and ("use", name), in the order in which they happened
    Returns a whole number.
    """
    ### BEGIN SOLUTION
    needed, peak = set(), 0
    for what, name in reversed(trace):  # only the future tells whether a value is still needed: so begin at the end
        needed.add(name)
        peak = max(peak, len(needed))
        if what == "make":
            needed.discard(name)        # before it was made, it was not there
    return peak
    ### END SOLUTION

# %% check peak_memory
# %% grade peak_memory
# %% [markdown]
# That is the whole range: n values and n − 1 calls at one end, 3 values and n(n − 1)/2 calls at the other, and about
# 2√n values and 2n calls in between. Lesson 7 goes on to the best that can be done with any given memory.

# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
