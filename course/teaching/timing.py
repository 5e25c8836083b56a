"""When something that came in a zip was handed in: by a file of the LMS's or the instructor's, or by the LMS's mark.

- Moodle's grading worksheet says it in its column "Last modified (submission)".
- Any table beside the download that says who and when: a column of that name each, see WHO and WHEN.
- Canvas marks what is late, and does not say by how much: it is taken for the first day, until a table says more.

A time without a zone is one of this machine's.
"""

import re
from datetime import UTC, timedelta

from dateutil.parser import ParserError, parse
from dateutil.tz import gettz

from course.plaintext import one_line

WHO = {"id": "ids", "student id": "ids", "learner": "ids", "sis user id": "ids", "sis login id": "ids",
       "login id": "ids", "username": "ids", "email": "emails", "email address": "emails", "student": "name",
       "name": "name", "full name": "name"}
WHEN = {"submitted", "submitted at", "submitted_at", "submission time", "time", "timestamp",
        "last modified (submission)"}
EITHER_DAY = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}\b")


def times_in(table, roster, tell):
    """{student: time, in UTC} of a table, Moodle's or one of your own; empty where it does not say who and when."""
    heads = [head.strip().casefold() for head in table.heads]
    when = next((k for k, head in enumerate(heads) if head in WHEN), None)
    who = [(WHO[head], k) for k, head in enumerate(heads) if head in WHO]
    found = {}
    if when is None or not who:
        return found
    for row in table.rows[1:]:
        row = row + [""] * (len(heads) - len(row))
        keys = {"ids": [], "emails": [], "name": ""}
        for key, k in who:
            if key == "name":
                keys["name"] = keys["name"] or row[k]
            else:
                keys[key].append(row[k].strip())
        student, text = roster.find(**keys), row[when].strip()
        if student is None or text in ("", "-"):
            continue
        time = time_of(text)
        if time is None:
            tell(f"{table.name}: {one_line(text)!r}, when {roster.names[student]} handed in, can't be read for "
                 "certain. Write it as 2027-03-03 08:00 UTC.")
        else:
            found[student] = time
    return found


def time_of(text):
    """A time in UTC, without saying so; None where it can't be read, or day and month may be either."""
    either = EITHER_DAY.match(text)
    if either and int(either[1]) <= 12 and int(either[2]) <= 12 and either[1] != either[2]:
        return None
    try:
        time = parse(text, tzinfos=lambda name, offset: offset if offset is not None else gettz(name))
        return time.astimezone(UTC).replace(tzinfo=None)
    except (ParserError, OverflowError, ValueError, TypeError):
        return None


def of_late_mark(due, grace_minutes):
    """When somebody has handed in of whom it is only known that it was late: as little late as counts."""
    return due + timedelta(minutes=grace_minutes, seconds=1)
