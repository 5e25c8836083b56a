"""The one way in which a check reaches an answer: `call(f, args)`, or `calls` where there is more to ask.

The answer gets copies of the arguments and gives back a copy of its result, both by the codec, together with
the arguments as they are afterwards.  What it prints and warns is kept, an exception becomes a Failure.

An answer that does not take and give plain data (a class, say) is reached through a *driver*: source text that
defines `drive(answer, *args)`.  It runs beside the answer, and may run in another process than the check; it
takes and gives plain data and holds nothing of what is right.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from course.checks import codec
from course.checks.answering import Parts, answer_to, by_copies, ends, function_of


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
    packed: bytes | None = field(default=None, repr=False)  # the result as it came


class Formula:
    """A function among the arguments of a call that travels as text, and runs beside the answer: to call it is no
    journey. So it holds nothing that an answer must not know, and nobody can count its calls.

    text   an expression: "lambda v: W @ v"; it knows numpy as np, and the given names
    names  plain values
    """

    def __init__(self, text: str, **names: Any) -> None:
        self.text, self.names = text, names
        self._function = function_of(text, names)
        self.__name__ = self._function.__name__     # a report says it

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)


class Given:
    """The arguments of a call on their way.

    packed  the bytes of each
    """

    def __init__(self, args: tuple) -> None:
        self.packed: list[bytes] = []
        self._callables: list[list[Callable]] = []
        for arg in args:
            self._callables.append([])
            self.packed.append(codec.pack(arg, self._callables[-1]))

    def callable(self, k: int, index: int) -> Callable:
        """Callable number `index` of argument k."""
        return self._callables[k][index]

    def stand_in(self, k: int, index: int) -> Callable:
        """It calls that callable as if from another process."""
        return by_copies(self.callable(k, index))

    @property
    def texts(self) -> list[tuple[int, int, str, bytes]]:
        """Of the callables that are formulas: argument, number, text, and the packed values of its names."""
        return [(k, index, f.text, codec.pack(f.names)) for k, found in enumerate(self._callables)
                for index, f in enumerate(found) if isinstance(f, Formula)]


class Remote:
    """Base of the stand-ins for answers that live in another process."""

    def answers_to(self, asked: Sequence[Given], driver: str, seconds: float, until: str) -> Iterator[Parts]:
        """As answering.answer_to for each of several calls, over there and in this order; one may take `seconds`, or
        longer where others may. It ends where answering.ends says so.

        What is called back is the callable itself, not a stand-in: what goes through a wire is a copy anyway.
        """
        raise NotImplementedError


def call(f: Any, args: tuple, driver: str = "", seconds: float = 0.0) -> Reply:
    """Call an answer with copies of `args`, a tuple of plain values and callables; returns a Reply.

    A callable among the arguments stays on this side: the answer gets a stand-in that calls it back with
    copies.  Everything but KeyboardInterrupt that the answer raises is caught.  With the source of a driver,
    `drive(f, *args)` is what is called.  An answer in another process is given at least `seconds`.
    """
    return next(calls(f, [args], driver, seconds))


def calls(f: Any, many: Sequence[tuple], driver: str = "", seconds: float = 0.0,
          until: str = "unwritten") -> Iterator[Reply]:
    """Make several calls of an answer, in this order; gives the Reply of each when it is there.

    An answer in another process gets them as one batch, and what it replies is taken as it comes; so whoever begins
    with the replies takes them all. They end early after one that answering.ends(…, until) tells.
    """
    asked = [Given(args) for args in many]
    if isinstance(f, Remote):
        answers = f.answers_to(asked, driver, seconds, until)
    else:
        answers = _answers(f, asked, driver, until)
    for args, given, parts in zip(many, asked, answers, strict=False):
        yield _reply(args, given.packed, parts)


def _answers(f: Any, asked: Sequence[Given], driver: str, until: str) -> Iterator[Parts]:
    """As Remote.answers_to, in this process."""
    for given in asked:
        parts = answer_to(f, given.packed, given.stand_in, driver)
        yield parts
        if ends(parts, given.packed, until):
            return


def _reply(args: tuple, given: list[bytes], parts: Parts) -> Reply:
    packed, after, failure, warned, printed = parts
    changed = tuple(k for k, (before, data) in enumerate(zip(given, after, strict=True)) if before != data)
    return Reply(
        None if packed is None else codec.unpack(packed),
        tuple(arg if k not in changed else None if data is None else codec.unpack(data, lambda index: None)
              for k, (arg, data) in enumerate(zip(args, after, strict=True))),
        Failure(*failure) if failure else None, tuple(warned), printed, changed, packed)
