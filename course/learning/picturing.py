"""A wrong answer's numbers on the graph of what it differentiates: the wrong edge painted, one click away."""

import base64
from html import escape
from typing import Any

from course.checks.comparing import parts
from course.checks.report import Report

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
    return (f"<details><summary>your numbers on the graph</summary><img alt=\"{escape(says)}\" "
            f'style="max-width:100%" src="data:image/svg+xml;base64,{source}"></details>')


def _given(report: Report) -> tuple[Any, dict[str, float], float, dict[str, float]] | None:
    """(forward, inputs by name, upstream gradient, the answer's gradients by input) of the call that is shown."""
    exercise, asked = report.exercise, report.diagnosis and report.diagnosis.asked
    forward = getattr(exercise.oracle, "forward", None)
    if forward is None or not asked or asked.reply.failure or not exercise.upstream:
        return None
    named = dict(exercise.named(asked.args))
    upstream, values = named.pop(exercise.upstream, 1.0), list(named.values())
    mine = parts(asked.reply.result, exercise.results)
    names = [result.removeprefix("d") for result in exercise.results]
    at = getattr(exercise.oracle, "at", None)
    if mine is None or len(names) != len(values) or not 0 < len(values) <= MOST:
        return None
    numbers = [float(value) for value in (upstream, *values, *mine.values()) if isinstance(value, int | float)]
    if len(numbers) != 1 + 2 * len(names):
        return None
    inputs, gradients = numbers[1:len(names) + 1], numbers[len(names) + 1:]
    return forward, dict(zip(names, [float(at(value)) for value in inputs] if at else inputs, strict=True)), \
        numbers[0], dict(zip(names, gradients, strict=True))
