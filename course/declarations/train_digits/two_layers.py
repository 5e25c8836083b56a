"""Two layers, by hand: the loss and its gradients."""

import numpy as np

from course.checks.comparing import misformed
from course.checks.exercise import Check, Exercise
from course.declarations.train_digits.networks import batch, loss_and_gradients, network, same_params, same_values
from course.declarations.train_digits.words import found, worded

RESULTS = ("loss", "grads")


def far_off(d):
    """Logits that are hundreds apart."""
    params = network(d)
    params["W2"] = params["W2"] * 400
    return params, *batch(d), 0.0


def at_the_kink(d):
    """Two hidden units whose input is exactly 0 for the first two images."""
    params, (X, y) = network(d), batch(d)
    X[:2], params["b1"][[1, 4]] = 0.0, 0.0
    return params, X, y, 0.0


def the_same_again(ask):
    """Nothing is left over from a call to the next."""
    args = (network(ask.draw, 2, 3, 3), *batch(ask.draw, 3, 2), 0.0)
    first, again, right = ask(*args), ask(*args), loss_and_gradients(*args)
    if misformed(first, right, RESULTS):
        return None     # another check says so, and shows what is right
    problem = misformed(again, right, RESULTS)
    if problem or (same_values(first[0], again[0]) and same_params(first[1], again[1])):
        return problem
    nan = [misformed(result, right, RESULTS, ("finite",)) for result in (first, again)]
    return next(filter(None, nan), None) or found(ask.count("E08"))


def _network(shift="z - z.max(axis=1, keepdims=True)", h="np.maximum(a, 0)", loss="-logp[rows, y].mean()",
             penalty="0.5 * reg * ((W1**2).sum() + (W2**2).sum())",
             dz="(np.exp(logp) - np.eye(W2.shape[1])[y]) / N", dh="dz @ W2.T", da="dh * (a > 0)",
             dW1="X.T @ da + reg * W1", db1="da.sum(axis=0)", dW2="h.T @ dz + reg * W2", db2="dz.sum(axis=0)",
             end="return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}"):
    """The body of a right answer, with one part replaced."""
    return f"""
W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
N, rows = len(y), np.arange(len(y))
a = X @ W1 + b1
h = {h}
z = h @ W2 + b2
z = {shift}
logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
loss = {loss} + {penalty}
dz = {dz}
dW2, db2 = {dW2}, {db2}
dh = {dh}
da = {da}
dW1, db1 = {dW1}, {db1}
{end}"""


# ------------------------------------------------------------------------------------ loss_and_grads

FAR_APART = "it drives the logits far apart, of which there is a check"
LOSS_AND_GRADS = Exercise(
    "loss_and_grads(params, X, y, reg)", "loss, grads", points=7, oracle=loss_and_gradients, axes={"X": "ND"},
    checks=(
        # each result, and what looks at all of them, are worth half of the exercise together
        Check("the same question, the same answer", 0.25, test=the_same_again),
        *(Check(title, points, part=part, draw=lambda d: [
            (network(d, 3, 4, 3), *batch(d, 5, 3), 0.0), (network(d, 3, 4, 3), *batch(d, 5, 3), 3.14)])
          for title, part, points in (("W2", "W2", 0.75), ("W1", "W1", 1), ("b2", "b2", 0.75), ("b1", "b1", 0.75),
                                      ("the loss", "loss", 0.75))),
        Check("one image; square arrays", 1, edge=True, draw=lambda d: [
            (network(d), *batch(d, 1), 0.0), (network(d, 4, 4, 4), *batch(d, 4, 4, 4), 3.14)]),
        Check("a relu at exactly 0", 0.5, edge=True, draw=lambda d: [at_the_kink(d)]),
        Check("logits far apart", 0.5, edge=True, shown=True, draw=lambda d: [far_off(d)]),
        Check("other sizes, other seeds", 0.75, edge=True, draw=lambda d: [
            (network(d, 3, 5, 6), *batch(d, 8, 3, 6), d.positive()), (network(d), *batch(d), 0.0)]),
    ),
    outside={"params": dict.fromkeys(("whole", "large"), FAR_APART), "X": {"large": FAR_APART},
             "reg": {"negative": "what pulls weights to 0 has a weight above 0"}},
    hints=("Write the forward pass first, and keep what it makes: the sums before relu, the hidden values, the "
           "probabilities. Which of them does each gradient need?",
           "Go back layer by layer: from the loss to the logits (p minus 1 at the label, over N), to W2, b2 and the "
           "hidden values, through relu, to W1 and b1. The weights get reg times themselves on top.",
           "dz has one row per image. W2's gradient is the hidden values, transposed, times dz; b2's the column sums "
           "of dz; the hidden values get dz times W2 transposed, and what relu shut becomes 0. Then the same once "
           "more."),
    read='lesson 8, "two layers, by hand"', difficulty=4, minutes=30,
)

LOSS_AND_GRADS.mistake(code="A08", title="gradients without 1/N",
                       says="The loss is a mean over N images, and so must its gradients be; yours are N × too large.",
                       ask="What does the 1/N of the loss do on the way back?",
                       body=_network(dz="np.exp(logp) - np.eye(W2.shape[1])[y]"))
LOSS_AND_GRADS.mistake(code="V14", title="divided by N twice",
                       says="Your gradients are N × too small: 1/N comes in with the loss, and once more in a layer.",
                       ask="Who divides by N, the loss or the layer?",
                       body=_network(dz="(np.exp(logp) - np.eye(W2.shape[1])[y]) / N**2"))
LOSS_AND_GRADS.mistake(code="A09", title="target − p",
                       says="The gradient of the logits has the other sign: a step would lead uphill.",
                       ask="Should the logit of the label rise or fall if the loss is to rise?",
                       body=_network(dz="(np.eye(W2.shape[1])[y] - np.exp(logp)) / N"))
LOSS_AND_GRADS.mistake(code="A10", title="overflow",
                       says="With logits that are hundreds apart your exponentials overflow.",
                       ask="What may be subtracted from all logits of a row?",
                       body=_network(shift="z + 0"))
LOSS_AND_GRADS.mistake(code="A11", title="one column for all",
                       says="You subtracted 1 in the columns of all labels, in every row.",
                       ask="Which one entry of a row belongs to its label?",
                       body=_network(dz="np.exp(logp)\ndz[:, y] -= 1\ndz = dz / N"))
LOSS_AND_GRADS.mistake(code="T01", title="the regularizer's factor",
                       says="The gradient of the regularizer is twice too large: the loss has a 0.5 in front.",
                       ask="What is the derivative of 0.5 · reg · w²?",
                       body=_network(dW1="X.T @ da + 2 * reg * W1", dW2="h.T @ dz + 2 * reg * W2"))
LOSS_AND_GRADS.mistake(code="T41", title="biases regularized",
                       says="You pull the biases towards 0 as well; the regularizer of this loss has the weights only.",
                       ask="Which parameters stand in the regularizer?",
                       body=_network(penalty="0.5 * reg * sum((v**2).sum() for v in params.values())",
                                     db1="da.sum(axis=0) + reg * b1", db2="dz.sum(axis=0) + reg * b2"))
LOSS_AND_GRADS.mistake(code="T42", title="the regularizer in the loss only",
                       says="Your loss has the regularizer, your gradients have not.",
                       ask="What is the derivative of 0.5 · reg · w²?",
                       body=_network(dW1="X.T @ da", dW2="h.T @ dz"))
LOSS_AND_GRADS.mistake(code="N05", title="the regularizer in the gradients only",
                       says="Your gradients have the regularizer, your loss has not.",
                       ask="Of which number are these the gradients?",
                       body=_network(penalty="0"))
LOSS_AND_GRADS.mistake(code="N06", title="one layer not regularized",
                       says="The regularizer of one of the two layers is missing.",
                       ask="Which two arrays does the sum in the regularizer run over?",
                       body=_network(dW1="X.T @ da", penalty="0.5 * reg * (W2**2).sum()"))
LOSS_AND_GRADS.mistake(code="T02", title="back through weights that were updated",
                       says="The gradient went back through a W2 that had been changed already; the forward pass used "
                            "the old one.",
                       ask="Which W2 made the logits?",
                       body=_network(dh="dz @ (W2 - 0.1 * dW2).T"))
LOSS_AND_GRADS.mistake(code="A04", title="always open",
                       says="The gradient went through all hidden units, also through those that relu had shut.",
                       ask="Which hidden units did not move the loss?",
                       body=_network(da="dh * (h >= 0)"))
LOSS_AND_GRADS.mistake(code="A01", title="the gate opens by dout",
                       says="You let positive gradients through; the gate opens by what came in on the way forward.",
                       ask="What does relu do with a negative input?",
                       body=_network(da="dh * (dh > 0)"))
LOSS_AND_GRADS.mistake(code="A03", title="open at 0",
                       says="Where the input of relu is exactly 0 the gradient went through; this course takes "
                            "relu'(0) = 0.",
                       ask="Which comparison leaves 0 out?",
                       body=_network(da="dh * (a >= 0)"))
LOSS_AND_GRADS.mistake(code="N07", title="relu is missing",
                       says="Your network is linear: relu is missing on the way forward and on the way back.",
                       ask="What do the hidden units do with a negative sum?",
                       body=_network(h="a", da="dh"))
LOSS_AND_GRADS.mistake(code="N08", title="the layer's input before relu",
                       says="dW2 is made with what came into relu; the second layer got what came out of it.",
                       ask="What does W2 multiply on the way forward?",
                       body=_network(dW2="a.T @ dz + reg * W2"))
LOSS_AND_GRADS.mistake(code="V05", title="bias not summed",
                       says="The gradients of the biases still have a row for each image.",
                       ask="Every image used the same bias: what happens to the gradients of a fork?",
                       body=_network(db1="da", db2="dz"))
LOSS_AND_GRADS.mistake(code="V06", title="bias averaged",
                       says="You averaged the gradients of the biases over the images; the mean is in the loss "
                            "already.",
                       ask="Do gradients of a fork add up, or average?",
                       body=_network(db1="da.mean(axis=0)", db2="dz.mean(axis=0)"))
LOSS_AND_GRADS.mistake(code="N09", title="a sum, not a mean",
                       says="Your loss is the sum over the images, and so are its gradients; asked is the mean.",
                       ask="What happens to the loss when the batch is twice as large?",
                       body=_network(loss="-logp[rows, y].sum()", dz="np.exp(logp) - np.eye(W2.shape[1])[y]"))
for _small in ("1e-12", "1e-7"):
    LOSS_AND_GRADS.mistake(code="A17", title="a small number inside the logarithm",
                           says="The small number that you added keeps the logarithm finite, and the loss wrong.",
                           ask="What is log(e^z / s), written without a quotient?",
                           body=_network(loss=f"-np.log(np.exp(logp)[rows, y] + {_small}).mean()"))

LOSS_AND_GRADS.mistake(**worded("E08"),
                       body=_network(end="left = globals().setdefault('left_over', {})\n"
                                         "grads = {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}\n"
                                         "for k in grads:\n"
                                         "    before = left.get(k)\n"
                                         "    left[k] = grads[k] = grads[k] + (\n"
                                         "        before if np.shape(before) == grads[k].shape else 0)\n"
                                         "return loss, grads"))
LOSS_AND_GRADS.mistake(code="A06", title="makes the step itself",
                       says="Your function changed its argument `params`: it was to measure the slope, not to walk.",
                       ask="Who makes the step, and from where?",
                       body=_network(end="params['W1'] -= 0.1 * dW1\n"
                                         "params['W2'] -= 0.1 * dW2\n"
                                         "return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}"))
LOSS_AND_GRADS.mistake(code="X31", title="entries are missing",
                       says="The gradients of the biases are missing.",
                       ask="Which names does `params` have?",
                       body=_network(end="return loss, {'W1': dW1, 'W2': dW2}"))
LOSS_AND_GRADS.mistake(code="X05", title="results the other way round",
                       says="The results are right, in another order.",
                       ask="In which order does the stub return them?",
                       body=_network(end="return {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}, loss"))


@LOSS_AND_GRADS.alternative(title="image by image")
def loss_and_grads(params, X, y, reg):
    grads = {k: reg * v if k[0] == "W" else np.zeros(v.shape) for k, v in params.items()}
    loss = reg / 2 * sum(np.sum(params[k]**2) for k in ("W1", "W2"))
    for x, label in zip(X, y):
        h = np.maximum(x @ params["W1"] + params["b1"], 0)
        z = h @ params["W2"] + params["b2"]
        m = z.max()
        norm = m + np.log(np.sum(np.exp(z - m)))
        loss = loss + (norm - z[label]) / len(y)
        dz = np.exp(z - norm) / len(y)
        dz[label] = dz[label] - 1 / len(y)
        da = (params["W2"] @ dz) * np.sign(h)
        for k, g in (("W2", np.outer(h, dz)), ("b2", dz), ("W1", np.outer(x, da)), ("b1", da)):
            grads[k] = grads[k] + g
    return loss, grads


@LOSS_AND_GRADS.alternative(title="the transposes")
def loss_and_grads(params, X, y, reg):
    N = X.shape[0]
    A = params["W1"].T @ X.T + params["b1"][:, None]
    Z = params["W2"].T @ np.where(A > 0, A, 0) + params["b2"][:, None]
    Z = Z - Z.max(0)
    T = np.zeros(Z.shape)
    T[y, np.arange(N)] = 1
    E = np.exp(Z)
    S = E.sum(0)
    loss = np.mean(np.log(S) - (T * Z).sum(0)) + reg * 0.5 * (
        np.sum(params["W1"]**2) + np.sum(params["W2"]**2))
    G = (E / S - T) / N
    B = params["W2"] @ G
    B[A <= 0] = 0
    return [loss, {"b2": G.sum(1), "b1": B.sum(1), "W2": (G @ np.where(A > 0, A, 0).T).T + reg * params["W2"],
                   "W1": (B @ X).T + reg * params["W1"]}]


@LOSS_AND_GRADS.alternative(title="biases as one more row")
def loss_and_grads(params, X, y, reg):
    ones = np.ones((len(X), 1))
    X1 = np.hstack([X, ones])
    U, V = np.vstack([params["W1"], params["b1"]]), np.vstack([params["W2"], params["b2"]])
    H1 = np.hstack([(X1 @ U).clip(0), ones])
    z = H1 @ V
    p = np.exp(z - z.max(1)[:, None])
    p /= p.sum(1)[:, None]
    top = np.take_along_axis(z, np.reshape(y, (-1, 1)), 1)[:, 0]
    loss = float(np.mean(z.max(1) + np.log(np.exp(z - z.max(1)[:, None]).sum(1)) - top))
    np.subtract.at(p, (np.arange(len(y)), y), 1.0)
    p = p / len(y)
    dV = np.einsum("nh,nc->hc", H1, p)
    dU = np.einsum("nd,nh->dh", X1, (p @ V[:-1].T) * (H1[:, :-1] > 0))
    loss += 0.5 * reg * (np.square(U[:-1]).sum() + np.square(V[:-1]).sum())
    return loss, {"W1": dU[:-1] + reg * U[:-1], "b1": dU[-1], "W2": dV[:-1] + reg * V[:-1], "b2": dV[-1]}
