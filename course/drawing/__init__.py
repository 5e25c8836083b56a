"""The interactive computational graph: `graph(f, x=..., y=...)` draws one, and lets it be stepped forward and back."""

from course.drawing.draw import Graph, graph

__all__ = ["Graph", "graph"]
