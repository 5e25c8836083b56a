# %% [markdown]
# # Assignment 8 · Train digits
#
# Here the backward passes go to work: a network of two layers learns to read handwritten digits, and every gradient
# in it is yours. These are bonus points.
#
# **The network.** An image is a row of D = 64 numbers, one for each pixel, from 0 (white) to 1 (black). It goes
# through two layers:
#
# $$A = X W_1 + b_1, \qquad R = \text{relu}(A)$$
#
# $$Z = R\, W_2 + b_2$$
#
# Softmax makes probabilities of each row of $Z$, one for each of the C = 10 digits.
# The parameters are a dict, `params`, with four arrays:
#
# | name | shape |
# |---|---|
# | `W1` | (D, H) |
# | `b1` | (H,) |
# | `W2` | (H, C) |
# | `b2` | (C,) |
#
# **The loss** is the mean cross-entropy over the N images, plus a regularizer on the weights. The biases are free:
#
# $$L = -\frac{1}{N} \sum_n \ln p_{n, y_n}$$
#
# $$+ \frac{\text{reg}}{2} \left( \sum W_1^2 + \sum W_2^2 \right)$$
#
# **The data** are real: 1,797 images of 8 × 8 pixels (Alpaydin and Kaynak 1998). You train on 1,442 of them. The other
# 355 are held out, always the same ones: every fifth image of each digit.
#
# [Lesson 8](../../lessons/08_train_digits.ipynb) is the companion to this notebook.

# %% setup
import numpy as np

from course import check, grade, hint

# %% [markdown] exercise init_params
# ## 8.1 Where to start
#
# If all weights started at 0, all hidden units would get the same gradient, and stay alike for ever. So draw the
# weights at random, around 0.
#
# How large? A unit sums up D products. With weights of standard deviation $\sqrt{2/D}$ that sum keeps its size from
# layer to layer, whatever D is; the 2 makes up for the half that relu shuts off (He et al. 2015). The second
# layer has H inputs, so there it is $\sqrt{2/H}$. The biases start at 0.
#
# Draw from `rng`, a generator as `np.random.default_rng(5)` makes it. Then the same seed gives the same network.

# %% answer init_params
def init_params(rng, D, H, C):
    """The parameters before any training.

    rng: numpy's Generator; D: inputs; H: hidden units; C: classes
    Returns the dict of W1 (D, H), b1 (H,), W2 (H, C), b2 (C,).
    """
    ### BEGIN SOLUTION
    return {
        "W1": rng.standard_normal((D, H)) * np.sqrt(2 / D),    # sums of D terms keep their size
        "b1": np.zeros(H),
        "W2": rng.standard_normal((H, C)) * np.sqrt(2 / H),
        "b2": np.zeros(C),
    }
    ### END SOLUTION

# %% check init_params
# %% grade init_params
# %% [markdown] exercise loss_and_grads
# ## 8.2 The loss and its gradients
#
# One pass forward, one pass back. You have written all the parts: the affine layer (4.2), relu (4.7), softmax with
# cross-entropy (4.10). Now join them, and add what the regularizer gives to the weights.
#
# Each gradient has the shape of its parameter, and each is graded on a line of its own. Two conventions, as before: the
# loss is a mean over the N images, and relu'(0) = 0. Logits may be hundreds apart.
#
# With all parameters 0 the loss is ln 10 = 2.3026, whatever the images are.

# %% answer loss_and_grads
def loss_and_grads(params, X, y, reg):
    """The loss of a batch, and its gradients.

    params: the dict of W1, b1, W2, b2; X: images (N, D); y: N labels, 0 to C - 1; reg: a number >= 0
    Returns loss, a number, and grads, a dict of the same names and shapes as params.
    """
    ### BEGIN SOLUTION
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    rows = np.arange(len(y))

    # Forward, and keep what the way back needs.
    hidden = np.maximum(X @ W1 + b1, 0)
    logits = hidden @ W2 + b2
    shifted = logits - logits.max(axis=1, keepdims=True)              # so that exp can't overflow
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -logp[rows, y].mean() + 0.5 * reg * ((W1**2).sum() + (W2**2).sum())

    # Back, layer by layer.
    dlogits = np.exp(logp)
    dlogits[rows, y] -= 1                                             # softmax and cross-entropy: p - 1 at the label
    dlogits /= len(y)                                                 # the loss is a mean; here, and nowhere else
    dhidden = dlogits @ W2.T
    dsum = dhidden * (hidden > 0)                                     # what relu shut gets nothing
    grads = {
        "W1": X.T @ dsum + reg * W1, "b1": dsum.sum(axis=0),          # a bias is a fork: add over the images
        "W2": hidden.T @ dlogits + reg * W2, "b2": dlogits.sum(axis=0),
    }
    return loss, grads
    ### END SOLUTION

# %% check loss_and_grads
# %% grade loss_and_grads
# %% [markdown] exercise batchnorm_backward
# ## 8.3 Batch norm
#
# Batch norm (Ioffe and Szegedy 2015) shifts and scales each column, so that over the batch it has mean 0 and
# variance 1. Then it gives the column a scale and a shift that can be learned, $\gamma$ and $\beta$:
#
# $$\hat{x} = \frac{x - \mu}{\sqrt{v + \varepsilon}}, \qquad \text{out} = \gamma\,\hat{x} + \beta$$
#
# with $\mu$ and $v$ the mean and the variance of the column over its N rows; both divide by N. The forward pass is
# given in the next cell, with its cache.
#
# An $x$ reaches the output on **three paths**: by itself, through $\mu$, and through $v$. All three add up.

# %% setup batchnorm
def batchnorm_forward(x, gamma, beta, eps=1e-5):
    """Batch norm of x (N, D), with gamma and beta of shape (D,); returns out and the cache."""
    mean, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mean) / np.sqrt(var + eps)
    cache = {"x": x, "mean": mean, "var": var, "xhat": xhat, "gamma": gamma, "eps": eps}
    return gamma * xhat + beta, cache

# %% answer batchnorm_backward
def batchnorm_backward(dout, cache):
    """Backward pass of batch norm.

    dout: upstream gradient, of shape (N, D); cache: the dict of batchnorm_forward
    Returns dx (N, D), dgamma (D,), dbeta (D,).
    """
    ### BEGIN SOLUTION
    xhat = cache["xhat"]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    # With g the gradient of xhat: what reaches x by itself, less what comes back through the mean,
    # less what comes back through the variance.
    g = dout * cache["gamma"]
    dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / np.sqrt(cache["var"] + cache["eps"])
    return dx, dgamma, dbeta
    ### END SOLUTION

# %% check batchnorm_backward
# %% grade batchnorm_backward
# %% [markdown] exercise dropout_backward
# ## 8.4 Dropout
#
# While a network is trained, dropout (Srivastava et al. 2014) switches hidden values off at random: each is kept with
# probability `keep`. What is kept is divided by `keep`, so that the mean stays what it was:
#
# $$\text{out} = \frac{x \cdot \text{mask}}{\text{keep}}$$
#
# `mask` holds a 1 where a value was kept and a 0 where it was dropped. It is the mask of the forward pass: the way back
# draws nothing.
#
# With keep = 0.5 and dout = (3, −2), mask (1, 0) gives dx = (6, 0).

# %% answer dropout_backward
def dropout_backward(dout, mask, keep):
    """Backward pass of x * mask / keep.

    dout: upstream gradient; mask: 0 and 1 (or False and True), of its shape; keep: a number above 0
    Returns dx.
    """
    ### BEGIN SOLUTION
    return dout * mask / keep
    ### END SOLUTION

# %% check dropout_backward
# %% grade dropout_backward
# %% [markdown] exercise check_all
# ## 8.5 Check before you train
#
# A wrong gradient rarely crashes. The network trains, badly, and nobody knows why. So check each gradient first,
# parameter by parameter, with centred differences (4.14):
#
# $$\text{error} =
#   \frac{\max |\,\text{analytic} - \text{numeric}\,|}{\max(|\,\text{analytic}\,|,\ |\,\text{numeric}\,|)}$$
#
# or 0 where both gradients are 0. Above $10^{-5}$ a gradient counts as flagged.
#
# A regularizer can hide a mistake: where its gradient is large, that of the data is a crumb beside it. And without a
# regularizer nobody sees whether its gradient is right. So check **twice**, with `reg` 0 and with `reg` 3.14, and give
# the larger of the two errors.
#
# Any network may come: call the `loss_and_grads` that is handed to you. Leave `params` as it is.

# %% answer check_all
def check_all(params, X, y, loss_and_grads):
    """Gradient check of every parameter.

    params: dict of arrays; X, y: a batch; loss_and_grads(params, X, y, reg): as in 8.2
    Returns a dict of the same names: for each the larger of its errors with reg 0 and with reg 3.14.
    """
    ### BEGIN SOLUTION
    h = 1e-5
    errors = dict.fromkeys(params, 0.0)
    for reg in (0.0, 3.14):
        _, grads = loss_and_grads(params, X, y, reg)
        for name in params:
            nudged = {key: array.copy() for key, array in params.items()}
            numeric = np.zeros(params[name].shape)
            for i in np.ndindex(numeric.shape):
                nudged[name][i] = params[name][i] + h
                up, _ = loss_and_grads(nudged, X, y, reg)
                nudged[name][i] = params[name][i] - h
                down, _ = loss_and_grads(nudged, X, y, reg)
                nudged[name][i] = params[name][i]
                numeric[i] = (up - down) / (2 * h)
            largest = max(np.abs(grads[name]).max(), np.abs(numeric).max())
            error = np.abs(grads[name] - numeric).max() / largest if largest else 0.0
            errors[name] = max(errors[name], error)
    return errors
    ### END SOLUTION

# %% check check_all
# %% grade check_all
# %% [markdown]
# Now turn your check on your own network. All four numbers should be far below 0.00001. A kink of relu that happens to
# lie within a nudge makes one of them large; then take another seed.
#
# ```python
# rng = np.random.default_rng(1)
# params = init_params(rng, 5, 4, 3)
# check_all(params, rng.normal(size=(6, 5)), np.array([0, 1, 2, 0, 1, 2]), loss_and_grads)
# ```

# %% [markdown] exercise overfit_tiny
# ## 8.6 Overfit twenty images
#
# One more test before the real thing: a network should be able to learn twenty images by heart. If it can't, something
# is broken, and more data will not mend it.
#
# Make `steps` steps of plain gradient descent on all images at once, with `reg` 0:
#
# $$w \leftarrow w - \text{lr} \cdot \frac{\partial L}{\partial w}$$
#
# All four arrays move at once: their gradients are taken at the same place. Use your `loss_and_grads` from 8.2, and
# leave the dict and the arrays that you are given as they are. On twenty digits the loss should fall below 0.01.

# %% answer overfit_tiny
def overfit_tiny(params, X, y, steps, lr):
    """Plain gradient descent on a few images.

    params: the dict to start from; X, y: the images and labels; steps: how many; lr: the step size
    Returns the dict after the last step.
    """
    ### BEGIN SOLUTION
    for _ in range(steps):
        _, grads = loss_and_grads(params, X, y, 0.0)
        params = {name: params[name] - lr * grads[name] for name in params}    # a new dict of new arrays
    return params
    ### END SOLUTION

# %% check overfit_tiny
# %% grade overfit_tiny
# %% [markdown] exercise train
# ## 8.7 Train
#
# Now all of it: 1,442 images, and a network with H = 32 hidden units that has just been started. How you train it is up
# to you. The usual way: go through the images in a random order, a few dozen at a time, and make a step after each few
# dozen; when all have been seen (an **epoch**), shuffle and begin again.
#
# The network that you return should read **95 of 100 digits that it has never seen**. The 355 held-out images are not
# among your arguments.
#
# - Random numbers come from `rng`, so that the same seed makes the same network.
# - `check(train)` tries it on 200 images only, which takes a moment. The graded cell takes them all.
# - There are 60 seconds; 1 is plenty.
# - Training is partly luck. A network that falls short in the graded cell is trained twice more, with other seeds;
#   one success is enough.
#
# To try things out, take the images into a cell of your own:
#
# ```python
# from course.digits import load_digits
# digits = load_digits()          # digits.X, digits.y, digits.X_held_out, digits.y_held_out
# ```

# %% answer train
def train(params, X, y, rng):
    """Train a network.

    params: the dict to start from; X: images (N, D); y: N labels; rng: numpy's Generator
    Returns the dict of the trained network.
    """
    ### BEGIN SOLUTION
    epochs, size, lr, reg = 30, 32, 0.5, 1e-4
    for epoch in range(epochs):
        order = rng.permutation(len(y))
        step = lr * (1 - epoch / epochs)                     # long steps first, short ones to settle
        for start in range(0, len(y), size):
            batch = order[start:start + size]
            _, grads = loss_and_grads(params, X[batch], y[batch], reg)
            params = {name: params[name] - step * grads[name] for name in params}
    return params
    ### END SOLUTION

# %% check train
# %% grade train

# %% [markdown]
# ## Done?
#
# Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your instructor
# has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` shows what comes
# next.
