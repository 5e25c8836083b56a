"""The computational graph: recorded in the forward pass, walked in the backward pass.

The walk is Algorithm 6.2 of Goodfellow, Bengio and Courville (2016), section 6.5, on nodes that hold arrays: each
edge is paid once, contributions add where paths meet. It never recurses, and never knows what a rule computes.
"""
from operator import attrgetter

import numpy as np

from autodiff.tensor import Tensor, as_value, node

recording = True               # one switch for the whole process; see no_grad
float64 = np.float64


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


class Op:
    """A primitive operation: `Op(name, forward, *rules)`, then called like the function `forward`.

    `rules[k](g, z, *args)` gives the gradient with respect to argument k, for g the upstream gradient (of the
    output's shape), z the output, args the inputs: the partial derivative times g, in numpy functions and
    operators, so that it also runs on Tensors when a gradient is differentiated again. It may have the shape to
    which broadcasting grew the argument; the walk undoes that. It is a new array, or g, or a view. Arguments
    beyond the last rule (an axis, a mask) are constants. Where arguments are many or share their work,
    `together(g, z, *args)` gives all gradients at once, in the place of rules.
    """

    __slots__ = ("forward", "least", "name", "rules", "together")

    def __init__(self, name, forward, *rules, together=None):
        self.name, self.forward, self.rules, self.together = name, forward, rules, together
        defaults = getattr(forward, "__defaults__", None)
        self.least = forward.__code__.co_argcount if defaults else 0       # below it, defaults are to be filled in

    def __repr__(self):
        return f"<Op {self.name}>"

    def __call__(self, *args, **kwargs):
        """The value of `forward`; recorded, and so a Tensor, if a Tensor is among the arguments."""
        if kwargs or len(args) < self.least:
            args = self._in_order(args, kwargs)
        values, traced = [], False
        for arg in args:
            if type(arg) is Tensor:
                traced = True
                arg = arg.data
            values.append(arg)
        try:
            data = self.forward(*values)
        except ValueError as error:
            shapes = " and ".join(str(v.shape) for v in values if isinstance(v, (np.ndarray, np.generic)))
            raise ValueError(f"{self.name}: {error}. It was given shapes {shapes}") from None
        if not (traced and recording):
            return data
        if type(data) is not np.ndarray or not data.ndim:
            data = as_value(data)
        if len(args) > len(self.rules) and not self.together:
            for k, arg in enumerate(args[len(self.rules):], len(self.rules)):
                if type(arg) is Tensor:
                    raise TypeError(f"{self.name} has no rule for argument {k}: pass a constant there (t.data)")
        return node(data, self, args)

    def _in_order(self, args, kwargs):
        """All arguments by position, as rules take them: defaults filled in, keywords put in their places."""
        names = self.forward.__code__.co_varnames[:self.least]
        unknown = kwargs.keys() - set(names[len(args):])
        if unknown:
            raise TypeError(f"{self.name} does not take {', '.join(sorted(unknown))}; it takes {', '.join(names)}")
        defaults = dict(zip(reversed(names), reversed(self.forward.__defaults__), strict=False))
        try:
            return (*args, *({**defaults, **kwargs}[name] for name in names[len(args):]))
        except KeyError as missing:
            raise TypeError(f"{self.name} needs the argument {missing}") from None


def collect(roots, since=0):
    """The nodes that made `roots`, oldest first; and whether any of them uses a Tensor older than tick `since`.

    What is older cannot depend on a leaf made at `since`, and is left out. Leaves are not listed.
    """
    order, stack, outer = [], [], False
    seen = set()
    arriving = list(roots)
    while True:
        for x in arriving:
            if type(x) is Tensor and x not in seen:
                if x.tick < since:
                    outer = True
                elif x.op is not None:
                    seen.add(x)
                    stack.append(x)
        if not stack:
            break
        x = stack.pop()
        order.append(x)
        arriving = x.args
        if arriving is None:
            raise RuntimeError(f"this graph was freed by an earlier backward pass (at the operation {x.op.name}): "
                               "run the forward pass again, or keep the graph with backward(retain_graph=True)")
    order.sort(key=attrgetter("tick"))
    return order, outer


def walk(order, grads, since=0, retain_graph=False, differentiable=False):
    """Take the gradients in `grads` (node -> gradient) back through `order`; what is left in it belongs to leaves.

    Newest node first: then all contributions to a node have arrived when its turn comes. A differentiable walk
    hands Tensors to the same rules, which record what they do.
    """
    summed = set()                                   # whose gradient is a sum made here, to add into
    order = list(order)
    while order:
        z = order.pop()
        g, op, args = grads.pop(z), z.op, z.args
        if differentiable:
            values = args
        else:
            values = [x.data if type(x) is Tensor else x for x in args]
            if not retain_graph:
                z.args = None
            z = z.data
        shares = op.together(g, z, *values) if op.together else None
        for k, x in enumerate(args):
            if type(x) is not Tensor or x.tick < since:
                continue
            dx = op.rules[k](g, z, *values) if shares is None else shares[k]
            if type(dx) is not float64 or type(x.data) is not float64:
                dx = fit(dx, x.data.shape, op, k)
            if x not in grads:
                grads[x] = dx
            elif x in summed:
                grads[x] += dx
            else:
                grads[x] = grads[x] + dx             # new: the first may be another node's gradient too
                if not differentiable:
                    summed.add(x)


def fit(dx, shape, op, k):
    """The contribution `dx` summed down to `shape`: where broadcasting made copies, their gradients add."""
    if not isinstance(dx, (np.ndarray, Tensor)):
        dx = np.asarray(dx)
    if dx.shape != shape:
        extra = dx.ndim - len(shape)
        axes = tuple(i for i in range(dx.ndim) if i < extra or shape[i - extra] == 1 != dx.shape[i])
        if extra < 0 or any(shape[i - extra] not in (1, dx.shape[i]) for i in range(extra, dx.ndim)):
            raise ValueError(f"the rule of {op.name} for argument {k} gave a gradient of shape {dx.shape}, "
                             f"where the argument has shape {shape}")
        dx = dx.sum(axis=axes).reshape(shape)
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
    if order is None:
        order, _ = collect(roots, since)
    grads, given = {}, set()
    for root, dout in zip(roots, seeds, strict=True):
        given.add(id(dout))
        grads[root] = grads[root] + dout if root in grads else dout
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):   # conventions such as sqrt'(0) = inf
        walk(order, grads, since, retain_graph, differentiable)
    for leaf, g in grads.items():
        if type(g) is Tensor:
            continue
        if g.dtype != leaf.data.dtype:
            g = g.astype(leaf.data.dtype)
        elif g.ndim and (g.base is not None or id(g) in given):
            g = g.copy()
        given.add(id(g))
        grads[leaf] = g
    return grads
