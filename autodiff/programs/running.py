"""`program`: a function and its gradient, recorded once for each form of the arguments, and run as straight code."""
from __future__ import annotations

import inspect
import itertools
import linecache
import threading
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from autodiff import recompute
from autodiff.arguments import named_arguments
from autodiff.functional import leaves, value_and_grad
from autodiff.programs import recording
from autodiff.programs.forms import MISS, Form
from autodiff.programs.outside import Outside
from autodiff.programs.recording import CannotRecord, Recorder, Ref, Traced, mapped, parts, ref_to
from autodiff.programs.simplifying import simplified, together
from autodiff.programs.writing import ATOM, Writer, plain, whole
from autodiff.tensor import Tensor

KEPT = 32                   # recordings that are kept; where more are made, something changes at each call
count = itertools.count(1)
RESULTS = (np.ndarray, np.generic, bool, int, float, complex, str, bytes, range, type(None))
recording_one = ContextVar("recording_one", default=False)


def program(f: Callable[..., Any], wrt: int | list[int] | tuple[int, ...] | None = 0) -> Program:
    """A function like value_and_grad(f, wrt), which runs as a straight numpy program; `source` shows it.

    The first call with arguments of a new form (structure, shapes, dtypes) records what f and its backward pass do,
    and writes it out as Python; later calls run that, with results that are the same to the last bit. Arrays that f
    reads from outside are read anew each time; if a number or anything else outside has changed, f is recorded again.
    Arguments that are Python numbers, texts and the like are written into the program: another value, another
    recording. With wrt None, f itself is written out, with all gradients that it takes.
    What a program would freeze raises TypeError, with the way out (docs/autodiff.md lists it).
    """
    return Program(f, wrt)


class Program:
    """What `program` gives: called like value_and_grad(f, wrt)."""

    def __init__(self, f: Callable[..., Any], wrt: Any) -> None:
        self.f, self.wrt = f, wrt
        self.walk = f if wrt is None else value_and_grad(f, wrt)
        self.written: list[Written] = []
        self.count, self.lock = 0, threading.RLock()
        self.__doc__ = getattr(f, "__doc__", None)
        self.__name__ = getattr(f, "__name__", "program")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if recording_one.get():                                           # part of another program
            return self.walk(*args, **kwargs)
        for written in self.written:
            result = written.enter(args, kwargs)
            if result is not MISS:
                return result
        if any(type(x) is Tensor for x in leaves((args, kwargs))):        # inside another transformation
            return self.walk(*args, **kwargs)
        return self.written_for(args, kwargs)[1]

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The program as Python source: that for these arguments, or the latest."""
        if args or kwargs:
            for written in self.written:
                if written.enter(args, kwargs) is not MISS:
                    return written.source
            return self.written_for(args, kwargs)[0].source
        if not self.written:
            raise ValueError("nothing has been recorded yet: call the program first, or give source its arguments")
        return self.written[0].source

    def written_for(self, args: Any, kwargs: Any) -> tuple[Written, Any]:
        """A new program for these arguments, and what it gives for them."""
        with self.lock:
            for written in self.written:                                  # another thread's, made in the meantime
                if (result := written.enter(args, kwargs)) is not MISS:
                    return written, result
            written, result = record(self.f, self.wrt, args, kwargs)
            self.count += 1
            self.written = [written, *self.written[:KEPT - 1]]
        if self.count == KEPT:
            warnings.warn(f"{self.__name__} has been recorded {KEPT} times: something that is written into its "
                          "program is different at nearly every call (a Python number among the arguments, say: "
                          "give it as np.float64(…)). Each recording takes as long as some 25 calls", stacklevel=3)
        return written, result


class Written:
    """One program: its source, and the function that runs it on arguments for which it is right."""

    def __init__(self, source: str, enter: Callable[[Any, Any], Any]) -> None:
        self.source, self.enter = source, enter


def record(f: Callable[..., Any], wrt: Any, args: Any, kwargs: Any) -> tuple[Written, Any]:
    """The program for arguments of this form, and what it gives for these; CannotRecord where there is none."""
    by_content: set[Any] = set()
    while True:
        recorder = Recorder()
        outside = Outside(recorder, by_content, lambda x: isinstance(x, Program))
        try:
            return written_out(f, wrt, args, kwargs, recorder, outside)
        except CannotRecord as error:
            error = recorder.refused or error
            places = {k: (id(root), path) for (root, path), k, _ in outside.inputs}
            sources = recorder.sources(error.ids)
            if not sources or not sources <= places.keys():
                raise error from None
            by_content |= {places[k] for k in sources}          # arrays from outside: given as they are, and watched
        except NameError as error:
            if outside.hides(error.name):
                raise CannotRecord("the function defines a class whose body reads a global name: define it outside "
                                   "of the function") from None
            raise
        finally:
            outside.put_back()
            recorder.let_go()


def written_out(f: Callable[..., Any], wrt: Any, args: Any, kwargs: Any, recorder: Recorder,
                outside: Outside) -> tuple[Written, Any]:
    """Record, write, compile, and run once beside what was recorded."""
    names = parameters(f, len(args))
    places = () if wrt is None else tuple(wrt) if isinstance(wrt, (list, tuple)) else (wrt,)
    form = Form(recorder, outside)
    wanted = {place % len(args) for place in places if isinstance(place, int) and args}
    given, named = form.arguments(args, kwargs, names, wanted)
    function = outside.stand_in(f, None, getattr(f, "__name__", "f"))
    result = recorded(function if wrt is None else value_and_grad(function, wrt), given, named)
    if any(type(x) is Tensor for x in leaves(result)):
        raise CannotRecord("the result hangs on a Tensor from outside: make it an argument, or take its array, t.data")
    for x in leaves(result):
        if type(x) is not Traced and not isinstance(x, RESULTS):
            raise CannotRecord(f"the function gives a {type(x).__name__}, which a program would make once only: give "
                               "arrays, numbers and texts, or dicts, lists and tuples of them")
    outside.settle()
    recorder.finish()
    if wrt is not None:
        name_results(recorder, result, [given[place] for place in places], wrt)
    lines, outputs, values = simplified(recorder, mapped(result, ref_to, (Traced,)))
    lines = together(lines)

    used = {k for line in lines for k in line.reads}.union(ref.id for ref in parts(outputs, Ref))
    writer = Writer(recorder, lines, values, {*names, *kwargs})
    writer.classes = outside.classes()
    unpacking = enter_names(writer, form, names, kwargs, used)
    shown = {}
    for _, k, _ in outside.inputs:
        if k in used:
            shown[k] = writer.name(k)
            writer.text[k] = (shown[k], ATOM)
    for name, x in outside.held.items():
        writer.taken.add(name)
        writer.held[name] = x
    writer.write(outputs)
    title = "value_and_grad" if wrt is not None else getattr(f, "__name__", "")
    title = title if title.isidentifier() else "run"
    source = whole(writer, outputs, copies(recorder, lines, values),
                   lambda writer: head(title, writer, form, [*names, *kwargs], len(names), shown, unpacking))
    written = Written(source, form.entered(compiled(source, title, writer.held), list(kwargs), shown))
    outside.put_back()
    return written, compared(written, result, args, kwargs)


def recorded(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    token = recording_one.set(True)
    try:
        return f(*args, **kwargs)
    finally:
        recording_one.reset(token)


recording.RECORDING = recorded.__code__                 # frames from here on are looked at
recording.RECOMPUTED = next(
    inner for run in recompute.checkpoint.__code__.co_consts if inspect.iscode(run)
    for inner in run.co_consts if inspect.iscode(inner) and inner.co_name == "together")


def parameters(f: Callable[..., Any], n: int) -> list[str]:
    """The names of the first n arguments by position."""
    known = named_arguments(f)[0]
    return [*known[:n], *(f"x{k}" for k in range(len(known), n))]


def name_results(recorder: Recorder, result: Any, given: list[Any], wrt: Any) -> None:
    """The value's name, if it has none, and d_ with the argument's name for each gradient."""
    value, grads = result
    if type(value) is Traced:
        recorder.names.setdefault(value.id, "value")
    for x, g in zip(leaves(given), leaves(grads if isinstance(wrt, (list, tuple)) else [grads]), strict=True):
        if type(g) is Traced and g.id not in recorder.inputs:
            recorder.names[g.id] = f"d_{recorder.names[x.id]}"


def enter_names(writer: Writer, form: Form, names: list[str], kwargs: Any, used: set[int]) -> list[str]:
    """Names for the arrays among the arguments, and the lines that take them out of dicts and lists."""
    lines = []
    for path, k in form.entry:
        name = path
        if path not in names and path not in kwargs:
            if k not in used:
                continue
            name = writer.recorder.names[k] if path.startswith("np.") and "[" not in path else writer.name(k)
            lines.append(f"{name} = {path}")
        writer.text[k] = (name, ATOM)
    return lines


def copies(recorder: Recorder, lines: list[Any], values: list[Any]) -> Callable[[int], bool]:
    """Whether a result must be copied, so that it belongs to the caller: each is asked for once, in order."""
    taken = {values[k].root for k in recorder.inputs}
    views = {line.out for line in lines if line.name == "np.broadcast_to"}

    def copied(k: int) -> bool:
        shared = values[k].is_array and (values[k].root in taken or k in views)
        taken.add(values[k].root)
        return shared
    return copied


def head(title: str, writer: Writer, form: Form, names: list[str], by_position: int, shown: dict[int, str],
         unpacking: list[str]) -> list[str]:
    """The def, and comments that say what it takes."""
    by_name = [*names[by_position:], *shown.values()]
    taken = ", ".join([*names[:by_position], *(["*"] if by_name else []), *by_name])
    notes = [f"{writer.text[k][0]} {plain(writer.values[k].shape)} {writer.values[k].dtype}"
             for k in [*(k for _, k in form.entry), *shown] if k in writer.text]
    return [f"def {title}({taken}):", *(f"    # {', '.join(notes[k:k + 4])}" for k in range(0, len(notes), 4)),
            *([f"    # written in: {', '.join(form.fixed)}"] if form.fixed else []),
            *([f"    # from outside: {', '.join(writer.held)}"] if writer.held else []),
            *(f"    {line}" for line in unpacking)]


def compiled(source: str, title: str, held: dict[str, Any]) -> Any:
    file = f"<program {next(count)}: {title}>"
    linecache.cache[file] = len(source), None, source.splitlines(True), file      # tracebacks show its lines
    space: dict[str, Any] = {"np": np, **held}
    exec(compile(source, file, "exec"), space)
    return space[title]


def compared(written: Written, result: Any, args: Any, kwargs: Any) -> Any:
    """What the program gives, after a look at whether it is what the walk gave while it was recorded, to the bit."""
    given = written.enter(args, kwargs)
    if given is MISS:
        raise CannotRecord("what the function reads from outside was changed while it ran: pass it as an argument")
    for x, y in zip(leaves(result), leaves(given), strict=True):
        x = x.value if type(x) is Traced else x
        if not (x is y or (type(x) is type(y) and same_bits(x, y))):
            raise AssertionError("a program gave other numbers than the walk: please report this, with your function.\n"
                                 + written.source)
    return given


def same_bits(x: Any, y: Any) -> bool:
    """Whether two arrays are the same to the last bit; of nan there is one."""
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype != y.dtype or x.shape != y.shape:
        return False
    return x.tobytes() == y.tobytes() or (x.dtype.kind == "f" and np.array_equal(x, y, equal_nan=True) and bool(
        (np.signbit(x) == np.signbit(y))[x == x].all()))
