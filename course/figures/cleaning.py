"""HTML that others wrote, on its way to a page: what it says stays, and nothing runs or is fetched."""

import re
from html import unescape

import bleach
from bleach.css_sanitizer import CSSSanitizer

from course.plaintext import plain

TAGS = {"a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1", "h2", "h3",
        "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "summary", "sup",
        "table", "tbody", "td", "th", "thead", "tr", "u", "ul"}
UNSEEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.DOTALL | re.IGNORECASE)    # what is in them is no text
NOWHERE = re.compile(r'<img(?![^>]*\ssrc=)(?:\s+alt="(?P<alt>[^"]*)")?[^>]*>')     # a picture that was elsewhere
REFERENCE = re.compile(r"&(?:#\d+|#x[\da-f]+|\w+);?", re.IGNORECASE)
STYLES = ("border-left", "padding", "margin", "text-align")


def clean(html, allowed=None, styles=STYLES):
    """HTML without scripts, styles that disturb, and pictures from elsewhere; links stay.

    allowed  which attributes may stay, as a function of (tag, name, value): what is_harmless says, or more
    styles   which properties a style may set
    """
    html = bleach.clean(REFERENCE.sub(_seen, UNSEEN.sub("", html)), tags=TAGS, attributes=allowed or is_harmless,
                        strip=True, css_sanitizer=CSSSanitizer(styles), protocols={"http", "https", "mailto", "data"})
    return NOWHERE.sub(lambda image: f"[picture: {image['alt']}]" if image["alt"] else "[picture]", html)


def _seen(reference):
    """A reference to a character, or the characters themselves as `plain` shows them where they are not seen."""
    text = unescape(reference[0])
    return reference[0] if text and plain(text) == text else plain(text)


def is_harmless(tag, name, value):
    """Whether an attribute may stay on a page that others wrote."""
    if name == "style" or (tag in ("td", "th") and name in ("colspan", "rowspan", "scope", "align")):
        return True
    if tag == "a":
        return name == "title" or (name == "href" and not value.strip().lower().startswith("data:"))
    if tag == "img":
        return name == "alt" or (name == "src" and value.startswith("data:image/")) or (
            name in ("width", "height") and value.isdecimal())
    if tag == "details":
        return name == "open"
    return name == "class" and (tag in ("div", "span", "pre", "code") or (tag == "td" and value == "bp-off"))
