"""Plots of numbers. What colour tells, lines and marks tell as well; a legend stands above, never on the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import ArrayLike

from course.drawing.figures import brief as told
from course.figures.shown import HEIGHT, WIDE, Figure, drawn
from course.style import GREEN, GREY, RED
from course.words import later, sentences, tr

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOWEST, HIGHEST = later("{text}, lowest {value} at {x}"), later("{text}, highest {value} at {x}")
LINES, MARKS = ("-", "--", ":", "-."), ("o", "s", "^", "D", "v", "P")
COLOURS = (GREEN, RED, GREY, "#0B5394", "#B45F06", "#6A3D9A")       # the cycle of style.mplstyle
MOST_MARKS = 40         # points of a line that are marked; more of them are a curve
MOST_SINGLE = 12        # so few measured points stand out from the line that they lie on:
SINGLE = {"markersize": 9, "markeredgecolor": "white", "zorder": 3}
ROW = 0.125             # inches that a character of a legend takes,
FULL = 0.165            # a Chinese one,
SAMPLE = 0.75           # and the line before it
LINE = 0.24             # inches of a row of a legend


def curves(at: ArrayLike, lines: Mapping[str, ArrayLike], *, x: str = "", y: str = "", log: str = "",
           measured: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
           levels: Mapping[str, float] | None = None, places: Mapping[str, float] | None = None,
           xlim: tuple | None = None, ylim: tuple | None = None, ticks: Sequence[float] = (), title: str = "",
           colours: Sequence[str] = COLOURS) -> Figure:
    """Lines over common places, in the order green, red, grey.

    at        the places, shape (n,)
    lines     {label: values}, of shape (n,) each
    measured  {label: (places, values)}: marks, in the colour of the line of this label where there is one, which is
              then dashed where the marks are more than one: the theory
    levels, places  {label: number}: dotted lines across and upright; a label may be ""
    x, y      what the axes are; log: "x", "y" or "xy" for logarithmic ones; ticks: on the x axis
    """
    measured, levels, places = measured or {}, levels or {}, places or {}
    at = np.asarray(at, dtype=float)
    lines = {label: np.broadcast_to(np.asarray(values, dtype=float), at.shape) for label, values in lines.items()}

    few = all(np.size(where) <= MOST_SINGLE for where, _ in measured.values())
    legend = [*dict.fromkeys([*lines, *measured])]
    legend = [label for label in [*(legend if len(legend) > 1 else []), *levels, *places] if label]

    def draw(axes: Axes) -> str:
        paint = dict(zip({**lines, **measured}, cycle(colours), strict=False))
        marks = dict(zip(paint, cycle(MARKS), strict=False))
        for (label, values), style in zip(lines.items(), cycle(LINES), strict=False):
            theory = label in measured and np.size(measured[label][0]) > 1
            marked = len(at) <= MOST_MARKS and not measured and np.ptp(values) > 0
            axes.plot(at, values, "--" if theory else style, color=paint[label],
                      marker=marks[label] if marked else "", label=label)
        for label, (where, values) in measured.items():
            axes.plot(where, values, marks[label], color=paint[label], label=None if label in lines else label,
                      **(SINGLE if few else {}))
        _axes(axes, x, y, log, xlim, ylim, ticks, title)
        if "x" not in log and not len(ticks) and len(at) and np.array_equal(at, np.round(at)):
            axes.locator_params(axis="x", integer=True)
        _references(axes, levels, places)
        _legend(axes, legend)
        known = [_line(label, at, values) for label, values in lines.items()]
        known += [_line(tr("{name}, measured", name=label) if label in lines else label, *points)
                  for label, points in measured.items()]
        known += [tr("{name}: a level line at {value}.", name=label, value=told(value))
                  for label, value in levels.items()]
        known += [tr("{name}: an upright line at {value}.", name=label, value=told(value))
                  for label, value in places.items()]
        return sentences(_head(title, x, y, log), *known)

    return _drawn(draw, legend, title)


def bars(names: Sequence[str], groups: Mapping[str, ArrayLike], *, y: str = "", texts: Sequence[str] = (),
         ylim: tuple | None = None, title: str = "") -> Figure:
    """A group of bars for each name, one from each of `groups`, {label: values}; `texts` stand above those of one."""
    legend = list(groups) if len(groups) > 1 else []

    def draw(axes: Axes) -> str:
        width = 0.76 / len(groups)
        for k, ((label, values), colour) in enumerate(zip(groups.items(), cycle(COLOURS), strict=False)):
            shift = (k - (len(groups) - 1) / 2) * width
            made = axes.bar(np.arange(len(names)) + shift, np.asarray(values), width=0.92 * width, color=colour,
                            hatch="//" * (k % 2), edgecolor="white", linewidth=0, label=label)
            if texts:
                axes.bar_label(made, texts, padding=3)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xticks(range(len(names)), names)
        axes.margins(y=0.12)
        _axes(axes, "", y, "", None, ylim, (), title)
        _legend(axes, legend)
        known = [tr("{name}: {values}.", name=label, values=tr(", ").join(
            f"{name} {told(value)}" for name, value in zip(names, np.asarray(values, dtype=float), strict=True)))
                 for label, values in groups.items()]
        return sentences(tr("{title}.", title=title or tr("Bars")), *known)

    return _drawn(draw, legend, title)


def steps(names: Sequence[str], parts: Sequence[float], total: str, *, y: str = "",
          ylim: tuple | None = None) -> Figure:
    """Parts that add up: each bar begins where the one before it ended, and a last one, `total`, is their sum."""
    ends = np.cumsum([0.0, *parts])

    def draw(axes: Axes) -> str:
        places, values, starts = range(len(parts) + 1), [*parts, ends[-1]], [*ends[:-1], 0.0]
        axes.bar(places, values, bottom=starts, width=0.6, color=[(RED, 0.45)] * len(parts) + [RED])
        for place, start, value in zip(places, starts, values, strict=True):
            axes.annotate(_signed(value), (place, max(start, start + value)), (0, 4), textcoords="offset points",
                          ha="center", color=RED)
        for place, end in enumerate(ends[1:]):
            axes.plot([place + 0.3, place + 0.7], [end, end], ":", color=GREY, linewidth=1.5)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xticks(places, [*names, total])
        _axes(axes, "", y, "", None, ylim, (), "")
        added = tr(", ").join(f"{' '.join(name.split())} {_signed(part)}"
                              for name, part in zip(names, parts, strict=True))
        return tr("Bars that add up: {parts}. {name}: {sum}.", parts=added, name=" ".join(total.split()),
                  sum=_signed(ends[-1]))

    return _drawn(draw)


def histogram(samples: Mapping[str, ArrayLike], *, x: str = "", bins: int = 25, title: str = "") -> Figure:
    """How often each value comes, for samples {label: values of any shape}, each as a share of its own."""
    arrays = {label: np.ravel(np.asarray(values)) for label, values in samples.items()}

    def draw(axes: Axes) -> str:
        everything = np.concatenate(list(arrays.values()))
        edges = np.linspace(everything.min(), everything.max(), bins + 1)
        for (label, values), colour, hatch in zip(arrays.items(), cycle(COLOURS), cycle(("", "//")), strict=False):
            axes.hist(values, bins=edges, density=True, alpha=0.65, color=colour, hatch=hatch, edgecolor="white",
                      linewidth=0, label=label)
        axes.set_yticks([])
        _axes(axes, x, "", "", None, None, (), title)
        _legend(axes, list(arrays))
        halves = {label: np.quantile(values, (0.25, 0.75)) for label, values in arrays.items()}
        known = [tr("{name}: the middle half lies between {low} and {high}.", name=label, low=told(low),
                    high=told(high))
                 for label, (low, high) in halves.items()]
        head = tr("How often each {x} comes, {title}.", x=x, title=title) if title else \
            tr("How often each {x} comes.", x=x)
        return sentences(head, *known)

    return _drawn(draw, list(arrays))


def spans(lives: Sequence[tuple[float, float]], *, x: str = "", y: str = "", strong: Sequence[bool] = (),
          places: Mapping[str, float] | None = None, title: str = "") -> Figure:
    """Bars that lie: one for each (start, end), the first at the bottom; those that are not `strong` are pale."""
    def draw(axes: Axes) -> str:
        least = 0.015 * max((end for _, end in lives), default=1)     # what ends as it begins is seen, too
        for height, (start, end) in enumerate(lives):
            pale = bool(strong) and not strong[height]
            axes.barh(height, max(end - start, least), left=start, height=0.75, color=(GREEN, 0.45) if pale else GREEN)
        axes.set_yticks([])
        _axes(axes, x, y, "", None, None, (), title)
        _references(axes, {}, places or {})
        longest = max(range(len(lives)), key=lambda k: lives[k][1] - lives[k][0])
        return tr("{title}. {n} bars over {x}; the longest, number {which} from below, leads from {start} to {end}.",
                  title=title or tr("Bars"), n=len(lives), x=x, which=longest + 1, start=told(lives[longest][0]),
                  end=told(lives[longest][1]))

    return _drawn(draw)


def _axes(axes: Axes, x: str, y: str, log: str, xlim, ylim, ticks: Sequence[float], title: str) -> None:
    axes.set(xlabel=x, ylabel=y)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    if xlim:
        axes.set_xlim(*xlim)
    if ylim:
        axes.set_ylim(*ylim)
    if len(ticks):
        axes.minorticks_off()
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    if title:
        axes.set_title(title, loc="left")


def _references(axes: Axes, levels: Mapping[str, float], places: Mapping[str, float]) -> None:
    for label, value in levels.items():
        axes.axhline(value, color=GREY, linestyle=":", label=label or None)
    for label, value in places.items():
        axes.axvline(value, color=GREY, linestyle=":", label=label or None)


def _columns(labels: Sequence[str], width: float) -> int:
    """How many labels of a legend stand in a row."""
    longest = max(sum(FULL if east_asian_width(c) in "WF" else ROW for c in label) for label in labels)
    return max(1, min(len(labels), int(width / (SAMPLE + longest))))


def _legend(axes: Axes, labels: Sequence[str]) -> None:
    """Above the plot, below its title."""
    if labels:
        columns = _columns(labels, axes.figure.get_figwidth())     # pyright: ignore
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.02), borderaxespad=0, columnspacing=1.4, ncols=columns)
        rows = -(-len(labels) // columns)
        axes.set_title(axes.get_title(loc="left"), loc="left", pad=72 * LINE * rows + 14)


def _drawn(draw: Callable[[Axes], str], labels: Sequence[str] = (), title: str = "") -> Figure:
    """Drawn as tall as the legend and the title ask for, so that the plot keeps its own height."""
    rows = -(-len(labels) // _columns(labels, WIDE)) if labels else 0
    return drawn(draw, WIDE, HEIGHT + LINE * max(0, rows - 1 + bool(title)))


def _head(title: str, x: str, y: str, log: str) -> str:
    head = tr("{y} over {x}", y=y or tr("values"), x=x)
    if log:
        head = tr("{head}, both axes logarithmic", head=head) if log == "xy" else \
            tr("{head}, {axis} logarithmic", head=head, axis=log)
    return tr("{title}: {text}.", title=title, text=head) if title else tr("{text}.", text=head)


def _line(label: str, at: ArrayLike, values: ArrayLike) -> str:
    at, values = np.asarray(at, dtype=float), np.asarray(values, dtype=float)
    kept = np.isfinite(values)
    if not kept.any():
        return tr("{name}: no finite value.", name=label)
    at, values = at[kept], values[kept]
    text = tr("{name}: from {first} at {x} to {last} at {end}", name=label, first=told(values[0]), x=told(at[0]),
              last=told(values[-1]), end=told(at[-1]))
    for template, k in ((LOWEST, int(values.argmin())), (HIGHEST, int(values.argmax()))):
        if 0 < k < len(values) - 1 and values[k] not in (values[0], values[-1]):
            text = tr(template, text=text, value=told(values[k]), x=told(at[k]))
    return tr("{text}.", text=text)


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
