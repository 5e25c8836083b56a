# %% [markdown]
# # Lesson 0 · Start here
#
# Ten minutes. After this lesson you can
#
# - run a cell, step through a graph, and read its green values and red gradients;
# - have your own function checked, and open a hint;
# - hand in an assignment.

# %% [markdown]
# ## Why gradients
#
# A network learns by small changes to its numbers, its parameters. For each of them it asks one question: *if I
# raise this number a little, does the result get better or worse, and how fast?*
#
# The answer is a slope. The slopes for all the numbers together are the **gradient**. A network may have millions
# of parameters, and **backpropagation** answers for all of them in one walk back through the computation. That is
# what this course is about.

# %% [markdown]
# ## Run a cell
#
# This is a notebook. Grey boxes hold code. Click into the box below and press **Shift+Enter**: the code runs, and
# what it says appears under it. Go on like this, cell after cell. You may change any code here and run it again.
# The first box has nothing to say: it only brings in what this lesson uses.
#
# Should everything be in a muddle, choose *Kernel → Restart Kernel…* in the menu and begin at the top.

# %%
import numpy as np
from ipywidgets import FloatSlider, interact

import autodiff
from course import check, graph, hint, practice, predict
from course.figures import curves, table

# %%
print("It runs. Go on.")

# %% [markdown]
# ## Predict first
#
# Every lesson asks for a number before it shows one. A guess that goes wrong teaches more than a page that you
# have read.
#
# Here is the first: $f(x) = 2x$. You move $x$ from 3 to 3.1. How far does $f$ move? Type your number in place of
# the three dots.

# %%
def double(x):
    return 2 * x

guess = ...
predict(guess, "how far 2x moves")

# %% [markdown]
# ## Nudge and slope
#
# A small step of this kind is a **nudge**. For small nudges one rule holds, whatever the function:
#
# $$\text{how far } f \text{ moves} \;\approx\; \text{slope} \times \text{nudge}$$
#
# Take $f(x) = x^2$ at $x = 3$, where the slope is 6. The cell tries three nudges.

# %%
def square(x):
    return x * x

x = 3.0
slope = autodiff.grad(square)(x)
table(["nudge", "f moves by", "slope × nudge"],
      [(nudge, square(x + nudge) - square(x), slope * nudge) for nudge in [1.0, 0.1, 0.01]])

# %% [markdown]
# With a nudge of 1 the rule is off by 1. With a nudge of 0.1 it says 0.6, and $f$ moves by 0.61. With 0.01 it
# says 0.06, and $f$ moves by 0.0601. The smaller the nudge, the better the rule.
#
# In the plot the curve is $f$. The straight line has the slope of $f$ at 3. The two stay close near 3, and part
# further away: at 4 the curve stands at 16 and the line at 15.

# %%
def plot_nudge(x, nudge):
    slope = autodiff.grad(square)(x)
    places, ends = np.linspace(-1, 5.5, 200), np.array([x, x + nudge])
    return curves(places, {"f(x) = x²": square(places),
                           f"slope {slope:.2f}": square(x) + slope * (places - x)},
                  measured={"before and after the nudge": (ends, square(ends))},
                  title=f"f moves by {square(x + nudge) - square(x):.4f}, "
                        f"slope × nudge is {slope * nudge:.4f}",
                  x="x", y="value", ylim=(-6, 26))

plot_nudge(3.0, 1.0)

# %% [markdown]
# Move the sliders. Make the nudge small, and watch the two numbers in the title come together. Then move $x$ below
# 0: which way does $f$ go when $x$ rises there? (Without a running kernel you see the plot above only.)

# %%
@interact(x=FloatSlider(3.0, min=-1, max=4, step=0.1),
          nudge=FloatSlider(0.5, min=-1, max=1, step=0.01, description="nudge"))
def show(x, nudge):
    return plot_nudge(x, nudge)

# %% [markdown]
# ## Green values, red gradients
#
# A computation can be drawn as a **computational graph**, or *circuit* for short: each step is a *gate*, and the edges
# carry numbers. Here are two gates in a row: $q = 2x$, then $f = q^2$.
#
# Press **Step** again and again, or *To the end*. The buttons also answer to the arrow keys.

# %%
graph(lambda x: (2 * x) ** 2, x=3, names="q f")

# %% [markdown]
# - **Green, above the edge: values.** They flow forward. This is the *forward pass*.
# - **Red, underlined, below the edge: gradients.** They flow back. This is the *backward pass*. Each says how fast $f$
#   grows with the number above it.
#
# <details><summary>Step to the end first. Then: what the numbers say</summary>
#
# The values are 3.00, then 6.00, then 36.00. The gradients come back as 1.00, then 12.00, then 24.00.
#
# So if $x$ goes up by 0.01, $f$ goes up by about $24 \times 0.01 = 0.24$.
#
# </details>

# %%
f = lambda x: (2 * x) ** 2
print(f"f moves by {f(3.01) - f(3.0):.4f}")

# %% [markdown]
# Look at the gate × 2. From its right it receives 12: that is its **upstream gradient**, in code `dout`. Its own
# slope is 2, wherever $x$ is: that is its **local gradient**. To the left it sends the product:
#
# $$\text{upstream gradient} \times \text{local gradient}$$
#
# $$12 \times 2 = 24$$
#
# That is the whole idea. All that follows in this course is about doing it gate by gate, in the right order,
# and without losing anything.

# %% [markdown]
# ### Practice
#
# Now you write the red numbers. Begin on the right, at $f$: a box opens when all it needs stands. Type a number, or a
# little sum, and press Enter. A wrong number is told what it may come from; "Hint" helps step by step,
# "Show me" gives the box up. Run the cell again, or press "Another circuit", and you get new numbers.
#
# You find such a cell at the end of many sections. It gives no points. `python course progress` shows what went well, and
# `practice()` alone asks for what comes next.

# %%
practice("gates")

# %% [markdown]
# ## Check and hint
#
# In the assignments you write such gates yourself. `check` runs your function and says in words what is wrong.
# Below is a first try at the gate × 2. It is not right yet. Run it, read what `check` says, then mend it here.

# %%
def double_backward(dout, x):
    return 2 * x

check(double_backward)

# %% [markdown]
# The report names the input that was tried, what your function returned, and what was expected. Then it asks a
# question, and says where to read. When you are stuck, `hint` helps on, a little more each time you run it.

# %%
hint(double_backward)

# %% [markdown]
# ## Break it
#
# That first try is wrong. And yet there are inputs on which nobody would notice. The cell compares it with
# *upstream × local*, on an input of your choice. As shipped, both agree. Change the input until they differ.

# %%
def first_try(dout, x):
    return 2 * x

dout, x = 3.0, 3.0          # change these
says, should = first_try(dout, x), dout * autodiff.grad(double)(x)
print(f"It says {says:.2f}, and it should say {should:.2f}.")
print("Exposed: here the mistake shows." if says != should else
      "Hidden: here nobody would notice. Try another input.")

# %% [markdown]
# The mistake hides whenever `dout` and `x` happen to be equal. Every later lesson has a *Break it* like this one. To
# choose an input on which a mistake shows is half of testing.

# %% [markdown]
# ## Your turn
#
# Open [assignment 0](../exercises/00_start_here/00_start_here.ipynb). Its one function, `double_backward`, is
# worth nothing. It takes you the whole way once:
#
# 1. Write the function where it says so. Leave the graded cells as they are.
# 2. Run `check` until it is content.
# 3. Press **Validate** above the notebook. It restarts the notebook and runs it from the top, as the grader will.
# 4. Save, and hand the notebook in where your instructor has told you to. In a terminal, `python course submit` makes
#    the file for it, and `python course progress` shows what comes next.
#
# Learning by yourself? Then you are done after step 3.

# %% [markdown]
# ## Recall
#
# Answer aloud or on paper, then unfold.
#
# <details><summary>A slope is 4 and the nudge is 0.01. How far does the result move?</summary>
#
# By about $4 \times 0.01 = 0.04$. It is exact for a straight line only.
#
# </details>
#
# <details><summary>On the graph, what does the red number under an edge tell you?</summary>
#
# How fast the final result grows with the green number above it. That is the gradient with respect to that
# value.
#
# </details>
#
# <details><summary>What does a gate send back to its input?</summary>
#
# The upstream gradient times its local gradient.
#
# </details>
#
# Next: [lesson 1](01_chain_rule.ipynb) shows why this product is right, and what happens at a fork.
