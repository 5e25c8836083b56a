"""Feedback: pages that stand alone, and the zip of them, for submissions that came by zip or by hand."""

import json
import re
import shutil
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe

from course.figures.formulas import picture, put_back, take_out
from course.teaching import returning
from course.teaching.page import clean
from tests.teaching.classes import NAME, backprop, call, hand_in, released


@pytest.fixture(scope="module")
def returned(taught):
    """The class's pages, as `backprop feedback` left them; jose's came from Moodle, ben's from Canvas."""
    record = taught / "downloaded" / NAME / "learners.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"jose": {"prefix": "Müller, José_11_assignsubmission_file/"},
                                  "ben": {"prefix": "bergben_LATE_31_900_"}}))
    said = backprop(taught, "feedback", NAME)
    assert "3 pages of feedback" in said
    yield taught
    record.unlink()


def page_of(course, student):
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text("utf-8")


def test_one_page_for_each_learner_under_the_name_that_the_lms_knows(returned):
    with zipfile.ZipFile(returned / "feedback" / f"{NAME}.zip") as zf:
        assert sorted(zf.namelist()) == sorted([
            f"Müller, José_11_assignsubmission_file/{NAME}.html", f"bergben_LATE_31_900_{NAME}.html",
            f"ada/{NAME}.html"])
        assert zf.read(f"ada/{NAME}.html").decode() == page_of(returned, "ada")


def test_the_diagnosis_stands_with_its_exercise_and_in_the_overview(returned):
    page = page_of(returned, "jose")
    overview, rest = page.split("</header>")
    assert re.search(r'href="#mul_backward".*?0 of 2.*?✗ upstream dropped \[G01\]', overview, re.DOTALL)
    exercise = rest.split('id="mul_backward"')[1].split("</section>")[0]
    assert "What should reach the inputs if dout were 0?" in exercise
    assert ">expected</th>" in exercise          # nbgrader's own page shows &lt;th&gt; here
    assert "20 of 22 points" in page
    assert "· not written yet" in page_of(returned, "ben")


def test_the_page_asks_for_nothing_and_keeps_no_script(returned):
    for student in ("ada", "jose", "ben"):
        page = page_of(returned, student)
        assert "<script" not in page
        assert not re.search(r"""(src|srcset|poster|data)\s*=\s*["']?(?!data:image/)[^"'>\s]""", page), student
        assert "@import" not in page and "url(" not in page
    assert "My note: " in page_of(returned, "ada")


@pytest.fixture(scope="module", params=["light", "dark"])
def opened(request, returned, browser):
    """Ada's page on a phone without network: (page, addresses that were asked for)."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=request.param)
    asked = []
    context.on("request", lambda seen: asked.append(seen.url))
    page = context.new_page()
    page.goto((returned / "feedback" / "ada" / NAME / f"{NAME}.html").as_uri())
    page.scheme = request.param
    yield page, asked
    context.close()


def test_on_a_phone_nothing_is_wider_than_the_screen_and_nothing_is_fetched(opened):
    page, asked = opened
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("img").evaluate_all("images => images.every(image => image.naturalWidth > 0)")
    assert page.locator("img").count() == 3                 # what was pasted, the graph, the plot
    assert page.get_by_text("[picture: elsewhere]").count() == 1
    alts = page.locator("img").evaluate_all("images => images.map(image => image.alt)")
    assert alts[0] == "my sketch"
    assert "6" in alts[1] and len(alts[1]) > 40             # the graph, read aloud
    assert alts[2] == "A picture that the cell above has drawn"


def test_dark_is_dark(opened):
    page, _ = opened
    paper, ink = ([int(number) for number in re.findall(r"\d+", page.evaluate(
        f"getComputedStyle(document.documentElement).{what}"))] for what in ("backgroundColor", "color"))
    assert (sum(paper) < sum(ink)) == (page.scheme == "dark")


def test_axe_finds_nothing_serious(opened):
    page, _ = opened
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found
            if rule["impact"] in ("serious", "critical")] == []


def test_formulas_become_pictures_and_code_stays(tmp_path):
    text, found = take_out("$x$ and `$y$` cost $5 or $6, $$\\big(\\frac{1}{2}\\big)$$\n```\n$z$\n```\n\\$a\\$")
    assert [source for source, _ in found] == ["x", "\\big(\\frac{1}{2}\\big)"]
    shown = put_back(text, found)
    assert shown.count("<svg") == 2 and "`$y$`" in shown and "$z$" in shown and "nowrap" not in shown
    together = r'沿<span style="white-space:nowrap">（<svg.*</svg>，</span>走'
    assert re.fullmatch(together, put_back(*take_out("沿（$x$，走")))
    assert 'aria-label="x"' in picture("x")
    assert picture(r"\nonsense{x}") == '<code class="formula">\\nonsense{x}</code>'


def test_cleaning_keeps_tables_and_takes_scripts():
    assert clean("<table><thead><tr><th>a</th></tr></thead></table>") == \
        "<table><thead><tr><th>a</th></tr></thead></table>"
    assert clean('<a href="javascript:x()" onclick="y()">z</a>') == "<a>z</a>"
    assert "position" not in clean('<div style="position:fixed;margin:0">a</div>')
    assert clean('<img src="https://example.org/a.png" alt="b"><img src="x.png">') == "[picture: b][picture]"
    assert clean("a<script>b</script>c<style>d") == "ac"
    assert clean('<img alt="b" src="data:image/png;base64,AA==">'
) == '<img alt="b" src="data:image/png;base64,AA==">'



def test_bad_input_gets_a_sentence(course):
    assert "Did you mean 02_gate_patterns?" in call(returning.main, course, "02_gate_pattern", code=1)
    (course / "mine.zip").write_text("mine")
    said = call(returning.main, course, NAME, "--output", "mine.zip", code=1)
    assert "left as it is" in said and (course / "mine.zip").read_text() == "mine"
    hand_in(course, "dan", released(NAME))
    (course / "autograded" / "ben" / NAME / f"{NAME}.ipynb").chmod(0o644)
    (course / "autograded" / "ben" / NAME / f"{NAME}.ipynb").write_text("not a notebook")
    said = call(returning.main, course, NAME, code=1)
    assert "Without a page, since not graded yet: dan" in said and "No page could be made for: Ben Berg (ben)" in said
    assert "2 pages of feedback" in said and "Traceback" not in said
    shutil.rmtree(course / "autograded")
    assert "Nothing of 02_gate_patterns is graded yet" in call(returning.main, course, NAME, code=1)
