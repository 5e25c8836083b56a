"""A notebook with a graph in it, made into a page: a picture with its text, and nothing that needs a network."""

import re
from base64 import b64decode
from html import unescape

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets.config import Config

from course.drawing import graph


@pytest.fixture
def shown():
    return graph(lambda x, y: x * y, x=2, y=3, names='<p>"')


def notebook(*bundles):
    outputs = [new_output("execute_result", data) for data in bundles]
    state = {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2, "version_minor": 0}}
    return new_notebook(cells=[new_code_cell("graph(...)", outputs=outputs)], metadata={"widgets": state})


def export(content, **traits):
    config = Config({"HTMLExporter": {"preprocessors": ["course.drawing.still.ShowPictures"], **traits}})
    return HTMLExporter(config=config).from_notebook_node(content)[0]


def test_the_picture_stands_in_for_the_widget_with_its_text(shown):
    page = export(notebook(shown._repr_mimebundle_()[0]))
    _, alt, source = re.search(r'''<img alt=(["'])(.*?)\1 src="data:image/svg\+xml;base64,([^"]*)"''', page).groups()
    assert unescape(alt) == repr(shown)
    assert re.sub("bp[0-9]+-", "", b64decode(source).decode()) == re.sub("bp[0-9]+-", "", shown.svg())
    assert "widget-view+json" not in page
    assert "html-manager" not in page                   # the script that nbconvert would fetch for a widget


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_so_it_does_where_html_is_sanitized(shown, template):
    page = export(notebook(shown._repr_mimebundle_()[0]), sanitize_html=True, template_name=template)
    source = re.search(r'<img [^>]*src="data:image/svg\+xml;base64,([^"]*)"', page)[1]
    assert b64decode(source).decode().startswith("<svg")
    assert repr(shown) in unescape(page)
    assert "<p>" not in page[page.index("<main" if template == "lab" else "<body"):]


def test_a_widget_without_a_picture_keeps_what_shows_it(shown):
    slider = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "a slider"}
    page = export(notebook(shown._repr_mimebundle_()[0], slider))
    assert "widget-view+json" in page and "widget-state+json" in page


def test_other_outputs_are_left_alone():
    page = export(notebook({"text/plain": "only text"}, {"text/html": "<b>bold</b>"}))
    assert "only text" in page
    assert "<b>bold</b>" in page


def test_code_that_was_asked_for_follows_the_picture():
    shown = graph(lambda x, y: x * y, x=2, y=3, names="<p>", code=True)
    page = export(notebook(shown._repr_mimebundle_()[0]))
    assert unescape(re.search('<img alt="(.*?)"', page)[1]) == shown.scene.aloud
    assert unescape(re.search("<pre>(# the inputs.*?)</pre>", page, re.DOTALL)[1]) == shown.code.rstrip()
