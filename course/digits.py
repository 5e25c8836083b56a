"""The handwritten digits: real images of 8 × 8 pixels (data/digits.txt says where they come from)."""

import functools
from typing import NamedTuple

import numpy as np

from course.places import DATA

FILE = DATA / "digits.npz"
HELD_OUT = 5    # every fifth image of each digit


class Digits(NamedTuple):
    """Images (rows of 64 numbers from 0, white, to 1, black) and their labels (0 to 9), in two parts."""

    X: np.ndarray
    y: np.ndarray
    X_held_out: np.ndarray
    y_held_out: np.ndarray


@functools.cache
def load_digits() -> Digits:
    """The Digits: 1,442 images to train on and 355 held out, the same split for everyone.

    Held out is every fifth image of each digit. The arrays are shared, and can't be written into.
    """
    with np.load(FILE) as file:
        X, y = file["images"] / 16.0, file["labels"].astype(int)
    held_out = np.zeros(len(y), bool)
    for digit in range(10):
        held_out[np.flatnonzero(y == digit)[HELD_OUT - 1::HELD_OUT]] = True
    parts = Digits(X[~held_out], y[~held_out], X[held_out], y[held_out])
    for array in parts:
        array.flags.writeable = False
    return parts
