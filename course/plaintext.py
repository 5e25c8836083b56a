"""Text that others wrote, on its way to a terminal, a table, a page or a folder: whatever is not seen is shown.

Learners choose names of files, of exceptions, of themselves; values and messages are theirs, too. A control character
in it can clear a screen, write into a clipboard or add a line that nobody wrote; one that changes the direction of
writing lets a name read as another. Such characters come out as Python writes them in a string: \\x1b, \\u202e.
"""

import hashlib
import re
import unicodedata

JOINERS = "\u200c\u200d"        # invisible, and part of how Persian, Hindi and emoji are written
LONGEST = 200                   # bytes of a file's name; file systems take 255
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{k}" for port in ("com", "lpt") for k in "0123456789¹²³")}
_BREAKS = re.compile(r"\r\n?")
_FORMULA = re.compile(r"[=+\-@\t\n]")


def plain(text: object) -> str:
    """A text of which every character is seen; its lines and tabs stay."""
    text = _BREAKS.sub("\n", str(text))
    # most lines are printable, and this is 50 times faster
    return "\n".join(line if line.isprintable() else _shown(line) for line in text.split("\n"))


def one_line(text: object) -> str:
    """The same in one line: a text that stands inside of another one can't begin a line of its own."""
    return re.sub(r"[\n\t]+", " ", plain(text))


def cell(text: object) -> str:
    """The same for a cell of a table, which no spreadsheet takes for a formula (full-width signs are signs, too)."""
    text = plain(text)
    return f"'{text}" if _FORMULA.match(unicodedata.normalize("NFKC", text[:1])) else text


def file_name(text: str) -> str:
    """The same as the name of a file or a folder, which every system takes; most names stay as they are."""
    name = re.sub(r'[<>:"/\\|?*]', "_", one_line(unicodedata.normalize("NFC", text))).rstrip(" .") or "unnamed"
    if name.split(".")[0].rstrip().casefold() in DEVICES:
        name = f"_{name}"
    raw = name.encode()
    if len(raw) <= LONGEST:
        return name
    half = LONGEST // 2 - 5
    begin, end = (part.decode(errors="ignore") for part in (raw[:half], raw[-half:]))
    return f"{begin}~{hashlib.sha256(raw).hexdigest()[:8]}~{end}"


def in_a_sentence(error: BaseException) -> str:
    """What an error says, without the numbers that a system gives to its errors: "a.csv: No such file or directory"."""
    if not isinstance(error, OSError) or not error.strerror:
        return re.sub(r"\[(?:Errno|WinError) -?\d+\] ?", "", str(error))
    files = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return ": ".join([" → ".join(files), error.strerror] if files else [error.strerror])


def _shown(text: str) -> str:
    return "".join(char if _is_seen(char) else char.encode("unicode_escape").decode() for char in text)


def _is_seen(char: str) -> bool:
    return char.isprintable() or char in JOINERS or char in "\n\t" or unicodedata.category(char) == "Zs"
