"""Assignment 00: one practice question, worth nothing, to go the whole way once."""

from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import constant, upstream_added, upstream_dropped, wrapped

EXERCISES = (
    Exercise(
        "double_backward(dout, x)", "dx", 0, gradient_of(lambda x: 2 * x), upstream="dout",
        checks=(
            Check("numbers", 0, lambda d: [(3.0, 5.0), *(d.numbers(2) for _ in range(3))]),
            Check("arrays", 0, lambda d: [d.arrays(2, 4)]),
        ),
        mistakes=(
            upstream_dropped("0 * x + 2.0"),
            upstream_added("dout + 2"),
            ("G46", "the factor 2 is lost", "dout", "You passed the upstream gradient on as it came; this gate's local "
             "gradient is 2.", "Nudge x by 0.1: by how much does 2x move?"),
            ("G39", "the forward pass", "2 * x", "That is the gate's value, not its gradient.",
             "Does the slope of 2x depend on x?"),
            ("G26", "scaled by its own input", "dout * x", "The local gradient of 2x is 2, whatever x is.",
             "How fast does 2x grow with x?"),
            ("G12", "halved", "dout / 2", "That would be the gate x/2.", "Nudge x by 0.1: by how much does 2x move?"),
            constant("6.0"),
            wrapped("np.array([2 * dout])"),
        ),
        alternatives=(
            ("a sum", "return dout + dout"),
            ("a lambda", "double_backward = lambda dout, x: 2.0 * dout"),
            ("a central difference", "h = 1e-5\nreturn dout * (2 * (x + h) - 2 * (x - h)) / (2 * h)"),
        ),
        hints=("Nudge x by 0.001: by how much does 2x move?",
               "The local gradient is 2. What flows back is the upstream gradient times the local gradient.",
               "dx is two times dout."),
        read='lesson 0, "green values, red gradients"', difficulty=1, minutes=2,
    ),
)
