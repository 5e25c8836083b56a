"""The boxes of a circuit: what is right in each, which wrong numbers are known, and all that is said about them.

A box is plain data. The browser only compares what was typed with its intervals.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from autodiff.trace import Trace
from course.drawing.figures import equation, exact, figure, guarded, number
from course.drawing.scene import Scene, edge_id
from course.practising import causes
from course.words import language, speaking, tr

ASKED = ("values", "locals", "gradients")
ROUNDED = 0.005         # what rounding on the way may cost, relative: the figures shown have four decimals


class Box(NamedTuple):
    """One thing to fill in. An interval is a pair (low, high); a choice counts as the number of its row."""

    id: str                     # "gradient-3", "value-3", "local-e4-0", as in the picture
    label: str                  # how a screen reader calls it
    sign: str                   # the same as short as formulas go: "∂f/∂q"
    needs: list[str]            # ids of the boxes that are filled in before this one
    waits: str                  # what is said until then
    shown: str                  # the right figure
    accepts: tuple[float, float]
    wrong: list[dict[str, Any]]  # {"low", "high", "kind", "says"}, the likeliest first; no two overlap
    why: str                    # it is right
    otherwise: str              # what is said to a wrong number whose cause is not known
    hints: list[str]
    choices: Sequence[str] = ()
    about: str = ""             # the node or edge that lights up while this one is asked


def boxes(trace: Trace, scene: Scene, asked: Iterable[str] = ("gradients",)) -> list[Box]:
    """The boxes of a circuit of plain numbers, in an order in which they can be filled in.

    asked: any of ASKED: the values of the gates, the local gradients of the edges, the gradients of the nodes.
    """
    with speaking(language()):      # looked up once for hundreds of sentences
        return _Asker(trace, scene, set(asked)).boxes()


@lru_cache(4096)
def accepted(value: float) -> tuple[float, float]:
    """The interval that counts as `value`: its figure's last digit may be rounded, and what led to it."""
    shown = figure(value)
    unit = 10.0 ** -len(shown.partition("×")[0].partition(".")[2])
    if "×10" in shown:
        unit *= number("1×10" + shown.partition("×10")[2])
    slack = 0.5 * unit if exact(value) else max(0.5 * unit, ROUNDED * abs(value))
    return value - 1.001 * slack, value + 1.001 * slack


def told_apart(truth: float, wrongs: Iterable[causes.Wrong], names: Sequence[str]) -> list[dict[str, Any]]:
    """The wrong numbers as data, the likeliest first, each interval free of the right one's and of the others'.

    Where two causes that are as likely give one number, both are told, and neither is counted.
    """
    taken = [accepted(truth)]
    told: list[dict[str, Any]] = []
    for wrong in wrongs:
        low, high = accepted(wrong.value)
        clash = next((k for k, (a, b) in enumerate(taken) if low <= b and a <= high), None)
        if clash is None:
            taken.append((low, high))
            told.append({"low": low, "high": high, "kind": wrong.kind, "rank": wrong.rank,
                         "says": causes.with_names(wrong.sentence, names)})
        elif clash and "or" not in told[clash - 1] and told[clash - 1]["rank"] == wrong.rank \
                and wrong.kind != told[clash - 1]["kind"] and low <= (taken[clash][0] + taken[clash][1]) / 2 <= high:
            other = told[clash - 1]
            other |= {"or": True, "kind": "", "says": tr("Two slips give this number. One: {one} The other: {other}",
                                                         one=other["says"],
                                                         other=causes.with_names(wrong.sentence, names))}
    return told


class _Asker:
    def __init__(self, trace, scene, asked):
        self.trace, self.scene, self.asked = trace, scene, asked
        self.items = {item.id: item for item in scene.items}
        self.f = self.items[trace.output].says
        self.names = [self.items[node.id].says if node.id in self.items else figure(node.value)
                      for node in trace.nodes]
        self.edges = causes.edges(trace)
        self.rules = {}                 # (gate, slot) -> the local rule as the table says it
        for id, table in scene.tables.items():
            paid = [edge for edge in self.edges.values() if edge.sender == id]
            for edge, row in zip(paid, table.rows, strict=False):
                self.rules[id, edge.slot] = row[1]

    def boxes(self):
        found = []
        gates = [item.id for item in self.scene.items if item.kind == "gate"]
        drawn = {(item.id, slot) for item in self.scene.items for slot in item.slots}
        if "values" in self.asked:
            found += [self.value(id) for id in gates]
        before = [box.id for box in found]
        if "locals" in self.asked:
            found += [self.local(edge, before) for key, edge in self.edges.items() if key in drawn]
        if "gradients" in self.asked:
            found += [self.gradient(item, before) for item in reversed(self.scene.items) if item.kind != "constant"]
        return found

    def gradient(self, item, before):
        paid = [edge for edge in self.edges.values() if edge.receiver == item.id]
        truth = 1.0 if item.id == self.trace.output else sum(edge.upstream * edge.local for edge in paid)
        name, sign = item.says, f"∂{self.f}/∂{item.name or item.label}" if item.name or item.kind == "leaf" else ""
        senders = list(dict.fromkeys(edge.sender for edge in paid))
        needs = before + [f"local-{edge_id(edge.sender, edge.slot)}" for edge in paid if "locals" in self.asked] \
            + [f"gradient-{sender}" for sender in senders]
        waits = tr("This one can be found once the gradients of {gates} stand.",
                   gates=_and([self.names[s] for s in senders]))
        label = tr("gradient at {node}, {sign}", node=name, sign=sign) if sign else tr("gradient at {node}", node=name)
        return Box(f"gradient-{item.id}", label, sign or tr("at {node}", node=name), needs, waits,
                   figure(truth), accepted(truth),
                   told_apart(truth, causes.gradients(self.trace, item.id, self.edges.values()), self.names),
                   self.gradient_why(item, paid, truth), self.gradient_otherwise(item, paid),
                   self.gradient_hints(item, paid), about=f"node-{item.id}")

    def gradient_why(self, item, paid, truth):
        if item.id == self.trace.output:
            return tr("{f} changes as much as itself.", f=self.f)
        if not paid:
            return tr("no path leads from {node} to {f}.", node=item.says, f=self.f)
        if len(paid) == 1:
            local, upstream, sign, result = equation(paid[0].local, "×", paid[0].upstream, truth)
            return tr("local × upstream = {product}.",
                      product=f"{guarded(local)} × {guarded(upstream)} {sign} {result}")
        shares = " + ".join(guarded(figure(edge.local * edge.upstream)) for edge in paid)
        close = "=" if all(exact(edge.local * edge.upstream) for edge in paid) else "≈"
        return tr("{n} ways come back to {node}, and they add up: {sum}.", n=len(paid), node=item.says,
                  sum=f"{shares} {close} {figure(truth)}")

    def gradient_otherwise(self, item, paid):
        if item.id == self.trace.output:
            return tr("Not yet. By how much does {f} change when {f} itself changes by 1?", f=self.f)
        if not paid:
            return tr("Not yet. Is there a path from {node} to {f}?", node=item.says, f=self.f)
        senders = list(dict.fromkeys(self.names[edge.sender] for edge in paid))
        if len(paid) > 1:
            return tr("Not yet. {node} is used {n} times, in {gates}: what comes back along each?", node=item.says,
                      n=len(paid), gates=_and(senders))
        return tr("Not yet. What is the local gradient of {gate} for {node}, and what arrives from above?",
                  gate=senders[0], node=item.says)

    def gradient_hints(self, item, paid):
        if item.id == self.trace.output:
            return [tr("Here the backward pass begins. By how much does {f} change when {f} changes by 1?", f=self.f),
                    tr("{gradient} is the same number in every circuit.", gradient=f"∂{self.f}/∂{self.f}")]
        if not paid:
            return [tr("Follow the wires that leave {node}. Does one reach {f}?", node=item.says, f=self.f)]
        senders = list(dict.fromkeys(self.names[edge.sender] for edge in paid))
        first = tr("{node} goes into {gates}. What comes back is local gradient × upstream gradient."
                   if len(paid) == 1 else
                   "{node} goes into {gates}. {n} times something comes back, each local gradient × upstream gradient; "
                   "then add.", node=item.says, gates=_and(senders), n=len(paid))
        rules = tr("; ").join(tr("at {gate}: {rule}", gate=self.names[edge.sender],
                                 rule=self.rules.get((edge.sender, edge.slot), "")) for edge in paid)
        sums = " + ".join(f"{guarded(figure(edge.local))} × {guarded(figure(edge.upstream))}" for edge in paid)
        return [first, tr("The local rule {rules}.", rules=rules),
                tr("In numbers: {sums}. What does that make?", sums=sums)]

    def local(self, edge, before):
        gate, source = self.names[edge.sender], self.names[edge.receiver]
        rule = self.rules.get((edge.sender, edge.slot), "")
        return Box(f"local-{edge_id(edge.sender, edge.slot)}",
                   tr("local gradient of {gate} for {node}", gate=gate, node=source),
                   tr("local, {gate} → {node}", gate=gate, node=source), before,
                   tr("First come the values: a local gradient is taken at them."),
                   figure(edge.local), accepted(edge.local),
                   told_apart(edge.local, causes.slopes(self.trace, edge.sender, edge.slot), self.names),
                   tr("{rule}.", rule=rule or figure(edge.local)),
                   tr("Not yet. If {node} grows by a little, by how many times that does {gate} move?", node=source,
                      gate=gate),
                   [tr("If {node} grows by a little h, {gate} moves by (local gradient) × h.", node=source, gate=gate),
                    tr("The rule: {rule}.", rule=rule)],
                   about=f"edge-{edge_id(edge.sender, edge.slot)}")

    def value(self, id):
        item, node = self.items[id], self.trace.nodes[id]
        inputs = [self.names[parent] for parent in item.inputs]
        needs = [f"value-{parent}" for parent in item.inputs if self.items[parent].kind == "gate"]
        told = self.scene.tables[id].caption        # the gate's formula
        called = tr("value of {node}", node=item.says)
        return Box(f"value-{id}", called, called, needs,
                   tr("This one can be found once {nodes} has a value." if len(inputs) == 1 else
                      "This one can be found once {nodes} have values.", nodes=_and(inputs)),
                   figure(node.value), accepted(node.value),
                   told_apart(node.value, causes.values(self.trace, id), self.names), tr("{rule}.", rule=told),
                   tr("Not yet. The gate {gate} takes {inputs}.", gate=item.label, inputs=_and(inputs)),
                   [tr("The gate is {gate}, its inputs: {inputs}.", gate=item.label, inputs=_and(inputs)),
                    tr("In short: {formula} = ?",
                       formula=told.rpartition(" = ")[0].rpartition(" ≈ ")[0] or told.rpartition(" = ")[0])],
                   about=f"node-{id}")


def _and(names):
    return tr("{some} and {last}", some=tr(", ").join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)
