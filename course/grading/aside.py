"""Submissions that could not be graded, and why: two small files in the course folder.

What a run could not get over is set aside: the next one does not try it. Of the rest, `report` and `export` say what
`autograde` has said. It also says which submission is being entered into the gradebook: where that ended the run, the
next one enters it in a process of its own.
"""

import ast
import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from course.grading.worker import Job

FILE = ".set_aside.json"
FAILED = ".not_graded.json"


class Aside:
    """The files' contents: why each was set aside, or not graded, and what was being entered when a run ended.

    A submission is no longer the one of which that was said when its files' names, times or sizes have changed.
    """

    def __init__(self, root: str | Path) -> None:
        self.path = Path(root) / FILE
        self._why: dict[str, tuple[str, str]] = {}      # who: why, and the files
        self._failed: dict[str, tuple[str, str]] = {}   # the same of those that are tried again
        self._entering: set[str] = set()
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError, AttributeError):      # as if it had none
            found = json.loads(self.path.read_text(encoding="utf-8"))
            self._why = {who: (str(why), str(files)) for who, (why, files) in found["set aside"].items()}
            self._entering = set(map(str, found["entering"]))
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
            found = json.loads(self.path.with_name(FAILED).read_text(encoding="utf-8"))
            self._failed = {who: (str(why), str(files)) for who, (why, files) in found.items()}

    def because(self, job: Job) -> str:
        """Why a submission was set aside; "" where it was not."""
        why, files = self._why.get(label(job), ("", ""))
        return why if files == _files(job) else ""

    def not_graded(self, job: Job) -> str:
        """Why a submission could not be graded, set aside or not; "" where it was graded, or nobody has tried."""
        why, files = self._failed.get(label(job)) or self._why.get(label(job), ("", ""))
        return why if why and files == _files(job) else ""

    def put(self, job: Job, why: str) -> None:
        self._why[label(job)] = why, _files(job)
        self._save()

    def note(self, job: Job, why: str) -> None:
        """It could not be graded; the next run tries again."""
        self._failed[label(job)] = why, _files(job)
        self._save_failed()

    def take_back(self, job: Job) -> None:
        """It was graded after all."""
        if self._why.pop(label(job), None):
            self._save()
        if self._failed.pop(label(job), None):
            self._save_failed()

    def forget(self, student: str) -> bool:
        """Nothing of a student's stays in it; whether there was anything."""
        held = [who for who in {*self._why, *self._failed, *self._entering} if student_of(who) == student]
        for who in held:
            self._why.pop(who, None)
            self._failed.pop(who, None)
            self._entering.discard(who)
        self._save()
        self._save_failed()
        return bool(held)

    def ended_a_run(self, job: Job) -> bool:
        """Whether an earlier run ended while it entered this submission."""
        return label(job) in self._entering

    @contextlib.contextmanager
    def entering(self, *jobs: Job) -> Iterator[None]:
        """Note that submissions are being entered: the note stays where this process ends in here."""
        self._entering.update(map(label, jobs))
        self._save()
        try:
            yield
        finally:
            self._entering.difference_update(map(label, jobs))
            self._save()

    def _save(self) -> None:
        _write(self.path, (self._why or self._entering) and
               {"set aside": self._why, "entering": sorted(self._entering)})

    def _save_failed(self) -> None:
        _write(self.path.with_name(FAILED), self._failed)


def _write(path: Path, content: object) -> None:
    """A file that stands as long as there is something in it."""
    if not content:
        path.unlink(missing_ok=True)
        return
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(content, indent=1))
    os.replace(draft, path)


def label(job: Job) -> str:
    """What a submission is called in the course folder's own files: plain text, whatever a learner is called."""
    return ascii(f"{job.assignment}/{job.student}")


def student_of(label: str) -> str:
    """The student of a submission that is called so; "" where that is no label."""
    with contextlib.suppress(SyntaxError, ValueError, LookupError):
        return ast.literal_eval(label).split("/", 1)[1]
    return ""


def _files(job: Job) -> str:
    from course.grading.finding import files_of  # here: workers start while others import what it needs

    with contextlib.suppress(OSError):
        found = [(str(path.relative_to(job.folder)), path.lstat().st_mtime_ns, path.lstat().st_size)
                 for path in files_of(job.folder)]
        return hashlib.sha256(ascii(found).encode()).hexdigest()
    return ""
