"""docs/teaching.md: its commands, in order, as they stand there."""

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook

from course.declarations import exercises
from tests.commands import stand_in
from tests.teaching.classes import NAME, ROOT, released, solved, text_of, wrong
from tests.teaching.conftest import PEOPLE

PAGE = (ROOT / "docs" / "teaching.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE)
SECTION = "## Each assignment, without a shared file system"      # run for a second assignment, too
SECOND = "03_sigmoid_neuron"
CANVAS = ('Student,ID,SIS User ID,SIS Login ID,Section,02_gate_patterns (5)\n    Points Possible,,,,,22\n'
          '"Lovelace, Ada",777,,,A,\n"Müller, José",12345,,,A,\n')


CANVAS_OF_BOTH = ('Student,ID,SIS User ID,SIS Login ID,Section,02_gate_patterns (5),03_sigmoid_neuron (6)\n'
                  '    Points Possible,,,,,22,{of:g}\n"Lovelace, Ada",777,,,A,22,\n"Müller, José",12345,,,A,20,\n')


def blocks():
    """(kind, block) in the order in which they are run: those of the first section of an assignment twice."""
    before, section, after = re.split(rf"^({re.escape(SECTION)}.*?)(?=^## )", PAGE, flags=re.MULTILINE | re.DOTALL)
    for text in (before, section, section.replace(NAME, SECOND), after):
        yield from BLOCK.findall(text)


def submissions(home, name, **notebooks):
    """What Canvas lets an instructor download."""
    with zipfile.ZipFile(home / "Downloads" / "submissions.zip", "w") as zf:
        for who, nb in notebooks.items():
            zf.writestr(WHO[who].format(name), text_of(nb))


WHO = {"ada": "lovelaceada_777_1_{}.ipynb", "jose": "müllerjosé_LATE_12345_2_{}-1.ipynb"}


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """The course after every block of the page: .said is what a block printed, .kept the gradebook after it."""
    root = tmp_path_factory.mktemp("term")
    course, home = root / "course", root / "home"
    shutil.copytree(ROOT, course, ignore=shutil.ignore_patterns(
        ".*", "__pycache__", "work", "tests", "build", "benchmarks", "*.egg-info", "gradebook.db*", "submitted",
        "autograded", "feedback", "downloaded", "exchange"))
    (home / "Downloads").mkdir(parents=True)
    (home / "homework").mkdir()
    submissions(home, NAME, ada=solved(NAME), jose=wrong())
    (home / "Downloads" / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    (course / "class.csv").write_text(PEOPLE, encoding="utf-8")
    (home / ".jupyter").mkdir()     # as a learner's: nothing but where the exchange is
    (home / ".jupyter" / "nbgrader_config.py").write_text(f"c = get_config()\nc.Exchange.root = '{course}/exchange'\n")
    programs = root / "bin"         # `python course …` would set up an environment; `python -m course …` is the same
    programs.mkdir()
    python = programs / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = course ] && shift && exec "{programs}/course" "$@"\n'
                      f'exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    environment = {**os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
                   "PYTHONPATH": str(course), "PYTHONWARNINGS": "ignore",
                   "PATH": os.pathsep.join([str(programs), os.path.dirname(sys.executable), os.environ["PATH"]])}
    said, kept = {}, {}
    with stand_in(programs / "course", "course"), stand_in(programs / "nbgrader", "nbgrader"):
        for kind, block in blocks():
            if SECOND in block and f"assignment add {SECOND}" in block:       # its term comes
                submissions(home, SECOND, ada=solved(SECOND), jose=released(SECOND))
                of = sum(exercise.points for exercise in exercises(SECOND).values())
                (home / "Downloads" / "canvas.csv").write_text(CANVAS_OF_BOTH.format(of=of), encoding="utf-8")
            if kind in ("sh postgres", "sh similarity"):    # tests/teaching/test_postgres.py has a server
                continue
            if kind == "python":
                with open(course / "nbgrader_config.py", "a", encoding="utf-8") as file:
                    file.write(block)
                continue
            folder = home / "homework" if kind == "sh learner" else course
            done = subprocess.run(["bash", "-e", "-c", block], cwd=folder, env=environment, capture_output=True,
                                  text=True)
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
            said[block] = done.stdout + done.stderr
            kept[block] = state(course)
    return SimpleNamespace(course=course, home=home, said=said, kept=kept)


def state(course):
    """{(assignment, student): (points, penalty)} as the gradebook has it."""
    with Gradebook(f"sqlite:///{course}/gradebook.db", "backprop") as book:
        return {(assignment.name, submission.student.id): (submission.score, submission.late_submission_penalty or 0)
                for assignment in book.assignments for submission in book.assignment_submissions(assignment.name)}


def after(term, words):
    """What the gradebook held after the first block with these words, and what the block said."""
    block = next(block for block in term.said if words in block)
    return term.kept[block], term.said[block]


def test_the_page_has_a_dozen_commands_and_all_kinds_of_blocks():
    assert {kind for kind, _ in BLOCKS} == {"sh", "sh learner", "sh postgres", "sh similarity", "python"}
    assert sum(block.count("python course") for kind, block in BLOCKS if kind == "sh") > 12


def test_submissions_of_a_zip_are_graded_and_go_back(term):
    held, said = after(term, "zip_collect")
    assert {who: points for (_, who), (points, _) in held.items()} == {"ada": 22, "jose": 20}
    assert "2 pages of feedback" in after(term, "course feedback")[1]
    assert "Canvas marks as late, without saying by how much: " in said and "(jose)\n" in said
    with open(term.home / "Downloads" / "canvas.graded.csv", newline="", encoding="utf-8") as file:
        assert [row[-2] for row in csv.reader(file)] == ["02_gate_patterns (5)", "22", "22", "20"]
    assert "upstream dropped" in (term.course / "report.html").read_text("utf-8")
    with zipfile.ZipFile(term.course / "backprop-course.zip") as zf:
        assert not [name for name in zf.namelist() if "solutions" in name]


def test_the_second_assignment_is_no_other_than_the_first(term):
    held, _ = after(term, f"zip_collect {SECOND}")
    of = sum(exercise.points for exercise in exercises(SECOND).values())
    assert {who: points for (name, who), (points, _) in held.items() if name == SECOND} == {"ada": of, "jose": 0}
    assert {who: points for (name, who), (points, _) in held.items() if name == NAME} == {"ada": 22, "jose": 20}
    with open(term.home / "Downloads" / "canvas.graded.csv", newline="", encoding="utf-8") as file:
        assert [row[-1] for row in csv.reader(file)] == [f"{SECOND} (6)", f"{of:g}", f"{of:g}", "0"]
    page = (term.course / "report.html").read_text("utf-8")
    assert page.index("02 gate patterns") < page.index("03 sigmoid neuron")


def test_the_exchange_carries_the_other_assignment(term):
    held, _ = after(term, "nbgrader collect")
    (who,) = {who for name, who in held if name == "01_chain_rule"}
    assert held["01_chain_rule", who][0] < 5        # as it was released
    assert list((term.course / "exchange" / "backprop" / "feedback").iterdir())


def test_late_costs_what_the_plugin_says_and_an_extension_counts(term):
    held, said = after(term, "course extend")
    assert "Ada Lovelace (ada): 2 days more, until 2027-03-03 23:59 UTC" in said
    assert held[NAME, "jose"] == (20, 4)        # in the second day
    assert held[NAME, "ada"] == (22, 0)
    with Gradebook(f"sqlite:///{term.course}/gradebook.db", "backprop") as book:
        assert book.find_submission(NAME, "ada").extension.days == 2


def test_who_leaves_is_gone(term):
    assert not [key for key in state(term.course) if "jose" in key]
    left = [path for path in term.course.rglob("*") if "jose" in path.relative_to(term.course).as_posix()]
    assert left == []
    said = after(term, "course forget")[1]
    assert said.splitlines()[-2].endswith(": class.csv, grades.csv")    # which their author keeps
    assert b"jose" not in (term.course / "gradebook.db").read_bytes()
