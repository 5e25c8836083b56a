"""What stands beside Tensors: numbers and arrays without a gradient, keys, axes, shapes.

The backward pass needs them once more, maybe long after the forward pass. So a node keeps its own copies, which
nobody changes in between: an array that is a constant of the graph is as constant as a number.
"""
from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

# what cannot change, taken as it is: the types that are met all the time
IMMUTABLE = {int, float, bool, complex, str, bytes, slice, type(None), type(...),
             *(np.dtype(code).type for code in "?bhilqBHILQefdgFDG")}


class StandIn:
    """What stands for an array while a program is recorded; see autodiff.programs.recording."""

    __slots__ = ()

    if TYPE_CHECKING:              # it answers to an ndarray's names
        def __getattr__(self, name: str) -> Any: ...


def operand(x: Any) -> Any:
    """The constant `x` of an arithmetic operation: a number, or an array; lists, tuples and the like become one.

    An array is taken as it is if nobody can change it, being read-only; else it is copied, and the copy read-only.
    """
    if type(x) is not ndarray:
        if isinstance(x, StandIn):
            return x.kept()
        if isinstance(x, (int, float, np.generic, str, bytes, Mapping, Set)):
            return x                           # a number; or what numpy refuses
        x = plain(x)
        if type(x) is not ndarray:
            if hasattr(x, "__array_ufunc__") or not (hasattr(x, "__len__") or hasattr(x, "__array__")):
                return x                       # what answers numpy by itself
            x = np.asarray(x)
    base = x.base
    if x.flags.writeable or (base is not None and (type(base) is not ndarray or base.flags.writeable)):
        x = x.copy("K")
        x.setflags(False)                      # a quarter of the time of x.flags.writeable = False
    return x


def setting(x: Any) -> Any:
    """The constant `x` of another kind, a key or a shape: what it holds may not change either."""
    if isinstance(x, ndarray):
        return operand(x)
    if type(x) is list or type(x) is tuple:
        return type(x)([part if type(part) in IMMUTABLE else setting(part) for part in x])
    return x


def plain(x: Any) -> Any:
    """`x`, if it is an array, as an ndarray proper; TypeError for a subclass whose operators mean something else."""
    if type(x) is ndarray or isinstance(x, StandIn) or not isinstance(x, ndarray):
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError("a masked array is not taken for or beside a Tensor, since its mask would be lost. Fill it, "
                        "a.filled(…), and leave elements out with autodiff.where or by an index")
    if not isinstance(x, np.memmap):
        raise TypeError(f"a {type(x).__name__} is not taken for or beside a Tensor, since its operators may not be an "
                        "array's (a matrix's * is a matrix product). Pass np.asarray(a)")
    return x.view(ndarray)
