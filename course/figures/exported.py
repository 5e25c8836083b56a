"""A notebook on its way to a page: what a kernel or a network would be asked for stands there already.

JupyterLab's "Save and Export as HTML" goes this way when `python course` has started it.
"""

import re
from base64 import b64decode, b64encode

from course.drawing.still import PICTURE, WIDGET, ShowPictures
from course.figures import formulas
from course.figures.cleaning import STYLES, clean, is_harmless

EMBEDDED = re.compile(r"(?<=data:image/svg\+xml;base64,)[\w+/=]+")
DARK = "@media (prefers-color-scheme: dark)"
NOTHING = "data:text/javascript,"       # the address of a script that is none


class StandAlone(ShowPictures):
    """Pictures for live graphs, light as the page is; formulas drawn; and every fold open: a page may be printed.

    JupyterLab asks whether HTML is to be sanitized, and proposes yes. nbconvert's own filter then takes a paragraph, a
    heading and an image for markup that may harm, and writes it out; here another one takes its place.
    """

    strips = False      # an image keeps its alternative text, whether the page is sanitized or not

    def preprocess(self, nb, resources):
        if getattr(self.parent, "sanitize_html", False):
            self.parent.register_filter("clean_html", kept)
        nb, resources = super().preprocess(nb, resources)
        if not any(_asks_for_scripts(output) for cell in nb.cells for output in cell.get("outputs", [])):
            resources["require_js_url"] = resources["mathjax_url"] = NOTHING    # else a page waits for the network
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        cell, resources = super().preprocess_cell(cell, resources, index)
        if cell.cell_type == "markdown":
            cell.source = opened(formulas.put_back(*formulas.take_out(cell.source), formulas.image))
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = EMBEDDED.sub(_light, opened("".join(data["text/html"])))
            if PICTURE in data:
                data[PICTURE] = "".join(data[PICTURE]).replace(DARK, "@media not all")
        return cell, resources


def opened(html):
    """HTML with its folds open."""
    return re.sub(r"<details(?=[\s>])(?![^>]*\sopen\b)", "<details open", html)


def kept(html):
    """HTML sanitized: without scripts, with all that a page is made of."""
    html = html.decode() if isinstance(html, bytes) else str(html)
    return clean(html, _is_kept, (*STYLES, "width", "max-width", "vertical-align", "font-variant-numeric"))


def _is_kept(tag, name, value):
    return name in ("class", "id") or is_harmless(tag, name, value)     # as nbconvert does: its style sheet needs them


def _asks_for_scripts(output):
    """Whether an output is one that MathJax sets or a script shows: a formula of the learner's own, a live widget."""
    data = output.get("data", {})
    written = "".join("".join(data.get(kind, "")) for kind in ("text/html", "text/markdown"))
    return not data.keys().isdisjoint({"text/latex", "application/javascript", WIDGET}) or "<script" in written or (
        "$" in written)


def _light(picture):
    """An embedded picture that stays light whatever the reader's system is."""
    return b64encode(b64decode(picture[0]).replace(DARK.encode(), b"@media not all")).decode()
