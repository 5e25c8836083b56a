"""`watch`: what it shows, records and refuses, and what a kernel answers."""

import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import islice

import numpy as np
import pytest

from course import watch
from course.watching import picture, show
from course.watching.network import UNITS, Moment, Settings, moments
from course.watching.widget import WatchWidget


@pytest.fixture(scope="module")
def recorded():
    return watch().recorded()


def test_an_edge_shows_the_size_of_its_weight_and_its_sign():
    moment = next(moments(Settings(depth=3)))
    at = picture.frame(moment)
    weights = [w for matrix in moment.weights for w in matrix.flat]
    assert len(at.edges) == len(weights) == 2 * 4 + 2 * 16 + 4 * 2
    assert [letter.isupper() for letter in at.edges] == [w < 0 for w in weights]
    in_order = sorted(range(len(weights)), key=lambda k: abs(weights[k]))
    widths = [picture.WIDTHS[at.edges[k].lower()] for k in in_order]
    assert widths == sorted(widths) and len(set(widths)) > 8


@pytest.mark.parametrize("size, height", [(1e-8, 0.2), (1e-6, 2), (1.0, 8), (1e3, 11), (1e9, 11), (math.inf, 11)])
def test_a_bar_is_on_a_log_scale(size, height):
    at = picture.frame(Moment(0, 1.0, 30, [np.ones((2, 2))], [size], {}))
    assert at.bars == [round(height * picture.DECADE)]


@pytest.mark.parametrize("x, text", [(0.0421, "0.042"), (33.2, "33"), (0.694, "0.69"), (1.77e-5, "1.8×10⁻⁵"), (0, "0"),
                                     (121.2, "121"), (4783.0, "4.8×10³"), (math.inf, "∞"), (math.nan, "nan")])
def test_a_size_has_two_digits(x, text):
    assert picture.short(x) == text


def test_what_is_dead_or_saturated_is_told_in_words_too():
    assert "8 of 8 units dead: 4 in layer 1, 4 in layer 2." in repr(watch(scale=10))
    shown = ET.fromstring(watch(scale=10, activation="tanh").svg())
    assert shown.get("aria-label") == repr(watch(scale=10, activation="tanh"))
    kinds = [unit.get("data-is") for unit in shown.iterfind(".//*[@data-is]")]
    assert len(kinds) == 2 * UNITS and f"{kinds.count('s')} of 8 units saturated" in shown.get("aria-label")


def test_a_page_holds_every_step_of_every_choice(recorded):
    assert json.loads(json.dumps(recorded, allow_nan=False)) == json.loads(json.dumps(recorded))
    choices = {choice["name"]: choice for choice in recorded["choices"]}
    assert [choices[name]["value"] for name in Settings._fields] == ["0.5", "1", "relu", "2"]
    assert len(recorded["runs"]) == math.prod(len(choice["options"]) for choice in choices.values())
    settings = Settings(5.0, 10.0, "sigmoid", 6)
    frames = [list(picture.frame(moment)) for moment in islice(moments(settings), 41)]
    assert recorded["runs"]["5 10 sigmoid 6"]["frames"] == frames


def test_what_a_notebook_chose_stands_among_the_choices_of_its_page():
    made = show.Watch(Settings(0.3, 1.0, "tanh", 4), 8, "green-red")
    offered = {choice["name"]: choice["options"] for choice in made.view(show.RECORDED)["choices"]}
    assert offered["rate"] == ["0.05", "0.3", "0.5", "5"] and offered["depth"] == ["2", "4", "6"]


def test_a_kernel_answers_with_another_training_or_with_more_of_it():
    widget = WatchWidget(watch())
    assert (widget.run["first"], len(widget.run["frames"])) == (0, 41)
    widget.told = {"turn": 1, "more": True}
    assert (widget.run["first"], len(widget.run["frames"])) == (41, 40)
    expected = [picture.frame(moment) for moment in islice(moments(Settings()), 41, 81)]
    assert widget.run["frames"] == expected
    widget.told = {"turn": 2, "settings": {"rate": "5", "scale": "0.1", "activation": "tanh", "depth": "6"}}
    assert widget.run["first"] == 0 and "6 hidden layers of 4 tanh units" in widget.run["about"]
    assert widget.run["frames"][1] == picture.frame(next(islice(moments(Settings(5.0, 0.1, "tanh", 6)), 1, None)))


def test_a_notebook_shows_a_widget_a_picture_and_a_sentence():
    data, _ = watch()._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/svg+xml", "text/plain"} <= set(data)
    code = "import sys; from course import watch; repr(watch()); sys.exit('anywidget' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_page_works_alone(tmp_path, recorded, monkeypatch):
    monkeypatch.setattr(show.Watch, "recorded", lambda self: recorded)
    watch().save(tmp_path / "watch.html")
    text = (tmp_path / "watch.html").read_text("utf-8")
    assert not re.search(r"""(?:src|href)\s*=|@import|url\((?!#)|https?://(?!www\.w3\.org/)""", text)
    assert "<noscript><svg " in text
    assert len(text) < 700_000


@pytest.mark.parametrize("arguments, error, told", [
    ({"rate": 0}, ValueError, "rate is a number above 0"), ({"rate": "5"}, TypeError, "is a number, got '5' (str)"),
    ({"scale": math.inf}, ValueError, "scale is a number above 0"), ({"scale": True}, TypeError, "scale is a number"),
    ({"activation": "gelu"}, ValueError, "activation is one of 'tanh', 'sigmoid', 'relu'; got 'gelu'"),
    ({"depth": 0}, ValueError, "from 1 to 8, got 0"), ({"depth": 2.0}, ValueError, "from 1 to 8, got 2.0"),
    ({"seed": -1}, ValueError, "0 or above; got -1"), ({"palette": "blue"}, ValueError, "palette is one of")])
def test_what_cannot_be_watched_is_refused_in_a_sentence(arguments, error, told):
    with pytest.raises(error) as refused:
        watch(**arguments)
    assert told in str(refused.value)


def test_it_is_saved_as_a_page_or_a_picture():
    with pytest.raises(ValueError, match=r"name\.html .* got 'watch\.pdf'"):
        watch().save("watch.pdf")
