"""Which arguments functions take: read when an operation is declared, so that a rule that does not fit is told there.

Where it can, this does without inspect.signature, which would double the time that autodiff takes to import.
"""
from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter
from types import MethodType
from typing import Any

import numpy as np

BY_POSITION = Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD


def named_arguments(f: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The names of a Python function's arguments by position, and the defaults of the last; nothing for others."""
    code = getattr(f, "__code__", None)
    if code is None:
        return (), ()
    return code.co_varnames[type(f) is MethodType:code.co_argcount], getattr(f, "__defaults__", None) or ()


def bounds(f: Callable[..., Any]) -> tuple[int, float]:
    """How few and how many arguments by position f takes; 0 and inf where it does not say."""
    code = getattr(f, "__code__", None)
    if code:
        named, defaults = named_arguments(f)
        return len(named) - len(defaults), np.inf if code.co_flags & inspect.CO_VARARGS else len(named)
    if isinstance(f, np.ufunc):
        return f.nin, f.nin
    text = getattr(f, "__text_signature__", None) or "="
    if text.startswith("($module, ") and not {"=", "*"} & {*text}:       # of a builtin: ($module, a, b, /)
        n = text.count(",") - text.count("/")
        return n, n
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return 0, np.inf
    needed = [p.default is p.empty for p in parameters if p.kind in BY_POSITION]
    return sum(needed), np.inf if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(needed)


def checked_count(name: str, forward: Callable[..., Any], rules: Sequence[Callable[..., Any]],
                  together: Callable[..., Any] | None) -> Any:
    """How many arguments the operation `name` has, None where that is open; TypeError where its rules do not fit."""
    few, many = bounds(forward)
    few = max(few, len(named_arguments(forward)[0]))          # defaults are filled in before rules see them
    if len(rules) > many:
        raise TypeError(f"{name} has {len(rules)} rules, and its forward function takes {number(few, many)}: "
                        "each rule belongs to one of them")
    if not rules and not together:
        raise TypeError(f"{name} has no rule, and its forward function takes {number(few, many)}: "
                        "give a rule for each that gradients flow to")
    few = max(few, len(rules))
    count = many if few == many else None
    for k, rule in enumerate([together] if together and not rules else rules):
        if not callable(rule):
            raise TypeError(f"the rule of {name} for argument {k} is {rule!r:.40}, where a function is needed")
        low, high = bounds(rule)
        if high < few + 2 or low > many + 2:
            which = f"the rule of {name} for argument {k}" if rules else f"the rule `together` of {name}"
            raise TypeError(f"{which} takes {number(low, high)}, and it is given {number(few + 2, many + 2)}: "
                            "g, z, and those of the forward function")
        if count is None and low == high:
            count = low - 2
    return count


def number(few: float, many: float) -> str:
    """So many arguments, in words."""
    shown = f"{few}" if few == many else f"{few} or more" if many == np.inf else f"{few} to {many}"
    return f"{shown} argument{'' if many == 1 else 's'}"


def signature(f: Callable[..., Any], by_name: bool) -> inspect.Signature | None:
    """The signature of an operation on f's arguments, which takes them by name too or not; None if f does not say."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = {Parameter.VAR_POSITIONAL: Parameter.VAR_POSITIONAL, **dict.fromkeys(BY_POSITION, BY_POSITION[by_name])}
    return inspect.Signature([p.replace(kind=kinds[p.kind]) for p in parameters if p.kind in kinds])
