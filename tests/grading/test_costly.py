"""What one learner hands in costs that learner alone: it is graded, or one line says why not; the class goes on."""

import json
import random
import struct
import time
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import msgpack
import nbformat
import numpy as np
import pytest

from course.checks import codec
from course.checks.diagnosis import show
from course.grading import judge, reading, run, summary, testcell
from course.grading.aside import Aside
from course.grading.bounds import Overtime, killed_if_stuck, memory_of_others, own_memory, own_time
from course.grading.judge import Settings
from course.grading.named import Names
from course.grading.worker import Job, Result, grade_submission
from course.grading.workers import Lost, Workers
from tests.grading.costly import COSTLY, NAME
from tests.grading.handing_in import SETTINGS, key_of_release, scores, solved

CAREFUL = replace(SETTINGS, judge_memory=300)       # what is costly is so within this
POINTS = {cell.name: cell.points for cell in key_of_release(NAME).cells if cell.grade}


# ------------------------------------------------------------------------------------ one submission

def test_the_corpus_is_without_repeats():
    assert len({costly.name for costly in COSTLY}) == len(COSTLY) >= 40


@pytest.mark.parametrize("costly", COSTLY, ids=lambda costly: costly.name)
def test_it_costs_only_what_it_broke(grade, costly):
    result = grade(costly.make(), settings=CAREFUL)
    if costly.lost is None:
        assert costly.line in result.failure
        assert result.failure == " ".join(result.failure.split()) and len(result.failure) < 400
        return
    assert scores(result) == {name: 0.0 if name in costly.lost else points for name, points in POINTS.items()}
    text, notes = result.notebooks[NAME]
    assert len(text.encode()) < 500_000     # the encoding is what the gradebook's writer does
    assert costly.line in " ".join(notes)


def test_a_name_that_is_no_text_and_a_link(grade, tmp_path):
    assert scores(grade(solved(NAME), name=f"{NAME}\udcff.ipynb")) == POINTS
    (tmp_path / "mine").mkdir()
    (tmp_path / "other.ipynb").write_bytes(json.dumps(solved(NAME)).encode())
    (tmp_path / "mine" / f"{NAME}.ipynb").symlink_to(tmp_path / "other.ipynb")
    result = grade_submission(Job("ada", NAME, tmp_path / "mine"), {NAME: key_of_release(NAME)}, SETTINGS)
    assert "a link to another file" in result.failure


# ------------------------------------------------------------------------------------ any bytes at all

WRONG = (None, True, 0, -1, 1.5, 10**30, "", "x", "\ud83d", "\0", [], {}, [[]], [{}], {"": {}}, ["\udfff", 1],
         "a" * 300,
         {"nbgrader": {"grade_id": "mul_backward", "grade": True, "solution": True, "locked": True}})


def places(value, found=None):
    """Every (container, key) in a value of JSON."""
    found = [] if found is None else found
    for key in (value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()):
        found.append((value, key))
        places(value[key], found)
    return found


def mutated(rng, nb):
    """A notebook as JSON, some of its values replaced, doubled, removed; now and then some bytes."""
    nb = json.loads(json.dumps(nb))
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        where, key = rng.choice(places(nb) or [(nb, "cells")])
        act = rng.random()
        if act < 0.5:
            where[key] = rng.choice(WRONG)
        elif act < 0.7:
            del where[key]
        elif act < 0.85 and isinstance(where, list):
            where.insert(rng.randrange(len(where) + 1), json.loads(json.dumps(where[key])))
        else:
            other, name = rng.choice(places(nb) or [(nb, "cells")])
            where[key] = json.loads(json.dumps(other.get(name) if isinstance(other, dict) else
                                               other[name] if name < len(other) else None))
    data = bytearray(json.dumps(nb).encode())
    if rng.random() < 0.2:
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


@pytest.mark.slow
def test_mutated_notebooks_are_read_and_repaired_or_get_a_line(tmp_path, monkeypatch):
    """A seeded fuzzer; what is read runs in no sandbox here, so that there can be many."""
    monkeypatch.setattr(judge, "judge", lambda nb, key, settings, beside, learner: True)
    rng, keys = random.Random(11), {NAME: key_of_release(NAME)}
    path = tmp_path / f"{NAME}.ipynb"
    read = 0
    for number in range(300):
        path.write_bytes(mutated(rng, solved(NAME)))
        result = grade_submission(Job("ada", NAME, tmp_path), keys, SETTINGS)
        if result.failure:
            assert "not a notebook" in result.failure, (number, result.failure)
            continue
        read += 1
        assert {name for _, name in result.scores} == set(POINTS), number
        nbformat.reads(result.notebooks[NAME][0].encode().decode(), as_version=4)
    assert 60 < read < 290


@pytest.mark.parametrize("wrong", [0, [], "x", {"a": 0}, {"a": {}}, {"a": {"image/png": 0}}, {"a": {"image/png": [1]}}])
def test_attachments_of_other_types_are_left_out(tmp_path, wrong):
    path = tmp_path / "a.ipynb"
    for attachments, kept in ((wrong, False), ({"a": {"image/png": "AA=="}}, True)):
        cell = {"cell_type": "markdown", "source": "", "metadata": {}, "id": "a" if kept else "a b",
                "attachments": attachments}
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
        nb, _ = reading.read(path)
        assert ("attachments" in nb.cells[0]) == kept
        nbformat.validate(nb)


def test_some_of_them_are_graded(grade):
    rng = random.Random(5)
    for _ in range(12):
        result = grade(mutated(rng, solved(NAME)))
        assert "not a notebook" in result.failure or set(scores(result)) == set(POINTS)


# ------------------------------------------------------------------------------------ on the wire

def nested(code, depth, inner=b"\x01"):
    for _ in range(depth):
        inner = msgpack.packb(msgpack.ExtType(code, b"\x91" + inner))
    return inner


HOSTILE = {
    "thirty megabytes of lists": (b"\xdd" + struct.pack(">I", 15_000_000) + b"\x90" * 15_000_000, "max_array_len"),
    "lists that promise a million each": ((b"\xdd" + struct.pack(">I", 1_000_000)) * 500, "max_array_len"),
    "dicts in dicts": (b"\x81\x01" * 600 + b"\x01", "too deep"),
    "many empty dicts": (b"\xdd" + struct.pack(">I", 900_000) + b"\x80" * 900_000, "^a value of more than 1,000,000"),
    "many lists": (b"\xdd" + struct.pack(">I", 600_000) + b"\x90" * 600_000, "^a value of more than 1,000,000"),
    "lists in lists": (b"\x91" * 300 + b"\x01", "too deep"),
    "fifty nested tuples": (nested(0, 50), "^a value that is too deep"),
    "fifty nested tuples of ten megabytes": (nested(0, 50, b"\xc6" + struct.pack(">I", 10**7) + bytes(10**7)),
                                             "^a value that is too deep|MemoryError"),
    "keys of one hash": (b"\xdf" + struct.pack(">I", 40_000) + b"".join(
        msgpack.packb(msgpack.ExtType(3, b"%x" % (k * (2**61 - 1)))) + b"\x00" for k in range(40_000)),
        "keys that are"),
    "complex keys": (b"\xdf" + struct.pack(">I", 2_000) + b"".join(
        msgpack.packb(msgpack.ExtType(2, struct.pack("<dd", 1000003.0 * k, -k))) + b"\x00" for k in range(2_000)),
        "keys that are"),
    "an integer of four million digits": (msgpack.packb(msgpack.ExtType(3, b"9" * 4_000_000)), "extension 3"),
    "more than may be sent": (bytes(codec.MAX_BYTES + 1), "bytes"),
}


@pytest.mark.parametrize(("data", "why"), HOSTILE.values(), ids=HOSTILE)
def test_costly_bytes_are_refused_before_they_cost(data, why):
    with own_memory(300), pytest.raises(codec.Malformed, match=why):
        codec.unpack(data)


def test_no_type_of_msgpack_itself_comes_through():
    assert type(codec.unpack(msgpack.packb(msgpack.Timestamp(1, 5)))) is float


@pytest.mark.parametrize("value", [[[0] * 1000] * 1001, {k * (2**61 - 1): 0 for k in range(200)}, 10**2000, -10**2000,
                                   {(k,): 0 for k in range(101)}])
def test_the_same_bounds_hold_for_what_is_packed(value):
    with pytest.raises(codec.NotPlain):
        codec.pack(value)


@pytest.mark.parametrize("value", [10**1200, list(range(999_000)), {str(k): k for k in range(5000)},
                                   {k: 0 for k in range(5000)},
                                   {(k, "a"): 0 for k in range(100)}, {-1.5: 0, None: 1, True: 2}, 2**64, -2**63])
def test_what_is_far_above_honest_work_comes_through(value):
    assert codec.unpack(codec.pack(value)) == value


@pytest.mark.parametrize("value", ["\ud83d", ["a\udc00"], {"\ud83d": ("\ud83d",)}, np.str_("\ud83d")])
def test_half_a_surrogate_travels_written_out(value):
    assert "\\ud" in str(codec.unpack(codec.pack(value)))


def test_a_callable_beside_half_a_surrogate_is_counted_once():
    callables = []
    data = codec.pack([print, "\ud83d"], callables)
    assert callables == [print]
    assert codec.unpack(data, lambda index: index) == [0, "\\ud83d"]


def test_values_are_shown_in_a_few_words():
    deep = 0.123456789
    for _ in range(6):
        deep = [deep] * 12
    for value in (deep, ["x" * 50] * 12, {"k" * 10_000: 1}, {"a": deep}):
        assert len(show(value)) <= 600


# ------------------------------------------------------------------------------------ an instructor's own cells

@pytest.mark.parametrize(("source", "score"), [
    ("10**400", 2.0), ("-10**400", 0.0), ("float('nan')", 0.0), ("float('inf')", 2.0), ("np.float64('nan')", 0.0),
    ("True", 2.0), ("raise SystemExit", 0.0), ("raise SystemExit('bye')", 0.0), ("exit()", 0.0), ("object()", 2.0),
    ("SystemExit", 2.0), ("1 + 1j", 2.0), ("np.complex128(1j)", 2.0), ("{1}", 2.0), ("'nan'", 2.0), ("'\\ud83d'", 2.0),
    ("10**5000 * 1j if 0 else [10**5000]", 0.0), ("type('A', (), {'__repr__': lambda self: 1 / 0})()", 0.0),
    ("raise GeneratorExit('x') if 0 else ZeroDivisionError('\\ud83d')", 0.0), ("raise GeneratorExit", 0.0),
    ("import pytest\npytest.fail('no')", 0.0), ("import pytest\nwith pytest.raises(ValueError): 1", 0.0),
    ("import asyncio\nraise asyncio.CancelledError", 0.0),
    ("raise BaseExceptionGroup('', [GeneratorExit()])", 0.0)])
def test_any_value_of_a_test_cell_is_a_score(source, score):
    outputs = testcell.run_test_cell(source, {"np": np}, 2.0)
    assert testcell.score_of(outputs, 2.0) == score
    reading.whole(json.dumps(outputs, ensure_ascii=False)).encode()


# ------------------------------------------------------------------------------------ the grader's own time and memory

def compute(seconds, in_all):
    """In a worker: an operation that can't be interrupted."""
    with own_time(seconds), killed_if_stuck(seconds, in_all):
        return sum(range(10**12))


def wait(seconds, in_all):
    with killed_if_stuck(seconds, in_all):
        time.sleep(60)


def hold(megabytes):
    with own_memory(100):
        return len(bytes(megabytes * 2**20))


def test_what_computes_on_is_stopped_and_waiting_is_not():
    with pytest.raises(Overtime), own_time(0.2):
        while True:
            pass
    with own_time(0.2):
        time.sleep(0.4)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_raised_where_it_gets_lost_is_raised_again():
    """In a collection of garbage, say: hypothesis and profilers have themselves called by each."""
    class Endless:
        def __del__(self):
            while True:
                pass

    with pytest.raises(Overtime), own_time(0.2):
        Endless()
        while True:
            pass


def test_memory_is_bounded_and_others_are_not_bound():
    with own_memory(50):
        with pytest.raises(MemoryError):
            bytes(300 * 2**20)
        with memory_of_others():
            bytes(300 * 2**20)
        with pytest.raises(MemoryError):
            bytes(300 * 2**20)
    bytes(300 * 2**20)


def test_the_process_that_submissions_are_forked_from_is_not_bound_by_it(grade):
    """It may start while a submission is graded, and serves those that come after."""
    for warm in judge._nurseries.values():
        warm.close()
    judge._nurseries.clear()
    assert scores(grade(solved(NAME), settings=CAREFUL)) == POINTS
    warm, = judge._nurseries.values()
    limits = Path(f"/proc/{warm._process.pid}/limits").read_text()
    assert "Max address space         unlimited" in limits


def test_a_report_that_would_be_too_long_for_a_page_is_cut():
    short = {"output_type": "display_data", "data": {"text/plain": "a", "text/html": "<b>"}, "metadata": {"kept": 1}}
    assert judge._cut(dict(short)) == short
    long = judge._cut(short | {"data": {"text/plain": "a" * 90_000, "text/html": "b" * 90_000}})
    assert long["data"] == {"text/plain": "a" * 90_000 + " …"} and long["metadata"] == {"kept": 1}
    assert "data" not in judge._cut({"output_type": "stream", "text": "a"})


@pytest.mark.slow
def test_the_end_of_a_worker_is_the_end_of_one_thing():
    with Workers(2) as workers:
        lost = [workers.submit(compute, 0.2, 60), workers.submit(wait, 60, 0.2)]
        good = [workers.submit(pow, 2, 10), workers.submit(hold, 1)]
        for future, why in zip(lost, ("SIGVTALRM", "SIGALRM"), strict=True):
            with pytest.raises(Lost, match=why):
                future.result()
        assert [future.result() for future in good] == [1024, 2**20]
        with pytest.raises(RuntimeError, match="MemoryError"):
            workers.submit(hold, 200).result()
        assert workers.submit(hold, 2).result() == 2**21


def test_a_check_that_computes_on_costs_its_exercise_and_what_comes_after(grade, monkeypatch):
    unharmed = testcell.run_test_cell

    def endless(source, *rest):
        while "mul_backward" in source:
            pass
        return unharmed(source, *rest)

    monkeypatch.setattr(testcell, "run_test_cell", endless)
    result = grade(solved(NAME), settings=replace(SETTINGS, judge_seconds=1.0))
    got = scores(result)
    names = list(POINTS)
    before = names[:names.index("mul_backward")]
    assert got == {name: POINTS[name] if name in before else 0.0 for name in names}
    assert "the grader has computed for 1 s" in result.notebooks[NAME][0]


# ------------------------------------------------------------------------------------ the order of a class

class Here(Executor):
    """Does what is submitted at once, and keeps what it was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def submit(self, fn, /, job, keys, settings):
        self.asked.append((job.student, settings.submission_seconds))
        future = Future()
        try:
            future.set_result(self.answer(job, settings))
        except Exception as error:
            future.set_exception(error)
        return future


class Room:
    """A classroom without a gradebook."""

    def __init__(self, folder, refuses=()):
        self.keys, self.aside, self.refuses, self.entered = {}, Aside(folder), refuses, []

    def enter(self, result, only):
        self.entered.append(result.job.student)
        return "it can't be entered" if result.job.student in self.refuses else ""


def jobs_of(*students):
    return [Job(student, NAME, Path("/nowhere")) for student in students]


def test_who_needs_all_of_the_time_begins_again_when_the_others_are_done(tmp_path):
    def answer(job, settings):
        return Result(job, cut_short=job.student == "endless", seconds=settings.submission_seconds)

    here, room = Here(answer), Room(tmp_path)
    results = run.grade_class(room, jobs_of("endless", "ada", "ben"), Settings(submission_seconds=900), here)
    assert here.asked == [("endless", run.PUT_OFF_AFTER), ("ada", run.PUT_OFF_AFTER), ("ben", run.PUT_OFF_AFTER),
                          ("endless", 900)]
    assert room.entered[-1] == "endless" and len(room.entered) == 3
    assert [result.job.student for result in results if result.cut_short] == ["endless"]
    here = Here(answer)
    run.grade_class(room, jobs_of("endless", "ada"), Settings(submission_seconds=60), here)
    assert here.asked == [("endless", 60), ("ada", 60)]     # there is no more to be had


def test_what_ends_its_worker_twice_is_set_aside_and_once_is_forgiven(tmp_path):
    died = []

    def answer(job, settings):
        if job.student == "deadly" or (job.student == "unlucky" and "unlucky" not in died):
            died.append(job.student)
            raise Lost("it crashed (SIGSEGV)")
        return Result(job)

    room = Room(tmp_path, refuses=("odd",))
    results = run.grade_class(room, jobs_of("deadly", "unlucky", "odd", "ada"), Settings(), Here(answer))
    failed = {result.job.student: result.failure for result in results if result.failure}
    assert failed == {"deadly": "grading it ended the process, twice: it crashed (SIGSEGV)",
                      "odd": "it can't be entered"}
    assert died.count("deadly") == 2
    deadly, unlucky = jobs_of("deadly", "unlucky")
    assert "SIGSEGV" in Aside(tmp_path).because(deadly) and not Aside(tmp_path).because(unlucky)
    room.aside.take_back(deadly)
    assert not Aside(tmp_path).because(deadly) and not Aside(tmp_path).path.exists()


def test_what_is_handed_in_anew_is_not_set_aside(tmp_path):
    job = Job("ada", NAME, tmp_path / "submitted")
    job.folder.mkdir()
    (job.folder / f"{NAME}.ipynb").write_text("a")
    Aside(tmp_path).put(job, "why")
    assert Aside(tmp_path).because(job) == "why"
    assert not Aside(tmp_path).because(replace(job, assignment="other"))
    (job.folder / "mine").mkdir()
    (job.folder / "mine" / f"{NAME}.ipynb.txt").write_text("b")
    assert not Aside(tmp_path).because(job)
    Aside(tmp_path).put(job, "why")
    (job.folder / f"{NAME}.ipynb").write_text("ab")
    assert not Aside(tmp_path).because(job)
    for broken in ("", "[]", "{", '{"set aside": 3}', '{"entering": [[]], "set aside": {"x": 3}}'):
        Aside(tmp_path).path.write_text(broken)
        assert not Aside(tmp_path).because(job)


def test_a_note_of_what_is_entered_outlives_a_kill_and_nothing_else(tmp_path):
    job, = jobs_of("ada")
    aside = Aside(tmp_path)
    with pytest.raises(ZeroDivisionError), aside.entering(job):
        assert Aside(tmp_path).ended_a_run(job)      # so it is for a run that finds it
        raise ZeroDivisionError
    assert not Aside(tmp_path).ended_a_run(job)


def test_the_budget_is_told_before_and_who_used_most_after():
    said = summary.budget(Settings(), 300, 2)
    assert "300 to grade, 2 at a time" in said and "18 min" in said and "2,048 MB" in said and "45 h" in said
    usual = [Result(job, seconds=0.5) for job in jobs_of("ada", "ben", "carl")]
    assert summary._longest(usual, Names()) == ""
    assert summary._longest([*usual, Result(*jobs_of("dora"), seconds=903.0, cut_short=True)], Names()) == \
        "dora: 15 min (all that it may)"
