"""What was practised, and what comes next: five boxes, as Leitner's, in work/practice.json.

A circuit that was filled in without a wrong number and without help moves its level one box on; any other puts it back
into the first. A level in box 1 to 5 comes back after 1, 2, 4, 8 or 16 days. A wrong number whose cause is known also
puts back the level that practises this cause. (S. Leitner, "So lernt man lernen", 1972.)
"""

import contextlib
import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from course import places
from course.practising.causes import KINDS
from course.practising.circuits import LEVELS
from course.words import tr

DAYS = (1, 2, 4, 8, 16)


def path() -> Path:
    """The file; work/ is not in git, and nothing in it leaves the machine."""
    return places.work_folder() / places.PRACTISED


def recall() -> dict[str, Any]:
    """{"levels": {"3": {"box", "due", "circuits", "asked", "first"}}, "causes": {kind: times}}.

    A file that is spoilt counts as empty.
    """
    kept: dict[str, Any] = {"levels": {}, "causes": {}}
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        read = json.loads(path().read_text(encoding="utf-8"))
        for level, row in read["levels"].items():
            if int(level) in LEVELS and row["box"] in range(1, 1 + len(DAYS)):
                date.fromisoformat(row["due"])
                kept["levels"][level] = {key: row[key] for key in ("box", "due", "circuits", "asked", "first")}
        kept["causes"] = {kind: int(times) for kind, times in read["causes"].items() if kind in KINDS}
    return kept


def remember(record: dict[str, Any], today: date | None = None) -> None:
    """Keep what the browser told at the end of a circuit: {"level", "of", "first", "shown", "kinds"}."""
    today, kept = today or date.today(), recall()
    level, asked, first = (int(record[key]) for key in ("level", "of", "first"))
    kinds = {kind: int(times) for kind, times in record["kinds"].items() if kind in KINDS}
    if level in LEVELS:
        row = kept["levels"].get(str(level), {"box": 0, "circuits": 0, "asked": 0, "first": 0})
        box = min(row["box"] + 1, len(DAYS)) if first == asked else 1
        kept["levels"][str(level)] = {
            "box": box, "due": _in(today, DAYS[box - 1]), "circuits": row["circuits"] + 1,
            "asked": row["asked"] + asked, "first": row["first"] + first}
    for kind, times in kinds.items():
        kept["causes"][kind] = kept["causes"].get(kind, 0) + times
        home = kept["levels"].get(str(KINDS[kind].level))
        if home and KINDS[kind].level != level:
            home |= {"box": 1, "due": _in(today, DAYS[0])}
    path().parent.mkdir(parents=True, exist_ok=True)
    fresh = path().with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    os.replace(fresh, path())


def next_level(today: date | None = None) -> int:
    """What comes next: what is due, the lowest box first; else the first new level; else what is due soonest."""
    now, levels = (today or date.today()).isoformat(), recall()["levels"]
    due = [(row["box"], int(level)) for level, row in levels.items() if row["due"] <= now]
    if due:
        return min(due)[1]
    new = [level for level in LEVELS if str(level) not in levels]
    return new[0] if new else min((row["due"], int(level)) for level, row in levels.items())[1]


def lines() -> list[str]:
    """What `python course progress` shows; nothing where nothing was practised."""
    kept = recall()
    if not kept["levels"]:
        return []
    told = [tr("practice: right at the first try")]
    for level, row in sorted(kept["levels"].items(), key=lambda item: int(item[0])):
        told.append(tr("  level {level} {name}: {first} of {asked}, box {box} of {boxes}, again from {day}",
                       level=level, name=LEVELS[int(level)].name, first=row["first"], asked=row["asked"],
                       box=row["box"], boxes=len(DAYS), day=row["due"]))
    for kind, times in sorted(kept["causes"].items(), key=lambda item: -item[1])[:3]:
        told.append(tr("  {n}× {rule} (lesson {lesson}, “{section}”)", n=times, rule=tr(KINDS[kind].rule),
                       lesson=KINDS[kind].lesson, section=tr(KINDS[kind].section)))
    return [*told, tr("  next: {call}, or practice() alone", call=f"practice(level={next_level()})")]


def _in(today, days):
    return (today + timedelta(days)).isoformat()
