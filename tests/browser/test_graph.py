"""The graph in a real browser: the page that stands alone, its keys, its tables, and its accessibility."""

import json
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import expect

import autodiff
from course.drawing import graph
from course.drawing import page as pages


def example(**options):
    return graph(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, names="q", **options)


def layer(**options):
    return graph(lambda x, w: autodiff.relu(x @ w).sum(), x=np.ones((5, 4)), w=np.ones((4, 3)), **options)


def forty(**options):
    def f(**v):
        first, second, *rest = v.values()
        h = [np.tanh(first * a + b * second) for a, b in pairwise(rest)]
        return sum(a * b for a, b in pairwise(h))
    return graph(f, **options, **{f"v{k}": 0.3 * k - 1 for k in range(9)})


def wrong(**options):
    def mul_backward(dout, x, y):
        return dout * x, dout * y
    return example(yours={"mul": mul_backward}, **options)


def shown(page, kind, node):
    """The figure of a node, or None while it is hidden."""
    text = page.locator(f'text.{kind}[data-node="{node}"]')
    return text.text_content() if text.is_visible() else None


def status(page):
    return page.get_by_role("status")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_it_starts_with_the_inputs_and_steps_by_button(visit):
    page = visit(example())
    assert [shown(page, "value", node) for node in range(5)] == ["−2.00", "5.00", "−4.00", None, None]
    assert [shown(page, "gradient", node) for node in range(5)] == [None] * 5
    press(page, "Step →")
    expect(status(page)).to_have_text("Forward: q = x + y = (−2.00) + 5.00 = 3.00.")
    assert shown(page, "value", 3) == "3.00"
    press(page, "Whole forward pass")
    expect(status(page)).to_have_text("Forward: f = q × z = 3.00 × (−4.00) = −12.00.")
    press(page, "Step →")
    assert [shown(page, "gradient", node) for node in range(5)] == [None, None, None, None, "1.00"]
    press(page, "Step →")
    assert [shown(page, "gradient", node) for node in range(5)] == [None, None, "3.00", "−4.00", "1.00"]
    expect(page.locator('.edge[data-edge="e4-0"] .back')).to_be_visible()
    press(page, "← Back")
    assert shown(page, "gradient", 2) is None
    press(page, "To the end")
    assert [shown(page, "gradient", node) for node in range(5)] == ["−4.00", "−4.00", "3.00", "−4.00", "1.00"]
    expect(page.get_by_text("step 5 of 5")).to_be_visible()
    press(page, "Reset")
    assert shown(page, "value", 3) is None


def test_it_steps_by_key_and_keeps_the_focus(visit):
    page = visit(example())
    page.get_by_role("group", name="Drawing of the graph").focus()
    for key, said in [("ArrowRight", "Forward: q"), ("ArrowRight", "Forward: f"), ("ArrowLeft", "Forward: q"),
                      ("End", "Backward, from q"), ("Home", "The inputs have their values")]:
        page.keyboard.press(key)
        expect(status(page)).to_contain_text(said)
    page.get_by_role("button", name="Step →").focus()
    for _ in range(7):
        page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("Backward, from q")
    expect(page.get_by_role("button", name="Step →")).to_be_focused()
    expect(page.get_by_role("button", name="Step →")).to_have_attribute("aria-disabled", "true")


def test_a_fork_adds_up_before_ones_eyes(visit):
    page = visit(graph(lambda x: x * x + x, x=3))
    press(page, "Whole forward pass")
    seen = []
    for _ in range(3):
        press(page, "Step →")
        seen.append(shown(page, "gradient", 0))
    assert seen == [None, "1.00", "7.00"]
    expect(status(page)).to_contain_text("which is added to what it has: 1.00 + 3.00 = 4.00")


def test_the_table_opens_by_click_and_by_enter_and_closes(visit):
    page = visit(example())
    page.get_by_role("button", name="f, gate mul").click()
    table = page.get_by_role("table")
    assert table.locator("thead th").all_text_contents() == [
        "to", "local rule", "local", "× upstream", "= contribution", "before + contribution = after"]
    assert table.locator("tbody tr").nth(0).locator("th[scope=row], td").all_text_contents() == [
        "q", "∂(q × z)/∂q = z", "−4.00", "× 1.00", "= −4.00", "0 + (−4.00) = −4.00"]
    assert table.get_by_role("rowheader").all_text_contents() == ["q", "z"]
    page.keyboard.press("Escape")
    expect(table).to_have_count(0)
    page.get_by_role("button", name="q, gate add").focus()
    page.keyboard.press("Enter")
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("button", name="q, gate add")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(status(page)).to_contain_text("Forward: q")
    expect(table).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")                              # past the last node stands what was opened
    expect(page.get_by_role("group", name="Table: ")).to_be_focused()
    page.keyboard.press("ArrowRight")                       # which scrolls, and does not step
    expect(status(page)).to_contain_text("Forward: q")
    page.keyboard.press("Escape")
    expect(table).to_have_count(0)
    expect(page.get_by_role("button", name="q, gate add")).to_be_focused()


def test_an_array_opens_as_a_grid(visit):
    page = visit(layer())
    page.get_by_role("button", name="input w").click()
    assert page.get_by_role("table", name="value of input w").locator("tr").count() == 4
    assert page.get_by_role("table", name="gradient of input w").locator("td").nth(0).text_content() == "5.00"


def test_the_first_wrong_edge_is_painted(visit):
    page = visit(wrong())
    press(page, "To the end")
    expect(status(page)).to_contain_text("The first wrong edge leads from f back to q")
    expect(page.locator(".edge.wrong")).to_have_attribute("data-edge", "e4-0")
    expect(page.locator(".edge.wrong .cross")).to_be_visible()
    press(page, "Reset")
    expect(page.locator(".edge.wrong")).to_have_count(0)


def test_forty_gates_stay_legible_and_follow_the_step(visit):
    page = visit(forty(), viewport={"width": 1000, "height": 800})
    stage = page.locator(".bp-stage")
    size = page.locator("text.value").first.bounding_box()["height"]
    assert size >= 10
    assert stage.evaluate("e => e.scrollWidth > e.clientWidth && document.body.scrollWidth <= innerWidth")
    press(page, "Whole forward pass")
    inside = """e => { const a = e.getBoundingClientRect(), b = e.closest('.bp-stage').getBoundingClientRect();
                       return a.left >= b.left && a.right <= b.right; }"""
    assert page.locator(".node.at").evaluate(inside)
    press(page, "Larger")
    assert page.locator("text.value").first.bounding_box()["height"] > size * 1.1


def test_on_a_narrow_screen_nothing_runs_off_the_page(visit):
    page = visit(example(), viewport={"width": 360, "height": 700})
    page.get_by_role("button", name="f, gate mul").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_the_picture_is_there(visit):
    page = visit(example(), java_script_enabled=False)
    picture = page.get_by_role("img", name="Computational graph. Inputs: x = −2.00")
    expect(picture).to_be_visible()


def marked(page):
    return page.locator(".bp-code [aria-current=step]").all_text_contents()


def test_the_code_opens_by_a_button_and_marks_the_line_of_the_step(visit):
    page = visit(example())
    code = page.get_by_role("group", name="The graph as code")
    expect(code).to_have_count(0)
    expect(page.get_by_role("button", name="As code")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="As code").focus()
    page.keyboard.press("Enter")
    expect(code).to_be_visible()
    expect(page.get_by_role("button", name="As code")).to_be_focused()
    expect(page.get_by_role("button", name="As code")).to_have_attribute("aria-pressed", "true")
    assert marked(page) == ["x = -2.0", "y = 5.0", "z = -4.0"]
    code.focus()
    seen = []
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        seen.append(marked(page))
    assert seen == [["q = x + y"], ["f = q * z"], ["d_f = 1.0"], ["d_q = d_f * z", "d_z = d_f * q"],
                    ["d_x = d_q", "d_y = d_q"]]
    expect(code).to_be_focused()
    press(page, "As code")
    expect(code).to_have_count(0)


def test_a_sentence_that_stands_there_is_not_said_again(live):
    page, answer = live(example())
    page.evaluate("""() => { window.said = 0;
        new MutationObserver(all => { window.said += all.length; }).observe(
            document.querySelector("[role=status]"), {childList: true, subtree: true, characterData: true}); }""")
    answer({"x": 1.0})
    assert shown(page, "value", 0) == "1.00" and page.evaluate("window.said") == 0
    press(page, "Step →")
    assert page.evaluate("window.said") > 0


def test_the_line_of_the_step_is_told_to_those_who_do_not_see_it(visit):
    page = visit(example(code=True))
    press(page, "Step →")
    expect(status(page)).to_have_text("Forward: q = x + y = (−2.00) + 5.00 = 3.00. In code: q = x + y")
    assert page.locator(".bp-told").bounding_box()["width"] <= 1
    press(page, "As code")
    expect(status(page)).to_have_text("Forward: q = x + y = (−2.00) + 5.00 = 3.00.")


def test_long_code_scrolls_to_the_line_of_the_step_and_not_the_page(visit):
    page = visit(forty(code=True), viewport={"width": 390, "height": 844})
    page.get_by_role("group", name="The graph as code").focus()
    before = page.evaluate("scrollY")
    for key in ("End", "Home", "End"):
        page.keyboard.press(key)
        inside = """e => { const a = e.getBoundingClientRect(), b = e.closest('.bp-code').getBoundingClientRect();
                           return a.top >= b.top && a.bottom <= b.bottom; }"""
        assert page.locator(".bp-code .at").first.evaluate(inside)
        assert page.evaluate("scrollY") == before
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_scripts_the_code_is_text(visit):
    page = visit(example(), java_script_enabled=False)
    page.locator("summary").click()
    expect(page.locator("pre")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("d_q = d_f * z")


def test_what_is_hidden_is_not_read_out(visit):
    page = visit(example())
    name = page.locator('.node[data-node="3"]').get_attribute("aria-label")
    assert name == "q, gate add"
    press(page, "To the end")
    assert page.locator('.node[data-node="3"]').get_attribute("aria-label") == "q, gate add, value 3.00, gradient −4.00"


@pytest.mark.parametrize("drawn, scheme, palette", [
    (example, "light", "colorblind"), (wrong, "dark", "colorblind"), (layer, "dark", "green-red"),
    (wrong, "light", "green-red"), (forty, "light", "green-red")])
def test_axe_finds_nothing(visit, drawn, scheme, palette):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(drawn(palette=palette), color_scheme=scheme)
    press(page, "To the end")                           # every figure shows,
    press(page, "As code")                              # the code,
    page.locator(".node").last.click()                  # and a table
    report = Axe().run(page).response
    assert report["passes"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in report["violations"]] == []


@pytest.mark.parametrize("scheme, ink", [("light", "rgb(27, 27, 31)"), ("dark", "rgb(236, 236, 241)")])
def test_the_colours_follow_the_page(visit, scheme, ink):
    page = visit(example(palette="colorblind"), color_scheme=scheme)
    style = "(e, name) => getComputedStyle(e)[name]"
    assert page.locator(".node text").first.evaluate(style, "fill") == ink
    expected = {"light": "rgb(0, 96, 168)", "dark": "rgb(108, 184, 240)"}[scheme]
    assert page.locator("text.value").first.evaluate(style, "fill") == expected


LIVE = """<!doctype html><html lang="en"><title>live</title><div id="graph"></div><script type="module">
{script}
window.sent = [];
window.live = mount(document.getElementById("graph"), {view}, (inputs) => window.sent.push(inputs));
</script></html>"""


@pytest.fixture
def live(browser):
    """A graph with sliders, whose kernel is the test itself: live(graph) -> page, answer(inputs)."""
    contexts = []

    def open_live(drawn):
        context = browser.new_context()
        contexts.append(context)
        page = context.new_page()
        page.clock.install()
        script = pages.script(pages.HERE / "widget.js")
        page.set_content(LIVE.format(script=script, view=json.dumps(drawn.view())))
        return page, lambda inputs: page.evaluate("next => window.live.update(next)", drawn.view(inputs))

    yield open_live
    for context in contexts:
        context.close()


def test_a_slider_asks_for_the_graph_at_its_place(live):
    page, answer = live(example())
    press(page, "To the end")
    slider = page.get_by_role("slider", name="x")
    slider.focus()
    page.keyboard.press("ArrowRight")
    (asked,) = page.evaluate("window.sent")
    assert asked == {"x": -1.95, "y": 5, "z": -4}
    answer(asked)
    assert shown(page, "value", 0) == "−1.95"
    assert shown(page, "value", 4) == "−12.20"
    assert shown(page, "gradient", 2) == "3.05"
    expect(page.get_by_text("step 5 of 5")).to_be_visible()
    expect(slider).to_be_focused()


def test_a_kernel_that_does_not_answer_is_told_of(live):
    page, answer = live(example())
    said, slider = page.get_by_role("status"), page.get_by_role("slider", name="x")
    slider.press("ArrowRight")
    answer({"x": -1.95, "y": 5, "z": -4})
    page.clock.run_for(6000)
    expect(said).not_to_contain_text("No kernel")
    slider.press("ArrowRight")
    page.clock.run_for(4000)
    expect(said).not_to_contain_text("No kernel")
    page.clock.run_for(2000)
    expect(said).to_contain_text("No kernel has answered so far")
    answer({"x": -1.9, "y": 5, "z": -4})
    expect(said).not_to_contain_text("No kernel")


def test_while_python_works_only_the_last_place_of_a_slider_is_kept(live):
    page, answer = live(example())
    page.get_by_role("slider", name="y").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert [asked["y"] for asked in page.evaluate("window.sent")] == [5.1]
    answer({"y": 5.1})
    assert [asked["y"] for asked in page.evaluate("window.sent")] == [5.1, 5.5]
    answer({"y": 5.5})
    assert len(page.evaluate("window.sent")) == 2


def test_where_f_fails_the_picture_stays_and_a_sentence_says_why(live):
    page, answer = live(graph(lambda x: np.log(x), x=1.0))
    press(page, "To the end")
    answer({"x": -1.0})
    expect(status(page)).to_contain_text("At x = -1.0 the gate log gives nan")
    assert shown(page, "value", 0) == "1.00"
    press(page, "As code")
    answer({"x": 2.0})
    expect(status(page)).to_contain_text("Backward, from f")
    expect(status(page)).to_contain_text("In code: d_x = d_f / x")
    assert page.locator(".bp-code code").nth(1).text_content() == "x = 2.0"
    assert shown(page, "gradient", 0) == "0.50"


@pytest.mark.parametrize("drawn", [example, layer, wrong])
@pytest.mark.parametrize("width", [1280, 390])
def test_story_and_table_stand_where_the_eye_is(visit, drawn, width):
    page = visit(drawn(), viewport={"width": width, "height": 800})
    press(page, "To the end")
    page.locator(".node").last.click()
    expect(status(page)).to_be_in_viewport(ratio=1)
    expect(page.locator(".bp-caption")).to_be_in_viewport(ratio=1)
    expect(page.locator(".bp-table table").first).to_be_in_viewport(ratio=0.9 if width == 1280 else 0.3)   # it scrolls
    stage, table = (page.locator(name).bounding_box() for name in (".bp-stage", ".bp-table"))
    beside = table["x"] >= stage["x"] + stage["width"]
    assert beside == (width == 1280)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("motion", "name"), [("no-preference", "bp-along"), ("reduce", "none")])
def test_something_moves_along_the_wires_unless_one_asked_for_none(visit, motion, name):
    page = visit(example(), reduced_motion=motion)
    press(page, "Step →")
    assert page.locator(".sent .wire").first.evaluate("wire => getComputedStyle(wire).animationName") == name


def test_a_page_has_no_handles(visit):
    page = visit(example())
    assert page.locator(".node.handle").count() == 0


def test_an_entry_of_an_array_marks_what_it_is_made_of(visit):
    page = visit(graph(lambda X, W: (X @ W).sum(), X=[[1.0, -2.0], [0.5, 1.5]], W=[[0.5, -1.0], [2.0, 0.25]]))
    page.locator('.node[aria-label^="the gate @"]').click()
    values = page.get_by_role("group", name="values")
    entry = values.get_by_role("button", name="value of result, row 0, column 1: −1.50")
    entry.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bp-met")).to_have_text("result[0, 1]: row 0 of X meets column 1 of W: "
                                                 "1.00 × (−1.00) + (−2.00) × 0.25 = −1.50.")
    assert values.locator("button.met").all_text_contents() == ["1.00", "−2.00", "−1.00", "0.25"]
    expect(page.get_by_role("group", name="gradients").locator("button.met")).to_have_count(4)
    from axe_playwright_python.sync_playwright import Axe

    assert Axe().run(page, ".bp-widget").response["violations"] == []
    entry.press("ArrowLeft")                                # from entry to entry; Tab goes from table to table
    expect(values.get_by_role("button", name="value of result, row 0, column 0")).to_be_focused()
    assert [values.locator("button[tabindex='0']").nth(k).text_content() for k in range(3)] == ["1.00", "0.50", "−3.50"]
    page.keyboard.press("ArrowLeft")                        # there is none
    page.keyboard.press("End")                              # nor does it step
    expect(page.locator(".bp-place")).to_contain_text("step 0 of")
    press(page, "Step →")                                   # which leaves the table as it stands
    expect(values.locator("button.met")).to_have_count(4)
    entry.press("Enter")
    expect(page.locator("button.met")).to_have_count(0)
