"""What a lesson tells before a guess was made, worked out from its cells: what a reader sees who opens no fold."""

import re

from course.declarations.questions import QUESTIONS
from course.learning.predicting import slug

ASKED = re.compile(r'predict\(guess, "([^"]+)"')
FOLD = re.compile(r"<details\b([^>]*)>.*?</details>", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")
# What a question hands out, such as x = -2, (10, 3) or W[2, 7], is no answer of it
GIVEN = re.compile(r"\w\s*=\s*\[?-?[\d.]+(?:,\s*-?[\d.]+)*\]?|\w?[\[(]\s*-?\d+(?:,\s*-?\d+)*\s*[\])]")


def told_too_early(cells):
    """(question, what tells its answer) for each number that stands open before its fold's section ends.

    cells: those of a lesson, as nbformat writes them, that have run with the guesses as they are shipped
    """
    found = []
    for start, name in asked(cells):
        value = QUESTIONS[name].truth()
        if value == int(value) and abs(value) <= 12:        # such numbers stand everywhere
            continue
        found += [(name, text) for cell in cells[start + 1:_end(cells, start, name)] for text in shown(cell)
                  if any(says(number, value) for number in numbers(text))]
    return found


def asked(cells):
    """(place, question) of each prediction."""
    return [(place, name) for place, cell in enumerate(cells) if cell["cell_type"] == "code"
            for name in ASKED.findall(_text(cell["source"]))]


def waits(cell):
    """The questions, as classes of HTML, for which something in a cell waits."""
    text = _text(cell["source"])
    if cell["cell_type"] == "code":
        return {slug(name) for name in re.findall(r'(?m)^fold\(.*after="([^"]+)"\)', text)}
    return {name for attributes in FOLD.findall(text) if "bp-after" in attributes
            for name in re.search('class="bp-after ([^"]+)"', attributes)[1].split()}


def shown(cell):
    """The texts of a cell that stand open: prose without its folds, and what comes out of code that folds nothing."""
    if cell["cell_type"] == "markdown":
        return [FOLD.sub("", _text(cell["source"]))]
    if waits(cell):
        return []
    return [_text(output.get("text") or output.get("data", {}).get("text/plain", "")) for output in cell["outputs"]
            if "application/vnd.jupyter.widget-view+json" not in output.get("data", {})]    # a graph is stepped first


def numbers(text):
    return [float(number.replace(",", "")) if "." not in number else (float(number), len(number.partition(".")[2]))
            for number in NUMBER.findall(text.replace("−", "-"))]


def says(number, value):
    """Whether a number as it is written is the value; with decimals, the value rounded to them."""
    written, decimals = number if isinstance(number, tuple) else (number, None)
    return written == value if decimals is None else abs(written - value) <= 0.5000001 * 10.0**-decimals


def _end(cells, start, name):
    """The place behind the section in which the last fold for a question stands."""
    last = max([place for place, cell in enumerate(cells) if slug(name) in waits(cell)], default=start)
    return next((place for place in range(last + 1, len(cells)) if cells[place]["cell_type"] == "markdown"
                 and re.match("##? ", _text(cells[place]["source"]))), len(cells))


def _text(source):
    return source if isinstance(source, str) else "".join(source)
