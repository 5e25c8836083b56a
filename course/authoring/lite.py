"""The course in the browser: JupyterLite with Pyodide, where lessons and exercises run with nothing installed.

The course comes to a kernel by the lock file that Pyodide loads as it starts. Pyodide itself, numpy and matplotlib come
from Pyodide's own distribution; or, `offline`, everything lies beside the page. npm has Pyodide without its packages:
those that are compiled are found within a package of PyPI that ships them, the others are PyPI's own.
"""

import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from course import __version__
from course.places import DATA, EXERCISES, LESSONS, ROOT
from course.words import ENGLISH, languages, later, speaking, tr, translated

NEEDS = ("jupyterlite_core", "jupyterlite_pyodide_kernel")
SHIPS_COMPILED = "open-webui==0.12.4"       # its wheel holds Pyodide's builds of numpy and matplotlib, untouched
KERNEL = "@jupyterlite/pyodide-kernel-extension"
SETTINGS = DATA / "jupyter" / "everyone" / "labconfig" / "default_setting_overrides.json"
EXTENSIONS = (KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget", "jupyterlab_pygments")
# What a kernel holds as it starts: the course, plots, widgets, and what JupyterLite would install else.
LOADED = ("backprop-course", "matplotlib", "micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi",
          "ipython")
# What the lock of Pyodide's own packages does not know, and what each of these needs there.
ADDED = {
    "backprop-course": ["numpy", "msgpack", "anywidget"],
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "ipywidgets": ["comm", "ipython", "traitlets", "widgetsnbextension"],
    "psygnal": [], "comm": [], "ipython-pygments-lexers": ["pygments"],
    "piplite": ["micropip"], "ipykernel": [], "widgetsnbextension": [], "pyodide-kernel": ["ipykernel", "ipython"],
}
FROM_PYPI = ("anywidget", "ipywidgets", "psygnal", "comm", "ipython-pygments-lexers")
# A paragraph that speaks of nbgrader's button or of a terminal, and what it says where there are none.
INSTEAD = {
    "Press **Validate** above the notebook. When it says *Success!*, save the notebook and hand it in where your "
    "instructor has told you to: in a terminal, `python course submit` makes the file for it. `python course progress` "
    "shows what comes next.": later(
        "Press ⏩ above the notebook: it restarts everything and runs it from the top. When every graded cell gives "
        "all its points, hand the notebook in where your instructor has told you to: right-click on its name in the "
        "list on the left, *Download*, gives you the file. [Progress](../progress.ipynb) shows what comes next."),
    "Press **Validate** above the notebook. It restarts everything from the top, runs the graded cells, and says "
    "which of them do not pass yet. When it says *Success!*, you are done: your instructor tells you where to hand "
    "the notebook in.": later(
        "Press ⏩ above the notebook: it restarts everything and runs it from the top. When every graded cell gives "
        "all its points, you are done. Right-click on the notebook's name in the list on the left, *Download*: that "
        "file is what you hand in. Until then your work is kept in this browser, and nowhere else."),
    "3. Press **Validate** above the notebook. It restarts the notebook and runs it from the top, as the grader will.":
        later("3. Press ⏩ above the notebook. It restarts the notebook and runs it from the top, as the grader will."),
    "4. Save, and hand the notebook in where your instructor has told you to. In a terminal, `python course submit` "
    "makes the file for it, and `python course progress` shows what comes next.": later(
        "4. Save, and hand the notebook in where your instructor has told you to. Right-click on its name in the list "
        "on the left, *Download*, gives you the file. Your work is kept in this browser, and nowhere else. "
        "[Progress](../progress.ipynb) shows what comes next."),
    "You find such a cell at the end of many sections. It gives no points. `python course progress` shows what went "
    "well, and `practice()` alone asks for what comes next.": later(
        "You find such a cell at the end of many sections. It gives no points. [Progress](../progress.ipynb) shows "
        "what went well, and `practice()` alone asks for what comes next."),
    "`check(f)` shows a first case of each exercise; the graded cells try graphs of all kinds, up to a chain of 5,000 "
    "nodes. Recursion does not reach that deep: keep lists of your own.": later(
        "`check(f)` shows a first case of each exercise; the graded cells try graphs of all kinds, up to a chain of "
        "5,000 nodes; here, in a browser, of 1,200, since Python frees a chain there by recursion. Yours does not "
        "reach that deep: keep lists of your own."),
    "You don't need PyTorch for this assignment, and neither does the grader: it compares with values that PyTorch "
    "2.13.0 gave. If PyTorch is installed, it is asked live as well. `python course setup torch` installs it.": later(
        "You don't need PyTorch for this assignment, and neither does the grader: it compares with values that PyTorch "
        "2.13.0 gave. Where PyTorch is installed, it is asked live as well; it does not run in a browser."),
}
PARAGRAPH = re.compile(r"(\n[ \t]*\n|\n(?=\d+\. |- ))")
TERMINAL = re.compile(r"\*\*Validate|python course|pip install|in a terminal", re.IGNORECASE)
PROGRESS = (("markdown", later("# Progress\n\nRun the cell below. It reads the exercises that you have saved in this "
                               "browser, checks them as the grader will, and says what comes next.")),
            ("code", "from course.learning.progress import in_browser\n\nin_browser()"))
# Of the course, what a browser can't run (it has no processes) or nobody asks for there.
LEFT_OUT = ("authoring", "grading", "teaching", "sources", "lessons", "exercises", "__main__.py", "cli.py")


def build(output: Path, work: Path, offline: bool = False) -> None:
    """Write the page into the folder `output`; what is fetched is kept in `work`."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    pyodide = from_npm(f"pyodide@{PYODIDE_VERSION}", work)
    with tempfile.TemporaryDirectory() as made:
        wheels, source = fresh(Path(made, "pyodide")), fresh(Path(made, "source"))
        distribution = None if offline else f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE_VERSION}/full/"
        theirs = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))
        packages = collect(wheels, theirs["packages"], work, distribution)
        (wheels / "pyodide-lock.json").write_text(json.dumps({"info": theirs["info"], "packages": packages}))
        lay_out(source / "files")
        shutil.copy(SETTINGS, source / "overrides.json")
        (source / "jupyter_lite_config.json").write_text(json.dumps(config(output)))
        (source / "jupyter-lite.json").write_text(json.dumps(page(distribution)))
        shutil.rmtree(output, ignore_errors=True)
        told = subprocess.run([sys.executable, "-m", "jupyterlite_core", "build"], cwd=source, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if told.returncode:
            raise RuntimeError(f"JupyterLite was not built:\n{told.stdout[-2000:]}")
        shutil.copytree(wheels, output / "pyodide")
    for name in languages():
        if name != ENGLISH:
            lab_in(name, output / "lab")
    if offline:
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
            shutil.copy(pyodide / name, output / "pyodide")


def collect(wheels: Path, theirs: dict[str, dict], work: Path, distribution: str | None) -> dict[str, dict]:
    """Lay wheels into a folder; the packages of the lock that stands beside them.

    theirs        the packages of Pyodide's own lock
    distribution  the address of its wheels; None where these lie in the folder, too
    """
    for path in (*from_pypi([pinned(name) for name in FROM_PYPI], work), *kernels()):
        shutil.copy(path, wheels)
    named_by_content(pack("backprop-course", __version__, ROOT, code(), wheels))
    added = {name: entry(path, ADDED[name]) for path in wheels.glob("*.whl") if (name := called(path)) in ADDED}
    packages = theirs | added
    packages["ipython"]["depends"].append("ipython-pygments-lexers")
    packages = {name: packages[name] for name in needed(LOADED, packages)}
    rest = [name for name in packages if name not in added]
    if distribution is None:
        for path in beside({name: packages[name]["version"] for name in rest}, wheels, work):
            packages[called(path)] = entry(path, packages[called(path)]["depends"])
    else:
        for name in rest:
            packages[name]["file_name"] = distribution + packages[name]["file_name"]
    return packages


def lay_out(folder: Path) -> None:
    """Lessons, exercises and what stands beside them, as the browser shows them; of another language in a folder of its
    name, such as zh_CN/, by which a kernel knows what to speak."""
    said = set()
    for name in languages():
        with speaking(name):
            lay_out_language(folder if name == ENGLISH else folder / name, said)
    if said != INSTEAD.keys():
        raise ValueError(f"no notebook says this any more: {[text for text in INSTEAD if text not in said]}")


def lay_out_language(folder: Path, said: set[str]) -> None:
    """The same in the language in force; what was said otherwise is added to `said`."""
    for under, originals in (("lessons", LESSONS), ("exercises", EXERCISES)):
        for original in sorted(originals.rglob("*")):
            place = original.relative_to(originals)
            if not original.is_file() or any(part.startswith(".") for part in place.parts):
                continue
            laid = folder / under / place
            laid.parent.mkdir(parents=True, exist_ok=True)
            if original.suffix != ".ipynb":
                shutil.copy(original, laid)
                continue
            notebook = json.loads(translated(original, under).read_text("utf-8"))
            english = {cell["id"]: "".join(cell["source"]) for cell in json.loads(original.read_text("utf-8"))["cells"]}
            for cell in notebook["cells"]:
                text = "".join(cell["source"])
                if cell["cell_type"] == "markdown":
                    text = instead(text, english[cell["id"]], said)
                    text = text.replace("(../progress.ipynb)", f"({'../' * len(place.parts)}progress.ipynb)")
                if TERMINAL.search(text):
                    raise ValueError(f"{original.name}: what is this to a reader in the browser? {text!r}")
                cell["source"] = text
            laid.write_text(json.dumps(notebook, ensure_ascii=False), "utf-8")
    cells = [{"cell_type": "code", "id": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
             if kind == "code" else {"cell_type": kind, "id": kind, "metadata": {}, "source": tr(text)}
             for kind, text in PROGRESS]
    metadata = {"language_info": {"name": "python"}}        # a kernel is found by it; without, the reader is asked
    (folder / "progress.ipynb").write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4,
                                                       "nbformat_minor": 5}), "utf-8")


def instead(text: str, english: str, said: set[str]) -> str:
    """A text with what a browser has in the place of what it has not, paragraph by paragraph as in its English."""
    here, there = PARAGRAPH.split(text), PARAGRAPH.split(english)
    for k, paragraph in enumerate(there):
        plain = " ".join(paragraph.split())
        if plain in INSTEAD and len(here) == len(there):
            said.add(plain)
            here[k] = tr(INSTEAD[plain])
    return "".join(here)


def config(output: Path) -> dict:
    """How JupyterLite is built: of the extensions that stand here, those that a browser can use."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    return {"LiteBuildConfig": {"contents": ["files"], "output_dir": str(output), "apps": ["lab"],
                                "no_sourcemaps": True, "no_unused_shared_packages": True,
                                "ignore_sys_prefix": ["federated_extensions"],
                                "federated_extensions": [str(folder / name) for name in EXTENSIONS]}}


def page(pyodide: str | None) -> dict:
    """How the page starts: with Pyodide from this address, or from beside the page."""
    kernel = {"pyodideUrl": f"{pyodide or './pyodide/'}pyodide.mjs", "disablePyPIFallback": True,
              "loadPyodideOptions": {"lockFileURL": "./pyodide/pyodide-lock.json", "packages": list(LOADED)}}
    # the last, or nothing opens in a browser that is told to keep no data
    storage = {f"{what}StorageDrivers": ["asyncStorage", "localStorageWrapper", "memoryStorageDriver"]
               for what in ("contents", "settings", "workspaces")}
    return {"jupyter-lite-schema-version": 0,
            "jupyter-config-data": {"appName": "Backpropagation", "exposeAppInBrowser": True,
                                    "enableMemoryStorage": True, **storage,
                                    "litePluginSettings": {f"{KERNEL}:kernel": kernel}}}


def lab_in(name: str, lab: Path) -> None:
    """JupyterLab once more, in the folder of a language, with menus in it: lab/zh_CN/. It has the same notebooks,
    and what JupyterLite says comes from the language pack that is installed here."""
    folder = lab / name
    folder.mkdir()
    text = (lab / "index.html").read_text("utf-8")
    (folder / "index.html").write_text(re.sub(r"""(["'])\.\.(?=[/"'])""", r"\1../..", text), "utf-8")
    settings = json.loads((lab / "jupyter-lite.json").read_text("utf-8"))
    own = settings["jupyter-config-data"]
    own["settingsUrl"] = f"../{own['settingsUrl']}"
    own["settingsOverrides"] = {"@jupyterlab/translation-extension:plugin": {"locale": name}}
    (folder / "jupyter-lite.json").write_text(json.dumps(settings), "utf-8")
    shutil.copy(lab / "jupyter-lite.ipynb", folder)     # or each start asks for it in vain


def code() -> Iterable[Path]:
    """The course's files that a kernel in the browser needs."""
    for package in ("autodiff", "course"):
        for path in sorted((ROOT / package).rglob("*")):
            parts = path.relative_to(ROOT / package).parts
            if parts[0] == "translations" and not re.match(r"LC_MESSAGES|labels\.", "".join(parts[2:3])):
                continue        # catalogues, and notebooks
            if path.is_file() and parts[0] not in LEFT_OUT and "__pycache__" not in parts:
                yield path


def pack(name: str, version: str, root: Path, files: Iterable[Path], folder: Path) -> Path:
    """A wheel of pure Python out of files below root: the same bytes for the same files."""
    stem = f"{name.replace('-', '_')}-{version}"
    about = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "RECORD": "",
             "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as zf:
        for path in files:
            zf.writestr(zipfile.ZipInfo(path.relative_to(root).as_posix()), path.read_bytes(), zipfile.ZIP_DEFLATED)
        for file, text in about.items():
            zf.writestr(zipfile.ZipInfo(f"{stem}.dist-info/{file}"), text)
    return folder / f"{stem}-py3-none-any.whl"


def named_by_content(wheel: Path) -> Path:
    """The wheel under a name of its own, by a build tag: one that a browser has kept is never taken for a newer one."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()[:8]
    return wheel.rename(wheel.with_name(wheel.name.replace("-py3-", f"-0{digest}-py3-")))


def called(wheel: Path) -> str:
    """The normalized name of what a wheel holds."""
    return re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower()


def entry(wheel: Path, depends: list[str]) -> dict:
    """What Pyodide's lock says of a wheel that lies beside it."""
    files = zipfile.ZipFile(wheel).namelist()
    imports = {file.split("/")[0].removesuffix(".py") for file in files
               if re.fullmatch(r"[A-Za-z]\w*(/__init__)?\.py", file)}
    return {"name": called(wheel), "version": wheel.name.split("-")[1], "file_name": wheel.name, "install_dir": "site",
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(), "package_type": "package",
            "imports": sorted(imports), "depends": depends, "unvendored_tests": False}


def needed(names: Iterable[str], packages: dict[str, dict]) -> list[str]:
    """These packages, and all that they need."""
    found, todo = [], list(names)
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name not in found:
            found.append(name)
            todo += packages[name]["depends"]
    return sorted(found)


def kernels() -> list[Path]:
    """The wheels that JupyterLite brings for its kernel."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / KERNEL / "static" / "pypi"
    return [path for path in folder.glob("*.whl") if not path.name.startswith("widgetsnbextension-3")]


def beside(versions: dict[str, str], wheels: Path, work: Path) -> list[Path]:
    """Wheels for Pyodide of its own packages, laid into a folder."""
    compiled = {called(path): path for path in shipped(work).glob("*.whl")}
    pure = {name for name in versions if name not in compiled} - {"msgpack"}
    found = [compiled[name] for name in versions if name in compiled]
    found += from_pypi([f"{name}=={versions[name]}" for name in pure], work)
    return [Path(shutil.copy(path, wheels)) for path in found] + [msgpack(wheels)] * ("msgpack" in versions)


def msgpack(folder: Path) -> Path:
    """msgpack in Python alone, as it runs where its compiled part is missing: there is no such wheel."""
    about = importlib.metadata.distribution("msgpack")
    files = [Path(str(file.locate())) for file in about.files or [] if file.match("msgpack/*.py")]
    return pack("msgpack", about.version, files[0].parents[1], files, folder)


def shipped(work: Path) -> Path:
    """The folder of the compiled wheels, taken out once."""
    folder = work / "compiled" / SHIPS_COMPILED
    if not folder.exists():
        part = fresh(work / "compiled" / "part")
        download([SHIPS_COMPILED], part, [])
        (archive,) = part.glob("*.whl")
        with zipfile.ZipFile(archive) as zf:
            for file in zf.namelist():
                if file.endswith(".whl"):
                    (part / Path(file).name).write_bytes(zf.read(file))
        archive.unlink()
        part.rename(folder)
    return folder


def from_npm(package: str, work: Path) -> Path:
    """The folder of a package of npm's, fetched once."""
    folder = work / "npm" / package
    if not folder.exists():
        part = fresh(work / "npm" / "part")
        subprocess.run(["npm", "pack", "--silent", package], cwd=part, check=True, text=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        (archive,) = part.glob("*.tgz")
        shutil.unpack_archive(archive, part, filter="data")
        (part / "package").rename(folder)
    return folder


def pinned(name: str) -> str:
    """A package in the version that the course was tested with, where one is fixed."""
    found = re.search(rf"^{name}==.*", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    return found[0] if found else name


def from_pypi(requirements: list[str], work: Path) -> list[Path]:
    """Wheels of pure Python, fetched once."""
    folder = work / "pypi" / hashlib.sha256(" ".join(sorted(requirements)).encode()).hexdigest()[:16]
    if not folder.exists():
        part = fresh(work / "pypi" / "part")
        download(requirements, part, ["--platform", "any", "--python-version", "3.14"])
        part.rename(folder)
    return sorted(folder.glob("*.whl"))


def download(requirements: list[str], folder: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    subprocess.run([*command, *options, *requirements], check=True, text=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def fresh(folder: Path) -> Path:
    """An empty folder in the place of whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
