"""No attack wins a mark, reads, writes, or leaves anything behind; what else is in the notebook is graded."""

import copy
import json
import os
import shutil
import socket
import time

import pytest
from nbformat.v4 import new_code_cell

from course.grading.nursery import sandbox
from tests.grading.attacks.corpus import ATTACKS
from tests.grading.handing_in import ROOT, cell_of, key_of_release, released, scores, solved

NAME = "02_gate_patterns"
POINTS = {cell.name: cell.points for cell in key_of_release(NAME).cells if cell.grade}
SECRET = "the-secret-that-nobody-may-read"


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """What must not be reached: a secret file, a folder, a server, an environment variable."""
    folder = tmp_path_factory.mktemp("course")
    secret = folder / "gradebook.secret"
    secret.write_text(SECRET)
    abstract = f"grading-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + abstract)
        unix.listen()
        server.setblocking(False)
        unix.setblocking(False)
        os.environ["GRADER_SECRET"] = SECRET
        yield {"secret": str(secret), "folder": str(folder), "root": str(ROOT), "port": server.getsockname()[1],
               "abstract": abstract}, (server, unix)
        del os.environ["GRADER_SECRET"]


def processes():
    """Command lines of all processes of this machine."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return found


def submission(attack, places):
    source = attack.source
    for name, value in places.items():
        source = source.replace("{" + name + "}", str(value))
    source = source.replace("{{", "{").replace("}}", "}")
    nb = copy.deepcopy(solved(NAME) if attack.solved else released(NAME))
    if attack.answer:
        body = "\n".join("    " + line for line in source.strip().splitlines())
        cell_of(nb, f"{attack.answer}-answer").source = f"def {attack.answer}(dout, x):\n{body}"
    else:
        cell = new_code_cell(source)
        if attack.metadata:
            cell.metadata["nbgrader"] = copy.deepcopy(attack.metadata)
        if attack.last:  # its functions replace the stubs: before each test
            for k in [k for k, other in enumerate(nb.cells) if other.metadata.get("nbgrader", {}).get("grade")][::-1]:
                nb.cells.insert(k, new_code_cell(source))
            if attack.metadata:
                nb.cells.append(cell)
        else:
            nb.cells.insert(1, cell)
    return nb


def test_the_corpus_is_large_and_without_repeats():
    assert len(ATTACKS) >= 60
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.needs_sandbox
def test_the_sandbox_is_there():
    """Without it the following would test nothing."""
    assert shutil.which("bwrap")
    assert sandbox("/grading")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_gains_nothing(grade, surroundings, attack):
    places, servers = surroundings
    before = set(processes())
    result = grade(submission(attack, places))
    expected = {name: points if attack.solved and name not in attack.lost else 0.0 for name, points in POINTS.items()}
    assert scores(result) == expected
    text, _ = result.notebooks[NAME]
    assert len(text) < 3_000_000
    assert SECRET not in text
    for sign in ("WROTE", "CONNECTED", "OPENED", "FOUND", "HELD", "TOOK"):
        printed = [output["text"] for cell in json.loads(text)["cells"] for output in cell.get("outputs", ())
                   if output["output_type"] == "stream"]
        assert not any(sign in line for lines in printed for line in lines), printed
    assert sorted(os.listdir(places["folder"])) == ["gradebook.secret"]
    assert not [name for folder in (ROOT, ROOT / "course", ROOT / "work") if folder.is_dir()
                for name in os.listdir(folder) if name in ("written", "fake")]
    for server in servers:
        with pytest.raises(BlockingIOError):
            server.accept()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = {pid: line for pid, line in processes().items() if pid not in before and "4242" in line}
        if not left:
            break
        time.sleep(0.05)
    assert not left


def test_the_next_learner_is_not_touched(grade, surroundings):
    """After attacks on the warm process, an honest notebook gets what it deserves, and a stub nothing."""
    for attack in ATTACKS:
        if attack.name in ("write_into_warm_process", "patch_builtins", "poison_the_rest"):
            grade(submission(attack, surroundings[0]))
    assert scores(grade(solved(NAME))) == POINTS
    assert set(scores(grade(released(NAME))).values()) == {0.0}
