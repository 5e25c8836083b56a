"""PyTorch for tables of tests, which name its functions where it may not be installed."""


class Absent:
    """Has every name that is asked for, and computes nothing."""

    def __getattr__(self, name):
        return Absent()

    def __call__(self, *args, **options):
        raise ModuleNotFoundError("PyTorch is not installed: a test that calls it is to be marked needs_torch")


try:
    import torch
except ModuleNotFoundError:
    torch = Absent()
