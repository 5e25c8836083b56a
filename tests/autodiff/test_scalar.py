"""Scalars on a tape: values, gradients, conventions at the corners, and messages."""

import gc
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import scalar
from autodiff.scalar import Scalar, Tape, exp, log, maximum, relu, sigmoid, tanh, value_and_grad


def gradient(f, *numbers):
    return value_and_grad(f)(*numbers)[1]


def central_difference(f, numbers, k, h=1e-6):
    up, down = list(numbers), list(numbers)
    up[k] += h
    down[k] -= h
    return (value_and_grad(f)(*up)[0] - value_and_grad(f)(*down)[0]) / (2 * h)


def test_the_first_example_of_the_course():
    tape = Tape()
    x, y, z = tape.leaf(-2), tape.leaf(5), tape.leaf(-4)
    f = (x + y) * z
    assert f.value == -12.0
    assert tape.gradient(f, [x, y, z]) == [-4.0, -4.0, 3.0]


def test_the_tape_is_a_flat_list_of_plain_numbers_that_reads_as_documented():
    tape = Tape()
    x, y, z = tape.leaf(-2), tape.leaf(5), tape.leaf(-4)
    f = (x + y) * z
    exp(f * 2)
    assert tape == [
        ("leaf", -2.0), ("leaf", 5.0), ("leaf", -4.0),
        ("add", 3.0, 0, 1.0, 1, 1.0),
        ("mul", -12.0, 3, -4.0, 2, 3.0),
        ("constant", 2.0),
        ("mul", -24.0, 4, 2.0, 5, -12.0),
        ("exp", math.exp(-24), 6, math.exp(-24)),
    ]


def test_no_numpy_is_imported_on_the_way():
    code = "import sys, autodiff.scalar; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


SMOOTH = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x ** y,
    "neg": lambda x, y: -x + y,
    "number on the left": lambda x, y: (2 + x) * (3 - y) * (4 * x) * (5 / y) * 1.5 ** x,
    "number on the right": lambda x, y: (x + 2) * (y - 3) * (x * 4) * (y / 5) * x ** 3,
    "exp": lambda x, y: exp(x) * y,
    "log": lambda x, y: log(x) * y,
    "tanh": lambda x, y: tanh(x) * y,
    "sigmoid": lambda x, y: sigmoid(x) * y,
    "maximum": lambda x, y: maximum(x, y) * x,
    "maximum with a number": lambda x, y: maximum(0.5, x) * maximum(y, 9.0),
    "relu": lambda x, y: relu(x - y) * x,
    "forks": lambda x, y: (x + sigmoid(y)) / (sigmoid(x) + (x + y) ** 2),
}


@pytest.mark.parametrize("name", SMOOTH)
@given(x=st.floats(0.3, 3), y=st.floats(0.3, 3))
@settings(max_examples=30, deadline=None)
def test_gradients_agree_with_central_differences(name, x, y):
    f = SMOOTH[name]
    if abs(x - y) < 1e-3 or abs(x - 0.5) < 1e-3:        # kinks have a test of their own
        return
    for k, analytic in enumerate(gradient(f, x, y)):
        assert analytic == pytest.approx(central_difference(f, (x, y), k), rel=1e-5, abs=1e-6)


def test_the_values_are_pythons_own():
    x, y = 1.7, -0.6
    tape = Tape()
    a, b = tape.leaf(x), tape.leaf(y)
    pairs = [(a + b, x + y), (a - b, x - y), (a * b, x * y), (a / b, x / y), (a ** b, x ** y), (-a, -x),
             (2 + a, 2 + x), (2 - a, 2 - x), (2 * a, 2 * x), (2 / a, 2 / x), (2 ** a, 2 ** x),
             (exp(a), math.exp(x)), (log(a), math.log(x)), (tanh(a), math.tanh(x)), (relu(a), x),
             (relu(b), 0.0), (sigmoid(a), 1 / (1 + math.exp(-x))), (maximum(a, b), x), (maximum(b, 7), 7.0),
             (maximum(-7, b), y)]
    for mine, theirs in pairs:
        assert type(mine) is Scalar
        assert mine.value == pytest.approx(theirs, rel=1e-15)


def test_forks_accumulate():
    assert gradient(lambda x: x * x, 3) == [6.0]
    assert gradient(lambda x: x + x, 3) == [2.0]

    def doubled_twice(a):
        b = a + a
        return b + b
    assert gradient(doubled_twice, 3) == [4.0]
    value, (dx, dy) = value_and_grad(SMOOTH["forks"])(3, -4)
    assert (round(value, 4), round(dx, 4), round(dy, 4)) == (1.5456, 2.0596, 1.5922)


def test_a_short_path_and_a_long_one_meet():
    def f(a):
        b = 3 * a
        d = 2 * b + 1
        return d * b + b
    a = 0.7
    assert gradient(f, a)[0] == pytest.approx(36 * a + 6)           # f = 18 a² + 6 a


def test_conventions_at_the_corners():
    assert gradient(relu, 0.0) == [0.0]
    assert gradient(maximum, 2.0, 2.0) == [0.5, 0.5]
    assert gradient(lambda x: x ** 0, 0.0) == [0.0]
    assert gradient(lambda x: x ** 1, 0.0) == [1.0]
    assert gradient(lambda x: x ** 0.5, 0.0) == [math.inf]
    assert gradient(lambda x, y: x ** y, 0.0, 2.0) == [0.0, 0.0]
    assert gradient(lambda x: x ** 2, -3.0) == [-6.0]
    assert math.isnan(gradient(lambda x, y: x ** y, -3.0, 2.0)[1])


def test_sigmoid_is_stable_at_both_ends():
    assert sigmoid(1000) == 1.0
    assert sigmoid(-1000) == 0.0
    assert sigmoid(-700) == pytest.approx(math.exp(-700), rel=1e-12)
    assert gradient(sigmoid, 1000) == [0.0]
    assert gradient(sigmoid, -1000) == [0.0]


def test_functions_take_plain_numbers_and_give_plain_numbers():
    for f in (exp, log, tanh, sigmoid, relu):
        assert type(f(2)) is float
        assert f(2) == value_and_grad(f)(2)[0]
    assert type(maximum(2, 3)) is float
    assert maximum(2, 3) == 3.0


def test_nan_is_carried_along():
    for f in (exp, tanh, sigmoid, relu, lambda x: x * 2, lambda x: maximum(x, 1), lambda x: maximum(1, x)):
        assert math.isnan(value_and_grad(f)(math.nan)[0])


def test_a_gate_beside_the_path_does_not_disturb_the_gradient():
    def f(x):
        x ** 0.5            # its slope is infinite, and it leads nowhere
        return 3 * x
    assert gradient(f, 0.0) == [3.0]


def test_leaves_that_do_not_matter_get_zero():
    assert gradient(lambda x, y: x * 2, 1, 1) == [2.0, 0.0]
    tape = Tape()
    x = tape.leaf(1)
    f = x * 2
    later = tape.leaf(5)
    assert tape.gradient(f, [x, later, f]) == [2.0, 0.0, 1.0]


def test_numpy_numbers_count_as_numbers():
    tape = Tape()
    x = tape.leaf(np.float32(1.5))
    assert type(x.value) is float
    for product in (np.float64(2) * x, x * np.float64(2), np.int64(2) * x):
        assert product.value == 3.0
        assert type(product.value) is float


def test_a_long_chain_needs_no_recursion_and_leaves_no_cycles():
    def chain(x):
        for _ in range(50_000):
            x = x * 1.0001 + 0.0
        return x
    gc.collect()
    gc.disable()
    try:
        assert gradient(chain, 1.5)[0] == pytest.approx(1.0001 ** 50_000)
        assert not [thing for thing in gc.get_objects() if isinstance(thing, (Scalar, Tape))]
    finally:
        gc.enable()


def test_two_tapes_do_not_mix():
    x, y = Tape().leaf(1), Tape().leaf(2)
    for mix in (lambda: x + y, lambda: x ** y, lambda: maximum(x, y)):
        with pytest.raises(ValueError, match="different tapes"):
            mix()
    with pytest.raises(ValueError, match="another tape"):
        x.tape.gradient(x * 2, [y])


@pytest.mark.parametrize("other", ["3", None, True, 1j, [1.0], np.ones(3), np.bool_(True)])
def test_only_real_numbers_go_with_scalars(other):
    tape = Tape()
    x = tape.leaf(1)
    for attempt in (lambda: x * other, lambda: other * x, lambda: tape.leaf(other), lambda: maximum(x, other),
                    lambda: exp(other)):
        with pytest.raises(TypeError):
            attempt()
    with pytest.raises(TypeError, match="real numbers"):
        x + other


def test_what_python_has_no_number_for_is_an_error_that_names_the_gate():
    tape = Tape()
    with pytest.raises(ValueError, match=r"log\(-1\.0\)"):
        log(tape.leaf(-1))
    with pytest.raises(OverflowError, match=r"exp\(1000\.0\)"):
        exp(tape.leaf(1000))
    with pytest.raises(ValueError, match=r"pow\(-2\.0, 0\.5\)"):
        tape.leaf(-2) ** 0.5
    with pytest.raises(ZeroDivisionError):
        1 / tape.leaf(0)
    assert not any(entry[0] in ("log", "exp", "pow", "div") for entry in tape)


def test_a_function_that_returns_no_scalar_is_told_so():
    with pytest.raises(TypeError, match="taken of a Scalar"):
        value_and_grad(lambda x: 3.0)(1)
    with pytest.raises(TypeError, match=r"tape\.leaf"):
        Scalar(3.0)


def test_the_public_names_are_there():
    assert sorted(scalar.__all__) == scalar.__all__
    assert all(getattr(scalar, name).__doc__ for name in scalar.__all__)


def test_comparisons_are_of_values():
    tape = Tape()
    x, y, zero = tape.leaf(3), tape.leaf(3), tape.leaf(0)
    assert x == 3 and x == y and x != zero and x > zero and zero < 1 and x >= y and x <= 3 and not zero and x
    assert x in {x} and len({x, y}) == 2 and x is not y and +x is x and len(tape) == 3


@pytest.mark.parametrize(("x", "y", "slope"), [
    (1e-170, -1.0, -math.inf), (-1e-170, -1.0, -math.inf), (-1e-110, -2.0, math.inf), (5e-324, 0.01, math.inf)])
def test_a_power_near_0_has_a_value_and_a_slope_without_bound(x, y, slope):
    tape = Tape()
    leaf = tape.leaf(x)
    power = leaf ** y
    assert math.isfinite(power.value) and tape.gradient(power, [leaf]) == [slope]


def test_a_tape_is_asked_for_its_own_scalars():
    one, other = Tape(), Tape()
    with pytest.raises(ValueError, match="another tape"):
        one.backward(other.leaf(1.0))
