"""The neuron's loss, and a step downhill."""

import itertools

import numpy as np

import autodiff
from course.checks.comparing import compare, said
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT, ONLY_NUMBERS
from course.declarations.sigmoid_neuron.neurons import SATURATED, W, X, _inner, lists, neuron
from course.words import tr


def bce(w, x, t):
    """-(t ln f + (1 - t) ln(1 - f)) of the neuron, without f: ln(1 + e^z) - t z has no logarithm of 0."""
    z = _inner(w, x)
    return autodiff.softplus(z) - t * z


def bce_gradient(w, x, t):
    """The oracle of bce_backward."""
    _, pullback = autodiff.vjp(lambda w, x: bce(w, x, t), np.asarray(w, float), np.asarray(x, float))
    return tuple(pullback(1.0))


# (w, x) with a weighted sum of 1000 and of -1000: there f is 1, or 0, to the last digit
HIGH = (np.array([300.0, -200.0, 100.0]), np.array([2.0, -1.5]))
LOW = (-HIGH[0], HIGH[1])


def the_loss_falls(ask):
    """One step towards 1 and one towards 0: who pays no heed to the gradient's sign goes wrong in one of them."""
    for (w, x), t in itertools.product([neuron(ask.draw), neuron(ask.draw)], (0.0, 1.0)):
        dw, _ = bce_gradient(w, x, t)
        after = ask(w, dw, 0.1)
        problem = compare(after, w, ("w",))
        if problem and problem.kind != "value":
            return problem
        falls = bool(bce(np.asarray(after, float), x, t) < bce(w, x, t))
        if not ask.count(falls):
            return said(tr("Before the step the loss was {before}; after it, it is {after}.",
                           before=f"{float(bce(w, x, t)):.4f}",
                           after=f"{float(bce(np.asarray(after, float), x, t)):.4f}"),
                        "Which way does the gradient point, uphill or downhill?", "T03", "the loss does not fall")
    return None


# ------------------------------------------------------------------------------------ bce_backward

BCE = Exercise(
    "bce_backward(w, x, t)", "dw, dx", points=2, oracle=bce_gradient,
    checks=(
        Check("t of 1", 0.75, lambda d: [(W, X, 1), (*neuron(d), 1), (*neuron(d), 1)]),
        Check("t of 0", 0.5, draw=lambda d: [(W, X, 0), (*neuron(d), 0), (*neuron(d), 0)]),
        Check("a saturated neuron", 0.5, edge=True, draw=lambda d: [
            (*HIGH, 1), (*HIGH, 0), (*LOW, 1), (*LOW, 0)]),
        Check("lists, integers, any number of inputs", 0.25, edge=True, draw=lambda d: [
            (*neuron(d, 4), 1), ([2, -3, -3], [-1, -2], 0), (*lists(*neuron(d, 3)), 1), (*neuron(d, 1), 0)]),
    ),
    outside=SATURATED,
    hints=("What is the slope of −ln f with respect to f? And what does σ multiply it by?",
           "The slope of the loss holds 1/f or 1/(1 − f), the slope of σ is f·(1 − f): they cancel. What is left for "
           "the sum is f − t.",
           "Compute the sum and f. Call f − t dz. Then it goes on as in the neuron: x times dz, and dz for the "
           "bias; w times dz."),
    read='lesson 3, "a loss that undoes the saturation"', difficulty=3, minutes=8,
)


@BCE.mistake(code="A09", title="target minus output",
             says="The sign: that is the way downhill, but the gradient points uphill.",
             ask="When t is 1, should more of f raise the loss or lower it?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = t - f
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="A10", title="0 divided by 0",
             says="Where the neuron is saturated, f or 1 − f is 0, and you divide by it.",
             ask="Which factors cancel before you divide?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = (f - t) / (f * (1 - f)) * f * (1 - f)
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="A10", title="overflow",
             says="e^1000 does not fit into a number, and infinity divided by infinity is nan.",
             ask="Which exponent would be small instead?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = np.exp(z) / (1 + np.exp(z))
    dz = f - t
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="G74", title="the slope of the loss alone",
             says="You stopped at f: the gate σ is missing between the loss and the sum.",
             ask="What is df/dz, made of f?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = -(t / f) + (1 - t) / (1 - f)
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="G75", title="the slope of σ once too often",
             says="That is the gradient of a squared error (f − t)²/2, which dies where f saturates.",
             ask="What is 1/f times f·(1 − f)?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = (f - t) * f * (1 - f)
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="G76", title="right for t of 1 only",
             says="t does not stand in your formula, as if it were always 1.",
             ask="What should the gradient be when t is 0 and f is 0?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = f - 1
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="G77", title="t is ignored",
             says="t does not stand in your formula, as if it were always 0.",
             ask="What should the gradient be when t is 1 and f is 1?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = f
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="G02", title="inputs not swapped",
             says="The weights got the weights and the inputs the inputs: the local gradient for one factor is the "
                  "other.",
             ask="If x[0] is 0, can w[0] move the sum?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = f - t
    return np.append(dz * w[:-1], dz), dz * x


@BCE.mistake(code="B38", title="the bias is missing",
             says="dw has one entry too few: the bias is a weight too.",
             ask="By how much does the sum grow when the bias grows by 1?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = f - t
    return dz * x, dz * w[:-1]


@BCE.mistake(code="B04", title="started with the output",
             says="You multiplied by the value of the loss.",
             ask="How much does the loss change when it changes by 1?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = (f - t) * -(t * np.log(max(f, 1e-300)) + (1 - t) * np.log(max(1 - f, 1e-300)))
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(code="G26", title="the bias scaled by its own value",
             says="The bias is added, not multiplied: its local gradient is 1.",
             ask="By how much does the sum grow when the bias grows by 1?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = f - t
    return np.append(dz * x, dz * w[-1]), dz * w[:-1]


@BCE.mistake(code="G79", title="no answer in it",
             says="The answer t is not in it.",
             ask="What should the gradient be when f is exactly t?")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = np.dot(w[:-1], x) + w[-1]
    f = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    dz = f - 0.5
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.mistake(**CONSTANT)
def bce_backward(w, x, t):
    return [0.2689, 0.5379, -0.2689], [-0.5379, 0.8068]


@BCE.alternative(title="a clipped output")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = w[:-1] @ x + w[-1]
    f = np.clip(1 / (1 + np.exp(-np.clip(z, -700, 700))), 1e-12, 1 - 1e-12)
    dz = (-t / f + (1 - t) / (1 - f)) * f * (1 - f)
    return np.append(dz * x, dz), dz * w[:-1]


@BCE.alternative(title="lists")
def bce_backward(w, x, t):
    z = sum(a * b for a, b in zip(w, x)) + w[-1]
    e = np.exp(-abs(z))
    f = (1 if z >= 0 else e) / (1 + e)
    return [*((f - t) * v for v in x), f - t], [(f - t) * v for v in w[:-1]]


@BCE.alternative(title="the formula as it stands: numpy warns")
def bce_backward(w, x, t):
    w, x = np.asarray(w, float), np.asarray(x, float)
    dz = 1 / (1 + np.exp(-(np.dot(w[:-1], x) + w[-1]))) - t
    return np.concatenate([dz * x, [dz]]), dz * w[:-1]


@BCE.alternative(title="by cases of t")
def bce_backward(w, x, t):
    w, x = np.array(w, float), np.array(x, float)
    z = w[:-1].dot(x) + w[-1]
    side = z if t == 0 else -z
    f = 0.5 * (1 + np.tanh(side / 2))
    dz = f if t == 0 else -f
    return (dz * np.array([*x, 1.0])), dz * w[:-1]


# ------------------------------------------------------------------------------------ sgd_step

SGD_STEP = Exercise(
    "sgd_step(w, dw, lr)", "w", points=1, oracle=lambda w, dw, lr: w - lr * dw,
    checks=(
        Check("the step", 0.5, lambda d: [
            (2.0, -0.1966, 0.1), (d.array(3), d.array(3), 0.1), (d.array(2, 3), d.array(2, 3), 0.03)]),
        Check("the loss falls", 0.25, test=the_loss_falls),
        Check("w stays as it was", 0.25, edge=True, shown=True, draw=lambda d: [
            (d.array(4), d.array(4), 0.7), (d.array(3, 2), d.array(3, 2), 0.001), (d.number(), d.number(), 0.25)]),
    ),
    outside={"lr": "a learning rate is a small step, above 0"},
    hints=("The gradient points to where the loss grows. Where do you want to go?",
           "Take lr times the gradient away from w, and leave the w that came in as it was.",
           "A difference: w, less the product of the other two. It makes a new array by itself."),
    read='lesson 3, "one step downhill"', difficulty=1, minutes=2,
)


@SGD_STEP.mistake(code="T03", title="sign of the step",
                  says="The step went uphill: the gradient points to where the loss grows.",
                  ask="Which way lies a smaller loss?")
def sgd_step(w, dw, lr):
    return w + lr * dw


@SGD_STEP.mistake(code="A06", title="writes into its argument",
                  says="The array w that came in was changed; whoever still uses it now has other weights.",
                  ask="How could you make a new array instead?")
def sgd_step(w, dw, lr):
    w -= lr * dw
    return w


@SGD_STEP.mistake(code="T31", title="the learning rate is lost",
                  says="The step has the length of the gradient itself.",
                  ask="Where does lr come in?")
def sgd_step(w, dw, lr):
    return w - dw


@SGD_STEP.mistake(code="T32", title="the step alone",
                  says="You returned the change of w, not the new w.",
                  ask="From where does the step start?")
def sgd_step(w, dw, lr):
    return -lr * dw


@SGD_STEP.mistake(code="T33", title="shrinks w",
                  says="The step was multiplied with w; it is to be taken from w.",
                  ask="Where does a weight of 0 go, if its gradient is 1?")
def sgd_step(w, dw, lr):
    return w * (1 - lr * dw)


@SGD_STEP.mistake(code="T34", title="direction only",
                  says="Every weight took a step of the same length.",
                  ask="Should a steep direction and a flat one get the same step?")
def sgd_step(w, dw, lr):
    return w - lr * np.sign(dw)


@SGD_STEP.mistake(code="T35", title="divided by the learning rate",
                  says="A smaller learning rate should give a smaller step.",
                  ask="How far do you go when lr is 0?")
def sgd_step(w, dw, lr):
    return w - dw / lr


@SGD_STEP.mistake(code="T36", title="w and dw mixed up",
                  says="Weights and gradients have changed places.",
                  ask="Which of the two do you want back, a little changed?")
def sgd_step(w, dw, lr):
    return dw - lr * w


@SGD_STEP.mistake(code="G30", title="right for positive gradients only",
                  says="The sign of the gradient is lost.",
                  ask="Which way should a weight go when its gradient is negative?")
def sgd_step(w, dw, lr):
    return w - lr * np.abs(dw)


@SGD_STEP.mistake(**ONLY_NUMBERS)
def sgd_step(w, dw, lr):
    return float(w) - lr * float(dw)


@SGD_STEP.mistake(**CONSTANT)
def sgd_step(w, dw, lr):
    return 2.0197


@SGD_STEP.alternative(title="another order")
def sgd_step(w, dw, lr):
    return -dw * lr + w


@SGD_STEP.alternative(title="a copy")
def sgd_step(w, dw, lr):
    new = np.array(w, dtype=float)
    new -= lr * dw
    return new


@SGD_STEP.alternative(title="np.subtract")
def sgd_step(w, dw, lr):
    return np.subtract(w, np.multiply(dw, lr))
