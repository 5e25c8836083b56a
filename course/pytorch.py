"""PyTorch beside the course: live where it is installed, else what a real run gave.

Lesson 5 writes each of its PyTorch cells as a function of `torch` that prints, and returns plain data:

    def twice(torch):
        ...
        return x.grad.item()

    live_or_recorded(twice)

With PyTorch the function runs. Without it, what it printed and returned on a machine that has PyTorch is looked
up by its name in course/data/lesson_05_torch.json, and the output says so. The file is written by
course/authoring/record_lesson_05.py, which runs the lesson in each language: what a function prints is in its own.
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
from course.words import language, sentences, tr

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
        return tr("PyTorch {version} is installed: its cells run live.", version=version_of(torch))
    recorded = _record()["torch"]
    if IN_BROWSER:
        return tr("PyTorch does not run in a browser: its cells show what PyTorch {version} gave on another machine.",
                  version=recorded)
    return tr("PyTorch is not installed: its cells show what PyTorch {version} gave on another machine.\n"
              "To run them live, type  {setup}  in a terminal, then restart this kernel.", version=recorded,
              setup=SETUP)


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
        remedy = tr("It runs where the course is installed, not in a browser.") if IN_BROWSER else \
            tr("To run it, type {setup} in a terminal and restart this kernel.", setup=repr(SETUP))
        raise LookupError(sentences(
            tr("{name} needs PyTorch, and nothing is recorded under that name.", name=name), remedy))
    print(tr("[recorded with PyTorch {version}]", version=record["torch"]))
    entry, code = record["results"][name], digest(f)
    others = {spoken: results[name] for spoken, results in record["translations"].items()}
    here = others.get(language(), entry)
    said = next((version for version in (here, entry, *others.values()) if version["code"] == code), None)
    if said is None and code is not None:
        print(tr("[you changed {name}; without PyTorch it cannot run, so this belongs to the original]", name=name))
    print((said or here)["printed"], end="")
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
    yes_or_no = {True: tr("yes"), False: tr("no")}
    rows = []
    for name, (hand, ours, theirs) in tensors.items():
        for label, way, mine in ((f"{name} {np.shape(hand) or ''}".rstrip(), tr("by hand"), hand),
                                 ("", tr("by autodiff"), ours)):
            exact, approximate, largest = difference(mine, theirs)
            rows.append((label, way, yes_or_no[exact], yes_or_no[approximate], f"{largest:.1e}" if largest else "0"))
    return table([title, tr("compared with PyTorch"), tr("exact"), tr("approximate"), tr("max difference")], rows)


def _record():
    return json.loads(RECORD.read_text("utf-8"))
