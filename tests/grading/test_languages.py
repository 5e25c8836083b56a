"""Grading knows no language: one release, and the same points for a notebook in any."""

import copy
from dataclasses import replace
from itertools import zip_longest

import nbformat
import pytest
from nbgrader.utils import compute_checksum

from course.declarations import exercises
from course.grading.key import in_all_languages
from course.grading.repair import repair
from course.grading.verdicts import verdict_of
from course.words import ENGLISH, MARK, TRANSLATIONS, language_of, speaking
from tests.grading.handing_in import SETTINGS, cell_of, key_of_release, released, scores, solved

NAME, CHINESE = "01_chain_rule", "zh_CN"
BANK = {name: [*exercise.mistakes, *exercise.alternatives] for name, exercise in exercises(NAME).items()}
SET_UP, STUB = "setup-graphs", "grad_table-answer"      # with a comment and a docstring that are translated
CHANGED = "had been changed; the released text counts"


def test_the_whole_bank_of_an_assignment_gets_the_same_in_both_languages(grade):
    """A submission holds a form for each exercise, as far as there are any, and stubs for the others."""
    settings, named = replace(SETTINGS, secret=b"one draw for both"), 0
    for forms in zip_longest(*BANK.values()):
        english, chinese = (grade(written(language, forms), NAME, settings=settings) for language in (ENGLISH, CHINESE))
        assert scores(english) == scores(chinese)
        assert english.verdicts == chinese.verdicts and len(english.verdicts) == len(BANK)
        assert english.unanswered == chinese.unanswered and len(english.unanswered) == forms.count(None)
        assert english.notebooks[NAME][1] == chinese.notebooks[NAME][1] == []       # nothing was repaired
        for cell in nbformat.reads(chinese.notebooks[NAME][0], as_version=4).cells:
            verdict = verdict_of(cell)
            if verdict:
                named += bool(verdict.code)
                for language, there in ((CHINESE, True), (ENGLISH, False)):
                    with speaking(language):
                        assert (verdict.found in cell.outputs[0].data["text/plain"]) is there
    assert named == sum(len(exercise.mistakes) for exercise in exercises(NAME).values())


def written(language, forms):
    """A notebook in a language with a form of each exercise; None leaves the stub."""
    nb = released(NAME, language)
    for name, form in zip(BANK, forms, strict=True):
        if form:
            cell_of(nb, f"{name}-answer").source = f"# 我的答案\n{form.source}"
    return nb


# ------------------------------------------------------------------------------------ repair

@pytest.mark.parametrize("path", sorted(TRANSLATIONS.glob("*/exercises/*")), ids=lambda path: path.name)
@pytest.mark.parametrize("said", [True, False], ids=["", "metadata lost"])
def test_what_was_handed_out_in_another_language_is_as_released(path, said):
    nb = released(path.name, path.parents[1].name)
    if not said:
        del nb.metadata[MARK]
    before = [(cell.cell_type, cell.source) for cell in nb.cells]
    assert repaired(nb, path.name) == []
    assert [(cell.cell_type, cell.source) for cell in nb.cells] == before
    for cell in nb.cells:       # so nbgrader knows what nobody has answered
        about = cell.metadata.get("nbgrader")
        assert not about or about.checksum == compute_checksum(cell)


def repaired(nb, name=NAME, key=None):
    """Repair a notebook as the grader does; the notes."""
    language = language_of(nb.metadata)
    return repair(nb, (key or key_of_release(name)).spoken(language))


def changed(nb):
    cell_of(nb, SET_UP).source = cell_of(nb, SET_UP).source.replace("a + b", "a - b")


def emptied(nb):
    cell_of(nb, SET_UP).source = ""


def deleted(nb):
    nb.cells.remove(cell_of(nb, SET_UP))


def doubled(nb):
    nb.cells.insert(0, copy.deepcopy(cell_of(nb, SET_UP)))


def stripped(nb):
    del cell_of(nb, SET_UP).metadata["nbgrader"]


def of_another_type(nb):
    cell_of(nb, SET_UP).cell_type = "markdown"


@pytest.mark.parametrize("damage", [changed, emptied, deleted, doubled, stripped, of_another_type])
@pytest.mark.parametrize(("said", "language"), [
    (CHINESE, CHINESE), (ENGLISH, ENGLISH), ("xx", ENGLISH), ("../zh_CN", ENGLISH), ("", ENGLISH), (3, ENGLISH),
    ({"zh_CN": 1}, ENGLISH), ([CHINESE], ENGLISH)], ids=str)
def test_a_locked_cell_comes_back_in_the_language_of_its_notebook(damage, said, language):
    """What names no language that there is means English; a text that is whole stays, in whichever it is."""
    nb = released(NAME, language)
    nb.metadata[MARK] = {"language": said}
    damage(nb)
    assert len(repaired(nb)) == 1
    (back,) = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == SET_UP]
    assert (back.cell_type, back.source) == ("code", cell_of(released(NAME, language), SET_UP).source)
    assert back.metadata.nbgrader.checksum == compute_checksum(back)


def test_cells_from_the_other_notebook_are_as_released_too():
    """A learner began in one language and goes on in the other, with cells of both."""
    nb, other = released(NAME), released(NAME, CHINESE)
    for name in (SET_UP, STUB):
        cell_of(nb, name).source = cell_of(other, name).source
    assert repaired(nb) == []
    assert cell_of(nb, SET_UP).source == cell_of(other, SET_UP).source
    stub = cell_of(nb, STUB)
    assert stub.metadata.nbgrader.checksum == compute_checksum(stub)


def test_a_damaged_chinese_notebook_is_graded_as_what_it_was(grade):
    """Its stub never beats an answer, wherever the two stand; what comes back is Chinese."""
    nb = released(NAME, CHINESE)
    answer = cell_of(solved(NAME), STUB).source
    nb.cells.insert(3, nbformat.v4.new_code_cell(answer))
    emptied(nb)
    result = grade(nb, NAME)
    assert scores(result)["grad_table"] == 3
    graded, notes = result.notebooks[NAME]
    assert "is as released; what another cell defines counts" in " ".join(notes)
    back = cell_of(nbformat.reads(graded, as_version=4), SET_UP)
    assert back.source == cell_of(released(NAME, CHINESE), SET_UP).source


def test_a_stub_of_another_language_is_no_answer():
    """Copied behind an answer with its metadata, into a notebook that says nothing of its language."""
    nb = released(NAME, CHINESE)
    del nb.metadata[MARK]
    answer = cell_of(nb, STUB)
    nb.cells.insert(nb.cells.index(answer) + 1, copy.deepcopy(answer))
    answer.source = cell_of(solved(NAME), STUB).source
    assert "was there more than once" in repaired(nb)[0]
    assert cell_of(nb, STUB).source == answer.source


def test_where_a_course_has_released_another_cell_that_counts_in_every_language():
    """An instructor has changed a cell of the English; what was translated is another cell."""
    cells = [replace(cell, source=cell.source.replace("a + b", "b + a"), checksum="another", versions={})
             if cell.name == SET_UP else replace(cell, versions={}) for cell in key_of_release(NAME).cells]
    key = replace(key_of_release(NAME), cells=in_all_languages(tuple(cells), NAME, NAME))
    nb = released(NAME, CHINESE)
    (note,) = repaired(nb, key=key)
    assert CHANGED in note
    assert "return b + a" in cell_of(nb, SET_UP).source
    assert cell_of(nb, STUB).source == cell_of(released(NAME, CHINESE), STUB).source
