"""What one submission costs: how long from the fork to the first answer, and how much memory.

    python -m benchmarks submission [--assignment 04_vectorized_gradients] [--times 50]

The memory is what the processes of a submission hold for themselves after all cells of the solution have run, and a
copy of the learner's process for a test: what they share with the warm process is not counted, as all share it.
"""

import argparse
import statistics
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def own_megabytes(pids):
    """Memory that belongs to these processes alone."""
    kilobytes = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Private_Clean", "Private_Dirty")):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def main(argv):
    import nbformat

    from course.grading.inside.tree import descendants
    from course.grading.judge import nursery
    from course.grading.session import Session

    parser = argparse.ArgumentParser(prog="python -m benchmarks submission", description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="04_vectorized_gradients")
    parser.add_argument("--times", type=int, default=50)
    options = parser.parse_args(argv)
    notebook = nbformat.read(ROOT / "solutions" / options.assignment / f"{options.assignment}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    warm = nursery(True, options.assignment)
    before = set(descendants(warm._process.pid))
    waits, memory = [], []
    for _ in range(options.times):
        session = Session(warm)
        start = time.perf_counter()
        outputs = session.run("6 * 7")
        waits.append(1000 * (time.perf_counter() - start))
        assert outputs[0]["data"]["text/plain"] == "42"
        for source in cells:
            session.run(source)
        own = own_megabytes(set(descendants(warm._process.pid)) - before)
        snapshot = session.snapshot(10, 10)     # counted apart: it shares what neither it nor the learner's writes
        copy = max(set(descendants(warm._process.pid)) - before)
        memory.append(own + own_megabytes([copy]))
        snapshot.close()
        session.close()
    print(f"{options.assignment}, {options.times} submissions, one after the other\n")
    for name, found, unit in (("fork to first answer", waits, "ms"), ("memory of a submission", memory, "MB")):
        print(f"{name:24} median {statistics.median(found):6.1f} {unit}, most {max(found):6.1f} {unit}")
