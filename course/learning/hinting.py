"""`backprop hint`: the hints to an exercise, as `hint` opens them in a notebook."""

import argparse
import difflib
import sys

from course.words import later, sentences, tr

PURPOSE = later("the hints to an exercise, as `hint` opens them in a notebook")


def main(argv: list[str]) -> int:
    """Print the first hints to an exercise; returns an exit code."""
    from course.declarations import assignments, exercises

    parser = argparse.ArgumentParser(prog="backprop hint", description=tr(PURPOSE))
    parser.add_argument("exercise", help=tr("for example mul_backward"))
    parser.add_argument("number", nargs="?", type=int, default=1, help=tr("how many of its hints; 1 if left out"))
    options = parser.parse_args(argv)
    known = {name: exercise for assignment in assignments() for name, exercise in exercises(assignment).items()}
    if options.exercise not in known:
        near = difflib.get_close_matches(options.exercise, known, 1)
        print(sentences(tr("There is no exercise {name!r}.", name=options.exercise),
                        tr("Did you mean {name}?", name=near[0]) if near else ""), file=sys.stderr)
        return 1
    hints = known[options.exercise].hints
    for number, text in enumerate(hints[:max(1, options.number)], 1):
        print(tr("{name}, hint {k} of {n}: {text}", name=options.exercise, k=number, n=len(hints), text=tr(text)))
    return 0
