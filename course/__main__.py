"""Set-up in one command: `python course` in a fresh clone, with nothing but Python 3.11 or newer.

Makes `.venv` beside this package, installs the project into it with the versions of constraints.txt,
and hands the command over to `.venv`'s `python -m course`, whose commands are in cli.py.

Only the standard library is used, and nothing here that an old Python can't read:
whoever starts this with Python 2.7 or 3.6 should be told so in a sentence.
"""
from __future__ import print_function

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
WINDOWS = os.name == "nt"
PYTHON = os.path.join(VENV, "Scripts", "python.exe") if WINDOWS else os.path.join(VENV, "bin", "python")
STATE = os.path.join(VENV, "set_up.json")
DECLARED = [os.path.join(ROOT, name) for name in ("pyproject.toml", "constraints.txt")]


def later(text):
    """As in course.words, which an old Python can't read."""
    return text


def tr(text, **values):
    """A text in the language of the course; for a Python that is new enough."""
    from course.words import tr as told
    return told(text, **values)


TOO_OLD = """\
This course needs Python {0}.{1} or newer, and this is Python {2}.{3} ({4}).
Start it with a newer one, for example: python{0}.{1} course
If there is none: https://www.python.org/downloads/
or on Debian and Ubuntu: sudo apt install python3 python3-venv"""

NO_VENV_MODULE = later("""\
This Python ({python}) can't make virtual environments: its module {module} is missing.
Debian and Ubuntu keep it in a package of its own: sudo apt install {package}
Then run the same command again.""")

NO_VENV = later("""\
Python could not make the virtual environment {folder}. It said:
{said}
Delete that folder, see that the project's folder can be written to, and run the same command again.""")

NO_INSTALL = later("""\
pip could not install what the course needs. It said, in {log}:
{said}
Most often the package index can't be reached: look at the network connection, the proxy, and pip's settings
(`python -m pip config list`, PIP_INDEX_URL, PIP_NO_INDEX). Then run the same command again.""")


def start(argv):
    """Answer what needs no packages, see that the environment is ready, and hand the command over to it."""
    if sys.version_info[:2] < OLDEST:
        sys.exit(TOO_OLD.format(*(OLDEST + sys.version_info[:2] + (sys.executable,))))
    try:
        if __package__ and is_installed_here():   # `python -m course`
            from course.cli import main
            return main(argv)
        sys.path[0] = ROOT   # was this folder, where cli and build would be top-level modules
        from course.cli import extras_for
        extras = extras_for(argv)   # a typing mistake is answered here, before minutes of installing
        stop_like_ctrl_c("SIGTERM", "SIGHUP")
        with one_at_a_time():
            make_ready(extras)
        return hand_over([PYTHON, "-P", "-m", "course"] + argv)
    except KeyboardInterrupt:
        print("\n" + tr("Stopped. Run the same command again, and it goes on."), file=sys.stderr)
        return 130
    except OSError as error:
        from course.plaintext import in_a_sentence
        sys.exit(tr("The set-up could not go on: {error}", error=in_a_sentence(error)))


def is_installed_here():
    """Is the running interpreter the course's own, or one that somebody installed the project into?"""
    import importlib.util
    own = os.path.realpath(sys.prefix) == os.path.realpath(VENV)
    return own or importlib.util.find_spec("nbgrader") is not None


def stop_like_ctrl_c(*names):
    """A closed terminal or a polite kill stops pip too; an ignored signal (nohup) stays ignored."""
    for name in names:
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def hand_over(command):
    """Become this command; where that is not possible (Windows), run it and give its exit code."""
    if not WINDOWS:
        sys.stdout.flush()
        os.execv(command[0], command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:   # the child got it too, and decides
            pass


@contextlib.contextmanager
def one_at_a_time():
    """Let a second set-up in the same folder wait for the first.

    The lock passes on to pip: a pip that outlived its killed parent is waited for too.
    """
    if WINDOWS:
        yield
        return
    import fcntl
    folder = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(tr("Another set-up is at work in this folder; waiting for it ..."))
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            pass   # a file system without locks
        yield
    finally:
        os.close(folder)


def make_ready(extras):
    """See that .venv holds what is declared, with these extras; what is missing or broken is made anew.

    .venv/set_up.json tells how the last installation went: what it was made from, with which extras,
    and what stood in site-packages at its end. It says "unfinished" while pip is at work,
    and who finds that makes .venv anew: nobody knows what a killed pip left behind.
    """
    state = read_state()
    extras = sorted(set(extras) | set(state.get("extras", [])))
    version = version_of(PYTHON)
    trouble = what_is_wrong(version, state)
    if trouble:
        if os.path.lexists(VENV):
            say(tr("{trouble}; making it anew.", trouble=trouble))
        make_venv()
        version, state = version_of(PYTHON), {}
    made_from = fingerprint(version)
    if state.get("made_from") != made_from or extras != state.get("extras"):
        install(extras, state)
        write_state({"made_from": made_from, "extras": extras, "packages": packages(version)})


def what_is_wrong(version, state):
    """Why .venv can't be used or mended in place, as the beginning of a sentence; None when it can."""
    if version is None:
        return tr("The environment .venv has no Python that runs")
    if version < OLDEST:
        return tr("The environment .venv has Python {version}", version="{0}.{1}".format(*version))
    if state.get("unfinished"):
        return tr("The last installation into .venv was broken off")
    there = packages(version)
    missing = sorted(set(state.get("packages", [])) - set(there))
    if missing:
        return tr("The environment .venv has lost {packages}", packages=", ".join(missing[:3]))
    if "pip" not in there:
        return tr("The environment .venv has no pip")
    return None


def version_of(python):
    """(major, minor) of an interpreter, None when it does not run."""
    try:
        said = subprocess.check_output(
            [python, "-I", "-S", "-c", "import sys; print('%d %d' % sys.version_info[:2])"],
            stderr=subprocess.DEVNULL, timeout=60)
        major, minor = said.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def packages(version):
    """What stands in .venv's site-packages, without the packages' metadata and caches."""
    lib = "Lib" if WINDOWS else os.path.join("lib", "python{0}.{1}".format(*version))
    try:
        names = os.listdir(os.path.join(VENV, lib, "site-packages"))
    except OSError:
        return []
    passing = ("~", "__pycache__")   # "~" begins what pip leaves when it is broken off
    return sorted(name for name in names if not name.startswith(passing) and ".dist-info" not in name)


def fingerprint(version):
    """Changes when what is to be installed changes, or the place, or the Python."""
    digest = hashlib.sha256(repr((ROOT, version)).encode())
    for path in DECLARED:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read_state():
    """What write_state wrote last; nothing when there is none or it can't be read."""
    try:
        with open(STATE, "rb") as file:
            state = json.loads(file.read().decode())
        return state if isinstance(state, dict) else {"unfinished": True}
    except ValueError:
        return {"unfinished": True}
    except OSError:
        return {}


def write_state(state):
    with open(STATE + ".new", "w") as file:
        json.dump(state, file)
    os.replace(STATE + ".new", STATE)


def make_venv():
    say(tr("Making the environment .venv ..."))
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        sys.exit(tr(NO_VENV_MODULE, python=sys.executable, module=error.name,
                    package="python{0}.{1}-venv".format(*sys.version_info[:2])))
    # the interpreter behind a virtual environment, since the running one may be the one to be cleared
    python = getattr(sys, "_base_executable", None) or sys.executable
    code, said = run([python, "-I", "-m", "venv", "--clear", VENV])
    if code or not version_of(PYTHON):
        sys.exit(tr(NO_VENV, folder=VENV, said=indented(said)))


def install(extras, state):
    """Run pip. When it gives up before it changes anything, .venv stays what `state` says it was."""
    say(tr("Installing the course and what it needs (JupyterLab, nbgrader, numpy, ...) into .venv.\n"
           "This happens once and takes a minute or two."))
    environment = {k: v for k, v in os.environ.items() if k not in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")}
    environment["PIP_USER"] = "0"
    project = ".[{0}]".format(",".join(extras)) if extras else "."
    pip = [PYTHON, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    write_state({"unfinished": True, "extras": extras})
    with open(DECLARED[1]) as file:
        newer = [line.strip() for line in file if line.startswith("pip==")]
    if newer:       # a pip as old as this Python takes three times as long; where there is no other, it will do
        run(pip + ["--retries", "0"] + newer, env=environment, cwd=ROOT)
    code, said = run(pip + ["-c", DECLARED[1], "-e", project], env=environment, cwd=ROOT)
    if code:
        if not any(line.startswith("Installing collected packages") for line in said):
            write_state(state)
        log = os.path.join(VENV, "pip.log")
        with open(log, "w", encoding="utf-8") as file:     # what pip says may not fit the system's own encoding
            file.write("\n".join(said))
        sys.exit(tr(NO_INSTALL, log=log, said=indented(said)))


def run(command, **options):
    """Run a command, its newest line shown in place on a terminal: (exit code, the lines it said)."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, close_fds=False, **options)
    said, over = [], threading.Event()
    telling = threading.Thread(target=keep_telling, args=(said, over))
    telling.daemon = True
    telling.start()
    try:
        for line in process.stdout:
            said.append(line.decode(errors="replace").rstrip())
        return process.wait(), said
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    finally:
        over.set()
        telling.join()


def keep_telling(said, over):
    """Show that something is alive: in place on a terminal, else by a line now and then."""
    begun, terminal, told = time.time(), sys.stderr.isatty(), ""
    while not over.wait(0.5 if terminal else 15):
        seconds = int(time.time() - begun)
        told = tr("{what} ({seconds} s)", what=how_far(list(said)), seconds=seconds)
        if terminal:
            print("\r\033[K" + told[:78], end="", file=sys.stderr)
            sys.stderr.flush()
        else:
            say("  " + told)
    if terminal and told:
        print("\r\033[K", end="", file=sys.stderr)
        sys.stderr.flush()


def how_far(said):
    """What pip is at, and how far it is, from the lines that it has said so far."""
    found = [line.split()[1] for line in said if line.startswith("Collecting ")]
    name = re.split("[^A-Za-z0-9_.-]", found[-1])[0] if found else ""
    if any(line.startswith("Installing collected packages") for line in said):
        return tr("writing {n} packages into .venv", n=len(found))
    if found:
        return tr("package {n} of about {all}: {name}", n=len(found), all=max(len(found), about_how_many()), name=name)
    return said[-1].strip() if said else tr("starting")


def about_how_many():
    """How many packages there are to fetch: those of constraints.txt."""
    with open(DECLARED[1]) as file:
        return sum("==" in line for line in file)


def indented(lines):
    return "\n".join("    " + line.strip() for line in lines[-8:] if line.strip())


def say(sentence):
    print(sentence, file=sys.stderr)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
