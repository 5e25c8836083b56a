"""`backprop report`: a page for the instructor, on what the class can do and where it goes wrong.

For each assignment: the distribution of points, the exercises from the hardest on, the mistakes that were named most
often with the lesson that treats them, and who has not handed in. The page stands alone; with --anonymous it holds
nobody's name.
"""

import argparse
import statistics
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path

from course.plaintext import plain
from course.teaching import figures, items, tables
from course.teaching.page import TEMPLATES
from course.teaching.results import Result, results
from course.teaching.term import TeachingError, in_sentences, open_term, write_new

MISTAKES = 12       # of an assignment are listed
# no head of a table breaks within a word; what is wider than a phone is pushed aside in its own box
STYLE = (".wide { overflow-x: auto; } .wide th { overflow-wrap: normal; } .wide td { min-width: 3rem; }"
         "@media (max-width: 40rem) { .wide { font-size: .85rem; } .wide th, .wide td { padding: .2rem .3rem; } }")


@in_sentences
def main(argv):
    """Write the page."""
    parser = argparse.ArgumentParser(prog="backprop report", description=__doc__.splitlines()[0])
    parser.add_argument("assignment", nargs="*", help="which assignments; all that the gradebook knows if left out")
    parser.add_argument("--anonymous", action="store_true", help="put nobody's name on the page")
    parser.add_argument("--compare", metavar="TABLE", help="another term's `export --per-exercise`, to compare with")
    parser.add_argument("--output", metavar="FILE", default="report.html", help="the page; %(default)s")
    parser.add_argument("--force", action="store_true", help="replace FILE where it is there already")
    options = parser.parse_args(argv)
    with open_term() as term:
        names = options.assignment or sorted(found.name for found in term.gradebook.assignments)
        if not names:
            raise TeachingError("The gradebook knows no assignment yet, so there is nothing to report.")
        classes = [look_at(term, name) for name in names]
        then = items.earlier(tables.read(Path(options.compare)).records("assignment", "exercise", "points", "of"),
                             options.compare) if options.compare else {}
        text = page(classes, options.anonymous, then)
        write_new(options.output, text.encode(errors="backslashreplace"), options.force, term.root)
    print(f"{Path(options.output).resolve()}")


# ------------------------------------------------------------------------------------ what there is

@dataclass(frozen=True)
class Row:
    """How a class did an exercise."""

    exercise: str
    of: float
    mean: float
    full: int           # how many have all points
    unwritten: int


@dataclass(frozen=True)
class ClassInAssignment:
    """What a class has made of an assignment."""

    name: str
    of: float
    results: list[Result]
    rows: list[Row]                         # the hardest exercise first
    mistakes: list[tuple]                   # (mistake, exercise, how many made it, where it is treated)
    waiting: list[str]                      # names of who has handed in and is not graded yet
    unfit: list[tuple]                      # (name, why) of who has handed in what can't be graded
    unmarked: list[str]                     # names of who waits for a mark by hand
    absent: list[str]                       # names of who has not handed in
    students: int


def look_at(term, name):
    """The ClassInAssignment of an assignment; TeachingError where the gradebook does not know it."""
    most = term.assignment(name).max_score
    found, names = results(term, name), term.names()
    left = term.not_graded(name, found)
    there = set(left) | set(found)
    graded = sorted(found.values(), key=lambda result: result.student)

    def named(students):
        return [names.get(student, student) for student in sorted(students)]

    return ClassInAssignment(
        name, most, graded, _rows(graded), _named(graded), named(who for who, why in left.items() if not why),
        [(names.get(who, who), why) for who, why in sorted(left.items()) if why],
        named(who for who, result in found.items() if result.waits), named(set(names) - there),
        len(set(names) | there))


def _rows(graded):
    marks = {}
    for result in graded:
        for mark in result.marks:
            if not mark.waits:
                marks.setdefault((mark.exercise, mark.of), []).append((mark.points, result.verdicts.get(mark.exercise)))
    rows = [Row(exercise, of, statistics.fmean(points for points, _ in got),
                sum(points >= of for points, _ in got), sum(bool(verdict and verdict.unwritten) for _, verdict in got))
            for (exercise, of), got in marks.items() if of]
    return sorted(rows, key=lambda row: (row.mean / row.of, row.exercise))


def _named(graded):
    count = Counter((verdict.mistake, exercise) for result in graded for exercise, verdict in result.verdicts.items()
                    if verdict.mistake and not verdict.unwritten)
    return [(mistake, exercise, many, _treated(exercise)) for (mistake, exercise), many in
            sorted(count.items(), key=lambda item: (-item[1], item[0]))[:MISTAKES]]


def _treated(exercise):
    """Where the lessons treat an exercise; "" for an instructor's own."""
    from course.declarations.registry import find

    try:
        return find(exercise).read
    except ValueError:
        return ""


# ------------------------------------------------------------------------------------ the page

def page(classes, anonymous, then=None):
    """The page as text; `then` is what items.earlier gives of another term."""
    style = (TEMPLATES / "backprop_feedback" / "page.css").read_text("utf-8")
    body = "\n".join(part for found in classes for part in _section(found, anonymous, (then or {}).get(found.name)))
    return plain(f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>The class in {len(classes)} assignment{'' if len(classes) == 1 else 's'}</title>
<style>{style}{STYLE}</style>
</head>
<body><main>
<h1>The class</h1>
{body}
</main></body>
</html>
""")


def _section(found, anonymous, then):
    yield f"<h2>{escape(found.name.replace('_', ' '))}</h2>"
    yield f"<p>{_sentence(found)}</p>"
    if found.results:
        points = [result.points for result in found.results]
        yield figures.distribution(points, found.of)
        yield "<h3>Exercises, the hardest first</h3>"
        yield figures.shares([(row.exercise, row.mean / row.of) for row in found.rows])
        yield _table(("exercise", "mean", "all points", "not written"), [
            (row.exercise, f"{row.mean:.2f} of {row.of:g}", f"{row.full} of {len(found.results)}",
             row.unwritten or "") for row in found.rows])
        yield f"<h3>How well each exercise tells learners apart</h3><p>{items.WORDS}</p>"
        yield _table(items.HEADS, items.table(found.results))
        if then:
            yield f"<h3>Beside another term</h3><p>{items.BESIDE}</p>"
            yield _table(items.COMPARED, items.compared(then, found.results))
        yield "<h3>What goes wrong most often</h3>"
        yield _table(("mistake", "exercise", "made by", "treated in"), [
            (mistake, exercise, many, where) for mistake, exercise, many, where in found.mistakes]) \
            if found.mistakes else "<p>No mistake was named.</p>"
    if not anonymous:
        for title, names in (("Handed in, not graded yet", found.waiting), ("Wait for a mark by hand", found.unmarked),
                             ("Not handed in", found.absent)):
            if names:
                yield f"<h3>{title}</h3><p>{escape('; '.join(names))}</p>"
        if found.unfit:
            yield "<h3>Handed in, cannot be graded</h3>"
            yield _table(("learner", "why"), found.unfit)


def _sentence(found):
    again = sum("an earlier one is graded" in why for _, why in found.unfit)
    there = len(found.results) + len(found.waiting) + len(found.unfit) - again
    text = f"{there} of {found.students} have handed in"
    if found.waiting:
        text += f", {len(found.waiting)} of these are not graded yet"
    if found.unfit:
        text += f", {len(found.unfit)} have handed in what can't be graded"
    unmarked = sum(result.waits for result in found.results)
    if unmarked:
        text += f", {unmarked} wait for a mark by hand"
    if found.results:
        points = [result.points for result in found.results]
        text += f". The median is {statistics.median(points):g} of {found.of:g} points, the mean " \
                f"{statistics.fmean(points):.1f}"
    return text + "."


def _table(heads, rows):
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

