"""The front page: lessons and assignments as a path, what is begun, what passes, what comes next.

`python course` writes it into work/ as Course.md, which JupyterLab shows with links; `progress` brings it up to date
with what passes, and `progress --page course.html` writes it as a page that needs no notebook.
"""

import contextlib
import json
import os
import re
from datetime import date
from html import escape
from pathlib import Path
from typing import NamedTuple

from course.learning.workspace import changed
from course.places import COMMAND, LESSONS, PRACTISED, work_folder
from course.plaintext import one_line
from course.words import language, languages, later, speaking, tr, translated

NAME = "Course.md"
HEADING = later("Your way through the course")
STATES = {"done": later("done"), "begun": later("begun"), "new": later("not begun")}
MARKS = {"done": "✓", "begun": "…", "new": "·"}
KEPT = ".progress.json"     # in work/: what `progress` found last; nothing in it leaves the machine
STYLE = """
:root { color-scheme: light dark; --line: #d1d5db; --quiet: #4b5563; --green: #00735C; --soft: #f3f4f6; }
html { background: #fff; color: #1b1f24; }
html { font: 17px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  :root { --line: #434a54; --quiet: #b6bec9; --green: #4CD6B3; --soft: #22272e; }
  html { background: #16191d; color: #e6e9ed; }
}
body { margin: 0 auto; padding: 1rem; max-width: 40rem; }
.next { background: var(--soft); border-left: 4px solid var(--green); padding: .6rem 1rem; margin: 1rem 0; }
.next p { margin: .2rem 0; }
ol { list-style: none; padding: 0; margin: 1rem 0; }
li { position: relative; padding: 0 0 1.1rem 3.2rem; }
li::before { content: ""; position: absolute; left: 1.05rem; top: 2.2rem; bottom: 0; }
li::before { border-left: 2px solid var(--line); }
li:last-child::before { display: none; }
.stop { position: absolute; left: 0; top: 0; width: 2.2rem; line-height: 2.2rem; border-radius: 50%; text-align: center;
  border: 2px solid var(--line); box-sizing: border-box; line-height: calc(2.2rem - 4px); font-weight: 600; }
.done .stop { background: var(--green); border-color: var(--green); color: #fff; }
.begun .stop { border-color: var(--green); color: var(--green); }
h2 { font-size: 1.1rem; margin: .2rem 0 0; }
h1, h2, p { text-wrap: pretty; }
code { font-size: .9em; }
li p, .quiet { color: var(--quiet); margin: 0; }
li p span { white-space: nowrap; }
.bar { display: flex; align-items: center; gap: .6rem; white-space: nowrap; }
meter { width: 100%; max-width: 16rem; height: .8rem; }
@media (prefers-color-scheme: dark) { .done .stop { color: #16191d; } }
"""


class Stop(NamedTuple):
    """A lesson and its assignment on the path."""

    name: str
    title: str
    read: bool          # the lesson was opened and has changed
    begun: bool         # so was the assignment, or some of its exercises pass
    passed: int
    of: int             # exercises; 0 where `progress` has not looked yet
    points: float
    most: float

    @property
    def state(self) -> str:
        """done, begun or new."""
        return "done" if self.of and self.passed == self.of else "begun" if self.read or self.begun else "new"


def keep(found: dict[str, list], steps: list[str], work: Path) -> None:
    """Remember what `progress` found of all assignments, and write the page anew."""
    rows = {name: {"passed": sum(line.state == "passes" for line in lines), "of": len(lines),
                   "points": sum(line.points for line in lines), "most": sum(line.of for line in lines)}
            for name, lines in found.items()}
    with contextlib.suppress(OSError):
        kept = {"day": date.today().isoformat(), "assignments": rows, "steps": steps}
        (work / KEPT).write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
        write(work)


def write(work: Path | None = None) -> None:
    """Course.md in work/; a file of this name that the course did not write is left alone. May raise OSError."""
    work = work or work_folder()
    path, text = work / NAME, markdown(work)
    if path.is_file() and not path.read_text("utf-8", "replace").startswith(_heads()):
        return
    draft = path.with_name(f".{NAME}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    os.replace(draft, path)


def _heads() -> tuple[str, ...]:
    """How the page begins, in each language."""
    found = []
    for name in languages():
        with speaking(name):
            found.append(f"# {tr(HEADING)}")
    return tuple(found)


def path_through(work: Path) -> tuple[list[Stop], list[str], str]:
    """(the stops in order, what comes next, the day on which `progress` looked or "")."""
    kept, touched = _recall(work), changed(work)
    stops = []
    for lesson in sorted(LESSONS.glob("*.ipynb")):
        row = kept["assignments"].get(lesson.stem, {})
        stops.append(Stop(lesson.stem, _title(translated(lesson, "lessons")), f"lessons/{lesson.name}" in touched,
                          bool(row.get("passed")) or _exercise(lesson.stem) in touched,
                          *(row.get(key, 0) for key in ("passed", "of", "points", "most"))))
    first = next((stop for stop in stops if stop.state != "done"), None)
    steps = kept["steps"] or ([tr("go on with lesson {n}: {title}" if first.read else "read lesson {n}: {title}",
                                 n=int(first.name[:2]), title=first.title)]
                              if first else [tr("hand in: {what}", what=f"{COMMAND} submit")])
    return stops, [one_line(step) for step in steps], kept["day"]


def markdown(work: Path) -> str:
    """The page for JupyterLab."""
    stops, steps, day = path_through(work)
    head = [tr("lesson"), tr("assignment"), tr("points")]
    lines = [[_lesson(stop), _assignment(stop),
              _undivided(tr("{earned} of {of}", earned=f"{stop.points:g}", of=f"{stop.most:g}")) if stop.most else ""]
             for stop in stops]
    filled = [k for k in range(len(head)) if any(line[k] for line in lines)]    # a phone has no room for empty ones
    rows = [f"| {' | '.join(line[k] for k in filled)} |" for line in (head, ["---"] * len(head), *lines)]
    nexts = [f"{k}. {_linked(step, stops)}" for k, step in enumerate(steps, 1)]
    return "\n".join([f"# {tr(HEADING)}", "", f"**{tr('Next')}**", "", *nexts, "", *rows, "", *_practice(), "",
                      tr("{when} (JupyterLab shows it when you close this page and open it again.)",
                         when=_as_of(day)), ""])


def page(work: Path) -> str:
    """The page by itself: no notebook, no script, nothing from elsewhere; light and dark, on a phone, aloud."""
    from course.checks import markup  # with numpy, which a fresh clone lacks

    stops, steps, day = path_through(work)
    points, most = sum(stop.points for stop in stops), sum(stop.most for stop in stops)
    items = "".join(
        f'<li class="{stop.state}"><span class="stop">{"✓" if stop.state == "done" else int(stop.name[:2])}</span>'
        f"<h2>{tr('Lesson {n}', n=int(stop.name[:2]))} · {escape(stop.title)}</h2>"
        f"<p>{_unbroken(tr('; '), tr(STATES[stop.state]), _exercises(stop), _points(stop))}</p>"
        "</li>" for stop in stops)
    nexts = "".join(f"<p>{escape(step)}</p>" for step in steps)
    bar = (f'<p class="bar"><meter aria-label="{tr("points")}" min="0" max="{most:g}" value="{points:g}"></meter> '
           f'{tr("{n} of {of} points", n=f"{points:g}", of=f"{most:g}")}</p>') if most else ""
    practice = "".join(f"<p>{markup.in_code(line)}</p>" for line in _practice())
    return (f'<!doctype html><html lang="{language().replace("_", "-")}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{tr(HEADING)}</title>'
            f"<style>{STYLE}</style></head><body><main><h1>{tr(HEADING)}</h1>{bar}"
            f'<div class="next"><strong>{tr("Next")}</strong>{nexts}</div><ol>{items}</ol>{practice}'
            f'<p class="quiet">{markup.in_code(_as_of(day))}</p></main></body></html>\n')


def _unbroken(between: str, *parts: str) -> str:
    """Parts of a line as HTML; a narrow page breaks it between them alone."""
    return escape(between).join(f"<span>{escape(part)}</span>" for part in parts if part)


def _undivided(words: str) -> str:
    """A few words that stay in one line without a style of their own: it ends neither at a space, nor between two
    characters, as Chinese may, nor after a hyphen or a slash."""
    return re.sub("(?<=[\u3400-\u9fff/-])(?=[\u3400-\u9fff0-9])", "\u2060", words.replace(" ", "\xa0"))


def _recall(work: Path) -> dict:
    """What `progress` found last; a file that is spoilt counts as empty."""
    kept = {"day": "", "assignments": {}, "steps": []}
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        read = json.loads((work / KEPT).read_text("utf-8"))
        kept = {"day": str(date.fromisoformat(read["day"])), "steps": [str(step) for step in read["steps"]][:3],
                "assignments": {str(name): {"passed": int(row["passed"]), "of": int(row["of"]),
                                            "points": float(row["points"]), "most": float(row["most"])}
                                for name, row in read["assignments"].items()}}
    return kept


def _title(lesson: Path) -> str:
    """What stands behind "Lesson N ·" at its head."""
    cells = json.loads(lesson.read_text("utf-8"))["cells"]
    return "".join(cells[0]["source"]).splitlines()[0].partition("·")[2].strip()


def _exercise(name: str) -> str:
    return f"exercises/{name}/{name}.ipynb"


def _linked(step: str, stops: list[Stop]) -> str:
    """A step whose assignment's name leads there."""
    for stop in stops:
        step = step.replace(stop.name, f"[{stop.name}]({_exercise(stop.name)})", 1)
    return step


def _lesson(stop: Stop) -> str:
    """A lesson's mark and number, the link to it, and whether it was opened."""
    link = f"{MARKS[stop.state]}\xa0{int(stop.name[:2])} [{stop.title}](lessons/{stop.name}.ipynb)"
    return tr("; ").join([link, tr("begun")] if stop.read else [link])


def _assignment(stop: Stop) -> str:
    """The link to an assignment, and how much of it passes: in one column, or the table is wider than a phone."""
    link = f"[{_undivided(tr('assignment {n}', n=int(stop.name[:2])))}]({_exercise(stop.name)})"
    return tr("{name}: {points}", name=link, points=_undivided(_exercises(stop))) if stop.of else link


def _exercises(stop: Stop) -> str:
    return tr("{passed} of {of} pass", passed=stop.passed, of=stop.of) if stop.of else ""


def _points(stop: Stop) -> str:
    return tr("{n} of {of} points", n=f"{stop.points:g}", of=f"{stop.most:g}") if stop.most else ""


def _practice() -> list[str]:
    told = []
    if (work_folder() / PRACTISED).exists():        # only then: the module knows circuits, and takes its time
        from course.practising import memory
        told = memory.lines()
    return [tr("Practice: {next}.", next=told[-1].strip() if told else
               tr("`practice()` in any lesson asks for a circuit"))]


def _as_of(day: str) -> str:
    return tr("As `{command}` found it on {day}; run it in a terminal, and this page is up to date." if day else
              "`{command}` in a terminal looks which exercises pass, and enters it here.",
              command=f"{COMMAND} progress", day=_undivided(day))
