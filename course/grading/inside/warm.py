"""The warm process: everything that a learner's code may want is imported once, then each submission is a fork.

It runs inside the sandbox and holds nothing but libraries. For each submission it forks

    supervisor   ends the submission when the grader closes its end of the control socket, or when the process
                 tree grows too large; tells how it ended
      init       the first process of the new pid namespace; with its end everything in there ends
        learner  runs the cells (learner.py)
"""

import contextlib
import gc
import os
import select
import signal
import socket
import time
from typing import Any, NoReturn

from course.grading.inside import learner, lockdown
from course.grading.inside.wire import Closed, Wire

HIDDEN = ("/mnt",)  # where the sandbox keeps the /proc that lets a child mount its own
WATCH = 0.1  # seconds between two looks at a tree's memory


def main(fd: int, folders: list[str], plots: bool) -> NoReturn:
    """Serve requests until the grader hangs up: each a dict of limits, with two sockets.

    folders  which a submission gets empty and to itself, the first to live in; none where nothing is isolated
    plots    whether matplotlib is imported
    """
    home = folders[0] if folders else os.environ["HOME"]
    os.environ.update(HOME=home, TMPDIR=home, MPLCONFIGDIR=home, IPYTHONDIR=home, MPLBACKEND=learner.BACKEND)
    requests = Wire(socket.socket(fileno=fd))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors need no one to wait for them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's affair
    lockdown.die_with_parent()
    learner.warm_up(plots)
    gc.collect()
    gc.freeze()
    if folders:
        lockdown.hide()
    requests.send({"ready": os.getpid()})
    while True:
        try:
            limits, fds = requests.receive(most_fds=2)
        except Closed:
            os._exit(0)
        if os.fork() == 0:
            requests.close()
            channel, control = (socket.socket(fileno=fd) for fd in fds)
            supervise(channel, control, limits, folders)
        for fd in fds:
            os.close(fd)


def supervise(channel: socket.socket, grader: socket.socket, limits: dict[str, Any], folders: list[str]) -> NoReturn:
    """Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        lockdown.die_with_parent()
        control = Wire(grader)
        os.setsid()
        first = os.fork()
        if first == 0:
            control.close()
            start(channel, limits, folders)
        channel.close()
        code = watch(first, control, limits)
    except BaseException as error:
        report(f"supervisor: {error!r}")
    finally:
        os._exit(code)


def start(channel: socket.socket, limits: dict[str, Any], folders: list[str]) -> NoReturn:
    """In the first child: make the namespaces, then init, then the learner's process. Never returns."""
    code = 1
    try:
        if folders:
            lockdown.set_dumpable()
            lockdown.unshare()
        pid = os.fork()
        if pid == 0:
            init(channel, limits, folders)
        channel.close()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF
    except BaseException as error:
        report(f"sandbox: {error!r}")
    finally:
        os._exit(code)


def init(channel: socket.socket, limits: dict[str, Any], folders: list[str]) -> NoReturn:
    """The first process in there: waits for the learner's, and ends with it; its end ends all the others."""
    code = 1
    try:
        lockdown.die_with_parent()
        if folders:
            lockdown.mount_own(folders, HIDDEN, limits["disk"])
            os.chdir(folders[0])
        lockdown.limit(limits["memory"], limits["processes"], limits["file"], limits["cpu"], bool(folders))
        if folders:
            lockdown.drop_all()
        pid = os.fork()
        if pid == 0:
            learner.live(Wire(channel), limits)
        channel.close()
        reap()
        code = 0
    except BaseException as error:
        report(f"init: {error!r}")
    finally:
        os._exit(code)


def reap() -> None:
    """Wait until the learner's process and every snapshot that still answers has ended."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def watch(first: int, control: Wire, limits: dict[str, Any]) -> int:
    """Wait for the end: of the tree, of the grader's interest, or of the tree's memory."""
    tree = os.pidfd_open(first)
    while True:
        ready, _, _ = select.select([tree, control], [], [], WATCH)
        if tree in ready:
            os.waitpid(first, 0)
            return 0
        if control in ready:
            break  # the grader hung up
        # A fork shares its parent's memory until one of them writes: only what it has beyond that is its own.
        used = sum(max(0, resident(pid) - resident(parent)) for pid, parent in descendants(first).items())
        if used > limits["tree"] << 20:
            with contextlib.suppress(Closed, OSError):
                control.send({"ended": f"used more than {limits['tree']} MB of memory"}, seconds=1)
            break
    end(first)
    return 0


def end(first: int) -> None:
    """Kill the tree: in a pid namespace init's death is enough; without one, until none is left."""
    for _ in range(50):
        found = descendants(first)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            break
        time.sleep(0.002)
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)


def descendants(pid: int) -> dict[int, int]:
    """The processes below pid: {process: its parent}."""
    found: dict[int, int] = {}
    queue = [pid]
    while queue:
        here = queue.pop()
        try:
            with open(f"/proc/{here}/task/{here}/children") as file:
                children = [int(word) for word in file.read().split()]
        except OSError:
            continue
        found.update(dict.fromkeys(children, here))
        queue += children
    return found


def resident(pid: int) -> int:
    """Bytes of a process's own memory."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            fields = file.read().split()
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def report(text: str) -> None:
    """A line for the grader's log."""
    os.write(2, (text + "\n").encode())

