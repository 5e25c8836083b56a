"""What a right answer is, and how a wrong one is explained.

exercise    how an exercise is declared       registry   which there are
draws       random inputs                     codec, calling  the one way to reach an answer
running     runs the checks on an answer      comparing  is a result right?
diagnosis   names the mistake                 report     says it
commands    check, grade, hint                predicting  a lesson's prediction cells
and one module for each assignment.
"""

from course.checks.commands import check, grade, hint
from course.checks.predicting import predict
from course.checks.registry import assignments, exercises, find

__all__ = ["assignments", "check", "exercises", "find", "grade", "hint", "predict"]
