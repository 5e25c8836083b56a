"""How time and memory grow with the class: `backprop autograde` on 10 to 1,000 submissions.

    python -m benchmarks scaling [--assignment 04_vectorized_gradients] [--sizes 10,30,100,300,1000] [--workers 2]
                                 [--plot docs/scaling.svg]

Memory is the most that all processes of the run hold together (shared pages counted once), looked at twice a second.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.grading import make_class


def grade(folder, assignment, workers):
    """(seconds, megabytes at most) of a run."""
    from course.grading.inside.tree import descendants

    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    quiet = {"cwd": folder, "env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    python = [sys.executable, "-m"]
    subprocess.run([*python, "nbgrader", "generate_assignment", assignment, "--force"], check=True, **quiet)
    start = time.perf_counter()
    run = subprocess.Popen([*python, "course", "autograde", assignment, "--workers", str(workers)], **quiet)
    most = 0
    while run.poll() is None:
        most = max(most, sum(map(proportional, [run.pid, *descendants(run.pid)])))
        time.sleep(0.5)
    if run.returncode:
        sys.exit(f"grading {folder} ended with {run.returncode}")
    return time.perf_counter() - start, most / 1024


def proportional(pid):
    """Kilobytes of a process, a page that n processes share counted as 1/n."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:     # it has ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def plot(path, rows, assignment):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    sizes, seconds, megabytes = zip(*rows, strict=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    left.loglog(sizes, seconds, "o-", color="#0072B2")
    ideal = [size * seconds[-1] / sizes[-1] for size in sizes]
    middle = len(sizes) // 2
    left.loglog(sizes, ideal, ":", color="#555555")
    left.annotate("in proportion", (sizes[middle], ideal[middle]), (12, -14), textcoords="offset points",
                  color="#555555")
    left.yaxis.set_major_formatter("{x:,.0f}")
    left.set(xlabel="submissions", ylabel="seconds", title="Time")
    right.semilogx(sizes, megabytes, "o-", color="#D55E00")
    right.set(xlabel="submissions", ylabel="MB", title="Memory of all processes", ylim=(0, 1.2 * max(megabytes)))
    for axes in (left, right):
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"backprop autograde {assignment}", fontsize=10)
    figure.savefig(path, metadata={"Date": None})


def main(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks scaling", description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="04_vectorized_gradients")
    parser.add_argument("--sizes", default="10,30,100,300,1000", type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plot", metavar="FILE", help="draw the picture, too")
    options = parser.parse_args(argv)
    rows = []
    print("| submissions | seconds | per submission | memory |\n|---|---|---|---|")
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            make_class(Path(folder), options.assignment, size)
            seconds, megabytes = grade(folder, options.assignment, options.workers)
        rows.append((size, seconds, megabytes))
        print(f"| {size:,} | {seconds:.1f} | {seconds / size:.2f} s | {megabytes:.0f} MB |", flush=True)
    if options.plot:
        plot(options.plot, rows, options.assignment)
