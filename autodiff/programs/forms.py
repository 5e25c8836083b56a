"""Forms of arguments: how they are handed to a recording, and when a program is right for others."""
from __future__ import annotations

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
        self.objects: dict[str, Any] = {"ndarray": np.ndarray, "same_bytes": same_bytes, "MISS": MISS}
        self.entry: list[tuple[str, int]] = []           # how the program gets at each array: text, value
        self.fixed: list[str] = []                       # what is written into the program
        self.count = 0                                   # of arguments by position

    def hold(self, x: Any) -> str:
        """A name for x in the conditions."""
        name = f"k{len(self.objects)}"
        self.objects[name] = x
        return name

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any], names: list[str],
                  wanted: set[int]) -> tuple[list[Any], dict[str, Any]]:
        """What the recorded function is given; `wanted` are the places of arguments to differentiate."""
        self.count = len(args)
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
        self.conditions.append(f"type({text}) is {self.hold(kind)}")
        if wanted and isinstance(x, (int, float)) and kind is not bool:
            return x if kind is int else self.enter(np.float64(x), f"np.float64({path})", name)    # an int: refused
        if isinstance(x, (bool, int, float, complex, str, bytes)):
            known = self.hold(x)
            self.conditions.append(f"({text} == {known} or {text} is {known})")
            self.fixed.append(f"{path} = {x!r:.60}")
        else:
            self.conditions.append(f"{text} is {self.hold(x)}")
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
        dtype = self.hold(x.dtype)
        self.conditions.append(f"type({text}) is ndarray and {text}.dtype == {dtype}")
        self.conditions.append(f"{text}.shape == {x.shape}" + (f" and {text}.strides == {strides}" if x.shape else ""))

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
            known = self.hold(list(what) if how == "form" and isinstance(what, dict) else what)
            self.conditions.append({
                "is": f"{text} is {known}",
                "same": f"({text} is {known} or {text} == {known} and type({text}) is type({known}))",
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
        values = [f"args[{k}]" for k in range(self.count)] + [f"{name}=kwargs[{plain(name)}]" for name in given]
        conditions = "\n                and ".join(dict.fromkeys(self.conditions))
        source = (f"def enter(args, kwargs):\n    try:\n        if not ({conditions}):\n            return MISS\n"
                  "    except (TypeError, LookupError, AttributeError, ValueError):\n        return MISS\n"
                  f"    return run({', '.join([*values, *arrays])})\n")
        self.objects["run"] = run
        exec(compile(source, "<form of the arguments>", "exec"), self.objects)
        return self.objects["enter"]


def same_bytes(x: Any, kept: Any) -> bool:
    return type(x) is type(kept) and x.dtype == kept.dtype and x.shape == kept.shape and x.tobytes() == kept.tobytes()
