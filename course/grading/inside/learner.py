"""The learner's process: runs the cells of one submission as IPython would, and answers about what they defined.

It holds no test, no reference, no seed, no score. The grader sends, one at a time,

    {"do": "run", "source": ...}            run a cell; back come its outputs
    {"do": "snapshot"} and a socket         fork: the copy answers at that socket about the state of this place

and to a copy

    {"do": "kind", "name": ...}             "callable", "data" or "missing"
    {"do": "fetch", "name": ...}            plain data
    {"do": "calls", "name": ..., "calls": [{"args": [bytes], "texts": ...}], "driver": ..., "until": ...}
                                            call it so many times, up to one that answering.ends tells; for each comes
                                            a {"reply": ...}, and before it {"back": k, "args": ...} for each time that
                                            it calls an argument's callable, but for those whose texts were given
"""

import contextlib
import importlib
import io
import os
import signal
import socket
import subprocess
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any, NoReturn, cast

from course.checks import answering, codec
from course.grading.inside import lockdown
from course.grading.inside.wire import Closed, Wire

HERE = os.path.abspath(__file__ + "/../../../..")  # the folder of this code
BACKEND = "module://matplotlib_inline.backend_inline"
MOST_TEXT = 100_000  # characters of a cell's outputs
MOST_OUTPUTS = 100

shell: Any = None
outputs: Any = None


def warm_up(plots: bool) -> None:
    """Import what submissions import, and make the shell; with `plots`, matplotlib too."""
    global shell
    importlib.import_module("numpy")
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Hook(DisplayHook):
        """Keeps the value of a cell's last expression."""

        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            outputs.data("execute_result", format_dict)

        def finish_displayhook(self) -> None:
            pass

    class Publisher(DisplayPublisher):
        """Keeps what a cell displays."""

        def publish(self, data: Any, metadata: Any = None, source: Any = None, **kwargs: Any) -> None:
            outputs.data("display_data", data)

        def clear_output(self, wait: bool = False) -> None:
            pass

    defaults = cast(Any, InteractiveShell)      # the types of traits are those of an instance's
    defaults.displayhook_class = Hook
    defaults.display_pub_class = Publisher
    defaults.history_load_length = 0
    defaults.system = _system
    defaults.enable_gui = lambda self, gui=None: None  # for %matplotlib inline
    defaults._tee = lambda self, channel: contextlib.nullcontext()  # or all output is kept a second time
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    shell = InteractiveShell.instance(config=config)
    if plots:
        importlib.import_module(BACKEND.removeprefix("module://"))  # this order: it finds the shell, and shows figures
    run_cell("None")    # here, once: what IPython imports and makes at its first cell
    for name in [name for name in sys.modules if name.split(".")[0] == "course"]:
        del sys.modules[name]
    sys.modules.update(_stubs())
    paths = [*sys.path, os.path.join(HERE, "packages")]     # the latter holds what nursery.Nursery was asked for
    sys.path[:] = [path for path in paths if path and os.path.isdir(path) and path != HERE]


def _stubs() -> dict[str, types.ModuleType]:
    """`course`, whose functions do nothing here, or little: learners' cells import and call it."""
    course = types.ModuleType("course", "Stands in for the course while a submission is graded.")

    def nothing(*args: Any, **kwargs: Any) -> None:
        """Does nothing while a submission is graded."""

    def my_numbers(name: str, *text: str) -> Any:
        """What the grader has found for the learner whose submission this is (judge.py)."""
        values, shown = told[name]
        print(shown)
        return values

    told: dict[str, tuple[Any, str]] = {}
    names = ["check", "fold", "grade", "graph", "hint", "i_am", "practice", "predict", "watch"]
    vars(course).update(dict.fromkeys(names, nothing), my_numbers=my_numbers, _told=told,
                        __all__=[*names, "my_numbers"])
    return {"course": course}


class Blocked:
    """Finds forbidden modules nowhere but in the submission's own folder: an `autograd.py` may be of the learner's.

    It takes the place of all finders, so that what is forbidden is not there, as what was never installed.
    """

    def __init__(self, names: Iterable[str], finders: Iterable[Any]) -> None:
        self._names, self._finders = frozenset(names), tuple(finders)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """As in importlib.abc.MetaPathFinder."""
        if name in self._names:
            found = PathFinder.find_spec(name, [os.getcwd()])
            return found if found and found.loader else None        # a folder of that name is no module
        found = (finder.find_spec(name, path, target) for finder in self._finders)
        return next(filter(None, found), None)

    def find_distributions(self, *context: Any) -> Iterator[Any]:
        """As in importlib.metadata.DistributionFinder: the versions of what is installed."""
        for finder in self._finders:
            yield from getattr(finder, "find_distributions", lambda *context: ())(*context)

    def invalidate_caches(self) -> None:
        """As in importlib.abc.MetaPathFinder."""
        for finder in self._finders:
            getattr(finder, "invalidate_caches", lambda: None)()


# ------------------------------------------------------------------------------------ cells

class Outputs:
    """The outputs of one cell, bounded."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.room = MOST_TEXT

    def stream(self, name: str, text: str) -> None:
        text = self._cut(text)
        if not text:
            return
        if self.items and self.items[-1].get("name") == name:
            self.items[-1]["text"] += text
        elif len(self.items) < MOST_OUTPUTS:
            self.items.append({"output_type": "stream", "name": name, "text": text})

    def data(self, kind: str, data: dict) -> None:
        data = {str(mime): text for mime, text in data.items() if isinstance(text, str)}
        if not data or len(self.items) >= MOST_OUTPUTS:
            return
        if sum(map(len, data.values())) > self.room:
            data = {"text/plain": self._cut(data.get("text/plain", "")) or "(more output than is kept)"}
        else:
            self.room -= sum(map(len, data.values()))
        self.items.append({"output_type": kind, "data": data})

    def error(self, kind: str, message: str, lines: list[str]) -> None:
        self.items.append({"output_type": "error", "ename": kind[:200], "evalue": message[:2000],
                           "traceback": [line[:2000] for line in lines[-20:]]})

    def _cut(self, text: str) -> str:
        if self.room <= 0:
            return ""
        cut = text[:self.room]
        self.room -= len(cut)
        return cut + ("\n… the rest of the output was cut …\n" if len(cut) < len(text) else "")


class _Stream(io.TextIOBase):
    def __init__(self, name: str) -> None:
        self.kind = name

    def write(self, text: str) -> int:
        outputs.stream(self.kind, str(text))
        return len(text)

    def writable(self) -> bool:
        return True


def run_cell(source: str) -> tuple[list[dict[str, Any]], bool]:
    """The outputs of a cell, and whether it ran without an exception."""
    global outputs
    outputs = Outputs()
    sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
    shell.showtraceback = _showtraceback
    shell._showtraceback = _show
    shell.showsyntaxerror = _showtraceback
    result = shell.run_cell(source, store_history=False)
    return outputs.items, bool(result.success)


def _system(self: Any, command: str) -> None:
    """What a line with ! runs; IPython's own would need a terminal."""
    with subprocess.Popen(self.var_expand(command, depth=1), shell=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert isinstance(process.stdout, io.BufferedReader)
        while text := process.stdout.read1():
            print(text.decode(errors="replace"), end="")
    self.user_ns["_exit_code"] = process.returncode


def _showtraceback(*args: Any, **kwargs: Any) -> None:
    kind, value, trace = sys.exc_info()
    if kind is None:
        return
    import traceback

    while trace is not None and trace.tb_next is not None and not trace.tb_frame.f_code.co_filename.startswith(
            ("<ipython-input", "/tmp/ipykernel")):
        trace = trace.tb_next
    lines = traceback.format_exception(kind, value, trace)
    outputs.error(kind.__name__, str(value), "".join(lines).splitlines())


def _show(etype: type, evalue: BaseException, stb: list[str]) -> None:
    outputs.error(etype.__name__, str(evalue), [str(line) for line in stb])


# ------------------------------------------------------------------------------------ the conversation

def live(wire: Wire, limits: dict[str, Any]) -> NoReturn:
    """Serve the grader until it hangs up. Never returns."""
    try:
        quiet()
        sys.meta_path[:] = [Blocked(limits.get("blocked", ()), sys.meta_path)]
        serve(wire)
    except (Closed, KeyboardInterrupt):
        pass
    finally:
        os._exit(0)


def quiet() -> None:
    """No terminal: input ends at once, and what bypasses sys.stdout is dropped."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def serve(wire: Wire) -> NoReturn:
    copies: list[int] = []
    while True:
        message, fds = wire.receive(most_fds=1)
        if message["do"] == "run":
            items, ok = run_cell(message["source"])
            wire.send({"outputs": items, "ok": ok})
        elif message["do"] == "snapshot":
            copies = [pid for pid in copies if os.waitpid(pid, os.WNOHANG)[0] == 0]     # init has ended the others
            pid = lockdown.fork_with_room()
            if pid == 0:
                wire.close()
                answer(Wire(socket.socket(fileno=fds[0])))
            os.close(fds[0])
            copies.append(pid)
            wire.send({"ok": True})


def answer(wire: Wire) -> NoReturn:
    """In a copy: answer about the state of this place. Never returns."""
    try:
        while True:
            message = wire.receive()
            names = shell.user_ns
            name = message["name"]
            if message["do"] == "kind":
                kind = "missing" if name not in names else "callable" if callable(names[name]) else "data"
                wire.send({"kind": kind})
            elif message["do"] == "fetch":
                try:
                    wire.send({"value": codec.pack(names[name])})
                except codec.NotPlain as error:
                    wire.send({"refused": str(error)})
            elif message["do"] == "calls":
                for given in message["calls"]:
                    parts = called(wire, names[name], given, message["driver"])
                    wire.send({"reply": list(parts)})
                    if answering.ends(parts, given["args"], message["until"]):
                        break
    except BaseException:
        pass
    finally:
        os._exit(0)


def called(wire: Wire, f: Any, given: dict[str, Any], driver: str) -> answering.Parts:
    """Call a function of the learner's; its arguments' callables are called back over the wire."""
    formulas = {(k, index): answering.beside(text, names) for k, index, text, names in given["texts"]}

    def back(k: int, index: int) -> Callable:
        if (k, index) in formulas:
            return formulas[k, index]

        def stand_in(*args: object) -> object:
            trace = sys.gettrace()
            sys.settrace(None)      # a driver may stop an endless answer, but never halfway through this
            wire.send({"back": [k, index], "args": codec.pack(list(args))})
            reply = wire.receive()
            sys.settrace(trace)
            if "raised" in reply:
                raise RuntimeError(reply["raised"])
            return codec.unpack(reply["value"])
        return stand_in

    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    return answering.answer_to(f, given["args"], back, driver)
