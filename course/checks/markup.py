"""A Report as a fragment of HTML: it stands in JupyterLab, in a page of feedback, or wherever tables are shown.

What it says, it says by words, ✓ and ✗; its style sheet only helps. Where one is not let in (a notebook that JupyterLab
does not trust, a page that is cleaned), plain tables remain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from course.checks import grids
from course.checks.comparing import as_numbers, holds_arrays
from course.checks.diagnosis import show
from course.words import sentences, tr

if TYPE_CHECKING:
    from course.checks.report import Part, Report

GREEN, RED, GREY = "#00735C", "#B3261E", "#5F6368"

STYLE = """
.bp-report { --bp-green: #00735C; --bp-red: #B3261E; --bp-soft: #FCEEED; --bp-line: #d1d5db; --bp-quiet: #5F6368;
  --bp-link: #0B57A4; color: inherit; font-size: 1em; line-height: 1.5; }
[data-jp-theme-light="false"] .bp-report, .vscode-dark .bp-report {
  --bp-green: #4CD6B3; --bp-red: #FF8A80; --bp-soft: #4a2320; --bp-line: #4b5159; --bp-quiet: #b6bec9;
  --bp-link: #8ab8f0; }
.bp-report.bp-report { border-left: 4px solid var(--bp-quiet) !important; padding: .3em .9em !important; }
.bp-report.bp-right { border-left-color: var(--bp-green) !important; }
.bp-report.bp-wrong { border-left-color: var(--bp-red) !important; }
.bp-report .bp-verdict { color: var(--bp-quiet); font-weight: 600; }
.bp-right .bp-verdict { color: var(--bp-green); }
.bp-wrong .bp-verdict { color: var(--bp-red); }
.bp-report .bp-quiet { color: var(--bp-quiet); }
.bp-report p { margin: .35em 0; max-width: 46rem; }
.bp-report a { color: var(--bp-link); text-decoration: underline; }
.bp-report .bp-pair { display: flex; flex-wrap: wrap; gap: .3em 1.6em; overflow-x: auto; margin: .2em 0 .6em; }
.bp-report table { display: table; width: auto; margin: .2em 0; border-collapse: collapse; border: none;
  font-size: .95em; table-layout: auto; }
.bp-report tbody tr:nth-child(n), .bp-report tbody tr:nth-child(n):hover { background: none; }
.bp-report th, .bp-report td { padding: .15em .6em; text-align: left; border: 1px solid var(--bp-line); max-width: none;
  font-family: var(--jp-code-font-family, ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace); }
.bp-report td { white-space: pre; }
.bp-report.bp-report .bp-long tbody td { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 6em;
  text-align: left; }
.bp-report th { font-weight: 400; color: var(--bp-quiet); border: none; }
.bp-report thead th { text-align: center; }
.bp-report thead td { border: none; }
.bp-report td.bp-off { background: var(--bp-soft); border-color: var(--bp-red); color: var(--bp-red); font-weight: 600;
  box-shadow: inset 0 0 0 1px var(--bp-red); }
@media (max-width: 600px) { .bp-report.bp-report .bp-pair :is(th, td) { padding: .15em .2em; } }
.bp-report summary { cursor: pointer; }
.bp-report details { margin: .3em 0; }
""".strip()

# JupyterLab looks for a section before a notebook that it has just opened shows any: the second time it is found.
TWICE = "if (!this.dataset.again) { this.dataset.again = 1; setTimeout(() => this.click(), 1500) }"

LONG = 24           # characters; values that are longer, such as dicts, may be broken
LEAST_FOLDED = 4    # elements of an array that gets a grid of its own under the fold


def fragment(report: Report) -> str:
    """The HTML of a report."""
    found = report.diagnosis
    kind, colour = ("todo", GREY) if report.unwritten else ("wrong", RED) if found else ("right", GREEN)
    return "".join([
        f'<div class="bp-report bp-{kind}" style="border-left:4px solid {colour};padding:.2em .8em;margin:.2em 0">'
        f"<style>{STYLE}</style>", _head(report), *_checks(report), *(_body(report) if found else ()),
        *(f"<p>{in_code(note)}</p>" for note in report.notes), "</div>"])


def in_code(text: str) -> str:
    """A text as HTML; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def points(earned: str) -> str:
    """The line under a graded cell."""
    return f"<strong>{escape(earned)}</strong>"


def hint(name: str, head: str, text: str) -> str:
    """A hint to an exercise."""
    return (f'<div class="bp-report bp-todo"><style>{STYLE}</style><div><code>{escape(name)}</code> '
            f'<strong class="bp-verdict">{escape(head)}</strong></div><p>{in_code(text)}</p></div>')


def _head(report: Report) -> str:
    said = escape(report.found, quote=False)
    return (f'<div role="status"><code>{escape(report.exercise.name)}</code> '
            f'<strong class="bp-verdict">{said}</strong></div>')


def _checks(report: Report) -> Iterator[str]:
    lines = list(report._checks())
    if lines:
        yield "<div>" + "<br>".join(escape(line.strip(), quote=False) for line in lines) + "</div>"


def _body(report: Report) -> Iterator[str]:
    found = report.diagnosis
    assert found is not None
    says, ask = in_code(tr(found.says)), f"<em>{in_code(tr(found.ask))}</em>" if found.ask else ""
    if report.unwritten:
        yield f"<p>{says}</p>"
        return
    yield f"<p>{sentences(says, ask)}</p>"
    if found.asked:
        yield from _called(report, found.asked.args) if found.asked.args else ()
        parts = report.parts(found.asked)
        yield from _results([part for part in parts if not part.grids])
        for part in parts:
            if part.grids:
                yield from _grids(part)
        if parts and found.relation:
            yield f"<p>{tr('expected')} <code>{escape(found.relation)}</code></p>"
    yield report.picture
    if report.exercise.read:
        read = escape(tr(report.exercise.read), quote=False)
        link = f'<a href="{escape(report.section)}" onclick="{escape(TWICE)}">{read}</a>'
        yield f"<p>→ {link if report.section else read}</p>"


def _called(report: Report, args: tuple) -> Iterator[str]:
    """The arguments in a line; under a fold, where there are arrays that need room."""
    named = [entry for name, value in report.exercise.named(args) for entry in _unpacked(name, value)]
    large = {name: array for name, value in named for array in [_array(value)] if array is not None}
    line = ", ".join(f"{name} {large[name].shape}" if name in large else f"{name}={show(value)}"
                     for name, value in named)
    line = tr("called with {arguments}", arguments=f"<code>{escape(line, quote=False)}</code>")
    if not large:
        yield f"<p>{line}</p>"
        return
    tables = "".join(f"<div>{_table(grids.grid(array), name)}</div>" for name, array in large.items())
    yield f'<details><summary>{line}</summary><div class="bp-pair">{tables}</div></details>'


def _unpacked(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """An argument by its name; of a dict that holds arrays, what is in it."""
    if holds_arrays(value):
        yield from ((f"{name}[{key!r}]", entry) for key, entry in value.items())
    else:
        yield name, value


def _array(value: Any) -> Any:
    """A value as an array that wants a grid of its own, or None."""
    if isinstance(value, tuple | dict) or callable(value):
        return None
    array = as_numbers(value)
    return array if array is not None and array.ndim and array.size > LEAST_FOLDED else None


def _results(parts: list[Part]) -> Iterator[str]:
    """A table of the parts that are no arrays: their names, yours, expected."""
    if not parts:
        return
    texts = [part.texts for part in parts]
    long = max(len(text) for pair in texts for text in pair) > LONG
    if not long:
        filled = grids.aligned([mine for mine, _ in texts] + [right for _, right in texts])
        texts = list(zip(filled[:len(parts)], filled[len(parts):], strict=True))
    rows = (f'<tr><th scope="row">{escape(part.name)}</th>{_cell(mine, not part.same)}{_cell(right)}</tr>'
            for part, (mine, right) in zip(parts, texts, strict=True))
    head = f'<tr><td></td><th scope="col">{tr("yours")}</th><th scope="col">{tr("expected")}</th></tr>'
    yield (f'<div class="bp-pair{" bp-long" * long}"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody>'
           "</table></div>")


def _grids(part: Part) -> Iterator[str]:
    """A part that is an array: yours beside expected, the wrong ones marked."""
    assert part.grids is not None
    yours, expected = part.grids
    head = f'<code>{escape(part.name)}</code> <span class="bp-quiet">{escape(part.shape)}</span>'
    tables = (f"<div>{_table(grid, name)}</div>" for grid, name in ((yours, tr("yours")), (expected, tr("expected"))))
    pair = f'<div class="bp-pair">{"".join(tables)}</div>'
    if part.same:
        yield f"<details><summary>{head} {part.found}</summary>{pair}</details>"
    else:
        yield f"<p>{head} <strong>{escape(part.found)}</strong></p>{pair}"


def _table(grid: grids.Grid, name: str) -> str:
    """A grid as a table with the numbers of its rows and columns."""
    first_row, first_column = grid.corner
    above = "".join(f'<th scope="col">{first_column + k}</th>' for k in range(len(grid.rows[0]) if grid.rows else 0))
    has_rows = len(grid.shape) > 1
    rows = ("<tr>" + f'<th scope="row">{first_row + k}</th>' * has_rows
            + "".join(_cell(text, off, any(column)) for text, off, column in
                      zip(texts, wrong, zip(*grid.wrong, strict=True), strict=True)) + "</tr>"
            for k, (texts, wrong) in enumerate(zip(grid.rows, grid.wrong, strict=True)))
    shape = f' <span class="bp-quiet">{escape(grid.part or str(grid.shape))}</span>'
    corner = "<td></td>" * has_rows
    return (f"<div>{escape(name)}{shape}</div><table><thead><tr>{corner}{above}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>")


def _cell(text: str, off: bool = False, marked: bool | None = None) -> str:
    """A cell of a table; figure spaces keep decimal points below each other in any style sheet.

    off     whether it is wrong
    marked  whether some cell of its column is
    """
    room = "  " if marked and not off else ""
    text = escape(f"{room}{text}", quote=False).replace(" ", "\u2007") if text.strip() != text or room else \
        escape(text, quote=False)
    return f'<td class="bp-off">✗ {text}</td>' if off else f"<td>{text}</td>"
