"""The walk: each edge once, newest first, nothing shared, nothing kept, no recursion."""
import gc
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor


def counted():
    """An operation that copies, and the list of calls of its rule."""
    calls = []
    return ad.Op("copy", lambda x: x + 0, lambda g, z, x: (calls.append(1), g)[1]), calls


def test_a_fork_adds():
    x = Tensor(3.0)
    b = x + x
    (b + b).backward()
    assert x.grad == 4


def test_an_output_waits_for_the_long_path():
    a = Tensor(2.0)
    b = 3 * a
    c = 2 * b
    d = c + 1
    (d * b + b).backward()
    assert a.grad == 36 * 2 * 2 / 2 + 3 + 3            # 18 a² + 6 a


def test_paths_are_not_walked_one_by_one():
    copy, calls = counted()
    x = Tensor(1.0)
    y = x
    for _ in range(18):
        y = copy(y)
        y = y + y
    y.backward()
    assert x.grad == 2 ** 18 and len(calls) == 18


def test_arguments_that_need_no_gradient_cost_nothing():
    called = []
    op = ad.Op("op", lambda x, y: x * y, lambda g, z, x, y: (called.append("x"), g * y)[1],
               lambda g, z, x, y: (called.append("y"), g * x)[1])
    op(Tensor(2.0), 3.0).backward()
    assert called == ["x"]


def test_a_chain_of_a_million_operations():
    x = Tensor(1.0)
    y = x
    for _ in range(1_000_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1
    for _ in range(100_000):
        y = y * 1.0
    del y                                               # an unwalked chain goes without recursion too


def test_a_wide_graph_is_walked_in_linear_time():
    copy, calls = counted()
    xs = [Tensor(float(i)) for i in range(20_000)]
    total = ad.sum(ad.stack([copy(x) for x in xs]) * np.arange(20_000.0))
    total.backward()
    assert [x.grad for x in xs[:3]] == [0, 1, 2] and xs[-1].grad == 19_999
    assert len(calls) == 20_000


def test_leaves_accumulate_and_inner_nodes_start_anew():
    a = Tensor(3.0)
    loss = (a * a) * a
    loss.backward(retain_graph=True)
    assert a.grad == 27
    loss.backward()
    assert a.grad == 54


def test_a_freed_graph_says_so():
    x = Tensor(3.0)
    y = x * x
    z = y + 1
    z.backward()
    with pytest.raises(RuntimeError, match=r"freed by an earlier backward pass.*retain_graph=True"):
        z.backward()
    with pytest.raises(RuntimeError, match="at the operation mul"):
        (y * 2).backward()
    assert x.grad == 6


def test_backward_of_an_array_from_a_given_gradient():
    x = Tensor([1.0, 2.0])
    (x * x).backward([10, 1])
    assert x.grad.tolist() == [20, 4]


def test_backward_of_a_leaf_is_the_gradient_given():
    x, dout = Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    x.backward(dout)
    assert x.grad.tolist() == [3, 4] and x.grad is not dout


@pytest.mark.parametrize("f", [
    lambda x, y: x + y, lambda x, y: x + y + x, lambda x, y: (x + y).reshape(2, 2), lambda x, y: (x + y).T,
    lambda x, y: ad.concatenate([x, y]), lambda x, y: ad.stack([x, y]) + 0.0, lambda x, y: (x + y).sum(),
    lambda x, y: ad.broadcast_to(x + y, (2, 4)), lambda x, y: (x[::-1] + y), lambda x, y: x + y * 1.0])
def test_gradients_share_no_memory(f):
    x, y = Tensor(np.ones(4)), Tensor(np.ones(4))
    out = f(x, y)
    dout = np.ones(out.shape)
    out.backward(dout)
    for a, b in [(x.grad, y.grad), (x.grad, dout), (y.grad, dout), (x.grad, x.data)]:
        assert not np.shares_memory(a, b)
    x.grad += 1                                         # and may be written into
    assert np.array_equal(dout, np.ones(out.shape))


def test_many_forks_of_an_array_add_up_without_touching_others():
    x = Tensor(np.array([1.0, 2.0]))
    h = x * 1.0
    total = h + h + h
    total = total + h * h
    total.backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [5, 70]


def test_a_rule_that_returns_an_input_does_no_harm_to_it():
    lazy = ad.Op("lazy", lambda x, y: x + y, lambda g, z, x, y: y, lambda g, z, x, y: y)
    x, y = Tensor(np.ones(2)), Tensor(np.full(2, 5.0))
    h = x * 1.0
    (lazy(h, y) + lazy(h, y) + h).backward(np.ones(2))
    assert y.data.tolist() == [5, 5] and x.grad.tolist() == [11, 11]


def test_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = Tensor(np.ones(3))
        y = ad.exp(x * 2).sum() + ad.stack([x, x]).max()
        inner = y.args[0].args[0].data
        seen = weakref.ref(inner)
        del inner
        y.backward()
        assert seen() is None                           # freed by the walk, although y lives
        y = ad.exp(x).sum()
        seen = weakref.ref(y.args[0].data)
        del y
        assert seen() is None                           # and without a walk, by the last reference
        value, pullback = ad.vjp(lambda x: ad.softmax(x @ x.T).sum(axis=0), np.ones((2, 3)))
        seen = weakref.ref(pullback(np.ones(2))[0])
        assert seen() is None
        ad.hessian(lambda x: ad.sum(ad.checkpoint(ad.tanh)(x)))(np.ones(2))
        del pullback, value
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_node_is_freed_as_soon_as_the_walk_has_passed_it():
    alive = []
    spy = ad.Op("spy", lambda x: x + 1, lambda g, z, x: (alive.append(sum(r() is not None for r in refs)), g)[1])
    x = Tensor(np.ones(2))
    y, refs = x, []
    for _ in range(10):
        y = spy(y)
        refs.append(weakref.ref(y.data))
        y = y + y * 0.0                                 # a fork: its gradient is a sum
    y = y.sum()
    y.backward()
    assert alive[0] >= 9 and alive[-1] <= 3
    assert x.grad.tolist() == [1, 1]


def test_no_grad_may_be_entered_again():
    off = ad.no_grad()
    with off:
        with off:
            assert type(Tensor(1.0) * 2) is np.float64
        assert type(Tensor(1.0) * 2) is np.float64
    assert type(Tensor(1.0) * 2) is Tensor


def test_integers_put_into_a_leaf_are_refused_where_its_gradient_would_be_rounded():
    x = Tensor([1.0, 2.0])
    x.data = np.array([1, 2])
    with pytest.raises(TypeError, match="this is int64"):
        (x * 0.5).sum().backward()
