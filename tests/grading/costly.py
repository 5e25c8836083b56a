"""What one submission may make others pay for: each entry makes the bytes of a notebook that is costly to read, run or
write, and says what it loses and what the instructor is told.

None loses what it does not break: half a surrogate in a comment is an accident, and costs nothing. `lost` is None where
the whole of it can't be graded.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass

from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.grading.handing_in import cell_of, solved

NAME = "02_gate_patterns"
HALF = "\ud83d"


@dataclass(frozen=True)
class Costly:
    name: str
    make: Callable[[], bytes]
    lost: frozenset | None
    line: str       # a part of what the instructor reads, or ""


COSTLY = []


def costly(lost=(), line=""):
    """Registers a function that changes a solved notebook, or returns the bytes that are handed in."""
    def register(change):
        def make():
            nb = copy.deepcopy(solved(NAME))
            return change(nb) or as_bytes(nb)
        COSTLY.append(Costly(change.__name__, make, None if lost is None else frozenset(lost), line))
        return change
    return register


def as_bytes(nb):
    """JSON in ASCII, which holds half a surrogate as it holds any character."""
    return json.dumps(nb).encode()


def add(nb, source):
    nb.cells.insert(2, new_code_cell(source))


def answer(nb, body):
    cell_of(nb, "mul_backward-answer").source = "def mul_backward(dout, x, y):\n" + "\n".join(
        "    " + line for line in body.splitlines())


MINE = frozenset({"mul_backward"})

# ------------------------------------------------------------------------------------ half a surrogate


@costly()
def half_a_surrogate_in_markdown(nb):
    nb.cells.insert(1, new_markdown_cell(f"I liked this {HALF}"))


@costly()
def half_a_surrogate_in_a_comment(nb):
    cell_of(nb, "mul_backward-answer").source += f"\n# done {HALF}"


@costly()
def half_a_surrogate_in_metadata(nb):
    nb.metadata[f"title{HALF}"] = HALF
    nb.cells[0].metadata[HALF] = [HALF]


@costly()
def half_a_surrogate_in_an_id(nb):
    nb.cells[0]["id"] = HALF


@costly()
def half_a_surrogate_in_an_attachment(nb):
    nb.cells.insert(1, new_markdown_cell("![](attachment:a.png)", attachments={f"a{HALF}.png": {"image/png": "AA=="}}))


@costly()
def half_a_surrogate_printed(nb):
    add(nb, "print('\\ud83d', end='\\udc00')\nimport sys\nprint('\\ude00', file=sys.stderr)")


@costly()
def half_a_surrogate_displayed(nb):
    add(nb, "from IPython.display import display\n"
            "display({'text/plain': '\\ud83d', '\\ud83d': 'x'}, raw=True)\n'\\ud83d'")


@costly()
def half_a_surrogate_raised_by_a_cell(nb):
    add(nb, "raise type('Bad\\ud83d', (Exception,), {})('\\ud83d')")


@costly()
def half_a_surrogate_in_a_warning(nb):
    answer(nb, "import warnings\nwarnings.warn('\\ud83d')\nprint('\\ud83d')\nreturn dout * y, dout * x")


@costly(lost=MINE)
def half_a_surrogate_raised_by_an_answer(nb):
    answer(nb, "raise type('Bad\\ud83d', (Exception,), {})('\\ud83d')")


@costly(lost=MINE)
def half_a_surrogate_returned(nb):
    answer(nb, "return '\\ud83d', {'\\udc00': '\\udfff'}")


# ------------------------------------------------------------------------------------ what is read and parsed


@costly(lost=MINE, line="it was left out")
def an_answer_of_five_megabytes(nb):
    cell_of(nb, "mul_backward-answer").source = "x = " + "a," * 2_500_000


@costly(line="it was left out")
def a_cell_of_five_megabytes(nb):
    add(nb, "a," * 2_500_000)


@costly(line="it was left out")
def a_text_of_five_megabytes(nb):
    nb.cells.insert(1, new_markdown_cell("<div>" * 1_000_000))


@costly()
def a_cell_as_large_as_a_cell_may_be(nb):
    add(nb, "x = (" + "1," * 20_000 + ")" + " " * 200_000)


@costly()
def brackets_without_end(nb):
    for opening in "([{":
        add(nb, opening * 9_000)


@costly()
def operators_without_end(nb):
    for source in ("-" * 5_000 + "1", "1" + "+1" * 5_000, "a" + ".a" * 5_000, "a" + "[0]" * 5_000,
                   "lambda: " * 3_000 + "0", "not " * 3_000 + "0", "0" + " if 0 else 0" * 3_000, "f'{" * 5_000,
                   "\n".join(" " * k + "if 1:" for k in range(90)), "a = " * 3_000 + "1", "9" * 9_000):
        add(nb, source)


@costly()
def a_source_with_null_bytes(nb):
    add(nb, "x = '\0'")
    nb.cells.insert(1, new_markdown_cell("\0"))


@costly(lost=None, line="100,047 cells")
def a_hundred_thousand_cells(nb):
    nb.cells += [{"cell_type": "code", "source": "", "metadata": {}}] * 100_000


@costly(lost=None, line="characters")
def many_long_cells(nb):
    nb.cells += [new_code_cell("x = 1\n" * 40_000) for _ in range(20)]


@costly(lost=None, line="too large")
def a_file_of_fifty_megabytes(nb):
    return as_bytes(nb) + b" " * 50_000_000


@costly(lost=None, line="more than 300 MB of memory")
def twenty_four_megabytes_of_lists_in_metadata(nb):
    nb.metadata["x"] = "lists"
    return as_bytes(nb).replace(b'"lists"', b"[" + b"[]," * 8_000_000 + b"0]")


@costly()
def three_megabytes_beside_the_cells(nb):
    return b'{"x": [' + b"[]," * 1_000_000 + b"0], " + as_bytes(nb)[1:]


@costly()
def a_million_names_in_metadata(nb):
    nb.metadata = {str(k): k for k in range(1_000_000)}


@costly()
def metadata_nine_hundred_deep(nb):
    deep = '"metadata": {"x": ' + "[" * 900 + "]" * 900 + ', "y": ' + '{"a":' * 900 + "0" + "}" * 900 + ", "
    return as_bytes(nb).replace(b'"metadata": {"', deep.encode() + b'"')


@costly()
def a_million_outputs(nb):
    nb.cells[3].outputs = [{}] * 1_000_000


@costly()
def metadata_of_other_types(nb):
    for k, wrong in enumerate((None, [], 1, "x", {"nbgrader": []}, {"nbgrader": {"grade_id": ["x"]}}, {"nbgrader": 0},
                               {"nbgrader": {"grade_id": {}, "grade": True}}, {"tags": 7})):
        nb.cells.append({"cell_type": "code", "source": f"x{k} = 1", "metadata": wrong, "outputs": None})
    nb.metadata = None


@costly(lost=None, line="is not a notebook")
def a_number_of_five_thousand_digits(nb):
    return as_bytes(nb).replace(b'"nbformat_minor": 5', b'"nbformat_minor": ' + b"7" * 5_000)


@costly()
def a_version_of_four_hundred_digits(nb):
    return as_bytes(nb).replace(b'"nbformat_minor": 5', b'"nbformat_minor": ' + b"7" * 400)


@costly(lost=None, line="is not a notebook")
def lists_without_end(nb):
    return b"[" * 40_000_000


@costly(lost=None, line="is not a notebook")
def lists_without_end_in_a_notebook(nb):
    return as_bytes(nb).replace(b'"metadata": {', b'"metadata": {"x": ' + b"[" * 1_000_000, 1)


@costly(lost=None, line="memory")
def forty_megabytes_of_lists(nb):
    return b'{"nbformat": 4, "cells": [' + b"[]," * 13_000_000 + b"[]]}"


# ------------------------------------------------------------------------------------ what is answered


@costly(lost=MINE)
def an_integer_of_four_hundred_digits(nb):
    answer(nb, "return 10 ** 400, -10 ** 400")


@costly(lost=MINE)
def an_integer_of_a_hundred_thousand_digits(nb):
    answer(nb, "return 1 << 350_000, 1")


@costly(lost=MINE)
def fifty_nested_tuples(nb):
    answer(nb, "t = 1.0\nfor _ in range(50):\n    t = (t,)\nreturn t, t")


@costly(lost=MINE)
def three_hundred_nested_lists(nb):
    answer(nb, "t = 1.0\nfor _ in range(300):\n    t = [t]\nreturn t, t")


@costly(lost=MINE)
def thirty_megabytes_of_lists(nb):
    answer(nb, "return [[] for _ in range(10_000_000)], 1.0")


@costly(lost=MINE)
def a_list_that_branches(nb):
    answer(nb, "t = 1.0\nfor _ in range(20):\n    t = [t] * 12\nreturn t, t")


@costly(lost=MINE)
def keys_of_one_hash(nb):
    answer(nb, "return {k * (2 ** 61 - 1): 0 for k in range(40_000)}, 1.0")


@costly(lost=MINE)
def keys_of_other_kinds(nb):
    answer(nb, "return {(k, complex(k)): 0 for k in range(1_000)}, {None: 1, (1, (2,)): 2}")


@costly(lost=MINE)
def sets(nb):
    answer(nb, "return {1.0, 2.0}, frozenset([3])")


@costly(lost=MINE)
def a_list_of_many_numbers(nb):
    answer(nb, "return [0.5] * 300_000, [[1, 2], [3]] * 10_000")


@costly(lost=MINE)
def a_text_of_three_megabytes(nb):
    answer(nb, "return 'x' * 3_000_000, 1.0")


@costly(lost=MINE)
def a_small_list_with_much_in_it(nb):
    answer(nb, "t = 0.123456789\nfor _ in range(4):\n    t = [t] * 12\nreturn t, [t, t]")
