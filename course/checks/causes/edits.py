"""The ways in which one place of a backward pass goes wrong, each with its words.

An edit along an edge, from a gate back to one of its inputs, puts something else in the place of upstream × local
gradient. What it says is a clause: "dz is what comes out when {clause}". The simplest come first, since the first that
gives the learner's numbers is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Edit:
    """A way of going wrong.

    kind    its name, for lists: "sign"
    clause  what happens, with {gate} and {input} for the two ends of the edge
    ask     one question that leads on
    rank    how far from the right answer: 0 is nearest
    changed changed(u, l, p, z) for an edge: what goes back, by the upstream and the local gradient, the input's value
            and the gate's; None where whoever makes the edit works that out
    others  what else clause and ask have placeholders for
    """

    kind: str
    clause: str
    ask: str
    rank: float
    changed: Callable[..., Any] | None = None
    others: Mapping[str, str] = field(default_factory=dict)


MOVES = "If {input} grows by a little, which way does {gate} move, and how fast?"
WITHOUT = "What should reach {input} if nothing came in from above?"
ALONG = "Along a path, what is done with the derivatives?"

ALONG_AN_EDGE = (
    Edit("sign", "the sign is turned on the way from {gate} back to {input}",
         MOVES, 0, lambda u, l, p, z: -u * l),
    Edit("dropped", "nothing goes from {gate} back to {input}",
         "If only {input} moves, does {gate} stay where it is?", 0, lambda u, l, p, z: 0 * u),
    Edit("upstream dropped", "the local gradient of {gate} goes back to {input} alone, without what came from above",
         WITHOUT, 1, lambda u, l, p, z: l),
    Edit("local gradient dropped", "what reaches {gate} goes on to {input} as it is, without a local gradient",
         MOVES, 1, lambda u, l, p, z: u),
    Edit("twice", "{input} gets twice what {gate} has to give",
         MOVES, 1, lambda u, l, p, z: 2 * u * l),
    Edit("half", "{input} gets half of what {gate} has to give",
         MOVES, 1, lambda u, l, p, z: u * l / 2),
    Edit("its own value", "at {gate}, the value of {input} itself stands in the place of the local gradient",
         MOVES, 1, lambda u, l, p, z: u * p),
    Edit("local gradient dropped", "at {gate}, {input} gets what came from above with the sign turned, without a "
                                   "local gradient",
         MOVES, 2, lambda u, l, p, z: -u),
    Edit("a gradient of 1", "1 goes back from {gate} to {input}, whatever came from above",
         WITHOUT, 2, lambda u, l, p, z: np.ones_like(u)),
    Edit("the gate's value", "at {gate}, its own value stands in the place of the local gradient",
         MOVES, 2, lambda u, l, p, z: u * z),
    Edit("upstream added", "at {gate}, what came from above and the local gradient for {input} are added",
         ALONG, 2, lambda u, l, p, z: u + l),
    Edit("upstream added", "at {gate}, the local gradient for {input} is subtracted from what came from above",
         ALONG, 3, lambda u, l, p, z: u - l),
    Edit("divided", "at {gate}, what came from above is divided by the local gradient for {input}",
         ALONG, 2, lambda u, l, p, z: u / l),
    Edit("divided", "at {gate}, the local gradient for {input} is divided by what came from above",
         ALONG, 2, lambda u, l, p, z: l / u),
    Edit("slope squared", "at {gate}, the local gradient for {input} is multiplied in twice",
         "How many edges lead from {gate} to {input}?", 2, lambda u, l, p, z: u * l * l),
    Edit("upstream twice", "at {gate}, what came from above is multiplied in twice",
         WITHOUT, 2, lambda u, l, p, z: u * u * l),
    Edit("times its own value", "what goes from {gate} back to {input} is also multiplied by the value of {input}",
         MOVES, 2, lambda u, l, p, z: u * l * p),
    Edit("by its own value", "what goes from {gate} back to {input} is also divided by the value of {input}",
         MOVES, 2, lambda u, l, p, z: u * l / p),
    Edit("times the gate's value", "what goes from {gate} back to {input} is also multiplied by the value of {gate}",
         MOVES, 2, lambda u, l, p, z: u * l * z),
    Edit("by the gate's value", "what goes from {gate} back to {input} is also divided by the value of {gate}",
         MOVES, 2, lambda u, l, p, z: u * l / z),
    Edit("sign lost", "the sign of the local gradient for {input} is lost at {gate}",
         "Which way does {gate} move with {input} when the slope is negative?", 2, lambda u, l, p, z: u * np.abs(l)),
    Edit("sign lost", "the sign is lost on the way from {gate} back to {input}",
         "Can a gradient be negative?", 2, lambda u, l, p, z: np.abs(u * l)),
    Edit("sign lost", "the sign of what came from above is lost on the way from {gate} to {input}",
         "Can a gradient be negative?", 2, lambda u, l, p, z: np.abs(u) * l),
    Edit("one more", "at {gate}, the local gradient for {input} is 1 too large",
         MOVES, 3, lambda u, l, p, z: u * (l + 1)),
    Edit("one less", "at {gate}, the local gradient for {input} is 1 too small",
         MOVES, 3, lambda u, l, p, z: u * (l - 1)),
    Edit("one more", "1 is added on the way from {gate} back to {input}",
         WITHOUT, 3, lambda u, l, p, z: u * l + 1),
    Edit("one less", "1 is taken away on the way from {gate} back to {input}",
         WITHOUT, 3, lambda u, l, p, z: u * l - 1),
    Edit("cut to whole numbers", "what goes from {gate} back to {input} is cut to whole numbers",
         "Which operation of yours makes integers?", 1, lambda u, l, p, z: np.trunc(u * l)),
    Edit("cut to whole numbers", "what goes from {gate} back to {input} is rounded down to whole numbers",
         "Which operation of yours makes integers?", 1, lambda u, l, p, z: np.floor(u * l)),
    Edit("rounded", "what goes from {gate} back to {input} is rounded",
         "To how many digits should a gradient be right?", 1, lambda u, l, p, z: np.round(u * l, 4)),
    Edit("rounded", "what goes from {gate} back to {input} is rounded",
         "To how many digits should a gradient be right?", 1, lambda u, l, p, z: np.round(u * l, 3)),
    Edit("rounded", "what goes from {gate} back to {input} is rounded",
         "To how many digits should a gradient be right?", 1, lambda u, l, p, z: np.round(u * l, 2)),
    Edit("only positive", "what goes from {gate} back to {input} goes only where it is positive",
         "Can a gradient be negative?", 2, lambda u, l, p, z: np.maximum(u * l, 0)),
    Edit("clipped", "what goes from {gate} back to {input} is cut off at ±1",
         "How large can a gradient be?", 2, lambda u, l, p, z: np.clip(u * l, -1, 1)),
    Edit("squared", "what goes from {gate} back to {input} is squared",
         ALONG, 3, lambda u, l, p, z: (u * l)**2),
    Edit("upside down", "what goes from {gate} back to {input} is turned upside down",
         MOVES, 3, lambda u, l, p, z: 1 / (u * l)),
)
