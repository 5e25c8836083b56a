"""The questions that lessons ask before they show a number: what is right, and what the usual wrong numbers mean.

They stand here and not in the lessons' cells, so that a cell does not hold its own answer.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, pairwise

import autodiff
from course.watching import network


@dataclass(frozen=True)
class Question:
    """A question for a number.

    truth  the number
    unit   what to write behind it
    known  for a number that is a usual mistake: what it is, in a sentence
    """

    truth: Callable[[], float]
    unit: str = ""
    known: tuple[tuple[Callable[[], float], str], ...] = ()


def _circuit(x, y, z):
    return (x + y) * z


def _patterns(x, y, z, w):
    return 2 * (x * y + autodiff.maximum(z, w))


def _squared(x, y, z):
    return ((x + y) * z)**2


def _doubled_twice(a):
    b = a + a
    return b + b


def _neuron(w0):
    return autodiff.sigmoid(w0 * -1 + -3 * -2 - 3)


def _watched(step, **settings):
    """The small network of lesson 8 after so many steps."""
    return next(islice(network.moments(network.Settings(**settings)), step, None))


def _shrinks(depth, activation="sigmoid"):
    first, *_, last = _watched(0, activation=activation, depth=depth).gradients
    return last / first


def _rises(rate, steps=40):
    losses = [moment.loss for moment in islice(network.moments(network.Settings(rate, activation="tanh")), steps + 1)]
    return sum(after > before for before, after in pairwise(losses))


AT = (-2.0, 5.0, -4.0)
LAYERS = ((64, 32), (32, 10))

QUESTIONS = {
    "how far 2x moves": Question(lambda: 2 * 0.1, known=(
        (lambda: 0.1, "That is how far x moves. f = 2x moves twice as far."),
        (lambda: 6.2, "That is where f arrives. How far is it from where it began?"),
        (lambda: 2.0, "That is the slope: how many times as far as x. x moves by 0.1."))),
    "how fast f moves with x": Question(lambda: autodiff.grad(_circuit)(*AT), known=(
        (lambda: autodiff.grad(_circuit, wrt=2)(*AT), "That is how fast f moves with z. What stands beside x + y?"),
        (lambda: _circuit(*AT), "That is the value of f, not how fast it moves."),
        (lambda: 1.0, "That is how fast x + y moves with x. z multiplies it on the way to f."),
        (lambda: -2.0, "That is x itself. A slope says how far f moves for each step of x."))),
    "what w receives": Question(lambda: autodiff.grad(_patterns, wrt=3)(3.0, -4.0, 2.0, -1.0), known=(
        (lambda: autodiff.grad(_patterns, wrt=2)(3.0, -4.0, 2.0, -1.0),
         "That is what z receives: z is the larger of the two, and max looks at nothing else."),
        (lambda: 1.0, "max passes on all or nothing, and w is the smaller one here."),
        (lambda: -1.0, "That is w itself. Nudge it: which of z and w is the larger one then?"),
        (lambda: -2.0, "Nudge w by a little: it is still the smaller one. Does f see it?"))),
    "the neuron's output": Question(lambda: 1 / (1 + math.exp(-1)), known=(
        (lambda: 1.0, "That is the sum. The neuron sends it through the sigmoid, whose values lie between 0 and 1."),
        (lambda: 1 / (1 + math.exp(1)), "That is the sigmoid of −1. The sum is −2 + 6 − 3: which sign has it?"),
        (lambda: 1 + math.exp(-1), "The sigmoid is one divided by that."),
        (lambda: 0.5, "That is the sigmoid of 0. The sum is −2 + 6 − 3."))),
    "how far w0 moves it": Question(lambda: autodiff.grad(_neuron)(2.0), known=(
        (lambda: autodiff.sigmoid(1.0) * (1 - autodiff.sigmoid(1.0)),
         "That is the sigmoid's own slope. w₀ acts through x₀ = −1: which way does the sum move?"),
        (lambda: -1.0, "That is how fast the sum moves with w₀. The sigmoid is flatter than that."))),
    "how many change": Question(lambda: 3, known=(
        (lambda: 1, "One number of W meets a whole row of X: see how often it is used."),
        (lambda: 5, "W[2, 7] stands in row 2 of W alone: only one row of D is made of it."),
        (lambda: 15, "W[2, 7] stands in row 2 of W: rows 0, 1, 3 and 4 of D are made without it."),
        (lambda: 10, "A row of W has 10 numbers. How many numbers has a row of D?"))),
    "the gradient of z": Question(lambda: autodiff.grad(_squared, wrt=2)(*AT), known=(
        (lambda: autodiff.grad(_squared)(*AT), "That is the gradient of x. What multiplies z?"),
        (lambda: 2 * _circuit(*AT), "That is the gradient of the product that is squared. It goes on to z through ×."),
        (lambda: 3.0, "That is the local gradient of the product. What comes from above is not 1."),
        (lambda: _squared(*AT), "That is r itself."))),
    "after two passes": Question(lambda: 2 * autodiff.grad(_squared)(*AT), known=(
        (lambda: autodiff.grad(_squared)(*AT),
         "That were so if each pass began at zero. What does backward do with what it finds in x.grad?"),
        (lambda: autodiff.grad(_squared)(*AT)**2, "Twice is not squared: the second pass pays the same once more."))),
    "doubled twice": Question(lambda: autodiff.grad(_doubled_twice)(1.5), known=(
        (lambda: 2.0, "That is one doubling. There are two, one behind the other."),
        (lambda: 1.0, "That comes out if each use overwrites the other's share: where a value is used twice, its "
                      "shares add up."),
        (lambda: 6.0, "That is the value of c. How fast does it move with a?"))),
    "calls in all": Question(lambda: sum(range(20)), "calls", known=(
        (lambda: sum(range(21)), "k goes from 0 to 19: the first slope needs no call, and none needs 20."),
        (lambda: 20 * 20, "Not every slope needs 20 calls: the k-th needs k."),
        (lambda: 20, "One call for each stage were enough if you kept the values. You keep nothing but w."),
        (lambda: 19, "That is the last slope alone."))),
    "how many parameters": Question(lambda: sum(rows * columns + columns for rows, columns in LAYERS), known=(
        (lambda: sum(rows * columns for rows, columns in LAYERS), "Those are the weights. Each layer has a bias, too."),
        (lambda: 64 * 32 + 32, "That is the first layer."),
        (lambda: 64 + 32 + 10, "Those are the units. How many weights lead into each of them?"))),
    "what dies at scale 10": Question(lambda: len(_watched(10, scale=10.0).marks), "relus", known=(
        (lambda: len(_watched(10).marks), "That is so at scale 1. Here the first step is thousands of times longer."),
        (lambda: len(_watched(2, scale=10.0).marks), "That is so after two steps. The next one shuts the last."),
        (lambda: 4, "That were one layer. What does a layer get whose inputs are all 0?"))),
    "what vanishes at depth 6": Question(lambda: _shrinks(6), "times", known=(
        (lambda: 4.0**6, "That is the most that six slopes of 1/4 leave. Weights and values have a say as well."),
        (lambda: _shrinks(6, "relu"), "That is so with relus, whose slope is 1 where they are open."),
        (lambda: 6.0, "Along a path slopes multiply, they do not add up: what do six factors below 1 make?"))),
    "what step size 5 does": Question(lambda: _rises(5.0), "steps", known=(
        (lambda: _rises(0.5), "That is so at step size 0.5. A step ten times longer goes past the valley."),
        (lambda: 40, "Every step goes downhill where it begins: some arrive lower, too."))),
}
