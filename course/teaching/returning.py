"""`backprop feedback`: a page of feedback for each learner, and all of them in one zip for the LMS.

The pages are those of nbgrader's generate_feedback. Its release_feedback needs the exchange, and stops at submissions
that came by zip or by hand (jupyter/nbgrader, issue 1897); this asks for neither. In the zip each page has the name
that the LMS gave to the learner's submission, so that Moodle ("Upload multiple feedback files in a zip") and Canvas
("Upload Submissions") know whose it is; others stand under the student's id.
"""

import argparse
import contextlib
import glob
import io
import logging
import os
import zipfile
from pathlib import Path

from course.places import ROOT
from course.plaintext import file_name, in_a_sentence, one_line
from course.teaching.collecting import read_record
from course.teaching.term import TeachingError, in_sentences, is_ours, open_term, write_new

SECONDS, MEMORY = 120.0, 1024    # of a processor, and megabytes, for one learner's pages; most take a second
DATE = (2020, 1, 1, 0, 0, 0)    # the same pages make the same zip


@in_sentences
def main(argv):
    """Write pages and zip; returns 1 where somebody's page could not be made."""
    parser = argparse.ArgumentParser(prog="backprop feedback", description=__doc__.splitlines()[0])
    parser.add_argument("assignment", help="for example 02_gate_patterns")
    parser.add_argument("--output", metavar="FILE", help="the zip; feedback/ASSIGNMENT.zip")
    parser.add_argument("--force", action="store_true", help="replace FILE where it is there already")
    options = parser.parse_args(argv)
    with open_term() as term:
        term.assignment(options.assignment)
        graded = _graded(term, options.assignment)
        if not graded:
            raise TeachingError(f"Nothing of {options.assignment} is graded yet: "
                                f"backprop autograde {options.assignment}")
        output = Path(options.output or term.root / "feedback" / f"{options.assignment}.zip")
        if options.output and output.exists() and not options.force and not is_ours(output, term.root):
            raise TeachingError(f"{output} is there already and was left as it is; --force replaces it.")
        left = term.not_graded(options.assignment, graded)
        unread = _to_be_read(term, options.assignment)
        names = term.names()
        problems = make_pages(options.assignment, graded, names)
        pages = collect_pages(term, options.assignment, graded)
        write_new(output, zipped(pages), True, term.root)
    print(f"{len(pages)} pages of feedback: {output}")
    waiting = [who for who, why in left.items() if not why]
    for sentence, students in (("Without a page, since not graded yet", waiting),
                            ("Still to be marked by hand (the page says 0 there)", unread),
                            ("No page could be made for", set(graded) - {who for who, _ in pages.values()})):
        if students:
            print(one_line(f"{sentence}: {names.listed(students)}"))
    for who, why in sorted(left.items()):
        if why and who not in graded:
            print(one_line(f"Without a page: {names[who]}: {why}"))
    if problems:
        print("\n".join(map(one_line, problems)))
    return int(bool(problems))


def _graded(term, assignment):
    """The students who have a graded folder."""
    pattern = term.folder("autograded", "*", assignment)
    base = next(parent for parent in pattern.parents if "*" not in str(parent))
    return sorted(path.relative_to(base).parts[0] for path in base.glob(str(pattern.relative_to(base)))
                  if path.is_dir() and not path.relative_to(base).parts[0].startswith("."))


def _to_be_read(term, assignment):
    """The students some of whose answers wait for a mark by hand."""
    return sorted(submission.student.id for submission in term.gradebook.assignment_submissions(assignment)
                  if submission.needs_manual_grade)


def make_pages(assignment, students, names):
    """nbgrader's generate_feedback, made anew since grades and comments may have changed; the problems, in lines.

    Each page is made in a process that may be lost: what a notebook holds can stop it, and stops no other page.
    """
    from course.grading.workers import Lost, Workers

    problems = []
    with Workers(min(len(students), os.cpu_count() or 1)) as workers:
        waiting = [(student, workers.submit(make_page, assignment, student, names[student])) for student in students]
        for student, made in waiting:
            try:
                problems += made.result()
            except Lost as error:
                problems.append(f"The process that made the page of {names[student]} has ended: {error}.")
            except Exception as error:
                said = " ".join(in_a_sentence(error).split())[:300]
                problems.append(f"The page of {names[student]} could not be made: {said}")
    return problems


def make_page(assignment, student, name):
    """A learner's pages, one for each notebook; the problem, if there is one, in a line."""
    from nbgrader.converters import GenerateFeedback
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory

    from course.grading.bounds import killed_if_stuck, own_memory
    from course.grading.gradebook import load_config

    config = load_config()
    config.CourseDirectory.root = config.CourseDirectory.get("root", str(ROOT))
    course = CourseDirectory(config=config, assignment_id=assignment)
    folder = course.format_path(course.autograded_directory, student, assignment)
    notebooks = sorted(glob.glob(os.path.join(glob.escape(folder), "*.ipynb")))
    if not notebooks:
        return []       # nothing was handed in that could have one
    said = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage().strip())
    converter = GenerateFeedback(coursedir=course, config=config, force=True)
    log = logging.Logger("feedback")
    log.addHandler(handler)
    converter.log = log
    converter.init_notebooks = lambda: setattr(converter, "assignments", {folder: notebooks})     # this learner's alone
    with contextlib.suppress(NbGraderException), own_memory(MEMORY), killed_if_stuck(SECONDS, 4 * SECONDS):
        converter.start()
    why = next((text for text in said if text.startswith("Traceback")), "".join(said[:1]))
    reasons = [line for line in why.splitlines() if line and line[0] not in " (["]
    return [f"The page of {name} could not be made: {reasons[-1][:300]}"] if reasons else []


def collect_pages(term, assignment, students):
    """{name in the zip: (student, path)} of every page."""
    record, pages = read_record(term.root, assignment), {}
    for student in students:
        prefix = record.get(student, {}).get("prefix") or f"{file_name(student)}/"
        for path in sorted(term.folder("feedback", student, assignment).glob("*.html")):
            pages[prefix + path.name] = student, path
    return pages


def zipped(pages):
    """The bytes of a zip of pages."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zf:
        for name, (_, path) in sorted(pages.items()):
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            zf.writestr(info, path.read_bytes())
    return content.getvalue()
