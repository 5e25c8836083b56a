"""The judge: takes the place of nbgrader's Execute, and keeps tests and answers in different processes.

    c.Autograde.autograde_preprocessors = ["course.grading.judge.Judge", …]

The learner's cells run in a process of the nursery's. The test cells run here, as the gradebook has them: what a
submission makes of them is of no account.
"""

import builtins

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer

from course.grading import testcell
from course.grading.nursery import Limits, NoIsolation, Nursery
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


class Judge(NbGraderPreprocessor):
    """Runs a submission's cells in its own process, and the test cells here."""

    isolation = Bool(True, help="Whether submissions must be isolated; grading stops where they can't be.").tag(
        config=True)
    cell_seconds = Float(30, help="How long a cell of a submission may run.").tag(config=True)
    call_seconds = Float(10, help="How long one call of an answer may take.").tag(config=True)
    exercise_seconds = Float(90, help="How long all calls of one test cell may take.").tag(config=True)
    submission_seconds = Float(900, help="How long a submission may take.").tag(config=True)
    memory = Integer(1024, help="Megabytes of memory that a submission may use.").tag(config=True)

    def preprocess(self, nb, resources):
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
            sources = {cell.name: cell for cell in notebook.source_cells}
            points = {cell.name: cell.max_score for cell in notebook.grade_cells}
            locked = {name: (cell.source, points.get(name)) for name, cell in sources.items()
                      if cell.locked and cell.cell_type == "code"}
        if not self.isolation:
            self.log.warning(SEPARATION_ONLY)
        try:
            warm = nursery(self.isolation)
        except NoIsolation as error:
            raise NoIsolation(f"{error}\n{HOW_TO_GO_ON}") from None
        blocked = tuple(name for name in BLOCKED if name not in ALLOWED.get(about["assignment"], ()))
        session = Session(warm, Limits(tree=self.memory, blocked=blocked), self.cell_seconds, self.submission_seconds)
        try:
            self._run(nb, locked, session)
        finally:
            session.close()
        return nb, resources

    def _run(self, nb, locked, session):
        namespace, plain = {"__name__": "__main__"}, TransformerManager().transform_cell
        given_up = None
        for count, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), 1):
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            source, points = locked.get(name, (None, None))
            try:
                if given_up:
                    raise given_up
                if points is not None:
                    outputs = self._test(plain(source), namespace, session, points)
                else:
                    if source is not None:
                        testcell.run_test_cell(plain(source), namespace)
                    outputs = session.run(cell.source if source is None else source)
            except GivenUp as error:
                given_up = error
                outputs = [{"output_type": "error", "ename": "GivenUp", "evalue": str(error),
                            "traceback": [f"This submission was given up: {error}."]}]
            cell.execution_count = count
            cell.outputs = [NotebookNode(output) for output in outputs]

    def _test(self, source, namespace, session, points):
        snapshot = session.snapshot(self.call_seconds, self.exercise_seconds)
        try:
            here = dict(namespace)
            for name in testcell.free_names(source) - here.keys() - set(dir(builtins)):
                found, value = snapshot.stand_in(name)
                if found:
                    here[name] = value
            return testcell.run_test_cell(source, here, points)
        finally:
            snapshot.close()
