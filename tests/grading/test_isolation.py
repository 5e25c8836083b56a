"""What the sandbox refuses, what works in it as anywhere, and that nothing passes from one submission or test on."""

import ast
import ctypes
import errno
import json
import os
import platform
import struct
import subprocess
import sys
import textwrap
import time

import pytest

from course.checks import codec
from course.checks.calling import Given
from course.grading import cgroup, judge, nursery, session
from course.grading.inside import lockdown, seccomp, warm
from course.grading.judge import Settings
from course.grading.nursery import LACKS, Limits, Nursery
from course.grading.session import Session
from course.grading.verdicts import MARK
from tests.grading.handing_in import cell_of, key_of_release, scores, solved

NAME = "02_gate_patterns"
POINTS = {cell.name: cell.points for cell in key_of_release(NAME).cells if cell.grade}
MACHINE = platform.machine()
LIMITS = Limits(tree=400)
REACHING = """
    keyctl add_key request_key ptrace process_vm_readv process_vm_writev userfaultfd io_uring_setup io_uring_enter
    io_uring_register bpf perf_event_open mount umount2 pivot_root fsopen fsmount move_mount open_tree fspick fsconfig
    mount_setattr unshare setns clone clone3 memfd_create memfd_secret open_by_handle_at kexec_load kexec_file_load
    init_module finit_module delete_module reboot swapon swapoff acct quotactl syslog settimeofday clock_settime socket
    ioctl shmget shmat msgget semget mq_open vmsplice mmap setsid sched_setaffinity chroot prlimit64 prctl
    """


@pytest.fixture
def submission(grade):
    """A Session, as for a submission of NAME."""
    one = Session(judge.nursery(True, NAME), LIMITS, cell_seconds=30)
    yield one
    one.close()


def value(submission, source):
    """Run a cell; the value of its last expression, which must be a literal."""
    outputs = submission.run(textwrap.dedent(source))
    assert outputs and outputs[-1]["output_type"] == "execute_result", outputs
    return ast.literal_eval(outputs[-1]["data"]["text/plain"])


# ------------------------------------------------------------------------------------ system calls

def refused_argument(one):
    """A value of its argument under which a When refuses."""
    if not one.unless:
        return one.values[0]
    return one.mask & -one.mask if one.values == (0,) else 16


def asked(machine):
    """{name: (number, arguments, errno)} of each call, under each of the conditions under which it is refused."""
    found = {}
    for call in seccomp.REFUSED:
        number = getattr(call, machine)
        for k, one in enumerate(call.when or [None] if number is not None else ()):
            arguments = [0] * 6
            if one:
                arguments[one.argument] = refused_argument(one)
            found[f"{call.name}-{k}" if k else call.name] = (number, arguments, call.error)
    clone, ioctl, family = (next(getattr(call, machine) for call in seccomp.REFUSED if call.name == name)
                            for name in ("clone", "ioctl", "socket"))
    for bit in (1 << k for k in range(32)):
        if bit & seccomp.NAMESPACES:
            found[f"clone-{bit:#x}"] = (clone, [bit | 17, 0, 0, 0, 0, 0], errno.EPERM)
    found["ioctl-TIOCLINUX"] = (ioctl, [0, seccomp.TIOCLINUX, 0, 0, 0, 0], errno.EPERM)
    for name, number in {"AF_PACKET": 17, "AF_ALG": 38, "AF_VSOCK": 40}.items():
        found[f"socket-{name}"] = (family, [number, 3, 0, 0, 0, 0], errno.EAFNOSUPPORT)
    found["later-than-the-table"] = (seccomp.LAST + 1, [0] * 6, errno.ENOSYS)
    found["x32"] = (1 << 30, [0] * 6, errno.ENOSYS)
    return found


@pytest.fixture(scope="module")
def answers(grade):
    """{name: [result, errno]} of each call made in a submission, by its number."""
    calls = {name: (number, arguments) for name, (number, arguments, _) in asked(MACHINE).items()}
    one = Session(judge.nursery(True, NAME), LIMITS, cell_seconds=30)
    yield value(one, f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def ask(number, arguments):
            ctypes.set_errno(0)
            return libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)), ctypes.get_errno()
        {{name: ask(*call) for name, call in {calls!r}.items()}}
        """)
    one.close()


@pytest.mark.parametrize("name", asked(MACHINE))
def test_a_call_is_refused(answers, name):
    error = asked(MACHINE)[name][2]
    assert answers[name] == ((-1, error) if error else (0, 0))


def test_the_table_has_what_reaches_beyond_a_submission():
    names = {call.name for call in seccomp.REFUSED}
    assert names >= set(REACHING.split())


@pytest.mark.skipif(MACHINE != "x86_64", reason="only x86_64 has a second set of calls that a process can switch to")
def test_a_call_of_32_bits_is_refused(submission):
    """By their numbers, 20 would be getpid there, and writev here."""
    code = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"      # mov eax, 20; int 0x80; ret
    assert value(submission, f"""
        import ctypes, mmap
        page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
                         mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write({code!r})
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        """) == -errno.EPERM


def filtered(machine, number, arguments=(0,) * 6, architecture=None):
    """What a filter says of a call: 0x7fff0000 to allow, 0x50000 | errno to refuse (seccomp(2))."""
    data = struct.pack("<iIQ6Q", number if number < 1 << 31 else -1, architecture or seccomp.ARCHITECTURES[machine], 0,
                       *arguments)
    lines = list(struct.iter_unpack("<HBBI", seccomp.program(machine)))
    accumulator = at = 0
    while True:
        code, if_true, if_false, constant = lines[at]
        at += 1
        if code == seccomp.LOAD:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif code == seccomp.MASK:
            accumulator &= constant
        elif code == seccomp.JUMP_EQUAL:
            at += if_true if accumulator == constant else if_false
        elif code == seccomp.JUMP_GREATER:
            at += if_true if accumulator > constant else if_false
        else:
            assert code == seccomp.RETURN
            return constant


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_filter_refuses_the_table_and_nothing_else(machine):
    calls = asked(machine)
    for number, arguments, error in calls.values():
        assert filtered(machine, number, arguments) == seccomp.ERRNO | error
        assert filtered(machine, number, arguments, 0x40000003) == seccomp.ERRNO | errno.EPERM      # i386
    families = {getattr(call, machine) for call in seccomp.REFUSED if call.name in ("socket", "socketpair")}
    always = {getattr(call, machine) for call in seccomp.REFUSED if not call.when}
    for number in set(range(seccomp.LAST + 1)) - always:
        if number in families:
            assert {filtered(machine, number, [family] * 6) for family in (1, 2, 10)} == {seccomp.ALLOW}
        else:
            assert filtered(machine, number) == seccomp.ALLOW


# ------------------------------------------------------------------------------------ ordinary work

WORK = {
    "numpy": """
        import numpy as np
        a = np.random.default_rng(1).normal(size=(200, 200))
        bool(np.allclose(np.linalg.inv(a) @ a, np.eye(200)))
        """,
    "threads": """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            done = sum(pool.map(abs, range(-10, 0)))
        done == 55
        """,
    "subprocess": """
        import subprocess, sys
        subprocess.run([sys.executable, "-c", "import numpy; print(numpy.arange(3).sum())"], capture_output=True,
                       text=True, check=True, start_new_session=True).stdout == "3\\n"
        """,
    "a shell": """
        import subprocess
        subprocess.check_output("echo one two | wc -w", shell=True).strip() == b"2"
        """,
    "multiprocessing by fork": """
        import math, multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            done = pool.map(math.factorial, [3, 4])
        done == [6, 24]
        """,
    "multiprocessing by spawn": """
        import math, multiprocessing
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            done = pool.map(math.factorial, [3, 4])
        done == [6, 24]
        """,
    "multiprocessing with shared memory": """
        import multiprocessing
        from multiprocessing import shared_memory
        number = multiprocessing.Value("i", 3)
        block = shared_memory.SharedMemory(create=True, size=1000)
        block.buf[:3] = b"abc"
        same = shared_memory.SharedMemory(block.name)
        done = number.value == 3 and bytes(same.buf[:3]) == b"abc"
        same.close(); block.close(); block.unlink()
        done
        """,
    "asyncio": """
        import asyncio, sys, threading
        async def run():
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(7)", stdout=-1)
            server = await asyncio.start_unix_server(lambda reader, writer: writer.close(), "s.socket")
            reader, writer = await asyncio.open_unix_connection("s.socket")
            return await reader.read(), (await process.communicate())[0]
        done = []
        thread = threading.Thread(target=lambda: done.append(asyncio.run(run())))
        thread.start(); thread.join()
        done == [(b"", b"7\\n")]
        """,
    "ctypes": """
        import ctypes
        compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))(
            lambda a, b: a[0] - b[0])
        numbers = (ctypes.c_int * 3)(3, 1, 2)
        ctypes.CDLL(None).qsort(numbers, 3, 4, compare)
        list(numbers) == [1, 2, 3]
        """,
    "files": """
        import mmap, os, tempfile
        with tempfile.TemporaryFile() as file:
            file.write(b"x" * 5000); file.flush()
            with mmap.mmap(file.fileno(), 0) as seen:
                seen[:2] = b"yz"
            done = os.pread(file.fileno(), 3, 0)
        done == b"yzx"
        """,
    "matplotlib": """
        import matplotlib.pyplot as plt
        from matplotlib import font_manager
        figure, axes = plt.subplots()
        axes.plot([1, 2, 3]); axes.set_title("a title")
        figure.savefig("figure.png"); plt.close(figure)
        open("figure.png", "rb").read(4) == b"\\x89PNG"
        """,
    "what children share is counted once": """
        import os, time
        block = bytearray(b"x") * 150_000_000
        children = []
        for _ in range(5):
            children.append(os.fork())
            if children[-1] == 0:
                block.count(b"y")
                time.sleep(1)
                os._exit(0)
        all(os.waitpid(child, 0)[1] == 0 for child in children)
        """,
}


@pytest.mark.parametrize("work", WORK)
def test_ordinary_work_goes_on(submission, work):
    assert value(submission, WORK[work]) is True


@pytest.mark.needs_torch
def test_pytorch_works_where_an_assignment_allows_it(grade):
    one = Session(judge.nursery(True, "05_pytorch_comparison"), Limits(blocked=judge.blocked("05_pytorch_comparison")))
    try:
        assert value(one, """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            torch.optim.SGD([x], 0.5).zero_grad()
            (x ** 2).sum().backward()
            x.grad.tolist()
            """) == [2.0, 4.0]
    finally:
        one.close()


# ------------------------------------------------------------------------------------ from one to the next

def test_what_a_test_changes_in_files_is_put_back(submission):
    made = """
        import os
        os.makedirs("folder/inner")
        for name in ("kept", "changed", "folder/inner/deep"):
            open(name, "w").write(name)
        os.symlink("kept", "link"); os.chmod("kept", 0o640); os.mkfifo("pipe")
        open("/dev/shm/shared", "w").write("1")
        def meddle():
            os.remove("kept"); os.remove("link"); os.rename("folder", "other"); os.mkdir("kept")
            open("changed", "a").write("!"); open("new", "w").close(); open("/dev/shm/shared", "w").write("2")
        """
    seen = """
        import os
        sorted((folder, tuple(sorted(folders)), tuple((name, os.path.islink(f"{folder}/{name}") or (
            open(f"{folder}/{name}").read(), oct(os.stat(f"{folder}/{name}").st_mode))) for name in sorted(names)
            if name != "pipe")) for place in (".", "/dev/shm") for folder, folders, names in os.walk(place))
        """
    assert submission.run(textwrap.dedent(made)) == []
    before = value(submission, seen)
    snapshot = submission.snapshot(5, 5)
    assert next(snapshot.calls("meddle", [Given(())], ""))[2] is None
    snapshot.close()
    assert value(submission, seen) == before
    assert submission.whole
    assert [name for name, _ in before[0][2]] == ["changed", "kept", "link"]


def test_a_process_that_a_cell_started_lives_on_beside_tests_and_that_of_a_test_does_not(submission):
    started = """
        import subprocess
        def start():
            global child
            child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
            return child.pid
        start(), child.poll()
        """
    assert value(submission, started)[1] is None
    snapshot = submission.snapshot(5, 5)
    pid = codec.unpack(next(snapshot.calls("start", [Given(())], ""))[0])
    snapshot.close()
    assert value(submission, f"""
        import os, time
        end = time.monotonic() + 5              # it was killed, and may take its time to go
        while os.path.exists("/proc/{pid}") and time.monotonic() < end:
            time.sleep(0.01)
        child.poll(), os.path.exists("/proc/{pid}")
        """) == (None, False)


def test_a_process_that_a_test_started_by_a_thread_is_found(submission):
    submission.run(textwrap.dedent("""
        import os, threading, time
        def start():
            def work():
                if os.fork() == 0:
                    time.sleep(1000)
                time.sleep(1000)
            threading.Thread(target=work, daemon=True).start()
            time.sleep(0.3)
        """))
    snapshot = submission.snapshot(5, 5)
    assert next(snapshot.calls("start", [Given(())], ""))[2] is None
    snapshot.close()
    assert value(submission, """
        import glob, time
        time.sleep(0.3)     # until what was killed is reaped, but for the copy, which is this process's child
        [path for path in glob.glob("/proc/[0-9]*/stat") if ") Z " not in open(path).read()]
        """) == ["/proc/1/stat", "/proc/2/stat"]


def test_a_process_whose_first_thread_has_ended_is_found(submission):
    submission.run(textwrap.dedent("""
        import ctypes, os, threading, time
        EXIT = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
        def start():
            read, write = os.pipe()
            if os.fork() == 0:
                def work():
                    time.sleep(0.3)
                    os.write(write, b"1")
                    while True:
                        open("written", "w").close()
                        time.sleep(0.01)
                threading.Thread(target=work).start()
                ctypes.CDLL(None).syscall(EXIT, 0)      # of this thread alone
            os.read(read, 1)
        """))
    snapshot = submission.snapshot(5, 5)
    assert next(snapshot.calls("start", [Given(())], ""))[2] is None
    snapshot.close()
    assert value(submission, "time.sleep(0.1)\nos.path.exists('written')") is False


def test_a_new_keyring_is_another_one():
    number = lockdown.KEYCTL[MACHINE]
    code = textwrap.dedent(f"""
        import ctypes
        from course.grading.inside import lockdown
        def ring():
            return ctypes.CDLL(None).syscall({number}, 0, -3, 1)     # KEYCTL_GET_KEYRING_ID of the session's
        before = ring()
        lockdown.new_keyring()
        print(before > 0, ring() > 0, ring() != before)
        """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True True True\n"


def lacking(monkeypatch, function):
    """Let what is carried into the sandbox be that of a machine that lacks this."""
    module, name = function.split(".")
    real = nursery._carry

    def carry(folder, packages):
        real(folder, packages)
        with open(folder / f"course/grading/inside/{module}.py", "a") as file:
            file.write(f"\n\ndef {name}():\n    raise OSError('not on this machine')\n")

    monkeypatch.setattr(nursery, "_carry", carry)


def test_each_submission_has_a_keyring_of_its_own(monkeypatch):
    """Seen where the filter lacks, which would refuse to look."""
    lacking(monkeypatch, "seccomp.install")
    fresh, rings = Nursery(), []
    try:
        for _ in range(2):
            one = Session(fresh, LIMITS)
            rings.append(value(one, f"""
                import ctypes
                ctypes.CDLL(None).syscall({lockdown.KEYCTL[MACHINE]}, 0, -3, 0)
                """))
            one.close()
    finally:
        fresh.close()
    ours = ctypes.CDLL(None).syscall(lockdown.KEYCTL[MACHINE], 0, -3, 0)
    assert min(rings) > 0
    assert len({*rings, ours}) == 3


def test_the_cell_after_a_test_does_not_pay_for_the_tests_memory(submission, monkeypatch):
    """The supervisor may see late what a test held; then the cell that runs meanwhile is run again."""
    submission.run("f = abs")
    ask, losses = Session._ask, []

    def lose(self, *args):
        if losses:
            losses.pop()
            raise session.Closed
        return ask(self, *args)

    def lost(self, error, seconds):
        self.close()
        return session.MEMORY, "The cell used more than 400 MB of memory."

    monkeypatch.setattr(Session, "_ask", lose)
    monkeypatch.setattr(Session, "_lost", lost)
    submission.snapshot(5, 5).close()
    losses += [1]
    assert value(submission, "1 + 1") == 2
    losses += [1]       # and now it is its own
    assert submission.run("2 + 2")[0]["ename"] == session.MEMORY
    submission.snapshot(5, 5).close()
    assert value(submission, "3 + 3") == 6
    losses += [1]
    assert submission.run("4 + 4")[0]["ename"] == session.MEMORY


def test_a_process_without_parents_ends_with_its_submission_also_without_isolation():
    fresh = Nursery(isolation=False)
    try:
        one = Session(fresh, LIMITS)
        pid = value(one, """
            import os
            read, write = os.pipe()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.write(write, str(os.getpid()).encode())
                    os.execvp("sleep", ["sleep", "1000"])
                os._exit(0)
            int(os.read(read, 20))
            """)
        assert os.path.exists(f"/proc/{pid}")
        one.close()
        deadline = time.monotonic() + 10
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not os.path.exists(f"/proc/{pid}")
    finally:
        fresh.close()


# ------------------------------------------------------------------------------------ forbidden libraries

@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder of packages with a library that differentiates, and with the course; and a nursery that would see it."""
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    tmp_path.chmod(0o755)
    record = "mygrad/__init__.py,,\nalso_mygrad.py,,\n../../bin/x,,\n"
    for path, text in {"mygrad/__init__.py": "answer = 42", "mygrad/deep/more.py": "answer = 42",
                       "also_mygrad.py": "answer = 42", "course/answers.py": "answer = 42", "honest.py": "answer = 1",
                       "mygrad-2.2.dist-info/METADATA": "Name: mygrad\nVersion: 2.2\n",
                       "mygrad-2.2.dist-info/RECORD": record}.items():
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).write_text(text)
    real = nursery._pythons()
    monkeypatch.setattr(nursery, "_pythons", lambda: [*real, str(tmp_path)])
    nursery._packages.cache_clear()
    yield packages
    nursery._packages.cache_clear()


def test_a_forbidden_library_is_not_there_to_be_read(installed):
    fresh, gone = Nursery(blocked=("mygrad",)), ["mygrad", "also_mygrad", "course"]
    try:
        one = Session(fresh, LIMITS)
        assert value(one, f"""
            import os, subprocess, sys
            def other_process(code):
                return subprocess.run([sys.executable, "-c", code], env={{"PYTHONPATH": {str(installed)!r}}},
                                      capture_output=True, text=True).stderr.strip().split("\\n")[-1]
            texts = [open(os.path.join(folder, name)).read() for folder, _, names in os.walk({str(installed)!r})
                     for name in names]
            [other_process(f"import {{name}}") for name in {[*gone, "honest"]}] + [
                sum("42" in text for text in texts), len(texts)]
            """) == [*(f"ModuleNotFoundError: No module named {name!r}" for name in gone), "", 0, 4]
        one.close()
    finally:
        fresh.close()


# ------------------------------------------------------------------------------------ what a machine may lack

@pytest.mark.parametrize("function", LACKS)
def test_what_a_machine_lacks_is_said_and_kept_in_the_result(grade, monkeypatch, capsys, function):
    lacking(monkeypatch, function)
    monkeypatch.setattr(judge, "_nurseries", {})
    try:
        result = grade(solved(NAME))
        assert scores(result) == POINTS
        assert LACKS[function] in capsys.readouterr().err
        assert json.loads(result.notebooks[NAME][0])["metadata"][MARK]["isolation"] == [LACKS[function]]
    finally:
        for started in judge._nurseries.values():
            started.close()


def test_nothing_is_said_where_nothing_lacks(grade, capsys):
    result = grade(solved(NAME))
    assert json.loads(result.notebooks[NAME][0])["metadata"][MARK]["isolation"] == []
    assert capsys.readouterr().err == ""


# ------------------------------------------------------------------------------------ shares

SPINNERS = """
import os
for _ in range(55):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
"""
BESIDE = f"""
import sys
from course.grading import judge
from course.grading.nursery import Limits
from course.grading.session import Session
one = Session(judge.nursery(True, {NAME!r}), Limits(tree=400))
print(one.run({SPINNERS!r}), flush=True)
sys.stdin.read()
one.close()
"""


def test_an_honest_learner_beside_many_spinning_processes_keeps_every_point(grade):
    """One call takes a twentieth of the time that it may; with as many shares as processes it would take more."""
    nb = solved(NAME)
    cell = cell_of(nb, "log_backward-answer")
    cell.source = "import time\n" + cell.source.replace(
        "    return ", "    while time.process_time() < START + 0.5:\n        pass\n    return ") + (
        "\nSTART = time.process_time()")
    assert "START + 0.5" in cell.source
    grade(solved(NAME))     # its warm process has started
    with subprocess.Popen([sys.executable, "-c", BESIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"[]\n"
        assert scores(grade(nb, settings=Settings())) == POINTS
        other.stdin.close()


def test_what_wants_more_than_one_processor_gets_one(submission):
    cpu = nursery.own_cpu()
    assert value(submission, SPINNERS + """
import time
pinned = f"Cpus_allowed_list:\\t{CPU}\\n"
statuses = []
for _ in range(100):
    time.sleep(0.1)
    statuses = [open(f"/proc/{pid}/status").read() for pid in os.listdir("/proc") if pid.isdigit() and pid != "1"]
    if all(pinned in status for status in statuses):
        break
len(statuses), sum(pinned in status for status in statuses)
""".replace("{CPU}", str(cpu))) == (56, 56)


def test_what_wants_no_more_than_one_processor_runs_on_any(submission):
    assert value(submission, """
        import os, time
        for _ in range(3):      # what has ended wants nothing
            if os.fork() == 0:
                os._exit(0)
        time.sleep(0.5)
        len(os.sched_getaffinity(0))
        """) == len(os.sched_getaffinity(0))


def test_graders_have_processors_of_their_own_as_far_as_there_are_any(monkeypatch):
    code = "from course.grading import nursery; nursery.CLAIM += '-test'; print(nursery.own_cpu())"
    monkeypatch.setattr(nursery, "CLAIM", nursery.CLAIM + "-test")
    monkeypatch.setattr(nursery, "_cpu", [])
    mine = nursery.own_cpu()
    assert mine == nursery.own_cpu()
    theirs = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    here = os.sched_getaffinity(0)
    assert {mine, theirs} <= here
    assert (mine != theirs) == (len(here) > 1)


def test_the_output_of_a_submission_is_bounded_in_all(submission, monkeypatch):
    submission._output_left = 1000
    kept = [submission.run("print('x' * 300)") for _ in range(5)]
    assert [sum(map(session._length, outputs)) > 300 for outputs in kept] == [True, True, False, False, False]
    assert "was cut" in kept[2][0]["text"]


# ------------------------------------------------------------------------------------ control groups

@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """systemd(code) stands in for systemd-run, which ends with that code; and control groups for those of Linux."""
    monkeypatch.setattr(cgroup, "MOUNT", tmp_path)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)

    def program(code):
        path = tmp_path / "systemd-run"
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return program


def test_a_scope_is_asked_for_only_where_systemd_gives_one(systemd, tmp_path):
    systemd(0)
    words, needed = cgroup.scope()
    assert words[0] == str(tmp_path / "systemd-run") and "Delegate=yes" in words and words[-1] == "--"
    assert needed == {"XDG_RUNTIME_DIR": "/run/user/1"}
    systemd(1)
    assert cgroup.scope() == ([], {})
    systemd(0)
    (tmp_path / "cgroup.controllers").write_text("cpu pids\n")
    assert cgroup.scope() == ([], {})


class Written(cgroup.Groups):
    """Groups in a folder of files, which has none of what the kernel puts there."""

    def _group(self, name):
        path = super()._group(name)
        (path / "cgroup.procs").touch()
        return path


def test_a_submission_gets_a_group_with_a_bound(tmp_path, monkeypatch):
    groups = {7: tmp_path / "scope", os.getpid(): tmp_path / "ours"}
    monkeypatch.setattr(cgroup, "_group_of", groups.__getitem__)
    (tmp_path / "scope").mkdir()
    (tmp_path / "scope" / "cgroup.procs").write_text("7\n")
    made = Written(7)
    assert (tmp_path / "scope" / "sandbox" / "cgroup.procs").read_text() == "7"
    assert (tmp_path / "scope" / "cgroup.subtree_control").read_text() == "+memory"
    warm.join([made.new(100)])
    group = tmp_path / "scope" / "submission-1"
    assert {path.name: path.read_text() for path in group.iterdir()} == {
        "cgroup.procs": "0", "memory.max": str(125 << 20), "memory.oom.group": "1", "memory.swap.max": "0"}


def test_no_group_is_made_in_that_of_the_grader(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroup, "_group_of", lambda pid: tmp_path)
    with pytest.raises(OSError, match="no scope of its own"):
        cgroup.Groups(7)
    assert list(tmp_path.iterdir()) == []
