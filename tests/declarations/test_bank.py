"""Every wrong form loses points and is named; every right answer, in whatever form, keeps them all."""

import re

import numpy as np
import pytest

from course.authoring import mistakes
from course.authoring.sourcetext import read_source
from course.checks.diagnosis import UNWRITTEN
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import ASSIGNMENTS, assignments, exercises
from course.places import ROOT

EXERCISES = [exercise for assignment in assignments() for exercise in exercises(assignment).values()]
# what only the course's own must have: three right forms, six wrong ones, a page that tells of them
OURS = {exercise.name for assignment in ASSIGNMENTS for exercise in exercises(assignment).values()}
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]
RIGHT = [(exercise, form) for exercise in EXERCISES for form in exercise.alternatives]
SEEDS = (SHOWN_SEED, 20260101)
MESSAGES = (ROOT / "docs/messages.md").read_text(encoding="utf-8")


# Mistakes of what an exercise is about: right elsewhere, such an answer is wrong in essence
ESSENTIAL = {*((name, code) for name in ("grad_table", "backward", "grad_graph", "forward_mode", "topological_order")
               for code in ("E02", "E03")), ("grad_graph", "E60"), ("take_rows_backward", "S01"),
             ("take_rows_backward", "B08"), *(("init_params", f"N{k}") for k in (22, 24, 25, 26, 27, 28)),
             *((name, code) for name in ("gradient_check", "check_all") for code in ("C13", "C14", "C15")),
             *(("check_all", code) for code in ("C10", "C12", "N32", "N34")), ("checkpointed_grad", "B36")}


def named(pairs):
    return [pytest.param(*pair, id=f"{pair[0].name}-{getattr(pair[1], 'code', '')}-{pair[1].title}") for pair in pairs]


@pytest.mark.quick
@pytest.mark.parametrize(("exercise", "mistake"), named(MISTAKES))
def test_a_wrong_form_loses_points_and_is_named(exercise, mistake):
    report = examine(exercise, mistake.function, mistakes.SEEDS, edge=True)
    assert not report.run.passed
    assert report.run.score < exercise.points or exercise.points == 0
    assert report.run.score <= exercise.points / 2 or (exercise.name, mistake.code) not in ESSENTIAL
    assert report.diagnosis.code == mistake.code, str(report)
    assert mistake.says in str(report)
    assert exercise.name not in OURS or mistakes.entry(mistake, report) in MESSAGES, \
        "run `backprop mistakes --messages > docs/messages.md`"


@pytest.mark.quick
@pytest.mark.parametrize(("exercise", "mistake"), named(MISTAKES))
def test_a_wrong_form_is_never_named_something_else_by_check(exercise, mistake):
    """`check` leaves out edge cases, so it may let a form pass; but it must not call it by another's name."""
    report = examine(exercise, mistake.function, (SHOWN_SEED,), edge=False)
    assert report.run.passed or report.diagnosis.code == mistake.code, str(report)


@pytest.mark.parametrize(("exercise", "form"), named(RIGHT))
@pytest.mark.parametrize("seeds", [pytest.param((SHOWN_SEED, 1), marks=pytest.mark.quick), (2,), (3,)], ids=str)
def test_a_right_answer_in_another_form_keeps_its_points(exercise, form, seeds):
    report = examine(exercise, form.function, seeds, edge=True, graded=True)
    assert report.run.passed, str(report)
    assert report.run.score == exercise.points
    assert type(report.run.score) is float


@pytest.mark.quick
@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.name in OURS], ids=lambda e: e.name)
def test_a_declaration_is_whole(exercise):
    assert len(exercise.hints) == 3
    assert 1 <= exercise.difficulty <= 5
    assert exercise.minutes > 0
    assert exercise.read
    assert len(exercise.alternatives) >= 3
    assert len(exercise.mistakes) >= 6
    assert all(mistake.says and mistake.code for mistake in exercise.mistakes)


@pytest.mark.quick
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_hints_and_messages_hold_no_solution(exercise):
    """No hint and no message quotes a line of a right answer."""
    lines = {line.strip().removeprefix("return ").strip() for form in exercise.alternatives
             for line in form.source.splitlines() if len(line.strip().removeprefix("return ")) > 12}
    for text in (*exercise.hints, *(mistake.says + mistake.ask for mistake in exercise.mistakes)):
        assert not any(line in text for line in lines), text


def released(exercise):
    """What the released notebook defines before anything has been written."""
    assignment = next(name for name in assignments() if exercise.name in exercises(name))
    source = read_source(ROOT / f"course/sources/assignments/{assignment}.py", ROOT)
    answer = next(cell for cell in source.cells if cell.role == "answer" and cell.name == exercise.name)
    names = {"np": np}
    exec(exercise.given, names)
    exec(re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "raise NotImplementedError", answer.text, flags=re.S), names)
    return names[exercise.name]


@pytest.mark.quick
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_stub_is_calmly_not_written_yet(exercise):
    def stub(*args):
        raise NotImplementedError

    stubs = [released(exercise)] if exercise.signature.startswith("class ") else \
        [stub, lambda *args: None, lambda *args: ...]
    for answer in stubs:
        report = examine(exercise, answer, SEEDS, edge=True, graded=True)
        assert report.diagnosis.title == UNWRITTEN
        assert report.run.score == 0.0
        assert "✗" not in str(report)


@pytest.mark.quick
@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.upstream], ids=lambda e: e.name)
def test_upstream_gradients_are_strong(exercise):
    """Random upstream gradients: arrays are never uniform, and numbers differ from case to case."""
    at = exercise.parameters.index(exercise.upstream)
    run = examine(exercise, lambda *args: 0.0, SEEDS, edge=True).run
    upstream = [asked.args[at] for asked in run.asked if len(asked.args) > at]
    arrays = [dout for dout in upstream if isinstance(dout, np.ndarray) and dout.size > 1]
    assert all(np.ptp(dout) > 0 for dout in arrays)
    numbers = [dout for dout in upstream if isinstance(dout, float)]
    assert not numbers or len(set(numbers)) >= 3
    assert sum(dout not in (0.0, 1.0, -1.0) for dout in numbers) >= min(3, len(numbers))
