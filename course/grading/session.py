"""One submission's processes, as the grader sees them: run a cell, take a snapshot, call what it defined.

Everything that comes back is plain data, and may be a lie; nothing here believes more of it than its type.
"""

import base64
import contextlib
import json
import shutil
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from course.checks import codec
from course.checks.answering import Failed, Parts, ends
from course.checks.calling import Given
from course.checks.verdict import OURS
from course.grading.inside.wire import SMALL, Closed, Late, Wire
from course.grading.nursery import Limits, Nursery
from course.grading.standins import Answer, Object, exception_class, stand_in
from course.words import later, tr

FORKS = 40  # a submission whose process dies more often than this is given up
MOST_OF_A_CELL = 2 * 2**20  # bytes of the message with its outputs; its process keeps 100,000 characters
MOST_OUTPUT = 250_000  # characters kept of a cell, whatever its process says
MOST_OUTPUTS = 100  # of a cell
MOST_OUTPUT_IN_ALL = 5_000_000  # characters of a submission
MOST_OF_A_BATCH = 2**20  # bytes of arguments that travel together
ENDED, MEMORY = "Ended", "MemoryLimit"  # what is said of a process that is gone
ANSWER_ENDED = later("the process of the answer ended")

# A process's first cell: what lies beside the notebook lies in its folder, and can be imported from there.
FIRST = """
def _prepare(folder, packed):
    import base64, io, os, sys, zipfile
    if folder:
        os.chdir(folder)
    sys.path.insert(0, "")
    if packed:
        zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))).extractall()
_prepare({!r}, {!r})
del _prepare
"""


class GivenUp(RuntimeError):
    """A submission has used up its time, or its process died too often."""


class Session:
    """The processes of one submission.

    A cell that hangs or ends the process loses the process, not the submission: the next step gets a new one, in
    which the cells that went well have run again. What ended without a word is tried once more: it may have been
    killed from outside. `beside` is a zip of the files that lie beside the notebook.
    """

    def __init__(self, nursery: Nursery, limits: Limits | None = None, cell_seconds: float = 30.0,
                 seconds: float = 600.0, beside: bytes = b"") -> None:
        self._beside, self._folder = base64.b64encode(beside).decode(), ""
        self.nursery, self.limits, self.cell_seconds = nursery, limits or Limits(), cell_seconds
        self.deadline = time.monotonic() + seconds
        self._wire: Wire | None = None
        self._control: Wire | None = None
        self._room: Wire | None = None
        self._unsettled = False     # whether a test is over, and what it left is being taken away
        self._fresh = False     # whether nothing ran since then
        self.whole = True       # whether no process of the submission was lost
        self._ran: list[str] = []
        self._forks = 0
        self._output_left = MOST_OUTPUT_IN_ALL

    def run(self, source: str) -> list[dict[str, Any]]:
        """The outputs of a cell, in nbformat's form; a last one of type error where it failed."""
        kind = message = ""
        for _ in range(2):
            try:
                self._settle()
                self._need_process()
                reply = self._ask({"do": "run", "source": source}, self._seconds(self.cell_seconds), MOST_OF_A_CELL)
                outputs = _outputs(reply["outputs"], min(MOST_OUTPUT, self._output_left))
            except (Closed, Late, LookupError, TypeError, ValueError) as error:
                kind, message = self._lost(error, self.cell_seconds)
                late, self._fresh = kind == MEMORY and self._fresh, False   # it may have been the test's, seen late
                if kind != ENDED and not late:
                    break
            else:
                self._fresh = False
                self._ran.append(source)
                self._output_left -= sum(map(_length, outputs))
                return outputs
        return [_error(kind, message)]

    def snapshot(self, call_seconds: float, seconds: float) -> "Snapshot":
        """A Snapshot of this place: its calls don't disturb what comes after."""
        for _ in range(2):
            try:
                self._settle()
                wire, room = self._need_process()
                room.send({"do": "begin"}, seconds=5)
                room.receive(10, most=SMALL)
                ours, theirs = socket.socketpair()
                with theirs:
                    wire.send({"do": "snapshot"}, [theirs.fileno()], seconds=5)
                wire.receive(10, most=SMALL)
                return Snapshot(self, Wire(ours), call_seconds, min(seconds, self._seconds(seconds)))
            except (Closed, Late) as error:
                self._lost(error, 10)
        raise GivenUp(tr("its process could not be copied"))

    def drop(self) -> None:
        """A snapshot is done with: its processes end, and files are as they were before it."""
        if self._room:
            self._unsettled = True
            with contextlib.suppress(Closed, Late):     # the next step will see it
                self._room.send({"do": "end"}, seconds=5)

    def _settle(self) -> None:
        """Wait until nothing of the last snapshot is left."""
        if self._unsettled and self._room:
            self._unsettled = False
            try:
                self._room.receive(10, most=SMALL)
                self._fresh = True
            except (Closed, Late) as error:
                self._lost(error, 10)

    def close(self) -> None:
        """End all processes of the submission."""
        for wire in (self._control, self._wire, self._room):
            if wire:
                wire.close()
        self._wire = self._control = self._room = None
        self._unsettled = False
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def in_time(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.deadline

    def _seconds(self, most: float) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise GivenUp(tr("it has used up its time"))
        return min(most, left)

    def _need_process(self) -> tuple[Wire, Wire]:
        if self._wire and self._room:
            return self._wire, self._room
        if self._forks == FORKS:
            raise GivenUp(tr("its process died {n} times", n=FORKS))
        self._forks += 1
        wire, self._control, room = self.nursery.fork(self.limits)
        self._wire, self._room = wire, room
        if not self.nursery.isolation:      # where it is isolated, it has a folder of its own
            self._folder = tempfile.mkdtemp(prefix="submission-")
        for source in (FIRST.format(self._folder, self._beside), *self._ran):
            self._ask({"do": "run", "source": source}, self._seconds(self.cell_seconds), MOST_OF_A_CELL)
        return wire, room

    def _ask(self, message: dict[str, Any], seconds: float, most: int = SMALL) -> Any:
        if self._wire is None:
            raise Closed
        self._wire.send(message, seconds=seconds)
        return self._wire.receive(seconds, most=most)

    def _lost(self, error: Exception, seconds: float) -> tuple[str, str]:
        """Give the process up; (kind, message) of what happened."""
        why, self.whole = "", False
        if self._control:
            with contextlib.suppress(Closed, Late, LookupError, TypeError):
                why = str(self._control.receive(0.05, most=SMALL)["ended"])[:200]
        self.close()
        if why:
            return MEMORY, tr("The cell used more than {n} MB of memory.", n=self.limits.tree)
        if isinstance(error, Late):
            return "TimeLimit", tr("The cell ran for more than {seconds} s and was stopped.", seconds=f"{seconds:g}")
        return ENDED, tr("The cell ended Python. Everything after it ran in a new process.")


class Snapshot:
    """A copy of a submission's process, at the place of a test cell."""

    def __init__(self, session: Session, wire: Wire, call_seconds: float, seconds: float) -> None:
        self._session = session
        self._wire: Wire | None = wire
        self._call_seconds, self._deadline = call_seconds, time.monotonic() + seconds
        self._broken: Failed | None = None
        self.classes: Mapping[str, frozenset[str]] = {}     # that the assignment's answers define, with their methods
        self.exceptions: dict[str, type[Exception]] = {}    # what stands for the submission's own
        self.objects: dict[int, Object] = {}                # what stands for its objects

    def stand_in(self, name: str) -> tuple[bool, Any]:
        """(True, what takes the place of a name in a test cell), or (False, None) where nothing defines it."""
        try:
            kind = self._ask({"do": "kind", "name": name}, SMALL)["kind"]
            if kind == "callable":
                return True, (exception_class(self, name) if name in self.classes else None) or Answer(self, name)
            if kind == "data":
                return True, stand_in(self, name)
        except RuntimeError:        # its value can't be had
            pass
        except (Closed, Late, LookupError, TypeError, codec.Malformed):
            self._broken = self._broken or (ENDED, tr(ANSWER_ENDED), None, "")
        return False, None

    @property
    def ended(self) -> bool:
        """Whether the copy's process is gone, and not because of its time."""
        return self._broken is not None and self._broken[0] == ENDED

    def calls(self, name: str, asked: Sequence[Given], driver: str, seconds: float = 0.0,
              until: str = "unwritten") -> Iterator[Parts]:
        """For each of several calls the parts of its reply, as Remote.answers_to gives them; a failure where there is
        no answer in time.

        They travel as one batch. Each has its time from the reply before it on; so one that hangs, or ends the process,
        takes no reply from those before, and leaves none to those that follow.
        """
        sent = 0
        for k, given in enumerate(asked):
            parts: Parts = None, [None] * len(given.packed), self._broken, [], ""
            if self._broken is None:
                limit = max(0.0, min(max(self._call_seconds, seconds), self._deadline - time.monotonic()))
                deadline = time.monotonic() + limit
                try:
                    if k == sent:
                        sent += self._send(name, asked[k:], driver, until, deadline)
                    parts = self._received(given, deadline)
                except Late:
                    self._broken = ("TimeLimit", tr("it took more than {seconds} s", seconds=f"{limit:.3g}"), None, "")
                except (Closed, codec.Malformed, LookupError, TypeError, ValueError):
                    self._broken = (ENDED, tr(ANSWER_ENDED), None, "")
                if self._broken:
                    self.close()
                    parts = None, [None] * len(given.packed), self._broken, [], ""
            yield parts
            if ends(parts, given.packed, until):
                return

    def _send(self, name: str, asked: Sequence[Given], driver: str, until: str, deadline: float) -> int:
        """Send as many calls as may travel together, one at least; how many."""
        if self._wire is None:
            raise Closed
        batch: list[dict[str, Any]] = []
        size = 0
        for given in asked:
            texts = given.texts
            size += sum(map(len, given.packed)) + sum(len(names) for *_, names in texts)
            if batch and size > MOST_OF_A_BATCH:
                break
            batch.append({"args": given.packed, "texts": texts})
        self._wire.send({"do": "calls", "name": name, "calls": batch, "driver": driver, "until": until},
                        seconds=deadline - time.monotonic())
        return len(batch)

    def _received(self, given: Given, deadline: float) -> Parts:
        """The parts of the next reply; meanwhile, what was given is called back."""
        wire = self._wire
        if wire is None:
            raise Closed
        while True:
            message = wire.receive(deadline - time.monotonic())
            if "reply" in message:
                return _reply(message["reply"], len(given.packed))
            k, index = message["back"]
            try:
                answer = {"value": codec.pack(given.callable(k, index)(*codec.unpack(message["args"])))}
            except Exception as error:
                answer = {"raised": f"{type(error).__name__}: {error}"[:500]}
            wire.send(answer, seconds=deadline - time.monotonic())

    def _ask(self, message: dict[str, Any], most: int = codec.MAX_BYTES) -> Any:
        if self._broken or self._wire is None:
            raise Closed
        self._wire.send(message, seconds=5)
        return self._wire.receive(5, most=most)

    def close(self) -> None:
        """End the copy."""
        if self._wire:
            self._wire.close()
            self._wire = None
            self._session.drop()


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


def _outputs(items: Any, most: int = MOST_OUTPUT) -> list[dict[str, Any]]:
    """Outputs in nbformat's form, built anew from what came, of at most so many characters."""
    made = []
    for item in items[:MOST_OUTPUTS]:
        kind = item["output_type"]
        if kind == "stream":
            name = "stderr" if item["name"] == "stderr" else "stdout"
            made.append({"output_type": "stream", "name": name, "text": _text(item["text"])})
        elif kind in ("execute_result", "display_data"):
            data = {_text(mime, 100): _text(text) for mime, text in item["data"].items()}
            made.append({"output_type": kind, "data": data, "metadata": {}}
                        | ({"execution_count": None} if kind == "execute_result" else {}))
        else:
            made.append(_error(_text(item["ename"], 200), _text(item["evalue"], 2000),
                               [_text(line, 2000) for line in item["traceback"][:50]]))
        most -= _length(made[-1])
        if most < 0:
            made[-1] = {"output_type": "stream", "name": "stdout", "text": "… the rest of the output was cut …\n"}
            break
    return made


def _length(output: dict[str, Any]) -> int:
    """Characters of an output, names and all."""
    return len(json.dumps(output, ensure_ascii=False))


def _text(value, most=MOST_OUTPUT):
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value[:most]


def _error(kind: str, message: str, lines: Iterable[str] = ()) -> dict[str, Any]:
    return {"output_type": "error", "ename": kind, "evalue": message,
            "traceback": list(lines) or [message if kind in OURS else f"{kind}: {message}"]}
