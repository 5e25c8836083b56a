"""The wrong edge that is to be found: one, seen in the painted numbers alone, and one rule that explains it."""

import math

import pytest

from course import practice
from course.drawing.figures import number
from course.drawing.scene import edge_id
from course.practising import bugs, causes, circuits
from course.practising.questions import accepted

LEVELS = [level for level in circuits.LEVELS if level != circuits.SHAPES]


def looked_through(made, record):
    """The edges whose painted numbers do not fit, from the picture's own figures."""
    items = {item.id: item for item in made.scene.items}
    painted = {item.id: number(item.gradient) for item in made.scene.items if item.gradient}
    contributions = {edge.id: number(edge.contribution) for edge in made.scene.edges if edge.contribution}
    assert painted[record.output] == 1
    wrong = set()
    for id in items:
        paid = [edge for edge in causes.edges(record).values() if edge.receiver == id]
        shares = [contributions.get(edge_id(edge.sender, edge.slot), painted[id]) for edge in paid]
        for edge, share in zip(paid, shares, strict=True):
            low, high = accepted(painted[edge.sender] * edge.local)
            if not low - 1e-3 <= share <= high + 1e-3:
                wrong.add(edge_id(edge.sender, edge.slot))
        if len(paid) > 1 and not math.isclose(sum(shares), painted[id], abs_tol=2e-3, rel_tol=1e-3):
            lost = [edge_id(edge.sender, edge.slot) for edge, share in zip(paid, shares, strict=True)
                    if math.isclose(sum(shares) - share, painted[id], abs_tol=2e-3, rel_tol=1e-3)]
            wrong.update(lost)
    return wrong


@pytest.mark.parametrize("level", LEVELS)
def test_the_painted_numbers_show_one_wrong_edge(level):
    for seed in range(40):
        made = practice(level=level, seed=seed, task="bug")
        found = looked_through(made, circuits.traced(circuits.circuit(level, seed)))
        # where two ways into a fork bring the same, either may be the one that is lost
        assert made.bug.edge in found and (len(found) == 1 or made.bug.kind == "path"), (level, seed, found)


@pytest.mark.parametrize("level", LEVELS)
def test_one_rule_explains_it(level):
    for seed in range(40):
        made = practice(level=level, seed=seed, task="bug")
        known = causes.edges(circuits.traced(circuits.circuit(level, seed)))
        edge = next(edge for edge in known.values() if edge_id(edge.sender, edge.slot) == made.bug.edge)
        assert made.bug.rules[made.bug.rule] == causes.KINDS[made.bug.kind].rule
        assert len(set(made.bug.rules)) == len(made.bug.verdicts) == 4
        if made.bug.kind == "path":
            continue
        label = made.bug.edges[made.bug.edge]["label"]
        low, high = accepted(number(label.rpartition(" ")[2]))
        kinds = {wrong.kind for wrong in causes.edited(edge) if low <= wrong.value <= high}
        assert kinds & set(bugs.PLANTED) == {made.bug.kind}, (level, seed, kinds)


def test_all_usual_rules_get_broken():
    kinds = {practice(level=level, seed=seed, task="bug").bug.kind for level in LEVELS for seed in range(40)}
    assert kinds >= {"sign", "swap", "upstream", "local", "max", "add", "square", "division", "sigmoid", "relu", "path"}


def test_a_circuit_of_ones_own_has_a_bug_too_and_a_seed_names_it():
    def xyz(**options):
        return practice(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, names="q", task="bug", **options)
    assert xyz(seed=4).bug == xyz(seed=4).bug
    assert len({xyz(seed=seed).bug.edge for seed in range(20)}) > 1


def test_where_no_mistake_would_show_it_says_so():
    with pytest.raises(ValueError, match="no usual mistake would show"):
        practice(lambda x: abs(x), x=0, task="bug")
    with pytest.raises(ValueError, match="level 9 has none"):
        practice(level=9, task="bug")
    with pytest.raises(ValueError, match="task is one of 'fill', 'bug'"):
        practice(level=1, task="eat")
