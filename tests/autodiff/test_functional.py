"""Transformations: values in, values out, trees, nesting."""
from collections import namedtuple

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor


def test_grad_and_value_and_grad():
    f = lambda x, y, z: (x + y) * z
    assert ad.grad(f)(-2.0, 5.0, -4.0) == -4
    assert ad.grad(f, 2)(-2.0, 5.0, -4.0) == 3
    assert ad.value_and_grad(f, (0, 1, 2))(-2.0, 5.0, -4.0) == (-12, (-4, -4, 3))


def test_arguments_not_differentiated_may_be_anything():
    loss = lambda logits, labels, *, scale: ad.softmax_cross_entropy(logits * scale, labels)
    g = ad.grad(loss)(np.zeros((2, 4)), [1, 3], scale=2)
    np.testing.assert_allclose(g, [[0.25, -0.75, 0.25, 0.25], [0.25, 0.25, 0.25, -0.75]])


def test_gradients_of_trees_have_their_form():
    Layer = namedtuple("Layer", "w b")
    params = {"first": Layer(np.ones((2, 3)), np.zeros(3)), "rest": [2.0, (np.ones(3),)]}
    f = lambda p: ad.sum((np.ones(2) @ p["first"].w + p["first"].b) * p["rest"][0] * p["rest"][1][0])
    value, g = ad.value_and_grad(f)(params)
    assert value == 12 and isinstance(g["first"], Layer)
    assert g["first"].w.tolist() == [[2] * 3] * 2 and g["first"].b.tolist() == [2] * 3
    assert g["rest"][0] == 6 and g["rest"][1][0].tolist() == [4] * 3


def test_vjp_may_be_pulled_back_many_times_and_gives_plain_values():
    value, pullback = ad.vjp(lambda x, y: x * y + y, 2.0, np.array([1.0, 3.0]))
    assert type(value) is np.ndarray and value.tolist() == [3, 9]
    for dout in ([1.0, 0.0], [0.0, 2.0]):
        dx, dy = pullback(np.array(dout))
        assert isinstance(dx, np.float64) and dx == np.dot(dout, [1, 3])
        assert type(dy) is np.ndarray and dy.tolist() == [3 * d for d in dout]


def test_vjp_of_several_outputs():
    value, pullback = ad.vjp(lambda x: {"s": ad.sin(x), "two": (x * x, 5.0)}, 0.5)
    assert value == {"s": np.sin(0.5), "two": (0.25, 5.0)}
    assert pullback({"s": 2.0, "two": (3.0, 7.0)})[0] == 2 * np.cos(0.5) + 3


def test_what_the_output_does_not_depend_on_has_gradient_0():
    dx, dy = ad.vjp(lambda x, y: x * 2, np.ones(2), np.ones((2, 3)))[1](np.ones(2))
    assert dx.tolist() == [2, 2] and dy.tolist() == [[0] * 3] * 2
    assert ad.grad(lambda x: 3.0)(1.0) == 0


def test_inputs_are_neither_changed_nor_returned():
    x, dout = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    value, pullback = ad.vjp(lambda x: x, x)
    (dx,) = pullback(dout)
    dx += 1
    assert x.tolist() == [1, 2] and dout.tolist() == [3, 4] and value.tolist() == [1, 2]


def test_jvp_agrees_with_differences():
    f = lambda x, p: ad.tanh(p["w"] @ x) * x[0]
    rng = np.random.default_rng(0)
    x, w, dx, dw = (rng.standard_normal(s) for s in [(3,), (2, 3), (3,), (2, 3)])
    value, tangent = ad.jvp(f, (x, {"w": w}), (dx, {"w": dw}))
    h = 1e-6
    numeric = (f(x + h * dx, {"w": w + h * dw}) - f(x - h * dx, {"w": w - h * dw})) / (2 * h)
    assert type(value) is type(tangent) is np.ndarray
    np.testing.assert_allclose(tangent, numeric, rtol=1e-8)
    np.testing.assert_allclose(value, f(x, {"w": w}))


def test_jacobian_hessian_and_hvp():
    a = np.array([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]])
    x, v = np.array([0.3, -0.2, 0.9]), np.array([1.0, 2.0, -1.0])
    np.testing.assert_allclose(ad.jacobian(lambda x: a @ (x * x))(x), a * 2 * x)
    assert ad.jacobian(lambda x: a * x)(2.0).shape == (2, 3)
    assert ad.jacobian(lambda k, x: a @ x * k, 1)(2.0, x).tolist() == (2 * a).tolist()
    f = lambda x: ad.sum(ad.exp(a @ x)) + ad.prod(x)
    h = ad.hessian(f)(x)
    rest = np.prod(x) / np.outer(x, x) * (1 - np.eye(3))
    np.testing.assert_allclose(h, a.T @ np.diag(np.exp(a @ x)) @ a + rest)
    np.testing.assert_allclose(ad.hvp(f, x, v), h @ v)
    assert ad.hvp(lambda p: p["a"] ** 3 * p["b"], {"a": 2.0, "b": 1.0}, {"a": 1.0, "b": 0.0}) == {"a": 12, "b": 12}


def test_third_derivatives():
    assert ad.grad(ad.grad(ad.grad(lambda x: x ** 5)))(2.0) == 240
    np.testing.assert_allclose(ad.jacobian(ad.hessian(lambda x: ad.sum(x ** 4)))(np.array([1.0, 2.0]))[1, 1, 1], 48)


def test_inner_and_outer_variables_are_not_confused():
    # The pattern of Siskind and Pearlmutter (2005): d/dx [x · d/dy (x + y)] at 1 is 1, not 2.
    assert ad.grad(lambda x: x * ad.grad(lambda y: x + y)(1.0))(1.0) == 1
    assert ad.grad(lambda x: x * ad.grad(lambda y: x * y)(1.0))(3.0) == 6
    assert ad.grad(lambda x: ad.grad(lambda y: x * y ** 2)(x))(3.0) == 12


def test_a_tensor_from_outside_makes_the_result_differentiable():
    w = Tensor(3.0)
    slope = ad.grad(lambda x: w * x * x)(2.0)
    assert type(slope) is Tensor and slope.item() == 12
    slope.backward()
    assert w.grad == 4
    with ad.no_grad():
        assert ad.grad(lambda x: w * x * x)(2.0) == 12
        assert type(ad.grad(lambda x: w * x * x)(2.0)) is np.float64


def test_an_inner_gradient_leaves_the_outer_graph_alone():
    copies = []
    costly = ad.Op("costly", lambda x: x + 0, lambda g, z, x: (copies.append(1), g)[1])

    def f(x):
        y = costly(x)
        return ad.grad(lambda t: t * t * y)(2.0)        # 4 y: the inner walk must not go below t
    assert ad.grad(f)(1.0) == 4 and len(copies) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_pass_through(dtype):
    x = np.array([0.5, 1.5], dtype)
    f = lambda x: ad.sum(ad.exp(x) * x)
    assert ad.grad(f)(x).dtype == ad.hvp(f, x, x).dtype == ad.hessian(f)(x).dtype == dtype
    assert ad.jvp(ad.exp, (x,), (x,))[1].dtype == dtype
    assert ad.vjp(ad.exp, x)[1](np.ones(2))[0].dtype == dtype
