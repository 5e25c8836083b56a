"""An answer sees copies, and nothing that it does escapes from `call`."""

import sys
import types
import warnings

import numpy as np
import pytest

from course.checks import answering
from course.checks.calling import call


def test_result_and_arguments_come_back():
    reply = call(lambda x, y: (x + y, [x]), (1.0, np.arange(3.0)))
    assert reply.failure is None
    assert np.array_equal(reply.result[0], [1.0, 2.0, 3.0])
    assert reply.result[1] == [1.0]
    assert reply.changed == ()


def test_a_changed_argument_shows_and_the_checks_own_stays():
    mine = np.arange(3.0)

    def writes(a, b):
        b[0] = 9.0
        return a

    reply = call(writes, (1.0, mine))
    assert reply.changed == (1,)
    assert reply.args[1][0] == 9.0
    assert mine[0] == 0.0


def test_a_callable_among_the_arguments_is_called_on_this_side():
    calls = []

    def square(t):
        calls.append(t)
        return t * t

    graph = [None, (square, [square], (0,))]
    reply = call(lambda f, g: f(3.0) + g[1][0](2.0) + g[1][1][0](1.0), (square, graph))
    assert reply.result == 14.0
    assert calls == [3.0, 2.0, 1.0]
    assert reply.changed == ()


def test_a_list_with_callables_that_is_changed_shows():
    reply = call(lambda g: g.append(1) or 1.0, ([abs],))
    assert reply.changed == (0,)


@pytest.mark.parametrize("change", [
    lambda fs: fs.reverse(), lambda fs: fs.__setitem__(0, fs[1]), lambda fs: fs.__setitem__(0, float)])
def test_a_list_of_functions_that_is_turned_round_or_filled_with_others_shows(change):
    assert call(lambda fs: change(fs) or 1.0, ([abs, max],)).changed == (0,)
    assert call(lambda fs: [f(-2.0, -3.0) for f in fs[1:]], ([abs, max],)).changed == ()


def test_an_exception_points_at_the_learners_own_line(tmp_path):
    source = tmp_path / "answer.py"
    source.write_text("import numpy as np\n\ndef f(x):\n    y = x[:, None]\n    return np.linalg.inv(y)\n")
    names = {}
    exec(compile(source.read_text(), str(source), "exec"), names)
    failure = call(names["f"], (np.arange(3.0),)).failure
    assert (failure.kind, failure.line, failure.code) == ("LinAlgError", 5, "return np.linalg.inv(y)")


@pytest.mark.parametrize(("answer", "kind"), [
    (lambda x: 1 / 0, "ZeroDivisionError"), (lambda x: sys.exit(3), "SystemExit"), (lambda: 1, "TypeError"),
    (lambda x: object(), "NotPlain"), ("not callable", "TypeError")])
def test_whatever_is_raised_becomes_a_failure(answer, kind):
    assert call(answer, (1.0,)).failure.kind == kind


def test_endless_recursion_becomes_a_failure():
    def again(x):
        return again(x)

    assert call(again, (1.0,)).failure.kind == "RecursionError"


def test_an_exception_that_cannot_be_printed():
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    def f(x):
        raise Mute

    assert call(f, (1.0,)).failure.kind == "Mute"


def test_prints_and_warnings_are_kept_not_shown(capsys):
    def noisy(x):
        print("x is", x)
        print("oh", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return np.log(np.zeros(2)) + x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reply = call(noisy, (2.0,))
    assert reply.printed == "x is 2.0\noh\n"
    assert "careful" in reply.warnings
    assert any("divide by zero" in text for text in reply.warnings)
    out = capsys.readouterr()
    assert out.out == out.err == ""


def test_a_flood_of_output_is_cut():
    assert len(call(lambda x: [print("y" * 1000) for _ in range(1000)] and 1.0, (1.0,)).printed) <= 2000


def test_in_a_browser_an_answers_recursion_ends_long_before_the_browsers_stack(monkeypatch):
    limit = sys.getrecursionlimit()
    elsewhere = types.SimpleNamespace(platform="emscripten", _getframe=sys._getframe,
                                      getrecursionlimit=sys.getrecursionlimit,
                                      setrecursionlimit=sys.setrecursionlimit)
    monkeypatch.setattr(answering, "sys", elsewhere)

    def levels(x):
        try:
            return 1 + levels(x)
        except RecursionError:
            return 1

    assert 100 < call(levels, (1.0,)).result < answering.LEVELS + 10       # what is counted differs by Python
    assert call(lambda x: x + 1, (1.0,)).result == 2.0
    assert sys.getrecursionlimit() == limit
