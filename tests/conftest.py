"""In CI a skipped test is a failed one: there, everything that a test may need is installed."""

import os

import pytest

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


def fail_when_skipped(report):
    """Turn the report of a skipped test or file into that of a failure (expected failures stay what they are)."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and in CI nothing may be: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_when_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_when_skipped((yield))
