"""Assignment 05: the same gradients by hand, by `autodiff` and by PyTorch.

Graded without PyTorch, by what it answered once (torch_runs.py); where the notebook has imported torch, fresh
numbers are asked of it too.  The circuit r = ((x + y) z)² = 144 stands in for the one of an article whose own is
lost; comparing exactly and approximately follows Karpathy ("makemore 4", 2022).
"""

from course.declarations.pytorch_comparison.by_engine import ENGINE_GRADS, VECTOR
from course.declarations.pytorch_comparison.by_hand import COMPARE, R144
from course.declarations.pytorch_comparison.own_node import SIGMOID_FN
from course.declarations.pytorch_comparison.predictions import PREDICT_GRADS

EXERCISES = (R144, COMPARE, ENGINE_GRADS, PREDICT_GRADS, VECTOR, SIGMOID_FN)
