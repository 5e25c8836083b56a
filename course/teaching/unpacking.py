"""Zips of unknown origin, unpacked inside their folder: nothing leaves it, nothing is overwritten, nothing swells."""

import contextlib
import shutil
import stat
import unicodedata
import zipfile
import zlib
from pathlib import PurePosixPath

LIMIT = 500 * 2**20     # bytes that one archive may hold, with what is inside of it
DEPTH = 3               # zips inside of zips


def unpack(archive, folder, tell, left=None, depth=DEPTH):
    """Unpack a zip, and the zips inside of it, into a folder; `tell` is given a sentence about what was left out.

    left  [bytes] that may still be written
    """
    left = [LIMIT] if left is None else left
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as zf:
            for info in zf.infolist():
                _member(zf, info, archive, folder, tell, left, depth)
    except zipfile.BadZipFile:
        tell(f"{archive.name} is not a zip that can be read, or it is damaged; nothing more was taken out of it.")


def _member(zf, info, archive, folder, tell, left, depth):
    name = name_of(info)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if info.is_dir() or not parts or parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", "Thumbs.db"):
        return
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
        tell(f"{archive.name} holds a file {name!r}, whose path leads out of the folder; it was left out.")
        return
    if stat.S_ISLNK(info.external_attr >> 16):
        tell(f"{archive.name} holds a link, {name!r}; it was left out.")
        return
    target = free_name(folder.joinpath(*parts))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zf.open(info) as source, open(target, "xb") as out:
            if not _copy(source, out, left):
                target.unlink()
                tell(f"{archive.name} holds more than {LIMIT // 2**20} MB; {name!r} and what follows was left out.")
                return
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
        target.unlink(missing_ok=True)
        why = "it needs a password" if "password" in str(error) or "encrypted" in str(error) else error
        tell(f"{name!r} could not be taken out of {archive.name}: {why}.")
        return
    if target.suffix.lower() == ".zip":
        if depth:
            unpack(target, target.with_suffix(""), tell, left, depth - 1)
        else:
            tell(f"{archive.name} holds zips inside of zips inside of zips; {name!r} was not opened.")


def _copy(source, out, left):
    """Copy what is left to be written; whether that was all."""
    while block := source.read(2**16):
        left[0] -= len(block)
        if left[0] < 0:
            return False
        out.write(block)
    return True


def name_of(info):
    """A member's name. Zips that don't say their encoding hold UTF-8 more often than IBM's code page of 1981."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name)


def free_name(path):
    """A path, or the next one beside it where it is taken: name.ipynb, name~2.ipynb, …"""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}~{number}{path.suffix}")
    return candidate


def copy_in(path, folder):
    """Copy a file into a folder, under its own name or the next free one; returns the copy."""
    target = free_name(folder / unicodedata.normalize("NFC", path.name))
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.copyfile(path, target)
