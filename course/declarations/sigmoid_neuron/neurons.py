"""A neuron of any number of inputs, and the gradients of its output and its loss."""

import numpy as np

import autodiff

W, X = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])
SATURATED = {name: dict.fromkeys(("whole", "large"), "a sum far from 0 leaves 1 − f no digits: checks of their own ask "
                                                     "integers, and saturated neurons") for name in "wx"}
RED = ("f", "plus1", "exp", "neg", "dot")


def stages(w, x, nudges=None):
    """The eight stages of the neuron of two inputs; `nudges` adds a number to some of them, by name."""
    nudges = nudges or {}
    s = {"w": w, "x": x}
    for name, value in (
        ("w0x0", lambda: w[0] * x[0]),
        ("w1x1", lambda: w[1] * x[1]),
        ("sum", lambda: s["w0x0"] + s["w1x1"]),
        ("dot", lambda: s["sum"] + w[2]),
        ("neg", lambda: -s["dot"]),
        ("exp", lambda: autodiff.exp(s["neg"])),
        ("plus1", lambda: s["exp"] + 1),
        ("f", lambda: 1 / s["plus1"]),
    ):
        s[name] = value() + nudges.get(name, 0.0)
    return s


def red_numbers(cache, dout=1.0):
    """The oracle of neuron_backward_gates: nudge a stage, and see how f moves."""
    w, x = (np.asarray(cache[name], float) for name in "wx")
    _, pullback = autodiff.vjp(lambda w, x, nudges: stages(w, x, nudges)["f"], w, x, dict.fromkeys(RED, 0.0))
    dw, dx, red = pullback(dout)
    return {**{name: float(red[name]) for name in RED}, "dw": dw, "dx": dx}


def _inner(w, x):
    return (w[:-1] * x).sum() + w[-1]


def neuron(d, inputs=2):
    """Random w and x; the bias makes their weighted sum a moderate one, so that 1 - f keeps its digits."""
    w, x = d.array(inputs + 1), d.array(inputs)
    w[-1] = d.number() - w[:-1] @ x
    return w, x


def lists(w, x):
    return w.tolist(), x.tolist()
