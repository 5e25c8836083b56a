"""Grading on dask.distributed's workers: the same grades as here, whoever is lost on the way."""

import asyncio
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.grading import cluster as cluster_module
from course.grading.finding import files_of
from course.grading.gradebook import GradingError
from course.grading.unfit import kind
from course.grading.worker import Job, Result
from tests.grading.handing_in import ROOT, SETTINGS, cell_of, released, solved
from tests.grading.test_class import autograde, environment, make_course
from tests.grading.test_class import run as run_command

pytestmark = [pytest.mark.needs_sandbox, pytest.mark.needs_cluster]
NAME = "02_gate_patterns"


class Processes:
    """A scheduler and workers, on the loopback; `worker` adds one and waits until it is there."""

    def __init__(self, folder):
        self.folder, self.file, self.all = folder, folder / "scheduler.json", []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                                     "--scheduler-file", str(self.file))
        self.address = json.loads(_when(self.file.read_text))["address"]

    def worker(self, **more):
        worker = self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                             "--local-directory", str(self.folder), **more)
        log = self.folder / f"worker{len(self.all) - 1}.log"
        _when(lambda: "Registered to" in log.read_text())
        return worker

    def _start(self, kind, *arguments, **more):
        with open(self.folder / f"{kind}{len(self.all)}.log", "w") as log:
            self.all.append(subprocess.Popen([sys.executable, "-m", "dask", kind, *arguments], stdout=log, stderr=log,
                                             cwd=self.folder, env={**environment(), **more}))
        return self.all[-1]

    def end(self):
        for process in self.all:
            process.kill()
            process.wait()


def _when(get, seconds=60):
    until = time.monotonic() + seconds
    while True:
        try:
            found = get()
            if found:
                return found
        except (OSError, ValueError):
            pass
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture
def cluster(tmp_path):
    (tmp_path / "dask").mkdir()
    processes = Processes(tmp_path / "dask")
    yield processes
    processes.end()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("class") / "course")


@pytest.fixture
def course(template, tmp_path):
    return shutil.copytree(template, tmp_path / "course")


def everything(folder):
    """Each grade of each learner, as the gradebook has it."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {(sub.student.id, grade.name): grade.auto_score for sub in book.assignment_submissions(NAME)
                for notebook in sub.notebooks for grade in notebook.grades}


def add(folder, number):
    """More learners, some of whom have handed in a slip or a helper beside the notebook."""
    for k in range(number):
        nb = solved(NAME) if k % 3 else released(NAME)
        if k % 3 == 1:
            cell_of(nb, "mul_backward-answer").source = "from helper import mul_backward"
        target = folder / "submitted" / f"more{k}" / NAME
        target.mkdir(parents=True)
        nbformat.write(nb, target / f"{NAME}.ipynb")
        (target / "helper.py").write_text("def mul_backward(dout, x, y):\n    return dout * y, dout * x\n")


def test_a_worker_killed_in_mid_class_changes_no_grade(course, cluster, tmp_path):
    add(course, 6)
    (course / "submitted" / "ben" / NAME / f"{NAME}.ipynb").write_bytes(b"%PDF")
    here = shutil.copytree(course, tmp_path / "here")
    there = shutil.move(course, tmp_path / "there")
    autograde(here, code=1)
    first, _ = cluster.worker(), cluster.worker()
    run = subprocess.Popen([sys.executable, "-m", "course", "autograde", NAME, "--scheduler", cluster.address],
                           cwd=there, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    _when(lambda: len(list((there / "autograded").glob(f"*/{NAME}"))) >= 2, 200)
    first.send_signal(signal.SIGKILL)
    said, _ = run.communicate(timeout=400)
    assert run.returncode == 1 and "11 graded, 1 could not be" in said, said
    assert everything(there) == everything(here) and len(everything(here)) == 11 * 11
    assert "it is a PDF: cannot be graded" in said and said.count("is lost; what it had is given to others") == 1


def test_what_travels_is_small_and_found_as_here(tmp_path, monkeypatch):
    """Whatever the files are called, and however many they are; where there is no room, in the order of grading's."""
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "data").mkdir(parents=True)
    there.mkdir()
    nbformat.write(solved(NAME), here / "mine.ipynb")
    (here / f"{NAME}.ipynb").symlink_to("/etc/passwd")
    (here / "data" / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n" * 10_000)      # a name that is no text
    (here / "a.pdf").write_bytes(b"%PDF" + b"x" * 80_000)
    (here / "z.txt").write_text("small")
    monkeypatch.setattr(cluster_module, "PACKED", 90_000 + (here / "mine.ipynb").stat().st_size)
    packed = cluster_module.packed_files(here)
    assert len(packed) < 20_000 < (here / "mine.ipynb").stat().st_size
    cluster_module.unpack(packed, there)

    def seen(folder):
        return ([(str(path.relative_to(folder)), path.stat().st_size, kind(path)) for path in files_of(folder)],
                [path.relative_to(folder) for path in folder.iterdir() if path.is_symlink()])

    assert seen(there) == seen(here) and len(seen(here)[0]) == 4
    for name in ("mine.ipynb", "z.txt", os.fsdecode(b"data/caf\xe9.py")):
        assert (there / name).read_bytes() == (here / name).read_bytes()


def nothing_against_it(isolation, assignment, version):
    """A stub of cluster.check."""
    return ""


def given_at_once(load, version):
    """A stub of cluster.there."""
    return pickle.dumps(("result", Result(pickle.loads(load)[0])))


def test_results_that_travel_slowly_are_waited_for(tmp_path, monkeypatch, recwarn):
    """Longer than it is looked who is there; dask lets several travel together, and one that is given up ends all."""
    import dask
    from distributed import LocalCluster

    async def slowly(**keywords):
        await asyncio.sleep(0.3)
        return await gather(**keywords)

    for name, stub in (("LOOK", 0.02), ("check", nothing_against_it), ("there", given_at_once)):
        monkeypatch.setattr(cluster_module, name, stub)
    jobs = [Job(f"more{k}", NAME, tmp_path) for k in range(16)]
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": 1}), \
            LocalCluster(n_workers=1, threads_per_worker=8, processes=False, dashboard_address=":0") as started:
        gather, started.scheduler.handlers["gather"] = started.scheduler.handlers["gather"], slowly
        with cluster_module.Cluster(started.scheduler_address, True, NAME) as executor:
            futures = [executor.submit(None, job, {}, SETTINGS) for job in jobs]
            assert [future.result().job for future in futures] == jobs
    assert not [warning for warning in recwarn if "large graph" in str(warning.message)]


def test_an_address_where_no_scheduler_is_gets_a_sentence_at_once(monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as other:      # listens, and never says anything
        port = other.getsockname()[1]
        for address, why in (("", "an address is like tcp://HOST:8786"), ("here", "an address is like"),
                             ("tcp://127.0.0.1", "an address is like"), (f"http://127.0.0.1:{port}", "an address is"),
                             (f"127.0.0.1:{port}", "."), (f"tls://127.0.0.1:{port}", "TLS")):
            with pytest.raises(GradingError) as error:
                cluster_module.Cluster(address, True, NAME)
            assert str(error.value).startswith(f"No scheduler answers at {address}: ") and why in str(error.value)


def test_what_can_not_be_had_is_a_sentence(course, cluster, tmp_path):
    def graded(*arguments, code=1):
        return run_command(course, "course", "autograde", NAME, *arguments, code=code)

    assert "No scheduler answers at tcp://127.0.0.1:1" in graded("--scheduler", "tcp://127.0.0.1:1")
    assert "--shared goes with --scheduler" in graded("--shared", code=2)
    other = shutil.copytree(ROOT / "course", tmp_path / "other" / "course")
    shutil.copytree(ROOT / "autodiff", tmp_path / "other" / "autodiff")
    with open(other / "grading" / "judge.py", "a") as file:
        file.write("\n# changed\n")
    cluster.worker(PYTHONPATH=str(tmp_path / "other"))
    said = graded("--scheduler", cluster.address)
    assert "No worker of" in said and "in another version" in said
    without = tmp_path / "bin"
    without.mkdir()
    cluster.worker(PATH=str(without))
    said = graded("--scheduler", cluster.address)
    assert "it has no sandbox" in said and "Traceback" not in said
    cluster.worker()
    said = graded("--scheduler", cluster.address, "--student", "ada", "--shared", code=0)
    assert "1 graded" in said and said.count("gets no submissions") == 2


def test_a_lost_scheduler_ends_the_run_and_the_next_does_the_rest(course, cluster):
    add(course, 6)
    cluster.worker()
    run = subprocess.Popen([sys.executable, "-m", "course", "autograde", NAME, "--scheduler", cluster.address],
                           cwd=course, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    _when(lambda: list((course / "autograded").glob(f"*/{NAME}")), 200)
    cluster.scheduler.send_signal(signal.SIGKILL)
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 1 and "The scheduler is lost. What was graded stands" in said, said
    assert "Traceback" not in said
    autograde(course)
    assert len(everything(course)) == 12 * 11 and None not in everything(course).values()
    assert not os.path.exists(course / ".not_graded.json")
