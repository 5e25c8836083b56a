"""`backprop export`: grades in the form that an LMS takes, or one line for each exercise.

    backprop export --to canvas FILE    fills the columns of Canvas's own exported gradebook
    backprop export --to moodle FILE    fills grade and feedback in Moodle's grading worksheet
    backprop export --per-exercise      a long table: a line for each student and exercise

FILE is what the LMS lets you export. It is left as it is; a filled copy, in the same encoding and with the same
signs between and around the fields, is laid beside it. nbgrader's own table is `backprop nbgrader export`.
"""

import argparse
import csv
import io
import re
from html import escape
from pathlib import Path
from types import SimpleNamespace

from nbgrader.plugins import ExportPlugin

from course.plaintext import cell, one_line, plain
from course.teaching import tables
from course.teaching.collecting import read_record
from course.teaching.people import Roster
from course.teaching.results import in_words, results
from course.teaching.term import TeachingError, in_sentences, open_term, write_new
from course.words import languages, later, speaking, tr

OURS = later("Points by exercise:")
LONG = ("assignment", "student", "last_name", "first_name", "exercise", "points", "of", "marked", "mistake", "comment")


@in_sentences
def main(argv):
    """Write the filled copy, and say whom it holds and whom not."""
    parser = argparse.ArgumentParser(prog="backprop export", description=__doc__.split("\n\n")[0],
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog=__doc__.split("\n\n", 1)[1])
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--to", choices=("canvas", "moodle"), help="fill FILE, which this LMS has exported")
    kind.add_argument("--per-exercise", action="store_true", help="write a line for each student and exercise")
    parser.add_argument("file", nargs="?", metavar="FILE", help="what Canvas or Moodle has exported")
    parser.add_argument("--assignment", metavar="NAME", help="only this one; Moodle's worksheets are for one")
    parser.add_argument("--column", metavar="HEAD", help="Canvas's column, where it has another name")
    parser.add_argument("--scale", action="store_true", help="convert points where the LMS gives another maximum")
    parser.add_argument("--output", metavar="COPY", help="the filled copy; FILE with .graded before its ending")
    parser.add_argument("--force", action="store_true", help="replace COPY where it is there already")
    options = parser.parse_args(argv)
    if options.to and not options.file:
        parser.error(f"--to {options.to} fills a file that {options.to.title()} has exported: name that file")
    if options.per_exercise and options.file:
        parser.error("--per-exercise reads no file; name what it shall write with --output")
    if options.column and not options.assignment:
        parser.error("--column goes with --assignment: which one is in that column?")
    with open_term() as term:
        if options.assignment:
            term.assignment(options.assignment)
        names = [options.assignment] if options.assignment else sorted(
            found.name for found in term.gradebook.assignments)
        if options.per_exercise:
            output, content = Path(options.output or "grades_per_exercise.csv"), per_exercise(term, names)
            told = [line for name in names for found in [results(term, name)]
                    for line in (name, *_account(term, name, found, set(found)))]
        else:
            table = tables.read(Path(options.file))
            fill = canvas if options.to == "canvas" else moodle
            told = fill(term, names, table, options)
            path = Path(options.file)
            output = Path(options.output) if options.output else path.with_name(f"{path.stem}.graded{path.suffix}")
            content = table.encoded()
        write_new(output, content, options.force, term.root)
    print("\n".join(map(one_line, [*told, output])))


# ------------------------------------------------------------------------------------ Canvas

def canvas(term, names, table, options):
    """Fill the assignments' columns of Canvas's gradebook; returns what is to be told."""
    student, number = table.column("Student"), table.column("ID")
    if student is None or number is None:
        raise TeachingError(f"{table.name} is not a gradebook that Canvas has exported: it has no columns \"Student\" "
                            f"and \"ID\". Its columns: {', '.join(filter(None, table.heads))}.")
    columns = {name: _canvas_column(table, name, options.column) for name in names}
    without = [name for name, column in columns.items() if column is None]
    columns = {name: column for name, column in columns.items() if column is not None}
    if not columns:
        there = [head for head in table.heads if re.search(r"\(\d+\)\s*$", head)]
        raise TeachingError(f"{table.name} has no column for {' or '.join(names) or 'any assignment'}. It has: "
                            f"{', '.join(there) or 'no assignment at all'}. "
                            "Say which one with --assignment NAME --column HEAD.")
    people, told = _rows_of_students(term, table, _canvas_keys(table), _is_canvas_student(student)), []
    told += people.told
    for name, column in columns.items():
        found = results(term, name)
        factor = _factor(_points_possible(table, student, column), _maximum(term, name), name, "Canvas", options.scale)
        for row in people.rows:
            result = found.get(people.rows[row])
            if result is not None and not result.waits:
                _put(table, row, column, _number(result.points * factor, table))
        told += [f"{name} → {table.heads[column]}", *_account(term, name, found, set(people.rows.values()), table.name)]
    if without:
        told.append(f"{table.name} has no column for {', '.join(without)}")
    return told


def _canvas_column(table, name, head):
    """The place of an assignment's column: its head is the assignment's name and Canvas's number."""
    for k, text in enumerate(table.heads):
        own = re.sub(r"\s*\(\d+\)\s*$", "", text)
        if head is not None and head.strip() in (text.strip(), own.strip()):
            return k
        if head is None and own != text and _words(own) == _words(name):
            return k
    return None


def _words(text):
    """"02_gate_patterns" and "Assignment 2: Gate patterns" are the same words."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return [word.lstrip("0") or "0" for word in (words[1:] if words[:1] == ["assignment"] else words)]


def _points_possible(table, student, column):
    """The maximum that Canvas has for a column, or None."""
    for row in table.rows[1:]:
        if len(row) > max(student, column) and row[student].strip().casefold() == "points possible":
            if "read only" in row[column]:
                raise TeachingError(f"Canvas computes the column {table.heads[column]!r} itself (it is read only).")
            return _parsed(row[column])
    return None


def _canvas_keys(table):
    ids = [table.column(head) for head in ("ID", "SIS User ID", "SIS Login ID", "Integration ID")]
    emails, name = [table.column(head) for head in ("SIS Login ID", "Email")], table.column("Student")
    return lambda row: {"ids": _cells(row, ids), "emails": _cells(row, emails), "name": row[name]}


def _is_canvas_student(student):
    def is_student(row):
        text = row[student].strip() if len(row) > student else ""
        return bool(text) and text.casefold() not in ("points possible", "student, test")
    return is_student


# ------------------------------------------------------------------------------------ Moodle

def moodle(term, names, table, options):
    """Fill grade and feedback of Moodle's grading worksheet for one assignment; returns what is to be told."""
    columns = {head: table.column(head) for head in
               ("Identifier", "Full name", "Grade", "Maximum Grade", "Grade can be changed", "Feedback comments")}
    if columns["Identifier"] is None or columns["Grade"] is None:
        raise TeachingError(f"{table.name} is not a grading worksheet of Moodle's: it has no columns \"Identifier\" "
                            f"and \"Grade\". Its columns: {', '.join(filter(None, table.heads))}.")
    if len(names) != 1:
        raise TeachingError("A worksheet of Moodle's is for one assignment; say which one with --assignment. "
                            f"The gradebook knows: {', '.join(names) or 'none'}.")
    name, found = names[0], results(term, names[0])
    record = {about["number"]: student for student, about in read_record(term.root, name).items()
              if about.get("lms") == "moodle"}
    people = _rows_of_students(term, table, _moodle_keys(table), lambda row: bool("".join(row).strip()),
                               lambda row: record.get(re.sub(r"\D", "", row[columns["Identifier"]])))
    told, closed = list(people.told), []
    for row, student in people.rows.items():
        result, cells = found.get(student), table.rows[row]
        if result is None or result.waits:
            continue
        if columns["Grade can be changed"] is not None and \
                cells[columns["Grade can be changed"]].strip().casefold() in ("no", "0", "nein", "non", "否"):
            closed.append(student)
            continue
        most = _parsed(cells[columns["Maximum Grade"]]) if columns["Maximum Grade"] is not None else None
        factor = _factor(most, result.of, name, "Moodle", options.scale)
        _put(table, row, columns["Grade"], _number(result.points * factor, table))
        if columns["Feedback comments"] is not None:
            _put(table, row, columns["Feedback comments"],
                 _feedback(cells[columns["Feedback comments"]], in_words(result), result.language))
    if closed:
        told.append(f"Moodle lets these grades not be changed: {', '.join(sorted(closed))}")
    if columns["Feedback comments"] is None:
        told.append('There is no column "Feedback comments": switch that type of feedback on in Moodle to have them.')
    return told + _account(term, name, found, set(people.rows.values()) - set(closed), table.name)


def _moodle_keys(table):
    ids = [table.column(head) for head in ("ID number", "Username")]
    emails, name = [table.column("Email address")], table.column("Full name")
    return lambda row: {"ids": _cells(row, ids), "emails": _cells(row, emails),
                        "name": row[name] if name is not None else ""}


def _feedback(before, lines, language):
    """What somebody wrote by hand stays in front; what an earlier export wrote, in any language, is replaced."""
    heads = {name: _head(name) for name in languages()}
    kept = re.split("|".join(map(re.escape, heads.values())), before)[0].rstrip()
    kept = re.sub(r"(<br>|<hr>)+$", "", kept)
    own = [heads[language], *(escape(plain(line), quote=False) for line in lines)]
    return (f"{kept}<hr>" if kept else "") + "<br>".join(own)


def _head(language):
    with speaking(language):
        return tr(OURS)


# ------------------------------------------------------------------------------------ what both need

def _rows_of_students(term, table, keys, is_student, known=lambda row: None):
    """Which rows belong to which students: rows {place: student}, told [sentences on the others]."""
    roster = Roster(term.gradebook.students)
    width = len(table.heads)
    rows, strangers = {}, []
    for k, row in enumerate(table.rows[1:], 1):
        if not is_student(row):
            continue
        row += [""] * (width - len(row))
        student = known(row) or roster.find(**keys(row))
        if student is None:
            strangers.append(keys(row)["name"] or row[0])
        else:
            rows[k] = student
    twice = {student for student in rows.values() if list(rows.values()).count(student) > 1}
    rows = {k: student for k, student in rows.items() if student not in twice}
    told = []
    if strangers:
        told.append(f"In {table.name} and not in the gradebook, left as they were: {'; '.join(strangers)}")
    if twice:
        told.append(f"More than one line of {table.name} may be that of {roster.names.listed(twice)}; they were left "
                    "as they were. A student's lms_user_id in the gradebook tells them apart (nbgrader db student "
                    "add).")
    return SimpleNamespace(rows=rows, told=told)


def _account(term, name, found, written, file=""):
    """How many were filled in, and everybody who was not, and why."""
    left = term.not_graded(name, found)
    names = term.names()
    everybody = {student.id for student in term.gradebook.students}
    handed_in = set(found) | set(left)
    filled = [student for student, result in found.items() if student in written and not result.waits]
    lines = [f"  {len(filled)} filled in"]
    for sentence, students in (
            ("without a final mark, left as they were", [who for who in found if who in written and found[who].waits]),
            ("handed in, not graded yet", [who for who, why in left.items() if not why]),
            (f"have handed in and are not in {file}", sorted(handed_in - written) if file else []),
            ("have not handed in", everybody - handed_in)):
        if students:
            lines.append(f"  {sentence}: {names.listed(students)}")
    return lines + [f"  handed in, cannot be graded: {names[who]}: {why}"
                    for who, why in sorted(left.items()) if why]


def _maximum(term, name):
    return term.gradebook.find_assignment(name).max_score


def _factor(theirs, ours, name, lms, scale):
    """What points are multiplied by; TeachingError where the maximum differs and nobody said to convert."""
    if theirs is None or abs(theirs - ours) < 1e-9:
        return 1.0
    if not scale or not ours:
        raise TeachingError(f"{lms} gives at most {theirs:g} points for {name}, and the gradebook {ours:g}. Set "
                            f"{ours:g} there, or let --scale convert. Nothing was written.")
    return theirs / ours


def _put(table, row, column, text):
    table.rows[row][column] = text


def _number(points, table):
    text = f"{round(points, 4):.10g}"
    return text.replace(".", ",") if table.delimiter == ";" else text


def _parsed(text):
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _cells(row, columns):
    return [row[k].strip() for k in columns if k is not None]


# ------------------------------------------------------------------------------------ a line for each exercise

def per_exercise(term, names):
    """The long table as bytes: UTF-8 with a mark, which spreadsheets ask for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(LONG)
    people = {student.id: student for student in term.gradebook.students}
    for name in names:
        for student, result in sorted(results(term, name).items()):
            who = people[student]
            for mark in result.marks:
                writer.writerow([cell(value) for value in (
                    name, student, who.last_name or "", who.first_name or "", mark.exercise, f"{mark.points:g}",
                    f"{mark.of:g}", "not yet" if mark.waits else "yes", result.mistake_in(mark.exercise),
                    mark.comment)])
    return out.getvalue().encode("utf-8-sig")


class PerExercise(ExportPlugin):
    """The same for `nbgrader export --exporter course.teaching.exporting.PerExercise`."""

    def export(self, gradebook):
        course = self.parent.coursedir
        term = SimpleNamespace(gradebook=gradebook, folder=lambda step, student, assignment: Path(
            course.format_path(getattr(course, f"{step}_directory"), student, assignment)))
        names = list(self.assignment) or sorted(found.name for found in gradebook.assignments)
        write_new(self.to or "grades_per_exercise.csv", per_exercise(term, names), force=True)
