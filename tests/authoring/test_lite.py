"""What lessons become in the browser: what they say there, and what is packed for their kernels."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from course import places, pytorch, words
from course.authoring import colab, lite, site
from course.places import ROOT
from course.practising import memory

# Every name that a notebook imports, and what the page's progress.ipynb calls, from what was packed alone.
USE = """
import sys, course
assert course.__file__.startswith(sys.argv[1]), course.__file__
from course import check, grade, graph, hint, practice, predict
from course.learning.progress import in_browser
import course.digits, course.pytorch
from course.declarations import assignments, exercises
assert sum(len(exercises(name)) for name in assignments()) > 60
course.digits.load_digits()
check(lambda dout, x: 2 * dout, "double_backward")
graph(lambda x, y: x * y, x=2, y=3)
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return lite.pack("backprop-course", "1.0", ROOT, lite.code(), tmp_path_factory.mktemp("packed"))


def test_the_wheel_for_the_browser_leaves_out_grading_and_teaching_and_needs_neither(packed, tmp_path):
    with zipfile.ZipFile(packed) as zf:
        packages = {"/".join(name.split("/")[:2]) for name in zf.namelist() if name.endswith(".py")}
        zf.extractall(tmp_path)
    assert {f"course/{name}" for name in ("grading", "teaching", "authoring", "sources", "cli.py")} & packages == set()
    told = subprocess.run([sys.executable, "-c", USE, tmp_path], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert told.returncode == 0, told.stderr


def test_a_wheel_is_the_same_for_the_same_files(packed, tmp_path):
    again = lite.pack("backprop-course", "1.0", ROOT, lite.code(), tmp_path)
    assert again.name == packed.name == "backprop_course-1.0-py3-none-any.whl"
    assert again.read_bytes() == packed.read_bytes()
    entry = lite.entry(packed, ["numpy"])
    assert (entry["name"], entry["imports"], entry["depends"]) == ("backprop-course", ["autodiff", "course"], ["numpy"])


def test_a_wheel_that_a_browser_has_kept_is_not_taken_for_another(tmp_path):
    """Else its checksum is not the one in the new lock, and the course is missing until the browser forgets it."""
    names = set()
    for text in ("old", "new", "new"):
        (tmp_path / "course.py").write_text(text)
        wheel = lite.named_by_content(lite.pack("backprop-course", "1.0", tmp_path, [tmp_path / "course.py"], tmp_path))
        assert (lite.called(wheel), lite.entry(wheel, [])["version"]) == ("backprop-course", "1.0")
        assert parse_wheel_filename(wheel.name)[:2] == ("backprop-course", Version("1.0"))
        names.add(wheel.name)
    assert len(names) == 2


def test_what_is_needed_comes_with_what_that_needs():
    packages = {"a": {"depends": ["B_b"]}, "b-b": {"depends": ["c", "a"]}, "c": {"depends": []}, "d": {"depends": []}}
    assert lite.needed(["A"], packages) == ["a", "b-b", "c"]


def test_what_a_page_fetches_from_afar_is_what_pyodides_own_lock_names(tmp_path, monkeypatch):
    theirs = {name: {"file_name": f"{name}-1.0-wasm32.whl", "sha256": "12ab", "depends": []}
              for name in ("numpy", "ipython", "scipy")}
    monkeypatch.setattr(lite, "LOADED", ("backprop-course", "ipython"))
    monkeypatch.setattr(lite, "ADDED", {"backprop-course": ["numpy"], "ipython-pygments-lexers": []})
    monkeypatch.setattr(lite, "kernels", list)
    monkeypatch.setattr(lite, "from_pypi", lambda *_: [lite.pack("ipython-pygments-lexers", "1", ROOT, [], tmp_path)])
    (tmp_path / "page").mkdir()
    packages = lite.collect(tmp_path / "page", json.loads(json.dumps(theirs)), tmp_path, "https://afar/full/")
    afar = {name: about for name, about in packages.items() if "://" in about["file_name"]}
    assert afar.keys() == {"numpy", "ipython"}
    assert {(about["file_name"], about["sha256"]) for about in afar.values()} == {
        ("https://afar/full/numpy-1.0-wasm32.whl", "12ab"), ("https://afar/full/ipython-1.0-wasm32.whl", "12ab")}
    assert {about["file_name"] for name, about in packages.items() if name not in afar} == {
        path.name for path in (tmp_path / "page").iterdir()}


def test_notebooks_name_nothing_that_a_browser_does_not_have(tmp_path):
    lite.lay_out(tmp_path)
    notebooks = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.ipynb")}
    assert len(notebooks) == 38 and "progress.ipynb" in notebooks
    assert [name for name, text in notebooks.items() if "Validate" in text or "python course" in text] == []
    links = [(name, link) for name, text in notebooks.items()
             for link in re.findall(r"\(([./]+/progress\.ipynb)\)", text)]
    assert len(links) == 20
    assert [name for name, link in links if not (tmp_path / name).parent.joinpath(link).resolve().is_file()] == []
    assert all(("[进度](" if name.startswith("zh_CN/") else "[Progress](") in notebooks[name] for name, _ in links)
    metadata = [json.loads(text)["metadata"] for text in notebooks.values()]
    assert [about["language_info"]["name"] for about in metadata] == ["python"] * 38     # or each asks for its kernel


def test_a_sentence_that_is_new_or_gone_ends_the_build(tmp_path, monkeypatch):
    monkeypatch.setattr(lite, "INSTEAD", lite.INSTEAD | {"A sentence of old.": "."})
    with pytest.raises(ValueError, match=r"no notebook says this any more: \['A sentence of old.'\]"):
        lite.lay_out(tmp_path / "gone")
    monkeypatch.setattr(lite, "INSTEAD", dict(list(lite.INSTEAD.items())[1:]))
    with pytest.raises(ValueError, match=r"what is this to a reader in the browser\? .*Press \*\*Validate"):
        lite.lay_out(tmp_path / "new")


def test_a_page_of_a_notebook_leads_to_where_it_runs(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    here = site.ways("lessons/a.ipynb", "lesson", "../../")
    assert here == '<a href="../../lite/lab/index.html?path=lessons/a.ipynb">Run this lesson</a> in your browser, ' \
                   "with nothing installed."
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    assert site.ways("lessons/a.ipynb", "lesson", "../../").removeprefix(here).split("](")[1:] == [
        "https://mybinder.org/v2/gh/o/r/HEAD?urlpath=lab/tree/backprop/lessons/a.ipynb) or in [Colab",
        "https://colab.research.google.com/github/o/r/blob/colab/lessons/a.ipynb)."]


def test_a_notebook_for_colab_installs_the_course_first(tmp_path):
    assert colab.main(["o/r", str(tmp_path)]) == 0
    found = sorted(tmp_path.rglob("*.ipynb"))
    assert len(found) == 18
    for path in found:
        notebook = nbformat.read(path, 4)
        nbformat.validate(notebook)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert "backprop-course @ git+https://github.com/o/r" in first.source
    original = json.loads((ROOT / "course" / "lessons" / found[-1].name).read_text("utf-8"))
    laid = json.loads((tmp_path / "lessons" / found[-1].name).read_text("utf-8"))
    assert [cell for cell in laid["cells"] if cell["id"] != "install"] == original["cells"]


def test_in_a_browser_work_lies_in_its_storage_and_no_terminal_is_named(monkeypatch):
    monkeypatch.setattr(places, "IN_BROWSER", True)
    assert memory.path().as_posix() == "/drive/practice.json"
    for folder, work in (("/drive/lessons", "/drive"), ("/drive/mine", "/drive"), ("/drive", "/drive"), ("/", "/drive"),
                         ("/drive/zh_CN/exercises/01_chain_rule", "/drive/zh_CN")):
        monkeypatch.setattr(places.Path, "cwd", lambda folder=folder: Path(folder))
        assert places.work_folder() == Path(work)
    monkeypatch.setattr(words, "IN_BROWSER", True)
    monkeypatch.delenv(words.VARIABLE, raising=False)
    words._unasked.cache_clear()
    assert words.language() == "zh_CN"
    monkeypatch.setattr(places.Path, "cwd", lambda: Path("/drive/lessons"))
    words._unasked.cache_clear()
    monkeypatch.setattr(pytorch, "IN_BROWSER", True)
    monkeypatch.setattr(pytorch, "find_torch", lambda: None)
    assert pytorch.which().startswith("PyTorch does not run in a browser: its cells show what PyTorch 2.13.0 gave")
    with pytest.raises(LookupError, match="It runs where the course is installed, not in a browser"):
        pytorch.live_or_recorded(lambda torch: None)
