"""Stand-ins for arrays, which write down every numpy call that they meet.

While a function and the backward pass behind it run on stand-ins, they do what they do on arrays: a stand-in holds
its value, and hands it to numpy. It gives away its shape and its dtype, which are the same at each run of a program.
It gives away nothing that hangs on its values (bool, float, int, an array, text): what a program would freeze there
is refused. So a recording holds all that was computed, in order, and needs to know neither rules nor the walk.
"""
from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from autodiff import graph
from autodiff.constants import StandIn
from autodiff.tensor import Tensor

ndarray = np.ndarray


class CannotRecord(TypeError):
    """What a program would freeze; the sentence names the way out. `ids` are the values that it hung on."""

    def __init__(self, sentence: str, ids: tuple[int, ...] = ()) -> None:
        super().__init__(sentence)
        self.ids = ids


class Ref(NamedTuple):
    """In the arguments of a line: the value with this number."""

    id: int


class Value(NamedTuple):
    """What is known of a value at every run. `root` is the value whose memory it is a view of: itself, if none."""

    shape: tuple[int, ...]
    dtype: Any                # None for a list of arrays
    is_array: bool            # not a numpy scalar
    in_rows: bool             # its memory is in C order
    compact: bool             # in C order or its reverse, without gaps
    root: int


class Line(NamedTuple):
    """One numpy call.

    `form` says how it reads: infix, prefix, call, method, attribute, item; and where it changes an array in place:
    store (x[key] = v), augment (x += v) or effect (a call). `out` is the number of its value, None for these three.
    `kept` lines run at each run and in order, whether or not their value is used.
    """

    out: Any
    form: str
    name: str
    args: Any
    kwargs: dict[str, Any]
    errors: tuple[tuple[str, str], ...]     # numpy's error state, where it is not the caller's
    scope: int                              # the checkpoint that computes this again, 0 for none
    kept: bool
    reads: tuple[int, ...]                  # the numbers of all values in args and kwargs

    def given(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> Line:
        """The line with other arguments."""
        kwargs = self.kwargs if kwargs is None else kwargs
        return self._replace(args=args, kwargs=kwargs, reads=tuple([ref.id for ref in parts((args, kwargs), Ref)]))


def mapped(x: Any, f: Callable[[Any], Any], kinds: tuple[type, ...]) -> Any:
    """The arguments x with f of each part whose type is among `kinds`, in tuples, lists, dicts and slices too."""
    kind = type(x)
    if kind in kinds:
        return f(x)
    if kind is tuple or kind is list:
        return kind([mapped(part, f, kinds) for part in x])
    if kind is slice:
        return slice(*[mapped(part, f, kinds) for part in (x.start, x.stop, x.step)])
    if kind is dict:
        return {key: mapped(part, f, kinds) for key, part in x.items()}
    if isinstance(x, (tuple, list)) and kind is not Ref:             # with names, or of a class of one's own
        inner = [mapped(part, f, kinds) for part in x]
        return kind(*inner) if hasattr(x, "_fields") else kind(inner)
    return x


def parts(x: Any, kind: type) -> list[Any]:
    """All parts of the arguments x that are of a type."""
    found: list[Any] = []
    stack = [x]
    while stack:
        x = stack.pop()
        is_a = type(x)
        if is_a is kind:
            found.append(x)
        elif is_a is tuple or is_a is list:
            stack += x[::-1]
        elif is_a is slice:
            stack += (x.step, x.stop, x.start)
        elif is_a is dict:
            stack += [*x.values()][::-1]
        elif isinstance(x, (tuple, list)) and is_a is not Ref:
            stack += [*x][::-1]
    return found


class Recorder:
    """The lines of one recording, and what is known of each value."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.values: list[Value] = []
        self.names: dict[int, str] = {}          # what the learner calls it, or d_ and that for its gradient
        self.frames: dict[int, Any] = {}
        self.near: tuple[Any, int] = None, 0     # the frame in which the last line was met, and its checkpoint
        self.inputs: set[int] = set()            # roots that belong to others
        self.refused: CannotRecord | None = None
        self.errors = np.geterr()

    def new(self, value: Any, given: Sequence[Any] = ()) -> Traced:
        """A stand-in for `value`, which may be a view of the memory of those in `given`."""
        is_array = isinstance(value, ndarray)
        root, locked = (k := len(self.values)), False
        if is_array:
            for x in given:
                if value is x.value or (value.base is not None and isinstance(x.value, ndarray)
                                        and np.may_share_memory(value, x.value)):
                    root, locked = self.values[x.id].root, x.locked
                    break
        dtype = getattr(value, "dtype", None)
        flags: Any = value.flags if is_array else None
        self.values.append(Value(value.shape if dtype is not None else (), dtype, is_array,
                                 is_array and flags.c_contiguous, is_array and flags.forc, root))
        x = Traced()
        x.recorder, x.id, x.ref, x.value, x.locked = self, k, Ref(k), value, locked
        return x

    def do(self, form: str, name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None,
           kept: bool = False) -> Any:
        """Compute function(*args, **kwargs), write it down as one line, and give the stand-in for its value."""
        kwargs = kwargs or {}
        scope = self.look_around()
        if not FLAT.issuperset(map(type, args)) or not WITHOUT_PARTS.issuperset(map(type, kwargs.values())):
            given = parts((args, kwargs), Traced)
            values, named = mapped((args, kwargs), value_in, (Traced,))
            refs, named_refs = mapped((args, kwargs), ref_to, (Traced,))
        else:                                      # most calls: in one go
            given = [x for x in args if type(x) is Traced]
            values, named = [x.value if type(x) is Traced else x for x in args], kwargs
            refs, named_refs = tuple([x.ref if type(x) is Traced else x for x in args]), kwargs
        result: Any = function(*values, **named)
        if isinstance(result, (ndarray, np.generic, bool, int, float, list, tuple)):
            z: Any = self.new(result, given)
        else:
            z = None
        errors = self.error_state()
        self.lines.append(Line(None if z is None else z.id, form, name, refs, named_refs, errors, scope, kept,
                               tuple([x.id for x in given])))
        if isinstance(result, (list, tuple)):      # several arrays: each is an item of the list
            return [self.do("item", "", operator.getitem, (z, k)) for k in range(len(result))]
        return z

    def change(self, form: str, name: str, function: Any, args: tuple[Any, ...]) -> None:
        """Likewise for what changes its first argument in place."""
        x = args[0]
        if x.locked:
            self.refuse("an operation of one's own writes into an array that it is given, and others still need: make "
                        "a new one, x = x.copy()")
        if self.values[x.id].root in self.inputs:
            self.refuse("the function changes in place an array that belongs to others (an argument, or one from "
                        "outside): change a copy, x = x.copy(), or make a new one with autodiff.where")
        given = parts(args, Traced)
        for part in given:
            self.check(part)
        self.look_around()
        function(*mapped(args, value_in, (Traced,)))
        errors = self.error_state()
        self.lines.append(Line(None, form, name, mapped(args, ref_to, (Traced,)), {}, errors, 0, False,
                               tuple([x.id for x in given])))

    def error_state(self) -> Any:
        """numpy's error state, or () where it is the caller's."""
        now = np.geterr()
        return () if now == self.errors else tuple(now.items())

    def check(self, x: Traced) -> None:
        if x.recorder is not self:
            raise CannotRecord("a value of one recording was kept, and is used in another: give it as an argument")

    def refuse(self, sentence: str, *given: Traced) -> NoReturn:
        error = CannotRecord(sentence, tuple(x.id for x in given))
        self.refused = self.refused or error       # also if the function catches it
        raise error

    def sources(self, ids: tuple[int, ...]) -> set[int]:
        """The inputs that the values `ids` hang on; -1 stands for what is drawn or done anew at each run."""
        made_by: dict[int, list[Line]] = {}
        for line in self.lines:
            target = line.out if line.out is not None else line.args[0].id
            made_by.setdefault(self.values[target].root, []).append(line)
            made_by.setdefault(target, []).append(line)
        found, stack = set(), list(ids)
        seen = set(stack)
        while stack:
            k = stack.pop()
            if k in self.inputs:
                found.add(k)
            for line in (*made_by.get(k, ()), *made_by.get(self.values[k].root, ())):
                if line.kept:
                    found.add(-1)
                for k in line.reads:
                    if k not in seen:
                        seen.add(k)
                        stack.append(k)
        return found

    def look_around(self) -> int:
        """Read names from the frames that are running; give the number of the checkpoint that is being recomputed."""
        frame, near, scope, users = sys._getframe(2), None, 0, False
        while frame is not None:
            code = frame.f_code
            if code is WALK:
                self.name_gradients(frame)
                near = near or frame
            elif code is RECOMPUTED:
                scope = scope or self.frames.setdefault(-id(frame), (len(self.frames) + 1, frame))[0]
            elif not users and type(frame.f_globals) is not dict:           # of a copy (see outside)
                users = True
                self.frames[id(frame)] = frame
                self.name_locals(frame)
                near = near or frame
            elif code is RECORDING:
                break
            if frame is self.near[0]:                    # around it all is as it was at the line before
                return scope or self.near[1]
            frame = frame.f_back
        self.near = near, scope
        return scope

    def name_locals(self, frame: Any) -> None:
        for name, x in frame.f_locals.items():
            x = x.data if type(x) is Tensor else x
            if type(x) is Traced and x.recorder is self and x.id not in self.names:
                self.names[x.id] = name

    def name_gradients(self, frame: Any) -> None:
        known, names = frame.f_locals, self.names
        at, inputs = known.get("z"), known.get("inputs")
        for z, g in ((at, inputs[0] if at is not None and inputs else None), *known.get("grads", {}).items()):
            g = g.data if type(g) is Tensor else g
            if type(g) is Traced and g.id not in names:
                z = z.data
                if type(z) is Traced:
                    names[g.id] = f"d_{names.get(z.id, z.id)}"

    def finish(self) -> None:
        """The names of what was computed last; then let go of what was running."""
        for frame in self.frames.values():
            if not isinstance(frame, tuple):
                self.name_locals(frame)
        self.let_go()
        if self.refused:
            raise self.refused

    def let_go(self) -> None:
        self.frames.clear()
        self.near = None, 0


def value_in(x: Traced) -> Any:
    return x.value


def ref_to(x: Traced) -> Ref:
    return x.ref


def _freezes(what: str, way_out: str) -> Any:
    """A method that refuses to give a value away."""
    def method(self: Traced, *_: Any, **__: Any) -> NoReturn:
        self.recorder.refuse(f"{what} hangs on values, and a program would keep what it was at the first run: "
                             f"{way_out}", self)
    return method


def _infix(symbol: str, function: Any) -> Any:
    def method(self: Traced, other: Any) -> Any:
        if type(other) is Tensor:
            return NotImplemented
        return self.recorder.do("infix", symbol, function, (self, other))
    return method


def _reflected(symbol: str, function: Any) -> Any:
    def method(self: Traced, other: Any) -> Any:
        return self.recorder.do("infix", symbol, function, (other, self))
    return method


def _augmented(symbol: str, function: Any, in_place: Any) -> Any:
    def method(self: Traced, other: Any) -> Any:
        if type(other) is Tensor:                        # as for an array: the gradient would be lost
            return in_place(self.value, other)
        if not isinstance(self.value, ndarray):
            return self.recorder.do("infix", symbol, function, (self, other))
        self.recorder.change("augment", symbol, in_place, (self, other))
        return self
    return method


OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "@": "matmul", "**": "pow", "//": "floordiv",
             "%": "mod", "&": "and_", "|": "or_", "^": "xor", "==": "eq", "!=": "ne", "<": "lt", "<=": "le",
             ">": "gt", ">=": "ge"}
OF_UFUNC = {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.matmul: "@", np.power: "**",
            np.equal: "==", np.not_equal: "!=", np.less: "<", np.less_equal: "<=", np.greater: ">",
            np.greater_equal: ">=", np.bitwise_and: "&", np.bitwise_or: "|", np.bitwise_xor: "^",
            np.floor_divide: "//", np.remainder: "%"}
REDUCTIONS = {np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min"}

# Methods whose result has a shape and a dtype that hang on shapes, dtypes and constants alone.
METHODS = {"all", "any", "argmax", "argmin", "argsort", "astype", "clip", "conj", "copy", "cumprod", "cumsum",
           "diagonal", "dot", "flatten", "max", "mean", "min", "prod", "ravel", "repeat", "reshape", "round", "squeeze",
           "std", "sum", "swapaxes", "take", "trace", "transpose", "var"}
ATTRIBUTES = {"T", "mT", "real"}
# numpy functions of that kind, with the number of first arguments that may be stand-ins (or lists of them).
FUNCTIONS = dict.fromkeys([
    "all", "any", "amax", "amin", "argmax", "argmin", "argsort", "around", "array_split", "atleast_1d", "atleast_2d",
    "average", "broadcast_to", "clip", "concatenate", "copy", "cov", "cumprod", "cumsum", "diag", "diagonal", "diff",
    "expand_dims", "flip", "fliplr", "flipud", "hstack", "imag", "real", "linalg.norm", "linalg.inv", "linalg.det",
    "max", "mean", "median", "min", "moveaxis", "nan_to_num", "nanmax", "nanmean", "nanmin", "nansum", "ones_like",
    "prod", "ravel", "repeat", "reshape", "roll", "rollaxis", "rot90", "round", "sort", "split", "squeeze", "stack",
    "std", "sum", "swapaxes", "tile", "trace", "transpose", "trapezoid", "tril", "triu", "var", "vstack",
    "zeros_like", "empty_like", "ptp", "permute_dims", "matrix_transpose", "unstack", "vsplit", "hsplit", "fft.fft",
    "fft.ifft"], 1) | dict.fromkeys([
        "dot", "full_like", "inner", "isclose", "kron", "outer", "searchsorted", "take", "take_along_axis", "tensordot",
        "vdot", "linalg.solve", "cross", "convolve", "correlate", "allclose", "array_equal", "digitize", "isin",
        "isneginf", "isposinf", "polyval"], 2) | {"where": 3, "interp": 3, "einsum": 99, "broadcast_arrays": 99}
# Functions that make arrays, likewise.
CREATE = {"arange": 0, "array": 1, "asarray": 1, "ascontiguousarray": 1, "asanyarray": 1, "empty": 0, "eye": 0,
          "full": 2, "identity": 0,
          "linspace": 0, "logspace": 0, "ones": 0, "tri": 0, "zeros": 0, "meshgrid": 99, "indices": 0}
FORM = {"shape", "ndim", "size", "result_type", "iscomplexobj", "isrealobj", "can_cast", "common_type"}
AS_METHOD = {"sum", "mean", "max", "min", "prod", "reshape", "transpose", "swapaxes", "squeeze", "cumsum", "argmax",
             "argmin", "var", "std", "any", "all", "amax", "amin", "argsort"}


def function_named(path: str) -> Any:
    return functools.reduce(getattr, path.split("."), np)


NAME_OF = {function_named(name): name for name in [*FUNCTIONS, *FORM]}


class Traced(StandIn):
    """Stands for an array, or a numpy scalar, while a program is recorded."""

    __slots__ = ("id", "locked", "recorder", "ref", "value")

    recorder: Recorder
    id: int
    ref: Ref
    value: Any
    locked: bool              # not to be written into

    __class__ = property(lambda self: type(self.value))       # type: ignore[assignment]  # for isinstance(x, ndarray)
    __hash__ = object.__hash__

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    itemsize = property(lambda self: self.value.itemsize)
    nbytes = property(lambda self: self.value.nbytes)

    def kept(self) -> Traced:
        """This value as a constant of the graph, which stays as it is (see autodiff.constants.operand)."""
        if not isinstance(self.value, ndarray) or self.recorder.values[self.id].root in self.recorder.inputs:
            return self
        return self._method("copy", "K")

    def read_only(self) -> Traced:
        """The same value, which cannot be written into through this."""
        x = Traced()
        x.recorder, x.id, x.ref, x.value, x.locked = self.recorder, self.id, self.ref, self.value, True
        return x

    def zeros(self, shape: Any, dtype: Any) -> Traced:
        return self.recorder.do("call", "np.zeros", np.zeros, (shape, dtype))

    def require(self, statement: str) -> None:
        """Write down a statement that raises where the values, $ in it, are not as they must be."""
        exec(statement.replace("$", "x"), {"x": self.value})
        self.recorder.lines.append(Line(None, "require", statement, (Ref(self.id),), {}, (), 0, True, (self.id,)))

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Traced]:
        return (self[k] for k in range(len(self.value)))

    def __getattr__(self, name: str) -> Any:
        if name in ATTRIBUTES:
            return self.recorder.do("attribute", name, operator.attrgetter(name), (self,))
        if name in METHODS:
            return functools.partial(self._method, name)
        if hasattr(self.value, name) and not name.startswith("__"):
            self.recorder.refuse(f"a program cannot record .{name} of an array: write it with numpy's functions, or do "
                                 "it before", self)
        raise AttributeError(f"{type(self.value).__name__!r} object has no attribute {name!r}")

    def _method(self, name, *args, **kwargs):
        self._refuse_arguments(f".{name}", args if name not in {"clip", "dot", "take"} else (), kwargs)
        return self.recorder.do("method", name, lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs),
                                (self, *args), kwargs)

    def _refuse_arguments(self, what, args, kwargs):
        if not args and WITHOUT_PARTS.issuperset(map(type, kwargs.values())):        # as mostly
            return
        for x in parts((args, kwargs), Traced):
            self.recorder.refuse(f"an argument of {what} hangs on values, and a program would keep what it was at the "
                                 "first run (its result could have another shape): work it out before, or pass a "
                                 "Python number", x)

    def __getitem__(self, key: Any) -> Any:
        if type(key) is tuple and not key and not isinstance(self.value, ndarray):
            return self
        for part in key if type(key) is tuple else (key,):
            if type(part) is Traced and part.value.dtype.kind == "b":
                self.recorder.refuse("how many elements a mask picks hangs on values, and a program has fixed shapes: "
                                     "use autodiff.where(mask, x, 0), or multiply by the mask", part)
            if type(part) is slice:
                for x in parts(part, Traced):
                    self.recorder.refuse("a slice whose bounds hang on values has no fixed shape: give them as Python "
                                         "numbers", x)
        return self.recorder.do("item", "", operator.getitem, (self, key))

    def __setitem__(self, key: Any, value: Any) -> None:
        if type(value) is Tensor:
            self.value[key] = value                              # refuses, as for an array
        self.recorder.change("store", "", operator.setitem, (self, key, value))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if Tensor in map(type, inputs):
            return NotImplemented
        name, first = f"np.{ufunc.__name__}", inputs[0]
        if method == "at":
            if type(first) is not Traced:
                self.recorder.refuse(f"{name}.at changes an array that is made outside numpy's view of a program: "
                                     "make it with numpy's functions in the same function", self)
            self.recorder.change("effect", f"{name}.at", ufunc.at, inputs)
            return None
        if "out" in kwargs:
            self.recorder.refuse(f"{name} writes into an array with out=, which a program cannot record: leave out= "
                                 "away", self)
        if method == "__call__":
            symbol = OF_UFUNC.get(ufunc)
            if symbol and not kwargs and type(first) is not Traced:
                return self.recorder.do("infix", symbol, getattr(operator, OPERATORS[symbol]), inputs)
            return self.recorder.do("call", name, ufunc, inputs, kwargs)
        if method == "reduce" and ufunc in REDUCTIONS and set(kwargs) <= {"axis", "keepdims"} and len(inputs) <= 2:
            kwargs = {"axis": inputs[1] if len(inputs) > 1 else 0, **kwargs}
            kwargs = {k: v for k, v in kwargs.items() if v is not None and v is not False}
            return first._method(REDUCTIONS[ufunc], **kwargs)
        self._refuse_arguments(name, inputs[1:], kwargs)
        return self.recorder.do("call", f"{name}.{method}", getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        name = NAME_OF.get(function)
        if name in FORM:
            return function(*mapped(args, value_in, (Traced,)), **mapped(kwargs, value_in, (Traced,)))
        if name is None or (name == "where" and len(args) == 1) or (name == "einsum" and not isinstance(args[0], str)):
            self.recorder.refuse(f"numpy.{function.__name__} is not among the functions that a program can record "
                                 "(or its result has a shape that hangs on values): do it before, or write it in "
                                 "others",
                                 *parts((args, kwargs), Traced))
        count = FUNCTIONS[name]
        self._refuse_arguments(f"numpy.{name}", args[count:], {k: v for k, v in kwargs.items() if count < 2})
        if name in AS_METHOD and type(args[0]) is Traced and not {"out", "where", "initial", "dtype"} & set(kwargs):
            kwargs = {k: v for k, v in kwargs.items() if not (v is None or v is False or v is np._NoValue)}
            args = args[:-1] if len(args) == 2 and args[1] is None else args
            return args[0]._method({"amax": "max", "amin": "min"}.get(name, name), *args[1:], **kwargs)
        return self.recorder.do("call", f"np.{name}", function, args, kwargs)

    __bool__ = _freezes("an `if`, a `while`, `and` or `or` on an array", "choose with autodiff.where, or decide by a "
                        "Python number that is an argument")
    __float__ = __complex__ = _freezes("float() or a function of the module math",
                                       "use numpy's functions or autodiff's")
    __int__ = __index__ = __round__ = __trunc__ = __floor__ = __ceil__ = _freezes(
        "a Python integer made of an array", "use autodiff.take, numpy's functions, or pass a Python number")
    item = tolist = _freezes("item() or tolist()", "work on with the array itself, t.data")
    __contains__ = _freezes("`in` for an array", "compare with == and choose with autodiff.where")
    nonzero = _freezes("how many elements are not zero", "use autodiff.where(mask, x, 0)")
    __array__ = _freezes("an array made of this one by the way", "use numpy's functions of arrays, np.stack or "
                         "np.take; np.take(table, indices, 0) for table[indices]")
    __repr__ = __str__ = __format__ = _freezes("text made of an array (by print or an f-string)", "print what the "
                                               "program returns")
    __reduce_ex__ = __copy__ = _freezes("a copy by the module copy or pickle", "use x.copy()")
    __deepcopy__ = __copy__
    __neg__ = lambda self: self.recorder.do("prefix", "-", operator.neg, (self,))
    __pos__ = lambda self: self
    __invert__ = lambda self: self.recorder.do("prefix", "~", operator.invert, (self,))
    __abs__ = lambda self: self.recorder.do("call", "np.abs", operator.abs, (self,))


for _symbol, _name in OPERATORS.items():
    _function = getattr(operator, _name)
    _dunder = f"__{_name.strip('_')}__"
    setattr(Traced, _dunder, _infix(_symbol, _function))
    if _symbol not in {"==", "!=", "<", "<=", ">", ">="}:
        setattr(Traced, f"__r{_dunder[2:]}", _reflected(_symbol, _function))
        setattr(Traced, f"__i{_dunder[2:]}", _augmented(_symbol, _function, getattr(operator, f"i{_name.strip('_')}")))

WITHOUT_PARTS = {ndarray, int, float, bool, str, type(None), np.float64, np.float32}
FLAT = {Traced, *WITHOUT_PARTS}
WALK = graph.walk.__wrapped__.__code__        # without the errstate around it
RECOMPUTED: Any = None          # set by running: the code of a checkpoint's rule, and of what records
RECORDING: Any = None
