"""Write down what the PyTorch cells of lesson 5 print and return, for those who have no PyTorch.

    python course/authoring/record_lesson_05.py

Needs PyTorch. Runs the lesson's source, and the lesson in each language that has it, and writes
course/data/lesson_05_torch.json.
"""

import contextlib
import io
import json
import os
import runpy
import tempfile
from pathlib import Path

import nbformat

from course import pytorch
from course.authoring import texts
from course.places import ROOT
from course.words import TRANSLATIONS

LESSON = ROOT / "course/sources/lessons/05_pytorch_comparison.py"


def run_lesson(path=LESSON):
    """{name: {"code", "printed", "result"}} of every function that the lesson hands to live_or_recorded."""
    torch = pytorch.find_torch()
    if torch is None:
        raise SystemExit(f"Recording needs PyTorch: {pytorch.SETUP}")
    results = {}

    def note(f):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            result = f(torch)
        results[f.__name__] = {"code": pytorch.digest(f), "printed": printed.getvalue(), "result": result}
        return result

    as_it_was, pytorch.live_or_recorded = pytorch.live_or_recorded, note
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(path))
    finally:
        pytorch.live_or_recorded = as_it_was
    return results


def translations():
    """{language: the built lesson} of the languages that have it."""
    return {path.parents[1].name: path for path in sorted(TRANSLATIONS.glob(f"*/lessons/{LESSON.stem}.ipynb"))}


def as_script(notebook):
    """The code of a notebook as a program."""
    cells = nbformat.read(notebook, as_version=4).cells
    return "\n\n".join(texts.parsable(cell.source) for cell in cells if cell.cell_type == "code") + "\n"


def run_translations(english):
    """{language: {name: {"code", "printed"}}}."""
    found = {}
    for language, notebook in translations().items():
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "lesson.py"
            script.write_text(as_script(notebook), encoding="utf-8")
            results = run_lesson(script)
        assert list(results) == list(english), f"{language} has other functions: run `backprop build` first"
        found[language] = {name: {"code": entry["code"], "printed": entry["printed"]}
                           for name, entry in results.items()}
    return found


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    results = run_lesson()
    record = {"torch": pytorch.version_of(pytorch.find_torch()), "results": results,
              "translations": run_translations(results)}
    pytorch.RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(record['results'])} results of PyTorch {record['torch']} written to {pytorch.RECORD.name}")
