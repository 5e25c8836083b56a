"""Tiers of tests, what some of them need beside Python, and how they are shared out among processes.

`python course test quick` runs what stands in QUICK or is marked quick; `python course test` all but what is marked
slow or needs what Python doesn't bring; `python course test all`, like pytest itself, everything. What is left out is
told at the end, a line for each reason. In CI nothing of a tier may be left out or skipped: there, everything that
a test may need is installed. `--tier=rest` is for CI alone: all but what `python course test` ran before with another
Python, of which it runs the quick ones again.
"""

import functools
import gc
import glob
import importlib.util
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from course.places import CHOICE

os.environ["COURSE_LANG"] = "en"       # whatever whoever works here has chosen for work/

TESTS = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
QUICK = ("autodiff", "checks", "drawing", "notebooks/test_prose.py")
NOT_QUICK = ("checks/causes/", "autodiff/test_program_everywhere.py")       # of these, what takes longer
SMALL = ("checks", "declarations")     # folders of many small tests that share nothing
IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
LEFT_OUT = pytest.StashKey[Counter]()
LONG = "takes longer"
BEFORE = "ran before"


def isolates():
    """Whether bubblewrap is here, and may do what it is for."""
    command = ["bwrap", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "true"]
    return shutil.which("bwrap") is not None and subprocess.run(command, capture_output=True).returncode == 0


# marker: (what a test needs, whether it is here, how one gets it)
NEEDS = {
    "needs_torch": ("PyTorch", lambda: importlib.util.find_spec("torch") is not None, "python course setup torch"),
    "needs_chromium": ("Chromium", lambda: os.access(CHROMIUM, os.X_OK), "sudo apt install chromium"),
    "needs_cluster": ("dask.distributed", lambda: importlib.util.find_spec("distributed") is not None,
                      "python course setup cluster"),
    "needs_postgres": ("PostgreSQL", lambda: importlib.util.find_spec("psycopg") and (
                           shutil.which("initdb") or glob.glob("/usr/lib/postgresql/*/bin/initdb")),
                       "python course setup postgres; sudo apt install postgresql"),
    "needs_site": ("Sphinx and npm", lambda: importlib.util.find_spec("myst_nb") is not None and shutil.which("npm"),
                   "python course setup site; sudo apt install npm"),
    "needs_hub": ("JupyterHub, npm and the rights to make accounts",
                  lambda: importlib.util.find_spec("jupyterhub") is not None and shutil.which("npm")
                  and hasattr(os, "getuid") and os.getuid() == 0 and shutil.which("useradd"),
                  "python course setup hub; sudo apt install npm; run as root"),
    "needs_sandbox": ("bubblewrap", isolates, "sudo apt install bubblewrap"),
}
# a fixture that needs something: the marker of each test that asks for it
FIXTURES = {"torch": "needs_torch", "browser": "needs_chromium", "grade": "needs_sandbox", "taught": "needs_sandbox",
            "term": "needs_sandbox", "postgresql": "needs_postgres"}


@functools.cache
def is_here(marker):
    return NEEDS[marker][1]()


def fail_when_skipped(report):
    """Turn the report of a skipped test or file into that of a failure (expected failures stay what they are)."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and in CI nothing may be: {reason}"
    return report


def pytest_addoption(parser):
    parser.addoption("--tier", choices=["quick", "most", "rest", "all"], default="all", help="which of the tests")


def pytest_configure(config):
    if CHOICE.exists():
        raise pytest.UsageError(f"{CHOICE.name} chooses exercises and points, and these tests hold to the course as it "
                                "is declared. `python course test` runs them on a copy without it.")
    config.stash[LEFT_OUT] = Counter()
    config.addinivalue_line("markers", "xdist_group(name): the tests of a group run in one process")
    config.addinivalue_line("markers", "quick: for `python course test quick` too")
    config.addinivalue_line("markers", "slow: for `python course test all` only")
    for marker, (what, _, _) in NEEDS.items():
        config.addinivalue_line("markers", f"{marker}: needs {what}")


def needs(item):
    """The markers of NEEDS that a test has."""
    return [marker for marker in NEEDS if item.get_closest_marker(marker)]


def why_left_out(item, tier):
    """A marker of NEEDS, LONG or BEFORE; None where the test is to run."""
    if tier == "rest" and why_left_out(item, "most") is None and not is_quick(item):
        return BEFORE
    if tier in ("rest", "all"):
        return None if IN_CI else next((marker for marker in needs(item) if not is_here(marker)), None)
    if needs(item):
        return needs(item)[0]
    is_long = item.get_closest_marker("slow") or (tier == "quick" and not is_quick(item))
    return LONG if is_long else None


def is_quick(item):
    where = item.path.relative_to(TESTS)
    named = where.parts[0] in QUICK or where.as_posix() in QUICK
    return item.get_closest_marker("quick") or (named and not where.as_posix().startswith(NOT_QUICK))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep the garbage collector off the thousands of tests, which live to the end: going through them again and again
    takes as long as some tests do."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)     # xdist reads the groups in the same hook
def pytest_collection_modifyitems(config, items):
    """Leave out what is in no tier or can't run here, and share the rest out."""
    for item in items:
        for fixture in FIXTURES.keys() & set(item.fixturenames):
            item.add_marker(FIXTURES[fixture])
    reasons = [why_left_out(item, config.option.tier) for item in items]
    config.stash[LEFT_OUT].update(reason for reason in reasons if reason)
    config.hook.pytest_deselected(items=[item for item, reason in zip(items, reasons, strict=True) if reason])
    items[:] = [item for item, reason in zip(items, reasons, strict=True) if not reason]
    share_out(items)


def share_out(items):
    """For `-n 2 --dist loadgroup`: a process takes whole files, as they share what they set up; of the pipeline,
    which takes minutes, one assignment. The many small tests of the folders SMALL come last, one
    by one, and fill the time until every process is done."""
    items.sort(key=lambda item: item.path.parent.name in SMALL)
    for item in items:
        group = item.path.stem
        if "graded" in item.fixturenames and hasattr(item, "callspec"):
            group += item.callspec.id
        if "taught" in item.fixturenames:       # a class of tests/teaching, which several files read
            group = "taught"
        if item.path.parent.name not in SMALL:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_runtest_setup(item):
    for marker in needs(item):
        if not is_here(marker):
            what, _, remedy = NEEDS[marker]
            pytest.skip(f"it needs {what}: {remedy}")


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):     # a process of xdist's, which can't say it itself
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter, config):
    left_out = config.stash[LEFT_OUT]
    if not left_out:
        return
    terminalreporter.section("left out")
    for marker, (what, _, remedy) in NEEDS.items():
        if left_out[marker]:
            remedy = "" if is_here(marker) else f": {remedy}"
            terminalreporter.line(f"{tests(left_out[marker], 'need')} {what}{remedy}")
    if left_out[LONG]:
        terminalreporter.line(f"{tests(left_out[LONG], 'take')} longer")
    if left_out[BEFORE]:
        terminalreporter.line(f"{tests(left_out[BEFORE], 'belong')} to `python course test`")
    if config.option.tier in ("quick", "most"):
        terminalreporter.line("`python course test all` runs them too.")


def tests(number, verb):
    return f"{number:6,} " + (f"test {verb}s" if number == 1 else f"tests {verb}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_when_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_when_skipped((yield))
