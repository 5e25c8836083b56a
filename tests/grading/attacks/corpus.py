"""What a submission may try, each with what it is after.

An attack is Python source that goes into a cell of its own at the top of a notebook (or, with `answer=`, into the
place of an answer). `released` attacks stand in a notebook without a single answer: they must not win a mark.
`solved` attacks stand in a notebook with all answers right: what they break may cost only the exercises named in
`lost`. {secret} in a source is the path of a file that must not be read, {folder} one that must not be written.
"""

from dataclasses import dataclass, field

ATTACKS = []


@dataclass(frozen=True)
class Attack:
    name: str
    aim: str
    source: str
    solved: bool = False
    answer: str = ""  # the exercise whose answer it takes the place of
    lost: frozenset = frozenset()
    metadata: dict = field(default_factory=dict)
    last: bool = False  # the cell goes to the end


def attack(name, aim, source, **more):
    if "lost" in more:
        more["lost"] = frozenset(more["lost"])
    ATTACKS.append(Attack(name, aim, source, **more))


EVERY = "lambda *a, **k: None"

# ------------------------------------------------------------------------------------ winning marks by patching

attack("patch_allclose", "make numpy's comparison say yes", """
import numpy as np
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
np.all = np.any = lambda *a, **k: True
""")
attack("patch_numpy_testing", "make numpy's assertions pass", """
import numpy.testing as t
for name in dir(t):
    if name.startswith("assert"):
        setattr(t, name, lambda *a, **k: None)
""")
attack("patch_abs_and_where", "make every difference zero", """
import numpy as np
np.abs = np.absolute = lambda x, *a, **k: np.zeros_like(x)
np.where = lambda c, a=None, b=None: a
""")
attack("patch_builtins", "replace isinstance, abs, sum, all and float", """
import builtins
builtins.isinstance = lambda *a: True
builtins.abs = lambda x: 0
builtins.all = lambda x: True
builtins.float = lambda *a: 2.0
builtins.sum = lambda *a: 22.0
""")
attack("patch_grade", "replace the function that grades", """
import course, builtins
course.grade = lambda *a, **k: 1.0
course.checks = course
grade = builtins.grade = lambda *a, **k: 1.0
""")
attack("patch_grade_in_modules", "replace grade wherever a module has it", """
import sys
for module in list(sys.modules.values()):
    if hasattr(module, "grade"):
        module.grade = lambda *a, **k: 1.0
    if hasattr(module, "examine"):
        module.examine = lambda *a, **k: 1.0
""")
attack("fake_package", "put a course of one's own first on the path", """
import os, sys
os.makedirs("fake/course/checks", exist_ok=True)
open("fake/course/__init__.py", "w").write("def grade(*a): return 4.0\\ncheck = hint = grade\\n")
open("fake/course/checks/__init__.py", "w").write("from course import *\\n")
sys.path.insert(0, os.path.abspath("fake"))
for name in [n for n in sys.modules if n.split(".")[0] == "course"]:
    del sys.modules[name]
""")
attack("patch_reference", "replace the reference", """
import types, sys
fake = types.ModuleType("autodiff")
fake.vjp = lambda f, *x: (0.0, lambda g: tuple(0.0 for _ in x))
sys.modules["autodiff"] = fake
add_backward = sub_backward = mul_backward = lambda dout, x, y: (0.0, 0.0)
""")
attack("meta_path_hook", "import the grader's modules through a finder of one's own", """
import sys, importlib.abc, importlib.util
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith(("course", "autodiff", "nbgrader")):
            print("asked for", name)
sys.meta_path.insert(0, Finder())
""")
attack("trace_function", "watch and change the grader's frames with sys.settrace", """
import sys, threading
def tracer(frame, event, arg):
    if "expected" in frame.f_locals:
        print("FOUND", frame.f_locals["expected"])
    return tracer
sys.settrace(tracer); threading.settrace(tracer)
sys.setprofile(lambda *a: None)
""")
attack("display_hook", "answer with a displayed number of one's own", """
import sys
sys.displayhook = lambda value: print(4.0)
from IPython import get_ipython
ip = get_ipython()
ip.displayhook = type(ip.displayhook)(shell=ip)
""")
attack("ast_transformer", "rewrite the cells that follow", """
import ast
from IPython import get_ipython
class Full(ast.NodeTransformer):
    def visit_Call(self, node):
        if getattr(node.func, "id", "") == "grade":
            return ast.Constant(4.0)
        return node
get_ipython().ast_transformers.append(Full())
""")
attack("input_transformer", "rewrite the text of the cells that follow", """
from IPython import get_ipython
def forge(lines):
    return ["4.0\\n" if "grade(" in line else line for line in lines]
get_ipython().input_transformers_cleanup.append(forge)
get_ipython().input_transformers_post.append(forge)
""")
attack("pre_run_hook", "change names before each cell runs", """
from IPython import get_ipython
def before(info=None):
    get_ipython().user_ns["grade"] = lambda *a, **k: 1.0
get_ipython().events.register("pre_run_cell", before)
get_ipython().events.register("post_run_cell", lambda result: setattr(result, "result", 4.0))
""")
attack("patched_run_cell", "replace what runs the cells", """
from IPython import get_ipython
ip = get_ipython()
original = ip.run_cell
ip.run_cell = lambda source, **k: original("4.0", **k)
type(ip).run_cell = lambda self, source, **k: original("4.0", **k)
""")
attack("printed_score", "print what a score looks like", """
print("4.0"); print("{'grade': 22.0}")
from IPython.display import display, publish_display_data
publish_display_data({"text/plain": "4.0"})
""")
attack("output_forged", "forge the outputs of the process that runs the cells", """
import sys
for module in list(sys.modules.values()):
    if hasattr(module, "run_cell") and hasattr(module, "Outputs"):
        module.run_cell = lambda source: ([{"output_type": "execute_result", "data": {"text/plain": "4.0"}}], True)
import gc
for thing in gc.get_objects():
    if type(thing).__name__ == "function" and thing.__name__ in ("run_cell", "answer", "called"):
        thing.__code__ = (lambda *a, **k: ([], True)).__code__
""")

# ------------------------------------------------------------------------------------ winning marks by strange answers

ALWAYS = """
class Always(float):
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __le__ = __ge__ = __eq__
    def __sub__(self, other): return 0.0
    __rsub__ = __mul__ = __rmul__ = __abs__ = lambda self, *a: 0.0
    __hash__ = float.__hash__
answer = Always(1.0)
"""
GATES = ("add_backward", "sub_backward", "mul_backward", "max_backward", "div_backward")


def answers(expression):
    return "\n".join(f"def {name}(*args):\n    return {expression}" for name in GATES)


attack("always_equal", "return a float that equals everything", ALWAYS + answers("answer, answer"), last=True)
attack("always_equal_array", "return an array class whose comparisons are always true", """
import numpy as np
class Sly(np.ndarray):
    def __array_ufunc__(self, *a, **k): return np.True_
    def __array_function__(self, *a, **k): return True
    def __eq__(self, other): return np.True_
    def __sub__(self, other): return np.zeros(())
    def __array__(self, *a, **k): return np.zeros(())
sly = np.zeros(()).view(Sly)
""" + answers("sly, sly"), last=True)
attack("looks_like_anything", "return an object with every protocol", """
class Any:
    def __getattr__(self, name): return lambda *a, **k: 0.0
    def __array__(self, *a, **k): raise SystemExit
    def __float__(self): return 1.0
    def __iter__(self): return iter((1.0, 1.0))
    def __len__(self): return 2
""" + answers("Any()"), last=True)
attack("nan_everywhere", "return nan, which compares false with everything",
       answers("float('nan'), float('nan')"), last=True)
attack("infinite", "return infinities", answers("float('inf'), float('inf')"), last=True)
attack("bools", "return True", answers("True, True"), last=True)
attack("empty_arrays", "return arrays without elements, of which all is true", """
import numpy as np
""" + answers("np.zeros((0,)), np.zeros((0,))"), last=True)
attack("broadcasting_arrays", "return arrays that broadcast against anything", """
import numpy as np
""" + answers("np.zeros((1, 1, 1, 1)), np.zeros((1, 1, 1, 1))"), last=True)
attack("structured_arrays", "return arrays of records, objects and texts", """
import numpy as np
""" + answers("np.zeros(3, dtype=[('a', 'f8')]), np.array([object()])"), last=True)
attack("huge_dimensions", "return an array of many dimensions", """
import numpy as np
""" + answers("np.zeros((1,) * 64), np.zeros((1,) * 64)"), last=True)
attack("huge_answer", "return more than can be held", """
import numpy as np
""" + answers("np.zeros(10**9), np.zeros(10**9)"), last=True)
attack("deep_answer", "return a list a hundred thousand deep", """
def deep():
    value = []
    for _ in range(10**5):
        value = [value]
    return value
""" + answers("deep(), deep()"), last=True)
attack("endless_list", "return a list that holds itself", """
loop = []
loop.append(loop)
""" + answers("loop, loop"), last=True)
attack("long_integer", "return an integer of a hundred thousand digits", answers("10**100000, 10**100000"), last=True)
attack("a_generator", "return a generator without end", """
def ever():
    while True:
        yield 1.0
""" + answers("ever()"), last=True)
attack("changes_when_asked_twice", "return another thing each time it is looked at", """
import itertools
count = itertools.count()
class Shifty(list):
    def __len__(self): return next(count)
    def __iter__(self): return iter([float(next(count))] * 2)
""" + answers("Shifty([1.0, 1.0])"), last=True)
attack("echo_arguments", "return the arguments' own arrays, changed", """
def add_backward(dout, x, y):
    try:
        x[...] = dout; y[...] = dout
    except TypeError:
        pass
    return x, y
""", last=True)

# ------------------------------------------------------------------------------------ calling what should be written

attack("call_autodiff", "call the reference instead of writing the gradient", """
def mul_backward(dout, x, y):
    import autodiff
    return autodiff.vjp(lambda x, y: x * y, x, y)[1](dout)
""", last=True)
attack("call_torch", "let PyTorch do it", """
def mul_backward(dout, x, y):
    import torch
    a, b = (torch.tensor(v, requires_grad=True) for v in (x, y))
    (a * b).backward(torch.tensor(dout))
    return a.grad.numpy(), b.grad.numpy()
""", last=True)
attack("call_jax", "let JAX, autograd or sympy do it", """
def mul_backward(dout, x, y):
    for name in ("jax", "autograd", "sympy", "mygrad"):
        __import__(name)
""", last=True)
attack("unblock_modules", "remove the block on modules, then import", """
import sys
for name in ("autodiff", "torch"):
    sys.modules.pop(name, None)
sys.meta_path[:] = [finder for finder in sys.meta_path if isinstance(finder, type)]
sys.path += ["{root}", "{root}/course", "/grading"]
def mul_backward(dout, x, y):
    import autodiff
    return autodiff.vjp(lambda x, y: x * y, x, y)[1](dout)
""", last=True)
attack("import_the_checks", "call the checks' own oracle", """
def mul_backward(dout, x, y):
    from course.declarations import find
    return find("mul_backward").oracle(dout, x, y)
""", last=True)
attack("import_nbgrader", "enter a grade through nbgrader's own interface", """
from nbgrader.api import Gradebook
import glob
for path in ("{root}/gradebook.db", "gradebook.db", *glob.glob("/**/gradebook.db", recursive=True)):
    with Gradebook("sqlite:///" + path) as book:
        for grade in book.db.query(__import__("nbgrader.api").api.Grade):
            grade.manual_score = 22.0
        book.db.commit()
""")

# ------------------------------------------------------------------------------------ reading

attack("read_in", "read the tests from IPython's history", """
print([cell for cell in In])
print(get_ipython().history_manager.input_hist_raw)
def mul_backward(dout, x, y):
    print(In[-1]); return None
""")
attack("read_frames", "read what is expected from the frames above", """
import inspect, sys
def mul_backward(dout, x, y):
    frame = sys._getframe()
    while frame:
        for name, value in frame.f_locals.items():
            if name in ("expected", "exercise", "right", "oracle", "key", "locked"):
                return value
        frame = frame.f_back
    return None
""")
attack("read_gc", "find the expected values among all objects", """
import gc
def mul_backward(dout, x, y):
    for thing in gc.get_objects():
        if type(thing).__name__ in ("Exercise", "Asked", "Run", "Key", "Check"):
            return thing
    return None
""")
attack("read_secret_file", "read a file by its path", """
try:
    print(open("{secret}").read())
except OSError as error:
    print(type(error).__name__)
""")
attack("read_the_disk", "search the whole disk for the gradebook, the solutions and the neighbours", """
import os
for folder, _, names in os.walk("/"):
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith((".ipynb", ".db", ".secret")) or "solution" in path:
            try:
                print(path, open(path, errors="replace").read(2000))
            except OSError:
                pass
""")
attack("read_proc", "read the grader's memory, environment and open files in /proc", """
import os, glob
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/mnt/[0-9]*/environ") + ["/proc/self/environ"]:
    try:
        print(path, open(path, "rb").read())
    except OSError:
        pass
for pid in os.listdir("/proc"):
    try:
        for fd in os.listdir(f"/proc/{{pid}}/fd"):
            print(os.readlink(f"/proc/{{pid}}/fd/{{fd}}"))
    except OSError:
        pass
""")
attack("read_environment", "read the grader's environment", """
import os
print(dict(os.environ))
""")
attack("read_parent_memory", "read the memory of other processes", """
import os
for pid in [os.getppid(), 1, *(int(name) for name in os.listdir("/proc") if name.isdigit())]:
    try:
        maps = open(f"/proc/{{pid}}/maps").read()
        if pid != os.getpid():
            memory = open(f"/proc/{{pid}}/mem", "rb+")
            print("OPENED", pid)
    except OSError:
        pass
""")
attack("read_old_root", "leave the sandbox by chroot, /proc/1/root or an open folder", """
import os
for path in ("/proc/1/root", "/proc/self/root", "/mnt", "/old_root", "/oldroot", ".." * 20):
    try:
        print(path, os.listdir(path))
        print(open(path + "{secret}").read())
    except OSError:
        pass
try:
    os.chroot("/proc/1/root")
except OSError:
    pass
""")
attack("inherited_descriptors", "read from every file descriptor that is open", """
import os
for fd in range(3, 256):
    try:
        os.set_blocking(fd, False)
        print(fd, os.read(fd, 1000))
    except OSError:
        pass
""", solved=True, lost=())

# ------------------------------------------------------------------------------------ writing

attack("write_files", "write beside the submission and over the course", """
import os
for path in ("{folder}/written", "{root}/course/written", "/usr/written", "/grading/course/written", "/etc/written",
             "/work/written", "/root/written"):
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").write("mine")
        if path != "{folder}/written":  # there it may stand in a /tmp of the submission's own; the test looks
            print("WROTE", path)
    except OSError:
        pass
""")
attack("symlinks", "leave links to files outside, to be followed by the grader", """
import os
for name in ("02_gate_patterns.ipynb", "outputs", "feedback.html"):
    try:
        os.symlink("{secret}", name)
        print(open(name).read())
    except OSError:
        pass
""")
attack("write_into_warm_process", "write into the process that the next learner is forked from", """
import os
for pid in (os.getppid(), 1):
    try:
        with open(f"/proc/{{pid}}/mem", "r+b") as memory:
            print("OPENED", pid)
    except OSError:
        pass
import ctypes
libc = ctypes.CDLL(None)
print("ptrace", libc.ptrace(16, os.getppid(), 0, 0))
""")
attack("new_namespaces", "make namespaces with more rights, and mount", """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000 | 0x00020000) == 0:
    print("umount", [libc.umount2(path, 2) for path in (b"/mnt", b"/proc", b"/tmp", b"/submission")])
    try:
        print(open("/mnt/1/environ", "rb").read(), os.listdir("/mnt"))
    except OSError:
        pass
""")
attack("fill_the_disk", "write until the disk is full", """
try:
    with open("big", "wb") as file:
        while True:
            file.write(b"x" * 2**20)
except OSError as error:
    print(error)
try:
    for k in range(100_000):
        open(f"f{{k}}", "w").close()
except OSError as error:
    print(error)
""", solved=True, lost=())

# ------------------------------------------------------------------------------------ harm

attack("network", "reach the network, or a server of this machine", """
import socket
for address in (("127.0.0.1", {port}), ("localhost", {port})):
    try:
        socket.create_connection(address, 1)
        print("CONNECTED", address)
    except OSError:
        pass
""")
attack("abstract_socket", "reach a server's abstract Unix socket", """
import socket
try:
    client = socket.socket(socket.AF_UNIX)
    client.connect("\\0{abstract}")
    print("CONNECTED")
except OSError:
    pass
""")
attack("fork_bomb", "start processes without end", """
import os
try:
    while True:
        os.fork()
except OSError:
    os._exit(0)
""", solved=True, lost=())
attack("threads_without_end", "start threads without end", """
import threading, time
try:
    while True:
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
except RuntimeError:
    pass
""", solved=True, lost=())
attack("memory_hog", "use all memory", """
blocks = []
while True:
    blocks.append(bytearray(50_000_000))
""", solved=True, lost=())
attack("memory_in_children", "use all memory, a little in each of many processes", """
import os, time
for _ in range(30):
    if os.fork() == 0:
        block = bytearray(b"x") * 100_000_000
        time.sleep(60)
        os._exit(0)
time.sleep(4)
""", solved=True, lost=())
attack("output_flood", "print hundreds of megabytes", """
for _ in range(3000):
    print("x" * 100_000)
""", solved=True, lost=())
attack("output_flood_to_the_descriptor", "write hundreds of megabytes to file descriptor 1", """
import os
for _ in range(3000):
    os.write(1, b"x" * 100_000); os.write(2, b"y" * 100_000)
""", solved=True, lost=())
attack("huge_display", "display a picture of a hundred megabytes", """
from IPython.display import HTML, display
display(HTML("<p>" + "x" * 100_000_000 + "</p>"))
display({"image/png": "x" * 100_000_000}, raw=True)
""", solved=True, lost=())
attack("kill_everybody", "send SIGKILL to all that can be reached", """
import os, signal
for pid in (os.getppid(), *range(2, 40000)):
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
try:
    os.kill(-1, signal.SIGSTOP)
except OSError:
    pass
""", solved=True, lost=())
attack("kill_the_parent", "stop or kill the parent process", """
import os, signal
for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
    os.kill(os.getppid(), number)
""", solved=True, lost=())
attack("daemon", "leave a process behind", """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "4242"])
    os._exit(0)
""", solved=True, lost=())
attack("ignore_signals", "ignore every signal and never end", """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    time.sleep(1)
""", solved=True, lost=())
attack("stop_itself", "stop one's own process", """
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
""", solved=True, lost=())
attack("endless_c_call", "hang in C, where no exception reaches", """
import ctypes
ctypes.CDLL(None).pause()
""", solved=True, lost=())
attack("close_descriptors", "close the wires to the grader", """
import os
os.closerange(3, 256)
""", solved=True, lost=())
attack("garbage_on_the_wire", "write garbage to the grader", """
import os
for fd in range(3, 64):
    try:
        os.write(fd, b"\\xff" * 10_000)
    except OSError:
        pass
""", solved=True, lost=())
attack("message_without_end", "announce a message of four gigabytes", """
import os
for fd in range(3, 64):
    try:
        os.write(fd, b"\\xff\\xff\\xff\\xff" + b"x" * 1000)
    except OSError:
        pass
""", solved=True, lost=())
attack("hang_when_called", "never answer", """
import time
while True:
    time.sleep(1)
""", solved=True, answer="log_backward", lost={"log_backward"})
attack("exit_when_called", "end Python when called", """
import os
os._exit(0)
""", solved=True, answer="log_backward", lost={"log_backward"})
attack("fork_when_called", "answer twice, from two processes", """
import os
os.fork()
return 0.0
""", solved=True, answer="log_backward", lost={"log_backward"})
attack("recurse_when_called", "overflow the C stack", """
import sys
sys.setrecursionlimit(10**9)
def again(n):
    return again(n + 1) + 1
return again(0)
""", solved=True, answer="log_backward", lost={"log_backward"})
attack("poison_the_rest", "break numpy for all that comes after", """
import numpy as np
if not hasattr(np, "_poisoned"):
    np._poisoned = True
    np.exp = np.where = np.log = None
raise ValueError
""", solved=True, answer="log_backward", lost={"log_backward"})

# ------------------------------------------------------------------------------------ memory that is hard to count

BEYOND = """
import os, time
print("HELD", file=open("held", "w"))   # it is there only where the processes that hold it are
time.sleep(1.5)
print(open("held").read())
"""
attack("memory_rewritten_by_children", "use all memory, by children that rewrite what they share", """
import os, time
block = bytearray(b"x") * 150_000_000
for _ in range(6):
    if os.fork() == 0:
        block[::4096] = b"y" * len(block[::4096])
        time.sleep(60)
        os._exit(0)
time.sleep(2)
""" + BEYOND, solved=True, lost=())
attack("memory_of_a_threads_children", "use all memory, by children of a thread", """
import os, threading, time
def work():
    for _ in range(8):
        if os.fork() == 0:
            block = bytearray(b"x") * 100_000_000
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
threading.Thread(target=work, daemon=True).start()
time.sleep(2)
""" + BEYOND, solved=True, lost=())
attack("memory_of_a_process_without_its_first_thread", "use all memory, in a process whose first thread has ended", """
import ctypes, os, threading, time
def work():
    time.sleep(0.3)
    block = bytearray(b"x") * 700_000_000
    time.sleep(60)
if os.fork() == 0:
    threading.Thread(target=work).start()
    ctypes.CDLL(None).syscall(60, 0)    # exit, of this thread alone
time.sleep(2)
""" + BEYOND, solved=True, lost=())
attack("memory_in_shared_mappings", "use all memory, in shared mappings", """
import mmap
blocks = []
for _ in range(8):
    blocks.append(mmap.mmap(-1, 100_000_000))
    blocks[-1].write(b"x" * 100_000_000)
""" + BEYOND, solved=True, lost=())
attack("memory_behind_shared_mappings", "use all memory, in shared mappings of which a page is left", """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
for _ in range(8):
    address = libc.mmap(None, ctypes.c_size_t(100_000_000), 3, 0x21, -1, ctypes.c_long(0))
    if address in (None, ctypes.c_void_p(-1).value):
        raise MemoryError
    ctypes.memset(address, 1, 100_000_000)
    libc.munmap(ctypes.c_void_p(address + 4096), ctypes.c_size_t(100_000_000 - 4096))
""" + BEYOND, solved=True, lost=())
attack("memory_behind_dev_zero", "the same by /dev/zero", """
import ctypes, os
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
zero = os.open("/dev/zero", os.O_RDWR)
for _ in range(8):
    address = libc.mmap(None, ctypes.c_size_t(100_000_000), 3, 1, zero, ctypes.c_long(0))
    if address in (None, ctypes.c_void_p(-1).value):
        raise MemoryError
    ctypes.memset(address, 1, 100_000_000)
    libc.munmap(ctypes.c_void_p(address + 4096), ctypes.c_size_t(100_000_000 - 4096))
""" + BEYOND, solved=True, lost=())
attack("memory_in_segments", "use all memory, in System V segments", """
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for _ in range(8):
    segment = libc.shmget(0, ctypes.c_size_t(100_000_000), 0o1600)
    address = libc.shmat(segment, None, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        raise MemoryError
    ctypes.memset(address, 1, 100_000_000)
    libc.shmdt(ctypes.c_void_p(address))
""" + BEYOND, solved=True, lost=())
attack("memory_in_memfds", "use all memory, in files that only descriptors name", """
import os
for k in range(16):
    os.write(os.memfd_create(f"m{{k}}"), b"x" * 50_000_000)
""" + BEYOND, solved=True, lost=())
attack("memory_in_files", "use all memory, in files that lie in memory", """
import os
for place in (".", "/dev/shm"):
    for k in range(2):
        with open(f"{{place}}/f{{k}}", "wb") as file:
            file.write(b"x" * 60_000_000)
block = bytearray(b"x") * 330_000_000
""" + BEYOND, solved=True, lost=())
attack("memory_in_sockets", "use all memory, in the buffers of sockets", """
import os, socket, time
for _ in range(30):
    if os.fork() == 0:
        pairs = []
        for _ in range(110):
            pairs.append(socket.socketpair())
            pairs[-1][0].setblocking(False)
            try:
                while True:
                    pairs[-1][0].send(b"x" * 20_000)
            except OSError:
                pass
        time.sleep(60)
        os._exit(0)
time.sleep(1.5)
""" + BEYOND, solved=True, lost=())

# ------------------------------------------------------------------------------------ more of the machine

attack("sessions", "take more of the processor, by sessions of one's own", """
import os
sessions = set()
for _ in range(12):
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        os.write(write, str(os.getsid(0)).encode())
        os._exit(0)
    sessions.add(os.read(read, 20))
if len(sessions) > 2:
    print("TOOK", len(sessions), "sessions")
""", solved=True, lost=())
attack("outputs_past_the_bounds", "hand the grader outputs that nothing has bounded", """
import sys
outputs = sys.stdout.write.__func__.__globals__["outputs"]
outputs.items += [{{"output_type": "display_data", "data": {{"text/plain": "x" * 1_000_000}}}}] * 20
""", solved=True, lost=())
attack("keyring", "leave a note in a kernel keyring, for the next learner", """
import ctypes
libc = ctypes.CDLL(None)
for ring in (-3, -4, -5):
    if libc.syscall(248, b"user", b"note", b"mul_backward: dout * y, dout * x", 31, ring) > 0:
        print("WROTE into keyring", ring)
""")
attack("user_namespace", "become root in a namespace of one's own", """
import ctypes, os
if ctypes.CDLL(None).unshare(0x10000000) == 0:
    print("OPENED a namespace")
CLONE = 56
if ctypes.CDLL(None).syscall(CLONE, 0x10000000 | 17, 0, 0, 0, 0) == 0:
    os._exit(0)
""")
attack("kernel_interfaces", "reach parts of the kernel that no notebook needs", """
import ctypes, os, socket
for family in (16, 17, 38, 40):     # netlink, packet, alg, vsock
    try:
        socket.socket(family, socket.SOCK_RAW if family in (16, 17) else socket.SOCK_STREAM if family == 40
                      else socket.SOCK_SEQPACKET)
        print("OPENED a socket of family", family)
    except OSError:
        pass
for number in (425, 323, 319, 447):     # io_uring_setup, userfaultfd, memfd_create, memfd_secret
    if ctypes.CDLL(None).syscall(number, 1, ctypes.create_string_buffer(200)) > 0:
        print("OPENED by system call", number)
""")

# ------------------------------------------------------------------------------------ from one test to the next

attack("note_in_a_file", "leave a note in a file, from one test to the next", """
import os
notes = ("/dev/shm/note", os.path.expanduser("~/note"), "note")
for path in notes:
    if os.path.exists(path):
        print("FOUND", path)
def add_backward(dout, x, y):
    for path in notes:
        open(path, "w").write(str((dout, x, y)))
sub_backward = mul_backward = add_backward
""", last=True)
attack("note_in_a_changed_file", "leave a note in a file that was there before", """
import os
if not os.path.exists("notes"):
    open("notes", "w").close()
    os.mkdir("folder")
if open("notes").read() or os.listdir("folder") or os.stat("notes").st_mode & 1:
    print("FOUND")
def add_backward(dout, x, y):
    open("notes", "a").write(str(x))
    open("folder/more", "w").close()
    os.chmod("notes", 0o777)
sub_backward = mul_backward = add_backward
""", last=True)
attack("note_in_a_process", "leave a process with an answer for the next test", """
import os, socket
for name in ("\\0note", "note.socket"):
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(name)
        print("FOUND", name)
    except OSError:
        pass
def add_backward(dout, x, y):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            servers = []
            for name in ("\\0note", "note.socket"):
                servers.append(socket.socket(socket.AF_UNIX))
                servers[-1].bind(name)
                servers[-1].listen()
            while True:
                servers[0].accept()[0].send(str(x).encode())
        os._exit(0)
    os.wait()
    import time; time.sleep(0.05)
sub_backward = mul_backward = add_backward
""", last=True)

# ------------------------------------------------------------------------------------ libraries in other processes

attack("torch_in_a_subprocess", "let PyTorch do it in a process of its own", """
import select, subprocess, sys
PROGRAM = '''
import sys, torch
for line in sys.stdin:
    dout, a, b = (torch.tensor(float(word), requires_grad=True) for word in line.split())
    (a * b).backward(dout.detach())
    print(a.grad.item(), b.grad.item(), flush=True)
'''
if "helper" not in globals():
    helper = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    print(1.0, 2.0, 3.0, file=helper.stdin, flush=True)
    select.select([helper.stdout], [], [], 4)   # it takes a while to import
def mul_backward(dout, x, y):
    print(*map(float, (dout, x, y)), file=helper.stdin, flush=True)
    answer = []
    while len(answer) < 2:
        answer = helper.stdout.readline().split()
        if answer == ["3.0", "2.0"]:
            answer = []
        elif not answer:
            raise EOFError
    return tuple(map(float, answer))
""", last=True)
attack("read_a_library", "read the source of a library that differentiates", """
import glob, site, sys
for name in ("torch", "autodiff", "course", "autograd", "sympy", "jax"):
    for place in {{*site.getsitepackages(), *sys.path, *glob.glob("/usr/lib/python3*/dist-packages")}}:
        for path in glob.glob(f"{{place}}/{{name}}/**/*.py", recursive=True):
            if "ModuleNotFoundError(f" not in open(path).read():
                print("OPENED", path)
                break
""")

# ------------------------------------------------------------------------------------ faking nbgrader's metadata

FAKE = {"grade": True, "grade_id": "mul_backward", "locked": True, "points": 100, "schema_version": 3,
        "solution": False, "task": False}
attack("fake_test_cell", "bring a test cell of one's own, under a real id", "100.0", metadata=FAKE)
attack("fake_test_cell_at_the_end", "the same, as the last cell", "4.0", metadata=FAKE, last=True)
attack("fake_new_test", "bring a test cell under a new id", "100.0", metadata={**FAKE, "grade_id": "bonus"})
attack("fake_manual_cell", "turn a test into a cell for manual grading", "4.0",
       metadata={**FAKE, "solution": True, "locked": False})
attack("fake_unlocked", "unlock a test cell", "2.0", metadata={**FAKE, "locked": False})
attack("fake_task", "turn a test into a task", "2.0", metadata={**FAKE, "grade": False, "task": True})
attack("fake_points", "award more points than there are", "2.0", metadata={**FAKE, "points": 1e9}, last=True)
attack("fake_checksum", "carry the right checksum over another text", "2.0",
       metadata={**FAKE, "checksum": "d41d8cd98f00b204e9800998ecf8427e"})
attack("fake_locked_setup", "bring a locked set-up cell, to run in the grader", """
import os
open("{folder}/written", "w").write("mine")
grade = lambda *a: 4.0
""", metadata={**FAKE, "grade": False, "grade_id": "setup"})
