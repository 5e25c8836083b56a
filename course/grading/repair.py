"""Brings a damaged submission back into the form that was released, and notes what it did.

What identifies a cell is, in this order, its grade id, its text, and the function that it defines or calls: so
duplicated, deleted, moved, split and stripped cells are graded as what they were. Nothing of what a learner wrote
is changed or left out.
"""

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from course.grading.key import Key, KeyCell, defined_names
from course.grading.testcell import free_names
from course.grading.verdicts import unmark


def repair(nb: NotebookNode, key: Key) -> list[str]:
    """Repair a notebook (of nbformat 4) in place; returns the notes, sentences for the instructor."""
    notes: list[str] = []
    unmark(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    _strip_foreign(nb, key, notes)
    _strip_duplicates(nb, notes)
    _recognise(nb, key, notes)
    _restore(nb, key, notes)
    _add_missing(nb, key, notes)
    _move_behind_answers(nb, key, notes)
    nb.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return notes


def name_of(cell: NotebookNode) -> Any:
    """A cell's grade id, or None."""
    about = cell.metadata.get("nbgrader")
    return about.get("grade_id") if isinstance(about, dict) else None


def _strip_foreign(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Take away metadata of nbgrader's that this notebook was not released with."""
    for cell in nb.cells:
        if "nbgrader" in cell.metadata and name_of(cell) not in key.by_name:
            about = cell.metadata.pop("nbgrader")
            graded = isinstance(about, dict) and (about.get("grade") or about.get("locked") or about.get("solution"))
            if graded:
                notes.append(f"A cell carried metadata of nbgrader's that is not this notebook's "
                             f"({str(name_of_about(about))[:40]!r}); it was run as a plain cell.")


def name_of_about(about: dict) -> Any:
    return about.get("grade_id", "no name")


def _strip_duplicates(nb: NotebookNode, notes: list[str]) -> None:
    """Of several cells of one id let the last be the one, as nbgrader does; the others run as plain cells."""
    seen = set()
    for cell in reversed(nb.cells):
        name = name_of(cell)
        if name in seen:
            del cell.metadata["nbgrader"]
            notes.append(f"The cell {name!r} was there more than once; the last one counts.")
        elif name:
            seen.add(name)


def _recognise(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Give cells whose metadata were lost their names back: by their text, or by what they define."""
    there = {name_of(cell) for cell in nb.cells}
    for known in key.cells:
        if known.name in there:
            continue
        cell = next((cell for cell in nb.cells if name_of(cell) is None and _looks_like(cell, known)), None)
        if cell is not None:
            cell.metadata["nbgrader"] = NotebookNode(known.metadata)
            notes.append(f"The cell {known.name!r} had lost its metadata; it was recognised.")


def _looks_like(cell: NotebookNode, known: KeyCell) -> bool:
    if cell.source.strip() == known.source.strip():
        return True
    if known.locked or known.kind != "code" or cell.cell_type != "code":
        return False
    return bool(defined_names(cell.source) & defined_names(known.source))


def _restore(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Give known cells their type and metadata, and locked ones their text, back."""
    for cell in nb.cells:
        known = key.by_name.get(name_of(cell))
        if known is None:
            continue
        if cell.cell_type != known.kind:
            _retype(cell, known.kind)
            notes.append(f"The type of the cell {known.name!r} had been changed; it was changed back.")
        if known.locked and cell.source != known.source:
            if cell.source.strip() != known.source.strip():
                notes.append(f"The locked cell {known.name!r} had been changed; the released text counts.")
            cell.source = known.source
        cell.metadata["nbgrader"] = NotebookNode(known.metadata)


def _retype(cell: NotebookNode, kind: str) -> None:
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
    cell.pop("attachments", None)


def _add_missing(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Put deleted cells back: test cells at the end, other locked cells at the beginning."""
    there = {name_of(cell) for cell in nb.cells}
    at = 0
    for known in key.cells:
        if known.name in there:
            continue
        if not (known.locked or known.grade or known.task):
            continue  # an answer that is gone: its test cell will say so
        cell = (new_code_cell if known.kind == "code" else new_markdown_cell)(known.source)
        cell.metadata["nbgrader"] = NotebookNode(known.metadata)
        if known.locked and not known.grade:
            nb.cells.insert(at, cell)
            at += 1
        else:
            nb.cells.append(cell)
        notes.append(f"The cell {known.name!r} was missing; it was put back.")


def _move_behind_answers(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Move a test cell that stands above the answer it tests to below it."""
    given = set().union(*(defined_names(known.source) for known in key.cells if known.locked), set())
    for cell in list(nb.cells):
        known = key.by_name.get(name_of(cell))
        if known is None or not known.test:
            continue
        try:
            needed = free_names(known.source) - given
        except SyntaxError:
            continue
        here = next(k for k, other in enumerate(nb.cells) if other is cell)
        defines = [k for k, other in enumerate(nb.cells)
                   if other.cell_type == "code" and defined_names(other.source) & needed]
        if defines and defines[0] > here:
            nb.cells.insert(defines[-1] + 1, cell)
            del nb.cells[here]
            notes.append(f"The test cell {known.name!r} stood above its answer; it was moved below.")


def read(path: Path) -> NotebookNode:
    """The notebook at a path, as nbformat 4; ValueError, in a sentence, where it is none."""
    import nbformat

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not a notebook: it is not a text in UTF-8") from None
    try:
        nb = nbformat.reads(text, as_version=4)
        for cell in nb.cells:
            cell.source, cell.metadata, cell.cell_type  # noqa: B018  # pyright: ignore[reportUnusedExpression]  or there are none
            if cell.cell_type not in ("code", "markdown", "raw"):
                raise ValueError(f"a cell of type {cell.cell_type!r}")
            if not isinstance(cell.source, str):
                raise ValueError("a cell whose source is no text")
    except Exception as error:
        raise ValueError(f"{path.name} is not a notebook that can be read "
                         f"({type(error).__name__}: {str(error)[:200]})") from None
    return nb
