"""Commands of nbgrader's and of the course's, in processes that have imported nbgrader already.

`python -m nbgrader …` computes for two seconds before it begins. Here a server does that once, and is forked for each
command. Like any process of its own, a command has its folder, its environment, and its end.
"""

import atexit
import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["pytest", "nbgrader.apps.nbgraderapp", "course.cli", "course.teaching.page",
                                "course.teaching.collecting", "course.grading.preprocessors"])


def run_module(module, *arguments, cwd, env, timeout=1200):
    """`python -m module …`: what subprocess.run gives, as far as the tests read it."""
    with tempfile.TemporaryDirectory() as said:
        process = _server.Process(target=_run, args=(module, list(map(str, arguments)), str(cwd), dict(env), said))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
        out, err = (Path(said, name).read_text(encoding="utf-8") for name in ("out", "err"))
    return SimpleNamespace(returncode=process.exitcode, stdout=out, stderr=err)


def _run(module, arguments, folder, environment, said):
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(said, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [module, *arguments]
    sys.modules.pop(f"{module}.__main__", None)     # or runpy says that it is there
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()     # multiprocessing leaves them out
