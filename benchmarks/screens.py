"""A page of screenshots: what learners see, at two sizes, light and dark.

    python -m benchmarks screens [--output FOLDER] [NAME …]

A copy of the course is laid out, its own JupyterLab opened in Chromium, and each screen photographed at 1280 × 800 and
at 390 × 844, light and dark: the first start, the front page, reports, and each lesson after "Run All".
FOLDER/index.html shows them side by side. Nothing is compared: they are looked at.
"""

import argparse
import html
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from course.learning.front import NAME as FRONT
from course.places import LESSONS

SIZES = {"1280": (1280, 800), "390": (390, 844)}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
PYTHON = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
TALLEST = 16000     # pixels of a picture that shows a whole notebook: Chromium's most

# Answers as learners give them, for a notebook of reports
ANSWERS = {
    "upstream dropped": ("mul_backward", "def mul_backward(dout, x, y):\n    return y, x"),
    "right here, more to come": ("mul_backward", "def mul_backward(dout, x, y):\n    return dout * y, dout * x"),
    "a stub": ("mul_backward", "def mul_backward(dout, x, y):\n    raise NotImplementedError"),
    "an error": ("mul_backward", "def mul_backward(dout, x, y):\n    return dout * z, dout * x"),
    "a matrix": ("matmul_backward", "def matmul_backward(dD, W, X):\n    return dD @ X.T + (W > 1), W.T @ dD"),
    "a tie": ("max_backward", "def max_backward(dout, x, y):\n    return dout * (x >= y), dout * (y >= x)"),
    "a shape": ("relu_backward", "def relu_backward(dout, x):\n    return (dout * (x > 0)).ravel()"),
    "a scalar function where arrays come": (
        "sigmoid", "import math\ndef sigmoid(z):\n    return 1 / (1 + math.exp(-z))"),
}


def main(argv: list[str]) -> int:
    """Take the pictures; returns 0."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGS, CHROMIUM
    from tests.browser.test_lab import copy_of_the_course, jupyterlab

    parser = argparse.ArgumentParser(prog="python -m benchmarks screens", description=__doc__.splitlines()[0])
    parser.add_argument("screen", nargs="*", help=f"which of {', '.join(SCREENS)}; all if left out")
    parser.add_argument("--output", metavar="FOLDER", default="screens", help="where to (%(default)s)")
    parser.add_argument("--size", choices=SIZES, help="one of the sizes alone")
    parser.add_argument("--theme", choices=THEMES, help="one of the themes alone")
    options = parser.parse_args(argv)
    unknown = [name for name in options.screen if name not in SCREENS]
    if unknown:
        parser.error(f"there is no screen {unknown[0]!r}; there are {', '.join(SCREENS)}")
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        root = copy_of_the_course(Path(scratch, "course"))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        home = Path(scratch, "home")
        home.mkdir()
        with jupyterlab(root, home) as address:
            write_reports(root)
            for name in options.screen or SCREENS:
                for size in [options.size] if options.size else SIZES:
                    for theme in [options.theme] if options.theme else THEMES:
                        screen(browser, address, name, size, theme, folder / f"{name}-{size}-{theme}.png")
        browser.close()
    (folder / "index.html").write_text(page(folder), "utf-8")
    print(f"{folder / 'index.html'}")
    return 0


def write_reports(root: Path) -> None:
    """A notebook that checks the answers above, laid beside the learner's."""
    import nbformat.v4 as form

    cells = [form.new_code_cell("import numpy as np\nfrom course import check, grade", id="import")]
    for k, (title, (name, source)) in enumerate(ANSWERS.items()):
        cells += [form.new_markdown_cell(title, id=f"title-{k}"), form.new_code_cell(source, id=f"answer-{k}"),
                  form.new_code_cell(f"check({name})", id=f"check-{k}"),
                  form.new_code_cell(f'grade({name}, "{name}")', id=f"grade-{k}")]
    path = root / "work" / "exercises" / "reports.ipynb"
    path.write_text(json.dumps(form.new_notebook(cells=cells, metadata=PYTHON)), "utf-8")


def screen(browser, address: str, name: str, size: str, theme: str, path: Path) -> None:
    """Photograph one screen."""
    from tests.browser.test_lab import ask

    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    context.set_default_timeout(120_000)
    view = context.new_page()
    before, token = address.split("/lab")[0], address.split("?")[1]
    view.goto(address if name not in NOTEBOOKS else f"{before}/lab/tree/{NOTEBOOKS[name]}?{token}&reset")
    view.wait_for_function("window.jupyterapp")
    ask(view, "app.restored")
    view.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=theme == "dark")
    SCREENS[name](view)
    view.wait_for_timeout(500)
    view.screenshot(path=path)
    context.close()


def open_at_once(view) -> None:
    """What `python course` opens."""
    view.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()


def run(path: str, before: Callable | None = None) -> Callable:
    """A notebook that was run from top to bottom, all of it in one picture."""
    def shown(view) -> None:
        notebook = opened(view, path)
        notebook.run_all_quietly()
        if before:
            before(view)
        all_of_it(view)
    return shown


def opened(view, path: str):
    from tests.browser.test_lab import NUMBER, Notebook, ask, expect

    class Quiet(Notebook):
        def run_all_quietly(self):
            ask(self.page, "app.commands.execute('notebook:run-all-cells')")
            for prompt in self.panel.locator(".jp-CodeCell .jp-InputPrompt").all():
                expect(prompt).to_have_text(NUMBER, timeout=120_000)

    return Quiet(view, path)


def all_of_it(view) -> None:
    """Make the window as tall as the notebook."""
    from tests.browser.test_lab import ask

    ask(view, "app.shell.collapseLeft()")
    last = view.locator(".jp-NotebookPanel:visible .jp-Cell").last
    tall = last.evaluate("""cell => {
        const outer = cell.closest(".jp-WindowedPanel-outer");
        outer.scrollTop = 0;
        return cell.getBoundingClientRect().bottom - outer.getBoundingClientRect().top;
    }""")
    view.set_viewport_size({"width": view.viewport_size["width"], "height": min(int(tall) + 160, TALLEST)})
    view.wait_for_timeout(300)
    last.evaluate("cell => { cell.closest('.jp-WindowedPanel-outer').scrollTop = 0; }")


def front_page(view) -> None:
    """What stands behind the first lesson."""
    view.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text=FRONT).click()
    view.get_by_role("heading", name="Your way through the course").wait_for()


LESSONS_HERE = sorted(path.stem for path in LESSONS.glob("*.ipynb"))
NOTEBOOKS = {"reports": "exercises/reports.ipynb", **{name: f"lessons/{name}.ipynb" for name in LESSONS_HERE}}
SCREENS: dict[str, Callable] = {
    "first": open_at_once,
    "front": front_page,
    **{name: run(path) for name, path in NOTEBOOKS.items()},
}


def page(folder: Path) -> str:
    """The page that shows the pictures of a folder side by side."""
    pictures = sorted(folder.glob("*.png"))
    figures = "".join(f'<figure><figcaption>{html.escape(path.stem)}</figcaption><a href="{path.name}">'
                      f'<img src="{path.name}" alt="{html.escape(path.stem)}" loading="lazy"></a></figure>'
                      for path in pictures)
    return ('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Screens</title><style>'
            "body{font:15px system-ui;margin:1rem;display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}"
            "figure{margin:0;width:min(46rem,48%)}img{width:100%;border:1px solid #999}</style>" + figures + "</html>")
