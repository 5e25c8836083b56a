"""Functions of functions: gradients, products with the Jacobian and the Hessian, and these matrices themselves.

Where an argument is a dict, list or tuple of arrays (also nested), its gradient has the same form; jacobian and
hessian are for single arrays. Values go in and come out as plain numbers and arrays; only inside another
transformation, or where f uses a Tensor from outside, is the result a Tensor, so that it can be differentiated again.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from autodiff import composed, graph
from autodiff.constants import operand, plain
from autodiff.graph import Primitive
from autodiff.tensor import Tensor, as_array, value_of

LEAVES = {np.ndarray, np.float64, np.float32, float, Tensor}     # types of what is mostly found in trees
_ALIAS = Primitive("alias", lambda x: x, (lambda g, z, x: g,), ours=True)


def leaves(tree: Any) -> list[Any]:
    """The numbers and arrays of nested dicts, lists and tuples, in order."""
    flat, stack = [], [tree]
    while stack:
        x = stack.pop()
        if type(x) in LEAVES:                        # most are, and tell faster than what they are not
            flat.append(x)
        elif isinstance(x, (list, tuple)):
            stack.extend(reversed(x))
        elif isinstance(x, dict):
            stack.extend(reversed(x.values()))
        else:
            flat.append(x)
    return flat


def is_tree(x: Any) -> bool:
    """Whether x is a dict, list or tuple of other things."""
    return isinstance(x, (dict, list, tuple))


def aligned(tree: Any, form: Any) -> list[Any]:
    """The parts of `tree` in the order of the leaves of `form`, a tree with the same keys and lengths."""
    if not is_tree(form) and not isinstance(tree, dict):
        return [tree]
    keys: Any = form.keys() if isinstance(form, dict) else range(len(form)) if is_tree(form) else None
    if not is_tree(tree) or keys != (tree.keys() if isinstance(tree, dict) else range(len(tree))):
        raise ValueError(f"the upstream gradient must have the output's form, {_shown(form)}; it has {_shown(tree)}")
    return [part for key in keys for part in aligned(tree[key], form[key])]


def _shown(tree):
    """The form of a tree in words."""
    if isinstance(tree, dict):
        return f"a dict with {', '.join(map(repr, tree))}"
    return f"a {type(tree).__name__} of {len(tree)}" if is_tree(tree) else "one array"


def rebuild(tree: Any, flat: Iterator[Any]) -> Any:
    """A tree of the form of `tree` around the values that the iterator `flat` gives."""
    if type(tree) in LEAVES:
        return next(flat)
    if isinstance(tree, dict):
        return {key: rebuild(x, flat) for key, x in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(rebuild(x, flat) for x in tree))
    if isinstance(tree, (list, tuple)):
        return type(tree)(rebuild(x, flat) for x in tree)
    return next(flat)


def vjp(f: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """f(*inputs), and a function from an upstream gradient of its form to the tuple of gradients of the inputs.

    That function works on copies of its own: inputs and value may be changed before it is called. An upstream gradient
    of another form or shape is a ValueError.
    """
    value, pullback = _vjp(f, rebuild(inputs, map(_copied, leaves(inputs))), retain_graph=True)
    return rebuild(value, map(_copied, leaves(value))), pullback


def _copied(x):
    return plain(x).copy("K") if isinstance(x, np.ndarray) else x


def _vjp(f, inputs, retain_graph=False):
    given = leaves(inputs)
    if not given:
        raise TypeError("there is nothing to differentiate with respect to: give at least one input")
    with graph.with_grad():
        fresh = [graph.record(None, (), value_of(x)) for x in given]    # new leaves: no operation made them
        output = f(*rebuild(inputs, iter(fresh)))
    roots = leaves(output)
    for x in roots:
        if type(x) is not Tensor and as_array(x).dtype.kind not in "fiub":
            raise TypeError("the function to differentiate gave None: it may lack a return" if x is None else
                            f"the function to differentiate gave {x!r:.60} ({type(x).__name__}), which has no "
                            "derivative: it should give real numbers, or arrays of them")
    since = fresh[0].tick                            # what is older comes from outside
    outer = graph.is_recording() and (any(type(x) is Tensor for x in given)
                                 or any(z.tick < since for z in graph.collect(roots, since)[:1]))
    for z, x in zip(fresh, given, strict=True):
        if type(x) is Tensor and outer:             # now that f has run, the leaf becomes an alias of x: an outer walk
            z.op, z.args = _ALIAS, (x,)             # passes through it, the walk of `pullback` stops at it

    def pullback(dout):
        douts = aligned(dout, output)
        recording = graph.is_recording()
        if not recording:
            douts = map(value_of, douts)
        pairs = [(x, graph.seed(x, g)) for x, g in zip(roots, douts, strict=True) if type(x) is Tensor]
        differentiable = recording and (outer or any(type(g) is Tensor for _, g in pairs))
        if differentiable:                          # what this walk records lasts longer than the call
            pairs = [(x, operand(g) if type(g) is np.ndarray else g) for x, g in pairs]
        with graph.with_grad():
            grads = graph.gradients([x for x, _ in pairs], [g for _, g in pairs], (since, fresh[-1].tick),
                                    retain_graph, differentiable)
        return rebuild(inputs, (grads[x] if x in grads else np.zeros_like(x.data)[()] for x in fresh))

    return (output if outer else rebuild(output, map(value_of, roots))), pullback


def vjp_at(f: Callable[..., Any], places: Sequence[int], args: Sequence[Any], kwargs: dict[str, Any],
           retain_graph: bool = False) -> tuple[Any, Callable[[Any], Any]]:
    """`_vjp` with respect to the arguments at `places`, the others held fixed."""
    n = len(args)
    if any(not -n <= place < n for place in places) or len({place % n for place in places}) < len(places):
        raise TypeError(f"wrt names arguments that are given by position, each once; it has {list(places)}, of {n}")

    def of_chosen(*chosen):
        full = list(args)
        for place, x in zip(places, chosen, strict=True):
            full[place] = x
        return f(*full, **kwargs)
    return _vjp(of_chosen, tuple(args[place] for place in places), retain_graph)


def places_of(wrt: int | list[int] | tuple[int, ...]) -> tuple[int, ...]:
    """The places of arguments that `wrt` names, one or several; TypeError where it is something else."""
    places = tuple(wrt) if isinstance(wrt, (list, tuple)) else (wrt,)
    for place in places:
        if isinstance(place, (bool, np.bool)) or not isinstance(place, (int, np.integer)):
            raise TypeError("wrt names arguments by their place, a number from 0 on, or a tuple of such; "
                            f"{place!r:.40} is none")
    return places


def value_and_grad(f: Callable[..., Any], wrt: int | list[int] | tuple[int, ...] = 0) -> Callable[..., tuple[Any, Any]]:
    """A function that gives f's value, a scalar, and its gradient for argument `wrt` (an index, or a tuple of them).

    It raises ValueError where the value is no scalar, and TypeError where there is no such argument.
    """
    places = places_of(wrt)

    def both(*args, **kwargs):
        value, pullback = vjp_at(f, places, args, kwargs)
        form = type(value).__name__ if is_tree(value) else np.shape(value_of(value)) and f"shape {value.shape}"
        if form:
            raise ValueError(f"a gradient is taken of a function whose value is a single number; this one gave {form}. "
                             "Sum it, or use vjp or jacobian")
        if type(value) is not Tensor and as_array(value).dtype.kind == "b":
            raise TypeError(f"the function to differentiate gave {value}, which has no derivative: it may compare at "
                            "its end")
        grads = pullback(1.0)
        return value, (grads if isinstance(wrt, (list, tuple)) else grads[0])
    return both


def grad(f: Callable[..., Any], wrt: int | list[int] | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that gives the gradient of f, whose value is a scalar, for argument `wrt`, as in value_and_grad."""
    both = value_and_grad(f, wrt)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def jvp(f: Callable[..., Any], inputs: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f(*inputs), and its directional derivative along `tangents`, a tuple of the form of `inputs`.

    Two reverse passes: the pullback is linear in its upstream gradient, so its own pullback multiplies with the
    Jacobian itself (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).
    """
    value, pullback = _vjp(f, tuple(inputs), retain_graph=True)
    zeros = rebuild(value, (np.zeros_like(value_of(x) * 1.0)[()] for x in leaves(value)))
    _, push = _vjp(pullback, (zeros,))
    outer = any(type(x) is Tensor for x in leaves((value, tangents)))
    with nullcontext() if outer else graph.no_grad():             # nothing from outside: plain values are wanted
        return rebuild(value, map(_copied, leaves(value))), push(tuple(tangents))[0]


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The product of the Hessian of f, a scalar function, at x with v (of the form of x): a gradient of a gradient.

    A value that is no scalar, or a v of another form, is a ValueError.
    """
    return _vjp(grad(f), (x,))[1](v)[0]


def jacobian(f: Callable[..., Any], wrt: int = 0) -> Callable[..., Any]:
    """A function that gives all partial derivatives of f's array: shape f(x).shape + x.shape, x argument `wrt`.

    For dicts, lists and tuples it raises TypeError.
    """
    if is_tree(wrt):
        raise TypeError(f"a Jacobian or Hessian is for one argument, not for {wrt}")
    places = places_of(wrt)

    def matrix(*args, **kwargs):
        value, pullback = vjp_at(f, places, args, kwargs, retain_graph=True)
        if is_tree(value) or is_tree(args[wrt]):
            raise TypeError("a Jacobian or Hessian is one of single arrays, not of dicts, lists or tuples: "
                            "for these take grad or vjp")
        shape = np.shape(value_of(value))
        rows = [pullback(dout.reshape(shape))[0] for dout in np.eye(math.prod(shape))]
        stacked = composed.stack(rows) if rows else np.zeros((0, *np.shape(args[wrt])))
        stacked = stacked.reshape((*shape, *stacked.shape[1:]))
        return stacked if type(stacked) is Tensor else stacked[()]
    return matrix


def hessian(f: Callable[..., Any], wrt: int = 0) -> Callable[..., Any]:
    """A function that gives all second derivatives of f, whose value is a scalar: shape x.shape + x.shape.

    It raises what value_and_grad and jacobian raise.
    """
    return jacobian(grad(f, wrt), wrt)
