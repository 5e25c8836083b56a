"""Whatever an answer returns, at whichever call: a report comes of it, as text and as HTML, and never an exception."""

import itertools

import numpy as np
import pytest

from course.checks.examining import SHOWN_SEED, examine
from course.declarations import ASSIGNMENTS, exercises, find

LONG = ("train", "overfit_tiny", "check_all", "gradient_check")      # their tests ask for much
EXERCISES = [exercise for name in ASSIGNMENTS for exercise in exercises(name).values()]


class Odd:
    """Equal to everything, and of no length."""

    def __eq__(self, other):
        return True

    __hash__ = None

    def __len__(self):
        raise RuntimeError("no length")


def deep(n):
    value = 1.0
    for _ in range(n):
        value = [value]
    return value


ODD = [
    0, 0.0, -0.0, 1, True, False, float("nan"), float("inf"), -float("inf"), 1e308, 1e-320, 10**400, 2**70, 1 +
    2j, "", "x", "\ud83d", b"bytes", [], (), {}, set(), [[]], [[], []], [1, [2, 3]], [[1], [2, 3]], (1,), (1,
    2), (1, 2, 3), (1, 2, 3, 4), [None, 1], (None, 1.0), (None, None), [None], {"dx": None}, {"dx": 1.0}, {1:
    2}, {(1, 2): 3}, {None: None}, {0: 1.0, "0": 2.0}, {"W1": 1, "b1": 2, "W2": 3, "b2": 4}, {"loss": "x"},
    np.zeros(0), np.zeros((0, 3)), np.ones(3), np.ones((3, 3)), np.ones((2, 3, 4)), np.array(5), np.array(5.0),
    np.array("text"), np.array([1, "a"], object), np.array([[1.0], [np.nan]]), np.full((3, 3), np.inf),
    np.zeros(3, bool), np.zeros((4, 3), np.int8), np.zeros((4, 3), np.float32), np.ones(3, np.longdouble),
    np.ones((3, 3), complex), np.float32(1), np.int64(3), np.bool_(True), np.datetime64("2020-01-01"),
    np.ones(10**5), list(range(1000)), ["a"] * 50, [np.ones(2), np.ones(3)], (np.ones(2), "x"), (np.ones((2,
    2)), {"a": 1}), [{}], ({},), ({}, {}), {"a": {"b": {"c": 1}}}, deep(20), deep(200), Odd(), (Odd(), Odd()),
    object, len, lambda: 1, (x for x in range(3)), range(3), slice(None), NotImplemented, Exception("x"), {3: 1,
    8: 1}, (1.0, {"W1": np.ones(2)}), (float("nan"), {"W1": None}), [1.0, "x", None],
]


def look(exercise, answer, edge=True):
    report = examine(exercise, answer, (SHOWN_SEED,), edge=edge, graded=edge)
    assert str(report)
    assert report.html()
    assert report.verdict.score <= exercise.points
    return report


@pytest.fixture(autouse=True)
def a_short_search(monkeypatch):
    """What is looked for is an exception, not the cause."""
    monkeypatch.setattr("course.checks.diagnosis.SECONDS", 0.01)
    monkeypatch.setattr("course.checks.diagnosis.SECONDS_GRADED", 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_an_odd_result_is_told(exercise):
    for k, odd in enumerate(ODD):
        edge = exercise.name not in LONG and k % 12 == 0      # what is graded is asked more, and takes long
        look(exercise, lambda *args, odd=odd: odd, edge)
        if len(exercise.results) > 1:
            look(exercise, lambda *args, odd=odd: (odd,) * len(exercise.results), edge)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", [e for e in EXERCISES if not e.signature.startswith("class ") and e.alternatives],
                         ids=lambda e: e.name)
@pytest.mark.parametrize("first", [1, 3])
def test_an_answer_that_turns_odd_after_a_few_calls_is_told(exercise, first):
    right = exercise.alternatives[0].function
    edge = exercise.name not in LONG

    def raising(*args):
        raise KeyError("gone")

    for odd in [*ODD[::13], raising]:
        calls = itertools.count()

        def answer(*args, odd=odd, calls=calls):
            if next(calls) < first:
                return right(*args)
            return odd(*args) if odd is raising else odd
        look(exercise, answer, edge)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", [e for e in EXERCISES if not e.signature.startswith("class ") and e.alternatives],
                         ids=lambda e: e.name)
def test_a_result_that_is_bent_out_of_shape_is_told(exercise):
    """What a right answer returns, with a part of it replaced by something odd."""
    right = exercise.alternatives[0].function
    edge = exercise.name not in LONG

    def bent(value, odd):
        if isinstance(value, tuple | list) and value:
            return type(value)([*value[:-1], bent(value[-1], odd)])
        if isinstance(value, dict) and value:
            return {**value, list(value)[-1]: odd}
        return odd

    for odd in ODD[::11]:
        look(exercise, lambda *args, odd=odd: bent(right(*args), odd), edge)


def deeply(value, change):
    if isinstance(value, list | tuple | dict):
        inner = [deeply(part, change) for part in (value.values() if isinstance(value, dict) else value)]
        return dict(zip(value, inner, strict=True)) if isinstance(value, dict) else type(value)(inner)
    return change(value)


def dicts(value, change):
    if isinstance(value, list | tuple):
        return type(value)(dicts(part, change) if isinstance(part, list | tuple | dict) else part for part in value)
    return change(value) if isinstance(value, dict) else [value]


OTHER_FORMS = {
    "lists for dicts": lambda value: dicts(value, lambda d: list(d.values())),
    "a flat list": lambda value: [part for one in (value if isinstance(value, list | tuple) else [value])
                                  for part in (one.values() if isinstance(one, dict) else [one])],
    "other keys": lambda value: dicts(value, lambda d: {f"d{key}": part for key, part in d.items()}),
    "other shapes": lambda value: deeply(value, lambda part: np.ones(5)),
    "nan": lambda value: deeply(value, lambda part: part * np.nan if isinstance(part, float | np.ndarray) else part),
    "a generator": lambda value: (part for part in [value]),
    "an object": lambda value: object(),
}


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if not e.signature.startswith("class ")],
                         ids=lambda e: e.name)
def test_another_form_is_no_state_left_over(exercise):
    """Nor is it an exception, whichever call it comes at: the answer raised none."""
    asked_again = any(check.test for check in exercise.checks)
    right = (lambda params, *args: params) if exercise.name == "train" else exercise.alternatives[0].function
    names = right.__globals__       # in which the drivers look for a Value
    for change in [*OTHER_FORMS.values()][0 if asked_again else -1:]:
        for odd in (0, 1)[:1 + asked_again]:        # every second call goes wrong
            names |= {"right": right, "bent": change, "calls": itertools.count()}
            exec("def other(*args):\n    result = right(*args)\n"
                 f"    return result if next(calls) % 2 != {odd} else bent(result)", names)
            report = look(exercise, names["other"], exercise.name in ("train", "predict_grads"))
            found = report.diagnosis
            if report.run.passed:       # a list of the results is right
                continue
            codes = {found.code, *(problem.code for _, problem, _ in report.run.verdicts if problem)}
            assert not codes & {"E08", "E09", "T04"}, found
            assert "stopped" not in found.title and (found.code, exercise.name) != ("X31", "check_all"), found
            assert found.code != "W00" or change is OTHER_FORMS["other keys"], found


def test_a_diagnosis_of_large_numbers_does_not_warn(recwarn):
    """A submission that warns loses its points in nbgrader."""
    for name in ("squared_sum_backward", "tanh_backward", "mul_backward"):
        exercise = find(name)
        for huge in (1e308, np.full(3, 1e308), np.full(3, np.inf)):
            result = huge if len(exercise.results) == 1 else (huge,) * len(exercise.results)
            look(exercise, lambda *args, result=result: result, edge=False)
    assert not [str(warning.message) for warning in recwarn]


def test_no_traceback_of_the_course_itself_from_what_was_seen():
    def in_the_loop(graph, inputs):
        u, given = [], iter(inputs)
        for entry in graph:
            u.append(next(given) if entry is None else entry[0](*[u[p] for p in entry[2]]))
            return u

    look(find("evaluate_graph"), in_the_loop)
    look(find("sum_over_paths"), lambda graph, u, j: np.array(u))
    look(find("best_every"), lambda n: {3: 1, 8: 1}[n])
    look(find("compare"), lambda name, mine, theirs: (np.ones(3), True, True, 0.0))
    look(find("gradient_check"), lambda f, x, dout, analytic: exercise_with_arguments_exchanged(f, dout, x, analytic))


def exercise_with_arguments_exchanged(f, x, dout, analytic):
    return find("gradient_check").alternatives[0].function(f, x, dout, analytic)
