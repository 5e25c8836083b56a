"""A course folder with its gradebook: what there is to be graded, and the one writer of what was found.

A submission is written into a staging folder, its grades in one transaction, and then the folder is renamed into
place: it counts as graded when its folder stands and every automatic grade is set.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from course.grading.aside import Aside
from course.grading.graded import GradedFrom, digest
from course.grading.named import Names
from course.grading.worker import Job, Result
from course.places import COMMAND, CONFIGURATION, configuration_folder
from course.plaintext import in_a_sentence, one_line

if TYPE_CHECKING:       # nbgrader's import takes seconds, in which workers start
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import Config

    from course.grading.key import Key

STAGING = ".staging"
SYNCING = 8         # threads that write graded folders
# Files that were handed in beside the notebooks, as far as they are kept beside the graded ones
MOST_FILES = 1_000
MOST_BYTES = 100_000_000
DRIVER = f"The gradebook is a PostgreSQL database, whose driver is not installed: {COMMAND} setup postgres"
# Seconds before each new attempt to enter what a server did not take: it may be starting again
AGAIN = (0.2, 1.0, 3.0, 10.0, 30.0)
MAY_PASS = ("08", "40", "53", "55P03", "57P")       # SQL states: connection, conflict, resources, lock, shutting down
# Errors of the disk, not of what is written on it
OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class GradingError(Exception):
    """Why a class can't be graded, in a sentence."""


def load_config() -> Config:
    """The configuration in force: of the current folder, or of the course's own."""
    from traitlets.config.loader import PyFileConfigLoader

    return PyFileConfigLoader(CONFIGURATION, path=str(configuration_folder())).load_config()


def open_gradebook(course: CourseDirectory) -> Gradebook:
    """nbgrader's Gradebook of a course, open; GradingError where its driver or its server is not there."""
    from nbgrader.api import Gradebook

    try:
        return Gradebook(course.db_url, course.course_id)
    except Exception as error:
        why = why_no_gradebook(error)
        if not why:
            raise
        raise GradingError(why) from None


def why_no_gradebook(error: BaseException) -> str:
    """What an exception says of a gradebook that can't be opened, in a sentence; "" of any other exception."""
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("psycopg"):
        return DRIVER
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return f"The gradebook's address (c.CourseDirectory.db_url) can't be used: {in_a_sentence(error)}."
    if isinstance(error, OperationalError) and "psycopg" in type(error.orig).__module__:
        return f"The gradebook's server can't be reached: {str(error.orig).splitlines()[0].rstrip('.')}."
    return ""


def need_server() -> None:
    """GradingError where the gradebook in force is on a server that can't be had; a file of SQLite's is made."""
    from nbgrader.coursedir import CourseDirectory

    course = CourseDirectory(config=load_config())
    if not course.db_url.startswith("sqlite:"):
        open_gradebook(course).close()


class Classroom:
    """A course folder with its gradebook, seen for one assignment."""

    def __init__(self, config: Config, assignment: str, root: str | Path) -> None:
        from nbgrader.coursedir import CourseDirectory

        logging.getLogger("tornado.application").addHandler(logging.NullHandler())  # nbgrader.api logs what it raises
        warnings.filterwarnings("ignore", category=Warning, module="nbgrader")  # SQLAlchemy's, of nbgrader's models
        self.config, self.assignment = config, assignment
        config.CourseDirectory.root = config.CourseDirectory.get("root", str(root))
        self.course = CourseDirectory(config=config)
        self.root = Path(self.course.root)
        self.aside, self.graded_from = Aside(self.root), GradedFrom(self.root)
        self.gradebook = open_gradebook(self.course)
        self.keys = self._keys()

    def _keys(self) -> dict[str, Key]:
        from nbgrader.api import MissingEntry

        from course.grading.key import key_of

        try:
            notebooks = self.gradebook.find_assignment(self.assignment).notebooks
        except MissingEntry:
            known = ", ".join(sorted(str(found.name) for found in self.gradebook.assignments)) or "none"
            raise GradingError(f"The gradebook knows no assignment {self.assignment!r}; it knows: {known}.\n"
                               f"Release it first: nbgrader generate_assignment {self.assignment} --force") from None
        return {notebook.name: key_of(self.gradebook, notebook.name, self.assignment, self.course)
                for notebook in notebooks}

    def submissions(self) -> Iterator[Job]:
        """Every Job there is, graded or not."""
        pattern = self.course.format_path(self.course.submitted_directory, "*", self.assignment)
        folder = Path(pattern)
        base = next(parent for parent in folder.parents if "*" not in str(parent))
        for path in sorted(base.glob(str(folder.relative_to(base)))):
            if path.is_dir() and not path.is_symlink():
                yield Job(path.relative_to(base).parts[0], self.assignment, path, digest(path))

    def graded_folder(self, job: Job) -> Path:
        return Path(self.course.format_path(self.course.autograded_directory, job.student, job.assignment))

    @property
    def staging(self) -> Path:
        return Path(self.course.format_path(self.course.autograded_directory, STAGING, self.assignment)).parent

    def _staged(self, job: Job) -> Path:
        return self.staging / f"{job.student}-{job.assignment}"

    def clear_staging(self) -> None:
        """Remove what a run left that was killed."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def is_graded(self, job: Job) -> bool:
        """Whether the folder stands, of this time and these files, and every automatic grade is set."""
        if not _is_text(job.student):       # no database takes it
            return False
        folder = self.graded_folder(job)
        if not folder.is_dir() or _timestamp(self.course, folder) != _timestamp(self.course, job.folder) or \
                self.graded_from.differs(job):
            return False
        grades = self._grades(job)
        return bool(grades) and all(grade.auto_score is not None or grade.needs_manual_grade for grade in grades)

    def failed(self, job: Job) -> bool:
        """Whether a graded submission lacks points that a test could give."""
        return any(grade.auto_score < grade.max_score for grade in self._grades(job) if grade.auto_score is not None)

    def _grades(self, job: Job) -> list[Any]:
        """Automatic score, whether it waits for a person, and most points, of each grade of a submission."""
        from nbgrader import api

        grade, submission, assignment = (cast(Any, model) for model in (
            api.Grade, api.SubmittedAssignment, api.Assignment))
        return self.gradebook.db.query(grade.auto_score, grade.needs_manual_grade, grade.max_score).join(
            grade.notebook).join(submission).join(submission.assignment).filter(
            assignment.name == job.assignment, submission.student_id == job.student).all()

    def enter(self, result: Result, only: str | None = None) -> str:
        """Enter a result; why that can't be done, or "": then it does not count as graded.

        Raises what is no fault of this submission: a full disk, a locked gradebook.
        """
        try:
            self._record_at_last(result, only=only)
        except Exception as error:
            self.gradebook.db.rollback()
            shutil.rmtree(self._staged(result.job), ignore_errors=True)
            if _is_of_the_place(error):
                raise
            return f"it can't be entered into the gradebook ({type(error).__name__}: {one_line(error)[:300]})"
        return ""

    def enter_together(self, results: list[Result], only: str | None = None) -> bool:
        """Enter results in one transaction; whether that went: where it did not, nothing of them is entered."""
        try:
            self._record_at_last(*results, only=only)
        except Exception as error:
            self.gradebook.db.rollback()
            for result in results:
                shutil.rmtree(self._staged(result.job), ignore_errors=True)
            if _is_of_the_place(error):
                raise
            return False
        return True

    def _record_at_last(self, *results: Result, only: str | None = None) -> None:
        """The same as `record`, also where a server is away for a while or another program writes the same rows.

        A commit of which nobody knows whether it came about is made again: what it enters is the same.
        """
        for tried in range(len(AGAIN) + 1):
            try:
                return self.record(*results, only=only)
            except Exception as error:
                self.gradebook.db.rollback()
                if tried == len(AGAIN) or not _may_pass(error, tried):
                    raise
                time.sleep(AGAIN[tried])

    def record(self, *results: Result, only: str | None = None) -> None:
        """Enter results: stage the folders, set the grades in one transaction, rename the folders into place.

        only  a grade id: nothing but this grade is changed
        """
        with ThreadPoolExecutor(SYNCING) as threads:       # waiting for the disk goes side by side
            left_out = list(threads.map(_stage, results, [self._staged(result.job) for result in results]))
        self._note_left_out(results, left_out)
        self._set_grades(results, only)
        self.gradebook.db.commit()
        with ThreadPoolExecutor(SYNCING) as threads:
            list(threads.map(self._put_in_place, [result.job for result in results]))
        if only is None:
            self.graded_from.note(result.job for result in results)

    def _note_left_out(self, results: Iterable[Result], left_out: Iterable[int]) -> None:
        for result, number in zip(results, left_out, strict=True):
            if number:
                for _, notes in result.notebooks.values():
                    notes.append(f"Of the files beside it, {number} are not kept beside the graded notebook "
                                 f"(at most {MOST_FILES:,} files and {MOST_BYTES // 10**6} MB are).")
                    break

    def _put_in_place(self, job: Job) -> None:
        staged, folder = self._staged(job), self.graded_folder(job)
        old = staged.with_name(staged.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            _writable(folder)
            os.rename(folder, old)
        os.rename(staged, folder)
        _sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)

    def _set_grades(self, results: Iterable[Result], only: str | None) -> None:
        from course.grading.lateness import Extensions
        from course.grading.rows import Entry, enter

        extensions = Extensions(self.root)
        # a timestamp also where there is none: the time of an earlier submission is not that of this one
        enter(self.gradebook, self.assignment, [Entry(
            result, _timestamp(self.course, result.job.folder), extensions.of(self.assignment, result.job.student))
            for result in results], self.config, only)

    def names(self) -> Names:
        """The Names of the gradebook's students."""
        return Names(self.gradebook.students)

    def close(self) -> None:
        self.gradebook.close()


def enter_alone(assignment: str, root: str | Path, result: Result, only: str | None) -> str:
    """Classroom.enter in a process of its own, which may be lost."""
    from course.grading.bounds import own_memory

    with own_memory(1024), contextlib.closing(Classroom(load_config(), assignment, root)) as classroom:
        return classroom.enter(result, only)


def _is_of_the_place(error: BaseException | None) -> bool:
    """Whether an error would have met any submission: the disk's, or the gradebook's."""
    from sqlalchemy.exc import DatabaseError, InternalError, OperationalError

    while error is not None:
        if isinstance(error, OperationalError | InternalError) or type(error) is DatabaseError or \
                (isinstance(error, OSError) and error.errno in OF_THE_DISK):
            return True
        error = error.__cause__ or error.__context__
    return False


def _may_pass(error: BaseException | None, tried: int) -> bool:
    """Whether a server may take the same another time: it was lost or not there, or another wrote there meanwhile.

    SQLite waits by itself until its file is free.
    """
    from sqlalchemy.exc import DBAPIError, IntegrityError

    while error is not None:
        if isinstance(error, DBAPIError) and "psycopg" in type(error.orig).__module__:
            state = getattr(error.orig, "sqlstate", None) or ""
            if isinstance(error, IntegrityError):
                return tried < 2
            return error.connection_invalidated or \
                state.startswith(MAY_PASS) or (not state and _is_of_the_place(error))
        error = error.__cause__ or error.__context__
    return False


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _stage(result: Result, staged: Path) -> int:
    """Write the graded folder, and see that it is on the disk; how many files beside the notebooks were left out."""
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    left_out = files = size = 0
    for path in _files_beside(result.job.folder):
        files, size = files + 1, size + path.stat().st_size
        if files > MOST_FILES or size > MOST_BYTES:
            left_out, size = left_out + 1, size - path.stat().st_size
            continue
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
    return left_out


def _files_beside(folder: Path) -> Iterator[Path]:
    """The files of a submission but for notebooks, links and what is hidden; a folder of a notebook's name would stand
    where that is to be written."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not name.endswith(".ipynb"))
        for name in sorted(files):
            path = Path(here, name)
            if path.suffix != ".ipynb" and not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _writable(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _timestamp(course: CourseDirectory, folder: Path) -> Any:
    with contextlib.suppress(Exception):
        if os.path.getsize(folder / "timestamp.txt") > 1000:
            return None
        return course.get_existing_timestamp(str(folder))
    return None
