"""Ten thousand circuits of practice per level: solvable, unambiguous, of bounded size, drawn without overlap.

    python -m benchmarks circuits [--count 10000] [--level 4]

Prints for each level how many were sound, how many differ, and how long each took to be made (CPU time).
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor

CHUNK = 100


def look_at(level, first, count):
    """(what is wrong, [seconds for each], the circuits' texts) of some seeds."""
    from course.practising.ask import of_level
    from tests.sound_circuits import assert_sound

    wrong, times, texts = [], [], []
    for seed in range(first, first + count):
        start = time.process_time()
        try:
            made = of_level(level, seed)
            times.append(time.process_time() - start)
            texts.append(f"{made.code} {[item.value for item in made.scene.items]}")
            assert_sound(level, seed)
        except (AssertionError, RuntimeError) as error:
            wrong.append(str(error))
    return wrong, times, texts


def main(argv):
    from course.practising.circuits import LEVELS

    parser = argparse.ArgumentParser(prog="python -m benchmarks circuits", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--level", type=int, action="append")
    options = parser.parse_args(argv)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for level in options.level or LEVELS:
            starts = range(0, options.count, CHUNK)
            found = list(pool.map(look_at, [level] * len(starts), starts,
                                  [min(CHUNK, options.count - start) for start in starts]))
            wrong = [told for part, _, _ in found for told in part]
            times = [seconds for _, part, _ in found for seconds in part]
            texts = {text for _, _, part in found for text in part}
            print(f"level {level}: {options.count - len(wrong)} of {options.count} sound, {len(texts)} different; made "
                  f"in {1000 * sum(times) / len(times):.0f} ms, the slowest in {1000 * max(times):.0f} ms", flush=True)
            for told in wrong[:5]:
                print("   ", told.replace("\n", " "), flush=True)
