"""Exercises of which each learner has a variant: numbers in the statement, drawn for the learner's id.

The same id gives the same numbers everywhere and always: in the notebook, in the grader, after a new release, in a
regrade. They are made by hashing alone, since the streams of random generators change with their versions, and a
learner's Python or numpy is seldom the grader's.
"""

import contextlib
import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

EXAMPLE = ""        # the id of nobody, whose variant is the one that is tried and told of


class Numbers:
    """Draws for a statement: small round numbers, the same for the same learner and exercise."""

    def __init__(self, learner: str, exercise: str) -> None:
        self._seed, self._drawn = f"{normal(learner)}/{exercise}", 0

    def _below(self, n: int) -> int:
        self._drawn += 1
        found = hashlib.blake2b(f"{self._seed}/{self._drawn}".encode(), digest_size=8).digest()
        return int.from_bytes(found, "little") % n

    def one_of(self, choices: Sequence[Any]) -> Any:
        """One of these."""
        return choices[self._below(len(choices))]

    def whole(self, low: int = 3, high: int = 9) -> int:
        """A whole number from `low` to `high`; by default none that hides a mistake, as 0, 1 and 2 do."""
        return low + self._below(high - low + 1)

    def tenths(self, low: float = 0.3, high: float = 3.0) -> float:
        """A number with one digit behind the point, from `low` to `high`; of 1 and 2, which hide mistakes, neither."""
        tenths = range(round(10 * low), round(10 * high) + 1)
        return self.one_of([k for k in tenths if k not in (0, 10, 20)]) / 10


@dataclass(frozen=True)
class Variant:
    """What of an exercise is each learner's own.

    draw    draw(d) gives the numbers of a learner by name, {"a": d.whole(), "b": d.whole()}; d is a Numbers
    oracle  oracle(a=…, b=…) gives the oracle of the exercise with these numbers
    """

    draw: Callable[[Numbers], dict[str, Any]]
    oracle: Callable[..., Callable]


@dataclass(frozen=True)
class Whose:
    """Whose variants are asked for, where the grader knows it; `told` holds what `my_numbers` has given meanwhile:
    {exercise: (what it returned, what it showed)}."""

    learner: str
    told: dict[str, tuple[Any, str]] = field(default_factory=dict)


WHOSE: ContextVar[Whose | None] = ContextVar("WHOSE", default=None)


@contextlib.contextmanager
def belonging_to(learner: str) -> Iterator[Whose]:
    """Meanwhile, exercises are those of a learner, whatever a notebook says."""
    token = WHOSE.set(whose := Whose(learner))
    try:
        yield whose
    finally:
        WHOSE.reset(token)


def normal(learner: str) -> str:
    """An id as it is drawn for: without what somebody who types it may write in another way. Of an address, the part
    before the @."""
    return unicodedata.normalize("NFKC", learner).strip().casefold().split("@")[0]
