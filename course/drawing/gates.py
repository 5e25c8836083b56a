"""What a gate is called, and its local rule in words that a learner can read: one row for each operation.

In a row: the label inside the gate; the expression, with {a} and {b} for the inputs; the local derivative for each
input, where {out} is the gate's own value. What has no row is shown under its own name.
"""

from typing import NamedTuple

from course.drawing.figures import brief, guarded, superscript
from course.words import later


class Gate(NamedTuple):
    label: str
    expression: str
    locals: tuple


WINS = (later("1 if {a} wins, ½ at a tie, else 0"), later("1 if {b} wins, ½ at a tie, else 0"))
# In the expressions a pair of parentheses right around an input spares a negative number its own.
GATES = {
    "add": Gate("+", "{a} + {b}", ("1", "1")),
    "sub": Gate("−", "{a} − {b}", ("1", "−1")),
    "mul": Gate("×", "{a} × {b}", ("{b}", "{a}")),
    "div": Gate("÷", "{a} ÷ {b}", ("1 ÷ {b}", "−{a} ÷ {b}²")),
    "neg": Gate("× (−1)", "(−1) × {a}", ("−1",)),
    "pow": Gate("^", "{a}^{b}", ("{b} × {a}^({b} − 1)", "{a}^{b} × log {a}")),
    "square": Gate("( )²", "{a}²", ("2 × {a}",)),
    "sqrt": Gate("√", "√{a}", ("1 ÷ (2 × {out})",)),
    "reciprocal": Gate("1/x", "1 ÷ {a}", ("−1 ÷ {a}²",)),
    "abs": Gate("| |", "|{a}|", (later("the sign of {a}"),)),
    "exp": Gate("exp", "exp({a})", ("exp({a}) = {out}",)),
    "log": Gate("log", "log({a})", ("1 ÷ {a}",)),
    "sin": Gate("sin", "sin({a})", ("cos({a})",)),
    "cos": Gate("cos", "cos({a})", ("−sin({a})",)),
    "tanh": Gate("tanh", "tanh({a})", ("1 − {out}²",)),
    "sigmoid": Gate("σ", "σ({a})", ("{out} × (1 − {out})",)),
    "softplus": Gate("softplus", "softplus({a})", ("σ({a})",)),
    "relu": Gate("relu", "relu({a})", (later("1 if {a} > 0, else 0"),)),
    "maximum": Gate("max", "max({a}, {b})", WINS),
    "minimum": Gate("min", "min({a}, {b})", WINS),
    "matmul": Gate("@", "{a} @ {b}", (later("upstream @ {b}ᵀ"), later("{a}ᵀ @ upstream"))),
    "sum": Gate("sum", "sum({a})", (later("1 for every element"),)),
    "mean": Gate("mean", "mean({a})", (later("1 ÷ N for every element"),)),
    "max": Gate("max", "max({a})", (later("1 for the winner, else 0"),)),
    "min": Gate("min", "min({a})", (later("1 for the winner, else 0"),)),
    "softmax_cross_entropy": Gate("cross-entropy", "cross-entropy(softmax({a}))",
                                  (later("(softmax({a}) − 1 at the label) ÷ N"),)),
    "transpose": Gate("T", "{a}ᵀ", (later("transposed back"),)),
    "reshape": Gate("reshape", "reshape({a})", (later("reshaped back"),)),
    "index": Gate("[ ]", "{a}[…]", (later("1 where it was taken, else 0"),)),
}

# A gate with one number in a slot, drawn as one node: (gate, slot of the number) -> label, {c} the number.
WITH_CONSTANT = {
    ("add", 0): "+ {c}", ("add", 1): "+ {c}",
    ("sub", 0): "{c} −", ("sub", 1): "− {c}",
    ("mul", 0): "× {c}", ("mul", 1): "× {c}",
    ("div", 0): "{c}/x", ("div", 1): "÷ {c}",
    ("pow", 0): "{c}^( )", ("pow", 1): "( )^{c}",
    ("maximum", 0): "max({c}, ·)", ("maximum", 1): "max(·, {c})",
    ("minimum", 0): "min({c}, ·)", ("minimum", 1): "min(·, {c})",
}

FROM_OUTPUT = {"exp", "sigmoid", "tanh"}         # whose <gate>_backward takes (dout, out) in this course


def gate_of(name, slots):
    """The row for an operation; one made up from its name where there is none."""
    if name in GATES:
        return GATES[name]
    letters = ", ".join(["{a}", "{b}", "…"][:slots])
    return Gate(name, f"{name}({letters})", ())


def label_with(gate, slot, constant):
    """The label of a gate with a number inside: "× 2", "( )²", "1/x"."""
    text = brief(constant)
    if gate == "pow" and slot == 1 and text.replace("−", "").isdigit():
        return "( )" + superscript(text)
    return WITH_CONSTANT[gate, slot].format(c=text if "(" in WITH_CONSTANT[gate, slot] else guarded(text))
