"""Assignment 06: its worked examples by number, whole engines right and wrong, and the nodes that it tries them on."""

# ruff: noqa: E501    (engines are changed by pieces of text)
import ast
import collections
import contextlib
import functools
import gc
import re
import sys
from pathlib import Path

import coverage
import numpy as np
import pytest

from course.authoring.sourcetext import read_source
from course.checks.calling import call
from course.checks.comparing import compare
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises
from course.declarations.build_the_engine import graphs, higher, value
from course.places import ROOT

NAME = "06_build_the_engine"
EXERCISES = exercises(NAME)
SOURCE = read_source(ROOT / f"course/sources/assignments/{NAME}.py", ROOT)
ENGINES = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "engines").glob("*.py"))}


def defined(text):
    """What an engine's source defines in a notebook with the set-up cell."""
    names = {"np": np}
    exec(value.GIVEN, names)
    exec(compile(text, "<engine>", "exec"), names)
    return names


@functools.cache
def solutions():
    return defined("\n".join(cell.text for cell in SOURCE.cells if cell.role == "answer"))


def graded(name, answer, seeds=(SHOWN_SEED, 7)):
    return examine(EXERCISES[name], answer, seeds, edge=True, graded=True)


def prose(name):
    return next(cell.text for cell in SOURCE.cells if cell.role == "exercise" and cell.name == name)


def test_points():
    assert len(EXERCISES) == 8
    assert sum(exercise.points for exercise in EXERCISES.values()) == 30


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_earns_all_points(name):
    report = graded(name, solutions()[name])
    assert report.run.passed, str(report)
    assert report.run.score == EXERCISES[name].points


def test_the_set_up_cell_gives_what_the_forms_are_given():
    text = next(cell.text for cell in SOURCE.cells if cell.role == "setup")
    assert value.GIVEN.partition("import math")[2].strip() in text
    assert "import math\n" in text


# ------------------------------------------------------------------------------------ worked examples

AT = {"x": -2.0, "y": 5.0, "z": -4.0}
WORKED = [
    ("Value", ("x * y", {"x": 3.0, "y": -4.0}, 2.0), ({"value": -12.0, "x": -8.0, "y": 6.0}, True, "in order")),
    ("Value", ("x * x", {"x": 3.0}, 1.0), ({"value": 9.0, "x": 6.0}, True, "in order")),
    ("Value", ("x ** 3", {"x": 2.0}, 1.0, True), ({"value": 8.0, "xx": 12.0}, True, "in order")),
    ("backward", ("q = x + y; f = q * z", AT, ["f"]), {"x": -4.0, "y": -4.0, "z": 3.0, "q": -4.0, "f": 1.0}),
    ("backward", ("b = a + a; c = b + b", {"a": 1.5}, ["c"]), {"a": 4.0, "b": 2.0, "c": 1.0}),
    ("backward", ("b = a * a; L = b * a", {"a": 3.0}, ["L"]), {"a": 27.0, "b": 3.0, "L": 1.0}),
    ("backward", ("b = a * a; L = b * a", {"a": 3.0}, ["L", "L"]), {"a": 54.0, "b": 3.0, "L": 1.0}),
    ("backward", (graphs.SHORT_AND_LONG, {"a": 1.0}, ["L"]),
     {"a": 42.0, "b": 14.0, "c": 3.0, "d": 3.0, "e": 1.0, "L": 1.0}),
    ("count_edges", ("f = x * x", {"x": 3.0}, ["f"]), 2),
    ("count_edges", (graphs.DOUBLINGS, {"a": 0.7}, ["u"]), 36),
    ("grad_graph", ("b = a * a; L = b * a", {"a": 3.0}, "L", "a"), 27.0),
    ("grad_graph", ("b = a * a; L = b * a", {"a": 3.0}, "L", "a", 2), 18.0),
    ("second_derivative", ("x * x * x", 2.5), 15.0),
    ("second_derivative", ("x ** 3", 2.5), 15.0),
    ("forward_mode", ("q = x + y; f = q * z", AT, "f", {"x": 1.0}), -4.0),
    ("forward_mode", (graphs.DOUBLINGS, {"a": 0.7}, "u", {"a": 1.0}), 2.0**18),
]


@pytest.mark.parametrize(("name", "args", "result"), WORKED)
def test_worked_examples(name, args, result):
    exercise = EXERCISES[name]
    assert compare(exercise.oracle(*args), result, exercise.results) is None
    reply = call(solutions()[name], args, exercise.driver)
    assert reply.failure is None, reply.failure
    assert compare(reply.result, result, exercise.results) is None


@pytest.mark.parametrize(("name", "words"), [
    ("backward", ["leaves 27", "leave 54", "−4, −4 and 3"]), ("grad_graph", ["27", "is 18"]),
    ("second_derivative", ["15 at x = 2.5"]), ("forward_mode", ["moves with −4"]), ("count_edges", ["has two"]),
    ("topological_order", [graphs.SHORT_AND_LONG])])
def test_the_prose_states_the_worked_examples(name, words):
    assert all(word in prose(name) for word in words)


# ------------------------------------------------------------------------------------ whole engines that are right

@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("style", ENGINES)
def test_right_engines_of_any_style_keep_all_points(style, name):
    report = graded(name, defined(ENGINES[style])[name])
    assert report.run.score == EXERCISES[name].points, str(report)


def test_there_are_five_styles():
    assert list(ENGINES) == ["classes", "closures", "counting", "flat_tape", "local_gradients"]


# ------------------------------------------------------------------------------------ whole engines with one mistake

def within(start, *changes):
    """The engine with local gradients, changed from the line that starts with `start` up to the next blank lines."""
    text = ENGINES["local_gradients"]
    begin = text.index(start)
    end = text.find("\n\n\n", begin) if "\n\n\n" in text[begin:] else len(text)
    piece = text[begin:end]
    for old, new in changes:
        assert old in piece, old
        piece = piece.replace(old, new)
    return text[:begin] + piece + text[end:]


def order(body):
    """The engine with another topological_order, on which all its parts stand."""
    return within("def topological_order", (ENGINES["local_gradients"].split("def topological_order(root):\n")[1]
                                            .split("\n\n\n")[0], re.sub("(?m)^(?=.)", "    ", body).rstrip()))


def everywhere(old, new):
    assert old in ENGINES["local_gradients"]
    return ENGINES["local_gradients"].replace(old, new)


PAIRS = "zip(node.parents, node.local)"
PAY = "parent.grad = parent.grad + local(node.grad)"
RECURSIVE = """order, state = [], {}
def visit(node):
    if state.get(node) == "open":
        raise ValueError("the graph has a cycle")
    if node not in state:
        state[node] = "open"
        for parent in node.parents:
            visit(parent)
        state[node] = "done"
        order.append(node)
visit(root)
return order
"""
WRONG = {
    # the eleven mistakes that small engines are known for
    ("B01", "overwriting at a join"): within("def backward", (PAY, "parent.grad = local(node.grad)")),
    ("E03", "breadth-first order"): order("order = [root]\nfor node in order:\n    for parent in node.parents:\n"
                                          "        if parent not in order:\n            order.append(parent)\n"
                                          "return order[::-1]"),
    ("E02", "pre-order"): order("order, seen, stack = [], set(), [root]\nwhile stack:\n    node = stack.pop()\n"
                                "    if node not in seen:\n        seen.add(node)\n        order.append(node)\n"
                                "        stack.extend(reversed(node.parents))\nreturn order[::-1]"),
    ("E04", "one call per path"): within("def backward", (
        "    root.grad = 1.0\n    for node in reversed(order):\n        for parent, local in zip(node.parents, node.local):\n"
        f"            {PAY}",
        "    def down(node, g):\n        node.grad = node.grad + g\n        for parent, local in zip(node.parents, node.local):\n"
        "            down(parent, local(g))\n    down(root, 1.0)")),
    ("E05", "children kept in a set"): everywhere("self.data, self.parents, self.local, self.grad = data, parents,",
                                                  "self.data, self.parents, self.local, self.grad = data, set(parents),"),
    ("E06", "equality by value"): everywhere("    __radd__, __rmul__ = __add__, __mul__", "    __radd__, __rmul__ = __add__, "
                                             "__mul__\n\n    def __eq__(self, other):\n        return self.data == other.data\n"
                                             "\n    def __hash__(self):\n        return hash(self.data)"),
    ("E07", "recursion limit"): order(RECURSIVE),
    ("B04", "seed not 1"): within("def backward", ("root.grad = 1.0", "root.grad = root.data")),
    ("E08", "gradients of inner nodes not reset"): within("def backward", (
        "    for node in order:\n        if node.parents:\n            node.grad = 0.0\n", "")),
    ("B02", "x * x paid once"): within("def backward", (f"in {PAIRS}", f"in dict({PAIRS}).items()")),
    ("B03", "x * x paid four times"): within("def backward", (
        f"for parent, local in {PAIRS}", "for parent, local in [(p, rule) for p in node.parents "
        "for q, rule in zip(node.parents, node.local) if p is q]")),
    # and more
    ("E09", "changed in place at a join"): within("def backward", (
        "    root.grad = 1.0\n    for node in reversed(order):\n        for parent, local in zip(node.parents, node.local):\n"
        f"            {PAY}",
        "    grads = {root: 1.0}\n    for node in reversed(order):\n        for parent, local in zip(node.parents, node.local):\n"
        "            if parent in grads:\n                grads[parent] += local(grads[node])\n            else:\n"
        "                grads[parent] = local(grads[node])\n    for node in order:\n"
        "        node.grad = grads[node] + (0.0 if node.parents else node.grad)")),
    ("E10", "a cycle is not noticed"): within("def topological_order", (
        '                if state.get(parent) == "open":\n                    raise ValueError("the graph has a cycle")\n', "")),
    ("E42", "marks left on the nodes"): order(
        "order, stack = [], [(root, False)]\nwhile stack:\n    node, finished = stack.pop()\n    if finished:\n"
        "        node.open = False\n        order.append(node)\n    elif not hasattr(node, 'visited'):\n"
        "        node.visited = node.open = True\n        stack.append((node, True))\n        for parent in node.parents:\n"
        "            if getattr(parent, 'open', False):\n                raise ValueError('the graph has a cycle')\n"
        "            stack.append((parent, False))\nreturn order"),
    ("E46", "leaves are reset"): within("def backward", ("        if node.parents:\n            node.grad = 0.0\n",
                                                         "        node.grad = 0.0\n")),
    ("E47", "the root adds up"): within("def backward", ("if node.parents:", "if node.parents and node is not root:"),
                                        ("root.grad = 1.0", "root.grad += 1.0")),
    ("E48", "two parents at most"): everywhere(PAIRS, f"list({PAIRS})[:2]"),
    ("E60", "the graph is lost"): everywhere("g * like(g, other), lambda g: g * like(g, self)",
                                             "g * other.data, lambda g: g * self.data"),
    ("E31", "from the leaves to the root"): within("def backward", ("in reversed(order)", "in order")),
    ("G01", "upstream dropped"): within("def backward", ("local(node.grad)", "local(1.0)")),
    ("E04", "one call per path, in all walks"): order(
        "order = []\ndef visit(node, path):\n    if node in path:\n        raise ValueError('the graph has a cycle')\n"
        "    for parent in node.parents:\n        visit(parent, path + [node])\n    if node not in order:\n"
        "        order.append(node)\nvisit(root, [])\nreturn order"),
}


@pytest.mark.parametrize("key", WRONG, ids=lambda key: f"{key[0]}-{key[1]}")
def test_an_engine_with_a_mistake_loses_points_and_the_mistake_is_named(key):
    """Whichever of its parts fail, all are told the same; and no part fails that the mistake does not touch."""
    names = defined(WRONG[key])
    reports = {name: graded(name, names[name], (SHOWN_SEED,)) for name in EXERCISES}
    failed = {name: report.diagnosis.code for name, report in reports.items() if not report.run.passed}
    assert failed
    assert set(failed.values()) == {key[0]}, "\n".join(str(reports[name]) for name in failed)
    assert all(reports[name].run.score < EXERCISES[name].points for name in failed)


def test_parents_and_rules_exchanged_are_told_as_that():
    text = EXERCISES["Value"].solution().replace("= data, parents, local, 0.0", "= data, local, parents, 0.0")
    assert graded("Value", defined(text)["Value"]).diagnosis.title == "exchanged"


def test_a_fault_in_the_class_costs_its_exercise_alone():
    names = defined(ENGINES["local_gradients"].replace("self.data * other.data, (self", "self.data - other.data, (self"))
    lost = [name for name in EXERCISES if not graded(name, names[name]).run.passed]
    assert lost == ["Value"]


def test_a_fault_in_grad_graph_does_not_touch_second_derivative():
    names = defined(ENGINES["local_gradients"].replace("grads = {root: Value(1.0)}", "grads = {root: Value(2.0)}"))
    lost = [name for name in EXERCISES if not graded(name, names[name]).run.passed]
    assert lost == ["grad_graph"]


# ------------------------------------------------------------------------------------ what never ends

ENDLESS = {
    "topological_order": "def topological_order(root):\n    while True:\n        pass",
    "backward": "def backward(root):\n    stack = [root]\n    while stack:\n        stack.append(stack[-1])",
    "zero_grad": "def zero_grad(root):\n    stack = [root]\n    while stack:\n        node = stack[-1]\n        node.grad = 0.0",
    "count_edges": "def count_edges(root):\n    n = 0\n    while root.parents:\n        n += 1\n    return n",
    "grad_graph": "def grad_graph(root, wrt):\n    g = Value(1.0)\n    while g is not wrt:\n        g = g * 1.0\n    return g",
    "second_derivative": "def second_derivative(f, x):\n    while True:\n        x = x + 1",
    "forward_mode": "def forward_mode(root, seed):\n    while root not in seed:\n        seed = dict(seed)\n    return seed[root]",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_answer_is_stopped_by_check(name):
    report = examine(EXERCISES[name], defined(ENDLESS[name])[name], (SHOWN_SEED,), edge=False)
    assert not report.run.passed
    assert "no end" in str(report), str(report)


class Tracer:
    """A tracer that counts what it is told; `rude`, it does what coverage and pdb do beside: it puts itself in the
    place of other tracers, wants no lines of this frame, goes away at the end of a frame."""

    def __init__(self, rude):
        self.rude, self.told = rude, collections.Counter()

    def __call__(self, frame, event, arg):
        if frame.f_code.co_filename != "<engine>":
            return None
        self.told[event] += 1
        if self.rude:
            frame.f_trace_lines = False
            sys.settrace(None if event == "return" else self)
        return self


@contextlib.contextmanager
def traced(tracer):
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        yield
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("rude", [False, True])
@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_answer_is_stopped_while_a_tracer_is_at_work(name, rude):
    tracer, answer = Tracer(rude), defined(ENDLESS[name])[name]
    with traced(tracer):
        report = examine(EXERCISES[name], answer, (SHOWN_SEED,), edge=False)
    assert "no end" in str(report), str(report)
    assert tracer.told["line"] > 10
    assert tracer.told["call"] == tracer.told["return"] > 0


@pytest.mark.parametrize("core", ["ctrace", "pytrace"])
def test_an_endless_answer_is_stopped_under_coverage_which_goes_on_afterwards(core, monkeypatch):
    monkeypatch.setenv("COVERAGE_CORE", core)
    answer, measured = defined(ENDLESS["backward"])["backward"], coverage.Coverage(data_file=None, include=[__file__])

    def examined():
        report = examine(EXERCISES["backward"], answer, (SHOWN_SEED,), edge=False)
        return str(report), sys._getframe().f_lineno

    with traced(sys.gettrace()), measured.collect():
        report, after = examined()
    assert "no end" in report, report
    assert after in measured.get_data().lines(__file__)


def test_what_a_collection_of_garbage_calls_does_not_hide_the_end():
    """An exception is lost in there, and with it the trace that raised it."""
    def waste(phase, info):
        for _ in range(100):
            pass

    long = "def grad_graph(root, wrt):\n    g = Value(1.0)\n    for _ in range(20_000):\n        g = g * 1.0\n    return g"
    thresholds = gc.get_threshold()
    gc.callbacks.append(waste)
    gc.set_threshold(10)
    try:
        report = examine(EXERCISES["grad_graph"], defined(long)["grad_graph"], (SHOWN_SEED,), edge=False)
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(waste)
    assert "no end" in str(report), str(report)
    assert gc.isenabled()


def test_an_endless_walk_over_a_cycle_is_told_so():
    walk = "def topological_order(root):\n    order, stack = [], [root]\n    while stack:\n        node = stack.pop()\n" \
           "        if node in order:\n            order.remove(node)\n        order.append(node)\n" \
           "        stack.extend(node.parents)\n    return order[::-1]"
    args = (graphs.CYCLE, {"a": 1.5}, ["d"], True)
    assert call(defined(walk)["topological_order"], args, EXERCISES["topological_order"].driver).result == "no end"


def test_a_higher_recursion_limit_ends_with_the_call():
    before = sys.getrecursionlimit()
    form = next(form for form in EXERCISES["topological_order"].alternatives if "higher limit" in form.title)
    assert graded("topological_order", form.function).run.passed
    assert sys.getrecursionlimit() == before
    assert sys.gettrace() is None


# ------------------------------------------------------------------------------------ the nodes

def test_names_of_the_notebook_are_given_back():
    names = defined(ENGINES["local_gradients"])
    value, lent = names["Value"], names["grad_graph"]
    graded("second_derivative", names["second_derivative"])
    graded("backward", names["backward"])
    assert names["Value"] is value and names["grad_graph"] is lent
    del names["Value"]
    graded("backward", names["backward"])
    assert "Value" not in names


def test_the_drivers_need_python_alone_and_hold_no_number_of_a_result():
    for exercise in EXERCISES.values():
        tree = ast.parse(exercise.driver)
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert imported == {"contextlib", "functools", "gc", "math", "sys"}
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        numbers = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)
                   and isinstance(node.value, int | float) and not isinstance(node.value, bool)}
        assert numbers <= {0, 1, 1.5, 2, 5, 60, 500, 1_000, 10_000}, numbers


def test_counted_rules_are_called_back():
    calls = []
    graph, inputs = graphs.DOUBLINGS, {"a": 0.7}
    call(solutions()["backward"], (graph, inputs, ["u"], False, lambda: calls.append(1)), EXERCISES["backward"].driver)
    assert len(calls) == graphs.EDGES


@pytest.mark.parametrize(("graph", "inputs", "wrt"), [
    ("e = x.exp(); c = x ** 3; f = e * x + 2 - c / (x + 4)", {"x": 0.7}, "x"),
    ("p = x * y; r = p.relu(); f = r * p - y * 3", {"x": 0.7, "y": 1.2}, "y"),
    ("f = total([x, y, x], [2, 3, 5]) * x", {"x": 0.7, "y": 1.2}, "x")])
@pytest.mark.parametrize("order_", [1, 2])
def test_the_nodes_differentiate_as_autodiff_does(graph, inputs, wrt, order_):
    """The nodes on which answers are tried: each rule against autodiff, for numbers and for nodes."""
    args = (graph, inputs, "f", wrt, order_)
    found = call(solutions()["grad_graph"], args, EXERCISES["grad_graph"].driver)
    assert found.result == pytest.approx(higher.graph_gradient(*args))


# ------------------------------------------------------------------------------------ messages

@pytest.mark.parametrize(("name", "answer", "words"), [
    ("topological_order", "def topological_order(root):\n    return [root]", "is missing from the list"),
    ("topological_order", "def topological_order(root):\n    return [1.0]", "should be a list of nodes"),
    ("grad_graph", "def grad_graph(root, wrt):\n    return 1.0",
     "grad_graph should return a Value"),
    ("second_derivative", "def second_derivative(f, x):\n    return f(Value(x))",
     "second_derivative should return a number, not a Value"),
    ("Value", "class Value:\n    def __init__(self, data):\n        self.data = data\n    def __add__(self, other):\n"
     "        return Value(self.data + other.data)", "has no attribute"),
    ("count_edges", "def count_edges(root):\n    return [1]", "`edges`"),
])
def test_other_wrong_answers_are_answered_in_words(name, answer, words):
    assert words in str(graded(name, defined(answer)[name]))


def test_an_error_without_a_message_is_not_enough():
    bare = ENGINES["local_gradients"].replace('raise ValueError("the graph has a cycle")', "raise ValueError")
    report = graded("topological_order", defined(bare)["topological_order"])
    assert report.diagnosis.code == "W07"
    assert report.run.score == 3.5
