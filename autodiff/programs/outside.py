"""What a function reads from outside while it is recorded.

The function runs as a copy, whose global names and closure are looked up here. So what it reads is seen, once, with
the place it stands in: arrays are replaced by stand-ins, and read from their place at each run; numbers, texts and
all else are noted, and a program is used again only where they are still the same. Functions that it calls are
copied likewise, as are objects with attributes. What does something else at each call (random numbers) is recorded
as a call; what acts on the world or reads it (print, files, clocks) is refused.
"""
from __future__ import annotations

import builtins
import enum
import functools
import opcode
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autodiff.graph import Primitive
from autodiff.programs.recording import CREATE, CannotRecord, Recorder, Traced, function_named, parts
from autodiff.tensor import Tensor

Place = tuple[Any, str]      # an object, and what to write behind it: (globals, "['X']"), (cell, ".cell_contents")

PURE = {"math", "cmath", "operator", "itertools", "functools", "collections", "typing", "types", "dataclasses", "enum",
        "abc", "numbers", "contextlib", "re", "string", "fractions", "decimal", "warnings", "textwrap", "builtins",
        "statistics", "copy", "heapq", "bisect", "_operator", "_functools", "_collections", "_heapq", "_bisect"}
ACTS = {"print", "input", "open", "exec", "eval", "globals", "breakpoint", "id", "hash"}
NUMPY_ACTS = {"load", "loadtxt", "fromfile", "genfromtxt", "memmap", "save", "savetxt", "savez", "savez_compressed",
              "seterr", "seterrcall", "fromfunction", "fromiter", "frompyfunc", "vectorize", "nditer"}
DRAWING = (np.random.Generator, np.random.RandomState)
PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...), range, slice, np.dtype, np.ufunc,
         BuiltinFunctionType, type(np.sum), type(str.join), type("".__add__), type(int.__add__))
CHANGES_OUTSIDE = {opcode.opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL")}


class Namespace(dict):
    """The global names of a function that is recorded. Its own items are only what Python itself looks for here."""

    def __init__(self, outside: Outside, real: dict[str, Any]) -> None:
        super().__init__(__name__=real.get("__name__"), __builtins__=outside.builtins)
        self.outside, self.real, self.seen = outside, real, {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.seen:
            self.seen[name] = self.outside.stand_in(self.real[name], (self.real, f"[{name!r}]"), name)
        return self.seen[name]


class Module(ModuleType):
    """A module whose attributes are looked up likewise."""

    def __init__(self, outside: Outside, real: ModuleType) -> None:
        super().__init__(real.__name__, real.__doc__)
        self.__dict__.update(_outside=outside, _real=real)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if self._real is np:
            return self._outside.of_numpy(name, value)
        if self._real is np.random:
            return self._outside.drawing(value, f"np.random.{name}")
        if self._real.__name__.split(".")[0] == "numpy":
            return value
        return self._outside.stand_in(value, (vars(self._real), f"[{name!r}]"), name)


class Drawing:
    """A random generator: its draws are calls of the program."""

    def __init__(self, outside: Outside, real: Any, name: str) -> None:
        self._outside, self._real, self._name = outside, real, name

    def __getattr__(self, name: str) -> Any:
        return self._outside.drawing(getattr(self._real, name), f"{self._name}.{name}")


class Outside:
    """The places that one recording has read, and what stood there.

    `inputs` are the places of arrays, with the number of their stand-in; `checks` are places with what must stand
    there, for which the program is right. Places in `by_content` hold arrays that the function uses in ways that
    cannot be recorded: they are given as they are, and must hold the same numbers at each run.
    """

    def __init__(self, recorder: Recorder, by_content: set[Any], is_program: Callable[[Any], bool]) -> None:
        self.recorder, self.by_content, self.is_program = recorder, by_content, is_program
        self.inputs: list[tuple[Place, int, str]] = []
        self.checks: list[tuple[Place, str, Any]] = []
        self.copies: list[tuple[Any, Any, str]] = []
        self.memo: dict[int, Any] = {}
        self.strides: dict[int, Any] = {}
        self.shown: dict[int, str] = {}
        self.drawn: dict[int, tuple[Any, Any]] = {}
        self.held: dict[str, Any] = {}                      # objects that the program calls by a name
        self.builtins = {**vars(builtins), **{name: self._acting(name) for name in ACTS}, "__import__": self._import,
                         "type": lambda *args: args[0].__class__ if len(args) == 1 else type(*args)}

    def _acting(self, name: str) -> Callable[..., Any]:
        instead = "print what the program returns" if name == "print" else "pass what it gives as an argument"

        def refuse(*_: Any, **__: Any) -> Any:
            self.refuse(f"{name}() in the function acts once, when the program is recorded, and not at each run: "
                        f"take it out, and {instead}")
        return refuse

    def _import(self, name, *args):
        module = __import__(name, *args)
        return self.stand_in(module, None, name.split(".")[0])

    def refuse(self, sentence: str) -> Any:
        error = CannotRecord(sentence)
        self.recorder.refused = self.recorder.refused or error
        raise error

    def stand_in(self, value: Any, place: Place | None, name: str) -> Any:
        """What the recorded function gets in the place of `value`, which stands at `place` under a name."""
        kind = type(value)
        if kind is np.ndarray or isinstance(value, (np.number, np.bool_)):
            return self._array(value, place, name)
        if kind in (list, tuple, dict) or (isinstance(value, tuple) and hasattr(value, "_fields")):
            return self._tree(value, place, name)
        if kind is Tensor:
            return self.refuse(f"the function uses the Tensor {name!r} from outside: make it an argument, or take its "
                               "array, t.data")
        if kind in (set, frozenset) and place is not None:
            self.checks.append((place, "keys", set(value)))
        elif place is not None:
            self.checks.append((place, "same" if kind in (bool, int, float, complex, str, bytes) else "is", value))
        if kind is object:                                    # a mark
            return value
        if kind in PLAIN:
            return self._builtin(value, name)
        if id(value) in self.memo:
            return self.memo[id(value)][1]
        made = self._object(value, kind, name)
        self.memo[id(value)] = (value, made)
        return made

    def _builtin(self, value, name):
        owner = getattr(value, "__self__", None)
        if isinstance(owner, DRAWING):
            return self.drawing(value, f"np.random.{value.__name__}" if owner is np.random.rand.__self__ else name)
        module = getattr(value, "__module__", None) or getattr(owner, "__name__", "")
        if isinstance(value, BuiltinFunctionType) and type(module) is str and self._acts(module):
            return self._refusing(f"{module}.{value.__name__}")
        if (isinstance(value, BuiltinFunctionType) and owner is not None
                and not isinstance(owner, (ModuleType, type, *PLAIN))):
            return self.refuse(f"the function uses {name!r}, a method of an object from outside: use the object itself")
        return self.of_numpy(getattr(value, "__name__", ""), value)

    @staticmethod
    def _acts(module: str) -> bool:
        """Whether a module of the standard library may act on the world or read it."""
        root = (module or "").split(".")[0]
        return root in sys.stdlib_module_names and root not in PURE and root != "__main__"

    def _refusing(self, what: str) -> Callable[..., Any]:
        return lambda *_, **__: self.refuse(f"{what} may give something else at each call, or act on the world: call "
                                            "it before, and pass the result as an argument")

    def _array(self, value, place, name):
        key = (id(place[0]), place[1])
        if key in self.by_content:
            kept = value.copy()
            if kept.ndim:
                kept.flags.writeable = False
            self.checks.append((place, "equal", kept))
            return kept
        x = self.recorder.new(value)
        self.strides[x.id] = value.strides if isinstance(value, np.ndarray) else None
        self.recorder.inputs.add(x.id)
        self.recorder.names[x.id] = name
        self.inputs.append((place, x.id, name))
        return x

    def _tree(self, value, place, name):
        self.checks.append((place, "form", value.copy() if type(value) is dict else len(value)))
        self.checks.append((place, "type", type(value)))
        root, path = place
        if type(value) is dict:
            made: Any = {}
            for key, x in value.items():
                at = (root, f"{path}[{key!r}]") if isinstance(key, (str, int)) else (value, f"[{key!r}]")
                made[key] = self.stand_in(x, at, key if isinstance(key, str) and key.isidentifier() else name)
        else:
            made = [self.stand_in(x, (root, f"{path}[{k}]"), f"{name}_{k}") for k, x in enumerate(value)]
            made = made if type(value) is list else type(value)(*made) if hasattr(value, "_fields") else tuple(made)
        if type(value) is not tuple:
            self.copies.append((made, made.copy() if hasattr(made, "copy") else made, name))
        return made

    def _object(self, value, kind, name):
        if kind is FunctionType:
            acts = self._acts(value.__module__)
            return self._refusing(f"{value.__module__}.{name}") if acts else self.function(value)
        if kind is MethodType:
            owner = self.stand_in(value.__self__, None, name)
            return MethodType(self.function(value.__func__), owner)
        if kind is functools.partial:
            args = [self.stand_in(x, (value, f".args[{k}]"), f"{name}_{k}") for k, x in enumerate(value.args)]
            named = {k: self.stand_in(x, (value, f".keywords[{k!r}]"), k) for k, x in value.keywords.items()}
            return functools.partial(self.stand_in(value.func, None, name), *args, **named)
        if kind is Module or kind is Drawing:
            return value
        if self.is_program(value):
            return kind(self.stand_in(value.f, (value, ".f"), name), value.wrt)
        if isinstance(value, ModuleType):
            root = value.__name__.split(".")[0]
            if root == "autodiff" or root in PURE:
                return value
            if self._acts(root):
                return _Refusing(self, root)
            made = Module(self, value)
            self.copies.append((vars(made), dict(vars(made)), value.__name__))
            return made
        if isinstance(value, DRAWING):
            return Drawing(self, value, name)
        if isinstance(value, Primitive):
            return self.primitive(value)
        if isinstance(value, (enum.Enum, enum.EnumType)):
            return value
        if isinstance(value, type):
            if self._acts(value.__module__):
                return _Refusing(self, f"{value.__module__}.{name}")
            return value if self._is_known(value.__module__) else self.class_(value)
        if kind in (set, frozenset):
            made = kind([self.stand_in(x, None, name) for x in value])
            self.copies.append((made, made.copy(), name))
            return made
        if self._is_known(kind.__module__):
            if kind.__module__.split(".")[0] in ("autodiff", "re", "fractions", "decimal", "operator", "typing"):
                return value
            return self.refuse(f"the function uses {name!r}, a {kind.__name__}, from outside: what it gives may be "
                               "something else at each call. Pass what you need of it as an argument")
        return self._instance(value, kind, name)

    @staticmethod
    def _is_known(module: str) -> bool:
        root = (module or "").split(".")[0]
        return root in ("numpy", "autodiff") or (root in sys.stdlib_module_names and root != "__main__")

    def _instance(self, value, kind, name):
        if not hasattr(value, "__dict__"):
            return self.refuse(f"the function uses {name!r}, a {kind.__name__}, from outside, and a program cannot "
                               "see what is in it: pass what you need of it as an argument")
        made = object.__new__(self.class_(kind))
        self.memo[id(value)] = (value, made)
        self.checks.append(((value, ".__dict__"), "keys", set(vars(value))))
        for key, x in vars(value).items():
            made.__dict__[key] = self.stand_in(x, (value, f".__dict__[{key!r}]"), key)
        self.copies.append((made.__dict__, made.__dict__.copy(), name))
        return made

    def class_(self, kind):
        """A subclass of `kind` whose methods read outside through here."""
        if id(kind) in self.memo:
            return self.memo[id(kind)][1]
        body: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
        for base in reversed(kind.__mro__):
            if self._is_known(base.__module__):
                continue
            for key, x in vars(base).items():
                if type(x) is FunctionType:
                    body[key] = self.function(x)
                elif type(x) in (staticmethod, classmethod):
                    body[key] = type(x)(self.function(x.__func__))
                elif type(x) is property:
                    body[key] = property(*(g and self.function(g) for g in (x.fget, x.fset, x.fdel)))
                elif key[:2] != "__" and not hasattr(type(x), "__get__"):
                    body[key] = self.stand_in(x, (base, f".{key}"), key)
        try:
            made = type(kind)(kind.__name__, (_Unannounced, kind), body)
        except TypeError:
            return self.refuse(f"the function uses the class {kind.__name__} from outside, and a program cannot "
                               "follow what it does: pass what you need of it as an argument")
        self.memo[id(kind)] = (kind, made)
        self.copies.append((made, dict(vars(made)), kind.__name__))
        return made

    def classes(self) -> dict[type, type]:
        """Each copy of a class, and the class."""
        return {made: kind for kind, made in self.memo.values() if isinstance(made, type) and isinstance(kind, type)}

    def function(self, f: Any) -> Any:
        """A copy of a Python function that reads from here; others as they are."""
        if type(f) is not FunctionType or id(f) in self.memo:
            return self.memo[id(f)][1] if id(f) in self.memo else f
        users = not self._is_known(f.__globals__.get("__name__") or "")
        if not users and not f.__closure__:
            return f
        code = f.__code__
        if users and CHANGES_OUTSIDE & {*code.co_code[::2]}:
            self.refuse(f"{f.__name__} changes a global name, which a program would do once only: return what is new")
        cells = tuple([CellType() for _ in f.__closure__ or ()])
        namespace = self._namespace(f.__globals__) if users else f.__globals__
        made = FunctionType(code, namespace, f.__name__, None, cells)
        self.memo[id(f)] = (f, made)
        for name, cell, real in zip(code.co_freevars, cells, f.__closure__ or (), strict=True):
            try:
                value = real.cell_contents
            except ValueError:                                # nothing is in it yet
                continue
            cell.cell_contents = self.stand_in(value, (real, ".cell_contents"), name) if name != "__class__" else value
            self.copies.append((cell, cell.cell_contents, name))
        made.__defaults__ = f.__defaults__ and tuple(
            [self.stand_in(x, (f, f".__defaults__[{k}]"), "default") for k, x in enumerate(f.__defaults__)])
        made.__kwdefaults__ = f.__kwdefaults__ and {
            k: self.stand_in(x, (f, f".__kwdefaults__[{k!r}]"), k) for k, x in f.__kwdefaults__.items()}
        for key, x in f.__dict__.items():
            made.__dict__[key] = self.stand_in(x, (f, f".__dict__[{key!r}]"), key) if key[:2] != "__" else x
        self.copies.append((made.__dict__, made.__dict__.copy(), f.__name__))
        return made

    def _namespace(self, real):
        if id(real) not in self.memo:
            self.memo[id(real)] = (real, Namespace(self, real))
        return self.memo[id(real)][1]

    def hides(self, name: str | None) -> bool:
        """Whether a global name is there, though Python did not find it: in the body of a class it looks elsewhere."""
        return any(isinstance(made, Namespace) and name in made.real for _, made in self.memo.values())

    def primitive(self, op: Primitive) -> Primitive:
        """A custom operation, whose forward and rules are recorded too."""
        copy: list[Any] = [f and self.stand_in(f, None, op.name) for f in (op.forward, *op.rules, op.together)]
        if all(a is b for a, b in zip(copy, (op.forward, *op.rules, op.together), strict=True)):
            return op
        return Primitive(op.name, copy[0], copy[1:-1], copy[-1], op.ours)

    def of_numpy(self, name: str, value: Any) -> Any:
        """numpy's functions: those that make arrays are recorded, though no stand-in is among their arguments."""
        if value is np.random:
            return Module(self, np.random)
        if name in NUMPY_ACTS:
            return self._refusing(f"numpy.{name}")
        if name in CREATE and getattr(np, name, None) is value:
            return _creating(self.recorder, name, value)
        return value

    def drawing(self, method: Any, name: str) -> Any:
        """A method of a random generator, as a call of the program; its state is put back after the recording."""
        owner = getattr(method, "__self__", None)
        if not isinstance(owner, DRAWING) or name.rsplit(".", 1)[-1] in (
                "seed", "set_state", "shuffle", "get_state", "default_rng", "spawn"):
            def refuse(*_: Any, **__: Any) -> Any:
                self.refuse(f"{name} in the function would run once, when the program is recorded: call it before, "
                            "and draw from the generator in the function")
            return refuse if callable(method) else method
        root, _, last = name.rpartition(".")
        if root != "np.random":
            self.held.setdefault(root, owner)

        def draw(*args: Any, **kwargs: Any) -> Any:
            self.drawn.setdefault(id(owner), (owner, state_of(owner)))
            for x in parts((args, kwargs), Traced):
                if x.value.ndim == 0 and last not in ("normal", "uniform", "poisson", "exponential"):
                    self.recorder.refuse(f"an argument of {name} hangs on values: pass a Python number", x)
            return self.recorder.do("call", name, method, args, kwargs, kept=True)
        return draw

    def put_back(self) -> None:
        """The random generators as they were before the recording."""
        for generator, state in self.drawn.values():
            if isinstance(generator, np.random.RandomState):
                generator.set_state(state)
            else:
                generator.bit_generator.state = state
        self.drawn.clear()

    def settle(self) -> None:
        """After a recording: refuse what the function has changed outside."""
        for made, before, name in self.copies:
            now = made.cell_contents if type(made) is CellType else dict(vars(made)) if isinstance(made, type) else made
            same = (now is before if type(made) is CellType else type(now) is type(before) and len(now) == len(before)
                    and (now == before if isinstance(now, (set, frozenset)) else
                         all(k in before and before[k] is x for k, x in now.items()) if isinstance(now, dict)
                         else all(x is y for x, y in zip(now, before, strict=True))))
            if not same:
                raise CannotRecord(f"the function changes {name!r}, which stands outside, and a program would do "
                                   "that once only: return what is new")


def state_of(generator: Any) -> Any:
    return generator.get_state() if isinstance(generator, np.random.RandomState) else generator.bit_generator.state


class _Unannounced:
    """A first base by which another base does not hear of a subclass."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        pass


class _Refusing(ModuleType):
    """A module of the standard library that acts on the world or reads it."""

    def __init__(self, outside: Outside, name: str) -> None:
        super().__init__(name)
        self.__dict__["_outside"] = outside

    def __getattr__(self, name: str) -> Any:
        return self._outside._refusing(f"{self.__name__}.{name}")()

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self._outside._refusing(self.__name__)()


def _creating(recorder: Recorder, name: str, function: Any) -> Any:
    """numpy's function `name`, which makes an array out of shapes and constants."""
    count = CREATE[name]

    class Creating:
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            if any(type(x) is Tensor for x in parts((args, kwargs), Tensor)):
                return function(*args, **kwargs)              # refuses, and says what to do
            for x in parts((args[count:], kwargs), Traced):
                recorder.refuse(f"an argument of numpy.{name} hangs on values, and so would the shape of its result: "
                                "pass a Python number", x)
            if name in ("asarray", "asanyarray") and len(args) == 1 and not kwargs \
                    and type(args[0]) is Traced and args[0].ndim:
                return args[0]
            return recorder.do("call", f"np.{name}", function, args, kwargs)

        def __eq__(self, other: Any) -> bool:
            return other is function or type(other) is type(self)

        __hash__ = object.__hash__

    return Creating()


assert all(function_named(name) for name in CREATE)
