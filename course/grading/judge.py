"""The judge: runs a notebook, and keeps tests and answers in different processes.

The learner's cells run in a process of the nursery's. The test cells run here, as the gradebook has them: what a
submission makes of them is of no account.
"""

import ast
import builtins
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from course.grading import testcell
from course.grading.key import Key
from course.grading.nursery import Limits, NoIsolation, Nursery
from course.grading.repair import name_of
from course.grading.session import GivenUp, Session
from course.grading.verdicts import mark

SEPARATION_ONLY = ("Submissions are NOT isolated: a learner's code can read and write what this user can. "
                   "c.Judge.isolation = False asks for that.")
HOW_TO_GO_ON = ("Grading stopped, since a learner's code would run with all that this user may do. On Linux, install "
                "bubblewrap. To grade all the same, with tests and answers in different processes but without "
                "isolation, put c.Judge.isolation = False into nbgrader_config.py.")
# Not to be had in a submission: libraries that differentiate, so that a gradient is written, not called.
BLOCKED = ("autodiff", "torch", "jax", "tensorflow", "autograd", "mygrad", "tinygrad", "sympy", "casadi")
ALLOWED: dict[str, tuple[str, ...]] = {"05_pytorch_comparison": ("autodiff", "torch")}

LAST_WORDS = 0.5        # seconds in which the end of the warm process shows, after that of what it forked

_nurseries: dict[tuple[bool, tuple[str, ...], bool], Nursery] = {}


def nursery(isolation: bool, assignment: str, plots: bool = False) -> Nursery:
    """This process's warm process for an assignment's submissions, started at its first use."""
    ours = tuple(name for name in ALLOWED.get(assignment, ()) if name == "autodiff")     # the others are installed
    kind = (isolation, ours, plots)
    if kind in _nurseries and not _nurseries[kind].alive():     # somebody killed it
        _nurseries.pop(kind).close()
    if kind not in _nurseries:
        _nurseries[kind] = Nursery(*kind)
    return _nurseries[kind]


@dataclass(frozen=True)
class Settings:
    """How submissions are run; see the traits of preprocessors.Judge."""

    isolation: bool = True
    cell_seconds: float = 30.0
    call_seconds: float = 10.0
    exercise_seconds: float = 90.0
    submission_seconds: float = 900.0
    memory: int = 1024


def judge(nb: NotebookNode, key: Key, settings: Settings) -> None:
    """Run a repaired notebook and write the outputs of its cells; those of test cells hold score and verdict.

    Where the warm process is killed meanwhile, nothing that was found counts: all is done again with a new one.
    """
    plots = any("matplotlib" in cell.source for cell in nb.cells)
    for _ in range(3):
        try:
            warm = nursery(settings.isolation, key.assignment, plots)
        except NoIsolation as error:
            raise NoIsolation(f"{error}\n{HOW_TO_GO_ON}") from None
        if _judge(nb, key, settings, warm) or warm.alive(LAST_WORDS):
            mark(nb)
            return
    raise RuntimeError("the process from which submissions are forked was killed, three times over")


def _judge(nb: NotebookNode, key: Key, settings: Settings, warm: Nursery) -> bool:
    """Run a notebook's cells; whether none of the submission's processes was lost."""
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
    return session.whole


def _test(source: str, namespace: dict[str, Any], session: Session, points: float | None,
          settings: Settings) -> list[dict[str, Any]]:
    """The outputs of a test cell, against a snapshot of this place."""
    outputs: list[dict[str, Any]] = []
    for _ in range(2):          # a process may have been killed from outside
        snapshot = session.snapshot(settings.call_seconds, settings.exercise_seconds)
        try:
            here = dict(namespace)
            for name in testcell.free_names(source) - here.keys() - set(dir(builtins)):
                found, value = snapshot.stand_in(name)
                if found:
                    here[name] = value
            outputs = testcell.run_test_cell(source, here, points)
        finally:
            snapshot.close()
        if not snapshot.ended:
            break
        session.whole = False
    return outputs


def _plain(source: str) -> str:
    """A test cell as Python, where IPython's magics are in it."""
    try:
        ast.parse(source)
        return source
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager  # here: few test cells need it

        return TransformerManager().transform_cell(source)
