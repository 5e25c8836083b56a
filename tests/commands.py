"""Commands of nbgrader's and of the course's, in processes that have imported nbgrader already.

`python -m nbgrader …` computes for two seconds before it begins. Here a server does that once, and is forked for each
command. Like any process of its own, a command has its folder, its environment, and its end.
"""

import atexit
import json
import multiprocessing
import os
import runpy
import socketserver
import sys
import tempfile
import threading
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from types import SimpleNamespace

LONGEST = 400      # seconds; the longest takes 80 on a machine that is not busy

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["pytest", "tests.nbgrader_ready", "numpy"])


def run_module(module, *arguments, cwd, env, timeout=LONGEST):
    """`python -m module …`: what subprocess.run gives, as far as the tests read it.

    A command that has not ended after `timeout` seconds is killed, and the test fails with what it said until then.
    """
    with tempfile.TemporaryDirectory() as said:
        process = start_module(module, *arguments, cwd=cwd, env=env, said=said)
        process.join(timeout)
        late = process.exitcode is None
        if late:
            process.kill()
            process.join()
        out, err = (Path(said, name).read_text(encoding="utf-8") for name in ("out", "err"))
    assert not late, f"`{module} {' '.join(map(str, arguments))}` was killed after {timeout} s\n{out}\n{err}"
    return SimpleNamespace(returncode=process.exitcode, stdout=out, stderr=err)


def start_module(module, *arguments, cwd, env, said):
    """The same, only started: a multiprocessing.Process, which writes to `out` and `err` in the folder `said`."""
    process = _server.Process(target=_run, args=(module, list(map(str, arguments)), str(cwd), dict(env), str(said)))
    process.start()
    return process


def _run(module, arguments, folder, environment, said):
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(said, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    resource_tracker._resource_tracker = resource_tracker.ResourceTracker()    # its own, which cleans up after a kill
    for name in ("ensure_running", "register", "unregister", "getfd"):
        setattr(resource_tracker, name, getattr(resource_tracker._resource_tracker, name))
    sys.argv = [module, *arguments]
    sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)      # may lead to another copy of the course
    for name in [name for name in sys.modules if name.partition(".")[0] in ("course", "autodiff")]:
        del sys.modules[name]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()     # multiprocessing leaves them out


# The program of `stand_in`: sends what it was called with, and passes on what comes back.
CALLER = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as wire:
    wire.connect({address!r})
    file = wire.makefile("rw", encoding="utf-8")
    print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]), file=file, flush=True)
    code, out, err = json.loads(file.readline())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


@contextmanager
def stand_in(path, module):
    """At `path`, a program that does what `python -m module` does, by run_module."""
    address = f"{path}.socket"

    class Call(socketserver.StreamRequestHandler):
        def handle(self):
            arguments, folder, environment = json.loads(self.rfile.readline())
            done = run_module(module, *arguments, cwd=folder, env=environment)
            self.wfile.write(json.dumps([done.returncode, done.stdout, done.stderr]).encode() + b"\n")

    path.write_text(f"#!{sys.executable} -IS\n{CALLER.format(address=address)}", encoding="utf-8")
    path.chmod(0o755)
    with socketserver.UnixStreamServer(address, Call) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()
