"""`python course test`: what it hands to pytest; and the tests' own conftest.py, tried on folders of a few tests."""

import os
import subprocess
import sys

import pytest

from course.authoring import testing
from course.places import ROOT

SHARED = ["-n", str(testing.processes()), *testing.SHARED]


@pytest.mark.parametrize(("arguments", "addopts", "expected"), [
    ([], "", ["--tier=most", *SHARED]),
    (["quick", "-x"], "", ["--tier=quick", *SHARED, "-x"]),
    (["all"], "-v", ["--tier=all", *SHARED]),
    (["all"], "-n 3 --dist load", ["--tier=all"]),
    (["-k", "all"], "", ["--tier=most", *SHARED, "-k", "all"]),
    (["tests/checks", "-k", "sign"], "", ["--tier=all", *SHARED, "tests/checks", "-k", "sign"]),
    ([str(ROOT / "tests/checks/test_codec.py::test_it")], "",
     ["--tier=all", *SHARED, str(ROOT / "tests/checks/test_codec.py::test_it")]),
    (["quick", "tests/checks"], "", ["--tier=quick", *SHARED, "tests/checks"]),
    (["--pdb"], "", ["--tier=most", "--pdb"]),
    (["-n0"], "", ["--tier=most", "-n0"]),
    (["-p", "no:xdist"], "", ["--tier=most", "-p", "no:xdist"]),
])
def test_a_tier_and_all_cores_unless_told_otherwise(arguments, addopts, expected, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", addopts)
    assert testing.options(arguments) == expected


def test_the_tests_run_from_any_folder_and_give_pytests_code(tmp_path):
    """Exit code 5: no test was collected."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}     # -n 3, in CI
    bare["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"        # they load slowly
    choose = ("test", "tests/course/test_cli.py", "-q", "-p", "no:xdist", "-k")
    run = lambda name: subprocess.run([sys.executable, "-P", "-m", "course", *choose, name], cwd=tmp_path, env=bare,
                                      capture_output=True, text=True)
    assert run("no_such_test").returncode == 5
    told = run("bare_options")
    assert (told.returncode, "1 passed" in told.stdout) == (0, True)


SKIPS = {
    "called": "def test_it(): pytest.skip('no such program')",
    "marked": "@pytest.mark.skipif(True, reason='no such program')\ndef test_it(): pass",
    "module": "pytest.skip('no such program', allow_module_level=True)",
    "import": "nothing = pytest.importorskip('no_such_module', reason='no such program')",
}


def pytest_in(folder, *options, conftest="", **environment):
    """Run pytest on a folder of its own, with this project's conftest.py and no plugins (they load slowly)."""
    text = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    (folder / "conftest.py").write_text(text + conftest, encoding="utf-8")
    bare = {k: v for k, v in os.environ.items() if k != "CI" and not k.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", *options, str(folder)], cwd=folder,
        capture_output=True, text=True, env=bare | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment)


@pytest.mark.parametrize("ci", [{}, {"CI": "false"}, {"CI": ""}])
def test_a_skip_is_listed_with_its_reason(tmp_path, ci):
    for name, text in SKIPS.items():
        (tmp_path / f"test_{name}.py").write_text(f"import pytest\n{text}\n")
    told = pytest_in(tmp_path, **ci)
    assert told.stdout.count("no such program") >= len(SKIPS)
    assert "4 skipped" in told.stdout and "failed" not in told.stdout


def test_in_ci_every_kind_of_skip_fails(tmp_path):
    for name, text in SKIPS.items():
        (tmp_path / f"test_{name}.py").write_text(f"import pytest\n{text}\n")
    told = pytest_in(tmp_path, CI="true", PYTEST_ADDOPTS="--continue-on-collection-errors")
    assert told.returncode == 1
    assert "1 failed, 3 errors" in told.stdout
    assert "was skipped, and in CI nothing may be" in told.stdout


def test_an_expected_failure_is_no_skip(tmp_path):
    (tmp_path / "test_known.py").write_text(
        "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False\n")
    told = pytest_in(tmp_path, CI="true")
    assert (told.returncode, "1 xfailed" in told.stdout) == (0, True)


TIERS = """
import pytest

@pytest.fixture
def browser(): pass

@pytest.mark.quick
def test_quick(): pass
def test_plain(): pass
@pytest.mark.slow
def test_slow(): pass
@pytest.mark.needs_torch
@pytest.mark.parametrize("k", range(1200))
def test_torch(k): pass
def test_browser(browser): pass
"""
HERE_IS_CHROMIUM_BUT_NO_TORCH = """
NEEDS["needs_torch"] = ("PyTorch", lambda: False, "python course setup torch")
NEEDS["needs_chromium"] = ("Chromium", lambda: True, "sudo apt install chromium")
"""
TORCH = " 1,200 tests need PyTorch: python course setup torch\n"
ALL = "`python course test all` runs them too.\n"


@pytest.mark.parametrize(("tier", "passed", "left_out"), [
    ("quick", 1, TORCH + "     1 test needs Chromium\n     2 tests take longer\n" + ALL),
    ("most", 2, TORCH + "     1 test needs Chromium\n     1 test takes longer\n" + ALL),
    ("rest", 3, TORCH + "     1 test belongs to `python course test`\n"),
    ("all", 4, TORCH)])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_tier_says_what_it_left_out_and_how_to_get_it(tmp_path, tier, passed, left_out, processes):
    (tmp_path / "test_tiers.py").write_text(TIERS)
    shared = ["-p", "xdist.plugin", "-n", "2", *testing.SHARED] if processes == 2 else []
    told = pytest_in(tmp_path, f"--tier={tier}", *shared, conftest=HERE_IS_CHROMIUM_BUT_NO_TORCH)
    assert told.returncode == 0, told.stdout
    assert f"{passed} passed" in told.stdout and "skipped" not in told.stdout
    assert told.stdout.count(" left out ") == 1
    assert f"=\n{left_out}" in told.stdout, told.stdout


def test_in_ci_what_a_test_needs_is_there_or_it_fails(tmp_path):
    (tmp_path / "test_tiers.py").write_text(TIERS)
    told = pytest_in(tmp_path, "-k", "torch", conftest=HERE_IS_CHROMIUM_BUT_NO_TORCH, CI="true")
    assert (told.returncode, "1200 errors" in told.stdout) == (1, True), told.stdout[-500:]
    assert "it needs PyTorch: python course setup torch" in told.stdout
