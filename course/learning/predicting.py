"""Prediction cells: a lesson asks for a number before it shows one."""

import difflib
import math
from collections.abc import Callable
from typing import Any

from course.declarations.questions import QUESTIONS, Question
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
    if guess is None or guess is ...:
        print(tr("Your turn: type a number in place of the dots, then run the cell again."))
        return
    try:
        mine = float(guess)
    except (TypeError, ValueError):
        print(plain(tr("Your guess is {guess!r}: type a number.", guess=guess)))
        return
    print(plain(told(mine, question)))


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


def _is(mine: float, value: float) -> bool:
    return math.isclose(mine, value, rel_tol=RTOL, abs_tol=1e-9)


def _is_rounded(mine: float, value: float) -> bool:
    """Whether the guess is the value in fewer decimal places: 0.7 for 0.7311; nothing is left of it in none."""
    return bool(mine) and any(math.isclose(mine, round(value, places), rel_tol=1e-12) for places in range(1, 6))


def _named(name: str) -> Question:
    if name not in QUESTIONS:
        near = difflib.get_close_matches(name, QUESTIONS, 1)
        raise ValueError(f"no lesson asks {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return QUESTIONS[name]
