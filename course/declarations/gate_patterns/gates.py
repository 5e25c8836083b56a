"""What the declarations of single gates share."""

from course.checks.exercise import Check


def numbers_and_arrays(n, example, points, draw=None):
    """The two checks that every gate of n arguments has: numbers (the worked example first), and arrays."""
    numbers = (lambda d: [draw(d) for _ in range(3)]) if draw else (lambda d: d.mirrored(n))
    arrays = draw or (lambda d, *shape: d.arrays(n, *shape))
    return (
        Check("numbers", points / 2, lambda d: [example, *numbers(d)]),
        Check("arrays", points / 2, lambda d: [arrays(d, 5), arrays(d, 2, 3)]),
    )
