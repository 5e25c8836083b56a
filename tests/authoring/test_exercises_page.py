"""docs/exercises.md: its files written, its commands run, in order and as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from nbgrader.api import Gradebook

from course.places import ROOT
from tests.commands import run_module, stand_in

PAGE = (ROOT / "docs/exercises.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


class Page(NamedTuple):
    """What came of running it: the copy of the course in which it ran, and how commands find it.

    pairs   [(what a command printed, what the page says that it prints)]
    """

    course: Path
    environment: dict
    pairs: list


@pytest.fixture(scope="module")
def page(tmp_path_factory):
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
            if kind in ("python", "toml"):
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
    return Page(course, environment, pairs)


@pytest.mark.needs_sandbox
def test_commands_say_what_the_page_says(page):
    assert len(page.pairs) == 5
    for said, told in page.pairs:
        assert told in said


def run(page, *command, code=0):
    done = run_module(*command, cwd=page.course, env=page.environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.needs_sandbox
def test_an_exercise_as_it_is_laid_down_is_graded(page):
    """By the command alone, and beside a second one: the answer, the named wrong form, and what was released."""
    for name, near in (("quart_backward", "already, in 09_mine"), ("Mul_backward", "mul_backward already"),
                       ("grade", "set-up cell"), ("a b", "name of a function")):
        assert near in run(page, "course", "new", "exercise", name, "--in", "09_mine", code=1)
    for name, near in (("02_gate_patterns", "the course's own"), ("02_mine", "; 11 is free"), ("mine", "09_mine")):
        assert near in run(page, "course", "new", "exercise", "other", "--in", name, code=1)
    assert "every wrong form is rejected and named" in run(page, "course", "mistakes", "09_mine")
    run(page, "nbgrader", "generate_assignment", "09_mine", "--force")
    solution = (page.course / "solutions/09_mine/09_mine.ipynb").read_text("utf-8")
    wrong = solution.replace("return dout * 3 * x ** 2", "return dout * 3 * x ** 3", 1)
    assert wrong != solution
    for learner, text in (("ada", solution), ("ben", wrong),
                          ("jose", (page.course / "exercises/09_mine/09_mine.ipynb").read_text("utf-8"))):
        folder = page.course / "submitted" / learner / "09_mine"
        folder.mkdir(parents=True)
        (folder / "09_mine.ipynb").write_text(text, "utf-8")
    said = run(page, "course", "autograde", "09_mine", "--workers", "1")
    assert "the power is not lowered" in said, said
    with Gradebook(f"sqlite:///{page.course}/gradebook.db") as book:
        assert {sub.student.id: sub.score for sub in book.assignment_submissions("09_mine")} == {
            "ada": 4.0, "ben": 2.0, "jose": 0.0}


@pytest.mark.needs_sandbox
def test_what_is_chosen_is_what_notebooks_hold(page):
    book = json.loads((page.course / "exercises/02_gate_patterns/02_gate_patterns.ipynb").read_text("utf-8"))
    points = {about["grade_id"]: about["points"] for about in
              (cell["metadata"].get("nbgrader", {}) for cell in book["cells"]) if about.get("grade")}
    assert len(points) == 9 and points["mul_backward"] == 3 and sum(points.values()) == 16
    assert "staged_backward" not in json.dumps(book)
    with open(page.course / "course.toml", "a", encoding="utf-8") as file:
        file.write("total = 5\n")
    for command in (["build"], ["autograde", "09_mine"], ["nbgrader", "list"]):     # nothing is done by a wrong file
        assert "course.toml, [10_softsign]: the points add up to 4, and `total` says 5" in run(
            page, "course", *command, code=1)


def test_the_page_has_files_and_commands_and_what_they_say():
    assert [kind for kind, _, _ in BLOCKS].count("sh") >= 5
    assert {kind for kind, _, _ in BLOCKS} == {"python", "sh", "text", "toml"}
    assert {name for kind, name, _ in BLOCKS if kind == "python"} == {
        "course/declarations/own/10_softsign.py", "course/sources/assignments/10_softsign.py"}
