"""Lesson 5 with PyTorch and without it: what is recorded is what PyTorch gives, and belongs to the lesson as it is."""

import ast
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import autodiff
from course import pytorch, words
from course.authoring import record_lesson_05
from tests.notebooks import waiting
from tests.notebooks.running import run

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "course/lessons/05_pytorch_comparison.ipynb"
RECORD = json.loads(pytorch.RECORD.read_text("utf-8"))
NO_TORCH = 'raise ModuleNotFoundError("No module named \'torch\'", name="torch")\n'


def run_lesson(folder):
    return run(LESSON, folder, PYTHONDONTWRITEBYTECODE="1")


def printed(book):
    """The text that each code cell printed or showed, and its errors and stderr."""
    for cell in book.cells:
        if cell.cell_type == "code":
            text = "".join(output.text if output.get("name") == "stdout" else
                           output.get("data", {}).get("text/plain", "") for output in cell.outputs)
            trouble = [output.get("evalue") or output.text for output in cell.outputs
                       if output.output_type == "error" or output.get("name") == "stderr"]
            yield cell.source, text, trouble


def which(cells):
    """What the lesson says at its beginning: whether PyTorch is here."""
    return next(text for source, text, _ in cells if source == "print(which())")


def recorded_in(text):
    return f"[recorded with PyTorch {RECORD['torch']}]" in text


def same(mine, theirs):
    """Plain data that agree: numbers to rounding; under "seconds" any positive numbers."""
    if isinstance(theirs, dict):
        assert set(mine) == set(theirs)
        for key in theirs:
            if key == "seconds":
                assert len(mine[key]) == len(theirs[key]) and min(mine[key] + theirs[key]) > 0
            else:
                same(mine[key], theirs[key])
    elif isinstance(theirs, list) and any(isinstance(entry, list) for entry in theirs):
        for a, b in zip(mine, theirs, strict=True):
            same(a, b)
    elif isinstance(theirs, (float, list)):
        single = np.array_equal(np.float32(theirs), theirs)     # another processor adds float32 in another order
        np.testing.assert_allclose(mine, theirs, rtol=1e-5 if single else 1e-6, atol=1e-12)
    else:
        assert mine == theirs


@pytest.mark.needs_torch
def test_what_is_recorded_is_what_pytorch_gives():
    import torch

    live = runpy.run_path(str(ROOT / "course/authoring/record_lesson_05.py"))["run_lesson"]()
    assert list(live) == list(RECORD["results"])
    for name, entry in RECORD["results"].items():
        assert live[name]["code"] == entry["code"], f"{name} has changed: run course/authoring/record_lesson_05.py"
        same(live[name]["result"], entry["result"])
        if pytorch.version_of(torch) == RECORD["torch"]:    # the wording of a refusal may change with the version
            assert live[name]["printed"] == entry["printed"], name


@pytest.mark.needs_torch
def test_with_pytorch_the_lesson_is_live(tmp_path):
    cells = list(printed(run_lesson(tmp_path)))
    assert not [trouble for _, _, trouble in cells if trouble]
    assert "is installed: its cells run live" in which(cells)
    assert not any("recorded" in text for _, text, _ in cells)


def test_without_pytorch_the_lesson_shows_what_was_recorded_and_says_so(tmp_path):
    (tmp_path / "torch.py").write_text(NO_TORCH, encoding="utf-8")
    book = run_lesson(tmp_path)
    assert waiting.told_too_early(book.cells) == []
    cells = list(printed(book))
    assert not [trouble for _, _, trouble in cells if trouble]
    assert "PyTorch is not installed" in which(cells) and pytorch.SETUP in which(cells)
    shown = set()
    for source, text, _ in cells:
        assert recorded_in(text) == ("live_or_recorded(" in source), source
        assert "you changed" not in text, source
        for name, entry in RECORD["results"].items():
            if f"live_or_recorded({name})" in source:
                assert entry["printed"] in text
                shown.add(name)
    assert shown == set(RECORD["results"])
    assert any("PyTorch" in text and "max difference" in text for _, text, _ in cells)


@pytest.mark.parametrize("language", record_lesson_05.translations())
def test_what_is_recorded_in_another_language_belongs_to_the_lesson_as_it_is(language, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pytorch, "find_torch", lambda: None)
    script = tmp_path / "lesson.py"
    script.write_text(record_lesson_05.as_script(record_lesson_05.translations()[language]), encoding="utf-8")
    functions = {node.name: node for node in ast.parse(script.read_text("utf-8")).body
                 if isinstance(node, ast.FunctionDef)}
    assert list(RECORD["translations"][language]) == list(RECORD["results"])
    for name, entry in RECORD["translations"][language].items():
        names = {}
        exec(compile(ast.Module([functions[name]], []), script, "exec"), names)
        assert pytorch.digest(names[name]) == entry["code"], \
            f"{name} has changed: run course/authoring/record_lesson_05.py"
        with words.speaking(language):
            pytorch.live_or_recorded(names[name])
        said = capsys.readouterr().out.split("\n", 1)
        assert said[1] == entry["printed"] and said[0] != f"[recorded with PyTorch {RECORD['torch']}]"


def test_without_pytorch_a_changed_function_is_told_apart(monkeypatch, capsys):
    monkeypatch.setattr(pytorch, "find_torch", lambda: None)

    def integers(torch):
        raise AssertionError("without PyTorch nothing is run")

    assert pytorch.live_or_recorded(integers) is RECORD["results"]["integers"]["result"]
    text = capsys.readouterr().out
    assert recorded_in(text) and "you changed integers" in text and "floating point" in text


def test_without_pytorch_a_function_of_ones_own_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(pytorch, "find_torch", lambda: None)

    def mine(torch):
        """Nobody has recorded this."""

    with pytest.raises(LookupError, match=f"mine needs PyTorch.*{pytorch.SETUP}"):
        pytorch.live_or_recorded(mine)


def test_pytorch_trains_the_neuron_of_lesson_3_to_the_same_losses():
    losses, w = [], np.array([2.0, -3.0, -3.0])
    loss = lambda w: -autodiff.log(autodiff.sigmoid(w @ np.array([-1.0, -2.0, 1.0])))
    for step in range(4):
        losses.append(f"step {step}   loss {loss(w):.4f}")
        w = w - 0.1 * autodiff.grad(loss)(w)
    assert RECORD["results"]["training"]["printed"].splitlines() == losses


@pytest.mark.parametrize("mine, theirs, expected", [
    (0.1 + 0.2, 0.3, (False, True, 0.1 + 0.2 - 0.3)),
    (3.0, 3.0, (True, True, 0.0)),
    ([1.0, 2.0], [1.0, 2.1], (False, False, 2.1 - 2.0)),
    ([1.0, 2.0], [[1.0, 2.0]], (False, False, np.inf)),
    (1.0, [1.0], (False, False, np.inf)),
    ([1e9, 0.0], [1e9, 1.0], (False, True, 1.0)),           # small beside the largest number of the tensor
    ([np.nan], [np.nan], (False, False, np.nan)),
])
def test_exact_approximate_and_largest_difference(mine, theirs, expected):
    np.testing.assert_equal(pytorch.difference(mine, theirs), expected)


def test_the_table_has_a_row_for_each_way():
    shown = pytorch.side_by_side("float32", W=([1.0, 2.0], [1.0, 3.0], [1.0, 2.0]))
    head, hand, ours = repr(shown).splitlines()
    assert head.split() == ["float32", "compared", "with", "PyTorch", "exact", "approximate", "max", "difference"]
    assert hand.split() == ["W", "(2,)", "by", "hand", "yes", "yes", "0"]
    assert ours.split() == ["by", "autodiff", "no", "no", "1.0e+00"]
