"""Tensor: a value that remembers how it was computed.

A Tensor is its own node of the computational graph: `op` made it out of `args`, and `tick` says when. Its
operators, its methods under ndarray's names and the numpy functions it answers to are the rows of the table
in `rules`, which hangs them in here.
"""
import itertools

import numpy as np

ticks = itertools.count()      # one clock for all: a node is always younger than what it was made of
NUMPY = {}                     # numpy function -> what stands for it when a Tensor is among its arguments


class Tensor:
    """A real number or array that gradients flow back to.

    `data` is the value: an ndarray, or a numpy scalar where there is no axis. It is copied from what is given:
    floating-point numbers, arrays, lists; integers raise TypeError. `grad` is None until `backward` has
    reached this Tensor; it is filled in leaves only, which are the Tensors that no operation made.
    """

    __slots__ = ("args", "data", "grad", "op", "tick")

    def __init__(self, data):
        if isinstance(data, Tensor):
            raise TypeError("this is a Tensor already; for a new leaf with the same value, take Tensor(t.data)")
        self.data, self.grad, self.op, self.args, self.tick = as_value(np.array(data)), None, None, (), next(ticks)

    # what an ndarray says of itself
    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    size = property(lambda self: self.data.size)
    dtype = property(lambda self: self.data.dtype)

    def item(self):
        """The value of a Tensor with one element, as a Python float."""
        return self.data.item()

    def __repr__(self):
        return f"Tensor({np.array2string(np.asarray(self.data), separator=', ', prefix='Tensor(')})"

    def __len__(self):
        return len(self.data)

    def __bool__(self):
        return bool(self.data)

    def __iter__(self):
        if not self.ndim:
            raise TypeError("a Tensor without axes cannot be iterated over")
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__     # nodes are told apart by identity; == compares values

    def __pos__(self):
        return self

    def __reduce__(self):
        return Tensor, (self.data,)    # a copy, or what is unpickled, is a new leaf

    def __init_subclass__(cls):
        raise TypeError("Tensor has no subclasses: its operations look for Tensors alone")

    # numpy's protocols: np.exp(t), np.sum(t), array * t
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if not kwargs and ufunc in NUMPY and method == "__call__":
            return NUMPY[ufunc](*inputs)
        if "out" in kwargs:
            raise TypeError(f"numpy.{ufunc.__name__} cannot write a Tensor into an array in place: the gradient would "
                            "be lost. Write a = a + t rather than a += t, and leave out= away")
        if method != "__call__":
            raise no_rule(f"{ufunc.__name__}.{method}")
        return self.__array_function__(ufunc, None, inputs, kwargs)

    def __array_function__(self, func, types, args, kwargs):
        if func in NUMPY:
            return NUMPY[func](*args, **kwargs)
        raise no_rule(func.__name__)

    # what would lose gradients without a word
    def __array__(self, dtype=None, copy=None):
        raise TypeError("a Tensor is not turned into an array by the way, since its gradient would be lost. To join "
                        "Tensors, use autodiff.stack or autodiff.concatenate; for the plain value, t.data")

    def __float__(self):
        raise TypeError("a Tensor is not turned into a Python float by the way, since its gradient would be lost. "
                        "Use autodiff.exp(t) rather than math.exp(t); for the plain value, t.item()")

    def __setitem__(self, key, value):
        raise TypeError("a Tensor is not changed in place: other nodes of the graph still need its value. Make a new "
                        "one with autodiff.where or autodiff.concatenate; to update a leaf, assign to t.data")


def as_value(data):
    """`data` as a Tensor holds it: an ndarray, or a numpy scalar for no axis; TypeError unless real floating-point."""
    array = np.asarray(data)
    if array.dtype.kind != "f":
        raise TypeError(f"a Tensor holds real floating-point numbers, and this is {array.dtype}: write 3.0 rather than "
                        "3, or array.astype(float); what needs no gradient (labels, indices) stays a plain array")
    return array if array.ndim else array[()]


def value_of(x):
    """The plain value behind a Tensor; anything else as it is."""
    return x.data if type(x) is Tensor else x


def no_rule(name):
    return TypeError(f"numpy.{name} has no rule for Tensors. Write it with operations that have one (docs/autodiff.md "
                     "lists them), or give it one with autodiff.Op; for its plain value, hand it t.data")
