"""Arrays as grids of numbers: aligned by their decimal points, large ones cut around the first wrong place."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_ROWS, MOST_COLUMNS = 6, 5     # of a grid: two stand side by side in a window of 1280 pixels
DIGITS = (4, 8, 12, 17)         # significant ones: as many as it takes to tell two numbers apart
WIDTH = 84                      # of a line of text; nbgrader's Validate cuts at 88
_NUMBER = re.compile(r"-?(\d+(\.\d*)?(e[+-]?\d+)?|nan|inf|True|False)")


@dataclass(frozen=True)
class Grid:
    """A piece of an array, as it is shown.

    shape    of the whole array
    part     which piece of it, as it is written in numpy: "[3:9, :6]"; "" where all is shown
    rows     texts of the numbers; those of a column have their decimal points below each other
    wrong    for each number, whether it is wrong
    corner   where the piece begins: its first row and column
    """

    shape: tuple[int, ...]
    part: str
    rows: list[list[str]]
    wrong: list[list[bool]]
    corner: tuple[int, int]

    def lines(self) -> list[str]:
        """The grid as text; ✗ stands before what is wrong."""
        marked = any(map(any, self.wrong))
        return ["[ " + "  ".join(("✗" if off else " ") * marked + text for text, off in zip(*row, strict=True)) + " ]"
                for row in zip(self.rows, self.wrong, strict=True)]


def grid(array: np.ndarray) -> Grid:
    """The Grid of an array by itself, from its first number on."""
    return _grid(array, [[number(v) for v in row] for row in _piece(array, *_window(array.shape))], None)


def pair(mine: np.ndarray, right: np.ndarray, agree: np.ndarray | None) -> tuple[Grid, Grid]:
    """The Grids of an answer and of what is right, cut alike.

    agree  where the two agree, of their common shape; None where they have none: then nothing is marked
    """
    if agree is None:
        return grid(mine), grid(right)
    first = np.unravel_index(np.argmin(agree), right.shape) if right.size else ()
    window = _window(right.shape, [int(k) for k in first])
    numbers = list(zip(_piece(mine, *window), _piece(right, *window), _piece(agree, *window), strict=True))
    texts = [[(number(a), number(b)) if same else apart(a, b) for a, b, same in zip(*row, strict=True)]
             for row in numbers]
    wrong = [[not same for same in row] for *_, row in numbers]
    return (_grid(mine, [[a for a, _ in row] for row in texts], window, wrong),
            _grid(right, [[b for _, b in row] for row in texts], window))


def beside(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """Two blocks of text beside each other; below each other where that were too wide."""
    width = max(map(len, left))
    if width + 3 + max(map(len, right)) > WIDTH:
        return [*left, *right]
    rows = max(len(left), len(right))
    left, right = ([*block, *[""] * (rows - len(block))] for block in (left, right))
    return [f"{a:{width}}   {b}".rstrip() for a, b in zip(left, right, strict=True)]


def number(value: object, digits: int = 4) -> str:
    """A number in a few significant digits; whole ones keep their ".0" where they are real."""
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return str(value)
    if not isinstance(value, float | np.floating):
        return str(value)
    real = float(value) + 0.0       # no −0.0
    if math.isfinite(real) and real == int(real) and abs(real) < 1e6:
        return f"{real:.1f}"
    return f"{real:.{digits}g}"


def apart(mine: object, right: object) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    texts = "", ""
    for digits in DIGITS:
        texts = number(mine, digits), number(right, digits)
        if len({text.removesuffix(".0") for text in texts}) == 2:
            break
    return texts


def aligned(texts: Sequence[str]) -> list[str]:
    """Texts of numbers filled up with blanks, so that their decimal points stand below each other; others as they are.
    """
    if not all(map(_NUMBER.fullmatch, texts)):
        return list(texts)
    parts = [(text[:at], text[at:]) for text in texts for at in [_point(text)]]
    before, after = (max((len(part[k]) for part in parts), default=0) for k in (0, 1))
    return [f"{head:>{before}}{tail:<{after}}" for head, tail in parts]


def _point(text: str) -> int:
    """Where the decimal point of a number stands, or would stand."""
    return min((at for at in (text.find("."), text.find("e")) if at > 0), default=len(text))


def _grid(array: np.ndarray, texts: list[list[str]], window: tuple | None, wrong: list | None = None) -> Grid:
    leading, rows, columns = window or _window(array.shape)
    across = [aligned(column) for column in zip(*texts, strict=True)]
    filled = [list(row) for row in zip(*across, strict=True)] or [[] for _ in texts]
    return Grid(array.shape, _part(array.shape, leading, rows, columns), filled,
                wrong or [[False] * len(row) for row in texts], (rows.start, columns.start))


def _window(shape: tuple[int, ...], place: Sequence[int] = ()) -> tuple[tuple[int, ...], slice, slice]:
    """(leading indices, rows, columns) of the piece to show, around a place."""
    place = tuple(place) or (0,) * len(shape)
    lengths, at = ((1,) * (2 - len(shape)) + tuple(shape[-2:]), (0,) * (2 - len(shape)) + place[-2:])
    rows, columns = (_around(length, k, most) for length, k, most in
                     zip(lengths, at, (MOST_ROWS, MOST_COLUMNS), strict=True))
    return place[:-2], rows, columns


def _around(length: int, k: int, most: int) -> slice:
    if length <= most:
        return slice(0, length)
    start = min(max(k - 1, 0), length - most)       # what stands before the place is seen too
    return slice(start, start + most)


def _piece(array: np.ndarray, leading: tuple[int, ...], rows: slice, columns: slice) -> np.ndarray:
    inner = array[leading] if leading else array
    return (inner if inner.ndim == 2 else inner.reshape(1, -1))[rows, columns]


def _part(shape: tuple[int, ...], leading: tuple[int, ...], rows: slice, columns: slice) -> str:
    """How the piece is cut out of the array."""
    cuts = [*map(str, leading), *(_cut(piece, length) for piece, length in
                                  zip((rows, columns)[2 - min(len(shape), 2):], shape[-2:], strict=True))]
    return "" if all(cut == ":" for cut in cuts) else f"[{', '.join(cuts)}]"


def _cut(piece: slice, length: int) -> str:
    start, stop = "" if piece.start == 0 else piece.start, "" if piece.stop == length else piece.stop
    return f"{start}:{stop}"
