"""`backprop practice`: a page of circuits for a class, one to print, and one with its solutions.

The page works alone, without a kernel and without a network. The same seed gives the same circuits to all.
"""

import argparse
import secrets
import sys
from html import escape
from pathlib import Path

from course.drawing import picture
from course.drawing.page import document
from course.plaintext import in_a_sentence
from course.practising import circuits
from course.practising.ask import Practice, of_level
from course.practising.bugs import RIGHT
from course.practising.page import page
from course.words import later, tr

MOST = 100
PURPOSE = later("a page of circuits for a class, one to print, and one with its solutions")
STYLE = """
body { font: 15px/1.4 system-ui, "DejaVu Sans", sans-serif; color: #000; background: #fff; max-width: 1000px;
  margin: 0 auto; padding: 16px; }
h1 { font-size: 20px; } h2 { font-size: 15px; margin: 18px 0 4px; }
section { break-inside: avoid; }
pre { margin: 4px 0; }
.paper { height: 260px; border: 1px dashed #777; }
svg { max-width: 100%; height: auto; }
"""


def main(argv: list[str]) -> int:
    """Write the three pages; returns an exit code."""
    parser = argparse.ArgumentParser(prog="backprop practice", description=tr(PURPOSE))
    parser.add_argument("--level", default="1", help=tr("1 to 10, or a name such as forks (%(default)s)"))
    parser.add_argument("--count", type=int, default=10,
                        help=tr("how many circuits, up to {most} (%(default)s)", most=MOST))
    parser.add_argument("--seed", type=int, help=tr("of the first circuit; the others follow. Drawn if left out"))
    parser.add_argument("--task", choices=["fill", "bug"], default="fill",
                        help=tr("fill in the graph, or a wrong edge"))
    parser.add_argument("--out", type=Path, default=Path("practice.html"), help=tr("the page's file (%(default)s)"))
    options = parser.parse_args(argv)
    try:
        level = circuits.level_called(options.level)
        if level == circuits.SHAPES and options.task == "bug":
            raise ValueError(tr("A bug is looked for among numbers: level 9 has none."))
    except ValueError as error:
        parser.error(str(error))
    if not 1 <= options.count <= MOST:
        parser.error(tr("--count is a number from 1 to {most}, got {got}.", most=MOST, got=options.count))
    if options.out.suffix != ".html":
        parser.error(tr("--out is a page, name.html; got {name}.", name=repr(options.out.name)))
    seed = secrets.randbelow(circuits.SEEDS) if options.seed is None else options.seed
    made = [of_level(level, seed + k, task=options.task) for k in range(options.count)]
    written = {options.out: page(made[0].title, [(each.view(), each.svg()) for each in made]),
               options.out.with_suffix(".print.html"): printed(made, solved=False),
               options.out.with_suffix(".solutions.html"): printed(made, solved=True)}
    try:
        for path, text in written.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        print(tr("This could not be written: {error}", error=in_a_sentence(error)), file=sys.stderr)
        return 1
    print(tr("Level {level}, circuits {first} to {last}: {files}", level=level, first=seed,
             last=seed + options.count - 1, files=tr(", ").join(map(str, written))))
    return 0


def printed(made: list[Practice], solved: bool) -> str:
    """A page for paper: the circuits with empty boxes, or what belongs in them."""
    title = tr("{title} · solutions", title=made[0].title) if solved else made[0].title
    colours = picture.colours(made[0].palette)
    style = f".bp {{ --bp-value: {colours['light-value']}; --bp-gradient: {colours['light-gradient']}; " \
            f"--bp-mark: {colours['light-mark']}; }}"
    sections = [f"<section><h2>{k}. {_named(each)}</h2><pre>{escape(each.code)}</pre>"
                f"{_solution(each) if solved else _question(each)}</section>" for k, each in enumerate(made, 1)]
    return document(title, style + STYLE, "\n".join([f"<h1>{escape(title)}</h1>", *sections]))


def _named(each):
    return tr("Level {level}, circuit {seed}", level=each.level, seed=each.seed)


def _question(each):
    if each.bug:
        asked = tr("One edge is wrong: mark it, and write down the rule that was broken.")
        return f"{each.svg(alone=False)}<p>{asked}</p>"
    if each.covered:
        leaves = tr(", ").join(f"{item.label} = {item.value}" for item in each.scene.items if item.kind == "leaf")
        asked = tr("{inputs}. Draw the graph, with its values and its gradients.", inputs=leaves)
        return f'<p>{asked}</p><div class="paper"></div>'
    return each.svg(alone=False)


def _solution(each):
    if each.bug:
        label, verdict = each.bug.edges[each.bug.edge]["label"], each.bug.verdicts[each.bug.rule]
        why = verdict.removeprefix(tr(RIGHT).partition("{why}")[0])
        return f"<p>{escape(tr('{label}. {why}', label=label, why=why))}</p>"
    answers = tr("; ").join(f"{box.sign} = {box.shown}" for box in each.boxes)
    return f"{each.solution(alone=False)}<p>{escape(answers)}</p>"
