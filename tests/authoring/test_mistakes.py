"""`backprop mistakes` and the page of messages that it makes."""

import re
from pathlib import Path

import pytest

from course.authoring import mistakes
from course.declarations import ASSIGNMENTS, exercises

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"


def test_the_table_has_every_wrong_form_named(capsys):
    """Of two assignments here; that each form of all is rejected and named is tests/checks/test_bank.py's."""
    names = ["00_start_here", "02_gate_patterns"]
    assert mistakes.main(names) == 0
    out = capsys.readouterr().out
    assert "every wrong form is rejected and named" in out
    rows = [line for line in out.splitlines() if " ✓ " in line]
    assert len(rows) == sum(len(exercise.mistakes) for name in names for exercise in exercises(name).values())


def test_a_form_that_is_not_named_fails_the_command(capsys, monkeypatch):
    exercise = exercises("02_gate_patterns")["mul_backward"]
    mistake = exercise.mistakes[0]
    monkeypatch.setitem(mistake.__dict__, "function", lambda dout, x, y: (dout * y, dout * x))
    assert mistakes.main(["02_gate_patterns"]) == 1
    assert "1 are not named as they should be" in capsys.readouterr().out


def test_the_page_has_each_message_once(monkeypatch):
    """In the declarations' order and nothing else; tests/checks/test_bank.py compares the words."""
    monkeypatch.setattr(mistakes, "examine", lambda *args, **keywords: "…")
    bare = re.sub(r"(?s)```text\n.*?\n```", "```text\n…\n```", PAGE.read_text(encoding="utf-8"))
    assert bare == mistakes.messages(ASSIGNMENTS), "run `backprop mistakes --messages > docs/messages.md`"


def test_an_unknown_assignment(capsys):
    with pytest.raises(SystemExit):
        mistakes.main(["02_gates"])
    assert "there is no assignment '02_gates'; there are 00_start_here" in capsys.readouterr().err
