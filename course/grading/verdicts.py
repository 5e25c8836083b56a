"""Reads what test cells found out of graded notebooks: the judge's own words, and nobody else's.

A report's verdict stands in the metadata of its output. In a notebook that the judge has run, test cells have the
judge's outputs, and the outputs of all other cells come without metadata; so what stands there is the judge's. The
mark on the notebook says that it has. Where nbgrader itself ran a notebook, a learner's code shared the process with
the tests and may have written any output: without the mark nothing is believed.
"""

from nbformat import NotebookNode

from course import __version__
from course.checks.verdict import OURS, Verdict, verdict_in
from course.words import later

MARK = "backprop_judge"     # in a notebook's metadata
# titles, where the judge has no report of an answer but an error of the test cell's
STOPPED = {"SyntaxError": later("a syntax error"), "NameError": later("a name is not defined"),
           "GivenUp": OURS["GivenUp"]}
ANSWER = "-answer"          # a grade id's end: "mul_backward-answer" is the answer that "mul_backward" tests


def mark(nb: NotebookNode, **more: list[str]) -> None:
    """Say that the judge has run this notebook, with which version of the course, and what else is to be kept."""
    nb.metadata[MARK] = {**nb.metadata.get(MARK, {}), "version": __version__, **more}


def unmark(nb: NotebookNode) -> None:
    """Take away what a submission brings: only the judge says what it has judged."""
    nb.metadata.pop(MARK, None)


def verdicts_of(nb: NotebookNode) -> dict[str, Verdict]:
    """{grade id: Verdict} of a graded notebook; empty where the judge was not there, or before it left any."""
    if MARK not in nb.metadata:
        return {}
    found = {cell.metadata["nbgrader"].get("grade_id"): verdict_of(cell) for cell in nb.cells if is_test(cell)}
    return {name: verdict for name, verdict in found.items() if verdict}


def answers_of(nb: NotebookNode) -> dict[str, str]:
    """{exercise: the text of its answer's cell} of a notebook."""
    named = ((cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell.source) for cell in nb.cells)
    return {name.removesuffix(ANSWER): source for name, source in named if name.endswith(ANSWER)}


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell of a repaired notebook is a locked test cell."""
    about = cell.metadata.get("nbgrader")
    return cell.cell_type == "code" and isinstance(about, dict) and bool(about.get("grade") and about.get("locked"))


def verdict_of(cell: NotebookNode) -> Verdict | None:
    """The Verdict of a test cell: of its reports, the first that found something, or else the first; or None.

    Where nothing of the answer ran there is no report, and the judge's error says why.
    """
    outputs = cell.get("outputs", ())
    found = [verdict for verdict in (verdict_in(output.get("metadata")) for output in outputs) if verdict]
    ended = next((STOPPED[name] for output in outputs if (name := output.get("ename")) in STOPPED), "")
    if ended and not found and is_test(cell):
        about = cell.metadata["nbgrader"]
        return Verdict(str(about.get("grade_id")), ended, "", 0.0, float(about.get("points") or 0), 0, (), ())
    return next((verdict for verdict in found if verdict.title), found[0] if found else None)
