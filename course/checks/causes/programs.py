"""An exercise's right answers as programs that hold their slips: woven when they are needed, or read from a file.

A learner's copy of the course has no right answers; there the programs come from a file that `written` made. In it each
right answer stands among hundreds of wrong ones.
"""

import functools
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from course.checks.causes.slips import NONE, SLIP, TICK, Slip, woven
from course.checks.clock import own_seconds
from course.checks.exercise import Exercise

FILE = Path(__file__).resolve().parents[2] / "data" / "slips.zip"
DATE = (2020, 1, 1, 0, 0, 0)    # the same programs make the same file


class OutOfTime(Exception):
    """A changed answer goes on for too long."""


@dataclass(eq=False)
class Program:
    """A right answer with all its slips; `choose(k)` gives the answer with slip k.

    function   what the text defines
    names      the globals that it runs with
    slips      in the order of their numbers
    until      when it must be done, by this thread's own time
    replies    {(slip, packed arguments): what it answered}: a class is asked the same
    """

    function: Any
    names: dict[str, Any]
    slips: list[Slip]
    until: float = float("inf")
    replies: dict[tuple[int, bytes], Any] = field(default_factory=dict)

    def choose(self, k: int) -> Any:
        self.names[SLIP] = k
        return self.function

    def tick(self) -> None:
        if own_seconds() > self.until:
            raise OutOfTime


def program(exercise: Exercise, number: int) -> Program | None:
    """Right answer number `number` of an exercise with its slips; None where there are no more."""
    made, texts = _known(exercise)
    while len(made) <= number < len(texts):
        text = texts[len(made)]
        made.append(made_of(*(woven(text, exercise.upstream) if isinstance(text, str) else text), exercise.name,
                            exercise.surroundings))
    return made[number] if number < len(made) else None


@functools.lru_cache(100)
def _known(exercise: Exercise) -> tuple[list[Program], list[str | tuple[str, list[Slip]]]]:
    """(The programs that were made, the texts of all): right answers, or such as are woven already."""
    right: list[str | tuple[str, list[Slip]]] = [form.source for form in exercise.right_forms()]
    if not right and FILE.is_file():
        with zipfile.ZipFile(FILE) as zf:
            if f"{exercise.name}.json" in zf.namelist():
                right += [(text, [Slip(kind, tuple(detail)) for kind, detail in slips])
                          for text, slips in json.loads(zf.read(f"{exercise.name}.json"))]
    return [], right


def made_of(text: str, slips: list[Slip], name: str, given: str = "") -> Program:
    """The program of a text; without any slips where it does not run here (it may need PyTorch)."""
    names: dict[str, Any] = {"np": np, SLIP: NONE}
    result = Program(None, names, slips)
    names[TICK] = result.tick
    try:
        exec(compile(given, "<given>", "exec"), names)
        exec(compile(text, "<slips>", "exec"), names)
        result.function = names[name]
    except Exception:
        result.slips = []
    return result


def written(exercises: Iterable[Exercise]) -> bytes:
    """The file of all programs of some exercises, to go where their right answers do not."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zf:
        for exercise in exercises:
            rows = []
            for form in exercise.right_forms():
                text, slips = woven(form.source, exercise.upstream)
                rows.append((text, [tuple(asdict(slip).values()) for slip in slips]))
            info = zipfile.ZipInfo(f"{exercise.name}.json", DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            zf.writestr(info, json.dumps(rows))
    return content.getvalue()
