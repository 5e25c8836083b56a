"""How much of a notebook's outputs and pasted pictures has room on a page; what has none is told of in a sentence.

What a page is made with costs a hundred times what it reads, and is not linear in it, so this comes first.
"""

from nbformat import NotebookNode
from nbformat.v4 import new_output

from course.drawing.still import joined
from course.words import tr

SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/latex", "text/plain")
MOST_TEXT = 250_000         # characters of an output; what the judge has run has no longer ones
MOST_PICTURE = 15_000_000   # of a picture, as text: 11 MB, more than photos of a phone have
MOST_OF_A_PAGE = 25_000_000     # of all of them
MOST_OUTPUTS = 100          # of a cell, as the judge has them


class Room:
    """What is left of a page's."""

    def __init__(self):
        self.left = MOST_OF_A_PAGE

    def takes(self, texts, pictures):
        """Whether texts and pictures of so many characters may come; then there is so much less for others."""
        size = texts + pictures
        if texts > MOST_TEXT or pictures > MOST_PICTURE or size > self.left:
            return False
        self.left -= size
        return True

    def fitted(self, nb):
        """A notebook in which the outputs that have no room are sentences."""
        return NotebookNode(nb, cells=[self._cell(cell) for cell in nb.cells])

    def _cell(self, cell):
        outputs = cell.get("outputs", ())
        if not outputs:
            return cell
        kept = [self._output(output) for output in outputs[:MOST_OUTPUTS]]
        if len(outputs) > MOST_OUTPUTS:
            kept.append(_said(tr("Left out here: {n} more outputs. Your notebook has them.",
                                 n=len(outputs) - MOST_OUTPUTS)))
        return NotebookNode(cell, outputs=kept)

    def _output(self, output):
        data = output.get("data", {})
        sizes = {kind: len(joined(data[kind])) for kind in SHOWN if isinstance(data.get(kind), str | list)}
        texts = sum(size for kind, size in sizes.items() if not kind.startswith("image/"))
        texts += len(joined(output.get("text", ""))) + sum(map(len, output.get("traceback", ())))
        pictures = sum(size for kind, size in sizes.items() if kind.startswith("image/"))
        return output if self.takes(texts, pictures) else _said(left_out(texts + pictures))


def left_out(size):
    """The sentence in the place of what has so many characters."""
    return tr("Left out here: {size} MB, too much for this page. Your notebook has it.", size=f"{size / 1e6:.1f}")


def _said(sentence):
    return new_output("stream", text=sentence)
