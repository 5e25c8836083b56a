"""A text that can't be set, or takes long, stands on the page as it was written; the page is made."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.figures.formulas import LONGEST, MOST, picture, put_back, take_out
from course.teaching import page as pages
from course.teaching.page import FeedbackPage

ABOUT = {"nbgrader": {"student": "ada", "assignment": "x", "notebook": "x", "score": 1, "max_score": 1,
                      "late_penalty": 0}}


def page_of(*cells):
    return FeedbackPage().from_notebook_node(new_notebook(cells=list(cells)), resources=dict(ABOUT))[0]


@pytest.mark.parametrize("source", [
    r"\sqrt{" * 100 + "x" + "}" * 100, r"\frac{1}{" * 150 + "x" + "}" * 150, "{" * 900 + "x" + "}" * 900,
    r"\left(" * 100 + r"\right)" * 100, "x^" * 100 + "x", r"\begin{matrix}", "\\", "_", "^" * 50],
    ids=["roots", "fractions", "braces", "brackets", "powers", "matrix", "backslash", "underscore", "carets"])
def test_a_formula_that_is_not_understood_stands_as_it_was_written(source):
    assert picture(source).startswith(('<code class="formula">', "<svg"))


def test_long_and_many_formulas_are_left_as_they_are():
    long = "$" + "x+" * LONGEST + "x$"
    text, found = take_out(long + " and $y$ " * (MOST + 5))
    assert len(found) == MOST and long in text and text.count("$y$") == 5
    assert put_back("\ue0007\ue001 \ue000999\ue001 \ue000\ue001", [("x", False)]) == \
        "\ue0007\ue001 \ue000999\ue001 \ue000\ue001"


def test_a_picture_that_is_not_there_is_told(monkeypatch):
    for attachments in ({}, {"b.png": {"image/png": "AA=="}}, {"a.png": {}}):
        page = page_of(new_markdown_cell("*so* ![mine](attachment:a.png)", attachments=attachments))
        assert "<em>so</em> [picture: mine]" in page
    page = page_of(new_markdown_cell("![mine](attachment:a.png)", attachments={"a.png": {"image/png": "AA=="}}))
    assert 'src="data:image/png;base64,AA=="' in page


def test_what_takes_long_stands_as_it_was_written(monkeypatch):
    """Outputs and texts alike; a page's time is shared by all its texts."""
    monkeypatch.setattr(pages, "TEXT_SECONDS", 0.3)
    monkeypatch.setattr(pages, "PAGE_SECONDS", 0.8)
    deep = "<div>" * 20_000
    output = new_output("display_data", {"text/html": deep})
    page = page_of(*[new_markdown_cell(deep) for _ in range(5)], new_code_cell("x", outputs=[output] * 5),
                   new_markdown_cell("*so*"))
    assert page.count("&lt;div&gt;" * 20_000) == 10
    assert "<pre>*so*</pre>" in page                # the time of this page is used up
    assert "<em>so</em>" in page_of(new_markdown_cell("*so*"))


@pytest.mark.parametrize("text", ["<p style='" + "margin:((" * 5_000 + "'>", ">" * 900 + "x", "[" * 20_000,
                                  "&#xd800; \0 \x0b \ue0000\ue001", "<!--" * 5_000, "`" * 9_999, "![a](" * 5_000,
                                  "\n".join(" " * 2 * k + "- x" for k in range(300))],
                         ids=["style", "quotes", "links", "characters", "comments", "ticks", "pictures", "lists"])
def test_any_text_gives_a_page(text):
    page = page_of(new_markdown_cell(text), new_markdown_cell("*so*"))
    assert "<em>so</em>" in page
    page.encode()
