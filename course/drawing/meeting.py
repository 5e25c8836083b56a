"""Which entries of its inputs a gate on arrays joins in an entry of its result, and so what each gradient collects."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from course.drawing.figures import figure, guarded, number
from course.drawing.gates import gate_of
from course.drawing.scene import MOST, Scene, rows_of
from course.words import later, tr

INTO_NONE = later("{entry} goes into no entry of the result.")
INTO_ONE = later("{entry} goes into one entry of the result.")
INTO_MORE = later("{entry} goes into {n} entries of the result.")
MOST_TERMS = 4      # of a sum that is written out
MOST_ENTRIES = 256  # of an array: of larger ones little is seen, and each entry takes a call of the gate's rules


class Part(NamedTuple):
    """An input of the gate, or at the end its result: a name, a shape, and both passes as rows of figures."""

    name: str
    shape: str
    value: list
    gradient: list      # [] where there is none


class Meeting(NamedTuple):
    """What is drawn: the parts, with a sign between the inputs; for each entry, as "part:row,column", what is marked
    with it, and a sentence."""

    sign: str
    parts: list
    marks: dict
    says: dict


def with_meetings(scene: Scene, trace, reading) -> Scene:
    """The Scene, whose tables of gates on arrays of one or two axes have a Meeting."""
    if not reading.things:                                      # of numbers on a tape
        return scene
    gradients = {step.receiver: step.after for step in trace.steps if step.direction == "backward"}
    named = {item.id: item for item in scene.items}
    tables = dict(scene.tables)
    for item in scene.items:
        node = trace.nodes[item.id]
        arrays = [trace.nodes[id] for id in (*item.inputs, item.id)]
        small = all(len(a.shape) <= 2 and math.prod(a.shape) <= MOST_ENTRIES for a in arrays)
        if item.kind == "gate" and small and any(a.shape for a in arrays):
            tables[item.id] = tables[item.id]._replace(
                meeting=_meeting(node, item, arrays, named, gradients, reading.payers[item.id]))
    return scene._replace(tables=tables)


def _meeting(node, item, arrays, named, gradients, pay) -> Meeting:
    parts = [Part(tr("result") if a is node and not item.name else _called(named[a.id]),
                  str(a.shape) if a.shape else tr("a number"), rows_of(a.value),
                  rows_of(gradients[a.id]) if named[a.id].gradient and a.id in gradients else []) for a in arrays]
    joined = _joined(node, item, arrays, pay)
    last, marks, says = len(parts) - 1, {}, {}
    upstream = np.reshape(gradients.get(node.id, np.zeros(node.shape)), node.shape)
    for entry in _shown(node.shape):
        pieces = joined[entry]
        marks[_key(last, entry)] = [_key(k, place) for k, place, _ in pieces if _is_shown(place)]
        says[_key(last, entry)] = _made(node, arrays, parts, entry, pieces)
    for k, array in enumerate(arrays[:-1]):
        for place in _shown(array.shape):
            into = [(entry, share) for entry, pieces in joined.items() for j, at, share in pieces
                    if (j, at) == (k, place)]
            marks[_key(k, place)] = [_key(last, entry) for entry, _ in into if _is_shown(entry)]
            paid = [upstream[entry] * share for entry, share in into]
            says[_key(k, place)] = _collected(f"{parts[k].name}{_index(place)}", paid, bool(parts[k].gradient))
    sign = gate_of(node.gate, len(node.parents)).label if len(parts) == 3 else ""
    return Meeting(sign, [part._asdict() for part in parts], marks, says)


def _called(item) -> str:
    return item.name or (item.label if item.kind != "gate" else tr("{gate} result ", gate=item.label))


def _joined(node, item, arrays, pay) -> dict[tuple, list[tuple[int, tuple, float]]]:
    """{entry of the result: [(which input, its entry, the slope between the two)]}."""
    slots = {slot: k for k, slot in enumerate(item.slots)}
    joined = {}
    for entry in np.ndindex(node.shape):
        one = np.zeros(node.shape)
        one[entry] = 1.0
        slopes = {slots[slot]: np.asarray(paid) for slot, _, paid in pay(one if node.shape else 1.0) if slot in slots}
        joined[entry] = [(k, place, float(slopes[k][place]) if k in slopes else 0.0)
                         for k, array in enumerate(arrays[:-1])
                         for place in _met(node, arrays, k, entry, slopes.get(k, np.zeros(array.shape)))]
    return joined


def _met(node, arrays, k, entry, slopes) -> Iterator[tuple]:
    """The entries of input k that an entry of the result is made of: by the shapes, so that a slope of 0 counts too."""
    shape = arrays[k].shape
    if node.gate == "matmul" and all(len(a.shape) == 2 for a in arrays):
        yield from ((entry[0], j) if k == 0 else (j, entry[1]) for j in range(shape[1 - k]))
    elif len(shape) <= len(entry) and all(
            mine in (1, theirs) for mine, theirs in zip(shape[::-1], node.shape[::-1], strict=False)) and (
            shape == node.shape or len(arrays) == 3):
        inner = entry[len(entry) - len(shape):]
        yield tuple(0 if length == 1 else at for length, at in zip(shape, inner, strict=True))
    else:
        yield from (tuple(map(int, place)) for place in np.argwhere(slopes))


def _made(node, arrays, parts, entry, pieces) -> str:
    called = f"{parts[-1].name}{_index(entry)}"
    if node.gate == "matmul" and all(len(a.shape) == 2 for a in arrays):
        left, right = (np.array(a.value) for a in arrays[:2])
        pairs = list(zip(left[entry[0]], right[:, entry[1]], strict=True))
        sign = _sign([number(figure(a)) * number(figure(b)) for a, b in pairs], left[entry[0]] @ right[:, entry[1]])
        return tr("{entry}: row {row} of {left} meets column {column} of {right}: {sum}.", entry=called, row=entry[0],
                  left=parts[0].name, column=entry[1], right=parts[1].name,
                  sum=_sum([f"{guarded(figure(a))} × {guarded(figure(b))}" for a, b in pairs])
                  + f" {sign} {figure(np.array(node.value)[entry])}")
    names = [f"{parts[k].name}{_index(place)}" for k, place, _ in pieces]
    few = names if len(names) <= MOST_TERMS else [*names[:MOST_TERMS], tr("… ({n} entries)", n=len(names))]
    return tr("{entry} is made of {entries}.", entry=called, entries=tr(", ").join(few) or tr("no entry"))


def _collected(called, paid, asked) -> str:
    template = {0: INTO_NONE, 1: INTO_ONE}.get(len(paid), INTO_MORE)
    if not asked or not paid:
        return tr(template, entry=called, n=len(paid))
    if len(paid) == 1:
        return tr("{entry} goes into one entry of the result. Its gradient from here: {number}.", entry=called,
                  number=figure(paid[0]))
    sign = _sign([number(figure(share)) for share in paid], sum(paid))
    return tr("{entry} goes into {n} entries of the result: a fork. Its gradient collects them: {sum}.", entry=called,
              n=len(paid), sum=f"{_sum([guarded(figure(share)) for share in paid])} {sign} {figure(sum(paid))}")


def _sum(terms) -> str:
    return " + ".join(terms if len(terms) <= MOST_TERMS else [*terms[:MOST_TERMS], tr("… ({n} terms)", n=len(terms))])


def _sign(terms, result) -> str:
    """= where the terms, as they are printed, add up to the result as it is printed; else ≈."""
    shown = number(figure(result))
    return "=" if abs(sum(terms) - shown) <= 1e-9 * max(1.0, abs(shown)) else "≈"


def _shown(shape) -> Iterator[tuple]:
    return np.ndindex(tuple(min(length, MOST) for length in shape))


def _is_shown(place) -> bool:
    return all(at < MOST for at in place)


def _index(place) -> str:
    return f"[{', '.join(map(str, place))}]" if place else ""


def _key(part: int, place: tuple) -> str:
    row, column = (0, 0, *place)[-2:]
    return f"{part}:{row},{column}"
