"""`backprop site`: the course as pages to read, with its graphs alive, which need no kernel and no network.

Lays the sources out as Sphinx wants them (README, docs/, lessons to be executed, exercises to be read, what learners
are told by assignment), and runs Sphinx with docs/site/conf.py. What ran once is kept until a lesson or the course's
code changes. Beside the pages lies lite/, where the same lessons and exercises run in the reader's browser.

Each language that the course is in has its own pages, in a folder such as zh-CN/: lessons, executed in it, exercises,
and of README and docs what there is in it (README.zh.md). Each page leads to the same page in the other language.
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
from course.words import (
    ENGLISH,
    TRANSLATIONS,
    VARIABLE,
    language,
    languages,
    later,
    sentences,
    speaking,
    tr,
    translated,
)

TITLE, SHORT = later("Backpropagation, by hand and by heart"), later("Backpropagation")
SWITCH = later("Languages")
MATHJAX = "mathjax@3.2.2"      # its license: Apache 2.0
PAGES = ("docs", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "course/sources/README.md",
         "course/translations/README.md")
CODE = ("course/**/*.py", "course/**/*.js", "course/**/*.css", "course/**/*.mplstyle", "course/data/*",
        "autodiff/**/*.py", "course/lessons/*.ipynb")
OF_A_LANGUAGE = ("LC_MESSAGES/*", "lessons/*", "labels.otf")      # what its lessons give depends on these, too
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
CONTENTS_TRANSLATED = """
```{{toctree}}
:hidden:
:caption: {lessons}
:glob:

course/lessons/*
```

```{{toctree}}
:hidden:
:caption: {others}
:glob:

docs/*
glossary
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
RUN = {
    "lesson": later('<a href="{lab}?path={path}">Run this lesson</a> in your browser, with nothing installed.'),
    "assignment": later('<a href="{lab}?path={path}">Run this assignment</a> in your browser, with nothing installed.'),
}
# Only where it is known which repository this is: where GitHub builds the site.
BINDER = "https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/backprop/{path}"
COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
ELSEWHERE = f"Or open it in [Binder]({BINDER}) or in [Colab]({COLAB})."
DOWNLOAD = later("Or download {notebook}, to run where the course is installed.")
OTHERS = shutil.ignore_patterns("site", "*.??.md")       # of docs/: how the site looks, and other languages
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)([^)#\s]+)\)")


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
    shutil.rmtree(work / "source", ignore_errors=True)
    for name in languages():
        with speaking(name):
            lay_out(work / "source" / name, script, options.lesson or lessons)
    output = Path(options.output).resolve()
    with ThreadPoolExecutor() as beside:        # what it fetches comes while lessons run
        built = beside.submit(lite.build, output / "lite", work / "lite", options.offline)
        code = max(beside.map(lambda name: sphinx(name, work, output, partly=bool(options.lesson)), languages()))
    try:
        built.result()
    except (subprocess.CalledProcessError, RuntimeError, ValueError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip()[-1000:]
        print(f"The lessons that run in the browser were not built: {said}", file=sys.stderr)
        return 1
    if code == 0:
        print(Path(options.output) / "index.html")
    return code


def folder(name: str) -> str:
    """Where the pages of a language lie in the site: "zh-CN/"; English is at its root."""
    return "" if name == ENGLISH else f"{name.replace('_', '-')}/"


def lay_out(source: Path, script: Path, lessons: list[str]) -> None:
    """Make the folder that Sphinx reads, in the language in force."""
    shutil.copytree(ROOT / "docs" / "site", source / "site")
    shutil.copy(source / "site" / "conf.py", source)
    shutil.copy(script, source / "site" / "static")
    if language() == ENGLISH:
        lay_out_english(source)
    else:
        lay_out_translated(source)
    for name in lessons:
        write(source / "course" / "lessons" / f"{name}.ipynb", lesson(LESSONS / f"{name}.ipynb"))
        exercise = Path(name, f"{name}.ipynb")
        write(source / "course" / "exercises" / exercise, read_only(EXERCISES / exercise))


def lay_out_english(source: Path) -> None:
    """README, docs, reference, and what learners are told."""
    for name in PAGES:
        path, target = ROOT / name, source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(path, target, ignore=OTHERS) if path.is_dir() else shutil.copy(path, target)
    shutil.copy(ROOT / "README.md", source / "index.md")
    for path in [source / "index.md", *(source / "docs").glob("*.md")]:
        path.write_text(crossing(path.read_text("utf-8"), path.relative_to(source)), "utf-8")
    write(source / "index.md", (source / "index.md").read_text("utf-8") + CONTENTS)
    names = ", ".join(public("autodiff"))
    (source / "docs" / "reference.md").write_text(REFERENCE.format(names=names), "utf-8")
    for name, text in messages((ROOT / "docs" / "messages.md").read_text("utf-8")).items():
        write(source / "docs" / name, text)


def lay_out_translated(source: Path) -> None:
    """Of README and docs what there is in the language in force: README.zh.md, docs/NAME.zh.md; and its glossary."""
    short = language().partition("_")[0]
    for path in (ROOT / f"README.{short}.md", *(ROOT / "docs").glob(f"*.{short}.md")):
        place = path.relative_to(ROOT)
        place = place.with_name(f"{place.name.split('.')[0]}.md") if place.parts[1:] else Path("index.md")
        write(source / place, crossing(path.read_text("utf-8"), place))
    shutil.copytree(ROOT / "docs" / "pictures", source / "docs" / "pictures")
    shutil.copy(ROOT / "LICENSE", source)
    shutil.copy(TRANSLATIONS / language() / "glossary.md", source)
    front = source / "index.md"
    contents = CONTENTS_TRANSLATED.format(lessons=tr("Lessons"), others=tr("More to read"))
    write(front, (front.read_text("utf-8") if front.exists() else f"# {tr(TITLE)}\n") + contents)


def crossing(text: str, place: Path) -> str:
    """A page whose links lead to where the site has what they name, also into the pages of another language.

    place  the page's, from its source's folder
    """
    here = Path("README.md" if place.name == "index.md" else place)
    up = "../" * (len(place.parts) - 1 + (language() != ENGLISH))

    def led(link: re.Match[str]) -> str:
        target = Path(os.path.normpath(here.parent / link[2]))
        stem, *short = target.name.removesuffix(".md").split(".")
        if target.name == "glossary.md" and language() in target.parts:
            return f"[{link[1]}]({'../' * (len(place.parts) - 1)}glossary.md)"
        if target.suffix != ".md":
            return link[0]
        other = next((name for name in languages() if short and name.partition("_")[0] == short[0]), ENGLISH)
        page = "index" if stem == "README" and len(target.parts) == 1 else str(target.with_name(stem))
        if other == language():
            return f"[{link[1]}]({os.path.relpath(f'{page}.md', place.parent)})"
        return f'<a href="{up}{folder(other)}{page}.html">{link[1]}</a>'

    return LINK.sub(led, text)


def lesson(path: Path) -> str:
    """A lesson as the site shows it: with ways to run it below its title."""
    notebook = json.loads(translated(path, "lessons").read_text("utf-8"))
    said = sentences(ways(f"lessons/{path.name}", "lesson", "../../"),
                     tr(DOWNLOAD, notebook=f"{{download}}`{path.name}`"))
    return with_ways(notebook, said)


def read_only(path: Path) -> str:
    """An exercise notebook as the site shows it: a page that no list of pages names."""
    notebook = json.loads(translated(path, "exercises").read_text("utf-8"))
    notebook["metadata"]["orphan"] = True
    return with_ways(notebook, ways(f"exercises/{path.parent.name}/{path.name}", "assignment", "../../../"))


def ways(path: str, kind: str, up: str) -> str:
    """Where a notebook can be run; `up` leads from its page to the front of its language."""
    if language() != ENGLISH:
        return tr(RUN[kind], lab=f"{up}../lite/lab/{language()}/index.html", path=f"{language()}/{path}")
    said = tr(RUN[kind], lab=f"{up}lite/lab/index.html", path=path)
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


def sphinx(name: str, work: Path, output: Path, partly: bool) -> int:
    """Run Sphinx for a language; what lessons give is kept until what they run changes.

    partly  whether pages are left out: links to them may be dead
    """
    digest = hashlib.sha256()
    for path in [path for pattern in CODE for path in sorted(ROOT.glob(pattern))] + [
            path for pattern in OF_A_LANGUAGE for path in sorted((TRANSLATIONS / name).glob(pattern))]:
        if path.is_file():
            digest.update(path.read_bytes())
    cache = work / "executed" / name / digest.hexdigest()[:16]
    for old in cache.parent.glob("*"):
        if old != cache:
            shutil.rmtree(old)
    own = work / "ipython" / name
    write(own / "profile_default" / "startup" / "00-frames.py", "import course.authoring.frames\n")
    environment = {**os.environ, "SITE_CACHE": str(cache), "IPYTHONDIR": str(own), "PYTHONPATH": str(ROOT),
                   VARIABLE: name}
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "auto", "-b", "html",
             *(["-D", "suppress_warnings=misc.highlighting_failure,myst.xref_missing"] if partly else []),
             "-d", str(work / "doctrees" / name), str(work / "source" / name), str(output / folder(name))]
    return subprocess.run(build, env=environment).returncode


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
