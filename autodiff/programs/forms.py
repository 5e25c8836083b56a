"""Forms of arguments: how they are handed to a recording, and when a program is right for others."""
from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from autodiff.functional import is_tree
from autodiff.programs.outside import Outside
from autodiff.programs.recording import Recorder, Traced
from autodiff.programs.writing import plain

MISS = object()              # what an entry gives for arguments of another form


class Form:
    """The arguments of one recording, and the conditions under which others are of the same form."""

    def __init__(self, recorder: Recorder, outside: Outside) -> None:
        self.recorder, self.outside = recorder, outside
        self.conditions: list[str] = []
        self.arrays: dict[str, Any] = {}                 # arrays, as text: their form
        self.values: dict[str, Any] = {}                 # numbers and texts of Python, likewise
        self.objects: dict[str, Any] = {"form": FORM, "value": value, "same_bytes": same_bytes}
        self.entry: list[tuple[str, int]] = []           # how the program gets at each array: text, value
        self.fixed: list[str] = []                       # what is written into the program

    def hold(self, x: Any) -> str:
        """A name for x in the conditions."""
        name = f"k{len(self.objects)}"
        self.objects[name] = x
        return name

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any], names: list[str],
                  wanted: set[int]) -> tuple[list[Any], dict[str, Any]]:
        """What the recorded function is given; `wanted` are the places of arguments to differentiate."""
        keys = self.hold(dict.fromkeys(kwargs).keys())
        self.conditions.append(f"len(args) == {len(args)} and kwargs.keys() == {keys}")
        return ([self.stand_in(x, f"args[{k}]", names[k], names[k], k in wanted) for k, x in enumerate(args)],
                {k: self.stand_in(x, f"kwargs[{plain(k)}]", k, k, False) for k, x in kwargs.items()})

    def stand_in(self, x: Any, text: str, path: str, name: str, wanted: bool) -> Any:
        """For x, which the conditions know as `text`, the program as `path`, and the learner as `name`."""
        kind = type(x)
        if is_tree(x):
            return self.tree(x, text, path, name, wanted)
        if kind is np.ndarray or isinstance(x, (np.number, np.bool_)):
            self.is_like(text, x, x.strides if kind is np.ndarray else None)
            return self.enter(x, path, name)
        if wanted and isinstance(x, (int, float)) and kind is not bool:
            self.conditions.append(f"type({text}) is {self.hold(kind)}")
            return x if kind is int else self.enter(np.float64(x), f"np.float64({path})", name)    # an int: refused
        if isinstance(x, (bool, int, float, complex, str, bytes)):
            self.is_same(text, x)
            self.fixed.append(f"{path} = {x!r:.60}")
        else:
            self.conditions.append(f"{text} is {self.hold(x)}")         # an object
        return self.outside.stand_in(x, None, name)

    def tree(self, x, text, path, name, wanted):
        items: Any = x.items() if isinstance(x, dict) else enumerate(x)
        self.conditions.append(f"type({text}) is {self.hold(type(x))}")
        self.conditions.append(f"list({text}) == {self.hold(list(x))}" if isinstance(x, dict)
                               else f"len({text}) == {len(x)}")
        made = {}
        for key, part in items:
            label = plain(key) if isinstance(key, (str, int)) else self.hold(key)
            short = key if isinstance(key, str) and key.isidentifier() else f"{name}_{key}"
            made[key] = self.stand_in(part, f"{text}[{label}]", f"{path}[{label}]", short, wanted)
        if isinstance(x, dict):
            return made
        return type(x)(*made.values()) if hasattr(x, "_fields") else type(x)(made.values())

    def is_like(self, text: str, x: Any, strides: Any) -> None:
        """The condition that `text` is an array of x's form; a numpy scalar, where there are no strides."""
        if strides is None:
            self.conditions.append(f"type({text}) is {self.hold(x.dtype.type)}")
            return
        self.arrays[text] = np.ndarray, x.dtype, x.shape, strides

    def is_same(self, text: str, x: Any) -> None:
        """The condition that `text` is the number or text x: of its type, and for zeros of its sign."""
        if type(x) in VALUES:
            self.values[text] = value(x)
        else:
            self.conditions.append(f"(type({text}), {text}, repr({text})) == {self.hold((type(x), x, repr(x)))}")

    def enter(self, x: Any, path: str, name: str) -> Traced:
        """A stand-in for an array among the arguments."""
        z = self.recorder.new(x)
        self.recorder.inputs.add(z.id)
        self.recorder.names[z.id] = name
        self.entry.append((path, z.id))
        return z

    def entered(self, run: Any, given: list[str], shown: dict[int, str]) -> Any:
        """A function (args, kwargs) that runs the program where all conditions hold, and else gives MISS.

        `given` are the names of arguments by name, `shown` the names of arrays from outside that the program takes.
        """
        roots: dict[int, str] = {}

        def at(place):
            root, path = place
            if id(root) not in roots:
                roots[id(root)] = self.hold(root)
            return roots[id(root)] + path

        for place, how, what in self.outside.checks:
            text = at(place)
            if how == "same":
                self.is_same(text, what)
                continue
            known = self.hold(list(what) if how == "form" and isinstance(what, dict) else what)
            self.conditions.append({
                "is": f"{text} is {known}",
                "type": f"type({text}) is {known}",
                "keys": f"{{*{text}}} == {known}",
                "equal": f"same_bytes({text}, {known})",
                "form": f"list({text}) == {known}" if isinstance(what, dict) else f"len({text}) == {known}"}[how])
        arrays = []
        for place, k, _ in self.outside.inputs:
            text = at(place)
            self.is_like(text, self.recorder.values[k], self.outside.strides[k])
            if k in shown:
                arrays.append(f"{shown[k]}={text}")
        values = ["*args"] + [f"{name}=kwargs[{plain(name)}]" for name in given]
        for kind, known in (("form", self.arrays), ("value", self.values)):
            if known:
                self.conditions.append(f"[*map({kind}, ({', '.join(known)},))] == {self.hold([*known.values()])}")
        self.objects["run"] = run
        right, go = eval(compile(f"(lambda args, kwargs: {' and '.join(dict.fromkeys(self.conditions))},\n"
                                 f"lambda args, kwargs: run({', '.join([*values, *arrays])}))",
                                 "<form of the arguments>", "eval"), self.objects)

        def enter(args: Any, kwargs: Any) -> Any:
            try:
                if not right(args, kwargs):
                    return MISS
            except (TypeError, LookupError, AttributeError, ValueError):
                return MISS
            return go(args, kwargs)
        return enter


VALUES = {bool, int, float, str, bytes}      # compared by value; 0.0 is not -0.0


def value(x: Any) -> Any:
    return type(x), x or repr(x)


# What must be alike of two arrays. One call for all: the text of each comparison would take long to compile.
FORM = attrgetter("__class__", "dtype", "shape", "strides")


def same_bytes(x: Any, kept: Any) -> bool:
    return type(x) is type(kept) and x.dtype == kept.dtype and x.shape == kept.shape and x.tobytes() == kept.tobytes()
