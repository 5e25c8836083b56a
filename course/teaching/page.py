"""The page of feedback: what `nbgrader generate_feedback` writes, and so Formgrader's button.

    c.GenerateFeedback.exporter_class = "course.teaching.page.FeedbackPage"
    c.FeedbackPage.preprocessors = ["course.teaching.page.Pictures"]

It stands alone: no script, font or picture is fetched, by its own policy (a meta tag that browsers obey) and since
nothing asks for one. It is read on a phone, in the dark, and aloud; it speaks the language of the notebook.
"""

import time
from html import escape
from pathlib import Path

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import ansi2html, strip_ansi
from nbformat.v4 import new_output
from traitlets.config import Config

from course.checks.verdict import earned, stopped, told
from course.drawing.still import PICTURE, WIDGET, ShowPictures, joined
from course.figures import formulas
from course.figures.cleaning import clean
from course.grading.bounds import Overtime, own_time
from course.grading.verdicts import is_test, verdict_of
from course.plaintext import plain
from course.teaching.room import SHOWN, Room, left_out
from course.words import language_of, later, speaking, tr

TEMPLATES = Path(__file__).parent / "templates"
SILENT = later("No response.")      # what nbgrader says of an answer that is as released
TEXT_SECONDS, PAGE_SECONDS = 5.0, 30.0      # what a text, and all texts of a page, may take until they look nice


class Pictures(ShowPictures):
    """A picture in the place of each widget, in one output with the text that tells what it shows."""

    def _stills(self, output):
        data = output.get("data", {})
        if WIDGET not in data or PICTURE not in data:
            return [output]
        return [new_output("display_data", {PICTURE: joined(data[PICTURE]),
                                            "text/plain": joined(data.get("text/plain", ""))})]


class FeedbackPage(HTMLExporter):
    """nbconvert's exporter, with a template and a cleaning of its own."""

    @property
    def default_config(self):
        config = Config({
            "HTMLExporter": {"exclude_anchor_links": True},
            "NbConvertBase": {"display_data_priority": list(SHOWN)}})
        merged = super().default_config.copy()
        merged.merge(config)
        return merged

    def __init__(self, config=None, **traits):
        # By configuration of this class, since nbgrader's converter configures its parent
        own = Config({"FeedbackPage": {"template_name": "backprop_feedback",
                                       "extra_template_basedirs": [str(TEMPLATES)]}})
        merged = Config() if config is None else config.copy()
        merged.merge(own)
        super().__init__(config=merged, **traits)

    def default_filters(self):
        yield from super().default_filters()
        yield "prose", self.prose
        yield "clean", self.cleaned
        yield "code", self.code
        yield "ansi", self.ansi
        yield "headline", headline
        yield "alternative", alternative
        yield "points", "{:g}".format
        yield "earned", earned
        yield "comment", lambda text: tr(text) if text == SILENT else text
        yield "tr", said
        yield "lang", lambda metadata: language_of(metadata).replace("_", "-")      # as HTML writes it

    def from_notebook_node(self, nb, resources=None, **options):
        self._until, self._room = time.process_time() + PAGE_SECONDS, Room()
        with speaking(language_of(nb.metadata)):
            page, resources = super().from_notebook_node(self._room.fitted(nb), resources, **options)
        return plain(page), resources

    def prose(self, source, cell=None):
        """A text in Markdown as HTML, cleaned, its formulas as pictures; pictures that were pasted into it stay."""
        return self._or_as_written(self._prose, source, cell or {})

    def cleaned(self, html):
        """A fragment of HTML without what may not be on the page."""
        return self._or_as_written(clean, html)

    def code(self, source, metadata):
        """Code in colours."""
        return self._or_as_written(lambda text: self.environment.filters["highlight_code"](text, metadata=metadata),
                                   source)

    def ansi(self, text):
        """What a terminal shows of a text, as HTML; without its colours where they take long."""
        return self._or_as_written(ansi2html, text, as_written=lambda text: escape(strip_ansi(text)))

    def _prose(self, source, cell):
        text, found = formulas.take_out(plain(source))      # which holds no token of a formula then
        pasted = _Attachments(cell.get("attachments") or {}, self._room)
        html = formulas.put_back(clean(self.markdown2html({"cell": {"attachments": pasted}}, text)), found)
        return html + "".join(f"<p>{escape(left_out(size))}</p>" for size in pasted.left_out)

    def _or_as_written(self, make, text, *more, as_written=lambda text: f"<pre>{escape(str(text))}</pre>"):
        """What `make` makes of a text; the text itself where that can't be done, or takes long."""
        left = min(TEXT_SECONDS, self._until - time.process_time())
        if left > 0:
            try:
                with own_time(left):
                    return make(text, *more)
            except (Exception, Overtime):       # whatever a library of these has against it
                pass
        return as_written(text)


@pass_context       # or Jinja calls it once, when it compiles the template
def said(context, text, **values):
    """A text of the template's in the language of the notebook."""
    return tr(text, **values)


class _Attachments(dict):
    """Pictures that were pasted into a cell; one that is not among them is no picture, and no error.

    A picture takes room wherever it is shown.
    """

    def __init__(self, pasted, room):
        super().__init__(pasted)
        self.room, self.left_out = room, []

    def __contains__(self, name):
        return True

    def __getitem__(self, name):
        data = self.get(name) or {"text/plain": ""}
        size = sum(map(len, data.values()))
        if self.room.takes(0, size):
            return data
        self.left_out.append(size)
        return {"text/plain": ""}


def headline(cell):
    """What was found in a graded cell, in a line; "" for a test cell that says nothing but points."""
    verdict = verdict_of(cell) if is_test(cell) else None
    if verdict:
        return verdict.found
    error = next((output for output in cell.get("outputs", ()) if output.output_type == "error"), None)
    if error:
        return f"✗ {told(stopped(error.ename))}"
    return "" if is_test(cell) else tr("read and marked by your instructor")


def alternative(output):
    """The text for those who don't see a picture."""
    text = joined(output.get("data", {}).get("text/plain", "")).strip()
    return text if text and not text.startswith("<") else tr("A picture that the cell above has drawn")
