"""What being late costs: by a table, with extensions, also over zips where something gives a time."""

import shutil
import zipfile
from datetime import datetime

import pytest
from nbgrader.api import Gradebook
from traitlets import TraitError
from traitlets.config import Config

from course.grading.lateness import FILE, LatePolicy
from course.teaching import extending
from course.teaching.timing import time_of
from tests.teaching.classes import NAME, backprop, call, nbgrader, new_course, solved, text_of

HOUR, DAY = 3600, 86400
PEOPLE = "id,first_name,last_name,lms_user_id\nada,Ada,Lovelace,777\njose,José,Müller,12345\nben,Ben,Berg,31\n" \
         "zoe,Zoë,O'Neil,32\ndora,Dora,Dorn,33\n"


def penalty(seconds, **policy):
    return LatePolicy(config=Config({"LatePolicy": policy})).late_submission_penalty("ada", 20.0, seconds)


def test_the_table_counts_days_that_have_begun():
    table = {1: 10, "2": "20 %", 4: 50}
    costs = [penalty(seconds, percent=table) for seconds in (1, DAY, DAY + 1, 3 * DAY, 3 * DAY + 1, 99 * DAY)]
    assert costs == [2, 2, 4, 4, 10, 10]
    assert penalty(1, percent={2: 20}) == 0             # a first day that the table leaves out is free
    assert penalty(15 * 60, percent=table, grace_minutes=15) is None
    assert penalty(15 * 60 + 1, percent=table, grace_minutes=15) == 2
    assert penalty(HOUR) is None                        # without a table nbgrader's own policy stands
    assert penalty(HOUR, penalty_method="zero") == 20


@pytest.mark.parametrize("table", [{0: 10}, {1: 110}, {1: -1}, {1: 20, 2: 10}, {"x": 1}, {1: "a lot"}, {1.5: 10}])
def test_a_table_that_can_not_be_is_refused_in_a_sentence(table):
    with pytest.raises(TraitError, match="percents from 0 to 100"):
        penalty(1, percent=table)


def test_times_are_read_for_certain_or_not_at_all():
    assert time_of("2027-03-03 08:00 UTC") == time_of("2027-03-03 09:00+01:00") == datetime(2027, 3, 3, 8)
    assert time_of("Wednesday, 3 March 2027, 8:00 AM") == time_of("2027-03-03 08:00")
    assert time_of("13/03/2027 8:00") is not None
    for text in ("03/04/2027 8:00", "3.4.2027", "soon", "", "99:99", "2027-13-45"):
        assert time_of(text) is None, text


@pytest.fixture(scope="module")
def late(tmp_path_factory):
    """A class that came by zip: ada in time by a table, jose marked as late, ben two days late by a table."""
    course = new_course(tmp_path_factory.mktemp("late") / "course", NAME)
    (course / "class.csv").write_text(PEOPLE, encoding="utf-8")
    with open(course / "nbgrader_config.py", "a") as config:
        config.write('\nc.LatePolicy.percent = {1: 10, 2: "20 %"}\nc.LatePolicy.grace_minutes = 15\n')
    nbgrader(course, "generate_assignment", NAME, "--force")
    nbgrader(course, "db", "assignment", "add", NAME, "--duedate", "2027-03-01 23:59:00 UTC")
    nbgrader(course, "db", "student", "import", "class.csv")
    archive = course / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "all.zip", "w") as zf:
        for who in ("lovelaceada_777_1", "müllerjosé_LATE_12345_2", "bergben_LATE_31_3", "oneilzoe_32_4"):
            zf.writestr(f"{who}_{NAME}.ipynb", text_of(solved(NAME)))
    (archive / "times.csv").write_text("id,submitted\n777,2027-03-01 20:00 UTC\nben,2027-03-03 08:00 UTC\n"
                                       "zoe,3/4/2027\n")
    call(extending.main, course, NAME, "zoe", "dora", "--days", "2")
    said = nbgrader(course, "zip_collect", NAME)
    backprop(course, "autograde", NAME, "--workers", "1")
    return course, said


def penalties(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        return {sub.student.id: sub.late_submission_penalty or 0 for sub in book.assignment_submissions(NAME)}


def test_late_marks_and_tables_count_over_zips(late):
    course, said = late
    assert penalties(course) == {"ada": 0, "jose": 2.2, "ben": 4.4, "zoe": 0}
    assert "first day after the due date: José Müller (jose)." in said
    assert "'3/4/2027', when Zoë O'Neil (zoe) handed in, can't be read for certain" in said


def test_extensions_count_at_once_before_and_after_handing_in(late, tmp_path):
    course = shutil.copytree(late[0], tmp_path / "course")
    said = call(extending.main, course, NAME, "ben", "--days", "1")
    assert "1 day more" in said and "until 2027-03-02 23:59 UTC" in said and "4.4 → 2.2" in said
    assert "4.4" not in call(extending.main, course, NAME, "ben", "--days", "2") and penalties(course)["ben"] == 0
    listed = call(extending.main, course, "--list")
    assert listed.splitlines() == [
        f"{NAME}: {who}: 2 days more, until 2027-03-03 23:59 UTC"
        for who in ("Ben Berg (ben)", "Dora Dorn (dora)", "Zoë O'Neil (zoe)")]
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        assert book.find_submission(NAME, "zoe").extension.days == 2    # given before there was anything of hers
        assert {sub.student.id for sub in book.assignment_submissions(NAME)} == {"ada", "jose", "ben", "zoe"}
    assert "0 → 4.4" in call(extending.main, course, NAME, "ben", "--days", "0")
    call(extending.main, course, NAME, "zoe", "dora", "--days", "0")
    assert call(extending.main, course, NAME, "--list") == "No extension was given.\n"
    assert not (course / FILE).exists()


def test_without_a_due_date_nobody_is_late_whatever_was_given(late, tmp_path):
    course = shutil.copytree(late[0], tmp_path / "course")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        book.update_or_create_assignment(NAME, duedate=None)
    said = call(extending.main, course, NAME, "ben", "zoe", "--days", "2")
    assert said.count("2 days more for 02_gate_patterns. It has no due date yet, so nobody is late") == 2
    assert "4.4 → 0" in said and penalties(course)["ben"] == 0
    assert f"{NAME}: Ben Berg (ben): 2 days more\n" in call(extending.main, course, "--list")
    assert "2.2 → 0" in call(extending.main, course, NAME, "--again") and set(penalties(course).values()) == {0}
    assert "no extension" in call(extending.main, course, NAME, "ben", "--days", "0")


def test_wrong_requests_get_a_sentence_and_write_nothing(late):
    course = late[0]
    before = (course / FILE).read_bytes()
    assert "Did you mean jose?" in call(extending.main, course, NAME, "ben", "josee", "--days", "2", code=1)
    assert "knows no assignment '02'" in call(extending.main, course, "02", "ben", "--days", "2", code=1)
    for arguments in ([NAME], [NAME, "ben"], [NAME, "ben", "--days", "-1"], [NAME, "ben", "--days", "nan"],
                      [NAME, "ben", "--days", "1e9"], [], ["--list", NAME, "ben"]):
        call(extending.main, course, *arguments, code=2)
    assert (course / FILE).read_bytes() == before and penalties(course)["ben"] == 4.4


def test_a_changed_policy_counts_without_grading_again_and_a_wrong_one_is_a_sentence(late, tmp_path):
    course = shutil.copytree(late[0], tmp_path / "course")
    with open(course / "nbgrader_config.py", "a") as config:
        config.write("\nc.LatePolicy.percent = {1: 50}\n")
    assert "jose" in call(extending.main, course, NAME, "--again")
    assert penalties(course) == {"ada": 0, "jose": 11, "ben": 11, "zoe": 0}
    with open(course / "nbgrader_config.py", "a") as config:
        config.write("\nc.LatePolicy.percent = {1: 500}\n")
    assert "percents from 0 to 100" in call(extending.main, course, NAME, "--again", code=1)
    assert "percents from 0 to 100" in backprop(course, "autograde", NAME, "--workers", "1", "--force", code=1)
