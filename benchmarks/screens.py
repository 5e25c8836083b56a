"""A page of screenshots: what learners see, at two sizes, light and dark.

    python -m benchmarks screens [--output FOLDER] [--size SIZE] [--theme THEME] [--language NAME] [NAME …]

A copy of the course is laid out, its own JupyterLab opened in Chromium, and each screen photographed at 1280 × 800 and
at 390 × 844, light and dark: the first start, the front page, `progress` as a page, a notebook of reports, and from top
to bottom each lesson (its graphs stepped to the end, a wrong number in its practice) and each assignment (one wrong and
one right answer to every exercise, with check, hint and grade). FOLDER/index.html shows them side by side, and what is
wider than its place. Nothing is compared: they are looked at. Where the course is to speak another language, the
machine needs a font for it.
"""

import argparse
import html
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from course.declarations import exercises
from course.learning.front import NAME as FRONT
from course.places import LESSONS
from course.words import ENGLISH, VARIABLE, languages, tr

SIZES = {"1280": (1280, 800), "390": (390, 844)}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
PYTHON = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
TALLEST = 12000     # pixels of one picture: a notebook that is longer makes several

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
    from tests.browser.test_lab import copy_of_the_course, jupyterlab, visit

    parser = argparse.ArgumentParser(prog="python -m benchmarks screens", description=__doc__.splitlines()[0])
    parser.add_argument("screen", nargs="*", help=f"which of {', '.join(SCREENS)}; all if left out")
    parser.add_argument("--output", metavar="FOLDER", default="screens", help="where to (%(default)s)")
    parser.add_argument("--size", choices=SIZES, help="one of the sizes alone")
    parser.add_argument("--theme", choices=THEMES, help="one of the themes alone")
    parser.add_argument("--language", choices=languages(), default=ENGLISH, help="what the course speaks (%(default)s)")
    options = parser.parse_args(argv)
    os.environ[VARIABLE] = options.language
    unknown = [name for name in options.screen if name not in SCREENS]
    if unknown:
        parser.error(f"there is no screen {unknown[0]!r}; there are {', '.join(SCREENS)}")
    looks = [(size, theme) for size in SIZES for theme in THEMES
             if options.size in (None, size) and options.theme in (None, theme)]
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        root = copy_of_the_course(Path(scratch, "course"))
        home = Path(scratch, "home")
        home.mkdir()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        with jupyterlab(root, home) as address, visit(browser, address) as view:
            view.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
            lay_out(root)
            wide = {}
            for name in options.screen or SCREENS:
                shown = SCREENS[name](view, root)
                for size, theme in looks:
                    found = photograph(shown, folder, f"{name}-{size}-{theme}", SIZES[size], theme)
                    wide |= {f"{name}, {size}": found} if found else {}
                shown.set_viewport_size(dict(zip(("width", "height"), SIZES["1280"], strict=True)))
                print(name, flush=True)
        browser.close()
    (folder / "index.html").write_text(page(folder, wide), "utf-8")
    print(f"{folder / 'index.html'}")
    return 0


def photograph(view, folder: Path, name: str, size: tuple[int, int], theme: str) -> list[str]:
    """Pictures of one screen at a size and in a theme; returns what is wider than the place it has."""
    view.emulate_media(color_scheme=theme)
    view.set_viewport_size({"width": size[0], "height": size[1]})
    view.wait_for_function(THEMED, arg=theme == "dark")
    view.wait_for_timeout(500)
    pane = view.locator(".jp-NotebookPanel:visible .jp-WindowedPanel-outer, "
                        ".jp-MarkdownViewer:visible .jp-RenderedMarkdown")
    if pane.count() == 0:
        view.screenshot(path=folder / f"{name}.png", full_page=True)
        return []
    view.wait_for_function(FITS, arg=[pane.element_handle(), size[1]])
    rest = pane.evaluate("pane => innerHeight - pane.clientHeight")
    tall = pane.evaluate("pane => { pane.scrollTop = 0; return pane.scrollHeight }")
    for part in range(-(-tall // TALLEST)):
        view.set_viewport_size({"width": size[0], "height": rest + min(tall - part * TALLEST, TALLEST)})
        pane.evaluate("(pane, top) => { pane.scrollTop = top }", part * TALLEST)
        view.wait_for_timeout(300)
        view.screenshot(path=folder / f"{name}{f'-{part + 1}' * (tall > TALLEST)}.png")
    return pane.evaluate(WIDE)


# JupyterLab covers itself while it changes its theme
THEMED = """dark => !window.jupyterapp || (document.body.dataset.jpThemeLight === String(!dark)
                                           && !document.getElementById("jupyterlab-splash"))"""
FITS = "([pane, tall]) => innerHeight === tall && pane.clientHeight < tall && pane.clientHeight > tall / 2"
# What scrolls sideways, code in its cell aside: by its class and the beginning of its text
WIDE = """pane => [pane, ...pane.querySelectorAll("*")].filter(e => e.checkVisibility() && e.clientWidth
      && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible"
      && getComputedStyle(e).overflowX !== "clip" && !e.closest(".jp-Toolbar, mjx-assistive-mml, .bp-told, .cm-editor"))
    .map(e => `${e.className} by ${e.scrollWidth - e.clientWidth}: ${e.textContent.trim().slice(0, 60)}`)"""


def lay_out(root: Path) -> None:
    """Beside the learner's notebooks: one of reports, and each assignment with a wrong and a right answer to all."""
    import nbformat
    import nbformat.v4 as form

    def code(source):
        return form.new_code_cell(source)

    cells = [code("import numpy as np\nfrom course import check, grade")]
    for title, (name, source) in ANSWERS.items():
        cells += [form.new_markdown_cell(title), code(source), code(f"check({name})"),
                  code(f'grade({name}, "{name}")')]
    (root / "work" / "exercises" / "reports.ipynb").write_text(
        json.dumps(form.new_notebook(cells=cells, metadata=PYTHON)), "utf-8")
    for name in HERE:
        solved = nbformat.read(root / "solutions" / name / f"{name}.ipynb", as_version=4)
        answers = {cell.id: cell.source for cell in solved.cells}
        cells = []
        for cell in nbformat.read(root / "work" / "exercises" / name / f"{name}.ipynb", as_version=4).cells:
            asked = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-answer")
            found = exercises(name).get(asked)
            if found and cell.metadata.nbgrader.solution:
                if found.mistakes:
                    cells += [code(found.mistakes[0].source.strip()), code(f"check({asked})"), code(f"hint({asked})")]
                cell.source = answers[cell.id]
            cells.append(cell)
        cells.insert(0, code("from course import hint"))
        book = form.new_notebook(cells=cells, metadata=PYTHON)
        (root / "work" / "exercises" / name / "tried.ipynb").write_text(json.dumps(book), "utf-8")


def first(view, root: Path):
    """What `python course` opens."""
    return view


def front(view, root: Path):
    """The front page that stands behind the first lesson, when some exercises pass."""
    from tests.browser.test_lab import EXERCISE, ask, fill_in

    fill_in(root / "work" / EXERCISE, root / "solutions" / "02_gate_patterns" / "02_gate_patterns.ipynb",
            all_but="max_backward")
    told = subprocess.run([sys.executable, "-m", "course", "progress", "--page", str(root / "course.html")], cwd=root,
                          env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True)
    print(told.stdout, told.stderr)
    ask(view, "[...app.shell.widgets('main')].find(tab => tab.title.label === names.path)?.dispose()", path=FRONT)
    ask(view, "app.commands.execute('docmanager:open', {path: names.path, factory: 'Markdown Preview'})", path=FRONT)
    view.get_by_role("heading", name=tr("Your way through the course")).wait_for()
    return view


def progress(view, root: Path):
    """The same as a page by itself."""
    shown = view.context.new_page()
    shown.goto((root / "course.html").as_uri())
    return shown


def notebook(path: str) -> Callable:
    """A notebook that was run from top to bottom and played with."""
    def shown(view, root: Path):
        from tests.browser.test_lab import NUMBER, Notebook, ask, expect

        view.evaluate("window.jupyterapp.shell.currentWidget?.dispose()")      # closing would ask whether to save
        book = Notebook(view, path)
        ask(view, "app.shell.collapseLeft()")
        ask(view, "app.commands.execute('notebook:run-all-cells')")
        for prompt in book.panel.locator(".jp-CodeCell .jp-InputPrompt").all():
            expect(prompt).to_have_text(NUMBER, timeout=300_000)
        for end in book.panel.get_by_role("button", name=tr("To the end")).all():
            end.click()
        for box in book.panel.locator(".bp-practice").locator("input.bp-box:not([readonly]) >> nth=0").all():
            box.fill("77")
            box.press("Enter")
        return view
    return shown


LESSONS_HERE = sorted(path.stem for path in LESSONS.glob("*.ipynb"))
HERE = [name for name in LESSONS_HERE if exercises(name)]
SCREENS: dict[str, Callable] = {
    "first": first,
    "front": front,
    "progress": progress,
    "reports": notebook("exercises/reports.ipynb"),
    **{f"lesson_{name}": notebook(f"lessons/{name}.ipynb") for name in LESSONS_HERE},
    **{f"assignment_{name}": notebook(f"exercises/{name}/tried.ipynb") for name in HERE},
}


def page(folder: Path, wide: dict[str, list[str]]) -> str:
    """The page that shows the pictures of a folder side by side, and tells what is too wide."""
    figures = "".join(f'<figure><figcaption>{html.escape(path.stem)}</figcaption><a href="{path.name}">'
                      f'<img src="{path.name}" alt="{html.escape(path.stem)}" loading="lazy"></a></figure>'
                      for path in sorted(folder.glob("*.png")))
    told = "".join(f"<h2>{html.escape(name)}</h2><ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"
                   for name, lines in wide.items())
    return ('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Screens</title><style>'
            "body{font:15px system-ui;margin:1rem}main{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}"
            f"figure{{margin:0;width:min(46rem,48%)}}img{{width:100%;border:1px solid #999}}</style><main>{figures}"
            f"</main><h1>Wider than its place</h1>{told}</html>")
