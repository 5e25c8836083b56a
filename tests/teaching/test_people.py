"""Who is who; and zips and tables of unknown origin."""

import zipfile
from types import SimpleNamespace

import pytest

from course.teaching import tables, unpacking
from course.teaching.collecting import _with_students, read_name
from course.teaching.people import Roster, as_id
from course.teaching.term import TeachingError


def student(id, first=None, last=None, email=None, lms=None):
    return SimpleNamespace(id=id, first_name=first, last_name=last, email=email, lms_user_id=lms)


def test_the_surest_decides_and_what_two_share_decides_nothing():
    roster = Roster([student("ada", "Ada", "Lovelace", "ada@x.org", "7"), student("anna1", "Anna", "Berg", "a@x.org"),
                     student("anna2", "Anna", "Berg", "b@x.org"), student("jose", "José", "Müller")])
    assert roster.find(ids=["7"], name="Anna Berg") == "ada"
    assert roster.find(name="Berg, Anna") is None
    assert roster.find(emails=["B@X.org"], name="Berg, Anna") == "anna2"
    assert roster.find(name="MU\u0308LLER, Jose\u0301") == "jose"      # letters and accents apart, as macOS writes them
    assert roster.find(ids=[None, ""], emails=[None]) is None
    roster = Roster([student("li", "雷", "李"), student("han", "梅梅", "韩")])
    assert [roster.find(name=name) for name in ("李雷", "雷 李", "韩梅梅", "雷李")] == ["li", "li", "han", None]


def test_canvas_files_are_known_by_number_or_by_the_name_in_one_word():
    roster = Roster([student("ada", "Ada", "Lovelace", lms="7"), student("jose", "José", "Müller-Berg"),
                     student("anna1", "Anna", "Ost"), student("anna2", "Anna", "Ost")])

    def students(*names):
        uploads = _with_students([read_name(f"{name}_1_x.ipynb") for name in names], roster, {}, print)
        return [upload.student for upload in uploads]

    assert students("lovelaceada_8", "müllerbergjosé_9", "ostanna_10") == ["ada", "jose", "10"]
    assert students("lovelaceada_8", "someoneelse_7") == ["8", "ada"]                   # the number is surer
    assert students("lovelaceada_8", "lovelaceada_9") == ["8", "9"]                     # a second one, a newcomer
    assert students("lovelaceada_8", "lovelaceada_LATE_8") == ["ada", "ada"]            # the same one, twice


@pytest.mark.parametrize("text, expected", [
    ("Müller, José", "Müller, José"), ("../../etc", "etc"), (" a/b\\c ", "a b c"), ("*?[x]", "x"), ("...", "unknown"),
    ("=1+1", "1+1"), ("--help", "help"), ("a\x1b[2J\u202e", "a x1b 2J u202e"), ("con", "_con"), ("\ud83d", "ud83d")])
def test_any_name_can_be_a_folder(text, expected):
    assert as_id(text) == expected


def test_names_of_old_zips_are_read_as_utf8_where_they_are(tmp_path):
    old = zipfile.ZipInfo("x")
    old.filename, old.flag_bits = "Müller.ipynb".encode().decode("cp437"), 0
    assert unpacking.name_of(old) == "Müller.ipynb"
    old.filename = "M\u00fcller.ipynb"      # not UTF-8 in that code page: left as it is
    assert unpacking.name_of(old) == "Müller.ipynb"
    for name in ("Müller, José.ipynb", "Größe für Jörg.ipynb", "Ñandú, señor.ipynb", "naïve_ÄÖÜ é.ipynb", "Núñez.ipynb",
                 "Ordóñez, Íñigo_NÚÑEZ.ipynb"):     # letters of Western code pages, which are pairs of GBK, too
        for page in ("cp437", "cp850"):
            old.filename = name.encode(page, "replace").decode("cp437")
            assert unpacking.name_of(old) == old.filename


@pytest.mark.parametrize("content", [
    b'a,b\r\n1,"x, y"\r\n', "ä;b\n1,5;2\n".encode("cp1252"), "ä,b\n1,2\n".encode("utf-8-sig"),
    b'"a","b"\n"1","2"\n', "a\tb\r\n1\t2\r\n".encode("utf-16")])
def test_a_table_is_written_back_as_it_was_read(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    assert tables.read(tmp_path / "t.csv").encoded() == content


def test_what_is_no_table_is_told(tmp_path):
    with pytest.raises(TeachingError, match="can't be read"):
        tables.read(tmp_path / "none.csv")
