"""How long after a slider was moved the graph of a lesson shows the new gradients, in JupyterLab in a real browser.

    python -m benchmarks slider [--moves 40]

Python computes and draws each graph anew: the way leads from the page to the kernel and back.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

MOVED = """
async (graph, place) => {
    const slider = graph.querySelector("input[type=range]");
    const picture = () => graph.querySelector("svg").outerHTML;
    const before = picture(), start = performance.now();
    const changed = new Promise(done => new MutationObserver((_, observer) => {
        if (graph.querySelector("svg") && picture() !== before) {
            observer.disconnect();
            requestAnimationFrame(() => done(performance.now() - start));
        }
    }).observe(graph, {subtree: true, childList: true, characterData: true, attributes: true}));
    slider.value = Number(slider.min) + place * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    return await changed;
}
"""


def main(argv):
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGS, CHROMIUM
    from tests.browser.test_lab import Notebook, copy_of_the_course, jupyterlab, visit

    parser = argparse.ArgumentParser(prog="python -m benchmarks slider", description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=40)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = Path(folder)
        root = copy_of_the_course(folder / "copy")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        with jupyterlab(root, folder / "home") as address, visit(browser, address) as page:
            page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
            for lesson in ("01_chain_rule", "02_gate_patterns"):
                notebook = Notebook(page, f"lessons/{lesson}.ipynb")
                notebook.run_all()
                graph = notebook.panel.locator(".bp-widget").first
                times = [graph.evaluate(MOVED, (k * 7 % options.moves + 0.5) / options.moves)
                         for k in range(options.moves)]
                print(f"{lesson}: median {statistics.median(times):.0f} ms, slowest of {len(times)} moves "
                      f"{max(times):.0f} ms")
        browser.close()
