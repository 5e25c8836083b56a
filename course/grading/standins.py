"""What stands in an instructor's test cell for the functions, classes and objects of a submission.

A call, an attribute, an item travels to the submission's process; what comes back is plain data, a set, or a stand-in
for what stays there. A test must not be won by an object that says yes to everything, so a stand-in

- is equal to itself alone, has no truth value, no order, no float: asking for one is an error;
- has attributes, methods and operators only where it is of a class that the assignment's answers define; an operator
  must give such an object again, and a method named like one of a text's, a list's or an array's counts only where the
  released class has it. Of other objects one can call what is callable, and go through what can be gone through.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course.checks.answering import Parts
from course.checks.calling import Given, Remote, call
from course.checks.codec import Malformed

if TYPE_CHECKING:
    from course.grading.session import Snapshot

MOST_OF_A_SET = 10_000      # elements: those with one hash take a time that grows with the square
EXCEPTIONS = {name: kind for space in (vars(np.linalg), vars(np.exceptions), vars(builtins))
              for name, kind in space.items() if isinstance(kind, type) and issubclass(kind, Exception)}
for ends in ("StopIteration", "StopAsyncIteration"):        # they would end a loop of the test's as if all were well
    del EXCEPTIONS[ends]
BORROWED = {name for kind in (str, bytes, list, tuple, dict, set, frozenset, float, int, np.ndarray)
            for name in dir(kind)}

# Runs in the submission's process. `here` is the name's value, or one of the objects that were kept before.
DRIVER = '''
import operator, sys

KEPT, PLACES = [], {}


def drive(answer, index, do, name, args, keywords):
    here = answer if index is None else KEPT[index]
    try:
        if do == "self":
            value = here
        elif do == "call":
            value = here(*[decoded(arg) for arg in args], **{key: decoded(arg) for key, arg in keywords.items()})
        elif do == "get":
            value = getattr(here, name)
        elif do == "operator":
            value = getattr(operator, name)(*[decoded(arg) for arg in args])
        elif do == "iter":
            value = iter(here)
            return {"value": kept(value)}
        elif do == "next":
            try:
                value = next(here)
            except StopIteration:
                return {"end": True}
        elif do == "is":
            value = isinstance(decoded(args[0]), here)
        elif do == "mro":
            value = [kind.__name__ for kind in here.__mro__] if isinstance(here, type) else []
        elif do == "signature":
            import inspect

            value = [[p.name, int(p.kind), p.default is not p.empty, None if p.default is p.empty else p.default,
                      None if p.annotation is p.empty else str(getattr(p.annotation, "__name__", p.annotation))]
                     for p in inspect.signature(here).parameters.values()]
        return {"value": encoded(value)}
    except Exception as error:
        return {"raised": [kind.__name__ for kind in type(error).__mro__], "message": str(error)}


def kept(value):
    if id(value) not in PLACES:
        PLACES[id(value)] = len(KEPT)
        KEPT.append(value)
    return {"object": PLACES[id(value)], "mro": [kind.__name__ for kind in type(value).__mro__],
            "callable": callable(value), "iterable": hasattr(type(value), "__iter__")}


def plain(value, depth):
    if depth == 0:
        raise TypeError("a value that is nested too deep")
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return True
    if isinstance(value, (list, tuple)):
        return all(plain(part, depth - 1) for part in value)
    if isinstance(value, dict):
        return all(plain(key, depth - 1) and plain(part, depth - 1) for key, part in value.items())
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)) and value.dtype.kind in "biufc"


def encoded(value):
    if plain(value, 30):
        return {"plain": value}
    if isinstance(value, (set, frozenset)):
        return {"set": [encoded(part) for part in value], "frozen": isinstance(value, frozenset)}
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [encoded(part) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[encoded(key), encoded(part)] for key, part in value.items()]}
    return kept(value)


def decoded(tree):
    (kind, value), = tree.items()
    if kind == "plain":
        return value
    if kind == "object":
        return KEPT[value]
    if kind == "name":
        return vars(sys.modules["__main__"])[value]
    if kind == "dict":
        return {decoded(key): decoded(part) for key, part in value}
    return {"set": set, "frozenset": frozenset, "list": list, "tuple": tuple}[kind](map(decoded, value))
'''


def stand_in(snapshot: Snapshot, name: str) -> Any:
    """What takes the place of a variable: its value, or a stand-in for an object."""
    return _Reached(snapshot, name, None)._drive("self")


def exception_class(snapshot: Snapshot, name: str) -> type[Exception] | None:
    """A class of one's own for an exception class of the submission's; None where the name is something else."""
    names = _Reached(snapshot, name, None)._drive("mro")
    if not isinstance(names, list) or "Exception" not in names:
        return None
    snapshot.exceptions[name] = _exception(names[1:], snapshot.exceptions, name)
    return snapshot.exceptions[name]


def _exception(names: list[str], own: Mapping[str, type[Exception]], called: str) -> type[Exception]:
    """An exception class of a name, below the first of `names` that is known here."""
    base = next((own.get(name) or EXCEPTIONS[name] for name in names if name in own or name in EXCEPTIONS), Exception)
    return type(called, (base,), {})


class _Reached(Remote):
    """Something in a submission's process: a name, or number `index` of the objects that were kept there."""

    def __init__(self, snapshot: Snapshot, name: str, index: int | None) -> None:
        self._snapshot, self._name, self._index = snapshot, name, index

    def answers_to(self, asked: Sequence[Given], driver: str, seconds: float, until: str) -> Iterator[Parts]:
        return self._snapshot.calls(self._name, asked, driver, seconds, until)

    def _drive(self, do: str, name: str = "", args: tuple = (), keywords: Mapping[str, Any] | None = None) -> Any:
        sent = [_encoded(arg) for arg in args]
        named = {key: _encoded(arg) for key, arg in (keywords or {}).items()}
        reply = call(self, (self._index, do, name, sent, named), DRIVER)
        if reply.failure:
            kind = EXCEPTIONS.get(reply.failure.kind, RuntimeError)
            raise kind(reply.failure.message) if kind in (RuntimeError, MemoryError, RecursionError) else \
                RuntimeError(f"{reply.failure.kind}: {reply.failure.message}")
        for arg, before, after in zip(args, sent, reply.args[3] if 3 in reply.changed else (), strict=False):
            if "plain" in before and isinstance(after, dict):
                _carry_back(arg, after.get("plain"))
        found = reply.result
        if not isinstance(found, dict):
            raise RuntimeError("the answer's process gave no reply")
        if "raised" in found:
            self._raise(found)
        if "end" in found:
            raise _End
        try:
            return _decoded(found["value"], self._snapshot, self._name)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise RuntimeError(f"the answer's process gave no reply ({type(error).__name__})") from None

    def _raise(self, found: dict[str, Any]) -> None:
        names = [name for name in found["raised"] if isinstance(name, str)][:20]
        message, own = str(found.get("message"))[:2000], self._snapshot.exceptions
        first = names[0] if names and names[0].isidentifier() else "Exception"
        kind = own.get(first) or EXCEPTIONS.get(first) or _exception(names, own, first)
        try:
            error = kind(message)
        except TypeError:       # one that wants more than a message
            error = RuntimeError(f"{first}: {message}")
        raise error


class _End(Exception):
    """There is no next element."""


class Answer(_Reached):
    """Stands for a function or class of the submission's, or whatever else can be called there, by its name."""

    def __init__(self, snapshot: Snapshot, name: str) -> None:
        super().__init__(snapshot, name, None)
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """As an instructor's own test calls it: the result, or an exception; changes of arguments come through."""
        return self._drive("call", "", args, keywords)

    def __getattr__(self, name: str) -> Any:
        return _attribute(self, name, self._snapshot.classes.get(self._name, frozenset()))

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, Object) and self._drive("is", "", (instance,)) is True

    @property
    def __signature__(self) -> inspect.Signature:
        """As inspect.signature asks for it; annotations are their names."""
        empty = inspect.Parameter.empty
        return inspect.Signature([
            inspect.Parameter(name, inspect._ParameterKind(kind), default=default if has else empty,
                              annotation=empty if of is None else of)
            for name, kind, has, default, of in self._drive("signature")])

    @property
    def __doc__(self) -> Any:       # pyright: ignore[reportIncompatibleVariableOverride]
        return self._drive("get", "__doc__")


class Object(_Reached):
    """Stands for an object of the submission's that is no plain data."""

    def __init__(self, snapshot: Snapshot, name: str, about: dict[str, Any]) -> None:
        super().__init__(snapshot, name, int(about["object"]))
        self._kind = next((str(kind) for kind in about["mro"] if kind in snapshot.classes), None)
        self._type = str(about["mro"][0])[:100]
        self._callable, self._iterable = about["callable"] is True, about["iterable"] is True

    def _refuse(self, what: str) -> TypeError:
        return TypeError(f"{what} of an object of the submission's ({self._type}) is not judged: it could say "
                         "anything. Test plain values: its attributes, or what its methods return.")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if not self._callable:
            raise TypeError(f"{self._type!r} object is not callable")
        return self._drive("call", "", args, keywords)

    def __getattr__(self, name: str) -> Any:
        if self._kind is None and not name.startswith("__"):
            raise self._refuse(f"Attribute {name!r}")
        return _attribute(self, name, self._snapshot.classes.get(self._kind or "", frozenset()))

    def __iter__(self) -> Iterator[Any]:
        if not (self._iterable or self._kind):
            raise TypeError(f"{self._type!r} object is not iterable")
        steps = self._drive("iter")
        while True:
            try:
                value = steps._drive("next")
            except _End:
                return
            yield value

    def __eq__(self, other: object) -> bool:
        if other is None or other is self:
            return other is self
        raise self._refuse("Equality")

    def __bool__(self) -> bool:
        raise self._refuse("The truth value")

    def __hash__(self) -> int:
        return hash((id(self._snapshot), self._index))

    def __repr__(self) -> str:
        return f"<{self._type} of the submission>"


def _operators() -> None:
    """Give Object the operators of arithmetic, and items: they must give an object again, or be an item."""
    def make(name: str, swapped: bool) -> Callable:
        def operate(self: Object, *others: Any) -> Any:
            if self._kind is None:
                raise self._refuse(f"Operator {name!r}")
            args = (*others, self) if swapped else (self, *others)
            value = self._drive("operator", name, args)
            if name in ("getitem", "length_hint"):
                return value
            if not isinstance(value, Object):
                raise self._refuse(f"The plain value of operator {name!r}")
            return value
        return operate

    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
        setattr(Object, f"__{name}__", make(name, False))
        setattr(Object, f"__r{name}__", make(name, True))
    for name in ("neg", "pos", "getitem"):
        setattr(Object, f"__{name}__", make(name, False))
    setattr(Object, "__len__", make("length_hint", False))      # noqa: B010
    Object.__array_ufunc__ = None       # pyright: ignore[reportAttributeAccessIssue]  arrays leave operators to it


_operators()


def _attribute(reached: _Reached, name: str, methods: frozenset[str]) -> Any:
    if name.startswith("__"):       # numpy, copy, inspect ... ask for these on their own account
        raise AttributeError(name)
    value = reached._drive("get", name)
    if isinstance(value, Object) and value._callable and name in BORROWED and name not in methods:
        raise TypeError(f"the method {name!r} is not judged: no class of the assignment's answers has it")
    return value


def _encoded(value: Any) -> dict[str, Any]:
    """A value as the driver takes it."""
    if isinstance(value, Object):
        return {"object": value._index}
    if isinstance(value, Answer):
        return {"name": value._name}
    if isinstance(value, set | frozenset):
        return {"set" if isinstance(value, set) else "frozenset": [_encoded(part) for part in value]}
    if isinstance(value, list | tuple) and any(_travels(part) for part in value):
        return {"tuple" if isinstance(value, tuple) else "list": [_encoded(part) for part in value]}
    if isinstance(value, dict) and any(_travels(part) for part in value.values()):
        return {"dict": [[_encoded(key), _encoded(part)] for key, part in value.items()]}
    return {"plain": value}


def _travels(value: Any) -> bool:
    """Whether a value holds what is no plain data."""
    if isinstance(value, list | tuple | dict):
        return any(_travels(part) for part in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Object | Answer | set | frozenset)


def _decoded(tree: dict[str, Any], snapshot: Snapshot, name: str, depth: int = 30) -> Any:
    """What the driver gave; it may be a lie, so it becomes plain data, sets and stand-ins, and nothing else."""
    if depth == 0:
        raise Malformed("nested too deep")
    if "plain" in tree:
        return tree["plain"]
    if "object" in tree:
        made = Object(snapshot, name, tree)
        return snapshot.objects.setdefault(int(tree["object"]), made)
    if "dict" in tree:
        return {_decoded(key, snapshot, name, depth - 1): _decoded(part, snapshot, name, depth - 1)
                for key, part in tree["dict"]}
    kind = next(kind for kind in ("set", "list", "tuple") if kind in tree)
    if kind != "list" and kind != "tuple" and len(tree[kind]) > MOST_OF_A_SET:
        raise Malformed("too large a set")
    parts = [_decoded(part, snapshot, name, depth - 1) for part in tree[kind]]
    return {"set": frozenset if tree.get("frozen") is True else set, "list": list, "tuple": tuple}[kind](parts)


def _carry_back(mine: Any, theirs: Any) -> None:
    """Repeat on a list, dict or array what a function did to its copy."""
    if isinstance(mine, list) and isinstance(theirs, list):
        mine[:] = theirs
    elif isinstance(mine, dict) and isinstance(theirs, dict):
        mine.clear()
        mine.update(theirs)
    elif isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray) and mine.shape == theirs.shape:
        mine[...] = theirs
