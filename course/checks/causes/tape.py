"""A computation of numbers, recorded once for all calls of a run: each value on the way is an array over the calls.

A computation that works element by element works on all calls at once, the elements of their arrays laid end to end.
So a change at one place of the backward pass is tried on all of them by one numpy operation.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autodiff.tensor import Tensor
from course.checks.causes.evidence import Evidence, labelled
from course.checks.comparing import close
from course.checks.oracles import Gradient

SIGNS = {"add": "+", "sub": "−", "mul": "·", "div": "/", "pow": "**"}


@dataclass(eq=False)
class Node:
    """A value on the way: a leaf (op None), or a gate with what it was given.

    args    nodes and constants
    value   over all calls
    text    what it is in the forward pass: "x + y"
    grad    of the output, times the upstream gradient
    """

    op: Any
    args: list[Any]
    value: np.ndarray
    text: str
    grad: np.ndarray = field(default_factory=lambda: np.zeros(()))

    def slots(self) -> list[int]:
        """The positions of its inputs that a gradient flows back to."""
        return [k for k, arg in enumerate(self.args) if isinstance(arg, Node)]

    def back(self, k: int, upstream: Any, value: Any = None, args: Sequence[Any] | None = None) -> np.ndarray:
        """What it sends back to input k, perhaps with another value of its own, or other inputs."""
        given = [arg.value if isinstance(arg, Node) else arg for arg in (self.args if args is None else args)]
        with np.errstate(all="ignore"):
            return self.op.rules[k](upstream, self.value if value is None else value, *given) * np.ones_like(self.value)


@dataclass(eq=False)
class Tape:
    """The nodes in the order of the forward pass, the leaves first; `ends` is the output's place.

    labels  {result: the leaf whose gradient it is, or None where it is the output's value}
    sizes   how many elements each call has, in order; calls without any are left out
    """

    nodes: list[Node]
    leaves: int
    upstream: np.ndarray
    labels: dict[str, int | None]
    sizes: list[int]

    @property
    def out(self) -> Node:
        return self.nodes[-1]

    def backward(self) -> None:
        """Work out each node's grad."""
        for node in self.nodes:
            node.grad = np.zeros_like(self.upstream)
        self.out.grad = self.upstream
        for node in reversed(self.nodes):
            for k in node.slots():
                node.args[k].grad = node.args[k].grad + node.back(k, node.grad)

    def reach(self) -> dict[int, list[np.ndarray]]:
        """{id of a node: its slope for each leaf}."""
        count = len(self.upstream)
        found = {id(node): [np.full(count, float(i == j)) for j in range(self.leaves)]
                 for i, node in enumerate(self.nodes[:self.leaves])}
        for node in self.nodes[self.leaves:]:
            slopes = [np.zeros(count) for _ in range(self.leaves)]
            for k in node.slots():
                local = node.back(k, np.ones(count))
                slopes = [s + local * inner for s, inner in zip(slopes, found[id(node.args[k])], strict=True)]
            found[id(node)] = slopes
        return found


def tape_of(oracle: Gradient, evidence: Evidence) -> Tape | None:
    """The tape of all calls; None where the computation does not work element by element."""
    calls, upstreams, sizes = [], [], []
    for asked, shape in zip(evidence.calls, _shapes(evidence), strict=True):
        inputs, upstream = oracle.taken(*asked.args)
        try:
            laid = np.broadcast_arrays(*inputs, upstream, np.zeros(shape))
        except ValueError:
            return None
        if laid[0].shape != shape:
            return None
        calls.append([part.ravel() for part in laid[:-2]])
        upstreams.append(laid[-2].ravel())
        sizes.append(laid[0].size)
    leaves = [Tensor(np.concatenate(column).astype(float)) for column in zip(*calls, strict=True)]
    try:
        with np.errstate(all="ignore"):
            out = oracle.forward(*leaves)
    except (TypeError, ValueError, IndexError, AttributeError):
        return None
    names = list(inspect.signature(oracle.forward).parameters)
    nodes = _nodes(out, leaves, names) if isinstance(out, Tensor) else None
    if nodes is None:
        return None
    tape = Tape(nodes, len(leaves), np.concatenate(upstreams).astype(float), _labels(oracle, evidence, len(leaves)),
                list(filter(None, sizes)))
    tape.backward()
    return tape if _is_right(tape, evidence) else None


def column(values: list[np.ndarray]) -> np.ndarray:
    """A result's values at all calls, laid end to end."""
    return np.concatenate([value.ravel().astype(float) for value in values])


def _shapes(evidence: Evidence) -> list[tuple[int, ...]]:
    return [value.shape for value in next(iter(evidence.right.values()))]


def _labels(oracle: Gradient, evidence: Evidence, leaves: int) -> dict[str, int | None]:
    """Which leaf each result belongs to: the leaves' places go through `given` as if they were gradients."""
    marked = labelled(oracle.given(-1.0, tuple(float(k) for k in range(leaves))), evidence.names) or {}
    return {label: None if mark < 0 else int(mark) for label, mark in marked.items()}


def _nodes(out: Tensor, leaves: list[Tensor], names: list[str]) -> list[Node] | None:
    """The graph below `out` in the order in which it was made; None where a gate mixes elements."""
    made: dict[int, Node] = {id(leaf): Node(None, [], leaf.data, name)
                             for leaf, name in zip(leaves, names, strict=True)}
    tensors, rest = {}, [out]
    while rest:
        tensor = rest.pop()
        if id(tensor) not in made and id(tensor) not in tensors:
            tensors[id(tensor)] = tensor
            rest += [arg for arg in tensor.args if isinstance(arg, Tensor)]
    shape = leaves[0].data.shape
    for tensor in sorted(tensors.values(), key=lambda tensor: tensor.tick):
        if tensor.op is None or not tensor.op.rules or np.shape(tensor.data) != shape:
            return None
        args = [made[id(arg)] if isinstance(arg, Tensor) else arg for arg in tensor.args]
        made[id(tensor)] = Node(tensor.op, args, tensor.data, _text(tensor.op.name, args))
    return list(made.values())


def _text(gate: str, args: list[Any]) -> str:
    """A gate's value as the forward pass writes it."""
    texts = [arg.text if isinstance(arg, Node) else f"{arg:g}" for arg in args]
    if gate in SIGNS and len(texts) == 2:
        loose = [gate not in ("add", "sub") and isinstance(arg, Node) and arg.op and arg.op.name in SIGNS
                 for arg in args]
        left, right = (f"({text})" if bracket else text for text, bracket in zip(texts, loose, strict=True))
        return f"{left} {SIGNS[gate]} {right}"
    return f"−({texts[0]})" if gate == "neg" else f"{gate}({', '.join(texts)})"


def _is_right(tape: Tape, evidence: Evidence) -> bool:
    """Whether the tape's own gradients are the right answers."""
    for label, leaf in tape.labels.items():
        value = tape.out.value if leaf is None else tape.nodes[leaf].grad
        if not close(value, column(evidence.right[label])):
            return False
    return True
