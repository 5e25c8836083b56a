"""What being late costs, by a table; and extensions, also of those who have not handed in yet.

    c.AssignLatePenalties.plugin_class = "course.grading.lateness.LatePolicy"
    c.LatePolicy.percent = {1: 10, 2: 20, 3: 50}
    c.LatePolicy.grace_minutes = 15
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Dict, Float, TraitError, validate

FILE = ".extensions.json"
DAY = 24 * 60 * 60.0


class LatePolicy(LateSubmissionPlugin):
    """A share of what a submission has got, by how many days have begun since it was due; without a table nbgrader's
    own `penalty_method`."""

    percent = Dict(help="{day: percent}: what is taken off a submission that comes within this day after the due "
                        "date. A day that is not there costs what the one before it does.").tag(config=True)
    grace_minutes = Float(0.0, min=0.0, help="So many minutes late cost nothing. Later than that, the days count from "
                                             "the due date.").tag(config=True)

    @validate("percent")
    def _is_a_table(self, proposal: Any) -> dict[int, float]:
        wrong = "c.LatePolicy.percent is {day: percent}, days from 1 on, percents from 0 to 100 that never fall, as " \
                f"in {{1: 10, 2: 20}}; not {proposal['value']!r}"
        try:
            table = {int(day): float(str(part).rstrip("% ")) for day, part in proposal["value"].items()}
        except ValueError:
            raise TraitError(wrong) from None
        parts = [table[day] for day in sorted(table)]
        if any(day < 1 for day in table) or not all(0 <= part <= 100 for part in parts) or parts != sorted(parts) or \
                any(str(day) != str(int(day)) for day in proposal["value"]):
            raise TraitError(wrong)
        return table

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """The points that are taken off `score`; None where nothing is."""
        if total_seconds_late <= 60 * self.grace_minutes:
            return None
        if not self.percent:
            return super().late_submission_penalty(student_id, score, total_seconds_late)
        table: dict[Any, Any] = self.percent
        begun = [day for day in table if day <= math.ceil(total_seconds_late / DAY)]
        return score * table[max(begun)] / 100 if begun else 0.0


class Late(AssignLatePenalties):
    """nbgrader's own preprocessor, which knows of extensions that were given beforehand."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        from nbgrader.api import Gradebook

        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            submission = gradebook.find_submission(about["assignment"], about["student"])
            Extensions(self.config.CourseDirectory.get("root", ".")).apply(submission)
            gradebook.db.commit()
        return super().preprocess(nb, resources)


class Extensions:
    """The extensions that were given, in a file of the course folder: {assignment: {student: minutes}}.

    nbgrader's gradebook has them with a submission, and so none for who has not handed in yet.
    """

    def __init__(self, root: str | Path) -> None:
        self.path = Path(root) / FILE
        self.minutes: dict[str, dict[str, float]] = {}
        with suppress(OSError, ValueError, AttributeError, TypeError):      # as if there were none
            found = json.loads(self.path.read_text("utf-8"))
            self.minutes = {str(name): {str(who): float(many) for who, many in given.items()}
                            for name, given in found.items()}

    def grant(self, assignment: str, student: str, minutes: float) -> None:
        """Give an extension in the place of an earlier one; 0 minutes take it back."""
        given = self.minutes.setdefault(assignment, {})
        given[student] = minutes
        if not minutes:
            del given[student]
        self._save()

    def forget(self, student: str) -> bool:
        """Nothing of a student's stays; whether there was anything."""
        held = [given for given in self.minutes.values() if given.pop(student, None) is not None]
        if held:
            self._save()
        return bool(held)

    def apply(self, submission: Any) -> None:
        """Let the gradebook's submission have what was given; what was given there is left, where nothing is here."""
        extension = self.of(submission.assignment.name, submission.student.id)
        if extension is not None:
            submission.extension = extension

    def of(self, assignment: str, student: str) -> timedelta | None:
        """What a student was given; None where that is nothing."""
        minutes = self.minutes.get(assignment, {}).get(student)
        return None if minutes is None else timedelta(minutes=minutes)

    def _save(self) -> None:
        kept = {name: given for name, given in self.minutes.items() if given}
        if not kept:
            self.path.unlink(missing_ok=True)
            return
        draft = self.path.with_name(self.path.name + ".part")
        draft.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
        os.replace(draft, self.path)


def penalize(submissions: Iterable[Any], config: Any) -> None:
    """Set what the gradebook's submissions lose for being late, by the policy in force."""
    late: Any = AssignLatePenalties(config=config)
    late.init_plugin()
    for submission in submissions:
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None
            # nbgrader can't count from a due date that is not there, where an extension was given
            if submission.assignment.duedate is not None and submission.total_seconds_late > 0:
                penalty = late.plugin_inst.late_submission_penalty(
                    submission.student.id, notebook.score, submission.total_seconds_late)
                if penalty is not None:
                    notebook.late_submission_penalty = late._check_late_penalty(notebook, penalty)


def why_no_policy(config: Any) -> str:
    """What is wrong with the policy in the configuration, in a sentence; "" where it can be used."""
    try:
        AssignLatePenalties(config=config).init_plugin()
        LatePolicy(config=config)
    except TraitError as error:
        return str(error)
    return ""
