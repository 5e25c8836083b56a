"""course.toml: what it changes, and that whatever can't be meant is told in a sentence."""

import pytest

from course.checks.examining import examine
from course.declarations import choosing, declared, registry

NAME = "02_gate_patterns"


@pytest.fixture
def chosen(tmp_path, monkeypatch):
    """What a file of this text makes of the exercises of 02."""
    def chosen(text):
        (tmp_path / "course.toml").write_text(text, "utf-8")
        monkeypatch.setattr(choosing, "CHOICE", tmp_path / "course.toml")
        caches = choosing.choice, registry.exercises
        for cached in caches:
            cached.cache_clear()
        try:
            registry.check_choice()
            return registry.exercises(NAME)
        finally:
            for cached in caches:
                cached.cache_clear()
    return chosen


def test_what_is_not_named_stays_as_it_is(chosen):
    found = chosen(f"[{NAME}]\npoints = {{mul_backward = 3.5}}\nleave_out = ['witnesses']\ntotal = 20.5\n")
    assert list(found) == [name for name in declared(NAME) if name != "witnesses"]
    assert all(found[name] is declared(NAME)[name] for name in found if name != "mul_backward")
    assert list(chosen(f"[{NAME}]\nexercises = ['mul_backward', 'add_backward']")) == ["add_backward", "mul_backward"]


@pytest.mark.parametrize("points", [0, 0.375, 1, 1.125, 3, 7.25, 100])
@pytest.mark.parametrize("name", ["mul_backward", "max_backward", "witnesses"])
def test_checks_keep_their_shares(name, points):
    before = declared(NAME)[name]
    if points and points * 8 < len(before.checks):
        with pytest.raises(choosing.ChoiceError, match="checks gives 1/8 at least"):
            choosing.worth(before, points)
        return
    after = choosing.worth(before, points)
    shares = [check.points for check in after.checks]
    assert sum(shares) == after.points == points
    assert all(share * 8 % 1 == 0 and (share > 0) == (points > 0) for share in shares)
    if points >= 1:
        assert all(abs(share - check.points * points / before.points) <= 0.25
                   for share, check in zip(shares, before.checks, strict=True))
    assert after.mistakes is before.mistakes and after.right_forms()
    report = examine(after, after.alternatives[0].function, (0, 1), edge=True, graded=True)
    assert report.run.score == points


def test_an_exercise_without_points_can_be_given_some():
    practice = declared("00_start_here")["double_backward"]
    assert [check.points for check in choosing.worth(practice, 2).checks] == [1.0, 1.0]


@pytest.mark.parametrize(("text", "told"), [
    ("[02_gate_pattern]", "no assignment '02_gate_pattern'; did you mean '02_gate_patterns'?"),
    ("02_gate_patterns = 3", "is to be a table"),
    (f"[{NAME}]\npoint = {{}}", "'point'; did you mean 'points'?"),
    (f"[{NAME}]\npoints = {{mul_backwards = 2}}", "no exercise 'mul_backwards'; did you mean 'mul_backward'?"),
    (f"[{NAME}]\npoints = 3", "`points` is to be a table"),
    (f"[{NAME}]\npoints = {{mul_backward = 0.3}}", "can't be worth 0.3: points are a number from 0 on"),
    (f"[{NAME}]\npoints = {{mul_backward = -1}}", "can't be worth -1"),
    (f"[{NAME}]\npoints = {{mul_backward = nan}}", "can't be worth nan"),
    (f"[{NAME}]\npoints = {{mul_backward = true}}", "can't be worth True"),
    (f"[{NAME}]\npoints = {{mul_backward = '2'}}", "can't be worth '2'"),
    (f"[{NAME}]\npoints = {{mul_backward = 0.25}}", "each of its 3 checks gives 1/8 at least"),
    (f"[{NAME}]\nexercises = []", "no exercise is left"),
    (f"[{NAME}]\nexercises = 'mul_backward'", "is to be a list of names"),
    (f"[{NAME}]\nexercises = ['x']\nleave_out = ['y']", "keep one of them"),
    (f"[{NAME}]\nleave_out = ['mul_backward']\npoints = {{mul_backward = 2}}", "has points and is left out"),
    (f"[{NAME}]\ntotal = 20", "the points add up to 22, and `total` says 20: add_backward 1, "),
    ("[02_gate_patterns", "course.toml can't be read: "),
])
def test_what_can_not_be_meant_is_a_sentence(chosen, text, told):
    with pytest.raises(choosing.ChoiceError) as error:
        chosen(text)
    assert told in str(error.value) and "course.toml" in str(error.value)
