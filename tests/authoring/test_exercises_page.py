"""docs/exercises.md: its files written, its commands run, in order and as they stand there."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from course.places import ROOT
from tests.commands import stand_in

PAGE = (ROOT / "docs/exercises.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """[(what a command printed, what the page says that it prints)], from a copy of the course."""
    root = tmp_path_factory.mktemp("exercise")
    course = root / "course"
    shutil.copytree(ROOT, course, ignore=shutil.ignore_patterns(
        ".*", "__pycache__", "work", "build", "benchmarks", "*.egg-info", "gradebook.db*", "submitted", "autograded",
        "feedback", "downloaded", "exchange"))
    programs = root / "bin"         # `python course …` would set up an environment; `python -m course …` is the same
    programs.mkdir()
    python = programs / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = course ] && shift && exec "{programs}/course" "$@"\n'
                      f'exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(course), "PYTHONWARNINGS": "ignore", "COLUMNS": "120",
                   "PATH": os.pathsep.join([str(programs), os.path.dirname(sys.executable), os.environ["PATH"]])}
    said, pairs, written = "", [], set()
    with stand_in(programs / "course", "course"):
        for kind, name, block in BLOCKS:
            if kind == "python":
                with open(course / name, "a" if name in written else "x", encoding="utf-8") as file:
                    file.write("\n\n" * (name in written) + block)
                written.add(name)
            elif kind == "sh":
                done = subprocess.run(["bash", "-e", "-c", block], cwd=course, env=environment, capture_output=True,
                                      text=True)
                said = done.stdout + done.stderr
                assert done.returncode == 0, f"{block}\n{said}"
            else:
                pairs.append((said, block))
    return pairs


@pytest.mark.needs_sandbox
def test_commands_say_what_the_page_says(told):
    assert len(told) == 3
    for said, page in told:
        assert page in said


def test_the_page_has_files_and_commands_and_what_they_say():
    assert [kind for kind, _, _ in BLOCKS].count("sh") >= 5
    assert {kind for kind, _, _ in BLOCKS} == {"python", "sh", "text"}
    assert {name for kind, name, _ in BLOCKS if kind == "python"} == {
        "course/declarations/softsign.py", "course/sources/assignments/09_softsign.py"}
