"""A node of one's own: a class with a forward and a backward pass."""

import autodiff
from course.checks.exercise import Check, Exercise
from course.declarations import torch_runs
from course.declarations.pytorch_comparison import given
from course.declarations.pytorch_comparison.given import Function, exp
from course.declarations.torch_runs import answered, cases


def _sigmoid(x, dout, between=None):
    out, pullback = autodiff.vjp(autodiff.sigmoid, x)
    return out, pullback(dout)[0], [out]


# Runs beside the learner's class, in whatever process that is: with torch where the class is one of torch's.
SIGMOID_DRIVER = '''
import sys


class Context:
    """Keeps what forward saves, for one use."""

    saved_tensors = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors


def drive(answer, x, dout, between=None):
    """Forward at x, then (if given) at another place, then back from dout: out, dx, and what the first use saved."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(answer, type) and issubclass(answer, torch.autograd.Function):
        return by_torch(torch, answer, x, dout, between)
    context = Context()
    out = answer.forward(context, x)
    if between is not None:
        answer.forward(Context(), between)
    saved = list(context.saved_tensors)
    return out, answer.backward(context, dout), saved


def by_torch(torch, answer, x, dout, between):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    upstream = torch.tensor(dout, dtype=torch.float64)
    out = answer.apply(leaf)
    if between is not None:
        answer.apply(torch.tensor(between, dtype=torch.float64, requires_grad=True))
    saved = [tensor.detach().numpy().copy() for tensor in out.grad_fn.saved_tensors]
    value = out.detach().numpy().copy()
    with torch.no_grad():                           # as autograd calls it; autograd itself stops at a wrong shape
        dx = answer.backward(out.grad_fn, upstream)
    if upstream.tolist() != torch.tensor(dout, dtype=torch.float64).tolist() and getattr(dout, "ndim", 0):
        dout[...] = upstream.numpy()    # what was written into the upstream gradient shows in the arguments
    return value[()], dx.numpy()[()] if torch.is_tensor(dx) else dx, saved
'''


# ------------------------------------------------------------------------------------ SigmoidFn

SIGMOID_FN = Exercise(
    "class SigmoidFn", "out, dx, saved", points=2, oracle=answered(torch_runs.sigmoid, _sigmoid), upstream="dout",
    driver=SIGMOID_DRIVER, given=given,
    checks=(
        Check("forward", 0.5, part="out", draw=lambda d: [*cases(torch_runs.sigmoid)[:2], d.numbers(2), d.numbers(2)]),
        Check("backward", 0.5, part="dx", draw=lambda d: [*cases(torch_runs.sigmoid)[:2], d.numbers(2), d.numbers(2)]),
        Check("saves its output, and nothing else", 0.5, edge=True, part="saved", draw=lambda d: [
            d.numbers(2), *cases(torch_runs.sigmoid)[2:]]),
        Check("another use in between; arrays", 0.5, edge=True, part="dx", draw=lambda d: [
            d.numbers(3), *cases(torch_runs.sigmoid)[2:], d.arrays(2, 2, 3), d.arrays(3, 4)]),
    ),
    outside={"x": {"whole": "only real numbers have gradients", "large": "out is 0 or 1 to the last digit there"},
             "dout": {"whole": "only real numbers have gradients"},
             "between": "it is what another use gets, whose result nobody looks at"},
    hints=("Which value makes σ′ cheapest: the input or the output?",
           "forward computes the output with `exp`, hands it to ctx.save_for_backward, and returns it. backward takes "
           "it from ctx.saved_tensors, a tuple.",
           "The local gradient is out times (1 − out); multiply it by dout."),
    read='lesson 5, "a node of your own"', difficulty=3, minutes=8,
)


@SIGMOID_FN.mistake(code="G16", title="σ′ from the input",
                    says="σ′ is out·(1 − out) with out = σ(x); you put in x itself.",
                    ask="What would x·(1 − x) give at x = 1?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(x)
        return out

    @staticmethod
    def backward(ctx, dout):
        x, = ctx.saved_tensors
        return dout * x * (1 - x)


@SIGMOID_FN.mistake(code="G17", title="σ applied twice",
                    says="What you saved is already σ(x).",
                    ask="What does ctx.saved_tensors hold?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, dout):
        out = 1 / (1 + exp(-ctx.saved_tensors[0]))
        return dout * out * (1 - out)


@SIGMOID_FN.mistake(code="G01", title="upstream dropped",
                    says="You returned the local gradient: the upstream gradient is missing.",
                    ask="What should come back if dout were 0?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, dout):
        out, = ctx.saved_tensors
        return out * (1 - out)


@SIGMOID_FN.mistake(code="G15", title="the minus is lost",
                    says="Your forward pass falls when x grows: that is σ(−x).",
                    ask="Is σ(2) nearer to 0 or to 1?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(x))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, dout):
        out, = ctx.saved_tensors
        return dout * out * (1 - out)


@SIGMOID_FN.mistake(code="E17", title="saves its input",
                    says="You saved x, and computed σ(x) a second time on the way back.",
                    ask="Which value does the backward pass need?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(x)
        return out

    @staticmethod
    def backward(ctx, dout):
        out = 1 / (1 + exp(-ctx.saved_tensors[0]))
        return dout * out * (1 - out)


@SIGMOID_FN.mistake(code="E18", title="one memory for all uses",
                    says="You keep the output in one place for all uses of the node: a second use overwrites what the "
                         "first needs.",
                    ask="Which object belongs to one use alone?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        SigmoidFn.out = out
        return out

    @staticmethod
    def backward(ctx, dout):
        out = SigmoidFn.out
        return dout * out * (1 - out)


@SIGMOID_FN.mistake(code="E19", title="not saved by save_for_backward",
                    says="You keep the output in an attribute. PyTorch knows only of what save_for_backward is given: "
                         "it frees that in time, and notices when it was overwritten.",
                    ask="Which method of ctx hands tensors to the backward pass?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.out = out
        return out

    @staticmethod
    def backward(ctx, dout):
        out = ctx.out
        return dout * out * (1 - out)


@SIGMOID_FN.mistake(code="E20", title="saves more than it needs",
                    says="You saved the input as well; what is saved stays in memory until the backward pass.",
                    ask="Which values does the backward pass need?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(out, x)
        return out

    @staticmethod
    def backward(ctx, dout):
        out, _ = ctx.saved_tensors
        return dout * out * (1 - out)


@SIGMOID_FN.mistake(code="X04", title="summed to one number",
                    says="Your gradient of an array is one number.",
                    ask="Which shape has x, and so dx?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, dout):
        out, = ctx.saved_tensors
        return (dout * out * (1 - out)).sum()


@SIGMOID_FN.mistake(code="G18", title="tanh's slope",
                    says="1 − out² belongs to tanh.",
                    ask="What is σ′, in terms of out?")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, dout):
        out, = ctx.saved_tensors
        return dout * (1 - out * out)


@SIGMOID_FN.alternative(title="no base class, no decorators")
class SigmoidFn:
    def forward(ctx, x):
        out = 1 / (1 + exp(-x))
        ctx.save_for_backward(out)
        return out
    def backward(ctx, dout):
        (out,) = ctx.saved_tensors
        return out * (1 - out) * dout


@SIGMOID_FN.alternative(title="another formula")
class SigmoidFn(Function):
    @staticmethod
    def forward(ctx, x):
        e = exp(x)
        out = e / (e + 1)
        ctx.save_for_backward(out)
        return out
    @staticmethod
    def backward(ctx, dout):
        out = ctx.saved_tensors[0]
        return dout * (out - out**2)


@SIGMOID_FN.alternative(title="a helper beside it")
class SigmoidFn(Function):
    slope = staticmethod(lambda out: out * (1 - out))
    @staticmethod
    def forward(ctx, x):
        out = (1 + exp(-x))**-1.0
        ctx.save_for_backward(out)
        return out
    @staticmethod
    def backward(ctx, dout):
        return SigmoidFn.slope(*ctx.saved_tensors) * dout
