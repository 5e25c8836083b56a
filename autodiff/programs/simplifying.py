"""The lines of a recording that a program needs, each once.

Lines that nothing needs are left out, what is computed twice is computed once, and arrays that only repeat another
are not made where numpy broadcasts by itself. All of this leaves each rounding as it was: the same numpy calls, on
arrays of the same layout, in the same order.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.programs.recording import Line, Recorder, Ref, mapped, parts

IN_PLACE = ("store", "augment", "effect", "item augment")


def key_of(x: Any) -> Any:
    """A key by which arguments are told to be the same."""
    kind = type(x)
    if kind is Ref:
        return x
    if kind is tuple or kind is list:
        return (kind, *map(key_of, x))
    if kind is slice:
        return (kind, key_of(x.start), key_of(x.stop), key_of(x.step))
    if kind is int or kind is str or x is None:
        return x
    if kind is dict:
        return (kind, *((key, key_of(v)) for key, v in x.items()))
    if isinstance(x, np.ndarray):
        return (kind, x.dtype.str, x.shape, x.tobytes()) if x.size < 1000 else (kind, id(x))
    return (kind, repr(x))


def simplified(recorder: Recorder, outputs: Any) -> tuple[list[Line], Any, list[Any]]:
    """The lines that are needed for `outputs` (a tree with Refs), each once; `outputs`; and what is known of values."""
    values = list(recorder.values)
    changed = {values[line.args[0].id].root for line in recorder.lines if line.form in IN_PLACE}
    versions = dict.fromkeys(changed, 0)
    known: dict[Any, int] = {}
    instead: dict[int, Any] = {}                 # value -> what has its place: a Ref or a constant
    spreads: dict[int, Any] = {}                 # value -> the Ref or number that it repeats
    lines: list[Line] = []

    def add(line: Line) -> Any:
        """Append a line, or find that there is one that computes the same."""
        if line.out is None or line.kept:
            lines.append(line)
            if line.form in IN_PLACE:
                versions[values[line.args[0].id].root] += 1
            return None if line.out is None else Ref(line.out)
        if values[line.out].root in changed:
            lines.append(line)
            return Ref(line.out)
        at = tuple([versions[values[k].root] for k in line.reads if values[k].root in versions])
        key = (line.form, line.name, key_of(line.args), key_of(line.kwargs), line.scope, at)
        if key in known:
            name = recorder.names.get(line.out)
            if name:
                recorder.names.setdefault(known[key], name)
            return Ref(known[key])
        known[key] = line.out
        lines.append(line)
        return Ref(line.out)

    def swapped(ref: Ref) -> Ref:
        return instead.get(ref.id, ref)

    def repeated(x: Any) -> Any:
        """The Ref or number that x repeats in all places; None if it is nothing of the kind."""
        if type(x) is Ref:
            return spreads.get(x.id)
        if not (isinstance(x, np.ndarray) and x.ndim and x.size and x.dtype.kind == "f"):
            return None
        first = x[(0,) * x.ndim]
        alike = not any(x.strides) or (x.size <= 10_000 and x.tobytes() == first.tobytes() * x.size)
        return first if alike else None

    def full(x: Any, shape: Any) -> bool:
        return type(x) is Ref and values[x.id].shape == shape and values[x.id].in_rows and x.id not in spreads

    def scalar(x: Any) -> bool:
        return isinstance(x, (int, float, np.number)) or (type(x) is Ref and values[x.id].shape == ())

    def unchanged(line: Line, z: Any) -> Any:
        """The argument that a line gives back as it is: 1 * x, x ** 1, x in its own dtype, a copy."""
        x: Any = line.args[0] if line.args else None
        y = line.args[1] if len(line.args) > 1 else None
        if line.name == "copy" and line.form == "method" and values[x.id].root not in changed:
            return x if values[x.id].in_rows or (y == "K" and values[x.id].compact) else None
        if line.name == "*" and type(y) is Ref and is_one(x):
            x, y = y, x
        if type(x) is Ref and ((line.name in ("*", "**") and is_one(y)) or (line.name == "astype" and y is not None)):
            v = values[x.id]
            if (v.shape, v.dtype, v.is_array) == (z.shape, z.dtype, z.is_array) and (v.in_rows or not v.is_array) \
                    and v.root not in changed and v.dtype.kind == "f":
                return x
        return None

    for line in recorder.lines:
        if not instead.keys().isdisjoint(line.reads):
            line = line.given(mapped(line.args, swapped, (Ref,)), mapped(line.kwargs, swapped, (Ref,)))
        if line.form in ("store", "effect") and len(line.args) == 3 and scalar(repeated(line.args[2])):
            line = line.given((*line.args[:2], repeated(line.args[2])))
        if line.form in IN_PLACE or line.out is None or values[line.out].root in changed:
            add(line)
            continue
        z = values[line.out]
        if line.form == "infix" and line.name in ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!="):
            x, y = line.args
            short = [repeated(v) for v in (x, y)]
            if z.in_rows:
                if short[0] is not None and full(y, z.shape):
                    x = short[0]
                elif short[1] is not None and full(x, z.shape):
                    y = short[1]
                elif line.name in "+-*/" and any(s is not None for s in short) and all(
                        s is not None or scalar(v) for s, v in zip(short, (x, y), strict=True)):
                    x, y = (v if s is None else s for s, v in zip(short, (x, y), strict=True))
                    shapes = [values[v.id].shape if type(v) is Ref else () for v in (x, y)]
                    if type(x) is Ref or type(y) is Ref:
                        shape = np.broadcast_shapes(*shapes)
                        is_array = bool(shape)
                        values.append(z._replace(shape=shape, is_array=is_array, root=len(values), in_rows=is_array,
                                                compact=is_array))
                        inner = line._replace(out=len(values) - 1).given((x, y))
                        source = unchanged(inner, values[-1]) or add(inner)
                        instead[line.out] = spread_again(source, line, z, values, add, spreads)
                        continue
            if x is not line.args[0] or y is not line.args[1]:
                line = line.given((x, y))
        elif line.form == "prefix" and repeated(line.args[0]) is not None and z.in_rows and line.name == "-":
            x = repeated(line.args[0])
            if type(x) is Ref:
                values.append(values[x.id]._replace(root=len(values)))
                inner = line._replace(out=len(values) - 1).given((x,))
                instead[line.out] = spread_again(add(inner), line, z, values, add, spreads)
                continue
        elif line.name == "np.where" and len(line.args) == 3 and full(line.args[0], z.shape) and z.in_rows:
            line = line.given((line.args[0], *(x if repeated(x) is None else repeated(x) for x in line.args[1:])))
        ref = unchanged(line, z) or add(line)
        if ref.id != line.out:
            instead[line.out] = ref
        if line.name == "np.broadcast_to" and type(line.args[0]) is Ref and values[line.args[0].id].root not in changed:
            x = line.args[0]
            spreads[ref.id] = spreads.get(x.id, x)
        elif line.name == "copy" and line.form == "method" and len(line.args) == 1 and line.args[0].id in spreads:
            spreads[ref.id] = spreads[line.args[0].id]
    outputs = mapped(outputs, swapped, (Ref,))
    return needed(lines, outputs, values), outputs, values


def is_one(x: Any) -> bool:
    return isinstance(x, (int, float, np.floating)) and x == 1


def spread_again(source, line, z, values, add, spreads):
    """Lines for an array of z's shape that repeats `source`."""
    values.append(z._replace(root=values[source.id].root, in_rows=False, compact=False))
    view = add(Line(len(values) - 1, "call", "np.broadcast_to", (source, z.shape), {}, line.errors, line.scope,
                    False, (source.id,)))
    values.append(z._replace(root=len(values)))
    whole = add(Line(len(values) - 1, "method", "copy", (view,), {}, line.errors, line.scope, False, (view.id,)))
    spreads[view.id] = spreads[whole.id] = source
    return whole


def needed(lines: list[Line], outputs: Any, values: list[Any]) -> list[Line]:
    ids = {ref.id for ref in parts(outputs, Ref)}
    roots = {values[k].root for k in ids}
    kept = []
    for line in reversed(lines):
        if line.kept or line.out in ids or (line.form in IN_PLACE and values[line.args[0].id].root in roots):
            kept.append(line)
            ids.update(line.reads)
            roots.update([values[k].root for k in line.reads])
    return kept[::-1]


def together(lines: list[Line]) -> list[Line]:
    """`p[k] -= v` for the three lines that Python makes of it."""
    out: list[Line] = []
    for line in lines:
        if (line.form == "store" and len(out) >= 2 and out[-1].form == "augment" and out[-2].form == "item"
                and type(line.args[2]) is Ref and out[-2].out == line.args[2].id == out[-1].args[0].id
                and key_of(out[-2].args) == key_of(line.args[:2])):
            change = out[-1]
            del out[-2:]
            line = line._replace(form="item augment", name=change.name).given((*line.args[:2], change.args[1]))
        out.append(line)
    return out
