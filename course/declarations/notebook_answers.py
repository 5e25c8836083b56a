"""The notebooks' own answers, where their sources are at hand: a learner's copy of the course has none."""

import re

from course.places import ROOT

SOURCES = ROOT / "course" / "sources" / "assignments"
CELL = r"^# %% answer {name}\n(?P<text>.*?)(?=^# %% )"
MARK = re.compile(r"^\s*### (BEGIN|END) SOLUTION\n", re.MULTILINE)


def solution_of(assignment: str, name: str) -> str:
    """The text of the cell that answers an exercise, without its markers; "" where there is none."""
    path = SOURCES / f"{assignment}.py"
    if not path.is_file():
        return ""
    cell = re.search(CELL.format(name=name), path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return MARK.sub("", cell["text"]) if cell else ""
