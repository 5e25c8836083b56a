"""The lessons' figures: what they show is told in words from the same numbers, and a table aligns its decimals."""

import re
import struct
from base64 import b64decode
from html import unescape

import numpy as np
import pytest

from course import figures

N = np.arange(1, 6)
DRAWN = {
    "curves": lambda: figures.curves(N, {"store": N, "again": N**2}, x="stages", y="calls", log="y"),
    "measured": lambda: figures.curves(N, {"n²": N**2}, measured={"n²": (N, N**2), "other": ([2], [3])},
                                       levels={"the bound": 9}, places={"the best": 2}, x="n", y="cost"),
    "marks only": lambda: figures.curves([], {}, measured={"dz": ([1, 2], [0, 1])}, x="z", y="slope"),
    "not finite": lambda: figures.curves(N, {"f": [1, np.nan, np.inf, 2, 3]}, x="n", y="f"),
    "bars": lambda: figures.bars(["a", "b"], {"p": [0.25, 0.75], "dz": [-0.75, 0.75]}, title="loss 1.39"),
    "steps": lambda: figures.steps(["square", "sigmoid"], [1.5, -0.25], total="x"),
    "histogram": lambda: figures.histogram({"flat": np.linspace(0, 1, 100)}, x="value"),
    "spans": lambda: figures.spans([(0, 6), (1, 6), (6, 6)], x="time", y="values", places={"": 3}),
    "images": lambda: figures.images(np.zeros((3, 64)), titles="abc", columns=2),
    "signed images": lambda: figures.images(np.zeros((4, 8, 8)), titles=[], columns=2, rows=["one", "two"],
                                            signed=True),
    "marked": lambda: figures.marked(("W", (2, 3), (1, 2)), ("X", (3, 4), (2, None)),
                                     ("D", (2, 4), (1, None))),
}
SAYS = {
    "curves": ["calls over stages, y logarithmic", "store: from 1 at 1 to 5 at 5", "again: from 1 at 1 to 25 at 5"],
    "measured": ["n², measured: from 1 at 1 to 25 at 5", "other: from 3 at 2", "the bound: a level line at 9",
                 "the best: an upright line at 2"],
    "marks only": ["dz: from 0 at 1 to 1 at 2"],
    "not finite": ["f: from 1 at 1 to 3 at 5"],
    "bars": ["loss 1.39", "p: a 0.25, b 0.75", "dz: a −0.75, b 0.75"],
    "steps": ["square +1.5000, sigmoid −0.2500", "x: +1.2500"],
    "histogram": ["flat: the middle half lies between 0.25 and 0.75"],
    "spans": ["3 bars over time", "number 1 from below, leads from 0 to 6"],
    "images": ["3 images of 8 by 8 pixels: a, b, c"],
    "signed images": ["4 images", "one, two"],
    "marked": ["W, of shape (2, 3), marked at row 1, column 2", "X, of shape (3, 4), marked at row 2, all columns"],
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_a_picture_with_its_words(name):
    figure = DRAWN[name]()
    html = figure._repr_html_()
    source, width, height, words = re.search(
        r'base64,(.+?)" width="(\d+)" height="(\d+)" alt="(.+?)"', html, re.S).groups()
    assert unescape(words) == repr(figure)
    for said in SAYS[name]:
        assert said in repr(figure)
    sharp = struct.unpack(">II", b64decode(source)[16:24])
    assert sharp == pytest.approx((2 * int(width), 2 * int(height)), abs=2) and int(width) <= 404     # two in a cell


def test_figures_stand_beside_each_other_and_each_keeps_its_words():
    one, other = DRAWN["curves"](), DRAWN["bars"]()
    both = figures.beside(one, other)
    assert both._repr_html_().count("<img ") == 2 and repr(both) == f"{one!r}\n{other!r}"


def test_a_legend_makes_a_figure_taller_and_the_plot_no_smaller():
    tall = figures.curves(N, {f"a label that is rather long, number {k}": N * k for k in range(1, 7)})
    height = lambda figure: int(re.search(r'height="(\d+)"', figure._repr_html_())[1])
    assert height(tall) >= height(DRAWN["curves"]()) + 5 * 16
    both = {"n": N, "2n": 2 * N}
    assert height(figures.curves(N, both, title="A title")) >= height(figures.curves(N, both)) + 16


def test_a_legend_of_wide_characters_has_the_rows_that_it_needs():
    labels = lambda word: {f"{word}{k}": N * k for k in range(3)}
    height = lambda word: int(re.search(r'height="(\d+)"', figures.curves(N, labels(word))._repr_html_())[1])
    assert height("numeric") < height("数值梯度，实测")


def test_a_table_aligns_decimals_and_escapes_text():
    shown = figures.table(["<way>", "error", "calls", ""], [("a & b", -0.5, 12345, "x"), ("c", 2.0625, 7, (3, 1))])
    assert repr(shown).splitlines() == ["<way>     error    calls", "a & b   −0.5000   12,345   x",
                                        "c        2.0625        7   (3, 1)"]
    html = shown._repr_html_()
    assert "&lt;way&gt;" in html and "a &amp; b" in html and html.count("text-align: right") == 2 * 3


@pytest.mark.parametrize("value, text", [
    (1.0, "1.0"), (-0.0, "0.0"), (1e-9, "1.000×10⁻⁹"), (np.nan, "nan"), (np.inf, "∞"), (True, "True"),
    (np.float32(0.25), "0.25"), (np.int64(3), "3")])
def test_a_number_in_a_table(value, text):
    assert repr(figures.table(["x"], [(value,)])).splitlines()[1].strip() == text


def test_a_column_of_short_cells_is_not_broken():
    html = figures.table(["a head of any length", "b"], [("2(x + y)", "a cell that may be broken")])._repr_html_()
    head, short, long = re.findall("<t[hd] [^>]*>[a2][^<]", html)
    assert ["nowrap" in cell for cell in (head, short, long)] == [False, True, False]


def test_a_table_may_wait_in_a_fold_and_as_text_it_does_not():
    shown = figures.table(["gate", "value"], [("exp", 0.3679)], fold="Step first & then")
    assert shown._repr_html_().startswith("<details><summary>Step first &amp; then</summary><table>")
    assert "0.3679" in repr(shown)


def test_a_row_that_does_not_fit_its_head_is_named():
    with pytest.raises(ValueError, match=r"2 columns, a row has 1: \['x'\]"):
        figures.table(["a", "b"], [("x",)])
