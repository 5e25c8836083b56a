"""Canvas's and Moodle's downloads, for nbgrader's own `zip_collect`.

    c.ZipCollectApp.extractor_plugin = "course.teaching.collecting.Extractor"
    c.ZipCollectApp.collector_plugin = "course.teaching.collecting.Collector"

The names are those that the two systems give (Canvas: ContentZipper; Moodle: mod_assign's downloader and its
importer of feedback zips):

    muellerjose_LATE_12345_678901_02_gate_patterns-1.ipynb                          Canvas
    anon_aB3xY_678901_02_gate_patterns.ipynb                                        Canvas, anonymous grading
    Müller, José_4711_assignsubmission_file/02_gate_patterns.ipynb                  Moodle, a folder for each
    Müller, José_4711_assignsubmission_file_02_gate_patterns.ipynb                  Moodle, no folders

What a learner has handed in as a zip is opened. Whatever nobody is known to have handed in is named, and stays.
"""

import json
import os
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from course.teaching import tables
from course.teaching.people import Roster, as_id, name_key
from course.teaching.term import TeachingError
from course.teaching.unpacking import copy_in, unpack

CANVAS = re.compile(r"(?:(?!LATE_|anon_)(?P<name>\w+?)_)?(?P<late>LATE_)?(?P<number>\d+|anon_[0-9A-Za-z]{5})_"
                    r"(?P<upload>\d+)_(?P<file>.+)")
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file(?:_(?P<file>.*))?")
# "-1" is what Canvas puts behind the name of a file that is handed in again, " (1)" what a browser does
ATTEMPT = re.compile(r"(?P<stem>.+?)(?:-(?P<canvas>\d{1,3})|\s*\((?P<browser>\d{1,3})\)|~(?P<ours>\d{1,3}))?")
RECORD = "learners.json"


@dataclass(frozen=True)
class Upload:
    """A file that somebody handed in: who, as the LMS has it, and which attempt it is."""

    lms: str            # "canvas", "moodle" or "folder"
    number: str         # the LMS's number: of the user (Canvas), of the participant in this assignment (Moodle)
    name: str           # as the LMS writes it
    late: bool
    prefix: str         # what the LMS put before the file's own name; a page that goes back needs it
    order: tuple        # later attempts are larger
    path: str = ""
    notebook: str = ""  # the file's name, without the mark of an attempt
    student: str = ""


class Extractor(ExtractorPlugin):
    """Takes zips apart, each in a folder of its name, and copies the rest."""

    def extract(self, archive_path, extracted_path):
        files = [path for path in sorted(Path(archive_path).rglob("*")) if path.is_file()
                 and not path.name.startswith(".")]
        if not files:
            self.log.warning("There is nothing in %s: put the download of your LMS there.", archive_path)
        for path in files:
            folder = Path(extracted_path, path.relative_to(archive_path).parent)
            if path.suffix.lower() == ".zip":
                unpack(path, folder / path.stem, self.log.warning)
            else:
                copy_in(path, folder)


class Collector(FileNameCollectorPlugin):
    """Says of each file whose it is and which notebook; of several attempts it takes the last.

    A student is known by the gradebook's lms_user_id or id (Canvas's number), or by e-mail address or full name;
    Moodle's grading worksheet, put beside the download, gives the addresses. Who is not known is entered under
    Canvas's number or under the name in Moodle.
    """

    _plan = None

    def collect(self, submitted_file):
        if self._plan is None:
            self._plan = self._make_plan()
        upload = self._plan.get(os.path.abspath(submitted_file))
        if upload is None:
            return super().collect(submitted_file) if self.named_regexp else None
        return {"student_id": upload.student, "file_id": upload.notebook}

    def _make_plan(self):
        """{path: Upload} of the files that are to be collected; writes down whose they were."""
        app = self.parent
        extracted = Path(app._format_collect_path(app.extracted_directory))
        notebooks = sorted(path for path in extracted.rglob("*") if path.is_file() and path.suffix in self.valid_ext
                           and not any(part.startswith((".", "__MACOSX")) for part in
                                       path.relative_to(extracted).parts))
        people, roster = _worksheet(extracted, self.log.warning), _roster(app)
        released = [path.stem for path in
                    Path(app.coursedir.format_path(app.coursedir.release_directory, ".",
                                                   app.coursedir.assignment_id)).glob("*.ipynb")]
        uploads = []
        for path in notebooks:
            upload = read_name(path.relative_to(extracted).as_posix(), roster)
            if upload is None:
                self.log.warning("Nobody is known to have handed in %s; it was left where it is.",
                                 path.relative_to(extracted))
            else:
                uploads.append(replace(upload, path=str(path), notebook=_notebook(upload, path, released)))
        uploads = _with_students(uploads, roster, people, self.log.warning)
        chosen = _last_attempts(uploads, self.log.warning)
        late = sorted({upload.student for upload in chosen if upload.late})
        if late:
            self.log.warning("Canvas marks as late, without saying by how much: %s", ", ".join(late))
        _write_record(extracted.parent / RECORD, chosen)
        return {os.path.abspath(upload.path): upload for upload in chosen}


def read_name(path, roster=None):
    """The Upload that a path below the extracted folder tells of, or None."""
    parts = path.split("/")
    for k, part in enumerate(parts):
        last = k == len(parts) - 1
        for lms, pattern in (("moodle", MOODLE), ("canvas", CANVAS)):
            match = pattern.fullmatch(part)
            if match is None or (last and not match["file"]):
                continue
            file = match["file"] or ""
            attempt = _attempt(Path(file if last else parts[-1]).stem)
            canvas = lms == "canvas"
            outer = _attempt(file)[1] if canvas and not last else 0
            return Upload(lms, match["number"], match["name"] or "", bool(canvas and match["late"]),
                          part[:match.start("file")] if file else part + "/",
                          (outer, attempt[1], int(match["upload"]) if canvas else 0, path))
    for part in reversed(parts[:-1]):
        student = roster.find(ids=[part]) if roster else None
        if student:
            return Upload("folder", "", student, False, student + "/", (0, _attempt(Path(parts[-1]).stem)[1], 0, path))
    return None


def _attempt(stem):
    """("02_gate_patterns", 1) of "02_gate_patterns-1"."""
    match = ATTEMPT.fullmatch(stem)
    if match is None:
        return stem, 0
    return match["stem"], int(match["canvas"] or match["browser"] or match["ours"] or 0)


def _notebook(upload, path, released):
    """The name under which nbgrader shall have a file: the released one, where it is that but for marks."""
    own = path.name[len(upload.prefix):] if path.name.startswith(upload.prefix) else path.name
    stem = Path(own).stem
    wanted = {name_key(name): name for name in released}
    for candidate in (stem, _attempt(stem)[0], _attempt(_attempt(stem)[0])[0]):
        if name_key(candidate) in wanted:
            return wanted[name_key(candidate)] + path.suffix
    return _attempt(stem)[0] + path.suffix


# ------------------------------------------------------------------------------------ whose it is

def _roster(app):
    """The students of the gradebook, where there is one."""
    from nbgrader.api import Gradebook

    with Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        return Roster(gradebook.students)


def _worksheet(folder, tell):
    """{participant's number: row} of Moodle's grading worksheets in a folder."""
    rows = {}
    for path in sorted(folder.rglob("*.csv")):
        try:
            table = tables.read(path)
        except TeachingError as error:
            tell(f"{path.name} was not read: {error}")
            continue
        for row in table.records("Identifier"):
            rows[re.sub(r"\D", "", row["Identifier"])] = row
    return rows


def _with_students(uploads, roster, people, tell):
    """The uploads with their students' ids; two people of one name stay two."""
    by_name = {upload.number: _named(upload, roster) for upload in uploads}
    taken = Counter(filter(None, by_name.values()))     # by how many of the LMS's numbers a name is claimed
    surely = {upload.number: _surely(upload, roster, people.get(upload.number, {})) for upload in uploads}
    known = set(filter(None, surely.values()))
    alike = Counter(name_key(name) for name in {upload.number: upload.name for upload in uploads}.values())
    told, found = set(), []
    for upload in uploads:
        row = people.get(upload.number, {}) if upload.lms == "moodle" else {}
        student, name = surely[upload.number], by_name[upload.number]
        if student is None and name and taken[name] == 1 and name not in known:
            student = name
        if upload.lms == "folder":
            student = upload.name
        elif student is None and upload.lms == "canvas":
            student = as_id(upload.number)
        elif student is None:
            double = taken[name] > 1 or name in known or alike[name_key(upload.name)] > 1
            student = as_id(row.get("ID number") or row.get("Email address")
                            or (f"{upload.name} ({upload.number})" if double else upload.name))
            if double and not row and upload.name not in told:
                told.add(upload.name)
                tell(f"Two learners are called {upload.name}. Each is kept under a name with Moodle's number behind "
                     "it, which is another one in every assignment: put Moodle's grading worksheet beside the "
                     "download and collect again with --force, and they are known by their e-mail addresses.")
        found.append(replace(upload, student=student))
    return found


def _surely(upload, roster, row):
    """The student whom a number or an address tells, or None."""
    if upload.lms == "canvas":
        return roster.find(ids=[upload.number])
    return roster.find(ids=[row.get("ID number"), row.get("Username")], emails=[row.get("Email address")])


def _named(upload, roster):
    """The student whom the name tells, or None."""
    if upload.lms == "canvas":
        return roster.find(sorted_name=upload.name)
    return roster.find(name=upload.name)


def _last_attempts(uploads, tell):
    """Of the files of one student for one notebook the last; the others are named."""
    best = {}
    for upload in sorted(uploads, key=lambda upload: upload.order):
        before = best.get((upload.student, upload.notebook))
        if before is not None:
            tell(f"{upload.student} handed in {upload.notebook} more than once: {Path(upload.path).name!r} is taken, "
                 f"{Path(before.path).name!r} is not.")
        best[upload.student, upload.notebook] = upload
    return list(best.values())


def _write_record(path, uploads):
    """Note what the LMS calls each student: feedback and grades go back under that name."""
    record = {upload.student: {key: value for key, value in asdict(upload).items()
                               if key in ("lms", "number", "name", "late", "prefix")}
              for upload in sorted(uploads, key=lambda upload: upload.order)}
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")


def read_record(root, assignment):
    """{student: what the LMS calls them} of the last zip_collect of an assignment; empty where there was none."""
    try:
        return json.loads(Path(root, "downloaded", assignment, RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
