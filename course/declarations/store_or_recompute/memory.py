"""How many values live at the same time."""

import numpy as np

from course.checks.exercise import Check, Exercise
from course.declarations.shared import CONSTANT
from course.declarations.store_or_recompute.logs import log_of, peak, recompute, store


def trace_of(program, n):
    """The trace of a program on n stages, with the names that the notebook uses: w, x1, x2, …"""
    return [(what, f"x{k}" if k else "w") for what, k in log_of(program, n).trace]


def random_trace(d):
    """A trace of five names, some of them made again, some never used."""
    names, made, trace = "abcde", set(), []
    for _ in range(24):
        name = names[int(d.rng.integers(len(names)))]
        what = "use" if name in made and d.rng.random() < 0.6 else "make"
        made.add(name)
        trace.append((what, name))
    return trace


# ------------------------------------------------------------------------------------ peak_memory

PEAK_MEMORY = Exercise(
    "peak_memory(trace)", "values", points=3, oracle=peak,
    checks=(
        Check("traces of both programs", 1, lambda d: [
            (trace_of(store, 3),), (trace_of(recompute, 3),),
            ([("make", "a"), ("use", "a"), ("make", "b"), ("use", "b"), ("make", "c"), ("use", "c"), ("make", "a"),
              ("use", "a")],), (trace_of(store, 5),), (trace_of(recompute, 5),)]),
        Check("made again, never used", 1, edge=True, draw=lambda d: [
            ([("make", "a"), ("make", "b"), ("make", "c"), ("use", "a")],),
            ([("make", "a"), ("make", "b"), ("use", "a"), ("make", "c"), ("use", "a"), ("use", "b"), ("use", "c"),
              ("make", "b"), ("use", "b")],)]),
        Check("traces drawn at random", 1, edge=True, draw=lambda d: [(random_trace(d),) for _ in range(5)]),
    ),
    hints=("At one event, how can you tell whether a value is still needed? Where in the trace does the answer stand?",
           "Whether a value is needed depends on what comes later. So read the trace from its end: at a use the value "
           "is needed, and it stays so back to the event that made it.",
           "Keep a set. Going back, add each name that you meet, look at the size of the set, and if the event is a "
           "make, take the name out again."),
    read='lesson 7, "what is held"', difficulty=3, minutes=10,
)


@PEAK_MEMORY.mistake(code="R26", title="nothing is ever dropped",
                     says="You counted all values that occur. A value is dropped after its last use.",
                     ask="In the trace of recompute, is x1 still held when x3 is made?")
def peak_memory(trace):
    return len({name for what, name in trace})


@PEAK_MEMORY.mistake(code="R26", title="every make counts",
                     says="You counted how often something is made, not how much is there at the same time.",
                     ask="In the trace of recompute, is x1 still held when x3 is made?")
def peak_memory(trace):
    return sum(what == "make" for what, name in trace)


@PEAK_MEMORY.mistake(code="R27", title="dropped at the first use",
                     says="You drop a value at its first use. It may be used again.",
                     ask="When may a value be dropped: when it is used, or when it has been used for the last time?")
def peak_memory(trace):
    here, most = set(), 0
    for what, name in trace:
        if what == "make":
            here.add(name)
            most = max(most, len(here))
        else:
            here.discard(name)
    return most


@PEAK_MEMORY.mistake(code="R27", title="up and down",
                     says="Each use takes one off your count, even if the value is used again later.",
                     ask="When may a value be dropped: when it is used, or when it has been used for the last time?")
def peak_memory(trace):
    level = most = 0
    for what, name in trace:
        level += 1 if what == "make" else -1
        most = max(most, level)
    return most


@PEAK_MEMORY.mistake(code="R28", title="held until it is made again",
                     says="You hold a value from the first time it is made to the last time it is used. In between it "
                          "may be dropped, and made again.",
                     ask="Which uses need the first copy, and which the second?")
def peak_memory(trace):
    first, last = {}, {}
    for at, (what, name) in enumerate(trace):
        first.setdefault(name, at)
        last[name] = at
    return max(sum(first[x] <= at <= last[x] for x in first) for at in range(len(trace)))


@PEAK_MEMORY.mistake(code="R29", title="what is never used is not there",
                     says="A value that nobody uses takes its place all the same, at the moment it is made.",
                     ask="Can a call tell that nobody will want its result?")
def peak_memory(trace):
    spans = {}
    for at, (what, name) in enumerate(trace):
        if what == "make":
            spans.setdefault(name, []).append((at, at - 1))
        else:
            spans[name][-1] = (spans[name][-1][0], at)
    lives = sum(spans.values(), [])
    return max(sum(a <= at <= b for a, b in lives) for at in range(len(trace)))


@PEAK_MEMORY.mistake(code="R03", title="only the last copy counts",
                     says="Of a value that is made more than once, you count only the last copy.",
                     ask="What becomes of the earlier copies?")
def peak_memory(trace):
    made, last = {}, {}
    for at, (what, name) in enumerate(trace):
        if what == "make":
            made[name] = at
        last[name] = at
    return max(sum(made[x] <= at <= last[x] for x in made) for at in range(len(trace)))


@PEAK_MEMORY.mistake(**CONSTANT)
def peak_memory(trace):
    return 3


@PEAK_MEMORY.alternative(title="spans")
def peak_memory(trace):
    spans = []
    for at, (what, name) in enumerate(trace):
        if what == "make":
            rest = trace[at + 1:]
            again = next((k for k, e in enumerate(rest) if tuple(e) == ("make", name)), len(rest))
            uses = [k for k in range(again) if rest[k][1] == name]
            spans.append((at, at + 1 + uses[-1] if uses else at))
    return max(sum(a <= at <= b for a, b in spans) for at in range(len(trace)))


@PEAK_MEMORY.alternative(title="a table of ones")
def peak_memory(trace):
    held = np.zeros((len(trace), len(trace)), int)
    made = {}
    for at, (what, name) in enumerate(trace):
        if what == "make":
            made[name] = at
        held[made[name], made[name]:at + 1] = 1
    return held.sum(axis=0).max()


@PEAK_MEMORY.alternative(title="from the end, by recursion on the events")
def peak_memory(trace):
    live, sizes = frozenset(), []
    for what, name in trace[::-1]:
        live = live | {name}
        sizes.append(len(live))
        live = live - {name} if what == "make" else live
    return max(sizes)


@PEAK_MEMORY.alternative(title="only makes can raise the count")
def peak_memory(trace):
    most = 0
    for at, (what, made) in enumerate(trace):
        if what == "make":
            needed, seen = {made}, {made}
            for then, name in trace[at + 1:]:
                if then == "use" and name not in seen:
                    needed.add(name)
                seen.add(name)
            most = max(most, len(needed))
    return float(most)
