"""Who a name, a number or an e-mail address belongs to, among the students of the gradebook."""

import re
import unicodedata
from collections import defaultdict

from course.grading.named import Names
from course.plaintext import file_name, one_line


class Roster:
    """The students of a gradebook, found by what an LMS calls them.

    students  nbgrader's Students, or anything with id, first_name, last_name, email and lms_user_id
    """

    def __init__(self, students):
        self._by = defaultdict(set)
        students = list(students)
        self.names = Names(students)
        self.ids = set()
        for student in students:
            self.ids.add(student.id)
            self._by["id", _folded(student.id)].add(student.id)
            if student.lms_user_id:
                self._by["id", _folded(student.lms_user_id)].add(student.id)
            if student.email:
                self._by["email", _folded(student.email)].add(student.id)
            if student.first_name or student.last_name:
                self._by["name", name_key(f"{student.first_name or ''} {student.last_name or ''}")].add(student.id)
                self._by["squeezed", squeezed(f"{student.last_name or ''}{student.first_name or ''}")].add(student.id)
            self._by["name", name_key(student.id)].add(student.id)

    def find(self, ids=(), emails=(), name="", sorted_name=""):
        """The id of the one student who is meant, or None; what is surest decides: a number, an address, a name.

        sorted_name  last name and first name in one word, as Canvas's files have it

        A name, number or address that two students share decides nothing.
        """
        keys = [("id", _folded(value)) for value in ids if value]
        keys += [("email", _folded(value)) for value in emails if value]
        keys += [("name", name_key(name)), ("squeezed", squeezed(name))] if name else []     # 李雷 is 李 and 雷
        keys += [("squeezed", squeezed(sorted_name))] if sorted_name else []
        for key in keys:
            found = self._by.get(key, ())
            if len(found) == 1:
                return next(iter(found))
        return None


def name_key(name):
    """The same for "Bitdiddle, Ben" and "ben  Bitdiddle": its words in lower case, in their own order."""
    return " ".join(sorted(re.findall(r"\w+", _folded(name))))


def squeezed(name):
    """"müllerjosé" of "Müller, José"."""
    return re.sub(r"\W", "", _folded(name))


def as_id(text):
    """A text as a student id that can be the name of a folder, on every system and in nbgrader's patterns.

    No option of a command begins as it does, and no formula.
    """
    text = re.sub(r"[\x00-\x1f/\\:*?\"<>|\[\]]+", " ", one_line(unicodedata.normalize("NFC", text)))
    text = re.sub(r"\s+", " ", text).rstrip(" .").lstrip(" .=+-@")
    return file_name(text) if text else "unknown"


def _folded(text):
    return unicodedata.normalize("NFC", str(text)).casefold().strip()
