"""Draw the READMEs' pictures anew, from the course's root: python docs/pictures/draw.py

They are the widget as a notebook shows it, photographed by chromium: f = (x + y) z in the middle of its backward pass,
in English (graph.png) and in the other languages (graph.zh.png), for which the machine needs a font.
"""

import re
from pathlib import Path

from playwright.sync_api import sync_playwright

from course import drawing
from course.drawing.page import HERE as WIDGET
from course.drawing.page import css, script
from course.drawing.page import page as text_of
from course.words import ENGLISH, languages, speaking, tr

CHROMIUM = "/usr/bin/chromium"
HERE = Path(__file__).parent


def draw(browser, picture):
    """The picture in the language in force."""
    graph = drawing.graph(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, names="q f")
    page = browser.new_page(viewport={"width": 690, "height": 900}, device_scale_factor=2,
                            color_scheme="light", reduced_motion="reduce")
    page.set_content(text_of("graph", [(graph.view(), "")], css(), script(WIDGET / "widget.js"), does="() => {}"))
    page.add_style_tag(content=".bp-table :is(th, td) { padding-right: 6px !important; }")     # the whole of it
    page.get_by_role("button", name=tr("Whole forward pass")).click()
    for _ in range(2):                                                      # the gradient of f, and through its gate
        page.get_by_role("button", name=tr("Step →")).click()
    page.get_by_role("button", name=re.compile(r"^f\b.*\bmul\b")).click()   # the table of that gate
    page.mouse.move(0, 0)
    page.locator(".bp-widget").screenshot(path=picture)
    page.close()


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for language in languages():
            suffix = "" if language == ENGLISH else f".{language.partition('_')[0]}"
            with speaking(language):
                draw(browser, HERE / f"graph{suffix}.png")
        browser.close()


if __name__ == "__main__":
    main()
