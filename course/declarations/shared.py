"""What the declarations of several assignments share: oracles of circuits, and mistakes that occur everywhere."""

import inspect

import autodiff


def circuit_gradient_of(f):
    """The oracle of a circuit's backward function: oracle(*inputs, upstream=1.0) gives the inputs' gradients."""
    count = len(inspect.signature(f).parameters)

    def oracle(*args):
        inputs, upstream = args[:count], args[count] if len(args) > count else 1.0
        _, pullback = autodiff.vjp(f, *inputs)
        return tuple(pullback(upstream))
    return oracle


def value_and_gradient_of(f):
    """The oracle of a function that returns its value and the gradients: oracle(*inputs) gives f, *gradients."""
    def oracle(*inputs):
        value, pullback = autodiff.vjp(f, *inputs)
        return (value, *pullback(1.0))
    return oracle


def upstream_dropped(body):
    return ("G01", "upstream dropped", body, "You returned the local gradient: the upstream gradient is missing.",
            "What should reach the inputs if dout were 0?")


def upstream_added(body):
    return ("G03", "upstream added", body, "You added the upstream gradient. Along a path derivatives multiply; they "
            "add only where paths meet.", "If nothing flows in from above (dout = 0), what should flow on?")


def constant(body):
    return ("X02", "the worked example's numbers", body, "These are the numbers of the worked example, whatever comes "
            "in.", "Which of the arguments does your result depend on?")


def only_numbers(body):
    return ("X01", "right for numbers only", body, "Numbers go through; arrays do not.",
            "Does every line of yours also work element by element?")


def wrapped(body):
    return ("X03", "wrapped in a list or array", body, "The values are right, but they stand in an array of their own.",
            "Which shape has the input, and so its gradient?")
