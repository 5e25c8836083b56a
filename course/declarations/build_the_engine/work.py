"""What the tests of several exercises share: how much work an answer may do, and what is said of too much."""

from course.checks.comparing import said
from course.checks.running import another_kind
from course.declarations.build_the_engine.graphs import DEPTH, EDGES
from course.declarations.functions import Counter
from course.words import later, tr


def counter_of_crossings():
    counter = Counter(limit=3 * EDGES)      # reached before the budget of work is, wherever it runs

    def counted():
        return None
    return counter, counter.of(counted)


# Verbs are no values: each makes a sentence of its own.
ALONG_EVERY_PATH = {
    "goes": later("Eighteen doublings u + u have 19 nodes and {edges} edges, but {paths} paths. Yours was stopped: it "
                  "goes along every path."),
    "counts": later("Eighteen doublings u + u have 19 nodes and {edges} edges, but {paths} paths. Yours was stopped: "
                    "it counts along every path."),
    "pays": later("Eighteen doublings u + u have 19 nodes and {edges} edges, but {paths} paths. Yours was stopped: it "
                  "pays along every path.")}


def exponential(what):
    return said(tr(ALONG_EVERY_PATH[what], edges=EDGES, paths=f"{2**18:,}"),
                "What do all paths through a node have in common?", "E04", "one call per path")


def stopped(asked):
    """Whether an answer was stopped since it came to no end."""
    return asked.reply.failure is not None and asked.reply.failure.kind == "TooMuchWork"


def eighteen_doublings(what, args, result, exact=True):
    """The test that a walk over 18 doublings crosses each edge once. args(crossed) gives the arguments."""
    def test(ask):
        counter, crossed = counter_of_crossings()
        asked = ask.record(args(crossed), result())
        endless = counter.too_many or stopped(asked)
        ask.count("endless" if endless else counter.calls)      # how far it got depends on where it runs
        if endless:
            return exponential(what)
        if asked.problem:
            return asked.problem
        if exact and counter.calls != EDGES:
            return said(tr("A graph with {edges} edges took {n} calls of local rules.", edges=EDGES,
                           n=counter.calls), "How often must you cross an edge?", "B32", "calls of local rules")
        return None
    return test


def plain_doublings(what, args, result):
    """The same for exercises that call no local rules."""
    def test(ask):
        asked = ask.record(args, result())
        return exponential(what) if stopped(asked) else asked.problem
    return test


QUADRATIC = said("On a graph of some thousand nodes yours was stopped: for each node it looks at all the others again.",
                 "What do you know after one walk that you need not look for again?", "E44", "a walk for each node")


def too_deep():
    return said(tr("A chain of {n} nodes is deeper than Python lets functions call themselves: RecursionError.",
                   n=f"{DEPTH:,}"),
                "Which list of your own could hold the nodes that are still to be looked at?", "E07", "recursion limit")


def large(cases):
    """The test of large graphs: cases(d) gives (args, result) pairs."""
    def test(ask):
        for args, result in cases(ask.draw):
            asked = ask.record(args, result)
            if asked.reply.failure and asked.reply.failure.kind == "RecursionError":
                return too_deep()
            if stopped(asked):
                return QUADRATIC
            if asked.problem:
                return asked.problem
        return None
    return test


def refuses_cycles(cases):
    def test(ask):
        for args in cases:
            outcome = ask(*args)
            ask.count(outcome)
            if outcome == "an exception without a message":
                return said("Your function stopped with an exception, as it should, but without a word.",
                            "What would you like to read there, a month from now?", "W07", "an error without a message")
            if isinstance(outcome, tuple):
                ask.here()
                return another_kind(*outcome)
            if outcome != "an exception":
                ask.here()
                return said(later("This graph has a cycle: a node is made of itself, by way of others. Your function "
                                  "ran on without end.") if outcome == "no end" else
                            later("This graph has a cycle: a node is made of itself, by way of others. Your function "
                                  "did not notice."),
                            "Which node could come first in such a graph?", "E10", "a cycle is not noticed")
        return None
    return test


UNEVEN = "When may a node pay its parents?"
MET_FIRST = {
    "code": "E02", "ask": UNEVEN,
    "says": "A node paid before its own gradient was complete: you took each node when it was first met, not after all "
            "that use it."}
OVERTAKEN = {
    "code": "E03", "ask": UNEVEN,
    "says": "A node paid before its own gradient was complete: level by level, a short path overtook a long one."}
JOINS = "What is to happen where two paths meet?"
SLOTS = "How many slots has x * x, and what does each of them pay?"
MARKED = {
    "says": "Your marks stay on the nodes when you are done: a second walk takes every node for one that it has met.",
    "ask": "Where could you keep the marks, so that they end with the walk?"}
DEEP = {
    "says": "Your function calls itself once for each node on a path; Python allows about a thousand calls in one "
            "another.",
    "ask": "Which list of your own could hold the nodes that are still to be looked at?"}
PER_PATH = "What do all paths through a node have in common?"
SAME_VALUE = {
    "says": "Two nodes that hold the same number are taken for one.",
    "ask": "What tells two nodes apart, if not their values?"}
