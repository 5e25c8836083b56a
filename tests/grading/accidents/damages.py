"""What happens to notebooks on their way: each function damages a solved notebook as people and programs do.

accident(full=True) keeps all points; lost={...} names the exercises that it costs; note is a part of what the
instructor is told.
"""

import copy
import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.grading.handing_in import cell_of, released

NAME = "02_gate_patterns"
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


# ------------------------------------------------------------------------------------ stubs, locked cells, copies

def stub_of(name):
    return cell_of(released(NAME), f"{name}-answer").source


@accident(note="more than once")
def release_appended_behind_the_work(nb):
    nb.cells += released(NAME).cells


@accident(note="more than once")
def release_pasted_before_the_work(nb):
    nb.cells = released(NAME).cells + nb.cells


@accident(note="had lost its metadata")
def release_appended_and_metadata_of_the_work_stripped(nb):
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()
    nb.cells += [new_code_cell(cell.source) for cell in released(NAME).cells if cell.cell_type == "code"]


@accident(note="stood below another definition")
def untouched_stub_copied_behind_the_answer(nb):
    cell = cell_of(nb, "mul_backward-answer")
    nb.cells.insert(at(nb, cell) + 1, new_code_cell(stub_of("mul_backward")))


@accident(note="the last one that is not as released counts")
def untouched_stub_copied_with_its_metadata(nb):
    cell = cell_of(nb, "mul_backward-answer")
    nb.cells.insert(at(nb, cell) + 1, cell_of(released(NAME), "mul_backward-answer"))


@accident(note="what was written there ran before it")
def answer_typed_into_the_test_cell(nb):
    cell, test = cell_of(nb, "mul_backward-answer"), cell_of(nb, "mul_backward")
    test.source = f"{cell.source}\n\n{test.source}"
    cell.source = stub_of("mul_backward")


@accident(note="what was written there ran before it")
def answer_typed_over_the_test_cell(nb):
    cell, test = cell_of(nb, "mul_backward-answer"), cell_of(nb, "mul_backward")
    test.source, cell.source = cell.source, stub_of("mul_backward")


@accident(note="is as released; what another cell defines counts")
def all_answers_typed_below_everything(nb):
    text = ""
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name.endswith("-answer"):
            text += cell.source + "\n\n"
            cell.source = stub_of(name.removesuffix("-answer"))
    nb.cells.append(new_code_cell(text))


@accident(note="stood above its answer")
def answer_typed_below_everything_and_timed(nb):
    cell = cell_of(nb, "log_backward-answer")
    nb.cells.append(new_code_cell("%%time\n" + cell.source))
    cell.source = stub_of("log_backward")


@accident(note="what another cell defines counts")
def answer_in_a_branch_of_a_cell_of_its_own(nb):
    cell = cell_of(nb, "log_backward-answer")
    indented = "".join("    " + line for line in cell.source.splitlines(True))
    nb.cells.insert(at(nb, cell), new_code_cell(f"if True:\n{indented}"))
    cell.source = stub_of("log_backward")


@accident()
def stub_reformatted_behind_the_answer(nb):
    cell = cell_of(nb, "log_backward-answer")
    stub = stub_of("log_backward").replace("(dout, x)", "( dout,x )").replace("# write your code here", "# todo")
    nb.cells.insert(at(nb, cell) + 1, new_code_cell(stub))


@accident()
def answer_and_test_merged_into_the_answer(nb):
    cell, test = cell_of(nb, "mul_backward-answer"), cell_of(nb, "mul_backward")
    cell.source += "\n\n" + test.source
    nb.cells.remove(test)


@accident(note="what was written there ran before it")
def answer_and_test_merged_into_the_test(nb):
    cell, test = cell_of(nb, "mul_backward-answer"), cell_of(nb, "mul_backward")
    test.source = cell.source + "\n\n" + test.source
    nb.cells.remove(cell)


@accident(note="what was written there ran before it")
def test_and_the_next_answer_merged(nb):
    test, cell = cell_of(nb, "mul_backward"), cell_of(nb, "max_backward-answer")
    test.source += "\n\n" + cell.source
    nb.cells.remove(cell)


@accident()
def two_answers_merged(nb):
    first, second = cell_of(nb, "mul_backward-answer"), cell_of(nb, "max_backward-answer")
    first.source += "\n\n" + second.source
    nb.cells.remove(second)


@accident(note="what was written there ran before it")
def set_up_and_first_answer_merged(nb):
    setup, cell = cell_of(nb, "setup"), cell_of(nb, "add_backward-answer")
    setup.source += "\n\n" + cell.source
    nb.cells.remove(cell)


@accident(note="what was written there ran before it")
def import_added_to_the_locked_set_up(nb):
    cell_of(nb, "setup").source += "\nimport math"
    cell = cell_of(nb, "staged_backward-answer")
    cell.source = cell.source.replace("np.exp", "math.exp")


@accident(note="stood below what needs it")
def set_up_moved_to_the_end(nb):
    cell = cell_of(nb, "setup")
    nb.cells.remove(cell)
    nb.cells.append(cell)


# ------------------------------------------------------------------------------------ files

def file_of(nb):
    return nbformat.writes(nb).encode()


@accident(note="handed in as")
def work_in_a_copy_beside_the_untouched_original(nb):
    return {f"{NAME}.ipynb": released(NAME), f"Copy of {NAME}.ipynb": nb}


@accident(note="More than one notebook")
def half_done_copy_beside_the_work(nb):
    half = copy.deepcopy(nb)
    for name in ("mul_backward", "log_backward"):
        cell_of(half, f"{name}-answer").source = stub_of(name)
    return {f"{NAME}.ipynb": nb, f"{NAME}-Copy1.ipynb": half}


@accident(note="handed in as")
def work_beside_an_empty_file_of_the_right_name(nb):
    return {f"{NAME}.ipynb": b"", f"{NAME} (2).ipynb": nb}


@accident(note="handed in as", name="02_gate_patterns.ipynb.txt")
def a_browser_adds_txt(nb):
    pass


@accident(note="handed in as", name="02_gate_patterns.ipynb.json")
def a_browser_adds_json(nb):
    pass


@accident(note="handed in as", name="02 Gate Patterns.IPYNB")
def name_with_spaces_and_capitals(nb):
    pass


@accident(note="handed in as", name="02_gate_patterns/02_gate_patterns.ipynb")
def in_a_folder_of_its_name(nb):
    pass


@accident(note="handed in as")
def a_folder_named_like_the_notebook(nb):
    return {f"{NAME}.ipynb/data.csv": b"1,2", "mine.ipynb": nb}


@accident(note="handed in as")
def inside_a_folder_named_like_itself(nb):
    return {f"{NAME}.ipynb/{NAME}.ipynb": nb}


@accident()
def checkpoints_beside_it(nb):
    return {f"{NAME}.ipynb": nb, f".ipynb_checkpoints/{NAME}-checkpoint.ipynb": released(NAME)}


# ------------------------------------------------------------------------------------ JSON

@accident()
def outputs_null(nb):
    return json.dumps(json.loads(file_of(nb)), indent=1).replace('"outputs": []', '"outputs": null').encode()


@accident()
def metadata_of_cells_null(nb):
    book = json.loads(file_of(nb))
    for cell in book["cells"]:
        if not cell["metadata"].get("nbgrader"):
            cell["metadata"] = None
    return json.dumps(book).encode()


@accident()
def metadata_of_the_notebook_null(nb):
    return json.dumps(json.loads(file_of(nb)) | {"metadata": None}).encode()


# ------------------------------------------------------------------------------------ modules and data

def into_a_module(nb, name):
    """The source of an answer, whose cell imports it instead from `mine`."""
    cell = cell_of(nb, f"{name}-answer")
    source, cell.source = cell.source, f"from mine import {name}"
    return "import numpy as np\n\n\n" + source


@accident()
def a_module_that_the_notebook_writes(nb):
    source = into_a_module(nb, "log_backward")
    nb.cells.insert(2, new_code_cell("%%writefile mine.py\n" + source))


@accident()
def a_module_handed_in_beside_it(nb):
    return {f"{NAME}.ipynb": nb, "mine.py": into_a_module(nb, "log_backward").encode()}


@accident(note="handed in as")
def a_package_beside_it_in_a_folder(nb):
    source = into_a_module(nb, "log_backward").encode()
    return {f"work/{NAME}.ipynb": nb, "work/mine/__init__.py": b"from mine.gates import log_backward",
            "work/mine/gates.py": source}


@accident()
def data_that_the_answer_reads(nb):
    cell = cell_of(nb, "log_backward-answer")
    cell.source = "scale = float(open('data/scale.txt').read())\n" + cell.source.replace("dout / x", "scale * dout / x")
    return {f"{NAME}.ipynb": nb, "data/scale.txt": b"1.0"}


@accident()
def a_module_is_there_again_after_a_crash(nb):
    nb.cells.insert(2, new_code_cell("import os\nos._exit(0)"))
    return a_module_handed_in_beside_it(nb)


@accident(note="1 of the 2 files")
def a_film_beside_it(nb):
    return a_module_handed_in_beside_it(nb) | {"film.mp4": bytes(17 * 2**20)}


# ------------------------------------------------------------------------------------ stubs in other forms and places

def answers_of(nb):
    return [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-answer")]


def put_behind(nb, name, text):
    """Another cell right below an answer."""
    nb.cells.insert(at(nb, cell_of(nb, f"{name}-answer")) + 1, new_code_cell(text))


def all_stubs(nb):
    """Puts the stubs back; returns the text of all answers."""
    text = ""
    for cell in answers_of(nb):
        text += cell.source + "\n\n"
        cell.source = stub_of(cell.metadata.nbgrader.grade_id.removesuffix("-answer"))
    return text


@accident(note="stub of 'log_backward-answer' stood below")
def stub_without_its_docstring_behind_the_answer(nb):
    put_behind(nb, "log_backward", "def log_backward(dout, x):\n    raise NotImplementedError")


@accident(note="stub of 'log_backward-answer' stood below")
def an_empty_function_behind_the_answer(nb):
    put_behind(nb, "log_backward", "def log_backward(dout, x):\n    ...")


@accident(note="stub of 'log_backward-answer' stood below")
def stub_behind_the_answer_beside_something_else(nb):
    put_behind(nb, "log_backward", f"import math\n{stub_of('log_backward')}\n\ntau = math.tau")
    put_behind(nb, "exp_backward", "tau / 2")


@accident(note="stub of 'log_backward-answer' stood below")
def stub_below_the_answer_in_its_cell(nb):
    cell = cell_of(nb, "log_backward-answer")
    cell.source += "\n\n\n" + stub_of("log_backward")


@accident()
def stub_above_the_answer_in_its_cell(nb):
    cell = cell_of(nb, "log_backward-answer")
    cell.source = stub_of("log_backward") + "\n\n\n" + cell.source


@accident(note="stood below another definition")
def all_stubs_in_one_cell_behind_all_answers(nb):
    written = answers_of(nb)
    nb.cells = [cell for cell in nb.cells if not any(cell is other for other in written)]
    stubs = "\n\n".join(cell.source for cell in answers_of(released(NAME)))
    nb.cells[2:2] = [*written, new_code_cell(stubs)]


@accident(note="stood below another definition")
def answer_in_the_cell_of_the_one_before(nb):
    cell_of(nb, "mul_backward-answer").source += "\n\n" + cell_of(nb, "log_backward-answer").source
    cell_of(nb, "log_backward-answer").source = stub_of("log_backward")


@accident()
def answer_typed_into_the_cell_of_its_check(nb):
    cell = cell_of(nb, "log_backward-answer")
    nb.cells[at(nb, cell) + 1].source = cell.source + "\n\ncheck(log_backward)"
    cell.source = stub_of("log_backward")


@accident(note="what another cell defines counts")
def answer_bound_in_an_expression_below_everything(nb):
    nb.cells.append(new_code_cell("(log_backward := lambda dout, x: dout / x)"))
    cell_of(nb, "log_backward-answer").source = stub_of("log_backward")


@accident(note="what another cell defines counts")
def answer_in_a_with_below_everything(nb):
    cell = cell_of(nb, "log_backward-answer")
    indented = "".join("    " + line for line in cell.source.splitlines(True))
    nb.cells.append(new_code_cell(f"with np.errstate(all='ignore'):\n{indented}"))
    cell.source = stub_of("log_backward")


@accident(note="may define its name")
def all_answers_in_a_module_and_the_stubs_below_its_import(nb):
    text = "import numpy as np\n\n\n" + all_stubs(nb)
    nb.cells.insert(2, new_code_cell("from mine import *"))
    return {f"{NAME}.ipynb": nb, "mine.py": text.encode()}


@accident(note="handed in as")
def the_same_in_a_copy_beside_the_untouched_original(nb):
    files = all_answers_in_a_module_and_the_stubs_below_its_import(nb)
    return files | {f"{NAME}.ipynb": released(NAME), f"{NAME} copy.ipynb": nb}


@accident(note="was missing")
def everything_merged_into_one_cell(nb):
    nb.cells = [new_code_cell("\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "code"))]


@accident(note="what was written there ran before it")
def everything_merged_into_the_locked_set_up(nb):
    setup = cell_of(nb, "setup")
    setup.source = "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    nb.cells = [setup]


@accident(note="not this notebook's")
def the_next_assignment_pasted_before_the_work(nb):
    nb.cells = released("03_sigmoid_neuron").cells + nb.cells


@accident(note="recognised")
def metadata_stripped_and_the_cells_in_reverse(nb):
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()
    nb.cells.reverse()


# ------------------------------------------------------------------------------------ more files, more names

@accident(note="handed in as", name="02_gate_patterns.ipynb (1).txt")
def a_browser_adds_a_number_and_txt(nb):
    pass


@accident(note="handed in as", name="02_gate_patterns.ipynb~")
def a_backup_of_an_editor(nb):
    pass


@accident(note="handed in as", name="02_gate_patterns.ipynb.download")
def a_download_that_kept_its_mark(nb):
    pass


@accident(note="handed in as", name="02_gate_patterns.json")
def saved_as_json(nb):
    pass


@accident(note="handed in as", name="02_gate_patterns.txt")
def saved_as_txt_with_a_byte_order_mark(nb):
    return b"\xef\xbb\xbf" + file_of(nb)


@accident(note="handed in as", name="homework")
def saved_without_an_ending(nb):
    pass


@accident(note="handed in as", name="02_gate_patterns.ｉｐｙｎｂ")
def name_in_full_width_letters(nb):
    pass


@accident()
def a_hidden_file_that_the_answer_reads(nb):
    cell = cell_of(nb, "log_backward-answer")
    cell.source = "scale = float(open('.scale').read())\n" + cell.source.replace("dout / x", "scale * dout / x")
    return {f"{NAME}.ipynb": nb, ".scale": b"1.0"}


@accident()
def another_notebook_that_it_runs(nb):
    cell = cell_of(nb, "log_backward-answer")
    helper = nbformat.v4.new_notebook(cells=[new_code_cell("import numpy as np"), new_code_cell(cell.source)])
    cell.source = "%run helper.ipynb"
    return {f"{NAME}.ipynb": nb, "helper.ipynb": helper}


@accident()
def a_module_named_like_a_forbidden_one(nb):
    source = into_a_module(nb, "log_backward")
    cell_of(nb, "log_backward-answer").source = "from autograd.gates import log_backward"
    return {f"{NAME}.ipynb": nb, "autograd/__init__.py": b"", "autograd/gates.py": source.encode()}


@accident(note="101 of the 301 files")
def a_module_beside_more_pictures_than_come_along(nb):
    return a_module_handed_in_beside_it(nb) | {f"a/{k:03}.png": bytes(k) for k in range(298)} | {"empty": b"", "b": b""}


@accident(note="handed in as")
def a_module_above_the_folder_of_the_notebook(nb):
    files = a_module_handed_in_beside_it(nb)
    nb.cells.insert(2, new_code_cell("import sys\nsys.path.append('..')"))
    return {f"work/{NAME}.ipynb": nb, "mine.py": files["mine.py"]}


@accident()
def a_folder_and_a_package_made_by_the_shell(nb):
    source = into_a_module(nb, "log_backward")
    nb.cells[2:2] = [new_code_cell("!mkdir -p mine && touch mine/__init__.py"),
                     new_code_cell("%%writefile mine/gates.py\n" + source)]
    cell_of(nb, "log_backward-answer").source = "from mine.gates import log_backward"


@accident()
def a_script_that_the_shell_runs(nb):
    cell = cell_of(nb, "log_backward-answer")
    cell.source = "scale = !python scale.py\n" + cell.source.replace("dout / x", "float(scale[0]) * dout / x")
    return {f"{NAME}.ipynb": nb, "scale.py": b"print(1.0)"}


# ------------------------------------------------------------------------------------ more encodings and JSON

@accident()
def saved_in_utf_16(nb):
    return file_of(nb).decode().encode("utf-16")


@accident(note="not saved in UTF-8")
def saved_in_an_encoding_of_windows(nb):
    nb.cells.insert(1, new_markdown_cell("größer"))
    return file_of(nb).decode().encode("cp1252", "replace")


@accident(note="went on")
def the_disk_filled_it_up_with_zeros(nb):
    return file_of(nb) + bytes(512)


@accident(note="went on")
def the_end_of_an_older_version_behind_it(nb):
    return file_of(nb) + file_of(nb)[-300:]


@accident()
def pasted_with_a_byte_order_mark(nb):
    cell = cell_of(nb, "log_backward-answer")
    cell.source = "\ufeff" + cell.source


def as_json(nb, change):
    book = json.loads(file_of(nb))
    change(book)
    return json.dumps(book).encode()


@accident(note="1 of the cells were none")
def a_cell_null(nb):
    return as_json(nb, lambda book: book["cells"].insert(3, None))


@accident()
def a_cell_without_a_source_and_one_with_null(nb):
    empty = [{"cell_type": "code", "metadata": {}}, {"cell_type": "code", "metadata": {}, "source": None},
             {"cell_type": "markdown", "metadata": {}, "source": ["a\n", None, 3]}]
    return as_json(nb, lambda book: book.update(cells=empty + book["cells"]))


@accident(note="of no type")
def an_answer_without_its_type(nb):
    def change(book):
        for cell in book["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "log_backward-answer":
                del cell["cell_type"]
    return as_json(nb, change)


@accident()
def version_as_a_text(nb):
    return as_json(nb, lambda book: book.update(nbformat="4"))


@accident()
def no_version(nb):
    return as_json(nb, lambda book: book.pop("nbformat"))


@accident()
def saved_by_colab(nb):
    """Format 4.0, which has no ids of cells: Colab keeps its own in their metadata, and says where outputs are from."""
    install = {"cell_type": "code", "metadata": {}, "source": "%pip install -q anywidget msgpack", "outputs": [],
               "execution_count": 1}

    def change(book):
        book["nbformat_minor"] = 0
        book["cells"].insert(1, install)
        book["metadata"] = {"colab": {"provenance": [], "toc_visible": True},
                            "kernelspec": {"name": "python3", "display_name": "Python 3"},
                            "language_info": {"name": "python"}, "accelerator": "GPU",
                            "widgets": {"application/vnd.jupyter.widget-state+json": {}}}
        for k, cell in enumerate(book["cells"]):
            cell.pop("id", None)
            cell["metadata"] |= {"id": f"Xy-{k}"}
            if cell["cell_type"] == "code":
                cell["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/", "height": 35},
                                     "outputId": f"{k:036}"}
                cell["outputs"] = [{"output_type": "execute_result", "execution_count": k, "metadata": {}, "data": {
                    "text/plain": "2.0", "application/vnd.google.colaboratory.intrinsic+json": {"type": "string"}}}]
    return as_json(nb, change)


@accident()
def saved_by_vs_code(nb):
    """Its kernel, languages of cells, and a cell of another language; in a format without ids, as it once wrote."""
    def change(book):
        book["nbformat_minor"] = 2
        book["metadata"] |= {"kernelspec": {"display_name": ".venv (3.13.1)", "language": "python", "name": "python3"},
                             "orig_nbformat": 4, "vscode": {"interpreter": {"hash": "31f2aee4e71d21fbe5cf8b01"}}}
        for cell in book["cells"]:
            cell.pop("id", None)
            cell["metadata"] |= {"vscode": {"languageId": "python"}}
        book["cells"].append({"cell_type": "code", "metadata": {"vscode": {"languageId": "shellscript"}}, "outputs": [],
                              "execution_count": None, "source": ["%%bash\n", "echo done"]})
    return as_json(nb, change)
