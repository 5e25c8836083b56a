"""A prediction cell waits for a number, and tells right from wrong."""

import pytest

from course import predict


@pytest.mark.parametrize(("guess", "words"), [
    (..., "Your turn"), (None, "Your turn"), ("eight", "type a number"), (-20, "✓ Yes, it is -20."),
    (-20.1, "✓"), (20, "the sign is not"), (3, "You said 3; it is -20.")])
def test_what_a_guess_is_told(capsys, guess, words):
    predict(guess, lambda: 2 * (3 * -4 + max(2, -1)))
    assert words in capsys.readouterr().out


def test_zero_is_no_sign_mistake(capsys):
    predict(0.0, 0)
    assert "✓" in capsys.readouterr().out
