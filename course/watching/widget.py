"""The network in training in a notebook: Python trains, the browser shows."""

import anywidget
import traitlets

from course.watching import picture, show


class WatchWidget(anywidget.AnyWidget):
    """Shows the `view` of a Watch. The browser sends `told`: other settings, or the wish for more steps."""

    _esm = show.code()
    _css = show.style()
    view = traitlets.Dict().tag(sync=True)
    run = traitlets.Dict().tag(sync=True)       # {"turn", "first", "drawing", "about", "frames"}
    told = traitlets.Dict().tag(sync=True)      # {"turn": n, "settings": {name: text}} or {"turn": n, "more": true}

    def __init__(self, watched):
        self._watched = watched
        super().__init__(view=watched.view())
        self._begin(watched.run(), 0)
        self.observe(self._answer, "told")

    def _answer(self, change):
        told = change["new"]
        if "settings" in told:
            self._begin(self._watched.run(show.settings_of(told["settings"])), told["turn"])
        elif told.get("more"):
            frames = self._run.frames(picture.STEPS)
            self.run = {"turn": told["turn"], "first": self._shown, "frames": frames}
            self._shown += len(frames)

    def _begin(self, run, turn):
        self._run, frames = run, run.frames(picture.STEPS + 1)
        self._shown = len(frames)
        self.run = {"turn": turn, "first": 0, "drawing": picture.network_svg(run.settings.depth, frames[0]),
                    "about": show.about(run.settings), "frames": frames}
