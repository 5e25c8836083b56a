"""Where operations hang: in Tensor, under operators and ndarray's names, and behind numpy's functions. One table."""
import functools
import operator
from types import FunctionType

import numpy as np

from autodiff import composed, graph, rules
from autodiff.parts import axes_of
from autodiff.tensor import NUMPY, Tensor, value_of


def reflected(function):
    """`function` of its two arguments in the other order, as `1 - t` asks for it."""
    return lambda y, x: function(x, y)


def constant(function):
    """`function` of the plain values: its result has no gradient."""
    @functools.wraps(function)
    def plain(*args, out=None, **kwargs):
        if out is not None:
            raise TypeError(f"numpy.{function.__name__} of Tensors gives a new array, without out")
        return function(*map(value_of, args), **{k: value_of(x) for k, x in kwargs.items()})
    return plain


def by_name(function):
    """A reduction as numpy calls it: its third argument by position is not ours, but a dtype or an array to fill."""
    def reduction(x, axis=None, *others, **kwargs):
        if others:
            raise TypeError(f"{function.__name__} of Tensors takes what follows axis by its name, as keepdims=True")
        return function(x, axis, **kwargs)
    return reduction


def in_pieces(function):
    """A method that takes a shape as one argument or as several: x.reshape(2, 3), x.reshape((2, 3))."""
    def method(x, *shape):
        apart = shape and isinstance(shape[0], (int, np.integer))
        return function(x, shape) if apart else function(x, *shape)
    method.__doc__ = function.__doc__
    return method


def full_like(x, fill_value, *args, **kwargs):
    """numpy.full_like, whose filling may have a gradient."""
    x = value_of(x)
    if type(fill_value) is not Tensor:
        return np.full_like(x, fill_value, *args, **kwargs)
    ones = np.ones_like(x, *args, **kwargs)
    return (fill_value * ones).astype(ones.dtype)


def numpy_norm(x, ord=None, axis=None, keepdims=False):
    """numpy.linalg.norm, for the order that is the root of a sum of squares."""
    if ord is not None and (ord, len(axes_of(axis, x.ndim))) not in ((2, 1), ("fro", 2)):
        raise TypeError(f"numpy.linalg.norm of Tensors is the root of the sum of squares; {ord=} has no rule")
    return rules.norm(x, axis, keepdims)


# The public operations by name; one of the table of rules has the name of its variable, by which pickle finds it.

OPERATIONS = {}
for _module in (rules, composed):
    for _name, _value in vars(_module).items():
        if isinstance(_value, FunctionType) and _value.__module__ == _module.__name__:
            _value.__name__ = _value.__qualname__ = _name
            if _name[0] != "_":
                OPERATIONS[_name] = _value

TABLE = [                                   # Tensor's name for it, numpy's, and what then runs
    *[(None, name, operation) for name, operation in OPERATIONS.items() if hasattr(np, name)],
    ("__add__",      None,          rules.add),
    ("__radd__",     None,          reflected(rules.add)),
    ("__sub__",      None,          rules.subtract),
    ("__rsub__",     None,          reflected(rules.subtract)),
    ("__mul__",      None,          rules.multiply),
    ("__rmul__",     None,          reflected(rules.multiply)),
    ("__truediv__",  None,          rules.divide),
    ("__rtruediv__", None,          reflected(rules.divide)),
    ("__pow__",      None,          rules.power),
    ("__rpow__",     None,          reflected(rules.power)),
    ("__matmul__",   None,          rules.matmul),
    ("__rmatmul__",  None,          reflected(rules.matmul)),
    ("__neg__",      None,          rules.negative),
    ("__abs__",      None,          rules.abs),
    ("__getitem__",  None,          rules._index),
    ("sum",          None,          rules.sum),
    ("mean",         None,          rules.mean),
    ("prod",         None,          composed.prod),
    ("max",          None,          rules.max),
    ("min",          None,          rules.min),
    ("var",          None,          composed.var),
    ("std",          None,          composed.std),
    ("cumsum",       None,          rules.cumsum),
    (None,           "sum",         by_name(rules.sum)),
    (None,           "mean",        by_name(rules.mean)),
    (None,           "prod",        by_name(composed.prod)),
    (None,           "max",         by_name(rules.max)),
    (None,           "min",         by_name(rules.min)),
    (None,           "amax",        rules.max),
    (None,           "amin",        rules.min),
    (None,           "var",         by_name(composed.var)),
    (None,           "std",         by_name(composed.std)),
    (None,           "cumsum",      by_name(rules.cumsum)),
    (None,           "linalg.norm", numpy_norm),
    ("clip",         None,          rules.clip),
    ("reshape",      None,          in_pieces(rules.reshape)),
    ("ravel",        None,          rules.ravel),
    ("flatten",      None,          rules.ravel),
    ("transpose",    None,          in_pieces(rules.transpose)),
    ("T",            None,          property(lambda x: rules.transpose(x), doc="Its axes in reverse order.")),
    ("mT",           None,          property(lambda x: rules.swapaxes(x, -1, -2), doc="Its last two axes exchanged.")),
    ("swapaxes",     None,          rules.swapaxes),
    ("squeeze",      None,          rules.squeeze),
    ("take",         None,          composed.take),
    ("repeat",       None,          composed.repeat),
    ("diagonal",     None,          composed.diagonal),
    ("trace",        "trace",       composed.matrix_trace),
    ("dot",          None,          composed.dot),
    ("astype",       None,          rules._astype),
    ("backward",     None,          graph.backward),
    (None,           "full_like",   full_like),
    *[(f"__{name}__", None, constant(getattr(operator, name))) for name in ("eq", "ne", "lt", "le", "gt", "ge")],
    *[(name, name, constant(getattr(np, name))) for name in ("argmax", "argmin", "argsort", "any", "all", "round")],
    *[(None, name, constant(getattr(np, name))) for name in (
        "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "isclose", "allclose", "array_equal",
        "logical_not", "logical_and", "logical_or", "isfinite", "isnan", "isinf", "sign", "signbit", "floor", "ceil",
        "trunc", "rint", "around", "zeros_like", "ones_like", "empty_like", "shape", "ndim", "size", "nonzero",
        "count_nonzero", "result_type")],
]

for _on_tensor, _of_numpy, _operation in TABLE:
    if _on_tensor:
        setattr(Tensor, _on_tensor, _operation)
    if _of_numpy:
        NUMPY[operator.attrgetter(_of_numpy)(np)] = _operation
