"""Assignment 05: its worked examples by number, the recorded values against PyTorch itself, and its class live."""

import ast
import inspect
import json
import math
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from course.authoring.sourcetext import read_source
from course.checks.calling import call
from course.checks.comparing import compare
from course.checks.draws import Draw
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises, torch_runs
from course.declarations.pytorch_comparison import by_engine, by_hand, given, own_node
from course.places import ROOT

EXERCISES = exercises("05_pytorch_comparison")
SOURCE = read_source(ROOT / "course/sources/assignments/05_pytorch_comparison.py", ROOT)
SETUPS = [cell.text for cell in SOURCE.cells if cell.role == "setup"]


@pytest.fixture(scope="module")
def torch():
    import torch
    return torch


@pytest.fixture
def without_torch(monkeypatch):
    """Whatever other tests have imported: here torch is not loaded, and can't be."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "torch.autograd", None)


def defined(base=()):
    """What the notebook's code cells define: the answers of the solution, by name."""
    names = dict(base)
    for cell in SOURCE.cells:
        if cell.kind == "code":
            exec(cell.text, names)
    return names


@pytest.fixture
def solutions(without_torch):
    return defined()


def prose(name):
    return next(cell.text for cell in SOURCE.cells if cell.role == "exercise" and cell.name == name)


def test_points():
    assert len(EXERCISES) == 6
    assert sum(exercise.points for exercise in EXERCISES.values()) == 12


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_earns_all_points_without_torch(name, solutions):
    report = examine(EXERCISES[name], solutions[name], (SHOWN_SEED, 7), edge=True, graded=True)
    assert report.run.passed, str(report)
    assert report.run.score == EXERCISES[name].points


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_earns_all_points_with_torch(name, torch):
    answers = defined()
    assert issubclass(answers["SigmoidFn"], torch.autograd.Function)
    report = examine(EXERCISES[name], answers[name], (SHOWN_SEED, 7), edge=True, graded=True)
    assert report.run.passed, str(report)
    assert report.run.score == EXERCISES[name].points


# ------------------------------------------------------------------------------------ worked examples

def s(x):
    return 1 / (1 + math.exp(-x))


WORKED = [
    ("r144_backward", (-2.0, 5.0, -4.0), (144.0, 96.0, 96.0, -72.0)),
    ("compare", ("dx", -4.0, -4.0), ("dx", True, True, 0.0)),
    ("compare", ("dx", np.float32([0.1]), np.array([0.1])), ("dx", False, True, float(np.float32(0.1)) - 0.1)),
    ("compare", ("dx", np.zeros((2, 1)), np.zeros(2)), ("dx", False, False, math.inf)),
    ("engine_grads", ("xyz", -2.0, 5.0, -4.0), (-4.0, -4.0, 3.0)),
    ("engine_grads", ("squared_sum", -2.0, 5.0), (6.0, 6.0)),
    ("engine_grads", ("purchase", 100.0, 2.0, 1.1), (2.2, 110.0, 200.0)),
    ("engine_grads", ("gates", 3.0, -4.0, 2.0, -1.0), (-8.0, 6.0, 2.0, 0.0)),
    ("vector_backward", ("square", np.array([3.0, 0.5]), np.array([2.0, -1.0])), np.array([12.0, -1.0])),
    ("vector_backward", ("cumsum", np.array([3.0, 0.5, 4.0]), np.array([2.0, -1.0, 0.5])), np.array([1.5, -0.5, 0.5])),
    ("vector_backward", ("matvec", np.ones(3), np.array([0.0, 1.0, 0.0, 2.0])), np.array([-2.0, 4.0, 3.0])),
    ("vector_backward", ("softmax", np.array([0.3, 1.2, -2.0]), np.ones(3)), np.zeros(3)),
]


@pytest.mark.parametrize(("name", "args", "result"), WORKED)
def test_worked_examples(name, args, result, solutions):
    exercise = EXERCISES[name]
    assert compare(exercise.oracle(*args), result, exercise.results) is None
    assert compare(solutions[name](*args), result, exercise.results) is None


def test_the_neuron_of_the_course(solutions):
    grads = solutions["engine_grads"]("neuron", 2.0, -3.0, -3.0, -1.0, -2.0)
    assert np.round(grads, 4).tolist() == [-0.1966, -0.3932, 0.1966, 0.3932, -0.5898]


def test_the_sigmoid_of_the_course(solutions):
    out, dx, saved = call(solutions["SigmoidFn"], (1.0, 1.0), EXERCISES["SigmoidFn"].driver).result
    assert (round(out, 4), round(dx, 4), saved) == (0.7311, 0.1966, [out])
    assert dx == pytest.approx(s(1) * (1 - s(1)))
    assert "0.7311" in prose("SigmoidFn")
    assert "0.1966" in prose("SigmoidFn")


def test_what_the_notebook_gives_is_what_the_forms_are_given():
    text = "\n".join(SETUPS)
    source = inspect.getsource(given)
    for node in ast.parse(source).body[1:]:     # behind the docstring; some cells give a thing where torch is missing
        lines = ast.get_source_segment(source, node)
        assert lines in text or textwrap.indent(lines, "    ") in text, lines


def test_the_situations_stand_in_the_notebook_in_order():
    shown = re.findall(r"\*\*`(\w+)`\*\*\n\n```python\n(.*?)\n```", prose("predict_grads"), flags=re.S)
    assert dict(shown) == {name: code.strip() for name, code in torch_runs.SITUATIONS.items()}
    assert [name for name, _ in shown] == list(torch_runs.SITUATIONS)
    assert torch_runs.version() in SOURCE.cells[0].text


# ------------------------------------------------------------------------------------ the recording

def test_the_recording_is_what_torch_answers_today(torch):
    """Run live. The values are compared to rounding, since another version may add in another order."""
    today, then = torch_runs.record(torch), json.loads(torch_runs.VALUES.read_text())
    assert [answer[:2] for answer in today["answers"]] == [answer[:2] for answer in then["answers"]]
    for (kind, args, got), (_, _, expected) in zip(today["answers"], then["answers"], strict=True):
        if kind == "situation":
            assert got == expected, args
        else:
            for a, b in zip(got, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, err_msg=f"{kind} {args}")


def test_the_recording_covers_every_exercise_with_strong_values():
    kinds = {kind for kind, _, _ in json.loads(torch_runs.VALUES.read_text())["answers"]}
    assert kinds == {"r144", "circuit", "vector", "sigmoid", "situation"}
    assert {args[0] for args in torch_runs.cases(torch_runs.circuit)} == set(torch_runs.CIRCUITS)
    for name in torch_runs.MAPS:
        for _, _, v in torch_runs.cases(torch_runs.vector, name):
            assert np.ptp(v) > 0


@pytest.mark.parametrize(("question", "fallback"), [
    (torch_runs.r144, by_hand._r144), (torch_runs.circuit, by_engine._circuit),
    (torch_runs.vector, by_engine._vector), (torch_runs.sigmoid, own_node._sigmoid)])
def test_autodiff_agrees_with_what_torch_answered(question, fallback, without_torch):
    recorded = torch_runs.answered(question, lambda *args: pytest.fail(f"{args} is not recorded"))
    for args in torch_runs.cases(question):
        got, expected = fallback(*args), recorded(*args)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_where_torch_is_loaded_fresh_numbers_are_asked_of_it(torch):
    asked = []

    def r144(module, *args):
        asked.append(module)
        return torch_runs.r144(module, *args)

    r144.__name__ = "r144"
    oracle = torch_runs.answered(r144, lambda *args: pytest.fail("autodiff was asked"))
    args = Draw(3).numbers(3)
    np.testing.assert_allclose(oracle(*args), by_hand._r144(*args), rtol=1e-12)
    oracle(-2.0, 5.0, -4.0)
    assert asked == [torch]         # the second one was recorded


def test_checking_never_imports_torch():
    code = ("import sys\nfrom course.declarations import find\nfrom course.checks.examining import examine\n"
            "for name in ('r144_backward', 'vector_backward', 'SigmoidFn', 'predict_grads'):\n"
            "    e = find(name)\n    for form in (*e.mistakes, *e.alternatives):\n"
            "        examine(e, form.function, (0, 1), edge=True, graded=True)\nprint('torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"


# ------------------------------------------------------------------------------------ the class, live

def live(form, torch):
    """A form of SigmoidFn on PyTorch's own Function."""
    names = {"np": np, "Function": torch.autograd.Function, "exp": torch.exp}
    exec(form.source, names)
    return names["SigmoidFn"]


ALIVE = [form for form in EXERCISES["SigmoidFn"].mistakes if form.code != "X04"]    # torch itself refuses X04


@pytest.mark.parametrize("form", ALIVE, ids=lambda form: form.title)
def test_wrong_classes_are_named_when_torch_runs_them(form, torch):
    report = examine(EXERCISES["SigmoidFn"], live(form, torch), (0, 3), edge=True, graded=True)
    assert report.run.score < 2
    assert report.diagnosis.code == form.code, str(report)


@pytest.mark.parametrize("form", [form for form in EXERCISES["SigmoidFn"].alternatives if "(Function)" in form.source],
                         ids=lambda form: form.title)
def test_right_classes_pass_when_torch_runs_them(form, torch):
    report = examine(EXERCISES["SigmoidFn"], live(form, torch), (0, 3), edge=True, graded=True)
    assert report.run.score == 2, str(report)


def test_numpy_inside_a_torch_node_is_right_too(torch):
    class SigmoidFn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = 1 / (1 + np.exp(-x))
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, dout):
            out, = ctx.saved_tensors
            return dout * out * (1 - out)

    report = examine(EXERCISES["SigmoidFn"], SigmoidFn, (0, 3), edge=True, graded=True)
    assert report.run.score == 2, str(report)


@pytest.mark.parametrize("on_torch", [False, pytest.param(True, marks=pytest.mark.needs_torch)])
def test_writing_into_the_upstream_gradient_is_noticed(on_torch, request):
    torch = request.getfixturevalue("torch" if on_torch else "without_torch")
    names = {"np": np, "exp": torch.exp if on_torch else np.exp,
             "Function": torch.autograd.Function if on_torch else object}
    exec("class SigmoidFn(Function):\n    @staticmethod\n    def forward(ctx, x):\n        out = 1 / (1 + exp(-x))\n"
         "        ctx.save_for_backward(out)\n        return out\n    @staticmethod\n    def backward(ctx, dout):\n"
         "        out, = ctx.saved_tensors\n        dout *= out * (1 - out)\n        return dout\n", names)
    report = examine(EXERCISES["SigmoidFn"], names["SigmoidFn"], (0, 3), edge=True, graded=True)
    assert report.run.score < 2
    assert report.diagnosis.code == "A06", str(report)
    assert "changed its argument `dout`" in str(report)


def test_gradcheck_accepts_the_solution(torch):
    x = torch.tensor([0.3, -1.2, 2.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(defined()["SigmoidFn"].apply, x)


def test_the_driver_holds_nothing_of_what_is_right():
    """It may run beside the learner's code: it needs nothing but sys, and knows no sigmoid."""
    tree = ast.parse(own_node.SIGMOID_DRIVER)
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names]
    assert imported == ["sys"]
    assert not re.search(r"exp|sigmoid|1 - ", own_node.SIGMOID_DRIVER)


# ------------------------------------------------------------------------------------ messages

RIGHT = {name: torch_runs.recorded_situation(name) for name in torch_runs.SITUATIONS}


@pytest.mark.parametrize(("grads", "words"), [
    ({}, "There is no prediction for 'twice', 'twice_zeroed', 'detached'"),
    ([12.0], "it should return a dict"),
    ({**RIGHT, "detached": 6.0}, "[E11]"),
    ({**RIGHT, "detached": 6}, "[E11]"),
    ({**RIGHT, "detached": None}, "Your prediction for 'detached' is None"),
    ({**RIGHT, "detached": float("nan")}, "Your prediction for 'detached' is nan"),
    ({**RIGHT, "detached": [3.0]}, "should be a number, None, or \"error\""),
    ({**RIGHT, "integer": True}, "should be a number, None, or \"error\""),
    ({**RIGHT, "twice": 6.0}, "[E08]"),
])
def test_predictions_are_answered_in_words(grads, words):
    report = examine(EXERCISES["predict_grads"], lambda: grads, (0,), edge=True, graded=True)
    assert words in str(report), str(report)
    assert report.run.score < 2 or grads.get("twice") == 6.0


def test_bools_are_told_as_bools():
    def compare(name, mine, theirs):
        return name, True, True, 0.0

    text = str(examine(EXERCISES["compare"], compare, (0,), edge=True))
    assert "`exact` is True; it should be False." in text
