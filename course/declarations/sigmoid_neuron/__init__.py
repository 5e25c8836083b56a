"""Assignment 03: the sigmoid, a neuron through its gates and in one step, its loss, and where it stops learning.

Examples: the neuron w = [2, -3, -3], x = [-1, -2] is that of the CS231n notes (Karpathy 2015, "Backpropagation,
Intuitions"), with figures of four digits; the vanishing product is that of Hochreiter (1991) and Bengio, Simard and
Frasconi (1994).
"""

from course.declarations.sigmoid_neuron.activations import SIGMOID, SIGMOID_BACKWARD, TANH
from course.declarations.sigmoid_neuron.gates import NEURON_BACKWARD_GATES, NEURON_FORWARD
from course.declarations.sigmoid_neuron.loss import BCE, SGD_STEP
from course.declarations.sigmoid_neuron.one_step import NEURON
from course.declarations.sigmoid_neuron.vanishing import VANISHING_PRODUCT

EXERCISES = (SIGMOID, SIGMOID_BACKWARD, NEURON_FORWARD, NEURON_BACKWARD_GATES, NEURON, TANH, BCE, SGD_STEP,
             VANISHING_PRODUCT)
