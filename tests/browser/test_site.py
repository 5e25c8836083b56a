"""The site, with one lesson, in a browser: its graphs live, its notebooks run, and nothing comes from elsewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from unittest.mock import ANY
from urllib.parse import unquote, urldefrag

import pytest
from playwright.sync_api import expect

from course.authoring.site import anchor, messages
from course.places import ROOT
from tests.browser import lite

pytestmark = [pytest.mark.needs_site, pytest.mark.slow, pytest.mark.xdist_group("test_site")]
LESSON = "course/lessons/01_chain_rule.html"
CHINESE = "zh-CN/"
KINDS = [CHINESE + LESSON, CHINESE + "glossary.html",
         "index.html", LESSON, "course/exercises/01_chain_rule/01_chain_rule.html", "docs/messages.html",
         "docs/messages/01_chain_rule.html", "docs/reference.html", "docs/teaching.html"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "course", "site", "--lesson", "01_chain_rule", "--offline", "--output",
               str(folder)]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert told.returncode == 0, told.stdout
    return folder


@pytest.fixture(scope="module")
def address(site):
    with lite.served(site) as address:
        yield address


@pytest.fixture
def visit(browser, address):
    """Opens a page of the site; whatever is asked of another place, or goes wrong there, fails the test."""
    amiss, pages = [], []

    def open_page(name, **options):
        page = browser.new_page(**options)
        page.on("request", lambda request: amiss.append(request.url)
                if not request.url.startswith((address, "data:", "blob:", "about:")) else None)
        page.on("console", lambda message: amiss.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: amiss.append(str(error)))
        page.goto(address + name)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert amiss == []


def test_graphs_and_practice_live_in_frames_as_high_as_they_are(visit):
    page = visit(LESSON)
    kinds = []
    for frame in page.locator("iframe.graph").all():
        frame.scroll_into_view_if_needed()
        kinds.append("Show me" if frame.get_attribute("title").startswith("Practice") else "Step")
        frame.content_frame.get_by_role("button", name=kinds[-1]).wait_for()
        page.wait_for_function("f => Math.abs(f.clientHeight - f.contentDocument.documentElement.offsetHeight) <= 2",
                               arg=frame.element_handle())
    assert kinds.count("Show me") == 3
    for kind in ("Step", "Show me"):
        first = page.locator("iframe.graph").nth(kinds.index(kind)).content_frame
        before = first.locator("body").inner_text()
        first.get_by_role("button", name=kind).click()
        assert first.locator("body").inner_text() != before


def test_frames_are_as_dark_as_the_page(visit):
    page = visit(LESSON, color_scheme="light")
    body = page.locator("iframe.graph").first.content_frame.locator("body")
    light = body.evaluate("e => getComputedStyle(e).backgroundColor")
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.wait_for_timeout(200)
    dark = body.evaluate("e => getComputedStyle(e).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", light)[:3])) > 600 > 300 > sum(map(int, re.findall(r"\d+", dark)[:3]))


@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing_serious(visit, name):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(name)
    found = Axe().run(page).response["violations"]
    serious = [(each["id"], [node["html"][:100] for node in each["nodes"][:3]])
               for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []


SOUGHT = [("", "upstream", "chain rule"), ("", "gradcheck", "autodiff"), ("", "sandbox", "grading"),
          ("", "Formgrader", "term"), (CHINESE, "梯度", "链式法则"), (CHINESE, "反向传播", "链式法则"),
          (CHINESE, "分叉", "术语表"), (CHINESE, "gradients", "填图练习")]


def test_search_finds(visit):
    for folder, word, page in SOUGHT:
        visited = visit(f"{folder}search.html?q={word}")
        found = visited.locator("ul.search li a")                       # which come one after the other
        found.filter(has_text=re.compile(page, re.IGNORECASE)).first.wait_for()
        visited.close()


def test_each_page_leads_to_itself_in_the_other_language(visit, site):
    page = visit(LESSON)
    for tag, graph, name, led in (("en", "Step →", "中文", CHINESE + LESSON), ("zh-CN", "前进 →", "English", LESSON)):
        assert page.locator("html").get_attribute("lang") == tag
        frame = page.locator("iframe.graph").first
        frame.scroll_into_view_if_needed()
        assert frame.content_frame.locator("html").get_attribute("lang") == tag
        frame.content_frame.get_by_role("button", name=graph).wait_for()
        page.locator("nav.languages").get_by_role("link", name=name).click()
        page.wait_for_url(f"*://*/{led}")
    for path in site.rglob("*.html"):
        if site / "lite" not in path.parents:
            place = path.relative_to(site).as_posix()
            other = place.removeprefix(CHINESE) if place.startswith(CHINESE) else CHINESE + place
            (led,) = re.findall(r'<a href="([^"]+)" hreflang=', path.read_text("utf-8"))
            front = CHINESE * (not place.startswith(CHINESE)) + "index.html"
            assert (path.parent / led).resolve() == (site / (other if (site / other).exists() else front)).resolve()


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        self.links += [about[name] for name in ("href", "src") if about.get(name)]
        self.ids |= {about[name] for name in ("id", "name") if about.get(name)}


def test_every_link_inside_leads_somewhere(site):
    pages = {path: Links(path.read_text("utf-8")) for path in site.rglob("*.html") if site / "lite" not in path.parents}
    pages[site / "lite/lab/index.html"] = Links("")
    dead = []
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:|//", link):
                continue
            target, fragment = urldefrag(link)
            target = target.partition("?")[0]
            to = (path.parent / unquote(target)).resolve() if target else path
            if not to.exists() or (fragment and to in pages and unquote(fragment) not in pages[to].ids):
                dead.append((path.name, link))
    left_out = re.compile(r"0[02-8]_\w+(\.ipynb|/0)")       # of other lessons
    assert [(name, link) for name, link in dead if not left_out.search(link)] == []


def test_what_learners_are_told_stands_once_by_assignment_and_once_by_code():
    text = (ROOT / "docs" / "messages.md").read_text("utf-8")
    pages = messages(text)
    told = re.findall(r"^([A-Z]\d+): (.*)$", text, re.MULTILINE)
    assert len(told) > 800
    assert sum(len(re.findall(r"^[A-Z]\d+: ", page, re.MULTILINE))
               for name, page in pages.items() if name != "messages.md") == len(told)
    rows = dict(re.findall(r"^\| ([A-Z]\d+) \| (.*) \|$", pages["messages.md"], re.MULTILINE))
    assert rows.keys() == {code for code, _ in told}
    assert sum(row.count("](messages/") for row in rows.values()) == len(told)
    assert anchor("`mul_backward(dout, x, y)`") == "mul_backwarddout-x-y"


def test_what_is_missing_is_a_sentence():
    told = subprocess.run([sys.executable, "-m", "course", "site", "--lesson", "09_nowhere"], cwd=ROOT, text=True,
                          capture_output=True)
    assert told.returncode == 2 and "there is no lesson '09_nowhere'; there are 00_start_here, 01_" in told.stderr
    code = "import os, sys; os.environ['PATH'] = ''; from course.authoring.site import main; sys.exit(main([]))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True)
    assert told.returncode == 1 and told.stderr.startswith("npm is missing"), told.stderr


def test_the_sites_folder_is_named_in_no_page(site):
    assert [path.name for path in site.rglob("*.html") if str(ROOT) in path.read_text("utf-8")] == []


def test_a_browser_that_keeps_no_data_opens_notebooks_all_the_same(browser, address):
    context = browser.new_context()
    context.add_init_script("""for (const name of ["localStorage", "sessionStorage", "indexedDB"])
        Object.defineProperty(window, name, {get() { throw new DOMException("denied", "SecurityError"); }});""")
    page = context.new_page()
    page.goto(f"{address}lite/lab/zh_CN/index.html?path=zh_CN/progress.ipynb")
    page.wait_for_function(lite.OPEN, arg="zh_CN/progress.ipynb", timeout=300_000)
    expect(page.get_by_role("menuitem", name="运行", exact=True)).to_be_visible()     # JupyterLab's own words, too
    context.close()


def test_a_lesson_and_answers_run_in_the_browser_with_the_real_numpy_and_matplotlib(browser, address, site):
    for folder, up, inside in (("", "../../", ""), (CHINESE, "../../../", "zh_CN/")):
        page = Links((site / folder / LESSON).read_text("utf-8"))
        assert f"{up}lite/lab/{inside}index.html?path={inside}lessons/01_chain_rule.ipynb" in page.links
    context = browser.new_context()
    notebook = lite.Notebook(context, f"{address}lite/", "lessons/01_chain_rule.ipynb")
    outputs = notebook.run()
    data = [each.get("data", {}) for shown in outputs.values() for each in shown]
    assert lite.errors(outputs) == []
    assert sum("data:image/png;base64," in str(each.get("text/html")) for each in data) >= 3        # plots
    assert sum("application/vnd.jupyter.widget-view+json" in each for each in data) >= 5
    before = notebook.page.locator(".bp-widget svg").first.inner_html()
    notebook.page.locator(".bp-widget input[type=range]").first.press("ArrowRight")
    drawn_anew = "before => ![undefined, before].includes(document.querySelector('.bp-widget svg')?.innerHTML)"
    notebook.page.wait_for_function(drawn_anew, arg=before)

    answer, checked, graded = list(outputs)[:3]     # cells of the lesson: a kernel for each assignment takes long
    for assignment in ("01_chain_rule", "04_vectorized_gradients"):
        name, wrong, expected = lite.wrong_form(assignment)
        right = lite.answers(assignment)[f"{name}-answer"]
        cells = {answer: f"import numpy as np\nfrom course import check, grade\n{right}", checked: f"check({name})",
                 graded: f"grade({name}, {name!r})"}
        assert lite.verdicts(notebook.run(cells, [*cells])) == {
            checked: ("", "", ANY), graded: ("", "", lite.points(assignment)[name])}
        assert lite.verdicts(notebook.run({answer: wrong}, [answer, checked])) == {checked: expected}
    spoken = "import os\nfrom course import words\nos.chdir('/drive/zh_CN/lessons')\nwords._unasked.cache_clear()\n" \
             "os.path.isfile('01_chain_rule.ipynb'), words.tr('passes')"
    (shown,) = notebook.run({answer: spoken}, [answer])[answer]
    assert shown["data"]["text/plain"] == "(True, '通过')"
    assert notebook.foreign == []

    with pytest.raises(lite.KernelDied, match="atal error"):
        notebook.run({answer: "import js, pyodide_js\npyodide_js._api.fatal_error(js.Error.new('the end'))"}, [answer])
    context.close()
