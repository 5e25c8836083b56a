"""`graph(...)`: what it takes, what it shows, what it saves."""

import json
import math
import re
import subprocess
import sys
from html import escape

import numpy as np
import pytest
from drawn_circuits import CIRCUITS, XYZ

import course
from autodiff import scalar
from course.drawing import Graph, graph


def example(**options):
    return graph(XYZ[0], **XYZ[1], **options)


def test_it_is_what_notebooks_import():
    assert course.graph is graph
    assert isinstance(example(), Graph)


def test_text_plain_reads_the_graph_aloud():
    assert repr(example(names="q")) == (
        "Computational graph. Inputs: x = −2.00, y = 5.00, z = −4.00. "
        "Forward: q = x + y = (−2.00) + 5.00 = 3.00; f = q × z = 3.00 × (−4.00) = −12.00. "
        "Backward: ∂f/∂x = −4.00, ∂f/∂y = −4.00, ∂f/∂z = 3.00.")


def test_a_cell_shows_a_widget_and_a_picture_where_there_is_none():
    shown = example()
    data, _ = shown._repr_mimebundle_()
    assert set(data) >= {"application/vnd.jupyter.widget-view+json", "image/svg+xml", "text/plain"}
    assert data["text/plain"] == repr(shown)
    assert data["image/svg+xml"].startswith("<svg ")
    assert shown.scene.aloud in data["image/svg+xml"]


def test_making_a_graph_does_not_import_the_widget():
    code = ("import sys; from course import graph; repr(graph(lambda x: x * x, x=3)); "
            "sys.exit('anywidget' in sys.modules or 'nbgrader' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_slider_is_answered_with_the_graph_at_the_new_inputs():
    from course.drawing.widget import GraphWidget

    widget = GraphWidget(example())
    assert [s["name"] for s in widget.view["sliders"]] == ["x", "y", "z"]
    widget.moved = {"turn": 1, "inputs": {"x": 1.0, "y": 5.0, "z": -4.0}}
    assert widget.view["problem"] == ""
    assert widget.view["frames"][-1]["gradients"] == [[0, "−4.00"], [1, "−4.00"]]
    assert ">−24.00</text>" in widget.view["svg"]
    assert [s["shown"] for s in widget.view["sliders"]] == ["1.00", "5.00", "−4.00"]


def test_a_slider_that_leads_where_f_fails_is_answered_with_a_sentence():
    shown = graph(lambda x: np.log(x), x=1.0)
    assert shown.view({"x": -1.0})["problem"] == ("At x = -1.0 the gate log gives nan, and a graph is drawn at finite "
                                                  "numbers.")

    def strict(x):
        if x.item() > 3:
            raise RuntimeError("too far")
        return x * 2
    assert graph(strict, x=1.0).view({"x": 4.0})["problem"] == "RuntimeError: too far"


@pytest.mark.parametrize("x", [-2, 5, 0, 1.1, 100, 715, 0.3679, 1e-3])
def test_a_slider_starts_in_the_middle_and_passes_through_zero(x):
    (slider,) = graph(lambda x: x * 2, x=x).view()["sliders"]
    assert (slider["min"] + slider["max"]) / 2 == pytest.approx(x)
    assert slider["min"] < 0 < slider["max"]
    assert slider["max"] - slider["min"] == pytest.approx(200 * slider["step"])


def test_arrays_have_no_slider():
    f, inputs = CIRCUITS["layer"]
    assert graph(f, **inputs).view()["sliders"] == []


def test_functions_of_scalars_can_be_drawn():
    (slope,) = scalar.value_and_grad(lambda x: scalar.exp(x * x))(0.7)[1]
    assert f"∂f/∂x = {slope:.4f}" in repr(graph(lambda x: scalar.exp(x * x), x=0.7))


def test_the_saved_page_is_whole(tmp_path):
    path = tmp_path / "graph.html"
    example().save(path)
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)\s*=|@import|url\((?!#)|https?://(?!www\.w3\.org/)""", text)
    view = json.loads(re.search(r'<script type="application/json" id="views">(.*?)</script>', text, re.S)[1])[0]
    assert len(view["frames"]) == 6
    assert view["note"] == "This page shows one set of inputs; in a notebook, each has a slider."
    assert "<noscript><svg " in text
    assert f"<summary>As code</summary><pre>{escape(example().code)}</pre>" in text


def test_a_page_cannot_be_broken_by_a_name(tmp_path):
    path = tmp_path / "graph.html"
    example(names=["</script><b>"]).save(path)
    text = path.read_text(encoding="utf-8")
    assert "</script><b>" not in text
    view = json.loads(re.search(r'<script type="application/json" id="views">(.*?)</script>', text, re.S)[1])[0]
    assert "</script><b> = x + y" in view["frames"][1]["sentence"]


def test_the_saved_picture_stands_alone(tmp_path):
    path = tmp_path / "graph.svg"
    example(palette="colorblind").save(str(path))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<svg xmlns=")
    assert "#0060A8" in text and "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("call, error, sentence", [
    (lambda: graph(3, x=1), TypeError, "draws a function, got 3 (int)"),
    (lambda: graph(lambda x, y: x * y, x=1), ValueError, "f has the parameters x, y; no value is given for y."),
    (lambda: graph(lambda x: x * 2, x=1, y=2), ValueError, "f has the parameters x; y is not among them."),
    (lambda: graph(lambda x: x * 2, y=2), ValueError, "no value is given for x and y is not among them"),
    (lambda: graph(lambda: 2), ValueError, "at least one input"),
    (lambda: graph(lambda x, /: x * 2, x=1), TypeError, "cannot be named"),
    (lambda: graph(lambda x: x * 2, x=math.nan), ValueError, "x is nan, and a graph is drawn at finite numbers"),
    (lambda: graph(lambda x: x.sum(), x=[1, math.inf]), ValueError, "finite numbers"),
    (lambda: graph(lambda x: x * 2, x="3"), TypeError, "x must be a real number"),
    (lambda: graph(lambda x: x * 2, x=None), TypeError, "x must be a real number"),
    (lambda: graph(lambda x: 3.0, x=1), TypeError, "must return a Tensor or a Scalar"),
    (lambda: graph(lambda x: None, x=1), TypeError, "it returned NoneType: None"),
    (lambda: graph(lambda x: x * 2, x=[1, 2]), ValueError, "starts from a single number"),
    (lambda: graph(lambda x: 1 / x, x=0), ValueError, "At x = 0 the gate div gives inf"),
    (lambda: graph(lambda x: sum(x * k for k in range(100)), x=1), ValueError, "This graph has 200 gates"),
    (lambda: example(palette="pink"), ValueError, "palette is one of 'green-red', 'colorblind'; got 'pink'"),
    (lambda: example(names="a b c"), ValueError, "3 names for 2 gates"),
    (lambda: example(yours=[abs]), TypeError, "yours maps gates to functions"),
    (lambda: example().save("graph.png"), ValueError, "saved as name.html (a page to step through) or name.svg"),
])
def test_what_cannot_be_drawn_gets_a_sentence(call, error, sentence):
    with pytest.raises(error) as caught:
        call()
    assert sentence in str(caught.value)


def test_what_f_raises_comes_through():
    def f(x):
        raise KeyError("mine")
    with pytest.raises(KeyError, match="mine"):
        graph(f, x=1)


def test_defaults_and_keyword_parameters_are_respected():
    assert "∂f/∂x = 3.00" in repr(graph(lambda x, k=3: x * k, x=1))
    assert "∂f/∂b = 1.00" in repr(graph(lambda **given: given["a"] + given["b"], a=1, b=2))
