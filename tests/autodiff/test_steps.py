"""Both passes over a graph as code, step by step: it runs, gives what the walk gives, and each line has its step."""

import numpy as np
import pytest

import autodiff as ad
from autodiff.programs.steps import Call, written
from autodiff.trace import passes, read, run

GRAPHS = {
    "a fork": (lambda x, y: (x + y) * x - x / y, {"x": 3.0, "y": -4.0}),
    "twice in one gate": (lambda x: x * x, {"x": 3.0}),
    "the input is the output": (lambda x: x, {"x": 3.0}),
    "no path": (lambda x, y: 2 * x, {"x": 3.0, "y": 1.0}),
    "a layer": (lambda x, w, b: ad.relu(x @ w + b).sum(),
                {"x": np.arange(12.0).reshape(4, 3) - 5, "w": np.arange(6.0).reshape(3, 2) - 2.5, "b": [1.0, -2.0]}),
    "fused": (lambda x, w, b: ad.mse(ad.affine(x, w, b), np.ones((4, 2))),
              {"x": np.arange(12.0).reshape(4, 3), "w": np.ones((3, 2)), "b": [1.0, -2.0]}),
    "put aside in the forward pass": (lambda x: ad.softmax_cross_entropy(2 * x, [0, 2, 2]),
                                      {"x": np.arange(12.0).reshape(3, 4) ** 0.5}),
    "shares a rule works out together": (lambda x, y: (ad.stack([x, y, x]) ** 2 * [1.0, 2.0, 3.0]).sum(),
                                         {"x": 3.0, "y": 1.0}),
    "constants": (lambda x: (np.array([3.0, -1.0]) * x + x).sum() ** 2, {"x": [1.0, 2.0]}),
    "repeats": (lambda x: (x[[1, 1, 0]] * [1.0, 2.0, 4.0]).sum(), {"x": [1.0, 2.0]}),
    "a checkpoint": (lambda x: ad.checkpoint(lambda h: ad.sin(h) * 2)(x).sum(), {"x": [1.0, 2.0]}),
    "a mask": (lambda x: ad.where(x.data > 0, x * x, -x).sum(), {"x": [1.0, -2.0]}),
    "a choice in Python": (lambda x: x * x if x > 0 else -x, {"x": -2.0}),
    "names that are taken": (lambda v1, v, c, d_f, abs: (v1 * v + d_f) * v1 * np.abs(c) * (abs * np.array([2.0])).sum(),
                             {"v1": 2.0, "v": 3.0, "c": -4.0, "d_f": 5.0, "abs": 6.0}),
    "an operation of one's own": (
        lambda x: ad.Op("cube", lambda x: x ** 3, lambda g, z, x: g * 3 * x * x)(x) + x, {"x": 1.5}),
}


def code_of(f, inputs, names=None, calls=None):
    output, leaves = run(f, **inputs)
    reading = read(output, **leaves)
    return written(reading, names if names is not None else {reading.output: "f"}, calls), passes(reading)


def ran(code, upto=None, **more):
    space = {"np": np, **more}
    exec("\n".join(code.lines[:upto]), space)
    return space


@pytest.mark.parametrize("f, inputs", GRAPHS.values(), ids=GRAPHS)
def test_the_code_runs_and_gives_what_the_walk_gives(f, inputs):
    code, trace = code_of(f, inputs)
    space = ran(code)
    for name in inputs:
        found = space.get(f"d_{name}", np.zeros(np.shape(inputs[name])))
        np.testing.assert_allclose(found, trace.gradient(name), rtol=1e-14)


@pytest.mark.parametrize("f, inputs", GRAPHS.values(), ids=GRAPHS)
def test_each_line_belongs_to_one_step_in_the_order_of_the_passes(f, inputs):
    code, trace = code_of(f, inputs)
    order = [*code.inputs, *(n for node in trace.nodes for n in code.forward.get(node.id, ())), *code.start,
             *(n for node in reversed(trace.nodes) for n in code.backward.get(node.id, ()))]
    titles = [n for n, line in enumerate(code.lines) if line.startswith("# ")]
    assert order == sorted(order)
    assert sorted([*order, *titles]) == [*range(len(code.lines))]
    paying = {step.sender for step in trace.steps if step.direction == "backward"} - {None}
    assert code.forward.keys() == {node.id for node in trace.nodes if node.parents}
    assert code.backward.keys() == paying and all(code.backward.values())


def test_after_the_lines_of_a_step_its_values_are_there():
    code, _ = code_of(lambda x, y: (x + y) * x, {"x": 3.0, "y": -4.0}, {2: "q", 3: "f"})
    assert ran(code, code.forward[2][-1] + 1)["q"] == -1 and "f" not in ran(code, code.forward[2][-1] + 1)
    after = ran(code, code.backward[3][-1] + 1)
    assert after["d_q"] == 3 and after["d_x"] == -1 and "d_y" not in after


def test_what_it_looks_like():
    code, _ = code_of(lambda x, y: (x + y) * x, {"x": 3.0, "y": -4.0}, {2: "q", 3: "f"})
    assert code.text() == """\
# the inputs
x = 3.0
y = -4.0
# forward
q = x + y
f = q * x
# backward
d_f = 1.0
d_q = d_f * x
d_x = d_f * q
d_x = d_x + d_q
d_y = d_q
"""


def test_a_fork_of_arrays_never_adds_into_what_another_holds():
    """d_a and d_b are one array, as + hands it on; what more comes in for a must not reach b."""
    code, trace = code_of(lambda a, b: ((a + b) * [1.0, 2.0]).sum() + (a * a).sum(), {"a": [1.0, 2.0], "b": [3.0, 4.0]})
    space = ran(code)
    assert space["d_b"].tolist() == trace.gradient("b") == [1.0, 2.0]
    assert space["d_a"].tolist() == trace.gradient("a") == [3.0, 6.0]


def test_a_function_in_the_place_of_the_rule_stands_there_as_a_call():
    calls = {(3, slot): Call(f"mine({{0}}, {{1}}, {{2}})[{slot}]", (None, 2, 0)) for slot in (0, 1)}
    code, _ = code_of(lambda x, y: (x + y) * x, {"x": 3.0, "y": -4.0}, {2: "q", 3: "f"}, calls)
    assert [code.lines[n] for n in code.backward[3]] == ["d_q = mine(d_f, q, x)[0]", "d_x = mine(d_f, q, x)[1]"]
    space = ran(code, mine=lambda dout, a, b: (dout * b, dout * a))
    assert (space["d_x"], space["d_y"]) == (2.0, 3.0)


def test_names_that_python_keeps_for_itself_get_a_number():
    code, _ = code_of(lambda x: x * x * x, {"x": 3.0}, {1: "lambda", 2: "np"})
    assert [code.lines[n] for n in (*code.forward[1], *code.forward[2])] == ["v1 = x * x", "np1 = v1 * x"]


def test_what_the_forward_pass_puts_aside_is_a_value_of_the_code():
    f, inputs = GRAPHS["put aside in the forward pass"]
    output, leaves = run(f, **inputs)
    (aside,) = [x for x in output.args if isinstance(x, list)]
    code = written(read(output, **leaves), {})
    assert len(aside) == 1 and "c1" not in code.text()


def test_large_inputs_are_told_by_their_shape():
    code, _ = code_of(lambda x: x.sum(), {"x": np.ones((20, 30))})
    assert code.lines[1] == "x = ...  # (20, 30)"


def test_the_graph_stays_as_it_is():
    output, leaves = run(lambda x: x * x + x, x=3.0)
    written(read(output, **leaves), {})
    output.backward()
    assert leaves["x"].grad == 7
