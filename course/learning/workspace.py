"""Lay lessons and exercises out in a folder where learners open and change them.

What a learner has written is never overwritten. A file they have not touched follows its original;
beside one they have touched, a changed original is laid as NAME.new.ipynb.
"""

import hashlib
import json
import os
from pathlib import Path

from course.places import EXERCISES, LAID_OUT, LESSONS, work_folder
from course.words import translated


def lay_out(work: Path | None = None, lessons: Path = LESSONS, exercises: Path | None = EXERCISES) -> list[str]:
    """Bring a folder, work_folder() if left out, up to date with the lessons and the exercises (None: lessons alone).

    Each comes in the language in force, where it is there in it. A notebook that a learner has begun in another stays;
    the new one is laid beside it.
    Returns the paths, relative to it, of the new versions that were laid beside a learner's own copies.
    Raises OSError when it can't be written.
    """
    work = work or work_folder()
    work.mkdir(exist_ok=True)
    record = _read_record(work / LAID_OUT)
    beside = []
    for folder, originals in (("lessons", lessons), ("exercises", exercises)):
        if originals is None:
            continue
        for original in _files(originals):
            name = f"{folder}/{original.relative_to(originals).as_posix()}"
            laid = _lay(translated(original, folder).read_bytes(), work, name, record)
            if laid not in (None, name):
                beside.append(laid)
    _write(work / LAID_OUT, json.dumps(record, indent=1, sort_keys=True).encode())
    return beside


def changed(work: Path | None = None) -> set[str]:
    """The files that were laid out and are no longer as they were, as paths relative to the folder."""
    work = work or work_folder()
    record = _read_record(work / LAID_OUT)
    return {name for name, laid in record.items() if _hash_of(work / name) not in (laid, None)}


def _files(folder):
    """All files below a folder, in order, but for hidden ones such as .ipynb_checkpoints."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__")) for part in inside):
            yield path


def _lay(content, work, name, record):
    """Lay one original out under its name or beside it; the name it was laid under, None when it was there.

    `record` keeps, for every name, the hash of what was laid there: a file with another hash is a learner's.
    """
    original = _hash(content)
    if os.path.lexists(work / name) and original in (record.get(other) for other in _names(name, record)):
        return None   # it was laid out before; what has become of it is the learner's affair
    for candidate in _names(name):
        path = work / candidate
        if not os.path.lexists(path) or _hash_of(path) in (record.get(candidate, original), original):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content)
            record[candidate] = original
            return candidate


def _names(name, record=None):
    """name.ipynb, name.new.ipynb, name.new2.ipynb, …; with a record, as far as it goes."""
    stem, suffix = os.path.splitext(name)
    number = 0
    while True:
        candidate = stem + (".new" if number else "") + (str(number) if number > 1 else "") + suffix
        if record is not None and number and candidate not in record:
            return
        yield candidate
        number += 1


def _hash(content):
    return hashlib.sha256(content).hexdigest()


def _hash_of(path):
    """The hash of a file; None for what can't be read as one, which then counts as a learner's."""
    try:
        return _hash(path.read_bytes())
    except OSError:
        return None


def _read_record(path):
    """What was laid out; nothing when the record is damaged: then all that differs is a learner's."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in record.items() if isinstance(v, str)} if isinstance(record, dict) else {}


def _write(path, content):
    """Whole or not at all: a start that is broken off leaves no half notebook."""
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(content)
    os.replace(draft, path)
