"""Arrays as grids: what is wrong is marked, decimal points stand below each other, large ones are cut."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from course.checks import grids
from course.checks.comparing import agreeing
from course.checks.examining import examine
from course.checks.exercise import Check, Exercise
from course.declarations import find


def told(right, mine, graded=False):
    exercise = Exercise("answer(x)", "dW", 1, lambda x: right, read='lesson 4, "relu"',
                        checks=(Check("all", 1, lambda d: [(np.arange(6.0).reshape(2, 3),)]),))
    return examine(exercise, lambda x: mine, (0,), edge=True, graded=graded)


def points_of(lines):
    """Where the decimal points of each line stand."""
    return {tuple(found.start() for found in re.finditer(r"\.", line)) for line in lines}


def test_decimal_points_stand_below_each_other():
    array = np.array([[1.0, -123.456, 0.001234], [-22.5, 7.0, 1.5e-9]])
    assert len(points_of(grids.grid(array).lines())) == 1
    assert len({len(line) for line in grids.grid(array).lines()}) == 1


@pytest.mark.parametrize("texts", [["1.5", "-22.25", "3"], ["nan", "1.0", "-inf"], ["1e-09", "12.5", "3.25e+10"]])
def test_numbers_of_any_kind_are_aligned(texts):
    filled = grids.aligned(texts)
    assert len({len(text) for text in filled}) == 1
    assert [text.strip() for text in filled] == texts


def test_what_is_no_number_stays_as_it_is():
    assert grids.aligned(["missing", "[3.0, 4.0]"]) == ["missing", "[3.0, 4.0]"]


@pytest.mark.parametrize(("shape", "place", "part"), [
    ((40, 30), (25, 17), "[24:30, 16:21]"), ((40, 30), (0, 29), "[:6, 25:]"), ((3, 4), (2, 3), ""),
    ((2, 3, 20), (1, 2, 19), "[1, :, 15:]"), ((500,), (250,), "[249:254]"), ((5,), (4,), "")])
def test_a_large_array_is_cut_around_the_first_wrong_place(shape, place, part):
    right = np.random.default_rng(0).normal(size=shape)
    mine = right.copy()
    mine[place] += 1
    yours, expected = grids.pair(mine, right, agreeing(mine, right))
    assert yours.part == expected.part == part
    assert sum(map(sum, yours.wrong)) == 1                  # it is among what is shown
    assert not any(map(any, expected.wrong))
    assert yours.shape == shape


def test_two_that_differ_look_different():
    right = np.array([[1.0, 2.0]])
    yours, expected = grids.pair(right + np.array([[0.00001, 0]]), right, np.array([[False, True]]))
    assert yours.rows[0][0].strip() == "1.00001"
    assert expected.rows[0][0].strip() == "1.0"


def test_a_matrix_is_told_side_by_side_with_the_wrong_ones_marked():
    right = np.array([[1.5, -20.25, 3.0], [4.0, 5.0, 6.0]])
    mine = right * [[1, -1, 1], [1, 1, 2]]
    text = str(told(right, mine))
    assert "dW (2, 3)  ✗ 2 of 6 are wrong" in text
    assert "[  1.5  ✗20.25    3.0 ]   [ 1.5  -20.25  3.0 ]" in text
    assert "[  4.0    5.0   ✗12.0 ]   [ 4.0    5.0   6.0 ]" in text
    html = told(right, mine).html()
    assert html.count('class="bp-off"') == 2
    assert "2 of 6 are wrong" in html
    assert "<details><summary>called with <code>x (2, 3)</code></summary>" in html


@pytest.mark.parametrize(("right", "mine", "words"), [
    (np.ones((2, 3)), np.ones((3, 2)), "✗ yours has shape (3, 2), expected (2, 3)"),
    (np.ones((2, 3)), 2.0, "✗ yours has shape (), expected (2, 3)"),
    (2.0, np.ones((2, 3)), "✗ yours has shape (2, 3), expected ()"),
    (np.ones((2, 3)), np.zeros((2, 3)), "✗ all 6 are wrong"),
    (np.ones((2, 3)), np.full((2, 3), np.nan), "[ ✗nan"),
    (np.ones((2, 3)), [[1, 1, 1], [1, 1, 0]], "✗ 1 of 6 is wrong"),
    (np.ones((2, 3)), np.zeros((2, 0)), "dW=[[], []]"),
    (np.zeros((0, 3)), np.zeros((2, 3)), "dW"),
    (np.ones((2, 3)), "text", "dW=text"),
    (np.arange(5.0), np.arange(5.0)[::-1], "[ ✗4.0  ✗3.0   2.0  ✗1.0  ✗0.0 ]"),
    (np.ones((2, 2), "f4"), np.ones((2, 2), "f4") * 2, "✗ all 4 are wrong"),
    (np.array([[True, False]]), np.array([[True, True]]), "dW (1, 2)  ✗ 1 of 2 is wrong"),
])
def test_whatever_comes_back_can_be_shown(right, mine, words):
    report = told(right, mine)
    assert words in str(report).replace("'", "")
    assert "dW" in report.html()
    assert all(len(line) <= grids.WIDTH + 4 or "→" in line for line in str(report).splitlines())


def test_a_vector_that_fits_stays_in_its_line():
    assert "yours    dW=[1.0, 3.0]\n  expected dW=[1.0, 2.0]" in str(told(np.array([1.0, 2.0]), np.array([1.0, 3.0])))


def test_code_is_code_and_nothing_else_is():
    html = examine(find("mul_backward"), lambda dout, x: 1, (0,), edge=True).html()
    assert "<code>mul_backward(dout, x, y)</code>" in html
    assert "`" not in html


def test_the_section_is_a_link_where_its_address_is_known():
    report = told(np.ones(3), np.zeros(3))
    assert "<a " not in report.html()
    assert '<a href="../a%20b.ipynb#Relu" ' in replace(report, section="../a%20b.ipynb#Relu").html()


def refuses_nothing(pred, target):
    return np.mean((pred - target)**2), 2 * (pred - target) / pred.size


def pays_nobody(dout, x, y):
    return dout * (x > y), dout * (y > x)


def of_numbers(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def passes_at_zero(dout, x):
    return dout * (x >= 0)


def calls_three_times(f, x, h=1e-5):
    return (f(x + h) - f(x) + f(x) - f(x - h)) / (2 * h)


def overflows(s, y):
    p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
    one_hot = np.eye(s.shape[1])[y]
    return -np.mean(np.log((p * one_hot).sum(1))), (p - one_hot) / len(s)


@pytest.mark.parametrize(("name", "answer"), [
    ("mse", refuses_nothing), ("max_backward", pays_nobody), ("sigmoid", of_numbers), ("relu_backward", passes_at_zero),
    ("numerical_derivative", calls_three_times), ("softmax_cross_entropy", overflows)])
def test_what_is_right_but_for_the_headline_rule_does_not_pass_check(name, answer):
    exercise = find(name)
    report = examine(exercise, answer, (0,), edge=False)
    assert report.diagnosis
    wrong = [check for check, problem, _ in report.run.verdicts if problem]
    assert all(check.edge and check.shown for check in wrong), report


def test_right_here_is_not_right_everywhere():
    report = examine(find("mul_backward"), lambda dout, x, y: (dout * y, dout * x), (0,), edge=False)
    assert report.headline == "mul_backward  ✓ right on the cases shown; the next cell asks for more"
    graded = examine(find("mul_backward"), lambda dout, x, y: (dout * y, dout * x), (0, 1), edge=True, graded=True)
    assert "✓ right on" in graded.headline
    assert "asks for more" not in str(graded)
