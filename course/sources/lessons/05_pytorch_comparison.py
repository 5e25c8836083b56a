# %% [markdown]
# # Lesson 5 · Three ways to one gradient
#
# After this lesson you can
#
# - compute a gradient by hand, with `autodiff` and with PyTorch, and compare the three;
# - say what PyTorch does when it accumulates, refuses, or gives you no gradient at all;
# - put a backward function of your own into PyTorch, and have PyTorch check it.

# %% [markdown]
# ## Why compute by hand what a library computes
#
# PyTorch gives you gradients in one line. It cannot give you the picture of what that line does.
# You need the picture when a gradient is `None`, is twice as large as it should be, or stops somewhere on its way.
#
# And the other way round: a library is the best check of the backward functions that you write.
#
# Each PyTorch cell of this lesson is a function. `live_or_recorded` runs it. If PyTorch is missing, it shows what
# the same function gave on a machine that has PyTorch, and says so.

# %%
import timeit

import numpy as np
from IPython.display import display

import autodiff
from autodiff import Tensor
from course import fold, graph, predict
from course.figures import table
from course.pytorch import live_or_recorded, side_by_side, which

# %%
print(which())

# %% [markdown]
# ## The example: r = 144
#
# An article that many people learn from, "Backpropagation: chain rule and PyTorch in action" (Towards Data Science),
# works out one function by hand and by PyTorch, down to the result $r = 144$. The function itself stood in a picture
# that is lost. So this lesson uses a **stand-in** with the same result:
#
# $$r = \big((x + y)\, z\big)^2$$
#
# Take it at $x = -2$, $y = 5$, $z = -4$.
#
# It joins two examples of lesson 1: $(x + y)\,z$ and the square.

# %% [markdown]
# ## Predict first
#
# What is $\partial r / \partial z$ here? Work it out on paper, then type your number.

# %%
guess = ...

predict(guess, "the gradient of z")

# %% [markdown]
# And this: $\partial r / \partial x$ is 96. Somebody runs the forward and the backward pass **twice**, and looks at
# `x.grad` only then. What stands there?

# %%
guess = ...

predict(guess, "after two passes")

# %% [markdown]
# ## By hand
#
# Step through the graph. Call the sum $q$ and the product $u$.

# %%
graph(lambda x, y, z: ((x + y) * z) ** 2, x=-2, y=5, z=-4, names=["q", "u", "r"])

# %% [markdown]
# Backward it is always upstream gradient × local gradient.
#
# <details class="bp-after the-gradient-of-z"><summary>Step to the end first. Then: every step</summary>
#
# Forward: $q = 3$, $u = -12$, $r = 144$. Backward:
#
# | step | upstream × local |
# |---|---|
# | $\partial r / \partial u = 2u$ | 1 × (−24) = −24 |
# | $\partial r / \partial q$: × swaps | −24 × (−4) = 96 |
# | $\partial r / \partial z$: × swaps | −24 × 3 = −72 |
# | $\partial r / \partial x$: + copies | 96 |
# | $\partial r / \partial y$: + copies | 96 |
#
# </details>

# %%
x, y, z = -2.0, 5.0, -4.0
q = x + y
u = q * z
du = 1.0 * 2 * u
by_hand = {"r": u * u, "x": du * z, "y": du * z, "z": du * q}
fold("What comes out by hand", after="the gradient of z")
print(by_hand)

# %% [markdown]
# ## By autodiff
#
# `autodiff` is the reference of this course, small enough to read in a sitting. A `Tensor` remembers how it was
# computed; `backward` walks back along that memory.

# %%
x, y, z = Tensor(-2.0), Tensor(5.0), Tensor(-4.0)
r = ((x + y) * z) ** 2
r.backward()

by_autodiff = {"r": r.item(), "x": x.grad, "y": y.grad, "z": z.grad}
fold("What autodiff gives", after="the gradient of z")
print({name: float(number) for name, number in by_autodiff.items()})

# %% [markdown]
# ## By PyTorch
#
# Nearly the same lines. What is new is `requires_grad=True`: PyTorch keeps no memory unless you ask for it.

# %%
def r144(torch):
    x = torch.tensor(-2.0, requires_grad=True)
    y = torch.tensor(5.0, requires_grad=True)
    z = torch.tensor(-4.0, requires_grad=True)
    r = ((x + y) * z) ** 2
    r.backward()
    print(r)
    print(x.grad, y.grad, z.grad)
    return {"r": r.item(), "x": x.grad.item(), "y": y.grad.item(), "z": z.grad.item()}

fold("What PyTorch gives", after="the gradient of z")
by_pytorch = live_or_recorded(r144)

# %% [markdown]
# ## Side by side
#
# Three ways, one gradient. **Exact** means equal in every bit. **Approximate** means equal up to rounding.
# Here the numbers are small and whole, so nothing is rounded.

# %%
side_by_side("r = 144", **{name: (by_hand[name], by_autodiff[name], by_pytorch[name])
                           for name in by_hand})

# %% [markdown]
# ## Everything is a tensor
#
# A PyTorch tensor holds an array of any shape; a single number is a tensor without axes. `.item()` takes the
# number out.
#
# Mind the precision. Python and numpy compute in float64, about 16 digits. PyTorch makes float32 of Python's numbers,
# about 7 digits. Ask for more with `dtype=torch.float64`.

# %%
def tensors(torch):
    for data in (144.0, [1.0, 2.0], [[1.0, 2.0, 3.0]]):
        t = torch.tensor(data)
        print(f"shape {tuple(t.shape)!s:<8} {t.dtype}   {t}")
    print(torch.tensor(0.1).item(), "is what float32 makes of 0.1")
    print(torch.from_numpy(np.array([0.1])).dtype, "comes from a numpy array")

live_or_recorded(tensors)

# %% [markdown]
# ## requires_grad
#
# Without `requires_grad=True` a tensor is a fixed input. It takes part in the forward pass, gets no gradient,
# and its `.grad` stays `None`. Data and labels are such inputs; weights are not.
#
# Values in between do require a gradient, since they depend on something that does. But PyTorch stores it for
# the **leaves** only: the tensors that no operation made. `retain_grad()` asks for one more.

# %%
def fixed_inputs(torch):
    x = torch.tensor(-2.0, requires_grad=True)
    y = torch.tensor(5.0)
    q = x + y
    q.retain_grad()
    r = (q * -4.0) ** 2
    r.backward()
    print("x.grad", x.grad, "  y.grad", y.grad, "  q.grad", q.grad)
    print("leaves:  x", x.is_leaf, "  y", y.is_leaf, "  q", q.is_leaf)

live_or_recorded(fixed_inputs)

# %% [markdown]
# If nothing in the forward pass requires a gradient, there is nothing to walk back along. This little helper
# runs what PyTorch refuses, and prints the first sentence of the refusal.

# %%
def refused(action):
    try:
        action()
    except RuntimeError as error:
        print("Refused:", str(error).split(". ")[0].split("\n")[0])

def nothing_to_do(torch):
    x = torch.tensor(3.0)
    refused(lambda: (x * x).backward())

live_or_recorded(nothing_to_do)

# %% [markdown]
# ## What x.grad holds
#
# `r.backward()` does not set `x.grad`. It **adds** to it. At a fork this is what you want: each path adds its part.
# Between two training steps it is not: the old gradient is still there.

# %%
def adds(torch):
    x = torch.tensor(3.0, requires_grad=True)
    for step in range(3):
        (x * x).backward()
        print(f"after {step + 1} backward:", x.grad.item())
    x.grad.zero_()
    (x * x).backward()
    print("after zero_():   ", x.grad.item())
    x.grad = None
    (x * x).backward()
    print("after None:      ", x.grad.item())

live_or_recorded(adds)

# %% [markdown]
# Optimizers do this for all of their parameters: `optimizer.zero_grad()`. It sets them to `None`.
#
# The right answer is 6, since $d(x^2)/dx = 2x$ at 3. Without zeroing, you step by 6, then 12, then 18.

# %% [markdown]
# ## A vector to start from
#
# A backward pass starts from $\partial r / \partial r = 1$. That makes sense when $r$ is one number.
# A non-scalar output needs a vector: say with which weights its entries count, by an upstream gradient of its shape.
# PyTorch calls it `gradient`. You know it as `dout`.

# %%
def needs_a_vector(torch):
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    refused(lambda: y.backward())
    y.backward(torch.tensor([1.0, 10.0, 100.0]))
    print("x.grad", x.grad)

live_or_recorded(needs_a_vector)

# %% [markdown]
# The three slopes are 2, 4 and 6; the vector $(1, 10, 100)$ weighs them, which gives 2, 40 and 600.
# This is a vector-Jacobian product: no Jacobian is ever built.
#
# `y.sum().backward()` is the same as a vector of ones.

# %% [markdown]
# ## detach and no_grad
#
# Both stop gradients, in two ways. `x.detach()` gives the same value as a constant: one path is cut.
# Under `no_grad` nothing is remembered at all. It is for evaluation, and for updating weights.

# %%
def stopped(torch):
    x = torch.tensor(3.0, requires_grad=True)
    (x * x.detach()).backward()
    print("x * x.detach():  x.grad =", x.grad.item())
    with torch.no_grad():
        y = x * x
    print("under no_grad:   requires_grad =", y.requires_grad)
    refused(lambda: y.backward())

live_or_recorded(stopped)

# %% [markdown]
# Half of the gradient of $x^2$ is missing in the first line: 3 in place of 6. It came along one path only.
# Nothing warns you. A `detach` too many is one of the hardest mistakes to see.

# %% [markdown]
# ## In-place changes
#
# The backward pass needs values of the forward pass. If you overwrite one, the gradient would be wrong.
# PyTorch counts the changes to each tensor, and refuses when a value it needs is not what it was.

# %%
def in_place(torch):
    x = torch.tensor(3.0, requires_grad=True)

    def change_a_leaf():
        x.add_(1.0)

    def change_a_value_that_is_needed():
        y = torch.exp(x)
        y.mul_(2.0)
        y.backward()

    refused(change_a_leaf)
    refused(change_a_value_that_is_needed)
    with torch.no_grad():
        x.add_(1.0)
    print("under no_grad a leaf may change: x =", x.item())

live_or_recorded(in_place)

# %% [markdown]
# The exp gate keeps its **output**: that is its slope. Doubling the output in place spoils it.
# `autodiff` has no in-place changes at all, for this reason.

# %% [markdown]
# ## Integer tensors
#
# A derivative asks for a tiny step, and integers have none. So a tensor of integers cannot require a gradient.
# A forgotten decimal point is enough.

# %%
def integers(torch):
    print(torch.tensor(3).dtype, "and", torch.tensor(3.0).dtype)
    refused(lambda: torch.tensor(3, requires_grad=True))

live_or_recorded(integers)

# %%
try:
    Tensor(3)
except TypeError as error:
    print("autodiff:", error)

# %% [markdown]
# ## A second backward pass
#
# `backward` frees the stored values as it uses them. A second walk over the same graph has nothing to work with.
# `retain_graph=True` keeps them. Gradients add up here as well.

# %%
def second_pass(torch):
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    refused(lambda: y.backward())
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    print("three walks that worked: x.grad =", x.grad.item())

live_or_recorded(second_pass)

# %% [markdown]
# Often this error means something else: a value from the last training step is still in use,
# and its graph with it. `detach` it.

# %% [markdown]
# ## A node of your own
#
# `torch.autograd.Function` takes a gate of your own: `forward` computes, and saves what `backward` will need;
# `backward` gets the upstream gradient, and returns one gradient for each input.
#
# Here is the sigmoid's backward function of lesson 3. Put your own in its place, if you like.

# %%
def sigmoid_backward(dout, out):
    return dout * (1 - out) * out

# %%
def gate(torch, forward, backward):
    """A PyTorch operation from two functions, for gates whose slope is made of their output."""
    class Gate(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = forward(x)
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, dout):
            (out,) = ctx.saved_tensors
            return backward(dout, out)
    return Gate.apply

def own_sigmoid(torch):
    sigmoid = gate(torch, lambda x: 1 / (1 + torch.exp(-x)), sigmoid_backward)
    x = torch.tensor(1.0, requires_grad=True)
    f = sigmoid(x)
    f.backward()
    print(f"f = {f.item():.4f}   x.grad = {x.grad.item():.4f}")

live_or_recorded(own_sigmoid)

# %% [markdown]
# ### gradcheck
#
# `torch.autograd.gradcheck` compares a backward function with finite differences, as you did in lesson 4.
# Give it float64: in float32 the differences drown in rounding.
#
# The second gate below takes the slope from an output that has been through the sigmoid a second time.

# %%
def checked(torch):
    sigma = lambda x: 1 / (1 + torch.exp(-x))
    x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
    good = gate(torch, sigma, sigmoid_backward)
    twice = gate(torch, sigma, lambda dout, out: dout * (1 - sigma(out)) * sigma(out))
    for name, function in {"your sigmoid_backward": good, "sigmoid applied twice": twice}.items():
        passed = torch.autograd.gradcheck(function, x, raise_exception=False)
        print(f"{name}: passes" if passed else f"{name}: fails")
    return torch.autograd.gradcheck(good, x, raise_exception=False)

passed = live_or_recorded(checked)

# %% [markdown]
# ## Three lines of training
#
# With all of this, PyTorch's training step reads by itself: forget the old gradients, walk back, step.
# It is the neuron of lesson 3 with the answer 1, and the same learning rate. The losses are the same, too.

# %%
def training(torch):
    x = torch.tensor([-1.0, -2.0, 1.0])                          # the last entry is the bias's input
    w = torch.tensor([2.0, -3.0, -3.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for step in range(4):
        f = torch.sigmoid(w @ x)
        loss = torch.nn.functional.binary_cross_entropy(f, torch.tensor(1.0))
        print(f"step {step}   loss {loss.item():.4f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

live_or_recorded(training)

# %% [markdown]
# Take away `optimizer.zero_grad()` and run it again: the loss still falls, in steps that are not those of gradient
# descent. `torch.optim.Adam` takes the place of SGD in one word. It scales each weight's step by the size of that
# weight's recent gradients (Kingma and Ba 2015).

# %% [markdown]
# ## A whole layer, side by side
#
# One layer for many inputs at once: $\text{out} = \tanh(XW + b)$, with a random upstream gradient.
# First by hand, with the backward functions of lessons 3 and 4.

# %%
rng = np.random.default_rng(5)
X, W, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
dout = rng.normal(size=(4, 2))

def layer_by_hand(X, W, b, dout):
    out = np.tanh(X @ W + b)
    dsum = dout * (1 - out * out)
    return dsum @ W.T, X.T @ dsum, dsum.sum(axis=0)

def layer_by_autodiff(X, W, b, dout):
    X, W, b = Tensor(X), Tensor(W), Tensor(b)
    np.tanh(X @ W + b).backward(dout)
    return X.grad, W.grad, b.grad

# %% [markdown]
# Then by PyTorch, in both precisions.

# %%
def layer_by_pytorch(torch, dtype, X, W, b, dout):
    X, W, b = (torch.tensor(data, dtype=dtype, requires_grad=True) for data in (X, W, b))
    torch.tanh(X @ W + b).backward(torch.tensor(dout, dtype=dtype))
    return X.grad, W.grad, b.grad

def layer(torch):
    return {name: [gradient.tolist() for gradient in layer_by_pytorch(torch, dtype, X, W, b, dout)]
            for name, dtype in {"float64": torch.float64, "float32": torch.float32}.items()}

theirs = live_or_recorded(layer)

# %% [markdown]
# A matrix product adds many products, and each library adds them in an order of its own. So the last bit may
# differ: approximately equal, and no longer exact. In float32 the difference is larger by a factor of many millions,
# and still a matter of rounding.
#
# So never compare gradients with `==`. Compare the difference with the size of the numbers.

# %%
hand, ours = layer_by_hand(X, W, b, dout), layer_by_autodiff(X, W, b, dout)

for precision, gradients in theirs.items():
    tensors = dict(zip("XWb", zip(hand, ours, gradients, strict=True), strict=True))
    display(side_by_side(precision, **tensors))

# %% [markdown]
# ## The time of each
#
# Two sizes: $r$ with three numbers, and the layer with 128 inputs of 256 numbers and 64 outputs. Each time is the
# best of several runs of forward and backward pass. Recorded times come from another machine. If one of them stands
# out, something else kept your computer busy: run the cell again.

# %%
def best(action, runs):
    return min(timeit.repeat(action, number=runs, repeat=3)) / runs

def r_by_hand(x=-2.0, y=5.0, z=-4.0):
    q = x + y
    u = q * z
    return u * u, 2 * u * z, 2 * u * z, 2 * u * q

def r_by_autodiff():
    x, y, z = Tensor(-2.0), Tensor(5.0), Tensor(-4.0)
    (((x + y) * z) ** 2).backward()

shapes = (128, 256), (256, 64), (64,), (128, 64)
large = [rng.normal(size=shape).astype(np.float32) for shape in shapes]

# %%
def seconds(torch):
    torch.set_num_threads(1)            # for a small layer, sharing the work costs more than it saves

    def r():
        x, y, z = (torch.tensor(v, requires_grad=True) for v in (-2.0, 5.0, -4.0))
        (((x + y) * z) ** 2).backward()
    return {"seconds": [best(r, 200), best(lambda: layer_by_pytorch(torch, torch.float32, *large), 10)]}

times = {
    "by hand": [best(r_by_hand, 2000), best(lambda: layer_by_hand(*large), 10)],
    "by autodiff": [best(r_by_autodiff, 200), best(lambda: layer_by_autodiff(*large), 10)],
    "by PyTorch": live_or_recorded(seconds)["seconds"],
}
table(["", "r, microseconds", "layer, milliseconds"],
      [(way, small * 1e6, big * 1e3) for way, (small, big) in times.items()], digits=2)

# %% [markdown]
# For three numbers nearly all of the time is bookkeeping: making nodes, walking back. By hand there is none.
# For the layer nearly all of it is arithmetic, and the ways come close together. This is why one gate should hold many
# numbers: a tensor groups scalars, and the bookkeeping is paid once.

# %% [markdown]
# ## A small dictionary
#
# | what | PyTorch | autodiff |
# |---|---|---|
# | a leaf | `torch.tensor(3.0, requires_grad=True)` | `Tensor(3.0)` |
# | its gradient | `x.grad` | `x.grad` |
# | walk back | `r.backward()` | `r.backward()` |
# | from an array | `y.backward(v)` | `y.backward(v)` |
# | forget | `x.grad = None` | `x.grad = None` |
# | cut a path | `x.detach()` | `x.data` |
# | remember nothing | `torch.no_grad()` | `autodiff.no_grad()` |
# | walk twice | `retain_graph=True` | `retain_graph=True` |
# | a gate of your own | `torch.autograd.Function` | `autodiff.Op` |
# | check it | `torch.autograd.gradcheck` | `autodiff.gradcheck` |

# %% [markdown]
# ## Break it
#
# Somebody has detached a softmax by mistake, so that its gradient is 0 everywhere. The test uses an upstream vector
# `v` of ones, and passes. Find a `v` on which the mistake shows.

# %%
v = np.array([1.0, 1.0, 1.0])

logits = np.array([0.5, -1.0, 2.0])
right = autodiff.vjp(autodiff.softmax, logits)[1](v)[0]
wrong = np.zeros(3)
print("right", np.round(right, 4) + 0.0, "  wrong", wrong)
print("Found: this v exposes it." if np.abs(right - wrong).max() > 1e-6
      else "Hidden: the true gradient is 0 here as well. Change v, and run the cell again.")

# %% [markdown]
# The probabilities of a softmax add up to 1, whatever you do to the logits. With equal weights in `v` you ask for
# the gradient of that constant sum. Draw upstream vectors at random, and never use ones.

# %% [markdown]
# ## Your turn
#
# [Assignment 5](../exercises/05_pytorch_comparison/05_pytorch_comparison.ipynb) has six functions. None of them
# needs PyTorch to be graded.
#
# - `r144_backward`: "By hand".
# - `compare`, which tells exact from approximate: "Side by side".
# - `engine_grads`, gradients by `autodiff`: "By autodiff".
# - `predict_grads`, what stands in `x.grad`: "What x.grad holds", "detach and no_grad", and the refusals.
# - `vector_backward`: "A vector to start from".
# - `SigmoidFn`: "A node of your own".

# %% [markdown]
# ## Recall
#
# Answer each question in your head, then open it.
#
# <details>
# <summary>1. In the second training step a gradient is the sum of two. What is missing?</summary>
#
# `optimizer.zero_grad()`. The gradient of the first step is still in `.grad`, and the second was added to it.
#
# </details>
#
# <details>
# <summary>2. Why does PyTorch refuse <code>y.backward()</code> when <code>y</code> is an array?</summary>
#
# A backward pass starts from an upstream gradient of the output's shape. For one number it is 1. For an array nobody
# but you can know how its entries count.
#
# </details>
#
# <details>
# <summary>3. Your gradient and PyTorch's differ by one part in ten million. Is one of them wrong?</summary>
#
# Hardly, if float32 was used: it holds about 7 digits. Repeat both in float64. If the difference falls to the
# rounding of float64, both are right.
#
# </details>
#
# Next: [lesson 6](06_build_the_engine.ipynb) builds the engine that stands behind `backward`.
