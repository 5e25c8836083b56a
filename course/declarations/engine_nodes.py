"""The nodes on which assignment 06 tries an engine: source text that runs beside the learner's code.

A graph is written as a short program, "b = a + a; c = b + b", with its inputs by name. `build` runs it on a Value of
its own, so that a fault in the learner's class costs its own exercise alone. While an answer runs, this Value stands
in its notebook under the name Value; and its work is counted, so that an answer that would never end is stopped:
looks at nodes on any graph, every line on a small one (counting lines takes time).

The text holds what a node is, and nothing of what an exercise asks for. It needs Python alone.
"""

ENGINE = '''
import contextlib
import functools
import gc
import math
import sys


class Value:
    """A node as the notebook describes it. `crossed`, where there is one, is called whenever a local rule is."""

    crossed = None
    made = []
    looks = math.inf        # how often parents may still be read

    def __init__(self, data, parents=(), local=()):
        self.data, self._parents, self.local, self.grad = data, tuple(parents), rules(local), 0.0
        Value.made.append(self)

    @property
    def parents(self):
        Value.looks -= 1
        if Value.looks < 0:
            raise Spent
        return self._parents

    @parents.setter
    def parents(self, parents):
        self._parents = parents

    def __add__(self, other):
        if not isinstance(other, Value):
            return Value(self.data + other, (self,), (same,))
        return Value(self.data + other.data, (self, other), (same, same))

    def __mul__(self, other):
        if not isinstance(other, Value):
            return Value(self.data * other, (self,), (lambda g: g * other,))
        return Value(self.data * other.data, (self, other),
                     (lambda g: g * beside(g, other), lambda g: g * beside(g, self)))

    def __pow__(self, n):
        return Value(self.data ** n, (self,), (lambda g: g * (n * beside(g, self) ** (n - 1)),))

    def exp(self):
        out = Value(math.exp(self.data), (self,), (lambda g: g * beside(g, out),))
        return out

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (lambda g: g * float(self.data > 0),))

    def sum(self):
        ones = self.data * 0 + 1.0
        return Value(self.data.sum() if hasattr(ones, "sum") else self.data, (self,),
                     (lambda g: g * ones,))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, other):
        return self * -1 + other

    def __truediv__(self, other):
        return self * other ** -1

    def __repr__(self):
        return f"Value({self.data!r})"

    __radd__, __rmul__ = __add__, __mul__


def beside(g, value):
    return value if hasattr(g, "parents") else value.data


def same(g):
    return g


def total(values, weights=None):
    """One node with as many parents as one likes: their sum, or their weighted sum."""
    if weights is None:
        return Value(sum(value.data for value in values), values, [same] * len(values))
    return Value(sum(value.data * weight for value, weight in zip(values, weights)), values,
                 [lambda g, weight=weight: g * weight for weight in weights])


def rules(local):
    return tuple(local) if Value.crossed is None else tuple(counted(rule, Value.crossed) for rule in local)


def counted(rule, crossed):
    def local(g):
        trace = sys.gettrace()
        sys.settrace(None)      # the way to the judge and back is no work of the answer's, and differs by place
        try:
            crossed()
        finally:
            sys.settrace(trace)
        return rule(g)
    return local


def build(graph, inputs, crossed=None):
    """{name: node} of a graph's inputs and of all that its program names."""
    Value.crossed, Value.made = crossed, []
    names = {"total": total, **{name: Value(data) for name, data in inputs.items()}}
    exec(compile(graph, "<driver>", "exec"), names)
    return {name: node for name, node in names.items() if isinstance(node, Value)}


class Spent(BaseException):
    pass


class TooMuchWork(Exception):
    """The answer was stopped: it did far more than a walk over the graph takes."""


class NotTheResult(Exception):
    """The answer returned something of another kind; the message says what is asked for."""


def bounded(answer, *args):
    """answer(*args), stopped where there is no end; the notebook's Value is this one meanwhile."""
    size = len(Value.made) + sum(len(node._parents) for node in Value.made)
    left = 60 * size + 10_000

    def line(frame, event, arg):
        nonlocal left
        left -= 1
        if left < 0:
            raise Spent
        return line

    trace, before = size < 500, sys.gettrace()
    depth, collecting = sys.getrecursionlimit(), gc.isenabled()
    with lent(answer, Value=Value):
        try:
            Value.looks = 5 * size + 1_000
            if trace:
                gc.disable()            # a collection may call functions (gc.callbacks), in which Spent would be lost
                sys.settrace(line if before is None else shared(line, before))
            return answer(*args)
        except Spent:
            raise TooMuchWork("there seemed to be no end") from None
        finally:
            if trace:
                sys.settrace(before)
            if collecting:
                gc.enable()
            sys.setrecursionlimit(depth)
            Value.looks = math.inf


def shared(count, tracer):
    """`count` as the trace function while a debugger or coverage is at work: its `tracer` is told all events too."""
    entered = {}        # the frames at work, each with what the tracer wants to be called there

    def call(frame, event, arg):
        try:
            count(frame, event, arg)
        except Spent:               # nobody would tell of their ends
            for frame in reversed(list(entered)):
                tell(frame, "return", None)
            raise
        tell(frame, event, arg)
        return call

    def tell(frame, event, arg):
        told = entered.get(frame, tracer)
        if told is not None:
            entered[frame] = told(frame, event, arg)
        if event == "return":
            entered.pop(frame, None)
        frame.f_trace_lines = True
        if sys.gettrace() is not call:      # coverage's puts itself in its place; a debugger that goes on, None
            sys.settrace(call)

    return call


@contextlib.contextmanager
def lent(answer, **names):
    """Let names of the answer's notebook stand for others for a while."""
    while isinstance(answer, functools.partial):
        answer = answer.func
    space = getattr(answer, "__globals__", None)
    if space is None:
        space = getattr(type(answer).__call__, "__globals__", {})
    before = {name: space[name] for name in names if name in space}
    space.update(names)
    try:
        yield
    finally:
        for name in names:
            del space[name]
        space.update(before)


def outcome(answer, *args):
    """What an answer did where it should refuse, in words."""
    try:
        bounded(answer, *args)
    except NotImplementedError:
        raise
    except TooMuchWork:
        return "no end"
    except (ValueError, AssertionError) as error:
        return "an exception" if str(error).strip() else "an exception without a message"
    except Exception as error:
        return type(error).__name__, str(error)[:500]
    return "no exception"
'''
