"""Assignment 07: its worked examples by number, what its log counts, and the bounds that it holds answers to."""

import re
from collections import deque

import numpy as np
import pytest

from course.authoring.sourcetext import read_source
from course.checks.draws import Draw
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises
from course.declarations.store_or_recompute import checkpoints, costs, logs, memory, spacing
from course.places import ROOT

EXERCISES = exercises("07_store_or_recompute")
SOURCE = read_source(ROOT / "course/sources/assignments/07_store_or_recompute.py", ROOT)
PROSE = re.sub(r"\s+", " ", " ".join(cell.text for cell in SOURCE.cells if cell.kind == "markdown"))


@pytest.fixture(scope="module")
def solutions():
    """What the source's code cells define: the answers of the solution and the two traces, by name."""
    names = {}
    for cell in SOURCE.cells:
        if cell.kind == "code" and "from course import" not in cell.text:
            exec(cell.text, names)
    return names


def graded(name, answer):
    return examine(EXERCISES[name], answer, (SHOWN_SEED, 7), edge=True, graded=True)


def twice(t):
    return 2 * t


def square(t):
    return t * t


THREE = ([square] * 3, [twice] * 3, 1.5)
WORKED = [
    ("stored_cost", (3,), (2, 3)), ("stored_cost", (30,), (29, 30)), ("stored_cost", (1,), (0, 1)),
    ("recomputed_cost", (3,), (3, 3)), ("recomputed_cost", (30,), (435, 3)), ("recomputed_cost", (1,), (0, 1)),
    ("recomputed_cost", (2,), (1, 2)), ("checkpointed_grad", (*THREE, 2), 136.6875),
    ("checkpointed_grad", (*THREE, 1), 136.6875), ("checkpointed_grad", (*THREE, 3), 136.6875),
    ("best_every", (3,), 2), ("best_every", (1,), 1), ("best_every", (100,), 10),
]


@pytest.mark.parametrize(("name", "args", "result"), WORKED)
def test_a_worked_example_by_number(solutions, name, args, result):
    for f in (EXERCISES[name].oracle, solutions[name]):
        assert f(*args) == pytest.approx(result, rel=1e-12)


def test_the_traces_of_the_notebook_are_those_of_the_programs(solutions):
    for name, program in (("stored", logs.store), ("recomputed", logs.recompute)):
        trace = solutions[name]
        assert trace == memory.trace_of(program, 3)
        assert logs.peak(trace) == solutions["peak_memory"](trace) == 3
    assert [logs.peak(memory.trace_of(p, 5)) for p in (logs.store, logs.recompute)] == [5, 3]


@pytest.mark.parametrize(("text", "value", "wanted"), [
    ("2 calls of $f$, and 3 values", costs.cost_of(logs.store)(3), (2, 3)),
    ("2 + 1 + 0 = 3 calls", costs.cost_of(logs.recompute)(3)[0], 3),
    ("For n = 30 and every = 5 that allows 60 calls and 12 values", (2 * 30, 30 / 5 + 5 + 1), (60, 12)),
    ("Storing would hold 30, recomputing would take 435",
     (costs.cost_of(logs.store)(30)[1], costs.cost_of(logs.recompute)(30)[0]), (30, 435)),
    ("4 with every = 1, 3.5 with every = 2, and 4 with every = 3",
     [float(spacing.spacing_cost(3, k)) for k in (1, 2, 3)], [4, 3.5, 4]),
    ("For n = 30 both 5 and 6 cost 11", [float(spacing.spacing_cost(30, k)) for k in (5, 6)], [11, 11]),
    ("With n = 5 the peaks are 5 and 3", [logs.peak(memory.trace_of(p, 5)) for p in (logs.store,
                                                                                         logs.recompute)], [5, 3]),
])
def test_a_number_of_the_prose(text, value, wanted):
    assert text in PROSE
    assert value == pytest.approx(wanted)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_scores_all_points(solutions, name):
    report = graded(name, solutions[name])
    assert report.run.passed, str(report)
    assert report.run.score == EXERCISES[name].points


def test_there_are_five_functions_and_fifteen_points():
    assert len(EXERCISES) == 5
    assert sum(exercise.points for exercise in EXERCISES.values()) == 15


# ------------------------------------------------------------------------------------ the bounds

def price(answer, n, every, seed=3):
    """(result, right result, log) of an answer to checkpointed_grad on n stages."""
    d = Draw(seed)
    fs, dfs = checkpoints.stages(d, n)
    w = d.number()
    log = logs.Log(fs, dfs)
    return answer(log.fs, log.dfs, w, every), checkpoints.chain_gradient(fs, dfs, w, every), log


def test_the_bounds_hold_for_every_spacing_of_every_chain_below_50(solutions):
    """For the solution and for each other form: gradient, calls, values held, and the order of the slopes."""
    exercise = EXERCISES["checkpointed_grad"]
    answers = [solutions["checkpointed_grad"], *(form.function for form in exercise.alternatives)]
    for n in range(1, 50):
        for every in range(1, n + 1):
            answer = answers[(n + every) % len(answers)] if n % 7 else answers[0]
            got, right, log = price(answer, n, every)
            assert got == pytest.approx(right, rel=1e-12)
            assert log.calls <= 2 * n
            assert log.held <= n / every + every + 1
            assert log.slopes == list(reversed(range(n)))


def test_store_recompute_and_checkpoints_give_one_gradient(solutions):
    d = Draw(5)
    for n in (1, 2, 9, 49):
        fs, dfs = checkpoints.stages(d, n)
        w = d.number()
        stored = logs.store(fs, dfs, w)
        assert logs.recompute(fs, dfs, w) == pytest.approx(stored, rel=1e-12)
        assert checkpoints.chain_gradient(fs, dfs, w, 1) == pytest.approx(stored, rel=1e-12)
        for every in {1, max(n // 3, 1), n}:
            assert solutions["checkpointed_grad"](fs, dfs, w, every) == pytest.approx(stored, rel=1e-12)


def test_the_best_spacing_is_the_best_for_every_chain_below_400(solutions):
    for n in range(1, 400):
        found, best = solutions["best_every"](n), spacing.best_spacing(n)
        assert spacing.spacing_cost(n, found) == spacing.spacing_cost(n, best)


# ------------------------------------------------------------------------------------ the log

def test_two_definitions_of_the_peak_agree(solutions):
    """Spans counted forward, and the set of what is needed walked back."""
    for seed in range(300):
        trace = memory.random_trace(Draw(seed))
        assert logs.peak(trace) == solutions["peak_memory"](trace)


def test_values_are_known_by_their_stage_not_by_their_number():
    """Stages that change nothing: all values are equal, and still n of them are held."""
    def same(t):
        return t

    log = logs.Log([same] * 12, [same] * 12)
    logs.store(log.fs, log.dfs, 1.0)
    assert (log.calls, log.held) == (11, 12)


def test_a_value_made_again_is_not_held_in_between():
    log = logs.Log([square] * 4, [twice] * 4)
    one = log.fs[0](0.5)
    log.dfs[1](one)
    log.dfs[0](0.5)
    log.dfs[1](log.fs[0](0.5))
    assert log.calls == 2
    assert log.held == 2


def test_a_value_from_elsewhere_is_held_from_the_start():
    log = logs.Log([square] * 4, [twice] * 4)
    log.dfs[3](0.1)
    log.dfs[0](0.5)
    assert log.held == 2


def store_all_but_start_again(fs, dfs, w, every):
    """All segments are made again before the way back begins, and kept in a deque."""
    kept, values, t = [], deque(), w
    for k, f in enumerate(fs):
        if k % every == 0:
            kept.append(t)
        t = f(t)
    for i, t in enumerate(kept):
        values.append(t)
        for f in fs[i * every:(i + 1) * every][:-1]:
            values.append(f(values[-1]))
    grad = 1.0
    for df in reversed(dfs):
        grad *= df(values.pop())
    return grad


def test_recomputing_but_still_storing_is_named():
    report = graded("checkpointed_grad", store_all_but_start_again)
    assert report.diagnosis.code == "R13"
    assert report.run.score == 4.0
    assert "16 values were held at once; n/every + every + 1 is 11" in str(report)


def test_slopes_in_another_order_lose_their_share(solutions):
    """Segments from the last to the first, but each of them walked forward."""
    def answer(fs, dfs, w, every):
        kept, t = [], w
        for k, f in enumerate(fs):
            if k % every == 0:
                kept.append(t)
            t = f(t)
        grad = 1.0
        for i in reversed(range(len(kept))):
            t = kept[i]
            for f, df in zip(fs[i * every:(i + 1) * every], dfs[i * every:(i + 1) * every], strict=True):
                grad *= df(t)
                t = f(t)
        return grad

    report = graded("checkpointed_grad", answer)
    assert report.run.score == 3.0
    assert "stage 5 first, stage 0 last" in str(report)


@pytest.mark.parametrize(("allowed", "score"), [(0, 6.0), (1, 4.5)])
def test_one_call_too_many_costs_the_share_of_the_calls(solutions, allowed, score):
    """With calls that nobody needs, up to 2n of them or one more."""
    def answer(fs, dfs, w, every):
        n = len(fs)
        segments = -(-n // every)
        for _ in range(2 * n - (n + n - segments) + allowed):
            fs[0](w)
        return solutions["checkpointed_grad"](fs, dfs, w, every)

    report = graded("checkpointed_grad", answer)
    assert report.run.score == score
    assert ("2n is" in str(report)) == (allowed > 0)


def test_a_gradient_is_due_to_twelve_digits(solutions):
    def answer(digits):
        def rounded(*args):
            return float(f"{solutions['checkpointed_grad'](*args):.{digits}e}")
        return graded("checkpointed_grad", rounded)

    assert answer(13).run.passed
    assert answer(9).run.score == 5.5
    assert "not the same to 12 digits" in str(answer(9))


def test_nearly_the_best_spacing_is_not_the_best():
    report = graded("best_every", lambda n: max(1, round(n**0.5) - (n == 2000)))
    assert report.run.score == 2.25
    assert "With n = 2000 you returned 44" in str(report)


def test_an_endless_answer_is_stopped():
    def answer(fs, dfs, w, every):
        while len(fs) == 9:
            fs[0](w)
        return logs.store(fs, dfs, w)

    report = graded("checkpointed_grad", answer)
    assert report.run.score == 1.5
    assert "yours was still under way" in str(report)


@pytest.mark.parametrize("found", ["ten", [1, 2], {"every": 3}, 0, -2, 1e9, float("nan"), float("inf")])
def test_a_spacing_that_is_no_number_of_stages_gets_a_sentence(found):
    report = graded("best_every", lambda n: found)
    assert report.run.score == 0.0
    assert "Traceback" not in str(report)


@pytest.mark.parametrize("n", [2, 6, 12, 20, 30])
def test_either_of_two_is_right_at_a_tie(n):
    low = int(n**0.5)
    for chosen in (low, low + 1):
        report = graded("best_every", lambda m, chosen=chosen: chosen if m == n else round(m**0.5))
        assert report.run.passed, str(report)


@pytest.mark.parametrize(("name", "answer"), [
    ("stored_cost", lambda n: (float(n - 1), np.int32(n))), ("recomputed_cost", lambda n: [n * (n - 1) / 2, min(3, n)]),
    ("best_every", lambda n: float(round(n**0.5))), ("best_every", lambda n: np.array(round(n**0.5))),
])
def test_whole_numbers_of_any_type_are_right(name, answer):
    assert graded(name, answer).run.passed
