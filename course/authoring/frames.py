"""Imported as a kernel of the site starts: a graph, practice, or a network in training is its own page, in a frame."""

import tempfile
from html import escape
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

FRAME = '<iframe class="graph" title="{title}" loading="lazy" srcdoc="{page}"></iframe>'


def frame(shown: Any, include: object = None, exclude: object = None) -> dict[str, str]:
    """The mime bundle of a Graph, a Practice or a Watch."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        shown.save(path)
        page = path.read_text("utf-8")
    return {"text/html": FRAME.format(title=escape(shown.title), page=escape(page)), "text/plain": repr(shown)}


shell = get_ipython()
if shell is not None:
    for module, name in (("course.drawing.draw", "Graph"), ("course.practising.ask", "Practice"),
                         ("course.watching.show", "Watch")):
        shell.display_formatter.mimebundle_formatter.for_type_by_name(module, name, frame)
