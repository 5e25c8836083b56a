"""Start JupyterLab: in work/ for learners, in the project's folder with Formgrader for instructors.

What differs from a plain JupyterLab is in data/jupyter, and holds for servers started here only:
nothing is written to anybody's own settings.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

from course.learning import front, workspace
from course.places import COMMAND, DATA, INSTALLED, ROOT, use_configuration, work_folder
from course.plaintext import in_a_sentence
from course.words import VARIABLE, known, language, languages, later, offered, remember, tr

SETTINGS = DATA / "jupyter"
FIRST_LESSON = "lessons/00_start_here.ipynb"
WORKSPACES = ".jupyterlab"      # in work/: which tabs are open here; nobody else's, and nowhere else
WORKSPACE = "backprop"
MENUS = ".jupyter"      # in work/: of JupyterLab's settings, the language of its menus
# JupyterLab's layout for a first start: the lesson has the room, which on a phone is all there is
TAB = f"markdownviewer-widget:{front.NAME}"     # the front page, behind the lesson
LAYOUT = {"main": {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [TAB]}, "current": TAB},
          "left": {"collapsed": True, "current": None, "widgets": []},
          "right": {"collapsed": True, "visible": False, "current": None, "widgets": []}}
PURPOSES = {"lab": later("open JupyterLab at the first lesson (also when no command is given)"),
            "teach": "open JupyterLab for instructors, with Formgrader"}


def learn(arguments: list[str]) -> int:
    """Lay lessons and exercises out, and open the first lesson; from then on, what was open last."""
    options = read_options("lab", arguments)
    if options.language:
        remember(known(options.language))
        os.environ.pop(VARIABLE, None)      # what is asked for here is said later
    elif other := offered():
        print(other)
    if lay_out_and_tell():
        return 1
    work = work_folder()
    return serve(options, work, where_one_stopped(work), "learner", work / WORKSPACES, menus(work / MENUS))


def teach(arguments: list[str]) -> int:
    """Open the project's folder, with nbgrader's Formgrader."""
    options = read_options("teach", arguments)
    (ROOT / "exchange").mkdir(exist_ok=True)   # or Formgrader warns that there is none
    return serve(options, ROOT, "/lab", "teacher")


def menus(folder: Path) -> Path:
    """A folder of configuration by which JupyterLab's own menus speak the language in force, where they know it.

    Who has chosen another one in JupyterLab keeps that. It is written at each start, since its default is the system's.
    """
    path = folder / "labconfig" / "default_setting_overrides.json"
    with contextlib.suppress(OSError):      # the course works without it
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"@jupyterlab/translation-extension:plugin": {"locale": language()}}), "utf-8")
    return folder


def where_one_stopped(work: Path) -> str:
    """The address of the course's own workspace; with the first lesson, where nothing has been opened yet."""
    folder, address = work / WORKSPACES, f"/lab/workspaces/{WORKSPACE}"
    first = f"{address}/tree/{FIRST_LESSON}" if (work / FIRST_LESSON).exists() else address
    if folder.is_dir() and any(folder.iterdir()):
        return address if _is_open_somewhere(folder) else first
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    with contextlib.suppress(OSError):      # JupyterLab's own layout will do
        WorkspacesManager(str(folder)).save(WORKSPACE, json.dumps(
            {"data": {"layout-restorer:data": LAYOUT,
                      TAB: {"data": {"path": front.NAME, "factory": "Markdown Preview"}}},
             "metadata": {"id": WORKSPACE}}))
    return first


def _is_open_somewhere(folder: Path) -> bool:
    """Whether some workspace holds an open notebook."""
    try:
        return any('"notebook:' in path.read_text("utf-8") for path in folder.iterdir() if path.is_file())
    except (OSError, ValueError):
        return False


def read_options(command: str, arguments: list[str]) -> argparse.Namespace:
    """The options that `lab` and `teach` share; a wrong one ends the program with a sentence."""
    parser = argparse.ArgumentParser(prog=f"{COMMAND} {command}", description=tr(PURPOSES[command]), allow_abbrev=False)
    parser.add_argument("--no-browser", action="store_true", help=tr("print the address, open no browser"))
    parser.add_argument("--port", type=int, metavar="N", help=tr("the port (8888, or the next free one)"))
    if command == "lab":
        parser.add_argument("--language", metavar="NAME",
                            help=tr("from now on: {names}", names=tr(", ").join(languages())))
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(tr("there is no option {name}", name=repr(unknown[0])))    # the usage above it has those there are
    if command == "lab" and options.language and not known(options.language):
        parser.error(tr("the course does not speak {name}; it speaks {names}", name=repr(options.language),
                        names=tr(", ").join(languages())))
    if options.port is not None and not 1 <= options.port <= 65535:
        parser.error(tr("a port is a number from 1 to 65535, not {port}", port=options.port))
    return options


def lay_out_and_tell() -> int:
    """Lay lessons and exercises out; returns an exit code."""
    told = f"{work_folder()}{os.sep}" if INSTALLED else "work/"
    try:
        beside = workspace.lay_out()
    except OSError as error:
        print(tr("The lessons could not be laid out in {folder}: {error}\nSee that this folder can be written to.",
                 folder=told, error=in_a_sentence(error)), file=sys.stderr)
        return 1
    with contextlib.suppress(OSError):      # the course works without it
        front.write()
    if INSTALLED:
        print(tr("Your lessons and exercises are in {folder}", folder=told))
    if beside:
        print(tr("There are new versions of notebooks that you have changed. Yours are as you left them;\n"
                 "the new ones lie beside them:"), *(f"  {told}{name}" for name in beside), sep="\n")
    return 0


def serve(options: argparse.Namespace, folder: Path, address: str, role: str, workspaces: Path | None = None,
          *settings: Path) -> int:
    """Run JupyterLab until it is stopped; returns an exit code.

    address  the page that opens; workspaces  where JupyterLab keeps which tabs are open; settings  more configuration
    """
    if options.port and is_taken(options.port):
        print(tr("Port {port} is in use by another program. Choose another one,\n"
                 "or leave --port out, and a free one is found.", port=options.port), file=sys.stderr)
        return 1
    os.chdir(folder if INSTALLED else ROOT)   # nbgrader's server extensions look for nbgrader_config.py there
    use_configuration(*settings, SETTINGS / role, SETTINGS / "everyone", ROOT)
    print(tr("JupyterLab is starting. Ctrl-C here stops it."), flush=True)
    if not (sys.stdin and sys.stdin.isatty()):   # there, Jupyter leaves SIGINT to chance, but obeys SIGTERM
        signal.signal(signal.SIGINT, lambda *_: signal.raise_signal(signal.SIGTERM))
    from jupyter_core.paths import jupyter_config_dir
    from jupyterlab.labapp import LabApp

    styles = [str(SETTINGS / "everyone" / "custom"), os.path.join(jupyter_config_dir(), "custom")]
    LabApp.launch_instance([
        f"--ServerApp.root_dir={folder}",
        "--LabApp.custom_css=True", f"--ServerApp.tornado_settings={{'static_custom_path': {styles!r}}}",
        f"--LabApp.default_url={address}",
        *([f"--LabApp.workspaces_dir={workspaces}"] if workspaces else []),
        f"--ServerApp.open_browser={not options.no_browser}",
        *([f"--ServerApp.port={options.port}", "--ServerApp.port_retries=0"] if options.port else []),
        "--ServerApp.allow_root=True",    # in a container everybody is root; it listens on this machine only
        "--ServerApp.answer_yes=True",    # one Ctrl-C is enough
        "--KernelManager.transport_encryption=auto",   # or every kernel warns in the terminal
        "--Application.log_level=ERROR",   # the address is printed at every level
    ])
    return 0


def is_taken(port: int) -> bool:
    """Does anything answer on this port of this machine?"""
    with socket.socket() as probe:
        if os.name != "nt":   # a port that was just given up is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
