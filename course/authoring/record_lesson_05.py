"""Write down what the PyTorch cells of lesson 5 print and return, for those who have no PyTorch.

    python course/authoring/record_lesson_05.py

Needs PyTorch. Runs the lesson's source and writes course/data/lesson_05_torch.json.
"""

import contextlib
import io
import json
import os
import runpy

from course import pytorch
from course.places import ROOT

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


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    record = {"torch": pytorch.version_of(pytorch.find_torch()), "results": run_lesson()}
    pytorch.RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(record['results'])} results of PyTorch {record['torch']} written to {pytorch.RECORD.name}")
