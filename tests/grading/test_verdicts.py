"""What a test cell found is data: what a submission prints, shows or carries is never taken for the judge's word."""

import json
import re
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from course.checks.verdict import KEY, OURS, STOPPED, Verdict, verdict_in
from course.grading.judge import judge
from course.grading.named import Names
from course.grading.repair import repair
from course.grading.summary import summary
from course.grading.verdicts import MARK, verdict_of, verdicts_of
from course.words import speaking
from tests.grading.handing_in import SETTINGS, cell_of, key_of_release, scores, solved

NAME = "02_gate_patterns"
FORGED = Verdict("mul_backward", "forged", "G99", 0.0, 2.0, 1, (), (0,)).as_metadata()
SHOW = f"""from IPython.display import display
display({{"text/plain": "mul_backward  ✗ forged [G99]  (0 of 2 points)"}}, metadata={FORGED!r}, raw=True)
"""
RIGHT = "def mul_backward(dout, x, y):\n{}    return dout * y, dout * x\n"


def handed_in(source, name="mul_backward"):
    nb = solved(NAME)
    cell_of(nb, f"{name}-answer").source = source
    return nb


def told(result):
    """The summary of a class of one."""
    return summary(SimpleNamespace(assignment=NAME, keys={NAME: key_of_release(NAME)}), [result], Names())


@pytest.mark.parametrize(("source", "points"), [
    ("import warnings\n" + RIGHT.format("    warnings.warn('mind ✗ the gap')\n"), 2.0),
    ("def mul_backward(dout, x, y):\n    print('a ✗ forged [G99]  (b')\n    raise NotImplementedError", 0.0),
    (RIGHT.format("") + "class Said:\n    __repr__ = lambda self: 'a ✗ forged [G99]  ('\nSaid()", 2.0),
    (RIGHT.format("") + SHOW, 2.0),
    (RIGHT.format("    raise type('✗ forged [G99]\\n  (', (Exception,), {})('no')\n"), 0.0),
], ids=["warned", "printed when called", "a value", "shown", "an exception's name"])
def test_what_a_submission_says_of_itself_is_no_verdict(grade, source, points):
    result = grade(handed_in(source))
    assert scores(result)["mul_backward"] == points
    assert "G99" not in told(result)
    assert "G99" not in {verdict.code for verdict in verdicts_of(nbformat.reads(result.notebooks[NAME][0], 4)).values()}


def test_how_the_grader_stopped_an_answer_is_told_in_words(grade):
    result = grade(handed_in("import os\ndef mul_backward(dout, x, y):\n    os._exit(0)"))
    text = result.notebooks[NAME][0]
    assert "1 × the process ended (mul_backward)" in told(result)
    assert "Your function was stopped: the process of the answer ended." in text and "Ended" not in text
    for kind, words in OURS.items():        # also where an earlier version has graded
        verdict = verdict_in(Verdict("a", STOPPED + kind, "", 0.0, 1.0, 1, (), ()).as_metadata())
        assert verdict.mistake == words and verdict.found == f"✗ {words}"
        with speaking("zh_CN"):
            assert not re.search("[a-zA-Z]", verdict.found)


FROM_INSIDE = """import sys
sys.stdout.write.__globals__["run_cell"] = lambda source: ([
    {"output_type": "display_data", "data": {"text/plain": "SENT"}, "metadata": METADATA}], True)
"""


def test_metadata_that_a_submissions_process_sends_are_dropped(grade):
    nb = handed_in(RIGHT.format(""))
    nb.cells.insert(1, new_code_cell(FROM_INSIDE.replace("METADATA", repr(FORGED))))
    text, _ = grade(nb).notebooks[NAME]
    sent = [output["metadata"] for cell in json.loads(text)["cells"] for output in cell.get("outputs", ())
            if output.get("data") == {"text/plain": ["SENT"]}]
    assert sent and not any(sent)


@pytest.mark.needs_sandbox
def test_what_a_notebook_carries_is_stripped():
    """Outputs, metadata of cells and of the notebook; the mark comes back when the judge has run, and is its own."""
    nb, key = solved(NAME), key_of_release(NAME)
    nb.metadata[MARK] = {"version": "99"}
    for cell in nb.cells:
        cell.metadata[KEY] = FORGED[KEY]
        if cell.cell_type == "code":
            cell.outputs = [new_output("display_data", {"text/plain": "FORGED"}, metadata=FORGED)]
    assert set(verdicts_of(nb)) == {cell.name for cell in key.cells if cell.test}
    repair(nb, key)
    assert MARK not in nb.metadata
    assert "FORGED" not in nbformat.writes(nb)
    judge(nb, key, SETTINGS)
    assert nb.metadata[MARK]["version"] != "99"
    assert {verdict.title for verdict in verdicts_of(nb).values()} == {""}


def test_a_verdict_says_what_the_report_found(grade):
    """In the result and in the graded notebook alike; a check's share of the points, and the seeds, as they were."""
    nb = handed_in("def mul_backward(dout, x, y):\n    return y, x")
    cell_of(nb, "max_backward-answer").source = \
        "def max_backward(dout, x, y):\n    return dout * (x >= y), dout * (y >= x)"
    result = grade(nb)
    found = {name: verdict for (_, name), verdict in result.verdicts.items()}
    assert found == verdicts_of(nbformat.reads(result.notebooks[NAME][0], 4))
    assert {name: verdict.score for name, verdict in found.items()} == scores(result)
    assert found["mul_backward"].mistake == "upstream dropped [G01]"
    assert "   1 × upstream dropped [G01] (mul_backward)" in told(result)
    assert [(share.points, share.passed) for share in found["max_backward"].checks] == [
        (1, True), (1, True), (1, False)]
    assert found["mul_backward"].seeds[0] == 0 and found["mul_backward"].seeds[1] > 2**32
    assert found["add_backward"].mistake == "" and found["add_backward"].found.startswith("✓ right on ")


def test_without_the_judges_mark_nothing_is_believed():
    """As nbgrader itself leaves a notebook: there a learner's code may have written the output of a test cell."""
    nb = solved(NAME)
    cell_of(nb, "mul_backward").outputs = [new_output("display_data", {"text/plain": "FORGED"}, metadata=FORGED)]
    assert verdicts_of(nb) == {}
    nb.metadata[MARK] = {"version": "1"}
    assert set(verdicts_of(nb)) == {"mul_backward"}
    for roles in ({"locked": False}, {"grade": False}):     # a cell that is marked by hand, a locked one without points
        about = cell_of(nb, "mul_backward").metadata.nbgrader
        about.update({"locked": True, "grade": True} | roles)
        assert verdicts_of(nb) == {}


def test_of_several_reports_in_a_cell_the_first_that_found_something_counts():
    right, other = (Verdict(name, "", "", 1.0, 1.0, 1, (), ()).as_metadata() for name in ("right", "other"))
    for shown, exercise in (([right, FORGED, other], "mul_backward"), ([right, other], "right")):
        outputs = [new_output("display_data", {}, metadata=metadata) for metadata in ({}, *shown)]
        assert verdict_of(new_code_cell("", outputs=outputs)).exercise == exercise
    assert verdict_of(new_code_cell("1")) is None


@pytest.mark.parametrize("metadata", [
    None, {}, {KEY: None}, {KEY: {"seeds": ["0", "7"]}}, {KEY: "a ✗ b"}, {KEY: FORGED[KEY] | {"title": 1}},
    {KEY: FORGED[KEY] | {"score": "none"}}, {KEY: FORGED[KEY] | {"calls": float("inf")}},
    {KEY: FORGED[KEY] | {"checks": [None]}}, {KEY: FORGED[KEY] | {"seeds": 1}}])
def test_metadata_that_are_not_whole_are_none(metadata):
    """Such as those of notebooks that were graded before there were verdicts: they hold the seeds alone."""
    assert verdict_in(metadata) is None
    assert verdict_in(json.loads(json.dumps(FORGED))).mistake == "forged [G99]"
