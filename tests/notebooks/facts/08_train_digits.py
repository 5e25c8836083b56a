"""The numbers in lesson 8."""

import numpy as np

import autodiff
from course.declarations.train_digits import checking, networks
from course.digits import load_digits
from course.watching import network as small
from course.watching import picture

digits = load_digits()
network = networks.started(np.random.default_rng(0))
D, H = network["W1"].shape


def loss_of_a_guess():
    return autodiff.softmax_cross_entropy(np.zeros((len(digits.y), 10)), digits.y)


def forward_passes_of_a_numeric_gradient():
    return 2 * sum(array.size for array in network.values())


FACTS = {
    "1,797": len(digits.y) + len(digits.y_held_out),
    "1,442": len(digits.y),
    "355": len(digits.y_held_out),
    "64": D,
    "32": H,
    "4,820": forward_passes_of_a_numeric_gradient,
    "2.3026": loss_of_a_guess,
    "2.30": loss_of_a_guess,
    "1e-5": checking.FLAGGED,
    "60": len(small.moons()[1]),
    "0.5": small.Settings().rate,
    "40": picture.STEPS,
}
