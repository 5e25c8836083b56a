"""The live graph in a notebook: Python draws, the browser shows."""

import anywidget
import traitlets

from course.drawing.page import HERE, css, script


class GraphWidget(anywidget.AnyWidget):
    """Shows the `view` of a Graph. Sliders set `moved`, and each time another view is the answer."""

    _esm = script(HERE / "widget.js")
    _css = css()
    view = traitlets.Dict().tag(sync=True)
    moved = traitlets.Dict().tag(sync=True)         # {"turn": n, "inputs": {name: value}}

    def __init__(self, graph):
        self._graph = graph
        super().__init__(view=graph.view())
        self.observe(self._answer, "moved")

    def _answer(self, change):
        moved = change["new"]
        self.view = {**self._graph.view(moved["inputs"]), "turn": moved["turn"]}     # never the view before: an answer
