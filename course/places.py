"""Where things are: the course's folder, what is laid out for learners, and the configuration in force."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "work"                            # learners' copies of lessons and exercises; not in git
DATA = ROOT / "course" / "data"
CONFIGURATION = "nbgrader_config.py"


def configuration_folder() -> Path:
    """The folder whose nbgrader_config.py is in force: the current one, where it has one, or the course's own."""
    here = Path.cwd()
    return here if (here / CONFIGURATION).is_file() else ROOT


def use_configuration(*folders: Path) -> None:
    """Let Jupyter's programs look for their configuration in these folders before any other."""
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([*map(str, folders), *([before] if before else [])])
