"""A gradebook on PostgreSQL: the commands of a term, with whoever is lost on the way; the grades are SQLite's."""

import csv
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import chdir, closing
from dataclasses import replace

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import text

from course import cli
from course.grading import rows
from course.grading.gradebook import Classroom, load_config
from course.grading.judge import Settings
from course.grading.worker import grade_submission
from course.places import REGRADE
from course.teaching import exporting, extending, forgetting, reporting, returning
from tests import postgres
from tests.commands import start_module
from tests.grading import gradebooks
from tests.teaching.classes import NAME, backprop, call, environment, nbgrader, new_course

pytestmark = pytest.mark.needs_postgres


@pytest.fixture(scope="module")
def postgresql():
    with postgres.server() as started:
        yield started


@pytest.fixture(scope="module")
def on_a_server(taught, postgresql, tmp_path_factory):
    """The class of `taught`, whose submissions nobody has graded; its gradebook is on a server."""
    course = new_course(tmp_path_factory.mktemp("server") / "course", NAME)
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(f"\nc.CourseDirectory.db_url = {postgresql.url!r}\n")
    shutil.copytree(taught / "submitted", course / "submitted")
    (course / "submitted" / "ada" / NAME / REGRADE).write_text("add_backward: it is right.", "utf-8")
    nbgrader(course, "generate_assignment", NAME, "--force")
    shutil.copy(taught / "class.csv", course)
    backprop(course, "nbgrader", "db", "student", "import", "class.csv")
    return course


def grades(url):
    """{(learner, exercise): points} as the gradebook has them."""
    with Gradebook(url, "backprop") as book:
        return {(sub.student.id, grade.name): grade.auto_score for sub in book.assignment_submissions(NAME)
                for notebook in sub.notebooks for grade in notebook.grades}


def test_a_term_with_kills_gives_the_grades_of_sqlite(taught, on_a_server, postgresql, tmp_path):
    course = on_a_server
    run = start_module("course", "autograde", NAME, "--workers", "1", cwd=course, env=environment(), said=tmp_path)
    while run.is_alive() and not list((course / "autograded").glob(f"*/{NAME}")):
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGKILL)
    postgresql.stop()
    assert "The gradebook's server can't be reached: " in backprop(course, "autograde", NAME, code=1)
    assert "Traceback" not in backprop(course, "nbgrader", "generate_assignment", NAME, "--force", code=1)
    assert "can't be reached" in call(reporting.main, course, code=1)
    postgresql.start()
    backprop(course, "autograde", NAME, "--workers", "1")
    said = backprop(course, "autograde", NAME, "--workers", "1", "--regrade", "mul_backward")
    assert "ask for a regrade: Ada Lovelace (ada)" in said and "noted: Ada Lovelace (ada): 1" in said
    expected = grades(f"sqlite:///{taught}/gradebook.db")
    assert grades(postgresql.url) == expected and len(expected) == 3 * 11
    assert "3 pages" in call(returning.main, course, NAME)
    assert "add_backward: it is right." in (course / "feedback" / "ada" / NAME / f"{NAME}.html").read_text("utf-8")
    call(reporting.main, course)
    assert "Ada Lovelace" not in (course / "report.html").read_text("utf-8")      # who is not there alone is named
    assert "Zoë" in (course / "report.html").read_text("utf-8")
    assert "2 days more" in call(extending.main, course, NAME, "zoe", "--days", "2")
    for folder in (course, taught):
        call(exporting.main, folder, "--per-exercise", "--output", tmp_path / f"{folder.parent.name}.csv")
    mine, theirs = (list(csv.reader((tmp_path / f"{folder.parent.name}.csv").open(encoding="utf-8-sig")))
                    for folder in (course, taught))
    assert mine == theirs and len(mine) > 30


def test_what_the_writer_meets_on_a_server_it_gets_over(on_a_server, postgresql):
    """Its connection is cut in the middle of a transaction; another enters the same learners at the same time."""
    course = on_a_server
    with chdir(course), closing(Classroom(load_config(), NAME, course)) as room, \
            closing(Gradebook(postgresql.url, "backprop")) as other:
        first = next(iter(room.submissions()))
        result = grade_submission(first, room.keys, Settings(isolation=False))
        results = [replace(result, job=replace(first, student=f"new{k}"), notebooks=dict(result.notebooks))
                   for k in range(4)]
        set_grades, cut = room._set_grades, []

        def cutting(result, only):
            set_grades(result, only)
            if not cut:
                cut.append(other.db.execute(text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                    "AND datname = current_database()")).all())
                other.db.commit()

        room._set_grades = cutting
        assert room.enter_together(results[:2]) and cut
        other.db.execute(text("INSERT INTO student (id) VALUES ('new2')"))     # not committed yet: the writer waits
        threading.Timer(0.3, other.db().commit).start()
        assert room.enter(results[2]) == ""
        assert room.enter(results[3]) == ""
        assert room.enter(replace(results[3], job=replace(first, student="x" * 300))).startswith("it can't be entered")
    found = grades(postgresql.url)
    assert all(found[f"new{k}", "add_backward"] == result.scores[NAME, "add_backward"][0] for k in range(4))
    assert "x" * 300 not in {student for student, _ in found}


def test_rows_are_those_of_sqlite(postgresql, tmp_path):
    """Entered for many at once on a server, as nbgrader's own calls make them in a file."""
    postgresql.run("createdb", "-h", str(postgresql.folder), "-U", "postgres", "rows")
    url = postgresql.url.replace("/gradebook?", "/rows?")
    with closing(gradebooks.opened(url)) as there, closing(gradebooks.opened(f"sqlite:///{tmp_path}/rows.db")) as here:
        for book, enter in ((there, rows.enter), (here, gradebooks.one_by_one)):
            gradebooks.release(book)
            gradebooks.story(book, enter, 3, "table")
        found, expected = gradebooks.everything(there), gradebooks.everything(here)
    for table in expected:      # a server gives rows last that were changed last
        assert sorted(map(repr, found[table])) == sorted(map(repr, expected[table])), table


def test_cells_are_in_the_order_of_the_release(on_a_server, postgresql):
    """A server gives rows last that were changed last."""
    with closing(Gradebook(postgresql.url, "backprop")) as book:
        book.db.execute(text("UPDATE source_cell SET source = source || ' ' WHERE name LIKE 'mul%' OR name = 'setup'"))
        book.db.commit()
        assert book.find_notebook(NAME, NAME).source_cells[0].name != "setup"
    with chdir(on_a_server), closing(Classroom(load_config(), NAME, on_a_server)) as room:
        names = [cell.name for cell in room.keys[NAME].cells]
    assert names[0] == "setup" and names[5:7] == ["mul_backward-answer", "mul_backward"]


def test_a_learner_leaves_a_server_too(on_a_server, postgresql):
    assert "gradebook: Ben Berg (ben), with all grades" in call(forgetting.main, on_a_server, "ben")
    assert "ben" not in {student for student, _ in grades(postgresql.url)}


def test_what_is_missing_is_a_sentence(on_a_server, tmp_path, monkeypatch, capsys):
    def said(url, main, *arguments):
        (tmp_path / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.CourseDirectory.root = {str(tmp_path)!r}\nc.CourseDirectory.db_url = {url!r}\n")
        return call(main, tmp_path, *arguments, code=1)

    here = "postgresql://postgres@/gradebook?host=/tmp/nowhere"
    for main, arguments in ((reporting.main, ()), (exporting.main, ("--per-exercise",)), (returning.main, (NAME,)),
                            (cli.main, ("nbgrader", "db", "student", "list")), (cli.main, ("autograde", NAME))):
        assert "The gradebook's server can't be reached: " in said(here, main, *arguments)
        assert "can't be used" in said("postgersql://x/y", main, *arguments)
    for name in [name for name in sys.modules if name.split(".")[0].startswith("psycopg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "driver is not installed: python course setup postgres" in said(here, reporting.main)
