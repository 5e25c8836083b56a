"""Runs an exercise's checks on an answer and keeps everything that was asked and answered."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course.checks.answering import is_blank, is_nothing
from course.checks.calling import Failure, Reply, call, calls
from course.checks.comparing import Problem, compare, said
from course.checks.covering import carriers, covering, tuples
from course.checks.draws import Draw
from course.checks.exercise import Check, Exercise
from course.checks.verdict import OURS
from course.words import later, tr


@dataclass
class Asked:
    """One call of the answer: what was asked, what came back, what is right, and what is wrong with it."""

    args: tuple
    reply: Reply
    expected: Any = None
    problem: Problem | None = None


# a check, the first Problem that it found or None, and the call at which it showed
Finding = tuple[Check, Problem | None, Asked | None]


@dataclass
class Run:
    """What an exercise's checks found.

    seeds     of the draws
    asked     every call, in order
    verdicts  for each check that ran, its Finding
    counts    what tests counted (calls of a function that they handed out, say)
    spans     for each of the verdicts, where its calls stand in `asked`
    seconds   what it took, of this thread's own time; 0 where nobody looked
    """

    exercise: Exercise
    seeds: tuple[int, ...] = ()
    asked: list[Asked] = field(default_factory=list)
    verdicts: list[Finding] = field(default_factory=list)
    counts: list = field(default_factory=list)
    spans: list[slice] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return all(problem is None for _, problem, _ in self.verdicts)

    @property
    def score(self) -> float:
        """Points earned; all of them only if every check of the exercise ran and passed."""
        failed = {id(check) for check, problem, _ in self.verdicts if problem}
        ran = {id(check) for check, _, _ in self.verdicts}
        return float(sum(check.points for check in self.exercise.checks
                         if id(check) in ran and id(check) not in failed))

    @property
    def warnings(self) -> list[str]:
        return list(dict.fromkeys(text for asked in self.asked for text in asked.reply.warnings))


# How an answer is called that should refuse: a kind of ValueError goes by that name.
REFUSAL = """
def drive(answer, *args):
    try:
        return answer(*args)
    except ValueError as error:
        raise ValueError(str(error)) from None
"""


class _Stop(Exception):
    """Ends a test at a call that failed."""


class Ask:
    """What a check's test is given: calls the answer, keeps the record, and stops the test at a failed call.

    ask(*args) gives the result, ask.each(many) that of one call after the other, where none depends on what an earlier
    one gave; ask.draw draws inputs; ask.count(value) enters a count into the record;
    ask.compare(*args) compares with the oracle; ask.refuses(*args, otherwise=problem) expects an exception;
    ask.here() says that a problem shows at the call just made, where a test goes on asking after it.
    """

    def __init__(self, f: Any, run: Run, seed: tuple[int, int]) -> None:
        self.f, self.run, self.seed = f, run, seed
        self.shown: Asked | None = None

    @functools.cached_property
    def draw(self) -> Draw:
        return Draw(self.seed)

    def __call__(self, *args: Any) -> Any:
        asked = self.record(args)
        if asked.problem:
            raise _Stop
        return asked.reply.result

    def each(self, many: Iterable[Iterable]) -> Iterator[Any]:
        """Call the answer with each of these arguments; the results, as they come. Whoever begins takes them all."""
        for asked in self.records([(tuple(args), None) for args in many], until="failed"):
            if asked.problem:
                raise _Stop
            yield asked.reply.result

    def compare(self, *args: Any, expected: Any = None) -> Any:
        """Call the answer and compare its result with the oracle's (or with `expected`)."""
        asked = self.record(args, expected, oracle=self.run.exercise.oracle)
        if asked.problem:
            raise _Stop
        return asked.reply.result

    def refuses(self, *args: Any, otherwise: Problem) -> None:
        """Call the answer with arguments that it should turn down, by a ValueError that says why.

        What is derived from it counts too, and so does an assertion; not what happens by accident (1/0, or a text
        behind `raise`).  `otherwise` is the Problem of an answer that goes on.
        """
        if self.record(args, otherwise=otherwise).problem:
            raise _Stop

    def here(self) -> None:
        self.shown = self.shown or self.run.asked[-1]

    def count(self, value: Any) -> Any:
        self.run.counts.append(value)
        return value

    def record(self, args: tuple, expected: Any = None, part: str | None = None, oracle: Callable | None = None,
               otherwise: Problem | None = None) -> Asked:
        """Call the answer, look at what came back, and enter both into the record."""
        if expected is None and oracle is not None:
            expected = oracle(*args)
        driver = REFUSAL if otherwise else self.run.exercise.driver
        reply = call(self.f, args, driver, self.run.exercise.seconds)
        return self._entered(args, reply, expected, part, otherwise)

    def records(self, cases: Sequence[tuple[tuple, Any]], part: str | None = None,
                until: str = "unwritten") -> Iterator[Asked]:
        """The same for (arguments, what is right or None) of calls that don't depend on each other's replies.

        They are made one after the other, up to one of which answering.ends(…, until) says that it was the last.
        """
        replies = calls(self.f, [args for args, _ in cases], self.run.exercise.driver, self.run.exercise.seconds, until)
        for (args, expected), reply in zip(cases, replies, strict=False):
            yield self._entered(args, reply, expected, part)

    def _entered(self, args: tuple, reply: Reply, expected: Any, part: str | None,
                 otherwise: Problem | None = None) -> Asked:
        problem = _not_refused(reply, otherwise, self.run.exercise) if otherwise else _failed(reply, self.run.exercise)
        asked = Asked(args, reply, expected, problem)
        if asked.problem is None and expected is not None:
            asked.problem = compare(reply.result, expected, self.run.exercise.results,
                                    any(map(_holds_floats, args)), part)
        self.run.asked.append(asked)
        return asked


class Retrace(Ask):
    """Asks a wrong form what an answer was asked, and ends the run at the first reply that tells them apart.

    theirs  the answer's Run; alike(asked, asked) whether two calls, of the answer and of the form, agree
    """

    def __init__(self, theirs: Run, alike: Callable[[Asked, Asked], bool], f: Any, run: Run,
                 seed: tuple[int, int]) -> None:
        super().__init__(f, run, seed)
        self.theirs, self.alike = theirs, alike

    def record(self, args: tuple, expected: Any = None, part: str | None = None, oracle: Callable | None = None,
               otherwise: Problem | None = None) -> Asked:
        k = len(self.run.asked)
        if k == len(self.theirs.asked):
            raise Different
        asked = super().record(args, self.theirs.asked[k].expected, part, otherwise=otherwise)
        if not self.alike(self.theirs.asked[k], asked):
            raise Different
        return asked

    def records(self, cases: Sequence[tuple[tuple, Any]], part: str | None = None,
                until: str = "unwritten") -> Iterator[Asked]:
        for args, expected in cases:        # each may be the last
            asked = self.record(args, expected, part)
            yield asked
            if asked.reply.failure is None and is_nothing(asked.reply.result):
                return      # as the answer's calls ended

    def count(self, value: Any) -> Any:
        super().count(value)
        if self.theirs.counts[:len(self.run.counts)] != self.run.counts:
            raise Different
        return value


class Different(Exception):
    """Ends the run of a wrong form that does not answer as the answer did."""


def run(exercise: Exercise, f: Any, seeds: Sequence[int] = (0,), edge: bool = True,
        asker: Callable[[Any, Run, tuple[int, int]], Ask] = Ask, checks: Sequence[Check] | None = None) -> Run:
    """Run an exercise's checks on the answer f, once for each seed; `edge` adds what only `grade` runs.

    checks  only these of the exercise's
    """
    result = Run(exercise, tuple(seeds))
    for number, check in enumerate(exercise.checks):
        if (check.edge and not (edge or check.shown)) or (checks is not None and check not in checks):
            continue
        problem = culprit = None
        begin = len(result.asked)
        for seed in seeds[-1:] if check.once else seeds:
            ask = asker(f, result, (seed, number))
            first = len(result.asked)
            problem = _test(check.test, ask) if check.test else _cases(check, ask, edge, seed == seeds[-1])
            if problem:
                wrong = next((asked for asked in result.asked[first:] if asked.problem), None)
                its_own = next((asked for asked in result.asked[first:] if asked.problem is problem), None)
                culprit = its_own or ask.shown or wrong or (result.asked[-1] if result.asked else None)
                break
        result.verdicts.append((check, problem, culprit))
        result.spans.append(slice(begin, len(result.asked)))
    return result


def _test(test: Callable, ask: Ask) -> Problem | None:
    first = len(ask.run.asked)
    try:
        return test(ask)
    except _Stop:
        return next(asked.problem for asked in ask.run.asked[first:] if asked.problem)


def _cases(check: Check, ask: Ask, edge: bool, last: bool) -> Problem | None:
    """Ask every case of a check, wrong answers or not: a mistake is named by all that it answers.

    On the last seed, grading asks every kind of number too.
    """
    first = None
    cases = _drawn(ask.run.exercise, check, ask.seed, edge, edge and last and check in carriers(ask.run.exercise))
    for asked in ask.records(cases[:1] if check.edge and not edge else cases, check.part):
        first = first or asked.problem
        if asked.problem and asked.problem.kind == "unwritten":
            break
    return first


@functools.lru_cache(512)       # the wrong forms are asked what the answer was asked, and each class the same again
def _drawn(exercise: Exercise, check: Check, seed: tuple[int, int], edge: bool,
           kinds: bool) -> list[tuple[tuple, Any]]:
    """[(arguments, what is right)] of a check's cases; with `kinds`, of every kind of number too."""
    assert check.draw and exercise.oracle       # a check has these, or else a test
    d = Draw(seed)
    cases = tuples(check.draw(d))
    if edge and check.edge and exercise.upstream:
        cases.append(_scaled(cases[0], exercise))
    asked = [(args, exercise.oracle(*args)) for args in cases]
    return asked + covering(exercise, check, d) if kinds else asked


def _scaled(args: tuple, exercise: Exercise) -> tuple:
    """The same case with another upstream gradient: a backward pass is linear in it."""
    k = exercise.parameters.index(exercise.upstream)
    if k >= len(args):
        return args
    return (*args[:k], args[k] * -2.5, *args[k + 1:])


def _failed(reply: Reply, exercise: Exercise) -> Problem | None:
    """What is wrong with a reply before one looks at its values."""
    if reply.failure:
        return Problem("unwritten" if _is_blank(reply.failure) else "raised")
    if _is_nothing(reply.result, exercise):
        return Problem("unwritten")
    if reply.changed:
        k = reply.changed[0]
        return Problem("changed", exercise.parameters[min(k, len(exercise.parameters) - 1)])
    return None


def _not_refused(reply: Reply, otherwise: Problem, exercise: Exercise) -> Problem | None:
    """None where the reply is a ValueError with a message."""
    if _is_blank(reply.failure) or (reply.failure is None and _is_nothing(reply.result, exercise)):
        return Problem("unwritten")
    if reply.failure is None or reply.failure.kind == "NotPlain":
        return otherwise
    if reply.failure.kind in OURS:
        return Problem("raised")
    if reply.failure.kind not in ("ValueError", "AssertionError"):
        return another_kind(reply.failure.kind, reply.failure.message)
    if reply.failure.message.strip():
        return None
    return said(tr("Your function stopped with {kind}, as it should, but without a word.", kind=reply.failure.kind),
                tr("What would you like to read there, a month from now?"), "W07", later("an error without a message"))


def another_kind(kind: str, message: str) -> Problem:
    """The Problem of an answer that stops with an exception of another kind than is asked for."""
    is_text = "derive from BaseException" in message
    ask = tr("What stands behind your `raise`: an exception, or a text?") if is_text else \
        tr("Do you raise it, or does it happen to you?")
    return said(tr("Your function stopped with {kind} ({message}); a ValueError is asked for, whose message says what "
                   "is wrong.", kind=kind, message=message.rstrip(".")), ask, title=later("another kind of error"))


def _is_blank(failure: Failure | None) -> bool:
    return failure is not None and is_blank(failure.kind, failure.message)


def _is_nothing(value: Any, exercise: Exercise) -> bool:
    """None, or one None for each of several results: a stub's. What a driver makes of an answer is none."""
    if isinstance(value, tuple | list) and not exercise.driver and len(value) == len(exercise.results) > 1:
        return all(part is None for part in value)
    return value is None


def _holds_floats(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_floats, value))
    if isinstance(value, dict):
        return any(map(_holds_floats, value.values()))
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
