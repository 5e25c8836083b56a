"""Wrong numbers and their causes: each is what one gets who makes that mistake, and no other."""

import math

import pytest

import autodiff
from autodiff.trace import trace
from course.authoring.sourcetext import read_source
from course.places import ROOT
from course.practising import causes
from course.practising.questions import told_apart

XYZ = trace(lambda x, y, z: (x + y) * z, x=-2.0, y=5.0, z=-4.0)         # x, y, z, q, f are 0 … 4


def kind_of(record, id, value):
    """The kind that is told for a wrong number, or None."""
    truth = [step.after for step in record.steps if step.direction == "backward" and step.receiver == id][-1]
    names = [node.name or node.gate for node in record.nodes]
    found = [wrong for wrong in told_apart(truth, causes.gradients(record, id), names)
             if wrong["low"] <= value <= wrong["high"]]
    assert len(found) <= 1
    return (found[0]["kind"], found[0]["says"]) if found else (None, "")


@pytest.mark.parametrize("f, inputs, at, wrong, kind", [
    (lambda x, y, z: (x + y) * z, {"x": -2.0, "y": 5.0, "z": -4.0}, 3, 3.0, "swap"),
    (lambda x, y, z: (x + y) * z, {"x": -2.0, "y": 5.0, "z": -4.0}, 3, 4.0, "sign"),
    (lambda x, y, z: (x + y) * z, {"x": -2.0, "y": 5.0, "z": -4.0}, 0, 1.0, "upstream"),
    (lambda x, y, z: (x + y) * z, {"x": -2.0, "y": 5.0, "z": -4.0}, 0, -20.0, "add"),
    (lambda x, y, z: (x + y) * z, {"x": -2.0, "y": 5.0, "z": -4.0}, 4, -12.0, "start"),
    (lambda x, y: 3 * autodiff.maximum(x, y), {"x": 7.0, "y": 5.0}, 1, 3.0, "max"),
    (lambda x, y: 3 * autodiff.maximum(x, y), {"x": 7.0, "y": 5.0}, 0, 1.5, "max"),
    (lambda x: 5 * x ** 2, {"x": 3.0}, 0, 15.0, "square"),
    (lambda x: 5 * autodiff.sigmoid(x), {"x": math.log(4)}, 0, 4.0, "sigmoid"),
    (lambda x: 5 * autodiff.exp(x), {"x": math.log(3)}, 0, 5 * math.log(3), "exp"),
    (lambda x, y: 5 * (x / y), {"x": 6.0, "y": 4.0}, 1, -7.5, "division"),
    (lambda x: -4 * autodiff.relu(x), {"x": -3.0}, 0, -4.0, "relu"),
    (lambda x, y: x * y + 3 * x, {"x": 2.0, "y": 5.0}, 0, 5.0, "path"),
    (lambda x, y: x * y + 3 * x, {"x": 2.0, "y": 5.0}, 0, 3.0, "path"),
    (lambda x: x * x, {"x": 5.0}, 0, 5.0, "path"),
    (lambda x, y: (x + y) * 6, {"x": 2.0, "y": 8.0}, 0, 7.0, "added along a path"),
    (lambda x, y, z: (x + y) * z, {"x": -2.0, "y": 5.0, "z": -4.0}, 0, 123.0, None),
])
def test_a_mistake_is_known_by_its_number(f, inputs, at, wrong, kind):
    assert kind_of(trace(f, **inputs), at, wrong)[0] == kind


def test_the_sentence_is_about_this_edge():
    assert kind_of(XYZ, 0, 1.0)[1] == "That is the local gradient alone: the upstream gradient, −4.00, is not in it."
    assert kind_of(XYZ, 2, -4.0)[1].startswith("z's own value stands in it; × swaps")
    assert "missing so far" in kind_of(trace(lambda x, y: x * y + 3 * x, x=2.0, y=5.0), 0, 5.0)[1]


def test_every_edit_changes_its_edge_as_it_says():
    """Along one edge an edit leads to what the whole backward pass gives when this edge alone is edited."""
    record = trace(lambda x, y: x * y + autodiff.exp(x) * 3, x=0.5, y=5.0)
    known = causes.edges(record)
    for wrong in causes.gradients(record, 0):
        shares = {key: edge.upstream * edge.local for key, edge in known.items() if edge.receiver == 0}
        possible = [sum(shares.values()) - share + other.value for key, share in shares.items()
                    for other in causes.edited(known[key])]
        possible += [*shares.values(), math.prod(shares.values()), sum(shares.values()) / 2, -sum(shares.values())]
        assert any(math.isclose(wrong.value, value) for value in possible), wrong


def test_where_two_slips_give_one_number_both_are_told_and_none_is_counted():
    record = trace(lambda x, y: 2 * (x * y), x=2.0, y=5.0)       # ∂f/∂x is 10; x's own value × upstream is 4
    told = told_apart(10.0, [causes.Wrong(4.0, "swap", "One.", 0), causes.Wrong(4.0, "local", "Two.", 0),
                             causes.Wrong(4.0, "value", "Three.", 2)], [""] * len(record.nodes))
    assert [(wrong["kind"], wrong["says"]) for wrong in told] == [
        ("", "Two slips give this number. One: One. The other: Two.")]


def test_a_wrong_number_that_is_right_by_chance_is_not_told():
    assert kind_of(trace(lambda x: x * x * 1.0, x=1.0), 0, 2.0)[0] is None


@pytest.mark.parametrize("kind", causes.KINDS.values(), ids=causes.KINDS)
def test_each_kind_names_a_section_that_is_there(kind):
    path = next((ROOT / "course/sources/lessons").glob(f"{kind.lesson:02}_*.py"))
    headings = [line for cell in read_source(path, ROOT).cells for line in cell.text.splitlines()
                if line.startswith("## ")]
    assert f"## {kind.section}" in headings


def test_every_kind_that_is_told_is_a_kind():
    told = {edit.kind for edit in causes.EDITS} | {"start", "path", "forward", "product", "repeated"}
    assert told <= set(causes.KINDS)
