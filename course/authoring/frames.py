"""Imported as a kernel of the site starts: a graph is shown as its stand-alone page, in a frame."""

import tempfile
from html import escape
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

FRAME = '<iframe class="graph" title="{title}" loading="lazy" srcdoc="{page}"></iframe>'


def frame(graph: Any, include: object = None, exclude: object = None) -> dict[str, str]:
    """A graph's mime bundle."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.html"
        graph.save(path)
        page = path.read_text("utf-8")
    return {"text/html": FRAME.format(title=escape(graph.scene.title), page=escape(page)), "text/plain": repr(graph)}


shell = get_ipython()
if shell is not None:
    shell.display_formatter.mimebundle_formatter.for_type_by_name("course.drawing.draw", "Graph", frame)
