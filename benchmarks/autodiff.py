"""autodiff beside gradients written by hand and beside other packages, on the same work in one process.

    python -m benchmarks autodiff [--rounds 15] [--work "small network" …] [--plot speed.png]

Every package takes its turn in each round, in rotating order, on one thread; a ratio is the median of ratios taken
within a round, so that other work on the machine hits all alike. Time is that of this process (CPU), forward and
backward pass together. `program` is autodiff.program, `bare` a plain engine without any check (benchmarks/bare.py).
PyTorch, jax.jit and HIPS autograd take part where they are installed (extra `peers`). Gradients are compared with those
by hand before anything is timed. Below each line stand the most memory that numpy held at once during a step (inputs
not counted), and what the first call of a program costs (recording, compiling and a first run), in walks, that is in
calls of value_and_grad.
Two things to know: `hand` runs the chain on Python's floats, the packages on numpy's; and importing autodiff makes
glibc keep freed memory for the whole process (autodiff/graph.py), so all of them profit from it.
"""
import argparse
import os
import statistics
import time
import tracemalloc
from importlib.util import find_spec

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")               # before numpy is imported
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import numpy as np  # noqa: E402

import autodiff as ad  # noqa: E402
from benchmarks import bare  # noqa: E402

PACKAGES = ["hand", "bare", "autodiff", "program", *(name for name in ("torch", "jax", "autograd") if find_spec(name))]


def leaves_and_backward(leaf, f, values):
    """A step for packages whose leaves collect gradients: autodiff, the bare engine and PyTorch."""
    leaves = [leaf(v) for v in values]

    def step():
        for x in leaves:
            x.grad = None
        f(*leaves).backward()
        return [np.asarray(x.grad) for x in leaves]
    return step


def by_autodiff(f, values):
    return leaves_and_backward(ad.Tensor, lambda *xs: f(ad, *xs), values)


def by_program(f, values):
    program = ad.program(lambda *xs: f(ad, *xs), tuple(range(len(values))))
    return lambda: program(*values)[1]


def by_jax(f, values):
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_platforms", "cpu")

    class Library:
        """What f asks for: jax.numpy, and a name by which it puts its own arrays among jax's."""
        from_numpy, softmax_cross_entropy = staticmethod(jnp.asarray), staticmethod(
            lambda x, labels: -jnp.take_along_axis(jax.nn.log_softmax(x), labels[:, None], 1).mean())

        def __getattr__(self, name):
            return getattr(jnp, name)
    gradient = jax.jit(jax.value_and_grad(lambda xs: f(Library(), *xs)))
    given = [jnp.asarray(v) for v in values]
    return lambda: jax.block_until_ready(gradient(given))[1]


def by_bare(f, values):
    return leaves_and_backward(bare.Tensor, lambda *xs: f(bare, *xs), values)


def by_torch(f, values):
    import torch
    torch.set_num_threads(1)
    return leaves_and_backward(lambda v: torch.tensor(v, requires_grad=True), lambda *xs: f(torch, *xs), values)


def by_autograd(f, values):
    import autograd
    import autograd.numpy as anp
    gradient = autograd.grad(lambda xs: f(anp, *xs))
    return lambda: gradient(list(values))


# Each piece of work: f(the package, inputs…) -> a number, the inputs, and the gradients by hand.

def chain(n=20_000):
    """y ← y · 0.9999 + 0.0001 on a single number, n operations deep."""
    def f(_, y):
        for _ in range(n // 2):
            y = y * 0.9999 + 0.0001
        return y

    def hand():
        y, g = 1.5, 1.0
        for _ in range(n // 2):
            y = y * 0.9999 + 0.0001
        for _ in range(n // 2):
            g = g * 0.9999
        return [g]
    return f, [np.float64(1.5)], hand


def mlp(n, d, h, c, fused=False):
    """x @ w1 + b1, relu, @ w2 + b2, mean softmax cross-entropy, in float32: out of primitives, or the package's own."""
    rng = np.random.default_rng(0)
    x, w1, w2 = (rng.standard_normal(s).astype("f") / 8 for s in [(n, d), (d, h), (h, c)])
    b1, b2 = np.zeros(h, "f"), np.zeros(c, "f")
    labels = rng.integers(0, c, n)
    onehot, rows = np.eye(c, dtype="f")[labels], np.arange(n)

    def f(lib, w1, b1, w2, b2):
        own = [lib.from_numpy(v) if hasattr(lib, "from_numpy") else v for v in (x, onehot, labels)]
        a = own[0] @ w1 + b1
        logits = (lib.relu(a) if hasattr(lib, "relu") else lib.maximum(a, 0)) @ w2 + b2
        if fused and hasattr(lib, "nn"):
            return lib.nn.functional.cross_entropy(logits, own[2])
        if fused and hasattr(lib, "softmax_cross_entropy"):
            return lib.softmax_cross_entropy(logits, own[2])
        return (lib.log(lib.exp(logits).sum(1)) - (logits * own[1]).sum(1)).sum() / n

    def hand():
        hidden = np.maximum(x @ w1 + b1, 0)
        p = hidden @ w2 + b2
        if fused:
            p -= p.max(1, keepdims=True)
        picked = p[rows, labels]
        np.exp(p, out=p)
        total = p.sum(1)
        (np.log(total) - picked).sum() / n                        # the loss
        p /= total[:, None]
        p[rows, labels] -= 1
        p /= n
        dh = (p @ w2.T) * (hidden > 0)
        return [x.T @ dh, dh.sum(0), hidden.T @ p, p.sum(0)]
    return f, [w1, b1, w2, b2], hand


def elementwise(n=700):
    """tanh(x · w + b) · exp(−x² s), on n × n float32 with broadcasting."""
    rng = np.random.default_rng(1)
    x, w, b, s = (rng.standard_normal(shape).astype("f") for shape in [(n, n), (n,), (n, 1), (1,)])

    def f(lib, x, w, b, s):
        y = lib.tanh(x * w + b) * lib.exp(-(x * x) * lib.abs(s))
        return (y * y).sum() / (n * n)

    def hand():
        h, q = np.tanh(x * w + b), x * x
        e = np.exp(-q * abs(s))
        np.vdot(h * e, h * e) / n ** 2                            # the value
        dy = h * e * np.float32(2 / n ** 2)
        du = dy * e * (1 - h * h)
        de = dy * h * e
        return [du * w - de * (2 * x * abs(s)), (du * x).sum(0), du.sum(1, keepdims=True),
                -(de * q).sum(keepdims=True)[0] * np.sign(s)]
    return f, [x, w, b, s], hand


def product(n=1024):
    """sum((a @ b) · c): three products of n × n float32 matrices."""
    rng = np.random.default_rng(2)
    a, b, c = rng.standard_normal((3, n, n)).astype("f")

    def f(lib, a, b):
        return ((a @ b) * (lib.from_numpy(c) if hasattr(lib, "from_numpy") else c)).sum()

    def hand():
        np.vdot(a @ b, c)
        return [c @ b.T, a.T @ c]
    return f, [a, b], hand


WORK = {"chain of numbers": chain, "small network": lambda: mlp(32, 64, 32, 10),
        "small, own loss": lambda: mlp(32, 64, 32, 10, fused=True), "larger network": lambda: mlp(128, 784, 256, 10),
        "elementwise": elementwise, "10^6 elements": lambda: elementwise(1000), "matrix product": product}
TOO_LONG = {("chain of numbers", "program"), ("chain of numbers", "jax")}     # straight code of 20,000 lines


def measure(make, rounds, packages):
    """{package: [seconds of one step, in each round]}, {package: most bytes held in one}, [walks of a first call]."""
    f, values, hand = make()
    makers = {"bare": by_bare, "autodiff": by_autodiff, "program": by_program, "torch": by_torch, "jax": by_jax,
              "autograd": by_autograd}
    steps = {name: makers[name](f, values) if name in makers else hand for name in packages}
    first = [price(f, values) for _ in range(rounds)] if "program" in packages else []
    held = {}
    for name, step in steps.items():
        for ours, right in zip(step(), hand(), strict=True):
            np.testing.assert_allclose(ours, right, rtol=2e-3, atol=2e-3 * np.abs(right).max() + 1e-6, err_msg=name)
        tracemalloc.start()
        step()
        held[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    repeat = {}
    for name, step in steps.items():
        start = time.process_time()
        step()
        repeat[name] = max(1, int(0.03 / max(time.process_time() - start, 1e-5)))
    times = {name: [] for name in steps}
    for r in range(rounds):
        for name in [*packages[r % len(packages):], *packages[:r % len(packages)]]:
            start = time.process_time()
            for _ in range(repeat[name]):
                steps[name]()
            times[name].append((time.process_time() - start) / repeat[name])
    return times, held, first


def price(f, values):
    """How often value_and_grad(f), which a program has the place of, runs while the program's first call does."""
    walk = ad.value_and_grad(lambda *xs: f(ad, *xs), tuple(range(len(values))))
    first = cost(by_program(f, values))
    return first / statistics.median(cost(lambda: walk(*values)) for _ in range(15))


def cost(step):
    """Seconds that a step takes once."""
    start = time.process_time()
    step()
    return time.process_time() - start


def main(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks autodiff", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--work", nargs="+", choices=WORK, default=list(WORK), metavar="WORK",
                        help=f"some of: {', '.join(WORK)}")
    parser.add_argument("--plot", metavar="FILE", help="also draw the table as bars, into this picture")
    args = parser.parse_args(argv)
    table = {}
    print(f"{'':20s}" + "".join(f"{name:>24s}" for name in PACKAGES))
    for work in args.work:
        packages = [name for name in PACKAGES if (work, name) not in TOO_LONG]
        times, held, first = measure(WORK[work], args.rounds, packages)
        table[work] = {name: statistics.median(a / b for a, b in zip(times[name], times["hand"], strict=True))
                       for name in packages}
        cells = [f"{statistics.median(times[name]) * 1e3:9.3f} ms = {table[work][name]:5.2f} hand" if name in times
                 else "–" for name in PACKAGES]
        print(f"{work:20s}" + "".join(f"{cell:>24s}" for cell in cells))
        cells = [f"{held[name] / 2 ** 20:.1f} MiB" if name in held and name not in ("torch", "jax") else ""
                 for name in PACKAGES]
        print(f"{'':20s}" + "".join(f"{cell:>24s}" for cell in cells))
        if first:
            walks = statistics.median(first)
            saved = statistics.median(1 - b / a for a, b in zip(times["autodiff"], times["program"], strict=True))
            print(f"{'':20s}    a program's first call costs {walks:.1f} walks, and is worth it from "
                  f"{walks / max(saved, 1e-9):.0f} calls on", flush=True)
    if args.plot:
        draw(table, args.plot)


def draw(table, path):
    from matplotlib.figure import Figure
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / (len(PACKAGES) - 1)
    for k, name in enumerate(PACKAGES[1:]):
        places = np.arange(len(table)) + (k - (len(PACKAGES) - 2) / 2) * width
        bars = axes.bar(places, [row.get(name, np.nan) for row in table.values()], width, label=name)
        axes.bar_label(bars, fmt=lambda v: f"{v:.0f}" if v >= 10 else f"{v:.1f}", padding=2, fontsize=8)
    axes.axhline(1, color="0.3", linewidth=1)
    axes.set(yscale="log", ylabel="time, by hand = 1", title="Forward and backward pass")
    axes.set_xticks(range(len(table)), list(table))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
