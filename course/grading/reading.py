"""Reads a submitted notebook: any bytes give a notebook that the rest can rely on, or a sentence.

Only what grading needs is kept, and all of it is bounded before anything parses it: the parser of Python takes a
thousand times the memory of its text, and nbformat and nbconvert have no bounds of their own. Outputs are made anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

# How far these are above honest work: docs/grading.md
MOST_FILE = 50_000_000      # bytes; pictures among outputs and attachments may take megabytes
MOST_OLD = 5_000_000        # bytes of a notebook of before 2015, which nbformat turns into one of today
MOST_CELLS = 2_000
MOST_CELL = 250_000         # characters of a cell's text: a longer one is not run
MOST_TEXT = 2_500_000       # characters of all cells together
MOST_METADATA = 20_000      # characters of one entry, as JSON
MOST_BRACKETS = 500         # in one entry
ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")     # of a cell; nbformat gives a new one where there is none
CUT = "# This cell has {:,} characters. Cells of more than {:,} are left out when a notebook is graded."


def read(path: Path) -> tuple[NotebookNode, list[str]]:
    """The notebook at a path, as nbformat 4, and notes on what was left out; ValueError, in a sentence, for others."""
    import nbformat

    data = _bytes_of(path)
    notes: list[str] = []
    try:
        raw = _parsed(data, notes)
    except MemoryError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from None
    if isinstance(raw, dict) and ("cells" in raw or raw.get("nbformat") == 4):     # before 2015 there were none
        raw = _kept(raw, path, notes)
    elif len(data) > MOST_OLD:
        raise ValueError(f"{path.name} is too large to be graded: {len(data):,} bytes of no notebook of today")
    try:
        nb = nbformat.reads(whole(json.dumps(raw, ensure_ascii=False)), as_version=4)
        for cell in nb.cells:
            if cell.cell_type not in ("code", "markdown", "raw"):
                raise ValueError(f"a cell of type {cell.cell_type!r}")
            if not isinstance(cell.source, str) or not isinstance(cell.metadata, dict):
                raise ValueError("a cell whose source is no text")
    except MemoryError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from None
    return nb, notes


def whole(text: str) -> str:
    """A text that can be written as UTF-8: halves of surrogate pairs, which JSON can hold, become U+FFFD."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _parsed(data: bytes, notes: list[str]) -> Any:
    """The value of JSON in UTF-8, -16 or -32; letters of another encoding, and what stands behind it, are left out."""
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        notes.append("The file was not saved in UTF-8; letters that can't be read became \N{REPLACEMENT CHARACTER}.")
    text = text.lstrip("\ufeff \t\r\n")
    raw, end = json.JSONDecoder().raw_decode(text)
    if text[end:].strip(" \t\r\n"):
        notes.append("Behind the notebook's end the file went on; what stood there was left out.")
    return raw


def _unreadable(path: Path, why: Exception | str) -> ValueError:
    from course.grading.unfit import JSON, kind  # here: what is read needs it seldom

    found = kind(path)
    if found == JSON:
        found = f"damaged, or none ({type(why).__name__}: {str(why)[:200]})"
    return ValueError(f"{path.name} is not a notebook that can be read, it is {found}: cannot be graded")


def _bytes_of(path: Path) -> bytes:
    if path.is_symlink():
        raise ValueError(f"{path.name} is not a notebook: it is a link to another file")
    size = path.stat().st_size
    if size > MOST_FILE:
        raise ValueError(f"{path.name} is too large to be graded: {size:,} bytes (at most {MOST_FILE:,} are read)")
    return path.read_bytes()


def _kept(raw: dict[str, Any], path: Path, notes: list[str]) -> dict[str, Any]:
    """What grading needs of a notebook of version 4, in its bounds."""
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise ValueError(f"{path.name} is not a notebook that can be read: it has no list of cells")
    if len(cells) > MOST_CELLS:
        raise ValueError(f"{path.name} is too large to be graded: {len(cells):,} cells (at most {MOST_CELLS:,})")
    minor = raw.get("nbformat_minor")
    kept = [_cell(cell, number, notes) for number, cell in enumerate(cells, 1) if isinstance(cell, dict)]
    if len(kept) < len(cells):
        notes.append(f"{len(cells) - len(kept)} of the cells were none; they were left out.")
    size = sum(len(cell["source"]) for cell in kept)
    if size > MOST_TEXT:
        raise ValueError(f"{path.name} is too large to be graded: its cells have {size:,} characters "
                         f"(at most {MOST_TEXT:,})")
    return {"nbformat": 4, "nbformat_minor": minor if type(minor) is int and 0 <= minor <= 5 else 5,
            "metadata": _metadata(raw.get("metadata")), "cells": kept}


def _cell(cell: dict[str, Any], number: int, notes: list[str]) -> dict[str, Any]:
    kind, source = cell.get("cell_type"), cell.get("source")
    if kind not in ("code", "markdown", "raw"):
        kind = "code" if "outputs" in cell else "raw"
        notes.append(f"Cell {number} is of no type that there is; it was taken as one of {kind!r}.")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source.lstrip("\ufeff") if isinstance(source, str) else ""      # pasted with the beginning of a file
    if len(source) > MOST_CELL:
        notes.append(f"Cell {number} has {len(source):,} characters; it was left out (at most {MOST_CELL:,}).")
        source = CUT.format(len(source), MOST_CELL)
    kept = {"cell_type": kind, "source": source, "metadata": _metadata(cell.get("metadata"))}
    if kind == "code":
        kept |= {"outputs": [], "execution_count": None}
    elif _are_attachments(cell.get("attachments")):
        kept["attachments"] = cell["attachments"]
    if isinstance(cell.get("id"), str) and ID.fullmatch(cell["id"]):
        kept["id"] = cell["id"]
    return kept


def _metadata(found: object) -> dict[str, Any]:
    """The entries of moderate size; of nbgrader's, what has a name."""
    if not isinstance(found, dict):
        return {}
    kept = {key: value for key, value in list(found.items())[:100] if len(key) <= 100 and _is_moderate(value)}
    about = kept.get("nbgrader")
    if "nbgrader" in kept and not (isinstance(about, dict) and isinstance(about.get("grade_id"), str)):
        del kept["nbgrader"]
    return kept


def _is_moderate(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MOST_METADATA
    try:
        text = json.dumps(value)
    except RecursionError:
        return False
    return len(text) <= MOST_METADATA and text.count("[") + text.count("{") <= MOST_BRACKETS


def _are_attachments(found: object) -> bool:
    return isinstance(found, dict) and all(
        isinstance(data, dict) and data and all(isinstance(content, str) for content in data.values())
        for data in found.values())
