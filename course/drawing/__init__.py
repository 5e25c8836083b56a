"""The interactive computational graph: `graph(f, x=..., y=...)` draws one, and lets it be stepped forward and back."""

from course.drawing.graph import Graph, graph

__all__ = ["Graph", "graph"]
