"""How time and memory grow with the class: `backprop autograde` on 10 to 1,000 submissions.

    python -m benchmarks scaling [--assignment 04_vectorized_gradients] [--sizes 10,30,100,300,1000] [--workers 2]
                                 [--plot docs/scaling.svg]

    python -m benchmarks scaling --scheduler [--assignment …] [--submissions 24] [--workers 4]

The second grades a class on dask.distributed's workers, 1, 2, 4 … of them on this machine; then it says how fast the
one writer is, given results that cost nothing (stub workers), by one and by many in a transaction: at so many workers
it is the bound.

Memory is the most that all processes of the run hold together (shared pages counted once), looked at twice a second.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

from benchmarks.grading import make_class


def release(folder, assignment):
    """Let the gradebook of a course folder know the assignment; what any command in there needs."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    quiet = {"cwd": folder, "env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", assignment, "--force"]
    subprocess.run(command, check=True, **quiet)
    return quiet


def grade(folder, assignment, where):
    """(seconds, megabytes at most) of a run; `where` are the arguments that say where it grades."""
    from course.grading.inside.tree import descendants

    quiet = release(folder, assignment)
    start = time.perf_counter()
    run = subprocess.Popen([sys.executable, "-m", "course", "autograde", assignment, *where], **quiet)
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


class _Given(Executor):
    """Workers that cost nothing: each gives the same result at once."""

    def __init__(self, result):
        self.result = result

    def submit(self, fn, /, job, keys, settings):
        future = Future()
        future.set_result(replace(self.result, job=job, notebooks=dict(self.result.notebooks)))
        return future


def writer(folder, assignment, batch):
    """Submissions that the writer enters in a second, and in a second of a processor (as on an idle machine)."""
    from course.grading import run
    from course.grading.gradebook import Classroom, load_config
    from course.grading.judge import Settings
    from course.grading.worker import grade_submission

    with contextlib.chdir(folder), contextlib.closing(Classroom(load_config(), assignment, folder)) as classroom:
        jobs = list(classroom.submissions())
        result = grade_submission(jobs[0], classroom.keys, Settings())
        if result.failure:
            sys.exit(result.failure)
        start, used = time.perf_counter(), time.process_time()
        run.grade_class(classroom, jobs, Settings(), _Given(result), batch=batch)
        return len(jobs) / (time.perf_counter() - start), len(jobs) / (time.process_time() - used)


@contextlib.contextmanager
def dask(folder, workers):
    """The address of a scheduler of dask's with so many workers, on this machine."""
    folder = Path(folder, "dask")       # where nothing is called like the package course
    folder.mkdir()
    file = folder / "scheduler.json"
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    python = [sys.executable, "-m", "dask"]
    processes = [subprocess.Popen([*python, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                                   "--scheduler-file", str(file)], **quiet)]
    try:
        while not file.exists() or not file.read_text():
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        processes += [subprocess.Popen([*python, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                                        "--local-directory", str(folder)], **quiet) for _ in range(workers)]
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=120)
        yield address
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def on_a_cluster(options):
    """How fast a class is graded by so many workers, and how many of them one writer can follow."""
    from course.grading import run

    fastest, workers = 0.0, 1
    print("| workers | submissions per second |\n|---|---|")
    while workers <= options.workers:
        with tempfile.TemporaryDirectory() as folder, dask(folder, workers) as address:
            course = Path(folder, "course")
            make_class(course, options.assignment, options.submissions)
            seconds, _ = grade(course, options.assignment, ["--scheduler", address])
        print(f"| {workers} | {options.submissions / seconds:.2f} |", flush=True)
        fastest = max(fastest, options.submissions / seconds / workers)
        workers *= 2
    print("\n| in a transaction | the writer's submissions per second | per second of a processor | "
          "workers that it can follow |\n|---|---|---|---|")
    for batch in (1, run.BATCH):
        with tempfile.TemporaryDirectory() as folder:
            make_class(Path(folder), options.assignment, 10 * options.submissions)
            release(folder, options.assignment)
            speed, alone = writer(Path(folder), options.assignment, batch)
        print(f"| {batch} | {speed:.1f} | {alone:.1f} | {speed / fastest:.0f} |", flush=True)


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
    parser.add_argument("--scheduler", action="store_true", help="on dask's workers, 1, 2, 4 … up to --workers")
    parser.add_argument("--submissions", type=int, default=24, help="of the class that they grade")
    parser.add_argument("--plot", metavar="FILE", help="draw the picture, too")
    options = parser.parse_args(argv)
    if options.scheduler:
        on_a_cluster(options)
        return
    rows = []
    print("| submissions | seconds | per submission | memory |\n|---|---|---|---|")
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            make_class(Path(folder), options.assignment, size)
            seconds, megabytes = grade(folder, options.assignment, ["--workers", str(options.workers)])
        rows.append((size, seconds, megabytes))
        print(f"| {size:,} | {seconds:.1f} | {seconds / size:.2f} s | {megabytes:.0f} MB |", flush=True)
    if options.plot:
        plot(options.plot, rows, options.assignment)
