"""The picture: nothing overlaps, it is sound XML, and it says in words what it shows."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from drawn_circuits import CIRCUITS, STAGED, XYZ
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff
from autodiff.trace import trace
from course.drawing import picture, scene
from course.drawing.yours import judge
from tests.overlaps import SVG, assert_nothing_overlaps, boxes_and_wires


def draw(f, inputs, **options):
    return ET.fromstring(picture.svg(scene.compose(trace(f, **inputs), **options)))


@pytest.mark.parametrize("name", CIRCUITS)
def test_nothing_overlaps(name):
    f, inputs = CIRCUITS[name]
    gates = sum(bool(node.parents) for node in trace(f, **inputs).nodes)
    assert_nothing_overlaps(draw(f, inputs))
    assert_nothing_overlaps(draw(f, inputs, constants=True, names=[f"gate{k}" for k in range(gates)]))


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100), st.booleans()), min_size=1, max_size=14))
@settings(max_examples=30, deadline=None)
def test_nothing_overlaps_in_any_graph(program):
    def f(x, y, z):
        values = [x, y, z]
        for a, b, product in program:
            left, right = values[a % len(values)], values[b % len(values)]
            values.append(left * right * 0.01 if product else left + right)
        return values[-1]
    assert_nothing_overlaps(draw(f, {"x": -1.234567, "y": 2.5, "z": 0.333333}))


def test_wires_run_from_left_to_right_and_end_at_their_nodes():
    composed = scene.compose(trace(STAGED[0], **STAGED[1]))
    root = ET.fromstring(picture.svg(composed))
    _, wires = boxes_and_wires(root)
    assert len(wires) == len(composed.edges) == 11
    for wire in wires:
        assert (np.diff(wire[:, 0]) >= -1e-6).all()


def test_values_stand_above_and_gradients_below_underlined():
    root = draw(*XYZ)
    texts = {(t.get("class"), t.get("data-node")): t for t in root.iter(f"{SVG}text") if t.get("data-node")}
    assert texts["value", "0"].text == "−2.00"
    assert texts["gradient", "0"].text == "−4.00"
    assert float(texts["value", "0"].get("y")) < float(texts["gradient", "0"].get("y"))
    assert "text-decoration: underline" in picture.STYLE.split("\n.bp .gradient {")[1].split("}")[0]


def test_the_shares_of_a_fork_stand_where_its_wires_arrive():
    root = draw(*STAGED)
    shares = [t.text for t in root.iter(f"{SVG}text") if "contribution" in (t.get("class") or "")]
    assert sorted(shares) == sorted(["0.5121", "−0.0358", "1.5832", "1.5832", "0.00905"])


def test_a_fork_has_a_dot_where_it_splits_and_its_targets_begin_there():
    root = draw(*CIRCUITS["square"])
    assert len(root.findall(f".//{SVG}circle[@class='split']")) == 2
    composed = scene.compose(trace(STAGED[0], **STAGED[1]))
    root = ET.fromstring(picture.svg(composed, targets=True))
    uses = [edge.source for edge in composed.edges]
    for edge in composed.edges:
        wire, hit = (root.find(f".//{SVG}g[@data-edge='{edge.id}']/{SVG}path[@class='{kind}']").get("d")
                     for kind in ("wire", "hit"))
        assert (wire == hit) == (uses.count(edge.source) == 1), edge


def test_the_wrong_edge_alone_is_marked_and_crossed():
    record = trace(XYZ[0], **XYZ[1])
    verdict = judge(record, {"mul": lambda dout, x, y: (dout * x, dout * y)})
    root = ET.fromstring(picture.svg(scene.compose(record, verdict=verdict)))
    assert [edge.get("data-edge") for edge in root.iter(f"{SVG}g") if edge.get("class") == "edge wrong"] == ["e4-0"]
    (cross,) = root.findall(f".//{SVG}text[@class='cross']")
    assert cross in root.find(f".//{SVG}g[@data-edge='e4-0']")
    (x, y), (source, left), (target, right) = (
        [float(text.get(axis)) for axis in "xy"] for text in
        (cross, *(root.find(f".//{SVG}g[@data-node='{id}']/{SVG}text") for id in (3, 4))))
    assert source < x < target and min(left, right) - 30 < y < max(left, right)


def test_a_constant_has_its_value_inside_only():
    root = draw(lambda x: x * 2, {"x": 3}, constants=True)
    assert [t.text for t in root.iter(f"{SVG}text") if t.get("class") == "value"] == ["3.00", "6.00"]


def test_a_node_is_wider_than_its_label():
    root = draw(lambda x: np.maximum(x, -0.0625), {"x": 3.0})
    nodes = [node for node in root.iter(f"{SVG}g") if "node" in node.get("class")]
    for rect, label in ((node.find(f"{SVG}rect"), node.find(f"{SVG}text").text) for node in nodes):
        assert float(rect.get("width")) >= 0.63 * 16 * len(label) + 20, label


def test_two_pictures_on_a_page_share_no_id():
    ids = [[e.get("id") for e in draw(*XYZ).iter() if e.get("id")] for _ in range(2)]
    assert len({*ids[0], *ids[1]}) == len(ids[0]) + len(ids[1]) > 0


def test_it_has_a_title_a_description_and_an_alternative_text():
    root = draw(*XYZ, names="q")
    said = ("Computational graph. Inputs: x = −2.00, y = 5.00, z = −4.00. "
            "Forward: q = x + y = (−2.00) + 5.00 = 3.00; f = q × z = 3.00 × (−4.00) = −12.00. "
            "Backward: ∂f/∂x = −4.00, ∂f/∂y = −4.00, ∂f/∂z = 3.00.")
    assert root.find(f"{SVG}title").text == "The computational graph of f(x, y, z)"
    assert root.find(f"{SVG}desc").text == said
    assert (root.get("role"), root.get("aria-label")) == ("img", said)


def test_names_are_escaped():
    odd = autodiff.Op("a<b", lambda x: x * 2.0, lambda g, z, x: g * 2.0)
    assert "a<b" in [t.text for t in draw(lambda x: odd(x), {"x": 1.0}).iter(f"{SVG}text")]
    root = draw(*XYZ, names=["<q>&"])
    assert [t.text for t in root.iter(f"{SVG}text") if t.get("class") == "name"] == ["<q>&", "f"]


def luminance(colour):
    parts = [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("palette", picture.PALETTES)
@pytest.mark.parametrize("mode, backgrounds", [
    ("light", ["#FFFFFF", "#F6F7F9"]), ("dark", ["#17181C", "#111111", "#24262B"])])
def test_figures_stand_out_from_the_background(palette, mode, backgrounds):
    # WCAG 2.2, success criterion 1.4.3. Colours inside an SVG are beyond what axe-core measures.
    for colour in picture.PALETTES[palette][mode]:
        for background in backgrounds:
            light, dark = sorted([luminance(colour), luminance(background)], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (colour, background)
