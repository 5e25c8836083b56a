"""A wrong answer's numbers on the graph: those it gave, and the wrong edge painted."""

import base64
import re

import numpy as np
import pytest

from course.checks.examining import examine
from course.declarations import find
from course.learning.picturing import picture


def drawn(name, answer):
    """(the SVG, its text for those who don't see it) of what an answer gets."""
    fold = picture(examine(find(name), answer, (0,), edge=False))
    if not fold:
        return "", ""
    source = re.search(r"base64,([^\"]+)", fold)[1]
    return base64.b64decode(source).decode(), re.search(r'alt="([^"]*)"', fold)[1]


def figures(svg):
    return re.findall(r'<text class="gradient"[^>]*>([^<]+)', svg)


def test_the_answers_numbers_stand_where_the_right_ones_would():
    svg, says = drawn("circuit_backward", lambda x, y, z, df=1.0: (z * df, z * df, (x - y) * df))
    assert figures(svg) == ["−4.00", "−4.00", "−7.00", "−4.00", "1.00"]
    assert svg.count('class="edge wrong"') == 1
    assert re.search(r'class="edge wrong" data-edge="e\d-1"', svg)      # z is the second input of the gate ×
    assert "Your gradient of z is −7.00; 3.00 arrives there." in says


def test_the_upstream_gradient_is_a_gate_of_its_own():
    svg, says = drawn("mul_backward", lambda dout, x, y: (y, x))
    assert figures(svg)[:2] == ["−4.00", "3.00"]
    assert "× 2" in svg
    assert "Your gradient of x is −4.00; −8.00 arrives there." in says


def test_a_gate_that_is_given_its_output_is_drawn_at_the_input_that_has_it():
    _, says = drawn("tanh_backward", lambda dout, out: dout)
    assert "x = 0.5000" in says


@pytest.mark.parametrize(("name", "answer"), [
    ("mul_backward", lambda dout, x, y: None), ("mul_backward", lambda dout, x, y: 1 / 0),
    ("mul_backward", lambda dout, x, y: dout), ("mul_backward", lambda dout, x, y: ("a", "b")),
    ("mul_backward", lambda dout, x, y: (float("nan"), float("nan"))), ("mul_backward", lambda dout, x, y: (np.inf, x)),
    ("mul_backward", lambda dout, x, y: (np.ones(2), x)), ("mul_backward", lambda dout, x, y: {"dx": 1}),
    ("matmul_backward", lambda dD, W, X: (W, X)), ("mul_backward", lambda dout, x, y: (dout * y, dout * x)),
    ("mse", lambda pred, target: (1.0, pred)), ("SigmoidFn", lambda: None)])
def test_where_nothing_can_be_drawn_nothing_is(name, answer):
    report = examine(find(name), answer, (0,), edge=False)
    assert report.diagnosis is None or picture(report) == ""
