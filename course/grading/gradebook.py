"""A course folder with its gradebook: what there is to be graded, and the one writer of what was found.

A submission is written into a staging folder, its grades in one transaction, and then the folder is renamed into
place: it counts as graded when its folder stands and every automatic grade is set.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.grading.worker import Job, Result
from course.places import CONFIGURATION, configuration_folder

if TYPE_CHECKING:       # nbgrader's import takes seconds, in which workers start
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import Config

    from course.grading.key import Key

STAGING = ".staging"


class GradingError(Exception):
    """Why a class can't be graded, in a sentence."""


def load_config() -> Config:
    """The configuration in force: of the current folder, or of the course's own."""
    from traitlets.config.loader import PyFileConfigLoader

    return PyFileConfigLoader(CONFIGURATION, path=str(configuration_folder())).load_config()


class Classroom:
    """A course folder with its gradebook, seen for one assignment."""

    def __init__(self, config: Config, assignment: str, root: str | Path) -> None:
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

    def _keys(self) -> dict[str, Key]:
        from nbgrader.api import MissingEntry

        from course.grading.key import key_of

        try:
            notebooks = self.gradebook.find_assignment(self.assignment).notebooks
        except MissingEntry:
            known = ", ".join(sorted(str(found.name) for found in self.gradebook.assignments)) or "none"
            raise GradingError(f"The gradebook knows no assignment {self.assignment!r}; it knows: {known}.\n"
                               f"Release it first: nbgrader generate_assignment {self.assignment} --force") from None
        return {notebook.name: key_of(self.gradebook, notebook.name, self.assignment) for notebook in notebooks}

    def submissions(self) -> Iterator[Job]:
        """Every Job there is, graded or not."""
        pattern = self.course.format_path(self.course.submitted_directory, "*", self.assignment)
        folder = Path(pattern)
        base = next(parent for parent in folder.parents if "*" not in str(parent))
        for path in sorted(base.glob(str(folder.relative_to(base)))):
            if path.is_dir() and not path.is_symlink():
                yield Job(path.relative_to(base).parts[0], self.assignment, path)

    def graded_folder(self, job: Job) -> Path:
        return Path(self.course.format_path(self.course.autograded_directory, job.student, job.assignment))

    @property
    def staging(self) -> Path:
        return Path(self.course.format_path(self.course.autograded_directory, STAGING, self.assignment)).parent

    def clear_staging(self) -> None:
        """Remove what a run left that was killed."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def is_graded(self, job: Job) -> bool:
        """Whether the folder stands, as new as the submission, and every automatic grade is set."""
        folder = self.graded_folder(job)
        if not folder.is_dir() or _timestamp(self.course, folder) != _timestamp(self.course, job.folder):
            return False
        grades = self._grades(job)
        return bool(grades) and all(
            grade.auto_score is not None or grade.needs_manual_grade for grade in grades.values())

    def failed(self, job: Job) -> bool:
        """Whether a graded submission lacks points that a test could give."""
        return any((grade.auto_score or 0) < grade.max_score for grade in self._grades(job).values()
                   if grade.auto_score is not None)

    def _grades(self, job: Job) -> dict[tuple[str, str], Any]:
        from nbgrader.api import MissingEntry

        try:
            submission = self.gradebook.find_submission(job.assignment, job.student)
        except MissingEntry:
            return {}
        return {(notebook.name, grade.name): grade for notebook in submission.notebooks for grade in notebook.grades}

    def record(self, result: Result, only: str | None = None) -> None:
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

    def _set_grades(self, result: Result, only: str | None) -> None:
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
        late: Any = AssignLatePenalties(config=self.config)
        late.init_plugin()
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None
            if submission.total_seconds_late > 0:
                penalty = late.plugin_inst.late_submission_penalty(
                    job.student, notebook.score, submission.total_seconds_late)
                if penalty is not None:
                    notebook.late_submission_penalty = late._check_late_penalty(notebook, penalty)
        gradebook.db.commit()

    def close(self) -> None:
        self.gradebook.close()


def _stage(result: Result, staged: Path) -> None:
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
        return course.get_existing_timestamp(str(folder))
    return None
