"""Every exercise's section is there, and has an address in a learner's notebook."""

import re
from urllib.parse import unquote

import pytest

from course.declarations import ASSIGNMENTS, exercises
from course.learning import reading
from course.places import ROOT

READS = sorted({exercise.read for name in ASSIGNMENTS for exercise in exercises(name).values()})


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A learner's folder with the lessons laid out; the notebook that runs lies in exercises/x."""
    (tmp_path / "exercises" / "x").mkdir(parents=True)
    (tmp_path / "lessons").symlink_to(ROOT / "course" / "lessons")
    monkeypatch.setattr(reading, "work_folder", lambda: tmp_path)
    monkeypatch.chdir(tmp_path / "exercises" / "x")
    return tmp_path


@pytest.mark.parametrize("read", READS)
def test_every_section_has_an_address(work, read):
    address = unquote(reading.section(read))
    number, title = re.fullmatch(r'lesson (\d), "(.*)"', read).groups()
    assert f"/{ASSIGNMENTS[int(number)]}.ipynb#" in address
    assert address.split("#")[1].replace("-", " ").casefold() == title.replace("-", " ").casefold()


def test_elsewhere_there_is_none(work, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))     # a grader's folder, say
    assert reading.section(READS[0]) == ""


@pytest.mark.parametrize("read", ["", "the appendix"])
def test_what_is_no_section_has_none(work, read):
    assert reading.section(read) == ""
