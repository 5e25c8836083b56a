"""Grading behind nbgrader's commands: the judge, the sandbox, a class at once.

key         what the gradebook knows of a notebook      repair     mends damaged submissions
finding     which file is the notebook, and what lies beside it
nursery     the warm, sandboxed process                 inside/    what runs in there
cgroup      a group for each submission, that the kernel bounds
session     one submission's processes                  testcell   runs a test cell in the grader
standins    what stands for answers in a test cell      trial      judges the instructor's own solution
judge       all of it, for one notebook                 preprocessors  the same as nbgrader takes it
verdicts    what test cells found, read back            worker     grades one submission
gradebook   the course folder, and its one writer       run        `backprop autograde`, many at once
reading     a submitted file, bounded                   bounds     on the grader's own time and memory
workers     processes that may be lost                  aside      what a run could not get over
summary     what a class got wrong, and what it cost    unfit      what was handed in in a notebook's place, in words
request     what a learner asks for a regrade with
outputs     what learners read of a run, mended         lateness   what being late costs, and extensions
graded      from which files each was graded            rows       a submission's rows in nbgrader's tables
cluster     workers on other machines                   whose      which learner's variant a notebook is
named       how learners are named
"""

from typing import Any

_NBGRADER = "nbgrader.preprocessors."


def use_judge(c: Any) -> None:
    """In nbgrader_config.py: let `nbgrader autograde` and Formgrader repair and judge submissions, and
    `generate_assignment` the solution.

    CheckCellMetadata is left out, which takes a fifth of a second a notebook: after the repair, nbgrader's metadata
    are those of the gradebook.
    """
    c.Autograde.sanitize_preprocessors = ["course.grading.preprocessors.Repair"]
    c.Autograde.autograde_preprocessors = [
        "course.grading.preprocessors.Judge", _NBGRADER + "IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor", _NBGRADER + "LimitOutput", _NBGRADER + "SaveAutoGrades",
        "course.grading.lateness.Late"]
    c.GenerateAssignment.preprocessors = [
        _NBGRADER + "IncludeHeaderFooter", _NBGRADER + "InstantiateTests", "course.grading.preprocessors.Try",
        *(_NBGRADER + name for name in (
            "LockCells", "ClearSolutions", "ClearOutput", "CheckCellMetadata", "ComputeChecksums", "SaveCells",
            "ClearHiddenTests", "ClearMarkScheme", "ComputeChecksums", "CheckCellMetadata"))]
