"""What a JupyterHub starts for each learner: their lessons laid out in backprop/, then Jupyter's server for one user.

    c.Spawner.cmd = ["python", "-m", "course.learning.hub"]

Assignments come by nbgrader's exchange, into backprop/exercises, where `backprop progress` and `hint` look for them.
"""

import os
import sys
from pathlib import Path

from course.learning.workspace import lay_out
from course.plaintext import in_a_sentence
from course.words import tr


def main(arguments: list[str]) -> None:
    """Lay the lessons out in the home folder, and become the server; a home that is full still gets one."""
    home = Path.home()
    os.chdir(home)
    try:
        lay_out(home / "backprop", exercises=None)
        (home / "backprop" / "exercises").mkdir(exist_ok=True)
        (home / "backprop").chmod(0o700)        # answers and feedback are theirs, in a home that all may read, too
    except OSError as error:
        print(tr("The lessons could not be laid out: {error}", error=in_a_sentence(error)), file=sys.stderr)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterhub.singleuser", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
