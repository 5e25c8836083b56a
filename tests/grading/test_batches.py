"""The calls of a check travel together, and nothing else is different from calls that are made one by one."""

import textwrap
from concurrent.futures import Future

import numpy as np
import pytest

from course.checks.calling import Given
from course.checks.covering import carriers
from course.checks.draws import FRESH, shared
from course.checks.examining import SHOWN_SEED, examine
from course.checks.exercise import Check, Exercise
from course.checks.running import _drawn
from course.declarations import assignments, exercises
from course.grading import judge, run, session
from course.grading.aside import Aside
from course.grading.inside.wire import Wire
from course.grading.judge import Settings
from course.grading.nursery import Limits
from course.grading.session import Session
from course.grading.standins import Answer
from course.grading.worker import Job, Result
from tests.grading.handing_in import cell_of, solved

BANKS = ("01_chain_rule", "02_gate_patterns", "03_sigmoid_neuron", "04_vectorized_gradients", "06_build_the_engine")
SEEDS = (SHOWN_SEED, 123_456_789)


@pytest.fixture(params=["batched", "one by one"])
def sent(request, monkeypatch):
    """Both ways of asking; a function is a formula that runs beside the answer, or is called back."""
    if request.param == "one by one":
        one_by_one(monkeypatch)
    return request.param


def one_by_one(patch):
    patch.setattr(session, "MOST_OF_A_BATCH", 0)
    patch.setattr(Given, "texts", [])


@pytest.fixture
def place(grade):
    """place(assignment, *sources) gives a Session in which these cells have run."""
    opened = []

    def open_one(assignment, *sources):
        one = Session(judge.nursery(True, assignment), Limits(blocked=judge.blocked(assignment)))
        opened.append(one)
        for source in sources:
            one.run(textwrap.dedent(source))
        return one

    yield open_one
    for one in opened:
        one.close()


def report_of(place, exercise, seconds=5.0):
    """What is found of the answer that stands in a Session."""
    snapshot = place.snapshot(seconds, 60)
    try:
        return examine(exercise, Answer(snapshot, exercise.name), SEEDS, edge=True, graded=True)
    finally:
        snapshot.close()


# ------------------------------------------------------------------------------------ the same verdicts

@pytest.mark.parametrize("assignment", BANKS)
def test_the_forms_of_a_bank_get_the_same_report_both_ways(place, assignment):
    """Every third: those beside it are of the same kind, mostly."""
    for exercise in exercises(assignment).values():
        for form in (*exercise.mistakes, *exercise.alternatives)[::3]:
            told = []
            for _ in range(2):
                with pytest.MonkeyPatch.context() as patch:
                    if told:
                        one_by_one(patch)
                    one = place(assignment, "import numpy as np", form.given, form.source)
                    report = report_of(one, exercise)
                    one.close()
                told.append((str(report), report.verdict, [asked.reply.printed for asked in report.run.asked]))
            assert told[0] == told[1], form.title


DOUBLE = Exercise("double(x)", "y", 1, lambda x: 2 * x, checks=(
    Check("five numbers", 0.5, lambda d: [(1.5,), (2.5,), (3.5,), (4.5,), (5.5,)]),
    Check("two more", 0.5, lambda d: [(6.5,), (7.5,)])))
ANSWERS = {
    "kills its process in the third call": """
        import os
        def double(x):
            return os._exit(1) if x == 3.5 else 2 * x""",
    "hangs in the third call": """
        def double(x):
            while x == 3.5:
                pass
            return 2 * x""",
    "raises in the third call": """
        def double(x):
            return 2 * x / (x != 3.5)""",
    "raises what nobody raises": """
        def double(x):
            if x == 3.5:
                raise KeyboardInterrupt
            return 2 * x""",
    "is not written for one number": """
        calls = []
        def double(x):
            calls.append(x)
            return len(calls) if x == 6.5 else None if x == 2.5 else 2 * x""",
    "is not written, and says so": """
        calls = []
        def double(x):
            calls.append(x)
            if x == 2.5:
                raise NotImplementedError
            return float(len(calls))""",
    "counts its calls": """
        calls = 0
        def double(x):
            global calls
            calls += 1
            return 2 * x + calls""",
    "becomes another": """
        def double(x):
            global double
            double = lambda x: 3 * x
            return 2 * x""",
    "forgets itself": """
        def double(x):
            global double
            del double
            return 2 * x""",
    "prints and warns": """
        import warnings
        def double(x):
            print(x)
            warnings.warn(f"of {x}")
            return 2 * x""",
    "gives what is not plain": """
        def double(x):
            return double if x == 3.5 else 2 * x""",
    "gives more than is carried": """
        def double(x):
            return "a" * 20_000_000 if x == 3.5 else 2 * x""",
}


@pytest.mark.parametrize("source", ANSWERS.values(), ids=ANSWERS)
def test_what_a_call_does_stays_with_that_call(place, source):
    told = []
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            if told:
                one_by_one(patch)
            found = report_of(place("02_gate_patterns", source), DOUBLE, 3.0)
        told.append((str(found), found.verdict, [(asked.args, asked.reply) for asked in found.run.asked]))
    assert told[0] == told[1]


def test_each_call_has_its_time_and_not_all_together(place, sent):
    one = place("02_gate_patterns", """
        import time
        def double(x):
            time.sleep(0.6)
            return 2 * x""")
    assert report_of(one, DOUBLE, 2.5).run.score == 1.0


def test_an_argument_that_one_call_changed_is_whole_in_the_next(place, sent):
    exercise = Exercise("f(x)", "y", 1, lambda x: x[0], checks=(Check("values", 1, lambda d: [([1.5, 2.5],)] * 3),))
    one = place("02_gate_patterns", """
        def f(x):
            x[0] += 1
            return x[0] - 1""")
    replies = [asked.reply for asked in report_of(one, exercise).run.asked]
    assert [(reply.result, reply.changed) for reply in replies] == [(1.5, (0,))] * 3


def test_a_function_is_called_back_for_the_call_that_has_it(place, sent):
    seen = []

    def noting(k):
        return lambda x: seen.append(k) or x + k

    exercise = Exercise("f(g, x)", "y", 1, lambda g, x: x, checks=(
        Check("values", 1, test=lambda ask: seen.extend(ask.each((noting(k), 0.5) for k in range(3)))),))
    one = place("02_gate_patterns", "def f(g, x):\n    return g(x) + g(x)")
    assert report_of(one, exercise).run.score == 1.0
    assert seen == [0, 0, 1.0, 1, 1, 3.0, 2, 2, 5.0] * 2


def test_a_check_is_one_message(place, monkeypatch):
    """Two checks on two seeds; on the last, one of them asks every kind of number, too."""
    messages = []
    send = Wire.send
    monkeypatch.setattr(Wire, "send", lambda self, message, *more, **most: (
        messages.append(message), send(self, message, *more, **most)))
    one = place("02_gate_patterns", "def double(x):\n    return 2 * x")
    assert report_of(one, DOUBLE).run.score == 1.0
    assert [len(message["calls"]) for message in messages if message.get("do") == "calls"] == [5, 5, 2, 2 + 5]


def test_large_arguments_travel_in_several_batches(place, monkeypatch):
    monkeypatch.setattr(session, "MOST_OF_A_BATCH", 20)     # a number has 9
    one = place("02_gate_patterns", "def double(x):\n    return 2 * x")
    assert report_of(one, DOUBLE).run.score == 1.0


def test_no_call_of_a_batch_holds_what_is_right_for_another():
    """All of a batch lies in the answer's process while it works on the first call; so it must tell nothing."""
    for assignment in assignments():
        for exercise in exercises(assignment).values():
            for check in exercise.checks:
                if check.draw is None:
                    continue
                cases = _drawn(exercise, check, (123_456_789, 0), True, check in carriers(exercise))
                for k, (_, expected) in enumerate(cases):
                    right = set(numbers(expected))
                    given = {value for j, (args, _) in enumerate(cases) if j != k for value in numbers(args)}
                    own = {sign * value for value in numbers(cases[k][0]) for sign in (1, -1)}
                    told = {value for value in right & given - own if len(repr(value)) > 6}     # but for 0.0 and 0.25
                    assert not told, (exercise.name, check.title, told)


def numbers(value):
    """All numbers in a plain value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for part in value for number in numbers(part)]
    if isinstance(value, np.ndarray | np.generic | float):
        return np.asarray(value, float).ravel().tolist() if np.asarray(value).dtype.kind == "f" else []
    return []


# ------------------------------------------------------------------------------------ shared draws

def seeds_of(result):
    return {name: verdict.seeds for (_, name), verdict in result.verdicts.items()}


def test_a_class_shares_its_draws_and_no_other_class_has_them(grade):
    nb, settings = solved("02_gate_patterns"), Settings(secret=b"one")
    first, again = (seeds_of(grade(nb, settings=settings)) for _ in range(2))
    other = seeds_of(grade(nb, settings=Settings(secret=b"two")))
    assert first == again
    fresh = [seeds[1] for found in (first, other) for seeds in found.values()]
    assert len(set(fresh)) == len(fresh) == 2 * len(first)


def test_where_no_run_shares_them_each_answer_has_its_own(grade):
    first, again = (seeds_of(grade(solved("02_gate_patterns"))) for _ in range(2))
    assert not {seeds[1] for seeds in first.values()} & {seeds[1] for seeds in again.values()}


@pytest.mark.parametrize("lacks", [True, False])
def test_nothing_is_shared_where_one_submission_might_leave_a_note_for_the_next(grade, monkeypatch, lacks):
    settings = Settings(secret=b"one", isolation=lacks)
    monkeypatch.setattr(judge.nursery(lacks, "02_gate_patterns"), "lacks", ("no keyring",) if lacks else ())
    first, again = (seeds_of(grade(solved("02_gate_patterns"), settings=settings)) for _ in range(2))
    assert not {seeds[1] for seeds in first.values()} & {seeds[1] for seeds in again.values()}


def test_an_answer_whose_process_ended_gets_other_draws_at_its_second_try(grade):
    """It could have left a note for itself."""
    nb = solved("02_gate_patterns")
    cell = cell_of(nb, "add_backward-answer")
    cell.source = "def add_backward(dout, x, y):\n    import os\n    os._exit(0)"
    settings = Settings(secret=b"one")
    right, ended = (seeds_of(grade(found, settings=settings)) for found in (solved("02_gate_patterns"), nb))
    assert {name for name in right if right[name] != ended[name]} == {"add_backward"}


def test_each_run_has_a_secret_of_its_own_and_a_second_attempt_has_none(tmp_path):
    asked = []

    class Here:
        def submit(self, fn, job, keys, settings):
            asked.append((job.student, settings.secret))
            future = Future()
            future.set_result(Result(job, cut_short=job.student == "endless"))
            return future

    class Room:
        keys, aside = {}, Aside(tmp_path)

        def enter(self, result, only):
            return ""

    jobs = [Job(student, "02_gate_patterns", tmp_path) for student in ("endless", "ada")]
    for _ in range(2):
        run.grade_class(Room(), jobs, Settings(), Here())
    (_, first), (_, same), (_, none), (_, second), *_ = asked
    assert first == same and len(first) == 32 and none == b"" and second != first


def test_a_seed_tells_nothing_of_another_and_is_the_same_everywhere():
    with shared(b"secret"):
        seeds = [FRESH.get()(name) for name in ("add_backward", "mul_backward", "add_backward")]
    assert seeds[0] == seeds[2] != seeds[1]
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert FRESH.get()("add_backward") != FRESH.get()("add_backward")
