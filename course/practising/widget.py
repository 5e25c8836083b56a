"""Practice in a notebook: Python draws circuits, the browser asks."""

import contextlib

import anywidget
import traitlets

from course.practising import memory
from course.practising.page import css, script


class PracticeWidget(anywidget.AnyWidget):
    """Shows the `view` of a Practice. The browser sends `told`: what was filled in, or the wish for another circuit."""

    _esm = script()
    _css = css()
    view = traitlets.Dict().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)          # {"turn": n, "done": {...}} or {"turn": n, "another": true}

    def __init__(self, practice):
        self._practice = practice
        super().__init__(view={**practice.view(), "another": bool(practice.level)})
        self.observe(self._answer, "told")

    def _answer(self, change):
        told = change["new"]
        if "done" in told:
            with contextlib.suppress(OSError):      # where nothing can be written, practice goes on all the same
                memory.remember(told["done"])
        if told.get("another"):
            self._practice = self._practice.another()
            self.view = {**self._practice.view(), "another": True}
