"""Which entries a gate on arrays joins: against its derivative, and where a slope of 0 hides it."""

import numpy as np
import pytest

import autodiff
from course.drawing import graph

X, W, B = np.array([[1.0, -2.0], [0.5, 1.5], [-1.0, 0.0]]), np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([0.1, -0.3])


def meetings(f, **inputs):
    """{caption of the gate's table: its Meeting} of the gates that have one."""
    return {table.caption: table.meeting for table in graph(f, **inputs).scene.tables.values() if table.meeting}


def meeting(f, gate, **inputs):
    return next(met for caption, met in meetings(f, **inputs).items() if gate in caption)


def test_a_row_meets_a_column_and_zeros_count_too():
    met = meeting(lambda X, W: (X @ W).sum(), "X @ W", X=X, W=W)
    assert [part["name"] for part in met.parts] == ["X", "W", "result"] and met.sign == "@"
    assert met.marks["2:2,1"] == ["0:2,0", "0:2,1", "1:0,1", "1:1,1"]
    assert met.says["2:0,1"] == ("result[0, 1]: row 0 of X meets column 1 of W: "
                                 "1.00 × (−1.00) + (−2.00) × 0.25 = −1.50.")
    assert met.marks["0:2,1"] == ["2:2,0", "2:2,1"]


def test_a_long_sum_is_cut_and_says_how_long_it_is():
    met = meeting(lambda X, W: (X @ W).sum(), "X @ W", X=np.arange(1.0, 7.0).reshape(1, 6), W=np.ones((6, 1)))
    assert met.says["2:0,0"].endswith("3.00 × 1.00 + 4.00 × 1.00 + … (6 terms) = 21.00.")


def test_what_broadcasting_repeats_collects_a_gradient_from_each_copy():
    met = meeting(lambda X, b: ((X + b) * np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).sum(), "X + b", X=X, b=B)
    assert met.marks["1:0,1"] == ["2:0,1", "2:1,1", "2:2,1"]
    assert met.says["1:0,1"] == ("b[1] goes into 3 entries of the result: a fork. Its gradient collects them: "
                                 "2.00 + 4.00 + 6.00 = 12.00.")
    assert met.says["0:1,1"].endswith("goes into one entry of the result. Its gradient from here: 4.00.")


@pytest.mark.parametrize("shape, place, fed", [
    ((3, 1), "1:2,0", ["2:2,0", "2:2,1"]),
    ((1, 2), "1:0,1", ["2:0,1", "2:1,1", "2:2,1"]),
    ((), "1:0,0", [f"2:{r},{c}" for r in range(3) for c in range(2)])])
def test_axes_of_length_one_are_forks(shape, place, fed):
    assert meeting(lambda X, b: (X * b).sum(), "X × b", X=X, b=np.full(shape, 2.0)).marks[place] == fed


def test_a_closed_relu_is_still_made_of_its_input():
    met = meeting(lambda X: autodiff.relu(X).sum(), "relu", X=X)
    assert met.marks["1:0,1"] == ["0:0,1"]


@pytest.mark.parametrize("reduce, made", [
    (lambda X: X.sum(axis=0), ["0:0,1", "0:1,1", "0:2,1"]),
    (lambda X: X.mean(axis=0), ["0:0,1", "0:1,1", "0:2,1"]),
    (lambda X: X.max(axis=0), ["0:1,1"]),                                   # who wins
    (lambda X: X.T[:, 2], ["0:1,2"]),
])
def test_other_gates_by_their_derivative(reduce, made):
    found = meetings(lambda X: reduce(X).sum(), X=X)
    first = next(met for met in found.values() if met.parts[-1]["shape"] == "(2,)")
    assert first.marks["1:0,1"] == made


def test_every_gradient_is_what_its_entries_collect():
    met = meeting(lambda X, W, b: autodiff.sigmoid(X @ W + b).sum(), "X @ W", X=X, W=W, b=B)
    for key, says in met.says.items():
        part, place = key.split(":")
        row, column = map(int, place.split(","))
        if part != "2":
            assert says.rstrip(".").endswith(met.parts[int(part)]["gradient"][row][column])


def test_large_arrays_are_cut_and_what_nobody_reads_is_left_out():
    met = meeting(lambda X: (2 * X).sum(), "of shape (10, 12)", X=np.ones((10, 12)))
    assert len(met.says) == 2 * 64 and met.parts[0]["value"][0][-1] == "…"
    assert not meetings(lambda X: (2 * X).sum(), X=np.ones((2, 3, 4)))
    assert not meetings(lambda X: (2 * X).sum(), X=np.ones((1000, 1000)))
    assert not meetings(lambda x, y: x * y, x=1.0, y=2.0)
