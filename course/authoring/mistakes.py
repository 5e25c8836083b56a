"""`backprop mistakes`: every wrong form that the checks know, what it costs, and what it is called.

The table is made by running each form through the graded check, so it says what happens, not what is meant.
`--messages` prints docs/messages.md: each message once, as a learner reads it.
"""

import argparse

from course.checks.examining import SHOWN_SEED, examine
from course.declarations import ASSIGNMENTS, assignments, exercises

SEEDS = (SHOWN_SEED, 1)
LEARNERS = tuple(f"learner {k}" for k in range(1, 10))      # whose variants are tried

PREAMBLE = """# What learners are told

Each known mistake once, with the message that a learner gets. This page is generated from the declarations in
`course/declarations/` by `backprop mistakes --messages`; a test keeps it up to date. The ids are those of the course's
bank of mistakes; the same id means the same mistake, wherever it is made.
"""


def main(argv):
    """Print the table, or the page of messages; returns 1 where a wrong form keeps its points or its name."""
    parser = argparse.ArgumentParser(prog="backprop mistakes", description=__doc__.splitlines()[0])
    parser.add_argument("assignment", nargs="*", help="which assignments, such as 02_gate_patterns; all if left out")
    parser.add_argument("--messages", action="store_true", help="print docs/messages.md instead: the course's own")
    options = parser.parse_args(argv)
    unknown = [name for name in options.assignment if name not in assignments()]
    if unknown:
        parser.error(f"there is no assignment {unknown[0]!r}; there are {', '.join(assignments())}")
    names = options.assignment or assignments()
    if options.messages:
        print(messages(options.assignment or ASSIGNMENTS), end="")
        return 0
    missed = 0
    for name in names:
        print(f"\n{name}\n  {'exercise':24} {'id':5} {'lost':>9}  named as      wrong form")
        for exercise, mistake, report in outcomes(name):
            found = report.diagnosis
            right = is_named(mistake, report)
            missed += not right
            lost = f"{exercise.points - report.run.score:4g} of {exercise.points:<3g}"
            named = (found.code or "-") if found else "right"
            print(f"  {exercise.name:24} {mistake.code:5} {lost} {'✓' if right else '✗'} {named:10}  {mistake.title}")
    print("\nevery wrong form is rejected and named" if not missed else f"\n{missed} are not named as they should be")
    return bool(missed)


def outcomes(assignment):
    """(exercise, mistake, report of the graded check) for each wrong form of an assignment.

    Where learners have variants, some are tried; the report is that of one in which the form is not named, if there is.
    """
    for exercise in exercises(assignment).values():
        for k, mistake in enumerate(exercise.mistakes):
            report = examine(exercise, mistake.function, SEEDS, edge=True)
            for learner in LEARNERS if exercise.variant else ():
                variant = exercise.of(learner)
                other = examine(variant, variant.mistakes[k].function, SEEDS, edge=True)
                report = report if is_named(mistake, other) else other
            yield exercise, mistake, report


def is_named(mistake, report):
    """Whether a wrong form is called what it is."""
    return report.diagnosis is not None and report.diagnosis.code == mistake.code


def messages(names):
    """The text of docs/messages.md."""
    out = [PREAMBLE]
    for name in names:
        out.append(f"\n## {name}\n")
        exercise = None
        for declared, mistake, report in outcomes(name):
            if declared is not exercise:
                exercise = declared
                out.append(f"\n### `{exercise.signature}`\n")
            out.append(entry(mistake, report))
    return "".join(out)


def entry(mistake, report):
    """What docs/messages.md says of one wrong form."""
    return f"\n{mistake.code}: {mistake.title}\n\n```text\n{report}\n```\n"
