"""What may stand at each place of a backward pass: along every edge, and where contributions come together."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from course.checks.causes.edits import ALONG_AN_EDGE, Edit
from course.checks.causes.tape import Node, Tape
from course.words import later

MOVED = later("What moves when {gate} moves?")
FAST = later("If {input} grows by a little, how fast does {gate} move?")
ABOVE = later("What comes into {gate} from above?")
OWN = later("Which value does this slope need: the gate's input or its output?")
BROUGHT_DOWN = later("Which number does the power rule, or the product, bring down here?")


@dataclass
class Candidates:
    """What may go on from one place instead of `true`.

    slopes  of the place's value for each leaf
    gate, input  the two ends of an edge; twice the same where it is no edge
    edits   each with what it makes of `true`
    """

    true: np.ndarray
    slopes: list[np.ndarray]
    gate: str
    input: str
    edits: list[tuple[Edit, np.ndarray]] = field(default_factory=list)

    def add(self, kind: str, rank: float, value: np.ndarray, clause: str, ask: str, **others: str) -> None:
        """clause and ask may hold {gate} and {input}, and what `others` name."""
        self.edits.append((Edit(kind, clause, ask, rank, others=others), value))


def candidates(tape: Tape) -> Iterator[Candidates]:
    """All places, those nearest to the output first."""
    reach = tape.reach()
    for node in reversed(tape.nodes[tape.leaves:]):
        for k in node.slots():
            place = Candidates(node.back(k, node.grad), reach[id(node.args[k])], node.text, node.args[k].text)
            _along(tape, node, k, place)
            _elsewhere(tape, node, k, place)
            yield place
        yield _together(tape, node, reach[id(node)])
    for leaf in tape.nodes[:tape.leaves]:
        yield _together(tape, leaf, reach[id(leaf)])


def _along(tape: Tape, node: Node, k: int, place: Candidates) -> None:
    """What may go back along an edge."""
    u, z, mine = node.grad, node.value, node.args[k]
    local = node.back(k, np.ones_like(u))
    for edit in ALONG_AN_EDGE:
        if edit.changed:
            place.edits.append((edit, edit.changed(u, local, mine.value, z)))
    for slot in node.slots():
        if slot != k:
            place.add("another local gradient", 1, node.back(slot, u),
                      "at {gate}, {input} gets what belongs to {other}", FAST, other=node.args[slot].text)
    for other in tape.nodes:
        if other is not node and other is not mine:
            beside = any(arg is other for arg in node.args)
            place.add("another local gradient", 1 if beside else 3, u * other.value,
                      "at {gate}, the value of {other} stands in the place of the local gradient for {input}",
                      FAST, other=other.text)
        place.add("another upstream gradient", 3, other.value * local,
                  "the value of {other} comes into {gate} from above, on the way to {input}", ABOVE,
                  other=other.text)
        place.add("times another value", 3, u * local * other.value,
                  "what goes from {gate} back to {input} is also multiplied by the value of {other}", FAST,
                  other=other.text)
        place.add("by another value", 3, u * local / other.value,
                  "what goes from {gate} back to {input} is also divided by the value of {other}", FAST,
                  other=other.text)
        place.add("a value for a gradient", 3, other.value,
                  "the value of {other} goes from {gate} back to {input}", FAST, other=other.text)
        if other is not node:
            place.add("another upstream gradient", 3, other.grad * local,
                      "the gradient of {other} comes into {gate} from above, on the way to {input}", ABOVE,
                      other=other.text)
            place.add("another gradient", 3, other.grad,
                      "the gradient of {other} goes from {gate} back to {input}", FAST, other=other.text)


def _elsewhere(tape: Tape, node: Node, k: int, place: Candidates) -> None:
    """The gate's own rule with another value in the place of one that it needs: before the gate, or behind it."""
    for other in tape.nodes:
        if other is not node:
            place.add("taken at another place", 2, node.back(k, node.grad, value=other.value),
                      "the slope of {gate} for {input} is made from the value of {other} in the place of the "
                            "gate's own", OWN, other=other.text)
        for j, arg in enumerate(node.args):
            if other is not arg and isinstance(arg, Node):
                args = [*node.args[:j], other, *node.args[j + 1:]]
                place.add("taken at another place", 2, node.back(k, node.grad, args=args),
                          "the slope of {gate} for {input} is taken at {other} in the place of {arg}",
                          "Where does {gate} stand when the slope is taken?", other=other.text, arg=arg.text)
    if len(node.slots()) == 2:
        swapped = node.args[::-1]
        value = node.op.forward(*(arg.value for arg in swapped))
        place.add("inputs exchanged", 1.5, node.back(k, node.grad, value, swapped),
                  "at {gate}, {one} and {other} are exchanged in the slope for {input}",
                  "Does it matter which of the two inputs stands where?", one=node.args[0].text,
                  other=node.args[1].text)
    for j, arg in enumerate(node.args):
        if not isinstance(arg, Node):
            for constant in {0.0, 1.0, -1.0, 2.0, 3.0} - {float(arg)}:
                args = [*node.args[:j], constant, *node.args[j + 1:]]
                place.add("a constant", 2, node.back(k, node.grad, args=args),
                          "at {gate}, the slope for {input} is made with another number than {arg}",
                          BROUGHT_DOWN, arg=f"{arg:g}")
    if node.op.name == "pow" and not isinstance(node.args[1], Node):
        n, x, u = float(node.args[1]), node.args[0].value, node.grad
        place.add("power rule", 1, u * x**(n - 1), "at {gate}, the exponent is not brought down",
                  "What does the power rule bring down?")
        place.add("power rule", 1, u * n * x**n, "at {gate}, the exponent stays as it is",
                  "What is left of the exponent?")
        place.add("power rule", 1, u * n, "at {gate}, the slope does not depend on where it stands",
                  "Is {gate} equally steep everywhere?")


def _together(tape: Tape, node: Node, slopes: list[np.ndarray]) -> Candidates:
    """What may come together at a value, to go on from there."""
    u = node.grad
    place = Candidates(u, slopes, node.text, node.text)
    place.add("sign", 1, -u, "the sign of the gradient that comes together at {gate} is turned", MOVED)
    place.add("twice", 2, 2 * u, "the gradient that comes together at {gate} is counted twice", MOVED)
    place.add("half", 2, u / 2, "the gradient that comes together at {gate} is halved", MOVED)
    place.add("dropped", 1, 0 * u, "nothing goes on from {gate}", MOVED)
    place.add("a gradient of 1", 1, np.ones_like(u),
              "the way back from {gate} begins with 1, without what comes from above", MOVED)
    if node is tape.out:
        place.add("started with the output", 1, node.value, "the way back begins with the value of the output", MOVED)
        place.add("started with the output", 1.5, node.value * u,
                  "the way back begins with the value of the output times what comes from above", MOVED)
        place.add("upstream twice", 1, u * u, "what comes from above is multiplied in twice", MOVED)
        place.add("upstream upside down", 2, 1 / u, "what comes from above is turned upside down", MOVED)
    _at_a_fork(tape, node, place)
    for other in tape.nodes:
        if other is not node:
            place.add("times another value", 3, u * other.value,
                      "the gradient that comes together at {gate} is also multiplied by the value of {other}", MOVED,
                      other=other.text)
            place.add("by another value", 3, u / other.value,
                      "the gradient that comes together at {gate} is also divided by the value of {other}", MOVED,
                      other=other.text)
    return place


def _at_a_fork(tape: Tape, node: Node, place: Candidates) -> None:
    """What may come together where a value is used more than once."""
    paid = [(other, other.back(k, other.grad)) for other in tape.nodes[tape.leaves:] for k in other.slots()
            if other.args[k] is node]
    if len(paid) < 2:
        return
    n = str(len(paid))
    for other, part in paid:
        place.add("overwrites at a fork", 0, part,
                  "only what comes from {other} is kept at {gate}, which is used {n} times",
                  "What is done where several paths meet?", other=other.text, n=n)
        place.add("one path is missing", 0, node.grad - part,
                  "what comes from {other} is missing at {gate}, which is used {n} times",
                  "Where is {input} used?", other=other.text, n=n)
        place.add("paid twice", 1, node.grad + part,
                  "what comes from {other} is counted twice at {gate}, which is used {n} times",
                  "How often is {input} used there?", other=other.text, n=n)
    place.add("multiplied where paths meet", 1, np.prod([part for _, part in paid], axis=0),
              "what comes together at {gate} is multiplied", "What is done where several paths meet?")
    place.add("the mean of the paths", 1, node.grad / len(paid),
              "the mean is taken of what comes together at {gate}", "What is done where several paths meet?")
