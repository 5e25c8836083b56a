"""Assignment 04: backward functions of whole arrays: products, broadcasting, reductions, relu, softmax, losses.

Axes have names in the messages: N rows (the examples of a batch), D inputs, M outputs, C classes.  Conventions are
PyTorch's: relu'(0) = 0, the mean squared error is the mean over all elements, a loss is the mean over the N rows;
a tie of the maximum shares equally.  The dimension analysis is that of the CS231n notes (Karpathy 2015, "Gradients
for vectorized operations"); the gradient check is the centred difference (Goodfellow et al. 2016, section 11.5).
"""

from course.declarations.vectorized_gradients.broadcasting import MUL_BROADCAST, UNBROADCAST
from course.declarations.vectorized_gradients.checking import GRADIENT_CHECK
from course.declarations.vectorized_gradients.places import PERMUTE, TAKE_ROWS
from course.declarations.vectorized_gradients.products import AFFINE, MATMUL
from course.declarations.vectorized_gradients.reductions import MAX_AXIS, MEAN, SUM
from course.declarations.vectorized_gradients.relu import RELU
from course.declarations.vectorized_gradients.softmax import SOFTMAX, SOFTMAX_CROSS_ENTROPY
from course.declarations.vectorized_gradients.squared_error import MSE

EXERCISES = (MATMUL, AFFINE, UNBROADCAST, MUL_BROADCAST, SUM, MEAN, RELU, MAX_AXIS, SOFTMAX, SOFTMAX_CROSS_ENTROPY, MSE,
             PERMUTE, TAKE_ROWS, GRADIENT_CHECK)
