"""The numbers that lesson 0 states, computed."""

import autodiff
from autodiff.trace import trace


def square(x):
    return x * x


X = 3.0
LARGE, NUDGE, SMALL = 1.0, 0.1, 0.01
SLOPE = autodiff.grad(square)(X)


def moves(nudge):
    return square(X + nudge) - square(X)


# "With a nudge of 1 the rule is off by 1", and the slope is 6
assert moves(LARGE) - SLOPE * LARGE == 1.0 and SLOPE == 6.0

# Both passes of q = 2x, f = q².
CHAIN = trace(lambda x: (2 * x) ** 2, x=X)
Q, F = (node.value for node in CHAIN.nodes if node.gate in ("mul", "pow"))
SEED, DQ, DX = (step.contribution for step in CHAIN.steps if step.direction == "backward")

RECALL_SLOPE = 4.0

FACTS = {
    "3.1": X + NUDGE,
    "0.1": NUDGE,
    "0.01": SMALL,
    "0.6": SLOPE * NUDGE,
    "0.61": moves(NUDGE),
    "0.06": SLOPE * SMALL,
    "0.0601": moves(SMALL),
    "16": square(X + LARGE),
    "15": square(X) + SLOPE * LARGE,
    "3.00": X,
    "6.00": Q,
    "36.00": F,
    "1.00": SEED,
    "12.00": DQ,
    "24.00": DX,
    "24": DX,
    "0.24": DX * SMALL,
    "0.04": RECALL_SLOPE * SMALL,
}
