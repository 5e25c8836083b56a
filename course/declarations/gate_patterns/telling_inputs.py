"""The other way round: inputs on which a wrong gate shows."""

import numpy as np

from course.checks.comparing import as_numbers, close, said
from course.checks.exercise import Check, Exercise
from course.words import tr

RIGHT_GATES = {
    "add": lambda dout, x, y: (dout, dout),
    "mul": lambda dout, x, y: (dout * y, dout * x),
    "max": lambda dout, x, y: (dout * ((x > y) + (x == y) / 2), dout * ((y > x) + (x == y) / 2)),
    "div": lambda dout, x, y: (dout / y, -dout * x / y**2),
    "exp": lambda dout, out: (dout * out,),
}

# name: the right gate, the wrong one, what hides it
WRONG_GATES = {
    "add_splits": ("add", lambda dout, x, y: (dout / 2, dout / 2)),
    "mul_unswapped": ("mul", lambda dout, x, y: (dout * x, dout * y)),
    "max_to_both": ("max", lambda dout, x, y: (dout, dout)),
    "div_sign": ("div", lambda dout, x, y: (dout / y, dout * x / y**2)),
    "exp_no_upstream": ("exp", lambda dout, out: (out,)),
    "tie_pays_twice": ("max", lambda dout, x, y: (dout * (x >= y), dout * (y >= x))),
}


def exposes(name):
    """The test of one witness: the right gate and the wrong one must answer differently on it."""
    def test(ask):
        found = ask()
        gate, wrong = WRONG_GATES[name]
        right = RIGHT_GATES[gate]
        arguments = right.__code__.co_varnames[:right.__code__.co_argcount]
        if not isinstance(found, dict):
            return said(tr("`witnesses()` returned {kind}; it should return a dict from the name of a wrong gate to a "
                           "tuple of arguments.", kind=type(found).__name__), title="type of the result")
        if found.get(name) is None:
            return said(tr("There is no witness against `{name}` yet.", name=name),
                        "On which input do the two gates differ?", "W00", "a witness is missing")
        args = found[name]
        numbers = [as_numbers(arg) for arg in args] if isinstance(args, tuple | list) else []
        if len(numbers) != len(arguments) or any(n is None or not np.isfinite(n).all() for n in numbers):
            return said(tr("The witness against `{name}` should be a tuple of numbers ({arguments}).", name=name,
                           arguments=", ".join(arguments)), title="not the gate's arguments", code="W06")
        args = [n.astype(float)[()] for n in numbers]
        if gate == "div" and not np.all(args[2]):
            return said("The witness against `div_sign` divides by 0, where no gate is right.",
                        "Which y would do?", "W06", "not the gate's arguments")
        try:
            same = all(np.shape(a) == np.shape(b) and close(np.asarray(a), np.asarray(b))
                       for a, b in zip(wrong(*args), right(*args), strict=True))
        except ValueError:
            return said(tr("The arguments of the witness against `{name}` do not fit together.", name=name),
                        title="not the gate's arguments", code="W06")
        if not same:
            return None
        code, title, says, ask_ = _why_hidden(name, args)
        return said(says, ask_, code, title)
    return test


def _why_hidden(name, args):
    if not np.any(args[0]):
        return ("W04", "dout of 0 hides everything",
                tr("With dout = 0 the right gate and `{name}` both give 0.", name=name),
                "Which dout would keep them apart?")
    if name == "exp_no_upstream":
        return ("W01", "dout of 1 hides a dropped upstream", "With dout = 1 it makes no difference whether one "
                "multiplies by dout.", "Which dout would show whether it was used?")
    if name == "mul_unswapped":
        return ("W02", "equal inputs hide a missing swap", "With x equal to y the swap can't be seen.",
                "What must x and y not be?")
    if name == "tie_pays_twice":
        return ("W03", "no tie", "`tie_pays_twice` goes wrong only where neither input wins.",
                "When does neither input of a max gate win?")
    return ("W05", "both gates agree",
            tr("On this input the right gate and `{name}` give the same answer.", name=name),
            "Work out both by hand: which factor makes them equal?")


# ------------------------------------------------------------------------------------ witnesses

WITNESSES = Exercise(
    "witnesses()", "witnesses", points=3, oracle=None,
    checks=(
        Check("mul_unswapped", 0.5, test=exposes("mul_unswapped")),
        Check("max_to_both", 0.5, test=exposes("max_to_both")),
        Check("div_sign", 0.5, test=exposes("div_sign")),
        Check("exp_no_upstream", 0.5, test=exposes("exp_no_upstream")),
        Check("tie_pays_twice", 1, test=exposes("tie_pays_twice")),
    ),
    hints=("Take one wrong gate and write its formula beside the right one: when do the two give the same?",
           "Avoid what hides the mistake: dout of 0 or 1, equal inputs; but `tie_pays_twice` needs a tie.",
           "The worked example of each gate will do for most of them; for the tie, give x and y the same value."),
    read='lesson 2, "find the input"', difficulty=3, minutes=8,
)


@WITNESSES.mistake(code="W01", title="dout of 1 hides a dropped upstream",
                   says="With dout = 1 it makes no difference whether one multiplies by dout.",
                   ask="Which dout would show whether it was used?")
def witnesses():
    return {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, -4.0), "max_to_both": (2.0, 2.0, -1.0),
            "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (1.0, 0.5), "tie_pays_twice": (2.0, 3.0, 3.0)}


@WITNESSES.mistake(code="W02", title="equal inputs hide a missing swap",
                   says="With x equal to y the swap can't be seen.",
                   ask="What must x and y not be?")
def witnesses():
    return {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, 3.0), "max_to_both": (2.0, 2.0, -1.0),
            "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (2.0, 0.5), "tie_pays_twice": (2.0, 3.0, 3.0)}


@WITNESSES.mistake(code="W03", title="no tie",
                   says="`tie_pays_twice` goes wrong only where neither input wins.",
                   ask="When does neither input of a max gate win?")
def witnesses():
    return {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, -4.0), "max_to_both": (2.0, 2.0, -1.0),
            "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (2.0, 0.5), "tie_pays_twice": (2.0, 3.0, 4.0)}


@WITNESSES.mistake(code="W04", title="dout of 0 hides everything",
                   says="With dout = 0 the right gate and `max_to_both` both give 0.",
                   ask="Which dout would keep them apart?")
def witnesses():
    return {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, -4.0), "max_to_both": (0.0, 2.0, -1.0),
            "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (2.0, 0.5), "tie_pays_twice": (2.0, 3.0, 3.0)}


@WITNESSES.mistake(code="W05", title="both gates agree",
                   says="On this input the right gate and `div_sign` give the same answer.",
                   ask="Work out both by hand: which factor makes them equal?")
def witnesses():
    return {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, -4.0), "max_to_both": (2.0, 2.0, -1.0),
            "div_sign": (2.0, 0.0, -4.0), "exp_no_upstream": (2.0, 0.5), "tie_pays_twice": (2.0, 3.0, 3.0)}


@WITNESSES.mistake(code="W00", title="a witness is missing",
                   says="There is no witness against `mul_unswapped` yet.",
                   ask="On which input do the two gates differ?")
def witnesses():
    return {"add_splits": (2.0, 3.0, -4.0)}


@WITNESSES.mistake(code="W06", title="not the gate's arguments",
                   says="The witness against `mul_unswapped` should be a tuple of numbers (dout, x, y).")
def witnesses():
    return {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (3.0, -4.0), "max_to_both": (2.0, 2.0, -1.0),
            "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (2.0, 0.5), "tie_pays_twice": (2.0, 3.0, 3.0)}


@WITNESSES.alternative(title="lists")
def witnesses():
    return {name: list(args) for name,
            args in {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, -4.0), "max_to_both": (2.0, 2.0, -1.0),
                     "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (2.0, 0.5),
                     "tie_pays_twice": (2.0, 3.0, 3.0)}.items()}


@WITNESSES.alternative(title="arrays")
def witnesses():
    return {name: tuple(np.full(3, value) for value in args) for name,
            args in {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, -4.0), "max_to_both": (2.0, 2.0, -1.0),
                     "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (2.0, 0.5),
                     "tie_pays_twice": (2.0, 3.0, 3.0)}.items()}


@WITNESSES.alternative(title="other numbers")
def witnesses():
    return {"add_splits": (1, 0, 0), "mul_unswapped": (1, 1, 2), "max_to_both": (1, 0, 1), "div_sign": (1, 1, 1),
            "exp_no_upstream": (0, 1), "tie_pays_twice": (5, 0, 0)}
