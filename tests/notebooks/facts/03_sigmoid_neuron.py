"""The numbers in the prose of lesson 3, computed."""

import math

import autodiff
from autodiff.trace import trace

NEURON = trace(lambda w0, x0, w1, x1, w2: autodiff.sigmoid(w0 * x0 + w1 * x1 + w2),
               w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0)
F = NEURON.nodes[NEURON.output].value


def sigmoid(x):
    return float(autodiff.sigmoid(x))


def slope(x):
    return float(autodiff.grad(autodiff.sigmoid)(float(x)))


def tanh_slope(x):
    return float(autodiff.grad(autodiff.tanh)(float(x)))


def loss(w0, w1, w2):
    """Binary cross-entropy of the neuron for the answer 1."""
    return -autodiff.log(autodiff.sigmoid(w0 * -1 + w1 * -2 + w2))


WEIGHTS = (2.0, -3.0, -3.0)
INPUTS = (-1.0, -2.0)
LOSS_AND_DW = autodiff.value_and_grad(loss, wrt=(0, 1, 2))(*WEIGHTS)
LOSS = LOSS_AND_DW[0]
DW = LOSS_AND_DW[1]

FACTS = {
    # the neuron
    "-3": [WEIGHTS[1], WEIGHTS[2]],
    "-1": [INPUTS[0], -math.log(1 / F - 1) * -1],           # x0, and the value of neg
    "-2": [INPUTS[1], WEIGHTS[0] * INPUTS[0]],              # x1, and w0 x0
    # through the gates
    "0.3679": math.exp(-1),
    "1.3679": 1 + math.exp(-1),
    "0.7311": F,
    "-0.5344": autodiff.grad(lambda x: 1 / x)(1 + math.exp(-1)),
    "-0.1966": NEURON.gradient("w0"),
    "0.1966": NEURON.gradient("w2"),
    "-0.3932": NEURON.gradient("w1"),
    "0.3932": NEURON.gradient("x0"),
    "-0.5898": NEURON.gradient("x1"),
    "0.001": 1 / 1000,                                      # the nudge
    # two digits
    "1.37": round(1 + math.exp(-1), 2),
    "-0.53": round(autodiff.grad(lambda x: 1 / x)(1 + math.exp(-1)), 2),
    "0.53": round(1 / (1 + math.exp(-1)) ** 2, 2),
    "0.37": round(math.exp(-1), 2),
    "0.73": round(F, 2),
    "-0.20": round(NEURON.gradient("w0"), 2),
    "0.20": round(NEURON.gradient("w2"), 2),
    "0.40": 2 * round(NEURON.gradient("w2"), 2),
    "0.39": NEURON.gradient("x0"),
    "0.1971": (1 - round(F, 2)) * round(F, 2),
    "0.1961": round(1 / (1 + math.exp(-1)) ** 2, 2) * round(math.exp(-1), 2),
    # saturation
    "0.25": slope(0),
    "0.01": 1 / 100,                                        # a threshold to look for
    "0.99995": sigmoid(10),
    "0.000045": slope(10),
    "0.1050": slope(2),
    "9.5367e-7": slope(0) ** 10,
    "1.63e-10": slope(2) ** 10,
    # tanh
    "0.5": 1 / 2,
    "0.4621": math.tanh(0.5),
    "0.7864": tanh_slope(0.5),
    # the stable form
    "1000": 10 ** 3,
    "40": 4 * 10,
    "-40": -4 * 10,
    "4.25e-18": sigmoid(-40),
    # the loss
    "0.3133": LOSS,
    "-1.3679": autodiff.grad(lambda f: -autodiff.log(f))(F),
    "-0.2689": DW[2],
    "0.2724": loss(*(w - 0.1 * dw for w, dw in zip(WEIGHTS, DW, strict=True))),
    "0.1": 1 / 10,                                          # the learning rate
    # break it
    "0.659": sigmoid(sigmoid(sigmoid(sigmoid(sigmoid(0.659))))),   # the input that is its own output
    # recall
    "0.9": sigmoid(math.log(9)),
    "0.09": slope(math.log(9)),
}
