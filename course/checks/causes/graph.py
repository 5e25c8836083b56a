"""The one edit of the true backward pass that gives the learner's numbers, at every call.

What an edit does to a result is known beforehand: the difference that it makes at one place, times the slope of that
place for the result's leaf. So each place is worked out once, and all edits there are tried at one go.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from course.checks.causes.edits import ALONG_AN_EDGE, Edit
from course.checks.causes.evidence import Cause, Evidence
from course.checks.causes.kinds import KINDS
from course.checks.causes.tape import Node, Tape, column, tape_of
from course.checks.comparing import NOISE, RTOL, ZERO
from course.checks.oracles import Gradient

FEWEST = 3      # different wrong numbers that a cause must explain: fewer agree by chance
FEWEST_SIMPLE = 2       # for the simplest causes
SIMPLE = 1.5            # in rank


@dataclass(frozen=True)
class Candidates:
    """What may go on from one place instead of `true`.

    slopes  of the place's value for each leaf
    """

    true: np.ndarray
    slopes: list[np.ndarray]
    edits: list[tuple[Edit, np.ndarray]]
    gate: str
    input: str


def nearest_first(oracle: Gradient, evidence: Evidence) -> tuple[str, ...]:
    """The wrong results in the order in which the way back from the output comes to what they belong to."""
    tape = tape_of(oracle, evidence)
    if tape is None:
        return evidence.wrong
    steps = {id(tape.out): 0}
    for node in reversed(tape.nodes):
        for k in node.slots():
            at = id(node.args[k])
            steps[at] = min(steps.get(at, len(tape.nodes)), steps.get(id(node), len(tape.nodes)) + 1)

    def far(label: str) -> int:
        leaf = tape.labels[label]
        return 0 if leaf is None else steps.get(id(tape.nodes[leaf]), len(tape.nodes))
    return tuple(sorted(evidence.wrong, key=far))


def causes_in_the_graph(oracle: Gradient, evidence: Evidence) -> list[Cause]:
    """All edits that give the learner's numbers of at least one wrong result."""
    tape = tape_of(oracle, evidence)
    if tape is None:
        return []
    mine = {label: column(values) for label, values in evidence.mine.items()}
    if len(tape.upstream) < FEWEST:
        return []
    found: list[Cause] = []
    with np.errstate(all="ignore"):
        reach = tape.reach()
        for place in _places(tape, reach):
            found += _hits(place, tape, mine, evidence)
        for label in evidence.wrong:
            found += _whole_results(label, tape, mine, evidence)
        found += _exchanged(tape, mine, evidence)
        found += _forward(tape, mine, evidence)
        wrong = {label: _different(mine[label], _result(tape, label)) for label in evidence.wrong}
    return [cause for cause in found
            if min(wrong[label] for label in cause.results) >= (FEWEST_SIMPLE if cause.rank <= SIMPLE else FEWEST)]


def _different(mine: np.ndarray, right: np.ndarray) -> int:
    """How many different numbers are wrong; 0 and nan, and what is not finite, count as one."""
    off = np.abs(mine - right) > RTOL["float64"] * np.abs(right) + ZERO
    told = np.where(np.isfinite(mine), mine, 0)[off | ~np.isfinite(mine)]
    return len(set(np.round(told, 9).tolist()))


# ------------------------------------------------------------------------------------ places and what may stand there

def _places(tape: Tape, reach: dict[int, list[np.ndarray]]) -> Iterator[Candidates]:
    """Nearest to the output first."""
    for node in reversed(tape.nodes[tape.leaves:]):
        for k in node.slots():
            yield Candidates(node.back(k, node.grad), reach[id(node.args[k])], list(_along(tape, node, k)), node.text,
                             node.args[k].text)
        yield Candidates(node.grad, reach[id(node)], list(_above(tape, node)), node.text, node.text)
    for leaf in tape.nodes[:tape.leaves]:
        yield Candidates(leaf.grad, reach[id(leaf)], list(_above(tape, leaf)), leaf.text, leaf.text)


def _along(tape: Tape, node: Node, k: int) -> Iterator[tuple[Edit, np.ndarray]]:
    """What may go back along an edge."""
    u, p, z = node.grad, node.args[k].value, node.value
    local = node.back(k, np.ones_like(u))
    for edit in ALONG_AN_EDGE:
        yield edit, edit.changed(u, local, p, z)
    others = [other for other in tape.nodes if other is not node.args[k] and other is not node]
    for other in others:
        beside = any(arg is other for arg in node.args)
        yield Edit("another local gradient", f"at {{gate}}, the value of {other.text} stands in the place of the local "
                   "gradient for {input}", MOVES_WITH, 1 if beside else 3, lambda *_: None), u * other.value
    for slot in node.slots():
        if slot != k:
            yield Edit("another local gradient", f"at {{gate}}, {{input}} gets what belongs to {node.args[slot].text}",
                       MOVES_WITH, 1, lambda *_: None), node.back(slot, u)
    for other in tape.nodes:
        for taken, what in ((other.value, "value"), (other.grad, "gradient")):
            if what == "gradient" and other is node:
                continue
            yield Edit("another upstream gradient", f"the {what} of {other.text} comes into {{gate}} from above, on "
                                                    f"the "
                       "way to {input}", "What comes into {gate} from above?", 3, lambda *_: None), taken * local
        yield Edit("times another value", f"what goes from {{gate}} back to {{input}} is also multiplied by the "
                                          f"value of "
                   f"{other.text}", MOVES_WITH, 3, lambda *_: None), u * local * other.value
        yield Edit("by another value", f"what goes from {{gate}} back to {{input}} is also divided by the value of "
                   f"{other.text}", MOVES_WITH, 3, lambda *_: None), u * local / other.value
        yield Edit("another value", f"the value of {other.text} goes from {{gate}} back to {{input}}", MOVES_WITH, 3,
                   lambda *_: None), other.value
        if other.grad is not node.grad:
            yield Edit("another gradient", f"the gradient of {other.text} goes from {{gate}} back to {{input}}",
                       MOVES_WITH, 3, lambda *_: None), other.grad
    yield from _elsewhere(tape, node, k)


MOVES_WITH = "If {input} grows by a little, how fast does {gate} move?"


def _elsewhere(tape: Tape, node: Node, k: int) -> Iterator[tuple[Edit, np.ndarray]]:
    """The gate's own rule with another value in the place of one that it needs: before the gate, or behind it."""
    for other in tape.nodes:
        if other is not node:
            yield Edit("taken at another place", f"the slope of {{gate}} for {{input}} is made from the value of "
                       f"{other.text} in the place of the gate's own", "Which value does this slope need: the gate's "
                       "input or its output?", 2, lambda *_: None), node.back(k, node.grad, value=other.value)
        for j, arg in enumerate(node.args):
            if other is not arg and isinstance(arg, Node):
                args = [*node.args[:j], other, *node.args[j + 1:]]
                yield Edit("taken at another place", f"the slope of {{gate}} for {{input}} is taken at {other.text} in "
                           f"the place of {arg.text}", f"Where does {node.text} stand when the slope is taken?", 2,
                           lambda *_: None), node.back(k, node.grad, args=args)
    if len(node.slots()) == 2:
        swapped = node.args[::-1]
        yield Edit("inputs exchanged", f"at {{gate}}, {node.args[0].text} and {node.args[1].text} are exchanged in the "
                   "slope for {input}", "Does it matter which of the two inputs stands where?", 1.5, lambda *_: None), \
            node.back(k, node.grad, node.op.forward(*(arg.value for arg in swapped)), swapped)
    for j, arg in enumerate(node.args):
        if not isinstance(arg, Node):
            for constant in {0.0, 1.0, -1.0, 2.0, 3.0} - {float(arg)}:
                args = [*node.args[:j], constant, *node.args[j + 1:]]
                yield Edit("a constant", f"at {{gate}}, the slope for {{input}} is made with another number than "
                           f"{arg:g}", "Which number does the power rule, or the product, bring down here?", 2,
                           lambda *_: None), node.back(k, node.grad, args=args)
    if node.op.name == "pow" and not isinstance(node.args[1], Node):
        n, x, u = float(node.args[1]), node.args[0].value, node.grad
        yield Edit("power rule", "at {gate}, the exponent is not brought down", "What does the power rule bring down?",
                   1,
                   lambda *_: None), u * x**(n - 1)
        yield Edit("power rule", "at {gate}, the exponent stays as it is", "What is left of the exponent?", 1,
                   lambda *_: None), u * n * x**n
        yield Edit("power rule", "at {gate}, the slope does not depend on where it stands", "Is {gate} equally steep "
                   "everywhere?", 1, lambda *_: None), u * n


def _above(tape: Tape, node: Node) -> Iterator[tuple[Edit, np.ndarray]]:
    """What may come together at a place, to go on from there."""
    u = node.grad
    one = np.ones_like(u)
    ask = f"What moves when {node.text} moves?"
    where = f"the gradient that comes together at {node.text}"

    def edit(kind: str, clause: str, rank: float) -> Edit:
        return Edit(kind, clause, ask, rank, lambda *_: None)
    yield edit("sign", f"the sign of {where} is turned", 1), -u
    yield edit("twice", f"{where} is counted twice", 2), 2 * u
    yield edit("half", f"{where} is halved", 2), u / 2
    yield edit("dropped", f"nothing goes on from {node.text}", 1), 0 * u
    yield edit("a gradient of 1", f"the way back from {node.text} begins with 1, without what comes from above", 1), one
    if node is tape.out:
        yield edit("started with the output", "the way back begins with the value of the output", 1), node.value
        yield edit("started with the output", "the way back begins with the value of the output times what comes from "
                   "above", 1.5), node.value * u
        yield edit("upstream twice", "what comes from above is multiplied in twice", 1), u * u
        yield edit("upstream", "what comes from above is turned upside down", 2), 1 / u
    paid = [(other, k, other.back(k, other.grad)) for other in tape.nodes[tape.leaves:] for k in other.slots()
            if other.args[k] is node]
    if len(paid) > 1:
        for other, _, part in paid:
            yield Edit("overwrites at a fork", f"only what comes from {other.text} is kept at {node.text}, which is "
                                               f"used "
                       f"{len(paid)} times", "What is done where several paths meet?", 0, lambda *_: None), part
            yield Edit("one path is missing", f"what comes from {other.text} is missing at {node.text}, which is used "
                       f"{len(paid)} times", "Where is {input} used?", 0, lambda *_: None), u - part
            yield Edit("paid twice", f"what comes from {other.text} is counted twice at {node.text}", "How often is "
                       "{input} used there?", 1, lambda *_: None), u + part
        product = np.prod([part for _, _, part in paid], axis=0)
        yield edit("multiplied where paths meet", f"what comes together at {node.text} is multiplied", 1), product
        yield (edit("the mean of the paths", f"the mean is taken of what comes together at {node.text}", 1),
               u / len(paid))
    for other in tape.nodes:
        if other is not node:
            yield edit("times another value", f"{where} is also multiplied by the value of {other.text}", 3), \
                u * other.value
            yield edit("by another value", f"{where} is also divided by the value of {other.text}", 3), u / other.value


def _whole_results(label: str, tape: Tape, mine: dict[str, np.ndarray], evidence: Evidence) -> Iterator[Cause]:
    """What may stand in the place of a result as a whole."""
    leaf = tape.labels[label]
    true = tape.out.value if leaf is None else tape.nodes[leaf].grad
    what: list[tuple[str, str, str, int, np.ndarray]] = [
        ("a result of 1", "1 stands in its place", f"How fast does the output move with {_named(label)}?", 2,
         np.ones_like(true)),
        ("the upstream gradient itself", "what comes from above is handed on as it is",
         f"How fast does the output move with {_named(label)}?", 1, tape.upstream),
    ]
    for other, its in tape.labels.items():
        if other != label:
            value = tape.out.value if its is None else tape.nodes[its].grad
            what.append(("one result for another", f"what belongs to {other} stands in its place",
                         "In which order does the stub name the results?", 1, value))
    ratio = mine[label] / true
    usual = ratio[np.isfinite(ratio)]
    if usual.size >= FEWEST and np.ptp(usual) < 1e-9 * abs(usual[0]) and abs(usual[0] - 1) > 0.01:
        what.append(("a factor", f"the result is {usual[0]:.4g} times as large", "Where does this factor come from?", 2,
                     true * usual[0]))
    for kind, clause, ask, rank, value in what:
        if _same(mine[label][None], value[None])[0]:
            yield Cause((label,), kind, clause, ask, rank + 0.4)


def _exchanged(tape: Tape, mine: dict[str, np.ndarray], evidence: Evidence) -> Iterator[Cause]:
    """Two results, each in the other's place."""
    for one, other in itertools.combinations(evidence.wrong, 2):
        if _same(mine[one][None], _result(tape, other)[None])[0] and \
                _same(mine[other][None], _result(tape, one)[None])[0]:
            yield Cause((one, other), "order", KINDS["order"].clause, KINDS["order"].ask, KINDS["order"].rank)


def _named(label: str) -> str:
    return label[1:] if len(label) > 1 and label.startswith("d") else label


def _forward(tape: Tape, mine: dict[str, np.ndarray], evidence: Evidence) -> Iterator[Cause]:
    """A forward pass from which something is missing, with its own right backward pass."""
    for at, node in enumerate(tape.nodes[tape.leaves:], tape.leaves):
        slots = node.slots()
        changes = [(f"{node.args[k].text} alone stands in the place of {node.text}", node.args[k].value) for k in slots]
        for clause, value in changes:
            other = _replayed(tape, at, value)
            hit = tuple(label for label in evidence.wrong
                        if _same(mine[label][None], _result(other, label)[None])[0])
            off = sum(not _same(mine[label][None], _result(other, label)[None])[0] for label in tape.labels)
            if hit:
                yield Cause(hit, "left out of the forward pass", f"{clause} in the forward pass",
                            "Is every gate of the forward pass there?", 2, off)


def _replayed(tape: Tape, at: int, value: np.ndarray) -> Tape:
    """The tape with another value at one place, and what follows from it; that place sends back as it did."""
    copies: dict[int, Node] = {}
    for k, node in enumerate(tape.nodes):
        args = [copies[id(arg)] if isinstance(arg, Node) else arg for arg in node.args]
        if k == at:
            found = value
        elif node.op is None:
            found = node.value
        else:
            found = node.op.forward(*(arg.value if isinstance(arg, Node) else arg for arg in args))
        copies[id(node)] = Node(node.op, args, found, node.text)
    other = Tape(list(copies.values()), tape.leaves, tape.upstream, tape.labels)
    other.backward()
    return other


def _result(tape: Tape, label: str) -> np.ndarray:
    leaf = tape.labels[label]
    return tape.out.value if leaf is None else tape.nodes[leaf].grad


# ------------------------------------------------------------------------------------ trying them

def _hits(place: Candidates, tape: Tape, mine: dict[str, np.ndarray], evidence: Evidence) -> Iterator[Cause]:
    """The edits of a place that give the learner's numbers."""
    changed = np.stack([value * np.ones_like(place.true) for _, value in place.edits]) - place.true
    same = {}
    for label, leaf in tape.labels.items():
        delta = 0 * changed if leaf is None else changed * place.slopes[leaf]
        same[label] = _same(mine[label], _result(tape, label) + delta)
    for k, (edit, _) in enumerate(place.edits):
        hit = tuple(label for label in evidence.wrong if same[label][k])
        if hit:
            words = {"gate": place.gate, "input": place.input}
            yield Cause(hit, edit.kind, edit.clause.format(**words), edit.ask.format(**words), edit.rank,
                        sum(not row[k] for row in same.values()),
                        (place.gate, place.input) if place.gate != place.input else None)


def _same(mine: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each row of `others`, whether it is `mine`."""
    sizes = np.abs(others)
    scale = sizes.max(axis=1, initial=0, keepdims=True)
    off = np.abs(others - mine)
    near = off <= np.where(scale > 0, RTOL["float64"] * sizes + NOISE["float64"] * scale, ZERO)
    return np.asarray(near.all(axis=1))
