"""`backprop extend`: more time for a learner, who may have handed in already or not.

An extension replaces the one before it. What being late costs is worked out anew at once, without grading again;
after a change of the policy in nbgrader_config.py, `--again` does that for everybody.
"""

import argparse
import difflib
from datetime import timedelta

from nbgrader.api import MissingEntry

from course.grading.lateness import Extensions, penalize, why_no_policy
from course.grading.named import full_name
from course.plaintext import one_line
from course.teaching.term import TeachingError, in_sentences, open_term


@in_sentences
def main(argv):
    """Give extensions, and say until when somebody may hand in."""
    parser = argparse.ArgumentParser(prog="backprop extend", description=__doc__.split("\n\n")[0],
                                     epilog=__doc__.split("\n\n", 1)[1])
    parser.add_argument("assignment", nargs="?", help="for example 02_gate_patterns; with --list all if left out")
    parser.add_argument("learner", nargs="*", help="the id in the gradebook")
    for unit in ("days", "hours", "minutes"):
        parser.add_argument(f"--{unit}", type=float, metavar="N", help=f"so many {unit} more; 0 takes it back")
    parser.add_argument("--list", action="store_true", help="show the extensions that were given")
    parser.add_argument("--again", action="store_true", help="work out anew what being late costs everybody")
    options = parser.parse_args(argv)
    given = {unit: getattr(options, unit) for unit in ("days", "hours", "minutes")}
    minutes = sum((number or 0) * factor for number, factor in zip(given.values(), (1440, 60, 1), strict=True))
    if not options.list and not options.assignment:
        parser.error("which assignment, and whose? For example: 02_gate_patterns ada --days 2; or --list")
    if options.learner and (options.list or options.again):
        parser.error("--list and --again are for a whole class; name no learner")
    if not (options.list or options.again):
        if not options.learner:
            parser.error("whose extension? Name learners by their ids")
        if all(number is None for number in given.values()):
            parser.error("how long? For example --days 2; --days 0 takes an extension back")
        if not 0 <= minutes < 10 * 366 * 1440:
            parser.error("an extension is some time more, and less than ten years")
    with open_term() as term:
        why = why_no_policy(term.config)
        if why:
            raise TeachingError(why)
        names = [options.assignment] if options.assignment else sorted(
            found.name for found in term.gradebook.assignments)
        for name in names:
            term.assignment(name)
        if options.list:
            told = [line for name in names for line in _listed(term, name)] or ["No extension was given."]
        elif options.again:
            told = _again(term, options.assignment)
        else:
            students = [_student(term, learner) for learner in options.learner]     # all, before anything is written
            told = [_extended(term, options.assignment, student, minutes) for student in students]
    print("\n".join(map(one_line, told)))


def _student(term, learner):
    students = {student.id: student for student in term.gradebook.students}
    if learner not in students:
        near = difflib.get_close_matches(learner, students, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise TeachingError(f"The gradebook knows no learner {learner!r}.{meant} No extension was given.")
    return students[learner]


def _extended(term, name, student, minutes):
    extensions, due = Extensions(term.root), term.gradebook.find_assignment(name).duedate
    extensions.grant(name, student.id, minutes)
    who = full_name(student)
    text = f"{who}: no extension for {name} any more" if not minutes else \
        f"{who}: {_length(minutes)} more for {name}" + (
            f", until {due + timedelta(minutes=minutes):%Y-%m-%d %H:%M} UTC" if due else
            ". It has no due date yet, so nobody is late: nbgrader db assignment add gives it one")
    try:
        submission = term.gradebook.find_submission(name, student.id)
    except MissingEntry:
        return text + ". Nothing of theirs is graded yet"
    before = submission.late_submission_penalty or 0.0
    submission.extension = None     # the one before
    _penalized(term, submission, extensions)
    after = submission.late_submission_penalty or 0.0
    return text + (f". What being late costs: {before:g} → {after:g}" if before != after else "")


def _again(term, name):
    extensions, told = Extensions(term.root), []
    for submission in sorted(term.gradebook.assignment_submissions(name), key=lambda found: found.student.id):
        before = submission.late_submission_penalty or 0.0
        _penalized(term, submission, extensions)
        after = submission.late_submission_penalty or 0.0
        if before != after:
            told.append(f"{full_name(submission.student)}: what being late costs: {before:g} → {after:g}")
    return told or [f"{name}: being late costs everybody what it did."]


def _penalized(term, submission, extensions):
    extensions.apply(submission)
    term.gradebook.db.flush()
    penalize([submission], term.config)
    term.gradebook.db.commit()


def _listed(term, name):
    """A line for each extension, of the gradebook and of those who have nothing there yet."""
    due = term.gradebook.find_assignment(name).duedate
    minutes = {submission.student.id: submission.extension.total_seconds() / 60
               for submission in term.gradebook.assignment_submissions(name) if submission.extension}
    minutes |= Extensions(term.root).minutes.get(name, {})
    names = term.names()
    for student, many in sorted(minutes.items()):
        if many:
            until = f", until {due + timedelta(minutes=many):%Y-%m-%d %H:%M} UTC" if due else ""
            yield f"{name}: {names[student]}: {_length(many)} more{until}"


def _length(minutes):
    days, rest = divmod(round(minutes), 1440)
    hours, rest = divmod(rest, 60)
    parts = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in
             ((days, "day"), (hours, "hour"), (rest, "minute")) if number]
    return " ".join(parts) or "no time"
