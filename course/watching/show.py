"""`watch(...)`: what a notebook calls."""

from __future__ import annotations

from itertools import islice, product
from math import isfinite
from pathlib import Path
from typing import Any

from course.drawing.page import css, page, script
from course.drawing.picture import PALETTES, STYLE, colours
from course.drawing.view import silence
from course.watching import picture
from course.watching.network import ACTIVATIONS, SEED, Settings, moments
from course.words import later, not_one_of, sentences, tr

HERE = Path(__file__).parent
CHOICES = {         # in a notebook; what watch(...) is given stands among them
    "rate": (0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0), "scale": (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0),
    "activation": tuple(ACTIVATIONS), "depth": tuple(range(1, 9)),
}
RECORDED = {"rate": (0.05, 0.5, 5.0), "scale": (0.1, 1.0, 10.0), "activation": tuple(ACTIVATIONS), "depth": (2, 6)}
LABELS = {"rate": later("Step size"), "scale": later("Initial scale"), "activation": later("Activation"),
          "depth": later("Hidden layers")}
BESIDE, SMALLEST = 360, 0.72        # pixels beside the drawing; its smallest size, in its own
TITLE = later("A small network in training")
ONE_LAYER = later("Two inputs, 1 hidden layer of 4 {activation} units, two outputs; it learns to tell two half-moons "
                  "of points apart.")
LAYERS = later("Two inputs, {depth} hidden layers of 4 {activation} units, two outputs; it learns to tell two "
               "half-moons of points apart.")
LIVE = later("Each step is plain gradient descent on all 60 points. A choice starts anew.")
NOTE = later("This page has no kernel: its buttons walk through steps that were recorded, {steps} for each choice. In "
             "a notebook there are more choices, and no end.")


def watch(*, rate: float = 0.5, scale: float = 1.0, activation: str = "relu", depth: int = 2, seed: int = SEED,
          palette: str = "green-red") -> Watch:
    """A small network in training, step by step: its weights, the gradient of each layer, what is dead or saturated.

        watch()
        watch(activation="sigmoid", depth=6)

    rate: the step size, above 0. scale: of the weights at the start; 1 is their usual spread, 1/√D, for relu √(2/D).
    activation: "tanh", "sigmoid" or "relu". depth: hidden layers of four units, 1 to 8.
    seed: of the weights at the start. palette: "green-red", or "colorblind" for blue and vermilion.

    Raises TypeError or ValueError, in a sentence. Returns a Watch: show it as the last expression of a cell, or
    `.save("watch.html")`.
    """
    for name, value in (("rate", rate), ("scale", scale)):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(tr("{name} is a number, got {got} ({type}).", name=name, got=f"{value!r:.40}",
                               type=type(value).__name__))
        if not (isfinite(value) and value > 0):
            raise ValueError(tr("{name} is a number above 0, got {got}.", name=name, got=value))
    if activation not in ACTIVATIONS:
        raise ValueError(not_one_of("activation", ACTIVATIONS, activation))
    if depth not in CHOICES["depth"] or isinstance(depth, (bool, float)):
        raise ValueError(tr("depth is a whole number from 1 to {most}, got {got}.", most=CHOICES["depth"][-1],
                            got=f"{depth!r:.40}"))
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ValueError(tr("seed is a whole number, 0 or above; got {got}.", got=f"{seed!r:.40}"))
    if palette not in PALETTES:
        raise ValueError(not_one_of("palette", PALETTES, palette))
    return Watch(Settings(float(rate), float(scale), activation, depth), seed, palette)


class Run:
    """One training as it is shown: frames, worked out as they are asked for."""

    def __init__(self, settings: Settings, seed: int):
        self.settings, self._moments = settings, moments(settings, seed)

    def frames(self, count: int) -> list[picture.Frame]:
        """The next `count` frames; fewer where the training ends."""
        return [picture.frame(moment) for moment in islice(self._moments, count)]


class Watch:
    """A network in training: live in a notebook, else a picture; `save` writes a page of recorded steps."""

    def __init__(self, settings: Settings, seed: int, palette: str):
        self.settings, self.seed, self.palette, self.title = settings, seed, palette, tr(TITLE)

    def run(self, settings: Settings | None = None) -> Run:
        """A training from its start, with these settings."""
        return Run(settings or self.settings, self.seed)

    def view(self, choices: dict[str, tuple[Any, ...]] = CHOICES, note: str = LIVE) -> dict[str, Any]:
        """What the browser shows but for the steps, as plain data."""
        given = self.settings._asdict()
        offered = {name: sorted({*values, given[name]}) if name in ("rate", "scale", "depth") else list(values)
                   for name, values in choices.items()}
        return {
            "title": self.title, "colours": colours(self.palette), "note": tr(note, steps=picture.STEPS),
            "legend": picture.legend(), "words": words(), "steps": picture.STEPS, "says": picture.says_template(),
            "widths": picture.WIDTHS, "base": picture.BASE,
            "loss": picture.loss_svg([0.0]), "lossFrom": picture.LOSS_LEFT,
            "lossTo": picture.LOSS_WIDTH - picture.LOSS_RIGHT, "beside": BESIDE, "smallest": SMALLEST,
            "choices": [{"name": name, "label": tr(LABELS[name]), "value": _text(given[name]),
                         "options": [_text(value) for value in values]} for name, values in offered.items()],
        }

    def recorded(self) -> dict[str, Any]:
        """The view of a page without a kernel: with all steps of all its choices."""
        view = self.view(RECORDED, NOTE)
        values = [choice["options"] for choice in view["choices"]]
        runs, drawings = {}, {}
        for texts in product(*values):
            settings = settings_of(dict(zip(Settings._fields, texts, strict=True)))
            frames = self.run(settings).frames(picture.STEPS + 1)
            drawings[str(settings.depth)] = picture.network_svg(settings.depth, frames[0])
            runs[" ".join(texts)] = {"about": about(settings), "frames": [list(frame) for frame in frames]}
        return {**view, "runs": runs, "drawings": drawings}

    def svg(self) -> str:
        """The picture after STEPS steps, or where the training ended, as the text of an SVG file."""
        frames = self._first()
        return picture.still(self.settings.depth, frames[-1], [frame.y for frame in frames], repr(self), self.palette)

    def save(self, path: str | Path) -> None:
        """Write a page that works alone, without a kernel or a network (name.html), or a picture (name.svg)."""
        path = Path(path)
        if path.suffix == ".svg":
            text = self.svg()
        elif path.suffix == ".html":
            text = page(self.title, [(self.recorded(), self.svg())], style(), code())
        else:
            raise ValueError(tr("It is saved as name.html (a page of recorded steps) or name.svg (a picture); got "
                                "{name}.", name=repr(path.name)))
        path.write_text(text, encoding="utf-8")

    def _first(self):
        return self.run().frames(picture.STEPS + 1)

    def __repr__(self):
        frames = self._first()
        chosen = tr("Step size {rate}, initial scale {scale}.", rate=_text(self.settings.rate),
                    scale=_text(self.settings.scale))
        end = len(frames) - 1
        return sentences(tr("{title}.", title=self.title), about(self.settings), chosen, picture.says(0, frames[0]),
                         picture.says(end, frames[-1]))

    def _repr_mimebundle_(self, include=None, exclude=None):
        from course.watching.widget import WatchWidget  # anywidget takes a while to import

        bundle = WatchWidget(self)._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "image/svg+xml": self.svg(), "text/plain": repr(self)}, metadata


def about(settings: Settings) -> str:
    """The network in a sentence."""
    return tr(LAYERS if settings.depth > 1 else ONE_LAYER, depth=settings.depth, activation=settings.activation)


def words() -> dict[str, str]:
    """What watch.js itself says; in {braces} stands what it fills in."""
    return {
        "bar": tr("Training"), "run": tr("Run"), "run title": tr("Step after step, or pause"), "pause": tr("Pause"),
        "step": tr("One step"), "step title": tr("One step of gradient descent"),
        "again": tr("Start again"), "again title": tr("Back to the weights of the start"),
        "silence": silence(),
        "drawing": tr("Drawing. {about} The thicker an edge, the larger its weight."),
        "over": tr("{told} “Start again” leads back."),
        "recorded": tr("{told} Here the recording ends. “Start again” leads back."),
        ",": tr(", "), "at": tr("step {at}"), "at of": tr("step {at} of {last}"),
    }


def settings_of(texts: dict[str, str]) -> Settings:
    """What was chosen in the browser, which knows texts alone."""
    return Settings(float(texts["rate"]), float(texts["scale"]), texts["activation"], int(texts["depth"]))


def _text(value):
    return value if isinstance(value, str) else f"{value:.12g}"


def style() -> str:
    """What the widget looks like."""
    return css(HERE / "watch.css") + STYLE + picture.STYLE


def code() -> str:
    """The browser's part as one module."""
    return script(HERE / "watch.js")
