"""A whole class through `backprop autograde`: killed at any moment, it loses and doubles nothing."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.grading.run import main, one_run_at_a_time
from course.grading.verdicts import MARK
from tests.commands import run_module, start_module
from tests.grading.handing_in import ROOT, cell_of, released, solved

pytestmark = pytest.mark.needs_sandbox
NAME = "02_gate_patterns"
STUDENTS = {"ada": 22.0, "ben": 0.0, "carl ö": 20.0, "dora": 22.0, "emil": 22.0, "fay": 22.0}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("class") / "course")


def make_course(folder):
    """A course folder with a gradebook that knows the assignment, and a class that has handed in."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / NAME, folder / name / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    run(folder, "nbgrader", "generate_assignment", NAME, "--force")
    for student, points in STUDENTS.items():
        nb = released(NAME) if points == 0 else solved(NAME)
        if points == 20:
            cell_of(nb, "mul_backward-answer").source = "def mul_backward(dout, x, y):\n    return y, x"
        target = folder / "submitted" / student / NAME
        target.mkdir(parents=True)
        nbformat.write(nb, target / f"{NAME}.ipynb")
    return folder


@pytest.fixture
def course(template, tmp_path):
    """A copy of it."""
    return shutil.copytree(template, tmp_path / "course")


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore",
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}


def run(folder, *command, code=0):
    """`python -m …` in a folder; what it printed."""
    done = run_module(*command, cwd=folder, env=environment())
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def autograde(folder, *arguments, code=0):
    """One worker, unless more are asked for: each takes seconds to start."""
    return run(folder, "course", "autograde", NAME, "--workers", "1", *arguments, code=code)


def points(folder):
    """{student: score} of those whose every automatic grade is set."""
    found = {}
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        for submission in book.assignment_submissions(NAME):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            if all(grade.auto_score is not None for grade in grades):
                found[submission.student.id] = submission.score
    return found


def assert_whole(folder):
    """Every submission graded once, every notebook whole, nothing left over."""
    assert points(folder) == STUDENTS
    for student in STUDENTS:
        nb = nbformat.read(folder / "autograded" / student / NAME / f"{NAME}.ipynb", as_version=4)
        assert cell_of(nb, "mul_backward").outputs
    staging = folder / "autograded" / ".staging"
    assert not staging.exists() or not os.listdir(staging)
    with sqlite3.connect(folder / "gradebook.db") as db:
        assert db.execute("select count(*) from submitted_assignment").fetchone() == (len(STUDENTS),)
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)


def assert_it_says_what_it_was_graded_with(path):
    graded = json.loads(path.read_text())
    assert graded["metadata"][MARK]["version"]
    seeds = [output["metadata"]["backprop"]["seeds"] for cell in graded["cells"]
             for output in cell.get("outputs", ()) if "backprop" in output.get("metadata", {})]
    assert len(seeds) == 11                     # exercises
    assert all(first == "0" and int(second) for first, second in seeds)


def test_a_class_is_graded_once_and_summed_up(course):
    said = autograde(course, "--workers", "2")
    assert_whole(course)
    assert "6 graded" in said
    assert_it_says_what_it_was_graded_with(course / "autograded" / "ada" / NAME / f"{NAME}.ipynb")
    assert "upstream dropped" in said
    assert "everything that was handed in is graded" in autograde(course)
    assert "1 graded" in autograde(course, "--student", "ben", "--force")
    anew = course / "submitted" / "dora" / NAME / f"{NAME}.ipynb"
    anew.write_text(anew.read_text() + "\n")        # handed in anew, and nothing says when
    assert "3 graded" in autograde(course, "--only-failed")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        grade = book.find_grade("mul_backward", NAME, NAME, "ada")
        other = book.find_grade("add_backward", NAME, NAME, "ada")
        grade.auto_score = other.auto_score = 0.0
        book.db.commit()
    autograde(course, "--regrade", "mul_backward")
    assert points(course)["ada"] == 21.0
    run(course, "nbgrader", "generate_feedback", NAME)
    page = (course / "feedback" / "carl ö" / NAME / f"{NAME}.html").read_text()
    assert "upstream dropped" in page


def test_bad_input_gets_a_sentence(course):
    assert "knows no assignment '99_nothing'; it knows: 02_gate_patterns" in run(
        course, "course", "autograde", "99_nothing", "--workers", "1", code=1)
    assert "zoe has not handed in" in autograde(course, "--student", "zoe", code=1)
    assert "has no exercise 'nothing'" in autograde(course, "--regrade", "nothing", code=1)
    assert "from 1 on, not 0" in autograde(course, "--workers", "0", code=2)
    bad = course / "submitted" / "ben" / NAME / f"{NAME}.ipynb"
    bad.write_text("hello")
    said = autograde(course, code=1)
    assert "5 graded, 1 could not be" in said
    assert "ben: 02_gate_patterns.ipynb is not a notebook" in said
    shutil.rmtree(course / "submitted")
    assert "Nobody has handed in" in autograde(course, code=1)


def test_a_second_run_in_one_folder_is_told_so(course, monkeypatch, capsys):
    """It starts nothing, and asks no scheduler."""
    monkeypatch.chdir(course)
    before = (course / "gradebook.db").read_bytes()
    with one_run_at_a_time(course):
        for where in (["--workers", "1"], ["--scheduler", "tcp://127.0.0.1:1"]):
            assert main([NAME, *where]) == 1
            assert capsys.readouterr().err == "Another run is grading in this folder; wait for its end.\n"
    assert (course / "gradebook.db").read_bytes() == before and not (course / "autograded").exists()


def test_killed_at_any_moment_the_next_run_does_the_rest(course, tmp_path):
    before = orphans()
    rng = random.Random(7)
    anew = []
    for _ in range(10):
        if grade_and_kill(course, tmp_path, rng, *anew):
            assert_whole(course)
            anew = ["--force"]
        else:
            anew = []
    (course / "autograded" / ".staging" / f"ada-{NAME}.old").mkdir(parents=True, exist_ok=True)    # its last moment
    autograde(course)
    assert_whole(course)
    deadline = time.monotonic() + 10
    while orphans() - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not orphans() - before


def test_a_worker_that_starts_when_its_parent_has_ended_ends():
    code = "import os; from course.grading.workers import follow_parent; follow_parent({}); print('lives')"
    told = [subprocess.run([sys.executable, "-c", code.format(parent)], env=environment(), text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for parent in ("os.getppid()", "2**22 + 1")]                # no process has this id
    assert [(each.returncode, each.stdout) for each in told] == [(0, "lives\n"), (1, "")]


def grade_and_kill(folder, said, rng, *arguments):
    """SIGKILL to the whole of a run, or to one of its processes, at a random moment; whether it had ended before."""
    process = start_module("course", "autograde", NAME, *arguments, cwd=folder, env=environment(), said=said)
    process.join(rng.uniform(0.3, 5.0))
    ended = process.exitcode == 0
    if process.exitcode is None:
        victims = below(process.pid)
        if rng.random() < 0.5 and victims:
            os.kill(rng.choice(victims), signal.SIGKILL)
        else:
            process.kill()
    process.join(120)
    assert process.exitcode is not None
    return ended


FULL_DISK = """
set -e
mount -t tmpfs -o size=4m none {disk}
cp -a {course}/. {disk}
cd {disk}
dd if=/dev/zero of=filler bs=1k 2>/dev/null || true
truncate -s -{left}k filler
{python} -m course autograde {name} --workers 1 && exit 9
rm filler
{python} -m course autograde {name} --workers 1
rm -rf {course}/gradebook.db {course}/autograded
cp -a {disk}/. {course}
"""


@pytest.mark.parametrize("left", [4, 120])
def test_a_full_disk_loses_nothing(course, tmp_path, left):
    """On a disk of its own, with `left` KB free; when there is room again, the next run does the rest."""
    disk = tmp_path / "disk"
    disk.mkdir()
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Judge.isolation = False\n")
    script = FULL_DISK.format(disk=disk, course=course, python=sys.executable, name=NAME, left=left)
    own = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    done = subprocess.run([*own, "bash", "-c", script], env=environment(), capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "the same command does the rest" in said, said
    assert "Traceback" not in said
    assert_whole(course)


def test_a_locked_gradebook_is_waited_for_or_told(course):
    lock = sqlite3.connect(course / "gradebook.db")
    lock.execute("begin exclusive")
    try:
        said = autograde(course, code=1)
    finally:
        lock.rollback()
        lock.close()
    assert "gradebook" in said
    assert "Traceback" not in said
    autograde(course)
    assert_whole(course)


def below(pid):
    found, queue = [], [pid]
    while queue:
        here = queue.pop()
        try:
            with open(f"/proc/{here}/task/{here}/children") as file:
                new = [int(word) for word in file.read().split()]
        except OSError:
            continue
        found += new
        queue += new
    return found


def orphans():
    """The processes of graders and sandboxes on this machine that nobody is left to end."""
    lines, parents = {}, {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                lines[pid] = file.read()
            with open(f"/proc/{pid}/stat", "rb") as file:
                parents[pid] = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue

    def first(pid):
        """The one that began it all, of those that still live."""
        while parents.get(pid, 1) > 1:
            pid = parents[pid]
        return pid

    return {pid for pid in lines if GRADER.search(lines.get(first(pid), b""))}


GRADER = re.compile(rb"course[.]grading|bwrap|course\0autograde|multiprocessing")
