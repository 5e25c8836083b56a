"""The one way in which a check reaches an answer: `call(f, args)`.

The answer gets copies of the arguments and gives back a copy of its result, both by the codec, together with
the arguments as they are afterwards.  What it prints and warns is kept, an exception becomes a Failure.

An answer that does not take and give plain data (a class, say) is reached through a *driver*: source text that
defines `drive(answer, *args)`.  It runs beside the answer, and may run in another process than the check; it
takes and gives plain data and holds nothing of what is right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course.checks import codec
from course.checks.answering import Parts, answer_to


@dataclass(frozen=True)
class Failure:
    """An exception inside an answer: its type's name, its message, and the learner's own line."""

    kind: str
    message: str
    line: int | None = None
    code: str = ""


@dataclass(frozen=True)
class Reply:
    """What came back from one call of an answer."""

    result: Any = None
    args: tuple = ()
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    printed: str = ""
    changed: tuple[int, ...] = ()  # positions of the arguments that are no longer what they were


class Remote:
    """Base of the stand-ins for answers that live in another process."""

    def answer_to(self, given: list[bytes], back: Callable[[int, int], Callable], driver: str,
                  seconds: float) -> Parts:
        """As answering.answer_to, over there; it may take `seconds`, or longer where others may.

        `back(k, index)` is the callable itself, not a stand-in: what goes through a wire is a copy anyway.
        """
        raise NotImplementedError


def call(f: Any, args: tuple, driver: str = "", seconds: float = 0.0) -> Reply:
    """Call an answer with copies of `args`, a tuple of plain values and callables; returns a Reply.

    A callable among the arguments stays on this side: the answer gets a stand-in that calls it back with
    copies.  Everything but KeyboardInterrupt that the answer raises is caught.  With the source of a driver,
    `drive(f, *args)` is what is called.  An answer in another process is given at least `seconds`.
    """
    given: list[bytes] = []
    callables: list[list[Callable]] = []
    for arg in args:
        callables.append([])
        given.append(codec.pack(arg, callables[-1]))

    def back(k: int, index: int) -> Callable:
        def called(*sent: object) -> object:
            result = None
            try:
                result = callables[k][index](*codec.unpack(codec.pack(list(sent))))
            except Exception as error:      # as it comes from another process
                raise RuntimeError(f"{type(error).__name__}: {error}"[:500]) from None
            return codec.unpack(codec.pack(result))
        return called

    if isinstance(f, Remote):
        packed, after, failure, warned, printed = f.answer_to(given, lambda k, index: callables[k][index], driver,
                                                              seconds)
    else:
        packed, after, failure, warned, printed = answer_to(f, given, back, driver)
    changed = tuple(k for k, (before, data) in enumerate(zip(given, after, strict=True)) if before != data)
    return Reply(
        None if packed is None else codec.unpack(packed),
        tuple(arg if k not in changed else None if data is None else codec.unpack(data, lambda index: None)
              for k, (arg, data) in enumerate(zip(args, after, strict=True))),
        Failure(*failure) if failure else None, tuple(warned), printed, changed)
