"""Translations: what is declared complete is, both languages have the same code, and what differs is named."""

import ast
import re
from functools import cache

import nbformat
import numpy as np
import polib
import pytest

import autodiff
from course import graph, practice, watch, words
from course.authoring import catalogues, texts, translate, typeface
from course.authoring.build import targets
from course.declarations import ASSIGNMENTS, declared
from course.drawing import gates
from course.learning import reading, workspace
from course.places import ROOT

LANGUAGES = catalogues.languages()
TRANSLATED = [(language, name) for language in LANGUAGES for name in catalogues.complete(language)
              if name.startswith(catalogues.NOTEBOOKS)]


@cache
def both(language, name):
    """(the English notebook, the other) of a complete catalogue."""
    source = "course/sources/" + name.replace("-", "/", 1) + ".py"
    return tuple(nbformat.read(ROOT / path, as_version=4)
                 for path in (targets(source)[-1], targets(source, language)[-1]))


def test_what_is_declared_complete_is_complete(capsys):
    assert translate.main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(("language", "name"), TRANSLATED)
def test_both_languages_have_the_same_cells_and_the_same_code(language, name):
    english, other = both(language, name)
    for book in (english, other):
        for cell in book.cells:
            cell.metadata.get("nbgrader", {}).pop("checksum", None)     # of the text
    assert [(cell.id, cell.cell_type, cell.metadata) for cell in english.cells] == \
        [(cell.id, cell.cell_type, cell.metadata) for cell in other.cells]
    figures = texts.figures_of([type("Cell", (), {"kind": "code", "text": cell.source}) for cell in english.cells])
    for mine, theirs in zip(english.cells, other.cells, strict=True):
        if mine.cell_type == "code":
            assert texts.same_code(mine.source, theirs.source, figures), theirs.source
            assert all(texts.wide(line) <= texts.WIDTH for line in theirs.source.splitlines()), theirs.source


@pytest.mark.parametrize(("language", "name"), TRANSLATED)
def test_no_cell_is_left_in_english(language, name):
    kept = {entry.msgid for entry in catalogues.read(language, name) if entry.msgstr == entry.msgid}
    for cell in both(language, name)[1].cells:
        if cell.cell_type == "markdown":
            for block in re.sub(r"(?ms)^```.*?^```", "", cell.source).split("\n\n"):     # fences are code
                assert not texts.says_something(block) or re.search("[\u3400-\u9fff]", block) or (
                    block.startswith("$$") and texts.joined(block) in kept), block


@pytest.mark.parametrize(("there", "same"), [
    ("x = 'a word or two'", True), ("x = ['two words']", False), ("y = 'another word'", False),
    ("x = f'{1} word'", False),
])
def test_code_that_does_something_else_is_seen(there, same):
    assert texts.same_code("x = 'two words'  # why", there) is same


def test_an_f_string_keeps_what_it_fills_in_in_any_order():
    english = 'print(f"from {a:.2f} to {b}")'
    assert texts.same_code(english, 'print(f"{b} <- {a:.2f}")')
    assert not texts.same_code(english, 'print(f"{b} <- {a:.3f}")')
    assert not texts.same_code(english, 'print(f"{b} <- a")')


# ------------------------------------------------------------------------------------ where texts are

CELL = '''\
import numpy as np
from course.figures import curves
%matplotlib inline
def f(x):
    """Twice x.

    x: a number
    """
    # One line,
    # and its second.
    return 2 * x     # no news
shown = {"theory": 1, "x": 2}
curves(shown, x="how many", log="xy")
predict(guess, "how far 2x moves")
print(f"It says {f(2):.1f}.", mode == "two words", table["a key"])
'''


def test_texts_of_code_are_what_a_learner_reads():
    found = texts.texts_of(CELL, "code", frozenset({"curves"}))
    assert [text.text for text in found] == ["Twice x.\n\nx: a number", "One line, and its second.", "no news",
                                             "theory", "how many", "It says {f(2):.1f}."]


WORDS_ALONE = '''\
def tried(f, x):
    return "overflow"
def quiet(f, x):
    return "name"
drawn = {}
drawn[f"per layer {z}"] = 1
other["key"] = quiet("name", 1)
for name, way in {"loops": by_loops}.items():
    print("measured", way["key"], way[f"key{z}"], quiet("name", 2), sep="none")
curves(drawn, x=tried(f, 1))
table([(tried(f, 1), 2)])
fold("What it gives", after="how far it moves")
IntSlider(name="name", description="row")
'''


def test_a_word_alone_is_a_text_where_it_is_shown():
    found = texts.texts_of(WORDS_ALONE, "code", frozenset({"curves", "table"}))
    assert [text.text for text in found] == ["overflow", "per layer {z}", "loops", "measured", "What it gives", "row"]


NAMED_WAYS = '''\
ways = {"by hand": 1, "right": 2}
ways["as a program"] = {"W1": 3, "kind": 4}["kind"]
told = [ways["by hand"], ways[f"as a {noun}"], *ways]
'''


def test_a_key_that_is_a_sentence_is_translated_wherever_it_stands_and_its_neighbours_with_it():
    book = {"by hand": "手写", "right": "正确", "as a program": "写成程序", "as a {noun}": "写成{noun}", "kind": "种类"}
    other = texts.translated(NAMED_WAYS, "code", book)
    assert texts.same_code(NAMED_WAYS, other)
    names = {"noun": "程序"}
    exec(other, names)
    assert names["told"] == [1, 4, "手写", "正确", "写成程序"]


def test_a_translation_takes_the_place_of_each_text_and_of_nothing_else():
    book = {"Twice x.\n\nx: a number": '"两倍" \\的 x。\n\nx：一个数', "One line, and its second.": "一\n二",
            "no news": "没有", "theory": '理论 "一"', "how many": "多少",
            "It says {f(2):.1f}.": "是 {f(2):.1f}。\n{{}}"}
    other = texts.translated(CELL, "code", book, frozenset({"curves"}))
    assert texts.same_code(CELL, other, frozenset({"curves"}))
    assert "    # 一\n    # 二\n    return 2 * x     # 没有\n" in other and "%matplotlib inline" in other
    names = {"predict": lambda *_: None, "curves": lambda *_, **__: None, "guess": 1, "mode": 1, "table": {"a key": 1}}
    exec(compile(texts.parsable(other.replace("from course.figures import curves", "")), "cell", "exec"), names)
    assert names["f"].__doc__ == '"两倍" \\的 x。\n\n    x：一个数\n    ' and '理论 "一"' in names["shown"]


PROSE = ("## Nudge\n\nOne sentence. A second\nthat goes on.\n\n$$\na = \\text{how far}\n\n+ b\n$$\n\n- an item\n"
         "  goes on;\n- another\n\n$$x$$\n\n```\nas it\nstands\n```\n\n<details><summary>What?</summary>")


def test_prose_is_parted_into_blocks_and_its_lines_are_joined():
    assert [text.text for text in texts.texts_of(PROSE, "markdown")] == [
        "## Nudge", "One sentence. A second that goes on.", "$$ a = \\text{how far} \n+ b\n$$",
        "- an item goes on;\n- another", "```\nas it\nstands\n```", "<details><summary>What?</summary>"]
    assert texts.translated(PROSE, "markdown", {"## Nudge": "## 微扰"}) == PROSE.replace("Nudge", "微扰")


# ------------------------------------------------------------------------------------ what goes stale

def catalogue_of(*english, translated=True):
    return catalogues.updated([catalogues.Entry(text, "prose") for text in english], polib.POFile(), "zh_CN",
                              {text: f"译 {text}" for text in english} if translated else {})


def test_a_sentence_that_changes_makes_its_own_block_stale_and_keeps_the_old_english():
    old = catalogue_of("A nudge moves the result.", "A gate has a slope.")
    changed = [catalogues.Entry(text, "prose") for text in ("A small nudge moves the result.", "A gate has a slope.",
                                                            "Quite new.")]
    new = catalogues.updated(changed, old, "zh_CN", {})
    assert [(entry.fuzzy, entry.previous_msgid, entry.msgstr) for entry in new] == [
        (True, "A nudge moves the result.", "译 A nudge moves the result."), (False, None, "译 A gate has a slope."),
        (False, None, "")]
    again = polib.pofile(str(new), wrapwidth=0)     # as it comes back from the file
    later = catalogues.updated([catalogues.Entry("A small nudge moves all the results.", "prose")], again, "zh_CN", {})
    assert [(entry.fuzzy, entry.previous_msgid) for entry in later] == [(True, "A nudge moves the result.")]
    assert catalogues.book(later) == {}


@pytest.fixture
def repo(tmp_path):
    """complain(entries, po) gives the problems of a catalogue of a language that has only this one."""
    folder = tmp_path / catalogues.FOLDER / "zh_CN"
    folder.mkdir(parents=True)

    def complain(english, po):
        (folder / "course.po").write_bytes(f"{po}\n".encode())
        entries = [catalogues.Entry(text, "message") for text in english]
        return [str(problem) for problem in catalogues.problems("zh_CN", "course", entries, tmp_path)]
    return complain


def test_what_is_missing_stale_left_over_or_new_is_named_by_file_and_line(repo):
    po = catalogue_of("one", "gone", "old")
    po[0].msgstr, po[2].flags = "", ["fuzzy"]
    po.append(polib.POEntry(msgid="a {x}", msgstr="一 {y}"))
    assert [re.sub("; run.*|; mend.*", "", problem) for problem in repo(["one", "old", "a {x}", "fresh"], po)] == [
        f"course/translations/zh_CN/course.po:{line}: {what}" for line, what in (
            (9, "missing: 'one'"), (13, "the English is gone: 'gone'"),
            (17, "stale: the English has changed to 'old'"),
            (22, "a placeholder differs from the English: '{x}', '{y}' in 'a {x}'"),
            (1, "new in the English: 'fresh'"))]


TERMS = [("upstream gradient", "上游梯度", ("传入梯度",))]


@pytest.mark.parametrize(("how", "english", "other", "what"), [
    ("prose", "By $x^2$.", "用 $x^3$。", "formula"),
    ("prose", "$$a \\text{times} b$$", "$$a \\text{乘} c$$", "formula"),
    ("prose", "$$a \\text{times} b$$", "$$a \\text{乘} b$$", ""),
    ("prose", "Use `f(x)`.", "用 `f(y)`。", "code span"),
    ("prose", "See [it](a.ipynb).", "看[它](b.ipynb)。", "link"),
    ("prose", "<summary>Why?</summary>", "<summary>为什么？", "tag"),
    ("prose", "- one\n- two words", "- 一二", "list"),
    ("prose", "## Why", "# 为什么", "list, heading or table"),
    ("template", "from {a} to {b:.2f}", "从 {b:.2f} 到 {a}", ""),
    ("template", "from {a} to {b:.2f}", "从 {a} 到 {b:.3f}", "placeholder"),
    ("message", "{n} points", "分数", "placeholder"),
    ("prose", "It is 0.25.", "是 0.52。", "number"),
    ("prose", "Two gates.", "有 2 个门。", ""),
    ("prose", "The gate.", "门X。", "no space"),
    ("prose", "The gate.", "门 X，", ""),
    ("prose", "The gate.", "这是门.", "punctuation"),
    ("prose", "The gate.", "这是门 (好)。", "punctuation"),
    ("prose", "The gate.", "这是门。 好。", "a space beside"),
    ("prose", "The gate.", "**门。**好", "no emphasis"),
    ("prose", "The gate.", "**门**。好", ""),
    ("prose", "The upstream gradient.", "那个梯度。", "glossary"),
    ("prose", "The gradient.", "传入梯度。", "never"),
    ("prose", "Upstream gradients.", "上游梯度。", ""),
    ("template", "It is {table['upstream gradient']}.", "是 {table['upstream gradient']}。", ""),
])
def test_what_differs_from_the_english_is_said(how, english, other, what):
    found = list(catalogues.wrong_with(how, english, other, "zh_CN", TERMS))
    assert (what in found[0]) if what else not found, found


def test_the_glossary_has_one_word_for_each_term_of_the_course():
    english = {word for words_of_term, _, _ in catalogues.glossary("zh_CN") for word in words_of_term.split("|")}
    for term in ("upstream gradient", "local gradient", "computational graph", "forward pass", "backward pass", "fork",
                 "broadcast", "topological order", "gradient check", "checkpointing"):
        assert term.replace(" ", "[- ]") in english, term
    chosen = [term for _, term, _ in catalogues.glossary("zh_CN")]
    assert len(chosen) == len(set(chosen))
    assert not {word for *_, never in catalogues.glossary("zh_CN") for word in never} & set(chosen)


# ------------------------------------------------------------------------------------ while the course runs

@pytest.fixture
def nobody_has_chosen(monkeypatch, tmp_path):
    for name in (words.VARIABLE, *words.SYSTEM):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(words, "work_folder", lambda: tmp_path)
    words._unasked.cache_clear()
    yield tmp_path
    words._unasked.cache_clear()


@pytest.mark.parametrize("name", ["zh", "zh-CN", "zh_CN.UTF-8", "ZH_cn"])
def test_the_language_is_the_one_asked_for_then_the_one_remembered(nobody_has_chosen, monkeypatch, name):
    assert words.language() == "en"
    words.remember(name)
    assert words.language() == "zh_CN"
    monkeypatch.setenv(words.VARIABLE, "en")
    assert words.language() == "en"
    with words.speaking(name):
        assert words.language() == "zh_CN"
    monkeypatch.setenv(words.VARIABLE, "xx")
    assert words.language() == "en"


def test_the_system_s_language_counts_once_the_course_is_whole_in_it(nobody_has_chosen, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    whole = not catalogues.missing_from(catalogues.complete("zh_CN"))
    assert words.language() == ("zh_CN" if whole else "en")
    monkeypatch.setattr(words._catalogue("zh_CN"), "_info", {words.WHOLE: "yes"})
    words._unasked.cache_clear()
    assert words.language() == "zh_CN"


def test_a_report_speaks_chinese_and_its_verdict_stays_english():
    from course.checks.examining import SHOWN_SEED, examine
    from course.declarations import find

    exercise = find("double_backward")
    english = examine(exercise, lambda dout, x: 2 + dout, (SHOWN_SEED,), edge=False)
    with words.speaking("zh"):
        report = examine(exercise, lambda dout, x: 2 + dout, (SHOWN_SEED,), edge=False)
        told = str(report) + report.html()
        assert "上游梯度用了加法" in told and "应为" in told and "第 0 课" in told
        assert not re.search(r"\b(yours|expected|lesson|upstream)\b", re.sub(r"<style>.*?</style>|class=\S+", "", told))
    assert report.verdict == english.verdict and report.verdict.title == "upstream added"
    assert "upstream added" in str(english)


def test_a_cause_that_nobody_wrote_down_and_a_name_that_is_none_are_told_in_chinese():
    from course.checks.examining import SHOWN_SEED, examine
    from course.declarations import find

    def double_backward(dout, x):
        return 2

    with words.speaking("zh"):
        found = examine(find("double_backward"), double_backward, (SHOWN_SEED,), edge=False).diagnosis
        assert "有一处漏了一个因子" in found.says and not set(re.findall("[a-z]{2,}", found.says)) - {"dx"}
        with pytest.raises(ValueError, match=r"^没有 'double_backwards' 这个练习；你是不是想写 double_backward"):
            find("double_backwards")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lesson_calls_a_button_as_the_screen_calls_it(language):
    """What a lesson names in bold, italics or quotation marks, and the graph, practice or watch has for a word."""
    def entries(name):
        return polib.pofile(ROOT / catalogues.FOLDER / language / f"{name}.po")

    named = {entry.msgid.strip("← →"): entry.msgstr.strip("← →")
             for name in ("drawing", "practising") for entry in entries(name)}
    for name in (name for name in catalogues.complete(language) if name.startswith("lessons-")):
        for entry in entries(name):
            for said in re.findall(r"[*“\"]+([A-Z][\w ]+)[*”\"]+", entry.msgid):
                assert named.get(said, "") in entry.msgstr, f"{name}: {said!r} is {named[said]!r}"


# of a view: what a learner neither sees nor hears, but the script goes by
UNSEEN = {"id", "name", "phase", "needs", "about", "kind", "arrays", "colours", "code"}
# what is the same in every language: gates, Python, keys
CODE = {*re.findall("[a-z]{2,}", " ".join(f"{name} {row.label} {row.expression}" for name, row in gates.GATES.items())),
        "out", "Enter", "Tab", "Python", "html", "mul_backward", "ZeroDivisionError", "division", "by", "zero",
        "practice", "np", "tile", "axis", "keepdims", "True", "dp", "dq", "dr", "dX", "dW", "db", "dc"}


def told(view):
    """The texts of a view that a learner sees or hears."""
    if isinstance(view, dict):
        for name in view.keys() - UNSEEN:
            yield from told(view[name])
    elif isinstance(view, list | tuple):
        for value in view:
            yield from told(value)
    elif isinstance(view, str):
        yield re.sub(r"<style>.*?</style>|<[^>]*>|\{\w+\}", " ", view, flags=re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_drawn_practised_and_watched_has_no_english_word(language):
    def mul_backward(dout, x, y):
        return 1 / 0

    with words.speaking(language):
        drawn = [graph(lambda x, y, z: (x + y) * z, x=-2, y=5, z=-4, yours={"mul": mul_backward}),
                 graph(lambda X, W, b: (autodiff.relu(X @ W + b)).mean(), X=np.eye(2), W=np.ones((2, 3)), b=np.ones(3)),
                 graph(lambda x: np.maximum(x * x, 2 * x) + abs(x), x=3)]
        asked = [practice(level=level, seed=2, ask=ask) for level, ask in (
            (1, None), (4, "values locals gradients"), (5, "gradients"), (7, "values locals"), (8, None), (9, None))]
        asked += [practice(level=4, seed=seed, task="bug") for seed in range(3)]
        seen = watch(activation="sigmoid", depth=6, rate=5.0)
        views = [[each.view(), each.svg(), repr(each)] for each in (*drawn, *asked, seen)]
        code = [line for each in drawn[1:] for line in each.code.splitlines() if line.startswith("#")]
    for text in told([views, code]):
        assert not set(re.findall("[A-Za-z_]{2,}", text)) - CODE, text


@pytest.mark.parametrize(("template", "value", "told"), [
    ("从 {it} 出发", "× 门", "从 × 门出发"), ("从 {it} 出发", "常数 2", "从常数 2 出发"),
    ("从 {it} 出发", "x", "从 x 出发"), ("from {it} on", "门", "from 门 on"),
    ("{it} 的值", "结果", "结果的值"),
])
def test_where_a_value_is_chinese_no_space_stands_beside_it(template, value, told):
    assert words.closed(template, {"it": value}).format(it=value) == told


KEYS = {"ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End", "Enter", "Escape"}


@pytest.mark.parametrize("script", sorted((ROOT / "course").glob("*/*.js")), ids=lambda path: path.name)
def test_a_script_has_its_words_from_the_view(script):
    code = re.sub(r"(?m)(?<!:)//.*$|/\*\*.*?\*/", "", script.read_text(encoding="utf-8"))
    code = re.sub(r"words(\.\w+|\[.*?\])", "", code)
    for literal in re.findall(r'"([^"\n]*)"|`([^`]*)`', code):
        text = re.sub(r"\$\{[^}]*\}", "", "".join(literal))
        if text not in KEYS:
            assert not re.match("[A-Z][a-z]", text), text
            assert re.search(r"[-<>.#=\[]", text) or not re.search(r"[A-Za-z]{2,},? +[A-Za-z]|[a-z]+[:.] ", text), text


def test_lessons_are_laid_out_in_the_language_and_what_is_begun_in_another_stays(nobody_has_chosen):
    work = nobody_has_chosen
    workspace.lay_out(work)
    begun, untouched = (work / "lessons" / f"{name}.ipynb" for name in ("00_start_here", "01_chain_rule"))
    begun.write_text("mine", encoding="utf-8")
    words.remember("zh", work)
    assert workspace.lay_out(work) == ["lessons/00_start_here.new.ipynb"]
    assert begun.read_text(encoding="utf-8") == "mine"
    chinese = words.TRANSLATIONS / "zh_CN"
    assert untouched.read_bytes() == (chinese / "lessons/01_chain_rule.ipynb").read_bytes()
    assert (work / "lessons/00_start_here.new.ipynb").read_bytes() == \
        (chinese / "lessons/00_start_here.ipynb").read_bytes()
    name = "exercises/01_chain_rule/01_chain_rule.ipynb"
    assert (work / name).read_bytes() == (chinese / name).read_bytes()
    words.remember("en", work)
    assert workspace.lay_out(work) == []
    assert untouched.read_bytes() == (ROOT / "course/lessons/01_chain_rule.ipynb").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_typeface_of_plots_has_every_character_of_their_labels(language):
    from fontTools.ttLib import TTFont

    font = TTFont(ROOT / catalogues.FOLDER / language / typeface.NAME)
    assert typeface.characters(language) <= {chr(code) for code in font.getBestCmap()}, typeface.__doc__


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_exercise_sends_to_is_a_section_of_the_lesson(language):
    done = catalogues.complete(language)
    for name in ASSIGNMENTS:
        if {f"lessons-{name}", f"declarations-{name}"} <= set(done):
            headings = reading.headings(ROOT / targets(f"course/sources/lessons/{name}.py", language)[0])
            for exercise in declared(name).values():
                with words.speaking(language):
                    (section,) = reading.QUOTED.findall(words.tr(exercise.read))
                assert section in headings


def test_whoever_has_chosen_no_language_is_told_once_how(nobody_has_chosen, monkeypatch):
    assert words.offered() == ""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    for whole, other in (("no", "--language zh"), ("yes", "--language en")):
        monkeypatch.setattr(words._catalogue("zh_CN"), "_info", {words.WHOLE: whole})
        words._unasked.cache_clear()
        assert other in words.offered() and "中文" in words.offered()
    words.remember("en")
    assert words.offered() == ""


def test_what_a_check_says_is_a_template_no_f_string():
    """A sentence that is put together in the code is in no catalogue: who speaks another language would not get it."""
    for path in (path for name in ASSIGNMENTS for path in catalogues._modules(name, ROOT)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                said = texts.template(node)
                words = texts.WORD.findall(catalogues.SLOT.sub(" ", said))
                assert "\n" in said or len(words) < 3 or said[-1] not in ".?!:", f"{path}:{node.lineno}: {said}"


def test_every_template_is_filled_by_the_names_that_it_has():
    """A text that is looked up with values has each of them as a keyword."""
    for path in sorted((ROOT / "course").rglob("*.py")):
        for call in catalogues._calls(path, ("tr",)):
            if (said := catalogues._texts(call.args[0])) and call.keywords:
                slots = {re.split("[!:]", slot.strip("{}"))[0] for slot in catalogues.SLOT.findall(" ".join(said))}
                assert slots == {keyword.arg for keyword in call.keywords}, f"{path}:{call.lineno}"
