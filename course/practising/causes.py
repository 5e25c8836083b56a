"""Wrong numbers and what they come from: one edge or one gate of a traced circuit, done wrong.

    >>> from autodiff.trace import trace
    >>> t = trace(lambda x, y, z: (x + y) * z, x=-2.0, y=5.0, z=-4.0)
    >>> [(wrong.value, wrong.kind) for wrong in gradients(t, 3)][:2]        # node 3 is q = x + y, its gradient −4
    [(4.0, 'sign'), (3.0, 'swap')]

`gradients`, `values` and `slopes` give, for a place in a circuit of plain numbers, every wrong number whose cause is
known, the likeliest first. A cause is a kind (a row of KINDS) and a sentence, in which {3} stands for how node 3 is
called (`with_names(sentence, names)`).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from autodiff.trace import Trace
from course.drawing.figures import figure
from course.words import closed, tr


class Wrong(NamedTuple):
    """A wrong number: what it comes from, and how far-fetched that is (0: it happens to everybody)."""

    value: float
    kind: str
    sentence: str
    rank: int


class Kind(NamedTuple):
    """A rule that was broken, as one says it; the lesson and section that treat it, the level that practises it."""

    rule: str
    lesson: int
    section: str
    level: int


KINDS = {
    "start": Kind("The backward pass starts with 1: f changes as much as itself.", 1, "One gate at a time", 1),
    "sign": Kind("A gradient has a sign: which way does the gate move?", 1, "How sensitive is f?", 1),
    "upstream": Kind("Local × upstream: the upstream gradient belongs in it.", 2, "Local × upstream", 3),
    "local": Kind("Local × upstream: the local gradient belongs in it.", 2, "Local × upstream", 2),
    "added along a path": Kind("Along a path, slopes multiply.", 1, "One gate at a time", 2),
    "swap": Kind("× swaps: each input gets the other's value, times upstream.", 2, "Mul swaps", 3),
    "add": Kind("+ copies: each input gets the upstream gradient as it is.", 2, "Add copies", 3),
    "max": Kind("max routes: the larger input gets all of it, the other 0.", 2, "Max routes", 3),
    "relu": Kind("relu lets everything through or nothing.", 4, "Relu", 7),
    "square": Kind("The slope of a square is twice its input.", 1, "Through t", 2),
    "division": Kind("a ÷ b has the slopes 1 ÷ b and −a ÷ b².", 3, "Through the gates", 6),
    "exp": Kind("The slope of exp is its own output.", 3, "Through the gates", 6),
    "sigmoid": Kind("The slope of σ is out × (1 − out).", 3, "One gate instead of four", 6),
    "path": Kind("At a fork, what comes back along the paths adds up.", 2, "Forks add", 4),
    "value": Kind("The gate's own value is no slope.", 1, "How sensitive is f?", 1),
    "factor": Kind("Each factor belongs in it once.", 1, "One gate at a time", 2),
    "product": Kind("A product's gradient is upstream times the other factor, transposed.", 4, "The shapes tell", 9),
    "repeated": Kind("Broadcasting is a fork: where it repeated, what comes back is summed.", 4,
                     "Broadcasting is a fork", 9),
    "forward": Kind("The forward pass: each gate does what is written in it.", 1, "One gate at a time", 8),
}


class Edge(NamedTuple):
    """From a gate back to one of its inputs: all that a rule may use, and by mistake does."""

    gate: str
    slot: int
    sender: int             # ids, for sentences
    receiver: int
    upstream: float
    local: float
    input: float
    other: float            # the other input's value; nan where there is none
    other_local: float
    output: float


class Edit(NamedTuple):
    """Something else in the place of upstream × local. `changed` gives None where it makes no sense."""

    kind: str
    rank: int
    gates: str              # names of gates; "" for all
    sentence: str           # {gate} and {input} are the ends of the edge, {u} is the upstream gradient
    changed: Callable[[Edge], float | None]


def _at(condition, value):
    return value if condition else None


EDITS = (
    Edit("sign", 0, "", "The size is right, the sign is not: if {input} grows, which way does {gate} move?",
         lambda e: -e.upstream * e.local),
    Edit("swap", 0, "mul", "{input}'s own value stands in it; × swaps: {input} gets the other one's.",
         lambda e: e.upstream * e.input),
    Edit("upstream", 0, "", "That is the local gradient alone: the upstream gradient, {u}, is not in it.",
         lambda e: _at(e.upstream != 1, e.local)),
    Edit("local", 0, "mul div square exp sigmoid tanh pow",
         "That is what arrives at {gate}: its local gradient for {input} is not in it.", lambda e: e.upstream),
    Edit("max", 0, "maximum", "{input} loses at {gate}: it may move a little, and {gate} stays. max routes everything "
         "to the larger one.", lambda e: _at(e.local == 0, e.upstream)),
    Edit("max", 0, "maximum", "{input} wins at {gate}: max routes the whole upstream gradient to it.",
         lambda e: _at(e.local == 1, 0.0)),
    Edit("max", 0, "maximum", "max does not share: the larger one gets all, the other 0.",
         lambda e: _at(e.local in (0, 1), e.upstream / 2)),
    Edit("add", 0, "add sub", "That treats {gate} like ×. + hands on the upstream gradient as it is.",
         lambda e: e.upstream * e.other),
    Edit("add", 1, "add sub", "+ does not share: each input gets all of the upstream gradient.",
         lambda e: e.upstream * e.local / 2),
    Edit("add", 1, "add sub", "{input}'s value has no part in it: + hands on the upstream gradient as it is.",
         lambda e: e.upstream * e.input),
    Edit("square", 0, "pow", "The factor 2 is missing: t² has the slope 2t.",
         lambda e: _at(e.slot == 0 and e.other == 2, e.upstream * e.input)),
    Edit("square", 1, "pow", "The factor 2 is in it, and {input}'s value is not: t² has the slope 2t.",
         lambda e: _at(e.slot == 0 and e.other == 2, e.upstream * 2)),
    Edit("square", 1, "square", "The factor 2 is missing: t² has the slope 2t.", lambda e: e.upstream * e.input),
    Edit("division", 0, "div", "That multiplies by the denominator: a ÷ b grows by 1 ÷ b when a grows by 1.",
         lambda e: _at(e.slot == 0, e.upstream * e.other)),
    Edit("division", 0, "div", "The denominator is in it once: in the slope −a ÷ b² it is squared.",
         lambda e: _at(e.slot == 1, -e.upstream * e.other / e.input)),
    Edit("division", 1, "div", "The numerator is not in it: the slope is −a ÷ b².",
         lambda e: _at(e.slot == 1 and e.other != 1, -e.upstream / e.input ** 2)),
    Edit("division", 1, "div", "That is what the other input of ÷ gets.", lambda e: e.upstream * e.other_local),
    Edit("exp", 0, "exp", "exp's input stands in it: its slope is its output.", lambda e: e.upstream * e.input),
    Edit("exp", 1, "exp", "That is the rule for powers; exp's slope is its output as it is.",
         lambda e: e.upstream * e.input * e.output),
    Edit("sigmoid", 0, "sigmoid", "That is out × upstream: the factor (1 − out) is missing.",
         lambda e: e.upstream * e.output),
    Edit("sigmoid", 0, "sigmoid", "That is (1 − out) × upstream: the factor out is missing.",
         lambda e: e.upstream * (1 - e.output)),
    Edit("sigmoid", 0, "sigmoid", "σ's input stands where its output belongs: out × (1 − out).",
         lambda e: e.upstream * e.input * (1 - e.input)),
    Edit("relu", 0, "relu", "relu lets nothing back where its input is below 0.",
         lambda e: _at(e.local == 0, e.upstream)),
    Edit("relu", 0, "relu", "relu lets everything back where its input is above 0.", lambda e: _at(e.local == 1, 0.0)),
    Edit("swap", 1, "mul", "That is {input}'s own value, and no upstream gradient is in it.",
         lambda e: _at(e.upstream != 1, e.input)),
    Edit("added along a path", 1, "", "That adds upstream and local gradient; along a path they multiply.",
         lambda e: e.upstream + e.local),
    Edit("local", 1, "", "0 would mean that {gate} stays where it is when {input} moves.",
         lambda e: _at(e.gate != "maximum" and e.gate != "relu", 0.0)),
    Edit("value", 1, "", "The value of {gate} stands where its slope belongs.", lambda e: e.upstream * e.output),
    Edit("value", 1, "", "That is the value of {gate}. How fast does it move when {input} does?", lambda e: e.output),
    Edit("value", 2, "", "That is the value of {input}, not its gradient.", lambda e: e.input),
    Edit("sign", 1, "", "The upstream gradient is not in it, and a sign is turned.",
         lambda e: _at(abs(e.upstream) != 1, -e.local)),
    Edit("factor", 2, "", "That is twice as much: which factor is in it twice?", lambda e: 2 * e.upstream * e.local),
    Edit("factor", 2, "", "That is half of it: is every factor in it?", lambda e: e.upstream * e.local / 2),
    Edit("factor", 2, "", "The upstream gradient, {u}, is in it twice.", lambda e: e.upstream ** 2 * e.local),
    Edit("local", 2, "", "That divides by the local gradient; along a path slopes multiply.",
         lambda e: e.upstream / e.local if e.local else None),
    Edit("upstream", 2, "", "That divides by the upstream gradient; along a path slopes multiply.",
         lambda e: e.local / e.upstream if e.upstream else None),
)
FINE = 1e-9


def edges(trace: Trace) -> dict[tuple[int, int], Edge]:
    """Every edge of the backward pass by (gate, slot), in the order in which it is paid."""
    found, slopes = {}, {}
    for step in trace.steps:
        if step.direction == "backward" and step.local is not None:
            slopes[step.sender, step.slot] = step.local
    for step in trace.steps:
        if step.direction != "backward" or step.sender is None or step.receiver is None or step.slot is None \
                or step.local is None:
            continue
        node = trace.nodes[step.sender]
        beside = 1 - step.slot if len(node.parents) == 2 else None
        found[step.sender, step.slot] = Edge(
            step.gate, step.slot, step.sender, step.receiver, step.upstream, step.local,
            trace.nodes[step.receiver].value,
            math.nan if beside is None else trace.nodes[node.parents[beside]].value,
            math.nan if beside is None else slopes.get((step.sender, beside), math.nan), node.value)
    return found


def gradients(trace: Trace, id: int, known: Iterable[Edge] | None = None) -> list[Wrong]:
    """What may stand wrongly as the gradient of node `id`, when all gradients before it are right.

    known: the `edges` of the trace, where they are at hand.
    """
    if id == trace.output:
        return _sorted(1.0, _start(trace))
    paid = [edge for edge in known or edges(trace).values() if edge.receiver == id]
    truth = sum(edge.upstream * edge.local for edge in paid)
    return _sorted(truth, _accumulated(paid, truth, id))


def slopes(trace: Trace, gate: int, slot: int) -> list[Wrong]:
    """What may stand wrongly as the local gradient of a gate for one of its inputs."""
    edge = edges(trace)[gate, slot]
    wrongs = list(edited(edge._replace(upstream=1.0)))
    wrongs = [wrong for wrong in wrongs if wrong.kind not in ("upstream", "added along a path")]
    if edge.upstream != 1:
        wrongs.insert(0, Wrong(edge.local * edge.upstream, "local",
                               tr("That is local × upstream already: here the local gradient alone is asked."), 0))
    return _sorted(edge.local, wrongs)


def values(trace: Trace, id: int) -> list[Wrong]:
    """What may stand wrongly as the value of gate `id`, when all values before it are right."""
    node = trace.nodes[id]
    return _sorted(node.value, _misread(node.gate, [trace.nodes[parent].value for parent in node.parents], node.value))


def edited(edge: Edge) -> Iterator[Wrong]:
    """What would go back along one edge for each edit that fits its gate."""
    for edit in EDITS:
        if edit.gates and edge.gate not in edit.gates.split():
            continue
        value = edit.changed(edge)
        if value is not None and math.isfinite(value):
            yield Wrong(value, edit.kind, _named(edit.sentence, edge), edit.rank)


def _start(trace):
    f = f"{{{trace.output}}}"
    yield Wrong(trace.nodes[trace.output].value, "start",
                tr("That is {f}'s own value. The backward pass asks how fast {f} moves, and with itself it moves by 1 "
                   "for 1.", f=f), 0)
    yield Wrong(0.0, "start", tr("{f} moves when {f} moves: by just as much.", f=f), 0)
    yield Wrong(-1.0, "sign", tr("{f} moves the same way as itself.", f=f), 0)


def _accumulated(paid, truth, id):
    here = f"{{{id}}}"
    if len(paid) > 1:
        shares = [edge.upstream * edge.local for edge in paid]
        for edge, share in zip(paid, shares, strict=True):
            gate, used = f"{{{edge.sender}}}", _used(len(paid))
            yield Wrong(truth - share, "path", tr(
                "One of the two ways from {gate} is missing so far: {input} is {used}, and what comes back adds up."
                if len({edge.sender for edge in paid}) == 1 else
                "The path through {gate} is missing so far: {input} is {used}, and what comes back adds up.",
                gate=gate, input=here, used=used), 0)
            if len(paid) > 2:
                yield Wrong(share, "path", tr("That is what comes back through {gate} alone; {input} is {used}, and "
                                              "all of it adds up.", gate=gate, input=here, used=used), 0)
        yield Wrong(math.prod(shares), "path", tr("That multiplies what comes back along the paths; across paths it "
                                                  "adds up."), 1)
        yield Wrong(truth / len(paid), "path", tr("That is the mean of what comes back; it is the sum that counts."), 1)
        yield Wrong(-truth, "sign", tr("The size is right, the sign is not: if {input} grows, which way does the "
                                       "result move?", input=here), 0)
    for edge in paid:
        for wrong in edited(edge):
            yield wrong._replace(value=truth - edge.upstream * edge.local + wrong.value,
                                 rank=wrong.rank + (len(paid) > 1), sentence=_along(wrong, edge, paid))
    if not paid:
        yield Wrong(1.0, "path", tr("No path leads from {input} to the result.", input=here), 0)


def _along(wrong, edge, paid):
    if len(paid) == 1:
        return wrong.sentence
    first = wrong.sentence[0] if wrong.sentence.startswith(("{", "+", "×", "σ")) else wrong.sentence[0].lower()
    return tr("On the way back from {gate}: {wrong}", gate=f"{{{edge.sender}}}", wrong=first + wrong.sentence[1:])


def _misread(gate, inputs, value):
    a, b = (*inputs, math.nan)[:2]
    same = tr("the same as before")
    read = {"add": [("×", a * b), ("−", a - b)],
            "sub": [("+", a + b), (tr("− the other way round"), b - a), ("×", a * b)],
            "mul": [("+", a + b), ("÷", a / b if b else math.nan)],
            "div": [("×", a * b), (tr("÷ the other way round"), b / a if a else math.nan), ("−", a - b)],
            "maximum": [(tr("the smaller one"), min(a, b)), ("+", a + b), ("×", a * b)],
            "pow": [(tr("twice"), 2 * a), (same, a)], "neg": [(same, a)], "relu": [(same, a), ("0", 0.0)]}.get(gate, [])
    for what, result in read:
        yield Wrong(result, "forward", tr("That is {what}: look again at the gate's sign.", what=what), 0)
    yield Wrong(-value, "sign", tr("The size is right, the sign is not."), 1)


def _sorted(truth, wrongs):
    """The simplest first; what is no wrong number at all is left out."""
    size = max(1.0, abs(truth))
    kept = [wrong for wrong in wrongs if math.isfinite(wrong.value) and abs(wrong.value - truth) > FINE * size]
    return sorted(kept, key=lambda wrong: wrong.rank)


def _named(sentence, edge):
    return tr(sentence, gate=f"{{{edge.sender}}}", input=f"{{{edge.receiver}}}", u=figure(edge.upstream))


def _used(n):
    return tr("used twice") if n == 2 else tr("used three times") if n == 3 else tr("used {n} times", n=n)


def with_names(sentence: str, names: Sequence[str]) -> str:
    """The sentence of a Wrong, with the nodes' names in it."""
    return closed(sentence, {str(id): name for id, name in enumerate(names)}).format(*names)
