"""The computational graph: recorded in the forward pass, walked in the backward pass.

The walk is Algorithm 6.2 of Goodfellow, Bengio and Courville (2016), section 6.5.3, for nodes that hold arrays; here
a node hands its gradient on to its arguments, rather than gathering it from those who use it. Each edge is used once,
contributions add where paths meet. The walk never recurses, and never knows what a rule computes.
"""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.arguments import checked_count, named_arguments, signature
from autodiff.tensor import Tensor, as_value, ticks, value_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

recording = True               # one switch for the whole process; see no_grad
float64, ndarray, new = np.float64, np.ndarray, object.__new__
by_tick = attrgetter("tick")
SCALARS = {np.float16, np.float32, np.float64, np.longdouble}
np.empty(31 << 20, np.uint8)   # freed at once: from then on glibc keeps freed memory of the process for the next arrays
                               # (mallopt(3), M_MMAP_THRESHOLD), where it gave each back and fetched each anew


class no_grad:
    """`with no_grad():` operations on Tensors give plain numpy values and record nothing; for one thread only."""

    on = False
    before: tuple[bool, ...] = ()

    def __enter__(self) -> None:
        global recording
        self.before, recording = (*self.before, recording), self.on

    def __exit__(self, *error: object) -> None:
        global recording
        self.before, recording = self.before[:-1], self.before[-1]


class with_grad(no_grad):
    """The opposite of no_grad: functional transformations record what they differentiate, wherever called."""

    on = True


class Primitive:
    """An operation as its nodes know it: its name, what computes it, and its rules."""

    __slots__ = ("forward", "name", "rules", "together")

    def __init__(self, name: str, forward: Callable[..., Any], rules: Sequence[Callable[..., Any]] = (),
                 together: Callable[..., Any] | None = None) -> None:
        self.name, self.forward, self.rules, self.together = name, forward, rules, together


def Op(name: str, forward: Callable[..., Any], *rules: Callable[..., Any],
       together: Callable[..., Any] | None = None, doc: str | None = None) -> Callable[..., Any]:
    """A primitive operation: a function that computes `forward`, and is recorded if a Tensor is among its arguments.

    `rules[k](g, z, *args)` gives the gradient with respect to argument k, for g the upstream gradient (of the
    output's shape), z the output, args the inputs: the partial derivative times g, in numpy functions and
    operators, so that it also runs on Tensors when a gradient is differentiated again. It may have the shape to
    which broadcasting grew the argument; the walk undoes that. It is a new array, which the walk may add into, or g, an
    input, or a view; not an array that the rule keeps.
    Arguments beyond the last rule (an axis, a mask) are constants. Where arguments are many or share their work,
    `together(g, z, *args)` gives all gradients at once, in the place of rules. A rule that cannot take g, z and the
    arguments of `forward`, or has no argument to belong to, is a TypeError.
    `doc` is the operation's docstring; without it, that of `forward`.
    """
    primitive = Primitive(name, forward, rules, together)         # not the function itself: that would be a cycle
    named, defaults = named_arguments(forward)
    count = checked_count(name, forward, rules, together)
    call = {1: unary_call, 2: binary_call}.get(count if count == len(rules) and not defaults else 0)
    op: Any = call(primitive) if call else general_call(primitive, named, defaults)
    if named and not call and not forward.__code__.co_kwonlyargcount:
        op.__wrapped__ = forward                                  # inspect takes its signature from there
    elif not call or named not in ((), ("x",), ("x", "y")):       # the last are its own
        op.__signature__ = signature(forward, by_name=bool(named and not call))
    op.__name__ = op.__qualname__ = name
    op.__module__ = sys._getframe(1).f_globals.get("__name__")    # where pickle looks for it
    op.__doc__ = doc or (forward.__doc__ if hasattr(forward, "__name__") else None)
    return op


# The three ways in which an operation is called: by one argument and by two, nine calls of ten, and by any.

def unary_call(primitive):
    """The operation of one argument, x."""
    forward = primitive.forward

    def op(x):
        if type(x) is not Tensor:
            return forward(x)
        try:
            data = forward(x.data)
        except ValueError as error:
            raise _misfit(primitive.name, error, [x]) from None
        return record(primitive, (x,), data)
    return op


def binary_call(primitive):
    """The operation of two arguments, x and y, with a rule for each; a list is an array."""
    forward = primitive.forward

    def op(x, y):
        try:
            if type(y) is list:
                y = np.asarray(y)
            if type(x) is Tensor:
                data = forward(x.data, y.data if type(y) is Tensor else y)
            else:
                if type(x) is list:
                    x = np.asarray(x)
                if type(y) is not Tensor:
                    return forward(x, y)
                data = forward(x, y.data)
        except ValueError as error:
            raise _misfit(primitive.name, error, [x, y]) from None
        return record(primitive, (x, y), data)
    return op


_MISSING = object()


def general_call(primitive, named=(), defaults=()):
    """The operation of any arguments: by name too where these are `named`, the last of them with `defaults`."""
    name, forward, count = primitive.name, primitive.forward, len(primitive.rules)
    required = len(named) - len(defaults)
    optional = tuple(zip(named, (_MISSING,) * required + defaults, strict=True))

    def op(*args, **kwargs):
        if kwargs:                                       # rules take all arguments by position
            args += tuple([kwargs.pop(key, default) for key, default in optional[len(args):]])
            if kwargs:
                raise TypeError(f"{name} of Tensors takes ({', '.join(named)}), without {', '.join(kwargs)}")
            if any(x is _MISSING for x in args):
                raise TypeError(f"{name} of Tensors takes ({', '.join(named)}): too few are given")
        elif required <= len(args) < len(named):
            args += defaults[len(args) - len(named):]
        values, last = [], -1
        for k, x in enumerate(args):
            if type(x) is Tensor:
                x, last = x.data, k
            values.append(x)
        if last >= count and count:
            raise TypeError(f"{name} has no rule for argument {last}: pass a constant there (t.data)")
        try:
            data = forward(*values)
        except ValueError as error:
            raise _misfit(name, error, args) from None
        return data if last < 0 else record(primitive, args, data)
    return op


def record(op: Primitive | None, args: Any, data: Any) -> Any:
    """A Tensor for `data`, made by `op` from `args`; plain `data` where nothing is recorded."""
    if not recording:
        return data
    kind = type(data)
    if kind is not float64 and not (data.ndim and data.dtype.kind == "f" if kind is ndarray else kind in SCALARS):
        data = as_value(data)
    z = new(Tensor)
    z.data = data
    z.grad = None
    z.op = op
    z.args = args
    z.tick = next(ticks)
    return z


def _misfit(name, error, values):
    shapes = " and ".join(str(x.shape) for x in values if isinstance(x, (ndarray, np.generic, Tensor)))
    return ValueError(f"{name}: {error}" + (f". It was given shapes {shapes}" if shapes else ""))


def _freed(op):
    return RuntimeError(f"this graph was freed by an earlier backward pass (at the operation {op.name}): "
                        "run the forward pass again, or keep the graph with backward(retain_graph=True)")


def collect(roots: Iterable[Any], since: int = 0) -> list[Tensor]:
    """`roots` and all Tensors behind them, oldest first; what lies behind one older than tick `since` is left out."""
    seen = {x for x in roots if type(x) is Tensor}
    stack = list(seen)
    while stack:
        z = stack.pop()
        if z.tick < since:
            continue
        if z.args is None:
            raise _freed(z.op)
        for x in z.args:
            if type(x) is Tensor and x not in seen:
                seen.add(x)
                stack.append(x)
    return sorted(seen, key=by_tick)


def walk(grads: dict[Tensor, Any], span: tuple[int, int] = (0, -1), retain_graph: bool = False,
         differentiable: bool = False) -> None:
    """Take the gradients in `grads` (node -> gradient) back to the leaves; those of nodes are used up on the way.

    Newest node first: then all contributions to a node have arrived when its turn comes. A differentiable walk
    hands Tensors to the same rules, which record what they do. `span` has the ticks of the first and the last leaf
    of a transformation: what is older gets no gradient, and these hand none on.
    """
    since, last = span
    nodes = [(-z.tick, z) for z in grads if z.op is not None]
    heapify(nodes)
    while nodes:
        tick, z = heappop(nodes)
        if -tick <= last:
            break
        op, args = z.op, z.args
        if args is None:
            raise _freed(op)
        if differentiable:
            inputs = (grads.pop(z), z, *args)
        else:
            inputs = [grads.pop(z), z.data]
            for x in args:
                inputs.append(x.data if type(x) is Tensor else x)      # a loop: faster than what is shorter
            if not retain_graph:
                z.args = None
        together = op.together and list(op.together(*inputs))
        for k, x in enumerate(args):
            if type(x) is not Tensor or x.tick < since:
                continue
            dx, like = together[k] if together else op.rules[k](*inputs), x.data
            kind = type(dx)
            if kind is not type(like) or (kind is ndarray and dx.shape != like.shape):
                dx = unbroadcast(dx, like.shape, op, k)
            if x not in grads:
                grads[x] = dx
                if x.op is not None:
                    heappush(nodes, (-x.tick, x))
            elif (kind is ndarray is type(grads[x]) and not together and dx.base is None
                  and dx.dtype is grads[x].dtype and id(dx) not in map(id, inputs)):
                dx += grads[x]                       # into an array that the rule has made: not a view, not an input
                grads[x] = dx
            else:
                grads[x] = grads[x] + dx


def unbroadcast(dx: Any, shape: tuple[int, ...], op: Primitive, k: int) -> Any:
    """The contribution `dx` summed down to `shape`: where broadcasting made copies, their gradients add."""
    if dx is None:
        raise TypeError(f"the rule of {op.name} for argument {k} gave None: it may lack a return")
    if type(dx) is not Tensor:
        dx = np.asarray(dx)
    grown, extra = dx.shape, dx.ndim - len(shape)
    if extra > 0:
        axes = 0 if extra == 1 else tuple(range(extra))
        dx = np.add.reduce(dx, axes) if type(dx) is ndarray else dx.sum(axes)
    if extra >= 0 and dx.shape != shape:
        dx = dx.sum(tuple([i for i, n in enumerate(shape) if n == 1 != dx.shape[i]]), keepdims=True)
    if dx.shape != shape:
        raise ValueError(f"the rule of {op.name} for argument {k} gave a gradient of shape {grown}, "
                         f"where the argument has shape {shape}")
    return dx if shape or type(dx) is Tensor else dx[()]


def seed(root: Tensor, dout: Any = None) -> Any:
    """The gradient to start from at `root`: `dout` in its dtype, checked, or 1 for a scalar."""
    if dout is None:
        if root.shape:
            raise ValueError(f"backward from shape {root.shape} needs a gradient to start from, of the same shape: "
                             "t.backward(dout). For a single number, reduce it first: t.sum().backward()")
        return root.dtype.type(1)
    if type(dout) is not Tensor:
        dout = np.asarray(dout, root.dtype)
    if dout.shape != root.shape:
        raise ValueError(f"the gradient to start from has shape {dout.shape}, the value has {root.shape}: "
                         "they must be equal")
    return dout if dout.ndim or type(dout) is Tensor else dout[()]


def gradients(roots: Sequence[Tensor], seeds: Sequence[Any], span: tuple[int, int] = (0, -1),
              retain_graph: bool = False, differentiable: bool = False) -> dict[Tensor, Any]:
    """{leaf: gradient of the sum of all root * seed}, by one backward pass; each gradient is an array of its own."""
    grads, shared = {}, set(map(id, seeds))
    for root, dout in zip(roots, seeds, strict=True):
        grads[root] = grads[root] + dout if root in grads else dout
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):   # conventions such as sqrt'(0) = inf
        walk(grads, span, retain_graph, differentiable)
    for z, g in grads.items():
        if type(g) is ndarray:
            if g.dtype is not z.data.dtype or g.base is not None or id(g) in shared or differentiable:
                grads[z] = g = g.astype(as_value(z.data).dtype)           # a view, or another leaf's gradient too
            shared.add(id(g))
        elif type(g) is not Tensor:
            grads[z] = z.data.dtype.type(g)
        elif g.dtype != z.dtype:
            grads[z] = g.astype(z.dtype)
    return grads


def backward(self: Tensor, dout: ArrayLike | None = None, retain_graph: bool = False) -> None:
    """Add to `grad` of every leaf the gradient of this value, times `dout`.

    `dout`, the upstream gradient, has this Tensor's shape and may be left out for a scalar: it is 1 then.
    The graph is freed on the way, unless it is to be retained; a second pass through it is a RuntimeError.
    """
    for leaf, gradient in gradients((self,), (seed(self, value_of(dout)),), retain_graph=retain_graph).items():
        leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient


import autodiff.parts  # noqa: E402, F401    (the next link: see autodiff.tensor)
