"""What a learner sees of a run: a short text, and the same as a fragment of HTML where the front end shows it."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.checks import grids, markup
from course.checks.comparing import agreeing, as_numbers, close, equal, holds_arrays, parts
from course.checks.diagnosis import Diagnosis, show, show_apart
from course.checks.exercise import Exercise
from course.checks.running import Asked, Run
from course.checks.verdict import Share, Verdict, earned
from course.plaintext import one_line, plain
from course.words import sentences, tr

INLINE = 4      # elements of a vector that is written in its line; longer ones are grids


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a result, yours and expected: a number, an array, or whatever else it is.

    missing  whether yours lacks it
    """

    name: str
    mine: Any
    right: Any
    missing: bool = False

    @functools.cached_property
    def same(self) -> bool:
        return not self.missing and _agree(self.mine, self.right)

    @functools.cached_property
    def texts(self) -> tuple[str, str]:
        """The two in a line each."""
        if self.missing:
            return tr("missing"), show(self.right)
        return (show(self.mine), show(self.right)) if self.same else show_apart(self.mine, self.right)

    @functools.cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The two as arrays, where one of them has axes and both have elements."""
        mine, right = (None, None) if self.missing else (as_numbers(self.mine), as_numbers(self.right))
        if mine is None or right is None or not mine.size or not right.size or not (mine.ndim or right.ndim):
            return None
        return mine, right

    @functools.cached_property
    def _agreeing(self) -> np.ndarray | None:
        mine, right = self.arrays or (np.zeros(0), np.zeros(1))
        return agreeing(mine, right) if mine.shape == right.shape else None

    @functools.cached_property
    def grids(self) -> tuple[grids.Grid, grids.Grid] | None:
        return grids.pair(*self.arrays, self._agreeing) if self.arrays else None

    @property
    def is_large(self) -> bool:
        """Whether it is wrong, and too large for a line."""
        return not self.same and self.arrays is not None and any(
            array.ndim > 1 or array.size > INLINE for array in self.arrays)

    @property
    def shape(self) -> str:
        """The shape of what is expected, "" for a number."""
        return str(self.arrays[1].shape) if self.arrays and self.arrays[1].ndim else ""

    @property
    def found(self) -> str:
        """How much of it is wrong, in words."""
        if self.same:
            return tr("✓ right")
        if self.arrays is None:
            return tr("✗ missing") if self.missing else tr("✗ wrong")
        if self._agreeing is None:
            return tr("✗ yours has shape {mine}, expected {right}", mine=self.arrays[0].shape,
                      right=self.arrays[1].shape)
        wrong, size = int(np.sum(~self._agreeing)), self._agreeing.size
        if wrong == size:
            return tr("✗ all {size} are wrong", size=size) if size > 1 else tr("✗ wrong")
        return tr("✗ {n} of {size} is wrong", n=wrong, size=size) if wrong == 1 else \
            tr("✗ {n} of {size} are wrong", n=wrong, size=size)


@dataclass(frozen=True)
class Report:
    """A run in words; `graded` adds the points and a line for each check. `section` is the address of the lesson's.

    picture  a fragment of HTML with the answer's numbers on a graph, or ""
    """

    exercise: Exercise
    run: Run
    diagnosis: Diagnosis | None
    graded: bool = False
    section: str = ""
    picture: str = ""

    def __str__(self) -> str:
        return plain("\n".join([self.headline, *self._checks(), *self._body(), *self._notes()]))

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict[str, str], dict]:
        return {"text/plain": str(self), "text/html": self.html()}, self.verdict.as_metadata()

    @functools.cached_property
    def verdict(self) -> Verdict:
        """The same as data."""
        found, run = self.diagnosis, self.run
        return Verdict(
            self.exercise.name, one_line(found.title) if found else "", found.code if found else "", run.score,
            self.exercise.points, len(run.asked),
            tuple(Share(check.title, check.points, problem is None) for check, problem, _ in run.verdicts), run.seeds)

    @property
    def unwritten(self) -> bool:
        return self.verdict.unwritten

    @property
    def headline(self) -> str:
        head = f"{self.exercise.name}  {self.found}"
        return f"{head}  ({self.points})" if self.graded else head

    @property
    def found(self) -> str:
        return tr("✓ right on the cases shown; the next cell asks for more") if self.to_come else self.verdict.found

    @property
    def points(self) -> str:
        return earned(self.run.score, self.exercise.points)

    @property
    def to_come(self) -> list[str]:
        """What `grade` looks at beyond what `check` has found right, by the titles of its checks."""
        if self.graded or self.diagnosis:
            return []
        return [check.title for check in self.exercise.checks if check.edge and not (check.shown and check.test)]

    def _checks(self) -> Iterator[str]:
        """A line for each check, where there are points to divide."""
        if not self.graded or self.unwritten or self.run.passed or len(self.run.verdicts) < 2:
            return
        for check, problem, _ in self.run.verdicts:
            yield f"  {'✗' if problem else '✓'} {tr(check.title)} ({show_points(check.points)})"

    def _body(self) -> Iterator[str]:
        found = self.diagnosis
        if found is None or self.unwritten:
            return
        asked = found.asked
        if asked:
            if asked.args:
                yield "  " + "  ".join(f"{name}={show(value)}" for name, value in self.exercise.named(asked.args))
            rows = self.parts(asked)
            if any(part.is_large for part in rows):
                for part in rows:
                    yield from _block(part)
                if found.relation:
                    yield tr("  expected {relation}", relation=found.relation)
            elif rows:
                yield tr("  yours    ") + "  ".join(f"{part.name}={part.texts[0]}" for part in rows)
                yield tr("  expected ") + "  ".join(f"{part.name}={part.texts[1]}" for part in rows) + \
                    (f"      {found.relation}" if found.relation else "")
        yield "  " + sentences(tr(found.says), tr(found.ask)) + \
            (f"     → {tr(self.exercise.read)}" if self.exercise.read else "")

    def _notes(self) -> Iterator[str]:
        yield from (f"  {note}" for note in self.notes)

    @property
    def notes(self) -> list[str]:
        """What else is to be said: the checks to come, what the function printed, what warned."""
        found, notes = self.diagnosis, []
        if self.to_come:
            more = tr("; ") + "…" if len(self.to_come) > MOST_TO_COME else ""
            titles = tr("; ").join(map(tr, self.to_come[:MOST_TO_COME]))
            notes.append(tr("`grade` also looks at: {titles}{more}", titles=titles, more=more))
        if found and found.asked and found.asked.reply.printed:
            notes.append(tr("It printed: {text}", text=found.asked.reply.printed.strip()[:300]))
        if not self.unwritten and self.run.warnings:
            notes.append(tr("It warned (this costs nothing): {text}", text=self.run.warnings[0]))
        return notes

    def parts(self, asked: Asked) -> list[Part]:
        """The parts of the result of the call that is shown."""
        if asked.reply.failure or asked.expected is None:
            return []
        right = parts(asked.expected, self.exercise.results)
        mine = parts(asked.reply.result, self.exercise.results)
        if mine is None or right is None:
            return [Part(", ".join(self.exercise.results), asked.reply.result, asked.expected)]
        if len(right) == 1 and isinstance(asked.expected, dict) and isinstance(asked.reply.result, dict):
            mine, right = asked.reply.result, asked.expected    # a dict's entries, each by itself
        return [part for name in right
                for part in _unpacked(Part(str(name), mine.get(name), right[name], name not in mine))]

    def html(self) -> str:
        """The same as a fragment of HTML; colours only repeat what ✓, ✗ and the words say."""
        return plain(markup.fragment(self))


MOST_TO_COME = 4    # titles of checks; an engine has seven


def _unpacked(part: Part) -> Iterator[Part]:
    """A part; one by one, those of a dict that holds arrays, which no line could show."""
    if not isinstance(part.mine, dict) or not holds_arrays(part.right):
        yield part
        return
    for key, right in part.right.items():
        yield Part(f"{part.name}[{key!r}]", part.mine.get(key), right, key not in part.mine)


def _block(part: Part) -> Iterator[str]:
    """A part of a result as lines of text."""
    yield f"  {part.name} {part.shape}  {part.found}".replace("   ", "  ")
    if part.is_large and part.grids:
        yours, expected = ([f"{head} {g.part}".strip(), *g.lines()]
                           for head, g in zip((tr("yours"), tr("expected")), part.grids, strict=True))
        yield from (f"    {line}" for line in grids.beside(yours, expected))
    elif not part.same:
        yield tr("    yours {mine}   expected {right}", mine=part.texts[0], right=part.texts[1])


# Where reports go, if not to the screen: a function that takes one.
SINK: ContextVar[Callable[[Report], object] | None] = ContextVar("SINK", default=None)


def tell(report: Report) -> None:
    """Show a report: as HTML in a notebook, as text elsewhere."""
    sink = SINK.get()
    if sink is not None:
        sink(report)
        return
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display(report)
            return
    print(report)


def show_points(points: float) -> str:
    """Points without needless zeros: 2, 0.5."""
    return f"{points:g}"


def _agree(mine: Any, right: Any) -> bool:
    got = as_numbers(mine)
    if got is None or as_numbers(right) is None:
        return equal(mine, right)
    return got.shape == np.shape(right) and close(got, np.asarray(right))
