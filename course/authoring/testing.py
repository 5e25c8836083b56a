"""`python course test`: pytest, for the tests that tell most; `test quick` for less, `test all` for every one.

What is in which tier, and what a test needs beside Python, stands in tests/conftest.py.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course.places import CHOICE, ROOT

TIERS = ("quick", "all")        # between them, and without a word of its own: most
MOST_PROCESSES = 8
SHARED = ["--dist", "loadgroup", "--no-loadscope-reorder"]     # see tests/conftest.py
# what begins an option that says how many processes there are, or can't go with more than one
ONE_S_OWN = ("-n", "--numprocesses", "--dist", "--tx", "-s", "--capture=no", "--pdb", "--trace", "no:xdist",
             "-pno:xdist")
# what is not the course's: environments, what commands make, people's data (.gitignore), and what is chosen
NOT_COURSE = (".*", "__pycache__", "*.egg-info", "work", "build", "dist", "gradebook.db*", "submitted", "autograded",
              "feedback", "downloaded", "exchange", "similarity", CHOICE.name)


def main(arguments):
    """Run a tier, or the tests that are named; further arguments go to pytest, whose exit code is returned.

    Paths count from the project's folder, wherever the command is called. The tests hold to the course as it is
    declared: where an instructor has chosen otherwise, they run on a copy of it, in which nothing is chosen.
    """
    try:
        import pytest
    except ModuleNotFoundError:
        print("pytest is missing. Install what the tests need: python course setup test", file=sys.stderr)
        return 1
    if CHOICE.exists():
        return as_declared(arguments)
    os.chdir(ROOT)
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):     # the processes are enough for all cores
        os.environ.setdefault(threads, "1")
    return int(pytest.main(options(arguments)))


def as_declared(arguments):
    """The same on a copy without course.toml, whose notebooks are built anew."""
    print(f"{CHOICE.name} is left out of what is tested: the tests run on a copy of the course, as it is declared.",
          flush=True)
    with tempfile.TemporaryDirectory(prefix="backprop-") as folder:
        copy = Path(folder, ROOT.name)
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COURSE))
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(
            filter(None, [str(copy), os.environ.get("PYTHONPATH")]))}
        there = [argument.replace(str(ROOT / "tests"), str(copy / "tests")) for argument in arguments]
        for command in (["build"], ["test", *there]):
            done = subprocess.run([sys.executable, "-m", "course", *command], cwd=copy, env=environment,
                                  stdout=subprocess.DEVNULL if command == ["build"] else None)
            if done.returncode:
                break
    return done.returncode


def options(arguments):
    """What pytest is called with."""
    if arguments and arguments[0] in TIERS:
        tier, arguments = arguments[0], arguments[1:]
    else:
        tier = "all" if any(map(names_tests, arguments)) else "most"
    given = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *arguments]
    alone = any(argument.startswith(ONE_S_OWN) for argument in given)
    return [f"--tier={tier}", *([] if alone else ["-n", str(processes()), *SHARED]), *arguments]


def names_tests(argument):
    """Whether an argument is a path below tests/, with or without ::test_name."""
    return (ROOT / argument.partition("::")[0]).is_relative_to(ROOT / "tests")


def processes():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_PROCESSES)
