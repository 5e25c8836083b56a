"""The course folder as an instructor's commands see it; what can't be done is said in a sentence."""

import contextlib
import difflib
import functools
import os
import sys
import warnings
from pathlib import Path

from course.places import ROOT
from course.plaintext import plain


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
        except OSError as error:
            print(plain(f"{error.filename or 'A file'} can't be read or written: {error.strerror or error}."),
                  file=sys.stderr)
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
        from nbgrader.api import Gradebook
        from nbgrader.coursedir import CourseDirectory

        from course.grading.gradebook import load_config

        warnings.filterwarnings("ignore", category=Warning, module="nbgrader")  # SQLAlchemy's, of nbgrader's models
        self.config = load_config()
        self.config.CourseDirectory.root = self.config.CourseDirectory.get("root", str(ROOT))
        self.course = CourseDirectory(config=self.config)
        self.root = Path(self.course.root)
        file = self.course.db_url.removeprefix("sqlite:///")
        if file != self.course.db_url and not os.path.exists(file):
            raise TeachingError(f"There is no gradebook in {self.root} yet. It begins with the first release:\n"
                                "backprop nbgrader generate_assignment 00_start_here --force")
        self.gradebook = Gradebook(self.course.db_url, self.course.course_id)

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


def write_new(path, content, force=False):
    """Write a file whole or not at all; TeachingError where there is one already that nobody allowed to replace."""
    path = Path(path)
    if path.exists() and not force:
        raise TeachingError(f"{path} is there already and was left as it is. Name another file with --output, or "
                            "allow it to be replaced with --force.")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(content)
    os.replace(draft, path)
