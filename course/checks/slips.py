"""A beginner's commonest slips, by their own names: they come before all that is said of an answer's numbers.

A slip of writing is seen in what came back (nothing at all, an error that was handed back, whole numbers). One of the
formula's form (brackets, a `return` too early) is seen by mending it: where the function stands in this process and
its source is at hand, it is run with that one thing changed, and named only if all that is asked comes out right.
"""

import ast
import builtins
import copy
import dis
import functools
import inspect
import math
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from course.checks.calling import Failure, Reply
from course.checks.causes.evidence import labelled
from course.checks.causes.telling import listed
from course.checks.causes.telling import right as are_right
from course.checks.clock import own_seconds
from course.checks.comparing import Problem, close
from course.checks.diagnosis import Diagnosis
from course.checks.running import Ask, Asked, Different, Run, run
from course.checks.verdict import stopped
from course.words import later, sentences, tr

SECONDS = 0.08      # of this thread's own time, that all mending may take: who asks for a check waits for it
NOTHING = later("nothing returned")

Seeds = Sequence[int]


def slip(f: Any, result: Run, seeds: Seeds, edge: bool) -> Diagnosis | None:
    """The Diagnosis of a slip in an answer whose run went wrong, or None; seeds and edge are those of the run."""
    asked = _first_wrong(result)
    if asked is None:
        return None
    here = f if isinstance(f, FunctionType) else None
    for look in (_nothing_returned, _error_returned, _math_of_arrays, _number_called, _handed_over_stopped):
        found = look(here, asked, result)
        if found:
            return found
    if here is None or result.exercise.driver:
        return None
    for look in (_other_order, _from_elsewhere):
        found = look(here, asked, result, functools.partial(_passes, result, seeds, edge))
        if found:
            return found
    return _mended(here, asked, result, seeds, edge) or _never_reached(here, asked)


def _first_wrong(result: Run) -> Asked | None:
    return next((asked for asked in result.asked if asked.problem), None)


# ------------------------------------------------------------------------------------ seen in what came back

def _nothing_returned(f: FunctionType | None, asked: Asked, result: Run) -> Diagnosis | None:
    reply = asked.reply
    if reply.failure or reply.result is not None or asked.problem is None or asked.problem.kind != "unwritten":
        return None
    tree = _tree(f)
    if reply.printed.strip():
        line = _last(tree, lambda node: isinstance(node, ast.Call) and _name_of(node.func) == "print")
        return Diagnosis("printed, not returned", tr("Your function printed its result and returned nothing: `print` "
                                                     "shows a value to you, `return` gives it to whoever calls{at}.",
                                                     at=_at(f, line)),
                         "Which value should whoever calls your function get?", asked=asked)
    if f is None or result.exercise.driver or not _does_something(f.__code__):
        return None
    if not all(_ends_with_nothing(f.__code__)) and not _computes_what_it_returns(tree):
        line = _last(tree, lambda node: isinstance(node, ast.Return))
        return Diagnosis(NOTHING, tr("What your function returned is None{at}. Much that changes or shows a value, "
                                     "such as `sort`, `append` or `print`, gives nothing back.", at=_at(f, line)),
                         "Where does this None come from?", asked=asked)
    line = _last(tree, lambda node: isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr))
    return Diagnosis(NOTHING, tr("Your function computes and then ends without `return`{at}: what it has found is "
                                 "lost.", at=_at(f, line)),
                     "Which values should whoever calls your function get?", asked=asked)


def _does_something(code: CodeType) -> bool:
    """Whether a function does more than to begin and end, by its operations without what they are done to."""
    return code.co_code[::2] != _pass.__code__.co_code[::2]


def _ends_with_nothing(code: CodeType) -> Iterator[bool]:
    """For each place at which a function can end, whether it gives nothing there."""
    before = None
    for step in dis.get_instructions(code):
        if step.opname in ("RETURN_VALUE", "RETURN_CONST"):
            given = step if step.opname == "RETURN_CONST" else before
            yield given is not None and "CONST" in given.opname and given.argval is None
        before = step


def _computes_what_it_returns(tree: ast.AST | None) -> bool:
    """Whether each `return` gives what can't be None: then it was none of these that was reached."""
    returned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)] if tree else [None]
    return all(isinstance(value, ast.BinOp | ast.Tuple | ast.List | ast.Dict | ast.Compare) for value in returned)


def _pass() -> None:
    pass


def _error_returned(f: FunctionType | None, asked: Asked, result: Run) -> Diagnosis | None:
    """An exception among the results, where it should have been raised."""
    for each in (each for each in result.asked if each.problem):
        failure = each.reply.failure
        kind = failure.message if failure and failure.kind == "NotPlain" else ""
        if kind == "type" and f is not None and (line := _last(_tree(f), lambda node: isinstance(node, ast.Return)
                                                               and _is_error(_name_of(node.value)))):
            kind = _name_of(line.value) if isinstance(line, ast.Return) else kind
        if _is_error(kind):
            return Diagnosis("an error returned, not raised",
                             tr("Your function returned a {kind}, as if it were a result: whoever calls it goes on "
                                "with that. `raise` stops it.", kind=kind),
                             "Which word belongs in front of the error?", asked=each)
    return None


def _is_error(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, BaseException)


NUMPY = {"fabs": "abs", "pow": "power", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
         "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "fsum": "sum"}
_ONE_NUMBER = re.compile(r"only .*(size-1|length-1|0-dimensional) arrays? can be converted|must be real number, not")


def _math_of_arrays(f: FunctionType | None, asked: Asked, result: Run) -> Diagnosis | None:
    """A function for one number that is given an array."""
    failure = asked.reply.failure
    if failure is None or failure.kind not in ("TypeError", "ValueError") or not _ONE_NUMBER.search(failure.message):
        return None
    called = [name for name in re.findall(r"(?<![\w.])(?:math\.)?(\w+)\s*\(", failure.code)
              if name in ("float", "int", "round") or hasattr(math, name)]
    written = re.search(r"(?<![\w.])math\.(\w+)", failure.code)
    if not called:
        return None
    tool = written[0] if written else called[0]
    name = tool.removeprefix("math.")
    other = NUMPY.get(name, name)
    instead = tr("`np.{name}` takes both", name=other) if hasattr(np, other) and name not in (
        "float", "int") else tr("An array is computed with as it is")
    return Diagnosis("one number's function, given an array",
                     tr("`{tool}` takes one number, and here an array comes ({line}). {instead}.", tool=tool,
                        line=_line(failure), instead=instead), code="X01", asked=asked)


_NOT_CALLABLE = re.compile(r"'(int|float|numpy\.\w+|ndarray|tuple|list|NoneType)' object is not callable")


def _number_called(f: FunctionType | None, asked: Asked, result: Run) -> Diagnosis | None:
    """A value in the place of a function: a sign × that is missing, or a function that was called too early."""
    failure = asked.reply.failure
    found = _NOT_CALLABLE.search(failure.message) if failure and failure.kind == "TypeError" else None
    if failure is None or found is None:
        return None
    what = {"ndarray": later("an array"), "NoneType": later("nothing (None)"), "tuple": later("a tuple"),
            "list": later("a list")}.get(found[1], later("a number"))
    return Diagnosis("a value called like a function",
                     tr("Python finds {what} before a bracket, and takes the bracket for a call ({line}).",
                        what=tr(what), line=_line(failure)),
                     "Is a `*` missing before the bracket, or was a function called where it should be handed over?",
                     asked=asked)


_INSIDE = re.compile(r"(\w+): (.*)", re.DOTALL)


def _handed_over_stopped(f: FunctionType | None, asked: Asked, result: Run) -> Diagnosis | None:
    """An exception inside a function that the answer was given: it travels as the RuntimeError of another process."""
    failure = asked.reply.failure
    inside = _INSIDE.fullmatch(failure.message) if failure and failure.kind == "RuntimeError" else None
    if failure is None or inside is None or not _is_error(inside[1]) or not _holds_callable(asked.args):
        return None
    return Diagnosis(stopped(inside[1]),
                     tr("A function that yours was given stopped with {kind}: {message} ({line}).", kind=inside[1],
                        message=inside[2].rstrip("."), line=_line(failure)),
                     "With what do you call it, and what does it take?", asked=asked)


def _holds_callable(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_callable, value))
    if isinstance(value, dict):
        return any(map(_holds_callable, value.values()))
    return callable(value)


# what is said of all results, of some beside others that are right, and what became of the numbers
_WHOLE: list[tuple[str, str, Callable[[np.ndarray], np.ndarray]]] = [
    (later("Your numbers are those expected, rounded."),
     later("In {results}, your numbers are those expected, rounded."), np.rint),
    (later("Your numbers are those expected, cut off behind the decimal point."),
     later("In {results}, your numbers are those expected, cut off behind the decimal point."), np.trunc),
    (later("Your numbers are those expected, rounded down."),
     later("In {results}, your numbers are those expected, rounded down."), np.floor),
    (later("Your numbers are those expected, rounded to {n} decimal place."),
     later("In {results}, your numbers are those expected, rounded to {n} decimal place."),
     functools.partial(np.round, decimals=1)),
    *((later("Your numbers are those expected, rounded to {n} decimal places."),
       later("In {results}, your numbers are those expected, rounded to {n} decimal places."),
       functools.partial(np.round, decimals=n)) for n in (2, 3, 4))]


def rounded(result: Run) -> Diagnosis | None:
    """Results that are right but for having been rounded: for where nothing else is known of them."""
    wrong = [each for each in result.asked if each.problem]
    known = [_side_by_side(each, result) for each in wrong if each.problem and each.problem.kind == "value"]
    sides = [both for both in known if both]
    if not sides or len(sides) < len(wrong):
        return None
    off = {name for both in sides for name, (mine, right) in both.items() if not close(mine, right)}
    fine = [name for name in sides[0] if name not in off]
    changed = [(mine, right) for both in sides for name, (mine, right) in both.items() if name in off]
    for of_all, of_some, change in _WHOLE:
        if all(close(mine, change(right)) for mine, right in changed) and any(
                np.any(change(right)) for _, right in changed):       # zeros tell nothing
            places = getattr(change, "keywords", {}).get("decimals", 0)
            says = tr(of_all, n=places) if not fine else sentences(are_right(fine), tr(
                of_some, n=places, results=listed([name for name in sides[0] if name in off])))
            return Diagnosis("rounded", says, tr("Which step rounds?") if places else
                             tr("Which step makes whole numbers: `//`, `int`, `round`, or an array of integers?"),
                             asked=_first_wrong(result))
    return None


def _side_by_side(asked: Asked, result: Run) -> dict[str, tuple[np.ndarray, np.ndarray]] | None:
    """{result: (yours, expected)} of a call; None where they can't be laid side by side."""
    mine, right = (labelled(value, result.exercise.results) for value in (asked.reply.result, asked.expected))
    if mine is None or right is None or mine.keys() != right.keys():
        return None
    sides = {name: (mine[name], right[name].astype(float)) for name in right}
    return sides if all(a.shape == b.shape and np.isfinite(b).all() for a, b in sides.values()) else None


# ------------------------------------------------------------------------------------ seen in the function

Passes = Callable[[Callable], bool]


def _other_order(f: FunctionType, asked: Asked, result: Run, passes: Passes) -> Diagnosis | None:
    """Parameters with the stub's names, in another order."""
    due = result.exercise.parameters
    mine = f.__code__.co_varnames[:f.__code__.co_argcount]
    if mine == due or sorted(mine) != sorted(due) or not passes(
            lambda *args: f(**dict(zip(due, args, strict=False)))):
        return None
    return Diagnosis("parameters in another order",
                     tr("Your function takes `{mine}`; it is called as `{signature}`. What it computes is right.",
                        mine=", ".join(mine), signature=result.exercise.signature), asked=asked)


def _from_elsewhere(f: FunctionType, asked: Asked, result: Run, passes: Passes) -> Diagnosis | None:
    """A name of the stub's parameters that is none of this function's: its value comes from another cell."""
    due = result.exercise.parameters
    mine = f.__code__.co_varnames[:f.__code__.co_argcount]
    read = [name for name in f.__code__.co_names if name in due and name not in mine and name in f.__globals__]
    if not read or callable(f.__globals__[read[0]]) or isinstance(f.__globals__[read[0]], ModuleType):
        return None
    return Diagnosis("a name from another cell",
                     tr("Your function reads `{name}`, which is none of its parameters (`{mine}`): it finds one that "
                        "another cell has left behind.", name=read[0], mine=", ".join(mine)),
                     tr("Where should `{name}` come from, each time the function is called?", name=read[0]),
                     asked=asked)


def _never_reached(f: FunctionType, asked: Asked) -> Diagnosis | None:
    """Lines behind a `return` that always comes first."""
    tree = _tree(f)
    for node in ast.walk(tree) if tree else ():
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            block = block if isinstance(block, list) else []
            for k, statement in enumerate(block[:-1]):
                if isinstance(statement, ast.Return) and not isinstance(block[k + 1], ast.FunctionDef):
                    return Diagnosis("return before the end", tr("What stands below `return` is never run{at}.",
                                                                 at=_at(f, statement)),
                                     "Where should the function end?", asked=asked)
    return None


# ------------------------------------------------------------------------------------ seen by mending it

def _mended(f: FunctionType, asked: Asked, result: Run, seeds: Seeds, edge: bool) -> Diagnosis | None:
    """The one thing whose change makes all come out right."""
    tree, until = _tree(f), own_seconds() + SECONDS
    slow = result.exercise.seconds or any(check.once for check in result.exercise.checks if edge or not check.edge)
    if tree is None or slow or f.__closure__ or any(isinstance(node, ast.While) for node in ast.walk(tree)):
        return None
    for make, tell in ((_return_later, _tell_return), (_no_rounding, _tell_rounding), (_brackets, _tell_brackets)):
        for line, other in make(tree):
            if own_seconds() > until:
                return None
            g = _built(f, other)
            if g is not None and _passes(result, seeds, edge, g):
                return tell(f, line, asked)
    return None


class _Strict(Ask):
    """Ends a run at the first thing that is wrong."""

    def _entered(self, args: tuple, reply: Reply, expected: Any, part: str | None,
                 otherwise: Problem | None = None) -> Asked:
        asked = super()._entered(args, reply, expected, part, otherwise)
        if asked.problem:
            raise Different
        return asked


def _passes(result: Run, seeds: Seeds, edge: bool, g: Callable) -> bool:
    try:
        return run(result.exercise, g, seeds, edge, _Strict).passed
    except Different:
        return False


def _tree(f: FunctionType | None) -> ast.FunctionDef | None:
    """The definition of a function; None where its text is not at hand, or not what runs."""
    if f is None:
        return None
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(f))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    return tree if isinstance(tree, ast.FunctionDef) and tree.name == f.__name__ and not tree.decorator_list else None


def _built(f: FunctionType, tree: ast.FunctionDef) -> Callable | None:
    """The function that a changed definition makes, in the place of f; its own name is the changed one's, too."""
    names = dict(f.__globals__)
    try:
        exec(compile(ast.fix_missing_locations(ast.Module([tree], [])), "<mended>", "exec"), names)
    except (SyntaxError, ValueError, NameError, TypeError):
        return None
    return names[tree.name]


Change = tuple[ast.AST, ast.FunctionDef]


def _changes(tree: ast.FunctionDef, kinds: Any, change: Callable[[Any], Iterator[ast.AST]]) -> Iterator[Change]:
    """(a node, the definition with this node changed) for each node and each change of it."""
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, kinds):
            for _, new in enumerate(change(copy.deepcopy(node))):
                yield node, _Replaced(place).of(tree, new)


class _Replaced(ast.NodeTransformer):
    """Puts a node in the place of the one that comes at a certain place of a walk."""

    def __init__(self, place: int) -> None:
        self.place = place

    def of(self, tree: ast.FunctionDef, new: ast.AST) -> ast.FunctionDef:
        other = copy.deepcopy(tree)
        self.old, self.new = list(ast.walk(other))[self.place], new
        return self.visit(other)

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def _brackets(tree: ast.FunctionDef) -> Iterator[Change]:
    """Expressions of the same signs and numbers in the same order, with one bracket or two elsewhere."""
    once = list(_changes(tree, (ast.BinOp, ast.UnaryOp), _regrouped))
    yield from once
    for line, other in once:
        yield from ((line, twice) for _, twice in _changes(other, (ast.BinOp, ast.UnaryOp), _regrouped))


def _regrouped(node: ast.BinOp | ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.BinOp):      # -(a·b) → (-a)·b
            inner = node.operand
            yield ast.BinOp(ast.UnaryOp(node.op, inner.left), inner.op, inner.right)
        return
    left, right = node.left, node.right
    if isinstance(left, ast.BinOp):         # (a·b)·c → a·(b·c)
        yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, node.op, right))
    if isinstance(right, ast.BinOp):        # a·(b·c) → (a·b)·c
        yield ast.BinOp(ast.BinOp(left, node.op, right.left), right.op, right.right)
    if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub):      # (-a)·b → -(a·b)
        yield ast.UnaryOp(left.op, ast.BinOp(left.operand, node.op, right))


def _tell_brackets(f: FunctionType, line: ast.AST, asked: Asked) -> Diagnosis:
    return Diagnosis("brackets", tr("Your formula is right but for its brackets{at}.", at=_at(f, line)),
                     "In which order does Python work it out?", asked=asked)


def _no_rounding(tree: ast.FunctionDef) -> Iterator[Change]:
    def change(node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
            yield ast.BinOp(node.left, ast.Div(), node.right)
        elif isinstance(node, ast.Call) and _name_of(node.func) in ROUNDING and node.args:
            yield node.args[0]

    yield from _changes(tree, (ast.BinOp, ast.Call), change)


ROUNDING = ("int", "round", "np.round", "np.around", "np.rint", "np.floor", "np.ceil", "np.trunc", "math.floor",
            "math.ceil", "math.trunc")


def _tell_rounding(f: FunctionType, line: ast.AST, asked: Asked) -> Diagnosis:
    what = "//" if isinstance(line, ast.BinOp) else _name_of(line.func) if isinstance(line, ast.Call) else "int"
    return Diagnosis("rounded", tr("`{what}` drops what stands behind the decimal point{at}; the rest is right.",
                                   what=what, at=_at(f, line)), "May these numbers be other than whole?", asked=asked)


def _return_later(tree: ast.FunctionDef) -> Iterator[Change]:
    """The `return` at the end of a loop's body, behind the loop."""
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.For) and isinstance(node.body[-1], ast.Return):
            other = copy.deepcopy(tree)
            loop = list(ast.walk(other))[place]
            for parent in ast.walk(other):
                block = getattr(parent, "body", None)
                if isinstance(loop, ast.For) and isinstance(block, list) and loop in block:
                    block.insert(block.index(loop) + 1, loop.body.pop())
                    loop.body = loop.body or [ast.Pass()]
                    yield node.body[-1], other
                    break


def _tell_return(f: FunctionType, line: ast.AST, asked: Asked) -> Diagnosis:
    return Diagnosis("return before the end",
                     tr("Your function returns inside its loop, so in the first round{at}; the rest is right.",
                        at=_at(f, line)), "When has the loop done its work?", asked=asked)


# ------------------------------------------------------------------------------------ in words

def _name_of(node: ast.AST | None) -> str:
    """"np.exp" of what is called, or of a call."""
    if isinstance(node, ast.Call):
        return _name_of(node.func)
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def _last(tree: ast.FunctionDef | None, kind: Callable[[ast.AST], bool]) -> ast.AST | None:
    found = [node for node in ast.walk(tree) if kind(node)] if tree else []
    return max(found, key=lambda node: getattr(node, "lineno", 0), default=None)


def _at(f: FunctionType | None, node: ast.AST | None) -> str:
    """" (line 3: `w = w - lr * dw`)" of a piece of a function; "" where it is not known."""
    if f is None or node is None:
        return ""
    number = getattr(node, "lineno", 1)
    try:
        code = textwrap.dedent(inspect.getsource(f)).splitlines()[number - 1].strip()
    except (OSError, IndexError):
        return ""
    return tr(" (line {line}: `{code}`)", line=f.__code__.co_firstlineno + number - 1, code=code)


def _line(failure: Failure) -> str:
    return tr("line {line}: `{code}`", line=failure.line, code=failure.code) if failure.code else tr("it stopped there")
