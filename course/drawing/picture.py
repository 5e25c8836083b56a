"""The picture: a Scene as SVG.

Values stand above the wires in green, gradients below in red and underlined, as in Stanford's CS231n notes; so place
and underline tell them apart without the colours. The live widget shows and hides parts of this very picture: its
elements carry data-node, data-edge and class names, and its colours are CSS variables.
"""

from html import escape
from secrets import randbits

from course.drawing.layout import RADIUS, Box, place

PALETTES = {        # value, gradient and mark (what is at work, or wrong), on light and on dark
    "green-red": {"light": ("#00735C", "#B3261E", "#9A5B00"), "dark": ("#4CD6B3", "#FF8A80", "#FFC24D")},
    "colorblind": {"light": ("#0060A8", "#B54500", "#6B4E9B"), "dark": ("#6CB8F0", "#FF9E5E", "#C9B3F2")},
}
FIGURE, SMALL = 15, 12.5            # sizes of type
BLANK = 28                          # the height of an empty box

STYLE = """
.bp text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: currentColor; }
.bp .node rect { fill: var(--bp-node, #F3F4F6); stroke: currentColor; stroke-width: 1.5; }
.bp .node.constant rect { stroke-dasharray: 3 3; fill: none; }
.bp .node text { text-anchor: middle; font-size: 16px; }
.bp .node .name { font-style: italic; font-size: 14.5px; }
.bp .wire { fill: none; stroke: var(--bp-wire, #777980); stroke-width: 1.4; }
.bp .tip, .bp .split { fill: var(--bp-wire, #777980); }
.bp .value, .bp .gradient { font-size: 15px; font-weight: 600; font-variant-numeric: tabular-nums; }
.bp .value { fill: var(--bp-value); }
.bp .gradient { fill: var(--bp-gradient); text-decoration: underline; text-decoration-thickness: 1.5px;
  text-underline-offset: 3px; }
.bp .contribution { font-size: 12.5px; font-weight: 500; }
.bp .back { fill: none; stroke: var(--bp-gradient); stroke-width: 2.6; stroke-dasharray: 6 4; visibility: hidden; }
.bp .wrong .wire { stroke: var(--bp-mark); stroke-width: 5; }
.bp .cross { fill: var(--bp-mark); font-size: 22px; font-weight: 700; text-anchor: middle; visibility: hidden; }
.bp .wrong .cross { visibility: visible; }
.bp .back-tip { fill: var(--bp-gradient); }
.bp .blank rect { fill: none; stroke: currentColor; stroke-dasharray: 4 3; }
"""


def svg(scene, palette="green-red", alone=True, blanks=None, targets=False):
    """The whole picture as SVG text: every value and every gradient.

    alone: with a background and colours of its own, for light and dark, and a title and description. Otherwise it
    takes its colours from the page around it (the widget).
    targets: with a wide, unseen path along each edge, to be clicked; of a fork each has its own end.
    blanks: {"value-3": width, "gradient-3": width, "local-e3-0": width}: empty boxes in the place of these figures.
    """
    blanks = blanks or {}
    boxes = [Box(item.id, item.inputs, _width(item), _figures(item, blanks), _arriving(scene, item, blanks))
             for item in scene.items]
    layout = place(boxes)
    serial = f"bp{randbits(32)}"     # an id of its own, even on a page with the pictures of other kernels
    width, height = round(layout.width), round(layout.height)
    items = {item.id: item for item in scene.items}
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" class="bp" viewBox="0 0 {width} {height}" '
             f'width="{width}" height="{height}"'
             + (f' role="img" aria-label="{escape(scene.aloud)}">' if alone else ">")]
    if alone:
        parts += [f"<title>{escape(scene.title)}</title>", f"<desc>{escape(scene.aloud)}</desc>"]
    parts.append(f"<style>{STYLE}{own_colours(palette) if alone else ''}</style>")
    parts.append(f'<defs><marker id="{serial}-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
                 'markerHeight="8" orient="auto" markerUnits="userSpaceOnUse"><path class="tip" '
                 'd="M0 1 10 5 0 9z"/></marker>'
                 f'<marker id="{serial}-back" viewBox="0 0 10 10" refX="1" refY="5" markerWidth="11" '
                 'markerHeight="11" orient="auto" markerUnits="userSpaceOnUse"><path class="back-tip" '
                 'd="M10 1 0 5 10 9z"/></marker></defs>')
    if alone:
        parts.append(f'<rect class="paper" width="{width}" height="{height}" rx="8"/>')
    wrong = scene.frames[-1].wrong
    for edge in scene.edges:
        points = layout.wires[edge.target, edge.port]
        path = _path(points)
        parts.append(f'<g class="edge{" wrong" * (edge.id == wrong)}" data-edge="{edge.id}">'
                     f'<path class="wire" d="{path}" marker-end="url(#{serial}-tip)"/><path class="back" d="{path}" '
                     f'marker-start="url(#{serial}-back)"/>')
        if targets:
            alone_from = 1 if sum(other.source == edge.source for other in scene.edges) > 1 else 0
            parts.append(f'<path class="hit" d="{_path(points[alone_from:], level=not alone_from)}"/>')
        if edge.id == wrong:
            (x1, y1), (x2, y2) = points[-3:-1]
            parts.append(f'<text class="cross" x="{_n((x1 + x2) / 2)}" y="{_n((y1 + y2) / 2 - 10)}">✗</text>')
        last = len(items[edge.target].inputs) - 1
        if edge.contribution and edge.port in (0, last):        # between other ports there is no room
            x, y = points[-1]
            above = edge.port == 0
            parts.append(f'<text class="gradient contribution" x="{_n(x - 12)}" y="{_n(y - 6 if above else y + 15)}" '
                         f'text-anchor="end">{edge.contribution}</text>')
        parts.append("</g>")
        local = f"local-{edge.id}"
        if local in blanks:
            x, y = points[-1]
            parts.append(_blank(local, x - 12 - blanks[local], y - 4 - BLANK if edge.port == 0 else y + 4,
                                blanks[local]))
    for edge in scene.edges:
        if sum(other.source == edge.source for other in scene.edges) > 1:
            x, y = layout.wires[edge.target, edge.port][1]
            parts.append(f'<circle class="split" cx="{_n(x)}" cy="{_n(y)}" r="3"/>')
    for item in scene.items:
        x, y = layout.centres[item.id]
        w = _width(item)
        parts.append(f'<g class="node {item.kind}" data-node="{item.id}"><rect x="{_n(x - w / 2)}" '
                     f'y="{_n(y - RADIUS)}" width="{_n(w)}" height="{2 * RADIUS}" rx="{RADIUS}"/>'
                     f'<text x="{_n(x)}" y="{_n(y + 5.5)}">{escape(item.label)}</text>')
        if item.name:
            parts.append(f'<text class="name" x="{_n(x)}" y="{_n(y - RADIUS - 8)}">{escape(item.name)}</text>')
        parts.append("</g>")
        left = x + w / 2 + 7
        if f"value-{item.id}" in blanks:
            parts.append(_blank(f"value-{item.id}", left, y - 4 - BLANK, blanks[f"value-{item.id}"]))
        elif item.kind != "constant":
            parts.append(f'<text class="value" data-node="{item.id}" x="{_n(left)}" y="{_n(y - 7)}">'
                         f"{item.value}</text>")
        if f"gradient-{item.id}" in blanks:
            parts.append(_blank(f"gradient-{item.id}", left, y + 4, blanks[f"gradient-{item.id}"]))
        elif item.gradient:
            parts.append(f'<text class="gradient" data-node="{item.id}" x="{_n(left)}" y="{_n(y + 18)}">'
                         f"{item.gradient}</text>")
    parts.append("</svg>")
    return "".join(parts)


def colours(palette):
    """The palette by name: {"light-value": "#00735C", ...}."""
    return {f"{mode}-{part}": colour for mode, row in PALETTES[palette].items()
            for part, colour in zip(("value", "gradient", "mark"), row, strict=True)}


def own_colours(palette):
    """The rules that colour a picture that stands alone, in light and in dark."""
    rule = (".bp {{ color: {}; --bp-wire: {}; --bp-node: {}; --bp-value: {}; --bp-gradient: {}; --bp-mark: {}; }}"
            ".bp .paper {{ fill: {}; }}")
    return (rule.format("#1B1B1F", "#777980", "#F3F4F6", *PALETTES[palette]["light"], "#FFFFFF")
            + "@media (prefers-color-scheme: dark) {"
            + rule.format("#ECECF1", "#8E9099", "#2B2D33", *PALETTES[palette]["dark"], "#17181C") + "}")


def _path(points, level=True):
    (x, y), *rest = points
    path = [f"M{_n(x)} {_n(y)}"]
    for px, py in rest:
        if level:
            path.append(f"H{_n(px)}")
        else:
            middle = (x + px) / 2
            path.append(f"C{_n(middle)} {_n(y)} {_n(middle)} {_n(py)} {_n(px)} {_n(py)}")
        x, y, level = px, py, not level
    return "".join(path)


def _width(item):
    return max(2 * RADIUS, _text_width(item.label, 16) + 24)


def _figures(item, blanks):
    """The width of the figures after a node."""
    value = item.value if item.kind != "constant" else ""
    return max(blanks.get(f"{kind}-{item.id}", _text_width(text, FIGURE))
               for kind, text in (("value", value), ("gradient", item.gradient))) + 14


def _arriving(scene, item, blanks):
    edges = [edge for edge in scene.edges if edge.target == item.id]
    widths = [_text_width(edge.contribution, SMALL) + 16 for edge in edges if edge.contribution]
    widths += [blanks[f"local-{edge.id}"] + 16 for edge in edges if f"local-{edge.id}" in blanks]
    return max(widths, default=0)


def _blank(key, x, y, width):
    return (f'<g class="blank" data-blank="{key}"><rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{BLANK}" '
            'rx="5"/></g>')


def _text_width(text, size):
    # No font is at hand: 0.63 em a character is safe for figures, in bold and in wide faces.
    return 0.63 * size * len(text)


def _n(x):
    return f"{x:.1f}".removesuffix(".0")
