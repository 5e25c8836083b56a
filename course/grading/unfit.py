"""What was handed in in the place of a notebook, in words: the same in collect, autograde, report and export.

A file is what its first bytes say, whatever it is called; where they say nothing, it is what its name says.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from course.grading.repair import answered, name_of
from course.places import ROOT
from course.plaintext import in_a_sentence

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from course.grading.key import Key

JSON = "JSON, but no notebook"
LOOKED_AT = 4096        # bytes of a file
SECONDS, MEGABYTES = 20.0, 1024     # that reading a submission may take, beside what grading it may
NBGRADERS = {"timestamp.txt", "submission_secret.txt"}     # what the exchange puts beside a submission
SHOWN = 5               # files that a sentence names
BEGINNINGS = (
    (rb"%PDF", "a PDF"),
    (rb"PK\x03\x04|PK\x05\x06", "a zip"),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd", "a packed archive"),
    (rb"\xd0\xcf\x11\xe0", "an Office document"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|....ftyphei", "a picture"),
    (rb"\x00\x00\xfe\xff|\xff\xfe\x00\x00", "a text in UTF-32"),
    (rb"\xff\xfe|\xfe\xff", "a text in UTF-16"),
    (rb"[^\0]\0[^\0]\0|\0[^\0]\0[^\0]", "a text in UTF-16"),
    (rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype html|html|head|body)\b", "a web page (HTML)"),
    (rb"(\xef\xbb\xbf)?\{\\rtf", "a text of a word processor"),
    (rb"<<<<<<< ", "a file with marks of a conflict, which git writes"),
    (rb"(\xef\xbb\xbf)?\s*[{\[]", JSON),
)
ENDINGS = {".py": "a Python file", ".ipynb": "a text", ".pdf": "a PDF", ".html": "a web page (HTML)",
           ".htm": "a web page (HTML)", ".zip": "a zip", ".md": "a text", ".txt": "a text", ".tex": "a text",
           ".docx": "a Word document", ".odt": "a document of LibreOffice", ".pages": "a document of Pages",
           ".doc": "a Word document", ".xlsx": "a spreadsheet", ".pptx": "slides", ".csv": "a table", ".r": "a text"}
PACKED = {".docx", ".odt", ".pages", ".xlsx", ".pptx"}      # documents that are zips


class Unfit(ValueError):
    """There is nothing to be graded among what was handed in; the message says what there is."""


def kind(path: Path) -> str:
    """What a file is, in words: "an empty file", "a PDF"."""
    with open(path, "rb") as file:
        begin = file.read(LOOKED_AT)
    ending = path.suffix.lower()
    if not begin.strip(b"\xef\xbb\xbf \t\r\n\0"):
        return "an empty file"
    found = next((name for pattern, name in BEGINNINGS if re.match(pattern, begin, re.DOTALL | re.IGNORECASE)), "")
    if found == "a zip" and ending in PACKED:
        return ENDINGS[ending]
    if found and not (found == JSON and ending in ENDINGS and ending != ".ipynb"):
        return found
    with suppress(UnicodeDecodeError):
        begin[:-4].decode() if len(begin) == LOOKED_AT else begin.decode()
        return ENDINGS.get(ending) or "a text"
    return "a file of another kind"


def no_notebook(folder: Path, files: Iterable[Path], assignment: str) -> Unfit:
    """Why a submission without a notebook can't be graded: what there is instead."""
    found = [f"{kind(path)} ({path.relative_to(folder)})" for path in files if path.name not in NBGRADERS]
    if not found:
        return Unfit(f"handed in without a file: there is no {assignment}.ipynb to be graded")
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return Unfit(f"handed in {', '.join(found[:SHOWN])}{more}: cannot be graded, {assignment}.ipynb is needed")


def why_unfit(folder: Path, keys: dict[str, Key]) -> str:
    """Why a submission can't be graded, as far as that shows without running it; or ""."""
    from course.grading.bounds import Overtime, own_memory, own_time
    from course.grading.finding import files_of, find

    try:
        with own_time(SECONDS), own_memory(MEGABYTES):
            paths = [(find(folder, notebook, keys)[0], key) for notebook, key in keys.items()]
            for path, key in paths:
                if path is not None:
                    notebook_in(path, folder, key)
            if all(path is None for path, _ in paths):
                raise no_notebook(folder, files_of(folder), next(iter(keys.values())).assignment)
    except MemoryError:
        return f"it takes more than {MEGABYTES} MB of memory to read: cannot be graded"
    except Overtime:
        return f"it takes more than {SECONDS:g} s to read: cannot be graded"
    except (ValueError, OSError) as error:
        return in_a_sentence(error)
    return ""


def notebook_in(path: Path, folder: Path, key: Key) -> tuple[NotebookNode, list[str]]:
    """The notebook at a path, and notes on what was left out; ValueError, in a sentence, where it can't be graded."""
    from course.grading.reading import read

    nb, left_out = read(path)
    if not belongs(nb, key):
        raise another(nb, str(path.relative_to(folder)), key)
    return nb, left_out


def belongs(nb: NotebookNode, key: Key) -> bool:
    """Whether something of a notebook is this key's: a cell by its grade id, a test by its text, an answer by its name.

    What stands in cells of another assignment's is that assignment's.
    """
    mine = {cell.name for cell in key.cells if cell.grade or cell.solution or cell.task}
    theirs = set().union(*key.elsewhere.values())
    ids = _ids(nb)
    if not mine or ids & (mine - theirs):
        return True
    own = copy.copy(nb)
    own.cells = [cell for cell in nb.cells if name_of(cell) not in theirs - mine]
    texts = {cell.source.strip() for cell in own.cells}
    if answered(own, key) or any(texts & cell.texts.keys() for cell in key.cells if cell.name in mine):
        return True
    # a written answer that has lost its metadata is known by nothing; a notebook that says that it is another is
    return not ids - set(key.by_name) and any(cell.kind != "code" for cell in key.cells if cell.name in mine)


def another(nb: NotebookNode, path: str, key: Key) -> Unfit:
    """Why a notebook that does not belong can't be graded: which one it is."""
    ids = _ids(nb) - set(key.by_name)
    known = {**_released(), **key.elsewhere}
    known.pop(key.assignment, None)
    name = max(known, key=lambda name: len(ids & known[name]), default="")
    if name and ids & known[name]:
        return Unfit(f"{path} is the notebook of {name}: cannot be graded as {key.assignment}")
    what = f"holds nothing of {key.assignment}" if any(cell.source.strip() for cell in nb.cells) else \
        "is an empty notebook"
    return Unfit(f"{path} {what}: cannot be graded")


@functools.cache
def _released() -> dict[str, frozenset[str]]:
    """The grade ids of the assignments that come with the course, also where the gradebook does not know them yet."""
    return {path.parent.name: frozenset(re.findall(r'"grade_id": "([^"]+)"', path.read_text("utf-8")))
            for path in sorted((ROOT / "exercises").glob("*/*.ipynb"))}


def _ids(nb: NotebookNode) -> set[str]:
    return {name for cell in nb.cells if isinstance(name := name_of(cell), str)}

