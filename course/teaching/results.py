"""What a class has got: points from the gradebook, verdicts from the notebooks that the judge has graded."""

from collections import namedtuple
from dataclasses import dataclass, field

from course.checks.verdict import told
from course.grading.verdicts import answers_of, verdicts_of
from course.words import ENGLISH, language_of, speaking, tr

Mark = namedtuple("Mark", "exercise points of waits comment")     # waits: for a mark by hand


@dataclass
class Result:
    """What one student has got in one assignment."""

    student: str
    points: float           # with the late penalty taken off
    of: float
    penalty: float = 0.0
    late_seconds: float = 0.0
    waits: bool = False     # some answer has no mark yet
    marks: list = field(default_factory=list)
    verdicts: dict = field(default_factory=dict)    # exercise: Verdict
    answers: dict = field(default_factory=dict)     # exercise: its text, where the judge found no cause
    language: str = ENGLISH                         # of the notebook

    def mistake_in(self, exercise):
        """The name of the mistake in an exercise; "" where there is none, or nothing tells."""
        return self.verdicts[exercise].mistake if exercise in self.verdicts else ""


def results(term, assignment):
    """{student: Result} of everybody who has a submission in the gradebook."""
    found = {}
    for submission in term.gradebook.assignment_submissions(assignment):
        marks = [Mark(grade.name, grade.score or 0.0, grade.max_score, _waits(grade), comment)
                 for notebook in submission.notebooks for grade, comment in _with_comments(notebook)]
        penalty = submission.late_submission_penalty or 0.0
        verdicts, answers, language = _read(term, submission.student.id, assignment)
        found[submission.student.id] = Result(
            submission.student.id, max(0.0, submission.score - penalty), submission.max_score, penalty,
            submission.total_seconds_late, any(mark.waits for mark in marks), marks, verdicts, answers, language)
    return found


def _waits(grade):
    """Whether an answer has no mark yet, or one that somebody must look at."""
    return bool(grade.needs_manual_grade) or (grade.auto_score is None and grade.manual_score is None)


def _with_comments(notebook):
    """(grade, the instructor's comment on its answer) for the cells of a notebook, in their order."""
    comments = {comment.name: comment.comment for comment in notebook.comments if comment.comment}
    order = {cell.name: k for k, cell in enumerate(notebook.notebook.source_cells)}
    for grade in sorted(notebook.grades, key=lambda grade: order.get(grade.name, 0)):
        yield grade, comments.get(grade.name) or comments.get(f"{grade.name}-answer") or ""


def _read(term, student, assignment):
    """({exercise: Verdict} that a graded submission holds, {exercise: answer} of those without a cause, language)."""
    import nbformat

    found, answers, language = {}, {}, ENGLISH
    for path in sorted(term.folder("autograded", student, assignment).glob("*.ipynb")):
        try:
            nb = nbformat.read(path, as_version=4)
            verdicts, texts = verdicts_of(nb), answers_of(nb)
            answers |= {name: texts[name] for name, verdict in verdicts.items()
                        if verdict.unexplained and name in texts}
            found |= verdicts
            language = language_of(nb.metadata)
        except Exception:
            continue    # by hand it may have become anything; the gradebook holds its points
    return found, answers, language


def in_words(result):
    """What a student has got, in a few lines of plain text in their language: points, and what was found where."""
    with speaking(result.language):
        lines = [_in_words(mark, result.verdicts.get(mark.exercise)) for mark in result.marks]
        if result.penalty:
            lines.append(tr("handed in late: −{points}", points=f"{result.penalty:g}"))
        return lines


def _in_words(mark, verdict):
    line = tr("{exercise}: {earned} of {of}", exercise=mark.exercise, earned=f"{mark.points:g}", of=f"{mark.of:g}")
    if verdict and verdict.title:
        line += tr(" ({what})", what=told(verdict.title) + (f" [{verdict.code}]" if verdict.code else ""))
    return line + (f". {mark.comment}" if mark.comment and mark.comment != "No response." else "")
