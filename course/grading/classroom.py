"""`backprop autograde`: grades a whole class with all cores, and leaves nothing half-done.

Workers run submissions and return results; one writer, this process, enters them. A submission is written into a
staging folder, its grades in one transaction, and then the folder is renamed into place: it counts as graded when
its folder stands and every automatic grade is set. Whatever kills a run, the next one does the rest, and only that.
"""

import argparse
import contextlib
import fcntl
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import time
import warnings
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path

from course.places import CONFIGURATION, ROOT, configuration_folder

STAGING = ".staging"
LOCK = ".grading.lock"


@dataclass(frozen=True)
class Job:
    """A submission to be graded."""

    student: str
    assignment: str
    folder: Path


@dataclass(frozen=True)
class Result:
    """A graded submission: per notebook its text and notes; or what kept it from being graded."""

    job: Job
    notebooks: dict = field(default_factory=dict)  # name: (text of the graded notebook, notes)
    scores: dict = field(default_factory=dict)  # (notebook, grade id): (automatic score or None, answered)
    unanswered: set = field(default_factory=set)  # (notebook, grade id) of the answer cells that are as released
    verdicts: dict = field(default_factory=dict)  # (notebook, grade id): Verdict, where a test cell reported
    failure: str = ""
    seconds: float = 0.0


class GradingError(Exception):
    """Why a class can't be graded, in a sentence."""


# ------------------------------------------------------------------------------------ in a worker

def grade_submission(job, keys, settings):
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


def _grade_notebook(path, key, settings, result):
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
            score = score_of(cell.outputs, known.points) if known.test else 0.0 if known.grade and untouched else None
            result.scores[key.notebook, known.name] = (score, True)
        verdict = verdict_of(cell) if known.test else None
        if verdict:
            result.verdicts[key.notebook, known.name] = verdict
    _, nb = nbformat.validator.normalize(nb)
    mark(nb, notes=notes)
    result.notebooks[key.notebook] = (nbformat.v4.writes(nb), notes)


def _find(folder, notebook, keys):
    """The file that answers to a notebook: its own name, or else the only one that no other notebook claims."""
    exact = folder / f"{notebook}.ipynb"
    if exact.is_file():
        return exact
    others = [path for path in sorted(folder.glob("*.ipynb")) if path.stem not in keys]
    alike = [path for path in others if path.stem.startswith(notebook)]
    if len(alike) == 1 or (len(others) == 1 and len(keys) == 1):
        return (alike or others)[0]
    return None


# ------------------------------------------------------------------------------------ the writer

class Classroom:
    """A course folder with its gradebook, seen for one assignment."""

    def __init__(self, config, assignment, root):
        from nbgrader.api import Gradebook
        from nbgrader.coursedir import CourseDirectory

        logging.getLogger("tornado.application").addHandler(logging.NullHandler())  # nbgrader.api logs what it raises
        warnings.filterwarnings("ignore", category=Warning, module="nbgrader")  # SQLAlchemy's, of nbgrader's models
        self.config, self.assignment = config, assignment
        config.CourseDirectory.root = config.CourseDirectory.get("root", str(root))
        self.course = CourseDirectory(config=config)
        self.root = Path(self.course.root)
        self.gradebook = Gradebook(self.course.db_url, self.course.course_id)
        self.keys = self._keys()
        self.gradebook.db().expire_on_commit = False
        # held, so that the session knows them: else each grade of each submission asks the database for its cell
        self._cells = [cell for notebook in self.gradebook.find_assignment(assignment).notebooks
                       for cell in (*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells)]

    def _keys(self):
        from nbgrader.api import MissingEntry

        from course.grading.key import key_of

        try:
            notebooks = self.gradebook.find_assignment(self.assignment).notebooks
        except MissingEntry:
            known = ", ".join(sorted(found.name for found in self.gradebook.assignments)) or "none"
            raise GradingError(f"The gradebook knows no assignment {self.assignment!r}; it knows: {known}.\n"
                               f"Release it first: nbgrader generate_assignment {self.assignment} --force") from None
        return {notebook.name: key_of(self.gradebook, notebook.name, self.assignment) for notebook in notebooks}

    def submissions(self):
        """Every Job there is, graded or not."""
        pattern = self.course.format_path(self.course.submitted_directory, "*", self.assignment)
        folder = Path(pattern)
        base = next(parent for parent in folder.parents if "*" not in str(parent))
        for path in sorted(base.glob(str(folder.relative_to(base)))):
            if path.is_dir() and not path.is_symlink():
                yield Job(path.relative_to(base).parts[0], self.assignment, path)

    def graded_folder(self, job):
        return Path(self.course.format_path(self.course.autograded_directory, job.student, job.assignment))

    @property
    def staging(self):
        return Path(self.course.format_path(self.course.autograded_directory, STAGING, self.assignment)).parent

    def clear_staging(self):
        """Remove what a run left that was killed."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def is_graded(self, job):
        """Whether the folder stands, as new as the submission, and every automatic grade is set."""
        folder = self.graded_folder(job)
        if not folder.is_dir() or _timestamp(self.course, folder) != _timestamp(self.course, job.folder):
            return False
        grades = self._grades(job)
        return bool(grades) and all(
            grade.auto_score is not None or grade.needs_manual_grade for grade in grades.values())

    def failed(self, job):
        """Whether a graded submission lacks points that a test could give."""
        return any((grade.auto_score or 0) < grade.max_score for grade in self._grades(job).values()
                   if grade.auto_score is not None)

    def _grades(self, job):
        from nbgrader.api import MissingEntry

        try:
            submission = self.gradebook.find_submission(job.assignment, job.student)
        except MissingEntry:
            return {}
        return {(notebook.name, grade.name): grade for notebook in submission.notebooks for grade in notebook.grades}

    def record(self, result, only=None):
        """Enter a result: stage the folder, set the grades in one transaction, rename the folder into place.

        only  a grade id: nothing but this grade is changed
        """
        job, folder = result.job, self.graded_folder(result.job)
        staged = self.staging / f"{job.student}-{job.assignment}"
        _stage(result, staged)
        self._set_grades(result, only)
        old = staged.with_name(staged.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            _writable(folder)
            os.rename(folder, old)
        os.rename(staged, folder)
        _sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)

    def _set_grades(self, result, only):
        from nbgrader.preprocessors import AssignLatePenalties

        job, gradebook = result.job, self.gradebook
        gradebook.update_or_create_student(job.student)
        stamp = _timestamp(self.course, job.folder)
        submission = gradebook.update_or_create_submission(
            job.assignment, job.student, **({"timestamp": stamp} if stamp else {}))
        with gradebook.db.no_autoflush:
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    if only not in (None, grade.name) or (notebook.name, grade.name) not in result.scores:
                        continue
                    grade.auto_score, there = result.scores[notebook.name, grade.name]
                    grade.needs_manual_grade = there and (grade.auto_score is None or grade.manual_score is not None)
                for comment in notebook.comments:
                    silent = (notebook.name, comment.name) in result.unanswered
                    comment.auto_comment = "No response." if silent else None
        gradebook.db.flush()
        late = AssignLatePenalties(config=self.config)
        late.init_plugin()
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None
            if submission.total_seconds_late > 0:
                penalty = late.plugin_inst.late_submission_penalty(
                    job.student, notebook.score, submission.total_seconds_late)
                if penalty is not None:
                    notebook.late_submission_penalty = late._check_late_penalty(notebook, penalty)
        gradebook.db.commit()

    def close(self):
        self.gradebook.close()


def _stage(result, staged):
    """Write the graded folder, and see that it is on the disk."""
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    for path in sorted(result.job.folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(result.job.folder).parts)
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb" and not hidden:
            copy = staged / path.relative_to(result.job.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    for name, (text, _) in result.notebooks.items():
        if text is not None:
            (staged / f"{name}.ipynb").write_text(text, encoding="utf-8")
    for path in staged.rglob("*"):
        if path.is_file():
            _sync(path)
            path.chmod(0o444)
    _sync(staged)


def _sync(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _writable(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _timestamp(course, folder):
    with contextlib.suppress(Exception):
        return course.get_existing_timestamp(str(folder))
    return None


# ------------------------------------------------------------------------------------ a run

def grade_class(classroom, jobs, settings, executor: Executor, tell=lambda result, done: None, only=None):
    """Grade jobs on an executor and enter each result as it comes; returns the results, without the notebooks.

    executor  any concurrent.futures.Executor, on this machine or on a cluster; its workers need this package
    tell      called with each result, when it has been entered, and how many there are
    """
    waiting, results = {}, []
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


def local_executor(workers):
    """Worker processes of this machine, each with a warm process of its own."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_worker,
                               initargs=(os.getpid(),))


def warm_up(isolation, assignment):
    """In a worker: start its warm process."""
    from course.grading.judge import NoIsolation, nursery

    with contextlib.suppress(NoIsolation):              # grading will say so
        nursery(isolation, assignment)


def _worker(parent):
    """A worker ends with its parent, however and whenever that ends, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        from course.grading.inside import lockdown

        lockdown.die_with_parent()
        if os.getppid() != parent:      # it has ended before this was said
            os._exit(1)


@contextlib.contextmanager
def one_run_at_a_time(root):
    """Two runs in one course folder would write the same grades; the second is told so."""
    with open(Path(root) / LOCK, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GradingError("Another run is grading in this folder; wait for its end.") from None
        yield


def main(argv):
    """`backprop autograde ASSIGNMENT`; returns an exit code: 1 where a submission could not be graded."""
    parser = argparse.ArgumentParser(prog="backprop autograde", description=__doc__.splitlines()[0])
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


def _run(options):
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


def _grade(classroom, options, executor):
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


def load_config():
    """The configuration in force: of the current folder, or of the course's own."""
    from traitlets.config import PyFileConfigLoader

    return PyFileConfigLoader(CONFIGURATION, path=str(configuration_folder())).load_config()


def choose(classroom, options):
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

