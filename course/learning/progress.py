"""`backprop progress`: which exercises pass, which are begun, and how many points that makes so far.

Reads the notebooks in work/exercises/. A learner's code runs in a process of its own, a cell or an exercise at
a time; one that takes too long is ended, and the rest goes on in a new process without it.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from course.learning.clock import NAME, Clock, TooLong, ticking
from course.places import COMMAND, IN_BROWSER, ROOT, work_folder
from course.plaintext import one_line
from course.words import VARIABLE, language, later, tr

LIMIT = 10.0  # seconds, for one cell or one exercise
START = 30.0  # seconds, for the process to start
PURPOSE = later("which exercises pass, which are begun, and how many points that makes so far")
PASSED, BEGUN, UNWRITTEN, BROKEN = later("passes"), later("begun"), later("not begun"), later("does not run")
NO_EXERCISES = later("There are no exercises in {folder}. `{command}` lays them out.")
TOO_SLOW = later("takes more than {seconds} s")
MAGIC = re.compile(r"^\s*([%!?].*|[\w.]+\?\??\s*)$", re.MULTILINE)        # what only IPython runs
MARKS = {PASSED: "✓", BEGUN: "…", UNWRITTEN: "·", BROKEN: "✗"}


@dataclass
class Line:
    """How far one exercise is."""

    exercise: str
    points: float
    of: float
    state: str
    mistake: str = ""


def main(argv: list[str]) -> int:
    """Print a table, or JSON for programs; returns an exit code."""
    parser = argparse.ArgumentParser(prog="backprop progress", description=tr(PURPOSE))
    parser.add_argument("assignment", nargs="*",
                        help=tr("which assignments, such as 02_gate_patterns; all if left out"))
    parser.add_argument("--all", action="store_true", help=tr("every exercise of every assignment"))
    parser.add_argument("--json", action="store_true", help=tr("print JSON instead of a table"))
    parser.add_argument("--page", metavar="FILE", help=tr("write the way through the course as a page, course.html"))
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="SECONDS",
                        help=tr("how long one exercise may take (%(default)g)"))
    options = parser.parse_args(argv)
    from course.declarations import assignments

    unknown = [name for name in options.assignment if name not in assignments()]
    if unknown:
        parser.error(tr("there is no assignment {name}; there are {known}", name=repr(unknown[0]),
                        known=tr(", ").join(assignments())))
    work = find_work()
    found = {name: work / name / f"{name}.ipynb" for name in options.assignment or assignments()}
    found = {name: path for name, path in found.items() if path.is_file()}
    with ThreadPoolExecutor(os.cpu_count()) as threads:         # they only wait for processes
        done = threads.map(lambda name: progress(name, found[name], options.limit), found)
        result = dict(zip(found, done, strict=True))
    if not result:
        print(tr(NO_EXERCISES, folder=work, command=COMMAND), file=sys.stderr)
        return 1
    from course.learning import front

    if not options.assignment:
        front.keep(result, steps(result), work.parent)
    if options.page:
        try:
            Path(options.page).write_text(front.page(work.parent), encoding="utf-8")
        except OSError as error:
            print(tr("{file} can't be written: {error}.", file=options.page, error=error.strerror), file=sys.stderr)
            return 1
    print(json.dumps({name: [asdict(line) for line in lines] for name, lines in result.items()}, indent=1)
          if options.json else table(result) if options.assignment or options.all else summary(result))
    if not options.json:
        from course.practising import memory

        for line in memory.lines():
            print(line)
    return 0


def find_work() -> Path:
    """The folder of a learner's exercises."""
    return work_folder() / "exercises"


def summary(result: dict[str, list[Line]]) -> str:
    """A line for each assignment, what is begun, and the next steps."""
    width = max(map(len, result))
    return "\n".join([*(_row(name, lines, width) for name, lines in result.items()), _rest(result)])


def _row(name, lines, width):
    """The line of an assignment."""
    passed = sum(line.state == PASSED for line in lines)
    mark = "✓" if passed == len(lines) else "…" if passed or any(map(_is_begun, lines)) else "·"
    return tr("{mark} {name}  {passed} of {of} pass   {points}", mark=mark, name=f"{name:{width}}",
              passed=f"{passed:2}", of=f"{len(lines):2}", points=_points(lines))


def _rest(result):
    """What stands below the lines of the assignments."""
    rows = []
    for line, name in [(line, name) for name, lines in result.items() for line in lines if _is_begun(line)]:
        rows += ["", tr("begun")] * (not rows)
        rows.append(tr("{mark} {exercise}: {state}  ({assignment})", mark=MARKS[line.state], exercise=line.exercise,
                       state=line.mistake or tr(line.state), assignment=name))
    rows += ["", tr("next"), *(f"{k}. {step}" for k, step in enumerate(steps(result), 1))]
    more = [] if IN_BROWSER else [tr("`{command} progress ASSIGNMENT` shows every exercise of one, `--all` of all.",
                                     command=COMMAND)]
    return "\n".join([*map(one_line, rows), "", _so_far(result), *more])


def steps(result: dict[str, list[Line]], most: int = 3) -> list[str]:
    """What to do next: what is begun, then what comes first; at the end, what can be handed in."""
    open_ones = [(name, line) for name, lines in result.items() for line in lines if line.state != PASSED]
    first = [(name, line) for name, line in open_ones if _is_begun(line)]
    rest = [(name, line) for name, line in open_ones if not _is_begun(line)]
    if first:       # go on where one is, before what was left out further up
        names = list(result)
        at = names.index(first[-1][0])
        rest.sort(key=lambda pair: names.index(pair[0]) < at)
    told = [tr("{assignment}: mend {exercise} ({mistake})" if _is_begun(line) and line.mistake else
               "{assignment}: mend {exercise}" if _is_begun(line) else "{assignment}: write {exercise}",
               assignment=name, exercise=line.exercise, mistake=line.mistake) for name, line in (first + rest)[:most]]
    done = [name for name, lines in result.items() if sum(line.of for line in lines)
            and all(line.state == PASSED for line in lines)]
    return told if told else [tr("hand in: {what}", what=name if IN_BROWSER else f"{COMMAND} submit {name}")
                             for name in done[-most:]]


def _is_begun(line: Line) -> bool:
    return line.state in (BEGUN, BROKEN)


def _points(lines: list[Line]) -> str:
    return tr("{n} of {of} points", n=f"{sum(line.points for line in lines):g}",
              of=f"{sum(line.of for line in lines):g}")


def _so_far(result: dict[str, list[Line]]) -> str:
    return tr("so far: {points}", points=_points([line for lines in result.values() for line in lines]))


def table(result: dict[str, list[Line]]) -> str:
    """The lines of every assignment as text, with sums."""
    rows = []
    for name, lines in result.items():
        rows.append(tr("{name}: {points}", name=name, points=_points(lines)))
        width = max(len(line.exercise) for line in lines)
        rows += [f"  {MARKS[line.state]} {line.exercise:{width}}  {line.points:g}/{line.of:g}  "
                 + (tr("{state}: {mistake}", state=tr(line.state), mistake=line.mistake) if line.mistake else
                    tr(line.state)) for line in lines]
    return "\n".join([*map(one_line, rows), _so_far(result)])


def progress(assignment: str, path: Path, limit: float = LIMIT) -> list[Line]:
    """The Lines of one notebook; its code runs in processes that end with this call."""
    import nbformat

    lines, skip = _unread(assignment), []
    try:
        cells = _to_run(nbformat.read(path, as_version=4).cells)
    except Exception:       # whatever a file that is no notebook may hold
        return list(lines.values())
    while True:
        step, why = _run_once(assignment, path.parent, cells, skip, limit, lines)
        if step is None:
            return list(lines.values())
        skip.append(step)
        if step in lines:
            lines[step] = Line(step, 0.0, lines[step].of, BROKEN, why)


def _unread(assignment):
    """{exercise: Line} of a notebook that could not be read."""
    from course.declarations import exercises

    return {name: Line(name, 0.0, exercise.points, BROKEN, tr("the notebook could not be read"))
            for name, exercise in exercises(assignment).items()}


def _to_run(cells):
    """The code of each of a notebook's cells; "" in the place of text and of what gives points."""
    return ["".join(cell["source"]) if cell["cell_type"] == "code" and
            not cell["metadata"].get("nbgrader", {}).get("grade") else "" for cell in cells]


def in_browser(limit: float = LIMIT) -> None:
    """Print the summary in a kernel that has no processes: learners' cells run in it, and each has its end from within.

    A line comes as an assignment is done; the one that is at work stands below.
    """
    from course.declarations import assignments
    from course.practising import memory

    work = find_work()
    found = {name: work / name / f"{name}.ipynb" for name in assignments()}
    found = {name: path for name, path in found.items() if path.is_file()}
    result, width = {}, max(map(len, found), default=0)
    for name, path in found.items():
        print(tr("  {name}  is being checked", name=f"{name:{width}}"), end="\r", flush=True)  # its line overwrites it
        result[name] = _here(name, path, limit)
        print(_row(name, result[name], width), flush=True)
    print("\n".join([_rest(result) if result else tr("There are no exercises in {folder}.", folder=work),
                     *memory.lines()]))


def _here(assignment, path, limit):
    """The Lines of one notebook whose code runs here."""
    from course.checks.report import SINK
    from course.declarations import exercises

    try:
        cells = _to_run(json.loads(path.read_text("utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return list(_unread(assignment).values())
    clock = Clock(limit)
    names, silent = {"__name__": "__main__", NAME: clock}, SINK.set(lambda report: None)
    lines = []
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            for source in cells:
                with contextlib.suppress(Exception, SystemExit, TooLong), clock:
                    exec(ticking(MAGIC.sub("", source)), names)
            for name, exercise in exercises(assignment).items():
                try:
                    with clock:
                        lines.append(_line(name, exercise, names))
                except TooLong:
                    lines.append(Line(name, 0.0, exercise.points, BROKEN, tr(TOO_SLOW, seconds=f"{limit:g}")))
    finally:
        SINK.reset(silent)
    return lines


def _line(name, exercise, names):
    """How far an exercise is whose answer stands among these names."""
    from course.checks.examining import examine
    from course.checks.verdict import told
    from course.learning.identity import WhoAreYou, learner

    if name not in names:
        return Line(name, 0.0, exercise.points, BROKEN, tr("no cell that runs defines it"))
    nameless = ""
    if exercise.variant:
        try:
            exercise = exercise.of(learner())
        except WhoAreYou:
            nameless = tr("{call} does not say who you are", call='i_am("")')
    report = examine(exercise, names[name], (0, 1), edge=True)
    if nameless and not report.unwritten:
        return Line(name, 0.0, exercise.points, BEGUN, nameless)
    state = PASSED if report.run.passed else UNWRITTEN if report.unwritten else BEGUN
    mistake = told(report.diagnosis.title) if report.diagnosis and state == BEGUN else ""
    return Line(name, report.run.score, exercise.points, state, mistake)


def _run_once(assignment, folder, cells, skip, limit, lines):
    """Run the cells in one process and enter what it reports; (step, why) where it ended early, or (None, "")."""
    child = subprocess.Popen([sys.executable, "-m", "course.learning.progress", assignment, *skip],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg",
                                                  VARIABLE: language()})
    assert child.stdin and child.stdout     # pipes, as asked for
    with contextlib.suppress(BrokenPipeError), child.stdin:
        json.dump(cells, child.stdin)
    step, allowed, late = None, limit + START, threading.Event()

    def end_it():
        late.set()
        child.kill()

    with child.stdout:
        while True:
            timer = threading.Timer(allowed, end_it)
            timer.start()
            text = child.stdout.readline()
            timer.cancel()
            if not text:
                break
            message = json.loads(text)
            step, allowed = message.get("step", step), limit
            if "line" in message:
                lines[message["line"]["exercise"]] = Line(**message["line"])
    child.wait()
    if step in (None, "end"):
        return None, ""
    return step, tr(TOO_SLOW, seconds=f"{limit:g}") if late.is_set() else tr("ends Python")


def _child(assignment, *skip):
    """In the process of its own: run the cells, then the exercises, and say before each what comes next."""
    from IPython.core.interactiveshell import InteractiveShell

    from course.declarations import exercises

    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def say(**message):
        out.write(json.dumps(message) + "\n")

    shell = InteractiveShell.instance()
    for k, source in enumerate(json.load(sys.stdin)):
        step = f"cell {k}"
        if source and step not in skip:
            say(step=step)
            with contextlib.suppress(Exception):
                shell.run_cell(source, silent=True)
    for name, exercise in exercises(assignment).items():
        if name in skip:
            continue
        say(step=name)
        say(line=asdict(_line(name, exercise, shell.user_ns)))
    say(step="end")
    out.flush()
    os._exit(0)


if __name__ == "__main__":
    _child(*sys.argv[1:])
