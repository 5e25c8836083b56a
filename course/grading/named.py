"""How learners are named in all that an instructor reads: "Ada Lovelace (ada)"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def full_name(student: Any, with_id: bool = True) -> str:
    """"Ada Lovelace (ada)" of nbgrader's Student; the id alone where the gradebook has no name."""
    name = " ".join(filter(None, (student.first_name, student.last_name))).strip()
    return f"{name} ({student.id})" if with_id and name and name != student.id else name or student.id


class Names(dict[str, str]):
    """{id: how they are named} of a gradebook's students; anybody else is named by the id."""

    def __init__(self, students: Iterable[Any] = ()) -> None:
        super().__init__((str(student.id), full_name(student)) for student in students)

    def __missing__(self, student: str) -> str:
        return student

    def listed(self, students: Iterable[str]) -> str:
        """Several of them, in the order of their ids."""
        return ", ".join(self[student] for student in sorted(students))
