"""A class in which some hand in what costs: one run grades every honest submission, and has a line for each other."""

import json
import os
import shutil
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook

from course.grading.aside import Aside
from course.grading.gradebook import MOST_BYTES
from course.grading.run import _enter_alone
from course.grading.worker import Job, Result
from tests.grading.costly import COSTLY
from tests.grading.handing_in import ROOT, cell_of, solved
from tests.grading.test_class import NAME, run

pytestmark = [pytest.mark.needs_sandbox, pytest.mark.slow]

KINDS = ("half_a_surrogate_in_markdown", "half_a_surrogate_printed", "an_answer_of_five_megabytes",
         "forty_megabytes_of_lists", "lists_without_end", "keys_of_one_hash", "a_small_list_with_much_in_it")
LIMITS = """
c.Judge.judge_seconds = 4
c.Judge.judge_memory = 300
c.Judge.call_seconds = 8
"""
TEXTS = ("<div>" * 4_000, "$" + r"\sqrt{" * 100 + "x" + "}" * 100 + "$", "$" + "x+" * 20_000 + "x$", "$x$ " * 20_000,
         "![mine](attachment:nothing.png)", "&#xd800; \ue0001\ue001 \0")
BEFORE_AND_AFTER = ("ada", "zoe")


def with_a_callback(nb, answer="def twice(f, x):\n    return f(f(x))"):
    """A notebook with an exercise of an instructor's, whose test hands a function out."""
    about = {"schema_version": 3, "grade": False, "locked": False, "solution": True, "task": False}
    nb.cells += [
        new_code_cell(f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION" if answer.startswith("def twice(f, x):\n    re")
                      else answer, metadata={"nbgrader": about | {"grade_id": "twice-answer"}}),
        new_code_cell("assert twice(lambda n: sum(range(n)), 4) == 15", metadata={"nbgrader": about | {
            "grade_id": "twice", "grade": True, "locked": True, "solution": False, "points": 1}})]
    return nb


def hand_in(folder, student, data, name=f"{NAME}.ipynb"):
    target = folder / "submitted" / student / NAME
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_bytes(data)


def texts():
    nb = with_a_callback(solved(NAME))
    nb.cells[1:1] = [new_markdown_cell(text) for text in TEXTS]
    return nb


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(ROOT / "solutions" / NAME, folder / "solutions" / NAME)
    nbformat.write(with_a_callback(solved(NAME)), folder / "solutions" / NAME / f"{NAME}.ipynb")
    (folder / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text() + LIMITS)
    run(folder, "nbgrader", "generate_assignment", NAME, "--force")
    for student in BEFORE_AND_AFTER:
        hand_in(folder, student, json.dumps(with_a_callback(solved(NAME))).encode())
    for costly in COSTLY:
        if costly.name in KINDS:
            hand_in(folder, costly.name, costly.make())
    hand_in(folder, "stuck", json.dumps(with_a_callback(
        solved(NAME), "def twice(f, x):\n    return f(10**12)")).encode())
    hand_in(folder, "deadlock", json.dumps(with_a_callback(
        solved(NAME), "def twice(f, x):\n    return f(2**5000)")).encode())
    hand_in(folder, "writes [a lot]", json.dumps(texts()).encode())
    hand_in(folder, "ghost\udcff", json.dumps(with_a_callback(solved(NAME))).encode())
    hand_in(folder, "heavy", json.dumps(with_a_callback(solved(NAME))).encode())
    with open(folder / "submitted" / "heavy" / NAME / "data.bin", "wb") as file:
        os.truncate(file.fileno(), 50 * MOST_BYTES)
    (folder / "submitted" / "heavy" / NAME / "small.txt").write_text("kept")
    (folder / "submitted" / "heavy" / NAME / "timestamp.txt").write_bytes(b" " * 10**6)
    Aside(folder)._entering.add("x")
    with Aside(folder).entering(Job("ada", NAME, folder)):
        shutil.copy(folder / ".set_aside.json", folder / "kept.json")     # as if a run had been killed in here
    shutil.move(folder / "kept.json", folder / ".set_aside.json")
    return folder


def autograde(folder, *arguments, code=0):
    return run(folder, "course", "autograde", NAME, "--workers", "2", *arguments, code=code)


def points(folder):
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {submission.student.id: submission.score for submission in book.assignment_submissions(NAME)}


def line_of(said, student):
    """The one line of the summary that names a student."""
    summary = said.split(" to grade, ")[0]
    line, = (line for line in summary.splitlines() if line.startswith(f"{student}:"))
    return line


def test_one_run_grades_every_honest_one_and_names_each_other(course):
    said = autograde(course, code=1)
    assert "14 to grade, 2 at a time" in said and "Traceback" not in said
    assert "10 graded, 4 could not be" in said
    got = points(course)
    assert {student: got[student] for student in BEFORE_AND_AFTER} == dict.fromkeys(BEFORE_AND_AFTER, 23.0)
    assert got["heavy"] == got["writes [a lot]"] == 23.0 and got["deadlock"] == 22.0
    assert got["half_a_surrogate_in_markdown"] == got["half_a_surrogate_printed"] == 22.0   # they lack the exercise
    assert got["an_answer_of_five_megabytes"] == got["keys_of_one_hash"] == got["a_small_list_with_much_in_it"] == 20.0
    assert "SIGVTALRM" in line_of(said, "stuck") and "twice" in line_of(said, "stuck")
    assert "300 MB of memory" in line_of(said, "forty_megabytes_of_lists")
    assert "is not a notebook" in line_of(said, "lists_without_end")
    assert "can't be entered" in line_of(said, "ghost\\udcff")
    assert set(got) >= {"ada", "zoe"} and not {"stuck", "forty_megabytes_of_lists"} & set(got)
    assert "1 are not kept beside the graded notebook" in said
    kept = os.listdir(course / "autograded" / "heavy" / NAME)
    assert "small.txt" in kept and "data.bin" not in kept
    assert not os.path.exists(course / "autograded" / ".staging") or not os.listdir(course / "autograded" / ".staging")
    assert sorted(json.loads((course / ".set_aside.json").read_text())["set aside"]) == [f"'{NAME}/stuck'"]


def test_a_rerun_starts_what_was_set_aside_only_when_asked(course):
    said = autograde(course, code=1)
    assert "stuck: not tried again, because grading it ended the process, twice" in said
    assert "3 to grade" in said         # what could not be read costs nothing to try
    assert "stuck: grading it ended" in autograde(course, "--student", "stuck", code=1)
    hand_in(course, "stuck", json.dumps(with_a_callback(solved(NAME))).encode())
    autograde(course, code=1)
    assert points(course)["stuck"] == 23.0
    assert not (course / ".set_aside.json").exists()


def test_then_come_feedback_report_and_export(course):
    said = run(course, "course", "feedback", NAME)
    with zipfile.ZipFile(course / "feedback" / f"{NAME}.zip") as zf:
        assert {name.split("/")[0] for name in zf.namelist()} == set(points(course))
        page = zf.read(f"writes [a lot]/{NAME}.html").decode()
    assert "[picture: mine]" in page and "23 of 23 points" in page and "Traceback" not in said
    assert page.count("<svg") < 1000
    run(course, "course", "report")
    run(course, "course", "export", "--per-exercise")
    assert "writes [a lot]" in (course / "report.html").read_text() or (course / "report.html").exists()


class Deadly(dict):
    """Ends the process that reads it."""

    def __reduce__(self):
        return os._exit, (9,)


def test_what_ends_the_writer_is_set_aside(course):
    from course.grading.gradebook import Classroom, load_config

    before = os.getcwd()
    os.chdir(course)
    try:
        classroom = Classroom(load_config(), NAME, course)
        why = _enter_alone(classroom, Result(Job("ada", NAME, course), scores=Deadly()), None)
        classroom.close()
    finally:
        os.chdir(before)
    assert why == "entering it into the gradebook ended the process, twice: it ended with code 9"


def test_a_page_that_can_not_be_made_is_a_line(course):
    path = course / "autograded" / "zoe" / NAME / f"{NAME}.ipynb"
    path.chmod(0o644)
    nb = nbformat.read(path, as_version=4)
    cell_of(nb, "mul_backward").metadata["nbgrader"]["grade_id"] = ["x"]
    path.write_text(json.dumps(nb))
    said = run(course, "course", "feedback", NAME, code=1)
    assert "The page of zoe could not be made" in said and "No page could be made for: zoe" in said
    assert "Traceback" not in said
