"""What a run shows: for each result by itself, what came back at every call and what is right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.checks import codec
from course.checks.comparing import Problem, as_numbers, close, parts
from course.checks.running import Asked, Run


@dataclass(frozen=True)
class Evidence:
    """The results of a run, side by side.

    names  the exercise's results
    calls  those with a right answer, in order
    mine, right   {result: its value at each call}, arrays of one shape at each
    wrong  the results to be explained, which are wrong somewhere, in the order in which the exercise names them
    """

    names: tuple[str, ...]
    calls: list[Asked]
    mine: dict[str, list[np.ndarray]]
    right: dict[str, list[np.ndarray]]
    wrong: tuple[str, ...]

    @property
    def fine(self) -> tuple[str, ...]:
        """The results that are right at every call."""
        return tuple(label for label in self.right if agree(self.mine[label], self.right[label]))


@dataclass(frozen=True)
class Cause:
    """A cause of wrong results.

    results  those that it explains
    kind     its name, for lists: "sign"
    clause   what happens: "dx is what comes out when {clause}"
    ask      one question
    rank     how simple it is; 0 is simplest
    others   how many other results it would change that are not so
    edge     (gate, input) where it lies on an edge of the graph, as texts of the forward pass
    placed   whether the clause says where in the graph it lies
    """

    results: tuple[str, ...]
    kind: str
    clause: str
    ask: str
    rank: float
    others: int = 0
    edge: tuple[str, str] | None = None
    placed: bool = False


def evidence_of(run: Run) -> Evidence | None:
    """None where something else is wrong than values: then there is nothing to lay side by side."""
    if any(asked.problem and not is_of_values(asked.problem) for asked in run.asked):
        return None
    calls = _different([asked for asked in run.asked if asked.expected is not None])
    mine: dict[str, list[np.ndarray]] = {}
    right: dict[str, list[np.ndarray]] = {}
    for asked in calls:
        ours, theirs = (labelled(value, run.exercise.results) for value in (asked.reply.result, asked.expected))
        if ours is None or theirs is None or not theirs.keys() <= ours.keys() or (right
                                                                                  and right.keys() != theirs.keys()):
            return None
        for label, value in theirs.items():
            if ours[label].shape not in ((), value.shape):
                return None
            mine.setdefault(label, []).append(np.broadcast_to(ours[label], value.shape))
            right.setdefault(label, []).append(value)
    wrong = tuple(label for label in right if not agree(mine[label], right[label]))
    return Evidence(run.exercise.results, calls, mine, right, wrong) if wrong else None


def right_at(asked: Asked | None, names: tuple[str, ...]) -> set[str]:
    """The results that are right at one call."""
    if asked is None:
        return set()
    mine, right = labelled(asked.reply.result, names), labelled(asked.expected, names)
    if mine is None or right is None:
        return set()
    return {label for label in right if label in mine and agree([mine[label]], [right[label]])}


def is_of_values(problem: Problem) -> bool:
    """Whether values are wrong; one number in the place of an array counts as that number everywhere."""
    return problem.kind in ("value", "finite") or (problem.kind == "shape" and np.ndim(problem.got) == 0)


def _different(calls: list[Asked]) -> list[Asked]:
    """Calls without those that ask the same again and are answered the same: several checks may share a draw."""
    known: set[bytes] = set()
    out = []
    for asked in calls:
        try:
            key = codec.pack([*asked.args, asked.reply.result])
        except codec.NotPlain:
            key = None
        if key is None or key not in known:
            out.append(asked)
        if key is not None:
            known.add(key)
    return out


def labelled(value: Any, names: tuple[str, ...]) -> dict[str, np.ndarray] | None:
    """{name: array} of a result's parts, those of a dict by its keys; None where a part is not made of numbers."""
    got = parts(value, names)
    if got is None:
        return None
    flat = {}
    for label, part in _flat(got):
        numbers = as_numbers(part)
        if numbers is None:
            return None
        flat[label] = numbers.astype(float) if numbers.dtype.kind == "b" else numbers
    return flat


def _flat(value: dict) -> Iterator[tuple[str, Any]]:
    for label, part in value.items():
        if isinstance(part, dict):
            yield from _flat(part)
        else:
            yield str(label), part


def agree(values: list[np.ndarray], others: list[np.ndarray]) -> bool:
    """Whether two lists of arrays are the same, call for call."""
    return all(a.shape == b.shape and close(a, b) for a, b in zip(values, others, strict=True))
