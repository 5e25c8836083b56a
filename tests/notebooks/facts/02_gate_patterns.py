"""The numbers that lesson 2 states, computed."""

import numpy as np

import autodiff
from autodiff.trace import trace

# Both passes of f = 2(xy + max(z, w)).
X, Y, Z, W = 3.0, -4.0, 2.0, -1.0
CIRCUIT = trace(lambda x, y, z, w: 2 * (x * y + autodiff.maximum(z, w)), x=X, y=Y, z=Z, w=W)
DX, DY, DZ, DW = (CIRCUIT.gradient(name) for name in "xyzw")
PAID = [step for step in CIRCUIT.steps if step.direction == "backward"]
START = PAID[0].contribution
COPIES = [step.contribution for step in PAID if step.gate == "add"]

# The end of the neuron: 1/(1 + e^t) at -1.
T = -1.0
CHAIN = trace(lambda t: 1 / (1 + autodiff.exp(t)), t=T)
EXP, PLUS1 = (next(node.value for node in CHAIN.nodes if node.gate == gate) for gate in ("exp", "add"))
SENT = {step.gate: step.contribution for step in CHAIN.steps if step.direction == "backward"}

# What the nudges of 0.1 show on a sum, and the factor of the error at each step downhill on (wx - 1)².
NUDGE = STEP_SIZE = 0.1
GROWING = 3.4
assert np.allclose((X + NUDGE + Y) - (X + Y), NUDGE)
FACTORS = {data: 1 - STEP_SIZE * autodiff.grad(lambda w, data=data: (w * data - 1) ** 2)(2 / data) * data
           for data in (1.0, 3.0, GROWING)}         # from w = 2/x, where the error is 1
assert 0 < FACTORS[1.0] < 1 and -1 < FACTORS[3.0] < -0.7 and FACTORS[GROWING] < -1
THOUSANDFOLD = autodiff.grad(lambda w: w * 3000.0)(0.5) / autodiff.grad(lambda w: w * 3.0)(0.5)

# The staged function at (3, -4), and what arrives at x and y on each path, in order.
STAGED = trace(lambda x, y: (x + autodiff.sigmoid(y)) / (autodiff.sigmoid(x) + (x + y) ** 2), x=3.0, y=-4.0)
SQUARE, SIGMOID, NUMERATOR = (step.contribution for step in STAGED.steps
                              if step.direction == "backward" and STAGED.nodes[step.receiver].name == "x")

# The recall question: a mul gate with upstream gradient 0.5.
DOUT = 0.5
_, PULL = autodiff.vjp(lambda x, y: x * y, X, Y)

FACTS = {
    "-1": [W, T, autodiff.grad(lambda x, y: x - y, wrt=1)(5.0, 3.0)],
    "-4": Y,
    "-12": X * Y,
    "-20": CIRCUIT.nodes[CIRCUIT.output].value,
    "1.00": START,
    "2.00": [*COPIES, DZ],
    "-8.00": DX,
    "6.00": DY,
    "0.00": DW,
    "1.3679": PLUS1,
    "0.3679": [EXP, autodiff.grad(autodiff.exp)(T)],
    "-0.5344": [SENT["div"], SENT["add"], autodiff.grad(lambda x: 1 / x)(PLUS1)],
    "-0.1966": SENT["exp"],
    "0.3333": autodiff.grad(autodiff.log)(3.0),
    "0.1": NUDGE,
    "1000": THOUSANDFOLD,
    "3.4": GROWING,
    "0.25": autodiff.grad(autodiff.sigmoid)(0.0),
    "1.5456": STAGED.nodes[STAGED.output].value,
    "2.0596": STAGED.gradient("x"),
    "1.5922": STAGED.gradient("y"),
    "1.5832": SQUARE,
    "0.0358": -SIGMOID,
    "0.5121": NUMERATOR,
    "0.5": DOUT,
    "-2": PULL(DOUT)[0],
    "1.5": PULL(DOUT)[1],
}
