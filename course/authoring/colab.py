"""Lessons and exercises for Colab, which opens notebooks from a branch on GitHub: a first cell installs the course.

    python -m course.authoring.colab OWNER/REPOSITORY FOLDER

Colab has numpy and matplotlib; JupyterLab and nbgrader, which the course's package names, have no place there.
"""

import json
import sys
from pathlib import Path

from course.places import EXERCISES, LESSONS

BRANCH = "colab"
INSTALL = """%pip install -q anywidget msgpack
%pip install -q --no-deps "backprop-course @ git+https://github.com/{repository}"
import sys

if "google.colab" in sys.modules:
    from google.colab import output

    output.enable_custom_widget_manager()"""


def main(argv: list[str]) -> int:
    """Write the notebooks; returns an exit code."""
    repository, folder = argv
    for kind, source in (("lessons", LESSONS), ("exercises", EXERCISES)):
        for path in sorted(source.rglob("*.ipynb")):
            if ".ipynb_checkpoints" not in path.parts:
                target = Path(folder) / kind / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(for_colab(path.read_text("utf-8"), repository), "utf-8")
    return 0


def for_colab(text: str, repository: str) -> str:
    """A notebook with the cell that installs the course below its title."""
    notebook = json.loads(text)
    notebook["cells"].insert(1, {"cell_type": "code", "id": "install", "metadata": {}, "outputs": [],
                                 "execution_count": None, "source": INSTALL.format(repository=repository)})
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
