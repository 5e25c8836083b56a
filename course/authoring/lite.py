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
import zipfile
from collections.abc import Iterable
from pathlib import Path

from course import __version__
from course.places import EXERCISES, LESSONS, ROOT

NEEDS = ("jupyterlite_core", "jupyterlite_pyodide_kernel")
SHIPS_COMPILED = "open-webui==0.12.4"       # its wheel holds Pyodide's builds of numpy and matplotlib, untouched
KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = (KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget", "jupyterlab_pygments")
# What a kernel holds as it starts: the course, plots, widgets, and what JupyterLite would install else.
LOADED = ("backprop-course", "matplotlib", "micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
# What the lock of Pyodide's own packages does not know, and what each of these needs there.
ADDED = {
    "backprop-course": ["numpy", "msgpack", "anywidget"],
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "ipywidgets": ["comm", "ipython", "traitlets", "widgetsnbextension"],
    "psygnal": [], "comm": [], "ipython-pygments-lexers": ["pygments"],
    "piplite": ["micropip"], "ipykernel": [], "widgetsnbextension": [], "pyodide-kernel": ["ipykernel", "ipython"],
}
FROM_PYPI = ("anywidget", "ipywidgets", "psygnal", "comm", "ipython-pygments-lexers")
# Of the course, what a browser can't run (it has no processes) or nobody asks for there.
LEFT_OUT = ("authoring", "grading", "teaching", "sources", "lessons", "exercises", "__main__.py", "cli.py")


def build(output: Path, work: Path, offline: bool = False) -> None:
    """Write the page into the folder `output`; what is fetched is kept in `work`."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    pyodide = from_npm(f"pyodide@{PYODIDE_VERSION}", work)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))
    extension = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / KERNEL
    wheels = fresh(work / "wheels")
    for name in FROM_PYPI:
        shutil.copy(from_pypi(name, work), wheels)
    for path in (extension / "static" / "pypi").glob("*.whl"):
        if "widgetsnbextension-3" not in path.name:
            shutil.copy(path, wheels)
    pack("backprop-course", __version__, ROOT, code(), wheels)
    added = {name: entry(path, ADDED[name]) for path in wheels.glob("*.whl") if (name := called(path))}
    if added.keys() != ADDED.keys():
        raise ValueError(f"the browser's lock and its wheels differ: {sorted(added.keys() ^ ADDED.keys())}")
    packages = {**lock["packages"], **added}
    packages["ipython"]["depends"].append("ipython-pygments-lexers")
    packages = {name: packages[name] for name in needed(LOADED, packages)}
    theirs = [name for name in packages if name not in added]
    where = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE_VERSION}/full/"
    if offline:
        for name in theirs:
            path = beside(name, packages[name]["version"], work)
            if wheels not in path.parents:
                shutil.copy(path, wheels)
            packages[name] = entry(wheels / path.name, packages[name]["depends"])
    else:
        for name in theirs:
            packages[name]["file_name"] = where + packages[name]["file_name"]
    lite = fresh(work / "lite")
    for name, folder in (("lessons", LESSONS), ("exercises", EXERCISES)):
        shutil.copytree(folder, lite / "files" / name, ignore=shutil.ignore_patterns(".*"))
    (lite / "jupyter_lite_config.json").write_text(json.dumps(config(output)))
    (lite / "jupyter-lite.json").write_text(json.dumps(page(None if offline else where)))
    shutil.rmtree(output, ignore_errors=True)
    told = subprocess.run([sys.executable, "-m", "jupyterlite_core", "build"], cwd=lite, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if told.returncode:
        raise RuntimeError(f"JupyterLite was not built:\n{told.stdout[-2000:]}")
    shutil.copytree(wheels, output / "pyodide")
    (output / "pyodide" / "pyodide-lock.json").write_text(json.dumps({"info": lock["info"], "packages": packages}))
    if offline:
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
            shutil.copy(pyodide / name, output / "pyodide")


def config(output: Path) -> dict:
    """How JupyterLite is built: of the extensions that stand here, those that a browser can use."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    return {"LiteBuildConfig": {"contents": ["files"], "output_dir": str(output), "apps": ["lab"], "no_sourcemaps": True,
                                "no_unused_shared_packages": True, "ignore_sys_prefix": ["federated_extensions"],
                                "federated_extensions": [str(folder / name) for name in EXTENSIONS]}}


def page(pyodide: str | None) -> dict:
    """How the page starts: with Pyodide from this address, or from beside the page."""
    kernel = {"pyodideUrl": f"{pyodide or './pyodide/'}pyodide.mjs", "disablePyPIFallback": True,
              "loadPyodideOptions": {"lockFileURL": "./pyodide/pyodide-lock.json", "packages": list(LOADED)}}
    return {"jupyter-lite-schema-version": 0,
            "jupyter-config-data": {"appName": "Backpropagation", "exposeAppInBrowser": True,
                                    "litePluginSettings": {f"{KERNEL}:kernel": kernel}}}


def code() -> Iterable[Path]:
    """The course's files that a kernel in the browser needs."""
    for package in ("autodiff", "course"):
        for path in sorted((ROOT / package).rglob("*")):
            parts = path.relative_to(ROOT / package).parts
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


def beside(name: str, version: str, work: Path) -> Path:
    """A wheel for Pyodide of one of its own packages, to lie beside the page."""
    if name == "msgpack":       # in Python alone, as it is where its compiled part is missing
        files = importlib.metadata.files(name) or []
        return pack(name, importlib.metadata.version(name), Path(str(files[0].locate())).parents[1],
                    [Path(str(file.locate())) for file in files if file.match("msgpack/*.py")], work / "wheels")
    compiled = {called(path): path for path in shipped(work).glob("*.whl")}
    return compiled[name] if name in compiled else from_pypi(f"{name}=={version}", work)


def shipped(work: Path) -> Path:
    """The folder of the compiled wheels, taken out once."""
    folder = work / "compiled" / SHIPS_COMPILED
    if not folder.exists():
        part = fresh(work / "compiled" / "part")
        archive = download(SHIPS_COMPILED, part, [])
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


def from_pypi(requirement: str, work: Path) -> Path:
    """A wheel of pure Python, fetched once: in the version asked for, or the one that the course was tested with."""
    if "==" not in requirement:
        pinned = re.search(rf"^{requirement}==.*", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
        requirement = pinned[0] if pinned else requirement
    folder = work / "pypi" / requirement
    if not folder.exists():
        part = fresh(work / "pypi" / "part")
        download(requirement, part, ["--platform", "any", "--python-version", "3.14"])
        part.rename(folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def download(requirement: str, folder: Path, options: list[str]) -> Path:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    subprocess.run([*command, *options, requirement], check=True, text=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)
    (wheel,) = folder.glob("*.whl")
    return wheel


def fresh(folder: Path) -> Path:
    """An empty folder in the place of whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
