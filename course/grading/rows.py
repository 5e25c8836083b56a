"""The rows of nbgrader's tables that graded submissions have: entered for many submissions at once, table by table.

nbgrader's own way (`Gradebook.add_submission`, the preprocessors SaveAutoGrades and AssignLatePenalties) makes the same
rows with an object, and several queries, for each; that takes twenty times as long, and one process enters what all
workers grade. (`tests/grading/test_rows.py` holds each row to what nbgrader's way gives.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from course.grading.lateness import penalize

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

    from course.grading.worker import Result


@dataclass(frozen=True)
class Entry:
    """A graded submission on its way into the gradebook.

    timestamp   when it was handed in (UTC), or None: then the time of an earlier submission goes
    extension   what the learner was given, or None: then what the gradebook has is left
    """

    result: Result
    timestamp: datetime | None
    extension: timedelta | None


def enter(gradebook: Gradebook, assignment: str, entries: Iterable[Entry], config: Any,
          only: str | None = None) -> None:
    """Make the rows of submissions, or change those that are there, in the gradebook's transaction; no commit.

    What people have entered (scores by hand, extra credit, comments, flags) is not touched.

    only        a grade id: no other grade is changed
    config      with the policy for being late
    """
    whose = {entry.result.job.student: entry for entry in entries}
    about: Any = gradebook.find_assignment(assignment)
    tables = _Tables(gradebook.db)
    notebooks = {notebook.id: notebook.name for notebook in
                 sorted(tables.select("notebook", assignment_id=[about.id]), key=lambda row: row.name)}
    known = {row.id for row in tables.select("student", id=list(whose))}
    tables.insert("student", [{"id": student} for student in whose if student not in known])
    there = {row.student_id: row for row in
             tables.select("submitted_assignment", assignment_id=[about.id], student_id=list(whose))}
    _change(tables, there.values(), whose, notebooks, only)
    _make(tables, about.id, {student: entry for student, entry in whose.items() if student not in there}, notebooks,
          only)
    if about.duedate is not None:
        late = [student for student, entry in whose.items() if entry.timestamp is not None and
                entry.timestamp > about.duedate + (_extension(entry, there.get(student)) or timedelta())]
        _let_lateness_count(gradebook.db, about.id, late, config)


def _make(tables: _Tables, assignment: str, entries: dict[str, Entry], notebooks: dict[str, str],
          only: str | None) -> None:
    """The rows of submissions that have none: as `Gradebook.add_submission` lays them down, and graded."""
    if not entries:
        return
    cells = sorted(tables.select("base_cell", notebook_id=list(notebooks)), key=lambda row: row.type)   # its order
    submitted, inside, grades, comments = [], [], [], []
    for student, entry in entries.items():
        submission = new_id()
        submitted.append({"id": submission, "assignment_id": assignment, "student_id": student,
                          "timestamp": entry.timestamp, "extension": entry.extension})
        for notebook, name in notebooks.items():
            own = new_id()
            inside.append({"id": own, "assignment_id": submission, "notebook_id": notebook, "flagged": False})
            for cell in cells:
                if cell.notebook_id != notebook:
                    continue
                row = {"notebook_id": own, "cell_id": cell.id}
                if cell.type in ("GradeCell", "TaskCell"):
                    found = _grade(entry.result, name, cell.name, None, only) or (None, True)
                    grades.append({"id": new_id(), **row, "auto_score": found[0], "needs_manual_grade": found[1]})
                if cell.type in ("SolutionCell", "TaskCell"):
                    comments.append({"id": new_id(), **row, "auto_comment": _comment(entry.result, name, cell.name)})
    tables.insert("submitted_assignment", submitted)
    tables.insert("submitted_notebook", inside)
    tables.insert("grade", grades)
    tables.insert("comment", comments)


def _change(tables: _Tables, submissions: Iterable[Any], entries: dict[str, Entry], notebooks: dict[str, str],
            only: str | None) -> None:
    """The rows of submissions that have some, from an earlier run or from nbgrader: what differs is changed."""
    whose = {row.id: entries[row.student_id] for row in submissions}
    if not whose:
        return
    tables.update("submitted_assignment", submissions, lambda row: {
        "timestamp": whose[row.id].timestamp, "extension": _extension(whose[row.id], row)})
    inside = {row.id: row for row in tables.select("submitted_notebook", assignment_id=list(whose))}
    tables.update("submitted_notebook", inside.values(), lambda row: {"late_submission_penalty": None})
    cells = {row.id: row.name for row in tables.select("base_cell", notebook_id=list(notebooks))}

    def place(row: Any) -> tuple[Result, Any, Any]:
        notebook = inside[row.notebook_id]
        return whose[notebook.assignment_id].result, notebooks.get(notebook.notebook_id), cells.get(row.cell_id)

    def grade(row: Any) -> dict[str, Any]:
        found = _grade(*place(row), row.manual_score, only)
        return {} if found is None else {"auto_score": found[0], "needs_manual_grade": found[1]}

    tables.update("grade", tables.select("grade", notebook_id=list(inside)), grade)
    tables.update("comment", tables.select("comment", notebook_id=list(inside)),
                  lambda row: {"auto_comment": _comment(*place(row))})


def _grade(result: Result, notebook: str, cell: str, manual_score: float | None,
           only: str | None) -> tuple[float | None, bool] | None:
    """(automatic score, whether it waits for a person); None where the grade stays as it is."""
    if only not in (None, cell) or (notebook, cell) not in result.scores:
        return None
    score, there = result.scores[notebook, cell]
    return score, there and (score is None or manual_score is not None)


def _comment(result: Result, notebook: str, cell: str) -> str | None:
    return "No response." if (notebook, cell) in result.unanswered else None


def _extension(entry: Entry, before: Any) -> timedelta | None:
    return entry.extension if entry.extension is not None or before is None else before.extension


def _let_lateness_count(session: Any, assignment: str, late: list[str], config: Any) -> None:
    """Those who came after their due date lose what the policy says; it is asked with nbgrader's own objects."""
    from nbgrader import api
    from sqlalchemy.orm import joinedload, selectinload, undefer

    if not late:
        return
    submission, notebook = cast(Any, api.SubmittedAssignment), cast(Any, api.SubmittedNotebook)
    found = session.query(submission).filter(submission.assignment_id == assignment, submission.student_id.in_(late))
    penalize(found.populate_existing().options(
        joinedload(submission.student), joinedload(submission.assignment),
        selectinload(submission.notebooks).options(undefer(notebook.score))), config)
    session.flush()


class _Tables:
    """nbgrader's tables by their names; many rows in a statement."""

    def __init__(self, session: Any) -> None:
        from nbgrader.api import Base

        self._connection, self._all = session.connection(), Base.metadata.tables

    def select(self, name: str, **among: list) -> list[Any]:
        """The rows whose columns are among the values."""
        from sqlalchemy import and_, select

        table = self._all[name]
        return self._connection.execute(select(table).where(
            and_(*(table.c[column].in_(values) for column, values in among.items())))).all()

    def insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(self._all[name].insert(), rows)

    def update(self, name: str, rows: Iterable[Any], values: Any) -> None:
        """Give rows, as they were selected, the values of `values(row)` (always the same columns, or none), where they
        have others."""
        from sqlalchemy import bindparam

        changed = []
        for row in rows:
            new = values(row)
            if any(getattr(row, column) != value for column, value in new.items()):
                changed.append({"its_id": row.id, **new})
        if changed:
            table = self._all[name]
            self._connection.execute(table.update().where(table.c.id == bindparam("its_id")), changed)


def new_id() -> str:
    from nbgrader.api import new_uuid

    return new_uuid()
