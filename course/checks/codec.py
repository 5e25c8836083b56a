"""Plain data as bytes: the only form in which values pass between a check and an answer.

A check never hands its own objects to an answer, nor looks at an answer's objects: both sides see copies
that went through `pack` and `unpack`.  So an answer can't change a check's arrays, and an object that claims
to equal everything arrives as the plain number that it holds.

Carried: None, bool, int, float, complex, str, numpy arrays of real and complex numbers, and lists, tuples and
dicts of these.  Subclasses and numpy scalars travel as their base.  The container is msgpack (msgpack.org).

Both sides keep to the same bounds, since what comes may have been made by any program: bytes cost a reader up to a
hundred times what they cost a writer.  docs/grading.md says how far they are above what right answers need.
"""

import struct
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 32
MAX_ITEMS = 1_000_000   # elements of lists, tuples and dicts, those of inner ones included
MAX_BITS = 4096         # of an integer
MAX_OTHER_KEYS = 100    # entries of a dict where a key is no text or plain number: others may share one hash
BUFFER = 1024  # bytes to begin with: most values are small, and msgpack's own 256 KB are a system call each
DTYPES = {char: np.dtype(char).newbyteorder("<") for char in "?bBhHiIlLqQefdFD"}

BASES: tuple[Any, ...] = (float, str, list, dict)
CONTAINERS = (list, tuple, dict)
SCALARS = {type(None), bool, int, float, complex, str, bytes}

_TUPLE, _ARRAY, _COMPLEX, _INT, _CALLABLE = range(5)


class NotPlain(TypeError):
    """A value that the codec does not carry; the message names its type."""


class Malformed(ValueError):
    """Bytes that no `pack` made."""


def pack(value: object, callables: list[Callable] | None = None) -> bytes:
    """The bytes of a plain value.

    A callable is carried only where `callables`, a list, is given: it is appended there, and its index
    travels.  Half a surrogate, which no text holds, is written out: "\\ud83d".
    Raises NotPlain for any other type, and for what is beyond a bound.
    """
    if isinstance(value, CONTAINERS):
        _count(value)
    data = _pack(value, callables)
    if len(data) > MAX_BYTES:
        raise NotPlain(f"a value of {len(data):,} bytes (at most {MAX_BYTES:,} are carried)")
    return data


def _pack(value: object, callables: list[Callable] | None) -> bytes:
    def extend(obj: Any) -> object:
        if isinstance(obj, tuple):
            return msgpack.ExtType(_TUPLE, _pack(list(obj), callables))
        if isinstance(obj, np.ndarray):
            return msgpack.ExtType(_ARRAY, _array_bytes(obj))
        if isinstance(obj, np.generic):     # of a long double item() gives no Python number
            obj = {"g": float, "G": complex}.get(obj.dtype.char, np.generic.item)(obj)
        if isinstance(obj, bool):
            return obj
        if isinstance(obj, int):
            return int(obj) if _fits(obj) else msgpack.ExtType(_INT, _int_bytes(int(obj)))
        for base in BASES:
            if isinstance(obj, base):
                return base(obj)
        if isinstance(obj, complex):
            return msgpack.ExtType(_COMPLEX, struct.pack("<dd", obj.real, obj.imag))
        if callable(obj) and callables is not None:
            callables.append(obj)
            return msgpack.ExtType(_CALLABLE, struct.pack("<I", len(callables) - 1))
        raise NotPlain(type(obj).__name__)

    known = len(callables or ())
    try:
        return _packb(value, extend)
    except UnicodeEncodeError:
        del (callables or [])[known:]
        return _packb(value, extend, unicode_errors="backslashreplace")
    except (ValueError, RecursionError) as error:
        raise NotPlain(f"a value that is too large or too deep ({error})") from None


def _packb(value: object, extend: Callable[[Any], object], **more: str) -> bytes:
    return msgpack.packb(       # pyright: ignore[reportReturnType]  msgpack has no types
        value, default=extend, strict_types=True, buf_size=BUFFER, **more)


def unpack(data: bytes, callback: Callable[[int], Any] | None = None) -> Any:
    """The value that `pack` packed; `callback(index)` stands in for the callable of that index.

    Raises Malformed for bytes that are not of this form, or beyond a bound.
    """
    if len(data) > MAX_BYTES:
        raise Malformed(f"{len(data):,} bytes, more than {MAX_BYTES:,}")
    try:
        unpacker = _Unpacker(callback)
        value = unpacker.unpack(data)
        if unpacker.containers > MAX_DEPTH:     # fewer are not deeper
            _count(value)
        return value
    except Malformed:
        raise
    except Exception as error:  # msgpack, struct, numpy, int and dict all have errors of their own
        raise Malformed(f"{type(error).__name__}: {error}"[:500]) from None


class _Unpacker:
    """Unpacks one value, and stops while it does where that takes too much."""

    def __init__(self, callback: Callable[[int], Any] | None) -> None:
        self.callback, self.room, self.depth, self.containers = callback, MAX_ITEMS, 0, 0

    def unpack(self, data: bytes) -> Any:
        most = min(len(data), self.room)
        return msgpack.unpackb(data, ext_hook=self.extended, list_hook=self.counted, object_pairs_hook=self.dict_of,
                               strict_map_key=False, timestamp=1, max_array_len=most, max_map_len=most)

    def extended(self, code: int, body: bytes) -> object:
        if code == _TUPLE:
            if self.depth == MAX_DEPTH:
                raise Malformed(TOO_DEEP)
            self.depth += 1
            items = self.unpack(body)
            self.depth -= 1
            if isinstance(items, list):
                return tuple(items)
        elif code == _ARRAY:
            return _array(body)
        elif code == _COMPLEX:
            return complex(*struct.unpack("<dd", body))
        elif code == _INT and len(body) <= MAX_BITS // 4 + 1:
            return int(body, 16)
        elif code == _CALLABLE and self.callback is not None:
            return self.callback(*struct.unpack("<I", body))
        raise Malformed(f"extension {code}")

    def counted(self, items: list) -> list:
        self.containers += 1
        self.room -= 1 + len(items)
        if self.room < 0:
            raise Malformed(TOO_MANY)
        return items

    def dict_of(self, pairs: list[tuple[Any, Any]]) -> dict:
        self.counted(pairs)
        if len(pairs) > MAX_OTHER_KEYS and not all(_is_simple(key) for key, _ in pairs):
            raise Malformed(OTHER_KEYS)
        return dict(pairs)


TOO_DEEP = f"a value that is too deep, nested more than {MAX_DEPTH} deep"
TOO_MANY = f"a value of more than {MAX_ITEMS:,} elements"
OTHER_KEYS = f"a dict of more than {MAX_OTHER_KEYS} entries with keys that are neither texts nor plain numbers"


def _count(value: Any, depth: int = MAX_DEPTH, room: int = MAX_ITEMS) -> int:
    """What is left of `room` after all elements of a list, tuple or dict; NotPlain beyond it, or beyond `depth`."""
    room -= 1 + len(value)
    if depth == 0:
        raise NotPlain(TOO_DEEP)
    if room < 0:
        raise NotPlain(TOO_MANY)
    items = value
    if isinstance(value, dict):
        items = [*value, *value.values()]
        if len(value) > MAX_OTHER_KEYS and not all(map(_is_simple, value)):
            raise NotPlain(OTHER_KEYS)
    if not SCALARS.issuperset(map(type, items)):    # ten times faster than to look at each
        for item in items:
            if isinstance(item, CONTAINERS):
                room = _count(item, depth - 1, room)
    return room


def _is_simple(key: object) -> bool:
    """Whether at most a few dozen keys of this kind can share a hash."""
    return _fits(key) if type(key) is int else type(key) in (str, bool, float, type(None))


def _fits(number: Any) -> bool:
    return -2**63 <= number < 2**63


def _int_bytes(number: int) -> bytes:
    if number.bit_length() > MAX_BITS:
        raise NotPlain(f"an integer of {number.bit_length():,} bits (at most {MAX_BITS:,} are carried)")
    return b"%x" % number


def _array_bytes(array: np.ndarray) -> bytes:
    array = np.asarray(array)
    if array.dtype.char in "gG":
        array = array.astype(float if array.dtype.char == "g" else complex)
    if array.dtype.char not in DTYPES:
        raise NotPlain(f"an array of {array.dtype}")
    array = array.astype(DTYPES[array.dtype.char], order="C", copy=False)
    return struct.pack(f"<cB{array.ndim}Q", array.dtype.char.encode(), array.ndim, *array.shape) + array.tobytes()


def _array(body: bytes) -> np.ndarray:
    char, ndim = struct.unpack_from("<cB", body)
    dtype = DTYPES.get(char.decode("latin-1"))
    if dtype is None:
        raise Malformed(f"an array of {char!r}")
    shape = struct.unpack_from(f"<{ndim}Q", body, 2)
    return np.frombuffer(body, dtype, offset=2 + 8 * ndim).reshape(shape).astype(np.dtype(dtype.char), copy=True)
