"""What the live graph reads: the Scene, the picture and the sliders, as one piece of plain data."""

import math

from course.drawing import picture
from course.drawing.figures import figure
from course.drawing.gates import GATES
from course.words import sentences, tr

MOST_SLIDERS = 12
STEPS = 100             # of a slider, to either side of where it starts


def view(scene, palette, inputs, start, problem="", note="", opens=False):
    """The data for widget.js. `inputs` are the present ones, `start` those the sliders stand around.

    opens: whether the code shows from the start.
    """
    return {
        "title": scene.title,
        "svg": picture.svg(scene, palette, alone=False),
        "colours": picture.colours(palette),
        "frames": [frame._asdict() for frame in scene.frames],
        "tables": {str(id): {**table._asdict(), "meeting": table.meeting and table.meeting._asdict()}
                   for id, table in scene.tables.items()},
        "says": {str(item.id): _says(item) for item in scene.items},
        "code": list(scene.code),
        "opens": opens,
        "sliders": sliders(inputs, start),
        "leaves": {str(item.id): item.label for item in scene.items if item.kind == "leaf"},
        "problem": problem,
        "note": note,
        "words": words(),
    }


def words():
    """What widget.js itself says; in {braces} stands what it fills in."""
    return {
        **sizes(), "silence": silence(),
        "reset": tr("Reset"), "reset title": tr("Back to the start"),
        "back": tr("← Back"), "back title": tr("One step back"),
        "step": tr("Step →"), "step title": tr("One step on"),
        "forward": tr("Whole forward pass"), "forward title": tr("To the end of the forward pass"),
        "end": tr("To the end"), "end title": tr("To the end of the backward pass"),
        "bar": tr("Steps and size"), "stage": tr("Drawing of the graph; the left and right arrow keys step"),
        "code": tr("As code"), "code title": tr("Both passes as lines of Python"),
        "lines": tr("The graph as code; the left and right arrow keys step"),
        "in code": tr("In code: {lines}"), ";": tr("; "), "at": tr("step {at} of {last}"),
        "hint": tr("Click a node, or press Enter on it, to open its table."),
        "hint and drag": sentences(tr("Click a node, or press Enter on it, to open its table."), tr(
            "Drag an input's node to change its value, or use the arrow keys on it.")),
        "has value": tr("{node}, value {value}"), "has gradient": tr("{node}, gradient {gradient}"),
        "value": tr("value"), "gradient": tr("gradient"), "values": tr("values"), "gradients": tr("gradients"),
        "of": tr("{kind} of {node}"), "entry": tr("{kind} of {name}, row {row}, column {column}: {number}"),
        "choose": tr("Choose an entry: what belongs to it is marked."), "table": tr("Table: {name}"),
    }


def sizes():
    """The words of the buttons that make a drawing larger and smaller."""
    return {"size": tr("Size"), "smaller": tr("Smaller"), "larger": tr("Larger"), "fit": tr("Fit"),
            "fit title": tr("Fit the width")}


def silence():
    """What is said where a kernel is asked and does not answer."""
    return tr("No kernel has answered so far: it is busy, or none runs. Run the cell again.")


def sliders(inputs, start):
    """One for each number among the inputs, with its first value in the middle."""
    numbers = [name for name, value in start.items() if isinstance(value, (int, float))]
    made = []
    for name in numbers[:MOST_SLIDERS]:
        middle = float(start[name])
        step = _step(middle)
        made.append({"name": name, "value": middle, "min": middle - STEPS * step, "max": middle + STEPS * step,
                     "step": step, "shown": figure(inputs[name])})
    return made


def _step(x):
    """A round step (0.05, 0.1, 0.5, ...): a hundred of them go through zero and out on the other side."""
    rough = max(abs(x), 2.5) / 50
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(k for k in (1, 2, 5, 10) if k * power >= rough * 0.999)


def _says(item):
    if item.kind == "leaf":
        return tr("input {name}", name=item.label)
    if item.kind == "gate" and item.name:
        label = {gate.label: name for name, gate in GATES.items()}.get(item.label, item.label)
        return tr("{name}, gate {gate}", name=item.name, gate=label)
    return item.says
