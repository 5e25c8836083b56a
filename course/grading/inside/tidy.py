"""Takes away what the calls of one test leave behind, before anything else of the submission runs.

It works in init, out of the submission's reach, and looks twice: before the learner's process is copied for a test,
and when the test is done. Processes that were not there before are ended; folders are put back as they were. What goes
wrong raises: then the submission's processes end, and what follows gets new ones.
"""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from course.grading.inside.tree import descendants, running

SECONDS = 5.0  # in which all that is new must have ended, however fast it multiplies
SHORT = 0.0002  # what a process needs to see that it was killed


class Tidy:
    """For the processes below this one.

    folders  those that the submission can write to
    store    a folder for copies, out of its reach
    """

    def __init__(self, folders, store):
        self._folders, self._store = folders, store
        self._processes, self._before = set(), {}

    def begin(self):
        """A test begins: remember what is there."""
        self._processes = _alive()
        self._before = {folder: _listing(folder) for folder in self._folders}
        for k, folder in enumerate(self._folders):
            copy = os.path.join(self._store, str(k))
            shutil.rmtree(copy, ignore_errors=True)
            if len(self._before[folder]) > 1:
                _copy(folder, copy)

    def end(self):
        """The test is done: put back what `begin` has seen."""
        deadline = time.monotonic() + SECONDS
        while new := _alive() - self._processes:
            if time.monotonic() > deadline:
                raise RuntimeError("what a test started does not end")
            for pid, _ in new:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(SHORT)
        for k, folder in enumerate(self._folders):
            if _listing(folder) != self._before[folder]:
                for name in os.listdir(folder):
                    path = os.path.join(folder, name)
                    shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
                copy = os.path.join(self._store, str(k))
                if os.path.isdir(copy):
                    _copy(copy, folder)


def _copy(source, target):
    """A tree of files, folders and links; a pipe or a socket is nothing without the process that made it."""
    def ignore(folder, names):
        return [name for name in names
                if not ((path := Path(folder, name)).is_symlink() or path.is_file() or path.is_dir())]

    shutil.copytree(source, target, symlinks=True, ignore=ignore, dirs_exist_ok=True)


def _listing(folder):
    """What tells whether anything in a folder was changed: the folder itself, and all below."""
    found, queue = {folder: _about(os.stat(folder))}, [folder]
    while queue:
        with os.scandir(queue.pop()) as entries:
            for entry in entries:
                found[entry.path] = _about(entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    queue.append(entry.path)
    return found


def _about(stat):
    return stat.st_mode, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _alive():
    """(process, when it started) of all below this one that still run."""
    found = set()
    for pid in filter(running, descendants(os.getpid())):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
            found.add((pid, int(file.read().rpartition(")")[2].split()[19])))
    return found
