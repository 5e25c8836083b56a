"""A control group for each submission, where this user may have some: the kernel then holds its memory to a bound.

The supervisor's looks (inside/warm.py) hold everywhere, but what grows between two of them passes. With systemd, the
sandbox is started in a scope of its own that is delegated to this user, below which each submission gets a group. See
cgroups(7), systemd-run(1), and Documentation/admin-guide/cgroup-v2.rst of Linux.
"""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
MORE = 1.25  # times what is allowed: the looks, which can say what happened, shall be first
TRY = 10.0  # seconds


def scope():
    """(Words before a command that start it in a scope of its own, the environment they need); ([], {}) if in vain."""
    run = shutil.which("systemd-run")
    with contextlib.suppress(OSError, subprocess.SubprocessError):      # version 1, or none; refused
        if run and "memory" in (MOUNT / "cgroup.controllers").read_text().split():
            words = [run, *([] if os.getuid() == 0 else ["--user"]),
                     "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--"]
            subprocess.run([*words, "true"], capture_output=True, stdin=subprocess.DEVNULL, timeout=TRY, check=True)
            names = {"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"} & os.environ.keys()
            return words, {name: os.environ[name] for name in names}
    return [], {}


class Groups:
    """The groups below the scope in which a process was started. OSError where they can't be had."""

    def __init__(self, pid):
        self._folder, self._made = _group_of(pid), 0
        if self._folder == _group_of(os.getpid()):
            raise OSError("it has no scope of its own")
        self._group("sandbox")
        for one in (self._folder / "cgroup.procs").read_text().split():      # a group with groups has no processes
            with contextlib.suppress(ProcessLookupError):
                (self._folder / "sandbox" / "cgroup.procs").write_text(one)
        (self._folder / "cgroup.subtree_control").write_text("+memory")

    def new(self, megabytes):
        """A descriptor by which a process joins a new group: it writes 0."""
        for old in self._folder.glob("submission-*"):
            with contextlib.suppress(OSError):      # some of its processes have not ended yet
                old.rmdir()
        self._made += 1
        group = self._group(f"submission-{self._made}")
        (group / "memory.max").write_text(str(int(MORE * megabytes) << 20))
        (group / "memory.oom.group").write_text("1")
        with contextlib.suppress(OSError):      # where there is no swap
            (group / "memory.swap.max").write_text("0")
        return os.open(group / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def _group(self, name):
        path = self._folder / name
        path.mkdir(exist_ok=True)
        return path


def _group_of(pid):
    """The folder of a process's group."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return MOUNT / line.removeprefix("0::").lstrip("/")
    raise OSError("control groups of version 2 are not in use")
