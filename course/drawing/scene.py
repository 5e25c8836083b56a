"""From a trace to what is drawn and said: figures, sentences, tables and frames, all as text and plain data.

The picture, the live widget, the stand-alone page and the tests read the same Scene, so that they cannot disagree.
"""

from collections.abc import Sequence
from typing import NamedTuple

from course.drawing import gates
from course.drawing.figures import brief, equation, exact, figure, guarded
from course.words import sentences, tr

MOST = 8        # rows, and columns, of an array that are shown


class Item(NamedTuple):
    """A node as it is drawn."""

    id: int
    kind: str               # "leaf", "gate" or "constant"
    label: str              # inside the node
    name: str               # above it; "" for none
    says: str               # how sentences call it
    inputs: tuple           # ids of the drawn inputs, in the order of their ports
    slots: tuple            # which argument of the gate each of them is
    value: str              # the figure above its wire: a number or a shape
    gradient: str           # the figure below, after the whole backward pass; "" for none


class Edge(NamedTuple):
    """A wire from `source` to a port of `target`; `contribution` is drawn where the wires of a fork arrive."""

    id: str
    source: int
    target: int
    port: int
    contribution: str


class Frame(NamedTuple):
    """What one press of a button adds: the node at work, its edges, the figures that appear, and a sentence."""

    phase: str              # "start", "forward", "backward" or "wrong"
    node: int | None
    sentence: str
    values: list            # ids of the nodes whose value appears
    gradients: list         # [id, figure] where a gradient appears or changes
    edges: list             # ids of the edges that something is sent along
    wrong: str = ""         # id of the edge to paint as wrong
    lines: Sequence = ()    # the numbers of the lines of code that it runs; see course.drawing.code


class Table(NamedTuple):
    """What opens when a node is clicked: a caption, arrays as [name, rows of figures], rows of text under a head.

    meeting: of a gate on arrays, which entries belong together; see course.drawing.meeting.
    """

    caption: str
    arrays: list
    head: list
    rows: list
    meeting: tuple | None = None


class Scene(NamedTuple):
    title: str
    aloud: str              # the whole graph read aloud: alt text and text/plain
    items: list
    edges: list
    frames: list
    tables: dict            # id -> Table
    code: Sequence = ()     # both passes as lines of Python; none where they cannot be written out


def compose(trace, *, names=(), constants=False, verdict=None):
    """The Scene of a Trace.

    names: for the gates, in the order of the forward pass, as a list or one string with blanks; the last gate is
    called f if it has none. constants: whether a constant is drawn as an input of its own, not inside the gate.
    verdict: what came of running a learner's own backward functions (`course.drawing.yours`).
    """
    steps = verdict.steps if verdict else [step for step in trace.steps if step.direction == "backward"]
    called = _called(trace, names)
    folded = {} if constants else _folded(trace)
    # Where a learner's backward pass stopped, gradients are missing; otherwise no path means a gradient of 0.
    gradients = {node.id: None if verdict and not verdict.right else 0.0 for node in trace.nodes}
    gradients.update((step.receiver, step.after) for step in steps)
    items = _items(trace, called, folded, gradients)
    teller = _Teller(trace, items, steps)
    frames = teller.frames(verdict)
    return Scene(_title(trace, items), teller.aloud(frames), list(items.values()), _edges(trace, items, steps),
                 frames, {id: teller.table(id) for id in items})


def listed(names: object) -> list[str | None]:
    """Names for gates as one gives them, a text or several, as a list. Raises TypeError for anything else."""
    if isinstance(names, str):
        return names.split()
    try:
        found = [] if names is None else list(names)      # pyright: ignore[reportArgumentType,reportCallIssue]
    except TypeError:
        found = [names]
    if any(not isinstance(name, str) and name is not None for name in found):
        raise TypeError(tr("names are strings, for the gates in the order of the forward pass; got {names}.",
                           names=f"{names!r:.60}"))
    return found


def _called(trace, names):
    working = [node.id for node in trace.nodes if node.parents]
    names = listed(names)
    if len(names) > len(working):
        raise ValueError(tr("{n} names for {gates} gates. They go to the gates in the order of the forward pass; the "
                            "last ones may be left out, and None skips a gate.", n=len(names), gates=len(working)))
    called = {id: name for id, name in zip(working, names, strict=False) if name}
    if trace.nodes[trace.output].parents:
        called.setdefault(trace.output, "f")
    return called


def _folded(trace):
    """{gate: constant}, for gates with one number beside one other input."""
    folded = {}
    for node in trace.nodes:
        numbers = [p for p in node.parents if trace.nodes[p].gate == "constant" and not trace.nodes[p].shape]
        if len(numbers) == 1 and (node.gate, node.parents.index(numbers[0])) in gates.WITH_CONSTANT:
            folded[node.id] = numbers[0]
    return folded


def _items(trace, called, folded, gradients):
    labels = {node.id: _label(trace, node, folded) for node in trace.nodes}
    inside = set(folded.values())
    alike = [labels[node.id] for node in trace.nodes if node.parents and node.id not in called]
    items = {}
    for node in trace.nodes:
        if node.id in inside:
            continue
        kind = node.gate if node.gate in ("leaf", "constant") else "gate"
        label, value = labels[node.id], shown(node.value, node.shape)
        if kind == "leaf":
            says = label
        elif kind == "constant":
            says = tr("the constant {label}", label=label)
        elif node.id in called:
            says = called[node.id]
        else:       # the value tells gates of one kind apart
            says = tr("the gate {label} with value {value}", label=label, value=value) if alike.count(label) > 1 else \
                tr("the gate {label}", label=label)
        slots = tuple(slot for slot, parent in enumerate(node.parents) if parent not in inside)
        missing = kind == "constant" or gradients[node.id] is None
        gradient = "" if missing else shown(gradients[node.id], node.shape)
        items[node.id] = Item(node.id, kind, label, called.get(node.id, ""), says,
                              tuple(node.parents[slot] for slot in slots), slots, value, gradient)
    return items


def _label(trace, node, folded):
    if node.gate == "leaf":
        return node.name or "·"
    if node.gate == "constant":
        return brief(node.value) if not node.shape else shown(node.value, node.shape)
    if node.id not in folded:
        return gates.gate_of(node.gate, len(node.parents)).label
    constant = folded[node.id]
    return gates.label_with(node.gate, node.parents.index(constant), trace.nodes[constant].value)


def _edges(trace, items, steps):
    uses = [source for item in items.values() for source in item.inputs]
    paid = {(step.sender, step.slot): step.contribution for step in steps}
    edges = []
    for item in items.values():
        for port, (source, slot) in enumerate(zip(item.inputs, item.slots, strict=True)):
            fork = uses.count(source) > 1 and (item.id, slot) in paid
            contribution = shown(paid[item.id, slot], trace.nodes[source].shape) if fork else ""
            edges.append(Edge(edge_id(item.id, slot), source, item.id, port, contribution))
    return edges


def edge_id(gate, slot):
    return f"e{gate}-{slot}"


def shown(value, shape):
    """The figure for a value: a number, or the shape of an array."""
    return figure(value) if not shape else str(tuple(shape))


def rows_of(value):
    """An array as rows of figures, cut off after MOST rows and columns; of three axes and more the first slice."""
    if not isinstance(value, list):
        value = [value]
    if not isinstance(value[0] if value else 0.0, list):
        value = [value]
    while value and value[0] and isinstance(value[0][0], list):
        value = value[0]
    rows = [[*map(figure, row[:MOST]), *["…"] * (len(row) > MOST)] for row in value[:MOST]]
    return rows + [["…"] * len(rows[0])] * (len(value) > MOST)


def _title(trace, items):
    leaves = ", ".join(item.label for item in items.values() if item.kind == "leaf")
    return tr("The computational graph of {f}({inputs})", f=items[trace.output].says, inputs=leaves)


class _Teller:
    """Puts the passes into words."""

    def __init__(self, trace, items, steps):
        self.nodes, self.output, self.items, self.steps = trace.nodes, trace.output, items, steps
        self.f = items[trace.output].says
        self.paid_by, self.paid_to = {}, {}
        for step in steps:
            self.paid_by.setdefault(step.sender, []).append(step)
            self.paid_to.setdefault(step.receiver, []).append(step)

    def formula(self, id):
        """What a gate works out, in names where its inputs have some, and in figures.

        "q = x + y = (−2.00) + 5.00 = 3.00", or "2.00 × (−1.00) = −2.00".
        """
        node, parts = self.nodes[id], [self.items[id].name]
        row = gates.gate_of(node.gate, len(node.parents))
        inputs = [self.nodes[parent] for parent in node.parents]
        if all(map(self._word, node.parents)):
            parts.append(self._fill(row.expression, [self._word(parent) for parent in node.parents]))
        if node.shape or any(p.shape for p in inputs):
            if len(parts) < 2:
                known = tr(" and ").join(str(p.shape) if p.shape else figure(p.value) for p in inputs)
                parts.append(tr("{gate} on {inputs}", gate=row.label, inputs=known))
            told = " = ".join(filter(None, parts))
            return tr("{formula}, of shape {shape}", formula=told, shape=node.shape) if node.shape else \
                f"{told} = {figure(node.value)}"
        numbers = self._fill(row.expression,
                             [brief(p.value) if p.gate == "constant" else figure(p.value) for p in inputs])
        parts += [numbers] if numbers != parts[-1] else []
        return " = ".join(filter(None, parts)) + f" {self._sign(node, inputs)} {figure(node.value)}"

    def _word(self, id):
        """A name for an input, or a constant as it is written; "" where it has neither."""
        item, node = self.items.get(id), self.nodes[id]
        if node.gate == "constant":
            return brief(node.value) if not node.shape else ""
        return item.name or (item.label if item.kind == "leaf" else "")

    @staticmethod
    def _fill(expression, texts, **more):
        for letter, text in zip("ab", texts, strict=False):
            bare = f"({{{letter}}})" in expression or f"({{{letter}}}," in expression or f" {{{letter}}})" in expression
            more[letter] = text if bare else guarded(text)
        return expression.format(**more)

    @staticmethod
    def _sign(node, inputs):
        """= where the printed figures give the printed result, else ≈."""
        values = [p.value for p in inputs]
        if all(exact(p.value, brief if p.gate == "constant" else figure) for p in inputs):
            return "="
        if node.gate in ("add", "sub", "mul"):
            if node.gate == "sub":
                values[1] = -values[1]
            left, right, sign, _ = equation(values[0], "×" if node.gate == "mul" else "+", values[1], node.value)
            return sign if [left, right] == [figure(v) for v in values] else "≈"
        return "≈"

    def payment(self, step):
        """One edge of the backward pass: "to q: −4.00 × 1.00 = −4.00"."""
        receiver, shape = self.items[step.receiver].says, self.nodes[step.receiver].shape
        if shape:
            return tr("{node} receives a gradient of shape {shape}, added to what it has" if self._adds(step) else
                      "{node} receives a gradient of shape {shape}", node=receiver, shape=shape)
        if step.local is None:
            text = tr("{node} receives {number}", node=receiver, number=figure(step.contribution))
        else:
            local, upstream, sign, result = equation(step.local, "×", step.upstream, step.contribution)
            text = tr("{node} receives local × upstream = {product}", node=receiver,
                      product=f"{guarded(local)} × {guarded(upstream)} {sign} {result}")
        if self._adds(step):
            before, more, sign, total = equation(step.before, "+", step.contribution, step.after)
            text = tr("{received}, which is added to what it has: {sum}", received=text,
                      sum=f"{guarded(before)} + {guarded(more)} {sign} {total}")
        return text

    def _adds(self, step):
        return self.paid_to[step.receiver][0] is not step

    def frames(self, verdict):
        standing = [item.id for item in self.items.values() if item.kind != "gate"]
        working = [item.id for item in self.items.values() if item.kind == "gate"]
        frames = [Frame("start", None, tr("The inputs have their values. Step forward, gate by gate."), standing, [],
                        [])]
        for id in working:
            edges = [edge_id(id, slot) for slot in self.items[id].slots]
            frames.append(Frame("forward", id, tr("Forward: {formula}.", formula=self.formula(id)), [id], [], edges))
        first = tr("Backward: it starts with the output. {equation}, because {f} changes as much as itself.", f=self.f,
                   equation=f"∂{self.f}/∂{self.f} = 1")
        frames.append(Frame("backward", self.output, first, [], [[self.output, figure(1.0)]], []))
        for id in reversed(working):
            steps = self.paid_by.get(id, [])
            if steps and not (verdict and verdict.gate == id):
                told = tr("; ").join(map(self.payment, steps))
                changed = [[step.receiver, shown(step.after, self.nodes[step.receiver].shape)] for step in steps]
                edges = [edge_id(id, step.slot) for step in steps]
                frames.append(Frame("backward", id, tr("Backward, from {gate}: {told}.", gate=self.items[id].says,
                                                      told=told), [], changed, edges))
        return [*frames, verdict.frame(self.items)] if verdict else frames

    def table(self, id):
        node, item = self.nodes[id], self.items[id]
        arrays = []
        if node.shape:
            arrays.append(["value", rows_of(node.value)])
            if id in self.paid_to:
                arrays.append(["gradient", rows_of(self.paid_to[id][-1].after)])
        if item.kind == "gate":
            head = [tr("to"), tr("local rule"), tr("local"), tr("× upstream"), tr("= contribution"),
                    tr("before + contribution = after")]
            rows = [self._row(node, step) for step in self.paid_by.get(id, [])]
            return Table(self.formula(id), arrays, head, rows)
        caption = f"{item.label} = {item.value}" if not node.shape else \
            tr("{formula}, of shape {shape}", formula=item.label, shape=item.value)
        if item.kind == "constant":
            return Table(tr("The constant {label}: nobody asks for its gradient", label=item.label), arrays, [], [])
        rows = [[self.items[step.sender].says if step.sender is not None else tr("the start"),
                 shown(step.contribution, node.shape), self._total(step)] for step in self.paid_to.get(id, [])]
        if not rows:
            return Table(tr("{caption}. No path leads from it to {f}: its gradient is 0", caption=caption, f=self.f),
                         arrays, [], [])
        return Table(caption, arrays, [tr("from"), tr("contribution"), tr("before + contribution = after")], rows)

    def _row(self, node, step):
        receiver = self.nodes[step.receiver]
        local, upstream, result = "—", shown(step.upstream, node.shape), shown(step.contribution, receiver.shape)
        sign = "="
        if step.local is not None:
            local, upstream, sign, result = equation(step.local, "×", step.upstream, step.contribution)
        return [self.items[step.receiver].says, self.rule(node, step.slot), local, f"× {guarded(upstream)}",
                f"{sign} {result}", self._total(step)]

    def _total(self, step):
        shape = self.nodes[step.receiver].shape
        if shape:
            return tr("added element by element" if self._adds(step) else "the first to arrive")
        before, more, sign, total = equation(step.before, "+", step.contribution, step.after)
        return f"{guarded(before) if self._adds(step) else '0'} + {guarded(more)} {sign} {total}"

    def rule(self, node, slot):
        """The local rule: "∂(q × z)/∂q = z"; with a and b for inputs that have no name or are the same node."""
        row = gates.gate_of(node.gate, len(node.parents))
        if len(row.locals) != len(node.parents):
            return tr("its rule in autodiff")
        one = len(set(node.parents)) < len(node.parents)
        words = [letter if one else self._word(parent) or letter
                 for letter, parent in zip("ab", node.parents, strict=False)]
        local = self._fill(tr(row.locals[slot]), words, out="out")
        if node.shape or self.nodes[node.parents[slot]].shape:
            return local
        return f"∂({self._fill(row.expression, words)})/∂{words[slot]} = {local}"

    def aloud(self, frames):
        """The graph read aloud, in a few sentences."""
        leaves = [item for item in self.items.values() if item.kind == "leaf"]
        gates_ = [self.formula(item.id) for item in self.items.values() if item.kind == "gate"]
        inputs = tr(", ").join(self._given(leaf, leaf.label, leaf.value) for leaf in leaves)
        backward = tr(", ").join(self._given(leaf, f"∂{self.f}/∂{leaf.label}", leaf.gradient)
                                 for leaf in leaves if leaf.gradient) or tr("it stopped before it reached an input")
        told = tr("Computational graph. Inputs: {inputs}. Forward: {forward}. Backward: {backward}.",
                  inputs=inputs or tr("none"), forward=tr("; ").join(gates_) or tr("nothing to do"), backward=backward)
        return sentences(told, frames[-1].sentence if frames[-1].phase in ("right", "wrong") else "")

    def _given(self, leaf, name, value):
        shape = self.nodes[leaf.id].shape
        return tr("{name} of shape {shape}", name=name, shape=value) if shape else f"{name} = {value}"
