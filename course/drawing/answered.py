"""The gradients that an answer gave for a graph's inputs, drawn where the right ones would stand."""

import math

import numpy as np

from autodiff.trace import trace
from course.drawing import picture, scene
from course.drawing.figures import figure
from course.drawing.yours import FINE, Verdict
from course.words import tr


def answered(f, inputs, upstream, gradients):
    """(the SVG, the picture read aloud), or None where the graph can't be drawn at these numbers.

    f          called with the inputs in their order; numbers
    inputs     {name: number}
    upstream   what arrives at f's output: drawn as a gate of its own, where it is not 1
    gradients  {name: the number that the answer gave}
    """
    def scaled(**given):
        out = f(*given.values())
        return out if upstream == 1 else out * upstream

    with np.errstate(all="ignore"):
        record = trace(scaled, **inputs)
    if not all(math.isfinite(number) for number in (*gradients.values(), *(node.value for node in record.nodes))):
        return None
    drawn = scene.compose(record, verdict=_judged(record, gradients))
    return picture.svg(drawn), drawn.aloud


def _judged(record, gradients):
    """The Verdict: each step as it is due, but the last one to an input brings its gradient to what the answer says."""
    steps = [step for step in record.steps if step.direction == "backward"]
    wrong = None
    for name, mine in gradients.items():
        leaf = next(node.id for node in record.nodes if node.name == name)
        last = max((k for k, step in enumerate(steps) if step.receiver == leaf), default=None)
        if last is None or math.isclose(steps[last].after, mine, rel_tol=FINE, abs_tol=1e-12):
            continue
        due = steps[last].after
        steps[last] = steps[last]._replace(local=None, after=mine, contribution=mine - steps[last].before)
        wrong = wrong or (steps[last], tr("Your gradient of {receiver} is {mine}; {due} arrives there.",
                                          receiver="{receiver}", mine=figure(mine), due=figure(due)))
    if wrong is None:
        return Verdict(steps, True, None, None, tr("Every gradient is right."), None)
    step, sentence = wrong
    return Verdict(steps, False, step.sender, step.slot, sentence, step.receiver)
