"""Every assignment through nbgrader as it comes, by its own commands; and through the judge.

For each assignment a class hands in:

    solution    the answers: all points
    released    the notebook as it was released: no points, and "not written yet"
    syntax      the answers, with a syntax error in one of them: this one costs its points, no other
    bank-1 …    each answer in a form of its own from the declarations: first the wrong forms, which lose
                points and are named, then the right ones that look different, which keep all points

Unmodified nbgrader takes seconds for each. It grades all of these for 02, and of the others the solution and the first
hand of wrong forms; `backprop autograde` grades every release, the whole bank of 00 to 02, and every other hand of the
others (tests/checks/test_bank.py has all of it, in one process). The commands run once for a class; the tests read
what they left behind.
"""

import copy
import csv
import functools
import html
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from benchmarks.grading import STOCK
from course.declarations import ASSIGNMENTS, exercises
from course.grading.verdicts import verdict_of, verdicts_of
from tests.commands import run_module

ROOT = Path(__file__).resolve().parents[2]
WHOLE = "02_gate_patterns"      # the assignment that unmodified nbgrader grades in every form
SHORT = "03_sigmoid_neuron"     # the one that all but `python course test all` takes, for all


def run(root, *command):
    """Run `python -m …` in a course folder; return what it printed."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(root / "no-configuration"),
        "IPYTHONDIR": str(root / "no-ipython"),
    }
    done = run_module(*command, cwd=root, env=environment)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# -- a class ----------------------------------------------------------------------------------------------

def answer(book, name, source):
    """A copy of a notebook with `source` in the answer cell of exercise `name`."""
    book = copy.deepcopy(book)
    cells = [cell for cell in book.cells
             if cell.metadata.get("nbgrader", {}).get("grade_id") == f"{name}-answer"]
    assert len(cells) == 1, f"{name} has {len(cells)} answer cells"
    cells[0].source = source
    return book


def bank(assignment):
    """The bank dealt out to as few submissions as hold it: a list of {exercise: form}."""
    declared = exercises(assignment)
    hands = {name: [*exercise.mistakes, *exercise.alternatives] for name, exercise in declared.items()}
    return [{name: forms[k] for name, forms in hands.items() if k < len(forms)}
            for k in range(max(map(len, hands.values())))]


def dealt(solution, forms):
    """The notebook with each answer in the form that was dealt to it."""
    for name, form in forms.items():
        solution = answer(solution, name, form.source)
    return solution


def is_wrong(form):
    return hasattr(form, "code")


@dataclass
class Graded:
    """What the commands left behind for the class of one assignment."""

    assignment: str
    root: Path
    hands: list = field(default_factory=list)       # the whole bank, dealt out
    forms: dict = field(default_factory=dict)       # student -> {exercise: form}, for the bank
    validated: str = ""                             # what `nbgrader validate` printed
    scores: dict = field(default_factory=dict)      # student -> {exercise: points}, from the gradebook
    broken: str = ""                                # the exercise with the syntax error

    @property
    def exercises(self):
        return exercises(self.assignment)

    @property
    def students(self):
        return ["solution", *["released", "syntax"] * bool(self.broken), *self.forms]

    @property
    def dealt(self):
        """(student, exercise's name, form) for the whole bank."""
        return [(student, name, form) for student, forms in self.forms.items() for name, form in forms.items()]

    def is_named(self, name, form, text):
        """Whether a report in a text begins as that on a wrong form; forms that share a code share their messages."""
        return re.search(rf"\b{name} +✗ [^\[\n]* \[{form.code}\]", text) is not None

    def nbgrader(self, *command):
        """Run an nbgrader command in the course folder; return what it printed."""
        return run(self.root, "nbgrader", *command)

    def notebook(self, step, student=""):
        path = self.root / step / student / self.assignment / f"{self.assignment}.ipynb"
        return nbformat.read(path, as_version=4)

    def hand_in(self, student, book, root=None):
        folder = (root or self.root) / "submitted" / student / self.assignment
        folder.mkdir(parents=True)
        nbformat.write(book, folder / f"{self.assignment}.ipynb")

    def validate(self, *students):
        paths = [f"submitted/{student}/{self.assignment}/{self.assignment}.ipynb" for student in students]
        self.validated = self.nbgrader("validate", *paths)

    def feedback(self, student):
        page = self.root / "feedback" / student / self.assignment / f"{self.assignment}.html"
        return html.unescape(re.sub("<[^>]*>", "", page.read_text(encoding="utf-8")))

    def read_gradebook(self):
        self.scores = scores_in(self.root, self.assignment, self.students)


def scores_in(root, assignment, students):
    """{student: {exercise: points}} of a course folder's gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/gradebook.db", "backprop") as gradebook:
        books = {student: gradebook.find_submission_notebook(assignment, assignment, student) for student in students}
        assert not any(book.needs_manual_grade for book in books.values())
        return {student: {grade.name: grade.score for grade in book.grades} for student, book in books.items()}


whole = pytest.mark.parametrize("graded", [pytest.param(WHOLE, marks=pytest.mark.slow)], indirect=True)


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Gives the class of an assignment, made and graded once, in whatever order the tests come."""
    return functools.cache(lambda assignment: grade_class(assignment, tmp_path_factory.mktemp(assignment)))


@pytest.fixture(params=[pytest.param(name, marks=[] if name == SHORT else pytest.mark.slow) for name in ASSIGNMENTS])
def graded(request, classes):
    return classes(request.param)


def grade_class(assignment, root):
    """One assignment, from generate_assignment to export."""
    course = Graded(assignment, root)
    shutil.copytree(ROOT / "solutions" / assignment, course.root / "solutions" / assignment)
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (course.root / "nbgrader_config.py").write_text(config + STOCK, encoding="utf-8")

    course.nbgrader("generate_assignment", assignment)
    judged = course.root / "judged"
    judged.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", judged)
    shutil.copy(course.root / "gradebook.db", judged)
    solution, released = course.notebook("solutions"), course.notebook("exercises")
    course.hand_in("solution", solution)
    if assignment == WHOLE:
        course.hand_in("released", released)
        course.broken = next(iter(course.exercises))
        course.hand_in("syntax", answer(solution, course.broken, f"def {course.broken}(dout:\n    return ]"))
    course.hands = bank(assignment)
    for k, forms in enumerate(course.hands if assignment == WHOLE else course.hands[:1], start=1):
        course.forms[f"bank-{k}"] = forms
        course.hand_in(f"bank-{k}", dealt(solution, forms))
    course.nbgrader("autograde", assignment)
    course.nbgrader("generate_feedback", assignment)
    if assignment == WHOLE:
        course.nbgrader("export")
        course.validate("solution", "bank-1")
    course.read_gradebook()
    return course


def outputs(book):
    """(cell, output) for every output of a notebook."""
    return [(cell, output) for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


def full(course):
    return {name: exercise.points for name, exercise in course.exercises.items()}


# -- what nbgrader made of it -----------------------------------------------------------------------------

def test_generate_assignment_writes_the_exercises_that_are_committed(graded):
    made = graded.root / "exercises" / graded.assignment
    committed = ROOT / "exercises" / graded.assignment
    assert sorted(path.name for path in made.iterdir()) == sorted(path.name for path in committed.glob("*.*"))
    for path in made.iterdir():
        assert path.read_bytes() == (committed / path.name).read_bytes(), path.name
        assert path.stat().st_mode & 0o777 == 0o644


def test_the_solution_gets_all_points(graded):
    assert graded.scores["solution"] == full(graded)
    said = {cell.id: verdict_of(cell) for cell in graded.notebook("autograded", "solution").cells}
    for name in graded.exercises:
        assert said[name].title == ""
        assert f"{name}-check" not in said or said[f"{name}-check"].title == ""


@whole
def test_the_released_notebook_gets_none(graded):
    assert graded.scores["released"] == dict.fromkeys(graded.exercises, 0.0)
    page = graded.feedback("released")
    for name in graded.exercises:
        assert f"{name} · not written yet" in page


@whole
def test_a_syntax_error_costs_its_exercise_and_no_other(graded):
    assert graded.scores["syntax"] == full(graded) | {graded.broken: 0.0}


def test_the_gradebook_holds_what_the_graded_cells_say(graded):
    """All but the syntax error's cell, which has nothing to say: a number, within bounds, taken over exactly."""
    for student in graded.students:
        said = {}
        for cell, output in outputs(graded.notebook("autograded", student)):
            if cell.metadata.get("nbgrader", {}).get("grade") and output.output_type == "execute_result":
                said[cell.metadata.nbgrader.grade_id] = float(output.data["text/plain"])
        recorded = dict(graded.scores[student])
        if student == "syntax":
            assert recorded.pop(graded.broken) == 0
        assert said == recorded
        assert all(0 <= points <= graded.exercises[name].points for name, points in said.items())


def test_a_wrong_form_loses_points(graded):
    kept = [f"{student} {name} [{form.code}] {form.title}: {graded.scores[student][name]}"
            for student, name, form in graded.dealt
            if is_wrong(form) and graded.scores[student][name] >= graded.exercises[name].points > 0]
    assert not kept, "\n".join(kept)


def test_the_feedback_names_the_mistake(graded):
    pages = {student: graded.feedback(student) for student in graded.forms}
    unnamed = [f"{student} {name} [{form.code}] {form.title}" for student, name, form in graded.dealt
               if is_wrong(form) and not graded.is_named(name, form, pages[student])]
    assert not unnamed, "\n".join(unnamed)


@whole
def test_right_answers_in_another_form_keep_all_points(graded):
    lost = [f"{student} {name} {form.title}: {graded.scores[student][name]}"
            for student, name, form in graded.dealt
            if not is_wrong(form) and graded.scores[student][name] != graded.exercises[name].points]
    assert not lost, "\n".join(lost)


def test_nothing_is_printed_on_stderr_and_nothing_raises(graded):
    """stderr in a graded cell costs all its points, and so does an error, whatever the answer.

    Two errors are in order: those of the syntax error, and of a free `check(f)` that can't tell which exercise
    a lambda or an object answers (it says how to tell it; the graded cell names the exercise).
    """
    for student in graded.students:
        for cell, output in outputs(graded.notebook("autograded", student)):
            assert output.get("name") != "stderr", (student, cell.source, output.text)
            if output.output_type == "error":
                nameless = "nbgrader" not in cell.metadata and " check(f, " in output.evalue
                assert nameless or (student == "syntax" and graded.broken in cell.source), \
                    (student, cell.source, output.evalue)


@whole
def test_export_holds_the_totals(graded):
    with open(graded.root / "grades.csv", newline="", encoding="utf-8") as file:
        exported = {row["student_id"]: (float(row["score"]), float(row["max_score"]))
                    for row in csv.DictReader(file)}
    most = sum(full(graded).values())
    assert exported == {student: (sum(scores.values()), most) for student, scores in graded.scores.items()}


@whole
def test_validate_is_content_with_the_solution_and_shows_the_diagnosis_of_a_wrong_answer(graded):
    solution, wrong = graded.validated.split("\n", 1)
    assert solution == "Success! Your notebook passes all the tests."
    assert f"VALIDATION FAILED ON {len(graded.forms['bank-1'])} CELL(S)!" in wrong
    for name, form in graded.forms["bank-1"].items():
        assert graded.is_named(name, form, wrong), name


@pytest.mark.needs_sandbox
def test_the_bank_by_the_judge(graded):
    """What `backprop autograde` makes of it: wrong forms lose points and are named, right ones keep all.

    The notebook as it was released gets none, and a word for each exercise.
    """
    root = graded.root / "judged"
    solution = graded.notebook("solutions")
    hands = {f"bank-{k}": forms for k, forms in enumerate(graded.hands, start=1)}
    if graded.assignment >= "03":
        hands = dict(list(hands.items())[::3])
    for student, forms in hands.items():
        graded.hand_in(student, dealt(solution, forms), root)
    graded.hand_in("released", graded.notebook("exercises"), root)
    run(root, "course", "autograde", graded.assignment, "--workers", "1")
    scores = scores_in(root, graded.assignment, ["released", *hands])

    def said_to(student):
        path = root / "autograded" / student / graded.assignment / f"{graded.assignment}.ipynb"
        return verdicts_of(nbformat.read(path, as_version=4))

    assert scores["released"] == dict.fromkeys(graded.exercises, 0.0)
    said = said_to("released")
    assert [name for name in graded.exercises if not said[name].unwritten] == []
    amiss = []
    for student, forms in hands.items():
        said = said_to(student)
        for name, form in forms.items():
            points, most = scores[student][name], graded.exercises[name].points
            if not is_wrong(form):
                good = points == most
            else:
                good = (points < most or most == 0) and said[name].code == form.code
            if not good:
                amiss.append(f"{student} {name} {form.title}: {points} of {most}")
    assert not amiss, "\n".join(amiss)
