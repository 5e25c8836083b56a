"""Every test of the reference that compares a gradient, through programs; random programs, shapes and dtypes."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad
from autodiff.functional import leaves
from autodiff.programs.running import same_bits

HERE = Path(__file__).parent
LEFT_OUT = ["reference_cycles",                         # of a recording there are some
            "million", "root_n",                        # are about time and memory
            *(f"agree_with_torch[{k}]" for k in range(3, 8))]      # three of the eight tell enough
FILES = ["test_functional", "test_recompute", "test_rules", "test_conventions", "test_graph", "test_tensor",
         "test_numeric", "test_programs"]


@pytest.mark.slow
@pytest.mark.needs_torch
def test_every_gradient_of_the_tests_is_a_programs_too(tmp_path):
    found = tmp_path / "counts.json"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "through_programs", "-n0", "--no-header",
         *(f"{HERE / name}.py" for name in FILES), "-k", " and ".join(f"not {name}" for name in LEFT_OUT)],
        capture_output=True, text=True, cwd=HERE.parents[1],
        env={**os.environ, "PYTHONPATH": str(HERE), "COUNTS_OF_PROGRAMS": str(found), "PYTEST_ADDOPTS": ""})
    assert run.returncode == 0, run.stdout[-3000:]
    counts = json.loads(found.read_text())
    same = counts.pop("same")
    assert same > 700
    # what is left are tests of what the walk alone can do: Tensors from outside, a list that is appended to, float()
    assert sum(counts.values()) < 16, counts


UNARY = ["exp", "tanh", "sigmoid", "relu", "abs", "square", "softplus", "negative", "sin"]
BINARY = ["add", "subtract", "multiply", "maximum", "minimum"]
shapes = hnp.array_shapes(min_dims=0, max_dims=3, max_side=3)


@st.composite
def functions(draw):
    """A function of two arrays: random steps, each on two of the values so far, with shapes that broadcast."""
    names = st.sampled_from([*UNARY, *BINARY, "sum", "mean", "max", "T", "index", "matmul", "scale", "concatenate",
                             "norm", "softmax", "where", "again"])
    step = st.tuples(names, st.integers(0, 9), st.integers(0, 9), st.integers(-2, 2))
    steps = draw(st.lists(step, min_size=1, max_size=9))

    def f(*xs):
        values = list(xs)
        for name, i, j, k in steps:
            x, y = values[i % len(values)], values[j % len(values)]
            if name in UNARY:
                z = getattr(ad, name)(x)
            elif name in BINARY:
                try:
                    np.broadcast_shapes(x.shape, y.shape)
                except ValueError:
                    y = y.sum()
                z = getattr(ad, name)(x, y)
            elif name in ("sum", "mean", "max", "norm"):
                z = getattr(ad, name)(x, **({"axis": k % x.ndim, "keepdims": j % 2 == 0} if x.ndim and i % 2 else {}))
            elif name == "T":
                z = ad.transpose(x)
            elif name == "index":
                z = x[[0, k % len(x), 0]] if x.ndim else x
            elif name == "matmul":
                z = x @ x.mT if x.ndim > 1 else x * x
            elif name == "concatenate":
                z = ad.concatenate([x, x * 0.5], -1) if x.ndim else x
            elif name == "softmax":
                z = ad.softmax(x) if x.ndim else x
            elif name == "where":
                z = ad.where(x > 0.1 * k, x, 0.5 * x)
            elif name == "again":
                z = ad.checkpoint(lambda x: ad.tanh(x) * x)(x)
            else:
                z = x * 0.25 * k + 1
            values.append(z)
        return sum(ad.sum(v * v) for v in values)
    return f


@settings(max_examples=150, deadline=None)
@given(functions(), hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
       st.sampled_from([np.float32, np.float64]), st.integers(0, 99), st.booleans())
def test_random_functions(f, shapes, dtype, seed, transposed):
    rng = np.random.default_rng(seed)
    x, y = (rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes.input_shapes)
    if transposed:
        x = np.asarray(x.T.copy().T)
    for walk, p in [(ad.value_and_grad(f, (0, 1)), ad.program(f, (0, 1))),
                    (g := lambda x, y: ad.hvp(lambda x: f(x, y), x, np.ones_like(x)), ad.program(g, None))]:
        for _ in range(2):
            with np.errstate(all="ignore"):
                got, right = leaves(p(x, y)), leaves(walk(x, y))
            assert all(type(a) is type(b) and same_bits(a, b) for a, b in zip(got, right, strict=True)), p.source()


@pytest.mark.parametrize("order", ["C", "F"])
def test_large_arrays_and_layouts(order):
    rng = np.random.default_rng(0)
    x, w = (np.asarray(rng.standard_normal((300, 300)), order=order) for _ in range(2))
    f = lambda x, w: ad.sum(ad.tanh(x @ w + x.mean(0)) * ad.exp(-x * x).T) + ad.sum((x * w).sum(1) ** 2)
    p = ad.program(f, (0, 1))
    right = leaves(ad.value_and_grad(f, (0, 1))(x, w))
    for _ in range(2):
        assert all(same_bits(a, b) for a, b in zip(leaves(p(x, w)), right, strict=True))
