"""Random inputs on which wrong answers show.

A weak input hides a mistake: 1 hides a dropped upstream gradient, equal inputs hide a missing swap, a square
matrix hides a missing transpose.  What is drawn here is never 0, 1, -1 or 2, never twice the same, and arrays
hold both signs.
"""

import contextlib
import functools
import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar

import numpy as np

# The seed of the draws that nobody has seen, for an exercise's name
FRESH: ContextVar[Callable[[str], int]] = ContextVar("FRESH", default=lambda exercise: secrets.randbits(64))


@contextlib.contextmanager
def shared(secret: bytes) -> Iterator[None]:
    """Meanwhile, all answers to an exercise get the same draws; who does not know the secret can't tell which.

    The seed of one exercise, which a report shows, says nothing of another's.
    """
    token = FRESH.set(functools.partial(_seed, secret))
    try:
        yield
    finally:
        FRESH.reset(token)


def _seed(secret: bytes, exercise: str) -> int:
    return int.from_bytes(hashlib.blake2b(exercise.encode(), key=secret, digest_size=8).digest(), "little")


class Draw:
    """Draws of one seed; a check's `draw(d)` uses it to make its cases."""

    def __init__(self, seed: int | Sequence[int]) -> None:
        self.rng = np.random.default_rng(seed)

    def number(self, low: float = 0.3, high: float = 3.0) -> float:
        """A float with `low` < |value| < `high`, of either sign, well away from ±1 and ±2."""
        return float(self.rng.choice((-1.0, 1.0))) * self.positive(low, high)

    def positive(self, low: float = 0.3, high: float = 3.0) -> float:
        """A float between `low` and `high`, well away from 1 and 2."""
        while True:
            value = float(self.rng.uniform(low, high))
            if min(abs(value - 1.0), abs(value - 2.0)) > 0.05:
                return value

    def numbers(self, n: int) -> tuple[float, ...]:
        """A tuple of n numbers."""
        return tuple(self.number() for _ in range(n))

    def mirrored(self, n: int) -> tuple[tuple[float, ...], ...]:
        """Tuples of n numbers; the last is the one before it with every sign turned, so that no sign is missing."""
        values = self.numbers(n)
        return self.numbers(n), values, tuple(-value for value in values)

    def array(self, *shape: int, low: float = 0.3, high: float = 3.0) -> np.ndarray:
        """An array of numbers, both signs among them where it has two elements or more."""
        values = self.rng.uniform(low, high, shape) * self.rng.choice((-1.0, 1.0), shape)
        if values.size > 1 and (values > 0).all() | (values < 0).all():
            values.flat[int(self.rng.integers(values.size))] *= -1.0
        return values

    def positives(self, *shape: int, low: float = 0.3, high: float = 3.0) -> np.ndarray:
        """An array of positive numbers."""
        return self.rng.uniform(low, high, shape)

    def arrays(self, n: int, *shape: int) -> tuple[np.ndarray, ...]:
        """A tuple of n arrays of one shape."""
        return tuple(self.array(*shape) for _ in range(n))
