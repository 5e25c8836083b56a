"""What stands beside Tensors: it is of any type in any place, and is the graph's own until the backward pass."""
import array
import operator
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Tensor
from autodiff.functional import leaves, rebuild
from autodiff.tensor import value_of

# every operation of two operands, each as a function of both
PAIRS = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "pow", "matmul")},
    **{f"ad.{name}": getattr(ad, name) for name in ("add", "subtract", "multiply", "divide", "power", "maximum",
                                                    "minimum", "mse", "matmul", "dot", "inner", "outer")},
    **{f"np.{name}": getattr(np, name) for name in ("add", "multiply", "power", "maximum", "matmul", "dot", "outer")},
    "tensordot": lambda x, y: np.tensordot(x, y, 1), "einsum": lambda x, y: ad.einsum("...i,...i->...", x, y),
    "einsum by number": lambda x, y: np.einsum(x, [..., 0], y, [..., 0], [...]),
    "where": lambda x, y: np.where([True, False], x, y), "concatenate": lambda x, y: np.concatenate([x, y, x]),
    "stack": lambda x, y: ad.stack((x, y), axis=-1)}
LAYER = {"x": [[0.5, 2.0], [1.5, 0.75]], "w": [[1.25, 0.5], [0.25, 1.0]], "b": [0.5, 1.5]}

ROW, SQUARE = [2.0, 0.5], [[2.0, 0.5], [1.0, 3.0]]
NUMBERS = [2, 2.0, True, np.float32(2), np.float64(2), np.float16(2), np.longdouble(2), np.int8(2), np.uint8(2),
           np.uint64(2), np.True_, np.array(2.0), np.array(2, np.float32), np.array(2),
           type("Number", (float,), {})(2.0)]
ROWS = [ROW, tuple(ROW), np.array(ROW), np.float32(ROW), np.array([2, 1]), np.array([2, 1], np.uint8),
        np.array([True, True]), range(1, 3), array.array("d", ROW), memoryview(np.array(ROW)),
        np.array([ROW, ROW]).T[:, 0],
        np.array([2.0, 9.0, 0.5, 9.0])[::2], np.broadcast_to(2.0, 2), (np.float64(2), 1), [Fraction(1, 2), 2][1:] * 2,
        type("Like", (), {"__array__": lambda self, dtype=None, copy=None: np.array(ROW)})()]
SQUARES = [SQUARE, tuple(map(tuple, SQUARE)), [np.array(ROW), ROW], (np.array(ROW), tuple(ROW)), np.array(SQUARE),
           np.asfortranarray(SQUARE), np.array(SQUARE).T, np.array(SQUARE)[::-1]]


def gradient(f, x, y, dout):
    """The value of f, and the gradients of the Tensors among x and y; None for a constant."""
    z = f(x, y)
    assert type(z) is Tensor
    z.backward(dout * np.ones(z.shape))
    return [z.data, *(v.grad if type(v) is Tensor else None for v in (x, y))]


@pytest.mark.parametrize("name", PAIRS)
def test_a_constant_of_any_type_in_any_place_is_an_array(name):
    f, tried = PAIRS[name], 0
    for constants, value in ((NUMBERS, ROW), (ROWS, ROW), (SQUARES, SQUARE)):
        for c in constants:
            plain = np.asarray(c) if not isinstance(c, (int, float)) else c
            for swap in (False, True):
                def pair(const, swap=swap, value=value):
                    x = Tensor(np.array(value) + 0.25)
                    return (const, x) if swap else (x, const)
                try:
                    f(*[value_of(v) for v in pair(plain)])
                except (ValueError, IndexError):
                    continue                                      # of shapes that do not fit
                expected = gradient(f, *pair(plain), 1.5)
                for got, right in zip(gradient(f, *pair(c), 1.5), expected, strict=True):
                    np.testing.assert_array_equal(got, right, err_msg=f"{name} {c!r} {swap=}")
                    assert got is None or got.dtype == right.dtype
                tried += 1
    assert tried >= 15


@pytest.mark.parametrize("place", LAYER)
@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_each_argument_of_a_layer_may_be_a_constant(place, kind):
    given = {key: Tensor(value) for key, value in LAYER.items()}
    given[place] = kind(LAYER[place])
    ad.affine(**given).sum().backward()
    full = {key: Tensor(value) for key, value in LAYER.items()}
    ad.affine(**full).sum().backward()
    for key in LAYER.keys() - {place}:
        np.testing.assert_array_equal(given[key].grad, full[key].grad)


@pytest.mark.parametrize("constant", [Fraction(1, 2), np.array([Fraction(1, 2)] * 2), "a", b"a", None, {1: 2}, {1, 2},
                                      object(), np.array(["a", "b"]), 1j, np.timedelta64(1, "s")])
@pytest.mark.parametrize("name", ["add", "mul", "ad.maximum", "pow", "ad.multiply"])
def test_what_is_no_number_is_refused(name, constant):
    for x, y in ((Tensor(ROW), constant), (constant, Tensor(ROW))):
        if name == "pow" and isinstance(x, Fraction):
            continue                                              # makes a float of itself
        with pytest.raises(TypeError):
            PAIRS[name](x, y)


# -- subclasses of ndarray -------------------------------------------------------------------------------------------

class Metres(np.ndarray):
    """A subclass of which nothing is known."""


with warnings.catch_warnings(action="ignore"):                    # of numpy, against matrices
    MATRIX = np.matrix(SQUARE)
OTHERS = {"matrix": MATRIX, "masked array": np.ma.array(SQUARE, mask=[[True, False], [False, False]]),
          "subclass": np.array(SQUARE).view(Metres), "masked number": np.ma.masked}
PLACES = {
    **{name: lambda t, c, f=f: f(t, c) for name, f in PAIRS.items()},
    **{f"{name}, swapped": lambda t, c, f=f: f(c, t) for name, f in PAIRS.items()},
    "affine": lambda t, c: ad.affine(t, c, np.ones(2)), "condition": lambda t, c: ad.where(c, t, 0.0),
    "clip": lambda t, c: np.clip(t, c, 9), "Tensor": lambda t, c: Tensor(c),
    "grad": lambda t, c: ad.grad(lambda x: ad.sum(x * x))(c), "vjp": lambda t, c: ad.vjp(lambda x: x * 2, c),
    "upstream": lambda t, c: (t * 2).backward(c), "pullback": lambda t, c: ad.vjp(lambda x: x * 2, t.data)[1](c),
    "checkpoint": lambda t, c: ad.checkpoint(lambda x, y: x + y)(t, c), "index": lambda t, c: t[c],
    "gradcheck": lambda t, c: ad.gradcheck(lambda x: x * x, c), "take": lambda t, c: ad.take(t, c),
    "forward": lambda t, c: ad.Op("odd", lambda x: c, lambda g, z, x: g)(t),
    "rule": lambda t, c: ad.Op("odd", lambda x: x + 0, lambda g, z, x: c)(t).backward(np.ones((2, 2))),
    "labels": lambda t, c: ad.softmax_cross_entropy(t, c[0])}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("place", PLACES)
def test_a_matrix_or_a_masked_array_is_refused_wherever_it_stands(place, kind):
    if kind == "masked number" and place in ("labels", "pullback", "upstream"):
        return                                                    # it has no [0]; None of these takes a number
    words = "since its mask would be lost" if "masked" in kind else "its operators may not be an array's"
    with pytest.raises((TypeError, ValueError), match=f"{words}|by the way|exponent must"):
        PLACES[place](Tensor(SQUARE), OTHERS[kind])


def test_a_memory_map_is_an_array(tmp_path):
    np.save(tmp_path / "a.npy", np.array(SQUARE))
    for mode in ("r", "r+", "c"):
        a = np.load(tmp_path / "a.npy", mmap_mode=mode)
        x = Tensor(SQUARE)
        (x * a).sum().backward()
        assert x.grad.tolist() == SQUARE == Tensor(a).data.tolist()
        assert ad.grad(lambda x: ad.sum(x * x))(a).tolist() == (2 * np.array(SQUARE)).tolist()


# -- what is changed between the passes --------------------------------------------------------------------------------

INDEX, MASK, LABELS, NESTED = np.array([1, 0, 1]), np.array([[True, False], [True, True]]), np.array([1, 0]), [0, 1, 1]
BOUNDS, KEY = [np.array([0.0, 1.0]), np.array([1.0, 2.5])], [np.array([0, 1]), [1, 1]]
SETTINGS = {
    "index": (lambda x: x[INDEX], [INDEX]), "mask": (lambda x: x[MASK], [MASK]),
    "list": (lambda x: x[NESTED], [NESTED]),
    "pairs": (lambda x: x[tuple(KEY)], KEY), "pairs beside a slice": (lambda x: x[None, KEY[0]], KEY[:1]),
    "take": (lambda x: ad.take(x, INDEX, 1), [INDEX]), "repeat": (lambda x: ad.repeat(x, INDEX[:2], 0), [INDEX]),
    "where": (lambda x: ad.where(MASK, x, x * 2), [MASK]),
    "labels": (lambda x: ad.softmax_cross_entropy(x, LABELS), [LABELS]),
    "clip": (lambda x: ad.clip(x, *BOUNDS), BOUNDS), "transpose": (lambda x: ad.transpose(x, LABELS), [LABELS]),
    "axes": (lambda x: ad.moveaxis(x, LABELS.tolist(), [0, 1]), []),
    "condition": (lambda x: np.where(MASK.tolist(), x, 0), [])}


def spoil(thing):
    """Change an array or a list in place, as far as it can be changed."""
    if type(thing) is list:
        thing[:] = [0] * len(thing)
    elif isinstance(thing, np.ndarray) and thing.flags.writeable:
        thing[...] = ~thing if thing.dtype == bool else 0 if thing.dtype.kind in "iu" else thing * 3 + 7


@pytest.mark.parametrize("name", SETTINGS)
def test_a_key_or_a_mask_may_be_changed_after_the_forward_pass(name):
    f, given_too = SETTINGS[name]
    kept = [list(thing) if type(thing) is list else thing.copy() for thing in given_too]
    value, pullback = ad.vjp(f, np.array(SQUARE))
    expected = ad.vjp(f, np.array(SQUARE))[1](np.ones(np.shape(value)))[0]
    try:
        for thing in given_too:
            spoil(thing)
        np.testing.assert_array_equal(pullback(np.ones(np.shape(value)))[0], expected)
    finally:
        for thing, before in zip(given_too, kept, strict=True):
            thing[:] = before


@pytest.mark.parametrize("name", PAIRS)
def test_a_constant_may_be_changed_after_the_forward_pass(name):
    for value in (ROW, SQUARE):
        for swap in (False, True):
            x, c = np.array(value) + 0.25, np.array(value)
            f = (lambda x, c=c: PAIRS[name](c, x)) if swap else (lambda x, c=c: PAIRS[name](x, c))
            value_of_f, pullback = ad.vjp(f, x)
            expected = ad.vjp(f, x)[1](np.ones(np.shape(value_of_f)))[0]
            spoil(c)
            np.testing.assert_array_equal(pullback(np.ones(np.shape(value_of_f)))[0], expected, err_msg=f"{swap=}")


STEPS = [lambda x, c, k: ad.tanh(x), lambda x, c, k: ad.softmax(x), lambda x, c, k: x * c,
         lambda x, c, k: c - x, lambda x, c, k: x / (c + 5), lambda x, c, k: x @ c,
         lambda x, c, k: c @ x, lambda x, c, k: x[k], lambda x, c, k: ad.maximum(x, c), lambda x, c, k: x.T,
         lambda x, c, k: x.reshape(2, 2), lambda x, c, k: ad.where(c > 0, x, c), lambda x, c, k: ad.tanh(x) + c,
         lambda x, c, k: ad.checkpoint(lambda x, c: ad.sin(x) * c)(x, c), lambda x, c, k: ad.concatenate([x, c])[:2],
         lambda x, c, k: ad.einsum("ij,kj->ik", x, c),
         lambda x, c, k: ad.Op("own", np.multiply, lambda g, z, x, c: g * c)(x, c)]


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=6), seed=st.integers(0, 2**32 - 1),
       times=st.integers(1, 2))
def test_every_array_that_a_caller_can_reach_may_be_changed_between_the_passes(steps, seed, times):
    """Also between two pullbacks, and by f itself, which uses one buffer for all of its constants."""
    rng = np.random.default_rng(seed)
    x, dout, values = rng.standard_normal((2, 2)), rng.standard_normal((2, 2)), rng.standard_normal((len(steps), 2, 2))
    keys = rng.integers(0, 2, (len(steps), 2))

    def alone(x):
        for step, c, k in zip(steps, values, keys, strict=True):
            x = step(x, c.copy(), k.copy())
        return x
    expected_value, pullback = ad.vjp(alone, x.copy())
    (expected,) = pullback(dout)

    buffer, key = np.empty((2, 2)), np.empty(2, int)

    def reusing(x):
        for step, c, k in zip(steps, values, keys, strict=True):
            buffer[...], key[...] = c, k
            x = step(x, buffer, key)
        return x
    x_given = x.copy()
    value, pullback = ad.vjp(reusing, x_given)
    np.testing.assert_array_equal(value, expected_value)
    np.testing.assert_array_equal(ad.grad(lambda x: ad.sum(reusing(x) * dout))(x), expected)
    for _ in range(times):
        for reachable in (x_given, value, buffer, key):
            spoil(reachable)
        given_dout = dout.copy()
        (dx,) = pullback(given_dout)
        np.testing.assert_array_equal(dx, expected)
        spoil(dx)
        spoil(given_dout)


@pytest.mark.parametrize("f", [ad.tanh, ad.exp, ad.softmax, ad.norm, lambda x: (ad.sqrt(x), [ad.exp(x)]),
                               lambda x: x.T])
def test_the_value_of_vjp_may_be_changed_before_the_pullback(f):
    x = np.array(SQUARE)
    value, pullback = ad.vjp(f, x)
    dout = rebuild(value, (np.ones(np.shape(part)) for part in leaves(value)))
    expected = ad.vjp(f, x)[1](dout)[0]
    for part in (x, *leaves(value)):
        spoil(part)
    np.testing.assert_array_equal(pullback(dout)[0], expected)


def test_an_array_that_cannot_be_changed_is_not_copied():
    a = np.array(SQUARE)
    a.flags.writeable = False
    x = Tensor(SQUARE)
    assert (x * a).args[1] is a and np.shares_memory((x[0] * a[1]).args[1], a)
    view = np.broadcast_to(np.array(ROW), (2, 2))                 # read-only, but its base is not
    assert not np.shares_memory((x * view).args[1], view)


def test_a_sum_needs_no_copy_of_its_constant_but_another_operation_of_that_name_does():
    a = np.array(SQUARE)
    assert (Tensor(SQUARE) + a).args[1] is a and (a - Tensor(SQUARE)).args[0] is a
    own = ad.Op("add", np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)
    x = Tensor(SQUARE)
    y = own(x, a)
    a[:] = 0
    y.sum().backward()
    assert x.grad.tolist() == SQUARE


def test_what_a_pullback_gives_is_its_own_also_inside_another_transformation():
    def outer(x):
        dout = np.array(ROW)
        _, pullback = ad.vjp(lambda y: y * x, np.array([1.0, 3.0]))
        (dy,) = pullback(dout)
        dout[:] = 0
        return ad.sum(dy * dy)
    np.testing.assert_allclose(ad.grad(outer)(np.array([1.0, 2.0])), 2 * np.array([1.0, 2.0]) * np.square(ROW))
