"""The course as a package: installed into an empty environment, from anywhere, by one command."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.course.servers import jupyterlab, plain

ROOT = Path(__file__).resolve().parents[2]
NAME = "02_gate_patterns"
NOTEBOOK = f"exercises/{NAME}/{NAME}.ipynb"
LEFT_OUT = shutil.ignore_patterns(".*", "work", "*.egg-info", "__pycache__", "gradebook.db*", "submitted", "autograded",
                                  "feedback", "exchange", "build", "dist", "tests", "*.zip", "*.csv")
# Lesson 1 from top to bottom, in the environment's own kernel.
RUN = """
import sys, nbformat, nbclient, course
assert course.__file__.startswith(sys.prefix), course.__file__
nbclient.NotebookClient(nbformat.read(sys.argv[1], 4), timeout=120, kernel_name="python3").execute()
"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("test_wheel")]


def wheel(folder, edit=None):
    """The wheel of a copy of this project; edit(copy) changes it before."""
    copy = folder / "copy"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    if edit:
        edit(copy)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder / "dist"), str(copy)]
    told = subprocess.run(build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert told.returncode == 0, told.stdout
    (made,) = (folder / "dist").iterdir()
    return made


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return wheel(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def home(first, tmp_path_factory):
    """A learner's folder, with an environment `env` in it that holds the wheel; what it needs is what stands here."""
    home = tmp_path_factory.mktemp("home") / "Mes cours d'été"
    venv.create(home / "env", symlinks=True)
    (found,) = (home / "env").glob("lib/python*/site-packages")
    (here,) = {str(Path(path).resolve()) for path in sys.path if path.endswith("site-packages")}
    (found / "needs.pth").write_text(here)      # whose own .pth, of the clone, is not read from there
    install(home, first)
    return home


def install(home, made):
    pip = [sys.executable, "-m", "pip", "--python", str(home / "env/bin/python"), "install", "-q", "--no-deps",
           "--no-index", "--upgrade", str(made)]
    told = subprocess.run(pip, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert told.returncode == 0, told.stdout


def backprop(home, *arguments, cwd=None):
    told = subprocess.run([home / "env/bin/backprop", *arguments], cwd=cwd or home, text=True, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=plain())
    assert "Traceback" not in told.stdout, told.stdout
    return told.returncode, told.stdout


def start(home):
    """JupyterLab once, from its start to Ctrl-C; what it said at first."""
    with jupyterlab(home, home / "env/bin/backprop") as get:
        assert get.opens == "/lab/workspaces/backprop/tree/lessons/00_start_here.ipynb"
        assert {entry["name"] for entry in json.loads(get("api/contents/"))["content"]} >= {"lessons", "exercises"}
        return get.log()


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_a_wheel_holds_what_a_learner_runs_and_no_more(first):
    with zipfile.ZipFile(first) as zf:
        names = zf.namelist()
    laid_out = {path.relative_to(ROOT).as_posix() for folder in ("exercises", "course/lessons", "course/translations")
                for path in (ROOT / folder).rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts}
    assert {name.removeprefix("course/") if name.startswith("course/exercises/") else name
            for name in names if name.endswith(".ipynb")} == laid_out
    assert not [name for name in names if name.startswith(("course/authoring", "course/sources", "tests", "solutions"))]


def test_commands_that_need_the_repository_are_not_listed(home, tmp_path):
    code, said = backprop(home, "--help", cwd=tmp_path)
    listed = [line.split()[0] for line in said.splitlines() if line.startswith("  ")]
    assert (code, listed) == (0, ["lab", "progress", "practice", "hint", "submit"])
    assert backprop(home, "build", cwd=tmp_path)[0] == 2
    same = subprocess.run([home / "env/bin/backprop-course", "--help"], cwd=tmp_path, env=plain(), capture_output=True,
                          text=True)       # what `uvx backprop-course` and `pipx run backprop-course` call
    assert same.stdout == said
    (tmp_path / "nbgrader_config.py").write_text("")        # where somebody teaches
    assert {"teach", "autograde", "report"} <= {line.split()[0] for line in
                                                backprop(home, "-h", cwd=tmp_path)[1].splitlines()
                                                if line.startswith("  ")}


def test_before_anything_is_laid_out(home, tmp_path):
    code, said = backprop(home, "progress", cwd=tmp_path)
    assert (code, said) == (1, f"There are no exercises in {tmp_path}/backprop/exercises. `backprop` lays them out.\n")
    assert list(tmp_path.iterdir()) == []


def test_from_the_first_start_to_an_upgrade(home, tmp_path):
    (packages,) = (home / "env").glob("lib/python*/site-packages")
    before = files(packages)
    assert f"Your lessons and exercises are in {home}/backprop/\n" in start(home)
    assert files(packages) == before

    work = home / "backprop"
    told = subprocess.run([home / "env/bin/python", "-c", RUN, work / "lessons/01_chain_rule.ipynb"], cwd=work,
                          env=plain({"IPYTHONDIR": str(tmp_path)}), stderr=subprocess.PIPE, text=True)
    assert told.returncode == 0, told.stderr

    shutil.copy(ROOT / "solutions" / NAME / f"{NAME}.ipynb", work / NOTEBOOK)
    solved = (work / NOTEBOOK).read_bytes()
    for folder in (home, work, work / "exercises" / NAME):
        assert "so far: 22 of 22 points" in backprop(home, "progress", NAME, cwd=folder)[1]
    assert backprop(home, "hint", "mul_backward")[1].startswith("mul_backward, hint 1 of 3: ")
    code, said = backprop(home, "submit", NAME, cwd=work)
    assert (code, zipfile.ZipFile(work / f"{NAME}.zip").namelist()) == (0, [f"{NAME}.ipynb"]), said

    def newer(copy):
        version = copy / "course" / "__init__.py"
        version.write_text(version.read_text().replace('__version__ = "', '__version__ = "9.'))
        notebook = copy / NOTEBOOK
        notebook.write_text(notebook.read_text().replace("upstream", "UPSTREAM"))

    install(home, wheel(tmp_path, newer))
    said = start(home)
    assert f"the new ones lie beside them:\n  {work}/exercises/{NAME}/{NAME}.new.ipynb\n" in said
    assert (work / NOTEBOOK).read_bytes() == solved
    assert "UPSTREAM" in (work / f"exercises/{NAME}/{NAME}.new.ipynb").read_text()


def test_a_folder_that_can_not_be_written_is_a_sentence(home, tmp_path):
    (tmp_path / "backprop").write_text("a file of that name")
    code, said = backprop(home, "--no-browser", cwd=tmp_path)
    assert code == 1 and f"could not be laid out in {tmp_path}{os.sep}backprop{os.sep}: " in said


def test_an_image_for_binder_or_a_hub_lays_the_course_out_and_keeps_what_is_written(home, tmp_path):
    (tmp_path / "course").mkdir()       # a binder's home is a clone
    (tmp_path / "course" / "__init__.py").write_text("raise ImportError('this is not the one installed')")
    begin = [ROOT / ".binder/start", "python", "-c", "import os; print(os.environ['JUPYTER_CONFIG_PATH'])"]
    around = plain({"HOME": str(tmp_path), "PATH": f"{home / 'env/bin'}{os.pathsep}{os.environ['PATH']}"})
    for _ in range(2):
        told = subprocess.run(begin, cwd=tmp_path, env=around, capture_output=True, text=True)
        assert (told.returncode, told.stderr) == (0, "")
        (tmp_path / "backprop/lessons/00_start_here.ipynb").write_text("mine")
    assert all(Path(folder, "labconfig").is_dir() for folder in told.stdout.strip().split(":"))
    assert (tmp_path / "backprop" / NOTEBOOK).is_file()
    assert (tmp_path / "backprop/lessons/00_start_here.ipynb").read_text() == "mine"
