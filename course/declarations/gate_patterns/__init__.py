"""Assignment 02: the backward functions of single gates, and of two small circuits.

The gates work alike on numbers and on arrays of one shape.  Examples: the circuit 2(xy + max(z, w)) and the
staged function are those of the CS231n notes (Karpathy 2015, "Backpropagation, Intuitions").
"""

from course.declarations.gate_patterns.arithmetic import ADD, DIV, MUL, SUB
from course.declarations.gate_patterns.one_input import EXP, LOG, RECIPROCAL
from course.declarations.gate_patterns.routing import GATES_CIRCUIT, MAX
from course.declarations.gate_patterns.stages import STAGED
from course.declarations.gate_patterns.telling_inputs import WITNESSES

EXERCISES = (ADD, SUB, MUL, MAX, DIV, RECIPROCAL, EXP, LOG, GATES_CIRCUIT, STAGED, WITNESSES)
