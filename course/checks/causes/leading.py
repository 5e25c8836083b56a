"""What is known of a wrong answer whose cause was not found: where it is right, and whether it follows the upstream."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from course.checks import codec
from course.checks.causes.evidence import Evidence
from course.checks.causes.telling import right as are_right
from course.checks.comparing import close
from course.checks.exercise import Exercise
from course.words import later, sentences, tr


def leading_on(exercise: Exercise, evidence: Evidence | None, label: str,
               fine: Sequence[str] | None = None) -> tuple[str, str]:
    """(sentences, question) on the wrong result `label`; fine are the results that are right, if more is known."""
    if evidence is None:
        return "", ""
    label = next((name for name in evidence.wrong if label.startswith(name) or f"[{name!r}]" in label),
                 evidence.wrong[0])
    says = []
    fine = evidence.fine if fine is None else fine
    if fine:
        says.append(are_right(fine))
    right = [close(mine, wanted) for mine, wanted in zip(evidence.mine[label], evidence.right[label], strict=True)]
    good = [asked.args for asked, same in zip(evidence.calls, right, strict=True) if same]
    if good and len(right) > 1:
        simplest = max(good, key=_simplicity)
        inputs = ", ".join(f"{name} = {value:.4g}" for name, value in exercise.named(simplest)
                           if isinstance(value, int | float))
        told = later("{label} is right at {n} of {calls} calls, such as {inputs}.") if inputs else later(
            "{label} is right at {n} of {calls} calls.")
        says.append(tr(told, label=label, n=len(good), calls=len(right), inputs=inputs))
    elif len(right) > 1:
        says.append(tr("{label} is wrong at each of the {n} calls.", label=label, n=len(right)))
    linear = _is_linear(exercise, evidence, label)
    if linear is False:
        return sentences(*says), tr("What should become of {label} when {upstream} is twice as large?", label=label,
                                    upstream=exercise.upstream)
    if good and len(right) > 1:
        return sentences(*says), tr("What do the calls have in common at which it goes wrong?")
    return sentences(*says), ""


def _simplicity(args: Sequence[Any]) -> int:
    """How many of a call's numbers are 0 or 1: with these one can reckon in one's head."""
    return sum(isinstance(arg, int | float) and arg in (0, 1, -1) for arg in args)


def _is_linear(exercise: Exercise, evidence: Evidence, label: str) -> bool | None:
    """Whether a result grows with the upstream gradient, where two calls differ in nothing else; None where none do."""
    if exercise.upstream is None:
        return None
    at = exercise.parameters.index(exercise.upstream)
    for i, one in enumerate(evidence.calls):
        for j in range(i):
            other = evidence.calls[j]
            if min(len(one.args), len(other.args)) > at and _same_but(one.args, other.args, at):
                ours, theirs = np.asarray(one.args[at], float), np.asarray(other.args[at], float)
                if ours.shape != theirs.shape or not theirs.size or not theirs.all():
                    continue
                ratio = (ours / theirs).ravel()
                if np.ptp(ratio) < 1e-9 * abs(ratio[0]):
                    return close(evidence.mine[label][i], np.asarray(evidence.mine[label][j] * ratio[0]))
    return None


def _same_but(one: tuple, other: tuple, at: int) -> bool:
    """Whether two calls differ in one argument at most."""
    try:
        return codec.pack([*one[:at], *one[at + 1:]]) == codec.pack([*other[:at], *other[at + 1:]])
    except codec.NotPlain:
        return False
