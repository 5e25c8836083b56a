"""By whose variants a submission is judged: those of the learner who handed it in.

An id that belongs to nobody in the class is taken for a slip of the pen: its numbers are those that the learner saw,
and count. Numbers of somebody else don't.
"""

import re

from nbformat import NotebookNode

from course.checks.variants import normal
from course.grading.key import Key

SAID = re.compile(r"""^[ \t]*i_am\(\s*(["'])(.*?)\1\s*\)""", re.MULTILINE)


def whose(nb: NotebookNode, key: Key, student: str) -> tuple[str, list[str]]:
    """(the id by whose variants a submission is judged, notes about it), of the notebook as it was handed in."""
    said = [found[2].strip() for cell in nb.cells if cell.cell_type == "code" for found in SAID.finditer(cell.source)]
    if not key.learners or not said or normal(said[-1]) in ("", normal(student)):
        return student, []
    says = f"The notebook says that it belongs to {said[-1][:40]!r}"
    if normal(said[-1]) in key.learners:
        return student, [f"{says}, another learner; it was graded by the numbers of {student!r}, who handed it in."]
    return said[-1], [f"{says}, who is nobody in the class; it was graded by the numbers that this gives, not by those "
                      f"of {student!r}."]
