"""The package as a whole: what it exports, when it imports numpy, which way its arrows point."""
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import autodiff as ad

FOLDER = Path(ad.__file__).parent


def run(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True)
    return done.stdout


def test_scalar_never_imports_numpy():
    assert run("import sys, autodiff.scalar; print('numpy' in sys.modules)").split() == ["False"]
    assert run("import sys, autodiff; print('numpy' in sys.modules)").split() == ["False"]


def test_numpy_comes_with_the_first_name_that_needs_it():
    assert run("import sys, autodiff; autodiff.exp; print('numpy' in sys.modules)").split() == ["True"]


def test_no_function_shares_its_name_with_a_module():
    modules = {path.stem for path in FOLDER.glob("*.py")}
    assert modules & set(dir(ad)) == set()


def test_every_exported_name_exists():
    assert {"Tensor", "Op", "grad", "vjp", "checkpoint", "gradcheck", "no_grad", "exp", "einsum"} <= set(dir(ad))
    for name in dir(ad):
        assert callable(getattr(ad, name)), name


def test_unknown_and_private_names_are_attribute_errors():
    for name in ("nonsense", "np", "_put", "__path_of__"):
        with pytest.raises(AttributeError, match=name):
            getattr(ad, name)


def test_autodiff_imports_nothing_of_the_course():
    for path in FOLDER.glob("*.py"):
        assert "import course" not in path.read_text() and "from course" not in path.read_text()
        import_module(f"autodiff.{path.stem}" if path.stem != "__init__" else "autodiff")
