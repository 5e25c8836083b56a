"""A notebook on its way to a page: what a kernel or a network would be asked for stands there already.

JupyterLab's "Save and Export as HTML" goes this way when `python course` has started it.
"""

import re
from base64 import b64decode, b64encode

from course.drawing.still import PICTURE, ShowPictures
from course.figures import formulas

EMBEDDED = re.compile(r"(?<=data:image/svg\+xml;base64,)[\w+/=]+")
DARK = "@media (prefers-color-scheme: dark)"


class StandAlone(ShowPictures):
    """Pictures for live graphs, light as the page is; formulas drawn; and every fold open: a page may be printed."""

    def preprocess_cell(self, cell, resources, index):
        cell, resources = super().preprocess_cell(cell, resources, index)
        if cell.cell_type == "markdown":
            cell.source = opened(formulas.put_back(*formulas.take_out(cell.source)))
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


def _light(picture):
    """An embedded picture that stays light whatever the reader's system is."""
    return b64encode(b64decode(picture[0]).replace(DARK.encode(), b"@media not all")).decode()
