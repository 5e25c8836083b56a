"""What the declarations of several assignments share: oracles of circuits, and mistakes that occur everywhere.

Of these it holds the wording: @MUL.mistake(**UPSTREAM_DROPPED).
"""

import inspect

from course.checks.oracles import Gradient, gradients


def circuit_gradient_of(f, given=gradients):
    """The oracle of a circuit's backward function: oracle(*inputs, upstream=1.0) gives the inputs' gradients."""
    count = len(inspect.signature(f).parameters)
    return Gradient(f, lambda *args: (args[:count], args[count] if len(args) > count else 1.0), given)


def value_and_gradient_of(f):
    """The oracle of a function that returns its value and the gradients: oracle(*inputs) gives f, *gradients."""
    return Gradient(f, lambda *inputs: (inputs, 1.0), lambda value, grads: (value, *grads))


UPSTREAM_DROPPED = {
    "code": "G01", "title": "upstream dropped",
    "says": "You returned the local gradient: the upstream gradient is missing.",
    "ask": "What should reach the inputs if dout were 0?"}
UPSTREAM_ADDED = {
    "code": "G03", "title": "upstream added",
    "says": "You added the upstream gradient. Along a path derivatives multiply; they add only where paths meet.",
    "ask": "If nothing flows in from above (dout = 0), what should flow on?"}
ONLY_NUMBERS = {
    "code": "X01", "title": "right for numbers only",
    "says": "Numbers go through; arrays do not.",
    "ask": "Does every line of yours also work element by element?"}
CONSTANT = {
    "code": "X02", "title": "the worked example's numbers",
    "says": "These are the numbers of the worked example, whatever comes in.",
    "ask": "Which of the arguments does your result depend on?"}
WRAPPED = {
    "code": "X03", "title": "wrapped in a list or array",
    "says": "The values are right, but they stand in an array of their own.",
    "ask": "Which shape has the input, and so its gradient?"}


def under(upstream, wording):
    """A wording for an exercise whose upstream gradient has another name than dout."""
    return {part: text.replace("dout", upstream) for part, text in wording.items()}
