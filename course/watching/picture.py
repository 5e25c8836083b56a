"""How a network in training looks: its picture, and for each moment what changes in it, as plain data.

The picture is drawn once for a number of layers. What changes is ready-made: a letter for each edge, one for each
unit, a height and a figure for each layer's gradient. So watch.js computes nothing, and a page needs no kernel.
"""

import math
import string
from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from course.drawing import picture
from course.drawing.figures import superscript
from course.watching.network import CLASSES, FLAT, POINTS, UNITS, Moment
from course.words import later, tr

GAP, ROW, LEFT, TOP, RADIUS = 84, 52, 66, 52, 13    # pixels: between layers, between units, to the first unit, its size
END = 36                                            # and from the last unit on
LOWEST, HIGHEST = -8, 3                             # powers of ten: the ends of the gradients' axis
DECADE = 11                                         # pixels for a power of ten
BASE = TOP + (UNITS - 1) * ROW + 62 + (HIGHEST - LOWEST) * DECADE       # where the bars stand
HEIGHT = BASE + 26
LOSS_WIDTH, LOSS_HEIGHT, LOSS_LEFT, LOSS_RIGHT, LOSS_TOP, LOSS_BASE = 330, 190, 50, 14, 26, 158
LOSSES = (-2, 3)                                    # powers of ten: the ends of the loss's axis
STEPS = 40                                          # that the loss's axis holds at first
THIN, THICK = 0.03, 30.0                            # the sizes of weight that have the thinnest and the thickest edge
LETTERS = string.ascii_lowercase                    # the width of an edge, and its sign: capitals are below 0
_SIGNED = np.array(list(LETTERS + LETTERS.upper()))
SIGNS = {later("dead"): "d", later("saturated"): "s"}             # of a unit; "." for the others

STYLE = """
.bp .weight { stroke: var(--bp-value); }
.bp .weight.below { stroke: var(--bp-mark); stroke-dasharray: 5 4; }
.bp .unit circle { fill: var(--bp-node, #F3F4F6); stroke: currentColor; stroke-width: 1.5; }
.bp .unit .cross, .bp .unit .dead, .bp .unit .saturated { visibility: hidden; }
.bp .unit text { font-size: 12px; text-anchor: middle; font-weight: 600; paint-order: stroke;
  stroke: var(--bp-paper, #fff); stroke-width: 4px; stroke-linejoin: round; }
.bp .unit rect { fill: currentColor; stroke: currentColor; stroke-width: 1.5; }
.bp .unit path.saturated { fill: var(--bp-mark); stroke: currentColor; stroke-width: 1.5; }
.bp .unit .cross { stroke: var(--bp-node, #F3F4F6); stroke-width: 2.4; visibility: hidden; }
.bp .unit[data-is="d"] :is(.dead, .cross), .bp .unit[data-is="s"] .saturated { visibility: visible; }
.bp .unit[data-is="d"] circle, .bp .unit[data-is="s"] circle { visibility: hidden; }
.bp .title { font-size: 12.5px; text-anchor: middle; }
.bp .end { font-size: 13px; text-anchor: middle; }
.bp .axis { font-size: 12px; text-anchor: end; }
.bp .grid { stroke: var(--bp-wire, #777980); stroke-width: .6; stroke-dasharray: 2 4; }
.bp .bar { fill: var(--bp-gradient); }
.bp .size { font-size: 12px; font-weight: 600; text-anchor: middle; fill: var(--bp-gradient);
  text-decoration: underline; text-underline-offset: 2px; }
.bp .curve { fill: none; stroke: var(--bp-value); stroke-width: 2; }
.bp .now { fill: var(--bp-value); }
"""
SAYS = later("Step {step}: loss {loss}, {right} of {points} points read right. Size of the gradient from the first "
             "layer to the last: {sizes}.{told}")


class Frame(NamedTuple):
    """A Moment as it is shown."""

    edges: str          # a letter for each weight, layer by layer, row by row
    units: str          # a letter for each hidden unit, layer by layer
    bars: list[float]   # for each layer, the height of its gradient's bar in pixels
    sizes: list[str]    # and its figure
    y: float            # of the loss, in pixels of its picture
    loss: str
    right: int          # points that are read right
    told: str           # what is dead, saturated or not finite, in sentences; "" for nothing


def frame(moment: Moment) -> Frame:
    """What of the picture changes with a moment."""
    layers = len(moment.weights) - 1
    units = "".join(SIGNS.get(moment.marks.get((layer, unit), ""), ".")
                    for layer in range(1, layers + 1) for unit in range(UNITS))
    sizes = moment.gradients
    return Frame(_edges(moment.weights), units, [_height(size) for size in sizes], [short(size) for size in sizes],
                 _loss_y(moment.loss), short(moment.loss), moment.right, _told(moment))


def says(step: int, at: Frame) -> str:
    """A frame read aloud, as watch.js reads it."""
    return says_template().format(step=step, loss=at.loss, right=at.right, sizes=tr(", ").join(at.sizes), told=at.told)


def says_template() -> str:
    """What is filled in for each frame."""
    return tr(SAYS).replace("{points}", str(POINTS))


def _told(moment):
    told = ""
    for kind in SIGNS:
        counts = [sum(mark == kind and where[0] == layer for where, mark in moment.marks.items())
                  for layer in range(1, len(moment.weights))]
        if any(counts):
            places = tr(", ").join(tr("{n} in layer {layer}", n=n, layer=layer)
                                   for layer, n in enumerate(counts, 1) if n)
            told += tr(" {n} of {all} units {kind}: {places}.", n=sum(counts), all=len(counts) * UNITS, kind=tr(kind),
                       places=places)
    if not math.isfinite(moment.loss + sum(moment.gradients)):
        told += tr(" These numbers are no longer finite: the training has blown up, and ends here.")
    return told


def short(x: float) -> str:
    """A size as text, two digits: 0.042, 33, 1.8×10⁻⁵; 0 and what is not finite by their names."""
    if not math.isfinite(x):
        return "nan" if math.isnan(x) else "∞"
    if x == 0 or 1e-3 <= x < 999.5:
        return f"{x:.3g}" if x >= 100 else f"{x:.2g}" if x < 0.1 or x >= 10 else f"{x:.2f}"
    mantissa, exponent = f"{x:.1e}".split("e")
    return f"{mantissa}×10{superscript(int(exponent))}"


def _edges(weights):
    """A letter for each weight, by the logarithm of its size between THIN and THICK."""
    flat = np.concatenate([matrix.ravel() for matrix in weights])
    size = np.clip(np.nan_to_num(np.abs(flat), nan=THICK), THIN, THICK)
    width_ = np.rint(np.log(size / THIN) / math.log(THICK / THIN) * (len(LETTERS) - 1)).astype(int)
    return "".join(_SIGNED[width_ + len(LETTERS) * (flat < 0)])


def _height(size):
    if not size > 0:                # 0, or nan
        return 0
    power = math.log10(size) if math.isfinite(size) else HIGHEST
    return round((min(max(power, LOWEST + 0.2), HIGHEST) - LOWEST) * DECADE)


def _loss_y(loss):
    low, high = LOSSES
    power = math.log10(loss) if 0 < loss < math.inf else low if loss == 0 else high
    return round(LOSS_BASE - (min(max(power, low), high) - low) / (high - low) * (LOSS_BASE - LOSS_TOP), 1)


# -- pictures --

def width(letter: str) -> float:
    """The width of an edge in pixels."""
    return round(0.5 + 0.24 * LETTERS.index(letter.lower()), 2)


WIDTHS = {letter: width(letter) for letter in LETTERS}


def network_svg(depth: int, at: Frame) -> str:
    """The network of `depth` hidden layers at a moment, and below it the gradient of each layer, without a frame."""
    sizes = [2, *[UNITS] * depth, CLASSES]
    columns = [[(LEFT + k * GAP, TOP + ((UNITS - n) / 2 + i) * ROW) for i in range(n)] for k, n in enumerate(sizes)]
    parts, k = [], 0
    for before, after in pairwise(columns):
        for x1, y1 in before:
            for x2, y2 in after:
                letter = at.edges[k]
                parts.append(f'<line class="weight{" below" * letter.isupper()}" x1="{x1}" y1="{y1:g}" x2="{x2}" '
                             f'y2="{y2:g}" stroke-width="{width(letter)}"/>')
                k += 1
    for layer, column in enumerate(columns):
        name = tr("inputs") if layer == 0 else tr("outputs") if layer == depth + 1 else tr("layer {n}", n=layer)
        parts.append(f'<text class="title" x="{column[0][0]}" y="18">{name}</text>')
        for i, (x, y) in enumerate(column):
            if 0 < layer <= depth:
                parts.append(_unit(x, y, at.units[(layer - 1) * UNITS + i]))
            else:
                label = ["x₁", "x₂"][i] if layer == 0 else "AB"[i]
                parts.append(f'<circle cx="{x}" cy="{y:g}" r="{RADIUS}" fill="var(--bp-node, #F3F4F6)" '
                             f'stroke="currentColor"/><text class="end" x="{x}" y="{y + 4.5:g}">{label}</text>')
    right = LEFT + (depth + 1) * GAP
    parts.append(f'<text class="title" style="text-anchor: start" x="6" y="{BASE - (HIGHEST - LOWEST) * DECADE - 14}">'
                 f"{tr('size of the gradient, layer by layer')}</text>")
    for power in range(LOWEST, HIGHEST + 1, 2):
        y = BASE - (power - LOWEST) * DECADE
        parts.append(f'<line class="grid" x1="{LEFT - 24}" x2="{right}" y1="{y}" y2="{y}"/>'
                     f'<text class="axis" x="{LEFT - 30}" y="{y + 4}">'
                     f'{f"10{superscript(power)}" if power else "1"}</text>')
    for layer, (height, size) in enumerate(zip(at.bars, at.sizes, strict=True)):
        x = LEFT + (layer + 0.5) * GAP
        parts.append(f'<rect class="bar" x="{x - 15:g}" width="30" y="{BASE - height}" height="{height}"/>'
                     f'<text class="size" x="{x:g}" y="{BASE - height - 5}">{size}</text>'
                     f'<text class="title" x="{x:g}" y="{BASE + 16}">W{str(layer + 1).translate(_BELOW)}</text>')
    return _svg(right + END, HEIGHT, parts)


LEGEND = (          # [a picture of 40 × 30, what it stands for]
    ('<line class="weight" x1="2" x2="38" y1="15" y2="15" stroke-width="3"/>',
     later("a weight above 0; the thicker, the larger (on a log scale)")),
    ('<line class="weight below" x1="2" x2="38" y1="15" y2="15" stroke-width="3"/>', later("a weight below 0")),
    ('<g class="unit" data-is="d"><rect class="dead" x="8" y="3" width="24" height="24"/>'
     '<path class="cross" d="M14 9l12 12m0 -12l-12 12"/></g>', later("a dead relu: shut for every point")),
    ('<g class="unit" data-is="s"><path class="saturated" d="M20 0l15 15l-15 15l-15 -15z"/></g>',
     later("a saturated tanh or sigmoid: its mean slope is below {flat} of the largest")),
)
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def legend() -> list[list[str]]:
    """Pictures, and what they stand for."""
    return [[picture_, tr(text, flat=f"{FLAT:g}")] for picture_, text in LEGEND]


def _unit(x, y, letter):
    r = RADIUS - 1
    return (f'<g class="unit" data-is="{letter}"><circle cx="{x}" cy="{y:g}" r="{RADIUS}"/>'
            f'<rect class="dead" x="{x - r}" y="{y - r:g}" width="{2 * r}" height="{2 * r}"/>'
            f'<path class="cross" d="M{x - 6} {y - 6:g}l12 12m0 -12l-12 12"/>'
            f'<path class="saturated" d="M{x} {y - RADIUS - 3:g}l{RADIUS + 3} {RADIUS + 3}l-{RADIUS + 3} {RADIUS + 3}'
            f'l-{RADIUS + 3} -{RADIUS + 3}z"/>'
            + "".join(f'<text class="{word}" x="{x}" y="{y + RADIUS + 14:g}">{tr(word)}</text>' for word in SIGNS)
            + "</g>")


def loss_svg(ys: list[float]) -> str:
    """The loss step by step, on a log scale, without a frame."""
    parts = ['<text class="title" style="text-anchor: start" x="6" y="14">'
             f"{tr('loss, step by step')}</text>"]
    low, high = LOSSES
    for power in range(low, high + 1):
        y = LOSS_BASE - (power - low) / (high - low) * (LOSS_BASE - LOSS_TOP)
        parts.append(f'<line class="grid" x1="{LOSS_LEFT}" x2="{LOSS_WIDTH - LOSS_RIGHT}" y1="{y:g}" y2="{y:g}"/>'
                     f'<text class="axis" x="{LOSS_LEFT - 6}" y="{y + 4:g}">{f"{10.0**power:g}"}</text>')
    xs = [LOSS_LEFT + k * (LOSS_WIDTH - LOSS_RIGHT - LOSS_LEFT) / STEPS for k in range(len(ys))]
    line = " ".join(f"{x:.1f},{y:g}" for x, y in zip(xs, ys, strict=True))
    parts.append(f'<polyline class="curve" points="{line}"/>'
                 f'<circle class="now" r="4" cx="{xs[-1]:.1f}" cy="{ys[-1]:g}"/>'
                 f'<text class="title last" style="text-anchor: end" x="{LOSS_WIDTH - LOSS_RIGHT}" '
                 f'y="{LOSS_BASE + 18}">{tr("step {at}", at=STEPS)}</text>')
    return _svg(LOSS_WIDTH, LOSS_HEIGHT, parts)


def still(depth: int, at: Frame, ys: list[float], aloud: str, palette: str) -> str:
    """One picture that stands alone: the network at a moment, and the loss up to it."""
    width_, height = LEFT + (depth + 1) * GAP + END, HEIGHT
    whole = width_ + LOSS_WIDTH
    loss = loss_svg(ys).replace("<svg ", f'<svg x="{width_}" y="20" ', 1)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" class="bp" viewBox="0 0 {whole} {height}" width="{whole}" '
            f'height="{height}" role="img" aria-label="{escape(aloud)}"><style>{picture.STYLE}{STYLE}'
            f'{picture.own_colours(palette)}'
            f"@media (prefers-color-scheme: dark) {{ .bp {{ --bp-paper: #17181C; }} }}</style>"
            f'<rect class="paper" width="{whole}" height="{height}" rx="8"/>'
            f"{network_svg(depth, at)}{loss}</svg>")


def _svg(width_, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" class="bp" viewBox="0 0 {width_} {height}" width="{width_}" '
            f'height="{height}">' + "".join(parts) + "</svg>")
