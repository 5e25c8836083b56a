"""Canvas's and Moodle's downloads, for nbgrader's own `zip_collect`.

    c.ZipCollectApp.extractor_plugin = "course.teaching.collecting.Extractor"
    c.ZipCollectApp.collector_plugin = "course.teaching.collecting.Collector"

The names are those that the two systems give (Canvas: ContentZipper; Moodle: mod_assign's downloader and its
importer of feedback zips):

    muellerjose_LATE_12345_678901_02_gate_patterns-1.ipynb                          Canvas
    anon_aB3xY_678901_02_gate_patterns.ipynb                                        Canvas, anonymous grading
    Müller, José_4711_assignsubmission_file/02_gate_patterns.ipynb                  Moodle, a folder for each
    Müller, José_4711_assignsubmission_file_02_gate_patterns.ipynb                  Moodle, no folders

Modules and data that come with a notebook, in its folder or as uploads of their own, are collected with it.

Who has handed in no notebook that can be graded is collected all the same, with whatever there is: so nobody is told of
as absent who was not. It is said in the words that `autograde`, `report` and `export` have for it.

What a learner has handed in as a zip is opened, and is theirs, whatever the names in it say: the outermost name alone
tells whose something is. Whatever nobody is known to have handed in is named, and stays.
"""

import functools
import json
import logging
import os
import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from course.grading.key import Key, key_of
from course.grading.unfit import why_unfit
from course.plaintext import one_line
from course.teaching import tables
from course.teaching.people import Roster, as_id, name_key
from course.teaching.term import TeachingError
from course.teaching.timing import of_late_mark, times_in
from course.teaching.unpacking import Unpacker, rank

CANVAS = re.compile(r"(?:(?!LATE_|anon_)(?P<name>\w+?)_)?(?P<late>LATE_)?(?P<number>\d+|anon_[0-9A-Za-z]{5})_"
                    r"(?P<upload>\d+)_(?P<file>.*)", re.DOTALL)
# Moodle writes no _ into a name: so a file of Canvas's whose own name is like Moodle's stays one of Canvas's. Whoever
# renamed a folder of Moodle's by hand may have.
MOODLE, RENAMED = (re.compile(rf"(?P<name>{name})_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?",
                              re.DOTALL) for name in ("[^_]+", ".+?"))
PATTERNS = (("moodle", MOODLE), ("canvas", CANVAS), ("moodle", RENAMED))
# "-1" is what Canvas puts behind the name of a file that is handed in again, " (1)" what a browser does
ATTEMPT = re.compile(r"(?P<stem>.+?)(?:-(?P<canvas>\d{1,3})|\s*\((?P<browser>\d{1,3})\)|~(?P<ours>\d{1,3}))?")
RECORD = "learners.json"
OURS = {"timestamp.txt", "submission_secret.txt"}   # of nbgrader's; a learner's own time of handing in is none
MOST_OTHERS = 20        # files of one learner's that are collected in the place of a notebook

# What nbgrader says of each file: 80 lines for 11 learners, among which the few that matter can't be found. Whose file
# can't be graded, was left or was replaced, the lines of this module say.
FOR_EACH_FILE = ("Parsing file: ", "Copying from: ", "  Copying to: ", "Creating timestamp: ", "Start ",
                 "Directory not found. Creating: ", "Clearing existing files in ", "Invalid submission notebook name ")
LEFT = re.compile(r"Skipped submission with no match information provided: .*\.(zip|csv)|\d+ files collected.*",
                  re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Owner:
    """Whose something is, as a name tells it; two of one number are one."""

    lms: str            # "canvas", "moodle" or "folder"
    number: str         # the LMS's, see Upload; of a folder the student's id
    name: str = field(compare=False)


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
        files = [path for path in Path(archive_path).rglob("*") if path.is_file() and not path.name.startswith(".")]
        if not files:
            self.log.warning("There is nothing in %s: put the download of your LMS there.", archive_path)
        _be_brief(self.parent)
        unpacker = Unpacker(extracted_path, functools.partial(_owner, _roster(self.parent)))
        for path in sorted(files, key=lambda path: (rank(path.name), path)):
            unpacker.add(path, path.relative_to(archive_path).parent)
        for line in unpacker.lines():
            self.log.warning("%s", line)


class Collector(FileNameCollectorPlugin):
    """Says of each file whose it is and which notebook; of several attempts it takes the last.

    A student is known by the gradebook's lms_user_id or id (Canvas's number), or by e-mail address or full name;
    Moodle's grading worksheet, put beside the download, gives the addresses. Who is not known is entered under
    Canvas's number or under the name in Moodle.
    """

    _plan = None        # {path: Upload} of what is collected
    _times = None       # {student: when they handed in, in UTC}, where something tells

    def collect(self, submitted_file):
        if self._plan is None:
            self._plan = self._make_plan()
        upload = self._plan.get(os.path.abspath(submitted_file))
        if upload is None:
            return super().collect(submitted_file) if self.named_regexp else None
        time = self._times.get(upload.student)
        return {"student_id": upload.student, "file_id": upload.notebook,
                **({"timestamp": f"{time:%Y-%m-%d %H:%M:%S} UTC"} if time else {})}

    def _make_plan(self):
        """{path: Upload} of the files that are to be collected; writes down whose they were."""
        app = self.parent
        _be_brief(self.parent)
        extracted = Path(app._format_collect_path(app.extracted_directory))
        files = sorted(path for path in extracted.rglob("*") if path.is_file()
                       and not any(part.startswith((".", "__MACOSX")) for part in path.relative_to(extracted).parts))
        roster = _roster(app)
        people, times = _worksheets(extracted, roster, self._tell)
        released = [path.stem for path in
                    Path(app.coursedir.format_path(app.coursedir.release_directory, ".",
                                                   app.coursedir.assignment_id)).glob("*.ipynb")]
        uploads = []
        for path in files:
            is_notebook = path.suffix in self.valid_ext
            upload = read_name(path.relative_to(extracted).as_posix(), roster, ("file",) if is_notebook else None)
            if upload is not None:
                uploads.append(replace(upload, path=str(path), notebook=_notebook(upload, path, released)))
            elif is_notebook:
                self._tell(f"Nobody is known to have handed in {path.relative_to(extracted)}; it was left where it is.")
        uploads = _with_students(uploads, roster, people, self._tell)
        notebooks = [upload for upload in uploads if Path(upload.path).suffix in self.valid_ext]
        chosen = _last_attempts(notebooks, roster.names, self._tell)
        instead, unfit = self._instead([upload for upload in uploads if upload not in notebooks], chosen, roster.names)
        whole = {upload.student for upload in instead}      # all that they handed in is in it
        beside = _beside([upload for upload in chosen if upload.student not in whole], extracted, roster)
        chosen += instead
        late = sorted({upload.student for upload in chosen if upload.late})
        if late:
            self._tell(f"Canvas marks as late, without saying by how much: {roster.names.listed(late)}")
        self._times = self._timed(chosen, times, late, roster.names)
        _write_record(extracted.parent / RECORD, chosen)
        self._sum_up({upload.student for upload in chosen}, unfit, roster.ids)
        return {os.path.abspath(upload.path): upload for upload in [*chosen, *beside]}

    def _timed(self, chosen, times, late, names):
        """{student: when they handed in}, where something tells; of a mark alone, as little late as counts."""
        from nbgrader.api import Gradebook, MissingEntry

        course = self.parent.coursedir
        with Gradebook(course.db_url, course.course_id) as gradebook:
            try:
                due = gradebook.find_assignment(course.assignment_id).duedate
            except MissingEntry:
                due = None
        taken = {student: times[student] for student in {upload.student for upload in chosen} if student in times}
        marked = [student for student in late if student not in times]
        if marked and due is not None:
            time = of_late_mark(due, float(self.parent.config.LatePolicy.get("grace_minutes", 0)))
            taken |= dict.fromkeys(marked, time)
            self._tell(f"Taken for handed in on the first day after the due date: {names.listed(marked)}. A table "
                       "beside the download that says who and when (columns \"id\" and \"submitted\") says more.")
        elif marked:
            self._tell(f"{course.assignment_id} has no due date, so nobody is late: nbgrader db assignment add "
                       f"{course.assignment_id} --duedate … gives it one; then collect again with --force.")
        return taken

    def _instead(self, others, chosen, names):
        """(What is collected of those who have no notebook that can be graded, beside what was chosen; how many they
        are); tells of them."""
        keys, found, unfit = _keys(self.parent), [], 0
        for student in sorted({upload.student for upload in [*others, *chosen]}):
            mine = [upload for upload in chosen if upload.student == student]
            if mine and not _why_unfit(mine, keys):
                continue
            more = _named_apart([upload for upload in others if upload.student == student], mine)
            found += more
            why = _why_unfit([*mine, *more], keys)
            if why:
                self._tell(f"{names[student]}: {why}")
                unfit += 1
        return found, unfit

    def _sum_up(self, here, unfit, known):
        said = f"{len(here)} of {len(here | known)} learners have handed in"
        if unfit:
            said += f", {unfit} of them nothing that can be graded"
        if here - known:
            said += f"; not in the gradebook: {', '.join(sorted(here - known))}"
        self.log.info("%s", one_line(said))

    def _tell(self, text):
        self.log.warning("%s", one_line(text))


def _be_brief(app):
    """Leave out what nbgrader says of each file, but where it is asked for (`--debug`)."""
    if app.log_level != logging.DEBUG and _is_worth_a_line not in app.log.filters:
        app.log.addFilter(_is_worth_a_line)


def _is_worth_a_line(record):
    text = record.getMessage()
    return not (text.startswith(FOR_EACH_FILE) or LEFT.fullmatch(text))


def read_name(path, roster=None, kinds=("file",)):
    """The Upload that a path below the extracted folder tells of, or None; `kinds` are those of Moodle's submissions
    ("file", "onlinetext"), any if None."""
    parts = path.split("/")
    owner, k, match = whose(parts, roster) or (None, 0, None)
    if owner is None or (kinds and match and match.groupdict().get("kind", "file") not in kinds):
        return None
    attempt = _attempt(Path(parts[-1]).stem)[1]
    if match is None:
        return Upload("folder", "", owner.name, False, owner.name + "/", (0, attempt, 0, path))
    last = k == len(parts) - 1
    if last:
        attempt = _attempt(Path(match["file"]).stem)[1]
    if owner.lms == "moodle":
        prefix = parts[k][:match.start("file")] if match["file"] else parts[k] + "/"
        return Upload("moodle", owner.number, owner.name, False, prefix, (0, attempt, 0, path))
    return Upload("canvas", owner.number, owner.name, bool(match["late"]), parts[k][:match.start("file")],
                  (0 if last else _attempt(match["file"])[1], attempt, int(match["upload"]), path))


def whose(parts, roster=None):
    """(Owner, place, match) of the outermost name of a path that tells whose it is, or None; a folder has no match."""
    for k, part in enumerate(parts):
        last = k == len(parts) - 1
        for lms, pattern in PATTERNS:
            match = pattern.fullmatch(part)
            if match and (match["file"] or not last):
                return Owner(lms, match["number"], match["name"] or ""), k, match
        student = None if last or roster is None else roster.find(ids=[part])
        if student:
            return Owner("folder", student, student), k, None
    return None


def _owner(roster, path):
    """The Owner of a path below the extracted folder, by the name that the gradebook has for them; or None."""
    owner, _, _ = whose(path.split("/"), roster) or (None, 0, None)
    if owner is None or owner.lms == "folder":
        return owner
    return replace(owner, name=_surely(owner, roster, {}) or _named(owner, roster)
                   or (f"{owner.name} ({owner.number})" if owner.lms == "canvas" else owner.name))


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


def _worksheets(folder, roster, tell):
    """The tables in a folder, but for what a learner handed in: {participant's number: row} of Moodle's grading
    worksheets, and {student: when they handed in}."""
    rows, times = {}, {}
    for path in sorted(folder.rglob("*.csv")):
        if whose(path.relative_to(folder).parts, roster):
            continue
        try:
            table = tables.read(path)
        except TeachingError as error:
            tell(f"{path.name} was not read: {error}")
            continue
        for row in table.records("Identifier"):
            rows[re.sub(r"\D", "", row["Identifier"])] = row
        times |= times_in(table, roster, tell)
    return rows, times


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


def _named_apart(uploads, beside):
    """Files that are no notebooks, the latest first, each under its own name; a zip that was opened is not needed."""
    opened = {folder for upload in uploads for folder in Path(upload.path).parents}
    taken, found = {upload.notebook for upload in beside}, []
    for upload in sorted(uploads, key=lambda upload: upload.order, reverse=True):
        path = Path(upload.path)
        if path.suffix.lower() == ".zip" and path.with_suffix("") in opened:
            continue
        # a learner's own time of handing in counts for nothing
        stem = "timestamp~1" if upload.notebook.casefold() == "timestamp.txt" else Path(upload.notebook).stem
        name = next(name for k in range(len(taken) + 1)
                    if (name := f"{stem}~{k + 1}{path.suffix}" if k else f"{stem}{path.suffix}") not in taken)
        taken.add(name)
        found.append(replace(upload, notebook=name))
    return found[:MOST_OTHERS]


def _keys(app):
    """{notebook: Key} of the assignment, as the gradebook has it; where it does not know it, a Key without cells."""
    from nbgrader.api import Gradebook, MissingEntry

    assignment = app.coursedir.assignment_id
    with Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        try:
            notebooks = gradebook.find_assignment(assignment).notebooks
            return {notebook.name: key_of(gradebook, notebook.name, assignment, app.coursedir)
                    for notebook in notebooks}
        except MissingEntry:
            return {assignment: Key(assignment, assignment, ())}


def _why_unfit(uploads, keys):
    """Why what a student has handed in can't be graded, once it is collected; or ""."""
    with tempfile.TemporaryDirectory() as folder:
        for upload in uploads:
            shutil.copyfile(upload.path, Path(folder, upload.notebook))
        return why_unfit(Path(folder), keys)


def _last_attempts(uploads, names, tell):
    """Of the files of one student for one notebook the last; the others are named."""
    attempts = {}
    for upload in sorted(uploads, key=lambda upload: upload.order):
        attempts.setdefault((upload.student, upload.notebook), []).append(upload)
    for (student, notebook), (*before, last) in attempts.items():
        if before:
            others = ", ".join(repr(Path(upload.path).name) for upload in before[-3:])
            more = f" and {len(before) - 3} more" if len(before) > 3 else ""
            tell(f"{names[student]} handed in {notebook} more than once: {Path(last.path).name!r} is taken, "
                 f"{others}{more} {'is' if len(before) == 1 else 'are'} not.")
    return [found[-1] for found in attempts.values()]


def _beside(chosen, extracted, roster):
    """Uploads of the modules and data that were handed in with the chosen notebooks.

    Of a folder with a chosen notebook all comes along, but for zips and the notebooks that were not chosen; of other
    uploads the last of each name. How much there may be is the Unpacker's affair.
    """
    students, folders, taken = {}, {}, {}
    for upload in chosen:
        parts = Path(upload.path).relative_to(extracted).parts
        owner, k, _ = whose(parts, roster)
        students[owner] = upload.student
        taken.setdefault(upload.student, set()).add(_key(Path(upload.notebook)))
        if k < len(parts) - 1:
            folders.setdefault(parts[:k + 1], set()).add(Path(*parts[k + 1:-1]))
    found = []
    for path in sorted(path for path in extracted.rglob("*") if path.is_file() and not path.is_symlink()):
        parts = path.relative_to(extracted).parts
        upload = read_name("/".join(parts), roster)
        owner, k, match = whose(parts, roster) or (None, 0, None)
        if upload is None or owner not in students or path.suffix in (".ipynb", ".zip") or \
                any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        within = Path(*parts[k + 1:])
        if k == len(parts) - 1:         # an upload of its own
            own = Path(match["file"])
            name = Path(_attempt(own.stem)[0] + own.suffix)
        elif parts[:k + 1] in folders:
            nearest = max((folder for folder in folders[parts[:k + 1]] if within.is_relative_to(folder)),
                          key=lambda folder: len(folder.parts), default=Path())
            name = within.relative_to(nearest)
        else:                           # of an earlier attempt
            continue
        if name.name.casefold() not in OURS:
            found.append((k < len(parts) - 1, upload.order, replace(
                upload, path=str(path), notebook=str(name), student=students[owner])))
    beside = []
    for *_, upload in sorted(found, key=lambda item: item[:2], reverse=True):
        key, theirs = _key(Path(upload.notebook)), taken[upload.student]
        # no file where another one stands or has to have a folder; nbgrader would end the run there
        if not any(key[:len(other)] == other or other[:len(key)] == key for other in theirs):
            theirs.add(key)
            beside.append(upload)
    return beside


def _key(path):
    """What two paths share that are one on some system."""
    return tuple(unicodedata.normalize("NFKC", part).casefold() for part in path.parts)


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
