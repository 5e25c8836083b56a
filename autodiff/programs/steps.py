"""Both passes over a graph as straight numpy code, one step at a time: what each node computes, what it pays.

`program` writes a function out as short as a careful engineer would. Here each node keeps a line of its own, and so
does each payment of the backward pass, so that one can go through them beside a drawing of the graph. The text comes
from the same recording: the forward functions and rules of the operations run on stand-ins, which write down numpy's
calls.
"""
from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from autodiff.graph import unbroadcast
from autodiff.programs.recording import Line, Recorder, Ref, Traced, parts
from autodiff.programs.simplifying import needed, together
from autodiff.programs.writing import ATOM, CALL, Writer, plain
from autodiff.tensor import Tensor
from autodiff.trace import Reading, slots_of

MOST = 36                       # elements of an input that is written out


class Call(NamedTuple):
    """A function that pays a node's input in the place of the rule: its text, {0} and so on for `args`.

    `args` are numbers of nodes, None the gradient of the node that pays.
    """

    text: str
    args: tuple[int | None, ...]


class Code(NamedTuple):
    """Lines of Python that run in order (`import numpy as np` understood), and which of them belong to which step."""

    lines: list[str]
    inputs: list[int]                    # the lines that set inputs and constants
    forward: dict[int, list[int]]        # node -> the lines that compute its value
    start: list[int]                     # the line that gives the output its gradient, 1
    backward: dict[int, list[int]]       # node -> the lines that pay its inputs

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def written(reading: Reading, names: Mapping[int, str], calls: Mapping[tuple[int, int], Call] | None = None) -> Code:
    """The code of both passes over a graph that has been read (autodiff.trace.read), which stays as it is.

    `names` are those of nodes that are no leaves, by number, where they have one; `calls` what pays along an edge
    (node, slot) in the place of the rule. Raises what an operation raises that cannot run on stand-ins, mostly
    CannotRecord.
    """
    recording = _Recording(reading, names, calls or {})
    recording.forward()
    recording.backward()
    return recording.code()


class _Recording:
    """One recording of both passes, node after node."""

    def __init__(self, reading: Reading, names: Mapping[int, str], calls: Mapping[tuple[int, int], Call]) -> None:
        self.reading, self.calls = reading, calls
        self.recorder = Recorder()
        self.taken = {"np"}
        self.fixed: dict[int, str] = {}                          # values that have a name
        self.values: dict[int, Traced] = {}                      # of nodes
        self.given: dict[int, list[Any]] = {}                    # what the operations of nodes are given
        self.gradients: dict[int, Any] = {}
        self.steps: list[tuple[str, int, int]] = []              # kind of step, node, lines recorded by its end
        called = {node.id: node.name or names.get(node.id, "") for node in reading.nodes}
        self.names = {id: self.free(name) for id, name in called.items() if name}
        for node in reading.nodes:
            if node.id not in self.names and (node.gate != "constant" or node.shape):
                self.names[node.id] = self.free("v" if node.parents else "c", 1)
        self.slopes = {id: self.free(f"d_{name}") for id, name in self.names.items()}

    def free(self, name: str, n: int = 0) -> str:
        """`name`, with a number behind it, from n on, where that is taken or no name in Python; or where n says so."""
        if not name.isidentifier() or keyword.iskeyword(name):
            name, n = "v", 1
        free = f"{name}{n or ''}"
        while free in self.taken:
            n += 1
            free = f"{name}{n}"
        self.taken.add(free)
        return free

    def under(self, name: str, x: Any) -> Traced:
        """The value x, under a name from here on: its own, or where it has one, by a line `name = x`."""
        if type(x) is Traced and x.id not in self.fixed:
            self.fixed[x.id] = name
            return x
        return self.line("is", "", x.value if type(x) is Traced else x, (x,), name)

    def line(self, form: str, text: str, value: Any, given: tuple[Any, ...], name: str = "") -> Traced:
        """A line of a form that only this module knows."""
        z = self.recorder.new(value)
        args = tuple([Ref(x.id) if type(x) is Traced else x for x in given])
        self.recorder.lines.append(Line(z.id, form, text, args, {}, (), 0, False,
                                        tuple([ref.id for ref in parts(args, Ref)])))
        if name:
            self.fixed[z.id] = name
        return z

    def end(self, kind: str, node: int) -> None:
        self.steps.append((kind, node, len(self.recorder.lines)))

    def forward(self) -> None:
        for node, thing in zip(self.reading.nodes, self.reading.things, strict=True):
            if node.parents:
                self.given[node.id] = args = self.arguments(node, thing)
                self.values[node.id] = self.under(self.names[node.id], thing.op.forward(*args))
                self.end("forward", node.id)
            elif node.id in self.names:
                value = self.recorder.new(thing.data if type(thing) is Tensor else thing)
                self.recorder.inputs.add(value.id)
                self.values[node.id] = self.under(self.names[node.id], value)

    def value(self, node: int) -> Any:
        """Its stand-in; of a constant that is a number, the number."""
        return self.values.get(node, self.reading.things[node])

    def arguments(self, node: Any, z: Tensor) -> list[Any]:
        """What its operation is given: stand-ins for nodes, everything else as it is."""
        places = dict(zip(slots_of(z), node.parents, strict=True))
        given = []
        for k, x in enumerate(z.args):
            if k in places:
                x = self.value(places[k])
            elif type(x) is list and any(type(part) is np.ndarray for part in x):
                x = []                      # what forward has put aside for the rule, and puts aside again
            given.append(x)
        return given

    def backward(self) -> None:
        output = self.reading.output
        self.gradients[output] = self.line("is", "", self.reading.things[output].dtype.type(1), (1.0,),
                                           self.slopes[output])
        self.end("start", output)
        for node, thing in reversed([*zip(self.reading.nodes, self.reading.things, strict=True)]):
            if node.parents and node.id in self.gradients:
                self.pay(node, thing)
                self.end("backward", node.id)

    def pay(self, node: Any, z: Tensor) -> None:
        """Each Tensor among the arguments receives its share, and adds it to what it has."""
        g, args = self.gradients[node.id], self.given[node.id]
        shares: Any = None
        for slot, k in enumerate(slots_of(z)):
            x, receiver = z.args[k], node.parents[slot]
            if type(x) is not Tensor:
                continue
            if (node.id, slot) in self.calls:
                text, places = self.calls[node.id, slot]
                share = self.line("text", text, x.data, tuple([g if p is None else self.value(p) for p in places]))
            else:
                if z.op.together:
                    shares = shares or [*z.op.together(g, self.values[node.id], *args)]
                share = shares[k] if shares else z.op.rules[k](g, self.values[node.id], *args)
                share = unbroadcast(share, x.shape, z.op, k)
            if receiver in self.gradients:
                share = self.gradients[receiver] + share
            self.gradients[receiver] = self.under(self.slopes[receiver], share)

    # -- from the recording to text ------------------------------------------------------------------------------

    def code(self) -> Code:
        """Each step by a writer of its own, so that its lines stay together."""
        recorder, values = self.recorder, self.recorder.values
        wanted = {x.id for x in (*self.values.values(), *self.gradients.values())} | {*self.fixed}
        lines = together(needed(recorder.lines, tuple(map(Ref, wanted)), values))
        step_of = self.step_of(lines)
        text: dict[int, tuple[str, int]] = {
            self.values[node.id].id: (self.names[node.id], ATOM)
            for node in self.reading.nodes if not node.parents and node.id in self.values}
        code = Code([], [], {}, [], {})
        held: dict[str, Any] = {}
        bodies = []
        for n, (kind, node, _) in enumerate(self.steps):
            own = [line for line, step in zip(lines, step_of, strict=True) if step == n]
            later = {k for line, step in zip(lines, step_of, strict=True) if step > n for k in line.reads}
            writer = _StepWriter(recorder, own, values, self.taken, self.fixed)
            writer.text, writer.held = text, held
            writer.write(tuple([Ref(line.out) for line in own if line.out in later or line.out in self.fixed]))
            self.taken |= writer.taken
            bodies.append((kind, node, [(body, comment) for body, comment, _ in writer.body]))
        self.add(code, "# the inputs", code.inputs, [*self.inputs(), *((f"{name} = {_written_out(x)}", "")
                                                                       for name, x in held.items())])
        for kind, node, body in bodies:
            if kind == "start":
                self.add(code, "# backward", code.start, body)
            else:
                title = "# forward" if kind == "forward" and not code.forward else ""
                self.add(code, title, getattr(code, kind).setdefault(node, []), body)
        return code

    def step_of(self, lines: list[Line]) -> list[int]:
        """The number of the step that each line belongs to."""
        place = {id(line): n for n, line in enumerate(self.recorder.lines)}
        by_out = {line.out: n for n, line in enumerate(self.recorder.lines) if line.out is not None}
        found, ends = [], [end for *_, end in self.steps]
        n = 0
        for line in lines:
            n = place.get(id(line), by_out.get(line.out, n))      # a line that was put together follows the one before
            found.append(next(step for step, end in enumerate(ends) if n < end))
        return found

    def inputs(self) -> list[tuple[str, str]]:
        return [(f"{self.names[node.id]} = {_written_out(self.values[node.id].value)}", "")
                for node in self.reading.nodes if not node.parents and node.id in self.values]

    @staticmethod
    def add(code: Code, title: str, numbers: list[int], body: list[tuple[str, str]]) -> None:
        if title:
            code.lines.append(title)
        for text, comment in body:
            numbers.append(len(code.lines))
            code.lines.append(f"{text}  # {comment}" if comment else text)


class _StepWriter(Writer):
    """Writes the lines of one step; what has a name keeps it."""

    def __init__(self, recorder: Recorder, lines: list[Line], values: Any, taken: set[str], fixed: dict[int, str]):
        super().__init__(recorder, lines, values, taken)
        self.fixed = fixed

    def name(self, k: int) -> str:
        return self.fixed[k] if k in self.fixed else super().name(k)

    def has_name(self, k: int) -> bool:
        return k in self.fixed

    def line(self, line: Line) -> tuple[str, int]:
        if line.form == "is":
            return self.of(line.args[0])
        if line.form == "text":
            return line.name.format(*[self.of(x)[0] for x in line.args]), CALL
        if line.form == "infix" and line.name == "**" and type(line.args[1]) in (int, float) and line.args[1] == 1:
            return self.of(line.args[0])
        text, strength = super().line(line)
        return (text.replace(" + -", " - ") if line.form == "infix" and line.name == "+" else text), strength


def _written_out(x: Any) -> str:
    """An input or a constant as one would type it; `...` for one that is large."""
    x = np.asarray(x)
    if x.size > MOST:
        return f"...  # {plain(x.shape)}"
    return plain(x.item()) if not x.ndim else f"np.array({plain(x.tolist())})"
