"""Where JupyterLab opens: the first lesson on the first start, and where one stopped on the next."""

import json

import pytest

from course.learning import lab
from course.learning.lab import where_one_stopped
from course.words import speaking

FIRST = "/lab/workspaces/backprop/tree/lessons/00_start_here.ipynb"


@pytest.fixture
def work(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "00_start_here.ipynb").write_text("{}")
    return tmp_path


def test_the_first_start_opens_the_first_lesson_with_the_side_bar_closed(work):
    assert where_one_stopped(work) == FIRST
    (kept,) = (work / lab.WORKSPACES).iterdir()
    saved = json.loads(kept.read_text())
    assert saved["metadata"]["id"] == "backprop"
    assert saved["data"]["layout-restorer:data"]["left"]["collapsed"]
    assert where_one_stopped(work) == FIRST                 # as long as nothing has been opened


def test_later_it_opens_where_one_stopped(work):
    where_one_stopped(work)
    (kept,) = (work / lab.WORKSPACES).iterdir()
    saved = json.loads(kept.read_text())
    saved["data"]["notebook:lessons/02_gate_patterns.ipynb"] = {"data": {"path": "lessons/02_gate_patterns.ipynb"}}
    kept.write_text(json.dumps(saved))
    assert where_one_stopped(work) == "/lab/workspaces/backprop"
    assert json.loads(kept.read_text()) == saved
    kept.write_bytes(b"\xff")                               # damaged: the first lesson is there all the same
    assert where_one_stopped(work) == FIRST


def test_without_lessons_it_opens_all_the_same(tmp_path):
    assert where_one_stopped(tmp_path) == "/lab/workspaces/backprop"


def test_jupyterlabs_menus_speak_what_the_course_speaks_also_english_on_a_system_of_another_language(tmp_path):
    for name in ("zh_CN", "en"):
        with speaking(name):
            kept = lab.menus(tmp_path) / "labconfig" / "default_setting_overrides.json"
        assert json.loads(kept.read_text("utf-8")) == {"@jupyterlab/translation-extension:plugin": {"locale": name}}
