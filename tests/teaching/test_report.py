"""The instructor's report."""

import csv
import io
import re
import shutil

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from course.checks.examining import SHOWN_SEED, examine
from course.declarations import find
from course.grading.verdicts import MARK
from course.teaching import answers, exporting, reporting
from tests.teaching.classes import NAME, call, cell_of, hand_in, nbgrader, new_course, released


@pytest.fixture(scope="module")
def reported(taught, tmp_path_factory):
    """The class's folder with report.html; dan has handed in and is not graded."""
    course = shutil.copytree(taught, tmp_path_factory.mktemp("reported") / "course")
    hand_in(course, "dan", released(NAME))
    call(reporting.main, course)
    return course


def text_of(page):
    shown = re.sub(r"<style.*?</style>|<[^>]+>", " ", page.replace("<wbr>", ""), flags=re.DOTALL)
    return re.sub(r"\s+", " ", shown)


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


# ------------------------------------------------------------------------------------ causes, and what has none

STRANGE = '''def mul_backward(dout, x, y):
    """Returns dx, dy."""
    # Jose's own idea
    josé = np.sin(7 * dout)     # <script>alert("Müller")</script>
    print(f"José Müller <b>{x}")
    return josé, dout + 3 * x
'''


def put(course, student, **given):
    """Put answers, and what the judge says of them, into a graded notebook."""
    path = course / "autograded" / student / NAME / f"{NAME}.ipynb"
    path.chmod(0o644)
    nb = nbformat.read(path, as_version=4)
    for name, source in given.items():
        names = {"np": np}
        exec(source, names)
        report = examine(find(name), names[name], (SHOWN_SEED,), edge=True, graded=True)
        cell_of(nb, f"{name}-answer").source = source
        cell_of(nb, name).outputs = [nbformat.v4.new_output(
            "display_data", {"text/plain": str(report)}, metadata=report.verdict.as_metadata())]
    nbformat.write(nb, path)


@pytest.fixture(scope="module")
def puzzling(taught, tmp_path_factory):
    """Of jose and ben no check can tell what they thought; ada leaves the upstream out, as jose does elsewhere."""
    course = shutil.copytree(taught, tmp_path_factory.mktemp("puzzling") / "course")
    put(course, "jose", mul_backward=STRANGE,
        add_backward="def add_backward(dout, x, y):\n    return np.ones_like(dout), np.ones_like(dout)")
    put(course, "ben", mul_backward=STRANGE.replace("Jose's own idea", "no idea"),
        max_backward="def max_backward(dout, x, y):\n    print('Ben Berg')\n    return 7.0 * dout**2, x + np.sin(y)")
    put(course, "ada", mul_backward="def mul_backward(dout, x, y):\n    return y, x")
    call(reporting.main, course)
    return course / "report.html"


def test_causes_are_grouped_and_what_has_none_stands_apart(puzzling):
    causes, unexplained = puzzling.read_text("utf-8").split("<h3>No cause found</h3>")
    assert "another value" not in text_of(causes + unexplained)
    found = text_of(causes)
    assert re.search(r"upstream dropped \[G01\], 2 in all add_backward 1 lesson 2, .* mul_backward 1 lesson 2, ", found)
    assert 'rowspan="2"' in causes
    assert [summary.split(" (")[0] for summary in re.findall("<summary>(.*?)</summary>", unexplained)] == [
        "mul_backward: 2 learners", "max_backward: 1 learner"]


def test_answers_without_a_cause_are_shown_without_their_authors(puzzling):
    unexplained = puzzling.read_text("utf-8").split("<h3>No cause found</h3>")[1].split("<h3>")[0]
    assert unexplained.count("np.sin(7 * dout)") == 1       # two learners, one answer
    assert "&lt;b&gt;{x}" in unexplained
    assert "<script" not in unexplained
    assert "idea" not in unexplained
    for name in ("ada", "jose", "José", "josé", "Müller", "ben", "Ben", "Berg"):
        assert not re.search(rf"\b{name}\b", text_of(unexplained)), name


def test_a_class_of_long_answers_leaves_the_page_short():
    long = [f"def f(x):\n    return x + {k}" + f" + {k}" * 5000 for k in range(30)]
    shown = answers.told_apart([*long, long[7]], {"ada"})
    assert len(shown) == answers.MOST_DIFFERENT
    assert shown[0][1] == 2
    assert all(len(text) < answers.MOST_CHARACTERS + 3 for text, _ in shown)
    for broken in ("def f(:\n  '''ada", "%time ada  # ada", "x = (ada", "\tada\n  ada", "\0ada", "'ada\\", "ada_1 = 1"):
        assert "ada" not in answers.nameless(broken, {"ada"})


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
@pytest.mark.parametrize("which", ["reported", "puzzling"])
def test_it_stands_alone_and_axe_finds_nothing_serious(reported, puzzling, browser, scheme, which):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    asked = []
    context.on("request", lambda seen: asked.append(seen.url))
    page = context.new_page()
    page.goto((puzzling if which == "puzzling" else reported / "report.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
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
