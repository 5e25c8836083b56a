"""A text that can't be set, or takes long, stands on the page as it was written; the page is made."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.figures.formulas import LONGEST, MOST, picture, put_back, take_out
from course.teaching import page as pages
from course.teaching.page import FeedbackPage
from course.teaching.room import MOST_OF_A_PAGE, MOST_OUTPUTS, MOST_PICTURE

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
    dotted, coloured = "a." * 40_000, "\x1b[31ma" * 40_000      # the square of these is what two libraries take
    page = page_of(new_code_cell(dotted, outputs=[new_output("stream", text=coloured)]))
    assert f"<pre>{dotted}</pre>" in page and f'<pre class="output">{"a" * 40_000}</pre>' in page


def test_what_has_no_room_is_told_and_costs_nothing(monkeypatch):
    asked = []
    for name in ("ansi2html", "clean"):
        make = getattr(pages, name)
        monkeypatch.setattr(pages, name, lambda text, make=make: asked.append(len(text)) or make(text))
    long = "<p>x" * 2**19
    outputs = [new_output("stream", text=long), new_output("error", traceback=["x" * 70] * 2**15),
               *(new_output("display_data", {kind: long}) for kind in ("text/html", "text/markdown", "text/plain")),
               new_output("display_data", {"image/png": "A" * (MOST_PICTURE + 1)}),
               new_output("display_data", {"image/png": "B" * MOST_PICTURE})]
    pasted = {"p.png": {"image/png": "C" * (MOST_OF_A_PAGE // 4)}}
    page = page_of(new_code_cell("x", outputs=outputs),
                   new_markdown_cell("![](attachment:p.png)" * 3, attachments=pasted),
                   new_code_cell("y", outputs=[new_output("stream", text="z")] * (MOST_OUTPUTS + 3)))
    assert max(asked) < MOST_OF_A_PAGE // 2 and sorted(asked)[-2] < 1000
    assert page.count("Left out here: 2.") == 5 and page.count("Left out here: 15.0 MB") == 1
    assert "B" * MOST_PICTURE in page and page.count("C" * (MOST_OF_A_PAGE // 4)) == 1
    assert page.count("Left out here: 6.2 MB, too much for this page. Your notebook has it.</p>") == 2
    assert page.count(">z</pre>") == MOST_OUTPUTS and "Left out here: 3 more outputs." in page


@pytest.mark.parametrize("text", ["<p style='" + "margin:((" * 5_000 + "'>", ">" * 900 + "x", "[" * 20_000,
                                  "&#xd800; \0 \x0b \ue0000\ue001", "<!--" * 5_000, "`" * 9_999, "![a](" * 5_000,
                                  "\n".join(" " * 2 * k + "- x" for k in range(300))],
                         ids=["style", "quotes", "links", "characters", "comments", "ticks", "pictures", "lists"])
def test_any_text_gives_a_page(text):
    page = page_of(new_markdown_cell(text), new_markdown_cell("*so*"))
    assert "<em>so</em>" in page
    page.encode()
