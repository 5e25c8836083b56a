"""Which assignments there are, and which exercises each of them declares."""

import difflib
import functools
import importlib
from pathlib import Path

from course.checks.exercise import Exercise
from course.declarations import choosing
from course.declarations.notebook_answers import solution_of
from course.words import tr

# The course's own; an instructor's are the modules of own/, each named like its assignment.
ASSIGNMENTS = ("00_start_here", "01_chain_rule", "02_gate_patterns", "03_sigmoid_neuron", "04_vectorized_gradients",
               "05_pytorch_comparison", "06_build_the_engine", "07_store_or_recompute", "08_train_digits")
OWN = Path(__file__).with_name("own")


@functools.cache
def assignments() -> tuple[str, ...]:
    """The assignments' names: the course's in order, then the instructor's own."""
    return (*ASSIGNMENTS, *sorted(path.stem for path in OWN.glob("[0-9][0-9]_*.py")))


@functools.cache
def declared(assignment: str) -> dict[str, Exercise]:
    """{name: Exercise} of an assignment, in order, as they are declared."""
    if assignment not in assignments():
        raise ValueError(f"there is no assignment {assignment!r}; there are {', '.join(assignments())}")
    name = assignment.split("_", 1)[1] if assignment in ASSIGNMENTS else f"own.{assignment}"
    module = importlib.import_module(f"course.declarations.{name}")
    found = [value for value in vars(module).values() if isinstance(value, Exercise)] if name.startswith("own.") else \
        module.EXERCISES
    for exercise in found:
        exercise.solved_by(functools.partial(solution_of, assignment, exercise.name))
    return {exercise.name: exercise for exercise in found}


@functools.cache
def exercises(assignment: str) -> dict[str, Exercise]:
    """The same as an instructor has chosen them, in course.toml: some left out, some with other points."""
    return choosing.chosen(assignment, declared(assignment))


def check_choice() -> None:
    """ChoiceError where course.toml can't be what was meant."""
    choosing.need_known(assignments())
    for assignment in choosing.choice():
        exercises(assignment)


def find(name: str) -> Exercise:
    """The Exercise of this name; ValueError, with the nearest names, where there is none."""
    names = []
    for assignment in assignments():
        here = exercises(assignment)
        if name in here:
            return here[name]
        names += here
    near = difflib.get_close_matches(name, names, 3)
    if near:
        raise ValueError(tr("there is no exercise {name}; did you mean {near}?", name=repr(name),
                            near=tr(" or ").join(near)))
    raise ValueError(tr("there is no exercise {name}: give its name as the second argument, as in {call}",
                        name=repr(name), call='check(f, "mul_backward")'))
