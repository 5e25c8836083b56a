"""What x.grad holds."""

import numpy as np

from course.checks.comparing import said
from course.checks.exercise import Check, Exercise
from course.declarations import torch_runs
from course.declarations.torch_runs import recorded_situation
from course.words import later, tr

# (situation, wrong prediction): code, title, what to say, what to ask
WRONG_PREDICTIONS = {
    ("twice", 6.0): ("E08", "gradients accumulate", later("Nothing cleared x.grad between the two backward passes."),
                     later("What does a second backward pass do with what x.grad holds already?")),
    ("twice_zeroed", 12.0): ("E08", "zeroing overlooked", "Between the two backward passes x.grad was set to 0.",
                             "What did x.grad hold just before the second pass?"),
    ("detached", 6.0): ("E11", "detach overlooked", "x.detach() is a constant to the graph: nothing flows back through "
                        "it.", "Which of the two factors still depends on x?"),
    ("detached", 0.0): ("E12", "both factors detached", "Only one of the two factors was detached.",
                        "Which of the two factors still depends on x?"),
    ("no_requires_grad", 2.0): ("E13", "requires_grad overlooked", "x never asked for a gradient; PyTorch computes "
                                "none for it.", "What does an attribute hold that nobody has set?"),
    ("no_requires_grad", 0.0): ("E14", "0 in place of None", "A gradient of 0 is an answer; here none was computed.",
                                "What does an attribute hold that nobody has set?"),
    ("integer", 6.0): ("E15", "integers", "This tensor holds an integer, which can't move by a little.",
                       "What does PyTorch say when an integer is to have a gradient?"),
    ("inplace_leaf", 8.0): ("E16", "a leaf changed in place", "Here a leaf that asks for a gradient is overwritten.",
                            "If x is overwritten, at which value should its gradient be taken?"),
    ("inplace_leaf", 6.0): ("E16", "a leaf changed in place", "Here a leaf that asks for a gradient is overwritten.",
                            "If x is overwritten, at which value should its gradient be taken?"),
}


def wrong(name, value):
    """The wording of a wrong prediction."""
    code, title, says, question = WRONG_PREDICTIONS[name, value]
    return {"code": code, "title": title, "says": says, "ask": question}


def all_predicted(ask):
    """Every situation has a prediction of a kind that can be right, and the given one is untouched."""
    found = ask()
    if not isinstance(found, dict):
        return _no_dict(found)
    missing = [name for name in torch_runs.SITUATIONS if name not in found]
    if missing:
        return said(tr("There is no prediction for {names} yet.", names=tr(", ").join(map(repr, missing))),
                    "What does x.grad hold after the last line?", "W00", "a prediction is missing")
    odd = [name for name in torch_runs.SITUATIONS if not _can_be_right(found[name])]
    if odd:
        return said(tr("The prediction for {name} should be a number, None, or \"error\".", name=repr(odd[0])),
                    "Does the code run to its end?", "W06", "not a prediction")
    return _predicted("twice", found["twice"])


def _no_dict(found):
    return said(tr("`predict_grads()` returned a {kind}; it should return a dict from the name of a situation to "
                   "what x.grad holds.", kind=type(found).__name__), title="type of the result")


def _can_be_right(value):
    if isinstance(value, str):
        return value == "error"
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def predicted(name):
    """The test of one situation."""
    def test(ask):
        found = ask()
        if not isinstance(found, dict):
            return _no_dict(found)
        return _predicted(name, found[name]) if name in found else \
            said(tr("There is no prediction for {names} yet.", names=repr(name)),
                 "What does x.grad hold after the last line?", "W00", "a prediction is missing")
    return test


def _predicted(name, value):
    right = recorded_situation(name)
    numbers = isinstance(value, int | float) and isinstance(right, float) and not isinstance(value, bool)
    if _can_be_right(value) and (abs(value - right) < 1e-6 if numbers else value == right):
        return None
    known = WRONG_PREDICTIONS.get((name, value if _can_be_right(value) else None))
    if known:
        code, title, says, question = known
        return said(says, question, code, title)
    return said(tr("Your prediction for {name} is {value}; that is not what PyTorch {version} gives.", name=repr(name),
                   value=repr(value), version=torch_runs.version()),
                "Go through the code line by line: which tensors does the graph hold?", title="another prediction")


# ------------------------------------------------------------------------------------ predict_grads

PREDICT_GRADS = Exercise(
    "predict_grads()", "grads", points=2, oracle=None,
    checks=(
        Check("every situation has a prediction", 0, test=all_predicted),
        *(Check(name, points, edge=True, test=predicted(name)) for name, points in (
            ("twice_zeroed", 0.375), ("detached", 0.375), ("no_requires_grad", 0.375), ("integer", 0.375),
            ("inplace_leaf", 0.5))),
    ),
    hints=("Which tensors asked for a gradient? Which of them does the graph of y hold?",
           "Gradients add up in x.grad until somebody clears it; detach makes a constant; who did not ask gets "
           "nothing; only real numbers have gradients; a leaf may not be overwritten.",
           "Of the five that are left, two are numbers, one is None, and two stop with an error."),
    read='lesson 5, "what x.grad holds"', difficulty=2, minutes=8,
)


@PREDICT_GRADS.mistake(**wrong("twice_zeroed", 12.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 12.0, "detached": 3.0, "no_requires_grad": None, "integer": "error",
            "inplace_leaf": "error"}


@PREDICT_GRADS.mistake(**wrong("detached", 6.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 6.0, "no_requires_grad": None, "integer": "error",
            "inplace_leaf": "error"}


@PREDICT_GRADS.mistake(**wrong("detached", 0.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 0.0, "no_requires_grad": None, "integer": "error",
            "inplace_leaf": "error"}


@PREDICT_GRADS.mistake(**wrong("no_requires_grad", 2.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": 2.0, "integer": "error",
            "inplace_leaf": "error"}


@PREDICT_GRADS.mistake(**wrong("no_requires_grad", 0.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": 0.0, "integer": "error",
            "inplace_leaf": "error"}


@PREDICT_GRADS.mistake(**wrong("integer", 6.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": None, "integer": 6.0,
            "inplace_leaf": "error"}


@PREDICT_GRADS.mistake(**wrong("inplace_leaf", 8.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": None, "integer": "error",
            "inplace_leaf": 8.0}


@PREDICT_GRADS.mistake(**wrong("inplace_leaf", 6.0))
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": None, "integer": "error",
            "inplace_leaf": 6.0}


@PREDICT_GRADS.mistake(code="W00", title="a prediction is missing",
                       says="There is no prediction for 'inplace_leaf' yet.",
                       ask="What does x.grad hold after the last line?")
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": None, "integer": "error"}


@PREDICT_GRADS.mistake(code="W06", title="not a prediction",
                       says="The prediction for 'integer' should be a number, None, or \"error\".",
                       ask="Does the code run to its end?")
def predict_grads():
    return {"twice": 12.0, "twice_zeroed": 6.0, "detached": 3.0, "no_requires_grad": None, "integer": "an error",
            "inplace_leaf": "error"}


@PREDICT_GRADS.alternative(title="integers")
def predict_grads():
    return {"twice": 12, "twice_zeroed": 6, "detached": 3, "no_requires_grad": None,
            "integer": "error", "inplace_leaf": "error"}


@PREDICT_GRADS.alternative(title="more entries")
def predict_grads():
    grads = dict.fromkeys(["integer", "inplace_leaf", "another"], "error")
    grads.update(twice=2 * 6.0, twice_zeroed=6.0, detached=3.0, no_requires_grad=None)
    return grads


@PREDICT_GRADS.alternative(title="numpy numbers")
def predict_grads():
    return {"twice": np.float64(12), "twice_zeroed": np.float32(6), "detached": np.int64(3),
            "no_requires_grad": None, "integer": "error", "inplace_leaf": "error"}
