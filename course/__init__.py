"""A course on backpropagation: lessons, graded exercises, and what stands behind them.

A notebook imports its names from here: `from course import check, grade, hint` in an exercise,
`from course import graph, practice, predict` in a lesson. They are loaded on first use, so that importing the
package itself costs nothing.
"""

import importlib

TYPE_CHECKING = False       # as typing has it, whose import takes time
if TYPE_CHECKING:
    from course.drawing import graph
    from course.learning.identity import i_am, my_numbers
    from course.learning.notebook import check, grade, hint
    from course.learning.predicting import fold, predict
    from course.practising import practice
    from course.watching.show import watch

__version__ = "0.1.0"
__all__ = ["check", "fold", "grade", "graph", "hint", "i_am", "my_numbers", "practice", "predict", "watch"]

_HOMES = {
    "check": "course.learning.notebook",
    "grade": "course.learning.notebook",
    "hint": "course.learning.notebook",
    "fold": "course.learning.predicting",
    "i_am": "course.learning.identity",
    "my_numbers": "course.learning.identity",
    "predict": "course.learning.predicting",
    "graph": "course.drawing",
    "practice": "course.practising",
    "watch": "course.watching.show",
}


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'course' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted([*globals(), *_HOMES])
