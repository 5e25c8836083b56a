"""Is a slip a slip, and is what it was told true?  For `python -m benchmarks slips`.

Kept all points: the changed answer is asked wide random inputs beside the right one, and the first at which they
differ shows a hole. Told a cause: true by the slip's kind where a table tells (TRUE); otherwise all that is said is
looked for anew, on draws that nobody has seen. What gives the learner's numbers there too is what the answer computes;
what does not agreed by chance.
"""

import io
import re
import signal
import warnings
from contextlib import redirect_stdout
from unittest import mock

import numpy as np

from course.checks import codec
from course.checks.calling import call
from course.checks.causes import forms
from course.checks.causes.evidence import evidence_of
from course.checks.causes.forms import Search
from course.checks.causes.graph import causes_in_the_graph
from course.checks.causes.results import causes_of_results
from course.checks.comparing import equal
from course.checks.diagnosis import show
from course.checks.examining import examine
from course.checks.running import run

FRESH = (70, 71)        # seeds of draws, for looking anew
WIDE = (40, 41, 42)     # and for asking wide
MOST_CALLS = 60         # that are changed, of an exercise
SECONDS = 6

# For a kind of slip, the titles that are true of it wherever it is made; it is the first that a slip's own words match
TRUE = (
    (r"^[+-]=? → [+-]=?$|^left out: -", {"sign"}),
    (r"^/ → //$", {"whole numbers", "cut to whole numbers"}),
    (r"^[*/+-]= → =$", {"kept the last only", "overwrites at a fork", "accumulated too little"}),
    (r"^(\+|-|\*|/|\*\*|@|\*=|/=|//) → (?!=)\S+$", {"operator"}),
    (r"^(<|>|<=|>=|==|!=|is|not|and|or) → ", {"comparison", "condition"}),
    (r"^(True|False) → ", {"a flag", "keepdims", "condition"}),
    (r"^[\d.]+ → ", {"a number", "off by one", "axis", "a constant", "power rule"}),
    (r"^(sum|mean|max|min|exp|log|argsort|zeros|ones|maximum) → ", {"another function", "whole numbers"}),
    (r"^(reversed|sqrt|abs) → nothing", {"a call left out"}),
    (r"^continue → ", {"early stop", "a step left out"}),
    (r"^[A-Za-z_]\w* → [A-Za-z_]\w*$", {"another name", "one for another", "order"}),
    (r"^left out: \.T", {"transpose", "transposed"}),
    (r"^left out: (axis|keepdims)", {"axis", "keepdims", "shape of the result"}),
    (r"^left out: ", {"left out", "a term left out", "a call left out", "an argument left out",
                      "upstream dropped", "local gradient dropped", "one path is missing"}),
    (r"^brackets left out", {"brackets"}),
    (r"^exchanged around", {"order", "operands exchanged", "arguments exchanged", "inputs exchanged",
                            "order of the results", "one for another"}),
    (r"^a line left out", {"a step left out", "a case left out", "always", "one path is missing"}),
    (r"^a line twice", {"paid twice", "twice"}),
    (r"^a line further in", {"early return", "only in the loop"}),
)


def true_by_kind(why, title):
    """Whether a title is true of a slip of this kind wherever it is made."""
    titles = next((titles for pattern, titles in TRUE if re.search(pattern, why)), set())
    return title in titles


def how_again(exercise, answer, report):
    """"again" where all that is said holds on fresh draws too, of each result by itself; else "not again"."""
    again = limited(lambda: examine(exercise, answer, FRESH, edge=True))
    if again is None or again.diagnosis is None:
        return "not again"
    before, after = report.diagnosis, again.diagnosis
    if before.code or after.code:
        same = before.code == after.code
    elif clauses := _clauses(before.says):
        found = _clauses(after.says)
        same = _hold(clauses, found) or _hold(clauses, limited(lambda: all_clauses(exercise, answer)) or {})
    else:
        same = before.title == after.title
    return "again" if same and _right(before.says) == _right(after.says) else "not again"


def all_clauses(exercise, answer):
    """The same as _clauses, of all causes that give an answer's numbers on fresh draws."""
    found = {}
    for edge in (True, False):
        result = run(exercise, answer, FRESH, edge=edge)
        evidence = evidence_of(result)
        if evidence is None:
            continue
        computation = getattr(exercise.oracle, "computation", None)
        search = Search(exercise, result, SECONDS / 2)
        with mock.patch.object(forms, "explained", lambda *_: False):       # it is to go on
            causes = [*causes_of_results(exercise, evidence), *search.by_results(evidence),
                      *(causes_in_the_graph(computation, evidence) if computation else ())]
        for cause in causes:
            for label in cause.results:
                found.setdefault(label if len(evidence.right) > 1 else "That", set()).add(cause.clause)
        break
    return found


def _hold(clauses, found):
    return all(clauses[label] <= found.get(label, set()) for label in clauses)


def _clauses(says):
    """{result: the clauses, each of which explains it}; "" for an answer's only result."""
    return {label: set(re.split(", or, which gives the same numbers, when | or when ", clauses))
            for labels, clauses in re.findall(r"(That|[\w, ]+?) (?:is|are) what comes out when (.*?)\.(?:\s|$)", says)
            for label in _labels(labels)}


def _right(says):
    """The results that are said to be right."""
    return {label for labels in re.findall(r"([\w, ]+?) (?:is|are) right\.", says) for label in _labels(labels)}


def _labels(text):
    return re.split(r", | and ", text.strip())


# ------------------------------------------------------------------------------------ kept all points

def difference(exercise, right, changed):
    """A text that shows where two answers differ, "" where they don't on wide inputs; None where there are none."""
    cases = wide(exercise, right)
    if not any(cases):
        return None     # it is asked nothing: its answer is free, and judged by what it does
    for args in cases:
        mine, theirs = (limited(lambda f=f, args=args: call(f, args, exercise.driver)) for f in (right, changed))
        if mine is None or mine.failure or not _is_finite(mine.result) or mine.changed:
            continue        # nothing is asked of an answer there
        if theirs is None or theirs.failure or theirs.changed or not equal(theirs.result, mine.result):
            again = limited(lambda args=args: call(right, args, exercise.driver))
            if again is None or again.failure or not equal(again.result, mine.result):
                continue    # what it was handed counts its calls, or draws
            got = "too long" if theirs is None else theirs.failure.kind if theirs.failure else \
                "changed an argument" if theirs.changed else show(theirs.result)
            named = ", ".join(f"{name}={show(value)}" for name, value in exercise.named(args))
            return f"{named}: {got[:200]} for {show(mine.result)[:200]}"
    return ""


_wide = {}


def wide(exercise, right):
    """Argument tuples: those of all checks on several seeds, and each with something changed in it."""
    if exercise.name not in _wide:
        rng = np.random.default_rng(0)
        asked = [asked.args for asked in run(exercise, right, WIDE, edge=True).asked]
        asked = [asked[k] for k in sorted(rng.permutation(len(asked))[:MOST_CALLS])]
        cases = list(asked)
        for args in asked:
            for change in CHANGES:
                for _ in range(2):
                    cases.append(tuple(_changed(arg, change, rng) for arg in args))
        _wide[exercise.name] = cases
    return _wide[exercise.name]


CHANGES = (
    lambda x, rng: x * 0.0 if rng.random() < 0.5 else x,
    lambda x, rng: x * np.where(rng.random(np.shape(x)) < 0.4, 0.0, 1.0),
    lambda x, rng: -x,
    lambda x, rng: x * 10.0 ** rng.integers(-3, 4),
    lambda x, rng: np.round(x) + 0.0,
    lambda x, rng: np.full_like(x, np.ravel(x)[0]) if np.size(x) else x,
    lambda x, rng: rng.standard_normal(np.shape(x)) * 2,
    lambda x, rng: np.abs(x),
    lambda x, rng: x if rng.random() < 0.5 else np.where(rng.random(np.shape(x)) < 0.4, 1.0, x),
)


def _changed(value, change, rng):
    """A value with its real numbers changed; whole ones (indices, sizes, labels) stay."""
    if isinstance(value, float):
        return float(change(np.float64(value), rng))
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.array(change(value, rng), dtype=value.dtype)
    if isinstance(value, list | tuple):
        return type(value)(_changed(part, change, rng) for part in value)
    if isinstance(value, dict):
        return {key: _changed(part, change, rng) for key, part in value.items()}
    return value


def _is_finite(value):
    try:
        codec.pack(value)
    except codec.NotPlain:
        return False
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float | np.ndarray | np.generic) or bool(np.all(np.isfinite(value)))


class TooLong(BaseException):
    pass


def limited(f):
    """f(), or None where it takes too long or fails."""
    def stop(*_):
        raise TooLong
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return f()
    except (TooLong, Exception):
        return None
    finally:
        signal.alarm(0)
