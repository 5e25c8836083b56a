"""Whose notebook this is: what `i_am` and `my_numbers` do, where an exercise has a variant for each learner."""

import os
from pathlib import Path
from typing import Any

from course.checks.variants import WHOSE
from course.declarations import find
from course.plaintext import one_line, plain
from course.words import tr

_said = ""


def i_am(learner: str) -> None:
    """Say whose notebook this is, once for all exercises below.

    learner  your id, as your course knows it
    """
    global _said
    if not isinstance(learner, str):
        raise TypeError(tr("your id is a text: write it between quotation marks, {call}", call=f'i_am("{learner}")'))
    _said = learner.strip()
    if not _said:
        return
    owner = _graded()
    print(one_line(tr(
        "You are {name}: numbers are drawn for this id. Is it the one that your course knows you by?"
        if owner is None else "This notebook says {name}; it is graded by the numbers of {owner}.",
        name=repr(_said), owner=repr(owner))))


def my_numbers(name: str, text: str = "") -> Any:
    """The numbers of your variant of an exercise: one, or a tuple; and they are shown.

    name  the exercise
    text  the statement that shows them, with their names in braces: "f(x) = {a}·x³ + {b}·x"
    """
    exercise = find(name)
    if exercise.variant is None:
        raise ValueError(tr("{name} has no numbers of your own: everybody's are the same", name=name))
    numbers = exercise.of(learner()).numbers
    shown = plain(text.format(**numbers) if text else ", ".join(f"{key} = {value}" for key, value in numbers.items()))
    values = tuple(numbers.values())
    given = values[0] if len(values) == 1 else values
    if (grader := WHOSE.get()) is not None:
        grader.told[name] = given, shown
    print(shown)
    return given


def learner() -> str:
    """Whose variants are asked for. Raises WhoAreYou where nobody has said it.

    In the grader, the one who handed in; at a learner's, what `i_am` was told, or on a JupyterHub the login name.
    """
    grader = WHOSE.get()
    if grader is not None:
        return grader.learner
    found = _graded() or _said or os.environ.get("JUPYTERHUB_USER", "")
    if not found:
        raise WhoAreYou(tr("This exercise has numbers of your own. Say who you are first: write your id, as your "
                           'course knows you, between the quotation marks of i_am(""), and run that cell.'))
    return found


def _graded() -> str | None:
    """Whose submission is run, where nbgrader itself grades it: in autograded/LEARNER/ASSIGNMENT."""
    return Path.cwd().parent.name if os.environ.get("NBGRADER_EXECUTION") == "autograde" else None


class WhoAreYou(ValueError):
    """Nobody has said whose notebook this is."""

    def _render_traceback_(self) -> list[str]:
        """IPython's hook for an exception that prints itself: the sentence alone."""
        return [str(self)]
