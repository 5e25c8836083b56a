"""A class of two languages in one gradebook: the same points and causes, and to each learner in their own words."""

import csv
import html
import io
import re

import pytest

from course.teaching import answering, exporting, reporting
from course.words import ENGLISH
from tests.grading.handing_in import released
from tests.teaching.classes import backprop, call, cell_of, hand_in, nbgrader, new_course

pytestmark = pytest.mark.slow

NAME, CHINESE = "01_chain_rule", "zh_CN"
WRONG = {   # known; what no cause is found of; no Python
    "circuit_backward": "    return z, z, x + y",
    "squared_sum_backward": "    return 3.7 * x * x + dz, y ** 3 - 0.3 * dz",
    "purchase_backward": "    return (",
}
MOODLE = ('Identifier,"Full name","ID number",Grade,"Maximum Grade","Feedback comments"\n'
          'Participant 11,Ada,ada,,20.00,\nParticipant 12,李雷,li,,20.00,\n')


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """ada wrote in English, li the same in Chinese; wang changed a locked cell, and is graded by nbgrader's command."""
    course = new_course(tmp_path_factory.mktemp("mixed") / "course", NAME)
    nbgrader(course, "generate_assignment", NAME, "--force")
    for student, language in (("ada", ENGLISH), ("li", CHINESE), ("wang", CHINESE)):
        nb = released(NAME, language)
        for exercise, body in WRONG.items():
            cell = cell_of(nb, f"{exercise}-answer")
            cell.source = re.sub(r"    # .*\n    raise NotImplementedError", body, cell.source)
        if student == "wang":
            cell_of(nb, "setup-graphs").source += "\nmine = 1"
        hand_in(course, student, nb, NAME)
    backprop(course, "autograde", NAME, "--student", "ada", "--student", "li", "--workers", "1")
    nbgrader(course, "autograde", NAME, "--student", "wang")
    nbgrader(course, "generate_feedback", NAME)     # one page after the other, in one process
    return course


def page_of(course, student):
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text("utf-8")


def test_the_same_answers_have_the_same_marks_and_causes(mixed):
    call(exporting.main, mixed, "--per-exercise", "--output", "marks.csv")
    rows = list(csv.DictReader(io.StringIO((mixed / "marks.csv").read_text("utf-8-sig"))))
    by_student = {student: [[row[key] for key in ("exercise", "points", "of", "marked", "mistake", "comment")]
                            for row in rows if row["student"] == student] for student in ("ada", "li", "wang")}
    assert by_student["ada"] == by_student["li"] == by_student["wang"]
    assert ["circuit_backward", "2", "4", "yes", "upstream dropped [G01]", ""] in by_student["li"]
    assert ["purchase_backward", "0", "2", "yes", "a syntax error", ""] in by_student["li"]
    assert ["grad_table", "0", "3", "yes", "not written yet", "No response."] in by_student["wang"]
    call(reporting.main, mixed, "--anonymous", "--force")
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", (
        mixed / "report.html").read_text("utf-8").replace("<wbr>", ""))))
    assert "upstream dropped [G01] circuit_backward 3 " in text     # one cause of three learners
    assert "3.7 * x * x + dz" in text and text.count("3.7 * x * x + dz") == 1       # one answer of three
    assert "返回" not in text
    call(answering.main, mixed, NAME)
    wrote = [(mixed / "similarity" / NAME / "submissions" / who / f"{NAME}.py").read_text("utf-8")
             for who in ("ada", "li", "wang")]
    assert wrote[0] == wrote[1] == wrote[2]         # nothing of what they were given is taken for theirs


def test_feedback_is_in_the_language_of_the_submission(mixed):
    said = {student: page_of(mixed, student) for student in ("ada", "li", "wang")}
    theirs = [('<html lang="en">', '<html lang="zh-CN">'), ("✗ upstream dropped [G01]", "✗ 漏了上游梯度 [G01]"),
              ("What should reach the inputs if df were 0?", "如果 df 是 0，输入应该收到什么？"),
              ("2 of 20 points", "得 2 分，满分 20 分"), (">what was found<", ">检查结果<"),
              ("✗ a syntax error", "✗ 语法错误"), ("· not written yet", "· 还没有写"),
              ("What was given here", "这里给出的代码"), ("No response.", "没有作答。"),
              ("is no Python, so nothing of it ran", "不是正确的 Python，所以一行也没有运行"),
              ("the local gradient of a sum", "和的局部梯度")]     # in the locked cell, which was put back
    for english, chinese in theirs:
        for student, there, other in (("ada", english, chinese), ("li", chinese, english), ("wang", chinese, english)):
            assert there in plain(said[student]), (student, there)
            assert other not in plain(said[student]), (student, other)
    assert "mine" in said["wang"] and "mine" not in said["li"]      # what was written there ran, in a cell of its own


def plain(page):
    """A page without the tags of highlighted code."""
    return html.unescape(re.sub(r"</?span[^>]*>", "", page))


def test_moodle_tells_each_learner_in_their_words(mixed):
    (mixed / "grades.csv").write_text(MOODLE, encoding="utf-8")
    for given, filled in (("grades.csv", "one.csv"), ("one.csv", "two.csv")):
        call(exporting.main, mixed, "--to", "moodle", "--assignment", NAME, given, "--output", filled)
    (_, ada, li) = csv.reader(io.StringIO((mixed / "two.csv").read_text("utf-8-sig")))
    assert ada[3] == li[3] == "2"
    assert "circuit_backward: 2 of 4 (upstream dropped [G01])" in ada[5]
    assert "circuit_backward：2 / 4（漏了上游梯度 [G01]）" in li[5]
    assert [cells[5].count(head) for cells, head in ((ada, "Points by exercise:"), (li, "各个练习的得分："))] == [1, 1]
    assert "Points" not in li[5]        # what the first export wrote was replaced
