"""Whatever comes over the wire from a submission's process becomes plain data or a failure, in time."""

import math
import socket
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course.checks import codec
from course.checks.calling import Given
from course.grading.inside.wire import HEADER, SMALL, Closed, Late, Wire
from course.grading.session import MOST_OF_A_CELL, GivenUp, Session, Snapshot, _outputs, _reply

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.binary(max_size=40) | st.lists(st.floats(), max_size=3).map(np.array),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12)
# Replies that are nearly right: the parts of an honest one, some of them replaced.
NEARLY = st.fixed_dictionaries({"reply": st.tuples(
    st.none() | st.binary(max_size=30) | st.just(codec.pack(1.0)), PLAIN, PLAIN, PLAIN, PLAIN).map(list)})


class Dropped:
    """The session of a snapshot, as far as a closing snapshot needs it."""

    def drop(self):
        pass


def pair():
    ours, theirs = socket.socketpair()
    return Wire(ours), theirs


def ask(sent, seconds=0.5):
    """What a call of a snapshot gives, when its process says `sent` and hangs up."""
    wire, theirs = pair()
    with theirs:
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        snapshot = Snapshot(Dropped(), wire, seconds, seconds)
        return next(snapshot.calls("f", [Given((2.0,))], ""))


def framed(data):
    return HEADER.pack(len(data)) + data


def is_an_answer(parts):
    packed, after, failure, warned, printed = parts
    assert (packed is None) == (failure is not None)
    if packed is not None:
        codec.unpack(packed)
    assert len(after) == 1
    assert all(isinstance(text, str) for text in warned)
    assert isinstance(printed, str)
    return failure


@given(st.binary(max_size=300))
def test_random_bytes_are_no_answer(data):
    assert is_an_answer(ask(data))[0] in ("Ended", "TimeLimit")


@given(st.binary(max_size=300))
def test_nor_are_random_bytes_in_a_frame(data):
    assert is_an_answer(ask(framed(data)))[0] in ("Ended", "TimeLimit")


@example(np.zeros(1))
@given(PLAIN | NEARLY | st.fixed_dictionaries({"back": PLAIN, "args": PLAIN}))
def test_any_plain_message_gives_an_answer_or_a_failure(message):
    is_an_answer(ask(framed(codec.pack(message))))


def test_an_honest_reply_comes_through():
    """So that the tests above do not pass because nothing ever does."""
    reply = {"reply": [codec.pack(6.0), [codec.pack(2.0)], None, ["careful"], "seen"]}
    assert ask(framed(codec.pack(reply))) == (codec.pack(6.0), [codec.pack(2.0)], None, ["careful"], "seen")


@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_message_that_breaks_off_is_closed(data, drawn):
    whole = framed(codec.pack({"reply": data.hex()}))
    cut = drawn.draw(st.integers(0, len(whole) - 1))
    wire, theirs = pair()
    theirs.sendall(whole[:cut])
    theirs.close()
    with pytest.raises(Closed):
        wire.receive(1)
    wire.close()


def test_a_message_that_never_ends_is_late():
    wire, theirs = pair()
    with theirs, pytest.raises(Late):
        theirs.sendall(HEADER.pack(100) + b"half of it")
        wire.receive(0.05)
    wire.close()


def test_a_length_that_nobody_could_hold_is_refused_before_anything_is_read():
    wire, theirs = pair()
    with theirs, pytest.raises(Closed, match="4,294,967,295 bytes"):
        theirs.sendall(struct.pack("<I", 2**32 - 1))
        wire.receive(1)
    wire.close()


def test_a_small_answer_comes_in_a_small_frame():
    wire, theirs = pair()
    with theirs, pytest.raises(Closed, match="2,000 bytes"):
        theirs.sendall(struct.pack("<I", 2000))
        wire.receive(1, most=SMALL)
    wire.close()


@pytest.mark.parametrize("step", ["kind", "room", "snapshot", "run"])
def test_each_step_has_a_bound_of_its_own(step):
    """A process that says more than a step can say is given up before it is read: nothing follows its header here."""
    wire, theirs = pair()
    room, their_room = pair()
    with theirs, their_room:
        frame = struct.pack("<I", (MOST_OF_A_CELL if step == "run" else SMALL) + 1)
        if step == "snapshot":
            Wire(their_room).send({"ok": True})
            Wire(theirs).send({"outputs": [], "ok": True})      # of the cell that a process begins with
        if step == "room":
            Wire(theirs).send({"outputs": [], "ok": True})
        (their_room if step == "room" else theirs).sendall(frame)
        if step == "kind":
            snapshot = Snapshot(Dropped(), wire, 1, 1)
            assert snapshot.stand_in("f") == (False, None) and snapshot.ended
            return
        session = Session(Forks(wire, room))
        if step == "run":
            assert session.run("1")[0]["ename"] == "Ended"
        else:
            with pytest.raises(GivenUp):
                session.snapshot(1, 1)


class Forks:
    """A nursery whose processes all speak over the same wires."""

    isolation = True

    def __init__(self, wire, room):
        self.wires = wire, room

    def fork(self, limits):
        return self.wires[0], pair()[0], self.wires[1]


@given(PLAIN)
@settings(max_examples=60)
def test_a_plain_value_comes_over_the_wire_as_it_went(value):
    wire, theirs = pair()
    other = Wire(theirs)
    other.send({"value": codec.pack(value) if isinstance(value, bytes) else value})
    came = wire.receive(1)["value"]
    wire.close()
    other.close()
    if isinstance(value, float) and math.isnan(value):
        assert math.isnan(came)
    else:
        assert repr(came) == repr(codec.pack(value) if isinstance(value, bytes) else value)


@given(PLAIN, st.integers(0, 3))
def test_a_reply_has_five_parts_of_their_types_or_is_none(value, count):
    try:
        packed, after, failure, warned, printed = _reply(value, count)
    except (ValueError, TypeError):
        return
    assert len(after) == count
    assert (packed is None) == (failure is not None)
    assert len(warned) <= 20 and len(printed) <= 2000


@given(st.lists(PLAIN, max_size=4))
def test_outputs_are_built_anew_or_refused(items):
    try:
        made = _outputs(items)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return
    assert all(output["output_type"] in ("stream", "execute_result", "display_data", "error") for output in made)
