"""What an instructor sees of a run: how far it is, and what it found."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from course.grading.gradebook import Classroom
from course.grading.named import Names
from course.grading.request import ASKED
from course.grading.worker import Result, most_seconds
from course.plaintext import one_line, plain

if TYPE_CHECKING:
    from course.grading.judge import Settings

WIDTH = 30
NOTES = 3       # of a notebook's are told


class Progress:
    """A progress bar on a terminal, with an estimate of the time left; a line now and then elsewhere."""

    def __init__(self, total: int, names: Names) -> None:
        self.names = names
        self.total, self.start, self.told = total, time.monotonic(), 0.0
        self.terminal = sys.stderr.isatty()

    def __call__(self, result: Result, done: int) -> None:
        if result.failure:
            self._line(f"{self.names[result.job.student]}: could not be graded. {result.failure}")
        for name, (_, notes) in result.notebooks.items():
            if notes:
                self._line(f"{self.names[result.job.student]}, {name}: {in_short(notes)}")
        now = time.monotonic()
        left = (now - self.start) / done * (self.total - done)
        if self.terminal:
            full = round(WIDTH * done / self.total)
            print(f"\r\033[K[{'█' * full}{'·' * (WIDTH - full)}] {done} of {self.total}, {_duration(left)} left",
                  end="", file=sys.stderr, flush=True)
        elif now - self.told > 10 or done == self.total:
            self.told = now
            print(f"{done} of {self.total} graded, {_duration(left)} left", file=sys.stderr, flush=True)

    def _line(self, text: str) -> None:
        sys.stderr.write(("\r\033[K" if self.terminal else "") + one_line(text) + "\n")

    def close(self) -> None:
        if self.terminal:
            print(file=sys.stderr)


def in_short(notes: list[str]) -> str:
    """What was repaired in a notebook; all of it stands in the graded notebook."""
    more = f" And {len(notes) - NOTES} more." if len(notes) > NOTES else ""
    return " ".join(notes[:NOTES]) + more


def _repaired(results: list[Result], names: Names) -> str:
    """Whose notebooks were repaired, in a line; "" where none was."""
    number = {result.job.student: sum(len(notes) for _, notes in result.notebooks.values()) for result in results}
    return ", ".join(f"{names[student]}: {many}" for student, many in sorted(number.items()) if many)


def budget(settings: Settings, submissions: int, workers: int) -> str:
    """What a run may cost at most, before it begins."""
    each = most_seconds(settings)
    return (f"{submissions} to grade, {workers} at a time. One may take {_duration(each)} and "
            f"{settings.memory + settings.judge_memory:,} MB of memory at most (c.Judge sets that); all, if every one "
            f"did, {_duration(each * math.ceil(submissions / workers))} and "
            f"{workers * (settings.memory + settings.judge_memory):,} MB. What takes long comes last.")


def _longest(results: list[Result], names: Names) -> str:
    """Whose submissions took much longer than others, in a line; "" where none did."""
    usual = statistics.median(result.seconds for result in results)
    long = sorted((result for result in results if result.seconds > max(10.0, 5 * usual)),
                  key=lambda result: -result.seconds)
    return ", ".join(f"{names[result.job.student]}: {_duration(result.seconds)}"
                     + (" (all that it may)" if result.cut_short else "") for result in long[:10])


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min" if seconds < 5400 else \
        f"{seconds / 3600:.0f} h"


def summary(classroom: Classroom, results: list[Result], names: Names) -> str:
    """Points by exercise, and the mistakes that were made, most frequent first."""
    graded = [result for result in results if not result.failure]
    failed = [result for result in results if result.failure]
    lines = [f"{classroom.assignment}: {len(graded)} graded" + (f", {len(failed)} could not be" if failed else "")]
    for key in classroom.keys.values():
        cells = [cell for cell in key.cells if cell.test]
        if not cells:
            continue
        width = max(len(cell.name) for cell in cells)
        lines.append(f"\n{'exercise':{width}}  full marks  mean")
        for cell in cells:
            scores = [result.scores.get((key.notebook, cell.name), (0.0, False))[0] or 0.0 for result in graded]
            full = sum(score >= (cell.points or 0.0) for score in scores)
            mean = sum(scores) / len(scores) if scores else 0.0
            lines.append(f"{cell.name:{width}}  {full:4} of {len(scores):<4} {mean:5.2f} of {cell.points:g}")
    mistakes = Counter((verdict.mistake, name) for result in graded
                       for (_, name), verdict in result.verdicts.items() if verdict.mistake)
    if mistakes:
        lines.append("\nwhat went wrong most often")
        lines += [f"{count:4} × {mistake} ({name})" for (mistake, name), count in mistakes.most_common(15)]
    longest = _longest(results, names)
    if longest:
        lines.append(f"\ntook longest: {one_line(longest)}")
    asking = [result.job.student for result in graded
              if any(ASKED in notes for _, notes in result.notebooks.values())]
    if asking:
        lines.append(f"\nask for a regrade: {one_line(names.listed(asking))}")
    repaired = _repaired(graded, names)
    if repaired:
        lines.append(f"\nrepaired, or noted: {one_line(repaired)}")
    if failed:
        lines.append("\ncould not be graded")
    lines += [one_line(f"{names[result.job.student]}: {result.failure}")
              for result in sorted(failed, key=lambda result: result.job.student)]
    return plain("\n".join(lines))
