"""`practice`: what it asks, what it accepts, what it refuses, and what it gives to a browser."""

import json

import numpy as np
import pytest

from course import practice
from course.practising.questions import accepted


def xyz(**options):
    return practice(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, names="q", **options)


def box(made, sign):
    return next(box for box in made.boxes if box.sign == sign)


def test_it_asks_for_every_gradient_beginning_at_the_end():
    assert [(box.sign, box.shown) for box in xyz().boxes] == [
        ("∂f/∂f", "1.00"), ("∂f/∂q", "−4.00"), ("∂f/∂z", "3.00"), ("∂f/∂y", "−4.00"), ("∂f/∂x", "−4.00")]


def test_a_box_waits_for_the_gradients_that_it_is_made_of():
    made = xyz()
    assert box(made, "∂f/∂x").needs == ["gradient-3"] and box(made, "∂f/∂z").needs == ["gradient-4"]
    assert "once the gradients of q stand" in box(made, "∂f/∂x").waits
    strict = xyz(order="backward").view()["boxes"]
    assert [row["needs"] for row in strict] == [[]] + [[row["id"]] for row in strict[:-1]]


def test_values_and_local_gradients_can_be_asked_for():
    made = xyz(ask="gradients values locals")
    assert [box.sign for box in made.boxes[:6]] == [
        "value of q", "value of f", "local, f → q", "local, f → z", "local, q → x", "local, q → y"]
    assert box(made, "local, f → q").shown == "−4.00"
    assert set(box(made, "∂f/∂q").needs) == {"value-3", "value-4", "local-e4-0", "gradient-4"}
    assert [box.id.split("-")[0] for box in xyz(ask=["values"]).boxes] == ["value", "value"]


@pytest.mark.parametrize("value, right, wrong", [
    (-4.0, ["-4", "-4.004"], ["-3.9", "4"]), (0.1966119, ["0.1966", "0.197"], ["0.2", "0.19"]),
    (2 / 3, ["0.667"], ["0.6"]), (0.0, ["0"], ["0.01"]), (1.5e-7, ["1.5e-7"], ["0"]),
    (0.0090576, ["0.00906"], ["0.0095"])])
def test_rounding_is_forgiven_and_no_more(value, right, wrong):
    low, high = accepted(value)
    assert all(low <= float(text) <= high for text in right)
    assert not any(low <= float(text) <= high for text in wrong)


def test_no_answer_shows_in_the_picture_the_text_or_the_size_of_a_box():
    made = practice(level=4, seed=1)
    assert 'class="gradient' not in made.svg()
    assert not any(f"= {box.shown}" in repr(made).split("To fill in")[0] and "∂" in repr(made).split("To fill in")[0]
                   for box in made.boxes)
    assert len({made.blanks[box.id] for box in made.boxes}) == 1
    asked = practice(level=8, seed=1)
    for box in asked.boxes:
        if box.id.startswith("value") and len(box.shown) > 5:
            assert box.shown not in asked.svg() and box.shown not in repr(asked)


def test_a_level_is_drawn_anew_each_time_unless_it_has_a_seed():
    assert len({practice(level=3).seed for _ in range(8)}) > 1
    assert practice("forks", seed=17).view()["boxes"] == practice(level=4, seed=17).view()["boxes"]
    assert practice(4, seed=17).another().seed != 17


def test_the_view_is_plain_data_and_has_every_sentence():
    for level in range(1, 11):
        view = practice(level=level, seed=2).view()
        assert json.loads(json.dumps(view, allow_nan=False)) == json.loads(json.dumps(view))
        assert all(wrong["kind"] in {*view["kinds"], ""} for box in view["boxes"] for wrong in box["wrong"])


@pytest.mark.parametrize("call, error, message", [
    (lambda: practice("spoons"), ValueError, "There is no level 'spoons'"),
    (lambda: practice(level=11), ValueError, "There is no level 11"),
    (lambda: practice(level=0), ValueError, "There is no level 0"),
    (lambda: practice("forks", level=3), ValueError, "one says which level"),
    (lambda: practice(level=3, x=2), ValueError, "x has no place in it"),
    (lambda: practice(lambda x: x * 2, level=3, x=2), ValueError, "no level and no seed"),
    (lambda: practice(level=3, seed="a"), TypeError, "seed is a whole number"),
    (lambda: practice(level=3, order="sideways"), ValueError, "order is one of 'any', 'backward'"),
    (lambda: practice(level=3, ask="colours"), ValueError, "ask takes any of 'values', 'locals', 'gradients'"),
    (lambda: practice(level=3, ask=""), ValueError, "ask takes any of"),
    (lambda: practice(level=3, palette="blue"), ValueError, "palette is one of"),
    (lambda: practice(lambda x: x.sum(), x=np.ones(3)), ValueError, "this circuit has arrays"),
    (lambda: practice(lambda x: x, x=3), ValueError, "no gate"),
    (lambda: practice(lambda x, y: x * y, x=3), ValueError, "no value is given for y"),
    (lambda: practice(lambda x: np.log(x), x=-1.0), ValueError, "finite"),
    (lambda: practice(lambda x: np.sqrt(x), x=0.0), ValueError, "a gradient is not finite"),
    (lambda: practice(level=3, seed=1).save("a.svg"), ValueError, "saved as a page"),
])
def test_what_cannot_be_asked_is_refused_in_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_circuit_that_is_a_learners_own_may_hold_anything_that_graph_draws():
    made = practice(lambda x, y: np.tanh(x) / y + abs(x - y) + x * x, x=0.3, y=2.0, names=["t", None, "d"])
    assert box(made, "∂f/∂x").hints and len(box(made, "∂f/∂x").needs) == 3
    assert all(box.why.endswith(".") for box in made.boxes)


def test_a_gate_without_a_name_gets_a_letter_so_that_its_label_tells_no_value():
    made = practice(lambda x, p: (x * p + x) * p + 7, x=2, p=3, names=["m"], ask="values gradients")
    assert [box.sign for box in made.boxes[:4]] == ["value of m", "value of q", "value of r", "value of f"]
    assert not any("8.00" in box.label + box.waits + box.otherwise for box in made.boxes)


def test_a_notebook_shows_a_widget_a_picture_and_a_sentence():
    data, _ = xyz()._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/svg+xml", "text/plain"} <= set(data)
    assert data["text/plain"].endswith("To fill in: ∂f/∂f, ∂f/∂q, ∂f/∂z, ∂f/∂y, ∂f/∂x.")
    assert data["image/svg+xml"].count("data-blank") == 5


def test_another_circuit_is_python_s_answer_to_the_widget():
    from course.practising.widget import PracticeWidget

    widget = PracticeWidget(practice(level=3, seed=1))
    before = widget.view
    widget.told = {"turn": 1, "another": True}
    assert widget.view["another"] and widget.view["level"] == 3 and widget.view["seed"] != before["seed"]
