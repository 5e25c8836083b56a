"""The one slip of a right answer's text that gives the learner's numbers, at every call.

It is matched by what it computes, not by how the learner wrote it. Slips are this project's own code, so they are
called directly, on copies; most of them are out after one call, the first at which the answer went wrong.
"""

import contextlib
import copy
import functools
import io
import itertools
import warnings
from collections.abc import Callable, Iterator, Set
from typing import Any

import numpy as np

from course.checks import codec
from course.checks.answering import drive_of
from course.checks.calling import Failure, Reply
from course.checks.causes.evidence import Cause, Evidence, labelled
from course.checks.causes.kinds import KINDS, UNNAMED
from course.checks.causes.programs import OutOfTime, Program
from course.checks.causes.programs import program as program_of
from course.checks.causes.results import constant, proves, zeros_alone
from course.checks.causes.slips import NONE, Slip
from course.checks.clock import own_seconds
from course.checks.comparing import close
from course.checks.exercise import Exercise, parameters_of
from course.checks.running import Asked, Run
from course.words import tr

SECONDS = 0.08          # of this thread's own time, for all slips of an answer that is checked
SECONDS_GRADED = 0.3    # and of one that is graded: it has been asked more
MOST_KEPT = 3_000       # replies
# in rank: a slip of the notebook's own answer is likelier than one of a right answer in other form
FURTHER = 0.6
TINY = 1e-13            # what rounding leaves of 0
NEAR = 1.6              # a cause of at most this rank, of all that is wrong, ends the search


class Search:
    """All slips of an exercise's right answers, tried on the calls of one run, within a bounded time."""

    def __init__(self, exercise: Exercise, run: Run, seconds: float) -> None:
        self.exercise, self.run = exercise, run
        self.until = own_seconds() + seconds
        self.further = 0.0
        self.packed: dict[int, bytes | None] = {}
        self.names = {*parameters_of(exercise.signature), *exercise.results}

    def by_results(self, evidence: Evidence) -> list[Cause]:
        """The slips that give the learner's numbers of at least one wrong result at every call."""
        firsts = {label: next(k for k, (mine, right) in enumerate(zip(
            evidence.mine[label], evidence.right[label], strict=True)) if not close(mine, right))
            for label in evidence.wrong if proves(evidence, label) and (
                self.exercise.upstream is not None or constant(evidence, label) is None)}
        found: list[Cause] = []
        with _quietly():
            for program, k in self._slips(lambda: explained(found, evidence)):
                hit: list[str] = []
                for first in sorted(set(firsts.values())):
                    hit += self._gives(program, k, evidence, first, [
                        label for label, at in firsts.items() if at == first])
                for number in range(len(evidence.calls)):
                    hit = self._gives(program, k, evidence, number, hit) if hit else hit
                if hit:
                    found.append(self._cause(program, k, tuple(hit), evidence))
        return found

    def by_replies(self, alike: Callable[[Asked, Asked], bool], follows: Callable[[Any], bool]) -> list[Cause]:
        """The slips that answer every call as the learner's answer did, whatever the check asks."""
        shown = next((asked for asked in self.run.asked if asked.problem), self.run.asked[-1])
        found: list[Cause] = []
        if zeros_alone(self.run):
            return found
        with _quietly():
            for program, k in self._slips(lambda: bool(found)):
                reply = self._reply(program, k, shown)
                if alike(shown, Asked(shown.args, reply, shown.expected, shown.problem)) \
                        and follows(program.choose(k)):
                    found.append(_said(program.slips[k], self.exercise.results, self.further, self.names))
        return found

    def _slips(self, done: Callable[[], bool]) -> Iterator[tuple[Program, int]]:
        """Right answers one after the other, each with the numbers of its slips, until `done()` or out of time."""
        for number in itertools.count():
            start = own_seconds()
            program = None if done() or start > self.until else program_of(self.exercise, number)
            if program is None:
                return
            if not number:      # the first is woven once, and is not to cost the search that needs it first
                self.until += own_seconds() - start
            program.until = self.until
            self.further = FURTHER * (number > 0)
            try:
                for k in range(len(program.slips)):
                    if own_seconds() > self.until:
                        return
                    yield program, k
            finally:
                program.choose(NONE)
                program.until = float("inf")

    def _reply(self, program: Program, k: int, asked: Asked) -> Reply:
        packed = self._packed(asked)
        known = program.replies.get((k, packed)) if packed is not None else None
        if known is None:
            known = self._called(program.choose(k), asked.args)
            stopped = known.failure is not None and known.failure.kind == OutOfTime.__name__
            if packed is not None and not stopped and len(program.replies) < MOST_KEPT:
                program.replies[k, packed] = known
        return known

    def _packed(self, asked: Asked) -> bytes | None:
        """A call's arguments as bytes, by which its replies are kept; None where there is a function among them."""
        if id(asked) not in self.packed:
            try:
                self.packed[id(asked)] = codec.pack(list(asked.args))
            except codec.NotPlain:
                self.packed[id(asked)] = None
        return self.packed[id(asked)]

    def _called(self, f: Any, args: tuple) -> Reply:
        if self.exercise.driver:
            f = functools.partial(drive_of(self.exercise.driver), f)
        try:
            return Reply(codec.unpack(codec.pack(f(*map(_copied, args)))))
        except Exception as error:
            return Reply(failure=Failure(type(error).__name__, str(error)[:500]))

    def _gives(self, program: Program, k: int, evidence: Evidence, number: int, labels: list[str]) -> list[str]:
        """Those of some results that come out as the learner's at a call."""
        if not labels:
            return []
        reply = self._reply(program, k, evidence.calls[number])
        other = None if reply.failure else labelled(reply.result, evidence.names)
        return [label for label in labels if other and label in other and
                _equal(evidence.mine[label][number], other[label])]

    def _cause(self, program: Program, k: int, hit: tuple[str, ...], evidence: Evidence) -> Cause:
        rest = [label for label in evidence.right if label not in hit]
        others = len(rest)
        for number in range(len(evidence.calls)):
            rest = self._gives(program, k, evidence, number, rest)
        silent = [label for label in rest if label in evidence.wrong]       # such as zeros: they prove nothing alone
        explains = tuple(label for label in evidence.wrong if label in hit or label in silent)
        return _said(program.slips[k], explains, self.further, {*self.names, *evidence.right}, others - len(rest))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Slips divide by zero, and print what the answer prints."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _copied(value: Any) -> Any:
    """A value of its own, which a slip may write into."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)(map(_copied, value))
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return value if callable(value) else copy.copy(value)


def explained(causes: list[Cause], evidence: Evidence, rank: float = NEAR) -> bool:
    """Whether causes of at most this rank are known of all that is wrong."""
    near = [cause for cause in causes if cause.rank <= rank]
    return {label for cause in near for label in cause.results} >= set(evidence.wrong)


def _equal(mine: np.ndarray, other: np.ndarray) -> bool:
    """Whether a slip gives the learner's numbers: measured by these, so that something small is not taken for 0."""
    if not other.shape:
        other = np.broadcast_to(other, mine.shape)
    if mine.shape != other.shape:
        return False
    if not mine.shape and not abs(mine - other) <= 1e-6 * abs(mine) + TINY:     # most are far off
        return bool(np.isnan(mine) and np.isnan(other)) or bool(mine == other)
    return close(other, mine)


def _said(slip: Slip, results: tuple[str, ...], further: float, names: Set[str], others: int = 0) -> Cause:
    """names  that the learner knows from the stub; other names of a right answer are not told"""
    kind = KINDS[slip.kind]
    clause = kind.clause
    if slip.kind == "another name":
        one, other = slip.detail
        clause = UNNAMED.get((one in names, other in names), clause)
    return Cause(results, slip.kind, tr(clause).format(*slip.detail),
                 tr(kind.ask).format(*slip.detail), kind.rank + further, others)
