"""A prediction cell waits for a number, tells right from wrong, and tells the wrong ones apart."""

import re

import pytest

from course import predict
from course.declarations.questions import QUESTIONS
from course.learning.predicting import told
from course.places import ROOT


@pytest.mark.parametrize(("guess", "words"), [
    (..., "Your turn"), (None, "Your turn"), ("eight", "type a number"), (-20, "✓ Yes, it is -20."),
    (-20.1, "✓"), (20, "the sign is not"), (3, "Even the sign is another"), (-4, "You said -4; it is -20.")])
def test_what_a_guess_is_told(capsys, guess, words):
    predict(guess, lambda: 2 * (3 * -4 + max(2, -1)))
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(("guess", "words"), [
    (0.7311, "✓ Yes"), (0.73, "✓ Yes"), (0.7, "✓ Rounded, yes: it is 0.7311."), (73, "the decimal point is not"),
    (7.311, "the decimal point is not"), (0.0731, "the decimal point is not"), (-0.73, "the sign is not"),
    (0.75, "Near"), (0.68, "Near"), (1, "That is the sum."), (0.2689, "the sigmoid of −1"), (-3, "Even the sign"),
    (0.9, "Find the step"), (float("nan"), "Find the step"), (float("inf"), "Find the step"), (0, "Find the step")])
def test_each_kind_of_wrong_guess_has_its_sentence(guess, words):
    assert words in told(guess, QUESTIONS["the neuron's output"])


def test_zero_is_no_sign_mistake(capsys):
    predict(0.0, 0)
    assert "✓" in capsys.readouterr().out
    predict(2.0, 0)
    assert "You said 2; it is 0." in capsys.readouterr().out


@pytest.mark.parametrize("name", QUESTIONS)
def test_known_mistakes_are_told_by_their_own_sentences_and_are_wrong(name):
    question = QUESTIONS[name]
    assert "✓ Yes" in told(question.truth(), question)
    for value, sentence in question.known:
        assert sentence in told(value(), question), sentence


def test_a_name_that_is_no_question_is_told_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'what w receives'"):
        predict(1, "what w recieves")


@pytest.mark.parametrize("lesson", sorted((ROOT / "course" / "lessons").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_cell_holds_its_own_answer(lesson):
    asked = re.findall(r"predict\(guess, ([^\n]*?)\)[\\n\"]", lesson.read_text("utf-8"))
    assert asked
    for what in asked:
        assert what.replace('\\"', '"').strip('"') in QUESTIONS
