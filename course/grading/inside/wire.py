"""Messages over a Unix socket: a length, then a packed value; file descriptors may ride along.

Both sides use it. What arrives may come from a learner's process, so it is bounded in size and in time, and
unpacked by the codec, which makes plain data and nothing else.
"""

import functools
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

from course.checks import codec

HEADER = struct.Struct("<I")
SMALL = 1024    # bytes, ample for an answer of one word
AT_ONCE = 2**14  # bytes that are read at once, wherever they belong


class Closed(EOFError):
    """The other side is gone."""


class Late(TimeoutError):
    """Nothing, or not all of a message, came in time."""


class Wire:
    """One end of a conversation."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._ahead = b""       # what came with a message that was read, and belongs to the next

    def fileno(self) -> int:
        return self.sock.fileno()

    def send(self, message: object, fds: Iterable[int] = (), seconds: float | None = None) -> None:
        """Send a plain value; Closed where nobody listens any more, Late where nobody reads."""
        data = codec.pack(message)
        frame = HEADER.pack(len(data)) + data
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            if fds:
                sent = socket.send_fds(self.sock, [frame], list(fds))
                frame = frame[sent:]
            view = memoryview(frame)
            while view:
                view = view[self._do(select.POLLOUT, deadline, functools.partial(self.sock.send, view)):]
        except TimeoutError:
            raise Late from None
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self, seconds: float | None = None, most_fds: int = 0, most: int = codec.MAX_BYTES) -> Any:
        """The next message, of at most so many bytes; with most_fds, (message, file descriptors)."""
        deadline = None if seconds is None else time.monotonic() + seconds
        fds: list[int] = []
        try:
            header = self._read(HEADER.size, deadline, fds, most_fds)
            (size,) = HEADER.unpack(header)
            if size > most:
                raise Closed(f"a message of {size:,} bytes")
            message = codec.unpack(self._read(size, deadline, fds))
        except TimeoutError:
            _close(fds)
            raise Late from None
        except (OSError, codec.Malformed) as error:
            _close(fds)
            raise Closed(str(error)) from None
        return (message, fds) if most_fds else message

    def _read(self, size: int, deadline: float | None, fds: list[int], most_fds: int = 0) -> bytes:
        """So many bytes. More is read where it is there, but not where descriptors come: they ride on their message."""
        chunks, missing = [self._ahead], size - len(self._ahead)
        self._ahead = b""
        while missing > 0:
            if most_fds:
                step = functools.partial(socket.recv_fds, self.sock, min(missing, AT_ONCE), most_fds)
                chunk, new, _, _ = self._do(select.POLLIN, deadline, step)
                fds += new
            else:
                step = functools.partial(self.sock.recv, max(missing, AT_ONCE))
                chunk = self._do(select.POLLIN, deadline, step)
            if not chunk:
                raise Closed("the other side is gone")
            chunks.append(chunk)
            missing -= len(chunk)
        data = b"".join(chunks)
        self._ahead = data[size:]
        return data[:size]

    def _do(self, event: int, deadline: float | None, step: Callable[[int], Any]) -> Any:
        """What a step gives that may have to wait; it is given flags for the system call."""
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            try:
                return step(0 if left is None else socket.MSG_DONTWAIT)
            except BlockingIOError:     # also without a deadline: a learner may have made it so
                waiting = select.poll()
                waiting.register(self.sock, event)
                waiting.poll(None if left is None else left * 1000)

    def close(self) -> None:
        self.sock.close()


def _close(fds: Iterable[int]) -> None:
    for fd in fds:
        os.close(fd)
