"""The judge and the repairs, as nbgrader takes them: by its own configuration.

    c.Autograde.sanitize_preprocessors = ["course.grading.preprocessors.Repair", …]
    c.Autograde.autograde_preprocessors = ["course.grading.preprocessors.Judge", …]
"""

from dataclasses import fields
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer

from course.grading.bounds import Overtime, own_memory, own_time
from course.grading.finding import beside
from course.grading.judge import SEPARATION_ONLY, Settings, judge
from course.grading.key import Key, key_of
from course.grading.repair import repair
from course.grading.request import show_request
from course.grading.unfit import another, belongs
from course.grading.whose import whose
from course.plaintext import one_line
from course.words import language_of, speaking


class Judge(NbGraderPreprocessor):
    """Runs a submission's cells in its own process, and the test cells here; nbgrader's Execute is not needed."""

    isolation = Bool(True, help="Whether submissions must be isolated; grading stops where they can't be.").tag(
        config=True)
    cell_seconds = Float(30, help="How long a cell of a submission may run.").tag(config=True)
    call_seconds = Float(10, help="How long one call of an answer may take.").tag(config=True)
    exercise_seconds = Float(90, help="How long all calls of one test cell may take.").tag(config=True)
    submission_seconds = Float(900, help="How long a submission may take.").tag(config=True)
    memory = Integer(1024, help="Megabytes of memory that a submission may use.").tag(config=True)
    judge_seconds = Float(120, help="How long the grader's own process may compute for a submission.").tag(config=True)
    judge_memory = Integer(1024, help="Megabytes of memory that the grader's own process may use for it.").tag(
        config=True)

    @property
    def settings(self) -> Settings:
        return Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)
                           if field.name != "secret"})

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        if not self.isolation:
            self.log.warning(SEPARATION_ONLY)
        key = _repaired_with.pop(_whose(resources), None)
        try:
            with own_time(self.judge_seconds), own_memory(self.judge_memory):
                files, notes = beside(Path(resources["metadata"]["path"], f"{resources['unique_key']}.ipynb"))
                for note in notes:
                    self.log.warning(note)
                key = key or _key(nb, resources, self.config)
                learner, notes = whose(nb, key, resources["nbgrader"]["student"])
                for note in notes:
                    self.log.warning(note)
                with speaking(language_of(nb.metadata)):
                    judge(nb, key, self.settings, files, learner)
                    notes = show_request(nb, Path(resources["metadata"]["path"]))
                for note in notes:
                    self.log.warning(note)
        except Overtime as error:
            raise RuntimeError(str(error)) from None        # nbgrader goes on with the next submission
        return nb, resources


class Repair(NbGraderPreprocessor):
    """Comes first of c.Autograde.sanitize_preprocessors: mends what would end the class's run, and notes it."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        key = _repaired_with[_whose(resources)] = _key(nb, resources, self.config)
        if not belongs(nb, key):        # nbgrader goes on with the next submission
            raise another(nb, f"{key.notebook}.ipynb", key)
        for note in repair(nb, key):
            self.log.warning("%s", one_line(note))
        return nb, resources


class Try(NbGraderPreprocessor):
    """Judges the instructor's solution when an assignment is generated, and names the test cells that can't be."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        from course.grading.trial import untestable  # here: nothing else needs it

        about = resources["nbgrader"]
        try:
            told = untestable(nb, about["assignment"], about["notebook"], Judge(parent=self.parent).settings,
                              Path(resources["metadata"]["path"]), self.config)
        except Exception as error:      # a release is not kept back by its trial
            told = [f"The solution could not be tried ({type(error).__name__}: {error})."]
        for line in told:
            self.log.warning("%s can't be judged as it is: %s", about["notebook"], line)
        return nb, resources


_repaired_with: dict[tuple[str, ...], Key] = {}     # keys on their way from Repair to Judge


def _whose(resources: dict[str, Any]) -> tuple[str, ...]:
    about = resources["nbgrader"]
    return about["db_url"], about["assignment"], about["notebook"], about["student"]


def _key(nb: NotebookNode, resources: dict[str, Any], config: Any) -> Key:
    about = resources["nbgrader"]
    with Gradebook(about["db_url"]) as gradebook:
        return key_of(gradebook, about["notebook"], about["assignment"], CourseDirectory(config=config)).spoken(
            language_of(nb.metadata))
