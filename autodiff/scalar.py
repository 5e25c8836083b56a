"""Reverse-mode differentiation of plain Python numbers, on a tape that one can read.

    >>> tape = Tape()
    >>> x, y, z = tape.leaf(-2), tape.leaf(5), tape.leaf(-4)
    >>> f = (x + y) * z
    >>> f.value, tape.gradient(f, [x, y, z])
    (-12.0, [-4.0, -4.0, 3.0])
    >>> tape[-1]
    ('mul', -12.0, 3, -4.0, 2, 3.0)

A `Tape` is a flat list in the order of the forward pass, one entry for each leaf, constant and gate:

    (gate, value)                                     a leaf or a constant
    (gate, value, parent, slope)                      a gate with one input
    (gate, value, parent, slope, parent, slope)       a gate with two

where `parent` is the place of an input further up the tape, and `slope` the local gradient for it, a number
worked out while the forward pass had the values at hand. The backward pass is a walk up the list that
multiplies and adds, and knows no calculus at all.

There is no global tape: a Scalar stands on the one that its leaves were made on. Nothing here needs numpy.
Where Python raises an error for numbers (log(0), 1/0, exp(1000)), so does a gate; sums and products may overflow to
inf, as floats do.
(A list of this kind was first described by R. E. Wengert, "A simple automatic derivative evaluation
program", 1964; the walk back along it is in A. Griewank and A. Walther, "Evaluating Derivatives", 2008.)
"""

from __future__ import annotations

import math
import operator
from numbers import Real

TYPE_CHECKING = False           # as type checkers know it: to import typing would double the time that this takes
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["Scalar", "Tape", "exp", "log", "maximum", "relu", "sigmoid", "tanh", "value_and_grad"]


class Tape(list):
    """What the forward pass did, in order; the entries are described at the top of this module."""

    __slots__ = ()

    def leaf(self, number: float) -> Scalar:
        """A Scalar to differentiate with respect to; `number` is an int, a float or of numpy, else a TypeError."""
        return _write(self, ("leaf", _float(number)))

    def gradient(self, output: Scalar, inputs: Iterable[Scalar]) -> list[float]:
        """The gradient of the Scalar `output` with respect to each Scalar of `inputs`, as floats.

        What is no Scalar is a TypeError, one of another tape a ValueError.
        """
        for scalar in (output, *inputs):
            if not isinstance(scalar, Scalar):
                raise TypeError(f"A gradient is taken of a Scalar, for Scalars; got {_describe(scalar)}.")
            if scalar.tape is not self:
                raise ValueError(f"{scalar!r} stands on another tape: ask that one for its gradient.")
        gradients = self.backward(output)
        return [gradients[scalar.index] or 0.0 for scalar in inputs]

    def backward(self, output: Scalar) -> list[float | None]:
        """The gradient of `output` with respect to every entry; None where no path leads to `output`."""
        if output.tape is not self:
            raise ValueError(f"{output!r} stands on another tape: ask that one for its gradient.")
        gradients: list[Any] = [None] * len(self)
        gradients[output.index] = 1.0
        for index in range(output.index, -1, -1):
            upstream = gradients[index]
            if upstream is None:
                continue
            entry = self[index]
            if len(entry) == 6:             # the two cases are written out for speed
                _, _, a, a_slope, b, b_slope = entry
                before = gradients[a]
                gradients[a] = a_slope * upstream if before is None else before + a_slope * upstream
                before = gradients[b]       # read only now: a and b may be the same entry
                gradients[b] = b_slope * upstream if before is None else before + b_slope * upstream
            elif len(entry) == 4:
                _, _, a, a_slope = entry
                before = gradients[a]
                gradients[a] = a_slope * upstream if before is None else before + a_slope * upstream
        return gradients


def _reflected(gate):
    return lambda y, x: gate(_beside(y, x), y)


def _comparison(holds):
    return lambda x, y: holds(x.value, y.value if isinstance(y, Scalar) else y)


class Scalar:
    """A number and its place on a tape: .value, .tape, .index. Made by Tape.leaf and by gates."""

    __slots__ = ("index", "tape", "value")

    index: int
    tape: Tape
    value: float

    __array_ufunc__ = None      # numpy then leaves `array * scalar` to us, and we can say why not

    def __init__(self, *_: object) -> None:
        raise TypeError("A Scalar needs a tape to stand on: tape = Tape(); x = tape.leaf(3.0).")

    def __repr__(self) -> str:
        return f"Scalar({self.value!r})"

    # The test is written out in each: the call it saves is a twentieth of the forward pass.

    def __add__(x, y: Scalar | float) -> Scalar:
        if type(y) is not Scalar or y.tape is not x.tape:
            y = _beside(x, y)
        return _write(x.tape, ("add", x.value + y.value, x.index, 1.0, y.index, 1.0))

    def __sub__(x, y: Scalar | float) -> Scalar:
        if type(y) is not Scalar or y.tape is not x.tape:
            y = _beside(x, y)
        return _write(x.tape, ("sub", x.value - y.value, x.index, 1.0, y.index, -1.0))

    def __mul__(x, y: Scalar | float) -> Scalar:
        if type(y) is not Scalar or y.tape is not x.tape:
            y = _beside(x, y)
        return _write(x.tape, ("mul", x.value * y.value, x.index, y.value, y.index, x.value))

    def __truediv__(x, y: Scalar | float) -> Scalar:
        if type(y) is not Scalar or y.tape is not x.tape:
            y = _beside(x, y)
        out = x.value / y.value
        return _write(x.tape, ("div", out, x.index, 1.0 / y.value, y.index, -out / y.value))

    def __pow__(x, y: Scalar | float) -> Scalar:
        if type(y) is not Scalar or y.tape is not x.tape:
            y = _beside(x, y)
        out = _call("pow", math.pow, x.value, y.value)
        return _write(x.tape, ("pow", out, x.index, _slope_of_base(x.value, y.value),
                               y.index, _slope_of_exponent(x.value, out)))

    def __pos__(self) -> Scalar:
        return self

    def __bool__(self) -> bool:
        return bool(self.value)

    def __neg__(self) -> Scalar:
        return _write(self.tape, ("neg", -self.value, self.index, -1.0))

    __radd__, __rsub__, __rmul__ = _reflected(__add__), _reflected(__sub__), _reflected(__mul__)
    __rtruediv__, __rpow__ = _reflected(__truediv__), _reflected(__pow__)
    __lt__, __le__, __gt__, __ge__ = map(_comparison, (operator.lt, operator.le, operator.gt, operator.ge))
    __eq__, __ne__, __hash__ = _comparison(operator.eq), _comparison(operator.ne), object.__hash__


def maximum(x: Any, y: Any) -> Any:
    """The larger of two. The gradient goes to the winner, half to each at a tie."""
    if not isinstance(x, Scalar):
        if not isinstance(y, Scalar):
            return max(_float(x), _float(y))
        x = _beside(y, x)
    y = _beside(x, y)
    a, b = x.value, y.value
    out = a if a >= b else b if b > a else math.nan
    slope = 1.0 if a > b else 0.0 if b > a else 0.5
    return _write(x.tape, ("maximum", out, x.index, slope, y.index, 1.0 - slope))


def _function(name, forward, slope, doc) -> Callable[[Any], Any]:
    """A gate with one input: its value is forward(x), its slope is slope(x, out)."""
    def gate(x):
        if not isinstance(x, Scalar):
            return _call(name, forward, _float(x))
        out = _call(name, forward, x.value)
        return _write(x.tape, (name, out, x.index, slope(x.value, out)))
    gate.__name__ = gate.__qualname__ = name
    gate.__doc__ = doc + " A plain number gives a plain number."
    return gate


def _stable_sigmoid(x):
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)             # the same fraction times e^x: this exponential cannot overflow
    return e / (1.0 + e)


exp = _function("exp", math.exp, lambda x, out: out, "e to the power x, its own slope.")
log = _function("log", math.log, lambda x, out: 1.0 / x, "The natural logarithm; slope 1/x.")
tanh = _function("tanh", math.tanh, lambda x, out: 1.0 - out * out, "The hyperbolic tangent; slope 1 - out².")
sigmoid = _function("sigmoid", _stable_sigmoid, lambda x, out: out * (1.0 - out),
                    "1 / (1 + exp(-x)); slope out (1 - out).")
relu = _function("relu", lambda x: 0.0 if x <= 0.0 else x, lambda x, out: 1.0 if x > 0.0 else 0.0,
                 "max(x, 0); slope 1 where x > 0, else 0, and so 0 at 0.")


def value_and_grad(f: Callable[..., Scalar]) -> Callable[..., tuple[float, list[float]]]:
    """Turn f into a function of the same numbers that returns (value, [gradient for each of them]).

        >>> value_and_grad(lambda x, y: x * y)(4, -3)
        (-12.0, [-3.0, 4.0])
    """
    def both(*inputs):
        tape = Tape()
        leaves = [tape.leaf(number) for number in inputs]
        output = f(*leaves)
        gradient = tape.gradient(output, leaves)
        return output.value, gradient
    return both


def _slope_of_base(x, y):
    if y == 0.0:
        return 0.0              # x**0 is constant, at x = 0 too
    if x == 0.0 and y < 1.0:
        return math.inf         # as sqrt rises at 0
    try:
        return y * math.pow(x, y - 1.0)
    except OverflowError:       # x**-1 near 0 is a number still, and its slope is none
        return math.copysign(math.inf, y if x > 0.0 or y % 2.0 else -y)


def _slope_of_exponent(x, out):
    if x == 0.0:
        return 0.0
    return out * math.log(x) if x > 0.0 else math.nan       # (-2)**y is real for whole y only


def _call(name, forward, *inputs):
    try:
        return forward(*inputs)
    except (ValueError, OverflowError) as error:
        shown = ", ".join(map(str, inputs))
        raise type(error)(f"{name}({shown}) has no finite real value ({error}).") from None


def _write(tape, entry):
    scalar = _new(Scalar)       # past __init__, which is for people
    scalar.index, scalar.tape, scalar.value = len(tape), tape, entry[1]
    tape.append(entry)
    return scalar


_new = object.__new__


def _beside(scalar, other):
    """`other` as a Scalar on the tape of `scalar`; a plain number becomes a constant there."""
    if type(other) is not Scalar:
        return _write(scalar.tape, ("constant", _float(other)))
    if other.tape is not scalar.tape:
        raise ValueError(f"{scalar!r} and {other!r} stand on different tapes; make both on one.")
    return other


def _float(number):
    if isinstance(number, Real) and not isinstance(number, bool):
        return float(number)
    raise TypeError(f"Scalars go with real numbers and with other Scalars, not with {_describe(number)}.")


def _describe(thing):
    shown = repr(thing)
    return f"{shown if len(shown) <= 40 else shown[:37] + '...'} ({type(thing).__name__})"
