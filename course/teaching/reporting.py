"""`backprop report`: a page for the instructor, on what the class can do and where it goes wrong.

For each assignment: the distribution of points, the exercises from the hardest on, the causes of wrong answers, the
most frequent first, with the lesson that treats them, the answers that no cause was found of, and who has not handed
in. The page stands alone; with --anonymous it holds nobody's name. Answers are shown without their authors in any case.
"""

import argparse
import statistics
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path

from course.checks.verdict import counted
from course.plaintext import plain
from course.teaching import answers, figures, items, tables
from course.teaching.page import TEMPLATES
from course.teaching.results import Result, results
from course.teaching.term import TeachingError, in_sentences, open_term, write_new

CAUSES = 12         # of an assignment are listed
# in a table no word breaks but a name behind its _; what is wider than a phone is pushed aside in its own box
STYLE = (".wide { overflow-x: auto; } .wide th, .wide td { overflow-wrap: normal; } .wide td { min-width: 3rem; }"
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
class CauseInClass:
    """A cause of wrong answers, wherever it was found."""

    cause: str
    learners: int
    exercises: list[tuple]      # (exercise, how many learners, where it is treated)


@dataclass(frozen=True)
class Unexplained:
    """The answers to an exercise that are wrong, no check could tell why."""

    exercise: str
    learners: int
    where: str
    answers: list[tuple]        # (text without names, how many gave it), the most frequent first; not all of them


@dataclass(frozen=True)
class ClassInAssignment:
    """What a class has made of an assignment."""

    name: str
    of: float
    results: list[Result]
    rows: list[Row]                         # the hardest exercise first
    causes: list["CauseInClass"]            # the most frequent first
    unexplained: list["Unexplained"]        # the exercise with most of them first
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
        return [names[student] for student in sorted(students)]

    return ClassInAssignment(
        name, most, graded, _rows(graded), _causes(graded),
        _unexplained(graded, answers.names_of(term.gradebook.students)),
        named(who for who, why in left.items() if not why),
        [(names[who], why) for who, why in sorted(left.items()) if why],
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


def _causes(graded):
    """By the cause's title: a known mistake and a slip of the same name are one thing to teach."""
    made, codes = {}, {}
    for result in graded:
        for exercise, verdict in result.verdicts.items():
            if verdict.title and not verdict.unwritten and not verdict.unexplained:
                made.setdefault(verdict.title, []).append((exercise, result.student))
                codes.setdefault(verdict.title, set()).update({verdict.code} - {""})
    found = []
    for title, pairs in made.items():
        counts = Counter(exercise for exercise, _ in pairs)
        text = f"{title} [{', '.join(sorted(codes[title]))}]" if codes[title] else title
        found.append(CauseInClass(text, len({student for _, student in pairs}), [
            (exercise, many, _treated(exercise)) for exercise, many in
            sorted(counts.items(), key=lambda item: (-item[1], item[0]))]))
    return sorted(found, key=lambda cause: (-cause.learners, cause.cause))


def _unexplained(graded, people):
    given = {}
    for result in graded:
        for exercise, verdict in result.verdicts.items():
            if verdict.unexplained:
                given.setdefault(exercise, []).append(result.answers.get(exercise, ""))
    found = [Unexplained(exercise, len(texts), _treated(exercise), answers.told_apart(filter(None, texts), people))
             for exercise, texts in given.items()]
    return sorted(found, key=lambda row: (-row.learners, row.exercise))


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
        yield from _of_causes(found.causes)
        yield from _of_unexplained(found.unexplained)
    if not anonymous:
        for title, names in (("Handed in, not graded yet", found.waiting), ("Wait for a mark by hand", found.unmarked),
                             ("Not handed in", found.absent)):
            if names:
                yield f"<h3>{title}</h3><p>{escape('; '.join(names))}</p>"
        if found.unfit:
            yield "<h3>Handed in, cannot be graded</h3>"
            yield _table(("learner", "why"), found.unfit)


def _of_causes(causes):
    if not causes:
        yield "<p>No mistake was named.</p>"
        return
    rows = []
    for cause in causes[:CAUSES]:
        several = f", {cause.learners} in all" if len(cause.exercises) > 1 else ""
        for k, row in enumerate(cause.exercises):
            first = _cell(f"{cause.cause}{several}", f' rowspan="{len(cause.exercises)}"') if not k else ""
            rows.append(first + "".join(map(_cell, row)))
    yield _framed(("cause", "exercise", "made by", "treated in"), rows)
    if len(causes) > CAUSES:
        yield f"<p>And {counted(len(causes) - CAUSES, 'cause')} more, of fewer learners.</p>"


def _of_unexplained(rows):
    if not rows:
        return
    yield "<h3>No cause found</h3>"
    yield "<p>No check could tell why these answers are wrong. They are shown without their authors and " \
          "without comments; equal ones once.</p>"
    for row in rows:
        where = f" ({row.where})" if row.where else ""
        yield f"<details><summary>{escape(row.exercise)}: {counted(row.learners, 'learner')}{escape(where)}</summary>"
        for text, many in row.answers:
            yield f"<p>{counted(many, 'learner')}</p>" if many > 1 else ""
            yield f"<pre>{escape(text)}</pre>"
        left = row.learners - sum(many for _, many in row.answers)
        if left:
            yield f"<p>{counted(left, 'answer')} more {'is' if left == 1 else 'are'} not shown.</p>"
        yield "</details>"


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
    return _framed(heads, ["".join(map(_cell, row)) for row in rows])


def _cell(text, how=""):
    shown = escape(str(text))
    return f"<td{how}>{shown.replace('_', '_<wbr>') if shown.isidentifier() else shown}</td>"


def _framed(heads, rows):
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

