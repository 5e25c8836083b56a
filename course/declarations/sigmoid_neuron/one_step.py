"""The neuron in one step."""

import numpy as np

import autodiff
from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT
from course.declarations.sigmoid_neuron.neurons import SATURATED, W, X, _inner, lists, neuron, red_numbers
from course.words import tr


def neuron_gradient(w, x, dout=1.0):
    """The oracle of neuron_backward, for any number of inputs."""
    _, pullback = autodiff.vjp(lambda w, x: autodiff.sigmoid(_inner(w, x)), np.asarray(w, float), np.asarray(x, float))
    return tuple(pullback(dout))


def agrees_with_the_gates(ask):
    """Twenty draws, each compared with the gate-by-gate gradient to 1e-12."""
    for _ in range(20):
        (w, x), dout = neuron(ask.draw), ask.draw.number()
        red = red_numbers({"w": w, "x": x}, dout)
        expected = red["dw"], red["dx"]
        asked = ask.record((w, x, dout), expected)
        if asked.problem:
            return asked.problem
        off = max(float(np.abs(np.asarray(got) - right).max() / np.abs(right).max())
                  for got, right in zip(asked.reply.result, expected, strict=True))
        if ask.count(off > 1e-12):
            return said(tr("Your gradients and those that come gate by gate differ by {off} of their size. That is "
                           "more than rounding.", off=f"{off:.0e}"),
                        "Which step of yours is an approximation?", "C37", "not to the last digits")
    return None


# ------------------------------------------------------------------------------------ neuron_backward

NEURON = Exercise(
    "neuron_backward(w, x, dout=1.0)", "dw, dx", points=2, oracle=neuron_gradient, upstream="dout",
    checks=(
        Check("the worked example", 0.5, lambda d: [(W, X)]),
        Check("another upstream gradient", 0.5, lambda d: [(*neuron(d), d.number()), (*neuron(d), d.number())]),
        Check("lists, integers, any number of inputs", 0.5, edge=True, draw=lambda d: [
            (*neuron(d, 4), d.number()), ([2, -3, -3], [-1, -2]), (*lists(*neuron(d, 3)), d.number()), neuron(d, 1)]),
        Check("as gate by gate, to 1e-12", 0.5, edge=True, test=agrees_with_the_gates),
    ),
    outside=SATURATED,
    hints=("The four last gates together are one: what is the slope of the sigmoid, made of f?",
           "One number does most of it: ddot = dout · f · (1 − f). The weights get the inputs times it, the inputs the "
           "weights, the bias ddot itself.",
           "Compute the sum and f. dw holds ddot times each x, and ddot at the end. dx holds ddot times each weight "
           "but the last."),
    read='lesson 3, "one gate instead of four"', difficulty=2, minutes=6,
)


@NEURON.mistake(code="G01", title="upstream dropped",
                says="The gradients do not depend on dout.",
                ask="What should reach the weights if dout were 0?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = f * (1 - f)
    return np.append(ddot * x, ddot), ddot * w[:-1]


@NEURON.mistake(code="G16", title="σ′ from the input",
                says="The sigmoid's slope is made of its output; you put in the weighted sum.",
                ask="What would z·(1 − z) give at z = 1?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * z * (1 - z)
    return np.append(ddot * x, ddot), ddot * w[:-1]


@NEURON.mistake(code="G17", title="the sigmoid applied twice",
                says="The slope was taken of f put through the sigmoid once more.",
                ask="Which number lies between 0 and 1 already?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * (s := 1 / (1 + np.exp(-f))) * (1 - s)
    return np.append(ddot * x, ddot), ddot * w[:-1]


@NEURON.mistake(code="G02", title="inputs not swapped",
                says="The weights got the weights and the inputs the inputs: the local gradient for one factor is the "
                     "other.",
                ask="If x[0] is 0, can w[0] move the sum?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f * (1 - f)
    return np.append(ddot * w[:-1], ddot), ddot * x


@NEURON.mistake(code="B01", title="overwritten in the loop",
                says="All but the last input's weight got 0, as if each turn of a loop had begun anew.",
                ask="What do you do with what you have already, when the next entry comes?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f * (1 - f)
    return [(i == len(x) - 1) * ddot * x[i] for i in range(len(x))] + [ddot], ddot * w[:-1]


@NEURON.mistake(code="B38", title="the bias is missing",
                says="dw has one entry too few: the bias is a weight too.",
                ask="By how much does the sum grow when the bias grows by 1?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f * (1 - f)
    return ddot * x, ddot * w[:-1]


@NEURON.mistake(code="B40", title="the bias at the front",
                says="The bias is the last entry of w, so its gradient is the last of dw.",
                ask="Which entry of w has no input?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f * (1 - f)
    return np.append(ddot, ddot * x), ddot * w[:-1]


@NEURON.mistake(code="G26", title="the bias scaled by its own value",
                says="The bias is added, not multiplied: its local gradient is 1.",
                ask="By how much does the sum grow when the bias grows by 1?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f * (1 - f)
    return np.append(ddot * x, ddot * w[-1]), ddot * w[:-1]


@NEURON.mistake(code="G11", title="sign",
                says="A larger sum gives a larger f.",
                ask="Which sign has 1 − f?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = -dout * f * (1 - f)
    return np.append(ddot * x, ddot), ddot * w[:-1]


@NEURON.mistake(code="G67", title="a factor of the slope is missing",
                says="The slope of the sigmoid has two factors.",
                ask="How steep is the sigmoid where f is nearly 1?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f
    return np.append(ddot * x, ddot), ddot * w[:-1]


@NEURON.mistake(code="C01", title="an array of integers",
                says="w came as integers, and an array like w can't hold a fraction.",
                ask="What is the dtype of the array that you wrote into?")
def neuron_backward(w, x, dout=1.0):
    dw = np.zeros_like(w)
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f * (1 - f)
    return (dw.__setitem__(slice(-1), ddot * x), dw.__setitem__(-1, ddot), dw)[2], ddot * w[:-1]


@NEURON.mistake(code="X33", title="rounded",
                says="f was rounded on the way: 0.73 in place of 0.7311 gives 0.1971 in place of 0.1966.",
                ask="Where may one round, and where not?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * round(f, 2) * (1 - round(f, 2))
    return np.append(ddot * x, ddot), ddot * w[:-1]


@NEURON.mistake(code="X32", title="right for the worked example's size only",
                says="Two inputs go through; other numbers of inputs do not.",
                ask="How many entries has w, as against x?")
def neuron_backward(w, x, dout=1.0):
    z = w[0] * x[0] + w[1] * x[1] + w[2]
    f = 1 / (1 + np.exp(-z))
    d = dout * f * (1 - f)
    return [d * x[0], d * x[1], d], [d * w[0], d * w[1]]


@NEURON.mistake(code="C36", title="a numerical slope",
                says="The numbers are nearly right, as those of a difference are; the exact gradient takes one step.",
                ask="What is the slope of the sigmoid, made of f?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.array(w, float), np.array(x, float)
    F = lambda w, x: 1 / (1 + np.exp(-(np.dot(w[:-1], x) + w[-1])))
    h = 1e-5
    dw = [dout * (F(w + h * e, x) - F(w - h * e, x)) / (2 * h) for e in np.eye(len(w))]
    dx = [dout * (F(w, x + h * e) - F(w, x - h * e)) / (2 * h) for e in np.eye(len(x))]
    return dw, dx


@NEURON.mistake(**CONSTANT)
def neuron_backward(w, x, dout=1.0):
    return [-0.1966, -0.3932, 0.1966], [0.3932, -0.5898]


@NEURON.mistake(code="X05", title="the results the other way round",
                says="dx came first; the stub names dw first.",
                ask="In which order come the arguments?")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z))
    ddot = dout * f * (1 - f)
    return ddot * w[:-1], np.append(ddot * x, ddot)


@NEURON.alternative(title="lists")
def neuron_backward(w, x, dout=1.0):
    z = sum(a * b for a, b in zip(w, x)) + w[-1]
    f = 1 / (1 + np.exp(-z))
    d = dout * (1 - f) * f
    return [*(d * value for value in x), d], [d * value for value in w[:-1]]


@NEURON.alternative(title="gate by gate")
def neuron_backward(w, x, dout=1.0):
    w, x = np.asarray(w), np.asarray(x)
    e = np.exp(-(w[:-1] @ x + w[-1]))
    dplus1 = -dout / (1 + e)**2
    ddot = -dplus1 * e
    return np.concatenate([ddot * x, [ddot]]), w[:-1] * ddot


@NEURON.alternative(title="an input of 1 for the bias")
def neuron_backward(w, x, dout=1.0):
    x1 = np.array([*x, 1.0])
    f = 1 / (1 + np.exp(-np.einsum("i,i", w, x1)))
    d = dout * f * (1 - f)
    return d * x1, d * np.array(w)[:len(x)]


@NEURON.alternative(title="the complex step")
def neuron_backward(w, x, dout=1.0):
    w, x = np.array(w, complex), np.array(x, complex)
    F = lambda w, x: 1 / (1 + np.exp(-(np.dot(w[:-1], x) + w[-1])))
    h = 1e-30
    dw = [dout * np.imag(F(w + 1j * h * e, x)) / h for e in np.eye(len(w))]
    dx = [dout * np.imag(F(w, x + 1j * h * e)) / h for e in np.eye(len(x))]
    return dw, dx
