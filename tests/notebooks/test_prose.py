"""What the lessons say: every number in their prose is computed, and the prose can be read and followed.

How to state a number in a lesson. Beside each lesson stands tests/notebooks/facts/<lesson's name>.py with

    FACTS = {"-0.5344": dreciprocal, "220": [purchase, total]}

The key is the number as it is written (with "-" as its sign, whatever minus the prose uses); the value is what
code computes: a number, a function without arguments, or a list of them that must all agree. Nothing is typed in
twice: no value may be a bare literal. A number agrees when it rounds to the digits that are written; one without
decimals agrees exactly. Thousands may be parted by commas ("524,286"), powers of ten stand in the key as "1e-5" and
"1.4e-9" for 10^{-5} and 1.4 × 10^{-9}.

What needs no fact: plain integers from 0 to 12, small exponents and indices, years in citations, numbers of
lessons, exercises, sections and algorithms, and whatever stands in a link's address or in a code span that holds
nothing but names. Comments in code cells count as prose; what code prints does not.

How a lesson is laid out. Its headings are one "# Lesson N · Title", sections below it, and among them
"Break it", "Your turn" (where in the assignment it is needed: every exercise by name) and "Recall" (three questions
whose answers fold out), in this order. A section that an exercise sends its learner to (`read`) has that heading.
"""

import ast
import functools
import importlib.util
import io
import math
import re
import tokenize
from pathlib import Path

import pytest

from course.authoring.sourcetext import read_source
from course.declarations import ASSIGNMENTS, exercises

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "course/sources"
FACTS = Path(__file__).parent / "facts"
LESSONS = [path.stem for path in sorted((SOURCES / "lessons").glob("*.py"))]
NOTEBOOKS = [f"{path.parent.name}/{path.stem}" for path in sorted(SOURCES.glob("*/*.py"))]

# What learners read elsewhere under another name has one name here (the vocabulary of the course).
TERMS = {
    r"upstream derivatives?|incoming gradients?|outer gradients?": "upstream gradient",
    r"local derivatives?|local slopes?": "local gradient",
    r"computation(al)? circuits?|computation graphs?|compute graphs?": "computational graph",
    r"back-prop\w*|back prop\w*|backward propagation|backprops?": "backpropagation, or backward pass",
    r"forward[- ]prop\w*|forward step|forward sweep": "forward pass",
    r"backwards pass|backward sweep|reverse pass": "backward pass",
    r"topological sort(ing)?|toposort": "topological order",
    r"leaf (node|variable|tensor)s?": "leaf",
    r"grad check\w*|gradcheck tests?": "gradient check",
    r"obviously|trivially|simply|needless to say|easily|magic(al(ly)?)?": "nothing: leave it out",
}


@functools.cache
def source_of(notebook):
    return read_source(SOURCES / f"{notebook}.py", ROOT)


def lesson(name):
    return source_of(f"lessons/{name}")


def prose_of(source):
    return [cell.text for cell in source.cells if cell.kind == "markdown"]


def headings(source):
    """(level, text) of every heading, in order, without the marks of Markdown."""
    return [(len(marks), re.sub(r"[*`]", "", text).strip())
            for text in prose_of(source) for marks, text in re.findall(r"(?m)^(#+)\s+(.*)$", without_code(text))]


def without_code(text):
    return re.sub(r"(?s)```.*?```", "", text)


def section(source, title):
    """The cells from one heading on to the next of its level or above."""
    found, level = [], None
    for cell in source.cells:
        here = re.match(r"(#+)\s+(.*)", cell.text) if cell.kind == "markdown" else None
        if level is not None and here and len(here[1]) <= level:
            break
        if here and here[2].strip().casefold() == title.casefold():
            level = len(here[1])
        if level is not None:
            found.append(cell)
    return found


# ---------------------------------------------------------------------------------------------------------
# Numbers

# In this order: each takes away what needs no fact, or brings a number into the form of its key.
_CITED = "lessons?|assignments?|exercises?|questions?|sections?|chapters?|algorithms?|equations?|figures?|tables?|§§?"
_AWAY = (
    (r"(?m)^#+\s+(?:Lesson|Assignment) \d+ ·", " "),
    (r"\]\([^)\s]*\)|<https?:[^>]*>|https?:\S+", "] "),                                     # addresses
    (r"</?[a-z][^>]*>", " "),                                                               # tags
    (r"`[A-Za-z_][\w.]*(?:[\s,()\[\]]*[A-Za-z_][\w.]*)*[\s()\[\]]*`", " "),                 # names in code spans
    (r"(\b[A-Z][\w.’'-]*(?: et al\.| and [A-Z]\w+|, [A-Z]\w+)*,? \(?)(?:19|20)\d\d\b", r"\1"),      # (Karpathy 2015, …)
    (rf"(?i)\b(?:{_CITED}) ?\d+(?:\.\d+)*(?:(?:, | and | or | to |–)\d+(?:\.\d+)*)*", " "),
    (r"§+ ?\d+(?:\.\d+)*", " "),
    (r"\\(?:cdot|times)\b", "×"),
    (r"\\[a-zA-Z]+|\\[,;!: ]", " "),                                                        # commands of LaTeX
    ("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: "^{" + m[0].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) + "}"),
    ("−", "-"),
    (r"(?<=[0-9])\s*×\s*10\s*\^\s*\{?(-?[0-9]+)\}?", r"e\1"),
    (r"(?<![\w.])10\s*\^\s*\{?(-?[0-9]+)\}?", r"1e\1"),
    (r"\^\s*(?:\{-?(?:[0-9]|1[0-2])\}|-?(?:[0-9]|1[0-2])(?![0-9.]))", " "),                 # exponents
    (r"_\{?[0-9]+\}?", " "),                                                                # indices
)
_NUMBER = re.compile(r"(?<![\w.])((?:(?<![\w)\]}])-)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e-?\d+)?)")


def numbers_in(text):
    """The numbers in a piece of prose that need a fact, as keys."""
    for pattern, instead in _AWAY:
        text = re.sub(pattern, instead, text)
    return [key for key in _NUMBER.findall(text) if not re.fullmatch("[0-9]|1[0-2]", key)]


def comments_in(code):
    lines = io.StringIO(re.sub(r"(?m)^(\s*)[%!]", r"\1#", code)).readline
    return [token.string for token in tokenize.generate_tokens(lines) if token.type == tokenize.COMMENT]


def agrees(key, value):
    """Whether a number as it is written shows the value: rounded where it has decimals, else exactly."""
    written = float(key.replace(",", ""))
    mantissa, _, power = key.partition("e")
    value = float(value() if callable(value) else value)
    if "." not in mantissa:
        return math.isclose(written, value, rel_tol=1e-9, abs_tol=1e-12)
    unit = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
    return abs(written - value) <= unit * 0.5000001


def facts_of(name):
    path = FACTS / f"{name}.py"
    assert path.is_file(), f"the numbers of lesson {name} have no facts: write tests/notebooks/facts/{name}.py"
    spec = importlib.util.spec_from_file_location(f"facts_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FACTS


@pytest.mark.parametrize("text, keys", [
    ("gives −20 and $-0.5344$, then 2.00, 220 and 12", ["-20", "-0.5344", "2.00", "220"]),
    ("5 - 3, 20-13, x-15, (-14)", ["20", "13", "15", "-14"]),
    (r"$1 \times -1.3679^{-2} = 0.25^{10}$, $w_0 x_{1}$ and x², x1", ["-1.3679", "0.25"]),
    ("10⁻⁵, $10^{-9}$, 1.4 × 10⁻⁹, $2.5 \\times 10^{-7}$, 10^20", ["1e-5", "1e-9", "1.4e-9", "2.5e-7", "1e20"]),
    ("524,286 calls for 36 edges; at (100, 200), 13th", ["524,286", "36", "100", "200", "13"]),
    ("Source: Karpathy 2015, section 4.13; Goodfellow, Bengio and Courville (2016, § 6.5.6)", []),
    ("Saitoh (2016) in 1999", ["1999"]),
    ("# Lesson 14 · Twenty", []),
    ("exercises 2.1, 2.13 and 2.14; Algorithms 6.13 and 6.14", []),
    ("`x20` and `dout, W14`, but `f(x=-20)` and `1.5`", ["-20", "1.5"]),
    ("[text of 50](https://example.org/60) <img width='70'>", ["50"]),
    ("| −14 | 2.5 |", ["-14", "2.5"]),
])
def test_which_numbers_need_a_fact(text, keys):
    assert numbers_in(text) == keys


@pytest.mark.parametrize("key, value, right", [
    ("-0.5344", -0.534446, True), ("-0.5344", -0.5346, False), ("2.00", 2, True), ("2.00", 2.006, False),
    ("220", 220.00000000000003, True), ("220", 220.4, False), ("1.4e-9", lambda: 1.42e-9, True),
    ("1e-5", 1e-5, True), ("1e-5", 2e-5, False), ("524,286", 524286, True), ("-20", 20, False),
])
def test_when_a_number_agrees(key, value, right):
    assert agrees(key, value) is right


def test_every_assignment_has_its_lesson():
    assert set(ASSIGNMENTS) <= set(LESSONS)


@pytest.mark.parametrize("name", LESSONS)
def test_every_number_of_a_lesson_is_computed(name):
    source, facts = lesson(name), facts_of(name)
    texts = [(cell.line, text) for cell in source.cells
             for text in ([cell.text] if cell.kind == "markdown" else comments_in(cell.text))]
    used = [(line, key) for line, text in texts for key in numbers_in(text)]
    unknown = [f"{source.path}:{line}: {key} has no fact" for line, key in used if key not in facts]
    assert not unknown, "\n".join(unknown)
    wrong = [f"{key} is written and {value() if callable(value) else value} computed"
             for key, values in facts.items() for value in (values if isinstance(values, list) else [values])
             if not agrees(key, value)]
    assert not wrong, "\n".join(wrong)
    idle = sorted(set(facts) - {key for _, key in used})
    assert not idle, f"these facts are stated nowhere in the lesson: {', '.join(idle)}"


@pytest.mark.parametrize("name", LESSONS)
def test_no_fact_is_a_number_typed_in_again(name):
    tree = ast.parse((FACTS / f"{name}.py").read_text("utf-8"))
    table = next(node.value for node in tree.body if isinstance(node, ast.Assign)
                 and ast.unparse(node.targets[0]) == "FACTS")
    typed = [f"line {value.lineno}: {ast.unparse(value)}"
             for entry in table.values for value in (entry.elts if isinstance(entry, ast.List) else [entry])
             if isinstance(getattr(value, "operand", value), ast.Constant)]
    assert not typed, typed


# ---------------------------------------------------------------------------------------------------------
# Reading

@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_headings_begin_with_one_title_and_skip_no_level(notebook):
    source = source_of(notebook)
    levels = [level for level, _ in headings(source)]
    assert levels and levels[0] == 1 and levels.count(1) == 1, headings(source)
    for (before, _), (level, text) in zip(headings(source), headings(source)[1:], strict=False):
        assert level <= before + 1, f"“{text}” skips a level"


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_the_words_are_those_of_the_course(notebook):
    source, wrong = source_of(notebook), []
    for cell in source.cells:
        text = cell.text if cell.kind == "markdown" else "\n".join(comments_in(cell.text))
        text = re.sub(r"`[^`]*`|\]\([^)]*\)|\"[^\"\n]*\"", " ", text)     # titles of others stand in quotes
        wrong += [f"{source.path}:{cell.line}: “{found[0]}”, better: {better}" for pattern, better in TERMS.items()
                  for found in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)]
        wrong += [f"{source.path}:{cell.line}: {sign}, an emoji"
                  for sign in re.findall("[\U0001F300-\U0001FAFF]", text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_pictures_have_words_and_links_lead_somewhere(notebook):
    """Learners open the notebooks in work/: lessons/NN.ipynb beside exercises/NN/NN.ipynb."""
    source = source_of(notebook)
    kind, name = notebook.split("/")
    here = Path("lessons") if kind == "lessons" else Path("exercises", name)
    known = {f"{'lessons' if k == 'lessons' else f'exercises/{n}'}/{n}.ipynb"
             for k, n in (other.split("/") for other in NOTEBOOKS)}
    for text in map(without_code, prose_of(source)):
        for alt, address in re.findall(r"!\[([^\]]*)\]\(([^)\s]*)", text):
            assert len(alt.split()) > 2, f"the picture {address} needs words that say what it shows, not “{alt}”"
        for tag in re.findall(r"<img\b[^>]*>", text):
            assert re.search(r'alt="[^"]+"', tag), f"{tag} has no alt text"
        for words, address in re.findall(r"\[([^\]]*)\]\(([^)\s]*)\)", text):
            assert words.strip(), f"the link to {address} has no words"
            target, _, anchor = address.partition("#")
            if re.match("https?:|attachment:", address):
                continue
            where = Path(*_resolved(here / target)) if target else here / f"{name}.ipynb"
            assert where.as_posix() in known, f"the link [{words}]({address}) leads to {where}, which is not there"
            if anchor:
                kind_, name_ = ("lessons" if where.parts[0] == "lessons" else "assignments"), where.stem
                anchors = [text.replace(" ", "-") for _, text in headings(source_of(f"{kind_}/{name_}"))]
                assert anchor in anchors, f"#{anchor} is no heading of {where}; there are {anchors}"


def _resolved(path):
    parts = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return parts


@pytest.mark.parametrize("name, exercise", [(a, e) for a in ASSIGNMENTS if a in LESSONS for e in exercises(a)])
def test_the_section_that_an_exercise_sends_to_is_there(name, exercise):
    read = exercises(name)[exercise].read
    found = re.fullmatch(r'lesson (\d+), "(.+)"', read)
    assert found, f'{exercise}: read = {read!r} is not of the form \'lesson 2, "mul swaps"\''
    there = [other for other in LESSONS if int(other[:2]) == int(found[1])]
    assert there, f"{exercise}: there is no lesson {found[1]}"
    titles = [text.casefold() for _, text in headings(lesson(there[0]))]
    assert found[2].casefold() in titles, f"{exercise}: lesson {found[1]} has no section “{found[2]}”: {titles}"


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_all_its_parts_in_order(name):
    source = lesson(name)
    first = source.cells[0]
    assert first.kind == "markdown" and re.match(rf"# Lesson {int(name[:2])} · ", first.text), first.text
    assert len(first.text.split("\n\n")) > 1, "the first cell also says what one will be able to do"
    code = [cell for cell in source.cells if cell.kind == "code"]
    predictions = [cell for cell in code if re.search(r"\bpredict\(", cell.text)]
    assert predictions, "there is no prediction cell: predict(guess, truth)"
    for cell in predictions:
        assert re.search(r"^\w+ = \.\.\.|predict\(\.\.\.", cell.text, re.M), \
            f"a guess is shipped as ..., for the learner to replace:\n{cell.text}"
    graphs = [cell for cell in code if re.search(r"\bgraph\(", cell.text)]
    assert graphs, "there is no interactive graph: graph(f, x=…)"
    titles = [text for level, text in headings(source) if level == 2]
    fixed = ["Break it", "Your turn", "Recall"]
    assert [title for title in titles if title in fixed] == fixed, titles
    assert predictions[0].line < graphs[0].line < section(source, "Break it")[0].line
    assert any(cell.kind == "code" for cell in section(source, "Break it")), "“Break it” has nothing to run"


@pytest.mark.parametrize("name", [name for name in LESSONS if name in ASSIGNMENTS])
def test_your_turn_names_every_exercise(name):
    text = "\n".join(cell.text for cell in section(lesson(name), "Your turn"))
    missing = [exercise for exercise in exercises(name) if f"`{exercise}`" not in text]
    assert not missing, f"“Your turn” does not name {', '.join(missing)}"
    assert f"../exercises/{name}/{name}.ipynb" in text, "“Your turn” does not link to the exercises"


@pytest.mark.parametrize("name", LESSONS)
def test_three_answers_fold_out(name):
    text = "\n".join(cell.text for cell in section(lesson(name), "Recall"))
    folds = re.findall(r"(?s)<details>\s*<summary>(.+?)</summary>(.*?)</details>", text)
    assert len(folds) == 3 and text.count("<details") == 3, f"{len(folds)} of three questions fold"
    for question, answer in folds:
        assert question.strip().endswith("?"), f"the fold is headed by its question: {question}"
        assert len(answer.split()) > 3, f"no answer to “{question}”"
        assert answer.startswith("\n\n") and answer.endswith("\n\n"), \
            f"blank lines around the answer to “{question}”, or its Markdown is not rendered"


@pytest.mark.parametrize("name", LESSONS)
def test_cells_are_short_and_plots_have_words_beside_them(name):
    cells = lesson(name).cells
    for index, cell in enumerate(cells):
        where = f"course/sources/lessons/{name}.py:{cell.line}"
        if cell.kind == "code":
            assert len(cell.text.splitlines()) <= 40, f"{where}: more than a screen of code; make it two cells"
            if re.search(r"\b(curves|bars|steps|spans|histogram|images|marked)\(", cell.text):
                beside = [cells[i].kind for i in (index - 1, index + 1) if 0 <= i < len(cells)]
                assert "markdown" in beside, f"{where}: no sentence beside the plot says what it shows"
            continue
        for paragraph in re.sub(r"(?s)<details\b.*?</details>", "", without_code(cell.text)).split("\n\n"):
            if not paragraph.lstrip().startswith("|"):
                assert len(paragraph.split()) <= 90, f"{where}: a wall of text; make it two cells:\n{paragraph}"
        words = len(re.sub(r"(?m)^\|.*$", "", cell.text).split())
        assert words <= 260, f"{where}: {words} words, more than one idea; make it two cells"
