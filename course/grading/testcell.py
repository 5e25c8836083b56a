"""Runs a test cell in the grader: the cell is the instructor's, what it calls are stand-ins for answers."""

import ast
import contextlib
import functools
import io
import math
import traceback
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from course.checks.report import SINK, Report


@functools.lru_cache(1000)
def free_names(source: str) -> frozenset[str]:
    """The names that a cell reads and does not bind itself."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {(node.asname or node.name).split(".")[0] for node in nodes if isinstance(node, ast.alias)}
    return frozenset(node.id for node in names if isinstance(node.ctx, ast.Load)) - bound


def run_test_cell(source: str, namespace: dict[str, Any], points: float | None = None) -> list[dict[str, Any]]:
    """The outputs of a cell run in `namespace`, in nbformat's form.

    The value of its last expression is the score, where it is a number: never below 0, never above `points`, a
    plain float, so that nbgrader reads it as what it is.
    """
    outputs: list[dict[str, Any]] = []
    printed = io.StringIO()
    token = SINK.set(lambda report: outputs.append(_shown(report)))
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = _run(source, namespace)
    except Exception as error:
        trace = error.__traceback__ and error.__traceback__.tb_next     # without the frames of this module
        lines = traceback.format_exception(type(error), error, trace and trace.tb_next)
        outputs.append({"output_type": "error", "ename": type(error).__name__, "evalue": str(error)[:2000],
                        "traceback": "".join(lines)[-4000:].splitlines()})
    else:
        if value is not None:
            outputs.append({"output_type": "execute_result", "execution_count": None, "metadata": {},
                            "data": {"text/plain": _as_score(value, points)}})
    finally:
        SINK.reset(token)
    if printed.getvalue():
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": printed.getvalue()[:20_000]})
    return outputs


def score_of(outputs: Iterable[dict[str, Any]], points: float) -> float:
    """What nbgrader reads from the outputs of a test cell: 0 from an error, the number that it gives, else `points`."""
    for output in outputs:
        if output["output_type"] == "error":
            return 0.0
        if output["output_type"] == "execute_result":
            try:
                return float(output["data"]["text/plain"])
            except ValueError:
                break
    return float(points)


def _run(source: str, namespace: dict[str, Any]) -> Any:
    """Execute a cell; the value of its last expression, or None."""
    tree = ast.parse(source)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body[-1].value)
        del tree.body[-1]
    exec(compile(tree, "<test cell>", "exec"), namespace)
    return None if last is None else eval(compile(last, "<test cell>", "eval"), namespace)


def _shown(report: Report) -> dict[str, Any]:
    data, metadata = report._repr_mimebundle_()
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def _as_score(value: Any, points: float | None) -> str:
    if isinstance(value, int | float | np.number) and not isinstance(value, bool) and points is not None:
        value = float(value)
        return repr(0.0 if math.isnan(value) else min(max(value, 0.0), float(points)))
    return repr(value)[:2000]
