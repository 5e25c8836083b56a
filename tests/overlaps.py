"""Whether anything in a picture of a graph overlaps: what the tests of drawing and of practice share."""

from itertools import combinations

import numpy as np

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"value": 15, "gradient": 15, "name": 14.5, "contribution": 12.5}


def boxes_and_wires(root):
    """What is drawn, as (what, left, top, right, bottom), and the points of each wire."""
    boxes, wires = [], []
    for rect in root.iterfind(f".//{SVG}g/{SVG}rect"):
        x, y, w, h = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        boxes.append(("node", x, y, x + w, y + h))
    for text in root.iter(f"{SVG}text"):
        kinds = (text.get("class") or "").split()
        if not kinds or kinds == ["cross"]:
            continue                                    # the label inside a node
        x, y = float(text.get("x")), float(text.get("y"))
        size = SIZES[kinds[-1]]
        width = 0.6 * size * len(text.text)
        left = {"end": x - width, None: x}.get(text.get("text-anchor"), x)
        if kinds == ["name"]:
            left = x - width / 2
        below = 4 if "gradient" in kinds else 0         # the underline
        boxes.append((text.text, left, y - 0.75 * size, left + width, y + below))
    for path in root.iterfind(f".//{SVG}path[@class='wire']"):
        wires.append(points(path.get("d")))
    return boxes, wires


def points(d):
    """Points along a path made of M, H and C: an array of rows x, y."""
    out, at, t = [], None, np.linspace(0, 1, 40)[:, None]
    for piece in d.replace("H", "|H").replace("C", "|C").split("|"):
        values = np.array(piece[1:].split(), dtype=float)
        if piece[0] == "M":
            at = values
        elif piece[0] == "H":
            to = np.array([values[0], at[1]])
            out.append(at + t * (to - at))
            at = to
        else:
            p, q, to = values.reshape(3, 2)
            out.append((1 - t)**3 * at + 3 * t * (1 - t)**2 * p + 3 * t**2 * (1 - t) * q + t**3 * to)
            at = to
    return np.concatenate(out)


def assert_nothing_overlaps(root):
    boxes, wires = boxes_and_wires(root)
    width, height = float(root.get("width")), float(root.get("height"))
    for what, left, top, right, bottom in boxes:
        assert left >= 0 and top >= 0 and right <= width and bottom <= height, what
    for (a, l1, t1, r1, b1), (b, l2, t2, r2, b2) in combinations(boxes, 2):
        assert r1 <= l2 or r2 <= l1 or b1 <= t2 or b2 <= t1, f"{a} overlaps {b}"
    x, y = np.concatenate([wire[2:-2] for wire in wires] or [np.empty((0, 2))]).T
    for what, left, top, right, bottom in boxes:
        inside = (left + 1 < x) & (x < right - 1) & (top < y) & (y < bottom)
        if what == "node":                              # its ends are round
            r = (bottom - top) / 2
            inside = np.hypot(x - np.clip(x, left + r, right - r), y - (top + r)) < r - 0.5
        assert not inside.any(), f"a wire runs through {what}"
