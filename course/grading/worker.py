"""Grades one submission, in whatever process it is sent to, and returns what came of it. Never raises."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from course.plaintext import in_a_sentence

if TYPE_CHECKING:       # a worker starts before it imports these
    from course.checks.verdict import Verdict
    from course.grading.judge import Settings
    from course.grading.key import Key

START = 60.0    # seconds in which the warm process must be there


@dataclass(frozen=True)
class Job:
    """A submission to be graded; `files` is a digest of what it held when it was listed, or ""."""

    student: str
    assignment: str
    folder: Path
    files: str = field(default="", compare=False)


@dataclass(frozen=True)
class Result:
    """A graded submission: what was found, or what kept it from being graded.

    notebooks   by name: the text of the graded notebook (None where it was not handed in), and notes
    scores      by notebook and grade id: the automatic score, or None, and whether it was answered
    unanswered  notebook and grade id of the answer cells that are as released
    verdicts    by notebook and grade id, where a test cell reported
    failure     why it could not be graded, or ""
    cut_short   whether its time was used up before its end
    """

    job: Job
    notebooks: dict[str, tuple[str | None, list[str]]] = field(default_factory=dict)
    scores: dict[tuple[str, str], tuple[float | None, bool]] = field(default_factory=dict)
    unanswered: set[tuple[str, str]] = field(default_factory=set)
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    failure: str = ""
    seconds: float = 0.0
    cut_short: bool = False


def grade_submission(job: Job, keys: dict[str, Key], settings: Settings) -> Result:
    """Grade the notebooks of one submission; never raises, whatever they hold."""
    from course.grading.bounds import Overtime, own_memory, own_time
    from course.grading.finding import files_of, find
    from course.grading.judge import NoIsolation
    from course.grading.unfit import no_notebook

    start, result, cut_short = time.monotonic(), Result(job), False
    try:
        with own_time(settings.judge_seconds), own_memory(settings.judge_memory):
            for notebook, key in keys.items():
                path, notes = find(job.folder, notebook, keys)
                if path is None:
                    result.scores.update({(notebook, cell.name): (0.0, False) for cell in key.cells if cell.grade})
                    result.notebooks[notebook] = (None, [f"There is no {notebook}.ipynb among what was handed in."])
                else:
                    cut_short |= not _grade_notebook(path, key, settings, result, notes)
            if all(text is None for text, _ in result.notebooks.values()):
                raise no_notebook(job.folder, files_of(job.folder), job.assignment)
        return replace(result, seconds=time.monotonic() - start, cut_short=cut_short)
    except MemoryError:
        why = f"it takes more than {settings.judge_memory} MB of memory to read and compare"
    except Overtime as error:
        why = str(error)
    except (ValueError, OSError, NoIsolation) as error:
        why = in_a_sentence(error)
    except KeyboardInterrupt:       # Ctrl-C
        raise
    except BaseException as error:
        why = f"{type(error).__name__}: {str(error)[:500]}"
    return Result(job, failure=why, seconds=time.monotonic() - start)


def grade_in_own_process(job: Job, keys: dict[str, Key], settings: Settings) -> Result:
    """The same in a process that may be lost: where nothing else helps, the system ends it."""
    from course.grading.bounds import killed_if_stuck

    with killed_if_stuck(settings.judge_seconds, most_seconds(settings, len(keys))):
        return grade_submission(job, keys, settings)


def most_seconds(settings: Settings, notebooks: int = 1) -> float:
    """How long a submission may take from beginning to end."""
    return settings.submission_seconds * notebooks + settings.judge_seconds + START


def _grade_notebook(path: Path, key: Key, settings: Settings, result: Result, notes: list[str]) -> bool:
    """Enter into a Result what a notebook gets; whether all of it ran in its time."""
    import nbformat

    from course.grading.finding import beside
    from course.grading.judge import judge
    from course.grading.reading import whole
    from course.grading.repair import name_of, repair
    from course.grading.request import show_request
    from course.grading.testcell import score_of
    from course.grading.unfit import notebook_in
    from course.grading.verdicts import mark, verdict_of
    from course.grading.whose import whose
    from course.words import language_of, speaking

    nb, left_out = notebook_in(path, result.job.folder, key)
    language = language_of(nb.metadata)
    key = key.spoken(language)
    files, not_there = beside(path, result.job.folder)
    learner, about = whose(nb, key, result.job.student)
    notes += [*left_out, *about, *repair(nb, key), *not_there]
    with speaking(language):
        in_time = judge(nb, key, settings, files, learner)
        notes += show_request(nb, result.job.folder)
    for cell in nb.cells:
        known = key.by_name.get(name_of(cell))
        if known is None:
            continue
        untouched = known.solution and cell.source in known.texts.values()
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
    result.notebooks[key.notebook] = (whole(nbformat.v4.writes(nb)), notes)
    return in_time

