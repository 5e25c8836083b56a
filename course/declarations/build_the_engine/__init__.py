"""Assignment 06: an engine for reverse-mode differentiation, piece by piece.

Each piece is tried on nodes that engine_nodes.py builds, so that a fault costs its own exercise alone. What can go
wrong with an engine was gathered from the issue lists of small engines (micrograd's above all); the graphs below are
those on which each mistake shows. The gradient as a graph of its own is that of Goodfellow, Bengio and Courville
(2016, Deep Learning, section 6.5.6, Algorithms 6.5 and 6.6).
"""

from course.declarations.build_the_engine.all_below import COUNT_EDGES, ZERO_GRAD
from course.declarations.build_the_engine.forward import FORWARD_MODE
from course.declarations.build_the_engine.higher import GRAD_GRAPH, SECOND_DERIVATIVE
from course.declarations.build_the_engine.order import TOPOLOGICAL_ORDER
from course.declarations.build_the_engine.value import VALUE
from course.declarations.build_the_engine.walk_back import BACKWARD

EXERCISES = (VALUE, TOPOLOGICAL_ORDER, BACKWARD, ZERO_GRAD, COUNT_EDGES, GRAD_GRAPH, SECOND_DERIVATIVE, FORWARD_MODE)
