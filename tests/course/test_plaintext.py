"""Text that others wrote: every character is seen, and lines stay what they were."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from course.plaintext import JOINERS, cell, file_name, one_line, plain

ANY = st.text(st.characters(exclude_categories=()))      # lone surrogates, too


@given(ANY)
def test_what_comes_out_is_seen_and_stays_as_it_is(text):
    for shown in (plain(text), one_line(text), cell(text), file_name(text)):
        assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in shown
                       if char not in JOINERS + "\n\t")
        shown.encode("utf-8")
    assert plain(plain(text)) == plain(text)
    assert one_line(one_line(text)) == one_line(text) and len((one_line(text) + "x").splitlines()) == 1


@pytest.mark.parametrize("text", ["", "Müller, José", "李雷", "لیلی\u200cخانم", "👩\u200d💻", "a\u00a0b\u3000c",
                                  "x\n\ty", "∂L/∂x = −1 × 2"])
def test_what_people_write_stays(text):
    assert plain(text) == text


def test_lines_are_lines_and_what_is_not_seen_is_shown():
    assert plain("a\r\nb\rc\x1b[2J\u202e\ud83d\U000e0041\u2028") == "a\nb\nc\\x1b[2J\\u202e\\ud83d\\U000e0041\\u2028"
    assert one_line("a\r\nb\t\nc  d") == "a b c  d"
    assert plain(ValueError("x\x07")) == "x\\x07"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＠x", "－1"])
def test_no_cell_is_a_formula(text):
    assert cell(text).startswith("'") and cell(text)[1:] == plain(text)
    assert cell(f"x{text}") == plain(f"x{text}")


@example("con").via("a device of Windows's")
@example("a" * 300 + ".ipynb").via("longer than file systems take")
@example("é" * 150).via("the same in bytes")
@given(ANY)
def test_a_file_name_is_one_on_every_system(text):
    name = file_name(text)
    assert 0 < len(name.encode()) <= 255 and file_name(name) == name
    assert not set(name) & set('<>:"/\\|?*\n\t') and not name.endswith((" ", ".")) and name not in (".", "..")
    assert name.split(".")[0].casefold() not in ("con", "nul", "aux", "prn", "com1", "lpt9")
    assert len(name) < 300


@pytest.mark.parametrize("text, expected", [
    ("02_gate_patterns.ipynb", "02_gate_patterns.ipynb"), ("a: b?.ipynb", "a_ b_.ipynb"), ("x. .", "x"),
    ("...", "unnamed"), ("NUL.txt", "_NUL.txt"), ("e\u0301", "é"), ("Müller, José (2)", "Müller, José (2)")])
def test_most_file_names_stay(text, expected):
    assert file_name(text) == expected


def test_two_long_names_stay_two():
    assert file_name("a" * 150 + "1" + "b" * 150) != file_name("a" * 150 + "2" + "b" * 150)
