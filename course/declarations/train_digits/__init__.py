"""Assignment 08: a network that reads handwritten digits, trained by the learner's own backward passes.

The network has two layers: relu(X W1 + b1) W2 + b2, then softmax with cross-entropy, and a regularizer on the weights.
Batch norm is that of Ioffe and Szegedy (2015), dropout that of Srivastava et al. (2014), the start that of He et al.
(2015); trying a network on twenty images first follows Karpathy (CS231n notes 2015, "Sanity checks").  The digits are
those of Alpaydin and Kaynak (1998; course/data/digits.txt).  How well a network reads is measured here, on images that
the answer never gets.
"""

from course.declarations.train_digits.checking import CHECK_ALL
from course.declarations.train_digits.layers import BATCHNORM, DROPOUT
from course.declarations.train_digits.starting import INIT_PARAMS
from course.declarations.train_digits.training import TRAIN
from course.declarations.train_digits.twenty_images import OVERFIT_TINY
from course.declarations.train_digits.two_layers import LOSS_AND_GRADS

EXERCISES = (INIT_PARAMS, LOSS_AND_GRADS, BATCHNORM, DROPOUT, CHECK_ALL, OVERFIT_TINY, TRAIN)
