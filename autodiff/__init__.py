"""Reverse-mode automatic differentiation on numpy, small enough to read in a sitting.

Names are looked up when they are first used (PEP 562), so that `import autodiff.scalar` never imports numpy.
"""
from importlib import import_module

TYPE_CHECKING = False      # type checkers know it by its name; typing itself takes longer to import than all of this
if TYPE_CHECKING:          # the same names, for those who read the code without running it; `x as x`: for others too
    from autodiff.composed import *  # noqa: F403
    from autodiff.functional import grad as grad
    from autodiff.functional import hessian as hessian
    from autodiff.functional import hvp as hvp
    from autodiff.functional import jacobian as jacobian
    from autodiff.functional import jvp as jvp
    from autodiff.functional import value_and_grad as value_and_grad
    from autodiff.functional import vjp as vjp
    from autodiff.graph import Op as Op
    from autodiff.graph import no_grad as no_grad
    from autodiff.numeric import gradcheck as gradcheck
    from autodiff.programs.running import program as program
    from autodiff.recompute import checkpoint as checkpoint
    from autodiff.rules import *  # noqa: F403
    from autodiff.scalar import Scalar as Scalar
    from autodiff.scalar import Tape as Tape
    from autodiff.tensor import Tensor as Tensor

_HOME = {"Tensor": "tensor", "Op": "graph", "no_grad": "graph", "gradcheck": "numeric", "checkpoint": "recompute",
         "program": "programs.running",
         "Scalar": "scalar", "Tape": "scalar",
         **dict.fromkeys(["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"], "functional")}

if not TYPE_CHECKING:
    def __getattr__(name):
        import collections.abc  # noqa: F401  before two threads do: Python 3.13.0 would give one a half-made module
        if name in _HOME:
            value = getattr(import_module(f"autodiff.{_HOME[name]}"), name)
        elif not name.startswith("_") and name in __dir__():
            value = import_module("autodiff.methods").OPERATIONS[name]
        else:
            raise AttributeError(f"module 'autodiff' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__():
    return sorted({*_HOME, *import_module("autodiff.methods").OPERATIONS})
