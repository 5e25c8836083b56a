"""`practice(...)`: what a notebook calls."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from autodiff.trace import Trace, trace
from course.drawing import Graph, picture, scene
from course.practising import bugs, causes, circuits, memory, shapes
from course.practising.drawings import drawings
from course.practising.page import page
from course.practising.questions import ASKED, Box, boxes

LETTER, ENDS, NARROWEST = 9, 22, 74         # the width of a box: of a character, of both ends, and at least
LETTERS = "pqrstuvwabcdeghijklmnoxyz"       # for gates without a name
CHOICE = 180                                # of a list: the end of a long line shows where it is opened
ORDERS, TASKS = ("any", "backward"), ("fill", "bug")


def practice(what: Callable[..., Any] | str | int | None = None, /, *, level: int | str | None = None,
             seed: int | None = None, ask: str | Iterable[str] | None = None, order: str = "any",
             task: str = "fill", names: str | Sequence[str | None] = (), palette: str = "green-red",
             **inputs: ArrayLike) -> Practice:
    """A computational graph with empty boxes for its gradients, to be filled in.

        practice(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4)      this circuit
        practice(level=3)                                           a new one of level 3 each time
        practice("forks", seed=17)                                  by name; the same for all who take this seed
        practice()                                                  what comes next, by what went well so far

    what: a function of numbers, as `graph` draws it, with a number for each of its parameters; or a level's name.
    level: 1 to 10 or its name; seed: a whole number that names the circuit.
    ask: any of "values", "locals", "gradients", in one string or a list: what is to be filled in.
    order: "any" opens each box as soon as it can be found; "backward" asks for one after the other.
    task: "fill", or "bug": a backward pass with one wrong edge, to be found.
    names, palette: as in `graph`; a gate without a name gets a letter.

    Numbers and simple sums (-4 * 2, 2/3) can be typed. Raises TypeError or ValueError, in a sentence, for what cannot
    be asked. Returns a Practice: show it as the last expression of a cell, or `.save("practice.html")`.
    """
    if order not in ORDERS:
        raise ValueError(f"order is one of {', '.join(map(repr, ORDERS))}; got {order!r}.")
    if task not in TASKS:
        raise ValueError(f"task is one of {', '.join(map(repr, TASKS))}; got {task!r}.")
    if palette not in picture.PALETTES:
        raise ValueError(f"palette is one of {', '.join(map(repr, picture.PALETTES))}; got {palette!r}.")
    if callable(what):
        if level is not None or (seed is not None and task == "fill"):
            raise ValueError("A function has no level and no seed: these draw a circuit of their own.")
        record, composed = drawn(what, inputs, names)
        if task == "bug":
            return Practice(record, composed, bug_seed=_seed(seed), order=order, palette=palette)
        return Practice(record, composed, boxes(record, composed, asked(ask)), ask=asked(ask), order=order,
                        palette=palette)
    if inputs:
        raise ValueError(f"A circuit of a level brings its own inputs; {', '.join(inputs)} has no place in it.")
    if what is not None and level is not None:
        raise ValueError(f"Either {what!r} or level={level!r}: one says which level.")
    wanted = level if what is None else what
    found = memory.next_level() if wanted is None else circuits.level_called(wanted)
    return of_level(found, seed, ask=ask, order=order, palette=palette, task=task)


def of_level(level: int, seed: int | None = None, *, ask: str | Iterable[str] | None = None, order: str = "any",
             palette: str = "green-red", task: str = "fill") -> Practice:
    """A Practice of a level; without a seed one is drawn."""
    seed = _seed(seed)
    if level == circuits.SHAPES:
        if task == "bug":
            raise ValueError("A bug is looked for among numbers: level 9 has none.")
        arrays = shapes.circuit(seed)
        record, composed = shapes.traced(arrays)
        return Practice(record, composed, shapes.boxes(arrays, record, composed), order=order, palette=palette,
                        level=level, seed=seed, code=arrays.code)
    row = circuits.LEVELS[level]
    made = circuits.circuit(level, seed)
    record = circuits.traced(made)
    composed = scene.compose(record, names=made.names)
    if task == "bug":
        return Practice(record, composed, bug_seed=seed, order=order, palette=palette, level=level, seed=seed,
                        code=made.formula)
    wanted = asked(row.asked if ask is None else ask)
    return Practice(record, composed, boxes(record, composed, wanted), ask=wanted,
                    order=order, palette=palette, level=level, seed=seed, code=made.formula)


def _seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbelow(circuits.SEEDS)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"seed is a whole number, got {seed!r:.40} ({type(seed).__name__}).")
    return seed


def asked(ask: str | Iterable[str] | None) -> tuple[str, ...]:
    """What is to be filled in, checked: of ASKED, in its order."""
    wanted = ("gradients",) if ask is None else tuple(ask.replace(",", " ").split() if isinstance(ask, str) else ask)
    wrong = [each for each in wanted if each not in ASKED]
    if wrong or not wanted:
        raise ValueError(f"ask takes any of {', '.join(map(repr, ASKED))}; got {ask!r}.")
    return tuple(each for each in ASKED if each in wanted)


def drawn(f: Callable[..., Any], inputs: Mapping[str, ArrayLike],
          names: str | Sequence[str | None]) -> tuple[Trace, scene.Scene]:
    """The trace and the scene of a learner's function, refused in a sentence if it is not one of numbers."""
    Graph(f, inputs, names=names)                           # which says what is wrong with f or its inputs
    record = trace(f, **inputs)
    if any(node.shape for node in record.nodes):
        raise ValueError("practice asks for numbers, and this circuit has arrays. Draw it with graph(...); level 9 "
                         "asks for shapes.")
    if not any(node.parents for node in record.nodes):
        raise ValueError("This circuit has no gate: there is nothing to fill in.")
    if not all(isfinite(step.after) for step in record.steps):
        raise ValueError("At these inputs a gradient is not finite: there is no number to fill in.")
    return record, scene.compose(record, names=_all_named(names, record, inputs))


def _all_named(names, record, inputs):
    """Names for all gates but the last: a letter for each that has none, so that its box has a short label."""
    gates = sum(bool(node.parents) for node in record.nodes)
    given = names.split() if isinstance(names, str) else list(names)
    given += [None] * (gates - 1 - len(given))
    free = (letter for letter in LETTERS if letter not in inputs and letter not in given)
    return [name or (next(free, None) if k < gates - 1 else None) for k, name in enumerate(given)]


class Practice:
    """A circuit to be filled in: live in a notebook, else a picture with empty boxes; `save` writes a page.

    With a `bug_seed`, a backward pass in which one wrong edge is to be found.
    """

    def __init__(self, record: Trace, composed: scene.Scene, filled: Sequence[Box] = (), *,
                 ask: Sequence[str] = ASKED[-1:], order: str, palette: str, level: int = 0, seed: int = 0,
                 code: str = "", bug_seed: int | None = None):
        self.ask, self.order, self.palette, self.level, self.seed, self.code = ask, order, palette, level, seed, code
        self.boxes = list(filled)
        self.bug, self.solved = None, composed
        widest = max(map(width, self.boxes), default=0.0)        # for all: no box gives itself away
        self.blanks = {box.id: widest for box in self.boxes}
        self.title = f"Practice: {circuits.LEVELS[level].title}" if level else "Practice: fill in the graph"
        if bug_seed is not None:
            painted, self.bug = bugs.planted(record, composed, bug_seed)
            self.title = self.title.replace("fill in the graph", "find the wrong edge").replace(
                "Practice: ", "Find the wrong edge: ", int(bool(level)))
            self.scene = painted._replace(title=self.title, aloud=self._aloud(composed))
            return
        edges = [edge._replace(contribution="") for edge in composed.edges]       # they would give the answers away
        items = [item._replace(gradient="") for item in composed.items]
        self.scene = composed._replace(title=self.title, aloud=self._aloud(composed), edges=edges, items=items)

    def _aloud(self, composed):
        """The circuit in words, without what is asked."""
        leaves = ", ".join(f"{item.label} = {item.value}" for item in composed.items if item.kind == "leaf")
        forward = [frame.sentence.removeprefix("Forward: ").removesuffix(".")
                   for frame in composed.frames if frame.phase == "forward"]
        if "values" in self.ask:
            forward = [told.split(" = ")[0] + " = " + told.split(" = ")[1] for told in forward]
        return (f"{self.title}. Inputs: {leaves}. Forward: {'; '.join(forward)}. "
                + (f"To fill in: {', '.join(box.sign for box in self.boxes)}." if not self.bug else
                   "Backward: " + "; ".join(row["label"] for row in self.bug.edges.values()) + ". One edge is wrong."))

    def svg(self, alone: bool = True) -> str:
        """The picture with empty boxes, as the text of an SVG file."""
        return picture.svg(self.scene, self.palette, alone=alone, blanks=self.blanks,
                           targets=bool(self.bug))

    def solution(self, alone: bool = True) -> str:
        """The picture with all that belongs in the boxes."""
        return picture.svg(self.solved, self.palette, alone=alone)

    @property
    def covered(self) -> bool:
        """Whether the drawing is hidden until the learner has made one on paper."""
        return self.level == circuits.LEVEL_OF_CODE and not self.bug

    def view(self, note: str = "") -> dict[str, Any]:
        """What the browser shows, as plain data: all verdicts are in it."""
        rows = [box._asdict() for box in self.boxes]
        if self.order == "backward":
            for before, row in pairwise(rows):
                row["needs"], row["waits"] = [before["id"]], "One after the other: first comes the one that is open."
        return {
            "title": self.title, "svg": self.svg(alone=False), "colours": picture.colours(self.palette),
            "boxes": rows, "level": self.level, "seed": self.seed, "code": self.code,
            "covered": self.covered,
            "drawings": [each._asdict() for each in drawings(circuits.circuit(self.level, self.seed), self.palette)]
            if self.covered else [],
            "bug": self.bug._asdict() if self.bug else None, "aloud": self.scene.aloud,
            "kinds": {name: kind._asdict() for name, kind in causes.KINDS.items()}, "note": note,
        }

    def another(self) -> Practice:
        """Another circuit of the same level, asked in the same way."""
        return of_level(self.level, ask=self.ask, order=self.order, palette=self.palette,
                        task="bug" if self.bug else "fill")

    def save(self, path: str | Path) -> None:
        """Write a page that works alone, without a kernel or a network (name.html)."""
        path = Path(path)
        if path.suffix != ".html":
            raise ValueError(f"Practice is saved as a page, name.html; got {path.name!r}.")
        path.write_text(page(self.title, [(self.view(), self.svg())]), encoding="utf-8")

    def __repr__(self):
        return self.scene.aloud

    def _repr_mimebundle_(self, include=None, exclude=None):
        from course.practising.widget import PracticeWidget  # anywidget takes a while to import

        bundle = PracticeWidget(self)._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "image/svg+xml": self.svg(), "text/plain": repr(self)}, metadata


def width(box) -> float:
    """The width of a box in the picture: room for its figure, its choices, and a little sum."""
    return CHOICE if box.choices else max(NARROWEST, LETTER * len(box.shown) + ENDS)
