"""A forward and a backward pass as plain data: who sent what to whom.

    >>> t = trace(lambda x, y, z: (x + y) * z, x=-2.0, y=5.0, z=-4.0)
    >>> t.value("x"), t.gradient("x")
    (-2.0, -4.0)
    >>> t.steps[-1]._asdict()["contribution"]
    -4.0

`trace` runs a function on Tensors and writes down each step of both passes; `record` does the same for a
result that one has already, a Tensor or a Scalar. Drawings, lessons and tests read the record; it holds
nothing but strings, numbers, lists and None, and leaves the graph as it was.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff import Tensor
from autodiff.constants import plain
from autodiff.graph import collect, unbroadcast
from autodiff.scalar import Scalar, Tape
from autodiff.tensor import value_of

__all__ = ["Node", "Reading", "Step", "Trace", "passes", "read", "record", "run", "trace"]


class Node(NamedTuple):
    """A place in the graph. `gate` is the operation's name, or "leaf" or "constant"."""

    id: int                 # its place in Trace.nodes: a node comes after its parents
    gate: str
    name: str | None        # of a leaf: what the caller called it
    parents: tuple[int, ...]  # ids in the order of the arguments; an id may stand there twice
    value: Any              # a float, or nested lists of floats
    shape: tuple[int, ...]  # () for a number


class Step(NamedTuple):
    """One step of a pass.

    forward: the node `sender` works out its value, `after`. The fields in between are None.
    backward: the gate `sender` pays `contribution` = `local` × `upstream` to its input `receiver`, whose
    gradient grows from `before` to `after` = `before` + `contribution`. `slot` is the place among the gate's
    arguments, 0 for the first. `local` is None where it is not one number (one of the two is an array).
    The first backward step has no sender: it gives the output its gradient with respect to itself, 1.
    """

    direction: str          # "forward" or "backward"
    gate: str
    sender: int | None
    receiver: int | None
    slot: int | None
    local: float | None
    upstream: Any
    contribution: Any
    before: Any
    after: Any


class Trace(NamedTuple):
    """Both passes: `nodes` in the order of the forward pass, `steps` in order, `output` the id of the result."""

    nodes: list[Node]
    steps: list[Step]
    output: int

    def value(self, name: str) -> Any:
        """The value of the leaf `name`."""
        return self.nodes[self._id(name)].value

    def gradient(self, name: str) -> Any:
        """The gradient with respect to the leaf `name`: zeros where no path leads from it to the output."""
        node = self.nodes[self._id(name)]
        paid = [step.after for step in self.steps if step.direction == "backward" and step.receiver == node.id]
        return paid[-1] if paid else np.zeros(node.shape).tolist()

    def _id(self, name):
        for node in self.nodes:
            if node.name == name:
                return node.id
        known = ", ".join(node.name for node in self.nodes if node.name)
        raise KeyError(f"no leaf is called {name!r}; there are: {known}")


def trace(f: Callable[..., Any], /, **inputs: Any) -> Trace:
    """Run `f` on `inputs`, one number or array for each of its parameters, and record both passes.

    The inputs become Tensors; should `f` take Scalars only (the functions of autodiff.scalar refuse Tensors),
    it gets Scalars. Raises TypeError if `f` returns neither, ValueError if its result is not a single number.
    """
    output, leaves = run(f, **inputs)
    return record(output, **leaves)


def run(f: Callable[..., Any], /, **inputs: Any) -> tuple[Any, dict[str, Any]]:
    """What f gives for the inputs as leaves of a graph (see trace), and these leaves."""
    arrays = {name: _array(name, value) for name, value in inputs.items()}
    leaves: dict[str, Any] = {name: Tensor(array) for name, array in arrays.items()}
    try:
        output = f(**leaves)
    except TypeError:
        if any(array.ndim for array in arrays.values()):
            raise
        tape = Tape()
        leaves = {name: tape.leaf(array.item()) for name, array in arrays.items()}
        try:
            output = f(**leaves)
        except TypeError:
            output = None
        if not isinstance(output, Scalar):
            raise       # what went wrong with Tensors is the error that the caller should see
    return output, leaves


def record(output: Tensor | Scalar, /, **leaves: Tensor | Scalar) -> Trace:
    """The trace of `output`, a Tensor or a Scalar, with the given names for its leaves."""
    return passes(read(output, **leaves))


class Reading(NamedTuple):
    """A graph as an engine has recorded it, before the backward pass."""

    nodes: list[Node]
    payers: list[Any]       # for each node a function from its gradient to what it pays: (slot, local, contribution)
    output: int
    things: list[Any]       # what the nodes stand for: Tensors, and constants; of Scalars none


def read(output: Tensor | Scalar, /, **leaves: Tensor | Scalar) -> Reading:
    """The graph of `output`, which stays as it is; see `record`."""
    if isinstance(output, Scalar):
        return _from_tape(output, leaves)
    if not isinstance(output, Tensor):
        got = f"{type(output).__name__}: {output!r}"
        raise TypeError(f"the function must return a Tensor or a Scalar made from its arguments; it returned {got:.80}")
    if output.shape:
        raise ValueError(f"a backward pass starts from a single number, and this result has shape {output.shape}: "
                         "reduce it, with .sum() or .mean()")
    return _from_graph(output, leaves)


_NO_LEAF = "a name stands for a leaf of the graph: a Tensor or Scalar that no operation made, on the output's tape"


def _names(leaves):
    """{leaf: name}, where each has but one."""
    names = {leaf: name for name, leaf in leaves.items()}
    if len(names) < len(leaves):
        raise ValueError(f"two of the names {', '.join(leaves)} stand for one leaf")
    return names


# The readings of the two engines.

def _from_tape(output, leaves):
    tape = output.tape
    if not all(isinstance(x, Scalar) and x.tape is tape and tape[x.index][0] == "leaf" for x in leaves.values()):
        raise ValueError(_NO_LEAF)
    names = _names({name: x.index for name, x in leaves.items()})
    reached = (index for index, gradient in enumerate(tape.backward(output)) if gradient is not None)
    chosen = [*names, *(index for index in reached if index not in names)]
    place = {index: id for id, index in enumerate(chosen)}

    def payer(slopes):
        return lambda upstream: [(slot, slope, slope * upstream) for slot, slope in enumerate(slopes)]

    nodes, payers = [], []
    for index in chosen:
        gate, value, *edges = tape[index]
        parents = tuple(place[parent] for parent in edges[::2])
        nodes.append(Node(place[index], gate, names.get(index), parents, value, ()))
        payers.append(payer(edges[1::2]))
    return Reading(nodes, payers, place[output.index], [])


def _from_graph(output, leaves):
    if not all(isinstance(x, Tensor) and x.op is None for x in leaves.values()):
        raise ValueError(_NO_LEAF)
    names = _names(leaves)
    nodes, payers, things, place = [], [], [], {}

    def enter(gate, thing, name=None, parents=(), payer=None):
        data = value_of(thing)
        things.append(thing)
        nodes.append(Node(len(nodes), gate, name, tuple(parents), _plain(data), getattr(data, "shape", ())))
        payers.append(payer)
        return len(nodes) - 1

    for leaf, name in names.items():
        place[leaf] = enter("leaf", leaf, name)
    for z in collect([output]):
        if z.op:
            parents = [place[x] if type(x) is Tensor else enter("constant", x)       # x * 2 + 2 has two constants
                       for x in (z.args[slot] for slot in slots_of(z))]
            place[z] = enter(z.op.name, z, parents=parents, payer=_payer(z))
        elif z not in place:
            place[z] = enter("leaf", z)
    return Reading(nodes, payers, place[output], things)


def slots_of(z: Tensor) -> Sequence[int]:
    """Which arguments of a gate have a place in the graph: not an axis, a shape or a mask."""
    if z.op.together:
        return [slot for slot, x in enumerate(z.args) if type(x) is Tensor]
    return range(min(len(z.op.rules), len(z.args)))


def _payer(z):
    """What the Tensor `z` pays in the backward pass: its rules, with broadcasting undone."""
    def shares(upstream):
        inputs = (np.asarray(upstream, z.dtype)[()], z.data, *map(value_of, z.args))
        together = z.op.together and z.op.together(*inputs)
        for slot, k in enumerate(slots_of(z)):
            x = z.args[k]
            if type(x) is Tensor:
                yield slot, unbroadcast(together[k] if together else z.op.rules[k](*inputs), x.shape, z.op, k)

    def pay(upstream):
        with np.errstate(all="ignore"):                 # conventions such as sqrt'(0) = inf
            paid = dict(shares(upstream))
            slopes = {} if z.ndim else dict(shares(1.0))
        local = {slot: float(slope) for slot, slope in slopes.items() if not np.ndim(slope)}
        return [(slot, local.get(slot), _plain(dx)) for slot, dx in paid.items()]
    return pay


def passes(reading: Reading) -> Trace:
    """Both passes over what an engine recorded."""
    nodes, payers, output, _ = reading
    steps = [Step("forward", node.gate, node.id, None, None, None, None, None, None, node.value) for node in nodes]
    gradients = {output: 1.0}
    steps.append(Step("backward", "seed", None, output, None, None, None, 1.0, 0.0, 1.0))
    for node in reversed(nodes):
        if not node.parents or node.id not in gradients:
            continue
        upstream = gradients[node.id]
        for slot, local, contribution in payers[node.id](upstream):
            receiver = node.parents[slot]
            if nodes[receiver].gate == "constant":
                continue                                # nobody asks for its gradient
            before = gradients.get(receiver, np.zeros(nodes[receiver].shape).tolist())
            gradients[receiver] = np.add(before, contribution).tolist()
            steps.append(Step("backward", node.gate, node.id, receiver, slot, local, upstream,
                              contribution, before, gradients[receiver]))
    return Trace(nodes, steps, output)


def _array(name, value):
    try:
        array = np.asarray(plain(value))
    except ValueError:                      # a ragged list
        array = np.asarray("?")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be a real number or an array of them, got {value!r:.60} ({type(value).__name__})")
    return array if array.dtype.kind == "f" else array.astype(float)


def _plain(value):
    return np.asarray(value, float).tolist()
