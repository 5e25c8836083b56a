"""Which assignments there are, and which exercises each of them declares."""

import difflib
import functools
import importlib

from course.checks.exercise import Exercise
from course.declarations.notebook_answers import solution_of

ASSIGNMENTS = ("00_start_here", "01_chain_rule", "02_gate_patterns", "03_sigmoid_neuron", "04_vectorized_gradients",
               "05_pytorch_comparison", "06_build_the_engine", "07_store_or_recompute", "08_train_digits")


def assignments() -> tuple[str, ...]:
    """The assignments' names, in order."""
    return ASSIGNMENTS


@functools.cache
def exercises(assignment: str) -> dict[str, Exercise]:
    """{name: Exercise} of an assignment, in order."""
    if assignment not in ASSIGNMENTS:
        raise ValueError(f"there is no assignment {assignment!r}; there are {', '.join(ASSIGNMENTS)}")
    module = importlib.import_module(f"course.declarations.{assignment.split('_', 1)[1]}")
    for exercise in module.EXERCISES:
        exercise.solved_by(functools.partial(solution_of, assignment, exercise.name))
    return {exercise.name: exercise for exercise in module.EXERCISES}


def find(name: str) -> Exercise:
    """The Exercise of this name; ValueError, with the nearest names, where there is none."""
    names = []
    for assignment in ASSIGNMENTS:
        here = exercises(assignment)
        if name in here:
            return here[name]
        names += here
    near = difflib.get_close_matches(name, names, 3)
    raise ValueError(f"there is no exercise {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else
                     ": give its name as the second argument, as in check(f, \"mul_backward\")"))
