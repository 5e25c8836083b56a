"""The package as a whole: what it exports, when it imports numpy, which way its arrows point."""
import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import autodiff as ad
from autodiff.methods import OPERATIONS

FOLDER = Path(ad.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def run(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True)
    return done.stdout


def test_scalar_never_imports_numpy():
    assert run("import sys, autodiff.scalar; print('numpy' in sys.modules)").split() == ["False"]
    assert run("import sys, autodiff; print('numpy' in sys.modules)").split() == ["False"]


def test_numpy_comes_with_the_first_name_that_needs_it():
    assert run("import sys, autodiff; autodiff.exp; print('numpy' in sys.modules)").split() == ["True"]


@pytest.mark.parametrize("module", MODULES)
def test_any_module_may_be_imported_first(module):
    """Whatever a program imports first, a Tensor that it can reach has its operators and numpy's functions."""
    reached = run(f"from autodiff import {module} as first\n"
                  "from autodiff.tensor import Tensor\n"
                  "import numpy as np\n"
                  "assert getattr(first, 'Tensor', Tensor) is Tensor\n"
                  "t = Tensor([1.0, 2.0])\n"
                  "z = (np.exp(t + 1) * 2).sum(axis=0)\n"
                  "z.backward()\n"
                  "print(type(z) is Tensor, t.grad is not None)")
    assert reached.split() == ["True", "True"]


@pytest.mark.parametrize("module", ["tensor", "graph", "parts", "rules", "composed", "methods"])
def test_a_link_of_the_chain_brings_all_others(module):
    assert run(f"import autodiff.{module} as first, sys\n"
               "from autodiff.tensor import Tensor\n"
               "print('autodiff.methods' in sys.modules, hasattr(Tensor, '__add__'))").split() == ["True", "True"]


def test_any_public_name_may_be_imported_first():
    """Each in a package that is fresh, in one process: what is new is autodiff, and numpy stays."""
    assert run("import sys, autodiff\n"
               "names = dir(autodiff)\n"
               "for name in names:\n"
               "    for module in [m for m in sys.modules if m.partition('.')[0] == 'autodiff']:\n"
               "        del sys.modules[module]\n"
               "    exec(f'from autodiff import {name}')\n"
               "    from autodiff.tensor import Tensor\n"
               "    assert type(1 - Tensor(1.0)) is Tensor, name\n"
               "print(len(names) > 80)").split() == ["True"]


def test_type_checkers_see_the_names_that_there_are():
    """The imports under TYPE_CHECKING in __init__ give what dir() gives, from where it really comes."""
    block = next(node for node in ast.parse((FOLDER / "__init__.py").read_text()).body
                 if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        module = import_module(node.module)
        for alias in node.names:
            if alias.name == "*":
                own = {name for name, f in OPERATIONS.items() if f.__module__ == node.module}
                seen |= {name: getattr(module, name) for name in own}
            else:
                assert alias.asname == alias.name           # else it would be private to them
                seen[alias.name] = getattr(module, alias.name)
    assert seen == {name: getattr(ad, name) for name in dir(ad)}
    assert (FOLDER / "py.typed").exists()


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
