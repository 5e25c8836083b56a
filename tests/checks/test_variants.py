"""Variants: the same numbers for the same id everywhere, and all that an exercise has made with them."""

from course.checks.examining import examine
from course.checks.exercise import Check, Exercise, Variant, gradient_of
from course.checks.variants import EXAMPLE, Numbers, normal
from course.declarations.choosing import worth

CUBIC = Exercise(
    "cubic_backward(dout, x)", "dx", points=2, upstream="dout",
    variant=Variant(lambda d: {"a": d.whole(), "b": d.tenths()},
                    lambda a, b: gradient_of(lambda x: a * x ** 3 + b * x)),
    checks=(Check("numbers", 2, lambda d: [d.numbers(2) for _ in range(3)]),))
CUBIC.mistake(code="Z1", title="lost", says="The second term is lost.", body="return dout * 3 * a * x ** 2")
CUBIC.alternative(title="by names", body="return dout * (3 * a * x * x + b)")

AREA = Exercise("area()", "f", points=1, checks=(Check("value", 1, lambda d: [()]),),
                variant=Variant(lambda d: {"side": d.whole(3, 99)}, lambda side: lambda: side ** 2))


def graded(exercise, f):
    return examine(exercise, f, (0, 1), edge=True, graded=True)


def test_an_id_has_its_numbers_for_good():
    """What a learner has seen must not change with a version of this course, or of anything else."""
    d = Numbers("ada", "cubic_backward")
    assert [d.whole(), d.tenths(), d.whole(10, 99), d.one_of("xyz")] == [6, 1.8, 88, "z"]
    drawn = [Numbers(f"s{k}", "e") for k in range(300)]
    assert {d.whole(3, 9) for d in drawn} == set(range(3, 10))
    tenths = {d.tenths(0.8, 2.1) for d in drawn}
    assert tenths == {0.8, 0.9, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.1}
    assert normal(" ADA@example.org ") == normal("ada") != normal("ada2")


def test_a_variant_is_the_exercise_with_other_numbers():
    others = {learner: CUBIC.of(learner) for learner in ("ada", "ben", "cara", "dan")}
    assert len({tuple(other.numbers.values()) for other in others.values()}) >= 3
    for exercise in (CUBIC, *others.values(), worth(CUBIC, 5).of("ada")):
        assert graded(exercise, exercise.alternatives[0].function).run.score == exercise.points
        report = graded(exercise, exercise.mistakes[0].function)
        assert (report.run.score, report.diagnosis.code) == (0, "Z1")
        a, b = exercise.numbers.values()
        assert graded(exercise, lambda dout, x, a=a, b=b: dout * (3 * a * x ** 2 + b)).run.score == exercise.points
        assert graded(exercise, lambda dout, x, a=a + 1, b=b: dout * (3 * a * x ** 2 + b)).run.score == 0
    assert CUBIC.of(EXAMPLE) is CUBIC and CUBIC.of("ada") is CUBIC.of("ada")


def test_an_answer_may_be_a_number_alone():
    side = AREA.of("ada").numbers["side"]
    assert graded(AREA.of("ada"), lambda: side ** 2).run.score == 1
    assert graded(AREA.of("ben"), lambda: side ** 2).run.score == 0
