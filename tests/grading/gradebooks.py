"""A gradebook's story of half a term, drawn by a seed, and all that nbgrader's tables hold at its end."""

import random
from datetime import datetime, timedelta
from pathlib import Path

from nbgrader.api import Base, Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import UniqueConstraint, create_engine, select
from traitlets.config import Config

from course.grading.lateness import penalize
from course.grading.rows import Entry
from course.grading.worker import Job, Result

NAME = "ps1"
DUE = datetime(2026, 3, 1, 12, 0)
CELLS = {   # by notebook: (grade id, what it is, points)
    "a": [("setup", "source", None), ("add", "test", 2.0), ("add-answer", "answer", None), ("why", "by hand", 3.0),
          ("draw", "task", 4.0), ("mul", "test", 1.5), ("mul-answer", "answer", None), ("bonus", "test", 0.0)],
    "b": [("essay", "by hand", 5.0), ("sub-answer", "answer", None), ("sub", "test", 1.0)],
    "nothing graded": [],
}


class Strange(LateSubmissionPlugin):
    """A policy of an instructor's own, which gives too much, too little, or nothing."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {0: None, 1: -2.0, 2: score + 10}.get(int(student_id[-1]) % 4, score / 3)


POLICIES = {
    "none": {},
    "table": {"AssignLatePenalties": {"plugin_class": "course.grading.lateness.LatePolicy"},
              "LatePolicy": {"percent": {1: 10, 2: 30}}},
    "strange": {"AssignLatePenalties": {"plugin_class": "tests.grading.gradebooks.Strange"}},
}


def opened(url):
    """A Gradebook; tables that are there beforehand spare it the start of alembic."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return Gradebook(url, "course")


def release(gradebook):
    """Let a gradebook know the assignment."""
    gradebook.update_or_create_assignment(NAME, duedate=DUE)
    for notebook, inside in CELLS.items():
        gradebook.update_or_create_notebook(notebook, NAME)
        for name, kind, points in inside:
            where = name, notebook, NAME
            if kind in ("test", "by hand"):
                gradebook.update_or_create_grade_cell(*where, max_score=points, cell_type="code")
            if kind in ("answer", "by hand"):
                gradebook.update_or_create_solution_cell(*where)
            if kind == "task":
                gradebook.update_or_create_task_cell(*where, max_score=points, cell_type="markdown")
            gradebook.update_or_create_source_cell(*where, cell_type="code", source=name, locked=kind == "test")


def one_by_one(gradebook, assignment, entries, config, only=None):
    """What `rows.enter` does, by nbgrader's own objects and calls; it commits."""
    for entry in entries:
        result = entry.result
        gradebook.update_or_create_student(result.job.student)
        submission = gradebook.update_or_create_submission(assignment, result.job.student, timestamp=entry.timestamp)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                if only not in (None, grade.name) or (notebook.name, grade.name) not in result.scores:
                    continue
                grade.auto_score, there = result.scores[notebook.name, grade.name]
                grade.needs_manual_grade = there and (grade.auto_score is None or grade.manual_score is not None)
            for comment in notebook.comments:
                silent = (notebook.name, comment.name) in result.unanswered
                comment.auto_comment = "No response." if silent else None
        if entry.extension is not None:
            submission.extension = entry.extension
        gradebook.db.commit()
        penalize([submission], config)
        gradebook.db.commit()


def story(gradebook, enter, seed, policy):
    """A class hands in, is graded by `enter` and by hand, hands in again, and more of them."""
    rng, config = random.Random(seed), Config(POLICIES[policy])
    students = [f"s{k}" for k in range(12)]
    gradebook.add_student("s0", first_name="Ada", lms_user_id="7")
    gradebook.add_student("s1", email="b@example.org")
    gradebook.add_submission(NAME, "s1", timestamp=DUE)     # a run of nbgrader's ended here
    graded(gradebook, enter, rng, students[:8], config)
    by_hand(gradebook, rng)
    graded(gradebook, enter, rng, students[4:10], config)
    gradebook.update_or_create_assignment(NAME, duedate=DUE + timedelta(hours=rng.choice([-5, 30])))
    graded(gradebook, enter, rng, rng.sample(students, 6), config, only=rng.choice(["add", "why", "draw", "sub"]))
    by_hand(gradebook, rng)
    # released anew: a cell more, of which those have no grade who had handed in
    gradebook.update_or_create_grade_cell("new", "b", NAME, max_score=1.0, cell_type="code")
    graded(gradebook, enter, rng, students, config)
    gradebook.update_or_create_assignment(NAME, duedate=None)       # and so nobody is late
    graded(gradebook, enter, rng, students[:6], config)


def graded(gradebook, enter, rng, students, config, only=None):
    entries = [Entry(_result(rng, student), *_times(rng)) for student in students]
    half = len(entries) // 2
    for together in (entries[:half], entries[half:]):
        enter(gradebook, NAME, together, config, only)
        gradebook.db.commit()


def _times(rng):
    late = timedelta(hours=rng.choice([-9, -1, 0, 2, 26, 90]), seconds=rng.random())
    return None if rng.random() < 0.2 else DUE + late, rng.choice([None, None, timedelta(hours=3), timedelta(0)])


def _result(rng, student):
    result = Result(Job(student, NAME, Path("nowhere")))
    for notebook, cells in CELLS.items():
        for name, kind, points in [*cells, ("new", "test", 1.0)]:
            if points is not None and rng.random() < 0.9:
                score = rng.choice([0.0, points, points / 3, None if kind != "test" else 0])
                result.scores[notebook, name] = score, rng.random() < 0.8
            if rng.random() < 0.4:
                result.unanswered.add((notebook, name))
    return result


def by_hand(gradebook, rng):
    """What an instructor does in Formgrader."""
    found = [(submission.student_id, inside.name, inside) for submission in gradebook.assignment_submissions(NAME)
             for inside in submission.notebooks]
    for _, _, notebook in sorted(found, key=lambda one: one[:2]):
        notebook.flagged = rng.random() < 0.3
        for grade in sorted(notebook.grades, key=lambda grade: grade.name):
            if rng.random() < 0.2:
                grade.manual_score = rng.choice([0.0, 1.0, 2.5])
                grade.needs_manual_grade = rng.random() < 0.3
            if rng.random() < 0.2:
                grade.extra_credit = rng.choice([0.5, None, 1.0])
        for comment in sorted(notebook.comments, key=lambda comment: comment.name):
            if rng.random() < 0.2:
                comment.manual_comment = "see me"
    gradebook.db.commit()


def everything(gradebook):
    """{table: its rows, in order}: each as {column: value}, and ids that are drawn by what they stand for."""
    names, found = {}, {}
    for table in Base.metadata.sorted_tables:
        unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
        key = [column.name for column in unique[0].columns] if unique else ["id"]
        rows = []
        for row in gradebook.db.execute(select(table)).mappings():
            about = {column: names.get(value, value) for column, value in row.items()}
            name = " ".join(str(about[column]) for column in key)
            if about["id"] not in names.values() and len(str(row["id"])) == 32:
                about["id"] = names[row["id"]] = f"{table.name}: {name}"
            rows.append(about)
        found[table.name] = rows
    return found
