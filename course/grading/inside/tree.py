"""The processes below one, and what memory they hold together.

Counted is what belongs to them: a page that several share counts once (proportional set size, proc(5)), whether by a
fork, a thread's fork or a shared mapping. Files in memory count as well, and what may lie in pipes and sockets.
"""

import contextlib
import os
import signal

KB = 1024
KINDS = ("RssAnon", "RssShmem", "VmSwap", "VmPTE")  # of memory, as /proc/PID/status has it
BUFFER = 416 * KB  # what a socket's or a pipe's buffer can hold; net.core.wmem_max twice over, socket(7)
PF_EXITING = 4
MOST = 16  # times what is allowed: processes that share more than that are not counted one by one


def descendants(pid):
    """The processes below pid, by whichever thread they were started: {process: its parent}."""
    found, queue = {}, [pid]
    while queue:
        here = queue.pop()
        children = []
        for thread in _threads(here):
            with contextlib.suppress(OSError), open(f"/proc/{here}/task/{thread}/children") as file:
                children += map(int, file.read().split())
        found.update(dict.fromkeys(children, here))
        queue += children
    return found


def statuses(pids):
    """{process: what /proc tells of it to everybody, in bytes, and how many threads it has}.

    A process whose first thread has ended has memory all the same, which only its other threads show: then one of
    these stands for it. None stands for what waits to be reaped.
    """
    found = {}
    for pid in pids:
        for thread in (pid, *_threads(pid)):
            status = _fields(f"/proc/{thread}/status", (*KINDS, "Threads"))
            if "RssAnon" in status:
                found[thread] = status
                break
    return found


def running(pid):
    """Whether a thread of a process may still run code of its own: none that ends (PF_EXITING, proc(5)) does."""
    for thread in _threads(pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/stat") as file:
            state, *_, flags = file.read().rpartition(")")[2].split()[:7]
            if state not in "ZX" and not int(flags) & PF_EXITING:
                return True
    return False


def _threads(pid):
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:     # it has ended
        return []


def held(known, rooms, allowed):
    """Bytes that processes hold together. As long as that is surely less than `allowed`, it is only a bound.

    known  their statuses
    rooms  descriptors of folders in memory that are theirs alone
    """
    opened = {pid: _open(pid) for pid in known}
    files = sum(map(_in_memory, rooms))
    bound = files + sum(_all(status) + BUFFER * len(opened[pid]) for pid, status in known.items())
    if bound <= allowed or bound > MOST * allowed:
        return bound
    buffers = {name for names in opened.values() for name in names if name.startswith(("socket:", "pipe:"))}
    with _stopped(known):
        return sum(map(_in_memory, rooms)) + BUFFER * len(buffers) + sum(
            _proportional(pid, status) for pid, status in known.items())


@contextlib.contextmanager
def _stopped(pids):
    """Meanwhile processes stand still: to count them takes a while, in which they would take more."""
    _signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def threads(known):
    """How many threads processes have together."""
    return sum(status["Threads"] for status in known.values())


def anonymous(pid):
    """Bytes of memory of a process that are of no file, shared or not."""
    return statuses([pid])[pid]["RssAnon"]


def _all(status):
    """Bytes of a process, whoever shares them."""
    return sum(status.get(kind, 0) for kind in KINDS)


def _proportional(pid, status):
    """The share of a process in what it holds; all of it where that can't be seen. Page tables are its own."""
    try:
        found = _fields(f"/proc/{pid}/smaps_rollup", ("Pss", "Pss_Anon", "Pss_Shmem", "SwapPss"))
    except PermissionError:
        return _all(status)
    shares = found.pop("Pss", 0)    # of files as well; the parts are told since Linux 5.9
    return (sum(found.values()) if "Pss_Anon" in found else shares) + status.get("VmPTE", 0)


def _fields(path, names):
    """The numbers behind these names in a file of /proc; none where the process has ended."""
    found = {}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(path) as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in names:
                found[name] = int(rest.split()[0]) * (KB if rest.endswith("kB\n") else 1)
    return found


def _open(pid):
    """What a process's descriptors stand for, where that can be seen: not at its very beginning, nor at its end."""
    folder = f"/proc/{pid}/fd"
    try:
        return [_link(f"{folder}/{fd}") for fd in os.listdir(folder)]
    except OSError:
        return []


def _link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _in_memory(room):
    about = os.fstatvfs(room)
    return (about.f_blocks - about.f_bfree) * about.f_frsize
