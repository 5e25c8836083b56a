"""The rooms of this repository and the arrows between them, read from the code.

    python -m course.authoring.rooms            the arrows, a line each
    python -m course.authoring.rooms --draw     docs/pictures/rooms.svg anew

A room is a package below `course`, a module that stands by itself in it, or `autodiff`. An arrow goes from a room to
one that it imports from, at the top of a module or inside a function. A module's name in a string counts as an import
(the table of commands and nbgrader's configuration have such strings). The arrows that may be there are listed in
docs/design.md.
"""

import ast
import re
import sys
from html import escape

from course.drawing.layout import RADIUS, Box, place
from course.places import ROOT

PICTURE = ROOT / "docs/pictures/rooms.svg"
PAGE = ROOT / "docs/design.md"
FRONT = "course"            # course/__init__.py, from which notebooks import: names of other rooms, loaded on first use
NAME_OF_A_MODULE = re.compile(r"(autodiff|course)(?!\.toml)(\.\w+)+(:\w+)?")
LISTED = re.compile(r"^\| `(?P<room>\w+)` \| (?P<reaches>.*?) \|", re.MULTILINE)


def arrows(root=ROOT):
    """{room: the rooms that it imports from} of the code below `root`."""
    found = {}
    for path in sorted([*(root / "autodiff").glob("*.py"), *(root / "course").rglob("*.py")]):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        if module.startswith("course.sources."):
            continue        # cells of notebooks
        room = room_of(module, root)
        names = {room_of(name, root) for name in imported(ast.parse(path.read_text(encoding="utf-8")))}
        found.setdefault(room, set()).update(names - {room, None})
    return found


def imported(tree):
    """The names of modules of this project that a module's syntax tree mentions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "__version__")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME_OF_A_MODULE.fullmatch(node.value):
            yield node.value.split(":")[0]


def room_of(module, root=ROOT):
    """The room in which a module, or a name in a module, stands; None for what is not of this project."""
    first, _, rest = module.partition(".")
    if first == "autodiff":
        return first
    if first != "course":
        return None
    name = rest.partition(".")[0]
    is_room = name and name != "__init__" and (
        (root / "course" / name).is_dir() or (root / "course" / f"{name}.py").is_file())
    return name if is_room else FRONT       # from course import check


def listed(page=None):
    """{room: the rooms that it may import from}, as docs/design.md lists them."""
    text = PAGE.read_text(encoding="utf-8") if page is None else page
    return {row["room"]: set(re.findall(r"`(\w+)`", row["reaches"])) for row in LISTED.finditer(text)}


def in_order(found):
    """The rooms, each after those that it imports from; ValueError where arrows go in a circle."""
    rooms, placed = [], set()
    while len(rooms) < len(found):
        free = sorted(room for room in found if room not in placed and found[room] <= placed)
        if not free:
            raise ValueError(f"these rooms import from each other: {', '.join(sorted(set(found) - placed))}")
        rooms += free
        placed.update(free)
    return rooms


def without_detours(found):
    """The arrows without those that a longer way says too: what a drawing needs."""
    def reach(room):
        return set().union(*({other} | reach(other) for other in found[room]))
    return {room: {other for other in found[room] if not any(other in reach(via) for via in found[room] - {other})}
            for room in found}


# ------------------------------------------------------------------------------------ the drawing

HEIGHT, LETTER = 17, 8.2        # half a box; a letter's width
STYLE = ("text{font:14px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;dominant-baseline:central;"
         "fill:#1f2937}rect{fill:#eef6f3;stroke:#00735C}path{fill:none;stroke:#6b7280;stroke-width:1.3}"
         "@media(prefers-color-scheme:dark){text{fill:#e5e7eb}rect{fill:#12322b;stroke:#4CD6B3}path{stroke:#9ca3af}}")


def draw(found):
    """The SVG of rooms and arrows: each room stands right of all that it imports from."""
    rooms, drawn = in_order(found), without_detours(found)
    place_of = {room: k for k, room in enumerate(rooms)}
    layout = place([Box(k, tuple(sorted(place_of[other] for other in drawn[room])), _width(room), 0.0, 10.0)
                    for k, room in enumerate(rooms)])
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" role="img">'
           f"<title>The rooms of the repository</title><desc>{escape(in_words(found))}</desc><style>{STYLE}</style>"]
    for points in layout.wires.values():
        out.append(f'<path d="{_curve(points)}"/>')
    for room, k in place_of.items():
        x, y = layout.centres[k]
        width = _width(room)
        out.append(f'<rect x="{x - width / 2:.1f}" y="{y - HEIGHT:.1f}" width="{width:.1f}" height="{2 * HEIGHT}" '
                   f'rx="6"/><text x="{x:.1f}" y="{y:.1f}">{escape(room)}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def in_words(found):
    """The arrows as sentences."""
    return " ".join(f"{room} imports from {', '.join(sorted(others))}." if others else f"{room} imports from no other."
                    for room, others in ((room, found[room]) for room in in_order(found)))


def _width(room):
    return max(2 * RADIUS, LETTER * len(room) + 22)


def _curve(points):
    """A path through points, level at each."""
    (x, y), *rest = points
    out = [f"M{x:.1f} {y:.1f}"]
    for nx, ny in rest:
        half = (x + nx) / 2
        out.append(f"L{nx:.1f} {ny:.1f}" if ny == y else f"C{half:.1f} {y:.1f} {half:.1f} {ny:.1f} {nx:.1f} {ny:.1f}")
        x, y = nx, ny
    return "".join(out)


if __name__ == "__main__":
    now = arrows()
    if sys.argv[1:] == ["--draw"]:
        PICTURE.write_text(draw(now), encoding="utf-8")
    else:
        print(in_words(now).replace(". ", ".\n"))
