"""By whose numbers a submission is judged, as its notebook and the class have it."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course.grading.key import Key
from course.grading.whose import whose

CLASS = frozenset({"ada", "ben"})


@pytest.mark.parametrize(("cell", "judged", "noted"), [
    ('i_am("ada")', "ada", ""), ("from course import i_am\n\ni_am( ' ADA@example.org ')", "ada", ""),
    ('i_am("")', "ada", ""), ('# i_am("ben")', "ada", ""), ("x = 1", "ada", ""), ("i_am(name)", "ada", ""),
    ('i_am("Ben")', "ada", "another learner"), ('i_am("ad")', "ad", "nobody in the class"),
    ('i_am("ben")\ni_am("ada")', "ada", ""), ('i_am("O\'Dea")', "O'Dea", "nobody in the class"),
])
def test_an_id_of_nobodys_is_a_slip_and_another_learners_is_not(cell, judged, noted):
    nb = new_notebook(cells=[new_code_cell(cell)])
    found, notes = whose(nb, Key("a", "a", (), learners=CLASS), "ada")
    assert found == judged and bool(notes) == bool(noted) and noted in " ".join(notes)
    assert whose(nb, Key("a", "a", ()), "ada") == ("ada", [])       # nobody has a variant
