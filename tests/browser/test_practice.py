"""Practice in a real browser: typing, verdicts, hints, the end; by keyboard, on a phone, in the dark, read aloud."""

import json
import random
from pathlib import Path

import pytest
from playwright.sync_api import expect

from course import practice
from course.drawing.page import script
from course.practising import ask
from course.practising import page as pages


def xyz(**options):
    return practice(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, names="q", **options)


def box(page, id):
    return page.locator(f'.bp-box[data-box="{id}"]')


def fill(page, id, text):
    box(page, id).fill(text)
    box(page, id).press("Enter")


def status(page):
    return page.get_by_role("status")


def uncover(page, made):
    """What level 8 begins with: the right one of three drawings."""
    page.get_by_role("button", name="My drawing is ready").click()
    k = next(k for k, each in enumerate(made.view()["drawings"], 1) if each["right"])
    page.get_by_role("button", name=f"Drawing {k}:").click()


def answer_all(page, made):
    """Fill in every box rightly, in the order in which they are listed."""
    for asked in made.boxes:
        if asked.choices:
            box(page, asked.id).select_option(label=asked.shown)
        else:
            fill(page, asked.id, asked.shown)


def test_a_right_number_stays_and_a_wrong_one_is_told_its_cause(visit):
    page = visit(xyz())
    fill(page, "gradient-4", "-12")
    expect(status(page)).to_contain_text("That is f's own value")
    expect(box(page, "gradient-4")).to_have_attribute("aria-invalid", "true")
    fill(page, "gradient-4", "1")
    expect(status(page)).to_have_text("✓ Right: f changes as much as itself.")
    expect(box(page, "gradient-4")).to_have_value("1.00")
    expect(box(page, "gradient-4")).not_to_be_editable()
    fill(page, "gradient-3", "3")
    expect(status(page)).to_contain_text("q's own value stands in it; × swaps")
    fill(page, "gradient-3", "77")
    expect(status(page)).to_contain_text("Not yet. What is the local gradient of f for q")
    fill(page, "gradient-3", "-4 * 1")
    expect(status(page)).to_have_text("✓ Right: local × upstream = (−4.00) × 1.00 = −4.00.")


def test_a_box_opens_when_what_it_is_made_of_stands(visit):
    page = visit(xyz())
    expect(box(page, "gradient-0")).not_to_be_editable()
    box(page, "gradient-0").focus()
    expect(status(page)).to_have_text("This one can be found once the gradients of q stand.")
    fill(page, "gradient-4", "1")
    expect(box(page, "gradient-2")).to_be_editable()
    expect(box(page, "gradient-0")).not_to_be_editable()
    fill(page, "gradient-3", "−4")
    expect(box(page, "gradient-0")).to_be_editable()


def test_leaving_a_box_checks_it_too(visit):
    page = visit(xyz())
    box(page, "gradient-4").fill("1")
    page.keyboard.press("Tab")
    expect(box(page, "gradient-4")).to_have_value("1.00")


def test_the_whole_of_it_by_keyboard(visit):
    page = visit(xyz())
    box(page, "gradient-4").focus()
    for text in ("1", "-4", "3", "-4", "-4"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.get_by_text("5 of 5 filled in")).to_be_visible()
    expect(page.get_by_text("All filled in: 5 of 5 right at the first try.").first).to_be_visible()


def test_hints_open_step_by_step_and_showing_counts(visit):
    page = visit(xyz())
    fill(page, "gradient-4", "1")
    box(page, "gradient-3").focus()
    for k, told in enumerate(("q goes into f", "The local rule at f: ∂(q × z)/∂q = z", "In numbers: (−4.00) × 1.00")):
        page.get_by_role("button", name="Hint").click()
        expect(status(page)).to_contain_text(f"Hint {k + 1} of 3")
        expect(status(page)).to_contain_text(told)
    page.get_by_role("button", name="Show me").click()
    expect(box(page, "gradient-3")).to_have_value("−4.00")
    fill(page, "gradient-2", "-4")
    for id, text in (("gradient-2", "3"), ("gradient-1", "-4"), ("gradient-0", "-4")):
        fill(page, id, text)
    expect(page.locator(".bp-summary")).to_contain_text("All filled in: 3 of 5 right at the first try, 1 shown.")
    expect(page.locator(".bp-summary li")).to_have_text(
        "× swaps: each input gets the other's value, times upstream. Once it went otherwise. "
        "Read lesson 2, “Mul swaps”.")
    kept = json.loads(page.evaluate("localStorage.getItem('backprop-practice')"))
    assert [(row["of"], row["first"], row["shown"], row["kinds"]) for row in kept] == [(5, 3, 1, {"swap": 1})]


def test_one_after_the_other(visit):
    page = visit(xyz(order="backward"))
    fill(page, "gradient-4", "1")
    expect(box(page, "gradient-2")).not_to_be_editable()
    fill(page, "gradient-3", "-4")
    expect(box(page, "gradient-2")).to_be_editable()


@pytest.mark.parametrize("level", range(1, 11))
def test_each_level_can_be_filled_in_to_the_end(visit, level):
    made = practice(level=level, seed=11)
    page = visit(made)
    if level == 8:
        expect(box(page, made.boxes[0].id)).not_to_be_visible()
        uncover(page, made)
    answer_all(page, made)
    all_of_them = len(made.boxes)
    expect(page.locator(".bp-summary")).to_contain_text(f"{all_of_them} of {all_of_them} right at the first try")


def test_what_was_drawn_on_paper_is_one_of_three_drawings(visit):
    made = practice(level=8, seed=3)
    page = visit(made, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="My drawing is ready").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Which one is your drawing?").get_by_role("button")).to_have_count(3)
    for k, drawing in enumerate(made.view()["drawings"], 1):
        if not drawing["right"]:
            page.get_by_role("button", name=f"Drawing {k}: {drawing['label']}").press("Enter")
            expect(status(page)).to_have_text(drawing["says"])
            expect(status(page)).to_be_in_viewport()
            expect(box(page, made.boxes[0].id)).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    uncover_at = next(k for k, drawing in enumerate(made.view()["drawings"], 1) if drawing["right"])
    page.get_by_role("button", name=f"Drawing {uncover_at}:").press("Enter")
    expect(status(page)).to_contain_text("✓ Right: that is the graph of this line.")
    expect(box(page, made.boxes[0].id)).to_be_focused()


def test_every_known_wrong_number_gets_its_sentence(visit):
    made = practice(level=5, seed=3)
    page = visit(made)
    for asked in made.boxes:
        for wrong in asked.wrong:
            fill(page, asked.id, repr((wrong["low"] + wrong["high"]) / 2))
            expect(status(page)).to_have_text(f"✗ {asked.sign}: {wrong['says']}")
        fill(page, asked.id, asked.shown)


SUMS = """<!doctype html><html lang="en"><title>sums</title><script>
{script}
</script></html>"""


def reader(browser):
    page = browser.new_page()
    page.set_content(SUMS.format(script=script(Path(pages.__file__).with_name("arithmetic.js"))))
    return page


def some_sum(rng, depth=0):
    if depth > 3 or rng.random() < 0.3:
        return rng.choice(["2", "0.5", ".25", "3.", "-4", "1e-2", "+7"])
    made = f"{some_sum(rng, depth + 1)}{rng.choice(['+', '-', '*', '/', ' - ', ' * '])}{some_sum(rng, depth + 1)}"
    return f"({made})" if rng.random() < 0.5 else made


def test_sums_are_read_as_python_reads_them(browser):
    rng, page = random.Random(4), reader(browser)
    sums = []
    while len(sums) < 400:
        text = some_sum(rng)
        try:
            sums.append((text, eval(text)))
        except ZeroDivisionError:
            continue
    read = page.evaluate("sums => sums.map((text) => arithmetic(text, {}))",
                         [text for text, _ in sums if len(text) <= 200])
    for (text, value), found in zip([row for row in sums if len(row[0]) <= 200], read, strict=True):
        assert found.get("value") == pytest.approx(value, rel=1e-12), text
    typed = {"−4 × 2": -8, "2÷4": 0.5, "0,5": 0.5, "½": 0.5, "2·3": 6, " -(-2) ": 2}
    read = page.evaluate("sums => sums.map((text) => arithmetic(text, {}))", list(typed))
    assert [row["value"] for row in read] == list(typed.values())
    page.close()


@pytest.mark.parametrize("text, told", [
    ("", "Type a number"), ("2*", "missing at the end"), ("(2", "not closed"), ("2)", "not opened"),
    ("z*2", "in place of the letter"), ("2 3", "operator is missing"), ("2(3)", "operator is missing"),
    ("*2", "a number is missing"), ("1/0", "divides by 0"), ("2^3", "not “^”"), ("alert(1)", "in place of the letter"),
    ("0/0", "divides by 0"), ("1.2.3", "operator is missing"), ("(" * 300, "too long"),
    ("2 z", "in place of the letter"),
    (".", "not “.”"), ("2 $", "not “$”"), ("--", "missing at the end"), ("()", "a number is missing")])
def test_what_is_no_sum_is_told_so(browser, text, told):
    page = reader(browser)
    assert told in page.evaluate("([text, words]) => arithmetic(text, words)", [text, ask.words()])["problem"]
    page.close()


def test_what_cannot_be_read_costs_no_try(visit):
    page = visit(xyz())
    fill(page, "gradient-4", "q")
    expect(status(page)).to_have_text("Write the number in place of the letter.")
    for asked in xyz().boxes:
        fill(page, asked.id, asked.shown)
    expect(page.locator(".bp-summary")).to_contain_text("5 of 5 right at the first try")


def test_each_box_is_labelled_and_each_verdict_is_said(visit):
    page = visit(xyz())
    labels = [page.locator(".bp-box").nth(k).get_attribute("aria-label") for k in range(5)]
    assert labels[0] == "gradient at f, ∂f/∂f"
    assert labels[1] == "gradient at q, ∂f/∂q, not yet: This one can be found once the gradients of f stand."
    assert len(set(labels)) == 5
    fill(page, "gradient-4", "1")
    assert page.locator(".bp-box").nth(0).get_attribute("aria-label") == "gradient at f, ∂f/∂f, right"
    expect(status(page)).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("group", name="Practice: fill in the graph. Inputs: x = −2.00")).to_be_visible()


@pytest.mark.parametrize("level", [1, 4, 8, 9, 10])
def test_on_a_phone_nothing_runs_off_the_page_and_boxes_can_be_touched(visit, level):
    made = practice(level=level, seed=2)
    page = visit(made, viewport={"width": 390, "height": 844}, has_touch=True)
    if level == 8:
        uncover(page, made)
    answer_all(page, made)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert all(made["height"] >= 24 and made["width"] >= 44
               for made in (page.locator(".bp-box").nth(k).bounding_box() for k in range(len(made.boxes))))


def test_on_a_phone_the_box_where_one_begins_is_in_sight(visit):
    made = practice(level=10, seed=2)
    page = visit(made, viewport={"width": 390, "height": 844})
    expect(box(page, made.boxes[0].id)).to_be_in_viewport(ratio=1)
    expect(box(page, made.boxes[-1].id)).not_to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("palette", ["green-red", "colorblind"])
@pytest.mark.parametrize("level", [3, 8, 9])
def test_axe_finds_nothing(visit, level, palette, scheme):
    from axe_playwright_python.sync_playwright import Axe

    made = practice(level=level, seed=5, palette=palette)
    page = visit(made, color_scheme=scheme)
    def violations():
        report = Axe().run(page).response
        assert report["passes"]
        return [(found["id"], found["nodes"][0]["html"], found["nodes"][0].get("failureSummary"))
                for found in report["violations"]]
    assert violations() == []                               # covered, or empty
    if level == 8:
        page.get_by_role("button", name="My drawing is ready").click()
        assert violations() == []                           # three drawings
        page.reload()
        uncover(page, made)
    if made.boxes[0].choices:
        wrong = next(choice for choice in made.boxes[0].choices if choice != made.boxes[0].shown)
        box(page, made.boxes[0].id).select_option(label=wrong)
    else:
        fill(page, made.boxes[0].id, "12345")
    assert violations() == []                               # with something wrong
    answer_all(page, made)
    assert violations() == []                               # at the end


@pytest.mark.parametrize("scheme, palette, ink", [
    ("light", "green-red", "rgb(179, 38, 30)"), ("dark", "green-red", "rgb(255, 138, 128)"),
    ("light", "colorblind", "rgb(181, 69, 0)"), ("dark", "colorblind", "rgb(255, 158, 94)")])
def test_the_colours_follow_the_page_and_the_palette(visit, scheme, palette, ink):
    page = visit(xyz(palette=palette), color_scheme=scheme)
    fill(page, "gradient-4", "1")
    assert box(page, "gradient-4").evaluate("e => getComputedStyle(e).color") == ink
    paper = box(page, "gradient-3").evaluate("e => getComputedStyle(e).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 24, 28)"}[scheme]


def test_without_scripts_the_picture_with_its_empty_boxes_is_there(visit):
    page = visit(xyz(), java_script_enabled=False)
    picture = page.get_by_role("img", name="Practice: fill in the graph. Inputs: x = −2.00")
    expect(picture).to_be_visible()
    assert page.locator("svg .blank").count() == 5


def edge(page, id):
    return page.locator(f'.edge[data-edge="{id}"]')


def test_the_wrong_edge_is_found_by_click(visit):
    made = practice(level=5, seed=3, task="bug")
    page = visit(made)
    right = next(id for id in made.bug.edges if id != made.bug.edge)
    edge(page, right).locator(".hit").click(force=True)
    expect(status(page)).to_have_text(made.bug.edges[right]["says"])
    edge(page, made.bug.edge).locator(".hit").click(force=True)
    expect(status(page)).to_contain_text("✓ Here it is")
    wrong = next(k for k in range(4) if k != made.bug.rule)
    page.get_by_role("button", name=made.bug.rules[wrong]).click()
    expect(status(page)).to_contain_text("another number")
    page.get_by_role("button", name=made.bug.rules[made.bug.rule]).click()
    expect(status(page)).to_have_text(made.bug.verdicts[made.bug.rule])
    expect(page.locator(".bp-summary")).to_contain_text("Found, after 2 wrong guesses.")


@pytest.mark.parametrize("level", [1, 4, 7, 10])
def test_the_wrong_edge_is_found_by_keyboard(visit, level):
    made = practice(level=level, seed=6, task="bug")
    page = visit(made)
    edge(page, made.bug.edge).focus()
    page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("Here it is")
    expect(page.get_by_role("group", name="Which rule was broken?").get_by_role("button").first).to_be_focused()
    for _ in range(made.bug.rule):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".bp-summary")).to_contain_text("Found at the first try.")


def test_each_edge_is_labelled_with_its_number(visit):
    made = practice(level=4, seed=6, task="bug")
    page = visit(made)
    for row in made.bug.edges.values():
        expect(page.get_by_role("button", name=row["label"], exact=True)).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_around_the_wrong_edge(visit, scheme):
    from axe_playwright_python.sync_playwright import Axe

    made = practice(level=4, seed=6, task="bug")
    page = visit(made, color_scheme=scheme, viewport={"width": 390, "height": 844})
    edge(page, made.bug.edge).focus()
    page.keyboard.press("Enter")
    report = Axe().run(page).response
    assert report["passes"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in report["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_kernel_that_does_not_answer_is_told_of(browser):
    page, another = browser.new_page(), {"name": "Another circuit"}
    page.clock.install()
    page.set_content(f"""<div id="here"></div><script type="module">{pages.script()}
window.draw = () => mount(document.getElementById("here"), {json.dumps({**practice("gates").view(), "another": True})},
  {{ another: () => {{}} }});
window.draw();
</script>""")
    page.get_by_role("button", **another).click()
    page.evaluate("window.draw()")                              # that is an answer
    page.clock.run_for(6000)
    expect(status(page)).not_to_contain_text("No kernel")
    page.get_by_role("button", **another).click()
    page.clock.run_for(4000)
    expect(status(page)).not_to_contain_text("No kernel")
    page.clock.run_for(2000)
    expect(status(page)).to_contain_text("No kernel has answered so far")
    page.close()
