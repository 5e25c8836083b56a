"""`backprop forget`: a learner and their work, out of the gradebook and off the disk; then who still holds them.

Out of files that hold the work of many (the LMS's download, the zip of feedback) theirs alone is taken. Pages and
tables that the course has written are removed where they hold them: the same commands write them anew. What you have
written or keep yourself is named, and left.
"""

import argparse
import difflib
import json
import os
import re
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from course.grading.aside import Aside
from course.grading.graded import GradedFrom
from course.grading.lateness import Extensions
from course.grading.named import full_name
from course.plaintext import file_name, in_a_sentence, one_line
from course.teaching.answering import FOLDER as SIMILAR
from course.teaching.collecting import RECORD, _owner, read_record, whose
from course.teaching.people import Roster, as_id
from course.teaching.term import TeachingError, in_sentences, open_term, written

STEPS = ("submitted", "autograded", "feedback")
# what is the course's own, and holds nobody
NOT_SEARCHED = {".venv", ".git", "__pycache__", "node_modules", "autodiff", "benchmarks", "course", "docs", "exercises",
                "solutions", "tests", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml",
                "constraints.txt"}
LOG = ".nbgrader.log"
MOST_SEARCHED = 100_000_000     # bytes of a file
SHORTEST = 3                    # characters of what is searched for within files


@in_sentences
def main(argv):
    """Remove, and name what is left."""
    parser = argparse.ArgumentParser(prog="backprop forget", description=__doc__.split("\n\n")[0],
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog=__doc__.split("\n\n", 1)[1])
    parser.add_argument("learner", help="the id in the gradebook, which is the name of the folders")
    parser.add_argument("--dry-run", action="store_true", help="name what would be removed, and remove nothing")
    options = parser.parse_args(argv)
    with open_term() as term:
        learner = _Learner(term, options.learner)
        told = list(learner.remove(options.dry_run))
        root, engine = term.root, term.gradebook.engine
    if not options.dry_run:         # what a database has removed it only marks as free
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("VACUUM" if engine.dialect.name == "sqlite" else "VACUUM FULL"))
        engine.dispose()
    print("\n".join(map(one_line, told)) or f"{learner.name}: nothing was there to be removed.")
    if options.dry_run:
        return 0
    held = learner.held(root)
    if held:
        print(one_line(f"Still hold {learner.name}, and were left, as they are not the course's: {', '.join(held)}"))
    print("Tables, zips and backups in other folders are yours to look through.")
    return 0


class _Learner:
    """A learner, and what of the course folder is theirs."""

    def __init__(self, term, name):
        self.term, self.id = term, name
        students = {student.id: student for student in term.gradebook.students}
        self.student = students.get(name)
        self.name = full_name(self.student) if self.student else name
        self.roster = Roster(students.values())
        self.folders = [path for step in STEPS for path in self._folders(step)]
        self.folders += sorted(term.root.glob(f"{SIMILAR}/*/submissions/{_literal(file_name(name))}"))
        self.inbound = sorted(Path(term.config.Exchange.get("root", str(term.root / "exchange"))).glob(
            f"*/inbound/*/{_literal(name)}+*"))
        self.records = {path: name for path in sorted(term.root.glob(f"downloaded/*/{RECORD}"))
                        if name in read_record(term.root, path.parent.name)}
        if not (self.student or self.folders or self.inbound or self.records):
            near = difflib.get_close_matches(name, students, 1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise TeachingError(f"Nobody here is called {name!r}.{meant}")
        about = self.student
        self.words = {word for word in ([name, about.email, about.lms_user_id, full_name(about, with_id=False)]
                                        if about else [name]) if word and len(word) >= SHORTEST}

    def _folders(self, step):
        pattern = self.term.folder(step, self.id, "*")
        folder = next(parent for parent in [pattern, *pattern.parents] if "*" not in str(parent))
        if folder.name == self.id:
            return [folder] if folder.is_dir() else []
        return sorted(path for path in folder.glob(str(pattern.relative_to(folder))) if path.is_dir())

    def remove(self, dry):
        """Take everything of theirs away; a line for each thing."""
        released = self._released_feedback()            # known by what lies in their folders
        if self.student:
            yield f"gradebook: {self.name}, with all grades"
            if not dry:
                self.term.gradebook.remove_student(self.id)
        for path in [*self.folders, *self.inbound]:
            yield f"folder: {self._shown(path)}"
            if not dry:
                for here, folders, _ in os.walk(path):      # graded ones may be read-only
                    for name in ["", *folders]:
                        with suppress(OSError):
                            os.chmod(Path(here, name), 0o755)
                shutil.rmtree(path)
        for path in released:
            yield f"released feedback: {self._shown(path)}"
            if not dry:
                path.unlink()
        yield from self._out_of_zips(dry)
        yield from self._out_of_downloads(dry)
        if not dry and Aside(self.term.root).forget(self.id):
            yield "notes on what could not be graded"
        if not dry and GradedFrom(self.term.root).forget(self.id):
            yield "notes on what was graded"
        if not dry and Extensions(self.term.root).forget(self.id):
            yield "extensions"
        yield from self._out_of_the_log(self.term.root / LOG, dry)
        for path in sorted(map(Path, written(self.term.root))):
            if path.suffix != ".zip" and path.is_relative_to(self.term.root) and path.is_file() and self._is_in(path):
                yield f"written by the course, make it anew: {self._shown(path)}"
                if not dry:
                    path.unlink()

    def _out_of_the_log(self, path, dry):
        with suppress(OSError):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not self._is_told_in(line)]
            if kept != lines:
                yield f"{len(lines) - len(kept)} lines of {self._shown(path)}"
                if not dry:
                    path.write_bytes(b"".join(kept))

    def _released_feedback(self):
        from nbgrader.utils import notebook_hash

        found = []
        secrets = [path for folder in [*self.folders, *self.inbound] for path in folder.rglob("submission_secret.txt")]
        for secret in secrets:
            for page in {path.stem for path in secret.parent.glob("*.ipynb")} | {
                    path.stem for path in secret.parent.glob("*.html")}:
                name = notebook_hash(secret=secret.read_text(), notebook_id=page)
                found += Path(self.term.config.Exchange.get("root", str(self.term.root / "exchange"))).glob(
                    f"*/feedback/*/{name}*.html")
        return sorted(set(found))

    def _out_of_zips(self, dry):
        """Their pages, out of the zips of feedback."""
        for path in sorted(self.term.root.glob("feedback/*.zip")):
            prefixes = [f"{file_name(self.id)}/"]
            prefix = read_record(self.term.root, path.stem).get(self.id, {}).get("prefix")
            yield from self._rewritten(path, lambda name, known=[*prefixes, *([prefix] if prefix else [])]: any(
                name.startswith(start) for start in known), dry)

    def _out_of_downloads(self, dry):
        for path in self.records:
            record = read_record(self.term.root, path.parent.name)
            about = record.pop(self.id)
            yield f"what the LMS calls them: {self._shown(path)}"
            if not dry:
                path.write_text(json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
            self.words |= {about["number"]} if len(about.get("number", "")) >= SHORTEST else set()
        for folder in sorted(self.term.root.glob("downloaded/*")):
            for path in sorted(folder.glob("archive/**/*")):
                if not path.is_file():
                    continue
                if self._theirs(path.relative_to(folder / "archive").with_suffix("").as_posix()
                                if path.suffix.lower() == ".zip" else path.relative_to(folder / "archive").as_posix(),
                                folder.name):
                    yield f"downloaded: {self._shown(path)}"
                    if not dry:
                        path.unlink()
                elif path.suffix.lower() == ".zip":
                    yield from self._rewritten(path, lambda name, of=folder.name: self._theirs(name, of), dry)
            theirs = [path for path in sorted(folder.glob("extracted/**/*")) if path.is_file()
                      and self._theirs(path.relative_to(folder / "extracted").as_posix(), folder.name)]
            for path in theirs:
                yield f"downloaded: {self._shown(path)}"
                if not dry:
                    path.unlink()
            for path in sorted((path for path in folder.glob("extracted/**/*") if path.is_dir()), reverse=True):
                if not dry and not any(path.iterdir()):
                    path.rmdir()

    def _theirs(self, name, assignment):
        """Whether a path in a download tells that it is theirs, as collecting has it."""
        parts = name.split("/")
        found = whose(parts, self.roster) or whose([*parts, "x"], self.roster)
        if found is None:
            return False
        owner, k, match = found
        about = read_record(self.term.root, assignment).get(self.id) or self._known.get(assignment)
        if about and about.get("number") and (owner.lms, owner.number) == (about["lms"], about["number"]):
            return True
        known = _owner(self.roster, "/".join(parts if match is None or match["file"] or k < len(parts) - 1
                                             else [*parts, "x"]))
        return bool(known) and self.id in (known.name, as_id(known.number) if known.number else "", as_id(known.name))

    @property
    def _known(self):
        """What records said of them before they were taken away."""
        if not hasattr(self, "_records"):
            self._records = {path.parent.name: read_record(self.term.root, path.parent.name).get(self.id)
                             for path in self.records}
        return self._records

    def _rewritten(self, path, theirs, dry):
        """A zip without the members that are theirs."""
        try:
            with zipfile.ZipFile(path) as source:
                names = [info.filename for info in source.infolist() if theirs(info.filename)]
                if not names:
                    return
                yield f"in {self._shown(path)}: {', '.join(names[:3])}{'' if len(names) < 4 else ' …'}"
                if dry:
                    return
                draft = path.with_name(path.name + ".part")
                with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as target:
                    for info in source.infolist():
                        if info.filename not in names:
                            target.writestr(info, source.read(info))
            os.replace(draft, path)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
            yield f"{self._shown(path)} can't be rewritten ({in_a_sentence(error)}); remove it where it holds them"

    def held(self, root):
        """The files in the course folder that still hold the learner, by name or by what is in them."""
        found = []
        for here, folders, files in os.walk(root):
            top = NOT_SEARCHED if Path(here) == root else {"__pycache__"}
            folders[:], files = (sorted(set(names) - top) for names in (folders, files))
            found += [self._shown(Path(here, name)) + os.sep for name in folders if self._names(name)]
            found += [self._shown(Path(here, name)) for name in files
                      if self._names(name) or self._is_in(Path(here, name))]
        return found

    def _names(self, name):
        return name == self.id or (len(self.id) >= SHORTEST
                                   and bool(re.search(rf"(?<!\w){re.escape(self.id)}(?!\w)", name)))

    def _is_in(self, path):
        with suppress(OSError):
            if path.is_symlink() or path.stat().st_size > MOST_SEARCHED:
                return False
            return self._is_told_in(path.read_bytes())
        return False

    def _is_told_in(self, content):
        forms = {form for word in self.words for form in (word.encode(), json.dumps(word)[1:-1].encode())}
        return any(re.search(rb"(?<![\w.@-])" + re.escape(form) + rb"(?![\w@-])", content) for form in forms)

    def _shown(self, path):
        return str(path.relative_to(self.term.root)) if path.is_relative_to(self.term.root) else str(path)


def _literal(name):
    return re.sub(r"([*?\[])", r"[\1]", name)
