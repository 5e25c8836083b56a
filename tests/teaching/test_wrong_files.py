"""Who hands in no notebook has one outcome everywhere: never absent, never a silent 0, always a reason."""

import io
import shutil
import zipfile

import pytest
from nbgrader.api import Gradebook

from course.teaching import exporting, reporting, returning
from tests.teaching.classes import NAME, backprop, call, nbgrader, new_course, solved, text_of

OTHER = "01_chain_rule"


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zf:
        for name, content in members:
            zf.writestr(name, content)
    return out.getvalue()


RIGHT, WRONG = text_of(solved(NAME)).encode(), text_of(solved(OTHER)).encode()
# learner: (what they hand in, what is said of it everywhere)
UNFIT = {
    "pia": ({f"{NAME}.py": b"def mul_backward(): pass"}, f"handed in a Python file ({NAME}.py)"),
    "pdf": ({"my work.PDF": b"%PDF-1.4"}, "handed in a PDF (my work.PDF)"),
    "hans": ({f"{NAME}.html": b"<!DOCTYPE html><html>"}, f"handed in a web page (HTML) ({NAME}.html)"),
    "zack": ({"work.zip": zipped([("inner/a.pdf", b"%PDF-1.4")])}, "handed in a PDF (a.pdf)"),
    "zoe": ({"work.zip": b"no zip"}, "handed in a zip (work.zip)"),
    "nils": ({f"{NAME}.ipynb": b""}, "it is an empty file"),
    "emma": ({f"{NAME}.ipynb": b"%PDF-1.4"}, "it is a PDF"),
    "ulf": ({f"{NAME}.ipynb": "Dear all, here it is.".encode("utf-16")}, "it is a text in UTF-16"),
    "otto": ({f"{NAME}.ipynb": WRONG}, f"{NAME}.ipynb is the notebook of {OTHER}"),
    "olga": ({f"{OTHER}.ipynb": WRONG}, f"{OTHER}.ipynb is the notebook of {OTHER}"),
    "sven": ({"a.py": b"x", "b.pdf": b"%PDF", "timestamp.txt": b"2020-01-01 00:00:00 UTC"}, "a Python file (a.py)"),
    "fred": ({"deep/er/a.py": b"x = 1"}, "handed in a Python file (a.py)"),
    "new": ({"Untitled.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'},
            "is an empty notebook"),
}
FIT = {
    "gerd": {f"{NAME}.ipynb": RIGHT},
    "uta": {f"{NAME}.ipynb": RIGHT.decode().encode("utf-16")},
    "bea": {f"{NAME}.ipynb": RIGHT, f"{NAME}.py": b"x", "notes.pdf": b"%PDF"},
    "both": {f"{NAME}.ipynb": RIGHT, f"{OTHER}.ipynb": WRONG},
    "swap": {f"{NAME}.ipynb": WRONG, "Untitled.ipynb": RIGHT},
    "text": {f"{NAME}.ipynb.txt": RIGHT},
    "fold": {f"deep/{NAME}.ipynb": RIGHT, "deep/a.py": b"x"},
}
AWAY = "anna"


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A course folder where all of them have handed in through Moodle, and what zip_collect said."""
    course = new_course(tmp_path_factory.mktemp("wrong") / "course", NAME, OTHER)
    everybody = [*UNFIT, *FIT, AWAY]
    people = "".join(f"{who},{who.title()},Learner\n" for who in everybody)
    (course / "class.csv").write_text("id,first_name,last_name\n" + people)
    nbgrader(course, "generate_assignment", NAME, "--force")
    nbgrader(course, "db", "student", "import", "class.csv")
    archive = course / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    (archive / "all.zip").write_bytes(zipped([
        (f"{who.title()} Learner_{4000 + k}_assignsubmission_file/{name}", content)
        for k, who in enumerate(everybody)
        for name, content in {**{who: files for who, (files, _) in UNFIT.items()}, **FIT}.get(who, {}).items()]))
    return course, nbgrader(course, "zip_collect", NAME)


def named(who):
    return f"{who.title()} Learner ({who})"


def test_everybody_who_handed_in_is_collected_and_the_unfit_are_named(collected):
    course, said = collected
    assert {path.name for path in (course / "submitted").iterdir()} == {*UNFIT, *FIT}
    for who, (_, why) in UNFIT.items():
        line = next(line for line in said.splitlines() if f" {named(who)}: " in line and "cannot be graded" in line)
        assert why in line
    assert not [who for who in FIT if f"({who}): " in said]
    many = len(UNFIT) + len(FIT)
    assert f"{many} of {many + 1} learners have handed in, {len(UNFIT)} of them nothing that can be graded" in said
    assert "Parsing file" not in said and len(said.splitlines()) < len(UNFIT) + 12, said     # none for each file
    assert not (course / "submitted" / "sven" / NAME / "timestamp.txt").exists()    # a time of their own making


def test_the_outcome_is_the_same_in_autograde_report_export_and_feedback(collected, tmp_path):
    course = shutil.copytree(collected[0], tmp_path / "course")
    before = outcomes(course)
    said = backprop(course, "autograde", NAME, "--workers", "1", code=1)
    for who, (_, why) in UNFIT.items():
        line = next(line for line in said.splitlines() if line.startswith(f"{named(who)}: ") and "cannot" in line)
        assert why in line
    assert f"{len(FIT)} graded, {len(UNFIT)} could not be" in said
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        assert {sub.student.id: sub.score for sub in book.assignment_submissions(NAME)} == dict.fromkeys(FIT, 22.0)
    assert outcomes(course) == before
    said = call(returning.main, course, NAME)
    assert "not graded yet" not in said
    for who, (_, why) in UNFIT.items():
        assert any(line.startswith(f"Without a page: {named(who)}: ") and why in line for line in said.splitlines())


def outcomes(course):
    """What report and export say of those who have no grade."""
    call(reporting.main, course, NAME)
    page = (course / "report.html").read_text()
    exported = call(exporting.main, course, "--per-exercise")
    for who, (_, why) in UNFIT.items():
        row = next(row for row in page.split("<tr>") if f"({who})" in row)
        assert why in row and "cannot be graded" in row
        line = next(line for line in exported.splitlines() if f" ({who}): " in line)
        assert why in line and "cannot be graded" in line
    assert page.split("<h3>Not handed in</h3>")[1].split("</p>")[0] == "<p>Anna Learner (anna)"
    assert "have not handed in: Anna Learner (anna)\n" in exported
    return [line for line in exported.splitlines() if "cannot be graded" in line]


def test_a_wrong_file_handed_in_anew_leaves_the_grade_and_is_said(collected, tmp_path):
    course = shutil.copytree(collected[0], tmp_path / "course")
    backprop(course, "autograde", NAME, "--workers", "1", "--student", "gerd")
    (course / "submitted" / "gerd" / NAME / f"{NAME}.ipynb").write_bytes(b"%PDF")
    backprop(course, "autograde", NAME, "--workers", "1", "--student", "gerd", "--force", code=1)
    assert "Gerd Learner (gerd): 02_gate_patterns.ipynb is not a notebook that can be read, it is a PDF: cannot be " \
           "graded (an earlier one is graded)" in call(exporting.main, course, "--per-exercise")


def test_a_second_report_or_export_replaces_what_the_course_wrote_and_nothing_else(collected, tmp_path):
    course = shutil.copytree(collected[0], tmp_path / "course")
    for main, file, arguments in ((reporting.main, "report.html", [NAME]),
                                  (exporting.main, "grades_per_exercise.csv", ["--per-exercise"])):
        call(main, course, *arguments)
        call(main, course, *arguments)
        with open(course / file, "a") as out:
            out.write("my own note")
        assert "left as it is" in call(main, course, *arguments, code=1)
        assert (course / file).read_text().endswith("my own note")
        call(main, course, *arguments, "--force")
        call(main, course, *arguments)
