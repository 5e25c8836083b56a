"""PyTorch beside the course: live where it is installed, else what a real run gave.

Lesson 5 writes each of its PyTorch cells as a function of `torch` that prints, and returns plain data:

    def twice(torch):
        ...
        return x.grad.item()

    live_or_recorded(twice)

With PyTorch the function runs. Without it, what it printed and returned on a machine that has PyTorch is looked
up by its name in course/data/lesson_05_torch.json, and the output says so. The file is written by
course/authoring/record_lesson_05.py.
"""

import hashlib
import inspect
import json
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course.figures import Table, table
from course.places import DATA, IN_BROWSER

RECORD = DATA / "lesson_05_torch.json"
SETUP = "python course setup torch"
APPROXIMATE = 1e-6      # relative to the largest number of the tensor: what float32 can be asked for


def find_torch() -> ModuleType | None:
    """The module torch, or None where it is not installed."""
    try:
        import torch  # pyright: ignore[reportMissingImports]  (an extra)
    except (ImportError, OSError):      # OSError: it is there, and a library that it needs is not
        return None
    return torch


def which() -> str:
    """A sentence that says what the PyTorch cells of this notebook show: live results, or recorded ones."""
    torch = find_torch()
    if torch is not None:
        return f"PyTorch {version_of(torch)} is installed: its cells run live."
    shows = f"its cells show what PyTorch {_record()['torch']} gave on another machine."
    if IN_BROWSER:
        return f"PyTorch does not run in a browser: {shows}"
    return (f"PyTorch is not installed: {shows}\n"
            f"To run them live, type  {SETUP}  in a terminal, then restart this kernel.")


def live_or_recorded(f: Callable[[Any], Any]) -> Any:
    """Run f(torch) and return its result; without PyTorch, print and return what was recorded under f's name.

    Raises LookupError for a function of your own, which nobody has recorded.
    """
    torch = find_torch()
    if torch is not None:
        return f(torch)
    record = _record()
    name = f.__name__
    if name not in record["results"]:
        remedy = ("It runs where the course is installed, not in a browser." if IN_BROWSER else
                  f"To run it, type {SETUP!r} in a terminal and restart this kernel.")
        raise LookupError(f"{name} needs PyTorch, and nothing is recorded under that name. {remedy}")
    entry = record["results"][name]
    print(f"[recorded with PyTorch {record['torch']}]")
    if digest(f) not in (entry["code"], None):
        print(f"[you changed {name}; without PyTorch it cannot run, so this belongs to the original]")
    print(entry["printed"], end="")
    return entry["result"]


def digest(f: Callable[..., Any]) -> str | None:
    """A short fingerprint of a function's source, whatever its indentation; None where the source is not known."""
    try:
        source = inspect.getsource(f)
    except (OSError, TypeError):
        return None
    return hashlib.sha256(textwrap.dedent(source).strip().encode()).hexdigest()[:16]


def version_of(torch: Any) -> str:
    """The version without the build: 2.13.0 for 2.13.0+cpu."""
    return torch.__version__.split("+")[0]


def difference(mine: ArrayLike, theirs: ArrayLike) -> tuple[bool, bool, float]:
    """(exact, approximate, largest difference) of two numbers or arrays; shapes that differ are (False, False, inf)."""
    ours, right = np.asarray(mine, dtype=float), np.asarray(theirs, dtype=float)
    if ours.shape != right.shape:
        return False, False, np.inf
    largest = float(np.max(np.abs(ours - right), initial=0.0))
    return bool(np.array_equal(ours, right)), largest <= APPROXIMATE * np.max(np.abs(right), initial=0.0), largest


def side_by_side(title: str, **tensors: tuple[ArrayLike, ArrayLike, ArrayLike]) -> Table:
    """A table: each tensor's gradient by hand and by autodiff, against PyTorch's.

    tensors: name=(by hand, by autodiff, by PyTorch), numbers or arrays.
    """
    yes_or_no = {True: "yes", False: "no"}
    rows = []
    for name, (hand, ours, theirs) in tensors.items():
        for way, mine in (("by hand", hand), ("by autodiff", ours)):
            exact, approximate, largest = difference(mine, theirs)
            label = f"{name} {np.shape(mine) or ''}".rstrip() if way == "by hand" else ""
            rows.append((label, way, yes_or_no[exact], yes_or_no[approximate], f"{largest:.1e}" if largest else "0"))
    return table([title, "compared with PyTorch", "exact", "approximate", "max difference"], rows)


def _record():
    return json.loads(RECORD.read_text("utf-8"))
