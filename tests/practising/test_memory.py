"""Leitner's boxes: what comes back when, what is kept, and what a spoilt file does."""

from datetime import date, timedelta

import pytest

from course import places, practice
from course.practising import memory

DAY = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "work_folder", lambda: tmp_path / "work")
    return tmp_path / "work"


def done(level, first=5, of=5, kinds=None, day=DAY):
    memory.remember({"level": level, "seed": 1, "of": of, "first": first, "shown": 0, "kinds": kinds or {}}, day)


def test_each_success_moves_a_level_on_and_it_comes_back_later_and_later():
    day = DAY
    for box, days in enumerate((1, 2, 4, 8, 16, 16), 1):
        done(3, day=day)
        row = memory.recall()["levels"]["3"]
        assert row["box"] == min(box, 5) and row["due"] == (day + timedelta(days)).isoformat()
        day += timedelta(days)


def test_anything_wrong_puts_it_back_into_the_first_box():
    done(3), done(3), done(3, first=4)
    assert memory.recall()["levels"]["3"] == {"box": 1, "due": "2026-03-02", "circuits": 3, "asked": 15, "first": 14}


def test_what_comes_next():
    assert memory.next_level(DAY) == 1
    done(1), done(2), done(2)
    assert memory.next_level(DAY) == 3                              # nothing is due: the next new one
    assert memory.next_level(DAY + timedelta(1)) == 1
    assert memory.next_level(DAY + timedelta(2)) == 1               # box 1 before box 2
    for level in range(1, 11):
        done(level, day=DAY + timedelta(2 if level != 7 else 1))
    done(7, day=DAY)
    assert memory.next_level(DAY) == 7                              # none is new: what is due soonest


def test_a_known_cause_puts_back_the_level_that_practises_it():
    done(3), done(3)
    done(8, first=4, kinds={"swap": 2})
    kept = memory.recall()
    assert kept["levels"]["3"]["box"] == 1 and kept["levels"]["3"]["due"] == "2026-03-02"
    assert kept["causes"] == {"swap": 2}


def test_a_circuit_of_ones_own_counts_its_causes_alone():
    done(0, first=1, kinds={"sign": 1, "made up": 4})
    assert memory.recall() == {"levels": {}, "causes": {"sign": 1}}


@pytest.mark.parametrize("text", [
    "", "[]", "{", '{"levels": 3, "causes": {}}', '{"levels": {"3": {"box": 9}}, "causes": {}}',
    '{"levels": {"x": {}}}', "\x00"])
def test_a_spoilt_file_is_as_none(text, work):
    work.mkdir()
    memory.path().write_text(text, encoding="utf-8")
    assert memory.recall() == {"levels": {}, "causes": {}} and memory.lines() == []
    done(1)
    assert memory.recall()["levels"]["1"]["box"] == 1
    assert [path.name for path in work.iterdir()] == ["practice.json"]


def test_progress_shows_it():
    done(4, first=3, kinds={"path": 2})
    assert memory.lines()[:3] == [
        "practice: right at the first try",
        "  level 4 forks: 3 of 5, box 1 of 5, again from 2026-03-02",
        "  2× At a fork, what comes back along the paths adds up. (lesson 2, “Forks add”)"]


def test_practice_alone_asks_for_what_comes_next():
    assert practice().level == 1
    memory.remember({"level": 1, "of": 3, "first": 3, "shown": 0, "kinds": {}})
    assert practice().level == 2


def test_the_widget_hands_on_what_the_browser_tells():
    from course.practising.widget import PracticeWidget

    widget = PracticeWidget(practice(level=5, seed=1))
    widget.told = {"turn": 1, "done": {"level": 5, "seed": 1, "of": 6, "first": 6, "shown": 0, "kinds": {}}}
    assert memory.recall()["levels"]["5"]["first"] == 6
