"""What the gradebook knows of a notebook: the cells that were released, as plain data that a worker can be given."""

import ast
import contextlib
import functools
import glob
import symtable
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from course.checks.variants import normal
from course.words import ENGLISH, MARK, TRANSLATIONS, languages

CELLS = """SELECT assignment.name, source_cell.name FROM source_cell
           JOIN notebook ON notebook.id = source_cell.notebook_id
           JOIN assignment ON assignment.id = notebook.assignment_id"""


@dataclass(frozen=True)
class KeyCell:
    """A cell of the released notebook that nbgrader knows.

    source, checksum    in English, or in the language that `Key.spoken` was asked for
    versions            both by language, where it was released in several
    """

    name: str  # its grade id
    kind: str  # "code" or "markdown"
    source: str
    checksum: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)

    @functools.cached_property
    def texts(self) -> dict[str, str]:
        """The texts with which it was released, in whatever language, by what they are without white space around."""
        return {text.strip(): text for text in (self.source, *(text for text, _ in self.versions.values()))}

    def released(self, text: str) -> str | None:
        """The released text that a text is but for white space around it; or None."""
        return self.texts.get(text.strip())

    @property
    def test(self) -> bool:
        """Whether this is a locked test cell, which runs in the grader."""
        return self.grade and self.locked and self.kind == "code"

    def metadata(self, text: str | None = None) -> dict[str, Any]:
        """nbgrader's metadata, schema version 3, with the checksum of a text, where it is a released one."""
        checksum = dict(self.versions.values()).get(text or self.source, self.checksum)
        about = {"grade": self.grade, "grade_id": self.name, "locked": self.locked, "schema_version": 3,
                 "solution": self.solution, "task": self.task, "checksum": checksum, "cell_type": self.kind}
        return about | ({"points": self.points} if self.grade or self.task else {})


@dataclass(frozen=True)
class Key:
    """The cells of a notebook in their order.

    elsewhere   the grade ids of other assignments, by the name of each: what a notebook of theirs is known by
    learners    where learners have variants, the ids of the class, as variants are drawn for them
    """

    assignment: str
    notebook: str
    cells: tuple[KeyCell, ...]
    elsewhere: dict[str, frozenset[str]] = field(default_factory=dict)
    learners: frozenset[str] = frozenset()
    by_name: dict[str, KeyCell] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {cell.name: cell for cell in self.cells})

    @functools.cached_property
    def texts(self) -> frozenset[str]:
        """Those of its cells, in whatever language, without white space around."""
        return frozenset(text for cell in self.cells for text in cell.texts)

    def spoken(self, language: str) -> "Key":
        """The same with the texts of a language, where there are any."""
        if not any(language in cell.versions for cell in self.cells):
            return self
        return replace(self, cells=tuple(
            replace(cell, source=cell.versions[language][0], checksum=cell.versions[language][1])
            if language in cell.versions else cell for cell in self.cells))

    @property
    def answers(self) -> tuple[str, ...]:
        """The released texts of the cells with answers in code."""
        return tuple(cell.source for cell in self.cells if not cell.locked and cell.kind == "code")

    def answer_names(self, test: KeyCell) -> frozenset[str]:
        """What the answer cells above a test cell define, but do not import: in that test, names of the learner's."""
        return frozenset().union(*(defined_names(cell.source, imports=False) for cell in self._answers_above(test)))

    def answer_classes(self, test: KeyCell) -> dict[str, frozenset[str]]:
        """The classes among them, each with the names of the methods that it was released with."""
        return {name: methods for cell in self._answers_above(test)
                for name, methods in _defined_classes(cell.source).items()}

    def _answers_above(self, test: KeyCell) -> list[KeyCell]:
        return [cell for cell in self.cells[:self.cells.index(test)] if not cell.locked and cell.kind == "code"]


def key_of(gradebook: Any, notebook: str, assignment: str, course: Any) -> Key:
    """The Key of a notebook, from an open Gradebook and nbgrader's CourseDirectory."""
    found = gradebook.find_notebook(notebook, assignment)
    graded = {cell.name: cell for cell in [*found.grade_cells, *found.task_cells]}
    tasks = {cell.name for cell in found.task_cells}
    solutions = {cell.name for cell in found.solution_cells}
    cells = tuple(
        KeyCell(cell.name, cell.cell_type, cell.source, cell.checksum, bool(cell.locked),
                cell.name in graded and cell.name not in tasks, cell.name in solutions, cell.name in tasks,
                graded[cell.name].max_score if cell.name in graded else None)
        for cell in in_order(found.source_cells, notebook, assignment, course))
    varied = any(cell.locked and "my_numbers(" in cell.source for cell in cells)
    return Key(assignment, notebook, in_all_languages(cells, assignment, notebook), _elsewhere(gradebook, assignment),
               _learners(gradebook, assignment, course) if varied else frozenset())


def in_all_languages(cells: tuple[KeyCell, ...], assignment: str, notebook: str) -> tuple[KeyCell, ...]:
    """English cells with their versions: of a translation what was made of the very cell that was released."""
    import nbformat  # here: workers have their keys

    versions = {cell.name: {ENGLISH: (cell.source, cell.checksum)} for cell in cells}
    for language in languages():
        path = TRANSLATIONS / language / "exercises" / assignment / f"{notebook}.ipynb"
        if language == ENGLISH or not path.is_file():
            continue
        nb = nbformat.read(path, as_version=4)
        translated = {name: cell for cell in nb.cells if (name := cell.metadata.get("nbgrader", {}).get("grade_id"))}
        english = nb.metadata.get(MARK, {}).get("english", {})
        for cell in cells:
            if cell.name in translated and english.get(cell.name) == cell.checksum:
                said = translated[cell.name]
                versions[cell.name][language] = said.source, said.metadata["nbgrader"]["checksum"]
    return tuple(replace(cell, versions=versions[cell.name]) if len(versions[cell.name]) > 1 else cell
                 for cell in cells)


def in_order(cells: Iterable[Any], notebook: str, assignment: str, course: Any) -> list[Any]:
    """A notebook's source cells in the order in which they were released.

    The gradebook keeps none: SQLite gives rows as they were entered, PostgreSQL those last that were changed last.
    """
    import nbformat  # here: workers have their keys

    path = Path(course.format_path(course.release_directory, ".", assignment), f"{notebook}.ipynb")
    order: dict[str, int] = {}
    with contextlib.suppress(Exception):        # it was moved, or is not what it was: as the rows come
        names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nbformat.read(path, as_version=4).cells]
        order = {name: k for k, name in enumerate(names)}
    return sorted(cells, key=lambda cell: order.get(cell.name, len(order)))


def _learners(gradebook: Any, assignment: str, course: Any) -> frozenset[str]:
    """The class: whom the gradebook knows, and who has handed in, whom it may not know yet."""
    folders = Path(course.format_path(course.submitted_directory, "*", assignment)).relative_to(course.root)
    handed_in = glob.glob(str(folders), root_dir=course.root)
    return frozenset(map(normal, [*(student.id for student in gradebook.students),
                                  *(Path(folder).parent.name for folder in handed_in)]))


def _elsewhere(gradebook: Any, assignment: str) -> dict[str, frozenset[str]]:
    from sqlalchemy import text  # here: workers know no gradebook

    found: dict[str, set[str]] = {}
    for name, cell in gradebook.db.execute(text(CELLS)):
        if name != assignment:
            found.setdefault(name, set()).add(cell)
    return {name: frozenset(cells) for name, cells in found.items()}


@functools.lru_cache(1000)
def defined_names(source: str, imports: bool = True) -> frozenset[str]:
    """The names that a cell's source binds on its top level, in branches and loops too; none where it is no Python."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        symbols = symtable.symtable(as_python(source), "<cell>", "exec").get_symbols()
        return frozenset(symbol.get_name() for symbol in symbols
                         if symbol.is_assigned() or (imports and symbol.is_imported()))
    return frozenset()


@functools.lru_cache(1000)
def _defined_classes(source: str) -> dict[str, frozenset[str]]:
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return {node.name: frozenset(part.name for part in node.body if isinstance(part, ast.FunctionDef))
                for node in ast.parse(as_python(source)).body if isinstance(node, ast.ClassDef)}
    return {}


@functools.lru_cache(1000)
def as_python(source: str) -> str:
    """A cell as Python, where IPython's magics are in it; of `%%time` and `%%capture`, what they run."""
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        first, _, rest = source.lstrip().partition("\n")
        if first.split()[:1] in (["%%time"], ["%%capture"]):
            return as_python(rest)
        from IPython.core.inputtransformer2 import TransformerManager  # here: few cells need it

        with contextlib.suppress(Exception):
            return TransformerManager().transform_cell(source)
        return source
