"""From a Run to one sentence: names the mistake in a wrong answer.

In this order: not written yet; a wrong form of the exercise's bank that answers just as this answer does; an
exception; number, type and shape of the results; changed arguments; of values, the smallest change of the true
backward pass, or of a right answer's text, that gives these numbers at every call (course.checks.causes); a relation
between the two results; last, what is known of the first place at which they differ.
"""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from course.checks import codec
from course.checks.calling import Reply, call
from course.checks.causes.evidence import Evidence, evidence_of, is_of_values, right_at
from course.checks.causes.forms import SECONDS, SECONDS_GRADED, Search, explained
from course.checks.causes.graph import causes_in_the_graph, nearest_first
from course.checks.causes.leading import leading_on
from course.checks.causes.results import causes_of_results
from course.checks.causes.telling import Told, told
from course.checks.comparing import Problem, agreeing, as_numbers, close, equal, parts
from course.checks.exercise import Check, Exercise, Mistake
from course.checks.running import Asked, Different, Finding, Retrace, Run, run
from course.checks.verdict import ALL_ZEROS, ANOTHER_VALUE, NOT_FINITE, OURS, UNWRITTEN, stopped
from course.words import later, sentences, tr


@dataclass(frozen=True)
class Diagnosis:
    """What is said of an answer that is not right; the title is in English, as data, and told by `tr`.

    title   the mistake's name: "upstream dropped"
    code    its id in MISTAKES.md, or ""
    says    one or two sentences
    ask     one question, or ""
    asked   the call at which it shows, or None
    relation  between the two results: "= yours × dout", or ""
    edge    (gate, input), the edge of the graph on which it lies, as texts of the forward pass; or None
    """

    title: str
    says: str
    ask: str = ""
    code: str = ""
    asked: Asked | None = None
    relation: str = ""
    edge: tuple[str, str] | None = None


def diagnose(result: Run, seeds: Sequence[int], edge: bool,
             more: Callable[[bool], Run] | None = None) -> Diagnosis | None:
    """The Diagnosis of a Run, or None where every check passed; seeds and edge are those of the run.

    more  more(edge) gives another Run of the answer, on other draws: what is named must explain it, too
    """
    found = next(((problem, asked) for _, problem, asked in result.verdicts if problem), None)
    if found is None:
        return None
    problem, asked = found
    if problem.kind == "unwritten":
        return Diagnosis(UNWRITTEN, "There is nothing to check yet: write the function, and let it return its "
                                    "result.", asked=asked)
    mistake = _in_the_bank(result, seeds, edge, more)
    if mistake:
        says = sentences(tr(mistake.says), tr(problem.seen))
        return Diagnosis(mistake.title, says, mistake.ask, mistake.code, asked, _relation(result)[1])
    if problem.kind in ("value", "finite"):
        widest = _widest(result, more)
        title, relation, says = _relation(widest, everywhere=True)
        if says:        # of all results at once
            return Diagnosis(title, says, asked=asked, relation=relation)
        cause = _cause(result, seeds, edge, more, _evidence(result, widest, more), asked)
        if cause:
            return Diagnosis(cause.title, cause.says, cause.ask, asked=asked, edge=cause.edge)
    if problem.kind == "type" and _holds_none(problem.got):
        cause = _cause(result, seeds, edge, more, None)
        why = cause or Told("None in the result", "", "Which step of yours was to fill it?")
        says = tr("There is None in `{label}`, where a number belongs.", label=problem.label)
        return Diagnosis(why.title, sentences(says, tr(why.says)), why.ask, asked=asked)
    if problem.kind == "value":
        known = evidence_of(_widest(result, more))
        return _value(problem, asked, *leading_on(result.exercise, evidence_of(result), problem.label,
                                                  known.fine if known else None))
    return _SPEAKERS[problem.kind](problem, asked, result.exercise)


# ------------------------------------------------------------------------------------ the bank of wrong forms

def _in_the_bank(result: Run, seeds: Sequence[int], edge: bool, more: Callable[[bool], Run] | None) -> Mistake | None:
    """The one wrong form that answers every call as this answer did."""
    found = _known(result, seeds, edge)
    if found and more:
        found = [mistake for mistake in found if _follows_again(mistake.function, more(True), True)]
    return found[0] if len({mistake.code for mistake in found}) == 1 else None


def _known(result: Run, seeds: Sequence[int], edge: bool) -> list[Mistake]:
    """The wrong forms that answer as this answer did; each answer is looked for once."""
    answered = _fingerprint(result)
    if answered is None:
        return _searched(result, seeds, edge)
    key = (result.exercise, len(result.exercise.mistakes), *seeds, edge, answered)
    if key not in _found:
        if len(_found) == MOST_FOUND:
            _found.clear()
        _found[key] = _searched(result, seeds, edge)
    return _found[key]


_found: dict[tuple, list[Mistake]] = {}    # a class makes the same mistakes, and may be asked the same
MOST_FOUND = 2_000


def _fingerprint(result: Run) -> bytes | None:
    """All that a search in the bank looks at, beside what follows from the seeds; None where it can't be said."""
    try:
        told = hashlib.blake2b(codec.pack(result.counts))
    except codec.NotPlain:
        return None
    for asked in result.asked:
        reply = asked.reply
        about = (reply.packed and len(reply.packed), reply.changed, reply.failure and reply.failure.kind)
        told.update(repr(about).encode() + (reply.packed or b""))
    return told.digest()


def _searched(result: Run, seeds: Sequence[int], edge: bool) -> list[Mistake]:
    driver = result.exercise.driver
    wrong = [asked for asked in result.asked if asked.problem]
    packed = _packed(wrong[0].args) if wrong else None
    shown = wrong[0] if packed else None
    found, near = [], []
    for mistake in result.exercise.mistakes:
        if shown and packed:        # most forms are out after one call, where the answer was wrong
            asked = Asked(shown.args, _reply(mistake, packed, driver), shown.expected)
            if not _answers_alike(shown, asked):
                continue
        if _follows(mistake.function, result, seeds, edge):
            found.append(mistake)
        elif shown:
            near.append(mistake)
    return found or [mistake for mistake in near if _explains_values(mistake.function, result, seeds, edge)]


def _follows(form: Any, result: Run, seeds: Sequence[int], edge: bool, checks: Sequence[Check] | None = None) -> bool:
    """Whether a wrong form, asked the same, answers alike from the first call to the last."""
    try:
        other = run(result.exercise, form, seeds, edge, functools.partial(Retrace, result, _answers_alike), checks)
    except Different:
        return False
    return (not other.passed and len(other.asked) == len(result.asked) and other.counts == result.counts
            and all(map(_says_alike, result.verdicts, other.verdicts))
            and any(asked.reply.failure is None for asked in other.asked))


def _says_alike(mine: Finding, other: Finding) -> bool:
    """Whether a check's own words, if it has any, are the same of both."""
    about = [(problem.code, problem.title) for _, problem, _ in (mine, other) if problem and problem.kind == "said"]
    return not about or (len(about) == 2 and about[0] == about[1])


def _explains_values(form: Any, result: Run, seeds: Sequence[int], edge: bool) -> bool:
    """Whether a wrong form answers alike in every check that it fails, and what else goes wrong is none of values.

    What stops on a deep graph, or does not refuse what it should, may have computed as the form does all the same.
    """
    if sum(problem is not None for _, problem, _ in result.verdicts) < 2:
        return False
    other = run(result.exercise, form, seeds, edge)
    for (_, mine, _), (_, its, _), here, there in zip(result.verdicts, other.verdicts, result.spans, other.spans,
                                                      strict=True):
        if its is None:
            if mine is not None and mine.kind not in ("raised", "said"):
                return False
        elif mine is None or here.stop - here.start != there.stop - there.start or not all(
                map(_answers_alike, result.asked[here], other.asked[there])):
            return False
    return True


def _follows_again(form: Any, more: Run, edge: bool) -> bool:
    """Whether a wrong form answers as another Run of the answer; one that came out right says nothing."""
    checks = [check for check, _, _ in more.verdicts]
    return more.passed or _follows(form, more, more.seeds, edge, checks)


def _packed(args: tuple) -> bytes | None:
    """The bytes of the arguments; None where a function is handed over: of those, calls may be counted."""
    try:
        return codec.pack(args)
    except codec.NotPlain:
        return None


@functools.lru_cache(500)       # a class makes the same mistakes, and is asked the same first questions
def _reply(mistake: Mistake, packed: bytes, driver: str) -> Reply:
    """What a wrong form answers when it is asked but this."""
    return call(mistake.function, codec.unpack(packed), driver)


def _answers_alike(mine: Asked, other: Asked) -> bool:
    return (mine.problem is None and other.problem is None) or _same(mine.reply, other.reply)


def _same(a: Reply, b: Reply) -> bool:
    if a.failure or b.failure:
        return a.failure is not None and b.failure is not None and a.failure.kind == b.failure.kind
    return a.changed == b.changed and equal(a.result, b.result)


# ------------------------------------------------------------------------------------ causes that nobody wrote down

LITTLE = 0.02       # seconds of a run, up to which edge cases are asked beside it


def _widest(result: Run, more: Callable[[bool], Run] | None) -> Run:
    """All that is known of an answer's values: at edge cases too, but where something else goes wrong.

    Much agrees where there is no tie, no 0 and nothing large.
    """
    if more is None or evidence_of(result) is None:
        return result
    also = [asked for asked in more(result.seconds < LITTLE).asked
            if asked.problem is None or is_of_values(asked.problem)]
    both = replace(result, asked=[*result.asked, *also])
    return both if evidence_of(both) else result


def _evidence(result: Run, widest: Run, more: Callable[[bool], Run] | None) -> Evidence | None:
    """What a cause must explain; what is wrong at edge cases alone is left for `grade` to tell."""
    found = evidence_of(widest)
    if found is None or more is None:
        return found
    shown = evidence_of(replace(result, asked=[*result.asked, *more(False).asked]))
    return replace(found, wrong=shown.wrong if shown else found.wrong)


def _cause(result: Run, seeds: Sequence[int], edge: bool, more: Callable[[bool], Run] | None,
           evidence: Evidence | None, asked: Asked | None = None) -> Told | None:
    """What explains wrong values: an edit of the backward pass, or a slip in a right answer's text."""
    exercise = result.exercise
    computation = getattr(exercise.oracle, "computation", None)
    causes = causes_in_the_graph(computation, evidence) if computation and evidence else []
    search = Search(exercise, result, SECONDS_GRADED if edge else SECONDS)
    if evidence is not None:
        causes += causes_of_results(exercise, evidence)
        if not explained(causes, evidence, 1):
            causes += search.by_results(evidence)
    else:
        causes += search.by_replies(_answers_alike, lambda form: _follows(form, result, seeds, edge) and (
            more is None or _follows_again(form, more(result.seconds < LITTLE), result.seconds < LITTLE)))
    order = exercise.results if evidence is None else evidence.wrong
    if computation and evidence and causes:
        order = nearest_first(computation, evidence)
    return told(causes, evidence, order, right_at(asked, exercise.results))


# ------------------------------------------------------------------------------------ what needs no bank

def _raised(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    failure = asked.reply.failure
    assert failure is not None      # or the problem were another
    where = tr(" (line {line}: `{code}`)", line=failure.line, code=failure.code) if failure.code else ""
    message = tr(failure.message.strip().rstrip("."))
    if failure.kind == "NotPlain":
        return Diagnosis("not a number or an array",
                         tr("Your function returned something that is not made of numbers and arrays: {what}.",
                            what=failure.message), _made_plain(failure.message) or
                         tr("Which values should `{signature}` return?", signature=exercise.signature), asked=asked)
    if failure.kind == "NotTheResult":      # a driver says so
        return Diagnosis("type of the result", tr(failure.message), asked=asked)
    for kind, pattern, says, ask in _TRANSLATIONS:
        if failure.kind == kind and re.search(pattern, failure.message):
            return Diagnosis(stopped(failure.kind), tr(
                says, name=exercise.name, signature=exercise.signature, message=message, where=where) +
                (_shapes_given(exercise, asked) if pattern.startswith("could not") else ""), tr(ask), asked=asked)
    if failure.kind in OURS:
        return Diagnosis(stopped(failure.kind), tr("Your function was stopped: {message}{where}.", message=message,
                                                   where=where), asked=asked)
    return Diagnosis(stopped(failure.kind), tr(
        "Your function stopped with {kind}: {message}{where}." if message else
        "Your function stopped with {kind}{where}.", kind=failure.kind, message=message, where=where), asked=asked)


def _made_plain(what: str) -> str:
    """How one gets rid of what is not carried, as a question; "" where that is not known."""
    if what == "an array of object":
        return tr("What does `.astype(float)` make of that array, and what did you put into it that is no number?")
    return tr("What does `float(…)` make of it?") if what in ("Fraction", "Decimal") else ""


_TRANSLATIONS = [
    ("ValueError", "truth value of an array",
     later("A comparison of two arrays gives one answer for each element, so `if` can't choose between them{where}."),
     later("Which numpy function picks, element by element, from two arrays?")),
    ("RecursionError", "", later("Your function calls itself without end{where}."), later("When should it stop?")),
    ("TypeError", r"positional argument|unexpected keyword|required positional",
     later("Your function can't be called as `{signature}`: {message}{where}."),
     later("Do its parameters match the stub's?")),
    ("TypeError", "not callable", later("{name} is not a function: {message}{where}."), ""),
    ("NameError", "", later("Your function uses a name that nothing defines: {message}{where}."),
     later("Is it misspelt, or defined in a cell that has not run?")),
    ("UnboundLocalError", "", later("A variable is read before anything was assigned to it: {message}{where}."), ""),
    ("ValueError", "could not be broadcast|mismatch in its core dimension|not aligned",
     later("Two shapes do not fit: {message}{where}."),
     later("Write the shape of each factor beside it: which axes should meet?")),
    ("ZeroDivisionError", "", later("Your function divides by zero{where}."),
     later("Which input is 0 here, and may it be?")),
]


def _count(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    names, got = exercise.results, problem.got
    what = tr("{n} values", n=len(got)) if isinstance(got, tuple | list) else tr("one value ({kind})", kind=_kind(got))
    return Diagnosis("number of results", tr("Your function returned {what}; it should return {n}: {names}.", what=what,
                                             n=len(names), names=tr(", ").join(names)), asked=asked)


def _type(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    kind = _kind(problem.got)
    if isinstance(problem.got, list | tuple) and as_numbers(problem.expected) is not None:
        kind = tr("a {type} of {n} that makes no array of real numbers", type=type(problem.got).__name__,
                  n=len(problem.got))
    return Diagnosis("type of the result", tr("`{label}` is {kind}; it should be {right}.", label=problem.label,
                                              kind=kind, right=_kind(problem.expected)), asked=asked)


def _holds_none(value: Any) -> bool:
    return value is None or (isinstance(value, list | tuple) and any(map(_holds_none, value)))


def _keys(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    missing = [key for key in problem.expected if key not in problem.got]
    extra = [key for key in problem.got if key not in problem.expected]
    says = []
    if missing:
        says.append(tr("lacks {keys}", keys=_listed(missing)))
    if extra:
        says.append(tr("has {keys}, which should not be there", keys=_listed(extra)))
    what = tr("{lacks} and {has}", lacks=says[0], has=says[1]) if len(says) == 2 else says[0]
    return Diagnosis("keys of the result", tr("`{label}` {what}.", label=problem.label, what=what), asked=asked)


def _shape(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    got, right = problem.got, problem.expected
    letters = _letters(exercise, problem.label)
    says = tr("`{label}` has shape {shape}{names}; it should have shape {right}{right_names}", label=problem.label,
              shape=got.shape, names=_by_name(got.shape, exercise, asked), right=right.shape,
              right_names=_that_is(letters))
    if got.size == right.size and close(got.reshape(right.shape), right):
        return Diagnosis("shape of the result", tr("{says}. The values are right.", says=says), asked=asked)
    if got.T.shape == right.shape and close(got.T, right):
        return Diagnosis("transposed", tr("{says}. The numbers are right: it is the transpose.", says=says),
                         asked=asked)
    why = tr(": a gradient has the shape of what it belongs to") if _is_gradient(problem.label) else ""
    return Diagnosis("shape of the result", tr("{says}{why}.", says=says, why=why), asked=asked)


def _that_is(letters: Sequence[str]) -> str:
    """A shape by the names of its axes, as it follows one in numbers; "" where they have none."""
    return tr(", that is {shape}", shape=_spelled(letters)) if letters else ""


def _letters(exercise: Exercise, label: str) -> str:
    """The names of the axes of a parameter or result; a gradient has those of what it belongs to."""
    return exercise.axes.get(label) or exercise.axes.get(label.removeprefix("d"), "")


def _spelled(letters: Sequence[str]) -> str:
    """"ND" as the shape (N, D)."""
    return f"({', '.join(letters)}{',' * (len(letters) == 1)})"


def _by_name(shape: tuple[int, ...], exercise: Exercise, asked: Asked) -> str:
    """A shape by the names of its axes, where their lengths tell them apart."""
    names = {}
    for parameter, arg in zip(exercise.parameters, asked.args, strict=False):
        for letter, size in zip(exercise.axes.get(parameter, ""), _shape_of(arg), strict=False):
            names.setdefault(size, set()).add(letter)
    found = [names.get(size, set()) for size in shape]
    if not found or any(len(letters) != 1 for letters in found):
        return ""
    return _that_is([letter for letters in found for letter in letters])


def _shape_of(value: Any) -> tuple[int, ...]:
    """That of an array, or of numbers in lists; () for anything else."""
    numbers = as_numbers(value) if isinstance(value, np.ndarray | list | tuple) else None
    return () if numbers is None else numbers.shape


def _shapes_given(exercise: Exercise, asked: Asked) -> str:
    """The shapes of a call's arguments, by the names of their axes."""
    given = [tr("{name} is {names} = {shape}", name=name, names=_spelled(exercise.axes[name]), shape=_shape_of(arg))
             for name, arg in zip(exercise.parameters, asked.args, strict=False) if name in exercise.axes]
    return tr(" Here {shapes}.", shapes=tr(", ").join(given)) if given else ""


def _changed(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    return Diagnosis("writes into its argument",
                     tr("Your function changed its argument `{label}`, which others still use.", label=problem.label),
                     "How could you make a new array instead?", "A06", asked)


def _integer(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    what = later("`{label}` is an array of {dtype}: a gradient is a real number.") if _is_gradient(problem.label) else \
        later("`{label}` is an array of {dtype}: its values should be real numbers.")
    return Diagnosis("integers", tr(what, label=problem.label, dtype=problem.got.dtype),
                     "What is the dtype of the array that you wrote into?", "C01", asked)


def _precision(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    return Diagnosis("precision lost", tr("`{label}` came back as {dtype} from {right} input.", label=problem.label,
                                          dtype=problem.got.dtype, right=problem.expected.dtype), asked=asked)


def _finite(problem: Problem, asked: Asked, exercise: Exercise) -> Diagnosis:
    bad = later("`{label}` is nan where it should be a number.") if np.isnan(problem.got).any() else \
        later("`{label}` is infinite where it should be a number.")
    return Diagnosis(NOT_FINITE, tr(bad, label=problem.label),
                     "Which step overflows, or divides by zero?", asked=asked)


def _value(problem: Problem, asked: Asked | None, more: str, ask: str) -> Diagnosis:
    got, right, label = problem.got, problem.expected, problem.label
    if isinstance(right, np.ndarray) and right.ndim:
        at = np.unravel_index(np.argmin(agreeing(got, right)), right.shape)      # the first that does not
        got, right, label = got[at], right[at], f"{label}[{', '.join(map(str, at))}]"
    mine, wanted = show_both(got, right)
    says = tr("`{label}` is {mine}; it should be {wanted}.", label=label, mine=mine, wanted=wanted)
    return Diagnosis(ANOTHER_VALUE, sentences(says, more), ask, asked=asked)


def _said(problem: Problem, asked: Asked | None, exercise: Exercise) -> Diagnosis:
    return Diagnosis(problem.title, problem.says, problem.ask, problem.code,
                     asked if asked and (asked.expected is not None or asked.problem is problem) else None)


_SPEAKERS: dict[str, Callable[[Problem, Any, Exercise], Diagnosis]] = {
    "raised": _raised, "count": _count, "type": _type, "keys": _keys, "shape": _shape, "changed": _changed,
    "integer": _integer, "precision": _precision, "finite": _finite, "said": _said}


# ------------------------------------------------------------------------------------ relations

# changes a result, in the light of what was asked; None where it can't
Change = Callable[[Asked, np.ndarray, Exercise], np.ndarray | None]


def _relation(result: Run, everywhere: bool = False) -> tuple[str, str, str]:
    """(title, relation, sentence) that holds between yours and expected at every wrong call; empty if none does.

    everywhere  it must hold at the right calls too, and the lengths of arrays be told apart: to be named by it alone
    """
    calls = [asked for asked in result.asked if asked.expected is not None and (
        everywhere or (asked.problem and asked.problem.kind == "value"))]
    if everywhere and any(asked.problem and asked.problem.kind != "value" for asked in result.asked):
        return "", "", ""
    sides = [side for side in (_sides(asked, result.exercise) for asked in calls) if side]
    if not sides or len(sides) != len(calls):
        return "", "", ""
    if not any(np.any(mine) for mine, _ in sides):
        return ALL_ZEROS, "", tr("Every gradient that you returned is 0: nothing passes through.") if all(
            _is_gradient(name) for name in result.exercise.results) else tr("Every value that you returned is 0.")
    one_length = len({_length(asked) for asked in calls}) == 1
    for title, relation, says, change in _RELATIONS:
        if everywhere and one_length and title == OF_LENGTH:
            continue
        changed = [change(asked, mine, result.exercise) for asked, (mine, _) in zip(calls, sides, strict=True)]
        if relation in WITH_DOUT and not _tells_douts(calls, result.exercise):
            continue
        if all(value is not None and len(value) == len(right) and close(value, right)
               for value, (_, right) in zip(changed, sides, strict=True)):
            relation = tr(relation, dout=result.exercise.upstream or "dout")
            return title, relation, tr(says, results=tr(", ").join(result.exercise.results))
    return "", "", ""


def _tells_douts(calls: Sequence[Asked], exercise: Exercise) -> bool:
    """Whether the upstream gradients of some calls hold more than one number: a relation with one is none with dout."""
    if exercise.upstream is None:
        return False
    at = exercise.parameters.index(exercise.upstream)
    douts = [np.ravel(asked.args[at] if at < len(asked.args) else 1.0) for asked in calls]
    return len(set(np.concatenate(douts).tolist())) > 1


def _is_gradient(label: str) -> bool:
    """Whether a result, or an entry of one, is a gradient by its name: dx, grads['W1'], dW."""
    return bool(re.match(r"d[A-Za-z]|grads?\b|gradient", label))


def _sides(asked: Asked, exercise: Exercise) -> tuple[np.ndarray, np.ndarray] | None:
    """The two results as flat arrays; None where they can't be laid side by side."""
    got, right = parts(asked.reply.result, exercise.results), parts(asked.expected, exercise.results)
    if got is None or right is None:
        return None
    mine, wanted = _flat(got.values()), _flat(right.values())
    if mine is None or wanted is None or len(mine) != len(wanted) or not np.isfinite(mine).all():
        return None
    return mine, wanted


def _times(power: float) -> Change:
    """Changes a result by a power of the upstream gradient, where that is one number for each element."""
    def change(asked: Asked, mine: np.ndarray, exercise: Exercise) -> np.ndarray | None:
        if exercise.upstream is None:
            return None
        k = exercise.parameters.index(exercise.upstream)
        dout = np.asarray(asked.args[k] if k < len(asked.args) else 1.0)      # 1 is what it is by default
        if not dout.size or mine.size % dout.size:
            return None
        factor = np.where(dout == 0, float(power < 0), dout).ravel() ** power       # 0 divided by it stays 0
        return mine * np.tile(factor, mine.size // dout.size)
    return change


def _by_length(power: int) -> Change:
    """Changes a result by the length of the first axis of its arguments."""
    def change(asked: Asked, mine: np.ndarray, exercise: Exercise) -> np.ndarray | None:
        length = _length(asked)
        return mine * float(length) ** power if length > 1 else None
    return change


def _length(asked: Asked) -> int:
    """That of the first axis of the first array among a call's arguments; 0 where there is none."""
    return next((arg.shape[0] for arg in asked.args if isinstance(arg, np.ndarray) and arg.ndim), 0)


def _reversed(asked: Asked, mine: np.ndarray, exercise: Exercise) -> np.ndarray | None:
    got = parts(asked.reply.result, exercise.results)
    return _flat([got[name] for name in reversed(exercise.results)]) if got and len(got) > 1 else None


OF_LENGTH = "a factor of N"
TIMES_DOUT, BY_DOUT = WITH_DOUT = later("= yours × {dout}"), later("= yours / {dout}")
_RELATIONS: list[tuple[str, str, str, Change]] = [
    ("sign", later("= −yours"), later("Every value has the other sign."), lambda asked, mine, exercise: -mine),
    ("upstream dropped", TIMES_DOUT,
     later("These are the local gradients: the upstream gradient has not been multiplied in."), _times(1.0)),
    ("upstream twice", BY_DOUT,
     later("The upstream gradient has been multiplied in twice."), _times(-1.0)),
    ("half of it", later("= 2 × yours"), later("Every value should be 2 × as large."),
     lambda asked, mine, exercise: 2 * mine),
    ("twice too much", later("= yours / 2"), later("Every value is 2 × too large."),
     lambda asked, mine, exercise: mine / 2),
    (OF_LENGTH, later("= N × yours"),
     later("Every value should be N × as large, where N is the length of the first axis."), _by_length(1)),
    (OF_LENGTH, later("= yours / N"),
     later("Every value is N × too large, where N is the length of the first axis."), _by_length(-1)),
    ("order of the results", later("= yours, in another order"),
     later("The values are right, in another order: return {results}."), _reversed),
]


def _flat(values: Iterable[Any]) -> np.ndarray | None:
    flat = []
    for value in values:
        if isinstance(value, dict):
            inner = _flat(value[key] for key in sorted(value, key=str))
            if inner is None:
                return None
            flat.append(inner)
            continue
        numbers = as_numbers(value)
        if numbers is None:
            return None
        flat.append(numbers.ravel().astype(float))
    return np.concatenate(flat) if flat else np.zeros(0)


# ------------------------------------------------------------------------------------ values in words

def show(value: Any, digits: int = 4, depth: int = 4) -> str:
    """A value in a few characters: a few significant digits, small arrays whole, larger ones by their shape."""
    if isinstance(value, float | np.floating):
        return _number(float(value), digits)
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return show(value.item(), digits)
        if value.size <= 12 and value.ndim <= 2:
            return "[" + ", ".join(show(row, digits) for row in value) + "]"
        return f"array{value.shape}"
    if isinstance(value, tuple | list | dict):
        text = _inside(value, digits, depth) if depth and len(value) <= 12 else ""
        return text if 0 < len(text) <= 600 else tr("{kind} of {n}", kind=type(value).__name__, n=len(value))
    if callable(value):
        return getattr(value, "__name__", "a function").replace("<lambda>", "a function")
    return _short(repr(value))


def _inside(value: tuple | list | dict, digits: int, depth: int) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_short(repr(key))}: {show(inner, digits, depth - 1)}"
                               for key, inner in value.items()) + "}"
    inner = ", ".join(show(item, digits, depth - 1) for item in value)
    return f"({inner}{',' * (len(value) == 1)})" if isinstance(value, tuple) else f"[{inner}]"


def _listed(keys: list) -> str:
    return tr(", ").join(_short(repr(key)) for key in keys[:12]) + (" …" if len(keys) > 12 else "")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def show_both(got: Any, right: Any) -> tuple[str, str]:
    """Two values, numbers with as many digits as it takes to tell them apart."""
    if as_numbers(got) is None or as_numbers(right) is None or isinstance(got, bool) or isinstance(right, bool):
        return show(got), show(right)
    mine = wanted = ""
    for digits in range(4, 18):
        mine, wanted = f"{float(got) + 0.0:.{digits}g}", f"{float(right) + 0.0:.{digits}g}"     # no −0
        if mine != wanted:
            break
    return mine, wanted


def show_apart(got: Any, right: Any) -> tuple[str, str]:
    """Two values that differ, with as many digits as it takes to see it; four where twelve would not show it."""
    for digits in (4, 8, 12):
        texts = show(got, digits), show(right, digits)
        if len({re.sub(r"\.0\b", "", text) for text in texts}) == 2:
            return texts
    return show(got), show(right)


def _number(value: float, digits: int) -> str:
    value += 0.0    # no −0.0
    if value == int(value) if np.isfinite(value) else False:
        return f"{value:.1f}" if abs(value) < 1e6 else f"{value:.{digits}g}"
    return f"{value:.{digits}g}"


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "c":
            return tr("an array of complex numbers") if value.ndim else tr("a complex number")
        return tr("a number") if value.ndim == 0 else tr("an array of shape {shape}", shape=value.shape)
    if isinstance(value, bool):
        return tr("True or False")
    if isinstance(value, (int, float, np.floating)):
        return tr("a number")
    if isinstance(value, tuple | list):
        return tr("a {type} of {n}", type=type(value).__name__, n=len(value))
    if isinstance(value, complex):
        return tr("a complex number")
    names = {str: later("a text"), type(None): later("None")}
    return tr(names[type(value)]) if type(value) in names else tr("a {type}", type=type(value).__name__)
