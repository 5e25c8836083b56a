"""How time and memory grow with the class: `backprop autograde` on 10 to 1,000 submissions.

    python -m benchmarks scaling [--assignment 04_vectorized_gradients] [--sizes 10,30,100,300,1000] [--workers 2]
                                 [--plot docs/scaling.svg]

    python -m benchmarks scaling --scheduler [--assignment …] [--submissions 24] [--workers 4] [--plot docs/cluster.svg]

The second grades a class on dask.distributed's workers, 1, 2, 4 … of them on this machine, and says what a submission
takes of a processor here, in the one process that sends submissions out and enters what comes back. Then that process
is given results that cost nothing (stub workers), ten times as many: first its writer alone, by one and by many in a
transaction; then all of it, with a hundred places on dask. Where it takes all of a processor, it is the bound: so many
workers can it follow, each as fast as one above where every core has one: both figures are of a machine at work.

Memory is the most that all processes of the run hold together (shared pages counted once), looked at twice a second.
"""

import argparse
import contextlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

from benchmarks.grading import ROOT, make_class

STUB = "stub"       # the file with what stub workers give


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


def nothing_against_it(isolation, assignment, version):
    """A stub of `course.grading.cluster.check`, on a worker of dask's."""
    return ""


def given(load, version):
    """A stub of `course.grading.cluster.there`: what lies in the worker's folder."""
    return Path(STUB).read_bytes()


@contextlib.contextmanager
def classroom_of(course, assignment):
    """A Classroom of a copy of the course folder, for nobody has been graded there."""
    from course.grading.gradebook import Classroom, load_config

    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(course, Path(folder, "course"))
        with contextlib.chdir(copy), contextlib.closing(Classroom(load_config(), assignment, copy)) as classroom:
            yield classroom


def spent(classroom, executor, batch=None):
    """Seconds for one submission of the class: on the clock, and of a processor in this process."""
    from course.grading import run
    from course.grading.preprocessors import Judge

    jobs = list(classroom.submissions())
    start, used = time.perf_counter(), time.process_time()
    results = run.grade_class(classroom, jobs, Judge(config=classroom.config).settings, executor,
                              batch=batch or run.BATCH)
    failed = [result.failure for result in results if result.failure]
    if failed:
        sys.exit(failed[0])
    return (time.perf_counter() - start) / len(jobs), (time.process_time() - used) / len(jobs)


@contextlib.contextmanager
def dask(workers, threads=1, **files):
    """The address of a scheduler of dask's with so many workers, on this machine; files that lie in their folder."""
    with tempfile.TemporaryDirectory() as folder:       # where nothing is called like the package course
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        file = Path(folder, "scheduler.json")
        quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
                 "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
        python = [sys.executable, "-m", "dask"]
        processes = [subprocess.Popen([*python, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                                       "--scheduler-file", str(file)], **quiet)]
        try:
            while not file.exists() or not file.read_text():
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            processes += [subprocess.Popen([*python, "worker", address, "--nthreads", str(threads), "--no-nanny",
                                            "--no-dashboard", "--local-directory", folder], **quiet)
                          for _ in range(workers)]
            from distributed import Client

            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=300)
            yield address
        finally:
            for process in reversed(processes):
                process.kill()
                process.wait()


def on_a_cluster(options):
    """How fast a class is graded by so many workers, and how many of them one process can follow."""
    from course.grading import cluster, run
    from course.grading.judge import Settings
    from course.grading.worker import grade_submission

    rows, bounds, workers = [], [], 1
    print("| workers | submissions per second | processor time here, for each | of a processor |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        make_class(course, options.assignment, options.submissions)
        release(course, options.assignment)
        while workers <= options.workers:
            with dask(workers) as address, classroom_of(course, options.assignment) as classroom, \
                    cluster.Cluster(address, True, options.assignment) as executor:
                seconds, used = spent(classroom, executor)
            rows.append((workers, 1 / seconds))
            print(f"| {workers} | {1 / seconds:.2f} | {1000 * used:.1f} ms | {used / seconds:.1%} |", flush=True)
            workers *= 2
        with classroom_of(course, options.assignment) as classroom:
            result = grade_submission(next(classroom.submissions()), classroom.keys, Settings())
    each = max(speed for _, speed in rows) / min(rows[-1][0], os.cpu_count() or 1)
    print("\n| with stub workers | processor time for each | submissions per second of a processor | "
          "workers that it can follow |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        make_class(course, options.assignment, 10 * options.submissions)
        release(course, options.assignment)

        def tell(what, used):
            bounds.append((what, 1 / used))
            print(f"| {what} | {1000 * used:.1f} ms | {1 / used:.0f} | {1 / used / each:.0f} |", flush=True)

        for batch in (1, run.BATCH):
            with classroom_of(course, options.assignment) as classroom:
                tell(f"the writer, {batch} in a transaction", spent(classroom, _Given(result), batch)[1])
        cluster.check, cluster.there = nothing_against_it, given
        with dask(2, 50, **{STUB: pickle.dumps(("result", result))}) as address, \
                classroom_of(course, options.assignment) as classroom, \
                cluster.Cluster(address, True, options.assignment) as executor:
            tell("the writer and dask's client", spent(classroom, executor)[1])
    if options.plot:
        plot_cluster(options.plot, rows, each, bounds[1:], options.assignment)


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


def plot_cluster(path, rows, each, bounds, assignment):
    """Submissions per second over workers: measured, in proportion, and where one process is the bound."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    most = 2 * max(speed for _, speed in bounds) / each
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axes.loglog([1, most], [each, most * each], ":", color="#555555")
    axes.annotate("in proportion", (8, 8 * each), (6, -14), textcoords="offset points", color="#555555")
    for (what, speed), color in zip(bounds, ("#0072B2", "#D55E00"), strict=True):
        axes.loglog([speed / each, most], [speed, speed], color=color)
        axes.annotate(f"{what}: {speed:.0f} per second", (1, speed), (0, 4), textcoords="offset points", color=color)
        axes.loglog([1, speed / each], [speed, speed], ":", color=color)
    axes.loglog(*zip(*rows, strict=True), "o", color="#000000", label="measured")
    ticks = [1, 2, 4, 10, 30, 100, 300]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.minorticks_off()
    axes.set(xlabel="workers", ylabel="submissions per second")
    axes.legend(loc="lower right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"backprop autograde {assignment} --scheduler", fontsize=10)
    figure.savefig(path, metadata={"Date": None})


def main(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks scaling", description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="04_vectorized_gradients")
    parser.add_argument("--sizes", default="10,30,100,300,1000", type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--workers", type=int, help="2; with --scheduler at most 4")
    parser.add_argument("--scheduler", action="store_true", help="on dask's workers, 1, 2, 4 … of them")
    parser.add_argument("--submissions", type=int, default=24, help="of the class that they grade")
    parser.add_argument("--plot", metavar="FILE", help="draw the picture, too")
    options = parser.parse_args(argv)
    options.workers = options.workers or (4 if options.scheduler else 2)
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
