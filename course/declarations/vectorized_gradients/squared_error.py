"""The mean squared error."""

import numpy as np

import autodiff
from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.words import tr


def mse_gradient(pred, target):
    loss, pullback = autodiff.vjp(lambda p: autodiff.mse(p, target), pred)
    return loss, pullback(1.0)[0]


def refuses_other_shapes(ask):
    """mse must turn down predictions and targets of different shapes."""
    for pred, target in ((ask.draw.array(4, 1), ask.draw.array(4)), (ask.draw.array(3), ask.draw.array(3, 1))):
        ask.refuses(pred, target, otherwise=said(
            tr("pred has shape {pred} and target {target}: your function went on all the same.", pred=pred.shape,
               target=target.shape),
            "What should the function do when the two shapes differ?", "V15", "different shapes are not refused"))


# ------------------------------------------------------------------------------------ mse

MSE = Exercise(
    "mse(pred, target)", "loss, dpred", points=1, oracle=mse_gradient, axes={"pred": "NC", "target": "NC"},
    checks=(
        *(Check(part, 0.25, part=part, draw=lambda d: [d.arrays(2, 4, 3), d.arrays(2, 3, 5)])
          for part in ("loss", "dpred")),
        Check("other shapes", 0.25, edge=True, draw=lambda d: [d.arrays(2, 5), d.arrays(2, 5, 1), d.arrays(2, 1, 3)]),
        Check("shapes that differ are refused", 0.25, edge=True, shown=True, test=refuses_other_shapes),
    ),
    hints=("What does numpy make of a (4, 1) array minus a (4,) array?",
           "Compare the shapes first, and raise a ValueError that names both. The gradient of the mean of t² is 2t "
           "divided by the number of elements.",
           "That number is pred.size."),
    read='lesson 4, "sums and means"', difficulty=1, minutes=5,
)


@MSE.mistake(code="V13", title="divided by N alone",
             says="You divided by the number of rows; the mean is over all elements, as in PyTorch.",
             ask="How many squares are averaged?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.sum((pred - target)**2) / len(pred), 2 * (pred - target) / len(pred)


@MSE.mistake(code="V13", title="dpred divided by N alone",
             says="dpred is divided by the number of rows; the mean is over all elements, as in PyTorch.",
             ask="How many squares are averaged?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.mean((pred - target)**2), 2 * (pred - target) / len(pred)


@MSE.mistake(code="V15", title="shapes broadcast in silence",
             says="(N, 1) and (N,) were broadcast to (N, N): every prediction was compared with every target.",
             ask="What should the function do when the two shapes differ?")
def mse(pred, target):
    return np.mean((pred - target)**2), 2 * (pred - target) / pred.size


@MSE.mistake(code="V27", title="reshapes in silence",
             says="Your function bent one array into the other's shape. It can't know which element belongs to which: "
                  "it should stop with an error that says so.",
             ask="What should the function do when the two shapes differ?")
def mse(pred, target):
    target = np.reshape(target, pred.shape)
    return np.mean((pred - target)**2), 2 * (pred - target) / pred.size


@MSE.mistake(code="W07", title="an error without a message",
             says="Your function stops, as it should, but without a word.",
             ask="What would you like to read there, a month from now?")
def mse(pred, target):
    assert pred.shape == target.shape
    return np.mean((pred - target)**2), 2 * (pred - target) / pred.size


@MSE.mistake(code="V12", title="nothing divided",
             says="dpred is the gradient of the sum of squares; the loss is their mean.",
             ask="How many squares are averaged?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.mean((pred - target)**2), 2 * (pred - target)


@MSE.mistake(code="G46", title="the factor 2 is lost",
             says="The square's factor 2 is missing in dpred.",
             ask="What is d(t²)/dt?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.mean((pred - target)**2), (pred - target) / pred.size


@MSE.mistake(code="A09", title="sign",
             says="dpred has the other sign: a step against it would go uphill.",
             ask="If pred is too large, which way does the loss move when pred grows?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.mean((pred - target)**2), 2 * (target - pred) / pred.size


@MSE.mistake(code="V24", title="the root of it",
             says="That is the root of the mean squared error.",
             ask="What does the name mse say?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.sqrt(np.mean((pred - target)**2)), 2 * (pred - target) / pred.size


@MSE.mistake(code="V25", title="absolute differences",
             says="That is the mean absolute error.",
             ask="What does the name mse say?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.mean(np.abs(pred - target)), np.sign(pred - target) / pred.size


@MSE.mistake(code="V26", title="a half in front",
             says="There is a factor ½ in front. It makes the gradient pretty, but the mean squared error has none, as "
                  "in PyTorch.",
             ask="What is the mean of the squares?")
def mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError("one shape, please")
    return np.mean((pred - target)**2) / 2, (pred - target) / pred.size


@MSE.alternative(title="an assertion with a message")
def mse(pred, target):
    assert pred.shape == target.shape, f"{pred.shape} and {target.shape} differ"
    off = pred - target
    return (off * off).mean(), 2 * off / off.size


@MSE.alternative(title="loops")
def mse(pred, target):
    if pred.shape != target.shape:
        raise np.linalg.LinAlgError("pred and target have different shapes")      # a kind of ValueError
    loss, dpred = 0.0, np.zeros(pred.shape)
    for i in np.ndindex(pred.shape):
        loss += (pred[i] - target[i])**2 / pred.size
        dpred[i] = 2 * (pred[i] - target[i]) / pred.size
    return loss, dpred


@MSE.alternative(title="a dot product")
def mse(pred, target):
    if np.shape(pred) != np.shape(target):
        raise ValueError("shapes differ")
    off = np.ravel(pred - target)
    return [off @ off / off.size, np.reshape(2 / off.size * off, pred.shape)]
