"""`backprop new exercise NAME --in NN_name`: an exercise of your own, which builds, checks and grades at once.

The declaration goes to course/declarations/own/NN_name.py, the notebook's cells go to
course/sources/assignments/NN_name.py; both are made where they are not there, and added to where they are. What is
laid down is the backward function of x³ under another name: each line of it is to be replaced. docs/exercises.md
explains the parts.
"""

import argparse
import keyword
import re
import sys
from string import Template

from course.declarations import ASSIGNMENTS, assignments, declared
from course.places import COMMAND, ROOT

DECLARATIONS = "course/declarations/own"
SOURCES = "course/sources/assignments"
TAKEN = {"np", "check", "grade", "hint", "i_am", "my_numbers"}        # by what the set-up cell imports

MODULE = '''\
"""Assignment $number: what its right answers are, and which wrong ones are known (docs/exercises.md)."""

from course.checks.exercise import Check, Exercise, gradient_of
'''
DECLARATION = '''
# ------------------------------------------------------------------------------------ $name

$constant = Exercise(
    "$name(dout, x)", "dx", points=2, upstream="dout",
    oracle=gradient_of(lambda x: x ** 3),       # the forward pass; autodiff differentiates it
    checks=(
        Check("numbers", 1, lambda d: [(2.0, -3.0), *(d.numbers(2) for _ in range(3))]),
        Check("arrays", 1, lambda d: [d.arrays(2, 5), d.arrays(2, 2, 3)]),
    ),
    hints=("Nudge x by 0.001 at x = 2: by how much does z move?",
           "The slope of x³ is 3x². Multiply it by the upstream gradient.",
           "dx is the product of dout, 3 and the square of x."),
    difficulty=2, minutes=5,
)


@$constant.mistake(code="OWN1", title="the power is not lowered",
$indent         says="Your slope is 3x³: the power goes down by one.",
$indent         ask="How steep is x³ at x = 0.1, and what do you get there?")
def $name(dout, x):
    return dout * 3 * x ** 3
'''
HEAD = '''\
# %% [markdown]
# # Assignment $number · $title
#
# What it is about, in a sentence or two.

# %% setup
import numpy as np

from course import check, grade, hint
'''
CELLS = '''
# %% [markdown] exercise $name
# ## $number.$count $heading
#
# The gate takes `x` and gives `x ** 3`. Its slope at x is 3x².

# %% answer $name
def $name(dout, x):
    """Backward pass of x ** 3.

    dout: upstream gradient, a number or an array
    x: the gate's input, of the same shape
    Returns dx, of the same shape.
    """
    ### BEGIN SOLUTION
    return dout * 3 * x ** 2
    ### END SOLUTION

# %% check $name
# %% grade $name
'''


def main(argv, root=ROOT):
    """Lay an exercise down; returns 1 where its name or its assignment can't be had, and then nothing is written."""
    parser = argparse.ArgumentParser(prog="backprop new", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["exercise"])
    parser.add_argument("name", help="what learners write: a function's name, such as cube_backward")
    parser.add_argument("--in", dest="assignment", required=True, metavar="NN_name",
                        help="an assignment of your own, such as 09_mine; made where it is not there")
    options = parser.parse_args(argv)
    why = why_not(options.name, options.assignment)
    if why:
        print(why, file=sys.stderr)
        return 1
    for path, text in texts(options.name, options.assignment, root):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
        print(f"written: {path.relative_to(root).as_posix()}")
    print(f"It is whole as it stands. Make it yours (docs/exercises.md), and look at it:\n"
          f"  {COMMAND} mistakes {options.assignment}\n  {COMMAND} build")
    return 0


def why_not(name, assignment):
    """Why there can't be an exercise of this name in this assignment, in a sentence; "" where there can."""
    if not name.isidentifier() or keyword.iskeyword(name):
        return f"{name!r} can't be an exercise: it is to be the name of a function, such as cube_backward."
    if name in TAKEN:
        return f"{name} is what the set-up cell imports; give the exercise another name."
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", assignment):
        return f"{assignment!r} can't be an assignment: two digits and a name in small letters, such as 09_mine."
    if assignment in ASSIGNMENTS:
        return f"{assignment} is the course's own, and the next version's. Yours goes into one of another name."
    for other in assignments():
        if other != assignment and other[:2] == assignment[:2]:
            free = next((f"{k:02}" for k in range(100) if not any(at[:2] == f"{k:02}" for at in assignments())), None)
            return f"The number {assignment[:2]} is taken by {other}" + (f"; {free} is free." if free else ".")
        twin = next((known for known in declared(other) if known.casefold() == name.casefold()), None)
        if twin:
            return f"There is an exercise {twin} already, in {other}: exercises are found by their names."
    return ""


def texts(name, assignment, root):
    """[(path, what is to be added to it)]: the declaration and the cells."""
    declaration, source = root / DECLARATIONS / f"{assignment}.py", root / SOURCES / f"{assignment}.py"
    words = name.removesuffix("_backward").replace("_", " ")
    before = source.read_text("utf-8") if source.exists() else ""
    about = {"name": name, "constant": _constant(name), "indent": " " * len(_constant(name)),
             "number": str(int(assignment[:2])), "title": assignment[3:].replace("_", " ").capitalize(),
             "heading": words.capitalize(), "count": str(len(re.findall(r"(?m)^# %% answer ", before)) + 1)}
    return [(path, Template(("\n" * gap if path.exists() else head) + part).substitute(about))
            for path, head, part, gap in ((declaration, MODULE, DECLARATION, 1), (source, HEAD, CELLS, 0))]


def _constant(name):
    """The name of the declaration; a function's own name in capitals may be the same as the function's."""
    return name.upper() if name.upper() != name else f"{name}_EXERCISE"
