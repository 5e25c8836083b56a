"""Pictures where a live graph would be blank: for nbconvert, and so for nbgrader's feedback.

A page made from a notebook cannot run the widget: nbconvert would fetch a script from the network and find no kernel.
Switch this on with `c.HTMLExporter.preprocessors = ["course.drawing.still.ShowPictures"]`.
"""

from base64 import b64encode
from html import escape

from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output

WIDGET, PICTURE = "application/vnd.jupyter.widget-view+json", "image/svg+xml"


class ShowPictures(Preprocessor):
    """Replaces each widget that has a picture beside it by that picture, with its text as the alternative.

    Where the exporter sanitizes HTML, an image's alternative text would not survive: the text follows the picture.
    """

    strips = True       # whether an exporter that sanitizes HTML takes it away

    def preprocess(self, nb, resources):
        nb, resources = super().preprocess(nb, resources)
        outputs = [output for cell in nb.cells for output in cell.get("outputs", [])]
        if not any(WIDGET in output.get("data", {}) for output in outputs):
            nb.metadata.pop("widgets", None)            # else the page would fetch a script for nothing
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "code":
            cell.outputs = [still for output in cell.outputs for still in self._stills(output)]
        return cell, resources

    def _stills(self, output):
        data = output.get("data", {})
        if WIDGET not in data or PICTURE not in data:
            return [output]
        picture, text = joined(data[PICTURE]), joined(data.get("text/plain", ""))
        if self.strips and getattr(self.parent, "sanitize_html", False):
            return [new_output("display_data", {PICTURE: picture}), new_output("display_data", {"text/plain": text})]
        source = b64encode(picture.encode()).decode()
        aloud, _, code = text.partition("\n\n")
        image = f'<img alt="{escape(aloud)}" src="data:{PICTURE};base64,{source}">'
        image += f"<pre>{escape(code)}</pre>" if code else ""
        return [new_output("display_data", {"text/html": image, "text/plain": text})]


def joined(text):
    return "".join(text) if isinstance(text, list) else text
