"""The front page: a path that says what is begun and what passes, and whose links lead to what is there."""

import re
from html.parser import HTMLParser

import pytest

from course.declarations import assignments
from course.learning import front, workspace
from course.learning.progress import BEGUN, BROKEN, PASSED, UNWRITTEN, Line, steps, summary, table
from course.words import languages, speaking


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A learner's folder, as it is laid out."""
    monkeypatch.setattr("course.places.work_folder", lambda: tmp_path)      # where practice is remembered
    workspace.lay_out(tmp_path)
    front.write(tmp_path)
    return tmp_path


def rows(work):
    return [line for line in (work / front.NAME).read_text("utf-8").splitlines() if re.match(r"\| [✓…·]\s", line)]


def test_it_has_every_lesson_and_assignment_and_its_links_lead_somewhere(work):
    text = (work / front.NAME).read_text("utf-8")
    links = re.findall(r"\]\((.+?)\)", text)
    assert len(links) == 2 * len(assignments()) == 2 * len(rows(work))
    assert all((work / link).is_file() for link in links)
    assert all(row.startswith("| ·\xa0") for row in rows(work)) and "1. read lesson 0: Start here" in text
    assert all(row.count("|") == 3 for row in rows(work)), "a column with nothing in it"
    assert "`practice()`" in text and "<code>practice()</code>" in front.page(work)


def test_what_was_opened_and_what_passes_is_seen(work):
    (work / "lessons/01_chain_rule.ipynb").write_text("{}")
    front.keep({"00_start_here": [Line("double_backward", 0, 0, PASSED)],
                "01_chain_rule": [Line("a", 2, 3, PASSED), Line("b", 0.5, 2, BEGUN), Line("c", 0, 1, UNWRITTEN)]},
               ["01_chain_rule: mend b"], work)
    done, begun, untouched, *_ = (row.replace("\xa0", " ") for row in rows(work))
    assert done.startswith("| ✓ 0 ") and "1 of 1 pass" in done
    assert begun.startswith("| … 1 ") and ": 1 of 3 pass | 2.5 of 6 |" in begun
    assert untouched.startswith("| · 2 ") and "pass" not in untouched
    step = f"1. [01_chain_rule]({front._exercise('01_chain_rule')}): mend b"
    assert step in (work / front.NAME).read_text("utf-8")
    states = re.findall('<li class="(.+?)">', front.page(work))
    assert states[:3] == ["done", "begun", "new"] and len(states) == len(assignments())


@pytest.mark.parametrize("spoilt", [
    "", "[]", '{"day": "x", "steps": [], "assignments": {}}', '{"day": "2026-01-01"}',
    '{"day": "2026-01-01", "steps": [], "assignments": {"01_chain_rule": {"of": "many"}}}'])
def test_a_spoilt_file_counts_as_empty(work, spoilt):
    (work / front.KEPT).write_text(spoilt)
    assert front.path_through(work)[2] == "" and "not begun" in front.page(work)


def test_a_file_of_the_learners_own_is_left_alone(work):
    (work / front.NAME).write_text("# My notes")
    front.write(work)
    assert (work / front.NAME).read_text() == "# My notes"


@pytest.mark.parametrize("language", languages()[1:])
def test_it_follows_the_language(work, language):
    found = {"01_chain_rule": [Line("a", 2, 3, PASSED), Line("b", 0, 2, BEGUN), Line("c", 0, 1, BROKEN)]}
    with speaking(language):
        front.keep(found, steps(found), work)
        text = (work / front.NAME).read_text("utf-8")
        page = front.page(work).replace(front.STYLE, "")
        told = [summary(found), table(found)]
    assert text.startswith(front._heads()) and not text.startswith(front._heads()[0]), "left as it was in English"
    assert f'<html lang="{language.replace("_", "-")}">' in page
    english = re.compile("\\b(begun|done|next|points|pass|lesson|assignment|exercise|write|mend|so far|run)", re.I)
    said = re.sub(r"<[^>]*>|\[[A-Z][^]]*\]\(.*?\)|\]\(.*?\)|`.*?`|\w*_\w*", "", "\n".join([text, page, *told]))
    assert not english.search(said), said
    assert rows(work) and not [line for line in rows(work) for cell in line.split("|")[2:] if re.search(
        "[\u3400-\u9fff/ ][\u3400-\u9fff0-9]", re.sub(r"\]\(.*?\)", "", cell.strip()))], "a narrow column parts words"
    front.write(work)
    assert (work / front.NAME).read_text("utf-8").startswith(front._heads()[0])


def test_the_page_stands_alone_and_shows_text_as_text(work):
    front.keep({}, ["01_chain_rule: mend <script>alert(1)</script>"], work)
    text = front.page(work)
    assert "<script" not in text and "&lt;script&gt;" in text and not re.search("(src|href|url)[=(]", text)
    HTMLParser(convert_charrefs=True).feed(text)
