"""`backprop site`: the course as pages to read, with its graphs alive, which need no kernel and no network.

Lays the sources out as Sphinx wants them (README, docs/, lessons to be executed, exercises to be read, what learners
are told by assignment), and runs Sphinx with docs/site/conf.py. What ran once is kept until a lesson or the course's
code changes. Beside the pages lies lite/, where the same lessons and exercises run in the reader's browser.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course.authoring import colab, lite
from course.places import EXERCISES, LESSONS, ROOT

MATHJAX = "mathjax@3.2.2"      # its license: Apache 2.0
PAGES = ("docs", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "course/sources/README.md",
         "course/translations/README.md")
CODE = ("course/**/*.py", "course/**/*.js", "course/**/*.css", "course/**/*.mplstyle", "course/data/*",
        "autodiff/**/*.py", "course/lessons/*.ipynb")
CONTENTS = """
```{toctree}
:hidden:
:caption: Lessons
:glob:

course/lessons/*
```

```{toctree}
:hidden:
:caption: autodiff

docs/autodiff
docs/reference
```

```{toctree}
:hidden:
:caption: To teach and to carry on

docs/site
docs/messages
docs/teaching
docs/hub
docs/practice
docs/grading
CONTRIBUTING
docs/design
docs/exercises
course/sources/README
course/translations/README
CHANGELOG
```
"""
REFERENCE = """# Reference

```{{eval-rst}}
.. automodule:: autodiff
   :members: {names}
   :member-order: bysource

.. automodule:: autodiff.scalar
   :members:
```
"""
RUN = '<a href="{up}lite/lab/index.html?path={path}">Run this {kind}</a> in your browser, with nothing installed.'
# Only where it is known which repository this is: where GitHub builds the site.
BINDER = "https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/backprop/{path}"
COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
ELSEWHERE = f"Or open it in [Binder]({BINDER}) or in [Colab]({COLAB})."
DOWNLOAD = "Or {{download}}`download it <{name}>`, to run where the course is installed."


def main(argv: list[str]) -> int:
    """Write the site; returns an exit code."""
    parser = argparse.ArgumentParser(prog="backprop site", description=str(__doc__).splitlines()[0])
    parser.add_argument("--output", metavar="FOLDER", default=str(ROOT / "build" / "site"),
                        help="where the pages are written; %(default)s")
    parser.add_argument("--lesson", nargs="+", metavar="NAME", help="only these, such as 01_chain_rule, and no others")
    parser.add_argument("--offline", action="store_true",
                        help="let all that lessons need to run in the browser lie beside the pages, some 40 MB")
    options = parser.parse_args(argv)
    lessons = [path.stem for path in sorted(LESSONS.glob("*.ipynb"))]
    unknown = sorted(set(options.lesson or ()) - set(lessons))
    if unknown:
        parser.error(f"there is no lesson {unknown[0]!r}; there are {', '.join(lessons)}")
    missing = [name for name in ("sphinx", "myst_nb", "furo", *lite.NEEDS) if importlib.util.find_spec(name) is None]
    if missing:
        print(f"{missing[0]} is missing. Install what the site needs: python course setup site", file=sys.stderr)
        return 1
    if not shutil.which("npm"):
        print("npm is missing: the site's formulas are set by MathJax, which comes from there.", file=sys.stderr)
        return 1
    work = ROOT / "build" / "site-work"
    try:
        script = mathjax(work)
    except subprocess.CalledProcessError as error:
        print(f"npm could not fetch {MATHJAX}: {error.stderr.strip()[-300:]}", file=sys.stderr)
        return 1
    lay_out(work / "source", script, options.lesson or lessons)
    page = Path(options.output).resolve() / "lite"
    with ThreadPoolExecutor(1) as beside:        # what it fetches comes while lessons run
        built = beside.submit(lite.build, page, work / "lite", options.offline)
        code = sphinx(work, Path(options.output), partly=bool(options.lesson))
    try:
        built.result()
    except (subprocess.CalledProcessError, RuntimeError, ValueError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip()[-1000:]
        print(f"The lessons that run in the browser were not built: {said}", file=sys.stderr)
        return 1
    if code == 0:
        print(Path(options.output) / "index.html")
    return code


def lay_out(source: Path, script: Path, lessons: list[str]) -> None:
    """Make the folder that Sphinx reads."""
    shutil.rmtree(source, ignore_errors=True)
    for name in PAGES:
        path, target = ROOT / name, source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(path, target) if path.is_dir() else shutil.copy(path, target)
    shutil.move(source / "docs" / "site", source / "site")
    shutil.copy(source / "site" / "conf.py", source)
    shutil.copy(script, source / "site" / "static")
    readme = (ROOT / "README.md").read_text("utf-8")
    (source / "index.md").write_text(readme + CONTENTS, "utf-8")
    names = ", ".join(public("autodiff"))
    (source / "docs" / "reference.md").write_text(REFERENCE.format(names=names), "utf-8")
    for name in lessons:
        write(source / "course" / "lessons" / f"{name}.ipynb", lesson(LESSONS / f"{name}.ipynb"))
        exercise = Path(name, f"{name}.ipynb")
        write(source / "course" / "exercises" / exercise, read_only(EXERCISES / exercise))
    for name, text in messages((ROOT / "docs" / "messages.md").read_text("utf-8")).items():
        write(source / "docs" / name, text)


def lesson(path: Path) -> str:
    """A lesson as the site shows it: with ways to run it below its title."""
    notebook = json.loads(path.read_text("utf-8"))
    said = f"{ways(f'lessons/{path.name}', 'lesson', '../../')} {DOWNLOAD.format(name=path.name)}"
    return with_ways(notebook, said)


def read_only(path: Path) -> str:
    """An exercise notebook as the site shows it: a page that no list of pages names."""
    notebook = json.loads(path.read_text("utf-8"))
    notebook["metadata"]["orphan"] = True
    return with_ways(notebook, ways(f"exercises/{path.parent.name}/{path.name}", "assignment", "../../../"))


def ways(path: str, kind: str, up: str) -> str:
    """Where a notebook can be run; `up` leads from its page to the site's front."""
    said = RUN.format(up=up, path=path, kind=kind)
    repository = os.environ.get("GITHUB_REPOSITORY")
    return f"{said} {ELSEWHERE.format(repository=repository, branch=colab.BRANCH, path=path)}" if repository else said


def with_ways(notebook: dict, said: str) -> str:
    notebook["cells"].insert(1, {"cell_type": "markdown", "id": "run", "metadata": {}, "source": said})
    return json.dumps(notebook)


def messages(text: str) -> dict[str, str]:
    """{name: text} of the pages of what learners are told: one for each assignment, and a list by code."""
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    pages, places = {}, {}
    for part in parts:
        assignment, _, body = part.partition("\n")
        body = re.sub(r"^### ", "## ", body, flags=re.MULTILINE)
        lines, exercise = [], ""
        for line in body.splitlines():
            exercise = line.removeprefix("## ") if line.startswith("## ") else exercise
            found = re.fullmatch(r"([A-Z]\d+): (.*)", line)
            if found:
                places.setdefault(found[1], []).append((found[2], exercise, assignment))
            lines.append(line)
        pages[f"messages/{assignment}.md"] = f"# {assignment}\n" + "\n".join(lines) + "\n"
    rows = []
    for code in sorted(places):
        where = [f"{title}: [{exercise.partition('(')[0].strip('`')}](messages/{assignment}.md#{anchor(exercise)})"
                 for title, exercise, assignment in places[code]]
        rows.append(f"| {code} | {'; '.join(where)} |")
    toctree = "\n".join(f"messages/{name[9:-3]}" for name in pages)
    pages["messages.md"] = (f"{head}\n```{{toctree}}\n:maxdepth: 1\n\n{toctree}\n```\n\n## By code\n\n| id | where |\n"
                            "|---|---|\n" + "\n".join(rows) + "\n")
    return pages


def anchor(heading: str) -> str:
    """The anchor that MyST gives a heading, as GitHub does: `mul_backward(dout, x)` is #mul_backwarddout-x."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def public(module: str) -> list[str]:
    """What a module offers, by name."""
    found = importlib.import_module(module)
    return [name for name in getattr(found, "__all__", dir(found)) if not name.startswith("_")]


def mathjax(work: Path) -> Path:
    """The script that sets formulas, fetched once."""
    script = work / "package" / "es5" / "tex-svg-full.js"
    if not script.exists():
        work.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", MATHJAX], cwd=work, check=True, text=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        (packed,) = work.glob("mathjax-*.tgz")
        shutil.unpack_archive(packed, work, filter="data")
    return script


def sphinx(work: Path, output: Path, partly: bool) -> int:
    """Run Sphinx; what lessons give is kept until what they run changes. Links to pages left out may be dead."""
    digest = hashlib.sha256()
    for pattern in CODE:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    cache = work / "executed" / digest.hexdigest()[:16]
    for old in (work / "executed").glob("*"):
        if old != cache:
            shutil.rmtree(old)
    startup = work / "ipython" / "profile_default" / "startup"
    write(startup / "00-frames.py", "import course.authoring.frames\n")
    environment = {**os.environ, "SITE_CACHE": str(cache), "IPYTHONDIR": str(work / "ipython"), "PYTHONPATH": str(ROOT)}
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "auto", "-b", "html",
             *(["-D", "suppress_warnings=misc.highlighting_failure,myst.xref_missing"] if partly else []),
             "-d", str(work / "doctrees"), str(work / "source"), str(output)]
    return subprocess.run(build, env=environment).returncode


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
