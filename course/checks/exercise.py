"""How an exercise is declared: once, in the module of its assignment.

From a declaration follow the notebook's cells, what a learner's `check` says, what the grader runs, and what
the tests of this project feed to it.
"""

import functools
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np

from course.checks.answering import drive_of
from course.checks.oracles import gradient_of
from course.checks.variants import EXAMPLE, Numbers, Variant

__all__ = ["Check", "Exercise", "Form", "Mistake", "Variant", "gradient_of"]


@dataclass(frozen=True, eq=False)
class Check:
    """A named share of an exercise's points.

    title   what it looks at, in the learner's words
    points  what it is worth; a multiple of 1/8, so that the shares add up exactly
    draw    draw(d) gives the argument tuples of its cases; each answer is compared with the oracle's
    test    in place of draw, for what one comparison can't tell: test(ask) gives None, or the Problem
    edge    True for what only `grade` runs: edge cases and fresh draws
    shown   True for an edge check that holds the exercise's headline rule: `check` asks its first case, or its test
    part    the one part of the result that it looks at (a result's name, a dict's key); None for all of it
    once    True for what takes long: it runs on the last seed alone
    kinds   True where grading puts every kind of number into this check's own cases; else the exercise's last check
            with draws gets those of the first
    """

    title: str
    points: float
    draw: Callable | None = None
    test: Callable | None = None
    edge: bool = False
    shown: bool = False
    part: str | None = None
    once: bool = False
    kinds: bool = False


@dataclass(frozen=True, eq=False)
class Form:
    """One way of writing an answer.

    name    the exercise's name, which the text defines
    title   what is special about it
    source  its text, as it would stand in the notebook
    given   source of what the notebook's set-up cells give
    """

    name: str
    title: str
    source: str
    given: str = ""

    @functools.cached_property
    def function(self):
        """What the text defines, made as in a notebook: it knows numpy, what is given, and nothing of this project."""
        names = {"np": np}
        exec(compile(self.given, "<given>", "exec"), names)
        exec(compile(self.source, f"<{self.title}>", "exec"), names)
        return names[self.name]


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
    """A graded function, or class; to it are added its wrong forms, and right answers in other forms.

    A form is code as a learner would write it, under the exercise's own name:

        @MUL.mistake(code="G02", title="inputs not swapped", says="You gave x its own value.", ask="What moves x·y?")
        def mul_backward(dout, x, y):
            return dout * x, dout * y

    signature   "mul_backward(dout, x, y)"; "class SigmoidFn"
    returns     names of the results, in order: "dx, dy"
    points      what it is worth; the checks' shares add up to it
    oracle      the right answer, by `autodiff`: oracle(*args) gives what `returns` names
    checks      the named shares
    hints       a question, the idea, almost the code
    read        where the lesson treats it
    upstream    the argument in which the result is linear, or None
    difficulty  1 to 5
    minutes     how long it takes
    axes        names of the axes of arguments and results, for messages: {"x": "ND", "w": "DM"}
    driver      source of `drive(answer, *args)`, through which the checks reach an answer that does not take and
                give plain data itself (see calling.py); its parameters are then those of the checks' cases
    given       what the notebook's set-up cell gives to answers, and so to forms: a module that holds it, or its source
    seconds     how long the judge lets one call of the answer take, where that is more than it lets others
    outside     kinds of numbers that an argument is never asked, with the reason (see covering.py):
                {"x": {"zero": "1/x has no slope at 0"}}, or {"cache": "…"} for all kinds
    base        base(d) gives the cases into which grading puts every kind of number; those of the checks' first draws
                if left out
    variant     in place of `oracle`: numbers of the statement that are drawn for each learner, and the oracle that
                they make; forms find the numbers under their names
    learner     whose variant this is; as declared, an example's (see `of`)
    numbers     the variant's, by name
    mistakes    its wrong forms; where several answer as a learner's does, the first is named
    alternatives  right answers in other forms
    solution    solution() gives the text of the notebook's own answer, "" where it is not at hand
    """

    signature: str
    returns: str
    points: float
    oracle: Callable | None = None
    checks: tuple[Check, ...] = ()
    hints: tuple[str, ...] = ()
    read: str = ""
    upstream: str | None = None
    difficulty: int = 1
    minutes: int = 3
    axes: dict[str, str] = field(default_factory=dict)
    driver: str = ""
    given: str | ModuleType = ""
    seconds: float = 0.0
    outside: dict[str, str | dict[str, str]] = field(default_factory=dict)
    base: Callable | None = None
    variant: Variant | None = None
    learner: str = EXAMPLE
    numbers: dict[str, Any] = field(init=False, default_factory=dict)
    mistakes: list[Mistake] = field(init=False, default_factory=list)
    alternatives: list[Form] = field(init=False, default_factory=list)
    solution: Callable[[], str] = field(init=False, default=str)
    name: str = field(init=False)
    parameters: tuple[str, ...] = field(init=False)
    results: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        put = functools.partial(object.__setattr__, self)
        put("name", _name(self.signature))
        if isinstance(self.given, ModuleType):
            put("given", inspect.getsource(self.given))
        put("parameters", tuple(inspect.signature(drive_of(self.driver)).parameters)[1:] if self.driver
            else parameters_of(self.signature))
        put("results", tuple(part.strip() for part in self.returns.split(",")))
        if self.variant is not None:
            put("numbers", self.variant.draw(Numbers(self.learner, self.name)))
            put("oracle", self.variant.oracle(**self.numbers))
        if sum(check.points for check in self.checks) != self.points:
            raise ValueError(f"{self.name}: the checks' points add up to "
                             f"{sum(check.points for check in self.checks)}, not {self.points}")
        if any(check.points * 8 % 1 for check in self.checks):
            raise ValueError(f"{self.name}: a check's points must be a multiple of 1/8")

    @property
    def surroundings(self) -> str:
        """Source of all that an answer finds there: what is given, and the numbers of the learner's variant."""
        return "\n".join([str(self.given), *(f"{name} = {value!r}" for name, value in self.numbers.items())])

    def of(self, learner: str) -> "Exercise":
        """The variant of a learner; the exercise itself, where all have the same."""
        return self if self.variant is None or learner == self.learner else _variant(self, learner)

    def mistake(self, *, code: str, title: str, says: str, ask: str = "", body: str | None = None,
                source: str | None = None):
        """Add a wrong form: the definition that this decorates.

        What a template makes is given as text instead: `body` the lines of the function, or `source` all of it.
        Raises ValueError, with file and line, for what can't be right.
        """
        place = _Place.of(sys._getframe(1))
        for part, text in (("code", code), ("title", title), ("says", says)):
            if not text:
                raise place.refusal(f"a mistake of {self.name} has no {part}")
        for other in self.mistakes:
            if other.title == title and other.code != code:
                raise place.refusal(f"{self.name} has a mistake {title!r} already, {other.code}")
        make = functools.partial(Mistake, self.name, title, given=self.surroundings, code=code, says=says, ask=ask)
        return self._add(self.mistakes, make, place, body, source)

    def alternative(self, *, title: str, body: str | None = None, source: str | None = None):
        """Add a right answer in another form, as `mistake` adds a wrong one; it must keep all points."""
        place = _Place.of(sys._getframe(1))
        if not title:
            raise place.refusal(f"an alternative of {self.name} has no title")
        if any(other.title == title for other in self.alternatives):
            raise place.refusal(f"{self.name} has an alternative {title!r} already")
        make = functools.partial(Form, self.name, title, given=self.surroundings)
        return self._add(self.alternatives, make, place, body, source)

    def solved_by(self, solution: Callable[[], str]):
        """Say where the notebook's own answer is to be read."""
        object.__setattr__(self, "solution", solution)

    def right_forms(self) -> list[Form]:
        """Right answers: the notebook's own first, where it is at hand, then those in other forms."""
        text = self.solution()
        own = [Form(self.name, "the notebook's own", text, self.surroundings)] if text else []
        return [*own, *self.alternatives]

    def _add(self, forms, make, place, body, source):
        if body is not None:
            source = f"{self.heading}\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}"
        if source is not None:
            forms.append(make(source=source.strip() + "\n"))
            return None

        def decorator(definition):
            forms[at] = make(source=self._text_of(definition, place))
            return definition

        at = len(forms)
        forms.append(make(source=f"raise ValueError({str(place.refusal('nothing is decorated here'))!r})\n"))
        return decorator

    def _text_of(self, definition, place):
        """The source of a decorated definition."""
        text = place.definition()
        asked_for_class = self.signature.startswith("class ")
        if inspect.isclass(definition) and not asked_for_class:     # an object of the class answers
            return f"{text}\n\n{self.name} = {definition.__name__}()\n"
        fits = definition.__name__ == self.name if asked_for_class else text.startswith(self.heading)
        if not fits:
            raise place.refusal(f"this begins with `{text.splitlines()[0]}`; the exercise begins with `{self.heading}`")
        return text

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


@functools.lru_cache(100)       # one object for each: what is known of an exercise is kept by it
def _variant(exercise, learner):
    other = replace(exercise, learner=learner)
    other.mistakes.extend(replace(form, given=other.surroundings) for form in exercise.mistakes)
    other.alternatives.extend(replace(form, given=other.surroundings) for form in exercise.alternatives)
    other.solved_by(exercise.solution)
    return other


def _name(signature):
    return signature.removeprefix("class ").split("(")[0]


def parameters_of(signature):
    """The names of a signature's parameters: "f(x, y)", or "class F"."""
    if signature.startswith("class "):
        return ()
    names = {}
    exec(f"def {signature}: pass", names)
    return tuple(inspect.signature(names[_name(signature)]).parameters)


@dataclass(frozen=True)
class _Place:
    """Where something is declared: a file, the number of a line in it, and the file's lines.

    The lines are taken at once, since a file may be replaced by a newer one while the course is in use. Nothing is
    parsed: whoever asks for a check waits for the declarations.
    """

    file: str
    line: int
    lines: list[str]

    @classmethod
    def of(cls, frame):
        file = frame.f_code.co_filename
        linecache.checkcache(file)
        return cls(file, frame.f_lineno, linecache.getlines(file, frame.f_globals))

    def definition(self):
        """The text of the definition whose decorator begins here, without the decorator, at the margin."""
        lines = self.lines[self.line - 1:] or [""]
        margin = len(lines[0]) - len(lines[0].lstrip())
        first = next((k for k, line in enumerate(lines) if line.startswith(("def ", "class "), margin)), None)
        if first is None:
            raise self.refusal("the text of a definition is not to be found here")
        last = first + 1
        while last < len(lines) and not lines[last][:margin + 1].strip():
            last += 1
        text = "".join(lines[first:last])
        return (textwrap.dedent(text) if margin else text).strip() + "\n"

    def refusal(self, why):
        return ValueError(f"{self.file}:{self.line}: {why}")
