"""How long a learner waits for `check`, and what `import course` costs.

    python -m benchmarks checks

Every exercise, right and with each of its wrong forms: the median of several rounds. Importing is timed in fresh
processes, in turn with numpy alone; the figure is the difference of the medians.
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 7


def milliseconds(f):
    start = time.perf_counter()
    f()
    return (time.perf_counter() - start) * 1e3


def import_cost():
    """Milliseconds that `from course import check` takes beyond numpy's own import."""
    timed = "import time; t = time.perf_counter(); {}; print((time.perf_counter() - t) * 1e3)"
    times = {"import numpy": [], "from course import check, grade, hint": []}
    for _ in range(ROUNDS):
        for statement, found in times.items():
            out = subprocess.run([sys.executable, "-c", timed.format(statement)], capture_output=True, text=True,
                                 check=True).stdout
            found.append(float(out))
    numpy, course = (statistics.median(found) for found in times.values())
    return numpy, course - numpy


def main(argv):
    from course.checks.examining import examine
    from course.declarations import assignments, exercises

    numpy, course = import_cost()
    print(f"import course: {course:.0f} ms beyond numpy's own {numpy:.0f} ms\n")
    print(f"{'exercise':26} {'right':>8} {'wrong, median':>14} {'wrong, worst':>13}   (milliseconds for one check)")
    everything = []
    for name in assignments():
        for exercise in exercises(name).values():
            def timed(form, exercise=exercise):
                return statistics.median(milliseconds(lambda: examine(exercise, form.function, (0,), edge=False))
                                         for _ in range(ROUNDS))
            right = timed(exercise.alternatives[0])
            wrong = [timed(form) for form in exercise.mistakes]
            everything += [right, *wrong]
            print(f"{exercise.name:26} {right:8.1f} {statistics.median(wrong):14.1f} {max(wrong):13.1f}")
    print(f"\nall: median {statistics.median(everything):.1f} ms, worst {max(everything):.1f} ms")
