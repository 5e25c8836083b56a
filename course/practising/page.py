"""Pages that stand alone: circuits to fill in, everything in one file, no kernel and no network."""

import json
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from course.drawing import page as drawing

HERE = Path(__file__).parent
SCRIPTS = ("arithmetic.js", "practice.js")

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}
body {{ margin: 0; background: #fff; color: #1b1b1f; }}
main {{ max-width: 1100px; margin: 0 auto; padding: 16px; }}
#kept {{ margin: 8px 12px; font: 14px/1.4 system-ui, sans-serif; }}
h1 {{ font: 600 20px/1.3 system-ui, sans-serif; margin: 8px 12px; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #17181c; color: #ececf1; }} }}
</style>
</head>
<body class="bp-page">
<main>
<h1>{title}</h1>
{circuits}
<p id="kept"></p>
</main>
<script type="application/json" id="views">{views}</script>
<script type="module">
{script}
const views = JSON.parse(document.getElementById("views").textContent);
views.forEach((view, k) => mount(document.getElementById(`circuit-${{k}}`), view, {{ remember: rememberHere }}));
rememberHere();
</script>
</body>
</html>
"""


def page(title: str, circuits: Iterable[tuple[dict[str, Any], str]]) -> str:
    """The HTML of a page of circuits, each a view (`Practice.view`) and the picture for where scripts don't run."""
    circuits = list(circuits)
    parts = [f'<div id="circuit-{k}"><noscript>{picture}</noscript></div>' for k, (_, picture) in enumerate(circuits)]
    views = json.dumps([view for view, _ in circuits], ensure_ascii=False).replace("</", "<\\/")
    return PAGE.format(title=escape(title), css=css(), circuits="\n".join(parts), views=views, script=script())


@cache
def script() -> str:
    """The browser's part as one module."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)


@cache
def css() -> str:
    """The graph's look, and that of the boxes."""
    return "\n".join(path.read_text(encoding="utf-8")
                     for path in (Path(drawing.__file__).with_name("widget.css"), HERE / "practice.css"))
