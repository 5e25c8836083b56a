"""Circuits without end: a level and a seed give a circuit, the same for everybody, with numbers for a head.

A circuit is a list of lines, `q = x + y`, and numbers for its inputs. It is drawn at random, and drawn again until its
numbers are short (`_handy`) and tell the usual mistakes apart (`_telling`).
"""

import ast
import math
import operator
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from autodiff import scalar
from autodiff.trace import Trace, record
from course.practising import causes
from course.practising.questions import told_apart
from course.words import ENGLISH, later, speaking, tr

SEEDS = 10_000          # what a seed is drawn from when none is given
TRIES = 4_000
OPERATIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "add": (operator.add, "{} + {}"), "sub": (operator.sub, "{} - {}"), "mul": (operator.mul, "{} * {}"),
    "max": (scalar.maximum, "max({}, {})"), "div": (operator.truediv, "{} / {}"),
    "square": (lambda x: x ** 2, "{} ** 2"), "exp": (scalar.exp, "exp({})"),
    "sigmoid": (scalar.sigmoid, "sigmoid({})"), "relu": (scalar.relu, "relu({})"),
}
WHOLE = (-6, -5, -4, -3, -2, 2, 3, 4, 5, 6)
EASY = (*WHOLE, -1, 1, -0.5, 0.5, 1.5, -1.5)


class Line(NamedTuple):
    """One gate: its name, its operation, and names or numbers that go into it."""

    name: str
    operation: str
    arguments: tuple[str | float, ...]


class Circuit(NamedTuple):
    """A function as lines, and where it is drawn."""

    level: int
    seed: int
    lines: list[Line]
    inputs: dict[str, float]

    def __call__(self, **values: Any) -> Any:
        for line in self.lines:
            operation, _ = OPERATIONS[line.operation]
            values[line.name] = operation(*(values[a] if isinstance(a, str) else a for a in line.arguments))
        return values[self.lines[-1].name]

    @property
    def names(self) -> list[str]:
        """The names of the gates, in order."""
        return [line.name for line in self.lines]

    @property
    def code(self) -> str:
        """The circuit as Python, a line for each gate."""
        return "\n".join(f"{line.name} = " + OPERATIONS[line.operation][1].format(*map(_written, line.arguments))
                         for line in self.lines)

    @property
    def formula(self) -> str:
        """The circuit as one line of Python."""
        written: dict[str, str] = {}
        for line in self.lines:
            texts = [f"({written.get(a, a)})" if isinstance(a, str) else _written(a) for a in line.arguments]
            written[line.name] = OPERATIONS[line.operation][1].format(*texts)
        return ast.unparse(ast.parse(f"f = {written[self.lines[-1].name]}"))      # without needless brackets


class Level(NamedTuple):
    """A step of the stair: what it practises, how its circuits are drawn, and how far numbers may go."""

    name: str
    title: str
    draw: Callable[[random.Random], tuple[list[Line], dict[str, float]]]
    largest: float = 60
    finest: float = 4       # numbers are whole multiples of 1/finest; 0: what the gate gives
    asked: tuple[str, ...] = ("gradients",)


def circuit(level: int, seed: int) -> Circuit:
    """The circuit of a level and a seed, both whole numbers; the same on every machine."""
    if level not in LEVELS or level == SHAPES:
        raise ValueError(f"There is no circuit of numbers at level {level}.")
    with speaking(ENGLISH):     # none of its sentences is shown while it is looked for, and English needs no look-up
        return _circuit(level, seed)


def traced(made: Circuit) -> Trace:
    """Both passes of a circuit at its inputs."""
    tape = scalar.Tape()
    leaves = {name: tape.leaf(value) for name, value in made.inputs.items()}
    return record(made(**leaves), **leaves)


@lru_cache(256)
def _circuit(level, seed):
    row = LEVELS[level]
    rng = random.Random(f"{level}:{seed}")
    for _ in range(TRIES):
        lines, inputs = row.draw(rng)
        lines[-1] = lines[-1]._replace(name="f")
        drawn = Circuit(level, seed, lines, inputs)
        try:
            both = traced(drawn)
        except (ZeroDivisionError, ValueError, OverflowError):
            continue
        if _handy(both, row) and _telling(both):
            return drawn
    raise RuntimeError(f"no circuit of level {level} was found for the seed {seed}")


def _handy(both: Trace, level: Level) -> bool:
    """Whether a head can hold all of its numbers."""
    numbers = [node.value for node in both.nodes]
    for step in both.steps:
        if step.direction == "backward":
            numbers += [step.after] + [step.local] * (step.local is not None)
    if not all(math.isfinite(x) and abs(x) <= level.largest for x in numbers):
        return False
    return not level.finest or all((x * level.finest).is_integer() for x in numbers)


def _telling(both: Trace) -> bool:
    """Whether the usual mistakes give other numbers than the right way, and than each other."""
    known = list(causes.edges(both).values())
    received = {step.receiver: step.after for step in both.steps if step.direction == "backward"}
    for node in both.nodes:
        if node.gate == "constant":
            continue
        if node.id not in received:
            return False                        # every input has a path to the output
        wrongs = causes.gradients(both, node.id, known)
        told = told_apart(received[node.id], wrongs, [""] * len(both.nodes))
        if len(told) < (3 if received[node.id] else 1) or any("or" in wrong and not wrong["rank"] for wrong in told):
            return False
    dead = sum(received[node.id] == 0 for node in both.nodes if node.gate != "constant")
    return dead <= len(both.nodes) / 3        # below a gradient of 0 there is nothing to find


# -- how circuits are drawn --

def _numbers(rng, names, pool=WHOLE):
    """Different numbers of both signs."""
    drawn = rng.sample(pool, len(names))
    return dict(zip(names, map(float, drawn), strict=True))


def _one_gate(rng):
    operation = rng.choice(["add", "sub", "mul", "mul", "max", "square", "times"])
    if operation == "square":
        return [Line("f", "square", ("x",))], _numbers(rng, "x")
    if operation == "times":
        return [Line("f", "mul", (float(rng.choice(WHOLE)), "x"))], _numbers(rng, "x")
    return [Line("f", operation, ("x", "y"))], _numbers(rng, "xy", EASY)


def _chain(rng):
    lines, before = [], "x"
    length = rng.choice((2, 3, 3))
    steps = rng.sample(["times", "plus", "square", "minus"], length)
    for name, step in zip("pqr", steps, strict=False):
        number = float(rng.choice((2, 3, 4, 5, -2, -3)))
        lines.append({"times": Line(name, "mul", (number, before)), "plus": Line(name, "add", (before, abs(number))),
                      "minus": Line(name, "sub", (number, before)), "square": Line(name, "square", (before,))}[step])
        before = name
    return lines, _numbers(rng, "x", EASY)


def _tree(rng, operations, gates, letters="xyzwv"):
    """A tree of gates with two inputs: each gate takes two of what is there, mostly what was made last."""
    there, lines = list(letters[:gates + 1]), []
    for name in "pqrst"[:gates]:
        first = there.pop() if lines and rng.random() < 0.7 else there.pop(rng.randrange(len(there)))
        second = there.pop(rng.randrange(len(there)))
        pair = (first, second) if rng.random() < 0.5 else (second, first)
        lines.append(Line(name, rng.choice(operations), pair))
        if lines[-1].operation == "max" and any(line.operation == "max" for line in lines if line.name in pair):
            lines[-1] = lines[-1]._replace(operation="mul")         # max of max is one max
        there.append(name)
    return lines


def _patterns(rng):
    gates = rng.choice((2, 3, 3))
    lines = _tree(rng, ["add", "mul", "mul", "max"], gates)
    if rng.random() < 0.3:
        lines.append(Line("u", "mul", (2.0, lines[-1].name)))
    return lines, _numbers(rng, "xyzwv"[:gates + 1])


def _depths(lines):
    """{name: the lengths of the ways from there to the output}."""
    ways = {lines[-1].name: [0]}
    for line in reversed(lines):
        for argument in line.arguments:
            if isinstance(argument, str):
                ways.setdefault(argument, []).extend(depth + 1 for depth in ways[line.name])
    return ways


def _forked(rng, equal):
    """A tree in which one input takes the place of another, so that it is used twice."""
    while True:
        gates = rng.choice((2, 3, 3))
        lines = _tree(rng, ["add", "mul", "mul", "max", "sub"], gates)
        if equal and rng.random() < 0.3:
            lines.append(Line("u", "square", (lines[-1].name,)))
        leaves = sorted({a for line in lines for a in line.arguments if isinstance(a, str) and a in "xyzwv"})
        keep, gone = rng.sample(leaves, 2)
        lines = [line._replace(arguments=tuple(keep if a == gone else a for a in line.arguments)) for line in lines]
        alike = any(len(line.arguments) == 2 and line.arguments[0] == line.arguments[1] for line in lines)
        if not alike and (len(set(_depths(lines)[keep])) == 1) == equal:
            names = sorted({a for line in lines for a in line.arguments if isinstance(a, str) and a in "xyzwv"})
            renamed = dict(zip(names, "xyzwv", strict=False))
            lines = [line._replace(arguments=tuple(renamed.get(a, a) for a in line.arguments)) for line in lines]
            return lines, _numbers(rng, [renamed[name] for name in names])


def _curved(rng):
    """One or two curved gates whose outputs are short numbers, and something plain above them."""
    kind = rng.choice(["div", "div", "square", "exp", "sigmoid"])
    if kind == "exp":
        first, inputs = Line("p", "exp", ("x",)), {"x": math.log(rng.choice((2, 3, 4, 5, 0.5)))}
    elif kind == "sigmoid":
        out = rng.choice((0.2, 0.25, 0.5, 0.75, 0.8))
        first, inputs = Line("p", "sigmoid", ("x",)), {"x": math.log(out / (1 - out)) + 0.0}
    elif kind == "square":
        first, inputs = Line("p", "square", ("x",)), _numbers(rng, "x", EASY)
    else:
        first = Line("p", "div", ("x", "y"))
        inputs = {"x": float(rng.choice((-12, -8, -6, -4, -3, 3, 4, 6, 8, 12, 1))),
                  "y": float(rng.choice((-4, -2, 2, 4, 0.5, -0.5)))}
    lines = [first]
    if rng.random() < 0.6:
        inputs["z"] = float(rng.choice(WHOLE))
        lines.append(Line("q", rng.choice(["add", "sub"]), rng.choice([("p", "z"), ("z", "p")])))
    lines.append(Line("r", "mul", rng.choice([(float(rng.choice((2, 3, 4, 5, -2, -3, -4))), lines[-1].name),
                                              (lines[-1].name, "w")])))
    if "w" in lines[-1].arguments:
        inputs["w"] = float(rng.choice(WHOLE))
    return lines, inputs


def _neuron(rng):
    inputs = _numbers(rng, ["w", "x", "v", "y"], (-4, -3, -2, -1, 2, 3, 4, 1, 0.5, -0.5))
    dot = inputs["w"] * inputs["x"] + inputs["v"] * inputs["y"]
    squashed = rng.choice(["sigmoid", "relu", "relu"])
    at = rng.choice((0.0, 0.0, 1.0, -1.0, 2.0)) if squashed == "sigmoid" else float(rng.choice((2, 3, 4, 5, -3)))
    inputs["b"] = at - dot
    lines = [Line("p", "mul", ("w", "x")), Line("q", "mul", ("v", "y")), Line("s", "add", ("p", "q")),
             Line("t", "add", ("s", "b")), Line("a", squashed, ("t",))]
    if rng.random() < 0.8 or squashed == "relu":
        lines.append(Line("f", "mul", (float(rng.choice((2, 3, 4, -2, -3))), "a")))
    return lines, inputs


def _from_code(rng):
    if rng.random() < 0.5:
        return _forked(rng, equal=rng.random() < 0.5)
    return _patterns(rng)


def _network(rng):
    """x through two hidden relu units to one output, and the squared distance from a target."""
    inputs = {"x": float(rng.choice((1, 2, 3, -1, -2, -3)))}
    for name in "abcd":
        inputs[name] = float(rng.choice((-4, -3, -2, -1, 1, 2, 3, 4, 5)))
    target = inputs["c"] * max(0, inputs["a"] * inputs["x"]) + inputs["d"] * max(0, inputs["b"] * inputs["x"]) \
        - rng.choice((-3, -2, -1.5, -0.5, 0.5, 1.5, 2, 3))
    lines = [Line("p", "mul", ("a", "x")), Line("q", "mul", ("b", "x")), Line("g", "relu", ("p",)),
             Line("h", "relu", ("q",)), Line("r", "mul", ("c", "g")), Line("s", "mul", ("d", "h")),
             Line("y", "add", ("r", "s")),
             Line("e", "sub" if target > 0 else "add", ("y", abs(target) or 1.0))]
    return [*lines, Line("f", "square", ("e",))], inputs


LEVEL_OF_CODE, SHAPES = 8, 9
LEVELS = {
    1: Level("gates", later("one gate"), _one_gate),
    2: Level("chains", later("chains"), _chain),
    3: Level("patterns", later("add, mul and max, with an upstream gradient"), _patterns),
    4: Level("forks", later("forks"), lambda rng: _forked(rng, equal=True)),
    5: Level("long and short", later("forks of unequal length"), lambda rng: _forked(rng, equal=False)),
    6: Level("curves", later("division, square, exp and sigmoid"), _curved, finest=0),
    7: Level("neuron", later("the neuron"), _neuron, finest=0),
    LEVEL_OF_CODE: Level("code", later("a circuit read from code"), _from_code, asked=("values", "gradients")),
    SHAPES: Level("shapes", later("shapes: which product, which transpose, where to sum"), lambda rng: ([], {})),
    10: Level("networks", later("a whole small network"), _network, largest=40),
}


def level_called(name: str | int) -> int:
    """The number of a level by its name or number; raises ValueError with what there is."""
    for number, level in LEVELS.items():
        if name in (number, level.name, str(number)):
            return number
    known = tr(", ").join(f"{number} {level.name!r}" for number, level in LEVELS.items())
    raise ValueError(tr("There is no level {name}. There are {known}.", name=repr(name), known=known))


def _written(argument):
    return argument if isinstance(argument, str) else f"{argument:g}"
