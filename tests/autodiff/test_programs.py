"""Random programs: many operations that share values in any order, to second order against PyTorch."""
import numpy as np
import pytest

import autodiff as ad
from tests.peers import torch

# Each takes the library (autodiff or torch) and two arrays of 3 numbers; smooth, and of moderate size.
STEPS = [
    lambda lib, x, y: x + y, lambda lib, x, y: x - y, lambda lib, x, y: x * y, lambda lib, x, y: x / (1 + y * y),
    lambda lib, x, y: -x, lambda lib, x, y: x * 0.5 + 1, lambda lib, x, y: 2 - x, lambda lib, x, y: lib.tanh(x),
    lambda lib, x, y: lib.sin(x) * lib.cos(y), lambda lib, x, y: lib.exp(-x * x), lambda lib, x, y: lib.sqrt(2 + y * y),
    lambda lib, x, y: x.sum() * y, lambda lib, x, y: x - y.mean(), lambda lib, x, y: x[[2, 0, 0]],
    lambda lib, x, y: lib.stack([x, y]).sum(0), lambda lib, x, y: x.reshape(3, 1).squeeze(-1),
    lambda lib, x, y: lib.outer(x, lib.tanh(y)) @ x, lambda lib, x, y: (x[:2] * y[1:]).sum() + y,
    lambda lib, x, y: lib.softmax(x, -1), lambda lib, x, y: (x @ y) * lib.sigmoid(x)]


def program(seed, constant):
    """A function (library, x) -> number: eight random steps, each on two of the values so far."""
    rng = np.random.default_rng(seed)
    choices = [(STEPS[rng.integers(len(STEPS))], *rng.integers(0, k + 2, 2)) for k in range(8)]
    weights, order = rng.standard_normal(10), rng.permutation(10).tolist()

    def run(lib, x):
        values = [constant if lib is ad else torch.tensor(constant), x]
        for step, i, j in choices:
            values.append(step(lib, values[i], values[j]))
        return sum(weights[k] * values[k].sum() for k in (order if lib is ad else range(10)))
    return run


@pytest.mark.parametrize("block", range(8))
@pytest.mark.needs_torch
def test_random_programs_agree_with_torch(block):
    for seed in range(25 * block, 25 * (block + 1)):
        x, v = np.random.default_rng(seed).uniform(-1, 1, (2, 3))
        run = program(seed, np.array([0.3, -0.6, 1.1]))
        theirs = torch.tensor(x, requires_grad=True)
        slope, = torch.autograd.grad(run(torch, theirs), theirs, create_graph=True)
        curve, = torch.autograd.grad(slope @ torch.tensor(v), theirs, materialize_grads=True) if slope.requires_grad \
            else (torch.zeros(3),)
        f = lambda x, run=run: run(ad, x)
        np.testing.assert_allclose(ad.grad(f)(x), slope.detach(), rtol=1e-9, atol=1e-9, err_msg=f"seed {seed}")
        np.testing.assert_allclose(ad.hvp(f, x, v), curve, rtol=1e-8, atol=1e-8, err_msg=f"seed {seed}")
        np.testing.assert_allclose(ad.hessian(f)(x) @ v, curve, rtol=1e-8, atol=1e-8, err_msg=f"seed {seed}")
