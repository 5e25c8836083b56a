"""What the ways to the first lesson weigh, and how long they take: a clone, the package, the page that runs lessons.

    python -m benchmarks weight

Prints the table of docs/site.md. What pip fetches is fetched before, once, and timed from the disk; the page is served
from this machine, its bytes counted as a host sends them that compresses text. The way of a clone, which is that of
the package with the repository in the place of a wheel, is not timed apart.
"""

import gzip
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from course.authoring import lite
from course.places import ROOT

TEXT = {".js", ".mjs", ".json", ".css", ".html", ".svg", ".wasm", ".ipynb", ".webmanifest"}


def main(argv):
    from course.authoring import site

    if argv:
        sys.exit("usage: python -m benchmarks weight")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        wheels, env = folder / "wheels", folder / "env"
        pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "download", "-c", "constraints.txt", "-d", wheels, "."], cwd=ROOT, check=True)
        subprocess.run([*pip, "wheel", "--no-deps", "-w", wheels, "."], cwd=ROOT, check=True)
        (own,) = wheels.glob("backprop_course-*.whl")
        begun = time.monotonic()
        subprocess.run([sys.executable, "-m", "venv", env], check=True)
        subprocess.run([env / "bin/pip", "-q", "install", "--no-index", "--find-links", wheels, own], check=True)
        with starting(folder, env / "bin/backprop"):
            installed = time.monotonic() - begun
        packages = size(wheels)
        repository = len(subprocess.run(["git", "bundle", "create", "-q", "-", "HEAD"], cwd=ROOT, check=True,
                                        capture_output=True).stdout)
        checkout = sum((ROOT / name).stat().st_size for name in told("git", "ls-files").splitlines())
        print("| way to the first lesson | download | on your disk | until its cells can run |\n|---|---|---|---|")
        row("a clone, `python course`", packages - own.stat().st_size + repository,
            size(env) + repository + checkout, None)
        row("the package, `uvx`, `pipx` or `pip`", packages, size(env), installed)
        page = folder / "page"
        lite.build(page, ROOT / "build" / "site-work" / "lite", offline=True)
        for name, sent, seconds in visits(page):
            row(f"the page, {name}", sent, None, seconds)
        code = site.main(["--output", str(folder / "site")])
        if code:
            return code
        print(f"\nThe site: {mb(size(folder / 'site') - size(folder / 'site/lite'))} of pages, and "
              f"{mb(size(folder / 'site/lite'))} to run lessons; with `--offline` {mb(size(page))}.")


def row(way, sent, disk, seconds):
    cells = [way, mb(sent), mb(disk) if disk else "–", f"{seconds:.0f} s" if seconds else "–"]
    print(f"| {' | '.join(cells)} |", flush=True)


def mb(size):
    return f"{size / 1e6:.1f} MB"


def size(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink())


def told(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@contextmanager
def starting(folder, command):
    """JupyterLab of this command, from when it answers."""
    from tests.course.servers import jupyterlab

    (folder / "home").mkdir()
    with jupyterlab(folder / "home", command) as get:
        get("api/contents/")
        yield


def visits(page):
    """[(name, bytes sent, seconds until a kernel answers)] of a first visit with an empty cache, and of the next.

    The browser keeps its cache on the disk, as a reader's does: what it keeps in memory alone has no room for the two
    largest files.
    """
    from playwright.sync_api import sync_playwright

    from tests.browser import lite as driven
    from tests.browser.conftest import ARGS, CHROMIUM

    sent = []

    class Counting(driven.Quiet):
        def copyfile(self, source, outputfile):
            body = source.read()
            sent.append(len(gzip.compress(body)) if Path(re.sub(r"\?.*", "", self.path)).suffix in TEXT else len(body))
            outputfile.write(body)

        def end_headers(self):
            self.send_header("Cache-Control", "max-age=600")        # as GitHub Pages does
            super().end_headers()

    with (sync_playwright() as playwright, driven.served(page, Counting) as address,
          tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile):
        context = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=ARGS)
        for name in ("first visit", "after that"):
            sent.clear()
            begun = time.monotonic()
            notebook = driven.Notebook(context, address, "lessons/00_start_here.ipynb")
            yield name, sum(sent), time.monotonic() - begun
            notebook.page.close()
        context.close()
