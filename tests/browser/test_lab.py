"""The course as learners and instructors meet it: JupyterLab, started by the course's own command, in a real browser.

One copy of the course serves the whole file. Pictures of each step go to pytest's temporary folder,
or to the folder that BACKPROP_SCREENSHOTS names.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from course.learning import front
from course.learning.progress import BEGUN, PASSED, Line, steps
from tests.notebooks import waiting

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120     # seconds that anything may take on a busy machine; nothing waits longer than it must
# The lessons that "Run All" runs in JupyterLab; tests/notebooks runs the others
RUN_HERE = ["01_chain_rule", "02_gate_patterns", "06_build_the_engine", "07_store_or_recompute", "08_train_digits"]
EXERCISE = "exercises/02_gate_patterns/02_gate_patterns.ipynb"

MUL = "def mul_backward(dout, x, y):\n    {}"
NUMBER = re.compile(r"^\[\d+\]:$")      # the prompt of a cell that has run


# ---- a server and a browser

@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return copy_of_the_course(tmp_path_factory.mktemp("copy"))


def copy_of_the_course(root):
    """A copy of the course, with a work/ of its own."""
    for folder in ("autodiff", "course", "exercises", "solutions"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return root


@contextmanager
def jupyterlab(root, home, *command):
    """`python course … --no-browser --port N` in this Python; gives the address that it prints, and stops it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {name: str(home / name) for name in
           ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    write(home / "JUPYTER_CONFIG_DIR" / "jupyter_lab_config.json", {"LabApp": {"expose_app_in_browser": True}})
    # JupyterLab keeps cells that are out of sight out of the page, where a test can't find them
    write(home / "JUPYTER_CONFIG_DIR" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
          / "tracker.jupyterlab-settings", {"windowingMode": "none"})
    log = home / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "course", *command, "--no-browser", "--port", str(port)],
            cwd=root, stdout=out, stderr=out, start_new_session=True,
            env=os.environ | own | {"PYTHONPATH": str(root)})
    try:
        end = time.monotonic() + PATIENCE
        while "token=" not in log.read_text() and server.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        address = re.search(rf"http://127\.0\.0\.1:{port}\S*\?token=\w+", log.read_text())
        assert address, log.read_text()
        yield address[0]
    finally:
        server.send_signal(signal.SIGINT)       # Ctrl-C; the kernels end with the server
        try:
            assert server.wait(PATIENCE) == 0
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def write(path, settings):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings))


# What anywidget writes when a widget took more than 2 s to begin: it is drawn all the same, but no longer hears of its
# kernel. Where that matters, the widget says so (tests/browser/test_graph.py), and a test here that needs it fails.
LATE = "[anywidget] Failed to initialize model"


@contextmanager
def visit(browser, address):
    """A page at this address of JupyterLab, when it has put everything in its place; at the end, no script failed."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)) if LATE not in str(error) else None)
    page.goto(address)
    page.wait_for_function("window.jupyterapp")
    ask(page, "app.restored")
    yield page
    context.close()
    assert trouble == []


@contextmanager
def first_page(root, home, browser):
    """The page that a learner gets from `python course`."""
    with jupyterlab(root, home) as address, visit(browser, address) as page:
        page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()     # it comes to the front when it is there
        yield page


def ask(page, promise, **names):
    """What a promise of JupyterLab's application comes to; `app` and `names` may be used in it."""
    return page.evaluate(f"""names => {{
        const app = window.jupyterapp;
        const late = new Promise((_, no) => setTimeout(no, {PATIENCE * 1000}, new Error("JupyterLab is silent")));
        return Promise.race([(async () => {promise})(), late]);
    }}""", names)


@pytest.fixture(scope="module", autouse=True)
def patience():
    """The time-out of every `expect` in this file."""
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=5000)    # playwright's own


@pytest.fixture(scope="module")
def learner(copy, browser, tmp_path_factory):
    with first_page(copy, tmp_path_factory.mktemp("learner"), browser) as page:
        yield page


@pytest.fixture
def shoot(tmp_path):
    """shoot(page, name) keeps a picture of what is on the screen."""
    folder = Path(os.environ.get("BACKPROP_SCREENSHOTS") or tmp_path)
    return lambda page, name: page.screenshot(path=folder / f"{name}.png")


# ---- a notebook

class Notebook:
    """One notebook on the page, whose kernel answers: until it does, JupyterLab drops "Run All" without a word."""

    def __init__(self, page, path):
        self.page = page
        ask(page, "app.commands.execute('docmanager:open', {path: names.path}).then(async panel => {"
                  "    await panel.revealed; await panel.sessionContext.ready;"
                  "    await panel.sessionContext.session.kernel.requestExecute({code: ''}).done; })", path=path)
        self.panel = page.locator(".jp-NotebookPanel:visible")

    def cells(self):
        """The code cells as the file will hold them; the page lacks lines of those that are out of sight."""
        return [cell for cell in self.contents() if cell["cell_type"] == "code"]

    def contents(self):
        return ask(self.page, "app.shell.currentWidget.content.model.toJSON().cells")

    def cell(self, code):
        """The one cell in which this piece of code stands."""
        (place,) = (k for k, cell in enumerate(self.cells()) if code in cell["source"])
        return self.panel.locator(".jp-CodeCell").nth(place)

    def write(self, code, answer):
        """Put an answer in the place of the code in the cell where `code` stands."""
        self.cell(code).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(answer)

    def run(self, code):
        """Run one cell by its key, and wait for its number; returns its output."""
        cell = self.cell(code)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.text_content()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(NUMBER)
        return cell.locator(".jp-OutputArea")

    def run_all(self):
        """Run every cell by the menu. Nothing goes wrong, and no cell says anything on stderr."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        for prompt in self.panel.locator(".jp-CodeCell .jp-InputPrompt").all():
            expect(prompt).to_have_text(NUMBER)
        outputs = [output for cell in self.cells() for output in cell["outputs"]]
        assert outputs
        assert [out for out in outputs if out["output_type"] == "error" or out.get("name") == "stderr"] == []
        assert waiting.told_too_early(self.contents()) == []

    def validate(self):
        """Press nbgrader's button; returns the window with its answer."""
        self.panel.get_by_role("button", name="Validate").click()
        return self.page.get_by_role("dialog")


# ---- what learners meet

def test_it_opens_at_the_first_lesson_without_a_pop_up(learner, shoot):
    expect(learner.get_by_role("tab", name="00_start_here.ipynb")).to_have_attribute("aria-selected", "true")
    expect(learner.locator("#jp-left-stack")).to_be_hidden()        # the lesson has the room, on a phone too
    lesson = Notebook(learner, "lessons/00_start_here.ipynb")
    expect(lesson.run("It runs. Go on.")).to_have_text("It runs. Go on.\n")
    shoot(learner, "first_lesson")
    expect(learner.locator(".Toastify__toast, .jp-Dialog")).to_have_count(0)


def test_the_front_page_and_the_page_of_progress(learner, copy, browser, shoot):
    found = {"00_start_here": [Line("a", 0, 0, PASSED)], "02_gate_patterns": [Line("b", 19, 20, PASSED),
                                                                              Line("c", 0, 2, BEGUN)]}
    front.keep(found, steps(found), copy / "work")
    ask(learner, "[...app.shell.widgets('main')].find(tab => tab.title.label === names.path)?.dispose()",
        path=front.NAME)
    ask(learner, "app.commands.execute('docmanager:open', {path: names.path, factory: 'Markdown Preview'})"
        ".then(() => null)", path=front.NAME)
    shown = learner.locator(".jp-MarkdownViewer:visible .jp-RenderedMarkdown")
    expect(shown.get_by_role("link", name="02_gate_patterns")).to_be_visible()       # a next step
    alone, wide = browser.new_page(), learner.viewport_size
    alone.set_content(front.page(copy / "work"))
    for scheme in ("dark", "light"):
        learner.emulate_media(color_scheme=scheme)
        expect(learner.locator("body")).to_have_attribute("data-jp-theme-name", f"JupyterLab {scheme.title()}")
        alone.emulate_media(color_scheme=scheme)
        assert Axe().run(learner, ".jp-MarkdownViewer .jp-RenderedMarkdown").response["violations"] == []
        assert Axe().run(alone).response["violations"] == []
        shoot(learner, f"front_{scheme}")
    for page in (learner, alone):
        page.set_viewport_size({"width": 390, "height": 844})
    learner.wait_for_function("panel => panel.clientWidth < 390", arg=shown.element_handle())
    assert shown.evaluate("e => [e, ...e.children].every(part => part.scrollWidth <= e.clientWidth)")
    assert alone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(learner, "front_phone")
    alone.close()
    learner.set_viewport_size(wide)


@pytest.mark.parametrize("lesson, steps, slider, node, gradients", [
    (RUN_HERE[0], ["q = x + y", "f = q × z"], "x", 2, ["3.00", "3.05"]),
    (RUN_HERE[1], ["p = x × y", "m = max(z, w)"], "y", 0, ["−8.00", "−7.80"])])
def test_a_lesson_runs_and_its_graph_can_be_played_with(learner, shoot, lesson, steps, slider, node, gradients):
    notebook = Notebook(learner, f"lessons/{lesson}.ipynb")
    notebook.run_all()

    graph = notebook.panel.locator(".bp-widget").first
    status = graph.get_by_role("status")
    graph.get_by_role("button", name="Step →").click()
    expect(status).to_contain_text(f"Forward: {steps[0]}")
    graph.get_by_role("group", name="Drawing of the graph").focus()
    for key, said in [("ArrowRight", steps[1]), ("ArrowLeft", steps[0]), ("End", "Backward, from")]:
        learner.keyboard.press(key)
        expect(status).to_contain_text(said)

    gradient = graph.locator(f'text.gradient[data-node="{node}"]')
    expect(gradient).to_have_text(gradients[0])
    graph.get_by_role("slider", name=slider).focus()
    learner.keyboard.press("ArrowRight")                    # goes to the kernel and comes back
    expect(gradient).to_have_text(gradients[1])
    leaf = graph.locator(f'.node[aria-label^="input {slider},"]')     # an input's node is a handle of its slider
    shown = graph.locator(".bp-slider").filter(has_text=slider).locator(".bp-shown").first
    box, before = leaf.bounding_box(), shown.text_content()
    learner.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    learner.mouse.down()
    learner.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2, steps=6)
    learner.mouse.up()
    expect(shown).not_to_have_text(before)
    expect(graph.locator(".bp-caption")).to_have_count(0)     # dragging opens no table
    leaf.click()
    expect(graph.locator(".bp-caption")).to_be_in_viewport()
    expect(status).to_be_in_viewport()
    graph.get_by_role("button", name="As code").click()
    graph.get_by_role("group", name="The graph as code").focus()
    learner.keyboard.press("Home")                          # the cell's own keys do not take it
    learner.keyboard.press("ArrowRight")
    expect(graph.locator("[aria-current=step]")).to_have_text(steps[0].replace("×", "*"))
    shoot(learner, lesson)
    # An id that stands in a hidden notebook too is looked up there, and the arrows are gone
    tips = learner.locator(".bp-widget marker").evaluate_all("markers => markers.map(marker => marker.id)")
    assert len(tips) == len(set(tips)) > 0


class Keys:
    """The keyboard, and nothing else, on the notebook in front. What the course shows has a name and a visible focus
    wherever one stops in it."""

    FOCUSED = """() => {
        const it = document.activeElement, style = getComputedStyle(it);
        const own = it.closest(".bp-widget, .bp-report, .bp-predict, .bp-after");
        const name = (it.getAttribute("aria-label") || it.labels?.[0]?.textContent || it.textContent).trim();
        const ring = style.outlineStyle !== "none" || it.matches(".node");
        return {name, cell: it.classList.contains("jp-Cell"), own: Boolean(own),
                told: Boolean(name && ring && it.matches(":focus-visible"))}; }"""

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        ask(self.page, "app.shell.currentWidget.content.activate()")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self):
        return self.page.evaluate(self.FOCUSED)

    def go(self, code):
        """By the arrow keys to the cell in which this stands."""
        at = ask(self.page, "app.shell.currentWidget.content.widgets.findIndex(cell => cell.model.type === 'code'"
                            " && cell.model.sharedModel.getSource().includes(names.code))", code=code)
        way = at - ask(self.page, "app.shell.currentWidget.content.activeCellIndex")
        self.press(*["ArrowDown" if way > 0 else "ArrowUp"] * abs(way))
        assert ask(self.page, "app.shell.currentWidget.content.activeCellIndex") == at

    def run(self, code):
        """Run a cell and come back to it; returns its output."""
        self.go(code)
        cell = self.notebook.cell(code)
        before = cell.locator(".jp-InputPrompt").text_content()
        self.press("Shift+Enter")
        expect(cell.locator(".jp-InputPrompt")).not_to_have_text(before)
        expect(cell.locator(".jp-InputPrompt")).to_have_text(NUMBER)
        self.go(code)
        return cell.locator(".jp-OutputArea")

    def tab(self, name):
        """By Tab to what has this name."""
        for _ in range(40):
            self.press("Tab")
            focused = self.focused()
            assert focused["told"] or not focused["own"], focused
            if focused["name"].startswith(name):
                return
        raise AssertionError(f"Tab does not lead to {name!r}; at last to {focused}")


def test_a_lesson_and_its_exercise_by_keyboard_alone(learner, shoot):
    keys = Keys(Notebook(learner, "lessons/01_chain_rule.ipynb"))
    keys.run("from course import")
    walk_a_prediction(keys, shoot)
    shown = keys.run("graph(circuit")
    keys.tab("Step →")
    keys.press("Enter")
    expect(shown.get_by_role("status")).to_contain_text("Forward: q = x + y")
    keys.tab("q, gate add")
    keys.press("Enter")
    keys.tab("Table: q = x + y")
    shoot(learner, "keyboard")
    keys.press("Escape")
    assert keys.focused()["name"].startswith("q, gate add")
    keys.press("Escape")
    assert keys.focused()["cell"]                           # JupyterLab's keys are one's own again
    asked = keys.run("practice(level=1")
    before = asked.locator(".bp-head").text_content()
    keys.tab("Another circuit")
    keys.press("Enter")
    expect(asked.locator(".bp-head")).not_to_have_text(before)
    expect(asked.locator(".bp-stage")).to_be_focused()
    keys.press("Tab", "1", "Enter")
    expect(asked.get_by_role("status")).to_contain_text("✓ Right")
    keys.press("Escape")
    assert keys.focused()["cell"]

    keys = Keys(Notebook(learner, "exercises/01_chain_rule/01_chain_rule.ipynb"))
    keys.run("from course import check")
    keys.go("def circuit_backward")
    keys.press("Enter", "Control+a")
    learner.keyboard.insert_text("def circuit_backward(x, y, z, df=1.0):\n    return z, z, x")
    keys.press("Shift+Enter")
    said = keys.run("check(circuit_backward)")
    expect(said.get_by_role("status")).to_contain_text("circuit_backward ✗")
    keys.tab("your numbers on the graph")
    keys.press("Enter")
    expect(said.get_by_role("img", name="Computational graph")).to_be_visible()
    keys.tab("lesson 1")
    keys.go("check(circuit_backward)")
    keys.press("b", "Enter")
    learner.keyboard.insert_text("hint(circuit_backward)")
    keys.press("Escape")
    expect(keys.run("hint(circuit_backward)")).to_contain_text("hint 1 of")


def walk_a_prediction(keys, shoot):
    """From the question to the answer: the folds stay shut, then "Show it anyway" opens them, then a guess does."""
    keys.run("predict(guess")
    printed = keys.run("fold(")
    keys.tab("How far f moves")
    keys.press("Enter")
    expect(printed.locator(".jp-RenderedText")).to_be_hidden()
    keys.press("Escape")
    asked = keys.run("predict(guess")
    keys.tab("Show it anyway")
    shoot(keys.page, "keyboard_waits")
    keys.press("Space")
    expect(asked.get_by_role("checkbox")).to_be_checked()
    expect(printed.locator(".jp-RenderedText")).to_be_visible()
    keys.press("Space")
    expect(printed.locator(".jp-RenderedText")).to_be_hidden()
    keys.press("Escape")
    assert keys.focused()["cell"]
    keys.go("predict(guess")
    keys.press("Enter", "Control+End", "ArrowUp", "End", *["Backspace"] * 3, "4", "Escape")     # guess = 4
    expect(keys.run("predict(guess")).to_contain_text("the sign is not")
    expect(printed.locator(".jp-RenderedText")).to_be_visible()


def test_exported_by_the_menu_a_lesson_needs_no_network(learner, browser, tmp_path, shoot):
    Notebook(learner, "lessons/01_chain_rule.ipynb")
    ask(learner, "app.commands.execute('docmanager:save')")
    learner.get_by_role("menuitem", name="File", exact=True).click()
    learner.locator(".lm-Menu-item").filter(has_text="Save and Export Notebook As").click()
    learner.get_by_role("menuitem", name="HTML", exact=True).click()
    expect(learner.get_by_role("checkbox", name="Sanitize HTML output")).to_be_checked()
    with learner.context.expect_event("request", lambda request: "nbconvert" in request.url) as asked:
        learner.get_by_role("button", name="Ok", exact=True).click()
    answer = learner.context.request.get(asked.value.url, headers={"Referer": learner.url})
    assert answer.ok
    (tmp_path / "lesson.html").write_bytes(answer.body())
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto((tmp_path / "lesson.html").as_uri())
    expect(page.get_by_role("heading", name="The chain rule")).to_be_visible()
    expect(page.get_by_role("img", name="Computational graph. Inputs: x = −2.00, y = 5.00, z = −4.00")).to_be_visible()
    expect(page.locator("img.formula").first).to_be_visible()
    assert page.evaluate("[...document.images].every(image => image.naturalWidth)")
    assert [url for url in fetched if not url.startswith(("file:", "data:"))] == []
    shoot(page, "exported")
    page.close()


# How many inline formulas are followed by a mark, at any of some widths; how many of these marks begin a line
COMMAS = """panel => { let followed = 0, parted = 0; const range = document.createRange();
    for (let width = 260; width <= 340; width += 8) for (const formula of panel.querySelectorAll("mjx-container")) {
        const text = formula.nextSibling, block = formula.closest("p, li");
        if (text?.nodeType !== 3 || !/^[.,;:]/.test(text.data) || !block) continue;
        block.style.width = `${width}px`;
        range.setStart(text, 0); range.setEnd(text, 1);
        followed += 1; parted += range.getBoundingClientRect().left < formula.getBoundingClientRect().left;
        block.style.width = "";
    } return [followed, parted]; }"""


def test_on_a_phone_nothing_is_moved_sideways(learner, shoot):
    wide = learner.viewport_size
    learner.set_viewport_size({"width": 390, "height": 844})
    own = ".jp-WindowedPanel-outer, .jp-RenderedMarkdown, .jp-OutputArea-output, .bp-widget, mjx-container, table"
    for lesson in ("05_pytorch_comparison", "07_store_or_recompute", "01_chain_rule"):
        panel = Notebook(learner, f"lessons/{lesson}.ipynb").panel.element_handle()
        learner.wait_for_function("panel => panel.clientWidth < 390", arg=panel)
        learner.wait_for_function("""([panel, own]) => [...panel.querySelectorAll(own)].every(
            part => part.scrollWidth <= part.clientWidth)""", arg=[panel, own])
        shoot(learner, f"phone_{lesson}")
    followed, parted = panel.evaluate(COMMAS)
    assert followed > 20 and parted == 0, "a comma or full stop stands on another line than the formula before it"
    learner.set_viewport_size(wide)


def test_in_a_lesson_that_was_not_run_folds_open(learner):
    panel = Notebook(learner, "lessons/05_pytorch_comparison.ipynb").panel
    for kind in (".bp-after", ":not([class])"):
        fold = panel.locator(f".jp-RenderedMarkdown details{kind}").first
        fold.locator("summary").click()
        expect(fold.locator("> :not(summary)").first).to_be_visible()
        fold.locator("summary").press("Enter")
        expect(fold.locator("> :not(summary)").first).to_be_hidden()


def test_what_follows_a_prediction_waits_for_a_guess(learner, shoot):
    notebook = Notebook(learner, "lessons/01_chain_rule.ipynb")
    notebook.run("from course import fold, graph, practice, predict")
    notebook.write("predict(guess", 'guess = ...\npredict(guess, "how fast f moves with x")')     # none was made so far
    asked = notebook.run("predict(guess")
    printed = notebook.run("fold(").locator(".jp-RenderedText")
    told = notebook.panel.locator("details.bp-after:not(.bp-cell)").first
    told.locator("summary").click()
    expect(told.locator("p").first).to_be_hidden()
    expect(printed).to_be_hidden()
    shoot(learner, "waits")
    asked.get_by_label("Show it anyway").check()
    expect(told.locator("p").first).to_be_visible()
    notebook.panel.locator(".bp-cell summary").click()
    expect(printed).to_be_visible()
    asked.get_by_label("Show it anyway").uncheck()
    expect(told.locator("p").first).to_be_hidden()
    expect(printed).to_be_hidden()
    notebook.write("predict(guess", 'predict("four", "how fast f moves with x")')
    expect(notebook.run("predict(")).to_contain_text("type a number")
    expect(told.locator("p").first).to_be_hidden()
    notebook.write("predict(", 'predict(4, "how fast f moves with x")')
    expect(notebook.run("predict(")).to_contain_text("the sign is not")
    expect(told.locator("p").first).to_be_visible()
    expect(printed).to_be_visible()
    expect(notebook.panel.locator(".bp-cell summary")).to_be_hidden()
    shoot(learner, "guessed")


def test_practice_takes_its_keys_and_is_remembered(learner, copy, shoot):
    notebook = Notebook(learner, "lessons/01_chain_rule.ipynb")
    notebook.run("from course import fold, graph, practice, predict")
    asked = notebook.run('practice("chains")').locator(".bp-practice")
    asked.locator(".bp-box").first.focus()
    learner.keyboard.type("2/2")                            # in command mode JupyterLab has keys of its own
    learner.keyboard.press("Enter")
    expect(asked.get_by_role("status")).to_contain_text("✓ Right")
    shoot(learner, "practice")
    for box in asked.locator(".bp-box").all()[1:]:
        box.focus()
        asked.get_by_role("button", name="Show me").click()
    expect(asked.locator(".bp-summary p")).to_contain_text("1 of ")
    kept = copy / "work" / "practice.json"
    before = asked.locator(".bp-head").text_content()
    asked.get_by_role("button", name="Another circuit").click()     # the kernel answers in order: what was told is kept
    expect(asked.locator(".bp-head")).not_to_have_text(before)
    assert json.loads(kept.read_text("utf-8"))["levels"]["2"]["box"] == 1


@pytest.mark.parametrize("lesson", RUN_HERE[2:])
def test_an_advanced_lesson_runs_and_its_graph_steps(learner, shoot, lesson):
    notebook = Notebook(learner, f"lessons/{lesson}.ipynb")
    notebook.run_all()
    graph = notebook.panel.locator(".bp-widget").first
    graph.get_by_role("button", name="Step →").click()
    expect(graph.get_by_role("status")).to_contain_text("Forward: ")
    shoot(learner, lesson)


def test_a_network_is_trained_by_the_kernel_as_it_is_watched(learner, shoot):
    notebook = Notebook(learner, "lessons/08_train_digits.ipynb")
    notebook.run("from course import graph, predict, watch")
    watched = notebook.run("watch()").locator(".bp-watch")
    status, step = watched.get_by_role("status"), watched.get_by_role("button", name="One step")
    expect(status).to_contain_text("Step 0: loss")
    watched.get_by_label("Initial scale", exact=True).select_option("10")
    expect(watched.locator(".bp-note").last).not_to_contain_text("recorded")
    expect(watched).to_have_attribute("aria-busy", "false")
    expect(watched.locator(".bp-stage [data-is=d]")).to_have_count(0)
    step.focus()
    for _ in range(3):
        learner.keyboard.press("Enter")                     # no key of the notebook's
    expect(status).to_contain_text("8 of 8 units dead")
    watched.get_by_label("Step size", exact=True).select_option("2")        # what no page has recorded
    watched.get_by_label("Initial scale", exact=True).select_option("0.5")
    expect(watched).to_have_attribute("aria-busy", "false")
    step.evaluate("e => { for (let k = 0; k < 41; k++) e.click(); }")       # 40 came with the choice
    expect(watched.locator(".bp-place")).to_have_text("step 41")            # the kernel sends more
    for scheme in ("dark", "light"):
        learner.emulate_media(color_scheme=scheme)
        expect(learner.locator("body")).to_have_attribute("data-jp-theme-name", f"JupyterLab {scheme.title()}")
        assert Axe().run(learner, ".bp-watch").response["violations"] == []
        shoot(learner, f"watch_{scheme}")
    wide = learner.viewport_size
    learner.set_viewport_size({"width": 390, "height": 844})
    stage = watched.locator(".bp-stage")
    learner.wait_for_function("stage => stage.clientWidth < 390", arg=stage.element_handle())
    step.scroll_into_view_if_needed()
    shoot(learner, "watch_narrow")
    assert watched.evaluate("e => e.scrollWidth <= e.clientWidth")
    learner.set_viewport_size(wide)


def test_a_wrong_answer_is_explained_and_the_right_one_passes(learner, copy, shoot):
    fill_in(copy / "work" / EXERCISE, copy / "solutions" / "02_gate_patterns" / "02_gate_patterns.ipynb",
            all_but="mul_backward")
    notebook = Notebook(learner, EXERCISE)
    notebook.run("from course import check")
    notebook.run("def mul_backward")
    expect(notebook.run("check(mul_backward)")).to_contain_text("not written yet")

    notebook.write("def mul_backward", MUL.format("return y, x"))
    notebook.run("def mul_backward")
    said = notebook.run("check(mul_backward)")
    expect(said).to_contain_text("mul_backward ✗ upstream dropped [G01]")
    expect(said).to_contain_text("You returned the local gradient: the upstream gradient is missing.")
    shoot(learner, "wrong_answer")
    dialog = notebook.validate()
    expect(dialog).to_contain_text("upstream dropped")
    expect(dialog).to_contain_text("You returned the local gradient: the upstream gradient is missing.")
    shoot(learner, "wrong_answer_validated")
    dialog.get_by_role("button", name="OK").click()

    notebook.write("def mul_backward", MUL.format("return dout * y, dout * x"))
    notebook.run("def mul_backward")
    expect(notebook.run("check(mul_backward)")).to_contain_text("mul_backward ✓ right")
    shoot(learner, "right_answer")
    dialog = notebook.validate()
    expect(dialog).to_contain_text("Success! Your notebook passes all the tests.")
    shoot(learner, "right_answer_validated")
    dialog.get_by_role("button", name="OK").click()


MATMUL = "def matmul_backward(dD, W, X):\n    dW = dD @ X.T\n    dW[1, 2] += 1\n    return dW, W.T @ dD"


def test_a_matrix_is_a_grid_and_the_section_is_one_click_away(learner, shoot):
    notebook = Notebook(learner, "exercises/04_vectorized_gradients/04_vectorized_gradients.ipynb")
    notebook.run("from course import check")
    notebook.write("def matmul_backward", MATMUL)
    notebook.run("def matmul_backward")
    said = notebook.run("check(matmul_backward)")
    expect(said.locator("td.bp-off")).to_have_count(1)
    expect(said).to_contain_text("✗ 1 of 50 is wrong")
    expect(said.locator("details table").first).to_be_hidden()
    said.locator("summary").first.click()
    expect(said.locator("details table").first).to_be_visible()
    shoot(learner, "matrix")
    graded = notebook.run('grade(matmul_backward, "matmul_backward")')
    expect(graded.locator(".jp-OutputArea-executeResult")).to_contain_text("of 3 points")
    for scheme in ("dark", "light"):
        learner.emulate_media(color_scheme=scheme)          # JupyterLab follows the system
        expect(learner.locator("body")).to_have_attribute("data-jp-theme-name", f"JupyterLab {scheme.title()}")
        assert Axe().run(learner, ".bp-report").response["violations"] == []
        shoot(learner, f"matrix_{scheme}")

    said.get_by_role("link", name='lesson 4, "the shapes tell"').click()
    expect(learner.get_by_role("tab", name="04_vectorized_gradients.ipynb").last).to_have_attribute(
        "aria-selected", "true")
    heading = learner.locator(".jp-NotebookPanel:visible").get_by_role("heading", name="The shapes tell")
    expect(heading).to_be_in_viewport()
    shoot(learner, "section")


def fill_in(exercise, solution, all_but):
    """Write the answers of the solution into an exercise, all but one."""
    answers = {cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
               for cell in json.loads(solution.read_text())["cells"] if is_answer(cell)}
    notebook = json.loads(exercise.read_text())
    for cell in filter(is_answer, notebook["cells"]):
        name = cell["metadata"]["nbgrader"]["grade_id"]
        if name != f"{all_but}-answer":
            cell["source"] = answers[name]
    exercise.write_text(json.dumps(notebook))


def is_answer(cell):
    return cell["metadata"].get("nbgrader", {}).get("solution", False)


def test_the_lesson_and_jupyterlabs_own_menus_are_in_the_language_that_was_chosen(browser, tmp_path, shoot):
    copy = copy_of_the_course(tmp_path / "copy")
    with jupyterlab(copy, tmp_path, "lab", "--language", "zh") as address, visit(browser, address) as page:
        expect(page.locator(".jp-NotebookPanel h1").first).to_contain_text("从这里开始")
        page.get_by_role("menuitem", name="运行", exact=True).click()
        expect(page.get_by_role("menuitem", name="运行所有单元格", exact=True)).to_be_visible()
        shoot(page, "chinese")


# ---- what instructors meet

def test_formgrader_shows_the_assignments_without_a_warning(browser, copy, tmp_path, shoot):
    with jupyterlab(copy, tmp_path, "teach") as address, visit(browser, address) as page:
        page.get_by_role("menuitem", name="Nbgrader").click()
        page.get_by_role("menuitem", name="Formgrader", exact=True).click()
        formgrader = page.frame_locator(".jp-MainAreaWidget iframe")
        for folder in sorted((copy / "solutions").iterdir()):
            expect(formgrader.get_by_role("row").filter(has_text=folder.name)).to_be_visible()
        expect(formgrader.locator(".alert")).to_have_count(0)
        shoot(page, "formgrader")
