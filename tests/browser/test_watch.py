"""A network in training in a real browser: by keyboard, on a phone, in the dark, read aloud; recorded, and live."""

import json
from itertools import islice, pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from course import watch
from course.declarations.questions import QUESTIONS
from course.watching import picture, show
from course.watching.network import Settings, moments

STEPS = picture.STEPS


class Saved:
    """A page that was made once, to be opened often."""

    def __init__(self, folder, **options):
        self.path = folder / "watch.html"
        watch(**options).save(self.path)

    def save(self, path):
        path.write_bytes(self.path.read_bytes())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return Saved(tmp_path_factory.mktemp("watch"))


def frames(**settings):
    return [picture.frame(moment) for moment in islice(moments(Settings(**settings)), STEPS + 1)]


def press(page, name, times=1):
    page.get_by_role("button", name=name).evaluate("(e, times) => { while (times--) e.click(); }", times)


def choose(page, **chosen):
    for name, value in chosen.items():
        page.get_by_label(show.LABELS[name], exact=True).select_option(value)


def status(page):
    return page.get_by_role("status")


def shown(page):
    """(widths of the edges, which of them are dashed, what the units are, heights of the bars) on the page."""
    return page.evaluate("""() => {
        const all = (kind) => [...document.querySelectorAll(kind)];
        return [all(".bp-stage .weight").map((e) => Number(e.getAttribute("stroke-width"))),
                all(".bp-stage .weight").map((e) => getComputedStyle(e).strokeDasharray !== "none"),
                all(".bp-stage .unit").map((e) => e.dataset.is).join(""),
                all(".bar").map((e) => Number(e.getAttribute("height")))]; }""")


def as_shown(at):
    return [[picture.WIDTHS[letter.lower()] for letter in at.edges], [letter.isupper() for letter in at.edges],
            at.units, at.bars]


def test_its_steps_are_those_that_python_took(visit, recorded):
    page = visit(recorded)
    expected = frames()
    assert shown(page) == as_shown(expected[0])
    expect(status(page)).to_have_text(picture.says(0, expected[0]))
    press(page, "One step", 7)
    assert shown(page) == as_shown(expected[7])
    expect(status(page)).to_have_text(picture.says(7, expected[7]))
    expect(page.locator(".bp-place")).to_have_text(f"step 7 of {STEPS}")
    choose(page, activation="tanh", depth="6")
    assert shown(page) == as_shown(frames(activation="tanh", depth=6)[0])
    expect(page.locator(".bp-note").first).to_contain_text("6 hidden layers of 4 tanh units")
    expect(page.locator(".bp-note").last).to_contain_text("steps that were recorded")


def test_what_dies_at_an_initial_scale_of_10(visit, recorded):
    page = visit(recorded)
    choose(page, scale="10")
    press(page, "One step", 10)
    dead = page.locator(".bp-stage .unit[data-is=d]")
    assert dead.count() == QUESTIONS["what dies at scale 10"].truth() == 8
    for unit in dead.all():                                             # by word and by shape, not by colour alone
        expect(unit.locator("text.dead")).to_be_visible()
        expect(unit.locator("rect.dead")).to_be_visible()
        expect(unit.locator("circle")).to_be_hidden()
    expect(status(page)).to_contain_text("8 of 8 units dead")
    assert shown(page)[3] == [0, 0, 0]


def test_what_vanishes_at_depth_6(visit, recorded):
    page = visit(recorded)
    choose(page, activation="sigmoid", depth="6")
    bars = shown(page)[3]
    assert all(before < after for before, after in pairwise(bars))
    powers = (bars[-1] - bars[0]) / picture.DECADE
    assert 10**powers == pytest.approx(QUESTIONS["what vanishes at depth 6"].truth(), rel=0.2)
    choose(page, activation="relu")
    bars = shown(page)[3]
    assert (bars[-1] - bars[0]) / picture.DECADE < 1


def test_what_a_step_size_of_5_does(visit, recorded):
    page = visit(recorded)
    choose(page, activation="tanh", rate="5")
    press(page, "One step", STEPS)
    expect(status(page)).to_contain_text("Here the recording ends.")
    points = page.locator(".curve").get_attribute("points").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert len(points) == STEPS + 1
    rises = sum(after < before for before, after in pairwise(heights))
    assert rises == QUESTIONS["what step size 5 does"].truth()
    press(page, "Start again")
    expect(status(page)).to_contain_text("Step 0:")


def test_all_of_it_by_keyboard(visit, recorded):
    page = visit(recorded)
    order = []
    for _ in range(7):
        page.keyboard.press("Tab")
        order.append(page.evaluate("(at => at.labels?.[0]?.textContent || at.textContent)(document.activeElement)"))
    assert order == [*show.LABELS.values(), "Run", "One step", "Start again"]
    page.get_by_label("Initial scale", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Initial scale", exact=True)).to_have_value("10")
    page.get_by_role("button", name="One step").focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("Step 3:")
    expect(status(page)).to_contain_text("8 of 8 units dead")


def test_it_runs_and_pauses_and_only_the_pause_is_read_aloud(visit, recorded):
    page = visit(recorded)
    expect(status(page)).to_have_attribute("aria-live", "polite")
    press(page, "Run")
    expect(status(page)).to_have_attribute("aria-live", "off")
    expect(page.locator(".bp-place")).not_to_have_text(f"step 0 of {STEPS}")
    press(page, "Pause")
    expect(status(page)).to_have_attribute("aria-live", "polite")
    expect(status(page)).to_contain_text("Step ")
    at = page.locator(".bp-place").text_content()
    page.wait_for_timeout(500)
    assert page.locator(".bp-place").text_content() == at
    choose(page, scale="0.1")                                           # a choice begins anew, and does not run
    expect(page.locator(".bp-place")).to_have_text(f"step 0 of {STEPS}")
    expect(page.get_by_role("button", name="Run")).to_be_visible()


def test_who_wants_less_motion_gets_less(visit, recorded):
    page = visit(recorded, reduced_motion="reduce")
    assert page.locator(".bar").first.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"
    page.clock.install(time=0)
    page.clock.pause_at(60_000)                 # from here on, time goes by when it is told to
    press(page, "Run")
    page.clock.run_for(700)
    expect(page.locator(".bp-place")).to_have_text(f"step 0 of {STEPS}")
    page.clock.run_for(200)
    expect(page.locator(".bp-place")).to_have_text(f"step 1 of {STEPS}")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_off_the_page(visit, recorded, scheme, width):
    page = visit(recorded, color_scheme=scheme, viewport={"width": width, "height": 844})
    choose(page, scale="10", activation="sigmoid", depth="6")
    press(page, "One step", 3)
    assert "s" in shown(page)[2]
    report = Axe().run(page).response
    assert report["passes"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in report["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink = {"light": "rgb(27, 27, 31)", "dark": "rgb(236, 236, 241)"}[scheme]
    assert page.locator(".bp-stage .title").first.evaluate("e => getComputedStyle(e).fill") == ink


def test_without_scripts_there_is_a_picture_and_its_text(visit, recorded):
    page = visit(recorded, java_script_enabled=False)
    expect(page.get_by_role("img", name="A small network in training. Two inputs")).to_be_visible()


LIVE = """<!doctype html><html lang="en"><title>live</title><style>{css}</style><div id="here"></div>
<script type="module">
{script}
window.sent = [];
window.live = mount(document.getElementById("here"), {view}, (message) => window.sent.push(message));
</script></html>"""


def test_where_a_kernel_runs_it_is_asked_for_what_is_chosen_and_for_more(browser):
    made = watch(palette="colorblind")
    page = browser.new_page()
    page.clock.install()
    page.set_content(LIVE.format(css=show.style(), script=show.code(), view=json.dumps(made.view())))
    run = made.run()
    def answer(turn, first, count):
        drawing = picture.network_svg(2, frames()[0])
        page.evaluate("run => window.live.show(run)", {
            "turn": turn, "first": first, "frames": run.frames(count), "drawing": drawing, "about": ""})
    answer(0, 0, STEPS + 1)
    press(page, "One step", 30)
    assert page.evaluate("window.sent") == [{"turn": 1, "more": True}]      # once, while none has come
    answer(1, STEPS + 1, STEPS)
    press(page, "One step", 15)
    expect(status(page)).to_contain_text("Step 45:")
    expect(page.locator(".last")).to_have_text("step 45")
    assert page.locator(".weight").first.evaluate("e => getComputedStyle(e).stroke") in (
        "rgb(0, 96, 168)", "rgb(107, 78, 155)")
    choose(page, depth="5", rate="10")
    turn = page.evaluate("window.sent.at(-1).turn")
    assert page.evaluate("window.sent.at(-1)") == {"turn": turn, "settings": {
        "rate": "10", "scale": "1", "activation": "relu", "depth": "5"}}
    press(page, "One step")
    expect(page.locator(".bp-place")).to_have_text("step 45")           # no step of what was left
    page.clock.run_for(6000)
    expect(status(page)).to_contain_text("No kernel has answered so far")
    run = made.run()
    answer(turn - 1, 0, STEPS + 1)                                      # to the choice before this one
    expect(page.locator(".bp-watch")).to_have_attribute("aria-busy", "true")
    answer(turn, 0, STEPS + 1)
    expect(page.locator(".bp-watch")).to_have_attribute("aria-busy", "false")
    expect(status(page)).to_contain_text("Step 0:")
    page.close()
