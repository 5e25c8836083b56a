"""What a learner reads of a run: a syntax error with their own line, and no path of the grader's machine."""

import re
import sys

from nbformat.v4 import new_code_cell

from course.grading.verdicts import verdict_of, verdicts_of
from course.places import ROOT
from tests.grading.handing_in import cell_of, scores, solved

NAME = "02_gate_patterns"


def graded(grade, nb):
    import nbformat

    result = grade(nb)
    return scores(result), nbformat.reads(result.notebooks[NAME][0], as_version=4)


def test_a_syntax_error_is_told_as_one_with_the_learners_own_line(grade):
    nb = solved(NAME)
    cell_of(nb, "mul_backward-answer").source = "def mul_backward(dout, x, y):\n    dx = (dout * y\n    return dx, dout"
    cell_of(nb, "sub_backward-answer").source = "%time\nsub_backward = lambda dout, x, y: (dout,, -dout)"
    got, nb = graded(grade, nb)
    assert [name for name, points in got.items() if not points] == ["sub_backward", "mul_backward"]
    for name, line, number in (("mul_backward", "    dx = (dout * y", 2),
                               ("sub_backward", "sub_backward = lambda dout, x, y: (dout,, -dout)", 2)):
        error, = [output for output in cell_of(nb, name).outputs if output.output_type == "error"]
        assert error.ename == "SyntaxError" and f"Line {number}: " in error.evalue
        assert any(line in shown for shown in error.traceback)
        assert name in error.evalue
        assert verdict_of(cell_of(nb, name)).mistake == "a syntax error"     # a cause, as others are


def test_a_name_that_is_missing_for_another_reason_is_no_syntax_error(grade):
    nb = solved(NAME)
    cell_of(nb, "mul_backward-answer").source = "pass"
    nb.cells.append(new_code_cell("def broken("))
    _, nb = graded(grade, nb)
    error = next(output for output in cell_of(nb, "mul_backward").outputs if output.output_type == "error")
    assert error.ename == "NameError"
    assert verdicts_of(nb)["mul_backward"].mistake == "a name is not defined"
    assert verdicts_of(nb)["add_backward"].mistake == ""


def test_no_path_of_this_machine_is_on_a_page(grade):
    nb = solved(NAME)
    nb.cells.insert(3, new_code_cell("import numpy as np\nprint(np.__file__)\nnp.linalg.inv(np.zeros((2, 2)))"))
    nb.cells.insert(4, new_code_cell("import json\njson.loads('{')"))
    cell_of(nb, "add_backward-answer").source = "def add_backward(dout, x, y):\n    import json\n    json.loads('{')"
    _, nb = graded(grade, nb)
    text = "\n".join(str(output) for cell in nb.cells for output in cell.get("outputs", ()))
    assert "…/numpy/__init__.py" in text and "JSONDecodeError" in text
    for folder in (str(ROOT), sys.prefix, sys.base_prefix):
        assert not re.search(rf"{re.escape(folder)}(?![\w-])", text), folder
