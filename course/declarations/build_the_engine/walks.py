"""Ways of laying out the nodes below `root` in a list `order`, right and wrong, as text: forms are made of them."""

DEPTH_FIRST = '''order, state, stack = [], {{}}, [(root, False)]
while stack:
    node, finished = stack.pop()
    if finished:
        state[{key}] = "done"
        order.append(node)
    elif {key} not in state:
        state[{key}] = "open"
        stack.append((node, True))
        for parent in {parents}:
            {cycle}
            stack.append((parent, False))
'''

_CYCLE_CHECK = 'if state.get({parent}) == "open":\n                raise ValueError("the graph has a cycle")'
RECURSIVE = '''order, done, open_ = [], set(), set()
def visit(node):
    if id(node) in open_:
        raise ValueError("the graph has a cycle")
    if id(node) not in done:
        open_.add(id(node))
        for parent in node.parents:
            visit(parent)
        open_.discard(id(node))
        done.add(id(node))
        order.append(node)
visit(root)
'''

# No memory of nodes that it has met: one visit for each path. A node's last visit counts.
EVERY_PATH = '''visits, path = [], []
def visit(node):
    if any(other is node for other in path):
        raise ValueError("the graph has a cycle")
    path.append(node)
    for parent in node.parents:
        visit(parent)
    path.pop()
    if not any(other is node for other in visits):
        visits.append(node)
visit(root)
order = visits
'''

PRE_ORDER = '''order, seen, stack = [], set(), [root]
while stack:
    node = stack.pop()
    if id(node) not in seen:
        seen.add(id(node))
        order.append(node)
        stack.extend(node.parents[::-1])
order.reverse()
'''

PRE_ORDER_LAST_PARENT = PRE_ORDER.replace("node.parents[::-1]", "node.parents")
BREADTH_FIRST = '''order, seen = [root], {id(root)}
for node in order:
    for parent in node.parents:
        if id(parent) not in seen:
            seen.add(id(parent))
            order.append(parent)
order = order[::-1]
'''

BREADTH_FIRST_LATE = BREADTH_FIRST.replace("in node.parents", "in node.parents[::-1]")
MARKS = '''order, stack = [], [(root, False)]
while stack:
    node, finished = stack.pop()
    if finished:
        order.append(node)
        node.open = False
    elif not hasattr(node, "visited"):
        node.visited = node.open = True
        stack.append((node, True))
        for parent in node.parents:
            if getattr(parent, "open", False):
                raise ValueError("the graph has a cycle")
            stack.append((parent, False))
'''

# Again and again looks through all nodes for one whose parents are all placed.
AGAIN_AND_AGAIN = '''nodes, known = [root], {id(root)}
for node in nodes:
    for parent in node.parents:
        if id(parent) not in known:
            known.add(id(parent))
            nodes.append(parent)
order, placed = [], set()
while len(order) < len(nodes):
    free = [node for node in nodes if id(node) not in placed and all(id(p) in placed for p in node.parents)]
    if not free:
        raise ValueError("the graph has a cycle")
    order.append(free[0])
    placed.add(id(free[0]))
'''


def walk(key="id(node)", parents="node.parents", cycle=True):
    """The depth-first order as source text."""
    check = _CYCLE_CHECK.format(parent=key.replace("node", "parent")) if cycle else "pass"
    return DEPTH_FIRST.format(key=key, parents=parents, cycle=check)


BY_VALUE = walk(key="node.data")
NO_CYCLE_CHECK = walk(cycle=False)
WALK_RIGHT = walk()
PAID_ONCE = "dict(zip(node.parents, node.local)).items()"
PAID_FOUR_TIMES = "[(p, f) for p in node.parents for q, f in zip(node.parents, node.local) if q is p]"
AS_A_SET = "[(p, node.local[node.parents.index(p)]) for p in set(node.parents)]"
