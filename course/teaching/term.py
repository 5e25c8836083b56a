"""The course folder as an instructor's commands see it; what can't be done is said in a sentence."""

import contextlib
import difflib
import functools
import hashlib
import json
import os
import sys
import warnings
from pathlib import Path

from course.grading.named import Names
from course.places import ROOT
from course.plaintext import plain

WRITTEN = ".written.json"       # in the course folder: the pages and tables that the course has written


class TeachingError(Exception):
    """Why a command can't do what it was asked, and what would help, in a sentence or two."""


def in_sentences(command):
    """Let a command's main(argv) end with a sentence and exit code 1 where it can't go on."""
    @functools.wraps(command)
    def run(argv):
        try:
            return command(argv) or 0
        except TeachingError as error:
            print(plain(error), file=sys.stderr)
        except Exception as error:
            if type(error).__module__.split(".")[0] != "sqlalchemy":
                raise
            print(plain(f"The gradebook can't be read or written: {getattr(error, 'orig', error)}."), file=sys.stderr)
        return 1
    return run


class Term:
    """A course folder with its gradebook.

    config      nbgrader_config.py of the current folder, or of the course's own
    course      nbgrader's CourseDirectory
    root        the folder
    gradebook   nbgrader's Gradebook, open
    """

    def __init__(self):
        from nbgrader.coursedir import CourseDirectory

        from course.grading.gradebook import GradingError, load_config, open_gradebook

        warnings.filterwarnings("ignore", category=Warning, module="nbgrader")  # SQLAlchemy's, of nbgrader's models
        self.config = load_config()
        self.config.CourseDirectory.root = self.config.CourseDirectory.get("root", str(ROOT))
        self.course = CourseDirectory(config=self.config)
        self.root = Path(self.course.root)
        file = self.course.db_url.removeprefix("sqlite:///")
        if file != self.course.db_url and not os.path.exists(file):
            raise TeachingError(f"There is no gradebook in {self.root} yet. It begins with the first release:\n"
                                "backprop nbgrader generate_assignment 00_start_here --force")
        try:
            self.gradebook = open_gradebook(self.course)
        except GradingError as error:
            raise TeachingError(str(error)) from None

    def assignment(self, name):
        """nbgrader's Assignment of this name; TeachingError where the gradebook knows none."""
        known = sorted(found.name for found in self.gradebook.assignments)
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise TeachingError(f"The gradebook knows no assignment {name!r}.{meant} "
                                f"It knows: {', '.join(known) or 'none'}.")
        return self.gradebook.find_assignment(name)

    def folder(self, step, student, assignment):
        """The folder of a submission at a step: "submitted", "autograded" or "feedback"."""
        return Path(self.course.format_path(getattr(self.course, f"{step}_directory"), student, assignment))

    def handed_in(self, assignment):
        """The students of whom there is a submission in the submitted folder."""
        pattern = self.folder("submitted", "*", assignment)
        base = next(parent for parent in pattern.parents if "*" not in str(parent))
        return sorted(path.relative_to(base).parts[0] for path in base.glob(str(pattern.relative_to(base)))
                      if path.is_dir())

    def not_graded(self, assignment, graded):
        """{student: why} of those who have handed in what is not graded; the why is "" where nobody has tried.

        graded  the students who have a grade: whose later submission could not be graded is among them
        """
        from course.grading.aside import Aside
        from course.grading.key import key_of
        from course.grading.unfit import why_unfit
        from course.grading.worker import Job

        aside, found = Aside(self.root), {}
        keys = {notebook.name: key_of(self.gradebook, notebook.name, assignment, self.course)
                for notebook in self.gradebook.find_assignment(assignment).notebooks}
        for student in self.handed_in(assignment):
            folder = self.folder("submitted", student, assignment)
            why = aside.not_graded(Job(student, assignment, folder))
            if student not in graded:
                found[student] = why or why_unfit(folder, keys)
            elif why:
                found[student] = f"{why} (an earlier one is graded)"
        return found

    def names(self):
        """The Names of the gradebook's students."""
        return Names(self.gradebook.students)

    def close(self):
        self.gradebook.close()


@contextlib.contextmanager
def open_term():
    """The Term of the current folder, closed at the end."""
    term = Term()
    try:
        yield term
    finally:
        term.close()


def write_new(path, content, force=False, root=None):
    """Write a file whole or not at all; TeachingError where there is one already that nobody allowed to replace.

    root  the course folder: what the course has written itself, and nobody has changed since, it may write over
    """
    path = Path(path)
    if path.exists() and not force and not (root and is_ours(path, root)):
        raise TeachingError(f"{path} is there already, and left as it is: it was changed, or is not the course's. "
                            "Name another file with --output, or allow it to be replaced with --force.")
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, content)
    if root:
        known = {name: digest for name, digest in written(root).items() if os.path.exists(name)}
        known[str(path.resolve())] = hashlib.sha256(content).hexdigest()
        _replace(Path(root, WRITTEN), json.dumps(known, indent=1).encode())


def written(root):
    """{path: sha256} of what the course has written for an instructor."""
    try:
        return dict(json.loads(Path(root, WRITTEN).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def is_ours(path, root):
    """Whether a file is as the course has written it."""
    try:
        return written(root).get(str(Path(path).resolve())) == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return False


def _replace(path, content):
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(content)
    os.replace(draft, path)
