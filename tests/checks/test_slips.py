"""A beginner's slips get their own words, and nothing else gets them."""

import linecache
import math

import numpy as np
import pytest

import course
from course.checks.examining import examine
from course.checks.exercise import Check, Exercise
from course.declarations import find


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """A busy machine finds what an idle one finds."""
    monkeypatch.setattr("course.checks.slips.SECONDS", 20.0)
    for name in ("SECONDS", "SECONDS_GRADED"):
        monkeypatch.setattr(f"course.checks.diagnosis.{name}", 20.0)



def answer(source, **given):
    """What a cell with this text defines, as IPython would know it: its source is at hand."""
    name = f"<cell {len(linecache.cache)}>"
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    names = {"np": np, "math": math, **given}
    before = set(names)
    exec(compile(source, name, "exec"), names)
    return next(value for key, value in names.items() if key not in before and callable(value))


def body(name, *lines):
    return answer(f"{find(name).heading}\n" + "".join(f"    {line}\n" for line in lines))


def told(f, name, edge=True):
    return examine(find(name), f, (0,), edge=edge)


@pytest.mark.parametrize(("name", "lines", "title", "words"), [
    ("mul_backward", ["print(dout * y, dout * x)"], "printed, not returned", "(line 2: `print(dout * y, dout * x)`)"),
    ("mul_backward", ["dx, dy = dout * y, dout * x"], "nothing returned", "ends without `return`"),
    ("mul_backward", ["dx = dout * y", "if dx > 9:", "    return dx, dout * x"], "nothing returned",
     "ends without `return`"),
    ("tanh_backward", ["dx = dout", "dx = dx * (1 - out**2)"], "nothing returned", "(line 3: `dx = dx *"),
    ("mul_backward", ["both = [dout * y, dout * x]", "return both.sort()"], "nothing returned",
     "What your function returned is None (line 3: `return both.sort()`)"),
    ("sigmoid", ["return 1/1+np.exp(-x)"], "brackets", "`return 1/1+np.exp(-x)`"),
    ("tanh_backward", ["return dout*1-out**2"], "brackets", "right but for its brackets"),
    ("sigmoid_backward", ["return dout*out*1-out"], "brackets", "line 2"),
    ("numerical_derivative", ["return (f(x+h)-f(x-h))/2*h"], "brackets", "`return (f(x+h)-f(x-h))/2*h`"),
    ("numerical_derivative", ["return f(x+h)-f(x-h)/(2*h)"], "brackets", "In which order"),
    ("numerical_derivative", ["return f(x+h)-f(x-h)/2*h"], "brackets", "In which order"),       # two pairs are missing
    ("div_backward", ["return dout/y, -dout*x//y**2"], "rounded", "`//` drops"),
    ("mul_backward", ["return round(dout*y) if np.ndim(x) == 0 else dout*y, dout*x"], "rounded", "`round` drops"),
    ("tanh_backward", ["return np.round(dout*(1-out**2), 2)"], "rounded", "`np.round` drops"),
    ("sigmoid", ["return 1/(1+math.exp(-x))"], "one number's function, given an array",
     "`math.exp` takes one number, and here an array comes (line 2: `return 1/(1+math.exp(-x))`). `np.exp` takes"),
    ("tanh_backward", ["return float(dout)*(1-out**2)"], "one number's function, given an array", "`float` takes one"),
    ("mul_backward", ["return dout(y), dout*x"], "a value called like a function", "`return dout(y), dout*x`)"),
    ("mul_backward", ["return dout*y", "return dout*y, dout*x"], "return before the end", "is never run"),
    ("mse", ["if pred.shape != target.shape:", "    return ValueError('shapes')",
             "return np.mean((pred-target)**2), 2*(pred-target)/pred.size"], "an error returned, not raised",
     "returned a ValueError"),
    ("mse", ["if pred.shape != target.shape:", "    return ValueError",
             "return np.mean((pred-target)**2), 2*(pred-target)/pred.size"], "an error returned, not raised",
     "returned a ValueError"),
    ("numerical_derivative", ["return f(x, h)"], "stopped with TypeError", "function that yours was given stopped"),
    ("numerical_derivative", ["return (f(x+h)(x))/2"], "a value called like a function", "before a bracket"),
])
def test_a_slip_is_told_by_its_own_name(name, lines, title, words):
    report = told(body(name, *lines), name)
    assert report.diagnosis.title == title
    assert words in str(report)
    assert not report.unwritten


@pytest.mark.parametrize(("name", "lines"), [
    ("mul_backward", ["pass"]), ("mul_backward", ["'''What it does.'''"]), ("mul_backward", ["return None"]),
    ("mul_backward", ["..."]), ("mul_backward", ["raise NotImplementedError"]), ("mul_backward", ["return None, None"]),
])
def test_what_is_not_begun_is_not_written_yet(name, lines):
    assert told(body(name, *lines), name).unwritten


@pytest.mark.parametrize(("name", "lines"), [
    ("tanh_backward", ["return dout + 1 - out**2"]),                    # no brackets would mend it
    ("tanh_backward", ["return np.round(dout) * (1 + out)"]),           # neither would real numbers
    ("mul_backward", ["return y, x"]),
    ("max_backward", ["return dout * (x >= y), dout * (y >= x)"]),
])
def test_what_is_no_slip_keeps_its_name(name, lines):
    slips = {"brackets", "rounded", "nothing returned", "return before the end", "parameters in another order"}
    assert told(body(name, *lines), name).diagnosis.title not in slips


def test_the_brackets_that_are_missing_are_not_given_away():
    assert "1/(1" not in str(told(body("sigmoid", "return 1/1+np.exp(-x)"), "sigmoid")).replace(" ", "")


def test_a_loop_that_is_left_in_its_first_round():
    """An exercise of its own: none of the course's is a plain sum."""
    total = Exercise("total(numbers)", "sum", 1, lambda numbers: float(sum(numbers)),
                     checks=(Check("sums", 1, lambda d: [([1.5, 2.5, 3.0],), ([4.0, 0.5],)]),))
    f = answer("def total(numbers):\n    s = 0.0\n    for n in numbers:\n        s += n\n        return s\n")
    report = examine(total, f, (0,), edge=True)
    assert "returns inside its loop, so in the first round (line 5: `return s`)" in str(report)
    f = answer("def total(numbers):\n    s = 1.0\n    for n in numbers:\n        s += n\n        return s\n")
    assert "inside its loop" not in str(examine(total, f, (0,), edge=True))


def test_parameters_in_another_order():
    f = answer("def mul_backward(x, y, dout):\n    return dout * y, dout * x\n")
    assert "takes `x, y, dout`; it is called as `mul_backward(dout, x, y)`" in str(told(f, "mul_backward"))
    f = answer("def mul_backward(x, y, dout):\n    return y, x\n")         # the order is not all that is wrong
    assert told(f, "mul_backward").diagnosis.title != "parameters in another order"


def test_a_name_from_another_cell():
    f = answer("def mul_backward(dout, a, b):\n    return dout * b, dout * x\n", x=3.0)
    assert "reads `x`, which is none of its parameters (`dout, a, b`)" in str(told(f, "mul_backward"))
    f = answer("def mul_backward(dout, x, y):\n    return dout * y * K, dout * x\n", K=2.0)     # a constant is no slip
    assert told(f, "mul_backward").diagnosis.title != "a name from another cell"


@pytest.mark.parametrize(("change", "how"), [
    (np.rint, "rounded"), (np.floor, "rounded down"), (np.trunc, "cut to whole numbers"),
    (lambda v: np.round(v, 2), "rounded to 2 decimal places.")])
def test_rounded_numbers_are_seen_without_the_source(change, how):
    names = {"change": change}
    exec("def f(dout, out): return change(dout * (1 - out**2)) * 1.0", names)
    assert how in str(told(names["f"], "tanh_backward"))


@pytest.mark.parametrize("asker", ["check", "hint"])
def test_a_function_that_was_called_instead_of_handed_over(capsys, asker):
    names = {"mul_backward": lambda dout, x, y: dout * y, asker: getattr(course, asker)}
    for line, words in ((f"{asker}(mul_backward(2.0, 3.0, -4.0))", f"  {asker}(mul_backward)\n"),
                        (f"{asker}( mul_backward (2.0, 3.0, -4.0) )", "is what it returned: a float"),
                        (f"{asker}(None)", f"{asker} takes a function, by its name alone; this is None")):
        name = f"<cell {line}>"
        linecache.cache[name] = len(line), None, [line], name
        exec(compile(line, name, "exec"), names)
        assert words in capsys.readouterr().out
