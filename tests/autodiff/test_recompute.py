"""Checkpoints: the same gradient to the last bit, far fewer values held."""
import tracemalloc

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor


def step(x):
    return ad.sin(x) * 1.1


def chain(x, n, every=None):
    def part(x, length):
        for _ in range(length):
            x = step(x)
        return x
    if every is None:
        return part(x, n)
    for _ in range(n // every):
        x = ad.checkpoint(lambda x: part(x, every))(x)
    return x


def test_the_gradient_is_the_same_to_the_last_bit():
    x = np.random.default_rng(0).standard_normal(50)
    plain, kept = (ad.grad(lambda x, e=e: ad.sum(chain(x, 64, e)))(x) for e in (None, 8))
    assert np.array_equal(plain, kept) and np.any(plain != 0)


def test_a_network_with_parameters_of_its_own_in_each_layer():
    rng = np.random.default_rng(1)
    layers = [{"w": rng.standard_normal((4, 4)), "b": rng.standard_normal(4)} for _ in range(3)]
    layer = lambda x, p: ad.tanh(ad.affine(x, p["w"], p["b"]))

    def loss(layers, layer):
        x = np.ones((2, 4))
        for p in layers:
            x = layer(x, p)
        return ad.sum(x * x)
    plain, kept = (ad.grad(loss)(layers, f) for f in (layer, ad.checkpoint(layer)))
    for a, b in zip(plain, kept, strict=True):
        assert np.array_equal(a["w"], b["w"]) and np.array_equal(a["b"], b["b"])


def peak(n, every):
    """The most memory held at once, in arrays, by forward and backward pass."""
    x = Tensor(np.full(100_000, 0.5))
    tracemalloc.start()
    try:
        chain(x, n, every).sum().backward()
        return tracemalloc.get_traced_memory()[1] / x.data.nbytes
    finally:
        tracemalloc.stop()


def test_a_chain_holds_a_multiple_of_root_n_arrays():
    n, root = 144, 12
    assert peak(n, None) >= 2 * n
    assert peak(n, root) <= 3 * root + 8                # root checkpoints, one part of 2 root values, a few more


def test_higher_orders_and_the_forward_value():
    f = ad.checkpoint(lambda x, y: ad.exp(x) * y * y)
    g = lambda x, y: ad.exp(x) * y * y
    assert ad.hessian(lambda x: f(x, x))(0.7) == pytest.approx(ad.hessian(lambda x: g(x, x))(0.7), rel=1e-14)
    assert ad.grad(ad.grad(ad.grad(lambda x: f(x, 2.0))))(0.7) == pytest.approx(4 * np.exp(0.7), rel=1e-14)
    assert f(1.0, 2.0) == g(1.0, 2.0) and type(f(1.0, 2.0)) is np.float64


def test_constants_and_trees_among_the_arguments():
    f = ad.checkpoint(lambda p, rows: p["w"][rows] * p["s"])
    g = ad.grad(lambda p: ad.sum(f(p, np.array([1, 1, 2]))))({"w": np.arange(3.0), "s": 2.0})
    assert g["w"].tolist() == [0, 4, 2] and g["s"] == 4


def test_what_is_computed_again_must_be_the_same():
    rng, scale = np.random.default_rng(0), np.array([1.0, 2.0])
    for f in (lambda x: x * rng.random(2), lambda x: x * scale, lambda x: x[:len(scale[scale > 0])]):
        scale[:] = 1, 2
        _, pullback = ad.vjp(lambda x, f=f: ad.checkpoint(f)(x) * 1.0, np.ones(2))
        scale[0] = -5
        with pytest.raises(ValueError, match="gave another value when it was computed again: random numbers"):
            pullback(np.ones(2))
    noise = rng.random(2)
    assert ad.grad(lambda x: ad.sum(ad.checkpoint(lambda x, r: x * r)(x, noise)))(np.ones(2)).tolist() == noise.tolist()


def test_nan_is_the_same_as_nan(recwarn):
    with np.errstate(invalid="ignore"):
        g = ad.grad(lambda x: ad.sum(ad.checkpoint(ad.sqrt)(x)))(np.array([-1.0, 4.0]))
    assert np.isnan(g[0]) and g[1] == 0.25


def test_a_function_that_writes_into_its_arguments_is_stopped():
    def f(x):
        x += 1
        return x * x
    x = np.ones(2)
    with pytest.raises(ValueError, match="f: output array is read-only"):
        ad.grad(lambda x: ad.sum(ad.checkpoint(f)(x)))(x)
    assert x.tolist() == [1, 1]


def test_a_tensor_from_outside_is_refused():
    w = Tensor(2.0)
    with pytest.raises(ValueError, match=r"uses a Tensor from outside.*make it an argument"):
        ad.checkpoint(lambda x: x * w)(Tensor(1.0))
