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


@pytest.mark.parametrize("f", [
    lambda x: ad.sum(B * x) + ad.sum(x ** 3), lambda x: ad.sum(x ** 3) + ad.sum(B * x),
    lambda x: -(B @ x) + (x @ x) ** 2, lambda x: ad.sum(x * B + x ** 3)])
def test_a_second_derivative_does_not_hang_on_the_order_of_terms(f):
    x = np.array([0.5, 0.2])
    assert ad.gradcheck(f, x, order=2)
    np.testing.assert_allclose(ad.hessian(f)(x) @ B, ad.hvp(f, x, B))


B = np.array([1.0, -1.0])


@pytest.mark.parametrize("inner", [
    lambda y: ad.vjp(lambda x: y, 1.0)[0], lambda y: ad.value_and_grad(lambda x: y)(1.0)[0],
    lambda y: ad.vjp(lambda x: {"a": y, "b": x * 2}, 1.0)[0]["a"], lambda y: ad.jvp(lambda x: y, (1.0,), (1.0,))[0]])
def test_a_tensor_from_outside_that_is_returned_as_it_is_keeps_its_gradient(inner):
    assert ad.grad(lambda w: inner(w * w))(3.0) == 6 and ad.grad(lambda w: inner(w) * 2)(3.0) == 2


def test_dicts_are_matched_by_their_keys():
    f = lambda p: p["a"] ** 3 * p["b"]
    assert ad.hvp(f, {"a": 2.0, "b": 1.0}, {"b": 0.0, "a": 1.0}) == {"a": 12, "b": 12}
    assert ad.vjp(lambda x: {"a": x, "b": 10 * x}, 1.0)[1]({"b": 0.0, "a": 1.0}) == (1,)
    at, along = ({"a": 1.0, "b": 1.0},), ({"b": 1.0, "a": 0.0},)
    assert ad.jvp(lambda p: p["a"] + 10 * p["b"], at, along) == (11, 10)
    with pytest.raises(ValueError, match="must have the output's form, a dict with 'a'; it has a dict with 'b'"):
        ad.vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0})
    assert ad.vjp(lambda x: x * 2, np.ones(2))[1]([1, 10])[0].tolist() == [2, 20]         # a list for one array


@pytest.mark.parametrize(("action", "error", "words"), [
    (lambda: ad.grad(lambda x: None)(1.0), TypeError, "gave None: it may lack a return"),
    (lambda: ad.grad(lambda x: (x, x))(1.0), ValueError, "this one gave tuple"),
    (lambda: ad.jacobian(lambda p: p["a"])({"a": np.ones(2)}), TypeError, "single arrays"),
    (lambda: ad.jacobian(lambda x: [x, x])(1.0), TypeError, "single arrays"),
    (lambda: ad.hessian(lambda x: x[0] * x[1])([1.0, 2.0]), TypeError, "single arrays"),
    (lambda: ad.grad(lambda x, y: x * y, (0, -2))(1.0, 2.0), TypeError, "each once"),
    (lambda: ad.jacobian(lambda x, y: x * y, (0, 1))(1.0, 2.0), TypeError, "for one argument"),
    (lambda: ad.vjp(lambda x: x * 2, 1.0)[1]({"a": 1.0}), ValueError, "the output's form, one array"),
    (lambda: ad.grad(lambda x: x, ())(1.0), TypeError, "nothing to differentiate"),
    (lambda: ad.grad(lambda x: x)(x=1.0), TypeError, "given by position"),
    *[(lambda given=given: ad.grad(lambda x: given)(1.0), TypeError, "has no derivative")
      for given in ("loss", b"loss", object(), {1.0}, 1j, np.array(["a"]), np.float64, True, np.True_,
                    np.datetime64(1, "s"))],
    (lambda: ad.grad(lambda x: x > 0)(1.0), TypeError, "it may compare at its end"),
    (lambda: ad.vjp(lambda x: {"loss": x, "name": "loss"}, 1.0), TypeError,
     "gave 'loss' .str., which has no derivative"),
    *[(lambda wrt=wrt: ad.grad(lambda x, y: x * y, wrt)(1.0, 2.0), TypeError, "wrt names arguments by their place")
      for wrt in ("y", 1.0, None, True, np.True_, ("x", "y"), [0, "y"], slice(2))],
    (lambda: ad.jacobian(lambda x, y: x * y, "y")(1.0, 2.0), TypeError, "wrt names arguments by their place"),
    (lambda: ad.hessian(lambda x, y: x * y, "y")(1.0, 2.0), TypeError, "wrt names arguments by their place")])
def test_what_cannot_be_differentiated_is_told(action, error, words):
    with pytest.raises(error, match=words):
        action()


def test_outputs_that_are_whole_numbers_have_no_part_in_it():
    value, change = ad.jvp(lambda x: (x * 2, 5), (1.0,), (1.0,))
    assert value == (2, 5) and change == (2, 0)


def test_what_is_beside_the_outputs_may_be_a_mask_or_a_count():
    value, pullback = ad.vjp(lambda x: (x * x, x > 0, 7), np.array([2.0, -1.0]))
    assert value[1].tolist() == [True, False] and value[2] == 7
    assert pullback((np.ones(2), 0.0, 0.0))[0].tolist() == [4, -2]


def test_arguments_by_list_and_from_the_end():
    assert ad.grad(lambda x, y: x * y, np.int64(1))(2.0, 3.0) == 2
    assert ad.grad(lambda x, y: x * y, [1, 0])(2.0, 3.0) == (2, 3)
    assert ad.grad(lambda x, y: x * y, -1)(2.0, 3.0) == 2


def test_matrices_of_numbers_are_numbers_and_of_constants_zero():
    assert type(ad.hessian(lambda x: x ** 3)(2.0)) is np.float64
    assert ad.jacobian(lambda x: 3.0)(np.ones(2)).tolist() == [0, 0]


def test_gradients_belong_to_the_caller():
    w, a = Tensor([3.0, 4.0]), np.array([1.0, 2.0])
    gx, gy = ad.grad(lambda x, y: ad.sum(a * (x + y * w)), (0, 1))(np.ones(2), np.ones(2))
    gx *= 0
    gy.backward(np.ones(2))
    assert w.grad.tolist() == [1, 2] == a.tolist()


def test_an_upstream_tensor_leaves_plain_gradients_where_nothing_is_recorded():
    x = Tensor([1.0, 2.0])
    (x * x).backward(Tensor([1.0, 1.0]))
    assert type(x.grad) is np.ndarray
    with ad.no_grad():
        assert type(ad.vjp(lambda x: x * x, 2.0)[1](Tensor(1.0))[0]) is np.float64


def test_a_gradient_that_is_a_tensor_has_its_inputs_type():
    w = Tensor(3.0)
    assert ad.grad(lambda x: w * x * x)(np.float32(2)).dtype == np.float32
