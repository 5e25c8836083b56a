"""The answer's side of a call: runs it on copies of what it was given, and packs what came of it.

This runs beside the learner's code, in a notebook's kernel or in a process without anything else of the course,
so it needs nothing but the codec and numpy.
"""

import contextlib
import functools
import io
import linecache
import os
import sys
import sysconfig
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from course.checks import codec

MOST_PRINTED = 2_000  # characters
DRIVER = "<driver>"
LEVELS = 150        # of calls that an answer has in a browser
NIL = b"\xc0"       # None, packed: what is nothing ends with it

Failed = tuple[str, str, int | None, str]                                               # kind, message, line, code
Parts = tuple[bytes | None, list[bytes | None], Failed | None, list[str], str]          # what answer_to gives


def answer_to(f: Callable, given: list[bytes], back: Callable[[int, int], Any], driver: str = "") -> Parts:
    """Call an answer with the packed arguments `given`.

    back    back(k, index) gives the stand-in for callable number index of argument k
    driver  source of drive(answer, *args), or ""
    Returns (packed result, packed arguments as they are afterwards, failure, warnings, printed): the result is
    None where there is a failure (kind, message, line, code), and the other way round. An argument that became
    something that can't be packed is None.
    """
    handed: list[Callable] = []     # the stand-ins, in the order in which they were asked for

    def remembered(k: int, index: int) -> Any:
        handed.append(back(k, index))
        return handed[-1]

    mine, functions = [], []
    for k, data in enumerate(given):
        before = len(handed)
        mine.append(codec.unpack(data, functools.partial(remembered, k)))
        functions.append(handed[before:])
    printed = _Bounded()
    result = failure = None
    with warnings.catch_warnings(record=True) as warned, \
            contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), _not_too_deep():
        warnings.simplefilter("always")
        try:
            if driver:
                f = functools.partial(drive_of(driver), f)
            result = codec.pack(f(*mine))
        except codec.NotPlain as error:
            failure = ("NotPlain", str(error), None, "")
        except (Exception, SystemExit) as error:
            failure = _failure(error)
    after = [_packed(*pair) for pair in zip(mine, functions, strict=True)]
    return result, after, failure, [str(w.message)[:500] for w in warned[:20]], printed.getvalue()


@contextlib.contextmanager
def _not_too_deep():
    """In a browser, let recursion end by RecursionError: without an end, and through an operator (an `__add__` that
    adds), it fills the browser's stack long before Python's own limit, and the kernel is gone without a word."""
    if sys.platform != "emscripten":
        yield
        return
    frame, depth, limit = sys._getframe(), 0, sys.getrecursionlimit()
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(min(limit, depth + LEVELS))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def ends(parts: Parts, given: list[bytes], until: str) -> bool:
    """Whether no more calls are made after this one.

    until   "unwritten": it answered as a stub does; "failed": or raised, or changed an argument
    """
    packed, after, failure, _, _ = parts
    if failure is not None:
        return until == "failed" or is_blank(*failure[:2])
    return (packed is not None and packed.endswith(NIL) and is_nothing(codec.unpack(packed))) or \
        (until == "failed" and after != given)


def is_blank(kind: str, message: str) -> bool:
    """Whether a failure is what a stub does."""
    return kind == "NotImplementedError" or (kind, message) == ("NotPlain", "ellipsis")


def is_nothing(value: Any) -> bool:
    """None, or results that are all None: a stub's."""
    if isinstance(value, tuple | list) and value:
        return all(map(is_nothing, value))
    return value is None


def by_copies(f: Callable) -> Callable:
    """A function that calls f with copies and gives a copy of its result, as one in another process would."""
    def called(*sent: object) -> object:
        result = None
        try:
            result = f(*codec.unpack(codec.pack(list(sent))))
        except Exception as error:
            raise RuntimeError(f"{type(error).__name__}: {error}"[:500]) from None
        return codec.unpack(codec.pack(result))
    return called


def function_of(text: str, names: dict[str, Any]) -> Callable:
    """The function that a formula's text gives; see calling.Formula."""
    return eval(_compiled(text), {"np": np, **names})


def beside(text: str, names: bytes) -> Callable:
    """The same, as it runs beside an answer in place of being called back: with copies, and what numpy warns of in
    there is no warning of the answer's."""
    f = function_of(text, codec.unpack(names))

    def quiet(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(*args)

    return by_copies(quiet)


@functools.cache
def _compiled(text: str) -> types.CodeType:
    return compile(text, DRIVER, "eval")


@functools.cache
def drive_of(driver: str) -> Callable:
    """The function `drive` that a driver's source defines."""
    names: dict[str, Any] = {}
    exec(compile(driver, DRIVER, "exec"), names)
    return names["drive"]


def _packed(value: object, handed: list[Callable]) -> bytes | None:
    """An argument as it is afterwards; None where it can't be packed, or holds other functions than were handed out, or
    the same in another order."""
    found: list[Callable] = []
    try:
        data = codec.pack(value, found)
    except codec.NotPlain:
        return None
    return data if list(map(id, found)) == list(map(id, handed)) else None


class _Bounded(io.StringIO):
    """Keeps the first characters that are written to it, and drops the rest."""

    def write(self, text: str) -> int:
        room = MOST_PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


_NOT_THEIRS = tuple(os.path.normcase(folder) + os.sep for folder in {
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))})


def _failure(error: BaseException) -> Failed:
    """(kind, message, line, code) of an exception, at the deepest line of the learner's own code."""
    line, code = None, ""
    if isinstance(error, SyntaxError):
        line, code = error.lineno, (error.text or "").strip()
    tb = error.__traceback__ and error.__traceback__.tb_next  # the first frame is this module's
    while tb is not None:
        path = tb.tb_frame.f_code.co_filename
        if not os.path.normcase(path).startswith(_NOT_THEIRS) and not path.startswith((DRIVER, "<__array_function__")):
            line = tb.tb_lineno
            code = linecache.getline(path, line, tb.tb_frame.f_globals).strip()
        tb = tb.tb_next
    return type(error).__name__, _message(error), line, code


def _message(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception:  # an exception class of the learner's own may fail to print
        return ""
