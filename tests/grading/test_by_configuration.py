"""nbgrader's own commands and Python API with the judge, by nbgrader_config.py alone; and the same with it off."""

import glob
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.preprocessors import Execute
from traitlets.config import PyFileConfigLoader

from benchmarks.grading import STOCK, make_class
from course.grading.verdicts import verdicts_of
from tests.commands import run_module
from tests.grading.handing_in import ROOT

pytestmark = pytest.mark.needs_sandbox
BY_API = """
import json
from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader

api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=".").load_config())
for student in {students!r}:
    result = api.autograde({assignment!r}, student)
    assert result["success"], result["log"] + str(result.get("error"))
"""


class Course:
    """A course folder with a class that has handed in one assignment."""

    def __init__(self, folder, assignment, students):
        self.folder, self.assignment = folder, assignment
        make_class(folder, assignment, students)
        self.run("nbgrader", "generate_assignment", assignment, "--force")

    def run(self, *command):
        env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
               "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(self.folder / "none")}
        if command[0] == "-c":
            done = subprocess.run([sys.executable, *command], cwd=self.folder, env=env, capture_output=True, text=True)
        else:
            done = run_module(*command, cwd=self.folder, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def configure(self, added):
        text = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
        (self.folder / "nbgrader_config.py").write_text(text + added, encoding="utf-8")

    @property
    def students(self):
        return sorted(path.name for path in (self.folder / "submitted").iterdir())

    def scores(self):
        """{student: {exercise: points}} as the gradebook has them."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.folder}/gradebook.db", "backprop") as gradebook:
            return {student: {grade.name: grade.score for grade in gradebook.find_submission_notebook(
                self.assignment, self.assignment, student).grades} for student in self.students}

    def graded(self, student):
        return nbformat.read(self.folder / "autograded" / student / self.assignment / f"{self.assignment}.ipynb", 4)


@pytest.fixture(scope="module", params=["02_gate_patterns"])
def course(request, tmp_path_factory):
    return Course(tmp_path_factory.mktemp("course"), request.param, 3)


@pytest.mark.parametrize("course", ["02_gate_patterns", "04_vectorized_gradients"], indirect=True)
def test_honest_work_gets_the_same_points_with_the_judge_and_without(course):
    course.configure(STOCK)
    course.run("nbgrader", "autograde", course.assignment)
    without = course.scores()
    assert all(verdicts_of(course.graded(student)) == {} for student in course.students)
    course.configure("")
    said = course.run("nbgrader", "autograde", course.assignment, "--force")
    assert course.scores() == without
    for student, points in without.items():     # what nbgrader does after the judge leaves the verdicts alone
        found = verdicts_of(course.graded(student))
        assert {name: verdict.score for name, verdict in found.items()} == points
    assert len({tuple(points.values()) for points in without.values()}) > 1     # a class of solutions says little
    assert "NOT isolated" not in said


WIRES = """
import json, os
import ipykernel
wires = json.load(open(ipykernel.get_connection_file()))
print(wires["transport"], len(wires["ip"]), *(os.path.exists(f"{wires['ip']}-{n}") for n in range(1, 6)), wires["ip"])
"""


def test_a_kernel_of_nbgraders_own_takes_no_port_and_leaves_nothing(tmp_path):
    """Two kernels that were given the same port: one ended, and nbgrader waited for it without end."""
    (tmp_path / "room").mkdir()
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    for _ in range(2):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WIRES)])
        Execute(config=config).preprocess(book, {"metadata": {"path": str(tmp_path / "room")}})
        transport, length, *there, sockets = book.cells[0].outputs[0].text.split()
        assert (transport, there) == ("ipc", ["True"] * 5)
        assert int(length) < 80         # what a socket's name may have is 104 bytes or 107
        assert not glob.glob(f"{sockets}*")
        assert not list((tmp_path / "room").iterdir())


def test_where_a_sockets_name_would_be_too_long_kernels_take_ports(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/" + "a" * 100)
    assert "KernelManager" not in PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()


def test_the_python_api_has_the_judge_too(course):
    """Formgrader's button calls it. A replaced grade, worth full marks in nbgrader's own kernel, wins nothing."""
    course.configure("")
    student = course.students[1]
    by_api = BY_API.format(students=[student], assignment=course.assignment)
    course.run("-c", by_api)
    honest = course.scores()[student]
    path = course.folder / "submitted" / student / course.assignment / f"{course.assignment}.ipynb"
    book = nbformat.read(path, 4)
    book.cells.insert(1, nbformat.v4.new_code_cell("import course\ncourse.grade = lambda *a, **k: 1.0\nprint('seen')"))
    nbformat.write(book, path)
    course.run("-c", by_api)
    assert course.scores()[student] == honest
    outputs = [output for cell in course.graded(student).cells for output in cell.get("outputs", ())]
    assert any(output.get("text") == "seen\n" for output in outputs)


def test_without_isolation_it_says_so_at_every_run(course):
    course.configure("\nc.Judge.isolation = False\n")
    student = course.students[0]
    for _ in range(2):
        said = course.run("nbgrader", "autograde", course.assignment, "--student", student, "--force")
        assert "NOT isolated" in said


def test_where_nothing_isolates_grading_refuses_and_says_how_to_go_on(course, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    course.configure("")
    with pytest.raises(AssertionError, match=r"bubblewrap[\s\S]*c\.Judge\.isolation = False"):
        course.run("nbgrader", "autograde", course.assignment, "--student", course.students[0], "--force")


def test_a_test_that_cannot_be_judged_is_told_when_the_assignment_is_generated_and_when_it_is_tried(tmp_path):
    course = Course(tmp_path, "00_start_here", 1)
    path = tmp_path / "solutions" / course.assignment / f"{course.assignment}.ipynb"
    assert "every test cell gives the solution its points" in course.run("course", "autograde", "--try",
                                                                         course.assignment)
    book = nbformat.read(path, 4)
    test = next(cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    test.source = "assert something_of_an_unlocked_cell == 3"
    nbformat.write(book, path)
    told = f"{test.metadata.nbgrader.grade_id}: the solution itself gets 0 of"
    assert told in course.run("nbgrader", "generate_assignment", course.assignment, "--force")
    with pytest.raises(AssertionError, match=f"{told}[\\s\\S]*NameError"):
        course.run("course", "autograde", "--try", course.assignment)
