"""Pages that stand alone: circuits to fill in, everything in one file, no kernel and no network."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course.drawing import page as drawing

HERE = Path(__file__).parent


def page(title: str, circuits: Iterable[tuple[dict[str, Any], str]]) -> str:
    """The HTML of a page of circuits, each a view (`Practice.view`) and the picture for where scripts don't run."""
    return drawing.page(title, circuits, css(), script(),
                        "{ remember: (record) => rememberHere(view.words, record) }", "rememberHere(views[0].words);")


def script() -> str:
    """The browser's part as one module."""
    return drawing.script(HERE / "arithmetic.js", HERE / "practice.js")


def css() -> str:
    """The graph's look, and that of the boxes."""
    return drawing.css(HERE / "practice.css")
