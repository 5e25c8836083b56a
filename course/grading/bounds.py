"""Bounds on what the grader itself spends on one submission: its own processor time, its own memory.

What a submission's processes may use is the sandbox's affair. But the grader reads what they hand in and what they
answer, compares it, and looks for a mistake's name: that can be made to cost as well.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

try:
    import resource
except ImportError:         # Windows
    resource = None

KILLED_AFTER = 1.5      # times the time it may take, where a single operation does not let go
AGAIN = 0.1             # seconds until Overtime is raised once more, if nothing has caught it


class Overtime(BaseException):
    """This process has computed for longer than one submission is worth. Nothing but the grader catches it."""


@contextlib.contextmanager
def own_time(seconds: float) -> Iterator[None]:
    """Raise Overtime in here once this process has computed for `seconds`; waiting for others costs nothing.

    It is raised again until it has come out: what is raised in a collection of garbage, or in a `__del__`, is lost.
    The clock runs in a main thread alone, and not on Windows; elsewhere there is no bound.
    """
    if not _has_clock():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Overtime(f"the grader has computed for {seconds:g} s")

    before = signal.signal(signal.SIGPROF, stop)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def killed_if_stuck(seconds: float, in_all: float) -> Iterator[None]:
    """Let the system end this process when `own_time(seconds)` could not, since one operation in C goes on and on.

    in_all  seconds by the clock on the wall
    """
    if not _has_clock():
        yield
        return
    timers = ((signal.ITIMER_VIRTUAL, seconds), (signal.ITIMER_REAL, in_all))     # their signals' default is the end
    for timer, most in timers:
        signal.setitimer(timer, most * KILLED_AFTER)
    try:
        yield
    finally:
        for timer, _ in timers:
            signal.setitimer(timer, 0)


def _has_clock() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def own_memory(megabytes: float) -> Iterator[None]:
    """Let this process take so much more memory than it has now: beyond it is a MemoryError. On Linux; elsewhere none.

    What counts is address space, so that nothing is taken that the machine does not have.
    """
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
    except OSError:
        yield
        return
    with _memory(pages * os.sysconf("SC_PAGE_SIZE") + int(megabytes * 2**20)):
        yield


@contextlib.contextmanager
def memory_of_others() -> Iterator[None]:
    """For the start of another program from within own_memory: it does not inherit the bound."""
    with _memory(None):
        yield


@contextlib.contextmanager
def _memory(limit: int | None) -> Iterator[None]:
    if resource is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if limit is None or (hard != resource.RLIM_INFINITY and limit > hard):
        limit = hard
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
