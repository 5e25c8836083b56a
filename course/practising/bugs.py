"""A backward pass with one wrong edge, to be found: which edge, and which rule was broken there."""

import random
from typing import Any, NamedTuple

from autodiff.trace import Trace
from course.drawing.figures import equation, figure, guarded
from course.drawing.scene import Scene, edge_id
from course.practising import causes
from course.practising.questions import accepted
from course.words import later, sentences, tr

PLANTED = ("sign", "swap", "upstream", "local", "max", "add", "square", "division", "exp", "sigmoid", "relu", "path")
RIGHT = later("✓ Right. {why}")
RULES = 4               # to choose from


class Bug(NamedTuple):
    """What is wrong in a painted backward pass, as plain data for the browser."""

    edge: str                   # the id of the wrong one
    edges: dict[str, Any]       # for each: its label, and what is said when it is clicked
    rules: list[str]            # to choose from
    rule: int                   # the broken one among them
    kind: str
    verdicts: list[str]         # what is said to each rule


def planted(record: Trace, composed: Scene, seed: int) -> tuple[Scene, Bug]:
    """The scene painted with one wrong edge, and what is to be found; the same for the same seed.

    Raises ValueError for a circuit in which no mistake would show.
    """
    rng = random.Random(f"bug:{seed}")
    known = causes.edges(record)
    drawn = {(item.id, slot) for item in composed.items for slot in item.slots}
    choices = [(key, wrong) for key in known if key in drawn for wrong in _mistakes(known, key)]
    if not choices:
        raise ValueError(tr("In this circuit no usual mistake would show: choose other numbers."))
    kinds = sorted({wrong.kind for _, wrong in choices})
    kind = rng.choice(kinds)            # first the rule, so that rare ones come as often as common ones
    key, wrong = rng.choice([choice for choice in choices if choice[1].kind == kind])
    gradients, shares = _walked(record, known, key, wrong)
    names = {item.id: item.says for item in composed.items}
    forks = {edge.receiver for edge in known.values()
             if sum(other.receiver == edge.receiver for other in known.values()) > 1}
    items = [item._replace(gradient=figure(gradients.get(item.id, 0.0)) if item.kind != "constant" else "")
             for item in composed.items]
    edges = [edge._replace(contribution=figure(shares[at]) if edge.source in forks else "")
             for edge in composed.edges for at in [_key(edge)]]
    rules = _rules(rng, known[key], wrong)
    told = {edge_id(*at): _label(known[at], names, shares[at], gradients, forks) for at in known if at in drawn}
    told[edge_id(*key)]["says"] = tr("✓ Here it is: from {gate} back to {input}. Which rule was broken?",
                                     gate=names[known[key].sender], input=names[known[key].receiver])
    verdicts = [tr(RIGHT, why=_sentence(known[key], wrong, names)) if rule == wrong.kind else
                tr("✗ That would have given another number along this edge.") for rule in rules]
    bug = Bug(edge_id(*key), told, [tr(causes.KINDS[rule].rule) for rule in rules], rules.index(wrong.kind), wrong.kind,
              verdicts)
    return composed._replace(items=items, edges=edges), bug


def _key(edge):
    return int(edge.id[1:].split("-")[0]), int(edge.id.split("-")[1])


def _mistakes(known, key):
    """What may go wrong along one edge, so that the number shows it and no other rule would explain it."""
    edge = known[key]
    truth = edge.upstream * edge.local
    low, high = accepted(truth)
    edits = [wrong for wrong in causes.edited(edge) if wrong.kind in PLANTED]
    beside = [other for other in known.values() if other.receiver == edge.receiver]
    if len(beside) > 1 and truth:
        yield causes.Wrong(0.0, "path", "", 0)
    for wrong in edits:
        low2, high2 = accepted(wrong.value)
        alike = {other.kind for other in edits if low2 <= other.value <= high2}
        apart = low2 > high or high2 < low
        if wrong.rank == 0 and apart and alike == {wrong.kind} and not (wrong.value == 0 and len(beside) > 1):
            yield wrong


def _walked(record, known, key, wrong):
    """({node: gradient}, {edge: what went back}) of the pass with the mistake; a lost path still shows its share."""
    gradients, shares = {record.output: 1.0}, {}
    for at, edge in known.items():              # in the order in which they are paid
        upstream = gradients.get(edge.sender, 0.0)
        share = upstream * edge.local
        added = share
        if at == key:
            added = 0.0 if wrong.kind == "path" else wrong.value
            share = share if wrong.kind == "path" else wrong.value
        shares[at] = share
        gradients[edge.receiver] = gradients.get(edge.receiver, 0.0) + added
    return gradients, shares


def _rules(rng, edge, wrong):
    """The broken rule among others that would have given another number along this edge."""
    by_kind = {}
    for other in causes.edited(edge):
        by_kind.setdefault(other.kind, []).append(other.value)
    low, high = accepted(wrong.value)
    free = [kind for kind in PLANTED if kind != wrong.kind
            and not (kind != "path" and any(low <= value <= high for value in by_kind.get(kind, [])))]
    near = [kind for kind in free if kind in by_kind or kind == "path"]
    far = [kind for kind in free if kind not in near]
    others = (rng.sample(near, len(near)) + rng.sample(far, len(far)))[:RULES - 1]
    return rng.sample([*others, wrong.kind], RULES)


def _label(edge, names, share, gradients, forks):
    sender, receiver = names[edge.sender], names[edge.receiver]
    upstream = gradients[edge.sender]
    local, above, sign, result = equation(edge.local, "×", upstream, edge.local * upstream)
    told = f"{guarded(local)} × {guarded(above)} {sign} {result}"
    return {"label": tr("edge from {gate} back to {input}, painted {number}", gate=sender, input=receiver,
                        number=figure(share)),
            "says": tr("✗ From {gate} back to {input}: local × upstream = {product}, as it is painted; it is added to "
                       "what else comes back. This edge is right." if edge.receiver in forks else
                       "✗ From {gate} back to {input}: local × upstream = {product}, as it is painted. This edge is "
                       "right.", gate=sender, input=receiver, product=told)}


def _sentence(edge, wrong, names):
    if wrong.kind == "path":
        return tr("What came back from {gate} is not in the sum at {input}.", gate=names[edge.sender],
                  input=names[edge.receiver])
    order = [names.get(id, "") for id in range(1 + max(names))]
    return sentences(causes.with_names(wrong.sentence, order), _said(edge))


def _said(edge):
    local, above, sign, result = equation(edge.local, "×", edge.upstream, edge.local * edge.upstream)
    return tr("Due is {product}.", product=f"{guarded(local)} × {guarded(above)} {sign} {result}")
