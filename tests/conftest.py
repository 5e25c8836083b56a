"""In CI a skipped test is a failed one: there, everything that a test may need is installed."""

import os

import pytest

SMALL = ("checks", "declarations")     # folders of many small tests that share nothing
IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


def fail_when_skipped(report):
    """Turn the report of a skipped test or file into that of a failure (expected failures stay what they are)."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and in CI nothing may be: {reason}"
    return report


def pytest_configure(config):
    config.addinivalue_line("markers", "xdist_group(name): the tests of a group run in one process")


@pytest.hookimpl(tryfirst=True)     # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items):
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_when_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_when_skipped((yield))
