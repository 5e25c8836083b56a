"""What an instructor adds by hand: plain asserts, hidden tests, cells graded by eye, tasks."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes
from nbgrader.utils import compute_checksum, determine_grade

from course.grading.key import Key, KeyCell
from course.grading.testcell import run_test_cell, score_of
from course.grading.worker import Job, grade_submission
from tests.grading.handing_in import SETTINGS, scores

NAME = "own"


def cell(name, source, points=None, kind="code", **roles):
    make = new_code_cell if kind == "code" else new_markdown_cell
    roles = {"grade": False, "solution": False, "task": False, "locked": False, **roles}
    made = make(source, metadata={"nbgrader": {"grade_id": name, "schema_version": 3, "cell_type": kind, **roles}})
    if points is not None:
        made.metadata.nbgrader["points"] = points
    made.metadata.nbgrader["checksum"] = compute_checksum(made)
    return made


def test_of(name, source, points=2):
    return cell(name, source, points, grade=True, locked=True)


test_of.__test__ = False


def key_of(*cells):
    made = []
    for each in cells:
        about = each.metadata.nbgrader
        made.append(KeyCell(about.grade_id, each.cell_type, each.source, about.checksum, about.locked, about.grade,
                            about.solution, about.task, about.get("points")))
    return Key(NAME, NAME, tuple(made))


@pytest.fixture
def hand_in(tmp_path, grade):
    """hand_in(released cells, {name: source that was written}) gives the Result; `grade` keeps the process warm."""
    def hand_in(cells, written):
        book = new_notebook(cells=[])
        for each in cells:
            copy = type(each)(each)
            copy.source = written.get(each.metadata.nbgrader.grade_id, each.source)
            book.cells.append(copy)
        (tmp_path / f"{NAME}.ipynb").write_text(writes(book), encoding="utf-8")
        return grade_submission(Job("ada", NAME, tmp_path), {NAME: key_of(*cells)}, SETTINGS)
    return hand_in


ANSWER = cell("answer", "def double(x, by=2):\n    raise NotImplementedError", solution=True)
RIGHT = "import numpy as np\ndef double(x, by=2):\n    return x * by"


def test_plain_asserts_give_all_points_or_none(hand_in):
    cells = [ANSWER,
             test_of("of_numbers", "assert double(3) == 6\nassert double(3, by=5) == 15"),
             test_of("of_arrays", "import numpy as np\nnp.testing.assert_allclose(double(np.ones(3)), 2 * np.ones(3))"),
             test_of("wrong", "assert double(3) == 7, 'seven, please'")]
    result = hand_in(cells, {"answer": RIGHT})
    assert scores(result) == {"of_numbers": 2.0, "of_arrays": 2.0, "wrong": 0.0}
    assert "seven, please" in result.notebooks[NAME][0]


def test_the_tests_of_the_gradebook_count_whatever_the_submission_makes_of_them(hand_in):
    """So do hidden ones, which nbgrader takes out of what it releases and keeps in the gradebook."""
    hidden = "assert double(3) == 6\n### BEGIN HIDDEN TESTS\nassert double(-1) == -2\n### END HIDDEN TESTS"
    result = hand_in([ANSWER, test_of("hidden", hidden)], {
        "answer": "def double(x):\n    return abs(x) * 2", "hidden": "assert double(3) == 6"})
    assert scores(result) == {"hidden": 0.0}


def test_exceptions_and_arguments_changed_in_place_come_through(hand_in):
    cells = [ANSWER, test_of("raises", "try:\n    double('x')\nexcept ValueError as error:\n"
                                       "    assert 'numbers' in str(error)\nelse:\n    assert False"),
             test_of("in_place", "values = [1, 2]\ndouble(values)\nassert values == [2, 4]")]
    result = hand_in(cells, {"answer": "def double(x):\n    if isinstance(x, str):\n"
                                       "        raise ValueError('numbers, please')\n    x[:] = [2 * v for v in x]"})
    assert scores(result) == {"raises": 2.0, "in_place": 2.0}


def test_a_variable_is_tested_by_its_value(hand_in):
    cells = [cell("data", "primes = ...", solution=True), test_of("primes_test", "assert primes == [2, 3, 5]")]
    assert scores(hand_in(cells, {"data": "primes = [n for n in (2, 3, 5)]"})) == {"primes_test": 2.0}


def test_what_is_graded_by_eye_waits_for_it_and_costs_nothing(hand_in):
    cells = [ANSWER, test_of("tested", "assert double(1) == 2"),
             cell("essay", "YOUR ANSWER HERE", 3, kind="markdown", grade=True, solution=True),
             cell("code_by_eye", "# your code", 3, grade=True, solution=True),
             cell("left_alone", "# your code", 3, grade=True, solution=True),
             cell("task", "Draw a graph.", 4, kind="markdown", task=True, locked=True)]
    result = hand_in(cells, {"answer": RIGHT, "essay": "Because it forks.", "code_by_eye": "double(21)"})
    assert {name: found for (_, name), found in result.scores.items()} == {
        "tested": (2.0, True), "essay": (None, True), "code_by_eye": (None, True), "left_alone": (0.0, True),
        "task": (None, True)}
    assert "42" in result.notebooks[NAME][0]            # it ran


@pytest.mark.parametrize("source", [
    "assert True", "assert False", "1.5", "0.0", "2", "None", "'a word'", "1 / 0", "print('x')", "float('nan')", "-3.0",
    "17.0", "import sys; print('x', file=sys.stderr)"])
def test_the_score_is_the_one_that_nbgrader_would_read(source):
    outputs = run_test_cell(source, {}, points=2)
    made = test_of("t", source)
    made.outputs = [type(made)(output) for output in outputs]
    assert score_of(outputs, 2) == determine_grade(made)[0]
