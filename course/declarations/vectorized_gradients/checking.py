"""A gradient check, tried on gradients that are right and on others that are wrong."""

import numpy as np

import autodiff
from course.checks.calling import Formula
from course.checks.comparing import as_numbers, said
from course.checks.covering import FAR, NEAR
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT
from course.words import later, tr

FLAGGED = 1e-5      # a gradient check above this says "wrong"
# What is differentiated. It runs beside the answer, which calls it some three hundred times.
SIN, SQUARE, CUBE = Formula("np.sin"), Formula("lambda v: v * v"), Formula("lambda v: v**3")
SMALL, NOTHING = Formula("lambda v: 1e-7 * np.sin(v)"), Formula("lambda v: 0 * v")
RELU, TURNED = Formula("lambda v: np.maximum(v, 0.0)"), Formula("lambda v: v * v[::-1]")
TANH = Formula("np.tanh")
SOFTMAX = Formula("lambda v: (lambda e: e / e.sum(axis=-1, keepdims=True))(np.exp(v - v.max(axis=-1, keepdims=True)))")


def _matrix(d):
    return Formula("lambda v: W @ v", W=d.array(4, 2))


def _pullback(f, x, dout):
    return autodiff.vjp(f, np.asarray(x, float))[1](dout)[0]


def right_gradients(d):
    """(what it is, f, x, dout, the right gradient): twelve that a gradient check must let pass."""
    kinks = np.array([1e-4, -1e-4, 0.7, -1.3])
    functions = [
        ("sin(x)", SIN, np.array([0.0, d.positive(FAR, 50), d.number(), d.positive(NEAR / 10, NEAR)])),
        (later("exp(30 x), which is steep"), Formula("lambda v: np.exp(30 * v)"), d.positives(3, low=0.1, high=0.4)),
        ("softmax(x)", SOFTMAX, d.array(2, 3)),
        (later("relu(x), 0.0001 away from its kink"), RELU, kinks),
        ("W @ x", _matrix(d), d.array(2, 3)),
        (later("0 · x, whose gradient is 0"), NOTHING, d.array(3)),
        ("0.0000001 · sin(x)", SMALL, d.array(3)),
        ("100000000 · cos(x)", Formula("lambda v: 1e8 * np.cos(v)"), d.array(3)),
        (later("the sum of x² in each row"), Formula("lambda v: (v * v).sum(axis=1)"), d.array(3, 2)),
        ("1 / x", Formula("lambda v: 1 / v"), d.array(3)),
        # So near 0 that it shows where an element that was nudged is not put back
        (later("x times x turned around"), TURNED, d.array(3, low=0.02, high=0.06)),
        (later("tanh(x), x with three axes"), TANH, d.array(2, 1, 2)),
    ]
    for title, f, x in functions:
        dout = d.array(*f(x).shape)
        if f is TANH:
            dout.flat[:3] = 0.0, d.positive(FAR, 50), d.positive(NEAR / 10, NEAR)
        if f is SIN:        # at 0 and near it its slopes are above 0
            dout[0], dout[-1] = abs(dout[0]), -abs(dout[-1])
        right = _pullback(f, x, dout)
        if f is SIN:        # right to five digits: what doubles or adds up the differences flags it
            right[[0, -1]] += 0.6 * FLAGGED * np.abs(right).max()
        yield f"f(x) = {tr(title)}", f, x, dout, right


def wrong_gradients(d):
    """(what is wrong, f, x, dout, a wrong gradient): twelve that a gradient check must flag."""
    # where |x| is at most 1, a one-sided difference is near enough to the right gradient that is asked beside the first
    x, y, square = d.array(4, high=1.0), d.array(2, 3), d.array(3, 3)
    dx, dy, dsquare = d.array(4), d.array(2, 3), d.array(3, 3)
    A = d.array(3, 3)
    sin, soft, cube = _pullback(SIN, x, dx), autodiff.softmax(y, axis=-1), 3 * y**2 * dy
    # One of 12 elements is too large by what is flagged, and hardly more: the mean difference is not; and in `zero` one
    # is too small.
    many, dmany = d.array(3, 4, low=0.1, high=0.3), d.array(3, 4)
    many[0, 0] = 3.0
    zero, cancels, last = cube.copy(), sin.copy(), 3 * many**2 * dmany
    last[2, 3] += 6 * FLAGGED * np.abs(last).max()
    zero.flat[cube.argmax()] = 0.0
    cancels += np.array([0.1, -0.1, 0.2, -0.2])
    return [
        (later("the upstream gradient is missing"), SIN, x, dx, np.cos(x)),
        (later("the sign"), SIN, x, dx, -sin),
        (later("the last element is a little off"), CUBE, many, dmany, last),
        (later("one element is 0"), CUBE, y, dy, zero),
        (later("the errors add up to 0"), SIN, x, dx, cancels),
        (later("the transpose"), Formula("lambda v: v @ A", A=A), square, dsquare, (dsquare @ A.T).T),
        (later("one of two paths"), TURNED, x, dx, dx * x[::-1]),
        (later("every value a third of what it should be"), CUBE, y, dy, cube / 3),
        (later("softmax's diagonal only"), SOFTMAX, y, dy, soft * (1 - soft) * dy),
        (later("relu passes nothing"), RELU, abs(x) * [1, -1, 1, -1], dx, 0.0 * dx),       # nor should it everywhere
        (later("a small gradient, twice too large"), SMALL, x, dx, 2e-7 * sin),
        (later("a gradient where there is none"), NOTHING, x, dx, 1e-3 * dx * [1, 1, 0, 1]),
    ]


def sorts(cases, flag):
    """The test that gradient_check tells these gradients for what they are: `flag` says whether wrong ones.

    Some of the other sort are asked too: what says the same of all gradients has told none from another.
    """
    def test(ask):
        first = None
        drawn = [(case, flag) for case in cases(ask.draw)]
        drawn += [(other, not flag) for other in _others(*drawn[0][0], flag)]
        asked = ask.each(args for (_, *args), _ in drawn)
        for ((title, *_), sort), error in zip(drawn, asked, strict=False):      # a stub's answer is the last
            problem = _verdict(ask, title, error, sort)
            if problem and not first:
                first = problem
                ask.here()
        return first
    return test


def _others(title, f, x, dout, analytic, flag):
    """A right gradient beside a wrong one; beside a right one, twice this, and this with one element doubled."""
    if flag:
        return [(later("its right gradient"), f, x, dout, _pullback(f, x, dout))]
    one = analytic.copy()
    one.flat[np.abs(one).argmax()] *= 2
    return [(tr("{title}, and twice its gradient", title=title), f, x, dout, 2 * analytic),
            (tr("{title}, and its gradient with the largest element doubled", title=title), f, x, dout, one)]


def _verdict(ask, title, error, flag):
    """What is wrong with the error that gradient_check gave for one gradient, or None."""
    number = as_numbers(error)
    if number is None or number.shape or isinstance(error, bool):
        ask.count("no number")
        return said("`gradient_check` should return one number: how far the two gradients are apart, relative to the "
                    "larger.", title="type of the result")
    value = float(number)
    # What is recorded tells wrong forms apart: the verdict, and how sure it was.
    ask.count("nan" if np.isnan(value) else f"{value:.1f}" if FLAGGED < value < 1e6 else value > FLAGGED)
    return None if (value > FLAGGED) == flag and not np.isnan(value) else _missed(title, value, flag)


def _missed(title, value, flag):
    if np.isnan(value):
        return said(tr("Your check returned nan ({title}), which is no verdict.", title=tr(title)),
                    "What should it return when both gradients are 0?", "C09", "0 divided by 0")
    if flag:
        return said(tr("A wrong gradient got through: {title}. Your check returned {value}, and only what is above "
                       "0.00001 counts as flagged.", title=tr(title), value=f"{value:.3g}"),
                    "Which elements does your check look at, and how?", "W08", "a wrong gradient got through")
    return said(tr("A right gradient was flagged: {title}. Your check returned {value}, which is above 0.00001.",
                   title=tr(title), value=f"{value:.3g}"),
                "Which is off there: your numeric gradient, or what you make of the two?",
                "W09", "a right gradient was flagged")


def squares(d):
    x, dout = d.array(3, low=0.6), d.array(3)       # where x is small, a one-sided difference might be flagged
    dout[:2] = np.copysign(dout[:2], x[:2] * [1, -1])       # gradients of both signs
    return SQUARE, x, dout, 2 * x * dout


def right_square(d):
    f, x, dout, dx = squares(d)
    return [("f(x) = x²", f, x, dout, dx)]


def doubled_square(d):
    f, x, dout, dx = squares(d)
    return [("f(x) = x², and twice its gradient", f, x, dout, 2 * dx)]


def of_integers(d):
    x, dout = np.array([2, -3, 4]), np.array([3, -2, 5])
    return [("f(x) = x², x an array of integers", SQUARE, x, dout, 2.0 * x * dout)]


def of_float32(d):
    x, dout = d.array(4, high=0.7).astype(np.float32), d.array(4)
    dx = _pullback(SIN, x, dout).astype(np.float32)
    return [("f(x) = sin(x), x an array of float32", SIN, x, dout, dx)]


def _gradient_check(start="x = np.array(x, dtype=float)", h="1e-5", at="x.ravel()[i]",
                    numeric="((up - down) * dout).sum() / (2 * h)",
                    end="top = max(np.abs(analytic).max(), np.abs(n).max())\n"
                        "return np.abs(analytic - n).max() / top if top else 0.0"):
    """The body of an unhurried right answer, with one part replaced."""
    return f"""
{start}
h = {h}
n = np.zeros(x.shape)
flat = x.reshape(-1)
for i in range(x.size):
    old = {at}
    flat[i] = old + h
    up = f(x)
    flat[i] = old - h
    down = f(x)
    flat[i] = old
    n.reshape(-1)[i] = {numeric}
{end}"""


# ------------------------------------------------------------------------------------ gradient_check

GRADIENT_CHECK = Exercise(
    "gradient_check(f, x, dout, analytic)", "error", points=2, oracle=None,
    checks=(
        Check("lets the gradient of x² pass", 0.25, test=sorts(right_square, False)),
        Check("flags twice that gradient", 0.25, test=sorts(doubled_square, True)),
        Check("flags twelve wrong gradients", 0.5, edge=True, once=True, test=sorts(wrong_gradients, True)),
        Check("lets twelve right gradients pass", 0.5, edge=True, test=sorts(right_gradients, False)),
        Check("integers", 0.25, edge=True, test=sorts(of_integers, False)),
        Check("float32", 0.25, edge=True, test=sorts(of_float32, False)),
    ),
    outside={"analytic": "it follows from x and dout"},
    hints=("Of which single number is `analytic` the gradient? (f(x) may be an array; dout weighs its entries.)",
           "For every element of x: nudge it up and down by h, sum dout · (f(up) − f(down)), divide by 2h. Then "
           "compare all elements, relative to the largest of both gradients.",
           "Start with a float copy of x, h = 0.00001. The result is the largest absolute difference, divided by the "
           "largest absolute value of either gradient, or 0.0 if that is 0."),
    read='lesson 4, "gradient checking"', difficulty=4, minutes=15,
)

GRADIENT_CHECK.mistake(code="G01", title="upstream dropped",
                       says="Your numeric gradient is that of the sum of f(x); dout does not come in.",
                       ask="Of which number is `analytic` the gradient?",
                       body=_gradient_check(numeric="(up - down).sum() / (2 * h)"))
GRADIENT_CHECK.mistake(code="C01", title="integers",
                       says="The step was lost where x is an array of integers: 2 + 0.00001 is stored as 2.",
                       ask="Which dtype must the array have that you nudge?",
                       body=_gradient_check(start="x = x.copy()\n"
                                                  "if x.dtype == np.float32:\n"
                                                  "    x = x.astype(float)"))


@GRADIENT_CHECK.mistake(code="C02", title="one-sided",
                        says="A difference to one side only is not accurate enough: a steep function was flagged.",
                        ask="What does a step to the other side cancel?")
def gradient_check(f, x, dout, analytic):
    x = np.array(x, dtype=float)
    h = 1e-5
    n = np.zeros(x.shape)
    base = f(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        n[i] = ((f(x) - base) * dout).sum() / h
        x[i] = old
    top = max(np.abs(analytic).max(), np.abs(n).max())
    return np.abs(analytic - n).max() / top if top else 0.0


GRADIENT_CHECK.mistake(code="C03", title="step too small",
                       says="Your step is so small that rounding drowns the difference.",
                       ask="How many digits are left of f(x + h) − f(x − h)?",
                       body=_gradient_check(h="1e-12"))
GRADIENT_CHECK.mistake(code="C07", title="step too large",
                       says="Your step is so large that it jumps over a kink, or past the curve.",
                       ask="How near to a kink may x lie?",
                       body=_gradient_check(h="1e-3"))
GRADIENT_CHECK.mistake(code="C04", title="float32",
                       says="In float32 a difference of two nearly equal values has hardly a right digit.",
                       ask="Which dtype should x have while you nudge it?",
                       body=_gradient_check(start="x = x.copy()\nif x.dtype.kind != 'f':\n    x = x.astype(float)"))
GRADIENT_CHECK.mistake(code="C05", title="x left changed",
                       says="Your function changed its argument `x`: after a nudge it did not put back what was there.",
                       ask="How can x be as it was, to the last bit?",
                       body=_gradient_check(start="x = x if x.dtype == float else x.astype(float)",
                                            at="flat[i] + h"))
GRADIENT_CHECK.mistake(code="C05", title="x not quite put back",
                       says="Your function changed its argument `x`: adding and subtracting a step does not lead back "
                            "to the last bit.",
                       ask="How can x be as it was, exactly?",
                       body=_gradient_check(start="x = x if x.dtype == float else x.astype(float)",
                                            at="(flat[i] + 1.0) - 1.0"))
GRADIENT_CHECK.mistake(code="C06", title="checked at zero",
                       says="You nudged zeros in place of x.",
                       ask="At which point is `analytic` the gradient?",
                       body=_gradient_check(start="x = np.zeros(x.shape)"))
GRADIENT_CHECK.mistake(code="C09", title="0 divided by 0",
                       says="Where both gradients are 0 your check returns nan, which is no verdict.",
                       ask="What should it return when both gradients are 0?",
                       body=_gradient_check(end="return np.abs(analytic - n).max() / "
                                                "np.maximum(np.abs(analytic).max(), np.abs(n).max())"))
GRADIENT_CHECK.mistake(code="C12", title="absolute difference",
                       says="You did not divide by the size of the gradients: large right ones are flagged, small "
                            "wrong ones pass.",
                       ask="What is a difference of 0.001 worth if the gradient is 1,000,000?",
                       body=_gradient_check(end="return np.abs(analytic - n).max()"))
GRADIENT_CHECK.mistake(code="C13", title="direction only",
                       says="Your check compares directions; a gradient that is twice too large passes.",
                       ask="Which number tells 2·g from g?",
                       body=_gradient_check(end="top = np.sqrt((analytic**2).sum() * (n**2).sum())\n"
                                                "return 1 - (analytic * n).sum() / top if top else "
                                                "float(np.any(analytic))"))
GRADIENT_CHECK.mistake(code="C14", title="errors cancel",
                       says="You summed the differences with their signs: errors that go up and down cancel.",
                       ask="What should be taken of each difference first?",
                       body=_gradient_check(end="top = max(np.abs(analytic).max(), np.abs(n).max())\n"
                                                "return abs((analytic - n).sum()) / top if top else 0.0"))
GRADIENT_CHECK.mistake(code="C15", title="the first element only",
                       says="Your check looks at one element.",
                       ask="Where could a mistake hide from it?",
                       body=_gradient_check(end="top = max(np.abs(analytic).max(), np.abs(n).max())\n"
                                                "return np.abs(analytic - n).flat[0] / top if top else 0.0"))
GRADIENT_CHECK.mistake(code="C17", title="divided by one step",
                       says="You divided by h; between x − h and x + h there are two steps.",
                       ask="How far are the two points apart?",
                       body=_gradient_check(numeric="((up - down) * dout).sum() / h"))


@GRADIENT_CHECK.mistake(**CONSTANT)
def gradient_check(f, x, dout, analytic):
    return 0.5


@GRADIENT_CHECK.alternative(title="columns of the identity")
def gradient_check(f, x, dout, analytic):
    x = np.asarray(x, float)
    h = 1e-6
    n = [np.sum((f(x + h * e.reshape(x.shape)) - f(x - h * e.reshape(x.shape))) * dout) / (2 * h)
         for e in np.eye(x.size)]
    a = np.ravel(analytic)
    top = np.abs([a, n]).max()
    return float(np.abs(a - n).max() / top) if top else 0.0


@GRADIENT_CHECK.alternative(title="in place, and put back")
def gradient_check(f, x, dout, analytic):
    x = x if x.dtype == float else x.astype(float)
    h, worst, top = 1e-5, 0.0, 0.0
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        up = np.sum(f(x) * dout)
        x[i] = old - h
        down = np.sum(f(x) * dout)
        x[i] = old
        n = (up - down) / (2 * h)
        worst = max(worst, abs(n - analytic[i]))
        top = max(top, abs(n), abs(analytic[i]))
    return worst / top if top else 0.0


@GRADIENT_CHECK.alternative(title="four points")
def gradient_check(f, x, dout, analytic):
    x = np.array(x, dtype=np.float64)
    h = 3e-5
    n = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        d = 8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))
        n[i] = np.sum(d * dout) / (12 * h)
    top = max(abs(n).max(), abs(analytic).max())
    return np.max(abs(n - analytic)) / top if top > 0 else 0


@GRADIENT_CHECK.alternative(title="a sum in the denominator")
def gradient_check(f, x, dout, analytic):
    x = np.array(x, dtype=float)
    h = 1e-5
    n = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        n[i] = np.sum((f(x + e) - f(x - e)) * dout) / (2 * h)
    return np.linalg.norm(analytic - n) / max(1e-30, np.linalg.norm(analytic) + np.linalg.norm(n))
