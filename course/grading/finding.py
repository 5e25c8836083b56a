"""Finds the notebook among what was handed in, whatever its file is called by now, and the files beside it."""

import io
import re
import zipfile
from pathlib import Path

from course.grading.key import Key
from course.grading.reading import read
from course.grading.repair import answered
from course.grading.unfit import belongs

ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")    # the latter two are added by browsers and mail programs
MOST_FILES = 1000       # that are looked at
MOST_NOTEBOOKS = 20     # that are read, where several may be meant
MOST_BESIDE, MOST_BYTES = 200, 10 * 2**20       # files, and bytes of all: base64 of them is one message of the wire


def find(folder: Path, notebook: str, keys: dict[str, Key]) -> tuple[Path | None, list[str]]:
    """The file that answers to a notebook, or None; and notes for the instructor.

    Where several may be meant, it is the one with the most answers; among equals the one of the right name, then the
    one that lies highest. So an untouched copy is never preferred to one in which somebody has worked, and what is no
    notebook, or another assignment's, to one that belongs here.
    """
    exact = f"{notebook}.ipynb"
    found = [path for path in files_of(folder) if _stem(path) is not None]
    claimed = {path: _claimed(path, keys) for path in found}
    # the others count where the assignment has one notebook: then whatever there is may be it
    meant = [path for path in found if claimed[path] == notebook or (claimed[path] is None and len(keys) == 1)]
    meant.sort(key=lambda path: (claimed[path] != notebook, path.name != exact, len(path.parts), path.name))
    if not meant:       # of a link it is said that it is one, when it is to be read
        return (folder / exact if (folder / exact).is_symlink() else None), []
    path = meant[0]
    if len(meant) > 1:
        answers = {path: _answers(path, keys[notebook]) for path in meant[:MOST_NOTEBOOKS]}
        path = max(answers, key=lambda path: (min(answers[path], 1), claimed[path] == notebook, answers[path]))
    notes = []
    if path != folder / exact:
        notes.append(f"The notebook was handed in as {str(path.relative_to(folder))!r}.")
    meant = [other for other in meant if other == path or claimed[other] == claimed[path]]
    if len(meant) > 1:
        others = ", ".join(repr(str(other.relative_to(folder))) for other in meant if other != path)
        notes.append(f"More than one notebook was handed in; {str(path.relative_to(folder))!r} counts, as no other "
                     f"has more answers. The others: {others[:300]}.")
    return path, notes


def files_of(folder: Path) -> list[Path]:
    """The plain files of a submission, in order: no links, nothing hidden (checkpoints), not more than MOST_FILES."""
    found, folders = [], [folder]
    while folders and len(found) < MOST_FILES:
        here = folders.pop(0)
        for path in sorted(here.iterdir()):
            if path.name.startswith(".") or path.name in ("__pycache__", "__MACOSX") or path.is_symlink():
                continue
            if path.is_dir():
                folders.append(path)
            elif path.is_file():
                found.append(path)
    return found[:MOST_FILES]


def beside(folder: Path) -> tuple[bytes, list[str]]:
    """The files in a notebook's folder and below, but for notebooks, as a zip (nothing where there are none); notes.

    A notebook may import modules and read data that were handed in with it.
    """
    packed, room, left_out = io.BytesIO(), MOST_BYTES, 0
    files = [path for path in files_of(folder) if _stem(path) is None and path.name != "timestamp.txt"]
    if not files:
        return b"", []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for path in files:
            size = path.stat().st_size
            name = str(path.relative_to(folder))
            if size > room or len(target.infolist()) == MOST_BESIDE or not name.isprintable():
                left_out += 1
                continue
            target.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
            room -= size
    return packed.getvalue(), [f"{left_out} of the {len(files)} files beside the notebook were not there when it ran: "
                               f"at most {MOST_BESIDE} files and {MOST_BYTES >> 20} MB come along."] if left_out else []


def _stem(path: Path) -> str | None:
    """A notebook's name without its ending; None for what is no notebook."""
    name = path.name.lower()
    ending = next((ending for ending in ENDINGS if name.endswith(ending)), None)
    return None if ending is None else path.name[:-len(ending)]


def _claimed(path: Path, keys: dict[str, Key]) -> str | None:
    """The notebook whose name stands in a file's: "Copy of …", "… (1)", "ada_…"; of several, the longest."""
    def words(text: str) -> str:
        return re.sub(r"[\W_]+", " ", text).strip().lower()

    stem = f" {words(_stem(path) or '')} "
    names = [name for name in keys if f" {words(name)} " in stem]
    return max(names, key=len, default=None)


def _answers(path: Path, key: Key) -> int:
    """How many answers a file has for a notebook; -1 where it is none, or another one."""
    try:
        nb, _ = read(path)
    except (ValueError, OSError, MemoryError):
        return -1
    return answered(nb, key) if belongs(nb, key) else -1
