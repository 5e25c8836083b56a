"""A notebook as a page, without a kernel and without a network: graphs, formulas, and nothing that stays folded."""

import re
import subprocess
import sys
from base64 import b64decode
from html import unescape

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from course.drawing import graph
from course.figures import table
from course.figures.exported import opened
from course.teaching.page import clean

PROSE = "## A head\n\nLocal: $\\frac{\\partial f}{\\partial x} = 2$.\n\n$$dW = dD\\, X^\\top$$\n\n" \
        "<details><summary>Step first</summary>\n\nIt is **6**, not `$5$`.\n\n</details>"


@pytest.fixture(scope="module", params=[False, True], ids=["as it is", "sanitized"])     # JupyterLab asks which
def page(request):
    drawn = graph(lambda x, y: x * y, x=2, y=3)
    shown = table(["gate"], [("exp",)], fold="All by code")
    cells = [new_markdown_cell(PROSE), new_code_cell("graph(…)", outputs=[
        new_output("execute_result", drawn._repr_mimebundle_()[0]),
        new_output("execute_result", {"text/html": shown._repr_html_(), "text/plain": repr(shown)}),
        new_output("display_data", {"image/svg+xml": drawn.svg()})])]
    return exported(cells, sanitize_html=request.param)


def exported(cells, **traits):
    config = Config({"HTMLExporter": {"preprocessors": ["course.figures.exported.StandAlone"]}})
    exporter = HTMLExporter(config=config)
    for name, value in traits.items():
        setattr(exporter, name, value)          # after it was made, as JupyterLab's server does it
    return exporter.from_notebook_node(new_notebook(cells=cells))[0]


def test_formulas_are_drawn_and_code_keeps_its_dollars(page):
    body = page[page.index("<main"):]
    drawn = re.findall(r"<img[^>]*formula[^>]*>", body)
    assert [unescape(re.search('alt="([^"]+)"', tag)[1]) for tag in drawn] == [
        "\\frac{\\partial f}{\\partial x} = 2", "dW = dD\\, X^\\top"]
    assert all(re.search(r'style="width: ?[\d.]+em; ?vertical-align: ?-?[\d.]+em;?"', tag) for tag in drawn)
    assert "$" not in re.sub(r"<code>.*?</code>", "", body).replace("$(", "") and "<code>$5$</code>" in body


def test_it_is_a_page_and_nothing_is_fetched(page):
    body = page[page.index("<main"):]
    assert "&lt;p" not in body and re.search(r'<h2 id="A-head">A head', body) and "<td" in body and "<summary>" in body
    assert 'class="nb"' in body or 'class="n"' in body                  # code keeps its colours
    fetched = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="([^"]*)"', page)
    assert fetched and all(address.startswith("data:") for address in fetched)


@pytest.mark.parametrize("kind, value", [
    ("text/latex", "$x^2$"), ("text/markdown", "so $x$"), ("text/html", "<script>require([])</script>"),
    ("application/javascript", "1"), ("application/vnd.jupyter.widget-view+json", {"model_id": "a"})])
def test_what_needs_a_script_gets_it(kind, value):
    page = exported([new_code_cell("1", outputs=[new_output("display_data", {kind: value, "text/plain": "a"})])])
    assert "require.min.js" in page and "mathjax" in page


def test_nothing_runs_on_a_sanitized_page():
    bad = ('<p onclick="f()">a</p><script>f()</script><a href="javascript:f()">b</a>'
           '<img src="https://e.org/x.png" alt="c">')
    output = new_output("display_data", {"text/html": bad})
    page = exported([new_markdown_cell(bad), new_code_cell("1", outputs=[output])], sanitize_html=True)
    body = page[page.index("<main"):page.index("</main")]
    assert not re.search("onclick|<script|javascript:|e[.]org|f[(][)]", body) and body.count("<p>a</p>") == 2


def test_no_fold_is_shut_and_what_is_in_it_is_there(page):
    body = page[page.index("<main"):]
    assert len(re.findall(r"<details open\b", body)) == 2 == body.count("<details")
    assert "<strong>6</strong>" in body


def test_the_graph_is_a_picture_as_light_as_the_page(page):
    sources = [b64decode(source) for source in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)]
    graphs = [source for source in sources if b"<desc>" in source]
    assert len(graphs) == 2         # the widget's, and the one that stands by itself
    assert all(b"prefers-color-scheme" not in source and b"@media not all" in source for source in graphs)
    assert 'alt="Computational graph. Inputs: x = 2.00, y = 3.00.' in page


@pytest.mark.parametrize("html, due", [
    ("<details>", "<details open>"), ("<details open>", "<details open>"), ("<detailsx>", "<detailsx>"),
    ('<details class="a">', '<details open class="a">')])
def test_folds_open(html, due):
    assert opened(html) == due


def test_feedback_keeps_a_picture_as_large_as_it_was_made_and_an_open_fold():
    image = '<img src="data:image/png;base64,AAAA" width="403" height="245" alt="a">'
    kept = clean(f'<details open><summary>s</summary>{image}</details><img src="data:image/png;base64,AA" width="9e9">')
    assert 'width="403" height="245"' in kept and "9e9" not in kept and kept.startswith("<details open")


def test_formulas_are_drawn_in_several_threads():
    """In a process of its own, which matplotlib ends where two threads draw at once."""
    code = ("from concurrent.futures import ThreadPoolExecutor; from course.figures import formulas\n"
            "drawn = ThreadPoolExecutor(8).map(lambda k: formulas._drawn(rf'\\frac{{x_{{{k}}}}}{{y^2}} + {k}', True), "
            "range(240))\n"
            "print(all(drawn))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "True\n"
