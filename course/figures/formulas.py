"""Formulas of notebooks as pictures that are part of a page: no script, no font, in the colour of the text.

matplotlib's mathtext draws them; what it can't read stays as it was written, in a <code>.
"""

import functools
import re
import threading
from base64 import b64encode
from html import escape

# As in Jupyter: $$…$$ on a line of its own, or $…$ that neither begins nor ends with a space
FORMULA = re.compile(r"(?<!\\)\$\$(?P<block>.+?)\$\$|"
                     r"(?<![\\$])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?!\d)", re.DOTALL)
SIZE = re.compile(r"\\[bB]igg?[lr]?(?![a-zA-Z])")   # of a bracket: mathtext does not know it, and can do without
FRACTION = re.compile(r"\\frac(?![a-zA-Z])")
CODE = re.compile(r"(^|\n)(```|~~~).*?\n\2|`[^`\n]+`", re.DOTALL)
TOKEN = "\ue000{}\ue001"    # from Unicode's private use area: no text holds it, no filter changes it
TOKENS = re.compile("([(（“]?)\ue000([0-9]{1,3})\ue001([,.;:?!)，。、；：？！）”]?)")    # and marks beside
MOST = 500          # formulas of a text that are drawn
ALONE = threading.Lock()    # a server exports in threads, and two that draw at once end it: mathtext shares its fonts
LONGEST = 2_000     # characters of one that is; the longest of the course has 117


def take_out(markdown):
    """(text, formulas): a text with a token in the place of each formula outside of code."""
    formulas, out, at = [], [], 0

    def keep(match):
        if len(formulas) == MOST or len(match[0]) > LONGEST:
            return match[0]
        formulas.append((match["block"] or match["inline"], match["block"] is not None))
        return TOKEN.format(len(formulas) - 1)

    for code in CODE.finditer(markdown):
        out += [FORMULA.sub(keep, markdown[at:code.start()]), code[0]]
        at = code.end()
    out.append(FORMULA.sub(keep, markdown[at:]))
    return "".join(out), formulas


def put_back(html, formulas, draw=None):
    """A page's fragment with its formulas in the places of their tokens; draw: picture, or image."""
    def put(match):
        before, k, after = match[1], int(match[2]), match[3]
        if k >= len(formulas):
            return match[0]
        drawn = f"{before}{(draw or picture)(*formulas[k])}{after}"
        divisible = not formulas[k][1] and (before or after)        # a browser would begin a line with the comma
        return f'<span style="white-space:nowrap">{drawn}</span>' if divisible else drawn

    return TOKENS.sub(put, html)


def picture(source, block=False):
    """An <svg> of a formula, with its source as the text for those who don't see it."""
    source = " ".join(source.split())
    drawn = _drawn(source, block)
    if drawn is None:
        return _written(source)
    box, style, path = drawn
    return (f'<svg class="formula{" block" * block}" role="img" aria-label="{escape(source)}" viewBox="{box}" '
            f'style="{style}"><path fill="currentColor" d="{path}"/></svg>')


def image(source, block=False):
    """The same as an <img>, in black: where a page is sanitized, no <svg> stays."""
    source = " ".join(source.split())
    drawn = _drawn(source, block)
    if drawn is None:
        return _written(source)
    box, style, path = drawn
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><path d="{path}"/></svg>'
    return (f'<img class="formula{" block" * block}" alt="{escape(source)}" style="{style}" '
            f'src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}">')


def _written(source):
    return f'<code class="formula">{escape(source)}</code>'


@functools.lru_cache(100)
def _drawn(source, block):
    """(viewBox, style, path) of a formula, or None where mathtext can't read it."""
    from matplotlib.textpath import TextPath

    if block:
        source = FRACTION.sub(r"\\dfrac", source)       # on a line of its own there is room for whole letters
    try:
        with ALONE:
            path = TextPath((0, 0), f"${SIZE.sub('', source)}$", size=100)
    except Exception:   # mathtext has many for what it can't read, one of them RecursionError
        return None
    box = path.get_extents()
    left, right, bottom, top = min(box.x0, 0) - 2, box.x1 + 4, box.y0 - 4, box.y1 + 4
    width, height = right - left, top - bottom
    lines = []
    for points, kind in path.iter_segments(simplify=False):
        numbers = " ".join(f"{x:.0f} {-y:.0f}" for x, y in points.reshape(-1, 2))
        lines.append({1: "M", 2: "L", 3: "Q", 4: "C"}.get(int(kind), "Z") + (numbers if kind != 79 else ""))
    return (f"{left:.0f} {-top:.0f} {width:.0f} {height:.0f}",
            f"width:{width / 100:.3g}em;vertical-align:{bottom / 100:.3g}em", "".join(lines))
