"""Plain data as bytes: the only form in which values pass between a check and an answer.

A check never hands its own objects to an answer, nor looks at an answer's objects: both sides see copies
that went through `pack` and `unpack`.  So an answer can't change a check's arrays, and an object that claims
to equal everything arrives as the plain number that it holds.

Carried: None, bool, int, float, complex, str, numpy arrays of real and complex numbers, and lists, tuples and
dicts of these.  Subclasses and numpy scalars travel as their base.  The container is msgpack (msgpack.org).
"""

import struct
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 32
BUFFER = 1024  # bytes to begin with: most values are small, and msgpack's own 256 KB are a system call each
DTYPES = {char: np.dtype(char).newbyteorder("<") for char in "?bBhHiIlLqQefdFD"}

BASES: tuple[Any, ...] = (float, str, list, dict)

_TUPLE, _ARRAY, _COMPLEX, _INT, _CALLABLE = range(5)


class NotPlain(TypeError):
    """A value that the codec does not carry; the message names its type."""


class Malformed(ValueError):
    """Bytes that no `pack` made."""


def pack(value: object, callables: list[Callable] | None = None, depth: int = MAX_DEPTH) -> bytes:
    """The bytes of a plain value.

    A callable is carried only where `callables`, a list, is given: it is appended there, and its index
    travels.  Raises NotPlain for any other type, and for what is too deep or longer than MAX_BYTES.
    """
    def extend(obj: Any) -> object:
        if isinstance(obj, tuple):
            if depth == 0:
                raise NotPlain(f"nested more than {MAX_DEPTH} deep")
            return msgpack.ExtType(_TUPLE, pack(list(obj), callables, depth - 1))
        if isinstance(obj, np.ndarray):
            return msgpack.ExtType(_ARRAY, _array_bytes(obj))
        if isinstance(obj, np.generic):
            obj = obj.item()
        if isinstance(obj, bool):
            return obj
        if isinstance(obj, int):
            return int(obj) if -2**63 <= obj < 2**63 else msgpack.ExtType(_INT, b"%x" % int(obj))
        for base in BASES:
            if isinstance(obj, base):
                return base(obj)
        if isinstance(obj, complex):
            return msgpack.ExtType(_COMPLEX, struct.pack("<dd", obj.real, obj.imag))
        if callable(obj) and callables is not None:
            callables.append(obj)
            return msgpack.ExtType(_CALLABLE, struct.pack("<I", len(callables) - 1))
        raise NotPlain(type(obj).__name__)

    try:
        data: bytes = msgpack.packb(        # pyright: ignore[reportAssignmentType]  msgpack has no types
            value, default=extend, strict_types=True, buf_size=BUFFER)
    except (ValueError, RecursionError) as error:
        raise NotPlain(f"a value that is too large or too deep ({error})") from None
    if len(data) > MAX_BYTES:
        raise NotPlain(f"a value of {len(data):,} bytes (at most {MAX_BYTES:,} are carried)")
    return data


def unpack(data: bytes, callback: Callable[[int], Any] | None = None) -> Any:
    """The value that `pack` packed; `callback(index)` stands in for the callable of that index.

    Raises Malformed for bytes that are not of this form.
    """
    def extend(code: int, body: bytes) -> object:
        if code == _TUPLE:
            items = unpack(body, callback)
            if isinstance(items, list):
                return tuple(items)
        elif code == _ARRAY:
            return _array(body)
        elif code == _COMPLEX:
            return complex(*struct.unpack("<dd", body))
        elif code == _INT:
            return int(body, 16)
        elif code == _CALLABLE and callback is not None:
            return callback(*struct.unpack("<I", body))
        raise Malformed(f"extension {code}")

    if len(data) > MAX_BYTES:
        raise Malformed(f"{len(data):,} bytes, more than {MAX_BYTES:,}")
    try:
        return msgpack.unpackb(data, ext_hook=extend, strict_map_key=False)
    except Malformed:
        raise
    except Exception as error:  # msgpack, struct, numpy and int all have errors of their own
        raise Malformed(f"{type(error).__name__}: {error}") from None


def _array_bytes(array: np.ndarray) -> bytes:
    array = np.asarray(array)
    if array.dtype.char == "g":
        array = array.astype(float)
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
