"""Brings a damaged submission back into the form that was released, and notes what it did.

What identifies a cell is, in this order, its grade id, its text, and the function that it defines or calls: so
duplicated, deleted, moved, split, merged and stripped cells are graded as what they were. Four rules:

- A stub that nobody touched never beats another definition of its name, wherever the two stand. What has no body yet
  is one as well.
- What a learner wrote into a locked cell runs as a cell of theirs, before the released text. Like every cell of
  theirs, it runs in the submission's process and nowhere else.
- A text that was released in another language is as released; what is put back is in the notebook's own.
- Every repair is one note. Nothing of what a learner wrote is changed or left out.
"""

import ast
import builtins
import functools
import itertools
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from course.grading.key import Key, KeyCell, as_python, defined_names
from course.grading.testcell import free_names
from course.grading.verdicts import unmark

NOTHING = ast.dump(ast.parse(""))
OPAQUE = re.compile(r"import \*|^[ \t]*%(?:run|load)|\b(?:exec|eval|globals|setattr|get_ipython)\(", re.MULTILINE)


def repair(nb: NotebookNode, key: Key) -> list[str]:
    """Repair a notebook (of nbformat 4) in place; returns the notes, sentences for the instructor."""
    notes: list[str] = []
    unmark(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    _strip_foreign(nb, key, notes)
    for known in key.cells:
        if known.locked:
            _name_released(nb, known, key, notes)
    _restore(nb, key, notes)
    for known in key.cells:
        if not known.locked:
            _name_written(nb, known, key, notes)
    _add_missing(nb, key, notes)
    _move_given_up(nb, key, notes)
    _move_stubs_up(nb, key, notes)
    _move_behind_answers(nb, key, notes)
    nb.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return notes


def answered(nb: NotebookNode, key: Key) -> int:
    """How many of a notebook's answers somebody has written something for, in whatever cell."""
    def is_answered(known: KeyCell) -> bool:
        return bool(_definitions(nb, defined_names(known.source), key)) or any(
            name_of(cell) == known.name and not _same(cell.source, known) for cell in nb.cells)

    return sum(is_answered(known) for known in key.cells if known.solution) + any(map(_is_opaque, nb.cells))


def name_of(cell: NotebookNode) -> Any:
    """A cell's grade id, or None."""
    about = cell.metadata.get("nbgrader")
    return about.get("grade_id") if isinstance(about, dict) else None


# ------------------------------------------------------------------------------------ which cell is which

def _strip_foreign(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Take away metadata of nbgrader's that this notebook was not released with."""
    for cell in nb.cells:
        if "nbgrader" in cell.metadata and name_of(cell) not in key.by_name:
            about = cell.metadata.pop("nbgrader")
            graded = isinstance(about, dict) and (about.get("grade") or about.get("locked") or about.get("solution"))
            if graded:
                notes.append(f"A cell carried metadata of nbgrader's that is not this notebook's "
                             f"({str(about.get('grade_id', 'no name'))[:40]!r}); it was run as a plain cell.")


def _name_released(nb: NotebookNode, known: KeyCell, key: Key, notes: list[str]) -> None:
    """Let one cell be the locked one of a name: of test cells the first below all answers, of others the first.

    What a learner wrote into a copy stays as a cell of theirs; a copy in which there is nothing of theirs goes.
    """
    named = [k for k, cell in enumerate(nb.cells) if name_of(cell) == known.name]
    if not named:
        named = [k for k, cell in enumerate(nb.cells)
                 if name_of(cell) is None and known.released(cell.source) is not None]
        if named:
            notes.append(f"The cell {known.name!r} had lost its metadata; it was recognised.")
    if not named:
        return
    chosen = named[0]
    if known.test:
        last = max(_definitions(nb, _tested_names(known, key), key), default=0)
        chosen = next((k for k in named if k >= last), named[-1])
    nb.cells[chosen].metadata["nbgrader"] = NotebookNode(known.metadata())
    copies = [nb.cells[k] for k in named if k != chosen]
    for cell in copies:
        cell.metadata.pop("nbgrader", None)
    if known.kind == "code":
        empty = [cell for cell in copies if not _own_part(cell.source, known)]
        nb.cells = [cell for cell in nb.cells if not any(cell is other for other in empty)]
        if copies:
            notes.append(f"The cell {known.name!r} was there more than once; one of them counts"
                         + ("." if len(empty) == len(copies) else ", what was written into another ran as a plain "
                            "cell."))


def _name_written(nb: NotebookNode, known: KeyCell, key: Key, notes: list[str]) -> None:
    """Let one cell be the answer of a name: the last that somebody wrote in, or else the last."""
    named = [cell for cell in nb.cells if name_of(cell) == known.name]
    written = [cell for cell in named if not _same(cell.source, known)]
    found: list[NotebookNode] = []
    if not written and known.kind == "code":
        found = [nb.cells[k] for k in _definitions(nb, defined_names(known.source), key)
                 if name_of(nb.cells[k]) is None]
    if not named and not found:
        found = [cell for cell in nb.cells if name_of(cell) is None and known.released(cell.source) is not None]
    if not (named or found):
        return
    chosen = (written or found or named)[-1]
    for cell in named:
        if cell is not chosen:
            cell.metadata.pop("nbgrader", None)
    chosen.metadata["nbgrader"] = NotebookNode(known.metadata(chosen.source))
    if found:
        notes.append(f"The cell {known.name!r} was recognised by its text: it had lost its metadata."
                     if not named else f"The cell {known.name!r} is as released; what another cell defines counts.")
    if len(named) > 1:
        notes.append(f"The cell {known.name!r} was there more than once; "
                     f"the last one {'that is not as released ' if 0 < len(written) < len(named) else ''}counts.")
    if chosen.cell_type != known.kind:
        _retype(chosen, known, notes)


def _restore(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Give locked cells their type and text back; what a learner wrote into them stays, in a cell before."""
    for cell in list(nb.cells):
        known = key.by_name.get(name_of(cell))
        if known is None or not known.locked:
            continue
        if cell.cell_type != known.kind:
            _retype(cell, known, notes)
        released = known.released(cell.source)
        if released is None:
            released = known.source
            own = _own_part(cell.source, known) if known.kind == "code" else cell.source.strip()
            if own:
                make = new_code_cell if known.kind == "code" else new_markdown_cell
                nb.cells.insert(next(k for k, other in enumerate(nb.cells) if other is cell), make(own))
            notes.append(f"The locked cell {known.name!r} had been changed; the released text counts"
                         + (", and what was written there ran before it." if own and known.kind == "code" else "."))
        cell.source = released
        cell.metadata["nbgrader"] = NotebookNode(known.metadata(released))


def _retype(cell: NotebookNode, known: KeyCell, notes: list[str]) -> None:
    cell.cell_type = known.kind
    if known.kind == "code":
        cell.outputs, cell.execution_count = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
    cell.pop("attachments", None)
    notes.append(f"The type of the cell {known.name!r} had been changed; it was changed back.")


# ------------------------------------------------------------------------------------ where it stands

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
        cell.metadata["nbgrader"] = NotebookNode(known.metadata())
        if known.locked and not known.grade:
            nb.cells.insert(at, cell)
            at += 1
        else:
            nb.cells.append(cell)
        notes.append(f"The cell {known.name!r} was missing; it was put back.")


def _move_given_up(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Move locked code that prepares what follows above the test cells that followed it."""
    for number, known in enumerate(key.cells):
        if not known.locked or known.grade or known.kind != "code":
            continue
        later = {other.name for other in key.cells[number + 1:] if other.test}
        here = _place(nb, known.name)
        first = next((k for k, cell in enumerate(nb.cells) if name_of(cell) in later), len(nb.cells))
        if here > first:
            followers = {other.name for other in key.cells[number + 1:]}
            first = next(k for k, cell in enumerate(nb.cells) if name_of(cell) in followers)
            nb.cells.insert(first, nb.cells.pop(here))
            notes.append(f"The locked cell {known.name!r} stood below what needs it; it was moved above.")


def _move_stubs_up(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Move an untouched stub above another definition of its names: what runs last counts."""
    for known in key.cells:
        if known.locked or known.kind != "code":
            continue
        names = defined_names(known.source)
        defines = _definitions(nb, names, key)
        stubs = [cell for cell in nb.cells if cell.cell_type == "code" and _same(cell.source, known)]
        above = defines or [k for k, cell in enumerate(nb.cells) if names and _is_opaque(cell)]
        late = [cell for cell in stubs if above and any(cell is other for other in nb.cells[above[0]:])]
        if late:
            nb.cells = [cell for cell in nb.cells if not any(cell is other for other in late)]
            nb.cells[above[0]:above[0]] = late
            notes.append(f"The stub of {known.name!r} stood below another definition of its name; it was moved above."
                         if defines else f"The stub of {known.name!r} stood below a cell that may define its name; it "
                                         "was moved above.")
        _cut_stubs(nb, known, key, notes)


def _cut_stubs(nb: NotebookNode, known: KeyCell, key: Key, notes: list[str]) -> None:
    """Take out of a cell, in which other things stand as well, a stub below another definition of its name."""
    names, seen = defined_names(known.source), False
    for cell in nb.cells:
        if cell.cell_type != "code" or _same(cell.source, known) or not defined_names(cell.source) & names:
            continue
        lines = cell.source.splitlines(keepends=True)
        for part in _statements(cell.source):
            if not names & part.names:
                continue
            if not part.is_stub(key):
                seen = True
            elif seen:
                lines[part.first - 1:part.last] = ["\n"] * (part.last - part.first + 1)
                cell.source = "".join(lines).strip("\n")
                notes.append(f"A stub of {known.name!r} stood below another definition of its name; it was left out.")


def _move_behind_answers(nb: NotebookNode, key: Key, notes: list[str]) -> None:
    """Move a test cell that stands above an answer it tests to below it."""
    for known in key.cells:
        if not known.test:
            continue
        here, behind = _place(nb, known.name), 0
        for name in _tested_names(known, key):
            defines = _definitions(nb, {name}, key)
            if defines and defines[0] > here:
                behind = max(behind, defines[-1])
        if behind:
            nb.cells.insert(behind + 1, nb.cells[here])
            del nb.cells[here]
            notes.append(f"The test cell {known.name!r} stood above its answer; it was moved below.")


def _place(nb: NotebookNode, name: str) -> int:
    return next(k for k, cell in enumerate(nb.cells) if name_of(cell) == name)


# ------------------------------------------------------------------------------------ what a cell holds

def _definitions(nb: NotebookNode, names: Iterable[str], key: Key) -> list[int]:
    """The places of the cells that define one of the names otherwise than the release does."""
    wanted = set(names)
    return [k for k, cell in enumerate(nb.cells)
            if wanted and cell.cell_type == "code" and _written_names(cell.source, key) & wanted
            and cell.source.strip() not in key.texts and _tree(cell.source) not in _trees(key.texts)]


def _written_names(source: str, key: Key) -> frozenset[str]:
    """The names that a cell defines by more than stubs."""
    statements = _statements(source)
    if not statements:
        return defined_names(source)
    return frozenset().union(*(part.names for part in statements if not part.is_stub(key)))


class _Statement(NamedTuple):
    """A statement of a cell, on lines of its own.

    function  what it is, but for its docstring and the types of its arguments; (): one that does nothing; None: no
              plain function
    """

    names: frozenset[str]
    first: int
    last: int
    function: tuple[str, ...] | None

    def is_stub(self, key: Key) -> bool:
        """Whether it is a released function, or one that does nothing but say so."""
        return self.function is not None and (not self.function or self.function in _released(key.answers))


@functools.lru_cache(2000)
def _statements(source: str) -> tuple[_Statement, ...]:
    """The statements of a cell, where each begins and ends lines of its own; else nothing."""
    code = as_python(source)
    lines = code.splitlines()
    try:
        nodes = ast.parse(code).body
        if len(lines) != len(source.splitlines()) or any(
                before.end_lineno is None or before.end_lineno >= node.lineno
                for before, node in itertools.pairwise(nodes)):
            return ()
        return tuple(_Statement(
            defined_names("\n".join(lines[node.lineno - 1:node.end_lineno])), node.lineno, node.end_lineno or 0,
            _function(node)) for node in nodes)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _function(node: ast.stmt) -> tuple[str, ...] | None:
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return None
    if all(map(_says_nothing, node.body)):
        return ()
    skip = ast.get_docstring(node, clean=False) is not None
    return node.name, *(arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)), \
        *map(ast.dump, node.body[skip:])


def _says_nothing(node: ast.stmt) -> bool:
    """Whether a statement is `pass`, a text, `...` or `raise NotImplementedError`."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or \
        (isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.dump(node.exc))


@functools.lru_cache(20)
def _released(sources: tuple[str, ...]) -> frozenset[tuple[str, ...] | None]:
    """The functions that stand in the released answer cells."""
    return frozenset(part.function for source in sources for part in _statements(source) if part.function)


def _is_opaque(cell: NotebookNode) -> bool:
    """Whether a cell may define names that do not stand in it."""
    return cell.cell_type == "code" and OPAQUE.search(cell.source) is not None


def _tested_names(known: KeyCell, key: Key) -> set[str]:
    """The names of a test cell that a submission has to define."""
    given = set().union(*(defined_names(other.source) for other in key.cells if other.locked))
    try:
        free = free_names(known.source)
    except SyntaxError:
        return set()
    return set(free) - given - set(dir(builtins)) | (free & key.answer_names(known))


def _same(text: str, known: KeyCell) -> bool:
    """Whether a cell's text is as released, whatever an editor did to its spaces and comments."""
    return text.strip() in known.texts or _tree(text) in _trees(frozenset(known.texts))


@functools.lru_cache(200)
def _trees(texts: frozenset[str]) -> frozenset[str | None]:
    return frozenset(map(_tree, texts)) - {None, NOTHING}


@functools.lru_cache(2000)
def _tree(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(as_python(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _own_part(written: str, known: KeyCell) -> str:
    """What somebody wrote into a locked cell: its text without the released tests in it, which might fail and keep
    the rest from running. Nothing where every statement is a released one."""
    try:
        theirs, ours = ast.parse(written), {ast.dump(node) for text in known.texts for node in ast.parse(text).body}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "" if known.released(written) is not None else written
    if all(ast.dump(node) in ours for node in theirs.body):
        return ""
    lines = written.splitlines(keepends=True)
    for node in theirs.body:
        alone = sum(other.lineno <= (node.end_lineno or 0) and (other.end_lineno or 0) >= node.lineno
                    for other in theirs.body) == 1
        tests = not isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.FunctionDef
                               | ast.AsyncFunctionDef | ast.ClassDef)
        if tests and alone and ast.dump(node) in ours:
            lines[node.lineno - 1:node.end_lineno] = ["\n"] * ((node.end_lineno or 0) - node.lineno + 1)
    return "".join(lines).strip("\n")
