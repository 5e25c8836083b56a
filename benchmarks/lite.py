"""The course in the browser: every lesson and every assignment in JupyterLite, offline, in a real Chromium.

    python -m benchmarks lite [--only NAME …]

A lesson runs from top to bottom. Of an assignment the solutions run, and must score all their points; then a wrong
answer, and must be told what CPython tells of it. Nothing may be asked of another address. The table shows how long it
takes from the address to a kernel that answers, and from there to the last cell. Last, the answers to one assignment
are saved, and the page's progress.ipynb must count them.
"""

import argparse
import tempfile
import time
from pathlib import Path

from course.authoring.lite import build
from course.declarations import assignments
from course.places import ROOT


def main(argv):
    from playwright.sync_api import sync_playwright

    from tests.browser import lite
    from tests.browser.conftest import ARGS, CHROMIUM

    names = [f"{kind}/{name}" for kind in ("lessons", "exercises") for name in assignments()]
    names += ["progress"]
    parser = argparse.ArgumentParser(prog="python -m benchmarks lite", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"such as {names[1]}")
    options = parser.parse_args(argv)
    bad = 0
    print(f"{'':34}  kernel      run", flush=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build(Path(folder, "lite"), ROOT / "build" / "site-work" / "lite", offline=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        with lite.served(Path(folder, "lite")) as address:
            for name in options.only or names:
                context = browser.new_context()
                begun = time.monotonic()
                try:
                    kind, _, assignment = name.partition("/")
                    path = f"{name}/{assignment}.ipynb" if kind == "exercises" else f"{name}.ipynb"
                    if kind == "progress":
                        saved = "01_chain_rule"
                        lite.Notebook(context, address, f"exercises/{saved}/{saved}.ipynb").save(lite.answers(saved))
                        begun = time.monotonic()
                    notebook = lite.Notebook(context, address, path)
                    ready = time.monotonic()
                    amiss = {"lessons": lesson, "exercises": exercise, "progress": progress}[kind](notebook, assignment)
                    amiss += [f"asked for {each}" for each in notebook.foreign]
                    print(f"{name:34} {ready - begun:5.0f} s  {time.monotonic() - ready:5.0f} s  "
                          f"{'; '.join(amiss) or 'as it should'}", flush=True)
                except Exception as error:
                    amiss = [str(error)]
                    print(f"{name:34} {type(error).__name__}: {str(error)[:300]}", flush=True)
                bad += bool(amiss)
                context.close()
        browser.close()
    return bad and 1


def lesson(notebook, _):
    """What is amiss in a lesson."""
    from tests.browser import lite

    return [f"{cell}: {said}" for cell, said in lite.errors(notebook.run())]


def exercise(notebook, assignment):
    """What is amiss in how right answers and a wrong one are judged."""
    from tests.browser import lite

    outputs = notebook.run(lite.answers(assignment))
    found = lite.verdicts(outputs)
    amiss = [f"{cell}: {said}" for cell, said in lite.errors(outputs)]
    amiss += [f"{name}: {found.get(name)}, not {points} points" for name, points in lite.points(assignment).items()
              if found.get(name) != ("", "", points)]
    name, source, expected = lite.wrong_form(assignment)
    found = lite.verdicts(notebook.run({f"{name}-answer": source}, [f"{name}-answer", f"{name}-check"]))
    return amiss + [f"{name}: {found}, not {expected}"] * (found != {f"{name}-check": expected})


def progress(notebook, _):
    """What is amiss in what is said of one assignment that is done and others that are not begun."""
    (shown,) = notebook.run().values()
    said = "".join(each.get("text", each.get("evalue", "")) for each in shown)
    return [] if "✓ 01_chain_rule            10 of 10 pass   20 of 20 points" in said else [said]
