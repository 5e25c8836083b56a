"""docs/exercises.md: its files written, its commands run, in order and as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.authoring.testing import NOT_COURSE
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
    shutil.copytree(ROOT, course, ignore=shutil.ignore_patterns(*NOT_COURSE, "benchmarks"))
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
    assert len(page.pairs) == 6
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
    for name, near in (("02_gate_patterns", "the course's own"), ("02_mine", "; 12 is free"), ("mine", "09_mine")):
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


YOURS = "11_yours"


def released(page, said, answer):
    """The released notebook with an id and an answer."""
    text = (page.course / f"exercises/{YOURS}/{YOURS}.ipynb").read_text("utf-8")
    nb = nbformat.reads(text, 4)
    for cell in nb.cells:
        cell.source = cell.source.replace('i_am("")', f'i_am("{said}")')
        if cell.source.startswith("def cubic_backward"):
            cell.source = f"def cubic_backward(dout, x):\n    return {answer}"
    return nb


def at_home(page, *ids):
    """[{cell's text: what it shows}] of the released notebook in a kernel, for each of these ids."""
    books = [released(page, said, answer="dout * x") for said in ids]
    cells = [cell for nb in books for cell in nb.cells]
    for k, cell in enumerate(cells):
        cell.id = f"cell-{k}"
    whole = nbformat.v4.new_notebook(cells=cells, metadata=books[0].metadata)
    nbformat.write(whole, page.course.parent / "home.ipynb")
    run(page, "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--inplace",
        page.course.parent / "home.ipynb")
    shown = [(cell.source, "".join(str(out.get("text") or out.get("traceback") or out["data"]) for out in cell.outputs))
             for cell in nbformat.read(page.course.parent / "home.ipynb", 4).cells if cell.cell_type == "code"]
    each = len(shown) // len(ids)
    return [dict(shown[k:k + each]) for k in range(0, len(shown), each)]


def literal(shown):
    """A right answer in the very numbers that a notebook shows."""
    text = next(text for source, text in shown.items() if source.startswith("a, b = my_numbers"))
    a, b = re.fullmatch(r"Your gate takes x and gives (\d)·x³ \+ (\d\.\d)·x\.\n", text).groups()
    return f"dout * ({3 * int(a)} * x ** 2 + {b})"


def progress_of(page, *books):
    """How far `python course progress` says that a learner is, for each of (id, answer)."""
    text = "import sys\nfrom course.learning.progress import progress\nfrom pathlib import Path\n" \
           f"for path in sys.argv[1:]:\n    print(progress({YOURS!r}, Path(path))[0].state)"
    paths = [page.course.parent / f"progress {k}.ipynb" for k in range(len(books))]
    for path, (said, answer) in zip(paths, books, strict=True):
        nbformat.write(released(page, said, answer), path)
    return subprocess.run([sys.executable, "-c", text, *paths], cwd=page.course, env=page.environment,
                          capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.needs_sandbox
def test_a_learner_is_judged_by_numbers_of_their_own(page):
    """From the release to the grades, by the judge and by nbgrader itself, and again after a new release."""
    asked, *shown = at_home(page, "", "ada", "ben", "carra", "ADA@example.org ")
    ada, ben, typo, again = map(literal, shown)
    assert len({ada, ben, typo}) == 3 and ada == again
    assert [text for source, text in asked.items() if "Say who you are first" in text] == [
        text for source, text in asked.items() if source.startswith(("a, b = my_numbers", "check(", "grade("))]
    assert progress_of(page, ("ada", ada), ("ada", ben), ("", ada), ("", "None")) == [
        "passes", "begun", "begun", "not begun"]
    handed_in = {                                       # who: (the id in the notebook, the answer, points)
        "ada": ("Ada", ada, 2), "ben": ("ben", ben, 2),
        "adam": ("adam", ada, 0), "whole": ("ben", ben, 0), "cara": ("carra", typo, 2),
        "names": ("names", "dout * (3 * a * x ** 2 + b)", 2), "lost": ("lost", "dout * 3 * a * x ** 2", 0),
        "nobody": ("", "dout * (3 * a * x ** 2 + b)", 2)}
    for who, (said, answer, _) in handed_in.items():
        nb = released(page, said, answer)
        if who == "ben":            # what is locked is brought back
            for cell in nb.cells:
                cell.source = cell.source.replace("a, b = my_numbers", "a, b = 1, 2  #")
        folder = page.course / "submitted" / who / YOURS
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / f"{YOURS}.ipynb")
    expected = {who: float(points) for who, (_, _, points) in handed_in.items()}

    def scores():
        with Gradebook(f"sqlite:///{page.course}/gradebook.db") as book:
            return {sub.student.id: sub.score for sub in book.assignment_submissions(YOURS)}

    said = run(page, "course", "autograde", YOURS, "--workers", "1")
    assert scores() == expected, said
    assert "belongs to 'ben', another learner" in said and "'carra', who is nobody in the class" in said
    assert "the second term is lost" in said
    page_of_ada = (page.course / f"autograded/ada/{YOURS}/{YOURS}.ipynb").read_text("utf-8")
    assert f"Your gate takes x and gives {int(ada.split()[2][1:]) // 3}·x³" in page_of_ada
    run(page, "nbgrader", "generate_assignment", YOURS, "--force")
    run(page, "nbgrader", "autograde", YOURS, "--force", "--student", "[cw]*")      # the judge behind its own command
    assert scores() == expected
    settings = page.course / "nbgrader_config.py"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("use_judge(c)", "pass"), "utf-8")
    try:
        run(page, "nbgrader", "autograde", YOURS, "--force", "--student", "ada*")      # by nbgrader's own kernels
    finally:
        settings.write_text(text, "utf-8")
    assert scores() == expected


@pytest.mark.needs_sandbox
def test_the_courses_tests_hold_whatever_is_chosen(page):
    """`python course test` leaves course.toml out; pytest itself, which would find it, says so."""
    fixed = ("tests/checks/test_messages.py", "-k", "prints_are_shown", "-n0", "-q", "-p", "no:cacheprovider")
    said = run(page, "course", "test", *fixed)
    assert "course.toml is left out" in said and "1 passed" in said
    assert "`python course test` runs them on a copy" in run(page, "pytest", *fixed, code=4)


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
        f"{folder}/{name}.py" for folder in ("course/declarations/own", "course/sources/assignments")
        for name in ("10_softsign", "11_yours")}
