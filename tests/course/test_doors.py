"""What learners read in Chinese outside of the notebooks: it has the commands and the sections of its English."""

import re

import pytest

from course.places import ROOT
from course.words import speaking

PAGES = ["README", "docs/practice", "docs/site"]


def blocks(text):
    """The commands and the code of a page without their comments; of what a check prints, the figures."""
    for block in re.findall(r"(?ms)^```\w*\n(.*?)^```$", text.replace("course --language zh ", "course ")):
        yield [re.findall(r"-?\d+\.\d+|\[\w\d+\]", line) if "✗" in block else line.split("#")[0].rstrip()
               for line in block.splitlines()]


def shape(text):
    """How many headings of each level, pictures and lines of tables a page has."""
    text = re.sub(r"(?ms)^```.*?^```$", "", text)
    return {begin: len(re.findall(rf"(?m)^{re.escape(begin)}", text)) for begin in ("# ", "## ", "![", "|")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_chinese_has_the_commands_and_the_sections_of_its_english(name):
    english, chinese = ((ROOT / f"{name}{end}").read_text("utf-8") for end in (".md", ".zh.md"))
    assert [*blocks(chinese)] == [*blocks(english)]
    # what instructors and contributors read is English: of its table README.zh.md has a sentence
    count = slice(3 if name == "README" else None)
    assert [*shape(chinese).items()][count] == [*shape(english).items()][count]
    page = name.split("/")[-1]
    assert f"[中文]({page}.zh.md)" in english and f"[English]({page}.md)" in chinese


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_in_chinese_leads_somewhere(name):
    page = ROOT / f"{name}.zh.md"
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link


def test_the_pages_keep_to_the_glossary_and_to_chinese_punctuation():
    from course.authoring import catalogues

    never = [word for _, _, words in catalogues.glossary("zh_CN") for word in words]
    for name in PAGES:
        text = re.sub(r"(?ms)^```.*?^```$", "", (ROOT / f"{name}.zh.md").read_text("utf-8"))
        assert [wrong for line in text.splitlines() for wrong in catalogues.chinese(line)] == []
        assert [word for word in never if word in text] == []


def test_the_readme_shows_what_a_check_says(capsys):
    from course import check

    def mul_backward(dout, x, y):
        return y, x

    with speaking("zh_CN"):
        check(mul_backward)
    said = capsys.readouterr().out
    shown = re.search(r"(?ms)^```\n(mul_backward.*?)^```$", (ROOT / "README.zh.md").read_text("utf-8"))
    for line in shown[1].splitlines():
        assert line in said
