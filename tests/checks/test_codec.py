"""The codec carries plain data and nothing else, exactly."""

import pickle
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from course.checks import codec

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.complex_numbers() | npst.arrays(st.sampled_from(["f8", "f4", "i8", "i4", "?", "c16"]),
                                         npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3), max_leaves=10)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return repr(a) == repr(b)


@given(PLAIN)
def test_what_comes_out_is_what_went_in(value):
    assert same(codec.unpack(codec.pack(value)), value)


@given(st.binary(max_size=200))
def test_random_bytes_give_plain_data_or_a_clear_refusal(data):
    try:
        value = codec.unpack(data)
    except codec.Malformed:
        return
    assert isinstance(value, None.__class__ | bool | int | float | complex | str | bytes | list | tuple | dict
                      | np.ndarray)


class Always(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class Sly(np.ndarray):
    def __eq__(self, other):
        return True


def test_subclasses_travel_as_their_base():
    point = namedtuple("Point", "x y")(1.0, 2.0)
    for value, kind in [(Always(3.5), float), (np.float32(1.5), float), (np.int64(7), int), (np.bool_(True), bool),
                        (np.longdouble(1.5), float), (np.clongdouble(1.5j), complex),
                        (OrderedDict(a=1), dict), (point, tuple), (np.arange(3.0).view(Sly), np.ndarray)]:
        assert type(codec.unpack(codec.pack(value))) is kind


def test_an_array_arrives_as_a_writable_copy_of_its_own():
    base = np.arange(6.0).reshape(2, 3)
    for view in (base.T, base[:, ::2], np.broadcast_to(base[0], (4, 3)), base.astype(">f8")):
        copy = codec.unpack(codec.pack(view))
        assert np.array_equal(copy, view)
        copy[...] = -1.0
        assert base.sum() == 15.0


@pytest.mark.parametrize("value", [
    object(), {1, 2}, np.array([object()]), np.array(["text"]), lambda: 0, [print], b"x"[0:1].join, range(3),
    np.datetime64("2020-01-01"), ..., type])
def test_anything_else_is_refused_by_the_name_of_its_type(value):
    with pytest.raises(codec.NotPlain):
        codec.pack(value)


def test_depth_and_size_are_bounded():
    deep = ()
    for _ in range(1000):
        deep = (deep,)
    loop = []
    loop.append(loop)
    for value in (deep, loop):
        with pytest.raises(codec.NotPlain, match=r"too deep|more than 32 deep"):
            codec.pack(value)
    with pytest.raises(codec.NotPlain, match="bytes"):
        codec.pack(np.zeros(codec.MAX_BYTES // 8 + 1))


def test_a_pickle_is_not_read():
    class Boom:
        def __reduce__(self):
            return print, ("boom",)

    with pytest.raises(codec.Malformed):
        codec.unpack(pickle.dumps(Boom()))


def test_an_array_that_promises_more_than_it_holds_is_malformed():
    import msgpack

    body = msgpack.packb(["d", [10**6, 10**6], b"12345678"])
    for data in (msgpack.packb(msgpack.ExtType(1, body)),
                 msgpack.packb(msgpack.ExtType(1, msgpack.packb(["O", [1], b"12345678"]))),
                 msgpack.packb(msgpack.ExtType(99, b""))):
        with pytest.raises(codec.Malformed):
            codec.unpack(data)
