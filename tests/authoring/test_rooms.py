"""The rooms of the repository: no arrow runs up, and the drawing is that of the code."""

import re

import pytest

from course.authoring import rooms
from course.places import ROOT

ARROWS = rooms.arrows()


def test_every_arrow_is_one_of_those_in_docs_design():
    assert rooms.listed() == ARROWS, "arrows between rooms are listed in docs/design.md; is the new one needed?"


def test_no_arrows_go_in_a_circle():
    order = rooms.in_order(ARROWS)
    assert order.index("autodiff") < order.index("checks") < order.index("cli") < order.index("__main__")
    with pytest.raises(ValueError, match="import from each other: checks, declarations"):
        rooms.in_order({"autodiff": set(), "checks": {"autodiff", "declarations"}, "declarations": {"checks"}})


def test_nobody_imports_from_main():
    assert not [room for room, others in ARROWS.items() if "__main__" in others]


def test_the_drawing_is_that_of_the_code():
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.draw(ARROWS), \
        "run `python -m course.authoring.rooms --draw`"
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    alt = re.search(r"!\[(.*?)\]\(pictures/rooms\.svg\)", text)[1]
    assert set(re.findall(r"\w+", alt.split(":", 1)[1])) - {"and"} == set(ARROWS)


@pytest.mark.parametrize(("code", "room"), [
    ("from course.grading import judge", "grading"),
    ("def f():\n    import course.teaching.page", "teaching"),
    ("COMMAND = 'course.learning.lab:learn'", "learning"),
    ("from course import cli", "cli"),
    ("from course import check", "course"),
    ("import autodiff.scalar", "autodiff"),
    ("from course import __version__", None),
    ('"""course.grading is told of in prose."""', None),
    ("import numpy", None),
])
def test_imports_are_found_wherever_they_stand(tmp_path, code, room):
    for name in ("autodiff/tensor.py", "course/__init__.py", "course/cli.py", "course/grading/judge.py",
                 "course/learning/lab.py", "course/teaching/page.py", "course/checks/new.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(code if name.endswith("new.py") else "", encoding="utf-8")
    assert rooms.arrows(tmp_path)["checks"] == ({room} if room else set())


def test_places_holds_where_things_are_and_imports_nothing_of_the_project():
    assert ARROWS["places"] == ARROWS["autodiff"] == set()
