"""Level 8's first question: which of three drawings is that of a line of code?

The two others are the circuit with one thing changed, such as brackets read otherwise; they give other numbers.
"""

import random
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from course.drawing import picture, scene
from course.practising.circuits import Circuit, Line, traced
from course.words import tr

PLAIN = ("add", "mul", "sub")
TRIALS = 4      # inputs at which a changed circuit is compared


class Drawing(NamedTuple):
    """One of the three, without its numbers."""

    svg: str
    label: str      # the drawing in words, for whoever does not see it
    right: bool
    says: str       # what choosing it is answered with


def drawings(made: Circuit, palette: str) -> list[Drawing]:
    """The right drawing and two wrong ones, in an order of the circuit's own."""
    rng = random.Random(f"drawings:{made.level}:{made.seed}")
    chosen = [made, *_wrong(made, rng)]
    rng.shuffle(chosen)
    return [_drawn(each, each is made, palette) for each in chosen]


def _wrong(made: Circuit, rng: random.Random) -> list[Circuit]:
    at = [made.inputs] + [{name: rng.uniform(-5, 5) for name in made.inputs} for _ in range(TRIALS)]
    known, found = {_outputs(made, at)}, []
    for changes in (_arguments_exchanged, _operations_exchanged, _another_operation, _another_operation):
        candidates = list(changes(made.lines))
        rng.shuffle(candidates)
        for lines in candidates:
            changed = made._replace(lines=lines)
            if len(found) < 2 and _outputs(changed, at) not in known:
                known.add(_outputs(changed, at))
                found.append(changed)
                break
    return found


def _outputs(circuit, at):
    records = [traced(circuit._replace(inputs=inputs)) for inputs in at]
    return tuple(round(record.nodes[record.output].value, 9) for record in records)


def _arguments_exchanged(lines: list[Line]) -> Iterator[list[Line]]:
    for i, j in combinations(range(len(lines)), 2):
        made_later = {line.name for line in lines[i:]}
        for a in lines[i].arguments:
            for b in lines[j].arguments:
                if isinstance(a, str) and isinstance(b, str) and b not in made_later and a != b:
                    first = tuple(b if x == a else x for x in lines[i].arguments)
                    second = tuple(a if x == b else x for x in lines[j].arguments)
                    if len(set(first)) == len(first) and len(set(second)) == len(second):
                        yield _with(lines, {i: lines[i]._replace(arguments=first),
                                            j: lines[j]._replace(arguments=second)})


def _operations_exchanged(lines: list[Line]) -> Iterator[list[Line]]:
    for i, j in combinations(range(len(lines)), 2):
        if len(lines[i].arguments) == len(lines[j].arguments):
            yield _with(lines, {i: lines[i]._replace(operation=lines[j].operation),
                                j: lines[j]._replace(operation=lines[i].operation)})


def _another_operation(lines: list[Line]) -> Iterator[list[Line]]:
    for i, line in enumerate(lines):
        if len(line.arguments) == 2:
            for other in PLAIN:
                yield _with(lines, {i: line._replace(operation=other)})


def _with(lines, changed):
    return [changed.get(k, line) for k, line in enumerate(lines)]


def _drawn(circuit, right, palette):
    composed = scene.compose(traced(circuit), names=circuit.names)
    bare = composed._replace(items=[item._replace(value="", gradient="") for item in composed.items],
                             edges=[edge._replace(contribution="") for edge in composed.edges])
    says = tr("✓ Right: that is the graph of this line. Now its numbers; sums such as -4 * 2 will do, and Enter "
              "checks.") if right else \
        tr("✗ That is the graph of {formula}. Where does the line differ?", formula=circuit.formula)
    return Drawing(picture.svg(bare, palette, alone=False), circuit.code.replace("\n", "; "), right, says)
