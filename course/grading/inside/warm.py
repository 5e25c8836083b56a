"""The warm process: everything that a learner's code may want is imported once, then each submission is a fork.

It runs inside the sandbox and holds nothing but libraries. For each submission it forks

    supervisor   ends the submission when the grader closes its end of the control socket, or when the process
                 tree grows too large; tells how it ended
      init       the first process of the new pid namespace; with its end everything in there ends. It takes away
                 what a test leaves behind (tidy.py)
        learner  runs the cells (learner.py)
"""

import contextlib
import gc
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from course.grading.inside import learner, lockdown, seccomp, tree
from course.grading.inside.tidy import Tidy
from course.grading.inside.wire import Closed, Late, Wire

HIDDEN = "/mnt"  # where the sandbox keeps the /proc that lets a child mount its own
WATCH, SOON = 0.1, 0.02  # seconds between two looks at a tree's memory, while it is small and when it is not
SMALL = 0.25  # of what is allowed
TASKS = 2  # that may run wherever there is time: the learner's process and its copy for a test


class Place(NamedTuple):
    """What is the same for every submission.

    folders   which it gets empty and to itself, the first to live in; none where nothing is isolated
    cpu       the processor for those that want more than one, or None
    closings  functions by which a learner's process gives up what it could do, as far as this machine has them
    """

    folders: list[str]
    cpu: int | None
    closings: list[Callable[[], None]]


def main(fd: int, folders: list[str], cpu: int | None, plots: bool) -> NoReturn:
    """Serve requests until the grader hangs up: each a dict of limits, with three sockets, and a descriptor by which
    the submission joins its control group where there is one.

    plots    whether matplotlib is imported; the others: Place
    """
    closings = [lockdown.new_keyring, seccomp.install] if folders else []
    place = Place(folders, cpu, [closing for closing in closings if possible(closing)])
    if lockdown.new_keyring in place.closings:
        lockdown.new_keyring()
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
    requests.send({"ready": os.getpid(), "lacks": [f.__module__.rpartition(".")[2] + "." + f.__name__
                                                   for f in closings if f not in place.closings]})
    while True:
        try:
            limits, fds = requests.receive(most_fds=4)
        except Closed:
            os._exit(0)
        if os.fork() == 0:
            requests.close()
            channel, control, room = (socket.socket(fileno=fd) for fd in fds[:3])
            supervise(channel, control, room, fds[3:], limits, place)
        for fd in fds:
            os.close(fd)


def possible(closing: Callable[[], None]) -> bool:
    """Whether a function works on this machine, tried in a process of its own."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            closing()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def supervise(channel: socket.socket, grader: socket.socket, room: socket.socket, group: list[int],
              limits: dict[str, Any], place: Place) -> NoReturn:
    """Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        lockdown.die_with_parent()
        lockdown.adopt()
        control = Wire(grader)
        os.setsid()
        told, tell = socket.socketpair()
        first = os.fork()
        if first == 0:
            control.close()
            told.close()
            join(group)
            start(channel, room, tell, limits, place)
        for ours in (channel, room, tell):
            ours.close()
        code = watch(first, control, told, limits, place.cpu)
    except BaseException as error:
        report(f"supervisor: {error!r}")
    finally:
        os._exit(code)


def join(group: list[int]) -> None:
    """Join a control group; kernels before 5.16 want another user for that, and the supervisor's looks must do."""
    for fd in group:
        with contextlib.suppress(OSError):
            os.write(fd, b"0")
        os.close(fd)


def start(channel: socket.socket, room: socket.socket, tell: socket.socket, limits: dict[str, Any],
          place: Place) -> NoReturn:
    """In the first child: make the namespaces, then init, then the learner's process. Never returns."""
    code = 1
    try:
        lockdown.die_with_parent()
        os.setsid()     # shares of a processor go by session: the supervisor has one of its own
        if place.folders:
            lockdown.show()
            lockdown.unshare()
        pid = os.fork()
        if pid == 0:
            init(channel, room, tell, limits, place)
        for ours in (channel, room, tell):
            ours.close()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF
    except BaseException as error:
        report(f"sandbox: {error!r}")
    finally:
        os._exit(code)


def init(channel: socket.socket, room: socket.socket, tell: socket.socket, limits: dict[str, Any],
         place: Place) -> NoReturn:
    """The first process in there: when the learner's and all others have ended, so does it; its end ends them all."""
    code = 1
    try:
        lockdown.die_with_parent()
        lockdown.adopt()
        rooms = []
        if place.folders:
            rooms = lockdown.mount_own(place.folders, HIDDEN, limits["disk"])
            socket.send_fds(tell, [b"."], rooms)
            os.chdir(place.folders[0])
        tell.close()
        lockdown.limit(limits["memory"], limits["processes"], limits["file"], limits["cpu"], bool(place.folders))
        if place.folders:
            lockdown.drop_all()
        pid = os.fork()
        if pid == 0:
            lockdown.die_with_parent()
            room.close()
            for fd in rooms:
                os.close(fd)
            if place.folders:
                lockdown.show()
            for closing in place.closings:
                closing()
            learner.live(Wire(channel), limits)
        channel.close()
        if rooms:
            os.fchdir(rooms[-1])
        keep(Wire(room), Tidy(place.folders, "."))
        code = 0
    except BaseException as error:
        report(f"init: {error!r}")
    finally:
        os._exit(code)


def keep(room: Wire, tidy: Tidy) -> None:
    """Reap what ends, and tidy up when the grader says so, until the last process has ended or the grader hangs up."""
    ended, wake = os.pipe()
    for fd in (ended, wake):
        os.set_blocking(fd, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake)
    with contextlib.suppress(ChildProcessError, Closed):
        while True:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            ready, _, _ = select.select([ended, room], [], [])
            if ended in ready:
                os.read(ended, 4096)
            if room in ready:
                tidy.begin() if room.receive()["do"] == "begin" else tidy.end()
                room.send({"ok": True})


def watch(first: int, control: Wire, told: socket.socket, limits: dict[str, Any], cpu: int | None) -> int:
    """Wait for the end: of the tree, of the grader's interest, or of the tree's memory."""
    # A page that is shared with the warm process counts in part, so what that one holds is allowed on top.
    allowed = (limits["tree"] << 20) + tree.anonymous(os.getpid())
    ended, rooms, unheard, due = os.pidfd_open(first), [], [told], time.monotonic() + WATCH
    with contextlib.suppress(Closed, Late):
        while True:
            ready, _, _ = select.select([ended, control, *unheard], [], [], max(0.0, due - time.monotonic()))
            if ended in ready or control in ready:     # the grader says nothing: it hung up
                break
            if told in ready:
                rooms, unheard = socket.recv_fds(told, 1, 8)[1], []
                continue
            start = time.monotonic()
            used = look(first, rooms, allowed, cpu)
            if used > allowed:
                control.send({"ended": f"used more than {limits['tree']} MB of memory"}, seconds=1)
                break
            now = time.monotonic()
            due = now + max(WATCH if used < SMALL * allowed else SOON, 2 * (now - start))
    end()
    return 0


def look(first: int, rooms: list[int], allowed: int, cpu: int | None) -> int:
    """How much memory the tree holds; and where it wants more than one processor, it gets one."""
    # init's parent is `first`: both are ours
    known = tree.statuses(pid for pid, parent in tree.descendants(os.getpid()).items()
                          if pid != first and parent != first)
    if cpu is not None and tree.threads(known) > TASKS:
        for pid in known:
            lockdown.pin(pid, cpu)
    return tree.held(known, rooms, allowed)


def end() -> None:
    """Kill the tree: in a pid namespace init's death is enough; without one, until none is left."""
    for _ in range(50):
        found = tree.descendants(os.getpid())
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not found:
            break
        time.sleep(0.002)


def report(text: str) -> None:
    """A line for the grader's log."""
    os.write(2, (text + "\n").encode())
