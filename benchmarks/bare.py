"""A plain engine without checks, for comparison with autodiff: neither its recording nor its walk is tuned.

It has one rule per argument like autodiff, sorts its nodes, and nothing more: it takes for granted that shapes and
dtypes fit, that broadcasting only added leading axes or stretched axes of length 1, that no gradient is a view that
someone may write to, and that nobody walks a graph twice, asks for a second derivative, or minds a warning.
"""
import itertools
import operator

import numpy as np

ticks = itertools.count()
by_tick = operator.attrgetter("tick")


class Tensor:
    __slots__ = ("args", "data", "grad", "rules", "tick")

    def __init__(self, data):
        self.data, self.grad, self.rules, self.args, self.tick = data, None, (), (), next(ticks)

    def __array_ufunc__(self, ufunc, method, *inputs):
        return {np.matmul: matmul, np.multiply: multiply}[ufunc](*inputs)

    def backward(self):
        grads, seen, stack = {self: self.data.dtype.type(1)}, {self}, [self]
        while stack:
            for x in stack.pop().args:
                if type(x) is Tensor and x not in seen and x.args:
                    seen.add(x)
                    stack.append(x)
        for z in sorted(seen, key=by_tick, reverse=True):
            g, args = grads.pop(z), z.args
            values = [x.data if type(x) is Tensor else x for x in args]
            for rule, x in zip(z.rules, args):  # noqa: B905    (a constant axis has no rule)
                if type(x) is Tensor:
                    dx = rule(g, z.data, *values)
                    if dx.shape != x.data.shape:
                        dx = fit(dx, x.data.shape)
                    grads[x] = grads[x] + dx if x in grads else dx
            z.args = ()
        for x, g in grads.items():
            x.grad = g


def fit(dx, shape):
    dx = dx.sum(tuple(range(dx.ndim - len(shape))))
    return dx.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True) if dx.shape != shape else dx


def Op(forward, *rules):
    def op(*args):
        z = object.__new__(Tensor)
        z.data = forward(*[x.data if type(x) is Tensor else x for x in args])
        z.grad, z.rules, z.args, z.tick = None, rules, args, next(ticks)
        return z
    return op


def spread(g, x, axis):
    z = np.empty(x.shape, g.dtype)
    z[...] = g if axis is None else g[:, None]
    return z


add = Op(operator.add, lambda g, z, x, y: g, lambda g, z, x, y: g)
subtract = Op(operator.sub, lambda g, z, x, y: g, lambda g, z, x, y: -g)
multiply = Op(operator.mul, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)
divide = Op(operator.truediv, lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y)
matmul = Op(operator.matmul, lambda g, z, x, y: g @ y.T, lambda g, z, x, y: x.T @ g)
negative = Op(operator.neg, lambda g, z, x: -g)
abs = Op(np.abs, lambda g, z, x: g * np.sign(x))
exp = Op(np.exp, lambda g, z, x: g * z)
log = Op(np.log, lambda g, z, x: g / x)
tanh = Op(np.tanh, lambda g, z, x: g * (1 - z * z))
relu = Op(lambda x: np.maximum(x, 0), lambda g, z, x: g * (x > 0))
sum_ = Op(np.add.reduce, lambda g, z, x, axis: spread(g, x, axis))

Tensor.__neg__ = negative
Tensor.sum = lambda x, axis=None: sum_(x, axis)
for _name, _op in {"add": add, "sub": subtract, "mul": multiply, "truediv": divide, "matmul": matmul}.items():
    setattr(Tensor, f"__{_name}__", _op)
