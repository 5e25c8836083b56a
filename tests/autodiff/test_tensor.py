"""Tensor as people use it: operators, numpy functions, ndarray's names, and what it refuses, in which words."""
import math

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor


@pytest.fixture
def t():
    return Tensor([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])


def test_operators_from_both_sides():
    x, a = Tensor([1.0, 2.0]), np.array([3.0, 5.0])
    d = x.data
    for ours, expected in [(x + a, d + a), (a + x, a + d), (x - 1, d - 1), (1 - x, 1 - d), (a - x, a - d),
                           (x * a, d * a), (2 * x, 2 * d), (x / a, d / a), (a / x, a / d), (1 / x, 1 / d),
                           (x ** 2, d ** 2), (2 ** x, 2 ** d), (a ** x, a ** d), (-x, -d), (abs(-x), d),
                           (x @ a, d @ a), (a @ x, a @ d), (np.float64(3) * x, 3 * d)]:
        assert type(ours) is Tensor
        np.testing.assert_array_equal(ours.data, expected)


def test_augmented_assignment_makes_a_new_tensor():
    x = Tensor([1.0, 2.0])
    y = x
    y *= 3
    y.sum().backward()
    assert x.data.tolist() == [1, 2] and x.grad.tolist() == [3, 3]


def test_says_of_itself_what_an_array_says(t):
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 3), 2, 6, np.float64, 2)
    assert np.shape(t) == (2, 3) and np.ndim(t) == 2 and np.size(t) == 6
    assert [row.shape for row in t] == [(3,), (3,)]
    assert repr(Tensor(2.5)) == "Tensor(2.5)" and repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert Tensor(2.5).item() == 2.5 and type(Tensor(2.5).item()) is float
    assert bool(Tensor(1.0)) and not Tensor(0.0)


def test_comparisons_and_the_like_give_plain_constants(t):
    d = t.data
    for ours, expected in [(t > 1, d > 1), (t > 1, d > 1), (t <= d, d <= d), (t == d, d == d), (t != 1, d != 1),
                           (np.sign(t), np.sign(d)), (np.floor(t), np.floor(d)), (np.isnan(t), np.isnan(d)),
                           (np.zeros_like(t), d * 0), (np.ones_like(t), d * 0 + 1), (t.argmax(), d.argmax()),
                           (np.argmax(t, axis=1), d.argmax(axis=1)), (t.any(), True), (t.round(1), d.round(1)),
                           (np.greater(t, 0), d > 0)]:
        assert type(ours) is not Tensor
        np.testing.assert_array_equal(ours, expected)


def test_tensors_are_told_apart_by_identity():
    x, y = Tensor(1.0), Tensor(1.0)
    assert len({x, y}) == 2 and (x == y)


def test_a_value_without_axes_is_a_numpy_scalar():
    x = Tensor(np.array([[1.0, 2.0]]))
    for y in (Tensor(3.0), x[0, 0], x.sum(), x[..., 0].reshape(()), x[0, ..., 1], x.squeeze()[1]):
        assert isinstance(y.data, np.floating) and not isinstance(y.data, np.ndarray)


def test_a_tensor_owns_its_data():
    a = np.array([1.0, 2.0])
    x = Tensor(a)
    a[0] = 7
    assert x.data.tolist() == [1, 2]


def test_no_grad_gives_plain_values(t):
    with ad.no_grad():
        assert type(t * 2) is np.ndarray and type(ad.exp(t)) is np.ndarray
        with ad.no_grad():
            pass
        assert type(t + 1) is np.ndarray
    assert type(t * 2) is Tensor


def test_astype_takes_the_gradient_back_to_the_first_type():
    x = Tensor(np.float32([1, 2]))
    y = x.astype(np.float64)
    y.sum().backward()
    assert y.dtype == np.float64 and x.grad.dtype == np.float32


def test_a_custom_operation_is_made_by_the_same_call():
    swish = ad.Op("swish", lambda x, beta=1.0: x / (1 + np.exp(-beta * x)),
                  lambda g, z, x, beta: g * (z / x + beta * z * (1 - z / x)))
    assert ad.gradcheck(lambda x: swish(x, beta=2.0), np.array([0.5, -1.5]), order=2)
    assert type(swish(2.0)) is np.float64
    cube = ad.Op("cube", lambda x: x ** 3, lambda g, z, x: g * 3 * x ** 2)
    assert ad.grad(ad.grad(ad.grad(cube)))(5.0) == 6
    halves = ad.Op("halves", math.sqrt, lambda g, z, x: g / (2 * z))          # a forward that gives a Python float
    assert ad.grad(halves)(4.0) == 0.25


@pytest.mark.parametrize(("action", "error", "words"), [
    (lambda t: Tensor(3), TypeError, "a Tensor holds real floating-point numbers, and this is int64"),
    (lambda t: Tensor([True]), TypeError, "real floating-point numbers, and this is bool"),
    (lambda t: Tensor(1j), TypeError, "real floating-point numbers, and this is complex128"),
    (lambda t: ad.grad(lambda x: x)(3), TypeError, "write 3.0 rather than 3"),
    (lambda t: Tensor(t), TypeError, "a Tensor already"),
    (lambda t: t[0, 0] * 1j, TypeError, "real floating-point numbers, and this is complex128"),
    (lambda t: t * np.array([1j, 1, 1]), TypeError, "real floating-point numbers, and this is complex128"),
    (lambda t: t.backward(), ValueError, r"backward from shape \(2, 3\) needs a gradient to start from"),
    (lambda t: t.backward(np.ones(3)), ValueError, r"has shape \(3,\), the value has \(2, 3\)"),
    (lambda t: t.__setitem__(0, 1.0), TypeError, "not changed in place.*autodiff.where"),
    (lambda t: np.array([t, t]), TypeError, "its gradient would be lost.*autodiff.stack"),
    (lambda t: np.array([t[0, 0], t[0, 1]]), TypeError, "autodiff.stack"),
    (lambda t: np.asarray(t), TypeError, "t.data"),
    (lambda t: np.add(np.ones(3), 1, out=t), TypeError, "in place"),
    (lambda t: np.add(t, 1, out=np.ones((2, 3))), TypeError, r"a = a \+ t rather than a \+= t"),
    (lambda t: np.ones((2, 3)).__iadd__(t), TypeError, "in place"),
    (lambda t: math.exp(t[0, 0]), TypeError, "autodiff.exp"),
    (lambda t: np.fft.fft(t), TypeError, "numpy.fft has no rule for Tensors.*autodiff.Op"),
    (lambda t: np.sinc(t), TypeError, "numpy.sinc has no rule"),
    (lambda t: np.arctan2(t, t), TypeError, "numpy.arctan2 has no rule"),
    (lambda t: np.add.reduce(t), TypeError, "numpy.add.reduce has no rule"),
    (lambda t: np.sum(t, dtype=float), TypeError, r"sum of Tensors takes \(x, axis, keepdims\), without dtype"),
    (lambda t: np.exp(t, where=True), TypeError, "where"),
    (lambda t: t + np.ones(4), ValueError, r"add: .*shapes \(2, 3\) and \(4,\)"),
    (lambda t: t @ np.ones((2, 2)), ValueError, r"matmul: .*shapes \(2, 3\) and \(2, 2\)"),
    (lambda t: t.reshape(4), ValueError, r"reshape: .*\(2, 3\)"),
    (lambda t: np.concatenate([t, np.ones((2, 2))]), ValueError, r"concatenate: .*\(2, 3\) and \(2, 2\)"),
    (lambda t: np.tensordot(t, np.ones((2, 4)), 1), ValueError, r"tensordot: .*\(2, 3\).*\(2, 4\)"),
    (lambda t: ad.mse(t, np.ones(3)), ValueError, "must have one shape"),
    (lambda t: ad.softmax_cross_entropy(t, np.array([0.0, 1.0])), ValueError,
     r"labels are N integers; these are \(2, 3\) and float64"),
    (lambda t: ad.softmax_cross_entropy(t, np.array([0])), ValueError, r"labels are N integers; .* of shape \(1,\)"),
    (lambda t: ad.clip(t, t, 1.0), TypeError, "clip has no rule for argument 1"),
    (lambda t: ad.grad(lambda x: x * 2)(t.data), ValueError, "single number; this one gave shape"),
    (lambda t: ad.vjp(lambda: 1.0), TypeError, "nothing to differentiate"),
    (lambda t: ad.vjp(lambda x: (x, x), 1.0)[1](1.0), ValueError, "2 parts, the upstream gradient 1"),
    (lambda t: ad.einsum("ij,jk", t), ValueError, "names 2 operands, and 1 were given"),
    (lambda t: iter(t[0, 0]), TypeError, "without axes"),
])
def test_refusals_name_the_way_out(t, action, error, words):
    with pytest.raises(error, match=words):
        action(t)


def test_a_rule_of_the_wrong_shape_is_named(t):
    bad = ad.Op("bad", np.sin, lambda g, z, x: np.ones(2))
    with pytest.raises(ValueError, match=r"rule of bad for argument 0 gave a gradient of shape \(2,\).*shape \(2, 3\)"):
        bad(t).sum().backward()
