"""The pictures of the instructor's report, by matplotlib, as part of the page."""

import io
from base64 import b64encode
from html import escape

import numpy as np

BAR, EDGE = "#2a7f8e", "#12424b"
WIDTH = 7.2     # inches


def distribution(points, most):
    """A histogram of points out of `most`, as an <img>."""
    figure, axes = _axes(2.2)
    bins = min(11, int(most) + 1) if most else 1
    counts, edges, _ = axes.hist(np.clip(points, 0, most), bins=bins, range=(0, most or 1), color=BAR, edgecolor=EDGE)
    axes.set_xlabel("points")
    axes.set_ylabel("learners")
    axes.yaxis.get_major_locator().set_params(integer=True)
    said = ", ".join(f"{int(count)} from {low:g} to {high:g}" for count, low, high in
                     zip(counts, np.round(edges[:-1], 1), np.round(edges[1:], 1), strict=True) if count)
    return _image(figure, f"Distribution of points out of {most:g}. Learners: {said}.")


def shares(rows):
    """Bars of the shares of points that the class has got, for (exercise, share) in their order, as an <img>."""
    figure, axes = _axes(0.6 + 0.26 * len(rows))
    places = range(len(rows), 0, -1)
    axes.barh(places, [100 * share for _, share in rows], color=BAR, edgecolor=EDGE)
    axes.set_yticks(places, [name for name, _ in rows])
    axes.set_xlim(0, 100)
    axes.set_xlabel("points that the class has got, in %")
    return _image(figure, "Shares of points: " + ", ".join(f"{name} {share:.0%}" for name, share in rows) + ".")


def _axes(height):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _image(figure, alt):
    from matplotlib import rc_context

    out = io.BytesIO()
    with rc_context({"svg.hashsalt": "backprop"}):      # the same figures make the same page
        figure.savefig(out, format="svg", metadata={"Date": None})
    return f'<img class="output paper" alt="{escape(alt)}" ' \
           f'src="data:image/svg+xml;base64,{b64encode(out.getvalue()).decode()}">'
