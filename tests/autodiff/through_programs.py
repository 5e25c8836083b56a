"""A plugin of pytest: each gradient that a test asks for is taken by a program too, and must be the same to the bit.

Run by test_program_everywhere, in a process of its own. What a program refuses is counted by its sentence.
"""
import json
import os
import threading
from collections import Counter

import autodiff as ad
from autodiff.functional import leaves
from autodiff.programs.recording import CannotRecord
from autodiff.programs.running import same_bits
from autodiff.tensor import Tensor

WALKS = {name: getattr(ad, name) for name in ("grad", "value_and_grad", "jvp", "hvp", "jacobian", "hessian")}
counts, state = Counter(), threading.local()


def beside(walk, f, wrt, args, kwargs, part=lambda result: result):
    """What the walk gives, after the program of f has given the same when it was recorded and when it was run."""
    right = walk(*args, **kwargs)
    if getattr(state, "busy", False) or any(type(x) is Tensor for x in leaves((args, kwargs, right))):
        return right
    state.busy = True
    try:
        p = ad.program(f, wrt)
        for _ in range(2):
            for x, y in zip(leaves(part(p(*args, **kwargs))), leaves(right), strict=True):
                assert type(x) is type(y) and same_bits(x, y), (x, y, p.source())
        counts["same"] += 1
    except CannotRecord as error:
        counts[str(error)] += 1
    finally:
        state.busy = False
    return right


def of_function(name, with_value):
    def transformation(f, wrt=0):
        walk = WALKS[name](f, wrt)
        if name in ("grad", "value_and_grad"):
            return lambda *args, **kwargs: beside(walk, f, wrt, args, kwargs, lambda r: r if with_value else r[1])
        return lambda *args, **kwargs: beside(walk, walk, None, args, kwargs)
    transformation.__doc__ = WALKS[name].__doc__
    return transformation


def of_arrays(name):
    def transformation(f, *arrays):
        walk = lambda *arrays: WALKS[name](f, *arrays)
        return beside(walk, walk, None, arrays, {})
    transformation.__doc__ = WALKS[name].__doc__
    return transformation


def pytest_configure():
    for name in WALKS:
        setattr(ad, name, of_arrays(name) if name in ("jvp", "hvp") else of_function(name, name == "value_and_grad"))


def pytest_sessionfinish():
    with open(os.environ["COUNTS_OF_PROGRAMS"], "w") as file:
        json.dump(counts, file)
