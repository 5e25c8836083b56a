"""The pictures of the instructor's report, by matplotlib, as part of the page."""

import io
from base64 import b64encode
from html import escape

import numpy as np

BAR = "#2f8b9b"         # seen on white and on black
INK = "#1b1f24"         # becomes the page's own, light or dark
INKS = {key: INK for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")}
STYLE = f"<style>:root{{color:{INK}}}@media (prefers-color-scheme:dark){{:root{{color:#e6e9ed}}}}</style>"
WIDE, NARROW = 7.2, 3.4     # inches; the latter is the width of a phone


def distribution(points, most):
    """A histogram of points out of `most`, as a <picture>."""
    bins = min(11, int(most) + 1) if most else 1
    counts, edges = np.histogram(np.clip(points, 0, most), bins=bins, range=(0, most or 1))

    def draw(axes):
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=BAR, edgecolor=INK, linewidth=0.5)
        axes.set_xlabel("points")
        axes.set_ylabel("learners")
        axes.yaxis.get_major_locator().set_params(integer=True)

    said = ", ".join(f"{int(count)} from {low:g} to {high:g}" for count, low, high in
                     zip(counts, np.round(edges[:-1], 1), np.round(edges[1:], 1), strict=True) if count)
    return _picture(draw, 2.2, f"Distribution of points out of {most:g}. Learners: {said}.")


def shares(rows):
    """Bars of the shares of points that the class has got, for (exercise, share) in their order, as a <picture>."""
    def draw(axes):
        places = range(len(rows), 0, -1)
        axes.barh(places, [100 * share for _, share in rows], color=BAR, edgecolor=INK, linewidth=0.5)
        axes.set_yticks(places, [name for name, _ in rows])
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of the points")

    return _picture(draw, 0.6 + 0.26 * len(rows),
                    "Shares of points: " + ", ".join(f"{name} {share:.0%}" for name, share in rows) + ".")


def _picture(draw, height, alt):
    wide, narrow = (_address(draw, width, height) for width in (WIDE, NARROW))
    return f'<picture><source media="(max-width: 40rem)" srcset="{narrow}">' \
           f'<img class="output" alt="{escape(alt)}" src="{wide}"></picture>'


def _address(draw, width, height):
    """A drawing as SVG in an address of its own, in the colour of what is written around it."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    out = io.StringIO()
    with rc_context({"svg.hashsalt": "backprop", **INKS}):      # the same figures make the same page
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    drawn = out.getvalue().replace(INK, "currentColor").replace("<defs>", f"{STYLE}<defs>", 1)
    return f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"
