"""What every circuit of practice must be: solvable, unambiguous, of bounded size, drawn without overlap.

The tests look at some seeds of each level, `python -m benchmarks circuits` at ten thousand.
"""

import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np

from course.drawing.figures import number
from course.practising import circuits, shapes
from course.practising.ask import of_level
from course.practising.drawings import drawings
from tests.overlaps import assert_nothing_overlaps

MOST_BOXES, WIDEST, HIGHEST = 16, 1500, 640
FUNCTIONS = {"max": max, "relu": lambda x: max(x, 0.0), "exp": math.exp, "sigmoid": lambda x: 1 / (1 + math.exp(-x))}


def assert_sound(level, seed):
    """Raises AssertionError with what is wrong with this circuit."""
    made = of_level(level, seed)
    told = f"level {level}, seed {seed}: {made.code}"
    assert_solvable(made, told)
    assert_unambiguous(made, told)
    right = shapes_are_right if level == circuits.SHAPES else numbers_are_right
    right(made, told)
    if level == circuits.LEVEL_OF_CODE:
        drawings_differ(made, told)
    root = ET.fromstring(made.svg())
    assert len(made.boxes) <= MOST_BOXES and float(root.get("width")) <= WIDEST, told
    assert float(root.get("height")) <= HIGHEST, told
    assert len(root.findall(".//*[@data-blank]")) == len(made.boxes), told
    try:
        assert_nothing_overlaps(root)
    except AssertionError as error:
        raise AssertionError(f"{told}: {error}") from None


def assert_solvable(made, told):
    """In the order in which they are listed, every box is open when it is its turn."""
    filled = set()
    known = {box.id for box in made.boxes}
    assert len(known) == len(made.boxes) >= 2, told
    for box in made.boxes:
        assert set(box.needs) & known <= filled, f"{told}: {box.id} waits for {box.needs}"
        filled.add(box.id)


def assert_unambiguous(made, told):
    """No number is right and wrong, or wrong in two ways; and each box knows some wrong ones."""
    for box in made.boxes:
        spans = [box.accepts, *((wrong["low"], wrong["high"]) for wrong in box.wrong)]
        assert all(low < high for low, high in spans)
        spans.sort()
        assert all(a[1] < b[0] for a, b in pairwise(spans)), f"{told}: {box.id} {spans}"
        assert box.wrong or box.shown in ("0.00", "1.00"), f"{told}: {box.id}"
        for text in (box.label, box.why, box.otherwise, *box.hints, *(wrong["says"] for wrong in box.wrong)):
            assert text and "{" not in text and "nan" not in text, f"{told}: {text}"


def numbers_are_right(made, told):
    """The boxes' numbers are those of central differences of the circuit's own line of Python."""
    circuit = circuits.circuit(made.level, made.seed)
    line = compile(circuit.formula.removeprefix("f = "), "circuit", "eval")
    def f(**values):
        return eval(line, {**FUNCTIONS, **values})
    answers = {box.sign: number(box.shown) for box in made.boxes}
    accepts = {box.sign: box.accepts for box in made.boxes}
    for name, x in circuit.inputs.items():
        h = 1e-6 * max(1.0, abs(x))
        slope = (f(**{**circuit.inputs, name: x + h}) - f(**{**circuit.inputs, name: x - h})) / (2 * h)
        low, high = accepts[f"∂f/∂{name}"]
        assert low - 1e-5 < slope < high + 1e-5, f"{told}: {name} has {slope}, the box {answers[f'∂f/∂{name}']}"


def drawings_differ(made, told):
    """Of three drawings one is that of the line; the others say what they are, and that gives another number."""
    circuit = circuits.circuit(made.level, made.seed)
    shown = drawings(circuit, made.palette)
    assert [each.right for each in shown].count(True) == 1 and len(shown) == 3, told
    assert len({each.label for each in shown}) == 3, told
    (right,) = (each.label for each in shown if each.right)
    assert right == circuit.code.replace("\n", "; "), told
    rng = np.random.default_rng(made.seed)
    at = [circuit.inputs, *(dict(zip(circuit.inputs, map(float, row), strict=True))
                            for row in rng.normal(scale=4, size=(100, len(circuit.inputs))))]
    for each in shown:
        if not each.right:
            line = each.says.split(" of f = ")[1].split(". Where")[0]
            assert any(eval(line, {**FUNCTIONS, **x}) != eval(circuit.formula.removeprefix("f = "), {**FUNCTIONS, **x})
                       for x in at), f"{told}: {line}"


def shapes_are_right(made, told):
    """Of each list the right line, and no other, gives the gradient that autodiff gives."""
    circuit = shapes.circuit(made.seed)
    record, composed = shapes.traced(circuit)
    arrays, _ = shapes._arrays(circuit, record, composed)
    for box in made.boxes:
        assert len(set(box.choices)) == len(box.choices) == 4, told
        for k, line in enumerate(box.choices):
            try:
                value = shapes.evaluated(line, arrays)
            except ValueError:
                value = np.array(np.nan)
            truth = arrays[box.sign]
            is_right = value.shape == truth.shape and np.allclose(value, truth)
            assert is_right == (box.accepts[0] < k < box.accepts[1]) == (line == box.shown), f"{told}: {line}"
