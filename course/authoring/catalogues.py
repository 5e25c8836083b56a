"""Catalogues: what the course says, in another language, in gettext's PO files.

A language is a folder of course/translations, named as gettext names it (zh_CN). In it lie

    lessons-NN_name.po, assignments-NN_name.po   the texts of a notebook's source, by paragraph
    declarations-NN_name.po                      mistakes, hints and checks of an assignment
    causes.po                                    what is told of wrong answers that nobody wrote down
    questions.po                                 what `predict` says to a usual wrong number
    drawing.po, practising.po, learning.po       what the rooms of OWN say: tr("…") and later("…")
    course.po                                    what the rest of the package says
    complete.txt                                 the names of those that are complete: a learner meets no others
    glossary.md                                  one word for each term

and what `backprop build` makes of them: lessons/, exercises/ and LC_MESSAGES/course.mo. A text is found by its English.
Where that changes, the entry is marked fuzzy (stale) and keeps its old English, until somebody has looked at it.
"""

import ast
import difflib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polib

from course.authoring import texts
from course.authoring.build import SOURCES
from course.authoring.sourcetext import Problem, read_source
from course.places import ROOT

FOLDER = "course/translations"
COMPLETE = "complete.txt"
GLOSSARY = "glossary.md"
ALIKE = 0.6             # how much of an old English text must be in a new one for its translation to be offered
NOTEBOOKS = ("lessons", "assignments")
# rooms of the package whose texts have a catalogue of their own: {room: catalogue}
OWN = {"drawing": "drawing", "figures": "drawing", "watching": "drawing", "practising": "practising",
       "learning": "learning", "cli": "learning", "__main__": "learning"}


@dataclass(frozen=True)
class Entry:
    """A text that is to be translated: `how` it is used (see course.authoring.texts), and where."""

    text: str
    how: str
    where: str = ""


# ---------------------------------------------------------------------------------------------------------
# What there is to translate

def wanted(root=ROOT):
    """{catalogue: its entries} of the whole course, in the order in which they are met."""
    from course.declarations import ASSIGNMENTS
    from course.declarations.questions import QUESTIONS
    from course.declarations.registry import declared

    found = {f"{kind}-{path.stem}": list(of_source(read_source(path, root)))
             for kind in NOTEBOOKS for path in sorted((root / SOURCES / kind).glob("*.py"))}
    for name in ASSIGNMENTS:
        found[f"declarations-{name}"] = [*of_exercises(declared(name)),
                                         *(entry for path in _modules(name, root) for entry in of_tests(path))]
    found["causes"] = list(of_causes())
    found["questions"] = list(of_questions(QUESTIONS))
    own = {path for name in ASSIGNMENTS for path in _modules(name, root)}
    found |= {name: [] for name in (*OWN.values(), "course")}
    for path in sorted((root / "course").rglob("*.py")):
        if path not in own and "sources" not in path.parts:
            room = path.relative_to(root / "course").parts[0].removesuffix(".py")
            found[OWN.get(room, "course")] += of_module(path)
    found["practising"] += of_practice()
    found["course"] += [entry for path in sorted((root / "course").rglob("*.j2")) for entry in of_template(path)]
    return found


def _modules(assignment, root):
    """The files of an assignment's declarations."""
    home, name = root / "course/declarations", assignment.split("_", 1)[1]
    return [home / f"{name}.py"] if (home / f"{name}.py").is_file() else sorted((home / name).glob("*.py"))


def of_source(source):
    """The texts of a notebook's source."""
    figures = texts.figures_of(source.cells)
    for cell in source.cells:
        for text in texts.texts_of(cell.text, cell.kind, figures):
            yield Entry(text.text, text.how, text.where or cell.name)


def of_exercises(exercises):
    """The texts of an assignment's declarations."""
    for name, exercise in exercises.items():
        yield Entry(exercise.read, "message", f"{name}: read")
        yield from (Entry(check.title, "message", f"{name}: a check") for check in exercise.checks)
        yield from (Entry(hint, "message", f"{name}: a hint") for hint in exercise.hints)
        for mistake in exercise.mistakes:
            for part in ("title", "says", "ask"):
                yield Entry(getattr(mistake, part), "message", f"{name}: {mistake.code}, {part}")


def of_causes():
    """What is told of causes that nobody wrote down."""
    from course.checks.causes import candidates, edits, kinds, results

    rows = [(kind, each.clause, each.ask) for kind, each in kinds.KINDS.items()]
    rows += [("another name", clause) for clause in kinds.UNNAMED.values()]
    rows += [(each.kind, each.clause, each.ask) for each in edits.ALONG_AN_EDGE]
    rows += [row[:3] for row in (*results.WHOLE, *results.CONSTANT, *results.BY_LENGTH)]
    rows += [[arg.value for arg in (call.args[0], *call.args[3:]) if _is_text(arg)] for call in ast.walk(
        ast.parse(Path(candidates.__file__).read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add"]
    for row in rows:
        yield from (Entry(text, "message", row[0]) for text in row)


def of_practice():
    """What practice says of wrong numbers, and where to read on."""
    from course.practising import causes

    for name, kind in causes.KINDS.items():
        yield from (Entry(text, "message", name) for text in (kind.rule, kind.section))
    yield from (Entry(edit.sentence, "message", edit.kind) for edit in causes.EDITS)


def of_questions(questions):
    for name, question in questions.items():
        yield Entry(question.unit, "message", f"{name}: unit")
        yield from (Entry(sentence, "message", name) for _, sentence in question.known)


def of_module(path):
    """What a module says by tr("…"), later("…") and, as title, sentence and question, Diagnosis("…", "…", "…")."""
    for node in _calls(path, ("tr", "later", "Diagnosis")):
        said = node.args[:3] if node.func.id == "Diagnosis" else node.args[:1]
        yield from (Entry(text, "message", path.stem) for arg in said for text in _texts(arg))


def of_template(path):
    """What a template of Jinja's says by "…" | tr."""
    for text in re.findall(r'"([^"]*)" \| tr\b', path.read_text(encoding="utf-8")):
        yield Entry(text, "message", path.parent.name)


def of_tests(path):
    """What the checks of an assignment say by said("…"), where that is one text; one with values is in a tr("…")."""
    for node in _calls(path, ("tr", "later", "said")):
        said = node.args[:1]
        if node.func.id == "said":
            named = [keyword.value for keyword in node.keywords if keyword.arg in ("ask", "title", "seen")]
            said = [*node.args[:2], *node.args[3:4], *named]
        yield from (Entry(arg.value, "message", path.stem) for arg in said if _is_text(arg))


def _calls(path, names):
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args]


def _texts(node):
    """The texts that an argument can be: one, or "…" if … else "…"."""
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    return [node.value] if _is_text(node) else []


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


# ---------------------------------------------------------------------------------------------------------
# Files

def languages(root=ROOT):
    """The languages there are folders of."""
    return sorted(path.name for path in (root / FOLDER).glob("*") if (path / COMPLETE).is_file())


def complete(language, root=ROOT):
    """The names of the catalogues that are declared to be complete."""
    lines = (root / FOLDER / language / COMPLETE).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def read(language, name, root=ROOT):
    """A catalogue as a POFile; an empty one where there is none yet."""
    path = root / FOLDER / language / f"{name}.po"
    return polib.pofile(str(path), wrapwidth=0) if path.is_file() else polib.POFile(wrapwidth=0)


def book(catalogue):
    """{English: the other language} of what is translated and not stale."""
    return {entry.msgid: entry.msgstr for entry in catalogue if entry.msgstr and not entry.fuzzy}


def updated(entries, old, language, memory):
    """A catalogue brought up to date with the English.

    What is the same keeps its translation; what has changed gets that of the most similar English that is gone,
    marked fuzzy, the old English beside it. `memory` has translations from other catalogues.
    """
    new = polib.POFile(wrapwidth=0)
    new.metadata = {"Language": language, "MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8",
                    "Content-Transfer-Encoding": "8bit"}
    known = {entry.msgid: entry for entry in old}
    texts_now = {entry.text for entry in entries}
    gone = [msgid for msgid, entry in known.items() if entry.msgstr and msgid not in texts_now]
    first = {}
    for entry in entries:
        if entry.text:
            first.setdefault(entry.text, entry)
    for text, found in first.items():
        entry = polib.POEntry(msgid=text, comment=f"{found.how}, {found.where}" if found.where else found.how)
        before = known.get(text)
        if before and before.msgstr:
            entry.msgstr, entry.flags, entry.previous_msgid = before.msgstr, before.flags, before.previous_msgid
            entry.tcomment = before.tcomment
        elif text in memory:
            entry.msgstr = memory[text]
        elif near := difflib.get_close_matches(text, gone, 1, ALIKE):
            entry.msgstr, entry.flags = known[near[0]].msgstr, ["fuzzy"]
            entry.previous_msgid = known[near[0]].previous_msgid if known[near[0]].fuzzy else near[0]
            entry.tcomment = known[near[0]].tcomment
        new.append(entry)
    return new


# ---------------------------------------------------------------------------------------------------------
# What can be wrong

FORMULA, CODE = texts.FORMULA, texts.CODE
LINK = re.compile(r"\]\(([^)]*)\)")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
SLOT = re.compile(r"(?<!\{)\{[^{}]+\}(?!\})")
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
BLOCK = re.compile(r"(?m)^\s*([-*+]|\d+[.)]|#{1,6}|\||>)(?= |\S*\|)")
SMALL = {str(k) for k in range(13)}     # numbers that one language may write in letters


def _formulas(text):
    return [re.sub(r"\s+", " ", texts.TEXT_IN_FORMULA.sub(" ", found)).strip("$ ") for found in FORMULA.findall(text)]


def differing(how, english, other):
    """What must be the same in both and is not: (what it is, what stands in one alone)."""
    parts = [("formula", _formulas), ("code span", CODE.findall), ("link", LINK.findall), ("tag", TAG.findall)]
    if how in ("template", "message"):    # whose braces are code
        parts.append(("placeholder", SLOT.findall))
    if how == "prose":
        parts.append(("list, heading or table", BLOCK.findall))
    for what, find in parts:
        mine, theirs = Counter(find(english)), Counter(find(other))
        if mine != theirs:
            return what, [*(mine - theirs).elements(), *(theirs - mine).elements()]
    bare = [Counter(NUMBER.findall(_words_alone(text))) for text in (english, other)]
    odd = [*(bare[0] - bare[1]).elements(), *((bare[1] - bare[0]).keys() - SMALL)]
    return ("number", odd) if odd else None


def _words_alone(text):
    """A text without formulas, code, addresses and tags."""
    return TAG.sub(" ", LINK.sub("] ", CODE.sub(" ", FORMULA.sub(" ", text))))


def problems(language, name, entries, root=ROOT, terms=()):
    """What is wrong with a catalogue, beside the English: missing, stale, left over, or not the same."""
    catalogue = read(language, name, root)
    path = f"{FOLDER}/{language}/{name}.po"
    now = {entry.text: entry.how for entry in reversed(entries) if entry.text}
    for entry in catalogue:
        complain = lambda text, line=entry.linenum: Problem(path, line, text)
        begins = repr(entry.msgid[:60])
        if entry.msgid not in now:
            yield complain(f"the English is gone: {begins}; run `backprop translate`")
        elif entry.fuzzy:
            yield complain(f"stale: the English has changed to {begins}; mend the translation, then take out "
                           "`#, fuzzy` and the lines `#|`")
        elif not entry.msgstr:
            yield complain(f"missing: {begins}")
        elif entry.msgstr != entry.msgid:
            yield from map(complain, wrong_with(now[entry.msgid], entry.msgid, entry.msgstr, language, terms))
    for text in now.keys() - {entry.msgid for entry in catalogue}:
        yield Problem(path, 1, f"new in the English: {text[:60]!r}; run `backprop translate`")


def wrong_with(how, english, other, language, terms=()):
    """What is wrong with one translation, each in a sentence."""
    if found := differing(how, english, other):
        what, odd = found
        yield f"a {what} differs from the English: {', '.join(map(repr, odd[:3]))} in {english[:40]!r}"
    if how in ("text", "template") and other.count("\n") > english.count("\n"):
        yield f"one line in English is several here: {english[:40]!r}"
    if language.startswith("zh"):
        yield from chinese(other)
    for english_term, term, never in terms:
        bare = re.sub(r'"[^"]*"', " ", SLOT.sub(" ", _words_alone(english)))     # what is quoted are titles
        found = re.search(rf"(?i)\b(?:{english_term})", bare)
        if found and term not in other:
            yield f"the glossary has {term} for {found[0]!r}: {english[:40]!r}"
        for word in never:
            if word in other:
                yield f"the glossary has {term}, never {word}"


def chinese(text):
    """What Chinese text keeps: its own punctuation, and a space between Chinese characters and letters or digits."""
    for found in re.finditer(r"(\*{1,2})(?!\s|\*)([^*]+?)(?<!\s)\1", TAG.sub("", text)):
        before, after = found.string[:found.start()][-1:], found.string[found.end():][:1]
        if (before.isalnum() and not found[2][0].isalnum()) or (after.isalnum() and not found[2][-1].isalnum()):
            yield f"no emphasis: Markdown wants punctuation outside of it, or a space beside it: {found[0]}"
    text = re.sub(r"\*\*|(?<!\*)\*(?!\*)|\[(?=[^\]]*\]\()", "", LINK.sub("", TAG.sub("", text)))    # as it is read
    touching = re.search(r"[\u3400-\u9fff][A-Za-z0-9$`]|[A-Za-z0-9$`%][\u3400-\u9fff]", SLOT.sub("\0", text))
    if touching:
        yield f"no space between Chinese and other letters: …{text[max(0, touching.start() - 8):touching.end() + 8]}…"
    wrong = re.search(r"[\u3400-\u9fff] ?[,.;:?!](?![\w.])|[\u3400-\u9fff]\(|[\u3400-\u9fff] \([\u3400-\u9fff]", text)
    if wrong:
        yield f"punctuation that is not Chinese: …{text[max(0, wrong.start() - 8):wrong.end() + 8]}…"
    spaced = re.search(r"[，。；：？！、（）「」“”] +(?=[^|\s])| +[，。；：？！、）]", text)
    if spaced:
        yield f"a space beside Chinese punctuation: …{text[max(0, spaced.start() - 8):spaced.end() + 8]}…"


def glossary(language, root=ROOT):
    """(pattern of the English, the one word for it, words that are not used) of each row of the glossary."""
    path = root / FOLDER / language / GLOSSARY
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    rows, found = re.findall(r"(?m)^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|", text), []
    for english, term, never in rows[1:]:
        if not set(english) <= set("- "):
            words = "|".join(re.escape(word.strip()).replace(r"\ ", "[- ]") for word in english.split(","))
            found.append((words, term.strip(), tuple(filter(None, map(str.strip, never.split("，"))))))
    return found


# ---------------------------------------------------------------------------------------------------------
# What is made of them

def notebooks_of(language, root=ROOT):
    """{"lessons-NN_name": its texts} of the complete notebooks; each knows what the build itself says, too."""
    names = complete(language, root)
    if "course" not in names:
        return {}
    own = book(read(language, "course", root))
    return {name: own | book(read(language, name, root)) for name in names if name.startswith(NOTEBOOKS)}


def compiled(language, root=ROOT):
    """The bytes of a language's course.mo: the complete catalogues of what is said while the course runs."""
    names = complete(language, root)
    every = polib.POFile()
    whole = not missing_from(names, root)
    every.metadata = {"Content-Type": "text/plain; charset=UTF-8", "X-Whole": "yes" if whole else "no"}
    said = {}
    for name in sorted(names):
        if not name.startswith(NOTEBOOKS):
            said |= book(read(language, name, root))
    for english in sorted(said):
        every.append(polib.POEntry(msgid=english, msgstr=said[english]))
    return every.to_binary()


def missing_from(names, root=ROOT):
    """The catalogues of the course that are not among these."""
    from course.declarations import ASSIGNMENTS

    every = {f"{kind}-{path.stem}" for kind in NOTEBOOKS for path in (root / SOURCES / kind).glob("*.py")}
    return (every | {f"declarations-{name}" for name in ASSIGNMENTS} | {"causes", "questions", "course"}
            | set(OWN.values())) - set(names)
