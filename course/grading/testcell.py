"""Runs a test cell in the grader: the cell is the instructor's, what it calls are stand-ins for answers."""

import ast
import contextlib
import functools
import io
import traceback
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from course.checks.report import SINK, Report
from course.grading.bounds import Overtime
from course.grading.key import defined_names


@functools.lru_cache(1000)
def free_names(source: str) -> frozenset[str]:
    """The names that a cell reads before it binds them itself, statement by statement; `total += 1` reads, too."""
    free: set[str] = set()
    bound: set[str] = set()
    for statement in ast.parse(source).body:
        free |= _read(statement) - bound
        if not isinstance(statement, ast.If | ast.Try):     # whose branches may not have run
            bound |= defined_names(ast.unparse(statement))
    return frozenset(free)


def _read(statement: ast.stmt) -> set[str]:
    """The names that a statement reads and does not bind itself beforehand."""
    assigned = isinstance(statement, ast.Assign | ast.AnnAssign)
    targets = (statement.targets if isinstance(statement, ast.Assign) else [statement.target]) if assigned else []
    inside = [node for part in ast.iter_child_nodes(statement) if part not in targets for node in ast.walk(part)]
    names = [node for node in inside if isinstance(node, ast.Name)]
    increased = {node.target for node in [statement, *inside] if isinstance(node, ast.AugAssign)}
    stored = {node.id for node in names if not isinstance(node.ctx, ast.Load) and node not in increased}
    stored |= {node.arg for node in inside if isinstance(node, ast.arg)}
    stored |= {node.name for node in [statement, *inside] if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    stored |= {(node.asname or node.name).split(".")[0] for node in [statement, *inside] if isinstance(node, ast.alias)}
    loaded = {node.id for node in names if isinstance(node.ctx, ast.Load) or node in increased}
    return (loaded - stored) | {node.id for target in targets for node in ast.walk(target)
                                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


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
            shown = None if value is None else _as_score(value, points)
    except (KeyboardInterrupt, Overtime):       # Ctrl-C, and the grader's own time
        raise
    except BaseException as error:      # pytest and asyncio have some that are no Exception
        trace = error.__traceback__ and error.__traceback__.tb_next     # without the frames of this module
        lines = traceback.format_exception(type(error), error, trace and trace.tb_next)
        outputs.append({"output_type": "error", "ename": type(error).__name__, "evalue": str(error)[:2000],
                        "traceback": "".join(lines)[-4000:].splitlines()})
    else:
        if shown is not None:
            outputs.append({"output_type": "execute_result", "execution_count": None, "metadata": {},
                            "data": {"text/plain": shown}})
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
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool) \
            and points is not None:
        of = getattr(value, "of", 0)    # what the course holds the exercise to be worth; the gradebook's word counts
        value = value * points / of if of and of != points else value
        # an integer may be larger than any float; nan is the one number that differs from itself
        return repr(0.0 if value != value else float(min(max(value, 0.0), points)))
    return repr(value)[:2000]
