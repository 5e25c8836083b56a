"""What attacks win in unmodified nbgrader, and here.

    python -m benchmarks attacks [--only NAME …] [--markdown]

Each attack of tests/grading/attacks is handed in twice: to this course's judge, and to nbgrader as it comes. Since
nbgrader runs a submission with all that its user may do, it runs inside bubblewrap here, with limits on processes,
memory, files and time; in that room lie a gradebook, the solutions, another learner's work and a server.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from benchmarks.grading import ROOT, STOCK
from course.grading.nursery import NOBODY, _pythons

NAME = "02_gate_patterns"
SECRET = "the-secret-that-nobody-may-read"
SECONDS = 100
SIGNS = {"WROTE": "writes", "CONNECTED": "reaches the network", "OPENED": "reads", "FOUND": "reads",
         "HELD": "holds more memory than it may", "TOOK": "takes more than its share of the processor"}

# Runs in there: the surroundings that an attack must not reach, then nbgrader, then a look at what has become of it.
INSIDE = """
import json, os, socket, subprocess, sys, time
server = socket.create_server(("127.0.0.1", 0)); server.setblocking(False)
unix = socket.socket(socket.AF_UNIX); unix.bind("\\0" + {abstract!r}); unix.listen(); unix.setblocking(False)
path = "submitted/ada/{name}/{name}.ipynb"
text = open(path).read().replace("54321", str(server.getsockname()[1]))
open(path, "w").write(text)
before = set(filter(str.isdigit, os.listdir("/proc")))
try:
    done = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", "{name}"], capture_output=True, text=True,
                          timeout={seconds}, env=dict(os.environ, GRADER_SECRET={secret!r}))
    end = "" if done.returncode == 0 else "its grading fails"
except subprocess.TimeoutExpired:
    end = "hangs"
reached = False
for listener in (server, unix):
    try:
        listener.accept(); reached = True
    except BlockingIOError:
        pass
time.sleep(0.5)
left = set(filter(str.isdigit, os.listdir("/proc"))) - before
print(json.dumps([end, reached, len(left)]))
"""


def class_of_one(folder):
    """A course folder in which Ada may hand in, made once."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / NAME, folder / name / NAME)
    (folder / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text() + STOCK)
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--force"], cwd=folder, env=env,
                   check=True, capture_output=True)
    (folder / "gradebook.secret").write_text(SECRET)
    (folder / "room").mkdir()


def room(folder):
    """The command line of bubblewrap around nbgrader: the system to read, the course folder to write."""
    root = os.getuid() == 0     # no limit on processes binds root, so it becomes nobody in there
    command = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent",
               "--new-session", *(() if root else ("--unshare-user",)), "--ro-bind", "/usr", "/usr", "--proc", "/proc",
               "--dev", "/dev", "--tmpfs", "/tmp", "--ro-bind-try", "/etc", "/etc"]
    for name in ("/bin", "/sbin", "/lib", "/lib64", "/lib32"):
        if os.path.islink(name):
            command += ["--symlink", os.readlink(name), name]
    for path in [*_pythons(), str(ROOT / "autodiff"), str(ROOT / "course")]:
        for parent in reversed(Path(path).parents[:-1]):
            command += ["--dir", str(parent)]       # or bubblewrap makes it for root alone
        command += ["--ro-bind", path, path]
    command += ["--bind", str(folder), "/tmp/class", "--chdir", "/tmp/class", "--clearenv",
                "--setenv", "PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin", "--setenv", "HOME", "/tmp",
                "--setenv", "PYTHONPATH", str(ROOT), "--setenv", "OPENBLAS_NUM_THREADS", "1"]
    if root:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP", "setpriv",
                    "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--bounding-set=-all"]
    return [*command, "prlimit", "--nproc=200", "--as=3000000000", "--fsize=500000000"]


def by_nbgrader(attack, template):
    """What an attack does to unmodified nbgrader, in words; "" for nothing."""
    from nbgrader.api import Gradebook

    from tests.grading.test_attacks import submission

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder) / "class"
        shutil.copytree(template, folder)
        abstract = f"grading-{os.getpid()}"
        nb = submission(attack, {"secret": "/tmp/class/gradebook.secret", "folder": "/tmp/class/room",
                                 "root": "/tmp/class", "port": 54321, "abstract": abstract})
        target = folder / "submitted" / "ada" / NAME
        target.mkdir(parents=True)
        nbformat.write(nb, target / f"{NAME}.ipynb")
        subprocess.run(["chmod", "-R", "a+rwX", folder.parent], check=True)
        inside = INSIDE.format(name=NAME, seconds=SECONDS, secret=SECRET, abstract=abstract)
        done = subprocess.run([*room(folder), sys.executable, "-c", inside], capture_output=True, text=True,
                              timeout=SECONDS + 60)
        lines = done.stdout.strip().splitlines()
        end, reached, left = json.loads(lines[-1]) if lines else ("kills the grader", False, 0)
        found = [end] if end else []
        with contextlib.suppress(Exception), Gradebook(f"sqlite:///{folder}/gradebook.db", "backprop") as gradebook:
            won = gradebook.find_submission(NAME, "ada").score
            book = gradebook.find_submission_notebook(NAME, NAME, "ada")
            honest = sum(grade.max_score for grade in book.grades
                         if attack.solved and grade.name not in attack.lost)
            if won > honest:
                found.append(f"wins {won - honest:g} points")
            elif won < honest:
                found.append(f"costs {honest - won:g} points beside its own")
        graded = folder / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
        if graded.exists():
            found += damage(graded)
        found += ["reaches the network"] if reached else []
        found += ["writes"] if os.listdir(folder / "room") else []
        found += ["leaves processes behind"] if left else []
        return ", ".join(dict.fromkeys(found))


def damage(graded):
    """What a graded notebook gives away."""
    text = graded.read_text(encoding="utf-8")
    found = [f"makes a page of {len(text) >> 20} MB"] if len(text) > 3_000_000 else []
    if SECRET in text:
        found.append("reads")
    for cell in json.loads(text)["cells"]:
        for output in cell.get("outputs", ()):
            printed = "".join(output.get("text", "")) if output["output_type"] == "stream" else ""
            found += [what for sign, what in SIGNS.items() if sign in printed]
    return found


def by_the_judge(attack, folder):
    """The same of this course's judge."""
    from course.grading.worker import Job, grade_submission
    from tests.grading.handing_in import SETTINGS, key_of_release
    from tests.grading.test_attacks import submission

    secret, room_ = folder / "gradebook.secret", folder / "room"
    abstract = f"grading-judge-{os.getpid()}"
    os.environ["GRADER_SECRET"] = SECRET
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix, \
            tempfile.TemporaryDirectory() as handed_in:
        unix.bind("\0" + abstract)
        unix.listen()
        nb = submission(attack, {"secret": secret, "folder": room_, "root": ROOT, "port": server.getsockname()[1],
                                 "abstract": abstract})
        nbformat.write(nb, Path(handed_in) / f"{NAME}.ipynb")
        key = key_of_release(NAME)
        result = grade_submission(Job("ada", NAME, Path(handed_in)), {NAME: key}, SETTINGS)
        if result.failure:
            return f"its grading fails: {result.failure}"
        found = []
        won = sum(score for score, _ in result.scores.values())
        honest = sum(cell.points for cell in key.cells
                     if cell.grade and attack.solved and cell.name not in attack.lost)
        found += [f"wins {won - honest:g} points"] if won > honest else []
        found += [f"costs {honest - won:g} points beside its own"] if won < honest else []
        graded = Path(handed_in) / "graded.ipynb"
        graded.write_text(result.notebooks[NAME][0], encoding="utf-8")
        found += damage(graded)
        for listener in (server, unix):
            listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                listener.accept()
                found.append("reaches the network")
        return ", ".join(dict.fromkeys(found + (["writes"] if os.listdir(room_) else [])))


def main(argv):
    from tests.grading.attacks.corpus import ATTACKS

    parser = argparse.ArgumentParser(prog="python -m benchmarks attacks", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--markdown", action="store_true", help="the table of docs/grading.md")
    options = parser.parse_args(argv)
    chosen = [attack for attack in ATTACKS if not options.only or attack.name in options.only]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        class_of_one(folder)
        for k, attack in enumerate(chosen, 1):
            rows.append((attack.aim, by_nbgrader(attack, folder), by_the_judge(attack, folder)))
            if not options.markdown or sys.stderr.isatty():
                print(f"{k} of {len(chosen)}: {attack.name}: {rows[-1][1] or 'nothing'} | {rows[-1][2] or 'nothing'}",
                      file=sys.stderr, flush=True)
    if options.markdown:
        print("| what a submission tries | what it gets in unmodified nbgrader | what it gets here |\n|---|---|---|")
        for row in rows:
            print("| " + " | ".join(cell or "–" for cell in row) + " |")
    there, here = (sum(bool(row[k]) for row in rows) for k in (1, 2))
    marks = sum("wins" in row[1] for row in rows)
    print(f"\n{len(rows)} attacks: {there} get something in unmodified nbgrader, {marks} of them points; {here} here.")
