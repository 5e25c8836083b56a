"""`backprop bundle`: what learners get, in one zip.

An editable tree of `autodiff` and `course`, the lessons, the released exercises, the pinned versions and a README of
its own; no source of an assignment, no solution, no test, nothing of the grader. `python course` in the unpacked
folder opens the course.

What is secret? Of a check nothing is: what a submission can't know are the draws. `check` in a learner's install needs
the wrong forms, to name a mistake, and the oracles, which are `autodiff` and never an answer written out. What it does
not need are right answers: those in other forms are cut out of the modules of declarations, and in their place goes a
file of the slips that one makes in writing them (course.checks.causes). What stays is code
from which a right answer can be guessed (a wrong form is right but for one thing, and wrong for one gate is right for
another); who wants to cheat that way has the mathematics to do without.
"""

import argparse
import ast
import io
import re
import zipfile
from pathlib import Path

from course.checks.causes.programs import written
from course.declarations import assignments as declared
from course.declarations import exercises as exercises_of
from course.places import CHOICE, ROOT
from course.teaching.term import TeachingError, in_sentences, write_new
from course.words import languages, later, speaking, tr

DATE = (2020, 1, 1, 0, 0, 0)    # the same course makes the same zip
FOLDER = "backprop-course"
# Of the package course, what learners don't get: it builds, grades and teaches, or records data
LEFT_OUT = ("course/sources/", "course/grading/", "course/teaching/", "course/data/jupyter/teacher/",
            "course/authoring/")
SOURCES_OF_TRANSLATIONS = (".po", ".txt", ".md")    # they hold the texts of solutions, too
AS_THEY_ARE = ("LICENSE", "constraints.txt")

README = later("""# Backpropagation, by hand and by heart

```
python course
```

This makes an environment of its own in `.venv` (once; it needs the network and takes a minute or two), lays lessons
and exercises out in `work/`, and opens the first lesson in JupyterLab. All you need is Python 3.11 or newer.

- Lessons are to be read and played with: step through a graph, move an input, watch the gradients follow.
- In `work/exercises/` you write backward functions. `check` tells you at once, in words, what is wrong, and `hint`
  helps on.
- `python course progress` shows how far you are.
- `python course submit 02_gate_patterns` makes the zip that you hand in, and says what is missing in it.
- A new version of this folder can be unpacked over the old one. Nothing in `work/` is overwritten: where you have
  changed a notebook, its new version is laid beside yours.

Lesson 5 runs with recorded values; `python course setup torch` makes it live.

Code under the MIT License, text under CC BY 4.0; see LICENSE.
""")


@in_sentences
def main(argv):
    """Write the zip."""
    parser = argparse.ArgumentParser(prog="backprop bundle", description=__doc__.splitlines()[0])
    parser.add_argument("assignment", nargs="*", help="which assignments go in; all that are released if left out")
    parser.add_argument("--output", metavar="FILE", default=f"{FOLDER}.zip", help="the zip; %(default)s")
    parser.add_argument("--force", action="store_true", help="replace FILE where it is there already")
    options = parser.parse_args(argv)
    files = contents(ROOT, options.assignment)
    write_new(options.output, zipped(files), options.force)
    assignments = sorted({name.split("/")[1] for name in files if name.startswith("exercises/")})
    print(f"{len(files)} files, with {', '.join(assignments) or 'no assignment'}\n{Path(options.output).resolve()}")


def contents(root, assignments=()):
    """{name: bytes} of the bundle's files."""
    released = sorted(path.name for path in (root / "exercises").iterdir() if path.is_dir())
    unknown = sorted(set(assignments) - set(released))
    if unknown:
        raise TeachingError(f"There is no released assignment {', '.join(unknown)}; there are {', '.join(released)}.")
    chosen = [CHOICE.name] if (root / CHOICE.name).is_file() else []
    files = {name: (root / name).read_bytes() for name in (*AS_THEY_ARE, *chosen)}
    for folder in ("autodiff", "course", "exercises"):
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and _is_for_learners(name, assignments):
                files[name] = path.read_bytes()
    for name in files:
        if name.startswith("course/declarations/") and name.endswith(".py"):
            files[name] = without_alternatives(files[name])
    files["course/data/slips.zip"] = written(
        exercise for name in declared() for exercise in exercises_of(name).values())
    files["pyproject.toml"] = _project((root / "pyproject.toml").read_text("utf-8")).encode()
    files["README.md"] = README.encode()
    for name in languages():
        with speaking(name):
            if tr(README) != README:
                files[f"README.{name.partition('_')[0]}.md"] = tr(README).encode()
    return files


def _is_for_learners(name, assignments):
    parts = name.split("/")
    if any(part.startswith(".") or part == "__pycache__" for part in parts) or name.startswith(LEFT_OUT):
        return False
    if name.startswith("course/translations/"):
        if name.endswith(SOURCES_OF_TRANSLATIONS):
            return False
        parts = parts[3:]
    return parts[0] != "exercises" or not assignments or parts[1] in assignments


def without_alternatives(source):
    """A module of declarations without its right answers in other forms; the bytes of other modules as they are."""
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        marks = getattr(node, "decorator_list", [node.value] if isinstance(node, ast.Expr) else [])
        if any(isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "alternative"
               for mark in marks):
            del lines[min(node.lineno, marks[0].lineno) - 1:node.end_lineno]
    return b"".join(lines)


def _project(text):
    """pyproject.toml for the bundle: nothing there is to be tested or linted."""
    return re.split(r"^\[tool\.(?:pytest|ruff)", text, maxsplit=1, flags=re.MULTILINE)[0].rstrip() + "\n"


def zipped(files):
    """The bytes of a zip of files, in a folder of their own."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zf:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(f"{FOLDER}/{name}", DATE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            zf.writestr(info, data)
    return content.getvalue()
