# %% [markdown]
# # Assignment 0 · Start here
#
# One practice question, worth nothing, to go the whole way once: write a function, check it, validate the
# notebook, hand it in.
#
# Run a cell with **Shift+Enter**. Run the first one now: it brings three helpers.
#
# - `check(f)` runs your function and says in words what is wrong with it. Call it as often as you like.
# - `hint(f)` opens the next hint: first a question, then the idea, then almost the code.
# - `grade(f, name)` stands in the graded cells. Leave those as they are.

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown] exercise double_backward
# ## 0.1 The gate 2x
#
# In the forward pass this gate takes `x` and gives `2 * x`.
# In the backward pass it gets `dout`, the **upstream gradient**: how fast the final result grows with the
# gate's output. It returns `dx`: how fast the final result grows with `x`.
#
# Nudge `x` by 0.1 and the output moves by 0.2. So the **local gradient** is 2, wherever `x` is.
# What flows back is *upstream gradient × local gradient*.

# %% answer double_backward
def double_backward(dout, x):
    """Backward pass of 2x.

    dout: upstream gradient, a number or an array
    x: the gate's input, of the same shape
    Returns dx, of the same shape.
    """
    ### BEGIN SOLUTION
    return 2 * dout
    ### END SOLUTION

# %% check double_backward
# %% [markdown]
# Stuck? Run the next cell. Run it again for the next hint.

# %%
hint(double_backward)

# %% grade double_backward
# %% [markdown]
# ## Handing in
#
# Press **Validate** above the notebook. It restarts everything from the top, runs the graded cells, and says
# which of them do not pass yet. When it says *Success!*, you are done: your instructor tells you where to
# hand the notebook in.
