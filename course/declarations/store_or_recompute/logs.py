"""What a chain of stages costs: a log of calls, and what is held at the same time."""

import itertools

from course.declarations.functions import TooManyCalls, square, twice


def lives(trace):
    """{name: [(first, last), …]} of a trace: the events at which each life of a value begins and ends.

    A life begins where the value is made, and ends at its last use before it is made again.
    """
    found = {}
    for at, (what, name) in enumerate(trace):
        if what == "make":
            found.setdefault(name, []).append((at, at))
        else:
            found[name][-1] = (found[name][-1][0], at)
    return found


def peak(trace):
    """The oracle of peak_memory: how many values live at the same time, at most."""
    change = [0] * (len(trace) + 1)
    for first, last in itertools.chain(*lives(trace).values()):
        change[first] += 1
        change[last + 1] -= 1
    return max(itertools.accumulate(change))


class Log:
    """Stages to hand out, and a log of what was done with them.

    fs, dfs   the stages and their derivatives, logged; hand these out
    calls     how often stages were called
    slopes    which derivatives were called, in order
    trace     what was made and used, as peak_memory takes it

    Value k is what goes into stage k; value 0 is given. fs[k] makes value k + 1 and has used value k until then, so
    both are there at that moment; dfs[k] uses value k. Values are known by their stage, never by their number: two
    of them may be equal, and one may be made again. Beyond `limit` calls a stage raises TooManyCalls.
    """

    def __init__(self, fs, dfs, limit=2000):
        self.calls, self.limit, self.slopes = 0, limit, []
        self.trace, self.made = [("make", 0)], {0}
        self.fs = [self._stage(k, f) for k, f in enumerate(fs)]
        self.dfs = [self._slope(k, df) for k, df in enumerate(dfs)]

    @property
    def held(self):
        """How many values had to be held at the same time, at most."""
        return peak(self.trace)

    def _stage(self, k, f):
        def stage(t):
            self.calls += 1
            if self.calls > self.limit:
                raise TooManyCalls(f"more than {self.limit} calls")
            self._there(k)
            self._there(k + 1, by_a_call=True)
            self.trace.append(("use", k))
            return f(t)
        stage.__name__ = f"f{k}"
        return stage

    def _slope(self, k, df):
        def slope(t):
            if len(self.slopes) > self.limit:
                raise TooManyCalls(f"more than {self.limit} calls")
            self._there(k)
            self.slopes.append(k)
            self.trace.append(("use", k))
            return df(t)
        slope.__name__ = f"df{k}"
        return slope

    def _there(self, k, by_a_call=False):
        """Enter value k as made; one that is used and no call has made has been there from the start."""
        if by_a_call:
            self.trace.append(("make", k))
        elif k not in self.made:
            self.trace.insert(0, ("make", k))
        self.made.add(k)


def store(fs, dfs, w):
    """Forward with all values kept, then back."""
    values = [w]
    for f in fs[:-1]:
        values.append(f(values[-1]))
    grad = 1.0
    for df, value in zip(reversed(dfs), reversed(values), strict=True):
        grad *= df(value)
    return grad


def recompute(fs, dfs, w):
    """Back from the last stage, each value computed from w."""
    grad = 1.0
    for k in reversed(range(len(fs))):
        value = w
        for f in fs[:k]:
            value = f(value)
        grad *= dfs[k](value)
    return grad


def log_of(program, n):
    """The Log of a program on n stages."""
    log = Log([square] * n, [twice] * n)
    program(log.fs, log.dfs, 0.5)
    return log
