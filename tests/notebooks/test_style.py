"""Lessons begin with the lesson. Their first code cell is imports; no cell draws by itself, or is wider than it can."""

import ast
import fnmatch
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from matplotlib import pyplot as plt

from course import style
from course.drawing.picture import PALETTES
from course.teaching import bundling

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "course/lessons").glob("*.ipynb"))
NOTEBOOKS = [*LESSONS, *sorted((ROOT / "solutions").glob("*/*.ipynb")), *sorted((ROOT / "exercises").glob("*/*.ipynb"))]
USE = 'plt.style.use("course.style")'
WIDEST = 104         # characters of a line of code: what a cell shows at 1280 pixels, beside JupyterLab's file browser


def code_of(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def cycle():
    with plt.style.context("course.style"):
        return plt.rcParams["axes.prop_cycle"].by_key()["color"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_begins_with_prose_and_imports_and_holds_no_plotting_code(path):
    kinds = [cell.cell_type for cell in nbformat.read(path, as_version=4).cells]
    assert kinds.index("code") >= 2, "first what one will be able to do, and why"
    first, *others = code_of(path)
    assert all(isinstance(line, ast.Import | ast.ImportFrom) for line in ast.parse(first).body), first
    assert not any(re.match(r"(?:import|from) ", line) for cell in others for line in cell.splitlines())
    by_itself = r"matplotlib|\bplt\.|\.subplots\(|rcParams|#[0-9A-Fa-f]{6}\b"
    assert not [cell for cell in code_of(path) if re.search(by_itself, cell)], "a figure is a call of course.figures"


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if "solutions" not in path.parts],
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_line_of_code_is_wider_than_its_cell(path):
    wide = [line for cell in code_of(path) for line in cell.splitlines() if len(line) > WIDEST]
    assert not wide, "\n".join(wide)


def test_the_colours_are_those_of_the_graph_and_lead_the_cycle():
    named = [style.GREEN, style.RED, style.GREY]
    assert tuple(named[:2]) == PALETTES["green-red"]["light"][:2]
    assert cycle()[:3] == named
    assert len(set(cycle())) == 6


def test_learners_get_the_style(tmp_path):
    """In the bundle, and in what the bundle's and this project's wheels are made of; it comes on from any folder."""
    files = bundling.contents(ROOT)
    for text in (files["pyproject.toml"].decode(), (ROOT / "pyproject.toml").read_text("utf-8")):
        shipped = tomllib.loads(text)["tool"]["setuptools"]["package-data"]["course"]
        assert any(fnmatch.fnmatch("style.mplstyle", pattern) for pattern in shipped)
    for name in ("__init__.py", "style.py", "style.mplstyle"):
        (tmp_path / "course").mkdir(exist_ok=True)
        (tmp_path / "course" / name).write_bytes(files[f"course/{name}"])
    code = f"import matplotlib.pyplot as plt, course; {USE}; print(course.__file__, *plt.rcParams['figure.figsize'])"
    said = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(tmp_path)}).stdout
    assert said == f"{tmp_path / 'course' / '__init__.py'} 7.5 3.8\n"
