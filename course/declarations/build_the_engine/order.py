"""The order in which nodes may pay."""

from course.checks.comparing import said
from course.checks.covering import every_kind
from course.checks.exercise import Check, Exercise
from course.declarations.build_the_engine.graphs import (
    BRANCHES,
    CHAIN,
    CUBE,
    CYCLE,
    CYCLE_AT_THE_ROOT,
    DEPTH,
    DOUBLINGS,
    EQUAL,
    JOIN,
    LONG_AND_SHORT,
    NEURON,
    SHORT_AND_LONG,
    SQUARE,
    SUM_TIMES,
    THREE,
    WIDE,
    below,
    drawn,
    numbers,
)
from course.declarations.build_the_engine.walks import (
    AGAIN_AND_AGAIN,
    BY_VALUE,
    EVERY_PATH,
    MARKS,
    NO_CYCLE_CHECK,
    PRE_ORDER,
    PRE_ORDER_LAST_PARENT,
    RECURSIVE,
    WALK_RIGHT,
)
from course.declarations.build_the_engine.work import (
    DEEP,
    MARKED,
    PER_PATH,
    QUADRATIC,
    SAME_VALUE,
    exponential,
    refuses_cycles,
    stopped,
    too_deep,
)
from course.declarations.engine_nodes import ENGINE
from course.declarations.functions import times
from course.words import sentences, tr

ORDER_DRIVER = ENGINE + '''

def drive(answer, graph, inputs, roots, refuse=False):
    """The answer asked for each root in turn: the last order, by the nodes' places (in the order of making)."""
    nodes = build(graph, inputs)
    if refuse:
        return outcome(answer, nodes[roots[0]])
    place = {id(node): k for k, node in enumerate(Value.made)}
    for root in roots:
        found = bounded(answer, nodes[root])
    if found is None or found is ...:
        return found
    if not hasattr(found, "__iter__"):
        return "?"
    return [place.get(id(node), -1) for node in found]
'''


def told_order(order, graph, inputs, root):
    """What is wrong with an order (places of nodes), or None."""
    labels, parents = drawn(graph, tuple(inputs))
    names = {k: name for name, k in labels.items()}
    wanted = below(graph, inputs, root)
    if not isinstance(order, list) or not all(isinstance(k, int) for k in order) or -1 in order:
        return said("The result should be a list of nodes.", "Which nodes lie below the root?",
                    title="type of the result")

    def name(k):
        return names.get(k, tr("a node without a name"))

    if len(set(order)) < len(order):
        twice = next(k for k in order if order.count(k) > 1)
        return said(tr("{node} stands in the list {times}; each node belongs there once.", node=name(twice),
                       times=times(order.count(twice))),
                    "How do you tell that you have met a node before?", "E41", "a node stands there twice")
    if set(order) != wanted:
        missing = sorted(wanted - set(order))
        if not missing:
            return said("The list holds nodes that the root is not made of.", "Which nodes lie below the root?",
                        title="other nodes in the list")
        return said(tr("{node} is missing from the list.", node=name(missing[0])),
                    "Which nodes lie below the root, itself included?", title="nodes are missing")
    if _in_order(order, parents):
        return None
    back = order[::-1]
    if _in_order(back, parents):
        return said("The list begins with the root: it stands the other way round.", "Which node can only come last?",
                    "X05", "the other way round")
    child, parent = next((k, p) for at, k in enumerate(order) for p in parents[k] if p not in order[:at])
    says = tr("{child} stands before {parent}, of which it is made.", child=name(child), parent=name(parent))
    from_root = back[0] == labels[root]
    by_distance = from_root and _is_breadth_first(back, parents)
    by_descent = from_root and _is_pre_order(back, parents)
    if by_distance and not by_descent:
        return said(sentences(says, tr("That is the order of distance from the root: a short path overtook a long "
                                       "one.")),
                    "When may a node be put into the list?", "E03", "breadth-first order")
    if by_descent and not by_distance:
        return said(sentences(says, tr("You put a node into the list when you first meet it.")),
                    "When may a node be put into the list: before all that it is made of, or after?", "E02",
                    "pre-order")
    return said(says, "When may a node be put into the list?", title="not in topological order")


def _in_order(order, parents):
    place = {k: at for at, k in enumerate(order)}
    return all(place[p] < at for at, k in enumerate(order) for p in parents[k] if p != k)


def _is_breadth_first(order, parents):
    """Whether nodes stand by their shortest distance from the first one."""
    distance, waiting = {order[0]: 0}, [order[0]]
    for k in waiting:
        for p in parents[k]:
            if p not in distance:
                distance[p] = distance[k] + 1
                waiting.append(p)
    found = [distance[k] for k in order]
    return found == sorted(found)


def _is_pre_order(order, parents):
    """Whether some depth-first walk first meets the nodes in this order."""
    path, seen = [order[0]], {order[0]}
    for k in order[1:]:
        while path and all(p in seen for p in parents[path[-1]]):
            path.pop()
        if not path or k not in parents[path[-1]]:
            return False
        path.append(k)
        seen.add(k)
    return True


def ordered(cases):
    def test(ask):
        for args in cases(ask.draw):
            order = ask(*args)
            problem = told_order(order, args[0], args[1], args[2][-1])
            ask.count(None if problem is None else repr(order))
            if problem:
                ask.here()
                return problem
        return None
    return test


def large_orders(ask):
    for graph, inputs, root in ((CHAIN, {"a": 1.5, "b": -0.5}, "u"), (WIDE, {"x": 0.7}, "s")):
        asked = ask.record((graph, inputs, [root]))
        if asked.reply.failure and asked.reply.failure.kind == "RecursionError":
            return too_deep()
        if stopped(asked):
            return QUADRATIC
        problem = asked.problem or told_order(asked.reply.result, graph, inputs, root)
        if problem:
            return problem
    return None


def ordered_doublings(ask):
    asked = ask.record((DOUBLINGS, {"a": 0.7}, ["u"]))
    if stopped(asked):
        return exponential("goes")
    return asked.problem or told_order(asked.reply.result, DOUBLINGS, {"a": 0.7}, "u")


# ------------------------------------------------------------------------------------ topological_order

TOPOLOGICAL_ORDER = Exercise(
    "topological_order(root)", "order", points=4, oracle=None, driver=ORDER_DRIVER,
    checks=(
        Check("small graphs", 1, test=ordered(lambda d: [
            (SUM_TIMES, numbers(d, "x", "y", "z"), ["f"]), (SQUARE, numbers(d, "x"), ["f"]),
            (NEURON, numbers(d, "w", "x", "b"), ["f"])])),
        Check("a short path and a long one", 1, edge=True, shown=True, test=ordered(lambda d: [
            (SHORT_AND_LONG, numbers(d, "a"), ["L"]), (LONG_AND_SHORT, numbers(d, "a", "y"), ["M"])])),
        Check("equal values, several uses, a second walk", 0.5, edge=True, test=ordered(lambda d: [
            (JOIN, numbers(d, "a"), ["c"]), (EQUAL, {"a": 3.0}, ["e"]), (THREE, numbers(d, "x", "y", "z"), ["f"]),
            (BRANCHES, numbers(d, "a"), ["c"]), (BRANCHES, numbers(d, "a"), ["c", "d"]),
            (CUBE, numbers(d, "a"), ["L", "L"]),
            *((SUM_TIMES, dict(zip("xyz", values, strict=True)), ["f"]) for values in every_kind(d, 3))])),
        Check("18 doublings", 0.5, edge=True, once=True, test=ordered_doublings),
        Check(f"a chain of {DEPTH:,}, a wide graph", 0.5, edge=True, once=True, test=large_orders),
        Check("a cycle raises", 0.5, edge=True, shown=True, once=True, test=refuses_cycles([
            (CYCLE, {"a": 1.5}, ["d"], True), (CYCLE_AT_THE_ROOT, {"a": 1.5}, ["c"], True)])),
    ),
    hints=("When are you sure that all a node is made of stands in the list already?",
           "Go down from the root, and put a node into the list when you come back from it, not when you first meet "
           "it. Remember whom you have met. A stack of your own takes the place of recursion.",
           "Push a node a second time, with a note that it is finished, before you push its parents. Popped with the "
           "note, it joins the list. Who is met again while still unfinished closes a cycle."),
    read='lesson 6, "who may pay"', difficulty=4, minutes=20,
)

TOPOLOGICAL_ORDER.mistake(code="E02", title="pre-order",
                          says="You put a node into the list when you first meet it. A node that is also reached by a "
                               "longer way then stands on the wrong side of it.",
                          ask="When may a node be put into the list: before all that it is made of, or after?",
                          body=PRE_ORDER + "return order")
TOPOLOGICAL_ORDER.mistake(code="E02", title="pre-order, the last parent first",
                          says="You put a node into the list when you first meet it. A node that is also reached by a "
                               "longer way then stands on the wrong side of it.",
                          ask="When may a node be put into the list: before all that it is made of, or after?",
                          body=PRE_ORDER_LAST_PARENT + "return order")


@TOPOLOGICAL_ORDER.mistake(code="E03", title="breadth-first order",
                           says="You went level by level from the root: a short path overtook a long one.",
                           ask="How far from the root is a node to which two paths lead?")
def topological_order(root):
    order, seen = [root], {id(root)}
    for node in order:
        for parent in node.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                order.append(parent)
    order = order[::-1]
    return order


@TOPOLOGICAL_ORDER.mistake(code="E03", title="breadth-first order, the last parent first",
                           says="You went level by level from the root: a short path overtook a long one.",
                           ask="How far from the root is a node to which two paths lead?")
def topological_order(root):
    order, seen = [root], {id(root)}
    for node in order:
        for parent in node.parents[::-1]:
            if id(parent) not in seen:
                seen.add(id(parent))
                order.append(parent)
    order = order[::-1]
    return order


TOPOLOGICAL_ORDER.mistake(code="E04", title="one call per path",
                          says="The order is right, but you go down every path, also where you have been before.",
                          ask=PER_PATH,
                          body=EVERY_PATH + "return order")
TOPOLOGICAL_ORDER.mistake(code="E06", title="equality by value", **SAME_VALUE,
                          body=BY_VALUE + "return order")
TOPOLOGICAL_ORDER.mistake(code="E07", title="recursion limit", **DEEP,
                          body=RECURSIVE + "return order")
TOPOLOGICAL_ORDER.mistake(code="E10", title="a cycle is not noticed",
                          says="On a graph with a cycle you return some order, and there is none.",
                          ask="What do you meet when a node is made of itself?",
                          body=NO_CYCLE_CHECK + "return order")
TOPOLOGICAL_ORDER.mistake(code="X05", title="the other way round",
                          says="Your list begins with the root: it stands the other way round.",
                          ask="Which node can only come last?",
                          body=WALK_RIGHT + "return order[::-1]")
TOPOLOGICAL_ORDER.mistake(code="E41", title="a node stands there twice",
                          says="A node that is used twice stands in your list twice.",
                          ask="How do you tell that you have met a node before?",
                          body=WALK_RIGHT + "return [p for node in order for p in node.parents] + [root]")
TOPOLOGICAL_ORDER.mistake(code="X31", title="nodes are missing",
                          says="The leaves are missing from your list.",
                          ask="Which nodes have no parents, and do they have a gradient?",
                          body=WALK_RIGHT + "return [node for node in order if node.parents]")
TOPOLOGICAL_ORDER.mistake(code="E42", title="marks left on the nodes", **MARKED,
                          body=MARKS + "return order")
TOPOLOGICAL_ORDER.mistake(code="E43", title="sorted by value",
                          says="You sorted the nodes by their numbers.",
                          ask="Must a sum be larger than what it is made of?",
                          body=WALK_RIGHT + "return sorted(order, key=lambda node: node.data)")
TOPOLOGICAL_ORDER.mistake(code="E44", title="a walk for each node",
                          says="The order is right, but for each node you look at all the others again.",
                          ask="What do you know after one walk that you need not look for again?",
                          body=AGAIN_AND_AGAIN + "return order")


@TOPOLOGICAL_ORDER.alternative(title="a stack of iterators")
def topological_order(root):
    order, done, path = [], set(), {id(root): None}
    stack = [(root, iter(root.parents))]
    while stack:
        node, parents = stack[-1]
        parent = next(parents, None)
        if parent is None:
            stack.pop()
            del path[id(node)]
            done.add(node)
            order.append(node)
        elif id(parent) in path:
            raise UnicodeError("a node is its own ancestor")      # a kind of ValueError
        elif parent not in done:
            path[id(parent)] = None
            stack.append((parent, iter(parent.parents)))
    return order


@TOPOLOGICAL_ORDER.alternative(title="by counting uses")
def topological_order(root):
    uses, nodes = {root: 0}, [root]
    for node in nodes:
        for parent in node.parents:
            if parent not in uses:
                uses[parent] = 0
                nodes.append(parent)
            uses[parent] += 1
    ready, order = [root], []
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in node.parents:
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    if len(order) != len(nodes) or any(uses.values()):
        raise ValueError("no order: there is a cycle")
    return tuple(reversed(order))


@TOPOLOGICAL_ORDER.alternative(title="by the longest way to a leaf")
def topological_order(root):
    height = {}
    stack, open_ = [root], set()
    while stack:
        node = stack[-1]
        if node in height:
            stack.pop()
            continue
        waiting = [p for p in node.parents if p not in height]
        if waiting:
            if node in open_:
                raise ValueError("a cycle")
            open_.add(node)
            stack.extend(waiting)
        else:
            open_.discard(node)
            height[node] = 1 + max((height[p] for p in node.parents), default=0)
    return sorted(height, key=height.get)


@TOPOLOGICAL_ORDER.alternative(title="recursion with a higher limit")
def topological_order(root):
    import sys
    sys.setrecursionlimit(20_000)
    order, state = [], {}
    def visit(node):
        if state.get(node) == "open":
            raise ValueError("cycle")
        if node not in state:
            state[node] = "open"
            for parent in node.parents:
                visit(parent)
            state[node] = "done"
            order.append(node)
    visit(root)
    return order
