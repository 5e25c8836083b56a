"""Broadcasting is a fork: what was copied is added up."""

import numpy as np

import autodiff
from course.checks.exercise import Check, Exercise, gradient_of
from course.declarations.shared import UPSTREAM_DROPPED


def unbroadcast_gradient(grad, shape):
    """Undoing a broadcast is the backward pass of broadcasting."""
    return gradient_of(lambda x: autodiff.broadcast_to(x, grad.shape))(grad, np.zeros(shape))


# ------------------------------------------------------------------------------------ unbroadcast

UNBROADCAST = Exercise(
    "unbroadcast(grad, shape)", "grad", points=3, oracle=unbroadcast_gradient, upstream="grad",
    checks=(
        Check("new axes in front", 1, draw=lambda d: [(d.array(5, 4), (4,)), (d.array(2, 3, 5), (5,))]),
        Check("axes of length 1", 1, edge=True, shown=True, draw=lambda d: [
            (d.array(2, 4, 3), (1, 1, 3)), (d.array(2, 4, 3), (2, 1, 3)), (d.array(3, 4), (3, 1)),
            (d.array(2, 4, 3), (4, 1))]),
        Check("a single number; nothing to do", 0.5, edge=True, draw=lambda d: [
            (d.array(3, 4), ()), (d.array(3, 4), (3, 4)), (d.array(5), (5,)), (d.array(1, 3), (1, 3))]),
        Check("equal lengths", 0.5, edge=True, draw=lambda d: [(d.array(4, 4), (4,)), (d.array(3, 3, 3), (3, 1))]),
    ),
    hints=("A value was copied to many places. What is the gradient of a value that is used many times?",
           "Two things happen in broadcasting: axes are put in front, and axes of length 1 are stretched. Sum over "
           "both kinds, and keep the second kind with length 1.",
           "While grad has more axes than shape: sum over axis 0. Then, for each axis where shape has a 1: sum over "
           "it with keepdims=True."),
    read='lesson 4, "broadcasting is a fork"', difficulty=3, minutes=10,
)


@UNBROADCAST.mistake(code="V05", title="nothing summed",
                     says="You returned the gradient as it came, in the shape after broadcasting.",
                     ask="The value was copied along an axis: what happens to the gradients of the copies?")
def unbroadcast(grad, shape):
    return grad


@UNBROADCAST.mistake(code="V05", title="new axes not summed",
                     says="Axes that broadcasting put in front are still there.",
                     ask="How many axes has grad, and how many has shape?")
def unbroadcast(grad, shape):
    for axis, n in enumerate(shape):
        if n == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


@UNBROADCAST.mistake(code="V08", title="axes kept",
                     says="The values are right, but axes of length 1 are left over in front.",
                     ask="Which shape was asked for?")
def unbroadcast(grad, shape):
    k = grad.ndim - len(shape)
    axes = tuple(i for i in range(grad.ndim) if i < k or shape[i - k] == 1)
    return grad.sum(axis=axes, keepdims=True)


@UNBROADCAST.mistake(code="V09", title="a length used as an axis",
                     says="You summed over axis 1 because an axis has the length 1.",
                     ask="At which position of (1, 1, 3) do the ones stand?")
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for n in shape:
        if n == 1:
            grad = grad.sum(axis=n, keepdims=True)
    return grad


@UNBROADCAST.mistake(code="V10", title="mean in place of sum",
                     says="You averaged over the copies.",
                     ask="Raise the value by 1: how many copies move?")
def unbroadcast(grad, shape):
    k = grad.ndim - len(shape)
    axes = tuple(i for i in range(grad.ndim) if i < k or shape[i - k] == 1)
    return grad.mean(axis=axes).reshape(shape)


@UNBROADCAST.mistake(code="V16", title="the first copy only",
                     says="You kept the gradient of the first copy alone.",
                     ask="What of the other copies?")
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad[0]
    return grad[tuple(slice(0, n) for n in shape)]


@UNBROADCAST.mistake(code="V28", title="counted from the left",
                     says="You laid the two shapes side by side from the left; broadcasting lays them from the right.",
                     ask="Does (4,) fit (4, 4) by its rows or by its columns?")
def unbroadcast(grad, shape):
    for axis, n in enumerate(shape):
        if grad.shape[axis] != n:
            grad = grad.sum(axis=axis)
    return grad.reshape(shape) if grad.size == np.prod(shape) else grad


@UNBROADCAST.mistake(code="V29", title="only new axes summed",
                     says="Axes of length 1 were stretched too, and are not summed.",
                     ask="Where did the copies of a (3, 1) array go?")
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad


@UNBROADCAST.mistake(code="X04", title="summed to one number",
                     says="You summed over everything.",
                     ask="Which shape was asked for?")
def unbroadcast(grad, shape):
    return grad.sum()


@UNBROADCAST.alternative(title="all axes at once")
def unbroadcast(grad, shape):
    k = grad.ndim - len(shape)
    axes = tuple(i for i in range(grad.ndim) if i < k or shape[i - k] == 1)
    return grad.sum(axis=axes).reshape(shape)


@UNBROADCAST.alternative(title="a longer shape")
def unbroadcast(grad, shape):
    full = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    for axis, (have, want) in enumerate(zip(grad.shape, full)):
        if have != want:
            grad = np.add.reduce(grad, axis=axis, keepdims=True)
    return np.reshape(grad, shape)


@UNBROADCAST.alternative(title="np.add.at")
def unbroadcast(grad, shape):
    out = np.zeros(shape)
    where = np.broadcast_to(np.arange(out.size).reshape(shape), grad.shape)
    np.add.at(out.reshape(-1), where.ravel(), grad.ravel())
    return out


@UNBROADCAST.alternative(title="by a matrix of copies")
def unbroadcast(grad, shape):
    size = int(np.prod(shape))
    copies = np.broadcast_to(np.eye(size).reshape((size, *shape)) if shape else np.eye(1)[0],
                             (size, *grad.shape)) if len(shape) == grad.ndim or not shape else None
    if copies is None:
        full = (1,) * (grad.ndim - len(shape)) + tuple(shape)
        copies = np.broadcast_to(np.eye(size).reshape((size, *full)), (size, *grad.shape))
    return (copies * grad).reshape(size, -1).sum(axis=1).reshape(shape)


# ------------------------------------------------------------------------------------ mul_broadcast_backward

MUL_BROADCAST = Exercise(
    "mul_broadcast_backward(dout, a, b)", "da, db", points=2, oracle=gradient_of(lambda a, b: a * b), upstream="dout",
    checks=(
        Check("(3, 1) times (4,)", 1, draw=lambda d: [
            (d.array(3, 4), d.array(3, 1), d.array(4)), (d.array(5, 2), d.array(5, 1), d.array(2))]),
        Check("both grow; a number; nothing grows", 1, edge=True, shown=True, draw=lambda d: [
            (d.array(2, 4, 3), d.array(2, 1, 3), d.array(4, 1)), (d.array(2, 3), d.number(), d.array(2, 3)),
            d.arrays(3, 3, 4), (d.array(4, 4), d.array(4, 1), d.array(4))]),
    ),
    base=lambda d: [(d.array(3, 4), d.array(3, 1), d.array(4)), (d.array(2, 3), d.number(), d.array(2, 3))],
    hints=("Forget the shapes for a moment: what is the backward pass of a product?",
           "First the product rule, element by element, in the shape of dout; then undo the broadcasting of each "
           "input by summing over its copies.",
           "Sum dout · b down to a's shape, and dout · a down to b's. A small helper for the summing saves you from "
           "writing it twice."),
    read='lesson 4, "broadcasting is a fork"', difficulty=3, minutes=8,
)


@MUL_BROADCAST.mistake(code="V05", title="broadcasting not undone",
                       says="The gradients have the shape of the product, not of the inputs.",
                       ask="a was copied along an axis: what happens to the gradients of the copies?")
def mul_broadcast_backward(dout, a, b):
    return dout * b, dout * a


@MUL_BROADCAST.mistake(code="G02", title="inputs not swapped",
                       says="You gave a its own value: the local gradient of a·b with respect to a is the other input.",
                       ask="If b is 0, can a move the product?")
def mul_broadcast_backward(dout, a, b):
    undo = lambda g, v: g.sum(axis=tuple(k for k in range(g.ndim) if k < g.ndim - np.ndim(v)
                                         or np.shape(v)[k - g.ndim] == 1)).reshape(np.shape(v))
    return undo(dout * a, a), undo(dout * b, b)


@MUL_BROADCAST.mistake(**UPSTREAM_DROPPED)
def mul_broadcast_backward(dout, a, b):
    undo = lambda g, v: g.sum(axis=tuple(k for k in range(g.ndim) if k < g.ndim - np.ndim(v)
                                         or np.shape(v)[k - g.ndim] == 1)).reshape(np.shape(v))
    return undo(b + 0 * dout, a), undo(a + 0 * dout, b)


@MUL_BROADCAST.mistake(code="V10", title="mean in place of sum",
                       says="You averaged over the copies.",
                       ask="Raise a by 1: how many copies of it move?")
def mul_broadcast_backward(dout, a, b):
    undo = lambda g, v: g.mean(axis=tuple(k for k in range(g.ndim) if k < g.ndim - np.ndim(v)
                                         or np.shape(v)[k - g.ndim] == 1)).reshape(np.shape(v))
    return undo(dout * b, a), undo(dout * a, b)


@MUL_BROADCAST.mistake(code="V08", title="an axis too many",
                       says="The values are right, but an axis of length 1 is left over in front.",
                       ask="Which shape has b, and so db?")
def mul_broadcast_backward(dout, a, b):
    undo = lambda g, v: g.sum(axis=tuple(k for k in range(g.ndim) if k < g.ndim - np.ndim(v)
        or np.shape(v)[k - g.ndim] == 1), keepdims=True)
    return undo(dout * b, a), undo(dout * a, b)


@MUL_BROADCAST.mistake(code="V07", title="summed over the wrong axis",
                       says="You summed over axes along which the input was not copied.",
                       ask="Along which axis was a copied?")
def mul_broadcast_backward(dout, a, b):
    return (dout * b).sum(axis=0), (dout * a).sum(axis=1)


@MUL_BROADCAST.mistake(code="V18", title="summed before the product",
                       says="You summed the factors and multiplied the sums. Each copy has a product of its own; these "
                            "are summed.",
                       ask="Is the sum of products the product of the sums?")
def mul_broadcast_backward(dout, a, b):
    undo = lambda g, v: g.sum(axis=tuple(k for k in range(g.ndim) if k < g.ndim - np.ndim(v)
                                         or np.shape(v)[k - g.ndim] == 1)).reshape(np.shape(v))
    return undo(dout, a) * np.sum(b), undo(dout, b) * np.sum(a)


@MUL_BROADCAST.mistake(code="V29", title="only new axes summed",
                       says="Axes of length 1 were stretched too, and are not summed.",
                       ask="Which shape has a, and so da?")
def mul_broadcast_backward(dout, a, b):
    undo = lambda g, v: g.sum(axis=tuple(range(g.ndim - np.ndim(v))))
    return undo(dout * b, a), undo(dout * a, b)


@MUL_BROADCAST.mistake(code="X04", title="summed to one number",
                       says="Each element has a gradient of its own: sum only over the copies.",
                       ask="Which shape has a, and so da?")
def mul_broadcast_backward(dout, a, b):
    return np.sum(dout * b), np.sum(dout * a)


@MUL_BROADCAST.alternative(title="step by step")
def mul_broadcast_backward(dout, a, b):
    out = []
    for own, other in ((a, b), (b, a)):
        g = dout * other
        while np.ndim(g) > np.ndim(own):
            g = g.sum(axis=0)
        for axis, n in enumerate(np.shape(own)):
            if n == 1:
                g = g.sum(axis=axis, keepdims=True)
        out.append(g)
    return out


@MUL_BROADCAST.alternative(title="one helper")
def mul_broadcast_backward(dout, a, b):
    undo = lambda g, v: g.sum(axis=tuple(k for k in range(g.ndim) if k < g.ndim - np.ndim(v)
                                         or np.shape(v)[k - g.ndim] == 1)).reshape(np.shape(v))
    return undo(b * dout, a), undo(a * dout, b)


@MUL_BROADCAST.alternative(title="np.add.at")
def mul_broadcast_backward(dout, a, b):
    out = []
    for own, other in ((a, b), (b, a)):
        total = np.zeros(np.shape(own))
        where = np.broadcast_to(np.arange(total.size).reshape(total.shape), dout.shape)
        np.add.at(total.reshape(-1), where.ravel(), (dout * other).ravel())
        out.append(total)
    return tuple(out)
