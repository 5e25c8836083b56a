"""`backprop submit`: the zip that a learner hands in, and what is said of it."""

import json
import re
import shutil
import zipfile

import nbformat
import pytest

from course.learning import submit
from course.places import REGRADE
from tests.teaching.classes import NAME, cell_of, nbgrader, new_course, released, solved


@pytest.fixture
def work(tmp_path, monkeypatch):
    """work/ with an exercise in it, laid out as it was released."""
    folder = tmp_path / "work" / "exercises" / NAME
    folder.mkdir(parents=True)
    nbformat.write(released(NAME), folder / f"{NAME}.ipynb")
    monkeypatch.setattr(submit, "find_work", lambda: tmp_path / "work" / "exercises")
    return folder


def test_the_zip_holds_the_notebook_and_what_is_missing_is_said(work, capsys):
    nb = solved(NAME)
    cell_of(nb, "mul_backward-answer").source = "def mul_backward(dout, x, y):\n    return y, x"
    cell_of(nb, "add_backward-answer").source = cell_of(released(NAME), "add_backward-answer").source
    nb.cells.remove(cell_of(nb, "sub_backward"))
    nbformat.write(nb, work / f"{NAME}.ipynb")
    (work / f"{NAME}.new.ipynb").write_text("{}")
    assert submit.main([NAME]) == 0
    said = capsys.readouterr().out
    count = len(cell_names(solved(NAME)))
    assert re.search(r"as saved on \d{4}-\d\d-\d\d, \d\d:\d\d:\n", said)
    assert f"{count - 2} of {count} exercises pass" in said
    assert "mul_backward: begun, and not right yet (upstream dropped" in said
    assert "add_backward: not begun" in said
    assert "the cell 'sub_backward' of the notebook you were given is missing" in said
    assert f"{NAME}.new.ipynb; it is not in the zip" in said
    with zipfile.ZipFile(work.parents[1] / f"{NAME}.zip") as zf:
        assert zf.namelist() == [f"{NAME}.ipynb"]
        assert zf.read(f"{NAME}.ipynb") == (work / f"{NAME}.ipynb").read_bytes()


def cell_names(nb):
    return [cell.metadata.nbgrader.grade_id for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def test_a_second_zip_stands_beside_the_first(work, monkeypatch):
    monkeypatch.setattr(submit, "account", lambda *given: [])
    assert submit.main([NAME]) == submit.main([NAME]) == 0
    assert sorted(path.name for path in work.parents[1].glob("*.zip")) == [f"{NAME}-2.zip", f"{NAME}.zip"]
    assert submit.main([NAME, "--output", str(work.parents[1] / f"{NAME}.zip")]) == 1


def test_bad_input_gets_a_sentence_and_makes_nothing(work, capsys):
    assert submit.main(["02_gate_paterns"]) == 1
    assert "Did you mean 02_gate_patterns?" in capsys.readouterr().err
    (work / f"{NAME}.ipynb").write_text("[]")
    assert submit.main([NAME]) == 1
    assert "is not a notebook any more" in capsys.readouterr().err
    (work / f"{NAME}.ipynb").rename(work / "mine.ipynb")
    assert submit.main([NAME]) == 1
    assert f"There is no {NAME}.ipynb" in capsys.readouterr().err
    assert not list(work.parents[1].glob("*.zip"))


def test_what_submit_makes_is_what_zip_collect_takes(work, tmp_path, monkeypatch):
    monkeypatch.setattr(submit, "account", lambda *given: [])
    submit.main([NAME, "--regrade", "mul_backward: it is right, see «there»"])
    course = new_course(tmp_path / "course", NAME)
    archive = course / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    shutil.copy(work.parents[1] / f"{NAME}.zip", archive / f"lovelaceada_777_500_{NAME}-3.zip")
    nbgrader(course, "zip_collect", NAME)
    taken = course / "submitted" / "777" / NAME / f"{NAME}.ipynb"
    assert json.loads(taken.read_text()) == json.loads((work / f"{NAME}.ipynb").read_text())
    assert taken.with_name(REGRADE).read_text("utf-8") == "mul_backward: it is right, see «there»"


def test_alone_it_offers_the_assignments_that_are_there(work, capsys, monkeypatch):
    assert submit.main([]) == 1                             # nobody is there to choose
    said = capsys.readouterr().out
    assert f"Which assignment? There is:\n  {NAME}\n" in said
    assert f"python course submit {NAME}" in said
    monkeypatch.setattr(submit.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(submit, "account", lambda *given: [])
    for answer, code in (("2", 0), (NAME, 0), ("", 1), ("77", 1)):
        monkeypatch.setattr("builtins.input", lambda asked, answer=answer: answer)
        assert submit.main([]) == code
    assert len(list(work.parents[1].glob("*.zip"))) == 2


def test_a_number_is_an_assignment(work, monkeypatch):
    monkeypatch.setattr(submit, "account", lambda *given: [])
    assert submit.main(["2"]) == submit.main(["02"]) == 0
    assert submit.main(["3"]) == 1
