"""What is said, step by step: sentences, tables, and the verdict on a learner's own functions."""

import re

import numpy as np
import pytest
from drawn_circuits import CIRCUITS, LAYER, NEURON, STAGED, XYZ

import autodiff
from autodiff.trace import trace
from course.drawing import scene
from course.drawing.figures import MINUS
from course.drawing.yours import judge


def compose(circuit, **options):
    f, inputs = circuit
    return scene.compose(trace(f, **inputs), **options)


def sentences(composed):
    return [frame.sentence for frame in composed.frames]


def item(composed, label):
    return next(item for item in composed.items if item.label == label or item.name == label)


def test_the_first_example_is_told_gate_by_gate():
    composed = compose(XYZ, names="q")
    assert sentences(composed) == [
        "The inputs have their values. Step forward, gate by gate.",
        "Forward: q = x + y = (−2.00) + 5.00 = 3.00.",
        "Forward: f = q × z = 3.00 × (−4.00) = −12.00.",
        "Backward: it starts with the output. ∂f/∂f = 1, because f changes as much as itself.",
        "Backward, from f: q receives local × upstream = (−4.00) × 1.00 = −4.00; "
        "z receives local × upstream = 3.00 × 1.00 = 3.00.",
        "Backward, from q: x receives local × upstream = 1.00 × (−4.00) = −4.00; "
        "y receives local × upstream = 1.00 × (−4.00) = −4.00."]
    assert composed.frames[0].values == [0, 1, 2]
    assert composed.frames[4].gradients == [[3, "−4.00"], [2, "3.00"]]
    assert composed.frames[4].edges == ["e4-0", "e4-1"]


def test_the_table_of_a_gate():
    composed = compose(XYZ, names="q")
    table = composed.tables[4]
    assert table.caption == "f = q × z = 3.00 × (−4.00) = −12.00"
    assert table.head == ["to", "local rule", "local", "× upstream", "= contribution", "before + contribution = after"]
    assert table.rows == [["q", "∂(q × z)/∂q = z", "−4.00", "× 1.00", "= −4.00", "0 + (−4.00) = −4.00"],
                          ["z", "∂(q × z)/∂z = q", "3.00", "× 1.00", "= 3.00", "0 + 3.00 = 3.00"]]


def test_a_fork_accumulates_in_so_many_words():
    composed = compose(STAGED)
    x = composed.tables[0]
    assert [row[2] for row in x.rows] == ["0 + 1.5832 = 1.5832", "1.5832 + (−0.0358) = 1.5474",
                                          "1.54743 + 0.51214 = 2.0596"]
    assert "which is added to what it has: 1.5832 + (−0.0358) = 1.5474" in " ".join(sentences(composed))
    grown = [text for frame in composed.frames for id, text in frame.gradients if id == 0]
    assert grown == ["1.5832", "1.5474", "2.0596"]


def test_both_slots_of_a_square_pay_with_rules_that_tell_them_apart():
    table = compose(CIRCUITS["square"]).tables[1]
    assert [row[1] for row in table.rows] == ["∂(a × b)/∂a = b", "∂(a × b)/∂b = a"]
    assert [row[5] for row in table.rows] == ["0 + 3.00 = 3.00", "3.00 + 3.00 = 6.00"]


def test_the_neurons_gates_hold_their_constants():
    composed = compose(NEURON)
    assert [item.label for item in composed.items if item.kind == "gate"] == [
        "×", "×", "+", "+", "× (−1)", "exp", "+ 1", "1/x"]
    assert [item.gradient for item in composed.items if item.kind == "gate"][3:] == [
        "0.1966", "−0.1966", "−0.5344", "−0.5344", "1.00"]


@pytest.mark.parametrize("f, label", [
    (lambda x: x * 2, "× 2"), (lambda x: 2 * x, "× 2"), (lambda x: x * -1.5, "× (−1.5)"), (lambda x: x + 1, "+ 1"),
    (lambda x: 1 - x, "1 −"), (lambda x: x - 1, "− 1"), (lambda x: 1 / x, "1/x"), (lambda x: x / 2, "÷ 2"),
    (lambda x: x ** 2, "( )²"), (lambda x: x ** 0.5, "( )^0.5"), (lambda x: 2 ** x, "2^( )"),
    (lambda x: np.maximum(x, 0.5), "max(·, 0.5)"), (lambda x: -x, "× (−1)"), (autodiff.sigmoid, "σ"), (np.exp, "exp"),
    (np.tanh, "tanh"), (lambda x: autodiff.softplus(x), "softplus"), (np.arctan, "arctan"),
])
def test_a_constant_is_drawn_inside_its_gate(f, label):
    composed = compose((lambda x: f(x), {"x": 3.0}))
    assert [item.label for item in composed.items] == ["x", label]
    assert "{" not in composed.aloud


def test_or_as_an_input_of_its_own():
    composed = compose((lambda x: x * 2 + 1, {"x": 3}), constants=True)
    assert [(item.kind, item.label) for item in composed.items] == [
        ("leaf", "x"), ("constant", "2"), ("gate", "×"), ("constant", "1"), ("gate", "+")]
    assert item(composed, "2").gradient == ""
    assert composed.tables[item(composed, "2").id].caption == "The constant 2: nobody asks for its gradient"


def test_arrays_show_their_shape_and_open_as_tables():
    composed = compose(LAYER)
    assert [(item.label, item.value) for item in composed.items] == [
        ("x", "(5, 4)"), ("w", "(4, 3)"), ("b", "(3,)"), ("@", "(5, 3)"), ("+", "(5, 3)"), ("relu", "(5, 3)"),
        ("sum", composed.items[-1].value)]
    names = dict(composed.tables[2].arrays)
    assert names["value"] == [["1.00", "2.00", "3.00"]]
    assert names["gradient"] == [["5.00", "5.00", "5.00"]]
    assert len(dict(composed.tables[0].arrays)["value"]) == 5
    assert composed.tables[3].rows[0][1] == "upstream @ wᵀ"


def test_gates_without_names_tell_the_shapes_that_go_in_and_come_out():
    def loss(x, w, b):
        return autodiff.softmax_cross_entropy(x @ w + b, [0, 1])

    composed = compose((loss, {"x": np.ones((2, 3)), "w": np.ones((3, 2)), "b": np.ones(2)}))
    said = " ".join(sentences(composed))
    assert "Forward: + on (2, 2) and (2,), of shape (2, 2)." in said
    assert "cross-entropy on (2, 2) = 0.6931" in said
    assert composed.tables[5].rows[0][1] == "(softmax(a) − 1 at the label) ÷ N"


def test_a_large_array_is_cut_off():
    table = compose((lambda x: x.sum(), {"x": np.ones((20, 2, 30))})).tables[0]
    rows = dict(table.arrays)["value"]
    assert rows == [["1.00"] * 8 + ["…"]] * 2


@pytest.mark.parametrize("value, rows, columns", [
    ([1.0] * 8, 1, 8), ([1.0] * 9, 1, 9), ([[1.0]] * 8, 8, 1), ([[1.0]] * 9, 9, 1), ([[[[1.0, 1.0]] * 2] * 3], 2, 2),
    ([], 1, 0), ([[]], 1, 0)])
def test_of_an_array_eight_rows_and_columns_are_shown(value, rows, columns):
    shown = scene.rows_of(value)
    assert (len(shown), *map(len, shown)) == (rows, *[columns] * rows)
    assert [row[-1:] for row in shown] == [["…" if 9 in (columns, k) else "1.00"][:columns] for k in range(1, rows + 1)]


def test_gates_of_one_kind_are_told_apart_by_their_values():
    said = [item.says for item in compose((lambda x: np.tanh(np.exp(np.exp(np.exp(x * 0.1)))), {"x": 0.0})).items]
    assert said[1:] == ["the gate × 0.1", "the gate exp with value 1.00", "the gate exp with value 2.7183",
                        "the gate exp with value 15.1543", "f"]


def test_what_f_makes_a_leaf_of_itself_is_a_dot():
    composed = compose((lambda x: x * autodiff.Tensor(2.0), {"x": 3.0}))
    assert [item.label for item in composed.items] == ["x", "·", "×"] and "f = x × · = 3.00 × 2.00" in composed.aloud


def test_an_unused_input_has_gradient_zero_and_says_why():
    composed = compose(CIRCUITS["unused"])
    assert item(composed, "y").gradient == "0.00"
    assert composed.tables[item(composed, "y").id].caption == "y = 1.00. No path leads from it to f: its gradient is 0"


@pytest.mark.parametrize("name", CIRCUITS)
def test_every_equation_holds_as_it_is_printed(name):
    composed = compose(CIRCUITS[name])
    texts = sentences(composed) + [cell for table in composed.tables.values() for row in table.rows for cell in row]
    operand = rf"\(?({MINUS}?\d+\.?\d*)\)?"
    found = 0
    for text in texts:
        for a, sign, b, c in re.findall(rf"{operand} ([×+]) {operand} = ({MINUS}?\d+\.\d+)", text):
            x, y, z = (float(t.replace(MINUS, "-")) for t in (a, b, c))
            unit = 10.0 ** -len(c.partition(".")[2])
            assert abs((x * y if sign == "×" else x + y) - z) <= 0.5001 * unit, text
            found += 1
        assert "−0.00 " not in text and not text.endswith("−0.00")
    assert found >= (0 if name in ("leaf", "layer") else 1)


@pytest.mark.parametrize("f, x, formula", [
    (lambda x: np.maximum(x, -1), -2.0, "f = max(x, −1) = max(−2.00, −1) = −1.00"),
    (lambda x: x * 0.1235, 2.0, "f = x × 0.1235 = 2.00 × 0.1235 = 0.247"),
    (lambda x: x * 0.12345, 2.0, "f = x × 0.1235 = 2.00 × 0.1235 ≈ 0.2469"),
    (lambda x: x - 0.5, 1.23456, "f = x − 0.5 = 1.2346 − 0.5 = 0.7346"),
    (lambda x: x - x / 2, 2 / 3, "f = x − q = 0.6667 − 0.3333 ≈ 0.3333"),
])
def test_a_formula_says_equal_where_the_printed_figures_are(f, x, formula):
    composed = compose((lambda x: f(x), {"x": x}), names="q" if "q" in formula else "")
    said = [frame.sentence for frame in composed.frames if frame.phase == "forward"]
    assert said[-1] == f"Forward: {formula}."


def test_names_that_do_not_fit_are_told_so():
    with pytest.raises(ValueError, match="3 names for 2 gates"):
        compose(XYZ, names="q f g")
    with pytest.raises(TypeError, match="names are strings"):
        compose(XYZ, names=[1, 2])
    for names in (3, 2.5, True, object()):
        with pytest.raises(TypeError, match="names are strings"):
            compose(XYZ, names=names)
    assert [item.name for item in compose(XYZ, names=(name for name in (None, "g"))).items][3:] == ["", "g"]


# -- a learner's own functions --

def add_backward(dout, x, y):
    return dout, dout


def mul_backward(dout, x, y):
    return dout * y, dout * x


def unswapped(dout, x, y):
    return dout * x, dout * y


def verdict(circuit, **yours):
    f, inputs = circuit
    return judge(trace(f, **inputs), yours)


def told(circuit, **yours):
    f, inputs = circuit
    record = trace(f, **inputs)
    return scene.compose(record, names="q", verdict=judge(record, yours)).frames[-1]


def test_right_functions_are_told_so():
    frame = told(XYZ, add=add_backward, mul=mul_backward)
    assert frame.phase == "right"
    assert frame.sentence == ("Every edge is right. Along this graph your mul_backward, add_backward sent what the "
                              "calculus asks for.")


def test_the_first_wrong_edge_is_named_and_nothing_is_painted_after_it():
    f, inputs = XYZ
    record = trace(f, **inputs)
    composed = scene.compose(record, names="q", verdict=judge(record, {"add": add_backward, "mul": unswapped}))
    assert [frame.phase for frame in composed.frames] == ["start", "forward", "forward", "backward", "wrong"]
    frame = composed.frames[-1]
    assert (frame.phase, frame.node, frame.wrong) == ("wrong", 4, "e4-0")
    assert frame.sentence == ("The first wrong edge leads from f back to q: your unswapped(1.00, 3.00, −4.00) sent "
                              "3.00; local × upstream is −4.00. The backward pass stops here.")
    assert frame.gradients == [[3, "3.00"], [2, "−4.00"]]
    assert [item.gradient for item in composed.items] == ["", "", "−4.00", "3.00", "1.00"]
    assert composed.aloud.endswith(f"Backward: ∂f/∂z = −4.00. {frame.sentence}")


def test_a_wrong_gate_further_back_is_found_with_the_right_upstream():
    frame = told(XYZ, add=lambda dout, x, y: (dout, 0.0), mul=mul_backward)
    assert frame.wrong == "e3-1"
    assert "your add_backward(−4.00, −2.00, 5.00) sent 0.00; local × upstream is −4.00" in frame.sentence


def not_written(dout, x, y):
    raise NotImplementedError


@pytest.mark.parametrize("add, sentence", [
    (not_written, "Stopped at q: not_written is not written yet."),
    (lambda dout, x, y: None, "Stopped at q: add_backward is not written yet: it returned None."),
    (lambda dout, x, y: dout, "returned 1 gradient for 2 inputs."),
    (lambda dout, x: (dout, dout), "raised TypeError"),
    (lambda dout, x, y: (dout, "x"), "sent 'x', which is not a number."),
    (lambda dout, x, y: (dout, [dout]), "sent an array of shape (1,), but y is a single number."),
])
def test_what_comes_back_is_told_in_a_sentence(add, sentence):
    assert sentence in told(XYZ, add=add).sentence


def test_functions_of_the_output_get_the_output():
    seen = []

    def exp_backward(dout, out):
        seen.append((dout, out))
        return dout * out

    def reciprocal_backward(dout, x):
        return -dout / x**2
    result = verdict(NEURON, exp=exp_backward, reciprocal=reciprocal_backward, mul=mul_backward)
    assert result.right
    assert seen == [pytest.approx((-0.5344, 0.3679), abs=1e-4)]


def test_arrays_reach_the_learners_function_as_arrays_and_are_compared():
    def matmul_backward(dout, x, w):
        assert isinstance(x, np.ndarray)
        return dout @ w.T, x.T @ dout
    assert verdict(LAYER, matmul=matmul_backward).right
    wrong = told(LAYER, matmul=lambda dout, x, w: (dout @ w.T, dout.T @ x))
    assert "sent an array of shape (3, 4), but w is an array of shape (4, 3)." in wrong.sentence
    wrong = told(LAYER, matmul=lambda dout, x, w: (dout @ w.T, x.T @ dout * 2))
    assert "sent an array that is off by up to 55.00." in wrong.sentence


def test_max_means_the_larger_of_two():
    def max_backward(dout, x, y):
        return dout * (x > y), dout * (y > x)
    assert verdict(CIRCUITS["max"], max=max_backward).right
    assert told(CIRCUITS["max"], max=lambda dout, x, y: (dout, dout)).phase == "wrong"


def test_yours_must_name_gates_and_hold_functions():
    with pytest.raises(ValueError, match="No gate is called 'plus'"):
        verdict(XYZ, plus=add_backward)
    with pytest.raises(TypeError, match="must be a function"):
        verdict(XYZ, add=3)
    assert "None of your functions was needed" in verdict(XYZ, div=mul_backward).sentence
