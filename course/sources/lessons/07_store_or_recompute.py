# %% [markdown]
# # Lesson 7 · Store or recompute
#
# After this lesson you can
#
# - say what a gradient costs, compared with the function itself, and why that does not depend on the number of inputs;
# - tell how much memory a backward pass holds, and when;
# - trade memory for time with checkpoints, and say how far apart they should be;
# - read a backward pass that is written out as a program.

# %% [markdown]
# ## Why the price matters
#
# A network learns from the gradient of its loss. You could measure that gradient: nudge one weight up, then down, and
# look at the difference. That takes 2 runs of the network for each weight. With $n$ weights it is $2n$ runs,
# for a single step of learning.
#
# Networks are trained with millions of weights. Nobody waits for millions of runs. (The motive: Saitoh 2016,
# chapter 5; Goodfellow, Bengio and Courville 2016, section 6.5.)
#
# The backward pass finds the same gradient for the price of a few runs. This lesson looks closely at that price:
# first at the time, then at the memory.

# %%
import math
import time
import tracemalloc
from functools import cache
from statistics import median

import numpy as np
from ipywidgets import IntSlider, fixed, interact

import autodiff
from autodiff import scalar
from autodiff.trace import trace
from course import fold, graph, predict
from course.figures import beside, curves, spans, table

# %% [markdown]
# ## Predict first
#
# You compute the gradient of a chain of 20 stages, $f(f(\dots f(w)))$. Memory is short, so you keep nothing but
# $w$. For each slope you start at $w$ and run forward again. The slope of stage $k$ needs $k$ calls of $f$, with
# $k$ from 0 to 19.
#
# How many calls of $f$ is that in all?

# %%
guess = ...
predict(guess, "calls in all")

# %% [markdown]
# ## One run against 2n
#
# Here is a layer with $n$ weights. The next cell finds its gradient in both ways, and counts the runs of the
# function.

# %%
rng = np.random.default_rng(7)
inputs = rng.normal(size=(200, 16))
runs = 0

def loss(weights):
    global runs
    runs += 1
    return autodiff.tanh(inputs @ weights).sum()

def numeric_gradient(f, weights, h=1e-5):
    grad = np.empty_like(weights)
    moved = weights.copy()
    for at in np.ndindex(weights.shape):
        moved[at] = weights[at] + h
        above = f(moved)
        moved[at] = weights[at] - h
        grad[at] = (above - f(moved)) / (2 * h)
        moved[at] = weights[at]
    return grad

# %%
weights = rng.normal(size=(16, 8)) / 4
runs = 0
by_numbers = numeric_gradient(loss, weights)
print(f"{weights.size} weights, numeric:  {runs} runs")
runs = 0
by_backward_pass = autodiff.grad(loss)(weights)
print(f"{weights.size} weights, backward: {runs} run, and one walk back")
print(f"largest difference: {abs(by_numbers - by_backward_pass).max():.1e}")

# %% [markdown]
# Now with the clock. Each time below is the median of five, divided by the time of the function alone. Times differ
# from machine to machine, and from run to run where other programs work beside you.

# %%
def seconds(action, times=1):
    """The time of an action: the median of five rounds, of so many times each."""
    found = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            action()
        found.append((time.perf_counter() - start) / times)
    return median(found)

def both_prices(n):
    """The time of the numeric gradient and of the backward pass for n weights, in runs of f."""
    weights = rng.normal(size=(16, n // 16)) / 4
    once = seconds(lambda: loss(weights), 200)
    return (seconds(lambda: numeric_gradient(loss, weights), 512 // n) / once,
            seconds(lambda: autodiff.grad(loss)(weights), 50) / once)

sizes = [16, 32, 64, 128, 256, 512]
numeric, backward = zip(*map(both_prices, sizes), strict=True)

# %% [markdown]
# The plot shows both prices, in runs of the function. The numeric gradient climbs along the line $2n$. The backward
# pass does not climb: it takes a few runs, and some bookkeeping of Python's, which weighs while the arrays are small.

# %%
curves(sizes, {"2n, the theory": 2 * np.array(sizes)},
       measured={"backward pass, measured": (sizes, backward),
                 "numeric gradient, measured": (sizes, numeric)},
       x="weights n", y="time, in runs of f", log="xy", ticks=sizes, ylim=(1, None))

# %% [markdown]
# ## The cheap gradient
#
# Why so little? Count **operations**, so that no clock disturbs. Forward, a gate is one operation. Back, each of its
# edges takes one multiplication, *upstream × local*, and one addition, to accumulate. A gate has one edge or two. So
# a gate costs
#
# $$1 + 2 \cdot 2 = 5 \text{ operations at most}$$
#
# The whole gradient, **of all inputs at once**, costs at most 5 times the function. (Griewank 1989. The bound of
# Griewank and Walther 2008, chapter 4, also weighs memory access, and lies between 3 and 4.)
#
# Here the slope of a gate is free: for + it is 1, for × it is the other input. Where it is not, add an operation to
# the count: a gate with one input, like tanh, then has 4.

# %%
def operations(f, n):
    """(operations of f, operations of f and its gradient) for n inputs, counted on the tape."""
    tape = scalar.Tape()
    f([tape.leaf(0.5 + 0.01 * k) for k in range(n)])
    gates = [entry for entry in tape if len(entry) > 2]          # (gate, value, parent, slope, …)
    back = sum(4 if len(entry) == 6 else 3 for entry in gates)   # two edges; or one, and its slope
    return len(gates), len(gates) + back

def chain_of_tanh(x):
    for _ in x:
        x[0] = scalar.tanh(x[0])

functions = {"product of n numbers": math.prod,
             "sum of n tanh": lambda x: sum(map(scalar.tanh, x)),
             "chain of n tanh": chain_of_tanh}

# %% [markdown]
# The plot shows how many times the gradient costs the function, for three functions of up to a thousand inputs or
# stages. All stay at the line of 5 or below it, however large the function is. The numeric gradient, at $2n$,
# leaves the picture with the fourth input.

# %%
sizes, prices = [2, 5, 10, 20, 50, 100, 200, 500, 1000], {}
for name, f in functions.items():
    counts = [operations(f, n) for n in sizes]
    prices[name] = sizes, [both / alone for alone, both in counts]
curves([1, 1.5, 2, 2.5, 3, 3.5], {"2n, numeric": [2, 3, 4, 5, 6, 7]}, measured=prices,
       levels={"the bound: 5": 5}, x="size n", y="operations / those of f", log="x", ylim=(0, 7))

# %% [markdown]
# ## Edges, not paths
#
# The count above went over **edges**. Nothing else matters: not how many inputs there are, and not how many paths.
#
# Take a graph that is full of paths: each value is the sum of the two before it.

# %%
def fibonacci(a, b, stages=5):
    for _ in range(stages):
        a, b = b, a + b
    return b

graph(fibonacci, a=1, b=1)

# %% [markdown]
# All local gradients are 1 here. So every path contributes 1, and the gradient **is** the number of paths. Count those
# from $b$: the graph has 5 stages. With each stage this number grows by a factor of about 1.618.
#
# The next cell counts the payments of the backward pass, and those of a function that walks along each path by
# itself.

# %%
def payments(stages):
    """How often the backward pass pays along an edge."""
    passes = trace(lambda a, b: fibonacci(a, b, stages), a=1.0, b=1.0)
    return sum(step.direction == "backward" and step.sender is not None for step in passes.steps)

def payments_by_path(stages):
    """The same for a walk that goes along every path by itself."""
    count, waiting = 0, [stages]
    while waiting:
        at = waiting.pop()
        if at > 0:                              # value at has two parents
            count += 2
            waiting += [at - 1, at - 2]
    return count

# %% [markdown]
# The plot shows both counts, on a logarithmic scale: the backward pass on the line $2n$, the walk along paths on a
# straight line that climbs by the factor 1.618 with each stage. (Goodfellow, Bengio and Courville 2016,
# section 6.5.3: the work grows with the edges; without it, it can grow exponentially.)

# %%
stages, few = np.arange(1, 41), np.arange(1, 22, 2)
golden = (1 + math.sqrt(5)) / 2
curves(stages, {"along every edge: 2n": 2 * stages,
                "along every path": 2 * (golden ** (stages + 2) / math.sqrt(5) - 1)},
       measured={"along every edge: 2n": (stages[::3], [payments(n) for n in stages[::3]]),
                 "along every path": (few, [payments_by_path(n) for n in few])},
       x="stages n", y="payments", log="y")

# %% [markdown]
# ## Merge what is equal
#
# A backward pass never does the same work twice. A **formula** may. Write the derivative of $f(f(f(w)))$ for $f =
# \sin$ as school teaches it:
#
# $$\cos(\sin(\sin w)) \cdot \cos(\sin w) \cdot \cos w$$
#
# The sub-expression $\sin w$ stands there twice. So the graph of the formula computes it twice.

# %%
def written_out(w):
    return (autodiff.cos(autodiff.sin(autodiff.sin(w)))
            * autodiff.cos(autodiff.sin(w)) * autodiff.cos(w))

graph(written_out, w=1.5)

# %% [markdown]
# Two nodes are equal when they have the same gate and the same parents. Merge them, from the inputs on, and each
# sub-expression is left once.

# %%
def merged(nodes):
    """The nodes that are left when equal ones become one: the same gate, with the same parents."""
    known, place = {}, []
    for node in nodes:
        key = node.gate, node.name, *(place[parent] for parent in node.parents)
        place.append(known.setdefault(key, len(known)))
    return list(known)

def edges(nodes):
    return sum(len(node.parents) for node in nodes)

before = trace(written_out, w=1.5).nodes
after = merged(before)
left = sum(len(parents) for gate, name, *parents in after)
table(["edges before", "after"], [(edges(before), left)])

# %%
def named_once(w):
    x = autodiff.sin(w)
    y = autodiff.sin(x)
    return autodiff.cos(y) * autodiff.cos(x) * autodiff.cos(w)

graph(named_once, w=1.5, names="x y")

# %% [markdown]
# With three stages little is won. With $n$ stages the formula has $n(n-1)/2$ sines, and only $n - 1$ of them
# differ. The plot counts edges before and after: the first grow like a square, the others like a line. (Goodfellow,
# Bengio and Courville 2016, sections 6.5.3 and 6.5.9, mention such simplifications; compilers call them common sub-expression
# elimination.)

# %%
def formula(stages):
    """The derivative of stages times sin, written out."""
    def f(w):
        product = 1
        for k in range(stages):
            t = w
            for _ in range(k):
                t = autodiff.sin(t)
            product = autodiff.cos(t) if k == 0 else product * autodiff.cos(t)
        return product
    return f

n = np.arange(1, 25)
found = [trace(formula(k), w=1.5).nodes for k in n[::2]]
left = [sum(len(key) - 2 for key in merged(nodes)) for nodes in found]
curves(n, {"merged: 4n − 3": 4 * n - 3,
           "as written: n(n − 1)/2 + 3n − 2": n * (n - 1) / 2 + 3 * n - 2},
       measured={"merged: 4n − 3": (n[::2], left),
                 "as written: n(n − 1)/2 + 3n − 2": (n[::2], [edges(nodes) for nodes in found])},
       x="stages n", y="edges")

# %% [markdown]
# ## Store or recompute
#
# The two forms are two programs. **Merged**, a value is computed once and kept until the last one who needs it has
# used it. **Written out**, it is computed anew each time, and nothing is kept.
#
# So the formula that looked like pure waste is a way to save memory. (Goodfellow, Bengio and Courville 2016,
# section 6.5.3.) Here are both for any chain. They count the calls of $f$.

# %%
calls = 0

def f(value):
    global calls
    calls += 1
    return Value(math.sin(value.number))

def slope(value):
    return math.cos(value.number)

def store(w, n):
    values = [w]
    for _ in range(n - 1):
        values.append(f(values[-1]))
    grad = 1.0
    while values:
        grad *= slope(values.pop())
    return grad

def recompute(w, n):
    grad = 1.0
    for k in reversed(range(n)):
        value = w
        for _ in range(k):
            value = f(value)
        grad *= slope(value)
    return grad

# %% [markdown]
# A `Value` is a number that notes when it comes to life and when Python drops it. Time is counted in calls. So we
# see what is held without a word from the programs themselves.

# %%
class Value:
    """A number that keeps a diary: lives holds (made, dropped) of all that have been dropped."""
    lives, here, most = [], 0, 0

    def __init__(self, number):
        self.number, self.made = number, calls
        Value.here += 1
        Value.most = max(Value.most, Value.here)

    def __del__(self):
        Value.here -= 1
        Value.lives.append((self.made, calls))

def price(program, n):
    """(gradient, calls of f, most values held, their lives) of a program."""
    global calls
    calls, Value.lives, Value.here, Value.most = 0, [], 0, 0
    grad = program(Value(1.5), n)
    return grad, calls, Value.most, Value.lives

fold("What each program pays for 20 stages", after="calls in all")
table(["program", "gradient", "calls", "values held"],
      [(program.__name__, *price(program, 20)[:3]) for program in (store, recompute)], digits=12)

# %% [markdown]
# The same gradient, at two prices. The plot shows the calls for chains of up to 40 stages, on the lines of theory:
# $n - 1$ to store, $n(n-1)/2$ to recompute.

# %%
n = np.arange(1, 41)
calls_of = lambda program: (n[::3], [price(program, k)[1] for k in n[::3]])
curves(n, {"store: n − 1": n - 1, "recompute: n(n − 1)/2": n * (n - 1) / 2},
       measured={"store: n − 1": calls_of(store), "recompute: n(n − 1)/2": calls_of(recompute)},
       x="stages n", y="calls of f")

# %% [markdown]
# ## What is held
#
# Each bar below is the life of one value: from the call that makes it to the moment when Python drops it. To store,
# values wait for the way back, so the bars are long and there are many at once. To recompute, the bars are short;
# only $w$, at the bottom, waits for the next run.
#
# The **peak** is the largest number of bars above one another.

# %%
pictures = []
for program in (store, recompute):
    _, called, held, lives = price(program, 7)
    pictures.append(spans(sorted(lives), x="time, in calls of f", y="values",
                          title=f"{program.__name__}: {held} held, {called} calls"))
beside(*pictures)

# %% [markdown]
# How can one know the peak without running the program on a machine? From its **trace**: what is made, and what is
# used, in order. A value is needed from where it is made to its last use. If it is made again, it need not be kept
# in between. That is how compilers count registers, and it is how the assignment counts.
#
# Mind the difference. A list that you fill and forget costs memory; a trace does not see it. What Python drops
# depends on who still holds it; what is **needed** depends on what comes later.

# %% [markdown]
# ## Checkpoints
#
# Now in between. On the way forward keep every `every`-th value: a **checkpoint**. They cut the chain into
# segments. On the way back take the segments from the last to the first. Compute the values of a segment again from
# its checkpoint, use them, drop them.
#
# Each value is computed once on the way forward, and at most once more on the way back: at most $2n$ calls. Held
# are the checkpoints, and **one** segment:
#
# $$\frac{n}{\text{every}} + \text{every} \quad \text{values, or one more}$$

# %%
def lives(n, every):
    """(value, from, to) of each value of a checkpointed pass; time in calls and slopes."""
    found, clock = [], n
    for first in reversed(range(0, n, every)):
        size = min(every, n - first)
        turn = clock + size - 1                     # now the last value of the segment is there
        found += [(first, first, turn + size)]      # the checkpoint, kept from the way forward
        found += [(first + j, clock + j, turn + size - j) for j in range(1, size)]
        clock = turn + size
    return found

# %% [markdown]
# The picture shows a chain of 24 stages with a checkpoint every 5: left of the dotted line the way forward, right
# of it the way back. Full bars are checkpoints. Faint bars are values that are computed again, segment by segment,
# the last segment first.

# %%
def draw_lives(every=5, n=24):
    found = sorted(lives(n, every))
    peak = max(sum(start <= at <= end for _, start, end in found) for at in range(3 * n))
    return spans([(start, end) for _, start, end in found],
                 strong=[value % every == 0 for value, _, _ in found], places={"": n},
                 x="time, in calls of f and slopes", y="stage",
                 title=f"every = {every}: at most {peak} of {n} values at the same time")

draw_lives()

# %% [markdown]
# Move the slider. With every = 1 all is stored. With every = 24 there is one segment, and it holds everything at
# once. For which spacing is the peak lowest? (Without a running kernel the picture above stands for it.)

# %%
_ = interact(draw_lives, every=IntSlider(5, min=1, max=24), n=fixed(24))

# %% [markdown]
# ## How far apart
#
# `autodiff.checkpoint(f)` is such a segment: a function like `f` that forgets what it computed inside, and computes
# it again when the backward pass comes. Let us measure real memory, on a chain of 64 stages whose values are
# arrays. `tracemalloc` tells the peak.

# %%
STAGES, array = 64, np.linspace(0.1, 1.0, 10_000)
called = 0

def stage(h):
    global called
    called += 1
    return autodiff.sin(h)

def segment(size):
    def run(h):
        for _ in range(size):
            h = stage(h)
        return h
    return run

def chain(every):
    """All stages, with a checkpoint every so many; none where one segment is the whole chain."""
    def f(h):
        for first in range(0, STAGES, every):
            part = segment(min(every, STAGES - first))
            h = part(h) if every == STAGES else autodiff.checkpoint(part)(h)
        return h.sum()
    return f

# %%
def peak_and_calls(every):
    """The peak of a gradient's memory, in arrays, and how often stages were called."""
    global called
    called = 0
    tracemalloc.start()
    grad = autodiff.grad(chain(every))(array)
    peak = tracemalloc.get_traced_memory()[1] / array.nbytes
    tracemalloc.stop()
    return peak, called, grad

spacings = [1, 2, 4, 6, 8, 11, 16, 23, 32, 64]
measured = {every: peak_and_calls(every) for every in spacings}
assert all(np.array_equal(grad, measured[64][2]) for _, _, grad in measured.values())
print("the same gradient, to the last bit, for each of", len(measured), "spacings")

# %% [markdown]
# The plot shows the peak over the spacing, measured and by the formula $n/\text{every} + \text{every}$. Both fall
# and rise again, with the lowest points around 8, the root of 64. There the peak is less than a third of what
# storing takes. Every point but the last took 128 calls; the last one stores, and took 64.

# %%
every = np.linspace(1, 64, 400)
curves(every, {"n/every + every, the theory": STAGES / every + every},
       measured={"measured on autodiff": (spacings, [measured[k][0] for k in spacings])},
       places={"every = √n": math.sqrt(STAGES)},
       x="a checkpoint every … stages", y="peak, in arrays", ylim=(0, None))

# %%
table(["every", "calls"], [(k, measured[k][1]) for k in spacings])

# %% [markdown]
# Why the root? As `every` grows, $n/\text{every}$ falls and `every` rises. Their sum is smallest where both are
# equal, at $\sqrt n$, and there it is $2\sqrt n$. So **one more run of the function buys memory for $2\sqrt n$
# values instead of $n$**: 20 instead of 100, 2,000 instead of a million. (Chen, Xu, Zhang and Guestrin 2016,
# section 4.)

# %% [markdown]
# ## The best schedule
#
# Can one do better? Suppose there is room for $s$ checkpoints, $w$ among them. Put the next one after $m$ stages.
# That takes $m$ calls. Then do the rest, $n - m$ stages, with one place less. After that its place is free again,
# and the first $m$ stages have all $s$ places. Choose the best $m$, and you get the fewest calls:
#
# $$t(n, s) = \min_{0 < m < n} \; m + t(n - m, s - 1) + t(m, s)$$
#
# $$t(n, 1) = \frac{n(n-1)}{2}, \qquad t(1, s) = 0$$
#
# With one place this is recomputing; with $n$ places it is storing. (Only what waits takes a place, not the argument
# and the result of the call at work. So recomputing has one place here, and held 3 values above.)

# %%
@cache
def fewest(n, places):
    """The fewest calls of f for the gradient of n stages, with room for so many checkpoints."""
    if n == 1:
        return 0
    if places == 1:
        return n * (n - 1) // 2
    return min(m + fewest(n - m, places - 1) + fewest(m, places) for m in range(1, n))

table(["places, for 64 stages", "calls"],
      [(places, fewest(64, places)) for places in (1, 2, 3, 5, 8, 64)])

# %% [markdown]
# There is a closed form. With $s$ places and no stage run more than $r$ times, you can reverse exactly
# $\binom{s + r}{s}$ stages. So the schedule is called **binomial**. Let $r$ be the smallest number that is enough for
# $n$ stages. Then
#
# $$t(n, s) = r\,n - \binom{s + r}{s + 1}$$
#
# (Griewank 1992; Griewank and Walther 2000, "Algorithm 799: revolve"; Griewank and Walther 2008, chapter 12.)

# %%
def binomial(n, places):
    """The closed form of fewest."""
    r = 0
    while math.comb(places + r, places) < n:
        r += 1
    return r * n - math.comb(places + r, places + 1)

assert all(binomial(k, places) == fewest(k, places)
           for k in range(1, 65) for places in range(1, 65))
print("search and closed form agree on 4096 cases")

# %% [markdown]
# The plot puts all programs into one picture: calls over places, for 64 stages, both on logarithmic axes. Storing
# lies at the lower right, recomputing at the upper left. The best schedule is the line between them, with the
# points found by search on it. No program lies below. Evenly spaced checkpoints lie above, but not by much, and
# they are simpler.

# %%
places, few = np.arange(1, 65), [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64]
even = [4, 8, 16, 32]
by_search = few, [fewest(64, s) for s in few]
evenly = [64 / k + k for k in even], [measured[k][1] for k in even]
curves(places, {"binomial, the theory": [binomial(64, s) for s in places]},
       measured={"best schedule, by search": by_search, "evenly spaced, measured": evenly},
       x="places for values: recompute on the left, store on the right", y="calls of f", log="xy",
       ticks=[1, 2, 4, 8, 16, 32, 64], ylim=(40, None))

# %% [markdown]
# What does it buy? With $r = 3$, no stage runs more than three times. Then 10 places reach over
# $\binom{13}{10} = 286$ stages. Let the places grow like $\log n$, and the calls per stage grow like $\log n$, too. A
# simulation of a million steps can be reversed with 40 of its states in memory, for about 5 calls per step.

# %%
rows = []
for n in (100, 10_000, 1_000_000):
    thrifty = math.ceil(2 * math.log2(n))
    rows.append((n, thrifty, binomial(n, thrifty) / n, 2 * math.isqrt(n)))
table(["stages", "places", "calls per stage", "√n checkpoints: places, at 2 calls per stage"],
      rows, digits=1)

# %% [markdown]
# ## The backward pass as a program
#
# A backward pass finds out, node by node, what to do next. The second time it finds the same. So one can write down
# once what it did, as a program without any graph. Goodfellow, Bengio and Courville (2016, section 6.5.5) call that
# the symbol-to-symbol view.
#
# `autodiff.program(f)` does it. It is called like `autodiff.value_and_grad(f)`, and `source()` shows what it runs. Here it
# is for a layer with tanh, and one behind it whose input goes around it, too.

# %%
images, target = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
weights = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 4))

def around(W1, b1, W2):
    h = autodiff.tanh(images @ W1 + b1)
    off = h @ W2 + h - target
    return (off**2).sum()

step = autodiff.program(around, (0, 1, 2))
value, gradients = step(*weights)
print(step.source())

# %% [markdown]
# Read it like any function. Find three things before you unfold the answer:
#
# - a value that is **kept** for the way back, so that nothing is computed twice;
# - the **+** where the two paths of a fork come together;
# - the two **transposes** of a matrix product.
#
# <details><summary>Where are they?</summary>
#
# The hidden values `h` are made once, and needed again on the way back, for the slope of tanh and for `d_W2`.
# The + stands in the line of `d_h`: `h` goes into `off` by itself, and through `W2`. The transposes are `W2.T`, on the
# way to the input, and `h.T`, on the way to the weights.
#
# </details>

# %% [markdown]
# In lesson 4 you wrote these lines yourself: `dout @ w.T` for the input, `x.T @ dout` for the weights, and a sum over the
# batch for the bias. Below they are again, in functions. Do they give what the program gives?

# %%
def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

def around_backward(W1, b1, W2):
    h = np.tanh(images @ W1 + b1)
    doff = 2 * (h @ W2 + h - target)
    dh, dW2, _ = affine_backward(doff, h, W2)
    _, dW1, db1 = affine_backward((doff + dh) * (1 - h * h), images, W1)
    return dW1, db1, dW2

both = zip(["W1", "b1", "W2"], around_backward(*weights), gradients, strict=True)
table(["gradient of", "shape", ""],
      [(name, mine.shape, "agrees" if np.allclose(mine, theirs) else "differs")
       for name, mine, theirs in both])

# %% [markdown]
# The drawing can be read as code, too. Step through both: the line that belongs to a step is marked. Here each gate
# has a line of its own, and so has each payment. `x` is a fork, so `d_x` is written twice. (Each graph of the course
# has the button "As code".)

# %%
graph(lambda x, w: (np.tanh(x * w) + x)**2, x=0.5, w=-1.5, names="p h s", code=True)

# %% [markdown]
# ### Change a line
#
# What is text can be changed. Below, the program is pasted into an operation of its own, with one line changed: the
# direct path around the second layer is forgotten. The gradient check compares what the program returns with
# central differences.
#
# Run it. Then change another line in its place, `1 - h * h` into `1 - h`, say. Does the check see that, too? Which
# changes does it let pass?

# %%
def pasted(source):
    """An operation out of the text of a program: its value, and the gradients it works out."""
    space = {"np": np}
    exec(source, space)
    run = lambda *params: space["value_and_grad"](*params, images=images, target=target)
    return autodiff.Op("pasted", lambda *params: run(*params)[0],
                       together=lambda g, z, *params: [g * grad for grad in run(*params)[1]])

line, changed = "d_h = v1 + v1 @ W2.T", "d_h = v1 @ W2.T"          # change me
assert line in step.source()
print("as it was:", autodiff.gradcheck(pasted(step.source()), *weights))
print("changed:  ", autodiff.gradcheck(pasted(step.source().replace(line, changed)), *weights))

# %% [markdown]
# ### A checkpoint, read
#
# A program shows what is stored and what is computed anew. Here are four times sin, once as they are, and once in two
# segments under a checkpoint. In the second program two lines of the backward pass are lines of the forward pass: a
# segment runs again before its slopes are taken.

# %%
def two_stages(u):
    v = autodiff.sin(u)
    return autodiff.sin(v)

def stages_in(part):
    def four(w):
        return part(part(w))
    return four

for part in (two_stages, autodiff.checkpoint(two_stages)):
    print(autodiff.program(stages_in(part)).source(1.5))

# %% [markdown]
# Lesson 8 trains with such a program, and measures it.

# %% [markdown]
# ## Break it
#
# Four wrong claims about costs. Each is right on the numbers below, by accident. Change the numbers until all four
# are exposed.

# %%
def tell(claim, says, truth):
    verdict = "hidden, here it is right" if math.isclose(says, truth) else "exposed!"
    print(f"{claim:48} says {says:8.4g}, truth {truth:8.4g}: {verdict}")

n = 2                                       # change me: stages
tell("recomputing takes n − 1 calls", n - 1, price(recompute, n)[1])

n = 3                                       # change me: stages
tell("recomputing holds as many values as there are", n, price(recompute, n)[2])

n = 16                                      # change me: stages
best = min(n / k + k for k in range(1, n + 1))
tell("the best spacing is √n, rounded down", n / math.isqrt(n) + math.isqrt(n), best)

n, places = 6, 3                            # change us: stages and places
calls_needed = binomial(n, places)
tell("with s places it takes 2n calls at most", min(calls_needed, 2 * n), calls_needed)

# %% [markdown]
# What hid them: chains of two and three stages are too short to show a square, or a value that is dropped. A square
# number has a whole root. And a few stages fit into a few places.

# %% [markdown]
# ## Your turn
#
# Open [assignment 7](../exercises/07_store_or_recompute/07_store_or_recompute.ipynb). Its five functions go with
# these sections:
#
# | section | exercises |
# |---|---|
# | Store or recompute | `stored_cost`, `recomputed_cost` |
# | Checkpoints | `checkpointed_grad` |
# | How far apart | `best_every` |
# | What is held | `peak_memory` |

# %% [markdown]
# ## Recall
#
# Answer aloud or on paper, then unfold.
#
# <details><summary>Why does the price of a gradient not grow with the number of inputs?</summary>
#
# The backward pass pays once along each edge, with one multiplication and one addition. The edges are those of the
# function itself. All inputs are served by the same walk.
#
# </details>
#
# <details><summary>When is it wise to compute a value twice?</summary>
#
# When memory is what you lack. Each value that is dropped and made again costs a call, and frees its place in the
# time between.
#
# </details>
#
# <details><summary>Why is a checkpoint every √n stages a good choice?</summary>
#
# Fewer checkpoints make longer segments. The two add up to n/every + every values, and this is smallest where both
# terms are equal. The price is one more run of the function.
#
# </details>
#
# Next: [lesson 8](08_train_digits.ipynb) trains a network with all of this.
