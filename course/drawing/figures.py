"""Numbers as text: enough digits, and never an equation that is wrong as it is printed.

A figure has four decimals, more where these would show fewer than three digits, fewer where it is exact with fewer,
and always two: −2.00, 0.3679, 0.00195, 1.25.
"""

import math
import re
from functools import lru_cache

MINUS = "−"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def figure(x, extra=0):
    """`x` as text with four decimals and `extra` more; very large and very small numbers as 1.235×10⁻⁷."""
    return _figure(float(x), extra)


@lru_cache(4096)
def _figure(x, extra):
    if not math.isfinite(x):
        return "nan" if math.isnan(x) else "∞" if x > 0 else MINUS + "∞"
    size = abs(x)
    if size and not 1e-4 <= size < 1e7:
        mantissa, exponent = f"{x:.{3 + extra}e}".split("e")
        return _signed(mantissa) + "×10" + superscript(int(exponent))
    decimals = extra + (2 if size >= 1000 else 3 if size >= 100 else 4 if size >= 1e-2 or not size else
                        5 if size >= 1e-3 else 7)
    text = f"{x:.{decimals}f}"
    # A zero at the end is dropped only where it says nothing: 0.1230 stays if it stands for 0.12302.
    while len(text.split(".")[1]) > 2 and text.endswith("0") and _same(float(text), x):
        text = text[:-1]
    return _signed(text)


def brief(x):
    """A constant inside a gate: 2, 0.5, −1."""
    text = f"{float(x):.4g}"
    return _signed(text) if "e" not in text else figure(x)


def superscript(whole):
    """A whole number as an exponent: ², ⁻⁷."""
    return str(whole).replace(MINUS, "-").translate(_SUPERSCRIPT)


def number(text):
    """The number that a figure shows."""
    text = text.replace(MINUS, "-").replace("∞", "inf")
    if "×10" in text:
        mantissa, power = text.split("×10")
        digits = power.translate({ord(s): d for d, s in zip("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)})
        return float(mantissa) * 10.0 ** int(digits)
    return float(text)


def equation(a, sign, b, result):
    """(a, b, "=" or "≈", result) as text, for sign "×" or "+": it holds for the figures as they stand.

    The operands get up to three more digits where that makes it hold; else it says ≈.
    """
    shown = figure(result)
    for extra in range(4):
        left, right = figure(a, extra), figure(b, extra)
        outcome = number(left) * number(right) if sign == "×" else number(left) + number(right)
        if _rounds_to(outcome, shown):
            return left, right, "=", shown
    return figure(a), figure(b), "≈", shown


def exact(x, shown=figure):
    """Whether the figure of `x`, or what else it is `shown` as, shows all of it."""
    return _same(number(shown(x)), float(x))


def guarded(text):
    """A figure as an operand: a negative one in parentheses."""
    return f"({text})" if text.startswith(MINUS) else text


def _rounds_to(outcome, shown):
    if not math.isfinite(outcome):
        return figure(outcome) == shown
    mantissa, _, power = shown.partition("×10")
    unit = 10.0 ** -len(mantissa.partition(".")[2])
    if power:
        unit *= number("1×10" + power)
    return abs(outcome - number(shown)) <= 0.5000001 * unit


def _same(a, b):
    return a == b or abs(a - b) <= 1e-12 * max(abs(a), abs(b)) or (math.isnan(a) and math.isnan(b))


def _signed(text):
    text = text.replace("-", MINUS)
    return text if re.search("[1-9]", text) else text.removeprefix(MINUS)        # no −0.00
