"""`backprop forget`: a learner is gone from everything that the course writes, and nobody else is."""

import re
import shutil
import zipfile

import pytest
from nbgrader.api import Gradebook

from course.teaching import exporting, forgetting, reporting
from course.teaching.collecting import read_record
from tests.teaching.classes import NAME, backprop, call, nbgrader, new_course, solved, text_of, wrong
from tests.teaching.conftest import PEOPLE


@pytest.mark.slow
def test_a_learner_is_forgotten_everywhere_and_nobody_else(tmp_path):
    course = new_course(tmp_path / "course", NAME)
    (course / "class.csv").write_text(PEOPLE, encoding="utf-8")
    nbgrader(course, "generate_assignment", NAME, "--force")
    nbgrader(course, "db", "student", "import", "class.csv")
    archive = course / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "all.zip", "w") as zf:
        zf.writestr(f"lovelaceada_777_1_{NAME}.ipynb", text_of(solved(NAME)))
        zf.writestr(f"müllerjosé_LATE_12345_2_{NAME}-1.ipynb", text_of(wrong()))
        zf.writestr("bergben_31_4_work.pdf", b"%PDF")
    nbgrader(course, "zip_collect", NAME)
    backprop(course, "autograde", NAME, "--workers", "1", code=1)
    backprop(course, "feedback", NAME)
    call(reporting.main, course)
    call(exporting.main, course, "--per-exercise")
    kept = shutil.copytree(course, tmp_path / "kept")
    said = call(forgetting.main, course, "jose", "--dry-run")
    assert "folder: submitted/jose" in said and files(course) == files(kept)

    said = call(forgetting.main, course, "jose")
    assert said.splitlines()[-2].endswith(": class.csv")
    for word in ("jose", "José", "12345", "Müller", "müllerjosé"):
        assert holders(course, word) <= {"class.csv"}, word
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        assert {student.id for student in book.students} == {"ada", "ben", "zoe"}
        assert book.find_submission(NAME, "ada").score == 22
    assert set(read_record(course, NAME)) == {"ada", "ben"}
    with zipfile.ZipFile(archive / "all.zip") as zf:
        assert zf.namelist() == [f"lovelaceada_777_1_{NAME}.ipynb", "bergben_31_4_work.pdf"]
    with zipfile.ZipFile(course / "feedback" / f"{NAME}.zip") as zf:
        assert len(zf.namelist()) == 1
    assert {path.name for path in (course / "submitted").iterdir()} == {"ada", "ben"}
    assert re.findall(r"/(\w+)'", (course / ".graded_from.txt").read_text()) == ["ada"]
    assert "Nobody here is called 'jose'" in call(forgetting.main, course, "jose", code=1)
    call(forgetting.main, course, "ben")
    assert "ben/" not in (course / ".not_graded.json").read_text() if (course / ".not_graded.json").exists() else True


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path.name != ".written.json"}


def holders(folder, word):
    """The files that hold a word, by name or in what they hold; members of zips, too."""
    found = set()
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as zf:
                content = "\n".join(zf.namelist()).encode() + b"".join(map(zf.read, zf.namelist()))
        if word in path.relative_to(folder).as_posix() or word.encode() in content:
            found.add(path.relative_to(folder).as_posix())
    return {name for name in found if not name.startswith((f"exercises/{NAME}", f"solutions/{NAME}"))}
