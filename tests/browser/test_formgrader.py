"""An instructor in Formgrader, in a real browser: the list, a submission, a mark and a comment given by hand."""

import contextlib
import re
import sqlite3

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect

from course.places import REGRADE
from tests.browser.test_lab import PATIENCE, ask, copy, jupyterlab, patience, shoot, visit  # noqa: F401
from tests.teaching.classes import backprop, nbgrader

ESSAY = "11_essay"
# Formgrader fetches MathJax from the network, and its script stumbles where there is none; a test needs neither
MATHJAX = "window.MathJax = {Hub: {Config() {}, Queue() {}, Startup: {signal: {Interest() {}}}}}"
ASKED = "why: the second half is right <b>as well</b>, see lesson 2."
COMMENT = "Say where the upstream gradient comes from."


def cell(kind, grade_id, source, **about):
    made = (new_markdown_cell if kind == "markdown" else new_code_cell)(source)
    made.metadata["nbgrader"] = {"grade": True, "grade_id": grade_id, "locked": False, "schema_version": 3,
                                 "solution": False, "task": False, **about}
    return made


@pytest.fixture(scope="module")
def handed_in(copy):  # noqa: F811
    """A copy of the course; ada has handed in an assignment of the instructor's own, with a written answer, and asks
    for a regrade."""
    source = new_notebook(cells=[
        new_code_cell("from course import grade"),
        cell("markdown", "why", "Because …", solution=True, points=5),
        cell("code", "two", "2.0", locked=True, points=2)])
    write(source, copy / "solutions" / ESSAY)
    nbgrader(copy, "generate_assignment", ESSAY)
    answered = nbformat.read(copy / "exercises" / ESSAY / f"{ESSAY}.ipynb", as_version=4)
    answered.cells[1].source = "The chain rule multiplies **along** a path."
    write(answered, copy / "submitted" / "ada" / ESSAY)
    (copy / "submitted" / "ada" / ESSAY / REGRADE).write_text(ASKED, "utf-8")
    backprop(copy, "autograde", ESSAY, "--workers", "1")
    return copy


def write(book, folder):
    folder.mkdir(parents=True)
    nbformat.write(book, folder / f"{ESSAY}.ipynb")


def given(course):
    """(points by hand, comment) of ada's written answer, as the gradebook has them."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as db:
        (points,) = db.execute("select manual_score from grade join base_cell on grade.cell_id = base_cell.id "
                               "where base_cell.name = 'why'").fetchone()
        (comment,) = db.execute("select manual_comment from comment join base_cell on comment.cell_id = base_cell.id "
                                "where base_cell.name = 'why'").fetchone()
    return points, comment


@contextlib.contextmanager
def formgrader_of(browser, course, home):
    with jupyterlab(course, home, "teach") as address, visit(browser, address) as page:
        page.route(re.compile(r"^https?://(?!127\.).*mathjax", re.IGNORECASE),
                   lambda route: route.fulfill(body=MATHJAX, content_type="text/javascript"))
        open_formgrader(page)
        yield page, page.frame_locator(".jp-MainAreaWidget iframe")


def open_formgrader(page):
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()


def open_submission(formgrader):
    """From the list of assignments to the answer."""
    formgrader.get_by_role("link", name="Manual Grading").click()
    formgrader.get_by_role("link", name=ESSAY).click()
    formgrader.get_by_role("link", name=ESSAY).last.click()
    formgrader.get_by_role("link", name="Submission #1").click()
    expect(formgrader.get_by_text("The chain rule multiplies along a path.")).to_be_visible()
    score, comment = formgrader.locator("input#why"), formgrader.locator("textarea.comment").first
    for field in (formgrader.locator("input.extra-credit").first, comment):     # before it has come, nothing is saved
        expect(field).to_have_attribute("placeholder", re.compile("."))
    return score, comment


def test_a_mark_given_by_hand_is_there_afterwards_and_stays(browser, handed_in, tmp_path, shoot):  # noqa: F811
    with formgrader_of(browser, handed_in, tmp_path) as (page, formgrader):
        row = formgrader.get_by_role("row").filter(has_text=ESSAY)
        expect(row).to_be_visible()
        score, comment = open_submission(formgrader)
        for text in ("A regrade is asked for", ASKED):
            expect(formgrader.get_by_text(text)).to_be_visible()
        shoot(page, "formgrader_submission")
        score.fill("4")
        score.press("Tab")
        comment.fill(COMMENT)
        comment.press("Tab")
        expect(formgrader.locator(".score-saved.glyphicon-ok").first).to_be_attached()
        for _ in range(PATIENCE):
            if given(handed_in) == (4.0, COMMENT):
                break
            page.wait_for_timeout(500)
        assert given(handed_in) == (4.0, COMMENT)
        page.reload()
        page.wait_for_function("window.jupyterapp")
        ask(page, "app.restored")
        open_formgrader(page)
        score, comment = open_submission(formgrader)
        expect(score).to_have_value("4")
        expect(comment).to_have_value(COMMENT)
    backprop(handed_in, "autograde", ESSAY, "--force", "--workers", "1")
    assert given(handed_in) == (4.0, COMMENT)
    backprop(handed_in, "feedback", ESSAY)
    page = (handed_in / "feedback" / "ada" / ESSAY / f"{ESSAY}.html").read_text("utf-8")
    assert COMMENT in page and "6 of 7 points" in page
