"""Where everything stands: a layered drawing of a graph, left to right.

Each node gets a layer, one further right than its last input. An edge that crosses layers passes through a waypoint
in each of them, so that it never runs behind a node. The order within a layer follows the barycentres of the
neighbours (Sugiyama, Tagawa and Toda, 1981), and the heights come as close to the neighbours' as the gaps allow.
"""

from itertools import pairwise
from typing import NamedTuple

RADIUS = 22             # of a gate: half its height, and the rounding of its ends
ROW = 92                # between the centres of two nodes in a layer: room for figures above and below the wires
LANE = 56               # between a node and a wire that passes it
WIRE = 30               # between two wires that pass side by side
CURVE = 50              # the width in which wires bend
STRAIGHT = 22           # the width where none of them has to
MARGIN = 34


class Box(NamedTuple):
    """A node to be placed: its inputs in order of its ports, its width, and the width of the figures after it."""

    id: int
    inputs: tuple
    width: float
    figures: float
    arriving: float         # width of the figures that stand where its inputs arrive


class Layout(NamedTuple):
    width: float
    height: float
    centres: dict           # id -> (x, y)
    splits: dict            # id -> x where the figures after the node end, and its wires may part
    wires: dict             # (id, port) -> [(x, y), ...]: the points an edge runs through, level at each


def place(boxes):
    """Lay out `boxes`, given parents first. Returns a Layout; (0, 0) is its top left corner."""
    layer = _layers(boxes)
    chains = _chains(boxes, layer)
    columns = _order(boxes, layer, chains)
    height = _heights(columns, chains)
    top = min(height.values()) - RADIUS - MARGIN
    height = {item: y - top for item, y in height.items()}

    by_id = {box.id: box for box in boxes}
    bending = set()         # layers that a wire enters at another height than it left the layer before
    for (target, port), chain in chains.items():
        heights = [height[item] for item in chain[:-1]] + [height[target] + _port(by_id[target], port)]
        bending.update(k for k, (a, b) in enumerate(pairwise(heights), layer[chain[0]] + 1) if abs(a - b) > 0.5)
    x, enter, bend, centres, splits = MARGIN, [], [], {}, {}
    for column in columns:
        nodes = [by_id[item] for item in column if not _is_waypoint(item)]
        enter.append(x)
        x += max((box.arriving for box in nodes), default=0)
        widest = max((box.width for box in nodes), default=0)
        for box in nodes:
            centres[box.id] = (x + widest / 2, height[box.id])
            splits[box.id] = x + widest / 2 + box.width / 2 + box.figures
        bend.append(max((splits[box.id] for box in nodes), default=x))
        x = bend[-1] + (CURVE if len(enter) in bending else STRAIGHT)

    wires = {}
    for (target, port), chain in chains.items():
        source, box = by_id[chain[0]], by_id[target]
        points = [(centres[source.id][0] + source.width / 2, height[source.id]),
                  (bend[layer[source.id]], height[source.id])]
        for waypoint in chain[1:-1]:
            k = waypoint[0]
            points += [(enter[k], height[waypoint]), (bend[k], height[waypoint])]
        dy = _port(box, port)
        edge = centres[target][0] - box.width / 2 + RADIUS - (RADIUS**2 - dy**2) ** 0.5
        points += [(enter[layer[target]], height[target] + dy), (edge, height[target] + dy)]
        wires[target, port] = points
    width = max(splits.values()) + MARGIN / 2
    return Layout(width, max(height.values()) + RADIUS + MARGIN, centres, splits, wires)


def _port(box, port):
    """How far below the middle of a node one of its inputs arrives."""
    last = len(box.inputs) - 1
    return (port - last / 2) * min(18, 2 * (RADIUS - 8) / max(1, last))


def _is_waypoint(item):
    return isinstance(item, tuple)


def _layers(boxes):
    """One further right than the last input; what has no inputs stands just before its first use."""
    layer, uses = {}, {}
    for box in boxes:
        layer[box.id] = 1 + max((layer[i] for i in box.inputs), default=-1)
        for i in box.inputs:
            uses.setdefault(i, []).append(box.id)
    for box in boxes:
        if not box.inputs and box.id in uses:
            layer[box.id] = min(layer[use] for use in uses[box.id]) - 1
    return layer


def _chains(boxes, layer):
    """For each edge (id, port): its source, a waypoint (layer, id, port) in each layer it crosses, its target."""
    return {(box.id, port): [source, *((k, box.id, port) for k in range(layer[source] + 1, layer[box.id])), box.id]
            for box in boxes for port, source in enumerate(box.inputs)}


def _order(boxes, layer, chains):
    """The items of each layer from top to bottom, with few crossings: the best of some sweeps back and forth."""
    columns = [[] for _ in range(1 + max(layer.values()))]
    for item in _first_order(boxes, chains):
        columns[item[0] if _is_waypoint(item) else layer[item]].append(item)
    links = [link for chain in chains.values() for link in pairwise(chain)]
    ports = {}
    for (_, port), chain in chains.items():
        ports[chain[-2], chain[-1]] = port
    before, after = {}, {}
    for a, b in links:
        before.setdefault(b, []).append(a)
        after.setdefault(a, []).append(b)

    def sweep(columns, neighbours):
        place = {item: k for column in columns for k, item in enumerate(column)}
        for column in columns:
            def barycentre(item):
                near = neighbours.get(item)
                if not near:
                    return place[item]
                # among the inputs of one gate, the port decides
                return sum(place[n] + 0.1 * ports.get((item, n), 0) for n in near) / len(near)
            column.sort(key=barycentre)
            place.update({item: k for k, item in enumerate(column)})
        return columns

    def crossings(columns):
        place = {item: k for column in columns for k, item in enumerate(column)}
        spans = [[] for _ in columns]
        for a, b in links:
            k = a[0] if _is_waypoint(a) else layer[a]
            spans[k].append((place[a], place[b] + 0.1 * ports.get((a, b), 0)))
        return sum((a - c) * (b - d) < 0 for span in spans for i, (a, b) in enumerate(span) for c, d in span[:i])

    best = columns
    for turn in range(8):
        columns = [list(column) for column in columns]
        columns = sweep(columns, before) if turn % 2 else sweep(columns[::-1], after)[::-1]
        best = min(best, columns, key=crossings)
    return best


def _first_order(boxes, chains):
    """Items in the order in which one meets them, going back from the last node, inputs in order."""
    inputs = {box.id: box.inputs for box in boxes}
    met, stack = {}, [box.id for box in boxes]
    while stack:
        item = stack.pop()
        if item in met:
            continue
        met[item] = None
        if not _is_waypoint(item):
            for port in reversed(range(len(inputs[item]))):
                chain = chains[item, port]
                stack += chain[:-1]
    return met


def _heights(columns, chains):
    """Heights that keep each layer's order and gaps and come near those of the neighbours."""
    near, inputs = {}, {}
    for chain in chains.values():
        for a, b in pairwise(chain):
            inputs.setdefault(b, []).append(a)
            near.setdefault(a, []).append(b)
            near.setdefault(b, []).append(a)
    gaps = [[0, *(_gap(a, b) for a, b in pairwise(column))] for column in columns]
    y = {}
    for column, gap in zip(columns, gaps, strict=True):
        total, at = sum(gap), 0
        for item, step in zip(column, gap, strict=True):
            at += step
            y[item] = at - total / 2
    for turn in range(24):
        pairs = list(zip(columns, gaps, strict=True))
        for column, gap in pairs if turn % 2 else pairs[::-1]:
            wish = [sum(y[n] for n in near[i]) / len(near[i]) if i in near else y[i] for i in column]
            y.update(zip(column, _apart(wish, gap), strict=True))
    for column, gap in zip(columns, gaps, strict=True):     # at last, what follows one node stands level with it
        wish = [sum(y[n] for n in inputs[i]) / len(inputs[i]) if i in inputs else y[i] for i in column]
        y.update(zip(column, _apart(wish, gap), strict=True))
    return y


def _gap(a, b):
    waypoints = _is_waypoint(a) + _is_waypoint(b)
    return (ROW, LANE, WIRE)[waypoints]


def _apart(wish, gaps):
    """The heights nearest to `wish` (least squares) that keep `gaps` between neighbours: pool adjacent violators."""
    offset, pools = 0, []
    for w, gap in zip(wish, gaps, strict=True):
        offset += gap
        pools.append([w - offset, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, n = pools.pop()
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * n) / (pools[-1][1] + n), pools[-1][1] + n]
    heights, offset = [], 0
    flat = [mean for mean, n in pools for _ in range(n)]
    for mean, gap in zip(flat, gaps, strict=True):
        offset += gap
        heights.append(mean + offset)
    return heights
