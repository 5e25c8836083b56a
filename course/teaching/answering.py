"""`backprop answers`: what learners wrote, without what they were given, for a tool that looks for similar answers.

    similarity/ASSIGNMENT/submissions/LEARNER/NOTEBOOK.py       the answers that were changed
    similarity/ASSIGNMENT/given/NOTEBOOK.py                     the answer cells as they were released

    java -jar jplag.jar -l python3 -bc similarity/ASSIGNMENT/given similarity/ASSIGNMENT/submissions
    dolos run -l python similarity/ASSIGNMENT/submissions/*/*.py
"""

import argparse
import ast
import shutil
from pathlib import Path

from course.grading.key import key_of
from course.plaintext import file_name, one_line
from course.teaching.term import TeachingError, in_sentences, open_term

FOLDER = "similarity"


@in_sentences
def main(argv):
    """Write the folder, and name whose answers are not in it."""
    parser = argparse.ArgumentParser(prog="backprop answers", description=__doc__.split("\n\n")[0],
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog=__doc__.split("\n\n", 1)[1])
    parser.add_argument("assignment", help="such as 02_gate_patterns")
    parser.add_argument("--force", action="store_true", help="write the folder anew where it is there already")
    options = parser.parse_args(argv)
    with open_term() as term:
        notebooks = {notebook.name: key_of(term.gradebook, notebook.name, options.assignment, term.course).by_name
                     for notebook in term.assignment(options.assignment).notebooks}
        folder = term.root / FOLDER / options.assignment
        if folder.exists() and not options.force:
            raise TeachingError(f"{folder} is there already. Remove it, or write it anew with --force.")
        shutil.rmtree(folder, ignore_errors=True)
        there, without = [], []
        for student in term.handed_in(options.assignment):
            wrote = {name: text for name, given in notebooks.items() if
                     (text := answers(term.folder("autograded", student, options.assignment) / f"{name}.ipynb", given))}
            (there if wrote else without).append(student)
            for name, text in wrote.items():
                _write(folder / "submissions" / file_name(student) / f"{name}.py", text)
        for name, given in notebooks.items():
            _write(folder / "given" / f"{name}.py", "\n\n".join(
                known.source for cell, known in given.items() if cell.endswith("-answer") or _defines(known.source)))
        told = [f"{len(there)} learners' answers: {folder}"]
        if without:
            told.append(f"not in it, since nothing of theirs is graded or nothing was written: {', '.join(without)}")
    print("\n".join(map(one_line, told)))


def answers(path, given):
    """The text of a graded notebook's answers in code, as far as it was not given; "" where there is none.

    given  {grade id: KeyCell} of the released cells, which may have texts in several languages
    """
    import nbformat

    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception:       # by hand it may have become anything
        return ""
    found = []
    for cell in cells:
        about = cell.metadata.get("nbgrader", {})
        known = given.get(about.get("grade_id"))
        given_here = known.texts if known else {}
        if cell.cell_type == "code" and about.get("solution") and cell.source.strip() not in given_here:
            found.append(without_given(cell.source, "\n".join(given_here)))
    return "\n\n\n".join(found)


def without_given(text, released):
    """An answer without the lines that the released cell has, but for definitions; whole, where that is no Python."""
    lines = set(map(str.rstrip, released.splitlines()))
    kept = "\n".join(line for line in text.splitlines()
                     if line.rstrip() not in lines or line.lstrip().startswith(("def ", "class ")))
    return kept if _parses(kept) or not _parses(text) else text


def _defines(text):
    return any(line.startswith(("def ", "class ")) for line in text.splitlines())


def _parses(text):
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _write(path: Path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
