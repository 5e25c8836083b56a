"""A class's grading killed at random moments: what is lost?

    python -m benchmarks kills [--times 100] [--seed 1]

Each time `backprop autograde` starts on a class of six, and gets SIGKILL, as a whole or one of its processes, at a
random moment. After every tenth kill one run goes to its end, and the gradebook and the graded notebooks are compared
with what they should be.
"""

import argparse
import random
import tempfile
from pathlib import Path


def main(argv):
    from tests.grading import test_class

    parser = argparse.ArgumentParser(prog="python -m benchmarks kills", description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    rng, before = random.Random(options.seed), test_class.orphans()
    made = 0
    while made < options.times:
        with tempfile.TemporaryDirectory() as folder:
            course = test_class.make_course(Path(folder) / "course")
            for _ in range(min(10, options.times - made)):
                test_class.grade_and_kill(course, folder, rng)
                made += 1
            test_class.autograde(course)
            test_class.assert_whole(course)
        print(f"{made} kills: every score once, every notebook whole, "
              f"{len(test_class.orphans() - before)} processes left", flush=True)
