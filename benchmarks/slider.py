"""How long after a slider was moved the graph of a lesson shows the new gradients, in JupyterLab in a real browser.

    python -m benchmarks slider [--moves 40]

Python computes and draws each graph anew: the way leads from the page to the kernel and back.
"""

import argparse
import statistics

from benchmarks._lab import learners_page

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
    from tests.browser.test_lab import Notebook

    parser = argparse.ArgumentParser(prog="python -m benchmarks slider", description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=40)
    options = parser.parse_args(argv)
    with learners_page() as page:
        for lesson in ("01_chain_rule", "02_gate_patterns"):
            notebook = Notebook(page, f"lessons/{lesson}.ipynb")
            notebook.run_all()
            graph = notebook.panel.locator(".bp-widget").first
            times = [graph.evaluate(MOVED, (k * 7 % options.moves + 0.5) / options.moves)
                     for k in range(options.moves)]
            print(f"{lesson}: median {statistics.median(times):.0f} ms, slowest of {len(times)} moves "
                  f"{max(times):.0f} ms")
