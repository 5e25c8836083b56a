"""Arrays as pictures: images, and which entries of a matrix are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course.figures.shown import WIDE, Figure, drawn
from course.style import GREEN, GREY, RED
from course.words import sentences, tr

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def images(pixels: ArrayLike, titles: Sequence[object], *, columns: int = 8, signed: bool = False,
           rows: Sequence[str] = ()) -> Figure:
    """Square images in rows, a title above each: ink on paper; signed: red below 0, blue above.

    pixels   shape (n, s·s), or (n, s, s); ink from 0 to 1, signed from −0.8 to 0.8
    titles   n of them, or none
    rows     a name for each row of `columns` images, or none
    """
    pixels = np.asarray(pixels, dtype=float)
    side = round(pixels[0].size ** 0.5)
    look = {"cmap": "RdBu", "vmin": -0.8, "vmax": 0.8} if signed else {"cmap": "gray_r", "vmin": 0, "vmax": 1}
    down = -(-len(pixels) // columns)
    gap = 0.62 if len(titles) else 0.2

    def draw(axes: Axes) -> str:
        axes.set_axis_off()
        for k, image in enumerate(pixels):
            x, y = k % columns * 1.2, k // columns * (1 + gap)
            axes.imshow(image.reshape(side, side), extent=(x, x + 1, y + 1, y), **look)
            if len(titles):
                axes.text(x + 0.5, y - 0.08, str(titles[k]), ha="center", va="bottom")
        for k, name in enumerate(rows):
            axes.text(-0.15, k * (1 + gap) + 0.5, name, ha="right", va="center")
        axes.set(xlim=(-0.05 - 0.9 * bool(rows), columns * 1.2 - 0.15), ylim=(down * (1 + gap) - gap + 0.1, -gap))
        told = tr("{n} images of {side} by {side} pixels: {titles}." if len(titles) else
                  "{n} images of {side} by {side} pixels.", n=len(pixels), side=side,
                  titles=tr(", ").join(map(str, titles)))
        return sentences(told, tr("Rows: {names}.", names=tr(", ").join(rows)) if rows else "")

    return drawn(draw, WIDE, WIDE * (down * (1 + gap) + 0.1) / (columns * 1.2 + 0.9 * bool(rows)))


def marked(first: tuple, second: tuple, result: tuple, sign: str = "@") -> Figure:
    """Which entries of three matrices go together: red in the first, green in the second, grey in the result.

    Each is (name, shape, (row, column)), with None for all of them.
    """
    def draw(axes: Axes) -> str:
        from matplotlib.colors import ListedColormap

        tallest, left, told = max(shape[0] for _, shape, _ in (first, second, result)), 0.0, []
        for (name, (rows, columns), entries), colour, mark in zip(
                (first, second, result), (RED, GREEN, GREY), ("", sign, "="), strict=True):
            cells = np.zeros((rows, columns))
            cells[tuple(slice(None) if entry is None else entry for entry in entries)] = 1
            top = (tallest - rows) / 2
            axes.pcolormesh(left + np.arange(columns + 1), top + np.arange(rows + 1), cells,
                            cmap=ListedColormap(["white", colour]), vmin=0, vmax=1, edgecolors=GREY, lw=0.8)
            axes.text(left + columns / 2, top - 0.4, f"{name} {rows, columns}", ha="center")
            axes.text(left - 1.2, tallest / 2, mark, ha="center", va="center", fontsize=15)
            left += columns + 2.4
            told.append(tr("{name}, of shape {shape}, marked at {places}", name=name, shape=(rows, columns),
                           places=_places(entries)))
        axes.set_ylim(tallest + 0.3, -1.2)
        axes.set_aspect("equal")
        axes.set_axis_off()
        return tr("{text}.", text=tr("; ").join(told))

    return drawn(draw)


def _places(entries: tuple) -> str:
    row, column = entries
    return tr(", ").join([tr("all rows") if row is None else tr("row {n}", n=row),
                          tr("all columns") if column is None else tr("column {n}", n=column)])
