"""What the notebook's set-up cells give to answers: they hold the same lines."""

import numpy as np

import autodiff

CIRCUITS = {
    "xyz": lambda x, y, z: (x + y) * z,
    "squared_sum": lambda x, y: (x + y)**2,
    "purchase": lambda price, count, tax: price * count * tax,
    "gates": lambda x, y, z, w: 2 * (x * y + autodiff.maximum(z, w)),
    "neuron": lambda w0, w1, w2, x0, x1: autodiff.sigmoid(w0 * x0 + w1 * x1 + w2),
}

A = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.5, 1.0, 4.0], [-1.0, 0.5, 2.5]])

exp = np.exp


class Function:
    """Stands in for torch.autograd.Function."""

    saved_tensors = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors
