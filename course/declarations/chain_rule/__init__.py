"""Assignment 01: the chain rule, from one slope to any graph of functions.

Examples: f = (x + y) z is that of the CS231n notes (Karpathy 2015, "Backpropagation, Intuitions"); the shop that
of Saito (2016, Deep Learning from Scratch, chapter 5); f(f(f(w))) and the two algorithms for graphs those of
Goodfellow, Bengio and Courville (2016, Deep Learning, section 6.5); e = (a + b)(b + 1) and the nine paths those
of Olah (2015, "Calculus on Computational Graphs").
"""

from course.declarations.chain_rule.circuits import BASKET, CIRCUIT, PURCHASE, SQUARED_SUM
from course.declarations.chain_rule.nested import CHAIN_GRAD_RECOMPUTED, CHAIN_GRAD_STORED
from course.declarations.chain_rule.paths import SUM_OVER_PATHS
from course.declarations.chain_rule.slopes import NUMERICAL_DERIVATIVE
from course.declarations.chain_rule.walk_back import GRAD_TABLE
from course.declarations.chain_rule.walk_forward import EVALUATE_GRAPH

EXERCISES = (NUMERICAL_DERIVATIVE, CIRCUIT, SQUARED_SUM, PURCHASE, BASKET, CHAIN_GRAD_STORED, CHAIN_GRAD_RECOMPUTED,
             GRAD_TABLE, EVALUATE_GRAPH, SUM_OVER_PATHS)
