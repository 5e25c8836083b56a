"""From the lines of a program to Python source: what a careful engineer would have written by hand.

Values have the learner's names, gradients the name of their value after d_; a value without a name that is used once
stands where it is used, if that fits; contributions to one gradient are added under one name.
"""
from __future__ import annotations

import keyword
import math
from typing import Any

import numpy as np

from autodiff.programs.recording import Line, Recorder, Ref, parts
from autodiff.programs.simplifying import IN_PLACE

WIDTH = 96                   # of a line, before its comment
LARGE = 1 << 18              # bytes: arrays from here on are let go of once they are not needed
LONGEST = 60                 # of what is put in place
ATOM, CALL, UNARY = 17, 16, 13
PRECEDENCE = {"**": 14, "*": 12, "/": 12, "@": 12, "//": 12, "%": 12, "+": 11, "-": 11, "&": 10, "^": 9, "|": 8,
              **dict.fromkeys(["==", "!=", "<", "<=", ">", ">="], 7)}
REDUCTIONS = {"sum", "mean", "max", "min", "any", "all", "prod"}
QUIET = {"divide": "ignore", "over": "ignore", "invalid": "ignore"}


class Writer:
    """Names and text for the lines of one program."""

    def __init__(self, recorder: Recorder, lines: list[Line], values: list[Any], taken: set[str]) -> None:
        self.recorder, self.lines, self.values = recorder, lines, values
        self.taken = {*taken, "np", *keyword.kwlist}
        self.text: dict[int, tuple[str, int]] = {}
        self.held: dict[str, Any] = {}
        self.classes: dict[type, type] = {}                   # of results: the class that a copy stands for
        self.body: list[tuple[str, str, Any]] = []            # text, comment, error state
        self.pending: dict[int, tuple[Line, set[int]]] = {}   # to stand in place: the line, the memory it reads
        self.last: dict[int, int] = {}                        # the last line that reads a value
        self.large: list[int] = []                            # large arrays that are held
        self.sharing: dict[int, list[int]] = {}               # memory -> values that are views of it

    def name(self, k: int) -> str:
        names, base = self.recorder.names, self.recorder.names.get(k, "")
        depth = ""
        while base.startswith("d_") and base[2:].isdigit():
            depth, k = depth + "d_", int(base[2:])
            text, strength = self.text.get(k, ("", 0))
            base = text if strength == ATOM and text.isidentifier() else names.get(k, "")
        base = depth + base if base else ("d" if depth else "v")
        if base in ("d", "v") or base in self.taken:
            stem, n = base.rstrip("0123456789") or base, 1 if base in ("d", "v") else 2
            while f"{stem}{n}" in self.taken:
                n += 1
            base = f"{stem}{n}"
        self.taken.add(base)
        return base

    def has_name(self, k: int) -> bool:
        name = self.recorder.names.get(k, "")
        while name.startswith("d_") and name[2:].isdigit():
            name = self.recorder.names.get(int(name[2:]), "")
        return bool(name)

    # -- text of arguments --------------------------------------------------------------------------------------

    def of(self, x: Any, like: Any = None) -> tuple[str, int]:
        """Text and precedence of an argument; `like` is the dtype of an array beside it."""
        kind = type(x)
        if kind is Ref:
            return self.take(x.id)
        if isinstance(x, np.generic):
            if like is not None and like == x.dtype and x.dtype.kind == "f" and x.dtype.itemsize <= 8:
                return number(float(x))
            return f"np.{x.dtype.name}({plain(x.item())})", CALL
        if isinstance(x, (bool, int, float, complex)):
            return number(x)
        if kind is tuple:
            return f"({', '.join(self.of(v)[0] for v in x)}{',' * (len(x) == 1)})", ATOM
        if kind is list:
            return f"[{', '.join(self.of(v)[0] for v in x)}]", ATOM
        if kind is dict:
            return "{" + ", ".join(f"{plain(k)}: {self.of(v)[0]}" for k, v in x.items()) + "}", ATOM
        if isinstance(x, np.ndarray):
            return self.array(x)
        if x is None or x is ... or kind in (str, bytes):
            return ("..." if x is ... else plain(x)), ATOM
        if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
            return named(np.dtype(x)), ATOM
        if isinstance(x, range):
            return repr(x), CALL
        if x in (float, int, bool):
            return x.__name__, ATOM
        return self.hold(x, getattr(x, "__name__", "object"))

    def array(self, x: np.ndarray) -> tuple[str, int]:
        """A constant that rules or compositions have made, as numpy would be asked for it."""
        dtype = "" if x.dtype in (np.float64, np.int64, np.bool_) else f", {named(x.dtype)}"
        if not x.size:
            return f"np.zeros({plain(x.shape)}{dtype if x.dtype.kind == 'f' else f', {named(x.dtype)}'})", CALL
        if x.ndim == 1 and x.dtype.kind in "iu" and x.size > 1 and (np.diff(x) == 1).all():
            start = f"{x[0]}, " if x[0] else ""
            return f"np.arange({start}{x[-1] + 1}{dtype and ', dtype=' + dtype[2:]})", CALL
        if x.size > 1 and (x.dtype.kind != "f" or not np.isnan(x).any()) and (x == x.flat[0]).all() and not (
                x.dtype.kind == "f" and (np.signbit(x) != np.signbit(x.flat[0])).any()):
            fill, shape = x.flat[0], plain(x.shape)
            if x.dtype.kind == "f" and fill in (0, 1) and not np.signbit(fill):
                return f"np.{'ones' if fill else 'zeros'}({shape}{dtype})", CALL
            return f"np.full({shape}, {self.of(fill)[0]}{'' if x.dtype.isnative else dtype})", CALL
        if x.size <= 64 and x.dtype.kind in "biuf" and (x.dtype.kind != "f" or np.isfinite(x).all()):
            return f"np.array({plain(x.tolist())}{dtype})", CALL
        return self.hold(x, "c")

    def hold(self, x: Any, stem: str) -> tuple[str, int]:
        for name, held in self.held.items():
            if held is x:
                return name, ATOM
        stem = stem if stem.isidentifier() else "held"
        name, n = stem if stem != "c" else "c1", 1
        while name in self.taken:
            n += 1
            name = f"{stem}{n}"
        self.taken.add(name)
        self.held[name] = x
        return name, ATOM

    def take(self, k: int) -> tuple[str, int]:
        self.pending.pop(k, None)
        return self.text[k]

    def key(self, x: Any) -> str:
        if type(x) is tuple and x:
            return ", ".join(map(self.key, x)) + "," * (len(x) == 1 and type(x[0]) in (list, tuple))
        if type(x) is slice:
            a, b, c = ("" if v is None else self.of(v)[0] for v in (x.start, x.stop, x.step))
            return f"{a}:{b}" + (f":{c}" if c else "")
        return self.of(x)[0]

    def dtype_of(self, x: Any) -> Any:
        return self.values[x.id].dtype if type(x) is Ref else None

    def operand(self, x: Any, strength: int, like: Any = None) -> str:
        text, own = self.of(x, like)
        return text if own >= strength else f"({text})"

    def line(self, line: Line) -> tuple[str, int]:
        args, form, name = line.args, line.form, line.name
        if form == "infix":
            strength = PRECEDENCE[name]
            left, right = strength + (name == "**" or strength == 7), strength + (name != "**")
            likes = (None, None) if name == "**" else (self.dtype_of(args[1]), self.dtype_of(args[0]))
            return f"{self.operand(args[0], left, likes[0])} {name} {self.operand(args[1], right, likes[1])}", strength
        if form == "prefix":
            return f"{name}{self.operand(args[0], UNARY)}", UNARY
        if form == "attribute":
            if name == "mT" and len(self.values[args[0].id].shape) == 2:
                name = "T"
            return f"{self.operand(args[0], CALL)}.{name}", CALL
        if form == "item":
            return f"{self.operand(args[0], CALL)}[{self.key(args[1]) or '()'}]", CALL
        kwargs, first = dict(line.kwargs), ""
        if form == "method" and kwargs.get("axis", 0) is None:
            del kwargs["axis"]
        if type(kwargs.get("axis")) is tuple and len(kwargs["axis"]) == 1:
            kwargs["axis"], = kwargs["axis"]
        if form == "method" and name in REDUCTIONS and len(args) == 2 and type(args[1]) is tuple and len(args[1]) == 1:
            args = (args[0], *args[1])
        if form == "method":
            first, args = f"{self.operand(args[0], CALL)}.", args[1:]
            if not args and name in REDUCTIONS and list(kwargs) == ["axis"]:
                args, kwargs = (kwargs["axis"],), {}
            if name == "transpose" and not args and not kwargs:
                return f"{first}T", CALL
        given = [self.of(x)[0] for x in args] + [f"{k}={self.of(x)[0]}" for k, x in kwargs.items()]
        if name in ("reshape", "transpose") and len(given) == 1 and type(args[0]) in (tuple, list) and args[0]:
            given = [self.of(x)[0] for x in args[0]]
        return f"{first}{name}({', '.join(given)})", CALL

    # -- the body ------------------------------------------------------------------------------------------------

    def write(self, outputs: Any) -> None:
        uses: dict[int, int] = {}
        for line in self.lines:
            for k in line.reads:
                uses[k] = uses.get(k, 0) + 1
        ends = {ref.id for ref in parts(outputs, Ref)}
        changed = {self.values[line.args[0].id].root for line in self.lines if line.form in IN_PLACE}
        errors: Any = ()
        for k in uses:
            self.sharing.setdefault(self.values[k].root, []).append(k)
        for n, line in enumerate(self.lines):
            self.last.update(dict.fromkeys(line.reads, n))
        self.last.update(dict.fromkeys(ends, len(self.lines)))
        made_by = {line.out: line for line in self.lines}
        for n, line in enumerate(self.lines):
            if line.errors != errors:
                self.flush(lambda *_: True)
                errors = line.errors
            if line.form in IN_PLACE or line.kept:
                root = self.values[line.args[0].id].root if line.form in IN_PLACE else -1
                used = line.reads
                self.flush(lambda k, roots, root=root, used=used: k not in used and (root < 0 or root in roots))
            k = line.out
            if line.form in IN_PLACE or k is None:
                self.body.append((self.statement(line), "", errors))
                self.let_go(n, errors)
                continue
            adds = line.form == "infix" and line.name == "+" and type(line.args[0]) is Ref
            target = line.args[0].id if adds else None
            if target is not None and self.accumulates(line, target, n, made_by):
                used = line.reads
                self.flush(lambda j, roots, target=target, used=used: target in roots and j not in used)
                self.text[k] = self.text[target]
                name = self.text[k][0]
                shape = self.values[k].shape
                added = self.of(line.args[1], self.values[k].dtype)
                text = f"{name} += {added[0]}" if self.is_own(target, n, made_by, k) else \
                    f"{name} = {name} + {added[0] if added[1] > 11 else '(' + added[0] + ')'}"
                self.body.append((text, plain(shape) if shape else "", errors))
                self.large += [k] if self.is_large(k) else []
                self.let_go(n, errors)
                continue
            before = {j: self.pending[j][1] for j in line.reads if j in self.pending}
            text, strength = self.line(line)
            if len(text) > WIDTH - 12 and before:               # too long: what was to stand in place gets its line
                for j in before:
                    self.emit(j, errors)
                text, strength = self.line(line)
            self.text[k] = (text, strength)
            once = uses.get(k, 0) == 1 and k not in ends and not line.kept and self.values[k].root not in changed
            if once and self.values[k].dtype is not None and not self.has_name(k) and len(text) <= LONGEST:
                roots = {self.values[j].root for j in line.reads}.union(*before.values())
                self.pending[k] = (line, roots)
            else:
                self.emit(k, errors, text)
                self.let_go(n, errors)
        self.flush(lambda *_: True)

    def let_go(self, n: int, errors: Any) -> None:
        """After line n: `del` for large arrays that no later line reads, where later lines make others."""
        if not self.large:
            return
        gone = [k for k in self.large if self.last.get(k, -1) <= n and not any(
            self.last.get(j, -1) > n for j in self.sharing.get(self.values[k].root, ()))
            and not any(self.values[k].root in roots for _, roots in self.pending.values())]
        self.large = [k for k in self.large if k not in gone]
        names = sorted({self.text[k][0] for k in gone} - {self.text[k][0] for k in self.large})
        if names and any(line.out is not None and self.is_large(line.out) for line in self.lines[n + 1:]):
            self.body.append((f"del {', '.join(names)}", "", errors))

    def is_large(self, k: int) -> bool:
        v = self.values[k]
        return v.is_array and v.dtype is not None and math.prod(v.shape) * v.dtype.itemsize >= LARGE

    def accumulates(self, line: Line, target: int, n: int, made_by: Any) -> bool:
        """Whether a line adds another contribution to the gradient `target`, which nothing needs afterwards."""
        names, k = self.recorder.names, line.out
        return (self.text.get(target, ("", 0))[1] == ATOM and self.last[target] == n and target in made_by
                and target not in self.pending and names.get(target, "v")[:2] == "d_"
                and names.get(k, "") in ("", names[target]))

    def is_own(self, target: int, n: int, made_by: Any, k: int) -> bool:
        """Whether the array `target` is nobody else's, and may be changed in place to become the value k."""
        x, z, line = self.values[target], self.values[k], made_by[target]
        return (x.is_array and x.root == target and (x.shape, x.dtype) == (z.shape, z.dtype) and line.form != "item"
                and line.name not in ("np.broadcast_to", "reshape", "ravel") and not line.kept
                and all(self.last.get(j, -1) <= n for j, v in enumerate(self.values) if v.root == target))

    def emit(self, k: int, errors: Any, text: str | None = None) -> None:
        text = text or self.text[k][0]
        name = self.name(k)
        shape = self.values[k].shape
        self.body.append((f"{name} = {text}", f"{plain(shape)}" if shape else "", errors))
        self.text[k] = (name, ATOM)
        self.large += [k] if self.is_large(k) else []

    def flush(self, which: Any) -> None:
        for k in [k for k, (_, roots) in self.pending.items() if which(k, roots)]:
            line, _ = self.pending.pop(k)
            self.emit(k, line.errors)

    def statement(self, line: Line) -> str:
        args = line.args
        if line.form == "store":
            return f"{self.operand(args[0], CALL)}[{self.key(args[1])}] = {self.of(args[2])[0]}"
        if line.form == "augment":
            return f"{self.of(args[0])[0]} {line.name}= {self.of(args[1], self.dtype_of(args[0]))[0]}"
        if line.form == "item augment":
            return (f"{self.operand(args[0], CALL)}[{self.key(args[1])}] {line.name}= "
                    f"{self.of(args[2], self.dtype_of(args[0]))[0]}")
        if line.form == "require":
            return line.name.replace("$", self.of(args[0])[0])
        key = self.key(args[1])
        if next(parts_of_key(args[1]), None) is not None:
            key = f"np.s_[{key}]"
        elif type(args[1]) is tuple:
            key = f"({key})"
        return f"{line.name}({', '.join([self.of(args[0])[0], key, *[self.of(x)[0] for x in args[2:]]])})"


def named(dtype: np.dtype) -> str:
    """A dtype as numpy calls it; in full where the name would not be all, as of another order of bytes."""
    name = dtype.name
    return f"np.{name}" if getattr(np, name, None) is dtype.type and dtype.isnative else f"np.dtype({plain(dtype.str)})"


def plain(x: Any) -> str:
    """repr, with numpy's names for what is not finite."""
    text = repr(x)
    if isinstance(x, str) and '"' not in text:
        return f'"{text[1:-1]}"'
    if isinstance(x, float) and not np.isfinite(x):
        return {"inf": "np.inf", "-inf": "-np.inf"}.get(text, "np.nan")
    return text


def number(x: Any) -> tuple[str, int]:
    text = plain(x)
    return text, UNARY if text[0] == "-" else ATOM if isinstance(x, (bool, int, float)) else CALL


def parts_of_key(key: Any) -> Any:
    """The slices of a key."""
    return (part for part in (key if type(key) is tuple else (key,)) if type(part) is slice)


def whole(writer: Writer, outputs: Any, copied: Any, head: Any) -> str:
    """The source of the whole function: its head, the body in sections with shapes as comments, what it returns."""
    def returned(x: Any) -> str:
        if type(x) is Ref:
            text, strength = writer.of(x)
            return (text if strength >= CALL else f"({text})") + ".copy()" if copied(x.id) else text
        if isinstance(x, dict):
            return "{" + ", ".join(f"{writer.of(k)[0]}: {returned(v)}" for k, v in x.items()) + "}"
        if isinstance(x, (tuple, list)) and type(x) not in (tuple, list):
            inner = ", ".join(map(returned, x))
            kind = writer.classes.get(type(x), type(x))
            return f"{writer.hold(kind, kind.__name__)[0]}({inner if hasattr(x, '_fields') else f'[{inner}]'})"
        if isinstance(x, tuple):
            return f"({', '.join(map(returned, x))}{',' * (len(x) == 1)})"
        if isinstance(x, list):
            return f"[{', '.join(map(returned, x))}]"
        text, strength = writer.of(x)
        return f"{text}.copy()" if isinstance(x, np.ndarray) and strength == ATOM else text

    result = returned(outputs)
    if type(outputs) is tuple and len(outputs) > 1:
        result = result[1:-1]
    out = [*head(writer), *layout(writer.body), f"    return {result}"]
    return "\n".join(out) + "\n"


def layout(body: list[tuple[str, str, Any]]) -> list[str]:
    out: list[str] = []
    errors: Any = None
    both = any(e for *_, e in body)
    width = min(max([len(text) + (8 if e else 4) for text, comment, e in body if comment], default=0), 60)
    for text, comment, e in body:
        if e != errors:
            if both:
                out.append(f"    # {'backward' if QUIET.items() <= dict(e).items() else 'forward'}")
            if e:
                kinds = [f'{k}="{v}"' for k, v in e if not (k == "under" and v == "ignore")]
                out.append(f"    with np.errstate({', '.join(kinds)}):")
            errors = e
        indent = "        " if e else "    "
        text = indent + text.replace("\n", f"\n{indent}")
        out.append(f"{text:{width}}  # {comment}" if comment else text)
    return out
