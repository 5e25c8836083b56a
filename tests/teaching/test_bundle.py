"""What learners get: it runs, and holds nothing that is not for them."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

from course.declarations import ASSIGNMENTS, assignments, exercises
from course.teaching import bundling
from tests.teaching.classes import NAME, ROOT, call

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The bundle, unpacked into an empty folder, elsewhere than the course."""
    folder = tmp_path_factory.mktemp("bundle")
    call(bundling.main, folder, "--output", folder / "learners.zip")
    with zipfile.ZipFile(folder / "learners.zip") as zf:
        zf.extractall(folder)
    return folder / bundling.FOLDER


def python(bundle, *arguments, code=0):
    """The bundle's own code, with this interpreter's installed packages and none of this project's."""
    site = [path for path in sys.path if path.endswith("site-packages")]
    code_to_run = (f"import runpy, sys; sys.path[:] = [p for p in sys.path if p != {str(ROOT)!r}]; "
                   f"sys.path[:0] = [{str(bundle)!r}]; sys.argv[1:] = {list(arguments)!r}; import course; "
                   f"assert course.__file__.startswith({str(bundle)!r}), course.__file__; "
                   "runpy.run_module('course', run_name='__main__')")
    done = subprocess.run([sys.executable, "-S", "-c", code_to_run], cwd=bundle, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join([str(bundle), *site]),
                               "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_it_holds_what_learners_need_and_nothing_else(bundle):
    there = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert {"README.md", "LICENSE", "constraints.txt", "pyproject.toml", "course/__main__.py",
            "course/learning/submit.py", "autodiff/__init__.py", "course/lessons/02_gate_patterns.ipynb",
            *(f"exercises/{name}/{name}.ipynb" for name in os.listdir(ROOT / "exercises"))} <= there
    assert not [name for name in there if re.search(
        r"solutions|sources|tests/|grading|teaching|gradebook|work/|submitted|\.git|__pycache__|record_", name)]
    project = tomllib.loads((bundle / "pyproject.toml").read_text("utf-8"))
    packages = {path.parent.relative_to(bundle).as_posix() for path in bundle.rglob("__init__.py")}
    assert {name for name in packages if not name.startswith("course/declarations/")} == {
        "autodiff", "autodiff/programs", "course", "course/checks", "course/checks/causes", "course/declarations",
        "course/drawing", "course/figures", "course/learning", "course/practising", "course/watching"}
    assert {name.split("/")[2] for name in packages if name.startswith("course/declarations/")} <= {
        "own", *(name.split("_", 1)[1] for name in ASSIGNMENTS)}
    assert set(project["tool"]) == {"setuptools"}       # nothing there is to be tested, linted or typed
    assert project["project"] == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def squeezed(code):
    """The lines of a text, without blanks, comments, and the kind of quotes."""
    lines = (re.sub(r"\s+", "", line.partition("#")[0]).replace("'", '"') for line in code.splitlines())
    return "".join(f"\n{line}\n" for line in lines if line)


def texts(path):
    """What a file says: Python also by its strings, a notebook by its cells.

    But for wrong forms: under its own name each of them loses points (tests/declarations/test_bank.py); that the wrong
    answer for one gate is right for another can't be helped.
    """
    if path.suffix == ".py":
        code = path.read_text("utf-8")
        lines, tree = code.splitlines(), ast.parse(code)
        for node in reversed(tree.body):
            if any(".mistake(" in ast.unparse(mark) for mark in getattr(node, "decorator_list", ())):
                del lines[node.lineno - 1:node.end_lineno]
        return ["\n".join(lines), *(node.value for node in ast.walk(tree)
                                    if isinstance(node, ast.Constant) and isinstance(node.value, str))]
    if path.suffix == ".ipynb":
        return ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    return [path.read_bytes().decode("utf-8", "replace")]


def test_no_file_holds_the_code_of_a_solution(bundle):
    said = {path.relative_to(bundle).as_posix(): "\0".join(map(squeezed, texts(path)))
            for path in bundle.rglob("*") if path.is_file()}
    solutions = [(path.stem, cell["metadata"]["nbgrader"]["grade_id"], squeezed(code))
                 for path in sorted((ROOT / "solutions").glob("*/*.ipynb"))
                 for cell in json.loads(path.read_text("utf-8"))["cells"]
                 for code in SOLUTION.findall("".join(cell["source"]))]
    assert len(solutions) > 40
    found = {(name, answer, file) for name, answer, code in solutions for file, text in said.items() if code in text}
    assert not found


def test_the_right_answers_of_the_declarations_are_cut_out(bundle):
    """All of them, whether decorated or given as text; the wrong forms are all there."""
    count = ("from course.declarations import assignments, exercises\n"
             "print({exercise.name: (len(exercise.mistakes), len(exercise.alternatives))\n"
             "       for name in assignments() for exercise in exercises(name).values()})")
    done = subprocess.run([sys.executable, "-P", "-c", count], env={**os.environ, "PYTHONPATH": str(bundle)},
                          check=True, capture_output=True, text=True)
    assert ast.literal_eval(done.stdout) == {
        exercise.name: (len(exercise.mistakes), 0) for name in assignments() for exercise in exercises(name).values()}


def test_what_is_cut_out_of_a_module():
    source = """\
A = E("é")
@A.mistake(code="é")
def a(x):
    return 1


# right
@A.alternative(
    title="é")
def a(x):
    return (
2)
A.alternative(title="b", source='''
a''')
alternative(1)
B = 2
"""
    assert bundling.without_alternatives(source.encode()).decode() == """\
A = E("é")
@A.mistake(code="é")
def a(x):
    return 1


# right
alternative(1)
B = 2
"""


def test_its_own_code_checks_answers_names_mistakes_and_lays_out(bundle):
    assert "python course" in (bundle / "README.md").read_text("utf-8")
    assert "python course --language zh" in (bundle / "README.zh.md").read_text("utf-8")
    said = python(bundle, "--help")
    assert "submit" in said and "progress" in said
    assert not re.search(r"^  (teach|nbgrader|build|feedback|bundle|autograde|report|export) ", said, re.MULTILINE)
    python(bundle, "setup")
    assert (bundle / "work" / "exercises" / NAME / f"{NAME}.ipynb").is_file()
    notebook = bundle / "work" / "exercises" / NAME / f"{NAME}.ipynb"
    text = notebook.read_text("utf-8")
    book = json.loads(text)
    for cell in book["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "mul_backward-answer":
            cell["source"] = "def mul_backward(dout, x, y):\n    return y, x"
    notebook.write_text(json.dumps(book), encoding="utf-8")
    about = ("import numpy as np\nfrom course import check\n"
             "check(lambda dout, out: dout * (1 + out**2), 'tanh_backward')")
    told = subprocess.run([sys.executable, "-P", "-c", about], env={**os.environ, "PYTHONPATH": str(bundle)},
                          check=True, capture_output=True, text=True).stdout
    assert "one sign is turned" in told      # a slip that is in no list: from the file of programs
    said = python(bundle, "submit", NAME)
    assert "mul_backward: begun, and not right yet (upstream dropped" in said
    assert (bundle / "work" / f"{NAME}.zip").is_file()
    said = python(bundle, "progress", "--json")
    assert list(json.loads(said)) == list(assignments())


@pytest.mark.slow
def test_the_same_course_makes_the_same_zip_and_nothing_is_overwritten(tmp_path):
    call(bundling.main, tmp_path, NAME)
    first = (tmp_path / "backprop-course.zip").read_bytes()
    assert "left as it is" in call(bundling.main, tmp_path, NAME, code=1)
    call(bundling.main, tmp_path, NAME, "--force")
    assert (tmp_path / "backprop-course.zip").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "backprop-course.zip") as zf:
        assert {name for name in zf.namelist() if "/exercises/" in name} == {
            f"{bundling.FOLDER}/{folder}exercises/{NAME}/{NAME}.ipynb"
            for folder in ("", "course/translations/zh_CN/")}
    assert "no released assignment 99" in call(bundling.main, tmp_path, "99", code=1)


