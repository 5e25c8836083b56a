"""Circuits by level and seed: each is sound, and the same seed gives the same one."""

import subprocess
import sys

import pytest

from course.practising import circuits
from course.practising.ask import of_level
from tests.sound_circuits import assert_sound

SEEDS = 40          # of each level; ten thousand in benchmarks/circuits.py


@pytest.mark.parametrize("level", circuits.LEVELS)
def test_every_circuit_is_sound(level):
    for seed in range(SEEDS):
        assert_sound(level, seed)


@pytest.mark.parametrize("level", circuits.LEVELS)
def test_circuits_do_not_come_to_an_end(level):
    assert len({(made.code, str(made.scene.items)) for made in (of_level(level, seed) for seed in range(SEEDS))}) \
        >= 0.7 * SEEDS


def test_a_seed_gives_the_same_circuit_in_another_process():
    code = ("from course.practising.ask import of_level\n"
            "print([(made.code, made.boxes) for made in (of_level(level, 7) for level in range(1, 11))])")
    told = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                           env={"PYTHONHASHSEED": seed, "PATH": ""}).stdout for seed in ("1", "2")}
    assert len(told) == 1 and len(told.pop()) > 1000


def depths(circuit):
    ways = circuits._depths(circuit.lines)
    return [ways[name] for name in ways if len(ways[name]) > 1]


@pytest.mark.parametrize("level, equal", [(4, True), (5, False)])
def test_forks_are_of_equal_or_of_unequal_length(level, equal):
    for seed in range(SEEDS):
        forks = depths(circuits.circuit(level, seed))
        assert any((len(set(ways)) == 1) == equal for ways in forks), circuits.circuit(level, seed).code


def test_numbers_are_short_where_the_gates_allow_it():
    for level in (1, 2, 3, 4, 5, 8, 10):
        for seed in range(SEEDS):
            for box in of_level(level, seed).boxes:
                assert len(box.shown) <= 7 and float(box.shown.replace("−", "-")) * 4 % 1 == 0, box.shown


def test_levels_are_called_by_number_or_by_name():
    assert circuits.level_called("forks") == circuits.level_called(4) == circuits.level_called("4") == 4
    with pytest.raises(ValueError, match=r"There is no level 'spoons'\. There are 1 'gates', 2 'chains'"):
        circuits.level_called("spoons")
