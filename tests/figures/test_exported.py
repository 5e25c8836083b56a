"""A notebook as a page, without a kernel and without a network: graphs, formulas, and nothing that stays folded."""

import re
from base64 import b64decode

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from course.drawing import graph
from course.figures import table
from course.figures.exported import opened
from course.teaching.page import clean

PROSE = "Local: $\\frac{\\partial f}{\\partial x} = 2$.\n\n$$dW = dD\\, X^\\top$$\n\n" \
        "<details><summary>Step first</summary>\n\nIt is **6**, not `$5`.\n\n</details>"


@pytest.fixture(scope="module")
def page():
    drawn = graph(lambda x, y: x * y, x=2, y=3)
    shown = table(["gate"], [("exp",)], fold="All by code")
    cells = [new_markdown_cell(PROSE), new_code_cell("graph(…)", outputs=[
        new_output("execute_result", drawn._repr_mimebundle_()[0]),
        new_output("execute_result", {"text/html": shown._repr_html_(), "text/plain": repr(shown)})])]
    config = Config({"HTMLExporter": {"preprocessors": ["course.figures.exported.StandAlone"]}})
    return HTMLExporter(config=config).from_notebook_node(new_notebook(cells=cells))[0]


def test_formulas_are_drawn_and_code_keeps_its_dollars(page):
    body = page[page.index("<main"):]
    drawn = re.findall(r"<svg[^>]*>", body)
    assert len(drawn) == 2 and all('role="img"' in tag and re.search('aria-label="[^"]+"', tag) for tag in drawn)
    assert "$" not in re.sub(r"<code>.*?</code>", "", body).replace("$(", "") and "<code>$5</code>" in body


def test_no_fold_is_shut_and_what_is_in_it_is_there(page):
    body = page[page.index("<main"):]
    assert len(re.findall(r"<details open\b", body)) == 2 == body.count("<details")
    assert "<strong>6</strong>" in body


def test_the_graph_is_a_picture_as_light_as_the_page(page):
    source = re.search(r'<img alt="[^"]+" src="data:image/svg\+xml;base64,([^"]+)"', page)[1]
    assert b"prefers-color-scheme" not in b64decode(source) and b"@media not all" in b64decode(source)


@pytest.mark.parametrize("html, due", [
    ("<details>", "<details open>"), ("<details open>", "<details open>"), ("<detailsx>", "<detailsx>"),
    ('<details class="a">', '<details open class="a">')])
def test_folds_open(html, due):
    assert opened(html) == due


def test_feedback_keeps_a_picture_as_large_as_it_was_made_and_an_open_fold():
    image = '<img src="data:image/png;base64,AAAA" width="403" height="245" alt="a">'
    kept = clean(f'<details open><summary>s</summary>{image}</details><img src="data:image/png;base64,AA" width="9e9">')
    assert 'width="403" height="245"' in kept and "9e9" not in kept and kept.startswith("<details open")
