"""Tensor: a value that remembers how it was computed.

A Tensor is its own node of the computational graph: `op` made it out of `args`, and `tick` says when. Its
operators, its methods under ndarray's names and the numpy functions it answers to are operations, which `methods`
hangs in here.

So that there is never a Tensor without them, each module between here and there ends by importing the next:
tensor, graph, parts, rules, composed, methods. Whichever of them a program imports first, all six are there
when that import is done. (A link that is being imported already is left alone, and goes on when its turn comes.)
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from autodiff.constants import StandIn, plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Axis = int | Sequence[int] | None

ticks = itertools.count()      # one clock for all: a node is always younger than what it was made of

# numpy function -> what stands for it when a Tensor is among its arguments
NUMPY: dict[Callable[..., Any], Callable[..., Any]] = {}


class Tensor:
    """A real number or array that gradients flow back to.

    `data` is the value: an ndarray, or a numpy scalar where there is no axis. It is copied from what is given:
    floating-point numbers, arrays, lists; integers raise TypeError. `grad` is None until `backward` has
    reached this Tensor; it is filled in leaves only, which are the Tensors that no operation made.
    """

    __slots__ = ("args", "data", "grad", "op", "tick")

    data: Any
    grad: Any
    op: Any             # the graph.Primitive that made it, None in a leaf
    args: Any           # what that was given; None once the graph is freed
    tick: int

    def __init__(self, data: ArrayLike) -> None:
        if isinstance(data, Tensor):
            raise TypeError("this is a Tensor already; for a new leaf with the same value, take Tensor(t.data)")
        value: Any = data
        value = value.copy() if isinstance(data, StandIn) else np.array(plain(data))
        self.data, self.grad, self.op, self.args, self.tick = as_value(value), None, None, (), next(ticks)

    # what an ndarray says of itself
    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """The number of its elements."""
        return self.data.size

    @property
    def dtype(self) -> np.dtype:
        """The floating-point type of its elements."""
        return self.data.dtype

    def item(self) -> float:
        """The value of a Tensor with one element, as a Python float."""
        return self.data.item()

    def __repr__(self) -> str:
        if isinstance(self.data, StandIn):
            return repr(self.data)                       # refuses
        return f"Tensor({np.array2string(np.asarray(self.data), separator=', ', prefix='Tensor(')})"

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("a Tensor without axes cannot be iterated over")
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__     # nodes are told apart by identity; == compares values

    def __pos__(self) -> Tensor:
        return self

    def __reduce__(self) -> tuple[type[Tensor], tuple[Any]]:
        return Tensor, (self.data,)    # a copy, or what is unpickled, is a new leaf

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Tensor has no subclasses: its operations look for Tensors alone")

    if TYPE_CHECKING:              # what `methods` hangs in; inside no_grad these are plain values
        def __add__(self, other: ArrayLike) -> Tensor: ...
        def __radd__(self, other: ArrayLike) -> Tensor: ...
        def __sub__(self, other: ArrayLike) -> Tensor: ...
        def __rsub__(self, other: ArrayLike) -> Tensor: ...
        def __mul__(self, other: ArrayLike) -> Tensor: ...
        def __rmul__(self, other: ArrayLike) -> Tensor: ...
        def __truediv__(self, other: ArrayLike) -> Tensor: ...
        def __rtruediv__(self, other: ArrayLike) -> Tensor: ...
        def __pow__(self, other: ArrayLike) -> Tensor: ...
        def __rpow__(self, other: ArrayLike) -> Tensor: ...
        def __matmul__(self, other: ArrayLike) -> Tensor: ...
        def __rmatmul__(self, other: ArrayLike) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __getitem__(self, key: Any) -> Tensor: ...
        def __eq__(self, other: Any) -> Any: ...
        def __ne__(self, other: Any) -> Any: ...
        def __lt__(self, other: ArrayLike) -> Any: ...
        def __le__(self, other: ArrayLike) -> Any: ...
        def __gt__(self, other: ArrayLike) -> Any: ...
        def __ge__(self, other: ArrayLike) -> Any: ...
        def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor: ...
        def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor: ...
        def prod(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor: ...
        def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor: ...
        def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor: ...
        def var(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Tensor: ...
        def std(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Tensor: ...
        def cumsum(self, axis: int | None = None) -> Tensor: ...
        def clip(self, a_min: ArrayLike | None = None, a_max: ArrayLike | None = None) -> Tensor: ...
        def reshape(self, *shape: int | Sequence[int]) -> Tensor: ...
        def ravel(self) -> Tensor: ...
        def flatten(self) -> Tensor: ...
        def transpose(self, *axes: int | Sequence[int] | None) -> Tensor: ...
        def swapaxes(self, axis1: int, axis2: int) -> Tensor: ...
        def squeeze(self, axis: Axis = None) -> Tensor: ...
        def take(self, indices: ArrayLike, axis: int | None = None) -> Tensor: ...
        def repeat(self, repeats: int | Sequence[int], axis: int | None = None) -> Tensor: ...
        def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
        def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
        def dot(self, y: ArrayLike) -> Tensor: ...
        def astype(self, dtype: Any) -> Tensor: ...
        def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Any: ...
        def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Any: ...
        def argsort(self, axis: int | None = -1) -> Any: ...
        def any(self, axis: Axis = None, *, keepdims: bool = False) -> Any: ...
        def all(self, axis: Axis = None, *, keepdims: bool = False) -> Any: ...
        def round(self, decimals: int = 0) -> Any: ...
        def backward(self, dout: ArrayLike | None = None, retain_graph: bool = False) -> None: ...
        @property
        def T(self) -> Tensor: ...
        @property
        def mT(self) -> Tensor: ...

    # numpy's protocols: np.exp(t), np.sum(t), array * t
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if not kwargs and ufunc in NUMPY and method == "__call__":
            return NUMPY[ufunc](*inputs)
        if "out" in kwargs:
            raise TypeError(f"numpy.{ufunc.__name__} cannot write a Tensor into an array in place: the gradient would "
                            "be lost. Write a = a + t rather than a += t, and leave out= away")
        if method != "__call__":
            raise no_rule(f"{ufunc.__name__}.{method}")
        return self.__array_function__(ufunc, None, inputs, kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if func in NUMPY:
            return NUMPY[func](*args, **kwargs)
        raise no_rule(func.__name__)

    # what would lose gradients without a word
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError("a Tensor is not turned into an array by the way, since its gradient would be lost. To join "
                        "Tensors, use autodiff.stack or autodiff.concatenate; for the plain value, t.data")

    def __float__(self) -> NoReturn:
        raise TypeError("a Tensor is not turned into a Python float by the way, since its gradient would be lost. "
                        "Use autodiff.exp(t) rather than math.exp(t); for the plain value, t.item()")

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError("a Tensor is not changed in place: other nodes of the graph still need its value. Make a new "
                        "one with autodiff.where or autodiff.concatenate; to update a leaf, assign to t.data")


def as_value(data: ArrayLike) -> Any:
    """`data` as a Tensor holds it: an ndarray, or a numpy scalar for no axis; TypeError unless real floating-point."""
    array = as_array(data)
    if array.dtype.kind != "f":
        raise TypeError(f"a Tensor holds real floating-point numbers, and this is {array.dtype}: write 3.0 rather than "
                        "3, or array.astype(float); what needs no gradient (labels, indices) stays a plain array")
    return array if array.ndim else array[()]


def as_array(x: ArrayLike) -> np.ndarray:
    """x as an array; a Tensor, and what stands for an array, as it is, since it answers to an ndarray's names."""
    return x if type(x) is Tensor or isinstance(x, StandIn) else np.asarray(plain(x))    # type: ignore[return-value]


def value_of(x: Any) -> Any:
    """The plain value behind a Tensor; anything else as it is."""
    return x.data if type(x) is Tensor else x


def no_rule(name: str) -> TypeError:
    return TypeError(f"numpy.{name} has no rule for Tensors. Write it with operations that have one (docs/autodiff.md "
                     "lists them), or give it one with autodiff.Op; for its plain value, hand it t.data")


import autodiff.graph  # noqa: E402, F401    (the next link: see the top)
