"""Learners' code that ends, where nothing can end it from outside: a kernel in a browser has no processes, no signals.

At each turn of a loop and each call of a function of theirs, the clock is looked at. What never comes back from one
call of Python's or numpy's own, `sum(itertools.count())`, is not ended.
"""

import ast
import math
from types import CodeType

from course.checks.clock import own_seconds

NAME = "__clock__"      # among the names that the code runs with
LOOK = f"{NAME}.now() < {NAME}.end or {NAME}.stop()"        # is True


class TooLong(KeyboardInterrupt):
    """The one exception that the checks don't take for an answer's own."""


class Clock:
    """Ends code of `ticking` that runs within `with clock:` for more than so many seconds of this thread's own time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.end, self.now = seconds, math.inf, own_seconds

    def __enter__(self) -> None:
        self.end = self.now() + self.seconds

    def __exit__(self, *error: object) -> None:
        self.end = math.inf

    def stop(self) -> None:
        raise TooLong       # and again at the next turn, where an `except` has caught it


def ticking(source: str) -> CodeType:
    """The code of a cell, to be run with a Clock as NAME; may raise a SyntaxError."""
    tree = _Ticking().visit(ast.parse(source))
    return compile(ast.fix_missing_locations(tree), "<cell>", "exec", dont_inherit=True)


class _Ticking(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.For | ast.While | ast.AsyncFor | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)    # a docstring
            place = (node.body[told:] or node.body)[0]
            node.body.insert(told, ast.copy_location(ast.Expr(_look()), place))     # on its line: tracers count lines
        elif isinstance(node, ast.Lambda):
            node.body = ast.BoolOp(ast.And(), [_look(), node.body])
        elif isinstance(node, ast.comprehension):
            node.ifs.insert(0, _look())
        return node


def _look() -> ast.expr:
    look = ast.parse(LOOK, mode="eval").body
    for node in ast.walk(look):
        for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            node.__dict__.pop(name, None)       # it gets those of where it stands
    return look
