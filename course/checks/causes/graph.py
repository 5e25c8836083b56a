"""The one edit of the true backward pass that gives the learner's numbers, at every call.

What an edit does to a result is known beforehand: the difference that it makes at one place, times the slope of that
place for the result's leaf. So each place is worked out once, and all edits there are tried at one go.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from course.checks.causes.candidates import Candidates, candidates
from course.checks.causes.evidence import Cause, Evidence
from course.checks.causes.kinds import KINDS
from course.checks.causes.tape import Node, Tape, column, tape_of
from course.checks.comparing import NOISE, RTOL, ZERO
from course.checks.oracles import Gradient
from course.words import later, tr

FEWEST = 3      # different wrong numbers that a cause must explain: fewer agree by chance
FEWEST_SIMPLE = 2       # for the simplest causes
SIMPLE = 1.5            # in rank
TINY = 1e-13            # what rounding leaves of 0


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
        for place in candidates(tape):
            found += _hits(place, tape, mine, evidence)
        for label in evidence.wrong:
            found += _whole_results(label, tape, mine, evidence)
        found += _exchanged(tape, mine, evidence)
        found += _forward(tape, mine, evidence)
        wrong = {label: _different(mine[label], _result(tape, label)) for label in evidence.wrong}
    return [cause for cause in found
            if max(wrong[label] for label in cause.results) >= (FEWEST_SIMPLE if cause.rank <= SIMPLE else FEWEST)]


def _different(mine: np.ndarray, right: np.ndarray) -> int:
    """How many different numbers are wrong; 0 and nan, and what is not finite, count as one."""
    off = np.abs(mine - right) > RTOL["float64"] * np.abs(right) + ZERO
    told = np.where(np.isfinite(mine), mine, 0)[off | ~np.isfinite(mine)]
    return len(set(np.round(told, 9).tolist()))


# ------------------------------------------------------------------------------------ results and the forward pass

def _whole_results(label: str, tape: Tape, mine: dict[str, np.ndarray], evidence: Evidence) -> Iterator[Cause]:
    """What may stand in the place of a result as a whole."""
    leaf = tape.labels[label]
    true = tape.out.value if leaf is None else tape.nodes[leaf].grad
    what: list[tuple[str, str, str, float, np.ndarray]] = [
        (later("the upstream gradient itself"), tr("what comes from above is handed on as it is"),
         tr("How fast does the output move with {name}?", name=_named(label)), 1, tape.upstream),
    ]
    for other, its in tape.labels.items():
        if other != label:
            value = tape.out.value if its is None else tape.nodes[its].grad
            what.append((later("one result for another"),
                         tr("what belongs to {other} stands in its place", other=other),
                         tr("In which order does the stub name the results?"), 1.2, value))
    ratio = mine[label] / true
    usual = ratio[np.isfinite(ratio)]
    if usual.size >= FEWEST and np.ptp(usual) < 1e-9 * abs(usual[0]) and abs(usual[0] - 1) > 0.01:
        what.append((later("a factor"), tr("the result is {factor} times as large", factor=f"{usual[0]:.4g}"),
                     tr("Where does this factor come from?"), 2, true * usual[0]))
    for kind, clause, ask, rank, value in what:
        if _same(mine[label], value[None], tape)[0]:
            yield Cause((label,), kind, clause, ask, rank + 0.4)


def _exchanged(tape: Tape, mine: dict[str, np.ndarray], evidence: Evidence) -> Iterator[Cause]:
    """Two results, each in the other's place."""
    for one, other in itertools.combinations(evidence.wrong, 2):
        if _same(mine[one], _result(tape, other)[None], tape)[0] and \
                _same(mine[other], _result(tape, one)[None], tape)[0]:
            yield Cause((one, other), "order", tr(KINDS["order"].clause), tr(KINDS["order"].ask), KINDS["order"].rank)


def _named(label: str) -> str:
    return label[1:] if len(label) > 1 and label.startswith("d") else label


def _forward(tape: Tape, mine: dict[str, np.ndarray], evidence: Evidence) -> Iterator[Cause]:
    """A forward pass from which something is missing, with its own right backward pass."""
    for at, node in enumerate(tape.nodes[tape.leaves:], tape.leaves):
        slots = node.slots()
        changes = [(node.args[k].text, node.args[k].value) for k in slots]
        for text, value in changes:
            other = _replayed(tape, at, value)
            hit = tuple(label for label in evidence.wrong
                        if _same(mine[label], _result(other, label)[None], tape)[0])
            off = sum(not _same(mine[label], _result(other, label)[None], tape)[0] for label in tape.labels)
            if hit:
                yield Cause(hit, later("left out of the forward pass"),
                            tr("{input} alone stands in the place of {gate} in the forward pass", input=text,
                               gate=node.text), tr("Is every gate of the forward pass there?"), 2, off)


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
    other = Tape(list(copies.values()), tape.leaves, tape.upstream, tape.labels, tape.sizes)
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
        same[label] = _same(mine[label], _result(tape, label) + delta, tape)
    for k, (edit, _) in enumerate(place.edits):
        hit = tuple(label for label in evidence.wrong if same[label][k])
        if hit:
            words = {"gate": place.gate, "input": place.input, **edit.others}
            yield Cause(hit, edit.kind, tr(edit.clause, **words), tr(edit.ask, **words), edit.rank,
                        sum(not row[k] for row in same.values()),
                        (place.gate, place.input) if place.gate != place.input else None, placed=True)


def _same(mine: np.ndarray, others: np.ndarray, tape: Tape) -> np.ndarray:
    """For each row of `others`, whether it is `mine`; what is not finite is the same only where both are.

    Numbers are measured by those of their own call: a large one in another call hides nothing.
    """
    finite = np.isfinite(others)
    sizes = np.where(finite, np.abs(others), 0)
    starts = np.cumsum([0, *tape.sizes[:-1]])
    scale = np.repeat(np.maximum.reduceat(sizes, starts, axis=1), tape.sizes, axis=1)
    off = np.where(finite, np.abs(others - mine), 0)
    near = off <= RTOL["float64"] * sizes + NOISE["float64"] * scale + TINY
    alike = (others == mine) | (np.isnan(others) & np.isnan(mine))
    return np.asarray(np.where(finite, near, alike).all(axis=1))
