"""What was found, in a sentence and a question: which results are right, and for each of the others its cause."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from course.checks.causes.evidence import Cause, Evidence
from course.words import later, sentences, tr

# in rank: what a second slip costs, and a result that nothing explains; and within which two causes are as likely
ANOTHER, UNEXPLAINED, AS_LIKELY = 1.0, 4.0, 0.7
# kinds of which a second one says something else only where both name a place
SELFSAME = ("sign", "twice", "half", "sign lost", "upstream dropped", "always the same number", "squared")


WRONG_TOO = later("{results} is wrong too, in another way.")
ARE_WRONG_TOO = later("{results} are wrong too, in another way.")
WRONG_ELSEWHERE = later("{results} is right here, and wrong at another call, in another way.")
ARE_WRONG_ELSEWHERE = later("{results} are right here, and wrong at another call, in another way.")
MOST_ALIKE = 2      # causes that are told beside the first


@dataclass(frozen=True)
class Told:
    """title for lists, says and ask for the learner, edge (gate, input) for a picture or None."""

    title: str
    says: str
    ask: str
    edge: tuple[str, str] | None = None


def told(causes: Sequence[Cause], evidence: Evidence | None, order: tuple[str, ...],
         here: Set[str] = frozenset()) -> Told | None:
    """The simplest causes that explain the wrong results; None where there are none.

    order  the wrong results, in the order in which they are to be told
    here   the results that are right at the call that is shown
    """
    chosen, wrong = min((_chosen([cause for cause in causes if set(cause.results) >= set(order)], order),
                         _chosen(causes, order)), key=_cost)
    if not chosen or any(_many(best, also) for best, also in chosen):
        return None
    chosen = _together(chosen)
    chosen.sort(key=lambda pair: min(order.index(label) for label in pair[0].results))
    several = evidence is not None and len(evidence.right) > 1
    says = [_sentence(best, also, several) for best, also in chosen]
    if evidence and evidence.fine and several:
        says.insert(0, right(evidence.fine))
    for one, several, labels in (
            (WRONG_TOO, ARE_WRONG_TOO, [label for label in wrong if label not in here]),
            (WRONG_ELSEWHERE, ARE_WRONG_ELSEWHERE, [label for label in wrong if label in here])):
        if labels:
            says.append(tr(one if len(labels) == 1 else several, results=listed(labels)))
    first = chosen[0][0]
    return Told(first.kind, sentences(*says), first.ask, first.edge)


def _many(best: Cause, also: list[Cause]) -> bool:
    """Whether more kinds of slips give the numbers than are told: the true one may be among the others."""
    return len({best.kind, *(cause.kind for cause in also)}) > 1 + MOST_ALIKE


def right(labels: Sequence[str]) -> str:
    """That these results are right, in a sentence."""
    return tr("{results} is right.", results=listed(labels)) if len(labels) == 1 else \
        tr("{results} are right.", results=listed(labels))


Chosen = list[tuple[Cause, list[Cause]]]


def _chosen(causes: Sequence[Cause], order: tuple[str, ...]) -> tuple[Chosen, list[str]]:
    """(The simplest causes, one after the other, each with those that say the same; the results that are left)."""
    wrong = list(order)
    chosen: Chosen = []
    while wrong:
        fitting = [cause for cause in causes if set(cause.results) & set(wrong)]
        if not fitting:
            break
        key = min((cause.others, cause.rank) for cause in fitting)
        same = list({cause.clause: cause for cause in reversed(fitting) if (cause.others, cause.rank) == key}.values())
        best = max(reversed(same), key=lambda cause: len(set(cause.results) & set(wrong)))
        chosen.append((best, _alike(best, causes)))
        wrong = [label for label in wrong if label not in best.results]
    return chosen, wrong


def _alike(best: Cause, causes: Sequence[Cause]) -> list[Cause]:
    """Causes that give the same numbers, say something else, and are not much farther; the nearest first."""
    near = [cause for cause in causes if cause.results == best.results and cause.others <= best.others
            and cause.clause != best.clause and cause.rank <= best.rank + AS_LIKELY
            and (cause.kind != best.kind or (cause.placed and best.placed) or cause.kind not in SELFSAME)]
    told: dict[str, Cause] = {}
    for cause in sorted(near, key=lambda cause: cause.rank + (cause.kind == best.kind)):
        told.setdefault(cause.clause, cause)
    return list(told.values())


def _cost(found: tuple[Chosen, list[str]]) -> float:
    """How far what was chosen is from the right answer: one slip is likelier than two, a cause than none."""
    chosen, wrong = found
    return sum(best.rank + best.others + ANOTHER for best, _ in chosen) + UNEXPLAINED * len(wrong)


def _together(chosen: Chosen) -> Chosen:
    """What is told in the same words, of several results at once."""
    out: dict[tuple[str, ...], tuple[Cause, list[Cause]]] = {}
    for best, also in chosen:
        key = (best.clause, *(cause.clause for cause in also[:MOST_ALIKE]))
        before = out[key][0].results if key in out else ()
        out[key] = replace(best, results=(*before, *best.results)), also
    return list(out.values())


def _sentence(cause: Cause, also: list[Cause], several: bool) -> str:
    results = cause.results
    more = tr(" or when ").join(other.clause for other in also[:MOST_ALIKE])
    too = tr(", or, which gives the same numbers, when {clauses}", clauses=more) if more else ""
    if not several:
        return tr("That is what comes out when {clause}{too}.", clause=cause.clause, too=too)
    one, more = later("{results} is what comes out when {clause}{too}."), later(
        "{results} are what comes out when {clause}{too}.")
    return tr(one if len(results) == 1 else more, results=listed(results), clause=cause.clause, too=too)


def listed(labels: Sequence[str]) -> str:
    """Names, the last with "and"."""
    return tr(" and ").join(filter(None, (tr(", ").join(labels[:-1]), labels[-1])))
