"""The one way in which a check reaches an answer: `call(f, args)`.

The answer gets copies of the arguments and gives back a copy of its result, both by the codec, together with
the arguments as they are afterwards.  What it prints and warns is kept, an exception becomes a Failure.

An answer that does not take and give plain data (a class, say) is reached through a *driver*: source text that
defines `drive(answer, *args)`.  It runs beside the answer, and may run in another process than the check; it
takes and gives plain data and holds nothing of what is right.
"""

import contextlib
import functools
import io
import linecache
import os
import sysconfig
import warnings
from dataclasses import dataclass

from course.checks import codec

MOST_PRINTED = 2_000  # characters


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

    result: object = None
    args: tuple = ()
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    printed: str = ""
    changed: tuple[int, ...] = ()  # positions of the arguments that are no longer what they were


def call(f, args, driver=""):
    """Call an answer with copies of `args`, a tuple of plain values and callables; returns a Reply.

    A callable among the arguments stays on this side: the answer gets a stand-in that calls it back with
    copies.  Everything but KeyboardInterrupt that the answer raises is caught.  With the source of a driver,
    `drive(f, *args)` is what is called.
    """
    if driver:
        f = functools.partial(drive_of(driver), f)
    given, mine = [], []
    for arg in args:
        callables = []
        given.append(codec.pack(arg, callables))
        mine.append(codec.unpack(given[-1], lambda k, here=callables: _called_back(here[k])))
    printed = _Bounded()
    with warnings.catch_warnings(record=True) as warned, \
            contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        warnings.simplefilter("always")
        try:
            result, failure = f(*mine), None
        except (Exception, SystemExit) as error:
            result, failure = None, _failure(error)
    if failure is None:
        try:
            result = codec.unpack(codec.pack(result))
        except codec.NotPlain as error:
            result, failure = None, Failure("NotPlain", str(error))
    after, changed = [], []
    for k, (before, value) in enumerate(zip(given, mine, strict=True)):
        try:
            packed = codec.pack(value, [])
        except codec.NotPlain:
            packed = codec.pack(None)
        if packed != before:
            changed.append(k)
        after.append(codec.unpack(packed, lambda k: None))
    return Reply(result, tuple(after), failure, tuple(str(w.message) for w in warned),
                 printed.getvalue(), tuple(changed))


DRIVER = "<driver>"


@functools.cache
def drive_of(driver):
    """The function `drive` that a driver's source defines."""
    names = {}
    exec(compile(driver, DRIVER, "exec"), names)
    return names["drive"]


def _called_back(f):
    """A stand-in for a callable of the checking side."""
    def stand_in(*args):
        return codec.unpack(codec.pack(f(*codec.unpack(codec.pack(list(args))))))
    return stand_in


class _Bounded(io.StringIO):
    """Keeps the first characters that are written to it, and drops the rest."""

    def write(self, text):
        room = MOST_PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


_NOT_THEIRS = tuple(os.path.normcase(folder) + os.sep for folder in {
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))})


def _failure(error):
    """A Failure that points at the deepest line of the learner's own code."""
    line, code = None, ""
    if isinstance(error, SyntaxError):
        line, code = error.lineno, (error.text or "").strip()
    tb = error.__traceback__.tb_next  # the first frame is `call`'s own
    while tb is not None:
        path = tb.tb_frame.f_code.co_filename
        if not os.path.normcase(path).startswith(_NOT_THEIRS) and not path.startswith((DRIVER, "<__array_function__")):
            line = tb.tb_lineno
            code = linecache.getline(path, line, tb.tb_frame.f_globals).strip()
        tb = tb.tb_next
    return Failure(type(error).__name__, _message(error), line, code)


def _message(error):
    try:
        return str(error)[:500]
    except Exception:  # an exception class of the learner's own may fail to print
        return ""
