"""What an instructor chooses without touching a declaration: course.toml, beside pyproject.toml.

    [02_gate_patterns]
    leave_out = ["witnesses"]               # or `exercises`: these, and no others
    points = {mul_backward = 3}             # the others keep theirs
    total = 21                              # what they must add up to; may be left out
"""

import difflib
import functools
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from course.checks.exercise import Exercise
from course.places import CHOICE
from course.plaintext import in_a_sentence

KEYS = ("exercises", "leave_out", "points", "total")
SHARE = 1 / 8       # of a point: what the shares of a check are multiples of, so that sums are exact


class ChoiceError(ValueError):
    """Why course.toml can't be followed, in a sentence."""


@functools.cache
def choice() -> dict[str, dict[str, Any]]:
    """{assignment: what is chosen in it}; empty where there is no file."""
    try:
        return tomllib.loads(CHOICE.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ChoiceError(f"{CHOICE.name} can't be read: {in_a_sentence(error)}.") from None


def need_known(assignments: Iterable[str]) -> None:
    """ChoiceError where a table is not that of an assignment."""
    for name in choice():
        if name not in (known := list(assignments)):
            raise _unknown(f"{CHOICE.name}: there is no assignment", name, known)


def chosen(assignment: str, declared: dict[str, Exercise]) -> dict[str, Exercise]:
    """The exercises of an assignment as they are chosen, in the order in which they are declared."""
    wanted = choice().get(assignment)
    if wanted is None:
        return declared
    where = f"{CHOICE.name}, [{assignment}]"
    if not isinstance(wanted, dict):
        raise ChoiceError(f"{CHOICE.name}: {assignment} is to be a table: [{assignment}] on a line of its own.")
    for key in wanted:
        if key not in KEYS:
            raise _unknown(f"{where}: there is nothing to choose that is called", key, KEYS)
    if "exercises" in wanted and "leave_out" in wanted:
        raise ChoiceError(f"{where}: `exercises` names what is in, `leave_out` what is not; keep one of them.")
    named = {key: _names(where, key, wanted.get(key, []), declared) for key in ("exercises", "leave_out")}
    kept = {name: exercise for name, exercise in declared.items() if name not in named["leave_out"]
            and ("exercises" not in wanted or name in named["exercises"])}
    if not kept:
        raise ChoiceError(f"{where}: no exercise is left.")
    points = wanted.get("points", {})
    if not isinstance(points, dict):
        raise ChoiceError(f"{where}: `points` is to be a table, such as points = {{{next(iter(kept))} = 2}}.")
    _names(where, "points", list(points), declared)
    for name in points:
        if name not in kept:
            raise ChoiceError(f"{where}: {name} has points and is left out.")
        kept[name] = worth(kept[name], points[name], where)
    _need_total(where, wanted.get("total"), kept)
    return kept


def worth(exercise: Exercise, points: Any, where: str = "") -> Exercise:
    """An exercise with other points, of which its checks have the same shares, to an eighth of a point.

    Raises ChoiceError where they can't be shared out: each check that gives points gives an eighth at least.
    """
    what = f"{where}: {exercise.name}"
    if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points < 1e6 or points % SHARE:
        raise ChoiceError(f"{what} can't be worth {points!r}: points are a number from 0 on, and a multiple of 1/8.")
    weights = [check.points for check in exercise.checks]
    if not any(weights):
        weights = [1.0] * len(weights)
    least = [int(weight > 0 and points > 0) for weight in weights]
    if sum(least) * SHARE > points:
        raise ChoiceError(f"{what} can't be worth {points:g}: each of its {sum(least)} checks gives 1/8 at least.")
    exact = [points / SHARE * weight / sum(weights) for weight in weights]
    shares = [max(int(share), low) for share, low in zip(exact, least, strict=True)]
    while (missing := round(points / SHARE) - sum(shares)):      # to whom most is missing; from whom has most too much
        step = 1 if missing > 0 else -1
        free = [k for k in range(len(shares)) if step > 0 or shares[k] > least[k]]
        shares[max(free, key=lambda k: step * (exact[k] - shares[k]))] += step
    checks = tuple(replace(check, points=share * SHARE) for check, share in zip(exercise.checks, shares, strict=True))
    other = replace(exercise, points=points, checks=checks)
    for part in ("mistakes", "alternatives", "solution"):
        object.__setattr__(other, part, getattr(exercise, part))
    return other


def _names(where: str, key: str, names: Any, declared: dict[str, Exercise]) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ChoiceError(f"{where}: `{key}` is to be a list of names, such as [\"{next(iter(declared))}\"].")
    for name in names:
        if name not in declared:
            raise _unknown(f"{where}, `{key}`: there is no exercise", name, list(declared))
    return names


def _need_total(where: str, total: Any, kept: dict[str, Exercise]) -> None:
    found = sum(exercise.points for exercise in kept.values())
    if total is not None and total != found:
        raise ChoiceError(f"{where}: the points add up to {found:g}, and `total` says {total}: " + ", ".join(
            f"{name} {exercise.points:g}" for name, exercise in kept.items()) + ".")


def _unknown(sentence: str, name: str, known: Iterable[str]) -> ChoiceError:
    near = difflib.get_close_matches(name, list(known), 1)
    return ChoiceError(f"{sentence} {name!r}" + (f"; did you mean {near[0]!r}?" if near else
                       f"; there are {', '.join(known)}."))
