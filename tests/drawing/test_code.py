"""The graph as code: each frame has its lines, and the text is there where the widget is not."""

import warnings

import numpy as np
import pytest
from drawn_circuits import CIRCUITS

import autodiff
from autodiff import scalar
from course.drawing import graph
from course.words import languages, speaking


@pytest.mark.parametrize("f, inputs", CIRCUITS.values(), ids=CIRCUITS)
def test_the_frames_run_all_lines_each_once(f, inputs):
    drawn = graph(f, **inputs)
    lines = [n for frame in drawn.scene.frames for n in frame.lines]
    titles = [n for n, line in enumerate(drawn.scene.code) if line.startswith("# ")]
    assert lines == sorted(lines) and sorted([*lines, *titles]) == [*range(len(drawn.scene.code))]
    assert all(frame.lines for frame in drawn.scene.frames)


def test_what_appears_in_a_frame_is_what_its_lines_compute():
    drawn = graph(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, names="q")
    assert [[drawn.scene.code[n] for n in frame.lines] for frame in drawn.scene.frames] == [
        ["x = -2.0", "y = 5.0", "z = -4.0"], ["q = x + y"], ["f = q * z"], ["d_f = 1.0"],
        ["d_q = d_f * z", "d_z = d_f * q"], ["d_x = d_q", "d_y = d_q"]]


def test_a_slider_moves_the_inputs_of_the_code_too():
    drawn = graph(lambda x: x * x, x=3.0)
    assert drawn.view()["code"][1] == "x = 3.0"
    assert drawn.view({"x": 3.5})["code"][1] == "x = 3.5"


def test_the_code_is_text_where_it_is_asked_for():
    drawn = graph(lambda x: x * x, x=3.0, code=True)
    assert drawn.view()["opens"] is True
    assert repr(drawn) == drawn.scene.aloud + "\n\n" + drawn.code.rstrip()
    assert drawn._repr_mimebundle_()[0]["text/plain"] == repr(drawn)
    quiet = graph(lambda x: x * x, x=3.0)
    assert quiet.view()["opens"] is False and repr(quiet) == quiet.scene.aloud
    assert quiet.code == drawn.code and "f = x * x\n" in quiet.code


def test_own_functions_stand_there_as_calls_and_the_rule_is_not_told():
    def mul_backward(dout, x, y):
        return dout * x, dout * y

    def exp_backward(dout, out):
        return dout * out
    drawn = graph(lambda x, y: 2 * np.exp(x * y) + x, x=0.5, y=3, names="p e",
                  yours={"mul": mul_backward, "exp": exp_backward})
    wrong = drawn.scene.frames[-1]
    assert wrong.phase == "wrong" and [drawn.scene.code[n] for n in wrong.lines] == [
        "d_e = mul_backward(d_v1, 2, e)[1]"]
    assert "d_p = exp_backward(d_e, e)\n" in drawn.code
    assert "d_x = d_x + mul_backward(d_p, x, y)[0]\n" in drawn.code
    space = {"np": np, "exp_backward": exp_backward, "mul_backward": lambda dout, x, y: (dout * y, dout * x)}
    exec(drawn.code, space)
    assert np.isclose(space["d_x"], 1 + 6 * np.exp(1.5))


def test_a_graph_that_cannot_be_written_out_is_drawn_without_code():
    odd = autodiff.Op("odd", lambda x: x * float(x), lambda g, z, x: g * 2 * x)
    assert graph(odd, x=3.0).code == "" and graph(odd, x=3.0).view()["code"] == []
    assert graph(lambda x: scalar.tanh(x), x=3.0).code == ""
    with pytest.raises(ValueError, match="cannot be shown as code"):
        graph(odd, x=3.0, code=True)


@pytest.mark.parametrize("f, x", [(np.sqrt, 0.0), (np.arcsin, 1.0), (lambda x: np.abs(x)**0.5, 0.0)])
def test_where_a_gradient_is_infinite_the_code_is_written_without_a_warning(f, x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert graph(lambda x: f(x), x=x).code


@pytest.mark.parametrize("language", languages()[1:])
def test_its_headings_follow_the_language(language):
    with speaking(language):
        told = graph(lambda x: x * x, x=3.0).scene.code
    here = graph(lambda x: x * x, x=3.0).scene.code
    assert [a != b for a, b in zip(told, here, strict=True)] == [line.startswith("# ") for line in here]
