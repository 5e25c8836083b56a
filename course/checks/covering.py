"""Every kind of number that an argument may be is asked, whatever else an exercise draws.

A wrong answer hides where nobody asks: at 0, at whole numbers, far out, near 0, where two inputs are equal, on the
other side of 0. So `grade` puts each of these into cases that the exercise draws anyway, one kind at a time, and the
oracle says what is right there. An exercise names the exceptions, with the reason:
`outside={"x": {"zero": "1/x has no slope at 0"}}`. `uncovered` tells which kinds a run has not asked and nobody has
excused; a test asks it of every exercise.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.checks.draws import Draw

FAR, NEAR = 20.0, 0.01      # beyond ±FAR is large, within ±NEAR small


class Made:
    """An argument of a base that follows from others: kinds are put into these, and `make` makes it of them.

    Made(forward, w, x) is a cache in which w has a 0, and then one in which x has one.
    """

    def __init__(self, make: Callable, *args: Any) -> None:
        self.make, self.args = make, args

    def __call__(self) -> Any:
        return self.make(*self.args)


@dataclass(frozen=True)
class Kind:
    """A kind of number.

    holds(values)   of which elements of an array it holds
    put(value, d)   a number of this kind, in place of a value
    """

    holds: Callable[[np.ndarray], np.ndarray]
    put: Callable[[float, Draw], float]


KINDS = {
    "zero": Kind(lambda v: v == 0, lambda value, d: 0.0),
    "whole": Kind(lambda v: np.full(v.shape, v.dtype.kind == "i"),
                  lambda value, d: math.copysign(d.rng.integers(2, 6), value)),
    "large": Kind(lambda v: abs(v) >= FAR, lambda value, d: math.copysign(d.positive(2 * FAR, 6 * FAR), value)),
    "small": Kind(lambda v: (abs(v) <= NEAR) & (v != 0),
                  lambda value, d: math.copysign(d.positive(NEAR / 10, NEAR), value)),
    "negative": Kind(lambda v: v < 0, lambda value, d: -abs(value)),
    "positive": Kind(lambda v: v > 0, lambda value, d: abs(value)),
}
EQUAL = "equal"         # two numbers are alike; or each the other's negative, so that a sum on the way is 0
ALL_ZERO = "all zero"   # an upstream gradient of zeros


_Place = tuple[int, int, int]       # of real numbers in a base: which argument, which of its leaves, how many axes


@functools.cache
def carriers(exercise: Any) -> list[Any]:
    """The checks whose share it costs where a kind goes wrong: those that say so, else the last one with draws."""
    drawn = [check for check in exercise.checks if check.draw]
    whole = [check for check in drawn if not check.part]
    return [check for check in drawn if check.kinds] or [check for check in whole if check.edge][-1:] or \
        [check for check in drawn if check.edge] or whole[-1:] or drawn


def covering(exercise: Any, check: Any, d: Draw) -> list[tuple[tuple, Any]]:
    """[(arguments, what is right)] where an exercise's arguments are of every kind, for one of its carriers.

    They are made from its base; or else from cases that its checks draw: one of numbers and one of arrays, the last of
    those with most arguments.
    """
    out = []
    if exercise.base:
        return [made for args in tuples(exercise.base(d)) for made in _made(exercise, args, d)]
    sources = _sources(exercise, check, d)
    for of_arrays in (False, True):
        for cases in sources:
            fit = [args for args in cases if any(map(_is_array, args)) == of_arrays and any(map(_leaves, args))]
            if fit:
                most = max(map(len, fit))
                out += _made(exercise, [args for args in fit if len(args) == most][-1], d)
                break
    return out


def _sources(exercise: Any, check: Any, d: Draw) -> list[list[tuple]]:
    """Cases to begin with: those of ordinary checks, and then those of edge cases."""
    if check.kinds:
        return [tuples(check.draw(d))]
    drawn = [check for check in exercise.checks if check.draw]
    return [[args for check in drawn if check.edge == edge for args in tuples(check.draw(d))] for edge in (False, True)]


def tuples(cases: Iterable) -> list[tuple]:
    """Cases as tuples of arguments; a draw may give a single argument as it is."""
    return [case if isinstance(case, tuple) else (case,) for case in cases]


def _made(exercise: Any, base: tuple, d: Draw) -> Iterator[tuple[tuple, Any]]:
    """The cases that come of one, a kind at a time."""
    places = [(k, i, leaf.ndim) for k, arg in enumerate(base) for i, leaf in enumerate(_leaves(arg))]
    numbers, arrays = ([place for place in places if bool(place[2]) == of_arrays] for of_arrays in (False, True))

    def made(kinds: Sequence[str], among: Sequence[_Place], put: Callable[[Any, int], Any]) -> Iterator:
        free = [place for place in among if not any(map(excused(exercise, place[0]).__contains__, kinds))]
        if free:
            args = _with(base, free, put)
            asked = _with(args, free, _as_integers) if "whole" in kinds else args
            right = _answer(exercise.oracle, _finished(args))
            if right is not None:
                yield _finished(asked), right

    def into(kind: str) -> Callable[[Any, int], Any]:
        def put(value: Any, n: int) -> Any:
            size = np.size(value)
            if kind == "zero":
                return _put(kind, value, [(3 * n + 1) % size] if size else [], d)
            everywhere = kind == "whole" or places[n] in upstream       # closed gates hide some of what flows back
            return _put(kind, value, range(0, size, 1 if everywhere else 2), d)
        return put

    upstream = [place for place in arrays if exercise.parameters[_at(exercise, place[0])] == exercise.upstream]
    for place in numbers:
        yield from made(["zero"], [place], into("zero"))
    for kind, among in (("zero", arrays), ("whole", places), ("large", places), ("small", places)):
        yield from made([kind], among, into(kind))
    yield from made(["negative", "positive"], numbers, lambda value, n: -value)
    if len(numbers) > 1:
        value = d.number()
        yield from made([EQUAL], numbers, lambda _, n: value)
        yield from made([EQUAL, "negative", "positive"], numbers, lambda _, n: value * (-1) ** n)
    yield from made([ALL_ZERO], upstream, lambda value, n: value * 0.0)


def _answer(oracle: Callable, args: tuple) -> Any:
    """What is right; None where there is no such thing. Then the kind is not asked, and `uncovered` tells it."""
    try:
        with np.errstate(all="ignore"):
            right = oracle(*args)
    except (ArithmeticError, ValueError):
        return None
    leaves = [leaf for part in (right if isinstance(right, tuple) else [right]) for leaf in _leaves(part)]
    return right if all(np.isfinite(leaf).all() for leaf in leaves) else None


def every_kind(d: Draw, n: int) -> Iterator[list]:
    """Lists of n numbers, one of each kind: for a test, which has no draws of its own."""
    values = list(d.numbers(n))
    for k in range(n):
        yield [*values[:k], 0.0, *values[k + 1:]]
    for kind in ("whole", "large", "small", "negative", "positive"):
        put = [KINDS[kind].put(value, d) for value in values]
        yield [int(value) for value in put] if kind == "whole" else put
    if n > 1:
        yield values[:1] * n


def _put(kind: str, value: Any, places: Iterable[int], d: Draw) -> Any:
    """A number of a kind; or an array with numbers of it at some places."""
    put = KINDS[kind].put
    if not isinstance(value, np.ndarray):
        return put(value, d)
    out = value.copy()
    for at in places:
        out.flat[at] = put(float(out.flat[at]), d)
    return out


def _as_integers(value: Any, n: int) -> Any:
    return value.astype(int) if isinstance(value, np.ndarray) else int(value)


def _with(base: tuple, chosen: Sequence[_Place], put: Callable[[Any, int], Any]) -> tuple:
    """The same arguments, with something else put at some places: put(value, the place's number)."""
    at = {(k, i) for k, i, _ in chosen}
    count = itertools.count()

    def into(k: int, arg: Any) -> Any:
        within = itertools.count()

        def one(value: Any) -> Any:
            i, n = next(within), next(count)
            return put(value, n) if (k, i) in at else value
        return _mapped(arg, one)
    return tuple(into(k, arg) for k, arg in enumerate(base))


def _finished(args: tuple) -> tuple:
    return tuple(arg() if isinstance(arg, Made) else arg for arg in args)


def _mapped(arg: Any, put: Callable[[Any], Any]) -> Any:
    """An argument in which put(value) stands for each of its _leaves, in their order."""
    if isinstance(arg, Made):
        return Made(arg.make, *(_mapped(value, put) for value in arg.args))
    if isinstance(arg, dict):
        return {name: _mapped(value, put) for name, value in arg.items()}
    if _is_list(arg):
        return type(arg)(np.asarray(put(np.array(arg))).tolist())
    return put(arg) if _leaves(arg) else arg


# ------------------------------------------------------------------------------------ what has been asked

def uncovered(exercise: Any, asked: Sequence[tuple]) -> list[str]:
    """What has not been asked in these calls, though nobody has excused it, and what was, though somebody has."""
    told = []
    for k, name in enumerate(dict.fromkeys(parameter.lstrip("*") for parameter in exercise.parameters)):
        given = [arg for args in asked for j, arg in enumerate(args) if _at(exercise, j) == k]
        told += [f"{name}: {what}" for what in _missing(exercise, name, given)]
        told += [f"{name}: {what}" for what in _missing_axes(exercise, name, given)]
    pairs = [(a, b) for args in asked for j, a in enumerate(args) for b in args[:j]
             if isinstance(a, float) and isinstance(b, float)]
    names = {exercise.parameters[_at(exercise, j)] for args in asked for j, arg in enumerate(args)
             if isinstance(arg, float)}
    if sum(EQUAL not in excused(exercise, name) for name in names) > 1 and not any(a == b for a, b in pairs):
        told.append("two equal arguments")
    return told


def _missing(exercise: Any, name: str, given: Sequence[Any]) -> Iterator[str]:
    for form in ("number", "array"):
        leaves = [leaf for arg in given if isinstance(arg, int | float) == (form == "number")
                  for leaf in _leaves(arg, whole=True)]
        if not any(leaf.dtype.kind == "f" and leaf.size for leaf in leaves):     # no real numbers: counts, labels, axes
            continue
        for kind, of in KINDS.items():
            there = any(of.holds(leaf).any() for leaf in leaves)
            if not there and kind not in excused(exercise, name):
                yield f"{kind}, as {'a number' if form == 'number' else 'an element of an array'}"
        if form == "array" and name == exercise.upstream and ALL_ZERO not in excused(exercise, name) and \
                not any(leaf.size and not leaf.any() for leaf in leaves):
            yield ALL_ZERO


def _missing_axes(exercise: Any, name: str, given: Sequence[Any]) -> Iterator[str]:
    """Axes are counted from the front and from the back, one or several, in any order."""
    if name not in ("axis", "axes"):
        return
    several = [axes for axes in given if isinstance(axes, tuple)]
    for what, there in (("negative", any(isinstance(axis, int) and axis < 0 for axis in given)),
                        ("unsorted", any(list(axes) != sorted(axes) for axes in several)),
                        ("negative in a tuple", any(axis < 0 for axes in several for axis in axes))):
        if not there and what not in excused(exercise, name):
            yield what


def excused(exercise: Any, argument: int | str) -> Any:
    """The kinds that an argument (its name, or its place in a call) is never asked.

    They are all where a reason is given for the argument as a whole.
    """
    name = exercise.parameters[_at(exercise, argument)] if isinstance(argument, int) else argument
    reasons = exercise.outside.get(name, {})
    return reasons if isinstance(reasons, dict) else _ALL


class _Everything:
    def __contains__(self, kind: object) -> bool:
        return True


_ALL = _Everything()


def _at(exercise: Any, k: int) -> int:
    """The parameter of argument k: those of *inputs stand at the end."""
    return min(k, len(exercise.parameters) - 1)


def _is_list(arg: Any) -> bool:
    return isinstance(arg, list | tuple) and bool(arg) and all(type(value) in (int, float) for value in arg) and \
        any(type(value) is float for value in arg)


def _is_array(arg: Any) -> bool:
    """An array, or a list or dict of real numbers; not a number, and nothing of counts."""
    return isinstance(arg, np.ndarray | dict | list | tuple | Made) and bool(_leaves(arg))


def _leaves(arg: Any, whole: bool = False) -> list[np.ndarray]:
    """The real numbers in an argument, as arrays; with `whole`, whole ones too."""
    if isinstance(arg, dict | Made):
        within = arg.args if isinstance(arg, Made) else arg.values()
        return [leaf for value in within for leaf in _leaves(value, whole)]
    if isinstance(arg, np.ndarray):
        return [arg] if arg.dtype.kind == "f" or (whole and arg.dtype.kind == "i") else []
    if isinstance(arg, float) or (whole and type(arg) is int) or _is_list(arg) or (
            whole and isinstance(arg, list) and bool(arg) and all(type(value) is int for value in arg)):
        return [np.array(arg)]
    return []
