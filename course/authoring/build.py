"""Text into notebooks: `backprop build`.

Every notebook of the course is written as text, in course/sources/ (how: course/sources/README.md):

    course/sources/lessons/NN_name.py      ->  course/lessons/NN_name.ipynb
    course/sources/assignments/NN_name.py  ->  solutions/NN_name/NN_name.ipynb      with the answers
                                           ->  exercises/NN_name/NN_name.ipynb      what is released

and, where a translation is complete (course/authoring/catalogues.py), lessons and exercises in another language, with
the same cells, ids and code, below course/translations/zh_CN; solutions are in English alone.

The text is read and looked over against the declarations of course.declarations (sourcetext.py), then written as
notebooks with nbgrader's metadata. The released notebook is made from the solution by nbgrader's own
generate_assignment, so it is what an instructor would get. A rebuild without a change writes the same bytes;
nothing is touched before everything has been built.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from course.authoring.sourcetext import CODE_STUB, Problem, SourceError, check_assignment, check_lesson, read_source
from course.authoring.texts import figures_of, same_code, translated
from course.places import ROOT
from course.words import DOMAIN, ENGLISH, MARK, later

SOURCES = "course/sources"
TRANSLATIONS = "course/translations"
DIFFICULTY = {1: later("very easy"), 2: later("easy"), 3: later("medium"), 4: later("hard"), 5: later("very hard")}
EFFORT = later("*{points} · {dots} {difficulty} · about {minutes}*")
COUNTED = {"point": (later("{n} point"), later("{n} points")), "minute": (later("{n} minute"), later("{n} minutes"))}
STUB = later("write your code here")
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")    # what nbformat allows

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


# ---------------------------------------------------------------------------------------------------------
# Writing notebooks

def notebook(source, declared, language=ENGLISH, book=None):
    """The notebook of a checked Source, as the text of an .ipynb file; in another language by its `book` of texts.

    A cell has the id of its English.
    """
    import nbformat

    used = Counter()
    cells = []
    figures = figures_of(source.cells) if book else frozenset()
    for cell in source.cells:
        text = _cell_text(cell, cell.text, declared, {})
        said = translated(cell.text, cell.kind, book, figures) if book else cell.text
        if cell.kind == "code" and book and not same_code(cell.text, said, figures):
            raise SourceError([Problem(source.path, cell.line, f"in {language} this cell has other code:\n{said}")])
        built = {
            "cell_type": cell.kind,
            "id": _cell_id(cell, text, used),
            "metadata": _cell_metadata(cell, declared),
            "source": _cell_text(cell, said, declared, book or {}),
        }
        if cell.kind == "code":
            built |= {"execution_count": None, "outputs": []}
        cells.append(built)
    book = nbformat.from_dict({
        "cells": cells,
        "metadata": NOTEBOOK_METADATA | {MARK: {"source": source.path} | ({"language": language} if book else {})},
        "nbformat": 4,
        "nbformat_minor": 5,
    })
    nbformat.validate(book)
    return nbformat.writes(book).rstrip("\n") + "\n"


def _cell_text(cell, text, declared, book):
    if cell.role == "exercise":
        return f"{text}\n\n{_effort(declared[cell.name], book)}"
    if cell.role == "check" and not text.strip():
        return f"check({cell.name})"
    if cell.role == "grade" and not text.strip():
        return f'grade({cell.name}, "{cell.name}")'
    return text


def _effort(exercise, book):
    """What an exercise is worth and what it takes, in a line; the dots are said in words, too."""
    say = lambda text: book.get(text, text)
    count = lambda number, noun: say(COUNTED[noun][number != 1]).format(n=f"{number:g}")
    return say(EFFORT).format(
        points=count(exercise.points, "point") if exercise.points else say(later("no points")),
        dots="●" * exercise.difficulty + "○" * (5 - exercise.difficulty),
        difficulty=say(DIFFICULTY[exercise.difficulty]), minutes=count(exercise.minutes, "minute"))


def _grade_id(cell):
    """nbgrader's name for a cell: the answer is "mul_backward-answer", its grade "mul_backward"."""
    if cell.role == "grade":
        return cell.name
    return f"{cell.name}-answer" if cell.role == "answer" else f"setup-{cell.name}".rstrip("-")


def _cell_id(cell, text, used):
    """An id that a rebuild finds again: the exercise and role, or a hash of the text, never the position."""
    wanted = _grade_id(cell) if cell.role in ("setup", "grade") else f"{cell.name}-{cell.role}"
    if not cell.role or not CELL_ID.fullmatch(wanted):
        wanted = hashlib.sha1(f"{cell.kind} {wanted}\n{text}".encode()).hexdigest()[:12]
    used[wanted] += 1
    return wanted if used[wanted] == 1 else f"{wanted}-{used[wanted]}"


def _cell_metadata(cell, declared):
    """nbgrader's metadata, schema version 3: locked set-up, answers to write, grades with their points."""
    if cell.role not in ("setup", "answer", "grade"):
        return {}
    graded = cell.role == "grade"
    about = {
        "grade": graded,
        "grade_id": _grade_id(cell),
        "locked": cell.role != "answer",
        "schema_version": 3,
        "solution": cell.role == "answer",
        "task": False,
    }
    if graded:
        points = float(declared[cell.name].points)
        about["points"] = int(points) if points.is_integer() else points
    return {"nbgrader": about}


def release(folder, names, config_file, book=None):
    """Make folder/exercises from folder/solutions by nbgrader's own generate_assignment.

    The repository's nbgrader_config.py decides what that means; `book` has the stub in another language.
    No gradebook is opened, which is what nbgrader's own --no-db does: the cells are the same, and nobody's grades are
    touched.
    """
    # Here, since importing nbgrader takes longer than all the rest.
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader(config_file.name, path=str(config_file.parent)).load_config()
    config.CourseDirectory.root = str(folder)
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    if book:
        config.ClearSolutions.code_stub = {"python": CODE_STUB.replace(STUB, book[STUB])}
    for name in names:
        course = CourseDirectory(config=config, assignment_id=name)
        GenerateAssignment(coursedir=course, config=config).start()


# ---------------------------------------------------------------------------------------------------------
# The whole

def targets(source_path, language=ENGLISH):
    """The notebooks that a source makes, relative to the repository."""
    kind, name = source_path.split("/")[-2:]
    name = name.removesuffix(".py")
    if language != ENGLISH:
        where = f"lessons/{name}" if kind == "lessons" else f"exercises/{name}/{name}"
        return [f"{TRANSLATIONS}/{language}/{where}.ipynb"]
    if kind == "lessons":
        return [f"course/lessons/{name}.ipynb"]
    return [f"solutions/{name}/{name}.ipynb", f"exercises/{name}/{name}.ipynb"]


def build(folder, declarations, root=ROOT, left_out=None, languages=()):
    """Build every notebook into `folder`; return their paths relative to it.

    `declarations` maps the name of each assignment to its exercises (a dict of name -> declaration), `left_out` to the
    names of those whose cells the notebooks are to lack; `languages` are those beside English.
    Raises SourceError, with every problem of every source and complete catalogue, before anything is written.
    """
    lessons, assignments = _read_all(root, declarations, left_out or {})
    books = _books(languages, root)
    written = []
    for source in [*lessons, *assignments]:
        target = targets(source.path)[0]
        _write(folder / target, notebook(source, declarations.get(source.name, {})))
        written.append(target)
    if assignments:
        release(folder, [source.name for source in assignments], root / "nbgrader_config.py")
    for source in assignments:
        target = targets(source.path)[1]
        _write(folder / target, (folder / target).read_text(encoding="utf-8"))   # LF on every system
        written.append(target)
    for language, by_source in books.items():
        written += _build_translated(folder, [*lessons, *assignments], declarations, root, language, by_source)
    return sorted(written)


def _books(languages, root):
    """{language: {"lessons-NN_name": its texts}} of the notebooks that are complete in another language.

    Raises SourceError with all that is missing, stale or not the same.
    """
    if not languages:
        return {}
    from course.authoring import catalogues, translate

    wanted = catalogues.wanted(root)
    problems = [problem for language in languages for problem in translate.checked(language, wanted, root=root)]
    if problems:
        raise SourceError(problems)
    return {language: catalogues.notebooks_of(language, root) for language in languages}


def _build_translated(folder, sources, declarations, root, language, books):
    """Build the notebooks that have a book in this language; return their paths.

    An exercise is released from a solution that has the same cells and lies elsewhere: two notebooks in one folder
    would be two notebooks of one assignment to nbgrader.
    """
    written, names = [], []
    aside = folder / "translated" / language
    for source in sources:
        book = books.get(f"{source.kind}-{source.name}")
        if book is None:
            continue
        text = notebook(source, declarations.get(source.name, {}), language, book)
        written += targets(source.path, language)
        if source.kind == "assignments":
            _write(aside / targets(source.path)[0], text)
            names.append(source.name)
        else:
            _write(folder / written[-1], text)
    if names:
        release(aside, names, root / "nbgrader_config.py", books[f"assignments-{names[0]}"])
    for name in names:
        source_path = f"{SOURCES}/assignments/{name}.py"
        released = aside / targets(source_path)[1]
        _write(folder / targets(source_path, language)[0], _with_checksums(released, folder / targets(source_path)[1]))
    return written


def _with_checksums(released, english):
    """A translated notebook as text; it holds nbgrader's checksums of the English cells that it is the same as.

    A course folder may have released other cells: then the grader takes those (course/grading/key.py).
    """
    import nbformat

    nb = nbformat.read(released, as_version=4)
    about = [cell.metadata["nbgrader"] for cell in nbformat.read(english, as_version=4).cells
             if "nbgrader" in cell.metadata]
    nb.metadata[MARK]["english"] = {each["grade_id"]: each["checksum"] for each in about}
    return nbformat.writes(nb).rstrip("\n") + "\n"


def _compile(folder, languages, root):
    """What is said while the course runs, compiled as gettext reads it; the paths of these files."""
    from course.authoring import catalogues

    written = []
    for language in languages:
        written.append(f"{TRANSLATIONS}/{language}/LC_MESSAGES/{DOMAIN}.mo")
        (folder / written[-1]).parent.mkdir(parents=True, exist_ok=True)
        (folder / written[-1]).write_bytes(catalogues.compiled(language, root))
    return written


def _read_all(root, declarations, left_out):
    lessons, assignments = (
        [read_source(path, root) for path in sorted((root / SOURCES / kind).glob("*.py"))]
        for kind in ("lessons", "assignments")
    )
    for source in lessons:
        check_lesson(source)
    for source in assignments:
        source.cells = [cell for cell in source.cells if cell.name not in left_out.get(source.name, ())]
        if source.name in declarations:
            check_assignment(source, declarations[source.name])
        else:
            source.complain(1, f"course.declarations knows no assignment {source.name}; declare its exercises in "
                               f"course/declarations/own/{source.name}.py")
    _complain_of_twins(assignments, declarations)
    problems = [problem for source in [*lessons, *assignments] for problem in source.problems]
    for name in sorted(set(declarations) - {source.name for source in assignments}):
        problems.append(Problem(f"{SOURCES}/assignments/{name}.py", 1,
                                "course.declarations declares this assignment and the file is missing; write it"))
    if problems:
        raise SourceError(problems)
    return lessons, assignments


def _complain_of_twins(assignments, declarations):
    """An exercise is found by its name alone, so no two may share one."""
    first = {}
    for source in assignments:
        for name in declarations.get(source.name, ()):
            if first.setdefault(name, source.name) != source.name:
                source.complain(1, f'"{name}" is an exercise of {first[name]} already; give this one another name')


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
    path.chmod(0o644)


def differences(folder, written, root=ROOT, languages=()):
    """What is not as it was built: a list of (path, "missing", "changed" or "surplus").

    Surplus is a notebook that a source made once and no source makes now. An instructor's own notebooks in
    the same folders are left alone: they carry no mark, or that of another place if they began as a copy.
    """
    found = []
    for target in written:
        there = root / target
        if not there.is_file():
            found.append((target, "missing"))
        elif there.read_bytes() != (folder / target).read_bytes():
            found.append((target, "changed"))
    for pattern in ("course/lessons/*.ipynb", "solutions/*/*.ipynb", "exercises/*/*.ipynb",
                    *(f"{TRANSLATIONS}/{language}/{kind}.ipynb" for language in languages
                      for kind in ("lessons/*", "exercises/*/*"))):
        for path in root.glob(pattern):
            relative = path.relative_to(root).as_posix()
            if relative not in written and relative in targets(*_mark(path)):
                found.append((relative, "surplus"))
    return sorted(found)


def _mark(path):
    """The source that a notebook names in its metadata, and its language; or a name that fits nothing."""
    import nbformat

    try:
        mark = nbformat.read(path, as_version=4).metadata[MARK]
        return mark["source"], mark.get("language", ENGLISH)
    except Exception:       # whatever it is, the course didn't make it
        return "none/none", ENGLISH


def install(folder, changes, root=ROOT):
    """Bring the differences into the repository, each notebook whole or not at all."""
    for target, what in changes:
        path = root / target
        if what == "surplus":
            path.unlink()
            if path.parent.name == path.stem and not any(path.parent.iterdir()):
                path.parent.rmdir()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / target, path)


def declared_exercises():
    """({assignment: its exercises}, {assignment: the names of those that are left out}), from course.declarations."""
    from course.declarations import assignments, declared, exercises

    chosen = {name: exercises(name) for name in assignments()}
    return chosen, {name: declared(name).keys() - chosen[name].keys() for name in chosen}


def _languages(only, root):
    """The languages beside English that are to be built: all there are folders of, or only this one."""
    found = [path.parent.name for path in sorted((root / TRANSLATIONS).glob("*/complete.txt"))]
    return [name for name in found if only in (None, name)]


def main(argv=None, root=ROOT, declarations=None):
    """`backprop build [--check]`; returns 0, or 1 when a source is wrong or --check finds a difference."""
    parser = argparse.ArgumentParser(prog="backprop build",
                                     description="Build the notebooks of the course from their sources.")
    parser.add_argument("--check", action="store_true",
                        help="build nothing; name each notebook that is not what its source makes")
    parser.add_argument("--language", help="build English and this language alone; en: English alone")
    options = parser.parse_args(argv)
    check, languages = options.check, _languages(options.language, root)
    if options.language not in (None, ENGLISH, *languages):
        parser.error(f"there is no folder {TRANSLATIONS}/{options.language} with a complete.txt")
    if not (root / SOURCES).is_dir():
        print(f"This copy of the course has no {SOURCES}/, so there is nothing to build.", file=sys.stderr)
        return 1
    # On the disk of the repository, where os.replace never leaves half a notebook, and left alone by git.
    scratch = None if check else root / "build"
    if scratch:
        scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="notebooks-") as folder:
        folder = Path(folder)
        try:
            chosen, left_out = declared_exercises() if declarations is None else (declarations, {})
            written = build(folder, chosen, root, left_out, languages) + _compile(folder, languages, root)
        except SourceError as error:
            print(error, file=sys.stderr)
            count = len(error.problems)
            print(f"{count} problem{'' if count == 1 else 's'}; nothing was built.", file=sys.stderr)
            if all(problem.path.startswith(TRANSLATIONS) for problem in error.problems):
                print("The English is whole: `backprop build --language en` builds it alone. How a translation is "
                      f"mended: {TRANSLATIONS}/README.md.", file=sys.stderr)
            return 1
        changes = differences(folder, written, root, languages)
        if not check:
            install(folder, changes, root)
    for target, what in changes:
        done = {"missing": "written", "changed": "written", "surplus": "removed"}
        print(f"{what if check else done[what]}: {target}")
    if check and changes:
        print("These notebooks are not what their sources make; "
              "run `backprop build` and commit what it writes.")
        return 1
    if not changes:
        print("everything is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
