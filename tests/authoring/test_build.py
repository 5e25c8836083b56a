"""Sources into notebooks: what is built, what is refused in which words, and that nothing is half done."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from course.authoring import build
from course.authoring.sourcetext import CODE_STUB

LESSON = '''\
# %% [markdown]
# # Gates
#
# A gate multiplies: $z = xy$.

# %%
# %matplotlib inline
2 * 3

# %%
2 * 3

# %%
2 * 3
'''

ASSIGNMENT = '''\
# %% [markdown]
# # Gate patterns

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown] exercise mul_backward
# ## Multiply
# Swap, then scale.

# %% answer mul_backward
def mul_backward(dout, x, y):
    """Gradients of x * y; all arguments have the same shape."""
    ### BEGIN SOLUTION
    return dout * y, dout * x
    ### END SOLUTION

# %% check mul_backward

# %% grade mul_backward

# %% [markdown] exercise add_backward
# ## Add

# %% answer add_backward
def add_backward(dout, x, y=1.0):
    """Gradients of x + y."""
    half = dout / 2
    ### BEGIN SOLUTION
    return 2 * half, 2 * half
    ### END SOLUTION

# %% check add_backward
check(add_backward)
np.zeros(3)

# %% grade add_backward
grade(add_backward, "add_backward")

# %%
'''

CONFIG = f'''\
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.ClearSolutions.code_stub = {{"python": {CODE_STUB!r}}}
'''

A = "course/sources/assignments/02_gate_patterns.py"
L = "course/sources/lessons/02_gate_patterns.py"
BUILT = ["course/lessons/02_gate_patterns.ipynb",
         "exercises/02_gate_patterns/02_gate_patterns.ipynb",
         "solutions/02_gate_patterns/02_gate_patterns.ipynb"]


def exercise(signature, points, difficulty=2, minutes=5):
    return SimpleNamespace(name=signature.split("(")[0], signature=signature, points=points,
                           difficulty=difficulty, minutes=minutes)


def declare(*exercises):
    return {"02_gate_patterns": {each.name: each for each in exercises}}


DECLARED = declare(exercise("mul_backward(dout, x, y)", 2.0, 3, 1),
                   exercise("add_backward(dout, x, y=1.0)", 0.5))


@pytest.fixture
def repo(tmp_path):
    """A repository with one lesson, one assignment of two exercises, and nothing built."""
    for path, text in {L: LESSON, A: ASSIGNMENT, "nbgrader_config.py": CONFIG}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def run(repo, *argv, declared=DECLARED):
    return build.main(list(argv), root=repo, declarations=declared)


def built_files(repo):
    """{path: (bytes, mode)} of all that is there except the sources."""
    return {path.relative_to(repo).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o777)
            for path in repo.rglob("*") if path.is_file() and path.suffix != ".py"}


def read(repo, path):
    return nbformat.read(repo / path, as_version=4)


def cells(book):
    return {cell.id: cell for cell in book.cells}


# -- what is built ----------------------------------------------------------------------------------------

def test_a_source_makes_its_notebooks_and_nothing_else(repo, capsys):
    assert run(repo) == 0
    assert sorted(built_files(repo)) == BUILT
    assert capsys.readouterr().out.splitlines() == [f"written: {path}" for path in BUILT]


def test_a_lesson_holds_the_cells_of_its_source_with_magics_uncommented(repo):
    run(repo)
    book = read(repo, BUILT[0])
    assert [(cell.cell_type, cell.source) for cell in book.cells] == [
        ("markdown", "# Gates\n\nA gate multiplies: $z = xy$."),
        ("code", "%matplotlib inline\n2 * 3"),
        ("code", "2 * 3"),
        ("code", "2 * 3"),
    ]
    assert all("nbgrader" not in cell.metadata for cell in book.cells)


def test_cells_carry_the_metadata_that_nbgrader_writes(repo):
    from nbgrader.nbgraderformat import MetadataValidator

    run(repo)
    book = read(repo, BUILT[2])
    MetadataValidator().validate_nb(book)
    about = {cell.metadata.nbgrader.grade_id: dict(cell.metadata.nbgrader)
             for cell in book.cells if "nbgrader" in cell.metadata}
    answer = {"schema_version": 3, "task": False, "grade": False, "locked": False, "solution": True}
    locked = answer | {"locked": True, "solution": False}
    assert about == {
        "setup": locked | {"grade_id": "setup"},
        "mul_backward-answer": answer | {"grade_id": "mul_backward-answer"},
        "mul_backward": locked | {"grade_id": "mul_backward", "grade": True, "points": 2},
        "add_backward-answer": answer | {"grade_id": "add_backward-answer"},
        "add_backward": locked | {"grade_id": "add_backward", "grade": True, "points": 0.5},
    }


def test_empty_check_and_grade_cells_are_filled_and_full_ones_kept(repo):
    run(repo)
    there = cells(read(repo, BUILT[2]))
    assert there["mul_backward-check"].source == "check(mul_backward)"
    assert there["mul_backward"].source == 'grade(mul_backward, "mul_backward")'
    assert there["add_backward-check"].source == "check(add_backward)\nnp.zeros(3)"


def test_the_prose_of_an_exercise_ends_with_what_the_declaration_says(repo):
    run(repo)
    there = cells(read(repo, BUILT[2]))
    assert there["mul_backward-exercise"].source.endswith(
        "Swap, then scale.\n\n*2 points · ●●●○○ medium · about 1 minute*")
    assert there["add_backward-exercise"].source.endswith("*0.5 points · ●●○○○ easy · about 5 minutes*")


def test_the_release_holds_no_line_of_a_solution(repo):
    run(repo)
    text = (repo / BUILT[1]).read_text(encoding="utf-8")
    assert "dout * y" not in text and "2 * half" not in text and "SOLUTION" not in text
    assert cells(read(repo, BUILT[1]))["mul_backward-answer"].source == (
        'def mul_backward(dout, x, y):\n    """Gradients of x * y; all arguments have the same shape."""\n'
        "    # write your code here\n    raise NotImplementedError")


def test_notebooks_are_plain_files_in_one_format(repo):
    run(repo)
    for path, (data, mode) in built_files(repo).items():
        text = data.decode("utf-8")
        assert mode == 0o644, path
        assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n", path
        book = json.loads(text)
        assert all(cell.get("outputs", []) == [] for cell in book["cells"])
        assert book["metadata"]["kernelspec"]["name"] == "python3"


def test_cell_ids_are_valid_unique_and_independent_of_position(repo):
    run(repo)
    before = [cell.id for cell in read(repo, BUILT[0]).cells]
    assert len(set(before)) == len(before) == 4
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in before)
    (repo / L).write_text("# %%\nnew = 1\n\n" + LESSON, encoding="utf-8")
    run(repo)
    assert [cell.id for cell in read(repo, BUILT[0]).cells][1:] == before


def test_a_name_too_long_for_a_cell_id_is_hashed(repo):
    long = "x" * 70
    (repo / A).write_text(ASSIGNMENT.replace("mul_backward", long), encoding="utf-8")
    assert run(repo, declared=declare(exercise(f"{long}(dout, x, y)", 2.0),
                                      exercise("add_backward(dout, x, y=1.0)", 0.5))) == 0
    assert all(len(cell.id) <= 64 for cell in read(repo, BUILT[1]).cells)


def test_a_setup_cell_may_have_a_name(repo):
    (repo / A).write_text(ASSIGNMENT + "\n# %% setup data\ndata = [1, 2]\n", encoding="utf-8")
    run(repo)
    assert cells(read(repo, BUILT[2]))["setup-data"].metadata.nbgrader.grade_id == "setup-data"


# -- building again ---------------------------------------------------------------------------------------

def test_a_rebuild_without_a_change_touches_nothing(repo, capsys):
    run(repo)
    before = {path: (repo / path).stat().st_mtime_ns for path in BUILT}
    contents = built_files(repo)
    capsys.readouterr()
    assert run(repo) == 0
    assert capsys.readouterr().out == "everything is up to date\n"
    assert built_files(repo) == contents
    assert {path: (repo / path).stat().st_mtime_ns for path in BUILT} == before


def test_check_names_what_differs_and_changes_nothing(repo, capsys):
    run(repo)
    (repo / A).with_name("03_more.py").write_text(ASSIGNMENT, encoding="utf-8")
    assert run(repo, declared=DECLARED | {"03_more": DECLARED["02_gate_patterns"]}) == 1
    assert '03_more.py:1: "mul_backward" is an exercise of 02_gate_patterns already' in capsys.readouterr().err
    (repo / A).with_name("03_more.py").write_text(ASSIGNMENT.replace("_backward", "_more"), encoding="utf-8")
    run(repo, declared=DECLARED | {"03_more": {each.name: each for each in (
        exercise("mul_more(dout, x, y)", 2.0), exercise("add_more(dout, x, y=1.0)", 0.5))}})
    (repo / A).with_name("03_more.py").unlink()
    (repo / BUILT[0]).unlink()
    (repo / A).write_text(ASSIGNMENT.replace("Swap, then", "Swap and"), encoding="utf-8")
    before = built_files(repo)
    capsys.readouterr()
    assert run(repo, "--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "missing: course/lessons/02_gate_patterns.ipynb",
        "changed: exercises/02_gate_patterns/02_gate_patterns.ipynb",
        "surplus: exercises/03_more/03_more.ipynb",
        "changed: solutions/02_gate_patterns/02_gate_patterns.ipynb",
        "surplus: solutions/03_more/03_more.ipynb",
        "These notebooks are not what their sources make; run `backprop build` and commit what it writes.",
    ]
    assert built_files(repo) == before
    assert run(repo) == 0
    assert sorted(built_files(repo)) == BUILT and not (repo / "solutions/03_more").exists()
    assert run(repo, "--check") == 0


def test_what_an_instructor_put_there_stays(repo):
    """Also when it began as a copy of one of ours, or is no notebook at all."""
    run(repo)
    own = repo / "solutions/my_quiz/my_quiz.ipynb"
    copy = repo / "exercises/gates_2/gates_2.ipynb"
    broken = repo / "solutions/broken/broken.ipynb"
    for path in (own, copy, broken):
        path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), own)
    copy.write_bytes((repo / BUILT[1]).read_bytes())
    broken.write_text("{")
    (repo / "solutions/02_gate_patterns/data.csv").write_text("1,2\n")
    assert run(repo) == 0
    assert own.exists() and copy.exists() and broken.exists()
    assert (repo / "solutions/02_gate_patterns/data.csv").exists()


def test_nbgrader_is_configured_with_the_stub_that_the_build_measures():
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(build.ROOT)).load_config()
    assert config.ClearSolutions.code_stub == {"python": CODE_STUB}
    assert config.CourseDirectory.source_directory == "solutions"
    assert config.CourseDirectory.release_directory == "exercises"


def test_no_gradebook_and_no_scratch_folder_is_left(repo):
    run(repo)
    assert not list(repo.rglob("*.db")) and not list(repo.glob("build/*"))


def test_nbgrader_is_imported_only_when_it_releases():
    code = "import sys, course.authoring.build; sys.exit('nbgrader' in sys.modules or 'jupytext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(build.ROOT)).returncode == 0


def test_a_copy_without_sources_says_so(tmp_path, capsys):
    assert run(tmp_path) == 1
    assert "no course/sources/" in capsys.readouterr().err


# -- what is refused --------------------------------------------------------------------------------------

def line_of(text, piece):
    """The number of the first line of `text` that holds `piece`."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if piece in line)


MUL_SOLUTION = "    ### BEGIN SOLUTION\n    return dout * y, dout * x\n    ### END SOLUTION\n"
LONG_DOC = '"""Gradients.' + "\n    more" * 9 + '"""'

# what is done to the assignment: (replace, by, a piece of the line that is named, words of the message)
WRONG = {
    "unknown exercise": ("grade mul_backward\n", "grade mul_backwards\n", "grade mul_backwards",
                         'declares no exercise "mul_backwards"'),
    "no grade cell": ("# %% grade mul_backward\n", "", "exercise mul_backward", "has no grade cell"),
    "no answer cell": ("# %% answer mul_backward\n", "# %%\n", "exercise mul_backward", "has no answer cell"),
    "no prose": ("# %% [markdown] exercise mul_backward", "# %% [markdown]", "answer mul_backward",
                 "has no exercise cell"),
    "two grade cells": ("# %% check mul_backward", "# %% grade mul_backward",
                        "# %% grade mul_backward\n\n# %% gr",
                        'a second cell "grade mul_backward"'),
    "no solution region": (MUL_SOLUTION, "    return dout * y, dout * x\n", "answer mul_backward",
                           "has no solution region"),
    "answer above the region": (MUL_SOLUTION, "    return dout * y, dout * x\n" + MUL_SOLUTION,
                                "answer mul_backward", "the stub keeps an answer"),
    "region beside the function": (
        '''    """Gradients of x * y; all arguments have the same shape."""\n''' + MUL_SOLUTION,
        "    return dout * y, dout * x\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n",
        "answer mul_backward", "the stub keeps an answer"),
    "answer in a branch": (MUL_SOLUTION, "    if x is not None:\n        return dout * y\n" + MUL_SOLUTION,
                           "answer mul_backward", "the stub keeps an answer"),
    "region that cuts a statement": (
        MUL_SOLUTION, "    return (dout * y,\n    ### BEGIN SOLUTION\n            dout * x\n"
                      "    ### END SOLUTION\n    )\n",
        "answer mul_backward", "no Python any more"),
    "region never closed": ("    return dout * y, dout * x\n    ### END SOLUTION\n", "    return 1\n",
                            "### BEGIN SOLUTION", "is never closed"),
    "region never opened": ("    ### BEGIN SOLUTION\n    return dout * y", "    return dout * y",
                            "### END SOLUTION", "without ### BEGIN SOLUTION"),
    "region in a region": (MUL_SOLUTION, "    ### BEGIN SOLUTION\n" + MUL_SOLUTION, "SOLUTION\n    ### BEGIN",
                           "inside another"),
    "solution outside an answer": ("# ## Multiply", "# ### BEGIN SOLUTION", "# ### BEGIN SOLUTION",
                                   "a solution marker outside an answer"),
    "hidden tests": ("grade(add_backward,", "### BEGIN HIDDEN TESTS\ngrade(add_backward,", "HIDDEN",
                     "is not used in this course"),
    "another function": ("def mul_backward(", "def mul_bakward(", "answer mul_backward",
                         'defines no "mul_backward"'),
    "another argument": ("def mul_backward(dout, x, y)", "def mul_backward(dout, a, y)", "def mul_backward",
                         "mul_backward(dout, a, y) and the declaration mul_backward(dout, x, y)"),
    "another default": ("y=1.0)", "y=2.0)", "def add_backward", "add_backward(dout, x, y=2.0)"),
    "syntax error": ("    half = dout / 2", "    half = dout / / 2", "half = dout / / 2", "syntax error"),
    "an escape that warns": ('"""Gradients of x + y."""', '"""Gradients \\s."""', '"""Gradients \\s."""',
                             "syntax error: invalid escape sequence"),
    "unknown role": ("# %% check mul_backward", "# %% chek mul_backward", "chek", 'unknown role "chek"'),
    "role for another kind": ("# %% setup", "# %% [markdown] setup", "[markdown] setup",
                              'unknown role "setup" for a markdown cell'),
    "role without a name": ("# %% check mul_backward", "# %% check", "# %% check", "must name one exercise"),
    "header with options": ("# %% check mul_backward", '# %% check mul_backward tags=["a"]', "tags",
                            "is not understood"),
    "long stub": ('"""Gradients of x * y; all arguments have the same shape."""', LONG_DOC,
                  "answer mul_backward", "a stub of 13 lines"),
    "grade cell without points": ('grade(add_backward, "add_backward")', "assert add_backward(1, 2)",
                                  "grade add_backward", "ends with its points"),
    "text above the first cell": ("# %% [markdown]\n# # Gate", "import os\n# %% [markdown]\n# # Gate",
                                  "import os", "above the first cell"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named_with_its_line(repo, capsys, case):
    old, new, piece, words = WRONG[case]
    assert old in ASSIGNMENT
    text = ASSIGNMENT.replace(old, new, 1)
    (repo / A).write_text(text, encoding="utf-8")
    assert run(repo) == 1
    err = capsys.readouterr().err.splitlines()
    line = text[:text.index(piece)].count("\n") + piece.count("\n") + 1
    assert any(each.startswith(f"{A}:{line}: ") and words in each for each in err), "\n".join(err)
    assert built_files(repo) == {}


def test_cells_out_of_order_are_named(repo, capsys):
    grade = "# %% grade mul_backward\n"
    prose = "# %% [markdown] exercise mul"
    text = ASSIGNMENT.replace(grade, "").replace(prose, f"{grade}\n{prose}")
    (repo / A).write_text(text, encoding="utf-8")
    assert run(repo) == 1
    expected = f'{A}:{line_of(text, grade.strip())}: "grade mul_backward" stands above its'
    assert expected in capsys.readouterr().err


def test_roles_are_an_error_in_a_lesson(repo, capsys):
    (repo / L).write_text(LESSON + "\n# %% grade mul_backward\n", encoding="utf-8")
    assert run(repo) == 1
    assert f'{L}:16: unknown role "grade"' in capsys.readouterr().err


def test_every_mistake_of_every_file_is_told_at_once_in_order(repo, capsys):
    (repo / L).write_text(LESSON.replace("2 * 3", "2 *"), encoding="utf-8")
    (repo / A).write_text(ASSIGNMENT.replace("check mul", "chek mul"), encoding="utf-8")
    assert run(repo, declared=DECLARED | {"04_none": {}}) == 1
    err = capsys.readouterr().err.splitlines()
    assert [each.split(": ")[0] for each in err[:-1]] == [
        f"{A}:{line_of(ASSIGNMENT, 'check mul')}", "course/sources/assignments/04_none.py:1",
        f"{L}:8", f"{L}:11", f"{L}:14"]
    assert err[-1] == "5 problems; nothing was built."


def test_an_assignment_without_declarations_is_refused(repo, capsys):
    assert run(repo, declared={}) == 1
    assert "declare its exercises in course/declarations/own/02_gate_patterns.py" in capsys.readouterr().err


def test_a_file_that_is_not_utf8_or_badly_named_is_refused(repo, capsys):
    (repo / A).write_bytes("# %% [markdown]\n# é\n".encode("latin-1"))
    (repo / L).rename((repo / L).with_name("gates.py"))
    assert run(repo) == 1
    err = capsys.readouterr().err
    assert f"{A}:1: the file is not UTF-8" in err and "the name gates.py is not of the form" in err


def test_what_stands_is_untouched_when_a_source_is_wrong(repo):
    run(repo)
    before = built_files(repo)
    (repo / L).write_text(LESSON + "# more\n", encoding="utf-8")
    (repo / A).write_text(ASSIGNMENT.replace("# %% grade mul_backward\n", ""), encoding="utf-8")
    assert run(repo) == 1
    assert built_files(repo) == before


def test_what_stands_is_untouched_when_nbgrader_fails(repo):
    run(repo)
    before = built_files(repo)
    (repo / L).write_text(LESSON + "# more\n", encoding="utf-8")
    (repo / "nbgrader_config.py").write_text(CONFIG + "raise ValueError('no configuration')\n")
    with pytest.raises(ValueError, match="no configuration"):
        run(repo)
    assert built_files(repo) == before and not list(repo.glob("build/*"))
