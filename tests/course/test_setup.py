"""`python course` on a fresh clone: what it makes, what it mends, and what it says when it can do neither.

Most tests set up a toy: this project's set-up files around a package without dependencies, whose build backend
needs no package index. The last part sets up a true copy of this project, once, and starts JupyterLab in it.
"""

import ast
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.course.servers import jupyterlab, plain, wait_for

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "course" / "__main__.py"
PYTHON = getattr(sys, "_base_executable", sys.executable)   # what somebody has before there is a .venv

pytestmark = pytest.mark.slow
CLOSED = "http://127.0.0.1:9/simple"   # nothing listens on the discard port
BACKEND = '''
import os, time, zipfile
INFO = "toy-1.dist-info/"
def build_editable(folder, config_settings=None, metadata_directory=None):
    if os.path.exists("slow"):
        open("slow", "w").write("building")
        time.sleep(60)
    with zipfile.ZipFile(os.path.join(folder, "toy-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("toy.pth", os.getcwd())
        wheel.writestr("toy_data/__init__.py", "")
        wheel.writestr(INFO + "METADATA", "Metadata-Version: 2.1\\nName: toy\\nVersion: 1\\nProvides-Extra: test\\n"
                       + open("needs").read())
        wheel.writestr(INFO + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(INFO + "RECORD", "")
    return "toy-1-py3-none-any.whl"
'''


def run(root, *arguments, python=PYTHON, cwd="/", timeout=600, **environment):
    """`python course …` as somebody types it: (exit code, everything it said). A traceback is never right."""
    told = subprocess.run([python, str(root / "course"), *arguments], cwd=cwd, text=True, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=plain(environment))
    assert "Traceback" not in told.stdout, told.stdout
    return told.returncode, told.stdout


def make_toy(root):
    for room in ("authoring", "learning"):
        (root / "course" / room).mkdir(parents=True)
    for name in ("__init__.py", "__main__.py", "cli.py", "places.py", "authoring/__init__.py", "authoring/testing.py",
                 "learning/__init__.py", "learning/front.py", "learning/lab.py", "learning/workspace.py",
                 "plaintext.py", "words.py"):
        shutil.copy(ROOT / "course" / name, root / "course" / name)
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "toy"\nversion = "1"\ndynamic = ["dependencies", "optional-dependencies"]\n')
    (root / "constraints.txt").write_text("")
    (root / "needs").write_text("")
    (root / "backend.py").write_text(BACKEND)
    (root / "exercises" / "01_toy").mkdir(parents=True)
    (root / "exercises" / "01_toy" / "toy.ipynb").write_text("an exercise")
    return root


@pytest.fixture
def toy(tmp_path):
    """A toy that is not set up."""
    return make_toy(tmp_path / "mon cours été")


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """A toy whose first starts found no package index, and one that mended it: (folder, what the starts told).

    The pip that its constraints ask for is nowhere to be had: then the one that came with Python does."""
    root = make_toy(tmp_path_factory.mktemp("ready") / "mon cours été")
    (root / "constraints.txt").write_text("pip==999\n")
    only_this = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
    (root / "needs").write_text("Requires-Dist: a-package-that-is-nowhere\n")
    told = [run(root, "setup", **only_this, **settings)
            for settings in ({"PIP_INDEX_URL": CLOSED, "PIP_RETRIES": "0"}, {"PIP_NO_INDEX": "1"})]
    (root / "needs").write_text("")
    return root, [*told, run(root, "setup", **only_this, PIP_NO_INDEX="1")]


@pytest.fixture(scope="module")
def ready(offline):
    """A toy that is set up, in a folder whose name has spaces and accents. Tests leave it as they find it."""
    root, (*_, (code, said)) = offline
    assert code == 0, said
    return root


@pytest.fixture
def main(ready):
    """The module course/__main__.py of the toy that is set up."""
    spec = importlib.util.spec_from_file_location("toy_main", ready / "course" / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert str(ready) == module.ROOT
    return module


# ---- old Pythons

def started_by(python, *before):
    """Start course/__main__.py, after some lines that change the interpreter it finds."""
    code = "\n".join([*before, "import runpy, sys", f"sys.argv = [{str(MAIN)!r}, 'setup']",
                      f"runpy.run_path({str(MAIN)!r}, run_name='__main__')"])
    told = subprocess.run([python, "-c", code], cwd="/", text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert "Traceback" not in told.stdout, told.stdout
    return told.returncode, told.stdout


def test_each_version_that_is_fixed_runs_on_the_oldest_python_that_is_allowed():
    """Debian 12 has Python 3.11.2; with one version that asks for 3.11.5, pip looks for another set without an end."""
    found = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    here = {canonicalize_name(each.metadata["Name"]): each.metadata for each in metadata.distributions()}
    asked = {name: here[name]["Requires-Python"] for name in found if name in here}
    assert len(asked) > 80
    assert {name: python for name, python in asked.items() if python and "3.11.0" not in SpecifierSet(python)} == {}


def test_what_pip_says_is_kept_whatever_the_systems_encoding(tmp_path):
    """On Windows it is that of a region: a traceback would stand where pip's own words are told."""
    (tmp_path / "constraints.txt").write_text("")
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import course.__main__ as main; main.VENV = sys.argv[2]\n"
            "main.DECLARED = ['', sys.argv[2] + '/constraints.txt']; main.write_state = print\n"
            "main.run = lambda command, **options: (1, ['J\\ufffdrgen']); main.install([], {})")
    told = subprocess.run([sys.executable, "-c", code, str(ROOT), str(tmp_path)], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert told.returncode == 1 and "pip could not install what the course needs" in told.stderr, told.stderr
    assert (tmp_path / "pip.log").read_text("utf-8") == "J\ufffdrgen"


def test_an_old_python_is_told_what_to_do():
    code, said = started_by(PYTHON, "import sys", "sys.version_info = (3, 6, 15, 'final', 0)")
    assert code == 1
    assert said.startswith("This course needs Python 3.11 or newer, and this is Python 3.6 (")
    assert "python3.11 course" in said


def test_main_has_nothing_that_python_2_cannot_read():
    """A walk over its grammar, since no old Python need be here."""
    tree = ast.parse(MAIN.read_text(), feature_version=(3, 4))
    new = (ast.JoinedStr, ast.AnnAssign, ast.AsyncFunctionDef, ast.Await, ast.Nonlocal, ast.Starred,
           ast.YieldFrom, ast.NamedExpr, ast.MatMult)
    found = [node for node in ast.walk(tree) if isinstance(node, new)]
    in_calls = [node for call in ast.walk(tree) if isinstance(call, ast.Call) for node in call.args[-1:]]
    assert [node.lineno for node in found if node not in in_calls] == []
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            assert not function.args.kwonlyargs and not function.args.posonlyargs and function.returns is None
            assert all(argument.annotation is None for argument in function.args.args)
        if isinstance(function, ast.Raise):
            assert function.cause is None
    MAIN.read_text().encode("ascii")   # no declared encoding


def test_the_old_pythons_that_are_here_agree():
    """Whatever old interpreters this machine has; the two tests above hold where it has none."""
    folders = [*os.environ["PATH"].split(os.pathsep), *map(str, Path.home().glob(".pyenv/versions/*/bin"))]
    names = ("python2.7", *(f"python3.{minor}" for minor in range(4, 11)))
    old = [path for folder in folders for name in names if (path := Path(folder, name)).exists()]
    old = [path for path in old if "shims" not in path.parts]   # pyenv's answer for interpreters that are off
    told = {str(path): run(ROOT, "setup", python=path) for path in old}
    assert {path: code for path, (code, _) in told.items() if code != 1} == {}
    assert all("This course needs Python 3.11 or newer" in said for _, said in told.values())


# ---- a first set-up

def test_a_first_start_makes_everything(ready):
    assert (ready / "work" / "exercises" / "01_toy" / "toy.ipynb").read_text() == "an exercise"
    state = json.loads((ready / ".venv" / "set_up.json").read_text())
    assert state["extras"] == []
    assert {"pip", "toy.pth", "toy_data"} <= set(state["packages"])


@pytest.mark.parametrize("cwd", ["/", "."])
def test_a_second_start_installs_nothing(ready, cwd):
    before = (ready / ".venv" / "set_up.json").stat().st_mtime_ns
    code, said = run(ready, "setup", cwd=ready if cwd == "." else cwd, PIP_INDEX_URL=CLOSED, PIP_NO_INDEX="1")
    assert (code, said) == (0, "")
    assert (ready / ".venv" / "set_up.json").stat().st_mtime_ns == before


def test_commands_run_in_the_environment(ready):
    """Told by what is missing in the toy's: nbgrader."""
    code, said = run(ready, "test")
    assert code == 1
    assert "pytest is missing" in said


def test_a_folder_called_course_is_no_trouble(ready, tmp_path):
    """Somebody clones into a folder `course` and starts `python course/course` above it."""
    (tmp_path / "course").symlink_to(ready)
    code, said = run(tmp_path / "course", "setup", cwd=tmp_path)
    assert (code, said) == (0, "")


def test_help_and_typing_mistakes_need_no_set_up(toy):
    assert run(toy, "--help")[0] == 0
    code, said = run(toy, "tset")
    assert (code, said.splitlines()[0]) == (2, "There is no command 'tset' here. Did you mean `test`?")
    code, said = run(toy, "--prot", "80")
    assert (code, "there is no option '--prot'" in said) == (2, True)
    assert not (toy / ".venv").exists()


def test_without_ensurepip_the_missing_package_is_named(toy):
    """As on Debian without python3-venv."""
    main = toy / "course" / "__main__.py"
    code = (f"import sys, runpy; sys.modules['ensurepip'] = None; sys.argv = [{str(main)!r}, 'setup']; "
            f"runpy.run_path({str(main)!r}, run_name='__main__')")
    told = subprocess.run([PYTHON, "-c", code], cwd="/", capture_output=True, text=True)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "its module ensurepip is missing" in told.stderr
    assert "sudo apt install python{}.{}-venv".format(*sys.version_info) in told.stderr


def test_a_project_folder_that_cannot_hold_an_environment_is_told(toy):
    (toy / ".venv").write_text("a file")
    code, said = run(toy, "setup")
    assert code == 1
    assert f"could not make the virtual environment {toy / '.venv'}" in said


def test_without_a_network_the_cause_is_told_and_the_next_start_mends_it(offline):
    _, (*failed, mended) = offline
    for code, said in failed:
        assert code == 1
        assert "pip could not install what the course needs" in said
        assert "a-package-that-is-nowhere" in said
        assert "look at the network connection" in said
    assert mended[0] == 0, mended[1]


# ---- mending

def test_what_is_wrong_is_told_apart(main, monkeypatch, tmp_path):
    version = main.version_of(main.PYTHON)
    state = main.read_state()
    assert version == sys.version_info[:2]
    assert main.what_is_wrong(version, state) is None
    assert main.what_is_wrong(version, {}) is None   # somebody's own .venv: pip will see to it
    assert "has no Python that runs" in main.what_is_wrong(None, state)
    assert "has Python 3.10" in main.what_is_wrong((3, 10), state)
    assert "was broken off" in main.what_is_wrong(version, {"unfinished": True})
    lost = {**state, "packages": [*state["packages"], "numpy"]}
    assert main.what_is_wrong(version, lost) == "The environment .venv has lost numpy"
    monkeypatch.setattr(main, "VENV", str(tmp_path))
    assert main.what_is_wrong(version, {}) == "The environment .venv has no pip"


@pytest.mark.parametrize("text, state", [
    ("", {"unfinished": True}), ('{"extras": [', {"unfinished": True}), ("3", {"unfinished": True}),
    ('{"extras": []}', {"extras": []}), (None, {}),
])
def test_a_damaged_record_means_unfinished(main, monkeypatch, tmp_path, text, state):
    monkeypatch.setattr(main, "STATE", str(tmp_path / "set_up.json"))
    if text is not None:
        (tmp_path / "set_up.json").write_text(text)
    assert main.read_state() == state


@pytest.mark.parametrize("broken", ["no file", "a removed interpreter", "no program"])
def test_an_interpreter_that_does_not_run_has_no_version(main, tmp_path, broken):
    python = tmp_path / "python"
    if broken == "a removed interpreter":
        python.symlink_to(tmp_path / "gone" / "python")
    if broken == "no program":
        python.write_text("#!/bin/false\n")
        python.chmod(0o755)
    assert main.version_of(str(python)) is None


def test_the_fingerprint_knows_versions_place_and_python(main, monkeypatch, tmp_path):
    seen = {main.fingerprint((3, 11)), main.fingerprint((3, 12))}
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("numpy==2.4.6\n")
    monkeypatch.setattr(main, "DECLARED", [main.DECLARED[0], str(constraints)])
    seen.add(main.fingerprint((3, 11)))
    monkeypatch.setattr(main, "ROOT", "/elsewhere")
    seen.add(main.fingerprint((3, 11)))
    assert len(seen) == 4
    assert main.fingerprint((3, 11)) in seen


def test_a_change_in_what_is_declared_is_installed_in_place(ready):
    (ready / ".venv" / "kept").write_text("")
    (ready / "constraints.txt").write_text("# changed\n")
    code, said = run(ready, "setup")
    assert code == 0
    assert "Installing" in said and "Making the environment" not in said
    assert (ready / ".venv" / "kept").exists()


def test_an_update_that_fails_leaves_the_environment_and_is_tried_again(ready):
    before = (ready / ".venv" / "set_up.json").read_text()
    (ready / "constraints.txt").write_text("# changed again\n")
    (ready / "needs").write_text("Requires-Dist: a-package-that-is-nowhere\n")
    code, said = run(ready, "setup", PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull)
    assert (code, "pip could not install" in said) == (1, True)
    assert (ready / ".venv" / "set_up.json").read_text() == before
    (ready / "needs").write_text("")
    code, said = run(ready, "setup")
    assert code == 0
    assert "Installing" in said and "Making the environment" not in said


def test_a_broken_environment_is_made_anew(ready, main):
    """Of what is lost, the interpreter is missed first. (Making it anew takes seconds: one time for both.)"""
    version = main.version_of(main.PYTHON)
    shutil.rmtree(next((ready / ".venv" / "lib").glob("python*/site-packages/toy_data")))
    assert main.what_is_wrong(version, main.read_state()) == "The environment .venv has lost toy_data"
    for python in (ready / ".venv" / "bin").glob("python*"):
        python.unlink()
        python.symlink_to("/nowhere/python")
    code, said = run(ready, "setup")
    assert code == 0, said
    assert said.startswith("The environment .venv has no Python that runs; making it anew.")
    assert main.what_is_wrong(version, main.read_state()) is None
    assert run(ready, "setup") == (0, "")


def as_from_a_terminal():
    """Ctrl-C is heard, even where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def break_off(root, how):
    """Send a signal to a set-up while pip is at work."""
    slow, log = root / "slow", root / "log"
    slow.write_text("")
    (root / "constraints.txt").write_text(f"# broken off by {how}\n")
    with log.open("w") as out:
        first = subprocess.Popen([PYTHON, str(root / "course"), "setup"], stdout=out, stderr=out,
                                 start_new_session=True, env=plain(), preexec_fn=as_from_a_terminal)
    wait_for(lambda: slow.read_text() == "building" or first.poll() is not None)
    os.killpg(first.pid, how)   # as a terminal does: pip gets it too
    assert first.wait(30) == (130 if how == signal.SIGINT else -how), log.read_text()
    assert "Traceback" not in log.read_text()
    slow.unlink()
    return log.read_text()


def test_an_installation_that_is_broken_off_is_mended_by_the_next_start(ready):
    """Ctrl-C breaks off an update, and a kill the start that would have made everything anew."""
    assert "making it anew" not in break_off(ready, signal.SIGINT)
    anew = "The last installation into .venv was broken off; making it anew."
    assert break_off(ready, signal.SIGKILL).startswith(anew)
    code, said = run(ready, "setup")
    assert code == 0, said
    assert said.startswith(anew)
    assert run(ready, "setup") == (0, "")


def test_a_second_set_up_waits_for_the_first(main):
    with main.one_at_a_time():
        second = subprocess.Popen([PYTHON, str(Path(main.ROOT) / "course"), "setup"], stderr=subprocess.PIPE,
                                  text=True, env=plain())
        assert second.stderr.readline().startswith("Another set-up is at work in this folder")
        assert second.poll() is None
    assert second.wait(60) == 0
    second.stderr.close()


# ---- the project itself, from a clean copy to JupyterLab

def wheels(folder):
    """The packages of constraints.txt that are installed here, as wheels again, and a setuptools to build with.

    pip chooses among them as it would on an index, whose pages take it a minute to read.
    """
    fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), "setuptools>=77"]
    told = subprocess.run(fetch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert told.returncode == 0, told.stdout
    names = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    for package in metadata.distributions():
        if re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower() in names:
            (info,) = {file.parts[0] for file in package.files if file.parts[0].endswith(".dist-info")}
            tags = re.findall(r"^Tag: (\S+)-(\S+)-(\S+)", package.read_text("WHEEL"), re.MULTILINE)
            tag = "-".join(".".join(dict.fromkeys(parts)) for parts in zip(*tags, strict=True))
            with zipfile.ZipFile(folder / f"{info.removesuffix('.dist-info')}-{tag}.whl", "w") as wheel:
                for file in package.files:
                    up = [part for part in file.parts if part == ".."]
                    inside = "/".join(file.parts[len(up):])
                    if up and inside.startswith(("etc/", "share/")):
                        wheel.write(file.locate(), f"{info.removesuffix('.dist-info')}.data/data/{inside}")
                    elif not up and file.name not in ("INSTALLER", "REQUESTED") and "__pycache__" not in file.parts:
                        wheel.write(file.locate(), inside)
    return folder


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of what this project tracks or would track, set up. (.ci/run sets the project up from an index.)"""
    root = tmp_path_factory.mktemp("clone") / "Le cours d'été"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", "work", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "gradebook.db*",
        "submitted", "autograded", "feedback", "exchange", "benchmarks", "build")
    shutil.copytree(ROOT, root, ignore=left_out)
    found = wheels(tmp_path_factory.mktemp("wheels"))
    code, said = run(root, "setup", timeout=1200, PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1",
                     PIP_FIND_LINKS=found.as_uri(), PIP_COMPILE="0")    # half of what is installed is never imported
    assert code == 0, said
    shutil.rmtree(found)
    assert f"pip=={version_of_pip(root)}\n" in (ROOT / "constraints.txt").read_text()
    return root


def version_of_pip(root):
    ask = "from importlib.metadata import version; print(version('pip'))"
    return subprocess.check_output([root / ".venv/bin/python", "-c", ask], text=True).strip()


def test_learners_get_the_first_lesson_and_no_clutter(clone, tmp_path):
    with jupyterlab(tmp_path, PYTHON, clone / "course") as get:
        assert get.opens == "/lab/workspaces/backprop/tree/lessons/00_start_here.ipynb"
        lesson = json.loads(get("api/contents/lessons/00_start_here.ipynb"))
        assert lesson["content"]["cells"]
        assert {entry["name"] for entry in json.loads(get("api/contents/"))["content"]} == {
            "Course.md", "exercises", "lessons"}

        news = json.loads(get("lab/api/settings/@jupyterlab/apputils-extension:notification"))["schema"]["properties"]
        assert (news["fetchNews"]["default"], news["checkForUpdates"]["default"]) == ("false", False)
        page = get("lab")
        assert '"@jupyter/nbgrader:formgrader"' in page.partition('"disabledExtensions"')[2].partition("]")[0]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get("formgrader")

        exercise = next((clone / "exercises").glob("*/*.ipynb")).relative_to(clone).as_posix()
        validated = json.loads(get("assignments/validate", {"path": exercise}))
        assert validated["success"], validated["value"]
        assert "WARNING" not in get.log().partition("token=")[0]


def test_instructors_get_formgrader_without_warnings(clone, tmp_path):
    with jupyterlab(tmp_path, PYTHON, clone / "course", "teach") as get:
        page = get("formgrader/manage_assignments")
        assert "alert-warning" not in page and "alert-danger" not in page
        assert "backprop" in page   # the configuration that is in force
        known = {entry["name"] for entry in json.loads(get("formgrader/api/assignments"))}
        assert known == {folder.name for folder in (clone / "solutions").iterdir() if folder.is_dir()}
        assert json.loads(get("api/contents/README.md"))["type"] == "file"   # jupytext is not in the way
        assert "ERROR" not in get.log()


def test_nbgrader_passes_through_from_any_folder(clone, tmp_path):
    assert run(clone, "nbgrader", "db", "student", "add", "ada", cwd=tmp_path)[0] == 0
    assert "ada" in run(clone, "nbgrader", "db", "student", "list", cwd=tmp_path)[1]
    assert (clone / "gradebook.db").exists()
    assert list(tmp_path.iterdir()) == []


# ---- it shows that it is alive

PIP = ["Obtaining file:///somewhere", "Collecting alembic==1.20.1 (from -c constraints.txt)", "  Using cached",
       "Collecting anyio[trio]>=4 (from -c constraints.txt)"]


@pytest.mark.parametrize(("said", "told"), [
    ([], "starting"), (PIP[:1], "Obtaining file:///somewhere"), (PIP[:2], "package 1 of about 120: alembic"),
    (PIP, "package 2 of about 120: anyio"),
    ([*PIP, "Installing collected packages: alembic, anyio"], "writing 2 packages into .venv")])
def test_how_far_pip_is(said, told, monkeypatch):
    from course import __main__ as main

    monkeypatch.setattr(main, "about_how_many", lambda: 120)
    assert main.how_far(said) == told


def test_on_a_terminal_the_newest_state_stands_in_place(monkeypatch, capsys):
    from course import __main__ as main

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    code, said = main.run([sys.executable, "-c", "import time; print('Collecting a', flush=True); time.sleep(1.2)"])
    assert (code, said) == (0, ["Collecting a"])
    shown = capsys.readouterr().err
    assert "package 1 of about" in shown
    assert shown.endswith("\r\x1b[K")                       # nothing of it stays


def test_how_many_packages_there_are_is_counted():
    from course import __main__ as main

    assert main.about_how_many() > 100
