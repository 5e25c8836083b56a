"""What a learner sees of a run: a short text, and a small table where the front end shows HTML."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from course.checks.comparing import as_numbers, close, equal, parts
from course.checks.diagnosis import Diagnosis, show, show_apart
from course.checks.exercise import Exercise
from course.checks.running import Asked, Run
from course.checks.verdict import Share, Verdict, counted
from course.plaintext import one_line, plain

GREEN, RED, GREY = "#00735C", "#B3261E", "#6b7280"


@dataclass(frozen=True)
class Report:
    """A run in words; `graded` adds the points and a line for each check."""

    exercise: Exercise
    run: Run
    diagnosis: Diagnosis | None
    graded: bool = False

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
        head = f"{self.exercise.name}  {self.verdict.found}"
        return f"{head}  ({show_points(self.run.score)} of {counted(self.exercise.points, 'point')})" \
            if self.graded else head

    def _checks(self) -> Iterator[str]:
        """A line for each check, where there are points to divide."""
        if not self.graded or self.unwritten or self.run.passed or len(self.run.verdicts) < 2:
            return
        for check, problem, _ in self.run.verdicts:
            yield f"  {'✗' if problem else '✓'} {check.title} ({show_points(check.points)})"

    def _body(self) -> Iterator[str]:
        found = self.diagnosis
        if found is None or self.unwritten:
            return
        asked = found.asked
        if asked:
            yield "  " + "  ".join(self._arguments(asked))
            rows = self._results(asked)
            if rows:
                yield "  yours    " + "  ".join(f"{name}={mine}" for name, mine, _, _ in rows)
                yield "  expected " + "  ".join(f"{name}={right}" for name, _, right, _ in rows) + \
                    (f"      {found.relation}" if found.relation else "")
        yield "  " + " ".join(filter(None, [found.says, found.ask])) + \
            (f"     → {self.exercise.read}" if self.exercise.read else "")

    def _notes(self) -> Iterator[str]:
        found = self.diagnosis
        if found and found.asked and found.asked.reply.printed:
            yield "  It printed: " + found.asked.reply.printed.strip()[:300]
        if not self.unwritten and self.run.warnings:
            yield f"  It warned (this costs nothing): {self.run.warnings[0]}"

    def _arguments(self, asked: Asked) -> list[str]:
        return [f"{name}={show(value)}" for name, value in self.exercise.named(asked.args)]

    def _results(self, asked: Asked) -> list[tuple[str, str, str, bool]]:
        """(name, yours, expected, whether they agree) for each result of the call that is shown."""
        if asked.reply.failure or asked.expected is None:
            return []
        right = parts(asked.expected, self.exercise.results)
        mine = parts(asked.reply.result, self.exercise.results)
        if mine is None or right is None:
            return [(", ".join(self.exercise.results), show(asked.reply.result), show(asked.expected), False)]
        if len(right) == 1 and isinstance(asked.expected, dict) and isinstance(asked.reply.result, dict):
            mine, right = asked.reply.result, asked.expected    # a dict's entries, each by itself
        rows = []
        for name in right:
            same = name in mine and _agree(mine[name], right[name])
            texts = ("missing", show(right[name])) if name not in mine else \
                (show(mine[name]), show(right[name])) if same else show_apart(mine[name], right[name])
            rows.append((str(name), *texts, same))
        return rows

    def html(self) -> str:
        """The same as a fragment of HTML; colours only repeat what ✓, ✗ and the words say."""
        found = self.diagnosis
        colour = GREY if self.unwritten else RED if found else GREEN
        out = [f'<div style="border-left:4px solid {colour};padding:.2em .8em;margin:.2em 0">'
               f"<div><strong>{escape(self.headline)}</strong></div>"]
        checks = list(self._checks())
        if checks:
            out.append("<div>" + "<br>".join(escape(line.strip()) for line in checks) + "</div>")
        if found and not self.unwritten:
            if found.asked:
                out.append(f"<div><code>{escape(', '.join(self._arguments(found.asked)))}</code></div>")
                rows = self._results(found.asked)
                if rows:
                    out.append("<table><thead><tr><th></th><th>yours</th><th>expected</th></tr></thead><tbody>")
                    out += [f"<tr><th>{escape(name)}</th><td>{'' if same else '✗ '}{escape(mine)}</td>"
                            f"<td>{escape(right)}</td></tr>" for name, mine, right, same in rows]
                    out.append("</tbody></table>")
                    if found.relation:
                        out.append(f"<div>expected {escape(found.relation)}</div>")
            out.append(f"<div>{escape(found.says)} <em>{escape(found.ask)}</em></div>")
            if self.exercise.read:
                out.append(f"<div>→ {escape(self.exercise.read)}</div>")
        out += [f"<div>{escape(line.strip())}</div>" for line in self._notes()]
        return plain("".join([*out, "</div>"]))


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
        return equal(mine, right) if not isinstance(right, dict | np.ndarray) else False
    return got.shape == np.shape(right) and close(got, np.asarray(right))
