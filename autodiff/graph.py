"""The computational graph: recorded in the forward pass, walked in the backward pass.

The walk is Algorithm 6.2 of Goodfellow, Bengio and Courville (2016), section 6.5, on nodes that hold arrays: each
edge is paid once, contributions add where paths meet. It never recurses, and never knows what a rule computes.
"""
from inspect import CO_VARARGS
from operator import attrgetter

import numpy as np

from autodiff.tensor import Tensor, as_value, ticks

recording = True               # one switch for the whole process; see no_grad
float64, ndarray, new = np.float64, np.ndarray, object.__new__
by_tick = attrgetter("tick")
SCALARS = {np.float16, np.float32, np.float64, np.longdouble}


class no_grad:
    """`with no_grad():` operations on Tensors give plain numpy values and record nothing."""

    on = False

    def __enter__(self):
        global recording
        self.before, recording = recording, self.on

    def __exit__(self, *error):
        global recording
        recording = self.before


class with_grad(no_grad):
    """The opposite of no_grad: functional transformations record what they differentiate, wherever called."""

    on = True


class Primitive:
    """What a node knows of the operation that made it."""

    __slots__ = ("forward", "name", "rules", "together")

    def __init__(self, name, forward, rules, together):
        self.name, self.forward, self.rules, self.together = name, forward, rules, together


def Op(name, forward, *rules, together=None):
    """A primitive operation: a function that computes `forward`, and is recorded if a Tensor is among its arguments.

    `rules[k](g, z, *args)` gives the gradient with respect to argument k, for g the upstream gradient (of the
    output's shape), z the output, args the inputs: the partial derivative times g, in numpy functions and
    operators, so that it also runs on Tensors when a gradient is differentiated again. It may have the shape to
    which broadcasting grew the argument; the walk undoes that. It is a new array, or g, or a view of something.
    Arguments beyond the last rule (an axis, a mask) are constants. Where arguments are many or share their work,
    `together(g, z, *args)` gives all gradients at once, in the place of rules.
    """
    primitive = Primitive(name, forward, rules, together)    # not the function itself: that would be a cycle
    code, defaults = getattr(forward, "__code__", None), getattr(forward, "__defaults__", None) or ()
    named = code.co_varnames[:code.co_argcount] if defaults else ()
    optional = tuple(zip(named, (None,) * (len(named) - len(defaults)) + defaults, strict=True))

    def op(*args, **kwargs):
        if kwargs:                                       # rules take all arguments by position
            args += tuple([kwargs.pop(key, default) for key, default in optional[len(args):]])
            if kwargs:
                raise TypeError(f"{name} of Tensors takes ({', '.join(named)}), without {', '.join(kwargs)}")
        elif len(args) < len(named):
            args += defaults[len(args) - len(named):]
        if Tensor in map(type, args[len(rules):]) and not together:
            k = [type(x) for x in args].index(Tensor, len(rules))
            raise TypeError(f"{name} has no rule for argument {k}: pass a constant there (t.data)")
        try:
            data = forward(*[x.data if type(x) is Tensor else x for x in args])
        except ValueError as error:
            raise _misfit(name, error, args) from None
        return record(primitive, args, data) if Tensor in map(type, args) else data

    def unary(x):                                    # the same for one argument, and for two: nine calls of ten
        try:
            return record(primitive, (x,), forward(x.data)) if type(x) is Tensor else forward(x)
        except ValueError as error:
            raise _misfit(name, error, [x]) from None

    def binary(x, y):
        try:
            if type(x) is Tensor:
                data = forward(x.data, y.data if type(y) is Tensor else y)
            elif type(y) is Tensor:
                data = forward(x, y.data)
            else:
                return forward(x, y)
        except ValueError as error:
            raise _misfit(name, error, [x, y]) from None
        if not recording or type(data) is not float64:
            return record(primitive, (x, y), data)
        z = new(Tensor)                              # record(primitive, (x, y), data), without the call
        z.data, z.grad, z.op, z.args, z.tick = data, None, primitive, (x, y), next(ticks)
        return z

    takes = getattr(forward, "nin", None)            # of a numpy function
    if code and not code.co_flags & CO_VARARGS:
        takes = code.co_argcount
    elif getattr(forward, "__module__", None) == "_operator":
        takes = len(rules)
    if takes == len(rules) and not named:
        op = {1: unary, 2: binary}.get(takes, op)
    op.__name__ = op.__qualname__ = name
    return op


def record(op, args, data):
    """A Tensor for `data`, made by `op` from `args`; plain `data` where nothing is recorded."""
    if not recording:
        return data
    if type(data) not in SCALARS and (type(data) is not ndarray or not data.ndim or data.dtype.kind != "f"):
        data = as_value(data)
    z = new(Tensor)
    z.data, z.grad, z.op, z.args, z.tick = data, None, op, args, next(ticks)
    return z


def _misfit(name, error, values):
    shapes = " and ".join(str(x.shape) for x in values if isinstance(x, (ndarray, np.generic, Tensor)))
    return ValueError(f"{name}: {error}. It was given shapes {shapes}")


def collect(roots, since=0):
    """The nodes that made `roots`, oldest first; and whether any of them uses a Tensor older than tick `since`.

    What is older cannot depend on a leaf made at `since`, and is left out. Leaves are not listed.
    """
    outer = False
    seen = {x for x in roots if type(x) is Tensor and x.op is not None and x.tick >= since}
    stack = list(seen)
    while stack:
        z = stack.pop()
        args = z.args
        if args is None:
            raise RuntimeError(f"this graph was freed by an earlier backward pass (at the operation {z.op.name}): "
                               "run the forward pass again, or keep the graph with backward(retain_graph=True)")
        for x in args:
            if type(x) is Tensor and x not in seen:
                if x.tick < since:
                    outer = True
                elif x.op is not None:
                    seen.add(x)
                    stack.append(x)
    return sorted(seen, key=by_tick), outer


def walk(order, grads, since=0, retain_graph=False, differentiable=False):
    """Take the gradients in `grads` (node -> gradient) back through `order`; what is left in it belongs to leaves.

    Newest node first: then all contributions to a node have arrived when its turn comes. A differentiable walk
    hands Tensors to the same rules, which record what they do.
    """
    while order:
        z = order.pop()
        g, op, args = grads.pop(z), z.op, z.args
        if differentiable:
            inputs = [g, z, *args]
        else:
            inputs = [g, z.data]
            for x in args:
                inputs.append(x.data if type(x) is Tensor else x)      # a loop: faster than what is shorter
            if not retain_graph:
                z.args = None
        z, rules, k = None, op.rules, -1
        shares = None if rules else op.together(*inputs)
        for x in args:
            k += 1
            if type(x) is not Tensor or x.tick < since:
                continue
            dx, like, earlier = rules[k](*inputs) if rules else shares[k], x.data, grads.get(x)
            kind = type(dx)
            if kind is not type(like) or (kind is ndarray and dx.shape != like.shape):
                dx = fit(dx, like.shape, op, k)
            if earlier is None:
                grads[x] = dx
            elif (kind is ndarray and rules and dx.base is None and dx.dtype is earlier.dtype
                  and id(dx) not in map(id, inputs)):
                dx += earlier                        # into an array that the rule has made: not a view, not an input
                grads[x] = dx
            else:
                grads[x] = earlier + dx


def fit(dx, shape, op, k):
    """The contribution `dx` summed down to `shape`: where broadcasting made copies, their gradients add."""
    if not isinstance(dx, (ndarray, Tensor)):
        dx = np.asarray(dx)
    grown = dx.shape
    extra = len(grown) - len(shape)
    if extra > 0:
        axes = 0 if extra == 1 else tuple(range(extra))
        dx = dx.sum(axes) if type(dx) is Tensor else np.add.reduce(dx, axes)
    if dx.shape != shape and extra >= 0:
        axes = tuple([i for i, n in enumerate(shape) if n == 1 != dx.shape[i]])
        dx = dx.sum(axis=axes, keepdims=True)
    if dx.shape != shape:
        raise ValueError(f"the rule of {op.name} for argument {k} gave a gradient of shape {grown}, "
                         f"where the argument has shape {shape}")
    return dx if shape or type(dx) is Tensor else dx[()]


def seed(root, dout=None):
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


def gradients(roots, seeds, retain_graph=False, since=0, order=None, differentiable=False):
    """{leaf: gradient of the sum of roots times seeds}, by one backward pass; each gradient is an array of its own."""
    order = list(order) if order else collect(roots, since)[0]      # used up by the walk, so that nodes can go
    grads, given = {}, set()
    for root, dout in zip(roots, seeds, strict=True):
        given.add(id(dout))
        grads[root] = grads[root] + dout if root in grads else dout
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):   # conventions such as sqrt'(0) = inf
        walk(order, grads, since, retain_graph, differentiable)
    for z, g in grads.items():
        if type(g) is Tensor:
            continue
        if g.dtype != z.data.dtype:
            g = g.astype(z.data.dtype)
        elif g.ndim and (g.base is not None or id(g) in given):      # a view, or another node's gradient too
            g = g.copy()
        given.add(id(g))
        grads[z] = g
    return grads
