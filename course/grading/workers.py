"""Processes of this machine that do one thing at a time: the end of one ends what it did, and nothing else.

The pool of concurrent.futures gives up all of its work when one of its processes ends, and can't say at whose.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

SPAWN = multiprocessing.get_context("spawn")
ENDINGS = {"SIGVTALRM": "it computed on and on", "SIGALRM": "it did not come to an end",
           "SIGKILL": "it was killed, as systems do when memory runs out"}


class Lost(BrokenExecutor):
    """The process that did this has ended; the message says how."""


class Workers(Executor):
    """So many processes; `submit` is that of any executor, and a future raises Lost where its process has ended.

    Functions, arguments and results are pickled. When the `with` block is left by an exception, so is all work.
    """

    def __init__(self, number: int) -> None:
        self._threads = ThreadPoolExecutor(number)
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        self._workers: set[_Worker] = set()
        for _ in range(number):
            self._idle.put(self._start())

    def _start(self) -> _Worker:
        worker = _Worker()
        self._workers.add(worker)
        return worker

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        return self._threads.submit(self._do, fn, args, kwargs)

    def _do(self, fn: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        worker = self._idle.get()
        try:
            worker = worker or self._start()
            good, value = worker.do(fn, args, kwargs)
        except (EOFError, OSError):
            why, worker = worker.ended() if worker else "it could not be started", None
            raise Lost(why) from None
        finally:
            self._idle.put(worker)
        if not good:
            raise value
        return value

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for worker in self._workers:
            worker.close()

    def __exit__(self, kind: object, *about: object) -> None:
        if kind is not None:
            for worker in self._workers.copy():
                worker.process.kill()
        self.shutdown(cancel_futures=kind is not None)


class _Worker:
    def __init__(self) -> None:
        self._wire, theirs = SPAWN.Pipe()
        self.process: BaseProcess = SPAWN.Process(target=_serve, args=(theirs, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()

    def do(self, fn: Callable, args: tuple, kwargs: dict[str, Any]) -> tuple[bool, Any]:
        self._wire.send((fn, args, kwargs))
        return self._wire.recv()

    def ended(self) -> str:
        """How the process has ended, in words."""
        self.process.join(5)
        code = self.process.exitcode
        if code is None or code >= 0:
            return f"it ended with code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"{ENDINGS.get(name, 'it crashed')} ({name})"

    def close(self) -> None:
        self._wire.close()          # it ends when it reads that
        self.process.join(5)
        self.process.kill()


def _serve(wire: Connection, parent: int) -> None:
    follow_parent(parent)
    while True:
        try:
            fn, args, kwargs = wire.recv()
        except EOFError:
            return
        try:
            done = True, fn(*args, **kwargs)
        except BaseException as error:      # what a worker does may raise any; Ctrl-C does not come here
            done = False, RuntimeError(f"{type(error).__name__}: {error}")
        wire.send(done)


def follow_parent(parent: int) -> None:
    """A worker ends with its parent, however and whenever that ends, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        from course.grading.inside import lockdown

        lockdown.die_with_parent()
        if os.getppid() != parent:      # it has ended before this was said
            os._exit(1)
