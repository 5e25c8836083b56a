"""From which files each submission was graded: a small file in the course folder.

nbgrader tells by its time that a submission was handed in anew. An LMS may tell no times; then the files do.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from course.grading.aside import label, student_of
from course.grading.worker import Job

FILE = ".graded_from.txt"


class GradedFrom:
    """The file's contents: for each submission its digest when it was last graded, a line for each time."""

    def __init__(self, root: str | Path) -> None:
        self.path = Path(root) / FILE
        self._digests: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):      # as if there were none
            for line in self.path.read_text("ascii").splitlines():
                digest, _, who = line.partition(" ")
                self._digests[who] = digest

    def differs(self, job: Job) -> bool:
        """Whether a submission was graded from other files than it has; not where that is not known."""
        known = self._digests.get(label(job))
        return bool(known and job.files and known != job.files)

    def note(self, jobs: Iterable[Job]) -> None:
        """They were graded from the files that they had when they were listed."""
        new = {label(job): job.files for job in jobs if job.files}
        self._digests |= new
        with open(self.path, "a", encoding="ascii") as file:    # a line that a full disk cut off spoils no other
            file.write("".join(f"\n{digest} {who}" for who, digest in new.items()))

    def forget(self, student: str) -> bool:
        """Nothing of a student's stays in it; whether there was anything."""
        kept = {who: digest for who, digest in self._digests.items() if student_of(who) != student}
        if len(kept) == len(self._digests):
            return False
        draft = self.path.with_name(self.path.name + ".part")
        draft.write_text("".join(f"\n{digest} {who}" for who, digest in kept.items()), "ascii")
        os.replace(draft, self.path)
        self._digests = kept
        return True


def digest(folder: Path) -> str:
    """Of the names and contents of a submission's files, as grading finds them; "" where they can't be read."""
    from course.grading.finding import files_of  # here: workers start while others import what it needs

    found = hashlib.sha256()
    with contextlib.suppress(OSError):
        for path in files_of(folder):
            with path.open("rb") as file:
                found.update(ascii(str(path.relative_to(folder))).encode())
                found.update(hashlib.file_digest(file, "sha256").digest())
        return found.hexdigest()
    return ""
