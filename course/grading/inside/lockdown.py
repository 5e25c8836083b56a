"""Linux isolation of one process tree, from inside: namespaces of its own, no capabilities, limits.

Python 3.11 has no os.unshare, so the system calls go through ctypes. Man pages: unshare(2), user_namespaces(7),
mount(2), prctl(2), capset via capabilities(7), session-keyring(7). What system calls are refused stands in seccomp.py.
"""

import contextlib
import ctypes
import os
import platform
import resource
from collections.abc import Sequence

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
CAPABILITY_VERSION_3 = 0x20080522
KEYCTL, KEYCTL_JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}, 1
ROOM = 16  # processes

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *args: object) -> None:
    if getattr(_libc, name)(*args) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare() -> None:
    """Give this process and its children namespaces of their own; children see themselves as the only ones."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {uid} 1"), ("gid_map", f"1000 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def mount_own(folders: Sequence[str], hidden: str, megabytes: int) -> list[int]:
    """In the first process of the new pid namespace: empty folders of its own, and its own /proc.

    Returns descriptors: of each folder, and last of one more that has no path, so that only this process reaches it.
    """
    _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    flags = MS_NOSUID | MS_NODEV
    _call("mount", b"proc", b"/proc", b"proc", flags | MS_NOEXEC | MS_RDONLY, None)
    fds = []
    for folder, size in (*((folder, megabytes) for folder in folders), (hidden, len(folders) * megabytes)):
        options = f"size={size}m,nr_inodes={32 * size},mode=0700".encode()
        _call("mount", b"tmpfs", folder.encode(), b"tmpfs", flags, options)
        fds.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
    # On top of the last: it has no path any more.
    _call("mount", b"tmpfs", hidden.encode(), b"tmpfs", flags | MS_RDONLY, b"size=4k,nr_inodes=2,mode=0000")
    return fds


def drop_all() -> None:
    """No capabilities, now or ever; no way to gain any; no look into this process from another."""
    no_new_privileges()
    for capability in range(64):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # beyond the kernel's last: EINVAL, no matter
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    hide()


def no_new_privileges() -> None:
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def new_keyring() -> None:
    """An empty session keyring of this process's own, instead of that which it shares with whoever started it."""
    _call("syscall", KEYCTL[platform.machine()], KEYCTL_JOIN_SESSION_KEYRING, None)


def adopt() -> None:
    """Become the parent of all below this process whose own parents end; so none of them gets lost."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def limit(megabytes: int, processes: int, file_megabytes: int, cpu_seconds: int, isolated: bool) -> None:
    """Bounds for each process from here on; the tree's memory is the supervisor's affair.

    The number of processes is bounded only in a namespace of its own: elsewhere it would count all the user's.
    Its hard limit leaves room for snapshots of a process that has used up the soft one.
    """
    if isolated:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes + ROOM))
    for what, value in ((resource.RLIMIT_AS, megabytes << 20), (resource.RLIMIT_FSIZE, file_megabytes << 20),
                        (resource.RLIMIT_CPU, cpu_seconds), (resource.RLIMIT_NOFILE, 256),
                        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_STACK, 64 << 20)):
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def fork_with_room() -> int:
    """os.fork, also where a learner's code has used up the processes that it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
    try:
        return os.fork()
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))


def pin(pid: int, cpu: int) -> None:
    """Let all threads of a process, and what they will start, run on one processor only."""
    with contextlib.suppress(OSError):  # it has ended
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                os.sched_setaffinity(int(thread), [cpu])


def die_with_parent() -> None:
    prctl(PR_SET_PDEATHSIG, 9)


def show() -> None:
    """Let this process write its own /proc/self/uid_map; let the supervisor see whose a learner's memory is."""
    prctl(PR_SET_DUMPABLE, 1)


def hide() -> None:
    """Let no other process of the same user look into this one."""
    prctl(PR_SET_DUMPABLE, 0)


def prctl(what: int, value: int, more: object = 0) -> None:
    _call("prctl", what, value, more, 0, 0)
