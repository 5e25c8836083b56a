"""Practice without end: circuits whose gradients the learner fills in, and what is said to each number."""

from course.practising.ask import Practice, practice

__all__ = ["Practice", "practice"]
