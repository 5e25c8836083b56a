"""The computational graph: recorded in the forward pass, walked in the backward pass.

The walk is Algorithm 6.2 of Goodfellow, Bengio and Courville (2016), section 6.5.3, for nodes that hold arrays; here
a node hands its gradient on to its arguments, rather than gathering it from those who use it. Each edge is used once,
contributions add where paths meet. The walk never recurses, and never knows what a rule computes.
"""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from heapq import heapify, heappop, heappush, heappushpop
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.arguments import checked_count, named_arguments, signature
from autodiff.constants import IMMUTABLE, StandIn, operand, plain, setting
from autodiff.tensor import Tensor, as_array, as_value, ticks, value_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

recording = ContextVar("recording", default=True)      # for each thread and each asyncio task; see no_grad
enclosing: ContextVar[tuple[bool, ...]] = ContextVar("enclosing", default=())     # what it was around each no_grad
is_recording = recording.get
accumulating = Lock()          # several threads may add to the gradient of one leaf
float64, ndarray, new = np.float64, np.ndarray, object.__new__
by_tick = attrgetter("tick")
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)     # one object each
SCALARS = {np.float16, np.float32, np.float64, np.longdouble}
np.empty(31 << 20, np.uint8)   # freed at once: from then on glibc keeps freed memory of the process for the next arrays
                               # (mallopt(3), M_MMAP_THRESHOLD), where it gave each back and fetched each anew


class no_grad:
    """`with no_grad():` operations on Tensors give plain numpy values and record nothing, in this thread or task."""

    def __enter__(self) -> None:
        enclosing.set((*enclosing.get(), recording.get()))
        recording.set(False)

    def __exit__(self, *error: object) -> None:
        *outer, before = enclosing.get()
        enclosing.set(tuple(outer))
        recording.set(before)


class with_grad:
    """The opposite of no_grad: functional transformations record what they differentiate, wherever called.

    Each is entered once; mostly there is nothing to switch.
    """

    def __enter__(self) -> None:
        self.token = None if is_recording() else recording.set(True)

    def __exit__(self, *error: object) -> None:
        if self.token:
            recording.reset(self.token)


class Primitive:
    """An operation as its nodes know it: its name, what computes it, and its rules.

    `ours` says that it is of this package, whose rows leave what they are given as it is and give new arrays, views
    or g. Of others nothing is known: they get views that cannot be written into, and what they give is copied.
    """

    __slots__ = ("forward", "name", "ours", "rules", "together")

    def __init__(self, name: str, forward: Callable[..., Any], rules: Sequence[Callable[..., Any]] = (),
                 together: Callable[..., Any] | None = None, ours: bool = False) -> None:
        self.name, self.forward, self.rules, self.together, self.ours = name, forward, rules, together, ours


def Op(name: str, forward: Callable[..., Any], *rules: Callable[..., Any],
       together: Callable[..., Any] | None = None, doc: str | None = None) -> Callable[..., Any]:
    """A primitive operation: a function that computes `forward`, and is recorded if a Tensor is among its arguments.

    `rules[k](g, z, *args)` gives the gradient with respect to argument k, for g the upstream gradient (of the
    output's shape), z the output, args the inputs: the partial derivative times g, in numpy functions and
    operators, so that it also runs on Tensors when a gradient is differentiated again. It may have the shape to
    which broadcasting grew the argument; the walk undoes that. Neither forward nor rules may write into the arrays
    that they are given (these are read-only); they may give them back, or an array that they keep.
    Arguments beyond the last rule (an axis, a mask) are constants. Where arguments are many or share their work,
    `together(g, z, *args)` gives all gradients at once, in the place of rules. A rule that cannot take g, z and the
    arguments of `forward`, or has no argument to belong to, is a TypeError.
    `doc` is the operation's docstring; without it, that of `forward`.
    """
    module = sys._getframe(1).f_globals.get("__name__")           # where pickle looks for it
    ours = str(module).startswith("autodiff.")
    primitive = Primitive(name, forward, rules, together, ours)   # not the function itself: that would be a cycle
    named, defaults = named_arguments(forward)
    count = checked_count(name, forward, rules, together)
    call = {1: unary_call, 2: binary_call}.get(count if count == len(rules) and not defaults else 0)
    op: Any = call(primitive) if call else general_call(primitive, named, defaults)
    if named and not call and not forward.__code__.co_kwonlyargcount:
        op.__wrapped__ = forward                                  # inspect takes its signature from there
    elif not call or named not in ((), ("x",), ("x", "y")):       # the last are its own
        op.__signature__ = signature(forward, by_name=bool(named and not call))
    op.__name__ = op.__qualname__ = name
    op.__module__ = module
    op.__doc__ = doc or (forward.__doc__ if hasattr(forward, "__name__") else None)
    return op


# The three ways in which an operation is called: by one argument and by two, nine calls of ten, and by any.

def unary_call(primitive):
    """The operation of one argument, x."""
    forward = reading(primitive)

    def op(x):
        if type(x) is not Tensor:
            return primitive.forward(x)
        try:
            data = forward(x.data)
        except ValueError as error:
            raise _misfit(primitive.name, error, [x]) from None
        return record(primitive, (x,), data)
    return op


def binary_call(primitive):
    """The operation of two arguments, x and y, with a rule for each; a list is an array."""
    forward = reading(primitive)
    linear = primitive.ours and primitive.name in ("add", "sub")
    unread = ndarray if linear else None                 # rules that look at no input need no copy of it

    def op(x, y):
        try:
            if type(x) is Tensor:
                if type(y) is Tensor:
                    data = forward(x.data, y.data)
                else:
                    if type(y) not in IMMUTABLE and type(y) is not unread:
                        y = operand(y)
                    data = forward(x.data, y)
            elif type(y) is Tensor:
                if type(x) not in IMMUTABLE and type(x) is not unread:
                    x = operand(x)
                data = forward(x, y.data)
            else:
                return primitive.forward(*[np.asarray(v) if isinstance(v, (list, tuple)) else v for v in (x, y)])
        except ValueError as error:
            raise _misfit(primitive.name, error, [x, y]) from None
        return record(primitive, (x, y), data)
    return op


_MISSING = object()


def general_call(primitive, named=(), defaults=()):
    """The operation of any arguments: by name too where these are `named`, the last of them with `defaults`."""
    name, forward, count = primitive.name, reading(primitive), len(primitive.rules)
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
        values, last, others = [], -1, False
        for k, x in enumerate(args):
            if type(x) is Tensor:
                x, last = x.data, k
            elif not others and type(x) not in IMMUTABLE:
                others = True
            values.append(x)
        if last >= count and count:
            raise TypeError(f"{name} has no rule for argument {last}: pass a constant there (t.data)")
        if others and last >= 0:
            own = [*args]
            for k, x in enumerate(args):
                if type(x) is not Tensor and type(x) not in IMMUTABLE:
                    own[k] = values[k] = operand(x) if k < count else setting(x)
            args = tuple(own)
        try:
            data = primitive.forward(*values) if last < 0 else forward(*values)
        except ValueError as error:
            raise _misfit(name, error, args) from None
        return data if last < 0 else record(primitive, args, data)
    return op


def read_only(x: Any) -> Any:
    """A view of the array x that cannot be written into; anything else as it is."""
    if type(x) is ndarray:
        x = x.view()
        x.setflags(False)
    elif isinstance(x, StandIn):
        return x.read_only()
    return x


def reading(primitive: Primitive) -> Callable[..., Any]:
    """Its forward function, unable to write into what it is given."""
    forward = primitive.forward
    return forward if primitive.ours else lambda *values: forward(*map(read_only, values))


def record(op: Primitive | None, args: Any, data: Any) -> Any:
    """A Tensor for `data`, made by `op` from `args`; plain `data` where nothing is recorded."""
    if not is_recording():
        return data
    kind = type(data)
    if kind is ndarray:
        if not data.ndim or (data.dtype is not FLOAT64 and data.dtype is not FLOAT32):
            data = as_value(data)
    elif kind is not float64 and kind not in SCALARS:
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


@np.errstate(divide="ignore", invalid="ignore", over="ignore")           # conventions such as sqrt'(0) = inf
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
    found = None                                         # the last node found, not yet among the others
    while nodes or found:
        tick, z = heappushpop(nodes, found) if found else heappop(nodes)
        if -tick <= last:
            break
        op, args, found = z.op, z.args, None
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
            if not op.ours:
                inputs = [read_only(x) for x in inputs]
        rules, together, ours = op.rules, op.together, op.ours
        if together:
            together = [*together(*inputs)]
            if not ours:
                together += [None] * (len(args) - len(together))
        for k, x in enumerate(args):
            if type(x) is not Tensor or x.tick < since:
                continue
            dx, like = together[k] if together else rules[k](*inputs), x.data
            if not ours:
                dx = checked(dx, op, k)
            kind = type(dx)
            if kind is not type(like) or (kind is not float64 and dx.shape != like.shape):
                dx = unbroadcast(dx, like.shape, op, k)
            if x not in grads:
                grads[x] = dx
                if x.op is not None:
                    if found:
                        heappush(nodes, found)
                    found = -x.tick, x
            elif (kind is ndarray is type(grads[x]) and not together and dx.base is None
                  and dx.dtype is grads[x].dtype and id(dx) not in map(id, inputs)):
                dx += grads[x]                       # into an array that the rule has made: not a view, not an input
                grads[x] = dx
            else:
                grads[x] = grads[x] + dx


def checked(dx: Any, op: Primitive, k: int) -> Any:
    """What the rule of another's operation gave, as the walk neither writes into nor hands on; TypeError if it must."""
    if dx is None:
        raise TypeError(f"the rule of {op.name} for argument {k} gave None: it may lack a return")
    if type(dx) is Tensor:
        return dx
    dx = as_array(dx)
    if dx.dtype.kind not in "fiub":
        raise TypeError(f"the rule of {op.name} for argument {k} gave {dx.dtype}, where a gradient is real numbers")
    return read_only(dx) if dx.ndim else dx[()]


def unbroadcast(dx: Any, shape: tuple[int, ...], op: Primitive, k: int) -> Any:
    """The contribution `dx` summed down to `shape`: where broadcasting made copies, their gradients add."""
    dx = as_array(dx)
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
    if isinstance(dout, StandIn):
        dout = dout.astype(root.dtype)
    elif type(dout) is not Tensor:
        dout = np.asarray(plain(dout), root.dtype)
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
    walk(grads, span, retain_graph, differentiable)
    for z, g in grads.items():
        if type(g) is ndarray:
            if g.dtype is not z.data.dtype or g.base is not None or id(g) in shared or differentiable:
                grads[z] = g = g.astype(as_value(z.data).dtype)           # a view, or another leaf's gradient too
            shared.add(id(g))
        elif type(g) is not Tensor and not isinstance(g, StandIn):
            grads[z] = z.data.dtype.type(g)
        elif g.dtype != z.dtype:
            grads[z] = g.astype(z.dtype)
    return grads


def backward(self: Tensor, dout: ArrayLike | None = None, retain_graph: bool = False) -> None:
    """Add to `grad` of every leaf the gradient of this value, times `dout`.

    `dout`, the upstream gradient, has this Tensor's shape and may be left out for a scalar: it is 1 then. Another
    shape, or none where it is needed, is a ValueError.
    The graph is freed on the way, unless it is to be retained; a second pass through it is a RuntimeError.
    """
    reached = gradients((self,), (seed(self, value_of(dout)),), retain_graph=retain_graph)
    with accumulating:
        for leaf, gradient in reached.items():
            leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient


import autodiff.parts  # noqa: E402, F401    (the next link: see autodiff.tensor)
