"""A learner's own backward functions, run along the graph until the first edge that comes out wrong."""

from typing import NamedTuple

from autodiff.programs.steps import Call
from course.drawing.figures import figure
from course.drawing.gates import FROM_OUTPUT, GATES
from course.drawing.scene import Frame, edge_id, shown
from course.words import closed, tr

ALIASES = {"max": "maximum", "min": "minimum"}      # max_backward(dout, x, y) is about the larger of two
FINE = 1e-6                                         # relative, as in the checks


class Verdict(NamedTuple):
    """What came of it: the backward steps up to the first wrong gate, and what to say."""

    steps: list
    right: bool
    gate: int | None        # the gate that paid wrongly
    slot: int | None        # through this slot; None if nothing usable came back
    sentence: str           # {gate} and {receiver} stand for how the drawing calls the two
    receiver: int | None

    def frame(self, items):
        """The last frame of the drawing, in which the wrong edge is painted."""
        gate = items[self.gate].says if self.gate is not None else ""
        receiver = items[self.receiver].says if self.receiver is not None else ""
        sentence = closed(self.sentence, {"gate": gate, "receiver": receiver})
        sentence = sentence.replace("{gate}", gate).replace("{receiver}", receiver)
        wrong = edge_id(self.gate, self.slot) if self.slot is not None else ""
        changed = [[step.receiver, items[step.receiver].gradient] for step in self.steps
                   if self.gate is not None and step.sender == self.gate]
        return Frame("right" if self.right else "wrong", self.gate, sentence, [], changed,
                     [wrong] if wrong else [], wrong)


def judge(trace, yours):
    """Run `yours`, {gate: function}, along the backward pass of `trace`. Returns a Verdict."""
    functions = _functions(yours)
    steps, used = [], []
    payments = {}
    for step in trace.steps:
        if step.direction == "backward":
            payments.setdefault(step.sender, []).append(step)
    for sender, due in payments.items():        # in the order of the backward pass
        function = None if sender is None else _function_for(trace, trace.nodes[sender], functions)
        if function is None:
            steps += due
            continue
        node = trace.nodes[sender]
        used.append(_name(function, node))
        call, paid, complaint = _call(function, trace, node, due[0].upstream)
        if complaint:
            return Verdict(steps, False, sender, None,
                           tr("Stopped at {gate}: {complaint}", gate="{gate}", complaint=complaint), None)
        mine = [step._replace(local=None, contribution=paid[step.slot]) for step in due]
        for step, truth in zip(mine, due, strict=True):
            wrong = _difference(call, step, truth, trace.nodes[step.receiver].shape)
            if wrong:
                sentence = tr("The first wrong edge leads from {gate} back to {receiver}: {wrong} The backward pass "
                              "stops here.", gate="{gate}", receiver="{receiver}", wrong=wrong)
                return Verdict(steps + _arrived(trace, due, paid), False, sender, step.slot, sentence, step.receiver)
        steps += due
    said = tr("Every edge is right. Along this graph your {functions} sent what the calculus asks for.",
              functions=tr(", ").join(dict.fromkeys(used))) if used else \
        tr("None of your functions was needed: this graph has no gate for {gates}.", gates=tr(", ").join(yours))
    return Verdict(steps, True, None, None, said, None)


def calls(trace, yours):
    """{(gate, slot): Call} for what `yours` pays, {gate: function}, as code."""
    functions, made = _functions(yours), {}
    for node in trace.nodes:
        function = _function_for(trace, node, functions) if node.parents else None
        if function is None:
            continue
        slots = [function.slot] if isinstance(function, _Short) else range(len(node.parents))
        given = [node.id] if node.gate in FROM_OUTPUT else [node.parents[slot] for slot in slots]
        call = f"{_name(function, node)}({', '.join(f'{{{k}}}' for k in range(len(given) + 1))})"
        for k, slot in enumerate(slots):
            made[node.id, slot] = Call(call + f"[{k}]" * (len(slots) > 1), (None, *given))
    return made


def _functions(yours):
    if not isinstance(yours, dict):
        raise TypeError(tr("yours maps gates to functions, {example}; got {type}.", example='{"mul": mul_backward}',
                           type=type(yours).__name__))
    for name, function in yours.items():
        if name not in GATES and name not in ALIASES:
            raise ValueError(tr("No gate is called {name}. Gates are {gates}.", name=repr(name),
                                gates=tr(", ").join(GATES)))
        if not callable(function):
            raise TypeError(tr("{which} must be a function, got {function}.", which=f"yours[{name!r}]",
                               function=f"{function!r:.60}"))
    return {ALIASES.get(name, name): function for name, function in yours.items()}


def _function_for(trace, node, functions):
    """The learner's function for a gate; 1/x is a division, but reciprocal_backward(dout, x) knows it too."""
    if node.gate in functions:
        return functions[node.gate]
    if node.gate == "div" and _is_constant(trace, node.parents[0], 1.0) and "reciprocal" in functions:
        return _Short(functions["reciprocal"], 1)
    if node.gate == "pow" and _is_constant(trace, node.parents[1], 2.0) and "square" in functions:
        return _Short(functions["square"], 0)
    return None


class _Short(NamedTuple):
    """A function that takes and pays one slot only of a gate with two."""

    function: object
    slot: int


def _is_constant(trace, id, value):
    return trace.nodes[id].gate == "constant" and trace.nodes[id].value == value


def _call(function, trace, node, upstream):
    """(the call as text, {slot: what was sent}, "") or ("", {}, what is wrong with what came back)."""
    slots = list(range(len(node.parents)))
    if isinstance(function, _Short):
        function, slots = function.function, [function.slot]
    inputs = [node.value] if node.gate in FROM_OUTPUT else [trace.nodes[node.parents[slot]].value for slot in slots]
    shapes = [node.shape] if node.gate in FROM_OUTPUT else [trace.nodes[node.parents[slot]].shape for slot in slots]
    arguments = ", ".join(shown(v, s) for v, s in zip([upstream, *inputs], [node.shape, *shapes], strict=True))
    name = _name(function, node)
    call = tr("your {call}", call=f"{name}({arguments})")
    try:
        result = function(*map(_fresh, [upstream, *inputs]))
    except NotImplementedError:
        return call, {}, tr("{function} is not written yet.", function=name)
    except Exception as error:
        return call, {}, tr("{call} raised {error}.", call=call, error=f"{type(error).__name__}: {error}")
    if result is None or result is Ellipsis:
        return call, {}, tr("{function} is not written yet: it returned {result}.", function=name, result=result)
    paid = list(result) if isinstance(result, (tuple, list)) else [result]
    if len(paid) != len(slots):
        return call, {}, tr("{call} returned {n} gradient for {inputs} inputs." if len(paid) == 1 else
                            "{call} returned {n} gradients for {inputs} inputs.", call=call, n=len(paid),
                            inputs=len(slots))
    return call, dict(zip(slots, paid, strict=True)), ""


def _fresh(value):
    """A copy for the learner's function: a float, or an array."""
    import numpy as np

    return np.array(value) if isinstance(value, list) else value


def _difference(call, step, truth, shape):
    """"" if what was sent is right; else a sentence about it."""
    import numpy as np

    try:
        sent, due = np.asarray(step.contribution, dtype=float), np.asarray(truth.contribution)
    except (TypeError, ValueError):
        return tr("{call} sent {sent}, which is not a number.", call=call, sent=f"{step.contribution!r:.40}")
    if sent.shape != due.shape:
        return tr("{call} sent {sent}, but {receiver} is {due}.", call=call, sent=_of_shape(sent.shape),
                  receiver="{receiver}", due=_of_shape(shape))
    if np.allclose(sent, due, rtol=FINE, atol=1e-12 * max(1.0, float(np.abs(due).max(initial=0))), equal_nan=True):
        return ""
    if shape:
        return tr("{call} sent an array that is off by up to {number}.", call=call,
                  number=figure(np.abs(sent - due).max()))
    return tr("{call} sent {sent}; local × upstream is {due}.", call=call, sent=figure(sent), due=figure(due))


def _of_shape(shape):
    return tr("an array of shape {shape}", shape=shape) if shape else tr("a single number")


def _arrived(trace, due, paid):
    """The steps of the wrong gate with what really arrived, as far as it fits the inputs."""
    import numpy as np

    steps, gradients = [], {}
    for step in due:
        try:
            sent = np.asarray(paid[step.slot], dtype=float)
        except (TypeError, ValueError):
            continue
        if sent.shape == trace.nodes[step.receiver].shape:
            before = np.asarray(gradients.get(step.receiver, step.before))
            gradients[step.receiver] = after = (before + sent).tolist()
            steps.append(step._replace(local=None, contribution=sent.tolist(), before=before.tolist(), after=after))
    return steps


def _name(function, node):
    if isinstance(function, _Short):
        function = function.function
    name = getattr(function, "__name__", type(function).__name__)
    return name if name != "<lambda>" else f"{node.gate}_backward"
