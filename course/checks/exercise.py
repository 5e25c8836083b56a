"""How an exercise is declared: once, in the module of its assignment.

From a declaration follow the notebook's cells, what a learner's `check` says, what the grader runs, and what
the tests of this project feed to it.
"""

import functools
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

import autodiff
from course.checks.answering import drive_of


@dataclass(frozen=True, eq=False)
class Check:
    """A named share of an exercise's points.

    title   what it looks at, in the learner's words
    points  what it is worth; a multiple of 1/8, so that the shares add up exactly
    draw    draw(d) gives the argument tuples of its cases; each answer is compared with the oracle's
    test    in place of draw, for what one comparison can't tell: test(ask) gives None, or the Problem
    edge    True for what only `grade` runs: edge cases and fresh draws
    part    the one part of the result that it looks at (a result's name, a dict's key); None for all of it
    once    True for what takes long: it runs on the last seed alone
    """

    title: str
    points: float
    draw: Callable | None = None
    test: Callable | None = None
    edge: bool = False
    part: str | None = None
    once: bool = False


@dataclass(frozen=True, eq=False)
class Form:
    """One way of writing an answer, as Python source: an expression, or a body with its `return`."""

    signature: str
    title: str
    body: str
    given: str = ""

    @property
    def source(self):
        """The text of a function (or class) of the exercise's name."""
        if self.body.lstrip().startswith(("def ", "class ", "@", "import ", "from ")) or \
                f"{_name(self.signature)} =" in self.body:
            return textwrap.dedent(self.body).strip() + "\n"
        body = textwrap.dedent(self.body).strip()
        if "return " not in body:
            body = f"return {body}"
        return f"def {self.signature}:\n{textwrap.indent(body, '    ')}\n"

    @functools.cached_property
    def function(self):
        """What the source defines."""
        names = {"np": np}
        exec(compile(self.given, "<given>", "exec"), names)
        exec(compile(self.source, f"<{self.title}>", "exec"), names)
        return names[_name(self.signature)]


@dataclass(frozen=True, eq=False)
class Mistake(Form):
    """A wrong form: a known way of getting the exercise wrong (MISTAKES.md's id), and what to say of it.

    says    one sentence: what the learner seems to have done
    ask     one question that leads on
    """

    code: str = ""
    says: str = ""
    ask: str = ""


@dataclass(frozen=True, eq=False)
class Exercise:
    """A graded function, or class.

    signature   "mul_backward(dout, x, y)"; "class SigmoidFn"
    returns     names of the results, in order: "dx, dy"
    points      what it is worth; the checks' shares add up to it
    oracle      the right answer, by `autodiff`: oracle(*args) gives what `returns` names
    checks      the named shares
    mistakes    its wrong forms: (code, title, body, says, ask) each
    alternatives  right answers in other forms: (title, body) each; they must keep all points
    hints       a question, the idea, almost the code
    read        where the lesson treats it
    upstream    the argument in which the result is linear, or None
    difficulty  1 to 5
    minutes     how long it takes
    axes        names of the axes of arguments and results, for messages: {"x": "ND", "w": "DM"}
    driver      source of `drive(answer, *args)`, through which the checks reach an answer that does not take and
                give plain data itself (see calling.py); its parameters are then those of the checks' cases
    given       source of what the notebook's set-up cell gives to answers; wrong forms and alternatives use it
    seconds     how long the judge lets one call of the answer take, where that is more than it lets others
    """

    signature: str
    returns: str
    points: float
    oracle: Callable | None
    checks: tuple[Check, ...]
    mistakes: tuple = ()
    alternatives: tuple = ()
    hints: tuple[str, ...] = ()
    read: str = ""
    upstream: str | None = None
    difficulty: int = 1
    minutes: int = 3
    axes: dict[str, str] = field(default_factory=dict)
    driver: str = ""
    given: str = ""
    seconds: float = 0.0
    name: str = field(init=False)
    parameters: tuple[str, ...] = field(init=False)
    results: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        put = functools.partial(object.__setattr__, self)
        put("name", _name(self.signature))
        put("parameters", tuple(inspect.signature(drive_of(self.driver)).parameters)[1:] if self.driver
            else _parameters(self.signature))
        put("results", tuple(part.strip() for part in self.returns.split(",")))
        put("mistakes", tuple(
            Mistake(self.signature, title, body, self.given, code, says, ask)
            for code, title, body, says, ask in self.mistakes))
        put("alternatives", tuple(
            Form(self.signature, title, body, self.given) for title, body in self.alternatives))
        if sum(check.points for check in self.checks) != self.points:
            raise ValueError(f"{self.name}: the checks' points add up to "
                             f"{sum(check.points for check in self.checks)}, not {self.points}")
        if any(check.points * 8 % 1 for check in self.checks):
            raise ValueError(f"{self.name}: a check's points must be a multiple of 1/8")

    def named(self, args):
        """(parameter, argument) pairs of a call; those of a parameter *inputs stand together, as a tuple."""
        last = len(self.parameters) - 1
        if self.parameters and f"*{self.parameters[-1]}" in self.signature:
            args = (*args[:last], tuple(args[last:]))
        return list(zip(self.parameters, args, strict=False))

    @property
    def heading(self):
        """The first line of an answer: "def mul_backward(dout, x, y):"."""
        return f"{self.signature}:" if self.signature.startswith("class ") else f"def {self.signature}:"


def _name(signature):
    return signature.removeprefix("class ").split("(")[0]


def _parameters(signature):
    names = {}
    exec(f"def {signature}: pass", names)
    return tuple(inspect.signature(names[_name(signature)]).parameters)


def gradient_of(f, at=None):
    """The oracle of a gate's backward function: oracle(dout, *inputs), by `autodiff`.

    f    the gate's forward pass
    at   for gates whose backward function is given the output: the input of f that has this output
    """
    def oracle(dout, *inputs):
        if at is not None:
            inputs = tuple(at(value) for value in inputs)
        _, pullback = autodiff.vjp(f, *inputs)
        grads = pullback(dout)
        return grads[0] if len(inputs) == 1 else tuple(grads)
    return oracle
