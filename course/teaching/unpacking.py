"""What learners hand in, unpacked: nothing leaves its folder, nothing is overwritten, nothing swells.

Whatever somebody's zip holds costs nobody else anything. Each learner has a Share of files and bytes, counted as they
come out of the zips: what a zip says of itself counts for nothing. Names become such as every system takes. What was
left out is noted in the Share, and told in a line for each reason.
"""

import io
import os
import re
import stat
import unicodedata
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from course.plaintext import file_name, in_a_sentence, one_line

BYTES = 100 * 2**20     # of one learner are unpacked, with what is inside of zips
FILES = 300             # of one learner, notebooks first
NAMES = 100_000         # are looked at in one learner's zips
DIRECTORY = 8 * 2**20   # bytes of a zip's list of its files
DEPTH = 3               # zips inside of a zip inside of the LMS's
FOLDERS = 8             # inside of each other, of one zip
BLOCK = 2**16
SMALL_BLOCK = 64        # of bzip2 and LZMA, which zipfile unpacks without a bound: 45 bytes can be 45 MB

OUTSIDE = "the path leads out of the folder, here or on Windows; left out. Ask for the file itself."
NO_FILE = "a link or a device, and no file; left out. Ask for the file itself."
PASSWORD = "needs a password; left out. Ask for it without one."
DAMAGED = "can't be read; left out. Ask for it again."
NO_ZIP = "is not a zip that can be read, or it is damaged. Ask for it again."
EMPTY = "holds no file. Ask for it again."
TOO_LARGE = f"more than {BYTES // 2**20} MB, unpacked; the rest was left out. Ask for the notebook alone."
TOO_MANY = f"more than {FILES} files; notebooks came first, the rest was left out. Ask for the notebook alone."
TOO_DEEP = "a zip inside of zips inside of zips; it was not opened. Ask for the notebook alone."
RENAMED = "not every system takes this name; the file got another one. Nothing is to be done."
WHOSE = "with a name that every system takes it does not tell any more whose it is; left out. Put it into submitted/ " \
        "by hand."

NOISE = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass
class Share:
    """What may still be unpacked of one learner's, and what is to be told of it."""

    who: str
    bytes: int = BYTES
    files: int = FILES
    names: int = NAMES
    notes: dict = field(default_factory=dict)   # reason: the things of which it is true

    def note(self, reason, thing):
        self.notes.setdefault(reason, []).append(thing)

    def lines(self):
        """A line for each reason."""
        for reason, things in self.notes.items():
            more = f" and {len(things) - 3} more" if len(things) > 3 else ""
            yield one_line(f"{self.who}: {', '.join(things[:3])}{more}: {reason}")


class Unpacker:
    """Fills a folder with what was handed in.

    owner_of  owner_of(path below the folder) is whose a file there is: anything with a name, or None. What nobody is
              known for is taken one by one: each file has a Share, and so has each zip.
    """

    def __init__(self, folder, owner_of=lambda path: None):
        self.folder, self.owner_of, self.shares = Path(folder), owner_of, {}

    def add(self, path, below=""):
        """Unpack a zip into a folder of its own, or copy another file, below the folder `below`."""
        above = Path(below).parts
        if path.suffix.lower() != ".zip":
            with open(path, "rb") as source:
                self._put(self.folder, [*above, path.name], path.name, source)
            return
        folder = _free_folder(self.folder.joinpath(*map(file_name, [*above, path.stem])))
        owner = self.owner_of(self._below(folder))
        if self.owner_of("/".join([*above, path.stem])) != owner:
            self._share(path, path.name).note(WHOSE, path.name)
            return
        self._unpack(path, folder, owner and self._share(owner, owner.name))

    def lines(self):
        """What is to be told, learner by learner."""
        return [line for share in self.shares.values() for line in share.lines()]

    def _unpack(self, archive, folder, share, depth=DEPTH):
        """Unpack a zip into a folder; `share` is None for the LMS's own, which holds the work of many."""
        own = share or self._share(archive, archive.name)
        folder.mkdir(parents=True, exist_ok=True)
        with _Bounded(io.FileIO(archive)) as file:
            try:
                zf = zipfile.ZipFile(file)
            except Exception as error:      # zipfile raises what it likes on bytes that are no zip
                own.note(NO_ZIP, f"{archive.name} ({_why(error)})")
                return
            infos = sorted(zf.infolist(), key=lambda info: rank(info.filename))
            if share:
                if len(infos) > share.names:
                    share.note(TOO_MANY, archive.name)
                infos = infos[:share.names]
                share.names -= len(infos)
            before = own.files, len(own.notes)
            for info in infos:
                self._member(zf, info, archive.name, folder, share, own, depth)
            if share and (share.files, len(share.notes)) == before:
                share.note(EMPTY, archive.name)

    def _member(self, zf, info, archive, folder, share, own, depth):
        name = name_of(info)
        parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".")]
        if name.endswith(("/", "\\")) or not parts or any(
                part.casefold() in NOISE or (part[0] == "." and part.strip(" .")) for part in parts):
            return
        shown = f"{name[:100]!r} in {archive}"
        if name[0] in "/\\" or any(":" in part or not part.strip(" .") for part in parts):
            own.note(OUTSIDE, shown)
        elif stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            own.note(NO_FILE, shown)
        elif info.flag_bits & 1:
            own.note(PASSWORD, shown)
        else:
            self._take(zf, info, parts[-FOLDERS:], shown, folder, share, own, depth)

    def _take(self, zf, info, parts, shown, folder, share, own, depth):
        try:
            with zf.open(info) as source:
                step = BLOCK
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    step = source.MIN_READ_SIZE = SMALL_BLOCK
                put = self._put(folder, parts, shown, source, share, step)
        except Exception as error:
            own.note(DAMAGED, f"{shown} ({_why(error)})")
            return
        if put and put[0].suffix.lower() == ".zip":
            target, share = put
            if not depth or not share.names:
                share.note(TOO_MANY if depth else TOO_DEEP, shown)
                return
            self._unpack(target, _free_folder(target.with_name(file_name(target.stem))), share, depth - 1)

    def _put(self, folder, parts, shown, source, share=None, step=BLOCK):
        """Copy an open file to its place below a folder; returns its path and whose share it took, or None."""
        names = [file_name(part) for part in parts]
        wanted = self._below(folder.joinpath(*names))
        owner = self.owner_of(wanted)
        share = self._share(owner, owner.name) if owner else share or self._share(wanted, names[-1])
        if names != parts:
            if self.owner_of("/".join([self._below(folder), *parts])) != owner:
                share.note(WHOSE, shown)
                return None
            share.note(RENAMED, shown)
        if share.bytes < 0 or not share.files:
            share.note(TOO_LARGE if share.bytes < 0 else TOO_MANY, shown)
            return None
        share.files -= 1
        for name in names[:-1]:
            folder = _free_folder(folder / name)
        folder.mkdir(parents=True, exist_ok=True)
        target = free_name(folder / names[-1])
        try:
            with open(target, "xb") as out:
                while block := source.read(step):
                    share.bytes -= len(block)
                    if share.bytes < 0:
                        break
                    out.write(block)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        if share.bytes < 0:
            target.unlink()
            share.note(TOO_LARGE, shown)
            return None
        return target, share

    def _share(self, key, who):
        if key not in self.shares:
            self.shares[key] = Share(who)
        return self.shares[key]

    def _below(self, path):
        return path.relative_to(self.folder).as_posix()


class _Bounded(io.BufferedReader):
    """A file of which nobody reads much at once: zipfile takes a zip's whole list of files into memory."""

    def read(self, size=-1):
        data = super().read(DIRECTORY + 1 if size is None or size < 0 else min(size, DIRECTORY + 1))
        if len(data) > DIRECTORY:
            raise zipfile.BadZipFile(f"its list of files is longer than {DIRECTORY // 2**20} MB")
        return data


def rank(name):
    """Notebooks come first, then zips, then the rest."""
    return 0 if name.lower().endswith(".ipynb") else 1 if name.lower().endswith(".zip") else 2


def name_of(info):
    """A member's name. Zips that don't say their encoding hold UTF-8 more often than IBM's code page of 1981.

    Those of a Chinese Windows hold GBK, where a character is a pair of bytes. Two bytes of a Western name can be such a
    pair by accident: úñ in Núñez, íñ in Íñigo. But such a pair stands within a word, beside a Latin letter, and is
    seldom one of the ideographs in use, those of GB 2312.
    """
    name = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            raw = name.encode("cp437")
            name = next(filter(None, (_read(raw, "utf-8"), _read_gbk(raw))), name)
    return unicodedata.normalize("NFC", name)


def _read(raw, encoding):
    with suppress(UnicodeError):
        return raw.decode(encoding)
    return ""


def _read_gbk(raw):
    """Bytes as GBK; "" where they are none, or each ideograph of GB 2312 in them stands beside a Latin letter."""
    name = _read(raw, "gbk")
    alone = re.findall(r"(?<![A-Za-z])[\u4e00-\u9fff](?![A-Za-z])", name)
    return name if any(_read(char.encode("gbk"), "gb2312") for char in alone) else ""


def free_name(path):
    """A path, or the next one beside it where it is taken: name.ipynb, name~2.ipynb, …"""
    return next(candidate for candidate in _numbered(path) if not os.path.lexists(candidate))


def _free_folder(path):
    """The same for a folder, which may be there already."""
    return next(candidate for candidate in _numbered(path) if candidate.is_dir() or not os.path.lexists(candidate))


def _numbered(path):
    yield path
    number = 1
    while True:
        number += 1
        yield path.with_name(f"{path.stem}~{number}{path.suffix}")


def _why(error):
    return (in_a_sentence(error) or type(error).__name__)[:100]
