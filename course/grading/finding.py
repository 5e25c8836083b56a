"""Finds the notebook among what was handed in, whatever its file is called by now, and the files beside it."""

import io
import os
import re
import unicodedata
import zipfile
from pathlib import Path

from course.grading.key import Key
from course.grading.reading import MOST_FILE, read
from course.grading.repair import answered
from course.grading.unfit import belongs

ENDING = ".ipynb"       # behind which browsers, mail and backup programs write more: ".txt", " (1)", "~"
JSON_BEGINS = (b"{", b"\xef\xbb\xbf{", b"\xff\xfe{", b"\xfe\xff\0{")   # with the marks of UTF-8 and UTF-16
NOISE = {".ipynb_checkpoints", ".git", ".venv", ".DS_Store", "__pycache__", "__MACOSX"}
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
    files = [path for path in files_of(folder) if not _is_hidden(path, folder)]
    found = [path for path in files if _stem(path) is not None] or [path for path in files if _is_notebook(path)]
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
    """The plain files of a submission, in order: no links, nothing that programs leave there for themselves, not more
    than MOST_FILES."""
    found, folders = [], [folder]
    while folders and len(found) < MOST_FILES:
        here = folders.pop(0)
        for path in sorted(here.iterdir()):
            if path.name in NOISE or path.name.startswith("._") or path.is_symlink():
                continue
            if path.is_dir():
                folders.append(path)
            elif path.is_file():
                found.append(path)
    return found[:MOST_FILES]


def beside(notebook: Path, folder: Path | None = None) -> tuple[bytes, list[str]]:
    """The other files in a notebook's folder and below, as a zip (nothing where there are none); notes.

    A notebook may import modules, read data, and %run other notebooks that were handed in with it. What lies in the
    submission's `folder` and not in the notebook's own comes into the latter as well, where the name is free. Where
    there are too many, Python's come first, then the small ones.
    """
    packed, room, left_out = io.BytesIO(), MOST_BYTES, 0
    own = notebook.parent
    folder = folder or own
    named: dict[str, Path] = {}
    for path in [*files_of(own), *(files_of(folder) if folder != own else [])]:
        if path != notebook and path.name != "timestamp.txt":
            named.setdefault(str(path.relative_to(own if path.is_relative_to(own) else folder)), path)
    if not named:
        return b"", []
    sizes = {path: path.stat().st_size for path in named.values()}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, path in sorted(named.items(), key=lambda item: (item[1].suffix != ".py", sizes[item[1]])):
            if sizes[path] > room or len(target.infolist()) == MOST_BESIDE or not name.isprintable() or \
                    not os.access(path, os.R_OK):
                left_out += 1
                continue
            target.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
            room -= sizes[path]
    return packed.getvalue(), [f"{left_out} of the {len(named)} files beside the notebook were not there when it ran: "
                               f"at most {MOST_BESIDE} files and {MOST_BYTES >> 20} MB come along."] if left_out else []


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _stem(path: Path) -> str | None:
    """A notebook's name without its ending; None for what is no notebook by its name."""
    name = unicodedata.normalize("NFKC", path.name)
    at = name.lower().find(ENDING)
    return None if at < 0 else name[:at]


def _is_notebook(path: Path) -> bool:
    """Whether a file of another ending is one by what is in it."""
    with path.open("rb") as file:
        begin = file.read(64).replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b"")
        return begin.startswith(JSON_BEGINS) and path.stat().st_size <= MOST_FILE and \
            b"nbformat" in (begin + file.read()).replace(b"\0", b"")


def _claimed(path: Path, keys: dict[str, Key]) -> str | None:
    """The notebook whose name stands in a file's: "Copy of …", "… (1)", "ada_…"; of several, the longest."""
    def words(text: str) -> str:
        return re.sub(r"[\W_]+", " ", text).strip().lower()

    stem = f" {words(_stem(path) or path.stem)} "
    names = [name for name in keys if f" {words(name)} " in stem]
    return max(names, key=len, default=None)


def _answers(path: Path, key: Key) -> int:
    """How many answers a file has for a notebook; -1 where it is none, or another one."""
    try:
        nb, _ = read(path)
    except (ValueError, OSError, MemoryError):
        return -1
    return answered(nb, key) if belongs(nb, key) else -1
