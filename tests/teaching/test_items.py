"""How exercises and terms are compared, and what is handed to a tool that looks for similar answers."""

import ast
import random
import shutil

import numpy as np
import pytest

from course.teaching import answering, exporting, forgetting, items, reporting
from course.teaching.results import Mark, Result
from course.teaching.term import TeachingError
from tests.teaching.classes import NAME, call

GIVEN = '''def f(dout, x):
    """Backward pass.

    dout: upstream gradient
    """
    # write your code here
    raise NotImplementedError'''
OWN = 'def f(dout, x):\n    """\n    My own words.\n    """\n    return x'


def made(rows):
    """Results of learners, each a {exercise: points of 4}."""
    return [Result(f"s{k}", 0.0, 8.0, marks=[
        Mark(name, points, 4.0, points is None, "") for name, points in row.items()]) for k, row in enumerate(rows)]


def test_difficulty_and_discrimination_are_those_of_the_textbook():
    rng = random.Random(0)
    rows = [{"good": able, "noise": rng.randint(0, 4), "also": min(4, able + rng.randint(0, 1)), "all": 4}
            for able in [0, 1, 2, 3, 4] * 4]
    found = {row[0]: row[1:] for row in items.table(made(rows))}
    for name in ("good", "noise", "also"):
        mine = [row[name] for row in rows]
        others = [sum(row.values()) - row[name] for row in rows]
        expected = np.corrcoef(mine, others)[0, 1]
        assert found[name][:2] == (20, f"{np.mean(mine) / 4:.2f}")
        assert found[name][2].startswith(f"{expected:.2f}")
    assert found["all"][1:] == ("1.00", "–")
    assert "look at it" in found["noise"][2] and "look" not in found["good"][2]
    assert {row[3] for row in items.table(made(rows[:9]))} == {"–"}
    assert items.table(made([{"good": None, "also": 3}])) == []         # who waits for a mark has no total


def test_two_terms_stand_beside_each_other(taught, tmp_path):
    course = shutil.copytree(taught, tmp_path / "course")
    call(exporting.main, course, "--per-exercise", "--output", tmp_path / "last.csv")
    text = (tmp_path / "last.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if "witnesses" not in line]
    changed = [line.replace(",0.0,2", ",2.0,2").replace(",0,2", ",2,2") if "mul_backward" in line else line
               for line in lines]
    assert changed != lines
    (tmp_path / "last.csv").write_text("\n".join(changed), "utf-8")
    call(reporting.main, course, "--compare", tmp_path / "last.csv")
    page = (course / "report.html").read_text("utf-8")
    assert "Beside another term" in page
    row = page[page.index("<td>mul_<wbr>backward</td><td>", page.index("Beside another term")):][:125]
    assert "of 3</td><td>33% of 3</td><td>-" in row and " ± " in row
    assert "<td>witnesses</td><td>–</td><td>67% of 3</td><td></td>" in page
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    assert "is no table of `export --per-exercise`" in call(
        reporting.main, course, "--compare", tmp_path / "other.csv", code=1)
    with pytest.raises(TeachingError, match="are no points"):
        items.earlier([{"assignment": "a", "exercise": "e", "points": "one", "of": "2"}], "x.csv")


def test_answers_go_to_similarity_tools_without_what_was_given(taught, tmp_path):
    course = shutil.copytree(taught, tmp_path / "course")
    said = call(answering.main, course, NAME)
    assert "2 learners' answers" in said and "ben" in said      # who wrote nothing
    folder = course / "similarity" / NAME
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py")) == [
        f"given/{NAME}.py", f"submissions/ada/{NAME}.py", f"submissions/jose/{NAME}.py"]
    text = (folder / "submissions" / "jose" / f"{NAME}.py").read_text("utf-8")
    assert "def mul_backward(dout, x, y):\n    return y, x" in text and '"""' not in text and "import" not in text
    assert len(ast.parse(text).body) >= 11
    assert "NotImplementedError" in (folder / "given" / f"{NAME}.py").read_text("utf-8")
    assert "is there already" in call(answering.main, course, NAME, code=1)
    call(answering.main, course, NAME, "--force")
    assert "folder: similarity/02_gate_patterns/submissions/jose" in call(forgetting.main, course, "jose")
    assert not (folder / "submissions" / "jose").exists()


@pytest.mark.parametrize(("answer", "kept"), [
    (GIVEN.replace("raise NotImplementedError", "return dout * x"), "def f(dout, x):\n    return dout * x"),
    ("def f(dout, x):\n    return (", "def f(dout, x):\n    return ("),
    (GIVEN.replace("    raise NotImplementedError", ""), GIVEN.replace("    raise NotImplementedError", "")),
    (OWN, OWN),
])
def test_what_was_given_is_left_out_where_python_stays_python(answer, kept):
    assert answering.without_given(answer, GIVEN).strip() == kept.strip()
