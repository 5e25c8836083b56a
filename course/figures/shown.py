"""A figure as it is shown: a picture, the same in words, and how it stands on a page."""

from __future__ import annotations

import functools
import io
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHEET = Path(__file__).parents[1] / "style.mplstyle"
TYPEFACES = Path(__file__).parents[1] / "translations"      # of a language whose characters matplotlib's own lacks
PER_INCH = 72       # pixels of a page: a point of type is a pixel
SHARPER = 2         # so many dots of the picture for each of them
WIDE, HEIGHT = 5.6, 3.4     # inches: two stand side by side in a cell at 1280 pixels, and on a phone one can be read

# Drawn on white. In the dark a picture is turned over: white becomes black, and green and red stay what they are.
STYLE = """<style>
.bp-figure { display: flex; flex-wrap: wrap; gap: 8px 16px; margin: 4px 0; }
.bp-figure img { max-width: 100%; height: auto; }
[data-jp-theme-light="false"] .bp-figure img, .vscode-dark .bp-figure img { filter: invert(.93) hue-rotate(180deg); }
</style>"""


class Figure:
    """One picture or several, side by side. `says`: what they show, in words."""

    def __init__(self, parts: list[tuple[bytes, str, int, int]]):
        self._parts = parts                         # (PNG, words, width and height in pixels of a page)
        self.says = "\n".join(words for _, words, _, _ in parts)

    def __repr__(self) -> str:
        return self.says

    def _repr_html_(self) -> str:
        shown = (f'<img src="data:image/png;base64,{b64encode(png).decode()}" width="{width}" height="{height}" '
                 f'alt="{escape(words)}">' for png, words, width, height in self._parts)
        return f'{STYLE}<div class="bp-figure">{"".join(shown)}</div>'


def beside(*figures: Figure) -> Figure:
    """Figures side by side; below each other where the page is narrow."""
    return Figure([part for figure in figures for part in figure._parts])


def drawn(draw: Callable[[Axes], str], width: float = WIDE, height: float = HEIGHT) -> Figure:
    """The Figure that `draw(axes)` makes, which returns what it shows in words. Sizes in inches."""
    from matplotlib.figure import Figure as Sheet

    with _styled():
        sheet = Sheet((width, height))
        says = draw(sheet.subplots())
        png = io.BytesIO()
        sheet.savefig(png, dpi=SHARPER * PER_INCH)
    return Figure([(png.getvalue(), says, round(width * PER_INCH), round(height * PER_INCH))])


@contextmanager
def _styled() -> Iterator[None]:
    from matplotlib import rc_context

    with rc_context(_sheet()):
        yield


@functools.cache
def _sheet():
    from matplotlib import font_manager, rc_params_from_file

    sheet = rc_params_from_file(SHEET, use_default_template=False)
    others = sorted(TYPEFACES.glob("*/labels.otf"))
    for path in others:
        font_manager.fontManager.addfont(path)
    if others:      # a character is looked for in one after the other
        sheet["font.family"] = ["sans-serif", *(font_manager.FontProperties(fname=path).get_name() for path in others)]
    return sheet
