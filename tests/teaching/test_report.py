"""The instructor's report."""

import csv
import io
import re
import shutil

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from course.grading.verdicts import MARK
from course.teaching import exporting, reporting
from tests.teaching.classes import NAME, call, cell_of, hand_in, nbgrader, new_course, released


@pytest.fixture(scope="module")
def reported(taught, tmp_path_factory):
    """The class's folder with report.html; dan has handed in and is not graded."""
    course = shutil.copytree(taught, tmp_path_factory.mktemp("reported") / "course")
    hand_in(course, "dan", released(NAME))
    call(reporting.main, course)
    return course


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))


def test_it_says_what_the_class_can_do_and_where_it_goes_wrong(reported):
    page = (reported / "report.html").read_text("utf-8")
    text = text_of(page)
    assert "4 of 5 have handed in, 1 of these are not graded yet. The median is 20 of 22 points, the mean 14.0." in text
    assert re.search(r'upstream dropped \[G01\] mul_backward 1 lesson 2, (&quot;|")mul swaps', text)
    assert text.index("mul_backward 0.67 of 2 1 of 3 1") < text.index("add_backward 0.67 of 1 2 of 3 1")
    assert "Not handed in Zoë O&#x27;Neil, Ph.D." in text
    assert "graded yet dan" in text
    assert 'alt="Distribution of points out of 22. Learners: 1 from 0 to 2, 2 from 20 to 22."' in page


def test_anonymous_means_nobody(reported):
    call(reporting.main, reported, "--anonymous", "--output", "anonymous.html")
    page = (reported / "anonymous.html").read_text("utf-8")
    for name in ("ada", "Lovelace", "jose", "José", "Müller", "ben", "Berg", "zoe", "Zoë", "Neil", "dan", "example"):
        assert not re.search(rf"\b{name}\b", page), name
    assert "upstream dropped" in page


def forged(nb):
    """A text that looks like a report's, where no verdict stands."""
    cell_of(nb, "add_backward").outputs[0].data["text/plain"] += "\nadd_backward  ✗ forged [G99]  (0 of 1 point)"
    cell_of(nb, "mul_backward").outputs[0].metadata.clear()


def without_verdicts(nb):
    """As it was graded before there were any."""
    for output in (output for cell in nb.cells for output in cell.get("outputs", ())):
        if "backprop" in output.get("metadata", {}):
            output.metadata["backprop"] = {"seeds": output.metadata["backprop"]["seeds"]}


def without_the_mark(nb):
    """As if nbgrader itself had graded it, in one process with the learner's code."""
    del nb.metadata[MARK]


@pytest.mark.parametrize("change", [forged, without_verdicts, without_the_mark])
def test_no_mistake_is_named_where_the_judge_has_not_left_one(course, change):
    path = course / "autograded" / "jose" / NAME / f"{NAME}.ipynb"
    path.chmod(0o644)
    nb = nbformat.read(path, as_version=4)
    change(nb)
    nbformat.write(nb, path)
    call(reporting.main, course)
    assert "No mistake was named." in (course / "report.html").read_text("utf-8")
    call(exporting.main, course, "--per-exercise")
    rows = csv.DictReader(io.StringIO((course / "grades_per_exercise.csv").read_text("utf-8-sig")))
    assert {row["mistake"] for row in rows if row["student"] == "jose"} == {""}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_stands_alone_and_axe_finds_nothing_serious(reported, browser, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    asked = []
    context.on("request", lambda seen: asked.append(seen.url))
    page = context.new_page()
    page.goto((reported / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("img").evaluate_all("images => images.every(image => image.naturalWidth > 0)")
    found = Axe().run(page).response["violations"]
    context.close()
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found
            if rule["impact"] in ("serious", "critical")] == []


def test_an_empty_class_and_wrong_requests(reported, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    assert "left as it is" in call(reporting.main, reported, "--output", tmp_path / "mine.html", code=1)
    assert "knows no assignment '99'" in call(reporting.main, reported, "99", code=1)
    course = new_course(tmp_path / "empty", NAME)
    assert "There is no gradebook" in call(reporting.main, course, code=1)
    nbgrader(course, "generate_assignment", NAME, "--force")
    call(reporting.main, course)
    assert "0 of 0 have handed in." in (course / "report.html").read_text("utf-8")
