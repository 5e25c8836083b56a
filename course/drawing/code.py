"""The graph as code: both passes as lines of Python, and which of them each frame of the drawing runs."""

import numpy as np

from autodiff.programs.steps import Code, written
from course.drawing.yours import calls
from course.words import later, tr

HEADS = {later("# the inputs"), later("# forward"), later("# backward")}     # in the code as it is written


def with_code(scene, trace, reading, yours=None):
    """The Scene with its code: a line or more for each frame; as it is, where an operation cannot be written out.

    reading: the graph that `trace` was made of. yours: a learner's own backward functions, which stand in the code as
    calls, in the place of the rules.
    """
    if not reading.things:                          # of numbers on a tape there are no operations to write out
        return scene
    names = {item.id: item.name for item in scene.items if item.name}
    try:
        with np.errstate(all="ignore"):             # at the edge of a function's domain, as where it was traced
            code = written(reading, names, calls(trace, yours) if yours else None)
    except Exception:       # whatever an operation raises that does not run on stand-ins: it draws all the same
        return scene
    frames = [frame._replace(lines=_lines(code, frame, scene.frames)) for frame in scene.frames]
    return scene._replace(code=[tr(line) if line in HEADS else line for line in code.lines], frames=frames)


def _lines(code: Code, frame, frames):
    """The numbers of the lines that a frame runs."""
    if frame.phase == "start":
        return code.inputs
    if frame.phase == "forward":
        return code.forward.get(frame.node, [])
    if frame is next((f for f in frames if f.phase == "backward"), None):
        return code.start
    return code.backward.get(frame.node, [])
