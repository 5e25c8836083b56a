"""Functions of one number to hand out to answers, and counters of their calls; assignments 01, 06 and 07 use them."""

import numpy as np

from course.words import tr


def square(t):
    return t * t


def bend(t):
    """Neither even nor odd, as its slope: a lost sign shows."""
    return t * t + np.sin(t)


def twice(t):
    return 2 * t


def cube(t):
    return t * t * t


def sin(t):
    return np.sin(t)


def cos(t):
    return np.cos(t)


class TooManyCalls(Exception):
    """Raised by a counted function that is called far more often than it should be."""


class Counter:
    """Counts the calls of the functions that it wraps; beyond `limit` calls they raise TooManyCalls."""

    def __init__(self, limit=1000):
        self.calls, self.limit = 0, limit

    def of(self, f):
        """f, counted."""
        def counted(*args):
            self.calls += 1
            if self.calls > self.limit:
                raise TooManyCalls(f"more than {self.limit} calls")
            return f(*args)
        counted.__name__ = f.__name__
        return counted

    @property
    def too_many(self):
        return self.calls > self.limit


def times(n):
    """How often, in words."""
    return tr("once") if n == 1 else tr("{n} times", n=n)
