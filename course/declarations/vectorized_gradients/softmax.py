"""Softmax, and cross-entropy behind it."""

import numpy as np

import autodiff
from course.checks.covering import Made
from course.checks.exercise import Check, Exercise, gradient_of


def cross_entropy_gradient(logits, labels):
    loss, pullback = autodiff.vjp(lambda z: autodiff.softmax_cross_entropy(z, labels), logits)
    return loss, pullback(1.0)[0]


def probabilities(d, *shape):
    """Rows of probabilities, as softmax makes them."""
    return autodiff.softmax(d.array(*shape), axis=-1)


def labels_of(d, n, c):
    return d.rng.integers(0, c, n)


def large_logits(d):
    """Rows whose largest entry is 1000, -1000 or both apart; the label is the largest entry, or the smallest."""
    z = d.array(4, 3)
    z[0, 1], z[1] = 1000.0, z[1] - 1000.0
    z[2, 0], z[2, 2] = -1000.0, 1000.0
    return z, np.array([1, 2, 0, 1])


# ------------------------------------------------------------------------------------ softmax_backward

SOFTMAX = Exercise(
    "softmax_backward(dout, p)", "dz", points=2, oracle=gradient_of(lambda z: autodiff.softmax(z, axis=-1), at=np.log),
    upstream="dout", axes={"dout": "NC", "p": "NC"},
    checks=(
        Check("one row, and four", 1, draw=lambda d: [
            (np.array([[1.0, 2.0, -1.0]]), np.array([[0.2, 0.3, 0.5]])), (d.array(4, 3), probabilities(d, 4, 3))]),
        Check("other numbers of rows and classes", 1, edge=True, draw=lambda d: [
            (d.array(3, 5), probabilities(d, 3, 5)), (d.array(3, 3), probabilities(d, 3, 3)),
            (d.array(1, 4), probabilities(d, 1, 4))]),
    ),
    base=lambda d: [(d.array(4, 3), Made(lambda z: autodiff.softmax(z, axis=-1), d.array(4, 3)))],
    outside={"p": dict.fromkeys(("zero", "whole", "large", "negative"), "it holds probabilities")},
    hints=("Raise one z of a row: which probabilities move, and which way each?",
           "dp_i/dz_j is p_i·(1 − p_j) for i = j and −p_i·p_j otherwise. Multiply by dout_i, sum over i: a single sum "
           "for each row remains.",
           "Let s be the sum of dout · p along each row, with keepdims=True. Subtract s from dout, then multiply by "
           "p."),
    read='lesson 4, "softmax and cross-entropy"', difficulty=3, minutes=10,
)


@SOFTMAX.mistake(code="A07", title="the diagonal only",
                 says="That is the sigmoid's rule. In a softmax every p depends on every z of its row.",
                 ask="Raise one z: what happens to the other probabilities?")
def softmax_backward(dout, p):
    return p * (1 - p) * dout


@SOFTMAX.mistake(code="G01", title="upstream dropped",
                 says="The results do not depend on dout. (With an upstream gradient of ones they would be 0: the "
                      "probabilities always add up to 1.)",
                 ask="Where does dout come in?")
def softmax_backward(dout, p):
    return 0 * p


@SOFTMAX.mistake(code="G01", title="upstream dropped, diagonal only",
                 says="The results do not depend on dout: the upstream gradient is missing.",
                 ask="What should come back if dout were 0?")
def softmax_backward(dout, p):
    return p * (1 - p)


@SOFTMAX.mistake(code="A16", title="the correction is missing",
                 says="That would be the rule of exp alone. Dividing by the sum couples the entries of a row.",
                 ask="What must each row of dz add up to?")
def softmax_backward(dout, p):
    return p * dout


@SOFTMAX.mistake(code="A15", title="softmax applied twice",
                 says="`p` is already the softmax's output.",
                 ask="What does the argument p hold?")
def softmax_backward(dout, p):
    s = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
    return s * (dout - (s * dout).sum(axis=1, keepdims=True))


@SOFTMAX.mistake(code="V07", title="summed over the wrong axis",
                 says="You summed over the rows; the entries of one row belong together.",
                 ask="Which entries does one softmax normalise?")
def softmax_backward(dout, p):
    return p * (dout - (p * dout).sum(axis=0, keepdims=True))


@SOFTMAX.mistake(code="V08", title="keepdims missing",
                 says="The sum of each row has lost its axis, so it does not stand beside its row.",
                 ask="Which shape has the sum, and which should it have to be subtracted from each row?")
def softmax_backward(dout, p):
    return p * (dout - (p * dout).sum(axis=1))


@SOFTMAX.mistake(code="X04", title="summed over everything",
                 says="You summed over all rows together.",
                 ask="Which entries does one softmax normalise?")
def softmax_backward(dout, p):
    return p * (dout - (p * dout).sum())


@SOFTMAX.mistake(code="V10", title="mean in place of sum",
                 says="You averaged over the row in place of summing.",
                 ask="What must each row of dz add up to?")
def softmax_backward(dout, p):
    return p * (dout - (p * dout).mean(axis=1, keepdims=True))


@SOFTMAX.mistake(code="A21", title="sign of the correction",
                 says="The correction has the wrong sign.",
                 ask="What must each row of dz add up to?")
def softmax_backward(dout, p):
    return p * (dout + (p * dout).sum(axis=1, keepdims=True))


@SOFTMAX.mistake(code="A23", title="p missing in the sum",
                 says="The sum that is subtracted lacks the weights p.",
                 ask="What must each row of dz add up to?")
def softmax_backward(dout, p):
    return p * (dout - dout.sum(axis=1, keepdims=True))


@SOFTMAX.alternative(title="the Jacobian of each row")
def softmax_backward(dout, p):
    return np.array([(np.diag(q) - np.outer(q, q)) @ g for q, g in zip(p, dout)])


@SOFTMAX.alternative(title="einsum")
def softmax_backward(dout, p):
    return p * dout - p * np.einsum("nc,nc->n", p, dout)[:, None]


@SOFTMAX.alternative(title="loops")
def softmax_backward(dout, p):
    dz = np.zeros(p.shape)
    for n in range(len(p)):
        for j in range(p.shape[1]):
            for i in range(p.shape[1]):
                dz[n, j] += dout[n, i] * p[n, i] * ((i == j) - p[n, j])
    return dz


# ------------------------------------------------------------------------------------ softmax_cross_entropy

SOFTMAX_CROSS_ENTROPY = Exercise(
    "softmax_cross_entropy(logits, labels)", "loss, dlogits", points=3, oracle=cross_entropy_gradient,
    axes={"logits": "NC", "labels": "N"},
    checks=(
        *(Check(part, 0.75, part=part, draw=lambda d: [
            (np.zeros((3, 10)), np.array([3, 7, 1])), (d.array(4, 3), np.array([2, 0, 2, 1])),
            (d.array(4, 5), labels_of(d, 4, 5))]) for part in ("loss", "dlogits")),
        Check("logits of ±1000", 0.75, edge=True, shown=True, draw=lambda d: [
            large_logits(d), (np.array([[1000.0, 0.0, -1000.0]]), np.array([0]))]),
        Check("one row; five rows with the same label", 0.75, edge=True, draw=lambda d: [
            (d.array(1, 3), np.array([2])), (d.array(5, 3), np.array([1, 1, 1, 1, 1])),
            (d.array(3, 3), labels_of(d, 3, 3))]),
    ),
    hints=("What does the softmax of a row become when you subtract the same number from all of its logits?",
           "Subtract each row's maximum; log p = z − log Σ e^z. The loss is the mean of −log p at the labels. On the "
           "way back everything collapses: dlogits is p, minus 1 at each row's label, divided by N.",
           "rows = np.arange(N) picks one entry of each row: logp[rows, labels]. Make dlogits from np.exp(logp), "
           "subtract 1 there, divide by N."),
    read='lesson 4, "softmax and cross-entropy"', difficulty=4, minutes=15,
)


@SOFTMAX_CROSS_ENTROPY.mistake(code="A08", title="dlogits without 1/N",
                               says="dlogits is N × too large: the loss is the mean over the N rows.",
                               ask="How much of the loss is one row's?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, p - np.eye(C)[labels]


@SOFTMAX_CROSS_ENTROPY.mistake(code="A20", title="the loss is summed",
                               says="The loss is N × too large: it is the mean over the rows.",
                               ask="What does the loss say of a batch twice as large?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].sum()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="V14", title="divided by N twice",
                               says="dlogits is N × too small: the 1/N of the mean came in twice.",
                               ask="How often does the formula divide by N?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, (p - np.eye(C)[labels]) / N**2


@SOFTMAX_CROSS_ENTROPY.mistake(code="V22", title="divided by all elements",
                               says="dlogits was divided by N·C; the loss is a mean over the N rows.",
                               ask="How many losses are averaged?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, (p - np.eye(C)[labels]) / (N * C)


@SOFTMAX_CROSS_ENTROPY.mistake(code="A09", title="sign",
                               says="dlogits has the other sign: a step against it would go uphill.",
                               ask="Should the logit of the right class rise or fall in training?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, (np.eye(C)[labels] - p) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A11", title="1 subtracted in whole columns",
                               says="`p[:, labels] -= 1` picks these columns in every row.",
                               ask="Which one entry of each row is meant?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, (p - np.isin(np.arange(C), labels)) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A19", title="nothing subtracted",
                               says="dlogits holds the probabilities, divided by N; the labels do not come in.",
                               ask="What should the gradient be when the right class has probability 1?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, p / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="V07", title="softmax over the wrong axis",
                               says="You normalised each column; a row is one example.",
                               ask="Which entries should add up to 1?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=0, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=0, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A10", title="overflow",
                               says="With logits of 1000 exp overflows, and nan comes out.",
                               ask="What may be subtracted from every logit of a row without changing its softmax?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), labels]).mean()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A10", title="one maximum for all rows",
                               says="You subtracted the maximum of all rows: a row that lies far below it vanishes, "
                                    "and 0/0 is nan.",
                               ask="Which number is safe to subtract from each row?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), labels]).mean()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A17", title="the logarithm of 0",
                               says="A probability was rounded to 0 before its logarithm was taken.",
                               ask="What is log(e^z / s), written without a quotient?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), labels]).mean()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A17", title="a small number inside the logarithm",
                               says="The small number that you added keeps the logarithm finite, and the loss wrong.",
                               ask="What is log(e^z / s), written without a quotient?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), labels] + 1e-12).mean()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A17", title="the logarithm of 0",
                               says="A probability was rounded to 0 before its logarithm was taken.",
                               ask="What is log(e^z / s), written without a quotient?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), labels]).mean()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A17", title="a small number inside the logarithm",
                               says="The small number that you added keeps the logarithm finite, and the loss wrong.",
                               ask="What is log(e^z / s), written without a quotient?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), labels] + 1e-7).mean()
    return loss, (p - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A18", title="as many classes as there are labels",
                               says="You took the largest label for the number of classes. A class may be missing from "
                                    "a batch.",
                               ask="Which shape tells the number of classes?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    rows = np.arange(N)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    loss = -logp[rows, labels].mean()
    return loss, (p - np.eye(labels.max() + 1)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="A06", title="writes into logits",
                               says="Your function changed its argument `logits`: `-=` writes into the array.",
                               ask="How could you make a new array instead?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    logits -= logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -logp[np.arange(N), labels].mean(), (np.exp(logp) - np.eye(C)[labels]) / N


@SOFTMAX_CROSS_ENTROPY.mistake(code="X05", title="results the other way round",
                               says="The two results are right, in the wrong order.",
                               ask="In which order does the stub return them?")
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return (np.exp(logp) - np.eye(C)[labels]) / N, -logp[np.arange(N), labels].mean()


@SOFTMAX_CROSS_ENTROPY.alternative(title="one entry of each row")
def softmax_cross_entropy(logits, labels):
    N = len(labels)
    z = logits - logits.max(axis=1, keepdims=True)
    e = np.exp(z)
    s = e.sum(axis=1)
    loss = np.mean(np.log(s) - z[np.arange(N), labels])
    dz = e / s[:, None]
    dz[np.arange(N), labels] -= 1
    return loss, dz / N


@SOFTMAX_CROSS_ENTROPY.alternative(title="row by row")
def softmax_cross_entropy(logits, labels):
    loss, dz = 0.0, np.zeros(logits.shape)
    for n, (z, t) in enumerate(zip(logits, labels)):
        z = z - z.max()
        logp = z - np.log(np.exp(z).sum())
        loss -= logp[t] / len(labels)
        dz[n] = np.exp(logp)
        dz[n, t] -= 1
    return [loss, dz / len(labels)]


@SOFTMAX_CROSS_ENTROPY.alternative(title="logaddexp")
def softmax_cross_entropy(logits, labels):
    logp = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    hot = np.arange(logits.shape[1]) == labels[:, None]
    return -(logp[hot]).mean(), (np.exp(logp) - hot) / len(labels)
