"""A trace of both passes, from Tensors and from Scalars, as plain data."""

import json
import math

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, scalar
from autodiff.trace import Node, Step, record, trace


def backward(t):
    return [step for step in t.steps if step.direction == "backward"]


def check_the_books(t):
    """What must hold in every trace: ids, order, and the accounts of each step."""
    assert [node.id for node in t.nodes] == list(range(len(t.nodes)))
    assert all(parent < node.id for node in t.nodes for parent in node.parents)
    assert [step.sender for step in t.steps if step.direction == "forward"] == list(range(len(t.nodes)))
    gradients = {node.id: np.zeros(node.shape) for node in t.nodes}
    for step in backward(t):
        np.testing.assert_array_equal(step.before, gradients[step.receiver])
        np.testing.assert_allclose(np.add(step.before, step.contribution), step.after, rtol=1e-15)
        gradients[step.receiver] = np.asarray(step.after)
        if step.sender is not None:
            assert t.nodes[step.sender].parents[step.slot] == step.receiver
            assert step.gate == t.nodes[step.sender].gate
            np.testing.assert_array_equal(step.upstream, gradients[step.sender])
            if step.local is not None:
                assert step.contribution == pytest.approx(step.local * step.upstream, rel=1e-12)
    assert json.loads(json.dumps(t)) is not None        # nothing but plain data


def test_the_first_example_step_by_step():
    t = trace(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4)
    check_the_books(t)
    assert t.nodes == [
        Node(0, "leaf", "x", (), -2.0, ()), Node(1, "leaf", "y", (), 5.0, ()), Node(2, "leaf", "z", (), -4.0, ()),
        Node(3, "add", None, (0, 1), 3.0, ()), Node(4, "mul", None, (3, 2), -12.0, ())]
    assert t.output == 4
    assert backward(t) == [
        Step("backward", "seed", None, 4, None, None, None, 1.0, 0.0, 1.0),
        Step("backward", "mul", 4, 3, 0, -4.0, 1.0, -4.0, 0.0, -4.0),
        Step("backward", "mul", 4, 2, 1, 3.0, 1.0, 3.0, 0.0, 3.0),
        Step("backward", "add", 3, 0, 0, 1.0, -4.0, -4.0, 0.0, -4.0),
        Step("backward", "add", 3, 1, 1, 1.0, -4.0, -4.0, 0.0, -4.0)]
    assert (t.value("y"), t.gradient("y")) == (5.0, -4.0)


CIRCUITS = {
    "squared sum": (lambda x, y: (x + y) ** 2, {"x": -2.0, "y": 5.0}),
    "fork": (lambda x: x * x, {"x": 3.0}),
    "constants on both sides": (lambda x: 2 * x / (x - 3) - 1 / x, {"x": 5.0}),
    "power of a variable": (lambda x, y: x ** y, {"x": 2.0, "y": 3.0}),
    "a leaf is the output": (lambda x, y: y, {"x": 2.0, "y": 3.0}),
    "an input nobody uses": (lambda x, y: x * 2, {"x": 2.0, "y": 3.0}),
    "negative": (lambda x: -x * 4, {"x": 2.0}),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_tensors_and_scalars_leave_the_same_trace(name):
    f, inputs = CIRCUITS[name]
    from_tensors = trace(f, **inputs)
    tape = scalar.Tape()
    leaves = {key: tape.leaf(value) for key, value in inputs.items()}
    from_scalars = record(f(**leaves), **leaves)
    check_the_books(from_tensors)
    check_the_books(from_scalars)
    assert from_tensors.nodes == from_scalars.nodes
    assert from_tensors.output == from_scalars.output
    assert len(from_tensors.steps) == len(from_scalars.steps)
    for one, other in zip(from_tensors.steps, from_scalars.steps, strict=True):
        assert one[:5] == other[:5]
        assert one[5:] == pytest.approx(other[5:])


def test_a_fork_is_paid_in_both_slots_and_accumulates():
    t = trace(lambda x: x * x, x=3.0)
    assert [(s.receiver, s.slot, s.local, s.before, s.after) for s in backward(t)[1:]] == [
        (0, 0, 3.0, 0.0, 3.0), (0, 1, 3.0, 3.0, 6.0)]
    assert t.nodes[1].parents == (0, 0)


def test_constants_are_nodes_that_receive_nothing():
    t = trace(lambda x: x * 2 + 2, x=3.0)
    constants = [node for node in t.nodes if node.gate == "constant"]
    assert [node.value for node in constants] == [2.0, 2.0]
    assert not {step.receiver for step in backward(t)} & {node.id for node in constants}


@pytest.mark.parametrize("f", [
    lambda x, w: np.sum(np.exp(x @ w)),
    lambda x, w: (autodiff.sigmoid(x) @ w).mean(),
    lambda x, w: ((x @ w) ** 2 / 3 + x[:, :1]).sum(),
    lambda x, w: autodiff.relu(x @ w).sum(axis=0).max(),
    lambda x, w: autodiff.stack([x.sum(), w.sum(), x.sum()]).sum(),
    lambda x, w: (x.T.reshape(6) * np.arange(6.0)).sum() * w.sum(),
])
def test_the_gradients_of_arrays_are_those_of_autodiff(f):
    rng = np.random.default_rng(1)
    inputs = {"x": rng.normal(size=(2, 3)), "w": rng.normal(size=(3, 4))}
    t = trace(f, **inputs)
    check_the_books(t)
    leaves = {name: Tensor(value) for name, value in inputs.items()}
    f(**leaves).backward()
    for name, leaf in leaves.items():
        np.testing.assert_allclose(t.gradient(name), leaf.grad, rtol=1e-12)
        np.testing.assert_array_equal(t.value(name), leaf.data)


def test_a_broadcast_input_receives_its_copies_added_up():
    t = trace(lambda x, b: (x * b).sum(), x=[1.0, 2.0], b=3.0)
    assert t.gradient("b") == 3.0
    locals_ = {t.nodes[s.receiver].name: s.local for s in backward(t) if s.gate == "mul"}
    assert locals_ == {"x": None, "b": None}            # a vector's local derivative is not one number
    assert t.nodes[2].shape == (2,)


def test_the_graph_is_left_as_it_was():
    x = Tensor(3.0)
    f = x * x
    record(f, x=x)
    f.backward()
    assert x.grad == 6.0


def test_functions_of_plain_numbers_are_traced_too():
    t = trace(lambda x: scalar.exp(x * x) * 2 + scalar.sigmoid(x), x=0.5)
    check_the_books(t)
    assert [node.gate for node in t.nodes] == ["leaf", "mul", "exp", "constant", "mul", "sigmoid", "add"]


def test_an_input_without_a_path_has_gradient_zero():
    t = trace(lambda x, y: x * 2, x=1, y=[1.0, 2.0])
    assert t.gradient("y") == [0.0, 0.0]
    with pytest.raises(KeyError, match="no leaf is called 'q'; there are: x, y"):
        t.gradient("q")


def test_bad_input_gets_a_sentence():
    with pytest.raises(TypeError, match=r"must return a Tensor or a Scalar .* it returned float: 2\.0"):
        trace(lambda x: 2.0, x=1)
    with pytest.raises(ValueError, match=r"this result has shape \(2,\): reduce it"):
        trace(lambda x: x * 2, x=[1, 2])
    for value in ("3", None, True, 1j, [[1], [1, 2]]):
        with pytest.raises(TypeError, match="x must be a real number or an array of them"):
            trace(lambda x: x * 2, x=value)


def test_an_error_inside_the_function_comes_through_unchanged():
    with pytest.raises(TypeError, match=r"autodiff\.exp"):
        trace(lambda x: math.exp(x), x=1)
    with pytest.raises(ZeroDivisionError):
        trace(lambda x: x * (1 / 0), x=1)


def test_names_are_for_leaves():
    tape = scalar.Tape()
    for x in (Tensor(3.0), tape.leaf(3.0)):
        h = x * x
        f = h * 2
        with pytest.raises(ValueError, match="a name stands for a leaf"):
            record(f, x=x, h=h)
        with pytest.raises(ValueError, match="a name stands for a leaf"):
            record(f, x=scalar.Tape().leaf(1.0))
        with pytest.raises(ValueError, match="two of the names x, y stand for one leaf"):
            record(f, x=x, y=x)


def test_a_constant_may_be_a_list():
    steps = trace(lambda v: autodiff.where([True, False], v, [1.0, 2.0]).sum(), v=[1.0, 2.0])
    assert steps.gradient("v") == [1.0, 0.0]
