"""The live graph in a notebook: Python draws, the browser shows."""

from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent


class GraphWidget(anywidget.AnyWidget):
    """Shows the `view` of a Graph; sliders set `inputs`, and each change is answered by another view."""

    _esm = HERE / "widget.js"
    _css = HERE / "widget.css"
    view = traitlets.Dict().tag(sync=True)
    inputs = traitlets.Dict().tag(sync=True)

    def __init__(self, graph):
        self._graph = graph
        super().__init__(view=graph.view(), inputs={})
        self.observe(self._answer, "inputs")

    def _answer(self, change):
        self.view = self._graph.view(change["new"])
