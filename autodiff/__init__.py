"""Reverse-mode automatic differentiation on numpy, small enough to read in a sitting.

Names are looked up when they are first used (PEP 562), so that `import autodiff.scalar` never imports numpy.
"""
from importlib import import_module

_HOME = {"Tensor": "tensor", "Op": "graph", "no_grad": "graph", "gradcheck": "numeric", "checkpoint": "recompute",
         "Scalar": "scalar", "Tape": "scalar",
         **dict.fromkeys(["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"], "functional")}


def __getattr__(name):
    if not name.startswith("_") and name in __dir__():
        globals()[name] = value = getattr(import_module(f"autodiff.{_HOME.get(name, 'rules')}"), name)
        return value
    raise AttributeError(f"module 'autodiff' has no attribute {name!r}")


def __dir__():
    return sorted({*_HOME, *import_module("autodiff.rules").__all__})
