"""CSV files of other programs: read in whatever form they have, and written back in that form."""

import csv
import io
from dataclasses import dataclass

from course.teaching.term import TeachingError


@dataclass
class Table:
    """The rows of a CSV file, the first one its heads, and the form in which it was written."""

    rows: list
    encoding: str
    delimiter: str
    newline: str
    name: str = ""
    quoted: bool = False

    @property
    def heads(self):
        return self.rows[0] if self.rows else []

    def column(self, head):
        """The place of a column by its head, or None."""
        wanted = head.casefold().strip()
        return next((k for k, text in enumerate(self.heads) if text.casefold().strip() == wanted), None)

    def records(self, *needed):
        """The rows as dicts, where the table has these columns; otherwise nothing."""
        if any(self.column(head) is None for head in needed):
            return []
        heads = [head.strip() for head in self.heads]
        return [dict(zip(heads, row, strict=False)) for row in self.rows[1:] if row]

    def encoded(self):
        """The file's bytes."""
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.delimiter, lineterminator=self.newline,
                   quoting=csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL).writerows(self.rows)
        return out.getvalue().encode(self.encoding)


def read(path):
    """The Table in a file; TeachingError where there is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TeachingError(f"{path} can't be read: {error.strerror}.") from None
    text, encoding = _decoded(content, path)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise TeachingError(f"{path} is not a CSV file that can be read: {error}.") from None
    if not rows or first.count(delimiter) == 0:
        raise TeachingError(f"{path} is not a table: its first line holds no columns.")
    return Table(rows, encoding, delimiter, "\r\n" if "\r\n" in text else "\n", path.name,
                 first.startswith('"') and first.rstrip("\r").count('"') == 2 * len(rows[0]))


def _decoded(content, path):
    """A file's text and its encoding, by its byte order mark where it has one."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ("utf-16",)
    elif content.startswith(b"\xef\xbb\xbf"):
        candidates = ("utf-8-sig",)
    else:
        candidates = ("utf-8", "cp1252")
    for encoding in candidates:
        try:
            return content.decode(encoding), encoding
        except UnicodeError:
            pass
    raise TeachingError(f"{path} is no text in UTF-8, UTF-16 or Windows-1252. Save it as CSV in UTF-8.")
