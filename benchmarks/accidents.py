"""What accidents cost in unmodified nbgrader, and here.

    python -m benchmarks accidents [--only NAME …]

Each accident of tests/grading/accidents is handed in by one learner of a class, which nbgrader as it comes and this
course's judge grade. Where nbgrader gives points, no accident may cost any of them here: then the exit code is 1.
"""

import argparse
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.grading import ROOT, STOCK


def hand_in(folder, accidents):
    """A course folder with one learner for each accident."""
    from tests.grading.accidents.damages import NAME
    from tests.grading.handing_in import solved, write

    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / NAME, folder / name / NAME)
    (folder / "nbgrader_config.py").write_text(
        (ROOT / "nbgrader_config.py").read_text() + STOCK + "\nc.Execute.timeout = 10\n")
    for damage, _, _, name in accidents:
        nb = copy.deepcopy(solved(NAME))
        made = damage(nb) or nb
        write(folder / "submitted" / damage.__name__ / NAME,
              made if type(made) is dict else {name or f"{NAME}.ipynb": made})


def by_nbgrader(folder, accidents):
    """{accident: points}, 0 for what nbgrader gives up."""
    from nbgrader.api import Gradebook, MissingEntry

    from tests.grading.accidents.damages import NAME

    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for command in (["generate_assignment", NAME, "--force"], ["autograde", NAME]):
        subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=folder, env=env, capture_output=True)
    points = {}
    with Gradebook(f"sqlite:///{folder}/gradebook.db", "backprop") as gradebook:
        for damage, *_ in accidents:
            try:
                points[damage.__name__] = gradebook.find_submission(NAME, damage.__name__).score
            except MissingEntry:
                points[damage.__name__] = 0.0
    return points


def by_the_judge(folder, accidents):
    """The same here."""
    from course.grading.worker import Job, grade_submission
    from tests.grading.accidents.damages import NAME
    from tests.grading.handing_in import SETTINGS, key_of_release

    return {damage.__name__: sum(score or 0.0 for score, _ in grade_submission(
        Job("ada", NAME, folder / "submitted" / damage.__name__ / NAME), {NAME: key_of_release(NAME)},
        SETTINGS).scores.values()) for damage, *_ in accidents}


def main(argv):
    from tests.grading.accidents.damages import ACCIDENTS

    parser = argparse.ArgumentParser(prog="python -m benchmarks accidents", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args(argv)
    chosen = [accident for accident in ACCIDENTS if not options.only or accident[0].__name__ in options.only]
    with tempfile.TemporaryDirectory() as folder:
        hand_in(Path(folder), chosen)
        theirs, ours = by_nbgrader(Path(folder), chosen), by_the_judge(Path(folder), chosen)
    print("| accident | unmodified nbgrader | here |\n|---|---|---|")
    for name, points in ours.items():
        print(f"| {name.replace('_', ' ')} | {theirs[name]:g} | {points:g} |")
    worse = [name for name, points in ours.items() if points < theirs[name]]
    print(f"\n{len(ours)} accidents: {sum(theirs.values()):g} points in nbgrader, {sum(ours.values()):g} here; "
          f"worse here: {', '.join(worse) or 'none'}.")
    return int(bool(worse))
