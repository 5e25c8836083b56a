"""`backprop autograde`: grades a whole class with all cores, and leaves nothing half-done.

Workers run submissions and return results; one writer, this process, enters them into the gradebook. Whatever kills a
run, the next one does the rest, and only that.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from course.grading.gradebook import Classroom, GradingError, load_config
from course.grading.worker import Job, Result, grade_submission
from course.places import ROOT

if TYPE_CHECKING:
    from course.grading.judge import Settings

LOCK = ".grading.lock"


def grade_class(classroom: Classroom, jobs: Iterable[Job], settings: Settings, executor: Executor,
                tell: Callable[[Result, int], object] = lambda result, done: None,
                only: str | None = None) -> list[Result]:
    """Grade jobs on an executor and enter each result as it comes; returns the results, without the notebooks.

    executor  any concurrent.futures.Executor, on this machine or on a cluster; its workers need this package
    tell      called with each result, when it has been entered, and how many there are
    """
    waiting: dict[Future[Result], Job] = {}
    results: list[Result] = []
    for job in jobs:
        waiting[executor.submit(grade_submission, job, classroom.keys, settings)] = job
    for future in as_completed(waiting):
        try:
            result = future.result()
        except BrokenProcessPool:
            raise
        except Exception as error:
            result = Result(waiting[future], failure=f"{type(error).__name__}: {error}")
        del waiting[future]                             # a class's notebooks are not kept in memory
        if not result.failure:
            classroom.record(result, only)
        results.append(replace(result, notebooks={}))
        tell(result, len(results))
    return results


def local_executor(workers: int) -> ProcessPoolExecutor:
    """Worker processes of this machine, each with a warm process of its own."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_follow_parent,
                               initargs=(os.getpid(),))


def warm_up(isolation: bool, assignment: str) -> None:
    """In a worker: start its warm process."""
    from course.grading.judge import NoIsolation, nursery

    with contextlib.suppress(NoIsolation):              # grading will say so
        nursery(isolation, assignment)


def _follow_parent(parent: int) -> None:
    """A worker ends with its parent, however and whenever that ends, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        from course.grading.inside import lockdown

        lockdown.die_with_parent()
        if os.getppid() != parent:      # it has ended before this was said
            os._exit(1)


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
    options = parser.parse_args(argv)
    if options.workers < 1:
        parser.error(f"--workers is a number from 1 on, not {options.workers}")
    try:
        return _run(options)
    except GradingError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"Grading stopped: {error}. What was graded stands; the same command does the rest.", file=sys.stderr)
    except Exception as error:
        from nbgrader.api import InvalidEntry  # here: the workers start while nbgrader is imported
        from sqlalchemy.exc import DBAPIError

        if not isinstance(error, DBAPIError | InvalidEntry):        # nbgrader makes the second of some of the first
            raise
        why = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
        print(f"The gradebook can't be read or written: {why}. What was graded stands; the same command does the "
              "rest.", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> int:
    config = load_config()
    root = config.CourseDirectory.get("root", ROOT)
    with one_run_at_a_time(root), local_executor(options.workers) as executor:
        for _ in range(options.workers):                # they start while this process imports nbgrader
            executor.submit(warm_up, config.Judge.get("isolation", True), options.assignment)
        classroom = Classroom(config, options.assignment, root)
        try:
            classroom.clear_staging()
            return _grade(classroom, options, executor)
        except BrokenProcessPool:
            raise GradingError("A worker was killed. What was graded stands; the same command does the "
                               "rest.") from None
        finally:
            classroom.close()


def _grade(classroom: Classroom, options: argparse.Namespace, executor: Executor) -> int:
    from course.grading.judge import SEPARATION_ONLY
    from course.grading.preprocessors import Judge
    from course.grading.summary import Progress, summary

    settings = Judge(config=classroom.config).settings
    jobs = choose(classroom, options)
    if not settings.isolation:
        print(SEPARATION_ONLY, file=sys.stderr)
    if not jobs:
        print("There is nothing to grade: everything that was handed in is graded.")
        return 0
    progress = Progress(len(jobs))
    results = grade_class(classroom, jobs, settings, executor, progress, options.regrade)
    progress.close()
    print(summary(classroom, results))
    return int(any(result.failure for result in results))


def choose(classroom: Classroom, options: argparse.Namespace) -> list[Job]:
    """The submissions that a command means."""
    jobs = list(classroom.submissions())
    if not jobs:
        raise GradingError(f"Nobody has handed in {options.assignment}: there is nothing in "
                           f"{classroom.course.submitted_directory}/*/{options.assignment}.")
    if options.student:
        unknown = set(options.student) - {job.student for job in jobs}
        if unknown:
            raise GradingError(f"{', '.join(sorted(unknown))} has not handed in {options.assignment}.")
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
