"""Downloads of Canvas and of Moodle, through the real `nbgrader zip_collect`."""

import json
import shutil
import zipfile

import pytest

from course.plaintext import plain
from course.teaching.collecting import read_name
from tests.teaching import zips
from tests.teaching.classes import NAME, nbgrader, new_course
from tests.teaching.zips import made, notebook


def zipped(path, members, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", **options) as zf:
        for name, content in members.items():
            zf.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A course whose gradebook knows two students, as `nbgrader db student import` enters them."""
    course = new_course(tmp_path_factory.mktemp("collecting") / "course", NAME)
    (course / "class.csv").write_text(
        "id,first_name,last_name,email,lms_user_id\n"
        "jose,José,Müller,jose@example.org,12345\nada,Ada,Lovelace,ada@example.org,777\n", encoding="utf-8")
    nbgrader(course, "db", "student", "import", "class.csv")
    return course


@pytest.fixture
def course(template, tmp_path):
    return shutil.copytree(template, tmp_path / "course")


def collect(course, code=0, *options):
    return nbgrader(course, "zip_collect", NAME, *options, code=code)


def collected(course):
    """{student: who wrote the notebook that is in their folder}"""
    return {path.parts[-3]: json.loads(path.read_text("utf-8"))["metadata"]["who"]
            for path in (course / "submitted").glob(f"*/{NAME}/{NAME}.ipynb")}


def test_canvas_late_marks_attempts_and_zips(course):
    inner = zipped(course.parent / "inner.zip", {f"{NAME}.ipynb": notebook("zip")})
    zipped(course / "downloaded" / NAME / "archive" / "submissions.zip", {
        f"müllerjosé_LATE_12345_900_{NAME}-1.ipynb": notebook("josé, attempt 1"),
        f"müllerjosé_LATE_12345_901_{NAME}-2.ipynb": notebook("josé, attempt 2"),
        f"müllerjosé_LATE_12345_899_{NAME}.ipynb": notebook("josé, attempt 0"),
        f"lovelaceada_777_500_{NAME}-1.zip": inner.read_bytes(),
        f"ødegård_31_77_{NAME} (1).ipynb": notebook("new here"),
        f"LATE_anon_aB3xY_78_{NAME}.ipynb": notebook("anonymous"),
        "lovelaceada_777_501_notes.pdf": b"%PDF",
    })
    said = collect(course)
    assert collected(course) == {"jose": "josé, attempt 2", "ada": "zip", "31": "new here",
                                 "anon_aB3xY": "anonymous"}
    assert f"José Müller (jose) handed in {NAME}.ipynb more than once" in said
    assert "Canvas marks as late, without saying by how much: anon_aB3xY, José Müller (jose)" in said
    record = json.loads((course / "downloaded" / NAME / "learners.json").read_text("utf-8"))
    assert record["jose"] == {"lms": "canvas", "number": "12345", "name": "müllerjosé", "late": True,
                              "prefix": "müllerjosé_LATE_12345_901_"}


@pytest.mark.parametrize("between", ["/", "_/", "_"])
def test_moodle_names_with_accents_spaces_and_commas(course, between):
    zipped(course / "downloaded" / NAME / "archive" / "BP1-Gate patterns-4242.zip", {
        f"Müller, José_11_assignsubmission_file{between}{NAME}.ipynb": notebook("josé"),
        f"Ada Lovelace_12_assignsubmission_file{between}{NAME} (2).ipynb": notebook("ada"),
        f"Jo van der Berg_13_assignsubmission_file{between}{NAME}.ipynb": notebook("jo"),
        "Ada Lovelace_12_assignsubmission_onlinetext/onlinetext.html": "<p>hello</p>",
    })
    collect(course)
    assert collected(course) == {"jose": "josé", "ada": "ada", "Jo van der Berg": "jo"}


def test_chinese_names_are_read_where_a_zip_does_not_say_that_they_are_gbk(course):
    """As the Explorer of a Chinese Windows writes them; 镕 and 喆 are not in GB 2312."""
    names = [f"{who}_{number}_assignsubmission_file/{file}" for who, number, file in
             [("张伟", 41, f"{NAME}.ipynb"), ("朱镕基", 42, f"{NAME}.ipynb"), ("陶喆", 43, f"第二次作业/{NAME}.ipynb")]]
    raw = [name.encode("gbk") for name in names]
    stand_ins = [f"{k}".ljust(len(name), "x") for k, name in enumerate(raw)]      # zipfile itself writes no GBK
    content = made([(name, notebook(who)) for name, who in zip(stand_ins, ("wei", "rongji", "zhe"), strict=True)])
    for stand_in, name in zip(stand_ins, raw, strict=True):
        content = content.replace(stand_in.encode(), name)
    archive = course / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    (archive / "作业.zip").write_bytes(content)
    said = collect(course)
    assert collected(course) == {"张伟": "wei", "朱镕基": "rongji", "陶喆": "zhe"}
    assert "\\x" not in said


def test_two_learners_of_one_name_stay_two_and_the_worksheet_tells_them_apart(course):
    archive = course / "downloaded" / NAME / "archive"
    zipped(archive / "moodle.zip", {
        f"Anna Berg_21_assignsubmission_file/{NAME}.ipynb": notebook("first"),
        f"Anna Berg_22_assignsubmission_file/{NAME}.ipynb": notebook("second")})
    said = collect(course)
    assert collected(course) == {"Anna Berg (21)": "first", "Anna Berg (22)": "second"}
    assert "Two learners are called Anna Berg" in said
    (archive / "Grades-BP1.csv").write_text(
        "Identifier,Full name,Email address,Grade\nParticipant 21,Anna Berg,a.berg@example.org,\n"
        "Participant 22,Anna Berg,anna@example.org,\n", encoding="utf-8-sig")
    shutil.rmtree(course / "submitted")
    collect(course, 0, "--force")
    assert collected(course) == {"a.berg@example.org": "first", "anna@example.org": "second"}


def test_a_zip_that_would_leave_its_folder_loses_only_that(course):
    archive = course / "downloaded" / NAME / "archive"
    zipped(archive / "download.zip", {
        "../../../../escaped.ipynb": notebook("evil"),
        "/absolute.ipynb": notebook("evil"),
        "..\\..\\windows.ipynb": notebook("evil"),
        f"lovelaceada_777_500_{NAME}.ipynb": notebook("ada")})
    (archive / f"müllerjosé_12345_1_{NAME}.zip").write_text("not a zip")
    (archive / f"{NAME}.ipynb").write_text(notebook("whose?"))
    (archive / "ada").mkdir()
    before = {path for path in course.parent.rglob("*") if path.is_file()}
    said = collect(course)
    assert collected(course) == {"ada": "ada"}
    assert "download.zip: '../../../../escaped.ipynb' in download.zip, '/absolute.ipynb' in download.zip, " \
           r"'..\\..\\windows.ipynb' in download.zip: the path leads out of the folder" in said
    new = {path for path in course.parent.rglob("*") if path.is_file()} - before
    assert all(path.is_relative_to(course / "downloaded") or path.is_relative_to(course / "submitted")
               or path.name == ".nbgrader.log" for path in new), new
    assert "is not a zip that can be read" in said
    assert f"Nobody is known to have handed in {NAME}.ipynb" in said


def test_what_comes_with_a_notebook_is_collected_with_it(course):
    inner = made([(f"hw/{NAME}.ipynb", notebook("ada")), ("hw/mine.py", "1"), ("hw/data/a.csv", "2"), ("Mine.py", "no"),
                  ("notes.txt", "3"), ("hw/timestamp.txt", "1999-01-01"), (f"{NAME}.ipynb/x.csv", "no"),
                  (f"hw/{NAME}~2.ipynb/x.csv", "4"), ("hw/table.CSV", "5"), ("hw/table.csv/b", "5"),
                  ("hw/old.zip", made([]))])
    zipped(course / "downloaded" / NAME / "archive" / "submissions.zip", {
        "lovelaceada_777_500_hw.zip": inner,
        "lovelaceada_777_499_hw-old.zip": made([("earlier.py", "no"), ("mine.py", "no")]),
        f"müllerjosé_12345_1_{NAME}.ipynb": notebook("josé"),
        "müllerjosé_12345_2_mine.py": "earlier", "müllerjosé_12345_3_mine-1.py": "later",
        "müllerjosé_12345_4_timestamp.txt": "1999-01-01",
        "nobody_99_5_mine.py": "no"})
    zipped(course / "downloaded" / NAME / "archive" / "moodle.zip", {
        f"Eve_15_assignsubmission_file/{NAME}.ipynb": notebook("eve"),
        "Eve_15_assignsubmission_file/lib/mine.py": "6",
        "Eve_15_assignsubmission_onlinetext/onlinetext.html": "no"})
    said = collect(course)
    assert "Traceback" not in said
    assert collected(course) == {"ada": "ada", "jose": "josé", "Eve": "eve"}

    def beside(student):
        folder = course / "submitted" / student / NAME
        return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*")
                if path.is_file() and path.suffix != ".ipynb"}
    ada = beside("ada")
    assert ada.pop("table.csv/b", ada.pop("table.CSV", None)) == "5"    # one of the two: a folder or a file
    assert ada == {"mine.py": "1", "data/a.csv": "2", "notes.txt": "3", f"{NAME}~2.ipynb/x.csv": "4"}
    assert beside("jose") == {"mine.py": "later"}
    assert beside("Eve") == {"lib/mine.py": "6"}
    assert beside("99")         # who has handed in no notebook is collected all the same


def test_what_was_collected_before_is_not_overwritten_unasked(course):
    archive = course / "downloaded" / NAME / "archive"
    zipped(archive / "download.zip", {f"lovelaceada_777_500_{NAME}.ipynb": notebook("first")})
    collect(course)
    zipped(archive / "download.zip", {f"lovelaceada_777_501_{NAME}-1.ipynb": notebook("second")})
    assert "use the --force option" in collect(course, 1)
    assert collected(course) == {"ada": "first"}
    collect(course, 0, "--force")
    assert collected(course) == {"ada": "second"}


@pytest.mark.parametrize("path, expected", [
    (f"berg_1_2_{NAME}.ipynb", ("canvas", "1", False)),
    (f"x_LATE_1_2_{NAME}.ipynb", ("canvas", "1", True)),
    (f"berg2_10_20_3_4_{NAME}.ipynb", ("canvas", "10", False)),
    (f"LATE_anon_aB3xY_78_{NAME}.ipynb", ("canvas", "anon_aB3xY", True)),
    (f"A_B, C_7_assignsubmission_file_/{NAME}.ipynb", ("moodle", "7", False)),
    (f"Participant 7_7_assignsubmission_file/sub/{NAME}.ipynb", ("moodle", "7", False)),
    (f"{NAME}.ipynb", None),
    ("A_7_assignsubmission_onlinetext/onlinetext.html", None)])
def test_names_are_read(path, expected):
    upload = read_name(path)
    assert (upload and (upload.lms, upload.number, upload.late)) == expected


# ------------------------------------------------------------------------------------ whatever a zip holds

LMS = {"canvas": ("evil{0:02}_{0}_500_hw.zip", f"lovelaceada_777_999_{NAME}", f"müllerjosé_12345_7_{NAME}.ipynb"),
       "moodle": ("Eve No{0:02}_{0}_assignsubmission_file/hw.zip", f"Ada Lovelace_777_assignsubmission_file_{NAME}",
                  f"José Müller_778_assignsubmission_file/{NAME}.ipynb")}


@pytest.mark.slow
@pytest.mark.parametrize("lms", ["canvas", "moodle"])
def test_whatever_one_learners_zip_holds_is_a_line_and_the_class_is_collected(course, lms):
    theirs, ada, jose = LMS[lms]
    cases = zips.cases(NAME, notebook("their own"), ada)
    archive = course / "downloaded" / NAME / "archive"
    zipped(archive / "submissions.zip", {
        **{theirs.format(k): data for k, (data, _, _) in enumerate(cases.values(), 10)},
        f"{ada}.ipynb": notebook("ada"), jose: notebook("josé")})
    before = {path for path in course.parent.rglob("*") if path.is_file()}
    said = collect(course)
    assert "Traceback" not in said and plain(said) == said
    got = collected(course)
    assert (got.pop("ada"), got.pop("jose")) == ("ada", "josé")
    for k, (case, (_, line, kept)) in enumerate(cases.items(), 10):
        who = f"evil{k} ({k})" if lms == "canvas" else f"Eve No{k}"
        student = str(k) if lms == "canvas" else who
        mine = [text for text in said.splitlines() if line in text and (
            f"| WARNING] {who}: " in text or f"| WARNING] {student} handed in" in text)]
        assert kept is None or len(mine) == bool(line), (case, mine)
        assert kept is None or (got.pop(student, None) == "their own") == kept, case
    assert set(got.values()) <= {"their own"}
    new = {path for path in course.parent.rglob("*") if path.is_file()} - before
    assert all(path.is_relative_to(course / "downloaded" / NAME / "extracted") or path.is_relative_to(
        course / "submitted") or path.name in ("learners.json", ".nbgrader.log") for path in new)
    assert sum(path.stat().st_size for path in (course / "downloaded" / NAME / "extracted").rglob("*")) < 2**28
    first = {path: path.read_bytes() for path in (course / "submitted").rglob("*") if path.is_file()}
    again = collect(course, 0, "--force")
    assert {path: path.read_bytes() for path in (course / "submitted").rglob("*") if path.is_file()} == first
    assert [text for text in again.splitlines() if ": " in text and "Clearing" not in text and "Creating" not in text] \
        == [text for text in said.splitlines() if ": " in text and "Creating" not in text]


def test_the_outermost_name_alone_says_whose_work_it_is(course):
    archive = course / "downloaded" / NAME / "archive"
    evil = made([(f"lovelaceada_777_999_{NAME}-9.ipynb", notebook("evil")), (f"ada/{NAME}-9.ipynb", notebook("evil")),
                 ("Grades.csv", "Identifier,Full name,Email address\nParticipant 11,José,ada@example.org\n")])
    zipped(archive / "canvas.zip", {f"lovelaceada_777_500_{NAME}.ipynb": notebook("ada"),
                                    "evil_13_500_.zip": evil, f"{'e' * 250}_14_500_{'x' * 250}.zip": evil})
    zipped(archive / "moodle.zip", {f"José Müller_11_assignsubmission_file/{NAME}.ipynb": notebook("josé"),
                                    "Eve_15_assignsubmission_onlinetext/hw.zip": evil,
                                    f"Eve_15_assignsubmission_onlinetext/Ada Lovelace_7_assignsubmission_file_{NAME}-9"
                                    ".ipynb": notebook("evil"),
                                    "Eve_15_assignsubmission_file_/Grades.csv":
                                    "Identifier,Full name,Email address\nParticipant 11,José,ada@example.org\n"})
    zipped(archive / "evil_16_1_x" / "hw.zip", {f"ada/{NAME}-9.ipynb": notebook("evil")})
    zipped(archive / f"{'e' * 120}_17_500_{'x' * 110}.zip", {f"ada/{NAME}-9.ipynb": notebook("evil")})
    said = collect(course)
    assert collected(course) == {"ada": "ada", "jose": "josé", "13": "evil", "16": "evil"}
    assert said.count("it does not tell any more whose it is; left out") == 2
