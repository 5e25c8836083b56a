"""The numbers in the prose of lesson 4, computed."""

import math

import numpy as np

import autodiff

W = np.zeros((5, 10))
X = np.zeros((10, 3))
D = W @ X
EPS64 = np.finfo(np.float64).eps


def shares_of_a_tie():
    """What the two winners of a row receive together."""
    return autodiff.vjp(autodiff.max, np.array([5.0, 2.0, 5.0, 1.0]))[1](np.float64(20.0))[0].sum()


def too_large_for_exp():
    """The first power of ten whose exponential does not fit into a float64."""
    n = 1
    while n < math.log(np.finfo(np.float64).max):
        n *= 10
    return n


def power_of_ten_near(x):
    return 10.0 ** round(math.log10(x))


FACTS = {
    "15": D.size,
    "50": W.size,
    "750": D.size * W.size,
    "20": shares_of_a_tie,
    "2.3026": autodiff.softmax_cross_entropy(np.zeros((1, 10)), [3]),
    "1000": too_large_for_exp,
    # the step of a gradient check
    "2.2e-16": EPS64,
    "6.1e-6": EPS64 ** (1 / 3),
    "1.5e-8": EPS64 ** (1 / 2),
    "1.2e-7": np.finfo(np.float32).eps,
    "1e-5": power_of_ten_near(EPS64 ** (1 / 3)),
    "1e-8": power_of_ten_near(EPS64 ** (1 / 2)),
    "0.001": 1 / 10 ** 3,
}
