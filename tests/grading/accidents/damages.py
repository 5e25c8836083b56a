"""What happens to notebooks on their way: each function damages a solved notebook as people and programs do.

accident(full=True) keeps all points; lost={...} names the exercises that it costs; note is a part of what the
instructor is told.
"""

import copy
import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.grading.handing_in import cell_of

ACCIDENTS = []


def accident(lost=(), note="", name=None):
    def register(damage):
        ACCIDENTS.append((damage, frozenset(lost), note, name))
        return damage
    return register


def at(nb, cell):
    return next(k for k, other in enumerate(nb.cells) if other is cell)


@accident(note="more than once")
def answer_cell_duplicated(nb):
    cell = cell_of(nb, "mul_backward-answer")
    nb.cells.insert(at(nb, cell), copy.deepcopy(cell))


@accident(note="more than once")
def test_cell_duplicated(nb):
    cell = cell_of(nb, "mul_backward")
    nb.cells.insert(at(nb, cell) + 1, copy.deepcopy(cell))


@accident(note="more than once")
def whole_notebook_pasted_twice(nb):
    nb.cells += copy.deepcopy(nb.cells)


@accident(note="was missing")
def test_cell_deleted(nb):
    nb.cells.remove(cell_of(nb, "mul_backward"))


@accident(note="was missing")
def all_test_cells_deleted(nb):
    nb.cells = [cell for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("grade")]


@accident(note="was missing")
def setup_cell_deleted(nb):
    nb.cells.remove(cell_of(nb, "setup"))


@accident(lost={"mul_backward"})
def answer_cell_deleted(nb):
    nb.cells.remove(cell_of(nb, "mul_backward-answer"))


@accident(note="recognised")
def answer_moved_into_a_cell_of_its_own(nb):
    cell = cell_of(nb, "mul_backward-answer")
    nb.cells[at(nb, cell)] = new_code_cell(cell.source)


@accident(note="stood above its answer")
def test_cell_moved_to_the_top(nb):
    cell = cell_of(nb, "mul_backward")
    nb.cells.remove(cell)
    nb.cells.insert(2, cell)


@accident(note="stood above its answer")
def answer_moved_to_the_end(nb):
    cell = cell_of(nb, "staged_backward-answer")
    nb.cells.remove(cell)
    nb.cells.append(cell)


@accident()
def answer_split_into_two_cells(nb):
    cell = cell_of(nb, "staged_backward-answer")
    nb.cells.insert(at(nb, cell), new_code_cell("def sigma(t):\n    return 1 / (1 + np.exp(-t))"))


@accident(note="recognised")
def all_metadata_stripped(nb):
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()


@accident(note="recognised")
def metadata_stripped_and_spaces_trimmed(nb):
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()
        cell.source = cell.source.strip() + "\n"


@accident(note="changed back")
def answer_turned_into_markdown(nb):
    cell = cell_of(nb, "mul_backward-answer")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


@accident(note="changed back")
def test_turned_into_raw(nb):
    cell = cell_of(nb, "mul_backward")
    cell.cell_type = "raw"
    del cell["outputs"], cell["execution_count"]


@accident(note="the released text counts")
def test_cell_edited(nb):
    cell_of(nb, "mul_backward").source = "grade(mul_backward, 'mul_backward')\nprint('done')"


@accident(note="the released text counts")
def test_cell_emptied(nb):
    cell_of(nb, "mul_backward").source = ""


@accident(note="the released text counts")
def setup_cell_edited(nb):
    cell_of(nb, "setup").source = "import numpy as np"


@accident()
def wrong_kernelspec(nb):
    nb.metadata.kernelspec = {"name": "conda-env-ml2-py", "display_name": "ML", "language": "python"}


@accident()
def no_metadata_of_the_notebook(nb):
    nb.metadata = nbformat.NotebookNode()


@accident()
def points_edited(nb):
    cell_of(nb, "mul_backward").metadata.nbgrader.points = 200


@accident(note="not this notebook's")
def cell_of_another_course(nb):
    cell = new_code_cell("1 + 1")
    cell.metadata["nbgrader"] = {"grade": True, "grade_id": "hw7-q1", "locked": True, "points": 10, "solution": False,
                                 "schema_version": 1}
    nb.cells.insert(3, cell)


@accident()
def metadata_of_an_old_schema(nb):
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.pop("schema_version")
            cell.metadata.nbgrader.pop("task", None)


@accident()
def metadata_that_is_no_dict(nb):
    nb.cells[0].metadata["nbgrader"] = "yes"


@accident(lost={"mul_backward"})
def syntax_error_in_an_answer(nb):
    cell = cell_of(nb, "mul_backward-answer")
    cell.source = cell.source.replace("return dout * y, dout * x", "return (dout * y, dout * x")


@accident(lost={"mul_backward"})
def merge_conflict_in_an_answer(nb):
    cell = cell_of(nb, "mul_backward-answer")
    cell.source = "<<<<<<< HEAD\n" + cell.source + "\n=======\n>>>>>>> main"


@accident(lost={"log_backward"})
def answer_that_never_ends(nb):
    cell_of(nb, "log_backward-answer").source = "def log_backward(dout, x):\n    while True:\n        pass"


@accident()
def cell_that_never_ends(nb):
    nb.cells.insert(6, new_code_cell("import time\nwhile True:\n    time.sleep(1)"))


@accident()
def cell_that_ends_python(nb):
    nb.cells.insert(6, new_code_cell("import os\nos._exit(0)"))


@accident()
def exit_is_called(nb):
    nb.cells.insert(6, new_code_cell("exit()"))


@accident()
def interpreter_crashes(nb):
    nb.cells.insert(6, new_code_cell("import ctypes\nctypes.string_at(0)"))


@accident()
def everything_warns(nb):
    nb.cells.insert(2, new_code_cell("import sys, warnings\nwarnings.warn('old')\nprint('oh', file=sys.stderr)"))
    cell = cell_of(nb, "log_backward-answer")
    cell.source = "import warnings, sys\n" + cell.source.replace(
        "    return dout / x", "    warnings.warn('careful')\n    print(x, file=sys.stderr)\n    return dout / x")


@accident()
def waits_for_input(nb):
    nb.cells.insert(6, new_code_cell("name = input('your name? ')"))


@accident()
def magics_and_shell_lines(nb):
    nb.cells.insert(2, new_code_cell("%matplotlib inline\n!pip install numpy\n%timeit 1 + 1"))


@accident()
def a_figure_and_a_table(nb):
    nb.cells.append(new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"))


@accident()
def an_answer_that_draws(nb):
    cell = cell_of(nb, "log_backward-answer")
    cell.source = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n" + cell.source


@accident()
def huge_output_saved(nb):
    nb.cells[2].outputs = [nbformat.v4.new_output("stream", text="x" * 5_000_000)]


@accident()
def the_wrong_error_output_saved(nb):
    cell_of(nb, "mul_backward").outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]


@accident(note="handed in as", name="02_gate_patterns (1).ipynb")
def downloaded_twice(nb):
    pass


@accident(note="handed in as", name="my homework.ipynb")
def renamed(nb):
    pass


@accident()
def saved_by_an_old_program(nb):
    nb.nbformat_minor = 2
    for cell in nb.cells:
        cell.pop("id", None)


@accident()
def cells_share_an_id(nb):
    for cell in nb.cells:
        cell["id"] = "same"


@accident()
def byte_order_mark(nb):
    return b"\xef\xbb\xbf" + nbformat.writes(nb).encode()


@accident()
def windows_line_ends(nb):
    return nbformat.writes(nb).replace("\n", "\r\n").encode()


@accident()
def sources_as_lists(nb):
    book = json.loads(nbformat.writes(nb))
    for cell in book["cells"]:
        if isinstance(cell["source"], str):
            cell["source"] = cell["source"].splitlines(True)
    return json.dumps(book).encode()


@accident()
def notes_between_the_cells(nb):
    for k in range(len(nb.cells), 0, -3):
        nb.cells.insert(k, new_markdown_cell("a thought"))
