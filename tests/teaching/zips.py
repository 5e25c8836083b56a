"""Zips that learners may hand in, by accident or not. Each is `case: (bytes, what the line says, whether the notebook
in it is collected)`; the line is "" where there is nothing to be told, and the last is None where Pythons differ."""

import functools
import io
import json
import struct
import unicodedata
import warnings
import zipfile

from course.teaching import unpacking

LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"


def notebook(who):
    return json.dumps({"cells": [], "metadata": {"who": who}, "nbformat": 4, "nbformat_minor": 5})


def made(members, method=zipfile.ZIP_DEFLATED):
    """The bytes of a zip of (name or ZipInfo, content)."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method, compresslevel=1) as zf:
        warnings.simplefilter("ignore")     # of two of one name
        for name, content in members:
            zf.writestr(name, content)
    return out.getvalue()


def special(name, **fields):
    """A member whose entry says something else."""
    info = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def patched(data, at, form, value, *signatures):
    """A zip with a number of its first member's headers replaced; `at` counts from the field in the local header."""
    data = bytearray(data)
    for signature in signatures:
        begin = data.index(signature) + at + (2 if signature == CENTRAL else 0)
        struct.pack_into(form, data, begin, value)
    return bytes(data)


@functools.cache
def cases(name, good, other):
    """{case: (bytes, line, collected)}.

    name   of the notebook that is due
    good   its text
    other  the name under which another learner's work comes from the LMS
    """
    mine = (f"{name}.ipynb", good)
    alone = made([mine])
    nested = alone
    for k in range(unpacking.DEPTH + 2):
        nested = made([(f"{k}.zip", nested)])
    long_list = made([mine] + [(f"{k:05}{'x' * 60_000}", "") for k in range(150)], zipfile.ZIP_STORED)
    lzma = bytearray(made([mine], zipfile.ZIP_LZMA))
    lzma[lzma.index(b".ipynb") + 20] ^= 255
    flag, crc, size = 6, 14, 22
    zeros = ("zeros", bytes(unpacking.BYTES + 2**20))
    odd = {
        "as it should be": (alone, "", True),
        "compressed by LZMA": (made([mine], zipfile.ZIP_LZMA), "", True),
        "compressed by bzip2": (made([mine], zipfile.ZIP_BZIP2), "", True),
        "damaged LZMA": (bytes(lzma), unpacking.DAMAGED, False),
        "a way of compressing that nobody knows": (patched(alone, 8, "<H", 99, LOCAL, CENTRAL), unpacking.DAMAGED,
                                                   False),
        "a name of 300 letters": (made([mine, ("x" * 300 + ".ipynb", "{}")]), unpacking.RENAMED, True),
        "a name of 60,000 letters": (made([mine, ("x" * 60_000, "")]), unpacking.RENAMED, True),
        "a path of 4,000 folders": (made([mine, ("x/" * 4000 + "y", "")]), "", True),
        "long folders inside of each other": (made([mine, (f"{'x' * 250}/" * 30 + "y.zip", made([
            (f"{'x' * 250}/" * 30 + "y.zip", made([(f"{'x' * 250}/" * 30 + "y", "")]))]))]), unpacking.RENAMED, True),
        "a file and a folder of one name": (made([("hw", ""), ("hw/a", ""), (f"hw/{name}.ipynb", good), ("hw/a/b", ""),
                                                  (f"{name}.ipynb/x", "")]), "", True),
        "a folder as old Windows writes it": (made([("hw\\", ""), (f"hw\\{name}.ipynb", good)]), "", True),
        "invalid UTF-8": (patched(alone, flag, "<H", 0x800, LOCAL, CENTRAL).replace(name.encode(), b"\xff\xfe" +
                          name.encode()[2:]), unpacking.NO_ZIP, False),
        "20,000 members": (made([(f"site-packages/{k}.py", "") for k in range(20_000)] + [mine]), unpacking.TOO_MANY,
                           True),
        "a list of files that is too long": (long_list, unpacking.NO_ZIP, False),
        "a bomb": (made([zeros, mine]), unpacking.TOO_LARGE, True),
        "a bomb of bzip2": (made([zeros, mine], zipfile.ZIP_BZIP2),
                            unpacking.TOO_LARGE, True),
        "a bomb that says that it is small": (patched(made([zeros, mine]), size, "<L", 9,
                                                      LOCAL, CENTRAL), unpacking.DAMAGED, True),
        "small, and says that it is large": (patched(alone, size, "<L", 2**32 - 2, LOCAL, CENTRAL), "", None),
        "a password": (patched(made([("secret", "x"), mine]), flag, "<H", 1, LOCAL, CENTRAL), unpacking.PASSWORD, True),
        "a link": (made([mine, (special("link.ipynb", external_attr=0o120777 << 16), "/etc/passwd")]),
                   unpacking.NO_FILE, True),
        "a device": (made([mine, (special("null.ipynb", external_attr=0o020666 << 16), "")]), unpacking.NO_FILE, True),
        "a zip inside of zips": (made([mine, ("deep.zip", nested)]), unpacking.TOO_DEEP, True),
        "a zip that is none inside": (made([mine, ("no.zip", "PK"), ("empty.ZIP", "")]), unpacking.NO_ZIP, True),
        "zip64": (made([(special(*mine[:1], file_size=2**32, extra=b""), good)]), "", True),
        "zip64 without the rest": (patched(alone, size, "<L", 2**32 - 1, CENTRAL), "", None),
        "an offset that leads nowhere": (_offset(alone, 2**31), unpacking.DAMAGED, False),
        "entries that overlap": (_twice(made([mine])), unpacking.DAMAGED, True),
        "another checksum": (patched(alone, crc, "<L", 1, LOCAL, CENTRAL), unpacking.DAMAGED, False),
        "cut off": (alone[:-30], unpacking.NO_ZIP, False),
        "no zip": (b"not a zip", unpacking.NO_ZIP, False),
        "nothing": (b"", unpacking.NO_ZIP, False),
        "names that differ by case": (made([mine, (f"{name.upper()}.ipynb", good)]), "more than once", True),
        "names that differ in form": (made([mine, (unicodedata.normalize("NFD", "é/") + mine[0], good),
                                            ("é/" + mine[0], good)]), "more than once", True),
        "another learner's name": (made([mine, (f"{other}-9.ipynb", good), (f"{other}/{name}.ipynb", good),
                                          (f"{other}-9.zip", alone)]),
            "more than once", True),
        "a worksheet that says that others are me": (made([mine, ("Grades.csv", "Identifier,Full name,Email address\n"
                                                           "Participant 777,Ada,eve@example.org\n")]), "", True),
        "a name that clears the screen": (made([mine, ("\x1b[2J\u202e.ipynb", "{}")]), unpacking.RENAMED, True),
    }
    for path in ("/etc/x.ipynb", "../x.ipynb", "a/../../x.ipynb", "..\\..\\x.ipynb", "C:\\x.ipynb", "a/C:/x.ipynb",
                 "x.ipynb:stream", "\\\\server\\share\\x.ipynb", "a/.. /x.ipynb", "a/.../x.ipynb", "//x.ipynb"):
        odd[f"the path {path}"] = made([mine, (path, notebook("evil"))]), unpacking.OUTSIDE, True
    for path in ("aux.ipynb", "a/NUL/x.ipynb", "com1", "x.ipynb. ", "a. /x.ipynb", "what?.ipynb", "a|b<c>.ipynb"):
        odd[f"the name {path}"] = made([mine, (path, "{}")]), unpacking.RENAMED, True
    return odd


def _offset(data, value):
    """The place of the first member's local header replaced."""
    data = bytearray(data)
    struct.pack_into("<L", data, data.index(CENTRAL) + 42, value)
    return bytes(data)


def _twice(data):
    """The list of files names one member under a second name, too."""
    begin, end = data.index(CENTRAL), data.index(b"PK\5\6")
    entry = data[begin:end]
    second = entry.replace(b".ipynb", b".ipYnb")
    tail = bytearray(data[end:])
    struct.pack_into("<HHL", tail, 8, 2, 2, len(entry) + len(second))
    return data[:end] + second + bytes(tail)
