"""Grades for Canvas and Moodle, into files of the forms that they export."""

import csv
import io

import pytest

from course.teaching import exporting
from tests.teaching.classes import NAME, call, nbgrader

CANVAS = (
    'Student,ID,SIS User ID,SIS Login ID,Section,Quiz (1),Assignment 2: Gate patterns (98765),Final Score\r\n'
    ',,,,,Manual Posting,,(read only)\r\n'
    '    Points Possible,,,,,10,22,(read only)\r\n'
    '"Lovelace, Ada",777,,ada@example.org,"A, B",9.50,,77.0\r\n'
    '"Müller, José",12345,,jose@example.org,A,,3,12\r\n'
    '"O\'Neil, Ph.D., Zoë",32,,,A,,,\r\n'
    '"Stranger, Sam",999,,,A,8,5,\r\n'
    '"Student, Test",1000,,,A,,,\r\n')
MOODLE = (
    'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 11","José Müller",,jose@example.org,"Submitted for grading - ",,22.00,Yes,"Friday, 20 November '
    '2026, 11:00 PM",-,\n'
    '"Participant 12","Ada Lovelace",,ADA@example.org,"Submitted for grading - ",,22.00,Yes,-,-,"<p>Well done</p>"\n'
    '"Participant 13","Berg Ben",,,"Submitted for grading - ",4.00,22.00,No,-,-,\n'
    '"Participant 14","Sam Stranger",,sam@example.org,"No submission",1.00,22.00,Yes,-,-,"as it was"\n')


def cells(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def export(course, *arguments, code=0):
    return call(exporting.main, course, *arguments, code=code)


@pytest.mark.parametrize("encoding, change", [
    ("utf-8-sig", lambda text: text), ("utf-8", lambda text: text.replace("\r\n", "\n")), ("utf-16", lambda text: text),
    ("cp1252", lambda text: text.replace(",", ";").replace("9.50", "9,50"))])
def test_canvas_gets_its_own_file_back_with_one_column_filled(course, encoding, change):
    before = change(CANVAS).encode(encoding)
    (course / "canvas.csv").write_bytes(before)
    said = export(course, "--to", "canvas", "canvas.csv")
    assert (course / "canvas.csv").read_bytes() == before
    after = (course / "canvas.graded.csv").read_bytes().decode(encoding)
    sign = ";" if ";" in after else ","
    old, new = (list(csv.reader(io.StringIO(text, newline=""), delimiter=sign)) for text in
                (before.decode(encoding), after))
    assert [row[:6] + row[7:] for row in new] == [row[:6] + row[7:] for row in old]
    assert [row[6] for row in new] == ["Assignment 2: Gate patterns (98765)", "", "22", "22", "20", "", "5", ""]
    assert ("\r\n" in after) == ("\r\n" in before.decode(encoding))
    assert "Stranger" in said and "not in the gradebook" in said and "2 filled in" in said
    assert "not in canvas.csv: Ben Berg (ben)" in said


def test_canvas_other_maximum_other_head_other_file(course):
    file = course / "canvas.csv"
    file.write_text(CANVAS.replace("10,22", "10,100"), encoding="utf-8")
    assert "Canvas gives at most 100 points" in export(course, "--to", "canvas", "canvas.csv", code=1)
    assert not (course / "canvas.graded.csv").exists()
    export(course, "--to", "canvas", "canvas.csv", "--scale")
    assert cells((course / "canvas.graded.csv").read_text("utf-8"))[4][6] == "90.9091"
    (course / "canvas.graded.csv").write_text("mine")
    assert "left as it is" in export(course, "--to", "canvas", "canvas.csv", "--scale", code=1)
    file.write_text(CANVAS.replace("Assignment 2: Gate patterns", "Homework"), encoding="utf-8")
    said = export(course, "--to", "canvas", "canvas.csv", code=1)
    assert "It has: Quiz (1), Homework (98765)" in said
    export(course, "--to", "canvas", "canvas.csv", "--assignment", NAME, "--column", "Homework", "--output", "out.csv")
    assert cells((course / "out.csv").read_text("utf-8"))[3][6] == "22"


def test_moodle_gets_grade_and_feedback_together(course):
    (course / "Grades-BP1.csv").write_text(MOODLE, encoding="utf-8-sig")
    said = export(course, "--to", "moodle", "Grades-BP1.csv")
    new = cells((course / "Grades-BP1.graded.csv").read_text("utf-8-sig"))
    old = cells(MOODLE)
    assert [row[:5] + row[6:10] for row in new] == [row[:5] + row[6:10] for row in old]
    assert [row[5] for row in new] == ["Grade", "20", "22", "4.00", "1.00"]
    assert "mul_backward: 0 of 2 (upstream dropped [G01])" in new[1][10]
    assert new[2][10].startswith("<p>Well done</p><hr>Points by exercise:<br>add_backward: 1 of 1<br>")
    assert new[4][10] == "as it was"
    assert "Moodle lets these grades not be changed: ben" in said
    (course / "again.csv").write_bytes((course / "Grades-BP1.graded.csv").read_bytes())
    export(course, "--to", "moodle", "again.csv")
    assert cells((course / "again.graded.csv").read_text("utf-8-sig")) == new


def test_two_lines_that_may_be_one_student_are_left_alone(course):
    twin = '"Lovelace, Ada",,,,A,,,\r\n'
    (course / "canvas.csv").write_text(CANVAS + twin, encoding="utf-8")
    said = export(course, "--to", "canvas", "canvas.csv")
    assert "More than one line of canvas.csv may be that of Ada Lovelace (ada)" in said
    assert [row[6] for row in cells((course / "canvas.graded.csv").read_text("utf-8"))][3] == ""


def test_a_line_for_each_exercise(course):
    export(course, "--per-exercise")
    rows = list(csv.DictReader(io.StringIO((course / "grades_per_exercise.csv").read_text("utf-8-sig"))))
    assert {row["student"] for row in rows} == {"ada", "jose", "ben"}
    assert sum(float(row["points"]) for row in rows if row["student"] == "jose") == 20
    wrong = [row for row in rows if row["student"] == "jose" and row["exercise"] == "mul_backward"]
    assert [(row["points"], row["of"], row["mistake"]) for row in wrong] == [("0", "2", "upstream dropped [G01]")]
    nbgrader(course, "export", "--exporter", "course.teaching.exporting.PerExercise", "--to", "long.csv")
    assert (course / "long.csv").read_bytes() == (course / "grades_per_exercise.csv").read_bytes()


@pytest.mark.parametrize("content, expected", [
    (b"", "is not a table"), (b"\xff\xfe\x00", "is no text"),
    (b"a,b\n1,2\n", "not a gradebook that Canvas has exported"),
    (b'Student,ID\n"a,b\n', "not a CSV file that can be read")])
def test_files_of_another_kind_get_a_sentence(course, content, expected):
    (course / "canvas.csv").write_bytes(content)
    said = export(course, "--to", "canvas", "canvas.csv", code=1)
    assert expected in said and "Traceback" not in said
    assert not (course / "canvas.graded.csv").exists()


def test_wrong_requests_get_a_sentence(course):
    assert "nothing.csv can't be read" in export(course, "--to", "canvas", "nothing.csv", code=1)
    assert "name that file" in export(course, "--to", "moodle", code=2)
    assert "knows no assignment '99'" in export(course, "--per-exercise", "--assignment", "99", code=1)
