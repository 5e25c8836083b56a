"""Level 9: gradients of arrays, chosen from a list: which product, which transpose, where to sum.

Each choice is a line of numpy, tried beforehand on arrays of the circuit's shapes: what it says to a wrong one is what
numpy made of it.
"""

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import autodiff
from autodiff.trace import Trace, trace
from course.drawing import scene
from course.practising.questions import Box
from course.words import later, tr


class Stage(NamedTuple):
    """A gate on arrays. {x} is its first input, {w} its second, {y} its output, d… a gradient."""

    name: str                       # of what it makes
    first: str
    second: str                     # "" for none
    code: str                       # y as autodiff's and numpy's functions give it
    gradients: dict[str, tuple[str, ...]]   # for each input: the right line, then the wrong ones


PRODUCT = {"first": ("d{y} @ {w}.T", "{w}.T @ d{y}", "d{y} @ {w}", "{x}.T @ d{y}"),
           "second": ("{x}.T @ d{y}", "d{y} @ {x}.T", "{x} @ d{y}", "d{y} @ {w}.T")}
BIAS = {"first": ("d{y}", "d{y}.sum(axis=0)", "d{y} + {w}", "d{y} * {w}"),
        "second": ("d{y}.sum(axis=0)", "d{y}.sum(axis=1)", "d{y}", "d{y}.mean(axis=0)")}
COLUMN = {"first": ("d{y} * {w}", "d{y} * {x}", "d{y} / {w}", "d{y}"),
          "second": ("(d{y} * {x}).sum(axis=1, keepdims=True)", "(d{y} * {x}).sum(axis=0)", "d{y} * {x}",
                     "d{y}.sum(axis=1, keepdims=True)")}
RELU = {"first": ("d{y} * ({x} > 0)", "d{y} * {x}", "d{y}", "d{y} * (d{y} > 0)")}
TURNED = {"first": ("d{y}.T", "d{y}", "{x}.T", "d{y}.sum(axis=0)")}
MEAN = {"first": ("np.tile(d{y} / {n}, ({n}, 1))", "np.tile(d{y}, ({n}, 1))", "d{y} / {n}", "d{y}.mean(axis=0)")}
WHY = {"@": later("A product's gradient is upstream times the other factor, transposed, on the side where it stood."),
       "+": later("Each element is added as it is; where an input was repeated, what comes back is summed."),
       "*": later("× swaps, element by element; where an input was repeated, what comes back is summed."),
       "relu": later("relu lets back what it let through."), ".T": later("What was turned is turned back."),
       "mean": later("Each of the N rows has a share of 1 ÷ N in the mean.")}


class Circuit(NamedTuple):
    """A function of arrays in stages; `weights` is a constant array, so that the upstream gradients are not all 1."""

    seed: int
    stages: list[Stage]
    inputs: dict[str, np.ndarray]
    weights: np.ndarray

    def __call__(self, **values: Any) -> Any:
        for stage in self.stages:
            values[stage.name] = eval(_with_names(stage, stage.code), {"relu": autodiff.relu, **values})
        return (values[self.stages[-1].name] * self.weights).sum()

    @property
    def code(self) -> str:
        """The circuit as numpy, a line for each gate."""
        lines = [f"{stage.name} = {_with_names(stage, stage.code)}" for stage in self.stages]
        last = self.stages[-1].name
        return "\n".join([*lines, f"f = ({last} * G).sum()     # {tr('so {gradient} = G', gradient=f'd{last}')}"])


def circuit(seed: int) -> Circuit:
    """The circuit of a seed: a product, and one or two more gates, on small whole numbers."""
    rng = random.Random(f"shapes:{seed}")
    while True:
        made = _drawn(rng, seed)
        if _telling(made):
            return made


def _telling(made):
    """Whether each right line is right, and no wrong one is by chance."""
    record, composed = traced(made)
    arrays, _ = _arrays(made, record, composed)
    for stage in made.stages:
        for which, name in (("first", stage.first), ("second", stage.second)):
            for k, line in enumerate(stage.gradients[which] if name else ()):
                try:
                    value = evaluated(_with_names(stage, line), arrays)
                except ValueError:
                    continue
                truth = arrays[f"d{name}"]
                if (value.shape == truth.shape and np.allclose(value, truth)) != (k == 0):
                    return False
    return True


def _drawn(rng, seed):
    n, d, m = rng.sample(range(2, 7), 3)
    shapes: dict[str, tuple[int, ...]] = {"X": (n, d), "W": (d, m)}
    stages: list[Stage] = []
    at: tuple[int, ...] = (n, m)
    stages.append(Stage("p", "X", "W", "{x} @ {w}", PRODUCT))
    for name, kind in zip("qr", rng.sample(["bias", "column", "relu", "turned", "mean"], rng.choice((1, 2))),
                          strict=False):
        before = stages[-1].name
        if len(at) == 1 and kind != "relu":
            continue
        if kind == "bias":
            shapes["b"] = at[1:]
            stages.append(Stage(name, before, "b", "{x} + {w}", BIAS))
        elif kind == "column":
            shapes["c"] = (*at[:1], 1)
            stages.append(Stage(name, before, "c", "{x} * {w}", COLUMN))
        elif kind == "relu":
            stages.append(Stage(name, before, "", "relu({x})", RELU))
        elif kind == "turned":
            at = at[::-1]
            stages.append(Stage(name, before, "", "{x}.T", TURNED))
        else:
            lines = {"first": tuple(line.replace("{n}", "".join(map(str, at[:1]))) for line in MEAN["first"])}
            stages.append(Stage(name, before, "", "{x}.mean(axis=0)", lines))
            at = at[1:]
    numbers = np.random.default_rng(rng.randrange(2**32))
    inputs = {name: _whole(numbers, shape) for name, shape in shapes.items()}
    return Circuit(seed, stages, inputs, _whole(numbers, at))


def traced(made: Circuit) -> tuple[Trace, scene.Scene]:
    """The circuit's trace and scene."""
    record = trace(made, **made.inputs)
    names = [stage.name for stage in made.stages]
    return record, scene.compose(record, names=[*names, None, "f"])


def boxes(made: Circuit, record: Trace, composed: scene.Scene) -> list[Box]:
    """One box for each input of a gate: which line of numpy gives its gradient."""
    arrays, ids = _arrays(made, record, composed)
    rng = random.Random(f"choices:{made.seed}")
    found = []
    for stage in reversed(made.stages):
        for which, name in (("first", stage.first), ("second", stage.second)):
            if name:
                found.append(_box(stage, which, name, arrays, ids, rng))
    return found


def _box(stage, which, name, arrays, ids, rng):
    lines = [_with_names(stage, line) for line in stage.gradients[which]]
    right, shape = lines[0], arrays[name].shape
    choices = rng.sample(lines, len(lines))
    why = next(tr(told) for sign, told in WHY.items() if sign in stage.code)
    wrong = [{"low": k - 0.1, "high": k + 0.1, "kind": _kind(stage), "rank": 0,
              "says": _says(line, arrays, name, why)} for k, line in enumerate(choices) if line != right]
    place = float(choices.index(right))
    needs = [f"gradient-{ids[stage.name]}"]         # which is given for the last stage, and has no box
    sign, above = f"d{name}", f"d{stage.name}"
    return Box(f"gradient-{ids[name]}",
               tr("{gradient}, the gradient at {name} of shape {shape}", gradient=sign, name=name, shape=shape), sign,
               needs, tr("This one can be found once {above} stands.", above=above), right,
               (place - 0.1, place + 0.1), wrong,
               tr("{gradient} = {right}, of shape {shape}, the shape of {name}. {why}", gradient=sign, right=right,
                  shape=shape, name=name, why=why), why,
               [tr("{name} has the shape {shape}, and so has {gradient}. {above} has the shape {other}.", name=name,
                   shape=shape, gradient=sign, above=above, other=arrays[stage.name].shape), why],
               choices, f"node-{ids[name]}")


def _says(line, arrays, name, why):
    """What numpy makes of a wrong line."""
    shape = arrays[name].shape
    try:
        made = evaluated(line, arrays)
    except ValueError:
        known = [word for word in dict.fromkeys(_words(line)) if word in arrays]
        told = [tr("{name} is {shape}", name=word, shape=arrays[word].shape) for word in known]
        shapes = told[0] if len(told) == 1 else \
            tr("{first} and {second}", first=tr(", ").join(told[:-1]), second=told[-1])
        return tr("{line} does not fit: {shapes}. {why}", line=line, shapes=shapes, why=why)
    if made.shape != shape:
        return tr("{line} has the shape {made}, and {name} has {shape}. {why}", line=line, made=made.shape, name=name,
                  shape=shape, why=why)
    return tr("{line} has the right shape and other numbers. {why}", line=line, why=why)


def evaluated(line: str, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """A line of numpy on the arrays of a circuit; numpy's ValueError where shapes don't fit."""
    return np.asarray(eval(line, {"np": np, **arrays}))


def _words(line):
    return [word for word in "".join(c if c.isalnum() else " " for c in line).split() if word.isidentifier()]


def _kind(stage):
    return "product" if "@" in stage.code else "relu" if "relu" in stage.code else "repeated"


def _arrays(made, record, composed):
    """Every value and every gradient (d…) by name, and {name: id of its node}."""
    gradients = {step.receiver: step.after for step in record.steps if step.direction == "backward"}
    arrays, ids = {}, {}
    for item in composed.items:
        name = item.name or (item.label if item.kind == "leaf" else "")
        if name:
            ids[name] = item.id
            arrays[name] = np.array(record.nodes[item.id].value)
            arrays[f"d{name}"] = np.array(gradients[item.id])
    return arrays, ids


def _whole(numbers, shape):
    """Whole numbers of both signs, never 0 or 1."""
    return numbers.choice([-4.0, -3.0, -2.0, 2.0, 3.0, 4.0, 5.0], size=shape)


def _with_names(stage, text):
    return text.format(x=stage.first, w=stage.second, y=stage.name)
