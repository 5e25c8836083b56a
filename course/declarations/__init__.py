"""The exercises: what a right answer is, and what is known of wrong ones; a module or folder for each assignment."""

from course.declarations.registry import ASSIGNMENTS, assignments, declared, exercises, find

__all__ = ["ASSIGNMENTS", "assignments", "declared", "exercises", "find"]
