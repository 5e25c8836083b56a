"""Starts the warm process in its sandbox, and lets it fork a process for each submission.

Linux with bubblewrap: the warm process sees a read-only system, Python, its packages, and the few modules that
it runs; no network, nothing of the course, of its answers, of other people. Elsewhere, and only when asked for,
it is a plain process: separation without isolation.
"""

import atexit
import os
import select
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from course.grading.inside.wire import Closed, Late, Wire

PACKAGE = Path(__file__).resolve().parents[1]
CARRIED = ("checks/codec.py", "checks/answering.py", "grading/inside/__init__.py", "grading/inside/wire.py",
           "grading/inside/lockdown.py", "grading/inside/learner.py", "grading/inside/warm.py")
EMPTY = ("__init__.py", "checks/__init__.py", "grading/__init__.py")
CODE = "/grading"
HOME = "/submission"  # where a submission lives, in there
START = 60.0  # seconds in which the warm process must be up
NOBODY = "65534"


class NoIsolation(RuntimeError):
    """Submissions can't be isolated on this machine; the message says why and how to go on."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one submission."""

    memory: int = 4096  # MB of address space of one process
    tree: int = 1024  # MB of memory of all its processes together, beyond what they share with the warm one
    processes: int = 64
    file: int = 64  # MB, the largest file
    disk: int = 128  # MB, in each folder of its own
    cpu: int = 600  # seconds of one process
    blocked: tuple[str, ...] = ()  # modules that can't be imported


class Nursery:
    """The warm process. `fork(limits)` gives (wire to a learner's process, wire to its supervisor).

    packages  those of this project that submissions may import, beside what is installed
    plots     whether matplotlib is imported: it doubles the memory of the process, and so the time of each fork
    """

    def __init__(self, isolation: bool = True, packages: Iterable[str] = (), plots: bool = False) -> None:
        self.isolation, self.plots = isolation, plots
        self._code = tempfile.mkdtemp(prefix="grading-")
        self._requests: Wire | None = None
        self._process: subprocess.Popen | None = None
        self._log: IO[bytes] | None = None
        atexit.register(self.close)
        try:
            _carry(Path(self._code), packages)
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-c",
                   f"import sys; sys.path.insert(0, {CODE if self.isolation else self._code!r}); "
                   "from course.grading.inside import warm; "
                   f"warm.main({theirs.fileno()}, {own_folders() if self.isolation else []}, {self.plots})"]
        if self.isolation:
            command = [*sandbox(self._code), *command]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the process
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log, cwd="/",
                pass_fds=[theirs.fileno()], env=_environment())
        self._requests = Wire(ours)
        try:
            self._requests.receive(START)
        except (Closed, Late):
            self._process.kill()
            self._process.wait()
            raise NoIsolation(self._why()) from None

    def _why(self) -> str:
        said = self.said().strip().splitlines()
        what = "The sandbox" if self.isolation else "The process for submissions"
        return f"{what} did not start. It said: {' '.join(said[-3:]) or 'nothing'}"

    def fork(self, limits: Limits) -> tuple[Wire, Wire]:
        """A new process for a submission: (Wire to it, Wire to its supervisor). Hanging up the latter ends it."""
        if self._requests is None:
            raise Closed
        channel, theirs = socket.socketpair()
        control, supervisor = socket.socketpair()
        with theirs, supervisor:
            self._requests.send(asdict(limits), [theirs.fileno(), supervisor.fileno()])
        return Wire(channel), Wire(control)

    def alive(self, seconds: float = 0.0) -> bool:
        """Whether the warm process is there; it is watched for `seconds`. It never writes, so what comes is its end."""
        return self._requests is not None and not select.select([self._requests], [], [], seconds)[0]

    def said(self) -> str:
        """What the processes behind have reported of themselves, for a log."""
        if self._log is None:
            return ""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def close(self) -> None:
        """End the warm process, and with it everything that it forked."""
        atexit.unregister(self.close)
        if self._requests:
            self._requests.close()
        if self._process:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._log:
            self._log.close()
        shutil.rmtree(self._code, ignore_errors=True)


def _carry(folder: Path, packages: Iterable[str]) -> None:
    """Copy the modules that run inside: what a submission could read holds no test and no answer."""
    for name in EMPTY:
        path = folder / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    for name in CARRIED:
        path = folder / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE / name, path)
    for name in packages:
        shutil.copytree(PACKAGE.parent / name, folder / "packages" / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _environment() -> dict[str, str]:
    """No secret of the grader's in the environment; one thread for linear algebra."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/tmp",
            **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}}


def sandbox(code: str) -> list[str]:
    """The command line of bubblewrap around the warm process; NoIsolation where there is none."""
    if sys.platform != "linux":
        raise NoIsolation(f"Submissions can be isolated on Linux only; this is {sys.platform}.")
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise NoIsolation("Submissions are isolated with bubblewrap, and the program bwrap is not here "
                          "(on Debian and Ubuntu: sudo apt install bubblewrap).")
    root = os.getuid() == 0
    command = [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent",
               "--new-session", "--clearenv"]
    if not root:
        command += ["--unshare-user"]
    for name, value in _environment().items():
        command += ["--setenv", name, value]
    command += ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/sbin", "/lib", "/lib64", "/lib32"):
        if os.path.islink(name):
            command += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            command += ["--ro-bind", name, name]
    for name in ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/etc/alternatives"):
        command += ["--ro-bind-try", name, name]
    command += ["--dir", "/tmp", "--perms", "0777", "--tmpfs", HOME, "--dev", "/dev",
                "--proc", "/proc", "--ro-bind", "/proc", "/mnt", "--ro-bind", code, CODE]
    for folder in _pythons():
        for parent in reversed(Path(folder).parents[:-1]):
            command += ["--dir", str(parent)]  # or bubblewrap makes it for root alone
        command += ["--ro-bind", folder, folder]
    command += ["--remount-ro", "/"]
    if root:
        # Root is bound by no limit on processes, so whoever grades as root becomes nobody in there.
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise NoIsolation("Grading as root needs the program setpriv (util-linux), and it is not here.")
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP", setpriv,
                    "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--ambient-caps=-all", "--inh-caps=-all",
                    "--bounding-set=-all", "--no-new-privs"]
    return command


def own_folders() -> list[str]:
    """The folders that a submission gets empty and to itself: /tmp not where Python itself lies in it."""
    return [HOME, "/dev/shm", *(["/tmp"] if not any(path.startswith("/tmp/") for path in _pythons()) else [])]


def _pythons() -> list[str]:
    """The folders of this Python and its packages, none inside another; /usr is there anyway."""
    paths = {sys.prefix, sys.base_prefix, os.path.dirname(os.path.realpath(sys.executable)),
             *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))}
    paths = {path for path in paths if path != "/usr" and not path.startswith("/usr/")}
    return sorted(path for path in paths
                  if not any(path != other and path.startswith(other.rstrip("/") + "/") for other in paths))
