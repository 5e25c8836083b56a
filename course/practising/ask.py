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
from course.drawing.view import silence, sizes
from course.practising import bugs, causes, circuits, memory, shapes
from course.practising.drawings import drawings
from course.practising.page import page
from course.practising.questions import ASKED, Box, boxes
from course.words import not_one_of, tr

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
        raise ValueError(not_one_of("order", ORDERS, order))
    if task not in TASKS:
        raise ValueError(not_one_of("task", TASKS, task))
    if palette not in picture.PALETTES:
        raise ValueError(not_one_of("palette", picture.PALETTES, palette))
    if callable(what):
        if level is not None or (seed is not None and task == "fill"):
            raise ValueError(tr("A function has no level and no seed: these draw a circuit of their own."))
        record, composed = drawn(what, inputs, names)
        if task == "bug":
            return Practice(record, composed, bug_seed=_seed(seed), order=order, palette=palette)
        return Practice(record, composed, boxes(record, composed, asked(ask)), ask=asked(ask), order=order,
                        palette=palette)
    if inputs:
        raise ValueError(tr("A circuit of a level brings its own inputs; {names} has no place in it.",
                            names=tr(", ").join(inputs)))
    if what is not None and level is not None:
        raise ValueError(tr("Either {one} or {other}: one says which level.", one=repr(what),
                            other=f"level={level!r}"))
    wanted = level if what is None else what
    found = memory.next_level() if wanted is None else circuits.level_called(wanted)
    return of_level(found, seed, ask=ask, order=order, palette=palette, task=task)


def of_level(level: int, seed: int | None = None, *, ask: str | Iterable[str] | None = None, order: str = "any",
             palette: str = "green-red", task: str = "fill") -> Practice:
    """A Practice of a level; without a seed one is drawn."""
    seed = _seed(seed)
    if level == circuits.SHAPES:
        if task == "bug":
            raise ValueError(tr("A bug is looked for among numbers: level 9 has none."))
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
        raise TypeError(tr("seed is a whole number, got {got} ({type}).", got=f"{seed!r:.40}",
                           type=type(seed).__name__))
    return seed


def asked(ask: str | Iterable[str] | None) -> tuple[str, ...]:
    """What is to be filled in, checked: of ASKED, in its order."""
    wanted = ("gradients",) if ask is None else tuple(ask.replace(",", " ").split() if isinstance(ask, str) else ask)
    wrong = [each for each in wanted if each not in ASKED]
    if wrong or not wanted:
        raise ValueError(tr("ask takes any of {known}; got {got}.", known=tr(", ").join(map(repr, ASKED)),
                            got=repr(ask)))
    return tuple(each for each in ASKED if each in wanted)


def drawn(f: Callable[..., Any], inputs: Mapping[str, ArrayLike],
          names: str | Sequence[str | None]) -> tuple[Trace, scene.Scene]:
    """The trace and the scene of a learner's function, refused in a sentence if it is not one of numbers."""
    given = scene.listed(names)
    Graph(f, inputs, names=given)                           # which says what is wrong with f or its inputs
    record = trace(f, **inputs)
    if any(node.shape for node in record.nodes):
        raise ValueError(tr("practice asks for numbers, and this circuit has arrays. Draw it with graph(...); level 9 "
                            "asks for shapes."))
    if not any(node.parents for node in record.nodes):
        raise ValueError(tr("This circuit has no gate: there is nothing to fill in."))
    if not all(isfinite(step.after) for step in record.steps):
        raise ValueError(tr("At these inputs a gradient is not finite: there is no number to fill in."))
    return record, scene.compose(record, names=_all_named(given, record, inputs))


def _all_named(given, record, inputs):
    """Names for all gates but the last: a letter for each that has none, so that its box has a short label."""
    gates = sum(bool(node.parents) for node in record.nodes)
    given = given + [None] * (gates - 1 - len(given))
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
        self.title = _title(level, bug_seed is not None)
        if bug_seed is not None:
            painted, self.bug = bugs.planted(record, composed, bug_seed)
            self.scene = painted._replace(title=self.title, aloud=self._aloud(composed))
            return
        edges = [edge._replace(contribution="") for edge in composed.edges]       # they would give the answers away
        items = [item._replace(gradient="") for item in composed.items]
        self.scene = composed._replace(title=self.title, aloud=self._aloud(composed), edges=edges, items=items)

    def _aloud(self, composed):
        """The circuit in words, without what is asked."""
        leaves = tr(", ").join(f"{item.label} = {item.value}" for item in composed.items if item.kind == "leaf")
        forward = [composed.tables[item.id].caption for item in composed.items if item.kind == "gate"]      # formulas
        if "values" in self.ask:
            forward = [told.split(" = ")[0] + " = " + told.split(" = ")[1] for told in forward]
        if self.bug:
            return tr("{title}. Inputs: {inputs}. Forward: {forward}. Backward: {backward}. One edge is wrong.",
                      title=self.title, inputs=leaves, forward=tr("; ").join(forward),
                      backward=tr("; ").join(row["label"] for row in self.bug.edges.values()))
        return tr("{title}. Inputs: {inputs}. Forward: {forward}. To fill in: {boxes}.", title=self.title,
                  inputs=leaves, forward=tr("; ").join(forward), boxes=tr(", ").join(box.sign for box in self.boxes))

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
            waits = tr("One after the other: first comes the one that is open.")
            for before, row in pairwise(rows):
                row["needs"], row["waits"] = [before["id"]], waits
        return {
            "title": self.title, "svg": self.svg(alone=False), "colours": picture.colours(self.palette),
            "boxes": rows, "level": self.level, "seed": self.seed, "code": self.code,
            "covered": self.covered,
            "drawings": [each._asdict() for each in drawings(circuits.circuit(self.level, self.seed), self.palette)]
            if self.covered else [],
            "bug": self.bug._asdict() if self.bug else None, "aloud": self.scene.aloud,
            "kinds": {name: kind._asdict() | {"rule": tr(kind.rule), "section": tr(kind.section)}
                      for name, kind in causes.KINDS.items()},
            "note": note, "words": words(),
        }

    def another(self) -> Practice:
        """Another circuit of the same level, asked in the same way."""
        return of_level(self.level, ask=self.ask, order=self.order, palette=self.palette,
                        task="bug" if self.bug else "fill")

    def save(self, path: str | Path) -> None:
        """Write a page that works alone, without a kernel or a network (name.html)."""
        path = Path(path)
        if path.suffix != ".html":
            raise ValueError(tr("Practice is saved as a page, name.html; got {name}.", name=repr(path.name)))
        path.write_text(page(self.title, [(self.view(), self.svg())]), encoding="utf-8")

    def __repr__(self):
        return self.scene.aloud

    def _repr_mimebundle_(self, include=None, exclude=None):
        from course.practising.widget import PracticeWidget  # anywidget takes a while to import

        bundle = PracticeWidget(self)._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "image/svg+xml": self.svg(), "text/plain": repr(self)}, metadata


def _title(level, bug):
    if level:
        name = tr(circuits.LEVELS[level].title)
        return tr("Find the wrong edge: {level}", level=name) if bug else tr("Practice: {level}", level=name)
    return tr("Practice: find the wrong edge") if bug else tr("Practice: fill in the graph")


def words() -> dict[str, str]:
    """What practice.js itself says; in {braces} stands what it fills in."""
    return {
        **sizes(), "silence": silence(),
        "level": tr("Level {level}, circuit {seed}"), "titled": tr("{title}. {named}"),
        "code": tr("The circuit as Python"), "bar": tr("Help and size"),
        "hint": tr("Hint"), "hint title": tr("The next hint for the box you are at"),
        "hint where": tr("Go to an empty box first: the hint is for that one."),
        "hint told": tr("Hint {n} of {of} for {sign}: {hint}"),
        "show": tr("Show me"), "show title": tr("Give this box up: its number is written in"),
        "show where": tr("Go to an empty box first: that one is shown."), "shown": tr("{sign} is {number}. {why}"),
        "another": tr("Another circuit"), "another title": tr("A new circuit of this level"),
        "begin": tr("Fill in the empty boxes. Numbers and sums such as -4 * 2 will do; Enter checks."),
        "choose": tr("Choose the line of numpy for each gradient, from the end of the circuit back."),
        "draw": tr("Draw the graph of this line on paper, with the values of its gates."),
        "ready": tr("My drawing is ready"), "ready title": tr("Three drawings, of which one is right"),
        "which": tr("Which one is your drawing?"), "drawing": tr("Drawing {n}: {drawing}"),
        "is right": tr("{label}, right"), "is shown": tr("{label}, shown"), "locked": tr("{label}, not yet: {waits}"),
        "done": tr("{done} of {of} filled in"), "wrong": tr("✗ {sign}: {says}"),
        "right": tr("Right: {why}"),
        "edges": tr("Edges"), "rule": tr("Which rule was broken?"), "one wrong": tr("one wrong edge"),
        "seek": tr("One edge of this backward pass is wrong. Click it, or go to it with Tab and press Enter."),
        "found": tr("Found at the first try. Lesson {lesson}, “{section}”, treats it."),
        "found late": tr("Found, after {n} wrong guess. Lesson {lesson}, “{section}”, treats it."),
        "found later": tr("Found, after {n} wrong guesses. Lesson {lesson}, “{section}”, treats it."),
        "over": tr("All filled in: {first} of {of} right at the first try."),
        "over shown": tr("All filled in: {first} of {of} right at the first try, {shown} shown."),
        "broken once": tr("{rule} Once it went otherwise. Read lesson {lesson}, “{section}”."),
        "broken": tr("{rule} {n} times it went otherwise. Read lesson {lesson}, “{section}”."),
        "kept one": tr("Practised in this browser: {n} circuit, {first} of {of} right at the first try."),
        "kept": tr("Practised in this browser: {n} circuits, {first} of {of} right at the first try."),
        "empty": tr("Type a number, or a sum such as -4 * 2."), "too long": tr("That is too long to read."),
        "breaks off": tr("Something is missing at the end."), "not closed": tr("A bracket is not closed."),
        "not opened": tr("A bracket is closed that was not opened."),
        "letter": tr("Write the number in place of the letter."),
        "no number": tr("Before “{token}” a number is missing."),
        "no operator": tr("Before “{token}” an operator is missing."),
        "unknown": tr("I can read numbers and + − × ÷ ( ), but not “{token}”."), "by zero": tr("That divides by 0."),
    }


def width(box) -> float:
    """The width of a box in the picture: room for its figure, its choices, and a little sum."""
    return CHOICE if box.choices else max(NARROWEST, LETTER * len(box.shown) + ENDS)
