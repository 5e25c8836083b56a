"""The gradient check finds what is wrong, says where, and lets right gradients pass."""
import numpy as np
import pytest

import autodiff as ad


def wrong(rule):
    return ad.Op("wrong", lambda x: x * x, rule)


def test_right_gradients_pass():
    report = ad.gradcheck(lambda x, p: ad.tanh(x @ p["w"]) * p["s"], np.ones((2, 3)),
                          {"w": np.eye(3) * 0.3, "s": 2.0}, order=2)
    assert report and report.worst < 1e-6
    assert str(report).startswith("gradient check passed")


@pytest.mark.parametrize("rule", [
    lambda g, z, x: 2 * x + 0 * g, lambda g, z, x: g * x, lambda g, z, x: -2 * g * x, lambda g, z, x: 2.0001 * g * x,
    lambda g, z, x: 2 * g, lambda g, z, x: 2 * g * z, lambda g, z, x: g * 0, lambda g, z, x: 2 * g * x[::-1],
    lambda g, z, x: 2 * (g * x).mean() + 0 * x, lambda g, z, x: g * x * np.nan])
def test_wrong_gradients_are_found(rule):
    assert not ad.gradcheck(wrong(rule), np.array([0.3, 0.7, -1.9]))


def test_the_report_names_argument_and_index():
    half = wrong(lambda g, z, x: 2 * g * x * np.array([[1, 1], [0.5, 1]]))
    report = ad.gradcheck(lambda x, y: x * half(y), np.ones((2, 2)), np.full((2, 2), 3.0))
    assert "argument 1, index (1, 0): analytic" in str(report)
    assert str(report).count("argument") == 1


def test_a_gradient_that_is_right_but_cannot_be_differentiated_again():
    frozen = ad.Op("frozen", lambda x: x ** 3, lambda g, z, x: g * 3 * ad.tensor.value_of(x) ** 2)
    x = np.array([1.0, 2.0])
    assert ad.gradcheck(frozen, x)
    report = ad.gradcheck(frozen, x, order=2)
    assert not report and "of the gradient with respect to argument 0: argument 0, index (0,)" in str(report)


def test_integers_and_float32_are_checked_in_float64():
    assert ad.gradcheck(ad.exp, np.float32([0.5, 1.5])) and ad.gradcheck(lambda x: x * x, np.array([1, 2, 3]))


def test_inputs_are_left_as_they_were():
    x = np.array([1.0, 2.0])
    ad.gradcheck(ad.exp, x, order=2)
    assert x.tolist() == [1, 2]


def test_what_is_not_a_number_just_beside_the_point_is_found():
    met = []

    def f(x):
        met.append(bool((x > 1).all()))             # one direction of two comes there
        return np.where(met[-1], np.nan, 1.0) * ad.sum(x)
    for seed in range(20):
        met.clear()
        assert bool(ad.gradcheck(f, np.ones(2), seed=seed)) is not any(met)


def test_the_order_is_1_or_2():
    with pytest.raises(ValueError, match="order of a gradient check is 1 or 2, not 3"):
        ad.gradcheck(lambda x: x * x, 1.0, order=3)
