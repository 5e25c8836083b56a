"""Whether the points of a wrong answer depend on what is drawn when it is graded.

    python -m benchmarks luck [--assignment 03_sigmoid_neuron] [--grades 20]

Every known wrong form is graded with many seeds. The table lists those that did not always get the same points, and
those that were not always named alike. (Forms that need long are graded for five seconds each.)
"""
import argparse
import time
import warnings
from collections import Counter

SECONDS = 5


def main(argv):
    from course.checks.examining import SHOWN_SEED, examine
    from course.declarations import assignments, exercises

    parser = argparse.ArgumentParser(prog="python -m benchmarks luck", description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", choices=assignments(), help="this one only")
    parser.add_argument("--grades", type=int, default=20, help="how often each form is graded (default 20)")
    args = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    forms = grades = 0
    for assignment in [args.assignment] if args.assignment else assignments():
        for name, exercise in exercises(assignment).items():
            for mistake in exercise.mistakes:
                points, codes, end = Counter(), Counter(), time.monotonic() + SECONDS
                for seed in range(1, args.grades + 1):
                    report = examine(exercise, mistake.function, (SHOWN_SEED, seed), edge=True)
                    points[report.run.score] += 1
                    codes[report.diagnosis.code] += 1
                    if time.monotonic() > end:
                        break
                forms, grades = forms + 1, grades + points.total()
                if len(points) > 1 or len(codes) > 1:
                    print(f"{name}: {mistake.code} {mistake.title}: points {dict(points)}, named {dict(codes)}",
                          flush=True)
    print(f"{forms} wrong forms, graded {grades} times")
