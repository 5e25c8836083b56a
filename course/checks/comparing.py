"""Is an answer right?  `compare` looks at one result and gives None, or the first Problem that it finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RTOL = {"float64": 1e-6, "float32": 1e-3}
NOISE = {"float64": 1e-8, "float32": 1e-5}  # of the largest element: what a finite difference or a sum leaves in others
OF_FORM = ("count", "type", "keys", "shape")    # kinds of Problem
ZERO = 1e-8  # what may come back where 0 is expected everywhere


@dataclass(frozen=True)
class Problem:
    """What is wrong with one result.

    kind      unwritten, raised, count, type, keys, shape, integer, precision, finite, value, changed or said
    label     which part: "dx", "grads['W1']"; or the name of the argument that was changed
    got, expected   the two, where there are two
    says, ask, code, title   for kind "said": a check's own words
    seen   for kind "said": what the check saw, in numbers; told with a known mistake's words, too
    """

    kind: str
    label: str = ""
    got: Any = None
    expected: Any = None
    says: str = ""
    ask: str = ""
    code: str = ""
    title: str = ""
    seen: str = ""


def said(says: str, ask: str = "", code: str = "", title: str = "not right yet", got: object = None,
         expected: object = None, seen: str = "") -> Problem:
    """A Problem in a check's own words."""
    return Problem("said", "", got, expected, says, ask, code, title, seen)


def parts(value: Any, names: Sequence[str]) -> dict[str, Any] | None:
    """The parts of a result by name: {"dx": ..., "dy": ...}; None where the number of results is off."""
    if len(names) == 1:
        return {names[0]: value}
    if isinstance(value, np.ndarray) and value.ndim and len(value) == len(names):
        value = list(value)
    if not isinstance(value, tuple | list) or len(value) != len(names):
        return None
    return dict(zip(names, value, strict=True))


def compare(got: object, expected: object, names: Sequence[str], floats: bool = True,
            part: str | None = None) -> Problem | None:
    """The first Problem of a result, or None.

    got       plain data, as it came back
    expected  the oracle's result: a tuple where there are several names
    names     the results' names
    floats    whether some argument held floating-point numbers: then an array of integers is a fault
    part      the only part to look at: one of the names, or a key of those results that are dicts; None for all
    """
    mine, right = parts(got, names), parts(expected, names)
    if mine is None or right is None:
        return Problem("count", ", ".join(names), got, expected)
    for label in _labels(right, part):
        problem = _compare(mine[label], right[label], label, floats, part)
        if problem:
            return problem
    return None


def misformed(got: object, expected: object, names: Sequence[str], kinds: Sequence[str] = OF_FORM) -> Problem | None:
    """The Problem of a result whose number, type, keys or shape is off, whatever its values are; or None.

    kinds  of Problem that count, if not these
    """
    right = parts(expected, names) or {}
    within = [key for value in right.values() if isinstance(value, dict) for key in value]
    found = (compare(got, expected, names, part=part) for part in (None, *names, *within))
    return next((problem for problem in found if problem and problem.kind in kinds), None)


def _labels(right: dict[str, Any], part: str | None) -> list[str]:
    """The names of the results in which a part is to be looked for."""
    holding = [name for name, value in right.items() if name == part or (isinstance(value, dict) and part in value)]
    return holding or list(right)


def _compare(got: Any, expected: Any, label: str, floats: bool, part: str | None = None) -> Problem | None:
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return Problem("type", label, got, expected)
        if part in expected:
            got, expected = ({key: full[key] for key in full if key == part} for full in (got, expected))
        if got.keys() != expected.keys():
            return Problem("keys", label, got, expected)
        return next(filter(None, (
            _compare(got[key], expected[key], f"{label}[{key!r}]", floats) for key in expected)), None)
    if expected is None or isinstance(expected, str | bool):
        same = type(got) is type(expected) and got == expected
        return None if same else Problem("value", label, got, expected)
    numbers = as_numbers(got)
    if numbers is None:
        return Problem("type", label, got, expected)
    right = np.asarray(expected)
    if numbers.shape != right.shape:
        return Problem("shape", label, numbers, right)
    if not close(numbers, right):
        kind = "value" if np.isfinite(numbers).all() or not np.isfinite(right).all() else "finite"
        return Problem(kind, label, numbers, right)
    if isinstance(got, np.ndarray) and got.ndim:
        # zeros alone tell nothing: [g if v > 0 else 0 for ...] makes integers where nothing passes, [v > 0 and g ...]
        # truth values
        whole = got.dtype.kind in "biu" and got.any()
        if floats and whole and right.dtype.kind == "f":
            return Problem("integer", label, numbers, right)
        if got.dtype.kind == "f" and got.dtype.itemsize < right.dtype.itemsize:
            return Problem("precision", label, numbers, right)
    return None


def as_numbers(value: Any) -> np.ndarray | None:
    """An array of real numbers, or None: for text, nothing at all, or lists of uneven lengths."""
    if value is None or isinstance(value, str | dict):
        return None
    try:
        array: np.ndarray = np.asarray(value)
    except ValueError:
        return None
    if array.dtype.kind == "c" and not np.imag(array).any():
        array = np.real(array)
    return array if array.dtype.kind in "biuf" else None


def holds_arrays(value: Any) -> bool:
    """Whether a value is a dict with an array in it."""
    return isinstance(value, dict) and any(array is not None and array.ndim > 0
                                           for array in map(as_numbers, value.values()))


def close(got: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two arrays of one shape agree, to the tolerance of the expected one's dtype."""
    return bool(np.all(agreeing(got, expected)))


def agreeing(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Where they do. Each element counts by its own size, down to the noise that a larger one may leave in it."""
    kind = "float32" if expected.dtype == np.float32 else "float64"
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(np.subtract(got, expected, dtype=float))
        finite = np.isfinite(expected)
        sizes = np.abs(np.where(finite, expected, 0).astype(float))
        scale = float(sizes.max(initial=0))
        near = off <= (RTOL[kind] * sizes + NOISE[kind] * scale if scale else ZERO)
        return np.where(finite, near, (got == expected) | (np.isnan(got) & np.isnan(expected)))


def equal(a: Any, b: Any) -> bool:
    """Whether two plain values are the same, up to rounding."""
    x, y = as_numbers(a), as_numbers(b)
    if x is not None and y is not None:
        return x.shape == y.shape and close(x, y)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and (np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b)
