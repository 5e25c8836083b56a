"""Write course/data/digits.npz from scikit-learn's copy of the digits.

    python course/authoring/record_digits.py digits.csv.gz

The argument is sklearn/datasets/data/digits.csv.gz of a wheel of scikit-learn: 64 numbers from 0 to 16 and a label in
each row. Values and order stay as they are; they are stored in a byte each. What the data are: digits.txt.
"""

import sys

import numpy as np

from course.places import DATA

OUT = DATA / "digits.npz"


def record(path, out=OUT):
    """Write the digits of a file of comma-separated values to `out`."""
    table = np.loadtxt(path, delimiter=",")
    if table.shape[1] != 65 or not (table == table.astype(np.uint8)).all():
        raise SystemExit(f"{path} does not hold 64 small whole numbers and a label in each row")
    np.savez_compressed(out, images=table[:, :64].astype(np.uint8), labels=table[:, 64].astype(np.uint8))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    record(sys.argv[1])
