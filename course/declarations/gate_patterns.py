"""Assignment 02: the backward functions of single gates, and of two small circuits.

The gates work alike on numbers and on arrays of one shape.  Examples: the circuit 2(xy + max(z, w)) and the
staged function are those of the CS231n notes (Karpathy 2015, "Backpropagation, Intuitions").
"""

import numpy as np

import autodiff
from course.checks.comparing import as_numbers, close, said
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import (
    circuit_gradient_of,
    constant,
    only_numbers,
    upstream_added,
    upstream_dropped,
    value_and_gradient_of,
    wrapped,
)

LOCAL_TIMES_UPSTREAM = 'lesson 2, "local × upstream"'
ADD_COPIES = 'lesson 2, "add copies"'
MUL_SWAPS = 'lesson 2, "mul swaps"'
MAX_ROUTES = 'lesson 2, "max routes"'
FORKS_ADD = 'lesson 2, "forks add"'


def numbers_and_arrays(n, example, points, draw=None):
    """The two checks that every gate of n arguments has: numbers (the worked example first), and arrays."""
    numbers = (lambda d: [draw(d) for _ in range(3)]) if draw else (lambda d: d.mirrored(n))
    arrays = draw or (lambda d, *shape: d.arrays(n, *shape))
    return (
        Check("numbers", points / 2, lambda d: [example, *numbers(d)]),
        Check("arrays", points / 2, lambda d: [arrays(d, 5), arrays(d, 2, 3)]),
    )


def staged(x, y):
    return (x + autodiff.sigmoid(y)) / (autodiff.sigmoid(x) + (x + y) ** 2)


_ALL_PATHS = ("dx = dnum + 2 * (x + y) * dden + (1 - sx) * sx * dsx\n"
              "dy = 2 * (x + y) * dden + (1 - sy) * sy * dsy")


def _staged(code, title, lines, says, ask):
    """A wrong form of staged_backward: right up to the gradients of x and y, which `lines` compute."""
    return (code, title, "sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))\n"
            "num, den = x + sy, sx + (x + y)**2\nf = num / den\n"
            "dnum, dden = 1 / den, -num / den**2\ndsx, dsy = dden, dnum\n" + lines + "\nreturn f, dx, dy", says, ask)


# ------------------------------------------------------------------------------------ witnesses

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
            return said(f"`witnesses()` returned {type(found).__name__}; it should return a dict from the name of a "
                        "wrong gate to a tuple of arguments.", title="type of the result")
        if found.get(name) is None:
            return said(f"There is no witness against `{name}` yet.", "On which input do the two gates differ?",
                        "W00", "a witness is missing")
        args = found[name]
        numbers = [as_numbers(arg) for arg in args] if isinstance(args, tuple | list) else []
        if len(numbers) != len(arguments) or any(n is None or not np.isfinite(n).all() for n in numbers):
            return said(f"The witness against `{name}` should be a tuple of numbers ({', '.join(arguments)}).",
                        title="not the gate's arguments", code="W06")
        args = [n.astype(float)[()] for n in numbers]
        if gate == "div" and not np.all(args[2]):
            return said("The witness against `div_sign` divides by 0, where no gate is right.",
                        "Which y would do?", "W06", "not the gate's arguments")
        try:
            same = all(np.shape(a) == np.shape(b) and close(np.asarray(a), np.asarray(b))
                       for a, b in zip(wrong(*args), right(*args), strict=True))
        except ValueError:
            return said(f"The arguments of the witness against `{name}` do not fit together.",
                        title="not the gate's arguments", code="W06")
        if not same:
            return None
        code, title, says, ask_ = _why_hidden(name, args)
        return said(says, ask_, code, title)
    return test


def _why_hidden(name, args):
    if not np.any(args[0]):
        return ("W04", "dout of 0 hides everything", f"With dout = 0 the right gate and `{name}` both give 0.",
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
    return ("W05", "both gates agree", f"On this input the right gate and `{name}` give the same answer.",
            "Work out both by hand: which factor makes them equal?")


_WITNESSES = {"add_splits": (2.0, 3.0, -4.0), "mul_unswapped": (2.0, 3.0, -4.0), "max_to_both": (2.0, 2.0, -1.0),
              "div_sign": (2.0, 3.0, -4.0), "exp_no_upstream": (2.0, 0.5), "tie_pays_twice": (2.0, 3.0, 3.0)}


def _witnesses(**changed):
    return f"return {({**_WITNESSES, **changed})!r}"


# ------------------------------------------------------------------------------------ the exercises

EXERCISES = (
    Exercise(
        "add_backward(dout, x, y)", "dx, dy", 1, gradient_of(lambda x, y: x + y), upstream="dout",
        checks=numbers_and_arrays(3, (2.0, 3.0, -4.0), 1),
        mistakes=(
            ("G04", "add splits", "dout / 2, dout / 2", "Add copies the gradient, it does not share it out.",
             "If x alone grows by 1, by how much does x + y grow?"),
            ("G05", "one input is not paid", "dout, 0 * dout", "Both inputs move the sum by 1.",
             "What happens to x + y when only y moves?"),
            upstream_dropped("np.ones_like(x) * 1.0, np.ones_like(y) * 1.0"),
            ("G25", "multiplies like a mul gate", "dout * y, dout * x", "These are the local gradients of a product.",
             "How fast does x + y grow with x: does that depend on y?"),
            ("G26", "scaled by its own input", "dout * x, dout * y", "The local gradients of a sum are 1, whatever "
             "the inputs are.", "How fast does x + y grow with x?"),
            constant("2.0, 2.0"),
            wrapped("np.array([dout]), np.array([dout])"),
        ),
        alternatives=(
            ("a list", "return [dout, dout]"),
            ("copies", "dx = dout * 1.0\ndy = 1.0 * dout\nreturn dx, dy"),
            ("a lambda", "add_backward = lambda dout, x, y: (dout, dout)"),
            ("a central difference", "h = 1e-5\nreturn (dout * (((x + h) + y) - ((x - h) + y)) / (2 * h),\n"
             "        dout * ((x + (y + h)) - (x + (y - h))) / (2 * h))"),
        ),
        hints=("By how much does x + y change when x alone grows by 0.001? And when y does?",
               "Both local gradients are 1. Multiply each by the upstream gradient.",
               "Both results are the same variable: the one that came from above."),
        read=ADD_COPIES, difficulty=1, minutes=2,
    ),
    Exercise(
        "sub_backward(dout, x, y)", "dx, dy", 1, gradient_of(lambda x, y: x - y), upstream="dout",
        checks=numbers_and_arrays(3, (2.0, 5.0, 3.0), 1),
        mistakes=(
            ("G06", "sign of the second input", "dout, dout", "x − y falls when y grows.",
             "Raise y by 0.001: by how much does x − y change?"),
            ("G27", "signs swapped", "-dout, dout", "x − y grows when x grows.",
             "Raise x by 0.001: which way does x − y go?"),
            ("G05", "one input is not paid", "dout, 0 * dout", "Both inputs move the difference.",
             "What happens to x − y when only y moves?"),
            upstream_dropped("np.ones_like(x) * 1.0, -np.ones_like(y)"),
            ("G28", "the sign follows the inputs", "np.abs(dout), -np.abs(dout)", "The gradient that you pass on has "
             "lost the sign of dout.", "What should come back when dout is −2?"),
            constant("2.0, -2.0"),
            wrapped("np.array([dout]), np.array([-dout])"),
        ),
        alternatives=(
            ("a list", "return [dout, -dout]"),
            ("by a product", "return dout * 1, dout * -1"),
            ("an array of both", "return np.array([dout, -dout])"),
        ),
        hints=("Which way does x − y move when y grows?",
               "The local gradients are 1 and −1.",
               "The first result is dout; the second is its opposite."),
        read=ADD_COPIES, difficulty=1, minutes=2,
    ),
    Exercise(
        "mul_backward(dout, x, y)", "dx, dy", 2, gradient_of(lambda x, y: x * y), upstream="dout",
        checks=(
            *numbers_and_arrays(3, (2.0, 3.0, -4.0), 1.5),
            Check("dout of 0, equal inputs", 0.5, edge=True, draw=lambda d: [
                d.numbers(3), (0.0, d.number(), d.number()), (d.number(), 3.0, 3.0), d.arrays(3, 4)]),
        ),
        mistakes=(
            upstream_dropped("y, x"),
            ("G02", "inputs not swapped", "dout * x, dout * y", "You gave x its own value: the local gradient of x·y "
             "with respect to x is the other input.", "If y is 0, can x move the product?"),
            upstream_added("dout + y, dout + x"),
            ("G29", "both inputs in both", "dout * x * y, dout * x * y", "Each result holds x and y: the local "
             "gradient with respect to x is y alone.", "How much does x·y grow when x grows by 1?"),
            ("G05", "one input is not paid", "dout * y, 0 * dout", "Both inputs move the product.",
             "What happens to x·y when only y moves?"),
            ("G30", "right for positive inputs only", "dout * np.abs(y), dout * np.abs(x)", "The signs of the inputs "
             "are lost.", "Which way does x·y move with x when y is negative?"),
            constant("-8.0, 6.0"),
            only_numbers("float(dout) * float(y), float(dout) * float(x)"),
            ("X04", "summed to one number", "np.sum(dout * y), np.sum(dout * x)", "Each element has a gradient of "
             "its own: nothing is summed.", "Which shape has x, and so dx?"),
        ),
        alternatives=(
            ("another order", "return y * dout, x * dout"),
            ("a loop", "def mul_backward(dout, x, y):\n    if np.ndim(x) == 0:\n        return dout * y, dout * x\n"
             "    dx, dy = np.zeros_like(x), np.zeros_like(y)\n    for i in np.ndindex(x.shape):\n"
             "        dx[i] = dout[i] * y[i]\n        dy[i] = dout[i] * x[i]\n    return dx, dy"),
            ("einsum", "return np.einsum('...,...->...', dout, y), np.einsum('...,...->...', dout, x)"),
            ("a callable object", "class Mul:\n    def __call__(self, dout, x, y):\n        return [dout * y, x * dout]\n"
             "mul_backward = Mul()"),
            ("the complex step", "h = 1e-30\nreturn dout * np.imag((x + 1j * h) * y) / h, "
             "dout * np.imag(x * (y + 1j * h)) / h"),
        ),
        hints=("If y is 0, does x move the product at all? And if y is 1000?",
               "The local gradient of x·y with respect to x is y, and the other way round. Then multiply by dout.",
               "dx is dout times the other input; dy is dout times the other input."),
        read=MUL_SWAPS, difficulty=1, minutes=3,
    ),
    Exercise(
        "max_backward(dout, x, y)", "dx, dy", 3, gradient_of(autodiff.maximum), upstream="dout",
        checks=(
            Check("numbers: either input wins", 1, lambda d: [
                (2.0, 2.0, -1.0), (2.0, -1.0, 2.0), *(d.numbers(3) for _ in range(4))]),
            Check("arrays", 1, lambda d: [d.arrays(3, 6), d.arrays(3, 3, 4)]),
            Check("a tie shares equally", 1, edge=True, draw=lambda d: [
                (2.0, 3.0, 3.0), (d.number(), -1.5, -1.5),
                (d.array(4), np.array([1.5, -2.5, 0.0, 3.0]), np.array([1.5, -3.5, 0.0, 4.0]))]),
        ),
        mistakes=(
            ("G07", "max to both", "dout, dout", "Both inputs were paid, but only the larger one moves the maximum.",
             "Nudge the smaller one: does max change?"),
            ("G08", "the first always wins", "dout, 0 * dout", "The gradient always goes to x.",
             "Which input won? Try max(−1, 2)."),
            ("G09", "scaled by the winner's value", "dout * x * ((x > y) + (x == y) / 2), dout * y * ((y > x) + (x == y) / 2)",
             "Max passes the gradient on, unscaled.", "How fast does max(x, y) grow with the winner?"),
            ("G10", "a tie pays twice", "dout * (x >= y), dout * (y >= x)", "At a tie both inputs got all of dout.",
             "To what must the two shares add up? (This course splits it equally.)"),
            upstream_dropped("1.0 * (x > y) + 0.5 * (x == y), 1.0 * (y > x) + 0.5 * (x == y)"),
            ("G31", "the loser is paid", "dout * ((x < y) + (x == y) / 2), dout * ((y < x) + (x == y) / 2)",
             "The gradient went to the smaller input.", "Which input does max(x, y) follow?"),
            ("G32", "a tie pays the first", "dout * (x >= y), dout * (y > x)", "At a tie all of dout went to x.",
             "Is x more of a winner than y when they are equal? (This course splits equally.)"),
            ("G33", "a tie pays nobody", "dout * (x > y), dout * (y > x)", "At a tie nothing was passed on.",
             "To what must the two shares add up? (This course splits it equally.)"),
            ("G34", "the larger in size wins", "dout * ((np.abs(x) > np.abs(y)) + (x == y) / 2), "
             "dout * ((np.abs(y) > np.abs(x)) + (x == y) / 2)", "You compared the sizes: −4 is larger than 3 in size, "
             "but not larger.", "Which is max(3, −4)?"),
            only_numbers("if x == y:\n    return dout / 2, dout / 2\nreturn (dout, 0.0) if x > y else (0.0, dout)"),
            constant("2.0, 0.0"),
        ),
        alternatives=(
            ("np.where", "half = np.where(x == y, dout / 2, 0.0)\n"
             "return np.where(x > y, dout, half), np.where(y > x, dout, half)"),
            ("np.sign", "share = (1 + np.sign(x - y)) / 2\nreturn dout * share, dout * (1 - share)"),
            ("a loop", "pick = np.vectorize(lambda g, a, b: g if a > b else g / 2 if a == b else 0.0, otypes=[float])\n"
             "return pick(dout, x, y), pick(dout, y, x)"),
        ),
        hints=("Nudge the smaller input a little: does the maximum move?",
               "The local gradient is 1 for the winner, 0 for the loser, and ½ for each at a tie. "
               "A comparison of arrays gives True and False, which multiply like 1 and 0.",
               "dx is dout times ((x > y) plus half of (x == y)). What is dy?"),
        read=MAX_ROUTES, difficulty=2, minutes=6,
    ),
    Exercise(
        "div_backward(dout, x, y)", "dx, dy", 2, gradient_of(lambda x, y: x / y), upstream="dout",
        checks=(
            *numbers_and_arrays(3, (1.0, 3.0, -4.0), 1.5),
            Check("x of 0, y of 1, negative y", 0.5, edge=True, draw=lambda d: [
                d.numbers(3), (d.number(), 0.0, d.number()), (d.number(), d.number(), 1.0), (d.number(), 1.5, -2.5)]),
        ),
        mistakes=(
            ("G22", "y is not squared", "dout / y, -dout * x / y", "The second local gradient lacks a power of y.",
             "x / y is x · y⁻¹: what does the power rule make of y⁻¹?"),
            ("G23", "sign of dy", "dout / y, dout * x / y**2", "x / y falls when y grows (for positive x).",
             "Which sign comes down from the exponent −1?"),
            upstream_dropped("1 / y, -x / y**2"),
            ("G35", "like a product", "dout * y, dout * x", "These are the local gradients of x·y.",
             "How much does x / y grow when x grows by 1?"),
            ("G36", "inputs mixed up", "-dout * y / x**2, dout / x", "These are the gradients of y / x.",
             "Which input stands below the line?"),
            ("G37", "upstream missing in one result", "dout / y, -x / y**2", "dx has the upstream gradient in it, dy "
             "has not.", "What should reach y when dout is 0?"),
            ("G38", "numerator missing", "dout / y, -dout / y**2", "The gradient of 1 / y was passed on: x is missing.",
             "If x doubles, how much steeper does x / y fall with y?"),
            ("G30", "right for positive inputs only", "dout / np.abs(y), -dout * np.abs(x) / y**2",
             "The signs of the inputs are lost.", "What is the slope of x / y in x when y is negative?"),
            constant("-0.25, -0.1875"),
        ),
        alternatives=(
            ("by the reciprocal", "r = 1 / y\nreturn dout * r, dout * x * -r * r"),
            ("by the output", "out = x / y\ndx = dout / y\nreturn dx, -dx * out"),
            ("powers", "return dout * y**-1.0, -dout * x * y**-2.0"),
        ),
        hints=("x / y is x times 1/y: which rule gives the first result at once?",
               "d(x/y)/dx = 1/y and d(x/y)/dy = −x/y². Then multiply by dout.",
               "dx is dout divided by y. dy is minus dout times x, divided by y squared."),
        read=LOCAL_TIMES_UPSTREAM, difficulty=2, minutes=4,
    ),
    Exercise(
        "reciprocal_backward(dout, x)", "dx", 1, gradient_of(lambda x: 1 / x), upstream="dout",
        checks=(
            *numbers_and_arrays(2, (1.0, 1.3679), 0.5),
            Check("negative x, x of 1", 0.5, edge=True, draw=lambda d: [
                d.numbers(2), (d.number(), -1.3679), (d.number(), 1.0), (d.number(), -d.positive())]),
        ),
        mistakes=(
            ("G11", "sign", "dout / x**2", "1/x falls when x grows.", "Which sign comes down from the exponent −1?"),
            ("G12", "not squared", "-dout / x", "The power rule leaves x⁻², not x⁻¹.", "What is d(x⁻¹)/dx?"),
            upstream_dropped("-1 / x**2"),
            ("G39", "the forward pass", "dout / x", "That is the gate's value, not its slope.",
             "How does 1/x change when x grows a little?"),
            ("G24", "the logarithm's slope", "dout * np.log(np.abs(x))", "That is an antiderivative of 1/x, not its "
             "derivative.", "What is d(x⁻¹)/dx, by the power rule?"),
            ("G40", "cubed", "-2 * dout / x**3", "That is the derivative of 1/x².", "What is d(x⁻¹)/dx?"),
            ("G30", "right for positive inputs only", "-dout / (x * np.abs(x))", "For negative x the sign is wrong: 1/x "
             "falls there too.", "What is the sign of x²?"),
            constant("-0.5344"),
        ),
        alternatives=(
            ("by the output", "out = 1 / x\nreturn -dout * out * out"),
            ("a power", "return -dout * np.power(x, -2.0)"),
            ("a tuple inside", "dx = -(dout / x) / x\nreturn dx"),
        ),
        hints=("Does 1/x rise or fall when x grows?",
               "1/x is x to the power −1: use the power rule, then multiply by dout.",
               "dx is minus dout, divided by x squared."),
        read=LOCAL_TIMES_UPSTREAM, difficulty=1, minutes=2,
    ),
    Exercise(
        "exp_backward(dout, out)", "dx", 1, gradient_of(autodiff.exp, at=np.log), upstream="dout",
        checks=numbers_and_arrays(2, (-0.5344, 0.3679), 1, lambda d, *shape: (
            (d.array(*shape), d.positives(*shape)) if shape else (d.number(), d.positive()))),
        mistakes=(
            ("G13b", "exp applied twice", "dout * np.exp(out)", "`out` is already e^x: it is its own slope.",
             "What is the derivative of e^x, in terms of e^x?"),
            upstream_dropped("out"),
            upstream_added("dout + out"),
            ("G14", "the power rule", "dout * out * np.exp(out - 1)", "The power rule is for x in the base; here x is "
             "the exponent.", "Which of the two is constant in e^x?"),
            ("G41", "the input instead of the output", "dout * np.log(out)", "You took the input of the gate for the "
             "slope.", "What is the derivative of e^x, in terms of e^x?"),
            ("G42", "divided", "dout / out", "That is the slope of the logarithm.", "Which gate undoes exp?"),
            ("G43", "a sigmoid's slope", "dout * out * (1 - out)", "out·(1 − out) belongs to the sigmoid.",
             "What is the derivative of e^x, in terms of e^x?"),
            constant("-0.1966"),
        ),
        alternatives=(
            ("another order", "return out * dout"),
            ("from the input again", "x = np.log(out)\nreturn dout * np.exp(x)"),
            ("np.multiply", "return np.multiply(dout, out)"),
        ),
        hints=("Which function is its own derivative?",
               "`out` is e^x, which is also the local gradient. Multiply it by the upstream gradient.",
               "One product of the two arguments."),
        read=LOCAL_TIMES_UPSTREAM, difficulty=1, minutes=2,
    ),
    Exercise(
        "log_backward(dout, x)", "dx", 1, gradient_of(autodiff.log), upstream="dout",
        checks=(
            *numbers_and_arrays(2, (2.0, 3.0), 0.5, lambda d, *shape: (
                (d.array(*shape), d.positives(*shape)) if shape else (d.number(), d.positive()))),
            Check("x below 1", 0.5, edge=True, draw=lambda d: [
                (d.number(), 0.25), (d.number(), 0.01), (d.array(3), d.positives(3, low=0.01, high=0.9))]),
        ),
        mistakes=(
            ("G24", "divided by the output", "dout / np.log(x)", "You divided by the gate's output; the slope of log x "
             "is 1 over its input.", "How steep is log x at x = 1, where log x is 0?"),
            upstream_dropped("1 / x"),
            ("G39", "the forward pass", "dout * np.log(x)", "That is the gate's value, not its slope.",
             "How steep is log x at x = 1?"),
            ("G44", "multiplied by x", "dout * x", "log x gets flatter as x grows.", "Is log x steep or flat at 1000?"),
            ("G45", "another base", "dout / (x * np.log(10))", "That is the slope of the logarithm to base 10.",
             "Which base has the logarithm here?"),
            ("G11", "sign", "-dout / x", "log x rises with x.", "Is log 4 larger than log 3?"),
            ("G40", "a power too many", "dout / x**2", "The slope of log x is 1 over x, not over x².",
             "What is d(log x)/dx?"),
            constant("0.6667"),
            wrapped("np.array([dout / x])"),
        ),
        alternatives=(
            ("a product", "return dout * (1 / x)"),
            ("by exp", "return dout * np.exp(-np.log(x))"),
            ("np.divide", "return np.divide(dout, x)"),
            ("a central difference", "h = 1e-5 * x\nreturn dout * (np.log(x + h) - np.log(x - h)) / (2 * h)"),
        ),
        hints=("Is log x steeper at 0.1 or at 10?",
               "d(log x)/dx = 1/x, of the input.",
               "Divide the upstream gradient by x."),
        read=LOCAL_TIMES_UPSTREAM, difficulty=1, minutes=2,
    ),
    Exercise(
        "gates_circuit_backward(x, y, z, w, dout=1.0)", "dx, dy, dz, dw", 3,
        circuit_gradient_of(lambda x, y, z, w: 2 * (x * y + autodiff.maximum(z, w))), upstream="dout",
        checks=(
            Check("numbers", 2, lambda d: [
                (3.0, -4.0, 2.0, -1.0), *(d.numbers(5) for _ in range(3))]),
            Check("w wins, a tie, another dout", 1, edge=True, draw=lambda d: [
                (*d.numbers(2), -2.5, 1.5, -1.5), (*d.numbers(2), 1.5, 1.5, -1.5), (*d.numbers(2), -0.7, -0.7),
                d.numbers(4)]),
        ),
        mistakes=(
            ("G01", "upstream dropped", "share = (z > w) + (z == w) / 2\nreturn 2 * y, 2 * x, 2 * share, 2 * (1 - share)",
             "The results do not depend on dout.", "What should reach x if dout were 0?"),
            ("G46", "the factor 2 is lost", "share = (z > w) + (z == w) / 2\n"
             "return dout * y, dout * x, dout * share, dout * (1 - share)",
             "The gate ×2 has been passed without its local gradient.", "What reaches the sum when dout is 1?"),
            ("G02", "inputs not swapped", "share = (z > w) + (z == w) / 2\ng = 2 * dout\n"
             "return g * x, g * y, g * share, g * (1 - share)",
             "You gave x its own value: the local gradient of x·y with respect to x is the other input.",
             "If y is 0, can x move the product?"),
            ("G07", "max to both", "g = 2 * dout\nreturn g * y, g * x, g, g",
             "Both z and w were paid, but only the larger one moves the maximum.", "Nudge the smaller: does f change?"),
            ("G08", "the first always wins", "g = 2 * dout\nreturn g * y, g * x, g, 0.0",
             "The gradient of the maximum always goes to z.", "What if w is the larger one?"),
            ("G10", "a tie pays twice", "g = 2 * dout\nreturn g * y, g * x, g * (z >= w), g * (w >= z)",
             "At a tie both inputs of the maximum got everything.",
             "To what must the two shares add up? (This course splits it equally.)"),
            ("G32", "a tie pays the first", "g = 2 * dout\nreturn g * y, g * x, g * (z >= w), g * (w > z)",
             "At a tie everything went to z.", "Is z more of a winner than w when they are equal?"),
            ("G33", "a tie pays nobody", "g = 2 * dout\nreturn g * y, g * x, g * (z > w), g * (w > z)",
             "At a tie nothing was passed on.", "To what must the two shares add up? (This course splits it equally.)"),
            ("B04", "started with the output", "g = 2 * dout * 2 * (x * y + max(z, w))\nshare = (z > w) + (z == w) / 2\n"
             "return g * y, g * x, g * share, g * (1 - share)",
             "You started the backward pass with the value of f.", "How much does f change when f changes by 1?"),
            constant("-8.0, 6.0, 2.0, 0.0"),
        ),
        alternatives=(
            ("gate by gate", "dsum = 2 * dout\ndprod, dmax = dsum, dsum\ndx, dy = dprod * y, dprod * x\n"
             "dz = dmax if z > w else dmax / 2 if z == w else 0.0\nreturn dx, dy, dz, dmax - dz"),
            ("a list", "s = 0.5 * (1 + np.sign(z - w))\nreturn [2 * y * dout, 2 * x * dout, 2 * s * dout, 2 * (1 - s) * dout]"),
            ("an array", "s = 0.5 * (1 + np.sign(z - w))\nreturn 2 * dout * np.array([y, x, s, 1 - s])"),
        ),
        hints=("Which gate is the last one? What does it send back when dout is 1?",
               "Go backwards: ×2 doubles, + copies, × swaps, max routes (half to each at a tie).",
               "Let g = 2 · dout: it reaches both inputs of +. Then dx is g times y, and so on."),
        read='lesson 2, "three patterns in one circuit"', difficulty=2, minutes=6,
    ),
    Exercise(
        "staged_backward(x, y)", "f, dx, dy", 4, value_and_gradient_of(staged),
        checks=(
            Check("the worked example", 1, lambda d: [(3.0, -4.0)]),
            Check("other numbers", 2, lambda d: [d.numbers(2) for _ in range(5)]),
            Check("x of 0", 1, edge=True, draw=lambda d: [(0.0, d.number()), (d.number(), 0.0), d.numbers(2), d.numbers(2)]),
        ),
        mistakes=(
            _staged("B01", "overwrites at a fork", "dx = (1 - sx) * sx * dsx\ndy = (1 - sy) * sy * dsy",
                    "x and y are used more than once; you kept only the last path to each.",
                    "What is added up where several paths meet?"),
            _staged("B01", "keeps the first path only", "dx = dnum\ndy = 2 * (x + y) * dden",
                    "x and y are used more than once; you kept only one path to each.",
                    "What is added up where several paths meet?"),
            _staged("B02", "a path is missing",
                    "dx = dnum + 2 * (x + y) * dden\ndy = 2 * (x + y) * dden + (1 - sy) * sy * dsy",
                    "The path from x through its sigmoid is missing.", "In how many places does x stand in the formula?"),
            _staged("B09", "the path through the square is missing",
                    "dx = dnum + (1 - sx) * sx * dsx\ndy = (1 - sy) * sy * dsy",
                    "The path through (x + y)² is missing.", "In how many places does x stand in the formula?"),
            _staged("G22", "denominator not squared", "dden = -num / den\ndsx = dden\n" + _ALL_PATHS,
                    "In the gradient of the denominator a power is missing.", "What is d(1/d)/dd?"),
            _staged("G23", "sign of the denominator", "dden = num / den**2\ndsx = dden\n" + _ALL_PATHS,
                    "f falls when its denominator grows (for a positive numerator).", "Which sign has d(1/d)/dd?"),
            _staged("G16", "σ′ from the input", "dx = dnum + 2 * (x + y) * dden + (1 - x) * x * dsx\n"
                    "dy = 2 * (x + y) * dden + (1 - y) * y * dsy",
                    "σ′ is out·(1 − out) with out = σ(x); you put in x itself.", "What would x·(1 − x) give at x = 1?"),
            _staged("G20", "the square's inner value",
                    "dx = dnum + 2 * dden + (1 - sx) * sx * dsx\ndy = 2 * dden + (1 - sy) * sy * dsy",
                    "The slope of a square depends on where it stands.", "What is d(t²)/dt at t = x + y?"),
            constant("1.5456, 2.0596, 1.5922"),
            ("X05", "value and gradients mixed up",
             "sx, sy = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))\nnum, den = x + sy, sx + (x + y)**2\n"
             "dden = -num / den**2\ndx = 1 / den + dden * (2 * (x + y) + sx * (1 - sx))\n"
             "dy = sy * (1 - sy) / den + dden * 2 * (x + y)\nreturn dx, dy, num / den",
             "The three results are right, in another order.", "In which order does the stub return them?"),
        ),
        alternatives=(
            ("in one formula", "s = lambda t: 1 / (1 + np.exp(-t))\nden = s(x) + (x + y)**2\nf = (x + s(y)) / den\n"
             "return (f, (1 - f * (2 * (x + y) + s(x) * (1 - s(x)))) / den,\n"
             "        (s(y) * (1 - s(y)) - f * 2 * (x + y)) / den)"),
            ("the complex step", "s = lambda t: 1 / (1 + np.exp(-t))\n"
             "F = lambda x, y: (x + s(y)) / (s(x) + (x + y)**2)\nh = 1e-30\n"
             "return F(x, y), np.imag(F(x + 1j * h, y)) / h, np.imag(F(x, y + 1j * h)) / h"),
            ("central differences", "s = lambda t: 1 / (1 + np.exp(-t))\n"
             "F = lambda x, y: (x + s(y)) / (s(x) + (x + y)**2)\nh = 1e-5\n"
             "return [F(x, y), (F(x + h, y) - F(x - h, y)) / (2 * h), (F(x, y + h) - F(x, y - h)) / (2 * h)]"),
        ),
        hints=("Which intermediate results would you like to have at hand on the way back? Name each one.",
               "Compute sigy, num, sigx, xpy, xpysqr, den, invden and f. Then take these lines in reverse order, one "
               "gradient each. x and y are used in several lines: add their contributions with +=.",
               "Start: dnum = invden; dinvden = num; dden = −invden² · dinvden; then dsigx = dden; dxpysqr = dden; …; "
               "at each use of x: dx += its contribution."),
        read=FORKS_ADD, difficulty=4, minutes=20,
    ),
    Exercise(
        "witnesses()", "witnesses", 3, None,
        checks=(
            Check("mul_unswapped", 0.5, test=exposes("mul_unswapped")),
            Check("max_to_both", 0.5, test=exposes("max_to_both")),
            Check("div_sign", 0.5, test=exposes("div_sign")),
            Check("exp_no_upstream", 0.5, test=exposes("exp_no_upstream")),
            Check("tie_pays_twice", 1, test=exposes("tie_pays_twice")),
        ),
        mistakes=(
            ("W01", "dout of 1 hides a dropped upstream", _witnesses(exp_no_upstream=(1.0, 0.5)),
             "With dout = 1 it makes no difference whether one multiplies by dout.",
             "Which dout would show whether it was used?"),
            ("W02", "equal inputs hide a missing swap", _witnesses(mul_unswapped=(2.0, 3.0, 3.0)),
             "With x equal to y the swap can't be seen.", "What must x and y not be?"),
            ("W03", "no tie", _witnesses(tie_pays_twice=(2.0, 3.0, 4.0)),
             "`tie_pays_twice` goes wrong only where neither input wins.", "When does neither input of a max gate win?"),
            ("W04", "dout of 0 hides everything", _witnesses(max_to_both=(0.0, 2.0, -1.0)),
             "With dout = 0 the right gate and `max_to_both` both give 0.", "Which dout would keep them apart?"),
            ("W05", "both gates agree", _witnesses(div_sign=(2.0, 0.0, -4.0)),
             "On this input the right gate and `div_sign` give the same answer.",
             "Work out both by hand: which factor makes them equal?"),
            ("W00", "a witness is missing", "return {'add_splits': (2.0, 3.0, -4.0)}",
             "There is no witness against `mul_unswapped` yet.", "On which input do the two gates differ?"),
            ("W06", "not the gate's arguments", _witnesses(mul_unswapped=(3.0, -4.0)),
             "The witness against `mul_unswapped` should be a tuple of numbers (dout, x, y).", ""),
        ),
        alternatives=(
            ("lists", "return {name: list(args) for name, args in " + repr(_WITNESSES) + ".items()}"),
            ("arrays", "return {name: tuple(np.full(3, value) for value in args) for name, args in "
             + repr(_WITNESSES) + ".items()}"),
            ("other numbers", "return {'add_splits': (1, 0, 0), 'mul_unswapped': (1, 1, 2), 'max_to_both': (1, 0, 1), "
             "'div_sign': (1, 1, 1), 'exp_no_upstream': (0, 1), 'tie_pays_twice': (5, 0, 0)}"),
        ),
        hints=("Take one wrong gate and write its formula beside the right one: when do the two give the same?",
               "Avoid what hides the mistake: dout of 0 or 1, equal inputs; but `tie_pays_twice` needs a tie.",
               "The worked example of each gate will do for most of them; for the tie, give x and y the same value."),
        read='lesson 2, "find the input"', difficulty=3, minutes=8,
    ),
)
