"""The page about autodiff: its examples run, and its lists are complete."""
import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "autodiff.md"


def test_examples_give_what_the_page_shows():
    # The fences of Markdown are not Python: blank lines in their place keep the numbers of lines.
    text = re.sub(r"^```.*$", "", PAGE.read_text(), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, {}, "autodiff.md", str(PAGE), 0)
    said = []
    results = doctest.DocTestRunner().run(test, out=said.append)
    assert results.attempted > 40
    assert results.failed == 0, "".join(said)


def test_every_operation_is_listed():
    from autodiff.methods import OPERATIONS
    listed = PAGE.read_text().split("## What there is a rule for")[1].split("## Conventions")[0]
    assert set(OPERATIONS) - set(re.findall(r"\w+", listed)) == set()
