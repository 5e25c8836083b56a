"""Answers that an instructor reads without knowing whose they are: code, without what may name its author.

Comments and the docstring (the stub's own) are left out; in texts and among the names that a learner chose, the names
of the class become "…". What then looks alike is one answer of several learners.
"""

import builtins
import io
import keyword
import re
import tokenize
from collections import Counter

SHORTEST = 3        # letters of a name of a person; what is shorter is left, since it is a variable's, too
MOST_CHARACTERS = 2_000     # of an answer
MOST_DIFFERENT = 12         # answers to an exercise, the most frequent first
HIDDEN = "…"
WORD = re.compile(r"[^\W_]+")


def told_apart(answers, people):
    """[(answer without names, how many gave it)], the most frequent first; at most MOST_DIFFERENT of them.

    people  the names of the class: what `names_of` gives
    """
    count = Counter(nameless(answer, people) for answer in answers)
    return sorted(count.items(), key=lambda item: (-item[1], item[0]))[:MOST_DIFFERENT]


def names_of(students):
    """The words by which nbgrader's Students are called, in lower case."""
    said = " ".join(str(part) for student in students for part in
                    (student.id, student.first_name, student.last_name, student.email, student.lms_user_id) if part)
    return {word for word in WORD.findall(said.casefold()) if len(word) >= SHORTEST}


def nameless(source, people):
    """An answer's code, of bounded length, without comments, docstrings and the names of people."""
    source = source[:4 * MOST_CHARACTERS]
    try:
        text = _of_tokens(source, people)
    except (tokenize.TokenError, SyntaxError, ValueError):     # cut off, or not Python alone: a magic
        text = _without_people(re.sub(r"#.*", "", source), people)
    text = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n{HIDDEN}"


def _of_tokens(source, people):
    lines, out, at, before = source.splitlines(keepends=True), [], (1, 0), None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        out.append(_between(lines, at, token.start))
        is_alone = before is None or before.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.NL)
        text = token.string
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and is_alone):
            text = ""
        elif token.type == tokenize.STRING or token.type in FORMATTED or (
                token.type == tokenize.NAME and not (before and before.string == ".") and not _is_pythons(text)):
            text = _without_people(text, people)
        out.append(text)
        at = token.end
        if token.type != tokenize.COMMENT:
            before = token
    return "".join(out)


FORMATTED = {getattr(tokenize, "FSTRING_MIDDLE", -1)}       # parts of an f-string, from Python 3.12 on


def _between(lines, start, end):
    """What stands between two tokens: spaces, and the ends of lines."""
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1]:end[1]] if start[0] <= len(lines) else ""
    return lines[start[0] - 1][start[1]:] + "".join(lines[start[0]:end[0] - 1]) + (
        lines[end[0] - 1][:end[1]] if end[0] <= len(lines) else "")


def _is_pythons(name):
    return keyword.iskeyword(name) or hasattr(builtins, name) or name == "np"


def _without_people(text, people):
    return WORD.sub(lambda word: HIDDEN if word[0].casefold() in people else word[0], text)
