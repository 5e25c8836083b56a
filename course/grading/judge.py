"""The judge: runs a notebook, and keeps tests and answers in different processes.

The learner's cells run in a process of the nursery's. The test cells run here, as the gradebook has them: what a
submission makes of them is of no account.
"""

import builtins
import contextlib
import sys
from dataclasses import dataclass, field, replace
from typing import Any

from nbformat import NotebookNode

from course.checks.draws import shared
from course.checks.variants import EXAMPLE, Whose, belonging_to
from course.grading import bounds, testcell
from course.grading.key import Key, KeyCell, as_python
from course.grading.nursery import Limits, NoIsolation, Nursery
from course.grading.outputs import with_syntax_error, without_paths
from course.grading.repair import name_of
from course.grading.session import GivenUp, Session
from course.grading.verdicts import mark
from course.words import tr

SEPARATION_ONLY = ("Submissions are NOT isolated: a learner's code can read and write what this user can. "
                   "c.Judge.isolation = False asks for that.")
HOW_TO_GO_ON = ("Grading stopped, since a learner's code would run with all that this user may do. On Linux, install "
                "bubblewrap. To grade all the same, with tests and answers in different processes but without "
                "isolation, put c.Judge.isolation = False into nbgrader_config.py.")
# Not to be had in a submission: libraries that differentiate, so that a gradient is written, not called.
BLOCKED = ("autodiff", "torch", "jax", "tensorflow", "autograd", "mygrad", "tinygrad", "sympy", "casadi")
# torch.optim imports sympy
ALLOWED: dict[str, tuple[str, ...]] = {"05_pytorch_comparison": ("autodiff", "torch", "sympy")}

MOST_REPORT = 100_000   # characters; those of the wrong forms that this project knows have 3,600 at most
LAST_WORDS = 0.5        # seconds in which the end of the warm process shows, after that of what it forked

# what `my_numbers` has given here, it gives there: the submission's process knows no declaration
TELL = "__import__('course')._told.update({!r})"

_nurseries: dict[tuple[bool, tuple[str, ...], bool, tuple[str, ...]], Nursery] = {}


def nursery(isolation: bool, assignment: str, plots: bool = False) -> Nursery:
    """This process's warm process for an assignment's submissions, started at its first use."""
    ours = tuple(name for name in ALLOWED.get(assignment, ()) if name == "autodiff")     # the others are installed
    kind = (isolation, ours, plots, blocked(assignment))
    if kind in _nurseries and not _nurseries[kind].alive():     # somebody killed it
        _nurseries.pop(kind).close()
    if kind not in _nurseries:
        with bounds.memory_of_others():
            _nurseries[kind] = Nursery(*kind)
        for sentence in _nurseries[kind].lacks:
            print(sentence, file=sys.stderr)
    return _nurseries[kind]


def blocked(assignment: str) -> tuple[str, ...]:
    """The modules that an assignment's submissions must not find."""
    return tuple(name for name in BLOCKED if name not in ALLOWED.get(assignment, ()))


@dataclass(frozen=True)
class Settings:
    """How submissions are run; see the traits of preprocessors.Judge.

    secret  of the draws that a class shares; b"" where each answer gets its own
    """

    isolation: bool = True
    cell_seconds: float = 30.0
    call_seconds: float = 10.0
    exercise_seconds: float = 90.0
    submission_seconds: float = 900.0
    memory: int = 1024
    judge_seconds: float = 120.0
    judge_memory: int = 1024
    secret: bytes = field(default=b"", repr=False)


def judge(nb: NotebookNode, key: Key, settings: Settings, beside: bytes = b"", learner: str = EXAMPLE) -> bool:
    """Run a repaired notebook and write the outputs of its cells; those of test cells hold score and verdict.

    `beside` is a zip of the files that the submission finds in its folder; `learner` has the variants by which it is
    judged.

    Returns whether its time was enough. Where the warm process is killed meanwhile, nothing that was found counts: all
    is done again with a new one.
    """
    plots = any("matplotlib" in cell.source for cell in nb.cells)
    for attempt in range(3):
        try:
            warm = nursery(settings.isolation, key.assignment, plots)
        except NoIsolation as error:
            raise NoIsolation(f"{error}\n{HOW_TO_GO_ON}") from None
        session = Session(warm, Limits(tree=settings.memory, blocked=blocked(key.assignment)), settings.cell_seconds,
                          settings.submission_seconds, beside)
        # Where one submission might leave a note for the next, each gets draws of its own; and so at a second attempt.
        secret = settings.secret if settings.isolation and not warm.lacks and attempt == 0 else b""
        with belonging_to(learner) as whose:
            _judge(nb, key, replace(settings, secret=secret), session, whose)
        if session.whole or warm.alive(LAST_WORDS):
            mark(nb, isolation=list(warm.lacks) if settings.isolation else [SEPARATION_ONLY])
            return session.in_time
    raise RuntimeError("the process from which submissions are forked was killed, three times over")


def _judge(nb: NotebookNode, key: Key, settings: Settings, session: Session, whose: Whose) -> None:
    """Run a notebook's cells."""
    namespace, given_up = {"__name__": "__main__"}, None
    try:
        for count, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), 1):
            known = key.by_name.get(name_of(cell))
            try:
                if given_up:
                    raise given_up
                if known is not None and known.test:
                    outputs = with_syntax_error(_test(known, key, namespace, session, settings), known, key, nb.cells)
                elif known is not None and known.locked:
                    whose.told.clear()
                    testcell.run_test_cell(as_python(known.source), namespace)
                    if whose.told:
                        session.run(TELL.format(whose.told))
                    outputs = session.run(known.source)
                else:
                    outputs = session.run(cell.source)
            except GivenUp as error:
                given_up = error
                outputs = [{"output_type": "error", "ename": "GivenUp", "evalue": str(error),
                            "traceback": [tr("This submission was given up: {why}.", why=error)]}]
            cell.execution_count = count
            cell.outputs = [NotebookNode(without_paths(output)) for output in outputs]
    finally:
        session.close()


def _test(known: KeyCell, key: Key, namespace: dict[str, Any], session: Session,
          settings: Settings) -> list[dict[str, Any]]:
    """The outputs of a test cell, against a snapshot of this place.

    What the answers above it define is the learner's, whoever else has something of that name: Python, numpy, the
    set-up cell. Where the learner has nothing of it, nothing is there.
    """
    source = as_python(known.source)
    names, theirs = testcell.free_names(source), key.answer_names(known)
    here = {name: value for name, value in namespace.items() if name not in theirs}
    here["__builtins__"] = {name: value for name, value in vars(builtins).items() if name not in theirs}
    namespace = here
    outputs: list[dict[str, Any]] = []
    for secret in (settings.secret, b""):       # a process may have been killed from outside
        snapshot = session.snapshot(settings.call_seconds, settings.exercise_seconds)
        snapshot.classes = key.answer_classes(known)
        try:
            here = dict(namespace)
            for name in names - here.keys() - here["__builtins__"].keys():
                found, value = snapshot.stand_in(name)
                if found:
                    here[name] = value
            with shared(secret) if secret else contextlib.nullcontext():
                outputs = testcell.run_test_cell(source, here, known.points)
        except bounds.Overtime:
            why = tr("the grader has computed for {seconds} s", seconds=f"{settings.judge_seconds:g}")
            raise GivenUp(why) from None        # what was found before stands
        finally:
            snapshot.close()
        if not snapshot.ended:
            break
        session.whole = False
    return [_cut(output) for output in outputs]


def _cut(output: dict[str, Any]) -> dict[str, Any]:
    """A test cell's output without what would make a page too long: an answer's own texts may stand in it."""
    data = output.get("data", {})
    if sum(map(len, data.values())) > MOST_REPORT:
        output["data"] = {"text/plain": data.get("text/plain", "")[:MOST_REPORT] + " …"}
    return output

