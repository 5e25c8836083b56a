"""The neuron through its eight gates, forward and back."""

import numpy as np

from course.checks.covering import Made
from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT
from course.declarations.sigmoid_neuron.neurons import RED, W, X, lists, neuron, red_numbers, stages


def neuron_cache(w, x):
    """The oracle of neuron_forward: plain numbers, and w and x as they came."""
    return {name: value if name in "wx" else float(value) for name, value in stages(w, x).items()}


def moderate_cache(w, x):
    """The cache of two weights and two inputs, with the bias that makes their weighted sum 1."""
    return neuron_cache(np.append(w, 1 - w @ x), x)


def caches(d):
    """The cache of the worked example, and another with an upstream gradient."""
    return [(neuron_cache(W, X),), (neuron_cache(*neuron(d)), d.number())]


def _forward(**changed):
    """The body of neuron_forward: the stages, with some of them changed."""
    lines = {"w0x0": "w[0] * x[0]", "w1x1": "w[1] * x[1]", "sum": "w0x0 + w1x1", "dot": "sum_ + w[2]", "neg": "-dot",
             "exp": "np.exp(neg)", "plus1": "exp + 1", "f": "1 / plus1", **changed}
    body = "".join(f"{'sum_' if name == 'sum' else name} = {value}\n" for name, value in lines.items())
    return body + ("return {'w': w, 'x': x, 'w0x0': w0x0, 'w1x1': w1x1, 'sum': sum_, 'dot': dot, 'neg': neg, "
                   "'exp': exp, 'plus1': plus1, 'f': f}")


# ------------------------------------------------------------------------------------ neuron_forward

NEURON_FORWARD = Exercise(
    "neuron_forward(w, x)", "cache", points=2, oracle=neuron_cache,
    checks=(
        Check("the worked example", 1, lambda d: [(W, X)]),
        Check("other weights and inputs", 1, edge=True, draw=lambda d: [
            *(neuron(d) for _ in range(3)), (np.array([2, -3, -3]), np.array([-1, -2])), lists(*neuron(d))]),
    ),
    outside={name: {"large": "e^x overflows"} for name in "wx"},
    hints=("Which gate comes first? Give each gate a line, and each line a name.",
           "Eight lines: two products, two sums, the negative, the exponential, plus 1, one over. Then put them into a "
           "dict, with w and x.",
           "sum adds the two products; dot adds w[2] to it; neg is minus dot; exp is np.exp of neg; and so on."),
    read='lesson 3, "through the gates"', difficulty=1, minutes=5,
)

NEURON_FORWARD.mistake(code="G15", title="the minus is lost",
                       says="`neg` should be the negative of `dot`.",
                       ask="Which sign has −(1)?",
                       body=_forward(neg="dot"))
NEURON_FORWARD.mistake(code="B38", title="the bias is missing",
                       says="The bias w[2] was left out.",
                       ask="Which of the three weights has no input?",
                       body=_forward(dot="sum_"))
NEURON_FORWARD.mistake(code="B39", title="the bias in two places",
                       says="`sum` holds the bias already; it belongs into `dot`.",
                       ask="Which gate adds w[2]?",
                       body=_forward(sum="w0x0 + w1x1 + w[2]", dot="sum_"))
NEURON_FORWARD.mistake(code="G36", title="weights and inputs mixed up",
                       says="A weight met the other weight's input.",
                       ask="Which input belongs to w[0]?",
                       body=_forward(w0x0="w[0] * x[1]", w1x1="w[1] * x[0]"))
NEURON_FORWARD.mistake(code="G65", title="the 1 is lost",
                       says="`plus1` should be one more than `exp`.",
                       ask="Which gate comes after exp?",
                       body=_forward(plus1="exp"))
NEURON_FORWARD.mistake(code="G70", title="not turned over",
                       says="The last gate, 1/x, is missing.",
                       ask="Between which numbers must f lie?",
                       body=_forward(f="plus1"))
NEURON_FORWARD.mistake(code="X33", title="rounded",
                       says="The values were rounded to four digits. Print rounded numbers, but keep the others.",
                       ask="What happens to a rounding error in the next gate?",
                       body=_forward(f="round(1 / plus1, 4)", plus1="round(exp + 1, 4)",
                                     exp="round(float(np.exp(neg)), 4)"))
NEURON_FORWARD.mistake(code="X31", title="entries are missing",
                       says="The cache lacks stages that come before the sum.",
                       ask="Which eight stages does the stub name?",
                       body=_forward().replace("'w0x0': w0x0, 'w1x1': w1x1, ", ""))
NEURON_FORWARD.mistake(code="X34", title="the value alone",
                       says="You returned f alone; the backward pass needs every stage.",
                       ask="What does the gate 1/x need on the way back?",
                       body=_forward().split("return")[0] + "return f")


@NEURON_FORWARD.mistake(**CONSTANT)
def neuron_forward(w, x):
    return {"w": w, "x": x, "w0x0": -2.0, "w1x1": 6.0, "sum": 4.0, "dot": 1.0, "neg": -1.0, "exp": 0.36787944117,
            "plus1": 1.36787944117, "f": 0.73105857863}


@NEURON_FORWARD.alternative(title="a dict that grows")
def neuron_forward(w, x):
    c = dict(w=w, x=x)
    c["w0x0"], c["w1x1"] = w[0] * x[0], w[1] * x[1]
    c["sum"] = c["w0x0"] + c["w1x1"]
    c["dot"] = c["sum"] + w[2]
    c["neg"] = c["dot"] * -1
    c["exp"] = np.e ** c["neg"]
    c["plus1"] = 1 + c["exp"]
    c["f"] = c["plus1"] ** -1.0
    return c


@NEURON_FORWARD.alternative(title="copies")
def neuron_forward(w, x):
    w0x0 = w[0] * x[0]
    w1x1 = w[1] * x[1]
    sum_ = w0x0 + w1x1
    dot = sum_ + w[2]
    neg = -dot
    exp = np.exp(neg)
    plus1 = exp + 1
    f = 1 / plus1
    return {"w": list(w), "x": np.array(x, float), "w0x0": w0x0, "w1x1": w1x1, "sum": sum_, "dot": dot, "neg": neg,
            "exp": exp, "plus1": plus1, "f": f}


@NEURON_FORWARD.alternative(title="a product of arrays")
def neuron_forward(w, x):
    p = np.asarray(w)[:2] * np.asarray(x)
    s = p.sum()
    d = s + w[2]
    e = np.exp(-d)
    return {"f": 1 / (1 + e), "plus1": 1 + e, "exp": e, "neg": -d, "dot": d, "sum": s, "w0x0": p[0], "w1x1": p[1],
            "w": w, "x": x}


# ------------------------------------------------------------------------------------ neuron_backward_gates

NEURON_BACKWARD_GATES = Exercise(
    "neuron_backward_gates(cache, dout=1.0)", "grads", points=4, oracle=red_numbers, upstream="dout",
    checks=(
        *(Check(f"{name}: {gate}", 0.5, caches, part=name) for name, gate in zip(
            RED, ("where it starts", "through 1/x", "through +1", "through exp", "through × (−1)"), strict=True)),
        Check("dw: through + and ×", 0.75, caches, part="dw", kinds=True),
        Check("dx: through + and ×", 0.75, caches, part="dx", kinds=True),
    ),
    base=lambda d: [(Made(moderate_cache, d.array(2), d.array(2)), d.number())],
    hints=("Which gradient do you know before you start? Which gate comes next on the way back?",
           "One line for each gate, in reverse order: 1/x, +1, exp, × (−1), then + (which copies), then the products "
           "(which swap).",
           "plus1 is the one of f times minus one over plus1 squared. exp is the same as plus1. neg is that times the "
           "output of exp. dot is minus that."),
    read='lesson 3, "through the gates"', difficulty=3, minutes=10,
)


@NEURON_BACKWARD_GATES.mistake(code="G11", title="sign of 1/x",
                               says="1/x falls when x grows.",
                               ask="Which sign comes down from the exponent −1?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G12", title="1/x not squared",
                               says="The power rule leaves x⁻², not x⁻¹.",
                               ask="What is d(x⁻¹)/dx?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = -df / cache["plus1"]
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G13", title="exp times its input",
                               says="e^x is its own slope: it takes the gate's output, not its input.",
                               ask="Which entry of the cache is the output of exp?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["neg"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G13b", title="exp applied twice",
                               says="cache['exp'] is e^x already: it is its own slope.",
                               ask="What is the derivative of e^x, in terms of e^x?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * np.exp(cache["exp"])
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G14", title="exp by the power rule",
                               says="The power rule is for x in the base; here x is the exponent.",
                               ask="Which of the two is constant in e^x?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["neg"] * np.exp(cache["neg"] - 1)
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G15", title="the minus is lost",
                               says="There is a gate × (−1) between dot and neg.",
                               ask="When dot rises, which way does neg go?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G01", title="upstream dropped",
                               says="The walk began with 1, not with the upstream gradient.",
                               ask="What should reach the weights if dout were 0?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = 1.0
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="B04", title="started with the output",
                               says="The walk began with the value of f.",
                               ask="How much does f change when f changes by 1?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout * cache["f"]
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G02", title="inputs not swapped",
                               says="Each weight got its own value, and each input too: the local gradient for one "
                                    "factor is the other.",
                               ask="If x[0] is 0, can w[0] move the product?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * w[0], ddot * w[1], ddot],
            "dx": [ddot * x[0], ddot * x[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G26", title="the bias scaled by its own value",
                               says="The bias is added, not multiplied: its local gradient is 1.",
                               ask="By how much does dot grow when w[2] grows by 1?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot,
            "dw": [ddot * x[0], ddot * x[1], ddot * w[2]], "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G71", title="the added 1 in the gradient",
                               says="The gate +1 passes the gradient on as it is.",
                               ask="By how much does plus1 grow when exp grows by 1?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1 + 1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(code="G29", title="weights and inputs both",
                               says="Each result holds both factors; the local gradient for one is the other alone.",
                               ask="How much does w·x grow when x grows by 1?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp * cache["exp"]
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot,
            "dw": [ddot * w[0] * x[0], ddot * w[1] * x[1], ddot], "dx": [ddot * w[0] * x[0], ddot * w[1] * x[1]]}


@NEURON_BACKWARD_GATES.mistake(code="B31", title="a gate on the path is skipped",
                               says="The gate exp was passed without its local gradient.",
                               ask="How steep is e^x where its value is cache['exp']?")
def neuron_backward_gates(cache, dout=1.0):
    w, x = cache["w"], cache["x"]
    df = dout
    dplus1 = df * -1 / cache["plus1"]**2
    dexp = dplus1
    dneg = dexp
    ddot = -dneg
    return {"f": df, "plus1": dplus1, "exp": dexp, "neg": dneg, "dot": ddot, "dw": [ddot * x[0], ddot * x[1], ddot],
            "dx": [ddot * w[0], ddot * w[1]]}


@NEURON_BACKWARD_GATES.mistake(**CONSTANT)
def neuron_backward_gates(cache, dout=1.0):
    return {"f": 1.0, "plus1": -0.5344, "exp": -0.5344, "neg": -0.1966, "dot": 0.1966, "dw": [-0.1966, -0.3932, 0.1966],
            "dx": [0.3932, -0.5898]}


@NEURON_BACKWARD_GATES.alternative(title="arrays")
def neuron_backward_gates(cache, dout=1.0):
    c, w, x = cache, np.asarray(cache["w"]), np.asarray(cache["x"])
    g = {"f": dout}
    g["plus1"] = -g["f"] * c["f"]**2
    g["exp"] = g["plus1"]
    g["neg"] = g["exp"] * c["exp"]
    g["dot"] = -g["neg"]
    g["dw"] = g["dot"] * np.append(x, 1.0)
    g["dx"] = g["dot"] * w[:2]
    return g


@NEURON_BACKWARD_GATES.alternative(title="another order of the entries")
def neuron_backward_gates(cache, dout=1.0):
    w, x, d = cache["w"], cache["x"], dout * cache["f"] * (1 - cache["f"])
    e = -dout / cache["plus1"]**2
    return {"dx": (d * w[0], d * w[1]), "dw": (d * x[0], d * x[1], d), "dot": d, "neg": -d, "exp": e, "plus1": e,
            "f": dout}


@NEURON_BACKWARD_GATES.alternative(title="0-d arrays")
def neuron_backward_gates(cache, dout=1.0):
    g = np.array(dout)
    p = -g / np.square(cache["plus1"])
    n = p * np.exp(cache["neg"])
    return {"f": g, "plus1": p, "exp": p, "neg": n, "dot": -n, "dw": [-n * v for v in (*cache["x"], 1)],
            "dx": [-n * v for v in list(cache["w"])[:2]]}
