"""The lessons' figures: a call each, so that a cell holds the idea and not the drawing of it.

    curves(n, {"edges": 2 * n, "paths": 2.0**n}, x="doublings", y="how many", log="y")
    table(["nudge", "f moves by"], [(h, f(x + h) - f(x)) for h in (1.0, 0.1, 0.01)])

A figure shows itself as the last line of a cell; `beside(one, other)` puts figures side by side where there is room.
Each is told in words too, worked out from its numbers, for whoever does not see it.
"""

from course.figures.pictures import images, marked
from course.figures.plots import bars, curves, histogram, spans, steps
from course.figures.shown import Figure, beside
from course.figures.tables import Table, table

__all__ = ["Figure", "Table", "bars", "beside", "curves", "histogram", "images", "marked", "spans", "steps", "table"]
