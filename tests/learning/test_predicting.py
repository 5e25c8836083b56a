"""A prediction cell waits for a number, tells right from wrong, and tells the wrong ones apart."""

import ast
import json
from itertools import pairwise

import pytest

from course import fold, predict
from course.declarations.questions import QUESTIONS
from course.figures.exported import opened
from course.learning import predicting
from course.learning.predicting import slug, told
from course.places import ROOT
from tests.notebooks import waiting
from tests.notebooks.test_prose import numbers_in


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


LESSONS = sorted((ROOT / "course" / "lessons").glob("*.ipynb"))


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def cells(request):
    return json.loads(request.param.read_text("utf-8"))["cells"]


def test_no_cell_holds_its_own_answer_nor_does_what_asks(cells):
    questions = waiting.asked(cells)
    assert questions
    assert len(questions) == sum("predict(" in "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for place, name in questions:
        question = "".join(cells[place - 1]["source"])
        assert cells[place - 1]["cell_type"] == "markdown"
        for text in (question, "".join(cells[place]["source"])):
            given = waiting.GIVEN.sub(" ", text.replace("−", "-"))
            assert not [number for number in waiting.numbers(given) if waiting.says(number, QUESTIONS[name].truth())]


def test_what_waits_waits_for_a_question_above_it(cells):
    places = {slug(name): place for place, name in waiting.asked(cells)}
    for place, cell in enumerate(cells):
        for name in waiting.waits(cell):
            assert places[name] < place


def test_the_numbers_of_a_graph_are_folded_below_it(cells):
    names, found = {}, 0
    for cell, below in pairwise(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            continue
        tree = ast.parse(source)
        given = [line for line in tree.body if isinstance(line, ast.Import | ast.ImportFrom | ast.FunctionDef)
                 or (isinstance(line, ast.Assign) and isinstance(line.value, ast.List))]
        exec(compile(ast.Module(given, []), "<lesson>", "exec"), names)
        last = tree.body[-1]
        if not ast.unparse(last).startswith("graph("):
            continue
        found += 1
        told = set(numbers_in(str(eval(compile(ast.Expression(last.value), "<lesson>", "eval"), names))))
        (prose,) = waiting.shown(below) if below["cell_type"] == "markdown" else [""]
        assert not set(numbers_in(prose)) & told - set(numbers_in(source)), prose
    assert found


def test_where_nobody_can_guess_nothing_is_locked(monkeypatch):
    shown = []
    monkeypatch.setattr(predicting, "show", lambda text, html: shown.append(html))
    fold("By code", after="what w receives")
    predict(..., "what w receives")
    assert "<details open" in opened(shown[0])
    for rule in shown[1].partition("<style>")[2].partition("</style>")[0].split("}"):
        selectors = rule.partition("{")[0].split(",\n") if ".bp-after" in rule else []
        assert all(selector.strip().startswith(".jp-NotebookPanel ") for selector in selectors)


def test_a_fold_names_its_question(capsys):
    fold("By code", after="what w receives")
    assert capsys.readouterr().out == "By code\n"
    with pytest.raises(ValueError, match="did you mean 'what w receives'"):
        fold("By code", after="what w recieves")
