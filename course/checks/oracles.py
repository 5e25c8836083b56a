"""Right answers by `autodiff`: a gradient, with the computation that it is the gradient of.

An oracle that is a Gradient says itself which computation its results belong to. From that a wrong answer's cause can
be looked for in the computational graph (course.checks.causes).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autodiff


@dataclass(frozen=True, eq=False)
class Gradient:
    """The oracle of a gradient: oracle(*args), by `autodiff`.

    forward  the computation, of its inputs
    taken    taken(*args) gives (the inputs, a tuple; the upstream gradient) of a call
    given    given(value, gradients) gives the results, as the exercise returns them
    """

    forward: Callable
    taken: Callable[..., tuple[tuple, Any]]
    given: Callable[[Any, tuple], Any]

    @property
    def computation(self) -> "Gradient":
        """Where a cause is looked for; an oracle that is made around another one hands this on."""
        return self

    def __call__(self, *args: Any) -> Any:
        inputs, upstream = self.taken(*args)
        value, pullback = autodiff.vjp(self.forward, *inputs)
        return self.given(value, tuple(pullback(upstream)))


def gradients(value: Any, grads: tuple) -> Any:
    """The gradients alone, as a backward function returns them: one, or a tuple."""
    return grads[0] if len(grads) == 1 else grads


def gradient_of(f: Callable, at: Callable | None = None) -> Gradient:
    """The oracle of a gate's backward function: oracle(dout, *inputs).

    f    the gate's forward pass
    at   for gates whose backward function is given the output: the input of f that has this output
    """
    def taken(dout: Any, *inputs: Any) -> tuple[tuple, Any]:
        return inputs if at is None else tuple(map(at, inputs)), dout
    return Gradient(f, taken, gradients)
