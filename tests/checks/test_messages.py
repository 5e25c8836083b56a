"""What a learner is told: one calm sentence for every kind of bad input to check, grade and hint."""

import functools
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from course import check, grade, hint
from course.checks import markup
from course.checks.comparing import said
from course.checks.diagnosis import show_apart
from course.checks.examining import examine
from course.checks.exercise import Check, Exercise
from course.checks.verdict import verdict_in
from course.declarations import find
from course.learning import notebook


@pytest.fixture(autouse=True)
def no_nbgrader(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def told(capsys, f, name="mul_backward"):
    check(f, name)
    out = capsys.readouterr()
    assert out.err == ""
    assert "Traceback" not in out.out
    return out.out


def right(dout, x, y):
    return dout * y, dout * x


def test_the_missing_upstream_gradient_is_named_in_a_sentence(capsys):
    def mul_backward(dout, x, y):
        dx = y
        dy = x
        return dx, dy

    check(mul_backward)
    assert capsys.readouterr().out == (
        "mul_backward  ✗ upstream dropped [G01]\n"
        "  dout=2.0  x=3.0  y=-4.0\n"
        "  yours    dx=-4.0  dy=3.0\n"
        "  expected dx=-8.0  dy=6.0      = yours × dout\n"
        "  You returned the local gradient: the upstream gradient is missing. What should reach the inputs if dout "
        'were 0?     → lesson 2, "mul swaps"\n')


def test_a_right_answer(capsys):
    assert told(capsys, right) == (
        "mul_backward  ✓ right on the cases shown; the next cell asks for more\n"
        "  `grade` also looks at: dout of 0, equal inputs\n")


@pytest.mark.parametrize(("answer", "words"), [
    (lambda dout, x, y: None, "not written yet"),
    (lambda dout, x, y: ..., "not written yet"),
    (lambda dout, x, y: (None, None), "not written yet"),
    (lambda dout, x, y: "dout * y", "returned one value (a text); it should return 2: dx, dy"),
    (lambda dout, x, y: ("a", "b"), "`dx` is a text; it should be a number"),
    (lambda dout, x, y: dout * y, "returned one value (a number); it should return 2: dx, dy"),
    (lambda dout, x, y: (dout * y, dout * x, 0.0), "returned 3 values; it should return 2: dx, dy"),
    (lambda dout, x, y: {"dx": 1.0}, "returned one value (a dict)"),
    (lambda dout, x, y: (dout * y, float("nan")), "`dy` is nan where it should be a number"),
    (lambda dout, x, y: (dout * y, np.inf), "`dy` is infinite where it should be a number"),
    (lambda dout, x, y: (dout * y, dout * x * (1 + 1e-5)), "`dy` is 6.0001; it should be 6"),
    (lambda dout, x, y: (dout * y, object()), "something that is not made of numbers and arrays: object"),
    (lambda dout, x, y: (np.float32(dout * y) if np.ndim(x) == 0 else (dout * y).astype("f4"), dout * x),
     "`dx` came back as float32 from float64 input"),
    (lambda dout, x, y: (-dout * y, -dout * x), "Every value has the other sign"),
    (lambda dout, x, y: (dout * x, dout * y * 1.0), "the local gradient of x·y with respect to x is the other input"),
    (lambda dout, x, y: (0 * x, 0 * y), "Every gradient that you returned is 0"),
    (lambda dout, x, y: (2 * dout * y, 2 * dout * x), "Every value is 2 × too large"),
    (lambda dout, x, y: (dout**2 * y, dout**2 * x), "multiplied in twice"),
    (lambda dout, x: dout, "can't be called as `mul_backward(dout, x, y)`"),
    (lambda dout, x, y: undefined_name, "uses a name that nothing defines"),  # noqa: F821
    (lambda dout, x, y: (dout * y if x > y else y * dout, dout * x), "gives one answer for each element"),
    (lambda dout, x, y: [][0], "stopped with IndexError: list index out of range"),
    (lambda dout, x, y: sys.exit(1), "stopped with SystemExit"),
    (3.0, "mul_backward is a float, not a function: it should be defined as `def mul_backward(dout, x, y):`"),
    (None, "mul_backward is None, not a function"),
    ("mul_backward", "mul_backward is a str, not a function"),
])
def test_one_sentence_for_each_kind_of_wrong_answer(capsys, answer, words):
    text = told(capsys, answer)
    assert words in text
    assert len(text.splitlines()) <= 5


def test_the_other_order_of_results(capsys):
    assert "in another order: return dx, dy" in told(capsys, lambda dout, x, y: (-dout * x / y**2, dout / y),
                                                     "div_backward")


def test_endless_recursion(capsys):
    def mul_backward(dout, x, y):
        return mul_backward(dout, x, y)

    assert "calls itself without end" in told(capsys, mul_backward)


def test_a_changed_argument(capsys):
    def mul_backward(dout, x, y):
        result = dout * y, dout * x
        if np.ndim(x):
            x *= 2
        return result

    text = told(capsys, mul_backward)
    assert "[A06]" in text
    assert "changed its argument `x`" in text


def test_integers(capsys):
    def mul_backward(dout, x, y):
        if np.ndim(x) == 0:
            return dout * y, dout * x
        dx = np.zeros(x.shape, int)
        return np.rint(dx).astype(int), dout * x

    assert "dx" in told(capsys, mul_backward)


@pytest.mark.parametrize("body", [
    "return dout * z, dout * x", "return mul_backward(dout, x, y)", "return 1 // 0, x", "x = q; q = 1",
    "return dout if np.ones(3) > 0 else 0, x", "return np.ones(3) + np.ones(2), x", "return {}[0], x", "assert False",
    "raise ValueError('Stop.')"])
def test_the_learners_line_is_quoted(capsys, tmp_path, body):
    source = tmp_path / "cell.py"
    source.write_text(f"def mul_backward(dout, x, y):\n    {body}\n")
    names = {"np": np}
    exec(compile(source.read_text(), str(source), "exec"), names)
    text = told(capsys, names["mul_backward"])
    assert re.search(rf"[^.:\s] \(line 2: `{re.escape(body)}`\)\.", text), text       # within its sentence


def test_prints_are_shown_and_warnings_cost_nothing(capsys):
    def mul_backward(dout, x, y):
        print("x =", x)
        np.log(np.float64(-1.0))
        return dout * y, dout * x

    text = told(capsys, mul_backward)
    assert "✓" in text
    assert "It warned (this costs nothing): invalid value" in text
    assert grade(mul_backward) == 2.0


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(ValueError, match=r"no exercise 'mull_backward'; did you mean mul_backward"):
        check(right, "mull_backward")
    with pytest.raises(ValueError, match="give its name as the second argument"):
        check(lambda: 0)
    with pytest.raises(TypeError, match="has no name of its own"):
        check(functools.partial(right))


@pytest.mark.parametrize("answer", [
    lambda dout, x, y: (dout * y, dout * x), functools.partial(right), np.vectorize(right, otypes=[float, float])])
def test_lambdas_partials_and_callable_objects_are_graded(capsys, answer):
    points = grade(answer, "mul_backward")
    assert repr(points) == "2.0"            # what nbgrader reads
    assert points == 2.0
    assert points._repr_html_() == "<strong>2 of 2 points</strong>"
    assert type(points + points) is float


def test_grade_says_what_each_check_found(capsys):
    assert grade(lambda dout, x, y: (dout * (x >= y), dout * (y >= x)), "max_backward") == 2.0
    out = capsys.readouterr()
    assert out.err == ""
    assert "max_backward  ✗ a tie pays twice [G10]  (2 of 3 points)" in out.out
    assert "✓ arrays (1)" in out.out
    assert "✗ a tie shares equally (1)" in out.out


def test_validate_raises_the_diagnosis(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(AssertionError, match="upstream dropped"):
        grade(lambda dout, x, y: (y, x), "mul_backward")
    assert grade(right, "mul_backward") == 2.0


def test_hints_open_one_by_one(capsys):
    notebook._hints_opened.clear()
    for k in (1, 2, 3):
        hint(right, "mul_backward")
        assert capsys.readouterr().out == f"mul_backward, hint {k} of 3: {find('mul_backward').hints[k - 1]}\n"
    hint(right, "mul_backward")
    assert "hint 1 of 3" in capsys.readouterr().out


def test_a_part_that_is_right_is_not_marked_wrong_when_it_is_a_dict():
    exercise = find("zero_grad")
    (form,) = (form for form in exercise.mistakes if form.title == "leaves only")
    html = examine(exercise, form.function, (0,), edge=False).html()
    wrong = [row for row in html.split("<tr>") if "bp-off" in row and 'scope="row"' in row]
    assert len(wrong) == 1 and ">grads<" in wrong[0] and ">data<" in html


def test_a_dict_of_arrays_is_a_grid_for_each_array():
    exercise = find("loss_and_grads")
    report = examine(exercise, exercise.mistakes[0].function, (0,), edge=False)
    assert "loss  ✓ right" in str(report) and "grads['W1'] (3, 4)  ✗ all 12 are wrong" in str(report)
    html = report.html()
    assert "params['W1'] (3, 4)" in html.replace("&#x27;", "'") and "{" not in html.partition("</style>")[2]


def test_a_hint_shows_code_as_code():
    html = markup.hint("exp_backward", "hint 2 of 3", find("exp_backward").hints[1] + " <b>")
    assert "<code>out</code> is e^x" in html and "`" not in html and "<b>" not in html


def test_html_shows_a_table_and_escapes():
    report = examine(find("mul_backward"), lambda dout, x, y: "<script>", (0,), edge=False)
    html = report.html()
    assert "<script>" not in html
    report = examine(find("mul_backward"), lambda dout, x, y: (y, x), (0,), edge=False)
    html = report.html()
    assert "<table>" in html
    assert '<td class="bp-off">✗ -4.0</td><td>-8.0</td>' in html


def test_in_ipython_text_and_html_are_one_output(tmp_path):
    """In a kernel the report is one display output with both forms and the verdict; nothing goes to stderr."""
    code = ("from IPython.core.interactiveshell import InteractiveShell\n"
            "from IPython.utils.capture import capture_output\n"
            "import json\n"
            "shell = InteractiveShell.instance()\n"
            "with capture_output() as got:\n"
            "    shell.run_cell('from course import grade\\ngrade(lambda dout, x, y: (y, x), \"mul_backward\")')\n"
            "print(json.dumps([[[sorted(o.data), o.metadata] for o in got.outputs], got.stderr, got.stdout]))\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": os.getcwd(), "IPYTHONDIR": str(tmp_path)})
    outputs, stderr, _ = json.loads(done.stdout.splitlines()[-1])
    ((_, metadata),) = [output for output in outputs if output[0] == ["text/html", "text/plain"]]
    assert verdict_in(metadata).mistake == "upstream dropped [G01]"
    assert stderr == ""


def test_importing_course_does_not_import_nbgrader_or_jupyter():
    code = "import sys; from course import check, grade, hint; print([m for m in sys.modules if m in " \
           "('nbgrader', 'jupyterlab', 'IPython', 'matplotlib', 'ipywidgets')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


TWO_LINES = Exercise(
    "neuron_backward(cache)", "grads", 2, lambda cache: {"exp": 2.0 * cache["exp"], "dw": np.array([3.0, 4.0])},
    checks=(Check("exp", 1, lambda d: [({"exp": 1.5},)], part="exp"),
            Check("dw", 1, lambda d: [({"exp": 1.5},)], part="dw")),
    outside={"cache": "it is 1.5"})


@pytest.mark.parametrize(("mine", "long"), [(9.0, False), ("every word of this is a word too many", True)])
def test_a_long_value_may_be_broken_and_is_not_aligned(mine, long):
    html = examine(TWO_LINES, lambda cache: {"exp": mine, "dw": [3.0, 4.0]}, (0,), edge=False).html()
    assert ('<div class="bp-pair bp-long">' in html) == long
    assert not (long and "\u2007" in html)


@pytest.mark.parametrize(("answer", "points", "words"), [
    ({"dw": [3.0, 4.0], "exp": 3.0}, 2.0, "✓ right"),
    ({"dw": [3.0, 5.0], "exp": 3.0, "more": 1.0}, 1.0, "`grads['dw'][1]` is 5; it should be 4"),
    ({"exp": 3.0}, 1.0, "`grads` lacks 'dw'"),
    ({"dw": [3.0, 4.0], "exp": 9.0}, 1.0, "yours    exp=9.0  dw=[3.0, 4.0]\n  expected exp=3.0  dw=[3.0, 4.0]"),
    ([3.0, 3.0], 0.0, "`grads` is a list of 2; it should be a dict"),
])
def test_a_part_of_a_result_is_graded_on_its_own_line(answer, points, words):
    report = examine(TWO_LINES, lambda cache: answer, (0,), edge=True, graded=True)
    assert report.run.score == points
    assert words in str(report)
    assert ('<td class="bp-off">✗ missing</td>' in report.html()) == (answer == {"exp": 3.0})


@pytest.mark.parametrize(("got", "right", "texts"), [
    (0.1966, 0.19661193, ("0.1966", "0.19661193")),
    (3.00001, 3.0, ("3.00001", "3.0")),
    (np.array([1.0, 0.1966]), np.array([1.0, 0.19661193]), ("[1.0, 0.1966]", "[1.0, 0.19661193]")),
    (-0.0, 0.5, ("0.0", "0.5")),
    (27.0, 136.6875, ("27.0", "136.7")),
    ({"W": np.ones((5, 5)), "b": 1 / 3}, {"W": np.zeros((5, 5)), "b": 1 / 3},      # no digit would show it
     ("{'W': array(5, 5), 'b': 0.3333}",) * 2),
])
def test_two_values_that_differ_look_different(got, right, texts):
    assert show_apart(got, right) == texts


def test_a_relation_names_the_exercises_own_upstream_gradient(capsys):
    assert "= yours × df" in told(capsys, lambda x, y, z, df=1.0: (z, z, x + y), "circuit_backward")


def test_what_a_check_counted_is_told_with_a_known_mistake():
    def few(ask):
        if ask.count(ask(5)) > 5:
            return said("Too many.", seen="With n = 5 it took 25.")
        return None

    costs = Exercise("cost(n)", "calls", 1, lambda n: n, checks=(Check("few", 1, test=few),))
    costs.mistake(code="R99", title="squared", says="You squared n.", ask="What is doubled?", body="return n * n")
    assert "You squared n. With n = 5 it took 25. What is doubled?" in str(
        examine(costs, lambda n: n**2, (0,), edge=True))
    assert "Too many." in str(examine(costs, lambda n: 6, (0,), edge=True))


@pytest.mark.parametrize("result", [({"dx": 1.0}, "x"), ("x", "y"), [{}, {}, {}], {"dx": "x"}, "x", True])
@pytest.mark.parametrize("name", ["log_backward", "mul_backward", "staged_backward"])
def test_whatever_a_function_returns_is_told_as_wrong(capsys, name, result):
    assert "✗" in told(capsys, lambda *args: result, name)
