"""Notebooks in work/: what a learner has written is never lost, and what is new arrives."""

import json

import pytest

from course.learning import workspace
from course.places import LAID_OUT as RECORD

LESSON = "lessons/00_start_here.ipynb"
EXERCISE = "exercises/01_chain_rule/chain_rule.ipynb"
NEW = EXERCISE.replace(".ipynb", ".new.ipynb")
NEWER = EXERCISE.replace(".ipynb", ".new2.ipynb")


@pytest.fixture
def root(tmp_path):
    original(tmp_path, "first edition")
    lesson = tmp_path / "course" / LESSON
    lesson.parent.mkdir(parents=True)
    lesson.write_text("a lesson")
    return tmp_path


def original(root, text):
    path = root / EXERCISE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def copy(root, name=EXERCISE):
    return root / "work" / name


def lay_out(root):
    return workspace.lay_out(root / "work", root / "course" / "lessons", root / "exercises")


def files(root):
    return sorted(p.relative_to(root / "work").as_posix() for p in (root / "work").rglob("*") if p.is_file())


def test_lessons_and_exercises_are_laid_out(root):
    assert lay_out(root) == []
    assert copy(root, LESSON).read_text() == "a lesson"
    assert copy(root).read_text() == "first edition"
    assert files(root) == sorted([RECORD, LESSON, EXERCISE])


def test_nothing_to_lay_out_is_no_trouble(tmp_path):
    assert lay_out(tmp_path) == []
    assert files(tmp_path) == [RECORD]


def test_hidden_files_and_caches_stay_behind(root):
    for name in (".ipynb_checkpoints/chain_rule.ipynb", "__pycache__/x.pyc", ".hidden"):
        path = (root / EXERCISE).parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    lay_out(root)
    assert files(root) == sorted([RECORD, LESSON, EXERCISE])


def test_an_untouched_copy_follows_its_original_quietly(root):
    lay_out(root)
    original(root, "second edition")
    assert lay_out(root) == []
    assert copy(root).read_text() == "second edition"
    assert not copy(root, NEW).exists()


def test_a_changed_copy_stays_while_its_original_does(root):
    lay_out(root)
    copy(root).write_text("my answer")
    assert lay_out(root) == []
    assert copy(root).read_text() == "my answer"
    assert not copy(root, NEW).exists()


def test_a_new_edition_is_laid_beside_a_changed_copy_and_said_once(root):
    lay_out(root)
    copy(root).write_text("my answer")
    original(root, "second edition")
    assert lay_out(root) == [NEW]
    assert lay_out(root) == []
    assert copy(root).read_text() == "my answer"
    assert copy(root, NEW).read_text() == "second edition"


def test_a_new_edition_that_was_thrown_away_does_not_come_back(root):
    lay_out(root)
    copy(root).write_text("my answer")
    original(root, "second edition")
    lay_out(root)
    copy(root, NEW).unlink()
    assert lay_out(root) == []
    assert not copy(root, NEW).exists()


def test_a_new_edition_follows_while_it_is_untouched(root):
    lay_out(root)
    copy(root).write_text("my answer")
    original(root, "second edition")
    lay_out(root)
    original(root, "third edition")
    assert lay_out(root) == [NEW]
    assert copy(root, NEW).read_text() == "third edition"


def test_a_new_edition_that_the_learner_works_in_is_theirs_too(root):
    lay_out(root)
    copy(root).write_text("my answer")
    original(root, "second edition")
    lay_out(root)
    copy(root, NEW).write_text("my second answer")
    original(root, "third edition")
    assert lay_out(root) == [NEWER]
    assert [copy(root, n).read_text() for n in (EXERCISE, NEW, NEWER)] == [
        "my answer", "my second answer", "third edition"]


def test_a_deleted_copy_is_laid_out_again(root):
    lay_out(root)
    copy(root).write_text("my answer")
    lay_out(root)
    copy(root).unlink()
    assert lay_out(root) == []
    assert copy(root).read_text() == "first edition"


@pytest.mark.parametrize("record", ["", "{", "[1]", "null", '{"' + EXERCISE + '": 3}', "\0\xff"])
@pytest.mark.parametrize("edition", ["first edition", "second edition"])
def test_a_damaged_record_loses_no_work(root, record, edition):
    lay_out(root)
    copy(root).write_text("my answer")
    (root / "work" / RECORD).write_bytes(record.encode("latin-1"))
    original(root, edition)
    assert lay_out(root) == [NEW]   # nobody knows which edition the learner has: the present one is laid beside it
    assert copy(root).read_text() == "my answer"
    assert copy(root, NEW).read_text() == edition
    assert lay_out(root) == []
    assert EXERCISE not in json.loads((root / "work" / RECORD).read_text())


def test_a_copy_like_its_original_needs_no_record(root):
    lay_out(root)
    (root / "work" / RECORD).unlink()
    assert lay_out(root) == []
    assert not copy(root, NEW).exists()
    original(root, "second edition")
    assert lay_out(root) == []   # known again as untouched
    assert copy(root).read_text() == "second edition"


def test_a_start_broken_off_before_its_record_was_written_is_made_good(root):
    lay_out(root)
    original(root, "second edition")
    copy(root).write_text("second edition")
    assert lay_out(root) == []
    assert not copy(root, NEW).exists()


def test_what_cannot_be_read_as_a_file_is_left_alone(root):
    copy(root).mkdir(parents=True)
    assert lay_out(root) == [NEW]
    assert copy(root).is_dir()
    assert lay_out(root) == []


def test_a_link_is_never_written_through(root, tmp_path):
    elsewhere = tmp_path / "elsewhere.ipynb"
    elsewhere.write_text("kept elsewhere")
    copy(root).parent.mkdir(parents=True)
    copy(root).symlink_to(elsewhere)
    assert lay_out(root) == [NEW]
    assert elsewhere.read_text() == "kept elsewhere"


def test_a_link_that_leads_nowhere_is_left_alone(root, tmp_path):
    copy(root).parent.mkdir(parents=True)
    copy(root).symlink_to(tmp_path / "an unmounted disk" / "chain_rule.ipynb")
    assert lay_out(root) == [NEW]
    assert copy(root).is_symlink()


def test_a_work_that_cannot_be_written_raises_oserror(root):
    (root / "work").write_text("not a folder")
    with pytest.raises(OSError, match="work"):
        lay_out(root)
