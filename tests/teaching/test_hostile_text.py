"""Text that others wrote, through everything that shows it: no control character comes out, no line of theirs."""

import csv
import html
import io
import json
import re
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises, find
from course.learning import notebook, predicting, progress, submit
from course.plaintext import plain
from course.teaching import exporting, reporting, returning
from course.teaching.page import clean
from tests.teaching.classes import NAME, backprop, call, cell_of, hand_in, nbgrader, released

# a sequence that writes into the clipboard, one that clears the screen, C1, both kinds of bidi, marks, tags, breaks
BEGIN = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\u202egnp\u2066\u200f\u061c\U000e0041\u2028\x85\u2029\x00\ufeff"
EVIL = f"{BEGIN}\r\nada: 22 of 22"
SHOWN = ascii(BEGIN)[1:-1]
NAMED = "".join(char for char in EVIL if char not in "/\0\r\n")[:60]     # as the name of a file


def assert_clean(text):
    assert plain(text) == text, ascii([char for char in text if plain(char) != char])


def assert_nobody_elses(said):
    """For an instructor, in whose lists a line stands for a learner."""
    assert_clean(said)
    assert not any(line.startswith("ada: 22") for line in said.splitlines()), said


# Each of these, in a learner's hands, says EVIL in another place.
ANSWERS = [
    f"def NAME(*args):\n    raise type({EVIL.replace(chr(0), '')!r}, (Exception,), {{}})({EVIL!r})",
    f"def NAME(*args):\n    raise TypeError('not callable ' + {EVIL!r})",
    f"def NAME(*args):\n    return {EVIL!r}",
    f"def NAME(*args):\n    return {{{EVIL!r}: 1.0}}, {EVIL!r}",
    f"def NAME(*args):\n    return type({EVIL.replace(chr(0), '')!r}, (), {{}})()",
    f"def NAME(*args):\n    import warnings\n    print({EVIL!r})\n    warnings.warn({EVIL!r})\n    return 1.0, 2.0",
    f"def NAME(*args):\n    return 1 / 0   # {EVIL.encode('unicode_escape').decode()} {NAMED[15:40]}",
    f"def NAME(*args):\n    NAME.__name__ = NAME.__qualname__ = {EVIL!r}\n    return NAME",
]
PRINTS = f"""
from IPython.display import HTML, Markdown, display
print({EVIL!r})
import sys; print({EVIL!r}, file=sys.stderr)
display(HTML({EVIL!r} + '<b title="&#x202e;">&#27;&rlm;&#8238 &lrm</b>'), Markdown({EVIL!r}))
raise type({EVIL.replace(chr(0), '')!r}, (Exception,), {{}})({EVIL!r})
"""


def evil_notebook(turn=0):
    nb = released(NAME)
    names = [cell.metadata.nbgrader.grade_id for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    for k, name in enumerate(names, turn):
        cell_of(nb, f"{name}-answer").source = ANSWERS[k % len(ANSWERS)].replace("NAME", name)
    nb.cells.append(new_markdown_cell(f"{EVIL} &#x202e; $x{EVIL}$ [a](https://example.org '{EVIL}') ![{EVIL}](x.png)"))
    nb.cells.append(new_code_cell(PRINTS))
    stray = new_code_cell("1")
    stray.metadata["nbgrader"] = {"grade_id": EVIL, "grade": True, "locked": True, "solution": False}
    nb.cells.append(stray)
    return nb


def test_every_command_of_an_instructor(course):
    for turn, student in enumerate((f"eve{NAMED}", "fay", f"=gus{NAMED}"), 2):
        hand_in(course, student, evil_notebook(turn))
    folder = course / "submitted" / f"eve{NAMED}" / NAME
    (folder / f"{NAME}.ipynb").rename(folder / f"{NAMED}.ipynb")
    broken = course / "submitted" / f"hal{NAMED}" / NAME
    broken.mkdir(parents=True)
    (broken / f"{NAMED}.ipynb").write_text(f'{{"cells": [{{"cell_type": "{NAMED}"}}], "nbformat": 4}}')
    said = backprop(course, "autograde", NAME, "--workers", "1", code=1)
    assert_nobody_elses(said)
    assert all(part in said for part in ("handed in as", "hal", "stopped with Exception", "is not this notebook's"))
    assert_nobody_elses(nbgrader(course, "autograde", NAME, "--student", "fay", "--force"))

    graded = course / "autograded" / "jose" / NAME / f"{NAME}.ipynb"
    graded.chmod(0o644)
    nb = nbformat.read(graded, as_version=4)
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            if "backprop" in output.metadata if "metadata" in output else False:
                output.metadata.backprop.title = f"={EVIL}"
    nb.cells.append(new_code_cell("", outputs=[new_output("display_data", {"text/latex": EVIL, "text/plain": EVIL})]))
    nbformat.write(nb, graded)
    comment(course, "jose", EVIL)

    assert_nobody_elses(call(reporting.main, course))
    assert_page(course / "report.html")
    assert_nobody_elses(call(exporting.main, course, "--per-exercise"))
    rows = list(csv.reader(io.StringIO((course / "grades_per_exercise.csv").read_text("utf-8-sig"), newline="")))
    for cell in (cell for row in rows for cell in row):
        assert plain(cell) == cell and not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert any(SHOWN in cell for row in rows for cell in row) and any(row[1].startswith("'=gus") for row in rows)
    (course / "canvas.csv").write_text(f'Student,ID,{NAME} (1)\nx,7,\n"{EVIL}",8,\n', encoding="utf-8", newline="")
    assert_nobody_elses(call(exporting.main, course, "--to", "canvas", "canvas.csv"))
    (course / "moodle.csv").write_text("Identifier,Full name,Email address,Grade,Feedback comments\n"
                                       f"Participant 1,José Müller,jose@example.org,,\nParticipant 2,{NAMED},,,\n",
                                       encoding="utf-8")
    assert_nobody_elses(call(exporting.main, course, "--to", "moodle", "moodle.csv"))
    with open(course / "moodle.graded.csv", encoding="utf-8", newline="") as file:
        feedback = list(csv.reader(file))[1][4]
    assert plain(feedback) == feedback and SHOWN in feedback

    assert_nobody_elses(call(returning.main, course, NAME))
    pages = [path for path in (course / "feedback").rglob("*.html") if path.parent.name == NAME]
    assert len(pages) == 6
    for path in pages:
        assert_page(path)
        assert (SHOWN in path.read_text("utf-8")) == (path.parents[1].name not in ("ada", "ben")), path
    with zipfile.ZipFile(course / "feedback" / f"{NAME}.zip") as zf:
        assert all(plain(name) == name and "\\" not in name for name in zf.namelist())
    broken = course / "autograded" / f"eve{NAMED}" / NAME / f"{NAME}.ipynb"
    broken.chmod(0o644)
    broken.write_text(EVIL, encoding="utf-8")
    said = call(returning.main, course, NAME, code=1)
    assert r"No page could be made for: eve\x1b" in said
    assert_nobody_elses(said)
    for main, arguments in ((exporting.main, ["--per-exercise", "--assignment", EVIL]), (returning.main, [EVIL]),
                            (exporting.main, ["--to", "canvas", f"{NAMED}.csv"])):
        assert_nobody_elses(call(main, course, *arguments, code=1))


def comment(course, student, text):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/gradebook.db", "backprop") as book:
        book.find_student(student).last_name = text
        for found in book.find_submission(NAME, student).notebooks[0].comments:
            found.manual_comment = text
        book.db.commit()


def assert_page(path):
    text = path.read_text("utf-8")
    assert_clean(text)
    for reference in re.findall(r"&#?\w+;?", text):
        assert html.unescape(reference) and plain(html.unescape(reference)) == html.unescape(reference), reference


def test_references_to_characters_are_shown_as_well():
    assert clean("a &#x202e;b&#8238 c &rlm; &#27; &eacute; &amp;#x202e;") == \
        r"a \u202eb\u202e c \u200f  &eacute; &amp;#x202e;"


@pytest.fixture
def work(tmp_path, monkeypatch):
    """work/ with the evil notebook in it."""
    folder = tmp_path / "work" / "exercises" / NAME
    folder.mkdir(parents=True)
    nbformat.write(evil_notebook(), folder / f"{NAME}.ipynb")
    for module in (submit, progress):
        monkeypatch.setattr(module, "find_work", lambda: tmp_path / "work" / "exercises")
    return folder


def test_progress_and_submit(work, capsys):
    assert progress.main([NAME]) == 0
    said = capsys.readouterr().out
    assert r"stopped with \x1b]52" in said
    assert_clean(said)
    assert progress.main([NAME, "--json"]) == 0
    assert_clean(capsys.readouterr().out)
    (work / f"{NAME}.new{NAMED}.ipynb").write_text("{}")
    assert submit.main([NAME]) == 0
    said = capsys.readouterr().out
    assert r"stopped with \x1b]52" in said and r".new\x1b]52" in said
    assert_clean(said)
    (work / f"{NAME}.ipynb").rename(work / f"{NAMED}.ipynb")
    assert submit.main([NAME]) == submit.main([EVIL]) == 1
    assert_clean(capsys.readouterr().err)


@pytest.mark.parametrize("answer", [*ANSWERS, "def NAME(*args): raise ValueError('\\ud83d')",
                                    "def NAME(*args): print('\\udcff'); return '\\ud83d'"])
def test_what_a_check_says_in_a_kernel(answer, capsys):
    for name, exercise in exercises(NAME).items():
        names = {}
        exec(answer.replace("NAME", name), names)
        notebook.check(names[name], name)
        assert_clean(capsys.readouterr().out)
        report = examine(exercise, names[name], (SHOWN_SEED,), edge=False, graded=True)
        data, metadata = report._repr_mimebundle_()
        for text in (*data.values(), report.verdict.title, json.dumps(metadata, ensure_ascii=False)):
            assert_clean(text)
        assert not report.run.passed


def test_a_guess_is_shown_as_it_is_written(capsys):
    predicting.predict(type("", (), {"__repr__": lambda self: EVIL, "__float__": None})(), 1.0)
    assert SHOWN in capsys.readouterr().out


def test_what_a_learner_prints_is_theirs(capsys):
    exercise = find("mul_backward")
    names = {}
    exec("def mul_backward(*args):\n    print('\\x1b[31mred')\n    return 1.0, 2.0", names)
    assert "It printed: \\x1b[31mred" in str(examine(exercise, names["mul_backward"], (SHOWN_SEED,), edge=False))
    print("\x1b[31mred")
    assert capsys.readouterr().out == "\x1b[31mred\n"
