"""Draw the README's picture anew, from the course's root: python docs/pictures/draw.py

It is the widget as a notebook shows it, photographed by chromium: f = (x + y) z in the middle of its backward pass.
"""

import json
from pathlib import Path

from playwright.sync_api import sync_playwright

from course import drawing

CHROMIUM = "/usr/bin/chromium"
PICTURE = Path(__file__).with_name("graph.png")
WIDGET = Path(drawing.__file__).parent

PAGE = """<!doctype html><title>graph</title><style>body {{ margin: 0 }} {css}</style><div id="graph"></div>
<script type="module">{script} mount(document.getElementById("graph"), {view}, () => {{}});</script>"""


def draw():
    graph = drawing.graph(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, names="q f")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 740, "height": 900}, device_scale_factor=2,
                                color_scheme="light", reduced_motion="reduce")
        page.set_content(PAGE.format(css=(WIDGET / "widget.css").read_text(encoding="utf-8"),
                                     script=(WIDGET / "widget.js").read_text(encoding="utf-8"),
                                     view=json.dumps(graph.view())))
        page.get_by_role("button", name="Whole forward pass").click()
        for _ in range(2):                                          # the gradient of f, and through its gate
            page.get_by_role("button", name="Step →").click()
        page.get_by_role("button", name="f, gate mul").click()      # the table of that gate
        page.mouse.move(0, 0)
        page.locator(".bp-widget").screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    draw()
