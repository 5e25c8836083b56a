"""Course folders and classes for the tests of the instructor's commands."""

import contextlib
import io
import os
import shutil
import sys
from pathlib import Path

import nbformat

from tests.commands import run_module
from tests.grading.handing_in import ROOT, cell_of, released, solved

NAME = "02_gate_patterns"


def new_course(folder, *assignments):
    """An empty course folder, as far as nbgrader is concerned, with these assignments."""
    folder.mkdir(parents=True)
    for name in assignments:
        for step in ("solutions", "exercises"):
            shutil.copytree(ROOT / step / name, folder / step / name)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "COLUMNS": "120",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def said_by(done, code):
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def nbgrader(folder, *arguments, code=0):
    return said_by(run_module("nbgrader", *arguments, cwd=folder, env=environment()), code)


def backprop(folder, *arguments, code=0):
    return said_by(run_module("course", *arguments, cwd=folder, env=environment()), code)


def call(main, folder, *arguments, code=0):
    """A command's main in this process, as if from a folder; what it printed."""
    said = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            ended = main(list(map(str, arguments)))
        except SystemExit as error:
            ended = error.code
    assert ended == code, said.getvalue()
    return said.getvalue()


def text_of(nb):
    return nbformat.writes(nb)


def wrong(name=NAME):
    """The solution with an upstream gradient that is not multiplied in."""
    nb = solved(name)
    cell_of(nb, "mul_backward-answer").source = "def mul_backward(dout, x, y):\n    return y, x"
    return nb


def hand_in(folder, student, nb, name=NAME):
    target = folder / "submitted" / student / name
    target.mkdir(parents=True)
    (target / f"{name}.ipynb").write_text(text_of(nb), encoding="utf-8")


__all__ = ["NAME", "ROOT", "backprop", "call", "cell_of", "hand_in", "nbgrader", "new_course", "released", "solved",
           "text_of", "wrong"]
