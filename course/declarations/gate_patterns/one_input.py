"""Gates of one input: 1/x, exp and log."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.gate_patterns.gates import numbers_and_arrays
from course.declarations.shared import CONSTANT, UPSTREAM_ADDED, UPSTREAM_DROPPED, WRAPPED

# ------------------------------------------------------------------------------------ reciprocal_backward

RECIPROCAL = Exercise(
    "reciprocal_backward(dout, x)", "dx", points=1, oracle=gradient_of(lambda x: 1 / x), upstream="dout",
    checks=(
        *numbers_and_arrays(2, (1.0, 1.3679), 0.5),
        Check("negative x, x of 1", 0.5, edge=True, draw=lambda d: [
            d.numbers(2), (d.number(), -1.3679), (d.number(), 1.0), (d.number(), -d.positive())]),
    ),
    outside={"x": {"zero": "1/x has no slope at 0"}},
    hints=("Does 1/x rise or fall when x grows?",
           "1/x is x to the power −1: use the power rule, then multiply by dout.",
           "dx is minus dout, divided by x squared."),
    read='lesson 2, "local × upstream"', difficulty=1, minutes=2,
)


@RECIPROCAL.mistake(code="G11", title="sign",
                    says="1/x falls when x grows.",
                    ask="Which sign comes down from the exponent −1?")
def reciprocal_backward(dout, x):
    return dout / x**2


@RECIPROCAL.mistake(code="G12", title="not squared",
                    says="The power rule leaves x⁻², not x⁻¹.",
                    ask="What is d(x⁻¹)/dx?")
def reciprocal_backward(dout, x):
    return -dout / x


@RECIPROCAL.mistake(**UPSTREAM_DROPPED)
def reciprocal_backward(dout, x):
    return -1 / x**2


@RECIPROCAL.mistake(code="G39", title="the forward pass",
                    says="That is the gate's value, not its slope.",
                    ask="How does 1/x change when x grows a little?")
def reciprocal_backward(dout, x):
    return dout / x


@RECIPROCAL.mistake(code="G24", title="the logarithm's slope",
                    says="That is an antiderivative of 1/x, not its derivative.",
                    ask="What is d(x⁻¹)/dx, by the power rule?")
def reciprocal_backward(dout, x):
    return dout * np.log(np.abs(x))


@RECIPROCAL.mistake(code="G40", title="cubed",
                    says="That is the derivative of 1/x².",
                    ask="What is d(x⁻¹)/dx?")
def reciprocal_backward(dout, x):
    return -2 * dout / x**3


@RECIPROCAL.mistake(code="G30", title="right for positive inputs only",
                    says="For negative x the sign is wrong: 1/x falls there too.",
                    ask="What is the sign of x²?")
def reciprocal_backward(dout, x):
    return -dout / (x * np.abs(x))


@RECIPROCAL.mistake(**CONSTANT)
def reciprocal_backward(dout, x):
    return -0.5344


@RECIPROCAL.alternative(title="by the output")
def reciprocal_backward(dout, x):
    out = 1 / x
    return -dout * out * out


@RECIPROCAL.alternative(title="a power")
def reciprocal_backward(dout, x):
    return -dout * np.power(x, -2.0)


@RECIPROCAL.alternative(title="a tuple inside")
def reciprocal_backward(dout, x):
    dx = -(dout / x) / x
    return dx


# ------------------------------------------------------------------------------------ exp_backward

EXP = Exercise(
    "exp_backward(dout, out)", "dx", points=1, oracle=gradient_of(autodiff.exp, at=np.log), upstream="dout",
    checks=numbers_and_arrays(2, (-0.5344, 0.3679), 1, lambda d, *shape: (
        (d.array(*shape), d.positives(*shape)) if shape else (d.number(), d.positive()))),
    outside={"out": {"zero": "e^x is above 0", "negative": "e^x is above 0", "equal": "e^x is above 0"}},
    hints=("Which function is its own derivative?",
           "`out` is e^x, which is also the local gradient. Multiply it by the upstream gradient.",
           "One product of the two arguments."),
    read='lesson 2, "local × upstream"', difficulty=1, minutes=2,
)


@EXP.mistake(code="G13b", title="exp applied twice",
             says="`out` is already e^x: it is its own slope.",
             ask="What is the derivative of e^x, in terms of e^x?")
def exp_backward(dout, out):
    return dout * np.exp(out)


@EXP.mistake(**UPSTREAM_DROPPED)
def exp_backward(dout, out):
    return out


@EXP.mistake(**UPSTREAM_ADDED)
def exp_backward(dout, out):
    return dout + out


@EXP.mistake(code="G14", title="the power rule",
             says="The power rule is for x in the base; here x is the exponent.",
             ask="Which of the two is constant in e^x?")
def exp_backward(dout, out):
    return dout * out * np.exp(out - 1)


@EXP.mistake(code="G41", title="the input instead of the output",
             says="You took the input of the gate for the slope.",
             ask="What is the derivative of e^x, in terms of e^x?")
def exp_backward(dout, out):
    return dout * np.log(out)


@EXP.mistake(code="G42", title="divided",
             says="That is the slope of the logarithm.",
             ask="Which gate undoes exp?")
def exp_backward(dout, out):
    return dout / out


@EXP.mistake(code="G43", title="a sigmoid's slope",
             says="out·(1 − out) belongs to the sigmoid.",
             ask="What is the derivative of e^x, in terms of e^x?")
def exp_backward(dout, out):
    return dout * out * (1 - out)


@EXP.mistake(**CONSTANT)
def exp_backward(dout, out):
    return -0.1966


@EXP.alternative(title="another order")
def exp_backward(dout, out):
    return out * dout


@EXP.alternative(title="from the input again")
def exp_backward(dout, out):
    x = np.log(out)
    return dout * np.exp(x)


@EXP.alternative(title="np.multiply")
def exp_backward(dout, out):
    return np.multiply(dout, out)


# ------------------------------------------------------------------------------------ log_backward

LOG = Exercise(
    "log_backward(dout, x)", "dx", points=1, oracle=gradient_of(autodiff.log), upstream="dout",
    checks=(
        *numbers_and_arrays(2, (2.0, 3.0), 0.5, lambda d, *shape: (
            (d.array(*shape), d.positives(*shape)) if shape else (d.number(), d.positive()))),
        Check("x below 1", 0.5, edge=True, draw=lambda d: [
            (d.number(), 0.25), (d.number(), 0.01), (d.array(3), d.positives(3, low=0.01, high=0.9))]),
    ),
    outside={"x": {"zero": "there is no log 0", "negative": "there is no log of what is below 0",
                   "equal": "x is above 0"}},
    hints=("Is log x steeper at 0.1 or at 10?",
           "d(log x)/dx = 1/x, of the input.",
           "Divide the upstream gradient by x."),
    read='lesson 2, "local × upstream"', difficulty=1, minutes=2,
)


@LOG.mistake(code="G24", title="divided by the output",
             says="You divided by the gate's output; the slope of log x is 1 over its input.",
             ask="How steep is log x at x = 1, where log x is 0?")
def log_backward(dout, x):
    return dout / np.log(x)


@LOG.mistake(**UPSTREAM_DROPPED)
def log_backward(dout, x):
    return 1 / x


@LOG.mistake(code="G39", title="the forward pass",
             says="That is the gate's value, not its slope.",
             ask="How steep is log x at x = 1?")
def log_backward(dout, x):
    return dout * np.log(x)


@LOG.mistake(code="G44", title="multiplied by x",
             says="log x gets flatter as x grows.",
             ask="Is log x steep or flat at 1000?")
def log_backward(dout, x):
    return dout * x


@LOG.mistake(code="G45", title="another base",
             says="That is the slope of the logarithm to base 10.",
             ask="Which base has the logarithm here?")
def log_backward(dout, x):
    return dout / (x * np.log(10))


@LOG.mistake(code="G11", title="sign",
             says="log x rises with x.",
             ask="Is log 4 larger than log 3?")
def log_backward(dout, x):
    return -dout / x


@LOG.mistake(code="G40", title="a power too many",
             says="The slope of log x is 1 over x, not over x².",
             ask="What is d(log x)/dx?")
def log_backward(dout, x):
    return dout / x**2


@LOG.mistake(**CONSTANT)
def log_backward(dout, x):
    return 0.6667


@LOG.mistake(**WRAPPED)
def log_backward(dout, x):
    return np.array([dout / x])


@LOG.alternative(title="a product")
def log_backward(dout, x):
    return dout * (1 / x)


@LOG.alternative(title="by exp")
def log_backward(dout, x):
    return dout * np.exp(-np.log(x))


@LOG.alternative(title="np.divide")
def log_backward(dout, x):
    return np.divide(dout, x)


@LOG.alternative(title="a central difference")
def log_backward(dout, x):
    h = 1e-5 * x
    return dout * (np.log(x + h) - np.log(x - h)) / (2 * h)
