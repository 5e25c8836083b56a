"""A wrong answer's numbers on the graph of what it differentiates: the wrong edge painted, one click away."""

import base64
from html import escape
from typing import Any

from course.checks.comparing import parts
from course.checks.report import Report
from course.words import tr

MOST = 9        # inputs that still fit into a picture of a report's width


def picture(report: Report) -> str:
    """A fold with the picture, as HTML; "" where there is no graph of numbers, or no number of the answer's for it."""
    given = _given(report)
    if given is None:
        return ""
    from course.drawing.answered import answered  # numpy's and the drawing's time is spent only where one is drawn

    drawn = answered(*given)
    if drawn is None:
        return ""
    svg, says = drawn
    source = base64.b64encode(svg.encode()).decode()
    return (f"<details><summary>{tr('your numbers on the graph')}</summary><img alt=\"{escape(says)}\" "
            f'style="max-width:100%" src="data:image/svg+xml;base64,{source}"></details>')


def _given(report: Report) -> tuple[Any, dict[str, float], float, dict[str, float]] | None:
    """(forward, inputs by name, upstream gradient, the answer's gradients by input) of the call that is shown."""
    exercise, asked = report.exercise, report.diagnosis and report.diagnosis.asked
    computation = getattr(exercise.oracle, "computation", None)
    if computation is None or not asked or asked.reply.failure or not exercise.upstream:
        return None
    inputs, upstream = computation.taken(*asked.args)
    mine = parts(asked.reply.result, exercise.results)
    names = [result.removeprefix("d") for result in exercise.results]
    if mine is None or len(names) != len(inputs) or not 0 < len(inputs) <= MOST:
        return None
    if not all(isinstance(value, int | float) for value in (upstream, *inputs, *mine.values())):
        return None
    return computation.forward, dict(zip(names, map(float, inputs), strict=True)), float(upstream), \
        {name: float(value) for name, value in zip(names, mine.values(), strict=True)}
