"""Small changes of a right answer's text: the slips that one makes in writing it.

All slips of an answer are woven into one program: where a slip changes an expression, the program holds both, and the
global name SLIP chooses. So a text of hundreds of slips is compiled once, and a slip costs no more than a call.
"""

import ast
import copy
import functools
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SLIP, TICK = "_slip_", "_tick_"
MOST_TEXT = 200         # characters of an expression that is read anew with a bracket less
MOST_NAMES = 8          # names that are tried in the place of one
NONE = -1               # the answer as it is


@dataclass(frozen=True)
class Slip:
    """kind is a key of KINDS; detail are the words that its clause takes."""

    kind: str
    detail: tuple[str, ...] = ()


def woven(source: str, upstream: str | None) -> tuple[str, list[Slip]]:
    """(The text of a program that holds a right answer with all its slips, the slips in the order of their numbers).

    The program's globals are SLIP, the number of the slip that is chosen (NONE for the answer as it is), and TICK,
    which it calls in every round of a loop and at the beginning of every function.
    """
    weaver = _Weaver(upstream)
    tree = weaver.visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree)), weaver.slips


Found = Iterator[tuple[Slip, ast.expr]]


class _Weaver(ast.NodeTransformer):
    """Weaves the slips of every expression and statement into a tree."""

    def __init__(self, upstream: str | None) -> None:
        self.upstream, self.slips, self.scopes = upstream, [], []
        self.returned: set[int] = set()     # ids of what is returned

    # statements

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        stored = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
        given = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        self.scopes.append(list(dict.fromkeys([*given, *stored])))
        node.body = self._block(node.body)
        self.scopes.pop()
        node.body.insert(0, _tick())
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        node.body = [self.visit(part) if isinstance(part, ast.FunctionDef) else part for part in node.body]
        return node

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = [self.visit(part) if isinstance(part, ast.FunctionDef | ast.ClassDef) else part
                     for part in node.body]
        return node

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """A block; what follows a loop may slip into it."""
        out: list[ast.stmt] = []
        for k, part in enumerate(body):
            after = body[k + 1] if k + 1 < len(body) else None
            if isinstance(part, ast.For | ast.While) and isinstance(after, ast.Return):
                part = copy.copy(part)
                early = ast.If(self._chosen(Slip("early return")), [copy.deepcopy(after)], [])
                out.append(self._statement(part, early))
            else:
                out.append(self._statement(part))
        return out

    def _statement(self, node: ast.stmt, last: ast.stmt | None = None) -> ast.stmt:
        original = copy.deepcopy(node)
        if isinstance(node, ast.Return) and node.value:
            self.returned.add(id(node.value))
        new = self.visit(node)
        if last is not None:
            new.body.append(last)
        choices: list[tuple[Slip, list[ast.stmt]]] = []
        match original:
            case ast.AugAssign(target=target, op=op, value=value):
                choices.append((Slip("kept the last only"), [ast.Assign([target], value)]))
                for other in {ast.Add: (ast.Sub, ast.Mult), ast.Sub: (ast.Add,), ast.Mult: (ast.Add, ast.Div),
                              ast.Div: (ast.Mult,)}.get(type(op), ()):
                    kind = "sign" if {type(op), other} == {ast.Add, ast.Sub} else "operator"
                    detail = () if kind == "sign" else (_SIGN[other], _SIGN[type(op)])
                    choices.append((Slip(kind, detail), [ast.AugAssign(target, other(), value)]))
                choices.append((Slip("a step left out"), [ast.Pass()]))
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Tuple | ast.Dict | ast.List):
                choices.append((Slip("sign"), [ast.Return(ast.UnaryOp(ast.USub(), value))]))
            case ast.Assign(targets=[ast.Subscript() as target], value=value):
                choices.append((Slip("sign"), [ast.Assign([target], ast.UnaryOp(ast.USub(), value))]))
                choices.append((Slip("a step left out"), [ast.Pass()]))
                choices.append((Slip("added where it is set"), [ast.AugAssign(target, ast.Add(), value)]))
            case ast.Assign(targets=[ast.Name() as target], value=value):
                if not isinstance(value, ast.Tuple | ast.Dict | ast.List | ast.Constant):
                    choices.append((Slip("sign"), [ast.Assign([target], ast.UnaryOp(ast.USub(), value))]))
                choices.append((Slip("a step left out"), [ast.Pass()]))
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for target in names:
                    rest = [(t, v) for t, v in zip(names, values, strict=False) if t is not target]
                    choices.append((Slip("a step left out"), [ast.Assign(
                        [ast.Tuple([t for t, _ in rest], ast.Store())],
                        ast.Tuple([v for _, v in rest], ast.Load()))] if rest else [ast.Pass()]))
            case ast.Expr(value=ast.Call()):
                choices.append((Slip("a step left out"), [ast.Pass()]))
            case ast.If(body=body):
                choices.append((Slip("a case left out"), [ast.Pass()]))
                choices.append((Slip("always"), body))
                choices.append((Slip("a case left out"), original.orelse or [ast.Pass()]))
            case ast.For() | ast.While():
                once = copy.deepcopy(original)
                once.body.append(ast.Break())
                choices.append((Slip("once only"), [once]))
            case ast.Continue():
                choices.append((Slip("early stop"), [ast.Break()]))
            case _:
                pass
        value = getattr(original, "value", None)
        if isinstance(original, ast.Assign | ast.AugAssign | ast.Return) and isinstance(value, ast.expr):
            for slip, other in _by_text(value):
                changed = copy.copy(original)
                changed.value = other       # pyright: ignore[reportAttributeAccessIssue]
                choices.append((slip, [changed]))
        for slip, body in choices:
            new = ast.If(self._chosen(slip), copy.deepcopy(body), [new])
        return new

    def visit_For(self, node: ast.For) -> ast.stmt:
        node.iter = self.visit(node.iter)
        node.body = [_tick(), *self._block(node.body)]
        node.orelse = self._block(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.stmt:
        node.test = self.visit(node.test)
        node.body = [_tick(), *self._block(node.body)]
        return node

    def visit_If(self, node: ast.If) -> ast.stmt:
        node.test = self.visit(node.test)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def visit_With(self, node: ast.With) -> ast.stmt:
        node.body = self._block(node.body)
        return node

    def visit_Try(self, node: ast.Try) -> ast.stmt:
        node.body = self._block(node.body)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self.scopes.append([*(self.scopes[-1] if self.scopes else []), *(arg.arg for arg in node.args.args)])
        node.body = self.visit(node.body)
        self.scopes.pop()
        return node

    # expressions

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return super().visit(node)
        found = [(slip if id(node) in self.returned else _within(slip), other)
                 for slip, other in _slips_of(node, self.scopes[-1] if self.scopes else [], self.upstream)]
        lowest = len(self.slips)
        tests = [(self._chosen(slip), copy.deepcopy(other)) for slip, other in found]
        highest = len(self.slips)
        new = self._inside(node)
        if not tests:
            return new
        chain = tests[-1][1]
        for test, other in reversed(tests[:-1]):
            chain = ast.IfExp(test, other, chain)
        between = ast.Compare(ast.Constant(lowest), [ast.LtE(), ast.Lt()],
                              [ast.Name(SLIP, ast.Load()), ast.Constant(highest)])
        return ast.IfExp(between, chain, new)

    def _inside(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Call):      # what is called is no expression that one slips in
            if isinstance(node.func, ast.Attribute):
                node.func.value = self.visit(node.func.value)
            node.args = [self.visit(arg) for arg in node.args]
            for keyword in node.keywords:
                keyword.value = self.visit(keyword.value)
            return node
        return super().visit(node)

    def _chosen(self, slip: Slip) -> ast.expr:
        self.slips.append(slip)
        return ast.Compare(ast.Name(SLIP, ast.Load()), [ast.Eq()], [ast.Constant(len(self.slips) - 1)])


def _within(slip: Slip) -> Slip:
    """A slip in the order of results, as it is called where what is exchanged are no results."""
    return Slip({"order": "exchanged", "one for another": "one value for another"}.get(slip.kind, slip.kind),
                slip.detail)


def _tick() -> ast.stmt:
    return ast.Expr(ast.Call(ast.Name(TICK, ast.Load()), [], []))


# ------------------------------------------------------------------------------------ slips of one expression

_SIGN: dict[type, str] = {ast.Add: "+", ast.Sub: "−", ast.Mult: "·", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//",
                          ast.MatMult: "@", ast.Mod: "%"}
_INSTEAD: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult), ast.Sub: (ast.Add, ast.Mult), ast.Mult: (ast.Div, ast.Add, ast.Sub),
    ast.Div: (ast.Mult, ast.FloorDiv), ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,), ast.FloorDiv: (ast.Div,)}
_COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt, ast.GtE), ast.LtE: (ast.Lt, ast.GtE, ast.Gt), ast.Gt: (ast.GtE, ast.Lt, ast.LtE),
    ast.GtE: (ast.Gt, ast.LtE, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,)}
_CALLED = {"sum": ("mean", "max", "prod"), "mean": ("sum", "max"), "max": ("min", "sum"), "min": ("max",),
           "maximum": ("minimum", "fmax"), "minimum": ("maximum",), "argmax": ("argmin",), "exp": ("log", "expm1"),
           "log": ("exp", "log10", "log1p", "log2"), "zeros": ("ones",), "ones": ("zeros",),
           "zeros_like": ("ones_like",),
           "ones_like": ("zeros_like",), "sqrt": ("square",), "append": ("insert",), "var": ("std",), "std": ("var",),
           "tanh": ("exp",), "sin": ("cos",), "cos": ("sin",), "floor": ("ceil", "round"), "ceil": ("floor",)}
_PASSED = {"exp", "log", "abs", "sqrt", "sum", "mean", "max", "min", "square", "argsort", "reversed", "transpose",
           "expand_dims", "copy", "array", "list", "sorted", "reshape", "broadcast_to", "tanh", "sign", "set", "ravel",
           "flatten", "squeeze", "round", "isqrt"}


def _slips_of(node: ast.expr, names: list[str], upstream: str | None) -> Found:
    match node:
        case ast.BinOp():
            yield from _of_an_operation(node)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield Slip("sign"), operand
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Slip("condition"), operand
        case ast.Compare(ops=[op], comparators=[_]):
            for other in _COMPARED.get(type(op), ()):
                yield Slip("comparison"), ast.Compare(node.left, [other()], node.comparators)
        case ast.BoolOp(op=op, values=values):
            yield Slip("condition"), ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for k in range(len(values)):
                rest = [*values[:k], *values[k + 1:]]
                yield Slip("condition"), rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield Slip("condition"), ast.IfExp(test, orelse, body)
            yield Slip("a case left out"), body
            yield Slip("a case left out"), orelse
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            yield from _of_a_number(value)
        case ast.Constant(value=bool() as value):
            yield Slip("a flag"), ast.Constant(not value)
        case ast.Name(id=name) if name in names:
            if name == upstream:
                nothing = ast.BinOp(node, ast.Mult(), ast.Constant(0.0))
                yield Slip("upstream dropped"), ast.BinOp(nothing, ast.Add(), ast.Constant(1.0))
            others = [other for other in names if other != name]
            for other in others[:MOST_NAMES]:
                yield Slip("another name", (other, name)), ast.Name(other, ast.Load())
        case ast.Call():
            yield from _of_a_call(node)
        case ast.Attribute(attr="T", value=value):
            yield Slip("transpose"), value
        case ast.Subscript(value=value, slice=place):
            yield from _of_a_place(node, value, place)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) if len(parts) > 1 and not _is_starred(*parts):
            make = functools.partial(type(node), ctx=ast.Load())
            for k in range(len(parts)):
                if not isinstance(parts[k], ast.Constant):
                    for j in range(k + 1, len(parts)):
                        swapped = list(parts)
                        swapped[k], swapped[j] = parts[j], parts[k]
                        yield Slip("order"), make(swapped)
                        yield Slip("one for another"), make([*parts[:j], parts[k], *parts[j + 1:]])
                        yield Slip("one for another"), make([*parts[:k], parts[j], *parts[k + 1:]])
                    yield Slip("sign"), make([*parts[:k], ast.UnaryOp(ast.USub(), parts[k]), *parts[k + 1:]])
        case ast.Dict(keys=keys, values=values):
            for k in range(len(values)):
                yield Slip("sign"), ast.Dict(keys, [*values[:k], ast.UnaryOp(ast.USub(), values[k]), *values[k + 1:]])
                for j in range(k + 1, len(values)):
                    swapped = list(values)
                    swapped[k], swapped[j] = values[j], values[k]
                    yield Slip("order"), ast.Dict(keys, swapped)
        case _:
            return


def _by_text(value: ast.expr) -> Found:
    """What comes of a bracket left out, or of an operator that binds otherwise: the text is read anew."""
    text = ast.unparse(value)
    if len(text) > MOST_TEXT:
        return
    known = {ast.dump(value)}
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.end[0] == 1]
    changed: list[tuple[Slip, str]] = []
    for k, token in enumerate(tokens):
        a, b = token.start[1], token.end[1]
        if token.string == "(" and (not k or (tokens[k - 1].type == tokenize.OP and tokens[k - 1].string not in ")]")):
            end = _closing(tokens, k)
            changed.append((Slip("brackets"), text[:a] + text[b:end.start[1]] + text[end.end[1]:]))
        elif token.string in _OTHERWISE and k and tokens[k - 1].string not in "(,=[*/+-@":
            for other in _OTHERWISE[token.string]:
                changed.append((Slip("operator", (_SPELLED[other], _SPELLED[token.string])),
                                text[:a] + other + text[b:]))
    for slip, new in changed:
        try:
            other = ast.parse(new, mode="eval").body
        except SyntaxError:
            continue
        if ast.dump(other) not in known:
            known.add(ast.dump(other))
            yield slip, other


_OTHERWISE = {"+": "*", "-": "*", "*": "+-", "/": "+-"}
_SPELLED = {"+": "+", "-": "−", "*": "·", "/": "/"}


def _closing(tokens: list[tokenize.TokenInfo], k: int) -> tokenize.TokenInfo:
    depth = 0
    for token in tokens[k:]:
        depth += (token.string in tuple("([{")) - (token.string in tuple(")]}"))
        if not depth:
            return token
    raise ValueError("a bracket is not closed")


def _of_an_operation(node: ast.BinOp) -> Found:
    left, op, right = node.left, node.op, node.right
    for other in _INSTEAD.get(type(op), ()):
        if {type(op), other} == {ast.Add, ast.Sub}:
            yield Slip("sign"), ast.BinOp(left, other(), right)
        elif other is ast.FloorDiv:
            yield Slip("whole numbers"), ast.BinOp(left, other(), right)
        else:
            yield Slip("operator", (_SIGN[other], _SIGN[type(op)])), ast.BinOp(left, other(), right)
    what = "a term left out" if isinstance(op, ast.Add | ast.Sub) else "left out"
    for rest in (left, right):
        yield Slip(what), rest
    if isinstance(op, ast.Sub | ast.Div | ast.MatMult | ast.Pow | ast.FloorDiv):
        yield Slip("operands exchanged", (_SIGN[type(op)],)), ast.BinOp(right, op, left)
    if isinstance(op, ast.Mult | ast.Div):
        yield Slip("sign"), ast.UnaryOp(ast.USub(), node)
        yield Slip("one twice"), ast.BinOp(node, op, right)
        yield Slip("one twice"), ast.BinOp(node, op, left)
    if isinstance(op, ast.MatMult):
        for k in (0, 1):
            sides = [left, right]
            sides[k] = ast.Attribute(sides[k], "T", ast.Load())
            yield Slip("transpose"), ast.BinOp(sides[0], op, sides[1])
        yield Slip("transpose"), ast.Attribute(node, "T", ast.Load())
    # brackets: a · (b + c) as a · b + c, (a + b) / c as a + b / c, a / (b · c) as a / b · c
    if isinstance(op, ast.Mult | ast.Div | ast.Pow | ast.MatMult):
        if isinstance(right, ast.BinOp):
            yield Slip("brackets"), ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)
        if isinstance(left, ast.BinOp):
            yield Slip("brackets"), ast.BinOp(left.left, left.op, ast.BinOp(left.right, op, right))
    if isinstance(op, ast.Sub) and isinstance(right, ast.BinOp) and isinstance(right.op, ast.Add | ast.Sub):
        yield Slip("brackets"), ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)


def _of_a_number(value: float) -> Found:
    kind = type(value)
    for other in dict.fromkeys((value + 1, value - 1, 0, 1, 2, 3, value * 2, value / 2, -value, value * 10,
                                value / 10)):
        if other != value and (kind is float or other == int(other)):
            yield Slip("a number"), ast.Constant(kind(other)) if other >= 0 else \
                ast.UnaryOp(ast.USub(), ast.Constant(kind(-other)))


def _of_a_call(node: ast.Call) -> Found:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id \
        if isinstance(node.func, ast.Name) else ""
    of = node.func.value if isinstance(node.func, ast.Attribute) else None
    module = isinstance(of, ast.Name) and of.id in ("np", "math")
    if _is_starred(*node.args):
        return
    first = node.args[0] if node.args and (of is None or module) else None if module else of
    for other in _CALLED.get(name, ()):
        func = ast.Attribute(of, other, ast.Load()) if of is not None else ast.Name(other, ast.Load())
        yield Slip("another function", (other, name)), ast.Call(func, node.args, node.keywords)
    if first is not None and name in _PASSED:
        yield Slip("a call left out", (name,)), first
    if first is not None and name in ("exp", "log", "tanh", "sin", "cos"):
        negative = ast.UnaryOp(ast.USub(), first)
        yield Slip("sign"), ast.Call(node.func, [negative, *node.args[1:]], node.keywords)
    if name == "log" and first is not None:
        for small in (1e-7, 1e-8, 1e-10, 1e-12, 1e-15, 1e-6, 1e-5):
            yield Slip("a small number in a logarithm"), ast.Call(
                node.func, [ast.BinOp(first, ast.Add(), ast.Constant(small))], node.keywords)
    if name == "range":
        yield from _of_a_range(node)
    if name in ("zeros", "ones", "zeros_like", "array", "asarray") and module:
        yield Slip("whole numbers"), ast.Call(node.func, node.args[:1], [ast.keyword("dtype", ast.Name("int",
                                                                                                       ast.Load()))])
    if name in ("var", "std"):
        yield Slip("n − 1"), ast.Call(node.func, node.args, [*node.keywords, ast.keyword("ddof", ast.Constant(1))])
    for k, keyword in enumerate(node.keywords):
        rest = [*node.keywords[:k], *node.keywords[k + 1:]]
        if keyword.arg == "axis":
            for axis in (0, 1, -1, None):
                yield Slip("axis"), ast.Call(node.func, node.args, [*rest, ast.keyword("axis", ast.Constant(axis))])
            yield Slip("axis"), ast.Call(node.func, node.args, rest)
        elif keyword.arg == "keepdims":
            yield Slip("keepdims"), ast.Call(node.func, node.args, rest)
        else:
            yield Slip("an argument left out"), ast.Call(node.func, node.args, rest)
    if name in ("sum", "mean", "max", "min") and not module and of is not None and len(node.args) == 1 \
            and isinstance(node.args[0], ast.Constant):
        for axis in (0, 1, -1, None):
            yield Slip("axis"), ast.Call(node.func, [ast.Constant(axis)], node.keywords)
    if not node.keywords and len(node.args) > 1:
        for k in range(len(node.args) - 1):
            swapped = list(node.args)
            swapped[k], swapped[k + 1] = swapped[k + 1], swapped[k]
            yield Slip("arguments exchanged"), ast.Call(node.func, swapped, [])


def _is_starred(*parts: ast.expr) -> bool:
    return any(isinstance(part, ast.Starred) for part in parts)


def _of_a_range(node: ast.Call) -> Found:
    start, stop = ([ast.Constant(0), node.args[0]] if len(node.args) == 1 else list(node.args[:2]))
    step = node.args[2:]
    for at in (0, 1):
        for sign in (ast.Add(), ast.Sub()):
            ends: list[ast.expr] = [start, stop]
            ends[at] = ast.BinOp(ends[at], sign, ast.Constant(1))
            yield Slip("off by one"), ast.Call(node.func, [*ends, *step], [])
    if len(node.args) > 1:
        yield Slip("off by one" if _is_one(start) else "an argument left out"), ast.Call(node.func, [stop], [])


def _is_one(node: ast.expr) -> bool:
    """1 or -1: what begins or ends there and what does not differ by one element."""
    return ast.unparse(node) in ("1", "-1")


def _of_a_place(node: ast.Subscript, value: ast.expr, place: ast.expr) -> Found:
    if isinstance(place, ast.Slice):
        for part in ("lower", "upper"):
            end = getattr(place, part)
            if end is not None:
                other = copy.copy(place)
                setattr(other, part, None)
                kind = "off by one" if _is_one(end) else "a slice left out"
                yield Slip(kind), ast.Subscript(value, other, ast.Load())
        if place.step is None and place.lower is None and isinstance(place.upper, ast.UnaryOp):
            yield Slip("off by one"), ast.Subscript(value, ast.Slice(ast.Constant(1), None), ast.Load())
        yield Slip("a slice left out"), value
    elif not isinstance(place, ast.Constant) or type(place.value) is int:
        for sign in (ast.Add(), ast.Sub()):
            yield Slip("off by one"), ast.Subscript(value, ast.BinOp(place, sign, ast.Constant(1)), ast.Load())
