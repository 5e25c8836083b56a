"""Assignment 03: the sigmoid, a neuron through its gates and in one step, its loss, and where it stops learning.

Examples: the neuron w = [2, -3, -3], x = [-1, -2] is that of the CS231n notes (Karpathy 2015, "Backpropagation,
Intuitions"), with figures of four digits; the vanishing product is that of Hochreiter (1991) and Bengio, Simard and
Frasconi (1994).
"""

import functools
import itertools

import numpy as np

import autodiff
from course.checks.comparing import compare, said
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import constant, only_numbers, upstream_added, upstream_dropped, wrapped

STABLE = 'lesson 3, "the stable form"'
ONE_GATE = 'lesson 3, "one gate instead of four"'
GATES = 'lesson 3, "through the gates"'
TANH = 'lesson 3, "tanh, the sigmoid\'s sister"'
LOSS = 'lesson 3, "a loss that undoes the saturation"'
STEP = 'lesson 3, "one step downhill"'
PRODUCT = 'lesson 3, "the vanishing product"'

W, X = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])


# ------------------------------------------------------------------------------------ the neuron

STAGES = ("w0x0", "w1x1", "sum", "dot", "neg", "exp", "plus1", "f")
RED = ("f", "plus1", "exp", "neg", "dot")


def stages(w, x, nudges=None):
    """The eight stages of the neuron of two inputs; `nudges` adds a number to some of them, by name."""
    nudges = nudges or {}
    s = {"w": w, "x": x}
    for name, value in (
        ("w0x0", lambda: w[0] * x[0]),
        ("w1x1", lambda: w[1] * x[1]),
        ("sum", lambda: s["w0x0"] + s["w1x1"]),
        ("dot", lambda: s["sum"] + w[2]),
        ("neg", lambda: -s["dot"]),
        ("exp", lambda: autodiff.exp(s["neg"])),
        ("plus1", lambda: s["exp"] + 1),
        ("f", lambda: 1 / s["plus1"]),
    ):
        s[name] = value() + nudges.get(name, 0.0)
    return s


def neuron_cache(w, x):
    """The oracle of neuron_forward: plain numbers, and w and x as they came."""
    return {name: value if name in "wx" else float(value) for name, value in stages(w, x).items()}


def red_numbers(cache, dout=1.0):
    """The oracle of neuron_backward_gates: nudge a stage, and see how f moves."""
    w, x = (np.asarray(cache[name], float) for name in "wx")
    _, pullback = autodiff.vjp(lambda w, x, nudges: stages(w, x, nudges)["f"], w, x, dict.fromkeys(RED, 0.0))
    dw, dx, red = pullback(dout)
    return {**{name: float(red[name]) for name in RED}, "dw": dw, "dx": dx}


def _inner(w, x):
    return (w[:-1] * x).sum() + w[-1]


def neuron_gradient(w, x, dout=1.0):
    """The oracle of neuron_backward, for any number of inputs."""
    _, pullback = autodiff.vjp(lambda w, x: autodiff.sigmoid(_inner(w, x)), np.asarray(w, float), np.asarray(x, float))
    return tuple(pullback(dout))


def bce(w, x, t):
    """-(t ln f + (1 - t) ln(1 - f)) of the neuron, without f: ln(1 + e^z) - t z has no logarithm of 0."""
    z = _inner(w, x)
    return autodiff.softplus(z) - t * z


def bce_gradient(w, x, t):
    """The oracle of bce_backward."""
    _, pullback = autodiff.vjp(lambda w, x: bce(w, x, t), np.asarray(w, float), np.asarray(x, float))
    return tuple(pullback(1.0))


def neuron(d, inputs=2):
    """Random w and x; the bias makes their weighted sum a moderate one, so that 1 - f keeps its digits."""
    w, x = d.array(inputs + 1), d.array(inputs)
    w[-1] = d.number() - w[:-1] @ x
    return w, x


def caches(d):
    """The cache of the worked example, and another with an upstream gradient."""
    return [(neuron_cache(W, X),), (neuron_cache(*neuron(d)), d.number())]


def lists(w, x):
    return w.tolist(), x.tolist()


# (w, x) with a weighted sum of 1000 and of -1000: there f is 1, or 0, to the last digit
HIGH = (np.array([300.0, -200.0, 100.0]), np.array([2.0, -1.5]))
LOW = (-HIGH[0], HIGH[1])


def agrees_with_the_gates(ask):
    """Twenty draws, each compared with the gate-by-gate gradient to 1e-12."""
    for _ in range(20):
        (w, x), dout = neuron(ask.draw), ask.draw.number()
        red = red_numbers({"w": w, "x": x}, dout)
        expected = red["dw"], red["dx"]
        asked = ask.record((w, x, dout), expected)
        if asked.problem:
            return asked.problem
        off = max(float(np.abs(np.asarray(got) - right).max() / np.abs(right).max())
                  for got, right in zip(asked.reply.result, expected, strict=True))
        if ask.count(off > 1e-12):
            return said(f"Your gradients and those that come gate by gate differ by {off:.0e} of their size. That is more "
                        "than rounding.", "Which step of yours is an approximation?", "C37", "not to the last digits")
    return None


def the_loss_falls(ask):
    """One step towards 1 and one towards 0: a step that pays no heed to the gradient's sign goes wrong in one of them."""
    for (w, x), t in itertools.product([neuron(ask.draw), neuron(ask.draw)], (0.0, 1.0)):
        dw, _ = bce_gradient(w, x, t)
        after = ask(w, dw, 0.1)
        problem = compare(after, w, ("w",))
        if problem and problem.kind != "value":
            return problem
        falls = bool(bce(np.asarray(after, float), x, t) < bce(w, x, t))
        if not ask.count(falls):
            return said(f"Before the step the loss was {float(bce(w, x, t)):.4f}; after it, it is "
                        f"{float(bce(np.asarray(after, float), x, t)):.4f}.", "Which way does the gradient point, uphill or "
                        "downhill?", "T03", "the loss does not fall")
    return None


def slope_product(zs):
    """The oracle of vanishing_product."""
    slope = autodiff.grad(autodiff.sigmoid)
    return functools.reduce(lambda product, z: product * float(slope(float(z))), zs, 1.0)


def logit(p):
    return np.log(p / (1 - p))


def half_open(d, *shape):
    """Outputs of a sigmoid."""
    return 1 / (1 + np.exp(-(d.array(*shape) if shape else d.number())))


# ------------------------------------------------------------------------------------ wrong forms

def _forward(**changed):
    """A wrong form of neuron_forward: the stages, with some of them changed."""
    lines = {"w0x0": "w[0] * x[0]", "w1x1": "w[1] * x[1]", "sum": "w0x0 + w1x1", "dot": "sum_ + w[2]", "neg": "-dot",
             "exp": "np.exp(neg)", "plus1": "exp + 1", "f": "1 / plus1", **changed}
    body = "".join(f"{'sum_' if name == 'sum' else name} = {value}\n" for name, value in lines.items())
    return body + ("return {'w': w, 'x': x, 'w0x0': w0x0, 'w1x1': w1x1, 'sum': sum_, 'dot': dot, 'neg': neg, 'exp': exp, "
                   "'plus1': plus1, 'f': f}")


def _gates(dw="[ddot * x[0], ddot * x[1], ddot]", dx="[ddot * w[0], ddot * w[1]]", **changed):
    """A wrong form of neuron_backward_gates: the walk back, with some lines changed."""
    lines = {"df": "dout", "dplus1": "df * -1 / cache['plus1']**2", "dexp": "dplus1", "dneg": "dexp * cache['exp']",
             "ddot": "-dneg", **changed}
    return ("w, x = cache['w'], cache['x']\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
            + "return {'f': df, 'plus1': dplus1, 'exp': dexp, 'neg': dneg, 'dot': ddot, "
            f"'dw': {dw}, 'dx': {dx}}}")


def _neuron(ddot="dout * f * (1 - f)", dw="np.append(ddot * x, ddot)", dx="ddot * w[:-1]", before=""):
    """A wrong form of neuron_backward: one step of it changed."""
    return (f"w, x = np.asarray(w, float), np.asarray(x, float)\n{before}z = np.dot(w[:-1], x) + w[-1]\n"
            f"f = 1 / (1 + np.exp(-z))\nddot = {ddot}\nreturn {dw}, {dx}")


def _bce(dz="f - t", f="1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))", dw="np.append(dz * x, dz)",
         dx="dz * w[:-1]"):
    """A wrong form of bce_backward: one step of it changed."""
    return (f"w, x = np.asarray(w, float), np.asarray(x, float)\nz = np.dot(w[:-1], x) + w[-1]\n"
            f"f = {f}\ndz = {dz}\nreturn {dw}, {dx}")


_STABLE = "np.where(x < 0, 1 - 1 / (1 + np.exp(-np.abs(x))), 1 / (1 + np.exp(-np.abs(x))))"


# ------------------------------------------------------------------------------------ the exercises

EXERCISES = (
    Exercise(
        "sigmoid(x)", "y", 2, lambda x: autodiff.sigmoid(np.asarray(x, x.dtype if hasattr(x, "dtype") and
                                                                  x.dtype.kind == "f" else float)[()]),
        checks=(
            Check("numbers", 0.75, lambda d: [0.0, 1.0, d.number(), -d.positive(), d.positive(2.7, 5.0)]),
            Check("arrays and integers", 0.5, edge=True, draw=lambda d: [
                d.array(5), d.array(2, 3), 3, -2, np.array([-3, 0, 2, 5]), d.array(4).astype(np.float32)]),
            Check("1000 and −1000", 0.75, edge=True, draw=lambda d: [
                1000.0, -1000.0, -800.0, np.array([-1000.0, -1.5, 0.5, 1000.0])]),
        ),
        mistakes=(
            ("A10", "overflow", "e = np.exp(x)\nreturn e / (1 + e)", "e^1000 does not fit into a number, and infinity divided "
             "by infinity is nan.", "Which exponent would be small instead?"),
            ("G15", "the minus is lost", "1 / (1 + np.exp(x))", "Your curve falls; the sigmoid rises.",
             "What is the sigmoid of a large x?"),
            ("C01", "an array of integers", "y = np.zeros_like(x)\ny[...] = " + _STABLE + "\nreturn y[()]",
             "x came as integers, and an array like x can't hold what lies between 0 and 1.",
             "What is the dtype of the array that you wrote into?"),
            ("G62", "the slope, not the value", "s = " + _STABLE + "\nreturn s * (1 - s)", "That is the sigmoid's slope.",
             "What is the sigmoid of 1?"),
            ("G63", "tanh", "np.tanh(x)", "That is tanh, which lies between −1 and 1.", "What is the sigmoid of 0?"),
            ("G64", "tanh of x, not of x/2", "(1 + np.tanh(x)) / 2", "tanh was moved and squeezed, but it is twice too steep.",
             "Which slope has the sigmoid at 0, and which has yours?"),
            ("G65", "the 1 is lost", "np.exp(np.minimum(x, 700.0))", "The 1 below the line is missing.",
             "What is the sigmoid of 0?"),
            ("G30", "right for positive inputs only", "1 / (1 + np.exp(-np.abs(x)))", "The sign of x is lost.",
             "Is the sigmoid of −1 above or below a half?"),
            ("G66", "cut off", "1 / (1 + np.exp(-np.clip(x, -2.5, 2.5)))", "The input was cut off too early.",
             "From where on are two outputs the same to you?"),
            only_numbers("def sigmoid(x):\n    import math\n    if x < 0:\n        return math.exp(x) / (1 + math.exp(x))\n"
                         "    return 1 / (1 + math.exp(-x))"),
            constant("0.7311"),
        ),
        alternatives=(
            ("the formula as it stands: numpy warns", "return 1 / (1 + np.exp(-x))"),
            ("two branches", "x = np.asarray(x)\ne = np.exp(-np.abs(x))\nreturn np.where(x < 0, e, 1) / (1 + e)"),
            ("by tanh", "return 0.5 * (1 + np.tanh(0.5 * x))"),
            ("by logarithms", "return np.exp(-np.logaddexp(0, -x))"),
            ("masks", "x = np.asarray(x)\ny = np.empty(x.shape, x.dtype if x.dtype.kind == 'f' else float)\npos = x >= 0\n"
             "y[pos] = 1 / (1 + np.exp(-x[pos]))\nneg = np.exp(x[~pos])\ny[~pos] = neg / (1 + neg)\nreturn y"),
        ),
        hints=("What is e^1000 in a computer? And e^−1000?",
               "1/(1 + e^−x) is safe for positive x, and e^x/(1 + e^x) for negative x. The exponent is never positive, so "
               "nothing overflows.",
               "Let e be the exponential of minus the absolute value of x. Below the line stands 1 + e. Above it "
               "stands 1 where x is positive, else e: np.where chooses, element by element."),
        read=STABLE, difficulty=2, minutes=6,
    ),
    Exercise(
        "sigmoid_backward(dout, out)", "dx", 2, gradient_of(autodiff.sigmoid, at=logit), upstream="dout",
        checks=(
            Check("numbers", 1, lambda d: [(1.0, 0.7311), *((d.number(), half_open(d)) for _ in range(3))]),
            Check("arrays", 0.5, lambda d: [(d.array(5), half_open(d, 5)), (d.array(2, 3), half_open(d, 2, 3))]),
            Check("out as a forward pass leaves it", 0.5, edge=True, draw=lambda d: [
                (d.number(), 1 / (1 + np.exp(-3.0))), (d.number(), 1 / (1 + np.exp(5.0))), (d.number(), 0.5),
                (d.array(4), half_open(d, 4))]),
        ),
        mistakes=(
            upstream_dropped("out * (1 - out)"),
            upstream_added("dout + out * (1 - out)"),
            ("G17", "the sigmoid applied twice", "s = 1 / (1 + np.exp(-out))\nreturn dout * s * (1 - s)",
             "`out` is the sigmoid's value already.", "Which number lies between 0 and 1: x or out?"),
            ("G41", "the input instead of the output", "x = np.log(out / (1 - out))\nreturn dout * x * (1 - x)",
             "You went back to the input; the slope is made of the output.", "What would x·(1 − x) give at x = 1?"),
            ("G67", "the slope of e^x", "dout * out", "One factor is missing: the sigmoid flattens out above, too.",
             "How steep is the sigmoid where out is nearly 1?"),
            ("G68", "the other factor is missing", "dout * (1 - out)", "One factor is missing: the sigmoid is flat below, "
             "too.", "How steep is the sigmoid where out is nearly 0?"),
            ("G69", "the slope of tanh", "dout * (1 - out**2)", "1 − out² belongs to tanh.",
             "How steep is the sigmoid where out is a half?"),
            ("G11", "sign", "dout * out * (out - 1)", "The sigmoid rises everywhere.", "Which sign has 1 − out?"),
            ("X04", "summed to one number", "np.sum(dout * out * (1 - out))", "Each element has a gradient of its own: "
             "nothing is summed.", "Which shape has out, and so dx?"),
            constant("0.1966"),
            wrapped("np.array([dout * out * (1 - out)])"),
        ),
        alternatives=(
            ("multiplied out", "return dout * (out - out**2)"),
            ("by the input", "x = np.log(out) - np.log1p(-out)\ne = np.exp(-x)\nreturn dout * e / (1 + e)**2"),
            ("a lambda", "sigmoid_backward = lambda dout, out: (1 - out) * dout * out"),
        ),
        hints=("Where is the sigmoid steepest, and where is it flat?",
               "The slope is out · (1 − out): made of the output alone. Multiply it by the upstream gradient.",
               "A product of three: dout, out, and what out lacks to 1."),
        read=ONE_GATE, difficulty=1, minutes=3,
    ),
    Exercise(
        "neuron_forward(w, x)", "cache", 2, neuron_cache,
        checks=(
            Check("the worked example", 1, lambda d: [(W, X)]),
            Check("other weights and inputs", 1, edge=True, draw=lambda d: [
                *(neuron(d) for _ in range(3)), (np.array([2, -3, -3]), np.array([-1, -2])), lists(*neuron(d))]),
        ),
        mistakes=(
            ("G15", "the minus is lost", _forward(neg="dot"), "`neg` should be the negative of `dot`.",
             "Which sign has −(1)?"),
            ("B38", "the bias is missing", _forward(dot="sum_"), "The bias w[2] was left out.",
             "Which of the three weights has no input?"),
            ("B39", "the bias in two places", _forward(sum="w0x0 + w1x1 + w[2]", dot="sum_"), "`sum` holds the bias already; "
             "it belongs into `dot`.", "Which gate adds w[2]?"),
            ("G36", "weights and inputs mixed up", _forward(w0x0="w[0] * x[1]", w1x1="w[1] * x[0]"), "A weight met the other "
             "weight's input.", "Which input belongs to w[0]?"),
            ("G65", "the 1 is lost", _forward(plus1="exp"), "`plus1` should be one more than `exp`.",
             "Which gate comes after exp?"),
            ("G70", "not turned over", _forward(f="plus1"), "The last gate, 1/x, is missing.",
             "Between which numbers must f lie?"),
            ("X33", "rounded", _forward(f="round(1 / plus1, 4)", plus1="round(exp + 1, 4)", exp="round(float(np.exp(neg)), 4)"),
             "The values were rounded to four digits. Print rounded numbers, but keep the others.",
             "What happens to a rounding error in the next gate?"),
            ("X31", "entries are missing", _forward().replace("'w0x0': w0x0, 'w1x1': w1x1, ", ""), "The cache lacks stages that "
             "come before the sum.", "Which eight stages does the stub name?"),
            ("X34", "the value alone", _forward().split("return")[0] + "return f", "You returned f alone; the backward pass "
             "needs every stage.", "What does the gate 1/x need on the way back?"),
            ("X02", "the worked example's numbers", "return {'w': w, 'x': x, 'w0x0': -2.0, 'w1x1': 6.0, 'sum': 4.0, "
             "'dot': 1.0, 'neg': -1.0, 'exp': 0.36787944117, 'plus1': 1.36787944117, 'f': 0.73105857863}",
             "These are the numbers of the worked example, whatever comes in.",
             "Which of the arguments does your result depend on?"),
        ),
        alternatives=(
            ("a dict that grows", "c = dict(w=w, x=x)\nc['w0x0'], c['w1x1'] = w[0] * x[0], w[1] * x[1]\nc['sum'] = c['w0x0'] + c['w1x1']\n"
             "c['dot'] = c['sum'] + w[2]\nc['neg'] = c['dot'] * -1\nc['exp'] = np.e ** c['neg']\nc['plus1'] = 1 + c['exp']\n"
             "c['f'] = c['plus1'] ** -1.0\nreturn c"),
            ("copies", _forward().replace("'w': w, 'x': x", "'w': list(w), 'x': np.array(x, float)")),
            ("a product of arrays", "p = np.asarray(w)[:2] * np.asarray(x)\ns = p.sum()\nd = s + w[2]\ne = np.exp(-d)\n"
             "return {'f': 1 / (1 + e), 'plus1': 1 + e, 'exp': e, 'neg': -d, 'dot': d, 'sum': s, 'w0x0': p[0], 'w1x1': p[1], "
             "'w': w, 'x': x}"),
        ),
        hints=("Which gate comes first? Give each gate a line, and each line a name.",
               "Eight lines: two products, two sums, the negative, the exponential, plus 1, one over. Then put them into a "
               "dict, with w and x.",
               "sum adds the two products; dot adds w[2] to it; neg is minus dot; exp is np.exp of neg; and so on."),
        read=GATES, difficulty=1, minutes=5,
    ),
    Exercise(
        "neuron_backward_gates(cache, dout=1.0)", "grads", 4, red_numbers, upstream="dout",
        checks=(
            *(Check(f"{name}: {gate}", 0.5, caches, part=name) for name, gate in zip(
                RED, ("where it starts", "through 1/x", "through +1", "through exp", "through × (−1)"), strict=True)),
            Check("dw: through + and ×", 0.75, caches, part="dw"),
            Check("dx: through + and ×", 0.75, caches, part="dx"),
        ),
        mistakes=(
            ("G11", "sign of 1/x", _gates(dplus1="df / cache['plus1']**2"), "1/x falls when x grows.",
             "Which sign comes down from the exponent −1?"),
            ("G12", "1/x not squared", _gates(dplus1="-df / cache['plus1']"), "The power rule leaves x⁻², not x⁻¹.",
             "What is d(x⁻¹)/dx?"),
            ("G13", "exp times its input", _gates(dneg="dexp * cache['neg']"), "e^x is its own slope: it takes the gate's "
             "output, not its input.", "Which entry of the cache is the output of exp?"),
            ("G13b", "exp applied twice", _gates(dneg="dexp * np.exp(cache['exp'])"), "cache['exp'] is e^x already: it is its own "
             "slope.", "What is the derivative of e^x, in terms of e^x?"),
            ("G14", "exp by the power rule", _gates(dneg="dexp * cache['neg'] * np.exp(cache['neg'] - 1)"), "The power rule is "
             "for x in the base; here x is the exponent.", "Which of the two is constant in e^x?"),
            ("G15", "the minus is lost", _gates(ddot="dneg"), "There is a gate × (−1) between dot and neg.",
             "When dot rises, which way does neg go?"),
            ("G01", "upstream dropped", _gates(df="1.0"), "The walk began with 1, not with the upstream gradient.",
             "What should reach the weights if dout were 0?"),
            ("B04", "started with the output", _gates(df="dout * cache['f']"), "The walk began with the value of f.",
             "How much does f change when f changes by 1?"),
            ("G02", "inputs not swapped", _gates(dw="[ddot * w[0], ddot * w[1], ddot]", dx="[ddot * x[0], ddot * x[1]]"),
             "Each weight got its own value, and each input too: the local gradient for one factor is the other.",
             "If x[0] is 0, can w[0] move the product?"),
            ("G26", "the bias scaled by its own value", _gates(dw="[ddot * x[0], ddot * x[1], ddot * w[2]]"),
             "The bias is added, not multiplied: its local gradient is 1.", "By how much does dot grow when w[2] grows by 1?"),
            ("G71", "the added 1 in the gradient", _gates(dexp="dplus1 + 1"), "The gate +1 passes the gradient on as it is.",
             "By how much does plus1 grow when exp grows by 1?"),
            ("G29", "weights and inputs both", _gates(dw="[ddot * w[0] * x[0], ddot * w[1] * x[1], ddot]",
                                                      dx="[ddot * w[0] * x[0], ddot * w[1] * x[1]]"),
             "Each result holds both factors; the local gradient for one is the other alone.",
             "How much does w·x grow when x grows by 1?"),
            ("B31", "a gate on the path is skipped", _gates(dneg="dexp"), "The gate exp was passed without its local gradient.",
             "How steep is e^x where its value is cache['exp']?"),
            ("X02", "the worked example's numbers", "return {'f': 1.0, 'plus1': -0.5344, 'exp': -0.5344, 'neg': -0.1966, "
             "'dot': 0.1966, 'dw': [-0.1966, -0.3932, 0.1966], 'dx': [0.3932, -0.5898]}",
             "These are the numbers of the worked example, whatever comes in.",
             "Which of the arguments does your result depend on?"),
        ),
        alternatives=(
            ("arrays", "c, w, x = cache, np.asarray(cache['w']), np.asarray(cache['x'])\ng = {'f': dout}\n"
             "g['plus1'] = -g['f'] * c['f']**2\ng['exp'] = g['plus1']\ng['neg'] = g['exp'] * c['exp']\ng['dot'] = -g['neg']\n"
             "g['dw'] = g['dot'] * np.append(x, 1.0)\ng['dx'] = g['dot'] * w[:2]\nreturn g"),
            ("another order of the entries", "w, x, d = cache['w'], cache['x'], dout * cache['f'] * (1 - cache['f'])\n"
             "e = -dout / cache['plus1']**2\nreturn {'dx': (d * w[0], d * w[1]), 'dw': (d * x[0], d * x[1], d), 'dot': d, "
             "'neg': -d, 'exp': e, 'plus1': e, 'f': dout}"),
            ("0-d arrays", "g = np.array(dout)\np = -g / np.square(cache['plus1'])\nn = p * np.exp(cache['neg'])\n"
             "return {'f': g, 'plus1': p, 'exp': p, 'neg': n, 'dot': -n, 'dw': [-n * v for v in (*cache['x'], 1)], "
             "'dx': [-n * v for v in list(cache['w'])[:2]]}"),
        ),
        hints=("Which gradient do you know before you start? Which gate comes next on the way back?",
               "One line for each gate, in reverse order: 1/x, +1, exp, × (−1), then + (which copies), then the products "
               "(which swap).",
               "plus1 is the one of f times minus one over plus1 squared. exp is the same as plus1. neg is that times the "
               "output of exp. dot is minus that."),
        read=GATES, difficulty=3, minutes=10,
    ),
    Exercise(
        "neuron_backward(w, x, dout=1.0)", "dw, dx", 2, neuron_gradient, upstream="dout",
        checks=(
            Check("the worked example", 0.5, lambda d: [(W, X)]),
            Check("another upstream gradient", 0.5, lambda d: [(*neuron(d), d.number()), (*neuron(d), d.number())]),
            Check("lists, integers, any number of inputs", 0.5, edge=True, draw=lambda d: [
                (*neuron(d, 4), d.number()), ([2, -3, -3], [-1, -2]), (*lists(*neuron(d, 3)), d.number()), neuron(d, 1)]),
            Check("as gate by gate, to 1e-12", 0.5, edge=True, test=agrees_with_the_gates),
        ),
        mistakes=(
            ("G01", "upstream dropped", _neuron("f * (1 - f)"), "The gradients do not depend on dout.",
             "What should reach the weights if dout were 0?"),
            ("G16", "σ′ from the input", _neuron("dout * z * (1 - z)"), "The sigmoid's slope is made of its output; you put in "
             "the weighted sum.", "What would z·(1 − z) give at z = 1?"),
            ("G17", "the sigmoid applied twice", _neuron("dout * (s := 1 / (1 + np.exp(-f))) * (1 - s)"),
             "The slope was taken of f put through the sigmoid once more.", "Which number lies between 0 and 1 already?"),
            ("G02", "inputs not swapped", _neuron(dw="np.append(ddot * w[:-1], ddot)", dx="ddot * x"),
             "The weights got the weights and the inputs the inputs: the local gradient for one factor is the other.",
             "If x[0] is 0, can w[0] move the sum?"),
            ("B01", "overwritten in the loop", _neuron(dw="[(i == len(x) - 1) * ddot * x[i] for i in range(len(x))] + [ddot]"),
             "All but the last input's weight got 0, as if each turn of a loop had begun anew.",
             "What do you do with what you have already, when the next entry comes?"),
            ("B38", "the bias is missing", _neuron(dw="ddot * x"), "dw has one entry too few: the bias is a weight too.",
             "By how much does the sum grow when the bias grows by 1?"),
            ("B40", "the bias at the front", _neuron(dw="np.append(ddot, ddot * x)"), "The bias is the last entry of w, so its "
             "gradient is the last of dw.", "Which entry of w has no input?"),
            ("G26", "the bias scaled by its own value", _neuron(dw="np.append(ddot * x, ddot * w[-1])"),
             "The bias is added, not multiplied: its local gradient is 1.", "By how much does the sum grow when the bias "
             "grows by 1?"),
            ("G11", "sign", _neuron("-dout * f * (1 - f)"), "A larger sum gives a larger f.", "Which sign has 1 − f?"),
            ("G67", "a factor of the slope is missing", _neuron("dout * f"), "The slope of the sigmoid has two factors.",
             "How steep is the sigmoid where f is nearly 1?"),
            ("C01", "an array of integers", _neuron(dw="(dw.__setitem__(slice(-1), ddot * x), dw.__setitem__(-1, ddot), dw)[2]",
                                                    before="").replace("w, x = ", "dw = np.zeros_like(w)\nw, x = "),
             "w came as integers, and an array like w can't hold a fraction.",
             "What is the dtype of the array that you wrote into?"),
            ("X33", "rounded", _neuron("dout * round(f, 2) * (1 - round(f, 2))"), "f was rounded on the way: 0.73 in place of "
             "0.7311 gives 0.1971 in place of 0.1966.", "Where may one round, and where not?"),
            ("X32", "right for the worked example's size only", "z = w[0] * x[0] + w[1] * x[1] + w[2]\nf = 1 / (1 + np.exp(-z))\n"
             "d = dout * f * (1 - f)\nreturn [d * x[0], d * x[1], d], [d * w[0], d * w[1]]",
             "Two inputs go through; other numbers of inputs do not.", "How many entries has w, as against x?"),
            ("C36", "a numerical slope", "w, x = np.array(w, float), np.array(x, float)\n"
             "F = lambda w, x: 1 / (1 + np.exp(-(np.dot(w[:-1], x) + w[-1])))\nh = 1e-5\n"
             "dw = [dout * (F(w + h * e, x) - F(w - h * e, x)) / (2 * h) for e in np.eye(len(w))]\n"
             "dx = [dout * (F(w, x + h * e) - F(w, x - h * e)) / (2 * h) for e in np.eye(len(x))]\nreturn dw, dx",
             "The numbers are nearly right, as those of a difference are; the exact gradient takes one step.",
             "What is the slope of the sigmoid, made of f?"),
            constant("[-0.1966, -0.3932, 0.1966], [0.3932, -0.5898]"),
            ("X05", "the results the other way round", _neuron().replace("return np.append(ddot * x, ddot), ddot * w[:-1]",
                                                                         "return ddot * w[:-1], np.append(ddot * x, ddot)"),
             "dx came first; the stub names dw first.", "In which order come the arguments?"),
        ),
        alternatives=(
            ("lists", "z = sum(a * b for a, b in zip(w, x)) + w[-1]\nf = 1 / (1 + np.exp(-z))\nd = dout * (1 - f) * f\n"
             "return [*(d * value for value in x), d], [d * value for value in w[:-1]]"),
            ("gate by gate", "w, x = np.asarray(w), np.asarray(x)\ne = np.exp(-(w[:-1] @ x + w[-1]))\ndplus1 = -dout / (1 + e)**2\n"
             "ddot = -dplus1 * e\nreturn np.concatenate([ddot * x, [ddot]]), w[:-1] * ddot"),
            ("an input of 1 for the bias", "x1 = np.array([*x, 1.0])\nf = 1 / (1 + np.exp(-np.einsum('i,i', w, x1)))\n"
             "d = dout * f * (1 - f)\nreturn d * x1, d * np.array(w)[:len(x)]"),
            ("the complex step", "w, x = np.array(w, complex), np.array(x, complex)\n"
             "F = lambda w, x: 1 / (1 + np.exp(-(np.dot(w[:-1], x) + w[-1])))\nh = 1e-30\n"
             "dw = [dout * np.imag(F(w + 1j * h * e, x)) / h for e in np.eye(len(w))]\n"
             "dx = [dout * np.imag(F(w, x + 1j * h * e)) / h for e in np.eye(len(x))]\nreturn dw, dx"),
        ),
        hints=("The four last gates together are one: what is the slope of the sigmoid, made of f?",
               "One number does most of it: ddot = dout · f · (1 − f). The weights get the inputs times it, the inputs the "
               "weights, the bias ddot itself.",
               "Compute the sum and f. dw holds ddot times each x, and ddot at the end. dx holds ddot times each weight but "
               "the last."),
        read=ONE_GATE, difficulty=2, minutes=6,
    ),
    Exercise(
        "tanh_backward(dout, out)", "dx", 1, gradient_of(autodiff.tanh, at=np.arctanh), upstream="dout",
        checks=(
            Check("numbers", 0.5, lambda d: [
                (1.0, 0.4621), *((d.number(), float(np.tanh(x))) for x in (
                    d.number(0.3, 1.8), d.number(0.3, 1.8), -d.positive(0.3, 1.8)))]),
            Check("arrays and fresh draws", 0.5, edge=True, draw=lambda d: [
                (d.array(5), np.tanh(d.array(5))), (d.array(2, 3), np.tanh(d.array(2, 3))), (d.number(), float(np.tanh(-2.5))),
                (d.number(), 0.0)]),
        ),
        mistakes=(
            ("G18", "tanh applied twice", "dout * (1 - np.tanh(out)**2)", "`out` is tanh(x) already.",
             "Where does tanh stand a second time?"),
            upstream_dropped("1 - out**2"),
            upstream_added("dout + 1 - out**2"),
            ("G41", "the input instead of the output", "dout * (1 - np.arctanh(out)**2)", "You went back to the input; the slope is "
             "made of the output.", "How steep is tanh at x = 2, by your formula?"),
            ("G43", "a sigmoid's slope", "dout * out * (1 - out)", "out·(1 − out) belongs to the sigmoid.",
             "How steep is tanh at 0, where out is 0?"),
            ("G72", "not squared", "dout * (1 - out)", "The slope is the same for out and −out.",
             "Is tanh steeper at −1 than at 1?"),
            ("G30", "right for positive inputs only", "dout * (1 - out * np.abs(out))", "The slope is the same for out and −out.",
             "Is tanh steeper at −1 than at 1?"),
            ("G11", "sign", "dout * (out**2 - 1)", "tanh rises everywhere.", "Which sign has 1 − out²?"),
            ("G73", "the root of the slope", "dout * np.sqrt(1 - out**2)", "That is too large: the root should not be there.",
             "What is the derivative of tanh?"),
            constant("0.7865"),
            only_numbers("float(dout) * (1 - float(out)**2)"),
            wrapped("np.array([dout * (1 - out**2)])"),
        ),
        alternatives=(
            ("two factors", "return dout * (1 - out) * (1 + out)"),
            ("by the input", "return dout / np.cosh(np.arctanh(out))**2"),
            ("multiplied out", "return dout - dout * out * out"),
        ),
        hints=("How steep is tanh at 0, where out is 0? And where out is nearly 1?",
               "The slope is 1 − out²: made of the output alone. Multiply it by the upstream gradient.",
               "dout times the difference of 1 and the square of out."),
        read=TANH, difficulty=1, minutes=2,
    ),
    Exercise(
        "bce_backward(w, x, t)", "dw, dx", 2, bce_gradient,
        checks=(
            Check("t of 1", 0.75, lambda d: [(W, X, 1), (*neuron(d), 1), (*neuron(d), 1)]),
            Check("t of 0", 0.5, edge=True, draw=lambda d: [(W, X, 0), (*neuron(d), 0), (*neuron(d), 0)]),
            Check("a saturated neuron", 0.5, edge=True, draw=lambda d: [
                (*HIGH, 1), (*HIGH, 0), (*LOW, 1), (*LOW, 0)]),
            Check("lists, integers, any number of inputs", 0.25, edge=True, draw=lambda d: [
                (*neuron(d, 4), 1), ([2, -3, -3], [-1, -2], 0), (*lists(*neuron(d, 3)), 1), (*neuron(d, 1), 0)]),
        ),
        mistakes=(
            ("A09", "target minus output", _bce("t - f"), "The sign: that is the way downhill, but the gradient points uphill.",
             "When t is 1, should more of f raise the loss or lower it?"),
            ("A10", "0 divided by 0", _bce("(f - t) / (f * (1 - f)) * f * (1 - f)"), "Where the neuron is saturated, f or 1 − f is "
             "0, and you divide by it.", "Which factors cancel before you divide?"),
            ("A10", "overflow", _bce(f="np.exp(z) / (1 + np.exp(z))"), "e^1000 does not fit into a number, and infinity divided "
             "by infinity is nan.", "Which exponent would be small instead?"),
            ("G74", "the slope of the loss alone", _bce("-(t / f) + (1 - t) / (1 - f)"), "You stopped at f: the gate σ is "
             "missing between the loss and the sum.", "What is df/dz, made of f?"),
            ("G75", "the slope of σ once too often", _bce("(f - t) * f * (1 - f)"), "That is the gradient of a squared error "
             "(f − t)²/2, which dies where f saturates.", "What is 1/f times f·(1 − f)?"),
            ("G76", "right for t of 1 only", _bce("f - 1"), "t does not stand in your formula, as if it were always 1.",
             "What should the gradient be when t is 0 and f is 0?"),
            ("G77", "t is ignored", _bce("f"), "t does not stand in your formula, as if it were always 0.",
             "What should the gradient be when t is 1 and f is 1?"),
            ("G02", "inputs not swapped", _bce(dw="np.append(dz * w[:-1], dz)", dx="dz * x"), "The weights got the weights and "
             "the inputs the inputs: the local gradient for one factor is the other.", "If x[0] is 0, can w[0] move the sum?"),
            ("B38", "the bias is missing", _bce(dw="dz * x"), "dw has one entry too few: the bias is a weight too.",
             "By how much does the sum grow when the bias grows by 1?"),
            ("B04", "started with the output", _bce("(f - t) * -(t * np.log(max(f, 1e-300)) + (1 - t) * np.log(max(1 - f, 1e-300)))"),
             "You multiplied by the value of the loss.", "How much does the loss change when it changes by 1?"),
            ("G26", "the bias scaled by its own value", _bce(dw="np.append(dz * x, dz * w[-1])"), "The bias is added, not "
             "multiplied: its local gradient is 1.", "By how much does the sum grow when the bias grows by 1?"),
            ("G79", "no answer in it", _bce("f - 0.5"), "The answer t is not in it.", "What should the gradient be when f is "
             "exactly t?"),
            constant("[0.2689, 0.5379, -0.2689], [-0.5379, 0.8068]"),
        ),
        alternatives=(
            ("a clipped output", "w, x = np.asarray(w, float), np.asarray(x, float)\nz = w[:-1] @ x + w[-1]\n"
             "f = np.clip(1 / (1 + np.exp(-np.clip(z, -700, 700))), 1e-12, 1 - 1e-12)\n"
             "dz = (-t / f + (1 - t) / (1 - f)) * f * (1 - f)\nreturn np.append(dz * x, dz), dz * w[:-1]"),
            ("lists", "z = sum(a * b for a, b in zip(w, x)) + w[-1]\ne = np.exp(-abs(z))\nf = (1 if z >= 0 else e) / (1 + e)\n"
             "return [*((f - t) * v for v in x), f - t], [(f - t) * v for v in w[:-1]]"),
            ("the formula as it stands: numpy warns", "w, x = np.asarray(w, float), np.asarray(x, float)\n"
             "dz = 1 / (1 + np.exp(-(np.dot(w[:-1], x) + w[-1]))) - t\nreturn np.concatenate([dz * x, [dz]]), dz * w[:-1]"),
            ("by cases of t", "w, x = np.array(w, float), np.array(x, float)\nz = w[:-1].dot(x) + w[-1]\n"
             "side = z if t == 0 else -z\nf = 0.5 * (1 + np.tanh(side / 2))\ndz = f if t == 0 else -f\n"
             "return (dz * np.array([*x, 1.0])), dz * w[:-1]"),
        ),
        hints=("What is the slope of −ln f with respect to f? And what does σ multiply it by?",
               "The slope of the loss holds 1/f or 1/(1 − f), the slope of σ is f·(1 − f): they cancel. What is left for the "
               "sum is f − t.",
               "Compute the sum and f. Call f − t dz. Then it goes on as in the neuron: x times dz, and dz for the "
               "bias; w times dz."),
        read=LOSS, difficulty=3, minutes=8,
    ),
    Exercise(
        "sgd_step(w, dw, lr)", "w", 1, lambda w, dw, lr: w - lr * dw,
        checks=(
            Check("the step", 0.5, lambda d: [
                (2.0, -0.1966, 0.1), (d.array(3), d.array(3), 0.1), (d.array(2, 3), d.array(2, 3), 0.03)]),
            Check("the loss falls", 0.25, test=the_loss_falls),
            Check("w stays as it was", 0.25, edge=True, draw=lambda d: [
                (d.array(4), d.array(4), 0.7), (d.array(3, 2), d.array(3, 2), 0.001), (d.number(), d.number(), 0.25)]),
        ),
        mistakes=(
            ("T03", "sign of the step", "w + lr * dw", "The step went uphill: the gradient points to where the loss grows.",
             "Which way lies a smaller loss?"),
            ("A06", "writes into its argument", "w -= lr * dw\nreturn w", "The array w that came in was changed; whoever still "
             "uses it now has other weights.", "How could you make a new array instead?"),
            ("T31", "the learning rate is lost", "w - dw", "The step has the length of the gradient itself.",
             "Where does lr come in?"),
            ("T32", "the step alone", "-lr * dw", "You returned the change of w, not the new w.",
             "From where does the step start?"),
            ("T33", "shrinks w", "w * (1 - lr * dw)", "The step was multiplied with w; it is to be taken from w.",
             "Where does a weight of 0 go, if its gradient is 1?"),
            ("T34", "direction only", "w - lr * np.sign(dw)", "Every weight took a step of the same length.",
             "Should a steep direction and a flat one get the same step?"),
            ("T35", "divided by the learning rate", "w - dw / lr", "A smaller learning rate should give a smaller step.",
             "How far do you go when lr is 0?"),
            ("T36", "w and dw mixed up", "dw - lr * w", "Weights and gradients have changed places.",
             "Which of the two do you want back, a little changed?"),
            ("G30", "right for positive gradients only", "w - lr * np.abs(dw)", "The sign of the gradient is lost.",
             "Which way should a weight go when its gradient is negative?"),
            only_numbers("float(w) - lr * float(dw)"),
            constant("2.0197"),
        ),
        alternatives=(
            ("another order", "return -dw * lr + w"),
            ("a copy", "new = np.array(w, dtype=float)\nnew -= lr * dw\nreturn new"),
            ("np.subtract", "return np.subtract(w, np.multiply(dw, lr))"),
        ),
        hints=("The gradient points to where the loss grows. Where do you want to go?",
               "Take lr times the gradient away from w, and leave the w that came in as it was.",
               "A difference: w, less the product of the other two. It makes a new array by itself."),
        read=STEP, difficulty=1, minutes=2,
    ),
    Exercise(
        "vanishing_product(zs)", "product", 2, slope_product,
        checks=(
            Check("ten zeros, and other numbers", 1, lambda d: [
                [0.0] * 10, list(d.numbers(4)), list(d.numbers(6)), [d.number()]]),
            Check("an empty list", 0.5, edge=True, draw=lambda d: [[]]),
            Check("saturated neurons", 0.5, edge=True, draw=lambda d: [
                [1000.0, 0.5], [-1000.0], [0.3, -1000.0, 1000.0], [-20.0, 6.0], d.array(5)]),
        ),
        mistakes=(
            ("G16", "σ′ from the input", "product = 1.0\nfor z in zs:\n    product *= z * (1 - z)\nreturn product",
             "The slope is made of the sigmoid's output; you put in z itself.", "What would z·(1 − z) give at z = 0?"),
            ("G39", "the values, not the slopes", "product = 1.0\nfor z in zs:\n    product *= 1 / (1 + np.exp(-z))\nreturn product",
             "You multiplied the outputs; asked for are the slopes.", "What is the slope of the sigmoid at 0?"),
            ("B05", "the slopes added", "s = [1 / (1 + np.exp(-z)) for z in zs]\nreturn float(sum(f * (1 - f) for f in s))",
             "The slopes were added. Along a path derivatives multiply.", "Two gates in a row each let through a quarter: "
             "how much arrives?"),
            ("G78", "a quarter each time", "0.25 ** len(zs)", "A quarter is the slope at 0 only.",
             "How steep is the sigmoid at 3?"),
            ("G17", "the sigmoid applied twice", "product = 1.0\nfor z in zs:\n    f = 1 / (1 + np.exp(-1 / (1 + np.exp(-z))))\n"
             "    product *= f * (1 - f)\nreturn product", "The sigmoid was applied twice.",
             "What is the slope of the sigmoid at 0?"),
            ("G69", "the slope of tanh", "product = 1.0\nfor z in zs:\n    product *= 1 - np.tanh(z)**2\nreturn product",
             "1 − tanh² is the slope of tanh.", "What is the slope of the sigmoid at 0?"),
            ("A10", "overflow", "product = 1.0\nfor z in zs:\n    e = np.exp(z)\n    product *= e / (1 + e)**2\nreturn product",
             "e^1000 does not fit into a number, and infinity divided by infinity is nan.",
             "Which exponent would be small instead?"),
            ("B41", "the empty product", "if len(zs) == 0:\n    return 0.0\ns = [1 / (1 + np.exp(-z)) for z in zs]\n"
             "return float(np.prod([f * (1 - f) for f in s]))", "An empty list gave 0. With no gate in between, the gradient "
             "arrives unchanged.", "By what do you multiply when there is nothing to multiply by?"),
            ("B42", "began with 0", "product = 0.0\nfor z in zs:\n    f = 1 / (1 + np.exp(-z))\n    product *= f * (1 - f)\n"
             "return product", "A product that starts at 0 stays there.", "Which number changes nothing when one multiplies "
             "by it?"),
            ("B43", "the last one only", "product = 1.0\nfor z in zs:\n    f = 1 / (1 + np.exp(-z))\n    product = f * (1 - f)\n"
             "return product", "Only the last slope is left.", "What happens to the product so far when the next one comes?"),
            ("X35", "all the slopes", "return [float(f * (1 - f)) for f in (1 / (1 + np.exp(-z)) for z in zs)]",
             "You returned the slopes one by one; asked for is their product.", "What reaches the first gate?"),
            constant("9.5367431640625e-07"),
        ),
        alternatives=(
            ("arrays", "f = 1 / (1 + np.exp(-np.asarray(zs, float)))\nreturn np.prod(f * (1 - f))"),
            ("by cosh", "e = np.exp(-np.abs(np.array(zs, float)))\nreturn float((e / (1 + e)**2).prod())"),
            ("a loop", "product = 1.0\nfor z in zs:\n    e = np.exp(-abs(z))\n    product = product * e / (1 + e) / (1 + e)\n"
             "return product"),
            ("functools.reduce", "import functools\ndef vanishing_product(zs):\n"
             "    slope = lambda z: 0.25 * (1 - np.tanh(z / 2)**2)\n"
             "    return functools.reduce(lambda p, z: p * slope(z), zs, 1)"),
        ),
        hints=("What is the largest slope that the sigmoid has anywhere?",
               "Start with 1 and multiply by the slope at each z. The slope is σ(z) · (1 − σ(z)).",
               "In the loop, compute f of this z, with an exponent that is not positive; then the product is multiplied "
               "by f and by one minus f."),
        read=PRODUCT, difficulty=2, minutes=5,
    ),
)
