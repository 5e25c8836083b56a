"""Assignment 01: its worked examples by number, from the oracles and from the solutions, and what it counts."""

import re

import numpy as np
import pytest

import autodiff
from course.authoring.sourcetext import read_source
from course.checks.draws import Draw
from course.checks.examining import SHOWN_SEED, examine
from course.declarations import exercises
from course.declarations.chain_rule import graphs
from course.places import ROOT

EXERCISES = exercises("01_chain_rule")
SOURCE = read_source(ROOT / "course/sources/assignments/01_chain_rule.py", ROOT)
SUM_TIMES, OLAH, NINE_PATHS = graphs.SUM_TIMES, graphs.OLAH, graphs.NINE_PATHS
XYZ, AB = [-2.0, 5.0, -4.0], [2.0, 1.0]


@pytest.fixture(scope="module")
def solutions():
    """What the source's code cells define: the answers of the solution, by name."""
    names = {}
    for cell in SOURCE.cells:
        if cell.kind == "code" and "from course import" not in cell.text:
            exec(cell.text, names)
    return names


def square(t):
    return t * t


# name, arguments, result: the worked examples as the assignment prints them
WORKED = [
    ("numerical_derivative", (square, 1.5), 3.0),
    ("numerical_derivative", (np.sin, 0.7), 0.7648),
    ("numerical_derivative", (lambda x: x * -3.0, 4.0), -3.0),      # f = xy at x = 4, y = -3, nudging x
    ("numerical_derivative", (lambda y: 4.0 * y, -3.0), 4.0),       # and nudging y
    ("circuit_backward", (-2.0, 5.0, -4.0), (-4.0, -4.0, 3.0)),
    ("squared_sum_backward", (-2.0, 5.0), (6.0, 6.0)),
    ("purchase_backward", (100.0, 2.0, 1.1), (2.2, 110.0, 200.0)),
    ("basket_backward", (100.0, 2.0, 150.0, 3.0, 1.1),
     {"apple": 2.2, "n_apple": 110.0, "orange": 3.3, "n_orange": 165.0, "tax": 650.0}),
    ("chain_grad_stored", (square, lambda t: 2 * t, 1.5, 3), 136.6875),
    ("chain_grad_recomputed", (square, lambda t: 2 * t, 1.5, 3), 136.6875),
    ("grad_table", (SUM_TIMES, [-2.0, 5.0, -4.0, 3.0, -12.0]), {0: -4.0, 1: -4.0, 2: 3.0, 3: -4.0, 4: 1.0}),
    ("grad_table", (OLAH, [2.0, 1.0, 3.0, 2.0, 6.0]), {0: 2.0, 1: 5.0, 2: 2.0, 3: 3.0, 4: 1.0}),
    ("evaluate_graph", (SUM_TIMES, XYZ), [-2.0, 5.0, -4.0, 3.0, -12.0]),
    ("evaluate_graph", (OLAH, AB), [2.0, 1.0, 3.0, 2.0, 6.0]),
    ("sum_over_paths", (OLAH, [2.0, 1.0, 3.0, 2.0, 6.0], 1), 5.0),
    ("sum_over_paths", (OLAH, [2.0, 1.0, 3.0, 2.0, 6.0], 0), 2.0),
    ("sum_over_paths", (NINE_PATHS, [1.0, 10.0, 310.0], 0), 310.0),
    ("sum_over_paths", (NINE_PATHS, [1.0, 10.0, 310.0], 2), 1.0),
]


@pytest.mark.parametrize(("name", "args", "result"), WORKED)
def test_a_worked_example_by_number(solutions, name, args, result):
    """The oracle and the solution both give what is printed, to the digits that are printed."""
    for f in (EXERCISES[name].oracle, solutions[name]):
        got = f(*args)
        if isinstance(result, dict):
            assert got.keys() == result.keys()
            got, wanted = list(got.values()), list(result.values())
        else:
            wanted = result
        assert np.allclose(got, wanted, rtol=1e-9 if name != "numerical_derivative" else 1e-4)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_scores_all_points(solutions, name):
    exercise = EXERCISES[name]
    report = examine(exercise, solutions[name], (SHOWN_SEED, 5, 6), edge=True, graded=True)
    assert report.run.passed, str(report)
    assert report.run.score == exercise.points


def test_there_are_ten_functions_and_twenty_points():
    assert len(EXERCISES) == 10
    assert sum(exercise.points for exercise in EXERCISES.values()) == 20


def test_every_value_of_the_forward_passes_that_the_prose_tells():
    prose = re.sub(r"\s+", " ", " ".join(cell.text for cell in SOURCE.cells if cell.kind == "markdown"))

    def tells(text, value, wanted):
        assert text in prose
        assert value == pytest.approx(wanted, rel=1e-9)

    tells("q = 3 and f = −12", graphs.forward(SUM_TIMES, XYZ)[3:], [3, -12])
    tells("dq = −4", graphs.all_gradients(SUM_TIMES, [-2.0, 5.0, -4.0, 3.0, -12.0])[3], -4)
    tells("t is 3", -2 + 5, 3)
    tells("100 · 2 · 1.1 = 220", 100 * 2 * 1.1, 220)
    tells("1.1 at the sum before tax, and 2.2 at the price",
          autodiff.vjp(lambda goods, tax: goods * tax, 200.0, 1.1)[1](1.0), [1.1, 200])
    tells("0.01 · 200 = 2", 0.01 * 200, 2)
    tells("(100 · 2 + 150 · 3) · 1.1 = 650 · 1.1 = 715", [100 * 2 + 150 * 3, 650 * 1.1], [650, 715])
    tells("1.5, 2.25 and 5.0625", [1.5**2, 2.25**2], [2.25, 5.0625])
    tells("3 · 4.5 · 10.125 = 136.6875", [2 * 1.5, 2 * 2.25, 2 * 5.0625, 3 * 4.5 * 10.125], [3, 4.5, 10.125, 136.6875])
    tells("2 + 1 + 0 = 3 calls of `f`, in general $n(n-1)/2$", 3 * (3 - 1) // 2, 3)
    tells("36 edges, but 262,144 paths", [2 * 18, 2**18], [36, 262144])
    products = [a * b for a in (2, 3, 5) for b in (7, 11, 13)]
    tells("14 + 22 + 26 + 21 + 33 + 39 + 35 + 55 + 65 = 310", sum(products), 310)
    assert " + ".join(map(str, products)) in prose
    tells("(2 + 3 + 5) · (7 + 11 + 13) = 10 · 31", [2 + 3 + 5, 7 + 11 + 13], [10, 31])
    tells("through a + b it is 1 · 2 = 2, and through b + 1 it is 1 · 3 = 3", graphs.forward(OLAH, AB)[2:4], [3, 2])


@pytest.mark.parametrize("seed", range(20))
def test_a_random_graph_has_three_inputs_one_of_them_late_and_no_dead_end(seed):
    graph, inputs = graphs.random_graph(Draw(seed))
    assert len(inputs) == graph.count(None) == 3
    assert graph.index(None, 2) > 2
    used = {p for entry in graph if entry for p in entry[2]}
    assert used == set(range(len(graph) - 1))
    assert all(max(entry[2]) < i for i, entry in enumerate(graph) if entry)


@pytest.mark.parametrize("seed", range(5))
def test_the_oracle_of_graphs_agrees_with_central_differences(seed):
    graph, inputs = graphs.random_graph(Draw(seed))
    u = graphs.forward(graph, inputs)
    table, h = graphs.all_gradients(graph, u), 1e-6
    for i in range(len(graph)):
        nudge = [h * (k == i) for k in range(len(graph))]
        above = graphs.forward(graph, inputs, nudge)[-1]
        below = graphs.forward(graph, inputs, [-step for step in nudge])[-1]
        assert table[i] == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-6)


def graded(name, f):
    return examine(EXERCISES[name], f, (SHOWN_SEED, 9), edge=True, graded=True)


def test_walking_all_paths_is_stopped_early_and_named_though_the_walk_is_of_another_kind(solutions):
    """2**18 calls would follow: after 360 a local gradient raises, once for all."""
    calls = []

    def grad_table(graph, u):
        def from_above(i, g, grads):
            calls.append(i)
            grads[i] += g
            if graph[i] is not None:
                _, partials, parents = graph[i]
                for k, p in enumerate(parents):
                    from_above(p, g * partials[k](*[u[q] for q in parents]), grads)
            return grads
        return from_above(len(graph) - 1, 1.0, dict.fromkeys(range(len(graph)), 0.0))

    report = graded("grad_table", grad_table)
    assert report.diagnosis.code == "E04"
    assert report.run.score == 2.25
    assert len(calls) < 3000


def test_a_second_pass_over_the_edges_is_counted():
    def twice(graph, u):
        solution = EXERCISES["grad_table"].alternatives[0].function
        solution(graph, u)
        return solution(graph, u)

    report = graded("grad_table", twice)
    assert (report.diagnosis.code, report.run.score) == ("B32", 2.25)
    assert "36 edges were called 72 times" in str(report)


@pytest.mark.parametrize(("name", "n"), [("chain_grad_stored", 7), ("chain_grad_recomputed", 7)])
def test_calls_are_counted_on_the_checking_side(solutions, name, n):
    """An answer that calls f once more than it should keeps the value's points and loses the count's."""
    def answer(f, fprime, w, n):
        f(w)
        return solutions[name](f, fprime, w, n)

    report = graded(name, answer)
    assert report.diagnosis.code == "B32"
    assert report.run.score == EXERCISES[name].points - 0.5


def test_a_better_difference_is_not_the_centred_one():
    """Five points are more accurate, but take four calls; and the error does not fall by 4."""
    def five_points(f, x, h=1e-5):
        return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)

    report = graded("numerical_derivative", five_points)
    assert report.run.score == 1.0


@pytest.mark.parametrize("answer", [
    lambda f, x, h=1e-5: "steep", lambda f, x, h=1e-5: [1.0, 2.0], lambda f, x, h=1e-5: {"slope": 1.0}])
def test_a_slope_that_is_no_number_gets_a_sentence(answer):
    report = graded("numerical_derivative", answer)
    assert report.run.score == 0.0
    assert "Traceback" not in str(report)


def test_a_step_of_the_error_is_told_in_numbers():
    report = graded("numerical_derivative", lambda f, x, h=1e-5: (f(x + 3e-6) - f(x - 3e-6)) / 6e-6)
    assert report.diagnosis.code == "C32"
    assert report.run.score == 1.5


@pytest.mark.parametrize("grads", [{}, {0: 1.0}, [1.0] * 5, {"0": 1.0}, None, 3.0])
def test_a_table_of_another_form_gets_a_sentence(grads):
    report = graded("grad_table", lambda graph, u: grads)
    assert report.run.score == 0.0
    assert "Traceback" not in str(report)
