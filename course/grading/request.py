"""A regrade request: a text that a learner hands in beside the notebook, laid into the graded notebook.

Formgrader shows the cells of a graded notebook, and so does the page of feedback.
"""

import re
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from course.places import REGRADE
from course.plaintext import plain
from course.words import tr

ASKED = f"A regrade is asked for, in {REGRADE}; it stands at the top of the graded notebook."
LONGEST = 10_000        # characters that are shown


def show_request(nb: NotebookNode, folder: Path) -> list[str]:
    """Put what a submission's folder asks for at the top of its notebook; returns the notes about it."""
    try:
        with open(folder / REGRADE, encoding="utf-8", errors="replace") as file:
            text = file.read(LONGEST + 1)
    except OSError:
        return []
    text = plain(text.removeprefix("\ufeff")).strip()
    if not text:
        return []
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} …"
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))      # it is text, whatever is in it
    head = tr("A regrade is asked for")
    cell = new_markdown_cell(f"**{head}**\n\n{fence}text\n{text}\n{fence}", id="regrade-request")
    if nb.nbformat_minor < 5:
        del cell["id"]
    nb.cells.insert(0, cell)
    return [ASKED]
