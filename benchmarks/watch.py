"""How long a step of the network in training takes to be on the screen, and another choice, in JupyterLab.

    python -m benchmarks watch [--steps 100]

A step was worked out before it is asked for; a choice leads from the page to the kernel and back. The end of a time is
the frame that the browser has painted.
"""

import argparse
import statistics

from benchmarks._lab import learners_page

STEP = """
async (watched) => {
    const step = [...watched.querySelectorAll("button")].find(button => button.textContent === "One step");
    const place = watched.querySelector(".bp-place"), before = place.textContent, start = performance.now();
    step.click();
    const worked = performance.now() - start;
    while (place.textContent === before) await new Promise(done => setTimeout(done, 1));    // the kernel is behind
    return await new Promise(done => requestAnimationFrame(() => setTimeout(() => done(
        [worked, performance.now() - start]))));
}
"""
CHOICE = """
async (watched, value) => {
    const scale = watched.querySelector("select[data-name=scale]"), stage = watched.querySelector(".bp-stage");
    const start = performance.now();
    const drawn = new Promise(done => new MutationObserver((_, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    }).observe(stage, {childList: true}));
    scale.value = value;
    scale.dispatchEvent(new Event("change", {bubbles: true}));
    return await drawn;
}
"""


def main(argv):
    from tests.browser.test_lab import Notebook

    parser = argparse.ArgumentParser(prog="python -m benchmarks watch", description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args(argv)
    with learners_page() as page:
        notebook = Notebook(page, "lessons/08_train_digits.ipynb")
        notebook.run("from course import graph, predict, watch")
        watched = notebook.run("watch()").locator(".bp-watch")
        for depth in ("2", "8"):
            watched.get_by_label("Hidden layers", exact=True).select_option(depth)
            page.wait_for_timeout(1000)
            steps = []
            for _ in range(options.steps):
                steps.append(watched.evaluate(STEP))
                page.wait_for_timeout(20)           # the next ones come from the kernel meanwhile
            choices = [watched.evaluate(CHOICE, value) for value in ["0.1", "1"] * 5]
            worked, painted = zip(*steps, strict=True)
            print(f"depth {depth}: a step is drawn in {statistics.median(worked):.1f} ms and on the screen after "
                  f"{statistics.median(painted):.0f} (slowest of {len(steps)}: {max(painted):.0f}); another choice "
                  f"after {statistics.median(choices):.0f} ms (slowest of {len(choices)}: {max(choices):.0f})",
                  flush=True)
