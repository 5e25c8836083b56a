"""One submission's processes, as the grader sees them: run a cell, take a snapshot, call what it defined.

Everything that comes back is plain data, and may be a lie; nothing here believes more of it than its type.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from course.checks import codec
from course.checks.answering import Failed, Parts
from course.checks.calling import Remote
from course.grading.inside.wire import Closed, Late, Wire
from course.grading.nursery import Limits, Nursery

FORKS = 40  # a submission whose process dies more often than this is given up
ENDED = "Ended"  # what is said of a process that is gone

Back = Callable[[int, int], Callable]     # the callable of an argument: back(k, index)

KEYWORDS = "def drive(answer, args, keywords):\n    return answer(*args, **keywords)\n"


class GivenUp(RuntimeError):
    """A submission has used up its time, or its process died too often."""


class Session:
    """The processes of one submission.

    A cell that hangs or ends the process loses the process, not the submission: the next step gets a new one, in
    which the cells that went well have run again. What ended without a word is tried once more: it may have been
    killed from outside.
    """

    def __init__(self, nursery: Nursery, limits: Limits | None = None, cell_seconds: float = 30.0,
                 seconds: float = 600.0) -> None:
        self.nursery, self.limits, self.cell_seconds = nursery, limits or Limits(), cell_seconds
        self.deadline = time.monotonic() + seconds
        self._wire: Wire | None = None
        self._control: Wire | None = None
        self.whole = True       # whether no process of the submission was lost
        self._ran: list[str] = []
        self._forks = self._snapshots = 0

    def run(self, source: str) -> list[dict[str, Any]]:
        """The outputs of a cell, in nbformat's form; a last one of type error where it failed."""
        kind = message = ""
        for _ in range(2):
            try:
                self._need_process()
                reply = self._ask({"do": "run", "source": source}, self._seconds(self.cell_seconds))
                outputs = _outputs(reply["outputs"])
            except (Closed, Late, LookupError, TypeError, ValueError) as error:
                kind, message = self._lost(error, self.cell_seconds)
                if kind != ENDED:
                    break
            else:
                self._ran.append(source)
                return outputs
        return [_error(kind, message)]

    def snapshot(self, call_seconds: float, seconds: float) -> "Snapshot":
        """A Snapshot of this place: its calls don't disturb what comes after."""
        for _ in range(2):
            try:
                wire = self._need_process()
                ours, theirs = socket.socketpair()
                with theirs:
                    number = self._snapshots = self._snapshots + 1
                    wire.send({"do": "snapshot", "snapshot": number}, [theirs.fileno()], seconds=5)
                wire.receive(10)
                return Snapshot(self, number, Wire(ours), call_seconds, min(seconds, self._seconds(seconds)))
            except (Closed, Late) as error:
                self._lost(error, 10)
        raise GivenUp("its process could not be copied")

    def drop(self, number: int) -> None:
        """End a snapshot's process."""
        try:
            self._ask({"do": "drop", "snapshot": number}, 5)
        except (Closed, Late) as error:
            self._lost(error, 5)

    def close(self) -> None:
        """End all processes of the submission."""
        for wire in (self._control, self._wire):
            if wire:
                wire.close()
        self._wire = self._control = None

    def _seconds(self, most: float) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise GivenUp("it has used up its time")
        return min(most, left)

    def _need_process(self) -> Wire:
        if self._wire:
            return self._wire
        if self._forks == FORKS:
            raise GivenUp(f"its process died {FORKS} times")
        self._forks += 1
        wire, self._control = self.nursery.fork(self.limits)
        self._wire = wire
        for source in self._ran:
            self._ask({"do": "run", "source": source}, self._seconds(self.cell_seconds))
        return wire

    def _ask(self, message: dict[str, Any], seconds: float) -> Any:
        if self._wire is None:
            raise Closed
        self._wire.send(message, seconds=seconds)
        return self._wire.receive(seconds)

    def _lost(self, error: Exception, seconds: float) -> tuple[str, str]:
        """Give the process up; (kind, message) of what happened."""
        why, self.whole = "", False
        if self._control:
            with contextlib.suppress(Closed, Late, LookupError, TypeError):
                why = str(self._control.receive(0.05)["ended"])[:200]
        self.close()
        if why:
            return "MemoryLimit", f"The cell {why}."
        if isinstance(error, Late):
            return "TimeLimit", f"The cell ran for more than {seconds:g} s and was stopped."
        return ENDED, "The cell ended Python. Everything after it ran in a new process."


class Snapshot:
    """A copy of a submission's process, at the place of a test cell."""

    def __init__(self, session: Session, number: int, wire: Wire, call_seconds: float, seconds: float) -> None:
        self._session, self._number = session, number
        self._wire: Wire | None = wire
        self._call_seconds, self._deadline = call_seconds, time.monotonic() + seconds
        self._broken: Failed | None = None

    def stand_in(self, name: str) -> tuple[bool, Any]:
        """(True, what takes the place of a name in a test cell), or (False, None) where nothing defines it."""
        try:
            kind = self._ask({"do": "kind", "name": name})["kind"]
            if kind == "callable":
                return True, Answer(self, name)
            if kind == "data":
                reply = self._ask({"do": "fetch", "name": name})
                return (False, None) if "refused" in reply else (True, codec.unpack(reply["value"]))
        except (Closed, Late, LookupError, TypeError, codec.Malformed):
            self._broken = self._broken or (ENDED, "the process of the answer ended", None, "")
        return False, None

    @property
    def ended(self) -> bool:
        """Whether the copy's process is gone, and not because of its time."""
        return self._broken is not None and self._broken[0] == ENDED

    def call(self, name: str, given: list[bytes], back: Back, driver: str, seconds: float = 0.0) -> Parts:
        """The parts of a reply, as answering.answer_to gives them; a failure where there is no answer in time."""
        if self._broken is None:
            seconds = max(0.0, min(max(self._call_seconds, seconds), self._deadline - time.monotonic()))
            try:
                return self._call(name, given, back, driver, time.monotonic() + seconds)
            except Late:
                self._broken = ("TimeLimit", f"it took more than {seconds:.3g} s", None, "")
            except (Closed, codec.Malformed, LookupError, TypeError, ValueError):
                self._broken = (ENDED, "the process of the answer ended", None, "")
            self.close()
        return None, [None] * len(given), self._broken, [], ""

    def _call(self, name: str, given: list[bytes], back: Back, driver: str, deadline: float) -> Parts:
        wire = self._wire
        if wire is None:
            raise Closed
        wire.send({"do": "call", "name": name, "args": given, "driver": driver}, seconds=deadline - time.monotonic())
        while True:
            message = wire.receive(deadline - time.monotonic())
            if "reply" in message:
                return _reply(message["reply"], len(given))
            k, index = message["back"]
            try:
                answer = {"value": codec.pack(back(k, index)(*codec.unpack(message["args"])))}
            except Exception as error:
                answer = {"raised": f"{type(error).__name__}: {error}"[:500]}
            wire.send(answer, seconds=deadline - time.monotonic())

    def _ask(self, message: dict[str, Any]) -> Any:
        if self._broken or self._wire is None:
            raise Closed
        self._wire.send(message, seconds=5)
        return self._wire.receive(5)

    def close(self) -> None:
        """End the copy."""
        if self._wire:
            self._wire.close()
            self._wire = None
            self._session.drop(self._number)


class Answer(Remote):
    """Stands in a test cell for a function or class of the submission's."""

    def __init__(self, snapshot: Snapshot, name: str) -> None:
        self._snapshot, self.__name__ = snapshot, name

    def answer_to(self, given: list[bytes], back: Back, driver: str, seconds: float) -> Parts:
        return self._snapshot.call(self.__name__, given, back, driver, seconds)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """As an instructor's own test calls it: the result, or an exception; changes of arguments come through."""
        from course.checks.calling import call

        reply = call(self, (list(args), keywords), KEYWORDS) if keywords else call(self, args)
        if reply.failure:
            kind = getattr(__import__("builtins"), reply.failure.kind, None)
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                kind = RuntimeError
            raise kind(reply.failure.message)
        for k in reply.changed if not keywords else ():
            _carry_back(args[k], reply.args[k])
        return reply.result


def _carry_back(mine: Any, theirs: Any) -> None:
    """Repeat on a list, dict or array what a function did to its copy."""
    if isinstance(mine, list) and isinstance(theirs, list):
        mine[:] = theirs
    elif isinstance(mine, dict) and isinstance(theirs, dict):
        mine.clear()
        mine.update(theirs)
    elif isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray) and mine.shape == theirs.shape:
        mine[...] = theirs


# ------------------------------------------------------------------------------------ what may come back

def _reply(value: Any, count: int) -> Parts:
    """The five parts of a reply; ValueError where they are of other types."""
    packed, after, failure, warned, printed = value
    good = (isinstance(packed, bytes | None) and isinstance(printed, str) and isinstance(after, list)
            and len(after) == count and all(isinstance(data, bytes | None) for data in after)
            and isinstance(warned, list) and all(isinstance(text, str) for text in warned)
            and (failure is None) == (packed is not None))
    if good and failure is not None:
        kind, message, line, code = failure
        good = isinstance(kind, str) and isinstance(message, str) and isinstance(line, int | None) \
            and isinstance(code, str)
        kind = kind[:100] if kind.isidentifier() else "Exception"      # it becomes a part of a mistake's name
        failure = (kind, message[:1000], line, code[:200])
    if not good:
        raise ValueError("not a reply")
    if packed is not None:
        codec.unpack(packed)
    return packed, after, failure, [text[:500] for text in warned[:20]], printed[:2000]


def _outputs(items: Any) -> list[dict[str, Any]]:
    """Outputs in nbformat's form, built anew from what came."""
    made = []
    for item in items[:200]:
        kind = item["output_type"]
        if kind == "stream":
            name = "stderr" if item["name"] == "stderr" else "stdout"
            made.append({"output_type": "stream", "name": name, "text": _text(item["text"])})
        elif kind in ("execute_result", "display_data"):
            data = {_text(mime, 100): _text(text, 2_000_000) for mime, text in item["data"].items()}
            made.append({"output_type": kind, "data": data, "metadata": {}}
                        | ({"execution_count": None} if kind == "execute_result" else {}))
        else:
            made.append(_error(_text(item["ename"], 200), _text(item["evalue"], 2000),
                               [_text(line, 2000) for line in item["traceback"][:50]]))
    return made


def _text(value: object, most: int = 200_000) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value[:most]


def _error(kind: str, message: str, lines: Iterable[str] = ()) -> dict[str, Any]:
    return {"output_type": "error", "ename": kind, "evalue": message,
            "traceback": list(lines) or [f"{kind}: {message}"]}
