"""Programs: what they refuse, what they see anew at each run, that each bit is the walk's."""
import dataclasses
import functools
import inspect
import math
import random
import threading
import time
import warnings
from typing import NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff.functional import leaves
from autodiff.programs.running import same_bits
from tests import peers

W = np.array([1.5, -2.0])


def assert_same(got, right):
    for x, y in zip(leaves(got), leaves(right), strict=True):
        assert type(x) is type(y) and same_bits(x, y)


def assert_as_walked(f, *args, wrt=0, **kwargs):
    """The program of f gives the walk's numbers, when it records and when it runs; the program."""
    p = ad.program(f, wrt)
    walk = f if wrt is None else ad.value_and_grad(f, wrt)
    for _ in range(2):
        assert_same(p(*args, **kwargs), walk(*args, **kwargs))
    assert p.count == 1
    return p


# -- what is called like what -----------------------------------------------------------------------------------------

def test_values_and_gradients_of_several_arguments():
    f = lambda x, y, z: ad.sum((x + y) * z)
    for wrt in (0, -1, (0, 2), [2, 1]):
        assert_as_walked(f, W, W + 1, 3.0, wrt=wrt)


def test_trees_lists_keywords_and_labels():
    params = {"first": {"w": np.ones((2, 3)), "b": np.zeros(3)}, "rest": [2.0, (np.ones(3),)]}

    def loss(p, x, labels, *, scale):
        h = ad.tanh(x @ p["first"]["w"] + p["first"]["b"]) * p["rest"][0] * p["rest"][1][0]
        return ad.softmax_cross_entropy(h * scale, labels)
    p = assert_as_walked(loss, params, np.ones((4, 2)), np.array([0, 1, 2, 0]), scale=2)
    with pytest.raises(ValueError, match="labels are from 0 to 2; these are from 0 to 3"):
        p(params, np.ones((4, 2)), np.array([0, 1, 3, 0]), scale=2)
    with pytest.raises(ValueError, match="single number"):
        ad.program(lambda x: x * 2)(W)
    with pytest.raises(TypeError, match="real floating-point"):
        ad.program(lambda x: x * 2)(3)


class Layer(NamedTuple):
    w: np.ndarray
    b: np.ndarray


class Params(list):
    pass


@pytest.mark.parametrize("params", [Layer(W, W + 1), Params([W, W + 1]), {"deep": [Layer(W, W + 1)] * 2}])
def test_trees_of_classes_of_ones_own(params):
    layer = (lambda p: p["deep"][1]) if isinstance(params, dict) else lambda p: p
    assert_as_walked(lambda p: ad.sum(layer(p)[0] * layer(p)[1]), params)
    (made,) = ad.program(lambda w: [Layer(w * 2, w)], wrt=None)(W)
    assert type(made) is Layer and made.w.tolist() == [3.0, -4.0]


@pytest.mark.parametrize("x", [np.zeros((0, 3)), np.zeros((3, 0), "f"), W.reshape(1, 2).astype(">f8"),
                               W.reshape(2, 1).astype(">f4")])
def test_arrays_without_elements_and_in_another_order_of_bytes(x):
    for f in (ad.sum, lambda x: ad.sum(x * x), lambda x: ad.sum(ad.tanh(x) + 1), lambda x: ad.sum(3 * x) + x.size,
              lambda x: ad.sum(ad.where(x > 0, x, 2 * x))):
        assert_as_walked(f, x)


def test_gradients_that_are_constants_are_numpys_numbers():
    assert_as_walked(lambda x: x * -4.0, 2.0)
    assert_as_walked(lambda x: 3.0, np.float32(2.0))
    assert_as_walked(lambda x, y: ad.sum(x) * 0.1 + y, W.astype("f"), np.float32(1), wrt=(0, 1))


def test_a_form_is_recorded_once():
    p = ad.program(lambda x, n: ad.sum(x ** n))
    for args in [(W, 2), (W + 1, 2), (W, 3), (np.ones(3), 2), (W.astype("f"), 2), (W, 2.0), (W[::-1], 2), (2.0, 2),
                 (np.float32(2), 2), (W, 2)]:
        assert_same(p(*args), ad.value_and_grad(lambda x, n: ad.sum(x ** n))(*args))
    assert p.count == 8


def test_gradients_belong_to_the_caller():
    a = np.array([1.0, 2.0])
    p = ad.program(lambda x, y: ad.sum(a * (x + y)), (0, 1))
    for _ in range(2):
        _, (gx, gy) = p(np.ones(2), np.ones(2))
        gx *= 0
        assert gy.tolist() == [1, 2] == a.tolist()


def test_inside_another_transformation_it_is_the_walk():
    p = ad.program(lambda x: ad.sum(x ** 3))
    assert ad.grad(lambda x: ad.sum(p(x)[1]))(W).tolist() == (6 * W).tolist()


@pytest.mark.parametrize("f", [
    lambda x: ad.jvp(lambda x: ad.tanh(x) * x, (x,), (x,)), lambda x: ad.hvp(lambda x: ad.prod(x) ** 2, x, x),
    lambda x: ad.hessian(lambda x: ad.sum(ad.exp(x)) * x[0])(x), lambda x: ad.jacobian(lambda x: ad.cumsum(x * x))(x),
    lambda x: ad.vjp(lambda x: {"a": x, "b": x * x}, x)[1]({"b": x, "a": 2 * x})[0],
    lambda x: {"twice": x * 2, "same": x}])
def test_any_function_of_arrays(f):
    assert_as_walked(f, W, wrt=None)


def test_gradients_of_gradients():
    assert_as_walked(ad.grad(ad.grad(lambda x: x ** 5)), 2.0)
    assert_as_walked(lambda x: ad.sum(ad.grad(lambda x: ad.sum(ad.tanh(x) ** 2))(x) ** 2), W)


# -- the source -------------------------------------------------------------------------------------------------------

LABELS = np.array([0, 1, 1])


def network(w, b, params, *, steps):
    h = ad.tanh(X @ w + b)
    for _ in range(steps):
        h = h * params["gain"] + h
    return ad.softmax_cross_entropy(h, LABELS)


PASTED = [
    (network, (np.eye(2), np.zeros(2), {"gain": np.ones(2)}), {"steps": 2}),
    (lambda w: ad.sum(ad.exp(w) * X) + ad.prod(w), (W,), {}), (lambda w: ad.max(w[[0, 1, 1]] * w.sum()), (W,), {}),
    (lambda w, k: ad.sum(ad.einsum("ij,j->i", X, w) ** k) + ad.norm(w), (W, 3), {}),
    (lambda w: ad.sum(ad.grad(lambda x: ad.sum(ad.sigmoid(x) ** 2))(w) ** 2), (W,), {}),
    (lambda w: ad.sum(ad.checkpoint(ad.tanh)(w) * ad.where(w > 0, w, 2.0)), (W.astype("f"),), {}),
    (lambda w: ad.sum(ad.tril(ad.outer(w, w)) * ad.std(w)), (W,), {}), (lambda w: w * w, (2.0,), {}),
    (lambda ws: ad.sum(ad.stack(ws) / 3.0) + ad.logsumexp(ad.concatenate(ws)), ([W, W + 1],), {})]


@pytest.mark.parametrize(("f", "args", "kwargs"), PASTED)
def test_the_source_runs_where_it_is_pasted(f, args, kwargs):
    source = ad.program(f).source(*args, **kwargs)
    space = {"np": np}
    exec(source, space)
    signature = inspect.signature(space["value_and_grad"])
    outside = {name: globals()[name] for name, p in signature.parameters.items()
               if p.kind is p.KEYWORD_ONLY and name not in kwargs}
    assert_same(space["value_and_grad"](*args, **kwargs, **outside), ad.value_and_grad(f)(*args, **kwargs))


READS = """\
def value_and_grad(w, b, params, *, steps, X, LABELS):
    # w (2, 2) float64, b (2,) float64, gain (2,) float64, X (3, 2) float64
    # LABELS (3,) int64
    # written in: steps = 1
    gain = params["gain"]
    # forward
    h = np.tanh(X @ w + b)                   # (3, 2)
    h2 = h * gain + h                        # (3, 2)
    if LABELS.size and not 0 <= LABELS.min() <= LABELS.max() < 2:
        raise ValueError("softmax_cross_entropy: with logits of shape (3, 2) labels are from 0 to 1; "
                         f"these are from {LABELS.min()} to {LABELS.max()}")
    v1 = h2 - h2.max(axis=1, keepdims=True)  # (3, 2)
    v2 = np.exp(v1)                          # (3, 2)
    v3 = v2.sum(axis=1, keepdims=True)       # (3, 1)
    value = (np.log(v3[:, 0]) - v1[np.arange(3), LABELS]).sum(0) / 3
    v2 /= v3
    v2[np.arange(3), LABELS] -= 1
    # backward
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        d1 = 0.3333333333333333 * v2         # (3, 2)
        d_h = d1 + d1 * gain                 # (3, 2)
        d_gain = (d1 * h).sum(0)             # (2,)
        d2 = d_h * (1 - h * h)               # (3, 2)
        d_b = d2.sum(0)                      # (2,)
        d_w = X.T @ d2                       # (2, 2)
    return value, (d_w, d_b, {"gain": d_gain})
"""


def test_the_source_reads_as_one_would_write_it():
    p = ad.program(network, (0, 1, 2))
    with pytest.raises(ValueError, match="nothing has been recorded yet"):
        p.source()
    p(np.eye(2), np.zeros(2), {"gain": np.ones(2)}, steps=1)
    assert p.source() == p.source(np.eye(2), np.zeros(2), {"gain": np.ones(2)}, steps=1) == READS


def test_dead_code_and_what_is_computed_twice():
    def f(w):
        unused = ad.exp(w) * 3
        return ad.sum(ad.tanh(w) * ad.tanh(w)) + 0 * unused.shape[0]
    source = ad.program(f).source(W)
    assert source.count("np.tanh") == 1 and "np.exp" not in source


def test_no_broadcasting_is_undone_where_nothing_grew_and_nothing_spread_that_numpy_spreads():
    source = ad.program(lambda w, b: ad.sum(ad.tanh(w * 2 + b)), (0, 1)).source(np.ones((3, 2)), np.ones((3, 2)))
    assert "broadcast_to" not in source and source.count(".sum(") == 1
    source = ad.program(lambda w, b: ad.sum(ad.tanh(w * 2 + b)), (0, 1)).source(np.ones((3, 2)), np.ones(2))
    assert source.count(".sum(0)") == 1


# -- what stands outside ----------------------------------------------------------------------------------------------

X, FACTOR, TABLE = np.arange(6.0).reshape(3, 2), 0.5, {"x": np.ones(2), "by": [2.0, 3.0]}
CHOSEN = {2.0}


def reads_globals(w):
    return ad.sum(X @ w) * FACTOR + ad.sum(TABLE["x"] * w) * TABLE["by"][0] * (2.0 in CHOSEN)


def set_global(name, value):
    return lambda: globals().update({name: value})


@pytest.fixture
def outside():
    before = {name: globals()[name] for name in ("X", "FACTOR", "TABLE", "CHOSEN")}
    globals().update(X=X.copy(), TABLE={"x": np.ones(2), "by": [2.0, 3.0]}, CHOSEN={2.0})
    yield
    globals().update(before)


@pytest.mark.parametrize("f", [reads_globals, lambda w: reads_globals(w) + reads_globals(w * 2),
                               functools.partial(lambda a, w: a * reads_globals(w), 2.0)])
@pytest.mark.parametrize(("change", "anew"), [
    (lambda: X.__imul__(3), 0), (lambda: set_global("X", X + 1)(), 0), (lambda: TABLE.update(x=np.zeros(2)), 0),
    (lambda: set_global("X", np.ones((4, 2)))(), 1), (set_global("FACTOR", 3.0), 1), (set_global("FACTOR", 3), 1),
    (lambda: TABLE["by"].__setitem__(0, 5.0), 1), (lambda: TABLE.update(by=[7.0, 8.0, 9.0]), 1),
    (lambda: CHOSEN.clear(), 1)])
def test_what_is_changed_outside_is_seen(outside, f, change, anew):
    p = ad.program(f)
    p(W)
    change()
    assert_same(p(W), ad.value_and_grad(f)(W))
    assert p.count == 1 + anew


def test_a_zero_that_changes_its_sign_is_seen(outside):
    f = lambda w, k: ad.sum(w * FACTOR * k)
    p = ad.program(f)
    for factor, k in [(0.0, 1.0), (-0.0, 1.0), (2.0, -0.0), (2.0, 0.0), (2.0, 0), (2.0, 0.0)]:
        set_global("FACTOR", factor)()
        assert_same(p(W, k), ad.value_and_grad(f)(W, k))
    h = ad.program(lambda w, c: ad.sum(w * np.arctan2(c.imag, c.real)))
    assert h(W, complex(-1, 0.0))[0] == -h(W, complex(-1, -0.0))[0] != 0


def test_a_program_from_outside_is_part_of_the_program(outside):
    inner = ad.program(lambda w: ad.sum(w * X[0, 1] * FACTOR))
    inner(2.0)
    f = lambda w: ad.sum(w) * inner(2.0)[0] + inner(w)[0]
    p = ad.program(f)
    p(W)
    X.__imul__(3)
    assert_same(p(W), ad.value_and_grad(f)(W))
    assert p.count == 1
    set_global("FACTOR", 5.0)()
    assert_same(p(W), ad.value_and_grad(f)(W))
    both = lambda w: ad.program(lambda v: ad.sum(v * v * ad.sum(w)))(w)
    for w in (W, W + 1):
        assert_same(ad.program(both, wrt=None)(w), both(w))


@pytest.mark.parametrize("f", [
    lambda w: ad.sum(w) * (3 if X.mean() > 0 else 2), lambda w: ad.sum(w * float(X.max())),
    lambda w: ad.sum(w[X[0] > 0]), lambda w: ad.sum(w) * len(np.unique(X)), lambda w: ad.sum(w) * X[0].tolist()[1]])
def test_arrays_outside_that_decide_are_watched(outside, f):
    p = ad.program(f)
    p(W)
    assert_same(p(W + 1), ad.value_and_grad(f)(W + 1))
    assert p.count == 1
    X.__imul__(-1)
    assert_same(p(W), ad.value_and_grad(f)(W))
    assert p.count == 2


@pytest.mark.parametrize("f", [
    lambda w: ad.sum(np.eye(3)[X[:, 0].astype(int) // 2] @ X @ w), lambda w: ad.sum(np.asarray(X) @ w + np.zeros(3)),
    lambda w: ad.sum(w * np.array([X[0, 1], 2.0])), lambda w: ad.sum(X.mean(0) * w) / np.linalg.norm(X)])
def test_what_numpy_makes_of_arrays_outside_is_recorded(outside, f):
    p = ad.program(f)
    p(W)
    X[...] = X[::-1].copy()
    assert_same(p(W), ad.value_and_grad(f)(W))
    assert p.count == 1


def test_closures_defaults_and_objects():
    k, a = 2.0, np.ones(2)

    def change(new_k, new_a):
        nonlocal k, a
        k, a = new_k, new_a

    class Model:
        scale = 3.0

        def __init__(self):
            self.a, self.power = np.ones(2), 2

        def loss(self, w, by=a):
            return ad.sum((self.a * w * by) ** self.power) * self.scale * k

    @dataclasses.dataclass
    class Settings:
        rate: float = 2.0

    model, settings = Model(), Settings()
    f = lambda w: ad.sum(w * a) * k * settings.rate + model.loss(w)
    p, bound = ad.program(f), ad.program(model.loss)
    for act, anew in [
            (lambda: None, 1), (lambda: change(2.0, np.full(2, 3.0)), 0), (lambda: change(3.0, a), 1),
            (lambda: model.a.__imul__(2), 0), (lambda: setattr(model, "a", -model.a), 0),
            (lambda: setattr(model, "power", 3), 1), (lambda: setattr(Model, "scale", 4.0), 1),
            (lambda: setattr(settings, "rate", 4.0), 1)]:
        count = p.count
        act()
        assert_same(p(W), ad.value_and_grad(f)(W))
        assert_same(bound(W), ad.value_and_grad(model.loss)(W))
        assert p.count == count + anew


def test_classes_do_not_hear_of_the_recording():
    known = []

    class Base:
        def __init_subclass__(cls):
            known.append(cls)

    class Model(Base):
        def loss(self, w):
            return ad.sum(w * w)
    assert_as_walked(Model().loss, W)
    assert known == [Model]


RNG = np.random.default_rng(0)


def test_numbers_of_numpy_outside(outside):
    for x in (np.float32(2), np.array(3.0), np.int64(2), np.bool_(True)):
        set_global("FACTOR", x)()
        p = assert_as_walked(reads_globals, W)
        set_global("FACTOR", x + x)()
        assert_same(p(W), ad.value_and_grad(reads_globals)(W))


def test_random_numbers_are_drawn_at_each_run():
    def f(w):
        return ad.sum(w * (np.random.rand(2) > 0.5) * RNG.normal(size=2) + RNG.random())
    p, state = ad.program(f), RNG.bit_generator.state
    runs = []
    for g in (p, ad.value_and_grad(f)):
        np.random.seed(3)
        RNG.bit_generator.state = state
        runs.append([g(W) for _ in range(4)])
    assert_same(*runs)
    assert p.count == 1 and len({float(value) for value, _ in runs[0]}) == 4


def test_a_number_that_changes_at_each_call_is_told():
    p = ad.program(lambda x, rate: ad.sum(x * rate))
    with pytest.warns(UserWarning, match="recorded 32 times"):
        for k in range(33):
            p(W, float(k))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_as_walked(lambda x, rate: ad.sum(x * rate), W, np.float64(0.1))


# -- what is refused --------------------------------------------------------------------------------------------------

LOG, STEPS, COUNTER, TENSOR = [], iter([1.0, 2.0]), [0], ad.Tensor(2.0)


def logs(w):
    LOG.append(1)
    return ad.sum(w)


class Counting:
    n = 0

    def __call__(self):
        Counting.n += 1
        return Counting.n


COUNTING = Counting()
counts_in_its_class = lambda w: ad.sum(w) * COUNTING()


def sets_in_a_module(w):
    peers.count = 1
    return ad.sum(w)


def changed(x):
    x += 1
    return x * 1


writing = ad.Op("writing", changed, lambda g, z, x: g)
writing_a_part = ad.Op("writing_a_part", lambda x: changed(x[1:]), lambda g, z, x: g)
with_a_rule_that_writes = ad.Op("with_a_rule_that_writes", lambda x: x * 1, lambda g, z, x: changed(g))


def sets_a_global(w):
    global FACTOR
    FACTOR = 2.0
    return ad.sum(w)


def changes_its_argument(w, a):
    a += 1
    return ad.sum(w * a)


def changes_an_array_outside(w):
    TABLE["x"][0] = 2.0
    return ad.sum(w * TABLE["x"])


def catches(w):
    try:
        return ad.sum(w) if w[0] > 0 else ad.sum(-w)
    except TypeError:
        return ad.sum(w)


def class_inside(w):
    class Local:
        by = FACTOR
    return ad.sum(w) * Local.by


def shown(w):
    print("the loss of", 1)
    return ad.sum(w)


@pytest.mark.parametrize(("f", "args", "words"), [
    (lambda w: ad.sum(w) if w[0] > 0 else ad.sum(-w), (), "an `if`.*autodiff.where"),
    (lambda w: ad.sum(w) if ad.sum(w) > 0 else 0 * ad.sum(w), (), "an `if`"),
    (catches, (), "an `if`"),
    (lambda w: ad.sum(w) * max(w.data), (), "an `if`"),
    (lambda w: ad.sum(w) * (1.0 in w.data), (), "`in` for an array"),
    (lambda w: ad.sum(w) * w[0].item(), (), "item.*t.data"),
    (lambda w: ad.sum(w) * float(w.data[0]), (), "float"),
    (lambda w: ad.sum(w) * math.exp(w.data[0]), (), "math"),
    (lambda w: ad.sum(w) * int(w.data[0]), (), "integer"),
    (lambda w: ad.sum(w) * [1.0, 2.0][np.argmax(w)], (), "integer.*autodiff.take"),
    (lambda w: ad.sum(w) * round(w.data[0]), (), "integer"),
    (lambda w, n: ad.sum(w) * sum(range(n)), (np.int64(3),), "integer.*Python number"),
    (lambda w: ad.sum(w[w > 0]), (), "how many elements a mask picks.*where"),
    (lambda w: ad.sum(w) * np.nonzero(w.data)[0], (), "numpy.nonzero|not zero"),
    (lambda w: ad.sum(w[:np.argmax(w)]), (), "slice"),
    (lambda w: ad.sum(w) * len(np.unique(w.data)), (), "numpy.unique is not among"),
    (lambda w, n: ad.sum(np.repeat(w.data, n) * ad.sum(w)), (np.array([1, 2]),), "an argument of"),
    (lambda w, n: ad.sum(w * np.zeros(n)), (np.int64(2),), "an argument of numpy.zeros"),
    (lambda w: ad.sum(w) * len(str(w.data)), (), "text made of an array"),
    (lambda w: ad.sum(w) * len(f"{w}"), (), "text made of an array"),
    (lambda w: ad.sum(w) * random.random(), (), "random.random may give something else.*as an argument"),
    (lambda w: ad.sum(w) * time.perf_counter(), (), "time.perf_counter"),
    (lambda w: ad.sum(w) * np.random.default_rng().random(), (), "default_rng.*call it before"),
    (lambda w: ad.sum(w) * np.loadtxt("x"), (), "numpy.loadtxt"),
    (lambda w: ad.sum(w) * next(STEPS), (), "STEPS.*something else at each call"),
    (lambda w: ad.sum(w) * id(w), (), r"id\(\)"),
    (shown, (), r"print\(\).*print what the program returns"),
    (logs, (), "changes 'LOG'.*return what is new"),
    (lambda w: ad.sum(w) * (COUNTER.__setitem__(0, 1) or 1.0), (), "changes 'COUNTER'"),
    (sets_a_global, (), "changes a global name"),
    (counts_in_its_class, (), "changes 'Counting'"),
    (sets_in_a_module, (), "changes 'tests.peers'"),
    (lambda w: ad.sum(writing(w * 1)), (), "writes into an array that it is given"),
    (lambda w: ad.sum(writing_a_part(w * 1)), (), "writes into an array that it is given"),
    (lambda w: ad.sum(with_a_rule_that_writes(w) * w), (), "writes into an array that it is given"),
    (changes_its_argument, (np.ones(2),), "changes in place.*copy"),
    (changes_an_array_outside, (), "changes in place.*copy"),
    (class_inside, (), "define it outside"),
    (lambda w: ad.sum(w) * TENSOR, (), "Tensor 'TENSOR' from outside: make it an argument"),
])
def test_what_would_be_frozen_is_refused(f, args, words):
    before = dict(TABLE), list(LOG), FACTOR
    with pytest.raises(TypeError, match=words):
        ad.program(f)(W, *args)
    assert (dict(TABLE), list(LOG), FACTOR) == before


@pytest.mark.parametrize("f", [lambda w: Holding(w), lambda w: {"deep": [Holding(w)]}, lambda w: lambda: w,
                               lambda w: (x for x in w), lambda w: {1, 2}, lambda w: np.float32])
def test_results_that_a_program_would_make_once_only_are_refused(f):
    with pytest.raises(TypeError, match="which a program would make once only: give arrays"):
        ad.program(f, wrt=None)(W)


class Holding:
    def __init__(self, w):
        self.w = w


def test_what_hangs_on_values_is_recorded():
    order = np.array([0.0, 1.0])
    for f in [lambda w: ad.sum(w[np.argsort(w)] * order),
              lambda w: ad.sum(w * (w > 0) + np.sign(w) * w + np.floor(w) * w),
              lambda w: w[np.argmax(w)] * 2.0, lambda w: ad.sum(ad.where(w.data > 0, w, w * w)), lambda w: ad.max(w),
              lambda w: ad.sum(ad.take(np.eye(2), np.argmin(w) + np.zeros(2, int), 0) @ w),
              lambda w: ad.sum(ad.clip(w, -1.0, 1.0) + ad.relu(w) + ad.abs(w) + ad.maximum(w, 0.5))]:
        p = assert_as_walked(f, W)
        assert_same(p(-W), ad.value_and_grad(f)(-W))
        assert p.count == 1


def test_arrays_of_ones_own_may_be_changed():
    def f(w):
        mask = np.zeros(2)
        mask[0] = 1.0
        kept = mask[:1]
        before = mask.sum()
        mask *= 3
        return ad.sum(w * mask) + ad.sum(w) * kept[0] + ad.sum(w) * (before + mask.sum())
    p = assert_as_walked(f, W)
    assert p(W)[1].tolist() == [10, 7]


def test_a_constant_stays_what_it_was_when_it_was_used():
    def f(w):
        scale = np.full(2, 2.0)
        y = w * scale
        scale *= 5
        return ad.sum(y * y) + ad.sum(w * scale)
    p = assert_as_walked(f, W)
    assert p(W)[1].tolist() == (8 * W + 10).tolist()


def test_a_gradient_that_shares_memory_is_not_added_into():
    f = lambda x, u: ad.sum(x ** 3) + ad.sum((x.T + u) ** 2)
    assert_as_walked(f, np.ones((2, 2)) * 3.0, np.arange(4.0).reshape(2, 2), wrt=(0, 1))


# -- operations of one's own, checkpoints -----------------------------------------------------------------------------

cube = ad.Op("cube", lambda x: x ** 3, lambda g, z, x: g * FACTOR * 6 * x ** 2)


def test_a_custom_operation_is_recorded_with_what_it_reads(outside):
    p = assert_as_walked(lambda w: ad.sum(cube(w)), W)
    assert "x ** 2" in p.source() or "w ** 2" in p.source()
    set_global("FACTOR", 2.0)()
    assert_same(p(W), ad.value_and_grad(lambda w: ad.sum(cube(w)))(W))


def test_a_checkpoint_is_recomputed_in_the_program():
    layer = lambda x, w: ad.tanh(ad.tanh(x @ w) @ w)

    def deep(ws, layer):
        x = np.ones((2, 3))
        for w in ws:
            x = layer(x, w)
        return ad.sum(x * x)
    ws = [np.random.default_rng(k).standard_normal((3, 3)) for k in range(3)]
    plain, kept = (assert_as_walked(deep, ws, f) for f in (layer, ad.checkpoint(layer)))
    assert plain.source().count("np.tanh") == 6 and kept.source().count("np.tanh") == 12
    assert_same(plain(ws, layer), kept(ws, ad.checkpoint(layer)))


def test_all_that_a_checkpoint_forgets_is_recomputed():
    def part(u):
        v = ad.tanh(u)
        w = ad.exp(u)                     # of u too: only where it is asked for tells it from that of the forward pass
        return v * w
    source = assert_as_walked(lambda x: ad.checkpoint(part)(ad.checkpoint(part)(x)), 0.5).source()
    assert source.count("np.tanh") == source.count("np.exp") == 4


def test_threads_get_what_they_get_alone():
    f = lambda w, k: ad.sum(ad.tanh(w * k) ** 2)
    p, results = ad.program(f), {}

    def work(k):
        results[k] = [p(W, np.float64(k)) for _ in range(50)]
    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k, got in results.items():
        assert_same(got, [ad.value_and_grad(f)(W, np.float64(k))] * 50)
    assert p.count == 1
