"""Rows of results as a table, whose numbers have their decimal points below each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from course.drawing.figures import MINUS
from course.drawing.figures import figure as scaled

SHORT = 14      # characters; a column of no more than these is not broken where a page is narrow


class Table:
    """A table that shows itself; `print` gives it as text."""

    def __init__(self, head: Sequence[str], rows: list[list[str]], numbers: list[bool], fold: str = ""):
        self._head, self._rows, self._numbers, self._fold = list(head), rows, numbers, fold

    def __repr__(self) -> str:
        lines = [self._head] * any(self._head) + self._rows
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("   ".join(text.rjust(width) if right else text.ljust(width) for text, width, right in
                                    zip(line, widths, self._numbers, strict=True)).rstrip() for line in lines)

    def _repr_html_(self) -> str:
        sides = [f"text-align: {'right; font-variant-numeric: tabular-nums' if right else 'left'}"
                 for right in self._numbers]
        styles = [side + "; white-space: nowrap" * all(len(row[k]) <= SHORT for row in self._rows)
                  for k, side in enumerate(sides)]
        head = "".join(f'<th scope="col" style="{side}">{escape(text)}</th>' if text else "<td></td>" for text, side in
                       zip(self._head, sides, strict=True))
        rows = "".join("<tr>" + "".join(f'<td style="{style}">{escape(text)}</td>' for text, style in
                                        zip(row, styles, strict=True)) + "</tr>" for row in self._rows)
        shown = f"<table>{f'<thead><tr>{head}</tr></thead>' * any(self._head)}<tbody>{rows}</tbody></table>"
        return f"<details><summary>{escape(self._fold)}</summary>{shown}</details>" if self._fold else shown


def table(head: Sequence[str], rows: Iterable[Sequence[object]], digits: int = 4, fold: str = "") -> Table:
    """A Table of `rows` below `head`: real numbers with up to `digits` decimals, whatever else as it is written.

    fold: what stands above the table while it is folded, where it answers what a learner should try first.

    Raises ValueError where a row has not as many entries as the head.
    """
    rows = [list(row) for row in rows]
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"the head has {len(head)} columns, a row has {len(row)}: {row}")
    columns = [_column([row[k] for row in rows], digits) for k in range(len(head))]
    numbers = [any(isinstance(row[k], int | float | np.number) for row in rows) for k in range(len(head))]
    return Table(head, [list(row) for row in zip(*columns, strict=True)] if columns else [], numbers, fold)


def _column(values: list[object], digits: int) -> list[str]:
    """Texts for the entries of a column; its real numbers all with as many decimals as one of them needs."""
    real = [float(value) for value in values if isinstance(value, float | np.floating)]
    decimals = max([_needed(value, digits) for value in real if not _extreme(value, digits)], default=1)
    return [_text(value, decimals, digits) for value in values]


def _needed(value: float, digits: int) -> int:
    return len(f"{value:.{digits}f}".rstrip("0").split(".")[1]) or 1


def _extreme(value: float, digits: int) -> bool:
    return not np.isfinite(value) or (value != 0 and not 0.5 * 10.0**-digits <= abs(value) < 1e7)


def _text(value: object, decimals: int, digits: int) -> str:
    if isinstance(value, float | np.floating):
        text = scaled(float(value)) if _extreme(float(value), digits) else f"{value + 0.0:.{decimals}f}"
    elif isinstance(value, int | np.integer) and not isinstance(value, bool):
        text = f"{value:,}" if abs(value) > 9999 else str(value)
    else:
        return str(value)
    return text.replace("-", MINUS)
