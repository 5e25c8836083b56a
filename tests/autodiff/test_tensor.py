"""Tensor as people use it: operators, numpy functions, ndarray's names, and what it refuses, in which words."""
import copy
import math
import pickle

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
    (lambda t: ad.softmax_cross_entropy(t, [0, -1]), ValueError, "labels are from 0 to 2; these are from -1 to 0"),
    (lambda t: ad.softmax_cross_entropy(t, [0, 3]), ValueError, "labels are from 0 to 2; these are from 0 to 3"),
    (lambda t: ad.affine(t[0], np.ones((3, 2)), np.ones(2)), ValueError, r"affine: a layer takes arrays x \(N, D\)"),
    (lambda t: np.einsum("ii", t), ValueError, r"'i' stands for axes of different lengths in shape \(2, 3\)"),
    (lambda t: np.diag(t[None]), ValueError, r"a matrix or a row, not shape \(1, 2, 3\)"),
    (lambda t: ad.checkpoint(lambda x: (x, x))(t), TypeError, "a checkpoint is one node"),
    (lambda t: ad.clip(t, t, 1.0), TypeError, "clip has no rule for argument 1"),
    (lambda t: ad.grad(lambda x: x * 2)(t.data), ValueError, "single number; this one gave shape"),
    (lambda t: ad.vjp(lambda: 1.0), TypeError, "nothing to differentiate"),
    (lambda t: ad.vjp(lambda x: (x, x), 1.0)[1](1.0), ValueError, "form, a tuple of 2; it has one array"),
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


@pytest.mark.parametrize("action", [
    lambda x: ad.prod(x), lambda x: x.prod(axis=0), lambda x: np.prod(x, axis=1, keepdims=True), lambda x: x.sum(),
    lambda x: x.sum(axis=0), lambda x: ad.norm(x), lambda x: x.cumsum(0), lambda x: ad.softmax(x), lambda x: x * x,
    lambda x: x.T, lambda x: x[:0], lambda x: ad.exp(x), lambda x: ad.stack([x, x]), lambda x: ad.concatenate([x, x]),
    lambda x: ad.split(x, 1)[0], lambda x: ad.tile(x, 2), lambda x: ad.repeat(x, 2, 0), lambda x: ad.flip(x),
    lambda x: x.T @ x, lambda x: ad.einsum("ij,ik->jk", x, x), lambda x: ad.where(x > 0, x, 0),
    lambda x: ad.clip(x, 0, 1), lambda x: ad.tensordot(x, x, 2), lambda x: ad.outer(x, x), lambda x: ad.tril(x)])
def test_of_nothing_too_a_tensor_comes_with_a_gradient(action):
    x = Tensor(np.zeros((0, 3), np.float32))
    y = action(x)
    assert type(y) is Tensor and y.dtype == np.float32
    np.testing.assert_array_equal(y.data, action(x.data))
    y.backward(np.ones(y.shape))
    assert x.grad is not None and x.grad.shape == (0, 3)


def test_the_product_of_nothing_is_1():
    for shape, options in [((0,), {}), ((2, 0), {"axis": 1}), ((0, 2), {"axis": 0, "keepdims": True})]:
        y = np.prod(Tensor(np.zeros(shape)), **options)
        np.testing.assert_array_equal(y.data, np.prod(np.zeros(shape), **options), strict=True)


def test_einsum_takes_its_labels_in_lists_too():
    x, y = Tensor(np.arange(6.0).reshape(2, 3)), np.arange(12.0).reshape(3, 4)
    for given in ([x, [0, 1], y, [1, 2], [0, 2]], [x, [0, 1], y, [1, 2]], [x, (5, 3)],
                  [x, [..., 1], y, [1, ...], [...]], [x, [0, 1], x, [0, 1], []], [x, [51, 26]], [x, [1, 0], [0, 1]]):
        plain = [ad.tensor.value_of(part) for part in given]
        try:
            expected = np.einsum(*plain)
        except ValueError:
            continue
        np.testing.assert_allclose(np.einsum(*given).data, expected)
        np.testing.assert_allclose(ad.einsum(*plain), expected)
    for wrong in ([x, [0, 1], y], [x, 0], [x, [0.5, 1]], [x]):
        with pytest.raises(TypeError):
            np.einsum(*wrong)


def test_arguments_may_be_named():
    x = Tensor([[1.0, 2.0]])
    for named, plain in [(np.expand_dims(x, axis=0), x.data[None]), (np.reshape(x, shape=(2, 1)), x.data.T),
                         (np.swapaxes(x, axis1=0, axis2=1), x.data.T), (ad.expand_dims(x.data, axis=0), x.data[None]),
                         (np.moveaxis(x, source=0, destination=1), x.data.T),
                         (np.broadcast_to(x, shape=(2, 2)), np.broadcast_to(x.data, (2, 2))),
                         (x.astype(dtype=np.float32), x.data.astype(np.float32))]:
        np.testing.assert_array_equal(ad.tensor.value_of(named), plain, strict=True)


def test_numpys_own_order_of_arguments(t):
    for ours, theirs in [(np.linalg.norm(t, None, 0), np.linalg.norm(t.data, None, 0)),
                         (np.linalg.norm(t, "fro"), np.linalg.norm(t.data, "fro")),
                         (np.linalg.norm(t[0], 2), np.linalg.norm(t.data[0], 2)),
                         (np.take(t, [True, False, True], 1), np.take(t.data, [True, False, True], 1)),
                         (np.split(t, [2, 1], 1)[1], np.split(t.data, [2, 1], 1)[1]),
                         (np.split(t, [2, 1], 1)[2], np.split(t.data, [2, 1], 1)[2]),
                         (np.tril(t[0]), np.tril(t.data[0])), (np.triu(t[0], 1), np.triu(t.data[0], 1)),
                         (np.full_like(t, t[0, 0] * 2), np.full_like(t.data, 2.0)),
                         (np.linalg.norm(t, "fro", (0, 1)), np.linalg.norm(t.data, "fro", (0, 1))),
                         (np.linalg.norm(t, 2, np.int64(1)), np.linalg.norm(t.data, 2, 1)),
                         (np.amax(t, 0), t.data.max(0)),
                         (np.var(Tensor(np.zeros((3, 0))), axis=0), np.zeros(0)), (+t, t.data)]:
        assert type(ours) is Tensor
        np.testing.assert_allclose(ours.data, theirs)
    assert ad.grad(lambda x: np.full_like(x * t.data, x).sum())(1.0) == 6


@pytest.mark.parametrize("action", [
    lambda t: np.linalg.norm(t, 1), lambda t: np.linalg.norm(t, 2), lambda t: np.prod(t, 0, np.float32),
    lambda t: np.linalg.norm(t, "fro", 1), lambda t: np.linalg.norm(t[0], "fro"),
    lambda t: np.sum(t, 0, np.float32), lambda t: np.round(np.ones(3), out=t), lambda t: np.any(t, out=t)])
def test_what_numpy_would_read_otherwise_is_refused(t, action):
    before = t.data.copy()
    with pytest.raises(TypeError, match="of Tensors"):
        action(t)
    assert (t.data == before).all()


@pytest.mark.parametrize("action", [
    lambda t: np.prod(t, axis=2), lambda t: np.flip(t, axis=2), lambda t: np.concatenate([t, t], axis=2),
    lambda t: np.stack([t, t], axis=5), lambda t: np.take(t, [0], axis=5), lambda t: np.split(t, 1, axis=2),
    lambda t: np.tensordot(t, t.data, ([3], [0])), lambda t: np.repeat(t, 2, axis=2), lambda t: t.sum(axis=2),
    lambda t: np.flip(t[0, 0], axis=0)])
def test_an_axis_that_is_not_there_is_refused(t, action):
    with pytest.raises(ValueError, match=r"axis [0-9] is out of bounds for array of dimension"):
        action(t)


@pytest.mark.parametrize("action", [
    lambda t: np.concatenate([t, t], axis=(1, 0)), lambda t: np.stack([t, t], axis=(0, 1)),
    lambda t: np.take(t, [0], axis=(0,)), lambda t: np.repeat(t, 2, axis=(1, 0)), lambda t: np.split(t, 1, axis=(1, 0)),
    lambda t: t.prod(0, np.float32), lambda t: t.var(0, 1)])
def test_what_ndarray_refuses_is_refused(t, action):
    with pytest.raises(TypeError):
        action(t)


def test_full_like_has_the_type_of_its_model():
    single = Tensor(np.float32([1, 2]))
    for fill in (np.float64(2), Tensor(2.0)):
        assert np.full_like(single, fill).dtype == np.float32
    assert np.full_like(single, 2.7, dtype=int).tolist() == [2, 2]


def test_an_operation_misses_an_argument():
    scaled = ad.Op("scaled", lambda x, y, by=5: x * y * by, lambda g, z, x, y, by: g * y * by,
                   lambda g, z, x, y, by: g * x * by)
    assert scaled(Tensor(3.0), 2.0).item() == 30 == scaled(Tensor(3.0), y=2.0).item()
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        scaled(Tensor(3.0))
    with pytest.raises(TypeError, match=r"scaled of Tensors takes \(x, y, by\): too few"):
        scaled(Tensor(3.0), by=1)


def test_lists_are_arrays():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    for f in (lambda x: x @ [[1.0], [2.0]], lambda x: [[1.0, 2.0]] @ x, lambda x: x ** [1.0, 2.0], lambda x: x * [1, 2],
              lambda x: [0.0, 2.0] ** x, lambda x: ad.mse([[0.0, 1.0], [2.0, 3.0]], x)):
        assert ad.gradcheck(f, x.data)
    assert ad.add([1.0], [2.0]).tolist() == [3] and ad.multiply([1.0, 2.0], 2).tolist() == [2, 4]


def test_a_copy_is_a_new_leaf():
    y = Tensor(2.0) * 3
    for z in (copy.copy(y), copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert type(z) is Tensor and z.op is None and z.data == 6 and z.tick > y.tick


def test_a_tensor_has_no_subclasses():
    with pytest.raises(TypeError, match="no subclasses"):
        type("Mine", (Tensor,), {})


def test_a_rule_that_forgets_to_return_is_named():
    forgetful = ad.Op("forgetful", np.sin, lambda g, z, x: None)
    with pytest.raises(TypeError, match="rule of forgetful for argument 0 gave None"):
        forgetful(Tensor(1.0)).backward()
