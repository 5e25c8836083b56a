"""How long a circuit takes to be on the screen, and an entry to be judged, in JupyterLab in a real browser.

    python -m benchmarks practice [--circuits 20]

A new circuit is drawn by Python: the way leads from the button to the kernel and back. A verdict is the page's own.
"""

import argparse
import statistics

from benchmarks._lab import learners_page

ANOTHER = """
async (asked) => {
    const start = performance.now();
    const drawn = new Promise(done => new MutationObserver((_, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
    }).observe(asked.parentElement, {childList: true}));
    [...asked.querySelectorAll("button")].find(button => button.textContent === "Another circuit").click();
    return await drawn;
}
"""
VERDICT = """
async (asked) => {
    const box = asked.querySelector(".bp-box"), said = asked.querySelector(".bp-said");
    box.value = "12.5";
    const start = performance.now();
    box.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}));
    if (!said.textContent.startsWith("✗")) throw new Error(said.textContent);
    const worked = performance.now() - start;
    return await new Promise(done => requestAnimationFrame(() => setTimeout(() => done(
        [worked, performance.now() - start]))));
}
"""
CELL = "from course import practice\npractice(level={level})"


def main(argv):
    from tests.browser.test_lab import Notebook

    parser = argparse.ArgumentParser(prog="python -m benchmarks practice", description=__doc__.splitlines()[0])
    parser.add_argument("--circuits", type=int, default=20)
    options = parser.parse_args(argv)
    with learners_page() as page:
        notebook = Notebook(page, "lessons/01_chain_rule.ipynb")
        code = "from course import graph, practice, predict"
        for level in (1, 5, 7, 10):
            notebook.write(code, CELL.format(level=level))
            code = CELL.splitlines()[0]
            asked = notebook.run(code).locator(".bp-practice")
            verdicts = []
            drawn = []
            for _ in range(options.circuits):
                verdicts.append(asked.evaluate(VERDICT))
                drawn.append(asked.evaluate(ANOTHER))
            worked, painted = zip(*verdicts, strict=True)
            print(f"level {level}: another circuit after {statistics.median(drawn):.0f} ms (slowest of "
                  f"{len(drawn)}: {max(drawn):.0f}), a verdict after {statistics.median(worked):.1f} ms, on the "
                  f"screen after {statistics.median(painted):.0f} (slowest {max(painted):.0f})", flush=True)
