"""The judge: takes the place of nbgrader's Execute, and keeps tests and answers in different processes.

    c.Autograde.sanitize_preprocessors = ["course.grading.judge.Repair", …]
    c.Autograde.autograde_preprocessors = ["course.grading.judge.Judge", …]

The learner's cells run in a process of the nursery's. The test cells run here, as the gradebook has them: what a
submission makes of them is of no account.
"""

import builtins
from dataclasses import dataclass, fields

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer

from course.grading import testcell
from course.grading.key import key_of
from course.grading.nursery import Limits, NoIsolation, Nursery
from course.grading.repair import name_of, repair
from course.grading.session import GivenUp, Session

SEPARATION_ONLY = ("Submissions are NOT isolated: a learner's code can read and write what this user can. "
                   "c.Judge.isolation = False asks for that.")
HOW_TO_GO_ON = ("Grading stopped, since a learner's code would run with all that this user may do. On Linux, install "
                "bubblewrap. To grade all the same, with tests and answers in different processes but without "
                "isolation, put c.Judge.isolation = False into nbgrader_config.py.")
# Not to be had in a submission: libraries that differentiate, so that a gradient is written, not called.
BLOCKED = ("autodiff", "torch", "jax", "tensorflow", "autograd", "mygrad", "tinygrad", "sympy", "casadi")
ALLOWED = {"05_pytorch_comparison": ("autodiff", "torch")}

_nurseries = {}


def nursery(isolation):
    """This process's warm process, started at its first use."""
    if isolation not in _nurseries:
        _nurseries[isolation] = Nursery(isolation)
    return _nurseries[isolation]


@dataclass(frozen=True)
class Settings:
    """How submissions are run; see the traits of Judge."""

    isolation: bool = True
    cell_seconds: float = 30.0
    call_seconds: float = 10.0
    exercise_seconds: float = 90.0
    submission_seconds: float = 900.0
    memory: int = 1024


def judge(nb, key, settings):
    """Run a repaired notebook and write the outputs of its cells; those of test cells hold the score."""
    try:
        warm = nursery(settings.isolation)
    except NoIsolation as error:
        raise NoIsolation(f"{error}\n{HOW_TO_GO_ON}") from None
    blocked = tuple(name for name in BLOCKED if name not in ALLOWED.get(key.assignment, ()))
    session = Session(warm, Limits(tree=settings.memory, blocked=blocked), settings.cell_seconds,
                      settings.submission_seconds)
    namespace, given_up = {"__name__": "__main__"}, None
    try:
        for count, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), 1):
            known = key.by_name.get(name_of(cell))
            try:
                if given_up:
                    raise given_up
                if known is not None and known.test:
                    outputs = _test(_plain(known.source), namespace, session, known.points, settings)
                elif known is not None and known.locked:
                    testcell.run_test_cell(_plain(known.source), namespace)
                    outputs = session.run(known.source)
                else:
                    outputs = session.run(cell.source)
            except GivenUp as error:
                given_up = error
                outputs = [{"output_type": "error", "ename": "GivenUp", "evalue": str(error),
                            "traceback": [f"This submission was given up: {error}."]}]
            cell.execution_count = count
            cell.outputs = [NotebookNode(output) for output in outputs]
    finally:
        session.close()


def _test(source, namespace, session, points, settings):
    """The outputs of a test cell, against a snapshot of this place."""
    snapshot = session.snapshot(settings.call_seconds, settings.exercise_seconds)
    try:
        here = dict(namespace)
        for name in testcell.free_names(source) - here.keys() - set(dir(builtins)):
            found, value = snapshot.stand_in(name)
            if found:
                here[name] = value
        return testcell.run_test_cell(source, here, points)
    finally:
        snapshot.close()


_plain = TransformerManager().transform_cell


class Judge(NbGraderPreprocessor):
    """Runs a submission's cells in its own process, and the test cells here; nbgrader's Execute is not needed."""

    isolation = Bool(True, help="Whether submissions must be isolated; grading stops where they can't be.").tag(
        config=True)
    cell_seconds = Float(30, help="How long a cell of a submission may run.").tag(config=True)
    call_seconds = Float(10, help="How long one call of an answer may take.").tag(config=True)
    exercise_seconds = Float(90, help="How long all calls of one test cell may take.").tag(config=True)
    submission_seconds = Float(900, help="How long a submission may take.").tag(config=True)
    memory = Integer(1024, help="Megabytes of memory that a submission may use.").tag(config=True)

    @property
    def settings(self):
        return Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)})

    def preprocess(self, nb, resources):
        if not self.isolation:
            self.log.warning(SEPARATION_ONLY)
        judge(nb, _key(resources), self.settings)
        return nb, resources


class Repair(NbGraderPreprocessor):
    """Comes first of c.Autograde.sanitize_preprocessors: mends what would end the class's run, and notes it."""

    def preprocess(self, nb, resources):
        for note in repair(nb, _key(resources)):
            self.log.warning(note)
        return nb, resources


def _key(resources):
    about = resources["nbgrader"]
    with Gradebook(about["db_url"]) as gradebook:
        return key_of(gradebook, about["notebook"], about["assignment"])
