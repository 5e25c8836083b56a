"""Exercises of your own: NN_name.py declares those of the assignment NN_name (docs/exercises.md)."""
