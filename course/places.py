"""Where things are: the course's folder, what is laid out for learners, and the configuration in force."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "course" / "data"
LESSONS = ROOT / "course" / "lessons"
INSTALLED = (ROOT / "course" / "exercises").is_dir()       # as a wheel is, which holds them; a clone has them beside
EXERCISES = ROOT / "course" / "exercises" if INSTALLED else ROOT / "exercises"
IN_BROWSER = sys.platform == "emscripten"                   # where a kernel has no processes and no command line
# what an instructor chooses of the course; it may not be there
CHOICE = ROOT / "course" / "course.toml" if INSTALLED else ROOT / "course.toml"
COMMAND = "backprop" if INSTALLED else "python course"      # how learners call it
LAID_OUT = ".laid_out.json"                                 # what was laid out, in the folder where it was
PRACTISED = "practice.json"                                 # what was practised, in the same
CONFIGURATION = "nbgrader_config.py"
REGRADE = "regrade_request.txt"                             # what a learner hands in who asks for a regrade


def work_folder() -> Path:
    """The folder of a learner's copies of lessons and exercises, which git does not know; it may not be there yet.

    Of a clone it is work/. In a browser it is what JupyterLite keeps there, as its kernels see it; for another language
    than English a folder of its name in it. Where the course is installed as a package, it is the current folder or one
    above it, if the course was laid out there, and backprop/ below the current folder otherwise.
    """
    if IN_BROWSER:
        parts = Path.cwd().parts[1:3]
        own = len(parts) == 2 and parts[0] == "drive" and (ROOT / "course" / "translations" / parts[-1]).is_dir()
        return Path("/", *parts) if own else Path("/drive")
    if not INSTALLED:
        return ROOT / "work"
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / LAID_OUT).is_file()), here / "backprop")


def configuration_folder() -> Path:
    """The folder whose nbgrader_config.py is in force: the current one, where it has one, or the course's own."""
    here = Path.cwd()
    return here if (here / CONFIGURATION).is_file() else ROOT


def use_configuration(*folders: Path) -> None:
    """Let Jupyter's programs look for their configuration in these folders before any other."""
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([*map(str, folders), *([before] if before else [])])
