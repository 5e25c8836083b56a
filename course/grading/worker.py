"""Grades one submission, in whatever process it is sent to, and returns what came of it. Never raises."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:       # a worker starts before it imports these
    from course.checks.verdict import Verdict
    from course.grading.judge import Settings
    from course.grading.key import Key


@dataclass(frozen=True)
class Job:
    """A submission to be graded."""

    student: str
    assignment: str
    folder: Path


@dataclass(frozen=True)
class Result:
    """A graded submission: what was found, or what kept it from being graded.

    notebooks   by name: the text of the graded notebook (None where it was not handed in), and notes
    scores      by notebook and grade id: the automatic score, or None, and whether it was answered
    unanswered  notebook and grade id of the answer cells that are as released
    verdicts    by notebook and grade id, where a test cell reported
    failure     why it could not be graded, or ""
    """

    job: Job
    notebooks: dict[str, tuple[str | None, list[str]]] = field(default_factory=dict)
    scores: dict[tuple[str, str], tuple[float | None, bool]] = field(default_factory=dict)
    unanswered: set[tuple[str, str]] = field(default_factory=set)
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    failure: str = ""
    seconds: float = 0.0


def grade_submission(job: Job, keys: dict[str, Key], settings: Settings) -> Result:
    """Grade the notebooks of one submission; never raises."""
    from course.grading.judge import NoIsolation

    start, result = time.monotonic(), Result(job)
    try:
        for notebook, key in keys.items():
            path = _find(job.folder, notebook, keys)
            if path is None:
                result.scores.update({(notebook, cell.name): (0.0, False) for cell in key.cells if cell.grade})
                result.notebooks[notebook] = (None, [f"There is no {notebook}.ipynb among what was handed in."])
            else:
                _grade_notebook(path, key, settings, result)
    except (ValueError, OSError, NoIsolation) as error:
        return Result(job, failure=str(error), seconds=time.monotonic() - start)
    except Exception as error:
        return Result(job, failure=f"{type(error).__name__}: {error}", seconds=time.monotonic() - start)
    return replace(result, seconds=time.monotonic() - start)


def _grade_notebook(path: Path, key: Key, settings: Settings, result: Result) -> None:
    import nbformat

    from course.grading import repair
    from course.grading.judge import judge
    from course.grading.testcell import score_of
    from course.grading.verdicts import mark, verdict_of

    nb = repair.read(path)
    notes = repair.repair(nb, key)
    if path.stem != key.notebook:
        notes.insert(0, f"The notebook was handed in as {path.name!r}.")
    judge(nb, key, settings)
    for cell in nb.cells:
        known = key.by_name.get(repair.name_of(cell))
        if known is None:
            continue
        untouched = known.solution and cell.source == known.source
        if untouched:
            result.unanswered.add((key.notebook, known.name))
        if known.grade or known.task:
            score = score_of(cell.outputs, known.points or 0.0) if known.test else \
                0.0 if known.grade and untouched else None
            result.scores[key.notebook, known.name] = (score, True)
        verdict = verdict_of(cell) if known.test else None
        if verdict:
            result.verdicts[key.notebook, known.name] = verdict
    _, nb = nbformat.validator.normalize(nb)
    mark(nb, notes=notes)
    result.notebooks[key.notebook] = (nbformat.v4.writes(nb), notes)


def _find(folder: Path, notebook: str, keys: dict[str, Key]) -> Path | None:
    """The file that answers to a notebook: its own name, or else the only one that no other notebook claims."""
    exact = folder / f"{notebook}.ipynb"
    if exact.is_file():
        return exact
    others = [path for path in sorted(folder.glob("*.ipynb")) if path.stem not in keys]
    alike = [path for path in others if path.stem.startswith(notebook)]
    if len(alike) == 1 or (len(others) == 1 and len(keys) == 1):
        return (alike or others)[0]
    return None
