"""Prediction cells: a lesson asks for a number before it shows one."""

import math
from collections.abc import Callable
from typing import Any

from course.plaintext import plain

RTOL = 0.01  # a guess is right when it is within one percent


def predict(guess: Any, truth: float | Callable[[], float], unit: str = "") -> None:
    """Compare a guess with the truth, and say which it was.

    guess  your number; `...` until you have typed one
    truth  the number, or a function without arguments that computes it
    unit   what to write behind it
    """
    if guess is None or guess is ...:
        print("Your turn: type a number in place of the dots, then run the cell again.")
        return
    try:
        mine = float(guess)
    except (TypeError, ValueError):
        print(plain(f"Your guess is {guess!r}: type a number."))
        return
    value = float(truth() if callable(truth) else truth)
    shown = f"{value:.4g}{' ' * bool(unit)}{unit}"
    if math.isclose(mine, value, rel_tol=RTOL, abs_tol=1e-9):
        print(f"✓ Yes, it is {shown}.")
    elif math.isclose(mine, -value, rel_tol=RTOL) and value:
        print(f"✗ It is {shown}: the size is right, the sign is not. Which way does the result move?")
    else:
        print(f"✗ You said {mine:.4g}; it is {shown}. Find the step that surprised you.")
