"""Starts the warm process in its sandbox, and lets it fork a process for each submission.

Linux with bubblewrap: the warm process sees a read-only system, Python, its packages but for those that an assignment
forbids, and the few modules that it runs; no network, nothing of the course, of its answers, of other people.
Elsewhere, and only when asked for, it is a plain process: separation without isolation.
"""

import atexit
import contextlib
import functools
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

from course.grading import cgroup
from course.grading.inside.wire import Closed, Late, Wire

PACKAGE = Path(__file__).resolve().parents[1]
INSIDE = ("__init__", "wire", "lockdown", "seccomp", "tree", "tidy", "learner", "warm")
CARRIED = ("checks/codec.py", "checks/answering.py", *(f"grading/inside/{name}.py" for name in INSIDE))
EMPTY = ("__init__.py", "checks/__init__.py", "grading/__init__.py")
CODE = "/grading"
HOME = "/submission"  # where a submission lives, in there
START = 60.0  # seconds in which the warm process must be up
NOBODY = "65534"
# What a machine may lack beside bubblewrap: grading goes on, and says so.
LACKS = {
    "lockdown.new_keyring": "This machine gives a submission no keyring of its own: what one leaves there, the next "
                            "could read.",
    "seccomp.install": "This machine has no filter for system calls: what a submission asks of the kernel is limited "
                       "by its namespaces alone.",
}
OURS = ("autodiff", "course")   # never there to be read, where the course is installed as a package
MISSING = """raise ModuleNotFoundError(f"No module named {__name__!r}", name=__name__)\n"""


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
    """The warm process. `fork(limits)` gives wires to a learner's process, to its supervisor, and to its init.

    packages  those of this project that submissions may import, beside what is installed
    plots     whether matplotlib is imported: it doubles the memory of the process, and so the time of each fork
    blocked   modules that submissions must not find
    lacks     sentences about what isolation can't do on this machine; there when the process has started
    """

    def __init__(self, isolation: bool = True, packages: Iterable[str] = (), plots: bool = False,
                 blocked: Iterable[str] = ()) -> None:
        self.isolation, self.plots, self.blocked = isolation, plots, tuple(blocked)
        self.lacks: tuple[str, ...] = ()
        self._code = tempfile.mkdtemp(prefix="grading-")
        self._requests: Wire | None = None
        self._process: subprocess.Popen | None = None
        self._log: IO[bytes] | None = None
        self._groups: cgroup.Groups | None = None
        atexit.register(self.close)
        try:
            _carry(Path(self._code), packages)
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        folders = own_folders() if self.isolation else []
        command = [sys.executable, "-I", "-c",
                   f"import sys; sys.path.insert(0, {CODE if self.isolation else self._code!r}); "
                   "from course.grading.inside import warm; "
                   f"warm.main({theirs.fileno()}, {folders}, {own_cpu()}, {self.plots})"]
        environment = _environment()
        if self.isolation:
            scope, needed = cgroup.scope()
            command = [*scope, *sandbox(self._code, self.blocked), *command]
            environment |= needed       # bubblewrap clears it
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the process
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log, cwd="/",
                pass_fds=[theirs.fileno()], env=environment)
        self._requests = Wire(ours)
        try:
            self.lacks = tuple(LACKS[name] for name in self._requests.receive(START)["lacks"])
        except (Closed, Late):
            self._process.kill()
            self._process.wait()
            raise NoIsolation(self._why()) from None
        if self.isolation and scope:
            with contextlib.suppress(OSError):
                self._groups = cgroup.Groups(self._process.pid)

    def _why(self) -> str:
        said = self.said().strip().splitlines()
        what = "The sandbox" if self.isolation else "The process for submissions"
        return f"{what} did not start. It said: {' '.join(said[-3:]) or 'nothing'}"

    def fork(self, limits: Limits) -> tuple[Wire, Wire, Wire]:
        """A new process for a submission: (Wire to it, Wire to its supervisor, Wire to its init).

        Hanging up the supervisor's ends it. Init takes {"do": "begin"} before a test and {"do": "end"} after it, and
        answers when it has done what tidy.py says.
        """
        if self._requests is None:
            raise Closed
        pairs = [socket.socketpair() for _ in range(3)]
        group: list[int] = []
        if self._groups:
            with contextlib.suppress(OSError):
                group = [self._groups.new(limits.tree)]
        self._requests.send(asdict(limits), [*(theirs.fileno() for _, theirs in pairs), *group])
        for _, theirs in pairs:
            theirs.close()
        for fd in group:
            os.close(fd)
        channel, control, room = (Wire(ours) for ours, _ in pairs)
        return channel, control, room

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
    (folder / "missing" / "folder").mkdir(parents=True)
    (folder / "missing" / "folder" / "__init__.py").write_text(MISSING)
    (folder / "missing" / "module.py").write_text(MISSING)
    (folder / "missing" / "about").mkdir()
    for name in packages:
        shutil.copytree(PACKAGE.parent / name, folder / "packages" / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _environment() -> dict[str, str]:
    """No secret of the grader's in the environment; one thread for linear algebra."""
    return {"PATH": f"{os.path.dirname(sys.executable)}:/usr/bin:/bin",
            "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/tmp",
            **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}}


def sandbox(code: str, blocked: Iterable[str] = ()) -> list[str]:
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
                "--dev-bind", "/dev/null", "/dev/zero",     # mapped, it would be memory that nobody counts
                "--proc", "/proc", "--ro-bind", "/proc", "/mnt", "--ro-bind", code, CODE]
    for folder in _pythons():
        for parent in reversed(Path(folder).parents[:-1]):
            command += ["--dir", str(parent)]  # or bubblewrap makes it for root alone
        command += ["--ro-bind", folder, folder]
    for path, instead in hidden({*blocked, *OURS}):
        command += ["--ro-bind", f"{code}/missing/{instead}", path]
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


@functools.cache
def _packages():
    """The folders with packages that any Python in the sandbox would look into."""
    roots = [Path(root) for root in ("/usr", "/usr/local", *_pythons())]
    found = {path for root in roots for pattern in ("lib*/python3*/site-packages", "lib*/python3*/dist-packages",
                                                    "Lib/site-packages") for path in root.glob(pattern)}
    return sorted({path.resolve() for path in found})


def hidden(modules):
    """What of forbidden modules is installed: [(path, what stands in its place: "folder", "module.py" or "about")].

    All that their distributions brought goes with them: PyTorch brings functorch as well.
    """
    found = {}
    for folder in _packages():
        names = {*modules}
        for path in folder.glob("*-info"):
            if path.name.split("-")[0].lower() in modules:
                names |= _top_names(path)
                found[path] = "about"
        for path in folder.iterdir():
            if path.name.split(".")[0] in names:
                found[path] = "folder" if path.is_dir() else "module.py"
    for python in _pythons():       # a base of conda holds other environments, and all that was ever downloaded
        found |= {path: "about" for name in ("envs", "pkgs") if (path := Path(python, name)).is_dir()}
    return [(str(path), instead) for path, instead in sorted(found.items())]


def _top_names(path):
    """The names that a distribution brought into the folder of packages: its RECORD has a line for each file."""
    try:
        lines = (path / "RECORD").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    tops = {line.split("/")[0].split(",")[0].split(".")[0] for line in lines}
    return {top for top in tops if top.isidentifier() and not top.startswith("__")}


CLAIM = "\0backprop-grading-cpu-{}"     # an abstract Unix socket: only one process of a machine can have the name
_cpu = []


def own_cpu():
    """The number of a processor for what this grader's submissions run beside each other; None where none is known.

    So whatever one submission starts, it takes no time from one that another grader runs; unless there are more
    graders than processors. The claim ends with this process.
    """
    if sys.platform != "linux":
        return None
    if not _cpu or _cpu[0] != os.getpid():      # a claim is not inherited
        numbers = sorted(os.sched_getaffinity(0))
        _cpu[:] = os.getpid(), numbers[os.getpid() % len(numbers)], None
        for number in numbers:
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(CLAIM.format(number))
            except OSError:
                claim.close()
            else:
                _cpu[1:] = number, claim
                atexit.register(claim.close)
                break
    return _cpu[1]
