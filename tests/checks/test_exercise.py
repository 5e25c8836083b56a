"""How an exercise gets its forms: code that stands in its declaration, and runs as it would in a notebook."""

# ruff: noqa: F811
import inspect
import types

import numpy as np
import pytest

from course.checks.examining import examine
from course.checks.exercise import Check, Exercise

HERE = "a name of this module"


def halving(**more):
    """An exercise without forms."""
    return Exercise("halve(x, by=2.0)", "y", 1, lambda x, by=2.0: x / by,
                    checks=(Check("numbers", 1, lambda d: [(3.0,), (d.number(), 4.0)]),), **more)


def wrong(**changed):
    return {"code": "X1", "title": "not halved", "says": "It is as it was.", "ask": "What is half of 3?", **changed}


HALVE = halving(given="unit = 1.0")


@HALVE.mistake(code="X1", title="not halved",
               says="It is as "
                    "it was.")
def halve(x, by=2.0):

    def same(t):        # "def halve(" stands at the margin below
        return t

    # a comment
    return same(
        x
    )


@HALVE.mistake(**wrong(code="X2", title="doubled"))
def halve(x, by=2.0):
    return 2 * x if x < 1e3 else halve(x / 2)
# the end


@HALVE.mistake(**wrong(code="X3", title="a name of this module"))
def halve(x, by=2.0): return HERE


HALVE.mistake(code="X4", title="halved twice", says="It is a quarter.", body="""
    y = x / by
    return y / by
""")
HALVE.mistake(code="X5", title="the unit", says="It is 1.", source="halve = lambda x, by=2.0: unit + 0 * np.sum(x)")


@HALVE.alternative(title="an object")
class Half:
    def __call__(self, x, by=2.0):
        return x / by


# ------------------------------------------------------------------------------------ what a form is

def test_a_forms_source_is_its_definition_as_a_learner_would_write_it():
    first, second, third, fourth, fifth = (form.source for form in HALVE.mistakes)
    assert first == """\
def halve(x, by=2.0):

    def same(t):        # "def halve(" stands at the margin below
        return t

    # a comment
    return same(
        x
    )
"""
    assert second.endswith("    return 2 * x if x < 1e3 else halve(x / 2)\n")
    assert third == "def halve(x, by=2.0): return HERE\n"
    assert fourth == "def halve(x, by=2.0):\n    y = x / by\n    return y / by\n"
    assert fifth == "halve = lambda x, by=2.0: unit + 0 * np.sum(x)\n"
    assert HALVE.alternatives[0].source == (
        "class Half:\n    def __call__(self, x, by=2.0):\n        return x / by\n\n\nhalve = Half()\n")


def test_a_form_inside_a_function_stands_at_the_margin():
    exercise = halving()
    if exercise:
        @exercise.mistake(**wrong())
        def halve(x, by=2.0):
            if x:
                return by
            return x
        after = exercise
    assert after.mistakes[0].source == "def halve(x, by=2.0):\n    if x:\n        return by\n    return x\n"


def test_forms_keep_their_order_and_their_words():
    assert [(form.code, form.title, form.says, form.ask) for form in HALVE.mistakes] == [
        ("X1", "not halved", "It is as it was.", ""), ("X2", "doubled", "It is as it was.", "What is half of 3?"),
        ("X3", "a name of this module", "It is as it was.", "What is half of 3?"),
        ("X4", "halved twice", "It is a quarter.", ""), ("X5", "the unit", "It is 1.", "")]
    assert {form.name for form in (*HALVE.mistakes, *HALVE.alternatives)} == {"halve"}


def test_a_form_knows_what_a_notebook_gives_and_calls_itself_by_its_name():
    same, doubled, _, twice, unit = (form.function for form in HALVE.mistakes)
    assert same(3.0) == 3.0
    assert doubled(3e3) == 1500.0       # its own halve, not the last one of this module
    assert twice(3.0) == 0.75
    assert unit(3.0) == 1.0
    assert HALVE.alternatives[0].function(3.0) == 1.5
    assert same.__globals__["np"] is np
    assert HALVE.mistakes[0].function is same


def test_a_form_does_not_know_the_names_of_the_module_that_declares_it():
    with pytest.raises(NameError, match="HERE"):
        HALVE.mistakes[2].function(3.0)


def test_a_form_is_named_when_an_answer_does_the_same():
    assert examine(HALVE, lambda x, by=2.0: x, (0,), edge=True).diagnosis.code == "X1"
    assert examine(HALVE, lambda x, by=2.0: x / by / by, (0,), edge=True).diagnosis.code == "X4"


def test_what_is_given_may_be_a_module(tmp_path, monkeypatch):
    (tmp_path / "given_here.py").write_text("unit = 7.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    exercise = halving(given=__import__("given_here"))
    assert exercise.given == "unit = 7.0\n"
    exercise.mistake(**wrong(), body="return unit")
    assert exercise.mistakes[0].function(3.0) == 7.0


def test_the_definition_stays_what_it_was():
    assert isinstance(halve, types.FunctionType)
    assert Half()(3.0) == 1.5


def test_a_form_is_read_when_it_is_declared(tmp_path, monkeypatch):
    """A newer course may be unpacked over the one that is in use."""
    file = tmp_path / "declared_here.py"
    text = ("from course.checks.exercise import Exercise\nE = Exercise('f(x)', 'y', 0, None, ())\n\n\n"
            "@E.alternative(title='it')\ndef f(x):\n    return x\n")
    file.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    exercise = __import__("declared_here").E
    file.write_text("# a longer file\n" * 20 + text, encoding="utf-8")
    assert exercise.alternatives[0].function(3.0) == 3.0
    names = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)       # read anew, it is as it is now
    assert names["E"].alternatives[0].source == "def f(x):\n    return x\n"


# ------------------------------------------------------------------------------------ what is refused

def refusal(declare):
    """What is said of a declaration; that it names this file and the line of its `declare.` is checked here."""
    exercise = halving()
    with pytest.raises(ValueError) as caught:
        declare(exercise)
    lines, start = inspect.getsourcelines(declare)
    wanted = start + max(k for k, line in enumerate(lines) if "exercise." in line)
    place, says = str(caught.value).split(": ", 1)
    assert place == f"{__file__}:{wanted}"
    return says


def test_another_name_is_refused():
    def declare(exercise):
        @exercise.mistake(**wrong())
        def half(x, by=2.0):
            return x
    assert refusal(declare) == \
        "this begins with `def half(x, by=2.0):`; the exercise begins with `def halve(x, by=2.0):`"


def test_another_signature_is_refused():
    def declare(exercise):
        @exercise.alternative(title="it")
        def halve(x, by=3.0):
            return x
    assert "this begins with `def halve(x, by=3.0):`" in refusal(declare)


def test_a_class_of_another_name_is_refused():
    exercise = Exercise("class Half", "y", 0, None, (), driver="def drive(answer, x): pass")
    with pytest.raises(ValueError, match="this begins with `class Third:`; the exercise begins with `class Half:`"):
        @exercise.mistake(**wrong())
        class Third:
            pass


@pytest.mark.parametrize("part", ["code", "title", "says"])
def test_a_mistake_without_words_is_refused(part):
    def declare(exercise):
        exercise.mistake(**wrong(**{part: ""}), body="return x")
    assert refusal(declare) == f"a mistake of halve has no {part}"


def test_an_alternative_without_a_title_is_refused():
    def declare(exercise):
        exercise.alternative(title="", body="return x")
    assert refusal(declare) == "an alternative of halve has no title"


def test_a_title_that_is_taken_is_refused():
    def twice(exercise):
        exercise.alternative(title="it", body="return x")
        exercise.alternative(title="it", body="return x")
    assert refusal(twice) == "halve has an alternative 'it' already"

    def another_code(exercise):
        exercise.mistake(**wrong(), body="return x")
        exercise.mistake(**wrong(), body="return 1 * x")        # the same mistake in another form
        exercise.mistake(**wrong(code="X2"), body="return x")
    assert refusal(another_code) == "halve has a mistake 'not halved' already, X1"


def test_a_decorator_without_its_definition_is_told_when_the_form_is_asked():
    exercise = halving()
    exercise.mistake(**wrong())         # the @ is missing

    def halve(x, by=2.0):
        return x

    line = inspect.currentframe().f_lineno - 5
    with pytest.raises(ValueError, match=rf"test_exercise.py:{line}: nothing is decorated here"):
        exercise.mistakes[0].function(3.0)


def test_a_definition_without_a_file_is_refused():
    text = "@exercise.alternative(title='it')\ndef halve(x, by=2.0): return x / by"
    with pytest.raises(ValueError, match="nowhere:1: the text of a definition is not to be found here"):
        exec(compile(text, "nowhere", "exec"), {"exercise": halving()})


def test_points_are_shared_out_in_full():
    with pytest.raises(ValueError, match="halve: the checks' points add up to 1, not 2"):
        Exercise("halve(x)", "y", 2, None, (Check("numbers", 1),))
    with pytest.raises(ValueError, match="halve: a check's points must be a multiple of 1/8"):
        Exercise("halve(x)", "y", 0.3, None, (Check("numbers", 0.3),))
