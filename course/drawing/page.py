"""A page that stands alone: everything in one file, no kernel and no network."""

import json
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from course.words import language

HERE = Path(__file__).parent

DOCUMENT = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body{attributes}>
{body}
</body>
</html>
"""

STYLE = """
body { margin: 0; background: #fff; color: #1b1b1f; }
main { max-width: 1100px; margin: 0 auto; padding: 16px; }
h1 { font: 600 20px/1.3 system-ui, sans-serif; margin: 8px 12px; }
@media (max-width: 600px) { h1 { margin-inline: 0; } }
html[theme="dark"] body { background: #17181c; color: #ececf1; }
@media (prefers-color-scheme: dark) { html:not([theme="light"]) body { background: #17181c; color: #ececf1; } }
"""

BODY = """<main>
<h1>{title}</h1>
{parts}
</main>
<script type="application/json" id="views">{views}</script>
<script type="module">
{script}
const views = JSON.parse(document.getElementById("views").textContent);
views.forEach((view, k) => mount(document.getElementById(`view-${{k}}`), view{does}));
{then}
</script>"""


def document(title: str, css: str, body: str, attributes: str = "") -> str:
    """The HTML text of a page, with its head."""
    return DOCUMENT.format(title=escape(title), css=css, body=body, attributes=attributes,
                           language=language().replace("_", "-"))


def page(title: str, shown: Iterable[tuple[Any, str]], css: str, script: str, does: str = "", then: str = "") -> str:
    """The HTML text of a page around views, light or dark as the reader's system, or the page around it, is.

    shown  each a view, plain data for the script's mount(root, view), and what shows where scripts don't run
    does   one more argument for mount, as JavaScript
    then   statements after it
    """
    shown = list(shown)
    parts = "\n".join(f'<div id="view-{k}"><noscript>{still}</noscript></div>' for k, (_, still) in enumerate(shown))
    views = json.dumps([view for view, _ in shown], ensure_ascii=False).replace("</", "<\\/")
    body = BODY.format(title=escape(title), parts=parts, views=views, script=script, then=then,
                       does=does and f", {does}")
    return document(title, css + STYLE, body, ' class="bp-page"')


@cache
def text(*paths: Path) -> str:
    """The text of these files, one after the other: those of one script or style."""
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def script(*paths: Path) -> str:
    """A widget's script as one module: what all widgets share, then its own files."""
    return text(HERE / "parts.js", *paths)


def css(*paths: Path) -> str:
    """A widget's style: what all widgets share, then its own files."""
    return text(HERE / "widget.css", *paths)
