"""A row of sigmoids, in which a gradient vanishes."""

import functools

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT


def slope_product(zs):
    """The oracle of vanishing_product."""
    slope = autodiff.grad(autodiff.sigmoid)
    return functools.reduce(lambda product, z: product * float(slope(float(z))), zs, 1.0)


# ------------------------------------------------------------------------------------ vanishing_product

VANISHING_PRODUCT = Exercise(
    "vanishing_product(zs)", "product", points=2, oracle=slope_product,
    checks=(
        Check("ten zeros, and other numbers", 1, lambda d: [
            [0.0] * 10, list(d.numbers(4)), list(d.numbers(6)), [d.number()]]),
        Check("an empty list", 0.5, edge=True, draw=lambda d: [[]]),
        Check("saturated neurons", 0.5, edge=True, draw=lambda d: [
            [1000.0, 0.5], [-1000.0], [0.3, -1000.0, 1000.0], [-20.0, 6.0], d.array(5)]),
    ),
    outside={"zs": {"large": "1 − f has lost its digits there; the check of saturated neurons asks it"}},
    hints=("What is the largest slope that the sigmoid has anywhere?",
           "Start with 1 and multiply by the slope at each z. The slope is σ(z) · (1 − σ(z)).",
           "In the loop, compute f of this z, with an exponent that is not positive; then the product is multiplied "
           "by f and by one minus f."),
    read='lesson 3, "the vanishing product"', difficulty=2, minutes=5,
)


@VANISHING_PRODUCT.mistake(code="G16", title="σ′ from the input",
                           says="The slope is made of the sigmoid's output; you put in z itself.",
                           ask="What would z·(1 − z) give at z = 0?")
def vanishing_product(zs):
    product = 1.0
    for z in zs:
        product *= z * (1 - z)
    return product


@VANISHING_PRODUCT.mistake(code="G39", title="the values, not the slopes",
                           says="You multiplied the outputs; asked for are the slopes.",
                           ask="What is the slope of the sigmoid at 0?")
def vanishing_product(zs):
    product = 1.0
    for z in zs:
        product *= 1 / (1 + np.exp(-z))
    return product


@VANISHING_PRODUCT.mistake(code="B05", title="the slopes added",
                           says="The slopes were added. Along a path derivatives multiply.",
                           ask="Two gates in a row each let through a quarter: how much arrives?")
def vanishing_product(zs):
    s = [1 / (1 + np.exp(-z)) for z in zs]
    return float(sum(f * (1 - f) for f in s))


@VANISHING_PRODUCT.mistake(code="G78", title="a quarter each time",
                           says="A quarter is the slope at 0 only.",
                           ask="How steep is the sigmoid at 3?")
def vanishing_product(zs):
    return 0.25 ** len(zs)


@VANISHING_PRODUCT.mistake(code="G17", title="the sigmoid applied twice",
                           says="The sigmoid was applied twice.",
                           ask="What is the slope of the sigmoid at 0?")
def vanishing_product(zs):
    product = 1.0
    for z in zs:
        f = 1 / (1 + np.exp(-1 / (1 + np.exp(-z))))
        product *= f * (1 - f)
    return product


@VANISHING_PRODUCT.mistake(code="G69", title="the slope of tanh",
                           says="1 − tanh² is the slope of tanh.",
                           ask="What is the slope of the sigmoid at 0?")
def vanishing_product(zs):
    product = 1.0
    for z in zs:
        product *= 1 - np.tanh(z)**2
    return product


@VANISHING_PRODUCT.mistake(code="A10", title="overflow",
                           says="e^1000 does not fit into a number, and infinity divided by infinity is nan.",
                           ask="Which exponent would be small instead?")
def vanishing_product(zs):
    product = 1.0
    for z in zs:
        e = np.exp(z)
        product *= e / (1 + e)**2
    return product


@VANISHING_PRODUCT.mistake(code="B41", title="the empty product",
                           says="An empty list gave 0. With no gate in between, the gradient arrives unchanged.",
                           ask="By what do you multiply when there is nothing to multiply by?")
def vanishing_product(zs):
    if len(zs) == 0:
        return 0.0
    s = [1 / (1 + np.exp(-z)) for z in zs]
    return float(np.prod([f * (1 - f) for f in s]))


@VANISHING_PRODUCT.mistake(code="B42", title="a product that is always 0",
                           says="Your product is 0, whatever comes in: one that starts at 0, or takes in a 0 once, "
                                "stays there.",
                           ask="Which number changes nothing when one multiplies by it?")
def vanishing_product(zs):
    product = 0.0
    for z in zs:
        f = 1 / (1 + np.exp(-z))
        product *= f * (1 - f)
    return product


@VANISHING_PRODUCT.mistake(code="B43", title="the last one only",
                           says="Only the last slope is left.",
                           ask="What happens to the product so far when the next one comes?")
def vanishing_product(zs):
    product = 1.0
    for z in zs:
        f = 1 / (1 + np.exp(-z))
        product = f * (1 - f)
    return product


@VANISHING_PRODUCT.mistake(code="X35", title="all the slopes",
                           says="You returned the slopes one by one; asked for is their product.",
                           ask="What reaches the first gate?")
def vanishing_product(zs):
    return [float(f * (1 - f)) for f in (1 / (1 + np.exp(-z)) for z in zs)]


@VANISHING_PRODUCT.mistake(**CONSTANT)
def vanishing_product(zs):
    return 9.5367431640625e-07


@VANISHING_PRODUCT.alternative(title="arrays")
def vanishing_product(zs):
    f = 1 / (1 + np.exp(-np.asarray(zs, float)))
    return np.prod(f * (1 - f))


@VANISHING_PRODUCT.alternative(title="by cosh")
def vanishing_product(zs):
    e = np.exp(-np.abs(np.array(zs, float)))
    return float((e / (1 + e)**2).prod())


@VANISHING_PRODUCT.alternative(title="a loop")
def vanishing_product(zs):
    product = 1.0
    for z in zs:
        e = np.exp(-abs(z))
        product = product * e / (1 + e) / (1 + e)
    return product


@VANISHING_PRODUCT.alternative(title="functools.reduce")
def vanishing_product(zs):
    import functools

    slope = lambda z: 0.25 * (1 - np.tanh(z / 2)**2)
    return functools.reduce(lambda p, z: p * slope(z), zs, 1)
