"""What may have become of a result as a whole, of whatever shape and from whatever computation."""

from collections.abc import Iterator

import numpy as np

from course.checks.causes.evidence import Cause, Evidence, agree, labelled
from course.checks.comparing import agreeing
from course.checks.exercise import Exercise
from course.checks.running import Run
from course.words import tr

FARTHER = 0.4   # in rank: where a place is known too, that is told
DIGITS = "To how many digits should a result be right?"
INTEGERS = "Which operation of yours makes integers?"

WHOLE = (
    ("sign", "the sign is turned", "Which way does the output move when the input grows?", 0, np.negative),
    ("twice", "the result is doubled", "Where does the factor 2 come from?", 1, lambda right: 2 * right),
    ("half", "the result is halved", "Where is it divided by 2?", 1, lambda right: right / 2),
    ("sign lost", "the result's sign is lost", "Can it be negative?", 1, np.abs),
    ("cut to whole numbers", "the result is cut to whole numbers", INTEGERS, 1, np.trunc),
    ("cut to whole numbers", "the result is rounded down to whole numbers", INTEGERS, 1, np.floor),
    ("rounded", "the result is rounded", DIGITS, 1, lambda right: np.round(right, 4)),
    ("rounded", "the result is rounded", DIGITS, 1, lambda right: np.round(right, 3)),
    ("rounded", "the result is rounded", DIGITS, 1, lambda right: np.round(right, 2)),
    ("clipped", "the result is cut off at ±1", "How large can it be?", 1, lambda right: np.clip(right, -1, 1)),
    ("only positive", "only positive values are kept", "Can it be negative?", 1, lambda right: np.maximum(right, 0)),
    ("squared", "the result is squared", "How often is each factor multiplied in?", 2, np.square),
)
CONSTANT = (      # where there is an upstream gradient, and where there is none
    ("always the same number", "{number} stands in its place, whatever comes from above",
     "What should come out if nothing came in from above?", 1),
    ("always the same number", "{number} stands in its place, whatever the inputs are",
     "Does it not depend on the inputs?", 1),
)
BY_LENGTH = (
    ("a factor of N", "it is divided by N once too often, where N is the length of the first axis",
     "Who divides by N, and how often?", 1, -1),
    ("a factor of N", "it is not divided by N, or multiplied by it, where N is the length of the first axis",
     "Who divides by N, and how often?", 1, 1),
)


def causes_of_results(exercise: Exercise, evidence: Evidence) -> Iterator[Cause]:
    """The changes of a whole result that give the learner's numbers at every call."""
    lengths = [_length(asked.args) for asked in evidence.calls]
    with np.errstate(all="ignore"):
        for label in evidence.wrong:
            if not proves(evidence, label):
                continue
            mine, right = evidence.mine[label], evidence.right[label]
            for kind, clause, ask, rank, change in WHOLE:
                if agree([change(value) for value in right], mine):
                    yield Cause((label,), kind, tr(clause), tr(ask), rank + FARTHER)
            number = constant(evidence, label)
            if number is not None:
                kind, clause, ask, rank = CONSTANT[exercise.upstream is None]
                yield Cause((label,), kind, tr(clause, number=f"{number:.4g}"), tr(ask), rank + FARTHER)
            for kind, clause, ask, rank, power in BY_LENGTH:
                if len(set(lengths)) > 1 and all(lengths) and agree(
                        [value * float(n) ** power for value, n in zip(right, lengths, strict=True)], mine):
                    yield Cause((label,), kind, tr(clause), tr(ask), rank + FARTHER)


def proves(evidence: Evidence, label: str) -> bool:
    """Whether some wrong number of a result tells anything: 0, and what is not finite, does not by itself.

    Zeros do beside other numbers that are right, and not all the same.
    """
    mine, right = (np.concatenate([value.ravel().astype(float) for value in side[label]])
                   for side in (evidence.mine, evidence.right))
    off = np.abs(mine - right) > 1e-6 * np.abs(right)
    wrong = mine[off & np.isfinite(mine)]
    if np.any(wrong):
        return True
    return bool(wrong.size) and len(set(mine[~off & np.isfinite(mine) & (mine != 0)].tolist())) > 1


def zeros_alone(run: Run) -> bool:
    """Whether all that is wrong in a run's replies is 0 where it should be another number: many slips leave that."""
    wrong = []
    for asked in run.asked:
        if asked.expected is None or (asked.problem and asked.problem.kind != "value"):
            return False
        mine, right = (labelled(value, run.exercise.results) for value in (asked.reply.result, asked.expected))
        if mine is None or right is None or _shapes(mine) != _shapes(right):
            return False
        wrong += [mine[label][~agreeing(mine[label], right[label])] for label in right]
    return not np.concatenate([np.zeros(0), *map(np.ravel, wrong)]).any()


def _shapes(parts: dict[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    return {label: part.shape for label, part in parts.items()}


def constant(evidence: Evidence, label: str) -> float | None:
    """The number that a result is at every call, where the right one is not always the same; None where there is none.

    Many slips give one number and nothing else, such as an early return: it does not tell which.
    """
    mine, right = (np.unique(np.concatenate([value.ravel().astype(float) for value in side[label]]))
                   for side in (evidence.mine, evidence.right))
    return float(mine[0]) if mine.size == 1 and right.size > 1 else None


def _length(args: tuple) -> int:
    return next((arg.shape[0] for arg in args if isinstance(arg, np.ndarray) and arg.ndim), 0)
