"""`backprop autograde`: grades a whole class with all cores, and leaves nothing half-done.

Workers run submissions and return results; one writer, this process, enters them into the gradebook. Whatever kills a
run, the next one does the rest, and only that.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import queue
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from course.grading.gradebook import Classroom, GradingError, enter_alone, load_config
from course.grading.worker import Job, Result, grade_in_own_process
from course.grading.workers import Workers
from course.places import ROOT
from course.plaintext import in_a_sentence, one_line, plain

if TYPE_CHECKING:
    from course.grading.judge import Settings

LOCK = ".grading.lock"
BATCH = 32                  # submissions that one transaction enters: more is no faster
PUT_OFF_AFTER = 120.0       # seconds; the slowest solution takes 2, and may take 62 by its own limit


def grade_class(classroom: Classroom, jobs: Iterable[Job], settings: Settings, executor: Executor,
                tell: Callable[[Result, int], object] = lambda result, done: None,
                only: str | None = None, batch: int = 1) -> list[Result]:
    """Grade jobs on an executor and enter each result as it comes; returns the results, without the notebooks.

    A submission that needs longer than others should is put off: it begins again, with all of its time, when the
    others are done. One whose process ends is tried once more, then set aside.

    At their first attempt all get the same draws, which no run before this one had, nor has one after it.

    executor  any concurrent.futures.Executor, on this machine or on a cluster; its workers need this package
    batch     how many results at most are entered in one transaction, where so many have come
    tell      called with each result, when it has been entered, and how many there are
    """
    results: list[Result] = []
    lost: set[Job] = set()
    hasty = replace(settings, submission_seconds=min(PUT_OFF_AFTER, settings.submission_seconds),
                    secret=secrets.token_bytes(32))
    for limits in (hasty, settings, settings):
        waiting: dict[Future[Result], Job] = {
            executor.submit(grade_in_own_process, job, classroom.keys, limits): job for job in jobs}
        again: list[Job] = []
        for futures in _as_they_come(waiting, batch):
            good = []
            for future in futures:
                job = waiting.pop(future)               # a class's notebooks are not kept in memory
                try:
                    result = future.result()
                except BrokenExecutor as error:
                    if job not in lost:
                        lost.add(job)
                        again.append(job)
                        continue
                    result = _set_aside(classroom, Result(job, failure=f"grading it ended the process, twice: {error}"))
                except GradingError:                    # of the executor's, and so of all
                    raise
                except Exception as error:
                    result = Result(job, failure=f"{type(error).__name__}: {in_a_sentence(error)}")
                if result.cut_short and limits.submission_seconds < settings.submission_seconds:
                    again.append(job)
                    continue
                good.append(result)
            for result in _entered_together(classroom, good, only):
                if result.failure and not classroom.aside.because(result.job):
                    classroom.aside.note(result.job, result.failure)
                notes = {name: (None, notes) for name, (_, notes) in result.notebooks.items()}
                results.append(replace(result, notebooks=notes))
                tell(result, len(results))
        jobs = again
    return results


def _as_they_come(futures: Iterable[Future[Result]], batch: int) -> Iterator[list[Future[Result]]]:
    """What is done, in lists: all that came while the last list was looked at, and at most `batch`."""
    done: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()
    left = 0
    for future in list(futures):
        left += 1
        future.add_done_callback(done.put)
    while left:
        found = [done.get()]
        with contextlib.suppress(queue.Empty):
            while len(found) < batch:
                found.append(done.get_nowait())
        left -= len(found)
        yield found


def _entered_together(classroom: Classroom, results: list[Result], only: str | None) -> list[Result]:
    """Results as they stand in the gradebook, entered in one transaction where nothing is against it."""
    alike = [result for result in results if not result.failure and not classroom.aside.ended_a_run(result.job)]
    entered: dict[Job, Result] = {}
    if len(alike) > 1:
        with classroom.aside.entering(*(result.job for result in alike)):
            if classroom.enter_together(alike, only):
                entered = {result.job: result for result in alike}
        for job in entered:
            classroom.aside.take_back(job)
    return [result if result.failure else entered.get(result.job) or _entered(classroom, result, only)
            for result in results]


def _entered(classroom: Classroom, result: Result, only: str | None) -> Result:
    """A result that has been entered into the gradebook, or else says why it could not be."""
    job, aside = result.job, classroom.aside
    alone = aside.ended_a_run(job)
    with aside.entering(job):
        why = _enter_alone(classroom, result, only) if alone else classroom.enter(result, only)
    if not why:
        aside.take_back(job)
        return result
    result = Result(job, failure=why, seconds=result.seconds)
    return _set_aside(classroom, result) if alone else result


def _enter_alone(classroom: Classroom, result: Result, only: str | None) -> str:
    """Enter what was being entered when an earlier run ended: in another process, since it may end that as well."""
    why = ""
    with Workers(1) as worker:
        for _ in range(2):
            try:
                return worker.submit(enter_alone, classroom.assignment, classroom.root, result, only).result()
            except BrokenExecutor as error:
                why = f"entering it into the gradebook ended the process, twice: {error}"
            except Exception as error:
                raise GradingError(f"The gradebook can't be written: {in_a_sentence(error)}. What was graded stands; "
                                   "the same command does the rest.") from None
    return why


def _set_aside(classroom: Classroom, result: Result) -> Result:
    """A result whose submission is not tried again until somebody asks for it."""
    classroom.aside.put(result.job, result.failure)
    return result


def warm_up(isolation: bool, assignment: str) -> None:
    """In a worker: start its warm process."""
    from course.grading.judge import NoIsolation, nursery

    with contextlib.suppress(NoIsolation):              # grading will say so
        nursery(isolation, assignment)


@contextlib.contextmanager
def one_run_at_a_time(root: str | Path) -> Iterator[None]:
    """Two runs in one course folder would write the same grades; the second is told so."""
    with open(Path(root) / LOCK, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GradingError("Another run is grading in this folder; wait for its end.") from None
        yield


def main(argv: list[str]) -> int:
    """`backprop autograde ASSIGNMENT`; returns an exit code: 1 where a submission could not be graded."""
    parser = argparse.ArgumentParser(prog="backprop autograde", description=__doc__ and __doc__.splitlines()[0])
    parser.add_argument("assignment", help="for example 04_vectorized_gradients")
    parser.add_argument("--student", action="append", help="only this student (may be given again)")
    parser.add_argument("--force", action="store_true", help="grade also what is graded already")
    parser.add_argument("--only-failed", action="store_true", help="grade again what lacks points")
    parser.add_argument("--regrade", metavar="EXERCISE", help="grade again, and change this exercise's points only")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N",
                        help="how many at once (%(default)s, one for each core)")
    parser.add_argument("--scheduler", metavar="ADDRESS",
                        help="grade on dask.distributed's workers, for example tcp://HOST:8786")
    parser.add_argument("--shared", action="store_true",
                        help="with --scheduler: its workers see the submitted folder at the same path; nothing is sent")
    parser.add_argument("--try", dest="trial", action="store_true",
                        help="judge the instructor's own solution, and name the test cells that can't be judged")
    options = parser.parse_args(argv)
    if options.trial:
        from course.grading.trial import main as judge_the_solution

        return judge_the_solution(options.assignment)
    if options.shared and not options.scheduler:
        parser.error("--shared goes with --scheduler")
    if options.workers < 1:
        parser.error(f"--workers is a number from 1 on, not {options.workers}")
    try:
        return _run(options)
    except GradingError as error:
        print(plain(error), file=sys.stderr)
    except OSError as error:
        print(plain(f"Grading stopped: {in_a_sentence(error)}. What was graded stands; the same command does the "
                    "rest."), file=sys.stderr)
    except Exception as error:
        from nbgrader.api import InvalidEntry  # here: the workers start while nbgrader is imported
        from sqlalchemy.exc import DBAPIError

        if not isinstance(error, DBAPIError | InvalidEntry):        # nbgrader makes the second of some of the first
            raise
        why = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
        said = str(why).partition("\n")[0].rstrip(".")
        print(plain(f"The gradebook can't be read or written: {said}. What was graded stands; the same command does "
                    "the rest."), file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> int:
    config = load_config()
    root = config.CourseDirectory.get("root", ROOT)
    with one_run_at_a_time(root), _executor(options, config.Judge.get("isolation", True)) as executor:
        from course.grading.lateness import why_no_policy  # here: it imports nbgrader

        classroom = Classroom(config, options.assignment, root)
        why = why_no_policy(config)
        if why:
            raise GradingError(why)
        try:
            classroom.clear_staging()
            return _grade(classroom, options, executor)
        finally:
            classroom.close()


def _executor(options: argparse.Namespace, isolation: bool) -> Executor:
    """What grades: processes of this machine, or a cluster's."""
    if options.scheduler is not None:
        from course.grading.cluster import Cluster  # here: it needs an extra

        cluster = Cluster(options.scheduler, isolation, options.assignment, options.shared,
                          lambda sentence: print(plain(sentence), file=sys.stderr))
        options.workers = cluster.number
        return cluster
    workers = Workers(options.workers)
    for _ in range(options.workers):                    # they start while this process imports nbgrader
        workers.submit(warm_up, isolation, options.assignment)
    return workers


def _grade(classroom: Classroom, options: argparse.Namespace, executor: Executor) -> int:
    from course.grading.judge import SEPARATION_ONLY
    from course.grading.preprocessors import Judge
    from course.grading.summary import Progress, budget, summary

    settings = Judge(config=classroom.config).settings
    jobs = choose(classroom, options)
    set_aside = [] if options.student or options.force else [job for job in jobs if classroom.aside.because(job)]
    jobs = [job for job in jobs if job not in set_aside]
    if not settings.isolation:
        print(SEPARATION_ONLY, file=sys.stderr)
    results: list[Result] = []
    names = classroom.names()
    if jobs:
        print(budget(settings, len(jobs), min(options.workers, len(jobs))), file=sys.stderr)
        progress = Progress(len(jobs), names)
        results = grade_class(classroom, jobs, settings, executor, progress, options.regrade, BATCH)
        progress.close()
        print(summary(classroom, results, names))
    elif not set_aside:
        print("There is nothing to grade: everything that was handed in is graded.")
    for job in set_aside:
        print(one_line(f"{names[job.student]}: not tried again, because {classroom.aside.because(job)}. "
                       f"--student {job.student} tries it."))
    return int(bool(set_aside) or any(result.failure for result in results))


def choose(classroom: Classroom, options: argparse.Namespace) -> list[Job]:
    """The submissions that a command means."""
    jobs = list(classroom.submissions())
    if not jobs:
        raise GradingError(f"Nobody has handed in {options.assignment}: there is nothing in "
                           f"{classroom.course.submitted_directory}/*/{options.assignment}.")
    if options.student:
        unknown = set(options.student) - {job.student for job in jobs}
        if unknown:
            raise GradingError(f"{classroom.names().listed(unknown)} has not handed in {options.assignment}.")
        jobs = [job for job in jobs if job.student in options.student]
    if options.regrade:
        names = {cell.name for key in classroom.keys.values() for cell in key.cells if cell.grade}
        if options.regrade not in names:
            raise GradingError(f"{options.assignment} has no exercise {options.regrade!r}; it has: "
                               f"{', '.join(sorted(names))}.")
        return jobs
    if options.force:
        return jobs
    return [job for job in jobs if not classroom.is_graded(job) or (options.only_failed and classroom.failed(job))]
