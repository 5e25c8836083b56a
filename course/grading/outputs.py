"""What a learner reads of a run, mended: a syntax error is told as one, and no path of this machine is told at all."""

import ast
import functools
import re
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course.grading.key import Key, KeyCell, as_python
from course.places import ROOT
from course.words import tr

TEXTS = ("text/plain", "text/html", "text/markdown", "application/vnd.jupyter.stderr")


def without_paths(output: dict[str, Any]) -> dict[str, Any]:
    """An output in which files of this machine are named by what is below its folders: "…/numpy/linalg.py"."""
    for key in ("text", "evalue"):
        if isinstance(output.get(key), str):
            output[key] = _shortened(output[key])
    if isinstance(output.get("traceback"), list):
        output["traceback"] = [_shortened(line) if isinstance(line, str) else line for line in output["traceback"]]
    data = output.get("data")
    if isinstance(data, dict):
        data.update({kind: _shortened(data[kind]) for kind in TEXTS if isinstance(data.get(kind), str)})
    return output


def _shortened(text: str) -> str:
    return _folders().sub("…", text)


@functools.cache
def _folders() -> re.Pattern[str]:
    """The folders of this machine that texts may name, the innermost first."""
    found = {str(folder) for name in ("purelib", "platlib", "stdlib") for folder in _both(sysconfig.get_path(name))}
    for folder in (ROOT, sys.prefix, sys.base_prefix, Path.home()):
        found |= {str(folder) for folder in _both(folder)}
    folders = sorted((folder for folder in found if len(Path(folder).parts) > 1), key=len, reverse=True)
    return re.compile("|".join(f"(?<![\\w/]){re.escape(folder)}(?![\\w-])" for folder in folders))


def _both(folder: str | Path) -> Iterable[Path]:
    return Path(folder), Path(folder).resolve()


def with_syntax_error(outputs: list[dict[str, Any]], known: KeyCell, key: Key,
                      above: Iterable[NotebookNode]) -> list[dict[str, Any]]:
    """A test cell's outputs, where a name is missing that stands in a cell which is no Python: then that is told.

    above   the cells before the test cell
    """
    missing = next((output for output in outputs if output.get("ename") == "NameError"), None)
    name = re.match(r"name '(\w+)' is not defined", missing["evalue"]) if missing else None
    if not missing or not name or name[1] not in key.answer_names(known):
        return outputs
    broken = [error for cell in above if cell.cell_type == "code" and re.search(rf"\b{name[1]}\b", cell.source)
              and (error := syntax_error(cell.source))]
    if not broken:
        return outputs
    error = broken[-1]
    told = tr("The cell that should define {name} is no Python, so nothing of it ran. Line {line}: {why}.",
              name=name[1], line=error.lineno, why=error.msg)
    line, at = (error.text or "").rstrip("\n"), (error.offset or 1) - 1
    shown = [f"    {line}", "    " + re.sub(r"[^\t]", " ", line[:at]) + "^"] if line.strip() else []
    output = {"output_type": "error", "ename": "SyntaxError", "evalue": told, "traceback": [
        tr("SyntaxError in line {line} of your cell:", line=error.lineno), *shown, error.msg, told]}
    return [output if other is missing else other for other in outputs]


def syntax_error(source: str) -> SyntaxError | None:
    """What keeps a cell from running at all, in terms of its own lines; None where it is Python, or IPython's."""
    try:
        ast.parse(as_python(source))
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None
    return None
