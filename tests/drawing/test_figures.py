"""Numbers as text: the digits that are shown, and equations that hold as printed."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from course.drawing.figures import brief, equation, exact, figure, guarded, number

numbers = st.floats(-1e6, 1e6) | st.builds(     # floats alone are hardly ever between 1e-9 and 1
    lambda mantissa, power: mantissa * 10.0 ** power, st.floats(-10, 10), st.integers(-9, 5))


@pytest.mark.parametrize("x, text", [
    (-2, "−2.00"), (0, "0.00"), (-0.0, "0.00"), (-12, "−12.00"), (1.25, "1.25"), (0.36787944, "0.3679"),
    (1.36787944, "1.3679"), (0.00902, "0.00902"), (0.12302, "0.1230"), (220.00000000000003, "220.00"),
    (2.2, "2.20"), (1.5456, "1.5456"), (123.45678, "123.457"), (98765.4321, "98765.43"), (0.000123456, "0.0001235"),
    (1.2346e-7, "1.235×10⁻⁷"), (-3e9, "−3.000×10⁹"), (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "nan"),
])
def test_a_figure_has_the_digits_that_matter(x, text):
    assert figure(x) == text


@given(numbers)
@example(0.001953125)
def test_a_figure_is_within_half_a_unit_and_never_minus_zero(x):
    text = figure(x)
    assert number(text) == pytest.approx(x, rel=6e-3, abs=1e-12)    # three digits at the least
    if "×10" not in text:
        assert abs(number(text) - x) <= 0.500001 * 10.0 ** -len(text.partition(".")[2])
    assert not (text.startswith("−") and not any(digit in text for digit in "123456789"))


@given(numbers, numbers)
def test_a_product_holds_as_it_is_printed_or_says_about(a, b):
    left, right, sign, result = equation(a, "×", b, a * b)
    assert result == figure(a * b)
    if sign == "=" and "×10" not in result:
        unit = 10.0 ** -len(result.partition(".")[2])
        assert abs(number(left) * number(right) - number(result)) <= 0.500001 * unit
    assert sign in "=≈"


def test_the_neurons_famous_line_is_never_printed_wrong():
    # With two digits each it reads 0.20 × 2.00 = 0.39.
    assert equation(0.19661193, "×", 2.0, 0.39322387) == ("0.1966", "2.00", "=", "0.3932")


def test_digits_are_added_before_an_equation_gives_up():
    a, b = 1.547428, 0.512140
    left, right, sign, total = equation(a, "+", b, a + b)
    assert (left, right, sign, total) == ("1.54743", "0.51214", "=", "2.0596")
    assert equation(1 / 3, "×", 3e6, 1e6)[2] == "≈"


def test_constants_and_operands():
    assert [brief(x) for x in (2, 0.5, -1, 1 / 3)] == ["2", "0.5", "−1", "0.3333"]
    assert [brief(x) for x in (-0.0, 1e-7)] == ["0", "1.000×10⁻⁷"]
    assert guarded("−2.00") == "(−2.00)"
    assert guarded("2.00") == "2.00"
    assert exact(0.25)
    assert not exact(1 / 3)
