"""What an instructor adds by hand: plain asserts, hidden tests, cells graded by eye, tasks."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes
from nbgrader.utils import compute_checksum, determine_grade

from course.grading.key import Key, KeyCell
from course.grading.testcell import free_names, run_test_cell, score_of
from course.grading.trial import untestable
from course.grading.worker import Job, grade_submission
from tests.grading.handing_in import SETTINGS, scores

NAME = "own"


def cell(name, source, points=None, kind="code", **roles):
    make = new_code_cell if kind == "code" else new_markdown_cell
    roles = {"grade": False, "solution": False, "task": False, "locked": False, **roles}
    made = make(source, metadata={"nbgrader": {"grade_id": name, "schema_version": 3, "cell_type": kind, **roles}})
    if points is not None:
        made.metadata.nbgrader["points"] = points
    made.metadata.nbgrader["checksum"] = compute_checksum(made)
    return made


def test_of(name, source, points=2):
    return cell(name, source, points, grade=True, locked=True)


test_of.__test__ = False


def key_of(*cells):
    made = []
    for each in cells:
        about = each.metadata.nbgrader
        made.append(KeyCell(about.grade_id, each.cell_type, each.source, about.checksum, about.locked, about.grade,
                            about.solution, about.task, about.get("points")))
    return Key(NAME, NAME, tuple(made))


@pytest.fixture
def hand_in(tmp_path, grade):
    """hand_in(released cells, {name: source that was written}) gives the Result; `grade` keeps the process warm."""
    def hand_in(cells, written):
        book = new_notebook(cells=[])
        for each in cells:
            copy = type(each)(each)
            copy.source = written.get(each.metadata.nbgrader.grade_id, each.source)
            book.cells.append(copy)
        (tmp_path / f"{NAME}.ipynb").write_text(writes(book), encoding="utf-8")
        return grade_submission(Job("ada", NAME, tmp_path), {NAME: key_of(*cells)}, SETTINGS)
    return hand_in


ANSWER = cell("answer", "def double(x, by=2):\n    raise NotImplementedError", solution=True)
RIGHT = "import numpy as np\ndef double(x, by=2):\n    return x * by"


def test_plain_asserts_give_all_points_or_none(hand_in):
    cells = [ANSWER,
             test_of("of_numbers", "assert double(3) == 6\nassert double(3, by=5) == 15"),
             test_of("of_arrays", "import numpy as np\nnp.testing.assert_allclose(double(np.ones(3)), 2 * np.ones(3))"),
             test_of("wrong", "assert double(3) == 7, 'seven, please'")]
    result = hand_in(cells, {"answer": RIGHT})
    assert scores(result) == {"of_numbers": 2.0, "of_arrays": 2.0, "wrong": 0.0}
    assert "seven, please" in result.notebooks[NAME][0]


def test_the_tests_of_the_gradebook_count_whatever_the_submission_makes_of_them(hand_in):
    """So do hidden ones, which nbgrader takes out of what it releases and keeps in the gradebook."""
    hidden = "assert double(3) == 6\n### BEGIN HIDDEN TESTS\nassert double(-1) == -2\n### END HIDDEN TESTS"
    result = hand_in([ANSWER, test_of("hidden", hidden)], {
        "answer": "def double(x):\n    return abs(x) * 2", "hidden": "assert double(3) == 6"})
    assert scores(result) == {"hidden": 0.0}


def test_exceptions_and_arguments_changed_in_place_come_through(hand_in):
    cells = [ANSWER, test_of("raises", "try:\n    double('x')\nexcept ValueError as error:\n"
                                       "    assert 'numbers' in str(error)\nelse:\n    assert False"),
             test_of("in_place", "values = [1, 2]\ndouble(values)\nassert values == [2, 4]")]
    result = hand_in(cells, {"answer": "def double(x):\n    if isinstance(x, str):\n"
                                       "        raise ValueError('numbers, please')\n    x[:] = [2 * v for v in x]"})
    assert scores(result) == {"raises": 2.0, "in_place": 2.0}


def test_a_variable_is_tested_by_its_value(hand_in):
    cells = [cell("data", "primes = ...", solution=True), test_of("primes_test", "assert primes == [2, 3, 5]")]
    assert scores(hand_in(cells, {"data": "primes = [n for n in (2, 3, 5)]"})) == {"primes_test": 2.0}


def test_what_is_graded_by_eye_waits_for_it_and_costs_nothing(hand_in):
    cells = [ANSWER, test_of("tested", "assert double(1) == 2"),
             cell("essay", "YOUR ANSWER HERE", 3, kind="markdown", grade=True, solution=True),
             cell("code_by_eye", "# your code", 3, grade=True, solution=True),
             cell("left_alone", "# your code", 3, grade=True, solution=True),
             cell("task", "Draw a graph.", 4, kind="markdown", task=True, locked=True)]
    result = hand_in(cells, {"answer": RIGHT, "essay": "Because it forks.", "code_by_eye": "double(21)"})
    assert {name: found for (_, name), found in result.scores.items()} == {
        "tested": (2.0, True), "essay": (None, True), "code_by_eye": (None, True), "left_alone": (0.0, True),
        "task": (None, True)}
    assert "42" in result.notebooks[NAME][0]            # it ran


@pytest.mark.parametrize("source", [
    "assert True", "assert False", "1.5", "0.0", "2", "None", "'a word'", "1 / 0", "print('x')", "float('nan')", "-3.0",
    "17.0", "import sys; print('x', file=sys.stderr)"])
def test_the_score_is_the_one_that_nbgrader_would_read(source):
    outputs = run_test_cell(source, {}, points=2)
    made = test_of("t", source)
    made.outputs = [type(made)(output) for output in outputs]
    assert score_of(outputs, 2) == determine_grade(made)[0]


MAX = cell("max_answer", "def max(a, b):\n    raise NotImplementedError", solution=True)


@pytest.mark.parametrize(("written", "points"), [
    ("def max(a, b):\n    return a if a > b else b", 2.0), ("def max(a, b):\n    return a", 0.0),
    ("def max(a, b):\n    raise NotImplementedError", 0.0), ("pass", 0.0), ("def max(a, b:", 0.0)])
def test_a_name_of_pythons_that_the_answer_defines_is_the_learners(hand_in, written, points):
    cells = [MAX, test_of("max_test", "assert max(1, 2) == 2\nassert [max(v, 3) for v in (1, 5)] == [3, 5]")]
    assert scores(hand_in(cells, {"max_answer": written})) == {"max_test": points}


def test_a_name_that_the_set_up_cell_has_too_is_the_learners(hand_in):
    cells = [cell("setup", "from math import *\ndef helper():\n    return 3", locked=True),
             cell("own", "def sqrt(x):\n    raise NotImplementedError", solution=True),
             test_of("sqrt_test", "assert sqrt(4) == 2 and helper() == 3")]
    assert scores(hand_in(cells, {"own": "def sqrt(x):\n    return x"})) == {"sqrt_test": 0.0}
    assert scores(hand_in(cells, {"own": "def sqrt(x):\n    return x ** 0.5"})) == {"sqrt_test": 2.0}


def test_what_python_offers_stays_pythons_above_that_answer_and_for_names_of_others(hand_in):
    """A learner who names a variable `sum` breaks no test, and one who replaces `all` wins none."""
    cells = [ANSWER, test_of("before", "assert max(double(1), 0) == 2"), MAX,
             test_of("after", "assert sum(double(v) for v in (1, 2)) == 6 and all([double(1) == 2])")]
    result = hand_in(cells, {"answer": RIGHT + "\nsum = 0\ndef all(x): return True",
                             "max_answer": "def max(a, b):\n    return 7"})
    assert scores(result) == {"before": 2.0, "after": 2.0}
    wrong = "def double(x, by=2): return 3\ndef all(x): return True\ndef abs(x): return 0"
    assert set(scores(hand_in(cells, {"answer": wrong})).values()) == {0.0}


def test_a_fetched_value_can_be_added_to(hand_in):
    cells = [cell("data", "total = ...", solution=True),
             test_of("sums", "total += 1\nassert total == 6"),
             test_of("again", "total = total * 2\nassert total == 10"),
             test_of("loop", "for k in range(3):\n    total += k\nassert total == 8")]
    assert scores(hand_in(cells, {"data": "total = 5"})) == {"sums": 2.0, "again": 2.0, "loop": 2.0}


@pytest.mark.parametrize(("source", "names"), [
    ("total += 1", {"total"}), ("x = x + 1", {"x"}), ("x = 1\nx += y", {"y"}), ("[v for v in w]", {"w"}),
    ("for k in r: s += k", {"r", "s"}), ("def g(a): return a + b", {"b"}), ("import numpy as np\nnp.ones(f(2))", {"f"}),
    ("a[i] = 1", {"a", "i"}), ("if c:\n    d = 1\nprint(d)", {"c", "d", "print"}), ("g = lambda q: q(z)\ng(1)", {"z"})])
def test_names_that_a_cell_reads(source, names):
    assert free_names(source) == names


# ------------------------------------------------------------------------------------ more than plain data

VECTOR = cell("vector", "class Vector:\n    def __init__(self, x):\n        raise NotImplementedError\n"
                        "    def norm(self):\n        raise NotImplementedError\n"
                        "    def count(self, v):\n        raise NotImplementedError\n"
                        "class TooLong(ValueError):\n    pass\n"
                        "def made(x):\n    raise NotImplementedError", solution=True)
WRITTEN = """
import numpy as np
class TooLong(ValueError):
    pass
class Vector:
    made = 0
    def __init__(self, x, *, copy: bool = True):
        if len(x) > 3:
            raise TooLong("at most 3")
        self.x, self.parent = list(x), None
    def norm(self):
        return sum(v * v for v in self.x) ** 0.5
    def count(self, v):
        return self.x.count(v)
    def __add__(self, other):
        return Vector([a + b for a, b in zip(self.x, other.x)])
    def __mul__(self, k):
        return Vector([a * k for a in self.x])
    __rmul__ = __mul__
    def __getitem__(self, k):
        return self.x[k]
    def __len__(self):
        return len(self.x)
    def tell(self, values):
        values.append(len(self.x))
    def root(self):
        self.parent = self.parent or Vector([0])
        return self.parent
def made(x):
    "Makes a vector."
    return Vector(x)
unit = Vector([1, 0])
seen = {1, 2, (3, 4)}
"""


@pytest.mark.parametrize("source", [
    "assert made([3, 4]).norm() == 5", "v = Vector([3, 4])\nassert v.x == [3, 4] and v.count(3) == 1",
    "assert (made([1]) + Vector([2])).x == [3]", "assert (2 * Vector([1]) * 3).x == [6]",
    "assert made([7])[0] == 7 and len(made([1, 2])) == 2", "values = []\nmade([1]).tell(values)\nassert values == [1]",
    "v = made([1])\nassert v.root() is v.root() and v.root() is not v", "assert isinstance(made([1]), Vector)",
    "assert unit.norm() == 1 and not isinstance(3, Vector)", "assert Vector.made == 0",
    "try:\n    made([1] * 4)\nexcept TooLong as error:\n    assert str(error) == 'at most 3'\nelse:\n    assert False",
    "import pytest\nwith pytest.raises(ValueError, match='most'):\n    made([1] * 4)",
    "import unittest\nwith unittest.TestCase().assertRaises(TooLong):\n    made([1] * 4)",
    "import inspect\np = inspect.signature(Vector).parameters\nassert list(p) == ['x', 'copy']\n"
    "assert p['copy'].default is True and p['copy'].kind is inspect.Parameter.KEYWORD_ONLY",
    "assert made.__doc__ == 'Makes a vector.' and made.__name__ == 'made'",
    "assert seen == {1, 2, (3, 4)} and made([2]).x == [2]",
    "assert [v.x for v in [made([1]), made([2])]] == [[1], [2]]",
], ids=range(17))
def test_objects_of_a_class_of_the_answers_are_reached(hand_in, source):
    assert scores(hand_in([VECTOR, test_of("t", source)], {"vector": WRITTEN})) == {"t": 2.0}
    assert scores(hand_in([VECTOR, test_of("t", source)], {})) == {"t": 0.0}


F = cell("f_answer", "def f(*x):\n    raise NotImplementedError", solution=True)


@pytest.mark.parametrize(("written", "source"), [
    ("def f(x): return {v % 3 for v in x}", "assert f([1, 2, 4]) == {1, 2}"),
    ("def f(x): return frozenset(x), {'a': set(x)}", "assert f([1]) == (frozenset({1}), {'a': {1}})"),
    ("def f(x): return x | {9}", "assert f({1}) == {1, 9}"),
    ("import numpy as np\ndef f(x): return np.linalg.inv(x)",
     "import numpy as np\ntry:\n    f(np.zeros((2, 2)))\n    assert False\nexcept np.linalg.LinAlgError:\n    pass"),
    ("import numpy as np\ndef f(x): return np.sum(x, axis=5)",
     "import numpy as np, pytest\nwith pytest.raises(np.exceptions.AxisError):\n    f(np.ones(2))"),
    ("import json\ndef f(x): return json.loads(x)", "import pytest\nwith pytest.raises(ValueError):\n    f('{')"),
    ("def f(x): return lambda y: x + y", "assert f(3)(4) == 7"),
    ("def f(n):\n    for k in range(n):\n        yield k * k", "assert list(f(4)) == [0, 1, 4, 9]"),
    ("def f(g):\n    return g(3)", "assert f(lambda v: v + 1) == 4"),
    ("def f(g, x=2):\n    return g(None, x + 1) if g else x", "assert f(f) == 3 and f(None, x=5) == 5"),
    ("def f(x): x.add(3)", "s = {1}\nf(s)\nassert s == {1, 3}"),
    ("def f(x): x['a'].append(3); x['b'][0][:] = 1; x['c'].append([])",
     "import numpy as np\na, b, c = [], np.zeros(2), [[1]]\nd = c[0]\nf({'a': a, 'b': (b,), 'c': c})\n"
     "assert a == [3] and b.sum() == 2 and c == [[1], []] and c[0] is d"),
    ("def f(x): print('hello', x)", "import contextlib, io\nout = io.StringIO()\n"
     "with contextlib.redirect_stdout(out):\n    f(3)\nassert out.getvalue() == 'hello 3\\n'"),
    ("def f(x): return x['a']", "try:\n    f({})\n    assert False\nexcept KeyError as e:\n"
     "    assert e.args == ('a',) and str(e) == \"'a'\""),
    ("class Odd(ValueError):\n    def __init__(self, code): self.code = code\ndef f(x): raise Odd(x)",
     "try:\n    f(5)\n    assert False\nexcept ValueError as e:\n    assert e.code == 5"),
    ("def f(x): return x.decode()",
     "try:\n    f(b'\\xff')\n    assert False\nexcept UnicodeDecodeError as e:\n    assert e.start == 0"),
], ids=range(16))
def test_what_is_no_plain_data_comes_through(hand_in, written, source):
    assert scores(hand_in([F, test_of("t", source)], {"f_answer": written})) == {"t": 2.0}


YES = """
class Yes(float):
    def __getattr__(self, name): return lambda *a, **k: True
    for name in ("eq", "ne", "lt", "gt", "le", "ge", "contains", "bool"):
        exec(f"def __{name}__(self, *a): return True")
    for name in ("sub", "rsub", "add", "abs", "neg"):
        exec(f"def __{name}__(self, *a): return 0.0")
    def __hash__(self): return 0
    def __iter__(self): return iter((0.0,))
    def __len__(self): return 1
    def __getitem__(self, k): return 0.0
vars_ = {k: v for k, v in vars(Yes).items() if k not in ("__dict__", "__weakref__", "__doc__")}
Vector = type("Vector", (), vars_)
def f(*a): return Vector()
def made(*a): return Vector()
value = Vector()
"""


@pytest.mark.parametrize("source", [
    "assert f(3) == 6", "assert 6 == f(3)", "assert f(3) != 5", "assert not f(3) != 6", "assert abs(f(3) - 6) < 1e-9",
    "assert 6 - f(3) == 0", "assert f(3) in [6]", "assert 6 in f(3)", "assert f(3)", "assert bool(f(3))",
    "assert f('a').startswith('b')", "assert f(3).issubset({1})", "assert f(3) > 5",
    "assert float(f(3)) == 6",
    "import numpy as np\nassert np.allclose(f(3), 6)", "import numpy as np\nassert (f(3) == np.ones(3)).all()",
    "import numpy as np\nassert (np.ones(3) == f(3)).all()",
    "import numpy as np\nassert np.abs(np.ones(2) - f(3)).max() == 0",
    "import numpy as np\nnp.testing.assert_allclose(f(3), np.ones(2))", "import math\nassert math.isclose(f(3), 6)",
    "import numpy as np\nassert np.array_equal(f(3), np.ones(2))", "assert [f(3)] == [6]",
    "assert {'a': f(3)} == {'a': 6}",
    "assert sorted([f(3), 6]) == [6, 6]", "assert value == 6", "assert made(3) == Vector()", "assert (f(3),) == (6,)",
    "import unittest\nunittest.TestCase().assertEqual(f(3), 6)", "assert str(f(3)) == '6'", "assert int(f(3)) == 6",
], ids=range(30))
def test_an_object_that_says_yes_to_everything_wins_nothing(hand_in, source):
    assert scores(hand_in([VECTOR, F, test_of("t", source)], {"vector": YES, "f_answer": YES})) == {"t": 0.0}


@pytest.mark.parametrize(("written", "source"), [
    ("def f(*x): raise StopIteration", "assert all(map(f, [1, 2])) and list(map(f, [1])) == []"),
    ("class E(StopIteration): pass\ndef f(*x): raise E", "assert list(map(f, [1])) == []"),
    ("def f(*x): raise SystemExit", "f(3)"), ("def f(*x): raise KeyboardInterrupt", "f(3)"),
    ("def f(*x): return f", "assert f(3) == 6"),
    ("def f(*x): return (6 for _ in iter(int, 1))", "assert sum(f(3)) == 6"),
    ("def f(*x): return {k * (2**61 - 1) for k in range(40_000)}", "assert f(3) == {1}"),
], ids=range(7))
def test_exceptions_and_endless_things_win_nothing(hand_in, written, source):
    assert scores(hand_in([F, test_of("t", source)], {"f_answer": written})) == {"t": 0.0}


# ------------------------------------------------------------------------------------ before the release

def source_of(*cells):
    book = new_notebook(cells=[new_code_cell("import numpy as np"), *cells])
    book.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return book


SOLVED = cell("answer", "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", solution=True)
HIDING = cell("hiding", "### BEGIN SOLUTION\ndef max(a, b):\n    return a if a > b else b\nclass P:\n"
                        "    def __eq__(self, other):\n        return True\n### END SOLUTION", solution=True)


@pytest.mark.parametrize(("test", "words"), [
    ("assert double(1) == 2\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS", ()),
    ("assert double(1) == 3", ("t: the solution itself gets 0 of 2 points", "AssertionError")),
    ("assert np.allclose(double(1), 2)", ("is not judged",)), ("1.0", ("gets 1 of 2 points", "fewer itself")),
    ("assert max(1, 2) == 2", ("'max' is not the answer's there", "outside of the solution")),
    ("assert P() == P()", ("Equality of an object", "Test plain values"))])
def test_what_cannot_be_judged_is_told_before_the_release(grade, tmp_path, test, words):
    source = source_of(SOLVED, HIDING, test_of("t", test))
    before = writes(source)
    told = untestable(source, NAME, NAME, SETTINGS, tmp_path)
    assert len(told) == bool(words)
    assert all(word in told[0] for word in words)
    assert writes(source) == before
