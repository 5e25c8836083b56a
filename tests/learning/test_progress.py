"""`backprop progress`: states, points, and learners' code that hangs or ends Python."""

import json
import shutil

import nbformat
import pytest

from course.declarations import exercises
from course.learning import progress
from course.learning.clock import NAME as NAME_OF_CLOCK
from course.learning.clock import Clock, ticking

NAME = "02_gate_patterns"


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A project folder whose work/ holds the released exercise; edit(answers) writes answers into it."""
    target = tmp_path / "work" / "exercises" / NAME / f"{NAME}.ipynb"
    target.parent.mkdir(parents=True)
    shutil.copy(f"{progress.ROOT}/exercises/{NAME}/{NAME}.ipynb", target)
    monkeypatch.setattr(progress, "find_work", lambda: tmp_path / "work" / "exercises")

    def edit(answers):
        book = nbformat.read(target, as_version=4)
        for cell in book.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-answer")
            if name in answers and cell.metadata.nbgrader.solution:
                cell.source = answers[name]
        nbformat.write(book, target)

    return edit


def lines(capsys):
    assert progress.main(["--json", "--limit", "3"]) == 0
    return {line["exercise"]: line for line in json.loads(capsys.readouterr().out)[NAME]}


def test_a_release_is_not_begun(work, capsys):
    assert all(line["state"] == "not begun" and line["points"] == 0 for line in lines(capsys).values())


def test_states_and_points(work, capsys):
    right = {name: exercise.alternatives[0].source for name, exercise in exercises(NAME).items()}
    work({**right,
          "mul_backward": "def mul_backward(dout, x, y):\n    return y, x",
          "max_backward": "def max_backward(dout, x, y):\n    return dout * (x >= y), dout * (y >= x)",
          "log_backward": "def log_backward(dout, x):\n    while True: pass",
          "exp_backward": "import os\ndef exp_backward(dout, out):\n    os._exit(3)",
          "sub_backward": "def sub_backward(dout, x, y:\n    return",
          "div_backward": "while True:\n    pass"})
    found = lines(capsys)
    assert (found["add_backward"]["state"], found["add_backward"]["points"]) == ("passes", 1.0)
    assert (found["mul_backward"]["state"], found["mul_backward"]["mistake"]) == ("begun", "upstream dropped")
    assert (found["max_backward"]["state"], found["max_backward"]["points"]) == ("begun", 2.0)
    assert found["log_backward"]["mistake"] == "takes more than 3 s"
    assert found["exp_backward"]["mistake"] == "ends Python"
    assert found["sub_backward"]["mistake"] == found["div_backward"]["mistake"] == "no cell that runs defines it"
    assert found["staged_backward"]["state"] == "passes"


def test_the_table(work, capsys):
    assert progress.main([NAME]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{NAME}: 0 of 22 points\n  · add_backward")
    assert out.endswith("so far: 0 of 22 points\n")


def test_bad_input(work, capsys, tmp_path):
    with pytest.raises(SystemExit):
        progress.main(["99_nothing"])
    assert "there is no assignment '99_nothing'; there are 00_start_here" in capsys.readouterr().err
    (tmp_path / "work" / "exercises" / NAME / f"{NAME}.ipynb").write_text("{}")
    assert "the notebook could not be read" in progress.table({NAME: progress.progress(
        NAME, tmp_path / "work" / "exercises" / NAME / f"{NAME}.ipynb")})
    shutil.rmtree(tmp_path / "work")
    assert progress.main([]) == 1
    assert "`python course` lays them out" in capsys.readouterr().err


def test_the_summary_shows_what_is_begun_and_three_next_steps(work, capsys):
    right = {name: exercise.alternatives[0].source for name, exercise in exercises(NAME).items()}
    work({"add_backward": right["add_backward"], "mul_backward": "def mul_backward(dout, x, y):\n    return y, x"})
    assert progress.main([]) == 0
    out = capsys.readouterr().out
    assert f"… {NAME}   1 of " in out
    assert "begun\n… mul_backward: upstream dropped" in out
    assert out.count("begun") == 1                          # and not a line for each that is not
    steps = out.split("next\n")[1].splitlines()[:4]
    assert steps[0] == f"1. {NAME}: mend mul_backward (upstream dropped)"
    assert steps[1].startswith(f"2. {NAME}: write ")
    assert steps[3] == ""
    assert len(out.splitlines()) < 15


def test_when_all_is_done_the_next_step_is_to_hand_in(work, capsys):
    work({name: exercise.alternatives[0].source for name, exercise in exercises(NAME).items()})
    progress.main([])
    out = capsys.readouterr().out
    assert f"1. hand in: python course submit {NAME}" in out
    assert "begun" not in out


def test_in_a_browser_the_cells_run_in_the_kernel(work, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "IN_BROWSER", True)
    right = {name: exercise.alternatives[0].source for name, exercise in exercises(NAME).items()}
    work({**right, "mul_backward": "def mul_backward(dout, x, y):\n    return y, x",
          "sub_backward": "def sub_backward(dout, x, y:\n    return",
          "add_backward": "%precision 3\n" + right["add_backward"],
          "div_backward": "print('!'); exit()"})
    progress.in_browser()
    said = capsys.readouterr().out
    assert f"… {NAME}   8 of 11 pass" in said and "!" not in said
    assert "… mul_backward: upstream dropped" in said
    assert said.count("no cell that runs defines it") == 4      # below "begun" and below "next"
    assert "progress ASSIGNMENT" not in said
    assert said.index("is being checked\r") < said.index(f"… {NAME} ")
    work(right)
    progress.in_browser()
    assert f"1. hand in: {NAME}\n" in capsys.readouterr().out
    (tmp_path / "work" / "exercises" / NAME / f"{NAME}.ipynb").write_text("{}")
    progress.in_browser()
    assert "the notebook could not be read" in capsys.readouterr().out


ENDLESS = {
    "mul_backward": "def mul_backward(dout, x, y):\n    while True:\n        try:\n            for _ in iter(int, 1):\n"
                    "                pass\n        except BaseException:\n            pass",
    "add_backward": "def add_backward(dout, x, y):\n    'Its docstring.'\n    return [k for k in iter(int, 1)]",
    "sub_backward": "walk = lambda n: n and walk(n - 1) + walk(n - 1)\ndef sub_backward(dout, x, y): return walk(60)",
    "max_backward": "def tree(n):\n    if n: tree(n - 1), tree(n - 1)\ndef max_backward(dout, x, y): return tree(60)",
    "div_backward": "while True:\n    pass"}


def test_in_a_browser_what_never_ends_is_ended_from_within(work, capsys):
    right = {name: exercise.alternatives[0].source for name, exercise in exercises(NAME).items()}
    work(right | ENDLESS)
    progress.in_browser(limit=0.2)
    said = capsys.readouterr().out
    late = [name for name in ENDLESS if f"✗ {name}: takes more than 0.2 s" in said]
    assert late == [name for name in ENDLESS if name != "div_backward"]
    assert "✗ div_backward: no cell that runs defines it" in said


def test_a_cell_that_ticks_is_what_it_was():
    source = "\n\ndef f(x):\n    '''About f.'''\n    for k in range(x):\n        y = k / 0\n"
    names = {NAME_OF_CLOCK: Clock(1.0)}
    exec(ticking(source), names)
    assert names["f"].__doc__ == "About f."
    with pytest.raises(ZeroDivisionError) as told:
        names["f"](2)
    assert told.traceback[-1].lineno == 5       # from 0
    assert {line for _, _, line in names["f"].__code__.co_lines()} <= {3, 5, 6, None}
    with pytest.raises(SyntaxError):
        ticking("def f(:")
