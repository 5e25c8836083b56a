"""Unpacking, by itself: bounds, and zips that no program wrote."""

import functools
import io
import random
import re
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course.plaintext import file_name, one_line
from course.teaching import unpacking
from course.teaching.collecting import Owner, whose
from course.teaching.unpacking import Unpacker
from tests.teaching.zips import made

EVE = Owner("folder", "eve", "eve")


def unpacked(data, owner_of=lambda path: EVE, name="hw.zip"):
    """({path: bytes}, lines) of a zip; whatever it holds, nothing lies anywhere else, and names are clean."""
    with tempfile.TemporaryDirectory() as folder:
        archive, out = Path(folder, "in", name), Path(folder, "out")
        archive.parent.mkdir()
        archive.write_bytes(data)
        unpacker = Unpacker(out, owner_of)
        unpacker.add(archive)
        made_there = [path for path in Path(folder).rglob("*") if path not in (archive, archive.parent, out)]
        assert all(path.is_relative_to(out) and not path.is_symlink() for path in made_there)
        assert all(file_name(part) == part for path in made_there for part in path.relative_to(out).parts)
        lines = unpacker.lines()
        assert all(one_line(line) == line for line in lines) and len(lines) <= 10
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in made_there if path.is_file()}, lines


@pytest.fixture
def small_share(monkeypatch):
    """1,000 bytes, 5 files, 50 names."""
    monkeypatch.setattr(unpacking, "Share", functools.partial(unpacking.Share, bytes=1000, files=5, names=50))


@pytest.mark.usefixtures("small_share")
def test_a_learner_has_a_share_of_bytes_with_all_zips_and_notebooks_come_first():
    files, lines = unpacked(made([("a.txt", b"x" * 900), ("b.zip", made([("c.ipynb", b"x" * 400)])), ("d.ipynb", "d")]))
    assert files["hw/d.ipynb"] == b"d" and len(files["hw/b/c.ipynb"]) == 400 and "hw/a.txt" not in files
    assert len(lines) == 1 and "'a.txt' in hw.zip: more than" in lines[0]
    files, lines = unpacked(made([(f"{k}.txt", "") for k in range(9)] + [("d.ipynb", "d")]))
    assert len(files) == 5 and "hw/d.ipynb" in files
    assert "and 2 more: more than" in lines[0]
    files, lines = unpacked(made([(f"{k}/", "") for k in range(50)] + [("a.zip", made([("b.ipynb", "")]))]))
    assert set(files) == {"hw/a.zip"} and "more than" in lines[0]


def test_shares_are_each_learners_own_and_what_nobody_is_known_for_is_taken_one_by_one():
    many = made([(f"{k}.py", "") for k in range(unpacking.FILES + 1)])
    download = made([("ada/hw.zip", many), ("eve/hw.zip", many), ("x.zip", many), ("y.zip", many),
                     *((f"{k}.txt", "") for k in range(unpacking.FILES + 1))])

    def owner_of(path):
        who = re.search(r"/(ada|eve)/", path)
        return who and Owner("folder", who[1], who[1])
    files, lines = unpacked(download, owner_of)
    assert [line.split(":")[0] for line in lines] == ["ada", "eve", "x.zip", "y.zip"]
    assert len(files) == 2 * unpacking.FILES + 2 * unpacking.FILES + unpacking.FILES + 1


@pytest.mark.usefixtures("small_share")
def test_bzip2_that_becomes_a_million_times_as_large_is_not_held_in_memory():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as zf, zf.open("zeros", "w") as file:
        for _ in range(200):
            file.write(bytes(2**20))
    data = out.getvalue()
    assert len(data) < 3000
    tracemalloc.start()
    files, lines = unpacked(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not files and "more than 100 MB" in lines[0]
    assert peak < 120e6


def test_of_a_list_of_files_no_more_is_read_than_may_be():
    assert "longer than 8 MB" in unpacked(made([(f"{k:05}{'x' * 60_000}", "") for k in range(150)]))[1][0]


def test_what_fails_on_the_way_leaves_no_file(tmp_path):
    data = bytearray(made([("a.ipynb", "a" * 10**6)], zipfile.ZIP_STORED))
    data[10**6] ^= 1
    files, lines = unpacked(bytes(data))
    assert not files and "can't be read" in lines[0]


# ------------------------------------------------------------------------------------ what no program wrote

KINDS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
SIGNS = [b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\1\0", b"../",
         b"\x1b", b"\x01\x00\x10\x00", b"\xff" * 16]


def mutated(seed):
    """A zip that was right, with a few bytes changed, copied, cut out or put in; mostly in what tells of files."""
    chance = random.Random(seed)
    data = made([("a/b.ipynb", "{}" * 40), ("c.txt", "c" * 99), ("é.ipynb", "")], chance.choice(KINDS))
    if chance.random() < 0.3:
        data = made([("n.ipynb", "{}"), ("d.zip", data)], chance.choice(KINDS))
    data = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        near = chance.choice([data.rfind(b"PK\5\6"), data.find(b"PK\1\2"), data.find(b"PK\3\4"),
                              chance.randrange(len(data))])
        at = min(max(near, 0) + chance.randrange(60), len(data) - 1)
        end = min(at + chance.randint(1, 12), len(data))
        what = chance.randrange(4)
        if what == 0:
            data[at] = chance.randrange(256)
        elif what == 1:
            data[at:end] = chance.choice(SIGNS)
        elif what == 2 and len(data) > 60:
            del data[at:end]
        else:
            begin = chance.randrange(len(data))
            data[at:at] = data[begin:begin + chance.randint(1, 80)]
    return bytes(data)


def test_whatever_bytes_a_zip_is_there_are_files_or_a_line():
    outcomes = set()
    for seed in range(250):
        files, lines = unpacked(mutated(seed))
        outcomes.add((bool(files), bool(lines)))
        assert files or lines, seed
    assert outcomes >= {(True, True), (True, False), (False, True)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40) | st.text(min_size=1, max_size=40).map(
    lambda text: text.encode("utf-8", "surrogatepass")), st.booleans()), min_size=1, max_size=4))
def test_whatever_names_a_zip_holds(names):
    parts = [(f"{k}".zfill(len(raw)), "x") for k, (raw, _) in enumerate(names)]
    data = bytearray(made(parts))
    for sign, flags, begin in ((b"PK\3\4", 7, 30), (b"PK\1\2", 9, 46)):
        at = -1
        for raw, utf8 in names:
            at = data.index(sign, at + 1)
            data[at + begin:at + begin + len(raw)] = raw
            data[at + flags] = 8 * utf8
    unpacked(bytes(data))


PARTS = st.sampled_from(["ada", "lovelaceada_777_9_x", "Ada_777_assignsubmission_file", "_777_9_", "x" * 150, "a b.",
                         "Ada_777_assignsubmission_file_x", "é" * 150, ".zip", "hw.zip", "x.ipynb", "\u202e", "aux",
                         "_13_", "LATE_", "anon_ab3xY_7_", "..."]) | st.text(max_size=10)
ROSTER = type("Roster", (), {"find": staticmethod(lambda ids: "ada" if ids == ["ada"] else None)})
FILES_NAME = st.lists(PARTS, max_size=4).map("".join)
INNER = st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), min_size=1, max_size=3)


def in_utf8(text):
    return text.encode("utf-8", "replace").decode().replace("\0", "")


@settings(max_examples=60, deadline=None)
@example(f"{'e' * 150}_13_500_", "\n" + "x" * 100, ["ada/x"])
@given(st.sampled_from(["evil_13_500_", "LATE_13_500_", f"{'e' * 150}_13_500_", "Eve_13_assignsubmission_file_",
                        "Eve_13_assignsubmission_file/", f"{'é' * 100}_13_assignsubmission_onlinetext/"]),
       FILES_NAME, INNER)
def test_whatever_a_learner_chooses_stays_theirs(lms, name, inner):
    """The LMS's own part of the name comes first; the file's name, and all that is in it, are the learner's choice."""
    name = in_utf8(name).replace("/", "")
    within = made([(in_utf8(path) or "x", "evil") for path in inner])
    download = made([(f"{lms}{name}.zip", within), (f"{lms}{name}.ipynb", "evil"),
                     (f"{lms}x.zip", made([("y.zip", within)]))])

    def owner_of(path):
        found = whose(path.split("/"), ROSTER)
        return found and found[0]
    files, _ = unpacked(download, owner_of, "submissions.zip")
    assert {owner_of(path).number for path in files} <= {"13"}
