"""Prediction cells: a lesson asks for a number before it shows one, and what tells it stays folded until then.

`fold` folds what its cell shows; prose is folded by `<details class="bp-after the-question">`. Both can be unfolded by
a click, wherever a notebook is shown. In JupyterLab and Notebook they stay shut while the page holds the question
without a guess: that is a style sheet's work, which comes with the output of `predict` and goes with it.
"""

import difflib
import math
import re
from collections.abc import Callable
from html import escape
from typing import Any

from course.declarations.questions import QUESTIONS, Question
from course.learning.shown import show
from course.plaintext import plain
from course.words import tr

RTOL = 0.01     # a guess is right when it is within one percent,
NEAR = 0.1      # and near within ten


def predict(guess: Any, truth: float | Callable[[], float] | str, unit: str = "") -> None:
    """Compare a guess with the truth, and say which it was.

    guess  your number; `...` until you have typed one
    truth  the name of one of the lessons' questions; or the number, or a function without arguments that computes it
    unit   what to write behind it

    Raises ValueError for a name that is no question's.
    """
    question = _named(truth) if isinstance(truth, str) else Question(truth if callable(truth) else lambda: truth, unit)
    asked = slug(truth) if isinstance(truth, str) else ""
    if guess is None or guess is ...:
        _show(tr("Your turn: type a number in place of the dots, then run the cell again."), asked, waits=True)
        return
    try:
        mine = float(guess)
    except (TypeError, ValueError):
        _show(plain(tr("Your guess is {guess!r}: type a number.", guess=guess)), asked, waits=True)
        return
    _show(plain(told(mine, question)), asked)


def fold(summary: str, after: str) -> None:
    """Fold what this cell shows: `summary` stands there in its place, and a click unfolds it.

    after  the name of the question that is to be answered first

    Raises ValueError for a name that is no question's.
    """
    _named(after)
    asked = slug(after)
    show(summary, f'<style>{FOLDED.format(asked=asked)}</style><details class="bp-after bp-cell {asked}">'
                  f"<summary>{escape(summary)}</summary></details>")


def slug(name: str) -> str:
    """A question's name as a class of HTML: what-w-receives."""
    return re.sub(r"\W+", "-", name)


def told(mine: float, question: Question) -> str:
    """What is said of a guess: right, or how it is wrong, each in its own sentence."""
    value = float(question.truth())
    shown, said = f"{value:.4g}{' ' * bool(question.unit)}{tr(question.unit)}", f"{mine:.4g}"
    if _is(mine, value):
        return tr("✓ Yes, it is {value}.", value=shown)
    for known, sentence in question.known:
        if _is(mine, float(known())):
            return tr("✗ You said {guess}. {sentence} It is {value}.", guess=said, sentence=tr(sentence), value=shown)
    if value and _is(mine, -value):
        return tr("✗ It is {value}: the size is right, the sign is not. Which way does the result move?", value=shown)
    if _is_rounded(mine, value):
        return tr("✓ Rounded, yes: it is {value}.", value=shown)
    power = math.log10(mine / value) if value and 0 < mine / value < math.inf else 0.0
    if round(power) and _is(mine, value * 10.0**round(power)):
        return tr("✗ It is {value}: the digits are right, the decimal point is not. By what were they multiplied?",
                  value=shown)
    if value and math.isclose(mine, value, rel_tol=NEAR):
        return tr("✗ Near: you said {guess}; it is {value}. Which step did you round, or leave out?", guess=said,
                  value=shown)
    if mine * value < 0:
        return tr("✗ You said {guess}; it is {value}. Even the sign is another: which way does the result move?",
                  guess=said, value=shown)
    return tr("✗ You said {guess}; it is {value}. Find the step that surprised you.", guess=said, value=shown)


# What a cell shows stands in one element, a child for each output: in JupyterLab and nbconvert's pages, on the site.
# Once a guess is there, what was folded for it shows itself.
FOLDED = """
body:not(:has(.bp-guessed.{asked})) .jp-OutputArea:has(.bp-cell.{asked}:not([open]))
  > .jp-OutputArea-child:not(:has(.bp-cell)),
.cell_output:has(.bp-cell.{asked}:not([open])) > :not(:has(.bp-cell)) {{ display: none; }}
body:has(.bp-guessed.{asked}) .bp-cell.{asked} {{ display: none; }}
.bp-cell {{ padding-left: 5px; }}
.bp-cell > summary {{ cursor: pointer; }}
"""
# While a question waits. Pages without a kernel have no .jp-NotebookPanel: nobody could guess there.
# No :has() on the panel: JupyterLab took twice as long to show a lesson. The box switches the style sheet off.
WAITS = """
.bp-predict {{ padding-left: 5px; }}
.bp-predict label {{ display: none; }}
.jp-NotebookPanel .bp-predict label {{ display: inline-block; margin-top: .3em; }}
.jp-NotebookPanel .bp-after.{asked} > :not(summary),
.jp-NotebookPanel .jp-OutputArea:has(> * .bp-cell.{asked}) > .jp-OutputArea-child:not(:has(.bp-cell))
  {{ display: none; }}
.jp-NotebookPanel .bp-after.{asked}[open]::after {{
  content: "{waits}";
  font-style: italic; }}
"""
SWITCH = "this.closest('.bp-predict').querySelector('style').disabled = this.checked"
LEAVE = "if (event.key === 'Escape') this.closest('.jp-Cell')?.focus()"       # and JupyterLab's keys are back
ANYWAY = '<label><input type="checkbox" onchange="{switch}" onkeydown="{leave}"> {says}</label>'


def _show(text: str, asked: str, waits: bool = False) -> None:
    """What is said of a guess; while a question waits for one, with what keeps its answer shut."""
    kind, lock = "bp-guessed", "<style>.bp-predict { padding-left: 5px; }</style>"
    if waits:
        kind, lock = "bp-waits", _waiting(asked)
    show(text, f'<div class="bp-predict {kind} {asked}" data-lm-suppress-shortcuts="true">'
               f"<div>{escape(text)}</div>{lock}</div>")


def _waiting(asked: str) -> str:
    """The style sheet that keeps what a question's answer is in shut, and the box that switches it off."""
    if not asked:
        return ""
    says = tr("It waits for your guess. Type it above and run that cell, or choose “Show it anyway” there.")
    return f"<style>{WAITS.format(asked=asked, waits=says)}</style>" + ANYWAY.format(
        switch=SWITCH, leave=LEAVE, says=tr("Show it anyway"))


def _is(mine: float, value: float) -> bool:
    return math.isclose(mine, value, rel_tol=RTOL, abs_tol=1e-9)


def _is_rounded(mine: float, value: float) -> bool:
    """Whether the guess is the value in fewer decimal places: 0.7 for 0.7311; nothing is left of it in none."""
    return bool(mine) and any(math.isclose(mine, round(value, places), rel_tol=1e-12) for places in range(1, 6))


def _named(name: str) -> Question:
    if name not in QUESTIONS:
        near = difflib.get_close_matches(name, QUESTIONS, 1)
        raise ValueError(tr("no lesson asks {name}; did you mean {other}?" if near else "no lesson asks {name}",
                            name=repr(name), other=repr(near[0]) if near else ""))
    return QUESTIONS[name]
