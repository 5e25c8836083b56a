"""The system calls that a submission's processes are refused: a seccomp filter, in classic BPF.

A list of what is refused, not of what is allowed: numpy, threads, subprocesses and what else a notebook uses go on as
before. What is refused is what reaches beyond a process tree (keyrings, tracing, mounting, namespaces), what holds
memory where nobody can count it (System V segments, memfds), what gives more of the processor, and what in the kernel
has the longest record of faults while no notebook needs it (io_uring, bpf, userfaultfd, packet and netlink sockets).

libseccomp would write the filter, but nothing kept up on PyPI brings it, and a virtual environment does not see
Debian's python3-seccomp. So the filter is assembled here. Man pages: seccomp(2), syscalls(2), and the man page of each
call; the numbers are those of arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h in Linux.
"""

import ctypes
import errno
import platform
import struct
from dataclasses import dataclass

from course.grading.inside import lockdown

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_…, linux/audit.h
LAST = 462  # mseal, Linux 6.10: what came later is answered as by an older kernel

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000  # SECCOMP_RET_…
LOAD, MASK, JUMP_EQUAL, JUMP_GREATER, RETURN = 0x20, 0x54, 0x15, 0x25, 0x06  # BPF_LD_W_ABS, BPF_ALU_AND_K, BPF_JMP_…
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

NAMESPACES = (lockdown.CLONE_NEWNS | lockdown.CLONE_NEWUTS | lockdown.CLONE_NEWIPC | lockdown.CLONE_NEWUSER
              | lockdown.CLONE_NEWPID | lockdown.CLONE_NEWNET | 0x02000000)  # the last: CLONE_NEWCGROUP
CLONE_FILES, CLONE_THREAD = 0x00000400, 0x00010000
SHARED_ANONYMOUS = 0x21  # MAP_SHARED | MAP_ANONYMOUS
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
TIOCSTI, TIOCLINUX = 0x5412, 0x541C


@dataclass(frozen=True)
class When:
    """A call is refused where (its argument & mask) is one of `values`; with `unless`, where it is none of them.

    Only the lower 32 bits are looked at: the kernel takes no more of these arguments.
    """

    argument: int
    values: tuple
    mask: int = 0xFFFFFFFF
    unless: bool = False


@dataclass(frozen=True)
class Refused:
    """A system call, its number on each architecture (None where it is not there), and how it is refused."""

    name: str
    x86_64: int | None
    aarch64: int | None
    why: str
    error: int = errno.EPERM  # 0: it seems to succeed, and does nothing
    when: tuple = ()  # any of these; always where there are none


KEYS = "what one submission leaves in a keyring, another could read"
LOOKING = "one process would read, write or steer another"
MOUNTING = "what is hidden could be uncovered, and what is read-only written"
SPACES = "in a namespace of its own a process gains capabilities, and with them more of the kernel"
COUNTING = "it holds memory that belongs to no process, so that it would not be counted"
KERNEL = "no notebook needs it, and its part of the kernel has had many faults"
MACHINE = "it is the machine's affair"
SHARE = "it would give more of the processor than one submission's share"

REFUSED = (
    Refused("add_key", 248, 217, KEYS),
    Refused("request_key", 249, 218, KEYS),
    Refused("keyctl", 250, 219, KEYS),

    Refused("ptrace", 101, 117, LOOKING),
    Refused("process_vm_readv", 310, 270, LOOKING),
    Refused("process_vm_writev", 311, 271, LOOKING),
    Refused("process_madvise", 440, 440, LOOKING),
    Refused("process_mrelease", 448, 448, LOOKING),
    Refused("pidfd_getfd", 438, 438, LOOKING),
    Refused("kcmp", 312, 272, LOOKING),
    Refused("move_pages", 279, 239, LOOKING),
    Refused("migrate_pages", 256, 238, LOOKING),
    Refused("prlimit64", 302, 261, LOOKING, when=(When(0, (0,), unless=True),)),  # of others; one's own, by pid 0
    Refused("prctl", 157, 167, "memory would be counted less exactly", when=(When(0, (4,)),)),  # PR_SET_DUMPABLE
    Refused("ioctl", 16, 29, "it types into a terminal", when=(When(1, (TIOCSTI, TIOCLINUX)),)),

    Refused("mount", 165, 40, MOUNTING),
    Refused("umount2", 166, 39, MOUNTING),
    Refused("pivot_root", 155, 41, MOUNTING),
    Refused("chroot", 161, 51, MOUNTING),
    Refused("open_tree", 428, 428, MOUNTING),
    Refused("move_mount", 429, 429, MOUNTING),
    Refused("fsopen", 430, 430, MOUNTING),
    Refused("fsconfig", 431, 431, MOUNTING),
    Refused("fsmount", 432, 432, MOUNTING),
    Refused("fspick", 433, 433, MOUNTING),
    Refused("mount_setattr", 442, 442, MOUNTING),
    Refused("name_to_handle_at", 303, 264, MOUNTING),
    Refused("open_by_handle_at", 304, 265, MOUNTING),

    Refused("unshare", 272, 97, SPACES),
    Refused("setns", 308, 268, SPACES),
    # A thread with a table of descriptors of its own: they would not be counted.
    Refused("clone", 56, 220, SPACES, when=(When(0, (0,), NAMESPACES, unless=True),
                                            When(0, (CLONE_THREAD,), CLONE_THREAD | CLONE_FILES))),
    Refused("clone3", 435, 435, "its flags lie in memory, where no filter sees them; libc then calls clone",
            errno.ENOSYS),

    Refused("mmap", 9, 222, COUNTING, when=(When(3, (SHARED_ANONYMOUS,), SHARED_ANONYMOUS),)),
    Refused("memfd_create", 319, 279, COUNTING),
    Refused("memfd_secret", 447, 447, COUNTING),
    Refused("vmsplice", 278, 75, COUNTING),
    Refused("shmget", 29, 194, COUNTING),
    Refused("shmat", 30, 196, COUNTING),
    Refused("shmctl", 31, 195, COUNTING),
    Refused("msgget", 68, 186, COUNTING),
    Refused("msgsnd", 69, 189, COUNTING),
    Refused("msgrcv", 70, 188, COUNTING),
    Refused("msgctl", 71, 187, COUNTING),
    Refused("semget", 64, 190, COUNTING),
    Refused("semop", 65, 193, COUNTING),
    Refused("semctl", 66, 191, COUNTING),
    Refused("semtimedop", 220, 192, COUNTING),
    Refused("mq_open", 240, 180, COUNTING),
    Refused("mq_unlink", 241, 181, COUNTING),

    # Fair shares are given by session; and a session of its own would be the only use, as all ends with the sandbox.
    Refused("setsid", 112, 157, SHARE, error=0),
    Refused("sched_setaffinity", 203, 122, SHARE),

    Refused("socket", 41, 198, "netlink, packet, vsock and other families: " + KERNEL, errno.EAFNOSUPPORT,
            (When(0, FAMILIES, unless=True),)),
    Refused("socketpair", 53, 199, "as socket", errno.EAFNOSUPPORT, (When(0, FAMILIES, unless=True),)),
    Refused("bpf", 321, 280, KERNEL),
    Refused("perf_event_open", 298, 241, KERNEL),
    Refused("userfaultfd", 323, 282, KERNEL),
    Refused("io_uring_setup", 425, 425, KERNEL),
    Refused("io_uring_enter", 426, 426, KERNEL),
    Refused("io_uring_register", 427, 427, KERNEL),
    Refused("io_setup", 206, 0, "one process can use up what the whole machine has of it"),
    Refused("fanotify_init", 300, 262, KERNEL),
    Refused("personality", 135, 92, KERNEL),
    Refused("lookup_dcookie", 212, 18, KERNEL),
    Refused("uselib", 134, None, KERNEL),
    Refused("ustat", 136, None, KERNEL),
    Refused("sysfs", 139, None, KERNEL),
    Refused("_sysctl", 156, None, KERNEL),
    Refused("modify_ldt", 154, None, KERNEL),
    Refused("nfsservctl", 180, 42, KERNEL),

    Refused("iopl", 172, None, MACHINE),
    Refused("ioperm", 173, None, MACHINE),
    Refused("kexec_load", 246, 104, MACHINE),
    Refused("kexec_file_load", 320, 294, MACHINE),
    Refused("create_module", 174, None, MACHINE),
    Refused("init_module", 175, 105, MACHINE),
    Refused("finit_module", 313, 273, MACHINE),
    Refused("delete_module", 176, 106, MACHINE),
    Refused("reboot", 169, 142, MACHINE),
    Refused("swapon", 167, 224, MACHINE),
    Refused("swapoff", 168, 225, MACHINE),
    Refused("acct", 163, 89, MACHINE),
    Refused("quotactl", 179, 60, MACHINE),
    Refused("quotactl_fd", 443, 443, MACHINE),
    Refused("syslog", 103, 116, MACHINE),
    Refused("vhangup", 153, 58, MACHINE),
    Refused("settimeofday", 164, 170, MACHINE),
    Refused("clock_settime", 227, 112, MACHINE),
    Refused("clock_adjtime", 305, 266, MACHINE),
    Refused("adjtimex", 159, 171, MACHINE),
    Refused("sethostname", 170, 161, MACHINE),
    Refused("setdomainname", 171, 162, MACHINE),
)


def install():
    """Refuse these calls to this process and all that it starts, for ever. OSError where the kernel can't."""
    if HERE is None:
        raise OSError(errno.ENOSYS, f"no table of system calls for {platform.machine()}")
    lines = ctypes.create_string_buffer(HERE, len(HERE))
    lockdown.no_new_privileges()
    lockdown.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                   ctypes.byref(_Program(len(HERE) // 8, ctypes.cast(lines, ctypes.c_void_p))))


class _Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))


def program(machine):
    """The filter for an architecture, as the bytes of its struct sock_filter[]."""
    lines = [_line(LOAD, ARCHITECTURE),
             _line(JUMP_EQUAL, ARCHITECTURES[machine], 1, 0),
             _line(RETURN, ERRNO | errno.EPERM),  # of another architecture (32-bit calls): their numbers differ
             _line(LOAD, NUMBER),
             _line(JUMP_GREATER, LAST, 0, 1),  # the calls of x32 as well: their numbers begin at 1 << 30
             _line(RETURN, ERRNO | errno.ENOSYS)]
    for call in REFUSED:
        number = getattr(call, machine)
        if number is not None:
            body = _conditions(call.when, call.error) if call.when else [_line(RETURN, ERRNO | call.error)]
            lines += [_line(JUMP_EQUAL, number, 0, len(body)), *body]
    return b"".join([*lines, _line(RETURN, ALLOW)])


def _conditions(when, error):
    """Refuse with `error` under any of the conditions, else allow."""
    refuse, lines = _line(RETURN, ERRNO | error), []
    for one in when:
        lines += [_line(LOAD, ARGUMENTS + 8 * one.argument), _line(MASK, one.mask)]  # little-endian: the lower half
        for k, value in enumerate(one.values):
            left = len(one.values) - k - 1  # comparisons that follow; behind them stands the line to refuse
            if one.unless:
                lines.append(_line(JUMP_EQUAL, value, left + 1, 0))
            elif left:
                lines.append(_line(JUMP_EQUAL, value, left, 0))
            else:
                lines.append(_line(JUMP_EQUAL, value, 0, 1))
        lines.append(refuse)
    return [*lines, _line(RETURN, ALLOW)]


def _line(code, value, if_true=0, if_false=0):
    return struct.pack("<HBBI", code, if_true, if_false, value)


HERE = program(platform.machine()) if platform.machine() in ARCHITECTURES else None  # once, for all submissions
