"""Backward passes of batch norm and dropout."""

import numpy as np

import autodiff
from course.checks.covering import Made
from course.checks.exercise import Check, Exercise, gradient_of


def batchnorm_gradient(dout, cache):
    def forward(x, gamma, beta):
        mean = autodiff.mean(x, axis=0)
        var = autodiff.mean((x - mean)**2, axis=0)
        return gamma * (x - mean) / autodiff.sqrt(var + cache["eps"]) + beta

    _, pullback = autodiff.vjp(forward, cache["x"], cache["gamma"], np.zeros_like(cache["gamma"]))
    return tuple(pullback(dout))


def dropout_gradient(dout, mask, keep):
    return gradient_of(lambda x: x * np.asarray(mask, float) / keep)(dout, np.zeros(dout.shape))


def normalized(d, N=4, D=3, eps=0.01, constant=None):
    """An upstream gradient and the cache of batch norm's forward pass."""
    x = d.array(N, D)
    if constant is not None:
        x[:, constant] = 1.5
    gamma = d.array(D)
    return d.array(N, D), norm_cache(x, gamma, eps)


def norm_cache(x, gamma, eps=0.01):
    mean, var = x.mean(axis=0), x.var(axis=0)
    return {"x": x, "mean": mean, "var": var, "xhat": (x - mean) / np.sqrt(var + eps), "gamma": gamma, "eps": eps}


def dropped(d, *shape, keep, kind=float):
    """An upstream gradient and a mask that keeps another share than `keep` (a little more than half)."""
    mask = np.zeros(shape)
    mask.flat[d.rng.permutation(mask.size)[:mask.size // 2 + 1]] = 1
    return d.array(*shape), mask.astype(kind), keep


def _norm(inv="1 / np.sqrt(var + eps)", g="dout * gamma",
          dx="inv * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))", dgamma="(dout * xhat).sum(axis=0)",
          dbeta="dout.sum(axis=0)", end="return dx, dgamma, dbeta"):
    """The body of a right answer, with one part replaced."""
    return f"""
x, mean, var, xhat, gamma, eps = (
    cache[key] for key in ("x", "mean", "var", "xhat", "gamma", "eps"))
N = len(x)
inv = {inv}
g = {g}
dx = {dx}
dgamma = {dgamma}
dbeta = {dbeta}
{end}"""


# ------------------------------------------------------------------------------------ batchnorm_backward

BATCHNORM = Exercise(
    "batchnorm_backward(dout, cache)", "dx, dgamma, dbeta", points=5, oracle=batchnorm_gradient, upstream="dout",
    axes={"dout": "ND", "dx": "ND", "dgamma": "D", "dbeta": "D"},
    checks=(
        *(Check(part, points, part=part, draw=lambda d: [normalized(d), normalized(d, 7, 4, 0.5)])
          for part, points in (("dx", 1.75), ("dgamma", 0.75), ("dbeta", 0.75))),
        Check("as many rows as columns", 0.75, edge=True, draw=lambda d: [normalized(d, 4, 4, 0.1)]),
        Check("other sizes, other eps", 0.5, edge=True, draw=lambda d: [
            normalized(d, 6, 3, 1e-5), normalized(d, 3, 5, 1.5)]),
        Check("a column without variance; a single row", 0.5, edge=True, draw=lambda d: [
            normalized(d, 5, 3, 0.01, constant=1), normalized(d, 1, 3, 0.01)]),
    ),
    outside={"dout": {"whole": "dbeta would be whole, too"}},
    base=lambda d: [(d.array(6, 3), Made(norm_cache, d.array(6, 3), d.array(3)))],
    hints=("Draw the graph of one column: which nodes does one x lead to?",
           "dbeta and dgamma are those of a bias and of a factor. For dx go on from xhat: to x itself, to the mean, "
           "and to the variance, and add the three up.",
           "Call g the gradient of xhat. From g subtract its column mean, and xhat times the column mean of g times "
           "xhat; divide by the standard deviation (with eps)."),
    read='lesson 8, "batch norm"', difficulty=5, minutes=25,
)

BATCHNORM.mistake(code="N01", title="the path through the mean is missing",
                  says="x reaches the output on three paths: by itself, through the mean, and through the variance. "
                       "The one through the mean is missing.",
                  ask="If every x of a column grew by 1, what would happen to the output?",
                  body=_norm(dx="inv * (g - xhat * (g * xhat).mean(axis=0))"))
BATCHNORM.mistake(code="N02", title="the path through the variance is missing",
                  says="x reaches the output on three paths: by itself, through the mean, and through the variance. "
                       "The one through the variance is missing.",
                  ask="If every x of a column were twice as far from its mean, what would happen to the output?",
                  body=_norm(dx="inv * (g - g.mean(axis=0))"))
BATCHNORM.mistake(code="N11", title="mean and variance taken for constants",
                  says="You divided by the standard deviation and stopped there: the mean and the variance depend on x "
                       "as well.",
                  ask="How many paths lead from one x to the output?",
                  body=_norm(dx="inv * g"))
BATCHNORM.mistake(code="N03", title="N − 1",
                  says="You divided by N − 1 somewhere; the forward pass divided by N.",
                  ask="By which number does x.var(axis=0) divide?",
                  body=_norm(dx="inv * (g - g.mean(axis=0) - xhat * (g * xhat).sum(axis=0) / max(N - 1, 1))"))
BATCHNORM.mistake(code="N10", title="eps forgotten",
                  says="Your standard deviation lacks eps.",
                  ask="What did the forward pass take the root of?",
                  body=_norm(inv="1 / np.sqrt(var)"))
BATCHNORM.mistake(code="N12", title="gamma forgotten",
                  says="The gradient went past gamma as if it were 1.",
                  ask="What multiplies xhat on the way forward?",
                  body=_norm(g="dout"))
BATCHNORM.mistake(code="N13", title="x in place of xhat",
                  says="dgamma is made with x; what gamma multiplies is xhat.",
                  ask="Which value does gamma meet on the way forward?",
                  body=_norm(dgamma="(dout * x).sum(axis=0)"))
BATCHNORM.mistake(code="N14", title="the root is missing",
                  says="You divided by the variance, not by its root.",
                  ask="By what did the forward pass divide?",
                  body=_norm(inv="1 / (var + eps)"))
BATCHNORM.mistake(code="N15", title="sums in place of means",
                  says="Mean and variance are means over N rows; on the way back their 1/N is missing.",
                  ask="By how much does a mean grow when one of N numbers grows by 1?",
                  body=_norm(dx="inv * (g - g.sum(axis=0) - xhat * (g * xhat).sum(axis=0))"))
BATCHNORM.mistake(code="N16", title="a sign of a path",
                  says="One of the two paths that take something away adds it in yours.",
                  ask="When an x grows, its mean grows as well: does xhat rise or fall by that?",
                  body=_norm(dx="inv * (g + g.mean(axis=0) + xhat * (g * xhat).mean(axis=0))"))
BATCHNORM.mistake(code="G01", title="upstream dropped",
                  says="You returned the gradients of the sum of the output: the upstream gradient is missing.",
                  ask="What should come back if dout were 0?",
                  body=_norm(g="np.ones(dout.shape) * gamma", dgamma="xhat.sum(axis=0)",
                             dbeta="np.full(dout.shape[1], float(N))"))
BATCHNORM.mistake(code="V05", title="not summed over the rows",
                  says="gamma and beta served every row; their gradients still have a row for each.",
                  ask="What happens to the gradients of a fork?",
                  body=_norm(dgamma="dout * xhat", dbeta="dout"))
BATCHNORM.mistake(code="V06", title="averaged over the rows",
                  says="You averaged the gradients of gamma and beta over the rows; copies of one number add their "
                       "gradients up.",
                  ask="Do gradients of a fork add up, or average?",
                  body=_norm(dgamma="(dout * xhat).mean(axis=0)", dbeta="dout.mean(axis=0)"))
BATCHNORM.mistake(code="V07", title="the wrong axis",
                  says="You summed along each row; gamma and beta have one number per column.",
                  ask="Which axis did broadcasting stretch?",
                  body=_norm(dgamma="(dout * xhat).sum(axis=1)", dbeta="dout.sum(axis=1)"))
BATCHNORM.mistake(code="X05", title="results the other way round",
                  says="The results are right, in another order.",
                  ask="In which order does the stub return them?",
                  body=_norm(end="return dx, dbeta, dgamma"))


@BATCHNORM.alternative(title="step by step")
def batchnorm_backward(dout, cache):
    N = cache["x"].shape[0]
    centred = cache["x"] - cache["mean"]
    std = (cache["var"] + cache["eps"])**0.5
    dxhat = dout * cache["gamma"]
    dvar = np.sum(dxhat * centred, axis=0) * -0.5 * std**-3
    dmean = -np.sum(dxhat / std, axis=0) + dvar * -2 * centred.mean(axis=0)
    dx = dxhat / std + dvar * 2 * centred / N + dmean / N
    return dx, np.sum(dout * cache["xhat"], axis=0), np.sum(dout, axis=0)


@BATCHNORM.alternative(title="the spread anew from x")
def batchnorm_backward(dout, cache):
    x, gamma, eps = cache["x"], cache["gamma"], cache["eps"]
    inv = 1 / np.sqrt(x.var(axis=0) + eps)
    xhat, g = cache["xhat"], dout * gamma
    dx = inv * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@BATCHNORM.alternative(title="everything anew from x")
def batchnorm_backward(dout, cache):
    x, gamma, eps = cache["x"], cache["gamma"], cache["eps"]
    inv = 1 / np.sqrt(x.var(axis=0) + eps)
    xhat, g = (x - x.mean(axis=0)) * inv, dout * gamma
    dx = inv * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@BATCHNORM.alternative(title="one fraction")
def batchnorm_backward(dout, cache):
    N, D = dout.shape
    dbeta = np.ones(N) @ dout
    dgamma = np.einsum("nd,nd->d", dout, cache["xhat"])
    scale = cache["gamma"] / (N * np.sqrt(cache["var"] + cache["eps"]))
    return [scale * (N * dout - dbeta - cache["xhat"] * dgamma), dgamma, dbeta]


@BATCHNORM.alternative(title="a Jacobian for each column")
def batchnorm_backward(dout, cache):
    x, gamma, eps = cache["x"], cache["gamma"], cache["eps"]
    N, D = x.shape
    dx = np.zeros((N, D))
    for j in range(D):
        u = x[:, j] - x[:, j].mean()
        s = np.sqrt((u * u).mean() + eps)
        J = ((np.eye(N) - 1 / N) / s - np.outer(u, u) / (N * s**3)) * gamma[j]
        dx[:, j] = J.T @ dout[:, j]
    return dx, (dout * cache["xhat"]).sum(0), dout.sum(0)


# ------------------------------------------------------------------------------------ dropout_backward

DROPOUT = Exercise(
    "dropout_backward(dout, mask, keep)", "dx", points=2, oracle=dropout_gradient, upstream="dout",
    checks=(
        Check("a mask of 0 and 1", 1, draw=lambda d: [dropped(d, 4, 3, keep=0.75), dropped(d, 2, 5, keep=0.3)]),
        Check("a mask of True and False; of integers", 0.5, edge=True, draw=lambda d: [
            dropped(d, 5, 3, keep=0.75, kind=bool), dropped(d, 15, keep=0.6, kind=int)]),
        Check("nothing dropped, everything dropped", 0.5, edge=True, draw=lambda d: [
            (d.array(4, 3), np.ones((4, 3)), 1.0), (d.array(2, 3), np.zeros((2, 3)), 0.5),
            (d.array(2, 3), np.ones((2, 3)), 0.8)]),
    ),
    outside={"mask": "it is 0 or 1", "keep": "it is a share, between 0 and 1"},
    hints=("For one x that was kept, and one that was dropped: what did the forward pass multiply it with?",
           "The gate multiplies x by a number that is known: so its gradient is multiplied by the same number.",
           "That number is the mask over keep; multiply dout by it."),
    read='lesson 8, "dropout"', difficulty=1, minutes=3,
)


@DROPOUT.mistake(code="N04", title="not scaled",
                 says="The forward pass divided by keep, and so must the way back.",
                 ask="By how much does the output grow when a kept x grows by 1?")
def dropout_backward(dout, mask, keep):
    return dout * mask


@DROPOUT.mistake(code="N17", title="the mask is missing",
                 says="Gradients came through where the forward pass had dropped x.",
                 ask="What did a dropped x contribute to the output?")
def dropout_backward(dout, mask, keep):
    return dout / keep


@DROPOUT.mistake(code="N18", title="multiplied by keep",
                 says="You multiplied by keep; the forward pass divided by it.",
                 ask="By how much does the output grow when a kept x grows by 1?")
def dropout_backward(dout, mask, keep):
    return dout * mask * keep


@DROPOUT.mistake(code="N19", title="keep for drop",
                 says="You divided by 1 − keep; keep is the share that stays.",
                 ask="By which number did the forward pass divide?")
def dropout_backward(dout, mask, keep):
    return dout * mask / (1 - keep if keep < 1 else 1)


@DROPOUT.mistake(code="N20", title="the mask turned over",
                 says="You let through what was dropped, and dropped what was kept.",
                 ask="Where does mask hold a 1?")
def dropout_backward(dout, mask, keep):
    return dout * (1 - np.asarray(mask, float)) / keep


@DROPOUT.mistake(code="N21", title="a mask of its own",
                 says="You drew a new mask; the way back needs that of the way forward.",
                 ask="Through which entries did x reach the output?")
def dropout_backward(dout, mask, keep):
    return dout * (np.random.default_rng(0).random(dout.shape) < keep) / keep


@DROPOUT.mistake(code="N30", title="divided by the share that was kept",
                 says="You divided by the share of ones in this mask; the forward pass divided by keep, whatever the "
                      "mask turned out to be.",
                 ask="By which number did the forward pass divide?")
def dropout_backward(dout, mask, keep):
    return dout * mask / max(np.mean(mask), 1e-9)


@DROPOUT.mistake(code="N31", title="scaled twice",
                 says="You divided by keep twice.",
                 ask="How often did the forward pass divide by keep?")
def dropout_backward(dout, mask, keep):
    return dout * mask / keep**2


@DROPOUT.mistake(code="G01", title="upstream dropped",
                 says="You returned the local gradient: the upstream gradient is missing.",
                 ask="What should come back if dout were 0?")
def dropout_backward(dout, mask, keep):
    return np.asarray(mask, float) / keep


@DROPOUT.mistake(code="A06", title="writes into dout",
                 says="Your function changed its argument `dout`, which others may still use.",
                 ask="How could you make a new array instead?")
def dropout_backward(dout, mask, keep):
    dout[np.asarray(mask) == 0] = 0
    return dout / keep


@DROPOUT.alternative(title="np.where")
def dropout_backward(dout, mask, keep):
    return np.where(mask, dout / keep, 0.0)


@DROPOUT.alternative(title="a copy")
def dropout_backward(dout, mask, keep):
    dx = dout / keep
    dx[np.asarray(mask) == 0] = 0
    return dx


@DROPOUT.alternative(title="a loop")
def dropout_backward(dout, mask, keep):
    dx = np.zeros(dout.shape)
    for i in np.ndindex(dout.shape):
        if mask[i]:
            dx[i] = dout[i] / keep
    return dx


@DROPOUT.alternative(title="a factor")
def dropout_backward(dout, mask, keep):
    return (1 / keep) * np.asarray(mask, dtype=float) * dout
