"""The texts in a notebook's cells: where they stand, and a translation laid over them.

Prose is parted at blank lines, outside formulas and fences; lines that an editor has wrapped are joined, so that a
paragraph is one text however it is wrapped. In code, texts are docstrings, comments, and those string literals that a
learner reads: what is handed to a function of course.figures (labels), and sentences. Names that code works by (the
second argument of `predict`, `names=`, keys of one word, what is compared) are none.
"""

import ast
import io
import re
import textwrap
import tokenize
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

WIDTH = 104         # columns of a code cell that fit on a screen; a Chinese character takes two
WORD = re.compile(r"[^\W\d_]{2,}")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+?\$", re.DOTALL)
TEXT_IN_FORMULA = re.compile(r"\\text\{([^{}]*)\}")
CODE = re.compile(r"`[^`\n]+`")
# a line that begins something of its own: an item, a heading, a row of a table, a tag, a quotation, a formula
OWN_LINE = re.compile(r"\s*([-*+] |\d+[.)] |#{1,6} |\||</?[a-z]|> |\$\$)")
# calls whose strings are names
BY_NAME = {"predict", "practice", "check", "grade", "hint", "graph", "watch", "eval", "exec", "compile", "getattr",
           "open"}
# keyword arguments that hold names
NAMED = {"names", "log", "dtype", "wrt", "sep", "end", "kind", "mode", "key", "after"}
SHOWN = {"description"}     # and one that a slider shows


@dataclass(frozen=True)
class Text:
    """One text of a cell.

    text        as a catalogue has it
    how         "prose", "docstring", "comment", "text", or "template" (an f-string, whose {…} are code)
    start, end  where it stands in the cell's text
    where       the function whose docstring it is, or ""
    """

    text: str
    how: str
    start: int
    end: int
    where: str = ""


def texts_of(cell_text: str, kind: str, figures: frozenset[str] = frozenset()) -> list[Text]:
    """The texts of a cell, in order; `figures` are the names that the notebook has from course.figures."""
    found = list(_prose(cell_text)) if kind == "markdown" else [*_comments(cell_text), *_strings(cell_text, figures)]
    return sorted(found, key=lambda text: text.start)


def translated(cell_text: str, kind: str, book: Mapping[str, str], figures: frozenset[str] = frozenset()) -> str:
    """The cell's text with each text that `book` knows in the other language."""
    for text in reversed(texts_of(cell_text, kind, figures)):
        said = book.get(text.text, text.text)
        if said != text.text:
            new = _written(cell_text, text, said)
            cell_text = cell_text[:text.start] + new + cell_text[text.end:]
    return cell_text


def figures_of(cells) -> frozenset[str]:
    """The names that a notebook's code cells import from course.figures."""
    found = [re.search(r"(?m)^from course\.figures import (.*)$", cell.text) for cell in cells if cell.kind == "code"]
    return frozenset(name.strip() for match in found if match for name in match[1].split(","))


# ---------------------------------------------------------------------------------------------------------
# Prose

def _prose(text):
    begun, fence, position = None, False, 0
    for line in [*text.splitlines(keepends=True), "\n"]:
        if begun is None and line.strip():
            begun = position
        if begun is not None:
            block = text[begun:position]
            if not line.strip() and not fence and block.count("$$") % 2 == 0:
                stripped = block.rstrip("\n")
                if says_something(stripped):
                    yield Text(joined(stripped), "prose", begun, begun + len(stripped))
                begun = None
        if line.lstrip().startswith("```"):
            fence = not fence
        position += len(line)


def says_something(text):
    """Whether there is a word in a piece of prose outside code, addresses, tags and formulas."""
    text = re.sub(r"\]\([^)]*\)|</?[a-zA-Z][^>]*>", " ", CODE.sub(" ", text))
    inside = " ".join(TEXT_IN_FORMULA.findall(" ".join(FORMULA.findall(text))))
    return WORD.search(FORMULA.sub(" ", text)) is not None or WORD.search(inside) is not None


def joined(block):
    """A block of prose, the lines that an editor has wrapped put together; a line of its own stays one."""
    lines, fence = [], False
    for line in block.splitlines():
        opens = line.lstrip().startswith("```")
        if lines and not (fence or opens or OWN_LINE.match(line) or re.match(r"\s*(#{1,6} |\||```)", lines[-1])
                          or lines[-1].endswith(("  ", "\\"))):
            lines[-1] = f"{lines[-1]} {line.strip()}"
        else:
            lines.append(line if line.endswith("  ") else line.rstrip())
        fence ^= opens
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------------
# Code

def parsable(text):
    """The text of a code cell with IPython's magics as comments of the same length."""
    return re.sub(r"(?m)^[%!]", "#", text)


class _Places:
    """Positions in a text, from the line and column of a token or of a node of the syntax tree."""

    def __init__(self, text):
        self.lines = text.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def token(self, line, column):
        return self.starts[line - 1] + column

    def node(self, line, column):       # whose columns count bytes
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())


def _comments(text):
    """Comments with words; those of whole lines that follow each other with one margin are one text."""
    places, source = _Places(text), parsable(text)
    runs = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        (line, column), line_is_its = token.start, not token.line[:token.start[1]].strip()
        start, end = places.token(*token.start), places.token(*token.end)
        if text[start] != "#" or token.string.startswith("###"):
            continue
        last = runs[-1] if runs else None
        if last and line_is_its and last["own"] and (last["line"], last["column"]) == (line - 1, column):
            last.update(line=line, end=end, words=f"{last['words']} {_bare(token.string)}")
        else:
            runs.append({"line": line, "column": column, "own": line_is_its, "start": start, "end": end,
                         "words": _bare(token.string)})
    for run in runs:
        if WORD.search(run["words"]):
            yield Text(run["words"], "comment", run["start"], run["end"])


def _bare(comment):
    return comment.lstrip("#").strip()


def _strings(text, figures):
    places, source = _Places(text), parsable(text)
    for node, how, where in string_nodes(ast.parse(source), figures):
        start = places.node(node.lineno, node.col_offset)
        end = places.node(node.end_lineno, node.end_col_offset)
        said = template(node) if how == "template" else node.value
        if how == "docstring":
            first, _, rest = said.partition("\n")
            said = "\n".join(line.rstrip() for line in f"{first}\n{textwrap.dedent(rest)}".strip().splitlines())
        yield Text(said, how, start, end, where)


def string_nodes(tree, figures):
    """(node, how, where) of every string in a tree that a learner reads."""
    docstrings = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(
                    first.value.value, str):
                docstrings[first.value] = getattr(node, "name", "")
    for node in _labels(tree, figures):
        node.is_label = True
    found = []
    _visit(tree, "", figures, docstrings, found)
    return found


def _labels(tree, figures):
    """What comes to a function of course.figures by a name; keys that a loop goes through, or of which one is a
    sentence: they are names and are read, so they are translated wherever they stand."""
    drawn = [arg for call in ast.walk(tree) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
             and call.func.id in figures for arg in call.args]
    names = {arg.id for arg in drawn if isinstance(arg, ast.Name)}
    called = {call.func.id for arg in drawn for call in ast.walk(arg)
              if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(at, ast.Name) and at.id in names for at in targets):
                    yield value
                yield from (at.slice for at in targets if isinstance(at, ast.Subscript) and isinstance(
                    at.value, ast.Name) and at.value.id in names)
            case ast.FunctionDef(name=name) if name in called:
                yield from (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value)
            case ast.For(iter=ast.Call(func=ast.Attribute(value=ast.Dict(keys=keys), attr="items"))):
                yield from filter(None, keys)
            case ast.Dict(keys=keys) if any(isinstance(key, ast.Constant) and _is_read(key, "") for key in keys):
                yield from filter(None, keys)


def _visit(node, context, figures, docstrings, found):
    """context: "label" where a word alone is read (drawn, printed), "name" where strings are names, "key", else ""."""
    context = "label" if getattr(node, "is_label", False) else context
    if node in docstrings:
        if WORD.search(node.value):
            found.append((node, "docstring", docstrings[node]))
    elif isinstance(node, ast.Constant | ast.JoinedStr):
        if context != "name" and _is_read(node, context):
            found.append((node, "text" if isinstance(node, ast.Constant) else "template", ""))
    elif isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        inside = "label" if name in figures else "name" if name in BY_NAME else context
        _visit(node.func, context, figures, docstrings, found)
        for arg in node.args:
            printed = name == "print" and isinstance(arg, ast.Constant)
            _visit(arg, "label" if printed else inside, figures, docstrings, found)
        for keyword in node.keywords:
            here = "name" if keyword.arg in NAMED else "label" if keyword.arg in SHOWN else inside
            _visit(keyword.value, here, figures, docstrings, found)
    else:
        here = "name" if isinstance(node, ast.Compare) else context
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    _visit(child, "key" if field == "slice" else here, figures, docstrings, found)


def _is_read(node, context):
    """Whether a learner reads a string: a label has a word, a sentence several, or a mark at its end."""
    if isinstance(node, ast.JoinedStr):
        words = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        return WORD.search(words) is not None and (context != "key" or " " in words)
    if not isinstance(node.value, str) or not WORD.search(node.value):
        return False
    sentence = len(WORD.findall(node.value)) > 1 and " " in node.value.strip()
    return context == "label" or sentence or node.value.rstrip().endswith((".", "!", "?", ":", "…"))


def template(node):
    """An f-string as text: what is between braces is code."""
    return "".join(part.value.replace("{", "{{").replace("}", "}}") if isinstance(part, ast.Constant) else
                   ast.unparse(ast.JoinedStr([part]))[2:-1] for part in node.values)


# ---------------------------------------------------------------------------------------------------------
# The other language

def _written(cell_text, text, said):
    """What stands in the place of a text."""
    margin = text.start - (cell_text.rfind("\n", 0, text.start) + 1)
    old = cell_text[text.start:text.end]
    if text.how == "prose":
        return said
    if text.how == "comment":
        own = not cell_text[text.start - margin:text.start].strip()
        return f"\n{' ' * margin if own else ''}# ".join(["# " + said.split("\n")[0], *said.split("\n")[1:]])
    if text.how == "docstring":
        return _docstring(said, old, margin)
    prefix = "f" if text.how == "template" else ""
    quote = "'" if '"' in said and "'" not in said else '"'
    parts = _in_lines(said, WIDTH - margin - len(prefix) - 3) if "\n" in old else [said]
    return f"\n{' ' * margin}".join(f"{prefix}{quote}{_escaped(part, quote, bool(prefix))}{quote}" for part in parts)


def _docstring(said, old, margin):
    prefix = re.match("[a-zA-Z]*", old)[0]
    body = said if "r" in prefix.lower() else said.replace("\\", "\\\\")
    lines = [line and " " * margin + line if k else line for k, line in enumerate(body.splitlines())]
    ends = f"\n{' ' * margin}" if re.search(r"\n\s*(\"\"\"|''')$", old) else ""
    return f'{prefix}"""' + "\n".join(lines) + f'{ends}"""'


def _escaped(text, quote, is_template):
    pieces = re.split(r"(?<!\{)(\{[^{}]+\})(?!\})", text) if is_template else [text]
    return "".join(piece if k % 2 else piece.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n")
                   for k, piece in enumerate(pieces))


def _in_lines(text, room):
    """A text in pieces that are at most so wide, never parted within braces."""
    lines = [""]
    for piece in re.findall(r"\{[^{}]*\}|[A-Za-z0-9.]+ ?|.", text, re.DOTALL):
        if wide(lines[-1] + piece) > room and lines[-1]:
            lines.append("")
        lines[-1] += piece
    return lines


def wide(text):
    """How many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def same_code(english: str, other: str, figures: frozenset[str] = frozenset()) -> bool:
    """Whether two code cells do the same: all but docstrings, comments and the texts that a learner reads."""
    try:
        mine, theirs = ast.parse(parsable(english)), ast.parse(parsable(other))
    except SyntaxError:
        return False
    return _same(mine, theirs, {node for node, _, _ in string_nodes(mine, figures)})


def _same(a, b, texts):
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(_same(x, y, texts) for x, y in zip(a, b, strict=True))
    if not isinstance(a, ast.AST):
        return a == b
    if a in texts:
        return isinstance(b.value, str) if isinstance(a, ast.Constant) else _values(a) == _values(b)
    return all(_same(getattr(a, field, None), getattr(b, field, None), texts) for field in a._fields)


def _values(node):
    """What an f-string fills in, in any order."""
    return sorted(ast.dump(part) for part in node.values if not isinstance(part, ast.Constant))
