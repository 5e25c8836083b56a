"""What the lessons' figures draw, looked at where matplotlib keeps it: it is what is told."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Sheet

from course import figures
from course.style import GREEN, GREY, RED

N = np.arange(1, 6)


@pytest.fixture
def axes_of(monkeypatch):
    """axes_of(function of course.figures, arguments) -> the axes as they were saved."""
    saved, save = [], Sheet.savefig

    def savefig(sheet, *args, **options):
        saved.append(sheet.axes[0])
        save(sheet, *args, **options)

    monkeypatch.setattr(Sheet, "savefig", savefig)

    def axes_of(draw, *args, **options):
        draw(*args, **options)
        return saved[-1]

    return axes_of


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_lines_marks_and_levels(axes_of):
    axes = axes_of(figures.curves, N, {"n²": N**2, "n": N}, measured={"n²": (N, N**2), "other": ([2], [3])},
                   levels={"bound": 9}, places={"best": 2}, x="size", y="cost", log="xy", title="both")
    theory, line, points, other, level, place = axes.lines
    assert [theory.get_linestyle(), theory.get_marker()] == ["--", ""] and list(theory.get_ydata()) == list(N**2)
    assert line.get_linestyle() != "-" and list(line.get_ydata()) == list(N)       # told apart without colour
    assert points.get_linestyle() == "None" and points.get_color() == theory.get_color() != line.get_color()
    assert points.get_zorder() > theory.get_zorder() and points.get_markersize() == other.get_markersize() > 5
    assert (list(other.get_xdata()), list(other.get_ydata())) == ([2], [3])
    assert set(level.get_ydata()) == {9} and set(place.get_xdata()) == {2} and level.get_linestyle() == ":"
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("size", "cost")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["n²", "n", "other", "bound", "best"]
    assert not axes.spines["top"].get_visible()             # the course's style


def test_only_finite_values_are_told_and_so_are_the_lowest_and_the_highest():
    assert "f: from 1 at 2 to 3 at 5" in repr(figures.curves(N, {"f": [np.nan, 1, np.inf, 2, 3]}))
    assert "f: from 2 at 1 to 3 at 5, lowest 0 at 3, highest 7 at 2." in repr(figures.curves(N, {"f": [2, 7, 0, 1, 3]}))


def test_bars_keep_their_signs_and_steps_begin_where_the_last_one_ended(axes_of):
    axes = axes_of(figures.bars, ["a", "b"], {"p": [0.25, 0.75], "dz": [-0.75, 0.5]})
    assert [bar.get_height() for bar in axes.patches] == [0.25, 0.75, -0.75, 0.5]
    axes = axes_of(figures.steps, ["first", "second"], [1.5, -0.25], "all")
    assert [(bar.get_y(), bar.get_height()) for bar in axes.patches] == [(0, 1.5), (1.5, -0.25), (0, 1.25)]
    assert [text for text in texts(axes) if text] == ["+1.5000", "−0.2500", "+1.2500"]


def test_pictures_of_arrays(axes_of):
    ink = axes_of(figures.images, np.eye(4).reshape(1, 16), titles=["an image"]).images[0]
    both = axes_of(figures.images, np.zeros((1, 16)), titles=[], signed=True).images[0]
    assert ink.cmap(0.0)[:3] == (1, 1, 1) and ink.cmap(1.0)[:3] == (0, 0, 0) and ink.get_clim() == (0, 1)
    assert both.cmap(0.0)[0] > 0.3 > both.cmap(0.0)[2] and both.get_clim() == (-0.8, 0.8)
    axes = axes_of(figures.marked, ("W", (2, 3), (1, 2)), ("X", (3, 4), (2, None)), ("D", (2, 4), (1, None)))
    cells = [mesh.get_array().reshape(shape) for mesh, shape in
             zip(axes.collections, [(2, 3), (3, 4), (2, 4)], strict=True)]
    assert [np.argwhere(part).tolist() for part in cells] == [
        [[1, 2]], [[2, 0], [2, 1], [2, 2], [2, 3]], [[1, 0], [1, 1], [1, 2], [1, 3]]]
    assert [to_hex(mesh.cmap(1.0)) for mesh in axes.collections] == [colour.lower() for colour in (RED, GREEN, GREY)]


def test_in_the_dark_a_figure_is_turned_over():
    shown = figures.curves(N, {"f": N})._repr_html_()
    assert '[data-jp-theme-light="false"] .bp-figure img' in shown and "filter: invert(.93)" in shown


def test_a_corner_of_a_table_is_no_heading():
    assert figures.table(["", "n"], [("a", 1)])._repr_html_().startswith("<table><thead><tr><td></td><th")
