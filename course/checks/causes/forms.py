"""The one slip of a right answer's text that gives the learner's numbers, at every call.

It is matched by what it computes, not by how the learner wrote it. So many slips are called that most of them must be
out after one call, the first at which the answer went wrong.
"""

import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

from course.checks import codec
from course.checks.calling import Reply, call
from course.checks.causes.evidence import Cause, Evidence, labelled
from course.checks.causes.kinds import KINDS
from course.checks.causes.slips import NONE, Slip, Woven, program as program_of
from course.checks.comparing import close
from course.checks.exercise import Exercise, Form
from course.checks.running import Asked, Run

MOST_SECONDS = 0.1      # of this thread's own time, for all slips of an answer
MOST_KEPT = 3_000       # replies
FURTHER = 0.6          # in rank: a slip of the notebook's own answer is likelier than one of a right answer in other form


class Search:
    """All slips of an exercise's right answers, tried on the calls of one run, within a bounded time."""

    def __init__(self, exercise: Exercise, run: Run, seconds: float = MOST_SECONDS) -> None:
        self.exercise, self.run = exercise, run
        self.until = time.thread_time() + seconds
        self.further = 0.0

    def by_results(self, evidence: Evidence) -> list[Cause]:
        """The slips that give the learner's numbers of at least one wrong result at every call."""
        firsts = {label: next(k for k, (mine, right) in enumerate(zip(
            evidence.mine[label], evidence.right[label], strict=True)) if not close(mine, right))
            for label in evidence.wrong}
        found = []
        for first in sorted(set(firsts.values())):
            labels = [label for label in evidence.wrong if firsts[label] == first]
            for program, k in self._slips():
                hit = self._gives(program, k, evidence, first, labels)
                if hit:
                    for call_number in range(len(evidence.calls)):
                        hit = hit and self._gives(program, k, evidence, call_number, hit)
                if hit:
                    found.append(self._cause(program, k, tuple(hit), evidence))
        return found

    def by_replies(self, alike: Callable[[Asked, Asked], bool], follows: Callable[[Form | object], bool]) -> list[Cause]:
        """The slips that answer every call as the learner's answer did, whatever the check asks."""
        shown = next((asked for asked in self.run.asked if asked.problem), self.run.asked[-1])
        found = []
        for program, k in self._slips():
            reply = self._reply(program, k, shown)
            if reply is None or not alike(shown, Asked(shown.args, reply, shown.expected, shown.problem)):
                continue
            if follows(program.choose(k)):
                found.append(_said(program.slips[k], self.exercise.results, self.further))
        return found

    def _slips(self) -> Iterator[tuple[Woven, int]]:
        for number in itertools.count():
            program = program_of(self.exercise, number) if time.thread_time() < self.until else None
            if program is None:
                return
            program.until = self.until
            self.further = FURTHER * (number > 0)
            try:
                for k in range(len(program.slips)):
                    if time.thread_time() > self.until:
                        return
                    yield program, k
            finally:
                program.choose(NONE)

    def _reply(self, program: Woven, k: int, asked: Asked) -> Reply | None:
        try:
            packed = codec.pack(list(asked.args))
        except codec.NotPlain:
            packed = None
        if packed is not None and (k, packed) in program.replies:
            return program.replies[k, packed]
        reply = call(program.choose(k), asked.args, self.exercise.driver)
        if packed is not None and len(program.replies) < MOST_KEPT:
            program.replies[k, packed] = reply
        return reply

    def _gives(self, program: Woven, k: int, evidence: Evidence, number: int, labels: list[str]) -> list[str]:
        """Those of some results that come out as the learner's at a call."""
        reply = self._reply(program, k, evidence.calls[number])
        if reply is None or reply.failure:
            return []
        other = labelled(reply.result, evidence.names)
        return [label for label in labels if other and label in other and
                _equal(evidence.mine[label][number], other[label])]

    def _cause(self, program: Woven, k: int, hit: tuple[str, ...], evidence: Evidence) -> Cause:
        rest = [label for label in evidence.right if label not in hit]
        for number in range(len(evidence.calls)):
            rest = self._gives(program, k, evidence, number, rest) if rest else rest
        return _said(program.slips[k], hit, self.further, len(evidence.right) - len(hit) - len(rest))


def _equal(mine: np.ndarray, other: np.ndarray) -> bool:
    with np.errstate(all="ignore"):
        return mine.shape == other.shape and close(mine, other)


def _said(slip: Slip, results: tuple[str, ...], further: float, others: int = 0) -> Cause:
    kind = KINDS[slip.kind]
    return Cause(results, slip.kind, kind.clause.format(*slip.detail), kind.ask.format(*slip.detail), kind.rank + further,
                 others)
