"""A class that has been graded, once for every file of tests that only reads it; a browser."""

import copy
import shutil

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.browser.conftest import browser  # noqa: F401
from tests.teaching.classes import NAME, backprop, hand_in, nbgrader, new_course, released, solved, wrong

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PEOPLE = """id,first_name,last_name,email,lms_user_id
ada,Ada,Lovelace,ada@example.org,777
jose,José,Müller,jose@example.org,12345
ben,Ben,Berg,ben@example.org,31
zoe,Zoë,"O'Neil, Ph.D.",zoe@example.org,32
"""


@pytest.fixture(scope="session")
def taught(tmp_path_factory):
    """A course folder: ada has it all right and drew pictures, jose's mul is wrong, ben wrote nothing, zoe is away."""
    course = new_course(tmp_path_factory.mktemp("taught") / "course", NAME)
    (course / "class.csv").write_text(PEOPLE, encoding="utf-8")
    nbgrader(course, "generate_assignment", NAME, "--force")
    nbgrader(course, "db", "student", "import", "class.csv")
    hand_in(course, "ada", with_pictures(solved(NAME)))
    hand_in(course, "jose", wrong())
    hand_in(course, "ben", released(NAME))
    backprop(course, "autograde", NAME, "--workers", "1")
    draw_in(course / "autograded" / "ada" / NAME / f"{NAME}.ipynb")
    return course


@pytest.fixture
def course(taught, tmp_path):
    """A copy of it."""
    return shutil.copytree(taught, tmp_path / "course")


def with_pictures(nb):
    nb = copy.deepcopy(nb)
    pasted = {"photo.png": {"image/png": PIXEL}}
    nb.cells.insert(1, new_markdown_cell("![my sketch](attachment:photo.png)", attachments=pasted))
    nb.cells.insert(1, new_markdown_cell("My note: $x^2$ is not $5, and ![elsewhere](https://example.org/x.png) "
                                         "<script src='https://example.org/x.js'></script>"))
    nb.cells.insert(3, new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4])\nplt.show()"))
    nb.cells.append(new_code_cell("print('a very long line ' * 40)"))
    return nb


def draw_in(path):
    """Put outputs of a graph and of a plot where a kernel of nbgrader's own would have put them."""
    import nbformat
    from nbformat.v4 import new_output

    from course.drawing import graph

    path.chmod(0o644)
    nb = nbformat.read(path, as_version=4)
    shown = graph(lambda x, y: x * y, x=2, y=3)._repr_mimebundle_()[0]
    nb.cells[3].outputs = [
        new_output("display_data", shown),
        new_output("display_data", {"image/png": PIXEL, "text/plain": "<Figure size 640x480 with 1 Axes>"}),
        new_output("display_data", {"text/html": "<img src='https://example.org/pixel.png'><b>bold</b>"
                                                 "<script>fetch('https://example.org')</script>"})]
    nbformat.write(nb, path)

