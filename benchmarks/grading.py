"""How fast a class is graded: unmodified nbgrader beside this course's judge, in the same run.

    python -m benchmarks grading [--assignment 04_vectorized_gradients] [--submissions 40] [--rounds 3]

Each round grades the same class anew by every way in turn; the figures are medians over the rounds, and ratios are
taken within a round, so that whatever else the machine does hits all alike.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WAYS = {
    "unmodified nbgrader": ("stock", ["-m", "nbgrader", "autograde"]),
    "nbgrader, judged": ("judged", ["-m", "nbgrader", "autograde"]),
    "backprop, 1 worker": ("judged", ["-m", "course", "autograde", "--workers", "1"]),
    "backprop, 2 workers": ("judged", ["-m", "course", "autograde", "--workers", "2"]),
    "backprop, 1 worker, not isolated": ("open", ["-m", "course", "autograde", "--workers", "1"]),
}
# What of the course takes nbgrader's own place is taken out again: then its unmodified code grades.
STOCK = """
for trait in ("sanitize_preprocessors", "autograde_preprocessors", "pre_convert_hook", "post_convert_hook"):
    c.Autograde.pop(trait, None)
"""
ADDED = {"stock": STOCK, "judged": "", "open": "\nc.Judge.isolation = False\n"}


def make_class(folder, assignment, count):
    """A course folder with a class: every third submission solves everything, the others carry wrong forms."""
    import nbformat

    from course.declarations import exercises

    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / assignment, folder / name / assignment)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    solved = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)
    for k in range(count):
        nb = nbformat.from_dict(solved)
        for cell in nb.cells if k % 3 else ():
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-answer")
            exercise = exercises(assignment).get(name)
            if exercise and cell.metadata.nbgrader.solution:
                cell.source = exercise.mistakes[k % len(exercise.mistakes)].source
        target = folder / "submitted" / f"student{k:04}" / assignment
        target.mkdir(parents=True)
        nbformat.write(nb, target / f"{assignment}.ipynb")
        solved = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)


def seconds(folder, kind, command, assignment):
    """How long a way takes for the whole class, from an empty gradebook."""
    for name in ("autograded", "gradebook.db"):
        path = folder / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    config = (ROOT / "nbgrader_config.py").read_text() + ADDED[kind]
    (folder / "nbgrader_config.py").write_text(config)
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    options = {"cwd": folder, "env": env, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([sys.executable, "-m", "nbgrader", "generate_assignment", assignment, "--force"], **options)
    start = time.perf_counter()
    subprocess.run([sys.executable, *command, assignment], **options)
    return time.perf_counter() - start


def main(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks grading", description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="04_vectorized_gradients")
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    times = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        make_class(Path(folder), options.assignment, options.submissions)
        for _ in range(options.rounds):
            for way, (kind, command) in WAYS.items():
                times[way].append(seconds(Path(folder), kind, command, options.assignment))
    stock = times["unmodified nbgrader"]
    print(f"{options.assignment}, {options.submissions} submissions, {options.rounds} rounds\n")
    print(f"{'':34} {'seconds':>8} {'per second':>11} {'times nbgrader':>15}")
    for way, found in times.items():
        ratio = statistics.median(a / b for a, b in zip(stock, found, strict=True))
        median = statistics.median(found)
        print(f"{way:34} {median:8.1f} {options.submissions / median:11.2f} {ratio:15.1f}")
