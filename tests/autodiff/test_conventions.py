"""The conventions of docs/autodiff.md, one test each: what a derivative is where mathematics leaves a choice."""
from unittest.mock import ANY

import numpy as np
import pytest

import autodiff as ad
from tests.peers import Absent, torch


def gradients(f, *inputs):
    return [np.asarray(g).tolist() for g in ad.grad(lambda *xs: ad.sum(f(*xs)), tuple(range(len(inputs))))(*inputs)]


def torchs(f, *inputs):
    """What PyTorch gives; where it is not installed, whatever else is expected."""
    if isinstance(torch, Absent):
        return ANY
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    return [g.tolist() for g in torch.autograd.grad(f(*tensors).sum(), tensors)]


def test_relu_at_0_has_slope_0():
    assert gradients(ad.relu, np.array([-1.0, 0.0, 2.0])) == [[0, 0, 1]] == torchs(torch.relu, [-1.0, 0.0, 2.0])


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_a_tie_of_two_gives_half_to_each(name):
    x, y = [1.0, 2.0], [1.0, 5.0]
    ours = gradients(getattr(ad, name), np.array(x), np.array(y))
    assert ours[0][0] == ours[1][0] == 0.5
    assert ours == torchs(getattr(torch, name), x, y)


def test_a_tie_along_an_axis_is_split_equally():
    x = np.array([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    assert gradients(lambda x: x.max(axis=1), x) == [[[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]]
    assert gradients(lambda x: x.min(), np.array([1.0, 1.0, 2.0, 1.0])) == [[1 / 3, 1 / 3, 0, 1 / 3]]
    assert gradients(lambda x: x.max(axis=1), x) == torchs(lambda x: x.amax(1), x)


def test_abs_at_0_has_slope_0():
    assert gradients(ad.abs, np.array([-2.0, 0.0, 2.0])) == [[-1, 0, 1]] == torchs(torch.abs, [-2.0, 0.0, 2.0])


def test_norm_of_the_zero_vector_has_gradient_0():
    assert gradients(ad.norm, np.zeros(3)) == [[0, 0, 0]] == torchs(torch.linalg.vector_norm, [0.0, 0.0, 0.0])


def test_std_of_equal_numbers_has_gradient_0():
    assert gradients(ad.std, np.full(3, 2.0)) == [[0, 0, 0]] == torchs(torch.std, [2.0, 2.0, 2.0])


def test_sqrt_at_0_has_an_infinite_slope_without_a_warning(recwarn):
    assert gradients(ad.sqrt, 0.0) == [np.inf] == torchs(torch.sqrt, 0.0)
    assert not recwarn.list


def test_the_zeroth_power_has_slope_0_at_0_too():
    x, y = [0.0, 0.0, 3.0], [0.0, 2.0, 0.0]
    assert gradients(lambda x: x ** 0, 0.0) == [0] == torchs(lambda x: x ** 0, 0.0)
    ours = gradients(ad.power, np.array(x), np.array(y))
    assert ours[0] == [0, 0, 0]
    assert ours == torchs(torch.pow, x, y)


def test_a_power_of_0_has_slope_0_in_the_exponent():
    assert gradients(lambda y: 0.0 ** y, 2.0) == [0] == torchs(lambda y: torch.pow(0.0, y), 2.0)


@pytest.mark.parametrize("x", [[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [2.0, 3.0, 4.0]])
@pytest.mark.needs_torch
def test_prod_is_exact_with_zeros(x):
    assert gradients(ad.prod, np.array(x)) == torchs(torch.prod, x)


def test_prod_with_zeros_has_exact_second_derivatives():
    assert ad.hessian(ad.prod)(np.array([0.0, 0.0, 3.0])).tolist() == [[0, 3, 0], [3, 0, 0], [0, 0, 0]]


def test_clip_has_slope_0_on_its_bounds():
    x = [-1.0, 0.0, 0.5, 1.0, 2.0]
    assert gradients(lambda x: ad.clip(x, 0, 1), np.array(x)) == [[0, 0, 1, 0, 0]]
    assert gradients(lambda x: ad.clip(x, 0), np.array(x)) == gradients(ad.relu, np.array(x))


@pytest.mark.needs_torch
def test_pytorch_has_slope_1_on_the_bounds_of_clamp_up_to_2_13_and_0_from_2_14_on():
    on_bounds = int(tuple(map(int, torch.__version__.split(".")[:2])) < (2, 14))
    x = [-1.0, 0.0, 0.5, 1.0, 2.0]
    assert torchs(lambda x: x.clamp(0, 1), x) == [[0, on_bounds, 1, on_bounds, 0]]
    assert torchs(lambda x: x.clamp(min=0), x) == [[0, on_bounds, 1, 1, 1]]
    assert torchs(lambda x: x.clamp(max=1), x) == [[1, 1, 1, on_bounds, 0]]


@pytest.mark.parametrize("bounds", [(1, 1), (2, 1), (np.inf, -np.inf), (0.5, -0.5)])
def test_clip_between_bounds_that_meet_or_cross_is_a_constant(bounds):
    x = np.array([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, -0.5])
    assert not np.any(gradients(lambda x: ad.clip(x, *bounds), x))
    each = tuple(np.full(7, b) for b in bounds)                   # a bound for each element
    assert not np.any(gradients(lambda x: ad.clip(x, *each), x))
    assert ad.grad(lambda x: ad.clip(x, *bounds))(float(bounds[1])) == 0


def test_clip_with_one_bound_or_none():
    x = np.array([-1.0, 0.0, 1.0, 2.0, np.nan, np.inf])
    for bounds, slope in [((None, 1), [1, 1, 0, 0, 0, 0]), ((0, None), [0, 0, 1, 1, 0, 1]), ((None, None), [1] * 6)]:
        assert gradients(lambda x, bounds=bounds: ad.clip(x, *bounds), x) == [slope]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 3, 2049, 70_000])
@pytest.mark.parametrize("name", ["max", "min"])
def test_shares_of_many_that_tie_add_up_to_1(name, n, dtype):
    x = np.ones((n, 2), dtype)
    for axis in (None, 0):
        shares = ad.grad(lambda x, axis=axis: ad.sum(getattr(ad, name)(x, axis)))(x)
        assert shares.dtype == dtype and (shares == shares[0, 0]).all()
        np.testing.assert_allclose(shares.sum(axis=axis, dtype=float), 1, rtol=2e-3 if dtype == np.float16 else 1e-6)


def test_the_norm_has_no_second_derivative_at_0_and_says_so(recwarn):
    for f in (ad.norm, lambda x: ad.norm(x) ** 2, lambda x: ad.std(x), np.linalg.norm):
        assert np.isnan(ad.hessian(f)(np.zeros(2))).all()
        assert np.isnan(ad.hvp(f, np.zeros(2), np.ones(2))).all()
        assert ad.jvp(f, (np.zeros(2),), (np.ones(2),)) == (0, 0)
    rows = ad.hessian(lambda x: ad.sum(ad.norm(x, 1)))(np.array([[0.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(rows[1, :, 1], [[0.128, -0.096], [-0.096, 0.072]])        # of other rows it is there
    assert np.isnan(rows[0, :, 0]).all()
    np.testing.assert_allclose(ad.hessian(lambda x: ad.sum(x * x))(np.zeros(2)), 2 * np.eye(2))      # what to write
    assert not recwarn.list


def test_the_zeroth_power_is_constant_at_infinity_and_nan_too():
    for y in (0, 0.0, np.float64(0), np.zeros(5), np.zeros(5, int)):
        x = np.array([0.0, 1.0, np.inf, -np.inf, np.nan])
        f = lambda x, y=y: ad.sum(x ** y)
        assert f(x) == 5
        assert not ad.grad(f)(x).any() and not ad.hessian(f)(x).any()


def test_mse_is_the_mean_over_all_elements():
    x = np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]])
    assert ad.mse(x, np.zeros((3, 2))) == (x ** 2).mean()
    np.testing.assert_allclose(gradients(ad.mse, x, np.zeros((3, 2)))[0], 2 * x / 6)


def test_softplus_sigmoid_and_cross_entropy_do_not_overflow(recwarn):
    x = np.array([-1000.0, 1000.0])
    assert gradients(ad.sigmoid, x) == [[0, 0]]
    assert gradients(ad.softplus, x) == [[0, 1]]
    logits = np.array([[1000.0, -1000.0, 0.0]])
    np.testing.assert_allclose(gradients(lambda x: ad.softmax_cross_entropy(x, np.array([1])), logits)[0], [[1, -1, 0]])
    assert ad.softmax_cross_entropy(logits, np.array([1])) == 2000
    assert not recwarn.list


def test_sigmoid_keeps_its_digits_far_below_0():
    np.testing.assert_allclose(ad.sigmoid(-40.0), np.exp(-40.0), rtol=1e-14)


def test_mixed_types_the_gradient_has_the_type_of_its_input():
    dx, dy = ad.vjp(lambda x, y: x * y, np.float32([1, 2]), np.array([3.0, 4.0]))[1](np.ones(2))
    assert dx.dtype == np.float32 and dy.dtype == np.float64


def test_python_numbers_are_weak():
    x = ad.Tensor(np.float32([0.5, 2]))
    for y in (x * 2.0, 1 - x, 2 / x, x ** 2, 3.0 ** x, np.maximum(x, 0.0), ad.where(x > 1, x, 0.0), x.mean() * 2.5):
        assert y.dtype == np.float32


def test_the_mixed_derivative_of_a_power_is_the_same_both_ways_at_exponent_0():
    h = ad.hessian(lambda v: v[0] ** v[1])(np.array([2.0, 0.0]))
    np.testing.assert_allclose(h, [[0, 0.5], [0.5, np.log(2) ** 2]])
    assert ad.grad(ad.grad(ad.grad(lambda x, y: x ** y), 0), 1)(2.0, 1.0) == 0.5


@pytest.mark.parametrize(("dtype", "x"), [
    (np.float16, [1000, 1000]), (np.float16, [60, 60, 59]), (np.float32, [1e4, 1e4]), (np.float32, [1e8, 1e8]),
    (float, [1e16] * 3), (float, [1.0, -np.inf])])
@pytest.mark.needs_torch
def test_log_softmax_keeps_its_digits_for_large_logits(dtype, x):
    x = np.array(x, dtype)
    z, pullback = ad.vjp(ad.log_softmax, x)
    expected = torch.log_softmax(torch.tensor(x.astype(float)), -1).numpy()
    np.testing.assert_allclose(z, expected, rtol=4 * np.finfo(dtype).eps)
    dx = pullback(np.eye(len(x))[0])[0]
    np.testing.assert_allclose(dx, np.eye(len(x))[0] - np.exp(expected), atol=4 * np.finfo(dtype).eps)


def test_an_unsigned_exponent_0():
    assert gradients(lambda x: x ** np.array([0], np.uint8), np.array([50.0])) == [[0]]


def test_the_second_derivative_of_cross_entropy_needs_no_matrix_of_classes():
    x = np.zeros((2, 200_000))
    assert ad.hvp(lambda x: ad.softmax_cross_entropy(x, [0, 1]), x, x).shape == x.shape
