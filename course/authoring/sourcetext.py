"""A source of a notebook: how its text is read, and what can be wrong with it.

The format is jupytext's py:percent with short headers, a role and a name (course/sources/README.md):

    # %% [markdown]                         prose
    # %% [markdown] exercise mul_backward   prose that introduces an exercise
    # %% setup                              given code, locked
    # %% answer mul_backward                the solution, between ### BEGIN SOLUTION and ### END SOLUTION
    # %% check mul_backward                 check(mul_backward), unless it says more
    # %% grade mul_backward                 grade(mul_backward, "mul_backward"), unless it says more
    # %%                                    free code

Lessons hold plain cells only. Problems are gathered, never raised: an author wants to see them all at once.
"""

import ast
import itertools
import re
import warnings
from dataclasses import dataclass, field

STUB_LINES = 12             # an exercise starts from at most so many lines

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
# What nbgrader puts in the place of a solution; nbgrader_config.py tells it so.
CODE_STUB = "# write your code here\nraise NotImplementedError"
# nbgrader's other markers. There is nothing secret in a check, so the course uses none of them.
FOREIGN_MARKERS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN MARK SCHEME", "END MARK SCHEME",
                   "AUTOTEST")

ROLES = {
    "lessons": {"markdown": [], "code": []},
    "assignments": {"markdown": ["exercise"], "code": ["setup", "answer", "check", "grade"]},
}
ORDER = ("exercise", "answer", "check", "grade")    # of the cells of one exercise
NEEDED = ("exercise", "answer", "grade")            # a check is a kindness

CELL_HEADER = re.compile(r"#\s*%%+(?!\w)(?P<rest>.*)")
HEADER_REST = re.compile(r"\s*(?P<markdown>\[(markdown|md)\])?\s*(?P<words>[\w\s]*)")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a source, where it stands, and what to do about it."""

    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class SourceError(Exception):
    """The sources can't be built; `problems` holds every reason, in the order of files and lines."""

    def __init__(self, problems):
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class Cell:
    """A cell of a source."""

    line: int           # of the header, counted from 1
    kind: str           # "code" or "markdown"
    role: str = ""      # "" for plain prose and free code
    name: str = ""      # of the exercise
    body: list = field(default_factory=list)    # the lines below the header, as they stand in the file
    text: str = ""      # the same as it stands in the notebook


@dataclass
class Source:
    """One file of course/sources: its cells, and what is wrong with them."""

    path: str           # relative to the repository, with "/"
    kind: str           # "lessons" or "assignments"
    name: str           # NN_name
    cells: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def complain(self, where, text, offset=0):
        """Note a problem at a cell (`offset` lines below its header) or at a line number."""
        line = where.line + offset if isinstance(where, Cell) else where
        self.problems.append(Problem(self.path, line, text))


# ---------------------------------------------------------------------------------------------------------
# Reading

def read_source(path, root):
    """Read a file below `root` into a Source: headers and line numbers by our own scan, text by jupytext."""
    source = Source(path.relative_to(root).as_posix(), path.parent.name, path.stem)
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", source.name):
        source.complain(1, f"the name {path.name} is not of the form 02_gate_patterns.py; rename the file")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        source.complain(1, f"the file is not UTF-8 ({error.reason}, byte {error.start}); save it as UTF-8")
        return source
    source.cells = _scan(lines, source)
    if not source.cells:
        source.complain(1, 'no cell found; a cell begins with a line "# %%" or "# %% [markdown]"')
        return source

    import jupytext

    first = source.cells[0].line
    parsed = jupytext.reads("\n".join(lines[first - 1:]) + "\n", fmt="py:percent").cells
    if [cell.cell_type for cell in parsed] != [cell.kind for cell in source.cells]:
        source.complain(first, f"jupytext reads {len(parsed)} cells and the headers make "
                               f"{len(source.cells)}; look for a line like a cell header inside a string")
        return source
    for cell, read in zip(source.cells, parsed, strict=True):
        cell.text = read.source
    return source


def _scan(lines, source):
    """Split the lines at the cell headers; return the cells, without their notebook text yet."""
    cells = []
    for number, line in enumerate(lines, start=1):
        if header := CELL_HEADER.fullmatch(line):
            cells.append(_read_header(header["rest"], number, source))
        elif cells:
            cells[-1].body.append(line)
        elif line.strip():
            source.complain(number, 'text above the first cell would be lost; put a "# %%" header above it')
    return cells


def _read_header(rest, number, source):
    match = HEADER_REST.fullmatch(rest)
    if match is None:
        source.complain(number, f'the cell header "# %%{rest}" is not understood; write "# %%" or '
                                '"# %% [markdown]", then a role and the name of an exercise')
        return Cell(number, "markdown" if "[m" in rest else "code")
    cell = Cell(number, "markdown" if match["markdown"] else "code")
    words = match["words"].split()
    if not words:
        return cell
    role, name = words[0], " ".join(words[1:])
    known = ROLES[source.kind][cell.kind]
    if role not in known:
        expected = f"known here: {', '.join(known)}" if known else "the cells of a lesson have none"
        source.complain(number, f'unknown role "{role}" for a {cell.kind} cell; {expected}')
    elif not name.isidentifier() and not (role == "setup" and not name):
        source.complain(number, f'"{role} {name}" must name one exercise, as in "{role} mul_backward"')
    else:
        cell.role, cell.name = role, name
    return cell


# ---------------------------------------------------------------------------------------------------------
# Looking it over

def check_lesson(source):
    """Note what is wrong with a lesson."""
    for cell in source.cells:
        _parse(cell, source)
        _check_markers(cell, source)


def check_assignment(source, declared):
    """Note what is wrong with an assignment.

    `declared` maps the names of its exercises, in order, to their declarations (course.declarations.exercises).
    """
    for cell in source.cells:
        tree = _parse(cell, source)
        _check_markers(cell, source)
        if cell.role in ORDER and cell.name not in declared:
            source.complain(cell, f'course.declarations declares no exercise "{cell.name}" in {source.name}; '
                                  f"it declares: {', '.join(declared) or 'none'}")
        elif cell.role == "answer" and tree is not None:
            _check_answer(cell, tree, declared[cell.name], source)
        elif cell.role == "grade" and tree is not None:
            _check_grade(cell, tree, source)
    _check_completeness(source, declared)


def _parse(cell, source):
    """The tree of a code cell, or None where there is none.

    The lines of the file are parsed, in which IPython's magics are still comments.
    """
    if cell.kind != "code":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")      # what warns on stderr costs a learner the cell's points
            return ast.parse("\n".join(cell.body))
    except SyntaxError as error:
        source.complain(cell, f"syntax error: {error.msg}; mend the cell", error.lineno or 0)
        return None


def _check_markers(cell, source):
    for offset, line in enumerate(cell.body, start=1):
        foreign = next((marker for marker in FOREIGN_MARKERS if marker in line), None)
        if foreign:
            source.complain(cell, f'"{foreign}" is not used in this course, where a check holds no secret; '
                                  "take the block out", offset)
        elif cell.role != "answer" and (BEGIN in line or END in line):
            source.complain(cell, "a solution marker outside an answer; begin the cell with "
                                  '"# %% answer NAME" or take the marker out', offset)


def _check_answer(cell, tree, exercise, source):
    definition = find_definition(tree, exercise.name)
    if definition is None:
        source.complain(cell, f'the answer defines no "{exercise.name}"; begin it with '
                              f'"def {exercise.signature}:"')
        return
    _check_signature(cell, definition, exercise, source)
    stub = _clear(cell, source)
    if stub is None:
        return
    if len(stub) > STUB_LINES:
        source.complain(cell, f"learners would start from a stub of {len(stub)} lines, and {STUB_LINES} are "
                              "the limit; shorten the docstring, or give some of it in a setup cell")
    try:
        left = find_definition(ast.parse("\n".join(stub)), exercise.name)
    except SyntaxError as error:
        source.complain(cell, f"without its solution the cell is no Python any more ({error.msg}); let the "
                              "solution markers enclose whole statements")
        return
    if left is None or not _is_unwritten(left):
        source.complain(cell, f"the stub keeps an answer: {exercise.name} returns before it comes to "
                              f"where the solution was; put ### {BEGIN} above the first line of the solution")


def find_definition(tree, name):
    """The last definition of a function or class on the top level of a tree, the one that counts, or None."""
    kinds = ast.FunctionDef | ast.ClassDef
    return next((node for node in reversed(tree.body) if isinstance(node, kinds) and node.name == name), None)


def _check_signature(cell, definition, exercise, source):
    if isinstance(definition, ast.ClassDef):
        return
    declared = ast.parse(f"def {exercise.signature.split('->')[0].strip()}: pass").body[0]
    got, expected = _arguments(definition), _arguments(declared)
    if got != expected:
        source.complain(cell, f"the answer is {exercise.name}({got}) and the declaration "
                              f"{exercise.name}({expected}); make them the same", definition.lineno)


def _arguments(definition):
    """The arguments of a function as text, without annotations."""
    for node in ast.walk(definition.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(definition.args)


def _clear(cell, source):
    """The lines of an answer as nbgrader will release them, or None where the markers don't fit together."""
    stub, begun, regions = [], 0, 0
    for offset, line in enumerate(cell.body, start=1):
        if BEGIN in line:
            if begun:
                source.complain(cell, f"### {BEGIN} inside another; close the first with ### {END}", offset)
                return None
            begun = offset
            regions += 1
            stub += [re.match(r"\s*", line)[0] + part for part in CODE_STUB.split("\n")]
        elif END in line:
            if not begun:
                source.complain(cell, f"### {END} without ### {BEGIN} above it; add the missing one",
                                offset)
                return None
            begun = 0
        elif not begun:
            stub.append(line)
    if begun:
        source.complain(cell, f"### {BEGIN} is never closed; add ### {END} below the solution", begun)
        return None
    if not regions:
        source.complain(cell, "the answer has no solution region, so learners would get nothing of it; "
                              f"enclose the solution in ### {BEGIN} and ### {END}")
        return None
    while stub and not stub[-1].strip():
        stub.pop()
    return stub


def _is_unwritten(definition):
    """Whether a cleared function raises before it can return; of a class, whether one of its methods does."""
    if isinstance(definition, ast.ClassDef):
        return any(_is_unwritten(node) for node in definition.body if isinstance(node, ast.FunctionDef))
    for statement in definition.body:
        if isinstance(statement, ast.Raise):
            return True
        if any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) for node in _own_nodes(statement)):
            return False
    return False


def _own_nodes(node):
    """A statement and all that is in it, except the inside of functions that it defines."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _own_nodes(child)


def _check_grade(cell, tree, source):
    """The last expression of a grade cell is its points."""
    match tree.body[-1:]:
        case [] | [ast.Expr(value=ast.Call(func=ast.Name(id="grade")))]:
            return
    source.complain(cell, "a grade cell ends with its points; let its last line be "
                          f'grade({cell.name}, "{cell.name}"), or leave the cell empty')


def _check_completeness(source, declared):
    """Each exercise has its prose, one answer and one grade, in this order; nothing is there twice."""
    places = {}
    for cell in source.cells:
        if not cell.role:
            continue
        first = places.setdefault((cell.role, cell.name), cell)
        if first is not cell:
            title = f"{cell.role} {cell.name}".strip()
            source.complain(cell, f'a second cell "{title}", the first is in line {first.line}; take one out')
    for name in declared:
        found = [places[role, name] for role in ORDER if (role, name) in places]
        for role in NEEDED:
            if (role, name) not in places:
                header = f"# %% [markdown] {role}" if role == "exercise" else f"# %% {role}"
                source.complain(found[0] if found else 1,
                                f'"{name}" is declared and has no {role} cell; add "{header} {name}"')
        for cell, following in itertools.pairwise(found):
            if cell.line > following.line:
                source.complain(following, f'"{following.role} {name}" stands above its {cell.role} in line '
                                           f"{cell.line}; the order is {', '.join(ORDER)}")
