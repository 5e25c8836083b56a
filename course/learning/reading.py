"""Where a lesson treats something: `lesson 2, "add copies"` as the address of that section."""

import functools
import json
import os
import re
from pathlib import Path
from urllib.parse import quote

from course.declarations import ASSIGNMENTS
from course.places import work_folder
from course.words import tr

READ = re.compile(r'lesson (\d+), "(.+)"')
QUOTED = re.compile("[\"“«「](.+)[\"”»」]")      # the same section in another language


def section(read: str) -> str:
    """The address of a section, as seen from the notebook that runs; "" where it is none of the learner's in work/.

    read  what an exercise's declaration says: 'lesson 2, "add copies"'

    JupyterLab opens it at this place; its headings' names are their words, joined by hyphens.
    """
    found = READ.fullmatch(read)
    work = work_folder().resolve()
    if found is None or not Path.cwd().is_relative_to(work):
        return ""
    lesson = work / "lessons" / f"{''.join(ASSIGNMENTS[int(found[1]):][:1])}.ipynb"
    if not lesson.is_file():
        return ""
    wanted = {found[2].casefold(), *(said.casefold() for said in QUOTED.findall(tr(read)))}
    heading = next((text for text in headings(lesson) if text.casefold() in wanted), "")
    address = Path(os.path.relpath(lesson)).as_posix()
    return quote(address) + (f"#{quote(heading.replace(' ', '-'))}" if heading else "")


@functools.lru_cache
def headings(lesson: Path) -> list[str]:
    """The words of a notebook's headings; none where it can't be read."""
    try:
        cells = json.loads(lesson.read_text("utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [line.lstrip("#").strip() for text in texts for line in text.splitlines() if line.startswith("#")]
