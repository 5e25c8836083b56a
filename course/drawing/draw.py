"""`graph(f, x=..., y=...)`: what a notebook calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autodiff.trace import passes, read, run
from course.drawing import picture, scene
from course.drawing.code import with_code
from course.drawing.meeting import with_meetings
from course.drawing.page import HERE, css, page, script
from course.drawing.view import view
from course.drawing.yours import judge
from course.words import not_one_of, tr

MOST_GATES = 150        # what still fits on a page that one can scroll


def graph(f: Callable[..., Any], /, *, names: str | Sequence[str | None] = (), constants: bool = False,
          yours: Mapping[str, Callable[..., Any]] | None = None, code: bool = False, palette: str = "green-red",
          **inputs: ArrayLike) -> Graph:
    """Draw the computational graph of `f` at the given inputs, to be stepped forward and back.

        graph(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4)

    f takes the inputs by name and returns one number: operators, numpy's functions and autodiff's may be used.
    inputs: a number or an array for each parameter of `f`. Numbers get a slider where the notebook is live.
    names: names for the gates in the order of the forward pass, "q f" or ["q", "f"]; None skips one.
    constants: True draws a constant as an input of its own, × with 2, rather than inside the gate, ×2.
    yours: your own backward functions by gate, {"mul": mul_backward}, called as mul_backward(dout, x, y) (exp, sigmoid
        and tanh: (dout, out)). The backward pass runs them and stops at the first wrong edge.
    code: True opens the view "as code" at the start; otherwise a button does. The lines of the step are marked.
    palette: "green-red", or "colorblind" for blue and vermilion.

    Raises TypeError or ValueError, in a sentence, if `f` or an input cannot be drawn; what `f` itself raises comes
    through as it is. Returns a Graph: show it as the last expression of a cell, or `.save("graph.html")`.
    """
    return Graph(f, inputs, names=names, constants=constants, yours=yours, code=code, palette=palette)


class Graph:
    """A computational graph to look at: live in a notebook, else a picture; `save` writes a page or a picture."""

    def __init__(self, f: Callable[..., Any], inputs: Mapping[str, ArrayLike], *,
                 names: str | Sequence[str | None] = (), constants: bool = False,
                 yours: Mapping[str, Callable[..., Any]] | None = None, code: bool = False,
                 palette: str = "green-red"):
        if palette not in picture.PALETTES:
            raise ValueError(not_one_of("palette", picture.PALETTES, palette))
        _check_inputs(f, inputs)
        self.f, self.inputs, self.palette = f, dict(inputs), palette
        self._options = {"names": scene.listed(names), "constants": constants}
        self._yours, self._opens = yours, code
        self.scene = self.compose(self.inputs)
        if code and not self.scene.code:
            raise ValueError(tr("This graph cannot be shown as code: one of its operations cannot be written out."))

    @property
    def title(self) -> str:
        """What the graph is of, in a line."""
        return self.scene.title

    @property
    def code(self) -> str:
        """Both passes as Python (with `import numpy as np`), line by line as the steps go; "" if there is none."""
        return "".join(f"{line}\n" for line in self.scene.code)

    def compose(self, inputs: Mapping[str, ArrayLike]) -> scene.Scene:
        """The Scene at other inputs."""
        for name, value in inputs.items():
            _check_finite(name, value)
        with np.errstate(all="ignore"):         # what is not finite is told below
            output, leaves = run(self.f, **inputs)
            reading = read(output, **leaves)
            record = passes(reading)
        gates = sum(bool(node.parents) for node in record.nodes)
        if gates > MOST_GATES:
            raise ValueError(tr("This graph has {gates} gates, and more than {most} cannot be read on a page. Draw a "
                                "smaller piece, or group gates: arrays make one gate of many.", gates=gates,
                                most=MOST_GATES))
        verdict = judge(record, self._yours) if self._yours is not None else None
        composed = scene.compose(record, verdict=verdict, **self._options)
        for node in record.nodes:
            if not _finite(node.value):
                at = tr(", ").join(f"{name} = {value}" for name, value in inputs.items())
                raise ValueError(tr("At {inputs} the gate {gate} gives {value}, and a graph is drawn at finite "
                                    "numbers.", inputs=at, gate=node.gate, value=node.value))
        return with_code(with_meetings(composed, record, reading), record, reading, self._yours)

    def svg(self) -> str:
        """The whole picture, every value and gradient, as the text of an SVG file."""
        return picture.svg(self.scene, self.palette)

    def view(self, moved: Mapping[str, ArrayLike] | None = None) -> dict[str, Any]:
        """What the live graph shows: at the inputs as given, or with those that a slider has moved."""
        inputs = {**self.inputs, **(moved or {})}
        if moved is None:
            return view(self.scene, self.palette, inputs, self.inputs, opens=self._opens)
        try:
            composed = self.compose(inputs)
        except Exception as error:      # whatever f raises there: the learner reads it, and moves the slider back
            told = error if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            return view(self.scene, self.palette, inputs, self.inputs, problem=str(told))
        return view(composed, self.palette, inputs, self.inputs)

    def save(self, path: str | Path) -> None:
        """Write a page that stands alone (name.html), or a picture (name.svg)."""
        path = Path(path)
        if path.suffix == ".svg":
            text = self.svg()
        elif path.suffix == ".html":
            alone = view(self.scene, self.palette, self.inputs, self.inputs, opens=self._opens,
                         note=tr("This page shows one set of inputs; in a notebook, each has a slider."))
            code = f"<details><summary>{tr('As code')}</summary><pre>{escape(self.code)}</pre></details>" \
                if self.code else ""
            text = page(self.scene.title, [(alone, self.svg() + code)], css(), script(HERE / "widget.js"))
        else:
            raise ValueError(tr("A graph is saved as name.html (a page to step through) or name.svg (a picture); got "
                                "{name}.", name=repr(path.name)))
        path.write_text(text, encoding="utf-8")

    def __repr__(self):
        return self.scene.aloud + (f"\n\n{self.code.rstrip()}" if self._opens else "")

    def _repr_mimebundle_(self, include=None, exclude=None):
        from course.drawing.widget import GraphWidget  # anywidget takes a while to import; only showing needs it

        bundle = GraphWidget(self)._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "image/svg+xml": self.svg(), "text/plain": repr(self)}, metadata


def _check_inputs(f, inputs):
    if not callable(f):
        raise TypeError(tr("graph(f, x=..., ...) draws a function, got {got} ({type}).", got=f"{f!r:.60}",
                           type=type(f).__name__))
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return                          # some callables have none; calling them will tell
    parameters = signature.parameters.values()
    if any(p.kind is p.POSITIONAL_ONLY for p in parameters):
        raise TypeError(tr("graph calls f by the names of its parameters, and those of {f} cannot be named.",
                           f=f"f{signature}"))
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    missing = [name for name in needed if name not in inputs]
    unknown = [name for name in inputs if name not in known]
    if missing or unknown:
        told = [tr("no value is given for {names}", names=tr(", ").join(missing))] * bool(missing)
        told += [tr("{names} is not among them", names=tr(", ").join(unknown))] * bool(unknown)
        raise ValueError(tr("f has the parameters {known}; {wrong}.", known=tr(", ").join(known) or tr("(none)"),
                            wrong=told[0] if len(told) == 1 else tr("{first} and {second}", first=told[0],
                                                                    second=told[1])))
    if not inputs:
        raise ValueError(tr("graph needs at least one input to differentiate with respect to: graph(f, x=2.0)."))


def _check_finite(name, value):
    if not _finite(value):
        raise ValueError(tr("{name} is {value}, and a graph is drawn at finite numbers.", name=name, value=value))


def _finite(value):
    try:
        array = np.asarray(value)
    except ValueError:
        return True                     # a ragged list; trace says what an input may be
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
