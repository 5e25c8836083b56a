"""`python course practice`: three pages for a class, the same for the same seed."""

import re

import pytest

from course.practising import sheet
from course.practising.ask import of_level


@pytest.mark.parametrize("level", range(1, 11))
def test_it_writes_a_page_one_to_print_and_one_with_solutions(level, tmp_path, capsys):
    arguments = ["--level", str(level), "--count", "3", "--seed", "5", "--out", str(tmp_path / "sheet.html")]
    assert sheet.main(arguments) == 0
    assert "circuits 5 to 7" in capsys.readouterr().out
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["sheet.html", "sheet.print.html", "sheet.solutions.html"]
    paper = (tmp_path / "sheet.print.html").read_text("utf-8")
    solved = (tmp_path / "sheet.solutions.html").read_text("utf-8")
    for seed in (5, 6, 7):
        made = of_level(level, seed)
        assert f"circuit {seed}<" in paper and f"circuit {seed}<" in solved
        assert made.svg(alone=False).count("data-blank") == len(made.boxes)
    assert 'class="gradient' not in paper and "∂f/∂" not in paper
    assert paper.count("data-blank") == (0 if level == 8 else sum(len(of_level(level, s).boxes) for s in (5, 6, 7)))
    assert "data-blank" not in solved and ("∂f/∂x = " in solved or level == 9)
    for path in tmp_path.iterdir():
        assert not re.search(r"(src|href)=|@import|fetch\(", path.read_text("utf-8"))


def test_a_seed_gives_the_same_sheet(tmp_path):
    for name in "ab":
        sheet.main(["--seed", "3", "--count", "2", "--out", str(tmp_path / f"{name}.html")])
    strip = lambda name: re.sub(r"bp\d+", "", (tmp_path / name).read_text("utf-8"))
    assert strip("a.solutions.html") == strip("b.solutions.html")


def test_wrong_edges_can_be_printed_too(tmp_path):
    assert sheet.main(["--task", "bug", "--level", "forks", "--count", "2", "--seed", "1",
                       "--out", str(tmp_path / "bugs.html")]) == 0
    assert (tmp_path / "bugs.print.html").read_text("utf-8").count("One edge is wrong") == 2
    assert "edge from" in (tmp_path / "bugs.solutions.html").read_text("utf-8")


@pytest.mark.parametrize("arguments, told", [
    (["--level", "spoons"], "There is no level 'spoons'"), (["--count", "0"], "from 1 to 100"),
    (["--out", "sheet.pdf"], "is a page"), (["--level", "9", "--task", "bug"], "level 9 has none")])
def test_what_cannot_be_made_is_refused(arguments, told, capsys):
    with pytest.raises(SystemExit):
        sheet.main(arguments)
    assert told in capsys.readouterr().err


def test_what_cannot_be_written_is_a_line(tmp_path, capsys):
    assert sheet.main(["--out", str(tmp_path / "not/there.html")]) == 1
    assert "could not be written" in capsys.readouterr().err
