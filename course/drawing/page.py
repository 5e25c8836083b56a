"""A page that stands alone: everything in one file, no kernel and no network."""

import json
from html import escape
from pathlib import Path

HERE = Path(__file__).parent

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}
body {{ margin: 0; background: #fff; }}
main {{ max-width: 1100px; margin: 0 auto; padding: 16px; }}
h1 {{ font: 600 20px/1.3 system-ui, sans-serif; margin: 8px 12px; color: #1b1b1f; }}
html[theme="dark"] body {{ background: #17181c; }}
html[theme="dark"] h1 {{ color: #ececf1; }}
@media (prefers-color-scheme: dark) {{
  html:not([theme="light"]) body {{ background: #17181c; }}
  html:not([theme="light"]) h1 {{ color: #ececf1; }}
}}
</style>
</head>
<body class="bp-page">
<main>
<h1>{title}</h1>
<div id="graph"><noscript>{picture}{code}</noscript></div>
</main>
<script type="application/json" id="view">{view}</script>
<script type="module">
{script}
mount(document.getElementById("graph"), JSON.parse(document.getElementById("view").textContent));
</script>
</body>
</html>
"""


def page(title, view, picture, code=""):
    """The HTML text of a page around a view (see `course.drawing.view`).

    `picture`, and the code as text, show where scripts don't run.
    """
    return PAGE.format(
        title=escape(title), css=(HERE / "widget.css").read_text(encoding="utf-8"), picture=picture,
        code=f"<details><summary>As code</summary><pre>{escape(code)}</pre></details>" if code else "",
        view=json.dumps(view, ensure_ascii=False).replace("</", "<\\/"),
        script=(HERE / "widget.js").read_text(encoding="utf-8"))
