"""What the live graph reads: the Scene, the picture and the sliders, as one piece of plain data."""

import math

from course.drawing import picture
from course.drawing.figures import figure
from course.drawing.gates import GATES

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
    }


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
        return f"input {item.label}"
    if item.kind == "gate" and item.name:
        label = {gate.label: name for name, gate in GATES.items()}.get(item.label, item.label)
        return f"{item.name}, gate {label}"
    return item.says
