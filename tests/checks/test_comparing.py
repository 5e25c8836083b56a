"""Is an answer right: each element by its own size, and the place that is named where it is not."""
import numpy as np
import pytest

from course.checks.comparing import agreeing, compare
from course.checks.diagnosis import _value

SINGLE, DOUBLE = np.float32, np.float64


@pytest.mark.parametrize(("right", "wrong"), [
    ([1.0, 1e-5], [1.0, 0.0]), ([1.0, 1e-6], [1.0, 1.5e-6]), ([1.0, 1e-7], [1.0, -1e-7]), ([1e9, 40.0], [1e9, -40.0]),
    ([1.0, 0.0], [1.0, 1e-7]), ([1.0, 2.0], [1.0, 2.00001]), ([0.0, 0.0], [0.0, 1e-7]),
    ([np.inf, 1.0, 1e-5], [np.inf, 1.0, 0.0]), ([np.nan, 1e3, 1e-2], [np.nan, 1e3, 0.0]), ([np.inf, 1.0], [1.0, 1.0])])
def test_a_small_element_counts_beside_a_large_one(right, wrong):
    problem = compare(np.array(wrong), np.array(right), ["dx"])
    assert problem.kind == "value" or not np.isfinite(right).all()
    assert agreeing(np.array(wrong), np.array(right)).tolist().count(False) == 1


@pytest.mark.parametrize(("right", "got"), [
    ([1.0, 1e-5], [1.0 + 1e-7, 1e-5 + 1e-9]), ([1.0, 0.0], [1.0, 1e-9]), ([0.0, 0.0], [0.0, 1e-9]),
    ([1e9, 0.0], [1e9, 1.0]), ([np.nan, 1.0], [np.nan, 1.0]), ([-np.inf, 1.0], [-np.inf, 1.0])])
def test_the_noise_of_an_honest_way_costs_nothing(right, got):
    assert compare(np.array(got), np.array(right), ["dx"]) is None


def test_in_float32_as_much_is_allowed_as_float32_has():
    right = np.array([1.0, 1e-2, 1e-4, 0.0], SINGLE)
    assert compare(right * SINGLE(1.0005) + SINGLE(5e-6), right, ["dx"]) is None
    for k, off in ((0, 2e-3), (1, 1e-4), (2, 5e-5), (3, 2e-5)):
        wrong = right.copy()
        wrong[k] += off
        assert compare(wrong, right, ["dx"]).kind == "value" and np.argmin(agreeing(wrong, right)) == k


def test_each_entry_of_a_dict_and_each_result_has_its_own_size():
    right = {"W": np.array([1e6, 2e6]), "b": np.array([1e-3, 2e-3])}
    assert compare({**right, "b": right["b"] + 1e-5}, right, ["grads"]).label == "grads['b']"
    assert compare((right["W"], right["b"] + 1e-5), (right["W"], right["b"]), ["dW", "db"]).label == "db"


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def test_the_place_that_is_named_is_the_first_that_is_wrong(dtype):
    right = np.arange(6, dtype=dtype).reshape(2, 3) + 1
    near = right * dtype(1 + (3e-4 if dtype is SINGLE else 3e-7))               # near enough, everywhere
    got = near.copy()
    got[1, 1] += 1
    assert compare(near, right, ["dx"]) is None
    problem = compare(got, right, ["dx"])
    assert _value(problem, None, "", "").says.startswith("`dx[1, 1]` is 6")


@pytest.mark.parametrize("dtype", [bool, int, np.uint8])
def test_the_type_of_zeros_is_an_accident_and_that_of_other_numbers_is_not(dtype):
    right = np.array([0.0, 1.0])
    assert compare(np.zeros(2, dtype), 0 * right, ["dx"]) is None
    assert compare(right.astype(dtype), right, ["dx"]).kind == "integer"
